#include "daemon/cli/report_cards.h"

#include <stdlib.h>

static bool same_id(const struct scorecard *a, const struct scorecard *b)
{
    return strcmp(a->id, b->id) == 0;
}

uint32_t cards_firsts(const struct scorecards *cards, const struct scorecard *ret[SCORECARDS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; cards != NULL && i < cards->cards; i++) {
        bool there = false;
        for (uint32_t k = 0; k < n; k++)
            there |= same_id(ret[k], &cards->card[i]);
        if (!there)
            ret[n++] = &cards->card[i];
    }
    return n;
}

bool cards_in_force(const struct scorecard *card, ms_t from)
{
    return card->valid_from == MS_NONE || card->valid_from <= from;
}

const struct scorecard *cards_find(const struct scorecards *cards, const struct scorecard *first,
                                   struct str name, struct str team, ms_t from)
{
    const struct scorecard *end = cards->card + cards->cards;
    for (const struct scorecard *c = first; c < end; c++)
        if (same_id(c, first) && cards_in_force(c, from) && score_matches(c, name, team))
            return c;
    return NULL;
}

bool cards_is_rate(struct figure_source of)
{
    enum indicator_field f = (enum indicator_field)of.field;
    bool rate = f == IF_VALUE || f == IF_VALUE_MATURE || f == IF_ATTAINMENT;
    bool each =
        f == IF_MEAN || f == IF_P50 || f == IF_P75 || f == IF_P90 || f == IF_P95 || f == IF_P99;
    return indicator_kind((enum indicator)of.indicator) != IND_COUNT && (rate || each);
}

bool cards_item_is_sized(const struct score_item *item)
{
    return !cards_is_rate(item->of) || (item->gate.on && !cards_is_rate(item->gate.of));
}

bool cards_length_fits(const struct window_setting *window, ms_t period)
{
    static const ms_t shorter[] = {[WINDOW_TODAY] = 7 * MS_HOUR,
                                   [WINDOW_WEEK] = 6 * MS_HOUR,
                                   [WINDOW_MONTH] = 3 * MS_DAY + 6 * MS_HOUR};
    ms_t longest = window->length * MS_SECOND;
    if (window->kind == WINDOW_SLIDING)
        return llabs(period - longest) * 10 <= longest;
    return period <= longest && period >= longest - shorter[window->kind];
}

/* Many together miss more, and pass more gates on counts, than one of them can. */
static bool is_sizeless(const struct scorecard *card)
{
    for (uint32_t i = 0; i < card->items; i++)
        if (cards_item_is_sized(&card->item[i]))
            return false;
    return true;
}

enum card_fit cards_whole(const struct scorecards *cards, const struct scorecard *first,
                          enum scope scope, struct str name, ms_t from,
                          const struct scorecard **ret)
{
    const struct str none = {"", 0};
    bool own = first->scope == scope, any = false;
    const struct scorecard *end = cards->card + cards->cards;
    for (const struct scorecard *c = first; c < end; c++)
        any |= same_id(c, first) && cards_in_force(c, from);
    *ret = NULL;
    if (!any)
        return CARD_FUTURE;
    if (!own && first->scope == SCOPE_ALL) /* its goals are everything's, not one team's */
        return CARD_OF_SOME;
    bool of_team = scope == SCOPE_TEAM && first->scope == SCOPE_AGENT;
    const struct scorecard *c =
        cards_find(cards, first, own ? name : none, of_team ? name : none, from);
    if (c == NULL)
        return CARD_OF_SOME;
    *ret = c;
    return own || is_sizeless(c) ? CARD_FITS : CARD_OF_EACH;
}

uint32_t cards_wholes(const struct scorecards *cards, enum scope scope, struct str name, ms_t from,
                      const struct scorecard *ret[SCORECARDS_MAX])
{
    const enum scope order[] = {scope,         SCOPE_TEAM,     SCOPE_AGENT,
                                SCOPE_CHANNEL, SCOPE_CATEGORY, SCOPE_PRIORITY};
    const struct scorecard *first[SCORECARDS_MAX], *card;
    uint32_t firsts = cards_firsts(cards, first), n = 0;
    for (size_t k = 0; k < ARRAY_LEN(order) && n == 0; k++)
        for (uint32_t i = 0; i < firsts; i++)
            if (first[i]->scope == order[k] &&
                cards_whole(cards, first[i], scope, name, from, &card) == CARD_FITS)
                ret[n++] = card;
    return n;
}

ms_t cards_change_in(const struct scorecards *cards, const struct scorecard *first, ms_t from,
                     ms_t to)
{
    ms_t at = MS_NONE;
    const struct scorecard *end = cards->card + cards->cards;
    for (const struct scorecard *c = first; c < end; c++)
        if (same_id(c, first) && c->valid_from != MS_NONE && c->valid_from > from &&
            c->valid_from < to && (at == MS_NONE || c->valid_from < at))
            at = c->valid_from;
    return at;
}
