#include "tests/lib/random_event.h"

#include "proto/schema.h"

/* 1..64 bytes of ASCII, Chinese and others of 1 to 4 bytes. */
static struct str random_name(struct random *r, struct random_texts *texts)
{
    static const char *const letters[] = {"a", "Z", "0", "-",  ".",  "%",  " ",  "\"", "\\",
                                          ",", "é", "ß", "客", "服", "工", "单", "€",  "😀"};
    CHECK(texts->n < RANDOM_TEXTS);
    char *text = texts->text[texts->n++];
    uint32_t len = 0, most = (uint32_t)random_range(r, 1, NAME_BYTES_MAX);
    for (;;) {
        const char *letter = letters[random_below(r, ARRAY_LEN(letters))];
        uint32_t size = (uint32_t)strlen(letter);
        if (len + size > most)
            break;
        memcpy(text + len, letter, size);
        len += size;
    }
    if (len == 0)
        text[len++] = 'x';
    return (struct str){text, len};
}

static ms_t random_time(struct random *r)
{
    return MS_MIN_TS + (ms_t)(random_next(r) % (uint64_t)(MS_MAX_TS - MS_MIN_TS));
}

static void random_value(struct random *r, struct event *e, enum event_field f,
                         struct random_texts *texts)
{
    void *at = (char *)e + ((const char *)schema_member(e, f) - (const char *)e);
    uint32_t words = 0;
    switch (schema_type(f)) {
    case TYPE_WORD:
        while (schema_word(f, words) != NULL)
            words++;
        *(uint8_t *)at = (uint8_t)random_below(r, words);
        break;
    case TYPE_ID:
    case TYPE_NAME:
        *(struct str *)at = random_name(r, texts);
        break;
    case TYPE_UINT:
        *(uint64_t *)at = random_next(r) >> (1 + random_below(r, 63));
        break;
    case TYPE_TIME:
        *(ms_t *)at = random_time(r);
        break;
    case TYPE_BOOL:
        *(bool *)at = random_below(r, 2) == 1;
        break;
    case TYPE_NUMBER:
        *(int64_t *)at = (int64_t)(random_next(r) % 2000000000000u) - 1000000000000;
        break;
    }
}

void random_event(struct random *r, struct event *ret, struct random_texts *texts)
{
    enum event_kind kind = (enum event_kind)random_below(r, EV_N);
    uint64_t required = event_required(kind);
    uint64_t optional = event_optional(kind) | F1(ID) | F1(SRC) | F1(SEQ);
    texts->n = 0;
    memset(ret, 0, sizeof *ret);
    ret->kind = (uint8_t)kind;
    ret->has = F1(TYPE) | F1(TS) | required;
    for (enum event_field f = 0; f < F_N; f++)
        if ((optional >> f & 1) != 0 && random_below(r, 2) == 1)
            ret->has |= 1ULL << f;
    if (kind == EV_UPDATED || kind == EV_ASSIGNED)
        ret->has |= F1(TEAM);
    for (enum event_field f = 0; f < F_N; f++) {
        if (f == F_TYPE || (ret->has >> f & 1) == 0)
            continue;
        if ((required >> f & 1) == 0 && f != F_TS && random_below(r, 8) == 0)
            ret->nil |= 1ULL << f;
        else
            random_value(r, ret, f, texts);
    }
    ret->out_of = random_range(r, 5, 10) * NUMBER_ONE;
    if (kind == EV_RATED || kind == EV_RECOMMENDED)
        ret->score = random_range(r, 1, 5) * NUMBER_ONE;
}

static bool value_same(const void *a, const void *b, enum event_field f)
{
    switch (schema_type(f)) {
    case TYPE_WORD:
        return *(const uint8_t *)a == *(const uint8_t *)b;
    case TYPE_ID:
    case TYPE_NAME:
        return str_equal(*(const struct str *)a, *(const struct str *)b);
    case TYPE_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case TYPE_UINT:
    case TYPE_TIME:
    case TYPE_NUMBER:
        break;
    }
    return memcmp(a, b, sizeof(int64_t)) == 0;
}

bool event_same(const struct event *a, const struct event *b)
{
    if (a->kind != b->kind || a->has != b->has || a->nil != b->nil)
        return false;
    for (enum event_field f = 0; f < F_N; f++)
        if (event_has(a, f) && !value_same(schema_member(a, f), schema_member(b, f), f))
            return false;
    return true;
}
