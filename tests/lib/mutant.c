#include "tests/lib/mutant.h"

#include "proto/request.h"
#include "proto/schema.h"
#include "proto/text.h"
#include "tests/lib/random_event.h"
#include "tests/lib/shape.h"

enum { CHANGES_MAX = 4, WHOLE_BYTES = 1 << 13, MADE_TEXTS = 64, OUT_BYTES = 1 << 20 };

struct mutation {
    const struct mutant_of *of;
    struct random r;
    struct shape *s;
    uint8_t whole[CHANGES_MAX + 1][WHOLE_BYTES]; /* whose texts s borrows */
    uint32_t wholes;
    char text[MADE_TEXTS][NAME_BYTES_MAX + 2];
    uint32_t texts;
};

/* --- values --------------------------------------------------------------------------------- */

static uint64_t edge(struct random *r)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     1000000,
                                     UINT8_MAX,
                                     UINT16_MAX,
                                     INT32_MAX,
                                     UINT32_MAX,
                                     1ULL << 53,
                                     INT64_MAX,
                                     UINT64_MAX,
                                     1ULL << 63,
                                     (uint64_t)INT32_MIN,
                                     (uint64_t)MS_MIN_TS,
                                     (uint64_t)MS_MAX_TS,
                                     1770372000, /* seconds */
                                     1770372000000};
    uint64_t e = edges[random_below(r, ARRAY_LEN(edges))];
    return random_percent(r, 50) ? e + random_below(r, 5) - 2 : e;
}

static struct shape_value uint_of(uint64_t bits)
{
    return (struct shape_value){.kind = bits > INT64_MAX ? SHAPE_INT : SHAPE_UINT, .bits = bits};
}

static struct shape_value str_value(const char *p, uint32_t n)
{
    return (struct shape_value){.kind = SHAPE_STR, .p = (const uint8_t *)p, .n = n};
}

/* Texts at the limits of what a name may be, and beyond. */
static struct shape_value odd_text(struct mutation *m)
{
    static const char *const odd[] = {
        "",  "(auto)", "(other)",        "(customer)",         "\xff",         "\xc0\x80",
        "-", "%2E",    "\xed\xa0\x80",   "\xe2\x80\xae",       "\x1b[31m",     "=1+1",
        "0", "-1",     "99999999999999", "\xef\xbb\xbf\x7f.a", "\xf4\x90\x80", "\xe5\xae\xa2"};
    char *text = m->text[m->texts++ % MADE_TEXTS];
    uint32_t n = 0;
    switch (random_below(&m->r, 4)) {
    case 0: /* a long one */
        n = (uint32_t)random_range(&m->r, NAME_BYTES_MAX - 2, NAME_BYTES_MAX + 2);
        memset(text, 'n', n);
        return str_value(text, n);
    case 1: /* with a zero */
        memcpy(text, "a\0b", 3);
        return str_value(text, 3);
    default: {
        const char *o = odd[random_below(&m->r, ARRAY_LEN(odd))];
        return str_value(o, (uint32_t)strlen(o));
    }
    }
}

static struct shape_value word(struct mutation *m)
{
    const char *w = m->of->word(&m->r);
    return str_value(w, (uint32_t)strlen(w));
}

static struct shape_value real(struct random *r)
{
    static const double reals[] = {0.0, -0.0, 0.5, 1e-7, 1.5e12, 1e18, 1e300, 5e-324, 1770372000e3};
    double d = reals[random_below(r, ARRAY_LEN(reals))];
    uint64_t infinite = 0x7ffULL << 52, bits;
    memcpy(&bits, &d, sizeof bits);
    uint64_t odd = random_below(r, 6); /* infinite, no number, below zero */
    bits = odd == 0 ? infinite : odd == 1 ? infinite | 1 : odd == 2 ? bits | 1ULL << 63 : bits;
    if (random_percent(r, 30))
        return (struct shape_value){.kind = SHAPE_FLOAT, .bits = bits >> 32};
    return (struct shape_value){.kind = SHAPE_DOUBLE, .bits = bits};
}

/* Mostly the timestamp of MessagePack, of each of its sizes. */
static struct shape_value ext(struct mutation *m)
{
    static const uint8_t sizes[] = {4, 8, 12, 0, 1, 16};
    uint8_t *p = (uint8_t *)m->text[m->texts++ % MADE_TEXTS];
    for (uint32_t i = 0; i < 16; i++)
        p[i] = (uint8_t)random_next(&m->r);
    bool time = random_percent(&m->r, 80);
    return (struct shape_value){.kind = SHAPE_EXT,
                                .type = (int8_t)(time ? -1 : (int)random_below(&m->r, 256) - 128),
                                .p = p,
                                .n = sizes[random_below(&m->r, ARRAY_LEN(sizes))]};
}

