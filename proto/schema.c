#include "proto/schema.h"

/* --- keys and words ----------------------------------------------------------------------- */

enum { KEY_MAX = 16, SLOTS = 128 };

struct key {
    uint8_t len;
    char text[KEY_MAX + 7]; /* a row of 24 bytes */
};

#define KEY_ROW(text)                                                                              \
    {                                                                                              \
        sizeof(text) - 1, text                                                                     \
    }

static const struct key field_keys[F_N] = {
#define FIELD_KEY(name, wire, type) KEY_ROW(wire),
    EVENT_FIELDS(FIELD_KEY)
#undef FIELD_KEY
};

static const struct key kind_keys[EV_N] = {
#define KIND_KEY(name, wire, required, optional) KEY_ROW(wire),
    EVENT_KINDS(KIND_KEY)
#undef KIND_KEY
};

/* Perfect hashes of first, middle (len / 2) and last byte and length, found by trial. A new key
 * goes in like the others; two in one slot are a compiler warning (initializer overridden), then
 * other factors must be tried. */
#define FIELD_SLOT(first, middle, last, len)                                                       \
    ((55u * (uint8_t)(first) + 41u * (uint8_t)(middle) + 42u * (uint8_t)(last) +                   \
      39u * (uint32_t)(len)) %                                                                     \
     SLOTS)
#define KIND_SLOT(first, middle, last, len)                                                        \
    ((53u * (uint8_t)(first) + 54u * (uint8_t)(middle) + 1u * (uint8_t)(last) +                    \
      17u * (uint32_t)(len)) %                                                                     \
     SLOTS)

#define AT(name, first, middle, last, len) [FIELD_SLOT(first, middle, last, len)] = F_##name + 1
static const uint8_t field_slots[SLOTS] = {
    AT(TYPE, 't', 'p', 'e', 4),
    AT(ID, 'i', 'd', 'd', 2),
    AT(SRC, 's', 'r', 'c', 3),
    AT(SEQ, 's', 'e', 'q', 3),
    AT(TS, 't', 's', 's', 2),
    AT(TICKET, 't', 'k', 't', 6),
    AT(AGENT, 'a', 'e', 't', 5),
    AT(TEAM, 't', 'a', 'm', 4),
    AT(PRIORITY, 'p', 'r', 'y', 8),
    AT(CHANNEL, 'c', 'n', 'l', 7),
    AT(CATEGORY, 'c', 'g', 'y', 8),
    AT(CUSTOMER, 'c', 'o', 'r', 8),
    AT(TIER, 't', 'e', 'r', 4),
    AT(BY, 'b', 'y', 'y', 2),
    AT(PUBLIC, 'p', 'l', 'c', 6),
    AT(AUTO, 'a', 't', 'o', 4),
    AT(NEEDS_REPLY, 'n', '_', 'y', 11),
    AT(REASON, 'r', 's', 'n', 6),
    AT(LEVEL, 'l', 'v', 'l', 5),
    AT(HOW, 'h', 'o', 'w', 3),
    AT(OUTCOME, 'o', 'c', 'e', 7),
    AT(INTO, 'i', 't', 'o', 4),
    AT(SCORE, 's', 'o', 'e', 5),
    AT(OUT_OF, 'o', '_', 'f', 6),
    AT(ASPECT, 'a', 'e', 't', 6),
    AT(KIND, 'k', 'n', 'd', 4),
    AT(PASSED, 'p', 's', 'd', 6),
    AT(ITEM, 'i', 'e', 'm', 4),
    AT(VISIT, 'v', 's', 't', 5),
    AT(DUE, 'd', 'u', 'e', 3),
    AT(CALL, 'c', 'l', 'l', 4),
    AT(DIRECTION, 'd', 'c', 'n', 9),
    AT(STATE, 's', 'a', 'e', 5),
    AT(FROM, 'f', 'o', 'm', 4),
    AT(TO, 't', 'o', 'o', 2),
    AT(NAME, 'n', 'm', 'e', 4),
    AT(ACTIVE, 'a', 'i', 'e', 6),
    AT(BOT, 'b', 'o', 't', 3),
    AT(STATUS, 's', 't', 's', 6),
    AT(OPENED_AT, 'o', 'e', 't', 9),
    AT(WAITING_SINCE, 'w', 'g', 'e', 13),
    AT(PAUSED_REASON, 'p', '_', 'n', 13),
    AT(VALUE, 'v', 'l', 'e', 5),
};
#undef AT

