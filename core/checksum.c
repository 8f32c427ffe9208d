#include "core/checksum.h"

enum { STRIPE = 32 };

/* Four independent lanes: one chain of multiplications is bound by latency, four are not. */
static void add_stripe(struct checksum *c, const uint8_t *p)
{
    for (int i = 0; i < 4; i++) {
        uint64_t v;
        memcpy(&v, p + 8 * i, 8);
        unsigned __int128 m = (unsigned __int128)(c->lane[i] ^ v) * 0xD6E8FEB86659FD93ULL;
        c->lane[i] = (uint64_t)m ^ (uint64_t)(m >> 64) ^ (c->lane[i] >> 29);
    }
}

void checksum_init(struct checksum *c)
{
    *c = (struct checksum){.lane = {mix64(1), mix64(2), mix64(3), mix64(4)}};
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
        add_stripe(c, c->tail);
        p += take;
        n -= take;
    }
    for (; n >= STRIPE; n -= STRIPE, p += STRIPE)
        add_stripe(c, p);
    if (n > 0)
        memcpy(c->tail, p, n);
}

uint64_t checksum_value(const struct checksum *c)
{
    uint64_t h = hash_bytes(c->length, c->tail, c->length % STRIPE);
    for (int i = 0; i < 4; i++)
        h = mix64(h ^ c->lane[i]);
    return h;
}
