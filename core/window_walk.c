#include "core/window_walk.h"

#include "core/chunk.h"

bool window_walk(const struct windows *ws, struct window_walk *walk)
{
    uint32_t sec = (uint32_t)sec_floor(walk->ts);
    uint64_t to = moment(sec, (uint32_t)(walk->ts - (ms_t)sec * MS_SECOND));
    if (walk->at == 0) {
        /* Below the head's base jumps may end in chunks that are gone. */
        if (walk->log->head == 0 || sec < log_base(ws, walk->log))
            return false;
        walk->at = walk->log->tail;
    } else {
        const struct chunk *c = chunk_get(ws, walk->at);
        uint64_t head = chunk_moment(chunk_get(ws, walk->log->head));
        handle_t back = chunk_back(c, to < head ? head : to);
        if (back == 0) {
            for (uint32_t line = 64; line < sizeof *c; line += 64)
                __builtin_prefetch((const char *)c + line);
            return false;
        }
        walk->at = back;
    }
    pool_prefetch(&ws->chunks, walk->at);
    return true;
}
