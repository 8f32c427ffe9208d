#include "daemon/pulse.h"

bool pulse_beats(struct pulse *p, uint64_t turns, const struct status_journal *journal)
{
    bool waits = journal->on && journal->written && journal->committed < journal->entries;
    bool stuck = waits && p->waited && journal->committed == p->committed;
    bool beats = turns != p->turns && !stuck;
    *p = (struct pulse){turns, journal->committed, waits};
    return beats;
}
