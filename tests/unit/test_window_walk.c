/* Walks end where a plain walk over all chunks ends, in few steps, and disturb nothing. */
#include "core/window_walk.h"

#include "core/chunk.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

/* The last chunk whose base is not above the second, found the slow way. */
static handle_t plain(const struct windows *ws, const struct window_log *log, uint32_t sec)
{
    handle_t h = log->tail;
    while (chunk_get(ws, h)->base > sec && chunk_get(ws, h)->prev != 0)
        h = chunk_get(ws, h)->prev;
    return h;
}

Test(window_walk, ends_where_the_second_is_kept)
{
    struct lab *f = lab_make(&lab_setup, 7);
    for (uint32_t i = 0; i < 20000; i++) {
        lab_advance(f, i % 3);
        cr_assert(lab_add(f, 0, lab_ts(f)));
    }
    const struct window_log *log = &f->log[0];
    uint32_t first = chunk_get(f->ws, log->head)->base, steps_most = 0;
    for (uint32_t sec = first; sec <= (uint32_t)f->at; sec += 97) {
        struct window_walk walk = {.log = log, .sec = sec};
        uint32_t steps = 0;
        while (window_walk(f->ws, &walk))
            steps++;
        cr_assert(walk.at == plain(f->ws, log, sec), "second %u", sec);
        steps_most = steps > steps_most ? steps : steps_most;
    }
    cr_assert(steps_most > 2 && steps_most < 64, "%u steps", steps_most);
    window_check(f->ws, log, 0);
    lab_unmake(f);
}

Test(window_walk, has_nowhere_to_go)
{
    struct lab *f = lab_make(&lab_setup, 8);
    struct window_walk empty = {.log = &f->log[0], .sec = (uint32_t)f->at};
    cr_assert(!window_walk(f->ws, &empty) && empty.at == 0);
    cr_assert(lab_add(f, 0, lab_ts(f)));
    struct window_walk early = {.log = &f->log[0], .sec = 1};
    cr_assert(!window_walk(f->ws, &early) && early.at == 0);
    lab_unmake(f);
}
