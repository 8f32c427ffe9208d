/* storm.h: storm control: so many alerts a minute are told one by one, the rest is summed up.
 *
 * Minutes are those of the clock that is given. What is beyond the bound is not lost: it is kept
 * like every alert, only not published; at the end of its minute one digest tells how many there
 * were, of what kind, state, rule and team, and how severe. Pure: no clock, no memory but its own.
 *
 *     if (storm_takes(s, alert, severity, by, seq, at, most)) keep it, do not publish;
 *     if (storm_over(s, at)) publish s->digest, storm_clear(s);                               */
#ifndef TP_CORE_STORM_H
#define TP_CORE_STORM_H

#include "core/alert.h"

enum { STORM_NAMES = 32, STORM_KINDS = ALERT_KINDS, STORM_STATES = ALERT_CANCELLED + 1 };

/* Counts by name, the first STORM_NAMES of them; further ones are "(other)", the last. */
struct storm_counts {
    uint32_t names;
    struct {
        char name[NAME_BYTES_MAX + 1];
        uint64_t n;
    } of[STORM_NAMES + 1];
};

struct storm_digest {
    ms_t from, to;                /* of the clock: first and last alert */
    uint64_t first_seq, last_seq; /* of the stream, the caller's */
    uint64_t n;
    uint8_t severity; /* enum severity, the highest */
    uint64_t kind[STORM_KINDS], state[STORM_STATES];
    struct storm_counts rules; /* and policies */
    struct storm_counts teams;
};

struct storm {
    int64_t minute; /* of the clock; what is below is of it */
    uint32_t told;
    struct storm_digest digest;            /* n > 0: there is something to tell */
    uint64_t published, digested, digests; /* since the start */
};

/* An alert at this instant: false: publish it; true: it is summed up. most: alerts of a minute that
 * are told one by one, 0: all. by: its rule's or policy's id; seq: its number in the stream. */
bool storm_takes(struct storm *s, const struct alert *alert, enum severity severity, struct str by,
                 uint64_t seq, ms_t at, uint32_t most);

/* Is there a digest whose minute is over? storm_clear forgets it once it was published. */
bool storm_over(const struct storm *s, ms_t at);
void storm_clear(struct storm *s);

#endif
