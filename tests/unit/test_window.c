/* window: every number against keep-everything, whatever comes late, goes again or runs ahead. */
#include "core/window.h"

#include "core/sketch.h"
#include "core/window_before.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

static void compare_numbers(struct lab *f, uint32_t i, uint32_t w)
{
    struct window_numbers got, want;
    window_read(f->ws, &f->log[i], lab_family(i), w, &got);
    lab_want(f, i, w, 0, &want);
    cr_assert_eq(got.samples, want.samples, "log %u window %u: %u, not %u", i, w, got.samples,
                 want.samples);
    cr_assert_arr_eq(&got, &want, sizeof got, "log %u window %u", i, w);
}

static void compare_orders(struct lab *f, uint32_t i, uint32_t mask, uint32_t columns)
{
    static struct window_order got[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    window_orders(f->ws, &f->log[i], lab_family(i), mask, columns, got);
    for (uint32_t w = 0; w < LAB_WINDOWS; w++)
        for (uint32_t c = 0; c < lab_families[lab_family(i)].columns; c++) {
            if ((mask >> w & 1) == 0 || (columns >> c & 1) == 0)
                continue;
            struct window_order want, *g = &got[w][c];
            oracle_order(&f->oracle[i], f->edge[w], f->at, c, &want);
            cr_assert_eq(g->n, want.n);
            cr_assert(g->min == want.min && g->max == want.max);
            for (uint32_t q = 0; q < WINDOW_QUANTILES && g->n > 0; q++) {
                cr_assert_eq(sketch_index(g->q[q]), sketch_index(want.q[q]));
                cr_assert(g->q[q] >= g->min && g->q[q] <= g->max);
            }
        }
}

/* What is in a longer window and no more in a shorter one: by difference, and by a pass. */
static void compare_before(struct lab *f, uint32_t i, uint32_t w, uint32_t longer)
{
    const struct window_family *family = &lab_families[lab_family(i)];
    struct window_numbers got, less, want;
    struct window_order orders[WINDOW_COLUMNS_MAX];
    if (f->edge[longer] >= f->edge[w])
        return;
    window_read(f->ws, &f->log[i], lab_family(i), w, &less);
    window_read(f->ws, &f->log[i], lab_family(i), longer, &got);
    window_less(&got, &less);
    struct window_watch watch[WATCHES_MAX];
    uint32_t watches = 0;
    for (uint32_t k = 0; k < f->setup.watches; k++)
        if (f->setup.watch[k].family == lab_family(i))
            watch[watches++] = f->setup.watch[k];
    oracle_read(&f->oracle[i], f->edge[longer], f->edge[w], watches, watch, &want);
    cr_assert_arr_eq(&got, &want, sizeof got, "log %u windows %u %u", i, w, longer);
    window_orders_before(f->ws, &f->log[i], lab_family(i), w, longer, (1U << family->columns) - 1,
                         orders);
    for (uint32_t c = 0; c < family->columns; c++) {
        struct window_order exact, *g = &orders[c];
        oracle_order(&f->oracle[i], f->edge[longer], f->edge[w], c, &exact);
        cr_assert(g->n == exact.n && g->min == exact.min && g->max == exact.max);
        for (uint32_t q = 0; q < WINDOW_QUANTILES && g->n > 0; q++)
            cr_assert_eq(sketch_index(g->q[q]), sketch_index(exact.q[q]));
    }
}

static void compare_next(struct lab *f, uint32_t i, uint32_t w)
{
    ms_t want = MS_NEVER;
    for (uint32_t k = 0; k < f->oracle[i].n; k++) {
        sec_t sec = sec_floor(f->oracle[i].sample[k].ts);
        if (sec > f->at)
            want = ms_min(want, sec * 1000);
        else if (sec > f->edge[w] && !f->setup.calendar[w])
            want = ms_min(want, (sec + f->setup.length[w]) * 1000);
    }
    cr_assert_eq(window_next_change(f->ws, &f->log[i], lab_family(i), w), want);
}

static void compare(struct lab *f, uint32_t i)
{
    for (uint32_t w = 0; w < LAB_WINDOWS; w++) {
        compare_numbers(f, i, w);
        compare_next(f, i, w);
        cr_assert_eq(window_slot_ms(f->ws, &f->log[i], w), 0);
    }
    compare_orders(f, i, (uint32_t)random_next(&f->r), (uint32_t)random_next(&f->r));
    compare_before(f, i, (uint32_t)random_below(&f->r, LAB_WINDOWS),
                   (uint32_t)random_below(&f->r, LAB_WINDOWS));
    window_check(f->ws, &f->log[i], lab_family(i));
}

/* Random work on all logs; compares as it goes. pace: seconds between steps, at most. */
static void work(struct lab *f, uint32_t steps, int64_t pace)
{
    for (uint32_t step = 0; step < steps; step++) {
        uint32_t i = (uint32_t)random_below(&f->r, LAB_LOGS);
        uint64_t kind = random_below(&f->r, 100);
        if (kind < 70)
            cr_assert(lab_add(f, i, lab_ts(f)));
        else if (kind < 82)
            cr_assert(lab_withdraw(f, i));
        else if (kind < 92)
            cr_assert(lab_mark(f, i));
        else if (kind < 99)
            lab_advance(f, random_range(&f->r, 0, pace));
        else
            compare_numbers(f, i, (uint32_t)random_below(&f->r, LAB_WINDOWS));
        if (step % 64 == 0)
            compare(f, i);
    }
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        compare(f, i);
}

Test(window, agrees_with_keeping_everything)
{
    static const int64_t pace[] = {1, 30, 600, 3600, 40000, 4 * 86400};
    for (uint32_t seed = 0; seed < 12; seed++) {
        struct lab *f = lab_make(&lab_setup, seed);
        work(f, 6000, pace[seed % ARRAY_LEN(pace)]);
        cr_assert(lab_unmake(f));
    }
}

Test(window, agrees_after_bursts_and_silence)
{
    struct lab *f = lab_make(&lab_setup, 99);
    for (uint32_t round = 0; round < 12; round++) {
        work(f, 1500, 2);
        lab_advance(f, random_range(&f->r, 1, 20 * 86400));
        work(f, 50, 0);
    }
    lab_advance(f, 70 * 86400);
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        compare(f, i);
        cr_assert_eq(window_digest(f->ws, &f->log[i], lab_family(i)), 0, "all are out");
    }
    cr_assert(lab_unmake(f));
}

