/* event: the tables against the contract's own, checks field by field, hashes. */
#include "core/event.h"

#include "core/err.h"

#include <criterion/criterion.h>

/* What the contract says is required; written down apart from event.h on purpose. */
static const struct {
    const char *kind;
    uint64_t required;
} contract[] = {
    {"opened", F1(TICKET)},
    {"assigned", F1(TICKET)},
    {"message", F1(TICKET) | F1(BY)},
    {"paused", F1(TICKET)},
    {"resumed", F1(TICKET)},
    {"updated", F1(TICKET)},
    {"escalated", F1(TICKET)},
    {"resolved", F1(TICKET)},
    {"confirmed", F1(TICKET)},
    {"reopened", F1(TICKET)},
    {"closed", F1(TICKET)},
    {"merged", F1(TICKET) | F1(INTO)},
    {"rated", F1(SCORE)},
    {"recommended", F1(SCORE)},
    {"complained", 0},
    {"inspected", F1(PASSED)},
    {"followed_up", F1(TICKET)},
    {"visit_planned", F1(TICKET) | F1(DUE)},
    {"visit_arrived", F1(TICKET)},
    {"visit_ended", F1(TICKET)},
    {"return_requested", F1(TICKET)},
    {"returned", F1(TICKET)},
    {"call_offered", F1(CALL)},
    {"call_rung", F1(CALL) | F1(AGENT)},
    {"call_answered", F1(CALL) | F1(AGENT)},
    {"call_held", F1(CALL)},
    {"call_transferred", F1(CALL)},
    {"call_abandoned", F1(CALL)},
    {"call_ended", F1(CALL)},
    {"agent_state", F1(AGENT) | F1(STATE)},
    {"shift", F1(AGENT) | F1(FROM) | F1(TO)},
    {"agent_info", F1(AGENT)},
    {"state", F1(TICKET) | F1(STATUS)},
    {"measured", F1(NAME) | F1(VALUE)},
    {"heartbeat", 0},
};

/* An event of a kind with all it requires, and nothing else but ts. */
static struct event least(enum event_kind kind)
{
    struct event e = {.kind = (uint8_t)kind,
                      .has = event_required(kind) | F1(TS),
                      .ts = 1767225600000LL,
                      .due = 1767225600000LL,
                      .score = 4LL * NUMBER_ONE};
    if (kind == EV_ASSIGNED)
        e.has |= F1(AGENT);
    if (kind == EV_UPDATED)
        e.has |= F1(PRIORITY);
    return e;
}

static int check(struct event e, enum event_field *ret_field)
{
    return event_check(&e, ret_field);
}

Test(event, kinds_and_required_fields_are_those_of_the_contract)
{
    cr_assert_eq(ARRAY_LEN(contract), EV_N);
    for (uint32_t k = 0; k < EV_N; k++) {
        cr_assert_str_eq(event_kind_name((enum event_kind)k), contract[k].kind);
        cr_assert_eq(event_required((enum event_kind)k), contract[k].required, "%s",
                     contract[k].kind);
        cr_assert_eq(event_optional((enum event_kind)k) & contract[k].required, 0, "%s",
                     contract[k].kind);
        cr_assert_eq(event_optional((enum event_kind)k) & F_ENVELOPE_MASK, 0);
    }
    cr_assert_str_eq(event_kind_name(EV_TICK), "tick");
    cr_assert_leq(F_N, 64, "a bit each");
}

Test(event, every_required_field_is_missed)
{
    for (uint32_t k = 0; k < EV_N; k++) {
        enum event_field field = F_TYPE;
        struct event whole = least((enum event_kind)k);
        cr_assert_eq(check(whole, &field), 0, "%s", contract[k].kind);
        cr_assert_eq(field, F_N);
        for (uint32_t f = 0; f < F_N; f++) {
            if ((contract[k].required >> f & 1) == 0)
                continue;
            struct event absent = whole, nil = whole;
            absent.has &= ~(1ULL << f);
            nil.nil |= 1ULL << f;
            cr_assert_eq(check(absent, &field), ERR_MISSING);
            cr_assert_eq(field, f);
            cr_assert_eq(check(nil, &field), ERR_MISSING);
            cr_assert_eq(field, f);
        }
    }
}

