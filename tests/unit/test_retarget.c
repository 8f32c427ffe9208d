/* retarget: other attributes, other policies by a reload: what was measured stays, no second
 * breach, nothing that ended is touched, late events meet the policies of their time. */
#include "core/agreement.h"
#include "core/engines.h"
#include "tests/lib/service.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR };

static void told(struct service *v, const char *want)
{
    cr_assert_str_eq(service_told(v), want);
}

static void judged(struct service *v, enum indicator i, uint64_t met, uint64_t missed)
{
    struct kpi_value k = desk_value(v->d, SCOPE_ALL, "-", i, W_24H);
    cr_assert(k.met == met && k.missed == missed, "%s: met %lu, missed %lu", indicator_name(i),
              (unsigned long)k.met, (unsigned long)k.missed);
}

static const struct explain_clock *clock_of(struct service *v, const char *ticket,
                                            enum sla_metric m)
{
    static struct explanation x;
    cr_assert(engine_explain(v->d->e, str_of(ticket), &x));
    for (uint32_t i = x.clocks; i > 0; i--)
        if (x.clock[i - 1].metric == m)
            return &x.clock[i - 1];
    return NULL;
}

/* One policy for all with this target of the resolution, 1 h when the priority is high. */
static struct policy_metric *only(struct service *v, const char *target)
{
    service_clear(v);
    struct policy_metric *m =
        service_metric(service_policy(v, "only", SERVICE_ALWAYS), SLA_RESOLUTION, target);
    service_priority(m, "high", "1h");
    return m;
}

static struct service *with(const char *target, struct policy_metric **ret_m)
{
    struct service *v = service_new();
    *ret_m = only(v, target);
    return v;
}

static void begin(struct service *v)
{
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent agent=ada");
}

/* --- other attributes ----------------------------------------------------------------------- */

Test(retarget, a_shorter_target_already_exceeded_breaches_at_once)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    begin(v);
    service_say(v, 2 * HOUR, "updated ticket=T priority=high");
    service_tick(v, 2 * HOUR + 1);
    told(v, "breached T resolution#1 ada/- retarget\n");
    const struct alert *a = service_last(v);
    cr_assert_eq(a->since, v->start + 2 * HOUR);
    cr_assert_eq(a->sla.elapsed, 2 * HOUR);
    cr_assert_eq(a->sla.target, HOUR);
    service_say(v, 3 * HOUR, "updated ticket=T priority=low"); /* the breach stands */
    service_tick(v, 9 * HOUR);
    told(v, "");
    service_say(v, 9 * HOUR, "updated ticket=T priority=high src=a seq=1");
    service_tick(v, 10 * HOUR);
    told(v, "");
    service_say(v, 10 * HOUR, "resolved ticket=T src=a seq=2");
    told(v, "cleared T resolution#1 ada/- met_late\n");
    judged(v, IND_RESOLUTION, 0, 1);
    service_free(v);
}

/* Exactly at the new target it is not exceeded. */
Test(retarget, a_target_just_used_up_is_not_exceeded)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    begin(v);
    service_say(v, HOUR, "updated ticket=T priority=high");
    service_say(v, HOUR, "resolved ticket=T src=a seq=1");
    service_tick(v, 2 * HOUR);
    told(v, "");
    judged(v, IND_RESOLUTION, 1, 0);
    service_free(v);
}

Test(retarget, warning_points_already_past_fire_at_once_and_once)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    service_warn(m, "50%");
    service_warn(m, "80%");
    begin(v);
    service_say(v, 50 * MIN, "updated ticket=T priority=high");
    service_tick(v, 50 * MIN + 1);
    told(v, "warning T resolution#1 ada/- level=2\n");
    service_say(v, 51 * MIN, "updated ticket=T priority=low");
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->state, CLOCK_RUNNING); /* no point is past */
    service_tick(v, 2 * HOUR + 1);
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->state, CLOCK_WARNED);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "ada", IND_AT_RISK), 1);
    service_free(v);
}

Test(retarget, restart_counts_from_zero_when_the_target_differs)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    m->retarget = RETARGET_RESTART;
    begin(v);
    service_say(v, 2 * HOUR, "updated ticket=T category=x"); /* same target: nothing restarts */
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->elapsed, 2 * HOUR);
    service_say(v, 3 * HOUR, "updated ticket=T priority=high");
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->elapsed, 0);
    service_tick(v, 4 * HOUR);
    told(v, "");
    service_tick(v, 4 * HOUR + 1);
    told(v, "breached T resolution#1 ada/-\n");
    service_free(v);
}

