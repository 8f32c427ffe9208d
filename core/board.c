#include "core/board.h"

#include "core/block.h"
#include "core/boards.h"
#include "core/zone.h"

static uint32_t scope_cap(const struct limits *l, enum scope s)
{
    switch (s) {
    case SCOPE_AGENT:
        return l->agents;
    case SCOPE_TEAM:
        return l->teams;
    case SCOPE_CHANNEL:
        return l->channels;
    case SCOPE_PRIORITY:
        return l->priorities;
    case SCOPE_CATEGORY:
        return l->categories;
    case SCOPE_ALL:
    case SCOPE_N:
        break;
    }
    return 1;
}

/* Names and the reserved ones. */
static uint32_t entity_cap(const struct limits *l, enum scope s)
{
    return scope_cap(l, s) + NAME_RESERVED_N;
}

static uint32_t order_cap(const struct limits *l)
{
    uint64_t entries = (uint64_t)l->tickets * SCOPE_N * 2 * ORDER_SHARE;
    uint64_t chunks = entries / ORDER_PER_CHUNK;
    for (enum scope s = 0; s < SCOPE_N; s++)
        chunks += 3ULL * entity_cap(l, s);
    return chunks > POOL_INDEX_MASK ? POOL_INDEX_MASK : (uint32_t)chunks;
}

static struct time_slices slices_for(const struct limits *l, const struct settings *s)
{
    struct time_slices ret;
    uint32_t names[SCOPE_N];
    for (enum scope sc = 0; sc < SCOPE_N; sc++)
        names[sc] = entity_cap(l, sc);
    slices_plan(&ret, s, names);
    return ret;
}

static void windows_of(const struct limits *l, const struct settings *s,
                       const struct window_watch *watch, uint32_t watches,
                       struct windows_setup *ret, struct edges *ret_edges)
{
    *ret =
        (struct windows_setup){.family = indicator_families,
                               .families = FAM_N,
                               .watches = watches,
                               .exact_samples = s->exact_samples,
                               .chunks = l->chunks,
                               .pack_from = (uint32_t)((uint64_t)l->chunks * s->pack_from / 1000),
                               .pack_age = (uint32_t)sec_floor(s->pack_after)};
    edges_plan(s, ret, ret_edges);
    if (watches > 0)
        memcpy(ret->watch, watch, watches * sizeof *watch);
    struct time_slices slices = slices_for(l, s);
    ret->logs = slices_logs(&slices);
    for (enum scope sc = 0; sc < SCOPE_N; sc++)
        ret->logs += (s->scopes >> sc & 1) != 0 ? FAM_N * entity_cap(l, sc) : 0;
    ret->logs += parts_cap(l);
    ret->logs = ret->logs < l->chunks ? ret->logs : l->chunks; /* what it holds is in a chunk */
}

uint64_t board_bytes(const struct limits *l, const struct settings *s)
{
    struct windows_setup setup;
    struct edges edges;
    windows_of(l, s, NULL, 0, &setup, &edges);
    for (uint32_t f = 0; f < FAM_N; f++) /* as if every family had all the watches it can have */
        for (int i = 0; i < WATCHES_MAX && indicator_families[f].columns > 0; i++)
            setup.watch[setup.watches++] = (struct window_watch){.family = (uint8_t)f, .above = i};
    uint64_t n = block_round(sizeof(struct board)) + block_round(windows_bytes(&setup)) +
                 block_round(pool_bytes(order_chunk_bytes(), order_cap(l))) + parts_bytes(l);
    struct time_slices slices = slices_for(l, s);
    n += slices_bytes(&slices);
    for (enum scope sc = 0; sc < SCOPE_N; sc++)
        n += block_round(names_bytes(scope_cap(l, sc))) +
             block_round(pool_bytes(sizeof(struct entity), entity_cap(l, sc)));
    return n;
}

