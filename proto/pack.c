#include "proto/pack.h"

#include "core/err.h"
#include "proto/schema.h"

/* An entry: its shape, then what the shape promises, in the order of enum event_field.
 *   shape: 0 and a new one {kind's number, mask of keys, mask of those that were nil}, or its
 *   index + 1. Texts: 0, length, bytes; or index + 1. Ids: 1 and the difference to the last number
 *   that was an id, or 0, length, bytes. Numbers: varints, signed ones zigzag. */

enum { CODE_TICK = 250, CODE_TICK_PART, CODE_CLAIM, CODE_ATTEND };

/* The place in these lists is the number in the file: never changed, a new one goes to the end. */
static const uint8_t kind_of[] = {
    EV_NONE,           EV_OPENED,
    EV_ASSIGNED,       EV_MESSAGE,
    EV_PAUSED,         EV_RESUMED,
    EV_UPDATED,        EV_ESCALATED,
    EV_RESOLVED,       EV_CONFIRMED,
    EV_REOPENED,       EV_CLOSED,
    EV_MERGED,         EV_RATED,
    EV_RECOMMENDED,    EV_COMPLAINED,
    EV_INSPECTED,      EV_FOLLOWED_UP,
    EV_VISIT_PLANNED,  EV_VISIT_ARRIVED,
    EV_VISIT_ENDED,    EV_RETURN_REQUESTED,
    EV_RETURNED,       EV_CALL_OFFERED,
    EV_CALL_RUNG,      EV_CALL_ANSWERED,
    EV_CALL_HELD,      EV_CALL_TRANSFERRED,
    EV_CALL_ABANDONED, EV_CALL_ENDED,
    EV_AGENT_STATE,    EV_SHIFT,
    EV_AGENT_INFO,     EV_STATE,
    EV_MEASURED,       EV_HEARTBEAT,
};
static const uint8_t field_of[] = {
    F_TYPE,   F_ID,       F_SRC,         F_SEQ,       F_TS,        F_TICKET,        F_AGENT,
    F_TEAM,   F_PRIORITY, F_CHANNEL,     F_CATEGORY,  F_CUSTOMER,  F_TIER,          F_BY,
    F_PUBLIC, F_AUTO,     F_NEEDS_REPLY, F_REASON,    F_LEVEL,     F_HOW,           F_OUTCOME,
    F_INTO,   F_SCORE,    F_OUT_OF,      F_ASPECT,    F_KIND,      F_PASSED,        F_ITEM,
    F_VISIT,  F_DUE,      F_CALL,        F_DIRECTION, F_STATE,     F_FROM,          F_TO,
    F_NAME,   F_ACTIVE,   F_BOT,         F_STATUS,    F_OPENED_AT, F_WAITING_SINCE, F_PAUSED_REASON,
    F_VALUE,
};
STATIC_ASSERT(EV_N + 1 == ARRAY_LEN(kind_of) && F_N == ARRAY_LEN(field_of),
              "a new kind or field needs a number here");

static uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* Differences wrap around, so that any two numbers have one. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* A text of digits as the number it is, if that number reads the same. */
static bool number_of(struct str text, uint64_t *ret)
{
    uint64_t v = 0;
    if (text.len == 0 || text.len > 18 || (text.p[0] == '0' && text.len > 1))
        return false;
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(text.p[i] - '0');
    }
    *ret = v;
    return true;
}

/* --- writing ------------------------------------------------------------------------------ */

void pack_begin(struct pack *p, void *buf, uint32_t cap)
{
    CHECK(cap >= PACK_ENTRY_MAX);
    p->p = buf;
    p->cap = cap;
    p->n = p->entries = 0;
    p->past.ts = p->past.rts = 0;
    p->past.id = 0;
    p->past.texts = p->past.shapes = 0;
    memset(p->slot, 0, sizeof p->slot);
}

