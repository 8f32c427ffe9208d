/* report_measures.h: what was done to get better, from a small YAML file, to be verified.
 *
 *     measures:
 *       - measure: two more people on Mondays
 *         owner: ada
 *         due: 2012-10-31               # optional
 *         indicator: first_response
 *         field: p90                    # default: value, num or mean; of durations p50
 *         expected: "<= 4h"             # or >=: a duration, a number, a percentage
 *         team: billing                 # optional; or agent, category, channel, priority */
#ifndef TP_DAEMON_CLI_REPORT_MEASURES_H
#define TP_DAEMON_CLI_REPORT_MEASURES_H

#include "daemon/config.h"

enum { MEASURES_MAX = 64, MEASURE_TEXT_MAX = 255 };

struct measure_taken {
    char text[MEASURE_TEXT_MAX + 1];
    char owner[NAME_BYTES_MAX + 1];
    char due_text[16];
    ms_t due; /* end of that day; MS_NONE: not said */
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

/* Is the expected value reached? Not of an empty figure. */
bool measure_met(const struct measure_taken *m, const struct figure *f);

#endif
