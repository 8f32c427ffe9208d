/* cohort: what follows resolves, against an oracle that looks everything up in the list of events;
 * and that none of it is lost with the history, an image, or a ticket that is forgotten. */
#include "core/fold.h"
#include "tests/lib/cohorts.h"
#include "tests/lib/telling.h"

#include <criterion/criterion.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

static struct cohorts want;
static uint32_t facts; /* that have been seen: bits COHORTS_x */

static const char *compare(struct desk *d, const void *oracle, enum scope s, uint32_t index)
{
    static struct snapshot now;
    engine_snapshot(d->e, s, index, (1u << DESK_WINDOWS) - 1, &now);
    return cohorts_differ(oracle, &now);
}

static void draw_horizons(struct random *r, struct settings *s, ms_t span)
{
    ms_t *all[] = {&s->repeat_horizon, &s->complaint_horizon, &s->return_horizon,
                   &s->follow_up[0],   &s->follow_up[1],      &s->follow_up[2]};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        *all[i] = random_percent(r, 10) ? 0 : random_range(r, 1, 2 * span);
}

/* Sorted or not, the clock stopping on the way or not. */
static void one_tale(uint64_t seed, bool shuffled)
{
    struct random r = {seed};
    struct desk *d = desk_new();
    struct tale t;
    ms_t span = shuffled ? 70 * MS_SECOND : 5 * MS_HOUR;
    draw_horizons(&r, &d->settings, span);
    tale_draw_after(&r, (uint32_t)random_range(&r, 1, TALE_TICKETS), TALE_MAX, start, span, &t);
    tell_tale(d, &r, &t, shuffled);
    desk_tick(d, start + span + random_range(&r, 0, span));
    cohorts_write(&want, t.event, t.n, &d->settings);
    for (uint32_t i = 0; i < want.n; i++)
        facts |= want.solve[i].facts;
    cr_assert(told_agrees(d, &want, compare, &t), "seed %llu", (unsigned long long)seed);
    engine_check(d->e);
    desk_free(d);
}

Test(cohort, yields_what_the_events_say)
{
    for (uint64_t seed = 1; seed <= 3000; seed++)
        one_tale(seed, false);
    cr_assert_eq(facts, (1u << COHORTS_FLAGS) - 1, "%x: not everything came", facts);
}

Test(cohort, in_any_order_and_twice)
{
    for (uint64_t seed = 100001; seed <= 103000; seed++)
        one_tale(seed, true);
    cr_assert_eq(facts, (1u << COHORTS_FLAGS) - 1, "%x: not everything came", facts);
}
