/* random.h: seeded random numbers for tests (SplitMix64), the same on every machine. */
#ifndef TP_TESTS_RANDOM_H
#define TP_TESTS_RANDOM_H

#include "core/base.h"

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
    return mix64(r->state += 0x9E3779B97F4A7C15ULL);
}

/* 0..n-1 */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
    return random_next(r) % n;
}

/* low..high, both possible */
static inline int64_t random_range(struct random *r, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(r, (uint64_t)(high - low) + 1);
}

static inline bool random_percent(struct random *r, uint32_t percent)
{
    return random_below(r, 100) < percent;
}

#endif
