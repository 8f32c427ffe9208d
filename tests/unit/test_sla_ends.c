/* sla, ends: how clocks of a ticket end and begin again, and the numbers and gauges of them. */
#include "core/sla.h"

#include "tests/lib/service.h"

#include <criterion/criterion.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR, DAY = 24 * MS_HOUR };

/* One policy for all, always open. */
static struct policy_setting *gold(struct service **ret)
{
    *ret = service_new();
    return service_policy(*ret, "gold", SERVICE_ALWAYS);
}

static struct kpi_value value_of(struct service *v, enum indicator i)
{
    return desk_value(v->d, SCOPE_ALL, "-", i, W_24H);
}

static void judged(struct service *v, enum indicator i, uint64_t met, uint64_t missed)
{
    struct kpi_value k = value_of(v, i);
    cr_assert(k.met == met && k.missed == missed, "%s: met %lu, missed %lu", indicator_name(i),
              (unsigned long)k.met, (unsigned long)k.missed);
}

static void told(struct service *v, const char *want)
{
    cr_assert_str_eq(service_told(v), want);
}

/* 2026 in Berlin, winter; ms after the service's start. */
static ms_t cet(struct service *v, uint32_t month, uint32_t day, int hour, int minute)
{
    int64_t days = days_from_civil((struct civil){2026, month, day});
    return days * DAY + (hour - 1) * (ms_t)HOUR + minute * (ms_t)MIN - v->start;
}

static struct explanation *explained(struct service *v, const char *ticket)
{
    static struct explanation x;
    cr_assert(engine_explain(v->d->e, str_of(ticket), &x), "%s", ticket);
    return &x;
}

/* The latest instance of a metric. */
static const struct explain_clock *clock_of(struct service *v, const char *ticket,
                                            enum sla_metric m)
{
    struct explanation *x = explained(v, ticket);
    for (uint32_t i = x->clocks; i > 0; i--)
        if (x->clock[i - 1].metric == m)
            return &x->clock[i - 1];
    return NULL;
}

/* --- ends ----------------------------------------------------------------------------------- */

static struct service *warned_of_all(void)
{
    struct service *v;
    struct policy_setting *p = gold(&v);
    service_warn(service_metric(p, SLA_FIRST_RESPONSE, "1h"), "50%");
    service_warn(service_metric(p, SLA_RESOLUTION, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, 10 * MIN, "opened ticket=U");
    service_tick(v, 35 * MIN);
    told(v, "warning T first_response#1 -/- level=1\nwarning T resolution#1 -/- level=1\n");
    return v;
}

Test(sla_ends, spam_and_duplicates_are_void)
{
    static const char *const lines[] = {"closed ticket=T outcome=spam",
                                        "closed ticket=T outcome=duplicate"};
    for (int i = 0; i < 2; i++) {
        struct service *v = warned_of_all();
        service_say(v, 36 * MIN, lines[i]);
        told(v, "cancelled T first_response#1 -/- void\ncancelled T resolution#1 -/- void\n");
        service_tick(v, 9 * HOUR);
        cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 1); /* U */
        service_free(v);
    }
}

