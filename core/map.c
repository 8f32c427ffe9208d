#include "core/map.h"

/* Some more than entries however few those are: every search ends at an empty one. */
static uint32_t map_cells(uint32_t cap)
{
    return cap + cap / 4 + 8;
}

uint64_t map_bytes(uint32_t cap)
{
    return (uint64_t)map_cells(cap) * sizeof(struct map_cell);
}

void map_init(struct map *m, void *mem, uint32_t cap, const struct pool *pool)
{
    *m = (struct map){.cells = mem, .size = map_cells(cap), .cap = cap, .pool = pool};
}

void map_clear(struct map *m)
{
    if (m->live > 0) /* else it is all zeroes, and may be memory that nobody has touched yet */
        memset(m->cells, 0, (uint64_t)m->size * sizeof *m->cells);
    m->live = 0;
}

bool map_put(struct map *m, uint64_t hash, handle_t h)
{
    CHECK(h != 0);
    if (m->live >= m->cap)
        return false;
    uint32_t at = map_start(m, hash);
    while (map_cell_index(m->cells[at]) != 0)
        at = map_after(m, at);
    m->cells[at] = map_cell_of(handle_index(h), map_tag(hash));
    m->live++;
    return true;
}

void map_put_soon(struct map_later *l, uint64_t hash, handle_t h)
{
    map_prefetch(l->map, hash);
    l->put[l->n].hash = hash;
    l->put[l->n++].h = h;
    if (l->n == MAP_LATER)
        map_put_rest(l);
}

void map_put_rest(struct map_later *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        CHECK(map_put(l->map, l->put[i].hash, l->put[i].h));
    l->n = 0;
}

/* From one cell on to another. */
static uint32_t steps(const struct map *m, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + m->size - from;
}

void map_remove(struct map *m, uint64_t hash, handle_t h)
{
    uint32_t at = map_start(m, hash);
    while (map_cell_index(m->cells[at]) != handle_index(h)) {
        CHECK(map_cell_index(m->cells[at]) != 0);
        at = map_after(m, at);
    }
    uint32_t hole = at;
    for (;;) {
        at = map_after(m, at);
        struct map_cell c = m->cells[at];
        if (map_cell_index(c) == 0)
            break;
        /* An entry may move to the hole unless its home lies between the two. */
        if (steps(m, map_home(m, map_cell_tag(c)), at) >= steps(m, hole, at)) {
            m->cells[hole] = c;
            hole = at;
        }
    }
    m->cells[hole] = (struct map_cell){0};
    m->live--;
}
