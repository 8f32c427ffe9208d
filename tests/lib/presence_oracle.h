/* presence_oracle.h: who was where, straight from a list of events, with nothing kept: what was
 * so at a millisecond is looked up in all of them, and time is walked from change to change. */
#ifndef TP_TESTS_PRESENCE_ORACLE_H
#define TP_TESTS_PRESENCE_ORACLE_H

#include "core/event.h"
#include "core/settings.h"

/* Of one name, inside [from, at). */
struct presence_time {
    ms_t occupied, online, attended, rostered;
};

/* How many agents of a name are so at an instant. */
struct presence_count {
    int64_t available, busy, wrap_up, on_break;
};

/* events: sorted as SEMANTICS.md says, none twice; agent_state, shift and agent_info count.
 * name: of the scope agent or team; NULL is everybody. */
struct presence_time presence_times(const struct event *events, uint32_t n,
                                    const struct settings *s, enum scope scope, const char *name,
                                    ms_t from, ms_t at);
struct presence_count presence_counts(const struct event *events, uint32_t n,
                                      const struct settings *s, enum scope scope, const char *name,
                                      ms_t at);

/* An agent's state at an instant; -1: none was said or it is no longer believed. */
int presence_state(const struct event *events, uint32_t n, const struct settings *s,
                   struct str agent, ms_t at);

#endif
