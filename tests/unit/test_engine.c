/* engine: clock, verdicts, what has changed, limits. */
#include "core/engine.h"

#include "core/err.h"
#include "tests/lib/desk.h"
#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

static struct desk *opened(void)
{
    struct desk *d = desk_new();
    desk_open(d);
    return d;
}

/* --- making -------------------------------------------------------------------------------- */

Test(engine, impossible_settings_make_none)
{
    struct desk *d = desk_new();
    struct engine *e = NULL;
    d->settings.windows = 0;
    cr_assert_eq(engine_size(&d->limits, &d->settings), 0);
    d->settings.windows = 3;
    uint64_t size = engine_size(&d->limits, &d->settings);
    cr_assert_gt(size, 0);
    void *mem = desk_map(size);
    d->settings.lateness = -1;
    cr_assert_eq(engine_init(&e, mem, &d->limits, &d->settings, MS_NONE), ERR_BAD_SETTINGS);
    cr_assert_null(e);
    desk_unmap(mem, size);
    desk_free(d);
}

/* --- clock --------------------------------------------------------------------------------- */

Test(engine, the_clock_never_goes_back)
{
    struct desk *d = opened();
    cr_assert_eq(engine_at(d->e), MS_NONE);
    desk_tick(d, MS_NONE);
    cr_assert_eq(engine_at(d->e), MS_NONE);
    desk_tick(d, start);
    cr_assert_eq(engine_at(d->e), start);
    desk_tick(d, start - 1000);
    cr_assert_eq(engine_at(d->e), start);
    desk_say(d, start - 5000, "opened ticket=T");
    cr_assert_eq(engine_at(d->e), start);
    desk_say(d, start + 5000, "message ticket=T by=agent");
    cr_assert_eq(engine_at(d->e), start + 5000, "in a replay the newest ts is the clock");
    desk_free(d);
}

static struct result live(struct desk *d, ms_t rts, ms_t ts, const char *line)
{
    struct event e;
    terse_event(&e, ts, line);
    e.rts = rts;
    return desk_take(d, &e);
}

Test(engine, events_from_the_future_are_set_to_their_receipt)
{
    struct desk *d = opened();
    live(d, start, start + 5000, "opened ticket=T1 team=red");
    cr_assert_eq(engine_counters(d->e)->skewed, 0);
    cr_assert_eq(engine_at(d->e), start, "live, the clock is that of the receiver");
    desk_tick(d, start + 10000);
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_OLDEST_OPEN), 5000);
    live(d, start + 20000, start + 25001, "opened ticket=T2 team=blue id=x");
    cr_assert_eq(engine_counters(d->e)->skewed, 1);
    desk_tick(d, start + 30000);
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "blue", IND_OLDEST_OPEN), 10000);
    struct result again = live(d, start + 31000, start + 25001, "opened ticket=T2 team=blue id=x");
    cr_assert_eq(again.verdict, VERDICT_DUPLICATE);
    desk_free(d);
}

Test(engine, a_deadline_comes_after_the_events_of_its_instant)
{
    struct desk *d = desk_new();
    d->settings.target[TARGET_FIRST_RESPONSE] = MS_MINUTE;
    desk_open(d);
    desk_say(d, start, "opened ticket=T1");
    desk_say(d, start, "opened ticket=T2");
    cr_assert_eq(engine_deadline(d->e), start + MS_MINUTE + 1);
    desk_say(d, start + MS_MINUTE, "message ticket=T1 by=agent agent=ada");
    desk_say(d, start + MS_MINUTE + 1, "message ticket=T2 by=agent agent=ada");
    struct kpi_value v = desk_value(d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_1H);
    cr_assert(v.met == 1 && v.missed == 1 && v.n == 2);
    cr_assert_eq(engine_deadline(d->e), MS_NEVER);
    desk_free(d);
}

/* The open ticket is resolved at the very instant at which the rule's hold ends. */
Test(engine, a_hold_ends_after_the_events_of_its_instant)
{
    struct desk *d = desk_new();
    struct rule_setting *r = &d->settings.rule[d->settings.rules++];
    *r = (struct rule_setting){.id = "open",
                               .indicator = IND_OPEN,
                               .field = IF_VALUE,
                               .scope = SCOPE_ALL,
                               .fire = NUMBER_ONE,
                               .clear = NUMBER_ONE,
                               .hold = 20 * MS_SECOND};
    desk_open(d);
    desk_say(d, start, "opened ticket=T1");
    desk_say(d, start + 20 * MS_SECOND, "resolved ticket=T1");
    desk_tick(d, start + MS_MINUTE);
    cr_assert_eq(engine_counters(d->e)->alerts_fired, 0);
    desk_say(d, start + MS_MINUTE, "opened ticket=T2");
    desk_say(d, start + MS_MINUTE + 20 * MS_SECOND + 1, "resolved ticket=T2");
    cr_assert_eq(engine_counters(d->e)->alerts_fired, 1);
    desk_free(d);
}

