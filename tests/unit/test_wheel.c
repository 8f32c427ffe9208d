/* wheel: against an unordered array that is searched for its minimum. */
#include "core/wheel.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

enum { CAP = 3000 };
#define START 1767225600000LL /* 2026-01-01 */

struct entry {
    ms_t deadline;
    uint64_t order;
    uint32_t owner;
    uint8_t kind;
    handle_t handle;
};

struct both {
    struct wheel w;
    void *mem;
    struct entry entry[CAP];
    uint32_t n;
    uint64_t order;
    uint32_t fired;
};

static struct both *both_new(uint32_t cap)
{
    struct both *b = calloc(1, sizeof *b);
    b->mem = calloc(1, wheel_bytes(cap));
    wheel_init(&b->w, "test", b->mem, cap);
    return b;
}

static void both_free(struct both *b)
{
    free(b->mem);
    free(b);
}

static bool is_earlier(const struct entry *e, const struct entry *f)
{
    if (e->deadline != f->deadline)
        return e->deadline < f->deadline;
    return e->kind != f->kind ? e->kind < f->kind : e->order < f->order;
}

static uint32_t earliest(const struct both *b)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < b->n; i++)
        if (is_earlier(&b->entry[i], &b->entry[best]))
            best = i;
    return best;
}

static void add(struct both *b, ms_t deadline, uint8_t kind)
{
    if (b->n == CAP)
        return;
    uint32_t owner = (uint32_t)mix64(b->order);
    handle_t h = wheel_add(&b->w, deadline, kind, owner);
    cr_assert_neq(h, 0);
    cr_assert_eq(wheel_deadline(&b->w, h), deadline);
    b->entry[b->n++] = (struct entry){deadline, b->order++, owner, kind, h};
}

static void cancel(struct both *b, uint32_t i)
{
    wheel_cancel(&b->w, b->entry[i].handle);
    b->entry[i] = b->entry[--b->n];
}

/* Pops at most `most` timers due at `at` and compares each with the array. */
static void pop(struct both *b, ms_t at, uint32_t most)
{
    struct wheel_fired f;
    while (most-- > 0) {
        uint32_t i = earliest(b);
        bool due = b->n > 0 && b->entry[i].deadline <= at;
        cr_assert_eq(wheel_pop(&b->w, at, &f), due);
        if (!due) { /* who comes at wheel_next and finds nothing does not come for the same again */
            cr_assert(wheel_next(&b->w) > at || at == MS_NEVER);
            return;
        }
        const struct entry *e = &b->entry[i];
        cr_assert(f.deadline == e->deadline && f.owner == e->owner && f.kind == e->kind);
        b->entry[i] = b->entry[--b->n];
        b->fired++;
    }
}

static void check(struct both *b)
{
    wheel_check(&b->w);
    ms_t next = b->n == 0 ? MS_NEVER : b->entry[earliest(b)].deadline;
    cr_assert(b->n == 0 ? wheel_next(&b->w) == MS_NEVER : wheel_next(&b->w) <= next);
    cr_assert_eq(b->w.timers.live, b->n);
}

/* Deadlines near and far, in the past, at the edges of seconds and blocks. */
static ms_t some_deadline(struct random *r, ms_t at)
{
    switch (random_below(r, 8)) {
    case 0:
        return at + random_range(r, -5000, 5000);
    case 1:
        return at + random_range(r, 0, 3);
    case 2:
        return at + random_range(r, 0, 30 * MS_DAY);
    case 3:
        return at + random_range(r, 0, 10 * 366 * MS_DAY);
    case 4:
        return sec_floor(at) * MS_SECOND + MS_SECOND * random_range(r, 0, 3) - 1;
    case 5:
        return (sec_floor(at) / WHEEL_SPAN + random_range(r, 0, 2)) * WHEEL_SPAN * MS_SECOND +
               random_range(r, -1, 1);
    case 6:
        return at - random_range(r, 0, 2 * MS_HOUR);
    default:
        return at + random_range(r, 0, 20 * MS_MINUTE);
    }
}