#define AT(name, first, middle, last, len) [KIND_SLOT(first, middle, last, len)] = EV_##name + 1
static const uint8_t kind_slots[SLOTS] = {
    AT(OPENED, 'o', 'n', 'd', 6),
    AT(ASSIGNED, 'a', 'g', 'd', 8),
    AT(MESSAGE, 'm', 's', 'e', 7),
    AT(PAUSED, 'p', 's', 'd', 6),
    AT(RESUMED, 'r', 'u', 'd', 7),
    AT(UPDATED, 'u', 'a', 'd', 7),
    AT(ESCALATED, 'e', 'l', 'd', 9),
    AT(RESOLVED, 'r', 'l', 'd', 8),
    AT(CONFIRMED, 'c', 'i', 'd', 9),
    AT(REOPENED, 'r', 'e', 'd', 8),
    AT(CLOSED, 'c', 's', 'd', 6),
    AT(MERGED, 'm', 'g', 'd', 6),
    AT(RATED, 'r', 't', 'd', 5),
    AT(RECOMMENDED, 'r', 'm', 'd', 11),
    AT(COMPLAINED, 'c', 'a', 'd', 10),
    AT(INSPECTED, 'i', 'e', 'd', 9),
    AT(FOLLOWED_UP, 'f', 'w', 'p', 11),
    AT(VISIT_PLANNED, 'v', 'p', 'd', 13),
    AT(VISIT_ARRIVED, 'v', 'a', 'd', 13),
    AT(VISIT_ENDED, 'v', '_', 'd', 11),
    AT(RETURN_REQUESTED, 'r', 'e', 'd', 16),
    AT(RETURNED, 'r', 'r', 'd', 8),
    AT(CALL_OFFERED, 'c', 'f', 'd', 12),
    AT(CALL_RUNG, 'c', '_', 'g', 9),
    AT(CALL_ANSWERED, 'c', 'n', 'd', 13),
    AT(CALL_HELD, 'c', '_', 'd', 9),
    AT(CALL_TRANSFERRED, 'c', 'n', 'd', 16),
    AT(CALL_ABANDONED, 'c', 'a', 'd', 14),
    AT(CALL_ENDED, 'c', 'e', 'd', 10),
    AT(AGENT_STATE, 'a', '_', 'e', 11),
    AT(SHIFT, 's', 'i', 't', 5),
    AT(AGENT_INFO, 'a', '_', 'o', 10),
    AT(STATE, 's', 'a', 'e', 5),
    AT(MEASURED, 'm', 'u', 'd', 8),
    AT(HEARTBEAT, 'h', 't', 't', 9),
};
#undef AT

