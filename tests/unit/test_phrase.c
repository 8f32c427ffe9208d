/* test_phrase: durations, values and alerts in words. */
#include "proto/phrase.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/event.h"
#include "core/zone.h"

static struct settings settings;
static char buf[PHRASE_MAX];

Test(phrase, durations)
{
    static const struct {
        ms_t ms;
        const char *en, *zh;
    } rows[] = {
        {750000, "12m 30s", "12分30秒"},
        {600000, "10m", "10分"},
        {0, "0s", "0秒"},
        {250, "250ms", "250毫秒"},
        {1500, "1s 500ms", "1秒500毫秒"},
        {3600000, "1h", "1小时"},
        {5400000, "1h 30m", "1小时30分"},
        {86400000 + 7200000 + 60000, "1d 2h", "1天2小时"},
        {86400000 + 60000, "1d", "1天"},
        {-90000, "-1m 30s", "-1分30秒"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_assert_str_eq(phrase_duration(buf, rows[i].ms, LANG_EN), rows[i].en);
        cr_assert_str_eq(phrase_duration(buf, rows[i].ms, LANG_ZH), rows[i].zh);
    }
}

static const char *value(enum indicator i, enum indicator_field f, int64_t v)
{
    return phrase_value(buf, NULL, i, f, v, LANG_EN);
}

Test(phrase, values)
{
    cr_assert_str_eq(value(IND_FIRST_RESPONSE, IF_P90, 750000), "12m 30s");
    cr_assert_str_eq(value(IND_FIRST_RESPONSE, IF_N, 17 * NUMBER_ONE), "17");
    cr_assert_str_eq(value(IND_FIRST_RESPONSE, IF_ATTAINMENT, 875000), "87.5%");
    cr_assert_str_eq(value(IND_RESOLUTION_RATE, IF_VALUE, 1000000), "100%");
    cr_assert_str_eq(value(IND_RESOLUTION_RATE, IF_VALUE, 666667), "66.67%");
    cr_assert_str_eq(value(IND_REOPEN_RATE, IF_VALUE_MATURE, 50000), "5%");
    cr_assert_str_eq(value(IND_OCCUPANCY, IF_VALUE, 850000), "85%");
    cr_assert_str_eq(value(IND_OCCUPANCY, IF_NUM, 90000), "1m 30s");
    cr_assert_str_eq(value(IND_CSAT, IF_MEAN, 4320000), "4.32");
    cr_assert_str_eq(value(IND_CSAT, IF_MEAN, 4050000), "4.05");
    cr_assert_str_eq(value(IND_CSAT, IF_MEAN, 4500000), "4.5");
    cr_assert_str_eq(value(IND_NPS, IF_VALUE, -250000), "-0.25");
    cr_assert_str_eq(value(IND_CLEARANCE, IF_VALUE, 1004999), "1");
    cr_assert_str_eq(value(IND_CLEARANCE, IF_VALUE, 1005000), "1.01");
    cr_assert_str_eq(value(IND_OPEN, IF_VALUE, 120 * NUMBER_ONE), "120");
    cr_assert_str_eq(value(IND_OLDEST_OPEN, IF_VALUE, 90000), "1m 30s");
}

static void rule(enum indicator i, enum indicator_field f, enum scope scope, int64_t fire)
{
    settings.rules = 1;
    settings.rule[0] = (struct rule_setting){
        .id = "slow",
        .indicator = (uint16_t)i,
        .field = (uint8_t)f,
        .scope = (uint8_t)scope,
        .window = 1,
        .fire = fire,
    };
    settings.windows = 2;
    settings.window[0] = (struct window_setting){.name = "today", .kind = WINDOW_TODAY};
    settings.window[1] = (struct window_setting){.name = "1h", .length = 3600};
}

static const char *sentence(const struct alert *alert, enum lang lang)
{
    return phrase_alert(buf, &settings, alert, lang);
}

Test(phrase, alerts)
{
    struct alert alert = {.state = ALERT_BREACHED, .value = 750000, .has_value = true, .n = 12};
    alert.name = (struct str){"billing!", 7}; /* texts are not zero-terminated */
    rule(IND_FIRST_RESPONSE, IF_P90, SCOPE_TEAM, 600000);
    cr_assert_str_eq(sentence(&alert, LANG_EN), "slow: p90 of first response in 1h is 12m 30s "
                                                "for team billing, threshold 10m");
    cr_assert_str_eq(sentence(&alert, LANG_ZH),
                     "slow：团队 billing 近1小时首次响应时长 p90 为 12分30秒，阈值 10分");
    memcpy(settings.rule[0].when, "night", 6);
    cr_assert_str_eq(sentence(&alert, LANG_EN), "slow: p90 of first response in 1h (night) is "
                                                "12m 30s for team billing, threshold 10m");
    cr_assert_str_eq(sentence(&alert, LANG_ZH),
                     "slow：团队 billing 近1小时首次响应时长 p90（night）为 12分30秒，阈值 10分");
    settings.rule[0].when[0] = '\0';
    alert.state = ALERT_CLEARED;
    alert.has_value = false;
    cr_assert_str_eq(sentence(&alert, LANG_EN), "slow: cleared: p90 of first response in 1h is "
                                                "unknown for team billing, threshold 10m");
    rule(IND_OPEN, IF_VALUE, SCOPE_ALL, 100 * NUMBER_ONE);
    alert = (struct alert){.state = ALERT_BREACHED, .value = 120 * NUMBER_ONE, .has_value = true};
    alert.name = str_of("-");
    cr_assert_str_eq(sentence(&alert, LANG_EN), "slow: open tickets is 120 for all, threshold 100");
    cr_assert_str_eq(sentence(&alert, LANG_ZH), "slow：全部 当前未结工单为 120，阈值 100");
    rule(IND_REOPENED, IF_NUM, SCOPE_AGENT, 5 * NUMBER_ONE);
    settings.rule[0].window = 0;
    alert.value = 6 * NUMBER_ONE;
    alert.name = str_of("ada");
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "slow: reopened in today is 6 for agent ada, threshold 5");
    cr_assert_str_eq(sentence(&alert, LANG_ZH), "slow：客服 ada 今日重新打开为 6，阈值 5");
}

