/* figure.h: one number of a name in a window, exact: what alert rules and scorecards judge.
 *
 * A figure is a fraction in the unit of its field: ms, or millionths for everything else. Values
 * (value, mean, min, max, p50…p99, attainment) are empty while nothing is behind them: no sample,
 * a denominator of 0. Counts (n, num, den, met, missed) and gauges are never empty. Percentiles
 * are those of the windows, within 1 %; everything else is exact. */
#ifndef TP_CORE_FIGURE_H
#define TP_CORE_FIGURE_H

#include "core/board.h"

/* Which number. */
struct figure_source {
    uint16_t indicator; /* enum indicator */
    uint8_t field;      /* enum indicator_field, one that the indicator has */
    uint8_t aspect;     /* of csat: 1 + which of settings.aspect; 0 = ratings without one */
};

/* Is its aspect one that there is, of what has aspects? Or none. */
bool figure_is_aspect(const struct settings *s, struct figure_source source);

/* "csat.politeness", "first_response"; lent by the settings. */
const char *figure_name(const struct settings *s, struct figure_source source);

/* What it can be at all, in the unit of its field; bits enum scope: for whom there is one; which
 * way is good. */
struct span figure_span(const struct settings *s, struct figure_source source);
uint32_t figure_scopes(const struct settings *s, struct figure_source source);
enum direction figure_direction(const struct settings *s, struct figure_source source);

/* When a number of a part of the name's samples changes by time alone; MS_NEVER: it does not, or
 * only when its families do (board_next_change). */
ms_t figure_next_change(struct board *b, enum scope scope, uint32_t index, uint32_t window,
                        struct figure_source source);

struct figure {
    bool count; /* a count or gauge: n is the number itself */
    uint32_t n; /* samples behind a value: of the duration or mean, den, met + missed */
    uint32_t pending, pending_num; /* of a report's cohort: those of den and num that may still turn
                                      out otherwise; windows have fields of their own for it */
    __int128 top;
    int64_t bottom; /* > 0; 0: an empty value */
    ms_t since;     /* ages of gauges: since when, MS_NONE = of nothing; else MS_NONE */
};

/* Percent of an order statistic; min is "0 %", max "100 %"; -1 for other fields. */
int figure_percent(enum indicator_field field);

/* Is it a count or a gauge, which has no samples behind it? */
bool figure_is_count(struct figure_source source);

/* Bits FAM_x or TOUCH_GAUGES: what the number is made of. */
uint32_t figure_inputs(const struct settings *s, struct figure_source source);

/* One of an indicator of the site's own. */
struct figure figure_custom(const struct custom_value *v, enum indicator_field field);

/* An order statistic of one name now: a pass over its log. */
ms_t figure_order(struct board *b, enum scope scope, uint32_t index, uint32_t window,
                  struct figure_source source);

/* Numbers of one name in one window at the board's clock; each family is read once. */
void figures_read(struct board *b, enum scope scope, uint32_t index, uint32_t window,
                  const struct figure_source *source, uint32_t n, struct figure *ret);

#endif
