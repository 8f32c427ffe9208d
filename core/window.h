/* window.h: rolling windows over one time-ordered log of samples, shared by all windows.
 *
 * A log holds the samples of one family (replies, resolves, …) of one name. Adding a sample
 * touches no window: each is a cursor with the counts and sums of everything before its edge,
 * its numbers are total minus prefix. Values are exact milliseconds. A log of more than
 * exact_samples merges aged ones into slots (counts, sums, sketches) of at most 1/288 of the
 * shortest window that still needs them; a window then has up to one slot too much at its edge.
 *
 * Sample in window w at `at`: edge(w) < floor(ts) <= floor(at), in whole seconds; edge is
 * floor(at) - length for sliding windows, start - 1 for calendar windows.
 * All memory is in pools. When one is full, the log's oldest samples make room (windows_shed). */
#ifndef TP_CORE_WINDOW_H
#define TP_CORE_WINDOW_H

#include "core/limits.h"
#include "core/pool.h"

enum {
    WINDOW_COLUMNS_MAX = 8, /* values of one sample, 4 and their twins */
    WINDOW_FLAGS_MAX = 24,  /* yes/no facts of one sample, each counted by itself */
    WINDOW_FAMILIES_MAX = 16,
    WINDOW_QUANTILES = 5, /* p50 p75 p90 p95 p99 */
    WINDOWS_POOLS = 6,
    WINDOW_COUNTS_MAX = 1 + WINDOW_FLAGS_MAX + WINDOW_COLUMNS_MAX + WATCHES_MAX,
};

/* What the samples of a family look like; static for the engine's life. */
struct window_family {
    const char *name;
    uint8_t columns, flags; /* how many of each a sample can have */
    uint32_t loose; /* flags that belong to the second, not to the sample: see window_mark */
    uint8_t twins;  /* the last so many columns are other forms of the first ones: a sample has all
                        or none of its values' twins; with them flag i counts as flags + i too */
};

/* One sample, whole. The same values withdraw it. */
struct window_sample {
    ms_t ts;
    uint32_t flags;                 /* bit i: flag i */
    uint32_t present;               /* bit c: value[c] counts */
    ms_t value[WINDOW_COLUMNS_MAX]; /* >= 0; only where present */
};

/* A threshold whose exceeding samples are counted, for percentile rules without percentiles. */
struct window_watch {
    uint8_t family, column;
    ms_t above; /* counts value > above */
};

/* The part of a log that every add touches; lies inside its owner's slot, who edits it first.
 * Zeroed = empty. Private: totals run since the log began, modulo 2^32. */
struct window_log {
    handle_t head, tail;               /* chunks, oldest and newest */
    handle_t cursors;                  /* the windows' edges with their prefixes (cold) */
    handle_t slots;                    /* list of merged samples older than head */
    uint32_t newest;                   /* no sample is of a later second */
    uint32_t force;                    /* second that the tail's next offset counts from */
    uint32_t reclaim_at;               /* once this second is out of all windows, memory is */
    uint32_t live;                     /* samples in chunks */
    handle_t plain, unused;            /* no chunk before `plain` is to be packed; 0: head */
    handle_t tally;                    /* sketches, while it is busy */
    uint32_t count[WINDOW_COUNTS_MAX]; /* samples, each flag, n of each column, each watch */
    int64_t sum[WINDOW_COLUMNS_MAX];   /* of each column */
};

/* What one window holds now. */
struct window_numbers {
    uint32_t samples;                /* entries of the family in the window */
    uint32_t flag[WINDOW_FLAGS_MAX]; /* of those, with flag i */
    uint32_t n[WINDOW_COLUMNS_MAX];  /* with value c */
    int64_t sum[WINDOW_COLUMNS_MAX]; /* of the values c, ms */
    uint32_t above[WATCHES_MAX];     /* per watch of this family, in watch order */
};

/* Order statistics of one column in one window, valid when n > 0: nearest rank within 0.8 %.
 * min and max are exact; in slots they do not notice withdrawals. */
