/* block.h: cutting one block of memory into parts, each on its own cache line. */
#ifndef TP_CORE_BLOCK_H
#define TP_CORE_BLOCK_H

#include "core/base.h"

static inline uint64_t block_round(uint64_t bytes)
{
    return (bytes + 63) & ~63ULL;
}

/* The next part of the block at *mem; *mem moves behind it. */
static inline void *block_take(uint8_t **mem, uint64_t bytes)
{
    void *p = *mem;
    *mem += block_round(bytes);
    return p;
}

#endif
