/* appraise.h: the score of one name now: its card is found, its numbers are read and judged.
 *
 * Cards of one id are variants: of those that match the name and were valid when the window began
 * (a window of the calendar), or are now, the first counts. Names in parentheses, which nobody is
 * called, and bots have no card. */
#ifndef TP_CORE_APPRAISE_H
#define TP_CORE_APPRAISE_H

#include "core/score.h"

/* The first card with this id; NULL: there is none. */
const struct scorecard *appraise_find(const struct scorecards *cards, struct str id);

/* first: as found. window: whose numbers count, may be another than the card's. false: the name
 * has no card. */
bool appraise(struct board *b, const struct scorecards *cards, const struct scorecard *first,
              uint32_t window, uint32_t index, const struct scorecard **ret_card,
              struct score *ret);

/* Samples behind the best founded value that counts; counts are no samples. */
uint32_t appraise_samples(const struct scorecard *card, const struct score *score);

/* Bits FAM_x or TOUCH_GAUGES: what the scores of these cards are made of. */
uint32_t appraise_inputs(const struct settings *s, const struct scorecard *first);

/* The next instant at which time alone may change the score; MS_NEVER: none. */
ms_t appraise_next_change(struct board *b, const struct scorecards *cards,
                          const struct scorecard *first, uint32_t window, uint32_t index);

/* Of all that the cards of that id say, but for titles: equal when scores are. */
uint64_t appraise_print(const struct scorecards *cards, struct str id);

#endif
