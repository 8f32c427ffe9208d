/* explain: words; one ticket's account; the worklist, whole and in slices; and what other policies
 * would do, against what they then do. */
#include "core/explain.h"

#include "core/err.h"
#include "tests/lib/service.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR };

static struct explanation *explained(struct service *v, const char *ticket)
{
    static struct explanation x;
    return engine_explain(v->d->e, str_of(ticket), &x) ? &x : NULL;
}

Test(explain, every_state_and_cause_has_its_own_word)
{
    for (int a = 0; a < CLOCK_N; a++)
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(clock_state_name((enum clock_state)a),
                              clock_state_name((enum clock_state)b));
    for (int a = 0; a < CAUSE_N; a++)
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(alert_cause_name((enum alert_cause)a),
                              alert_cause_name((enum alert_cause)b));
}

/* --- one ticket ------------------------------------------------------------------------------ */

Test(explain, what_is_known_of_a_ticket)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
    service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_metric(p, SLA_RESOLUTION, "4h");
    service_open(v);
    cr_assert_null(explained(v, "T"));
    service_say(v, 0, "opened ticket=T agent=ada team=red priority=high channel=mail category=x");
    service_tick(v, 90 * MIN);
    const struct explanation *x = explained(v, "T");
    cr_assert(str_equal(x->ticket, str_of("T")) && str_equal(x->agent, str_of("ada")));
    cr_assert(str_equal(x->team, str_of("red")) && str_equal(x->priority, str_of("high")));
    cr_assert(str_equal(x->channel, str_of("mail")) && str_equal(x->category, str_of("x")));
    cr_assert(x->open && !x->merged && !x->folded && x->opened == v->start);
    cr_assert(x->ended == MS_NONE && x->now == v->start + 90 * MIN);
    cr_assert_eq(x->clocks, 2);
    const struct explain_clock *c = &x->clock[0];
    cr_assert(c->metric == SLA_FIRST_RESPONSE && c->state == CLOCK_BREACHED && c->instance == 1);
    cr_assert(str_equal(c->policy, str_of("gold")) && str_equal(c->calendar, str_of("always")));
    cr_assert(c->target == HOUR && c->elapsed == 90 * MIN && c->breach_at == v->start + HOUR);
    cr_assert(c->ended == MS_NONE && c->alert_id == service_last(v)->alert_id);
    cr_assert(x->clock[1].state == CLOCK_RUNNING && x->clock[1].alert_id == 0);
    cr_assert_eq(x->clock[1].due_at, v->start + 4 * HOUR);
    service_say(v, 2 * HOUR, "message ticket=T by=agent");
    service_say(v, 3 * HOUR, "resolved ticket=T");
    x = explained(v, "T");
    cr_assert(!x->open && x->ended == v->start + 3 * HOUR && x->clocks == 2);
    cr_assert(x->clock[0].state == CLOCK_MET_LATE && x->clock[0].ended == v->start + 2 * HOUR);
    cr_assert(x->clock[0].elapsed == 2 * HOUR && x->clock[0].breach_at == v->start + HOUR);
    cr_assert(x->clock[1].state == CLOCK_MET && x->clock[1].breach_at == MS_NEVER);
    cr_assert_eq(x->clock[1].elapsed, 3 * HOUR);
    service_free(v);
}

Test(explain, a_ticket_without_policies_and_a_merged_one)
{
    struct service *v = service_new();
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    const struct explanation *x = explained(v, "T");
    cr_assert(x->open && x->clocks == 0 && x->items == 0);
    service_say(v, 1, "opened ticket=U");
    service_say(v, 2, "merged ticket=T into=U");
    x = explained(v, "T");
    cr_assert(x->merged && !x->open && str_equal(x->into, str_of("U")));
    service_free(v);
}

Test(explain, a_correction_is_told)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_hear(v, 0, 0, "opened ticket=T");
    service_tick(v, HOUR + 1);
    service_hear(v, HOUR + MIN, HOUR, "message ticket=T by=agent");
    const struct explanation *x = explained(v, "T");
    const struct explain_item *last = &x->item[x->items - 1];
    cr_assert(last->kind == EXPLAIN_CORRECTED && last->from == v->start + HOUR + MIN);
    for (uint32_t i = 0; i < x->items; i++)
        cr_assert_neq(x->item[i].kind, EXPLAIN_BREACH);
    cr_assert_eq(x->clock[0].state, CLOCK_MET);
    service_free(v);
}

