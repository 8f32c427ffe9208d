#include "core/ticket.h"

#include "core/block.h"
#include "core/err.h"
#include "core/tickets.h"

static uint32_t bases_cap(const struct limits *l)
{
    return l->tickets / BASE_SHARE + 16;
}

static uint32_t ops_cap(const struct limits *l)
{
    return (l->ticket_events + 2) * OPS_PER_RECORD + RECALL_TOUCHES * SCOPE_N;
}

/* A record begins and ends few instances. */
static uint64_t facts_cap(const struct limits *l)
{
    return (l->ticket_events + 2ULL) * FACTS_PER_RECORD;
}

uint64_t tickets_bytes(const struct limits *l)
{
    return block_round(sizeof(struct tickets)) +
           block_round(pool_bytes(sizeof(struct ticket), l->tickets)) +
           block_round(pool_bytes(sizeof(struct ticket_rare), l->tickets)) +
           block_round(pool_bytes(sizeof(struct history_chunk), l->history)) +
           block_round(pool_bytes(sizeof(struct base), bases_cap(l))) +
           block_round(map_bytes(l->tickets)) +
           block_round((l->ticket_events + 1ULL) * sizeof(struct record)) +
           block_round(2ULL * SCOPE_N * ops_cap(l) * sizeof(struct op)) +
           block_round(pool_bytes(sizeof(struct sla_place), l->tickets)) +
           block_round(facts_cap(l) * sizeof(struct sla_fact)) + alerts_bytes(l->alerts) +
           holds_bytes(l->sources + 2, l->tickets) + block_round(repeats_bytes(l->tickets)) +
           customers_bytes(l->tickets);
}

struct tickets *tickets_init(void *mem, const struct limits *l, const struct links *links,
                             uint64_t seed)
{
    uint8_t *at = mem;
    struct tickets *t = block_take(&at, sizeof *t);
    t->links = *links;
    t->seed = seed;
    t->events_max = l->ticket_events;
    uint32_t n = l->tickets;
    pool_init(&t->tickets, "tickets", block_take(&at, pool_bytes(sizeof(struct ticket), n)),
              sizeof(struct ticket), n);
    pool_init(&t->rares, "rares", block_take(&at, pool_bytes(sizeof(struct ticket_rare), n)),
              sizeof(struct ticket_rare), n);
    pool_init(&t->history, "history",
              block_take(&at, pool_bytes(sizeof(struct history_chunk), l->history)),
              sizeof(struct history_chunk), l->history);
    pool_init(&t->bases, "bases", block_take(&at, pool_bytes(sizeof(struct base), bases_cap(l))),
              sizeof(struct base), bases_cap(l));
    map_init(&t->map, block_take(&at, map_bytes(l->tickets)), l->tickets, &t->tickets);
    t->record = block_take(&at, (l->ticket_events + 1ULL) * sizeof(struct record));
    t->ops_max = ops_cap(l);
    t->op = block_take(&at, 2ULL * SCOPE_N * t->ops_max * sizeof(struct op));
    pool_init(&t->slas, "clocks", block_take(&at, pool_bytes(sizeof(struct sla_place), l->tickets)),
              sizeof(struct sla_place), l->tickets);
    t->facts_max = (uint32_t)facts_cap(l);
    t->fact = block_take(&at, facts_cap(l) * sizeof(struct sla_fact));
    alerts_init(&t->alerts, block_take(&at, alerts_bytes(l->alerts)), l->alerts);
    holds_init(&t->holds, block_take(&at, holds_bytes(l->sources + 2, n)), l->sources + 2, n);
    repeats_init(&t->repeats, block_take(&at, repeats_bytes(n)), n, links->board, seed);
    customers_init(&t->customers, block_take(&at, customers_bytes(n)), n, links->board, seed,
                   &t->ends.turn);
    t->terms.agreements = links->agreements;
    struct names *agents = board_names(links->board, SCOPE_AGENT);
    t->terms.automatic = board_reserved(links->board, NAME_AUTO);
    t->terms.customer = board_reserved(links->board, NAME_CUSTOMER);
    CHECK(name_count(agents) >= 2);
    tickets_retarget(t);
    return t;
}

