/* window_lab.h: windows of several families and logs side by side with their oracles. */
#ifndef TP_TESTS_WINDOW_LAB_H
#define TP_TESTS_WINDOW_LAB_H

#include "tests/lib/window_oracle.h"

enum { LAB_FAMILIES = 6, LAB_LOGS = 7, LAB_TODAY = 6, LAB_MONTH = 7, LAB_WINDOWS = 8 };

/* replies, resolves, marks, wide (two words of head), openings, odd (few of many have twins) */
extern const struct window_family lab_families[LAB_FAMILIES];
/* 1m 5m 1h 24h 7d 30d today month; watches; 100,000 exact samples */
extern const struct windows_setup lab_setup;

struct lab {
    struct windows_setup setup;
    struct windows *ws;
    struct window_log log[LAB_LOGS];
    struct oracle oracle[LAB_LOGS];
    sec_t at, start[WINDOWS_MAX], edge[WINDOWS_MAX], oldest;
    sec_t keep; /* how long the oracles remember what is in no window any more */
    struct random r;
};

struct lab *lab_make(const struct windows_setup *setup, uint64_t seed);

/* Releases all logs; false when a pool still holds something then. */
bool lab_unmake(struct lab *f);

void lab_advance(struct lab *f, sec_t by);

static inline uint32_t lab_family(uint32_t log)
{
    return log % LAB_FAMILIES;
}

/* An instant about now: mostly the clock's second, some late, some a few seconds ahead. */
ms_t lab_ts(struct lab *f);

/* Do the same to the log and to its oracle. false: they differ about what happened. */
bool lab_add(struct lab *f, uint32_t i, ms_t ts);
bool lab_withdraw(struct lab *f, uint32_t i);
bool lab_mark(struct lab *f, uint32_t i);

/* What the oracle says about window w of log i, its edge moved back by so many seconds. */
void lab_want(const struct lab *f, uint32_t i, uint32_t w, sec_t back, struct window_numbers *ret);

#endif
