/* order.h: which of many tickets is the oldest: a time-ordered queue with lazy removal.
 *
 * Entries are (time, member), kept in order of time in chunks. A member is a number that its
 * owner knows, such as the index of its slot, not 0. Nothing is removed when a ticket leaves: an
 * entry that no longer holds is dropped when it reaches the front, and a few chunks are swept with
 * each joining while more than half of the entries no longer hold. So leaving costs a count,
 * reading looks at the front, and joining costs an append for the newest, else two or three steps
 * along the tree over the chunks. */
#ifndef TP_CORE_ORDER_H
#define TP_CORE_ORDER_H

#include "core/pool.h"

enum { ORDER_MEMBER_BYTES = 3 };

struct order {
    handle_t head, tail; /* chunks */
    handle_t sweep;      /* next chunk to clean, 0 = head */
    uint32_t entries;    /* kept, true or not */
    uint32_t members;    /* true now: joined minus left */
};

/* Does this entry still hold, and since when? false: it does not. It holds for the time that the
 * member joined with. */
typedef bool order_holds(void *ctx, uint32_t member, ms_t *ret_since);

/* Who knows it. near: a member will be asked about soon; NULL: it is not far. */
typedef void order_near(void *ctx, uint32_t member);
struct order_asked {
    order_holds *holds;
    order_near *near;
};

/* Slot size of the pool of chunks that all orders share. */
uint32_t order_chunk_bytes(void);

/* false when the pool is full: the member is not in the order. */
bool order_join(struct pool *chunks, struct order *o, ms_t since, uint32_t member,
                const struct order_asked *asked, void *ctx);
void order_leave(struct order *o);

/* Which of two members of one time comes first, whatever their numbers are? */
typedef bool order_before(void *ctx, uint32_t a, uint32_t b);

/* The member with the smallest time (of several, up to 64, the first by `before`), or 0. */
uint32_t order_oldest(struct pool *chunks, struct order *o, order_holds *holds,
                      order_before *before, void *ctx, ms_t *ret_since);

/* Every true member is in, chunks are linked and in order (CHECK). */
void order_check(struct pool *chunks, const struct order *o);

#endif
