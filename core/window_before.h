/* window_before.h: what is in a longer window and no more in a shorter one: the window before it.
 *
 * Counts and sums are the difference of what both hold, so they are as exact as these. Order
 * statistics cannot be subtracted: they come from a pass over that part of the log. */
#ifndef TP_CORE_WINDOW_BEFORE_H
#define TP_CORE_WINDOW_BEFORE_H

#include "core/window.h"

/* *ret, of the longer window, becomes what it has more than the shorter one. */
void window_less(struct window_numbers *ret, const struct window_numbers *less);

/* Of some columns (a mask); the others are all zero. */
void window_orders_before(struct windows *ws, struct window_log *log, uint32_t family,
                          uint32_t window, uint32_t longer, uint32_t columns,
                          struct window_order ret[WINDOW_COLUMNS_MAX]);

#endif
