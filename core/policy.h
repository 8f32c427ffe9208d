/* policy.h: SLA policies as the configuration says them: who, which calendar, which targets.
 *
 * Plain data without pointers, made by the daemon, lent to engine_init and engine_apply, which
 * copy it. The first policy whose match holds is in force (SEMANTICS.md, "SLA policies"). */
#ifndef TP_CORE_POLICY_H
#define TP_CORE_POLICY_H

#include "core/calendar.h"

enum {
    POLICIES_MAX = 32,
    POLICY_NAMES_MAX = 16,   /* names of one attribute in a match */
    POLICY_TARGETS_MAX = 16, /* priorities with a target of their own, per metric */
    POLICY_WARNS_MAX = 4,
    POLICY_OVERDUES_MAX = 8, /* repeats after a breach */
    POLICY_PAUSES_MAX = 8,
};

/* What clocks run for. The order is that of enum target's duration indicators. */
enum sla_metric {
    SLA_FIRST_RESPONSE,
    SLA_NEXT_RESPONSE,
    SLA_ASSIGNEE_RESPONSE,
    SLA_RESOLUTION,
    SLA_REQUESTER_WAIT,
    SLA_METRICS
};

/* "first_response", … */
const char *sla_metric_name(enum sla_metric m);
int sla_metric_find(struct str name); /* -1 when there is none */

/* The duration indicator that a metric is judged in. */
enum target sla_metric_target(enum sla_metric m);

/* What a policy can ask of a ticket. */
enum policy_attribute {
    POLICY_PRIORITY,
    POLICY_TEAM,
    POLICY_CHANNEL,
    POLICY_CATEGORY,
    POLICY_CUSTOMER,
    POLICY_TIER,
    POLICY_ATTRIBUTES
};

/* "priority", … */
const char *policy_attribute_name(enum policy_attribute a);

/* The ticket's value is one of these; n = 0: any, also none. */
struct policy_names {
    uint32_t n;
    char at[POLICY_NAMES_MAX][NAME_BYTES_MAX + 1];
};

/* priority "" = every priority that has no target of its own, and none. */
struct policy_target {
    char priority[NAME_BYTES_MAX + 1];
    ms_t target; /* > 0, in the policy's calendar */
};

/* A warning before the target: after so much of it, or when so much is left. */
struct policy_warn {
    uint32_t percent; /* 1..99; 0: `left` counts */
    ms_t left;
};

enum policy_reopen { REOPEN_RESUME, REOPEN_NEW_CYCLE, REOPEN_IGNORE };
enum policy_retarget { RETARGET_KEEP_ELAPSED, RETARGET_RESTART };

struct policy_metric {
    uint32_t targets; /* 0: the policy has no clock of this metric */
    struct policy_target target[POLICY_TARGETS_MAX];
    uint32_t warns;
    struct policy_warn warn[POLICY_WARNS_MAX]; /* as configured */
    uint32_t overdues;
    ms_t overdue[POLICY_OVERDUES_MAX]; /* after the target, ascending */
    uint32_t pauses;
    char pause[POLICY_PAUSES_MAX][NAME_BYTES_MAX + 1]; /* reasons that stop the clock */
    uint8_t reopen;   /* enum policy_reopen: resolution and requester_wait */
    uint8_t retarget; /* enum policy_retarget */
    bool forgive;     /* a longer target takes a breach back */
};

struct policy_setting {
    char id[NAME_BYTES_MAX + 1];
    struct policy_names match[POLICY_ATTRIBUTES];
    uint32_t calendar; /* index */
    struct policy_metric metric[SLA_METRICS];
};

struct sla_setting {
    uint32_t calendars;
    struct calendar_setting calendar[CALENDARS_MAX];
    uint32_t policies;
    struct policy_setting policy[POLICIES_MAX];
};

#endif
