#include "core/window_walk.h"

#include "core/chunk.h"

bool window_walk(const struct windows *ws, struct window_walk *walk)
{
    uint32_t sec = (uint32_t)sec_floor(walk->ts);
    int64_t to = moment(sec, (uint32_t)(walk->ts - (ms_t)sec * MS_SECOND));
    if (walk->way.at == 0) {
        if (walk->log->head == 0 || sec < log_base(ws, walk->log))
            return false;
        walk->way.at = walk->log->tail;
    }
    return btree_step(&ws->chunks, &walk->way, to, chunk_moment);
}
