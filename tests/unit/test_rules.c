/* Alert rules in the configuration. */
#include "daemon/rules.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/mix.h"
#include "core/slice.h"

static struct config config;
static struct tree_error why;

static bool load(const char *rule)
{
    char text[512];
    snprintf(text, sizeof text, "scopes: [team, agent]\nrules:\n  - {%s}\n", rule);
    return config_parse("f", text, strlen(text), &config, &why);
}

static const struct rule_setting *rule(const char *text)
{
    cr_assert(load(text), "%s", why.text);
    cr_assert_eq(config.settings.rules, 1);
    return &config.settings.rule[0];
}

Test(rules, have_all_their_members)
{
    const struct rule_setting *r =
        rule("id: slow, indicator: first_response, field: p90, scope: team, window: 1h, "
             "fire: '>= 15m', clear: 10m, for: 30s, min_n: 5, on_empty: clear, "
             "severity: critical, name: Billing, labels: {runbook: x, page: y}");
    cr_assert_str_eq(r->id, "slow");
    cr_assert_eq(r->indicator, IND_FIRST_RESPONSE);
    cr_assert_eq(r->field, IF_P90);
    cr_assert_eq(r->scope, SCOPE_TEAM);
    cr_assert_eq(r->window, 1);
    cr_assert_not(r->below);
    cr_assert_eq(r->fire, 15 * MS_MINUTE);
    cr_assert_eq(r->clear, 10 * MS_MINUTE);
    cr_assert_eq(r->hold, 30000);
    cr_assert_eq(r->min_n, 5);
    cr_assert_eq(r->on_empty, ON_EMPTY_CLEAR);
    cr_assert_eq(r->severity, SEVERITY_CRITICAL);
    cr_assert_str_eq(r->name, "Billing");
    cr_assert_eq(r->labels, 2);
    cr_assert_str_eq(r->label[1].key, "page");
    cr_assert_str_eq(r->label[1].value, "y");
}

Test(rules, have_defaults)
{
    const struct rule_setting *r = rule("id: w, indicator: waiting, fire: '>=20'");
    cr_assert_eq(r->field, IF_VALUE);
    cr_assert_eq(r->scope, SCOPE_ALL);
    cr_assert_eq(r->fire, 20000000);
    cr_assert_eq(r->clear, 20000000);
    cr_assert_eq(r->severity, SEVERITY_WARNING);
    cr_assert_eq(r->on_empty, ON_EMPTY_HOLD);
    cr_assert_eq(r->min_n, 1);
    cr_assert_str_eq(r->name, "");
    r = rule("id: c, indicator: csat, window: 7d, fire: '<= 3.5'");
    cr_assert_eq(r->field, IF_MEAN);
    cr_assert(r->below);
    cr_assert_eq(r->fire, 3500000);
    r = rule("id: o, indicator: oldest_waiting, fire: '>= 1h'");
    cr_assert_eq(r->fire, MS_HOUR);
    r = rule("id: a, indicator: answer_rate, window: 1h, fire: '<= 85%', clear: 90%");
    cr_assert_eq(r->fire, 850000);
    cr_assert_eq(r->clear, 900000);
}