/* An entity for every name that has none yet: they are made in step. */
static void entities_follow(struct board *b, enum scope s)
{
    while (b->entities[s].high < name_count(&b->names[s])) {
        handle_t h = pool_alloc(&b->entities[s]);
        CHECK(handle_index(h) == b->entities[s].high);
        struct entity *e = pool_edit(&b->entities[s], h);
        e->scope = (uint8_t)s;
        e->next_change = MS_NEVER;
    }
    slices_follow(&b->slices, s, b->entities[s].high);
}

struct board *board_init(void *mem, const struct limits *l, const struct settings *s,
                         const struct window_watch *watch, uint32_t watches)
{
    uint8_t *at = mem;
    struct board *b = block_take(&at, sizeof *b);
    struct windows_setup setup;
    b->settings = s;
    b->at = MS_NONE;
    memset(b->listened, 0xff, sizeof b->listened);
    CHECK(watches <= ARRAY_LEN(b->watch));
    if (watches > 0)
        memcpy(b->watch, watch, watches * sizeof *watch);
    b->watches = watches;
    windows_of(l, s, watch, watches, &setup, &b->edges);
    b->windows = windows_init(block_take(&at, windows_bytes(&setup)), &setup);
    pool_init(&b->orders, "orders", block_take(&at, pool_bytes(order_chunk_bytes(), order_cap(l))),
              order_chunk_bytes(), order_cap(l));
    b->slices = slices_for(l, s);
    slices_init(&b->slices, block_take(&at, slices_bytes(&b->slices)));
    parts_init(b, block_take(&at, parts_bytes(l)), l);
    for (enum scope sc = 0; sc < SCOPE_N; sc++) {
        uint32_t cap = scope_cap(l, sc);
        names_init(&b->names[sc], "names", block_take(&at, names_bytes(cap)), cap, s->seed);
        pool_init(&b->entities[sc], scope_name(sc),
                  block_take(&at, pool_bytes(sizeof(struct entity), entity_cap(l, sc))),
                  sizeof(struct entity), entity_cap(l, sc));
    }
    CHECK(at <= (uint8_t *)mem + board_bytes(l, s));
    CHECK(board_name(b, SCOPE_ALL, str_of("-"), NULL) == 1);
    return b;
}

/* --- clock -------------------------------------------------------------------------------- */

static void calendars(struct board *b)
{
    const struct settings *s = b->settings;
    for (uint32_t w = 0; w < s->windows; w++) {
        switch ((enum window_kind)s->window[w].kind) {
        case WINDOW_SLIDING:
            break;
        case WINDOW_TODAY:
            b->start[w] = zone_day_start(&s->zone, b->at_sec);
            break;
        case WINDOW_WEEK:
            b->start[w] = zone_week_start(&s->zone, b->at_sec, s->week_start);
            break;
        case WINDOW_MONTH:
            b->start[w] = zone_month_start(&s->zone, b->at_sec);
            break;
        }
    }
    b->next_day = zone_next_day_start(&s->zone, b->at_sec);
}

void board_advance(struct board *b, ms_t at)
{
    CHECK(at != MS_NONE && (b->at == MS_NONE || at >= b->at));
    bool first = b->at == MS_NONE;
    b->at = at;
    sec_t sec = sec_floor(at);
    if (!first && sec == b->at_sec)
        return;
    b->at_sec = sec;
    if (first || sec >= b->next_day)
        calendars(b);
    windows_advance(b->windows, sec, b->start);
}

ms_t board_at(const struct board *b)
{
    return b->at;
}

ms_t board_next_calendar(const struct board *b)
{
    return b->at == MS_NONE ? MS_NEVER : b->next_day * MS_SECOND;
}

const struct settings *board_settings(const struct board *b)
{
    return b->settings;
}

uint32_t board_scopes(const struct board *b)
{
    return b->settings->scopes;
}

/* --- names -------------------------------------------------------------------------------- */

uint32_t board_name(struct board *b, enum scope s, struct str name, bool *ret_full)
{
    struct names *n = &b->names[s];
    uint64_t hash = name_hash(n, name), before = n->overflowed;
    uint32_t index = name_find_hashed(n, hash, name);
    if (UNLIKELY(index == 0)) {
        index = name_intern_hashed(n, hash, name);
        entities_follow(b, s);
    }
    if (ret_full != NULL)
        *ret_full = n->overflowed != before;
    return index;
}

