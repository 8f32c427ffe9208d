/* report_cube.h: everything that a report counts, by one pass of a log through the engine.
 *
 * The engine's tap tells every sample with its tags; it is counted at its ts, whenever it comes:
 * in its period (the one reported and the one before), step, hour, and under its names. So numbers
 * of steps add up to those of the period, and corrections reach the day that they are about.
 *
 * As of: what is known of a period at one instant. What later events say of it no longer counts,
 * nor does what stands later: a promise that is not due yet. Both periods can have their own, so
 * that both had the same time for corrections (period_alike). `handled` is as of the period's end:
 * a later touch of a ticket does not take it out of a period that is over. */
#ifndef TP_DAEMON_CLI_REPORT_CUBE_H
#define TP_DAEMON_CLI_REPORT_CUBE_H

#include "core/engine.h"
#include "daemon/cli/report_period.h"
#include "daemon/cli/report_sum.h"

enum { CUBE_NOW, CUBE_PRIOR, CUBE_PERIODS };

struct cube_setup {
    const struct settings *settings; /* of the site: zone, targets; borrowed */
    const struct limits *limits;
    const char *team; /* only what counts for this team; NULL = everything */
    struct period period[CUBE_PERIODS];
    ms_t as_of[CUBE_PERIODS];
    enum period_step step;
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

struct cube {
    struct cube_setup setup;
    struct settings settings; /* of the engine: every scope, one window, no rules */
    struct engine *engine;
    void *memory;
    uint64_t bytes;
    uint32_t team;                              /* index, 0 = not seen yet */
    ms_t event_ts;                              /* of the event being applied */
    bool voids;                                 /* it makes a ticket's work count nothing */
    ms_t pending_from[CUBE_PERIODS][HORIZON_N]; /* sum_horizons */
    struct sum *sum[CUBE_PERIODS];
    struct cube_names names[CUBE_PERIODS][SCOPE_N];
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
    struct outbox outbox;
    struct effect effects[64];
};

/* false: complained. Of static or heap memory, zeroed. */
bool cube_open(struct cube *c, const struct cube_setup *setup);

/* One event of the log; later than as of, it is only counted. */
void cube_event(struct cube *c, const struct event *e);

/* What is due by as of has happened; the log is over. */
void cube_end(struct cube *c);

/* Whose gauges and sums these are: SCOPE_ALL, or the team. */
enum scope cube_scope(const struct cube *c);

/* Of one name in a period; NULL: nothing counted. */
const struct sum *cube_name(const struct cube *c, uint32_t period, enum scope scope,
                            uint32_t index);

/* What the mix is of, all of it: what has no category, too. */
uint32_t cube_whole(const struct cube *c, uint32_t period, enum part_kind mix);
uint32_t cube_part(const struct cube *c, uint32_t period, enum part_kind mix, uint32_t part);

void cube_close(struct cube *c);

#endif
