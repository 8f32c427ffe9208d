/* Items of scorecards in the configuration: what each judges and how, and what is refused. */
#include "daemon/score_items.h"

#include "core/event.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct config config;
static struct tree_error why;

static bool load(const char *items)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "windows: [30d]\nscorecards:\n"
                     "  - {id: c, window: 30d, min_n: 3, groups: {g: 85, h: 15.5}, items:\n"
                     "     [{indicator: csat, weight: 1, group: h, baseline: 4, target: 5},\n"
                     "      {indicator: clearance, weight: 1, group: g, baseline: 0, target: 1},\n"
                     "      {%s}]}\n",
                     items);
    cr_assert_lt(n, (int)sizeof text);
    config_fini(&config);
    return config_parse("f", text, (size_t)n, &config, &why);
}

static const struct score_item *item(const char *text)
{
    cr_assert(load(text), "%s", why.text);
    cr_assert_eq(config.cards->card[0].items, 3);
    return &config.cards->card[0].item[2];
}

Test(score_items, linear)
{
    const struct score_item *i =
        item("indicator: answer_rate, id: calls, title: 接通率, group: g, weight: 12.5, "
             "min_n: 20, baseline: 90%, target: 95%, cap: 120, industry: 93.5%");
    cr_assert_eq(i->method, SCORE_LINEAR);
    cr_assert_eq(i->of.indicator, IND_ANSWER_RATE);
    cr_assert_eq(i->of.field, IF_VALUE);
    cr_assert_str_eq(i->id, "calls");
    cr_assert_str_eq(i->title, "接通率");
    cr_assert_eq(i->group, 0);
    cr_assert_eq(i->weight, 1250);
    cr_assert_eq(i->min_n, 20);
    cr_assert(i->has_marks);
    cr_assert_eq(i->baseline, 900000);
    cr_assert_eq(i->target, 950000);
    cr_assert_eq(i->cap, 12000);
    cr_assert(i->has_industry);
    cr_assert_eq(i->industry, 935000);
    cr_assert_not(i->gate.on);
}

Test(score_items, bands)
{
    const struct score_item *i = item("indicator: first_response, field: mean, group: h, "
                                      "weight: 25, bands: [1h, 90m, 2h, 3h]");
    cr_assert_eq(i->method, SCORE_BANDED);
    cr_assert_str_eq(i->id, "first_response.mean");
    cr_assert_eq(i->min_n, 3);
    cr_assert(i->lower);
    cr_assert_eq(i->band[0], MS_HOUR);
    cr_assert_eq(i->band[3], 3 * MS_HOUR);
    cr_assert(i->has_marks);
    cr_assert_eq(i->target, 90 * MS_MINUTE); /* worth 80 points … */
    cr_assert_eq(i->baseline, 2 * MS_HOUR);  /* … and 60 */
    i = item("indicator: csat_rate, group: g, weight: 0, bands: [95%, 90%, 80%, 60%], "
             "baseline: 70%, target: 90%");
    cr_assert_not(i->lower);
    cr_assert_eq(i->weight, 0);
    cr_assert_eq(i->baseline, 700000);
    cr_assert_eq(i->target, 900000);
}

Test(score_items, tiers)
{
    const struct score_item *i =
        item("indicator: talk, field: p90, group: g, weight: 1, "
             "tiers: [{from: 3m, to: 5m, points: 100}, {to: 8m, points: 50}]");
    cr_assert_eq(i->method, SCORE_TIERED);
    cr_assert_eq(i->tiers, 2);
    cr_assert(i->tier[0].has_from && i->tier[0].has_to);
    cr_assert_eq(i->tier[0].from, 3 * MS_MINUTE);
    cr_assert_eq(i->tier[0].points, 10000);
    cr_assert_not(i->tier[1].has_from);
    cr_assert_eq(i->tier[1].to, 8 * MS_MINUTE);
    cr_assert_eq(i->tier[1].points, 5000);
    cr_assert_not(i->has_marks);
}

Test(score_items, deductions_and_gates)
{
    const struct score_item *i = item("indicator: complaints, group: h, weight: 10, deduct: 2.5, "
                                      "gate: {at: '>= 10', void: card}");
    cr_assert_eq(i->method, SCORE_DEDUCT);
    cr_assert_eq(i->deduct, 250);
    cr_assert(i->gate.on);
    cr_assert_eq(i->gate.of.indicator, IND_COMPLAINTS);
    cr_assert_eq(i->gate.at, 10 * (int64_t)NUMBER_ONE);
    cr_assert_not(i->gate.below);
    cr_assert_eq(i->gate.what, VOID_CARD);
    i = item("indicator: reopened, group: h, weight: 10, deduct: 1, "
             "gate: {indicator: conformance_rate, at: '<= 50%'}");
    cr_assert_eq(i->gate.of.indicator, IND_CONFORMANCE_RATE);
    cr_assert_eq(i->gate.of.field, IF_VALUE);
    cr_assert(i->gate.below);
    cr_assert_eq(i->gate.what, VOID_ITEM);
}