uint32_t board_reserved(struct board *b, enum name_reserved which)
{
    uint32_t index = name_intern_reserved(&b->names[SCOPE_AGENT], which);
    entities_follow(b, SCOPE_AGENT);
    return index;
}

struct names *board_names(const struct board *b, enum scope s)
{
    return (struct names *)&b->names[s];
}

const struct entity *board_entity(const struct board *b, enum scope s, uint32_t index)
{
    const struct pool *p = &b->entities[s];
    CHECK(index >= 1 && index <= p->high);
    return pool_at(p, index);
}

struct entity *board_entity_edit(struct board *b, enum scope s, uint32_t index)
{
    return entity_edit(b, s, index);
}

void board_prefetch(const struct board *b, enum scope s, uint32_t index, uint32_t families)
{
    const struct entity *e = pool_at(&b->entities[s], index);
    __builtin_prefetch(e);
    __builtin_prefetch((const char *)e + 64);
    for (uint32_t left = families; left != 0; left &= left - 1) {
        const struct window_log *log = &e->log[__builtin_ctz(left)];
        for (uint32_t at = 0; at < sizeof *log; at += 64)
            __builtin_prefetch((const char *)log + at);
    }
}

uint32_t board_walks(const struct board *b, uint32_t family, const struct tags *tags,
                     uint32_t scopes, ms_t ts, struct btree_walk ret[SCOPE_N])
{
    uint32_t n = 0;
    for (uint32_t left = scopes & b->settings->scopes; left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index == 0)
            continue;
        const struct entity *e = pool_at(&b->entities[s], index);
        n += window_walk(b->windows, &e->log[family], ts, &ret[n]);
    }
    return n;
}

/* --- what the fold says ------------------------------------------------------------------- */

static uint32_t kept(const struct board *b, uint32_t scopes)
{
    return scopes & b->settings->scopes;
}

void board_sample(struct board *b, uint32_t family, const struct window_sample *sample,
                  const struct tags *tags, uint32_t scopes, int sign)
{
    struct window_log *log[SCOPE_N];
    uint32_t n = 0;
    for (uint32_t left = kept(b, scopes); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index != 0)
            log[n++] = &board_touch(b, s, index, family)->log[family];
    }
    if (sign > 0)
        window_spread(b->windows, log, n, family, sample);
    for (uint32_t i = 0; i < n && sign < 0; i++)
        (void)window_withdraw(b->windows, log[i], family, sample);
    slices_sample(&b->slices, b->windows, family, sample, tags, kept(b, scopes), sign);
}

void board_mark(struct board *b, uint32_t family, uint32_t flag, ms_t ts, const struct tags *tags,
                uint32_t scopes, bool on)
{
    for (uint32_t left = kept(b, scopes); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index != 0)
            (void)window_mark(b->windows, &board_touch(b, s, index, family)->log[family], family,
                              ts, flag, on);
    }
    slices_mark(&b->slices, b->windows, family, flag, ts, tags, kept(b, scopes), on);
}

void board_unmark(struct board *b, uint32_t family, uint32_t flags, ms_t ts,
                  const struct tags *tags, uint32_t scopes)
{
    for (uint32_t left = kept(b, scopes); left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index != 0)
            window_unmark(b->windows, &board_touch(b, s, index, family)->log[family], family, ts,
                          flags);
    }
    for (uint32_t left = flags; left != 0; left &= left - 1)
        slices_mark(&b->slices, b->windows, family, (uint32_t)__builtin_ctz(left), ts, tags,
                    kept(b, scopes), false);
}

void board_note(struct board *b, enum scope s, uint32_t index)
{
    (void)board_touch(b, s, index, TOUCH_GAUGES);
}

/* --- readers ------------------------------------------------------------------------------ */

void board_set_lookup(struct board *b, const struct board_lookup *lookup)
{
    b->lookup = *lookup;
}

