/* window_pack: packed logs say what plain ones do, in fewer chunks, whatever is changed in them. */
#include "core/window_pack.h"

#include "tests/lib/packed.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

struct pair {
    struct lab *packed, *plain;
};

static struct pair pair_make_exact(uint64_t seed, uint32_t exact_samples)
{
    struct windows_setup s = lab_setup;
    s.chunks = 20000;
    s.exact_samples = exact_samples;
    s.pack_from = 0;
    s.pack_age = 86400;
    struct pair p = {.packed = lab_make(&s, seed)};
    s.pack_from = UINT32_MAX;
    p.plain = lab_make(&s, seed);
    return p;
}

static struct pair pair_make(uint64_t seed)
{
    return pair_make_exact(seed, lab_setup.exact_samples);
}

static uint32_t chunks(const struct lab *f)
{
    struct pool *pool[WINDOWS_POOLS];
    windows_pools(f->ws, pool);
    return pool[0]->live;
}

static void compare_log(struct pair p, uint32_t i)
{
    static struct window_order a[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    static struct window_order b[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    uint32_t family = lab_family(i), all = (1U << LAB_WINDOWS) - 1;
    cr_assert_eq(window_digest(p.packed->ws, &p.packed->log[i], family),
                 window_digest(p.plain->ws, &p.plain->log[i], family));
    window_orders(p.packed->ws, &p.packed->log[i], family, all, UINT32_MAX, a);
    window_orders(p.plain->ws, &p.plain->log[i], family, all, UINT32_MAX, b);
    for (uint32_t w = 0; w < LAB_WINDOWS; w++) {
        struct window_numbers got, want;
        window_read(p.packed->ws, &p.packed->log[i], family, w, &got);
        lab_want(p.packed, i, w, 0, &want);
        cr_assert_arr_eq(&got, &want, sizeof got, "log %u window %u", i, w);
        cr_assert_arr_eq(a[w], b[w], sizeof a[w], "log %u window %u", i, w);
    }
    window_check(p.packed->ws, &p.packed->log[i], family);
    window_check(p.plain->ws, &p.plain->log[i], family);
}

static void compare(struct pair p)
{
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        compare_log(p, i);
}

/* The same to both: their random numbers are the same. */
static void both(struct pair p, bool (*what)(struct lab *f, uint32_t i), uint32_t i)
{
    cr_assert(what(p.packed, i) && what(p.plain, i));
}

static bool add_now(struct lab *f, uint32_t i)
{
    return lab_add(f, i, f->at * 1000 + random_range(&f->r, 0, 999));
}

/* As a desk has them: few kinds of samples, durations of minutes. */
static bool add_usual(struct lab *f, uint32_t i)
{
    struct window_sample s = {.ts = f->at * 1000 + random_range(&f->r, 0, 999)};
    s.flags = random_below(&f->r, 3) == 0 ? 1 : 0;
    s.present = f->oracle[i].family->columns > 0 ? 1 : 0;
    s.value[0] = random_range(&f->r, 1000, 600000);
    if (lab_family(i) == 5)
        s.present = 4; /* a value without a twin */
    s.value[2] = s.value[0];
    oracle_add(&f->oracle[i], &s);
    return window_add(f->ws, &f->log[i], lab_family(i), &s);
}

static bool add_usual_late(struct lab *f, uint32_t i)
{
    sec_t now = f->at;
    f->at -= random_range(&f->r, 2 * 86400, 20 * 86400);
    bool added = add_usual(f, i);
    f->at = now;
    return added;
}

static bool add_days_late(struct lab *f, uint32_t i)
{
    return lab_add(f, i, (f->at - random_range(&f->r, 2 * 86400, 20 * 86400)) * 1000);
}

static void advance(struct pair p, sec_t by)
{
    lab_advance(p.packed, by);
    lab_advance(p.plain, by);
}

static void fill(struct pair p, uint32_t n, sec_t pace, bool usual)
{
    for (uint32_t k = 0; k < n; k++) {
        both(p, usual ? add_usual : add_now, k % LAB_LOGS);
        advance(p, k % 4 == 0 ? pace : 0);
    }
}

/* Nothing that is younger than a day is packed, nor the last. */
static void expect_old(const struct lab *f, uint32_t i)
{
    for (handle_t h = f->log[i].head; h != 0; h = chunk_get(f->ws, h)->next) {
        const struct chunk *c = chunk_get(f->ws, h);
        if (chunk_is_packed(c))
            cr_assert(c->next != 0 && chunk_get(f->ws, c->next)->base <= (uint32_t)f->at - 86400);
    }
}

Test(window_pack, says_the_same_in_fewer_chunks)
{
    struct pair p = pair_make(1);
    fill(p, 24000, 400, true);
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        cr_assert_eq(packed_chunks(p.plain->ws, &p.plain->log[i]), 0);
        cr_assert_gt(packed_chunks(p.packed->ws, &p.packed->log[i]), 0, "log %u", i);
        expect_old(p.packed, i);
    }
    cr_assert_lt(chunks(p.packed) * 10, chunks(p.plain) * 7, "%u of %u", chunks(p.packed),
                 chunks(p.plain));
    compare(p);
    cr_assert(lab_unmake(p.packed) && lab_unmake(p.plain));
}

Test(window_pack, changes_in_it_are_as_in_plain_ones)
{
    static bool (*const what[])(struct lab * f, uint32_t i) = {lab_mark, lab_withdraw,
                                                               add_days_late};
    struct pair p = pair_make(2);
    fill(p, 14000, 400, true);
    for (uint32_t k = 0; k < 1200; k++) {
        both(p, what[k % ARRAY_LEN(what)], k / 3 % LAB_LOGS);
        if (k % 100 == 0)
            compare(p);
    }
    fill(p, 4000, 100, false); /* what became plain is packed again */
    compare(p);
    for (uint32_t days = 0; days < 40; days += 5) {
        advance(p, 5 * 86400);
        compare(p);
    }
    cr_assert(lab_unmake(p.packed) && lab_unmake(p.plain));
}

/* Late ones like those that are there go among them, and hardly a chunk is plain for it. */
Test(window_pack, late_entries_are_put_in_place)
{
    struct pair p = pair_make(6);
    fill(p, 24000, 400, true);
    uint32_t were[LAB_LOGS];
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        were[i] = packed_chunks(p.packed->ws, &p.packed->log[i]);
    for (uint32_t k = 0; k < 9000; k++) {
        both(p, add_usual_late, k % LAB_LOGS);
        if (k % 300 == 0)
            compare(p);
        else if (k % 10 == 0)
            compare_log(p, k / 10 % LAB_LOGS);
        advance(p, k % 100 == 0 ? 3600 : 0);
    }
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        uint32_t packed = packed_chunks(p.packed->ws, &p.packed->log[i]);
        cr_assert_gt(packed, were[i] / 2, "log %u: %u of %u", i, packed, were[i]);
    }
    cr_assert_lt(chunks(p.packed) * 10, chunks(p.plain) * 7, "%u of %u", chunks(p.packed),
                 chunks(p.plain));
    cr_assert(lab_unmake(p.packed) && lab_unmake(p.plain));
}

