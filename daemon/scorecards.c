#include "daemon/scorecards.h"

#include "core/score.h"
#include "core/slice.h"
#include "core/zone.h"
#include "daemon/calendars.h"
#include "daemon/score_items.h"
#include "daemon/sources.h"

#include <stdlib.h>

static bool read_id(struct reading *r, void *item)
{
    return read_full_name(r, ((struct score_draft *)item)->card->id);
}

static bool read_title(struct reading *r, void *item)
{
    return read_full_name(r, ((struct score_draft *)item)->card->title);
}

static bool read_card_scope(struct reading *r, void *item)
{
    return source_scope(r, &((struct score_draft *)item)->card->scope);
}

static bool read_card_window(struct reading *r, void *item)
{
    return source_window(r, &((struct score_draft *)item)->card->window);
}

static bool read_match_name(struct reading *r, uint32_t i, void *item)
{
    struct score_names *names = item;
    if (!read_full_name(r, names->at[i]))
        return false;
    names->n = i + 1;
    return true;
}

static bool read_match_of(struct reading *r, void *item)
{
    struct scorecard *card = ((struct score_draft *)item)->card;
    const char *own = scope_name((enum scope)card->scope);
    bool agents = card->scope == SCOPE_AGENT;
    struct score_names *names = NULL;
    if (str_equal(r->node->key, str_of(own)) && card->scope != SCOPE_ALL)
        names = &card->names;
    else if (agents && str_equal(r->node->key, str_of("team")))
        names = &card->teams;
    else
        return refuse(r, "'%s' is nothing to match in a card of scope %s; there is %s",
                      r->node->key.p, own, agents ? "agent, team" : own);
    return entries_read(r, SCORE_NAMES_MAX, read_match_name, names) &&
           (names->n > 0 || refuse(r, "an empty list; leave the key out to match all"));
}

static bool read_match(struct reading *r, void *item)
{
    if (r->node->kind != TREE_MAP)
        return refuse(r, "a map is wanted here; write {team: [billing, sales]}");
    return map_read(r, read_match_of, item);
}

static bool read_when(struct reading *r, void *item)
{
    return source_when(r, ((struct score_draft *)item)->card->when);
}

static bool read_valid_from(struct reading *r, void *item)
{
    struct scorecard *card = ((struct score_draft *)item)->card;
    const struct zone *zone = &r->config->settings.zone;
    int32_t day;
    if (r->node->kind != TREE_SCALAR || !date_parse(r->node->text, &day))
        return refuse(r, "a date is wanted here; write 2026-07-01");
    sec_t noon = (sec_t)day * 86400 + 43200;
    card->valid_from = zone_day_start(zone, noon - zone_offset(zone, noon)) * MS_SECOND;
    return true;
}

static bool read_min_n(struct reading *r, void *item)
{
    return read_count(r, 1, MIN_N_MAX, &((struct score_draft *)item)->min_n);
}

static bool read_group_of(struct reading *r, void *item)
{
    struct scorecard *card = ((struct score_draft *)item)->card;
    struct str name = r->node->key;
    if (name.len == 0 || name.len > NAME_BYTES_MAX)
        return refuse(r, "a group's name has 1 to %d bytes", NAME_BYTES_MAX);
    if (card->groups == SCORE_GROUPS_MAX)
        return refuse(r, "more than %d groups; remove some", SCORE_GROUPS_MAX);
    memcpy(card->group[card->groups].name, name.p, name.len);
    return hundredths_read(r, SCORE_WEIGHT_MAX, &card->group[card->groups++].weight);
}

static bool read_groups(struct reading *r, void *item)
{
    if (r->node->kind != TREE_MAP || r->node->first == NULL)
        return refuse(r, "a map is wanted here; write {results: 85, conduct: 15}");
    return map_read(r, read_group_of, item);
}

static bool read_items(struct reading *r, void *item)
{
    if (r->node->kind != TREE_LIST || r->node->first == NULL)
        return refuse(r, "a list of items is wanted here; write [{indicator: csat, ...}]");
    return entries_read(r, SCORE_ITEMS_MAX, score_item_read, item);
}

