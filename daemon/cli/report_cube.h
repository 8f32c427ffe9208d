/* report_cube.h: everything that a report counts, by one pass of a log through the engine.
 *
 * The engine's tap tells every sample with its tags; it is counted at its ts, whenever it comes:
 * in its period (the one reported and the one before), step, hour, and under its names. So numbers
 * of steps add up to those of the period, and corrections reach the day that they are about.
 *
 * As of: what is known of a period at one instant. What later events say of it no longer counts,
 * nor does what stands later: a promise that is not due yet. Both periods can have their own, so
 * that both had the same time for corrections (period_alike). `handled` is as of the period's end:
 * a later touch of a ticket does not take it out of a period that is over.
 *
 * Besides both periods there are further views: the same two in the open hours of each calendar
 * that a scorecard names in `when`, and spans of their own of one name (measures). */
#ifndef TP_DAEMON_CLI_REPORT_CUBE_H
#define TP_DAEMON_CLI_REPORT_CUBE_H

#include "core/engine.h"
#include "daemon/cli/report_period.h"
#include "daemon/cli/report_sum.h"

enum { CUBE_NOW, CUBE_PRIOR, CUBE_PERIODS };
enum {
    CUBE_HOURS_MAX = SLICES_MAX, /* calendars */
    CUBE_SPANS_MAX = 128,
    CUBE_SPAN_FIRST = CUBE_PERIODS * (1 + CUBE_HOURS_MAX),
    CUBE_VIEWS_MAX = CUBE_SPAN_FIRST + CUBE_SPANS_MAX,
};

/* What one name did in some time; SCOPE_ALL: the whole. */
struct cube_span {
    struct period period;
    ms_t as_of;
    enum scope scope;
    const char *name;
};

struct cube_setup {
    const struct settings *settings; /* of the site: zone, targets; borrowed */
    const struct limits *limits;
    const char *team; /* only what counts for this team; NULL = everything */
    struct period period[CUBE_PERIODS];
    ms_t as_of[CUBE_PERIODS];
    enum period_step step;
    const struct cube_span *span; /* borrowed */
    uint32_t spans;
};

struct cube_names {
    struct sum **at; /* by index of the name; NULL: nothing counted */
    uint32_t n;
};

/* Parts of one mix: how many, by what they are called (engine_part). */
struct cube_parts {
    uint32_t *at;
    uint32_t n;
};

/* What counts where: both periods, then both of each calendar's hours, then spans. */
struct cube_view {
    bool on;
    struct period period;
    ms_t as_of;
    ms_t pending_from[HORIZON_N]; /* sum_horizons */
    const struct calendar *hours; /* NULL: all */
    uint32_t names;               /* bits of the scopes whose names are kept apart */
    enum scope scope;             /* SCOPE_ALL: the sum is of the whole, else of … */
    const char *name;
    uint32_t index; /* … this name, 0 = not seen yet */
};

struct cube {
    struct cube_setup setup;
    struct settings settings; /* of the engine: every scope, one window, no rules */
    struct engine *engine;
    void *memory;
    uint64_t bytes;
    uint32_t team;                        /* index, 0 = not seen yet */
    ms_t event_ts;                        /* of the event being applied */
    bool voids;                           /* it makes a ticket's work count nothing */
    uint32_t hours;                       /* calendars … */
    const char *calendar[CUBE_HOURS_MAX]; /* … by id */
    struct calendar compiled[CUBE_HOURS_MAX];
    void *compiled_in[CUBE_HOURS_MAX];
    uint32_t views; /* that may be on */
    struct cube_view view[CUBE_VIEWS_MAX];
    struct sum *sum[CUBE_VIEWS_MAX];
    struct cube_names names[CUBE_VIEWS_MAX][SCOPE_N];
    struct cube_parts mix[CUBE_PERIODS][MIX_N]; /* of the whole */
    uint32_t steps;
    ms_t edge[PERIOD_STEPS_MAX + 1];
    struct sum *at_step[PERIOD_STEPS_MAX];
    struct sum *at_hour[24];            /* by when it happened */
    struct values wait_from[FAM_N][24]; /* column 0 (first response, call wait) by when … */
    uint32_t edges_passed;              /* … the customer began to wait */
    int64_t open[PERIOD_STEPS_MAX + 1]; /* unresolved at each edge passed, and as of the report */
    int64_t open_before; /* likewise when the period before ends or is cut; -1: not known */
    bool before_passed;
    ms_t first, last; /* ts of the log; MS_NONE: it is empty */
    uint64_t events_taken, after_as_of;
    uint64_t kinds; /* bits of enum event_kind: of which some were taken */
    struct outbox outbox;
    struct effect effects[64];
};

/* false: complained. Of static or heap memory, zeroed. */
bool cube_open(struct cube *c, const struct cube_setup *setup);

/* Its part: the views, from c->setup. report_views.c */
bool cube_views(struct cube *c);

/* One event of the log; later than as of, it is only counted. */
void cube_event(struct cube *c, const struct event *e);

/* What is due by as of has happened; the log is over. */
void cube_end(struct cube *c);

/* Whose gauges and sums these are: SCOPE_ALL, or the team. */
enum scope cube_scope(const struct cube *c);

/* The view of a period in the open hours of a calendar; "": all hours. CHECK: no card names it. */
uint32_t cube_view_of(const struct cube *c, uint32_t period, const char *when);

/* Of one name in a view, such as a period; NULL: nothing counted. */
const struct sum *cube_name(const struct cube *c, uint32_t view, enum scope scope, uint32_t index);

/* Of the span at this place of the setup. */
const struct sum *cube_span_sum(const struct cube *c, uint32_t at);

/* What the mix is of, all of it: what has no category, too. */
uint32_t cube_whole(const struct cube *c, uint32_t period, enum part_kind mix);
uint32_t cube_part(const struct cube *c, uint32_t period, enum part_kind mix, uint32_t part);

void cube_close(struct cube *c);

/* Is `as of` of another day than the log's last event, and later? Then nothing is known of what
 * is in between. */
bool cube_is_beyond(const struct cube *c);

#endif
