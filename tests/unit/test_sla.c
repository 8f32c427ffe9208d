/* sla: clocks of one ticket through a whole engine: the vectors V2, V8, V9, V12 to V20 by their
 * numbers, pauses, levels. */
#include "core/sla.h"

#include "tests/lib/service_expect.h"
#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR, DAY = 24 * MS_HOUR };

/* --- vectors of SEMANTICS.md ---------------------------------------------------------------- */

Test(sla, v8_a_pause_over_two_days_and_another_target)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", service_office(v));
    struct policy_metric *m = service_metric(p, SLA_RESOLUTION, "4h");
    service_priority(m, "high", "2h");
    v->start -= 7 * (ms_t)DAY;
    service_open(v);
    service_say(v, service_cet(v, 2, 2, 10, 0), "opened ticket=T");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->due_at - v->start,
                 service_cet(v, 2, 2, 14, 0));
    service_say(v, service_cet(v, 2, 2, 11, 0), "paused ticket=T");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->state, CLOCK_PAUSED);
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->breach_at, MS_NEVER);
    service_say(v, service_cet(v, 2, 4, 15, 0), "resumed ticket=T");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->due_at - v->start,
                 service_cet(v, 2, 5, 10, 0));
    service_tick(v, service_cet(v, 2, 4, 15, 30));
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->elapsed, 90 * MIN);
    service_say(v, service_cet(v, 2, 4, 15, 30), "updated ticket=T priority=high");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->due_at - v->start,
                 service_cet(v, 2, 4, 16, 0));
    service_tick(v, service_cet(v, 2, 4, 16, 0));
    service_expect(v, "");
    service_tick(v, service_cet(v, 2, 4, 16, 0) + 1);
    service_expect(v, "breached T resolution#1 -/-\n");
    cr_assert_eq(service_last(v)->since - v->start, service_cet(v, 2, 4, 16, 0));
    service_free(v);
}

Test(sla, v9_a_pause_that_ends_on_a_weekend)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", service_office(v));
    service_metric(p, SLA_RESOLUTION, "2h");
    service_open(v);
    service_say(v, service_cet(v, 2, 6, 16, 0), "opened ticket=T");
    service_say(v, service_cet(v, 2, 6, 16, 30), "paused ticket=T");
    service_say(v, service_cet(v, 2, 8, 12, 0), "resumed ticket=T");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->due_at - v->start,
                 service_cet(v, 2, 9, 10, 30));
    service_free(v);
}

/* V2 at the engine: due on Friday, in time on Saturday, breached when Monday has begun. */
Test(sla, v2_used_up_at_closing_time)
{
    for (int late = 0; late < 2; late++) {
        struct service *v = service_new();
        struct policy_setting *p = service_policy(v, "gold", service_office(v));
        service_metric(p, SLA_FIRST_RESPONSE, "1h");
        service_open(v);
        service_say(v, service_cet(v, 2, 6, 16, 0), "opened ticket=T");
        cr_assert_eq(service_clock(v, "T", SLA_FIRST_RESPONSE)->due_at - v->start,
                     service_cet(v, 2, 6, 17, 0));
        cr_assert_eq(service_clock(v, "T", SLA_FIRST_RESPONSE)->breach_at - v->start,
                     service_cet(v, 2, 9, 9, 0));
        service_tick(v, service_cet(v, 2, 9, 9, 0));
        service_expect(v, "");
        service_say(v, service_cet(v, 2, 9, 9, 0) + (late ? MS_SECOND : 0),
                    "message ticket=T by=agent");
        service_expect(v, late ? "breached T first_response#1 -/-\n"
                                 "cleared T first_response#1 -/- met_late\n"
                               : "");
        cr_assert_eq(service_clock(v, "T", SLA_FIRST_RESPONSE)->state,
                     late ? CLOCK_MET_LATE : CLOCK_MET);
        cr_assert_eq(desk_mean(v->d, SCOPE_ALL, "-", IND_FIRST_RESPONSE_B, W_24H),
                     HOUR + (late ? MS_SECOND : 0));
        service_free(v);
    }
}

