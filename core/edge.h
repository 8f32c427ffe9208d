/* edge.h: which windows the logs have: the configured ones, and some that nobody sees.
 *
 * A window that trends compare is there a second time, twice as long. A horizon that no sliding
 * window has, while some window is longer, is a window too: what is pending is what lies in it. */
#ifndef TP_CORE_EDGE_H
#define TP_CORE_EDGE_H

#include "core/settings.h"

/* Instead of a window: the horizon is 0; it is at least as long as every window. */
enum { EDGE_NONE = 254, EDGE_ALL = 255 };

struct edges {
    uint8_t twice[WINDOWS_MAX]; /* of a window: the one twice as long, 0 = none */
    uint8_t pending[HORIZON_N]; /* of a horizon: the window as long, or EDGE_x */
};

/* Whole seconds of a horizon. */
sec_t edge_seconds(const struct settings *s, enum horizon h);

/* Fills windows, length and calendar of the setup. */
void edges_plan(const struct settings *s, struct windows_setup *setup, struct edges *ret);

#endif
