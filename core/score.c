#include "core/score.h"

#include "core/event.h"

enum { POINTS_BASELINE = 6000, POINTS_TARGET = 8000, POINTS_BAND = 2000 };

static const struct {
    int32_t least;
    const char *wire, *word[2];
} grades[GRADE_N] = {
#define SCORE_GRADE_ROW(name, least, wire, en, zh) {least, wire, {en, zh}},
    SCORE_GRADES(SCORE_GRADE_ROW)
#undef SCORE_GRADE_ROW
};

enum score_grade score_grade(int32_t total)
{
    enum score_grade g = GRADE_EXCELLENT;
    while (g < GRADE_UNQUALIFIED && total < grades[g].least)
        g++;
    return g;
}

enum score_grade score_grade_of(int64_t millionths)
{
    return score_grade((int32_t)(millionths / (NUMBER_ONE / 100)));
}

int32_t score_grade_least(enum score_grade g)
{
    CHECK(g < GRADE_N);
    return grades[g].least;
}

int score_grade_find(struct str wire)
{
    for (int g = 0; g < GRADE_N; g++)
        if (str_equal(str_of(grades[g].wire), wire))
            return g;
    return -1;
}

const char *score_grade_wire(enum score_grade g)
{
    CHECK(g < GRADE_N);
    return grades[g].wire;
}

const char *score_grade_word(enum score_grade g, bool chinese)
{
    CHECK(g < GRADE_N);
    return grades[g].word[chinese];
}

/* --- arithmetic --------------------------------------------------------------------------- */

/* num / den to the nearest whole number, a half up (towards plus infinity); den > 0. */
static __int128 half_up(__int128 num, __int128 den)
{
    __int128 twice = 2 * num + den, below = twice % (2 * den) < 0;
    return twice / (2 * den) - below;
}

/* < 0, 0, > 0: the figure is less than, equal to, more than x. */
static int compare(const struct figure *f, int64_t x)
{
    __int128 other = (__int128)x * f->bottom;
    return (f->top > other) - (f->top < other);
}

static bool at_least_as_good(const struct figure *f, int64_t x, bool lower)
{
    int c = compare(f, x);
    return lower ? c <= 0 : c >= 0;
}

/* --- one item ----------------------------------------------------------------------------- */

static uint8_t band_of(const struct score_item *item, const struct figure *f)
{
    for (int i = 0; i < SCORE_BANDS; i++)
        if (at_least_as_good(f, item->band[i], item->lower))
            return (uint8_t)(5 - i);
    return 1;
}

static int32_t linear(const struct score_item *item, const struct figure *f)
{
    __int128 num =
        (f->top - (__int128)item->baseline * f->bottom) * (POINTS_TARGET - POINTS_BASELINE);
    __int128 den = ((__int128)item->target - item->baseline) * f->bottom;
    CHECK(den != 0);
    __int128 points = POINTS_BASELINE + (den > 0 ? half_up(num, den) : half_up(-num, -den));
    return points < 0 ? 0 : points > item->cap ? item->cap : (int32_t)points;
}

static int32_t tiered(const struct score_item *item, const struct figure *f)
{
    for (uint32_t i = 0; i < item->tiers; i++) {
        const struct score_tier *t = &item->tier[i];
        if ((!t->has_from || compare(f, t->from) >= 0) && (!t->has_to || compare(f, t->to) <= 0))
            return t->points;
    }
    return 0;
}

/* What is taken off is in the unit of the weight, so it can never exceed the item's weight. */
static int32_t deducted(const struct score_item *item, const struct figure *f)
{
    if (item->weight == 0)
        return f->n == 0 ? SCORE_FULL : 0;
    uint64_t lost = (uint64_t)f->n * item->deduct;
    if (lost >= item->weight)
        return 0;
    return (int32_t)half_up((__int128)(item->weight - lost) * SCORE_FULL, item->weight);
}

