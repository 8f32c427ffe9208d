/* chance.h: seeded random numbers for the simulator, in integers: the same on every machine.
 *
 * xorshift64* (Vigna 2016). Distributions are fixed point, so no libm decides what a seed means. */
#ifndef TP_DAEMON_CLI_CHANCE_H
#define TP_DAEMON_CLI_CHANCE_H

#include "core/base.h"

struct chance {
    uint64_t state; /* never 0 */
};

/* Any seed will do, 0 too. */
void chance_init(struct chance *c, uint64_t seed);

uint64_t chance_next(struct chance *c);

/* 0..n-1, evenly; n > 0. */
uint32_t chance_below(struct chance *c, uint32_t n);

/* True in `permille` of 1000 cases. */
bool chance_permille(struct chance *c, uint32_t permille);

/* Log-normal with this median and sigma (in thousandths; 1000 spreads 95 % over a factor of 50).
 * At least 1. The tails end at 3.4 sigma. */
ms_t chance_lognormal(struct chance *c, ms_t median, uint32_t sigma_permille);

/* Exponential with this mean, the gap of a Poisson process; in the unit of mean, within 1 %. */
int64_t chance_exponential(struct chance *c, int64_t mean);

/* Index 0..n-1 with weights 1, 1/2, 1/3, …: sums[i] holds the sum of the weights up to i. */
void chance_zipf_table(uint32_t *sums, uint32_t n);
uint32_t chance_zipf(struct chance *c, const uint32_t *sums, uint32_t n);

#endif