/* Anything that has no parts, or is empty. */
static struct shape_value anything(struct mutation *m)
{
    enum shape_kind kind = (enum shape_kind)random_below(&m->r, SHAPE_KINDS);
    struct shape_value v = {.kind = (uint8_t)kind};
    switch (kind) {
    case SHAPE_BOOL:
        v.bits = random_below(&m->r, 2);
        return v;
    case SHAPE_UINT:
    case SHAPE_INT:
        return uint_of(edge(&m->r));
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return real(&m->r);
    case SHAPE_STR:
        return random_percent(&m->r, 60) ? word(m) : odd_text(m);
    case SHAPE_BIN:
        v = odd_text(m);
        v.kind = SHAPE_BIN;
        return v;
    case SHAPE_EXT:
        return ext(m);
    default: /* nil, an empty array or map */
        return v;
    }
}

/* --- changes -------------------------------------------------------------------------------- */

static uint32_t pick(struct mutation *m)
{
    return (uint32_t)random_below(&m->r, m->s->n);
}

/* The same kind, another value. */
static bool other_value(struct mutation *m)
{
    struct shape_value *v = &m->s->v[pick(m)], text;
    switch ((enum shape_kind)v->kind) {
    case SHAPE_BOOL:
        v->bits ^= 1;
        return true;
    case SHAPE_UINT:
    case SHAPE_INT:
        *v =
            uint_of(random_percent(&m->r, 50) ? edge(&m->r) : v->bits + random_below(&m->r, 7) - 3);
        return true;
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        *v = real(&m->r);
        return true;
    case SHAPE_STR:
    case SHAPE_BIN:
        text = random_percent(&m->r, 60) ? word(m) : odd_text(m);
        v->p = text.p;
        v->n = text.n;
        return true;
    case SHAPE_EXT:
        *v = ext(m);
        return true;
    default:
        return false;
    }
}

/* Another kind in its place, with all that was in it; keys keep theirs mostly. */
static bool other_kind(struct mutation *m)
{
    uint32_t i = pick(m);
    if (m->s->key[i] && random_percent(&m->r, 80))
        return false;
    struct shape_value v = anything(m);
    return shape_splice(m->s, i, shape_span(m->s, i), &v, 1);
}

static bool other_width(struct mutation *m)
{
    m->s->v[pick(m)].wide = (uint8_t)random_below(&m->r, 4);
    return true;
}

static bool other_key(struct mutation *m)
{
    uint32_t i = pick(m);
    if (!m->s->key[i])
        return false;
    struct shape_value v = word(m);
    return shape_splice(m->s, i, shape_span(m->s, i), &v, 1);
}

/* The first value of the member or element that i belongs to; SHAPE_MAX: it is the whole. */
static uint32_t unit(const struct shape *s, uint32_t i, uint32_t *ret_span)
{
    if (s->owner[i] == SHAPE_NOBODY)
        return SHAPE_MAX;
    uint32_t first = i, end = i + shape_span(s, i);
    if (s->v[s->owner[i]].kind == SHAPE_MAP) {
        if (s->key[i])
            end += shape_span(s, end);
        else
            while (!(s->key[first] && s->owner[first] == s->owner[i]))
                first--;
    }
    *ret_span = end - first;
    return first;
}

static bool leave_out(struct mutation *m)
{
    uint32_t n, i = unit(m->s, pick(m), &n);
    if (i == SHAPE_MAX)
        return false;
    uint32_t owner = m->s->owner[i];
    CHECK(shape_splice(m->s, i, n, NULL, 0));
    m->s->v[owner].n--;
    return true;
}

/* Once more, right behind itself: the last of two equal keys counts. */
static bool twice(struct mutation *m)
{
    static struct shape_value copy[SHAPE_MAX];
    uint32_t n, i = unit(m->s, pick(m), &n);
    if (i == SHAPE_MAX)
        return false;
    memcpy(copy, &m->s->v[i], n * sizeof copy[0]);
    uint32_t owner = m->s->owner[i];
    if (!shape_splice(m->s, i, 0, copy, n))
        return false;
    m->s->v[owner].n++;
    return true;
}

