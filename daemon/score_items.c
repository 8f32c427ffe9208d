#include "daemon/score_items.h"

#include "daemon/sources.h"

#include <stdio.h>

static const char *const likes[2] = {"a duration like 15m", "a number like 4.5 or 90%"};

static bool read_own_value(const struct reading *r, const struct score_draft *d, int64_t *ret)
{
    if (r->node->kind != TREE_SCALAR)
        return refuse(r, "one value is wanted here; write %s", likes[1]);
    return source_value(r, d->item->of, r->node->text, likes, ret);
}

/* --- gates ---------------------------------------------------------------------------------- */

static bool read_gate_indicator(struct reading *r, void *item)
{
    return source_indicator(r, &((struct score_gate *)item)->of);
}

static bool read_gate_field(struct reading *r, void *item)
{
    return source_field(r, &((struct score_gate *)item)->of);
}

static bool read_gate_at(struct reading *r, void *item)
{
    struct score_gate *gate = item;
    return source_threshold(r, gate->of, &gate->below, &gate->at);
}

static bool read_gate_void(struct reading *r, void *item)
{
    static const char *const words[] = {
        [VOID_ITEM] = "item", [VOID_GROUP] = "group", [VOID_CARD] = "card"};
    return read_word(r, words, ARRAY_LEN(words), &((struct score_gate *)item)->what);
}

static const struct member gate_table[] = {
    {"indicator", "that of the item", "What it looks at.", read_gate_indicator},
    {"field", "value, num or mean", "Which number of it.", read_gate_field},
    {"at", NULL, "\">= VALUE\" or \"<= VALUE\": then it is hit.", read_gate_at},
    {"void", "item", "What is worth nothing then: item, group or card.", read_gate_void},
};
const struct members score_gate_members = {"gate", "{at: \">= 1\", void: card}", NULL,
                                           ARRAY_LEN(gate_table), gate_table};

static bool read_gate(struct reading *r, void *item)
{
    struct score_draft *d = item;
    d->item->gate = (struct score_gate){.on = true, .of = d->item->of};
    if (!members_read(r, &score_gate_members, &d->item->gate))
        return false;
    if (d->item->gate.of.field == IF_END)
        return refuse(r, "a gate on a duration without `field`; add one, such as missed");
    return source_exists(r, d->item->gate.of, (enum scope)d->card->scope);
}

/* --- items ---------------------------------------------------------------------------------- */

static bool read_tier_from(struct reading *r, void *item)
{
    struct score_draft *d = item;
    struct score_tier *tier = &d->item->tier[d->item->tiers];
    tier->has_from = true;
    return read_own_value(r, d, &tier->from);
}

static bool read_tier_to(struct reading *r, void *item)
{
    struct score_draft *d = item;
    struct score_tier *tier = &d->item->tier[d->item->tiers];
    tier->has_to = true;
    return read_own_value(r, d, &tier->to);
}

static bool read_tier_points(struct reading *r, void *item)
{
    struct score_draft *d = item;
    uint32_t points;
    if (!hundredths_read(r, SCORE_POINTS_MAX, &points))
        return false;
    d->item->tier[d->item->tiers].points = (int32_t)points;
    return true;
}

static const struct member tier_table[] = {
    {"from", "any", "The least value that belongs to it.", read_tier_from},
    {"to", "any", "The greatest one.", read_tier_to},
    {"points", NULL, "0 to 200; the first range that holds the value counts, none is 0 points.",
     read_tier_points},
};
const struct members score_tier_members = {"tier", "{from: 95%, points: 100}", NULL,
                                           ARRAY_LEN(tier_table), tier_table};

/* Have the ranges above it all that is in it? Values are fractions: two ranges have no gap between
 * them only where they touch. */
static bool is_taken(const struct score_item *item, const struct score_tier *tier)
{
    int64_t at = tier->has_from ? tier->from : INT64_MIN;
    bool more = true, reached = false; /* reached: at itself is taken */
    while (more) {
        more = false;
        for (uint32_t i = 0; i < item->tiers && !more; i++) {
            const struct score_tier *t = &item->tier[i];
            if (t->has_from && t->from > at)
                continue;
            if (!t->has_to || (tier->has_to && t->to >= tier->to))
                return true;
            more = t->to > at || (t->to == at && !reached);
            at = more ? t->to : at;
            reached |= more;
        }
    }
    return false;
}

static bool read_tier(struct reading *r, uint32_t i, void *item)
{
    struct score_draft *d = item;
    const struct score_tier *tier = &d->item->tier[i];
    d->item->method = SCORE_TIERED;
    if (!members_read(r, &score_tier_members, d))
        return false;
    if (tier->has_from && tier->has_to && tier->from > tier->to)
        return refuse(r, "no value is in it; from must not lie above to");
    if (is_taken(d->item, tier))
        return refuse(r, "never reached: the ranges above it have all of its values; put this one "
                         "first, or change it");
    d->item->tiers++;
    return true;
}

