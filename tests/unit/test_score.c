/* score: the reference card of three agents worked by hand; edges of every rule. */
#include "core/score.h"

#include "core/event.h"

#include <criterion/criterion.h>

#define PERCENT(x) ((x) * (int64_t)(NUMBER_ONE / 100))
#define MINUTES(x) ((x) * (int64_t)MS_MINUTE)

static struct scorecard card;
static struct score score;

static void setup(void)
{
    card = (struct scorecard){.id = "card", .valid_from = MS_NONE};
}

TestSuite(score, .init = setup);

/* --- making cards and figures --------------------------------------------------------------- */

static struct score_item *item(uint8_t method, uint32_t weight)
{
    struct score_item *i = &card.item[card.items++];
    *i = (struct score_item){
        .method = method, .weight = weight * 100, .min_n = 1, .cap = SCORE_FULL};
    return i;
}

static struct score_item *item_linear(int64_t baseline, int64_t target, uint32_t weight)
{
    struct score_item *i = item(SCORE_LINEAR, weight);
    i->has_marks = true;
    i->baseline = baseline;
    i->target = target;
    return i;
}

/* Less is better, in minutes. */
static struct score_item *item_bands(int64_t a, int64_t b, int64_t c, int64_t d, uint32_t weight)
{
    struct score_item *i = item(SCORE_BANDED, weight);
    int64_t minutes[SCORE_BANDS] = {a, b, c, d};
    for (int k = 0; k < SCORE_BANDS; k++)
        i->band[k] = MINUTES(minutes[k]);
    i->lower = true;
    i->has_marks = true;
    i->baseline = i->band[2];
    i->target = i->band[1];
    return i;
}

static struct figure ratio(int64_t num, int64_t den)
{
    return (struct figure){.n = (uint32_t)den, .top = (__int128)num * NUMBER_ONE, .bottom = den};
}

static struct figure mean(int64_t sum, uint32_t n)
{
    return (struct figure){.n = n, .top = sum, .bottom = n};
}

static struct figure count(uint32_t n)
{
    return (struct figure){.count = true, .n = n, .top = (__int128)n * NUMBER_ONE, .bottom = 1};
}

static void take(const struct figure *figures)
{
    memset(&score, 0xee, sizeof score);
    score_take(&card, figures, &score);
}

static void take_one(struct figure f)
{
    take(&f);
}

/* --- the reference card --------------------------------------------------------------------- */

static void reference_card(void)
{
    item_bands(60, 90, 120, 180, 25);                    /* first_response.mean */
    item_linear(PERCENT(90), PERCENT(95), 15);           /* answer_rate */
    item_linear(PERCENT(85), PERCENT(90), 10);           /* classification_accuracy */
    item_linear(PERCENT(80), PERCENT(85), 20);           /* confirmed_rate */
    item_linear(4 * NUMBER_ONE, 9 * NUMBER_ONE / 2, 20); /* csat */
    item_linear(PERCENT(90), PERCENT(95), 10);           /* conformance_rate */
}

static void expect_points(const int32_t *points, int32_t total, enum score_grade grade)
{
    for (uint32_t i = 0; i < card.items; i++)
        cr_assert_eq(score.line[i].points, points[i], "item %u: %d, not %d", i,
                     score.line[i].points, points[i]);
    cr_assert(score.scored);
    cr_assert_eq(score.total, total, "%d, not %d", score.total, total);
    cr_assert_eq(score.grade, grade);
}

Test(score, reference_card_of_ada)
{
    reference_card();
    const struct figure ada[] = {
        mean(10 * MINUTES(50), 10), ratio(96, 100), ratio(176, 200), ratio(83, 100),
        mean(46 * NUMBER_ONE, 10),  ratio(19, 20)};
    take(ada);
    /* 25·100 + 15·84 + 10·72 + 20·72 + 20·84 + 10·80 = 8400 */
    expect_points((const int32_t[]){10000, 8400, 7200, 7200, 8400, 8000}, 8400, GRADE_GOOD);
    static const uint8_t standings[] = {LINE_STRONG,  LINE_STRONG, LINE_BETWEEN,
                                        LINE_BETWEEN, LINE_STRONG, LINE_BETWEEN};
    for (uint32_t i = 0; i < card.items; i++)
        cr_assert_eq(score.line[i].standing, standings[i], "item %u", i);
    cr_assert_eq(score.line[0].band, 5);
    cr_assert_eq(score.line[0].value, MINUTES(50));
    cr_assert_eq(score.line[1].value, PERCENT(96));
    cr_assert_eq(score.line[1].band, 0);
    cr_assert_eq(score.counted, 1000000);
    cr_assert_eq(score.line[3].share, 200000);
    cr_assert_not(score.voided);
}

