/* score.h: scorecards: weighted items judged against baselines and targets, a score, a grade.
 *
 * Pure: a card and the figures of one name give its score. Points, weights and scores are integers
 * in hundredths; values are compared exactly, as fractions. Points of an item, of a group and the
 * score are rounded half up, each from the rounded ones below it, so that every number on a card
 * follows from others that stand there. SEMANTICS.md has the rules. rank.h orders the scores. */
#ifndef TP_CORE_SCORE_H
#define TP_CORE_SCORE_H

#include "core/scorecard.h"

/* X(NAME, least score in hundredths, wire and English, Chinese), the best first. */
#define SCORE_GRADES(X)                                                                            \
    X(EXCELLENT, 9000, "excellent", "excellent", "优秀")                                           \
    X(GOOD, 8000, "good", "good", "良好")                                                          \
    X(QUALIFIED, 6000, "qualified", "qualified", "合格")                                           \
    X(IMPROVE, 4000, "needs_improvement", "needs improvement", "待改进")                           \
    X(UNQUALIFIED, 0, "unqualified", "unqualified", "不合格")

enum score_grade {
#define SCORE_GRADE_ENUM(name, least, wire, en, zh) GRADE_##name,
    SCORE_GRADES(SCORE_GRADE_ENUM)
#undef SCORE_GRADE_ENUM
        GRADE_N
};

enum score_grade score_grade(int32_t total);
enum score_grade score_grade_of(int64_t millionths); /* of a score as rules compare it */
const char *score_grade_wire(enum score_grade g);    /* "needs_improvement" */
int32_t score_grade_least(enum score_grade g);       /* hundredths */
int score_grade_find(struct str wire);               /* -1: there is none */
const char *score_grade_word(enum score_grade g, bool chinese);

enum score_state { LINE_COUNTED, LINE_FEW, LINE_VOID };
enum score_standing { LINE_BETWEEN, LINE_STRONG, LINE_WEAK };

/* What became of one item. */
struct score_line {
    uint8_t state;    /* enum score_state; LINE_FEW: left out, below min_n or empty */
    uint8_t band;     /* 5..1; 0: not by bands, or left out */
    uint8_t standing; /* enum score_standing: beats the target, misses the baseline */
    bool hit;         /* the item's gate was: it is why this, and maybe more, is void */
    bool has_value;
    int64_t value; /* ms or millionths, half up */
    uint32_t n;    /* samples behind it */
    int32_t points;
    uint32_t share; /* of the score, in millionths, after weights were scaled */
};

enum { SCORE_SHARE_ONE = 1000000 }; /* of shares and parts: all of it */

struct score {
    bool scored; /* false: nothing to judge; then there is no total, grade, or rank */
    bool voided; /* by a gate, the whole card */
    int32_t total;
    uint8_t grade;                        /* enum score_grade */
    uint32_t counted;                     /* part of the weights, in millionths */
    bool group_counted[SCORE_GROUPS_MAX]; /* false: all its items were left out */
    bool group_voided[SCORE_GROUPS_MAX];
    int32_t group_points[SCORE_GROUPS_MAX];
    struct score_line line[SCORE_ITEMS_MAX];
};

/* The numbers that the card needs: of each item, then of each gate. Returns how many. */
uint32_t score_sources(const struct scorecard *card, struct figure_source ret[SCORE_SOURCES_MAX]);

/* Is one of them about an aspect of ratings? */
bool score_has_aspects(const struct scorecard *card);

/* Bits FAM_x or TOUCH_GAUGES: what these are made of. */
uint32_t score_inputs(const struct settings *s, const struct scorecard *card);

/* figure: one for each of score_sources. */
void score_take(const struct scorecard *card, const struct figure *figure, struct score *ret);

/* Is the card for this name (scope agent: of this team, empty = none known)? */
bool score_matches(const struct scorecard *card, struct str name, struct str team);

#endif