void tickets_retarget(struct tickets *t)
{
    t->terms.s = t->links.settings;
    t->terms.targets = 0;
    for (uint32_t k = 0; k < TARGET_WAIT; k++)
        if (t->links.settings->target[k] > 0)
            t->terms.targets |= 1u << k;
    t->policies = agreements_any(t->links.agreements);
    t->ends.swept = t->policies ? 1 : 0;
}

/* --- keys --------------------------------------------------------------------------------- */

uint64_t ticket_hash(const struct tickets *t, struct str key)
{
    return hash_str(t->seed, key);
}

void tickets_prefetch(const struct tickets *t, uint64_t hash)
{
    map_prefetch(&t->map, hash);
}

void ticket_prefetch(const struct tickets *t, handle_t h)
{
    const char *p = pool_at(&t->tickets, handle_index(h));
    __builtin_prefetch(p);
    __builtin_prefetch(p + 64);
    __builtin_prefetch(p + 128);
}

const struct fold_kept *ticket_foresee(const struct tickets *t, handle_t h)
{
    const struct ticket *k = pool_at(&t->tickets, handle_index(h));
    if (k->history.tail != 0)
        pool_prefetch(&t->history, k->history.tail);
    if (k->rare != 0)
        pool_prefetch(&t->rares, k->rare);
    if (k->sla != 0) {
        const char *clocks = pool_at(&t->slas, handle_index(k->sla));
        for (size_t i = 0; i < sizeof(struct sla_place); i += 64)
            __builtin_prefetch(clocks + i, 1);
    }
    if (k->timer != 0)
        wheel_prefetch(t->links.wheel, k->timer);
    if (k->alerts != 0)
        alerts_prefetch(&t->alerts, k->alerts);
    return &k->fold;
}

/* How much of a key is in the ticket. */
static uint32_t key_head(uint32_t len)
{
    return len <= TICKET_KEY_INLINE ? len : TICKET_KEY_HEAD;
}

/* Where the rest of its key is; 0: there is none. */
static handle_t key_more(const struct ticket *k)
{
    return k->slot.mark <= TICKET_KEY_INLINE ? 0 : k->long_key.more;
}

static bool key_is(const struct tickets *t, const struct ticket *k, struct str key)
{
    if (k->slot.mark != key.len)
        return false;
    uint32_t head = key_head(key.len);
    if (memcmp(k->key, key.p, head) != 0)
        return false;
    if (head == key.len)
        return true;
    const struct history_chunk *more = pool_get(&t->history, key_more(k));
    return memcmp(more->bytes, key.p + head, key.len - head) == 0;
}

handle_t ticket_find(const struct tickets *t, uint64_t hash, struct str key)
{
    uint32_t at = map_start(&t->map, hash);
    handle_t h;
    while ((h = map_next(&t->map, hash, &at)) != 0)
        if (key_is(t, pool_get(&t->tickets, h), key))
            return h;
    return 0;
}

struct str ticket_key(struct tickets *t, handle_t h)
{
    const struct ticket *k = pool_get(&t->tickets, h);
    uint32_t len = k->slot.mark, head = key_head(len);
    memcpy(t->key, k->key, head);
    if (head < len) {
        const struct history_chunk *more = pool_get(&t->history, key_more(k));
        memcpy(t->key + head, more->bytes, len - head);
    }
    return (struct str){t->key, len};
}

/* --- what it is --------------------------------------------------------------------------- */

const struct ticket_rare *ticket_rare(const struct tickets *t, const struct ticket *k)
{
    return k->rare == 0 ? NULL : pool_get(&t->rares, k->rare);
}