Test(sla, v12_exactly_at_the_target_is_met)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=A");
    service_say(v, 1, "opened ticket=B");
    service_say(v, HOUR, "message ticket=A by=agent");
    service_tick(v, HOUR + 1);
    service_expect(v, "");
    service_judged(v, IND_FIRST_RESPONSE, 1, 0);
    service_say(v, HOUR + 2, "message ticket=B by=agent agent=ada");
    service_expect(v, "breached B first_response#1 -/-\n"
                      "cleared B first_response#1 -/- met_late\n");
    service_judged(v, IND_FIRST_RESPONSE, 1, 1);
    const struct alert *a = service_last(v);
    cr_assert_eq(a->since, v->start + 1 + HOUR);
    cr_assert_eq(a->ended_at, v->start + HOUR + 2);
    cr_assert_eq(a->sla.elapsed, HOUR + 1);
    cr_assert_eq(a->sla.breach_at, v->start + 1 + HOUR);
    cr_assert_eq(a->rev, 2);
    service_free(v);
}

Test(sla, v13_several_messages_are_one_instance)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_NEXT_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, MIN, "message ticket=T by=agent");
    service_expect(v, "");
    for (ms_t at = 10; at <= 30; at += 10)
        service_say(v, at * MIN, "message ticket=T by=customer");
    service_tick(v, 70 * MIN);
    service_expect(v, "");
    service_tick(v, 70 * MIN + 1);
    service_expect(v, "breached T next_response#1 -/-\n");
    service_say(v, 80 * MIN, "message ticket=T by=customer");
    service_say(v, 90 * MIN, "message ticket=T by=customer");
    service_tick(v, 5 * HOUR);
    service_expect(v, "");
    service_say(v, 5 * HOUR, "message ticket=T by=agent");
    service_expect(v, "cleared T next_response#1 -/- met_late\n");
    service_judged(v, IND_NEXT_RESPONSE, 0, 1);
    service_say(v, 6 * HOUR, "message ticket=T by=customer");
    service_tick(v, 7 * HOUR + 1);
    service_expect(v, "breached T next_response#2 -/-\n");
    service_judged(v, IND_NEXT_RESPONSE, 0, 2);
    service_free(v);
}

Test(sla, v14_a_reply_that_was_in_time_arrives_after_the_breach)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_hear(v, 0, 0, "opened ticket=T team=red");
    service_hear(v, 1, 0, "assigned ticket=T agent=ada");
    service_tick(v, HOUR + 1);
    service_expect(v, "breached T first_response#1 ada/red\n");
    service_judged(v, IND_FIRST_RESPONSE, 0, 1);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "ada", IND_BREACHED_OPEN), 1);
    uint64_t id = service_last(v)->alert_id;
    service_hear(v, HOUR + 30 * MS_SECOND, HOUR - MS_SECOND, "message ticket=T by=agent agent=ada");
    service_expect(v, "corrected T first_response#1 ada/red late_event\n");
    cr_assert_eq(service_last(v)->alert_id, id);
    cr_assert_eq(service_last(v)->rev, 2);
    cr_assert_neq(service_last(v)->ended_at, MS_NONE);
    service_judged(v, IND_FIRST_RESPONSE, 1, 0);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "ada", IND_BREACHED_OPEN), 0);
    const struct engine_counters *n = engine_counters(v->d->e);
    cr_assert(n->sla_fired == 1 && n->sla_corrected == 1 && n->sla_cleared == 0);
    cr_assert_eq(engine_active(v->d->e), 0);
    service_tick(v, 9 * HOUR);
    service_expect(v, "");
    service_free(v);
}

