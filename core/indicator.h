/* indicator.h: the catalogue of indicators as one table: what each is made of and feeds.
 * tidy: long because the table of indicators and what its rows are made of stand together.
 *
 * A new indicator is one row in indicator.c. Families say which log of samples a number comes
 * from, columns and flags which part of it. Order of rows is the order in every listing. */
#ifndef TP_CORE_INDICATOR_H
#define TP_CORE_INDICATOR_H

#include "core/window.h"

/* Families of samples and their flags and columns (bit / column numbers of window.h). */
enum family {
    FAM_OPENINGS,
    FAM_REPLIES,
    FAM_RESOLVES,
    FAM_MARKS,
    FAM_CALLS,
    FAM_RATINGS,
    FAM_VISITS,  /* visits at the customer's, and refunds */
    FAM_COHORTS, /* what followed a resolve, at its ts: apart from the busy log of resolves */
    FAM_STINTS,  /* beginnings and ends of time in a state (stint.h) */
    FAM_MEASURES, /* values of `measured` (custom.h), of as many names as a sample has columns, … */
    FAM_MEASURES_MORE, /* … and of the others */
    FAM_N
};

/* Columns of stints (stint.h): what begins and ends; for their windows `sum` is time, ms. */
enum {
    STINTS_ONLINE,   /* available, busy or in wrap-up */
    STINTS_OCCUPIED, /* busy or in wrap-up */
    STINTS_ROSTERED,
    STINTS_ATTENDED, /* signed in while rostered */
    STINTS_COLUMNS
};
enum {
    STINTS_END, /* + column: it ends */
    STINTS_FLAGS = STINTS_END + STINTS_COLUMNS
};

/* A column for each measure, its flag where the value is below zero. */
enum { MEASURES_COLUMNS = MEASURED_NAMES_MAX / 2 };
enum { MEASURES_NEGATIVE, MEASURES_FLAGS = MEASURES_NEGATIVE + MEASURES_COLUMNS };

enum { OPENINGS_OPENED, OPENINGS_WITHIN, OPENINGS_FLAGS };

/* Durations of replies and resolves stand there once more in business time, as twins: column
 * BUSINESS + c, and what is met counts again at MET_BUSINESS + c. */
enum { BUSINESS = 4 };

enum { REPLIES_FIRST, REPLIES_NEXT, REPLIES_ASSIGNEE, REPLIES_HANDOFF, REPLIES_COLUMNS = 8 };
enum {
    REPLIES_MET_FIRST, /* MET flags: base + column */
    REPLIES_MET_NEXT,
    REPLIES_MET_ASSIGNEE,
    REPLIES_MET_HANDOFF,
    REPLIES_REPLY,
    REPLIES_HANDLED,  /* loose: marks of `handled` also stand here */
    REPLIES_CUSTOMER, /* loose: of `customers` (customer.h) */
    REPLIES_FLAGS,
    REPLIES_MET_BUSINESS = REPLIES_FLAGS
};

enum { RESOLVES_FIRST, RESOLVES_TOTAL, RESOLVES_REQUESTER, RESOLVES_WORK, RESOLVES_COLUMNS = 8 };
enum {
    RESOLVES_MET_FIRST,
    RESOLVES_MET_TOTAL,
    RESOLVES_MET_REQUESTER,
    RESOLVES_MET_WORK,
    RESOLVES_RESOLVED,
    RESOLVES_TICKET, /* resolved_tickets: the ticket's latest resolve */
    RESOLVES_FIRST_CYCLE,
    RESOLVES_FCR,
    RESOLVES_REOPENED,   /* reopened inside reopen_horizon */
    RESOLVES_UNRESOLVED, /* closed_unresolved */
    RESOLVES_NO_REPLY,   /* closed_without_reply … */
    RESOLVES_UNANSWERED, /* … and not counted as a missed first response */
    RESOLVES_HANDLED,    /* loose */
    RESOLVES_CUSTOMER,   /* loose */
    RESOLVES_FLAGS,
    RESOLVES_MET_BUSINESS = RESOLVES_FLAGS
};