/* It changes nothing: not the digest, not a number, nothing that is told. */
Test(explain, reading_changes_nothing)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_tick(v, 2 * HOUR);
    uint64_t digest = engine_digest(v->d->e);
    char *before = desk_numbers(v->d);
    cr_assert_not_null(explained(v, "T"));
    static struct worklist w;
    cr_assert(engine_worklist(v->d->e, &w, 100));
    char *after = desk_numbers(v->d);
    cr_assert_str_eq(after, before);
    cr_assert_eq(engine_digest(v->d->e), digest);
    engine_check(v->d->e);
    free(before);
    free(after);
    service_free(v);
}

/* --- the worklist ---------------------------------------------------------------------------- */

static struct service *working(void)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
    struct policy_metric *m = service_metric(p, SLA_RESOLUTION, "4h");
    service_priority(m, "high", "2h");
    service_warn(m, "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=A by=agent agent=ada team=red priority=high");
    service_say(v, 0, "opened ticket=B by=agent agent=bob team=red");
    service_say(v, 0, "opened ticket=C by=agent agent=ada team=blue");
    service_say(v, 10 * MIN, "paused ticket=C");
    service_say(v, 30 * MIN, "opened ticket=D by=agent agent=ada priority=high");
    service_say(v, 30 * MIN, "opened ticket=E by=agent agent=bob");
    service_say(v, 40 * MIN, "resolved ticket=E");
    service_tick(v, 125 * MIN);
    return v;
}

/* "A -5 breached", …: minutes left. */
static const char *listed(const struct worklist *w)
{
    static char text[4096];
    size_t n = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < w->works; i++)
        n +=
            (size_t)snprintf(text + n, sizeof text - n, "%.*s %ld %s\n", (int)w->work[i].ticket.len,
                             w->work[i].ticket.p, (long)(w->work[i].remaining / MIN),
                             clock_state_name((enum clock_state)w->work[i].state));
    return text;
}

static struct worklist *worklist(struct service *v, const char *agent, const char *team)
{
    static struct worklist w;
    memset(&w, 0, sizeof w);
    w.agent = agent == NULL ? 0 : engine_name_find(v->d->e, SCOPE_AGENT, str_of(agent));
    w.team = team == NULL ? 0 : engine_name_find(v->d->e, SCOPE_TEAM, str_of(team));
    cr_assert(engine_worklist(v->d->e, &w, 1000));
    return &w;
}

Test(explain, the_worklist_by_time_left)
{
    struct service *v = working();
    const struct worklist *w = worklist(v, NULL, NULL);
    cr_assert_str_eq(listed(w), "A -5 breached\nD 25 warned\nB 115 warned\nC 230 paused\n");
    cr_assert(w->running == 2 && w->paused == 1 && w->breached == 1);
    cr_assert(w->due_15m == 0 && w->due_30m == 1 && w->due_60m == 1);
    const struct work *d = &w->work[1];
    cr_assert(str_equal(d->agent, str_of("ada")) && str_equal(d->priority, str_of("high")));
    cr_assert(str_equal(d->policy, str_of("gold")) && d->metric == SLA_RESOLUTION);
    cr_assert(d->team.len == 0 && d->due_at == v->start + 150 * MIN);
    cr_assert_eq(w->work[3].due_at, MS_NEVER);
    cr_assert_str_eq(listed(worklist(v, "ada", NULL)),
                     "A -5 breached\nD 25 warned\nC 230 paused\n");
    cr_assert_str_eq(listed(worklist(v, "ada", "blue")), "C 230 paused\n");
    cr_assert_str_eq(listed(worklist(v, NULL, "red")), "A -5 breached\nB 115 warned\n");
    service_free(v);
}

/* While it is read ticket by ticket, some end, some are forgotten, some come. */
Test(explain, the_worklist_in_slices)
{
    struct service *v = service_new();
    static struct worklist w;
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_RESOLUTION, "4h");
    v->d->settings.remember_closed = MS_MINUTE;
    service_open(v);
    char line[64];
    for (int i = 0; i < 12; i++) {
        snprintf(line, sizeof line, "opened ticket=T%02d by=agent", i);
        service_say(v, i * MIN, line);
    }
    memset(&w, 0, sizeof w);
    cr_assert_not(engine_worklist(v->d->e, &w, 6));
    service_say(v, 20 * MIN, "resolved ticket=T00");
    service_say(v, 20 * MIN, "resolved ticket=T11");
    service_tick(v, 30 * MIN); /* both are forgotten */
    service_say(v, 30 * MIN, "opened ticket=T12 by=agent");
    while (!engine_worklist(v->d->e, &w, 1))
        engine_check(v->d->e);
    ms_t before = -MS_HOUR;
    for (uint32_t i = 0; i < w.works; i++) {
        cr_assert(!str_equal(w.work[i].ticket, str_of("T00")) &&
                  !str_equal(w.work[i].ticket, str_of("T11")));
        cr_assert_leq(before, w.work[i].key);
        before = w.work[i].key;
        cr_assert(str_equal(w.work[i].policy, str_of("gold")));
    }
    cr_assert_geq(w.works, 10);
    service_free(v);
}

