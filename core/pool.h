/* pool.h: fixed slots in the engine's block, addressed by handles; the one door to change them.
 *
 * A handle is 24 bits of index and 8 bits of generation; 0 is no handle. Every slot begins with
 * a struct slot, so a stale handle is found on the cache line that is read anyway. All state of
 * the engine lives in pools and every change goes through pool_edit: while an image is taken in
 * slices, the first change of a slot that the image has not reached hands the old bytes to it.
 * Pools never move and never call malloc; pool_init gets its memory from the engine's block. */
#ifndef TP_CORE_POOL_H
#define TP_CORE_POOL_H

#include "core/base.h"

typedef uint32_t handle_t; /* 0 = none */

enum { POOL_INDEX_BITS = 24, POOL_INDEX_MASK = (1 << POOL_INDEX_BITS) - 1 };

/* First bytes of every slot. */
struct slot {
    uint8_t gen;   /* counts reuse; equals the handle's top byte while live */
    uint8_t live;  /* 1 while allocated */
    uint16_t mark; /* the owner's, 0 when allocated */
};

struct image;

struct pool {
    uint8_t *base;       /* cap + 1 slots; slot 0 is never used */
    uint32_t slot_size;  /* bytes, a multiple of 8 */
    uint32_t cap;        /* most live slots */
    uint32_t high;       /* slots 1..high were used at least once */
    uint32_t live;       /* slots in use */
    uint32_t free_head;  /* index of the first free slot, 0 = none; linked through the slots */
    uint32_t saved;      /* while an image is taken: slots 1..saved are in it already */
    struct image *image; /* the image being taken, or NULL */
    uint32_t id;         /* which pool of the image this is */
    const char *name;    /* for who accounts for memory */
};

/* Bytes that pool_init needs for so many slots. */
uint64_t pool_bytes(uint32_t slot_size, uint32_t cap);

/* mem: zeroed (fresh pages), pool_bytes long, 64-byte aligned; lent for the pool's life, as is the
 * name. */
void pool_init(struct pool *p, const char *name, void *mem, uint32_t slot_size, uint32_t cap);

/* A zeroed live slot, or 0 when the pool is full. */
handle_t pool_alloc(struct pool *p);

void pool_free(struct pool *p, handle_t h);

/* Hands the old bytes of a slot to the image; only pool_edit calls it. */
void pool_save(struct pool *p, uint32_t index);

static inline uint32_t handle_index(handle_t h)
{
    return h & POOL_INDEX_MASK;
}

static inline void *pool_at(const struct pool *p, uint32_t index)
{
    return p->base + (uint64_t)index * p->slot_size;
}

static inline bool pool_valid(const struct pool *p, handle_t h)
{
    uint32_t i = handle_index(h);
    if (i == 0 || i > p->high)
        return false;
    const struct slot *s = pool_at(p, i);
    return s->live && s->gen == h >> POOL_INDEX_BITS;
}

/* The slot for reading; lent until the next alloc or free of that handle. */
static inline const void *pool_get(const struct pool *p, handle_t h)
{
    const struct slot *s = pool_at(p, handle_index(h));
    CHECK(h != 0 && s->live && s->gen == h >> POOL_INDEX_BITS);
    return s;
}

/* The slot for writing. Whatever is written must be written before the next call into the core
 * that may save an image, that is, at once. */
static inline void *pool_edit(struct pool *p, handle_t h)
{
    struct slot *s = pool_at(p, handle_index(h));
    CHECK(h != 0 && s->live && s->gen == h >> POOL_INDEX_BITS);
    if (UNLIKELY(p->image != NULL))
        pool_save(p, handle_index(h));
    return s;
}

static inline void pool_prefetch(const struct pool *p, handle_t h)
{
    __builtin_prefetch(pool_at(p, handle_index(h)));
}

/* The handle of a live slot by its index, or 0: to walk a pool in slot order. */
static inline handle_t pool_handle(const struct pool *p, uint32_t index)
{
    const struct slot *s = pool_at(p, index);
    return s->live ? (handle_t)s->gen << POOL_INDEX_BITS | index : 0;
}

#endif