static bool read_tiers(struct reading *r, void *item)
{
    struct score_draft *d = item;
    if (r->node->kind != TREE_LIST || r->node->first == NULL)
        return refuse(r, "a list of ranges is wanted here; write [{from: 95%%, points: 100}]");
    return entries_read(r, SCORE_TIERS_MAX, read_tier, d);
}

static bool read_band(struct reading *r, uint32_t i, void *item)
{
    struct score_draft *d = item;
    int64_t *band = d->item->band;
    if (!read_own_value(r, d, &band[i]))
        return false;
    if (i == 1)
        d->item->lower = band[1] > band[0];
    if (i > 0 && (d->item->lower ? band[i] <= band[i - 1] : band[i] >= band[i - 1]))
        return refuse(r, "thresholds go one way, from the best to the worst; %s does not",
                      r->node->text.p);
    d->has_bands = i + 1 == SCORE_BANDS;
    return true;
}

static bool read_bands(struct reading *r, void *item)
{
    struct score_draft *d = item;
    d->item->method = SCORE_BANDED;
    if (r->node->kind == TREE_LIST && !entries_read(r, SCORE_BANDS, read_band, d))
        return false;
    return d->has_bands || refuse(r, "four thresholds are wanted here, for the bands 5, 4, 3, 2");
}

static bool read_item_indicator(struct reading *r, void *item)
{
    struct score_draft *d = item;
    return source_indicator(r, &d->item->of) &&
           source_exists(r, d->item->of, (enum scope)d->card->scope);
}

static bool read_item_field(struct reading *r, void *item)
{
    return source_field(r, &((struct score_draft *)item)->item->of);
}

static bool read_item_id(struct reading *r, void *item)
{
    return read_full_name(r, ((struct score_draft *)item)->item->id);
}

static bool read_item_title(struct reading *r, void *item)
{
    return read_full_name(r, ((struct score_draft *)item)->item->title);
}

static bool read_group(struct reading *r, void *item)
{
    struct score_draft *d = item;
    const struct scorecard *card = d->card;
    for (uint32_t g = 0; g < card->groups; g++) {
        if (str_equal(str_of(card->group[g].name), r->node->text)) {
            d->item->group = (uint8_t)g;
            return true;
        }
    }
    return refuse(r, "'%s' is none of the card's groups; add it there", r->node->text.p);
}

static bool read_weight(struct reading *r, void *item)
{
    return hundredths_read(r, SCORE_WEIGHT_MAX, &((struct score_draft *)item)->item->weight);
}

static bool read_item_min_n(struct reading *r, void *item)
{
    return read_count(r, 1, MIN_N_MAX, &((struct score_draft *)item)->item->min_n);
}

static bool read_baseline(struct reading *r, void *item)
{
    struct score_draft *d = item;
    d->has_baseline = true;
    return read_own_value(r, d, &d->item->baseline);
}

static bool read_item_target(struct reading *r, void *item)
{
    struct score_draft *d = item;
    d->has_target = true;
    return read_own_value(r, d, &d->item->target);
}

static bool read_cap(struct reading *r, void *item)
{
    struct score_draft *d = item;
    uint32_t cap;
    d->has_cap = true;
    if (!hundredths_read(r, SCORE_POINTS_MAX, &cap))
        return false;
    d->item->cap = (int32_t)cap;
    return cap > 0 || refuse(r, "0 gives no points for anything; write the most that it can give");
}

/* Is the number one that counts events? */
static bool counts(struct figure_source of)
{
    enum indicator i = (enum indicator)of.indicator;
    if (indicator_kind(i) == IND_GAUGE)
        return !indicator_field_is_ms(i, IF_VALUE);
    return of.field == IF_N || of.field == IF_NUM || of.field == IF_DEN || of.field == IF_MET ||
           of.field == IF_MISSED;
}

static bool read_deduct(struct reading *r, void *item)
{
    struct score_item *one = ((struct score_draft *)item)->item;
    one->method = SCORE_DEDUCT;
    if (one->of.field != IF_END && !counts(one->of))
        return refuse(r, "%s.%s counts no events; choose a count, such as field: num",
                      figure_name(&r->config->settings, one->of),
                      indicator_field_name((enum indicator_field)one->of.field));
    if (!hundredths_read(r, SCORE_WEIGHT_MAX, &one->deduct))
        return false;
    return one->deduct > 0 || refuse(r, "0 takes nothing off; write how much each event costs");
}

static bool read_industry(struct reading *r, void *item)
{
    struct score_draft *d = item;
    d->item->has_industry = true;
    return read_own_value(r, d, &d->item->industry);
}