enum {
    MARKS_TRANSFERRED,
    MARKS_ESCALATED,
    MARKS_REOPENED,
    MARKS_RECEIVED,
    MARKS_COMPLAINT,
    MARKS_DISPUTE, /* … of that kind */
    MARKS_MISSED,  /* + enum target: a miss at its deadline */
    MARKS_FLAGS = MARKS_MISSED + 10
};

enum { CALLS_WAIT, CALLS_TALK, CALLS_HANDLE, CALLS_COLUMNS };
enum {
    CALLS_MET_WAIT,
    CALLS_MET_TALK,
    CALLS_OFFERED,
    CALLS_ANSWERED,
    CALLS_ABANDONED,
    CALLS_SHORT,
    CALLS_RUNG,
    CALLS_RUNG_ANSWERED,
    CALLS_DROPPED, /* ended, neither answered nor abandoned */
    CALLS_PROMPT,  /* answered within service_level_within */
    CALLS_TARDY,   /* still waiting, longer than that */
    CALLS_FLAGS
};

enum { RATINGS_CSAT, RATINGS_COLUMNS, LOW_RATING = 2 };
enum {
    RATINGS_RATED,
    RATINGS_SATISFIED,
    RATINGS_ANSWER, /* an NPS answer */
    RATINGS_PROMOTER,
    RATINGS_DETRACTOR,
    RATINGS_INSPECTED, /* item conformance */
    RATINGS_PASSED,
    RATINGS_CLASS_INSPECTED, /* item classification */
    RATINGS_CLASS_PASSED,
    RATINGS_LOW,        /* of 1 to 5, LOW_RATING or less */
    RATINGS_LOW_ASPECT, /* so was one aspect */
    RATINGS_FLAGS
};

enum { VISITS_ARRIVAL, VISITS_ON_SITE, VISITS_REFUND, VISITS_COLUMNS };
enum {
    VISITS_PROMISED, /* a visit at the earlier of its arrival and its first promise … */
    VISITS_ON_TIME,  /* … and that was the arrival */
    VISITS_FLAGS
};

enum { FOLLOW_UPS_MAX = 3 };
enum {
    COHORTS_UNCATEGORIZED, /* resolved without a category */
    COHORTS_RECLASSIFIED,  /* its first category was changed to another */
    COHORTS_COMPLAINED,    /* >= 1 complaint up to complaint_horizon after the resolve … */
    COHORTS_COMPLAINED_TWICE,
    COHORTS_CONFIRMED, /* by the customer, in the first cycle */
    COHORTS_INSPECTED,
    COHORTS_SURVEYED,
    COHORTS_FOLLOWED, /* + round: called back inside follow_up[round] */
    COHORTS_RETURNED = COHORTS_FOLLOWED + FOLLOW_UPS_MAX,
    COHORTS_REWORKED,
    COHORTS_LOST, /* reworked, reopened or repeated inside return_horizon */
    COHORTS_REPEATED,
    COHORTS_FLAGS
};

/* Duration indicators, in catalogue order; each may have a site-wide target. */
enum target {
    TARGET_FIRST_RESPONSE,
    TARGET_NEXT_RESPONSE,
    TARGET_ASSIGNEE_RESPONSE,
    TARGET_HANDOFF,
    TARGET_FIRST_RESOLUTION,
    TARGET_RESOLUTION,
    TARGET_REQUESTER_WAIT,
    TARGET_AGENT_WORK,
    TARGET_WAIT,
    TARGET_TALK,
    TARGET_N,
    TARGET_NONE = TARGET_N /* of durations that have none */
};

enum indicator_kind {
    IND_DURATION, /* n mean min max p50 p75 p90 p95 p99 target met missed attainment, ms */
    IND_COUNT,    /* num */
    IND_RATIO,    /* num, den, value = num / den, a fraction */
    IND_NUMBER,   /* num, den, value = num / den, may exceed 1 (clearance) or be negative (nps) */
    IND_MEAN,     /* n, value: mean of a column in millionths (csat) */
    IND_SHARE,    /* num and den in ms, value = num / den: a share of time */
    IND_CUSTOM,   /* of the site's own, see custom.h: num, den in millionths, n of a sum or mean */
    IND_GAUGE,    /* a number of now; the oldest_ ones are an age in ms with its ticket or call */
};

