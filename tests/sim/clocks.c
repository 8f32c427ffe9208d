#include "tests/sim/clocks.h"

#include "core/trace.h"
#include "tests/lib/sla_oracle.h"
#include "tests/lib/tale.h"
#include "tests/sim/chaos.h"
#include "tests/sim/draw_sla.h"
#include "tests/sim/sim.h"
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVENTS_MAX = 400, MARKS_MAX = 4 * EVENTS_MAX };

/* One telling: what happened, and to whom it is compared. */
struct telling {
    struct world world;
    struct follow follow;
    struct settings settings;
    bool in_order;
};

static struct event events[EVENTS_MAX];
static bool untold[EVENTS_MAX]; /* the one that is told shuffled has not heard it yet */
static uint32_t events_n;
static struct chaos_texts texts[EVENTS_MAX];
static struct sla_setting sla;
static const struct window_setting tallied = {.name = "30d", .length = 30 * 86400};

/* A response met or missed. */
static struct mark {
    uint8_t metric;
    bool met;
    ms_t ts;
    struct str agent;
} marks[MARKS_MAX];
static uint32_t marks_n;

/* --- what differs, for people --------------------------------------------------------------- */

static void print_time(const char *key, ms_t at)
{
    char text[64];
    trace_time(text, sizeof text, at);
    fprintf(stderr, " %s=%s", key, text);
}

static void print_duration(const char *key, ms_t d)
{
    char text[64];
    trace_duration(text, sizeof text, d);
    fprintf(stderr, " %s=%s", key, text);
}

static void print_metric(uint32_t m, const struct policy_metric *metric)
{
    fprintf(stderr, "    %s reopen=%u retarget=%u forgive=%d", sla_metric_name((enum sla_metric)m),
            metric->reopen, metric->retarget, metric->forgive);
    for (uint32_t i = 0; i < metric->targets; i++)
        print_duration(metric->target[i].priority, metric->target[i].target);
    for (uint32_t i = 0; i < metric->warns; i++) {
        fprintf(stderr, " warn %u%%", metric->warn[i].percent);
        print_duration("left", metric->warn[i].left);
    }
    for (uint32_t i = 0; i < metric->pauses; i++)
        fprintf(stderr, " pause_on %s", metric->pause[i]);
    fprintf(stderr, "\n");
}

static void print_policies(void)
{
    for (uint32_t i = 0; i < sla.policies; i++) {
        const struct policy_setting *p = &sla.policy[i];
        fprintf(stderr, "  policy %s calendar %s", p->id, sla.calendar[p->calendar].id);
        for (int a = 0; a < POLICY_ATTRIBUTES; a++)
            for (uint32_t n = 0; n < p->match[a].n; n++)
                fprintf(stderr, " %s=%s", policy_attribute_name((enum policy_attribute)a),
                        p->match[a].at[n]);
        fprintf(stderr, "\n");
        for (uint32_t m = 0; m < SLA_METRICS; m++)
            if (p->metric[m].targets > 0)
                print_metric(m, &p->metric[m]);
    }
}

static void print_expected(const struct oracle_clock *c)
{
    fprintf(stderr, "  want %s %s %s policy=%s", sla_metric_name((enum sla_metric)c->metric),
            clock_state_name((enum clock_state)c->state),
            alert_cause_name((enum alert_cause)c->cause), sla.policy[c->policy].id);
    print_time("start", c->start);
    print_time("ended", c->ended);
    print_duration("target", c->target);
    print_duration("elapsed", c->elapsed);
    print_time("due", c->due_at);
    print_time("breach", c->breach_at);
    fprintf(stderr, " alert %d\n", c->alert);
}

