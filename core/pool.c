#include "core/pool.h"

/* A free slot: the list of free ones runs through their bytes 4..7. */
struct free_slot {
    struct slot slot;
    uint32_t next;  /* index of the next free slot, 0 = last … */
    uint32_t after; /* … and of the one after it: only to be fetched in time */
};

uint64_t pool_bytes(uint32_t slot_size, uint32_t cap)
{
    return ((uint64_t)cap + 1) * slot_size;
}

void pool_init(struct pool *p, const char *name, void *mem, uint32_t slot_size, uint32_t cap)
{
    CHECK(slot_size >= sizeof(struct free_slot) && slot_size % 8 == 0);
    CHECK(cap <= POOL_INDEX_MASK);
    *p = (struct pool){.base = mem, .slot_size = slot_size, .cap = cap, .name = name};
}

handle_t pool_alloc(struct pool *p)
{
    uint32_t index = p->free_head;
    if (index == 0) {
        if (p->high == p->cap)
            return 0;
        index = ++p->high;
    }
    struct free_slot *s = pool_at(p, index);
    CHECK(!s->slot.live);
    if (UNLIKELY(p->image != NULL))
        pool_save(p, index);
    if (p->free_head != 0) {
        p->free_head = s->next;
        __builtin_prefetch(pool_at(p, s->after), 1);
    }
    uint8_t gen = (uint8_t)(s->slot.gen + 1);
    if (gen == 0)
        gen = 1;
    memset(s, 0, p->slot_size);
    s->slot = (struct slot){.gen = gen, .live = 1};
    p->live++;
    return (handle_t)gen << POOL_INDEX_BITS | index;
}

/* The bytes of a free slot stay as they were, but for its head: they cost nothing, and an image
 * holds them too. */
void pool_free(struct pool *p, handle_t h)
{
    struct free_slot *s = pool_edit(p, h);
    s->slot.live = 0;
    s->next = p->free_head;
    s->after = s->next == 0 ? 0 : ((const struct free_slot *)pool_at(p, s->next))->next;
    p->free_head = handle_index(h);
    p->live--;
}