Test(sla, v15_whose_time_it_was)
{
    struct service *v;
    struct policy_setting *p = service_gold(&v);
    service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_metric(p, SLA_ASSIGNEE_RESPONSE, "2h");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=A");
    service_say(v, 55 * MIN, "assigned ticket=T agent=B");
    service_say(v, 65 * MIN, "message ticket=T by=agent agent=B");
    service_expect(v, "breached T first_response#1 B/-\n"
                      "cleared T first_response#1 B/- met_late\n");
    const struct alert_sla *s = &v->alert[0].sla;
    cr_assert_eq(s->shares, 2);
    cr_assert(str_equal(s->share[0].agent, str_of("A")) && s->share[0].ms == 55 * MIN);
    cr_assert(str_equal(s->share[1].agent, str_of("B")) && s->share[1].ms == 5 * MIN);
    cr_assert_eq(desk_mean(v->d, SCOPE_AGENT, "B", IND_FIRST_RESPONSE, W_24H), 65 * MIN);
    cr_assert_eq(desk_mean(v->d, SCOPE_AGENT, "B", IND_ASSIGNEE_RESPONSE, W_24H), 10 * MIN);
    cr_assert_eq(desk_mean(v->d, SCOPE_AGENT, "A", IND_ASSIGNEE_RESPONSE, W_24H), -1);
    cr_assert_eq(desk_value(v->d, SCOPE_AGENT, "B", IND_FIRST_RESPONSE, W_24H).missed, 1);
    service_judged(v, IND_ASSIGNEE_RESPONSE, 1, 0);
    service_free(v);
}

Test(sla, v16_the_bot_answers_first)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "180s");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, 5 * MS_SECOND, "message ticket=T by=bot");
    service_say(v, 60 * MS_SECOND, "assigned ticket=T agent=ada");
    service_say(v, 180 * MS_SECOND, "message ticket=T by=agent");
    service_judged(v, IND_FIRST_RESPONSE, 1, 0);
    cr_assert_eq(desk_mean(v->d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_1H), 180 * MS_SECOND);
    cr_assert_eq(desk_mean(v->d, SCOPE_ALL, "-", IND_HANDOFF_RESPONSE, W_1H), 120 * MS_SECOND);
    service_expect(v, "");
    service_free(v);
}

Test(sla, v17_resolved_without_a_reply_is_not_met)
{
    struct service *v;
    service_warn(service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, 0, "opened ticket=U");
    service_say(v, 10 * MIN, "resolved ticket=U");
    service_expect(v, "");
    service_tick(v, 31 * MIN);
    service_expect(v, "warning T first_response#1 -/- level=1\n");
    service_say(v, 40 * MIN, "closed ticket=T outcome=unresolved");
    service_expect(v, "cancelled T first_response#1 -/- closed_without_reply\n");
    service_judged(v, IND_FIRST_RESPONSE, 0, 0);
    cr_assert_eq(service_value(v, IND_FIRST_RESPONSE).strict_missed, 2);
    cr_assert_eq(desk_num(v->d, SCOPE_ALL, "-", IND_CLOSED_WITHOUT_REPLY, W_1H), 2);
    service_tick(v, 2 * HOUR);
    service_expect(v, "");
    service_free(v);
}

/* --- pauses --------------------------------------------------------------------------------- */

static struct service *paused_by(const char *reason)
{
    struct service *v;
    char line[64];
    struct policy_setting *p = service_gold(&v);
    for (enum sla_metric m = 0; m < SLA_METRICS; m++)
        service_metric(p, m, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    snprintf(line, sizeof line, "paused ticket=T reason=%s", reason);
    service_say(v, 30 * MIN, line);
    service_tick(v, 3 * HOUR);
    return v;
}

Test(sla, a_reason_stops_the_clocks_that_name_it)
{
    struct service *v = paused_by("pending");
    service_expect(v, "breached T first_response#1 ada/-\nbreached T assignee_response#1 ada/-\n");
    service_say(v, 4 * HOUR, "resumed ticket=T");
    service_tick(v, 4 * HOUR + 30 * MIN);
    service_expect(v, "");
    service_tick(v, 4 * HOUR + 30 * MIN + 1);
    service_expect(v, "breached T resolution#1 ada/-\nbreached T requester_wait#1 ada/-\n");
    service_free(v);
    v = paused_by("on_hold");
    service_expect(v, "breached T first_response#1 ada/-\nbreached T assignee_response#1 ada/-\n"
                      "breached T requester_wait#1 ada/-\n");
    service_free(v);
    v = paused_by("parts");
    service_expect(v, "breached T first_response#1 ada/-\nbreached T assignee_response#1 ada/-\n"
                      "breached T resolution#1 ada/-\nbreached T requester_wait#1 ada/-\n");
    service_free(v);
}

/* A second pause with another reason switches it: what stood still runs on. */
Test(sla, another_reason_switches_the_pause)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_RESOLUTION, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent");
    service_say(v, 10 * MIN, "paused ticket=T reason=on_hold");
    service_say(v, 20 * MIN, "paused ticket=T reason=parts");
    service_say(v, 30 * MIN, "paused ticket=T reason=pending");
    service_say(v, 40 * MIN, "paused ticket=T reason=on_hold");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->elapsed, 20 * MIN);
    service_say(v, 50 * MIN, "resumed ticket=T");
    service_tick(v, 90 * MIN);
    service_expect(v, "");
    service_tick(v, 90 * MIN + 1);
    service_expect(v, "breached T resolution#1 -/-\n");
    service_free(v);
}

