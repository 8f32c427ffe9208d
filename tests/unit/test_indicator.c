/* indicator: the catalogue is whole, and says what SEMANTICS.md says. */
#include "core/indicator.h"

#include "core/settings.h"

#include <criterion/criterion.h>

/* The names are the contract with everybody who reads the numbers. */
static const char *const durations[] = {
    "first_response",
    "next_response",
    "assignee_response",
    "first_response_from_handoff",
    "first_resolution",
    "resolution",
    "requester_wait",
    "agent_work",
    "wait",
    "talk",
};
static const char *const business[] = {
    "first_response.business",    "next_response.business",
    "assignee_response.business", "first_response_from_handoff.business",
    "first_resolution.business",  "resolution.business",
    "requester_wait.business",    "agent_work.business",
};
/* Nothing judges them. */
static const char *const unjudged[] = {"aht", "arrival", "on_site", "refund_time"};
static const char *const counts[] = {
    "opened",           "received",          "replies",
    "handled",          "customers",         "resolved",
    "resolved_tickets", "closed_unresolved", "reopened",
    "escalated",        "transferred",       "closed_without_reply",
    "complaints",       "disputes",          "calls_offered",
    "calls_answered",   "calls_abandoned",   "calls_short_abandoned",
    "calls_rung",
};
static const char *const ratios[] = {
    "resolution_rate",
    "resolved_within",
    "first_contact_resolution",
    "reopen_rate",
    "csat_rate",
    "conformance_rate",
    "confirmed_rate",
    "classification_accuracy",
    "complaint_rate",
    "repeat_complaint_rate",
    "inspection_cover",
    "survey_cover",
    "follow_up_rate",
    "follow_up_rate_2",
    "follow_up_rate_3",
    "return_rate",
    "rework_rate",
    "repeat_rate",
    "keep_rate",
    "answer_rate",
    "abandon_rate",
    "sla_rate",
    "service_level",
    "arrival_rate",
    "recommend_rate",
};
static const char *const numbers[] = {"clearance", "nps"};
static const char *const gauges[] = {
    "open",           "unassigned",     "waiting",          "paused",
    "oldest_open",    "oldest_waiting", "calls_waiting",    "longest_call_waiting",
    "at_risk",        "breached_open",  "agents_available", "agents_busy",
    "agents_wrap_up", "agents_break",
};
static const char *const shares[] = {"occupancy", "attendance"};

static void are(const char *const *names, size_t n, enum indicator_kind kind)
{
    for (size_t i = 0; i < n; i++) {
        int at = indicator_find(str_of(names[i]));
        cr_assert_geq(at, 0, "%s", names[i]);
        cr_assert_str_eq(indicator_name((enum indicator)at), names[i]);
        cr_assert_eq(indicator_kind((enum indicator)at), kind, "%s", names[i]);
    }
}

Test(indicator, names_and_kinds)
{
    are(durations, ARRAY_LEN(durations), IND_DURATION);
    are(business, ARRAY_LEN(business), IND_DURATION);
    are(unjudged, ARRAY_LEN(unjudged), IND_DURATION);
    are(counts, ARRAY_LEN(counts), IND_COUNT);
    are(ratios, ARRAY_LEN(ratios), IND_RATIO);
    are(numbers, ARRAY_LEN(numbers), IND_NUMBER);
    are(gauges, ARRAY_LEN(gauges), IND_GAUGE);
    are(shares, ARRAY_LEN(shares), IND_SHARE);
    cr_assert_eq(indicator_kind(IND_CSAT), IND_MEAN);
    cr_assert_eq(ARRAY_LEN(durations) + ARRAY_LEN(business) + ARRAY_LEN(unjudged) +
                     ARRAY_LEN(counts) + ARRAY_LEN(ratios) + ARRAY_LEN(numbers) +
                     ARRAY_LEN(gauges) + ARRAY_LEN(shares) + 1 + CUSTOMS_MAX,
                 IND_N);
    cr_assert(ARRAY_LEN(durations) == TARGET_N && ARRAY_LEN(gauges) == GAUGES);
    cr_assert_eq(indicator_find(str_of("opene")), -1);
    cr_assert_eq(indicator_find(str_of("")), -1);
    for (int i = 0; i < CUSTOMS_MAX; i++)
        cr_assert_eq(indicator_find(str_of(indicator_name((enum indicator)(IND_CUSTOM_FIRST + i)))),
                     -1);
}

