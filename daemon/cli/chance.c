#include "daemon/cli/chance.h"

enum { Q16 = 65536, LOG2_E_Q16 = 94548, LN_2_Q16 = 45426 };

/* 2^(i/32) in 1/65536. */
static const uint32_t exp2_q16[33] = {
    65536,  66971,  68438,  69936,  71468,  73032,  74632,  76266,  77936,  79642,  81386,
    83169,  84990,  86851,  88752,  90696,  92682,  94711,  96785,  98905,  101070, 103283,
    105545, 107856, 110218, 112631, 115098, 117618, 120194, 122825, 125515, 128263, 131072,
};

void chance_init(struct chance *c, uint64_t seed)
{
    c->state = mix64(seed) | 1;
}

uint64_t chance_next(struct chance *c)
{
    uint64_t x = c->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    c->state = x;
    return x * 0x2545F4914F6CDD1DULL;
}

uint32_t chance_below(struct chance *c, uint32_t n)
{
    CHECK(n > 0);
    return (uint32_t)((chance_next(c) >> 32) * n >> 32);
}

bool chance_permille(struct chance *c, uint32_t permille)
{
    return chance_below(c, 1000) < permille;
}

/* value * 2^(x / 65536) */
static int64_t scale_exp2(int64_t value, int64_t x)
{
    int64_t whole = x >> 16;
    uint32_t fraction = (uint32_t)(x & 0xFFFF);
    uint32_t i = fraction >> 11, rest = fraction & 2047;
    int64_t m = exp2_q16[i] + (int64_t)(exp2_q16[i + 1] - exp2_q16[i]) * rest / 2048;
    int64_t scaled = value * m;
    int64_t shift = 16 - whole;
    return shift >= 0 ? scaled >> (shift > 62 ? 62 : shift) : scaled << -shift;
}

ms_t chance_lognormal(struct chance *c, ms_t median, uint32_t sigma_permille)
{
    CHECK(median > 0 && median < 400 * MS_DAY && sigma_permille <= 2000);
    /* Irwin-Hall: the sum of 4 uniforms is nearly normal; its deviation is 1/sqrt(3). */
    uint64_t r = chance_next(c);
    int64_t sum = (int64_t)((r & 0xFFFF) + (r >> 16 & 0xFFFF) + (r >> 32 & 0xFFFF) + (r >> 48));
    int64_t z = (sum - 2LL * Q16) * 113512 / Q16;
    int64_t x = z * (int64_t)sigma_permille / 1000 * LOG2_E_Q16 / Q16;
    return ms_max(1, scale_exp2(median, x));
}

int64_t chance_exponential(struct chance *c, int64_t mean)
{
    CHECK(mean >= 0 && mean < 1LL << 40);
    uint32_t u = (uint32_t)(chance_next(c) >> 32) | 1;
    int64_t k = 31 - __builtin_clz(u);
    int64_t f = (int64_t)((uint64_t)u << (32 - k) & 0xFFFFFFFF) >> 16;  /* mantissa, 1/65536 */
    int64_t log2_u = (k << 16) + f + f * (Q16 - f) / Q16 * 22400 / Q16; /* log2(1+f), within 1 % */
    return mean * ((32LL << 16) - log2_u) / Q16 * LN_2_Q16 / Q16;
}

void chance_zipf_table(uint32_t *sums, uint32_t n)
{
    CHECK(n > 0 && n <= 1u << 20);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += (1u << 24) / (i + 1); /* ln(2^20) * 2^24 < 2^32 */
        sums[i] = sum;
    }
}

uint32_t chance_zipf(struct chance *c, const uint32_t *sums, uint32_t n)
{
    uint32_t x = chance_below(c, sums[n - 1]);
    uint32_t low = 0, high = n - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (sums[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