static enum score_standing standing(const struct score_item *item, const struct figure *f)
{
    if (!item->has_marks)
        return LINE_BETWEEN;
    bool lower = item->target < item->baseline;
    if (compare(f, item->target) != 0 && at_least_as_good(f, item->target, lower))
        return LINE_STRONG;
    return at_least_as_good(f, item->baseline, lower) ? LINE_BETWEEN : LINE_WEAK;
}

static void judge(const struct score_item *item, const struct figure *f, struct score_line *line)
{
    *line = (struct score_line){.n = f->n, .has_value = f->bottom > 0};
    if (line->has_value)
        line->value = (int64_t)half_up(f->top, f->bottom);
    if (!line->has_value || (!f->count && f->n < item->min_n)) {
        line->state = LINE_FEW;
        return;
    }
    line->standing = (uint8_t)standing(item, f);
    switch ((enum score_method)item->method) {
    case SCORE_BANDED:
        line->band = band_of(item, f);
        line->points = line->band * POINTS_BAND;
        break;
    case SCORE_LINEAR:
        line->points = linear(item, f);
        break;
    case SCORE_TIERED:
        line->points = tiered(item, f);
        break;
    case SCORE_DEDUCT:
        line->points = deducted(item, f);
        break;
    }
}

/* --- gates -------------------------------------------------------------------------------- */

uint32_t score_sources(const struct scorecard *card, struct figure_source ret[SCORE_SOURCES_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < card->items; i++)
        ret[n++] = card->item[i].of;
    for (uint32_t i = 0; i < card->items; i++)
        if (card->item[i].gate.on)
            ret[n++] = card->item[i].gate.of;
    return n;
}

bool score_has_aspects(const struct scorecard *card)
{
    struct figure_source source[SCORE_SOURCES_MAX];
    for (uint32_t n = score_sources(card, source); n > 0; n--)
        if (source[n - 1].aspect != 0)
            return true;
    return false;
}

uint32_t score_inputs(const struct settings *s, const struct scorecard *card)
{
    struct figure_source source[SCORE_SOURCES_MAX];
    uint32_t inputs = 0;
    for (uint32_t n = score_sources(card, source); n > 0; n--)
        inputs |= figure_inputs(s, source[n - 1]);
    return inputs;
}

static bool is_hit(const struct score_gate *gate, const struct figure *f)
{
    if (f->bottom == 0)
        return false;
    int c = compare(f, gate->at);
    return gate->below ? c <= 0 : c >= 0;
}

/* figure: of the gates, in the order of their items. */
static void close_gates(const struct scorecard *card, const struct figure *figure,
                        struct score *ret)
{
    for (uint32_t i = 0; i < card->items; i++) {
        const struct score_item *item = &card->item[i];
        if (!item->gate.on || !is_hit(&item->gate, figure++))
            continue;
        ret->line[i].state = LINE_VOID;
        ret->line[i].hit = true;
        ret->group_voided[item->group] |= item->gate.what == VOID_GROUP && card->groups > 0;
        ret->voided |=
            item->gate.what == VOID_CARD || (item->gate.what == VOID_GROUP && card->groups == 0);
    }
    for (uint32_t i = 0; i < card->items; i++) {
        struct score_line *line = &ret->line[i];
        if (ret->voided || ret->group_voided[card->item[i].group])
            line->state = LINE_VOID;
        if (line->state == LINE_VOID)
            line->points = 0;
    }
}

/* --- the whole ---------------------------------------------------------------------------- */

/* Points and weights that are added up. */
struct sum {
    uint64_t weight; /* of what counts */
    uint64_t points; /* weight * points of these */
};

static void add(struct sum *s, uint32_t weight, int32_t points)
{
    s->weight += weight;
    s->points += (uint64_t)weight * (uint64_t)points;
}

static int32_t mean(const struct sum *s)
{
    return (int32_t)half_up((__int128)s->points, (__int128)s->weight);
}

/* Was there anything at all, and of the items with a weight anything to judge? Without it, somebody
 * who was not there would be best at having no complaints. */