Test(score, reference_card_of_bob)
{
    reference_card();
    const struct figure bob[] = {mean(MINUTES(90), 1), ratio(170, 190),          ratio(171, 190),
                                 ratio(7, 9),          mean(37 * NUMBER_ONE, 9), ratio(13, 14)};
    take(bob);
    /* 57.8947…, 51.111…, 64.444…, 71.428…: 2000 + 868.35 + 800 + 1022.2 + 1288.8 + 714.3 */
    expect_points((const int32_t[]){8000, 5789, 8000, 5111, 6444, 7143}, 6694, GRADE_QUALIFIED);
    cr_assert_eq(score.line[0].band, 4);
    cr_assert_eq(score.line[0].standing, LINE_BETWEEN); /* at the target is not beyond it */
    cr_assert_eq(score.line[1].standing, LINE_WEAK);
    cr_assert_eq(score.line[3].standing, LINE_WEAK);
    cr_assert_eq(score.line[3].value, 777778); /* half up */
}

Test(score, reference_card_of_cyd)
{
    reference_card();
    const struct figure cyd[] = {
        mean(MINUTES(180) + 1, 1), ratio(0, 0), ratio(14, 20), ratio(17, 20),
        mean(5 * NUMBER_ONE, 1),   ratio(3, 5)};
    take(cyd);
    /* (25·20 + 10·0 + 20·80 + 20·100 + 10·0) / 85 = 48.2352… */
    expect_points((const int32_t[]){2000, 0, 0, 8000, 10000, 0}, 4824, GRADE_IMPROVE);
    cr_assert_eq(score.line[0].band, 1);
    cr_assert_eq(score.line[1].state, LINE_FEW);
    cr_assert_not(score.line[1].has_value);
    cr_assert_eq(score.line[1].share, 0);
    cr_assert_eq(score.line[3].share, 235294); /* 20 of 85 */
    cr_assert_eq(score.counted, 850000);
}

/* --- methods -------------------------------------------------------------------------------- */

Test(score, bands_at_their_edges)
{
    item_bands(60, 90, 120, 180, 1);
    static const struct {
        ms_t value;
        uint8_t band;
    } low[] = {{0, 5},
               {MINUTES(60), 5},
               {MINUTES(60) + 1, 4},
               {MINUTES(90), 4},
               {MINUTES(90) + 1, 3},
               {MINUTES(120), 3},
               {MINUTES(120) + 1, 2},
               {MINUTES(180), 2},
               {MINUTES(180) + 1, 1}};
    for (size_t i = 0; i < ARRAY_LEN(low); i++) {
        take_one(mean(low[i].value, 1));
        cr_assert_eq(score.line[0].band, low[i].band, "%zu", i);
        cr_assert_eq(score.total, low[i].band * 2000);
    }
    /* A mean that is over the edge by less than a millisecond: 60 min and 1/3 ms. */
    take_one(mean(3 * MINUTES(60) + 1, 3));
    cr_assert_eq(score.line[0].band, 4);
    cr_assert_eq(score.line[0].value, MINUTES(60));
}

Test(score, bands_where_more_is_better)
{
    struct score_item *i = item(SCORE_BANDED, 1);
    static const int64_t band[] = {PERCENT(95), PERCENT(90), PERCENT(80), PERCENT(60)};
    memcpy(i->band, band, sizeof band);
    static const uint8_t want[] = {5, 4, 3, 2, 1};
    static const int64_t num[] = {950, 949, 800, 600, 599};
    for (size_t k = 0; k < ARRAY_LEN(num); k++) {
        take_one(ratio(num[k], 1000));
        cr_assert_eq(score.line[0].band, want[k], "%zu", k);
        cr_assert_eq(score.line[0].standing, LINE_BETWEEN); /* no marks */
    }
}

