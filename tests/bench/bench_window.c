/* bench_window: what a sample costs in a log with 8 windows, beside appending it to an array.
 *
 * Steady state: logs are filled over 31 days, then measured on; samples come to random logs, in
 * batches of 32 that are prefetched as the engine does it. Agents: 3,000 replies (2 of 4 values,
 * mostly equal), 3,000 resolves (4 values), 6,000 marks, 3,000 openings in 30 days. */
#include "core/window.h"
#include "tests/lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 32, ROUND = 4096, WINDOWS = 8 };
enum { REPLIES, RESOLVES, MARKS, OPENINGS, FAMILIES };

static const struct window_family families[FAMILIES] = {
    {"replies", 8, 6, 1 << 5, 4},
    {"resolves", 8, 13, 1 << 11, 4},
    {"marks", 0, 15, 0, 0},
    {"openings", 0, 2, 0, 0},
};

/* Likewise, but marks may go to whoever is alike. */
static const struct window_family alike[FAMILIES] = {
    [MARKS] = {"marks", 0, 15, (1 << 15) - 1, 0},
};

static struct windows_setup setup = {
    .family = families,
    .families = FAMILIES,
    .windows = WINDOWS,
    .length = {60, 300, 900, 3600, 8 * 3600, 86400, 7 * 86400, 30 * 86400},
    .exact_samples = 200000,
    .pack_from = UINT32_MAX,
    .pack_age = 86400,
};

static const sec_t START = 1790000000;
static sec_t no_start[WINDOWS_MAX];
static struct random r = {1};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct windows *make(uint32_t chunks, uint32_t logs)
{
    setup.chunks = chunks;
    setup.logs = logs;
    struct windows *ws = windows_init(calloc(1, windows_bytes(&setup) + 64), &setup);
    windows_advance(ws, START, no_start);
    return ws;
}

/* Lognormal-like durations; most resolves and replies have one value for all their columns. */
static struct window_sample draw(uint32_t family, ms_t ts)
{
    struct window_sample s = {.ts = ts, .flags = 1U << random_below(&r, families[family].flags)};
    if (families[family].columns == 0)
        return s;
    s.present = family == REPLIES ? 3 : 15;
    ms_t v = (ms_t)(1000 + (random_next(&r) >> (36 + random_below(&r, 18))));
    for (uint32_t c = 0; c < 4; c++)
        s.value[c] = v;
    if (random_percent(&r, 10))
        s.value[1] = v / 2;
    return s;
}

/* The baseline: an array of whole samples per log that grows; no window is kept at all. */
struct array {
    struct window_sample *at;
    uint32_t n, cap;
};

static void array_add(struct array *a, const struct window_sample *s)
{
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 64;
        a->at = realloc(a->at, a->cap * sizeof a->at[0]);
    }
    a->at[a->n++] = *s;
}

struct owner { /* as the engine has it: every log in a slot of its own, aligned */
    struct window_log log;
    uint8_t rest[256 - sizeof(struct window_log) % 256];
};

/* The chunk that a sample is going to, as the engine brings it near. */
static void tail_near(const struct pool *chunks, const struct window_log *log)
{
    const uint8_t *p = pool_at(chunks, handle_index(log->tail)); /* slot 0: there is none */
    for (uint32_t line = 0; line < 256; line += 64)
        __builtin_prefetch(p + line, 1);
}

/* Adds n samples in batches: headers, then tails are fetched ahead, as the engine does it. */
static void add_all(struct windows *ws, struct owner *owner, const struct window_sample *s,
                    const uint32_t *to, uint32_t n)
{
    struct pool *pool[WINDOWS_POOLS];
    windows_pools(ws, pool);
    for (uint32_t from = 0; from < n; from += BATCH) {
        uint32_t until = from + BATCH;
        for (uint32_t i = from; i < until; i++)
            for (uint32_t line = 0; line < sizeof(struct window_log); line += 64)
                __builtin_prefetch((char *)&owner[to[i]] + line, 1);
        for (uint32_t i = from; i < until; i++)
            tail_near(pool[0], &owner[to[i]].log);
        for (uint32_t i = from; i < until; i++)
            window_add(ws, &owner[to[i]].log, REPLIES, &s[i]);
    }
}

