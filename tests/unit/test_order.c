/* order: against a plain array that is searched for its oldest member. */
#include "core/order.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MEMBERS = 500, CROWD = 60000, CHUNKS = 400, ENTRIES = 32 };

static const ms_t start = 1770368400000;

struct both {
    struct pool chunks;
    void *mem;
    struct order order;
    struct random r;
    ms_t now;
    uint32_t members;
    ms_t since[CROWD + 1]; /* MS_NONE: no member */
    uint32_t looked;       /* calls of `holds` */
    uint32_t near;         /* and of `near` */
};

static bool holds(void *ctx, uint32_t member, ms_t *ret_since)
{
    struct both *b = ctx;
    b->looked++;
    *ret_since = b->since[member];
    return b->since[member] != MS_NONE;
}

/* Whoever is asked about was told to be asked soon, or stands in the front. */
static void near(void *ctx, uint32_t member)
{
    struct both *b = ctx;
    b->near++;
    cr_assert(member >= 1 && member <= CROWD);
}

static const struct order_asked asked = {holds, near};

static struct both *both_new(uint64_t seed, uint32_t chunks)
{
    struct both *b = calloc(1, sizeof *b);
    b->mem = calloc(1, pool_bytes(order_chunk_bytes(), chunks));
    pool_init(&b->chunks, "test", b->mem, order_chunk_bytes(), chunks);
    b->r.state = seed;
    b->now = start;
    for (uint32_t i = 0; i <= CROWD; i++)
        b->since[i] = MS_NONE;
    return b;
}

static void both_free(struct both *b)
{
    free(b->mem);
    free(b);
}

/* As the board does: the member's time is known before it joins. */
static bool join(struct both *b, uint32_t member, ms_t since)
{
    b->since[member] = since;
    b->members++;
    return order_join(&b->chunks, &b->order, since, member, &asked, b);
}

static void leave(struct both *b, uint32_t member)
{
    b->since[member] = MS_NONE;
    b->members--;
    order_leave(&b->order);
}

static bool before(void *ctx, uint32_t a, uint32_t b)
{
    (void)ctx;
    return a < b;
}

static void compare(struct both *b)
{
    handle_t best = 0;
    for (handle_t i = 1; i <= MEMBERS; i++)
        if (b->since[i] != MS_NONE && (best == 0 || b->since[i] < b->since[best]))
            best = i;
    ms_t since = MS_NONE;
    cr_assert_eq(order_oldest(&b->chunks, &b->order, holds, before, b, &since), best);
    if (best != 0)
        cr_assert_eq(since, b->since[best]);
    cr_assert_eq(b->order.members, b->members);
    order_check(&b->chunks, &b->order);
}

/* When a joining ticket began: mostly now, sometimes long ago, often in one second with others. */
static ms_t a_time(struct both *b, uint32_t old)
{
    b->now += random_range(&b->r, 0, 400);
    if (random_percent(&b->r, old))
        return start + (ms_t)random_below(&b->r, (uint64_t)(b->now - start) + 1);
    return b->now;
}

static void churn(struct both *b, int steps, uint32_t joins, uint32_t old)
{
    for (int i = 0; i < steps; i++) {
        handle_t m = (handle_t)random_range(&b->r, 1, MEMBERS);
        bool is = b->since[m] != MS_NONE;
        if (is && random_percent(&b->r, 30)) { /* leaves and comes again, maybe as it was */
            ms_t since = b->since[m];
            leave(b, m);
            cr_assert(join(b, m, random_percent(&b->r, 50) ? since : a_time(b, old)));
        } else if (is && !random_percent(&b->r, joins)) {
            leave(b, m);
        } else if (!is && random_percent(&b->r, joins)) {
            cr_assert(join(b, m, a_time(b, old)));
        }
        if (random_percent(&b->r, 20))
            compare(b);
    }
    compare(b);
}

Test(order, oldest_is_that_of_an_array)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct both *b = both_new(seed, CHUNKS);
        uint32_t old = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 10 : 60;
        churn(b, 3000, 60, old);
        churn(b, 3000, 20, old);
        churn(b, 3000, 80, old);
        both_free(b);
    }
}

