/* The simulator's random numbers against what their distributions say. */
#include "daemon/cli/chance.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { DRAWS = 200000 };

static int compare(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

Test(chance, same_seed_same_numbers)
{
    struct chance a, b, other;
    chance_init(&a, 7);
    chance_init(&b, 7);
    chance_init(&other, 8);
    uint64_t different = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = chance_next(&a);
        cr_assert_eq(x, chance_next(&b));
        different += x != chance_next(&other);
    }
    cr_assert_eq(different, 1000);
}

Test(chance, below_is_even)
{
    struct chance c;
    chance_init(&c, 1);
    uint32_t seen[10] = {0};
    for (int i = 0; i < DRAWS; i++)
        seen[chance_below(&c, 10)]++;
    for (int i = 0; i < 10; i++)
        cr_assert(seen[i] > DRAWS / 10 * 97 / 100 && seen[i] < DRAWS / 10 * 103 / 100);
    cr_assert_not(chance_permille(&c, 0));
    cr_assert(chance_permille(&c, 1000));
}

Test(chance, lognormal_has_its_median_and_spread)
{
    struct chance c;
    chance_init(&c, 2);
    ms_t *draw = malloc(DRAWS * sizeof(*draw));
    for (int i = 0; i < DRAWS; i++)
        draw[i] = chance_lognormal(&c, 600000, 900);
    qsort(draw, DRAWS, sizeof(*draw), compare);
    /* Quantiles of exp(ln 600000 + 0.9 z): z = -1, 0, 1, 1.645. The sum of 4 uniforms is only
     * nearly normal: 4 %. */
    const double at[] = {0.1587, 0.5, 0.8413, 0.95};
    const double want[] = {243942, 600000, 1475762, 2636637};
    for (int i = 0; i < 4; i++) {
        double got = (double)draw[(int)(at[i] * DRAWS)];
        cr_assert_float_eq(got, want[i], want[i] * 0.04, "quantile %g: %g", at[i], got);
    }
    free(draw);
}

Test(chance, exponential_has_its_mean_and_median)
{
    struct chance c;
    chance_init(&c, 3);
    double sum = 0;
    uint32_t below_median = 0;
    for (int i = 0; i < DRAWS; i++) {
        int64_t x = chance_exponential(&c, 1000000);
        cr_assert_geq(x, 0);
        sum += (double)x;
        below_median += x < 693147;
    }
    cr_assert_float_eq(sum / DRAWS, 1e6, 1e4);
    cr_assert_float_eq((double)below_median / DRAWS, 0.5, 0.01);
}

Test(chance, zipf_favours_the_first)
{
    struct chance c;
    chance_init(&c, 4);
    uint32_t sums[50], seen[50] = {0};
    chance_zipf_table(sums, 50);
    for (int i = 0; i < DRAWS; i++)
        seen[chance_zipf(&c, sums, 50)]++;
    double harmonic = 0;
    for (int i = 0; i < 50; i++)
        harmonic += 1.0 / (i + 1);
    for (int i = 0; i < 50; i++) {
        double want = DRAWS / harmonic / (i + 1);
        cr_assert_float_eq(seen[i], want, want * 0.12, "rank %d: %u, not %g", i, seen[i], want);
    }
}