static void bench_add(uint32_t logs, uint32_t measured, bool late)
{
    static struct window_sample s[ROUND];
    static uint32_t to[ROUND];
    uint32_t warm = logs == 1 ? 50000 : logs * 31 * 100;
    struct windows *ws = make(logs * 130 + 4000, logs);
    struct owner *owner = calloc(logs, sizeof *owner);
    struct array *array = calloc(logs, sizeof *array);
    double sut = 0, base = 0, step = 31.0 * 86400 * 1000 / warm;
    uint32_t done = 0;
    for (uint32_t k = 0; k < warm + measured; k += ROUND) {
        for (uint32_t i = 0; i < ROUND; i++) {
            bool back = late && random_below(&r, 50) == 0;
            ms_t at = START * 1000 + (ms_t)(step * (k + i));
            s[i] = draw(REPLIES, at - (back ? random_range(&r, 0, 300000) : 0));
            to[i] = (uint32_t)random_below(&r, logs);
        }
        windows_advance(ws, s[ROUND - 1].ts / 1000, no_start);
        double t0 = now_ns();
        add_all(ws, owner, s, to, ROUND);
        double t1 = now_ns();
        for (uint32_t i = 0; i < ROUND; i++)
            array_add(&array[to[i]], &s[i]);
        if (k < warm)
            continue;
        sut += t1 - t0;
        base += now_ns() - t1;
        done += ROUND;
    }
    struct window_numbers n;
    window_read(ws, &owner[0].log, REPLIES, 7, &n);
    printf("add, %5u logs%s: %5.1f ns, array append %5.1f ns (%u samples in 30 days each)\n", logs,
           late ? ", 2 % late" : "", sut / done, base / done, n.samples);
}

