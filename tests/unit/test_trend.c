/* trend: changes worked by hand: parts and amounts, of nothing, of few, of negative numbers. */
#include "core/trend.h"

#include "core/event.h"

#include <criterion/criterion.h>

static struct figure value(int64_t top, int64_t bottom)
{
    return (struct figure){.n = (uint32_t)bottom, .top = top, .bottom = bottom, .since = MS_NONE};
}

static struct figure count(int64_t n)
{
    return (struct figure){.count = true,
                           .n = (uint32_t)n,
                           .top = (__int128)n * NUMBER_ONE,
                           .bottom = 1,
                           .since = MS_NONE};
}

static struct measure trend(bool absolute, uint32_t min_n, struct figure now, struct figure before)
{
    struct rule_setting rule = {.kind = RULE_TREND, .absolute = absolute, .min_n = min_n};
    struct measure m = {.grows_since = MS_NONE};
    trend_of(&rule, &now, &before, &m);
    return m;
}

/* Is the change exactly `change` (millionths or ms)? */
static bool is(struct measure m, int64_t change)
{
    return !m.empty && m.bottom > 0 && m.top == change * m.bottom;
}

Test(trend, parts_and_amounts)
{
    cr_assert(is(trend(false, 1, value(1300, 1), value(1000, 1)), 300000));
    cr_assert(is(trend(true, 1, value(1300, 1), value(1000, 1)), 300));
    cr_assert(is(trend(false, 1, value(4200, 3), value(4000, 2)), -300000)); /* 1400 of 2000 */
    cr_assert(is(trend(false, 1, count(3), count(4)), -250000));
    cr_assert(is(trend(true, 1, count(3), count(4)), -NUMBER_ONE));
    cr_assert(is(trend(false, 1, count(0), count(4)), -NUMBER_ONE));
    struct measure m = trend(false, 1, value(4201, 3), value(4000, 2));
    cr_assert(m.value_now == 1400 && m.value_before == 2000 && m.n == 3 && m.n_before == 2);
}

/* A third less a third is nothing, to the last digit. */
Test(trend, nothing_is_rounded)
{
    cr_assert(is(trend(false, 1, value(1, 3), value(2, 6)), 0));
    struct measure m = trend(false, 1, value(1, 3), value(333333, 1000000));
    cr_assert(m.top > m.bottom && m.top < 2 * m.bottom); /* by a millionth of it and a bit */
}

Test(trend, of_a_negative_number_is_a_part_of_its_size)
{
    cr_assert(is(trend(false, 1, value(-50, 1), value(-100, 1)), 500000));
    cr_assert(is(trend(false, 1, value(-150, 1), value(-100, 1)), -500000));
    cr_assert(is(trend(false, 1, value(50, 1), value(-100, 1)), 1500000));
    cr_assert_eq(trend(true, 1, value(-7, 2), value(0, 1)).value_now, -4);
}

Test(trend, is_empty_without_enough_on_both_sides)
{
    cr_assert(trend(false, 1, value(0, 0), value(1, 1)).empty);
    cr_assert(trend(false, 1, value(1, 1), value(0, 0)).empty);
    cr_assert(trend(true, 1, value(1, 1), value(0, 0)).empty);
    cr_assert(trend(false, 3, value(9, 2), value(9, 3)).empty);
    cr_assert(trend(false, 3, value(9, 3), value(9, 2)).empty);
    cr_assert_not(trend(false, 3, value(9, 3), value(9, 3)).empty);
    cr_assert(trend(false, 1, value(5, 1), value(0, 1)).empty, "a part of nothing");
    cr_assert_not(trend(true, 1, value(5, 1), value(0, 1)).empty);
    cr_assert(trend(false, 3, count(9), count(2)).empty);
    cr_assert_not(trend(false, 3, count(2), count(9)).empty, "a fall is what it looks for");
}

/* The largest sums there can be: nothing overflows. */
Test(trend, holds_what_windows_can_hold)
{
    struct figure now = value(INT64_MAX / 2, UINT32_MAX), before = value(1, UINT32_MAX);
    struct measure m = trend(false, 1, now, before);
    cr_assert(m.top > 0 && m.bottom > 0);
    cr_assert(m.top / m.bottom > TREND_PART_MAX);
    struct rule_setting rule = {.kind = RULE_TREND, .fire = TREND_PART_MAX, .clear = 0};
    cr_assert_eq(measure_verdict(&rule, &m), RULE_FIRE);
    m = trend(false, 1, before, now);
    cr_assert(m.top < 0 && m.top >= -m.bottom * NUMBER_ONE);
}
