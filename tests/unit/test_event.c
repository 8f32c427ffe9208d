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

/* Every field that can be set, each with two values. */
static void set_field(struct event *e, enum event_field f, bool second)
{
    struct str text = str_of(second ? "two" : "one");
    int64_t number = second ? 2 : 1;
    e->has |= 1ULL << f;
    switch (f) {
    case F_SRC:
        e->src = text;
        return;
    case F_TICKET:
        e->ticket = text;
        return;
    case F_AGENT:
        e->agent = text;
        return;
    case F_TEAM:
        e->team = text;
        return;
    case F_PRIORITY:
        e->priority = text;
        return;
    case F_CHANNEL:
        e->channel = text;
        return;
    case F_CATEGORY:
        e->category = text;
        return;
    case F_CUSTOMER:
        e->customer = text;
        return;
    case F_TIER:
        e->tier = text;
        return;
    case F_REASON:
        e->reason = text;
        return;
    case F_LEVEL:
        e->level = text;
        return;
    case F_HOW:
        e->how = text;
        return;
    case F_INTO:
        e->into = text;
        return;
    case F_ASPECT:
        e->aspect = text;
        return;
    case F_ITEM:
        e->item = text;
        return;
    case F_VISIT:
        e->visit = text;
        return;
    case F_CALL:
        e->call = text;
        return;
    case F_NAME:
        e->name = text;
        return;
    case F_PAUSED_REASON:
        e->paused_reason = text;
        return;
    case F_TS:
        e->ts = number;
        return;
    case F_BY:
        e->by = (uint8_t)number;
        return;
    case F_PUBLIC:
        e->is_public = second;
        return;
    case F_AUTO:
        e->is_auto = second;
        return;
    case F_NEEDS_REPLY:
        e->needs_reply = second;
        return;
    case F_OUTCOME:
        e->outcome = (uint8_t)number;
        return;
    case F_SCORE:
        e->score = number;
        return;
    case F_OUT_OF:
        e->out_of = number;
        return;
    case F_KIND:
        e->complaint = (uint8_t)number;
        return;
    case F_PASSED:
        e->passed = second;
        return;
    case F_DUE:
        e->due = number;
        return;
    case F_DIRECTION:
        e->direction = (uint8_t)number;
        return;
    case F_STATE:
        e->state = (uint8_t)number;
        return;
    case F_FROM:
        e->from = number;
        return;
    case F_TO:
        e->to = number;
        return;
    case F_ACTIVE:
        e->active = second;
        return;
    case F_BOT:
        e->bot = second;
        return;
    case F_STATUS:
        e->status = (uint8_t)number;
        return;
    case F_OPENED_AT:
        e->opened_at = number;
        return;
    case F_WAITING_SINCE:
        e->waiting_since = number;
        return;
    case F_VALUE:
        e->value = number;
        return;
    case F_TYPE:
    case F_ID:
    case F_SEQ:
    case F_N:
        return;
    }
}

Test(event, the_hash_depends_on_every_field_but_rts)
{
    struct event e = least(EV_STATE);
    uint64_t h = event_hash(&e);
    e.rts = 5;
    cr_assert_eq(event_hash(&e), h);
    for (uint32_t f = 0; f < F_N; f++) {
        if (f == F_TYPE || f == F_ID || f == F_SEQ) /* the kind; the others make it needless */
            continue;
        struct event one = least(EV_STATE), two = one, nil = one, absent = one;
        set_field(&one, (enum event_field)f, false);
        set_field(&two, (enum event_field)f, true);
        set_field(&nil, (enum event_field)f, false);
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
