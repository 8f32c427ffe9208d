/* measure: every field of every kind against numbers worked out from all samples kept. */
#include "core/event.h"
#include "core/measure.h"
#include "tests/lib/draw.h"
#include "tests/lib/numbers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const ms_t start = 1770379140000; /* 2026-02-06 11:59 */

static struct limits small_limits(void)
{
    struct limits l = limits_default();
    l.tickets = l.calls = l.history = 100;
    l.agents = l.teams = l.channels = l.priorities = l.categories = 10;
    l.chunks = 5000;
    l.alerts = 100;
    return l;
}

static struct board *board_new(const struct settings *s)
{
    struct limits l = small_limits();
    struct window_watch watch[WATCHES_MAX * FAM_N];
    uint32_t n = measure_watches(s, watch, ARRAY_LEN(watch));
    void *mem = aligned_alloc(64, (board_bytes(&l, s) + 63) & ~63ULL);
    memset(mem, 0, board_bytes(&l, s));
    struct board *b = board_init(mem, &l, s, watch, n);
    for (uint32_t i = 0; i < DRAW_NAMES; i++)
        cr_assert_eq(board_name(b, SCOPE_TEAM, (struct str){&"abc"[i], 1}, NULL), i + 1);
    return b;
}

static void compare(struct board *b, const struct settings *s, const struct numbers *all, ms_t at)
{
    for (uint32_t i = 0; i < s->rules; i++) {
        for (uint32_t name = 1; name <= DRAW_NAMES; name++) {
            const struct rule_setting *rule = &s->rule[i];
            struct number want = numbers_judge(all, s, rule, name, at);
            struct measure m;
            measure_read(b, rule, name, at, &m);
            cr_assert_eq(m.empty, want.empty);
            cr_assert_eq(m.n, want.n);
            cr_assert_eq(measure_verdict(rule, &m), want.verdict, "%s.%s n=%u",
                         indicator_name(rule->indicator), indicator_field_name(rule->field), m.n);
            if (m.empty)
                continue;
            bool ms = indicator_field_is_ms(rule->indicator, rule->field);
            double value = want.value * (ms || rule->indicator == IND_CSAT ? 1 : NUMBER_ONE);
            if (rule->field == IF_N)
                value = want.value * NUMBER_ONE;
            double got = (double)measure_value(b, rule, name, &m);
            cr_assert(fabs(got - value) < 1 + 0.01 * value, "%f %f", got, value);
            if (want.verdict == RULE_FIRE)
                cr_assert(rule->below ? got <= (double)rule->fire : got >= (double)rule->fire);
        }
    }
}

Test(measure, agrees_with_all_samples_kept)
{
    static struct numbers all;
    static struct settings s;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct random r = {seed};
        draw_settings(&r, 8, &s);
        struct board *b = board_new(&s);
        ms_t at = start;
        all.n = 0;
        board_advance(b, at);
        for (int step = 0; step < 150; step++) {
            if (random_percent(&r, 10) && all.n > 0) {
                uint32_t i = (uint32_t)random_below(&r, all.n);
                struct tags tags = {.team = (uint16_t)all.at[i].name};
                board_sample(b, all.at[i].family, &all.at[i].sample, &tags, 1u << SCOPE_TEAM, -1);
                numbers_remove(&all, i);
            } else {
                uint32_t family;
                struct tags tags = {.team = (uint16_t)random_range(&r, 1, DRAW_NAMES)};
                struct window_sample sample =
                    draw_sample(&r, at - random_range(&r, 0, 5000), &family);
                board_sample(b, family, &sample, &tags, 1u << SCOPE_TEAM, 1);
                numbers_add(&all, family, tags.team, &sample);
            }
            at += random_range(&r, 0, 6000);
            board_advance(b, at);
            if (step % 3 == 0)
                compare(b, &s, &all, at);
        }
        free(b);
    }
}

