/* window_walk.h: walks towards an instant of a log, in steps, so that many can overlap.
 *
 * A mark or withdrawal that lies far back in a log costs a chain of cache misses. Between two
 * steps of a walk what the next one reads comes near, so walks taken in turn cost what one does.
 * They change nothing, and need not be finished. */
#ifndef TP_CORE_WINDOW_WALK_H
#define TP_CORE_WINDOW_WALK_H

#include "core/btree.h"
#include "core/window.h"

struct window_walk {
    const struct window_log *log;
    ms_t ts;
    struct btree_walk way; /* zero to begin; at the end, the chunk */
};

/* One step. false: it is there (the chunk's lines come near), or the instant lies in slots. The
 * log must not change between the steps. */
bool window_walk(const struct windows *ws, struct window_walk *walk);

#endif
