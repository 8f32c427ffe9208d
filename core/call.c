#include "core/call.h"

#include "core/block.h"
#include "core/err.h"
#include "core/map.h"
#include "core/presence.h"

#define BIT(x) (1u << (x))
enum {
    ALL_SCOPES = (1 << SCOPE_N) - 1,
    OFFER_SCOPES = ALL_SCOPES & ~(1 << SCOPE_AGENT),
    HISTORY_PER_CALL = 4, /* chunks of history in the pool per call */
    OPS_MAX = 2 * CALL_EVENTS_MAX + 8,
};

struct calls {
    struct pool calls, history;
    struct map map;
    struct links links;
    struct calls_ends ends;
    uint64_t seed;
    struct record record[CALL_EVENTS_MAX + 1];
    struct op op[2 * OPS_MAX * SCOPE_N];
};

uint64_t calls_bytes(const struct limits *l)
{
    return block_round(sizeof(struct calls)) +
           block_round(pool_bytes(sizeof(struct call), l->calls)) +
           block_round(pool_bytes(sizeof(struct history_chunk), l->calls * HISTORY_PER_CALL)) +
           block_round(map_bytes(l->calls));
}

struct calls *calls_init(void *mem, const struct limits *l, const struct links *links,
                         uint64_t seed)
{
    uint8_t *at = mem;
    struct calls *c = mem;
    at += block_round(sizeof *c);
    c->links = *links;
    c->seed = seed;
    pool_init(&c->calls, "calls", at, sizeof(struct call), l->calls);
    at += block_round(pool_bytes(sizeof(struct call), l->calls));
    pool_init(&c->history, "call history", at, sizeof(struct history_chunk),
              l->calls * HISTORY_PER_CALL);
    at += block_round(pool_bytes(sizeof(struct history_chunk), l->calls * HISTORY_PER_CALL));
    map_init(&c->map, at, l->calls, &c->calls);
    return c;
}

/* --- which calls there are ---------------------------------------------------------------- */

struct str call_key(const struct calls *c, handle_t h)
{
    const struct call *k = pool_get(&c->calls, h);
    return (struct str){k->key, k->key_len};
}

static handle_t find(const struct calls *c, uint64_t hash, struct str key)
{
    uint32_t at = map_start(&c->map, hash);
    handle_t h;
    while ((h = map_next(&c->map, hash, &at)) != 0)
        if (str_equal(call_key(c, h), key))
            return h;
    return 0;
}

/* The list of calls, the one that was silent for longest first. */
static void list_append(struct calls *c, handle_t h)
{
    struct call *k = pool_edit(&c->calls, h);
    k->older = c->ends.newest;
    k->newer = 0;
    if (k->older != 0)
        ((struct call *)pool_edit(&c->calls, k->older))->newer = h;
    else
        c->ends.oldest = h;
    c->ends.newest = h;
}

static void list_remove(struct calls *c, handle_t h)
{
    const struct call *k = pool_get(&c->calls, h);
    if (k->older != 0)
        ((struct call *)pool_edit(&c->calls, k->older))->newer = k->newer;
    else
        c->ends.oldest = k->newer;
    if (k->newer != 0)
        ((struct call *)pool_edit(&c->calls, k->newer))->older = k->older;
    else
        c->ends.newest = k->older;
}

static ms_t call_newest(const struct calls *c, handle_t h)
{
    const struct call *k = pool_get(&c->calls, h);
    return k->history.newest;
}

static void forget(struct calls *c, handle_t h)
{
    struct call *k = pool_edit(&c->calls, h);
    if (k->waits) /* its end never came */
        board_call_waits(c->links.board, h, &k->tags, k->offered, -1);
    map_remove(&c->map, hash_str(c->seed, call_key(c, h)), h);
    history_clear(&c->history, &k->history);
    if (k->timer != 0)
        wheel_cancel(c->links.wheel, k->timer);
    list_remove(c, h);
    pool_free(&c->calls, h);
}

static handle_t make(struct calls *c, uint64_t hash, struct str key)
{
    handle_t h = pool_alloc(&c->calls);
    if (h == 0 && c->ends.oldest != 0) {
        c->links.counters->calls_shed++;
        forget(c, c->ends.oldest);
        h = pool_alloc(&c->calls);
    }
    CHECK(h != 0); /* no limit is 0 */
    struct call *k = pool_edit(&c->calls, h);
    k->key_len = (uint8_t)key.len;
    memcpy(k->key, key.p, key.len);
    k->offered = k->answered = k->ended = MS_NONE;
    list_append(c, h);
    CHECK(map_put(&c->map, hash, h));
    return h;
}

/* --- the fold ----------------------------------------------------------------------------- */

/* What comes then comes after a day of silence: no deadline of it passes any more, and an event
 * tells of another call. Both go by the times of events, so that their order does not matter. */
