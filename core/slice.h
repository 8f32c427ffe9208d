/* slice.h: slices: the samples of a calendar's open hours once more, in logs of their own.
 *
 * A rule or scorecard with `when: CALENDAR` counts only samples whose ts lies in its open hours.
 * For each (calendar, scope) that some of them name, every name of the scope has further logs, of
 * those families that they look at. What the board takes and withdraws it does to these, too.
 * Part of the board: its readers reach a slice as a view (board_view). Whether an instant is open
 * is asked of the calendar that was in force at it, so that what was added can be withdrawn. */
#ifndef TP_CORE_SLICE_H
#define TP_CORE_SLICE_H

#include "core/entity.h"

struct time_slice {
    char calendar[NAME_BYTES_MAX + 1]; /* its id */
    uint8_t scope;                     /* enum scope */
    uint32_t families;                 /* bits FAM_x */
};

/* Which slices the rules and scorecards ask for, by calendar, then scope. Returns how many: more
 * than SLICES_MAX are too many, and only so many are in ret. */
uint32_t slices_of(const struct settings *s, struct time_slice ret[SLICES_MAX]);

/* Inputs that no hours can be told of: gauges, and times that people spend, no samples either. */
static inline bool slice_cannot(uint32_t inputs)
{
    return (inputs & (1u << TOUCH_GAUGES | 1u << FAM_STINTS)) != 0;
}

/* A sentence about what cannot be: a calendar that there is not, a gauge in a card, too many of
 * them; or NULL. */
const char *slices_wrong(const struct settings *s);

/* Are all of `wanted` among `kept`, with all their families? */
bool slices_cover(const struct time_slice *kept, uint32_t n_kept, const struct time_slice *wanted,
                  uint32_t n_wanted);

/* Calendars by their id, as they were in force at ts; unknown ones are never open. */
struct slice_hours {
    void *ctx;
    bool (*open)(void *ctx, struct str calendar, ms_t ts);
    ms_t (*edge)(void *ctx, struct str calendar, ms_t ts); /* the next opening or closing after */
};

struct time_slices {
    uint32_t n;
    struct time_slice at[SLICES_MAX];
    uint32_t names[SLICES_MAX];   /* most names, the reserved ones among them */
    struct pool logs[SLICES_MAX]; /* index = name's index, as the entities */
    struct slice_hours hours;     /* open NULL: nothing is */
};

/* What settings that slices_wrong has nothing against ask for; names: most of each scope. */
void slices_plan(struct time_slices *ret, const struct settings *s, const uint32_t names[SCOPE_N]);

/* mem: slices_bytes of zeroes, 64-byte aligned, lent for life. */
uint64_t slices_bytes(const struct time_slices *s);
void slices_init(struct time_slices *s, void *mem);

/* Most logs, for windows_setup. */
uint32_t slices_logs(const struct time_slices *s);

/* Logs for every name of the scope up to `names`. */
void slices_follow(struct time_slices *s, enum scope scope, uint32_t names);

/* The slice of this calendar and scope; -1 when none is kept. */
int slices_find(const struct time_slices *s, enum scope scope, struct str calendar);

/* A name's log for changing it; the slice keeps that family. */
struct window_log *slice_log(struct time_slices *s, uint32_t slice, uint32_t index,
                             uint32_t family);

/* As board_sample and board_mark, for the scopes that are kept. */
void slices_sample(struct time_slices *s, struct windows *windows, uint32_t family,
                   const struct window_sample *sample, const struct tags *tags, uint32_t scopes,
                   int sign);
void slices_mark(struct time_slices *s, struct windows *windows, uint32_t family, uint32_t flag,
                 ms_t ts, const struct tags *tags, uint32_t scopes, bool on);

/* Of what a name's logs hold, blind to the order of slices; 0 when they hold nothing. */
uint64_t slices_digest(const struct time_slices *s, struct windows *windows, enum scope scope,
                       uint32_t index);
void slices_check(const struct time_slices *s, struct windows *windows, enum scope scope,
                  uint32_t names);

/* The pools, for images; at most SLICES_MAX. */
uint32_t slices_pools(struct time_slices *s, struct pool *ret[SLICES_MAX]);

/* --- the board's ---------------------------------------------------------------------------- */

struct board;

/* A scope's names as of the open hours of a calendar, for the readers of numbers in board.h, which
 * take it as their scope. calendar "": the scope itself. CHECK: no rule or card asked for it. */
enum scope board_view(const struct board *b, enum scope s, struct str calendar);

/* Where calendars are asked for; set once by the engine. */
void board_set_hours(struct board *b, const struct slice_hours *hours);
const struct slice_hours *board_hours(const struct board *b);

#endif
