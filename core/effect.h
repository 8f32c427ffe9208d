/* effect.h: everything that leaves the engine: alerts, refusals, and the snapshot of a name.
 * tidy: long because tables of words stand among what leaves.
 *
 * engine_step writes effects to an outbox that the caller owns; texts in them are lent until the
 * next step. Snapshots are read by the caller (engine_snapshot), in slices of its own. */
#ifndef TP_CORE_EFFECT_H
#define TP_CORE_EFFECT_H

#include "core/settings.h"

enum alert_kind { ALERT_KPI, ALERT_SLA, ALERT_SCORE };

enum alert_state { ALERT_WARNING, ALERT_BREACHED, ALERT_CLEARED, ALERT_CORRECTED, ALERT_CANCELLED };

/* Why an SLA alert came, or came to its end. X(NAME, wire) */
#define ALERT_CAUSES(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(MET, "met")                                   /* cleared: in time after the warning */       \
    X(MET_LATE, "met_late")                         /* cleared: after the breach */                \
    X(RETARGET, "retarget")                         /* another target was in force at once */      \
    X(NO_POLICY, "no_policy")                       /* cancelled: no policy matches any more */    \
    X(CLOSED_WITHOUT_REPLY, "closed_without_reply") /* cancelled: ended, nobody had replied */     \
    X(ENDED, "ended")                               /* cancelled: resolved or closed instead */    \
    X(REASSIGNED, "reassigned") /* cancelled: somebody else has it, or nobody */                   \
    X(MERGED, "merged")         /* cancelled */                                                    \
    X(VOID, "void")             /* cancelled: spam or duplicate */                                 \
    X(LATE_EVENT, "late_event") /* corrected: it was in time after all */                          \
    X(FORGIVEN, "forgiven")     /* corrected: a longer target, and forgive */                      \
    X(FORGOTTEN, "forgotten")   /* cancelled: the ticket had to make room */

enum alert_cause {
#define ALERT_CAUSE_ENUM(name, wire) CAUSE_##name,
    ALERT_CAUSES(ALERT_CAUSE_ENUM)
#undef ALERT_CAUSE_ENUM
        CAUSE_N
};

const char *alert_cause_name(enum alert_cause c);

enum { ALERT_SHARES = 6 };

/* Whose time it was, up to the breach. agent empty: nobody's; "(other)": further agents. */
struct alert_share {
    struct str agent; /* lent */
    ms_t ms;          /* business time */
};

/* What an alert of a clock says besides. Texts are lent until the next step; empty = none. */
struct alert_sla {
    struct str policy, calendar, ticket, priority, channel, category;
    char ticket_text[NAME_BYTES_MAX]; /* where ticket lies: the ticket may be forgotten */
    uint8_t metric;                   /* enum sla_metric */
    uint8_t cause;                    /* enum alert_cause */
    uint8_t level;        /* warning: which (1..); breached: 0, or which repeat (overdue_at, 1..) */
    bool late;            /* told more than a second after its instant */
    bool held;            /* told late because its source was behind */
    uint32_t instance;    /* 1, 2, … of this metric of the ticket */
    ms_t target, elapsed; /* business time; elapsed at the instant of the transition */
    ms_t due_at, breach_at; /* of the target in force; MS_NEVER: its calendar ends before */
    uint32_t shares;
    struct alert_share share[ALERT_SHARES]; /* of breached; most first */
};

/* One transition of an alert. */
struct alert {
    uint64_t alert_id;    /* hash(rule, scope, name, event time of firing);
                          sla: hash(ticket, metric, start of the instance) */
    uint32_t rev;         /* 1 for the first, +1 per transition */
    uint8_t kind;         /* enum alert_kind */
    uint8_t state;        /* enum alert_state */
    uint8_t rule;         /* all but sla: index into settings.rule */
    ms_t at;              /* the engine's clock */
    ms_t since;           /* event time of firing; sla: instant of the first warning or breach */
    ms_t ended_at;        /* MS_NONE while active */
    int64_t value;        /* ms or millionths, as the rule compares it; score: of points */
    bool has_value;       /* false: nothing to measure (n = 0) */
    uint64_t n;           /* samples behind the value */
    int64_t now, before;  /* trend: what was compared, in the unit of the field … */
    uint64_t n_before;    /* … and the samples behind the latter */
    struct str name;      /* kpi: of the rule's scope; "-" for all; lent */
    struct str team;      /* "-" unless the scope is team, or sla and the owner has one; lent */
    struct str agent;     /* likewise */
    struct alert_sla sla; /* kind sla only */
};

enum effect_kind {
    EFFECT_ALERT,
    EFFECT_LIMIT, /* a limit was met for the first time, or again after a minute */
};
enum limit_met {
    LIMIT_MET_TICKETS,
    LIMIT_MET_HISTORY,
    LIMIT_MET_CALLS,
    LIMIT_MET_NAMES,
    LIMIT_MET_CHUNKS,
    LIMIT_MET_ALERTS,
    LIMIT_MET_SOURCES,
    LIMIT_MET_N
};

const char *limit_met_name(enum limit_met l);

struct effect {
    uint8_t kind;  /* enum effect_kind */
    uint8_t limit; /* EFFECT_LIMIT: enum limit_met */
    struct alert alert;
};

/* The caller's box for effects; engine_step never writes more than cap. */
struct outbox {
    struct effect *effects;
    uint32_t n;
    uint32_t cap;
};

/* One indicator in one window. Only those with something in them are filled in. */
struct kpi_value {
    uint16_t indicator;           /* enum indicator */
    uint64_t n;                   /* duration, mean: samples */
    int64_t sum;                  /* duration: ms; mean: millionths */
    int64_t num, den;             /* count: num; ratio, number: both; of a cohort … */
    int64_t pending, pending_num; /* … those of den and num whose horizon is not over */
    struct window_order order;    /* duration */
    ms_t target;                  /* duration: 0 = no target, then met and missed are 0 */
    uint64_t met, missed;         /* against the target, or what policies said */
    uint64_t strict_missed;       /* closed without a reply: misses of attainment_strict besides */
};
enum { KPI_VALUES_MAX = IND_GAUGE_FIRST };

struct kpi_window {
    uint8_t window;    /* index into settings.window */
    ms_t from;         /* first ms that belongs to it */
    ms_t covered_from; /* later than from while we have watched for less than its length */
    ms_t slot_ms;      /* 0 = exact; else samples were merged into slots this long */
    uint32_t values;
    struct kpi_value value[KPI_VALUES_MAX];
};

struct snapshot {
    uint8_t scope;    /* enum scope */
    struct str name;  /* "-" for all; lent until the next step */
    struct str title; /* agent_info's name, empty when none; lent */
    ms_t at;
    uint32_t windows;
    struct kpi_window window[WINDOWS_MAX];
    int64_t gauge[GAUGES];       /* [i - IND_GAUGE_FIRST]; ages in ms, 0 when there is none */
    struct str gauge_of[GAUGES]; /* the oldest ones: which ticket or call; empty when none */
    char gauge_text[GAUGES][NAME_BYTES_MAX];
    bool present;       /* an agent of whom an agent_state was heard: … */
    uint8_t presence;   /* … enum event_presence (event.h) … */
    ms_t present_since; /* … and since when */
};

#endif