static void put_number(struct pack *p, uint64_t v)
{
    while (v >= 0x80) {
        p->p[p->n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    p->p[p->n++] = (uint8_t)v;
}

static void put_bytes(struct pack *p, struct str text)
{
    CHECK(text.len <= NAME_BYTES_MAX);
    p->p[p->n++] = (uint8_t)text.len;
    memcpy(p->p + p->n, text.p, text.len);
    p->n += text.len;
}

/* Returns the index of the text, PACK_TEXTS_MAX when it has none. */
static uint32_t put_text(struct pack *p, struct str text)
{
    struct pack_past *past = &p->past;
    uint32_t at = (uint32_t)hash_str(1, text) % PACK_SLOTS;
    for (; p->slot[at] != 0; at = (at + 1) % PACK_SLOTS) {
        uint32_t i = p->slot[at] - 1u;
        if (str_equal(past->text[i], text)) {
            put_number(p, i + 1);
            return i;
        }
    }
    put_number(p, 0);
    put_bytes(p, text);
    if (past->texts == PACK_TEXTS_MAX)
        return PACK_TEXTS_MAX;
    uint32_t i = past->texts++;
    past->text[i] = (struct str){(const char *)p->p + p->n - text.len, text.len};
    past->seq[i] = 0;
    p->slot[at] = (uint16_t)(i + 1);
    return i;
}

static void put_id(struct pack *p, struct str id)
{
    uint64_t v;
    if (!number_of(id, &v)) {
        put_number(p, 0);
        put_bytes(p, id);
        return;
    }
    put_number(p, 1);
    put_number(p, zigzag(minus((int64_t)v, (int64_t)p->past.id)));
    p->past.id = v;
}

static uint64_t coded(uint64_t mask)
{
    uint64_t codes = 0;
    for (uint32_t i = 0; i < ARRAY_LEN(field_of); i++)
        codes |= (mask >> field_of[i] & 1) << i;
    return codes;
}

/* kind: of an event, or a CODE_x. */
static void put_shape(struct pack *p, uint8_t kind, uint64_t has, uint64_t nil)
{
    struct pack_past *past = &p->past;
    for (uint32_t i = 0; i < past->shapes; i++) {
        const struct pack_shape *s = &past->shape[i];
        if (s->kind == kind && s->has == has && s->nil == nil) {
            put_number(p, i + 1);
            return;
        }
    }
    uint8_t code = kind < EV_N ? 0 : kind;
    while (kind < EV_N && kind_of[code] != kind)
        code++;
    put_number(p, 0);
    p->p[p->n++] = code;
    put_number(p, coded(has));
    put_number(p, coded(nil));
    if (past->shapes < PACK_SHAPES_MAX)
        past->shape[past->shapes++] = (struct pack_shape){kind, has, nil};
}

static void put_rts(struct pack *p, ms_t rts)
{
    put_number(p, zigzag(minus(rts, p->past.rts)));
    p->past.rts = rts;
}

/* src: index of the source's text. */
static void put_field(struct pack *p, const struct event *e, enum event_field f, uint32_t *src)
{
    const void *m = schema_member(e, f);
    uint32_t index;
    uint64_t none = 0, *seq;
    switch (schema_type(f)) {
    case TYPE_ID:
    case TYPE_NAME:
        if (f == F_ID) {
            put_id(p, e->id);
            break;
        }
        index = put_text(p, *(const struct str *)m);
        if (f == F_SRC)
            *src = index;
        break;
    case TYPE_UINT:
        seq = *src < PACK_TEXTS_MAX ? &p->past.seq[*src] : &none;
        put_number(p, zigzag(minus((int64_t)e->seq, (int64_t)*seq)));
        *seq = e->seq;
        break;
    case TYPE_TIME:
        put_number(p, zigzag(minus(*(const ms_t *)m, f == F_TS ? p->past.ts : e->ts)));
        break;
    case TYPE_NUMBER:
        put_number(p, zigzag(*(const int64_t *)m));
        break;
    case TYPE_BOOL:
        p->p[p->n++] = *(const bool *)m;
        break;
    case TYPE_WORD:
        if (f != F_TYPE) /* the kind says it */
            p->p[p->n++] = *(const uint8_t *)m;
        break;
    }
}

void pack_event(struct pack *p, const struct event *e)
{
    uint32_t before = p->n, src = PACK_TEXTS_MAX;
    CHECK(pack_room(p) && e->kind < EV_N);
    put_shape(p, e->kind, e->has, e->nil);
    for (uint64_t left = e->has & ~e->nil; left != 0; left &= left - 1)
        put_field(p, e, (enum event_field)__builtin_ctzll(left), &src);
    put_rts(p, e->rts);
    p->past.ts = e->ts;
    p->entries++;
    CHECK(p->n - before <= PACK_ENTRY_MAX);
}

void pack_tick(struct pack *p, ms_t at, bool done)
{
    CHECK(pack_room(p));
    put_shape(p, done ? CODE_TICK : CODE_TICK_PART, 0, 0);
    put_rts(p, at);
    p->entries++;
}

void pack_claim(struct pack *p, struct str client, uint64_t batch)
{
    CHECK(pack_room(p));
    put_shape(p, CODE_CLAIM, 0, 0);
    put_text(p, client);
    put_number(p, batch);
    p->entries++;
}

void pack_attend(struct pack *p, ms_t at, uint64_t alert_id, uint8_t attention, struct str by,
                 ms_t until)
{
    CHECK(pack_room(p));
    put_shape(p, CODE_ATTEND, 0, 0);
    put_rts(p, at);
    put_number(p, alert_id);
    p->p[p->n++] = attention;
    put_text(p, by);
    put_number(p, zigzag(minus(until, at)));
    p->entries++;
}

/* --- reading ------------------------------------------------------------------------------ */

void unpack_begin(struct unpack *u, const void *bytes, uint64_t n)
{
    u->p = bytes;
    u->end = u->p + n;
    u->past.ts = u->past.rts = 0;
    u->past.id = 0;
    u->past.texts = u->past.shapes = 0;
}

static bool get_byte(struct unpack *u, uint8_t *ret)
{
    if (u->p == u->end)
        return false;
    *ret = *u->p++;
    return true;
}

static bool get_number(struct unpack *u, uint64_t *ret)
{
    uint64_t v = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        uint8_t byte;
        if (!get_byte(u, &byte) || (shift == 63 && byte > 1))
            return false;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret = v;
            return true;
        }
    }
    return false;
}

