/* btree: against a plain walk along the list. */
#include "core/btree.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { SLOTS = 6000 };

struct item {
    struct btree_chunk list;
    int64_t key;
    char rest[BTREE_NODE_BYTES - 24];
};

struct list {
    struct pool pool;
    void *mem;
    handle_t head, tail;
    uint32_t n;
    struct random r;
};

static int64_t key_of(const void *item)
{
    return ((const struct item *)item)->key;
}

static struct item *at(struct list *l, handle_t h)
{
    return pool_edit(&l->pool, h);
}

static struct list *list_new(uint64_t seed, uint32_t slots)
{
    struct list *l = calloc(1, sizeof *l);
    l->mem = calloc(1, pool_bytes(sizeof(struct item), slots));
    pool_init(&l->pool, "test", l->mem, sizeof(struct item), slots);
    l->r.state = seed;
    return l;
}

static void list_free(struct list *l)
{
    free(l->mem);
    free(l);
}

/* The last item whose key is not above, else the first. */
static handle_t plain(struct list *l, int64_t key)
{
    handle_t h = l->tail;
    while (at(l, h)->key > key && at(l, h)->list.prev != 0)
        h = at(l, h)->list.prev;
    return h;
}

/* false: no room. */
static bool put(struct list *l, int64_t key)
{
    if (l->pool.cap - l->pool.live < 1 + btree_room(&l->pool, l->tail))
        return false;
    handle_t h = pool_alloc(&l->pool), prev = l->tail == 0 ? 0 : plain(l, key);
    if (prev != 0 && at(l, prev)->key > key)
        prev = 0;
    struct item *i = at(l, h);
    i->key = key;
    i->list.prev = prev;
    i->list.next = prev == 0 ? l->head : at(l, prev)->list.next;
    *(prev == 0 ? &l->head : &at(l, prev)->list.next) = h;
    *(i->list.next == 0 ? &l->tail : &at(l, i->list.next)->list.prev) = h;
    btree_join(&l->pool, h, key_of);
    l->n++;
    return true;
}

static void drop(struct list *l, handle_t h)
{
    btree_leave(&l->pool, h, key_of);
    struct btree_chunk c = at(l, h)->list;
    *(c.prev == 0 ? &l->head : &at(l, c.prev)->list.next) = c.next;
    *(c.next == 0 ? &l->tail : &at(l, c.next)->list.prev) = c.prev;
    pool_free(&l->pool, h);
    l->n--;
}

static void compare(struct list *l, int64_t key)
{
    handle_t want = plain(l, key);
    struct btree_walk w;
    uint32_t steps = 0;
    cr_assert_eq(btree_seek(&l->pool, l->tail, key, key_of), want);
    if (!btree_begin(&w, &l->pool, l->tail, key, key_of)) {
        cr_assert(want == l->tail || l->n < 2 * BTREE_FROM);
        return;
    }
    while (btree_step(&w))
        steps++;
    cr_assert(w.at == want || at(l, w.at)->list.next == want || at(l, w.at)->list.prev == want);
    cr_assert(steps <= 2 * BTREE_FROM);
}

static void check(struct list *l)
{
    for (handle_t h = l->head; h != 0; h = at(l, h)->list.next)
        btree_check(&l->pool, h, key_of);
}

/* Keys come behind all, anywhere, or before all; items go at the front or anywhere. */
Test(btree, finds_what_a_walk_finds)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct list *l = list_new(seed, SLOTS);
        int64_t now = 0, first = 0;
        for (uint32_t i = 0; i < 8000; i++) {
            uint32_t what = (uint32_t)random_below(&l->r, 100);
            bool grows = i / 2000 % 2 == 0;
            if (what < (grows ? 60 : 20))
                cr_assert(put(l, now += random_range(&l->r, 0, 3)));
            else if (what < (grows ? 75 : 30))
                cr_assert(
                    put(l, first + (int64_t)random_below(&l->r, (uint64_t)(now - first) + 1)));
            else if (what < 78 && grows)
                cr_assert(put(l, first -= random_range(&l->r, 0, 9)));
            else if (l->n > 0)
                drop(l, what % 2 == 0 ? l->head : plain(l, (int64_t)random_below(&l->r, 8000)));
            if (l->n > 0)
                compare(l, first + random_range(&l->r, -2, (int)(now - first) + 2));
            if (i % 500 == 0)
                check(l);
        }
        check(l);
        while (l->n > 0)
            drop(l, seed % 2 == 0 ? l->head : l->tail);
        cr_assert_eq(l->pool.live, 0, "nodes go with their chunks");
        list_free(l);
    }
}

Test(btree, first_key_may_go_down)
{
    struct list *l = list_new(9, SLOTS);
    for (int64_t key = 1000; key < 2000; key++)
        cr_assert(put(l, key));
    for (int64_t key = 990; key > 0; key -= 10) {
        at(l, l->head)->key = key;
        btree_rekey(&l->pool, l->head, key);
        compare(l, key);
        compare(l, key - 1);
        cr_assert(put(l, key - 5));
        compare(l, key - 3);
    }
    check(l);
    list_free(l);
}

/* btree_room is enough at any time, and little. */
Test(btree, small_pool_is_used_up)
{
    for (uint32_t slots = 1; slots < 60; slots++) {
        struct list *l = list_new(slots, slots);
        for (int64_t key = 0; put(l, key % 3 == 0 ? key : key / 2); key++)
            ;
        cr_assert(l->n + slots / BTREE_FROM + 4 >= slots);
        check(l);
        list_free(l);
    }
}