static ms_t some_advance(struct random *r)
{
    switch (random_below(r, 20)) {
    case 0:
        return random_range(r, 0, 3 * MS_DAY);
    case 1:
        return random_range(r, 0, 2 * MS_HOUR);
    case 2:
        return -random_range(r, 0, 3000);
    case 3:
        return random_range(r, 0, 30 * MS_MINUTE);
    default:
        return random_range(r, 0, 900);
    }
}

Test(wheel, agrees_with_an_array_over_years)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random r = {seed};
        struct both *b = both_new(CAP);
        ms_t at = START;
        uint64_t size = seed % 4 == 0 ? CAP : 100;
        for (int step = 0; step < 4000; step++) {
            for (uint64_t k = random_below(&r, 4); k > 0 && b->n < size; k--)
                add(b, some_deadline(&r, at), (uint8_t)random_below(&r, 256));
            if (b->n > 0 && random_percent(&r, 40))
                cancel(b, (uint32_t)random_below(&r, b->n));
            if (random_percent(&r, 50))
                at += some_advance(&r);
            pop(b, at, random_percent(&r, 30) ? 1 : CAP + 1);
            if (random_percent(&r, 20))
                check(b);
        }
        pop(b, at + 20 * 366 * MS_DAY, CAP + 1);
        check(b);
        cr_assert_eq(b->n, 0);
        cr_assert_gt(b->fired, 1000);
        both_free(b);
    }
}

Test(wheel, many_in_one_millisecond_fire_in_order_of_adding)
{
    struct both *b = both_new(CAP);
    for (uint32_t i = 0; i < CAP; i++)
        add(b, START + (i % 3 == 0 ? MS_DAY : 40 * MS_DAY), 1);
    check(b);
    pop(b, START + MS_DAY - 1, CAP);
    cr_assert_eq(b->fired, 0);
    pop(b, START + MS_DAY, CAP);
    cr_assert_eq(b->fired, CAP / 3);
    pop(b, START + 40 * MS_DAY, CAP);
    cr_assert_eq(b->n, 0);
    both_free(b);
}

Test(wheel, of_the_last_instant_only_the_kinds_asked_for)
{
    struct both *b = both_new(CAP);
    const uint8_t kinds[] = {3, 1, 2, 0, 1, 255};
    struct wheel_fired f;
    for (uint32_t i = 0; i < ARRAY_LEN(kinds); i++) {
        cr_assert_neq(wheel_add(&b->w, START, kinds[i], i), 0);
        cr_assert_neq(wheel_add(&b->w, START + 1, kinds[i], 10 + i), 0);
    }
    const uint32_t before[] = {3, 1, 4}, then[] = {2, 0, 5, 13, 11, 14};
    for (uint32_t i = 0; i < ARRAY_LEN(before); i++) {
        cr_assert(wheel_pop_kinds(&b->w, START, 2, &f));
        cr_assert_eq(f.owner, before[i]);
    }
    cr_assert_not(wheel_pop_kinds(&b->w, START, 2, &f));
    cr_assert_eq(wheel_next(&b->w), START);
    for (uint32_t i = 0; i < ARRAY_LEN(then); i++) { /* what is earlier fires whatever its kind */
        cr_assert(wheel_pop_kinds(&b->w, START + 1, 2, &f));
        cr_assert_eq(f.owner, then[i]);
    }
    cr_assert_not(wheel_pop_kinds(&b->w, START + 1, 2, &f));
    cr_assert_eq(b->w.timers.live, 3);
    both_free(b);
}

Test(wheel, many_overdue_in_any_order_fire_in_order_of_time)
{
    struct both *b = both_new(CAP);
    struct random r = {4};
    pop(b, START, 1);
    for (int round = 0; round < 10; round++) {
        while (b->n < 1000)
            add(b, START - random_range(&r, 0, 10000), 1);
        for (int i = 0; i < 300; i++) {
            pop(b, START, 1);
            add(b, START - random_range(&r, 0, 10000), 2); /* while firing */
            cancel(b, (uint32_t)random_below(&r, b->n));
        }
        check(b);
    }
    pop(b, START, CAP);
    cr_assert_eq(b->n, 0);
    both_free(b);
}

