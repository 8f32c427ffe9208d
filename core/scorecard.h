/* scorecard.h: what a scorecard says: items with weights, baselines, targets; whom it is for.
 *
 * Plain data, made by the daemon from the configuration. Points and weights are in hundredths,
 * values in the unit of their field: ms, or millionths for everything else. score.h judges. */
#ifndef TP_CORE_SCORECARD_H
#define TP_CORE_SCORECARD_H

#include "core/figure.h"

enum {
    SCORECARDS_MAX = 32, /* of one configuration */
    SCORE_ITEMS_MAX = 24,
    SCORE_GROUPS_MAX = 8,
    SCORE_TIERS_MAX = 8,
    SCORE_NAMES_MAX = 64, /* names in a match */
    SCORE_SOURCES_MAX = 2 * SCORE_ITEMS_MAX,
    SCORE_BANDS = 4,          /* thresholds of the bands 5, 4, 3, 2 */
    SCORE_FULL = 10000,       /* 100.00 points */
    SCORE_POINTS_MAX = 20000, /* of one item, by `cap` */
    SCORE_WEIGHT_MAX = 100000,
};

enum score_method {
    SCORE_BANDED, /* points = band * 20 */
    SCORE_LINEAR, /* 60 at the baseline, 80 at the target, and so on */
    SCORE_TIERED, /* the first range that holds the value has its points; none: 0 */
    SCORE_DEDUCT, /* full, less so much for each counted event */
};

/* A range of values, both ends included. */
struct score_tier {
    bool has_from, has_to;
    int64_t from, to;
    int32_t points;
};

enum score_void { VOID_ITEM, VOID_GROUP, VOID_CARD };

/* What makes an item, its group or the whole card worthless. */
struct score_gate {
    bool on;
    struct figure_source of; /* counts (gauges) of nothing are 0, empty values hit no gate */
    bool below;              /* hit by value <= at, else by value >= at */
    int64_t at;
    uint8_t what; /* enum score_void */
};

/* Values are in the unit of the field: ms or millionths. */
struct score_item {
    char id[2 * NAME_BYTES_MAX + 1]; /* "first_response.mean" unless the file says another */
    char title[NAME_BYTES_MAX + 1];  /* for people; "" = none */
    struct figure_source of;
    uint8_t method; /* enum score_method */
    uint8_t group;
    uint32_t weight; /* hundredths; 0: shown, counts nothing */
    uint32_t min_n;  /* with fewer samples the item is left out; counts never are */
    bool has_marks;  /* baseline and target are known: */
    int64_t baseline, target;
    bool has_industry;
    int64_t industry;          /* for reference */
    bool lower;                /* bands: less is better */
    int64_t band[SCORE_BANDS]; /* from the best to the worst */
    int32_t cap;               /* linear: most points */
    uint32_t deduct;           /* hundredths of weight for each event */
    uint32_t tiers;
    struct score_tier tier[SCORE_TIERS_MAX];
    struct score_gate gate;
};

struct score_names {
    uint32_t n; /* 0 = every name */
    char at[SCORE_NAMES_MAX][NAME_BYTES_MAX + 1];
};

/* Cards of one id are variants: of those that match a name and are valid, the first is its card. */
struct scorecard {
    char id[NAME_BYTES_MAX + 1];
    char title[NAME_BYTES_MAX + 1];
    uint8_t scope;                 /* enum scope */
    uint8_t window;                /* index into settings.window */
    char when[NAME_BYTES_MAX + 1]; /* id of the calendar whose hours count; "" = all hours */
    ms_t valid_from;               /* MS_NONE = since ever */
    struct score_names names;      /* whose card it is: names of the scope … */
    struct score_names teams;      /* … scope agent: and their teams */
    uint32_t groups;               /* 0: items are not grouped */
    struct {
        char name[NAME_BYTES_MAX + 1];
        uint32_t weight;
    } group[SCORE_GROUPS_MAX];
    uint32_t items;
    struct score_item item[SCORE_ITEMS_MAX];
};

struct scorecards {
    uint32_t cards;
    struct scorecard card[SCORECARDS_MAX];
};

#endif