/* What breached before it turned out to be spam counts nowhere any more. */
Test(sla_ends, a_breach_of_spam_is_withdrawn)
{
    struct service *v;
    service_metric(gold(&v), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_tick(v, 2 * HOUR);
    judged(v, IND_FIRST_RESPONSE, 0, 1);
    service_say(v, 2 * HOUR, "closed ticket=T outcome=spam");
    judged(v, IND_FIRST_RESPONSE, 0, 0);
    told(v, "breached T first_response#1 -/-\ncancelled T first_response#1 -/- void\n");
    service_free(v);
}

/* The source's clocks are cancelled; the target waits since the earlier of both. */
Test(sla_ends, merged_clocks_are_cancelled_and_the_earlier_wait_counts)
{
    struct service *v = warned_of_all();
    service_say(v, 36 * MIN, "merged ticket=T into=U");
    told(v, "cancelled T first_response#1 -/- merged\ncancelled T resolution#1 -/- merged\n");
    cr_assert_eq(clock_of(v, "U", SLA_FIRST_RESPONSE)->start, v->start);
    service_tick(v, HOUR + 1); /* no level of the earlier wait passes before the merging */
    told(v, "warning U first_response#2 -/- level=1\nwarning U resolution#1 -/- level=1\n"
            "breached U first_response#2 -/-\n");
    service_free(v);
}

Test(sla_ends, ends_of_the_responses)
{
    struct service *v;
    struct policy_setting *p = gold(&v);
    service_warn(service_metric(p, SLA_NEXT_RESPONSE, "1h"), "50%");
    service_warn(service_metric(p, SLA_ASSIGNEE_RESPONSE, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 1, "message ticket=T by=agent");
    service_say(v, 2, "message ticket=T by=customer");
    service_say(v, 3, "assigned ticket=T agent=bob");
    service_tick(v, 40 * MIN);
    told(v, "warning T next_response#1 bob/- level=1\n"
            "warning T assignee_response#2 bob/- level=1\n");
    service_say(v, 41 * MIN, "assigned ticket=T agent=cyd");
    told(v, "cancelled T assignee_response#2 bob/- reassigned\n");
    service_tick(v, 50 * MIN);
    service_say(v, 51 * MIN, "message ticket=T by=agent agent=dan"); /* somebody else's reply */
    told(v, "cleared T next_response#1 cyd/- met\n");
    service_say(v, 60 * MIN, "message ticket=T by=customer");
    service_tick(v, 95 * MIN);
    service_say(v, 96 * MIN, "resolved ticket=T");
    told(v, "warning T next_response#2 cyd/- level=1\ncancelled T next_response#2 cyd/- ended\n");
    judged(v, IND_NEXT_RESPONSE, 1, 0);
    service_free(v);
}

Test(sla_ends, closed_unresolved_cancels_the_resolution)
{
    struct service *v;
    service_warn(service_metric(gold(&v), SLA_RESOLUTION, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent");
    service_tick(v, 40 * MIN);
    service_say(v, 50 * MIN, "closed ticket=T outcome=unresolved");
    told(v, "warning T resolution#1 -/- level=1\ncancelled T resolution#1 -/- ended\n");
    judged(v, IND_RESOLUTION, 0, 0);
    service_free(v);
}

/* --- reopening ------------------------------------------------------------------------------ */

static struct service *reopened(enum policy_reopen how)
{
    struct service *v;
    struct policy_metric *m = service_metric(gold(&v), SLA_RESOLUTION, "1h");
    m->reopen = (uint8_t)how;
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent");
    service_say(v, 40 * MIN, "resolved ticket=T");
    judged(v, IND_RESOLUTION, 1, 0);
    service_say(v, 5 * HOUR, "reopened ticket=T");
    return v;
}

Test(sla_ends, a_reopening_resumes_the_instance)
{
    struct service *v = reopened(REOPEN_RESUME);
    service_tick(v, 5 * HOUR + 20 * MIN);
    told(v, "");
    service_tick(v, 5 * HOUR + 20 * MIN + 1);
    told(v, "breached T resolution#1 -/-\n");
    judged(v, IND_RESOLUTION, 1, 1); /* the first resolve's own, until another replaces it */
    service_say(v, 6 * HOUR, "resolved ticket=T seq=2 src=a");
    told(v, "cleared T resolution#1 -/- met_late\n");
    judged(v, IND_RESOLUTION, 0, 1);
    service_say(v, 7 * HOUR, "reopened ticket=T seq=3 src=a"); /* the breach stands, silently */
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 1);
    service_say(v, 8 * HOUR, "resolved ticket=T seq=4 src=a");
    told(v, "");
    judged(v, IND_RESOLUTION, 0, 1);
    service_free(v);
}

Test(sla_ends, a_reopening_begins_a_new_cycle)
{
    struct service *v = reopened(REOPEN_NEW_CYCLE);
    service_tick(v, 6 * HOUR);
    told(v, "");
    service_tick(v, 6 * HOUR + 1);
    told(v, "breached T resolution#2 -/-\n");
    cr_assert_eq(clock_of(v, "T", SLA_RESOLUTION)->start, v->start + 5 * HOUR);
    service_free(v);
}

Test(sla_ends, a_reopening_is_ignored)
{
    struct service *v = reopened(REOPEN_IGNORE);
    service_tick(v, 20 * HOUR);
    told(v, "");
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 0);
    service_free(v);
}

/* --- numbers -------------------------------------------------------------------------------- */

/* The gauges follow the owner; a breach hides the risk. */
Test(sla_ends, gauges_per_agent_and_team)
{
    struct service *v;
    struct policy_setting *p = gold(&v);
    service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_warn(service_metric(p, SLA_RESOLUTION, "4h"), "25%");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada team=red");
    service_tick(v, HOUR);
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "red", IND_AT_RISK), 0);
    service_say(v, HOUR + 1, "message ticket=T by=customer");
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "red", IND_AT_RISK), 0); /* warned and breached */
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "red", IND_BREACHED_OPEN), 1);
    service_say(v, HOUR + 2, "message ticket=T by=agent");
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "red", IND_AT_RISK), 1);
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "red", IND_BREACHED_OPEN), 0);
    service_say(v, HOUR + 3, "assigned ticket=T agent=bob team=blue");
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "red", IND_AT_RISK), 0);
    cr_assert_eq(desk_gauge(v->d, SCOPE_TEAM, "blue", IND_AT_RISK), 1);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "bob", IND_AT_RISK), 1);
    service_tick(v, 5 * HOUR);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "bob", IND_AT_RISK), 0);
    cr_assert_eq(desk_gauge(v->d, SCOPE_AGENT, "bob", IND_BREACHED_OPEN), 1);
    service_say(v, 6 * HOUR, "resolved ticket=T");
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 0);
    service_free(v);
}

