/* clock.h: the wall clock as the loop sees it: read once per turn, and it never goes back.
 *
 * When the system's clock is set back, ours stands still until the other has caught up. */
#ifndef TP_DAEMON_CLOCK_H
#define TP_DAEMON_CLOCK_H

#include "core/base.h"

struct clock {
    ms_t now;       /* UTC; 0 before the first reading */
    ms_t behind;    /* how far the system's clock is behind ours; 0 while it runs */
    uint64_t steps; /* how often it was set back */
};

/* The system's clock in UTC milliseconds. */
ms_t clock_system(void);

/* Milliseconds that nobody sets; for durations. */
ms_t clock_monotonic(void);

/* Takes a reading of the system's clock; returns ours. */
ms_t clock_take(struct clock *c, ms_t reading);

#endif