/* More than fit: those with the least time left stay; the sums are of all. */
Test(explain, a_worklist_that_is_full)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_RESOLUTION, "10h");
    v->d->limits.tickets = 300;
    service_open(v);
    char line[64];
    for (int i = 0; i < 260; i++) {
        int place = i * 97 % 260; /* in no order */
        snprintf(line, sizeof line, "state ticket=T%d status=open opened_at=%lld", place,
                 (long long)(v->start + place * MS_SECOND));
        service_say(v, 5 * MIN + i, line);
    }
    const struct worklist *w = worklist(v, NULL, NULL);
    cr_assert(w->works == WORKLIST_MAX && w->running == 260);
    for (uint32_t i = 0; i < w->works; i++) {
        snprintf(line, sizeof line, "T%u", i);
        cr_assert(str_equal(w->work[i].ticket, str_of(line)), "%u", i);
    }
    service_free(v);
}

/* --- what other policies would do ------------------------------------------------------------- */

/* One open clock as explain has it. */
struct seen {
    uint8_t metric, state, cause;
    ms_t start, target, breach_at;
    char policy[NAME_BYTES_MAX + 1], calendar[NAME_BYTES_MAX + 1];
};

struct sight {
    bool open;
    uint32_t n;
    struct seen at[EXPLAIN_CLOCKS_MAX];
};

static void look(struct service *v, const char *ticket, struct sight *ret)
{
    const struct explanation *x = explained(v, ticket);
    *ret = (struct sight){0};
    if (x == NULL)
        return;
    ret->open = x->open;
    for (uint32_t i = 0; i < x->clocks; i++) {
        const struct explain_clock *c = &x->clock[i];
        struct seen *s = &ret->at[ret->n++];
        *s = (struct seen){.metric = c->metric,
                           .state = c->state,
                           .cause = c->cause,
                           .start = c->start,
                           .target = c->target,
                           .breach_at = c->breach_at};
        memcpy(s->policy, c->policy.p, c->policy.len);
        memcpy(s->calendar, c->calendar.p, c->calendar.len);
    }
}

static bool runs(const struct seen *s)
{
    return s->state >= CLOCK_RUNNING && s->state <= CLOCK_BREACHED;
}

static const struct seen *find(const struct sight *s, const struct seen *like)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->at[i].metric == like->metric && s->at[i].start == like->start)
            return &s->at[i];
    return NULL;
}

/* It is new, or had no policy and has one again. */
static bool begins(const struct seen *was, const struct seen *is)
{
    return was == NULL ||
           (was->state == CLOCK_CANCELLED && was->cause == CAUSE_NO_POLICY && runs(is));
}

/* What became of one open ticket, at the reload at `at`. */
static void tally(const struct sight *was, const struct sight *is, ms_t at, struct sla_change *ret)
{
    bool changed = false;
    ret->tickets++;
    for (uint32_t i = 0; i < was->n; i++) {
        const struct seen *a = &was->at[i], *b = find(is, a);
        if (!runs(a))
            continue;
        cr_assert_not_null(b);
        bool cancelled = b->state == CLOCK_CANCELLED && b->cause == CAUSE_NO_POLICY;
        ret->cancelled += cancelled;
        ret->breaches += a->state != CLOCK_BREACHED && b->state == CLOCK_BREACHED &&
                         b->breach_at == at && b->cause == CAUSE_RETARGET;
        ret->forgiven += a->state == CLOCK_BREACHED && runs(b) && b->state != CLOCK_BREACHED;
        changed = changed || cancelled || a->target != b->target ||
                  strcmp(a->policy, b->policy) != 0 || strcmp(a->calendar, b->calendar) != 0;
    }
    for (uint32_t i = 0; i < is->n; i++)
        if (begins(find(was, &is->at[i]), &is->at[i])) {
            ret->gained++;
            ret->breaches += is->at[i].state == CLOCK_BREACHED && is->at[i].breach_at == at &&
                             is->at[i].cause == CAUSE_RETARGET;
        }
    ret->changed += changed;
}

