#include "core/btree.h"

enum { LEAVES = 1 }; /* mark of a node whose children are chunks */

struct node {
    struct slot slot;
    handle_t up;
    uint32_t n;
    uint32_t unused;
    int64_t key[BTREE_FAN]; /* of the first chunk below each child */
    handle_t down[BTREE_FAN];
};
STATIC_ASSERT(sizeof(struct node) == BTREE_NODE_BYTES, "a chunk too");

static const struct btree_chunk *chunk_get(const struct pool *chunks, handle_t h)
{
    return pool_get(chunks, h);
}

static const struct node *node_get(const struct pool *chunks, handle_t h)
{
    return pool_get(chunks, h);
}

static bool has_leaves(const struct node *p)
{
    return p->slot.mark == LEAVES;
}

static uint32_t place_of(const struct node *p, handle_t child)
{
    uint32_t i = 0;
    while (i < p->n && p->down[i] != child)
        i++;
    CHECK(i < p->n);
    return i;
}

/* --- search ------------------------------------------------------------------------------- */

/* The last child whose key is not above, else the first. */
static handle_t child_for(const struct node *p, int64_t key)
{
    uint32_t i = p->n - 1;
    while (i > 0 && p->key[i] > key)
        i--;
    return p->down[i];
}

handle_t btree_seek(const struct pool *chunks, handle_t tail, int64_t key, btree_key *key_of)
{
    const struct btree_chunk *c = chunk_get(chunks, tail);
    handle_t h = tail;
    while (key_of(c) > key && c->up == 0 && c->prev != 0)
        c = chunk_get(chunks, h = c->prev);
    if (key_of(c) <= key || c->up == 0)
        return h;
    const struct node *p = node_get(chunks, c->up);
    while (p->key[0] > key && p->up != 0)
        p = node_get(chunks, p->up);
    while (!has_leaves(p))
        p = node_get(chunks, child_for(p, key));
    c = chunk_get(chunks, h = child_for(p, key));
    if (key_of(c) > key) /* the first of the tree */
        return c->prev != 0 ? c->prev : h;
    if (c->next == 0)
        return h;
    const struct btree_chunk *next = chunk_get(chunks, c->next);
    return next->up == 0 && key_of(next) <= key ? c->next : h;
}

static void prefetch_all(const struct pool *chunks, handle_t h)
{
    const char *p = pool_at(chunks, handle_index(h));
    for (uint32_t line = 0; line < BTREE_NODE_BYTES; line += 64)
        __builtin_prefetch(p + line);
}

bool btree_begin(struct btree_walk *w, const struct pool *chunks, handle_t tail, int64_t key,
                 btree_key *key_of)
{
    const struct btree_chunk *c = chunk_get(chunks, tail);
    if (key_of(c) <= key)
        return false;
    if (c->up == 0 && c->prev != 0)
        c = chunk_get(chunks, c->prev);
    *w = (struct btree_walk){chunks, key_of, key, c->up, BTREE_UP};
    return c->up != 0;
}

bool btree_step(struct btree_walk *w)
{
    if (w->stage == BTREE_BESIDE) {
        handle_t next = chunk_get(w->chunks, w->at)->next;
        if (next != 0)
            prefetch_all(w->chunks, next);
        return false;
    }
    const struct node *p = node_get(w->chunks, w->at);
    if (w->stage == BTREE_UP && p->key[0] > w->key && p->up != 0) {
        w->at = p->up;
    } else {
        w->at = child_for(p, w->key);
        w->stage = has_leaves(p) ? BTREE_BESIDE : BTREE_DOWN;
    }
    prefetch_all(w->chunks, w->at);
    return true;
}

void btree_walk_all(struct btree_walk *walks, uint32_t n)
{
    while (n > 0) {
        uint32_t going = 0;
        for (uint32_t i = 0; i < n; i++)
            if (btree_step(&walks[i]))
                walks[going++] = walks[i];
        n = going;
    }
}

/* --- change ------------------------------------------------------------------------------- */

static void adopt(struct pool *chunks, handle_t parent, const struct node *p, uint32_t i)
{
    if (has_leaves(p))
        ((struct btree_chunk *)pool_edit(chunks, p->down[i]))->up = parent;
    else
        ((struct node *)pool_edit(chunks, p->down[i]))->up = parent;
}

