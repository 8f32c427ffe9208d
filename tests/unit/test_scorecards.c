/* Scorecards in the configuration: whom, which window, groups, variants of one id. */
#include "daemon/scorecards.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/slice.h"

#define ITEM "items: [{indicator: csat, weight: 1, baseline: 4, target: 5}]"

static struct config config;
static struct tree_error why;

static bool load(const char *cards)
{
    char text[8192];
    int n = snprintf(text, sizeof text,
                     "zone: Asia/Shanghai\nwindows: [30d, month]\nscopes: [agent, team]\n"
                     "scorecards:\n%s\n",
                     cards);
    cr_assert_lt(n, (int)sizeof text);
    config_fini(&config);
    return config_parse("f", text, (size_t)n, &config, &why);
}

Test(scorecards, have_all_their_members)
{
    cr_assert(load("  - {id: month, title: 月度考核, window: month, min_n: 5,\n"
                   "     match: {agent: [ada, bob], team: billing}, valid_from: 2026-07-01,\n"
                   "     groups: {results: 85, conduct: 15}, items: [\n"
                   "      {indicator: csat, group: results, weight: 1, baseline: 4, target: 5},\n"
                   "      {indicator: complaints, group: conduct, weight: 3, deduct: 1}]}"),
              "%s", why.text);
    cr_assert_eq(config.cards->cards, 1);
    const struct scorecard *c = &config.cards->card[0];
    cr_assert_str_eq(c->id, "month");
    cr_assert_str_eq(c->title, "月度考核");
    cr_assert_eq(c->scope, SCOPE_AGENT);
    cr_assert_eq(c->window, 1);
    cr_assert_eq(c->names.n, 2);
    cr_assert_str_eq(c->names.at[1], "bob");
    cr_assert_eq(c->teams.n, 1);
    cr_assert_str_eq(c->teams.at[0], "billing");
    cr_assert_eq(c->valid_from, 1782835200000); /* 2026-07-01 00:00 +08:00 */
    cr_assert_eq(c->groups, 2);
    cr_assert_str_eq(c->group[1].name, "conduct");
    cr_assert_eq(c->group[1].weight, 1500);
    cr_assert_eq(c->items, 2);
    cr_assert_eq(c->item[0].min_n, 5);
    cr_assert_eq(c->item[1].group, 1);
    config_fini(&config);
    cr_assert_null(config.cards);
}

Test(scorecards, have_defaults)
{
    cr_assert(load("  - {id: c, window: 30d, " ITEM "}"), "%s", why.text);
    const struct scorecard *c = &config.cards->card[0];
    cr_assert_eq(c->scope, SCOPE_AGENT);
    cr_assert_eq(c->valid_from, MS_NONE);
    cr_assert_eq(c->names.n + c->teams.n + c->groups, 0);
    cr_assert_eq(c->item[0].min_n, 1);
    cr_assert(load("  - {id: c, scope: team, window: 30d, match: {team: [x]}, " ITEM "}"));
    cr_assert_eq(config.cards->card[0].names.n, 1); /* a team's own name */
    cr_assert_eq(config.cards->card[0].teams.n, 0);
    config_fini(&config);
    cr_assert(config_parse("f", "", 0, &config, &why));
    cr_assert(config.cards == NULL || config.cards->cards == 0);
}

Test(scorecards, of_one_id_are_variants)
{
    cr_assert(load("  - {id: c, window: month, valid_from: 2026-07-01, " ITEM "}\n"
                   "  - {id: c, window: month, match: {team: x}, " ITEM "}\n"
                   "  - {id: c, window: month, " ITEM "}\n"
                   "  - {id: d, window: month, " ITEM "}"),
              "%s", why.text);
    cr_assert_eq(config.cards->cards, 4);
}

static void refused(const char *cards, const char *complaint)
{
    cr_assert_not(load(cards), "accepted: %s", cards);
    cr_assert_str_eq(why.text, complaint);
}

