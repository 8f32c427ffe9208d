/* Alerts as messages. */
#include "core/event.h"
#include "core/policy.h"
#include "core/score.h"
#include "proto/encode.h"
#include "proto/ops.h"
#include "proto/topic.h"

#include <stdio.h>

void alert_id_text(uint64_t alert_id, char ret[ALERT_ID_DIGITS + 1])
{
    for (int i = 0; i < ALERT_ID_DIGITS; i++)
        ret[i] = "0123456789abcdef"[alert_id >> (60 - 4 * i) & 15];
    ret[ALERT_ID_DIGITS] = '\0';
}

bool alert_id_parse(struct str text, uint64_t *ret)
{
    uint64_t id = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
        id = id << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret = id;
    return text.len == ALERT_ID_DIGITS && id != 0;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {
        [SEVERITY_INFO] = "info",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_CRITICAL] = "critical",
    };
    CHECK(severity < ARRAY_LEN(names));
    return names[severity];
}

/* A value as the rule compares it. */
static void emit_compared(struct emitter *em, const char *key, const struct rule_setting *rule,
                          int64_t v)
{
    bool part = rule->kind == RULE_TREND && !rule->absolute;
    if (rule->kind == RULE_SCORE || rule->kind == RULE_MIX || part)
        encode_value(em, key, IND_CSAT, IF_MEAN, v); /* millionths, whatever the indicator is */
    else
        encode_value(em, key, rule->indicator, rule->field, v);
}

enum severity alert_severity(const struct settings *settings, const struct alert *alert)
{
    static const uint8_t severity[] = {
        [ALERT_WARNING] = SEVERITY_WARNING, [ALERT_BREACHED] = SEVERITY_CRITICAL,
        [ALERT_CLEARED] = SEVERITY_INFO,    [ALERT_CORRECTED] = SEVERITY_INFO,
        [ALERT_CANCELLED] = SEVERITY_INFO,
    };
    if (alert->kind == ALERT_OPS)
        return ops_severity((enum ops_kind)alert->rule);
    if (alert->kind != ALERT_SLA) {
        CHECK(alert->rule < settings->rules);
        return (enum severity)settings->rule[alert->rule].severity;
    }
    CHECK(alert->state < ARRAY_LEN(severity));
    return (enum severity)severity[alert->state];
}

/* "opened.category" */
static void emit_mix(struct emitter *em, const struct rule_setting *rule)
{
    char metric[64];
    const struct mix_kind *mix = &mixes[rule->mix];
    snprintf(metric, sizeof metric, "%s.%s", mix->of, mix->by);
    emit_text(em, "metric", metric);
}

static void emit_rule(struct emitter *em, const struct settings *settings,
                      const struct rule_setting *rule)
{
    bool score = rule->kind == RULE_SCORE;
    enum indicator i = (enum indicator)rule->indicator;
    struct figure_source of = {rule->indicator, rule->field, rule->aspect};
    emit_text(em, "rule", rule->id);
    if (rule->kind == RULE_MIX)
        emit_mix(em, rule);
    else
        emit_text(em, "metric", score ? "score" : figure_name(settings, of));
    if (score)
        emit_text(em, "card", rule->card);
    else
        emit_text(em, "field", indicator_field_name((enum indicator_field)rule->field));
    if (!score && custom_of(settings, i) != NULL) /* "" too: it tells that it is one of these */
        emit_text(em, "unit", custom_unit(settings, i, (enum indicator_field)rule->field));
    if (rule->kind == RULE_TREND)
        emit_text(em, "trend", rule->absolute ? "absolute" : "relative");
    if (score || rule->kind == RULE_MIX || indicator_kind(i) != IND_GAUGE)
        emit_text(em, "window", settings->window[rule->window].name);
    if (rule->when[0] != 0)
        emit_text(em, "when", rule->when);
    emit_compared(em, "threshold", rule, rule->fire);
    if (rule->labels == 0)
        return;
    emit_map(em, "labels");
    for (uint32_t k = 0; k < rule->labels; k++)
        emit_text(em, rule->label[k].key, rule->label[k].value);
    emit_end(em);
}

/* What was compared, and for scores what it is called. */
static void emit_found(struct emitter *em, const struct rule_setting *rule,
                       const struct alert *alert)
{
    if (alert->has_value)
        emit_compared(em, "value", rule, alert->value);
    else
        emit_nil(em, "value");
    emit_uint(em, "n", alert->n);
    if (rule->kind == RULE_MIX)
        emit_int(em, "num", alert->now);
    if (rule->kind == RULE_SCORE && alert->has_value)
        emit_text(em, "grade", score_grade_wire(score_grade_of(alert->value)));
    if (rule->kind != RULE_TREND || !alert->has_value)
        return;
    encode_value(em, "now", rule->indicator, rule->field, alert->now);
    encode_value(em, "before", rule->indicator, rule->field, alert->before);
    emit_uint(em, "n_before", alert->n_before);
}

