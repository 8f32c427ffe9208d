/* presence.h: who is signed in and doing what, and who should be: agent_state and shift.
 *
 * An agent's state holds until his next agent_state, at most presence_timeout. Shifts are told
 * apart by agent and `from`: a later one with the same `from` replaces it, one that ends as it
 * begins takes it back. Recent events are kept in order, older ones are folded into a base;
 * every event folds the rest again and the difference goes to the board, as with calls: the
 * beginnings and ends of stints (stint.h) up to `until`, and what he counts for at `until`.
 * A timer moves `until` over the next change by time alone. */
#ifndef TP_CORE_PRESENCE_H
#define TP_CORE_PRESENCE_H

#include "core/duty.h"
#include "core/history.h"
#include "core/links.h"

struct presence {
    struct slot slot;
    uint32_t agent; /* index of the name */
    handle_t timer;
    uint32_t timeout; /* with which the board's numbers were made, ms */
    struct duty duty; /* as the board has it, at … */
    ms_t until;       /* … this instant */
    ms_t since;       /* of its state; MS_NONE: none was ever said */
    struct history history;
    struct duty_base base;
};

struct presences;

uint64_t presences_bytes(const struct limits *limits);
struct presences *presences_init(void *mem, const struct limits *limits, const struct links *links,
                                 uint64_t seed);

/* Applies an agent_state, a shift or the team of an agent_info. 0, ERR_LATE, ERR_HISTORY_FULL,
 * ERR_BAD_SHIFT (it ends before it begins, is longer than 31 days or begins more than 400 days
 * ahead), ERR_ROSTER_FULL. */
MUST_CHECK int presence_apply(struct presences *p, const struct event *e, uint32_t src);

/* The answer or end of a call (handling_record) joins (+1) or leaves (-1) what its agent does. One
 * from before what is folded for good knows of no wrap-up any more. */
void presence_call(struct presences *p, const struct record *r, int sign);

/* Something of this agent was due. */
void presence_due(struct presences *p, handle_t h, ms_t due);

/* The state of an agent by his name's index, and since when; false: he never had one. */
bool presence_now(const struct presences *p, uint32_t agent, uint8_t *ret_state, ms_t *ret_since);

uint64_t presences_digest(const struct presences *p);
void presences_check(const struct presences *p);
uint32_t presences_pools(struct presences *p, struct pool *ret[2]);
void presences_rebuild(struct presences *p);

#endif
