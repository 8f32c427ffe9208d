/* sketch: buckets against sorted arrays, over the whole range and at its edges. */
#include "core/sketch.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const ms_t far = 400LL * MS_DAY;

static int compare(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

/* |got - want| <= want / 128, the guaranteed 0.78 %. */
static void check_close(ms_t got, ms_t want)
{
    ms_t off = got > want ? got - want : want - got;
    cr_assert(off * 128 <= want, "%lld for %lld", (long long)got, (long long)want);
}

Test(sketch, every_bucket_stands_for_its_values)
{
    ms_t low = 0;
    for (uint32_t i = 0; i < SKETCH_BUCKETS; i++) {
        ms_t high = low;
        for (ms_t step = 1LL << 40; step > 0; step /= 2) /* last value of the bucket */
            if (sketch_index(high + step) == i && high + step <= far)
                high += step;
        cr_assert_eq(sketch_index(low), i);
        cr_assert_eq(sketch_index(high), i);
        ms_t value = sketch_value(i);
        cr_assert_eq(sketch_index(value), i);
        check_close(value, low);
        if (high < far)
            check_close(value, high);
        if (low < 128)
            cr_assert_eq(value, low);
        low = high + 1;
    }
    cr_assert_gt(low, far, "400 days are covered");
    check_close(sketch_value(sketch_index(far)), far);
}

Test(sketch, values_beyond_the_range_count_at_its_ends)
{
    cr_assert_eq(sketch_index(-5), 0);
    cr_assert_eq(sketch_index(INT64_MAX), SKETCH_LAST);
    cr_assert_eq(sketch_index(1000 * MS_DAY), SKETCH_LAST);
}

static struct sketch sut, other;

static void check_quantiles(ms_t *value, uint32_t n)
{
    static const uint32_t permille[] = {0, 1, 250, 500, 750, 900, 950, 990, 999, 1000};
    qsort(value, n, sizeof value[0], compare);
    for (uint32_t i = 0; i < ARRAY_LEN(permille); i++) {
        uint32_t rank = (uint32_t)(((uint64_t)n * permille[i] + 999) / 1000);
        ms_t want = value[rank > 0 ? rank - 1 : 0], got = sketch_quantile(&sut, permille[i]);
        cr_assert_eq(sketch_index(want), sketch_index(got), "p%u of %u", permille[i], n);
        check_close(got, want);
    }
}

static ms_t any_value(struct random *r)
{
    return random_range(r, 0, far) >> random_below(r, 36);
}

Test(sketch, quantiles_are_nearest_rank)
{
    struct random r = {1};
    static ms_t value[5000];
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t n = (uint32_t)random_range(&r, 1, round < 100 ? 20 : 5000);
        sketch_clear(&sut);
        for (uint32_t i = 0; i < n; i++)
            sketch_add(&sut, value[i] = any_value(&r));
        cr_assert_eq(sut.n, n);
        check_quantiles(value, n);
    }
}

Test(sketch, withdrawing_undoes_adding)
{
    struct random r = {2};
    static ms_t value[3000];
    cr_assert_not(sketch_withdraw(&sut, 7));
    for (uint32_t i = 0; i < ARRAY_LEN(value); i++) {
        sketch_add(&sut, value[i] = any_value(&r));
        if (i % 3 == 0)
            sketch_add(&other, value[i]);
    }
    for (uint32_t i = 0; i < ARRAY_LEN(value); i++)
        if (i % 3 != 0)
            cr_assert(sketch_withdraw(&sut, value[i]));
    cr_assert_arr_eq(&sut, &other, sizeof sut);
    sketch_clear(&sut);
    struct sketch *empty = calloc(1, sizeof *empty);
    cr_assert_arr_eq(&sut, empty, sizeof sut);
    free(empty);
}

Test(sketch, merging_is_adding_all)
{
    struct random r = {3};
    static struct sketch all;
    for (uint32_t i = 0; i < 4000; i++) {
        ms_t v = any_value(&r);
        sketch_add(&all, v);
        sketch_add(i % 2 ? &sut : &other, v);
    }
    sketch_merge(&sut, &other);
    cr_assert_arr_eq(&sut, &all, sizeof all);
}

Test(sketch, packing_keeps_everything)
{
    struct random r = {4};
    static uint8_t bytes[SKETCH_BYTES_MAX + 1];
    for (uint32_t round = 0; round < 300; round++) {
        sketch_clear(&sut);
        sketch_clear(&other);
        uint32_t n = (uint32_t)random_below(&r, round < 200 ? 30 : 30000);
        for (uint32_t i = 0; i < n; i++)
            sketch_count(&sut, (uint32_t)random_below(&r, SKETCH_BUCKETS),
                         (uint32_t)random_next(&r) >> (12 + random_below(&r, 20)));
        uint32_t len = sketch_pack(&sut, bytes);
        cr_assert_leq(len, SKETCH_BYTES_MAX);
        cr_assert_eq(sketch_unpack(&other, bytes, len), len);
        cr_assert_arr_eq(&sut, &other, sizeof sut);
        for (uint32_t cut = 0; cut < len; cut += 1 + len / 16)
            cr_assert_eq(sketch_unpack(&other, bytes, cut), 0, "%u of %u bytes", cut, len);
    }
}

Test(sketch, other_bytes_are_refused)
{
    static const uint8_t beyond[] = {1, 0x81, 0x0F, 1}, endless[] = {1, 0, 255, 255, 255, 255, 127};
    static const uint8_t last[] = {1, 0x80, 0x0F, 1};
    cr_assert_eq(sketch_unpack(&sut, beyond, sizeof beyond), 0);
    cr_assert_eq(sketch_unpack(&sut, endless, sizeof endless), 0);
    cr_assert_eq(sketch_unpack(&sut, last, sizeof last), sizeof last);
    cr_assert_eq(sut.count[SKETCH_LAST], 1);
}
