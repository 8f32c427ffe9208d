/* customer.h: whom we served: each customer once for every name of every scope.
 *
 * The latest touch of a ticket (touch.c) in a scope is a touch of its customer, too. Of all touches
 * of one customer by one name, of whatever tickets, the latest carries the loose flag that
 * `customers` counts: it moves as touches come, and falls back to the one before when touches are
 * taken away. It is a function of the touches that are there, whatever order they came in.
 *
 * Touches that no window can see any more make room; one that finds none is counted as shed, and
 * its customer may be missing or stay where he stood. */
#ifndef TP_CORE_CUSTOMER_H
#define TP_CORE_CUSTOMER_H

#include "core/board.h"
#include "core/recall.h"
#include "core/treap.h"

/* One ticket's latest touch by a name. */
struct service {
    struct slot slot; /* mark: enum scope */
    uint32_t index;   /* of the name */
    uint64_t key;     /* of customer and name */
    struct treap_node node;
};

struct customers {
    struct pool pool;
    struct treap touches;
    struct board *board;
    sec_t longest;  /* seconds that some window can see */
    uint32_t *turn; /* which was looked at last for being out of all windows; lent */
};

uint32_t customers_cap(uint32_t tickets);
uint64_t customers_bytes(uint32_t tickets);
/* turn: 0 at first, lent for life. Where there is no room, it decides what is shed: an image has to
 * hold it. */
void customers_init(struct customers *c, void *mem, uint32_t tickets, struct board *board,
                    uint64_t seed, uint32_t *turn);

/* A touch (a sample of the family, which is there) of this customer (hash, not 0) by the names of
 * the tags in these scopes has come (sign +1) or is taken away (-1). */
void customer_touched(struct customers *c, uint64_t customer, uint32_t family, ms_t ts,
                      const struct tags *tags, uint32_t scopes, int sign);

/* Would a touch there be his latest by every one of these names? Then its sample may come with the
 * loose flag (`worn`, below): nothing is looked for to be marked. */
bool customer_leads(const struct customers *c, uint64_t customer, uint32_t family, ms_t ts,
                    const struct tags *tags, uint32_t scopes);

/* The same ticket's touch goes from where it was in some scopes, and has come in all of its own: as
 * customer_touched of both, but for the marks that a touch takes along which was his latest. They
 * are left to the caller: those scopes are returned, in which the flag is still on where it was. */
uint32_t customer_followed(struct customers *c, uint64_t customer, const struct touch *was,
                           uint32_t scopes, const struct touch *is, bool worn);

/* The loose flag of a family. */
uint32_t customer_flag(uint32_t family);

/* Brings near what a touch of these names looks for: first where his touches are found, and then,
 * `found`, the touches. */
void customers_prefetch(const struct customers *c, uint64_t customer, const struct tags *tags,
                        bool found);

/* Of the touches that some window can see, in any order. */
uint64_t customers_digest(const struct customers *c);
void customers_check(const struct customers *c);
void customers_rebuild(struct customers *c); /* after a load: links follow from the records */

#endif
