#include "daemon/outlet.h"

#include "daemon/alert_line.h"
#include "daemon/durable.h"
#include "daemon/query.h"
#include "daemon/recorder.h"
#include "daemon/standby.h"

#include <uv.h>

enum { NAMES_A_LOOK = 64 }; /* names passed over between two looks at the time */

void outlet_init(struct outlet *o, struct engine *engine, struct bus *bus,
                 const struct config *config, struct status *status, struct log *log, uint64_t now)
{
    o->engine = engine;
    o->bus = bus;
    o->log = log;
    o->config = config;
    o->status = status;
    o->heartbeat_due = now;
    o->round_due = now + (uint64_t)config->snapshot_every;
    o->full_due = now + (uint64_t)config->full_every;
}

static bool stands_by(const struct outlet *o)
{
    return o->standby != NULL && o->standby->on;
}

static struct envelope envelope(const struct outlet *o, enum stream stream, uint64_t seq)
{
    struct envelope env = bus_envelope(o->bus, stream, o->at);
    env.seq = seq;
    return env;
}

/* Alerts that are held leave before the next one. */
static uint64_t next_seq(const struct outlet *o, enum stream stream)
{
    uint32_t held = stream == STREAM_ALERT && o->held != NULL ? o->held->n : 0;
    return o->bus->seq[stream] + held + 1;
}

/* The message is in the stream now, under the number that it was made with. quiet: it is only kept
 * for those who ask. */
static void leave(struct outlet *o, const struct topic *topic, const void *message, size_t n,
                  bool quiet)
{
    struct bus *bus = o->bus;
    if (quiet)
        bus_keep(bus, STREAM_ALERT, topic, message, n);
    else
        bus_publish(bus, STREAM_ALERT, topic, message, n);
    if (o->record != NULL)
        recorder_alert(o->record, bus->base + bus->seq[STREAM_ALERT], topic_str(topic), message, n);
}

/* Publishes n bytes of o->buf; n < 0 is a message that did not fit, which is told, not sent. */
static void publish(struct outlet *o, enum stream stream, const struct topic *topic, int n)
{
    char text[LOG_TEXT_MAX];
    if (n < 0)
        log_error(o->log, "message too large", "topic=%s", log_text(text, topic_str(topic)));
    else
        bus_publish(o->bus, stream, topic, o->buf, (size_t)n);
}

/* --- alerts --------------------------------------------------------------------------------- */

int outlet_alert(struct outlet *o, const struct alert *alert, uint64_t seq)
{
    struct emitter em;
    struct envelope env = envelope(o, STREAM_ALERT, seq);
    emit_start(&em, SINK_MSGPACK, o->buf, ALERT_BYTES_MAX);
    encode_alert(&em, NULL, &env, &o->config->settings, alert, (enum lang)o->config->language);
    return emit_finish(&em);
}

static void log_alert(const struct outlet *o, const struct alert *alert)
{
    char line[ALERT_LINE_MAX];
    log_line(o->log, alert->kind == ALERT_OPS ? LOG_WARNING : LOG_INFO, "alert", "%s",
             alert_line(line, &o->config->settings, alert));
}

void outlet_release(struct outlet *o, uint64_t seq)
{
    const struct held_message *m;
    struct topic topic;
    /* What a bus that is closed cannot send stays for the next start. */
    while (o->held != NULL && o->bus->closed == NULL && (m = held_next(o->held, seq)) != NULL) {
        memcpy(topic.text, m->bytes, m->topic);
        topic.len = m->topic;
        leave(o, &topic, m->bytes + m->topic, m->rest, m->quiet);
        held_drop(o->held);
    }
}

/* With a journal alerts wait until it has what they tell of; without memory for that they leave
 * early rather than not at all. quiet: it is only kept for those who ask. */
static void deliver(struct outlet *o, const struct topic *topic, int n, bool quiet)
{
    if (n > 0 && o->held != NULL &&
        held_add(o->held, o->held_seq, topic_str(topic), o->buf, (size_t)n)) {
        if (quiet)
            held_keep(o->held);
        return;
    }
    outlet_release(o, UINT64_MAX);
    if (n > 0)
        leave(o, topic, o->buf, (size_t)n, quiet);
    else
        publish(o, STREAM_ALERT, topic, n); /* tells that it is too large */
}

void outlet_tell(struct outlet *o, const struct topic *topic, size_t n, bool quiet)
{
    o->storm.published += !quiet;
    deliver(o, topic, (int)n, quiet);
}

uint64_t outlet_told(const struct outlet *o, uint64_t seq)
{
    const struct echo *x = stands_by(o) ? echoes_oldest(&o->standby->echoes) : NULL;
    return x != NULL && x->seq < seq ? x->seq : seq;
}

