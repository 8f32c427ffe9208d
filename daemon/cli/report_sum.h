/* report_sum.h: samples counted over any period or slice, whole: every indicator of it.
 *
 * A sum takes the signed samples and marks of the fold (op.h) in any order; what is withdrawn
 * cancels what was added. Values are kept, so order statistics are those of the windows (the same
 * sketch) and min and max are exact. */
#ifndef TP_DAEMON_CLI_REPORT_SUM_H
#define TP_DAEMON_CLI_REPORT_SUM_H

#include "core/figure.h"
#include "core/name.h"
#include "core/sketch.h"
#include "core/snapshot.h"

/* Values >= 0; a withdrawn one stands once more as -1 - value. */
struct values {
    ms_t *v;
    uint32_t n, cap;
    uint32_t gone; /* of those, withdrawals */
};

void values_add(struct values *s, ms_t value, int sign);

/* Withdrawals and what they take back go; to be called before the readers. */
void values_settle(struct values *s);

/* n, min, max and the quantiles. */
void values_order(const struct values *s, struct window_order *ret);

/* Nearest rank; false: there is nothing. */
bool values_rank(const struct values *s, uint32_t permille, ms_t *ret);

struct op;

enum { SUM_ASPECTS = ASPECTS_MAX + NAME_RESERVED_N + 1 };

/* Of what cohorts count, the part whose horizon is not over, by the shortest one that is not. */
enum { RECENT_OPENINGS, RECENT_RESOLVES, RECENT_COHORTS, RECENT_N };
struct sum_recent {
    uint32_t flag[HORIZON_N][RECENT_N][WINDOW_FLAGS_MAX];
};

struct sum {
    struct window_numbers numbers[FAM_N];
    struct values values[FAM_N][WINDOW_COLUMNS_MAX];
    struct sum_recent *recent; /* NULL: nothing is pending */
    struct { /* by aspect, 1 + its place in settings.aspect; those it does not name follow */
        uint32_t n;
        int64_t sum; /* millionths */
    } rated[SUM_ASPECTS];
};

/* A rating of an aspect. */
void sum_rate(struct sum *t, uint32_t aspect, int64_t csat, int sign);

/* The mean of one aspect's ratings; t may be NULL. */
struct figure sum_rated(const struct sum *t, uint32_t aspect);

/* Exits when there is no memory, like everything of the companion that grows. */
struct sum *sum_new(void);
void sum_free(struct sum *t); /* NULL: nothing */

/* Adds an op; `but` are flags of its family that are not to be counted. */
void sum_add(struct sum *t, const struct op *op, uint32_t but);

/* Where horizons that are not over as of an instant begin, in whole seconds like windows: what
 * stands there or later is pending. */
void sum_horizons(const struct settings *s, ms_t as_of, ms_t ret_from[HORIZON_N]);

/* The shortest horizon that is not over for what stands at ts; HORIZON_NONE: all are. */
enum horizon sum_horizon(const ms_t from[HORIZON_N], ms_t ts);

/* Adds to what is pending, besides sum_add. Not of HORIZON_NONE. */
void sum_add_recent(struct sum *t, const struct op *op, enum horizon h);

/* A beginning or end of stints (stint.h): their time inside [from, to) from then on. */
void sum_add_time(struct sum *t, const struct op *op, ms_t from, ms_t to);

void sum_settle(struct sum *t); /* NULL: nothing */

/* Of a settled one: one indicator; false: nothing in it (or t is NULL). */
bool sum_value(const struct sum *t, const struct settings *s, enum indicator i,
               struct kpi_value *ret);

/* One number as scorecards judge it. t may be NULL: nothing was counted. */
struct figure sum_figure(const struct sum *t, const struct settings *s,
                         struct figure_source source);

/* The figure as an integer in its unit (ms, millionths), half up. Not of an empty one. */
int64_t figure_round(const struct figure *f);

#endif