/* A new member or element at the beginning of a container. */
static bool one_more(struct mutation *m)
{
    uint32_t i = pick(m);
    struct shape_value v[2] = {word(m), anything(m)};
    bool map = m->s->v[i].kind == SHAPE_MAP;
    if (!map && m->s->v[i].kind != SHAPE_ARRAY)
        return false;
    if (!shape_splice(m->s, i + 1, 0, map ? v : v + 1, map ? 2 : 1))
        return false;
    m->s->v[i].n++;
    return true;
}

static bool wrapped(struct mutation *m)
{
    uint32_t i = pick(m);
    struct shape_value v[2] = {{.kind = SHAPE_ARRAY, .n = 1}, word(m)};
    bool map = random_percent(&m->r, 30);
    v[0].kind = map ? SHAPE_MAP : SHAPE_ARRAY;
    return !m->s->key[i] && shape_splice(m->s, i, 0, v, map ? 2 : 1);
}

/* A value of another place. */
static bool moved(struct mutation *m)
{
    static struct shape_value copy[SHAPE_MAX];
    uint32_t from = pick(m), to = pick(m), n = shape_span(m->s, from);
    memcpy(copy, &m->s->v[from], n * sizeof copy[0]);
    return m->s->key[from] == m->s->key[to] &&
           shape_splice(m->s, to, shape_span(m->s, to), copy, n);
}

/* A valid one besides (elements of one array, as a batch has them), or in its place. */
static bool whole(struct mutation *m)
{
    static struct shape other;
    char *bytes = (char *)m->whole[m->wholes];
    int n = m->of->whole(&m->r, bytes, WHOLE_BYTES);
    m->wholes++;
    if (n <= 0 || !shape_read(&other, bytes, (size_t)n))
        return false;
    if (m->s->n == 0 || !m->of->batches || random_percent(&m->r, 10))
        return shape_splice(m->s, 0, m->s->n, other.v, other.n);
    if (m->s->v[0].kind != SHAPE_ARRAY) {
        struct shape_value batch = {.kind = SHAPE_ARRAY, .n = 1};
        if (!shape_splice(m->s, 0, 0, &batch, 1))
            return false;
    }
    if (!shape_splice(m->s, 1, 0, other.v, other.n))
        return false;
    m->s->v[0].n++;
    return true;
}

static void change(struct mutation *m)
{
    static bool (*const changes[])(struct mutation *) = {
        other_value, other_value, other_value, other_kind, other_width, other_key,
        leave_out,   twice,       one_more,    moved,      whole,       wrapped};
    /* What does not suit the value that was picked: another one. */
    for (int tries = 0; tries < 20; tries++) {
        uint32_t which = (uint32_t)random_below(&m->r, ARRAY_LEN(changes));
        bool done = (changes[which] != whole || m->wholes <= CHANGES_MAX) && changes[which](m);
        shape_lay(m->s);
        if (done)
            return;
    }
}

/* Writes through a buffer of its own: texts are borrowed from `to`. What has grown too large is
 * left as it was. */
static size_t finish(const struct shape *s, uint8_t *to, size_t n, size_t max)
{
    static uint8_t out[OUT_BYTES];
    size_t len = shape_write(s, out, max < sizeof out ? max : sizeof out);
    if (len == 0)
        return n;
    memcpy(to, out, len);
    return len;
}

static void begin(struct mutation *m, const struct mutant_of *of, struct shape *s, uint32_t seed)
{
    m->of = of;
    m->r = (struct random){seed};
    m->s = s;
    m->wholes = m->texts = 0;
}

size_t mutant_make(const struct mutant_of *of, uint8_t *data, size_t n, size_t max, uint32_t seed)
{
    static struct mutation m;
    static struct shape s;
    begin(&m, of, &s, seed);
    if (!shape_read(&s, data, n)) {
        s.n = 0;
        if (!whole(&m))
            return n;
        shape_lay(&s);
    }
    for (uint64_t i = 1 + random_below(&m.r, CHANGES_MAX); i > 0; i--)
        change(&m);
    return finish(&s, data, n, max);
}

size_t mutant_cross(const struct mutant_of *of, const uint8_t *data, size_t n, const uint8_t *other,
                    size_t other_n, uint8_t *to, size_t max, uint32_t seed)
{
    static struct mutation m;
    static struct shape s, from;
    begin(&m, of, &s, seed);
    if (!shape_read(&s, data, n) || !shape_read(&from, other, other_n))
        return 0;
    for (int tries = 0; tries < 20; tries++) {
        uint32_t i = pick(&m), k = (uint32_t)random_below(&m.r, from.n);
        if (s.key[i] == from.key[k] &&
            shape_splice(&s, i, shape_span(&s, i), &from.v[k], shape_span(&from, k)))
            break;
    }
    return finish(&s, to, 0, max);
}