/* How long after a sample something may still come that counts there; enum horizon names it in
 * rows, settings_horizon tells it. */
enum horizon {
    HORIZON_NONE,
    HORIZON_FCR,
    HORIZON_REOPEN,
    HORIZON_WITHIN,
    HORIZON_REPEAT,
    HORIZON_COMPLAINT,
    HORIZON_RETURN,
    HORIZON_FOLLOW_UP, /* + round */
    HORIZON_N = HORIZON_FOLLOW_UP + FOLLOW_UPS_MAX
};

/* Where a count comes from: flags of a family, or sums of its columns or how many there are. */
enum term_of { TERM_FLAG, TERM_SUM, TERM_NUMBER };
struct indicator_term {
    int8_t sign; /* 0 ends the list */
    uint8_t family;
    uint8_t flag; /* or the column that is meant */
    uint8_t of;   /* enum term_of */
};

enum { INDICATOR_TERMS_MAX = 10 };

/* For whom numbers are told. */
enum scope {
    SCOPE_ALL,
    SCOPE_AGENT,
    SCOPE_TEAM,
    SCOPE_CHANNEL,
    SCOPE_PRIORITY,
    SCOPE_CATEGORY,
    SCOPE_N
};

/* For whom there are numbers of a row: UNOWNED: what is nobody's yet, so not of agents; RINGS: of
 * agents only; PEOPLE: of agents, their teams, all. */
enum indicator_scopes {
    SCOPES_EVERY = (1 << SCOPE_N) - 1,
    SCOPES_UNOWNED = SCOPES_EVERY & ~(1 << SCOPE_AGENT),
    SCOPES_RINGS = 1 << SCOPE_AGENT,
    SCOPES_PEOPLE = 1 << SCOPE_ALL | 1 << SCOPE_AGENT | 1 << SCOPE_TEAM,
};

/* Which way is good. */
enum direction { DIRECTION_NEITHER, DIRECTION_MORE, DIRECTION_LESS };

