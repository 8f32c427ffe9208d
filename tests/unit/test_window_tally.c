/* Busy logs: order statistics from sketches that are kept up, against a pass and the oracle. */
#include "core/window_tally.h"

#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

static bool has_tally(const struct lab *f, uint32_t i)
{
    return tally_is_whole(f->ws, &f->log[i]);
}

static uint32_t tallies(const struct lab *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        n += has_tally(f, i);
    return n;
}

/* A sample that fits its log, at most 3 s old, sometimes ahead of the clock. */
static void add_lately(struct lab *f, uint32_t i, bool ahead)
{
    sec_t sec = f->at - random_range(&f->r, 0, 3) + (ahead ? random_range(&f->r, 1, 9) : 0);
    cr_assert(lab_add(f, i, sec * MS_SECOND + random_range(&f->r, 0, 999)));
}

/* What every window of the log says about every column, exactly. */
static void compare(struct lab *f, uint32_t i)
{
    static struct window_order got[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    window_orders(f->ws, &f->log[i], lab_family(i), UINT32_MAX, UINT32_MAX, got);
    for (uint32_t w = 0; w < LAB_WINDOWS; w++)
        for (uint32_t c = 0; c < lab_families[lab_family(i)].columns; c++) {
            struct window_order want, *g = &got[w][c];
            oracle_order(&f->oracle[i], f->edge[w], f->at, c, &want);
            cr_assert_eq(g->n, want.n);
            cr_assert(g->min == want.min && g->max == want.max, "window %u column %u", w, c);
            for (uint32_t q = 0; q < WINDOW_QUANTILES && g->n > 0; q++)
                cr_assert_eq(sketch_index(g->q[q]), sketch_index(want.q[q]));
        }
}

Test(window_tally, is_there_while_a_log_is_busy)
{
    struct windows_setup s = lab_setup;
    s.exact_samples = 2000;
    struct lab *f = lab_make(&s, 1);
    for (uint32_t k = 0; k < 900; k++)
        add_lately(f, 0, false);
    cr_assert_eq(tallies(f), 0);
    for (uint32_t k = 0; k < 200; k++)
        add_lately(f, 0, false);
    cr_assert(has_tally(f, 0));
    compare(f, 0);
    while (f->oracle[0].n > 100)
        cr_assert(lab_withdraw(f, 0));
    compare(f, 0);
    for (uint32_t k = 0; k < 50; k++) {
        lab_advance(f, 4); /* behind the rest: with a new chunk it is looked at again */
        add_lately(f, 0, false);
    }
    cr_assert_eq(tallies(f), 0);
    compare(f, 0);
    cr_assert(lab_unmake(f));
}

/* Marks and openings have no values: they need none. */
Test(window_tally, only_where_there_are_values)
{
    struct windows_setup s = lab_setup;
    s.exact_samples = 100;
    struct lab *f = lab_make(&s, 2);
    for (uint32_t k = 0; k < 500; k++) {
        add_lately(f, 2, false);
        add_lately(f, 4, false);
    }
    cr_assert_eq(tallies(f), 0);
    cr_assert(lab_unmake(f));
}

/* In chunks only, so that the oracle can tell everything: late, withdrawn, ahead of the clock. */
Test(window_tally, is_exact_while_samples_are)
{
    for (uint32_t round = 0; round < 4; round++) {
        struct windows_setup s = lab_setup;
        s.exact_samples = 4000; /* busy from 2000 on */
        s.chunks = 4000;
        struct lab *f = lab_make(&s, round);
        uint32_t compared = 0;
        for (uint32_t step = 0; step < 6000; step++) {
            uint32_t i = step % 20 == 0 ? 1 : 0;
            uint64_t kind = random_below(&f->r, 100);
            if (kind < 60)
                add_lately(f, i, round % 2 && kind < 2);
            else if (kind < 70)
                cr_assert(lab_add(f, i, lab_ts(f)));
            else if (kind < 85)
                cr_assert(lab_withdraw(f, i));
            else if (kind < 90)
                cr_assert(lab_mark(f, i));
            else
                lab_advance(f, random_range(&f->r, 0, round < 2 ? 3 : 200));
            if (f->log[i].live > 3500)
                lab_advance(f, 86400);
            if (step % 100 == 0 && has_tally(f, 0)) {
                compare(f, 0);
                window_check(f->ws, &f->log[0], 0);
                compared++;
            }
        }
        cr_assert_eq(f->log[0].slots, 0);
        cr_assert_gt(compared, 10, "round %u: %u", round, compared);
        cr_assert(lab_unmake(f));
    }
}

/* The least and the greatest value of a log go, again and again. */
Test(window_tally, finds_the_extremes_that_are_left)
{
    struct windows_setup s = lab_setup;
    s.exact_samples = 4000;
    struct lab *f = lab_make(&s, 4);
    for (uint32_t k = 0; k < 3000; k++) {
        add_lately(f, 0, false);
        if (k % 10 == 0)
            lab_advance(f, 7);
    }
    cr_assert(has_tally(f, 0));
    for (uint32_t k = 0; k < 200; k++) {
        struct oracle *o = &f->oracle[0];
        uint32_t at = 0;
        for (uint32_t j = 0; j < o->n; j++) {
            bool more = o->sample[j].value[0] > o->sample[at].value[0];
            if ((o->sample[j].present & 1) != 0 &&
                ((o->sample[at].present & 1) == 0 || (k % 2 == 0 ? more : !more)))
                at = j;
        }
        struct window_sample x = o->sample[at];
        oracle_withdraw(o, at);
        cr_assert(window_withdraw(f->ws, &f->log[0], 0, &x));
        compare(f, 0);
    }
    cr_assert(lab_unmake(f));
}

/* Slots come, grow, join and go, samples in them are withdrawn, pools run out: what the tally
 * says stays what a pass says (window_check). */
Test(window_tally, agrees_with_a_pass_over_slots)
{
    uint32_t checked = 0;
    for (uint32_t round = 0; round < 8; round++) {
        struct windows_setup s = lab_setup;
        s.exact_samples = round % 2 ? 300 : 60;
        s.chunks = round < 4 ? 40000 : 300 * (round - 3);
        struct lab *f = lab_make(&s, 10 + round);
        for (uint32_t step = 0; step < 8000; step++) {
            uint32_t i = (uint32_t)random_below(&f->r, 2);
            ms_t ts = lab_ts(f);
            struct window_sample x = oracle_random(&f->r, &lab_families[i], ts);
            uint64_t kind = random_below(&f->r, 100);
            struct oracle *o = &f->oracle[i];
            if (kind < 80 && window_add(f->ws, &f->log[i], i, &x))
                oracle_add(o, &x);
            else if (kind < 90 && o->n > 0) {
                uint32_t k = (uint32_t)random_below(&f->r, o->n);
                x = o->sample[k];
                oracle_withdraw(o, k);
                (void)window_withdraw(f->ws, &f->log[i], i, &x);
            } else if (kind >= 90)
                lab_advance(f, random_range(&f->r, 0, round % 3 == 0 ? 5 : 500));
            if (step % 64 == 0) {
                window_check(f->ws, &f->log[i], i);
                checked += f->log[i].slots != 0 && has_tally(f, i);
            }
        }
        cr_assert(lab_unmake(f));
    }
    cr_assert_gt(checked, 200, "%u", checked);
}

/* Pages run out: the tally is given up, the numbers stay. */
Test(window_tally, without_room_there_is_a_pass)
{
    struct windows_setup s = lab_setup;
    s.exact_samples = 400;
    s.chunks = 800;
    struct lab *f = lab_make(&s, 5);
    bool few = false;
    for (uint32_t k = 0; k < 6000; k++) {
        uint32_t i = k % 2 ? 0 : (uint32_t)random_below(&f->r, 2) * 3;
        add_lately(f, i, false);
        if (k % 16 == 0)
            lab_advance(f, 20);
        few = few || (f->log[0].live > 250 && f->log[3].live > 250 && tallies(f) < 2);
        if (k % 64 == 0) {
            window_check(f->ws, &f->log[0], 0);
            window_check(f->ws, &f->log[3], 3);
        }
    }
    cr_assert(few, "the pages were enough");
    cr_assert(lab_unmake(f));
}
