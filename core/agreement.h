/* agreement.h: the policies in force, compiled, and which were in force before a reload.
 *
 * Policies are a function of event time: each reload adds a generation that holds from its
 * instant on, so that a ticket folded again meets the policies of each event's time. The oldest
 * of AGREEMENTS_MAX generations gives way to the next one. */
#ifndef TP_CORE_AGREEMENT_H
#define TP_CORE_AGREEMENT_H

#include "core/board.h"
#include "core/policy.h"
#include "core/record.h"

enum {
    AGREEMENTS_MAX = 12,
    AGREEMENT_CALENDAR_BYTES = 48 << 20, /* compiled calendars of one generation */
    AGREEMENT_LEVELS_MAX = POLICY_WARNS_MAX + 1 + POLICY_OVERDUES_MAX,
};

/* A target with its warning points in business ms, ascending. */
struct agreed_target {
    uint32_t priority; /* index of the name; 0 = every other */
    uint32_t warns;
    ms_t target;
    ms_t warn[POLICY_WARNS_MAX];
};

struct agreed_metric {
    uint32_t targets, overdues, pauses;
    struct agreed_target target[POLICY_TARGETS_MAX];
    ms_t overdue[POLICY_OVERDUES_MAX]; /* business ms after the target, ascending */
    uint32_t pause[POLICY_PAUSES_MAX]; /* reasons, as record.number has them */
    uint8_t reopen, retarget;
    bool forgive;
};

struct agreed_policy {
    uint32_t n[POLICY_ATTRIBUTES];
    uint64_t value[POLICY_ATTRIBUTES][POLICY_NAMES_MAX]; /* index of the name; customer, tier:
                                                            their hash */
    uint32_t calendar;
    struct agreed_metric metric[SLA_METRICS];
};

/* One generation. */
struct agreement {
    ms_t from; /* in force for what is after this; MS_NONE = since ever */
    struct sla_setting said;
    uint32_t policies;
    uint32_t metrics; /* bits: some policy has a target for it */
    struct agreed_policy policy[POLICIES_MAX];
    struct calendar calendar[CALENDARS_MAX];
    uint64_t print;                         /* sla_print of what was said … */
    uint64_t calendar_print[CALENDARS_MAX]; /* … and of each calendar */
    void *mem;                              /* of the compiled calendars */
};

/* The attributes of a ticket that policies look at. */
struct attributes {
    const struct tags *tags;
    uint64_t customer, tier; /* hashes; 0 = none */
};

struct agreements {
    uint32_t n;     /* generations; at[order[n - 1]] is in force */
    uint32_t first; /* number of the oldest one */
    uint32_t order[AGREEMENTS_MAX];
    struct agreement at[AGREEMENTS_MAX + 1]; /* one spare, for comparing */
};

uint64_t agreements_bytes(void);

/* mem: agreements_bytes of zeroes, 64-byte aligned, lent for life. */
struct agreements *agreements_init(void *mem);

/* Compiles `said` (copied; NULL = no policies) into the spare place, interning the names it asks
 * for. 0 or ERR_BAD_SETTINGS with the reason. */
MUST_CHECK int agreements_prepare(struct agreements *a, const struct sla_setting *said,
                                  struct board *b, const char **ret_why);

/* Two settings with the same print say the same. They are plain data that began as zeroes; only
 * what is used of them is looked at, which is a small part of their two megabytes. */
uint64_t sla_print(const struct sla_setting *said);

/* What was prepared is in force from now on. MS_NONE: since ever (at the start). */
void agreements_adopt(struct agreements *a, ms_t from);

/* After an image was loaded: names have other indices; what it calls generation `last` is the one
 * in force. */
void agreements_rebuild(struct agreements *a, struct board *b, uint32_t last);

/* What was prepared and not adopted. */
const struct agreement *agreements_spare(const struct agreements *a);

/* Is there, or was there, any policy? */
bool agreements_any(const struct agreements *a);

/* Generation by number; older ones than the oldest kept are the oldest. */
static inline const struct agreement *agreement_get(const struct agreements *a, uint32_t number)
{
    uint32_t i = number < a->first ? 0 : number - a->first;
    CHECK(i < a->n);
    return &a->at[a->order[i]];
}

/* Number of the one in force. */
static inline uint32_t agreements_last(const struct agreements *a)
{
    return a->first + a->n - 1;
}

/* Answers the board's questions for hours, each by the calendars in force at the instant. */
void agreements_tell_hours(struct agreements *a, struct board *b);

/* Index of the first policy that matches, + 1; 0 = none. */
uint32_t agreement_match(const struct agreement *g, const struct attributes *of);

/* The metric's target of that policy (as agreement_match gives it) for a priority; NULL: none. */
static inline const struct agreed_target *agreement_target(const struct agreement *g,
                                                           uint32_t policy, enum sla_metric m,
                                                           uint32_t priority)
{
    const struct agreed_target *other = NULL;
    if (policy == 0)
        return NULL;
    const struct agreed_metric *metric = &g->policy[policy - 1].metric[m];
    for (uint32_t i = 0; i < metric->targets; i++) {
        if (metric->target[i].priority == 0)
            other = &metric->target[i];
        else if (metric->target[i].priority == priority)
            return &metric->target[i];
    }
    return other;
}

/* Does this reason stop that metric's clock? */
bool agreement_pauses(const struct agreement *g, uint32_t policy, enum sla_metric m,
                      uint32_t reason);

/* Hash of a customer, its low half of a tier; never 0. */
uint64_t attribute_hash(struct str text);

/* A pause's reason as record.number has it. */
uint32_t reason_number(struct str reason);

#endif
