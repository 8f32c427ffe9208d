/* alert.h: what an alert says: of a rule, of a scorecard, of a ticket's clock; those of the daemon
 * itself (kind ops) are not the engine's. Plain data; texts in it are lent until the next step. */
#ifndef TP_CORE_ALERT_H
#define TP_CORE_ALERT_H

#include "core/pool.h"
#include "core/settings.h"

enum alert_kind { ALERT_KPI, ALERT_SLA, ALERT_SCORE, ALERT_MIX, ALERT_OPS };
enum { ALERT_KINDS = ALERT_OPS + 1 };

enum alert_state { ALERT_WARNING, ALERT_BREACHED, ALERT_CLEARED, ALERT_CORRECTED, ALERT_CANCELLED };

/* Why an alert came, or came to its end. X(NAME, wire) */
#define ALERT_CAUSES(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(MET, "met")                                   /* cleared: in time after the warning */       \
    X(MET_LATE, "met_late")                         /* cleared: after the breach */                \
    X(RETARGET, "retarget")                         /* another target was in force at once */      \
    X(NO_POLICY, "no_policy")                       /* cancelled: no policy matches any more */    \
    X(CLOSED_WITHOUT_REPLY, "closed_without_reply") /* cancelled: ended, nobody had replied */     \
    X(ENDED, "ended")                               /* cancelled: resolved or closed instead */    \
    X(REASSIGNED, "reassigned")     /* cancelled: somebody else has it, or nobody */               \
    X(MERGED, "merged")             /* cancelled */                                                \
    X(VOID, "void")                 /* cancelled: spam or duplicate */                             \
    X(LATE_EVENT, "late_event")     /* corrected: it was in time after all */                      \
    X(FORGIVEN, "forgiven")         /* corrected: a longer target, and forgive */                  \
    X(FORGOTTEN, "forgotten")       /* cancelled: the ticket had to make room */                   \
    X(RULE_GONE, "rule_gone")       /* cancelled: a reload brought no such rule any more … */    \
    X(RULE_CHANGED, "rule_changed") /* … or one that compares otherwise */

enum alert_cause {
#define ALERT_CAUSE_ENUM(name, wire) CAUSE_##name,
    ALERT_CAUSES(ALERT_CAUSE_ENUM)
#undef ALERT_CAUSE_ENUM
        CAUSE_N
};

const char *alert_cause_name(enum alert_cause c);

enum alert_untold { ALERT_TOLD, ALERT_MUTED, ALERT_DIGESTED };

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
    uint64_t alert_id;   /* hash(rule, scope, name, part of a mix, event time of firing);
                          sla: hash(ticket, metric, start of the instance) */
    uint32_t rev;        /* 1 for the first, +1 per transition */
    uint8_t kind;        /* enum alert_kind */
    uint8_t state;       /* enum alert_state */
    uint8_t rule;        /* kpi, score: index into settings.rule; ops: enum ops_kind */
    ms_t at;             /* the engine's clock */
    ms_t since;          /* event time of firing; sla: instant of the first warning or breach */
    ms_t ended_at;       /* MS_NONE while active */
    int64_t value;       /* ms or millionths, as the rule compares it; score: of points */
    bool has_value;      /* false: nothing to measure (n = 0) */
    uint64_t n;          /* samples behind the value */
    int64_t now, before; /* trend: what was compared, in the unit of the field … */
    uint64_t n_before;   /* … and the samples behind the latter */
    struct str name;     /* kpi: of the rule's scope; "-" for all; lent */
    struct str part;     /* mix: which part; `now` counts it, n its whole; lent */
    struct str team;     /* "-" unless the scope is team, or sla and the owner has one; lent */
    struct str agent;    /* likewise */
    uint64_t thread;     /* alert_id of a clock; of a rule: hash(rule, scope, name, part) */
    handle_t of;         /* whose: an entry's or a watch's */
    ms_t muted;          /* until then; 0 = not, MS_NEVER = until it ends */
    struct str acked_by, muted_by; /* empty = nobody; lent */
    uint8_t untold;                /* enum alert_untold: to be kept, not to be published */
    struct str detail;             /* ops: why; empty = none; lent */
    bool said;                     /* told for what somebody said about it, not for a transition */
    struct alert_sla sla;          /* kind sla only; but `cause` of rules, too */
};

#endif
