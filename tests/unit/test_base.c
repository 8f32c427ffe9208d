/* base: small arithmetic at its edges, hashes for what look-ups need of them. */
#include "core/base.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(base, texts_compare_by_bytes_and_then_by_length)
{
    const char *sorted[] = {"", "A", "AB", "B", "a", "ab", "b", "\xE4\xBA\xBA"};
    for (int i = 0; i < (int)ARRAY_LEN(sorted); i++)
        for (int j = 0; j < (int)ARRAY_LEN(sorted); j++) {
            int c = str_compare(str_of(sorted[i]), str_of(sorted[j]));
            cr_assert_eq((c > 0) - (c < 0), (i > j) - (i < j));
            cr_assert_eq(str_equal(str_of(sorted[i]), str_of(sorted[j])), i == j);
        }
    struct str none = {NULL, 0};
    cr_assert(str_equal(none, str_of("")) && str_compare(none, none) == 0);
    cr_assert(str_equal((struct str){"a\0b", 3}, (struct str){"a\0b", 3}));
    cr_assert_not(str_equal((struct str){"a\0b", 3}, (struct str){"a\0c", 3}));
}

Test(base, seconds_round_towards_minus_infinity)
{
    for (ms_t t = -5000; t <= 5000; t++) {
        sec_t s = sec_floor(t);
        cr_assert(s * MS_SECOND <= t && t < (s + 1) * MS_SECOND);
    }
    cr_assert_eq(sec_floor(MS_MAX_TS - 1), MS_MAX_TS / MS_SECOND - 1);
}

Test(base, minimum_and_maximum)
{
    cr_assert(ms_min(-1, 2) == -1 && ms_min(2, -1) == -1 && ms_min(3, 3) == 3);
    cr_assert(ms_max(-1, 2) == 2 && ms_max(2, -1) == 2 && ms_max(MS_NONE, MS_NEVER) == MS_NEVER);
}

Test(base, mixing_changes_half_of_the_bits)
{
    struct random r = {1};
    uint64_t changed = 0;
    for (int round = 0; round < 200; round++) {
        uint64_t x = random_next(&r);
        for (int bit = 0; bit < 64; bit++)
            changed += (uint64_t)__builtin_popcountll(mix64(x) ^ mix64(x ^ 1ULL << bit));
    }
    cr_assert_float_eq((double)changed / (200 * 64), 32.0, 0.5);
}

/* Values that replay on another machine must give again: they may never change. */
Test(base, hashes_are_the_same_everywhere)
{
    cr_assert_eq(mix64(0), 0xE220A8397B1DCDAFULL);
    cr_assert_eq(mix64(1), 0x910A2DEC89025CC1ULL);
    cr_assert_neq(hash_str(1, str_of("abc")), hash_str(2, str_of("abc")));
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    uint64_t h = 5 ^ (0x9E3779B97F4A7C15ULL * 12);
    unsigned __int128 m = (unsigned __int128)(h ^ 0x0807060504030201ULL) * 0xD6E8FEB86659FD93ULL;
    h = (uint64_t)m ^ (uint64_t)(m >> 64) ^ (h >> 29);
    cr_assert_eq(hash_bytes(5, bytes, sizeof bytes), mix64(h ^ 0x0B0A09));
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(base, hashes_of_like_texts_do_not_collide)
{
    enum { MANY = 200000 };
    uint64_t *hash = malloc(MANY * sizeof *hash);
    uint32_t used[1024] = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        char text[16] = "ticket-";
        uint32_t len = 7;
        for (uint32_t v = i; v > 0; v /= 10)
            text[len++] = (char)('0' + v % 10);
        text[len++] = 'x';
        hash[i] = hash_bytes(42, text, len);
        used[hash[i] % ARRAY_LEN(used)]++;
    }
    for (uint32_t i = 0; i < ARRAY_LEN(used); i++)
        cr_assert(used[i] > 100 && used[i] < 300, "low bits must be even: %u", used[i]);
    qsort(hash, MANY, sizeof *hash, by_value);
    for (uint32_t i = 1; i < MANY; i++)
        cr_assert_neq(hash[i - 1], hash[i]);
    free(hash);
}

Test(base, hashes_depend_on_every_byte_and_on_the_length)
{
    uint8_t bytes[40] = {0};
    for (uint32_t len = 0; len <= sizeof bytes; len++) {
        uint64_t zeroes = hash_bytes(1, bytes, len);
        cr_assert(len == 0 || zeroes != hash_bytes(1, bytes, len - 1));
        for (uint32_t i = 0; i < len; i++) {
            bytes[i] = 1;
            cr_assert_neq(hash_bytes(1, bytes, len), zeroes);
            bytes[i] = 0;
        }
    }
}