static const struct member item_table[] = {
    {"indicator", NULL,
     "What is judged; SEMANTICS.md lists the indicators; csat.politeness: the ratings of that "
     "aspect alone.",
     read_item_indicator},
    {"field", "value, num or mean", "Which number of it. Required for durations.", read_item_field},
    {"id", "indicator.field", "Its name on the card.", read_item_id},
    {"title", "", "The same for people.", read_item_title},
    {"group", "", "One of the card's groups; required when it has some.", read_group},
    {"weight", NULL, "0 to 1000, at most two decimals; with 0 it is shown and counts nothing.",
     read_weight},
    {"min_n", "as the card",
     "With fewer samples it is left out, and the weights of the others are scaled.",
     read_item_min_n},
    {"bands", "",
     "Four thresholds, from the best to the worst: [1h, 90m, 2h, 3h]. Points: 100 up to the first, "
     "80, 60, 40 up to the others, else 20.",
     read_bands},
    {"tiers", "", "Ranges of values with their points, see below; at most 8.", read_tiers},
    {"deduct", "",
     "So much of its weight is lost with each counted event, until nothing is left of it.",
     read_deduct},
    {"baseline", "third band, where there are bands",
     "Worth 60 points where neither bands nor tiers nor deduct are said; worse than it is a weak "
     "spot.",
     read_baseline},
    {"target", "second band, where there are bands",
     "Worth 80 points, and so on beyond it; better than it is a strength.", read_item_target},
    {"cap", "100", "Most points that baseline and target can give, up to 200.", read_cap},
    {"industry", "", "What others reach: shown beside the value.", read_industry},
    {"gate", "", "What makes it, its group or the card worthless, see below.", read_gate},
};
const struct members score_item_members = {
    "scorecard item", "{indicator: csat, weight: 20, baseline: 4, target: 4.5}", NULL,
    ARRAY_LEN(item_table), item_table};

/* Which way the marks go must be clear, and agree with the bands. */
static bool check_marks(const struct reading *r, struct score_draft *d)
{
    struct score_item *item = d->item;
    if (d->has_baseline != d->has_target)
        return refuse(r, "%s; add it",
                      d->has_target ? "a target without baseline" : "a baseline without target");
    if (d->has_baseline && item->baseline == item->target)
        return refuse(r, "baseline and target are the same; points have no slope then");
    if (item->method == SCORE_LINEAR && !d->has_baseline)
        return refuse(r, "an item without bands, tiers, deduct, or baseline and target; add one");
    if (item->method == SCORE_BANDED && d->has_baseline &&
        item->lower != (item->target < item->baseline))
        return refuse(r, "bands and target go different ways; turn one of them");
    if (item->method == SCORE_BANDED && !d->has_baseline) {
        item->target = item->band[1];
        item->baseline = item->band[2];
    }
    item->has_marks = d->has_baseline || item->method == SCORE_BANDED;
    return true;
}

/* The site has said which way is good of what is its own. */
static bool check_way(const struct reading *r, const struct score_item *item)
{
    const struct settings *s = &r->config->settings;
    enum direction good = figure_direction(s, item->of);
    bool less = item->target < item->baseline;
    if (!item->has_marks || good == DIRECTION_NEITHER || less == (good == DIRECTION_LESS) ||
        custom_of(s, (enum indicator)item->of.indicator) == NULL)
        return true;
    return refuse(r, "more points for %s of %s, but its `better` is %s; turn one of them",
                  less ? "less" : "more", figure_name(s, item->of), less ? "higher" : "lower");
}

static bool check_item(const struct reading *r, struct score_draft *d)
{
    struct score_item *item = d->item;
    const struct tree_node *n = r->node;
    int methods = (tree_member(n, str_of("bands")) != NULL) +
                  (tree_member(n, str_of("tiers")) != NULL) +
                  (tree_member(n, str_of("deduct")) != NULL);
    if (item->of.field == IF_END)
        return refuse(r, "an item on a duration without `field`; add one, such as mean");
    if (methods > 1)
        return refuse(r, "more than one of bands, tiers and deduct; choose one");
    if (d->has_cap && methods > 0)
        return refuse(r, "cap is for points by baseline and target; remove it");
    if (d->card->groups > 0 && tree_member(n, str_of("group")) == NULL)
        return refuse(r, "an item without `group`, but the card has groups; add it");
    if (item->id[0] == 0)
        snprintf(item->id, sizeof item->id, "%s.%s", figure_name(&r->config->settings, item->of),
                 indicator_field_name((enum indicator_field)item->of.field));
    for (const struct score_item *other = d->card->item; other < item; other++)
        if (strcmp(other->id, item->id) == 0)
            return refuse(r, "two items are called %s; give one another id", item->id);
    if (item->method == SCORE_DEDUCT && item->weight == 0)
        return refuse(r, "nothing can be deducted from a weight of 0; give it one");
    return check_marks(r, d) && check_way(r, item);
}

bool score_item_read(struct reading *r, uint32_t i, void *item)
{
    const struct score_draft *of = item;
    struct score_draft d = {.card = of->card, .item = &of->card->item[i]};
    *d.item = (struct score_item){
        .of = {.field = IF_END}, .method = SCORE_LINEAR, .cap = SCORE_FULL, .min_n = of->min_n};
    if (!members_read(r, &score_item_members, &d) || !check_item(r, &d))
        return false;
    d.card->items = i + 1;
    return true;
}
