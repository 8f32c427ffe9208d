/* report_score.h: scorecards in a report: what they judge, what they are called, how long they are.
 *
 * Private to the report, like report_build.h. */
#ifndef TP_DAEMON_CLI_REPORT_SCORE_H
#define TP_DAEMON_CLI_REPORT_SCORE_H

#include "daemon/cli/report_build.h"

/* --- report_score.c ------------------------------------------------------------------------- */

/* The item that judges an indicator for the whole; NULL: none. */
const struct score_item *report_item(const struct report *r, enum indicator i);

/* What a card judges of everybody together, and of one name in the period: in its hours, if it has
 * any. NULL: nothing was counted. */
const struct sum *report_judged(const struct report *r, const struct scorecard *card,
                                uint32_t period);
const struct sum *report_judged_name(const struct report *r, const struct scorecard *card,
                                     uint32_t index);

void report_score(const struct report *r, const struct scorecard *card, const struct sum *t,
                  struct score *ret);

/* What an item of a card is called. */
const char *report_item_title(const struct report *r, const struct score_item *item);

/* Grade, the part of the weights that it stands on if items were left out, and what gates made
 * void; t: what was judged. */
const char *report_grade(const struct report *r, const struct scorecard *card,
                         const struct score *s, const struct sum *t);

/* What became of an item beside its points: "weak spot", "void"; NULL: nothing to say. */
const char *report_standing(const struct score_line *line);

/* Total scores as key figures, or why there is none. */
void report_totals(struct report *r, struct doc_table *t);

/* --- report_terms.c ------------------------------------------------------------------------- */

/* What a card is called; a variant with whom and when it is for, "Desk (billing) · valid from
 * 2026-04-01 · only in the hours of night"; any text with the latter. */
const char *report_card_title(const struct scorecard *card);
const char *report_card_head(const struct report *r, const struct scorecard *card);
const char *report_hours(const struct report *r, const char *text, const char *when);

/* The hours that all cards of this id have; "": all hours, or not the same. */
const char *report_family_when(const struct report *r, const struct scorecard *first);

/* Items whose goals are one name's and one length of time's; "": none. */
const char *report_sized_items(const struct report *r, const struct scorecard *card);

/* "made for a month, the period has 7 days"; and the sentence about cards of this id. NULL: it is
 * for as long. */
const char *report_misfit(const struct report *r, const struct scorecard *card);
const char *report_card_length(const struct report *r, const struct scorecard *first);

#endif
