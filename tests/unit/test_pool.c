/* pool: against a plain array of what should be live. */
#include "core/pool.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

struct thing {
    struct slot slot;
    uint32_t a;
    uint64_t b;
};

enum { CAP = 100 };

static struct pool pool_new(uint32_t cap)
{
    struct pool p;
    void *mem = calloc(1, pool_bytes(sizeof(struct thing), cap));
    pool_init(&p, "test", mem, sizeof(struct thing), cap);
    return p;
}

Test(pool, slots_are_zeroed_and_keep_what_is_written)
{
    struct pool p = pool_new(CAP);
    struct random r = {1};
    handle_t live[CAP];
    uint64_t value[CAP];
    uint32_t n = 0;
    for (int step = 0; step < 100000; step++) {
        if (n < CAP && random_percent(&r, 52)) {
            handle_t h = pool_alloc(&p);
            cr_assert_neq(h, 0);
            struct thing *t = pool_edit(&p, h);
            cr_assert(t->a == 0 && t->b == 0 && t->slot.mark == 0 && t->slot.live == 1);
            t->slot.mark = 3;
            t->a = 9;
            live[n] = h;
            value[n++] = t->b = random_next(&r);
        } else if (n > 0) {
            uint32_t i = (uint32_t)random_below(&r, n);
            const struct thing *t = pool_get(&p, live[i]);
            cr_assert_eq(t->b, value[i]);
            pool_free(&p, live[i]);
            cr_assert_not(pool_valid(&p, live[i]));
            live[i] = live[--n];
            value[i] = value[n];
        }
        cr_assert_eq(p.live, n);
    }
    for (uint32_t i = 0; i < n; i++)
        cr_assert(pool_valid(&p, live[i]) && pool_handle(&p, handle_index(live[i])) == live[i]);
    free(p.base);
}

Test(pool, full_pool_says_so_and_last_freed_is_first_used)
{
    struct pool p = pool_new(3);
    handle_t a = pool_alloc(&p), b = pool_alloc(&p), c = pool_alloc(&p);
    cr_assert(handle_index(a) == 1 && handle_index(b) == 2 && handle_index(c) == 3);
    cr_assert_eq(pool_alloc(&p), 0);
    pool_free(&p, a);
    pool_free(&p, c);
    cr_assert_eq(handle_index(pool_alloc(&p)), 3);
    cr_assert_eq(handle_index(pool_alloc(&p)), 1);
    cr_assert_eq(pool_alloc(&p), 0);
    cr_assert_eq(p.high, 3);
    free(p.base);
}

Test(pool, generations_run_1_to_255_and_never_0)
{
    struct pool p = pool_new(1);
    for (uint32_t i = 0; i < 600; i++) {
        handle_t h = pool_alloc(&p);
        cr_assert_eq(h >> POOL_INDEX_BITS, i % 255 + 1);
        pool_free(&p, h);
    }
    cr_assert_not(pool_valid(&p, 0));
    cr_assert_not(pool_valid(&p, 2));
    free(p.base);
}

Test(pool, stale_handle_stops_the_program, .signal = SIGABRT)
{
    struct pool p = pool_new(1);
    handle_t old = pool_alloc(&p);
    pool_free(&p, old);
    cr_assert_neq(pool_alloc(&p), old);
    pool_edit(&p, old);
}

Test(pool, double_free_stops_the_program, .signal = SIGABRT)
{
    struct pool p = pool_new(1);
    handle_t h = pool_alloc(&p);
    pool_free(&p, h);
    pool_free(&p, h);
}
