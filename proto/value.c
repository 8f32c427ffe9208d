#include "proto/value.h"

#include "core/event.h"

/* Floats of this size and more are no int64_t, uint64_t. */
#define TWO_POW_63 9223372036854775808.0
#define TWO_POW_64 18446744073709551616.0

static int float_int(double f, int64_t *ret)
{
    if (!(f >= -TWO_POW_63 && f < TWO_POW_63)) /* not a number fails both */
        return ERR_OUT_OF_RANGE;
    int64_t i = (int64_t)f;
    if ((double)i != f)
        return ERR_WRONG_TYPE;
    *ret = i;
    return 0;
}

int value_int(const struct value *v, int64_t *ret)
{
    switch (v->kind) {
    case VALUE_INT:
        *ret = v->i;
        return 0;
    case VALUE_UINT:
        if (v->u > INT64_MAX)
            return ERR_OUT_OF_RANGE;
        *ret = (int64_t)v->u;
        return 0;
    case VALUE_FLOAT:
        return float_int(v->f, ret);
    default:
        return ERR_WRONG_TYPE;
    }
}

int value_uint(const struct value *v, uint64_t *ret)
{
    if (v->kind == VALUE_UINT) {
        *ret = v->u;
        return 0;
    }
    if (v->kind == VALUE_FLOAT && v->f >= TWO_POW_63 && v->f < TWO_POW_64) {
        *ret = (uint64_t)v->f; /* so large that it is integral */
        return 0;
    }
    int64_t i;
    int err = value_int(v, &i);
    if (err != 0)
        return err;
    if (i < 0)
        return ERR_OUT_OF_RANGE;
    *ret = (uint64_t)i;
    return 0;
}

int value_millionths(const struct value *v, int64_t *ret)
{
    const int64_t most = INT64_MAX / NUMBER_ONE;
    if (v->kind != VALUE_FLOAT) {
        int64_t i;
        int err = value_int(v, &i);
        if (err != 0)
            return err;
        if (i > most || i < -most)
            return ERR_OUT_OF_RANGE;
        *ret = i * NUMBER_ONE;
        return 0;
    }
    if (!(v->f <= (double)most && v->f >= -(double)most))
        return ERR_OUT_OF_RANGE;
    double scaled = v->f * NUMBER_ONE;
    int64_t whole = (int64_t)scaled;
    double rest = scaled - (double)whole; /* exact: both are near each other */
    *ret = whole + (rest >= 0.5) - (rest <= -0.5);
    return 0;
}

static uint64_t big_endian(const char *p, uint32_t bytes)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < bytes; i++)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

int value_timestamp(const struct value *v, ms_t *ret)
{
    if (v->kind != VALUE_EXT || v->ext != TIMESTAMP_EXT)
        return ERR_WRONG_TYPE;
    int64_t seconds;
    uint64_t ns = 0;
    if (v->len == 4) {
        seconds = (int64_t)big_endian(v->p, 4);
    } else if (v->len == 8) {
        uint64_t both = big_endian(v->p, 8);
        ns = both >> 34;
        seconds = (int64_t)(both & ((1ULL << 34) - 1));
    } else if (v->len == 12) {
        ns = big_endian(v->p, 4);
        seconds = (int64_t)big_endian(v->p + 4, 8);
    } else {
        return ERR_WRONG_TYPE;
    }
    int64_t most = INT64_MAX / MS_SECOND - 1;
    if (ns > 999999999 || seconds > most || seconds < -most)
        return ERR_OUT_OF_RANGE;
    *ret = seconds * MS_SECOND + (int64_t)(ns / 1000000);
    return 0;
}

/* --- names -------------------------------------------------------------------------------- */

#define BYTES(b) (0x0101010101010101ULL * (b))

/* Is any of the eight bytes not a printable ASCII character? (Anderson, Bit Twiddling Hacks:
 * "a byte less than n", "a zero byte"; exact as a yes-or-no answer.) */
static inline bool any_special(uint64_t w)
{
    uint64_t del = w ^ BYTES(0x7f);
    return (((w - BYTES(0x20)) & ~w) | w | ((del - BYTES(1)) & ~del)) & BYTES(0x80);
}

/* The first or last bytes of a name shorter than 8, filled up with blanks. */
static inline uint64_t load_short(const char *p, uint32_t len)
{
    uint32_t a = 0x20202020, b = 0x20202020;
    if (len >= 4) {
        memcpy(&a, p, 4);
        memcpy(&b, p + len - 4, 4);
    } else {
        memcpy(&a, p, 1);
        if (len >= 2)
            memcpy(&b, p + len - 2, 2);
    }
    return a | (uint64_t)b << 32;
}

static inline uint64_t load_8(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

static bool ascii_name(const char *p, uint32_t len)
{
    if (len < 8)
        return !any_special(load_short(p, len));
    for (uint32_t i = 0; i + 8 < len; i += 8)
        if (any_special(load_8(p + i)))
            return false;
    return !any_special(load_8(p + len - 8));
}

/* Bytes of the UTF-8 sequence at p, 0 when it is malformed (RFC 3629, section 4). */
static uint32_t utf8_sequence(const uint8_t *p, uint32_t left)
{
    if (p[0] < 0x80)
        return 1;
    uint32_t len = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 4;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
        return 0;
    uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (uint32_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

bool utf8_valid(const char *p, uint32_t len)
{
    for (uint32_t i = 0; i < len;) {
        uint32_t step = utf8_sequence((const uint8_t *)p + i, len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

/* U+0000 to 1F, 7F to 9F: the latter begin sequences on terminals just as ESC does. */
static bool is_control(const char *p, uint32_t left)
{
    uint8_t c = (uint8_t)p[0];
    return c < 0x20 || c == 0x7f || (c == 0xc2 && left > 1 && (uint8_t)p[1] < 0xa0);
}

int name_check(const char *p, uint32_t len)
{
    if (len == 0)
        return ERR_NAME_EMPTY;
    if (len > NAME_BYTES_MAX)
        return ERR_NAME_LONG;
    if (LIKELY(ascii_name(p, len)))
        return 0;
    for (uint32_t i = 0; i < len; i++)
        if (is_control(p + i, len - i))
            return ERR_NOT_UTF8;
    return utf8_valid(p, len) ? 0 : ERR_NOT_UTF8;
}
