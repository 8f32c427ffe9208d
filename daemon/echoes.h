/* echoes.h: alerts of two daemons that count the same events, matched one to one.
 *
 * A standby keeps each alert of its own until it has heard the primary tell it; what it heard first
 * waits for its own. Either is known by (alert_id, rev). In order of arrival, ECHOES_MAX of both
 * kinds: then the oldest go. Heap, freed by echoes_fini. */
#ifndef TP_DAEMON_ECHOES_H
#define TP_DAEMON_ECHOES_H

#include "core/base.h"

enum { ECHOES_MAX = 65536, ECHO_BUCKETS = 65536 };

enum echo_kind { ECHO_DONE, ECHO_OURS, ECHO_THEIRS };

struct echo {
    uint64_t id, rev;
    uint64_t since;       /* uv_now() when it came */
    uint64_t seq;         /* of the journal: our own comes from behind that */
    uint64_t before;      /* number of the one before in its bucket, + 1; 0 = none */
    uint32_t topic, rest; /* bytes of each */
    char *bytes;          /* ours: topic, then the rest */
    uint8_t kind;         /* enum echo_kind */
};

struct echoes {
    struct echo *ring; /* number i stands at i % ECHOES_MAX; NULL = echoes_init was not called */
    uint64_t *bucket;  /* number of the newest + 1; 0 = none */
    uint64_t first, next;
    uint64_t oldest; /* no own one waits before this number */
    uint64_t waiting;
    uint64_t confirmed; /* own ones that were heard */
    uint64_t unknown;   /* heard ones that grew old without one of ours */
    uint64_t lost;      /* own ones for which there was no room */
};

/* false: no memory. */
MUST_CHECK bool echoes_init(struct echoes *e);
void echoes_fini(struct echoes *e);

/* One of ours: it waits, with a copy of its message. false: it was heard before, or there is no
 * room, and nothing is kept of it. now never goes back. */
bool echoes_ours(struct echoes *e, uint64_t id, uint64_t rev, uint64_t now, uint64_t seq,
                 struct str topic, const void *rest, size_t n);

/* One of theirs was heard. The one of ours that waited for that, lent until echoes_drop; NULL. */
const struct echo *echoes_theirs(struct echoes *e, uint64_t id, uint64_t rev, uint64_t now);

/* The oldest of ours that waits; NULL. Lent until the next call. */
const struct echo *echoes_oldest(struct echoes *e);

/* One of ours that was lent waits no more. */
void echoes_drop(struct echoes *e, const struct echo *x);

/* What came before `then` is given up; ours were dropped by the caller, or are lost. */
void echoes_age(struct echoes *e, uint64_t then);

#endif
