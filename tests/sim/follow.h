/* follow.h: what the alerts of clocks went through, as a subscriber sees it. */
#ifndef TP_TESTS_FOLLOW_H
#define TP_TESTS_FOLLOW_H

#include "core/effect.h"

enum { FOLLOW_MAX = 8192 };

struct followed {
    uint64_t alert_id;
    uint32_t rev;
    uint8_t state; /* enum alert_state */
    uint8_t cause;
    bool breached; /* and not taken back since */
    ms_t ended_at;
    uint32_t level;
    char ticket[NAME_BYTES_MAX + 1];
    uint8_t metric;
    uint32_t instance;
    bool seen; /* the reader's own */
};

struct follow {
    bool in_order; /* no event comes late: what has ended is over */
    uint32_t n;
    struct followed at[FOLLOW_MAX];
    uint64_t count[ALERT_CANCELLED + 1]; /* alerts whose last state this is */
};

/* One more transition. NULL, or what is against the contract (static storage). */
const char *follow_effect(struct follow *f, const struct effect *e);

struct followed *follow_find(struct follow *f, uint64_t alert_id);

/* By what people call it; the number may have changed since the alert was told. */
struct followed *follow_find_clock(struct follow *f, struct str ticket, uint8_t metric,
                                   uint32_t instance);

#endif
