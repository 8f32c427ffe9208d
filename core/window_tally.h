/* window_tally.h: sketches of a busy log, kept like its totals; for the window*.c files only.
 *
 * A pass over 100,000 samples costs milliseconds. A busy log (log_is_busy) therefore has a sketch
 * of its own, and one per cursor of what that has left behind: a window's sketch is the difference,
 * bucket by bucket, modulo 2^32. Whoever adds to the totals of a log or cursor adds here too. What
 * is counted where is named by a set of bits: TALLY_LOG, and tally_bit(w) for window w's cursor.
 *
 * Least and greatest values cannot be subtracted. The samples in chunks are therefore parted into
 * runs of whole seconds, each with its extremes; a value that leaves makes its run stale, to be
 * looked through when next read. Slots have extremes of their own.
 *
 * A tally only saves time. Where there is no room for one, order statistics come from a pass, and
 * are the same. */
#ifndef TP_CORE_WINDOW_TALLY_H
#define TP_CORE_WINDOW_TALLY_H

#include "core/chunk.h"

enum {
    TALLY_FROM = 8192, /* samples in chunks from which a log counts as busy */
    TALLY_RUNS = 64,
    TALLY_SHARE = 24,   /* a run is this part of a log, or one busy second */
    TALLY_RUN_MIN = 64, /* samples */
    TALLY_LOG = 1,
};

/* 64 neighbouring buckets of one sketch. */
struct tally_page {
    struct slot slot;
    uint32_t n; /* sum of them */
    uint32_t count[1 << SKETCH_BITS];
};

/* Samples in chunks of the seconds from `first` to before the next run's. */
struct tally_run {
    uint32_t first;
    uint32_t n;     /* about */
    uint32_t stale; /* columns whose extremes must be looked for */
    uint32_t zero;
    struct extremes ends;
    /* So many have the least value, the greatest: when the last one leaves, it must be looked for
     * the next. Too few is told when one is withdrawn that has gone into a slot. */
    uint32_t mins[WINDOW_COLUMNS_MAX], maxs[WINDOW_COLUMNS_MAX];
};

struct tally {
    struct slot slot;
    uint32_t runs;
    uint32_t top;    /* latest second so far */
    uint32_t turn;   /* the window whose cursor is brought to its edge next */
    uint32_t broken; /* no page was to be had: it is of no use any more */
    struct tally_run run[TALLY_RUNS];
    handle_t page[][WINDOW_COLUMNS_MAX][SKETCH_GROUPS]; /* of the log, of each cursor; 0: empty */
};

static inline uint32_t tally_bit(uint32_t window)
{
    return 2U << window;
}

/* Bytes of a slot, and pages that it can have. */
uint32_t tally_bytes(uint32_t windows);
uint32_t tally_pages(uint32_t windows);

/* Makes one for a log that is busy and has none, drops one that is of no use; else brings one of
 * the cursors to its edge, so that none lags far behind however seldom it is read. Any time that
 * the log's totals are in order. */
void tally_tend(struct windows *ws, struct window_log *log, const struct layout *l);
void tally_free(struct windows *ws, struct window_log *log);

/* All of these do nothing when the log has no tally. The first two are of the log itself and its
 * runs. index: the buckets of the present columns, where they are not the values' own. */
void tally_come(struct windows *ws, const struct window_log *log, uint32_t sec,
                const struct entry *e);
void tally_go(struct windows *ws, const struct window_log *log, uint32_t sec, const struct entry *e,
              const uint32_t *index);
void tally_buckets(struct windows *ws, const struct window_log *log, uint32_t sets,
                   uint32_t present, const uint32_t index[WINDOW_COLUMNS_MAX], int sign);
void tally_entry(struct windows *ws, const struct window_log *log, uint32_t sets,
                 const struct entry *e, int sign);
/* The entries of a chunk between two words; a whole span (uses the scratch columns). */
void tally_cells(struct windows *ws, const struct window_log *log, const struct layout *l,
                 uint32_t sets, const struct chunk *c, uint32_t from, uint32_t to, int sign);
void tally_span(struct windows *ws, const struct window_log *log, const struct layout *l,
                uint32_t sets, const struct span *s, int sign);
/* Samples up to this second went without leaving every window. */
void tally_shed(struct windows *ws, const struct window_log *log, uint32_t sec);

/* Looks for the extremes in chunks, from > 0 to until, both included. */
void tally_scan(const struct windows *ws, const struct window_log *log, const struct layout *l,
                uint32_t from, uint32_t until, struct tally_run *ret);

/* Looks through a run again if it must: then its extremes are right. */
void tally_refresh(struct windows *ws, const struct window_log *log, const struct layout *l,
                   uint32_t run);

/* May order statistics be read from it? */
static inline bool tally_is_whole(const struct windows *ws, const struct window_log *log)
{
    return log->tally != 0 &&
           ((const struct tally *)pool_get(&ws->tallies, log->tally))->broken == 0;
}

#endif
