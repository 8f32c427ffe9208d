/* links.h: what tickets and calls work with beside their own memory. */
#ifndef TP_CORE_LINKS_H
#define TP_CORE_LINKS_H

#include "core/agreement.h"
#include "core/board.h"
#include "core/engine.h"
#include "core/wheel.h"

struct presences; /* presence.h */

/* Parts of other modules and of the engine that tickets and calls work with; borrowed for life. */
struct links {
    struct board *board;
    struct presences *presences; /* for calls */
    struct wheel *wheel;
    struct names *sources;
    const struct agreements *agreements;
    struct engine_counters *counters;
    const struct settings *settings;
    uint8_t timer_kind; /* owner kind of the module's timers in the wheel */
};

#endif
