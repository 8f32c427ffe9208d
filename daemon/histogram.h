/* histogram.h: how often something took how long: fixed limits, counts, a sum. */
#ifndef TP_DAEMON_HISTOGRAM_H
#define TP_DAEMON_HISTOGRAM_H

#include "core/base.h"

enum { HISTOGRAM_LIMITS = 16 };

/* Upper limits in microseconds, rising: 10 us to 1 s. What is longer counts in no bucket but in
 * the last count. */
extern const uint32_t histogram_limits[HISTOGRAM_LIMITS];

struct histogram {
    uint64_t count[HISTOGRAM_LIMITS + 1]; /* up to each limit but not to the one before; beyond */
    uint64_t ns;                          /* sum */
};

void histogram_add(struct histogram *h, uint64_t ns);

#endif
