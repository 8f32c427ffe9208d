#include "core/repeat.h"

#include "core/block.h"
#include "core/op.h"

enum { OPENINGS, RESOLVES, KINDS };
enum { SAID_REPEATED = 1, SAID_LOST = 2 };

uint64_t repeats_bytes(uint32_t tickets)
{
    return block_round(pool_bytes(sizeof(struct repeat), tickets)) +
           KINDS * block_round(map_bytes(tickets));
}

void repeats_init(struct repeats *r, void *mem, uint32_t tickets, struct board *board,
                  uint64_t seed)
{
    uint8_t *at = mem;
    r->board = board;
    r->seed = seed;
    pool_init(&r->pool, 0, block_take(&at, pool_bytes(sizeof(struct repeat), tickets)),
              sizeof(struct repeat), tickets);
    for (uint32_t k = 0; k < KINDS; k++)
        map_init(&r->root[k], block_take(&at, map_bytes(tickets)), tickets);
}

uint64_t repeat_key(uint64_t customer, uint32_t category)
{
    if (customer == 0 || category == 0)
        return 0;
    uint64_t key = mix64(customer ^ mix64(category));
    return key == 0 ? 1 : key;
}

static const struct repeat *get(const struct repeats *r, handle_t h)
{
    return pool_get(&r->pool, h);
}

static struct repeat *edit(struct repeats *r, handle_t h)
{
    return pool_edit(&r->pool, h);
}

/* --- treaps --------------------------------------------------------------------------------- */

static uint64_t priority(const struct repeats *r, handle_t h)
{
    return mix64(r->seed ^ handle_index(h));
}

static bool is_before(ms_t a, handle_t x, ms_t b, handle_t y)
{
    return a != b ? a < b : handle_index(x) < handle_index(y);
}

static bool less(const struct repeats *r, uint32_t kind, handle_t x, handle_t y)
{
    return is_before(get(r, x)->ts[kind], x, get(r, y)->ts[kind], y);
}

static handle_t root_of(const struct repeats *r, uint32_t kind, uint64_t key)
{
    uint32_t at = map_start(&r->root[kind], key);
    handle_t h;
    while ((h = map_next(&r->root[kind], key, &at)) != 0)
        if (get(r, h)->key == key)
            return h;
    return 0;
}

static void root_set(struct repeats *r, uint32_t kind, uint64_t key, handle_t was, handle_t is)
{
    if (was == is)
        return;
    if (was != 0)
        map_remove(&r->root[kind], key, was);
    if (is != 0)
        CHECK(map_put(&r->root[kind], key, is));
}

static void attach(struct repeats *r, uint32_t kind, handle_t h)
{
    struct repeat *node = edit(r, h);
    handle_t was = root_of(r, kind, node->key), root = was, *at = &root;
    while (*at != 0 && priority(r, *at) >= priority(r, h))
        at = less(r, kind, h, *at) ? &edit(r, *at)->left[kind] : &edit(r, *at)->right[kind];
    handle_t rest = *at, *low = &node->left[kind], *high = &node->right[kind];
    *at = h;
    while (rest != 0) {
        struct repeat *n = edit(r, rest);
        if (less(r, kind, rest, h)) {
            *low = rest;
            low = &n->right[kind];
            rest = *low;
        } else {
            *high = rest;
            high = &n->left[kind];
            rest = *high;
        }
    }
    *low = *high = 0;
    root_set(r, kind, node->key, was, root);
}

static void detach(struct repeats *r, uint32_t kind, handle_t h)
{
    struct repeat *node = edit(r, h);
    handle_t was = root_of(r, kind, node->key), root = was, *at = &root;
    while (*at != h) {
        CHECK(*at != 0);
        at = less(r, kind, h, *at) ? &edit(r, *at)->left[kind] : &edit(r, *at)->right[kind];
    }
    handle_t low = node->left[kind], high = node->right[kind];
    while (low != 0 && high != 0) {
        if (priority(r, low) >= priority(r, high)) {
            *at = low;
            at = &edit(r, low)->right[kind];
            low = *at;
        } else {
            *at = high;
            at = &edit(r, high)->left[kind];
            high = *at;
        }
    }
    *at = low != 0 ? low : high;
    node->left[kind] = node->right[kind] = 0;
    root_set(r, kind, node->key, was, root);
}

