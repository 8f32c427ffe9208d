/* Counts of durations: which bucket, and what is beyond all of them. */
#include "daemon/histogram.h"

#include <criterion/criterion.h>

Test(histogram, a_duration_counts_in_the_first_limit_that_holds_it)
{
    struct histogram h = {{0}, 0};
    histogram_add(&h, 0);
    histogram_add(&h, 10000);
    histogram_add(&h, 10001);
    histogram_add(&h, 1000000000);
    histogram_add(&h, 1000000001);
    cr_assert_eq(h.count[0], 2);
    cr_assert_eq(h.count[1], 1);
    cr_assert_eq(h.count[HISTOGRAM_LIMITS - 1], 1);
    cr_assert_eq(h.count[HISTOGRAM_LIMITS], 1);
    cr_assert_eq(h.ns, 2000020002ull);
}

Test(histogram, limits_rise)
{
    for (int i = 1; i < HISTOGRAM_LIMITS; i++)
        cr_assert_gt(histogram_limits[i], histogram_limits[i - 1]);
}
