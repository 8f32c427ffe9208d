#include "core/window_walk.h"

#include "core/chunk.h"

bool window_walk(const struct windows *ws, struct window_walk *walk)
{
    if (walk->at == 0) {
        /* Below the head's base jumps may end in chunks that are gone. */
        if (walk->log->head == 0 || walk->sec < log_base(ws, walk->log))
            return false;
        walk->at = walk->log->tail;
    } else {
        const struct chunk *c = chunk_get(ws, walk->at);
        if (c->base <= walk->sec || c->prev == 0) {
            for (uint32_t line = 64; line < sizeof *c; line += 64)
                __builtin_prefetch((const char *)c + line);
            return false;
        }
        walk->at = c->jump_base > walk->sec ? c->jump : c->prev;
    }
    pool_prefetch(&ws->chunks, walk->at);
    return true;
}