/* --- verdicts ------------------------------------------------------------------------------ */

Test(engine, counters_add_up)
{
    struct desk *d = opened();
    static const struct {
        ms_t after;
        const char *line;
        uint8_t verdict;
        int err;
    } told[] = {
        {0, "opened ticket=T src=crm seq=1", VERDICT_APPLIED, 0},
        {0, "opened ticket=T src=crm seq=1", VERDICT_DUPLICATE, 0},
        {5, "message ticket=T by=agent src=crm id=a", VERDICT_APPLIED, 0},
        {5, "message ticket=T by=agent src=crm id=a", VERDICT_DUPLICATE, 0},
        {5, "message ticket=T by=agent src=other id=a", VERDICT_APPLIED, 0},
        {6, "message ticket=T by=agent", VERDICT_APPLIED, 0},
        {6, "message ticket=T by=agent", VERDICT_DUPLICATE, 0},
        {6, "message ticket=T by=customer", VERDICT_APPLIED, 0},
        {200000, "message ticket=T by=customer", VERDICT_APPLIED, 0},
        {1, "message ticket=T by=agent", VERDICT_LATE, ERR_LATE},
        {200000, "merged ticket=T into=T", VERDICT_REFUSED, ERR_MERGE_CYCLE},
        {200000, "heartbeat", VERDICT_APPLIED, 0},
        {200000, "shift agent=ada from=1770368400000 to=1770368500000", VERDICT_APPLIED, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        struct result r = desk_say(d, start + told[i].after, told[i].line);
        cr_assert(r.verdict == told[i].verdict && r.err == told[i].err, "%s", told[i].line);
    }
    const struct engine_counters *n = engine_counters(d->e);
    cr_assert_eq(n->events, ARRAY_LEN(told));
    cr_assert(n->applied == 8 && n->duplicates == 3 && n->late_dropped == 1 && n->refused == 1);
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_REPLIES, W_1H), 3);
    engine_check(d->e);
    desk_free(d);
}

Test(engine, judgements_without_a_ticket_count_for_whom_they_name)
{
    struct desk *d = opened();
    desk_say(d, start, "rated score=4 agent=ada");
    desk_say(d, start, "recommended score=10 agent=ada");
    desk_say(d, start, "complained category=bill");
    desk_say(d, start, "inspected passed=true agent=bob");
    cr_assert_eq(desk_value(d, SCOPE_AGENT, "ada", IND_CSAT, W_1H).sum, 4 * NUMBER_ONE);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_NPS, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_CATEGORY, "bill", IND_COMPLAINTS, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "bob", IND_CONFORMANCE_RATE, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_CSAT_RATE, W_1H), 1);
    desk_free(d);
}

Test(engine, agent_info_names_people_and_bots)
{
    struct desk *d = opened();
    static struct snapshot s;
    desk_say(d, start, "opened ticket=T");
    desk_say(d, start + 1000, "agent_info agent=robo bot=true name=Robo");
    desk_say(d, start + 2000, "message ticket=T by=agent agent=robo");
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_REPLIES, W_1H), 0);
    uint32_t robo = engine_name_find(d->e, SCOPE_AGENT, str_of("robo"));
    engine_snapshot(d->e, SCOPE_AGENT, robo, 1, &s);
    cr_assert(str_equal(s.title, str_of("Robo")));
    desk_say(d, start + 3000, "agent_info agent=robo bot=false");
    desk_say(d, start + 4000, "message ticket=T by=agent agent=robo");
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "robo", IND_REPLIES, W_1H), 1);
    cr_assert_eq(desk_mean(d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_1H), 4000);
    desk_free(d);
}

/* --- what has changed ---------------------------------------------------------------------- */

Test(engine, a_name_has_changed_by_event_or_by_time)
{
    struct desk *d = opened();
    static struct snapshot s;
    desk_say(d, start, "opened ticket=T team=red");
    desk_say(d, start, "opened ticket=U team=blue");
    uint32_t red = engine_name_find(d->e, SCOPE_TEAM, str_of("red"));
    uint32_t blue = engine_name_find(d->e, SCOPE_TEAM, str_of("blue"));
    cr_assert(engine_changed(d->e, SCOPE_TEAM, red));
    for (uint32_t team = red; team <= blue; team++) {
        engine_snapshot(d->e, SCOPE_TEAM, team, 7, &s);
        engine_snapshot_done(d->e, SCOPE_TEAM, team);
        cr_assert_not(engine_changed(d->e, SCOPE_TEAM, team));
    }
    desk_say(d, start + 1000, "resolved ticket=T");
    cr_assert(engine_changed(d->e, SCOPE_TEAM, red));
    cr_assert_not(engine_changed(d->e, SCOPE_TEAM, blue));
    desk_tick(d, start + 299999);
    cr_assert_not(engine_changed(d->e, SCOPE_TEAM, blue));
    desk_tick(d, start + 300000);
    cr_assert(engine_changed(d->e, SCOPE_TEAM, blue), "its opening has left the 5 minutes");
    desk_free(d);
}