Test(explain, what_other_policies_would_do_they_do)
{
    static const char *const tickets[TALE_TICKETS] = {"T1", "T2", "T3"};
    static struct sight was[TALE_TICKETS], is;
    struct sla_change sum = {0};
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct random r = {seed};
        struct service *v = service_new();
        struct tale t;
        const char *why = "";
        service_draw(v, &r);
        if (random_percent(&r, 20))
            service_clear(v);
        tale_draw(&r, 3, (uint32_t)random_range(&r, 2, 16), v->start, 70 * MS_SECOND, &t);
        tale_sort(&t);
        service_open(v);
        for (uint32_t i = 0; i < t.n; i++)
            (void)service_take(v, &t.event[i]);
        ms_t at = random_range(&r, 71, 120) * MS_SECOND;
        service_tick(v, at);
        for (int i = 0; i < TALE_TICKETS; i++)
            look(v, tickets[i], &was[i]);
        service_draw(v, &r);
        if (random_percent(&r, 10))
            service_clear(v);
        struct sla_change would = {0}, does = {0};
        bool done = false;
        uint64_t digest = engine_digest(v->d->e);
        while (!done)
            cr_assert_eq(engine_compare(v->d->e, v->said, &would, 1, &done, &why), 0, "%s", why);
        cr_assert_eq(engine_digest(v->d->e), digest);
        service_apply(v);
        service_tick(v, at + 1);
        for (int i = 0; i < TALE_TICKETS; i++) {
            look(v, tickets[i], &is);
            if (was[i].open)
                tally(&was[i], &is, v->start + at, &does);
        }
        cr_assert(would.tickets == does.tickets && would.changed == does.changed &&
                      would.gained == does.gained && would.cancelled == does.cancelled &&
                      would.breaches == does.breaches && would.forgiven == does.forgiven,
                  "seed %llu: would %lu %lu %lu %lu %lu %lu, does %lu %lu %lu %lu %lu %lu",
                  (unsigned long long)seed, would.tickets, would.changed, would.gained,
                  would.cancelled, would.breaches, would.forgiven, does.tickets, does.changed,
                  does.gained, does.cancelled, does.breaches, does.forgiven);
        sum.changed += does.changed;
        sum.gained += does.gained;
        sum.cancelled += does.cancelled;
        sum.breaches += does.breaches;
        sum.forgiven += does.forgiven;
        service_free(v);
    }
    cr_assert(sum.changed > 50 && sum.gained > 50 && sum.cancelled > 50);
    cr_assert(sum.breaches > 50 && sum.forgiven > 0);
}

/* While no policy asks for a clock it does not follow: what it would measure is looked for then. */
Test(explain, a_wait_begun_while_no_policy_asked_would_be_gained)
{
    struct service *v = service_new();
    struct sla_change would = {0};
    const char *why = "";
    bool done;
    service_metric(service_policy(v, "old", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 10 * MIN, "message ticket=T by=agent");
    service_clear(v);
    service_apply(v);
    service_say(v, 20 * MIN, "message ticket=T by=customer");
    service_tick(v, 80 * MIN);
    struct policy_setting *p = service_policy(v, "new", SERVICE_ALWAYS);
    service_metric(p, SLA_NEXT_RESPONSE, "30m");
    cr_assert_eq(engine_compare(v->d->e, v->said, &would, 9, &done, &why), 0, "%s", why);
    cr_assert(done && would.tickets == 1 && would.gained == 1 && would.breaches == 1);
    cr_assert(would.changed == 0 && would.cancelled == 0 && would.forgiven == 0);
    service_apply(v);
    service_tick(v, 81 * MIN);
    const struct explanation *x = explained(v, "T");
    cr_assert_eq(x->clocks, 2);
    cr_assert(x->clock[1].metric == SLA_NEXT_RESPONSE && x->clock[1].state == CLOCK_BREACHED);
    service_free(v);
}

/* Opened is what arrives last: the warning was over before anybody could be told. */
Test(explain, an_alert_that_was_never_told_has_no_id)
{
    for (int late = 0; late < 2; late++) {
        struct service *v = service_new();
        struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
        service_warn(service_metric(p, SLA_FIRST_RESPONSE, "1h"), "50%");
        service_open(v);
        if (!late)
            service_say(v, 0, "opened ticket=T agent=ada");
        service_say(v, 40 * MIN, "message ticket=T by=agent");
        if (late)
            service_say(v, 0, "opened ticket=T agent=ada");
        service_tick(v, 50 * MIN);
        const struct explanation *x = explained(v, "T");
        cr_assert(x->clocks == 1 && x->clock[0].state == CLOCK_MET);
        cr_assert_eq(v->alerts, late ? 0 : 2);
        cr_assert_eq(x->clock[0].alert_id, late ? 0 : v->alert[0].alert_id);
        service_free(v);
    }
}

Test(explain, impossible_policies_are_not_compared)
{
    struct service *v = service_new();
    struct sla_change change = {0};
    const char *why = NULL;
    bool done;
    service_open(v);
    service_metric(service_policy(v, "bad", SERVICE_ALWAYS), SLA_RESOLUTION, "1h")->targets = 99;
    cr_assert_eq(engine_compare(v->d->e, v->said, &change, 9, &done, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(why);
    service_free(v);
}
