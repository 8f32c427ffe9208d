/* Warnings about configurations that are possible but hardly meant. */
#include "daemon/lint.h"

#include "core/zone.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config config;
static struct lint lint;
static char path[64];

/* On 2026-06-15, a Monday. */
static void load(const char *text)
{
    struct tree_error why;
    snprintf(path, sizeof path, "/tmp/ticketpulse-lint-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    config_fini(&config);
    lint.now = days_from_civil((struct civil){2026, 6, 15}) * MS_DAY + 10 * MS_HOUR;
    lint.n = 77; /* of some time before */
    cr_assert(config_lint(path, &config, &why, &lint), "%s", why.text);
    unlink(path);
}

/* The only warning, behind the file's name. */
static void warns(const char *text, const char *warning)
{
    load(text);
    cr_assert_eq(lint.n, 1, "%u warnings, the second: %s", lint.n, lint.at[1].text);
    cr_assert_eq(strncmp(lint.at[0].text, path, strlen(path)), 0);
    cr_assert_str_eq(lint.at[0].text + strlen(path), warning);
    config_fini(&config);
}

static void is_silent(const char *text)
{
    load(text);
    cr_assert_eq(lint.n, 0, "%s", lint.at[0].text);
    config_fini(&config);
}

#define USED "policies: [{id: p, calendar: a, resolution: 1h}]\ncalendars:\n  - id: a\n"

Test(lint, finds_nothing_where_nothing_is_wrong)
{
    struct tree_error why;
    is_silent("");
    is_silent("policies: [{id: p, resolution: 1h}]");
    is_silent(USED "    hours: {mon-fri: 09:00-17:00}\n"
                   "    holidays: ['2025-12-25', '2026-12-25']\n"
                   "    special: {'2026-12-24': 09:00-12:00}\n");
    is_silent(USED "    hours: always\n");
    is_silent(USED "    hours: {mon: 09:00-17:00}\n");
    lint.n = lint.left_out = 3;
    cr_assert(config_lint(NULL, &config, &why, &lint));
    cr_assert_eq(lint.n + lint.left_out, 0);
}

Test(lint, finds_calendars_that_nobody_uses)
{
    warns("calendars:\n  - hours: always\n    id: spare\n",
          ":3: calendars.id: warning: no policy, rule or scorecard uses spare");
}

Test(lint, finds_lists_that_are_out_of_date)
{
    warns(USED "    hours: always\n    holidays: ['2026-01-01',\n    '2026-06-14']\n",
          ":5: calendars.holidays: warning: a has no date after 2026-06-14; are the new ones "
          "missing?");
    warns(USED "    hours: always\n    special: {'2025-12-24': 09:00-12:00}\n",
          ":5: calendars.special: warning: a has no date after 2025-12-24; are the new ones "
          "missing?");
    is_silent(USED "    hours: always\n    holidays: ['2026-06-15']\n");
}

Test(lint, finds_holidays_on_closed_days)
{
    warns(USED "    hours: {mon-fri: 09:00-17:00}\n    holidays:\n"
               "    - '2026-12-25'\n    - '2026-12-26'\n",
          ":7: calendars.holidays: warning: a is closed on 2026-12-26 anyway");
    warns(USED "    hours: {mon-fri: 09:00-17:00}\n"
               "    holidays: ['2026-12-26', '2026-12-27', '2026-12-28', '2027-01-02']\n",
          ":5: calendars.holidays: warning: a is closed on 2026-12-26 and 2 more of these anyway");
    is_silent(USED "    hours: {mon-fri: 09:00-17:00}\n"
                   "    holidays: ['2026-06-13', '2026-12-25']\n"); /* a past Saturday */
}

Test(lint, finds_dates_that_are_holiday_and_special)
{
    warns(USED "    hours: always\n    holidays: ['2026-12-24', '2026-12-25']\n"
               "    special: {'2026-12-24': 09:00-12:00}\n",
          ":5: calendars.holidays: warning: 2026-12-24 has special hours too, and these count");
}

Test(lint, finds_weeks_without_an_open_hour)
{
    warns(USED "    hours: {mon-fri: 09:00-17:00}\n"
               "    holidays: ['2026-08-03', '2026-08-04', '2026-08-05', '2026-08-06', "
               "'2026-08-07']\n",
          ":3: calendars: warning: a has nothing open for 9 days, from 2026-07-31 to 2026-08-10");
    warns(USED "    zone: Pacific/Auckland\n    hours: {tue: 09:00-17:00}\n"
               "    holidays: ['2026-06-16']\n",
          ":3: calendars: warning: a has nothing open for 7 days, from 2026-06-15 to 2026-06-23");
}

Test(lint, finds_targets_that_their_policy_keeps_out)
{
    warns("policies:\n  - id: p\n    match: {priority: [high, urgent]}\n    resolution:\n"
          "      target:\n        high: 1h\n        low: 2h\n        default: 3h\n",
          ":7: policies.resolution.target: warning: p does not match tickets of priority low");
    is_silent("policies:\n  - {id: p, match: {tier: gold}, resolution: {target: {low: 1h}}}\n");
}

Test(lint, finds_policies_that_others_cover_together)
{
    warns("policies:\n"
          "  - {id: unused, match: {priority: low, team: z}, resolution: 1h}\n"
          "  - {id: a, match: {priority: urgent}, resolution: 1h}\n"
          "  - {id: b, match: {priority: [high, low], tier: [gold, silver]}, resolution: 1h}\n"
          "  - id: c\n"
          "    match: {priority: [urgent, high, low], tier: gold}\n"
          "    resolution: 1h\n",
          ":6: policies.match: warning: c is never in force: a, b, above it, together match all "
          "that it would");
    is_silent("policies:\n" /* there are other priorities, and tickets that have none */
              "  - {id: a, match: {priority: [P1, P2]}, resolution: 1h}\n"
              "  - {id: b, match: {priority: [P3, P4]}, resolution: 1h}\n"
              "  - {id: c, resolution: 1h}\n");
    is_silent("policies:\n"
              "  - {id: a, match: {priority: P1, tier: gold}, resolution: 1h}\n"
              "  - {id: b, match: {priority: P2}, resolution: 1h}\n"
              "  - {id: c, match: {priority: [P1, P2]}, resolution: 1h}\n");
}

enum { KINDS = 3, NAMES = 4, SOME = 6 }; /* the last name stands for all that no policy names */

/* Which names of each attribute a policy takes, by bits. */
static uint32_t draw_match(struct random *r)
{
    uint32_t take = 0;
    for (int a = 0; a < KINDS; a++) {
        uint32_t names = (uint32_t)random_below(r, (1U << (NAMES - 1)) - 1) + 1;
        take |= (random_percent(r, 30) ? (1U << NAMES) - 1 : names) << (a * NAMES);
    }
    return take;
}

static bool takes(uint32_t match, const uint32_t point[KINDS])
{
    bool all = true;
    for (int a = 0; a < KINDS; a++)
        all &= (match >> (a * NAMES + (int)point[a]) & 1) != 0;
    return all;
}

/* Is there a ticket that is the last policy's? Looks at every one. */
static bool is_reached(const uint32_t *match, uint32_t from, uint32_t last)
{
    for (uint32_t x = 0; x < NAMES * NAMES * NAMES; x++) {
        const uint32_t point[KINDS] = {x % NAMES, x / NAMES % NAMES, x / NAMES / NAMES};
        bool taken = !takes(match[last], point);
        for (uint32_t i = from; i < last; i++)
            taken |= takes(match[i], point);
        if (!taken)
            return true;
    }
    return false;
}

static void write_policy(char *to, size_t cap, int id, uint32_t match)
{
    static const char *const keys[KINDS] = {"priority", "team", "tier"};
    size_t n = (size_t)snprintf(to, cap, "  - {id: p%d, resolution: 1h, match: {", id);
    for (int a = 0; a < KINDS; a++) {
        uint32_t names = match >> (a * NAMES) & ((1U << NAMES) - 1);
        if (names >> (NAMES - 1) != 0) /* any */
            continue;
        n += (size_t)snprintf(to + n, cap - n, "%s: [", keys[a]);
        for (int k = 0; k < NAMES - 1; k++)
            if (names >> k & 1)
                n += (size_t)snprintf(to + n, cap - n, "n%d,", k);
        n += (size_t)snprintf(to + n, cap - n, "], ");
    }
    snprintf(to + n, cap - n, "}}\n");
}

Test(lint, policies_are_covered_where_every_ticket_says_so)
{
    struct random r = {7};
    uint32_t covered = 0, reached = 0;
    for (int round = 0; round < 400; round++) {
        uint32_t match[SOME], want = 0, n = 0;
        char text[4096] = "policies:\n";
        for (int tries = 0; n < SOME && tries < 50; tries++) {
            match[n] = draw_match(&r);
            bool alone = match[n] == (1U << (KINDS * NAMES)) - 1; /* nothing is left below it */
            for (uint32_t i = 0; i < n; i++)
                alone |= (match[n] & ~match[i]) == 0; /* that is refused */
            if (alone)
                continue;
            write_policy(text + strlen(text), sizeof text - strlen(text), (int)n, match[n]);
            bool is = is_reached(match, 0, n);
            want += !is;
            reached += is;
            n++;
        }
        load(text);
        cr_assert_eq(lint.n, want, "%u warnings, not %u:\n%s", lint.n, want, text);
        for (uint32_t i = 0; i < lint.n; i++)
            cr_assert(strstr(lint.at[i].text, " is never in force: ") != NULL);
        covered += want;
        config_fini(&config);
    }
    cr_assert(covered > 50 && reached > 500, "%u %u", covered, reached);
}

Test(lint, reads_tokens)
{
    char token[] = "/tmp/ticketpulse-token-XXXXXX", text[256], said[256];
    int fd = mkstemp(token);
    cr_assert_geq(fd, 0);
    snprintf(text, sizeof text, "http:\n  token_file: %s\n", token);
    snprintf(said, sizeof said,
             ":2: http.token_file: %s: a token has 16 to 256 characters on one line", token);
    warns(text, said);
    cr_assert_eq(lint.faults, 1);
    cr_assert_eq(write(fd, "0123456789abcdef\n", 17), 17);
    is_silent(text);
    cr_assert_eq(lint.faults, 0);
    cr_assert_eq(fchmod(fd, 0644), 0);
    snprintf(said, sizeof said,
             ":2: http.token_file: warning: %s can be read by everybody; chmod o= it", token);
    warns(text, said);
    cr_assert_eq(lint.faults, 0);
    unlink(token);
    close(fd);
    snprintf(text, sizeof text, "receivers:\n  - {name: a, webhook: 'http://h/', token_file: %s}\n",
             token);
    snprintf(said, sizeof said, ":2: receivers.token_file: %s: No such file or directory", token);
    warns(text, said);
    cr_assert_eq(lint.faults, 1);
}

Test(lint, prints_a_line_each)
{
    char text[4096] = "calendars:\n", *printed = NULL;
    size_t n = 0;
    for (int i = 0; i < 15; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "  - id: c%d\n    hours: always\n    special: {'2026-12-24': 09:00-12:00}\n"
                 "    holidays: ['2026-12-24']\n",
                 i);
    load(text);
    cr_assert_eq(lint.n, 30);
    lint.left_out = 2;
    FILE *file = open_memstream(&printed, &n);
    lint_print(&lint, file);
    fclose(file);
    uint32_t lines = 0;
    for (const char *p = printed; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    cr_assert_eq(lines, 31);
    cr_assert_not_null(strstr(printed, "\n2 more warnings\n"));
    free(printed);
    config_fini(&config);
}

#define RULES                                                                                      \
    "windows: [1h]\nscorecards: [{id: s, window: 1h, items: [{indicator: csat, weight: 1, "        \
    "baseline: 3, target: 4}]}]\nrules:\n"

/* What clears below 0, or above everything, stays for good. */
Test(lint, rules_that_never_clear)
{
    warns(RULES "  - {id: r, indicator: waiting,\n     fire: '>= 1', clear: 0}\n",
          ":5: rules.clear: warning: r never clears: it would have to be below this");
    warns(RULES "  - {id: r, indicator: csat_rate, window: 1h, fire: '<= 90%', clear: 100%}\n",
          ":4: rules.clear: warning: r never clears: it would have to be above this");
    warns(RULES "  - {id: r, card: s, fire: '<= 60', clear: 100}\n",
          ":4: rules.clear: warning: r never clears: it would have to be above this");
    is_silent(RULES "  - {id: r, indicator: waiting, fire: '>= 1'}\n"
                    "  - {id: r2, indicator: csat_rate, window: 1h, fire: '<= 90%', clear: 99%}\n"
                    "  - {id: r3, card: s, fire: '<= 60', clear: 99.99}\n"
                    "  - {id: r4, indicator: nps, window: 1h, fire: '>= 0%', clear: 0%}\n"
                    "  - {id: r5, indicator: complaint_rate, window: 1h, fire: '>= 1%', clear: 0,\n"
                    "     on_empty: clear}\n");
    is_silent("windows: [1h]\n"); /* built-in ones */
}

/* What has no effect, or makes a rule silent for good. */
Test(lint, samples_that_are_too_many_or_of_no_use)
{
    warns(RULES "  - {id: r, indicator: opened, window: 1h, fire: '>= 5', min_n: 3}\n",
          ":4: rules.min_n: warning: no effect on a count, which is never empty");
    warns(RULES "  - {id: r, indicator: waiting, fire: '>= 5', on_empty: fire}\n",
          ":4: rules.on_empty: warning: no effect on a count, which is never empty");
    warns(RULES "  - {id: r, indicator: occupancy, window: 1h, scope: agent, fire: '<= 5%',\n"
                "     min_n: 61}\n",
          ":5: rules.min_n: warning: r never fires: it counts minutes, and 1h has fewer");
    is_silent(RULES "  - {id: r, indicator: occupancy, window: 1h, scope: agent, fire: '<= 5%',\n"
                    "     min_n: 60}\n"
                    "  - {id: s, indicator: occupancy, window: 1h, scope: team, fire: '<= 5%',\n"
                    "     min_n: 61}\n"
                    "  - {id: t, indicator: csat, window: 1h, fire: '<= 3', min_n: 3}\n");
}

#define CARD(item)                                                                                 \
    "windows: [1h]\nscorecards:\n  - {id: s, window: 1h, items: [{weight: 1, " item "}]}\n"

Test(lint, scorecards_that_reward_the_wrong_way)
{
    warns(CARD("indicator: resolution, field: p90, baseline: 1h, target: 2h"),
          ":3: scorecards.items.target: warning: more of resolution.p90 is worth more points here; "
          "is that meant?");
    warns(CARD("indicator: csat_rate, bands: [10%, 20%, 30%, 40%]"),
          ":3: scorecards.items.target: warning: less of csat_rate.value is worth more points "
          "here; is that meant?");
    is_silent(CARD("indicator: resolution, field: attainment, baseline: 80%, target: 90%"));
    is_silent(CARD("indicator: resolution, field: p90, baseline: 2h, target: 1h"));
    is_silent(CARD("indicator: talk, field: mean, baseline: 1m, target: 2m"));
    warns(CARD("indicator: replies, baseline: 5, target: 9, min_n: 2"),
          ":3: scorecards.items.min_n: warning: no effect on a count, which is never left out");
}

Test(lint, tiers_with_holes_and_humps)
{
    warns(CARD("indicator: csat, tiers: [{to: 2, points: 20}, {from: 3, points: 90}]"),
          ":3: scorecards.items.tiers: warning: values of csat.mean between two ranges are worth "
          "nothing; is that meant?");
    warns(CARD("indicator: csat, tiers: [{to: 2, points: 20}, {to: 4, points: 90}, {points: 50}]"),
          ":3: scorecards.items.tiers: warning: points of csat.mean go up and down with its "
          "values; is that meant?");
    is_silent(CARD("indicator: csat, tiers: [{to: 2, points: 20}, {from: 2, points: 90}]"));
    is_silent(CARD("indicator: csat, tiers: [{from: 4, points: 90}, {from: 3, points: 20}]"));
    is_silent(CARD("indicator: csat, tiers: [{from: 2, to: 3, points: 90}]"));
    is_silent(CARD("indicator: replies, tiers: [{to: 2, points: 20}, {to: 4, points: 90},\n"
                   "   {points: 50}]")); /* of which nobody says that more is good */
    is_silent(CARD("indicator: replies, tiers: [{to: 2, points: 20}, {from: 3, points: 90}]"));
    warns(CARD("indicator: replies, tiers: [{to: 2, points: 20}, {from: 4, points: 90}]"),
          ":3: scorecards.items.tiers: warning: values of replies.num between two ranges are worth "
          "nothing; is that meant?");
}

Test(lint, is_bounded)
{
    static char text[65536] = "calendars:\n";
    for (int i = 0; i < 15; i++) {
        size_t n = strlen(text);
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - id: c%d\n    hours: always\n    special: {", i);
        for (int k = 0; k < 10; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "'2026-12-%d': 09:00-12:00,", 10 + k);
        n += (size_t)snprintf(text + n, sizeof text - n, "}\n    holidays: [");
        for (int k = 0; k < 10; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "'2026-12-%d',", 10 + k);
        snprintf(text + n, sizeof text - n, "]\n");
    }
    load(text);
    cr_assert_eq(lint.n, LINT_MAX);
    cr_assert_eq(lint.left_out, 15 * 11 - LINT_MAX);
    config_fini(&config);
}
