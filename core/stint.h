/* stint.h: time in a state, counted by the windows to the millisecond.
 *
 * Every beginning and end of a stint is one sample of FAM_STINTS, its instant the value of a
 * column for each thing that begins or ends then. How many stints run now is known too (level).
 * With d = 1 for a beginning and -1 for an end, the time of all stints inside [from, at) is
 *     (at - from) * (level - sum of d) + sum of d * (at - t)       over the samples in between,
 * so sums and counts are all it takes, whatever the window: prefixes give both. Samples that a
 * window has lost count as if they stood before it. */
#ifndef TP_CORE_STINT_H
#define TP_CORE_STINT_H

#include "core/indicator.h"

/* An end at t has the value STINT_SPAN - t and its END flag: values are never negative, and sums
 * tell ends from beginnings. Sums are modulo 2^64, their difference is not. */
#define STINT_SPAN (INT64_C(1) << 42) /* the year 2109 */

/* One more thing that begins or ends with the sample, at its ts. */
void stint_edge(struct window_sample *s, uint32_t column, bool begins);

/* How many more of a column's stints run after these samples than before. */
int64_t stint_rise(const struct window_numbers *n, uint32_t column);

/* Time of a column's stints inside [from, at), ms; never negative. level: how many run at `at`. */
ms_t stint_time(const struct window_numbers *n, uint32_t column, int64_t level, ms_t from, ms_t at);

#endif
