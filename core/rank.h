/* rank.h: places by score: equal scores share a place, the next one stands behind all of them.
 *
 * A count for each of the 10,001 scores, as a Fenwick tree: a score comes, goes or is placed in
 * 14 steps, however many names there are. Void cards are not to be put in: they have no place.
 * Peter M. Fenwick, "A New Data Structure for Cumulative Frequency Tables", Software: Practice and
 * Experience 24 (1994). Zeroed = nobody. */
#ifndef TP_CORE_RANK_H
#define TP_CORE_RANK_H

#include "core/score.h"

struct ranks {
    uint32_t n; /* scores in it */
    uint32_t tree[SCORE_FULL + 2];
};

/* total: 0..SCORE_FULL. A score that goes must have come. */
void ranks_add(struct ranks *r, int32_t total);
void ranks_remove(struct ranks *r, int32_t total);

/* 1 + how many scores are higher. */
uint32_t ranks_place(const struct ranks *r, int32_t total);

/* "gold", "silver", "bronze" of the places 1 to 3; NULL for the others, and for a score of 0, which
 * earns nothing, however few there are. */
const char *rank_medal(uint32_t place, int32_t total);

#endif