/* Samples are 400 s apart: each edge is between them, on one, and just behind it. */
Test(window_pack, edges_pass_it_second_by_second)
{
    struct pair p = pair_make(4);
    fill(p, 24000, 400, true);
    for (uint32_t k = 0; k < 600; k++) {
        advance(p, k % 3 == 0 ? 398 : 1);
        compare_log(p, k / 3 % LAB_LOGS);
    }
    cr_assert(lab_unmake(p.packed) && lab_unmake(p.plain));
}

/* Too many samples go into slots, be they packed already or of the last hours. */
static void merged(sec_t pace)
{
    struct pair p = pair_make_exact(5, 100);
    fill(p, 24000, pace, true);
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        cr_assert_gt(p.packed->log[i].slots, 0, "log %u", i);
        window_check(p.packed->ws, &p.packed->log[i], lab_family(i));
        for (uint32_t w = 0; w < LAB_WINDOWS; w++) {
            struct window_numbers got, want;
            window_read(p.packed->ws, &p.packed->log[i], lab_family(i), w, &got);
            window_read(p.plain->ws, &p.plain->log[i], lab_family(i), w, &want);
            cr_assert_arr_eq(&got, &want, sizeof got, "log %u window %u", i, w);
        }
    }
    cr_assert(lab_unmake(p.packed) && lab_unmake(p.plain));
}

Test(window_pack, what_is_merged_into_slots)
{
    merged(400);
    merged(20);
}

/* Heads of all kinds, values of no bits and of very many. */
Test(window_pack, odd_values_stay_what_they_are)
{
    struct pair p = pair_make(3);
    for (uint32_t k = 0; k < 6000; k++) {
        struct window_sample s = {.ts = p.packed->at * 1000, .present = 1u << k % 4};
        s.flags = k % 31 == 0 ? k % 8 : 1;
        s.value[k % 4] = k % 3000 == 0 ? INT64_MAX / 4 : k % 3 == 0 ? 0 : (ms_t)k << k % 9;
        cr_assert(window_add(p.packed->ws, &p.packed->log[0], 0, &s));
        cr_assert(window_add(p.plain->ws, &p.plain->log[0], 0, &s));
        oracle_add(&p.packed->oracle[0], &s);
        advance(p, k % 5 == 0 ? 600 : 0);
    }
    cr_assert_gt(packed_chunks(p.packed->ws, &p.packed->log[0]), 0);
    compare_log(p, 0);
    cr_assert(lab_unmake(p.packed) && lab_unmake(p.plain));
}

/* However few chunks there are: samples are shed, nothing breaks. */
Test(window_pack, finds_no_room)
{
    for (uint32_t n = 20; n < 140; n += 12) {
        struct windows_setup s = lab_setup;
        s.chunks = n;
        struct lab *f = lab_make(&s, n);
        for (uint32_t k = 0; k < 3000; k++) {
            struct window_sample sample =
                oracle_random(&f->r, f->oracle[k % 2].family, f->at * 1000);
            (void)window_add(f->ws, &f->log[k % 2], lab_family(k % 2), &sample);
            sample.ts -= random_range(&f->r, 0, 9 * 86400000LL);
            if (k % 9 == 0)
                (void)window_add(f->ws, &f->log[k % 2], lab_family(k % 2), &sample);
            if (k % 10 == 0)
                (void)window_withdraw(f->ws, &f->log[k % 2], lab_family(k % 2), &sample);
            lab_advance(f, k % 3 * 300);
            if (k % 200 == 0)
                window_check(f->ws, &f->log[k % 2], lab_family(k % 2));
        }
        cr_assert(lab_unmake(f));
    }
}
