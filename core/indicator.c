#include "core/indicator.h"

#define DURATION(fam, col, base, tgt)                                                              \
    .family = (fam), .column = (col), .met = (base) + (col), .target = (tgt)
#define TWIN(fam, col, base, tgt)                                                                  \
    .family = (fam), .column = BUSINESS + (col), .met = (base) + (col), .target = (tgt)
#define PLUS(fam, fl)                                                                              \
    {                                                                                              \
        .sign = 1, .family = (fam), .flag = (fl)                                                   \
    }
#define MINUS(fam, fl)                                                                             \
    {                                                                                              \
        .sign = -1, .family = (fam), .flag = (fl)                                                  \
    }

#define SLA_MET                                                                                    \
    PLUS(FAM_REPLIES, REPLIES_MET_FIRST), PLUS(FAM_REPLIES, REPLIES_MET_NEXT),                     \
        PLUS(FAM_REPLIES, REPLIES_MET_ASSIGNEE), PLUS(FAM_RESOLVES, RESOLVES_MET_TOTAL),           \
        PLUS(FAM_RESOLVES, RESOLVES_MET_REQUESTER)
#define SLA_MISSED                                                                                 \
    PLUS(FAM_MARKS, MARKS_MISSED + TARGET_FIRST_RESPONSE),                                         \
        PLUS(FAM_MARKS, MARKS_MISSED + TARGET_NEXT_RESPONSE),                                      \
        PLUS(FAM_MARKS, MARKS_MISSED + TARGET_ASSIGNEE_RESPONSE),                                  \
        PLUS(FAM_MARKS, MARKS_MISSED + TARGET_RESOLUTION),                                         \
        PLUS(FAM_MARKS, MARKS_MISSED + TARGET_REQUESTER_WAIT)

#define TIME(col)                                                                                  \
    {                                                                                              \
        .sign = 1, .family = FAM_STINTS, .flag = (col), .of = TERM_SUM                             \
    }

/* offered - short - still waiting */
#define CALLS_DECIDED                                                                              \
    PLUS(FAM_CALLS, CALLS_ANSWERED), PLUS(FAM_CALLS, CALLS_ABANDONED),                             \
        PLUS(FAM_CALLS, CALLS_DROPPED)

/* What an inspector says of the category is worth more than that nobody changed it. */
static const struct indicator_row classes_inspected = {
    .num = {PLUS(FAM_RATINGS, RATINGS_CLASS_PASSED)},
    .den = {PLUS(FAM_RATINGS, RATINGS_CLASS_INSPECTED)},
};

#define OF_TICKETS(flag, in)                                                                       \
    .num = {PLUS(FAM_COHORTS, flag)}, .den = {PLUS(FAM_RESOLVES, RESOLVES_TICKET)}, .horizon = (in)
#define OF_RESOLVES(flag, in)                                                                      \
    .num = {PLUS(FAM_COHORTS, flag)}, .den = {PLUS(FAM_RESOLVES, RESOLVES_RESOLVED)},              \
    .horizon = (in)