static bool get_signed(struct unpack *u, int64_t *ret)
{
    uint64_t v;
    if (!get_number(u, &v))
        return false;
    *ret = unzigzag(v);
    return true;
}

static bool get_bytes(struct unpack *u, struct str *ret)
{
    uint8_t n;
    if (!get_byte(u, &n) || n > NAME_BYTES_MAX || n > u->end - u->p)
        return false;
    *ret = (struct str){(const char *)u->p, n};
    u->p += n;
    return true;
}

static bool get_text(struct unpack *u, struct str *ret, uint32_t *ret_index)
{
    struct pack_past *past = &u->past;
    uint64_t ref;
    if (!get_number(u, &ref))
        return false;
    *ret_index = PACK_TEXTS_MAX;
    if (ref > 0) {
        if (ref > past->texts)
            return false;
        *ret_index = (uint32_t)ref - 1;
        *ret = past->text[ref - 1];
        return true;
    }
    if (!get_bytes(u, ret))
        return false;
    if (past->texts < PACK_TEXTS_MAX) {
        *ret_index = past->texts;
        past->seq[past->texts] = 0;
        past->text[past->texts++] = *ret;
    }
    return true;
}

static bool get_id(struct unpack *u, struct str *ret)
{
    uint64_t how = 1, v;
    int64_t by;
    if (!get_number(u, &how) || how == 0)
        return how == 0 && get_bytes(u, ret);
    if (how > 1 || !get_signed(u, &by))
        return false;
    u->past.id = v = (uint64_t)plus((int64_t)u->past.id, by);
    char *end = u->digits + sizeof u->digits, *at = end;
    do
        *--at = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    *ret = (struct str){at, (uint32_t)(end - at)};
    return true;
}

static bool uncoded(uint64_t codes, uint64_t *ret)
{
    *ret = 0;
    for (uint32_t i = 0; i < ARRAY_LEN(field_of); i++)
        *ret |= (codes >> i & 1) << field_of[i];
    return codes >> ARRAY_LEN(field_of) == 0;
}

static bool get_shape(struct unpack *u, struct pack_shape *ret)
{
    struct pack_past *past = &u->past;
    uint64_t ref, has, nil;
    uint8_t code;
    if (!get_number(u, &ref) || ref > past->shapes)
        return false;
    if (ref > 0) {
        *ret = past->shape[ref - 1];
        return true;
    }
    if (!get_byte(u, &code) || !get_number(u, &has) || !get_number(u, &nil) ||
        !uncoded(has, &ret->has) || !uncoded(nil, &ret->nil))
        return false;
    ret->kind = code < ARRAY_LEN(kind_of) ? kind_of[code] : code;
    if (ret->kind == EV_NONE || (ret->kind > EV_N && ret->kind < CODE_TICK))
        return false;
    if (past->shapes < PACK_SHAPES_MAX)
        past->shape[past->shapes++] = *ret;
    return true;
}

