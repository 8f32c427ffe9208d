/* visit: visits and returns against an oracle that looks everything up in the list of events. */
#include "core/err.h"
#include "core/fold.h"
#include "tests/lib/telling.h"
#include "tests/lib/visits.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

/* --- random tickets ------------------------------------------------------------------------ */

static const struct {
    enum indicator indicator;
    enum visit_fact fact;
} durations[] = {
    {IND_ARRIVAL, VISIT_ARRIVAL}, {IND_ON_SITE, VISIT_ON_SITE}, {IND_REFUND_TIME, VISIT_REFUND}};

static struct kpi_value told(const struct kpi_window *w, enum indicator i)
{
    for (uint32_t v = 0; v < w->values; v++)
        if (w->value[v].indicator == i)
            return w->value[v];
    return (struct kpi_value){0};
}

/* NULL, or the indicator that differs. */
static const char *compare(struct desk *d, const void *oracle, enum scope s, uint32_t index)
{
    const struct visits *want = oracle;
    static struct snapshot now;
    int64_t n, on_time;
    engine_snapshot(d->e, s, index, 1u << W_5M | 1u << W_24H, &now);
    for (uint32_t w = 0; w < now.windows; w++) {
        struct scoped of = {.scope = s, .name = now.name, .at = sec_floor(now.at)};
        of.after = of.at - d->settings.window[now.window[w].window].length;
        for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
            struct kpi_value v = told(&now.window[w], durations[i].indicator);
            int64_t sum = visits_sum(want, durations[i].fact, &of, &n);
            if ((int64_t)v.n != n || v.sum != sum || v.met + v.missed > 0)
                return indicator_name(durations[i].indicator);
        }
        struct kpi_value rate = told(&now.window[w], IND_ARRIVAL_RATE);
        visits_sum(want, VISIT_PROMISED, &of, &n);
        visits_sum(want, VISIT_ON_TIME, &of, &on_time);
        if (rate.den != n || rate.num != on_time)
            return indicator_name(IND_ARRIVAL_RATE);
    }
    return NULL;
}

/* Sorted or not. How many events are about visits and returns. */
static uint32_t one_tale(uint64_t seed, bool shuffled)
{
    static struct visits want;
    struct random r = {seed};
    struct desk *d = desk_new();
    struct tale t;
    ms_t span = shuffled ? 70 * MS_SECOND : 5 * MS_HOUR;
    uint32_t tickets = (uint32_t)random_range(&r, 1, TALE_TICKETS), visits = 0;
    tale_draw_outside(&r, tickets, TALE_MAX / 2, 40, start, span, &t);
    tell_tale(d, &r, &t, shuffled);
    desk_tick(d, start + span + 777777);
    visits_write(&want, &t);
    cr_assert(told_agrees(d, &want, compare, &t), "seed %llu", (unsigned long long)seed);
    for (uint32_t i = 0; i < t.n; i++)
        visits += t.event[i].kind >= EV_VISIT_PLANNED && t.event[i].kind <= EV_RETURNED;
    engine_check(d->e);
    desk_free(d);
    return visits;
}

Test(visit, yields_what_the_events_say)
{
    uint32_t visits = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++)
        visits += one_tale(seed, false);
    cr_assert_gt(visits, 4000);
}

Test(visit, in_any_order_and_twice)
{
    for (uint64_t seed = 100001; seed <= 104000; seed++)
        (void)one_tale(seed, true);
}

/* --- by hand ------------------------------------------------------------------------------- */

#define TEN "1770369000000" /* 09:10 */

static void says(struct desk *d, ms_t after, const char *line)
{
    cr_assert_eq(desk_say(d, start + after, line).verdict, VERDICT_APPLIED, "%s", line);
}

static void rate_is(struct desk *d, const char *agent, uint32_t window, int64_t num, int64_t den)
{
    struct kpi_value v = desk_value(d, SCOPE_AGENT, agent, IND_ARRIVAL_RATE, window);
    cr_assert(v.num == num && v.den == den, "%s: %lld of %lld", agent, (long long)v.num,
              (long long)v.den);
}

