/* window_oracle.h: rolling windows the naive way: keep every sample, recount on demand. */
#ifndef TP_TESTS_WINDOW_ORACLE_H
#define TP_TESTS_WINDOW_ORACLE_H

#include "core/window.h"
#include "tests/lib/random.h"

enum { ORACLE_SAMPLES = 40000, ORACLE_MARKS = 8000 };

/* One log. Loose flags belong to the second: they are counted apart from the samples. */
struct oracle {
    const struct window_family *family;
    uint32_t n, marks;
    struct window_sample sample[ORACLE_SAMPLES];
    struct oracle_mark {
        sec_t sec;
        uint32_t flag;
    } mark[ORACLE_MARKS];
};

void oracle_init(struct oracle *o, const struct window_family *family);
void oracle_add(struct oracle *o, const struct window_sample *s);

/* Removes sample i (of o->sample). */
void oracle_withdraw(struct oracle *o, uint32_t i);

/* Sets or clears a loose flag in that second; false when it cannot be. */
bool oracle_mark(struct oracle *o, sec_t sec, uint32_t flag, bool on);

/* Forgets what is at or before this second. */
void oracle_forget(struct oracle *o, sec_t edge);

/* The numbers of (edge, at]. */
void oracle_read(const struct oracle *o, sec_t edge, sec_t at, uint32_t watches,
                 const struct window_watch *watch, struct window_numbers *ret);

/* Exact order statistics of a column in (edge, at]; quantiles by nearest rank. */
void oracle_order(const struct oracle *o, sec_t edge, sec_t at, uint32_t column,
                  struct window_order *ret);

/* A sample of this family at that instant: durations over all magnitudes, mostly equal. */
struct window_sample oracle_random(struct random *r, const struct window_family *family, ms_t ts);

#endif
