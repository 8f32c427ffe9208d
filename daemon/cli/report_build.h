/* report_build.h: from counted numbers to the blocks of a report: one file per group of sections.
 *
 * Private to the report: report.c fills a struct report and calls report_build. */
#ifndef TP_DAEMON_CLI_REPORT_BUILD_H
#define TP_DAEMON_CLI_REPORT_BUILD_H

#include "daemon/cli/report_cards.h"
#include "daemon/cli/report_cube.h"
#include "daemon/cli/report_define.h"
#include "daemon/cli/report_doc.h"
#include "daemon/cli/report_measures.h"
#include "daemon/cli/report_wilson.h"
#include "daemon/cli/words.h"

struct report {
    struct doc *doc;
    struct cube *cube;
    const struct settings *settings; /* of the site */
    const char *zone;                /* its name */
    const struct scorecards *cards;  /* NULL: none are configured */
    const struct measures *measures; /* NULL: none were given */
    const struct measure_plan *plan; /* of each */
    char *const *files;
    uint32_t files_n;
    uint64_t refused;   /* lines */
    uint32_t names_max; /* side by side: of a scope, the busiest */
    bool everything;    /* what nothing in the log speaks of, too: 0 of all (report_is_silent) */
    bool compared;      /* the log reaches back into the period before */
};

/* Everything, in its order. */
void report_build(struct report *r);

/* --- report_number.c: numbers and changes in words ------------------------------------------ */

/* One number of both periods. */
struct number {
    struct figure_source of;
    enum direction good;
    bool has, had;
    struct figure now, before;
    bool ratio;              /* then both intervals are there, where has and had */
    struct interval at, was; /* Wilson's */
};

struct number report_number(const struct report *r, const struct sum *now, const struct sum *before,
                            struct figure_source of);

/* "12m 30s", "87.5%"; lives as long as the document. */
const char *report_value(const struct report *r, struct figure_source of, int64_t value);
const char *report_figure(const struct report *r, struct figure_source of, const struct figure *f);

/* "satisfaction (politeness)" */
const char *report_indicator(const struct report *r, struct figure_source of);

/* "median", "mean", "p75": of a duration. */
const char *report_field(struct figure_source of);

/* The cell of a figure with what is behind it as a note; "·" when it is empty. */
struct doc_cell *report_cell(const struct report *r, struct doc_table *t, struct figure_source of,
                             const struct figure *f);

/* The cell of a value alone, a baseline or a target, in ms or millionths. */
struct doc_cell *report_mark(const struct report *r, struct doc_table *t, struct figure_source of,
                             int64_t value);

/* Between both periods: 1 better, -1 worse, 0 unclear, alike or neither. */
int report_verdict(const struct number *n);

/* As of when, for people. */
const char *report_instant(const struct report *r, ms_t at);

/* "↑ 12.0 %": what is nothing when written down is told as unchanged. Points: of a fraction. */
const char *report_by(const struct report *r, double by, const char *amount);
const char *report_by_points(const struct report *r, double by);

/* The same of both periods, and whether it is clear. */
struct doc_cell *report_change(const struct report *r, struct doc_table *t, const struct number *n);
const char *report_change_text(const struct report *r, const struct number *n);

/* "n = 120 · 41.0 – 58.7%": cases behind a value, and of a ratio its interval. NULL: a count, a
 * part of time, or empty. */
const char *report_sure(const struct report *r, struct figure_source of, const struct figure *f);

/* "35 pending, 4.1% without them": what of a cohort may still turn out otherwise. NULL: nothing. */
const char *report_pending(const struct report *r, struct figure_source of, const struct figure *f);

const char *report_share(const struct report *r, double fraction);
const char *report_interval(const struct report *r, struct interval i);
const char *report_count(const struct report *r, uint64_t n);

/* A word with {1} {2} {3} filled in. */
const char *report_phrase(const struct report *r, enum word w, const char *a, const char *b,
                          const char *c);

/* "Wang Fang (wang.fang)". */
const char *report_name(const struct report *r, enum scope scope, uint32_t index);

/* --- sections ------------------------------------------------------------------------------- */

void report_summary(struct report *r);    /* report_build.c */
void report_scorecards(struct report *r); /* report_score.c */
void report_indicators(struct report *r); /* report_indicators.c */
void report_goals(struct report *r);
void report_compare(struct report *r); /* report_compare.c */
void report_trend(struct report *r);   /* report_trend.c */
void report_mix(struct report *r);
void report_times(struct report *r);
void report_people(struct report *r); /* report_people.c */
void report_weak(struct report *r);   /* report_weak.c */
void report_measures(struct report *r);
void report_about(struct report *r); /* report_about.c */

/* --- others --------------------------------------------------------------------------------- */

/* The site's target of a duration; 0: it has none. */
ms_t report_target(const struct report *r, enum indicator i);

/* A part of tickets that some kind of event makes, of which the log has none at all: left out, and
 * told by report_say_silent. */
bool report_is_silent(const struct report *r, enum indicator i);
void report_say_silent(struct report *r);

/* What the indicators' table says of an indicator: which number stands for it. */
struct figure_source report_source(const struct report *r, enum indicator i);

#endif
