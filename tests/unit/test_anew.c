#include "tests/lib/anew.h"

#include <criterion/criterion.h>

enum { BYTES = 5 * 4096 - 100 };

Test(anew, goes_back_to_what_was_kept_at_the_same_place)
{
    struct anew a;
    anew_open(&a, BYTES);
    uint8_t *p = a.memory;
    for (size_t i = 0; i < BYTES; i++)
        cr_assert_eq(p[i], 0);
    for (size_t i = 0; i < BYTES; i++)
        p[i] = (uint8_t)(i * 7);
    anew_keep(&a);
    for (int round = 0; round < 3; round++) {
        cr_assert_eq(a.memory, p);
        for (size_t i = 0; i < BYTES; i++)
            cr_assert_eq(p[i], (uint8_t)(i * 7), "round %d, byte %zu", round, i);
        for (size_t i = (size_t)round; i < BYTES; i += 3000)
            p[i] ^= 0x55;
        cr_assert_eq(p[round], (uint8_t)((unsigned)round * 7) ^ 0x55);
        anew_back(&a);
    }
    anew_close(&a);
}

Test(anew, two_do_not_share)
{
    struct anew a, b;
    anew_open(&a, 1);
    anew_open(&b, 1);
    *(char *)a.memory = 'a';
    anew_keep(&a);
    anew_keep(&b);
    *(char *)b.memory = 'b';
    anew_back(&a);
    cr_assert_eq(*(char *)a.memory, 'a');
    cr_assert_eq(*(char *)b.memory, 'b');
    anew_back(&b);
    cr_assert_eq(*(char *)b.memory, 0);
    anew_close(&a);
    anew_close(&b);
}
