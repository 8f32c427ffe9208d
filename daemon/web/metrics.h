/* metrics.h: one scrape of /metrics: counters at once, numbers of names in slices of time.
 *
 * Everything that the daemon counts is there, every reason of refusal under its name, and what
 * rules and dashboards want to know of the desk, its teams and, if wished, its agents. Names
 * beyond http.series_max are left out and counted. */
#ifndef TP_DAEMON_WEB_METRICS_H
#define TP_DAEMON_WEB_METRICS_H

#include "daemon/outlet.h"
#include "daemon/web/expo.h"

/* What it is made of; borrowed. */
struct metrics_source {
    struct outlet *outlet;
    const struct config *config;
    const struct histogram *steps, *turns; /* of the engine, of the loop */
};

struct scrape {
    const struct metrics_source *source;
    struct expo x;
    uint8_t part;  /* which scope comes next; METRICS_PARTS: all is written */
    bool reading;  /* its rows are being read … */
    uint32_t at;   /* … up to this one; else families are written up to this one */
    uint32_t rows; /* names of this scope */
    double *value; /* rows * columns; NaN = empty */
    uint32_t owns; /* of the columns, the last ones: the site's own when the scrape began … */
    char own[CUSTOMS_MAX][CUSTOM_ID_BYTES_MAX + 1]; /* … by their ids */
};

void scrape_start(struct scrape *s, const struct metrics_source *source, bool openmetrics);

/* Some 0.1 ms of work. true: done. */
bool scrape_work(struct scrape *s);

/* false: there was no memory for it; the text is of no use. */
MUST_CHECK bool scrape_end(struct scrape *s);

void scrape_fini(struct scrape *s);

#endif