/* X(id, wire, kind, for whom, which way is good): the rows; indicator.c holds their definitions. */
#define INDICATORS(X)                                                                              \
    X(FIRST_RESPONSE, "first_response", IND_DURATION, EVERY, LESS)                                 \
    X(NEXT_RESPONSE, "next_response", IND_DURATION, EVERY, LESS)                                   \
    X(ASSIGNEE_RESPONSE, "assignee_response", IND_DURATION, EVERY, LESS)                           \
    X(HANDOFF_RESPONSE, "first_response_from_handoff", IND_DURATION, EVERY, LESS)                  \
    X(FIRST_RESOLUTION, "first_resolution", IND_DURATION, EVERY, LESS)                             \
    X(RESOLUTION, "resolution", IND_DURATION, EVERY, LESS)                                         \
    X(REQUESTER_WAIT, "requester_wait", IND_DURATION, EVERY, LESS)                                 \
    X(AGENT_WORK, "agent_work", IND_DURATION, EVERY, LESS)                                         \
    X(WAIT, "wait", IND_DURATION, EVERY, LESS)                                                     \
    X(TALK, "talk", IND_DURATION, EVERY, NEITHER)                                                  \
    X(FIRST_RESPONSE_B, "first_response.business", IND_DURATION, EVERY, LESS)                      \
    X(NEXT_RESPONSE_B, "next_response.business", IND_DURATION, EVERY, LESS)                        \
    X(ASSIGNEE_RESPONSE_B, "assignee_response.business", IND_DURATION, EVERY, LESS)                \
    X(HANDOFF_RESPONSE_B, "first_response_from_handoff.business", IND_DURATION, EVERY, LESS)       \
    X(FIRST_RESOLUTION_B, "first_resolution.business", IND_DURATION, EVERY, LESS)                  \
    X(RESOLUTION_B, "resolution.business", IND_DURATION, EVERY, LESS)                              \
    X(REQUESTER_WAIT_B, "requester_wait.business", IND_DURATION, EVERY, LESS)                      \
    X(AGENT_WORK_B, "agent_work.business", IND_DURATION, EVERY, LESS)                              \
    X(AHT, "aht", IND_DURATION, EVERY, NEITHER)                                                    \
    X(ARRIVAL, "arrival", IND_DURATION, EVERY, LESS)                                               \
    X(ON_SITE, "on_site", IND_DURATION, EVERY, NEITHER)                                            \
    X(REFUND_TIME, "refund_time", IND_DURATION, EVERY, LESS)                                       \
    X(OPENED, "opened", IND_COUNT, EVERY, NEITHER)                                                 \
    X(RECEIVED, "received", IND_COUNT, EVERY, NEITHER)                                             \
    X(REPLIES, "replies", IND_COUNT, EVERY, NEITHER)                                               \
    X(HANDLED, "handled", IND_COUNT, EVERY, NEITHER)                                               \
    X(CUSTOMERS, "customers", IND_COUNT, EVERY, NEITHER)                                           \
    X(RESOLVED, "resolved", IND_COUNT, EVERY, NEITHER)                                             \
    X(RESOLVED_TICKETS, "resolved_tickets", IND_COUNT, EVERY, NEITHER)                             \
    X(CLOSED_UNRESOLVED, "closed_unresolved", IND_COUNT, EVERY, LESS)                              \
    X(REOPENED, "reopened", IND_COUNT, EVERY, LESS)                                                \
    X(ESCALATED, "escalated", IND_COUNT, EVERY, LESS)                                              \
    X(TRANSFERRED, "transferred", IND_COUNT, EVERY, LESS)                                          \
    X(CLOSED_WITHOUT_REPLY, "closed_without_reply", IND_COUNT, EVERY, LESS)                        \
    X(DISPUTES, "disputes", IND_COUNT, EVERY, LESS)                                                \
    X(COMPLAINTS, "complaints", IND_COUNT, EVERY, LESS)                                            \
    X(CALLS_OFFERED, "calls_offered", IND_COUNT, UNOWNED, NEITHER)                                 \
    X(CALLS_ANSWERED, "calls_answered", IND_COUNT, UNOWNED, NEITHER)                               \
    X(CALLS_ABANDONED, "calls_abandoned", IND_COUNT, UNOWNED, LESS)                                \
    X(CALLS_SHORT, "calls_short_abandoned", IND_COUNT, UNOWNED, NEITHER)                           \
    X(CALLS_RUNG, "calls_rung", IND_COUNT, RINGS, NEITHER)                                         \
    X(RESOLUTION_RATE, "resolution_rate", IND_RATIO, EVERY, MORE)                                  \
    X(RESOLVED_WITHIN, "resolved_within", IND_RATIO, EVERY, MORE)                                  \
    X(SLA_RATE, "sla_rate", IND_RATIO, EVERY, MORE)                                                \
    X(CLEARANCE, "clearance", IND_NUMBER, EVERY, MORE)                                             \
    X(FCR, "first_contact_resolution", IND_RATIO, EVERY, MORE)                                     \
    X(REOPEN_RATE, "reopen_rate", IND_RATIO, EVERY, LESS)                                          \
    X(ARRIVAL_RATE, "arrival_rate", IND_RATIO, EVERY, MORE)                                        \
    X(REPEAT_RATE, "repeat_rate", IND_RATIO, EVERY, LESS)                                          \
    X(CONFIRMED_RATE, "confirmed_rate", IND_RATIO, EVERY, MORE)                                    \
    X(CLASSIFICATION, "classification_accuracy", IND_RATIO, EVERY, MORE)                           \
    X(COMPLAINT_RATE, "complaint_rate", IND_RATIO, EVERY, LESS)                                    \
    X(REPEAT_COMPLAINT_RATE, "repeat_complaint_rate", IND_RATIO, EVERY, LESS)                      \
    X(INSPECTION_COVER, "inspection_cover", IND_RATIO, EVERY, MORE)                                \
    X(SURVEY_COVER, "survey_cover", IND_RATIO, EVERY, MORE)                                        \
    X(FOLLOW_UP_RATE, "follow_up_rate", IND_RATIO, EVERY, MORE)                                    \
    X(FOLLOW_UP_RATE_2, "follow_up_rate_2", IND_RATIO, EVERY, MORE)                                \
    X(FOLLOW_UP_RATE_3, "follow_up_rate_3", IND_RATIO, EVERY, MORE)                                \
    X(RETURN_RATE, "return_rate", IND_RATIO, EVERY, LESS)                                          \
    X(REWORK_RATE, "rework_rate", IND_RATIO, EVERY, LESS)                                          \
    X(KEEP_RATE, "keep_rate", IND_RATIO, EVERY, MORE)                                              \
    X(CSAT, "csat", IND_MEAN, EVERY, MORE)                                                         \
    X(CSAT_RATE, "csat_rate", IND_RATIO, EVERY, MORE)                                              \
    X(NPS, "nps", IND_NUMBER, EVERY, MORE)                                                         \
    X(RECOMMEND_RATE, "recommend_rate", IND_RATIO, EVERY, MORE)                                    \
    X(CONFORMANCE_RATE, "conformance_rate", IND_RATIO, EVERY, MORE)                                \
    X(ANSWER_RATE, "answer_rate", IND_RATIO, EVERY, MORE)                                          \
    X(ABANDON_RATE, "abandon_rate", IND_RATIO, UNOWNED, LESS)                                      \
    X(SERVICE_LEVEL, "service_level", IND_RATIO, UNOWNED, MORE)                                    \
    X(OCCUPANCY, "occupancy", IND_SHARE, PEOPLE, NEITHER)                                          \
    X(ATTENDANCE, "attendance", IND_SHARE, PEOPLE, MORE)                                           \
    X(CUSTOM_0, "custom 0", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_1, "custom 1", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_2, "custom 2", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_3, "custom 3", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_4, "custom 4", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_5, "custom 5", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_6, "custom 6", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_7, "custom 7", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_8, "custom 8", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_9, "custom 9", IND_CUSTOM, EVERY, NEITHER)                                            \
    X(CUSTOM_10, "custom 10", IND_CUSTOM, EVERY, NEITHER)                                          \
    X(CUSTOM_11, "custom 11", IND_CUSTOM, EVERY, NEITHER)                                          \
    X(CUSTOM_12, "custom 12", IND_CUSTOM, EVERY, NEITHER)                                          \
    X(CUSTOM_13, "custom 13", IND_CUSTOM, EVERY, NEITHER)                                          \
    X(CUSTOM_14, "custom 14", IND_CUSTOM, EVERY, NEITHER)                                          \
    X(CUSTOM_15, "custom 15", IND_CUSTOM, EVERY, NEITHER)                                          \
    X(OPEN, "open", IND_GAUGE, EVERY, LESS)                                                        \
    X(UNASSIGNED, "unassigned", IND_GAUGE, UNOWNED, LESS)                                          \
    X(WAITING, "waiting", IND_GAUGE, EVERY, LESS)                                                  \
    X(PAUSED, "paused", IND_GAUGE, EVERY, NEITHER)                                                 \
    X(AT_RISK, "at_risk", IND_GAUGE, EVERY, LESS)                                                  \
    X(BREACHED_OPEN, "breached_open", IND_GAUGE, EVERY, LESS)                                      \
    X(OLDEST_OPEN, "oldest_open", IND_GAUGE, EVERY, LESS)                                          \
    X(OLDEST_WAITING, "oldest_waiting", IND_GAUGE, EVERY, LESS)                                    \
    X(CALLS_WAITING, "calls_waiting", IND_GAUGE, UNOWNED, LESS)                                    \
    X(LONGEST_CALL, "longest_call_waiting", IND_GAUGE, UNOWNED, LESS)                              \
    X(AGENTS_AVAILABLE, "agents_available", IND_GAUGE, PEOPLE, NEITHER)                            \
    X(AGENTS_BUSY, "agents_busy", IND_GAUGE, PEOPLE, NEITHER)                                      \
    X(AGENTS_WRAP_UP, "agents_wrap_up", IND_GAUGE, PEOPLE, NEITHER)                                \
    X(AGENTS_BREAK, "agents_break", IND_GAUGE, PEOPLE, NEITHER)

