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
    pool_init(&r->pool, 0, block_take(&at, pool_bytes(sizeof(struct repeat), tickets)),
              sizeof(struct repeat), tickets);
    for (uint32_t k = 0; k < KINDS; k++)
        treap_init(&r->treap[k], block_take(&at, map_bytes(tickets)), tickets, &r->pool,
                   offsetof(struct repeat, key),
                   (uint32_t)(offsetof(struct repeat, node) + k * sizeof(struct treap_node)), seed);
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

static handle_t behind(const struct repeats *r, uint32_t kind, uint64_t key, ms_t ts, handle_t h)
{
    return treap_behind(&r->treap[kind], key, ts, h);
}

/* --- what follows --------------------------------------------------------------------------- */

static void say(struct repeats *r, handle_t h, uint8_t said)
{
    static const uint8_t flags[] = {COHORTS_REPEATED, COHORTS_LOST};
    struct repeat *n = edit(r, h);
    struct sink out = {.board = r->board};
    uint8_t changed = n->said ^ said;
    for (uint32_t i = 0; i < ARRAY_LEN(flags); i++) {
        struct window_sample s = {.ts = n->node[RESOLVES].at, .flags = 1u << flags[i]};
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
    ms_t ts = n->node[RESOLVES].at;
    handle_t next = behind(r, OPENINGS, n->key, ts, POOL_INDEX_MASK);
    if (next == h)
        next = behind(r, OPENINGS, n->key, n->node[OPENINGS].at, h);
    ms_t after = next == 0 ? MS_NEVER : get(r, next)->node[OPENINGS].at - ts;
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
    const struct treap *openings = &r->treap[OPENINGS];
    handle_t one = treap_before(openings, key, ts, h);
    handle_t two = one == 0 ? 0 : treap_before(openings, key, get(r, one)->node[OPENINGS].at, one);
    if (two != 0)
        from = ms_max(from, get(r, two)->node[OPENINGS].at);
    handle_t at = behind(r, RESOLVES, key, from, 0);
    while (at != 0 && get(r, at)->node[RESOLVES].at < ts) {
        judge(r, at);
        at = behind(r, RESOLVES, key, get(r, at)->node[RESOLVES].at, at);
    }
}

/* --- the ticket's record -------------------------------------------------------------------- */

static void opening_off(struct repeats *r, handle_t h)
{
    uint64_t key = get(r, h)->key;
    ms_t ts = get(r, h)->node[OPENINGS].at;
    if (ts == MS_NONE)
        return;
    treap_detach(&r->treap[OPENINGS], h);
    edit(r, h)->node[OPENINGS].at = MS_NONE;
    follow(r, key, ts, h);
}

static void resolve_off(struct repeats *r, handle_t h)
{
    if (get(r, h)->node[RESOLVES].at == MS_NONE)
        return;
    say(r, h, 0);
    treap_detach(&r->treap[RESOLVES], h);
    edit(r, h)->node[RESOLVES].at = MS_NONE;
}

static void resolve_on(struct repeats *r, handle_t h, ms_t ts)
{
    edit(r, h)->node[RESOLVES].at = ts;
    treap_attach(&r->treap[RESOLVES], h);
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
        fresh->node[OPENINGS].at = fresh->node[RESOLVES].at = MS_NONE;
    }
    if (*h == 0 || key == 0 || get(r, *h)->key == key)
        return *h;
    ms_t resolved = get(r, *h)->node[RESOLVES].at;
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
    if (n->node[OPENINGS].at != MS_NONE || n->node[RESOLVES].at != MS_NONE)
        return;
    pool_free(&r->pool, *h);
    *h = 0;
}

void repeat_opened(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, int sign)
{
    if (sign < 0) {
        if (*h == 0 || (key != 0 && get(r, *h)->key != key) || get(r, *h)->node[OPENINGS].at != ts)
            return;
        opening_off(r, *h);
        drop_empty(r, h);
        return;
    }
    if (record(r, h, key) == 0)
        return;
    opening_off(r, *h);
    edit(r, *h)->node[OPENINGS].at = ts;
    treap_attach(&r->treap[OPENINGS], *h);
    follow(r, get(r, *h)->key, ts, *h);
    if (get(r, *h)->node[RESOLVES].at != MS_NONE)
        judge(r, *h);
}

void repeat_resolved(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, const struct tags *tags,
                     bool lost, int sign)
{
    if (sign < 0) {
        const struct repeat *n = *h == 0 ? NULL : get(r, *h);
        if (n == NULL || (key != 0 && n->key != key) || n->node[RESOLVES].at != ts ||
            n->lost != lost || !tags_equal(&n->tags, tags))
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
        if (get(r, *h)->node[kind].at != MS_NONE)
            treap_detach(&r->treap[kind], *h);
    pool_free(&r->pool, *h);
    *h = 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

uint64_t repeat_digest(const struct repeats *r, handle_t h)
{
    const struct repeat *n = get(r, h);
    ms_t resolved = n->node[RESOLVES].at;
    bool lost = resolved != MS_NONE && n->lost; /* of a resolve that is gone it means nothing */
    return mix64(mix64((uint64_t)n->node[OPENINGS].at) ^ (uint64_t)resolved ^ lost);
}

/* Links follow from the records. */
void repeats_rebuild(struct repeats *r)
{
    for (uint32_t k = 0; k < KINDS; k++)
        treap_clear(&r->treap[k]);
    for (uint32_t i = 1; i <= r->pool.high; i++) {
        handle_t h = pool_handle(&r->pool, i);
        for (uint32_t kind = 0; h != 0 && kind < KINDS; kind++)
            if (get(r, h)->node[kind].at != MS_NONE)
                treap_attach(&r->treap[kind], h);
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
            if (n->node[kind].at != MS_NONE)
                at = behind(r, kind, n->key, n->node[kind].at, h - 1);
            CHECK(at == 0 || get(r, at)->key == n->key);
            CHECK((n->node[kind].at == MS_NONE) == (at != h));
        }
        if (n->node[RESOLVES].at == MS_NONE) {
            CHECK(n->said == 0);
            continue;
        }
        handle_t next = behind(r, OPENINGS, n->key, n->node[RESOLVES].at, POOL_INDEX_MASK);
        if (next != 0 && next != h &&
            get(r, next)->node[OPENINGS].at - n->node[RESOLVES].at <= s->repeat_horizon)
            CHECK((n->said & SAID_REPEATED) != 0);
    }
}