const struct indicator_row indicator_rows[IND_N] = {
    [IND_FIRST_RESPONSE] = {DURATION(FAM_REPLIES, REPLIES_FIRST, REPLIES_MET_FIRST,
                                     TARGET_FIRST_RESPONSE)},
    [IND_NEXT_RESPONSE] = {DURATION(FAM_REPLIES, REPLIES_NEXT, REPLIES_MET_FIRST,
                                    TARGET_NEXT_RESPONSE)},
    [IND_ASSIGNEE_RESPONSE] = {DURATION(FAM_REPLIES, REPLIES_ASSIGNEE, REPLIES_MET_FIRST,
                                        TARGET_ASSIGNEE_RESPONSE)},
    [IND_HANDOFF_RESPONSE] = {DURATION(FAM_REPLIES, REPLIES_HANDOFF, REPLIES_MET_FIRST,
                                       TARGET_HANDOFF)},
    [IND_FIRST_RESOLUTION] = {DURATION(FAM_RESOLVES, RESOLVES_FIRST, RESOLVES_MET_FIRST,
                                       TARGET_FIRST_RESOLUTION)},
    [IND_RESOLUTION] = {DURATION(FAM_RESOLVES, RESOLVES_TOTAL, RESOLVES_MET_FIRST,
                                 TARGET_RESOLUTION)},
    [IND_REQUESTER_WAIT] = {DURATION(FAM_RESOLVES, RESOLVES_REQUESTER, RESOLVES_MET_FIRST,
                                     TARGET_REQUESTER_WAIT)},
    [IND_AGENT_WORK] = {DURATION(FAM_RESOLVES, RESOLVES_WORK, RESOLVES_MET_FIRST,
                                 TARGET_AGENT_WORK)},
    [IND_WAIT] = {DURATION(FAM_CALLS, CALLS_WAIT, CALLS_MET_WAIT, TARGET_WAIT)},
    [IND_TALK] = {DURATION(FAM_CALLS, CALLS_TALK, CALLS_MET_WAIT, TARGET_TALK)},

    [IND_FIRST_RESPONSE_B] = {TWIN(FAM_REPLIES, REPLIES_FIRST, REPLIES_MET_BUSINESS,
                                   TARGET_FIRST_RESPONSE)},
    [IND_NEXT_RESPONSE_B] = {TWIN(FAM_REPLIES, REPLIES_NEXT, REPLIES_MET_BUSINESS,
                                  TARGET_NEXT_RESPONSE)},
    [IND_ASSIGNEE_RESPONSE_B] = {TWIN(FAM_REPLIES, REPLIES_ASSIGNEE, REPLIES_MET_BUSINESS,
                                      TARGET_ASSIGNEE_RESPONSE)},
    [IND_HANDOFF_RESPONSE_B] = {TWIN(FAM_REPLIES, REPLIES_HANDOFF, REPLIES_MET_BUSINESS,
                                     TARGET_HANDOFF)},
    [IND_FIRST_RESOLUTION_B] = {TWIN(FAM_RESOLVES, RESOLVES_FIRST, RESOLVES_MET_BUSINESS,
                                     TARGET_FIRST_RESOLUTION)},
    [IND_RESOLUTION_B] = {TWIN(FAM_RESOLVES, RESOLVES_TOTAL, RESOLVES_MET_BUSINESS,
                               TARGET_RESOLUTION)},
    [IND_REQUESTER_WAIT_B] = {TWIN(FAM_RESOLVES, RESOLVES_REQUESTER, RESOLVES_MET_BUSINESS,
                                   TARGET_REQUESTER_WAIT)},
    [IND_AGENT_WORK_B] = {TWIN(FAM_RESOLVES, RESOLVES_WORK, RESOLVES_MET_BUSINESS,
                               TARGET_AGENT_WORK)},

    [IND_AHT] = {.family = FAM_CALLS, .column = CALLS_HANDLE, .target = TARGET_NONE},
    [IND_ARRIVAL] = {.family = FAM_VISITS, .column = VISITS_ARRIVAL, .target = TARGET_NONE},
    [IND_ON_SITE] = {.family = FAM_VISITS, .column = VISITS_ON_SITE, .target = TARGET_NONE},
    [IND_REFUND_TIME] = {.family = FAM_VISITS, .column = VISITS_REFUND, .target = TARGET_NONE},

    [IND_OPENED] = {.num = {PLUS(FAM_OPENINGS, OPENINGS_OPENED)}},
    [IND_RECEIVED] = {.num = {PLUS(FAM_MARKS, MARKS_RECEIVED)}},
    [IND_REPLIES] = {.num = {PLUS(FAM_REPLIES, REPLIES_REPLY)}},
    [IND_HANDLED] = {.num = {PLUS(FAM_REPLIES, REPLIES_HANDLED),
                             PLUS(FAM_RESOLVES, RESOLVES_HANDLED)}},
    [IND_CUSTOMERS] = {.num = {PLUS(FAM_REPLIES, REPLIES_CUSTOMER),
                               PLUS(FAM_RESOLVES, RESOLVES_CUSTOMER)}},
    [IND_RESOLVED] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_RESOLVED)}},
    [IND_RESOLVED_TICKETS] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_TICKET)}},
    [IND_CLOSED_UNRESOLVED] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_UNRESOLVED)}},
    [IND_REOPENED] = {.num = {PLUS(FAM_MARKS, MARKS_REOPENED)}},
    [IND_ESCALATED] = {.num = {PLUS(FAM_MARKS, MARKS_ESCALATED)}},
    [IND_TRANSFERRED] = {.num = {PLUS(FAM_MARKS, MARKS_TRANSFERRED)}},
    [IND_CLOSED_WITHOUT_REPLY] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_NO_REPLY)}},
    [IND_COMPLAINTS] = {.num = {PLUS(FAM_MARKS, MARKS_COMPLAINT)}},
    [IND_DISPUTES] = {.num = {PLUS(FAM_MARKS, MARKS_DISPUTE)}},
    [IND_CALLS_OFFERED] = {.num = {PLUS(FAM_CALLS, CALLS_OFFERED)}},
    [IND_CALLS_ANSWERED] = {.num = {PLUS(FAM_CALLS, CALLS_ANSWERED)}},
    [IND_CALLS_ABANDONED] = {.num = {PLUS(FAM_CALLS, CALLS_ABANDONED)}},
    [IND_CALLS_SHORT] = {.num = {PLUS(FAM_CALLS, CALLS_SHORT)}},
    [IND_CALLS_RUNG] = {.num = {PLUS(FAM_CALLS, CALLS_RUNG)}},

    [IND_RESOLUTION_RATE] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_TICKET)},
                             .den = {PLUS(FAM_RESOLVES, RESOLVES_TICKET),
                                     PLUS(FAM_RESOLVES, RESOLVES_UNRESOLVED)}},
    [IND_RESOLVED_WITHIN] = {.num = {PLUS(FAM_OPENINGS, OPENINGS_WITHIN)},
                             .den = {PLUS(FAM_OPENINGS, OPENINGS_OPENED)},
                             .horizon = HORIZON_WITHIN},
    /* Of what was judged by the metrics of policies, against one or against a site-wide target. */
    [IND_SLA_RATE] = {.num = {SLA_MET}, .den = {SLA_MET, SLA_MISSED}},
    [IND_CLEARANCE] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_RESOLVED)},
                       .den = {PLUS(FAM_OPENINGS, OPENINGS_OPENED)}},
    [IND_FCR] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_FCR)},
                 .den = {PLUS(FAM_RESOLVES, RESOLVES_FIRST_CYCLE)},
                 .horizon = HORIZON_FCR},
    [IND_REOPEN_RATE] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_REOPENED)},
                         .den = {PLUS(FAM_RESOLVES, RESOLVES_RESOLVED)},
                         .horizon = HORIZON_REOPEN},
    [IND_ARRIVAL_RATE] = {.num = {PLUS(FAM_VISITS, VISITS_ON_TIME)},
                          .den = {PLUS(FAM_VISITS, VISITS_PROMISED)}},
    [IND_REPEAT_RATE] = {OF_TICKETS(COHORTS_REPEATED, HORIZON_REPEAT)},
    [IND_CONFIRMED_RATE] = {OF_TICKETS(COHORTS_CONFIRMED, HORIZON_NONE)},
    [IND_CLASSIFICATION] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_TICKET),
                                    MINUS(FAM_COHORTS, COHORTS_UNCATEGORIZED),
                                    MINUS(FAM_COHORTS, COHORTS_RECLASSIFIED)},
                            .den = {PLUS(FAM_RESOLVES, RESOLVES_TICKET),
                                    MINUS(FAM_COHORTS, COHORTS_UNCATEGORIZED)},
                            .rather = &classes_inspected},
    [IND_COMPLAINT_RATE] = {OF_TICKETS(COHORTS_COMPLAINED, HORIZON_COMPLAINT)},
    [IND_REPEAT_COMPLAINT_RATE] = {OF_TICKETS(COHORTS_COMPLAINED_TWICE, HORIZON_COMPLAINT)},
    [IND_INSPECTION_COVER] = {OF_TICKETS(COHORTS_INSPECTED, HORIZON_NONE)},
    [IND_SURVEY_COVER] = {OF_TICKETS(COHORTS_SURVEYED, HORIZON_NONE)},
    [IND_FOLLOW_UP_RATE] = {OF_TICKETS(COHORTS_FOLLOWED, HORIZON_FOLLOW_UP)},
    [IND_FOLLOW_UP_RATE_2] = {OF_TICKETS(COHORTS_FOLLOWED + 1, HORIZON_FOLLOW_UP + 1)},
    [IND_FOLLOW_UP_RATE_3] = {OF_TICKETS(COHORTS_FOLLOWED + 2, HORIZON_FOLLOW_UP + 2)},
    [IND_RETURN_RATE] = {OF_RESOLVES(COHORTS_RETURNED, HORIZON_RETURN)},
    [IND_REWORK_RATE] = {OF_RESOLVES(COHORTS_REWORKED, HORIZON_RETURN)},
    [IND_KEEP_RATE] = {.num = {PLUS(FAM_RESOLVES, RESOLVES_RESOLVED),
                               MINUS(FAM_COHORTS, COHORTS_LOST)},
                       .den = {PLUS(FAM_RESOLVES, RESOLVES_RESOLVED)},
                       .horizon = HORIZON_RETURN},
    [IND_CSAT] = {.family = FAM_RATINGS, .column = RATINGS_CSAT},
    [IND_CSAT_RATE] = {.num = {PLUS(FAM_RATINGS, RATINGS_SATISFIED)},
                       .den = {PLUS(FAM_RATINGS, RATINGS_RATED)}},
    [IND_NPS] = {.num = {PLUS(FAM_RATINGS, RATINGS_PROMOTER),
                         MINUS(FAM_RATINGS, RATINGS_DETRACTOR)},
                 .den = {PLUS(FAM_RATINGS, RATINGS_ANSWER)}},
    [IND_RECOMMEND_RATE] = {.num = {PLUS(FAM_RATINGS, RATINGS_PROMOTER)},
                            .den = {PLUS(FAM_RATINGS, RATINGS_ANSWER)}},
    [IND_CONFORMANCE_RATE] = {.num = {PLUS(FAM_RATINGS, RATINGS_PASSED)},
                              .den = {PLUS(FAM_RATINGS, RATINGS_INSPECTED)}},
    /* Offers come without an agent and rings without an outcome of the call, so one formula
     * serves both: an agent's answers are those of rung calls (SEMANTICS.md, telephone). */
    [IND_ANSWER_RATE] = {.num = {PLUS(FAM_CALLS, CALLS_ANSWERED),
                                 PLUS(FAM_CALLS, CALLS_RUNG_ANSWERED)},
                         .den = {CALLS_DECIDED, PLUS(FAM_CALLS, CALLS_RUNG)}},
    [IND_ABANDON_RATE] = {.num = {PLUS(FAM_CALLS, CALLS_ABANDONED)}, .den = {CALLS_DECIDED}},
    [IND_SERVICE_LEVEL] = {.num = {PLUS(FAM_CALLS, CALLS_PROMPT)},
                           .den = {CALLS_DECIDED, PLUS(FAM_CALLS, CALLS_TARDY)}},
    [IND_OCCUPANCY] = {.num = {TIME(STINTS_OCCUPIED)}, .den = {TIME(STINTS_ONLINE)}},
    [IND_ATTENDANCE] = {.num = {TIME(STINTS_ATTENDED)}, .den = {TIME(STINTS_ROSTERED)}},
};

