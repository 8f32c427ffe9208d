/* share.h: what a rule on a mix compares: a part's share of its whole, exact.
 *
 * The share is a fraction in millionths, n the whole: what a snapshot tells as num, den of a part.
 * Empty while the whole is 0 or below min_n. A part that is gone counts 0. */
#ifndef TP_CORE_SHARE_H
#define TP_CORE_SHARE_H

#include "core/measure.h"

/* What is shared, of one name in the rule's window. */
uint32_t share_whole(struct board *b, const struct rule_setting *rule, uint32_t index);

void share_read(struct board *b, const struct rule_setting *rule, uint32_t index, uint32_t part,
                struct measure *ret);

/* When the whole, and with it some share, changes by time alone; MS_NEVER: it does not. */
ms_t share_next_change(struct board *b, const struct rule_setting *rule, uint32_t index);

#endif
