/* storm: nothing is lost: told and digested are all there were, by every count, against a tally. */
#include "core/storm.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { MOST = 5 };

static const ms_t start = 1770368400000; /* a whole minute */
static struct storm s;

static bool takes(ms_t at, uint8_t kind, uint8_t state, enum severity severity, const char *by,
                  const char *team, uint64_t seq)
{
    struct alert a = {.kind = kind, .state = state, .team = str_of(team)};
    return storm_takes(&s, &a, severity, str_of(by), seq, at, MOST);
}

static bool plain(ms_t at)
{
    return takes(at, ALERT_KPI, ALERT_BREACHED, SEVERITY_INFO, "r", "-", 1);
}

static uint64_t count_of(const struct storm_counts *c, const char *name)
{
    for (uint32_t i = 0; i <= STORM_NAMES; i++)
        if (strcmp(c->of[i].name, name) == 0)
            return c->of[i].n;
    return 0;
}

Test(storm, so_many_a_minute_are_told)
{
    for (int i = 0; i < MOST; i++)
        cr_assert_not(plain(start + i));
    cr_assert(plain(start + 100));
    cr_assert(plain(start + MS_MINUTE - 1));
    cr_assert_not(storm_over(&s, start + MS_MINUTE - 1));
    cr_assert(storm_over(&s, start + MS_MINUTE));
    cr_assert_not(plain(start + MS_MINUTE));
    cr_assert(s.digest.n == 2 && s.digest.from == start + 100 &&
              s.digest.to == start + MS_MINUTE - 1);
    storm_clear(&s);
    cr_assert(s.digest.n == 0 && s.digests == 1 && s.digested == 2 && s.published == MOST + 1);
    cr_assert_not(storm_over(&s, start + 9 * MS_MINUTE), "no digest of nothing");
}

Test(storm, every_kind_is_summed_up)
{
    for (int i = 0; i < MOST; i++)
        cr_assert_not(plain(start));
    for (uint8_t kind = 0; kind <= ALERT_OPS; kind++)
        cr_assert(takes(start, kind, ALERT_BREACHED, SEVERITY_INFO, "r", "-", 1));
    for (int kind = 0; kind <= ALERT_OPS; kind++)
        cr_assert_eq(s.digest.kind[kind], 1);
}

Test(storm, zero_tells_all)
{
    struct alert a = {.team = str_of("-")};
    for (int i = 0; i < 10000; i++)
        cr_assert_not(storm_takes(&s, &a, SEVERITY_INFO, str_of("r"), 1, start, 0));
    cr_assert_eq(s.digest.n, 0);
}

Test(storm, a_clock_that_is_set_back_begins_no_minute_anew)
{
    for (int i = 0; i < MOST; i++)
        cr_assert_not(plain(start + MS_MINUTE));
    cr_assert(plain(start));
    cr_assert(plain(start + MS_MINUTE));
}

Test(storm, names_beyond_the_bound_are_others)
{
    char name[16];
    for (int i = 0; i < MOST; i++)
        (void)plain(start);
    for (int i = 0; i < STORM_NAMES + 8; i++) {
        snprintf(name, sizeof name, "t%d", i);
        cr_assert(takes(start, ALERT_SLA, ALERT_WARNING, SEVERITY_WARNING, "p", name, 1));
    }
    cr_assert_eq(count_of(&s.digest.teams, "t0"), 1);
    cr_assert_eq(count_of(&s.digest.teams, "(other)"), 8);
    cr_assert_eq(count_of(&s.digest.rules, "p"), STORM_NAMES + 8);
    cr_assert_eq(s.digest.severity, SEVERITY_WARNING);
}

/* Every alert is in exactly one place; each count of a digest sums to the digest. */
Test(storm, conserves_what_comes)
{
    static const char *const rules[] = {"a", "b", "c"}, *const teams[] = {"-", "x", "y"};
    struct random r = {42};
    uint64_t told = 0, taken = 0, digested = 0, by_rule[3] = {0}, in_digests[3] = {0}, seq = 0;
    ms_t at = start;
    for (int i = 0; i < 20000; i++) {
        at += random_percent(&r, 90) ? random_range(&r, 0, 300) : random_range(&r, 0, 90000);
        if (storm_over(&s, at)) {
            const struct storm_digest *d = &s.digest;
            uint64_t kinds = 0, states = 0, names = 0, of_teams = 0;
            for (int k = 0; k < STORM_KINDS; k++)
                kinds += d->kind[k];
            for (int k = 0; k < STORM_STATES; k++)
                states += d->state[k];
            for (int k = 0; k < 3; k++) {
                in_digests[k] += count_of(&d->rules, rules[k]);
                names += count_of(&d->rules, rules[k]);
                of_teams += count_of(&d->teams, teams[k]);
            }
            cr_assert(kinds == d->n && states == d->n && names == d->n && of_teams == d->n);
            cr_assert_geq(d->last_seq - d->first_seq + 1, d->n);
            digested += d->n;
            storm_clear(&s);
        }
        uint64_t rule = random_below(&r, 3);
        bool took = takes(at, (uint8_t)random_below(&r, 3), (uint8_t)random_below(&r, STORM_STATES),
                          (enum severity)random_below(&r, 3), rules[rule],
                          teams[random_below(&r, 3)], ++seq);
        told += !took;
        taken += took;
        by_rule[rule] += took;
    }
    cr_assert(taken > 1000 && told > 1000);
    cr_assert(told + taken == 20000 && s.published == told && s.digested == taken);
    cr_assert_eq(digested + s.digest.n, taken);
    for (int k = 0; k < 3; k++)
        cr_assert_eq(in_digests[k] + count_of(&s.digest.rules, rules[k]), by_rule[k]);
}