static void print_found(const struct explain_clock *c)
{
    fprintf(stderr, "  got  %s %s %s policy=%.*s", sla_metric_name((enum sla_metric)c->metric),
            clock_state_name((enum clock_state)c->state),
            alert_cause_name((enum alert_cause)c->cause), (int)c->policy.len, c->policy.p);
    print_time("start", c->start);
    print_time("ended", c->ended);
    print_duration("target", c->target);
    print_duration("elapsed", c->elapsed);
    print_time("due", c->due_at);
    print_time("breach", c->breach_at);
    fprintf(stderr, " alert %d\n", c->alert_id != 0);
}

/* --- one ticket ----------------------------------------------------------------------------- */

/* One ticket as the oracle and as the engine have it. */
struct pair {
    struct telling *of;
    struct str ticket;
    uint32_t events;
    struct event event[EVENTS_MAX];
    struct sla_oracle want;
    struct explanation got;
};

static void agree(const struct pair *p, bool holds, const char *what, ms_t want, ms_t got)
{
    char line[TRACE_BYTES_MAX];
    if (holds)
        return;
    print_policies();
    for (uint32_t i = 0; i < p->events; i++) {
        trace_event(line, sizeof line, &p->event[i]);
        fprintf(stderr, "  %s\n", line);
    }
    for (uint32_t i = 0; i < p->want.clocks; i++)
        if (p->want.clock[i].policy != ORACLE_NO_POLICY)
            print_expected(&p->want.clock[i]);
    for (uint32_t i = 0; i < p->got.clocks; i++)
        print_found(&p->got.clock[i]);
    fprintf(stderr, "  ticket %.*s at %lld, told in order: %d\n", (int)p->ticket.len, p->ticket.p,
            (long long)p->got.now, p->of->in_order);
    expect(false, what, (uint64_t)want, (uint64_t)got);
}

static void same(const struct pair *p, const char *what, ms_t want, ms_t got)
{
    agree(p, want == got, what, want, got);
}

/* Every owner's part of the intervals, and their sum. */
static void compare_shares(const struct pair *p, const struct oracle_clock *want,
                           const struct explain_clock *got)
{
    ms_t sum = 0;
    for (uint32_t i = 0; i < p->got.items; i++) {
        const struct explain_item *item = &p->got.item[i];
        if (item->kind != EXPLAIN_INTERVAL || item->metric != got->metric ||
            item->instance != got->instance)
            continue;
        sum += item->counted;
        ms_t of_agent = 0;
        for (uint32_t k = 0; k < p->got.items; k++) {
            const struct explain_item *other = &p->got.item[k];
            if (other->kind == EXPLAIN_INTERVAL && other->metric == got->metric &&
                other->instance == got->instance && str_equal(other->agent, item->agent))
                of_agent += other->counted;
        }
        same(p, "another share of an owner", sla_oracle_share(want, item->agent), of_agent);
    }
    same(p, "intervals and elapsed differ", want->elapsed, sum);
}

static void compare_alert(const struct pair *p, const struct oracle_clock *want,
                          const struct explain_clock *got)
{
    int state = want->alert;
    struct follow *f = &p->of->follow;
    struct followed *told = NULL;
    if (got->alert_id != 0)
        told = follow_find(f, got->alert_id);
    else
        told = follow_find_clock(f, p->ticket, got->metric, got->instance);
    if (told != NULL)
        told->seen = true;
    if (got->alert_id == 0 && !p->of->in_order)
        return; /* it may be another's, whose number was this one's */
    if (state < 0) {
        agree(p, told == NULL || (!p->of->in_order && told->state == ALERT_CORRECTED),
              "an alert too many", -1, told != NULL ? told->state : -1);
        return;
    }
    /* A warning that was over before it could be told is not told, or not told again. */
    bool was_over = state == ALERT_CLEARED || state == ALERT_CANCELLED || state == ALERT_CORRECTED;
    bool silent = !p->of->in_order && !want->breached && was_over;
    if (silent && (told == NULL || told->state == ALERT_CORRECTED))
        return;
    agree(p, told != NULL, "an alert is missing", state, -1);
    same(p, "another end of an alert", state, told->state);
    bool repeats = want->repeats == told->level; /* a repeat is not taken back */
    repeats = repeats || (!p->of->in_order && want->repeats < told->level);
    agree(p, state != ALERT_BREACHED || repeats, "other repeats of a breach", want->repeats,
          told->level);
}

