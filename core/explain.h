/* explain.h: what people ask about clocks: why is this ticket red, what comes next, what would
 * another configuration do.
 *
 * Results are filled by the engine's readers (engine.h); texts in them are lent until the next
 * step. Nothing here changes a number. */
#ifndef TP_CORE_EXPLAIN_H
#define TP_CORE_EXPLAIN_H

#include "core/effect.h"
#include "core/policy.h"

enum { EXPLAIN_ITEMS_MAX = 1024, EXPLAIN_CLOCKS_MAX = 64, WORKLIST_MAX = 200 };

/* States of a clock (SEMANTICS.md, "SLA policies"). X(NAME, wire) */
#define CLOCK_STATES(X)                                                                            \
    X(NONE, "none")                                                                                \
    X(RUNNING, "running")                                                                          \
    X(PAUSED, "paused")                                                                            \
    X(WARNED, "warned")     /* runs, a warning point is past */                                    \
    X(BREACHED, "breached") /* the target is used up, and it is not over */                        \
    X(MET, "met")                                                                                  \
    X(MET_LATE, "met_late")                                                                        \
    X(CANCELLED, "cancelled")                                                                      \
    X(CORRECTED, "corrected") /* of its alert: a late event took it back */

enum clock_state {
#define CLOCK_STATE_ENUM(name, wire) CLOCK_##name,
    CLOCK_STATES(CLOCK_STATE_ENUM)
#undef CLOCK_STATE_ENUM
        CLOCK_N
};

const char *clock_state_name(enum clock_state s);

/* One instance of a metric: its clock as it stands, or as it ended. */
struct explain_clock {
    uint8_t metric;    /* enum sla_metric */
    uint8_t state;     /* enum clock_state */
    uint8_t cause;     /* enum alert_cause: why it was cancelled, or the breach's */
    uint32_t instance; /* 1, 2, … */
    ms_t start, ended; /* ended: MS_NONE while it goes on */
    struct str policy, calendar;
    ms_t target, elapsed;   /* business ms; elapsed up to now or to the end */
    ms_t due_at, breach_at; /* when running; breach_at also of a breach; else MS_NEVER */
    uint64_t alert_id;      /* 0: never warned nor breached, or nothing was told of it */
};

enum explain_kind {
    EXPLAIN_INTERVAL,  /* counted: from, to, calendar, owner, metric, counted */
    EXPLAIN_PAUSE,     /* from, to: the clock of that metric stood still */
    EXPLAIN_RETARGET,  /* at from: policy, target as of then */
    EXPLAIN_WARNING,   /* at from: a warning point */
    EXPLAIN_BREACH,    /* at from */
    EXPLAIN_CORRECTED, /* at from: when its alert was taken back */
    EXPLAIN_KINDS
};

/* One line of the account, in order of `from`, then metric. */
struct explain_item {
    uint8_t kind;   /* enum explain_kind */
    uint8_t metric; /* enum sla_metric */
    uint8_t level;  /* warning: which; breach: 0, or which repeat */
    uint32_t instance;
    ms_t from, to;               /* to: MS_NONE while it goes on (counted up to now) */
    ms_t counted;                /* business ms of the interval; retarget: the target */
    struct str agent, team;      /* the owner; empty = nobody */
    struct str policy, calendar; /* in force */
};

struct explanation {
    struct str ticket;
    char text[2][NAME_BYTES_MAX]; /* where ticket and into lie */
    bool open, merged;
    struct str into;                                     /* merged into this one */
    struct str agent, team, priority, channel, category; /* now; empty = none */
    ms_t opened, ended, now;                             /* MS_NONE: unknown; not ended */
    bool folded; /* events older than what is kept are in the sums only */
    uint32_t clocks, items;
    uint32_t items_left_out;                        /* more than EXPLAIN_ITEMS_MAX */
    struct explain_clock clock[EXPLAIN_CLOCKS_MAX]; /* the latest ones; oldest first */
    struct explain_item item[EXPLAIN_ITEMS_MAX];
};

/* One open clock on the worklist. */
struct work {
    struct str ticket, agent, team, priority; /* filled when done */
    struct str policy;
    uint8_t metric; /* enum sla_metric */
    uint8_t state;  /* running, paused, warned, breached */
    ms_t remaining; /* business ms; negative when breached */
    ms_t due_at, breach_at;
    char ticket_text[NAME_BYTES_MAX];
    ms_t key;               /* the engine's own, … */
    uint32_t handle, place; /* … likewise */
};

/* A scan in slices: zero it, set the filters, call engine_worklist until it says done. */
struct worklist {
    uint32_t agent, team; /* indices of names; 0 = any */
    uint32_t at;          /* the engine's own: how far it is */
    uint32_t works;
    struct work work[WORKLIST_MAX];     /* when done: least remaining first; paused ones last */
    uint64_t running, paused, breached; /* clocks that match */
    uint64_t due_15m, due_30m, due_60m; /* breaches to come within, if nothing happens */
};

/* What other policies would do to the open tickets, in slices like the worklist. */
struct sla_change {
    uint32_t at;
    uint64_t tickets;   /* open ones looked at */
    uint64_t changed;   /* with another target, calendar or policy on a running clock */
    uint64_t gained;    /* clocks that would begin */
    uint64_t cancelled; /* clocks that would be cancelled: no policy */
    uint64_t breaches;  /* clocks that would breach at once */
    uint64_t forgiven;  /* breaches that would be taken back */
};

#endif
