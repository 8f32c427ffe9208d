/* settings.h: what the engine is told about the site: windows, scopes, targets, rules, zone.
 *
 * Plain data without pointers (the zone and rules are arrays inside), made by the daemon from the
 * configuration file, copied by engine_init and engine_apply. Texts are zero-terminated. */
#ifndef TP_CORE_SETTINGS_H
#define TP_CORE_SETTINGS_H

#include "core/custom.h"

/* "all", "agent", … */
const char *scope_name(enum scope s);
int scope_find(struct str name); /* -1 when there is none */

enum window_kind { WINDOW_SLIDING, WINDOW_TODAY, WINDOW_WEEK, WINDOW_MONTH };

struct window_setting {
    char name[16]; /* as configured and published: "1h", "30d", "today" */
    uint8_t kind;  /* enum window_kind */
    sec_t length;  /* sliding: seconds; calendar kinds: the longest they can be */
};

/* From `at` on, local time is UTC + offset. Sorted; at[0] may be MS_MIN_TS or before. */
struct zone {
    uint32_t n;
    struct {
        sec_t at;
        int32_t offset; /* seconds east of UTC */
    } shift[ZONE_SHIFTS_MAX];
};

enum { ASPECT_BYTES = 5 }; /* "csat." */

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum on_empty { ON_EMPTY_HOLD, ON_EMPTY_CLEAR, ON_EMPTY_FIRE };

enum rule_kind {
    RULE_KPI,   /* an indicator in a window */
    RULE_TREND, /* … against the window before it */
    RULE_SCORE, /* the score of a scorecard */
    RULE_MIX,   /* the share of every part of a mix */
};

struct rule_setting {
    char id[NAME_BYTES_MAX + 1];
    uint8_t kind; /* enum rule_kind */
    char card[NAME_BYTES_MAX +
              1]; /* score: id of the cards; then indicator and field mean nothing */
    uint8_t mix;  /* mix: which, enum part_kind (mix.h); likewise … */
    char part[NAME_BYTES_MAX + 1]; /* … only this part; "" = every part */
    bool beyond;   /* mix: fires above `fire`, clears at `clear`, not at and below */
    bool absolute; /* trend: by how much, in the unit of the field; else by what part, millionths */
    uint16_t indicator;            /* enum indicator */
    uint8_t field;                 /* enum indicator_field; gauges: IF_VALUE */
    uint8_t aspect;                /* of csat: 1 + which of settings.aspect; 0 = of all */
    uint8_t scope;                 /* enum scope */
    uint8_t window;                /* index into windows; unused for gauges */
    bool below;                    /* fires when value <= fire (else when value >= fire) */
    uint8_t severity;              /* enum severity */
    uint8_t on_empty;              /* enum on_empty */
    int64_t fire;                  /* ms for durations, millionths for everything else */
    int64_t clear;                 /* clears when value < clear (above) or > clear (below) */
    ms_t hold;                     /* `for`: how long the condition must hold, on both edges */
    uint32_t min_n;                /* samples below this count as empty */
    char name[NAME_BYTES_MAX + 1]; /* only this name; "" = every name of the scope */
    char when[NAME_BYTES_MAX + 1]; /* id of a calendar: only samples of its open hours; "" = all.
                                      Gauges: empty while it is closed */
    uint32_t labels;
    struct {
        char key[32];
        char value[NAME_BYTES_MAX + 1];
    } label[RULE_LABELS_MAX];
};

struct sla_setting; /* policy.h */
struct scorecards;  /* scorecard.h */

struct settings {
    uint64_t seed;   /* of the hash tables; any number, the same for the engine's life */
    uint32_t scopes; /* bit enum scope: which are kept; SCOPE_ALL always is */
    uint32_t windows;
    struct window_setting window[WINDOWS_MAX];
    uint32_t
        compared; /* bit per window: kept for twice its length, to compare with what was before;
                        each counts as another window */
    uint8_t week_start; /* 0 = Monday … 6 = Sunday */
    struct zone zone;
    ms_t target[TARGET_N];          /* site-wide target, 0 = none */
    ms_t lateness;                  /* 120 s */
    ms_t skew;                      /* 5 s: how far ts may be ahead of rts */
    ms_t fcr_horizon;               /* 72 h */
    ms_t reopen_horizon;            /* 7 d */
    ms_t resolved_within;           /* 24 h */
    ms_t repeat_horizon;            /* 7 d */
    ms_t complaint_horizon;         /* 30 d */
    ms_t return_horizon;            /* 30 d: returns, rework, and what ends a keep */
    ms_t follow_up[FOLLOW_UPS_MAX]; /* rounds of calling back: 7 d, 30 d, 90 d; 0 = none */
    ms_t short_abandon;             /* 5 s */
    ms_t service_level_within;      /* 20 s */
    ms_t presence_timeout;          /* 12 h: how long a state of an agent holds unconfirmed */
    ms_t remember_closed;           /* 90 d */
    ms_t remember_ids;              /* 24 h */
    uint32_t flag_over;             /* 20 %: parts of a mix with a larger share are flagged */
    uint32_t exact_samples;         /* 100000 */
    uint32_t pack_from;             /* 16 ‰ of limits.chunks: when more are in use, samples … */
    ms_t pack_after; /* … older than 2 h are packed: no one sees it, but it takes time */
    ms_t hold_after; /* 60 s: an event that came so late shows that its source is behind … */
    ms_t hold_max;   /* 5 min: … and its ticket's deadlines wait for it so long */
    const struct sla_setting *sla;  /* policies; NULL = none. Lent for the call, copied */
    const struct scorecards *cards; /* of rules on scores, and of slices; NULL = none. Likewise */
    struct customs customs;         /* indicators of the site's own */
    uint32_t aspects;               /* that rules and scorecards name, … */
    char aspect[ASPECTS_MAX][ASPECT_BYTES + NAME_BYTES_MAX + 1]; /* … as "csat.politeness" */
    uint32_t rules;
    struct rule_setting rule[RULES_MAX];
};

/* "politeness" of settings.aspect[aspect - 1]; and 1 + where "csat.politeness" stands, at the end
 * where it is new; 0: there are too many, -1: it is none. */
struct str settings_aspect(const struct settings *s, uint32_t aspect);
int settings_aspect_find(struct settings *s, struct str text);

/* How long a horizon of the catalogue is; 0: there is none. */
ms_t settings_horizon(const struct settings *s, enum horizon h);

/* The shipped defaults: windows 5m 1h 24h 7d 30d today month, all scopes, UTC, no rules. */
void settings_default(struct settings *ret);

/* 0 or ERR_BAD_SETTINGS with one sentence in *ret_why (static storage). */
MUST_CHECK int settings_check(const struct settings *s, const char **ret_why);

/* Are the parts the same that size the engine (windows, horizons, scopes, zone, measures, …)?
 * Returns a sentence about the first that is not, or NULL. */
const char *settings_differ(const struct settings *a, const struct settings *b);

/* "5m", "24h", "today" -> a window setting. false when it is none. */
bool window_setting_parse(struct str text, struct window_setting *ret);

/* "90s", "5m", "1h30m", "250ms", "2d" -> ms (>= 0). false when it is no duration. */
bool duration_parse(struct str text, ms_t *ret);

#endif