/* Targets stand in the order of the catalogue, which the daemon's configuration relies on. */
Test(indicator, durations_have_a_column_a_target_and_a_flag_of_their_own)
{
    uint32_t flags[FAM_N] = {0}, columns[FAM_N] = {0};
    for (uint32_t i = 0; i < TARGET_N; i++) {
        const struct indicator_row *row = &indicator_rows[i];
        const struct window_family *f = &indicator_families[row->family];
        cr_assert_eq(indicator_kind((enum indicator)i), IND_DURATION);
        cr_assert_eq(row->target, i);
        cr_assert(row->column < f->columns && row->met < f->flags);
        cr_assert_eq(columns[row->family] >> row->column & 1, 0);
        cr_assert_eq(flags[row->family] >> row->met & 1, 0);
        cr_assert_eq(f->loose >> row->met & 1, 0, "met goes with its value");
        columns[row->family] |= 1u << row->column;
        flags[row->family] |= 1u << row->met;
    }
}

static uint32_t terms(const struct indicator_term *t)
{
    uint32_t n = 0;
    while (n < INDICATOR_TERMS_MAX && t[n].sign != 0) {
        cr_assert_lt(t[n].family, FAM_N);
        const struct window_family *f = &indicator_families[t[n].family];
        cr_assert_lt(t[n].flag, t[n].of != TERM_FLAG ? f->columns : f->flags);
        n++;
    }
    return n;
}

/* Is nothing of the den in the num too, so that the num can take some of it away? */
static bool counts_alone(const struct indicator_row *row)
{
    return row->num[0].family != row->den[0].family || row->num[0].flag != row->den[0].flag;
}

Test(indicator, rows_have_what_their_kind_needs)
{
    for (enum indicator i = 0; i < IND_N; i++) {
        const struct indicator_row *row = &indicator_rows[i];
        enum indicator_kind kind = indicator_kind(i);
        bool fraction = kind == IND_RATIO || kind == IND_NUMBER || kind == IND_SHARE;
        cr_assert_eq(terms(row->num) > 0, kind == IND_COUNT || fraction, "%s", indicator_name(i));
        cr_assert_eq(terms(row->den) > 0, fraction, "%s", indicator_name(i));
        for (uint32_t t = 0; kind == IND_RATIO && t < terms(row->num); t++)
            cr_assert(row->num[t].sign == 1 || !counts_alone(row), "a part of the whole");
        if (row->rather != NULL)
            cr_assert(terms(row->rather->num) > 0 && terms(row->rather->den) > 0);
    }
}

/* A cohort's num stands where its den does: what is pending of one is pending of the other. */
Test(indicator, cohorts_have_horizons)
{
    static const char *const cohorts[] = {
        "resolved_within",       "first_contact_resolution",
        "reopen_rate",           "complaint_rate",
        "repeat_complaint_rate", "follow_up_rate",
        "follow_up_rate_2",      "follow_up_rate_3",
        "return_rate",           "rework_rate",
        "repeat_rate",           "keep_rate",
    };
    uint32_t n = 0;
    for (enum indicator i = 0; i < IND_N; i++)
        n += indicator_rows[i].horizon != HORIZON_NONE;
    cr_assert_eq(n, ARRAY_LEN(cohorts));
    for (size_t i = 0; i < ARRAY_LEN(cohorts); i++) {
        int at = indicator_find(str_of(cohorts[i]));
        cr_assert_geq(at, 0);
        cr_assert_neq(indicator_rows[at].horizon, HORIZON_NONE, "%s", cohorts[i]);
        cr_assert_eq(indicator_kind((enum indicator)at), IND_RATIO);
    }
}

Test(indicator, families_fit_into_windows)
{
    for (uint32_t f = 0; f < FAM_N; f++) {
        const struct window_family *family = &indicator_families[f];
        cr_assert(family->columns <= WINDOW_COLUMNS_MAX && family->flags <= WINDOW_FLAGS_MAX);
        cr_assert_eq(family->loose >> family->flags, 0);
        cr_assert(family->twins == 0 || family->twins == BUSINESS);
    }
    cr_assert_eq(MARKS_FLAGS - MARKS_MISSED, TARGET_N);
}

/* What of a rule's fields each kind has; `-` ends it. */
static const struct {
    enum indicator_kind kind;
    const char *fields[13];
} has[] = {
    {IND_DURATION,
     {"n", "mean", "min", "max", "p50", "p75", "p90", "p95", "p99", "met", "missed", "attainment"}},
    {IND_COUNT, {"num"}},
    {IND_RATIO, {"num", "den", "value"}},
    {IND_NUMBER, {"num", "den", "value"}},
    {IND_MEAN, {"n", "mean"}},
    {IND_SHARE, {"num", "den", "value"}},
    {IND_CUSTOM, {"n", "num", "den", "mean", "value"}},
    {IND_GAUGE, {"value"}},
};

