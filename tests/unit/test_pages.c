/* Memory behind the end of a pool that grows is there before the pool is. */
#define _DEFAULT_SOURCE /* mincore */
#include "daemon/pages.h"

#include "tests/lib/desk.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

static const ms_t start = 1790000000000;

/* Is the memory at this address there, without touching it? */
static bool is_there(uintptr_t at)
{
    unsigned char there = 0;
    cr_assert_eq(mincore((void *)(at & ~(uintptr_t)4095), 4096, &there), 0);
    return there & 1;
}

static void grow(struct desk *d, uint32_t *tickets, uint32_t n)
{
    char line[64];
    for (uint32_t i = 0; i < n; i++) {
        snprintf(line, sizeof line, "opened ticket=T%u", (*tickets)++);
        desk_say(d, start + *tickets, line);
    }
}

/* The pool with most in use. */
static struct engine_growth greatest(const struct desk *d)
{
    struct engine_growth growth[ENGINE_GROWTHS], best = {0};
    for (uint32_t i = 0, n = engine_growth(d->e, growth); i < n; i++)
        if (growth[i].used > best.used)
            best = growth[i];
    return best;
}

/* Until the thread has done what it was told. */
static void wait_for(const struct pages *p)
{
    while (atomic_load(&p->working))
        sched_yield();
}

Test(pages, are_there_before_the_pool_is)
{
    struct desk *d = desk_new();
    struct pages p;
    uint32_t tickets = 0;
    d->limits = limits_default();
    desk_open(d);
    pages_open(&p, d->e);
    wait_for(&p);
    pages_tend(&p, 1000);
    cr_assert(!p.working, "nothing has grown yet");
    for (uint64_t now = 2000; tickets < 30000; now += PAGES_EVERY_MS) {
        grow(d, &tickets, 1000);
        pages_tend(&p, now);
        pages_tend(&p, now); /* it works already, or has just looked */
        wait_for(&p);
    }
    struct engine_growth g = greatest(d);
    cr_assert_gt(g.used, PAGES_GROWN);
    uintptr_t end = (uintptr_t)g.base + g.used;
    if (!p.useless) {
        cr_assert(is_there(end + PAGES_AHEAD - PAGES_BYTES));
        cr_assert(!is_there(end + 2 * PAGES_AHEAD + PAGES_BYTES), "no more than is needed soon");
    }
    pages_tend(&p, 100000);
    cr_assert(!p.working, "all is there");
    pages_close(&p);
    desk_free(d);
}

/* Of every pool that has begun, what it comes to next is there, huge pages apart. */
static void next_is_there(const struct desk *d)
{
    struct engine_growth growth[ENGINE_GROWTHS];
    for (uint32_t i = 0, n = engine_growth(d->e, growth); i < n; i++) {
        const struct engine_growth *g = &growth[i];
        uintptr_t end = (uintptr_t)g->base + g->used, at = end + PAGES_NEAR - 1;
        uintptr_t last = ((uintptr_t)g->base + g->size) / PAGES_BYTES * PAGES_BYTES;
        if (g->used < PAGES_BEGUN || at >= last || at / PAGES_BYTES == end / PAGES_BYTES)
            continue;
        cr_assert(is_there(at), "%s: %llu bytes in use", g->name, (unsigned long long)g->used);
    }
}

Test(pages, are_there_before_a_small_pool_comes_to_them)
{
    struct desk *d = desk_new();
    struct pages p;
    uint32_t tickets = 0;
    d->limits = limits_default();
    desk_open(d);
    pages_open(&p, d->e);
    wait_for(&p);
    for (uint64_t now = 1000; tickets < 6000 && !p.useless; now += PAGES_EVERY_MS) {
        grow(d, &tickets, 200);
        pages_tend(&p, now);
        wait_for(&p);
        if (!p.useless)
            next_is_there(d);
    }
    pages_close(&p);
    desk_free(d);
}

/* How many of a range's small pages are there. */
static uint64_t present(const struct engine_finder *f)
{
    uint64_t n = 0;
    for (uintptr_t at = (uintptr_t)f->base; at < (uintptr_t)f->base + f->size; at += 4096)
        n += is_there(at);
    return n;
}

/* All of what finds slots is there before the first event, and nothing of it was changed. */
Test(pages, what_finds_slots_is_there_at_once)
{
    struct desk *d = desk_new();
    struct engine_finder finder[ENGINE_FINDERS];
    struct pages p;
    uint64_t before = 0, after = 0, all = 0;
    d->limits = limits_default();
    desk_open(d);
    uint64_t digest = engine_digest(d->e);
    cr_assert_eq(engine_finders(d->e, finder), ENGINE_FINDERS);
    for (uint32_t i = 0; i < ENGINE_FINDERS; i++) {
        for (uint32_t k = 0; k < i; k++)
            cr_assert_neq(finder[i].base, finder[k].base);
        before += present(&finder[i]);
        all += finder[i].size / 4096;
    }
    cr_assert_lt(before, all / 2, "a fresh engine has touched little");
    pages_open(&p, d->e);
    wait_for(&p);
    for (uint32_t i = 0; i < ENGINE_FINDERS; i++)
        after += present(&finder[i]);
    if (!p.useless)
        cr_assert_geq(after + 2 * ENGINE_FINDERS, all,
                      "but for pages shared with what lies beside");
    cr_assert_eq(engine_digest(d->e), digest);
    engine_check(d->e);
    pages_close(&p);
    desk_free(d);
}

/* Whether it was through or not, it is over, and more is not begun. */
Test(pages, close_ends_the_thread)
{
    struct desk *d = desk_new();
    uint32_t tickets = 0;
    d->limits = limits_default();
    desk_open(d);
    for (int i = 0; i < 20; i++) {
        struct pages p;
        pages_open(&p, d->e);
        cr_assert(p.running);
        if (i % 2 != 0) { /* not at once, but with another order under way */
            wait_for(&p);
            grow(d, &tickets, 2000);
            pages_tend(&p, 1000);
        }
        pages_close(&p);
        cr_assert(!p.running);
        pages_tend(&p, 100000);
        pages_close(&p); /* harmless */
    }
    struct pages none = {.running = false};
    pages_tend(&none, 1000);
    pages_close(&none);
    desk_free(d);
}

Test(pages, engine_tells_all_of_its_pools)
{
    struct desk *d = desk_new();
    struct engine_growth growth[ENGINE_GROWTHS];
    uint32_t tickets = 0;
    d->limits = limits_default();
    desk_open(d);
    uint32_t n = engine_growth(d->e, growth);
    uint64_t before = 0, after = 0;
    for (uint32_t i = 0; i < n; i++)
        before += growth[i].used;
    grow(d, &tickets, 1000);
    cr_assert_eq(engine_growth(d->e, growth), n);
    for (uint32_t i = 0; i < n; i++) {
        after += growth[i].used;
        cr_assert_leq(growth[i].used, growth[i].size);
    }
    cr_assert_gt(after, before + 1000 * 100);
    desk_free(d);
}
