#include "core/checksum.h"

enum { LANES = CHECKSUM_LANES, STRIPE = 8 * LANES };

/* Rotate, multiply (as XXH64 by Y. Collet does): a bijection of lane and of value, so one changed
 * word always changes its lane. Independent lanes, since one chain is bound by latency; local
 * ones, since bytes might alias those in memory. */
static void add_stripes(struct checksum *c, const uint8_t *p, uint64_t stripes)
{
    uint64_t lane[LANES];
    memcpy(lane, c->lane, sizeof lane);
    for (; stripes > 0; stripes--, p += STRIPE) {
        for (int i = 0; i < LANES; i++) {
            uint64_t v;
            memcpy(&v, p + 8 * i, 8);
            v ^= lane[i];
            lane[i] = (v << 31 | v >> 33) * 0x9E3779B185EBCA87ULL;
        }
    }
    memcpy(c->lane, lane, sizeof lane);
}

void checksum_init(struct checksum *c)
{
    memset(c, 0, sizeof *c);
    for (uint64_t i = 0; i < LANES; i++)
        c->lane[i] = mix64(i + 1);
}

void checksum_add(struct checksum *c, const void *bytes, uint64_t n)
{
    const uint8_t *p = bytes;
    uint32_t fill = (uint32_t)(c->length % STRIPE);
    c->length += n;
    if (fill > 0) {
        uint64_t take = n < STRIPE - fill ? n : STRIPE - fill;
        memcpy(c->tail + fill, p, take);
        if (fill + take < STRIPE)
            return;
        add_stripes(c, c->tail, 1);
        p += take;
        n -= take;
    }
    add_stripes(c, p, n / STRIPE);
    if (n % STRIPE > 0)
        memcpy(c->tail, p + n / STRIPE * STRIPE, n % STRIPE);
}

uint64_t checksum_value(const struct checksum *c)
{
    uint64_t h = hash_bytes(c->length, c->tail, c->length % STRIPE);
    for (int i = 0; i < LANES; i++)
        h = mix64(h ^ c->lane[i]);
    return h;
}
