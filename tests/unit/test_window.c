/* window: every number against keep-everything, whatever comes late, goes again or runs ahead. */
#include "core/window.h"

#include "core/sketch.h"
#include "tests/lib/window_oracle.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { FAMILIES = 5, LOGS = 6, W_TODAY = 6, W_MONTH = 7, WINDOWS = 8 };

static const struct window_family families[FAMILIES] = {
    {"replies", 4, 6, 1 << 5},         {"resolves", 4, 12, 1 << 11}, {"marks", 0, 15, 0},
    {"wide", 4, 24, 1 << 23 | 1 << 3}, {"openings", 0, 2, 0},
};

static const struct windows_setup setup = {
    .family = families,
    .families = FAMILIES,
    .windows = WINDOWS,
    .length = {60, 300, 3600, 86400, 7 * 86400, 30 * 86400, 25 * 3600, 31 * 86400},
    .calendar = {[W_TODAY] = true, [W_MONTH] = true},
    .watches = 4,
    .watch = {{0, 0, 1000}, {1, 3, 60000}, {0, 0, 1 << 20}, {3, 1, 0}},
    .exact_samples = 100000,
    .chunks = 4000,
    .logs = LOGS,
};

struct fixture {
    struct windows_setup setup;
    struct windows *ws;
    struct window_log log[LOGS];
    struct oracle oracle[LOGS];
    sec_t at, start[WINDOWS_MAX], edge[WINDOWS_MAX], oldest;
    struct random r;
};

static uint32_t family_of(uint32_t log)
{
    return log % FAMILIES;
}

static void advance(struct fixture *f, sec_t by)
{
    f->at += by;
    f->start[W_TODAY] = f->at - (f->at + 19800) % 86400;
    f->start[W_MONTH] = f->at - f->at % (30 * 86400);
    f->oldest = f->at;
    for (uint32_t w = 0; w < WINDOWS; w++) {
        f->edge[w] = f->setup.calendar[w] ? f->start[w] - 1 : f->at - f->setup.length[w];
        f->oldest = f->edge[w] < f->oldest ? f->edge[w] : f->oldest;
    }
    windows_advance(f->ws, f->at, f->start);
    for (uint32_t i = 0; i < LOGS; i++)
        oracle_forget(&f->oracle[i], f->oldest);
}

static struct fixture *make(const struct windows_setup *s, uint64_t seed)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->setup = *s;
    uint64_t bytes = windows_bytes(s);
    void *mem = aligned_alloc(64, bytes);
    memset(mem, 0, bytes);
    f->ws = windows_init(mem, s);
    f->r.state = seed;
    for (uint32_t i = 0; i < LOGS; i++)
        oracle_init(&f->oracle[i], &families[family_of(i)]);
    advance(f, 1790000000);
    return f;
}

/* Everything is given back, and nothing is left of it. */
static void unmake(struct fixture *f)
{
    struct pool *pool[4];
    for (uint32_t i = 0; i < LOGS; i++)
        window_release(f->ws, &f->log[i]);
    for (uint32_t i = 0, n = windows_pools(f->ws, pool); i < n; i++)
        cr_assert_eq(pool[i]->live, 0, "pool %u: %u", i, pool[i]->live);
    free(f->ws);
    free(f);
}

static void compare_numbers(struct fixture *f, uint32_t i, uint32_t w)
{
    struct window_watch watch[WATCHES_MAX];
    uint32_t watches = 0, family = family_of(i);
    for (uint32_t k = 0; k < f->setup.watches; k++)
        if (f->setup.watch[k].family == family)
            watch[watches++] = f->setup.watch[k];
    struct window_numbers got, want;
    window_read(f->ws, &f->log[i], family, w, &got);
    oracle_read(&f->oracle[i], f->edge[w], f->at, watches, watch, &want);
    cr_assert_eq(got.samples, want.samples, "log %u window %u: %u, not %u", i, w, got.samples,
                 want.samples);
    cr_assert_arr_eq(&got, &want, sizeof got, "log %u window %u", i, w);
}

