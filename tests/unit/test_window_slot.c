/* Busy logs: aged samples in slots stay right to one slot; and images of logs under work. */
#include "core/image.h"
#include "core/sketch.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Slots know flags by slot, the oracle by second: keep to what both can tell, that is, never
 * leave a second with more marks than samples, nor take a mark that is not there. */
static bool is_clean(const struct oracle *o, uint32_t i)
{
    sec_t sec = sec_floor(o->sample[i].ts);
    uint32_t marks[WINDOW_FLAGS_MAX] = {0}, samples = 0;
    for (uint32_t k = 0; k < o->n; k++)
        samples += sec_floor(o->sample[k].ts) == sec;
    for (uint32_t k = 0; k < o->marks; k++)
        marks[o->mark[k].flag] += o->mark[k].sec == sec;
    for (uint32_t f = 0; f < o->family->flags; f++) {
        uint32_t own = (o->sample[i].flags & o->family->loose) >> f & 1;
        if (marks[f] < own || marks[f] - own > samples - 1)
            return false;
    }
    return true;
}

static void withdraw(struct lab *f, uint32_t i)
{
    struct oracle *o = &f->oracle[i];
    uint32_t k = o->n > 0 ? (uint32_t)random_below(&f->r, o->n) : 0;
    if (o->n == 0 || sec_floor(o->sample[k].ts) <= f->oldest || !is_clean(o, k))
        return;
    struct window_sample s = o->sample[k];
    oracle_withdraw(o, k);
    cr_assert(window_withdraw(f->ws, &f->log[i], lab_family(i), &s));
}

static void mark(struct lab *f, uint32_t i)
{
    struct oracle *o = &f->oracle[i];
    uint32_t loose = o->family->loose;
    if (o->n == 0 || loose == 0)
        return;
    ms_t ts = o->sample[random_below(&f->r, o->n)].ts;
    uint32_t flag = (uint32_t)__builtin_ctz(loose);
    bool on = random_percent(&f->r, 50);
    if (sec_floor(ts) > f->oldest && oracle_mark(o, sec_floor(ts), flag, on))
        cr_assert(window_mark(f->ws, &f->log[i], lab_family(i), ts, flag, on));
}

/* low <= got <= high, number by number. */
static void check_between(const struct window_numbers *got, const struct window_numbers *low,
                          const struct window_numbers *high)
{
    cr_assert(got->samples >= low->samples && got->samples <= high->samples, "%u not in %u..%u",
              got->samples, low->samples, high->samples);
    for (uint32_t k = 0; k < WINDOW_FLAGS_MAX; k++)
        cr_assert(got->flag[k] >= low->flag[k] && got->flag[k] <= high->flag[k]);
    for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++) {
        cr_assert(got->n[c] >= low->n[c] && got->n[c] <= high->n[c]);
        cr_assert(got->sum[c] >= low->sum[c] && got->sum[c] <= high->sum[c]);
    }
    for (uint32_t k = 0; k < WATCHES_MAX; k++)
        cr_assert(got->above[k] >= low->above[k] && got->above[k] <= high->above[k]);
}

