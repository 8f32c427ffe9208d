/* boards.h: how a board is kept: shared by board.c (samples) and gauge.c (gauges). Private. */
#ifndef TP_CORE_BOARDS_H
#define TP_CORE_BOARDS_H

#include "core/board.h"
#include "core/edge.h"
#include "core/part.h"
#include "core/slice.h"

enum {
    TOUCHED_MAX = 8192, /* names one event can touch: those of a ticket's whole history */
    ORDER_SHARE = 2,    /* order chunks: live entries fill half of them at the least */
    ORDER_PER_CHUNK = 28,
};

struct board {
    const struct settings *settings;
    struct names names[SCOPE_N];
    struct pool entities[SCOPE_N]; /* index = name's index, made together, never freed */
    struct pool orders;
    struct windows *windows;
    struct time_slices slices;
    struct names aspects;
    struct pool parts; /* part.h */
    struct map part_map;
    uint32_t part_turn; /* which was looked at last for being empty */
    uint64_t shed;      /* samples of parts, and others beside the logs, that found no room */
    struct board_lookup lookup;
    struct board_tap tap; /* take NULL: nobody listens */
    struct window_watch watch[WATCHES_MAX * WINDOW_FAMILIES_MAX];
    uint32_t watches;
    struct edges edges;
    ms_t at;
    sec_t at_sec;
    sec_t start[WINDOWS_MAX]; /* first second of calendar windows */
    sec_t next_day;
    uint32_t listened[SCOPE_N]; /* inputs that some rule looks at: bits FAM_x, TOUCH_GAUGES */
    uint32_t touched;
    struct entity_ref touch[TOUCHED_MAX];
};

static inline struct entity *entity_edit(struct board *b, enum scope s, uint32_t index)
{
    struct pool *p = &b->entities[s];
    CHECK(index >= 1 && index <= p->high);
    if (UNLIKELY(p->image != NULL))
        pool_save(p, index);
    return pool_at(p, index);
}

/* The window whose numbers less those of `window` are those before it; `window` may have the bit
 * BOARD_BEFORE, which goes. 0: it has not. */
static inline uint32_t board_twice(const struct board *b, uint32_t *window)
{
    if ((*window & BOARD_BEFORE) == 0)
        return 0;
    *window -= BOARD_BEFORE;
    CHECK((b->settings->compared >> *window & 1) != 0);
    return b->edges.twice[*window];
}

/* The entity for writing; it is noted as touched by `bit` (FAM_x or TOUCH_GAUGES). */
static inline struct entity *board_touch(struct board *b, enum scope s, uint32_t index,
                                         uint32_t bit)
{
    struct entity *e = entity_edit(b, s, index);
    e->changed = true;
    if (UNLIKELY((b->listened[s] >> bit & 1) != 0)) {
        if (e->touched == 0 && b->touched < TOUCHED_MAX)
            b->touch[b->touched++] = (struct entity_ref){.scope = (uint8_t)s, .index = index};
        e->touched |= 1u << bit;
    }
    return e;
}

#endif
