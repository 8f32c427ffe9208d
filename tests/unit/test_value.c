/* test_value: numbers of any width, timestamps, names, UTF-8. */
#include "proto/value.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "core/event.h"
#include "tests/lib/random_event.h"

static struct value of_float(double f)
{
    return (struct value){.kind = VALUE_FLOAT, .f = f};
}

static struct value of_int(int64_t i)
{
    return (struct value){.kind = VALUE_INT, .i = i};
}

static struct value of_uint(uint64_t u)
{
    return (struct value){.kind = VALUE_UINT, .u = u};
}

Test(value, integers)
{
    int64_t i = 0;
    cr_assert_eq(value_int(&(struct value){.kind = VALUE_UINT, .u = INT64_MAX}, &i), 0);
    cr_assert_eq(i, INT64_MAX);
    struct value v = of_uint((uint64_t)INT64_MAX + 1);
    cr_assert_eq(value_int(&v, &i), ERR_OUT_OF_RANGE);
    v = of_float(-3.0);
    cr_assert_eq(value_int(&v, &i), 0);
    cr_assert_eq(i, -3);
    v = of_float(0.5);
    cr_assert_eq(value_int(&v, &i), ERR_WRONG_TYPE);
    v = of_float(9223372036854775808.0);
    cr_assert_eq(value_int(&v, &i), ERR_OUT_OF_RANGE);
    v = of_float(-9223372036854775808.0);
    cr_assert_eq(value_int(&v, &i), 0);
    cr_assert_eq(i, INT64_MIN);
    v = (struct value){.kind = VALUE_TEXT, .p = "1", .len = 1};
    cr_assert_eq(value_int(&v, &i), ERR_WRONG_TYPE);
}

Test(value, not_finite_is_no_number)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < ARRAY_LEN(bad); k++) {
        struct value v = of_float(bad[k]);
        int64_t i;
        uint64_t u;
        cr_assert_eq(value_int(&v, &i), ERR_OUT_OF_RANGE);
        cr_assert_eq(value_uint(&v, &u), ERR_OUT_OF_RANGE);
        cr_assert_eq(value_millionths(&v, &i), ERR_OUT_OF_RANGE);
    }
}

Test(value, unsigned_integers)
{
    uint64_t u = 0;
    struct value v = of_int(-1);
    cr_assert_eq(value_uint(&v, &u), ERR_OUT_OF_RANGE);
    v = of_float(9223372036854775808.0);
    cr_assert_eq(value_uint(&v, &u), 0);
    cr_assert_eq(u, (uint64_t)INT64_MAX + 1);
    v = of_float(18446744073709551616.0);
    cr_assert_eq(value_uint(&v, &u), ERR_OUT_OF_RANGE);
}

Test(value, millionths_round_half_away_from_zero)
{
    static const struct {
        double from;
        int64_t to;
    } rows[] = {
        {4.5, 4500000},
        {-4.5, -4500000},
        {0.0000005, 1},
        {-0.0000005, -1},
        {0.0000004999, 0},
        {1e-300, 0},
        {0.1, 100000},
        {1.0000015, 1000002},
        {4503599627.370495, 4503599627370495},
        {2147483648.5, 2147483648500000},
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct value v = of_float(rows[k].from);
        int64_t got = 0;
        cr_assert_eq(value_millionths(&v, &got), 0);
        cr_assert_eq(got, rows[k].to, "%.17g: %lld", rows[k].from, (long long)got);
    }
    int64_t got = 0;
    struct value v = of_int(INT64_MAX / NUMBER_ONE + 1);
    cr_assert_eq(value_millionths(&v, &got), ERR_OUT_OF_RANGE);
    v = of_int(-7);
    cr_assert_eq(value_millionths(&v, &got), 0);
    cr_assert_eq(got, -7000000);
    v = of_float(1e13);
    cr_assert_eq(value_millionths(&v, &got), ERR_OUT_OF_RANGE);
}

/* Millionths up to 2^50 survive as the float that event_emit writes for them. */
Test(value, millionths_come_back_from_floats)
{
    struct random r = {3};
    for (int round = 0; round < 100000; round++) {
        int64_t want = (int64_t)(random_next(&r) >> (14 + random_below(&r, 40)));
        struct value v = of_float((double)want / NUMBER_ONE);
        int64_t got = 0;
        cr_assert_eq(value_millionths(&v, &got), 0);
        cr_assert_eq(got, want);
    }
}

static int stamp(const char *bytes, uint32_t len, ms_t *ret)
{
    struct value v = {.kind = VALUE_EXT, .ext = TIMESTAMP_EXT, .len = len, .p = bytes};
    return value_timestamp(&v, ret);
}

