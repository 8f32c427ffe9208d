/* held: first in, first out, nothing before its number, nothing lost when it grows. */
#include "daemon/held.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void add(struct held *h, uint64_t seq, uint32_t number)
{
    char text[16];
    int n = snprintf(text, sizeof text, "m%u", number);
    cr_assert(held_add(h, seq, (struct str){"t.", 2}, text, (size_t)n));
}

static void expect(const struct held_message *m, uint32_t number)
{
    char text[16];
    int n = snprintf(text, sizeof text, "t.m%u", number);
    cr_assert_not_null(m);
    cr_assert_eq(m->topic, 2);
    cr_assert_eq(m->topic + m->rest, (uint32_t)n);
    cr_assert_eq(memcmp(m->bytes, text, (size_t)n), 0);
}

Test(held, leaves_in_order_when_its_number_has_come)
{
    struct held h = {.n = 0};
    struct random r = {1};
    uint32_t in = 0, out = 0;
    uint64_t seq = 0, committed = 0, of[5000];
    cr_assert_null(held_next(&h, UINT64_MAX));
    while (in < ARRAY_LEN(of)) {
        for (uint64_t k = random_below(&r, 8); k > 0 && in < ARRAY_LEN(of); k--) {
            of[in] = seq += random_below(&r, 3);
            add(&h, of[in], in);
            in++;
        }
        committed += random_below(&r, 8);
        const struct held_message *m;
        while ((m = held_next(&h, committed)) != NULL) {
            cr_assert_leq(of[out], committed);
            expect(m, out++);
            held_drop(&h);
        }
        cr_assert(out == in || of[out] > committed);
        cr_assert_eq(h.n, in - out);
    }
    for (; out < in; out++) {
        expect(held_next(&h, UINT64_MAX), out);
        held_drop(&h);
    }
    add(&h, seq, 1);
    held_fini(&h);
}

Test(held, is_bounded)
{
    struct held h = {.n = 0};
    for (uint32_t i = 0; i < HELD_MAX; i++)
        cr_assert(held_add(&h, 1, (struct str){"t", 1}, "", 0));
    cr_assert_not(held_add(&h, 1, (struct str){"t", 1}, "", 0));
    held_drop(&h);
    cr_assert(held_add(&h, 1, (struct str){"t", 1}, "", 0));
    held_fini(&h);
}

Test(held, the_newest_can_be_kept_only)
{
    struct held h = {.n = 0};
    for (uint32_t i = 0; i < 200; i++) {
        add(&h, i, i);
        if (i % 3 == 0)
            held_keep(&h);
    }
    for (uint32_t i = 0; i < 200; i++) {
        const struct held_message *m = held_next(&h, i);
        expect(m, i);
        cr_assert_eq(m->quiet, i % 3 == 0);
        held_drop(&h);
    }
    held_fini(&h);
}
