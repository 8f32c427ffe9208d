#include "core/treap.h"

#include "core/block.h"

static uint64_t bits_bytes(uint32_t members)
{
    return members / 64 * 8ULL + 8;
}

uint64_t treap_bytes(uint32_t members)
{
    return block_round(map_bytes(members)) + block_round(bits_bytes(members));
}

void treap_init(struct treap *t, void *mem, struct pool *pool, uint32_t key, uint32_t node,
                uint64_t seed)
{
    uint8_t *at = mem;
    t->pool = pool;
    t->key = key;
    t->node = node;
    t->seed = seed;
    t->near = t->asked;
    memset(t->asked, 0, sizeof t->asked);
    map_init(&t->root, block_take(&at, map_bytes(pool->cap)), pool->cap, pool);
    t->below = block_take(&at, bits_bytes(pool->cap));
}

static const struct treap_node *get(const struct treap *t, handle_t h)
{
    return (const void *)((const char *)pool_get(t->pool, h) + t->node);
}

static struct treap_node *edit(struct treap *t, handle_t h)
{
    return (void *)((char *)pool_edit(t->pool, h) + t->node);
}

static uint64_t key_of(const struct treap *t, handle_t h)
{
    uint64_t key;
    memcpy(&key, (const char *)pool_get(t->pool, h) + t->key, sizeof key);
    return key;
}

static uint64_t priority(const struct treap *t, handle_t h)
{
    return mix64(t->seed ^ handle_index(h));
}

static bool is_before(ms_t a, handle_t x, ms_t b, handle_t y)
{
    return a != b ? a < b : handle_index(x) < handle_index(y);
}

static bool less(const struct treap *t, handle_t x, handle_t y)
{
    return is_before(get(t, x)->at, x, get(t, y)->at, y);
}

static handle_t root_find(const struct treap *t, uint64_t key)
{
    uint32_t at = map_start(&t->root, key);
    handle_t h;
    while ((h = map_next(&t->root, key, &at)) != 0)
        if (key_of(t, h) == key)
            return h;
    return 0;
}

static handle_t root_of(const struct treap *t, uint64_t key)
{
    struct treap_near *n = &t->near[key % TREAP_NEAR];
    if (n->key != key || n->root == 0)
        *n = (struct treap_near){key, root_find(t, key)};
    return n->root;
}

static void root_set(struct treap *t, uint64_t key, handle_t was, handle_t is)
{
    if (was == is)
        return;
    if (was != 0)
        map_remove(&t->root, key, was);
    if (is != 0)
        CHECK(map_put(&t->root, key, is));
    t->near[key % TREAP_NEAR] = (struct treap_near){key, is};
}

void treap_attach(struct treap *t, handle_t h)
{
    uint64_t key = key_of(t, h);
    struct treap_node *node = edit(t, h);
    handle_t was = root_of(t, key), root = was, *at = &root;
    while (*at != 0 && priority(t, *at) >= priority(t, h))
        at = less(t, h, *at) ? &edit(t, *at)->left : &edit(t, *at)->right;
    handle_t rest = *at, *low = &node->left, *high = &node->right;
    *at = h;
    while (rest != 0) {
        struct treap_node *n = edit(t, rest);
        if (less(t, rest, h)) {
            *low = rest;
            low = &n->right;
            rest = *low;
        } else {
            *high = rest;
            high = &n->left;
            rest = *high;
        }
    }
    *low = *high = 0;
    root_set(t, key, was, root);
}

void treap_detach(struct treap *t, handle_t h)
{
    uint64_t key = key_of(t, h);
    struct treap_node *node = edit(t, h);
    handle_t was = root_of(t, key), root = was, *at = &root;
    while (*at != h) {
        CHECK(*at != 0);
        at = less(t, h, *at) ? &edit(t, *at)->left : &edit(t, *at)->right;
    }
    handle_t low = node->left, high = node->right;
    while (low != 0 && high != 0) {
        if (priority(t, low) >= priority(t, high)) {
            *at = low;
            at = &edit(t, low)->right;
            low = *at;
        } else {
            *at = high;
            at = &edit(t, high)->left;
            high = *at;
        }
    }
    *at = low != 0 ? low : high;
    node->left = node->right = 0;
    root_set(t, key, was, root);
}

static handle_t neighbour(const struct treap *t, uint64_t key, ms_t at, handle_t h, bool behind)
{
    handle_t best = 0;
    for (handle_t x = root_of(t, key); x != 0;) {
        const struct treap_node *n = get(t, x);
        bool fits = behind ? is_before(at, h, n->at, x) : is_before(n->at, x, at, h);
        best = fits ? x : best;
        x = fits == behind ? n->left : n->right;
    }
    return best;
}

handle_t treap_behind(const struct treap *t, uint64_t key, ms_t at, handle_t h)
{
    return neighbour(t, key, at, h, true);
}

handle_t treap_before(const struct treap *t, uint64_t key, ms_t at, handle_t h)
{
    return neighbour(t, key, at, h, false);
}

handle_t treap_last(const struct treap *t, uint64_t key)
{
    handle_t last = root_of(t, key);
    for (handle_t x = last; x != 0; x = get(t, x)->right)
        last = x;
    return last;
}

void treap_postpone(struct treap *t, handle_t h, ms_t at)
{
    struct treap_node *node = edit(t, h);
    CHECK(node->right == 0 && at >= node->at);
    node->at = at;
}

/* The node of a member; NULL: it is none. */
static const struct treap_node *member(const struct treap *t, uint32_t i)
{
    const struct treap_node *n = (const void *)((const char *)pool_at(t->pool, i) + t->node);
    return pool_handle(t->pool, i) != 0 && n->at != MS_NONE ? n : NULL;
}

static void put_below(struct treap *t, handle_t h)
{
    uint32_t i = handle_index(h);
    CHECK(i <= t->pool->high);
    t->below[i / 64] |= 1ULL << (i % 64);
}

/* Who is below nobody is the root of its set. */
void treap_rebuild(struct treap *t)
{
    struct map_later later = {.map = &t->root};
    map_clear(&t->root);
    memset(t->asked, 0, sizeof t->asked);
    for (uint32_t i = 1; i <= t->pool->high; i++) {
        const struct treap_node *n = member(t, i);
        if (n != NULL) {
            put_below(t, n->left);
            put_below(t, n->right);
        }
    }
    for (uint32_t i = 1; i <= t->pool->high; i++) {
        if ((t->below[i / 64] >> (i % 64) & 1) == 0 && member(t, i) != NULL) {
            handle_t h = pool_handle(t->pool, i);
            map_put_soon(&later, key_of(t, h), h);
        }
    }
    map_put_rest(&later);
    memset(t->below, 0, t->pool->high / 64 * 8ULL + 8);
}
