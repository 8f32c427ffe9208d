/* What the daemon says of itself. */
#include "proto/encode.h"

static void emit_counters(struct emitter *em, const struct engine_counters *c)
{
    emit_map(em, "engine");
#define EMIT_COUNTER(name, text) emit_uint(em, #name, c->name);
    ENGINE_COUNTERS(EMIT_COUNTER)
#undef EMIT_COUNTER
    emit_end(em);
}

static void emit_rejected(struct emitter *em, const struct status *status)
{
    emit_map(em, "rejected");
    for (int err = 1; err < ERR_N; err++)
        if (status->rejected[err] > 0)
            emit_uint(em, err_name(-err), status->rejected[err]);
    emit_end(em);
}

static void emit_journal(struct emitter *em, const struct status_journal *j)
{
    if (!j->on)
        return;
    emit_map(em, "journal");
    emit_bool(em, "written", j->written);
    emit_uint(em, "entries", j->entries);
    emit_uint(em, "committed", j->committed);
    emit_uint(em, "commits", j->commits);
    emit_uint(em, "waiting_bytes", j->waiting_bytes);
    emit_uint(em, "held", j->held);
    emit_uint(em, "lost", j->lost);
    emit_uint(em, "acks", j->acks);
    emit_uint(em, "nacks", j->nacks);
    emit_uint(em, "checkpoint", j->checkpoint);
    emit_uint(em, "checkpoints", j->checkpoints);
    emit_end(em);
}

static void emit_record(struct emitter *em, const struct status_record *r)
{
    if (!r->on)
        return;
    emit_map(em, "record");
    emit_bool(em, "written", r->written);
    emit_uint(em, "alerts", r->alerts);
    emit_uint(em, "rows", r->rows);
    emit_uint(em, "commits", r->commits);
    emit_uint(em, "waiting_bytes", r->waiting_bytes);
    emit_uint(em, "lost", r->lost);
    emit_end(em);
}

static void emit_ops(struct emitter *em, const struct status_ops *ops)
{
    emit_map(em, "ops");
    for (enum ops_kind k = 0; k < OPS_N; k++) {
        if (ops->raised[k] == 0)
            continue;
        emit_map(em, ops_name(k));
        emit_uint(em, "active", ops->active[k]);
        emit_uint(em, "raised", ops->raised[k]);
        emit_end(em);
    }
    if (ops->untracked > 0)
        emit_uint(em, "untracked", ops->untracked);
    emit_end(em);
}

static void emit_source(struct emitter *em, const struct engine_source *s)
{
    emit_key(em, s->name);
    emit_map(em, NULL);
    if (s->heard != MS_NONE)
        emit_int(em, "heard", s->heard);
    if (s->newest != MS_NONE)
        emit_int(em, "newest", s->newest);
    emit_int(em, "lag_ms", s->lag);
    emit_bool(em, "heartbeats", s->beats);
    if (s->numbers) {
        emit_uint(em, "seq", s->last);
        emit_uint(em, "missing", s->missing);
        emit_uint(em, "restarts", s->restarts);
    }
    emit_end(em);
}

/* The first STATUS_SOURCES of them. */
static void emit_sources(struct emitter *em, const struct engine *e)
{
    struct engine_source source;
    uint32_t told = 0;
    emit_map(em, "sources");
    for (uint32_t i = 1; e != NULL && i <= engine_sources(e) && told < STATUS_SOURCES; i++) {
        if (!engine_source(e, i, &source))
            continue;
        emit_source(em, &source);
        told++;
    }
    emit_end(em);
}

const char *http_cut_name(enum http_cut c)
{
    static const char *const names[HTTP_CUTS] = {
#define HTTP_CUT_NAME(name, wire) wire,
        HTTP_CUT_TABLE(HTTP_CUT_NAME)
#undef HTTP_CUT_NAME
    };
    CHECK(c < HTTP_CUTS);
    return names[c];
}

