/* scorecard: which numbers a card needs, whose it is, how grades are called. */
#include "core/score.h"
#include "core/scorecard.h"

#include <criterion/criterion.h>

static struct scorecard card;

Test(scorecard, sources_are_items_then_gates)
{
    struct figure_source s[SCORE_SOURCES_MAX];
    card.items = 2;
    card.item[0].of = (struct figure_source){IND_CSAT, IF_MEAN, 0};
    card.item[1].of = (struct figure_source){IND_COMPLAINTS, IF_NUM, 0};
    card.item[0].gate.on = true;
    card.item[0].gate.of = (struct figure_source){IND_REOPENED, IF_NUM, 0};
    cr_assert_eq(score_sources(&card, s), 3);
    cr_assert_eq(s[0].indicator, IND_CSAT);
    cr_assert_eq(s[1].indicator, IND_COMPLAINTS);
    cr_assert_eq(s[2].indicator, IND_REOPENED);
}

Test(scorecard, grades_at_their_edges)
{
    static const struct {
        int32_t total;
        enum score_grade grade;
    } want[] = {{10000, GRADE_EXCELLENT}, {9000, GRADE_EXCELLENT}, {8999, GRADE_GOOD},
                {8000, GRADE_GOOD},       {7999, GRADE_QUALIFIED}, {6000, GRADE_QUALIFIED},
                {5999, GRADE_IMPROVE},    {4000, GRADE_IMPROVE},   {3999, GRADE_UNQUALIFIED},
                {0, GRADE_UNQUALIFIED}};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        cr_assert_eq(score_grade(want[i].total), want[i].grade, "%d", want[i].total);
    cr_assert_str_eq(score_grade_wire(GRADE_IMPROVE), "needs_improvement");
    cr_assert_str_eq(score_grade_word(GRADE_IMPROVE, false), "needs improvement");
    cr_assert_str_eq(score_grade_word(GRADE_EXCELLENT, true), "优秀");
    cr_assert_str_eq(score_grade_word(GRADE_UNQUALIFIED, true), "不合格");
}

Test(scorecard, cards_match_names_and_teams)
{
    struct str none = {"", 0};
    cr_assert(score_matches(&card, str_of("ada"), none));
    card.names.n = 2;
    memcpy(card.names.at[0], "ada", 4);
    memcpy(card.names.at[1], "bob", 4);
    cr_assert(score_matches(&card, str_of("bob"), str_of("billing")));
    cr_assert_not(score_matches(&card, str_of("bobby"), none));
    card.names.n = 0;
    card.teams.n = 1;
    memcpy(card.teams.at[0], "billing", 8);
    cr_assert(score_matches(&card, str_of("cyd"), str_of("billing")));
    cr_assert_not(score_matches(&card, str_of("cyd"), none));
    card.names.n = 1;
    cr_assert_not(score_matches(&card, str_of("cyd"), str_of("billing")));
}