static bool get_rts(struct unpack *u, ms_t *ret)
{
    int64_t by;
    if (!get_signed(u, &by))
        return false;
    *ret = u->past.rts = plus(u->past.rts, by);
    return true;
}

static bool get_word(struct unpack *u, enum event_field f, uint8_t *ret)
{
    if (f == F_TYPE) /* the kind says it */
        return true;
    if (!get_byte(u, ret))
        return false;
    uint32_t words = 0;
    while (words <= *ret && schema_word(f, words) != NULL)
        words++;
    return words > *ret;
}

static bool get_field(struct unpack *u, struct event *e, enum event_field f, uint32_t *src)
{
    void *m = (char *)e + ((const char *)schema_member(e, f) - (const char *)e);
    uint32_t index;
    int64_t v;
    uint8_t byte;
    switch (schema_type(f)) {
    case TYPE_ID:
        if (f == F_ID)
            return get_id(u, &e->id);
        return get_text(u, m, &index);
    case TYPE_NAME:
        if (!get_text(u, m, &index))
            return false;
        if (f == F_SRC)
            *src = index;
        return true;
    case TYPE_UINT:
        if (!get_signed(u, &v))
            return false;
        e->seq = (uint64_t)plus(*src < PACK_TEXTS_MAX ? (int64_t)u->past.seq[*src] : 0, v);
        if (*src < PACK_TEXTS_MAX)
            u->past.seq[*src] = e->seq;
        return true;
    case TYPE_TIME:
        if (!get_signed(u, &v))
            return false;
        *(ms_t *)m = plus(f == F_TS ? u->past.ts : e->ts, v);
        return true;
    case TYPE_NUMBER:
        return get_signed(u, m);
    case TYPE_BOOL:
        if (!get_byte(u, &byte) || byte > 1)
            return false;
        *(bool *)m = byte != 0;
        return true;
    case TYPE_WORD:
        return get_word(u, f, m);
    }
    return false;
}

static bool get_event(struct unpack *u, const struct pack_shape *s, struct event *e)
{
    uint32_t src = PACK_TEXTS_MAX;
    enum event_field wrong;
    e->kind = s->kind;
    if (e->kind >= EV_N)
        return false;
    e->has = s->has;
    e->nil = s->nil;
    for (uint64_t left = e->has & ~e->nil; left != 0; left &= left - 1)
        if (!get_field(u, e, (enum event_field)__builtin_ctzll(left), &src))
            return false;
    if (!get_rts(u, &e->rts) || event_check(e, &wrong) != 0)
        return false;
    u->past.ts = e->ts;
    return true;
}

int unpack_next(struct unpack *u, struct pack_entry *ret)
{
    struct pack_shape shape;
    uint32_t index;
    bool fine;
    if (u->p == u->end)
        return 0;
    if (!get_shape(u, &shape))
        return ERR_BAD_PACK;
    memset(ret, 0, sizeof *ret);
    if (shape.kind == CODE_CLAIM) {
        ret->kind = PACK_CLAIM;
        fine = get_text(u, &ret->by, &index) && get_number(u, &ret->number);
    } else if (shape.kind == CODE_ATTEND) {
        ret->kind = PACK_ATTEND;
        fine = get_rts(u, &ret->event.rts) && get_number(u, &ret->number) &&
               get_byte(u, &ret->attention) && get_text(u, &ret->by, &index) &&
               get_signed(u, &ret->until);
        ret->until = plus(ret->event.rts, ret->until);
    } else if (shape.kind == CODE_TICK || shape.kind == CODE_TICK_PART) {
        ret->kind = shape.kind == CODE_TICK ? PACK_TICK : PACK_TICK_PART;
        ret->event.kind = EV_TICK;
        fine = get_rts(u, &ret->event.rts);
    } else {
        ret->kind = PACK_EVENT;
        fine = get_event(u, &shape, &ret->event);
    }
    return fine ? 1 : ERR_BAD_PACK;
}
