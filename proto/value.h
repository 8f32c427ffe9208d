/* value.h: one value as it came over the wire, and what may be made of it.
 *
 * Readers of MessagePack, JSON and CSV all produce these. Numbers come in any width or as float:
 * integral floats are integers, every number is a NUMBER. Functions return 0 or an ERR_x. */
#ifndef TP_PROTO_VALUE_H
#define TP_PROTO_VALUE_H

#include "core/err.h"
#include "core/limits.h"

enum value_kind {
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_FLOAT,
    VALUE_TEXT,
    VALUE_BYTES,
    VALUE_EXT,
    VALUE_MAP,
    VALUE_ARRAY,
};

/* Small, so that it travels in registers. */
struct value {
    uint8_t kind;  /* enum value_kind */
    int8_t ext;    /* VALUE_EXT: its type; -1 is a timestamp */
    uint8_t depth; /* VALUE_MAP, VALUE_ARRAY: 1 for the outermost */
    uint32_t len;  /* bytes of text, bytes, ext (its type not counted); members of map, array */
    union {
        bool yes;
        int64_t i;
        uint64_t u;
        double f;
        const char *p;  /* text, bytes, ext: borrowed; may be NULL when len is 0 */
        uint32_t index; /* map, array: the reader's own */
    };
};

STATIC_ASSERT(sizeof(struct value) == 16, "two registers");

enum { TIMESTAMP_EXT = -1 }; /* MessagePack's extension type of timestamps */

/* ERR_WRONG_TYPE: no number, or a fraction; ERR_OUT_OF_RANGE: does not fit, or not finite. */
MUST_CHECK int value_int(const struct value *v, int64_t *ret);
MUST_CHECK int value_uint(const struct value *v, uint64_t *ret);

/* Any number in millionths (NUMBER_ONE), halves away from zero. */
MUST_CHECK int value_millionths(const struct value *v, int64_t *ret);

/* Milliseconds since 1970 of a timestamp extension (4, 8 or 12 bytes). */
MUST_CHECK int value_timestamp(const struct value *v, ms_t *ret);

/* 1..NAME_BYTES_MAX bytes of UTF-8 without control characters: 0, ERR_NAME_EMPTY, ERR_NAME_LONG
 * or ERR_NOT_UTF8. */
MUST_CHECK int name_check(const char *p, uint32_t len);

/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF)? */
bool utf8_valid(const char *p, uint32_t len);

#endif
