/* trend.h: a number against the same number of the window before: by how much it changed.
 *
 * The change is (now - before), in the unit of the field, or its part of |before|, in millionths.
 * Both are the exact fractions of figure.h (percentiles within 1 % each), nothing is rounded on
 * the way. Empty: where one of the two is, or has fewer than min_n samples (of counts, which have
 * no samples behind them: where fewer than min_n were counted before), and a part of nothing. */
#ifndef TP_CORE_TREND_H
#define TP_CORE_TREND_H

#include "core/measure.h"

enum {
    TREND_PART_MAX = 1000000000, /* thresholds of a part, in millionths: a thousandfold */
    TREND_WORK = 2048,           /* samples of an order statistic that count as one piece */
};

/* now, before: of the rule's source in its window, and in the one before. */
void trend_of(const struct rule_setting *rule, const struct figure *now,
              const struct figure *before, struct measure *ret);

/* Reads both. The window must be one of settings.compared. */
void trend_read(struct board *b, const struct rule_setting *rule, uint32_t index,
                struct measure *ret);

#endif
