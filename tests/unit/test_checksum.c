/* checksum: cuts do not matter, every single bit does. */
#include "core/checksum.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>

static uint64_t whole(const uint8_t *p, uint64_t n)
{
    struct checksum c;
    checksum_init(&c);
    checksum_add(&c, p, n);
    return checksum_value(&c);
}

Test(checksum, blind_to_cuts)
{
    struct random r = {1};
    uint8_t bytes[500];
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_next(&r);
    for (int round = 0; round < 2000; round++) {
        uint64_t n = random_below(&r, sizeof bytes + 1);
        struct checksum c;
        checksum_init(&c);
        for (uint64_t at = 0; at < n;) {
            uint64_t take = random_below(&r, 50);
            take = take < n - at ? take : n - at;
            checksum_add(&c, bytes + at, take);
            at += take;
        }
        cr_assert_eq(checksum_value(&c), whole(bytes, n));
    }
}

Test(checksum, sees_every_bit_and_the_length)
{
    uint8_t bytes[200] = {0};
    uint64_t zeroes = whole(bytes, sizeof bytes);
    for (uint32_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_neq(whole(bytes, sizeof bytes), zeroes);
        bytes[bit / 8] = 0;
    }
    for (uint32_t n = 0; n < sizeof bytes; n++)
        cr_assert_neq(whole(bytes, n), whole(bytes, n + 1));
}

Test(checksum, sees_swapped_lanes_and_stripes)
{
    uint8_t a[256], b[256];
    for (uint32_t i = 0; i < sizeof a; i++)
        a[i] = (uint8_t)i;
    for (uint32_t step = 8; step < sizeof a; step *= 2) {
        for (uint32_t i = 0; i < sizeof a; i++)
            b[i] = a[i ^ step];
        cr_assert_neq(whole(a, sizeof a), whole(b, sizeof b));
    }
}