Test(event, updated_and_assigned_need_one_of_theirs_and_nil_counts)
{
    enum event_field field;
    struct event e = least(EV_UPDATED);
    e.has &= ~F1(PRIORITY);
    cr_assert_eq(check(e, &field), ERR_MISSING);
    for (uint32_t f = 0; f < F_N; f++) {
        struct event with = e;
        with.has |= 1ULL << f;
        cr_assert_eq(check(with, &field), F_ATTRS_MASK >> f & 1 ? 0 : ERR_MISSING);
    }
    e = least(EV_ASSIGNED);
    e.nil = F1(AGENT); /* nobody */
    cr_assert_eq(check(e, &field), 0);
    e.has = (e.has & ~F1(AGENT)) | F1(TEAM);
    e.nil = 0;
    cr_assert_eq(check(e, &field), 0);
    e.has &= ~F1(TEAM);
    cr_assert_eq(check(e, &field), ERR_MISSING);
}

Test(event, ts_is_there_and_between_2000_and_2100)
{
    enum event_field field;
    struct event e = least(EV_OPENED);
    const struct {
        ms_t ts;
        int err;
    } cases[] = {{1767225600, ERR_TS_UNIT},
                 {-1, ERR_TS_UNIT},
                 {MS_MIN_TS - 1, ERR_TS_UNIT},
                 {MS_MIN_TS, 0},
                 {MS_MAX_TS, 0},
                 {MS_MAX_TS + 1, ERR_TS_RANGE},
                 {1767225600000000, ERR_TS_RANGE}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        e.ts = cases[i].ts;
        cr_assert_eq(check(e, &field), cases[i].err);
        cr_assert_eq(field, cases[i].err == 0 ? F_N : F_TS);
    }
    e.has &= ~F1(TS);
    cr_assert_eq(check(e, &field), ERR_MISSING);
    cr_assert_eq(field, F_TS);
}

static int check_score(enum event_kind kind, int64_t score, int64_t out_of)
{
    enum event_field field;
    struct event e = least(kind);
    e.score = score;
    e.out_of = out_of;
    if (out_of != 0)
        e.has |= F1(OUT_OF);
    return event_check(&e, &field);
}

Test(event, scores_lie_in_their_range)
{
    const int64_t one = NUMBER_ONE;
    cr_assert_eq(check_score(EV_RATED, 1 * one, 0), 0);
    cr_assert_eq(check_score(EV_RATED, 5 * one, 0), 0);
    cr_assert_eq(check_score(EV_RATED, 4 * one + one / 2, 0), 0);
    cr_assert_eq(check_score(EV_RATED, one - 1, 0), ERR_OUT_OF_RANGE);
    cr_assert_eq(check_score(EV_RATED, 5 * one + 1, 0), ERR_OUT_OF_RANGE);
    cr_assert_eq(check_score(EV_RATED, 100 * one, 100 * one), 0);
    cr_assert_eq(check_score(EV_RATED, 1 * one, 1 * one), ERR_OUT_OF_RANGE);
    cr_assert_eq(check_score(EV_RATED, 1 * one, 1001 * one), ERR_OUT_OF_RANGE);
    cr_assert_eq(check_score(EV_RECOMMENDED, 0, 0), 0);
    cr_assert_eq(check_score(EV_RECOMMENDED, 10 * one, 0), 0);
    cr_assert_eq(check_score(EV_RECOMMENDED, 11 * one, 0), ERR_OUT_OF_RANGE);
    cr_assert_eq(check_score(EV_RECOMMENDED, -1 * one, 0), ERR_OUT_OF_RANGE);
    cr_assert_eq(check_score(EV_RECOMMENDED, one / 2, 0), ERR_OUT_OF_RANGE);
}

Test(event, defaults_of_absent_and_nil_fields)
{
    enum event_field field;
    struct event e = least(EV_OPENED);
    e.by = BY_SYSTEM;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.by, BY_CUSTOMER);
    e = least(EV_REOPENED);
    e.has |= F1(BY);
    e.by = BY_AGENT;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.by, BY_AGENT, "what was said stays");
    e.nil |= F1(BY);
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.by, BY_CUSTOMER);
    e = least(EV_MESSAGE);
    e.is_auto = true;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert(e.is_public && !e.is_auto && e.needs_reply);
    e = least(EV_MESSAGE);
    e.has |= F1(PUBLIC) | F1(AUTO) | F1(NEEDS_REPLY);
    e.is_auto = true;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert(!e.is_public && e.is_auto && !e.needs_reply);
    e = least(EV_RATED);
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.out_of, 5LL * NUMBER_ONE);
    e = least(EV_CLOSED);
    e.outcome = OUTCOME_SPAM;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.outcome, OUTCOME_RESOLVED);
    e = least(EV_CALL_OFFERED);
    e.direction = DIRECTION_OUT;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.direction, DIRECTION_IN);
    e = least(EV_COMPLAINED);
    e.complaint = COMPLAINT_DISPUTE;
    cr_assert_eq(event_check(&e, &field), 0);
    cr_assert_eq(e.complaint, COMPLAINT_COMPLAINT);
}

