#include "core/order.h"

#include "core/btree.h"

enum {
    ENTRIES = 32,
    SWEEP_CHUNKS = 4, /* swept by one joining when half of the entries no longer hold */
    TIES = 64,        /* members of one instant that are compared for the first of them */
};

struct entry {
    uint32_t after; /* ms after the chunk's base: 49 days, then there is another chunk */
    uint32_t member;
};

struct chunk {
    struct btree_chunk list;
    ms_t base;         /* not after the first entry, nor before any of the chunk before */
    uint16_t first, n; /* live entries are [first, n) */
    uint32_t unused;
    uint32_t after[ENTRIES];                     /* an entry is seven bytes: its time … */
    uint8_t member[ENTRIES][ORDER_MEMBER_BYTES]; /* … and its member, low byte first */
};

STATIC_ASSERT(sizeof(struct chunk) == BTREE_NODE_BYTES, "four cache lines");

uint32_t order_chunk_bytes(void)
{
    return sizeof(struct chunk);
}

static uint32_t member_at(const struct chunk *c, uint32_t i)
{
    const uint8_t *m = c->member[i];
    return m[0] | (uint32_t)m[1] << 8 | (uint32_t)m[2] << 16;
}

static void put(struct chunk *c, uint32_t i, struct entry e)
{
    c->after[i] = e.after;
    c->member[i][0] = (uint8_t)e.member;
    c->member[i][1] = (uint8_t)(e.member >> 8);
    c->member[i][2] = (uint8_t)(e.member >> 16);
}

/* Of one chunk; the places may overlap. */
static void move_entries(struct chunk *c, uint32_t to, uint32_t from, uint32_t n)
{
    memmove(&c->after[to], &c->after[from], n * sizeof c->after[0]);
    memmove(&c->member[to], &c->member[from], n * sizeof c->member[0]);
}

static void clear_entries(struct chunk *c, uint32_t from, uint32_t to)
{
    memset(&c->after[from], 0, (to - from) * sizeof c->after[0]);
    memset(&c->member[from], 0, (to - from) * sizeof c->member[0]);
}

static ms_t when(const struct chunk *c, uint32_t i)
{
    return c->base + c->after[i];
}

static bool entry_holds(const struct chunk *c, uint32_t i, order_holds *holds, void *ctx)
{
    ms_t since;
    return holds(ctx, member_at(c, i), &since) && since == when(c, i);
}

static struct chunk *edit(struct pool *chunks, handle_t h)
{
    return pool_edit(chunks, h);
}

static int64_t base_of(const void *c)
{
    return ((const struct chunk *)c)->base;
}

/* --- chunks ------------------------------------------------------------------------------- */

/* A chunk behind that one, 0: before all. 0: the pool is full. */
static handle_t chunk_after(struct pool *chunks, struct order *o, handle_t at, ms_t base)
{
    if (chunks->cap - chunks->live < 1 + btree_room(chunks, o->tail))
        return 0;
    handle_t h = pool_alloc(chunks);
    struct chunk *c = edit(chunks, h);
    c->base = base;
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
    btree_join(chunks, h, base_of);
    return h;
}

static void chunk_drop(struct pool *chunks, struct order *o, handle_t h)
{
    btree_leave(chunks, h, base_of);
    const struct btree_chunk c = edit(chunks, h)->list;
    if (c.prev == 0)
        o->head = c.next;
    else
        edit(chunks, c.prev)->list.next = c.next;
    if (c.next == 0)
        o->tail = c.prev;
    else
        edit(chunks, c.next)->list.prev = c.prev;
    if (o->sweep == h)
        o->sweep = c.next;
    pool_free(chunks, h);
}

/* Drops the entries of one chunk that no longer hold; two of one member in one second are one
 * (it left and joined again). Returns the chunk after it. */
static handle_t sweep_chunk(struct pool *chunks, struct order *o, handle_t h,
                            const struct order_asked *asked, void *ctx)
{
    struct chunk *c = pool_edit(chunks, h);
    for (uint16_t i = c->first; asked->near != NULL && i < c->n; i++)
        asked->near(ctx, member_at(c, i)); /* together they wait for memory once */
    handle_t next = c->list.next;
    struct entry last = {0};
    uint16_t kept = 0;
    for (uint16_t i = c->first; i < c->n; i++) {
        struct entry e = {c->after[i], member_at(c, i)};
        bool twice = kept > 0 && e.after == last.after && e.member == last.member;
        if (twice || !entry_holds(c, i, asked->holds, ctx))
            continue;
        put(c, kept++, last = e);
    }
    o->entries -= (uint32_t)(c->n - c->first - kept);
    c->first = 0;
    c->n = kept;
    clear_entries(c, kept, ENTRIES);
    if (kept == 0)
        chunk_drop(chunks, o, h);
    return next;
}

