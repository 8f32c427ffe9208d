/* report_cards: which variant judges a past period, and which cards judge everybody together. */
#include "daemon/cli/report_cards.h"

#include <criterion/criterion.h>

static struct scorecards cards;
static const struct str nobody = {"", 0};

/* Another card, with one item: a mean of ratings, or (sized) complaints counted. */
static struct scorecard *add(const char *id, enum scope scope, ms_t valid_from, bool sized)
{
    struct scorecard *c = &cards.card[cards.cards++];
    *c = (struct scorecard){.scope = (uint8_t)scope, .valid_from = valid_from, .items = 1};
    memcpy(c->id, id, strlen(id));
    c->item[0].of = sized ? (struct figure_source){IND_COMPLAINTS, IF_NUM, 0}
                          : (struct figure_source){IND_CSAT, IF_MEAN, 0};
    return c;
}

static void only_team(struct scorecard *c, const char *team)
{
    memcpy(c->teams.at[c->teams.n++], team, strlen(team));
}

static void setup(void)
{
    memset(&cards, 0, sizeof cards);
}

TestSuite(report_cards, .init = setup);

static enum card_fit fit(uint32_t first, enum scope scope, const char *name, ms_t from,
                         const struct scorecard **ret)
{
    return cards_whole(&cards, &cards.card[first], scope, str_of(name), from, ret);
}

Test(report_cards, one_for_each_id)
{
    const struct scorecard *first[SCORECARDS_MAX];
    cr_assert_eq(cards_firsts(NULL, first), 0);
    const struct scorecard *a = add("a", SCOPE_AGENT, 200, false);
    const struct scorecard *b = add("b", SCOPE_TEAM, MS_NONE, false);
    add("a", SCOPE_AGENT, MS_NONE, false);
    cr_assert_eq(cards_firsts(&cards, first), 2);
    cr_assert(first[0] == a && first[1] == b);
}

Test(report_cards, the_variant_in_force_when_the_period_began)
{
    const struct scorecard *now = add("a", SCOPE_AGENT, 200, false);
    struct scorecard *desk = add("a", SCOPE_AGENT, MS_NONE, false);
    const struct scorecard *old = add("a", SCOPE_AGENT, MS_NONE, false);
    add("b", SCOPE_AGENT, MS_NONE, false);
    only_team(desk, "desk");
    cr_assert(cards_find(&cards, now, str_of("ada"), str_of("desk"), 200) == now);
    cr_assert(cards_find(&cards, now, str_of("ada"), str_of("desk"), 199) == desk);
    cr_assert(cards_find(&cards, now, str_of("ada"), str_of("shop"), 199) == old);
    cards.card[2].valid_from = 100;
    cr_assert_null(cards_find(&cards, now, str_of("ada"), nobody, 99));
    cr_assert_eq(cards_change_in(&cards, now, 99, 300), 100); /* the next one */
    cr_assert_eq(cards_change_in(&cards, now, 100, 300), 200);
    cr_assert_eq(cards_change_in(&cards, now, 100, 200), MS_NONE); /* the ends are outside */
    cr_assert_eq(cards_change_in(&cards, now, 200, 300), MS_NONE);
}

Test(report_cards, the_whole)
{
    const struct scorecard *card;
    struct scorecard *all = add("all", SCOPE_ALL, MS_NONE, true);
    cr_assert_eq(fit(0, SCOPE_ALL, "-", 0, &card), CARD_FITS); /* its own counts */
    cr_assert(card == all);
    cr_assert_eq(fit(0, SCOPE_TEAM, "desk", 0, &card), CARD_OF_SOME);
    struct scorecard *each = add("each", SCOPE_AGENT, MS_NONE, false);
    cr_assert_eq(fit(1, SCOPE_ALL, "-", 0, &card), CARD_FITS);
    each->item[0].gate.on = true; /* all together hit what one of them does not */
    cr_assert_eq(fit(1, SCOPE_ALL, "-", 0, &card), CARD_OF_EACH);
    cr_assert(card == each);
    each->item[0].gate.on = false;
    memcpy(each->when, "night", 5);
    cr_assert_eq(fit(1, SCOPE_ALL, "-", 0, &card), CARD_FITS);
    each->when[0] = 0;
    each->valid_from = 1;
    cr_assert_eq(fit(1, SCOPE_ALL, "-", 0, &card), CARD_FUTURE);
    cr_assert_null(card);
    each->valid_from = MS_NONE;
    only_team(each, "desk");
    cr_assert_eq(fit(1, SCOPE_ALL, "-", 0, &card), CARD_OF_SOME);
    cr_assert_eq(fit(1, SCOPE_TEAM, "desk", 0, &card), CARD_FITS);
    cr_assert_eq(fit(1, SCOPE_TEAM, "shop", 0, &card), CARD_OF_SOME);
    add("counts", SCOPE_AGENT, MS_NONE, true);
    cr_assert_eq(fit(2, SCOPE_ALL, "-", 0, &card), CARD_OF_EACH);
}