Test(score, linear_goes_on_beyond_and_is_clamped)
{
    struct score_item *i = item_linear(PERCENT(90), PERCENT(95), 1);
    static const struct {
        int64_t num;
        int32_t points;
    } want[] = {{900, 6000}, {950, 8000}, {1000, 10000}, {925, 7000}, {750, 0}, {749, 0}, {0, 0}};
    for (size_t k = 0; k < ARRAY_LEN(want); k++) {
        take_one(ratio(want[k].num, 1000));
        cr_assert_eq(score.line[0].points, want[k].points, "%zu: %d", k, score.line[0].points);
    }
    i->target = PERCENT(91); /* steeper: 100 % would be 260 */
    take_one(ratio(1, 1));
    cr_assert_eq(score.line[0].points, 10000);
    i->cap = 12000;
    take_one(ratio(1, 1));
    cr_assert_eq(score.line[0].points, 12000);
    cr_assert_eq(score.total, 10000); /* a score ends at 100 */
    i->cap = 9000;
    take_one(ratio(1, 1));
    cr_assert_eq(score.total, 9000);
}

Test(score, linear_where_less_is_better)
{
    item_linear(MINUTES(120), MINUTES(60), 1);
    static const struct {
        int64_t minutes;
        int32_t points;
        uint8_t standing;
    } want[] = {{120, 6000, LINE_BETWEEN}, {60, 8000, LINE_BETWEEN},
                {59, 8033, LINE_STRONG}, /* 80.333… */
                {121, 5967, LINE_WEAK},  /* 59.666… */
                {0, 10000, LINE_STRONG},   {300, 0, LINE_WEAK}};
    for (size_t k = 0; k < ARRAY_LEN(want); k++) {
        take_one(mean(MINUTES(want[k].minutes), 1));
        cr_assert_eq(score.line[0].points, want[k].points, "%zu: %d", k, score.line[0].points);
        cr_assert_eq(score.line[0].standing, want[k].standing, "%zu", k);
    }
}

Test(score, halves_round_up)
{
    /* 20 points over 8000 millionths: one millionth is 0.0025 points, two are a half. */
    item_linear(0, 8000, 1);
    take_one((struct figure){.n = 1, .top = 2, .bottom = 1});
    cr_assert_eq(score.line[0].points, 6001); /* 60.005 */
    take_one((struct figure){.n = 1, .top = -2, .bottom = 1});
    cr_assert_eq(score.line[0].points, 6000); /* 59.995 */
    take_one((struct figure){.n = 1, .top = -3, .bottom = 1});
    cr_assert_eq(score.line[0].points, 5999); /* 59.9925 */
    cr_assert_eq(score.line[0].value, -3);
    item_linear(0, 8000, 1); /* (60.01 + 60.00) / 2 = 60.005 */
    const struct figure two[] = {{.n = 1, .top = 2, .bottom = 1}, {.n = 1, .bottom = 1}};
    take(two);
    cr_assert_eq(score.total, 6001);
}

Test(score, negative_values_round_half_up_too)
{
    item_linear(-NUMBER_ONE, NUMBER_ONE, 1);
    take_one((struct figure){.n = 2, .top = -5, .bottom = 2}); /* -2.5 */
    cr_assert_eq(score.line[0].value, -2);
    take_one((struct figure){.n = 4, .top = -11, .bottom = 4}); /* -2.75 */
    cr_assert_eq(score.line[0].value, -3);
}

Test(score, tiers_take_the_first_range_that_holds)
{
    struct score_item *i = item(SCORE_TIERED, 1);
    i->tiers = 3;
    i->tier[0] = (struct score_tier){.has_from = true, .from = PERCENT(95), .points = 10000};
    i->tier[1] = (struct score_tier){
        .has_from = true, .from = PERCENT(80), .has_to = true, .to = PERCENT(90), .points = 5000};
    i->tier[2] = (struct score_tier){.has_to = true, .to = PERCENT(80), .points = 1250};
    static const struct {
        int64_t num;
        int32_t points;
    } want[] = {{1000, 10000}, {950, 10000}, {949, 0},    {901, 0},
                {900, 5000},   {800, 5000},  {799, 1250}, {0, 1250}};
    for (size_t k = 0; k < ARRAY_LEN(want); k++) {
        take_one(ratio(want[k].num, 1000));
        cr_assert_eq(score.line[0].points, want[k].points, "%zu", k);
    }
}

