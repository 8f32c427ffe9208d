#include "core/customer.h"

#include "core/block.h"
#include "core/boards.h"
#include "core/edge.h"
#include "core/op.h"

enum {
    FEW_TICKETS = 1 << 14, /* up to so many all their touches in all scopes find room */
    EACH_TIME = 2,         /* touches looked at with each one that comes … */
    FOR_ROOM = 8, /* … and when there is no room: the whole pool in half as many touches */
};

uint32_t customer_flag(uint32_t family)
{
    return family == FAM_RESOLVES ? RESOLVES_CUSTOMER : REPLIES_CUSTOMER;
}

/* Most tickets are out of all windows long before they are forgotten. */
uint32_t customers_cap(uint32_t tickets)
{
    uint64_t n = 2ULL * tickets;
    if (tickets < FEW_TICKETS)
        n = 2ULL * SCOPE_N * tickets;
    else if (n < 2ULL * SCOPE_N * FEW_TICKETS)
        n = 2ULL * SCOPE_N * FEW_TICKETS;
    return n > POOL_INDEX_MASK ? POOL_INDEX_MASK : (uint32_t)n;
}

uint64_t customers_bytes(uint32_t tickets)
{
    uint32_t cap = customers_cap(tickets);
    return block_round(pool_bytes(sizeof(struct service), cap)) + block_round(treap_bytes(cap));
}

void customers_init(struct customers *c, void *mem, uint32_t tickets, struct board *board,
                    uint64_t seed, uint32_t *turn)
{
    uint8_t *at = mem;
    uint32_t cap = customers_cap(tickets);
    struct windows_setup setup = {0};
    struct edges edges;
    *c = (struct customers){.board = board, .turn = turn};
    pool_init(&c->pool, "customers", block_take(&at, pool_bytes(sizeof(struct service), cap)),
              sizeof(struct service), cap);
    treap_init(&c->touches, block_take(&at, treap_bytes(cap)), &c->pool,
               offsetof(struct service, key), offsetof(struct service, node), seed);
    edges_plan(board_settings(board), &setup, &edges);
    for (uint32_t w = 0; w < setup.windows; w++)
        c->longest = setup.length[w] > c->longest ? setup.length[w] : c->longest;
}

static const struct service *get(const struct customers *c, handle_t h)
{
    return pool_get(&c->pool, h);
}

/* --- places: when and in which family a touch is, as one number ---------------------------- */

static ms_t place_of(ms_t ts, uint32_t family)
{
    return 2 * ts + (family == FAM_RESOLVES);
}

static ms_t place_ts(ms_t place)
{
    return (place - (place & 1)) / 2;
}

/* What is known of a name by its index alone; the customer's hash is mixed in. */
static uint64_t key_of(uint64_t customer, enum scope s, uint32_t index)
{
    return customer ^ mix64((uint64_t)index << 8 | s);
}

static ms_t last_place(const struct customers *c, uint64_t key)
{
    handle_t h = treap_last(&c->touches, key);
    return h == 0 ? MS_NONE : get(c, h)->node.at;
}

static void mark(struct customers *c, enum scope s, uint32_t index, ms_t place, bool on)
{
    struct sink out = {.board = c->board};
    struct tags tags = {0};
    tags_set(&tags, s, index);
    uint32_t family = (place & 1) != 0 ? FAM_RESOLVES : FAM_REPLIES;
    sink_mark(&out, family, customer_flag(family), place_ts(place), &tags, 1u << s, on);
}

/* His latest touch of the name was there (MS_NONE: there was none), and is here. */
static void settle(struct customers *c, enum scope s, uint32_t index, ms_t was, ms_t is, bool worn)
{
    if (is == was)
        return;
    if (was != MS_NONE)
        mark(c, s, index, was, false);
    if (is != MS_NONE && !worn)
        mark(c, s, index, is, true);
}

/* --- coming and going ---------------------------------------------------------------------- */

/* No window sees it. Somebody who listens to everything has longer windows than the board. */
static bool is_over(const struct customers *c, const struct service *s)
{
    ms_t now = board_at(c->board);
    return now != MS_NONE && board_tap(c->board) == NULL &&
           sec_floor(place_ts(s->node.at)) <= sec_floor(now) - c->longest;
}

static void drop(struct customers *c, handle_t h)
{
    treap_detach(&c->touches, h);
    pool_free(&c->pool, h);
}

static void make_room(struct customers *c, uint32_t looks)
{
    for (uint32_t i = 0; i < looks && i < c->pool.high; i++) {
        *c->turn = *c->turn % c->pool.high + 1;
        handle_t h = pool_handle(&c->pool, *c->turn);
        if (h != 0 && is_over(c, get(c, h)))
            drop(c, h);
    }
}

