/* order.h: which of many tickets is the oldest: members by time, in chunks.
 *
 * Entries are (time, handle) in order of both, so each has one place: joining as the newest is an
 * append, anything else takes two or three steps along the tree over the chunks; the oldest is the
 * first. Neighbours that have become small are put together. */
#ifndef TP_CORE_ORDER_H
#define TP_CORE_ORDER_H

#include "core/btree.h"

struct order {
    handle_t head, tail; /* chunks */
    uint32_t entries;    /* of these members there are entries … */
    uint32_t members;    /* joined minus left; more than entries when the pool was full */
};

/* Slot size of the pool of chunks that all orders share. */
uint32_t order_chunk_bytes(void);

/* A member joins, once. false when the pool is full: it has no entry, and leaves like any other. */
bool order_join(struct pool *chunks, struct order *o, ms_t since, handle_t member);

/* It leaves, with the time that it joined with. */
void order_leave(struct pool *chunks, struct order *o, ms_t since, handle_t member);

/* Begins a walk to where a member's entry stands. false: none is worth it. */
bool order_walk(const struct pool *chunks, const struct order *o, ms_t since, handle_t member,
                struct btree_walk *ret);

/* Which of two members of one time comes first, whatever their handles are? */
typedef bool order_before(void *ctx, handle_t a, handle_t b);

/* The member with the smallest time (of several, up to 64, the first by `before`), or 0. */
handle_t order_oldest(struct pool *chunks, const struct order *o, order_before *before, void *ctx,
                      ms_t *ret_since);

/* Chunks are linked and in order (CHECK). */
void order_check(struct pool *chunks, const struct order *o);

#endif
