#include "tests/lib/shape.h"

#include <criterion/criterion.h>

#include "tests/lib/random.h"

static struct shape s, again;

static bool read(const char *bytes, size_t n)
{
    return shape_read(&s, bytes, n);
}

#define READ(text) read(text, sizeof(text) - 1)

Test(shape, every_form_comes_back_as_it_was)
{
    static const struct {
        const char *bytes;
        size_t n;
    } all[] = {
#define FORM(text) {text, sizeof(text) - 1}
        FORM("\xc0"),
        FORM("\xc2"),
        FORM("\xc3"),
        FORM("\x00"),
        FORM("\x7f"),
        FORM("\xff"),
        FORM("\xe0"),
        FORM("\xcc\x80"),
        FORM("\xcd\x01\x00"),
        FORM("\xce\x00\x01\x00\x00"),
        FORM("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
        FORM("\xd0\x80"),
        FORM("\xd1\x80\x00"),
        FORM("\xd2\x80\x00\x00\x00"),
        FORM("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        FORM("\xca\x3f\x80\x00\x00"),
        FORM("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"),
        FORM("\xa0"),
        FORM("\xa2hi"),
        FORM("\xc4\x01x"),
        FORM("\xd4\x05x"),
        FORM("\xd6\xff\x01\x02\x03\x04"),
        FORM("\xd8\x00"
             "0123456789abcdef"),
        FORM("\xc7\x03\x01xyz"),
        FORM("\x90"),
        FORM("\x80"),
        FORM("\x93\x01\x92\x02\x03\x04"),
        FORM("\x82\xa1k\x81\xa1l\xc0\xa1m\x91\xc3"),
#undef FORM
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        char out[64];
        cr_assert(read(all[i].bytes, all[i].n), "form %zu", i);
        cr_assert_eq(shape_write(&s, out, sizeof out), all[i].n, "form %zu", i);
        cr_assert_eq(memcmp(out, all[i].bytes, all[i].n), 0, "form %zu", i);
        cr_assert_eq(shape_span(&s, 0), s.n);
        for (size_t n = 0; n < all[i].n; n++) {
            cr_assert_not(read(all[i].bytes, n), "form %zu cut at %zu", i, n);
            cr_assert_eq(shape_write(&s, out, 0), 0);
        }
    }
}

Test(shape, what_is_none_is_not_read)
{
    cr_assert_not(READ("\xc1"));
    cr_assert_not(READ("\x01\x02"));                 /* two values */
    cr_assert_not(READ("\xdd\xff\xff\xff\xff\x01")); /* as many are not there */
    cr_assert_not(READ("\xdf\xff\xff\xff\xff"));
    cr_assert_not(READ("\xdb\xff\xff\xff\xffhi"));
    cr_assert_not(READ("\xc9\xff\xff\xff\xff\x01x"));
}

Test(shape, wider_heads_say_the_same)
{
    static const char *const values[] = {"\x05",         "\xff",     "\xa2hi",    "\x92\x01\x02",
                                         "\x81\x01\x02", "\xd0\x80", "\xd5\xffhi"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        for (uint8_t wide = 1; wide < 5; wide++) {
            char out[64];
            cr_assert(read(values[i], strlen(values[i])));
            s.v[0].wide = wide;
            size_t n = shape_write(&s, out, sizeof out);
            cr_assert_gt(n, strlen(values[i]), "value %zu, %u", i, wide);
            cr_assert(shape_read(&again, out, n), "value %zu, %u", i, wide);
            cr_assert_eq(again.n, s.n);
            cr_assert_eq(again.v[0].kind, s.v[0].kind);
            cr_assert_eq(again.v[0].n, s.v[0].n);
            cr_assert_eq(again.v[0].bits, s.v[0].bits);
        }
}

/* {"k": {"l": nil}, "m": [true, 7]} */
Test(shape, owners_and_keys)
{
    cr_assert(READ("\x82\xa1k\x81\xa1l\xc0\xa1m\x92\xc3\x07"));
    static const uint16_t owner[] = {SHAPE_NOBODY, 0, 0, 2, 2, 0, 0, 6, 6};
    static const bool key[] = {false, true, false, true, false, true, false, false, false};
    static const uint32_t span[] = {9, 1, 3, 1, 1, 1, 3, 1, 1};
    cr_assert_eq(s.n, ARRAY_LEN(owner));
    for (uint32_t i = 0; i < s.n; i++) {
        cr_assert_eq(s.owner[i], owner[i], "%u", i);
        cr_assert_eq(s.key[i], key[i], "%u", i);
        cr_assert_eq(shape_span(&s, i), span[i], "%u", i);
    }
    struct shape_value nil = {.kind = SHAPE_NIL};
    cr_assert(shape_splice(&s, 2, shape_span(&s, 2), &nil, 1)); /* {"k": nil, "m": [true, 7]} */
    char out[32];
    size_t n = shape_write(&s, out, sizeof out);
    cr_assert_eq(n, 9);
    cr_assert_eq(memcmp(out, "\x82\xa1k\xc0\xa1m\x92\xc3\x07", 9), 0);
}

Test(shape, no_more_than_there_is_room_for)
{
    static char many[SHAPE_MAX + 8] = "\xdc\x07\xff"; /* 2047 of them, and the array */
    memset(many + 3, 1, 2047);
    cr_assert(read(many, 3 + 2047));
    cr_assert_eq(s.n, SHAPE_MAX);
    cr_assert_not(shape_splice(&s, 1, 0, &again.v[0], 1));
    many[1] = 8;
    many[2] = 0;
    cr_assert_not(read(many, 3 + 2048));
    char small[4];
    cr_assert(READ("\xa4long"));
    cr_assert_eq(shape_write(&s, small, sizeof small), 0);
}
