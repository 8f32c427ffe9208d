/* dayline.h: a day of a few numbers, one a minute: what the wallboard's lines are drawn from.
 *
 * Of the whole desk and of the first teams; in memory, and after a restart again from the record
 * (earlier.h). Rows are names, each column a ring of the last day's minutes; what was not measured
 * is NaN. */
#ifndef TP_DAEMON_WEB_DAYLINE_H
#define TP_DAEMON_WEB_DAYLINE_H

#include "core/engine.h"
#include "proto/emit.h"

enum {
    DAYLINE_STEP_MS = 60000,
    DAYLINE_POINTS = 1440,
    DAYLINE_ROWS = 128,         /* all, then teams by their index */
    DAYLINE_ROWS_A_SLICE = 4,   /* read in one turn */
    DAYLINE_BYTES_MAX = 1 << 17 /* of dayline_emit */
};

enum dayline_column {
    DAYLINE_OPEN,
    DAYLINE_WAITING,
    DAYLINE_P90,
    DAYLINE_ATTAINMENT,
    DAYLINE_COLUMNS
};

struct dayline {
    float *value;  /* DAYLINE_ROWS * DAYLINE_COLUMNS * DAYLINE_POINTS; heap */
    int64_t first; /* minutes since 1970: of the first point kept, and of the last */
    int64_t last;
    uint32_t at;  /* row that comes next in the minute at hand */
    bool running; /* there is one */
};

/* false: no memory. */
MUST_CHECK bool dayline_init(struct dayline *t);

/* The minute at hand begins at now: older ones go, those passed over were not measured. false: it
 * has begun already. */
bool dayline_begin(struct dayline *t, ms_t now);

void dayline_put(struct dayline *t, uint32_t row, enum dayline_column column, double v);

/* As it was in an earlier minute of the day. What was measured since the start stays; NaN tells
 * nothing. */
void dayline_recall(struct dayline *t, uint32_t row, enum dayline_column column, int64_t minute,
                    double v);

/* Index of the window that percentiles and shares are of. */
uint32_t dayline_window(const struct settings *s);

/* Reads some rows of the minute at hand from the engine, if it is due. */
void dayline_work(struct dayline *t, struct engine *engine, ms_t now);

/* {scope, name, step_ms, from, open: [..], waiting, first_response_p90,
 * first_response_attainment}: durations in ms; null where nothing was measured. A row beyond all
 * has no points. name: as name_check (value.h) wants it. */
void dayline_emit(const struct dayline *t, struct emitter *em, uint32_t row, struct str name);

void dayline_fini(struct dayline *t);

#endif
