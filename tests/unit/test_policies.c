/* SLA policies in the configuration: what they become, and what is refused where. */
#include "daemon/policies.h"

#include "daemon/calendars.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct config config;
static struct tree_error why;

static bool load(const char *text)
{
    config_fini(&config);
    return config_parse("f", text, strlen(text), &config, &why);
}

/* One policy whose members are the lines of text; the first is line 5. */
static bool load_one(const char *text)
{
    char all[4096] = "calendars:\n  - {id: office, hours: always}\npolicies:\n  - id: p\n";
    for (size_t n; *text != 0; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "    %.*s\n", (int)n, text);
    }
    return load(all);
}

static const struct policy_setting *policy(const char *text)
{
    cr_assert(load_one(text), "%s", why.text);
    cr_assert_eq(config.sla->policies, 1);
    cr_assert_eq(config.settings.sla, config.sla);
    return &config.sla->policy[0];
}

static void refused(const char *text, const char *complaint)
{
    cr_assert_not(load_one(text), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
    cr_assert_null(config.sla);
}

Test(policies, have_all_their_members)
{
    const struct policy_setting *p =
        policy("match: {tier: gold, priority: [high, urgent]}\ncalendar: office\n"
               "resolution:\n  target: {urgent: 4h, high: 8h, default: 24h}\n"
               "  warn_at: [50%, 1h left]\n  overdue_at: [1h, 4h]\n  pause_on: [pending, vendor]\n"
               "  reopen: new_cycle\n  retarget: restart\n  forgive: true\n");
    const struct policy_metric *m = &p->metric[SLA_RESOLUTION];
    cr_assert_str_eq(p->id, "p");
    cr_assert_eq(p->calendar, 1);
    cr_assert_eq(p->match[POLICY_TIER].n, 1);
    cr_assert_str_eq(p->match[POLICY_TIER].at[0], "gold");
    cr_assert_eq(p->match[POLICY_PRIORITY].n, 2);
    cr_assert_str_eq(p->match[POLICY_PRIORITY].at[1], "urgent");
    cr_assert_eq(p->match[POLICY_TEAM].n, 0);
    cr_assert_eq(m->targets, 3);
    cr_assert_str_eq(m->target[0].priority, "urgent");
    cr_assert_eq(m->target[0].target, 4 * MS_HOUR);
    cr_assert_str_eq(m->target[2].priority, "");
    cr_assert_eq(m->target[2].target, 24 * MS_HOUR);
    cr_assert_eq(m->warns, 2);
    cr_assert_eq(m->warn[0].percent, 50);
    cr_assert_eq(m->warn[1].percent, 0);
    cr_assert_eq(m->warn[1].left, MS_HOUR);
    cr_assert_eq(m->overdues, 2);
    cr_assert_eq(m->overdue[1], 4 * MS_HOUR);
    cr_assert_eq(m->pauses, 2);
    cr_assert_str_eq(m->pause[1], "vendor");
    cr_assert_eq(m->reopen, REOPEN_NEW_CYCLE);
    cr_assert_eq(m->retarget, RETARGET_RESTART);
    cr_assert(m->forgive);
    for (int other = 0; other < SLA_METRICS; other++)
        cr_assert_eq(p->metric[other].targets, other == SLA_RESOLUTION ? 3 : 0);
}

Test(policies, have_defaults)
{
    const struct policy_setting *p = policy("first_response: 1h\nresolution: 2h\n"
                                            "requester_wait: {target: 90s}\n");
    cr_assert_eq(p->calendar, CALENDAR_ALWAYS);
    const struct policy_metric *m = &p->metric[SLA_FIRST_RESPONSE];
    cr_assert_eq(m->targets, 1);
    cr_assert_str_eq(m->target[0].priority, "");
    cr_assert_eq(m->target[0].target, MS_HOUR);
    cr_assert_eq(m->warns + m->overdues + m->pauses, 0);
    cr_assert_eq(m->reopen, REOPEN_RESUME);
    cr_assert_eq(m->retarget, RETARGET_KEEP_ELAPSED);
    cr_assert_not(m->forgive);
    m = &p->metric[SLA_RESOLUTION];
    cr_assert_eq(m->pauses, 2);
    cr_assert_str_eq(m->pause[0], "pending");
    cr_assert_str_eq(m->pause[1], "on_hold");
    m = &p->metric[SLA_REQUESTER_WAIT];
    cr_assert_eq(m->target[0].target, 90000);
    cr_assert_eq(m->pauses, 1);
    cr_assert_str_eq(m->pause[0], "pending");
    p = policy("calendar: always\nresolution: {target: 1h, pause_on: []}");
    cr_assert_eq(p->metric[SLA_RESOLUTION].pauses, 0);
}

Test(policies, say_things_once_for_all_of_their_metrics)
{
    const struct policy_setting *p =
        policy("warn_at: [80%, 15m left]\noverdue_at: 2h\nretarget: restart\nforgive: true\n"
               "first_response: 1h\n"
               "next_response: {target: 1h, warn_at: 10m left, overdue_at: [], forgive: false}\n");
    const struct policy_metric *m = &p->metric[SLA_FIRST_RESPONSE];
    cr_assert_eq(m->warns, 2);
    cr_assert_eq(m->overdues, 1);
    cr_assert_eq(m->retarget, RETARGET_RESTART);
    cr_assert(m->forgive);
    m = &p->metric[SLA_NEXT_RESPONSE];
    cr_assert_eq(m->warns, 1);
    cr_assert_eq(m->warn[0].left, 10 * MS_MINUTE);
    cr_assert_eq(m->overdues, 0);
    cr_assert_eq(m->retarget, RETARGET_RESTART);
    cr_assert_not(m->forgive);
    cr_assert_eq(p->metric[SLA_RESOLUTION].targets + p->metric[SLA_RESOLUTION].warns, 0);
}

Test(policies, refuse_wrong_targets)
{
    refused("calendar: office", "f:4: policies: a policy without any target; add first_response: "
                                "1h or another metric");
    refused("first_response: 0s", "f:5: policies.first_response: 0s is outside of 1s to 400d");
    refused("first_response:\n  target: 0s",
            "f:6: policies.first_response.target: 0s is outside of 1s to 400d");
    refused("first_response: {target: {high: 0s}}",
            "f:5: policies.first_response.target.high: 0s is outside of 1s to 400d");
    refused("first_response: {target: {}}", "f:5: policies.first_response.target: no target; write "
                                            "{urgent: 1h, default: 8h}");
    refused("first_response: {target: {'': 1h}}",
            "f:5: policies.first_response.target.: a priority has 1 to 64 bytes");
    refused("first_response: {warn_at: 80%}",
            "f:5: policies.first_response: a metric of a policy without `target`; add it");
    refused("first_response: soon", "f:5: policies.first_response: 'soon' is no duration; write "
                                    "250ms, 90s, 5m, 1h30m or 7d");
    refused("first_reply: 1h", "f:5: policies.first_reply: unknown key of a policy; see "
                               "--print-config");
    refused("resolution: {target: 1h, warn: 50%}",
            "f:5: policies.resolution.warn: unknown key of a metric of a policy; see "
            "--print-config");
    char text[1024] = "resolution: {target: {";
    for (int i = 0; i <= POLICY_TARGETS_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "p%d: 1h,", i);
    snprintf(text + strlen(text), sizeof text - strlen(text), "}}");
    refused(text, "f:5: policies.resolution.target.p16: more than 16 targets; use `default` for "
                  "the others");
}

static void warning_refused(const char *warning, const char *what)
{
    char text[256], complaint[256];
    snprintf(text, sizeof text, "first_response:\n  target: 1h\n  warn_at: %s\n", warning);
    snprintf(complaint, sizeof complaint, "f:7: policies.first_response.warn_at: %s", what);
    refused(text, complaint);
}

Test(policies, refuse_wrong_warnings)
{
    warning_refused("0%", "0% is outside of 1% to 99% of the target");
    warning_refused("100%", "100% is outside of 1% to 99% of the target");
    warning_refused("[80%, 180%]", "180% is outside of 1% to 99% of the target");
    warning_refused("80.5%", "'80.5%' is no percentage; write 1% to 99%, whole");
    warning_refused("15m", "'15m' is no warning; write 80% or 15m left");
    warning_refused("' left'", "' left' is no warning; write 80% or 15m left");
    warning_refused("0s left", "nothing left is the breach itself; warn before it");
    warning_refused("''", "a warning is wanted here; write 80% or 15m left");
    warning_refused("{a: b}", "a warning is wanted here; write 80% or 15m left");
    warning_refused("[80%, 80%]", "'80%' stands twice; remove one");
    warning_refused("[1%, 2%, 3%, 4%, 5%]", "more than 4 entries; remove some");
    warning_refused("1h left", "1h left, but the target is 1h; warn later");
    refused("resolution: {target: {urgent: 30m, low: 5h}, warn_at: 1h left}",
            "f:5: policies.resolution.warn_at: 1h left, but the target of urgent is 30m; warn "
            "later");
    refused("warn_at: 2h left\nresolution: 3h\nfirst_response: 1h\n",
            "f:7: policies.first_response: 2h left is the warn_at of the policy, but the target is "
            "1h; warn later, or give the metric a warn_at of its own");
}

Test(policies, refuse_wrong_repeats_pauses_and_words)
{
    refused("first_response: {target: 1h, overdue_at: [2h, 1h]}",
            "f:5: policies.first_response.overdue_at: 1h is not later than the one before it; "
            "write them in order");
    refused("overdue_at: [1h, 1h]\nfirst_response: 1h",
            "f:5: policies.overdue_at: 1h is not later than the one before it; write them in "
            "order");
    refused("first_response: {target: 1h, overdue_at: [1h,2h,3h,4h,5h,6h,7h,8h,9h]}",
            "f:5: policies.first_response.overdue_at: more than 8 entries; remove some");
    refused("resolution: {target: 1h, pause_on: [a, a]}",
            "f:5: policies.resolution.pause_on: 'a' stands twice; remove one");
    refused("resolution: {target: 1h, pause_on: [pending, (auto)]}",
            "f:5: policies.resolution.pause_on: '(auto)' is a reserved name, no event can carry "
            "it; remove it");
    refused("resolution: {target: 1h, pause_on: [a,b,c,d,e,f,g,h,i]}",
            "f:5: policies.resolution.pause_on: more than 8 entries; remove some");
    refused("next_response: {target: 1h, reopen: ignore}",
            "f:5: policies.next_response.reopen: next_response does not end by a resolve; only "
            "resolution and requester_wait have this");
    refused("resolution: {target: 1h, reopen: never}",
            "f:5: policies.resolution.reopen: 'never' is none of resume, new_cycle, ignore");
    refused("resolution: {target: 1h, retarget: x}",
            "f:5: policies.resolution.retarget: 'x' is none of keep_elapsed, restart");
    refused("forgive: 1\nresolution: 1h", "f:5: policies.forgive: '1' is none of false, true");
}

Test(policies, refuse_wrong_matches)
{
    refused("match: {region: eu}\nresolution: 1h",
            "f:5: policies.match.region: 'region' is nothing to match; there are priority, team, "
            "channel, category, customer, tier");
    refused("match: gold\nresolution: 1h",
            "f:5: policies.match: a map is wanted here; write {tier: gold, priority: [high, "
            "urgent]}");
    refused("match: {tier: []}\nresolution: 1h",
            "f:5: policies.match.tier: an empty list; leave the key out to match all");
    refused("match: {tier: gold, team: [b, (other)]}\nresolution: 1h",
            "f:5: policies.match.team: '(other)' is a reserved name, no event can carry it; "
            "remove it");
    refused("match: {tier: ['']}\nresolution: 1h",
            "f:5: policies.match.tier: an empty name; write one, or leave the key out");
    refused("match: {tier: [a, b, a]}\nresolution: 1h",
            "f:5: policies.match.tier: 'a' stands twice; remove one");
    char text[256];
    snprintf(text, sizeof text, "match: {team: %065d}\nresolution: 1h", 0);
    refused(text, "f:5: policies.match.team: 65 bytes, at most 64 fit; make it shorter");
    refused("match: {team: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]}\nresolution: 1h",
            "f:5: policies.match.team: more than 16 entries; remove some");
    refused("calendar: home\nresolution: 1h",
            "f:5: policies.calendar: 'home' is no calendar; add it to `calendars`, or write "
            "always");
}

static void two_refused(const char *first, const char *second, const char *complaint)
{
    char text[256];
    snprintf(text, sizeof text,
             "policies:\n  - {id: a, match: %s, resolution: 1h}\n"
             "  - {id: b, match: %s, resolution: 1h}\n",
             first, second);
    bool fine = load(text);
    if (complaint == NULL)
        cr_assert(fine, "%s", why.text);
    else
        cr_assert_not(fine, "accepted: %s", text);
    if (complaint != NULL)
        cr_assert_str_eq(why.text, complaint);
}

Test(policies, refuse_one_that_can_never_match)
{
    static const char never[] = "f:3: policies: never in force: a, above it, matches all that b "
                                "would; put b first, or let a match less";
    two_refused("{}", "{}", never);
    two_refused("{}", "{tier: gold}", never);
    two_refused("{tier: gold}", "{tier: gold}", never);
    two_refused("{tier: [gold, silver]}", "{tier: silver, team: x}", never);
    two_refused("{tier: gold}", "{}", NULL);
    two_refused("{tier: gold}", "{team: x}", NULL);
    two_refused("{tier: gold}", "{tier: [gold, silver]}", NULL);
    two_refused("{tier: gold, team: x}", "{tier: gold}", NULL);
}

Test(policies, refuse_names_and_numbers)
{
    char text[4096] = "policies:\n";
    cr_assert_not(load("policies: [{resolution: 1h}]"));
    cr_assert_str_eq(why.text, "f:1: policies: a policy without `id`; add it");
    cr_assert_not(load("policies:\n- {id: a, resolution: 1h}\n- {id: a, resolution: 1h}\n"));
    cr_assert_str_eq(why.text, "f:3: policies.id: two policies are called a; rename one");
    cr_assert_not(load("policies: [5]"));
    cr_assert_str_eq(why.text, "f:1: policies: a map is wanted here; write - {id: gold, "
                               "first_response: 1h}");
    for (int i = 0; i <= POLICIES_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "- {id: p%d, match: {team: t%d}, resolution: 1h}\n", i, i);
    cr_assert_not(load(text));
    cr_assert_str_eq(why.text, "f:34: policies: more than 32 entries; remove some");
}

Test(policies, show_an_example_that_holds)
{
    char text[1024];
    snprintf(text, sizeof text, "policies:\n%s", policy_members.example);
    cr_assert(load(text), "%s", why.text);
    cr_assert_eq(config.sla->policies, 2);
}

Test(policies, have_a_member_for_each_metric)
{
    for (enum sla_metric m = 0; m < SLA_METRICS; m++) {
        bool found = false;
        for (uint32_t i = 0; i < policy_members.n; i++)
            found |= strcmp(policy_members.at[i].name, sla_metric_name(m)) == 0;
        cr_assert(found, "%s", sla_metric_name(m));
    }
}