/* Many samples of one second lie in several chunks with one base. */
Test(window, a_second_may_be_long)
{
    struct lab *f = lab_make(&lab_setup, 5);
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t k = 0; k < 150; k++)
            cr_assert(lab_add(f, round % 2, (f->at - (k % 8 == 0)) * 1000));
        for (uint32_t k = 0; k < 30; k++) {
            cr_assert(lab_withdraw(f, round % 2));
            cr_assert(lab_mark(f, round % 2));
        }
        lab_advance(f, random_range(&f->r, 0, 50));
        compare(f, round % 2);
    }
    cr_assert(lab_unmake(f));
}

Test(window, descending_and_scattered_insertion)
{
    struct lab *f = lab_make(&lab_setup, 6);
    for (uint32_t k = 0; k < 2000; k++)
        cr_assert(lab_add(f, 0, (f->at - k * 1200) * 1000));
    for (uint32_t k = 0; k < 2000; k++)
        cr_assert(lab_add(f, 1, (f->at - random_range(&f->r, 0, 29 * 86400)) * 1000));
    compare(f, 0);
    compare(f, 1);
    while (f->oracle[0].n > 0)
        cr_assert(lab_withdraw(f, 0));
    compare(f, 0);
    cr_assert_eq(window_digest(f->ws, &f->log[0], 0), 0, "all are out");
    cr_assert(lab_unmake(f));
}

Test(window, values_of_any_size)
{
    static const ms_t value[] = {0,        1, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 400 * MS_DAY,
                                 1LL << 60};
    struct lab *f = lab_make(&lab_setup, 7);
    for (uint32_t k = 0; k < 2000; k++) {
        struct window_sample s = {.ts = f->at * 1000 + k, .present = 15, .flags = k & 31};
        for (uint32_t c = 0; c < 4; c++)
            s.value[c] = value[random_below(&f->r, k < 1000 ? ARRAY_LEN(value) - 1 : 3)];
        cr_assert(window_add(f->ws, &f->log[0], 0, &s));
        oracle_add(&f->oracle[0], &s);
    }
    compare(f, 0);
    struct window_sample s = {.ts = f->at * 1000, .present = 1, .value = {value[6]}};
    cr_assert(window_add(f->ws, &f->log[0], 0, &s));
    oracle_add(&f->oracle[0], &s);
    compare_numbers(f, 0, 0);
    for (uint32_t k = 0; k < 1500; k++)
        cr_assert(lab_withdraw(f, 0));
    compare_numbers(f, 0, 0);
    cr_assert(lab_unmake(f));
}

/* The newest goes, the tail is full again with what stood before it, and a wider one comes. */
Test(window, a_wide_sample_behind_a_full_tail)
{
    struct lab *f = lab_make(&lab_setup, 9);
    for (uint32_t k = 0; k < 800; k++) {
        struct window_sample s = {.ts = f->at * 1000, .flags = 1}, newest = s;
        newest.ts += 3000;
        cr_assert(window_add(f->ws, &f->log[0], 0, &newest));
        cr_assert(window_withdraw(f->ws, &f->log[0], 0, &newest));
        if (k % 7 == 0) {
            s.present = 15;
            for (uint32_t c = 0; c < 4; c++)
                s.value[c] = 0xFFFFFFFFLL + c;
        }
        cr_assert(window_add(f->ws, &f->log[0], 0, &s));
        oracle_add(&f->oracle[0], &s);
        lab_advance(f, k % 2);
        compare(f, 0);
    }
    cr_assert(lab_unmake(f));
}