Test(retarget, a_longer_target_forgives_when_it_may)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    m->forgive = true;
    begin(v);
    service_say(v, 0, "updated ticket=T priority=high");
    service_tick(v, 2 * HOUR);
    told(v, "breached T resolution#1 ada/-\n");
    judged(v, IND_RESOLUTION, 0, 1);
    service_say(v, 2 * HOUR, "updated ticket=T priority=low");
    told(v, "corrected T resolution#1 ada/- forgiven\n");
    judged(v, IND_RESOLUTION, 0, 0);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "ada", IND_BREACHED_OPEN), 0);
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->state, CLOCK_RUNNING);
    service_say(v, 3 * HOUR, "resolved ticket=T");
    judged(v, IND_RESOLUTION, 1, 0);
    told(v, "");
    const struct engine_counters *n = engine_counters(v->d->e);
    cr_assert(n->sla_fired == 1 && n->sla_corrected == 1);
    service_free(v);
}

/* Forgiven, then used up after all: that is a breach again, of the same alert. */
Test(retarget, forgiven_and_breached_all_the_same)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    m->forgive = true;
    begin(v);
    service_say(v, 0, "updated ticket=T priority=high");
    service_tick(v, 2 * HOUR);
    service_say(v, 2 * HOUR, "updated ticket=T priority=low");
    service_told(v);
    service_tick(v, 4 * HOUR + 1);
    told(v, "breached T resolution#1 ada/-\n");
    cr_assert_eq(service_last(v)->rev, 3);
    judged(v, IND_RESOLUTION, 0, 1);
    service_free(v);
}

/* --- a reload ------------------------------------------------------------------------------- */

/* Open tickets follow with the ticks, without an event of their own. */
Test(retarget, open_tickets_follow_a_reload)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    begin(v);
    service_say(v, HOUR, "opened ticket=U by=agent");
    service_say(v, HOUR, "opened ticket=V by=agent");
    service_say(v, 90 * MIN, "resolved ticket=V");
    service_tick(v, 2 * HOUR);
    only(v, "90m");
    service_apply(v);
    service_tick(v, 2 * HOUR + 1);
    told(v, "breached T resolution#1 ada/- retarget\n");
    cr_assert_eq(service_last(v)->since, v->start + 2 * HOUR);
    service_tick(v, 2 * HOUR + 30 * MIN);
    told(v, "");
    service_tick(v, 2 * HOUR + 30 * MIN + 1);
    told(v, "breached U resolution#1 -/-\n");
    judged(v, IND_RESOLUTION, 1, 2); /* V is as it was */
    only(v, "30m");                  /* nobody breaches twice */
    service_apply(v);
    service_tick(v, 3 * HOUR);
    told(v, "");
    service_free(v);
}

/* The same policies once more, or rules and site-wide targets only: nothing changes. */
Test(retarget, a_reload_of_the_same_changes_nothing)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    service_warn(m, "25%");
    m->retarget = RETARGET_RESTART;
    begin(v);
    service_tick(v, 2 * HOUR);
    service_told(v);
    uint64_t digest = engine_digest(v->d->e);
    v->d->settings.target[TARGET_NEXT_RESPONSE] = HOUR;
    service_apply(v);
    service_tick(v, 2 * HOUR + 1);
    cr_assert_eq(engine_digest(v->d->e), digest);
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->elapsed, 2 * HOUR + 1);
    service_tick(v, 4 * HOUR + 1);
    told(v, "breached T resolution#1 ada/-\n");
    service_free(v);
}

Test(retarget, no_policy_any_more_cancels)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    service_warn(m, "25%");
    begin(v);
    service_say(v, 0, "opened ticket=U by=agent");
    service_tick(v, 2 * HOUR);
    told(v, "warning T resolution#1 ada/- level=1\nwarning U resolution#1 -/- level=1\n");
    struct policy_setting *p = &v->said->policy[0];
    service_match(p, POLICY_PRIORITY, "high");
    service_apply(v);
    service_tick(v, 2 * HOUR + 1);
    told(v, "cancelled T resolution#1 ada/- no_policy\ncancelled U resolution#1 -/- no_policy\n");
    service_tick(v, 9 * HOUR);
    told(v, "");
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_AT_RISK), 0);
    service_say(v, 9 * HOUR, "updated ticket=T priority=high"); /* 2 h were counted, 1 h it may */
    service_tick(v, 9 * HOUR + 1);
    told(v, "breached T resolution#1 ada/- retarget\n");
    service_free(v);
}

