#include "tests/lib/window_lab.h"

#include <stdlib.h>

const struct window_family lab_families[LAB_FAMILIES] = {
    {"replies", 8, 6, 1 << 5, 4}, {"resolves", 4, 12, 1 << 11 | 1 << 7, 0},
    {"marks", 0, 15, 0, 0},       {"wide", 4, 24, 1 << 23 | 1 << 3, 0},
    {"openings", 0, 2, 0, 0},     {"odd", 5, 20, 1 << 19, 2},
};

const struct windows_setup lab_setup = {
    .family = lab_families,
    .families = LAB_FAMILIES,
    .windows = LAB_WINDOWS,
    .length = {60, 300, 3600, 86400, 7 * 86400, 30 * 86400, 25 * 3600, 31 * 86400},
    .calendar = {[LAB_TODAY] = true, [LAB_MONTH] = true},
    .watches = 4,
    .watch = {{0, 0, 1000}, {1, 3, 60000}, {0, 0, 1 << 20}, {3, 1, 0}},
    .exact_samples = 100000,
    .chunks = 4000,
    .pack_age = 86400,
    .logs = LAB_LOGS,
};

void lab_advance(struct lab *f, sec_t by)
{
    f->at += by;
    f->start[LAB_TODAY] = f->at - (f->at + 19800) % 86400;
    f->start[LAB_MONTH] = f->at - f->at % (30 * 86400);
    f->oldest = f->at;
    for (uint32_t w = 0; w < LAB_WINDOWS; w++) {
        f->edge[w] = f->setup.calendar[w] ? f->start[w] - 1 : f->at - f->setup.length[w];
        f->oldest = f->edge[w] < f->oldest ? f->edge[w] : f->oldest;
    }
    windows_advance(f->ws, f->at, f->start);
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        oracle_forget(&f->oracle[i], f->oldest - f->keep);
}

struct lab *lab_make(const struct windows_setup *s, uint64_t seed)
{
    struct lab *f = calloc(1, sizeof *f);
    f->setup = *s;
    uint64_t bytes = windows_bytes(s);
    void *mem = aligned_alloc(64, bytes);
    memset(mem, 0, bytes);
    f->ws = windows_init(mem, s);
    f->r.state = seed;
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        oracle_init(&f->oracle[i], &lab_families[lab_family(i)]);
    lab_advance(f, 1790000000);
    return f;
}

bool lab_unmake(struct lab *f)
{
    struct pool *pool[WINDOWS_POOLS];
    bool empty = true;
    for (uint32_t i = 0; i < LAB_LOGS; i++)
        window_release(f->ws, &f->log[i]);
    for (uint32_t i = 0, n = windows_pools(f->ws, pool); i < n; i++)
        empty = empty && pool[i]->live == 0;
    free(f->ws);
    free(f);
    return empty;
}

ms_t lab_ts(struct lab *f)
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

bool lab_add(struct lab *f, uint32_t i, ms_t ts)
{
    struct window_sample s = oracle_random(&f->r, f->oracle[i].family, ts);
    bool in = sec_floor(ts) > f->oldest;
    if (in)
        oracle_add(&f->oracle[i], &s);
    return window_add(f->ws, &f->log[i], lab_family(i), &s) == in;
}

bool lab_withdraw(struct lab *f, uint32_t i)
{
    struct oracle *o = &f->oracle[i];
    if (o->n == 0)
        return true;
    uint32_t k = (uint32_t)random_below(&f->r, o->n);
    struct window_sample s = o->sample[k];
    oracle_withdraw(o, k);
    bool gone = window_withdraw(f->ws, &f->log[i], lab_family(i), &s);
    s.ts = (f->oldest - 5) * 1000; /* nothing is there */
    return gone && !window_withdraw(f->ws, &f->log[i], lab_family(i), &s);
}

bool lab_mark(struct lab *f, uint32_t i)
{
    struct oracle *o = &f->oracle[i];
    uint32_t loose = o->family->loose;
    if (o->n == 0 || loose == 0)
        return true;
    ms_t ts = o->sample[random_below(&f->r, o->n)].ts + (random_percent(&f->r, 10) ? 1000 : 0);
    uint32_t low = (uint32_t)__builtin_ctz(loose), high = 31 - (uint32_t)__builtin_clz(loose);
    uint32_t flag = random_percent(&f->r, 50) ? low : high;
    bool on = random_percent(&f->r, 60);
    if (!on && random_percent(&f->r, 50)) { /* both; of either one there need not be any */
        oracle_mark(o, sec_floor(ts), low, false);
        if (high != low)
            oracle_mark(o, sec_floor(ts), high, false);
        window_unmark(f->ws, &f->log[i], lab_family(i), ts, 1u << low | 1u << high);
        return true;
    }
    bool done = oracle_mark(o, sec_floor(ts), flag, on);
    return window_mark(f->ws, &f->log[i], lab_family(i), ts, flag, on) == done;
}

void lab_want(const struct lab *f, uint32_t i, uint32_t w, sec_t back, struct window_numbers *ret)
{
    struct window_watch watch[WATCHES_MAX];
    uint32_t watches = 0;
    for (uint32_t k = 0; k < f->setup.watches; k++)
        if (f->setup.watch[k].family == lab_family(i))
            watch[watches++] = f->setup.watch[k];
    oracle_read(&f->oracle[i], f->edge[w] - back, f->at, watches, watch, ret);
}
