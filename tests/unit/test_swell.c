/* When the heap is counted, when something is cut. */
#include "daemon/swell.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20 };

Test(swell, counts_what_is_allocated)
{
    uint64_t before = swell_heap();
    char *large = malloc(64 * MIB), *small[64];
    for (int i = 0; i < 64; i++)
        small[i] = malloc(16 << 10);
    cr_assert_not_null(large);
    memset(large, 1, 64 * MIB);
    uint64_t after = swell_heap();
    if (after == 0)
        cr_skip_test("this allocator does not say (a sanitizer's)");
    cr_expect_geq(after, before + 65 * MIB);
    cr_expect_geq(swell_resident(), 64 * MIB);
    for (int i = 0; i < 64; i++)
        free(small[i]);
    free(large);
    cr_expect_leq(swell_heap(), before + MIB);
}

Test(swell, looks_closer_when_the_process_grew)
{
    struct swell s = {.bound = 160 * MIB, .resident = 100 * MIB};
    cr_expect_not(swell_grew(&s, 105 * MIB));
    cr_expect(swell_grew(&s, 110 * MIB));
    s.heap = 161 * MIB; /* it was too large: it is looked at until it is small */
    cr_expect(swell_grew(&s, 90 * MIB));
}

Test(swell, cuts_until_it_is_small)
{
    struct swell s = {.bound = 100 * MIB};
    cr_expect_not(swell_judge(&s, 100 * MIB, 150 * MIB, 1000));
    cr_expect_eq(s.due, 1000 + SWELL_EVERY_MS);
    cr_expect(swell_judge(&s, 100 * MIB + 1, 200 * MIB, 2000));
    cr_expect_eq(s.due, 2000 + SWELL_PAUSE_MS);
    cr_expect(swell_judge(&s, 100 * MIB + 1, 200 * MIB, 3000));
    cr_expect_not(swell_judge(&s, 5 * MIB, 60 * MIB, 4000));
    cr_expect_eq(s.cuts, 2);
    cr_expect_eq(s.heap, 5 * MIB);
}

Test(swell, looks_when_due)
{
    struct swell s = {.bound = 1, .due = 100};
    cr_expect_not(swell_look(&s, 99));
    cr_expect_eq(s.due, 100);
    if (swell_heap() == 0)
        cr_skip_test("this allocator does not say (a sanitizer's)");
    cr_expect(swell_look(&s, 100));
    cr_expect_not(swell_look(&s, 100 + SWELL_PAUSE_MS - 1));
    cr_expect(swell_look(&s, 100 + SWELL_PAUSE_MS));
    struct swell off = {.bound = 0};
    cr_expect_not(swell_look(&off, 1));
}
