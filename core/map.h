/* map.h: hash -> handle, open addressing with linear probing.
 *
 * The caller hashes the key (seeded) and compares keys itself, since only it knows the slot's
 * layout: the map keeps 32 bits of hash beside each handle, so a foreign entry is touched about
 * once in four billion probes. Deletion shifts back, there are no tombstones (Knuth, TAOCP 3,
 * 6.4, algorithm R). Fixed size, at most two thirds full: five probes then for what is not there,
 * and cells lie all over the memory, so that it is in use from the first thousands of entries on.
 * Never allocates. */
#ifndef TP_CORE_MAP_H
#define TP_CORE_MAP_H

#include "core/pool.h"

struct map_cell {
    uint32_t tag;    /* low 32 bits of the hash */
    handle_t handle; /* 0 = empty */
};

struct map {
    struct map_cell *cells;
    uint32_t size; /* cells */
    uint32_t live;
    uint32_t cap; /* most entries */
};

uint64_t map_bytes(uint32_t cap);
void map_init(struct map *m, void *mem, uint32_t cap);
void map_clear(struct map *m);

/* Where a tag's entries begin: its part of 2^32 is the cell's part of all. */
static inline uint32_t map_home(const struct map *m, uint32_t tag)
{
    return (uint32_t)((uint64_t)tag * m->size >> 32);
}

static inline uint32_t map_after(const struct map *m, uint32_t at)
{
    return at + 1 == m->size ? 0 : at + 1;
}

/* Walks the candidates of a hash: start with *at = map_start(), stop at 0. */
static inline uint32_t map_start(const struct map *m, uint64_t hash)
{
    return map_home(m, (uint32_t)hash);
}

static inline handle_t map_next(const struct map *m, uint64_t hash, uint32_t *at)
{
    for (;;) {
        const struct map_cell *c = &m->cells[*at];
        if (c->handle == 0)
            return 0;
        *at = map_after(m, *at);
        if (c->tag == (uint32_t)hash)
            return c->handle;
    }
}

static inline void map_prefetch(const struct map *m, uint64_t hash)
{
    __builtin_prefetch(&m->cells[map_start(m, hash)]);
}

/* false when the map is full. The key must not be in it. */
MUST_CHECK bool map_put(struct map *m, uint64_t hash, handle_t h);

/* The handle must be in the map under this hash. */
void map_remove(struct map *m, uint64_t hash, handle_t h);

#endif
