/* treap: sets of several keys under random coming and going say what a look at all members says. */
#include "core/treap.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>

enum { MEMBERS = 300, KEYS = 5, INSTANTS = 40 };

struct thing {
    struct slot slot;
    uint32_t in; /* it is in its set */
    uint64_t key;
    struct treap_node node;
};

static struct pool pool;
static struct treap treap;
static void *slots, *cells;
static handle_t all[MEMBERS];

static void treap_open(uint64_t seed)
{
    treap_init(&treap, cells, &pool, offsetof(struct thing, key), offsetof(struct thing, node),
               seed);
}

static void open_all(uint64_t seed)
{
    slots = desk_map(pool_bytes(sizeof(struct thing), MEMBERS));
    cells = desk_map(treap_bytes(MEMBERS));
    pool_init(&pool, "test", slots, sizeof(struct thing), MEMBERS);
    treap_open(seed);
    for (int i = 0; i < MEMBERS; i++) {
        all[i] = pool_alloc(&pool);
        ((struct thing *)pool_edit(&pool, all[i]))->node.at = MS_NONE; /* in no set */
    }
}

static void close_all(void)
{
    desk_unmap(slots, pool_bytes(sizeof(struct thing), MEMBERS));
    desk_unmap(cells, treap_bytes(MEMBERS));
}

static bool is_behind(ms_t a, handle_t x, ms_t b, handle_t y)
{
    return a > b || (a == b && handle_index(x) > handle_index(y));
}

/* The nearest member on one side, found by looking at all. */
static handle_t nearest(uint64_t key, ms_t at, handle_t h, bool behind)
{
    handle_t best = 0;
    for (int i = 0; i < MEMBERS; i++) {
        const struct thing *t = pool_get(&pool, all[i]);
        const struct thing *b = best == 0 ? NULL : pool_get(&pool, best);
        if (t->in == 0 || t->key != key)
            continue;
        if (behind && is_behind(t->node.at, all[i], at, h) &&
            (b == NULL || is_behind(b->node.at, best, t->node.at, all[i])))
            best = all[i];
        if (!behind && is_behind(at, h, t->node.at, all[i]) &&
            (b == NULL || is_behind(t->node.at, all[i], b->node.at, best)))
            best = all[i];
    }
    return best;
}

static void change(struct random *r)
{
    handle_t h = all[random_below(r, MEMBERS)];
    struct thing *t = pool_edit(&pool, h);
    if (t->in != 0) {
        treap_detach(&treap, h);
        t->node.at = MS_NONE;
    } else {
        t->key = 1 + random_below(r, KEYS);
        t->node.at = random_range(r, -INSTANTS, INSTANTS);
        treap_attach(&treap, h);
    }
    t->in = !t->in;
}

static void look(struct random *r)
{
    uint64_t key = 1 + random_below(r, KEYS + 1); /* one of them is nobody's */
    ms_t at = random_range(r, -INSTANTS - 1, INSTANTS + 1);
    handle_t h = random_percent(r, 50) ? all[random_below(r, MEMBERS)] : 0;
    cr_assert_eq(treap_behind(&treap, key, at, h), nearest(key, at, h, true));
    cr_assert_eq(treap_before(&treap, key, at, h), nearest(key, at, h, false));
    handle_t last = treap_last(&treap, key);
    cr_assert_eq(last, nearest(key, MS_NEVER, POOL_INDEX_MASK, false));
    if (last != 0 && random_percent(r, 10))
        treap_postpone(&treap, last,
                       ((const struct thing *)pool_get(&pool, last))->node.at +
                           random_range(r, 0, 9));
}

Test(treap, says_what_a_look_at_all_says)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random r = {seed};
        open_all(seed);
        for (int i = 0; i < 2000; i++) {
            change(&r);
            look(&r);
        }
        uint32_t sets = treap.root.live;
        memset(cells, 0, treap_bytes(MEMBERS)); /* as after a load: there are only the nodes */
        treap_open(seed);
        for (int again = 0; again < 2; again++) {
            treap_rebuild(&treap);
            cr_assert_eq(treap.root.live, sets);
        }
        for (int i = 0; i < 500; i++) {
            look(&r);
            change(&r);
        }
        close_all();
    }
}

/* An image is loaded over sets that were asked: what stood in them before is forgotten. */
Test(treap, a_load_leaves_nothing_of_before)
{
    for (int gone = 0; gone < 2; gone++) {
        open_all(1);
        for (int i = 0; i < 2; i++) {
            struct thing *t = pool_edit(&pool, all[i]);
            t->key = 1;
            t->node.at = i;
            treap_attach(&treap, all[i]);
        }
        treap_rebuild(&treap); /* one is below the other */
        cr_assert_eq(treap_last(&treap, 1), all[1]);
        for (int i = 0; i < 2; i++) {
            struct thing *t = pool_edit(&pool, all[i]);
            t->node.left = t->node.right = 0;
            t->node.at = i == gone ? MS_NONE : i;
        }
        treap_rebuild(&treap);
        cr_assert_eq(treap.root.live, 1);
        cr_assert_eq(treap_last(&treap, 1), all[1 - gone]);
        close_all();
    }
}

Test(treap, of_one_slot_there_are_sets_for_every_root)
{
    open_all(1);
    for (int i = 0; i < MEMBERS; i++) {
        struct thing *t = pool_edit(&pool, all[i]);
        t->key = (uint64_t)i + 1;
        t->node.at = i;
        treap_attach(&treap, all[i]);
    }
    cr_assert_eq(treap.root.live, MEMBERS);
    for (int i = 0; i < MEMBERS; i++) {
        cr_assert_eq(treap_behind(&treap, (uint64_t)i + 1, MS_NONE, 0), all[i]);
        treap_detach(&treap, all[i]);
    }
    cr_assert_eq(treap.root.live, 0);
    close_all();
}