Test(phrase, alerts_of_trends_and_scores)
{
    struct alert alert = {.state = ALERT_BREACHED, .value = 342000, .has_value = true, .n = 12};
    alert.name = str_of("billing");
    alert.now = 42 * MS_MINUTE;
    alert.before = 31 * MS_MINUTE;
    rule(IND_FIRST_RESPONSE, IF_P90, SCOPE_TEAM, 300000);
    settings.rule[0].kind = RULE_TREND;
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "slow: p90 of first response in 1h rose by 34.2% (from 31m to 42m) for team "
                     "billing, threshold 30%");
    cr_assert_str_eq(
        sentence(&alert, LANG_ZH),
        "slow：团队 billing 近1小时首次响应时长 p90 上升 34.2%（此前 31分，现为 42分），阈值 30%");
    settings.rule[0].absolute = true;
    settings.rule[0].fire = -10 * MS_MINUTE;
    alert.value = -11 * MS_MINUTE;
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "slow: p90 of first response in 1h fell by 11m (from 31m to 42m) for team "
                     "billing, threshold -10m");
    alert.has_value = false;
    cr_assert_str_eq(sentence(&alert, LANG_EN), "slow: p90 of first response in 1h is unknown for "
                                                "team billing, threshold -10m");
    settings.rule[0] = (struct rule_setting){.id = "low",
                                             .kind = RULE_SCORE,
                                             .card = "month",
                                             .scope = SCOPE_AGENT,
                                             .fire = 61 * NUMBER_ONE};
    alert = (struct alert){.state = ALERT_BREACHED, .value = 58250000, .has_value = true};
    alert.name = str_of("ada");
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "low: score in today on card month is 58.25 (needs improvement) for agent "
                     "ada, threshold 61");
    cr_assert_str_eq(sentence(&alert, LANG_ZH),
                     "low：客服 ada 今日评分卡 month 得分为 58.25（待改进），阈值 61");
    settings.rule[0].below = true; /* a grade or worse ends a hundredth below the next one */
    settings.rule[0].fire = 5999 * (NUMBER_ONE / 100);
    settings.rule[0].clear = 7999 * (NUMBER_ONE / 100);
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "low: score in today on card month is 58.25 (needs improvement) for agent "
                     "ada, threshold needs improvement (below 60)");
    cr_assert_str_eq(sentence(&alert, LANG_ZH), "low：客服 ada 今日评分卡 month 得分为 "
                                                "58.25（待改进），阈值 待改进（低于 60）");
    cr_assert_str_eq(phrase_threshold(buf, &settings, &settings.rule[0], true, LANG_EN),
                     "good (80 or more)");
    settings.rule[0].fire = 5950 * (NUMBER_ONE / 100);
    cr_assert_str_eq(phrase_threshold(buf, &settings, &settings.rule[0], false, LANG_EN), "59.5");
}

