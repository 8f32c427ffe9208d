/* report_wilson.h: how sure a ratio is: Wilson's score interval.
 *
 * E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22
 * (1927). It stays inside 0..1 and holds for few cases and for ratios near 0 and 1. */
#ifndef TP_DAEMON_CLI_REPORT_WILSON_H
#define TP_DAEMON_CLI_REPORT_WILSON_H

#include "core/base.h"

struct interval {
    double low, high; /* of a fraction */
};

/* 95 %; met <= n, n > 0. */
struct interval wilson(uint64_t met, uint64_t n);

/* Do they share nothing? Then two periods differ by more than chance makes likely. */
bool interval_apart(struct interval a, struct interval b);

#endif