struct ticket_rare *ticket_rare_edit(struct tickets *t, struct ticket *k)
{
    if (k->rare == 0) {
        k->rare = pool_alloc(&t->rares);
        CHECK(k->rare != 0); /* there is one for every ticket */
        ((struct ticket_rare *)pool_edit(&t->rares, k->rare))->fold = fold_rare_none;
    }
    return pool_edit(&t->rares, k->rare);
}

void ticket_load(const struct tickets *t, const struct ticket *k, struct fold *ret_f)
{
    const struct ticket_rare *rare = ticket_rare(t, k);
    ret_f->kept = k->fold;
    ret_f->rare = rare == NULL ? fold_rare_none : rare->fold;
}

void ticket_store(struct tickets *t, struct ticket *k, const struct fold *f)
{
    bool none = memcmp(&f->rare, &fold_rare_none, sizeof f->rare) == 0;
    k->fold = f->kept;
    if (k->rare == 0 && none)
        return;
    struct ticket_rare *rare = ticket_rare_edit(t, k);
    rare->fold = f->rare;
    if (none && rare->base == 0 && rare->into == 0 && rare->slot.mark == 0) {
        pool_free(&t->rares, k->rare);
        k->rare = 0;
    }
}

void ticket_standing(const struct tickets *t, const struct ticket *k, struct standing *ret)
{
    const struct ticket_rare *rare = ticket_rare(t, k);
    const struct sla_place *clocks = k->sla == 0 ? NULL : pool_get(&t->slas, k->sla);
    fold_standing(&k->fold, rare == NULL ? &fold_rare_none : &rare->fold,
                  clocks == NULL ? 0 : clocks->risk, ret);
}

struct repeat_of ticket_repeat(struct tickets *t, struct ticket *k)
{
    return (struct repeat_of){&t->repeats, &k->repeat, &t->customers};
}

/* --- ended tickets, oldest first: who is forgotten next ----------------------------------- */

void ticket_ends_link(struct tickets *t, handle_t h)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    k->older = t->ends.newest;
    k->newer = 0;
    if (t->ends.newest != 0)
        ((struct ticket *)pool_edit(&t->tickets, t->ends.newest))->newer = h;
    else
        t->ends.oldest = h;
    t->ends.newest = h;
}

void ticket_ends_unlink(struct tickets *t, handle_t h)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    if (k->older != 0)
        ((struct ticket *)pool_edit(&t->tickets, k->older))->newer = k->newer;
    else
        t->ends.oldest = k->newer;
    if (k->newer != 0)
        ((struct ticket *)pool_edit(&t->tickets, k->newer))->older = k->older;
    else
        t->ends.newest = k->older;
    k->older = k->newer = 0;
}

void ticket_unmake(struct tickets *t, handle_t h)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    map_remove(&t->map, ticket_hash(t, ticket_key(t, h)), h);
    history_clear(&t->history, &k->history);
    if (key_more(k) != 0)
        pool_free(&t->history, key_more(k));
    if (ticket_base(t, k) != 0)
        pool_free(&t->bases, ticket_base(t, k));
    if (k->rare != 0)
        pool_free(&t->rares, k->rare);
    if (k->timer != 0)
        wheel_cancel(t->links.wheel, k->timer);
    if (k->sla != 0)
        pool_free(&t->slas, k->sla);
    alerts_forget(&t->alerts, &k->alerts);
    repeat_forget(&t->repeats, &k->repeat);
    pool_free(&t->tickets, h);
}

static void forget(struct tickets *t, handle_t h)
{
    ticket_ends_unlink(t, h);
    ticket_unmake(t, h);
    t->links.counters->tickets_forgotten++;
}

/* Ended so long ago that it is forgotten, or will be with one of the next ticks. */
static bool is_over(const struct tickets *t, const struct ticket *k, ms_t now)
{
    return k->fold.ended != MS_NONE && k->fold.ended + t->links.settings->remember_closed < now;
}

void tickets_forget(struct tickets *t, ms_t now)
{
    for (int i = 0; i < FORGET_PER_CALL && t->ends.oldest != 0; i++) {
        const struct ticket *k = pool_get(&t->tickets, t->ends.oldest);
        if (!is_over(t, k, now) || alerts_pending(&t->alerts, k->alerts))
            return;
        forget(t, t->ends.oldest);
    }
}

