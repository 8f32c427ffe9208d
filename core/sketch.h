/* sketch.h: durations counted in integer log-linear buckets: add, withdraw, merge, quantile.
 *
 * 64 buckets per power of two: below 128 ms a bucket is one millisecond, above it is at most
 * 1/64 of its values wide. Its representative, the harmonic mean of both ends, is off by less
 * than 1/128 (0.78 %). Values beyond 400 days count in the last bucket. Two sketches of the same
 * values are equal whatever the order, so withdrawing is exact. Index and width by shifts only;
 * after Tene's HdrHistogram and hg64 (dotat.at, 2022). */
#ifndef TP_CORE_SKETCH_H
#define TP_CORE_SKETCH_H

#include "core/base.h"

enum {
    SKETCH_BITS = 6,
    SKETCH_GROUPS = 31, /* the last holds one bucket: 2^35 ms is 397.7 days, its end 403.9 */
    SKETCH_LAST = (SKETCH_GROUPS - 1) << SKETCH_BITS,
    SKETCH_BUCKETS = SKETCH_LAST + 1,
    SKETCH_BYTES_MAX = 3 + 6 * SKETCH_BUCKETS, /* of sketch_pack */
};

struct sketch {
    uint32_t n;                                   /* values counted */
    uint32_t group[SKETCH_GROUPS];                /* of those, per 64 buckets */
    uint32_t count[SKETCH_GROUPS << SKETCH_BITS]; /* per bucket */
};

/* The bucket of a value; negative values count as 0. */
static inline uint32_t sketch_index(ms_t value)
{
    uint64_t v = value < 0 ? 0 : (uint64_t)value;
    uint32_t shift = 63 - SKETCH_BITS - (uint32_t)__builtin_clzll(v | 1 << SKETCH_BITS);
    uint64_t index = ((uint64_t)shift << SKETCH_BITS) + (v >> shift);
    return index < SKETCH_LAST ? (uint32_t)index : SKETCH_LAST;
}

static inline void sketch_count(struct sketch *s, uint32_t index, uint32_t n)
{
    s->n += n;
    s->group[index >> SKETCH_BITS] += n;
    s->count[index] += n;
}

static inline void sketch_add(struct sketch *s, ms_t value)
{
    sketch_count(s, sketch_index(value), 1);
}

/* false: no value of that bucket is counted, nothing changed. */
bool sketch_withdraw(struct sketch *s, ms_t value);

void sketch_merge(struct sketch *into, const struct sketch *from);

/* Empties it; cheap when few groups are in use. */
void sketch_clear(struct sketch *s);

/* What stands for all values of a bucket, ms. */
ms_t sketch_value(uint32_t index);

/* Nearest rank: the value of rank ceil(n * permille / 1000), at least 1. n must not be 0. */
ms_t sketch_quantile(const struct sketch *s, uint32_t permille);

/* The used buckets as bytes (distance and count as base-128 numbers, about 2 bytes a bucket).
 * ret: SKETCH_BYTES_MAX bytes. Returns how many were written. */
uint32_t sketch_pack(const struct sketch *s, uint8_t *ret);

/* Adds what sketch_pack wrote. Returns how many bytes it took, 0 when they are none of its. */
uint32_t sketch_unpack(struct sketch *s, const uint8_t *p, uint32_t len);

#endif
