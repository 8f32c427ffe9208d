#include "core/order.h"

enum {
    ENTRIES = 28,
    FAN = 20,
    SWEEP_CHUNKS = 4, /* swept by one joining when half of the entries no longer hold */
    TIES = 64,        /* members of one instant that are compared for the first of them */
};

struct entry {
    uint32_t after; /* ms after the chunk's base: 49 days, then there is another chunk */
    handle_t member;
};

struct chunk {
    struct slot slot;
    handle_t next, prev;
    handle_t up;       /* the node above it; 0: there is no tree yet */
    ms_t base;         /* not after the first entry, nor before any of the chunk before */
    uint16_t first, n; /* live entries are [first, n) */
    uint32_t unused;
    struct entry entry[ENTRIES];
};

/* A node of the tree over the chunks. */
struct node {
    struct slot slot;
    handle_t up; /* 0 = root */
    uint16_t n;
    uint16_t leaves; /* 1: its children are chunks */
    uint32_t unused;
    ms_t base[FAN]; /* the first one below each child; the leftmost of all may have an old one */
    handle_t down[FAN];
};

STATIC_ASSERT(sizeof(struct chunk) == 256, "four cache lines");
STATIC_ASSERT(sizeof(struct node) == 256, "a chunk too");

uint32_t order_chunk_bytes(void)
{
    return sizeof(struct chunk);
}

static ms_t when(const struct chunk *c, uint32_t i)
{
    return c->base + c->entry[i].after;
}

static bool entry_holds(const struct chunk *c, uint32_t i, order_holds *holds, void *ctx)
{
    ms_t since;
    return holds(ctx, c->entry[i].member, &since) && since == when(c, i);
}

static struct chunk *edit(struct pool *chunks, handle_t h)
{
    return pool_edit(chunks, h);
}

/* --- the tree ----------------------------------------------------------------------------- */

static struct node *node_edit(struct pool *chunks, handle_t h)
{
    return pool_edit(chunks, h);
}

static uint32_t place_of(const struct node *p, handle_t child)
{
    uint32_t i = 0;
    while (i < p->n && p->down[i] != child)
        i++;
    CHECK(i < p->n);
    return i;
}

static void adopt(struct pool *chunks, handle_t parent, const struct node *p, uint32_t i)
{
    if (p->leaves)
        edit(chunks, p->down[i])->up = parent;
    else
        node_edit(chunks, p->down[i])->up = parent;
}

/* Moves the children from `from` on by `by` places; there are n, and room for them. */
static void node_shift(struct node *p, uint32_t from, int by)
{
    uint32_t n = p->n - from, to = from + (uint32_t)by;
    memmove(&p->base[to], &p->base[from], n * sizeof p->base[0]);
    memmove(&p->down[to], &p->down[from], n * sizeof p->down[0]);
    p->n = (uint16_t)(to + n);
    memset(&p->base[p->n], 0, (FAN - p->n) * sizeof p->base[0]);
    memset(&p->down[p->n], 0, (FAN - p->n) * sizeof p->down[0]);
}

static void node_insert(struct pool *chunks, handle_t h, uint32_t i, ms_t base, handle_t child)
{
    struct node *p = node_edit(chunks, h);
    node_shift(p, i, 1);
    p->base[i] = base;
    p->down[i] = child;
    adopt(chunks, h, p, i);
}

/* A node above all: `child` is its only one. */
static handle_t root_new(struct pool *chunks, struct order *o, handle_t child, ms_t base,
                         bool leaves)
{
    handle_t h = pool_alloc(chunks);
    CHECK(h != 0);
    node_edit(chunks, h)->leaves = leaves;
    node_insert(chunks, h, 0, base, child);
    o->root = h;
    return h;
}

/* A full node gives its upper half to a new one; nothing, when the coming child stands behind all:
 * so a tree that grows at its end keeps its nodes full. Returns the new node, not yet in the tree.
 */
