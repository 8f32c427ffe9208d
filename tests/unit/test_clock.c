/* The clock never goes back, whatever the system's does. */
#include "daemon/clock.h"

#include <criterion/criterion.h>

Test(clock, follows_forward)
{
    struct clock c = {0};
    cr_assert_eq(clock_take(&c, 1000), 1000);
    cr_assert_eq(clock_take(&c, 1000), 1000);
    cr_assert_eq(clock_take(&c, 5000), 5000);
    cr_assert_eq(c.steps, 0);
}

Test(clock, stands_still_until_the_other_has_caught_up)
{
    struct clock c = {0};
    clock_take(&c, 10000);
    cr_assert_eq(clock_take(&c, 4000), 10000);
    cr_assert_eq(c.behind, 6000);
    cr_assert_eq(clock_take(&c, 7000), 10000);
    cr_assert_eq(c.behind, 3000);
    cr_assert_eq(c.steps, 1);
    cr_assert_eq(clock_take(&c, 6999), 10000); /* back once more */
    cr_assert_eq(c.steps, 2);
    cr_assert_eq(clock_take(&c, 10001), 10001);
    cr_assert_eq(c.behind, 0);
    cr_assert_eq(clock_take(&c, 10000), 10001);
    cr_assert_eq(c.steps, 3);
}

Test(clock, reads_a_plausible_time)
{
    ms_t now = clock_system();
    cr_assert_gt(now, 1735689600000); /* 2025: this was written later */
    cr_assert_geq(clock_system(), now);
}
