#include "core/window_walk.h"

#include "core/chunk.h"

bool window_walk(const struct windows *ws, const struct window_log *log, ms_t ts,
                 struct btree_walk *ret)
{
    uint32_t sec = (uint32_t)sec_floor(ts);
    if (log->head == 0 || sec < log_base(ws, log))
        return false;
    int64_t to = moment(sec, (uint32_t)(ts - (ms_t)sec * MS_SECOND));
    return btree_begin(ret, &ws->chunks, log->tail, to, chunk_moment);
}