static ms_t silent_from(ms_t newest)
{
    return newest + CALL_REMEMBER_MS + 1;
}

/* What a fold over a call's records finds. */
struct found {
    ms_t offered, answered, abandoned, ended;
    struct tags tags; /* as offered */
    uint32_t agent;   /* who answered */
};

static void scan(const struct record *r, uint32_t n, struct found *f)
{
    *f = (struct found){MS_NONE, MS_NONE, MS_NONE, MS_NONE, {0}, 0};
    for (uint32_t i = 0; i < n; i++, r++) {
        bool outcome = f->answered != MS_NONE || f->abandoned != MS_NONE;
        if (r->kind == EV_CALL_OFFERED && f->offered == MS_NONE) {
            f->offered = r->ts;
            f->tags = r->tags;
            f->tags.agent = 0;
        } else if (r->kind == EV_CALL_ANSWERED && !outcome) {
            f->answered = r->ts;
            f->agent = r->tags.agent;
            f->ended = MS_NONE; /* an end before the answer was not that of the talk */
        } else if (r->kind == EV_CALL_ABANDONED && !outcome) {
            f->abandoned = r->ts;
        } else if (r->kind == EV_CALL_ENDED && f->ended == MS_NONE &&
                   (f->answered != MS_NONE || !outcome)) {
            f->ended = r->ts;
        }
    }
}

static void value(struct window_sample *s, uint32_t col, ms_t v, ms_t target, struct sink *out)
{
    out->negative += v < 0;
    s->present = BIT(col);
    s->value[col] = v < 0 ? 0 : v;
    if (target > 0 && s->value[col] <= target)
        s->flags |= BIT(CALLS_MET_WAIT + col);
}

/* A target missed at its deadline, unless what stops the clock came by then. */
static void miss(ms_t since, ms_t stop, ms_t target, enum target which, ms_t fired,
                 const struct tags *tags, struct sink *out)
{
    if (since == MS_NONE || target == 0 || (stop != MS_NONE && stop <= since + target) ||
        (stop == MS_NONE && since + target >= fired))
        return;
    struct window_sample s = {.ts = since + target, .flags = BIT(MARKS_MISSED + which)};
    sink_sample(out, FAM_MARKS, &s, tags, ALL_SCOPES, 1);
}

/* Every ring counts for the agent; that of the one who answered counts as answered. */
static void rings(const struct record *r, uint32_t n, const struct found *f, struct sink *out)
{
    bool answered = false;
    for (uint32_t i = n; i-- > 0;) {
        if (r[i].kind != EV_CALL_RUNG)
            continue;
        struct window_sample s = {.ts = r[i].ts, .flags = BIT(CALLS_RUNG)};
        if (!answered && f->agent != 0 && r[i].tags.agent == f->agent && r[i].ts <= f->answered) {
            s.flags |= BIT(CALLS_RUNG_ANSWERED);
            answered = true;
        }
        struct tags tags = {.agent = r[i].tags.agent};
        sink_sample(out, FAM_CALLS, &s, &tags, BIT(SCOPE_AGENT), 1);
    }
}

/* What ended the wait, if anything did. */
static ms_t stop_of(const struct found *f)
{
    return f->answered != MS_NONE ? f->answered : f->abandoned != MS_NONE ? f->abandoned : f->ended;
}

/* What became of an offer, as known at `fired`. */
static uint32_t offer_flags(const struct found *f, const struct settings *set, ms_t fired)
{
    ms_t within = set->service_level_within;
    if (f->answered != MS_NONE)
        return BIT(CALLS_ANSWERED) | (f->answered - f->offered <= within ? BIT(CALLS_PROMPT) : 0);
    if (f->abandoned != MS_NONE)
        return f->abandoned - f->offered < set->short_abandon ? BIT(CALLS_SHORT)
                                                              : BIT(CALLS_ABANDONED);
    if (f->ended != MS_NONE)
        return BIT(CALLS_DROPPED);
    return f->offered + within < fired ? BIT(CALLS_TARDY) : 0;
}