/* Sixty thousand members that joined in any order: a tree of three levels; the oldest leave. */
Test(order, of_a_crowd_the_oldest_leave_one_by_one)
{
    for (uint64_t seed = 20; seed < 22; seed++) {
        struct both *b = both_new(seed, CROWD / 8);
        for (handle_t m = 1; m <= CROWD; m++) {
            ms_t near = start + m * 100, any = start + (ms_t)random_below(&b->r, CROWD * 100);
            cr_assert(join(b, m, seed == 20 || random_percent(&b->r, 30) ? any : near));
        }
        order_check(&b->chunks, &b->order);
        ms_t last = MS_NONE, since;
        while (b->members > 0) {
            uint32_t m = order_oldest(&b->chunks, &b->order, holds, before, b, &since);
            cr_assert(m != 0 && since >= last && since == b->since[m]);
            last = since;
            leave(b, m);
            if (random_percent(&b->r, 5)) /* some come back, not far from where they were */
                cr_assert(join(b, m, since + 50));
        }
        order_check(&b->chunks, &b->order);
        both_free(b);
    }
}

/* Nobody reads: what no longer holds goes all the same. */
Test(order, entries_stay_few_while_members_come_and_go)
{
    struct both *b = both_new(1, CHUNKS);
    uint32_t most = 0;
    for (int i = 0; i < 100000; i++) {
        handle_t m = (handle_t)random_range(&b->r, 1, 100);
        if (b->since[m] != MS_NONE)
            leave(b, m);
        b->looked = b->near = 0;
        cr_assert(join(b, m, a_time(b, 20)));
        cr_assert_leq(b->looked, 8 * ENTRIES, "one joining sweeps a few chunks only");
        cr_assert_geq(b->near, b->looked, "all of them were sent for before");
        most = b->order.entries > most ? b->order.entries : most;
    }
    order_check(&b->chunks, &b->order);
    cr_assert_leq(most, 3 * 100 + 3 * ENTRIES);
    both_free(b);
}

Test(order, empty_order_keeps_no_chunk)
{
    struct both *b = both_new(3, CHUNKS);
    churn(b, 5000, 70, 30);
    for (handle_t m = 1; m <= MEMBERS; m++)
        if (b->since[m] != MS_NONE)
            leave(b, m);
    compare(b);
    cr_assert_eq(b->chunks.live, 0);
    cr_assert_eq(b->order.entries, 0);
    cr_assert(join(b, 7, start));
    compare(b);
    both_free(b);
}

Test(order, seconds_before_1970_are_the_first)
{
    struct both *b = both_new(4, CHUNKS);
    cr_assert(join(b, 1, start));
    cr_assert(join(b, 2, -5000));
    cr_assert(join(b, 3, -4000));
    compare(b);
    leave(b, 2);
    compare(b);
    both_free(b);
}

/* When the pool is full a member is not in; everything goes on, and it leaves like any other. */
Test(order, full_pool_refuses_and_goes_on)
{
    struct both *b = both_new(5, 4);
    uint32_t joined = 0;
    handle_t m = 1;
    while (join(b, m, start + m * 500)) {
        joined++;
        cr_assert_lt(++m, MEMBERS);
    }
    cr_assert_geq(joined, 2 * ENTRIES);
    order_check(&b->chunks, &b->order);
    leave(b, m); /* the one that was refused */
    compare(b);
    for (handle_t i = 1; i < m; i++) {
        leave(b, i);
        compare(b);
    }
    cr_assert_eq(b->chunks.live, 0);
    both_free(b);
}

/* Two orders share a pool and do not know of each other. */
Test(order, two_orders_share_a_pool)
{
    struct both *b = both_new(6, CHUNKS), *other = both_new(7, 1);
    for (int round = 0; round < 30; round++) {
        churn(b, 100, 60, 20);
        struct pool own = other->chunks;
        other->chunks = b->chunks;
        churn(other, 100, 60, 20);
        b->chunks = other->chunks;
        other->chunks = own;
    }
    order_check(&b->chunks, &b->order);
    order_check(&b->chunks, &other->order);
    both_free(b);
    both_free(other);
}
