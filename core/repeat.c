#include "core/repeat.h"

#include "core/block.h"
#include "core/op.h"

enum { SAID_REPEATED = 1, SAID_LOST = 2 };

uint64_t repeats_bytes(uint32_t tickets)
{
    return block_round(pool_bytes(sizeof(struct repeat), tickets)) +
           block_round(pool_bytes(sizeof(struct repeat_solved), tickets)) +
           2 * block_round(treap_bytes(tickets));
}

void repeats_init(struct repeats *r, void *mem, uint32_t tickets, struct board *board,
                  uint64_t seed)
{
    uint8_t *at = mem;
    r->board = board;
    pool_init(&r->pool, "repeats", block_take(&at, pool_bytes(sizeof(struct repeat), tickets)),
              sizeof(struct repeat), tickets);
    pool_init(&r->solved, "repeats solved",
              block_take(&at, pool_bytes(sizeof(struct repeat_solved), tickets)),
              sizeof(struct repeat_solved), tickets);
    treap_init(&r->openings, block_take(&at, treap_bytes(tickets)), &r->pool,
               offsetof(struct repeat, key), offsetof(struct repeat, node), seed);
    treap_init(&r->resolves, block_take(&at, treap_bytes(tickets)), &r->solved,
               offsetof(struct repeat_solved, key), offsetof(struct repeat_solved, node), seed);
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

static const struct repeat_solved *get_solved(const struct repeats *r, handle_t h)
{
    return pool_get(&r->solved, h);
}

static struct repeat_solved *edit_solved(struct repeats *r, handle_t h)
{
    return pool_edit(&r->solved, h);
}

/* --- what follows --------------------------------------------------------------------------- */

static void say(struct repeats *r, handle_t solved, uint8_t said)
{
    static const uint8_t flags[] = {COHORTS_REPEATED, COHORTS_LOST};
    struct repeat_solved *n = edit_solved(r, solved);
    struct sink out = {.board = r->board};
    uint8_t changed = n->said ^ said;
    for (uint32_t i = 0; i < ARRAY_LEN(flags); i++) {
        struct window_sample s = {.ts = n->node.at, .flags = 1u << flags[i]};
        if ((changed >> i & 1) != 0)
            sink_sample(&out, FAM_COHORTS, &s, &n->tags, (1 << SCOPE_N) - 1,
                        (said >> i & 1) != 0 ? 1 : -1);
    }
    n->said = said;
}

/* Of a ticket's resolve; the opening that follows is another ticket's. */
static void judge(struct repeats *r, handle_t solved)
{
    const struct settings *s = board_settings(r->board);
    const struct repeat_solved *n = get_solved(r, solved);
    ms_t ts = n->node.at;
    handle_t next = treap_behind(&r->openings, n->key, ts, POOL_INDEX_MASK);
    if (next == n->of)
        next = treap_behind(&r->openings, n->key, get(r, n->of)->node.at, n->of);
    ms_t after = next == 0 ? MS_NEVER : get(r, next)->node.at - ts;
    uint8_t said = after <= s->repeat_horizon ? SAID_REPEATED : 0;
    if (!n->lost && after <= s->return_horizon)
        said |= SAID_LOST;
    if (said != n->said)
        say(r, solved, said);
}

/* An opening of that key at ts has come or gone (its own place is h's). Resolves before two other
 * openings are followed by one of those whatever happens here: they are left alone. */
static void follow(struct repeats *r, uint64_t key, ms_t ts, handle_t h)
{
    const struct settings *s = board_settings(r->board);
    ms_t from = ts - ms_max(s->repeat_horizon, s->return_horizon);
    const struct treap *openings = &r->openings;
    handle_t one = treap_before(openings, key, ts, h);
    handle_t two = one == 0 ? 0 : treap_before(openings, key, get(r, one)->node.at, one);
    if (two != 0)
        from = ms_max(from, get(r, two)->node.at);
    handle_t at = treap_behind(&r->resolves, key, from, 0);
    while (at != 0 && get_solved(r, at)->node.at < ts) {
        judge(r, at);
        at = treap_behind(&r->resolves, key, get_solved(r, at)->node.at, at);
    }
}

/* --- the ticket's record -------------------------------------------------------------------- */

static void opening_off(struct repeats *r, handle_t h)
{
    uint64_t key = get(r, h)->key;
    ms_t ts = get(r, h)->node.at;
    if (ts == MS_NONE)
        return;
    treap_detach(&r->openings, h);
    edit(r, h)->node.at = MS_NONE;
    follow(r, key, ts, h);
}

static void opening_on(struct repeats *r, handle_t h, ms_t ts)
{
    edit(r, h)->node.at = ts;
    treap_attach(&r->openings, h);
    follow(r, get(r, h)->key, ts, h);
}

static void resolve_off(struct repeats *r, handle_t h)
{
    handle_t solved = get(r, h)->solved;
    if (solved == 0)
        return;
    say(r, solved, 0);
    treap_detach(&r->resolves, solved);
    pool_free(&r->solved, solved);
    edit(r, h)->solved = 0;
}

static void resolve_on(struct repeats *r, handle_t h, ms_t ts, const struct tags *tags, bool lost)
{
    handle_t solved = edit(r, h)->solved = pool_alloc(&r->solved);
    CHECK(solved != 0); /* there is one for every ticket */
    struct repeat_solved *n = edit_solved(r, solved);
    n->of = h;
    n->key = get(r, h)->key;
    n->node.at = ts;
    n->tags = *tags;
    n->lost = lost;
    treap_attach(&r->resolves, solved);
    judge(r, solved);
}

/* Its record under that key, made when there is none. 0: no key, no record. */
static handle_t record(struct repeats *r, handle_t *h, uint64_t key)
{
    if (*h == 0 && key != 0) {
        *h = pool_alloc(&r->pool);
        CHECK(*h != 0); /* here too */
        struct repeat *fresh = edit(r, *h);
        fresh->key = key;
        fresh->node.at = MS_NONE;
    }
    if (*h == 0 || key == 0 || get(r, *h)->key == key)
        return *h;
    handle_t solved = get(r, *h)->solved;
    struct repeat_solved was = {0};
    if (solved != 0)
        was = *get_solved(r, solved);
    opening_off(r, *h);
    resolve_off(r, *h);
    edit(r, *h)->key = key;
    if (solved != 0)
        resolve_on(r, *h, was.node.at, &was.tags, was.lost);
    return *h;
}

static void drop_empty(struct repeats *r, handle_t *h)
{
    const struct repeat *n = get(r, *h);
    if (n->node.at != MS_NONE || n->solved != 0)
        return;
    pool_free(&r->pool, *h);
    *h = 0;
}

void repeat_opened(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, int sign)
{
    if (sign < 0) {
        if (*h == 0 || (key != 0 && get(r, *h)->key != key) || get(r, *h)->node.at != ts)
            return;
        opening_off(r, *h);
        drop_empty(r, h);
        return;
    }
    if (record(r, h, key) == 0)
        return;
    opening_off(r, *h);
    opening_on(r, *h, ts);
    if (get(r, *h)->solved != 0)
        judge(r, get(r, *h)->solved);
}

void repeat_resolved(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, const struct tags *tags,
                     bool lost, int sign)
{
    if (sign < 0) {
        const struct repeat *k = *h == 0 ? NULL : get(r, *h);
        if (k == NULL || (key != 0 && k->key != key) || k->solved == 0)
            return;
        const struct repeat_solved *n = get_solved(r, k->solved);
        if (n->node.at != ts || n->lost != lost || !tags_equal(&n->tags, tags))
            return;
        resolve_off(r, *h);
        drop_empty(r, h);
        return;
    }
    if (record(r, h, key) == 0)
        return;
    resolve_off(r, *h);
    resolve_on(r, *h, ts, tags, lost);
}

void repeat_forget(struct repeats *r, handle_t *h)
{
    if (*h == 0)
        return;
    handle_t solved = get(r, *h)->solved;
    if (get(r, *h)->node.at != MS_NONE)
        treap_detach(&r->openings, *h);
    if (solved != 0) {
        treap_detach(&r->resolves, solved);
        pool_free(&r->solved, solved);
    }
    pool_free(&r->pool, *h);
    *h = 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

uint64_t repeat_digest(const struct repeats *r, handle_t h)
{
    const struct repeat *n = get(r, h);
    const struct repeat_solved *s = n->solved == 0 ? NULL : get_solved(r, n->solved);
    uint64_t solved = s == NULL ? 0 : mix64((uint64_t)s->node.at) ^ s->lost;
    return mix64(mix64((uint64_t)n->node.at) ^ solved);
}

void repeats_rebuild(struct repeats *r)
{
    treap_rebuild(&r->openings);
    treap_rebuild(&r->resolves);
}

static void check_solved(const struct repeats *r, handle_t h)
{
    const struct settings *s = board_settings(r->board);
    const struct repeat *k = get(r, h);
    const struct repeat_solved *n = get_solved(r, k->solved);
    CHECK(n->of == h && n->key == k->key);
    CHECK(treap_behind(&r->resolves, n->key, n->node.at, k->solved - 1) == k->solved);
    handle_t next = treap_behind(&r->openings, n->key, n->node.at, POOL_INDEX_MASK);
    if (next != 0 && next != h && get(r, next)->node.at - n->node.at <= s->repeat_horizon)
        CHECK((n->said & SAID_REPEATED) != 0);
}

/* What is there is found, in order, and every resolve that is followed has said so. */
void repeats_check(const struct repeats *r)
{
    uint32_t solved = 0;
    for (uint32_t i = 1; i <= r->pool.high; i++) {
        handle_t h = pool_handle(&r->pool, i);
        if (h == 0)
            continue;
        const struct repeat *n = get(r, h);
        CHECK(n->node.at != MS_NONE || n->solved != 0);
        if (n->node.at != MS_NONE)
            CHECK(treap_behind(&r->openings, n->key, n->node.at, h - 1) == h);
        if (n->solved != 0)
            check_solved(r, h);
        solved += n->solved != 0;
    }
    CHECK(solved == r->solved.live);
}
