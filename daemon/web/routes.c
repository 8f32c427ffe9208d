/* What is where: the table of routes, and those of them that are a few lines. */
#include "daemon/web/ask.h"
#include "daemon/web/intake.h"
#include "daemon/web/reply.h"

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

/* --- the table ------------------------------------------------------------------------------ */

static const struct route routes[] = {
    {.path = "/healthz", .open = true, .begin = health_begin},
    {.path = "/readyz", .open = true, .begin = ready_begin},
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
