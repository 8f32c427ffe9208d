/* Sums: withdrawals cancel in any order, order statistics are those of what is left. */
#include "daemon/cli/report_sum.h"

#include "core/event.h"
#include "core/op.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

Test(report_sum, values_and_withdrawals)
{
    struct random r = {7};
    for (int round = 0; round < 500; round++) {
        struct values v = {0};
        ms_t kept[64];
        uint32_t n = 0, adds = (uint32_t)random_below(&r, 64);
        for (uint32_t i = 0; i < adds; i++) {
            kept[n++] = random_range(&r, 0, round % 2 == 0 ? 5 : 1000000);
            values_add(&v, kept[n - 1], 1);
            if (random_percent(&r, 30)) {
                uint32_t at = (uint32_t)random_below(&r, n);
                values_add(&v, kept[at], -1);
                kept[at] = kept[--n];
            }
        }
        qsort(kept, n, sizeof kept[0], by_size);
        struct window_order order;
        values_settle(&v);
        values_order(&v, &order);
        cr_assert_eq(order.n, n);
        if (n > 0) {
            cr_assert(order.min == kept[0] && order.max == kept[n - 1]);
            static const uint32_t permille[] = {500, 750, 900, 950, 990};
            for (uint32_t q = 0; q < WINDOW_QUANTILES; q++) {
                ms_t want = kept[(n * permille[q] + 999) / 1000 - 1], got;
                cr_assert(llabs(order.q[q] - want) * 100 <= want);
                cr_assert(values_rank(&v, permille[q], &got) && got == order.q[q]);
            }
        } else {
            ms_t got;
            cr_assert(!values_rank(&v, 500, &got));
        }
        free(v.v);
    }
}

static struct op reply(ms_t ms, int sign)
{
    return (struct op){
        .family = FAM_REPLIES,
        .scopes = 1,
        .sign = sign,
        .sample = {.flags = 1u << REPLIES_REPLY | 1u << REPLIES_HANDLED | 1u << REPLIES_MET_FIRST,
                   .present = 1u << REPLIES_FIRST,
                   .value = {[REPLIES_FIRST] = ms}}};
}

Test(report_sum, indicators)
{
    struct settings s;
    settings_default(&s);
    s.target[TARGET_FIRST_RESPONSE] = 1000;
    struct sum *t = sum_new();
    struct kpi_value v;
    cr_assert(!sum_value(t, &s, IND_FIRST_RESPONSE, &v) && !sum_value(NULL, &s, IND_OPENED, &v));
    const struct op ops[] = {reply(100, 1), reply(300, 1), reply(700, 1), reply(300, -1)};
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        sum_add(t, &ops[i], i == 0 ? 1u << REPLIES_HANDLED : 0);
    struct op miss = {.family = FAM_MARKS,
                      .sign = 1,
                      .sample = {.flags = 1u << (MARKS_MISSED + TARGET_FIRST_RESPONSE)}};
    sum_add(t, &miss, 0);
    sum_settle(t);
    struct op mark = {
        .mark = 1, .family = FAM_REPLIES, .flag = REPLIES_HANDLED, .sign = 1, .sample = {.ts = 5}};
    sum_add(t, &mark, 0);
    cr_assert(sum_value(t, &s, IND_FIRST_RESPONSE, &v));
    cr_assert(v.n == 2 && v.sum == 800 && v.order.min == 100 && v.order.max == 700);
    cr_assert(v.met == 2 && v.missed == 1 && v.target == 1000);
    cr_assert(sum_value(t, &s, IND_HANDLED, &v) && v.num == 2); /* one left out, one marked */
    cr_assert(sum_value(t, &s, IND_REPLIES, &v) && v.num == 2);
    struct figure f = sum_figure(t, &s, (struct figure_source){IND_FIRST_RESPONSE, IF_MEAN, 0});
    cr_assert(f.n == 2 && figure_round(&f) == 400);
    f = sum_figure(t, &s, (struct figure_source){IND_FIRST_RESPONSE, IF_ATTAINMENT, 0});
    cr_assert(f.n == 3 && figure_round(&f) == 666667);
    f = sum_figure(t, &s, (struct figure_source){IND_CSAT, IF_MEAN, 0});
    cr_assert(f.n == 0 && f.bottom == 0);
    f = sum_figure(NULL, &s, (struct figure_source){IND_OPENED, IF_NUM, 0});
    cr_assert(f.count && f.n == 0 && figure_round(&f) == 0);
    sum_settle(NULL);
    sum_free(t);
    sum_free(NULL);
}

