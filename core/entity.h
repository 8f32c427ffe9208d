/* entity.h: one name of one scope with all that is counted for it; what tickets are credited to.
 *
 * Part of the board; the fold speaks in tags and standings, rules look at entities. */
#ifndef TP_CORE_ENTITY_H
#define TP_CORE_ENTITY_H

#include "core/order.h"
#include "core/settings.h"

/* The names a sample is credited to; indices per scope, 0 = none. */
struct tags {
    uint32_t agent;
    union {
        struct {
            uint16_t team, channel, priority, category;
        };
        uint16_t rest[SCOPE_N - SCOPE_TEAM]; /* the same, by scope */
    };
};

STATIC_ASSERT(SCOPE_ALL == 0 && SCOPE_AGENT == 1 && SCOPE_TEAM == 2 && SCOPE_CHANNEL == 3 &&
                  SCOPE_PRIORITY == 4 && SCOPE_CATEGORY == 5,
              "names lie in the order of scopes");

/* No switch: this is asked of every scope in turn, and a jump by scope is hardly foreseen. */
static inline uint32_t tags_of(const struct tags *t, enum scope s)
{
    if (s >= SCOPE_TEAM)
        return t->rest[s - SCOPE_TEAM];
    return s == SCOPE_AGENT ? t->agent : 1;
}

static inline void tags_set(struct tags *t, enum scope s, uint32_t index)
{
    if (s >= SCOPE_TEAM)
        t->rest[s - SCOPE_TEAM] = (uint16_t)index;
    else if (s == SCOPE_AGENT)
        t->agent = index;
}

static inline bool tags_equal(const struct tags *a, const struct tags *b)
{
    return a->agent == b->agent && a->team == b->team && a->channel == b->channel &&
           a->priority == b->priority && a->category == b->category;
}

/* Counted gauges of an entity. */
enum gauge {
    GAUGE_OPEN,
    GAUGE_UNASSIGNED,
    GAUGE_WAITING,
    GAUGE_PAUSED,
    GAUGE_AT_RISK,
    GAUGE_BREACHED,
    GAUGE_CALLS,
    GAUGE_AVAILABLE, /* agents who are … */
    GAUGE_BUSY,
    GAUGE_WRAP_UP,
    GAUGE_BREAK,
    GAUGE_ROSTERED, /* … on the roster now … */
    GAUGE_ATTENDED, /* … and signed in */
    GAUGE_N
};

/* What a rule's input can be: bits FAM_x, and the gauges. */
enum { TOUCH_GAUGES = FAM_N };

struct entity {
    struct slot slot;
    uint8_t scope; /* enum scope */
    bool changed;  /* since the last snapshot of it */
    uint8_t zero[6];
    uint32_t touched; /* bits FAM_x, TOUCH_GAUGES since the rules last looked */
    uint32_t watches; /* first rule watch of this name (rule.h), 0 = none */
    uint32_t gauge[GAUGE_N];
    ms_t next_change;     /* when a window next moves past a sample, as of the last snapshot */
    struct order open;    /* tickets by opening */
    struct order waiting; /* tickets by waiting since */
    struct order calls;   /* calls waiting by offer */
    handle_t parts;       /* the last touched (part.h), 0 = none */
    struct window_log log[FAM_N];
};

/* What a ticket (or call) is now, for the gauges. */
struct standing {
    struct tags tags; /* agent = assignee */
    bool open, waiting, paused;
    bool at_risk, breached; /* a warning point is passed; a breach stands */
    ms_t opened;            /* MS_NONE when unknown */
    ms_t waiting_since;
};

#endif