int outlet_attend(struct outlet *o, const struct alert *alert, enum attention what, struct str by,
                  ms_t until, struct alert *ret)
{
    struct effect effect;
    struct outbox out = {.effects = &effect, .cap = 1};
    bool ops = alert->kind == ALERT_OPS;
    int err = ops ? concerns_attend(o->concerns, alert->alert_id, what, by, until, o->at, &effect)
                  : engine_attend(o->engine, alert, what, by, until, o->at, &out);
    if (err != 0)
        return err;
    out.n = 1;
    if (o->durable != NULL && !ops)
        durable_attend(o->durable, o->at, alert->alert_id, what, by, until);
    outlet_effects(o, &out);
    if (ret != NULL)
        *ret = effect.alert;
    return 0;
}

uint64_t outlet_alert_seq(const struct outlet *o)
{
    return next_seq(o, STREAM_ALERT);
}

/* Publishes the alert, or keeps it: a muted repeat, or one too many in this minute. */
static void publish_alert(struct outlet *o, struct alert *alert)
{
    struct topic topic;
    const struct settings *settings = &o->config->settings;
    struct str by = alert->kind == ALERT_SLA   ? alert->sla.policy
                    : alert->kind == ALERT_OPS ? str_of(ops_name((enum ops_kind)alert->rule))
                                               : str_of(settings->rule[alert->rule].id);
    uint64_t seq = next_seq(o, STREAM_ALERT);
    bool muted = alert->untold == ALERT_MUTED, was_calm = o->storm.digest.n == 0;
    if (!muted && storm_takes(&o->storm, alert, alert_severity(settings, alert), by, seq, o->at,
                              alert->said ? 0 : o->config->alerts_per_minute))
        alert->untold = ALERT_DIGESTED;
    o->status->alerts_muted += muted;
    topic_alert(&topic, settings, alert);
    deliver(o, &topic, outlet_alert(o, alert, seq), alert->untold != ALERT_TOLD);
    if (alert->untold == ALERT_TOLD)
        log_alert(o, alert);
    else if (!muted && was_calm)
        log_warning(o->log, "alert storm", "told=%u: the rest of this minute is summed up",
                    o->storm.told);
}

static void publish_digest(struct outlet *o)
{
    struct emitter em;
    struct topic topic;
    struct envelope env = envelope(o, STREAM_ALERT, next_seq(o, STREAM_ALERT));
    topic_digest(&topic);
    emit_start(&em, SINK_MSGPACK, o->buf, DIGEST_BYTES_MAX);
    encode_digest(&em, NULL, &env, &o->storm.digest, (enum lang)o->config->language);
    deliver(o, &topic, emit_finish(&em), false);
    log_warning(o->log, "alert digest", "alerts=%llu", (unsigned long long)o->storm.digest.n);
    storm_clear(&o->storm);
}

void outlet_flush(struct outlet *o)
{
    if (o->storm.digest.n > 0)
        publish_digest(o);
}

uint32_t outlet_active(const struct outlet *o)
{
    const struct engine_counters *c = engine_counters(o->engine);
    return (uint32_t)(c->alerts_fired - c->alerts_cleared - c->alerts_corrected -
                      c->alerts_cancelled + c->sla_fired - c->sla_cleared - c->sla_corrected -
                      c->sla_cancelled) +
           (o->concerns == NULL ? 0 : concerns_active(o->concerns));
}

bool outlet_alert_next(const struct outlet *o, uint64_t *at, struct alert *ret)
{
    const uint64_t done = 1ULL << 32; /* of *at: those of the engine are told */
    uint32_t index = (uint32_t)*at;
    if ((*at & done) == 0 && engine_alert_next(o->engine, &index, ret)) {
        *at = index;
        return true;
    }
    index = (*at & done) == 0 ? 0 : index;
    bool more = o->concerns != NULL && concerns_next(o->concerns, &index, ret);
    *at = done | index;
    return more;
}

void outlet_effects(struct outlet *o, struct outbox *out)
{
    for (uint32_t i = 0; i < out->n; i++) {
        struct effect *e = &out->effects[i];
        if (e->kind == EFFECT_ALERT && stands_by(o))
            standby_alert(o->standby, &e->alert);
        else if (e->kind == EFFECT_ALERT)
            publish_alert(o, &e->alert);
        else
            log_warning(o->log, "limit met", "limit=%s", limit_met_name((enum limit_met)e->limit));
    }
    for (uint32_t i = 0; i < out->n && o->limit_met != NULL; i++)
        if (out->effects[i].kind == EFFECT_LIMIT)
            o->limit_met(o->data, (enum limit_met)out->effects[i].limit);
    out->n = 0;
}

/* --- snapshots ------------------------------------------------------------------------------ */