/* A ticket that never had a policy gets clocks that count from its opening, and no level is
 * passed before the reload. */
Test(retarget, a_policy_that_comes_later)
{
    struct service *v = service_new();
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, HOUR, "opened ticket=U agent=bob");
    service_tick(v, 2 * HOUR);
    struct policy_setting *p = service_policy(v, "new", SERVICE_ALWAYS);
    service_metric(p, SLA_FIRST_RESPONSE, "90m");
    struct policy_metric *m = service_metric(p, SLA_RESOLUTION, "3h");
    service_warn(m, "1h");
    service_apply(v);
    service_tick(v, 2 * HOUR + 1);
    told(v, "breached T first_response#1 ada/- retarget\n"
            "warning T resolution#1 ada/- level=1\n");
    cr_assert_eq(v->alert[0].since, v->start + 2 * HOUR);
    cr_assert_eq(v->alert[1].since, v->start + 2 * HOUR);
    cr_assert_eq(clock_of(v, "U", SLA_FIRST_RESPONSE)->elapsed, HOUR + 1);
    service_say(v, 2 * HOUR + 30 * MIN, "message ticket=U by=agent");
    judged(v, IND_FIRST_RESPONSE, 1, 1);
    told(v, "");
    service_free(v);
}

/* What came before the reload folds with the policies of its time, whenever it comes. */
Test(retarget, a_late_event_is_judged_by_the_policy_of_its_time)
{
    struct policy_metric *m;
    struct service *v = with("4h", &m);
    service_open(v);
    service_hear(v, 0, 0, "opened ticket=T by=agent");
    service_hear(v, 0, 0, "opened ticket=U by=agent");
    service_tick(v, 2 * HOUR);
    only(v, "30m");
    service_apply(v);
    service_tick(v, 2 * HOUR + 1);
    told(v, "breached T resolution#1 -/- retarget\nbreached U resolution#1 -/- retarget\n");
    service_hear(v, 2 * HOUR + 20 * MS_SECOND, 2 * HOUR - 1, "resolved ticket=T");
    told(v, "corrected T resolution#1 -/- late_event\n");
    service_hear(v, 2 * HOUR + 20 * MS_SECOND, 2 * HOUR + 1, "resolved ticket=U");
    told(v, "cleared U resolution#1 -/- met_late\n");
    judged(v, IND_RESOLUTION, 1, 1);
    service_free(v);
}

/* What has ended ends for good: another policy has other rules for reopenings to come only. */
Test(retarget, a_finished_instance_is_not_reopened_by_a_reload)
{
    for (int how = REOPEN_RESUME; how <= REOPEN_NEW_CYCLE; how++) {
        struct policy_metric *m;
        struct service *v = with("4h", &m);
        m->reopen = REOPEN_IGNORE;
        begin(v);
        service_say(v, HOUR, "resolved ticket=T");
        service_say(v, 2 * HOUR, "reopened ticket=T");
        only(v, "3h")->reopen = (uint8_t)how;
        service_apply(v);
        service_tick(v, 3 * HOUR);
        service_say(v, 3 * HOUR, "updated ticket=T priority=high");
        service_tick(v, 20 * HOUR);
        told(v, "");
        cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->state, CLOCK_MET);
        service_say(v, 20 * HOUR, "resolved ticket=T seq=1 src=a");
        service_say(v, 21 * HOUR, "reopened ticket=T seq=2 src=a");
        service_tick(v, 22 * HOUR + 1);
        told(v, how == REOPEN_RESUME ? "breached T resolution#1 ada/-\n"
                                     : "breached T resolution#2 ada/-\n");
        service_free(v);
    }
}

/* --- generations ---------------------------------------------------------------------------- */

