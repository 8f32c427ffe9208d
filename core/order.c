#include "core/order.h"

enum {
    ENTRIES = 28,
    FEW = ENTRIES / 4, /* entries of a chunk that is put together with a neighbour … */
    MANY = 3 * FEW,    /* … when both have no more than this */
    TIES = 64,         /* members of one instant that are compared for the first of them */
    HANDLE_BITS = 21,  /* of a member's handle, in keys */
};

struct entry {
    uint32_t after; /* ms after the chunk's base: 49 days, then there is another chunk */
    handle_t member;
};

struct chunk {
    struct btree_chunk list;
    int64_t key; /* not above that of its first entry, nor below any of the chunk before */
    uint32_t n;
    uint32_t unused;
    struct entry entry[ENTRIES];
};
STATIC_ASSERT(sizeof(struct chunk) == BTREE_NODE_BYTES, "four cache lines");

uint32_t order_chunk_bytes(void)
{
    return sizeof(struct chunk);
}

/* Order of time, then of handles: of a few million tickets no two of one time have one key. */
static int64_t key_for(ms_t since, handle_t member)
{
    return since * (1 << HANDLE_BITS) + (member & ((1 << HANDLE_BITS) - 1));
}

static int64_t key_of(const void *chunk)
{
    return ((const struct chunk *)chunk)->key;
}

static ms_t base_of(const struct chunk *c)
{
    return c->key >> HANDLE_BITS;
}

static ms_t when(const struct chunk *c, uint32_t i)
{
    return base_of(c) + c->entry[i].after;
}

static int64_t entry_key(const struct chunk *c, uint32_t i)
{
    return key_for(when(c, i), c->entry[i].member);
}

static struct chunk *edit(struct pool *chunks, handle_t h)
{
    return pool_edit(chunks, h);
}

/* --- chunks ------------------------------------------------------------------------------- */

/* A chunk behind that one, 0: before all. 0: the pool is full. */
static handle_t chunk_after(struct pool *chunks, struct order *o, handle_t at, int64_t key)
{
    if (chunks->cap - chunks->live < 1 + btree_room(chunks, o->tail))
        return 0;
    handle_t h = pool_alloc(chunks);
    struct chunk *c = edit(chunks, h);
    c->key = key;
    c->list.prev = at;
    if (at == 0) {
        c->list.next = o->head;
        o->head = h;
    } else {
        struct chunk *before = edit(chunks, at);
        c->list.next = before->list.next;
        before->list.next = h;
    }
    if (c->list.next == 0)
        o->tail = h;
    else
        edit(chunks, c->list.next)->list.prev = h;
    btree_join(chunks, h, key_of);
    return h;
}

static void chunk_drop(struct pool *chunks, struct order *o, handle_t h)
{
    btree_leave(chunks, h, key_of);
    const struct btree_chunk c = edit(chunks, h)->list;
    if (c.prev == 0)
        o->head = c.next;
    else
        edit(chunks, c.prev)->list.next = c.next;
    if (c.next == 0)
        o->tail = c.prev;
    else
        edit(chunks, c.next)->list.prev = c.prev;
    pool_free(chunks, h);
}

/* Moves the entries from `from` on to the end of another chunk. */
static void entries_move(struct chunk *c, uint32_t from, struct chunk *to)
{
    uint32_t shift = (uint32_t)(base_of(c) - base_of(to)), n = c->n - from;
    for (uint32_t i = 0; i < n; i++)
        to->entry[to->n + i] =
            (struct entry){c->entry[from + i].after + shift, c->entry[from + i].member};
    memset(&c->entry[from], 0, n * sizeof c->entry[0]);
    to->n += n;
    c->n = from;
}

/* Puts the chunk together with the one before. false: they are too many, or 49 days apart. */
static bool chunk_merge(struct pool *chunks, struct order *o, handle_t h)
{
    struct chunk *c = edit(chunks, h);
    if (c->list.prev == 0)
        return false;
    struct chunk *into = edit(chunks, c->list.prev);
    if (c->n + into->n > MANY || when(c, c->n - 1) - base_of(into) > UINT32_MAX)
        return false;
    entries_move(c, 0, into);
    chunk_drop(chunks, o, h);
    return true;
}

static handle_t chunk_split(struct pool *chunks, struct order *o, handle_t h)
{
    uint32_t keep = ENTRIES / 2;
    handle_t right = chunk_after(chunks, o, h, entry_key(edit(chunks, h), keep));
    if (right != 0)
        entries_move(edit(chunks, h), keep, edit(chunks, right));
    return right;
}

/* Something older than all comes into the first chunk: its base goes back. */
static void rebase(struct pool *chunks, handle_t h, int64_t key)
{
    struct chunk *c = edit(chunks, h);
    ms_t base = base_of(c);
    c->key = key;
    for (uint32_t i = 0; i < c->n; i++)
        c->entry[i].after += (uint32_t)(base - base_of(c));
    btree_rekey(chunks, h, key);
}

