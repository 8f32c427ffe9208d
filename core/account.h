/* account.h: where the time of a ticket's clocks went: owners, pauses, levels, other targets.
 *
 * Filled while a history is folded again for `explain` and for the shares of a breach; a sink
 * without one skips all this. Intervals are cut at every record and put together again while the
 * owner, the instance and the policy stay the same. */
#ifndef TP_CORE_ACCOUNT_H
#define TP_CORE_ACCOUNT_H

#include "core/sla.h"

struct account_item {
    uint8_t kind; /* enum explain_kind */
    uint8_t metric;
    uint8_t policy, slot;
    uint8_t level; /* warning: which; breach: 0, or which repeat */
    uint16_t instance, team;
    uint32_t generation, agent;
    ms_t start; /* of the instance */
    ms_t from, to, counted;
};

/* Zero it but for item and cap, and for what it is to be about. */
struct account {
    struct account_item *item;
    uint32_t n, cap, lost;
    bool one; /* only about the instance of this metric and start */
    uint8_t metric;
    ms_t start;
    struct {
        ms_t at;           /* accounted up to then … */
        ms_t start;        /* … of this instance … */
        uint16_t instance; /* … (0 = none) … */
        uint8_t metric;    /* … (a first and a next response may begin alike) … */
        uint32_t last;     /* … whose last item is this one, + 1; 0 = a new one begins */
    } cut[SLA_SLOTS];
};

/* All take NULL and do nothing then. Time up to `at` belongs to the owner in tags. */
void account_cut(struct account *a, const struct sla *s, const struct tags *tags, ms_t at,
                 const struct fold_terms *terms);

/* Likewise of one clock only: others may have levels to pass before that instant. */
void account_cut_slot(struct account *a, const struct sla *s, uint32_t slot,
                      const struct tags *tags, ms_t at, const struct fold_terms *terms);

/* A warning point, breach or repeat of this clock; account_cut came before. */
void account_level(struct account *a, const struct sla_clock *c, ms_t at);

/* Another target; elapsed was set to 0. */
void account_retarget(struct account *a, const struct sla *s, const struct sla_clock *c, ms_t at,
                      ms_t target);
void account_restart(struct account *a, const struct sla_clock *c);

/* The same for a clock that counted from a->start until then without a break and by one calendar:
 * its records say whose time it was, no fold is needed. */
void account_owners(struct account *a, const struct record *r, uint32_t n,
                    const struct calendar *cal, ms_t until);

/* Business ms per owner of an instance up to `until` (the breach), most first: at most cap, the
 * last one sums the rest under agent UINT32_MAX. Returns how many. */
struct account_share {
    uint32_t agent; /* 0 = nobody */
    ms_t ms;
};
uint32_t account_shares(const struct account *a, enum sla_metric metric, ms_t start, ms_t until,
                        struct account_share *ret, uint32_t cap);

#endif