Test(window, digest_is_of_the_samples_alone)
{
    struct lab *a = lab_make(&lab_setup, 8), *b = lab_make(&lab_setup, 8);
    work(a, 20000, 300);
    lab_advance(b, a->at - b->at);
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        struct oracle *o = &a->oracle[i];
        uint32_t loose = o->family->loose;
        for (uint32_t k = 0; k < o->n; k++) { /* shuffled; marks come afterwards */
            uint32_t other = (uint32_t)random_below(&b->r, k + 1);
            struct window_sample s = o->sample[k];
            o->sample[k] = o->sample[other];
            o->sample[other] = s;
        }
        for (uint32_t k = 0; k < o->n; k++) {
            struct window_sample s = o->sample[k];
            s.flags &= ~loose;
            cr_assert(window_add(b->ws, &b->log[i], lab_family(i), &s));
        }
        for (uint32_t k = 0; k < o->marks; k++)
            cr_assert(window_mark(b->ws, &b->log[i], lab_family(i), o->mark[k].sec * 1000,
                                  o->mark[k].flag, true));
        uint64_t digest = window_digest(a->ws, &a->log[i], lab_family(i));
        cr_assert_eq(digest, window_digest(b->ws, &b->log[i], lab_family(i)));
        cr_assert(lab_add(b, i, b->at * 1000));
        cr_assert_neq(digest, window_digest(b->ws, &b->log[i], lab_family(i)));
    }
    cr_assert(lab_unmake(a));
    cr_assert(lab_unmake(b));
}

Test(window, a_full_pool_sheds_the_oldest)
{
    for (uint32_t chunks = 1; chunks < 90; chunks += 8) {
        struct windows_setup s = lab_setup;
        s.chunks = chunks;
        s.logs = 3; /* fewer cursors than logs */
        struct lab *f = lab_make(&s, chunks);
        uint64_t added = 0, held = 0;
        for (uint32_t k = 0; k < 6000; k++) {
            uint32_t i = (uint32_t)random_below(&f->r, LAB_LOGS);
            ms_t ts = (f->at - random_range(&f->r, 0, k % 9 ? 3 : 999)) * 1000;
            struct window_sample x = oracle_random(&f->r, &lab_families[lab_family(i)], ts);
            window_add(f->ws, &f->log[i], lab_family(i), &x);
            added++;
            if (k % 256 == 0)
                window_check(f->ws, &f->log[i], lab_family(i));
        }
        for (uint32_t i = 0; i < LAB_LOGS; i++) {
            struct window_numbers n;
            window_check(f->ws, &f->log[i], lab_family(i));
            window_read(f->ws, &f->log[i], lab_family(i), 5, &n);
            held += n.samples;
        }
        cr_assert_gt(windows_shed(f->ws), 0);
        cr_assert_eq(held + windows_shed(f->ws), added, "%u chunks", chunks);
        cr_assert(lab_unmake(f));
    }
}

/* A quiet log has gaps: whatever their length is, what comes late into one stands as in order. */
Test(window, a_gap_of_any_length_is_as_good_as_none)
{
    struct lab *f = lab_make(&lab_setup, 1);
    ms_t from = (f->at - 20 * MS_DAY / MS_SECOND) * 1000;
    for (uint32_t i = 0; i < LAB_FAMILIES; i++)
        for (ms_t gap = 2; gap < 9000; gap++) {
            const ms_t at[] = {from, from + (gap - 1) * 1000, from + gap * 1000};
            static const uint8_t late[] = {0, 2, 1};
            struct window_log *log[] = {&f->log[0], &f->log[1]};
            struct window_sample x[3];
            for (uint32_t k = 0; k < 3; k++)
                x[k] = oracle_random(&f->r, &lab_families[i], at[k]);
            for (uint32_t k = 0; k < 3; k++) {
                cr_assert(window_add(f->ws, log[0], i, &x[k]));
                cr_assert(window_add(f->ws, log[1], i, &x[late[k]]));
            }
            cr_assert_eq(window_digest(f->ws, log[0], i), window_digest(f->ws, log[1], i));
            for (uint32_t k = 0; k < 3; k++)
                cr_assert(window_withdraw(f->ws, log[1], i, &x[k]), "%u %ld", i, (long)gap);
            window_release(f->ws, log[0]);
        }
    cr_assert(lab_unmake(f));
}