/* More reloads than are kept, while nothing sweeps the tickets: elapsed time is right all along. */
Test(retarget, more_reloads_than_generations)
{
    for (int ticks = 0; ticks < 2; ticks++) {
        struct policy_metric *m;
        struct service *v = with("100h", &m);
        begin(v);
        service_tick(v, HOUR);
        for (int i = AGREEMENTS_MAX + 2; i >= 0; i--) {
            char target[16];
            snprintf(target, sizeof target, "%dh", 4 + i);
            only(v, target);
            service_apply(v);
            if (ticks)
                service_tick(v, HOUR + (AGREEMENTS_MAX + 3 - i) * MIN);
        }
        service_tick(v, 3 * HOUR);
        const struct explain_clock *c = clock_of(v, "T", SLA_RESOLUTION);
        cr_assert(c->elapsed == 3 * HOUR && c->target == 4 * HOUR);
        cr_assert(c->state == CLOCK_RUNNING && c->breach_at == v->start + 4 * HOUR);
        told(v, "");
        service_tick(v, 4 * HOUR + 1);
        told(v, "breached T resolution#1 ada/-\n");
        service_free(v);
    }
}

/* The base of a very long ticket was folded under policies that nobody keeps any more. */
Test(retarget, a_long_ticket_outlives_its_policies)
{
    struct policy_metric *m;
    struct service *v = with("100h", &m);
    v->d->limits.ticket_events = 4;
    begin(v);
    char line[64];
    for (int i = 1; i <= 6; i++) {
        snprintf(line, sizeof line, "message ticket=T by=agent id=m%d", i);
        service_say(v, i * MIN, line);
    }
    int last = AGREEMENTS_MAX + 3;
    for (int i = 1; i <= last; i++) {
        only(v, (last - i) % 2 != 0 ? "100h" : "50h");
        service_tick(v, i * HOUR);
        service_apply(v);
        service_tick(v, i * HOUR + 1);
    }
    ms_t now = (last + 1) * (ms_t)HOUR;
    service_say(v, now, "message ticket=T by=agent id=x");
    service_say(v, now - 1, "message ticket=T by=agent id=y"); /* folds again from the base */
    service_tick(v, now + HOUR);
    const struct explain_clock *c = clock_of(v, "T", SLA_RESOLUTION);
    cr_assert_eq(c->state, CLOCK_RUNNING);
    cr_assert_eq(c->elapsed, now + HOUR);
    cr_assert_eq(c->breach_at, v->start + 50 * HOUR);
    told(v, "");
    service_tick(v, 50 * HOUR + 1);
    told(v, "breached T resolution#1 ada/-\n");
    service_free(v);
}

/* Other policies may be fewer: what a ticket had under the old ones is not looked up in them. */
Test(retarget, fewer_policies_than_before)
{
    struct service *v = service_new();
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%d", i);
        struct policy_setting *p = service_policy(v, name, SERVICE_ALWAYS);
        service_match(p, POLICY_PRIORITY, name);
        service_warn(service_metric(p, SLA_RESOLUTION, "4h"), "50%");
    }
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent priority=p4");
    service_tick(v, 3 * HOUR);
    told(v, "warning T resolution#1 -/- level=1\n");
    for (int i = AGREEMENTS_MAX + 2; i >= 0; i--) {
        only(v, i % 2 == 0 ? "8h" : "9h");
        service_apply(v);
    }
    service_tick(v, 3 * HOUR + 1);
    told(v, "");
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->elapsed, 3 * HOUR + 1);
    service_tick(v, 8 * HOUR + 1);
    told(v, "breached T resolution#1 -/-\n");
    service_free(v);
}

/* Its policies are forgotten by the time the next event comes. A clock that none of them had a
 * target for runs since the opening all the same: it counts from there, but passes nothing before
 * now. */
Test(retarget, policies_that_are_forgotten_note_what_would_have_run)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "old", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    for (int i = 0; i < AGREEMENTS_MAX; i++) {
        char target[8];
        snprintf(target, sizeof target, "%dh", i + 1);
        only(v, target);
        service_apply(v);
    }
    const struct fold_terms terms = {.s = &v->d->settings, .agreements = v->d->e->agreements};
    cr_assert_gt(terms.agreements->first, 0);
    struct sla s;
    struct fold f;
    fold_init(&f);
    f.opened = f.waiting = v->start;
    sla_init(&s);
    s.generation = 0;
    sla_outlive(&s, &f, &terms);
    cr_assert_eq(s.generation, terms.agreements->first);
    const struct sla_clock *c = &s.clock[SLOT_RESOLUTION];
    cr_assert_eq(c->start, f.opened);
    cr_assert_eq(c->metric, SLA_RESOLUTION);
    cr_assert_eq(c->state, CLOCK_NONE);
    cr_assert_eq(s.clock[SLOT_ASSIGNEE].start, MS_NONE); /* of nothing that waits */
    service_free(v);
}