enum indicator {
#define INDICATOR_ENUM(name, wire, kind, scopes, good) IND_##name,
    INDICATORS(INDICATOR_ENUM)
#undef INDICATOR_ENUM
        IND_N
};

enum {
    IND_CUSTOM_FIRST = IND_CUSTOM_0,
    IND_GAUGE_FIRST = IND_OPEN,
    GAUGES = IND_N - IND_GAUGE_FIRST
};

struct indicator_row {
    uint8_t family; /* duration, mean: the family … */
    uint8_t column; /* … and its column */
    uint8_t met;    /* duration: flag of the samples inside the target */
    uint8_t target; /* duration: enum target; TARGET_NONE: never judged, met means nothing */
    struct indicator_term num[INDICATOR_TERMS_MAX];
    struct indicator_term den[INDICATOR_TERMS_MAX];
    uint8_t horizon;                    /* ratio of a cohort: enum horizon */
    const struct indicator_row *rather; /* its num and den count instead, where it has a den */
};

/* Fields of an indicator that a rule may watch. pending: of den, those whose horizon is not over;
 * value_mature: the value without them. */
#define INDICATOR_FIELDS(X)                                                                        \
    X(N, "n")                                                                                      \
    X(NUM, "num")                                                                                  \
    X(DEN, "den")                                                                                  \
    X(VALUE, "value")                                                                              \
    X(MEAN, "mean")                                                                                \
    X(MIN, "min")                                                                                  \
    X(MAX, "max")                                                                                  \
    X(P50, "p50")                                                                                  \
    X(P75, "p75")                                                                                  \
    X(P90, "p90")                                                                                  \
    X(P95, "p95")                                                                                  \
    X(P99, "p99")                                                                                  \
    X(MET, "met")                                                                                  \
    X(MISSED, "missed")                                                                            \
    X(ATTAINMENT, "attainment")                                                                    \
    X(PENDING, "pending")                                                                          \
    X(VALUE_MATURE, "value_mature")

