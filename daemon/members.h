/* members.h: maps in lists of the configuration (rules, calendars, policies), as tables of their
 * members: how each is read, and what the reference says about it. */
#ifndef TP_DAEMON_MEMBERS_H
#define TP_DAEMON_MEMBERS_H

#include "daemon/keys.h"

struct member {
    const char *name;
    const char *preset; /* the default; "" = none, or as the text says; NULL = required */
    const char *text;   /* what it means; sentences */
    bool (*read)(struct reading *r, void *item);
};

struct members {
    const char *of;      /* "rule": for complaints and headings */
    const char *shape;   /* how one looks, in a line: "- {id: ..., fire: ...}" */
    const char *example; /* a longer one for the reference; NULL when its preset shows it */
    uint32_t n;
    const struct member *at; /* in the order of reading: each may rely on those before it */
};

/* Reads the members of the map r->node into item. false: complained, r is of no use then. */
MUST_CHECK bool members_read(struct reading *r, const struct members *members, void *item);

/* Calls each for every entry of a list, and once for what is no list; at most max entries.
 * Each is told which one it is. */
MUST_CHECK bool entries_read(struct reading *r, uint32_t max,
                             bool (*each)(struct reading *r, uint32_t i, void *item), void *item);

/* Calls each for every member of a map, the member's key appended to the path. */
MUST_CHECK bool map_read(struct reading *r, bool (*each)(struct reading *r, void *item),
                         void *item);

#endif