Test(score, deductions_end_at_zero_and_never_exceed_the_weight)
{
    item_linear(0, PERCENT(100), 90); /* 80 points for 100 % */
    item(SCORE_DEDUCT, 10)->deduct = 250;
    static const struct {
        uint32_t events;
        int32_t points, total;
    } want[] = {{0, 10000, 8200}, {1, 7500, 7950}, {3, 2500, 7450},
                {4, 0, 7200},     {5, 0, 7200},    {UINT32_MAX, 0, 7200}};
    for (size_t k = 0; k < ARRAY_LEN(want); k++) {
        const struct figure f[] = {ratio(5, 5), count(want[k].events)};
        take(f);
        cr_assert_eq(score.line[1].points, want[k].points, "%zu", k);
        cr_assert_eq(score.total, want[k].total, "%zu: %d", k, score.total);
    }
}

/* --- what is left out ----------------------------------------------------------------------- */

Test(score, few_samples_leave_an_item_out)
{
    item_linear(0, PERCENT(50), 30)->min_n = 5;
    item_linear(0, PERCENT(50), 70);
    struct figure f[] = {ratio(0, 4), ratio(1, 2)};
    take(f);
    cr_assert_eq(score.line[0].state, LINE_FEW);
    cr_assert_eq(score.line[0].n, 4);
    cr_assert(score.line[0].has_value); /* shown all the same */
    cr_assert_eq(score.line[0].standing, LINE_BETWEEN);
    cr_assert_eq(score.total, 8000);
    cr_assert_eq(score.counted, 700000);
    cr_assert_eq(score.line[1].share, 1000000);
    f[0] = ratio(0, 5);
    take(f);
    cr_assert_eq(score.line[0].state, LINE_COUNTED);
    cr_assert_eq(score.total, 7400); /* (30·60 + 70·80) / 100 */
}

Test(score, nobody_is_scored_for_nothing)
{
    item_linear(0, PERCENT(50), 50);
    item(SCORE_DEDUCT, 50)->deduct = 1000;
    struct figure f[] = {ratio(0, 0), count(0)};
    take(f);
    cr_assert_not(score.scored);
    f[1] = count(1); /* complaints about somebody who is judged for nothing else */
    take(f);
    cr_assert_not(score.scored);
    cr_assert_eq(score.total, 0);
    f[0] = ratio(1, 2);
    take(f);
    cr_assert(score.scored);
    cr_assert_eq(score.total, 8000); /* (80 + 80) / 2 */
}

Test(score, counts_of_nothing_are_zero_once_there_is_something)
{
    item_linear(0, 10 * NUMBER_ONE, 50);        /* handled */
    item_linear(0, PERCENT(50), 50)->min_n = 3; /* does not touch the count */
    card.item[0].min_n = 3;
    struct figure f[] = {count(0), ratio(0, 0)};
    take(f);
    cr_assert_not(score.scored);
    f[1] = ratio(3, 3);
    take(f);
    cr_assert_eq(score.line[0].points, 6000);
    cr_assert_eq(score.total, 8000); /* (60 + 100) / 2 */
}

Test(score, cards_of_deductions_alone)
{
    item(SCORE_DEDUCT, 100)->deduct = 1000;
    take_one(count(0));
    cr_assert_not(score.scored); /* nobody knows whether he was there */
    take_one(count(1));
    cr_assert_eq(score.total, 9000);
}

Test(score, zero_weights_are_shown_and_count_nothing)
{
    item_linear(0, PERCENT(50), 0);
    item_linear(0, PERCENT(50), 10);
    struct figure f[] = {ratio(1, 1), ratio(0, 1)};
    take(f);
    cr_assert_eq(score.line[0].points, 10000);
    cr_assert_eq(score.line[0].share, 0);
    cr_assert_eq(score.total, 6000);
    f[1] = ratio(0, 0);
    take(f);
    cr_assert_not(score.scored); /* what is left has no weight */
    card.items = 1;
    item(SCORE_DEDUCT, 0)->deduct = 100;
    const struct figure g[] = {ratio(1, 1), count(2)};
    take(g);
    cr_assert_not(score.scored);
    cr_assert_eq(score.line[1].points, 0);
}

/* --- groups --------------------------------------------------------------------------------- */

static void two_groups(void)
{
    card.groups = 2; /* 85 / 15 */
    card.group[0].weight = 8500;
    card.group[1].weight = 1500;
    item_linear(0, PERCENT(50), 1);
    item_linear(0, PERCENT(50), 2);
    item_linear(0, PERCENT(50), 7)->group = 1;
}

