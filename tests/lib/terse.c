#include "tests/lib/terse.h"

#include "proto/schema.h"

#include <stdlib.h>

/* The text in the form in which its field comes over the wire. */
static struct value value_of(enum event_field f, struct str text)
{
    struct value v = {.kind = VALUE_TEXT, .len = text.len, .p = text.p};
    if (str_equal(text, str_of("nil")))
        return (struct value){.kind = VALUE_NIL};
    switch (schema_type(f)) {
    case TYPE_BOOL:
        return (struct value){.kind = VALUE_BOOL, .yes = str_equal(text, str_of("true"))};
    case TYPE_UINT:
    case TYPE_TIME:
        return (struct value){.kind = VALUE_INT, .i = strtoll(text.p, NULL, 10)};
    case TYPE_NUMBER:
        return (struct value){.kind = VALUE_FLOAT, .f = strtod(text.p, NULL)};
    case TYPE_ID:
    case TYPE_NAME:
    case TYPE_WORD:
        break;
    }
    return v;
}

void terse_event(struct event *ret, ms_t ts, const char *line)
{
    static struct digits digits; /* never filled: integer ids come as text here */
    struct draft d;
    enum event_field field;
    size_t n = strcspn(line, " ");
    memset(ret, 0, sizeof *ret);
    draft_begin(&d, ret, &digits);
    struct value v = {.kind = VALUE_TEXT, .len = (uint32_t)n, .p = line};
    draft_set_field(&d, F_TYPE, &v);
    v = (struct value){.kind = VALUE_INT, .i = ts};
    draft_set_field(&d, F_TS, &v);
    for (line += n; *line == ' '; line += n) {
        line++;
        size_t key = strcspn(line, "= ");
        n = strcspn(line, " ");
        field = schema_field(line, (uint32_t)key);
        CHECK(field != F_N && key < n);
        v = value_of(field, (struct str){line + key + 1, (uint32_t)(n - key - 1)});
        draft_set_field(&d, field, &v);
    }
    CHECK(draft_end(&d, &field) == 0);
    ret->rts = MS_NONE;
}