/* Values of one sample never count twice in a family, so columns of a family share one log. */
const struct window_family indicator_families[FAM_N] = {
    [FAM_OPENINGS] = {"openings", 0, OPENINGS_FLAGS, 1u << OPENINGS_WITHIN, 0},
    [FAM_REPLIES] = {"replies", REPLIES_COLUMNS, REPLIES_FLAGS,
                     1u << REPLIES_HANDLED | 1u << REPLIES_CUSTOMER, BUSINESS},
    [FAM_RESOLVES] = {"resolves", RESOLVES_COLUMNS, RESOLVES_FLAGS,
                      1u << RESOLVES_FCR | 1u << RESOLVES_REOPENED | 1u << RESOLVES_HANDLED |
                          1u << RESOLVES_CUSTOMER,
                      BUSINESS},
    [FAM_MARKS] = {"marks", 0, MARKS_FLAGS, 0, 0},
    [FAM_CALLS] = {"calls", CALLS_COLUMNS, CALLS_FLAGS, 0, 0},
    [FAM_RATINGS] = {"ratings", RATINGS_COLUMNS, RATINGS_FLAGS, 0, 0},
    [FAM_VISITS] = {"visits", VISITS_COLUMNS, VISITS_FLAGS, 0, 0},
    [FAM_COHORTS] = {"cohorts", 0, COHORTS_FLAGS, 0, 0},
    [FAM_STINTS] = {"stints", STINTS_COLUMNS, STINTS_FLAGS, 0, 0},
    [FAM_MEASURES] = {"measures", MEASURES_COLUMNS, MEASURES_FLAGS, 0, 0},
    [FAM_MEASURES_MORE] = {"measures_more", MEASURES_COLUMNS, MEASURES_FLAGS, 0, 0},
};