Test(phrase, alerts_of_mixes)
{
    struct alert alert = {.state = ALERT_BREACHED, .value = 333333, .has_value = true, .n = 3};
    alert.kind = ALERT_MIX;
    alert.name = str_of("shop");
    alert.part = str_of("dispute");
    alert.now = 1;
    rule(IND_OPENED, IF_NUM, SCOPE_TEAM, 0);
    settings.rule[0] = (struct rule_setting){.id = "angry",
                                             .kind = RULE_MIX,
                                             .mix = PART_COMPLAINTS_KIND,
                                             .scope = SCOPE_TEAM,
                                             .window = 1,
                                             .fire = 200000};
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "angry: share of kind dispute among the complaints in 1h is 33.33% (1 of 3) "
                     "for team shop, threshold 20%");
    cr_assert_str_eq(sentence(&alert, LANG_ZH),
                     "angry：团队 shop 近1小时投诉中类型 dispute 占比为 33.33%（1/3），阈值 20%");
    alert.state = ALERT_CLEARED;
    alert.has_value = false;
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "angry: cleared: share of kind dispute among the complaints in 1h is unknown "
                     "for team shop, threshold 20%");
    for (int mix = 0; mix < MIX_N; mix++)
        for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
            cr_assert(strlen(phrase_whole((enum part_kind)mix, (enum lang)lang)) > 0);
            cr_assert(strlen(phrase_part((enum part_kind)mix, (enum lang)lang)) > 0);
        }
}

/* Every indicator, field, scope and state has words in both languages, and they fit. */
Test(phrase, everything_has_words)
{
    char longest[NAME_BYTES_MAX + 1];
    memset(longest, 'w', NAME_BYTES_MAX);
    longest[NAME_BYTES_MAX] = '\0';
    for (int i = 0; i < IND_N; i++)
        for (int f = 0; f < IF_END; f++) {
            if (!indicator_has_field((enum indicator)i, (enum indicator_field)f))
                continue;
            for (int state = ALERT_WARNING; state <= ALERT_CANCELLED; state++)
                for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
                    struct alert alert = {.state = (uint8_t)state,
                                          .value = INT64_MIN + 1,
                                          .has_value = true,
                                          .name = str_of(longest)};
                    rule((enum indicator)i, (enum indicator_field)f,
                         (enum scope)(1 + i % (SCOPE_N - 1)), INT64_MIN + 1);
                    memcpy(settings.rule[0].id, longest, sizeof longest);
                    memcpy(settings.window[1].name, "999999999999999", 16);
                    const char *words =
                        phrase_indicator(&settings, (enum indicator)i, (enum lang)lang);
                    cr_assert_not_null(words);
                    sentence(&alert, (enum lang)lang);
                    cr_assert_lt(strlen(buf), PHRASE_MAX - 1);
                    cr_assert_not_null(strstr(buf, words));
                    cr_assert_not_null(strstr(buf, longest));
                }
        }
}