Test(value, timestamps)
{
    ms_t ms = 0;
    cr_assert_eq(stamp("\x00\x00\x00\x05", 4, &ms), 0);
    cr_assert_eq(ms, 5000);
    /* 999,999,999 ns in 30 bits, then 34 bits of seconds: 2^33 + 1 */
    cr_assert_eq(stamp("\xee\x6b\x27\xfe\x00\x00\x00\x01", 8, &ms), 0);
    cr_assert_eq(ms, ((1LL << 33) + 1) * 1000 + 999);
    cr_assert_eq(stamp("\xff\xff\xff\xfc\x00\x00\x00\x01", 8, &ms), ERR_OUT_OF_RANGE);
    cr_assert_eq(stamp("\x00\x0f\x42\x40\xff\xff\xff\xff\xff\xff\xff\xff", 12, &ms), 0);
    cr_assert_eq(ms, -999);
    cr_assert_eq(stamp("\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, &ms), ERR_OUT_OF_RANGE);
    cr_assert_eq(stamp("\0\0\0\0\0", 5, &ms), ERR_WRONG_TYPE);
    cr_assert_eq(stamp(NULL, 0, &ms), ERR_WRONG_TYPE);
}

/* The oracle: decode to code points, encode again, compare; by the letter of RFC 3629. */
static bool naive_utf8(const uint8_t *p, uint32_t len)
{
    for (uint32_t i = 0; i < len;) {
        uint32_t extra = p[i] < 0x80 ? 0 : p[i] < 0xe0 ? 1 : p[i] < 0xf0 ? 2 : 3;
        if (p[i] >= 0x80 && (p[i] < 0xc0 || p[i] > 0xf7))
            return false;
        if (i + extra >= len)
            return false;
        uint32_t code = extra == 0 ? p[i] : p[i] & (0x3fu >> extra);
        for (uint32_t k = 1; k <= extra; k++) {
            if (p[i + k] < 0x80 || p[i + k] > 0xbf)
                return false;
            code = code << 6 | (p[i + k] & 0x3f);
        }
        uint32_t shortest = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        if (shortest != extra || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
        i += extra + 1;
    }
    return true;
}

Test(value, names_against_a_naive_check)
{
    static const uint8_t odd[] = {0x00, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0,
                                  0xa0, 0x9f, 0xed, 0xef, 0xf0, 0x90, 0x8f, 0xf4, 0xf5, 0xff, 'a'};
    struct random r = {11};
    uint32_t good = 0;
    for (int round = 0; round < 300000; round++) {
        uint32_t len = random_below(&r, 67), noise = random_below(&r, 4);
        uint8_t *name = malloc(len + 1); /* exact size: the sanitizer sees a read past it */
        for (uint32_t i = 0; i < len; i++)
            name[i] = random_below(&r, len + 1) < noise ? odd[random_below(&r, sizeof odd)]
                                                        : (uint8_t)('a' + i % 26);
        int want = len == 0 ? ERR_NAME_EMPTY : len > NAME_BYTES_MAX ? ERR_NAME_LONG : 0;
        for (uint32_t i = 0; want == 0 && i < len; i++)
            want = name[i] < 0x20 || name[i] == 0x7f ? ERR_NOT_UTF8 : 0;
        if (want == 0 && !naive_utf8(name, len))
            want = ERR_NOT_UTF8;
        for (uint32_t i = 0; want == 0 && i + 1 < len; i++) /* U+0080 to 9F */
            want = name[i] == 0xc2 && name[i + 1] <= 0x9f ? ERR_NOT_UTF8 : 0;
        cr_assert_eq(name_check((const char *)name, len), want, "round %d", round);
        cr_assert_eq(utf8_valid((const char *)name, len), naive_utf8(name, len));
        good += want == 0;
        free(name);
    }
    cr_assert_gt(good, 100000);
    cr_assert_eq(name_check("客服组", 9), 0);
    cr_assert_eq(name_check("a\xc2\x9b"
                            "2J",
                            5),
                 ERR_NOT_UTF8); /* clears the screen of a terminal */
    cr_assert_eq(name_check("\xc2\xa0", 2), 0);
    cr_assert_eq(name_check(NULL, 0), ERR_NAME_EMPTY);
}

/* Every sequence of two bytes, and every one of three after the leads where rules differ. */
Test(value, utf8_exhaustive)
{
    uint8_t p[4];
    for (uint32_t a = 0; a < 256; a++)
        for (uint32_t b = 0; b < 256; b++) {
            p[0] = (uint8_t)a;
            p[1] = (uint8_t)b;
            cr_assert_eq(utf8_valid((char *)p, 2), naive_utf8(p, 2));
            for (uint32_t c = 0x7f; c < 0xc2; c++) {
                p[2] = (uint8_t)c;
                p[3] = 0x80;
                cr_assert_eq(utf8_valid((char *)p, 3), naive_utf8(p, 3));
                cr_assert_eq(utf8_valid((char *)p, 4), naive_utf8(p, 4));
            }
        }
}
