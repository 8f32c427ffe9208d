#include "core/order.h"

enum {
    ENTRIES = 29,
    LANE = 16,        /* chunks from one lane chunk to the next, when they were made */
    SWEEP_CHUNKS = 4, /* swept by one joining when half of the entries no longer hold */
};

struct entry {
    uint32_t sec; /* since 1970, unsigned: good until 2106 */
    handle_t member;
};

struct chunk {
    struct slot slot;
    handle_t next, prev;
    handle_t lane_next, lane_prev; /* neighbours on the lane; 0, 0 and not its end: not on it */
    uint16_t first, n;             /* live entries are [first, n) */
    struct entry entry[ENTRIES];
};

STATIC_ASSERT(sizeof(struct chunk) == 256, "four cache lines");

uint32_t order_chunk_bytes(void)
{
    return sizeof(struct chunk);
}

static uint32_t second_of(ms_t t)
{
    sec_t s = sec_floor(t);
    return s < 0 ? 0 : (uint32_t)s;
}

static bool entry_holds(struct entry e, order_holds *holds, void *ctx, ms_t *ret_since)
{
    return holds(ctx, e.member, ret_since) && second_of(*ret_since) == e.sec;
}

static struct chunk *edit(struct pool *chunks, handle_t h)
{
    return pool_edit(chunks, h);
}

static handle_t chunk_after(struct pool *chunks, struct order *o, handle_t at)
{
    handle_t h = pool_alloc(chunks);
    if (h == 0)
        return 0;
    struct chunk *c = edit(chunks, h);
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
    return h;
}

/* A fresh tail; every LANE-th is put on the lane. */
static handle_t chunk_at_tail(struct pool *chunks, struct order *o)
{
    handle_t h = chunk_after(chunks, o, o->tail);
    if (h == 0 || ++o->off_lane < LANE)
        return h;
    o->off_lane = 0;
    edit(chunks, h)->lane_prev = o->lane;
    if (o->lane != 0)
        edit(chunks, o->lane)->lane_next = h;
    o->lane = h;
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
    if (c.lane_prev != 0)
        edit(chunks, c.lane_prev)->lane_next = c.lane_next;
    if (c.lane_next != 0)
        edit(chunks, c.lane_next)->lane_prev = c.lane_prev;
    if (o->lane == h)
        o->lane = c.lane_prev;
    if (o->sweep == h)
        o->sweep = c.next;
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
        ms_t since;
        bool twice = e.sec == last.sec && e.member == last.member;
        if (twice || !entry_holds(e, holds, ctx, &since))
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

/* The chunk whose entries the second belongs behind; 0: before everything. */
static handle_t chunk_for(struct pool *chunks, const struct order *o, uint32_t sec)
{
    const struct chunk *c;
    handle_t h = o->tail;
    for (handle_t lane = o->lane; lane != 0; lane = c->lane_prev) {
        c = pool_get(chunks, lane);
        if (c->entry[c->first].sec <= sec)
            break;
        h = lane;
    }
    while (h != 0) {
        c = pool_get(chunks, h);
        if (c->entry[c->first].sec <= sec || c->prev == 0)
            return h;
        h = c->prev;
    }
    return 0;
}

static handle_t split(struct pool *chunks, struct order *o, handle_t h)
{
    handle_t right = chunk_after(chunks, o, h);
    if (right == 0)
        return 0;
    struct chunk *c = pool_edit(chunks, h);
    struct chunk *r = pool_edit(chunks, right);
    uint16_t keep = (uint16_t)(c->first + (c->n - c->first + 1) / 2);
    r->n = (uint16_t)(c->n - keep);
    memcpy(r->entry, &c->entry[keep], r->n * sizeof r->entry[0]);
    memset(&c->entry[keep], 0, r->n * sizeof c->entry[0]);
    c->n = keep;
    return right;
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
    while (at > c->first && c->entry[at - 1].sec > e.sec)
        at--;
    memmove(&c->entry[at + 1], &c->entry[at], (size_t)(c->n - at) * sizeof e);
    c->entry[at] = e;
    c->n++;
}

bool order_join(struct pool *chunks, struct order *o, ms_t since, handle_t member,
                order_holds *holds, void *ctx)
{
    if (o->entries > 2 * o->members + 2 * ENTRIES)
        sweep(chunks, o, holds, ctx);
    struct entry e = {.sec = second_of(since), .member = member};
    o->members++;
    handle_t h = chunk_for(chunks, o, e.sec);
    if (h == 0) {
        h = chunk_at_tail(chunks, o);
    } else {
        const struct chunk *c = pool_get(chunks, h);
        bool full = c->n - c->first == ENTRIES;
        bool newest = full && h == o->tail && c->entry[c->n - 1].sec <= e.sec;
        if (newest) {
            h = chunk_at_tail(chunks, o);
        } else if (full) {
            handle_t right = split(chunks, o, h);
            const struct chunk *r = right == 0 ? NULL : pool_get(chunks, right);
            h = r == NULL ? 0 : r->entry[0].sec <= e.sec ? right : h;
        }
    }
    if (h == 0)
        return false;
    insert(pool_edit(chunks, h), e);
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
        ms_t since;
        while (first < c->n && !entry_holds(c->entry[first], holds, ctx, &since))
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
    ms_t best_since = MS_NEVER;
    uint32_t sec = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        for (uint16_t i = c->first; i < c->n; i++) {
            struct entry e = c->entry[i];
            ms_t since;
            if (best != 0 && e.sec != sec)
                goto found;
            if (!entry_holds(e, holds, ctx, &since))
                continue;
            sec = e.sec;
            if (since < best_since || (since == best_since && before(ctx, e.member, best))) {
                best = e.member;
                best_since = since;
            }
        }
        h = c->next;
    }
found:
    if (best != 0)
        *ret_since = best_since;
    return best;
}

void order_check(struct pool *chunks, const struct order *o)
{
    uint32_t entries = 0, sec = 0;
    handle_t prev = 0;
    for (handle_t h = o->head; h != 0;) {
        const struct chunk *c = pool_get(chunks, h);
        CHECK(c->prev == prev && c->first < c->n && c->n <= ENTRIES);
        for (uint16_t i = c->first; i < c->n; i++) {
            CHECK(c->entry[i].sec >= sec);
            sec = c->entry[i].sec;
        }
        entries += (uint32_t)(c->n - c->first);
        prev = h;
        h = c->next;
    }
    CHECK(prev == o->tail && entries == o->entries);
}