static void fold(const struct calls *c, const struct record *r, uint32_t n, ms_t fired,
                 struct found *f, struct sink *out)
{
    const struct settings *set = c->links.settings;
    scan(r, n, f);
    fired = n == 0 ? fired : ms_min(fired, silent_from(r[n - 1].ts));
    struct tags with = f->tags;
    with.agent = f->agent;
    ms_t stop = stop_of(f);
    if (f->offered != MS_NONE) {
        struct window_sample s = {.ts = f->offered, .flags = BIT(CALLS_OFFERED)};
        s.flags |= offer_flags(f, set, fired);
        sink_sample(out, FAM_CALLS, &s, &f->tags, OFFER_SCOPES, 1);
        miss(f->offered, stop, set->target[TARGET_WAIT], TARGET_WAIT, fired, &f->tags, out);
    }
    if (f->offered != MS_NONE && f->answered != MS_NONE) {
        struct window_sample s = {.ts = f->answered};
        value(&s, CALLS_WAIT, f->answered - f->offered, set->target[TARGET_WAIT], out);
        sink_sample(out, FAM_CALLS, &s, &with, ALL_SCOPES, 1);
    }
    if (f->answered != MS_NONE && f->ended != MS_NONE) {
        struct window_sample s = {.ts = f->ended};
        value(&s, CALLS_TALK, f->ended - f->answered, set->target[TARGET_TALK], out);
        sink_sample(out, FAM_CALLS, &s, &with, ALL_SCOPES, 1);
    }
    miss(f->answered, f->ended, set->target[TARGET_TALK], TARGET_TALK, fired, &with, out);
    rings(r, n, f, out);
}

/* --- applying ----------------------------------------------------------------------------- */

/* When time alone next changes what the call counts for; MS_NEVER. */
static ms_t next_due(const struct settings *set, const struct found *f, ms_t fired)
{
    ms_t next = MS_NEVER;
    if (f->offered != MS_NONE && stop_of(f) == MS_NONE) {
        const ms_t after[] = {set->service_level_within, set->target[TARGET_WAIT]};
        for (size_t i = 0; i < ARRAY_LEN(after); i++)
            if (after[i] > 0 && f->offered + after[i] + 1 > fired)
                next = ms_min(next, f->offered + after[i] + 1);
    } else if (f->answered != MS_NONE && f->ended == MS_NONE && set->target[TARGET_TALK] > 0) {
        next = f->answered + set->target[TARGET_TALK] + 1;
    }
    return next <= fired ? MS_NEVER : next;
}

static void tell(struct calls *c, handle_t h, const struct tags *tags, ms_t answered, ms_t ended,
                 int sign)
{
    struct record r;
    bool ends = ended != MS_NONE;
    handling_record(&r, ends ? EV_CALL_ENDED : EV_CALL_ANSWERED, call_key(c, h), tags, answered,
                    ends ? ended : answered);
    presence_call(c->links.presences, &r, sign);
}

/* Whose an end is. An offer told to have come after it says nothing of it: by then what its agent
 * did at the end may be folded for good. */
static struct tags end_tags(const struct tags *offer, ms_t offered, uint32_t agent, ms_t ended)
{
    struct tags t = {0};
    if (ended == MS_NONE || offered <= ended)
        t = *offer;
    t.agent = agent;
    return t;
}

/* Who answered hears of the answer and of the end: what he does after it belongs to the call. */
static void tell_presence(struct calls *c, handle_t h, const struct found *f)
{
    struct call *k = pool_edit(&c->calls, h);
    ms_t ended = f->answered == MS_NONE ? MS_NONE : f->ended;
    struct tags now = end_tags(&f->tags, f->offered, f->agent, ended);
    struct tags before = end_tags(&k->tags, k->offered, k->agent, k->ended);
    bool same = k->answered == f->answered && tags_equal(&now, &before);
    if (!same && k->answered != MS_NONE)
        tell(c, h, &before, k->answered, MS_NONE, -1);
    if ((!same || k->ended != ended) && k->ended != MS_NONE)
        tell(c, h, &before, k->answered, k->ended, -1);
    if (!same && f->answered != MS_NONE)
        tell(c, h, &now, f->answered, MS_NONE, 1);
    if ((!same || k->ended != ended) && ended != MS_NONE)
        tell(c, h, &now, f->answered, ended, 1);
    k->answered = f->answered;
    k->ended = ended;
    k->agent = f->agent;
}

static void settle(struct calls *c, handle_t h, const struct found *f, ms_t fired)
{
    tell_presence(c, h, f);
    struct call *k = pool_edit(&c->calls, h);
    ms_t silent = silent_from(k->history.newest);
    bool waits = f->offered != MS_NONE && stop_of(f) == MS_NONE && fired < silent;
    if (k->waits)
        board_call_waits(c->links.board, h, &k->tags, k->offered, -1);
    k->waits = waits;
    k->offered = f->offered;
    k->tags = f->tags;
    if (waits)
        board_call_waits(c->links.board, h, &k->tags, k->offered, 1);
    ms_t due = ms_min(next_due(c->links.settings, f, fired), waits ? silent : MS_NEVER);
    due = due > silent ? k->over : due;
    if (k->timer != 0)
        wheel_cancel(c->links.wheel, k->timer);
    k->timer = wheel_add(c->links.wheel, due, c->links.timer_kind, h);
}

