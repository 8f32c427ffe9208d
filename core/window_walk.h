/* window_walk.h: walks towards an instant of a log, in steps, so that many can overlap.
 *
 * A mark or withdrawal that lies far back in a log costs a chain of cache misses. Between two
 * steps of a walk what the next one reads comes near, so walks taken in turn cost what one does.
 * They change nothing, and need not be finished. */
#ifndef TP_CORE_WINDOW_WALK_H
#define TP_CORE_WINDOW_WALK_H

#include "core/btree.h"
#include "core/window.h"

/* Begins a walk. false: none is worth it. The log must not change before the walk's last step. */
bool window_walk(const struct windows *ws, const struct window_log *log, ms_t ts,
                 struct btree_walk *ret);

#endif