static void compare_orders(struct fixture *f, uint32_t i, uint32_t mask, uint32_t columns)
{
    static struct window_order got[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    window_orders(f->ws, &f->log[i], family_of(i), mask, columns, got);
    for (uint32_t w = 0; w < WINDOWS; w++)
        for (uint32_t c = 0; c < families[family_of(i)].columns; c++) {
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

static void compare_next(struct fixture *f, uint32_t i, uint32_t w)
{
    ms_t want = MS_NEVER;
    for (uint32_t k = 0; k < f->oracle[i].n; k++) {
        sec_t sec = sec_floor(f->oracle[i].sample[k].ts);
        if (sec > f->at)
            want = ms_min(want, sec * 1000);
        else if (sec > f->edge[w] && !f->setup.calendar[w])
            want = ms_min(want, (sec + f->setup.length[w]) * 1000);
    }
    cr_assert_eq(window_next_change(f->ws, &f->log[i], family_of(i), w), want);
}

static void compare(struct fixture *f, uint32_t i)
{
    for (uint32_t w = 0; w < WINDOWS; w++) {
        compare_numbers(f, i, w);
        compare_next(f, i, w);
        cr_assert_eq(window_slot_ms(f->ws, &f->log[i], w), 0);
    }
    compare_orders(f, i, (uint32_t)random_next(&f->r), (uint32_t)random_next(&f->r));
    window_check(f->ws, &f->log[i], family_of(i));
}

static ms_t any_ts(struct fixture *f)
{
    uint64_t kind = random_below(&f->r, 100);
    sec_t sec = f->at;
    if (kind < 20)
        sec -= random_range(&f->r, 0, 120);
    else if (kind < 28)
        sec -= random_range(&f->r, 0, 40 * 86400);
    else if (kind < 33)
        sec += random_range(&f->r, 0, 5);
    return sec * 1000 + random_range(&f->r, 0, 999);
}

static void add(struct fixture *f, uint32_t i, ms_t ts)
{
    struct window_sample s = oracle_random(&f->r, f->oracle[i].family, ts);
    bool in = sec_floor(ts) > f->oldest;
    cr_assert_eq(window_add(f->ws, &f->log[i], family_of(i), &s), in);
    if (in)
        oracle_add(&f->oracle[i], &s);
}

static void withdraw(struct fixture *f, uint32_t i)
{
    struct oracle *o = &f->oracle[i];
    if (o->n == 0)
        return;
    uint32_t k = (uint32_t)random_below(&f->r, o->n);
    struct window_sample s = o->sample[k];
    cr_assert(window_withdraw(f->ws, &f->log[i], family_of(i), &s));
    oracle_withdraw(o, k);
    s.ts = (f->oldest - 5) * 1000; /* nothing is there */
    cr_assert_not(window_withdraw(f->ws, &f->log[i], family_of(i), &s));
}

static void mark(struct fixture *f, uint32_t i)
{
    struct oracle *o = &f->oracle[i];
    uint32_t loose = o->family->loose;
    if (o->n == 0 || loose == 0)
        return;
    ms_t ts = o->sample[random_below(&f->r, o->n)].ts + (random_percent(&f->r, 10) ? 1000 : 0);
    uint32_t flag = (uint32_t)__builtin_ctz(random_percent(&f->r, 50) ? loose : loose & -loose);
    if ((loose & (loose - 1)) != 0 && random_percent(&f->r, 50))
        flag = 31 - (uint32_t)__builtin_clz(loose);
    bool on = random_percent(&f->r, 60);
    bool want = oracle_mark(o, sec_floor(ts), flag, on);
    cr_assert_eq(window_mark(f->ws, &f->log[i], family_of(i), ts, flag, on), want);
}

/* Random work on all logs; compares as it goes. pace: seconds between steps, at most. */
static void work(struct fixture *f, uint32_t steps, int64_t pace)
{
    for (uint32_t step = 0; step < steps; step++) {
        uint32_t i = (uint32_t)random_below(&f->r, LOGS);
        uint64_t kind = random_below(&f->r, 100);
        if (kind < 70)
            add(f, i, any_ts(f));
        else if (kind < 82)
            withdraw(f, i);
        else if (kind < 92)
            mark(f, i);
        else if (kind < 99)
            advance(f, random_range(&f->r, 0, pace));
        else
            compare_numbers(f, i, (uint32_t)random_below(&f->r, WINDOWS));
        if (step % 64 == 0)
            compare(f, i);
    }
    for (uint32_t i = 0; i < LOGS; i++)
        compare(f, i);
}

Test(window, agrees_with_keeping_everything)
{
    static const int64_t pace[] = {1, 30, 600, 3600, 40000, 4 * 86400};
    for (uint32_t seed = 0; seed < 12; seed++) {
        struct fixture *f = make(&setup, seed);
        work(f, 6000, pace[seed % ARRAY_LEN(pace)]);
        unmake(f);
    }
}

Test(window, agrees_after_bursts_and_silence)
{
    struct fixture *f = make(&setup, 99);
    for (uint32_t round = 0; round < 12; round++) {
        work(f, 1500, 2);
        advance(f, random_range(&f->r, 1, 20 * 86400));
        work(f, 50, 0);
    }
    advance(f, 70 * 86400);
    for (uint32_t i = 0; i < LOGS; i++) {
        compare(f, i);
        cr_assert(window_idle(f->ws, &f->log[i], family_of(i)));
    }
    unmake(f);
}

/* Many samples of one second lie in several chunks with one base. */
Test(window, a_second_may_be_long)
{
    struct fixture *f = make(&setup, 5);
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t k = 0; k < 150; k++)
            add(f, round % 2, (f->at - (k % 8 == 0)) * 1000);
        for (uint32_t k = 0; k < 30; k++) {
            withdraw(f, round % 2);
            mark(f, round % 2);
        }
        advance(f, random_range(&f->r, 0, 50));
        compare(f, round % 2);
    }
    unmake(f);
}

Test(window, descending_and_scattered_insertion)
{
    struct fixture *f = make(&setup, 6);
    for (uint32_t k = 0; k < 2000; k++)
        add(f, 0, (f->at - k * 1200) * 1000);
    for (uint32_t k = 0; k < 2000; k++)
        add(f, 1, (f->at - random_range(&f->r, 0, 29 * 86400)) * 1000);
    compare(f, 0);
    compare(f, 1);
    while (f->oracle[0].n > 0)
        withdraw(f, 0);
    compare(f, 0);
    cr_assert(window_idle(f->ws, &f->log[0], 0));
    unmake(f);
}

Test(window, values_of_any_size)
{
    static const ms_t value[] = {0,        1, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 400 * MS_DAY,
                                 1LL << 60};
    struct fixture *f = make(&setup, 7);
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
        withdraw(f, 0);
    compare_numbers(f, 0, 0);
    unmake(f);
}

Test(window, digest_is_of_the_samples_alone)
{
    struct fixture *a = make(&setup, 8), *b = make(&setup, 8);
    work(a, 20000, 300);
    advance(b, a->at - b->at);
    for (uint32_t i = 0; i < LOGS; i++) {
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
            cr_assert(window_add(b->ws, &b->log[i], family_of(i), &s));
        }
        for (uint32_t k = 0; k < o->marks; k++)
            cr_assert(window_mark(b->ws, &b->log[i], family_of(i), o->mark[k].sec * 1000,
                                  o->mark[k].flag, true));
        uint64_t digest = window_digest(a->ws, &a->log[i], family_of(i));
        cr_assert_eq(digest, window_digest(b->ws, &b->log[i], family_of(i)));
        add(b, i, b->at * 1000);
        cr_assert_neq(digest, window_digest(b->ws, &b->log[i], family_of(i)));
    }
    unmake(a);
    unmake(b);
}