static void add(struct customers *c, uint64_t key, enum scope s, uint32_t index, ms_t place,
                bool worn)
{
    make_room(c, c->pool.live == c->pool.cap ? FOR_ROOM : EACH_TIME);
    handle_t h = pool_alloc(&c->pool);
    if (h == 0) {
        board_shed_one(c->board);
        return;
    }
    struct service *fresh = pool_edit(&c->pool, h);
    fresh->slot.mark = (uint16_t)s;
    fresh->index = index;
    fresh->key = key;
    fresh->node.at = place;
    ms_t was = last_place(c, key);
    treap_attach(&c->touches, h);
    settle(c, s, index, was, ms_max(was, place), worn);
}

static void take(struct customers *c, uint64_t key, enum scope s, uint32_t index, ms_t place)
{
    handle_t h = treap_behind(&c->touches, key, place, 0);
    if (h == 0 || get(c, h)->node.at != place) /* it was shed, or no window saw it any more */
        return;
    ms_t was = last_place(c, key);
    drop(c, h);
    settle(c, s, index, was, place < was ? was : last_place(c, key), false);
}

void customer_touched(struct customers *c, uint64_t customer, uint32_t family, ms_t ts,
                      const struct tags *tags, uint32_t scopes, int sign)
{
    for (uint32_t left = scopes & board_scopes(c->board); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index == 0)
            continue;
        uint64_t key = key_of(customer, s, index);
        if (sign > 0)
            add(c, key, s, index, place_of(ts, family), false);
        else
            take(c, key, s, index, place_of(ts, family));
    }
}

/* There is room besides: what is worn must not be shed. */
bool customer_leads(const struct customers *c, uint64_t customer, uint32_t family, ms_t ts,
                    const struct tags *tags, uint32_t scopes)
{
    if (c->pool.cap - c->pool.live < SCOPE_N)
        return false;
    for (uint32_t left = scopes & board_scopes(c->board); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index != 0 && last_place(c, key_of(customer, s, index)) >= place_of(ts, family))
            return false;
    }
    return true;
}

/* The touch that is his latest goes on to a later place, and stays the latest. false: it is not. */
static bool follow(struct customers *c, uint64_t key, ms_t was, ms_t is)
{
    handle_t h = treap_last(&c->touches, key);
    if (h == 0 || get(c, h)->node.at != was || is < was)
        return false;
    treap_postpone(&c->touches, h, is);
    return true;
}

uint32_t customer_followed(struct customers *c, uint64_t customer, const struct touch *was,
                           uint32_t scopes, const struct touch *is, bool worn)
{
    ms_t from = scopes == 0 ? MS_NONE : place_of(was->ts, was->family); /* it may be none yet */
    ms_t to = place_of(is->ts, is->family);
    uint32_t leaves = 0;
    for (uint32_t left = is->scopes & board_scopes(c->board); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(&is->tags, s);
        if (index == 0)
            continue;
        uint64_t key = key_of(customer, s, index);
        bool goes = (scopes >> s & 1) != 0;
        if (goes && follow(c, key, from, to)) {
            leaves |= (uint32_t)(to != from) << s;
            if (to != from && !worn)
                mark(c, s, index, to, true);
            continue;
        }
        add(c, key, s, index, to, worn);
        if (goes)
            take(c, key, s, index, from);
    }
    return leaves;
}

void customers_prefetch(const struct customers *c, uint64_t customer, const struct tags *tags,
                        bool found)
{
    for (uint32_t left = board_scopes(c->board); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index == 0)
            continue;
        uint64_t key = key_of(customer, s, index);
        if (found)
            map_prefetch_slot(&c->touches.root, key);
        else
            map_prefetch(&c->touches.root, key);
    }
}

/* --- the whole ----------------------------------------------------------------------------- */

uint64_t customers_digest(const struct customers *c)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= c->pool.high; i++) {
        handle_t h = pool_handle(&c->pool, i);
        if (h == 0 || is_over(c, get(c, h)))
            continue;
        const struct service *t = get(c, h);
        enum scope s = (enum scope)t->slot.mark;
        uint64_t customer = t->key ^ key_of(0, s, t->index);
        uint64_t name = name_get(board_names(c->board, s), t->index)->hash;
        sum += mix64(mix64(customer ^ mix64(name ^ s)) ^ (uint64_t)t->node.at);
    }
    return sum;
}

/* Every touch is found where it lies. */
void customers_check(const struct customers *c)
{
    uint32_t live = 0;
    for (uint32_t i = 1; i <= c->pool.high; i++) {
        handle_t h = pool_handle(&c->pool, i);
        if (h == 0)
            continue;
        const struct service *t = get(c, h);
        CHECK(treap_behind(&c->touches, t->key, t->node.at, h - 1) == h);
        CHECK(t->slot.mark < SCOPE_N && t->index != 0);
        live++;
    }
    CHECK(live == c->pool.live);
}

void customers_rebuild(struct customers *c)
{
    treap_rebuild(&c->touches);
}