static void emit_http(struct emitter *em, const struct http_status *h)
{
    static const char *const classes[HTTP_CLASSES] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    emit_map(em, "http");
    emit_uint(em, "connections", h->connections);
    emit_uint(em, "streams", h->streams);
    emit_map(em, "responses");
    for (uint32_t i = 0; i < HTTP_CLASSES; i++)
        emit_uint(em, classes[i], h->responses[i]);
    emit_end(em);
    emit_map(em, "cut");
    for (uint32_t i = 0; i < HTTP_CUTS; i++)
        emit_uint(em, http_cut_name((enum http_cut)i), h->cut[i]);
    emit_end(em);
    emit_map(em, "limited");
    emit_uint(em, "requests", h->over_requests);
    emit_uint(em, "bytes", h->over_bytes);
    emit_end(em);
    emit_end(em);
}

static void emit_standby(struct emitter *em, const struct status_standby *s)
{
    emit_text(em, "role", s->on ? "standby" : "primary");
    if (!s->configured)
        return;
    emit_map(em, "standby");
    if (s->listens)
        emit_uint(em, "silent_ms", s->silent_ms);
    emit_uint(em, "waiting", s->waiting);
    emit_uint(em, "confirmed", s->confirmed);
    emit_uint(em, "unconfirmed", s->unconfirmed);
    emit_uint(em, "unknown", s->unknown);
    emit_uint(em, "lost", s->lost);
    emit_uint(em, "told", s->told);
    emit_uint(em, "attended", s->attended);
    if (s->took_over_at != 0)
        emit_int(em, "took_over_at", s->took_over_at);
    if (s->both)
        emit_bool(em, "both", true);
    emit_end(em);
}

void encode_status(struct emitter *em, const char *key, const struct envelope *env,
                   const struct status *status)
{
    encode_begin(em, key, env);
    emit_str(em, "version", status->version);
    emit_int(em, "started_at", status->started_at);
    if (status->engine_at == MS_NONE)
        emit_nil(em, "engine_at");
    else
        emit_int(em, "engine_at", status->engine_at);
    emit_uint(em, "messages", status->messages);
    emit_uint(em, "events", status->events);
    emit_rejected(em, status);
    emit_map(em, "published");
    for (enum stream s = 0; s < STREAM_N; s++)
        emit_uint(em, stream_name(s), status->published[s]);
    emit_end(em);
    emit_uint(em, "dropped", status->dropped);
    emit_uint(em, "active_alerts", status->active_alerts);
    emit_map(em, "alerts");
    emit_uint(em, "told", status->alerts_told);
    emit_uint(em, "digested", status->alerts_digested);
    emit_uint(em, "muted", status->alerts_muted);
    emit_uint(em, "digests", status->digests);
    emit_end(em);
    emit_map(em, "loop");
    emit_uint(em, "turns", status->turns);
    emit_uint(em, "longest_us", status->longest_us);
    emit_uint(em, "clock_steps", status->clock_steps);
    emit_end(em);
    emit_map(em, "queries");
    emit_uint(em, "taken", status->queries);
    emit_uint(em, "abandoned", status->abandoned);
    emit_uint(em, "busy", status->busy);
    emit_end(em);
    emit_map(em, "peers");
    emit_uint(em, "accepted", status->peers.accepted);
    emit_uint(em, "previous", status->peers.previous);
    emit_uint(em, "refused", status->peers.refused);
    emit_uint(em, "handshakes_failed", status->peers.handshakes_failed);
    emit_uint(em, "subscriptions_refused", status->peers.subscriptions);
    emit_uint(em, "queries_refused", status->peers.queries);
    emit_uint(em, "swollen", status->swollen);
    emit_end(em);
    emit_map(em, "deliveries");
    emit_uint(em, "delivered", status->deliveries.delivered);
    emit_uint(em, "failed", status->deliveries.failed);
    emit_uint(em, "refused", status->deliveries.refused);
    emit_uint(em, "lost", status->deliveries.lost);
    emit_end(em);
    emit_http(em, &status->http);
    emit_counters(em, status->counters);
    emit_map(em, "limits");
    for (uint32_t i = 0; i < status->uses; i++) {
        emit_map(em, status->use[i].name);
        emit_uint(em, "used", status->use[i].used);
        emit_uint(em, "limit", status->use[i].limit);
        emit_end(em);
    }
    emit_end(em);
    encode_quality(em, &status->quality);
    emit_sources(em, status->engine);
    emit_ops(em, &status->ops);
    emit_journal(em, &status->journal);
    emit_record(em, &status->record);
    emit_standby(em, &status->standby);
    emit_end(em);
}