Test(window, a_full_pool_sheds_the_oldest)
{
    for (uint32_t chunks = 1; chunks < 90; chunks += 8) {
        struct windows_setup s = setup;
        s.chunks = chunks;
        s.logs = 3; /* fewer cursors than logs */
        struct fixture *f = make(&s, chunks);
        uint64_t added = 0, held = 0;
        for (uint32_t k = 0; k < 6000; k++) {
            uint32_t i = (uint32_t)random_below(&f->r, LOGS);
            ms_t ts = (f->at - random_range(&f->r, 0, k % 9 ? 3 : 999)) * 1000;
            struct window_sample x = oracle_random(&f->r, &families[family_of(i)], ts);
            window_add(f->ws, &f->log[i], family_of(i), &x);
            added++;
            if (k % 256 == 0)
                window_check(f->ws, &f->log[i], family_of(i));
        }
        for (uint32_t i = 0; i < LOGS; i++) {
            struct window_numbers n;
            window_check(f->ws, &f->log[i], family_of(i));
            window_read(f->ws, &f->log[i], family_of(i), 5, &n);
            held += n.samples;
        }
        cr_assert_gt(windows_shed(f->ws), 0);
        cr_assert_eq(held + windows_shed(f->ws), added, "%u chunks", chunks);
        unmake(f);
    }
}
