#include "proto/answer.h"

#include "proto/encode.h"

const char *explain_kind_name(enum explain_kind kind)
{
    static const char *const names[EXPLAIN_KINDS] = {
        [EXPLAIN_INTERVAL] = "interval", [EXPLAIN_PAUSE] = "pause",
        [EXPLAIN_RETARGET] = "retarget", [EXPLAIN_WARNING] = "warning",
        [EXPLAIN_BREACH] = "breach",     [EXPLAIN_CORRECTED] = "corrected",
    };
    CHECK(kind < EXPLAIN_KINDS);
    return names[kind];
}

/* --- explain ------------------------------------------------------------------------------ */

static void emit_clock(struct emitter *em, const struct explain_clock *c)
{
    emit_map(em, NULL);
    emit_text(em, "metric", sla_metric_name((enum sla_metric)c->metric));
    emit_uint(em, "instance", c->instance);
    emit_text(em, "state", clock_state_name((enum clock_state)c->state));
    if (c->cause != CAUSE_NONE)
        emit_text(em, "cause", alert_cause_name((enum alert_cause)c->cause));
    encode_name(em, "policy", c->policy);
    encode_name(em, "calendar", c->calendar);
    encode_instant(em, "start", c->start);
    encode_instant(em, "ended_at", c->ended);
    emit_int(em, "target_ms", c->target);
    emit_int(em, "elapsed_ms", c->elapsed);
    emit_int(em, "remaining_ms", c->target - c->elapsed);
    encode_instant(em, "due_at", c->due_at);
    encode_instant(em, "breach_at", c->breach_at);
    if (c->alert_id != 0) {
        char id[ALERT_ID_DIGITS + 1];
        alert_id_text(c->alert_id, id);
        emit_text(em, "alert_id", id);
    }
    emit_end(em);
}

void answer_explained(struct emitter *em, const char *key, const struct explanation *x)
{
    CHECK(x->clocks <= EXPLAIN_CLOCKS_MAX);
    emit_map(em, key);
    encode_instant(em, "at", x->now);
    emit_str(em, "ticket", x->ticket);
    emit_bool(em, "open", x->open);
    if (x->merged)
        emit_str(em, "into", x->into);
    encode_name(em, "agent", x->agent);
    encode_name(em, "team", x->team);
    encode_name(em, "priority", x->priority);
    encode_name(em, "channel", x->channel);
    encode_name(em, "category", x->category);
    encode_instant(em, "opened_at", x->opened);
    encode_instant(em, "ended_at", x->ended);
    if (x->folded)
        emit_bool(em, "folded", true);
    if (x->items_left_out > 0)
        emit_uint(em, "items_left_out", x->items_left_out);
    emit_array(em, "clocks");
    for (uint32_t i = 0; i < x->clocks; i++)
        emit_clock(em, &x->clock[i]);
    emit_end(em);
    emit_end(em);
}

static void emit_item(struct emitter *em, const struct explain_item *item, ms_t now)
{
    bool lasts = item->kind == EXPLAIN_INTERVAL || item->kind == EXPLAIN_PAUSE;
    emit_map(em, NULL);
    emit_text(em, "kind", explain_kind_name((enum explain_kind)item->kind));
    emit_text(em, "metric", sla_metric_name((enum sla_metric)item->metric));
    emit_uint(em, "instance", item->instance);
    if (item->level > 0)
        emit_uint(em, "level", item->level);
    if (lasts) {
        emit_int(em, "from", item->from);
        if (item->to != MS_NONE) {
            emit_int(em, "to", item->to);
        } else {
            emit_int(em, "to", now);
            emit_bool(em, "goes_on", true);
        }
    } else {
        emit_int(em, "at", item->from);
    }
    if (item->kind == EXPLAIN_INTERVAL)
        emit_int(em, "counted_ms", item->counted);
    if (item->kind == EXPLAIN_RETARGET)
        emit_int(em, "target_ms", item->counted);
    encode_name(em, "agent", item->agent);
    encode_name(em, "team", item->team);
    encode_name(em, "policy", item->policy);
    encode_name(em, "calendar", item->calendar);
    emit_end(em);
}

uint32_t answer_items(struct emitter *em, const char *key, const struct explanation *x,
                      uint32_t from)
{
    CHECK(from <= x->items && x->items <= EXPLAIN_ITEMS_MAX);
    uint32_t n = x->items - from < ANSWER_PAGE ? x->items - from : ANSWER_PAGE;
    emit_map(em, key);
    emit_array(em, "items");
    for (uint32_t i = from; i < from + n; i++)
        emit_item(em, &x->item[i], x->now);
    emit_end(em);
    emit_end(em);
    return n;
}

/* --- worklist ----------------------------------------------------------------------------- */

void answer_worklist(struct emitter *em, const char *key, const struct worklist *w, ms_t at)
{
    emit_map(em, key);
    encode_instant(em, "at", at);
    emit_uint(em, "running", w->running);
    emit_uint(em, "paused", w->paused);
    emit_uint(em, "breached", w->breached);
    emit_map(em, "due");
    emit_uint(em, "15m", w->due_15m);
    emit_uint(em, "30m", w->due_30m);
    emit_uint(em, "60m", w->due_60m);
    emit_end(em);
    emit_uint(em, "listed", w->works);
    emit_end(em);
}

static void emit_work(struct emitter *em, const struct work *work)
{
    emit_map(em, NULL);
    emit_str(em, "ticket", work->ticket);
    emit_text(em, "metric", sla_metric_name((enum sla_metric)work->metric));
    emit_text(em, "state", clock_state_name((enum clock_state)work->state));
    emit_int(em, "remaining_ms", work->remaining);
    encode_instant(em, "due_at", work->due_at);
    encode_instant(em, "breach_at", work->breach_at);
    encode_name(em, "agent", work->agent);
    encode_name(em, "team", work->team);
    encode_name(em, "priority", work->priority);
    encode_name(em, "policy", work->policy);
    emit_end(em);
}

uint32_t answer_works(struct emitter *em, const char *key, const struct worklist *w, uint32_t from)
{
    CHECK(from <= w->works && w->works <= WORKLIST_MAX);
    uint32_t n = w->works - from < ANSWER_PAGE ? w->works - from : ANSWER_PAGE;
    emit_map(em, key);
    emit_array(em, "works");
    for (uint32_t i = from; i < from + n; i++)
        emit_work(em, &w->work[i]);
    emit_end(em);
    emit_end(em);
    return n;
}

/* --- compare ------------------------------------------------------------------------------ */

void answer_change(struct emitter *em, const char *key, const struct sla_change *change,
                   const char *const *fixed, uint32_t n)
{
    CHECK(n <= ANSWER_KEYS_MAX);
    emit_map(em, key);
    emit_uint(em, "tickets", change->tickets);
    emit_uint(em, "changed", change->changed);
    emit_uint(em, "gained", change->gained);
    emit_uint(em, "cancelled", change->cancelled);
    emit_uint(em, "breaches", change->breaches);
    emit_uint(em, "forgiven", change->forgiven);
    emit_array(em, "fixed");
    for (uint32_t i = 0; i < n; i++)
        emit_text(em, NULL, fixed[i]);
    emit_end(em);
    emit_end(em);
}
