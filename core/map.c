#include "core/map.h"

static uint32_t map_cells(uint32_t cap)
{
    uint32_t n = 16;
    while (n < cap * 2u)
        n *= 2;
    return n;
}

uint64_t map_bytes(uint32_t cap)
{
    return (uint64_t)map_cells(cap) * sizeof(struct map_cell);
}

void map_init(struct map *m, void *mem, uint32_t cap)
{
    *m = (struct map){.cells = mem, .mask = map_cells(cap) - 1, .cap = cap};
}

bool map_put(struct map *m, uint64_t hash, handle_t h)
{
    CHECK(h != 0);
    if (m->live >= m->cap)
        return false;
    uint32_t at = map_start(m, hash);
    while (m->cells[at].handle != 0)
        at = (at + 1) & m->mask;
    m->cells[at] = (struct map_cell){.tag = (uint32_t)hash, .handle = h};
    m->live++;
    return true;
}

void map_remove(struct map *m, uint64_t hash, handle_t h)
{
    uint32_t at = map_start(m, hash);
    while (m->cells[at].handle != h) {
        CHECK(m->cells[at].handle != 0);
        at = (at + 1) & m->mask;
    }
    uint32_t hole = at;
    for (;;) {
        at = (at + 1) & m->mask;
        struct map_cell c = m->cells[at];
        if (c.handle == 0)
            break;
        uint32_t home = c.tag & m->mask;
        /* An entry may move to the hole unless its home lies between the two. */
        if (((at - home) & m->mask) >= ((at - hole) & m->mask)) {
            m->cells[hole] = c;
            hole = at;
        }
    }
    m->cells[hole] = (struct map_cell){0};
    m->live--;
}
