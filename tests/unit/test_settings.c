/* settings: durations and windows as people write them; what settings_check refuses. */
#include "core/settings.h"

#include "core/err.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

Test(settings, durations)
{
    const struct {
        const char *text;
        ms_t ms;
    } good[] = {{"0s", 0},
                {"250ms", 250},
                {"90s", 90000},
                {"5m", 300000},
                {"1h30m", 5400000},
                {"2d", 172800000},
                {"1d2h3m4s5ms", 93784005},
                {"007m", 420000},
                {"40000d", 40000 * MS_DAY}};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        ms_t ms = -1;
        cr_assert(duration_parse(str_of(good[i].text), &ms), "%s", good[i].text);
        cr_assert_eq(ms, good[i].ms, "%s", good[i].text);
    }
    const char *bad[] = {"",    "5",     "m",     "5x",   "-5m",    "5 m",  "1.5h",
                         "5m ", "30m1h", "5m5m",  "5min", "40001d", "1h30", "9999999999999ms",
                         "5M",  "1d1d",  "1ms1s", "h1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ms_t ms = -1;
        cr_assert_not(duration_parse(str_of(bad[i]), &ms), "%s", bad[i]);
        cr_assert_eq(ms, -1, "untouched");
    }
}

Test(settings, durations_written_and_read_again)
{
    struct random r = {1};
    for (int round = 0; round < 2000; round++) {
        ms_t d = (ms_t)random_below(&r, 400), h = (ms_t)random_below(&r, 100), ms = -1;
        ms_t m = (ms_t)random_below(&r, 1000), s = (ms_t)random_below(&r, 1000);
        char text[64];
        snprintf(text, sizeof text, "%lldd%lldh%lldm%llds", (long long)d, (long long)h,
                 (long long)m, (long long)s);
        cr_assert(duration_parse(str_of(text), &ms));
        cr_assert_eq(ms, d * MS_DAY + h * MS_HOUR + m * MS_MINUTE + s * MS_SECOND);
    }
}

