/* What a board says: the numbers of a name in a window, and when they change by time alone. */
#include "core/boards.h"
#include "core/custom.h"
#include "core/stint.h"
#include "core/window_before.h"

static struct window_log *log_of(struct board *b, enum scope s, uint32_t index, uint32_t family)
{
    if (UNLIKELY(s >= SCOPE_N)) /* a view */
        return slice_log(&b->slices, (uint32_t)s - SCOPE_N, index, family);
    return &board_entity_edit(b, s, index)->log[family];
}

/* Times of stints inside the window; with `now`, whose numbers are those of the window after it
 * and were taken from n, inside the one before it. */
static void stint_times(const struct board *b, enum scope s, uint32_t index, uint32_t window,
                        const struct window_numbers *now, struct window_numbers *n)
{
    if (s >= SCOPE_N) { /* a view has no levels */
        memset(n->sum, 0, sizeof n->sum);
        return;
    }
    const uint32_t *gauge = board_entity(b, s, index)->gauge;
    int64_t level[STINTS_COLUMNS];
    level[STINTS_OCCUPIED] = (int64_t)gauge[GAUGE_BUSY] + gauge[GAUGE_WRAP_UP];
    level[STINTS_ONLINE] = level[STINTS_OCCUPIED] + gauge[GAUGE_AVAILABLE];
    level[STINTS_ROSTERED] = gauge[GAUGE_ROSTERED];
    level[STINTS_ATTENDED] = gauge[GAUGE_ATTENDED];
    ms_t from = board_window_from(b, window | (now != NULL ? BOARD_BEFORE : 0));
    ms_t to = now != NULL ? board_window_from(b, window) : ms_max(b->at, from);
    for (uint32_t c = 0; c < STINTS_COLUMNS; c++) {
        int64_t then = level[c] - (now != NULL ? stint_rise(now, c) : 0);
        n->sum[c] = stint_time(n, c, then, from, to);
    }
}

void board_numbers(struct board *b, enum scope s, uint32_t index, uint32_t family, uint32_t window,
                   struct window_numbers *ret)
{
    struct window_log *log = log_of(b, s, index, family);
    uint32_t twice = board_twice(b, &window);
    if (LIKELY(twice == 0)) {
        window_read(b->windows, log, family, window, ret);
        if (family == FAM_STINTS)
            stint_times(b, s, index, window, NULL, ret);
        else if (is_measured(family))
            measured_settle(ret);
        return;
    }
    struct window_numbers now;
    window_read(b->windows, log, family, window, &now);
    window_read(b->windows, log, family, twice, ret);
    window_less(ret, &now);
    if (family == FAM_STINTS)
        stint_times(b, s, index, window, &now, ret);
    else if (is_measured(family))
        measured_settle(ret);
}

void board_orders(struct board *b, enum scope s, uint32_t index, uint32_t family, uint32_t windows,
                  uint32_t columns, struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX])
{
    window_orders(b->windows, log_of(b, s, index, family), family, windows, columns, ret);
}

void board_order(struct board *b, enum scope s, uint32_t index, uint32_t family, uint32_t column,
                 uint32_t window, struct window_order *ret)
{
    struct window_order orders[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    uint32_t twice = board_twice(b, &window);
    if (twice != 0) {
        window_orders_before(b->windows, log_of(b, s, index, family), family, window, twice,
                             1u << column, orders[window]);
        *ret = orders[window][column];
        return;
    }
    board_orders(b, s, index, family, 1u << window, 1u << column, orders);
    *ret = orders[window][column];
}

/* Times grow and shrink all the time: often enough is when a window has moved by a thousandth. */
static ms_t stint_change(struct board *b, enum scope s, uint32_t index, uint32_t window)
{
    struct window_numbers n;
    int64_t any = 0;
    board_numbers(b, s, index, FAM_STINTS, window, &n);
    for (uint32_t c = 0; c < STINTS_COLUMNS; c++)
        any |= n.sum[c];
    sec_t step = b->settings->window[window & ~(uint32_t)BOARD_BEFORE].length / 1000;
    return any == 0 ? MS_NEVER : (b->at_sec + (step > 1 ? step : 1)) * MS_SECOND;
}

ms_t board_next_change(struct board *b, enum scope s, uint32_t index, uint32_t family,
                       uint32_t window)
{
    struct window_log *log = log_of(b, s, index, family);
    ms_t times = family == FAM_STINTS ? stint_change(b, s, index, window) : MS_NEVER;
    uint32_t twice = board_twice(b, &window);
    ms_t next = ms_min(times, window_next_change(b->windows, log, family, window));
    return twice == 0 ? next : ms_min(next, window_next_change(b->windows, log, family, twice));
}

ms_t board_window_from(const struct board *b, uint32_t window)
{
    sec_t lengths = 1 + (board_twice(b, &window) != 0);
    const struct window_setting *w = &b->settings->window[window];
    sec_t first =
        w->kind == WINDOW_SLIDING ? b->at_sec - lengths * w->length + 1 : b->start[window];
    return first * MS_SECOND;
}

ms_t board_slot_ms(struct board *b, enum scope s, uint32_t index, uint32_t window)
{
    ms_t longest = 0;
    const struct entity *e = board_entity(b, s, index);
    uint32_t twice = board_twice(b, &window);
    for (uint32_t f = 0; f < FAM_N; f++) {
        longest = ms_max(longest, window_slot_ms(b->windows, &e->log[f], window));
        if (twice != 0)
            longest = ms_max(longest, window_slot_ms(b->windows, &e->log[f], twice));
    }
    return longest;
}
