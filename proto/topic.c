#include "proto/topic.h"

static void put(struct topic *t, char c)
{
    CHECK(t->len < TOPIC_BYTES_MAX);
    t->text[t->len++] = c;
}

void topic_start(struct topic *t)
{
    t->len = 0;
}

void topic_word(struct topic *t, const char *word)
{
    for (; *word != '\0'; word++)
        put(t, *word);
    put(t, '.');
}

void topic_name(struct topic *t, struct str name)
{
    static const char digits[] = "0123456789ABCDEF";
    CHECK(name.len <= NAME_BYTES_MAX);
    if (name.len == 0)
        put(t, '-');
    bool dash = str_equal(name, str_of("-"));
    for (uint32_t i = 0; i < name.len; i++) {
        uint8_t c = (uint8_t)name.p[i];
        if (c > ' ' && c != '.' && c != '%' && c != 0x7f && !dash) {
            put(t, (char)c);
            continue;
        }
        put(t, '%');
        put(t, digits[c >> 4]);
        put(t, digits[c & 15]);
    }
    put(t, '.');
}

static const char *const states[] = {
    [ALERT_WARNING] = "warning",     [ALERT_BREACHED] = "breached",   [ALERT_CLEARED] = "cleared",
    [ALERT_CORRECTED] = "corrected", [ALERT_CANCELLED] = "cancelled",
};

const char *alert_state_name(enum alert_state state)
{
    CHECK(state < ARRAY_LEN(states));
    return states[state];
}

const char *alert_kind_name(enum alert_kind kind)
{
    static const char *const kinds[] = {[ALERT_KPI] = "kpi",
                                        [ALERT_SLA] = "sla",
                                        [ALERT_SCORE] = "score",
                                        [ALERT_OPS] = "ops",
                                        [ALERT_MIX] = "mix"};
    CHECK(kind < ARRAY_LEN(kinds));
    return kinds[kind];
}

struct str alert_owner(struct str name)
{
    return str_equal(name, str_of("-")) ? (struct str){NULL, 0} : name;
}

void topic_alert(struct topic *ret, const struct settings *settings, const struct alert *alert)
{
    const struct str absent = {NULL, 0};
    struct str team = absent, agent = absent;
    if (alert->kind == ALERT_SLA) {
        team = alert_owner(alert->team);
        agent = alert_owner(alert->agent);
    } else if (alert->kind != ALERT_OPS) {
        CHECK(alert->rule < settings->rules);
        enum scope scope = (enum scope)settings->rule[alert->rule].scope;
        team = scope == SCOPE_TEAM ? alert->name : absent;
        agent = scope == SCOPE_AGENT ? alert->name : absent;
    }
    topic_start(ret);
    topic_word(ret, "alert");
    topic_word(ret, alert_kind_name((enum alert_kind)alert->kind));
    topic_word(ret, alert_state_name((enum alert_state)alert->state));
    topic_name(ret, team);
    topic_name(ret, agent);
}

void topic_scope(struct topic *ret, const char *stream, enum scope scope, struct str name)
{
    topic_start(ret);
    topic_word(ret, stream);
    topic_word(ret, scope_name(scope));
    topic_name(ret, scope == SCOPE_ALL ? (struct str){NULL, 0} : name);
}

void topic_snapshot(struct topic *ret, enum scope scope, struct str name)
{
    topic_scope(ret, "kpi", scope, name);
}

bool topic_matches(struct str prefix, struct str topic)
{
    return prefix.len <= topic.len &&
           (prefix.len == 0 || memcmp(prefix.p, topic.p, prefix.len) == 0);
}