/* In Chinese nothing of the wire is left but percentiles, which are called so. */
Test(phrase, fields)
{
    for (int f = 0; f < IF_END; f++) {
        const char *wire = indicator_field_name((enum indicator_field)f);
        bool percentile = f >= IF_P75 && f <= IF_P99;
        cr_assert_str_eq(phrase_field((enum indicator_field)f, LANG_EN), wire);
        cr_assert_eq(strcmp(phrase_field((enum indicator_field)f, LANG_ZH), wire) == 0, percentile,
                     "%s", wire);
    }
    cr_assert_str_eq(phrase_field(IF_MEAN, LANG_ZH), "平均");
}

/* --- clocks ------------------------------------------------------------------------------- */

static const ms_t nine = 1770368400000; /* 2026-02-06 09:00 UTC, 10:00 in Berlin */

static struct alert breach(void)
{
    settings.zone.n = 1;
    settings.zone.shift[0].at = MS_MIN_TS / MS_SECOND;
    settings.zone.shift[0].offset = 3600;
    struct alert a = {.kind = ALERT_SLA,
                      .state = ALERT_BREACHED,
                      .rule = UINT8_MAX, /* none is looked at */
                      .team = str_of("billing"),
                      .agent = str_of("bob")};
    a.sla = (struct alert_sla){.policy = str_of("gold"),
                               .ticket = str_of("T1"),
                               .metric = SLA_FIRST_RESPONSE,
                               .target = MS_HOUR,
                               .elapsed = MS_HOUR,
                               .due_at = nine,
                               .breach_at = nine + 1,
                               .shares = 2};
    a.sla.share[0] = (struct alert_share){str_of("ada"), 55 * MS_MINUTE};
    a.sla.share[1] = (struct alert_share){str_of("bob"), 5 * MS_MINUTE};
    return a;
}

static void says(const struct alert *a, const char *en, const char *zh)
{
    cr_assert_str_eq(sentence(a, LANG_EN), en);
    cr_assert_str_eq(sentence(a, LANG_ZH), zh);
}

Test(phrase, breaches)
{
    struct alert a = breach();
    says(&a,
         "T1: first response overdue: target 1h, breached 2026-02-06 10:00, "
         "owner bob (ada 55m, bob 5m)",
         "T1：首次响应超时：目标 1小时，超时于 2026-02-06 10:00，负责人 bob（ada 55分、bob 5分）");
    a.sla.share[0] = (struct alert_share){str_of("bob"), MS_HOUR};
    a.sla.shares = 1; /* all of it was the owner's */
    a.sla.late = true;
    says(&a,
         "T1: first response overdue: target 1h, breached 2026-02-06 10:00, owner bob; told late",
         "T1：首次响应超时：目标 1小时，超时于 2026-02-06 10:00，负责人 bob（补发）");
    a.sla.held = true;
    a.sla.breach_at = MS_NEVER;
    a.sla.cause = CAUSE_RETARGET;
    a.agent = str_of("-");
    a.sla.share[0].agent = (struct str){NULL, 0};
    says(&a,
         "T1: first response overdue (another target): target 1h, owner team billing"
         "; told late, its source was behind",
         "T1：首次响应超时（目标变更）：目标 1小时，负责人 团队 billing（来源滞后，补发）");
    a = breach();
    a.sla.shares = 3;
    a.sla.share[1].agent = (struct str){NULL, 0};
    cr_assert_not_null(strstr(sentence(&a, LANG_EN), "owner bob (ada 55m, nobody 5m…)"));
    cr_assert_not_null(strstr(sentence(&a, LANG_ZH), "负责人 bob（ada 55分、无人 5分…）"));
    a = breach();
    a.sla.level = 2;
    a.sla.elapsed = 3 * MS_HOUR;
    a.sla.shares = 0;
    a.agent = a.team = (struct str){NULL, 0};
    says(&a, "T1: first response overdue by 2h: target 1h, owner nobody",
         "T1：首次响应已超时 2小时：目标 1小时，负责人 无");
}

