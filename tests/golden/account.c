#include "tests/golden/account.h"

#include "core/trace.h"

#include <stdarg.h>
#include <stdio.h>

/* A line under way. */
struct text {
    char at[1024];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->at + t->n, sizeof t->at - t->n, format, args);
    va_end(args);
    CHECK(n >= 0 && (size_t)n < sizeof t->at - t->n);
    t->n += (size_t)n;
}

static void put_time(struct text *t, const char *key, ms_t at)
{
    char time[64];
    if (at == MS_NONE || at == MS_NEVER)
        return;
    trace_time(time, sizeof time, at);
    put(t, " %s=%s", key, time);
}

static void put_duration(struct text *t, const char *key, ms_t d)
{
    char duration[64];
    trace_duration(duration, sizeof duration, d);
    put(t, " %s=%s", key, duration);
}

static void put_name(struct text *t, const char *key, struct str name)
{
    if (name.len > 0)
        put(t, " %s=%.*s", key, (int)name.len, name.p);
}

static const char *metric_of(uint8_t metric)
{
    return sla_metric_name((enum sla_metric)metric);
}

static void put_clock(struct text *t, const struct explain_clock *c)
{
    put(t, "%s %u %s", metric_of(c->metric), c->instance,
        clock_state_name((enum clock_state)c->state));
    put_name(t, "cause", str_of(alert_cause_name((enum alert_cause)c->cause)));
    put_name(t, "policy", c->policy);
    put_name(t, "calendar", c->calendar);
    put_time(t, "start", c->start);
    put_time(t, "ended", c->ended);
    put_duration(t, "target", c->target);
    put_duration(t, "elapsed", c->elapsed);
    put_time(t, "due_at", c->due_at);
    put_time(t, "breach_at", c->breach_at);
    put(t, "%s", c->alert_id != 0 ? " alert" : "");
}

static void put_item(struct text *t, const struct explain_item *i)
{
    static const char *const kinds[EXPLAIN_KINDS] = {
        [EXPLAIN_INTERVAL] = "interval", [EXPLAIN_PAUSE] = "pause",
        [EXPLAIN_RETARGET] = "retarget", [EXPLAIN_WARNING] = "warning",
        [EXPLAIN_BREACH] = "breach",     [EXPLAIN_CORRECTED] = "corrected",
    };
    CHECK(i->kind < EXPLAIN_KINDS);
    put(t, "  %s %u %s", metric_of(i->metric), i->instance, kinds[i->kind]);
    if (i->level > 0)
        put(t, " level=%u", i->level);
    put_time(t, "from", i->from);
    put_time(t, "to", i->to);
    if (i->kind == EXPLAIN_INTERVAL)
        put_duration(t, "counted", i->counted);
    if (i->kind == EXPLAIN_RETARGET)
        put_duration(t, "target", i->counted);
    put_name(t, "agent", i->agent);
    put_name(t, "team", i->team);
}

uint32_t account_explain(const struct explanation *x, struct str metric,
                         void (*print)(void *ctx, const char *line), void *ctx)
{
    uint32_t lines = 0;
    for (uint32_t i = 0; i < x->clocks; i++) {
        struct text t = {.n = 0};
        if (metric.len > 0 && !str_equal(metric, str_of(metric_of(x->clock[i].metric))))
            continue;
        put_clock(&t, &x->clock[i]);
        print(ctx, t.at);
        lines++;
    }
    for (uint32_t i = 0; i < x->items; i++) {
        struct text t = {.n = 0};
        if (metric.len > 0 && !str_equal(metric, str_of(metric_of(x->item[i].metric))))
            continue;
        put_item(&t, &x->item[i]);
        print(ctx, t.at);
        lines++;
    }
    return lines;
}

void account_worklist(const struct worklist *w, void (*print)(void *ctx, const char *line),
                      void *ctx)
{
    struct text sums = {.n = 0};
    put(&sums, "running=%llu paused=%llu breached=%llu due_15m=%llu due_30m=%llu due_60m=%llu",
        (unsigned long long)w->running, (unsigned long long)w->paused,
        (unsigned long long)w->breached, (unsigned long long)w->due_15m,
        (unsigned long long)w->due_30m, (unsigned long long)w->due_60m);
    print(ctx, sums.at);
    for (uint32_t i = 0; i < w->works; i++) {
        const struct work *k = &w->work[i];
        struct text t = {.n = 0};
        put(&t, "%.*s %s %s", (int)k->ticket.len, k->ticket.p, metric_of(k->metric),
            clock_state_name((enum clock_state)k->state));
        put_duration(&t, "remaining", k->remaining);
        put_time(&t, "due_at", k->due_at);
        put_time(&t, "breach_at", k->breach_at);
        put_name(&t, "agent", k->agent);
        put_name(&t, "team", k->team);
        put_name(&t, "priority", k->priority);
        put_name(&t, "policy", k->policy);
        print(ctx, t.at);
    }
}

void account_change(const struct sla_change *c, void (*print)(void *ctx, const char *line),
                    void *ctx)
{
    struct text t = {.n = 0};
    put(&t, "tickets=%llu changed=%llu gained=%llu cancelled=%llu breaches=%llu forgiven=%llu",
        (unsigned long long)c->tickets, (unsigned long long)c->changed,
        (unsigned long long)c->gained, (unsigned long long)c->cancelled,
        (unsigned long long)c->breaches, (unsigned long long)c->forgiven);
    print(ctx, t.at);
}
