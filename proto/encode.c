#include "proto/encode.h"

#include "core/event.h"
#include "core/policy.h"
#include "core/score.h"
#include "proto/schema.h"
#include "proto/topic.h"

const char *stream_name(enum stream s)
{
    static const char *const names[STREAM_N] = {"alert", "kpi", "score", "sys"};
    CHECK(s < STREAM_N);
    return names[s];
}

void encode_begin(struct emitter *em, const char *key, const struct envelope *env)
{
    emit_map(em, key);
    if (env == NULL)
        return;
    emit_int(em, "v", PROTOCOL_VERSION);
    emit_str(em, "run", env->run);
    emit_int(em, "at", env->at);
    emit_text(em, "stream", stream_name((enum stream)env->stream));
    emit_uint(em, "seq", env->seq);
}

static double fraction(int64_t millionths)
{
    return (double)millionths / NUMBER_ONE;
}

void encode_value(struct emitter *em, const char *key, uint32_t indicator, uint32_t field,
                  int64_t v)
{
    if (indicator_field_is_ms((enum indicator)indicator, (enum indicator_field)field))
        emit_int(em, key, v);
    else if (v % NUMBER_ONE == 0)
        emit_int(em, key, v / NUMBER_ONE);
    else
        emit_float(em, key, fraction(v));
}

void encode_name(struct emitter *em, const char *key, struct str name)
{
    if (name.len > 0)
        emit_str(em, key, name);
}

void encode_instant(struct emitter *em, const char *key, ms_t at)
{
    if (at != MS_NEVER && at != MS_NONE)
        emit_int(em, key, at);
}

/* --- snapshots ---------------------------------------------------------------------------- */

static void emit_ratio(struct emitter *em, const char *key, int64_t num, int64_t den)
{
    if (den == 0)
        emit_nil(em, key);
    else
        emit_float(em, key, (double)num / (double)den);
}

static void emit_order(struct emitter *em, const struct kpi_value *v)
{
    static const char *const names[WINDOW_QUANTILES] = {"p50", "p75", "p90", "p95", "p99"};
    emit_uint(em, "n", v->n);
    if (v->n == 0) {
        emit_nil(em, "mean");
        emit_nil(em, "min");
        emit_nil(em, "max");
    } else {
        emit_float(em, "mean", (double)v->sum / (double)v->n);
        emit_int(em, "min", v->order.min);
        emit_int(em, "max", v->order.max);
    }
    for (size_t q = 0; q < WINDOW_QUANTILES; q++) {
        if (v->n == 0)
            emit_nil(em, names[q]);
        else
            emit_int(em, names[q], v->order.q[q]);
    }
}

/* Against the target, or against what policies asked: those have no single target to tell. */
static void emit_judged(struct emitter *em, const struct kpi_value *v)
{
    uint64_t judged = v->met + v->missed;
    if (v->target > 0)
        emit_int(em, "target", v->target);
    if (v->target == 0 && judged + v->strict_missed == 0)
        return;
    emit_uint(em, "met", v->met);
    emit_uint(em, "missed", v->missed);
    emit_ratio(em, "attainment", (int64_t)v->met, (int64_t)judged);
    emit_ratio(em, "attainment_strict", (int64_t)v->met, (int64_t)(judged + v->strict_missed));
}

/* The duration in business time that stands inside this one; IND_N: none does. */
static enum indicator business_of(enum indicator i)
{
    STATIC_ASSERT(IND_AGENT_WORK_B - IND_FIRST_RESPONSE_B == IND_AGENT_WORK - IND_FIRST_RESPONSE,
                  "both in the same order");
    if (i > IND_AGENT_WORK)
        return IND_N;
    return (enum indicator)(i - IND_FIRST_RESPONSE + IND_FIRST_RESPONSE_B);
}

static void emit_duration(struct emitter *em, const struct kpi_window *w, const struct kpi_value *v)
{
    enum indicator business = business_of((enum indicator)v->indicator);
    emit_order(em, v);
    emit_judged(em, v);
    for (const struct kpi_value *b = v + 1; business != IND_N && b < w->value + w->values; b++) {
        if (b->indicator != business)
            continue;
        emit_map(em, "business");
        emit_order(em, b); /* met and missed stand beside it */
        emit_end(em);
        break;
    }
}

static void emit_millionths(struct emitter *em, const char *key, int64_t v)
{
    encode_value(em, key, IND_CUSTOM_FIRST, IF_NUM, v);
}

/* Of the site's own. */
static void emit_custom(struct emitter *em, const struct custom_setting *c,
                        const struct kpi_value *v)
{
    switch ((enum custom_kind)c->kind) {
    case CUSTOM_COUNT:
        emit_millionths(em, "num", v->num);
        break;
    case CUSTOM_SUM:
        emit_uint(em, "n", v->n);
        emit_millionths(em, "num", v->num);
        break;
    case CUSTOM_MEAN:
        emit_uint(em, "n", v->n);
        emit_ratio(em, "mean", v->num, (int64_t)v->n * NUMBER_ONE);
        break;
    case CUSTOM_RATIO:
        emit_millionths(em, "num", v->num);
        emit_millionths(em, "den", v->den);
        emit_ratio(em, "value", v->num, v->den > 0 ? v->den : 0);
        break;
    case CUSTOM_KINDS:
        break;
    }
    encode_name(em, "unit", str_of(c->unit));
}