/* The first one behind (ts, h), or the last one before it; 0: none. */
static handle_t neighbour(const struct repeats *r, uint32_t kind, uint64_t key, ms_t ts, handle_t h,
                          bool behind)
{
    handle_t best = 0;
    for (handle_t at = root_of(r, kind, key); at != 0;) {
        const struct repeat *n = get(r, at);
        bool fits = behind ? is_before(ts, h, n->ts[kind], at) : is_before(n->ts[kind], at, ts, h);
        best = fits ? at : best;
        at = fits == behind ? n->left[kind] : n->right[kind];
    }
    return best;
}

/* --- what follows --------------------------------------------------------------------------- */

static void say(struct repeats *r, handle_t h, uint8_t said)
{
    static const uint8_t flags[] = {COHORTS_REPEATED, COHORTS_LOST};
    struct repeat *n = edit(r, h);
    struct sink out = {.board = r->board};
    uint8_t changed = n->said ^ said;
    for (uint32_t i = 0; i < ARRAY_LEN(flags); i++) {
        struct window_sample s = {.ts = n->ts[RESOLVES], .flags = 1u << flags[i]};
        if ((changed >> i & 1) != 0)
            sink_sample(&out, FAM_COHORTS, &s, &n->tags, (1 << SCOPE_N) - 1,
                        (said >> i & 1) != 0 ? 1 : -1);
    }
    n->said = said;
}

/* Of the ticket's resolve; the opening that follows is another ticket's. */
static void judge(struct repeats *r, handle_t h)
{
    const struct settings *s = board_settings(r->board);
    const struct repeat *n = get(r, h);
    ms_t ts = n->ts[RESOLVES];
    handle_t next = neighbour(r, OPENINGS, n->key, ts, POOL_INDEX_MASK, true);
    if (next == h)
        next = neighbour(r, OPENINGS, n->key, n->ts[OPENINGS], h, true);
    ms_t after = next == 0 ? MS_NEVER : get(r, next)->ts[OPENINGS] - ts;
    uint8_t said = after <= s->repeat_horizon ? SAID_REPEATED : 0;
    if (!n->lost && after <= s->return_horizon)
        said |= SAID_LOST;
    if (said != n->said)
        say(r, h, said);
}

/* An opening of that key at ts has come or gone (its own place is h's). Resolves before two other
 * openings are followed by one of those whatever happens here: they are left alone. */
static void follow(struct repeats *r, uint64_t key, ms_t ts, handle_t h)
{
    const struct settings *s = board_settings(r->board);
    ms_t from = ts - ms_max(s->repeat_horizon, s->return_horizon);
    handle_t one = neighbour(r, OPENINGS, key, ts, h, false);
    handle_t two =
        one == 0 ? 0 : neighbour(r, OPENINGS, key, get(r, one)->ts[OPENINGS], one, false);
    if (two != 0)
        from = ms_max(from, get(r, two)->ts[OPENINGS]);
    handle_t at = neighbour(r, RESOLVES, key, from, 0, true);
    while (at != 0 && get(r, at)->ts[RESOLVES] < ts) {
        judge(r, at);
        at = neighbour(r, RESOLVES, key, get(r, at)->ts[RESOLVES], at, true);
    }
}

/* --- the ticket's record -------------------------------------------------------------------- */

static void opening_off(struct repeats *r, handle_t h)
{
    uint64_t key = get(r, h)->key;
    ms_t ts = get(r, h)->ts[OPENINGS];
    if (ts == MS_NONE)
        return;
    detach(r, OPENINGS, h);
    edit(r, h)->ts[OPENINGS] = MS_NONE;
    follow(r, key, ts, h);
}

static void resolve_off(struct repeats *r, handle_t h)
{
    if (get(r, h)->ts[RESOLVES] == MS_NONE)
        return;
    say(r, h, 0);
    detach(r, RESOLVES, h);
    edit(r, h)->ts[RESOLVES] = MS_NONE;
}

static void resolve_on(struct repeats *r, handle_t h, ms_t ts)
{
    edit(r, h)->ts[RESOLVES] = ts;
    attach(r, RESOLVES, h);
    judge(r, h);
}

/* Its record under that key, made when there is none. 0: no key, no record. */
static handle_t record(struct repeats *r, handle_t *h, uint64_t key)
{
    if (*h == 0 && key != 0) {
        *h = pool_alloc(&r->pool);
        CHECK(*h != 0); /* there is one for every ticket */
        struct repeat *fresh = edit(r, *h);
        fresh->key = key;
        fresh->ts[OPENINGS] = fresh->ts[RESOLVES] = MS_NONE;
    }
    if (*h == 0 || key == 0 || get(r, *h)->key == key)
        return *h;
    ms_t resolved = get(r, *h)->ts[RESOLVES];
    opening_off(r, *h);
    resolve_off(r, *h);
    edit(r, *h)->key = key;
    if (resolved != MS_NONE)
        resolve_on(r, *h, resolved);
    return *h;
}