static void compare_clock(const struct pair *p, const struct oracle_clock *want,
                          const struct explain_clock *got)
{
    const struct policy_setting *policy = &sla.policy[want->policy];
    same(p, "another start", want->start, got->start);
    same(p, "another state", want->state, got->state);
    same(p, "another end", want->ended, got->ended);
    if (want->state == CLOCK_CANCELLED)
        same(p, "another cause", want->cause, got->cause);
    bool known = want->state != CLOCK_CANCELLED; /* by what ended it the terms may be others */
    agree(p, !known || str_equal(got->policy, str_of(policy->id)), "another policy", want->policy,
          -1);
    agree(p, !known || str_equal(got->calendar, str_of(sla.calendar[policy->calendar].id)),
          "another calendar", want->policy, -1);
    same(p, "another target", known ? want->target : got->target, got->target);
    same(p, "another elapsed", want->elapsed, got->elapsed);
    bool retargeted = want->breached && got->cause == CAUSE_RETARGET;
    if (want->open && (!want->breached || retargeted)) /* of the target in force, as it runs now */
        same(p, "another due_at", want->due_at, got->due_at);
    else if (want->open && got->due_at != MS_NEVER) /* it stays as it was */
        agree(p, got->due_at <= got->breach_at, "due after its breach", -1, -1);
    if (want->open || want->breached)
        same(p, "another breach_at", want->breach_at, got->breach_at);
    if (!p->got.folded && p->got.items_left_out == 0)
        compare_shares(p, want, got);
    compare_alert(p, want, got);
}

/* The latest clocks of a metric, from the last one back. */
static void compare_metric(const struct pair *p, enum sla_metric m)
{
    uint32_t i = p->want.clocks, k = p->got.clocks;
    for (;;) {
        while (i > 0 && (p->want.clock[i - 1].metric != m ||
                         p->want.clock[i - 1].policy == ORACLE_NO_POLICY))
            i--;
        while (k > 0 && p->got.clock[k - 1].metric != m)
            k--;
        if (k == 0 && (i == 0 || p->got.clocks == EXPLAIN_CLOCKS_MAX))
            return;
        agree(p, i > 0 && k > 0, "more or fewer clocks", (ms_t)i, (ms_t)k);
        compare_clock(p, &p->want.clock[--i], &p->got.clock[--k]);
    }
}

static void note_mark(enum sla_metric m, bool met, ms_t ts, struct str agent)
{
    CHECK(marks_n < MARKS_MAX);
    marks[marks_n++] = (struct mark){(uint8_t)m, met, ts, agent};
}

static void note_marks(const struct sla_oracle *o)
{
    for (uint32_t i = 0; i < o->clocks && !o->is_void; i++) {
        const struct oracle_clock *c = &o->clock[i];
        if (c->policy == ORACLE_NO_POLICY)
            continue;
        if (c->state == CLOCK_MET)
            note_mark((enum sla_metric)c->metric, true, c->ended, c->credit);
        if (c->breached)
            note_mark((enum sla_metric)c->metric, false, c->breach_at, c->breach_agent);
    }
}

/* Responses of one agent, or of all (len 0), in the window. */
static uint64_t count_marks(enum sla_metric m, bool met, sec_t after, struct str agent)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < marks_n; i++) {
        const struct mark *k = &marks[i];
        n += k->metric == m && k->met == met && sec_floor(k->ts) > after &&
             (agent.len == 0 || str_equal(k->agent, agent));
    }
    return n;
}

