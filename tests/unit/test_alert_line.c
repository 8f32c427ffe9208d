/* Alerts as lines of the log: what each kind says, who has it, and that no line is too long. */
#include "daemon/alert_line.h"

#include "proto/ops.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct settings settings;
static char buf[ALERT_LINE_MAX];

static struct alert of_kind(enum alert_kind kind)
{
    struct str none = str_of("-");
    return (struct alert){.kind = (uint8_t)kind,
                          .state = ALERT_BREACHED,
                          .rev = 2,
                          .name = none,
                          .team = none,
                          .agent = none};
}

static const char *line(struct alert alert)
{
    return alert_line(buf, &settings, &alert);
}

static void rule(enum scope scope)
{
    settings = (struct settings){.rules = 2};
    snprintf(settings.rule[1].id, sizeof settings.rule[1].id, "slow");
    settings.rule[1].scope = (uint8_t)scope;
}

Test(alert_line, of_a_clock)
{
    struct alert a = of_kind(ALERT_SLA);
    a.sla.policy = str_of("gold");
    a.sla.metric = SLA_FIRST_RESPONSE;
    a.sla.ticket = str_of("T \"1");
    a.sla.instance = 3;
    cr_assert_str_eq(line(a), "state=breached policy=gold metric=first_response "
                              "ticket=\"T \\x221\" instance=3 rev=2");
    a.team = str_of("billing");
    a.agent = str_of("ada");
    cr_assert_str_eq(line(a), "state=breached policy=gold metric=first_response "
                              "ticket=\"T \\x221\" instance=3 team=billing agent=ada rev=2");
}

Test(alert_line, of_rules)
{
    struct alert a = of_kind(ALERT_KPI);
    a.rule = 1;
    a.name = a.agent = str_of("ada");
    rule(SCOPE_AGENT);
    cr_assert_str_eq(line(a), "state=breached rule=slow scope=agent name=ada agent=ada rev=2");
    a = of_kind(ALERT_MIX);
    a.rule = 1;
    a.name = a.team = str_of("shop");
    a.part = str_of("refund");
    rule(SCOPE_TEAM);
    cr_assert_str_eq(line(a),
                     "state=breached rule=slow scope=team name=shop part=refund team=shop rev=2");
    a = of_kind(ALERT_SCORE);
    a.rule = 1;
    rule(SCOPE_ALL);
    cr_assert_str_eq(line(a), "state=breached rule=slow scope=all name=- rev=2");
}

Test(alert_line, of_the_daemon_itself)
{
    struct alert a = of_kind(ALERT_OPS);
    a.rule = OPS_DISK;
    a.value = -5;
    a.detail = str_of("disk full");
    cr_assert_str_eq(line(a), "state=breached ops=disk name=- value=-5 detail=\"disk full\" rev=2");
}

/* Names of control bytes alone, as long as they get. */
Test(alert_line, is_never_too_long)
{
    char name[LOG_TEXT_MAX * 2];
    memset(name, 1, sizeof name);
    struct str longest = {name, sizeof name};
    struct alert a = of_kind(ALERT_SLA);
    a.sla.policy = a.sla.ticket = a.team = a.agent = longest;
    cr_assert_not_null(strstr(line(a), " agent=\\x01\\x01"));
    cr_assert_str_eq(buf + strlen(buf) - 6, " rev=2");
}