/* Paused at the instant of the deadline, nothing is used up; a ms later it is. */
Test(sla, paused_at_the_deadline)
{
    for (ms_t more = 0; more < 2; more++) {
        struct service *v;
        service_metric(service_gold(&v), SLA_RESOLUTION, "1h");
        service_open(v);
        service_say(v, 0, "opened ticket=T by=agent");
        service_say(v, HOUR + more, "paused ticket=T");
        service_tick(v, 9 * HOUR);
        service_expect(v, more == 0 ? "" : "breached T resolution#1 -/-\n");
        service_say(v, 10 * HOUR, "resumed ticket=T");
        service_say(v, 10 * HOUR, "resolved ticket=T seq=1 src=s");
        service_judged(v, IND_RESOLUTION, more == 0, more);
        service_free(v);
    }
}

/* --- levels --------------------------------------------------------------------------------- */

Test(sla, warnings_then_the_breach_then_repeats)
{
    struct service *v;
    struct policy_metric *m = service_metric(service_gold(&v), SLA_RESOLUTION, "1h");
    service_warn(m, "10m"); /* left: 50 minutes */
    service_warn(m, "50%");
    service_overdue(m, "30m");
    service_overdue(m, "2h");
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent agent=ada team=red");
    service_tick(v, 30 * MIN + 1);
    service_expect(v, "warning T resolution#1 ada/red level=1\n");
    cr_assert_eq(service_last(v)->since, v->start + 30 * MIN);
    cr_assert_eq(service_last(v)->sla.elapsed, 30 * MIN);
    cr_assert_eq(service_last(v)->sla.target, HOUR);
    cr_assert_eq(service_last(v)->sla.due_at, v->start + HOUR);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "ada", IND_AT_RISK), 1);
    service_say(v, 40 * MIN, "assigned ticket=T agent=bob");
    service_tick(v, 50 * MIN + 1);
    service_expect(v, "warning T resolution#1 bob/red level=2\n");
    service_tick(v, 4 * HOUR);
    service_expect(v, "breached T resolution#1 bob/red\n"
                      "breached T resolution#1 bob/red level=1\n"
                      "breached T resolution#1 bob/red level=2\n");
    cr_assert_eq(service_last(v)->rev, 5);
    cr_assert_eq(service_last(v)->since, v->start + 30 * MIN); /* of the first transition */
    cr_assert_eq(service_last(v)->sla.elapsed, 3 * HOUR);
    cr_assert_eq(service_last(v)->sla.breach_at, v->start + HOUR);
    service_judged(v, IND_RESOLUTION, 0, 1);
    service_say(v, 5 * HOUR, "resolved ticket=T");
    service_expect(v, "cleared T resolution#1 bob/red met_late\n");
    const struct engine_counters *n = engine_counters(v->d->e);
    cr_assert(n->sla_fired == 1 && n->sla_breached == 1 && n->sla_cleared == 1);
    service_free(v);
}

/* A warning that ends in time is cleared as met, one over before anybody was told is silent. */
Test(sla, met_after_the_warning)
{
    struct service *v;
    service_warn(service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_tick(v, 45 * MIN);
    service_say(v, 50 * MIN, "message ticket=T by=agent agent=ada");
    service_expect(v,
                   "warning T first_response#1 -/- level=1\ncleared T first_response#1 -/- met\n");
    service_judged(v, IND_FIRST_RESPONSE, 1, 0);
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_AT_RISK), 0);
    service_free(v);
}