static handle_t node_halve(struct pool *chunks, handle_t h, bool at_end)
{
    handle_t right = pool_alloc(chunks);
    CHECK(right != 0);
    struct node *p = node_edit(chunks, h), *r = node_edit(chunks, right);
    uint32_t keep = at_end ? FAN : FAN / 2;
    r->leaves = p->leaves;
    r->n = (uint16_t)(FAN - keep);
    memcpy(r->base, &p->base[keep], r->n * sizeof r->base[0]);
    memcpy(r->down, &p->down[keep], r->n * sizeof r->down[0]);
    node_shift(p, FAN, -(int)r->n);
    for (uint32_t i = 0; i < r->n; i++)
        adopt(chunks, right, r, i);
    return right;
}

/* Puts a child at place i of node h. The pool has room for what is made on the way. */
static void tree_put(struct pool *chunks, struct order *o, handle_t h, uint32_t i, ms_t base,
                     handle_t child)
{
    const struct node *p = pool_get(chunks, h);
    if (p->n == FAN) {
        handle_t right = node_halve(chunks, h, i == FAN);
        const struct node *r = pool_get(chunks, right);
        ms_t first = r->n > 0 ? r->base[0] : base;
        handle_t up = p->up != 0 ? p->up : root_new(chunks, o, h, p->base[0], false);
        tree_put(chunks, o, up, place_of(pool_get(chunks, up), h) + 1, first, right);
        if (i > p->n || r->n == 0) {
            i -= p->n;
            h = right;
        }
    }
    node_insert(chunks, h, i, base, child);
}

static void tree_drop(struct pool *chunks, struct order *o, handle_t h, handle_t child)
{
    while (h != 0) {
        struct node *p = node_edit(chunks, h);
        node_shift(p, place_of(p, child) + 1, -1);
        if (p->n > 0)
            return;
        child = h;
        h = p->up;
        pool_free(chunks, child);
        if (h == 0)
            o->root = 0;
    }
}

/* Slots that a chunk behind this one (0: before all) takes, itself included. */
static uint32_t tree_room(struct pool *chunks, const struct order *o, handle_t at)
{
    if (o->head == 0)
        return 1;
    if (o->root == 0)
        return 2;
    uint32_t n = 1;
    for (handle_t h = edit(chunks, at != 0 ? at : o->head)->up; h != 0; n++) {
        const struct node *p = pool_get(chunks, h);
        if (p->n < FAN)
            return n;
        h = p->up;
    }
    return n + 1;
}

/* --- chunks ------------------------------------------------------------------------------- */

/* A chunk behind that one, 0: before all. 0: the pool is full. */
static handle_t chunk_after(struct pool *chunks, struct order *o, handle_t at, ms_t base)
{
    if (chunks->cap - chunks->live < tree_room(chunks, o, at))
        return 0;
    handle_t h = pool_alloc(chunks), old = at != 0 ? at : o->head;
    struct chunk *c = edit(chunks, h);
    c->base = base;
    c->prev = at;
    if (at == 0) {
        c->next = o->head;
        o->head = h;
    } else {
        struct chunk *before = edit(chunks, at);
        c->next = before->next;
        before->next = h;
    }
    if (c->next == 0)
        o->tail = h;
    else
        edit(chunks, c->next)->prev = h;
    if (old == 0)
        return h;
    if (o->root == 0)
        root_new(chunks, o, old, edit(chunks, old)->base, true);
    handle_t up = edit(chunks, old)->up;
    uint32_t i = at == 0 ? 0 : place_of(pool_get(chunks, up), at) + 1;
    tree_put(chunks, o, up, i, base, h);
    return h;
}

static void chunk_drop(struct pool *chunks, struct order *o, handle_t h)
{
    const struct chunk c = *(const struct chunk *)pool_get(chunks, h);
    if (c.prev == 0)
        o->head = c.next;
    else
        edit(chunks, c.prev)->next = c.next;
    if (c.next == 0)
        o->tail = c.prev;
    else
        edit(chunks, c.next)->prev = c.prev;
    if (o->sweep == h)
        o->sweep = c.next;
    tree_drop(chunks, o, c.up, h);
    pool_free(chunks, h);
}

/* Drops the entries of one chunk that no longer hold; two of one member in one second are one
 * (it left and joined again). Returns the chunk after it. */