Test(report_cards, own_ones_come_before_those_of_each)
{
    const struct scorecard *ret[SCORECARDS_MAX];
    const struct scorecard *agents = add("agents", SCOPE_AGENT, MS_NONE, false);
    const struct scorecard *more = add("more", SCOPE_AGENT, MS_NONE, false);
    cr_assert_eq(cards_wholes(NULL, SCOPE_ALL, str_of("-"), 0, ret), 0);
    cr_assert_eq(cards_wholes(&cards, SCOPE_ALL, str_of("-"), 0, ret), 2);
    cr_assert(ret[0] == agents && ret[1] == more);
    const struct scorecard *counts = add("teams", SCOPE_TEAM, MS_NONE, true);
    cr_assert_eq(cards_wholes(&cards, SCOPE_ALL, str_of("-"), 0, ret), 2); /* it does not fit */
    cr_assert_eq(cards_wholes(&cards, SCOPE_TEAM, str_of("desk"), 0, ret), 1);
    cr_assert(ret[0] == counts);
    const struct scorecard *all = add("all", SCOPE_ALL, 5, true);
    cr_assert_eq(cards_wholes(&cards, SCOPE_ALL, str_of("-"), 5, ret), 1);
    cr_assert(ret[0] == all);
    cr_assert_eq(cards_wholes(&cards, SCOPE_ALL, str_of("-"), 4, ret), 2);
}

Test(report_cards, rates_are_of_any_size)
{
    static const struct {
        struct figure_source of;
        bool rate;
    } items[] = {{{IND_CSAT, IF_MEAN, 0}, true},
                 {{IND_FIRST_RESPONSE, IF_P90, 0}, true},
                 {{IND_FIRST_RESPONSE, IF_MISSED, 0}, false},
                 {{IND_FIRST_RESPONSE, IF_N, 0}, false},
                 {{IND_FIRST_RESPONSE, IF_MAX, 0}, false},
                 {{IND_REOPEN_RATE, IF_VALUE, 0}, true},
                 {{IND_REOPEN_RATE, IF_NUM, 0}, false},
                 {{IND_COMPLAINTS, IF_NUM, 0}, false}};
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        struct score_item item = {.of = items[i].of};
        cr_assert_eq(cards_is_rate(item.of), items[i].rate, "%zu", i);
        cr_assert_eq(cards_item_is_sized(&item), !items[i].rate, "%zu", i);
        struct score_item gated = {.of = items[0].of, .gate = {.on = true, .of = items[i].of}};
        cr_assert_eq(cards_item_is_sized(&gated), !items[i].rate, "%zu", i);
        gated.gate.on = false; /* what a gate that is none looks at */
        cr_assert_not(cards_item_is_sized(&gated));
    }
}

Test(report_cards, is_as_long_as_its_window)
{
    static const struct {
        const char *window;
        ms_t period; /* hours */
        bool fits;
    } all[] = {
        {"month", 28 * 24, true},   {"month", 31 * 24 + 1, true}, {"month", 27 * 24, false},
        {"month", 7 * 24, false},   {"month", 32 * 24, false},    {"month", 366 * 24, false},
        {"week", 7 * 24 - 1, true}, {"week", 7 * 24 + 1, true},   {"week", 6 * 24, false},
        {"week", 8 * 24, false},    {"today", 23, true},          {"today", 25, true},
        {"today", 12, false},       {"today", 48, false},         {"30d", 28 * 24, true},
        {"30d", 31 * 24, true},     {"30d", 26 * 24, false},      {"30d", 34 * 24, false},
        {"24h", 24, true},          {"24h", 7 * 24, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct window_setting w;
        cr_assert(window_setting_parse(str_of(all[i].window), &w));
        cr_assert_eq(cards_length_fits(&w, all[i].period * MS_HOUR), all[i].fits, "%zu", i);
    }
}
