/* scoreboard.h: the scores of all names on all cards, and who stands where.
 *
 * Cards of one id are a family: their names are ranked together. A family keeps the last score of
 * each name; scoreboard_update reads a name's numbers anew and moves it. Nothing is remembered
 * beyond that: who walks over all names before asking for places has them right. Heap. */
#ifndef TP_DAEMON_SCOREBOARD_H
#define TP_DAEMON_SCOREBOARD_H

#include "core/engine.h"
#include "core/rank.h"

enum { SCORE_NEWS = 100 }; /* a change of so many hundredths is worth telling */

/* One name in one family; totals are -1 without a score. A void card has one, and no place. */
struct score_place {
    int16_t total, told_total; /* now; when it was last told */
    uint8_t grade, told_grade;
    bool voided;
    uint32_t told_place;
};

struct score_family {
    const struct scorecard *card; /* the first of its id; borrowed */
    struct score_place *place;    /* by the engine's index of the name */
    uint32_t places;
    struct ranks ranks;
};

struct scoreboard {
    struct engine *engine;          /* borrowed */
    const struct scorecards *cards; /* borrowed */
    uint32_t families;
    struct score_family *family;
};

/* cards: NULL = none. false: no memory, then there are no families. */
MUST_CHECK bool scoreboard_init(struct scoreboard *b, struct engine *engine,
                                const struct scorecards *cards);
void scoreboard_fini(struct scoreboard *b);

/* Scores a name anew. false: it has no card; else its card and score. */
bool scoreboard_update(struct scoreboard *b, uint32_t family, uint32_t index,
                       const struct scorecard **ret_card, struct score *ret);

/* Had it a score when it was last updated? */
bool scoreboard_scored(const struct scoreboard *b, uint32_t family, uint32_t index);

/* Its place among the scores as last updated; 0: it has none, or its card is void. */
uint32_t scoreboard_place(const struct scoreboard *b, uint32_t family, uint32_t index);

/* Has its grade or place changed since scoreboard_told, or its score by SCORE_NEWS? */
bool scoreboard_news(const struct scoreboard *b, uint32_t family, uint32_t index);
void scoreboard_told(struct scoreboard *b, uint32_t family, uint32_t index);

#endif