/* A promise that is not kept counts when its instant comes, by the clock alone. */
Test(visit, a_broken_promise_counts_at_its_instant)
{
    struct desk *d = desk_new();
    desk_open(d);
    says(d, 0, "opened ticket=T agent=ada");
    says(d, 1000, "visit_planned ticket=T due=" TEN);
    desk_tick(d, start + 10 * MS_MINUTE - 1);
    rate_is(d, "ada", W_1H, 0, 0);
    desk_tick(d, start + 10 * MS_MINUTE);
    rate_is(d, "ada", W_1H, 0, 1);
    rate_is(d, "ada", W_5M, 0, 1);
    desk_tick(d, start + 15 * MS_MINUTE);
    rate_is(d, "ada", W_5M, 0, 0);
    says(d, 20 * MS_MINUTE, "visit_arrived ticket=T agent=bob"); /* it was he who came late */
    rate_is(d, "ada", W_1H, 0, 0);
    rate_is(d, "bob", W_1H, 0, 1);
    desk_free(d);
}

Test(visit, at_the_due_instant_is_in_time)
{
    struct desk *d = desk_new();
    desk_open(d);
    says(d, 0, "opened ticket=T agent=ada");
    says(d, 0, "visit_planned ticket=T visit=a due=" TEN);
    says(d, 0, "visit_planned ticket=T visit=b due=" TEN);
    says(d, 1, "visit_planned ticket=T visit=b due=1770400000000"); /* the first counts */
    says(d, 10 * MS_MINUTE, "visit_arrived ticket=T visit=a");
    says(d, 10 * MS_MINUTE + 1, "visit_arrived ticket=T visit=b");
    rate_is(d, "ada", W_1H, 1, 2);
    cr_assert_eq(desk_value(d, SCOPE_ALL, "-", IND_ARRIVAL, W_1H).n, 1, "the ticket's first");
    says(d, 40 * MS_MINUTE, "visit_ended ticket=T visit=b");
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "ada", IND_ON_SITE, W_1H), 30 * MS_MINUTE - 1);
    desk_free(d);
}

/* A ticket that ends calls its visit off, one that is reopened before it was due does not. */
Test(visit, a_promise_ends_with_its_ticket)
{
    struct desk *d = desk_new();
    desk_open(d);
    says(d, 0, "opened ticket=T agent=ada");
    says(d, 0, "visit_planned ticket=T due=" TEN " agent=cem");
    says(d, 0, "opened ticket=U agent=ada");
    says(d, 0, "visit_planned ticket=U due=" TEN " agent=cem");
    says(d, MS_MINUTE, "resolved ticket=T");
    says(d, MS_MINUTE, "resolved ticket=U");
    says(d, 2 * MS_MINUTE, "reopened ticket=U");
    desk_tick(d, start + 11 * MS_MINUTE);
    rate_is(d, "cem", W_1H, 0, 1);
    says(d, 12 * MS_MINUTE, "visit_arrived ticket=T agent=cem"); /* nonetheless */
    rate_is(d, "cem", W_1H, 0, 2);
    says(d, 13 * MS_MINUTE, "closed ticket=T outcome=spam");
    rate_is(d, "cem", W_1H, 0, 1);
    desk_free(d);
}

/* More visits at a time than a ticket remembers: the first ones count as they stand. */
Test(visit, too_many_at_a_time)
{
    struct desk *d = desk_new();
    char line[96];
    desk_open(d);
    says(d, 0, "opened ticket=T agent=ada");
    for (int i = 0; i < RECALL_VISITS + 3; i++) {
        snprintf(line, sizeof line, "visit_planned ticket=T visit=v%d due=" TEN, i);
        says(d, i, line);
    }
    says(d, MS_MINUTE, "visit_arrived ticket=T visit=v10");
    desk_tick(d, start + 10 * MS_MINUTE);
    rate_is(d, "ada", W_1H, 1, RECALL_VISITS + 3);
    engine_check(d->e);
    desk_free(d);
}

Test(visit, a_promise_at_no_instant_is_refused)
{
    static const struct {
        ms_t due;
        int err;
    } told[] = {{MS_MIN_TS - 1, ERR_TS_UNIT},
                {MS_MIN_TS, 0},
                {MS_MAX_TS, 0},
                {MS_MAX_TS + 1, ERR_TS_RANGE},
                {INT64_MAX, ERR_TS_RANGE}};
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        struct event e = {.kind = EV_VISIT_PLANNED, .ts = start, .due = told[i].due};
        enum event_field field;
        e.has = F1(TYPE) | F1(TS) | F1(TICKET) | F1(DUE);
        e.ticket = str_of("T");
        cr_assert_eq(event_check(&e, &field), told[i].err);
        cr_assert_eq(field, told[i].err == 0 ? F_N : F_DUE);
    }
}
