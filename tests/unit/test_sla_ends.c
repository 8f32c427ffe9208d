/* sla, ends: how clocks of a ticket end and begin again, and the numbers and gauges of them. */
#include "core/sla.h"

#include "tests/lib/service_expect.h"

#include <criterion/criterion.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR, DAY = 24 * MS_HOUR };

/* --- ends ----------------------------------------------------------------------------------- */

static struct service *warned_of_all(void)
{
    struct service *v;
    struct policy_setting *p = service_gold(&v);
    service_warn(service_metric(p, SLA_FIRST_RESPONSE, "1h"), "50%");
    service_warn(service_metric(p, SLA_RESOLUTION, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, 10 * MIN, "opened ticket=U");
    service_tick(v, 35 * MIN);
    service_expect(v,
                   "warning T first_response#1 -/- level=1\nwarning T resolution#1 -/- level=1\n");
    return v;
}

Test(sla_ends, spam_and_duplicates_are_void)
{
    static const char *const lines[] = {"closed ticket=T outcome=spam",
                                        "closed ticket=T outcome=duplicate"};
    for (int i = 0; i < 2; i++) {
        struct service *v = warned_of_all();
        service_say(v, 36 * MIN, lines[i]);
        service_expect(
            v, "cancelled T first_response#1 -/- void\ncancelled T resolution#1 -/- void\n");
        service_tick(v, 9 * HOUR);
        cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 1); /* U */
        service_free(v);
    }
}

/* What breached before it turned out to be spam counts nowhere any more. */
Test(sla_ends, a_breach_of_spam_is_withdrawn)
{
    struct service *v;
    service_metric(service_gold(&v), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_tick(v, 2 * HOUR);
    service_judged(v, IND_FIRST_RESPONSE, 0, 1);
    service_say(v, 2 * HOUR, "closed ticket=T outcome=spam");
    service_judged(v, IND_FIRST_RESPONSE, 0, 0);
    service_expect(v, "breached T first_response#1 -/-\ncancelled T first_response#1 -/- void\n");
    service_free(v);
}

/* The source's clocks are cancelled; the target waits since the earlier of both. */
Test(sla_ends, merged_clocks_are_cancelled_and_the_earlier_wait_counts)
{
    struct service *v = warned_of_all();
    service_say(v, 36 * MIN, "merged ticket=T into=U");
    service_expect(
        v, "cancelled T first_response#1 -/- merged\ncancelled T resolution#1 -/- merged\n");
    cr_assert_eq(service_clock(v, "U", SLA_FIRST_RESPONSE)->start, v->start);
    service_tick(v, HOUR + 1); /* no level of the earlier wait passes before the merging */
    service_expect(v, "warning U first_response#2 -/- level=1\nwarning U resolution#1 -/- level=1\n"
                      "breached U first_response#2 -/-\n");
    service_free(v);
}

Test(sla_ends, ends_of_the_responses)
{
    struct service *v;
    struct policy_setting *p = service_gold(&v);
    service_warn(service_metric(p, SLA_NEXT_RESPONSE, "1h"), "50%");
    service_warn(service_metric(p, SLA_ASSIGNEE_RESPONSE, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 1, "message ticket=T by=agent");
    service_say(v, 2, "message ticket=T by=customer");
    service_say(v, 3, "assigned ticket=T agent=bob");
    service_tick(v, 40 * MIN);
    service_expect(v, "warning T next_response#1 bob/- level=1\n"
                      "warning T assignee_response#2 bob/- level=1\n");
    service_say(v, 41 * MIN, "assigned ticket=T agent=cyd");
    service_expect(v, "cancelled T assignee_response#2 bob/- reassigned\n");
    service_tick(v, 50 * MIN);
    service_say(v, 51 * MIN, "message ticket=T by=agent agent=dan"); /* somebody else's reply */
    service_expect(v, "cleared T next_response#1 cyd/- met\n");
    service_say(v, 60 * MIN, "message ticket=T by=customer");
    service_tick(v, 95 * MIN);
    service_say(v, 96 * MIN, "resolved ticket=T");
    service_expect(
        v, "warning T next_response#2 cyd/- level=1\ncancelled T next_response#2 cyd/- ended\n");
    service_judged(v, IND_NEXT_RESPONSE, 1, 0);
    service_free(v);
}

Test(sla_ends, closed_unresolved_cancels_the_resolution)
{
    struct service *v;
    service_warn(service_metric(service_gold(&v), SLA_RESOLUTION, "1h"), "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent");
    service_tick(v, 40 * MIN);
    service_say(v, 50 * MIN, "closed ticket=T outcome=unresolved");
    service_expect(v, "warning T resolution#1 -/- level=1\ncancelled T resolution#1 -/- ended\n");
    service_judged(v, IND_RESOLUTION, 0, 0);
    service_free(v);
}

/* --- reopening ------------------------------------------------------------------------------ */

static struct service *reopened(enum policy_reopen how)
{
    struct service *v;
    struct policy_metric *m = service_metric(service_gold(&v), SLA_RESOLUTION, "1h");
    m->reopen = (uint8_t)how;
    service_open(v);
    service_say(v, 0, "opened ticket=T by=agent");
    service_say(v, 40 * MIN, "resolved ticket=T");
    service_judged(v, IND_RESOLUTION, 1, 0);
    service_say(v, 5 * HOUR, "reopened ticket=T");
    return v;
}

Test(sla_ends, a_reopening_resumes_the_instance)
{
    struct service *v = reopened(REOPEN_RESUME);
    service_tick(v, 5 * HOUR + 20 * MIN);
    service_expect(v, "");
    service_tick(v, 5 * HOUR + 20 * MIN + 1);
    service_expect(v, "breached T resolution#1 -/-\n");
    service_judged(v, IND_RESOLUTION, 1,
                   1); /* the first resolve's own, until another replaces it */
    service_say(v, 6 * HOUR, "resolved ticket=T seq=2 src=a");
    service_expect(v, "cleared T resolution#1 -/- met_late\n");
    service_judged(v, IND_RESOLUTION, 0, 1);
    service_say(v, 7 * HOUR, "reopened ticket=T seq=3 src=a"); /* the breach stands, silently */
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 1);
    service_say(v, 8 * HOUR, "resolved ticket=T seq=4 src=a");
    service_expect(v, "");
    service_judged(v, IND_RESOLUTION, 0, 1);
    service_free(v);
}

Test(sla_ends, a_reopening_begins_a_new_cycle)
{
    struct service *v = reopened(REOPEN_NEW_CYCLE);
    service_tick(v, 6 * HOUR);
    service_expect(v, "");
    service_tick(v, 6 * HOUR + 1);
    service_expect(v, "breached T resolution#2 -/-\n");
    cr_assert_eq(service_clock(v, "T", SLA_RESOLUTION)->start, v->start + 5 * HOUR);
    service_free(v);
}

Test(sla_ends, a_reopening_is_ignored)
{
    struct service *v = reopened(REOPEN_IGNORE);
    service_tick(v, 20 * HOUR);
    service_expect(v, "");
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 0);
    service_free(v);
}