/* --- vectors about the order of what is told ------------------------------------------------- */

/* A ticket whose first response is missed, with a pause and a resolve. */
static const struct {
    ms_t at;
    const char *line;
} life[] = {
    {0, "opened ticket=T agent=ada team=red id=1"},
    {20, "paused ticket=T id=2"},
    {30, "resumed ticket=T id=3"},
    {65, "message ticket=T by=agent id=4"},
    {80, "message ticket=T by=customer id=5"},
    {85, "resolved ticket=T id=6"},
};

static struct service *life_new(void)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
    service_metric(p, SLA_FIRST_RESPONSE, "60s");
    service_metric(p, SLA_RESOLUTION, "80s");
    service_open(v);
    return v;
}

static enum verdict life_say(struct service *v, uint32_t i)
{
    struct event e;
    terse_event(&e, v->start + life[i].at * MS_SECOND, life[i].line);
    return service_take(v, &e).verdict;
}

/* Ends a day later: the same numbers and the same state as told once and in order. */
static void life_same(struct service *v, struct service *once)
{
    const enum indicator all[] = {IND_FIRST_RESPONSE, IND_NEXT_RESPONSE, IND_RESOLUTION};
    service_tick(v, DAY);
    service_tick(once, DAY);
    for (uint32_t i = 0; i < ARRAY_LEN(all); i++) {
        struct kpi_value a = service_value(v, all[i]), b = service_value(once, all[i]);
        cr_assert(a.n == b.n && a.sum == b.sum && a.met == b.met && a.missed == b.missed);
    }
    service_judged(v, IND_FIRST_RESPONSE, 0, 1);
    service_judged(v, IND_RESOLUTION, 1, 0); /* 85 s, of which 10 s stood still */
    cr_assert_eq(engine_digest(v->d->e), engine_digest(once->d->e));
}

Test(sla, v18_every_event_twice)
{
    struct service *v = life_new(), *once = life_new();
    for (uint32_t i = 0; i < ARRAY_LEN(life); i++) {
        cr_assert_eq(life_say(once, i), VERDICT_APPLIED);
        cr_assert_eq(life_say(v, i), VERDICT_APPLIED);
        cr_assert_eq(life_say(v, i), VERDICT_DUPLICATE);
    }
    life_same(v, once);
    cr_assert_str_eq(service_told(v), service_told(once));
    service_free(v);
    service_free(once);
}

/* All 720 orders, half of the events twice: within the lateness none makes a difference. */
Test(sla, v19_any_order_within_the_lateness)
{
    enum { N = ARRAY_LEN(life), ORDERS = 720 };
    struct service *once = life_new();
    for (uint32_t i = 0; i < N; i++)
        cr_assert_eq(life_say(once, i), VERDICT_APPLIED);
    for (uint32_t k = 0; k < ORDERS; k++) {
        struct service *v = life_new();
        uint32_t left[N], rest = k;
        for (uint32_t i = 0; i < N; i++)
            left[i] = i;
        for (uint32_t n = N; n > 0; n--) {
            uint32_t at = rest % n, i = left[at];
            rest /= n;
            left[at] = left[n - 1];
            cr_assert_eq(life_say(v, i), VERDICT_APPLIED);
            if (i % 2 == 0)
                cr_assert_eq(life_say(v, i), VERDICT_DUPLICATE);
        }
        life_same(v, once);
        service_free(v);
    }
    service_free(once);
}

Test(sla, v20_a_window_empties_by_itself)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "60s");
    service_open(v);
    service_say(v, 0, "opened ticket=A");
    service_say(v, 30 * MS_SECOND, "message ticket=A by=agent");
    service_say(v, 40 * MS_SECOND, "opened ticket=B");
    service_tick(v, 2 * MIN);
    struct kpi_value k = desk_value(v->d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_5M);
    cr_assert(k.n == 1 && k.met == 1 && k.missed == 1);
    service_tick(v, 2 * MIN + 6 * MIN);
    k = desk_value(v->d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_5M);
    cr_assert(k.n == 0 && k.met == 0 && k.missed == 0);
    service_judged(v, IND_FIRST_RESPONSE, 1, 1); /* of the longer window */
    service_free(v);
}
