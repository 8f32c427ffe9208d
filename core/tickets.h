/* tickets.h: how tickets are kept: shared by ticket.c (storage) and lateness.c (events). */
#ifndef TP_CORE_TICKETS_H
#define TP_CORE_TICKETS_H

#include "core/map.h"
#include "core/ticket.h"

enum {
    BASE_SHARE = 64,     /* one ticket in so many may be longer than ticket_events */
    OPS_PER_RECORD = 24, /* ops of one record on average: columns, marks, a few touches, misses */
    FORGET_PER_CALL = 4,
    MERGE_CHAIN_MAX = 16,
};

/* What the oldest events of a very long ticket have folded into. */
struct base {
    struct slot slot;
    uint32_t unused;
    ms_t newest; /* ts of the last event in it */
    struct fold fold;
    struct recall recall;
};

struct tickets {
    struct pool tickets, history, bases;
    struct map map;
    struct links links;
    struct fold_terms terms;
    struct tickets_ends ends;
    uint64_t seed;
    uint32_t events_max;
    struct record *record; /* scratch: events_max + 1 records … */
    struct op *op;         /* … and the ops of two folds */
    uint32_t ops_max;      /* of one */
    handle_t merging[2];   /* while one is merged into the other: not to be forgotten for room */
    char key[NAME_BYTES_MAX];
};

/* A new ticket; forgets the one that ended first when there is no room. */
MUST_CHECK int ticket_make(struct tickets *t, uint64_t hash, struct str key, handle_t *ret_h);

/* Takes a ticket out: it is not among the ended ones, its gauges are settled. */
void ticket_unmake(struct tickets *t, handle_t h);

/* Makes room by forgetting the ticket that ended first, but not `keep`. false: none ended. */
bool ticket_forget_one(struct tickets *t, handle_t keep);

/* A ticket joins the ended ones, or leaves them. */
void ticket_ends_link(struct tickets *t, handle_t h);
void ticket_ends_unlink(struct tickets *t, handle_t h);

#endif
