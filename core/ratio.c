#include "core/ratio.h"

#include "core/boards.h"

struct ratio ratio_of(const struct indicator_row *row, const struct window_numbers *by_family)
{
    const struct indicator_row *rather = row->rather;
    int64_t den = rather == NULL ? 0 : indicator_terms(rather->den, by_family);
    if (den > 0)
        return (struct ratio){indicator_terms(rather->num, by_family), den};
    return (struct ratio){indicator_terms(row->num, by_family),
                          indicator_terms(row->den, by_family)};
}

static uint32_t families_of(const struct indicator_term *terms)
{
    uint32_t ret = 0;
    for (uint32_t i = 0; i < INDICATOR_TERMS_MAX && terms[i].sign != 0; i++)
        ret |= 1u << terms[i].family;
    return ret;
}

/* The window that has those samples of `window` whose horizon is not over: itself, or a later one.
 * With BOARD_BEFORE: of both windows together. -1: no sample is pending. */
static int pending_in(const struct board *b, uint32_t window, enum horizon horizon)
{
    uint8_t edge = b->edges.pending[horizon];
    if (edge == EDGE_NONE)
        return -1;
    uint32_t last = window, twice = board_twice(b, &last);
    last = twice != 0 ? twice : last;
    if (edge == EDGE_ALL)
        return (int)last;
    ms_t from = (b->at_sec - edge_seconds(b->settings, horizon) + 1) * MS_SECOND;
    return from >= board_window_from(b, window) ? edge : (int)last;
}

static int edge_of(const struct board *b, uint32_t window, const struct indicator_row *row)
{
    enum horizon h = (enum horizon)row->horizon;
    return h == HORIZON_NONE ? -1 : pending_in(b, window, h);
}

/* What stands in one of the board's windows, be it configured or not. */
static struct ratio ratio_in(struct board *b, enum scope s, uint32_t index, int edge,
                             const struct indicator_row *row)
{
    struct window_numbers numbers[FAM_N]; /* of the row's families only */
    uint32_t left = families_of(row->num) | families_of(row->den);
    for (; left != 0; left &= left - 1) {
        uint32_t f = (uint32_t)__builtin_ctz(left);
        board_numbers(b, s, index, f, (uint32_t)edge, &numbers[f]);
    }
    return (struct ratio){indicator_terms(row->num, numbers), indicator_terms(row->den, numbers)};
}

struct ratio ratio_pending(struct board *b, enum scope s, uint32_t index, uint32_t window,
                           const struct indicator_row *row, const struct ratio *whole)
{
    int edge = edge_of(b, window, row);
    if (edge < 0 || whole->den == 0)
        return (struct ratio){0, 0};
    if (edge == (int)window)
        return *whole;
    struct ratio ret = ratio_in(b, s, index, edge, row);
    if ((window & BOARD_BEFORE) == 0)
        return ret;
    struct ratio now = ratio_in(b, s, index, edge_of(b, window - BOARD_BEFORE, row), row);
    return ratio_mature(&ret, &now);
}

ms_t ratio_next_change(struct board *b, enum scope s, uint32_t index, uint32_t window,
                       const struct indicator_row *row)
{
    int edge = edge_of(b, window, row);
    ms_t next = MS_NEVER;
    if (edge < 0 || edge == (int)window)
        return next;
    uint32_t left = families_of(row->num) | families_of(row->den);
    for (; left != 0; left &= left - 1)
        next = ms_min(
            next, board_next_change(b, s, index, (uint32_t)__builtin_ctz(left), (uint32_t)edge));
    return next;
}