struct window_order {
    uint32_t n;
    ms_t min, max;
    ms_t q[WINDOW_QUANTILES];
};

struct windows; /* configuration, pools and scratch shared by all logs */
struct windows_setup {
    const struct window_family *family; /* static */
    uint32_t families, windows;
    sec_t length[EDGES_MAX];  /* sliding: seconds; calendar: the longest it can be */
    bool calendar[EDGES_MAX]; /* its edge is told by windows_advance */
    uint32_t watches;
    struct window_watch watch[WATCHES_MAX * WINDOW_FAMILIES_MAX];
    uint32_t exact_samples, chunks; /* a chunk has 256 bytes */
    uint32_t pack_from; /* in use, from which on those older than pack_age are packed … */
    uint32_t pack_age;  /* (seconds: younger ones are still changed often) */
    uint32_t logs;      /* most logs that can hold something at a time */
};

/* Bytes that windows_init needs; the memory is zeroed, 64-byte aligned, lent for life. */
uint64_t windows_bytes(const struct windows_setup *setup);
struct windows *windows_init(void *mem, const struct windows_setup *setup);

/* Moves the clock: floor(at) and the first second of each calendar window (others ignored).
 * Call whenever the engine's second changes; O(windows). Never goes back. */
void windows_advance(struct windows *ws, sec_t at, const sec_t start[WINDOWS_MAX]);

/* false: older than every window (or shed at once), nothing changed. */
bool window_add(struct windows *ws, struct window_log *log, uint32_t family,
                const struct window_sample *sample);
/* The same for n logs, a sample of which is dropped where it is too old. */
void window_spread(struct windows *ws, struct window_log *const *log, uint32_t n, uint32_t family,
                   const struct window_sample *sample);

/* Removes one sample equal to this one (loose flags are settled within its second). false: none
 * is kept, nothing changed. Of a slot's samples only counts are known: any that fits goes. */
bool window_withdraw(struct windows *ws, struct window_log *log, uint32_t family,
                     const struct window_sample *sample);

/* Sets (clears) a loose flag in one sample of that second that lacks (has) it. false: none does.
 * Clears each of these (bits) there: of one sample if one has them all. */
bool window_mark(struct windows *ws, struct window_log *log, uint32_t family, ms_t ts,
                 uint32_t flag, bool on);
void window_unmark(struct windows *ws, struct window_log *log, uint32_t family, ms_t ts,
                   uint32_t flags);

/* The numbers of one window now; moves its cursor, not the log. Samples ahead of `at` wait. */
void window_read(struct windows *ws, struct window_log *log, uint32_t family, uint32_t window,
                 struct window_numbers *ret);

/* Order statistics of WINDOWS_MAX windows, by a pass or from what a busy log keeps up. */
void window_orders(struct windows *ws, struct window_log *log, uint32_t family, uint32_t mask,
                   uint32_t columns, struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX]);

/* The next instant at which the window changes by time alone: its oldest sample (or slot) leaves,
 * or one from ahead comes in; MS_NEVER when none will. Calendar windows: only the latter. */
ms_t window_next_change(struct windows *ws, struct window_log *log, uint32_t family,
                        uint32_t window);

/* Length of the slots behind this window's edge; 0 while it is exact. */
ms_t window_slot_ms(struct windows *ws, const struct window_log *log, uint32_t window);

void window_release(struct windows *ws, struct window_log *log); /* it is empty then */

/* Digest of the samples in the longest window, in any order; blind to chunks, cursors, slots. */
uint64_t window_digest(struct windows *ws, const struct window_log *log, uint32_t family);

void window_check(struct windows *ws, const struct window_log *log, uint32_t family); /* recounts */
uint64_t windows_shed(const struct windows *ws); /* samples let go for want of room */
uint32_t windows_pools(struct windows *ws, struct pool *ret[WINDOWS_POOLS]);

#endif
