/* scoreboard: which card a name has, who stands where, what is worth telling. */
#include "daemon/scoreboard.h"

#include "core/event.h"
#include "tests/lib/desk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 UTC */

static struct desk *d;
static struct scorecards *cards;
static struct scoreboard board;
static struct score score;
static const struct scorecard *card;

static void setup(void)
{
    d = desk_new();
    cards = calloc(1, sizeof *cards);
}

static void teardown(void)
{
    scoreboard_fini(&board);
    free(cards);
    desk_free(d);
}

TestSuite(scoreboard, .init = setup, .fini = teardown);

/* A card on csat: 60 points at 3, 80 at 4. */
static struct scorecard *add_card(const char *id)
{
    struct scorecard *c = &cards->card[cards->cards++];
    memcpy(c->id, id, strlen(id) + 1);
    c->scope = SCOPE_AGENT;
    c->window = W_24H;
    c->valid_from = MS_NONE;
    c->items = 1;
    c->item[0] = (struct score_item){.of = {IND_CSAT, IF_MEAN, 0},
                                     .method = SCORE_LINEAR,
                                     .weight = 100,
                                     .min_n = 1,
                                     .cap = SCORE_FULL,
                                     .has_marks = true,
                                     .baseline = 3 * NUMBER_ONE,
                                     .target = 4 * NUMBER_ONE};
    return c;
}

static void match(struct score_names *names, const char *name)
{
    memcpy(names->at[names->n++], name, strlen(name) + 1);
}

static void open_board(void)
{
    desk_open(d);
    cr_assert(scoreboard_init(&board, d->e, cards));
}

static void rate(ms_t ts, const char *agent, int number)
{
    char line[80];
    snprintf(line, sizeof line, "rated agent=%s score=%d", agent, number);
    desk_say(d, ts, line);
}

static uint32_t index_of(const char *agent)
{
    uint32_t i = engine_name_find(d->e, SCOPE_AGENT, str_of(agent));
    cr_assert_neq(i, 0);
    return i;
}

static bool update(uint32_t family, const char *agent)
{
    return scoreboard_update(&board, family, index_of(agent), &card, &score);
}

static uint32_t place(const char *agent)
{
    return scoreboard_place(&board, 0, index_of(agent));
}

static bool news(const char *agent)
{
    return scoreboard_news(&board, 0, index_of(agent));
}

static void told(const char *agent)
{
    scoreboard_told(&board, 0, index_of(agent));
}

Test(scoreboard, ranks_names)
{
    add_card("c");
    open_board();
    rate(start, "ada", 5);
    rate(start, "bob", 3);
    rate(start, "cyd", 3);
    rate(start, "dan", 2);
    cr_assert(update(0, "ada"));
    cr_assert_eq(score.total, 10000);
    cr_assert_eq(card, &cards->card[0]);
    cr_assert(update(0, "bob") && update(0, "cyd") && update(0, "dan"));
    cr_assert_eq(score.total, 4000);
    cr_assert_eq(place("ada"), 1);
    cr_assert_eq(place("bob"), 2);
    cr_assert_eq(place("cyd"), 2);
    cr_assert_eq(place("dan"), 4);
    cr_assert_eq(board.family[0].ranks.n, 4);
    rate(start + 1, "dan", 5); /* 3.5 now */
    update(0, "dan");
    cr_assert_eq(score.total, 7000);
    cr_assert_eq(place("dan"), 2);
    cr_assert_eq(place("bob"), 3);
    cr_assert_eq(board.family[0].ranks.n, 4);
}

/* A card that a gate voids has a score of nothing, and neither place nor share in those of others:
 * a true 0 has one. */
Test(scoreboard, gives_no_place_to_a_void_card)
{
    add_card("c")->item[0].gate = (struct score_gate){
        .on = true, .of = {IND_COMPLAINTS, IF_NUM, 0}, .at = NUMBER_ONE, .what = VOID_CARD};
    open_board();
    rate(start, "ada", 1);
    rate(start, "bob", 5);
    rate(start, "cyd", 5);
    cards->card[0].item[0].baseline = 7 * NUMBER_ONE / 2; /* 60 at 3.5, 80 at 4: ada has a 0 */
    desk_say(d, start, "complained agent=bob");
    cr_assert(update(0, "ada") && update(0, "bob") && update(0, "cyd"));
    cr_assert(place("ada") == 2 && place("bob") == 0 && place("cyd") == 1);
    cr_assert_eq(board.family[0].ranks.n, 2);
    cr_assert(scoreboard_scored(&board, 0, index_of("bob")));
    cr_assert(news("bob"));
    told("bob");
    cr_assert_not(news("bob"));
    desk_tick(d, start + MS_SECOND);
    cr_assert(update(0, "bob") && place("bob") == 0);
    cards->card[0].item[0].gate.at = 2 * NUMBER_ONE; /* it is no longer void */
    cr_assert(update(0, "bob") && place("bob") == 1 && news("bob"));
    cr_assert_eq(board.family[0].ranks.n, 3);
    desk_tick(d, start + 25 * MS_HOUR);
    cr_assert(update(0, "bob") && !scoreboard_scored(&board, 0, index_of("bob")));
    cr_assert_eq(board.family[0].ranks.n, 2);
}

