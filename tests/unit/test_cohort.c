/* cohort: what follows resolves, against an oracle that looks everything up in the list of events;
 * and that none of it is lost with the history, an image, or a ticket that is forgotten. */
#include "core/fold.h"
#include "tests/lib/cohorts.h"
#include "tests/lib/desk.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

static struct cohorts want;
static uint32_t facts; /* that have been seen: bits COHORTS_x */

static void compare_all(struct desk *d, const struct tale *sorted, uint64_t seed)
{
    static struct snapshot now;
    cohorts_write(&want, sorted->event, sorted->n, &d->settings);
    for (uint32_t i = 0; i < want.n; i++)
        facts |= want.solve[i].facts;
    for (enum scope s = 0; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= engine_names(d->e, s); i++) {
            engine_snapshot(d->e, s, i, (1u << DESK_WINDOWS) - 1, &now);
            const char *wrong = cohorts_differ(&want, &now);
            if (wrong != NULL) {
                tale_print(sorted);
                cr_assert_fail("seed %llu: %s", (unsigned long long)seed, wrong);
            }
        }
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
    struct tale t, told_so;
    ms_t span = shuffled ? 70 * MS_SECOND : 5 * MS_HOUR;
    draw_horizons(&r, &d->settings, span);
    tale_draw_after(&r, (uint32_t)random_range(&r, 1, TALE_TICKETS), TALE_MAX, start, span, &t);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t.n; i++)
        if (t.event[i].kind != EV_MERGED)
            t.event[n++] = t.event[i];
    t.n = n;
    told_so = t;
    tale_sort(&t);
    if (shuffled)
        tale_shuffle(&r, &told_so, 8);
    else
        told_so = t;
    desk_open(d);
    for (uint32_t i = 0; i < told_so.n; i++)
        cr_assert_neq(desk_take(d, &told_so.event[i]).verdict, VERDICT_REFUSED);
    desk_tick(d, start + span + random_range(&r, 0, span));
    compare_all(d, &t, seed);
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
