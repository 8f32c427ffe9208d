#include "tests/lib/packed.h"

#include "core/window_pack.h"

uint32_t packed_chunks(const struct windows *ws, const struct window_log *log)
{
    uint32_t n = 0;
    for (handle_t h = log->head; h != 0; h = chunk_get(ws, h)->next)
        n += chunk_is_packed(chunk_get(ws, h));
    return n;
}