static void refused(const char *items, const char *complaint)
{
    char whole[TREE_ERROR_BYTES];
    cr_assert_not(load(items), "accepted: %s", items);
    snprintf(whole, sizeof whole, "f:6: scorecards.items%s", complaint);
    cr_assert_str_eq(why.text, whole);
}

Test(score_items, are_refused_with_line_and_member)
{
    refused("indicator: classification_rate, group: g, weight: 10, baseline: 1, target: 2",
            ".indicator: 'classification_rate' is no indicator; SEMANTICS.md and `indicators` list "
            "them");
    refused("indicator: nps, group: g, weight: 10, colour: red",
            ".colour: unknown key of a scorecard item; see --print-config");
    refused("indicator: nps, group: g, baseline: 0, target: 1",
            ": a scorecard item without `weight`; add it");
    refused("indicator: first_response, group: g, weight: 1, baseline: 1h, target: 30m",
            ": an item on a duration without `field`; add one, such as mean");
    refused("indicator: nps, group: g, weight: 1",
            ": an item without bands, tiers, deduct, or baseline and target; add one");
    refused("indicator: nps, group: g, weight: 1, target: 0.5",
            ": a target without baseline; add it");
    refused("indicator: nps, group: g, weight: 1, baseline: 0.5, target: 0.5",
            ": baseline and target are the same; points have no slope then");
    refused("indicator: nps, group: g, weight: 1, baseline: 5m, target: 1",
            ".baseline: '5m' is no value; write a number like 4.5 or 90%");
    refused("indicator: talk, field: mean, group: g, weight: 1, baseline: 5, target: 1",
            ".baseline: '5' is no value; write a duration like 15m");
    refused("indicator: nps, weight: 1, baseline: 0, target: 1",
            ": an item without `group`, but the card has groups; add it");
    refused("indicator: nps, group: i, weight: 1, baseline: 0, target: 1",
            ".group: 'i' is none of the card's groups; add it there");
    refused("indicator: csat, group: g, weight: 1, baseline: 1, target: 2",
            ": two items are called csat.mean; give one another id");
    refused("indicator: nps, group: g, weight: 1.005, baseline: 0, target: 1",
            ".weight: a number with at most two decimals is wanted here; write 20 or 12.5");
    refused("indicator: nps, group: g, weight: 50%, baseline: 0, target: 1",
            ".weight: a number with at most two decimals is wanted here; write 20 or 12.5");
    refused("indicator: nps, group: g, weight: 1001, baseline: 0, target: 1",
            ".weight: 1001 is outside of 0 to 1000");
    refused("indicator: nps, group: g, weight: -1, baseline: 0, target: 1",
            ".weight: -1 is outside of 0 to 1000");
    refused("indicator: nps, group: g, weight: 1, bands: [1, 0.5, 0]",
            ".bands: four thresholds are wanted here, for the bands 5, 4, 3, 2");
    refused("indicator: nps, group: g, weight: 1, bands: [1, 0.5, 0, 0.1]",
            ".bands: thresholds go one way, from the best to the worst; 0.1 does not");
    refused("indicator: nps, group: g, weight: 1, bands: [1, 0.5, 0, -1], baseline: 1, target: 0",
            ": bands and target go different ways; turn one of them");
    refused("indicator: nps, group: g, weight: 1, bands: [1, 0.5, 0, -1], deduct: 5",
            ".deduct: nps.value counts no events; choose a count, such as field: num");
    refused("indicator: reopened, group: g, weight: 1, bands: [1, 2, 3, 4], deduct: 5",
            ": more than one of bands, tiers and deduct; choose one");
    refused("indicator: reopened, group: g, weight: 1, deduct: 0",
            ".deduct: 0 takes nothing off; write how much each event costs");
    refused("indicator: reopened, group: g, weight: 1, deduct: 5, cap: 90",
            ": cap is for points by baseline and target; remove it");
    refused("indicator: nps, group: g, weight: 1, tiers: []",
            ".tiers: a list of ranges is wanted here; write [{from: 95%, points: 100}]");
    refused("indicator: nps, group: g, weight: 1, tiers: [{from: 1}]",
            ".tiers: a tier without `points`; add it");
    refused("indicator: nps, group: g, weight: 1, tiers: [{from: 1, to: 0, points: 5}]",
            ".tiers: no value is in it; from must not lie above to");
    refused("indicator: nps, group: g, weight: 1, baseline: 0, target: 1, gate: {void: card}",
            ".gate: a gate without `at`; add it");
    refused("indicator: nps, group: g, weight: 1, baseline: 0, target: 1, gate: {at: 5}",
            ".gate.at: begins with neither >= nor <=; write \">= 15m\"");
    refused("indicator: nps, group: g, weight: 1, baseline: 0, target: 1, "
            "gate: {indicator: talk, at: '>= 5m'}",
            ".gate: a gate on a duration without `field`; add one, such as missed");
    refused("indicator: nps, group: g, weight: 1, baseline: 0, target: 1, "
            "gate: {at: '>= 0.5', void: month}",
            ".gate.void: 'month' is none of item, group, card");
}