/* One log of 100,000 samples over 30 days. */
static void bench_busy(void)
{
    enum { N = 100000, TIMES = 20000 };
    static struct window_log log;
    static struct window_sample kept[N];
    struct windows *ws = make(60000, 1);
    struct window_numbers n;
    static struct window_order order[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    for (uint32_t k = 0; k < N; k++) {
        kept[k] = draw(RESOLVES, (START + k * 25LL) * 1000);
        window_add(ws, &log, RESOLVES, &kept[k]);
    }
    windows_advance(ws, START + N * 25LL, no_start);
    for (uint32_t w = 0; w < WINDOWS; w++)
        window_read(ws, &log, RESOLVES, w, &n);
    static const char *const what[] = {"late insert", "mark", "unmark", "withdraw"};
    for (uint32_t kind = 0; kind < 4; kind++) {
        struct random again = {7};
        double t0 = now_ns();
        for (uint32_t k = 0; k < TIMES; k++) {
            const struct window_sample *s = &kept[random_below(&again, N)];
            if (kind == 0)
                window_add(ws, &log, RESOLVES, s);
            else if (kind == 3)
                window_withdraw(ws, &log, RESOLVES, s);
            else
                window_mark(ws, &log, RESOLVES, s->ts, 11, kind == 1);
        }
        printf("%s anywhere in a log of 100,000: %.0f ns\n", what[kind], (now_ns() - t0) / TIMES);
    }
    double t0 = now_ns();
    window_orders(ws, &log, RESOLVES, 255, 15, order);
    printf("orders of 8 windows, 4 columns, 100,000 samples: %.0f us\n", (now_ns() - t0) / 1000);
}

/* One second of 50,000 samples in one log: marks put at random, and taken where they were put. */
static void bench_second(void)
{
    enum { N = 50000, FLAGS = 2, SHARE = 10 };
    static const uint32_t flag[FLAGS] = {3, 5};
    static struct window_log log;
    static struct window_sample kept[N];
    setup.family = alike;
    struct windows *ws = make(60000, 1);
    uint32_t marks = 0;
    for (uint32_t k = 0; k < N; k++) {
        kept[k] = (struct window_sample){.ts = START * 1000 + k / (N / 1000)};
        window_add(ws, &log, MARKS, &kept[k]);
    }
    double t0 = now_ns();
    for (uint32_t k = 0; k < N; k++)
        for (uint32_t i = 0; i < FLAGS; i++)
            if (random_percent(&r, SHARE)) {
                window_mark(ws, &log, MARKS, kept[k].ts, flag[i], true);
                kept[k].flags |= 1U << flag[i];
                marks++;
            }
    double t1 = now_ns();
    for (uint32_t k = 0; k < N; k++)
        if (kept[k].flags != 0)
            window_unmark(ws, &log, MARKS, kept[k].ts, kept[k].flags);
    printf("a second of %d samples: mark %.0f ns, unmark %.0f ns\n", N, (t1 - t0) / marks,
           (now_ns() - t1) / marks);
    setup.family = families;
}

/* One log of 2,000,000 samples in 30 days, 100,000 of them exact: the rest lies in slots. */
static void bench_slots(void)
{
    enum { N = 2000000, LATE = 2000 };
    static struct window_log log;
    static struct window_order order[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    setup.exact_samples = 100000;
    struct windows *ws = make(100000, 1);
    double spent = 0;
    static struct window_sample s[ROUND];
    uint32_t done = 0;
    for (; done < N; done += ROUND) {
        for (uint32_t i = 0; i < ROUND; i++)
            s[i] = draw(RESOLVES, START * 1000 + (done + i) * 1296LL);
        windows_advance(ws, s[ROUND - 1].ts / 1000, no_start);
        double t0 = now_ns();
        for (uint32_t i = 0; i < ROUND; i++)
            window_add(ws, &log, RESOLVES, &s[i]);
        spent += now_ns() - t0;
    }
    struct pool *pool[WINDOWS_POOLS];
    windows_pools(ws, pool);
    printf("busy log of 2,000,000: add %.0f ns, %u slots, %.1f MB\n", spent / done, pool[3]->live,
           pool[0]->live * 256e-6);
    double t0 = now_ns();
    for (uint32_t i = 0; i < LATE; i++) {
        struct window_sample x = draw(RESOLVES, s[0].ts - random_range(&r, 0, 25 * MS_DAY));
        window_add(ws, &log, RESOLVES, &x);
    }
    double t1 = now_ns();
    window_orders(ws, &log, RESOLVES, 255, 15, order);
    printf("late into a slot: %.0f ns; orders of 8 windows, 4 columns: %.0f us\n", (t1 - t0) / LATE,
           (now_ns() - t1) / 1000);
}

/* Agents with the whole mix: memory, reading, order statistics. */
static void bench_agents(uint32_t agents, sec_t disorder)
{
    static const uint32_t count[FAMILIES] = {3000, 3000, 6000, 3000};
    uint32_t chunks = agents * 450 + 1000;
    struct windows *ws = make(chunks, agents * FAMILIES);
    struct window_log *log = calloc(agents * FAMILIES, sizeof *log);
    for (uint32_t k = 0; k < 6000; k++) {
        sec_t at = START + (sec_t)k * 432;
        windows_advance(ws, at, no_start);
        for (uint32_t a = 0; a < agents; a++)
            for (uint32_t f = 0; f < FAMILIES; f++) {
                if (count[f] == 3000 && k % 2 != 0)
                    continue;
                struct window_sample s = draw(f, (at - random_range(&r, 0, disorder)) * 1000);
                window_add(ws, &log[a * FAMILIES + f], f, &s);
            }
    }
    struct pool *pool[WINDOWS_POOLS];
    uint64_t bytes = (uint64_t)agents * FAMILIES * sizeof *log;
    for (uint32_t i = 0, n = windows_pools(ws, pool); i < n; i++)
        bytes += (uint64_t)pool[i]->live * pool[i]->slot_size;
    printf("out of order by <= %d s:\n", (int)disorder);
    printf("agent of 3,000 replies, 3,000 resolves, 6,000 marks, 3,000 openings: %.1f KB"
           " (%.1f KB in chunks)\n",
           (double)bytes / agents / 1000, (double)pool[0]->live * 256 / agents / 1000);
    struct window_numbers n;
    for (uint32_t round = 0; round < 2; round++) {
        windows_advance(ws, START + 30 * 86400 + round * 5, no_start);
        double t0 = now_ns();
        for (uint32_t i = 0; i < agents * FAMILIES; i++)
            for (uint32_t w = 0; w < WINDOWS; w++)
                window_read(ws, &log[i], i % FAMILIES, w, &n);
        printf("read of one window, %s: %.0f ns\n", round ? "5 s later" : "first in 30 days",
               (now_ns() - t0) / agents / FAMILIES / WINDOWS);
    }
    static struct window_order order[WINDOWS_MAX][WINDOW_COLUMNS_MAX];
    double t0 = now_ns();
    for (uint32_t a = 0; a < agents; a++)
        window_orders(ws, &log[a * FAMILIES], REPLIES, 127, 15, order);
    double t1 = now_ns();
    for (uint32_t a = 0; a < agents; a++)
        window_orders(ws, &log[a * FAMILIES + 1], RESOLVES, 127, 15, order);
    double t2 = now_ns();
    for (uint32_t a = 0; a < agents; a++)
        window_orders(ws, &log[a * FAMILIES + 1], RESOLVES, 255, 15, order);
    printf("orders, 4 columns: replies 7 d %.1f us, resolves 7 d %.1f us, 30 d %.1f us\n",
           (t1 - t0) / agents / 1000, (t2 - t1) / agents / 1000, (now_ns() - t2) / agents / 1000);
}

int main(void)
{
    bench_add(1, 4000000, false);
    bench_add(1000, 4000000, false);
    bench_add(10000, 4000000, false);
    bench_add(1000, 4000000, true);
    bench_busy();
    bench_second();
    bench_agents(200, 0);
    bench_agents(200, 200);
    bench_slots();
    return 0;
}