Test(indicator, fields_of_each_kind)
{
    for (enum indicator i = 0; i < IND_N; i++) {
        enum indicator_kind kind = indicator_kind(i);
        cr_assert_eq(has[kind].kind, kind);
        for (enum indicator_field f = 0; f < IF_END; f++) {
            const char *name = indicator_field_name(f);
            bool want = false;
            for (int k = 0; has[kind].fields[k] != NULL; k++)
                want |= strcmp(has[kind].fields[k], name) == 0;
            if (indicator_rows[i].horizon != HORIZON_NONE)
                want |= strcmp(name, "pending") == 0 || strcmp(name, "value_mature") == 0;
            cr_assert_eq(indicator_has_field(i, f), want, "%s %s", indicator_name(i), name);
            cr_assert_eq(indicator_field_find(str_of(name)), (int)f);
        }
    }
    cr_assert_eq(indicator_field_find(str_of("p98")), -1);
}

Test(indicator, milliseconds_are_durations_and_ages)
{
    static const char *const ms[] = {"mean", "min", "max", "p50", "p75", "p90", "p95", "p99"};
    for (enum indicator_field f = 0; f < IF_END; f++) {
        bool want = false;
        for (size_t i = 0; i < ARRAY_LEN(ms); i++)
            want |= strcmp(ms[i], indicator_field_name(f)) == 0;
        cr_assert_eq(indicator_field_is_ms(IND_TALK, f), want, "%s", indicator_field_name(f));
        cr_assert_not(indicator_field_is_ms(IND_CSAT, f));
        cr_assert_eq(indicator_field_is_part(IND_TALK, f) && indicator_has_field(IND_TALK, f),
                     f == IF_ATTAINMENT);
        cr_assert_eq(indicator_field_is_part(IND_FCR, f) && indicator_has_field(IND_FCR, f),
                     f == IF_VALUE || f == IF_VALUE_MATURE);
        cr_assert_eq(indicator_field_is_part(IND_ATTENDANCE, f) &&
                         indicator_has_field(IND_ATTENDANCE, f),
                     f == IF_VALUE);
        cr_assert_not(indicator_field_is_part(IND_NPS, f) && indicator_has_field(IND_NPS, f));
        cr_assert_not(indicator_field_is_ms(IND_OPENED, f));
        cr_assert_not(indicator_field_is_ms(IND_OPEN, f));
        cr_assert_eq(indicator_field_is_ms(IND_OLDEST_OPEN, f), f == IF_VALUE);
        cr_assert_eq(indicator_field_is_ms(IND_LONGEST_CALL, f), f == IF_VALUE);
    }
}

static void spans(const char *name, enum indicator_field f, int64_t least, int64_t most)
{
    struct span span = indicator_span((enum indicator)indicator_find(str_of(name)), f);
    cr_assert_eq(span.least, least, "%s", name);
    cr_assert_eq(span.most, most, "%s", name);
}

Test(indicator, values_lie_in_spans)
{
    spans("answer_rate", IF_VALUE, 0, 1000000);
    spans("answer_rate", IF_DEN, 0, INT64_MAX);
    spans("attendance", IF_VALUE, 0, 1000000);
    spans("reopen_rate", IF_VALUE_MATURE, 0, 1000000);
    spans("talk", IF_ATTAINMENT, 0, 1000000);
    spans("talk", IF_P90, 0, INT64_MAX);
    spans("csat", IF_MEAN, 1000000, 5000000);
    spans("csat", IF_N, 0, INT64_MAX);
    spans("nps", IF_VALUE, -1000000, 1000000);
    spans("nps", IF_NUM, INT64_MIN, INT64_MAX);
    spans("clearance", IF_VALUE, 0, INT64_MAX);
    spans("opened", IF_NUM, 0, INT64_MAX);
    spans("waiting", IF_VALUE, 0, INT64_MAX);
}

Test(indicator, scopes_and_directions)
{
    cr_assert_eq(indicator_scopes(IND_OPENED), (1 << SCOPE_N) - 1);
    cr_assert_eq(indicator_scopes(IND_SERVICE_LEVEL), ((1 << SCOPE_N) - 1) & ~(1 << SCOPE_AGENT));
    cr_assert_eq(indicator_scopes(IND_CALLS_RUNG), 1 << SCOPE_AGENT);
    cr_assert_eq(indicator_scopes(IND_OCCUPANCY),
                 1 << SCOPE_ALL | 1 << SCOPE_AGENT | 1 << SCOPE_TEAM);
    uint32_t judged = 0;
    for (uint32_t i = 0; i < IND_GAUGE_FIRST; i++)
        judged += indicator_direction((enum indicator)i) != DIRECTION_NEITHER;
    cr_assert_gt(judged, IND_GAUGE_FIRST / 2);
    cr_assert_eq(indicator_direction(IND_FIRST_RESPONSE), DIRECTION_LESS);
    cr_assert_eq(indicator_direction(IND_CSAT), DIRECTION_MORE);
    cr_assert_eq(indicator_direction(IND_OPENED), DIRECTION_NEITHER);
}
