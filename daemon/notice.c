#include "daemon/notice.h"

#include "core/err.h"

#include <stdio.h>
#include <time.h>

const char *notice_time(char ret[NOTICE_TIME_MAX], ms_t t)
{
    struct tm tm;
    time_t seconds = (time_t)sec_floor(t);
    if (gmtime_r(&seconds, &tm) == NULL)
        memset(&tm, 0, sizeof tm);
    size_t n = strftime(ret, NOTICE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(ret + n, NOTICE_TIME_MAX - n, ".%03dZ", (int)(t - (ms_t)seconds * MS_SECOND));
    return ret;
}

bool notice_read(const struct message *m, struct notice *ret)
{
    struct str state = message_text(m, "state"), kind = message_text(m, "kind");
    if (kind.len == 0)
        return false;
    *ret = (struct notice){.id = message_text(m, "alert_id")};
    ret->active = str_equal(state, str_of("warning")) || str_equal(state, str_of("breached"));
    if (!ret->active && !message_int(m, "ended_at", &ret->ends) &&
        !message_int(m, "at", &ret->ends))
        return false;
    return true;
}

/* "sla_first_response", or the rule's name. */
static void emit_name(struct emitter *em, const struct message *m)
{
    struct str rule = message_text(m, "rule"), metric = message_text(m, "metric");
    struct str kind = message_text(m, "kind");
    char text[256];
    if (rule.len > 0)
        snprintf(text, sizeof text, "%.*s", (int)rule.len, rule.p);
    else
        snprintf(text, sizeof text, "%.*s%s%.*s", (int)kind.len, kind.p, metric.len > 0 ? "_" : "",
                 (int)metric.len, metric.p);
    emit_text(em, "alertname", text);
}

/* A label's name is [a-zA-Z_][a-zA-Z0-9_]*: other characters of a rule's own labels become _. */
static void emit_own_label(struct emitter *em, const char *name, struct str value)
{
    char key[64];
    size_t n = 0;
    for (; name[n] != 0 && n + 1 < sizeof key; n++) {
        char c = name[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        key[n] = (char)(letter || (n > 0 && c >= '0' && c <= '9') ? c : '_');
    }
    key[n] = 0;
    emit_key(em, str_of(key));
    emit_str(em, NULL, value);
}

static bool is_taken(const char *const *names, size_t n, struct str key)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(str_of(names[i]), key))
            return true;
    return str_equal(key, str_of("alertname"));
}

int notice_labels(const struct message *m, char *buf, size_t cap)
{
    static const char *const names[] = {
        "alert_id", "kind",     "rule", "policy", "metric",   "scope",   "name",     "ticket",
        "window",   "severity", "team", "agent",  "priority", "channel", "category", "part"};
    struct emitter em;
    const struct node *key, *value;
    int64_t instance;
    uint32_t at = 0;
    emit_start(&em, SINK_JSON, buf, cap);
    emit_map(&em, NULL);
    emit_name(&em, m);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str text = message_text(m, names[i]);
        if (text.len > 0)
            emit_str(&em, names[i], text);
    }
    if (message_int(m, "instance", &instance)) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)instance);
        emit_text(&em, "instance_number", text); /* `instance` is a target of Prometheus */
    }
    const struct node *labels = message_find(m, "labels");
    struct str name, text;
    while (labels != NULL && message_each(m, labels, &at, &key, &value)) {
        char own[64];
        if (!node_text(key, &name) || !node_text(value, &text) || text.len == 0 ||
            is_taken(names, ARRAY_LEN(names), name))
            continue;
        snprintf(own, sizeof own, "%.*s", (int)name.len, name.p);
        emit_own_label(&em, own, text);
    }
    emit_end(&em);
    return emit_finish(&em);
}

int notice_rest(const struct message *m, char *buf, size_t cap)
{
    struct emitter em;
    char time[NOTICE_TIME_MAX];
    int64_t since = 0;
    if (!message_int(m, "since", &since))
        (void)message_int(m, "at", &since);
    emit_start(&em, SINK_JSON, buf, cap);
    emit_map(&em, NULL);
    emit_map(&em, "annotations");
    emit_str(&em, "summary", message_text(m, "text"));
    static const char *const times[] = {"due_at", "breach_at"};
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        int64_t t;
        if (message_int(m, times[i], &t))
            emit_text(&em, times[i], notice_time(time, t));
    }
    emit_end(&em);
    emit_text(&em, "startsAt", notice_time(time, since));
    emit_end(&em);
    int n = emit_finish(&em);
    if (n < 0)
        return n;
    CHECK(n >= 2);
    memmove(buf, buf + 1, (size_t)n - 2); /* without its braces */
    return n - 2;
}