Test(scorecards, are_refused_with_line_and_member)
{
    refused("  - {id: c, " ITEM "}", "f:5: scorecards: a scorecard without `window`; add it");
    refused("  - {id: c, window: 7d, " ITEM "}",
            "f:5: scorecards.window: window '7d' is not kept; add it to `windows`");
    refused("  - {id: c, window: 30d, scope: channel, " ITEM "}",
            "f:5: scorecards.scope: scope channel is not kept; add it to `scopes`");
    refused("  - {id: '', window: 30d, " ITEM "}",
            "f:5: scorecards.id: an empty name; write one, or leave the key out");
    refused("  - {id: c, window: 30d, colour: red, " ITEM "}",
            "f:5: scorecards.colour: unknown key of a scorecard; see --print-config");
    refused("  - {id: c, window: 30d, when: night, " ITEM "}",
            "f:5: scorecards.when: 'night' is no calendar; add it to `calendars`, or leave `when` "
            "out");
    refused("  - {id: c, window: 30d, valid_from: 2026-02-30, " ITEM "}",
            "f:5: scorecards.valid_from: a date is wanted here; write 2026-07-01");
    refused("  - {id: c, window: 30d, match: x, " ITEM "}",
            "f:5: scorecards.match: a map is wanted here; write {team: [billing, sales]}");
    refused("  - {id: c, window: 30d, match: {role: x}, " ITEM "}",
            "f:5: scorecards.match.role: 'role' is nothing to match in a card of scope agent; "
            "there is agent, team");
    refused("  - {id: c, window: 30d, match: {team: []}, " ITEM "}",
            "f:5: scorecards.match.team: an empty list; leave the key out to match all");
    refused("  - {id: c, window: 30d, groups: {}, " ITEM "}",
            "f:5: scorecards.groups: a map is wanted here; write {results: 85, conduct: 15}");
    refused("  - {id: c, window: 30d, items: []}",
            "f:5: scorecards.items: a list of items is wanted here; write [{indicator: csat, "
            "...}]");
    refused("  - {id: c, window: 30d, items: [{indicator: csat, weight: 0, baseline: 4, "
            "target: 5}]}",
            "f:5: scorecards: the card has no item with a weight; give one a weight");
    refused("  - {id: c, window: 30d, groups: {g: 1, h: 1}, items: [{indicator: csat, group: g, "
            "weight: 1, baseline: 4, target: 5}]}",
            "f:5: scorecards: group h has no item with a weight; give one a weight");
    refused("  - {id: c, window: 30d, groups: {g: 0}, items: [{indicator: csat, group: g, "
            "weight: 1, baseline: 4, target: 5}]}",
            "f:5: scorecards: all groups have the weight 0; give one a weight");
}

#define NIGHT "calendars: [{id: night, hours: {mon-sun: '22:00-06:00'}}]"

Test(scorecards, count_by_hours)
{
    struct time_slice slice[SLICES_MAX];
    cr_assert(load("  - {id: c, window: 30d, when: night, " ITEM "}\n"
                   "  - {id: d, window: month, scope: team, when: night, items: [{indicator: "
                   "first_response, field: mean, weight: 1, baseline: 2h, target: 1h, gate: {at: "
                   "'>= 3', indicator: complaints, void: item}}]}\n" NIGHT),
              "%s", why.text);
    cr_assert_str_eq(config.cards->card[1].when, "night");
    cr_assert_eq(slices_of(&config.settings, slice), 2);
    cr_assert_eq(slice[0].scope, SCOPE_AGENT);
    cr_assert_eq(slice[0].families, 1u << FAM_RATINGS);
    cr_assert_eq(slice[1].scope, SCOPE_TEAM);
    cr_assert_eq(slice[1].families, 1u << FAM_REPLIES | 1u << FAM_MARKS);
    cr_assert_not_null(config.settings.sla, "without calendars there are no hours");
    refused("  - {id: c, window: 30d, scope: team, when: night, items: [{indicator: waiting, "
            "weight: 1, baseline: 4, target: 5}]}\n" NIGHT,
            "f:5: scorecards: no hours can be told of waiting; leave it out of a card with `when`");
    refused("  - {id: c, window: 30d, when: night, items: [{indicator: occupancy, weight: 1, "
            "baseline: 50%, target: 60%}]}\n" NIGHT,
            "f:5: scorecards: no hours can be told of occupancy; leave it out of a card with "
            "`when`");
    refused("  - {id: c, window: 30d, when: always, " ITEM "}\n" NIGHT,
            "f:5: scorecards.when: 'always' is no calendar; add it to `calendars`, or leave `when` "
            "out");
}

/* Nine calendars, a card for the hours of each. */
Test(scorecards, of_too_many_hours)
{
    char text[4096];
    size_t n = 0;
    for (int i = 0; i < SLICES_MAX + 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - id: c%d\n    window: 30d\n    when: h%d\n    " ITEM "\n", i, i);
    n += (size_t)snprintf(text + n, sizeof text - n, "calendars:\n");
    for (int i = 0; i < SLICES_MAX + 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - {id: h%d, hours: {mon: '08:00-1%d:00'}}\n", i, i);
    cr_assert_lt(n, sizeof text);
    refused(text, "f:39: scorecards.when: cards ask for the hours of more than 8 calendars and "
                  "scopes; use fewer");
}

Test(scorecards, of_one_id_belong_together)
{
    refused("  - {id: c, window: month, " ITEM "}\n  - {id: c, window: 30d, " ITEM "}",
            "f:6: scorecards: cards called c have another scope or window; they are ranked "
            "together, so give this one another id");
    refused("  - {id: c, window: month, " ITEM "}\n"
            "  - {id: c, window: month, match: {team: x}, " ITEM "}",
            "f:6: scorecards: never in force: a card c above it is for all that this one is; put "
            "this one first, or give it another id");
    refused("  - {id: c, window: month, match: {team: [x, y]}, " ITEM "}\n"
            "  - {id: c, window: month, match: {team: y, agent: ada}, valid_from: 2026-07-01, " ITEM
            "}",
            "f:6: scorecards: never in force: a card c above it is for all that this one is; put "
            "this one first, or give it another id");
}

Test(scorecards, need_their_scope)
{
    static const char text[] = "scopes: [team]\nscorecards:\n  - {id: c, window: 30d, " ITEM "}\n";
    cr_assert_not(config_parse("f", text, strlen(text), &config, &why));
    cr_assert_str_eq(why.text, "f:3: scorecards: scope agent is not kept; add it to `scopes`");
}