static const char *const names[IND_N] = {
#define INDICATOR_NAME(id, wire, kind, scopes, good) wire,
    INDICATORS(INDICATOR_NAME)
#undef INDICATOR_NAME
};

static const uint8_t kinds[IND_N] = {
#define INDICATOR_KIND(id, wire, kind, scopes, good) kind,
    INDICATORS(INDICATOR_KIND)
#undef INDICATOR_KIND
};

static const uint8_t whom[IND_N] = {
#define INDICATOR_WHOM(id, wire, kind, scopes, good) SCOPES_##scopes,
    INDICATORS(INDICATOR_WHOM)
#undef INDICATOR_WHOM
};

static const uint8_t directions[IND_N] = {
#define INDICATOR_GOOD(id, wire, kind, scopes, good) DIRECTION_##good,
    INDICATORS(INDICATOR_GOOD)
#undef INDICATOR_GOOD
};

static const char *const fields[IF_END] = {
#define INDICATOR_FIELD_NAME(id, wire) wire,
    INDICATOR_FIELDS(INDICATOR_FIELD_NAME)
#undef INDICATOR_FIELD_NAME
};

const char *indicator_name(enum indicator i)
{
    CHECK(i < IND_N);
    return names[i];
}

enum indicator_kind indicator_kind(enum indicator i)
{
    CHECK(i < IND_N);
    return (enum indicator_kind)kinds[i];
}