/* --- numbers -------------------------------------------------------------------------------- */

/* The gauges follow the owner; a breach hides the risk. */
Test(sla_ends, gauges_per_agent_and_team)
{
    struct service *v;
    struct policy_setting *p = service_gold(&v);
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
    struct policy_setting *p = service_gold(&v);
    service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_metric(p, SLA_NEXT_RESPONSE, "1h");
    service_metric(p, SLA_RESOLUTION, "4h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    service_say(v, 30 * MIN, "message ticket=T by=agent"); /* met */
    service_say(v, 40 * MIN, "message ticket=T by=customer");
    service_say(v, 3 * HOUR, "message ticket=T by=agent seq=1 src=a"); /* missed */
    service_say(v, 4 * HOUR, "resolved ticket=T seq=2 src=a");         /* met */
    struct kpi_value k = service_value(v, IND_SLA_RATE);
    cr_assert(k.num == 2 && k.den == 3, "%ld/%ld", (long)k.num, (long)k.den);
    service_free(v);
}

/* Where a policy has a target the site-wide one is silent; elsewhere it speaks. */
Test(sla_ends, the_policy_goes_before_the_site_wide_target)
{
    struct service *v;
    struct policy_setting *p = service_gold(&v);
    service_match(p, POLICY_PRIORITY, "high");
    service_metric(p, SLA_FIRST_RESPONSE, "2h");
    v->d->settings.target[TARGET_FIRST_RESPONSE] = HOUR;
    service_open(v);
    service_say(v, 0, "opened ticket=T priority=high");
    service_say(v, 0, "opened ticket=U priority=low");
    service_tick(v, HOUR + 1);
    service_judged(v, IND_FIRST_RESPONSE, 0, 1);
    service_say(v, 90 * MIN, "message ticket=T by=agent");
    service_judged(v, IND_FIRST_RESPONSE, 1, 1);
    service_expect(v, ""); /* site-wide targets tell nobody */
    service_free(v);
}

Test(sla_ends, business_time_of_all_durations)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", service_office(v));
    service_metric(p, SLA_RESOLUTION, "3h");
    service_open(v);
    service_say(v, service_cet(v, 2, 6, 16, 0), "opened ticket=T agent=ada");    /* a Friday */
    service_say(v, service_cet(v, 2, 7, 10, 0), "message ticket=T by=agent");    /* 1 h */
    service_say(v, service_cet(v, 2, 9, 9, 30), "paused ticket=T");              /* 1.5 h */
    service_say(v, service_cet(v, 2, 9, 10, 0), "paused ticket=T reason=parts"); /* 2 h */
    service_say(v, service_cet(v, 2, 9, 10, 15), "resumed ticket=T");
    service_say(v, service_cet(v, 2, 9, 11, 30), "resolved ticket=T");
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
                 service_cet(v, 2, 9, 11, 30) - service_cet(v, 2, 6, 16, 0));
    service_judged(v, IND_RESOLUTION, 1,
                   0); /* 3 h without the 30 minutes pending: exactly the target */
    service_judged(v, IND_RESOLUTION_B, 1, 0);
    service_expect(v, "");
    service_free(v);
}