static inline uint64_t load64(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

static inline uint32_t load32(const char *p)
{
    uint32_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

static inline uint32_t load16(const char *p)
{
    uint16_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* Both have len bytes, 2..16: two loads that may overlap instead of a call. */
static inline bool key_equal(const char *a, const char *b, uint32_t len)
{
    if (len >= 8)
        return load64(a) == load64(b) && load64(a + len - 8) == load64(b + len - 8);
    if (len >= 4)
        return load32(a) == load32(b) && load32(a + len - 4) == load32(b + len - 4);
    return load16(a) == load16(b) && a[len - 1] == b[len - 1];
}

static inline bool key_is(const struct key *key, const char *p, uint32_t len)
{
    return key->len == len && key_equal(key->text, p, len);
}

enum event_field schema_field(const char *key, uint32_t len)
{
    if (len < 2 || len > KEY_MAX)
        return F_N;
    uint32_t slot = field_slots[FIELD_SLOT(key[0], key[len / 2], key[len - 1], len)];
    if (slot == 0 || !key_is(&field_keys[slot - 1], key, len))
        return F_N;
    return (enum event_field)(slot - 1);
}

enum event_kind schema_kind(const char *name, uint32_t len)
{
    if (len < 2 || len > KEY_MAX)
        return EV_NONE;
    uint32_t slot = kind_slots[KIND_SLOT(name[0], name[len / 2], name[len - 1], len)];
    if (slot == 0 || !key_is(&kind_keys[slot - 1], name, len))
        return EV_NONE;
    return (enum event_kind)(slot - 1);
}

const char *schema_key(enum event_field f)
{
    CHECK(f < F_N);
    return field_keys[f].text;
}

static const char *const by_words[] = {"customer", "agent", "bot", "system", NULL};
static const char *const outcome_words[] = {"resolved", "unresolved", "spam", "duplicate", NULL};
static const char *const direction_words[] = {"in", "out", NULL};
static const char *const state_words[] = {"available", "busy", "wrap_up", "break", "offline", NULL};
static const char *const status_words[] = {"open", "paused", "resolved", "closed", NULL};
static const char *const complaint_words[] = {"complaint", "dispute", NULL};

static const char *const *words_of(enum event_field f)
{
    switch (f) {
    case F_BY:
        return by_words;
    case F_OUTCOME:
        return outcome_words;
    case F_DIRECTION:
        return direction_words;
    case F_STATE:
        return state_words;
    case F_STATUS:
        return status_words;
    default:
        CHECK(f == F_KIND);
        return complaint_words;
    }
}

const char *schema_word(enum event_field f, uint32_t index)
{
    const char *const *word = words_of(f);
    while (index > 0 && *word != NULL) {
        word++;
        index--;
    }
    return *word;
}

/* --- fields ------------------------------------------------------------------------------- */

static const uint8_t field_types[F_N] = {
#define FIELD_TYPE(name, wire, type) TYPE_##type,
    EVENT_FIELDS(FIELD_TYPE)
#undef FIELD_TYPE
};

#define IN(name, member) [F_##name] = offsetof(struct event, member)
static const uint16_t field_offsets[F_N] = {
    IN(TYPE, kind),
    IN(ID, id),
    IN(SRC, src),
    IN(SEQ, seq),
    IN(TS, ts),
    IN(TICKET, ticket),
    IN(AGENT, agent),
    IN(TEAM, team),
    IN(PRIORITY, priority),
    IN(CHANNEL, channel),
    IN(CATEGORY, category),
    IN(CUSTOMER, customer),
    IN(TIER, tier),
    IN(BY, by),
    IN(PUBLIC, is_public),
    IN(AUTO, is_auto),
    IN(NEEDS_REPLY, needs_reply),
    IN(REASON, reason),
    IN(LEVEL, level),
    IN(HOW, how),
    IN(OUTCOME, outcome),
    IN(INTO, into),
    IN(SCORE, score),
    IN(OUT_OF, out_of),
    IN(ASPECT, aspect),
    IN(KIND, complaint),
    IN(PASSED, passed),
    IN(ITEM, item),
    IN(VISIT, visit),
    IN(DUE, due),
    IN(CALL, call),
    IN(DIRECTION, direction),
    IN(STATE, state),
    IN(FROM, from),
    IN(TO, to),
    IN(NAME, name),
    IN(ACTIVE, active),
    IN(BOT, bot),
    IN(STATUS, status),
    IN(OPENED_AT, opened_at),
    IN(WAITING_SINCE, waiting_since),
    IN(PAUSED_REASON, paused_reason),
    IN(VALUE, value),
};
#undef IN

enum field_type schema_type(enum event_field f)
{
    CHECK(f < F_N);
    return (enum field_type)field_types[f];
}

const void *schema_member(const struct event *e, enum event_field f)
{
    CHECK(f < F_N);
    return (const char *)e + field_offsets[f];
}

/* --- draft -------------------------------------------------------------------------------- */

void draft_begin(struct draft *d, struct event *event, struct digits *digits)
{
    event->has = 0;
    event->nil = 0;
    event->kind = EV_NONE;
    d->event = event;
    d->digits = digits;
    d->bad = 0;
    d->err = 0;
}

static int set_name(struct str *to, enum event_field f, const struct value *v)
{
    if (v->kind != VALUE_TEXT)
        return ERR_WRONG_TYPE;
    int err = name_check(v->p, v->len);
    if (err != 0)
        return err;
    *to = (struct str){v->p, v->len};
    if (UNLIKELY(v->p[0] == '(') && field_types[f] == TYPE_NAME &&
        (str_equal(*to, str_of("(auto)")) || str_equal(*to, str_of("(customer)")) ||
         str_equal(*to, str_of("(other)"))))
        return ERR_RESERVED;
    return 0;
}

/* Texts and integers equal each other: 17 is "17". */
static int set_id(struct draft *d, struct str *to, enum event_field f, const struct value *v)
{
    if (v->kind == VALUE_TEXT)
        return set_name(to, f, v);
    uint64_t u;
    int err = value_uint(v, &u);
    if (err != 0)
        return err;
    char *digits = f == F_ID ? d->digits->id : d->digits->level;
    uint32_t at = DIGITS_MAX;
    do {
        digits[--at] = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    *to = (struct str){digits + at, DIGITS_MAX - at};
    return 0;
}

static int set_word(uint8_t *to, enum event_field f, const struct value *v)
{
    if (v->kind != VALUE_TEXT)
        return ERR_WRONG_TYPE;
    if (f == F_TYPE) {
        *to = (uint8_t)schema_kind(v->p, v->len);
        return *to == EV_NONE ? ERR_UNKNOWN_TYPE : 0;
    }
    const char *const *words = words_of(f);
    for (uint8_t i = 0; words[i] != NULL; i++)
        if (str_equal(str_of(words[i]), (struct str){v->p, v->len})) {
            *to = i;
            return 0;
        }
    return ERR_BAD_WORD;
}

static int set_time(ms_t *to, const struct value *v)
{
    ms_t ms;
    int err = v->kind == VALUE_EXT ? value_timestamp(v, &ms) : value_int(v, &ms);
    if (err != 0)
        return err;
    if (ms < MS_MIN_TS || ms > MS_MAX_TS)
        return ms < MS_MIN_TS ? ERR_TS_UNIT : ERR_TS_RANGE;
    *to = ms;
    return 0;
}

static inline int set_value(struct draft *d, enum event_field f, const struct value *v)
{
    void *to = (char *)d->event + field_offsets[f];
    switch ((enum field_type)field_types[f]) {
    case TYPE_NAME:
        return set_name(to, f, v);
    case TYPE_ID:
        return set_id(d, to, f, v);
    case TYPE_WORD:
        return set_word(to, f, v);
    case TYPE_TIME:
        return set_time(to, v);
    case TYPE_UINT:
        return value_uint(v, to);
    case TYPE_NUMBER:
        return value_millionths(v, to);
    case TYPE_BOOL:
        if (v->kind != VALUE_BOOL)
            return ERR_WRONG_TYPE;
        *(bool *)to = v->yes;
        return 0;
    }
    return ERR_WRONG_TYPE;
}

void draft_set_field(struct draft *d, enum event_field f, const struct value *v)
{
    struct event *e = d->event;
    uint64_t bit = 1ULL << f;
    d->bad &= ~bit;
    e->nil &= ~bit;
    if (UNLIKELY(v->kind == VALUE_NIL)) {
        e->has |= bit;
        e->nil |= bit;
        return;
    }
    int err = set_value(d, f, v);
    if (LIKELY(err == 0)) {
        e->has |= bit;
        return;
    }
    e->has &= ~bit;
    d->bad |= bit;
    d->why[f] = (int16_t)err;
}

void draft_set(struct draft *d, const char *key, uint32_t len, const struct value *v)
{
    enum event_field f = schema_field(key, len);
    if (f != F_N)
        draft_set_field(d, f, v);
}

int draft_end(struct draft *d, enum event_field *ret_field)
{
    struct event *e = d->event;
    *ret_field = F_N;
    if (d->err != 0)
        return d->err;
    if (!event_has(e, F_TYPE)) {
        *ret_field = F_TYPE;
        return (d->bad & F1(TYPE)) != 0 ? d->why[F_TYPE] : ERR_NO_TYPE;
    }
    uint64_t known = F_ENVELOPE_MASK | event_required((enum event_kind)e->kind) |
                     event_optional((enum event_kind)e->kind);
    if (UNLIKELY((d->bad & known) != 0)) {
        *ret_field = (enum event_field)__builtin_ctzll(d->bad & known);
        return d->why[*ret_field];
    }
    e->has &= known;
    e->nil &= known;
    return event_check(e, ret_field);
}
