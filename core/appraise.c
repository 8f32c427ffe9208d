#include "core/appraise.h"

#include "core/slice.h"

const struct scorecard *appraise_find(const struct scorecards *cards, struct str id)
{
    for (uint32_t i = 0; cards != NULL && i < cards->cards; i++)
        if (str_equal(str_of(cards->card[i].id), id))
            return &cards->card[i];
    return NULL;
}

/* The next card of the same id; NULL: there is none. */
static const struct scorecard *next_variant(const struct scorecards *cards,
                                            const struct scorecard *card)
{
    const struct scorecard *end = cards->card + cards->cards;
    for (const struct scorecard *c = card + 1; c < end; c++)
        if (str_equal(str_of(c->id), str_of(card->id)))
            return c;
    return NULL;
}

/* By which instant a card must have become valid. */
static ms_t valid_by(const struct board *b, uint32_t window)
{
    bool sliding = board_settings(b)->window[window].kind == WINDOW_SLIDING;
    return sliding ? board_at(b) : board_window_from(b, window);
}

static const struct scorecard *card_of(const struct board *b, const struct scorecards *cards,
                                       const struct scorecard *first, uint32_t window,
                                       uint32_t index)
{
    enum scope scope = (enum scope)first->scope;
    struct str name = name_text(board_names(b, scope), index), team = {"", 0};
    if (name.p[0] == '(')
        return NULL;
    if (scope == SCOPE_AGENT) {
        const struct name *n = name_get(board_names(b, scope), index);
        if ((n->flags & AGENT_BOT) != 0)
            return NULL;
        if (n->user != 0)
            team = name_text(board_names(b, SCOPE_TEAM), n->user);
    }
    ms_t by = valid_by(b, window);
    const struct scorecard *c = first;
    while (c != NULL && (c->valid_from > by || !score_matches(c, name, team)))
        c = next_variant(cards, c);
    return c;
}

/* Whose numbers: the scope's, or those of the card's hours. */
static enum scope view_of(const struct board *b, const struct scorecard *card)
{
    return board_view(b, (enum scope)card->scope, str_of(card->when));
}

bool appraise(struct board *b, const struct scorecards *cards, const struct scorecard *first,
              uint32_t window, uint32_t index, const struct scorecard **ret_card, struct score *ret)
{
    struct figure_source source[SCORE_SOURCES_MAX];
    struct figure figure[SCORE_SOURCES_MAX];
    const struct scorecard *card = card_of(b, cards, first, window, index);
    if (card == NULL)
        return false;
    uint32_t n = score_sources(card, source);
    figures_read(b, view_of(b, card), index, window, source, n, figure);
    score_take(card, figure, ret);
    *ret_card = card;
    return true;
}

uint32_t appraise_samples(const struct scorecard *card, const struct score *score)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < card->items; i++) {
        const struct score_line *line = &score->line[i];
        if (line->state == LINE_COUNTED && !figure_is_count(card->item[i].of) && line->n > most)
            most = line->n;
    }
    return most;
}

uint32_t appraise_inputs(const struct settings *s, const struct scorecard *first)
{
    /* Who becomes a bot or joins a team has another card: the engine says that as of a gauge. */
    uint32_t inputs = 1u << TOUCH_GAUGES;
    for (const struct scorecard *c = first; c != NULL; c = next_variant(s->cards, c))
        inputs |= score_inputs(s, c);
    return inputs;
}

/* Does one of the cards look at an age? Those of a name with nothing old rest. */
static bool grows(struct board *b, const struct scorecard *card, uint32_t index)
{
    struct figure_source source[SCORE_SOURCES_MAX];
    struct figure f;
    for (uint32_t n = score_sources(card, source); n > 0; n--) {
        if (figure_inputs(board_settings(b), source[n - 1]) != 1u << TOUCH_GAUGES)
            continue;
        figures_read(b, (enum scope)card->scope, index, card->window, &source[n - 1], 1, &f);
        if (f.since != MS_NONE)
            return true;
    }
    return false;
}

ms_t appraise_next_change(struct board *b, const struct scorecards *cards,
                          const struct scorecard *first, uint32_t window, uint32_t index)
{
    ms_t next = MS_NEVER, at = board_at(b);
    bool calendar = board_settings(b)->window[window].kind != WINDOW_SLIDING;
    for (const struct scorecard *c = first; c != NULL; c = next_variant(cards, c)) {
        uint32_t inputs = score_inputs(board_settings(b), c);
        for (uint32_t f = 0; f < FAM_N; f++)
            if ((inputs >> f & 1) != 0)
                next = ms_min(next, board_next_change(b, view_of(b, c), index, f, window));
        struct figure_source source[SCORE_SOURCES_MAX];
        for (uint32_t n = score_has_aspects(c) ? score_sources(c, source) : 0; n > 0; n--)
            next = ms_min(
                next, figure_next_change(b, (enum scope)c->scope, index, window, source[n - 1]));
        if (c->valid_from > at && !calendar)
            next = ms_min(next, c->valid_from);
        if (grows(b, c, index))
            next = ms_min(next, at + 1);
    }
    return calendar ? ms_min(next, board_next_calendar(b)) : next;
}

/* --- prints ------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, int64_t v)
{
    return mix64(h ^ (uint64_t)v) + 1;
}

static uint64_t print_names(uint64_t h, const struct score_names *names)
{
    h = mix(h, names->n);
    for (uint32_t i = 0; i < names->n; i++)
        h = hash_str(h, str_of(names->at[i]));
    return h;
}

static uint64_t print_item(uint64_t h, const struct score_item *item)
{
    const int64_t said[] = {
        item->of.indicator,  item->of.field,       item->of.aspect,  item->method,
        item->group,         item->weight,         item->min_n,      item->has_marks,
        item->baseline,      item->target,         item->lower,      item->band[0],
        item->band[1],       item->band[2],        item->band[3],    item->cap,
        item->deduct,        item->tiers,          item->gate.on,    item->gate.of.indicator,
        item->gate.of.field, item->gate.of.aspect, item->gate.below, item->gate.at,
        item->gate.what,
    };
    h = hash_bytes(h, said, sizeof said);
    for (uint32_t i = 0; i < item->tiers; i++) {
        const struct score_tier *t = &item->tier[i];
        const int64_t tier[] = {t->has_from, t->has_to, t->from, t->to, t->points};
        h = hash_bytes(h, tier, sizeof tier);
    }
    return h;
}

uint64_t appraise_print(const struct scorecards *cards, struct str id)
{
    uint64_t h = hash_str(1, id);
    for (const struct scorecard *c = appraise_find(cards, id); c != NULL;
         c = next_variant(cards, c)) {
        h = mix(mix(mix(h, c->scope), c->window), c->valid_from);
        h = hash_str(h, str_of(c->when));
        h = print_names(print_names(h, &c->names), &c->teams);
        h = mix(h, c->groups);
        for (uint32_t g = 0; g < c->groups; g++)
            h = mix(h, c->group[g].weight);
        h = mix(h, c->items);
        for (uint32_t i = 0; i < c->items; i++)
            h = print_item(h, &c->item[i]);
    }
    return h;
}
