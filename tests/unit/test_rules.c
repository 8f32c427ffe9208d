/* Alert rules in the configuration. */
#include "daemon/rules.h"

#include <criterion/criterion.h>
#include <stdio.h>

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
    refused("id: x, fire: '>= 1'", "f:3: rules: a rule without `indicator`; add it");
    refused("id: x, indicator: waiting", "f:3: rules: a rule without `fire`; add it");
    refused("id: x, indicator: waiting, fire: '>= 1', colour: red",
            "f:3: rules.colour: unknown key of a rule; see --print-config");
    refused("id: x, indicator: wating, fire: '>= 1'",
            "f:3: rules.indicator: 'wating' is no indicator; SEMANTICS.md lists them");
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