static handle_t sweep_chunk(struct pool *chunks, struct order *o, handle_t h, order_holds *holds,
                            void *ctx)
{
    struct chunk *c = pool_edit(chunks, h);
    handle_t next = c->next;
    struct entry last = {0};
    uint16_t kept = 0;
    for (uint16_t i = c->first; i < c->n; i++) {
        struct entry e = c->entry[i];
        bool twice = kept > 0 && e.after == last.after && e.member == last.member;
        if (twice || !entry_holds(c, i, holds, ctx))
            continue;
        c->entry[kept++] = last = e;
    }
    o->entries -= (uint32_t)(c->n - c->first - kept);
    c->first = 0;
    c->n = kept;
    memset(&c->entry[kept], 0, (ENTRIES - kept) * sizeof c->entry[0]);
    if (kept == 0)
        chunk_drop(chunks, o, h);
    return next;
}

/* A few chunks a time, so that no single event pays for all; each leaving pays for one look. */
static void sweep(struct pool *chunks, struct order *o, order_holds *holds, void *ctx)
{
    for (int i = 0; i < SWEEP_CHUNKS && o->head != 0; i++) {
        handle_t h = o->sweep != 0 ? o->sweep : o->head;
        o->sweep = sweep_chunk(chunks, o, h, holds, ctx);
    }
}

/* The last chunk that begins no later, else the first; 0: there is none. */
static handle_t chunk_for(struct pool *chunks, const struct order *o, ms_t since)
{
    handle_t h = o->tail;
    if (h == 0 || edit(chunks, h)->base <= since) /* nearly always */
        return h;
    bool leaves = o->root == 0;
    for (handle_t at = o->root; !leaves; at = h) {
        const struct node *p = pool_get(chunks, at);
        uint32_t i = p->n - 1u;
        while (i > 0 && p->base[i] > since)
            i--;
        h = p->down[i];
        leaves = p->leaves;
    }
    return h;
}

static handle_t split(struct pool *chunks, struct order *o, handle_t h)
{
    const struct chunk *full = pool_get(chunks, h);
    uint16_t keep = (uint16_t)(full->first + (full->n - full->first + 1) / 2);
    handle_t right = chunk_after(chunks, o, h, when(full, keep));
    if (right == 0)
        return 0;
    struct chunk *c = edit(chunks, h), *r = edit(chunks, right);
    uint32_t shift = c->entry[keep].after;
    r->n = (uint16_t)(c->n - keep);
    for (uint32_t i = 0; i < r->n; i++)
        r->entry[i] = (struct entry){c->entry[keep + i].after - shift, c->entry[keep + i].member};
    memset(&c->entry[keep], 0, r->n * sizeof c->entry[0]);
    c->n = keep;
    return right;
}

/* Something older than all comes into the first chunk: its base goes back. */
static void rebase(struct pool *chunks, struct chunk *c, handle_t h, ms_t base)
{
    uint32_t shift = (uint32_t)(c->base - base);
    c->base = base;
    for (uint32_t i = c->first; i < c->n; i++)
        c->entry[i].after += shift;
    if (c->up != 0) {
        struct node *p = node_edit(chunks, c->up);
        p->base[place_of(p, h)] = base;
    }
}

/* A chunk with room for that time; 0: the pool is full. */
static handle_t chunk_with_room(struct pool *chunks, struct order *o, ms_t since)
{
    handle_t h = chunk_for(chunks, o, since);
    if (h == 0)
        return chunk_after(chunks, o, 0, since);
    struct chunk *c = edit(chunks, h);
    bool full = c->n - c->first == ENTRIES, tail = h == o->tail;
    if (since < c->base) {
        if (full || when(c, c->n - 1u) - since > UINT32_MAX)
            return chunk_after(chunks, o, 0, since);
        rebase(chunks, c, h, since);
        return h;
    }
    if (since - c->base > UINT32_MAX || (full && tail && since >= when(c, c->n - 1u)))
        return chunk_after(chunks, o, h, since);
    if (!full)
        return h;
    handle_t right = split(chunks, o, h);
    return right != 0 && edit(chunks, right)->base <= since ? right : right == 0 ? 0 : h;
}

static void insert(struct chunk *c, struct entry e)
{
    if (c->n == ENTRIES) { /* room is at the front */
        memmove(&c->entry[0], &c->entry[c->first], (size_t)(c->n - c->first) * sizeof e);
        c->n = (uint16_t)(c->n - c->first);
        c->first = 0;
        memset(&c->entry[c->n], 0, (ENTRIES - c->n) * sizeof e);
    }
    uint16_t at = c->n;
    while (at > c->first && c->entry[at - 1].after > e.after)
        at--;
    memmove(&c->entry[at + 1], &c->entry[at], (size_t)(c->n - at) * sizeof e);
    c->entry[at] = e;
    c->n++;
}

