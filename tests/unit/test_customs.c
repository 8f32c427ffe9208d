/* `indicators` in the configuration: what they are made of, and what is refused. */
#include "daemon/customs.h"

#include "core/settings.h"
#include "proto/phrase.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct config config;
static struct tree_error why;

static bool load(const char *indicators)
{
    char text[2048];
    int n = snprintf(text, sizeof text, "windows: [30d]\nindicators:\n%s", indicators);
    config_fini(&config);
    return config_parse("f", text, (size_t)n, &config, &why);
}

static bool load_one(const char *members)
{
    char text[512];
    snprintf(text, sizeof text, "  - {%s}\n", members);
    return load(text);
}

static const struct custom_setting *one(const char *members)
{
    cr_assert(load_one(members), "%s", why.text);
    cr_assert_eq(config.settings.customs.n, 1);
    return &config.settings.customs.at[0];
}

Test(customs, each_kind)
{
    const struct custom_setting *c =
        one("id: orders, kind: sum, measure: order, unit: 单, name: {en: orders, zh: 成交单数}");
    cr_assert(c->kind == CUSTOM_SUM && c->num.kind == SIDE_SUM && !c->lower);
    cr_assert_str_eq(c->unit, "单");
    cr_assert_str_eq(phrase_indicator(&config.settings, IND_CUSTOM_0, LANG_ZH), "成交单数");
    cr_assert_str_eq(config.settings.customs.measure[c->num.measure], "order");
    c = one("id: size, kind: mean, measure: value, better: lower");
    cr_assert(c->kind == CUSTOM_MEAN && c->num.kind == SIDE_SUM && c->den.kind == SIDE_NUMBER);
    cr_assert(c->lower);
    cr_assert_str_eq(phrase_indicator(&config.settings, IND_CUSTOM_0, LANG_EN), "size");
    c = one("id: trainings, kind: count, measure: training");
    cr_assert(c->kind == CUSTOM_COUNT && c->num.kind == SIDE_NUMBER);
    c = one("id: solved, kind: count, of: resolved");
    cr_assert(c->num.kind == SIDE_COUNT && c->num.indicator == IND_RESOLVED);
    c = one("id: cost, kind: ratio, num: {sum: cost}, den: resolved");
    cr_assert(c->num.kind == SIDE_SUM && c->den.kind == SIDE_COUNT);
    c = one("id: share, kind: ratio, num: calls_answered, den: {count: contact}");
    cr_assert(c->num.indicator == IND_CALLS_ANSWERED && c->den.kind == SIDE_NUMBER);
}

Test(customs, rules_and_cards_name_them)
{
    cr_assert(load("  - {id: conv, kind: ratio, num: {sum: o}, den: {sum: c}}\n"
                   "  - {id: size, kind: mean, measure: o}\n"
                   "scorecards:\n"
                   "  - {id: c, window: 30d, items: [{indicator: conv, weight: 1, baseline: 10%, "
                   "target: 25%}, {indicator: size, weight: 1, baseline: 0, target: 50}]}\n"
                   "rules:\n"
                   "  - {id: r, indicator: conv, scope: agent, window: 30d, fire: '<= 5%', "
                   "min_n: 20}\n"),
              "%s", why.text);
    cr_assert_eq(config.cards->card[0].item[0].of.indicator, IND_CUSTOM_0);
    cr_assert_eq(config.cards->card[0].item[0].of.field, IF_VALUE);
    cr_assert_eq(config.cards->card[0].item[1].of.field, IF_MEAN);
    cr_assert_eq(config.settings.rule[0].indicator, IND_CUSTOM_0);
    cr_assert_eq(config.settings.rule[0].fire, 50000);
}

static void refused(const char *members, const char *complaint)
{
    cr_assert_not(load_one(members), "%s", members);
    cr_assert_not_null(strstr(why.text, complaint), "%s", why.text);
    cr_assert_not_null(strstr(why.text, "f:3: indicators"), "%s", why.text);
}