Test(sla_ends, sla_rate_is_met_of_all_judged)
{
    struct service *v;
    struct policy_setting *p = gold(&v);
    service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_metric(p, SLA_NEXT_RESPONSE, "1h");
    service_metric(p, SLA_RESOLUTION, "4h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, 30 * MIN, "message ticket=T by=agent"); /* met */
    service_say(v, 40 * MIN, "message ticket=T by=customer");
    service_say(v, 3 * HOUR, "message ticket=T by=agent seq=1 src=a"); /* missed */
    service_say(v, 4 * HOUR, "resolved ticket=T seq=2 src=a");         /* met */
    struct kpi_value k = value_of(v, IND_SLA_RATE);
    cr_assert(k.num == 2 && k.den == 3, "%ld/%ld", (long)k.num, (long)k.den);
    service_free(v);
}

/* Where a policy has a target the site-wide one is silent; elsewhere it speaks. */
Test(sla_ends, the_policy_goes_before_the_site_wide_target)
{
    struct service *v;
    struct policy_setting *p = gold(&v);
    service_match(p, POLICY_PRIORITY, "high");
    service_metric(p, SLA_FIRST_RESPONSE, "2h");
    v->d->settings.target[TARGET_FIRST_RESPONSE] = HOUR;
    service_open(v);
    service_say(v, 0, "opened ticket=T priority=high");
    service_say(v, 0, "opened ticket=U priority=low");
    service_tick(v, HOUR + 1);
    judged(v, IND_FIRST_RESPONSE, 0, 1);
    service_say(v, 90 * MIN, "message ticket=T by=agent");
    judged(v, IND_FIRST_RESPONSE, 1, 1);
    told(v, ""); /* site-wide targets tell nobody */
    service_free(v);
}

Test(sla_ends, business_time_of_all_durations)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", service_office(v));
    service_metric(p, SLA_RESOLUTION, "3h");
    service_open(v);
    service_say(v, cet(v, 2, 6, 16, 0), "opened ticket=T agent=ada");    /* a Friday */
    service_say(v, cet(v, 2, 7, 10, 0), "message ticket=T by=agent");    /* 1 h */
    service_say(v, cet(v, 2, 9, 9, 30), "paused ticket=T");              /* 1.5 h */
    service_say(v, cet(v, 2, 9, 10, 0), "paused ticket=T reason=parts"); /* 2 h */
    service_say(v, cet(v, 2, 9, 10, 15), "resumed ticket=T");
    service_say(v, cet(v, 2, 9, 11, 30), "resolved ticket=T");
    static const struct {
        enum indicator business, wall;
        ms_t want;
    } rows[] = {{IND_FIRST_RESOLUTION_B, IND_FIRST_RESOLUTION, 210 * MIN},
                {IND_RESOLUTION_B, IND_RESOLUTION, 210 * MIN},
                {IND_REQUESTER_WAIT_B, IND_REQUESTER_WAIT, 180 * MIN},
                {IND_AGENT_WORK_B, IND_AGENT_WORK, 165 * MIN}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_assert_eq(desk_mean(v->d, SCOPE_AGENT, "ada", rows[i].business, W_24H), rows[i].want,
                     "%s", indicator_name(rows[i].business));
    cr_assert_eq(desk_mean(v->d, SCOPE_ALL, "-", IND_RESOLUTION, W_24H),
                 cet(v, 2, 9, 11, 30) - cet(v, 2, 6, 16, 0));
    judged(v, IND_RESOLUTION, 1, 0); /* 3 h without the 30 minutes pending: exactly the target */
    judged(v, IND_RESOLUTION_B, 1, 0);
    told(v, "");
    service_free(v);
}