/* A few chunks a time, so that no single event pays for all; each leaving pays for one look. */
static void sweep(struct pool *chunks, struct order *o, const struct order_asked *asked, void *ctx)
{
    for (int i = 0; i < SWEEP_CHUNKS && o->head != 0; i++) {
        handle_t h = o->sweep != 0 ? o->sweep : o->head;
        o->sweep = sweep_chunk(chunks, o, h, asked, ctx);
    }
}

static handle_t split(struct pool *chunks, struct order *o, handle_t h)
{
    const struct chunk *full = pool_get(chunks, h);
    uint16_t keep = (uint16_t)(full->first + (full->n - full->first + 1) / 2);
    handle_t right = chunk_after(chunks, o, h, when(full, keep));
    if (right == 0)
        return 0;
    struct chunk *c = edit(chunks, h), *r = edit(chunks, right);
    uint32_t shift = c->after[keep];
    r->n = (uint16_t)(c->n - keep);
    for (uint32_t i = 0; i < r->n; i++)
        put(r, i, (struct entry){c->after[keep + i] - shift, member_at(c, keep + i)});
    clear_entries(c, keep, c->n);
    c->n = keep;
    return right;
}

/* Something older than all comes into the first chunk: its base goes back. */
static void rebase(struct pool *chunks, handle_t h, ms_t base)
{
    struct chunk *c = edit(chunks, h);
    uint32_t shift = (uint32_t)(c->base - base);
    c->base = base;
    for (uint32_t i = c->first; i < c->n; i++)
        c->after[i] += shift;
    btree_rekey(chunks, h, base);
}

/* A chunk with room for that time; 0: the pool is full. */
static handle_t chunk_with_room(struct pool *chunks, struct order *o, ms_t since)
{
    if (o->tail == 0)
        return chunk_after(chunks, o, 0, since);
    handle_t h = btree_seek(chunks, o->tail, since, base_of);
    struct chunk *c = edit(chunks, h);
    bool full = c->n - c->first == ENTRIES, tail = h == o->tail;
    if (since < c->base) {
        if (full || when(c, c->n - 1u) - since > UINT32_MAX)
            return chunk_after(chunks, o, 0, since);
        rebase(chunks, h, since);
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
        c->n = (uint16_t)(c->n - c->first);
        move_entries(c, 0, c->first, c->n);
        c->first = 0;
        clear_entries(c, c->n, ENTRIES);
    }
    uint16_t at = c->n;
    while (at > c->first && c->after[at - 1] > e.after)
        at--;
    move_entries(c, at + 1u, at, (uint32_t)(c->n - at));
    put(c, at, e);
    c->n++;
}

/* As the newest, in the chunk that is there: nearly always. */
static bool append(struct pool *chunks, struct order *o, ms_t since, uint32_t member)
{
    if (o->tail == 0)
        return false;
    struct chunk *c = edit(chunks, o->tail);
    ms_t after = since - c->base;
    if (c->n == ENTRIES || after < c->after[c->n - 1u] || after > UINT32_MAX)
        return false;
    put(c, c->n++, (struct entry){(uint32_t)after, member});
    o->entries++;
    return true;
}

bool order_join(struct pool *chunks, struct order *o, ms_t since, uint32_t member,
                const struct order_asked *asked, void *ctx)
{
    CHECK(member != 0 && member < 1u << 8 * ORDER_MEMBER_BYTES);
    if (o->entries > 2 * o->members + ENTRIES / 2)
        sweep(chunks, o, asked, ctx);
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
        clear_entries(front, front->first, first);
        front->first = first;
        return;
    }
}

uint32_t order_oldest(struct pool *chunks, struct order *o, order_holds *holds,
                      order_before *before, void *ctx, ms_t *ret_since)
{
    trim(chunks, o, holds, ctx);
    uint32_t best = 0, looked = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        for (uint32_t i = c->first; i < c->n; i++) {
            if (best != 0 && (when(c, i) != *ret_since || ++looked > TIES))
                return best;
            if (!entry_holds(c, i, holds, ctx))
                continue;
            if (best == 0 || before(ctx, member_at(c, i), best))
                best = member_at(c, i);
            *ret_since = when(c, i);
        }
        h = c->list.next;
    }
    return best;
}

void order_check(struct pool *chunks, const struct order *o)
{
    uint32_t entries = 0;
    ms_t last = INT64_MIN;
    handle_t prev = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        CHECK(c->list.prev == prev && c->first < c->n && c->n <= ENTRIES && c->base >= last);
        btree_check(chunks, h, base_of);
        for (uint16_t i = c->first; i < c->n; i++) {
            CHECK(when(c, i) >= last);
            last = when(c, i);
        }
        entries += (uint32_t)(c->n - c->first);
        prev = h;
        h = c->list.next;
    }
    CHECK(prev == o->tail && entries == o->entries);
}
