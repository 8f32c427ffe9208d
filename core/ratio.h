/* ratio.h: num and den of a ratio in a window, and what of them is pending.
 *
 * Of a cohort (resolves that were reopened within 7 days) the newest may still turn out otherwise:
 * those whose horizon is not over are pending. They are the ones in the last `horizon` of the
 * window, counted in whole seconds like windows; their part of num is already there too. */
#ifndef TP_CORE_RATIO_H
#define TP_CORE_RATIO_H

#include "core/board.h"

struct ratio {
    int64_t num, den;
};

/* Of these numbers, indexed by family; of the row that it would rather be, where that has any. */
struct ratio ratio_of(const struct indicator_row *row, const struct window_numbers *by_family);

/* The part whose horizon is not over, of a whole that was read at the same clock. 0, 0 for rows
 * without a horizon. */
struct ratio ratio_pending(struct board *b, enum scope s, uint32_t index, uint32_t window,
                           const struct indicator_row *row, const struct ratio *whole);

/* The rest: what can no longer change by what is still to come. */
static inline struct ratio ratio_mature(const struct ratio *whole, const struct ratio *pending)
{
    return (struct ratio){whole->num - pending->num, whole->den - pending->den};
}

/* The next instant at which a horizon is over; MS_NEVER: none, or the window itself moves then. */
ms_t ratio_next_change(struct board *b, enum scope s, uint32_t index, uint32_t window,
                       const struct indicator_row *row);

#endif