static void check_orders(struct lab *f, uint32_t i, uint32_t w, const struct window_numbers *got,
                         bool exact)
{
    static struct window_order order[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    window_orders(f->ws, &f->log[i], lab_family(i), 1U << w, UINT32_MAX, order);
    for (uint32_t c = 0; c < lab_families[lab_family(i)].columns; c++) {
        const struct window_order *o = &order[w][c];
        struct window_order want;
        cr_assert_eq(o->n, got->n[c]);
        oracle_order(&f->oracle[i], f->edge[w], f->at, c, &want);
        if (want.n == 0)
            continue;
        cr_assert(o->min <= want.min && o->max >= want.max);
        for (uint32_t q = 0; q < WINDOW_QUANTILES && exact; q++)
            cr_assert_eq(sketch_index(o->q[q]), sketch_index(want.q[q]));
    }
}

/* Returns how many windows have slots behind their edges. */
static uint32_t compare(struct lab *f, uint32_t i)
{
    uint32_t slots = 0;
    for (uint32_t w = 0; w < LAB_WINDOWS; w++) {
        struct window_numbers got, low, high;
        window_read(f->ws, &f->log[i], lab_family(i), w, &got);
        ms_t slot = window_slot_ms(f->ws, &f->log[i], w);
        lab_want(f, i, w, 0, &low);
        lab_want(f, i, w, slot / MS_SECOND, &high);
        check_between(&got, &low, &high);
        check_orders(f, i, w, &got, slot == 0);
        cr_assert_leq(slot * 288, ms_max(f->setup.length[w], 288) * MS_SECOND);
        cr_assert(slot == 0 || !f->setup.calendar[w], "calendar windows stay exact");
        slots += slot > 0;
        ms_t next = window_next_change(f->ws, &f->log[i], lab_family(i), w);
        cr_assert(next > f->at * MS_SECOND);
    }
    window_check(f->ws, &f->log[i], lab_family(i));
    return slots;
}

Test(window_slot, numbers_are_right_to_one_slot)
{
    static const int64_t pace[] = {5, 300, 2000};
    uint32_t slots = 0;
    for (uint32_t round = 0; round < 6; round++) {
        struct windows_setup s = lab_setup;
        s.exact_samples = round % 2 ? 300 : 20;
        s.chunks = 40000;
        struct lab *f = lab_make(&s, round);
        f->keep = 86400;
        for (uint32_t step = 0; step < 12000; step++) {
            uint32_t i = (uint32_t)random_below(&f->r, 4);
            uint64_t kind = random_below(&f->r, 100);
            if (kind < 75)
                cr_assert(lab_add(f, i, lab_ts(f)));
            else if (kind < 82)
                withdraw(f, i);
            else if (kind < 90)
                mark(f, i);
            else
                lab_advance(f, random_range(&f->r, 0, pace[round / 2]));
            if (step % 256 == 0)
                slots += compare(f, i);
        }
        cr_assert_eq(windows_shed(f->ws), 0);
        lab_advance(f, 80 * 86400);
        for (uint32_t i = 0; i < LAB_LOGS; i++) {
            compare(f, i);
            cr_assert_eq(window_digest(f->ws, &f->log[i], lab_family(i)), 0, "all are out");
        }
        cr_assert(lab_unmake(f));
    }
    cr_assert_gt(slots, 100, "slots were met: %u", slots);
}

Test(window_slot, digest_is_blind_to_slots)
{
    struct windows_setup s = lab_setup;
    s.chunks = 60000;
    struct lab *b = lab_make(&s, 1);
    s.exact_samples = 50;
    struct lab *a = lab_make(&s, 1);
    for (uint32_t step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)random_below(&a->r, LAB_LOGS);
        b->r = a->r;
        sec_t by = random_below(&a->r, 10) == 0 ? random_range(&a->r, 0, 100) : 0;
        b->r = a->r;
        lab_advance(a, by);
        lab_advance(b, by);
        ms_t ts = a->at * 1000 - (step % 50 == 0 ? random_range(&a->r, 0, MS_DAY) : step % 3000);
        b->r = a->r;
        cr_assert(lab_add(a, i, ts));
        cr_assert(lab_add(b, i, ts));
    }
    cr_assert_eq(windows_shed(a->ws) + windows_shed(b->ws), 0);
    uint32_t merged = 0;
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        merged += a->log[i].slots != 0;
        cr_assert_eq(window_digest(a->ws, &a->log[i], lab_family(i)),
                     window_digest(b->ws, &b->log[i], lab_family(i)));
    }
    cr_assert_eq(merged, LAB_LOGS);
    cr_assert(lab_unmake(a));
    cr_assert(lab_unmake(b));
}

/* Four samples every 30 seconds: what a window must hold is known. */
static void check_steady(struct lab *f)
{
    for (uint32_t w = 0; w < LAB_WINDOWS; w++) {
        struct window_numbers n;
        window_read(f->ws, &f->log[0], 0, w, &n);
        ms_t slot = window_slot_ms(f->ws, &f->log[0], w) / MS_SECOND;
        sec_t length = f->at - f->edge[w];
        cr_assert(n.samples + 4 >= length / 30 * 4, "window %u: %u", w, n.samples);
        cr_assert(n.samples <= (length + slot) / 30 * 4 + 8, "window %u: %u", w, n.samples);
        cr_assert(slot == 0 || !f->setup.calendar[w]);
    }
    window_check(f->ws, &f->log[0], 0);
}