static struct quality quality(const struct outlet *o)
{
    const struct engine_counters *c = engine_counters(o->engine);
    struct quality q = o->status->quality;
    q.gaps = c->seq_gaps;
    q.late_dropped = c->late_dropped;
    q.skewed = c->skewed;
    return q;
}

static bool is_empty(const struct snapshot *s)
{
    uint64_t something = 0;
    for (uint32_t i = 0; i < s->windows; i++)
        something |= s->window[i].values;
    for (uint32_t i = 0; i < GAUGES; i++)
        something |= (uint64_t)s->gauge[i];
    return something == 0;
}

/* Names in parentheses exist from the start, whether anything is counted under them or not. */
static bool nobody(const struct snapshot *s)
{
    return s->name.len > 0 && s->name.p[0] == '(' && is_empty(s);
}

int outlet_sample(struct outlet *o, enum scope scope, uint32_t index, uint32_t window)
{
    struct emitter em;
    engine_snapshot(o->engine, scope, index, 1u << window, &o->snapshot);
    if (scope != SCOPE_ALL && is_empty(&o->snapshot))
        return 0;
    emit_start(&em, SINK_JSON, o->buf, ARCHIVE_JSON_MAX);
    encode_snapshot(&em, NULL, NULL, &o->config->settings, &o->snapshot, NULL);
    int n = emit_finish(&em);
    return n < 0 ? 0 : n;
}

int outlet_snapshot(struct outlet *o, enum scope scope, uint32_t index, uint32_t windows,
                    uint64_t seq)
{
    struct emitter em;
    struct envelope env = envelope(o, STREAM_KPI, seq);
    struct quality q = quality(o);
    engine_snapshot(o->engine, scope, index, windows, &o->snapshot);
    if (nobody(&o->snapshot))
        return 0;
    emit_start(&em, SINK_MSGPACK, o->buf, sizeof o->buf);
    encode_snapshot(&em, NULL, &env, &o->config->settings, &o->snapshot, &q);
    return emit_finish(&em);
}

/* The name that comes next, if anybody wants it. Returns whether it cost a snapshot. */
static bool publish_name(struct outlet *o, enum scope scope, uint32_t index)
{
    struct topic topic;
    const struct settings *settings = &o->config->settings;
    if (!o->full && !engine_changed(o->engine, scope, index))
        return false;
    topic_snapshot(&topic, scope, engine_name(o->engine, scope, index));
    if (!bus_wants(o->bus, &topic))
        return false;
    int n =
        outlet_snapshot(o, scope, index, (1u << settings->windows) - 1, next_seq(o, STREAM_KPI));
    engine_snapshot_done(o->engine, scope, index);
    if (n != 0) {
        publish(o, STREAM_KPI, &topic, n);
        o->count++;
    }
    return true;
}

static void end_round(struct outlet *o)
{
    struct emitter em;
    struct topic topic;
    struct envelope env = envelope(o, STREAM_KPI, next_seq(o, STREAM_KPI));
    o->running = false;
    topic_start(&topic);
    topic_word(&topic, "kpi");
    topic_word(&topic, "round");
    emit_start(&em, SINK_MSGPACK, o->buf, sizeof o->buf);
    encode_round(&em, NULL, &env, o->rounds, o->count, o->full);
    publish(o, STREAM_KPI, &topic, emit_finish(&em));
}

static void work_round(struct outlet *o)
{
    uint64_t begun = uv_hrtime(), took = 0;
    uint32_t looked = 0;
    for (;;) {
        if (o->index > engine_names(o->engine, (enum scope)o->scope)) {
            o->index = 1;
            if (++o->scope == SCOPE_N) {
                end_round(o);
                return;
            }
            continue;
        }
        bool worked = publish_name(o, (enum scope)o->scope, o->index++);
        if (!worked && ++looked % NAMES_A_LOOK != 0)
            continue;
        uint64_t sofar = uv_hrtime() - begun;
        if (sofar + (sofar - took) > OUTLET_SLICE_NS) /* with another one like this */
            return;
        took = sofar;
    }
}

/* Begins the round that is due, unless the last one is still under way. */
static void start_round(struct outlet *o, uint64_t now)
{
    o->full = now >= o->full_due;
    if (o->full)
        o->full_due = now + (uint64_t)o->config->full_every;
    o->round_due = now + (uint64_t)o->config->snapshot_every;
    o->running = true;
    o->rounds++;
    o->scope = SCOPE_ALL;
    o->index = 1;
    o->count = 0;
}

/* --- the daemon itself ---------------------------------------------------------------------- */