Test(phrase, warnings_and_ends)
{
    struct alert a = breach();
    a.state = ALERT_WARNING;
    a.sla.elapsed = 48 * MS_MINUTE;
    a.sla.due_at = nine + 12500;
    a.sla.shares = 0;
    says(&a, "T1: first response has 12m left of 1h, due 2026-02-06 10:00:12, owner bob",
         "T1：首次响应剩余 12分（目标 1小时），应于 2026-02-06 10:00:12 前完成，负责人 bob");
    a.sla.due_at = MS_NEVER;
    a.sla.metric = SLA_RESOLUTION;
    says(&a, "T1: resolution has 12m left of 1h, owner bob",
         "T1：解决剩余 12分（目标 1小时），负责人 bob");
    a.state = ALERT_CLEARED;
    a.sla.cause = CAUSE_MET;
    says(&a, "T1: resolution in time: 48m, target 1h", "T1：解决按时完成：用时 48分，目标 1小时");
    a.sla.cause = CAUSE_MET_LATE;
    a.sla.elapsed = 2 * MS_HOUR;
    says(&a, "T1: resolution done late: 2h, target 1h", "T1：解决超时完成：用时 2小时，目标 1小时");
    a.state = ALERT_CORRECTED;
    a.sla.cause = CAUSE_LATE_EVENT;
    says(&a, "T1: resolution corrected: a late event showed it, target 1h",
         "T1：解决更正：迟到事件所示，目标 1小时");
    a.sla.cause = CAUSE_FORGIVEN;
    says(&a, "T1: resolution breach taken back: the target is 1h now",
         "T1：解决超时已撤销：目标现为 1小时");
    a.state = ALERT_CANCELLED;
    a.sla.cause = CAUSE_NO_POLICY;
    says(&a, "T1: resolution cancelled: no policy matches any more",
         "T1：解决计时取消：不再适用任何策略");
}

/* The longest names in every state and for every cause: nothing is cut. */
Test(phrase, sentences_about_clocks_fit)
{
    char longest[NAME_BYTES_MAX + 1];
    memset(longest, 'w', NAME_BYTES_MAX);
    longest[NAME_BYTES_MAX] = '\0';
    struct alert a = breach();
    a.agent = a.team = a.sla.ticket = str_of(longest);
    a.sla.target = a.sla.elapsed = INT64_MAX / 2 - MS_HOUR - 1;
    a.sla.due_at = a.sla.breach_at = MS_MAX_TS + 1000;
    a.sla.late = a.sla.held = true;
    a.sla.shares = ALERT_SHARES;
    for (int i = 0; i < ALERT_SHARES; i++)
        a.sla.share[i] = (struct alert_share){str_of(longest), INT64_MAX};
    for (int state = ALERT_WARNING; state <= ALERT_CANCELLED; state++)
        for (int cause = CAUSE_NONE; cause < CAUSE_N; cause++)
            for (int metric = 0; metric < SLA_METRICS; metric++)
                for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
                    a.state = (uint8_t)state;
                    a.sla.cause = (uint8_t)cause;
                    a.sla.metric = (uint8_t)metric;
                    a.sla.level = (uint8_t)(cause % 2);
                    sentence(&a, (enum lang)lang);
                    cr_assert_lt(strlen(buf), PHRASE_MAX - 1);
                    cr_assert_not_null(
                        strstr(buf, phrase_metric((enum sla_metric)metric, (enum lang)lang)));
                    if (state == ALERT_CANCELLED)
                        cr_assert_not_null(
                            strstr(buf, phrase_cause((enum alert_cause)cause, (enum lang)lang)));
                    if (state == ALERT_BREACHED)
                        cr_assert_not_null(strstr(buf, lang == LANG_ZH ? "补发" : "was behind"));
                }
}

Test(phrase, instants_by_local_clocks)
{
    struct zone zone = {.n = 1};
    zone.shift[0].at = MS_MIN_TS / MS_SECOND;
    zone.shift[0].offset = -3 * 3600;
    cr_assert_str_eq(phrase_instant(buf, &zone, nine), "2026-02-06 06:00");
    cr_assert_str_eq(phrase_instant(buf, &zone, nine + 59999), "2026-02-06 06:00:59");
    cr_assert_str_eq(phrase_instant(buf, &zone, nine - 7 * MS_HOUR), "2026-02-05 23:00");
    cr_assert_str_eq(phrase_instant(buf, &zone, -1), "1969-12-31 20:59:59");
}

