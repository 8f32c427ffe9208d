#include "daemon/web/metrics.h"

#include "daemon/durable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_A_SLICE = 4, USES_MAX = 32 };

/* Numbers of one name: those of now, and some of a window. The name in /metrics; seconds, counts
 * and ratios are told apart by the field. */
struct column {
    const char *name, *indicator, *field, *help;
};

static const struct column columns[] = {
    {"open", "open", "value", "Open tickets."},
    {"unassigned", "unassigned", "value", "Open tickets that nobody has."},
    {"waiting", "waiting", "value", "Tickets whose customer waits for a reply."},
    {"paused", "paused", "value", "Open tickets whose clocks stand still."},
    {"at_risk", "at_risk", "value", "Open tickets past a warning point, nothing breached."},
    {"breached_open", "breached_open", "value", "Open tickets with a breached clock."},
    {"calls_waiting", "calls_waiting", "value", "Calls that wait for an answer."},
    {"oldest_open_seconds", "oldest_open", "value", "Age of the oldest open ticket."},
    {"oldest_waiting_seconds", "oldest_waiting", "value", "Longest present wait for a reply."},
    {"longest_call_waiting_seconds", "longest_call_waiting", "value", "Longest waiting call."},
    {"window_opened", "opened", "num", "Tickets opened in the window."},
    {"window_resolved", "resolved", "num", "Resolutions in the window."},
    {"window_first_response_p50_seconds", "first_response", "p50",
     "Median of first responses in the window."},
    {"window_first_response_p90_seconds", "first_response", "p90",
     "90th percentile of first responses in the window."},
    {"window_first_response_attainment", "first_response", "attainment",
     "First responses in time, of those judged in the window."},
    {"window_resolution_p50_seconds", "resolution", "p50", "Median of resolutions in the window."},
    {"window_csat", "csat", "mean", "Mean rating in the window, 1 to 5."},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static const struct {
    uint8_t scope;
    const char *prefix, *label;
} parts[] = {{SCOPE_ALL, "ticketpulse_", NULL},
             {SCOPE_TEAM, "ticketpulse_team_", "team"},
             {SCOPE_AGENT, "ticketpulse_agent_", "agent"}};
enum { METRICS_PARTS = ARRAY_LEN(parts) };

static uint32_t window_of(const struct settings *s)
{
    for (uint32_t i = 0; i < s->windows; i++)
        if (strcmp(s->window[i].name, "1h") == 0)
            return i;
    return 0;
}

static struct figure_source source_of(const struct column *c)
{
    int i = indicator_find(str_of(c->indicator)), f = indicator_field_find(str_of(c->field));
    CHECK(i >= 0 && f >= 0 && indicator_has_field((enum indicator)i, (enum indicator_field)f));
    return (struct figure_source){(uint16_t)i, (uint8_t)f, 0};
}

/* --- the daemon itself ---------------------------------------------------------------------- */

static void one(struct expo *x, enum expo_type type, const char *name, const char *help, uint64_t v)
{
    expo_family(x, type, name, help);
    expo_sample(x);
    expo_uint(x, v);
}

static void labelled(struct expo *x, const char *key, const char *word, uint64_t v)
{
    expo_sample(x);
    expo_label(x, key, str_of(word));
    expo_uint(x, v);
}

static void write_engine(struct expo *x, const struct engine_counters *c)
{
#define ENGINE_COUNTER_SERIES(name, text)                                                          \
    one(x, EXPO_COUNTER, "ticketpulse_engine_" #name, "Engine: " text ".", c->name);
    ENGINE_COUNTERS(ENGINE_COUNTER_SERIES)
#undef ENGINE_COUNTER_SERIES
}

static void write_input(struct expo *x, const struct status *s)
{
    one(x, EXPO_COUNTER, "ticketpulse_messages", "Payloads received.", s->messages);
    one(x, EXPO_COUNTER, "ticketpulse_events", "Events decoded.", s->events);
    expo_family(x, EXPO_COUNTER, "ticketpulse_rejected", "Payloads and events refused, by reason.");
    for (int i = 1; i < ERR_N; i++)
        labelled(x, "reason", err_name(i), s->rejected[i]);
    expo_family(x, EXPO_GAUGE, "ticketpulse_behind_seconds",
                "Age of the newest event when it was received.");
    expo_sample(x);
    expo_seconds(x, s->quality.behind_ms);
    one(x, EXPO_COUNTER, "ticketpulse_clock_steps", "How often the system's clock was set back.",
        s->clock_steps);
}

static void write_output(struct expo *x, const struct status *s)
{
    expo_family(x, EXPO_COUNTER, "ticketpulse_published", "Messages published, by stream.");
    for (enum stream i = 0; i < STREAM_N; i++)
        labelled(x, "stream", stream_name(i), s->published[i]);
    one(x, EXPO_COUNTER, "ticketpulse_dropped", "Messages sent while some reader was full.",
        s->dropped);
    one(x, EXPO_GAUGE, "ticketpulse_active_alerts", "Alerts that are active now.",
        s->active_alerts);
    expo_family(x, EXPO_COUNTER, "ticketpulse_alert_messages",
                "Messages about alerts, by what became of them.");
    labelled(x, "fate", "told", s->alerts_told);
    labelled(x, "fate", "digested", s->alerts_digested);
    labelled(x, "fate", "muted", s->alerts_muted);
    one(x, EXPO_COUNTER, "ticketpulse_alert_digests", "Digests of alerts published.", s->digests);
    one(x, EXPO_COUNTER, "ticketpulse_queries", "Requests taken.", s->queries);
    one(x, EXPO_COUNTER, "ticketpulse_queries_abandoned", "Requests whose peer went or stalled.",
        s->abandoned);
    one(x, EXPO_COUNTER, "ticketpulse_queries_busy", "Requests refused: their peer asks too often.",
        s->busy);
}

static void write_journal(struct expo *x, const struct status_journal *j)
{
    if (!j->on)
        return;
    one(x, EXPO_GAUGE, "ticketpulse_journal_written", "1: the disk took the last commit.",
        j->written);
    one(x, EXPO_COUNTER, "ticketpulse_journal_entries", "Entries written to the journal.",
        j->entries);
    one(x, EXPO_COUNTER, "ticketpulse_journal_commits", "Commits of the journal.", j->commits);
    one(x, EXPO_GAUGE, "ticketpulse_journal_uncommitted", "Entries that are not on disk yet.",
        j->entries - j->committed);
    one(x, EXPO_GAUGE, "ticketpulse_journal_waiting_bytes", "Bytes that are not on disk yet.",
        j->waiting_bytes);
    one(x, EXPO_GAUGE, "ticketpulse_journal_held_alerts", "Alerts that wait for the disk.",
        j->held);
    one(x, EXPO_COUNTER, "ticketpulse_journal_lost",
        "Entries that found no room while the disk took nothing.", j->lost);
    one(x, EXPO_COUNTER, "ticketpulse_journal_checkpoints", "Checkpoints made since the start.",
        j->checkpoints);
    one(x, EXPO_GAUGE, "ticketpulse_journal_replay_entries",
        "Entries behind the last checkpoint: what a start would replay.",
        j->entries - j->checkpoint);
    one(x, EXPO_COUNTER, "ticketpulse_ingest_acks", "Batches acknowledged.", j->acks);
    one(x, EXPO_COUNTER, "ticketpulse_ingest_nacks", "Batches to be sent again.", j->nacks);
}

static void write_record(struct expo *x, const struct status_record *r)
{
    if (!r->on)
        return;
    one(x, EXPO_GAUGE, "ticketpulse_record_written", "1: record.db took the last commit.",
        r->written);
    one(x, EXPO_COUNTER, "ticketpulse_record_alerts", "Alerts written to record.db.", r->alerts);
    one(x, EXPO_COUNTER, "ticketpulse_record_rows", "Rows of history written to record.db.",
        r->rows);
    one(x, EXPO_COUNTER, "ticketpulse_record_commits", "Commits of record.db.", r->commits);
    one(x, EXPO_GAUGE, "ticketpulse_record_waiting_bytes",
        "Bytes that record.db does not have yet.", r->waiting_bytes);
    one(x, EXPO_COUNTER, "ticketpulse_record_lost",
        "Alerts and rows that found no room while record.db could not be written.", r->lost);
}

static void write_ops(struct expo *x, const struct status_ops *ops)
{
    expo_family(x, EXPO_GAUGE, "ticketpulse_ops_active",
                "Active alerts about sources and the daemon itself.");
    for (enum ops_kind k = 0; k < OPS_N; k++)
        labelled(x, "what", ops_name(k), ops->active[k]);
    expo_family(x, EXPO_COUNTER, "ticketpulse_ops_raised", "The same, since the start.");
    for (enum ops_kind k = 0; k < OPS_N; k++)
        labelled(x, "what", ops_name(k), ops->raised[k]);
}

/* One series of each source: when was it heard, how late is it, what is missing. */
static void write_sources(struct expo *x, const struct engine *e)
{
    static const struct {
        const char *name, *help;
    } families[] = {
        {"ticketpulse_source_heard_timestamp_seconds", "When the source spoke last."},
        {"ticketpulse_source_lag_seconds", "Age of its newest event when that came."},
        {"ticketpulse_source_missing", "Sequence numbers of it that did not come (yet)."},
    };
    struct engine_source s;
    for (uint32_t f = 0; f < ARRAY_LEN(families); f++) {
        uint32_t told = 0;
        expo_family(x, EXPO_GAUGE, families[f].name, families[f].help);
        for (uint32_t i = 1; i <= engine_sources(e) && told < STATUS_SOURCES; i++) {
            if (!engine_source(e, i, &s))
                continue;
            told++;
            if ((f == 0 && s.heard == MS_NONE) || (f == 2 && !s.numbers))
                continue;
            expo_sample(x);
            expo_label(x, "source", s.name);
            if (f == 2)
                expo_uint(x, s.missing);
            else
                expo_seconds(x, f == 0 ? s.heard : s.lag);
        }
    }
}

static void write_standby(struct expo *x, const struct status_standby *s)
{
    one(x, EXPO_GAUGE, "ticketpulse_standby", "1: stands by, and publishes nothing.", s->on);
    if (!s->configured)
        return;
    expo_family(x, EXPO_GAUGE, "ticketpulse_primary_silent_seconds",
                "How long nothing was heard of the primary.");
    expo_sample(x);
    expo_seconds(x, (ms_t)s->silent_ms);
    one(x, EXPO_GAUGE, "ticketpulse_two_primaries", "1: took over, and the primary publishes, too.",
        s->both);
    one(x, EXPO_GAUGE, "ticketpulse_took_over", "1: began as standby and took over.",
        s->took_over_at != 0);
    one(x, EXPO_GAUGE, "ticketpulse_standby_waiting",
        "Own alerts that the primary was not heard telling yet.", s->waiting);
    expo_family(x, EXPO_COUNTER, "ticketpulse_standby_alerts", "What became of alerts.");
    labelled(x, "outcome", "confirmed", s->confirmed);
    labelled(x, "outcome", "unconfirmed", s->unconfirmed);
    labelled(x, "outcome", "unknown", s->unknown);
    labelled(x, "outcome", "lost", s->lost);
    labelled(x, "outcome", "told", s->told);
}

static void write_peers(struct expo *x, const struct peers *p)
{
    one(x, EXPO_COUNTER, "ticketpulse_peers_accepted", "Clients whose key was good.", p->accepted);
    expo_family(x, EXPO_COUNTER, "ticketpulse_peers_refused", "Clients and wishes refused.");
    labelled(x, "reason", "key", p->refused);
    labelled(x, "reason", "handshake", p->handshakes_failed);
    labelled(x, "reason", "subscription", p->subscriptions);
    labelled(x, "reason", "query", p->queries);
    one(x, EXPO_COUNTER, "ticketpulse_peers_previous", "Accepted by the server's key of before.",
        p->previous);
}

static void write_deliveries(struct expo *x, const struct deliveries *d)
{
    one(x, EXPO_COUNTER, "ticketpulse_deliveries", "Alerts taken by their receiver.", d->delivered);
    one(x, EXPO_COUNTER, "ticketpulse_deliveries_failed", "Attempts that are made again.",
        d->failed);
    one(x, EXPO_COUNTER, "ticketpulse_deliveries_refused",
        "Alerts that a receiver will not have (400, 413, 422).", d->refused);
    one(x, EXPO_COUNTER, "ticketpulse_deliveries_lost",
        "Alerts that were gone before their receiver was back.", d->lost);
}

static void write_http(struct expo *x, const struct http_status *h)
{
    one(x, EXPO_GAUGE, "ticketpulse_http_connections", "HTTP connections now.", h->connections);
    one(x, EXPO_GAUGE, "ticketpulse_http_streams", "Live streams now.", h->streams);
    expo_family(x, EXPO_COUNTER, "ticketpulse_http_responses", "HTTP responses, by class.");
    for (uint32_t i = 0; i < HTTP_CLASSES; i++) {
        char word[] = {(char)('1' + i), 'x', 'x', 0};
        labelled(x, "code", word, h->responses[i]);
    }
    expo_family(x, EXPO_COUNTER, "ticketpulse_http_cut",
                "HTTP connections cut, by what they kept us waiting for.");
    for (uint32_t i = 0; i < HTTP_CUTS; i++)
        labelled(x, "reason", http_cut_name((enum http_cut)i), h->cut[i]);
    expo_family(x, EXPO_COUNTER, "ticketpulse_http_limited",
                "HTTP requests refused, by what their address had too much of.");
    labelled(x, "reason", "requests", h->over_requests);
    labelled(x, "reason", "bytes", h->over_bytes);
}

static void write_limits(struct expo *x, const struct status *s)
{
    expo_family(x, EXPO_GAUGE, "ticketpulse_limit_used", "How much of each limit is in use.");
    for (uint32_t i = 0; i < s->uses; i++)
        labelled(x, "limit", s->use[i].name, s->use[i].used);
    expo_family(x, EXPO_GAUGE, "ticketpulse_limit", "The limits of the configuration.");
    for (uint32_t i = 0; i < s->uses; i++)
        labelled(x, "limit", s->use[i].name, s->use[i].limit);
}

static void write_daemon(struct scrape *s)
{
    struct expo *x = &s->x;
    struct engine_use use[USES_MAX];
    struct status status;
    outlet_fill_status(s->source->outlet, &status, use, ARRAY_LEN(use));
    expo_family(x, EXPO_INFO, "ticketpulse_build", "The program.");
    expo_sample(x);
    expo_label(x, "version", status.version);
    expo_uint(x, 1);
    expo_family(x, EXPO_GAUGE, "ticketpulse_start_time_seconds", "When it started.");
    expo_sample(x);
    expo_seconds(x, status.started_at);
    write_input(x, &status);
    write_output(x, &status);
    write_journal(x, &status.journal);
    write_record(x, &status.record);
    write_ops(x, &status.ops);
    write_sources(x, s->source->outlet->engine);
    write_standby(x, &status.standby);
    write_peers(x, &status.peers);
    one(x, EXPO_COUNTER, "ticketpulse_sockets_swollen", "Cuts of a socket that kept too much.",
        status.swollen);
    write_deliveries(x, &status.deliveries);
    write_http(x, &status.http);
    write_limits(x, &status);
    write_engine(x, status.counters);
    one(x, EXPO_COUNTER, "ticketpulse_loop_turns", "Turns of the daemon's loop.", status.turns);
    expo_family(x, EXPO_HISTOGRAM, "ticketpulse_loop_seconds", "How long turns of the loop took.");
    expo_histogram(x, s->source->turns);
    expo_family(x, EXPO_HISTOGRAM, "ticketpulse_step_seconds",
                "How long the engine took for one batch of events.");
    expo_histogram(x, s->source->steps);
    if (s->source->outlet->durable == NULL)
        return;
    expo_family(x, EXPO_HISTOGRAM, "ticketpulse_commit_seconds",
                "From an entry of the journal to its commit on disk; one at a time is timed.");
    expo_histogram(x, &s->source->outlet->durable->commits);
}

/* --- names ---------------------------------------------------------------------------------- */

static uint32_t names_wanted(const struct scrape *s, uint32_t *ret_left_out)
{
    const struct config *c = s->source->config;
    enum scope scope = (enum scope)parts[s->part].scope;
    uint32_t n =
        (c->settings.scopes >> scope & 1) != 0 ? engine_names(s->source->outlet->engine, scope) : 0;
    if (scope == SCOPE_AGENT && !c->http.per_agent_series)
        n = 0;
    uint32_t most = scope == SCOPE_ALL || n < c->http.series_max ? n : c->http.series_max;
    *ret_left_out = n - most;
    return most;
}

static uint32_t columns_of(const struct scrape *s)
{
    return COLUMNS + s->owns;
}

static void start_part(struct scrape *s)
{
    char name[EXPO_NAME_MAX];
    uint32_t left_out;
    s->rows = names_wanted(s, &left_out);
    s->reading = true;
    s->at = 0;
    if (parts[s->part].label != NULL) {
        snprintf(name, sizeof name, "%sseries_left_out", parts[s->part].prefix);
        one(&s->x, EXPO_GAUGE, name, "Names without series of their own (http.series_max).",
            left_out);
    }
    free(s->value);
    s->value = malloc(((size_t)s->rows + 1) * columns_of(s) * sizeof *s->value);
    if (s->value == NULL)
        s->x.failed = true;
}

/* Which numbers are read; one of the site's own that a reload replaced meanwhile is none of now. */
static uint32_t sources_of(const struct scrape *s, struct figure_source *ret)
{
    const struct customs *customs = &s->source->config->settings.customs;
    uint32_t n = 0;
    while (n < COLUMNS) {
        ret[n] = source_of(&columns[n]);
        n++;
    }
    for (uint32_t k = 0; k < s->owns; k++) {
        bool same = k < customs->n && strcmp(customs->at[k].id, s->own[k]) == 0;
        if (!same)
            break;
        ret[n++] = (struct figure_source){(uint16_t)(IND_CUSTOM_0 + k),
                                          (uint8_t)custom_field(&customs->at[k]), 0};
    }
    return n;
}

static void read_rows(struct scrape *s)
{
    struct outlet *o = s->source->outlet;
    enum scope scope = (enum scope)parts[s->part].scope;
    struct figure_source source[COLUMNS + CUSTOMS_MAX];
    struct figure figure[COLUMNS + CUSTOMS_MAX];
    uint32_t n = sources_of(s, source);
    for (uint32_t i = 0; i < ROWS_A_SLICE && s->at < s->rows; i++, s->at++) {
        engine_figures(o->engine, scope, s->at + 1, window_of(&s->source->config->settings), source,
                       n, figure);
        for (uint32_t c = 0; c < columns_of(s); c++) {
            bool empty = c >= n || figure[c].bottom == 0;
            bool ms = c < n && indicator_field_is_ms((enum indicator)source[c].indicator,
                                                     (enum indicator_field)source[c].field);
            double unit = ms ? MS_SECOND : NUMBER_ONE;
            s->value[s->at * columns_of(s) + c] =
                empty ? (double)NAN : (double)figure[c].top / (double)figure[c].bottom / unit;
        }
    }
}

/* One family of the part: this column of all rows. The site's own are one family together. */
static void write_column(struct scrape *s)
{
    char name[EXPO_NAME_MAX];
    const struct settings *settings = &s->source->config->settings;
    const char *own = s->at < COLUMNS ? NULL : s->own[s->at - COLUMNS];
    const char *of = own == NULL ? columns[s->at].name : "window_indicator";
    bool window = strncmp(of, "window_", strlen("window_")) == 0;
    snprintf(name, sizeof name, "%s%s", parts[s->part].prefix, of);
    if (s->at <= COLUMNS)
        expo_family(&s->x, EXPO_GAUGE, name,
                    own == NULL ? columns[s->at].help
                                : "Indicators of the site's own in the window.");
    for (uint32_t i = 0; i < s->rows; i++) {
        double v = s->value[i * columns_of(s) + s->at];
        if (isnan(v))
            continue;
        expo_sample(&s->x);
        if (parts[s->part].label != NULL)
            expo_label(
                &s->x, parts[s->part].label,
                engine_name(s->source->outlet->engine, (enum scope)parts[s->part].scope, i + 1));
        if (own != NULL)
            expo_label(&s->x, "indicator", str_of(own));
        if (window)
            expo_label(&s->x, "window", str_of(settings->window[window_of(settings)].name));
        expo_float(&s->x, v);
    }
    s->at++;
}

/* --- a scrape ------------------------------------------------------------------------------- */

void scrape_start(struct scrape *s, const struct metrics_source *source, bool openmetrics)
{
    const struct customs *customs = &source->config->settings.customs;
    *s = (struct scrape){.source = source, .x = {.openmetrics = openmetrics}, .owns = customs->n};
    for (uint32_t k = 0; k < customs->n; k++)
        memcpy(s->own[k], customs->at[k].id, sizeof s->own[k]);
    write_daemon(s);
    start_part(s);
}

bool scrape_work(struct scrape *s)
{
    if (s->part == METRICS_PARTS || s->x.failed)
        return true;
    if (s->reading && s->at < s->rows) {
        read_rows(s);
    } else if (s->reading) {
        s->reading = false;
        s->at = s->rows == 0 ? columns_of(s) : 0; /* without rows no families either */
    } else if (s->at < columns_of(s)) {
        write_column(s);
    } else {
        s->part++;
        if (s->part < METRICS_PARTS)
            start_part(s);
    }
    return s->part == METRICS_PARTS || s->x.failed;
}

bool scrape_end(struct scrape *s)
{
    return expo_end(&s->x);
}

void scrape_fini(struct scrape *s)
{
    free(s->value);
    s->value = NULL;
    expo_fini(&s->x);
}