static void refused(const char *text, const char *complaint)
{
    cr_assert_not(load(text), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
}

Test(rules, are_refused_with_line_and_member)
{
    refused("indicator: waiting, fire: '>= 1'", "f:3: rules: a rule without `id`; add it");
    refused("id: x, fire: '>= 1'",
            "f:3: rules: a rule without `indicator`, `card` or `mix`; add one");
    refused("id: x, indicator: waiting", "f:3: rules: a rule without `fire`; add it");
    refused("id: x, indicator: waiting, fire: '>= 1', colour: red",
            "f:3: rules.colour: unknown key of a rule; see --print-config");
    refused("id: x, indicator: wating, fire: '>= 1'",
            "f:3: rules.indicator: 'wating' is no indicator; did you mean waiting? SEMANTICS.md "
            "and `indicators` list them");
    refused("id: x, indicator: waiting, field: p90, fire: '>= 1'",
            "f:3: rules.field: waiting has no field 'p90'; it has value");
    refused("id: x, indicator: first_response, window: 1h, fire: '>= 1m'",
            "f:3: rules: a rule on a duration without `field`; add one, such as p90");
    refused("id: x, indicator: first_response, field: p90, fire: '>= 1m'",
            "f:3: rules: a rule without `window`; add one of `windows`");
    refused("id: x, indicator: first_response, field: p90, window: 2h, fire: '>= 1m'",
            "f:3: rules.window: window '2h' is not kept; add it to `windows`");
    refused("id: x, indicator: waiting, scope: channel, fire: '>= 1'",
            "f:3: rules.scope: scope channel is not kept; add it to `scopes`");
    refused("id: x, indicator: waiting, fire: 1",
            "f:3: rules.fire: begins with neither >= nor <=; write \">= 15m\"");
    refused("id: x, indicator: waiting, fire: '>= 5m'",
            "f:3: rules.fire: '>= 5m' is no value; write a number like \">= 20\" or \"<= 85%\"");
    refused("id: x, indicator: oldest_waiting, fire: '>= 5'",
            "f:3: rules.fire: '>= 5' is no value; write a duration like \">= 15m\"");
    refused("id: x, indicator: waiting, fire: '>= 5', clear: 6",
            "f:3: rules.clear: it would clear where it fires; clear must lie on the good side of "
            "fire");
    refused("id: x, indicator: waiting, fire: '<= 5', clear: 4",
            "f:3: rules.clear: it would clear where it fires; clear must lie on the good side of "
            "fire");
    refused("id: x, indicator: waiting, fire: '>= 5', for: 31d",
            "f:3: rules.for: 31d is outside of 0s to 30d");
    refused("id: x, indicator: waiting, fire: '>= 5', severity: page",
            "f:3: rules.severity: 'page' is none of info, warning, critical");
    refused("id: x, indicator: waiting, fire: '>= 5', labels: [a]",
            "f:3: rules.labels: a map is wanted here; write {runbook: text}");
    refused("id: x, indicator: waiting, fire: '>= 5', when: night",
            "f:3: rules.when: 'night' is no calendar; add it to `calendars`, or leave `when` out");
}

Test(rules, count_by_hours)
{
    static const char night[] = "scopes: [team]\nrules:\n"
                                "  - {id: a, indicator: waiting, fire: '>= 5', when: night}\n"
                                "  - {id: b, indicator: opened, window: 1h, scope: team, "
                                "fire: '>= 5', when: night}\n"
                                "calendars: [{id: night, hours: {mon-sun: '22:00-06:00'}}]\n";
    struct time_slice slice[SLICES_MAX];
    cr_assert(config_parse("f", night, strlen(night), &config, &why), "%s", why.text);
    cr_assert_str_eq(config.settings.rule[0].when, "night");
    cr_assert_eq(slices_of(&config.settings, slice), 1, "a gauge has no slice");
    cr_assert_eq(slice[0].scope, SCOPE_TEAM);
    cr_assert_not_null(config.settings.sla);
}

/* Nine calendars, a rule for the hours of each. */
Test(rules, of_too_many_hours)
{
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "rules:\n");
    for (int i = 0; i < SLICES_MAX + 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - {id: r%d, indicator: opened, window: 1h, fire: '>= 5', "
                              "when: h%d}\n",
                              i, i);
    n += (size_t)snprintf(text + n, sizeof text - n, "calendars:\n");
    for (int i = 0; i < SLICES_MAX + 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - {id: h%d, hours: {mon: '08:00-1%d:00'}}\n", i, i);
    cr_assert_not(config_parse("f", text, n, &config, &why));
    cr_assert_str_eq(why.text, "f:10: rules.when: cards and rules ask for the hours of more than 8 "
                               "calendars and scopes; use fewer");
}

static bool load_card(const char *rule)
{
    char text[512];
    snprintf(text, sizeof text,
             "rules:\n  - {%s}\nscorecards:\n  - {id: month, window: 7d, scope: team,\n"
             "     items: [{indicator: csat, weight: 1, baseline: 3, target: 4}]}\n",
             rule);
    return config_parse("f", text, strlen(text), &config, &why);
}

/* 59.99 in millionths, and so on: a grade ends a hundredth below the next better one. */
Test(rules, on_scorecards_take_points_and_grades)
{
    static const struct {
        const char *said;
        bool below;
        int64_t fire, clear; /* hundredths of points */
    } cases[] = {
        {"fire: '<= 60'", true, 6000, 6000},
        {"fire: '<= 59.5', clear: 62.25", true, 5950, 6225},
        {"fire: '<= qualified'", true, 7999, 7999},
        {"fire: '<= qualified', clear: good", true, 7999, 7999},
        {"fire: '<= needs_improvement', clear: good", true, 5999, 7999},
        {"fire: '<= unqualified', clear: 50", true, 3999, 5000},
        {"fire: '>= excellent'", false, 9000, 9000},
        {"fire: '>= excellent', clear: qualified", false, 9000, 8000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[128];
        snprintf(text, sizeof text, "id: x, card: month, %s", cases[i].said);
        cr_assert(load_card(text), "%s", why.text);
        const struct rule_setting *r = &config.settings.rule[0];
        cr_assert(r->kind == RULE_SCORE && r->below == cases[i].below);
        cr_assert_eq(r->fire, cases[i].fire * 10000, "%s", cases[i].said);
        cr_assert_eq(r->clear, cases[i].clear * 10000, "%s", cases[i].said);
        cr_assert(r->scope == SCOPE_TEAM &&
                  strcmp(config.settings.window[r->window].name, "7d") == 0);
        config_fini(&config);
    }
    cr_assert(load_card("id: x, card: month, window: month, fire: '<= 60'"), "%s", why.text);
    cr_assert_str_eq(config.settings.window[config.settings.rule[0].window].name, "month");
    config_fini(&config);
}

static void card_refused(const char *text, const char *complaint)
{
    cr_assert_not(load_card(text), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
}

Test(rules, on_scorecards_are_refused_with_line_and_member)
{
    card_refused("id: x, card: year, fire: '<= 60'",
                 "f:2: rules.card: no card is called 'year'; `scorecards` has them");
    card_refused("id: x, card: month, scope: agent, fire: '<= 60'",
                 "f:2: rules.scope: the card of the rule says that; remove `scope` or `card`");
    card_refused("id: x, card: month, indicator: csat, fire: '<= 60'",
                 "f:2: rules.indicator: the card of the rule says that; remove `indicator` or "
                 "`card`");
    card_refused("id: x, card: month, trend: relative, fire: '<= 60'",
                 "f:2: rules.trend: the card of the rule says that; remove `trend` or `card`");
    card_refused("id: x, card: month, fire: '<= excellent'",
                 "f:2: rules.fire: 'excellent' or worse is everybody; write the grade below it");
    card_refused("id: x, card: month, fire: '<= 60%'",
                 "f:2: rules.fire: '60%' is neither a number of points nor a grade (excellent, "
                 "good, qualified, needs_improvement, unqualified)");
    card_refused("id: x, card: month, fire: '<= qualified', clear: qualified",
                 "f:2: rules.clear: it would clear where it fires; clear must lie on the good side "
                 "of fire");
}

Test(rules, on_trends_compare_parts_and_amounts)
{
    const struct rule_setting *r =
        rule("id: x, indicator: first_response, field: p90, window: 7d, trend: relative, "
             "fire: '>= 30%', clear: 10%");
    cr_assert(r->kind == RULE_TREND && !r->absolute && !r->below);
    cr_assert(r->fire == 300000 && r->clear == 100000);
    cr_assert_eq(config.settings.compared, 1u << r->window);
    r = rule("id: x, indicator: resolved, window: 24h, trend: relative, fire: '<= -50%'");
    cr_assert(r->below && r->fire == -500000 && r->clear == -500000);
    r = rule("id: x, indicator: first_response, field: mean, window: 1h, trend: absolute, "
             "fire: '<= -5m', clear: -2m");
    cr_assert(r->absolute && r->fire == -5 * MS_MINUTE && r->clear == -2 * MS_MINUTE);
    r = rule("id: x, indicator: csat_rate, window: 1h, trend: absolute, fire: '<= -5%'");
    cr_assert_eq(r->fire, -50000);
    r = rule("id: x, indicator: csat_rate, window: 1h, fire: '<= 5%'");
    cr_assert(r->kind == RULE_KPI && config.settings.compared == 0);
    refused("id: x, indicator: opened, window: month, trend: relative, fire: '>= 1'",
            "f:3: rules: a trend needs a sliding window such as 24h or 7d: what is before month is "
            "of another length");
    refused("id: x, indicator: waiting, trend: relative, fire: '>= 1'",
            "f:3: rules.trend: waiting is a number of now, nothing is known of it before");
    refused("id: x, indicator: opened, window: 1h, trend: up, fire: '>= 1'",
            "f:3: rules.trend: 'up' is none of relative, absolute");
    refused("id: x, indicator: opened, window: 1h, trend: relative, fire: '>= 1h'",
            "f:3: rules.fire: '1h' is no part; write 30% or -30%");
    refused("id: x, indicator: opened, window: 1h, trend: relative, fire: '>= 2000'",
            "f:1: a trend's threshold is at most a thousandfold");
}

Test(rules, have_ids_of_their_own)
{
    static const char text[] = "rules:\n  - {id: x, indicator: waiting, fire: '>= 1'}\n"
                               "  - {id: x, indicator: open, fire: '>= 1'}\n";
    cr_assert_not(config_parse("f", text, strlen(text), &config, &why));
    cr_assert_str_eq(why.text, "f:3: rules.id: two rules are called x; rename one");
}

Test(rules, built_in_are_those_that_can_be)
{
    cr_assert(config_parse("f", "", 0, &config, &why));
    cr_assert_eq(config.settings.rules, 5); /* none of them is malformed */
    static const char few[] = "windows: [5m]\nscopes: [team]\n";
    cr_assert(config_parse("f", few, strlen(few), &config, &why), "%s", why.text);
    cr_assert_eq(config.settings.rules, 2); /* those about numbers of now */
    static const char agents[] = "scopes: [agent]\n";
    cr_assert(config_parse("f", agents, strlen(agents), &config, &why), "%s", why.text);
    cr_assert_eq(config.settings.rules, 0);
}

static bool load_mix(const char *rule, const char *before)
{
    char text[512];
    snprintf(text, sizeof text, "%srules:\n  - {id: x, mix: %s}\n", before, rule);
    return config_parse("f", text, strlen(text), &config, &why);
}

/* flag_over is strict like the mark in snapshots, wherever it stands in the file. */
Test(rules, on_mixes)
{
    const struct rule_setting *r = &config.settings.rule[0];
    cr_assert(load_mix("opened.category, window: 24h", ""), "%s", why.text);
    cr_assert(r->kind == RULE_MIX && r->mix == PART_OPENED_CATEGORY && r->scope == SCOPE_ALL);
    cr_assert(r->beyond && r->fire == 200000 && r->clear == 200000 && r->part[0] == 0);
    config_fini(&config);
    cr_assert(load_mix("low_ratings.aspect, part: speed, scope: team, window: 24h, min_n: 5, "
                       "clear: 0}\nflag_over: 35%\n#",
                       ""),
              "%s", why.text);
    cr_assert(r->mix == PART_LOW_ASPECT && strcmp(r->part, "speed") == 0);
    cr_assert(r->beyond && r->fire == 350000 && r->clear == 0 && r->min_n == 5);
    config_fini(&config);
    cr_assert(load_mix("complaints.kind, window: 24h, fire: '>= 33.3%', clear: 25%", ""), "%s",
              why.text);
    cr_assert(!r->beyond && r->fire == 333000 && r->clear == 250000);
    config_fini(&config);
}

Test(rules, on_mixes_are_refused_with_line_and_member)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"refunds, window: 1h",
         "f:2: rules.mix: 'refunds' is no mix; there are opened.category, complaints.category, "
         "complaints.kind, low_ratings.category, low_ratings.aspect"},
        {"opened.category, indicator: opened, window: 1h",
         "f:2: rules.indicator: a rule on a mix is about shares; remove `indicator` or `mix`"},
        {"opened.category, field: num, window: 1h",
         "f:2: rules.field: a rule on a mix is about shares; remove `field` or `mix`"},
        {"opened.category, trend: relative, window: 1h",
         "f:2: rules.trend: a rule on a mix is about shares; remove `trend` or `mix`"},
        {"opened.category, when: night, window: 1h",
         "f:2: rules.when: a rule on a mix is about shares; remove `when` or `mix`"},
        {"opened.category, scope: agent, window: 1h",
         "f:2: rules.scope: mixes are kept of all and of teams; write all or team"},
        {"opened.category", "f:2: rules: a rule without `window`; add one of `windows`"},
        {"opened.category, window: 1h, fire: '<= 10%'",
         "f:2: rules.fire: a rule on a mix is about shares that are too large; write \">= 30%\""},
        {"opened.category, window: 1h, fire: '>= 130%'",
         "f:2: rules.fire: '130%' is no share; write 30%"},
        {"opened.category, window: 1h, fire: '>= 20'",
         "f:2: rules.fire: '20' is no share; write 30%"},
        {"opened.category, window: 1h, fire: '>= 0.5%'",
         "f:2: rules.fire: shares of less than 1% are not watched; write 1% or more"},
        {"opened.category, window: 1h, clear: 21%",
         "f:2: rules.clear: it would clear where it fires; clear must lie on the good side of "
         "fire"},
        {"opened.category, window: 1h, on_empty: fire",
         "f:2: rules.on_empty: of a mix of nothing no part can fire; write hold or clear"},
        {"opened.category, window: 1h, card: month",
         "f:2: rules.card: no card is called 'month'; `scorecards` has them"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cr_assert_not(load_mix(cases[i].text, ""), "accepted: %s", cases[i].text);
        cr_assert_str_eq(why.text, cases[i].complaint);
    }
    cr_assert_not(load_mix("opened.category, window: 1h", "flag_over: 100%\n"));
    cr_assert_str_eq(why.text, "f:3: rules: no share can be told by a `flag_over` of 100%; add "
                               "`fire`");
    cr_assert(load_mix("opened.category, window: 1h, fire: '>= 100%'", "flag_over: 100%\n"), "%s",
              why.text);
    config_fini(&config);
    refused("id: x, indicator: waiting, part: a, fire: '>= 1'",
            "f:3: rules.part: only rules on a `mix` have parts; remove `part`");
    refused("id: x, indicator: waiting", "f:3: rules: a rule without `fire`; add it");
}

Test(rules, on_ratings_of_an_aspect)
{
    const struct rule_setting *r =
        rule("id: x, indicator: csat.politeness, window: 7d, fire: '<= 3', clear: 3.5");
    cr_assert(r->kind == RULE_KPI && r->indicator == IND_CSAT && r->field == IF_MEAN);
    cr_assert_eq(r->aspect, 1);
    cr_assert_str_eq(config.settings.aspect[0], "csat.politeness");
    r = rule("id: x, indicator: csat.说话态度, field: n, window: 7d, trend: relative, "
             "fire: '<= -20%'");
    cr_assert(r->kind == RULE_TREND && r->aspect == 1 && r->field == IF_N);
    r = rule("id: x, indicator: csat, window: 7d, fire: '<= 3'");
    cr_assert(r->aspect == 0 && config.settings.aspects == 0);
    refused("id: x, indicator: nps.speed, window: 7d, fire: '<= 3'",
            "f:3: rules.indicator: 'nps.speed' is no indicator: of csat there are aspects, as "
            "csat.politeness, of others no parts");
    refused("id: x, indicator: csat., window: 7d, fire: '<= 3'",
            "f:3: rules.indicator: 'csat.' is no indicator: of csat there are aspects, as "
            "csat.politeness, of others no parts");
    refused("id: x, indicator: csat.speed, field: p90, window: 7d, fire: '<= 3'",
            "f:3: rules.field: csat has no field 'p90'; it has n, mean");
    char text[2048];
    size_t n = (size_t)snprintf(text, sizeof text, "rules:\n");
    for (int i = 0; i <= ASPECTS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - {id: r%d, indicator: csat.a%d, window: 1h, fire: '<= 3'}\n", i,
                              i);
    cr_assert_not(config_parse("f", text, n, &config, &why));
    cr_assert_str_eq(why.text, "f:18: rules.indicator: more than 16 aspects of csat are named; use "
                               "fewer");
    static const char night[] = "rules:\n  - {id: a, indicator: csat.x, window: 1h, fire: '<= 3', "
                                "when: night}\n"
                                "calendars: [{id: night, hours: {mon-sun: '22:00-06:00'}}]\n";
    cr_assert_not(config_parse("f", night, strlen(night), &config, &why));
    cr_assert_str_eq(why.text, "f:2: rules.when: no hours can be told of csat.x; leave `when` out");
}

/* What no number can reach, or every one does, is no threshold. */
Test(rules, thresholds_lie_among_the_values_that_there_are)
{
#define W ", window: 1h, "
    refused("id: x, indicator: answer_rate" W "fire: '<= 90'",
            "f:3: rules.fire: 90 of answer_rate would be 9000 %: it is a part, 0 to 1; write 90%");
    refused("id: x, indicator: answer_rate" W "fire: '>= 150%'",
            "f:3: rules.fire: answer_rate can never be 150%: it is 0 to 1; write a value that "
            "there is");
    refused("id: x, indicator: answer_rate" W "fire: '<= 90%', clear: 95",
            "f:3: rules.clear: 95 of answer_rate would be 9500 %: it is a part, 0 to 1; write 95%");
    refused("id: x, indicator: talk, field: attainment" W "fire: '<= 80'",
            "f:3: rules.fire: 80 of talk.attainment would be 8000 %: it is a part, 0 to 1; write "
            "80%");
    refused("id: x, indicator: nps" W "fire: '<= -2'",
            "f:3: rules.fire: nps can never be -2: it is -1 to 1; write a value that there is");
    refused("id: x, indicator: nps" W "fire: '>= 40'",
            "f:3: rules.fire: 40 of nps would be 4000 %: it is a part, -1 to 1; write 40%");
    refused("id: x, indicator: csat" W "fire: '<= 9'",
            "f:3: rules.fire: csat can never be 9: it is 1 to 5; write a value that there is");
    refused("id: x, indicator: waiting, fire: '<= -1'",
            "f:3: rules.fire: waiting can never be -1: it is never below 0; write a value that "
            "there is");
    refused("id: x, indicator: waiting, fire: '>= 0'",
            "f:3: rules.fire: '>= 0' holds of every waiting: it is never below 0; write a value "
            "that not all reach");
    refused("id: x, indicator: csat" W "fire: '<= 5'",
            "f:3: rules.fire: '<= 5' holds of every csat: it is 1 to 5; write a value that not all "
            "reach");
    refused("id: x, indicator: opened" W "trend: relative, fire: '<= -150%'",
            "f:3: rules.fire: the change (a part of what was before) can never be -150%: it is "
            "never below -1; write a value that there is");
    refused("id: x, indicator: csat" W "trend: absolute, fire: '<= -4.5'",
            "f:3: rules.fire: the change can never be -4.5: it is -4 to 4; write a value that "
            "there is");
    rule("id: x, indicator: nps" W "trend: relative, fire: '<= -150%'");
    rule("id: x, indicator: csat" W "trend: absolute, fire: '<= -1'");
    rule("id: x, indicator: answer_rate" W "fire: '>= 100%', clear: 99.5%");
    rule("id: x, indicator: waiting, fire: '<= 0', clear: 1");
    rule("id: x, indicator: nps" W "fire: '<= -0.2'");
    refused("id: x, indicator: csat" W "fire: '<= 3', min_n: 10000001",
            "f:3: rules.min_n: 10000001 is outside of 1 to 10000000");
}

Test(rules, are_about_names_that_have_such_numbers)
{
    refused("id: x, indicator: service_level" W "scope: agent, fire: '<= 80%'",
            "f:3: rules.scope: there is no service_level of scope agent, only of all, team, "
            "channel, priority, category; choose another indicator or scope");
    refused("id: x, indicator: calls_rung" W "fire: '>= 5'",
            "f:3: rules: there is no calls_rung of scope all, only of agent; choose another "
            "indicator or scope");
    rule("id: x, indicator: calls_rung" W "scope: agent, fire: '>= 5'");
    refused("id: x, indicator: waiting, fire: '>= 5', name: billing",
            "f:3: rules.name: the rule is about all, which has no names; say whose it is with "
            "`scope`, or remove `name`");
    refused("id: x, indicator: waiting, scope: team, fire: '>= 5', name: ''",
            "f:3: rules.name: an empty name; write one, or leave the key out");
    refused("id: x, mix: complaints.kind" W "part: disputes",
            "f:3: rules.part: 'disputes' is no kind of complaint; write complaint or dispute");
    refused("id: x, mix: complaints.kind" W "part: ''",
            "f:3: rules.part: an empty name; write one, or leave the key out");
#undef W
}

/* Numbers of the site's own: of whom depends on what they are made of. */
Test(rules, on_what_is_measured)
{
    static const char own[] =
        "indicators:\n  - {id: orders, kind: sum, measure: orders}\n"
        "  - {id: calls_per_order, kind: ratio, num: calls_offered, den: {count: orders}}\n"
        "  - {id: rung, kind: count, of: calls_rung}\n"
        "  - {id: none, kind: ratio, num: calls_rung, den: calls_offered}\n";
    static const struct {
        const char *rule, *why;
    } wrong[] = {
        {"{id: x, indicator: orders, window: 1h, scope: channel, fire: '>= 1'}",
         "f:7: rules.scope: there is no orders of scope channel, only of all, agent, team; choose "
         "another indicator or scope"},
        {"{id: x, indicator: calls_per_order, window: 1h, scope: agent, fire: '>= 1'}",
         "f:7: rules.scope: there is no calls_per_order of scope agent, only of all, team; choose "
         "another indicator or scope"},
        {"{id: x, indicator: none, window: 1h, fire: '>= 1'}",
         "f:7: rules: there is no none for anybody: its sides are of different scopes"},
        {"{id: x, indicator: rung, window: 1h, scope: agent, fire: '<= -1'}",
         "f:7: rules.fire: rung can never be -1: it is never below 0; write a value that there "
         "is"},
    };
    char text[1024];
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        int n = snprintf(text, sizeof text, "%srules:\n  - %s\n", own, wrong[i].rule);
        cr_assert_not(config_parse("f", text, (size_t)n, &config, &why), "%s", wrong[i].rule);
        cr_assert_str_eq(why.text, wrong[i].why);
    }
    int n = snprintf(text, sizeof text,
                     "%srules:\n  - {id: x, indicator: orders, window: 1h, fire: '<= -5'}\n", own);
    cr_assert(config_parse("f", text, (size_t)n, &config, &why), "%s", why.text);
}