Test(score, groups_have_weights_of_their_own)
{
    two_groups();
    const struct figure f[] = {ratio(1, 1), ratio(1, 2), ratio(0, 1)};
    take(f);
    cr_assert_eq(score.group_points[0], 8667); /* (100 + 2·80) / 3 */
    cr_assert_eq(score.group_points[1], 6000);
    cr_assert_eq(score.total, 8267); /* 0.85·86.67 + 0.15·60 = 82.6695 */
    cr_assert_eq(score.counted, 1000000);
    cr_assert_eq(score.line[0].share, 283333);
    cr_assert_eq(score.line[1].share, 566667);
    cr_assert_eq(score.line[2].share, 150000);
}

Test(score, what_is_left_out_of_groups_is_not_counted)
{
    two_groups();
    struct figure f[] = {ratio(0, 0), ratio(1, 2), ratio(0, 0)};
    take(f);
    cr_assert(score.group_counted[0]);
    cr_assert_not(score.group_counted[1]);
    cr_assert_eq(score.total, 8000);
    cr_assert_eq(score.counted, 566667); /* 0.85·2/3: nor does an item of the other one */
    cr_assert_eq(score.line[1].share, 1000000);
    f[2] = ratio(0, 1);
    take(f);
    cr_assert_eq(score.total, 7700);     /* 0.85·80 + 0.15·60: the rest is scaled */
    cr_assert_eq(score.counted, 716667); /* 0.85·2/3 + 0.15 */
}

/* --- gates ---------------------------------------------------------------------------------- */

static void gate(struct score_item *i, enum score_void what)
{
    i->gate = (struct score_gate){.on = true, .at = NUMBER_ONE, .what = (uint8_t)what};
}

Test(score, gate_voids_an_item)
{
    item_linear(0, PERCENT(50), 40);
    gate(item_linear(0, PERCENT(50), 60), VOID_ITEM);
    struct figure f[] = {ratio(1, 2), ratio(1, 2), count(0)};
    take(f);
    cr_assert_eq(score.total, 8000);
    f[2] = count(1);
    take(f);
    cr_assert_eq(score.line[1].state, LINE_VOID);
    cr_assert_eq(score.total, 3200); /* it counts as 0, its weight stays */
    cr_assert(score.line[1].hit && !score.line[0].hit);
    cr_assert_not(score.voided);
    f[1] = ratio(0, 0); /* few samples are no way out */
    take(f);
    cr_assert_eq(score.total, 3200);
}

Test(score, gate_voids_a_group)
{
    two_groups();
    gate(&card.item[1], VOID_GROUP);
    const struct figure f[] = {ratio(1, 1), ratio(1, 1), ratio(1, 2), count(7)};
    take(f);
    cr_assert(score.group_voided[0]);
    cr_assert_eq(score.line[0].points, 0);
    cr_assert(score.line[1].hit &&
              !score.line[0].hit); /* void, too, but not by a gate of its own */
    cr_assert_eq(score.group_points[0], 0);
    cr_assert_eq(score.total, 1200); /* 0.15·80 */
}

Test(score, gate_voids_the_card)
{
    item_linear(0, PERCENT(50), 1);
    gate(item_linear(0, PERCENT(50), 0), VOID_CARD);
    struct figure f[] = {ratio(1, 1), ratio(1, 1), count(1)};
    take(f);
    cr_assert(score.scored && score.voided);
    cr_assert_eq(score.total, 0);
    cr_assert_eq(score.grade, GRADE_UNQUALIFIED);
    f[0] = f[1] = ratio(0, 0); /* even if there is nothing else */
    take(f);
    cr_assert(score.scored && score.voided);
    card.item[1].gate.what = VOID_GROUP; /* without groups the card is the group */
    take(f);
    cr_assert(score.voided);
}

Test(score, gates_below_and_of_empty_values)
{
    item_linear(0, PERCENT(50), 1);
    struct score_item *i = &card.item[0];
    gate(i, VOID_CARD);
    i->gate.below = true;
    i->gate.at = PERCENT(60);
    struct figure f[] = {ratio(1, 1), ratio(6, 10)};
    take(f);
    cr_assert(score.voided);
    f[1] = ratio(601, 1000);
    take(f);
    cr_assert_not(score.voided);
    f[1] = ratio(0, 0);
    take(f);
    cr_assert_not(score.voided);
    f[0] = ratio(0, 0); /* nothing at all: a gate "count <= 0" hits nobody who was not there */
    f[1] = count(0);
    take(f);
    cr_assert_not(score.voided || score.scored);
}