static void publish_heartbeat(struct outlet *o)
{
    struct emitter em;
    struct topic topic;
    struct envelope env = envelope(o, STREAM_SYS, next_seq(o, STREAM_SYS));
    topic_start(&topic);
    topic_word(&topic, "sys");
    topic_word(&topic, "heartbeat");
    if (o->beats != NULL)
        o->beats(o->beats_data);
    emit_start(&em, SINK_MSGPACK, o->buf, sizeof o->buf);
    encode_heartbeat(&em, NULL, &env, o->bus->seq, stands_by(o), o->undelivered);
    int n = emit_finish(&em);
    if (stands_by(o)) /* the out socket is silent: this is for our own wallboard */
        bus_show(o->bus, STREAM_SYS, &topic, o->buf, (size_t)n);
    else
        publish(o, STREAM_SYS, &topic, n);
}

/* Limits that are not the engine's. */
static uint32_t own_usage(const struct outlet *o, struct engine_use *ret, uint32_t cap)
{
    const struct config *c = o->config;
    const struct status *s = o->status;
    const struct engine_use use[] = {
        {"socket_memory", s->heap, (uint64_t)c->sockets_memory << 20},
        {"subscriptions", o->bus->prefixes.n, PREFIXES_MAX},
        {"queries", s->jobs, QUERY_JOBS_MAX},
        {"http_connections", s->http.connections, c->http.connections},
        {"http_streams", s->http.streams, c->http.streams},
        {"journal_waiting", s->journal.waiting_bytes, JOURNAL_BACKLOG_MAX},
        {"batch_clients", o->durable == NULL ? 0 : o->durable->clients.n, CLIENTS_MAX},
    };
    uint32_t all = ARRAY_LEN(use) - (s->journal.on ? 0 : 2); /* the last two are the journal's */
    uint32_t n = 0;
    for (uint32_t i = 0; i < all && n < cap; i++)
        if (use[i].limit > 0)
            ret[n++] = use[i];
    return n;
}

void outlet_fill_status(const struct outlet *o, struct status *ret, struct engine_use *use,
                        uint32_t cap)
{
    *ret = *o->status;
    durable_fill(o->durable, ret);
    ret->engine_at = engine_at(o->engine);
    ret->active_alerts = outlet_active(o);
    ret->alerts_told = o->storm.published;
    ret->alerts_digested = o->storm.digested;
    ret->digests = o->storm.digests;
    memcpy(ret->published, o->bus->seq, sizeof ret->published);
    ret->dropped = o->bus->dropped;
    ret->counters = engine_counters(o->engine);
    ret->use = use;
    ret->uses = engine_usage(o->engine, use, cap);
    ret->uses += own_usage(o, use + ret->uses, cap - ret->uses);
    ret->quality = quality(o);
    if (o->standby != NULL)
        standby_status(o->standby, &ret->standby);
    ret->engine = o->engine;
    if (o->concerns == NULL)
        return;
    memcpy(ret->ops.active, o->concerns->active, sizeof ret->ops.active);
    memcpy(ret->ops.raised, o->concerns->raised, sizeof ret->ops.raised);
    ret->ops.untracked = o->concerns->untracked;
}

int outlet_status(struct outlet *o, uint64_t seq)
{
    struct emitter em;
    struct envelope env = envelope(o, STREAM_SYS, seq);
    struct engine_use use[OUTLET_USES_MAX];
    struct status s;
    outlet_fill_status(o, &s, use, ARRAY_LEN(use));
    emit_start(&em, SINK_MSGPACK, o->buf, sizeof o->buf);
    encode_status(&em, NULL, &env, &s);
    return emit_finish(&em);
}

static void publish_status(struct outlet *o)
{
    struct topic topic;
    topic_start(&topic);
    topic_word(&topic, "sys");
    topic_word(&topic, "status");
    publish(o, STREAM_SYS, &topic, outlet_status(o, next_seq(o, STREAM_SYS)));
}

void outlet_work(struct outlet *o, ms_t at, uint64_t now)
{
    o->at = at;
    if (storm_over(&o->storm, at))
        publish_digest(o);
    if (now >= o->heartbeat_due) {
        o->heartbeat_due = now + OUTLET_HEARTBEAT_MS;
        bus_refresh(o->bus);
        publish_heartbeat(o);
    }
    if (stands_by(o)) {
        o->round_due = now + (uint64_t)o->config->snapshot_every;
        o->full_due = now + (uint64_t)o->config->full_every;
        return;
    }
    if (!o->running && now >= (o->round_due < o->full_due ? o->round_due : o->full_due)) {
        start_round(o, now);
        if (o->full) {
            publish_status(o);
            o->status->longest_us = 0;
        }
    }
    if (o->running)
        work_round(o);
}

void outlet_begin(struct outlet *o, uint64_t now)
{
    o->heartbeat_due = o->round_due = o->full_due = now;
}

uint64_t outlet_deadline(const struct outlet *o)
{
    uint64_t due = o->round_due < o->full_due ? o->round_due : o->full_due;
    return o->heartbeat_due < due ? o->heartbeat_due : due;
}
