/* rank: places against counting by hand; ties; scores that come and go. */
#include "core/rank.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>

enum { NAMES = 300 };

static struct ranks ranks;

Test(rank, equal_scores_share_a_place)
{
    static const int32_t totals[] = {9000, 8350, 8350, 8350, 4824, 0};
    static const uint32_t places[] = {1, 2, 2, 2, 5, 6};
    for (size_t i = 0; i < ARRAY_LEN(totals); i++)
        ranks_add(&ranks, totals[i]);
    for (size_t i = 0; i < ARRAY_LEN(totals); i++)
        cr_assert_eq(ranks_place(&ranks, totals[i]), places[i], "%zu", i);
    cr_assert_eq(ranks.n, 6);
    ranks_remove(&ranks, 8350);
    cr_assert_eq(ranks_place(&ranks, 4824), 4);
    cr_assert_eq(ranks_place(&ranks, SCORE_FULL), 1);
}

Test(rank, first_three_places_have_medals)
{
    cr_assert_str_eq(rank_medal(1, SCORE_FULL), "gold");
    cr_assert_str_eq(rank_medal(2, 7000), "silver");
    cr_assert_str_eq(rank_medal(3, 1), "bronze");
    cr_assert_null(rank_medal(4, 7000));
    cr_assert_null(rank_medal(0, 7000));
}

Test(rank, no_medal_for_a_score_of_nothing)
{
    for (uint32_t place = 1; place <= 3; place++)
        cr_assert_null(rank_medal(place, 0));
}

Test(rank, places_are_those_of_counting)
{
    static int32_t total[NAMES];
    struct random r = {7};
    for (uint32_t i = 0; i < NAMES; i++) {
        total[i] = (int32_t)random_below(&r, i % 2 == 0 ? SCORE_FULL + 1 : 20) * (i % 3 != 0);
        ranks_add(&ranks, total[i]);
    }
    for (uint32_t step = 0; step < 3000; step++) {
        uint32_t i = (uint32_t)random_below(&r, NAMES), higher = 0;
        ranks_remove(&ranks, total[i]);
        total[i] = (int32_t)random_below(&r, SCORE_FULL + 1);
        ranks_add(&ranks, total[i]);
        uint32_t k = (uint32_t)random_below(&r, NAMES);
        for (uint32_t j = 0; j < NAMES; j++)
            higher += total[j] > total[k];
        cr_assert_eq(ranks_place(&ranks, total[k]), higher + 1);
    }
    for (uint32_t i = 0; i < NAMES; i++)
        ranks_remove(&ranks, total[i]);
    for (size_t i = 0; i < ARRAY_LEN(ranks.tree); i++)
        cr_assert_eq(ranks.tree[i], 0);
}
