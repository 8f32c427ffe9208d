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
    uint16_t team, channel, priority, category;
};

static inline uint32_t tags_of(const struct tags *t, enum scope s)
{
    switch (s) {
    case SCOPE_ALL:
        return 1;
    case SCOPE_AGENT:
        return t->agent;
    case SCOPE_TEAM:
        return t->team;
    case SCOPE_CHANNEL:
        return t->channel;
    case SCOPE_PRIORITY:
        return t->priority;
    case SCOPE_CATEGORY:
        return t->category;
    case SCOPE_N:
        break;
    }
    return 0;
}

static inline void tags_set(struct tags *t, enum scope s, uint32_t index)
{
    switch (s) {
    case SCOPE_AGENT:
        t->agent = index;
        break;
    case SCOPE_TEAM:
        t->team = (uint16_t)index;
        break;
    case SCOPE_CHANNEL:
        t->channel = (uint16_t)index;
        break;
    case SCOPE_PRIORITY:
        t->priority = (uint16_t)index;
        break;
    case SCOPE_CATEGORY:
        t->category = (uint16_t)index;
        break;
    case SCOPE_ALL:
    case SCOPE_N:
        break;
    }
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