/* The windows say when they change; between two such instants nothing may change by itself. */
Test(measure, nothing_changes_before_next_change)
{
    static struct numbers all;
    static struct settings s;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random r = {seed};
        draw_settings(&r, 6, &s);
        struct board *b = board_new(&s);
        ms_t at = start;
        all.n = 0;
        board_advance(b, at);
        for (int i = 0; i < 20; i++) {
            uint32_t family;
            struct tags tags = {.team = 1};
            struct window_sample sample = draw_sample(&r, at - random_range(&r, 0, 60000), &family);
            board_sample(b, family, &sample, &tags, 1u << SCOPE_TEAM, 1);
            numbers_add(&all, family, 1, &sample);
        }
        for (uint32_t i = 0; i < s.rules; i++) {
            struct measure m;
            measure_read(b, &s.rule[i], 1, at, &m);
            bool calendar = s.window[s.rule[i].window].kind != WINDOW_SLIDING;
            ms_t next = measure_next_change(b, &s.rule[i], 1, &m, calendar);
            struct number was = numbers_judge(&all, &s, &s.rule[i], 1, at);
            cr_assert_gt(next, at);
            for (ms_t t = at; t < ms_min(next, at + 400000); t += 1000) {
                struct number is = numbers_judge(&all, &s, &s.rule[i], 1, t / 1000 * 1000);
                cr_assert(is.n == was.n && is.verdict == was.verdict && is.empty == was.empty);
            }
        }
        free(b);
    }
}

Test(measure, watches_are_few_and_each_once)
{
    static struct settings s;
    settings_default(&s);
    s.rules = RULES_MAX;
    for (uint32_t i = 0; i < RULES_MAX; i++) {
        s.rule[i] = (struct rule_setting){.indicator = i < 60 ? IND_FIRST_RESPONSE : IND_TALK,
                                          .field = IF_P90,
                                          .fire = 1000 * (i % 20),
                                          .clear = 1000 * (i % 20)};
    }
    struct window_watch watch[WATCHES_MAX * FAM_N];
    uint32_t n = measure_watches(&s, watch, ARRAY_LEN(watch)), replies = 0;
    for (uint32_t i = 0; i < n; i++) {
        replies += watch[i].family == FAM_REPLIES;
        cr_assert_eq(watch[i].above % 1000, watch[i].above < 0 ? -1 : 999);
        for (uint32_t j = 0; j < i; j++)
            cr_assert(watch[i].family != watch[j].family || watch[i].above != watch[j].above);
    }
    cr_assert_eq(replies, WATCHES_MAX);
    cr_assert_eq(n, WATCHES_MAX + 4);
    cr_assert_eq(measure_watches(&s, watch, 3), 3);
}

/* The two edges, below and above, on an order statistic that the windows do not count. */
Test(measure, order_without_a_watch)
{
    static struct settings s, reloaded;
    settings_default(&s);
    struct board *b = board_new(&s); /* no rule: nothing is counted */
    reloaded = s;
    reloaded.rules = 1;
    struct rule_setting *rule = &reloaded.rule[0];
    *rule = (struct rule_setting){
        .indicator = IND_FIRST_RESPONSE, .field = IF_MAX, .scope = SCOPE_TEAM};
    board_advance(b, start);
    struct tags tags = {.team = 1};
    for (int i = 1; i <= 10; i++) {
        struct window_sample sample = {.ts = start, .present = 1, .value = {i * MS_MINUTE}};
        board_sample(b, FAM_REPLIES, &sample, &tags, 1u << SCOPE_TEAM, 1);
    }
    const struct {
        bool below;
        ms_t fire, clear;
        enum verdict_of_rule want;
    } cases[] = {
        {false, 10, 9, RULE_FIRE}, {false, 11, 10, RULE_BETWEEN}, {false, 12, 11, RULE_CLEAR},
        {true, 10, 11, RULE_FIRE}, {true, 9, 10, RULE_BETWEEN},   {true, 8, 9, RULE_CLEAR},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct measure m;
        rule->below = cases[i].below;
        rule->fire = cases[i].fire * MS_MINUTE;
        rule->clear = cases[i].clear * MS_MINUTE;
        measure_read(b, rule, 1, start, &m);
        cr_assert_eq(measure_verdict(rule, &m), cases[i].want, "case %zu", i);
    }
    free(b);
}