/* However long a stream lasts, memory stays as it is. */
Test(window_slot, memory_is_bounded)
{
    struct windows_setup s = lab_setup;
    s.exact_samples = 500;
    s.chunks = 20000;
    struct lab *f = lab_make(&s, 3);
    struct pool *pool[WINDOWS_POOLS];
    uint32_t most = 0;
    windows_pools(f->ws, pool);
    for (uint32_t step = 0; step < 600000; step++) {
        struct window_sample x = oracle_random(&f->r, &lab_families[0], f->at * 1000);
        cr_assert(window_add(f->ws, &f->log[0], 0, &x));
        if (step % 4 == 3)
            lab_advance(f, 30);
        if (step > 360000 && step % 1000 == 0) /* 31 days and more */
            check_steady(f);
        if (pool[3]->live > most)
            most = pool[3]->live;
    }
    cr_assert(most > 700 && most < 950, "%u slots, 780 are needed", most);
    cr_assert_lt(f->log[0].live, 1100);
    cr_assert_eq(windows_shed(f->ws), 0);
    cr_assert(lab_unmake(f));
}

Test(window_slot, a_full_pool_sheds_slots_too)
{
    for (uint32_t chunks = 100; chunks <= 1200; chunks += 100) {
        struct windows_setup s = lab_setup;
        s.exact_samples = chunks % 200 ? 40 : 500;
        s.chunks = chunks;
        struct lab *f = lab_make(&s, chunks);
        uint64_t added = 0, held = 0;
        for (uint32_t k = 0; k < 20000; k++) {
            uint32_t i = (uint32_t)random_below(&f->r, LAB_LOGS);
            ms_t ts = (f->at - random_range(&f->r, 0, k % 9 ? 3 : 99999)) * 1000;
            struct window_sample x = oracle_random(&f->r, &lab_families[lab_family(i)], ts);
            window_add(f->ws, &f->log[i], lab_family(i), &x);
            added++;
            if (k % 8 == 0)
                windows_advance(f->ws, f->at += 30, f->start);
            if (k % 512 == 0)
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

/* Every change goes through pool_edit: an image taken in slices while the logs change shows them
 * as they were, and other pools that load it go on from there. */
Test(window_slot, an_image_is_of_one_moment)
{
    struct windows_setup s = lab_setup;
    s.exact_samples = 200;
    s.chunks = 40000;
    struct lab *f = lab_make(&s, 4), *g = lab_make(&s, 5);
    struct pool *pool[WINDOWS_POOLS], *pool2[WINDOWS_POOLS];
    struct image_blob blob = {f->log, sizeof f->log}, blob2 = {g->log, sizeof g->log};
    uint32_t pools = windows_pools(f->ws, pool);
    windows_pools(g->ws, pool2);
    struct image_setup is = {pool, pools, &blob, 1, 7, 8 << 20};
    struct image_setup is2 = {pool2, pools, &blob2, 1, 7, 8 << 20};
    struct image img = {0}, img2 = {0};
    void *mem = calloc(1, image_bytes(&is)), *mem2 = calloc(1, image_bytes(&is2));
    image_setup(&img, mem, &is);
    image_setup(&img2, mem2, &is2);
    uint64_t digest[LAB_LOGS];
    static uint8_t buf[IMAGE_SLICE_MIN];
    for (uint32_t step = 0, more = 0; step < 21000 || more; step++) {
        if (step == 20000) {
            lab_advance(g, f->at - g->at);
            for (uint32_t i = 0; i < LAB_LOGS; i++)
                digest[i] = window_digest(f->ws, &f->log[i], lab_family(i));
            image_begin(&img);
            image_load_begin(&img2);
            more = 1;
        }
        uint32_t i = (uint32_t)random_below(&f->r, LAB_LOGS), len = 0;
        cr_assert(lab_add(f, i, lab_ts(f)));
        if (step % 2)
            withdraw(f, i);
        mark(f, i);
        struct window_numbers n;
        window_read(f->ws, &f->log[i], lab_family(i), (uint32_t)random_below(&f->r, 8), &n);
        lab_advance(f, random_range(&f->r, 0, 60));
        if (more && step % 500 == 499) {
            more = (uint32_t)image_next(&img, buf, sizeof buf, &len);
            cr_assert_leq(more, 1);
            cr_assert_eq(image_load_feed(&img2, buf, len), 0);
        }
    }
    cr_assert_eq(image_load_end(&img2), 0);
    cr_assert_eq(windows_shed(f->ws), 0);
    for (uint32_t i = 0; i < LAB_LOGS; i++) {
        window_check(g->ws, &g->log[i], lab_family(i));
        cr_assert_eq(window_digest(g->ws, &g->log[i], lab_family(i)), digest[i]);
    }
    cr_assert(lab_unmake(f));
    cr_assert(lab_unmake(g));
    free(mem);
    free(mem2);
}