enum indicator_field {
#define INDICATOR_FIELD_ENUM(name, wire) IF_##name,
    INDICATOR_FIELDS(INDICATOR_FIELD_ENUM)
#undef INDICATOR_FIELD_ENUM
        IF_END
};

/* Rows of counts, ratios and numbers have terms, of durations and means a column; gauges none. */
extern const struct indicator_row indicator_rows[IND_N];
extern const struct window_family indicator_families[FAM_N];

const char *indicator_name(enum indicator i);
enum indicator_kind indicator_kind(enum indicator i);

/* Is it a row for an indicator of the site's own? */
static inline bool indicator_is_custom(enum indicator i)
{
    return i >= IND_CUSTOM_0 && i < IND_OPEN;
}

/* The sum of terms over numbers that are indexed by family. */
int64_t indicator_terms(const struct indicator_term *terms, const struct window_numbers *by_family);

/* All flags that a sample of the family counts for: its own, and those that twins count again. */
uint32_t indicator_flags(enum family f, const struct window_sample *s);

/* Is it a duration in business time? */
bool indicator_is_business(enum indicator i);

/* Index by wire name, of built-in ones; -1 when there is none. */
int indicator_find(struct str name);
int indicator_field_find(struct str name);
const char *indicator_field_name(enum indicator_field f);

/* May a rule watch this field of that indicator? */
bool indicator_has_field(enum indicator i, enum indicator_field f);

/* Is the field counted in milliseconds (true), or a plain number / fraction in millionths? */
bool indicator_field_is_ms(enum indicator i, enum indicator_field f);

/* Is it a part of something, of cases or of time: what people write with "%"? */
bool indicator_field_is_part(enum indicator i, enum indicator_field f);

/* What a number can be at all, in the unit of its field: INT64_MIN and INT64_MAX are no bound. */
struct span {
    int64_t least, most;
};
struct span indicator_span(enum indicator i, enum indicator_field f);

/* Bits enum scope: for whom there is such a number. */
uint32_t indicator_scopes(enum indicator i);

/* Of its value, mean, durations or count; what is met or attained is good anyway. */
enum direction indicator_direction(enum indicator i);

#endif