Test(wheel, deadlines_outside_its_range_keep_their_order)
{
    struct both *b = both_new(CAP);
    const ms_t odd[] = {MS_MAX_TS, MS_MAX_TS * 3, MS_MAX_TS * 2, MS_NEVER - 1, 0, -5, 5, START};
    for (uint32_t i = 0; i < ARRAY_LEN(odd); i++)
        add(b, odd[i], (uint8_t)i);
    check(b);
    pop(b, START, CAP);
    cr_assert_eq(b->fired, 4);
    check(b);
    cancel(b, 0);
    pop(b, MS_MAX_TS, CAP);
    check(b);
    pop(b, MS_NEVER, CAP);
    check(b);
    both_free(b);
}

Test(wheel, full_and_empty)
{
    struct both *b = both_new(2);
    cr_assert_eq(wheel_next(&b->w), MS_NEVER);
    handle_t one = wheel_add(&b->w, START, 0, 1);
    cr_assert_neq(wheel_add(&b->w, START, 0, 2), 0);
    cr_assert_eq(wheel_add(&b->w, START - 1, 0, 3), 0);
    cr_assert_eq(wheel_next(&b->w), START);
    wheel_cancel(&b->w, one);
    cr_assert_neq(wheel_add(&b->w, START + 1, 0, 3), 0);
    both_free(b);
}

/* A sleeper who wakes at wheel_next does so a few times for a distant timer, not once a second. */
Test(wheel, coming_for_nothing_is_rare)
{
    struct both *b = both_new(2);
    add(b, START + 30 * MS_DAY, 0);
    ms_t at = START;
    uint32_t visits = 0;
    for (struct wheel_fired f; !wheel_pop(&b->w, at, &f); visits++) {
        cr_assert_gt(wheel_next(&b->w), at);
        at = wheel_next(&b->w);
    }
    cr_assert_eq(at, START + 30 * MS_DAY);
    cr_assert_leq(visits, 4);
    b->n = 0;
    check(b);
    both_free(b);
}

Test(wheel, a_cancelled_handle_stops_the_program, .signal = SIGABRT)
{
    struct both *b = both_new(2);
    handle_t one = wheel_add(&b->w, START, 0, 1);
    wheel_cancel(&b->w, one);
    wheel_cancel(&b->w, one);
}

/* A wheel whose pool was loaded, with links that mean nothing, fires as the old one does. */
Test(wheel, rebuilt_from_its_pool_it_goes_on_alike)
{
    struct random r = {6};
    for (int round = 0; round < 10; round++) {
        struct both *b = both_new(CAP), *c = both_new(CAP);
        ms_t at = START;
        for (int step = 0; step < 3000; step++) {
            add(b, some_deadline(&r, at), (uint8_t)step);
            at += random_range(&r, 0, 2000);
            pop(b, at, CAP);
        }
        memcpy(c->entry, b->entry, sizeof c->entry);
        c->n = b->n;
        c->order = b->order;
        memcpy(c->w.timers.base, b->w.timers.base, pool_bytes(sizeof(struct timer), CAP));
        c->w.timers.high = b->w.timers.high;
        c->w.timers.live = b->w.timers.live;
        c->w.timers.free_head = b->w.timers.free_head;
        for (uint32_t i = 1; i <= CAP; i++) {
            struct timer *t = pool_at(&c->w.timers, i);
            t->next = t->prev = 0xFFFFFFFF;
        }
        wheel_rebuild(&c->w);
        check(c);
        wheel_rebuild(&c->w);
        check(c);
        for (int step = 0; step < 1000; step++) {
            ms_t deadline = some_deadline(&r, at);
            add(b, deadline, 3);
            add(c, deadline, 3);
            cr_assert_eq(b->entry[b->n - 1].handle, c->entry[c->n - 1].handle);
            at += random_range(&r, 0, 5000);
            pop(b, at, CAP);
            pop(c, at, CAP);
        }
        both_free(b);
        both_free(c);
    }
}
