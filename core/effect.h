/* effect.h: everything that leaves the engine: alerts, refusals, and the snapshot of a name.
 * tidy: long because tables of words stand among what leaves.
 *
 * engine_step writes effects to an outbox that the caller owns; texts in them are lent until the
 * next step. Snapshots are read by the caller (engine_snapshot), in slices of its own. */
#ifndef TP_CORE_EFFECT_H
#define TP_CORE_EFFECT_H

#include "core/alert.h"

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
