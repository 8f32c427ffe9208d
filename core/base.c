#include "core/base.h"

static uint64_t load_tail(const unsigned char *p, size_t len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t load64(const unsigned char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
#else
    return load_tail(p, 8);
#endif
}

/* Multiply-fold of 8 bytes a turn, closed by mix64. Not a cryptographic hash: the seed keeps
 * a stranger from choosing colliding names ahead of time, limits.h bounds what is left. */
uint64_t hash_bytes(uint64_t seed, const void *p, size_t len)
{
    const unsigned char *b = p;
    uint64_t h = seed ^ (0x9E3779B97F4A7C15ULL * (len + 1));
    while (len >= 8) {
        unsigned __int128 m = (unsigned __int128)(h ^ load64(b)) * 0xD6E8FEB86659FD93ULL;
        h = (uint64_t)m ^ (uint64_t)(m >> 64) ^ (h >> 29);
        b += 8;
        len -= 8;
    }
    if (len > 0)
        h ^= load_tail(b, len);
    return mix64(h);
}
