/* report_measures.h: what was done to get better, from a small YAML file, to be verified.
 *
 *     measures:
 *       - measure: two more people on Mondays
 *         owner: ada
 *         start: 2012-09-01             # optional: when it began
 *         due: 2012-10-31               # optional: by when it should show
 *         indicator: first_response
 *         field: p90                    # default: value, num or mean; of durations p50
 *         expected: "<= 4h"             # or >=: a duration, a number, a percentage
 *         team: billing                 # optional; or agent, category, channel, priority */
#ifndef TP_DAEMON_CLI_REPORT_MEASURES_H
#define TP_DAEMON_CLI_REPORT_MEASURES_H

#include "daemon/cli/report_cube.h"
#include "daemon/config.h"

enum { MEASURES_MAX = 64, MEASURE_TEXT_MAX = 255 };

struct measure_taken {
    char text[MEASURE_TEXT_MAX + 1];
    char owner[NAME_BYTES_MAX + 1];
    char start_text[16], due_text[16];
    ms_t start; /* begin of that day … */
    ms_t due;   /* end of that day; MS_NONE: not said */
    struct figure_source of;
    bool below;       /* expected: at most, else at least … */
    int64_t expected; /* … ms or millionths */
    uint8_t scope;    /* enum scope */
    char name[NAME_BYTES_MAX + 1];
};

struct measures {
    uint32_t n;
    struct measure_taken at[MEASURES_MAX];
};

/* Dates are of the configuration's zone. false: why has the complaint, with file, line and key. */
MUST_CHECK bool measures_parse(const char *name, const char *bytes, size_t n, struct config *config,
                               struct measures *ret, struct tree_error *why);
MUST_CHECK bool measures_load(const char *path, struct config *config, struct measures *ret,
                              struct tree_error *why);

/* Has it had its time? Measures without dates are always to show in the period. */
enum measure_phase {
    MEASURE_UNDATED, /* the period against the one before */
    MEASURE_SHOWS,   /* due: what came since against what was before it began */
    MEASURE_RUNS,    /* begun, but not due as of the report: what came so far */
    MEASURE_TO_COME, /* neither: everything is before */
};

/* What is set side by side to see whether it worked. Before it began: until `start`, without one
 * until the end of `due`. After it: from the end of `due` on, without one from `start`, inside the
 * period; both as long. */
struct measure_plan {
    enum measure_phase phase;
    struct period before, after; /* but for undated ones; after: not of one to come */
    uint32_t span;               /* of the cube: before, and after it the other */
};

/* now: the period, known up to as_of. span: CUBE_SPANS_MAX; returns how many. only: the team that
 * the report is about, or NULL. */
uint32_t measures_plan(const struct measures *measures, const struct zone *zone, struct period now,
                       ms_t as_of, const char *only, struct measure_plan plan[MEASURES_MAX],
                       struct cube_span *span);

/* Is the expected value reached? Not of an empty figure. */
bool measure_met(const struct measure_taken *m, const struct figure *f);

#endif