void board_set_tap(struct board *b, const struct board_tap *tap)
{
    b->tap = *tap;
}

const struct board_tap *board_tap(const struct board *b)
{
    return b->tap.take == NULL ? NULL : &b->tap;
}

int board_watch(const struct board *b, uint32_t family, uint32_t column, ms_t above)
{
    int index = 0;
    for (uint32_t i = 0; i < b->watches; i++) {
        const struct window_watch *w = &b->watch[i];
        if (w->family == family && w->column == column && w->above == above)
            return index;
        index += w->family == family;
    }
    return -1;
}

uint64_t board_shed(const struct board *b)
{
    return windows_shed(b->windows) + b->shed;
}

void board_shed_one(struct board *b)
{
    b->shed++;
}

uint64_t board_digest(struct board *b)
{
    uint64_t sum = parts_digest(b);
    for (enum scope s = 0; s < SCOPE_N; s++) {
        for (uint32_t i = 1; i <= b->entities[s].high; i++) {
            const struct entity *e = board_entity(b, s, i);
            uint64_t h = hash_bytes(s + 1, e->gauge, sizeof e->gauge), any = 0;
            for (uint32_t f = 0; f < FAM_N; f++) {
                uint64_t d = window_digest(b->windows, &e->log[f], f);
                any |= d;
                h = mix64(h ^ d);
            }
            for (uint32_t g = 0; g < GAUGE_N; g++)
                any |= e->gauge[g];
            uint64_t sliced = slices_digest(&b->slices, b->windows, s, i);
            any |= sliced;
            if (any != 0) /* a name nothing is counted for may exist or not */
                sum += mix64(h ^ sliced ^ name_get(&b->names[s], i)->hash);
        }
    }
    return sum;
}

void board_check(struct board *b)
{
    parts_check(b);
    for (enum scope s = 0; s < SCOPE_N; s++) {
        CHECK(b->entities[s].high == name_count(&b->names[s]));
        for (uint32_t i = 1; i <= b->entities[s].high; i++) {
            const struct entity *e = board_entity(b, s, i);
            CHECK(e->scope == s && e->gauge[GAUGE_OPEN] >= e->gauge[GAUGE_WAITING]);
            CHECK(e->open.members <= e->gauge[GAUGE_OPEN]);
            CHECK(e->waiting.members == e->gauge[GAUGE_WAITING]);
            CHECK(e->calls.members == e->gauge[GAUGE_CALLS]);
            order_check(&b->orders, &e->open);
            order_check(&b->orders, &e->waiting);
            order_check(&b->orders, &e->calls);
            for (uint32_t f = 0; f < FAM_N; f++)
                window_check(b->windows, &e->log[f], f);
        }
        slices_check(&b->slices, b->windows, s, b->entities[s].high);
    }
}

uint32_t board_pools(struct board *b, struct pool *ret[32])
{
    struct pool *windows[WINDOWS_POOLS];
    uint32_t n = 0, w = windows_pools(b->windows, windows);
    for (enum scope s = 0; s < SCOPE_N; s++) {
        ret[n++] = &b->names[s].pool;
        ret[n++] = &b->entities[s];
    }
    ret[n++] = &b->aspects.pool;
    ret[n++] = &b->parts;
    ret[n++] = &b->orders;
    for (uint32_t i = 0; i < w; i++)
        ret[n++] = windows[i];
    return n + slices_pools(&b->slices, ret + n);
}

void board_rebuild(struct board *b)
{
    parts_rebuild(b);
    b->touched = 0;
    for (enum scope s = 0; s < SCOPE_N; s++) {
        names_rebuild(&b->names[s]);
        for (uint32_t i = 1; i <= b->entities[s].high; i++) {
            const struct entity *e = pool_at(&b->entities[s], i);
            if (e->touched != 0 && b->touched < TOUCHED_MAX)
                b->touch[b->touched++] = (struct entity_ref){.scope = (uint8_t)s, .index = i};
        }
    }
}