static void emit_kpi(struct emitter *em, const struct settings *settings, const struct alert *alert)
{
    CHECK(alert->rule < settings->rules);
    const struct rule_setting *rule = &settings->rule[alert->rule];
    enum scope scope = (enum scope)rule->scope;
    emit_rule(em, settings, rule);
    emit_text(em, "scope", scope_name(scope));
    emit_str(em, "name", alert->name);
    if (scope == SCOPE_AGENT || scope == SCOPE_TEAM || scope == SCOPE_CHANNEL ||
        scope == SCOPE_PRIORITY || scope == SCOPE_CATEGORY)
        emit_str(em, scope_name(scope), alert->name);
    if (rule->kind == RULE_MIX) {
        emit_str(em, "part", alert->part);
        if (strcmp(mixes[rule->mix].by, "category") == 0)
            emit_str(em, "category", alert->part);
    }
    emit_int(em, "since", alert->since);
    if (alert->ended_at != MS_NONE)
        emit_int(em, "ended_at", alert->ended_at);
    emit_found(em, rule, alert);
    if (alert->sla.cause != CAUSE_NONE)
        emit_text(em, "cause", alert_cause_name((enum alert_cause)alert->sla.cause));
}

/* Whose ticket: the names that an SLA alert has besides its policy's. */
static void emit_ticket(struct emitter *em, const struct alert *alert)
{
    const struct alert_sla *sla = &alert->sla;
    emit_str(em, "ticket", sla->ticket);
    emit_uint(em, "instance", sla->instance);
    encode_name(em, "agent", alert_owner(alert->agent));
    encode_name(em, "team", alert_owner(alert->team));
    encode_name(em, "priority", sla->priority);
    encode_name(em, "channel", sla->channel);
    encode_name(em, "category", sla->category);
}

static void emit_shares(struct emitter *em, const struct alert_sla *sla)
{
    CHECK(sla->shares <= ALERT_SHARES);
    if (sla->shares == 0)
        return;
    emit_map(em, "shares");
    for (uint32_t i = 0; i < sla->shares; i++) {
        emit_key(em, sla->share[i].agent);
        emit_int(em, NULL, sla->share[i].ms);
    }
    emit_end(em);
}

static void emit_sla(struct emitter *em, const struct alert *alert)
{
    const struct alert_sla *sla = &alert->sla;
    encode_name(em, "policy", sla->policy);
    encode_name(em, "calendar", sla->calendar);
    emit_text(em, "metric", sla_metric_name((enum sla_metric)sla->metric));
    emit_ticket(em, alert);
    if (sla->level > 0 && (alert->state == ALERT_WARNING || alert->state == ALERT_BREACHED))
        emit_uint(em, "level", sla->level);
    emit_int(em, "since", alert->since);
    encode_instant(em, "ended_at", alert->ended_at);
    emit_int(em, "target_ms", sla->target);
    emit_int(em, "elapsed_ms", sla->elapsed);
    emit_int(em, "remaining_ms", sla->target - sla->elapsed);
    encode_instant(em, "due_at", sla->due_at);
    encode_instant(em, "breach_at", sla->breach_at);
    if (sla->cause != CAUSE_NONE)
        emit_text(em, "cause", alert_cause_name((enum alert_cause)sla->cause));
    if (sla->late)
        emit_bool(em, "late", true);
    if (sla->held)
        emit_bool(em, "held", true);
    emit_shares(em, sla);
}

static void emit_ops(struct emitter *em, const struct alert *alert)
{
    enum ops_kind what = (enum ops_kind)alert->rule;
    emit_text(em, "metric", ops_name(what));
    emit_text(em, "scope", ops_scope(what));
    emit_str(em, "name", alert->name);
    emit_int(em, "since", alert->since);
    encode_instant(em, "ended_at", alert->ended_at);
    if (alert->has_value)
        emit_int(em, "value", alert->value);
    encode_name(em, "detail", alert->detail);
}

/* What people said of it, and why it was not published. */
static void emit_remark(struct emitter *em, const struct alert *alert)
{
    static const char *const untold[] = {
        [ALERT_TOLD] = "", [ALERT_MUTED] = "mute", [ALERT_DIGESTED] = "storm"};
    encode_name(em, "acked_by", alert->acked_by);
    if (alert->muted == MS_NEVER)
        emit_bool(em, "muted", true);
    else if (alert->muted != 0)
        emit_int(em, "muted", alert->muted);
    encode_name(em, "muted_by", alert->muted_by);
    if (alert->untold != ALERT_TOLD)
        emit_text(em, "untold", untold[alert->untold]);
}

void encode_alert(struct emitter *em, const char *key, const struct envelope *env,
                  const struct settings *settings, const struct alert *alert, enum lang lang)
{
    char id[ALERT_ID_DIGITS + 1], text[PHRASE_MAX];
    encode_begin(em, key, env);
    alert_id_text(alert->alert_id, id);
    emit_text(em, "alert_id", id);
    emit_uint(em, "rev", alert->rev);
    emit_text(em, "state", alert_state_name((enum alert_state)alert->state));
    emit_text(em, "kind", alert_kind_name((enum alert_kind)alert->kind));
    emit_text(em, "severity", severity_name(alert_severity(settings, alert)));
    if (alert->kind == ALERT_SLA)
        emit_sla(em, alert);
    else if (alert->kind == ALERT_OPS)
        emit_ops(em, alert);
    else
        emit_kpi(em, settings, alert);
    emit_remark(em, alert);
    emit_text(em, "text", phrase_alert(text, settings, alert, lang));
    emit_end(em);
}
