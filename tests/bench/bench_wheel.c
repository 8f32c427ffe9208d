/* bench_wheel: the wheel against a 4-ary heap with a position index, in one run.
 *
 *     bench_wheel [timers]        default 1000000; deadlines uniform over 30 days
 *
 * Cold on purpose: owners come in random order, as tickets do. Nanoseconds of CPU per operation.
 * Both are in huge pages where the kernel has them, as the engine is (SMALL_PAGES=1: not). */
#include "core/wheel.h"
#include "tests/lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define START 1767225600000LL /* 2026-01-01 */
enum { AHEAD = 8 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *map_zeroed(uint64_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        exit(1);
    if (getenv("SMALL_PAGES") == NULL)
        madvise(p, n, MADV_HUGEPAGE);
    return p;
}

/* --- the peer: a 4-ary heap of (deadline, id), with the position of each id ------------------ */

struct heap {
    struct heap_entry {
        ms_t deadline;
        uint32_t id;
    } * entry;
    uint32_t *position;
    uint32_t n;
};

static void heap_set(struct heap *h, uint32_t at, struct heap_entry e)
{
    h->entry[at] = e;
    h->position[e.id] = at;
}

static void heap_up(struct heap *h, uint32_t at, struct heap_entry e)
{
    while (at > 0 && h->entry[(at - 1) / 4].deadline > e.deadline) {
        heap_set(h, at, h->entry[(at - 1) / 4]);
        at = (at - 1) / 4;
    }
    heap_set(h, at, e);
}

static void heap_down(struct heap *h, uint32_t at, struct heap_entry e)
{
    for (;;) {
        uint32_t best = at * 4 + 1;
        if (best >= h->n)
            break;
        for (uint32_t i = best + 1; i < at * 4 + 5 && i < h->n; i++)
            if (h->entry[i].deadline < h->entry[best].deadline)
                best = i;
        if (h->entry[best].deadline >= e.deadline)
            break;
        heap_set(h, at, h->entry[best]);
        at = best;
    }
    heap_set(h, at, e);
}

static void heap_add(struct heap *h, ms_t deadline, uint32_t id)
{
    heap_up(h, h->n++, (struct heap_entry){deadline, id});
}

static void heap_remove(struct heap *h, uint32_t id)
{
    uint32_t at = h->position[id];
    struct heap_entry last = h->entry[--h->n];
    if (at == h->n)
        return;
    if (at > 0 && h->entry[(at - 1) / 4].deadline > last.deadline)
        heap_up(h, at, last);
    else
        heap_down(h, at, last);
}

/* --- the run --------------------------------------------------------------------------------- */

struct load {
    uint32_t n;
    ms_t *deadline;  /* per timer, and per timer armed again */
    uint32_t *order; /* owners shuffled */
};

static struct load load_new(uint32_t n)
{
    struct load l = {n, malloc(2 * n * sizeof(ms_t)), malloc(n * sizeof(uint32_t))};
    struct random r = {1};
    for (uint32_t i = 0; i < 2 * n; i++)
        l.deadline[i] = START + random_range(&r, 0, 30 * MS_DAY);
    for (uint32_t i = 0; i < n; i++)
        l.order[i] = i;
    for (uint32_t i = n - 1; i > 0; i--) {
        uint32_t j = (uint32_t)random_below(&r, i + 1), t = l.order[i];
        l.order[i] = l.order[j];
        l.order[j] = t;
    }
    return l;
}

struct figures {
    double add, rearm, cancel, fire;
};

/* Half of the timers are cancelled, the other half fires, second by second. */
static struct figures run_wheel(const struct load *l)
{
    static struct wheel w;
    struct figures f;
    uint32_t n = l->n, fired = 0;
    uint64_t size = wheel_bytes(n);
    void *mem = map_zeroed(size);
    handle_t *handle = malloc(n * sizeof *handle);
    struct wheel_fired out;
    wheel_init(&w, "test", mem, n);
    wheel_pop(&w, START, &out);
    for (uint32_t i = 0; i < n; i++) /* touches all pages; timed are the adds after it */
        handle[i] = wheel_add(&w, l->deadline[i], 1, i);
    for (uint32_t i = 0; i < n; i++)
        wheel_cancel(&w, handle[l->order[i]]);
    double t0 = now_ns();
    for (uint32_t i = 0; i < n; i++)
        handle[i] = wheel_add(&w, l->deadline[i], 1, i);
    double t1 = now_ns();
    for (uint32_t i = 0; i < n; i++) {
        uint32_t o = l->order[i];
        if (i + AHEAD < n) /* as the engine does within a batch */
            wheel_prefetch(&w, handle[l->order[i + AHEAD]]);
        wheel_cancel(&w, handle[o]);
        handle[o] = wheel_add(&w, l->deadline[n + i], 1, o);
    }
    double t2 = now_ns();
    for (uint32_t i = 0; i < n / 2; i++)
        wheel_cancel(&w, handle[l->order[i]]);
    double t3 = now_ns();
    for (ms_t at = START; at <= START + 30 * MS_DAY; at += MS_SECOND)
        while (wheel_pop(&w, at, &out))
            fired++;
    double t4 = now_ns();
    f = (struct figures){(t1 - t0) / n, (t2 - t1) / n, (t3 - t2) / (n / 2), (t4 - t3) / fired};
    printf("wheel fired %u of %u, in memory %.1f MB\n", fired, n - n / 2,
           (double)pool_bytes(sizeof(struct timer), n) / 1e6);
    free(handle);
    munmap(mem, size);
    return f;
}

static struct figures run_heap(const struct load *l)
{
    uint32_t n = l->n, fired = 0;
    struct heap h = {map_zeroed(n * sizeof(struct heap_entry)), map_zeroed(n * 4ULL), 0};
    for (uint32_t i = 0; i < n; i++)
        heap_add(&h, l->deadline[i], i);
    h.n = 0;
    double t0 = now_ns();
    for (uint32_t i = 0; i < n; i++)
        heap_add(&h, l->deadline[i], i);
    double t1 = now_ns();
    for (uint32_t i = 0; i < n; i++) {
        heap_remove(&h, l->order[i]);
        heap_add(&h, l->deadline[n + i], l->order[i]);
    }
    double t2 = now_ns();
    for (uint32_t i = 0; i < n / 2; i++)
        heap_remove(&h, l->order[i]);
    double t3 = now_ns();
    for (ms_t at = START; at <= START + 30 * MS_DAY; at += MS_SECOND)
        while (h.n > 0 && h.entry[0].deadline <= at) {
            heap_remove(&h, h.entry[0].id);
            fired++;
        }
    double t4 = now_ns();
    munmap(h.entry, n * sizeof(struct heap_entry));
    munmap(h.position, n * 4ULL);
    return (struct figures){(t1 - t0) / n, (t2 - t1) / n, (t3 - t2) / (n / 2), (t4 - t3) / fired};
}

static void print(const char *who, struct figures f)
{
    printf("%-8s add %6.1f  re-arm %6.1f  cancel %6.1f  fire %6.1f ns\n", who, f.add, f.rearm,
           f.cancel, f.fire);
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    if (n < 2)
        return 2;
    struct load l = load_new(n);
    for (int round = 0; round < 3; round++) {
        print("wheel", run_wheel(&l));
        print("heap", run_heap(&l));
    }
    free(l.deadline);
    free(l.order);
    return 0;
}
