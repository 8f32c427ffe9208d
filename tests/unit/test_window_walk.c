/* Walks end where a plain walk over all chunks ends, in few steps, and disturb nothing. */
#include "core/window_walk.h"

#include "core/chunk.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

/* The last chunk whose base is not above the second, found the slow way. */
static handle_t plain(const struct windows *ws, const struct window_log *log, ms_t ts)
{
    handle_t h = log->tail;
    int64_t to = moment((uint32_t)(ts / MS_SECOND), (uint32_t)(ts % MS_SECOND));
    while (chunk_moment(chunk_get(ws, h)) > to && chunk_get(ws, h)->prev != 0)
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
    uint32_t steps_most = 0;
    ms_t first = chunk_get(f->ws, log->head)->base * (ms_t)MS_SECOND;
    for (ms_t ts = first; ts <= f->at * MS_SECOND; ts += 97123) {
        struct btree_walk walk;
        uint32_t steps = 0;
        if (!window_walk(f->ws, log, ts, &walk)) {
            cr_assert_eq(plain(f->ws, log, ts), log->tail);
            continue;
        }
        while (btree_step(&walk))
            steps++;
        handle_t want = plain(f->ws, log, ts), next = chunk_get(f->ws, walk.at)->next;
        cr_assert(walk.at == want || next == want, "instant %ld", (long)ts);
        steps_most = steps > steps_most ? steps : steps_most;
    }
    cr_assert(steps_most >= 2 && steps_most < 7, "%u steps", steps_most);
    window_check(f->ws, log, 0);
    lab_unmake(f);
}

Test(window_walk, has_nowhere_to_go)
{
    struct lab *f = lab_make(&lab_setup, 8);
    struct btree_walk walk;
    cr_assert(!window_walk(f->ws, &f->log[0], f->at * MS_SECOND, &walk));
    cr_assert(lab_add(f, 0, lab_ts(f)));
    cr_assert(!window_walk(f->ws, &f->log[0], 1000, &walk));
    lab_unmake(f);
}