static void compare_counts(const struct telling *t, enum scope scope, struct str name)
{
    static struct snapshot now;
    uint32_t index = engine_name_find(t->world.e, scope, name);
    sec_t after = sec_floor(engine_at(t->world.e)) - tallied.length;
    struct str agent = scope == SCOPE_ALL ? (struct str){0} : name;
    now.window[0].values = 0;
    if (index > 0)
        engine_snapshot(t->world.e, scope, index, 1, &now);
    for (enum sla_metric m = SLA_FIRST_RESPONSE; m <= SLA_ASSIGNEE_RESPONSE; m++) {
        uint64_t met = 0, missed = 0;
        for (uint32_t i = 0; i < now.window[0].values; i++) {
            const struct kpi_value *v = &now.window[0].value[i];
            bool this = v->indicator == indicator_find(str_of(sla_metric_name(m)));
            met += this ? v->met : 0;
            missed += this ? v->missed : 0;
        }
        uint64_t want = count_marks(m, true, after, agent);
        expect(want == met, "other responses met", want, met);
        want = count_marks(m, false, after, agent);
        expect(want == missed, "other responses missed", want, missed);
    }
}

static void compare_ticket(struct telling *t, struct str ticket, uint32_t n)
{
    static struct pair p;
    p.of = t;
    p.ticket = ticket;
    p.events = 0;
    for (uint32_t i = 0; i < n; i++)
        if (str_equal(events[i].ticket, ticket) && (t->in_order || !untold[i]))
            p.event[p.events++] = events[i];
    if (p.events == 0)
        return;
    sla_oracle_run(&p.want, p.event, p.events, &sla, engine_at(t->world.e));
    CHECK(engine_explain(t->world.e, ticket, &p.got));
    for (enum sla_metric m = 0; m < SLA_METRICS; m++)
        compare_metric(&p, m);
    note_marks(&p.want);
    expect(t->world.against == NULL, t->world.against, 0, 0);
}

/* --- all of them ---------------------------------------------------------------------------- */

static void compare_all(struct telling *t, const struct chaos *c)
{
    uint64_t active = 0;
    struct alert alert;
    uint32_t at = 0;
    for (uint32_t i = 0; i < t->follow.n; i++)
        t->follow.at[i].seen = false;
    marks_n = 0;
    for (uint32_t i = 0; i < c->tickets; i++)
        compare_ticket(t, str_of(c->name[i]), events_n);
    compare_counts(t, SCOPE_ALL, str_of("-"));
    for (uint32_t i = 0; i < c->agents && (t->world.settings.scopes >> SCOPE_AGENT & 1) != 0; i++)
        compare_counts(t, SCOPE_AGENT, str_of(c->name[i]));
    for (uint32_t i = 0; i < t->follow.n; i++) {
        const struct followed *f = &t->follow.at[i];
        expect(f->seen || f->state == ALERT_CORRECTED, "an alert of no clock", f->alert_id,
               f->state);
    }
    while (engine_alert_next(t->world.e, &at, &alert))
        active += alert.kind == ALERT_SLA;
    const struct engine_counters *k = engine_counters(t->world.e);
    const uint64_t *told = t->follow.count;
    expect(active == told[ALERT_WARNING] + told[ALERT_BREACHED], "other active alerts", active,
           told[ALERT_WARNING] + told[ALERT_BREACHED]);
    expect(k->sla_fired == active + k->sla_cleared + k->sla_corrected + k->sla_cancelled,
           "fired is not active + cleared + corrected + cancelled", k->sla_fired, active);
    expect(k->sla_untracked == 0 && k->sla_held == 0, "held or untracked", k->sla_held,
           k->sla_untracked);
}

static void begin(struct telling *t, const struct settings *s, bool in_order)
{
    static struct random unused;
    struct limits l = world_limits(&unused, false);
    t->in_order = in_order;
    t->follow.in_order = in_order;
    t->follow.n = 0;
    memset(t->follow.count, 0, sizeof t->follow.count);
    world_begin(&t->world, &l, s, CHAOS_START);
    t->world.follow = &t->follow;
}

