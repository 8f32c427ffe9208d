#include "core/sketch.h"

bool sketch_withdraw(struct sketch *s, ms_t value)
{
    uint32_t index = sketch_index(value);
    if (s->count[index] == 0)
        return false;
    s->n--;
    s->group[index >> SKETCH_BITS]--;
    s->count[index]--;
    return true;
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
    for (uint32_t g = 0; g < SKETCH_GROUPS; g++) {
        if (from->group[g] == 0)
            continue;
        into->group[g] += from->group[g];
        for (uint32_t i = g << SKETCH_BITS; i < (g + 1) << SKETCH_BITS; i++)
            into->count[i] += from->count[i];
    }
    into->n += from->n;
}

void sketch_clear(struct sketch *s)
{
    for (uint32_t g = 0; g < SKETCH_GROUPS; g++)
        if (s->group[g] != 0)
            memset(&s->count[g << SKETCH_BITS], 0, sizeof s->count[0] << SKETCH_BITS);
    memset(s->group, 0, sizeof s->group);
    s->n = 0;
}

ms_t sketch_value(uint32_t index)
{
    CHECK(index < SKETCH_BUCKETS);
    uint32_t shift = index >> SKETCH_BITS; /* one too many from the second group on */
    if (shift > 0)
        shift--;
    uint64_t low = (uint64_t)(index - (shift << SKETCH_BITS)) << shift;
    uint64_t high = low + (1ULL << shift) - 1;
    if (low == high)
        return (ms_t)low;
    return (ms_t)((unsigned __int128)2 * low * high / (low + high));
}

ms_t sketch_quantile(const struct sketch *s, uint32_t permille)
{
    CHECK(s->n > 0 && permille <= 1000);
    uint64_t rank = ((uint64_t)s->n * permille + 999) / 1000;
    if (rank == 0)
        rank = 1;
    uint32_t g = 0;
    while (rank > s->group[g])
        rank -= s->group[g++];
    uint32_t i = g << SKETCH_BITS;
    while (rank > s->count[i])
        rank -= s->count[i++];
    return sketch_value(i);
}

static uint8_t *put_number(uint8_t *p, uint32_t v)
{
    while (v >= 128) {
        *p++ = (uint8_t)(v | 128);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* NULL when the bytes end before the number does, or it is larger than 32 bits. */
static const uint8_t *get_number(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
    uint64_t v = 0;
    for (uint32_t shift = 0; p < end && shift < 35; shift += 7) {
        v |= (uint64_t)(*p & 127) << shift;
        if (*p++ < 128) {
            *ret = (uint32_t)v;
            return v <= UINT32_MAX ? p : NULL;
        }
    }
    return NULL;
}

uint32_t sketch_pack(const struct sketch *s, uint8_t *ret)
{
    uint8_t *p = ret + 2; /* how many there are is known last */
    uint32_t used = 0, last = 0;
    for (uint32_t g = 0; g < SKETCH_GROUPS; g++) {
        if (s->group[g] == 0)
            continue;
        for (uint32_t i = g << SKETCH_BITS; i < (g + 1) << SKETCH_BITS; i++) {
            if (s->count[i] == 0)
                continue;
            p = put_number(p, i - last);
            p = put_number(p, s->count[i]);
            last = i;
            used++;
        }
    }
    ret[0] = (uint8_t)(used | 128);
    ret[1] = (uint8_t)(used >> 7);
    return (uint32_t)(p - ret);
}

uint32_t sketch_unpack(struct sketch *s, const uint8_t *p, uint32_t len)
{
    const uint8_t *at = p, *end = p + len;
    uint32_t used, distance, n, index = 0;
    if ((at = get_number(at, end, &used)) == NULL)
        return 0;
    for (uint32_t i = 0; i < used; i++) {
        if (LIKELY(end - at >= 2 && ((at[0] | at[1]) & 128) == 0)) {
            distance = at[0];
            n = at[1];
            at += 2;
        } else if ((at = get_number(at, end, &distance)) == NULL ||
                   (at = get_number(at, end, &n)) == NULL) {
            return 0;
        }
        if (distance > SKETCH_LAST - index)
            return 0;
        index += distance;
        sketch_count(s, index, n);
    }
    return (uint32_t)(at - p);
}