int64_t indicator_terms(const struct indicator_term *terms, const struct window_numbers *by_family)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < INDICATOR_TERMS_MAX && terms[i].sign != 0; i++) {
        const struct window_numbers *n = &by_family[terms[i].family];
        uint32_t at = terms[i].flag;
        sum += terms[i].sign * (terms[i].of == TERM_SUM      ? n->sum[at]
                                : terms[i].of == TERM_NUMBER ? (int64_t)n->n[at]
                                                             : (int64_t)n->flag[at]);
    }
    return sum;
}

uint32_t indicator_flags(enum family f, const struct window_sample *s)
{
    const struct window_family *of = &indicator_families[f];
    if (s->present >> (of->columns - of->twins) == 0)
        return s->flags;
    return s->flags | (s->flags & ((1u << of->twins) - 1)) << of->flags;
}

bool indicator_is_business(enum indicator i)
{
    return i >= IND_FIRST_RESPONSE_B && i <= IND_AGENT_WORK_B;
}

static int find(const char *const *list, int n, struct str name)
{
    for (int i = 0; i < n; i++)
        if (str_equal(str_of(list[i]), name))
            return i;
    return -1;
}

int indicator_find(struct str name)
{
    int i = find(names, IND_N, name);
    return i >= 0 && indicator_is_custom((enum indicator)i) ? -1 : i;
}

