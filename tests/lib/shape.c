#include "tests/lib/shape.h"

struct cursor {
    const uint8_t *at, *end;
};

static bool has(const struct cursor *c, uint64_t n)
{
    return n <= (uint64_t)(c->end - c->at);
}

/* An unsigned number of so many bytes, the highest first. */
static bool number(struct cursor *c, uint32_t bytes, uint64_t *ret)
{
    *ret = 0;
    if (!has(c, bytes))
        return false;
    while (bytes-- > 0)
        *ret = *ret << 8 | *c->at++;
    return true;
}

/* A text whose length has that many bytes (0: it is n), after an EXT's type. */
static bool text(struct cursor *c, struct shape_value *v, uint32_t bytes, uint64_t n)
{
    uint64_t type = 0;
    if ((bytes > 0 && !number(c, bytes, &n)) || (v->kind == SHAPE_EXT && !number(c, 1, &type)) ||
        !has(c, n))
        return false;
    v->type = (int8_t)type;
    v->n = (uint32_t)n;
    v->p = c->at;
    c->at += n;
    return true;
}

static bool of_kind(struct shape_value *v, enum shape_kind kind)
{
    v->kind = (uint8_t)kind;
    return true;
}

static bool integer(struct cursor *c, struct shape_value *v, uint32_t bytes, bool is_signed)
{
    if (!number(c, bytes, &v->bits))
        return false;
    uint64_t sign = 1ULL << (bytes * 8 - 1);
    bool below = is_signed && (v->bits & sign) != 0;
    if (below)
        v->bits |= ~(sign - 1);
    return of_kind(v, below ? SHAPE_INT : SHAPE_UINT);
}

static bool counted(struct cursor *c, struct shape_value *v, uint32_t bytes)
{
    uint64_t n;
    bool fine = number(c, bytes, &n);
    v->n = (uint32_t)n;
    return fine;
}

/* From 0xc0 to 0xdf. */
static bool marked(struct cursor *c, struct shape_value *v, uint8_t b)
{
    switch (b) {
    case 0xc0:
        return of_kind(v, SHAPE_NIL);
    case 0xc2:
    case 0xc3:
        v->bits = b & 1;
        return of_kind(v, SHAPE_BOOL);
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return of_kind(v, SHAPE_BIN) && text(c, v, 1U << (b - 0xc4), 0);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return of_kind(v, SHAPE_EXT) && text(c, v, 1U << (b - 0xc7), 0);
    case 0xca:
        return of_kind(v, SHAPE_FLOAT) && number(c, 4, &v->bits);
    case 0xcb:
        return of_kind(v, SHAPE_DOUBLE) && number(c, 8, &v->bits);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return of_kind(v, SHAPE_STR) && text(c, v, 1U << (b - 0xd9), 0);
    case 0xdc:
    case 0xdd:
        return of_kind(v, SHAPE_ARRAY) && counted(c, v, 2U << (b - 0xdc));
    case 0xde:
    case 0xdf:
        return of_kind(v, SHAPE_MAP) && counted(c, v, 2U << (b - 0xde));
    default:
        break;
    }
    if (b >= 0xcc && b <= 0xcf)
        return integer(c, v, 1U << (b - 0xcc), false);
    if (b >= 0xd0 && b <= 0xd3)
        return integer(c, v, 1U << (b - 0xd0), true);
    if (b >= 0xd4 && b <= 0xd8)
        return of_kind(v, SHAPE_EXT) && text(c, v, 0, 1U << (b - 0xd4));
    return false; /* 0xc1 is nothing */
}

static bool one(struct cursor *c, struct shape_value *v)
{
    if (!has(c, 1))
        return false;
    uint8_t b = *c->at++;
    *v = (struct shape_value){.kind = SHAPE_UINT};
    if (b < 0x80) {
        v->bits = b;
    } else if (b >= 0xe0) {
        v->kind = SHAPE_INT;
        v->bits = (uint64_t)(int64_t)(int8_t)b;
    } else if (b < 0xa0) {
        v->kind = b < 0x90 ? SHAPE_MAP : SHAPE_ARRAY;
        v->n = b & 0x0f;
    } else if (b < 0xc0) {
        v->kind = SHAPE_STR;
        return text(c, v, 0, b & 0x1f);
    } else {
        return marked(c, v, b);
    }
    return true;
}

static uint64_t parts(const struct shape_value *v)
{
    return v->kind == SHAPE_ARRAY ? v->n : v->kind == SHAPE_MAP ? 2ULL * v->n : 0;
}

bool shape_read(struct shape *s, const void *bytes, size_t n)
{
    struct cursor c = {bytes, (const uint8_t *)bytes + n};
    s->n = 0;
    for (uint64_t wanted = 1; wanted > 0; wanted--) {
        if (s->n == SHAPE_MAX || !one(&c, &s->v[s->n]))
            return false;
        wanted += parts(&s->v[s->n++]);
    }
    if (c.at != c.end)
        return false;
    shape_lay(s);
    return true;
}

/* --- writing -------------------------------------------------------------------------------- */

struct pen {
    uint8_t *at, *end;
    bool full;
};

static void put(struct pen *p, const void *bytes, size_t n)
{
    p->full |= n > (size_t)(p->end - p->at);
    if (p->full || n == 0)
        return;
    memcpy(p->at, bytes, n);
    p->at += n;
}

