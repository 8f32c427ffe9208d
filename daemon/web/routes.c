/* What is where: the table of routes, and those of them that are a few lines. */
#include "daemon/web/ask.h"
#include "daemon/web/assets.h"
#include "daemon/web/intake.h"
#include "daemon/web/reply.h"
#include "proto/value.h"

#include <stdlib.h>

/* --- /healthz, /readyz ---------------------------------------------------------------------- */

/* Who hears this knows that the loop turns. */
static void health_begin(struct visit *v)
{
    reply_bytes(v, MHD_HTTP_OK, "text/plain", "ok\n", 3);
}

static void ready_begin(struct visit *v)
{
    if (v->web->closing)
        reply_refusal(v, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping", "the daemon stops");
    else
        reply_bytes(v, MHD_HTTP_OK, "text/plain", "ready\n", 6);
}

/* --- /metrics ------------------------------------------------------------------------------- */

static void metrics_begin(struct visit *v)
{
    const char *accept = visit_header(v, MHD_HTTP_HEADER_ACCEPT);
    struct scrape *s = v->own = malloc(sizeof *s);
    if (s == NULL)
        return;
    scrape_start(s, &v->web->metrics,
                 accept != NULL && strstr(accept, "application/openmetrics-text") != NULL);
    visit_works(v);
    visit_wait(v);
}

static enum visit_work metrics_work(struct visit *v)
{
    return scrape_work(v->own) ? VISIT_DONE : VISIT_GOES_ON;
}

static void metrics_answer(struct visit *v)
{
    struct scrape *s = v->own;
    if (scrape_end(s))
        reply_bytes(v, MHD_HTTP_OK, s->x.openmetrics ? EXPO_OPENMETRICS : EXPO_TEXT, s->x.p,
                    s->x.n);
    else
        reply_refusal(v, MHD_HTTP_SERVICE_UNAVAILABLE, err_name(ERR_NO_ROOM),
                      "no memory for so many series; lower http.series_max");
}

static void metrics_end(struct visit *v)
{
    if (v->own != NULL)
        scrape_fini(v->own);
    free(v->own);
}

/* --- /api/v1/trend -------------------------------------------------------------------------- */

static void trend_begin(struct visit *v)
{
    const char *team = MHD_lookup_connection_value(v->connection, MHD_GET_ARGUMENT_KIND, "team");
    struct engine *engine = v->web->parts.outlet->engine;
    struct str name = str_of(team == NULL ? "-" : team);
    int err = name_check(name.p, name.len); /* it is told again, in a text of fixed size */
    if (err != 0) {
        reply_refusal(v, MHD_HTTP_BAD_REQUEST, err_name(err), err_text(err));
        return;
    }
    uint32_t row = team == NULL ? 0 : engine_name_find(engine, SCOPE_TEAM, name);
    if (team != NULL && row == 0)
        row = DAYLINE_ROWS; /* nothing is known of it yet */
    char *text = malloc(DAYLINE_BYTES_MAX);
    struct emitter em;
    if (text == NULL)
        return;
    emit_start(&em, SINK_JSON, text, DAYLINE_BYTES_MAX - 1);
    dayline_emit(&v->web->dayline, &em, row, name);
    int n = emit_finish(&em);
    CHECK(n > 0);
    text[n++] = '\n';
    reply_bytes(v, MHD_HTTP_OK, TYPE_JSON, text, (size_t)n);
    free(text);
}

/* --- the wallboard -------------------------------------------------------------------------- */

/* The page has no data of its own, so it needs no token: it asks for one. */
static void asset_begin(struct visit *v)
{
    for (size_t i = 0; i < assets_n; i++)
        if (strcmp(assets[i].path, v->route->path) == 0)
            reply_static(v, assets[i].type, assets[i].tag, assets[i].bytes);
}

#define ASSET(name)                                                                                \
    {                                                                                              \
        .path = "/" name, .open = true, .begin = asset_begin                                       \
    }

/* --- the table ------------------------------------------------------------------------------ */

static const struct route routes[] = {
    {.path = "/healthz", .open = true, .begin = health_begin},
    {.path = "/readyz", .open = true, .begin = ready_begin},
    ASSET(""),
    ASSET("board.css"),
    ASSET("board.js"),
    ASSET("desk.js"),
    ASSET("words.js"),
    ASSET("chart.js"),
    {.path = "/api/v1/trend", .begin = trend_begin},
    {.path = "/metrics",
     .begin = metrics_begin,
     .answer = metrics_answer,
     .work = metrics_work,
     .end = metrics_end},
};

static const struct route *find_in(const struct route *all, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].path, path) == 0)
            return &all[i];
    return NULL;
}

const struct route *visit_route(const char *path)
{
    const struct route *r = find_in(routes, ARRAY_LEN(routes), path);
    if (r == NULL)
        r = find_in(ask_routes, ask_routes_n, path);
    if (r == NULL)
        r = find_in(&live_route, 1, path);
    return r != NULL ? r : find_in(&intake_route, 1, path);
}
