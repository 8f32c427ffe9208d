/* window_before: the window before a window, of logs that are exact and of busy ones in slots. */
#include "core/window_before.h"

#include "core/sketch.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

enum { SHORT = 2, LONG = 3 }; /* 1h and 24h of the lab */

static uint32_t samples_of(const struct lab *f, sec_t from, sec_t until)
{
    struct window_numbers n;
    oracle_read(&f->oracle[0], from, until, 0, NULL, &n);
    return n.samples;
}

/* What is counted may be off by the slots behind both edges, and never by more. */
static void compare(struct lab *f)
{
    struct window_numbers before, less, sum;
    struct window_order order[WINDOW_COLUMNS_MAX];
    window_read(f->ws, &f->log[0], 0, SHORT, &less);
    window_read(f->ws, &f->log[0], 0, LONG, &sum);
    before = sum;
    window_less(&before, &less);
    cr_assert_eq(before.samples + less.samples, sum.samples);
    cr_assert_eq(before.sum[0] + less.sum[0], sum.sum[0]);
    sec_t near = window_slot_ms(f->ws, &f->log[0], SHORT) / MS_SECOND;
    sec_t far = window_slot_ms(f->ws, &f->log[0], LONG) / MS_SECOND;
    uint32_t most = samples_of(f, f->edge[LONG] - far, f->edge[SHORT]);
    uint32_t least = samples_of(f, f->edge[LONG], f->edge[SHORT] - near);
    cr_assert(before.samples >= least && before.samples <= most, "%u not in %u to %u",
              before.samples, least, most);
    window_orders_before(f->ws, &f->log[0], 0, SHORT, LONG, 3, order);
    for (uint32_t c = 0; c < 2; c++) {
        cr_assert_eq(order[c].n, before.n[c]);
        cr_assert(order[c].n == 0 || order[c].min <= order[c].q[0]);
        cr_assert(order[c].n == 0 || order[c].max >= order[c].q[WINDOW_QUANTILES - 1]);
    }
    cr_assert_eq(order[2].n, 0, "nobody asked for it");
    struct window_order exact;
    oracle_order(&f->oracle[0], f->edge[LONG], f->edge[SHORT], 0, &exact);
    for (uint32_t q = 0; q < WINDOW_QUANTILES && near + far == 0 && exact.n > 0; q++)
        cr_assert_eq(sketch_index(order[0].q[q]), sketch_index(exact.q[q]));
}

static void run(uint32_t exact_samples, uint32_t *ret_slots)
{
    struct windows_setup setup = lab_setup;
    setup.exact_samples = exact_samples;
    struct lab *f = lab_make(&setup, 7);
    f->keep = 3600;
    *ret_slots = 0;
    for (uint32_t step = 0; step < 6000; step++) {
        cr_assert(lab_add(f, 0, f->at * MS_SECOND));
        lab_advance(f, random_range(&f->r, 0, 60));
        if (step % 50 == 0)
            compare(f);
        *ret_slots += window_slot_ms(f->ws, &f->log[0], LONG) > 0;
    }
    cr_assert(lab_unmake(f));
}

Test(window_before, exact)
{
    uint32_t slots;
    run(100000, &slots);
    cr_assert_eq(slots, 0);
}

Test(window_before, in_slots)
{
    uint32_t slots;
    run(1000, &slots);
    cr_assert_gt(slots, 1000);
}

Test(window_before, of_an_empty_log_is_nothing)
{
    struct lab *f = lab_make(&lab_setup, 1);
    struct window_order order[WINDOW_COLUMNS_MAX] = {{.n = 9}};
    window_orders_before(f->ws, &f->log[0], 0, SHORT, LONG, 15, order);
    cr_assert_eq(order[0].n, 0);
    cr_assert(lab_unmake(f));
}