/* --- what is known -------------------------------------------------------------------------- */

static const char *event_word(struct random *r)
{
    static const char *const names[] = {"T-1", "T-2", "ada", "billing", "gold", "P1"};
    enum event_field f = (enum event_field)random_below(r, F_N);
    uint32_t words = 0;
    switch (random_below(r, 4)) {
    case 0:
        return names[random_below(r, ARRAY_LEN(names))];
    case 1:
        return event_kind_name((enum event_kind)random_below(r, EV_N));
    case 2:
        while (f != F_TYPE && schema_type(f) == TYPE_WORD && schema_word(f, words) != NULL)
            words++;
        if (words > 0)
            return schema_word(f, (uint32_t)random_below(r, words));
        return schema_key(f);
    default:
        return schema_key(f);
    }
}

static int event_whole(struct random *r, char *to, size_t max)
{
    struct event e;
    struct random_texts texts;
    struct emitter em;
    random_event(r, &e, &texts);
    emit_start(&em, SINK_MSGPACK, to, max);
    event_emit(&em, NULL, &e);
    return emit_finish(&em);
}

const struct mutant_of mutant_events = {event_word, event_whole, true};

static const char *const request_texts[] = {"op",
                                            "prefix",
                                            "scope",
                                            "name",
                                            "window",
                                            "ticket",
                                            "team",
                                            "agent",
                                            "run",
                                            "active",
                                            "from",
                                            "to",
                                            "since_seq",
                                            "step",
                                            "indicator",
                                            "field",
                                            "until",
                                            "alert_id",
                                            "by",
                                            "config",
                                            "billing",
                                            "ada",
                                            "T-1",
                                            "1h",
                                            "5m",
                                            "today",
                                            "kpi.",
                                            "alert.",
                                            "score.",
                                            "all",
                                            "channel",
                                            "waiting",
                                            "first_response",
                                            "attainment",
                                            "p90",
                                            "windows: [1m]",
                                            "policies: [{id: a, first_response: 1m}]",
                                            "rules: [{id: w, indicator: open, fire: '>= 2'}]"};

static const char *op_name(struct random *r)
{
    static const char *const ops[] = {
#define OP_NAME(name, wire) wire,
        REQUEST_OPS(OP_NAME)
#undef OP_NAME
    };
    return ops[random_below(r, ARRAY_LEN(ops))];
}

static const char *request_word(struct random *r)
{
    return random_percent(r, 25) ? op_name(r)
                                 : request_texts[random_below(r, ARRAY_LEN(request_texts))];
}

/* Any operation with what it needs, and some of what it takes. */
static int request_whole(struct random *r, char *to, size_t max)
{
    static const char *const names[] = {"billing", "ada",   "all", "1h",
                                        "5m",      "today", "T-1", "gold"};
#define SOME str_of(random_percent(r, 25) ? names[random_below(r, ARRAY_LEN(names))] : "")
    const ms_t at = 1770372000000;
    struct request q = {.op = (uint8_t)random_below(r, OP_N),
                        .scope = (int8_t)random_range(r, -1, SCOPE_N - 1),
                        .until = random_percent(r, 50) ? MS_NEVER : at,
                        .alert_id = random_next(r),
                        .by = str_of("ada")};
    bool timed = q.op == OP_SCORECARD || q.op == OP_HISTORY;
    q.name = SOME;
    q.window = SOME;
    q.prefix = str_of(random_percent(r, 25) ? "alert." : "");
    q.ticket = q.op == OP_EXPLAIN ? str_of("T-1") : SOME;
    q.team = SOME;
    q.agent = SOME;
    q.config = str_of(q.op == OP_COMPARE ? "windows: [1h]" : "");
    q.has_since = q.op == OP_ALERTS && random_percent(r, 50);
    q.since_seq = random_below(r, 100);
    if (timed && random_percent(r, 50)) {
        q.from = at - (ms_t)random_below(r, 100 * MS_DAY);
        q.to = at;
    }
#undef SOME
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, to, max);
    request_emit(&em, &q);
    return emit_finish(&em);
}

const struct mutant_of mutant_requests = {request_word, request_whole, false};