/* Lives of tickets: mostly, they are opened first. */
static void draw_events(struct random *r, struct chaos *c)
{
    uint64_t opened = 0;
    bool wild = random_percent(r, 20);
    uint32_t most = (uint32_t)random_range(r, 3, EVENTS_MAX);
    chaos_init(c, random_next(r), CHAOS_START);
    c->merges = 0;
    c->tickets = (uint32_t)random_range(r, 1, 8);
    for (events_n = 0; events_n < most;) {
        struct event *e = &events[events_n];
        chaos_event(c, e, &texts[events_n]);
        bool of_ticket = event_has(e, F_TICKET) && e->kind < EV_CALL_OFFERED;
        if (!of_ticket && e->kind != EV_STATE)
            continue;
        uint64_t bit = 1ULL << strtoul(e->ticket.p + 1, NULL, 10);
        if (!wild && (opened & bit) == 0 && e->kind != EV_OPENED)
            continue;
        opened |= bit;
        events_n++;
    }
    qsort(events, events_n, sizeof events[0], tale_order);
}

static void tell_in_order(struct random *r, struct telling *t)
{
    for (uint32_t i = 0; i < events_n; i++) {
        world_feed(&t->world, &events[i], 1, 1, 0, r);
        if ((i + 1 < events_n && events[i + 1].ts == events[i].ts) || !random_percent(r, 10))
            continue;
        world_tick(&t->world, events[i].ts);
        marks_n = 0;
        compare_ticket(t, events[i].ticket, i + 1);
    }
}

/* Late ones too: whatever has come so far, it is as if all of it had come in order. */
static void tell_shuffled(struct random *r, struct telling *t, ms_t lateness)
{
    static uint32_t order[2 * EVENTS_MAX];
    uint32_t m = chaos_order(r, events, events_n, lateness, 30, order);
    ms_t newest = MS_NONE;
    bool often = random_percent(r, 50);
    memset(untold, true, sizeof untold);
    for (uint32_t i = 0, k; i < m; i += k) {
        k = often ? 1 : (uint32_t)random_range(r, 1, 100);
        k = k < m - i ? k : m - i;
        struct event batch[100];
        for (uint32_t j = 0; j < k; j++) {
            batch[j] = events[order[i + j]];
            newest = ms_max(newest, batch[j].ts);
            untold[order[i + j]] = false;
        }
        world_feed(&t->world, batch, k, k, 0, r);
        if (!often || !random_percent(r, 10))
            continue;
        world_tick(&t->world, newest);
        marks_n = 0;
        compare_ticket(t, batch[0].ticket, events_n);
    }
}

void clocks_round(struct random *r)
{
    static struct telling a, b;
    static struct settings s;
    struct chaos c;
    chaos_settings(r, &s);
    draw_sla(r, CHAOS_START, 4, &sla);
    s.sla = &sla;
    s.windows = 1;
    s.window[0] = tallied;
    s.exact_samples = 100000;
    memset(s.target, 0, sizeof s.target);
    s.compared = tallied.kind == WINDOW_SLIDING;
    for (uint32_t i = 0; i < s.rules; i++)
        s.rule[i].window = 0;
    draw_events(r, &c);
    begin(&a, &s, true);
    begin(&b, &s, false);
    tell_in_order(r, &a);
    tell_shuffled(r, &b, s.lateness);
    ms_t end = c.now + s.lateness + random_range(r, 0, 3 * MS_DAY) + 2 * MS_HOUR;
    world_tick(&a.world, end);
    world_tick(&b.world, end);
    engine_check(a.world.e);
    engine_check(b.world.e);
    compare_all(&a, &c);
    compare_all(&b, &c);
    uint64_t x = world_numbers(&a.world), y = world_numbers(&b.world);
    expect(x == y, "other numbers", x, y);
    x = engine_digest(a.world.e);
    y = engine_digest(b.world.e);
    expect(x == y, "another digest", x, y);
    world_end(&a.world);
    world_end(&b.world);
}