bool ticket_forget_one(struct tickets *t, handle_t keep)
{
    handle_t h = t->ends.oldest;
    while (h != 0) {
        const struct ticket *k = pool_get(&t->tickets, h);
        bool stays = h == keep || h == t->merging[0] || h == t->merging[1];
        if (!stays && !alerts_pending(&t->alerts, k->alerts))
            break;
        h = k->newer;
    }
    if (h == 0)
        return false;
    forget(t, h);
    return true;
}

int ticket_make(struct tickets *t, uint64_t hash, struct str key, handle_t *ret_h)
{
    handle_t h = pool_alloc(&t->tickets);
    if (h == 0 && ticket_forget_one(t, 0))
        h = pool_alloc(&t->tickets);
    if (h == 0)
        return ERR_TICKETS_FULL;
    struct ticket *k = pool_edit(&t->tickets, h);
    uint32_t head = key_head(key.len);
    k->slot.mark = (uint16_t)key.len;
    memcpy(k->key, key.p, head);
    if (head < key.len) {
        handle_t more = pool_alloc(&t->history);
        if (more == 0 && ticket_forget_one(t, 0))
            more = pool_alloc(&t->history);
        if (more == 0) {
            pool_free(&t->tickets, h);
            return ERR_HISTORY_FULL;
        }
        k->long_key.more = more;
        struct history_chunk *c = pool_edit(&t->history, more);
        memcpy(c->bytes, key.p + head, key.len - head);
    }
    struct fold f;
    fold_init(&f);
    k->fold = f.kept;
    CHECK(map_put(&t->map, hash, h));
    *ret_h = h;
    return 0;
}

/* --- readers ------------------------------------------------------------------------------ */

STATIC_ASSERT(sizeof(struct ticket) == 192, "three cache lines");
STATIC_ASSERT(offsetof(struct ticket, fold) + offsetof(struct fold_kept, customer) == 64,
              "what a claim asks for is in the first of them");

bool ticket_claim(const struct tickets *t, uint32_t at, struct standing *ret)
{
    const struct ticket *k = pool_at(&t->tickets, at);
    if (!k->slot.live)
        return false;
    fold_claim(&k->fold, ret);
    return true;
}

void ticket_claim_prefetch(const struct tickets *t, uint32_t at)
{
    pool_prefetch(&t->tickets, at);
}

static uint64_t mix_name(const struct tickets *t, uint64_t h, enum scope s, uint32_t index)
{
    const struct names *n = board_names(t->links.board, s);
    return mix64(h ^ (index == 0 ? 0 : name_get(n, index)->hash));
}

static uint64_t mix_tags(const struct tickets *t, uint64_t h, const struct tags *tags)
{
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        h = mix_name(t, h, s, tags_of(tags, s));
    return h;
}

static uint64_t fold_digest(const struct tickets *t, const struct fold *f)
{
    const int64_t numbers[] = {
        f->opened,  f->waiting, f->late_msg, f->ended,    f->paused,           f->assigned,
        f->handed,  f->gap,     f->pending,  f->held,     f->reason,           f->flags,
        f->replies, f->cycles,  f->missed,   f->touch.ts, (int64_t)f->customer};
    uint64_t h = hash_bytes(1, numbers, sizeof numbers);
    h = mix_tags(t, h, &f->tags);
    h = mix_tags(t, h, &f->first);
    h = mix_tags(t, h, &f->touch.tags);
    h = mix_name(t, h, SCOPE_AGENT, f->last_agent);
    h = mix_name(t, h, SCOPE_AGENT, f->resolver);
    return mix_name(t, h, SCOPE_TEAM, f->last_team);
}