static void emit_value(struct emitter *em, const struct settings *settings,
                       const struct kpi_window *w, const struct kpi_value *v)
{
    enum indicator i = (enum indicator)v->indicator;
    if (indicator_is_business(i))
        return; /* stands inside its duration, which has something when this has */
    emit_map(em, custom_name(settings, i));
    switch (indicator_kind(i)) {
    case IND_DURATION:
        emit_duration(em, w, v);
        break;
    case IND_COUNT:
        emit_int(em, "num", v->num);
        break;
    case IND_RATIO:
    case IND_NUMBER:
    case IND_SHARE:
        emit_int(em, "num", v->num);
        emit_int(em, "den", v->den);
        emit_ratio(em, "value", v->num, v->den);
        if (!indicator_has_field(i, IF_PENDING))
            break;
        emit_int(em, "pending", v->pending);
        emit_ratio(em, "value_mature", v->num - v->pending_num, v->den - v->pending);
        break;
    case IND_MEAN:
        emit_uint(em, "n", v->n);
        emit_ratio(em, "mean", v->sum, (int64_t)v->n * NUMBER_ONE);
        break;
    case IND_CUSTOM:
        emit_custom(em, custom_of(settings, i), v);
        break;
    case IND_GAUGE:
        break; /* stand under `now` */
    }
    emit_end(em);
}

static void emit_window(struct emitter *em, const struct settings *settings,
                        const struct kpi_window *w)
{
    emit_map(em, settings->window[w->window].name);
    emit_int(em, "from", w->from);
    if (w->covered_from > w->from)
        emit_int(em, "covered_from", w->covered_from);
    if (w->slot_ms > 0)
        emit_int(em, "slot_ms", w->slot_ms);
    for (uint32_t i = 0; i < w->values; i++)
        emit_value(em, settings, w, &w->value[i]);
    encode_parts(em, w);
    emit_end(em);
}

static void emit_gauges(struct emitter *em, const struct snapshot *s)
{
    emit_map(em, "now");
    for (enum indicator i = (enum indicator)IND_GAUGE_FIRST; i < IND_N; i++) {
        int64_t v = s->gauge[i - IND_GAUGE_FIRST];
        struct str of = s->gauge_of[i - IND_GAUGE_FIRST];
        if (!indicator_field_is_ms(i, IF_VALUE)) {
            emit_int(em, indicator_name(i), v);
        } else if (of.len > 0) {
            emit_map(em, indicator_name(i));
            emit_int(em, "ms", v);
            emit_str(em, i == IND_LONGEST_CALL ? "call" : "ticket", of);
            emit_end(em);
        }
    }
    if (s->present) {
        emit_map(em, "presence");
        emit_text(em, "state", schema_word(F_STATE, s->presence));
        emit_int(em, "since", s->present_since);
        emit_end(em);
    }
    emit_end(em);
}

void encode_quality(struct emitter *em, const struct quality *q)
{
    emit_map(em, "quality");
    emit_int(em, "behind_ms", q->behind_ms);
    emit_uint(em, "gaps", q->gaps);
    emit_uint(em, "late_dropped", q->late_dropped);
    emit_uint(em, "skewed", q->skewed);
    emit_end(em);
}

void encode_snapshot(struct emitter *em, const char *key, const struct envelope *env,
                     const struct settings *settings, const struct snapshot *snapshot,
                     const struct quality *quality)
{
    encode_begin(em, key, env);
    if (env == NULL)
        emit_int(em, "at", snapshot->at);
    emit_text(em, "scope", scope_name((enum scope)snapshot->scope));
    emit_str(em, "name", snapshot->name);
    encode_name(em, "title", snapshot->title);
    encode_name(em, "team", snapshot->team);
    emit_map(em, "windows");
    for (uint32_t i = 0; i < snapshot->windows; i++)
        emit_window(em, settings, &snapshot->window[i]);
    emit_end(em);
    emit_gauges(em, snapshot);
    emit_float(em, "error", PERCENTILE_ERROR);
    emit_int(em, "def_version", DEF_VERSION);
    if (quality != NULL)
        encode_quality(em, quality);
    emit_end(em);
}

/* --- the stream itself -------------------------------------------------------------------- */

void encode_round(struct emitter *em, const char *key, const struct envelope *env, uint64_t round,
                  uint64_t count, bool full)
{
    encode_begin(em, key, env);
    emit_uint(em, "round", round);
    emit_uint(em, "count", count);
    emit_bool(em, "full", full);
    emit_end(em);
}

void encode_heartbeat(struct emitter *em, const char *key, const struct envelope *env,
                      const uint64_t last[STREAM_N], bool standby,
                      const struct undelivered_list *undelivered)
{
    char id[ALERT_ID_DIGITS + 1];
    encode_begin(em, key, env);
    emit_map(em, "last");
    for (enum stream s = 0; s < STREAM_N; s++)
        if (s != STREAM_SYS)
            emit_uint(em, stream_name(s), last[s]);
    emit_end(em);
    if (standby)
        emit_text(em, "role", "standby");
    if (undelivered != NULL && undelivered->n > 0) {
        emit_map(em, "undelivered");
        for (uint32_t i = 0; i < undelivered->n; i++) {
            const struct undelivered *u = &undelivered->at[i];
            alert_id_text(u->alert_id, id);
            emit_map(em, u->receiver);
            emit_text(em, "alert_id", id);
            emit_uint(em, "rev", u->rev);
            emit_end(em);
        }
        emit_end(em);
    }
    emit_end(em);
}