static const struct member table[] = {
    {"id", NULL,
     "Its name; messages carry it. Several cards may have one id, for different teams or from "
     "different days on: the first that matches and is valid counts, and they are ranked together.",
     read_id},
    {"title", "", "The same for people.", read_title},
    {"scope", "agent", "Each name of this scope has the card.", read_card_scope},
    {"window", NULL, "One of `windows`: month, 30d, ...", read_card_window},
    {"match", "{}, every name",
     "Whose card it is: names of the scope, {agent: [ada, bob]}; for agents also {team: billing}, "
     "as their agent_info says.",
     read_match},
    {"valid_from", "ever",
     "The first day, 2026-07-01. A window of the calendar, such as month, keeps the card with "
     "which it began.",
     read_valid_from},
    {"when", "all the time",
     "A calendar: only what happened in its open hours counts (night shift).", read_when},
    {"min_n", "1", "Of its items that do not say it.", read_min_n},
    {"groups", "{}", "Groups of items with weights of their own: {results: 85, conduct: 15}.",
     read_groups},
    {"items", NULL, "What is judged, see below; at most 24.", read_items},
};
static const char example[] =
    "- id: month\n"
    "  window: month\n"
    "  match: {team: [billing, sales]}\n"
    "  min_n: 5\n"
    "  items:\n"
    "    - {indicator: first_response, field: mean, weight: 25, bands: [1h, 90m, 2h, 3h]}\n"
    "    - {indicator: csat, weight: 40, baseline: 4, target: 4.5, industry: 4.3}\n"
    "    - {indicator: reopen_rate, weight: 20, tiers: [{to: 3%, points: 100}, {to: 6%, points: "
    "50}]}\n"
    "    - {indicator: complaints, weight: 15, deduct: 5, gate: {at: \">= 10\", void: card}}\n";
const struct members scorecard_members = {"scorecard", "- {id: ..., window: month, items: [...]}",
                                          example, ARRAY_LEN(table), table};

/* --- the whole ------------------------------------------------------------------------------ */

/* Is every name that b is for one that a is for? */
static bool names_cover(const struct score_names *a, const struct score_names *b)
{
    if (a->n > 0 && b->n == 0)
        return false;
    for (uint32_t i = 0; a->n > 0 && i < b->n; i++) {
        bool there = false;
        for (uint32_t k = 0; k < a->n; k++)
            there |= strcmp(a->at[k], b->at[i]) == 0;
        if (!there)
            return false;
    }
    return true;
}

static bool check_weights(const struct reading *r, const struct scorecard *card)
{
    uint32_t n = card->groups > 0 ? card->groups : 1, groups = 0;
    for (uint32_t g = 0; g < n; g++) {
        uint64_t weight = 0;
        for (uint32_t i = 0; i < card->items; i++)
            weight += card->item[i].group == g ? card->item[i].weight : 0;
        if (weight == 0)
            return refuse(r, "%s%s has no item with a weight; give one a weight",
                          card->groups > 0 ? "group " : "the card",
                          card->groups > 0 ? card->group[g].name : "");
        groups += card->group[g].weight;
    }
    return card->groups == 0 || groups > 0 ||
           refuse(r, "all groups have the weight 0; give one a weight");
}

/* What the card's hours need. Gauges are numbers of now: none has hours. */
static bool check_when(struct reading *r, const struct scorecard *card)
{
    struct figure_source source[SCORE_SOURCES_MAX];
    struct time_slice slice[SLICES_MAX];
    const struct tree_node *map = r->node;
    const char *path = r->path;
    if (card->when[0] == 0)
        return true;
    for (uint32_t n = score_sources(card, source); n > 0; n--) {
        if (slice_cannot(figure_inputs(&r->config->settings, source[n - 1])) ||
            source[n - 1].aspect != 0)
            return refuse(r, "no hours can be told of %s; leave it out of a card with `when`",
                          figure_name(&r->config->settings, source[n - 1]));
    }
    r->node = tree_member(map, str_of("when"));
    r->path = "scorecards.when";
    bool fine = slices_of(&r->config->settings, slice) <= SLICES_MAX ||
                refuse(r, "cards ask for the hours of more than %d calendars and scopes; use fewer",
                       SLICES_MAX);
    r->node = map;
    r->path = path;
    return fine;
}

/* Against the cards above it that have the same id. */
static bool check_variants(const struct reading *r, const struct scorecard *card)
{
    for (const struct scorecard *c = r->config->cards->card; c < card; c++) {
        if (strcmp(c->id, card->id) != 0)
            continue;
        if (c->scope != card->scope || c->window != card->window)
            return refuse(r,
                          "cards called %s have another scope or window; they are ranked "
                          "together, so give this one another id",
                          card->id);
        if (c->valid_from <= card->valid_from && names_cover(&c->names, &card->names) &&
            names_cover(&c->teams, &card->teams))
            return refuse(r,
                          "never in force: a card %s above it is for all that this one is; put "
                          "this one first, or give it another id",
                          card->id);
    }
    return true;
}

bool scorecard_read(struct reading *r, uint32_t i)
{
    struct config *c = r->config;
    if (c->cards == NULL)
        c->cards = calloc(1, sizeof *c->cards);
    if (c->cards == NULL)
        return refuse(r, "no memory");
    struct score_draft d = {.card = &c->cards->card[i], .min_n = 1};
    d.card->scope = SCOPE_AGENT;
    d.card->valid_from = MS_NONE;
    if (!members_read(r, &scorecard_members, &d))
        return false;
    if ((c->settings.scopes >> d.card->scope & 1) == 0)
        return refuse(r, "scope agent is not kept; add it to `scopes`");
    if (!check_weights(r, d.card) || !check_variants(r, d.card))
        return false;
    c->cards->cards = i + 1;
    c->settings.cards = c->cards;
    return check_when(r, d.card);
}