static void put_number(struct pen *p, uint8_t mark, uint64_t v, uint32_t bytes)
{
    uint8_t b[9] = {mark};
    for (uint32_t i = 0; i < bytes; i++)
        b[1 + i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
    put(p, b, 1 + bytes);
}

/* The smallest of 1, 2, 4, 8 bytes (as its logarithm) that holds v, and `wide` sizes more. */
static uint32_t size_of(uint64_t v, uint32_t wide, uint32_t least, uint32_t most)
{
    uint32_t size = v > UINT32_MAX ? 3 : v > UINT16_MAX ? 2 : v > UINT8_MAX ? 1 : 0;
    size = (size > least ? size : least) + wide;
    return size < most ? size : most;
}

/* The head of what has a count: in its own byte (`small` at most), or after a mark. */
static void put_head(struct pen *p, const struct shape_value *v, uint8_t own, uint32_t small,
                     uint8_t mark, uint32_t least)
{
    uint32_t size = size_of(v->n, v->wide > 0 ? v->wide - 1U : 0, least, 2);
    if (v->n <= small && v->wide == 0)
        put_number(p, (uint8_t)(own | v->n), 0, 0);
    else
        put_number(p, (uint8_t)(mark + size - least), v->n, 1U << size);
}

static void put_int(struct pen *p, const struct shape_value *v)
{
    int64_t i = (int64_t)v->bits;
    uint32_t size = i < INT32_MIN ? 3 : i < INT16_MIN ? 2 : i < INT8_MIN ? 1 : 0;
    size = size + v->wide < 3 ? size + v->wide : 3;
    if (v->wide == 0 && i >= -32)
        put_number(p, (uint8_t)v->bits, 0, 0);
    else
        put_number(p, (uint8_t)(0xd0 + size), v->bits, 1U << size);
}

static void put_ext(struct pen *p, const struct shape_value *v)
{
    static const uint8_t fixed[] = {1, 2, 4, 8, 16};
    uint32_t k = 0;
    while (k < ARRAY_LEN(fixed) && fixed[k] != v->n)
        k++;
    uint32_t size = size_of(v->n, v->wide, 0, 2);
    if (k < ARRAY_LEN(fixed) && v->wide == 0)
        put_number(p, (uint8_t)(0xd4 + k), 0, 0);
    else
        put_number(p, (uint8_t)(0xc7 + size), v->n, 1U << size);
    put(p, &v->type, 1);
}

static void put_value(struct pen *p, const struct shape_value *v)
{
    switch ((enum shape_kind)v->kind) {
    case SHAPE_NIL:
        put_number(p, 0xc0, 0, 0);
        break;
    case SHAPE_BOOL:
        put_number(p, v->bits != 0 ? 0xc3 : 0xc2, 0, 0);
        break;
    case SHAPE_UINT: {
        uint32_t size = size_of(v->bits, v->wide, 0, 3);
        if (v->bits < 0x80 && v->wide == 0)
            put_number(p, (uint8_t)v->bits, 0, 0);
        else
            put_number(p, (uint8_t)(0xcc + size), v->bits, 1U << size);
        break;
    }
    case SHAPE_INT:
        put_int(p, v);
        break;
    case SHAPE_FLOAT:
        put_number(p, 0xca, v->bits, 4);
        break;
    case SHAPE_DOUBLE:
        put_number(p, 0xcb, v->bits, 8);
        break;
    case SHAPE_STR:
        put_head(p, v, 0xa0, 31, 0xd9, 0);
        break;
    case SHAPE_BIN:
        put_number(p, (uint8_t)(0xc4 + size_of(v->n, v->wide, 0, 2)), v->n,
                   1U << size_of(v->n, v->wide, 0, 2));
        break;
    case SHAPE_EXT:
        put_ext(p, v);
        break;
    case SHAPE_ARRAY:
        put_head(p, v, 0x90, 15, 0xdc, 1);
        break;
    case SHAPE_MAP:
        put_head(p, v, 0x80, 15, 0xde, 1);
        break;
    case SHAPE_KINDS:
        CHECK(false);
    }
    if (v->kind == SHAPE_STR || v->kind == SHAPE_BIN || v->kind == SHAPE_EXT)
        put(p, v->p, v->n);
}

size_t shape_write(const struct shape *s, void *to, size_t max)
{
    struct pen p = {to, (uint8_t *)to + max, false};
    for (uint32_t i = 0; i < s->n; i++)
        put_value(&p, &s->v[i]);
    return p.full ? 0 : (size_t)(p.at - (uint8_t *)to);
}

/* --- cutting -------------------------------------------------------------------------------- */

uint32_t shape_span(const struct shape *s, uint32_t i)
{
    uint32_t n = 0;
    for (uint64_t wanted = 1; wanted > 0; wanted--)
        wanted += parts(&s->v[i + n++]);
    return n;
}

void shape_lay(struct shape *s)
{
    static uint64_t left[SHAPE_MAX]; /* of each container */
    uint16_t inside = SHAPE_NOBODY;
    for (uint32_t i = 0; i < s->n; i++) {
        while (inside != SHAPE_NOBODY && left[inside] == 0)
            inside = s->owner[inside];
        s->owner[i] = inside;
        s->key[i] =
            inside != SHAPE_NOBODY && s->v[inside].kind == SHAPE_MAP && left[inside] % 2 == 0;
        if (inside != SHAPE_NOBODY)
            left[inside]--;
        left[i] = parts(&s->v[i]);
        if (left[i] > 0)
            inside = (uint16_t)i;
    }
}

bool shape_splice(struct shape *s, uint32_t i, uint32_t drop, const struct shape_value *add,
                  uint32_t add_n)
{
    CHECK(i + drop <= s->n);
    if (s->n - drop + add_n > SHAPE_MAX)
        return false;
    memmove(&s->v[i + add_n], &s->v[i + drop], (s->n - i - drop) * sizeof s->v[0]);
    if (add_n > 0)
        memcpy(&s->v[i], add, add_n * sizeof s->v[0]);
    s->n = s->n - drop + add_n;
    return true;
}
