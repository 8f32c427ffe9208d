/* handling.h: how long an agent had to do with each call he answered: talk, hold and wrap-up.
 *
 * A walk over an agent's states and the answers and ends of his calls, in order. A call is
 * handled from its answer to its end (holds lie in between), and for the time in wrap_up after the
 * end, until a state that is neither busy nor wrap_up, or until the next answer or end of a call of
 * his. Wrap-up counts when something said that it went on or was over: what only a timeout ended
 * nobody knows. */
#ifndef TP_CORE_HANDLING_H
#define TP_CORE_HANDLING_H

#include "core/op.h"
#include "core/record.h"

/* Where the walk is. No padding: part of an image. */
struct handling {
    ms_t said;     /* the last agent_state; MS_NONE */
    ms_t wrapping; /* since when the state is wrap_up; MS_NONE: it is not */
    ms_t answered, ended;
    ms_t wrap; /* of the call, so far */
    struct tags tags;
    uint32_t active; /* its handling may go on */
};

void handling_init(struct handling *h);

/* The record of a call's answer (EV_CALL_ANSWERED) or end (EV_CALL_ENDED) at `ts`: tags with who
 * answered, `time` the answer, id the key. */
void handling_record(struct record *ret, enum event_kind kind, struct str call,
                     const struct tags *tags, ms_t answered, ms_t ts);

/* The next record (other kinds change nothing). samples: where the
 * handling it ends goes, a sample of FAM_CALLS at the call's end; NULL: nobody asks. */
void handling_take(struct handling *h, const struct record *r, ms_t timeout, struct sink *samples);

/* The handling that goes on, as it stands after the last record. */
void handling_open(const struct handling *h, struct sink *samples);

#endif
