/* prefixes.h: the topic prefixes that subscribers asked for: is anybody interested in a topic?
 *
 * Bounded: subscribers are strangers. A prefix beyond the bound is only counted, and while one
 * is, every topic is wanted. Heap, freed by prefixes_fini. */
#ifndef TP_DAEMON_PREFIXES_H
#define TP_DAEMON_PREFIXES_H

#include "core/base.h"

enum { PREFIXES_MAX = 16384, PREFIX_BYTES_MAX = 512 };

struct prefix {
    struct str text;
    uint32_t n; /* how many want it */
};

struct prefixes {
    struct prefix *at; /* sorted by bytes, each once */
    uint32_t n;
    uint32_t beyond; /* subscribed and not kept */
};

/* Takes a copy, or counts one more who wants what is there already. */
void prefixes_add(struct prefixes *p, struct str prefix);

/* One wants it no longer; it goes with the last. false: nobody wanted it. */
bool prefixes_remove(struct prefixes *p, struct str prefix);

/* Does any prefix begin this topic? O(log n) per part of the topic that some prefix shares. */
bool prefixes_want(const struct prefixes *p, struct str topic);

/* Might anybody want a topic that begins with this? */
bool prefixes_want_any(const struct prefixes *p, struct str beginning);

void prefixes_fini(struct prefixes *p);

#endif