/* Moves the children from `from` on by `by` places; there is room for them. */
static void node_shift(struct node *p, uint32_t from, int by)
{
    uint32_t n = p->n - from, to = from + (uint32_t)by, end = to + n;
    memmove(&p->key[to], &p->key[from], n * sizeof p->key[0]);
    memmove(&p->down[to], &p->down[from], n * sizeof p->down[0]);
    for (uint32_t i = end; i < p->n; i++) {
        p->key[i] = 0;
        p->down[i] = 0;
    }
    p->n = end;
}

static void node_insert(struct pool *chunks, handle_t h, uint32_t i, int64_t key, handle_t child)
{
    struct node *p = pool_edit(chunks, h);
    node_shift(p, i, 1);
    p->key[i] = key;
    p->down[i] = child;
    adopt(chunks, h, p, i);
}

static handle_t node_new(struct pool *chunks, bool leaves)
{
    handle_t h = pool_alloc(chunks);
    CHECK(h != 0);
    ((struct node *)pool_edit(chunks, h))->slot.mark = leaves ? LEAVES : 0;
    return h;
}

/* The first key of a node has changed: those above follow. */
static void keys_follow(struct pool *chunks, handle_t h)
{
    const struct node *p = node_get(chunks, h);
    uint32_t i = 0;
    while (i == 0 && p->up != 0) {
        struct node *up = pool_edit(chunks, p->up);
        i = place_of(up, h);
        up->key[i] = p->key[0];
        h = p->up;
        p = up;
    }
}

/* A full node gives its upper half to a new one; nothing, when the coming child stands behind all:
 * so a tree that grows at its end keeps its nodes full. Returns the new node, not yet in the tree.
 */
static handle_t node_halve(struct pool *chunks, handle_t h, bool at_end)
{
    struct node *p = pool_edit(chunks, h);
    handle_t right = node_new(chunks, has_leaves(p));
    struct node *r = pool_edit(chunks, right);
    uint32_t keep = at_end ? BTREE_FAN : BTREE_FAN / 2;
    r->n = BTREE_FAN - keep;
    memcpy(r->key, &p->key[keep], r->n * sizeof r->key[0]);
    memcpy(r->down, &p->down[keep], r->n * sizeof r->down[0]);
    node_shift(p, BTREE_FAN, -(int)r->n);
    for (uint32_t i = 0; i < r->n; i++)
        adopt(chunks, right, r, i);
    return right;
}

/* Puts a child at place i of node h; nodes above split as need be. */
static void tree_put(struct pool *chunks, handle_t h, uint32_t i, int64_t key, handle_t child)
{
    const struct node *p = node_get(chunks, h);
    if (p->n == BTREE_FAN) {
        handle_t right = node_halve(chunks, h, i == BTREE_FAN), up = p->up;
        const struct node *r = node_get(chunks, right);
        if (up == 0) {
            up = node_new(chunks, false);
            node_insert(chunks, up, 0, p->key[0], h);
        }
        tree_put(chunks, up, place_of(node_get(chunks, up), h) + 1, r->n > 0 ? r->key[0] : key,
                 right);
        if (i > p->n || r->n == 0) {
            i -= p->n;
            h = right;
        }
    }
    node_insert(chunks, h, i, key, child);
    if (i == 0)
        keys_follow(chunks, h);
}

/* Has the list around h as many chunks as a tree is worth? */
static bool is_long(const struct pool *chunks, handle_t h)
{
    uint32_t n = 1;
    for (handle_t at = chunk_get(chunks, h)->prev; at != 0 && n < BTREE_FROM; n++)
        at = chunk_get(chunks, at)->prev;
    for (handle_t at = chunk_get(chunks, h)->next; at != 0 && n < BTREE_FROM; n++)
        at = chunk_get(chunks, at)->next;
    return n == BTREE_FROM;
}

/* Puts a chunk of the list into the tree, behind the last one before it that is there. */
static void chunk_put(struct pool *chunks, handle_t h, btree_key *key_of)
{
    const struct btree_chunk *c = chunk_get(chunks, h);
    handle_t before = c->prev;
    while (before != 0 && chunk_get(chunks, before)->up == 0)
        before = chunk_get(chunks, before)->prev;
    if (before != 0) {
        handle_t up = chunk_get(chunks, before)->up;
        tree_put(chunks, up, place_of(node_get(chunks, up), before) + 1, key_of(c), h);
        return;
    }
    handle_t behind = c->next;
    while (behind != 0 && chunk_get(chunks, behind)->up == 0)
        behind = chunk_get(chunks, behind)->next;
    tree_put(chunks, behind != 0 ? chunk_get(chunks, behind)->up : node_new(chunks, true), 0,
             key_of(c), h);
}