Test(settings, windows)
{
    struct window_setting w;
    cr_assert(window_setting_parse(str_of("1h"), &w));
    cr_assert(w.kind == WINDOW_SLIDING && w.length == 3600);
    cr_assert_str_eq(w.name, "1h");
    cr_assert(window_setting_parse(str_of("today"), &w) && w.kind == WINDOW_TODAY);
    cr_assert_geq(w.length, 25 * 3600);
    cr_assert(window_setting_parse(str_of("week"), &w) && w.kind == WINDOW_WEEK);
    cr_assert_geq(w.length, 169 * 3600);
    cr_assert(window_setting_parse(str_of("month"), &w) && w.kind == WINDOW_MONTH);
    cr_assert_geq(w.length, (31 * 24 + 1) * 3600);
    cr_assert(window_setting_parse(str_of("10s"), &w));
    cr_assert(window_setting_parse(str_of("400d"), &w));
    const char *bad[] = {"", "9s", "401d", "1h1ms", "yesterday", "5", "1d2h3m4s5678901ms"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_not(window_setting_parse(str_of(bad[i]), &w), "%s", bad[i]);
}

Test(settings, scopes)
{
    for (int i = 0; i < SCOPE_N; i++)
        cr_assert_eq(scope_find(str_of(scope_name((enum scope)i))), i);
    cr_assert_eq(scope_find(str_of("agents")), -1);
    cr_assert_eq(scope_find(str_of("")), -1);
}

static struct settings *fresh(void)
{
    struct settings *s = malloc(sizeof *s);
    settings_default(s);
    return s;
}

Test(settings, defaults_are_those_of_the_contract)
{
    struct settings *s = fresh();
    const char *why = NULL, *names[] = {"5m", "1h", "24h", "7d", "30d", "today", "month"};
    cr_assert_eq(settings_check(s, &why), 0);
    cr_assert_null(why);
    cr_assert_eq(s->windows, ARRAY_LEN(names));
    for (uint32_t i = 0; i < s->windows; i++)
        cr_assert_str_eq(s->window[i].name, names[i]);
    cr_assert(s->lateness == 120000 && s->skew == 5000 && s->short_abandon == 5000);
    cr_assert(s->fcr_horizon == 72 * (ms_t)MS_HOUR && s->reopen_horizon == 7 * MS_DAY);
    cr_assert(s->resolved_within == MS_DAY && s->remember_ids == MS_DAY);
    cr_assert(s->repeat_horizon == 7 * MS_DAY && s->complaint_horizon == 30 * MS_DAY);
    cr_assert(s->return_horizon == 30 * MS_DAY && s->follow_up[0] == 7 * MS_DAY);
    cr_assert(s->follow_up[1] == 30 * MS_DAY && s->follow_up[2] == 90 * MS_DAY);
    cr_assert(s->remember_closed == 90 * MS_DAY && s->exact_samples == 100000);
    cr_assert(s->rules == 0 && s->week_start == 0 && s->scopes == (1u << SCOPE_N) - 1);
    free(s);
}

static struct rule_setting good_rule(const char *id)
{
    struct rule_setting r = {.indicator = IND_FIRST_RESPONSE,
                             .field = IF_P90,
                             .scope = SCOPE_TEAM,
                             .fire = 60000,
                             .clear = 50000};
    memcpy(r.id, id, strlen(id));
    return r;
}

static void refused(struct settings *s)
{
    const char *why = NULL;
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    cr_assert(why != NULL && strlen(why) > 10);
    free(s);
}

static struct settings *with_rule(void)
{
    struct settings *s = fresh();
    s->rule[s->rules++] = good_rule("r1");
    return s;
}

Test(settings, a_good_rule_is_taken)
{
    struct settings *s = with_rule();
    const char *why = NULL;
    cr_assert_eq(settings_check(s, &why), 0, "%s", why);
    s->rule[s->rules++] = good_rule("r2");
    cr_assert_eq(settings_check(s, &why), 0, "%s", why);
    s->rule[1].below = true;
    s->rule[1].clear = 70000;
    cr_assert_eq(settings_check(s, &why), 0, "%s", why);
    free(s);
}

/* Each line breaks one thing. */
#define REFUSED(name, begin, change)                                                               \
    Test(settings, refuses_##name)                                                                 \
    {                                                                                              \
        struct settings *s = begin();                                                              \
        change;                                                                                    \
        refused(s);                                                                                \
    }

REFUSED(no_window, fresh, s->windows = 0)
REFUSED(too_many_windows, fresh, s->windows = WINDOWS_MAX + 1)
REFUSED(a_window_twice, fresh, s->window[1] = s->window[0])
REFUSED(scopes_without_all, fresh, s->scopes = 2)
REFUSED(unknown_scopes, fresh, s->scopes |= 1u << SCOPE_N)
REFUSED(no_zone, fresh, s->zone.n = 0)
REFUSED(too_much_zone, fresh, s->zone.n = ZONE_SHIFTS_MAX + 1)
REFUSED(negative_lateness, fresh, s->lateness = -1)
REFUSED(lateness_of_days, fresh, s->lateness = MS_DAY + 1)
REFUSED(few_exact_samples, fresh, s->exact_samples = 999)
REFUSED(many_exact_samples, fresh, s->exact_samples = 10000001)
REFUSED(negative_target, fresh, s->target[0] = -1)
REFUSED(target_of_years, fresh, s->target[TARGET_N - 1] = 401 * MS_DAY)
REFUSED(too_many_rules, fresh, s->rules = RULES_MAX + 1)
REFUSED(rule_without_id, with_rule, s->rule[0].id[0] = 0)
REFUSED(rule_of_no_indicator, with_rule, s->rule[0].indicator = IND_N)
REFUSED(rule_of_no_field, with_rule, s->rule[0].field = IF_END)
REFUSED(rule_of_a_foreign_field, with_rule, s->rule[0].indicator = IND_OPENED)
REFUSED(rule_of_no_scope, with_rule, s->rule[0].scope = SCOPE_N)
REFUSED(rule_of_a_scope_not_kept, with_rule, s->scopes = 1)
REFUSED(rule_of_no_window, with_rule, s->rule[0].window = (uint8_t)s->windows)
REFUSED(rule_clearing_above_fire, with_rule, s->rule[0].clear = 60001)
REFUSED(rule_clearing_below_fire, with_rule, s->rule[0].below = true)
REFUSED(rule_holding_for_ever, with_rule, s->rule[0].hold = 31 * MS_DAY)
REFUSED(rule_holding_backwards, with_rule, s->rule[0].hold = -1)
REFUSED(two_rules_of_one_id, with_rule, s->rule[s->rules++] = good_rule("r1"))

/* The windows are made for them when the engine begins. */
Test(settings, horizons_are_part_of_what_cannot_change)
{
    struct settings *a = fresh(), *b = fresh();
    const char *why = NULL;
    cr_assert_null(settings_differ(a, b));
    for (enum horizon h = HORIZON_FCR; h < HORIZON_N; h++)
        cr_assert_gt(settings_horizon(a, h), 0);
    b->follow_up[1]++;
    cr_assert_str_eq(settings_differ(a, b), "horizons cannot change while running: restart");
    b->follow_up[1] = -1;
    cr_assert_eq(settings_check(b, &why), ERR_BAD_SETTINGS);
    b->follow_up[1] = 401 * MS_DAY;
    cr_assert_eq(settings_check(b, &why), ERR_BAD_SETTINGS);
    cr_assert_str_eq(why, "a horizon must lie between 0 and 400 days");
    free(a);
    free(b);
}

Test(settings, aspects_by_their_names)
{
    static struct settings s;
    settings_default(&s);
    char text[ASPECT_BYTES + NAME_BYTES_MAX + 2] = "csat.";
    cr_assert_eq(settings_aspect_find(&s, str_of("csat")), -1);
    cr_assert_eq(settings_aspect_find(&s, str_of("csat.")), -1);
    cr_assert_eq(settings_aspect_find(&s, str_of("nps.x")), -1);
    memset(text + ASPECT_BYTES, 'x', NAME_BYTES_MAX + 1);
    cr_assert_eq(settings_aspect_find(&s, str_of(text)), -1, "longer than a name");
    text[ASPECT_BYTES + NAME_BYTES_MAX] = 0;
    cr_assert_eq(settings_aspect_find(&s, str_of(text)), 1);
    for (int i = 1; i < ASPECTS_MAX; i++) {
        snprintf(text, sizeof text, "csat.%d", i);
        cr_assert_eq(settings_aspect_find(&s, str_of(text)), i + 1);
        cr_assert_eq(settings_aspect_find(&s, str_of(text)), i + 1, "known by now");
    }
    cr_assert_eq(settings_aspect_find(&s, str_of("csat.more")), 0);
    cr_assert(str_equal(settings_aspect(&s, 2), str_of("1")));
}
