/* stint: what windows say of time, against the stints themselves, clipped one by one. */
#include "core/stint.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>

enum { STINTS = 40 };

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

static void add(struct window_numbers *n, ms_t t, uint32_t column, bool begins)
{
    struct window_sample s = {.ts = t};
    stint_edge(&s, column, begins);
    cr_assert(s.present == 1u << column && s.value[column] >= 0);
    n->n[column]++;
    n->sum[column] = (int64_t)((uint64_t)n->sum[column] + (uint64_t)s.value[column]);
    n->flag[STINTS_END + column] += s.flags >> (STINTS_END + column) & 1;
}

Test(stint, time_inside_is_that_of_the_stints_clipped)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct random r = {seed};
        ms_t from = start + random_range(&r, 0, 1000), at = from + random_range(&r, 1, 1000);
        struct window_numbers n = {0};
        n.sum[1] = (int64_t)random_next(&r); /* prefixes began anywhere: modulo 2^64 */
        int64_t before = n.sum[1], level = 0;
        ms_t want = 0;
        for (uint32_t i = (uint32_t)random_below(&r, STINTS); i-- > 0;) {
            ms_t a = start + random_range(&r, 0, 2000), b = a + random_range(&r, 0, 800);
            want += ms_max(0, ms_min(b, at) - ms_max(a, from));
            level += a <= at && b > at;
            if (a >= from && a <= at)
                add(&n, a, 1, true);
            if (b >= from && b <= at)
                add(&n, b, 1, false);
        }
        n.sum[1] = (int64_t)((uint64_t)n.sum[1] - (uint64_t)before);
        cr_assert_eq(stint_time(&n, 1, level, from, at), want, "seed %lu: %ld, not %ld", seed,
                     stint_time(&n, 1, level, from, at), want);
    }
}

Test(stint, what_a_window_lost_is_no_negative_time)
{
    struct window_numbers n = {0};
    add(&n, start + 500, STINTS_ONLINE, true); /* its end was shed */
    cr_assert_eq(stint_time(&n, STINTS_ONLINE, 0, start, start + 1000), 0);
    cr_assert_eq(stint_time(&n, STINTS_OCCUPIED, 3, start, start + 1000), 3000);
}