int indicator_field_find(struct str name)
{
    return find(fields, IF_END, name);
}

const char *indicator_field_name(enum indicator_field f)
{
    CHECK(f < IF_END);
    return fields[f];
}

#define FIELD(name) (1u << IF_##name)

bool indicator_has_field(enum indicator i, enum indicator_field f)
{
    static const uint32_t has[] = {
        [IND_DURATION] = FIELD(N) | FIELD(MEAN) | FIELD(MIN) | FIELD(MAX) | FIELD(P50) |
                         FIELD(P75) | FIELD(P90) | FIELD(P95) | FIELD(P99) | FIELD(MET) |
                         FIELD(MISSED) | FIELD(ATTAINMENT),
        [IND_COUNT] = FIELD(NUM),
        [IND_RATIO] = FIELD(NUM) | FIELD(DEN) | FIELD(VALUE),
        [IND_NUMBER] = FIELD(NUM) | FIELD(DEN) | FIELD(VALUE),
        [IND_MEAN] = FIELD(N) | FIELD(MEAN),
        [IND_SHARE] = FIELD(NUM) | FIELD(DEN) | FIELD(VALUE),
        [IND_CUSTOM] = FIELD(N) | FIELD(NUM) | FIELD(DEN) | FIELD(MEAN) | FIELD(VALUE),
        [IND_GAUGE] = FIELD(VALUE),
    };
    if (f == IF_PENDING || f == IF_VALUE_MATURE)
        return indicator_rows[i].horizon != HORIZON_NONE;
    return has[indicator_kind(i)] >> f & 1;
}

bool indicator_field_is_ms(enum indicator i, enum indicator_field f)
{
    if (i == IND_OLDEST_OPEN || i == IND_OLDEST_WAITING || i == IND_LONGEST_CALL)
        return f == IF_VALUE;
    if (indicator_kind(i) == IND_SHARE)
        return f == IF_NUM || f == IF_DEN;
    return indicator_kind(i) == IND_DURATION && f >= IF_MEAN && f <= IF_P99;
}

bool indicator_field_is_part(enum indicator i, enum indicator_field f)
{
    enum indicator_kind kind = indicator_kind(i);
    return f == IF_ATTAINMENT || f == IF_VALUE_MATURE ||
           (f == IF_VALUE && (kind == IND_RATIO || kind == IND_SHARE));
}

uint32_t indicator_scopes(enum indicator i)
{
    CHECK(i < IND_N);
    return whom[i];
}

enum direction indicator_direction(enum indicator i)
{
    CHECK(i < IND_N);
    return (enum direction)directions[i];
}

struct span indicator_span(enum indicator i, enum indicator_field f)
{
    const int64_t one = 1000000; /* in millionths */
    if (indicator_is_custom(i))
        return (struct span){INT64_MIN, INT64_MAX};
    if (i == IND_NPS && (f == IF_VALUE || f == IF_NUM))
        return f == IF_NUM ? (struct span){INT64_MIN, INT64_MAX} : (struct span){-one, one};
    if (i == IND_CSAT && f == IF_MEAN)
        return (struct span){one, 5 * one};
    if (indicator_field_is_part(i, f))
        return (struct span){0, one};
    return (struct span){0, INT64_MAX};
}