static const char *own(int64_t v, const char *unit, bool part)
{
    return phrase_own(buf, v, str_of(unit), part);
}

/* Numbers of the site's own, with what they are counted in. */
Test(phrase, the_sites_own)
{
    cr_assert_str_eq(own(12340000, "CNY", false), "12.34 CNY");
    cr_assert_str_eq(own(17 * NUMBER_ONE, "单", false), "17单");
    cr_assert_str_eq(own(-2500000, "€", false), "-2.5 €");
    cr_assert_str_eq(own(93 * NUMBER_ONE, "%", false), "93%");
    cr_assert_str_eq(own(66667, "%", true), "6.67%");
    cr_assert_str_eq(own(0, "", false), "0");
    cr_assert_str_eq(own(999999, "", false), "1");
    cr_assert_str_eq(own(-999950, "", false), "-1");
    cr_assert_str_eq(own(999949, "", false), "0.9999");
    cr_assert_str_eq(own(50000, "", false), "0.05");
    cr_assert_str_eq(own(10001, "", false), "0.01");
    cr_assert_str_eq(own(9999, "", false), "0.009999");
    cr_assert_str_eq(own(-1, "h", false), "-0.000001 h");
    cr_assert_str_eq(own(INT64_MAX, "", false), "9223372036854.78");
}

static void put_own(enum custom_kind kind, const char *unit)
{
    settings.customs.n = 1;
    settings.customs.at[0] =
        (struct custom_setting){.id = "conversion", .name = {"", "转化率"}, .kind = (uint8_t)kind};
    snprintf(settings.customs.at[0].unit, CUSTOM_UNIT_BYTES_MAX + 1, "%s", unit);
}

Test(phrase, alerts_of_the_sites_own)
{
    struct alert alert = {.state = ALERT_BREACHED, .value = 66667, .has_value = true, .n = 12};
    alert.name = str_of("ada");
    put_own(CUSTOM_RATIO, "%");
    rule(IND_CUSTOM_0, IF_VALUE, SCOPE_AGENT, 100000);
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "slow: conversion in 1h is 6.67% for agent ada, threshold 10%");
    cr_assert_str_eq(sentence(&alert, LANG_ZH), "slow：客服 ada 近1小时转化率为 6.67%，阈值 10%");
    settings.rule[0].field = IF_NUM; /* one side of it, which is no part of anything */
    cr_assert_str_eq(sentence(&alert, LANG_EN),
                     "slow: num of conversion in 1h is 0.0667 for agent ada, threshold 0.1");
    put_own(CUSTOM_SUM, "单");
    cr_assert_str_eq(sentence(&alert, LANG_ZH),
                     "slow：客服 ada 近1小时转化率为 0.0667单，阈值 0.1单");
    /* The longest of everything, about a trend: nothing is cut. */
    static const char words[] = "一二三四五六七八九十一二三四五六";
    STATIC_ASSERT(sizeof words == CUSTOM_NAME_BYTES_MAX + 1, "the longest name");
    put_own(CUSTOM_MEAN, "元每百单位");
    memcpy(settings.customs.at[0].name[LANG_ZH], words, sizeof words);
    rule(IND_CUSTOM_0, IF_MEAN, SCOPE_AGENT, -MEASURED_MAX);
    struct rule_setting *r = &settings.rule[0];
    r->kind = RULE_TREND;
    r->absolute = true;
    memset(r->id, 'i', NAME_BYTES_MAX);
    memset(r->when, 'w', NAME_BYTES_MAX);
    char longest[NAME_BYTES_MAX];
    memset(longest, 'n', sizeof longest);
    alert.name = (struct str){longest, sizeof longest};
    alert.state = ALERT_CORRECTED;
    alert.value = alert.now = alert.before = -1000000120000 * 1000;
    const char *said = sentence(&alert, LANG_ZH);
    cr_assert_not_null(strstr(said, words));
    cr_assert_not_null(strstr(said, "-1000000120元每百单位，现为 -1000000120元每百单位）"), "%s",
                       said);
    const char *end = "，阈值 -1000000000元每百单位";
    cr_assert_str_eq(said + strlen(said) - strlen(end), end);
}
