#include "daemon/alert_line.h"

#include "proto/ops.h"
#include "proto/topic.h"

#include <stdio.h>

struct line {
    char *at;
    size_t n; /* bytes written */
};

static void put(struct line *l, const char *key, struct str value)
{
    char text[LOG_TEXT_MAX];
    int n = snprintf(l->at + l->n, ALERT_LINE_MAX - l->n, "%s%s=%s", l->n > 0 ? " " : "", key,
                     log_text(text, value));
    size_t room = ALERT_LINE_MAX - l->n - 1;
    l->n += (size_t)n < room ? (size_t)n : room;
}

static void put_number(struct line *l, const char *key, long long value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", value);
    put(l, key, str_of(text));
}

static void put_sla(struct line *l, const struct alert_sla *sla)
{
    put(l, "policy", sla->policy);
    put(l, "metric", str_of(sla_metric_name((enum sla_metric)sla->metric)));
    put(l, "ticket", sla->ticket);
    put_number(l, "instance", sla->instance);
}

static void put_ops(struct line *l, const struct alert *alert)
{
    put(l, "ops", str_of(ops_name((enum ops_kind)alert->rule)));
    put(l, "name", alert->name);
    put_number(l, "value", alert->value);
    put(l, "detail", alert->detail);
}

static void put_rule(struct line *l, const struct rule_setting *rule, const struct alert *alert)
{
    put(l, "rule", str_of(rule->id));
    put(l, "scope", str_of(scope_name((enum scope)rule->scope)));
    put(l, "name", alert->name);
    if (alert->kind == ALERT_MIX)
        put(l, "part", alert->part);
}

const char *alert_line(char buf[ALERT_LINE_MAX], const struct settings *settings,
                       const struct alert *alert)
{
    struct line l = {buf, 0};
    put(&l, "state", str_of(alert_state_name((enum alert_state)alert->state)));
    if (alert->kind == ALERT_SLA)
        put_sla(&l, &alert->sla);
    else if (alert->kind == ALERT_OPS)
        put_ops(&l, alert);
    else
        put_rule(&l, &settings->rule[alert->rule], alert);
    struct str team = alert_owner(alert->team), agent = alert_owner(alert->agent);
    if (team.len > 0)
        put(&l, "team", team);
    if (agent.len > 0)
        put(&l, "agent", agent);
    put_number(&l, "rev", alert->rev);
    return buf;
}
