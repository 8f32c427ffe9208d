#include "core/event.h"

#include "core/err.h"

static const char *const kind_names[EV_N + 1] = {
#define EVENT_KIND_WIRE(name, wire, required, optional) wire,
    EVENT_KINDS(EVENT_KIND_WIRE)
#undef EVENT_KIND_WIRE
        "tick",
};

static const uint64_t kind_required[EV_N] = {
#define EVENT_KIND_REQUIRED(name, wire, required, optional) (required),
    EVENT_KINDS(EVENT_KIND_REQUIRED)
#undef EVENT_KIND_REQUIRED
};

static const uint64_t kind_optional[EV_N] = {
#define EVENT_KIND_OPTIONAL(name, wire, required, optional) (optional),
    EVENT_KINDS(EVENT_KIND_OPTIONAL)
#undef EVENT_KIND_OPTIONAL
};

const char *event_kind_name(enum event_kind kind)
{
    CHECK(kind <= EV_TICK);
    return kind_names[kind];
}

uint64_t event_required(enum event_kind kind)
{
    CHECK(kind < EV_N);
    return kind_required[kind];
}

uint64_t event_optional(enum event_kind kind)
{
    CHECK(kind < EV_N);
    return kind_optional[kind];
}

static int check_needs(const struct event *e, enum event_field *ret_field)
{
    uint64_t missing = kind_required[e->kind] & ~(e->has & ~e->nil);
    if (missing != 0) {
        *ret_field = (enum event_field)__builtin_ctzll(missing);
        return ERR_MISSING;
    }
    uint64_t one_of = e->kind == EV_UPDATED    ? F_ATTRS_MASK
                      : e->kind == EV_ASSIGNED ? F1(AGENT) | F1(TEAM)
                                               : 0;
    if (one_of != 0 && (e->has & one_of) == 0) {
        *ret_field = e->kind == EV_UPDATED ? F_PRIORITY : F_AGENT;
        return ERR_MISSING;
    }
    return 0;
}

static int check_score(struct event *e, enum event_field *ret_field)
{
    if (e->kind != EV_RATED && e->kind != EV_RECOMMENDED)
        return 0;
    bool rated = e->kind == EV_RATED;
    if (!event_has(e, F_OUT_OF))
        e->out_of = 5LL * NUMBER_ONE;
    if (rated && (e->out_of < 2LL * NUMBER_ONE || e->out_of > 1000LL * NUMBER_ONE)) {
        *ret_field = F_OUT_OF;
        return ERR_OUT_OF_RANGE;
    }
    int64_t low = rated ? NUMBER_ONE : 0;
    int64_t high = rated ? e->out_of : 10LL * NUMBER_ONE;
    bool whole = rated || e->score % NUMBER_ONE == 0;
    if (e->score < low || e->score > high || !whole) {
        *ret_field = F_SCORE;
        return ERR_OUT_OF_RANGE;
    }
    return 0;
}

/* A promise stands at its instant, which must be one like any other. */
static int check_due(const struct event *e, enum event_field *ret_field)
{
    if (!event_has(e, F_DUE) || (e->due >= MS_MIN_TS && e->due <= MS_MAX_TS))
        return 0;
    *ret_field = F_DUE;
    return e->due < MS_MIN_TS ? ERR_TS_UNIT : ERR_TS_RANGE;
}

static void fill_defaults(struct event *e)
{
    if (!event_has(e, F_BY))
        e->by = e->kind == EV_OPENED || e->kind == EV_REOPENED ? BY_CUSTOMER : BY_AGENT;
    if (!event_has(e, F_PUBLIC))
        e->is_public = true;
    if (!event_has(e, F_AUTO))
        e->is_auto = false;
    if (!event_has(e, F_NEEDS_REPLY))
        e->needs_reply = true;
    if (!event_has(e, F_OUTCOME))
        e->outcome = OUTCOME_RESOLVED;
    if (!event_has(e, F_DIRECTION))
        e->direction = DIRECTION_IN;
    if (!event_has(e, F_KIND))
        e->complaint = COMPLAINT_COMPLAINT;
}

int event_check(struct event *e, enum event_field *ret_field)
{
    *ret_field = F_N;
    CHECK(e->kind < EV_N);
    if (!event_has(e, F_TS)) {
        *ret_field = F_TS;
        return ERR_MISSING;
    }
    if (e->ts < MS_MIN_TS || e->ts > MS_MAX_TS) {
        *ret_field = F_TS;
        return e->ts < MS_MIN_TS ? ERR_TS_UNIT : ERR_TS_RANGE;
    }
    int err = check_needs(e, ret_field);
    if (err == 0)
        err = check_score(e, ret_field);
    if (err == 0)
        err = check_due(e, ret_field);
    if (err == 0)
        fill_defaults(e);
    return err;
}

static uint64_t hash_texts(const struct event *e, uint64_t h)
{
    const struct {
        enum event_field field;
        struct str text;
    } texts[] = {
        {F_SRC, e->src},
        {F_TICKET, e->ticket},
        {F_AGENT, e->agent},
        {F_TEAM, e->team},
        {F_PRIORITY, e->priority},
        {F_CHANNEL, e->channel},
        {F_CATEGORY, e->category},
        {F_CUSTOMER, e->customer},
        {F_TIER, e->tier},
        {F_REASON, e->reason},
        {F_HOW, e->how},
        {F_LEVEL, e->level},
        {F_INTO, e->into},
        {F_ASPECT, e->aspect},
        {F_ITEM, e->item},
        {F_VISIT, e->visit},
        {F_CALL, e->call},
        {F_NAME, e->name},
        {F_PAUSED_REASON, e->paused_reason},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (event_has(e, texts[i].field))
            h = mix64(hash_str(h, texts[i].text) + texts[i].field);
    return h;
}

/* Only fields that are there are read: the others may never have been written. */
static uint64_t hash_numbers(const struct event *e, uint64_t h)
{
#define MIX(field, member)                                                                         \
    if (event_has(e, F_##field))                                                                   \
    h = mix64(h ^ ((uint64_t)e->member + 0x9E37ULL * F_##field))
    MIX(TS, ts);
    MIX(BY, by);
    MIX(PUBLIC, is_public);
    MIX(AUTO, is_auto);
    MIX(NEEDS_REPLY, needs_reply);
    MIX(OUTCOME, outcome);
    MIX(SCORE, score);
    MIX(OUT_OF, out_of);
    MIX(KIND, complaint);
    MIX(PASSED, passed);
    MIX(DUE, due);
    MIX(DIRECTION, direction);
    MIX(STATE, state);
    MIX(FROM, from);
    MIX(TO, to);
    MIX(ACTIVE, active);
    MIX(BOT, bot);
    MIX(STATUS, status);
    MIX(OPENED_AT, opened_at);
    MIX(WAITING_SINCE, waiting_since);
    MIX(VALUE, value);
#undef MIX
    return h;
}

uint64_t event_hash(const struct event *e)
{
    uint64_t h = mix64(e->kind + 1ULL);
    h = mix64(h ^ e->nil ^ mix64(e->has));
    return hash_numbers(e, hash_texts(e, h));
}
