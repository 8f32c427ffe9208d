/* map.h: hash -> handle of a slot of one pool, open addressing with linear probing.
 *
 * The caller hashes the key (seeded) and compares keys itself, since only it knows the slot's
 * layout: the map keeps 24 bits of hash beside each slot's index, so a foreign slot is touched
 * about once in sixteen million probes. Deletion shifts back, there are no tombstones (Knuth,
 * TAOCP 3, 6.4, algorithm R). Fixed size, at most four fifths full: thirteen probes then, two cache
 * lines, for what is not there. Cells lie all over the memory, so that all of it is in use from the
 * first thousands of entries on; hence they are small. Never allocates. */
#ifndef TP_CORE_MAP_H
#define TP_CORE_MAP_H

#include "core/pool.h"

/* Index of a slot (24 bits, 0 = empty), tag (24 bits); low ones first. */
struct map_cell {
    uint16_t part[3];
};

enum { MAP_TAG_BITS = 24, MAP_TAG_MASK = (1 << MAP_TAG_BITS) - 1 };

struct map {
    struct map_cell *cells;
    const struct pool *pool; /* whose slots are in it */
    uint32_t size;           /* cells */
    uint32_t live;
    uint32_t cap; /* most entries */
};

uint64_t map_bytes(uint32_t cap);
/* The pool is borrowed and stays where it is. */
void map_init(struct map *m, void *mem, uint32_t cap, const struct pool *pool);
void map_clear(struct map *m);

/* The low bits of the hash. */
static inline uint32_t map_tag(uint64_t hash)
{
    return (uint32_t)hash & MAP_TAG_MASK;
}

static inline struct map_cell map_cell_of(uint32_t index, uint32_t tag)
{
    return (struct map_cell){
        {(uint16_t)index, (uint16_t)(index >> 16 | (tag & 0xff) << 8), (uint16_t)(tag >> 8)}};
}

static inline uint32_t map_cell_index(struct map_cell c)
{
    return c.part[0] | (uint32_t)(c.part[1] & 0xff) << 16;
}

static inline uint32_t map_cell_tag(struct map_cell c)
{
    return c.part[1] >> 8 | (uint32_t)c.part[2] << 8;
}

/* Where a tag's entries begin: its part of all tags is the cell's part of all cells. */
static inline uint32_t map_home(const struct map *m, uint32_t tag)
{
    return (uint32_t)((uint64_t)tag * m->size >> MAP_TAG_BITS);
}

static inline uint32_t map_after(const struct map *m, uint32_t at)
{
    return at + 1 == m->size ? 0 : at + 1;
}

/* Walks the candidates of a hash: start with *at = map_start(), stop at 0. */
static inline uint32_t map_start(const struct map *m, uint64_t hash)
{
    return map_home(m, map_tag(hash));
}

static inline handle_t map_next(const struct map *m, uint64_t hash, uint32_t *at)
{
    for (;;) {
        struct map_cell c = m->cells[*at];
        if (map_cell_index(c) == 0)
            return 0;
        *at = map_after(m, *at);
        if (map_cell_tag(c) == map_tag(hash))
            return pool_handle(m->pool, map_cell_index(c));
    }
}

static inline void map_prefetch(const struct map *m, uint64_t hash)
{
    __builtin_prefetch(&m->cells[map_start(m, hash)]);
}

/* Once that is near: the slot that the hash most likely leads to. */
static inline void map_prefetch_slot(const struct map *m, uint64_t hash)
{
    for (uint32_t at = map_start(m, hash); map_cell_index(m->cells[at]) != 0;
         at = map_after(m, at)) {
        if (map_cell_tag(m->cells[at]) == map_tag(hash)) {
            __builtin_prefetch(pool_at(m->pool, map_cell_index(m->cells[at])));
            return;
        }
    }
}

/* false when the map is full. The key must not be in it, the slot is live as long as it is. */
MUST_CHECK bool map_put(struct map *m, uint64_t hash, handle_t h);

/* Very many, one after the other: each waits until its cell is near. {.map = m} at first; there
 * must be room for all. Until map_put_rest the last ones are not in it. */
enum { MAP_LATER = 16 };
struct map_later {
    struct map *map;
    uint32_t n;
    struct {
        uint64_t hash;
        handle_t h;
    } put[MAP_LATER];
};
void map_put_soon(struct map_later *l, uint64_t hash, handle_t h);
void map_put_rest(struct map_later *l);

/* The handle must be in the map under this hash. */
void map_remove(struct map *m, uint64_t hash, handle_t h);

#endif
