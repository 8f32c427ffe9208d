/* kpi.h: everything about one name at one moment, as a snapshot holds it. */
#ifndef TP_CORE_KPI_H
#define TP_CORE_KPI_H

#include "core/mix.h"
#include "core/settings.h"

/* One indicator in one window. Only those with something in them are filled in. */
struct kpi_value {
    uint16_t indicator; /* enum indicator */
    uint64_t n;         /* duration, mean: samples */
    int64_t sum;        /* duration: ms; mean: millionths */
    int64_t num, den;   /* count: num; ratio, number: both; custom: millionths; … */
    int64_t pending,
        pending_num;           /* … of a cohort, those of den and num whose horizon is not over */
    struct window_order order; /* duration */
    ms_t target;               /* duration: 0 = no target, then met and missed are 0 */
    uint64_t met, missed;      /* against the target, or what policies said */
    uint64_t strict_missed;    /* closed without a reply: misses of attainment_strict besides */
};

enum { KPI_VALUES_MAX = IND_GAUGE_FIRST };

/* One part of a mix, of so many of the whole. */
struct kpi_part {
    struct str name; /* lent */
    uint64_t num;
    bool flagged; /* a larger share than settings.flag_over */
};

struct kpi_mix {
    uint64_t den;    /* the whole, what has no category included */
    uint32_t parts;  /* how many there are … */
    uint32_t listed; /* … and are told: those with most, of equal ones by name */
    struct kpi_part part[MIX_TOP];
};

/* Ratings of one aspect. */
struct kpi_aspect {
    struct str name; /* lent */
    uint64_t n;
    int64_t sum; /* millionths */
};

struct kpi_window {
    uint8_t window;    /* index into settings.window */
    ms_t from;         /* first ms that belongs to it */
    ms_t covered_from; /* later than from while we have watched for less than its length */
    ms_t slot_ms;      /* 0 = exact; else samples were merged into slots this long */
    uint32_t values;
    struct kpi_value value[KPI_VALUES_MAX];
    struct kpi_mix mix[MIX_N]; /* of all and teams */
    uint32_t aspects;          /* by name */
    struct kpi_aspect aspect[ASPECTS_MAX + 1];
};

struct snapshot {
    uint8_t scope;          /* enum scope */
    struct str name;        /* "-" for all; lent until the next step */
    struct str title, team; /* agent_info's name and team, empty when none; lent */
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