/* What is pending is what stands inside the last horizon, in whole seconds, as of a time. */
Test(report_sum, horizons)
{
    struct settings s;
    ms_t from[HORIZON_N];
    settings_default(&s);
    s.fcr_horizon = 1500; /* two seconds */
    s.follow_up[1] = 0;
    sum_horizons(&s, 1000000999, from);
    cr_assert(from[HORIZON_FCR] == 999999000 && from[HORIZON_NONE] == MS_NEVER &&
              from[HORIZON_FOLLOW_UP + 1] == MS_NEVER);
    cr_assert_eq(sum_horizon(from, 999999000), HORIZON_FCR);
    ms_t begins = 1000001000 - s.resolved_within;
    cr_assert(sum_horizon(from, 999998999) == HORIZON_WITHIN && from[HORIZON_WITHIN] == begins);
    cr_assert_neq(sum_horizon(from, begins - 1), HORIZON_WITHIN);
    cr_assert_eq(sum_horizon(from, 1000001000 - s.follow_up[2] - 1), HORIZON_NONE);
}

static void is_cohort(const struct sum *t, const struct settings *s, enum indicator i, int64_t den,
                      int64_t pending, int64_t part)
{
    struct kpi_value v;
    cr_assert(sum_value(t, s, i, &v));
    cr_assert(v.den == den && v.pending == pending && v.pending_num == part, "%s: %ld %ld %ld",
              indicator_name(i), v.den, v.pending, v.pending_num);
    struct figure whole = sum_figure(t, s, (struct figure_source){(uint16_t)i, IF_VALUE, 0});
    cr_assert(whole.pending == pending && whole.pending_num == part && whole.bottom == den);
    struct figure f = sum_figure(t, s, (struct figure_source){(uint16_t)i, IF_PENDING, 0});
    cr_assert(f.count && f.top == (__int128)pending * NUMBER_ONE);
    f = sum_figure(t, s, (struct figure_source){(uint16_t)i, IF_VALUE_MATURE, 0});
    cr_assert(f.bottom == den - pending && f.n == den - pending &&
              f.top == (__int128)(v.num - part) * NUMBER_ONE);
}

/* Each cohort has a horizon of its own; what is taken back is pending no more. */
Test(report_sum, pending)
{
    struct settings s;
    settings_default(&s); /* fcr 3 d, reopen 7 d, return 30 d */
    struct sum *t = sum_new();
    struct op op = {.family = FAM_RESOLVES, .sign = 1};
    static const uint32_t cycle =
        1u << RESOLVES_RESOLVED | 1u << RESOLVES_TICKET | 1u << RESOLVES_FIRST_CYCLE;
    static const enum horizon stands[] = {HORIZON_NONE, HORIZON_FCR, HORIZON_REOPEN,
                                          HORIZON_COMPLAINT, HORIZON_RETURN};
    for (size_t i = 0; i < ARRAY_LEN(stands); i++) {
        op.sample.flags = cycle | (i < 2 ? 1u << RESOLVES_FCR : 1u << RESOLVES_REOPENED);
        sum_add(t, &op, 0);
        if (stands[i] != HORIZON_NONE)
            sum_add_recent(t, &op, stands[i]);
    }
    is_cohort(t, &s, IND_FCR, 5, 1, 1);
    is_cohort(t, &s, IND_REOPEN_RATE, 5, 2, 1);
    is_cohort(t, &s, IND_RETURN_RATE, 5, 4, 0);
    is_cohort(t, &s, IND_CONFIRMED_RATE, 5, 0, 0); /* has no horizon */
    struct op mark = {
        .mark = 1, .family = FAM_RESOLVES, .flag = RESOLVES_REOPENED, .sign = -1, .sample = {0}};
    sum_add(t, &mark, 0);
    sum_add_recent(t, &mark, HORIZON_REOPEN);
    is_cohort(t, &s, IND_REOPEN_RATE, 5, 2, 0);
    struct op reply = {.family = FAM_REPLIES, .sign = 1, .sample = {.flags = 1u << REPLIES_REPLY}};
    struct sum *other = sum_new();
    sum_add_recent(other, &reply, HORIZON_FCR); /* no cohort counts it */
    cr_assert(other->recent == NULL);
    sum_free(other);
    sum_free(t);
}

Test(report_sum, rounds_half_up)
{
    static const struct {
        int64_t top, bottom, want;
    } cases[] = {{5, 2, 3}, {4, 3, 1}, {5, 3, 2}, {-5, 2, -2}, {-4, 3, -1}, {0, 7, 0}, {-5, 3, -2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct figure f = {.top = cases[i].top, .bottom = cases[i].bottom};
        cr_assert_eq(figure_round(&f), cases[i].want);
    }
}
