/* What a daemon with a state directory tells of that. */
#include "daemon/durable.h"

void durable_status(const struct durable *s, struct status_journal *ret)
{
    uint64_t acks = ret->acks, nacks = ret->nacks; /* their owner counts them here */
    *ret = (struct status_journal){.on = s->running, .acks = acks, .nacks = nacks};
    if (!s->running)
        return;
    ret->written = s->health == STORE_FINE;
    ret->entries = s->journal.seq;
    ret->committed = journal_committed(&s->journal);
    ret->commits = atomic_load(&s->journal.commits);
    ret->waiting_bytes = journal_backlog(&s->journal);
    ret->held = s->held.n;
    ret->lost = s->journal.lost;
    ret->checkpoint = s->checkpoint_seq;
    ret->checkpoints = s->checkpoints;
}
