/* appraise: whose card, which numbers, when it may change; what a reload must notice. */
#include "core/appraise.h"

#include "core/engines.h"
#include "tests/lib/desk.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 UTC */
static struct desk *d;
static struct scorecards *cards;

static struct scorecard *add(const char *id, const char *team, int64_t baseline)
{
    struct scorecard *c = &cards->card[cards->cards++];
    memcpy(c->id, id, strlen(id) + 1);
    c->scope = SCOPE_AGENT;
    c->window = W_1H;
    c->valid_from = MS_NONE;
    if (team != NULL)
        memcpy(c->teams.at[c->teams.n++], team, strlen(team) + 1);
    c->items = 1;
    c->item[0] = (struct score_item){.of = {IND_CSAT, IF_MEAN, 0},
                                     .method = SCORE_LINEAR,
                                     .weight = 100,
                                     .min_n = 1,
                                     .cap = SCORE_FULL,
                                     .has_marks = true,
                                     .baseline = baseline * NUMBER_ONE,
                                     .target = (baseline + 1) * NUMBER_ONE};
    return c;
}

static void setup(void)
{
    d = desk_new();
    cards = calloc(1, sizeof *cards);
    add("other", NULL, 1);
    add("month", "strict", 4);
    add("month", NULL, 2);
    desk_open(d);
    desk_say(d, start, "rated agent=ada score=3");
}

static void teardown(void)
{
    free(cards);
    desk_free(d);
}

TestSuite(appraise, .init = setup, .fini = teardown);

/* In hundredths; -1: no card, -2: a card and no score. */
static int32_t total_of(const char *agent, uint32_t window)
{
    const struct scorecard *card;
    struct score score;
    uint32_t index = engine_name_find(d->e, SCOPE_AGENT, str_of(agent));
    if (!appraise(d->e->board, cards, appraise_find(cards, str_of("month")), window, index, &card,
                  &score))
        return -1;
    return score.scored ? score.total : -2;
}

Test(appraise, finds_the_card_of_a_name)
{
    cr_assert_null(appraise_find(cards, str_of("year")));
    cr_assert_null(appraise_find(NULL, str_of("month")));
    cr_assert_eq(appraise_find(cards, str_of("month")), &cards->card[1]);
    cr_assert_eq(total_of("ada", W_1H), 8000);
    desk_say(d, start + 1, "agent_info agent=ada team=strict");
    cr_assert_eq(total_of("ada", W_1H), 4000);
    desk_say(d, start + 2, "agent_info agent=ada bot=true");
    cr_assert_eq(total_of("ada", W_1H), -1);
    desk_say(d, start + 3, "assigned ticket=T1 agent=bob");
    cr_assert_eq(total_of("bob", W_1H), -2);
}

Test(appraise, another_window_has_other_numbers)
{
    desk_tick(d, start + 2 * (ms_t)MS_HOUR);
    cr_assert_eq(total_of("ada", W_1H), -2);
    cr_assert_eq(total_of("ada", W_24H), 8000);
}

Test(appraise, a_card_counts_from_its_day_on)
{
    cards->card[2].valid_from = start + MS_HOUR;
    cr_assert_eq(total_of("ada", W_24H), -1);
    desk_tick(d, start + MS_HOUR - 1);
    cr_assert_eq(total_of("ada", W_24H), -1);
    cr_assert_eq(appraise_next_change(d->e->board, cards, &cards->card[1], W_24H, 1),
                 start + MS_HOUR);
    desk_tick(d, start + MS_HOUR);
    cr_assert_eq(total_of("ada", W_24H), 8000);
}

Test(appraise, time_alone_changes_it_when_a_sample_leaves)
{
    uint32_t ada = engine_name_find(d->e, SCOPE_AGENT, str_of("ada"));
    cr_assert_eq(appraise_next_change(d->e->board, cards, &cards->card[1], W_1H, ada),
                 start + MS_HOUR);
    desk_tick(d, start + MS_HOUR);
    cr_assert_eq(appraise_next_change(d->e->board, cards, &cards->card[1], W_1H, ada), MS_NEVER);
    cards->card[1].item[0].of = (struct figure_source){IND_OLDEST_OPEN, IF_VALUE, 0};
    cr_assert_eq(appraise_next_change(d->e->board, cards, &cards->card[1], W_1H, ada), MS_NEVER);
    desk_say(d, start + MS_HOUR, "opened ticket=T2 agent=ada");
    cr_assert_eq(appraise_next_change(d->e->board, cards, &cards->card[1], W_1H, ada),
                 start + MS_HOUR + 1);
}

Test(appraise, inputs_are_those_of_all_variants)
{
    cards->card[2].item[0].of = (struct figure_source){IND_RESOLUTION, IF_P90, 0};
    struct settings settings = {.cards = cards};
    uint32_t inputs = appraise_inputs(&settings, &cards->card[1]);
    cr_assert_eq(inputs, 1u << FAM_RATINGS | 1u << FAM_RESOLVES | 1u << TOUCH_GAUGES);
}

/* Samples behind values; counts have none of their own. */
Test(appraise, samples_are_those_of_the_best_founded_value)
{
    struct scorecard *c = &cards->card[1];
    struct score s = {.line = {{.n = 7}, {.n = 9}, {.n = 50}, {.n = 80, .state = LINE_FEW}}};
    c->items = 4;
    c->item[1] = c->item[3] = c->item[0];
    c->item[2].of = (struct figure_source){IND_COMPLAINTS, IF_NUM, 0};
    cr_assert_eq(appraise_samples(c, &s), 9);
}

/* Every member that a score depends on is in the print, and titles are not. */
Test(appraise, prints_differ_when_scores_may)
{
    uint64_t was = appraise_print(cards, str_of("month"));
    struct scorecard *c = &cards->card[2];
    struct scorecard kept = *c;
    c->title[0] = c->item[0].title[0] = 'x';
    c->item[0].industry = 5;
    cards->card[0].items = 0;
    cr_assert_eq(appraise_print(cards, str_of("month")), was);
#define DIFFERS(change)                                                                            \
    do {                                                                                           \
        *c = kept;                                                                                 \
        change;                                                                                    \
        cr_assert_neq(appraise_print(cards, str_of("month")), was, #change);                       \
    } while (0)
    DIFFERS(c->window++);
    DIFFERS(c->valid_from = 1);
    DIFFERS(c->names.n = 1);
    DIFFERS(c->teams.n = 1);
    DIFFERS(c->groups = 1);
    DIFFERS(c->items = 0);
    DIFFERS(c->item[0].of.indicator++);
    DIFFERS(c->item[0].of.field++);
    DIFFERS(c->item[0].method = SCORE_TIERED);
    DIFFERS(c->item[0].weight++);
    DIFFERS(c->item[0].min_n++);
    DIFFERS(c->item[0].target++);
    DIFFERS(c->item[0].baseline++);
    DIFFERS(c->item[0].cap++);
    DIFFERS(c->item[0].deduct++);
    DIFFERS(c->item[0].band[3]++);
    DIFFERS(c->item[0].gate.on = true);
    DIFFERS(c->item[0].gate.at++);
    DIFFERS((c->item[0].tiers = 1, c->item[0].tier[0].points = 5));
#undef DIFFERS
}