Test(score_items, values_are_ones_that_there_are)
{
    refused("indicator: answer_rate, group: g, weight: 1, baseline: 90, target: 95",
            ".baseline: 90 of answer_rate would be 9000 %: it is a part, 0 to 1; write 90%");
    refused("indicator: csat, field: mean, id: i, group: g, weight: 1, baseline: 4, target: 9",
            ".target: csat can never be 9: it is 1 to 5; write a value that there is");
    refused("indicator: nps, group: g, weight: 1, bands: [2, 0.5, 0, -1]",
            ".bands: 2 of nps would be 200 %: it is a part, -1 to 1; write 2%");
    refused("indicator: csat_rate, group: g, weight: 1, tiers: [{from: 95, points: 100}]",
            ".tiers.from: 95 of csat_rate would be 9500 %: it is a part, 0 to 1; write 95%");
    refused("indicator: csat_rate, group: g, weight: 1, baseline: 0.8, target: 0.9, industry: 85",
            ".industry: 85 of csat_rate would be 8500 %: it is a part, 0 to 1; write 85%");
    refused("indicator: reopened, group: g, weight: 1, deduct: 5, gate: {at: '>= 0'}",
            ".gate.at: '>= 0' holds of every reopened: it is never below 0; write a value that not "
            "all reach");
    refused("indicator: service_level, group: g, weight: 1, baseline: 70%, target: 80%",
            ".indicator: there is no service_level of scope agent, only of all, team, channel, "
            "priority, category; choose another indicator or scope");
    refused("indicator: nps, group: g, weight: 1, baseline: 0, target: 1, "
            "gate: {indicator: calls_abandoned, at: '>= 5'}",
            ".gate: there is no calls_abandoned of scope agent, only of all, team, channel, "
            "priority, category; choose another indicator or scope");
    refused("indicator: nps, group: g, weight: 1, baseline: 0, target: 1, cap: 0",
            ".cap: 0 gives no points for anything; write the most that it can give");
    refused("indicator: reopened, group: g, weight: 0, deduct: 5",
            ": nothing can be deducted from a weight of 0; give it one");
}

/* The ranges above it have what a tier is for. */
Test(score_items, tiers_that_are_never_reached)
{
    static const char late[] = ".tiers: never reached: the ranges above it have all of its values; "
                               "put this one first, or change it";
#define TIERS(list) "indicator: nps, group: g, weight: 1, tiers: [" list "]"
    refused(TIERS("{points: 5}, {from: 0.5, points: 9}"), late);
    refused(TIERS("{from: 0, points: 5}, {from: 0.5, points: 9}"), late);
    refused(TIERS("{to: 0.5, points: 5}, {from: 0.5, points: 9}, {points: 1}"), late);
    refused(TIERS("{from: 0, to: 0.5, points: 5}, {from: 0.5, to: 1, points: 9}, "
                  "{from: 0.2, to: 0.9, points: 1}"),
            late);
    refused(TIERS("{from: 0.5, to: 1, points: 9}, {from: 0, to: 0.5, points: 5}, "
                  "{from: 0, to: 1, points: 1}"),
            late);
    refused(TIERS("{from: 0.5, to: 0.5, points: 9}, {from: 0.5, to: 0.5, points: 5}"), late);
    item(TIERS("{to: 0.5, points: 5}, {from: 0.500001, points: 9}, {points: 1}"));
    item(TIERS("{to: 0.1, points: 5}, {to: 0.5, points: 9}, {points: 1}"));
    item(TIERS("{from: 0, to: 0.5, points: 5}, {from: 0, to: 0.6, points: 1}"));
    item(TIERS("{from: 0.1, to: 0.5, points: 5}, {from: 0, to: 0.5, points: 1}"));
#undef TIERS
}

/* What the site says of its own holds. */
Test(score_items, ways_that_are_not_good)
{
    static const struct {
        const char *better, *item, *why;
    } some[] = {
        {"lower", "baseline: 5, target: 9",
         "more points for more of cost, but its `better` is "
         "lower; turn one of them"},
        {"higher", "bands: [1, 2, 3, 4]",
         "more points for less of cost, but its `better` is "
         "higher; turn one of them"},
        {"lower", "baseline: 9, target: 5", NULL},
        {"higher", "bands: [4, 3, 2, 1]", NULL},
    };
    char text[512];
    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        int n =
            snprintf(text, sizeof text,
                     "windows: [30d]\nindicators: [{id: cost, kind: sum, measure: cost, better: "
                     "%s}]\nscorecards:\n  - {id: c, window: 30d, items:\n     [{indicator: "
                     "cost, weight: 1, %s}]}\n",
                     some[i].better, some[i].item);
        config_fini(&config);
        cr_assert_eq(config_parse("f", text, (size_t)n, &config, &why), some[i].why == NULL);
        if (some[i].why != NULL)
            cr_assert_str_eq(why.text + strlen("f:5: scorecards.items: "), some[i].why);
    }
}