Test(scoreboard, has_nobody_without_numbers)
{
    add_card("c");
    open_board();
    cr_assert_not(scoreboard_update(&board, 0, 1, &card, &score)); /* no event yet */
    desk_say(d, start, "agent_info agent=ada");
    cr_assert(update(0, "ada"));
    cr_assert_not(score.scored);
    cr_assert_eq(place("ada"), 0);
    cr_assert_not(news("ada"));
    rate(start, "ada", 4);
    update(0, "ada");
    cr_assert_eq(place("ada"), 1);
    desk_tick(d, start + 25 * MS_HOUR); /* the window has moved on */
    update(0, "ada");
    cr_assert_eq(place("ada"), 0);
    cr_assert_eq(board.family[0].ranks.n, 0);
}

Test(scoreboard, leaves_out_bots_and_names_of_nobody)
{
    add_card("c");
    open_board();
    desk_say(d, start, "agent_info agent=robo bot=true");
    rate(start, "robo", 5);
    desk_say(d, start, "opened ticket=T");
    desk_say(d, start + 1, "resolved ticket=T by=system");
    desk_say(d, start + 2, "rated ticket=T score=5");
    cr_assert_not(update(0, "robo"));
    cr_assert_not(update(0, "(auto)"));
    desk_say(d, start, "agent_info agent=robo bot=false");
    cr_assert(update(0, "robo"));
}

Test(scoreboard, gives_each_team_its_card)
{
    match(&add_card("c")->teams, "billing");
    match(&add_card("c")->names, "zoe");
    add_card("c");
    cards->card[0].item[0].baseline = 2 * NUMBER_ONE; /* 60 at 2, 80 at 4 */
    match(&add_card("other")->teams, "sales");
    open_board();
    cr_assert_eq(board.families, 2);
    desk_say(d, start, "agent_info agent=ada team=billing");
    rate(start, "ada", 3);
    rate(start, "bob", 3);
    rate(start, "zoe", 3);
    update(0, "ada");
    cr_assert_eq(card, &cards->card[0]);
    cr_assert_eq(score.total, 7000);
    update(0, "zoe");
    cr_assert_eq(card, &cards->card[1]);
    update(0, "bob");
    cr_assert_eq(card, &cards->card[2]);
    cr_assert_eq(score.total, 6000);
    cr_assert_eq(place("ada"), 1); /* all of one id are ranked together */
    cr_assert_eq(place("bob"), 2);
    cr_assert_not(update(1, "ada")); /* the other card is for another team */
}

Test(scoreboard, takes_a_card_from_its_day_on)
{
    add_card("c")->valid_from = start + MS_HOUR;
    add_card("c");
    open_board();
    rate(start, "ada", 3);
    desk_tick(d, start + MS_HOUR - 1);
    update(0, "ada");
    cr_assert_eq(card, &cards->card[1]);
    desk_tick(d, start + MS_HOUR);
    update(0, "ada");
    cr_assert_eq(card, &cards->card[0]);
}

Test(scoreboard, keeps_the_card_with_which_a_month_began)
{
    cr_assert(window_setting_parse(str_of("month"), &d->settings.window[W_24H]));
    add_card("c")->valid_from = start + MS_HOUR; /* in the midst of February */
    add_card("c");
    open_board();
    rate(start, "ada", 3);
    desk_tick(d, start + 10 * MS_DAY);
    update(0, "ada");
    cr_assert_eq(card, &cards->card[1]);
    rate(start + 23 * MS_DAY, "ada", 3); /* March 1 */
    desk_tick(d, start + 24 * MS_DAY);
    update(0, "ada");
    cr_assert_eq(card, &cards->card[0]);
}

Test(scoreboard, tells_news)
{
    add_card("c");
    open_board();
    for (int i = 0; i < 19; i++)
        rate(start + i, "ada", 4);
    rate(start, "bob", 1);
    update(0, "ada");
    update(0, "bob");
    cr_assert(news("ada") && news("bob"));
    told("ada");
    told("bob");
    cr_assert_not(news("ada") || news("bob"));
    rate(start, "ada", 5); /* 4.05: 81.00, a point more */
    update(0, "ada");
    cr_assert_eq(score.total, 8100);
    cr_assert(news("ada"));
    told("ada");
    rate(start + 50, "ada", 4); /* 4.0476: 80.95 */
    update(0, "ada");
    cr_assert_eq(score.total, 8095);
    cr_assert_not(news("ada"));
    rate(start + 51, "cyd", 5); /* ahead of ada, who is second now */
    update(0, "cyd");
    cr_assert(news("ada") && news("cyd") && news("bob"));
    told("ada");
    rate(start + 52, "ada", 3); /* 4.00 */
    update(0, "ada");
    cr_assert_not(news("ada"));
    told("ada");
    rate(start + 53, "ada", 3); /* 3.9565: 79.13, less than a point, but another grade */
    update(0, "ada");
    cr_assert_eq(score.grade, GRADE_QUALIFIED);
    cr_assert(news("ada"));
    told("ada");
    desk_tick(d, start + 25 * MS_HOUR);
    update(0, "ada");
    cr_assert(news("ada")); /* it has no score any more */
    told("ada");
    cr_assert_not(news("ada"));
}