/* As the newest, in the chunk that is there: nearly always. */
static bool append(struct pool *chunks, struct order *o, ms_t since, handle_t member)
{
    if (o->tail == 0)
        return false;
    struct chunk *c = edit(chunks, o->tail);
    ms_t after = since - c->base;
    if (c->n == ENTRIES || after < c->entry[c->n - 1u].after || after > UINT32_MAX)
        return false;
    c->entry[c->n++] = (struct entry){(uint32_t)after, member};
    o->entries++;
    return true;
}

bool order_join(struct pool *chunks, struct order *o, ms_t since, handle_t member,
                order_holds *holds, void *ctx)
{
    if (o->entries > 2 * o->members + 2 * ENTRIES)
        sweep(chunks, o, holds, ctx);
    o->members++;
    if (append(chunks, o, since, member))
        return true;
    handle_t h = chunk_with_room(chunks, o, since);
    if (h == 0)
        return false;
    struct chunk *c = edit(chunks, h);
    insert(c, (struct entry){(uint32_t)(since - c->base), member});
    o->entries++;
    return true;
}

void order_leave(struct order *o)
{
    CHECK(o->members > 0);
    o->members--;
}

/* Drops the entries at the front that no longer hold. */
static void trim(struct pool *chunks, struct order *o, order_holds *holds, void *ctx)
{
    while (o->head != 0) {
        const struct chunk *c = pool_get(chunks, o->head);
        uint16_t first = c->first;
        while (first < c->n && !entry_holds(c, first, holds, ctx))
            first++;
        if (first == c->first)
            return;
        o->entries -= (uint32_t)(first - c->first);
        if (first == c->n) {
            chunk_drop(chunks, o, o->head);
            continue;
        }
        struct chunk *front = edit(chunks, o->head);
        memset(&front->entry[front->first], 0,
               (size_t)(first - front->first) * sizeof front->entry[0]);
        front->first = first;
        return;
    }
}

handle_t order_oldest(struct pool *chunks, struct order *o, order_holds *holds,
                      order_before *before, void *ctx, ms_t *ret_since)
{
    trim(chunks, o, holds, ctx);
    handle_t best = 0;
    uint32_t looked = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        for (uint32_t i = c->first; i < c->n; i++) {
            if (best != 0 && (when(c, i) != *ret_since || ++looked > TIES))
                return best;
            if (!entry_holds(c, i, holds, ctx))
                continue;
            if (best == 0 || before(ctx, c->entry[i].member, best))
                best = c->entry[i].member;
            *ret_since = when(c, i);
        }
        h = c->next;
    }
    return best;
}

/* Does the tree lead to this chunk, by nodes in order? */
static bool tree_has(struct pool *chunks, const struct order *o, handle_t child, ms_t base)
{
    handle_t h = edit(chunks, child)->up;
    for (bool leftmost = true; h != 0;) {
        const struct node *p = pool_get(chunks, h);
        uint32_t i = place_of(p, child);
        if ((!leftmost || i > 0) && p->leaves && p->base[i] != base)
            return false;
        for (uint32_t k = 2; k < p->n; k++)
            if (p->base[k - 1] > p->base[k])
                return false;
        leftmost = leftmost && i == 0;
        child = h;
        h = p->up;
    }
    return child == o->root;
}

void order_check(struct pool *chunks, const struct order *o)
{
    uint32_t entries = 0;
    ms_t last = INT64_MIN;
    handle_t prev = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        CHECK(c->prev == prev && c->first < c->n && c->n <= ENTRIES && c->base >= last);
        CHECK((c->up == 0) == (o->root == 0) && (c->up == 0 || tree_has(chunks, o, h, c->base)));
        for (uint16_t i = c->first; i < c->n; i++) {
            CHECK(when(c, i) >= last);
            last = when(c, i);
        }
        entries += (uint32_t)(c->n - c->first);
        prev = h;
        h = c->next;
    }
    CHECK(prev == o->tail && entries == o->entries);
}