static bool is_scored(const struct scorecard *card, bool anything, const struct score *s)
{
    bool judged = false, judging = false;
    for (uint32_t i = 0; i < card->items; i++) {
        if (card->item[i].weight == 0 || card->item[i].method == SCORE_DEDUCT)
            continue;
        judging = true;
        judged |= s->line[i].state != LINE_FEW;
    }
    return anything && (judged || !judging);
}

/* The part that each item has in the score. */
static void tell_shares(const struct scorecard *card, const struct sum *item, const struct sum *all,
                        struct score *ret)
{
    for (uint32_t i = 0; i < card->items; i++) {
        const struct score_item *one = &card->item[i];
        const struct sum *own = &item[one->group];
        if (ret->line[i].state == LINE_FEW || own->weight == 0)
            continue;
        __int128 num = (__int128)one->weight * SCORE_SHARE_ONE, den = own->weight;
        if (card->groups > 0) {
            num *= card->group[one->group].weight;
            den *= all->weight;
        }
        if (den > 0)
            ret->line[i].share = (uint32_t)half_up(num, den);
    }
}

/* Which part of the weights is counted: of each group that of its items, whatever the rest of them
 * was scaled to. */
static uint32_t part_counted(const struct scorecard *card, const struct sum *item)
{
    uint64_t own[SCORE_GROUPS_MAX] = {0}, all = 0;
    __int128 part = 0;
    for (uint32_t i = 0; i < card->items; i++)
        own[card->item[i].group] += card->item[i].weight;
    for (uint32_t g = 0; g < card->groups || g == 0; g++) {
        uint64_t weight = card->groups == 0 ? own[g] : card->group[g].weight;
        all += weight;
        if (own[g] > 0)
            part += half_up((__int128)weight * item[g].weight * SCORE_SHARE_ONE, own[g]);
    }
    return all == 0 ? 0 : (uint32_t)half_up(part, all);
}

/* Of the items in each group, or of all of them as group 0; then of the groups. */
static bool add_up(const struct scorecard *card, struct score *ret)
{
    struct sum item[SCORE_GROUPS_MAX] = {{0}}, all = {0};
    for (uint32_t i = 0; i < card->items; i++)
        if (ret->line[i].state != LINE_FEW)
            add(&item[card->item[i].group], card->item[i].weight, ret->line[i].points);
    ret->counted = part_counted(card, item);
    for (uint32_t g = 0; g < card->groups; g++) {
        ret->group_counted[g] = item[g].weight > 0;
        if (item[g].weight == 0)
            continue;
        ret->group_points[g] = mean(&item[g]);
        add(&all, card->group[g].weight, ret->group_points[g]);
    }
    if (card->groups == 0)
        all = item[0];
    tell_shares(card, item, &all, ret);
    if (all.weight == 0)
        return false;
    ret->total = mean(&all);
    ret->total = ret->total > SCORE_FULL ? SCORE_FULL : ret->total;
    return true;
}

void score_take(const struct scorecard *card, const struct figure *figure, struct score *ret)
{
    uint32_t figures = card->items;
    bool anything = false;
    *ret = (struct score){0};
    for (uint32_t i = 0; i < card->items; i++) {
        judge(&card->item[i], &figure[i], &ret->line[i]);
        figures += card->item[i].gate.on;
    }
    for (uint32_t i = 0; i < figures; i++)
        anything |= figure[i].n > 0;
    if (anything)
        close_gates(card, figure + card->items, ret);
    bool counted = add_up(card, ret);
    ret->scored = (counted && is_scored(card, anything, ret)) || ret->voided;
    if (!ret->scored || ret->voided)
        ret->total = 0;
    ret->grade = (uint8_t)score_grade(ret->total);
}

/* --- whose card --------------------------------------------------------------------------- */

static bool names_have(const struct score_names *names, struct str name)
{
    for (uint32_t i = 0; i < names->n; i++)
        if (str_equal(str_of(names->at[i]), name))
            return true;
    return names->n == 0;
}

bool score_matches(const struct scorecard *card, struct str name, struct str team)
{
    return names_have(&card->names, name) && names_have(&card->teams, team);
}
