/* call.h: telephone calls: one outcome each, the first of answered or abandoned.
 *
 * A call is a handful of events, so every event folds it again from its history (kept like a
 * ticket's) and the difference goes to the board: order and lateness need no case of their own. */
#ifndef TP_CORE_CALL_H
#define TP_CORE_CALL_H

#include "core/history.h"
#include "core/links.h"

enum { CALL_EVENTS_MAX = 64, CALL_REMEMBER_MS = 24 * MS_HOUR };

struct call {
    struct slot slot;
    uint8_t key_len;
    bool waits; /* offered, neither answered, abandoned nor ended */
    uint8_t unused[2];
    char key[NAME_BYTES_MAX];
    struct history history;
    ms_t offered;         /* MS_NONE: unknown */
    ms_t answered, ended; /* as told to who answered; MS_NONE: not told */
    uint32_t agent;       /* who answered */
    uint32_t unused2;
    ms_t over;             /* forgotten then, if it stays silent */
    struct tags tags;      /* as offered */
    handle_t timer;        /* next deadline of a target, or `over` */
    handle_t older, newer; /* neighbours by silence */
};

struct calls_ends {
    handle_t oldest, newest;
};

struct calls;

uint64_t calls_bytes(const struct limits *limits);
struct calls *calls_init(void *mem, const struct limits *limits, const struct links *links,
                         uint64_t seed);

/* Applies a call_… event whose ts is settled. When there are too many
 * calls, the one that was silent for longest is forgotten. 0, ERR_LATE, ERR_TICKET_LONG,
 * ERR_HISTORY_FULL. */
MUST_CHECK int call_apply(struct calls *c, const struct event *e, uint32_t src, ms_t fired);

/* A call's timer with this deadline has fired. */
void call_due(struct calls *c, handle_t h, ms_t due);

/* For board_lookup, by the slot: tags and offer of a call that waits; false otherwise. */
bool call_waiting(const struct calls *c, uint32_t at, struct tags *ret_tags, ms_t *ret_offered);
struct str call_key(const struct calls *c, handle_t h); /* lent until it is forgotten */

uint64_t calls_digest(const struct calls *c, ms_t now);
void calls_check(const struct calls *c);
const struct pool *calls_pool(const struct calls *c);

uint32_t calls_pools(struct calls *c, struct pool *ret[4]);
struct calls_ends *calls_blob(struct calls *c);
void calls_rebuild(struct calls *c);

#endif
