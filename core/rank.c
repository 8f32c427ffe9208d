#include "core/rank.h"

/* tree[i] counts the scores of a range that ends with the i-th highest, i from 1. */
static void change(struct ranks *r, int32_t total, uint32_t by)
{
    CHECK(total >= 0 && total <= SCORE_FULL);
    r->n += by;
    for (uint32_t i = (uint32_t)(SCORE_FULL - total) + 1; i < ARRAY_LEN(r->tree); i += i & -i)
        r->tree[i] += by;
}

void ranks_add(struct ranks *r, int32_t total)
{
    change(r, total, 1);
}

void ranks_remove(struct ranks *r, int32_t total)
{
    CHECK(r->n > 0);
    change(r, total, UINT32_MAX); /* - 1 */
}

uint32_t ranks_place(const struct ranks *r, int32_t total)
{
    CHECK(total >= 0 && total <= SCORE_FULL);
    uint32_t higher = 0;
    for (uint32_t i = (uint32_t)(SCORE_FULL - total); i > 0; i &= i - 1)
        higher += r->tree[i];
    return higher + 1;
}

const char *rank_medal(uint32_t place, int32_t total)
{
    static const char *const medals[] = {"gold", "silver", "bronze"};
    return place >= 1 && place <= ARRAY_LEN(medals) && total > 0 ? medals[place - 1] : NULL;
}