/* Where the events of a merged ticket end up: the chain may have been built in either order. */
static handle_t last_target(const struct tickets *t, handle_t h, ms_t now)
{
    for (int i = 0; i < MERGE_CHAIN_MAX; i++) {
        handle_t into = ticket_into(t, pool_get(&t->tickets, h));
        if (!pool_valid(&t->tickets, into) || is_over(t, pool_get(&t->tickets, into), now))
            break;
        h = into;
    }
    return h;
}

uint64_t tickets_digest(struct tickets *t, ms_t now)
{
    /* How far the forgetting has come depends on who ended first: it is left out. */
    uint64_t sum = customers_digest(&t->customers);
    for (uint32_t i = 1; i <= t->tickets.high; i++) {
        handle_t h = pool_handle(&t->tickets, i);
        const struct ticket *k = pool_at(&t->tickets, i);
        if (h == 0 || is_over(t, k, now))
            continue;
        struct fold f;
        ticket_load(t, k, &f);
        uint64_t d = mix64(ticket_hash(t, ticket_key(t, h)) ^ fold_digest(t, &f));
        const struct sla *clocks = ticket_clocks(t, k);
        d = clocks == NULL ? d : mix64(d ^ sla_digest(clocks, &f, &t->terms));
        d = k->repeat == 0 ? d : mix64(d ^ repeat_digest(&t->repeats, k->repeat));
        sum += mix64(d ^ ticket_hash(t, ticket_key(t, last_target(t, h, now))));
    }
    return sum;
}

void tickets_check(struct tickets *t)
{
    uint32_t ended = 0, live = 0, rares = 0;
    handle_t before = 0;
    for (handle_t h = t->ends.oldest; h != 0;) {
        const struct ticket *k = pool_get(&t->tickets, h);
        CHECK(k->older == before && k->fold.ended != MS_NONE);
        before = h;
        h = k->newer;
        ended++;
    }
    CHECK(before == t->ends.newest);
    for (uint32_t i = 1; i <= t->tickets.high; i++) {
        handle_t h = pool_handle(&t->tickets, i);
        if (h == 0)
            continue;
        const struct ticket *k = pool_get(&t->tickets, h);
        struct str key = ticket_key(t, h);
        CHECK(ticket_find(t, ticket_hash(t, key), key) == h);
        CHECK(k->history.records > 0 && k->history.records <= t->events_max);
        CHECK((k->fold.ended != MS_NONE) == ((k->fold.flags & (FOLD_RESOLVED | FOLD_CLOSED)) != 0));
        ended -= k->fold.ended != MS_NONE;
        rares += k->rare != 0;
        live++;
    }
    CHECK(ended == 0 && live == t->tickets.live && live == t->map.live);
    CHECK(rares == t->rares.live);
    alerts_check(&t->alerts);
    repeats_check(&t->repeats);
    customers_check(&t->customers);
}

const struct pool *tickets_pool(const struct tickets *t)
{
    return &t->tickets;
}

const struct pool *tickets_history(const struct tickets *t)
{
    return &t->history;
}

uint32_t tickets_pools(struct tickets *t, struct pool *ret[11])
{
    ret[0] = &t->tickets;
    ret[1] = &t->history;
    ret[2] = &t->bases;
    ret[3] = &t->slas;
    ret[4] = &t->alerts.pool;
    ret[5] = &t->holds.sources;
    ret[6] = &t->holds.waits;
    ret[7] = &t->repeats.pool;
    ret[8] = &t->customers.pool;
    ret[9] = &t->rares;
    ret[10] = &t->repeats.solved;
    return 11;
}

struct tickets_ends *tickets_blob(struct tickets *t)
{
    return &t->ends;
}

void tickets_rebuild(struct tickets *t)
{
    struct map_later later = {.map = &t->map};
    map_clear(&t->map);
    repeats_rebuild(&t->repeats);
    customers_rebuild(&t->customers);
    for (uint32_t i = 1; i <= t->tickets.high; i++) {
        handle_t h = pool_handle(&t->tickets, i);
        if (h != 0)
            map_put_soon(&later, ticket_hash(t, ticket_key(t, h)), h);
    }
    map_put_rest(&later);
}
