/* test_phrase: durations, values and alerts in words. */
#include "proto/phrase.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/event.h"

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
    return phrase_value(buf, i, f, v, LANG_EN);
}

Test(phrase, values)
{
    cr_assert_str_eq(value(IND_FIRST_RESPONSE, IF_P90, 750000), "12m 30s");
    cr_assert_str_eq(value(IND_FIRST_RESPONSE, IF_N, 17 * NUMBER_ONE), "17");
    cr_assert_str_eq(value(IND_FIRST_RESPONSE, IF_ATTAINMENT, 875000), "87.5%");
    cr_assert_str_eq(value(IND_RESOLUTION_RATE, IF_VALUE, 1000000), "100%");
    cr_assert_str_eq(value(IND_RESOLUTION_RATE, IF_VALUE, 666667), "66.67%");
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
            for (int state = ALERT_BREACHED; state <= ALERT_CANCELLED; state++)
                for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
                    struct alert alert = {.state = (uint8_t)state,
                                          .value = INT64_MIN + 1,
                                          .has_value = true,
                                          .name = str_of(longest)};
                    rule((enum indicator)i, (enum indicator_field)f,
                         (enum scope)(1 + i % (SCOPE_N - 1)), INT64_MIN + 1);
                    memcpy(settings.rule[0].id, longest, sizeof longest);
                    memcpy(settings.window[1].name, "999999999999999", 16);
                    const char *words = phrase_indicator((enum indicator)i, (enum lang)lang);
                    cr_assert_not_null(words);
                    sentence(&alert, (enum lang)lang);
                    cr_assert_lt(strlen(buf), PHRASE_MAX - 1);
                    cr_assert_not_null(strstr(buf, words));
                    cr_assert_not_null(strstr(buf, longest));
                }
        }
}