static void drop_empty(struct repeats *r, handle_t *h)
{
    const struct repeat *n = get(r, *h);
    if (n->ts[OPENINGS] != MS_NONE || n->ts[RESOLVES] != MS_NONE)
        return;
    pool_free(&r->pool, *h);
    *h = 0;
}

void repeat_opened(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, int sign)
{
    if (sign < 0) {
        if (*h == 0 || (key != 0 && get(r, *h)->key != key) || get(r, *h)->ts[OPENINGS] != ts)
            return;
        opening_off(r, *h);
        drop_empty(r, h);
        return;
    }
    if (record(r, h, key) == 0)
        return;
    opening_off(r, *h);
    edit(r, *h)->ts[OPENINGS] = ts;
    attach(r, OPENINGS, *h);
    follow(r, get(r, *h)->key, ts, *h);
    if (get(r, *h)->ts[RESOLVES] != MS_NONE)
        judge(r, *h);
}

void repeat_resolved(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, const struct tags *tags,
                     bool lost, int sign)
{
    if (sign < 0) {
        const struct repeat *n = *h == 0 ? NULL : get(r, *h);
        if (n == NULL || (key != 0 && n->key != key) || n->ts[RESOLVES] != ts || n->lost != lost ||
            !tags_equal(&n->tags, tags))
            return;
        resolve_off(r, *h);
        drop_empty(r, h);
        return;
    }
    if (record(r, h, key) == 0)
        return;
    resolve_off(r, *h);
    struct repeat *n = edit(r, *h);
    n->tags = *tags;
    n->lost = lost;
    resolve_on(r, *h, ts);
}

void repeat_forget(struct repeats *r, handle_t *h)
{
    if (*h == 0)
        return;
    for (uint32_t kind = 0; kind < KINDS; kind++)
        if (get(r, *h)->ts[kind] != MS_NONE)
            detach(r, kind, *h);
    pool_free(&r->pool, *h);
    *h = 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

uint64_t repeat_digest(const struct repeats *r, handle_t h)
{
    const struct repeat *n = get(r, h);
    return mix64(mix64((uint64_t)n->ts[OPENINGS]) ^ (uint64_t)n->ts[RESOLVES] ^ n->lost);
}

/* Links follow from the records. */
void repeats_rebuild(struct repeats *r)
{
    for (uint32_t k = 0; k < KINDS; k++) {
        memset(r->root[k].cells, 0, ((uint64_t)r->root[k].mask + 1) * sizeof *r->root[k].cells);
        r->root[k].live = 0;
    }
    for (uint32_t i = 1; i <= r->pool.high; i++)
        for (uint32_t kind = 0; kind < KINDS; kind++)
            if (pool_handle(&r->pool, i) != 0) {
                struct repeat *n = pool_at(&r->pool, i);
                n->left[kind] = n->right[kind] = 0;
            }
    for (uint32_t i = 1; i <= r->pool.high; i++) {
        handle_t h = pool_handle(&r->pool, i);
        for (uint32_t kind = 0; h != 0 && kind < KINDS; kind++)
            if (get(r, h)->ts[kind] != MS_NONE)
                attach(r, kind, h);
    }
}

/* What is there is found, in order, and every resolve that is followed has said so. */
void repeats_check(const struct repeats *r)
{
    const struct settings *s = board_settings(r->board);
    for (uint32_t i = 1; i <= r->pool.high; i++) {
        handle_t h = pool_handle(&r->pool, i);
        if (h == 0)
            continue;
        const struct repeat *n = get(r, h);
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            handle_t at = 0;
            if (n->ts[kind] != MS_NONE)
                at = neighbour(r, kind, n->key, n->ts[kind], h - 1, true);
            CHECK(at == 0 || get(r, at)->key == n->key);
            CHECK((n->ts[kind] == MS_NONE) == (at != h));
        }
        if (n->ts[RESOLVES] == MS_NONE) {
            CHECK(n->said == 0);
            continue;
        }
        handle_t next = neighbour(r, OPENINGS, n->key, n->ts[RESOLVES], POOL_INDEX_MASK, true);
        if (next != 0 && next != h &&
            get(r, next)->ts[OPENINGS] - n->ts[RESOLVES] <= s->repeat_horizon)
            CHECK((n->said & SAID_REPEATED) != 0);
    }
}
