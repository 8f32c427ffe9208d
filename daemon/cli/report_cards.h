/* report_cards.h: which scorecards judge a period that is over, and whom: everybody together, or
 * one name.
 *
 * Cards of one id are variants, told by the first of them. In a period the variant judges that was
 * in force when it began, as in a window of the calendar. */
#ifndef TP_DAEMON_CLI_REPORT_CARDS_H
#define TP_DAEMON_CLI_REPORT_CARDS_H

#include "core/score.h"

/* The first card of each id, in their order, into ret; returns how many. cards: NULL = none. */
uint32_t cards_firsts(const struct scorecards *cards, const struct scorecard *ret[SCORECARDS_MAX]);

/* Was it when a period began? */
bool cards_in_force(const struct scorecard *card, ms_t from);

/* The variant that judges a name (an agent: of this team, "" = none known); NULL: none. */
const struct scorecard *cards_find(const struct scorecards *cards, const struct scorecard *first,
                                   struct str name, struct str team, ms_t from);

enum card_fit {
    CARD_FITS,
    CARD_FUTURE, /* none is in force yet */
    CARD_OF_SOME,
    CARD_OF_EACH, /* its goals are counts or sums of one name: no goals of all of them */
};

/* Does a card judge the whole: everything (scope all), or one team (of that name)? Those of each
 * agent or team do as far as all together can be held against their goals. *ret: the variant that
 * does, or that is why it does not; NULL with CARD_FUTURE and CARD_OF_SOME. */
enum card_fit cards_whole(const struct scorecards *cards, const struct scorecard *first,
                          enum scope scope, struct str name, ms_t from,
                          const struct scorecard **ret);

/* All that judge the whole, the scope's own before those of each team, agent and so on: of the
 * first of these scopes that has any. ret: the variants; returns how many. */
uint32_t cards_wholes(const struct scorecards *cards, enum scope scope, struct str name, ms_t from,
                      const struct scorecard *ret[SCORECARDS_MAX]);

/* Is it an average or a rate: the goal of one then fits all of them together, and any length of
 * time? */
bool cards_is_rate(struct figure_source of);

/* Does the item judge, or its gate look at, what grows with the number of names and with time? */
bool cards_item_is_sized(const struct score_item *item);

/* Is a period as long as the window that a card is for: a day, week or month of the calendar, or
 * within a tenth of a sliding one? */
bool cards_length_fits(const struct window_setting *window, ms_t period);

/* From when on another variant is in force for somebody, inside (from, to); MS_NONE: none. */
ms_t cards_change_in(const struct scorecards *cards, const struct scorecard *first, ms_t from,
                     ms_t to);

#endif