Test(customs, what_cannot_be)
{
    refused("kind: sum, measure: o", "without `id`");
    refused("id: o, measure: o", "without `kind`");
    refused("id: o, kind: median, measure: o", "none of count, sum, mean, ratio");
    refused("id: Orders, kind: sum, measure: o", "no id");
    refused("id: csat, kind: sum, measure: o", "taken");
    refused("id: mix, kind: sum, measure: o", "taken");
    refused("id: o, kind: sum", "made of nothing; write measure");
    refused("id: o, kind: ratio, num: resolved", "made of nothing; write num and den");
    refused("id: o, kind: sum, of: resolved", "nothing for an indicator of kind sum");
    refused("id: o, kind: sum, num: resolved", "nothing for an indicator of kind sum");
    refused("id: o, kind: ratio, measure: o", "nothing for an indicator of kind ratio");
    refused("id: o, kind: count, measure: o, of: resolved", "leave one of both out");
    refused("id: o, kind: ratio, num: orders, den: resolved", "no built-in count");
    refused("id: o, kind: ratio, num: csat, den: resolved", "no built-in count");
    refused("id: o, kind: ratio, num: {mean: x}, den: resolved", "neither sum nor count");
    refused("id: o, kind: ratio, num: {}, den: resolved", "one of both");
    refused("id: o, kind: sum, measure: ''", "name that");
    refused("id: o, kind: sum, measure: o, better: more", "none of higher, lower");
    refused("id: o, kind: sum, measure: o, unit: 0123456789abcdef", "15 fit");
    refused("id: o, kind: sum, measure: o, name: {zh: 一二三四五六七八九十一二三四五六七}",
            "48 fit");
    refused("id: o, kind: sum, measure: o, name: orders", "indicators");
    refused("id: o, kind: sum, measure: o, colour: red", "unknown key");
    cr_assert_not(load("  - {id: a, kind: sum, measure: o}\n  - {id: a, kind: sum, measure: o}\n"));
    cr_assert_not_null(strstr(why.text, "f:4: indicators.id: a is taken"), "%s", why.text);
}

Test(customs, as_many_as_fit)
{
    char text[2048] = "";
    size_t n = 0;
    for (int i = 0; i < CUSTOMS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "  - {id: i%d, kind: sum, measure: m%d}\n",
                              i, i % MEASURED_NAMES_MAX);
    cr_assert(load(text), "%s", why.text);
    cr_assert_eq(config.settings.customs.measures, MEASURED_NAMES_MAX);
    size_t full = n;
    snprintf(text + n, sizeof text - n, "  - {id: more, kind: sum, measure: m0}\n");
    cr_assert_not(load(text));
    cr_assert_not_null(strstr(why.text, "more than 16 entries"), "%s", why.text);
    text[full] = 0;
    snprintf(text + full - 4, 8, "99}\n");
    cr_assert_not(load(text));
    cr_assert_not_null(strstr(why.text, "more than 8 measures"), "%s", why.text);
}

/* The order in the file says nothing about what there is to measure. */
Test(customs, a_reload_may_change_all_but_the_measures)
{
    struct config was;
    cr_assert(load("  - {id: a, kind: sum, measure: x}\n  - {id: b, kind: sum, measure: y}\n"));
    config_move(&was, &config);
    memset(&config, 0, sizeof config);
    cr_assert(load("  - {id: b, kind: mean, measure: y, unit: h}\n"
                   "  - {id: c, kind: ratio, num: {sum: x}, den: resolved, better: lower}\n"));
    cr_assert_null(settings_differ(&was.settings, &config.settings));
    cr_assert(load("  - {id: a, kind: sum, measure: x}\n"));
    cr_assert_not_null(strstr(settings_differ(&was.settings, &config.settings), "restart"));
    cr_assert(load("  - {id: a, kind: sum, measure: x}\n  - {id: b, kind: sum, measure: z}\n"));
    cr_assert_not_null(settings_differ(&was.settings, &config.settings));
    config_fini(&was);
}