Test(engine, covered_since_the_start)
{
    static struct snapshot s;
    struct desk *d = desk_new();
    d->started_at = start - 10 * MS_MINUTE;
    desk_open(d);
    desk_tick(d, start);
    engine_snapshot(d->e, SCOPE_ALL, 1, 7, &s);
    cr_assert_eq(s.window[W_5M].covered_from, s.window[W_5M].from);
    cr_assert_eq(s.window[W_1H].covered_from, start - 10 * MS_MINUTE);
    desk_close(d);
    d->started_at = MS_NONE; /* a replay has watched since its first event */
    desk_open(d);
    desk_say(d, start, "opened ticket=T");
    desk_tick(d, start + MS_MINUTE);
    engine_snapshot(d->e, SCOPE_ALL, 1, 7, &s);
    cr_assert_eq(s.window[W_5M].covered_from, start);
    desk_free(d);
}

/* --- limits -------------------------------------------------------------------------------- */

static uint32_t limits_told(const struct desk *d, enum limit_met which)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->out.n; i++)
        n += d->effects[i].kind == EFFECT_LIMIT && d->effects[i].limit == which;
    return n;
}

Test(engine, a_limit_is_told_again_after_a_minute)
{
    struct desk *d = desk_new();
    d->limits.teams = 1;
    d->limits.tickets = 200;
    desk_open(d);
    uint32_t told = 0;
    for (int i = 0; i < 121; i++) {
        char line[64];
        snprintf(line, sizeof line, "opened ticket=T%d team=t%d", i, i);
        desk_say(d, start + i * 1000, line);
        cr_assert_eq(d->out.n, 0);
        desk_tick(d, start + i * 1000);
        cr_assert_eq(limits_told(d, LIMIT_MET_NAMES), d->out.n);
        told += d->out.n;
    }
    cr_assert_eq(told, 2);
    cr_assert_eq(engine_counters(d->e)->names_other, 120);
    cr_assert_str_eq(limit_met_name(LIMIT_MET_NAMES), "names");
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "(other)", IND_OPENED, W_1H), 120);
    desk_free(d);
}

Test(engine, missing_numbers_that_are_let_go_are_counted)
{
    struct desk *d = opened();
    for (int i = 0; i < 500; i++) {
        char line[64];
        snprintf(line, sizeof line, "opened ticket=T%d src=crm seq=%d", i, 256 + i * 512);
        desk_say(d, start + i, line);
    }
    const struct engine_counters *n = engine_counters(d->e);
    cr_assert_eq(n->seq_gaps_forgotten, 500 - 128 + 1 - 256); /* test_seen says why */
    cr_assert_eq(n->seq_gaps, 499 * 511);
    desk_free(d);
}

/* Looked for before the events of a batch, found, and gone by the time of its own. */
Test(engine, a_ticket_may_be_forgotten_within_the_batch_that_speaks_of_it)
{
    struct desk *d = desk_new();
    d->limits.tickets = 2;
    desk_open(d);
    desk_say(d, start, "opened ticket=ended");
    desk_say(d, start + 1, "closed ticket=ended");
    desk_say(d, start + 2, "opened ticket=open");
    struct event e[4] = {[2] = {.kind = EV_HEARTBEAT}, [3] = {.kind = EV_HEARTBEAT}};
    struct result r[4];
    e[0] = (struct event){.kind = EV_OPENED, .has = 1ull << F_TICKET, .ticket = str_of("new")};
    e[1] = (struct event){.kind = EV_RESUMED, .has = 1ull << F_TICKET, .ticket = str_of("ended")};
    for (uint32_t i = 0; i < 4; i++)
        e[i].ts = e[i].rts = start + 3 + i;
    d->out.n = 0;
    cr_assert_eq(engine_step(d->e, e, 4, r, &d->out), 4);
    cr_assert_eq(r[0].verdict, VERDICT_APPLIED);
    cr_assert(r[1].verdict == VERDICT_REFUSED && r[1].err == ERR_TICKETS_FULL);
    engine_check(d->e);
    desk_free(d);
}

Test(engine, usage_of_every_limit)
{
    struct desk *d = opened();
    struct engine_use use[20];
    desk_say(d, start, "opened ticket=T team=red agent=ada src=crm seq=1");
    cr_assert_eq(engine_usage(d->e, use, 20), sizeof d->limits / sizeof(uint32_t) - 1);
    const uint32_t *limit = (const uint32_t *)&d->limits;
    for (uint32_t i = 0, u = 0; i < sizeof d->limits / sizeof *limit; i++) {
        if (&limit[i] == &d->limits.ticket_events)
            continue; /* a limit of each ticket */
        cr_assert_eq(use[u].limit, limit[i], "%s", use[u].name);
        cr_assert_leq(use[u].used, use[u].limit + 3);
        u++;
    }
    cr_assert(use[0].used == 1 && use[1].used > 0);
    cr_assert_eq(engine_usage(d->e, use, 2), 2);
    desk_free(d);
}