/* A tree for a list that has none, if there is room for all its nodes. */
static void plant(struct pool *chunks, handle_t h, btree_key *key_of)
{
    uint32_t n = 1;
    for (handle_t at = chunk_get(chunks, h)->next; at != 0; n++)
        at = chunk_get(chunks, at)->next;
    for (; chunk_get(chunks, h)->prev != 0; n++)
        h = chunk_get(chunks, h)->prev;
    if (chunks->cap - chunks->live < 1 + n / (BTREE_FAN / 2))
        return;
    for (bool in = true; h != 0; in = !in) {
        if (in)
            chunk_put(chunks, h, key_of);
        h = chunk_get(chunks, h)->next;
    }
}

uint32_t btree_room(const struct pool *chunks, handle_t tail)
{
    if (tail == 0)
        return 1;
    uint32_t n = 1;
    const struct btree_chunk *c = chunk_get(chunks, tail);
    if (c->up == 0 && c->prev != 0)
        c = chunk_get(chunks, c->prev);
    for (handle_t h = c->up; h != 0; n++)
        h = node_get(chunks, h)->up;
    return n;
}

/* Is that chunk in the tree, or none? */
static bool is_in(const struct pool *chunks, handle_t h)
{
    return h == 0 || chunk_get(chunks, h)->up != 0;
}

/* Of two neighbours in a list that has a tree, one is in it. */
static bool has_tree(const struct pool *chunks, const struct btree_chunk *c)
{
    handle_t near[] = {c->prev, c->prev == 0 ? 0 : chunk_get(chunks, c->prev)->prev, c->next,
                       c->next == 0 ? 0 : chunk_get(chunks, c->next)->next};
    for (uint32_t i = 0; i < ARRAY_LEN(near); i++)
        if (near[i] != 0 && chunk_get(chunks, near[i])->up != 0)
            return true;
    return false;
}

void btree_join(struct pool *chunks, handle_t h, btree_key *key_of)
{
    const struct btree_chunk *c = chunk_get(chunks, h);
    if (!has_tree(chunks, c)) {
        if (is_long(chunks, h))
            plant(chunks, h, key_of);
    } else if (!is_in(chunks, c->prev) || !is_in(chunks, c->next)) {
        chunk_put(chunks, h, key_of);
    }
}

/* The chunk's place goes to the next one, if that has none. */
void btree_leave(struct pool *chunks, handle_t h, btree_key *key_of)
{
    struct btree_chunk *c = pool_edit(chunks, h);
    handle_t child = h, up = c->up, next = c->next;
    if (up != 0 && !is_in(chunks, next)) {
        struct node *p = pool_edit(chunks, up);
        uint32_t i = place_of(p, h);
        p->down[i] = next;
        p->key[i] = key_of(chunk_get(chunks, next));
        adopt(chunks, up, p, i);
        if (i == 0)
            keys_follow(chunks, up);
        return;
    }
    while (up != 0) {
        struct node *p = pool_edit(chunks, up);
        uint32_t i = place_of(p, child);
        node_shift(p, i + 1, -1);
        if (p->n > 0) {
            if (i == 0)
                keys_follow(chunks, up);
            return;
        }
        child = up;
        up = p->up;
        pool_free(chunks, child);
    }
}

void btree_rekey(struct pool *chunks, handle_t first, int64_t key)
{
    handle_t up = chunk_get(chunks, first)->up;
    if (up == 0)
        return;
    struct node *p = pool_edit(chunks, up);
    CHECK(p->down[0] == first);
    p->key[0] = key;
    keys_follow(chunks, up);
}

void btree_check(const struct pool *chunks, handle_t h, btree_key *key_of)
{
    const struct btree_chunk *c = chunk_get(chunks, h);
    CHECK(c->up != 0 || !has_tree(chunks, c) || (is_in(chunks, c->prev) && is_in(chunks, c->next)));
    int64_t key = key_of(c);
    handle_t child = h;
    for (handle_t up = c->up; up != 0;) {
        const struct node *p = node_get(chunks, up);
        uint32_t i = place_of(p, child);
        CHECK(p->n <= BTREE_FAN && has_leaves(p) == (child == h));
        CHECK(child == h ? p->key[i] == key : p->key[i] == node_get(chunks, child)->key[0]);
        CHECK(i + 1 == p->n || p->key[i + 1] >= key);
        child = up;
        up = p->up;
    }
}