/* A chunk with room for that entry; 0: the pool is full. */
static handle_t chunk_with_room(struct pool *chunks, struct order *o, ms_t since, int64_t key)
{
    if (o->tail == 0)
        return chunk_after(chunks, o, 0, key);
    handle_t h = btree_seek(chunks, o->tail, key, key_of);
    const struct chunk *c = pool_get(chunks, h);
    if (key < c->key) {
        if (c->n == ENTRIES || when(c, c->n - 1) - since > UINT32_MAX)
            return chunk_after(chunks, o, 0, key);
        rebase(chunks, h, key);
        return h;
    }
    if (since - base_of(c) > UINT32_MAX || (c->n == ENTRIES && key > entry_key(c, ENTRIES - 1)))
        return chunk_after(chunks, o, h, key);
    if (c->n < ENTRIES)
        return h;
    handle_t right = chunk_split(chunks, o, h);
    return right == 0 || key < edit(chunks, right)->key ? right == 0 ? 0 : h : right;
}

/* --- members ------------------------------------------------------------------------------ */

/* The first entry that is not before this key. */
static uint32_t place_of(const struct chunk *c, int64_t key)
{
    uint32_t i = c->n;
    while (i > 0 && entry_key(c, i - 1) >= key)
        i--;
    return i;
}

/* As the newest, in the chunk that is there: nearly always. */
static bool append(struct pool *chunks, struct order *o, ms_t since, handle_t member, int64_t key)
{
    if (o->tail == 0)
        return false;
    struct chunk *c = edit(chunks, o->tail);
    ms_t after = since - base_of(c);
    if (c->n == ENTRIES || key < entry_key(c, c->n - 1) || after > UINT32_MAX)
        return false;
    c->entry[c->n++] = (struct entry){(uint32_t)after, member};
    return true;
}

bool order_join(struct pool *chunks, struct order *o, ms_t since, handle_t member)
{
    int64_t key = key_for(since, member);
    o->members++;
    if (!append(chunks, o, since, member, key)) {
        handle_t h = chunk_with_room(chunks, o, since, key);
        if (h == 0)
            return false;
        struct chunk *c = edit(chunks, h);
        uint32_t i = place_of(c, key);
        memmove(&c->entry[i + 1], &c->entry[i], (c->n - i) * sizeof c->entry[0]);
        c->entry[i] = (struct entry){(uint32_t)(since - base_of(c)), member};
        c->n++;
    }
    o->entries++;
    return true;
}

/* The member's entry; c->n: it is not there. */
static uint32_t entry_find(const struct chunk *c, ms_t since, handle_t member)
{
    uint32_t i = 0, after = (uint32_t)(since - base_of(c));
    while (i < c->n && (c->entry[i].member != member || c->entry[i].after != after))
        i++;
    return i;
}

void order_leave(struct pool *chunks, struct order *o, ms_t since, handle_t member)
{
    CHECK(o->members > 0);
    o->members--;
    if (o->tail == 0)
        return;
    int64_t key = key_for(since, member);
    handle_t h = btree_seek(chunks, o->tail, key, key_of);
    struct chunk *c = edit(chunks, h);
    uint32_t i = entry_find(c, since, member);
    for (; i == c->n && c->key == key && c->list.prev != 0; i = entry_find(c, since, member))
        c = edit(chunks, h = c->list.prev);
    if (i == c->n) { /* there was no room for it */
        CHECK(o->entries <= o->members);
        return;
    }
    o->entries--;
    c->n--;
    memmove(&c->entry[i], &c->entry[i + 1], (c->n - i) * sizeof c->entry[0]);
    memset(&c->entry[c->n], 0, sizeof c->entry[0]);
    if (c->n == 0)
        chunk_drop(chunks, o, h);
    else if (c->n <= FEW && !chunk_merge(chunks, o, h) && c->list.next != 0)
        chunk_merge(chunks, o, c->list.next);
}

bool order_walk(const struct pool *chunks, const struct order *o, ms_t since, handle_t member,
                struct btree_walk *ret)
{
    return o->tail != 0 && btree_begin(ret, chunks, o->tail, key_for(since, member), key_of);
}

handle_t order_oldest(struct pool *chunks, const struct order *o, order_before *before, void *ctx,
                      ms_t *ret_since)
{
    handle_t best = 0;
    uint32_t looked = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        for (uint32_t i = 0; i < c->n; i++) {
            if (best != 0 && (when(c, i) != *ret_since || ++looked > TIES))
                return best;
            if (best == 0 || before(ctx, c->entry[i].member, best))
                best = c->entry[i].member;
            *ret_since = when(c, i);
        }
        h = c->list.next;
    }
    return best;
}

void order_check(struct pool *chunks, const struct order *o)
{
    uint32_t entries = 0;
    int64_t last = INT64_MIN;
    handle_t prev = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        CHECK(c->list.prev == prev && c->n > 0 && c->n <= ENTRIES && c->key >= last);
        btree_check(chunks, h, key_of);
        for (uint32_t i = 0; i < c->n; i++) {
            CHECK(entry_key(c, i) >= last && entry_key(c, i) >= c->key);
            last = entry_key(c, i);
        }
        entries += c->n;
        prev = h;
        h = c->list.next;
    }
    CHECK(prev == o->tail && entries == o->entries && entries <= o->members);
}