/* Folds the records in scratch, n_old of them as they were (before[]), n as they are now. */
static void difference(struct calls *c, handle_t h, uint32_t n_was, ms_t fired_was,
                       const struct record *was, uint32_t n, ms_t fired)
{
    struct found f;
    struct sink before = {.op = c->op, .cap = OPS_MAX};
    fold(c, was, n_was, fired_was, &f, &before);
    struct sink after = {.op = c->op + before.n, .cap = OPS_MAX};
    fold(c, c->record, n, fired, &f, &after);
    c->links.counters->negative += after.negative > before.negative;
    op_difference(c->op, before.n, before.n + after.n, ARRAY_LEN(c->op), c->links.board,
                  (struct repeat_of){0});
    settle(c, h, &f, fired);
}

int call_apply(struct calls *c, const struct event *e, uint32_t src, ms_t fired)
{
    uint64_t hash = hash_str(c->seed, e->call);
    handle_t h = find(c, hash, e->call);
    if (h != 0 && e->ts >= silent_from(call_newest(c, h))) {
        forget(c, h);
        h = 0;
    }
    if (h == 0)
        h = make(c, hash, e->call);
    struct call *k = pool_edit(&c->calls, h);
    struct record r, was[CALL_EVENTS_MAX];
    record_take(&r, e, src, c->links.board);
    uint32_t n = k->history.records;
    history_read(&c->history, &k->history, c->record, CALL_EVENTS_MAX);
    memcpy(was, c->record, n * sizeof was[0]);
    uint32_t at = record_position(c->record, n, &r, c->links.sources);
    if (n == CALL_EVENTS_MAX)
        return ERR_TICKET_LONG;
    if (at < n && c->record[at].ts < k->history.newest - c->links.settings->lateness)
        return ERR_LATE;
    memmove(&c->record[at + 1], &c->record[at], (n - at) * sizeof r);
    c->record[at] = r;
    if (!history_write(&c->history, &k->history, c->record, n + 1)) {
        if (n == 0)
            forget(c, h);
        return ERR_HISTORY_FULL;
    }
    list_remove(c, h);
    list_append(c, h);
    /* A backlog of old calls is not over before it is through: silence counts from the arrival. */
    k->over = ms_max(k->history.newest, board_at(c->links.board)) + c->links.settings->lateness;
    k->over = silent_from(k->over);
    difference(c, h, n, fired, was, n + 1, fired);
    return 0;
}

void call_due(struct calls *c, handle_t h, ms_t due)
{
    struct call *k = pool_edit(&c->calls, h);
    uint32_t n = k->history.records;
    k->timer = 0;
    if (due >= k->over) {
        forget(c, h);
        return;
    }
    history_read(&c->history, &k->history, c->record, CALL_EVENTS_MAX);
    difference(c, h, n, due - 1, c->record, n, due);
}

bool call_waiting(const struct calls *c, uint32_t at, struct tags *ret_tags, ms_t *ret_offered)
{
    const struct call *k = pool_at(&c->calls, at);
    if (!k->slot.live)
        return false;
    *ret_tags = k->tags;
    *ret_offered = k->offered;
    return k->waits;
}

/* --- readers ------------------------------------------------------------------------------ */

uint64_t calls_digest(const struct calls *c, ms_t now)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= c->calls.high; i++) {
        handle_t h = pool_handle(&c->calls, i);
        const struct call *k = pool_at(&c->calls, i);
        /* How long a silent call is kept depends on when its events came: it is left out. */
        if (h == 0 || now >= silent_from(k->history.newest))
            continue;
        const int64_t numbers[] = {k->waits, k->offered, k->history.records, k->history.newest};
        sum += mix64(hash_str(3, call_key(c, h)) ^ hash_bytes(4, numbers, sizeof numbers));
    }
    return sum;
}

void calls_check(const struct calls *c)
{
    uint32_t n = 0;
    handle_t before = 0;
    for (handle_t h = c->ends.oldest; h != 0; n++) {
        const struct call *k = pool_get(&c->calls, h);
        CHECK(k->older == before && k->history.records > 0);
        CHECK(find(c, hash_str(c->seed, call_key(c, h)), call_key(c, h)) == h);
        before = h;
        h = k->newer;
    }
    CHECK(before == c->ends.newest && n == c->calls.live && n == c->map.live);
}

const struct pool *calls_pool(const struct calls *c)
{
    return &c->calls;
}

uint32_t calls_pools(struct calls *c, struct pool *ret[4])
{
    ret[0] = &c->calls;
    ret[1] = &c->history;
    return 2;
}

struct calls_ends *calls_blob(struct calls *c)
{
    return &c->ends;
}

void calls_rebuild(struct calls *c)
{
    map_clear(&c->map);
    for (uint32_t i = 1; i <= c->calls.high; i++) {
        handle_t h = pool_handle(&c->calls, i);
        if (h != 0)
            CHECK(map_put(&c->map, hash_str(c->seed, call_key(c, h)), h));
    }
}
