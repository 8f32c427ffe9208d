/* measure.h: what a threshold rule compares: its number read from the board, and the verdict.
 *
 * Comparisons are exact: integers, cross-multiplied, nothing is rounded. Percentiles, min and max
 * are compared by counting: the k-th smallest of n values is >= x when n - k + 1 of them are, and
 * <= x when k of them are. The windows keep such counts for the thresholds of measure_watches.
 *
 * Empty: fields that are a value (value, mean, min, max, p50…p99, attainment) are empty while
 * their denominator (samples of the duration or mean, den of the ratio, met + missed) is 0 or
 * below min_n. on_empty then says fire, clear, or hold: like a value between the thresholds.
 * Counts (n, num, den, met, missed) and gauges are never empty; min_n does not touch them. An age
 * (oldest_open, …) of nothing is 0. */
#ifndef TP_CORE_MEASURE_H
#define TP_CORE_MEASURE_H

#include "core/figure.h"

/* Either a fraction top / bottom in the rule's unit (ms, millionths), or the rank-th smallest of
 * n samples, told by how many of them are above each threshold. */
struct measure {
    bool empty;
    uint32_t n;           /* samples behind the value; counts: the count */
    uint32_t rank;        /* 0: a fraction, else 1..n */
    uint32_t over_fire;   /* order statistics: samples >= rule.fire (below: > fire) … */
    uint32_t over_clear;  /* … and >= rule.clear (below: > clear) */
    __int128 top, bottom; /* bottom > 0 unless empty */
    ms_t grows_since;     /* ages: since when; MS_NONE = no age, or of nothing */
    ms_t now;             /* as of when it was read */
    int64_t value_now, value_before; /* trends: what was compared, in the unit of the field */
    uint32_t n_before;
    uint32_t work; /* pieces of work that it cost; 0: next to none */
};

enum verdict_of_rule { RULE_CLEAR, RULE_BETWEEN, RULE_FIRE, RULE_VERDICTS };

/* RULE_FIRE: value >= fire (below: <=). RULE_CLEAR: value < clear (below: >). Else between. */
enum verdict_of_rule measure_verdict(const struct rule_setting *rule, const struct measure *m);

/* Bits FAM_x or TOUCH_GAUGES: what the rule's number is made of. */
uint32_t measure_inputs(const struct settings *settings, const struct rule_setting *rule);

/* Rules on scores and trends cost too much to be judged at every event: they look every so often.
 * 0: at every event. A 288th of the window, at least a second, at most a minute. */
ms_t measure_step(const struct settings *settings, const struct rule_setting *rule);

/* The thresholds that the windows must count for these rules. How many; *ret is filled up to cap,
 * and at most WATCHES_MAX of a family are named: what is not counted is read by board_order. */
uint32_t measure_watches(const struct settings *settings, struct window_watch *ret, uint32_t cap);

/* Reads the rule's number of one name at the board's clock, or at t if that is later. */
void measure_read(struct board *b, const struct rule_setting *rule, uint32_t index, ms_t t,
                  struct measure *ret);

/* The instant after measure_read at which time alone may change the verdict, or MS_NEVER. */
ms_t measure_next_change(struct board *b, const struct rule_setting *rule, uint32_t index,
                         const struct measure *m, bool calendar);

/* The value for people, rounded down: ms or millionths. Not when empty. Order statistics cost a
 * pass over the window and are within 1 %, but never contradict the verdict: for alerts, not for
 * comparing. */
int64_t measure_value(struct board *b, const struct rule_setting *rule, uint32_t index,
                      const struct measure *m);

#endif