Test(event, names_and_has_tell_nil_from_absent)
{
    struct event e = {.has = F1(TEAM) | F1(AGENT), .nil = F1(TEAM)};
    cr_assert(event_names(&e, F_TEAM) && !event_has(&e, F_TEAM));
    cr_assert(event_names(&e, F_AGENT) && event_has(&e, F_AGENT));
    cr_assert(!event_names(&e, F_TICKET) && !event_has(&e, F_TICKET));
}

/* Where each field lies, and how many bytes it has; 0: no place of its own in the hash. */
#define PLACE(member)                                                                              \
    {                                                                                              \
        offsetof(struct event, member), sizeof(((struct event *)0)->member)                        \
    }
static const struct {
    size_t at, size;
} places[F_N] = {
    [F_SRC] = PLACE(src),
    [F_TS] = PLACE(ts),
    [F_TICKET] = PLACE(ticket),
    [F_AGENT] = PLACE(agent),
    [F_TEAM] = PLACE(team),
    [F_PRIORITY] = PLACE(priority),
    [F_CHANNEL] = PLACE(channel),
    [F_CATEGORY] = PLACE(category),
    [F_CUSTOMER] = PLACE(customer),
    [F_TIER] = PLACE(tier),
    [F_BY] = PLACE(by),
    [F_PUBLIC] = PLACE(is_public),
    [F_AUTO] = PLACE(is_auto),
    [F_NEEDS_REPLY] = PLACE(needs_reply),
    [F_REASON] = PLACE(reason),
    [F_LEVEL] = PLACE(level),
    [F_HOW] = PLACE(how),
    [F_OUTCOME] = PLACE(outcome),
    [F_INTO] = PLACE(into),
    [F_SCORE] = PLACE(score),
    [F_OUT_OF] = PLACE(out_of),
    [F_ASPECT] = PLACE(aspect),
    [F_KIND] = PLACE(complaint),
    [F_PASSED] = PLACE(passed),
    [F_ITEM] = PLACE(item),
    [F_VISIT] = PLACE(visit),
    [F_DUE] = PLACE(due),
    [F_CALL] = PLACE(call),
    [F_DIRECTION] = PLACE(direction),
    [F_STATE] = PLACE(state),
    [F_FROM] = PLACE(from),
    [F_TO] = PLACE(to),
    [F_NAME] = PLACE(name),
    [F_ACTIVE] = PLACE(active),
    [F_BOT] = PLACE(bot),
    [F_STATUS] = PLACE(status),
    [F_OPENED_AT] = PLACE(opened_at),
    [F_WAITING_SINCE] = PLACE(waiting_since),
    [F_PAUSED_REASON] = PLACE(paused_reason),
    [F_VALUE] = PLACE(value),
};

/* Gives a field one of two values. */
static void set_field(struct event *e, uint32_t f, bool second)
{
    struct str text = str_of(second ? "two" : "one");
    e->has |= 1ULL << f;
    if (places[f].size == sizeof text)
        memcpy((char *)e + places[f].at, &text, sizeof text);
    else
        memset((char *)e + places[f].at, second, places[f].size);
}

Test(event, the_hash_depends_on_every_field_but_rts)
{
    struct event e = least(EV_STATE);
    uint64_t h = event_hash(&e);
    e.rts = 5;
    cr_assert_eq(event_hash(&e), h);
    for (uint32_t f = 0; f < F_N; f++) {
        if (places[f].size == 0) {
            cr_assert(f == F_TYPE || f == F_ID || f == F_SEQ);
            continue; /* the kind itself; the others make the hash needless */
        }
        struct event one = least(EV_STATE), two = one, nil = one, absent = one;
        set_field(&one, f, false);
        set_field(&two, f, true);
        set_field(&nil, f, false);
        nil.nil |= 1ULL << f;
        absent.has &= ~(1ULL << f);
        cr_assert_neq(event_hash(&one), event_hash(&two), "field %u", f);
        cr_assert_neq(event_hash(&one), event_hash(&nil), "field %u", f);
        cr_assert_neq(event_hash(&one), event_hash(&absent), "field %u", f);
    }
    e = least(EV_CONFIRMED);
    h = event_hash(&e);
    e.kind = EV_REOPENED;
    cr_assert_neq(event_hash(&e), h);
}

Test(event, texts_do_not_change_places)
{
    struct event a = least(EV_ASSIGNED), b = a;
    a.has |= F1(TEAM);
    b.has |= F1(TEAM);
    a.agent = b.team = str_of("x");
    b.agent = a.team = str_of("y");
    cr_assert_neq(event_hash(&a), event_hash(&b));
}
