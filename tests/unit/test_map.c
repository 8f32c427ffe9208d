/* map: against a plain list of (hash, handle), with hashes that collide often. */
#include "core/map.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

enum { CAP = 300 };

static struct pool pool;

/* A map of the slots of `pool`, all of which are there. */
static struct map map_new(uint32_t cap)
{
    struct map m;
    pool_init(&pool, "test", calloc(cap + 2, 16), 16, cap + 1);
    while (pool.live < cap + 1)
        cr_assert(pool_alloc(&pool));
    map_init(&m, calloc(1, map_bytes(cap)), cap, &pool);
    return m;
}

static void map_free(struct map *m)
{
    free(m->cells);
    free(pool.base);
}

/* The n-th member, of the generation that its slot is in. */
static handle_t member(uint32_t n)
{
    return pool_handle(&pool, n);
}

static uint32_t times_found(const struct map *m, uint64_t hash, handle_t h)
{
    uint32_t at = map_start(m, hash), n = 0;
    for (handle_t found; (found = map_next(m, hash, &at)) != 0;)
        n += found == h;
    return n;
}

/* Few distinct hashes make long runs, all at the end of the table: probes wrap around. */
static void random_run(uint64_t distinct, uint64_t base)
{
    struct map m = map_new(CAP);
    struct random r = {distinct};
    uint64_t hash[CAP];
    handle_t handle[CAP];
    uint32_t n = 0;
    for (uint32_t i = 0; i < CAP; i++)
        handle[i] = member(i + 1);
    for (int step = 0; step < 20000; step++) {
        if (n < CAP && random_percent(&r, 51)) {
            hash[n] = base + random_below(&r, distinct);
            pool_free(&pool, handle[n]); /* another one in the same slot */
            handle[n] = pool_alloc(&pool);
            cr_assert(map_put(&m, hash[n], handle[n]));
            n++;
        } else if (n > 0) {
            uint32_t i = (uint32_t)random_below(&r, n);
            handle_t gone = handle[i];
            map_remove(&m, hash[i], gone);
            cr_assert_eq(times_found(&m, hash[i], gone), 0);
            n--;
            hash[i] = hash[n];
            handle[i] = handle[n];
            handle[n] = gone;
        }
        cr_assert_eq(m.live, n);
        if (step % 64 == 0)
            for (uint32_t i = 0; i < n; i++)
                cr_assert_eq(times_found(&m, hash[i], handle[i]), 1);
    }
    map_free(&m);
}

Test(map, finds_what_was_put_under_heavy_collision)
{
    random_run(3, 0xFFFFFFF0);
}

Test(map, finds_what_was_put_with_runs_that_wrap)
{
    random_run(40, 0xFFFFFFE8);
}

Test(map, finds_what_was_put_with_random_hashes)
{
    random_run(UINT64_MAX, 0);
}

Test(map, full_map_says_so)
{
    struct map m = map_new(2);
    cr_assert(map_put(&m, 1, member(1)));
    cr_assert(map_put(&m, 1, member(2)));
    cr_assert_not(map_put(&m, 1, member(3)));
    map_remove(&m, 1, member(1));
    cr_assert(map_put(&m, 1, member(3)));
    map_free(&m);
}

Test(map, is_small_and_runs_stay_short_in_a_full_one)
{
    enum { MANY = 100000 };
    struct map m = map_new(MANY);
    cr_assert_leq(map_bytes(MANY), MANY * 8);
    for (uint32_t h = 1; h <= MANY; h++)
        cr_assert(map_put(&m, mix64(h), member(h)));
    uint32_t longest = 0, run = 0, used = 0;
    for (uint32_t i = 0; i < m.size; i++) {
        run = map_cell_index(m.cells[i]) != 0 ? run + 1 : 0;
        used += run > 0;
        longest = run > longest ? run : longest;
    }
    cr_assert_eq(used, MANY);
    cr_assert(longest < 300, "%u in a row", longest);
    for (uint32_t h = 1; h <= MANY; h++)
        cr_assert_eq(times_found(&m, mix64(h), member(h)), 1);
    map_clear(&m);
    cr_assert_eq(m.live, 0);
    for (uint32_t h = 1; h <= MANY; h++)
        cr_assert_eq(times_found(&m, mix64(h), member(h)), 0);
    cr_assert(map_put(&m, 1, member(1)));
    map_free(&m);
}

Test(map, removing_what_is_not_there_stops_the_program, .signal = SIGABRT)
{
    struct map m = map_new(2);
    cr_assert(map_put(&m, 1, member(1)));
    map_remove(&m, 1, member(2));
}

Test(map, puts_that_wait_are_all_there_in_the_end)
{
    for (uint32_t n = 0; n <= 2 * MAP_LATER + 1; n++) {
        struct map m = map_new(CAP);
        struct map_later later = {.map = &m};
        for (uint32_t i = 1; i <= n; i++)
            map_put_soon(&later, mix64(i), member(i));
        map_put_rest(&later);
        cr_assert_eq(m.live, n);
        for (uint32_t i = 1; i <= n; i++)
            cr_assert_eq(times_found(&m, mix64(i), member(i)), 1);
        map_free(&m);
    }
}

Test(map, is_empty_when_it_was_cleared)
{
    struct map m = map_new(CAP);
    for (int again = 0; again < 2; again++) {
        for (uint32_t i = 1; i <= CAP / 2; i++)
            cr_assert(map_put(&m, mix64(i), member(i)));
        map_clear(&m);
        cr_assert_eq(m.live, 0);
        for (uint32_t i = 0; i < m.size; i++)
            cr_assert_eq(map_cell_index(m.cells[i]), 0);
    }
    map_free(&m);
}
