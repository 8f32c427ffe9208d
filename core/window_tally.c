#include "core/window_tally.h"

#include "core/window_pack.h"

static const struct tally *tally_get(const struct windows *ws, const struct window_log *log)
{
    return pool_get(&ws->tallies, log->tally);
}

static struct tally *tally_edit(struct windows *ws, const struct window_log *log)
{
    return pool_edit(&ws->tallies, log->tally);
}

uint32_t tally_bytes(uint32_t windows)
{
    const struct tally *t = NULL;
    return (uint32_t)(sizeof *t + (1 + windows) * sizeof t->page[0] + 7) & ~7U;
}

uint32_t tally_pages(uint32_t windows)
{
    return (1 + windows) * WINDOW_COLUMNS_MAX * SKETCH_GROUPS;
}

/* --- buckets ------------------------------------------------------------------------------ */

/* The page for writing; NULL when there is none to be had. */
static struct tally_page *page_edit(struct windows *ws, struct tally *t, uint32_t set,
                                    uint32_t column, uint32_t group)
{
    handle_t *h = &t->page[set][column][group];
    if (UNLIKELY(*h == 0 && (*h = pool_alloc(&ws->pages)) == 0)) {
        t->broken = 1;
        return NULL;
    }
    return pool_edit(&ws->pages, *h);
}

void tally_buckets(struct windows *ws, const struct window_log *log, uint32_t sets,
                   uint32_t present, const uint32_t index[WINDOW_COLUMNS_MAX], int sign)
{
    if (log->tally == 0 || present == 0)
        return;
    struct tally *t = tally_edit(ws, log);
    for (; sets != 0 && t->broken == 0; sets &= sets - 1) {
        uint32_t set = (uint32_t)__builtin_ctz(sets);
        for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
            uint32_t c = (uint32_t)__builtin_ctz(rest), i = index[c];
            struct tally_page *p = page_edit(ws, t, set, c, i >> SKETCH_BITS);
            if (p == NULL)
                return;
            p->n += (uint32_t)sign;
            p->count[i % ARRAY_LEN(p->count)] += (uint32_t)sign;
        }
    }
}

void tally_entry(struct windows *ws, const struct window_log *log, uint32_t sets,
                 const struct entry *e, int sign)
{
    uint32_t index[WINDOW_COLUMNS_MAX] = {0};
    if (log->tally == 0 || sets == 0)
        return;
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1)
        index[__builtin_ctz(rest)] = sketch_index(e->value[__builtin_ctz(rest)]);
    tally_buckets(ws, log, sets, e->present, index, sign);
}

void tally_cells(struct windows *ws, const struct window_log *log, const struct layout *l,
                 uint32_t sets, const struct chunk *c, uint32_t from, uint32_t to, int sign)
{
    if (log->tally == 0 || sets == 0)
        return;
    struct walk walk = walk_from(l, c, from, 0);
    for (struct entry e; walk.at < to && walk_next(&walk, &e);)
        tally_entry(ws, log, sets, &e, sign);
}

/* Counts what is in the scratch columns, and empties them. */
static void tally_scratch(struct windows *ws, const struct window_log *log, const struct layout *l,
                          uint32_t sets, int sign)
{
    struct tally *t = tally_edit(ws, log);
    for (uint32_t c = 0; c < l->columns; c++) {
        struct sketch *s = &ws->column[c];
        for (uint32_t g = 0; g < SKETCH_GROUPS && t->broken == 0; g++) {
            for (uint32_t rest = s->group[g] != 0 ? sets : 0; rest != 0; rest &= rest - 1) {
                struct tally_page *p = page_edit(ws, t, (uint32_t)__builtin_ctz(rest), c, g);
                if (p == NULL)
                    break;
                p->n += (uint32_t)sign * s->group[g];
                for (uint32_t i = 0; i < ARRAY_LEN(p->count); i++)
                    p->count[i] += (uint32_t)sign * s->count[(g << SKETCH_BITS) + i];
            }
        }
        sketch_clear(s);
    }
}

void tally_span(struct windows *ws, const struct window_log *log, const struct layout *l,
                uint32_t sets, const struct span *s, int sign)
{
    if (log->tally == 0 || sets == 0)
        return;
    span_load(ws, l, s);
    tally_scratch(ws, log, l, sets, sign);
}

/* --- runs --------------------------------------------------------------------------------- */

static void run_clear(struct tally_run *r)
{
    extremes_clear(&r->ends);
    memset(r->mins, 0, sizeof r->mins);
    memset(r->maxs, 0, sizeof r->maxs);
    r->stale = 0;
}

/* So many values, of which these are the ends. */
static void run_end(ms_t *end, uint32_t *have, bool beyond, ms_t value, uint32_t n)
{
    if (beyond) {
        *end = value;
        *have = n;
    } else if (value == *end) {
        *have += n;
    }
}

static void run_take(struct tally_run *r, const struct entry *e)
{
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        ms_t v = e->value[c];
        run_end(&r->ends.min[c], &r->mins[c], v < r->ends.min[c], v, 1);
        run_end(&r->ends.max[c], &r->maxs[c], v > r->ends.max[c], v, 1);
    }
}

/* Adds the later one to r. */
static void run_join(struct tally_run *r, const struct tally_run *later)
{
    for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++) {
        ms_t min = later->ends.min[c], max = later->ends.max[c];
        run_end(&r->ends.min[c], &r->mins[c], min < r->ends.min[c], min, later->mins[c]);
        run_end(&r->ends.max[c], &r->maxs[c], max > r->ends.max[c], max, later->maxs[c]);
    }
    r->stale |= later->stale;
    r->n += later->n;
}

/* The run of a second, or runs when it lies before them all, where only slots are. */
static uint32_t run_of(const struct tally *t, uint32_t sec)
{
    uint32_t i = t->runs;
    while (i > 0 && t->run[i - 1].first > sec)
        i--;
    return i > 0 ? i - 1 : t->runs;
}

static uint32_t run_size(const struct window_log *log)
{
    uint32_t n = log->live / TALLY_SHARE;
    return n > TALLY_RUN_MIN ? n : TALLY_RUN_MIN;
}

/* Makes room for another run: those that lie in slots by now go, small neighbours join, and the
 * two oldest at the latest. */
static void runs_compact(const struct windows *ws, const struct window_log *log, struct tally *t)
{
    uint32_t out = 0, size = run_size(log), base = log_base(ws, log);
    for (uint32_t i = 1; i < t->runs; i++) {
        if (out == 0 && t->run[i].first <= base)
            t->run[0] = t->run[i];
        else if (t->run[out].n + t->run[i].n <= size)
            run_join(&t->run[out], &t->run[i]);
        else
            t->run[++out] = t->run[i];
    }
    t->runs = out + 1;
    if (t->runs < TALLY_RUNS)
        return;
    run_join(&t->run[0], &t->run[1]);
    t->runs--;
    memmove(&t->run[1], &t->run[2], (t->runs - 1) * sizeof t->run[0]);
}

static void run_open(const struct windows *ws, const struct window_log *log, struct tally *t,
                     uint32_t sec)
{
    if (t->runs == TALLY_RUNS)
        runs_compact(ws, log, t);
    struct tally_run *r = &t->run[t->runs++];
    run_clear(r);
    r->first = sec;
    r->n = 0;
}

static void runs_take(const struct windows *ws, const struct window_log *log, struct tally *t,
                      uint32_t sec, const struct entry *e)
{
    uint32_t i = t->runs - 1;
    if (sec > t->top) {
        t->top = sec;
        if (t->run[i].n >= run_size(log)) {
            run_open(ws, log, t, sec);
            i = t->runs - 1;
        }
    } else {
        i = run_of(t, sec);
        if (i == t->runs)
            return;
    }
    t->run[i].n++;
    run_take(&t->run[i], e);
}

void tally_come(struct windows *ws, const struct window_log *log, uint32_t sec,
                const struct entry *e)
{
    if (LIKELY(log->tally == 0))
        return;
    tally_entry(ws, log, TALLY_LOG, e, 1);
    runs_take(ws, log, tally_edit(ws, log), sec, e);
}

void tally_go(struct windows *ws, const struct window_log *log, uint32_t sec, const struct entry *e,
              const uint32_t *index)
{
    if (LIKELY(log->tally == 0))
        return;
    if (index == NULL)
        tally_entry(ws, log, TALLY_LOG, e, -1);
    else
        tally_buckets(ws, log, TALLY_LOG, e->present, index, -1);
    struct tally *t = tally_edit(ws, log);
    uint32_t i = run_of(t, sec);
    if (i == t->runs)
        return;
    struct tally_run *r = &t->run[i];
    r->n -= r->n > 0;
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        bool min = e->value[c] == r->ends.min[c] && (r->mins[c] <= 1 || --r->mins[c] == 0);
        bool max = e->value[c] == r->ends.max[c] && (r->maxs[c] <= 1 || --r->maxs[c] == 0);
        if (min || max)
            r->stale |= rest & -rest;
    }
}

void tally_shed(struct windows *ws, const struct window_log *log, uint32_t sec)
{
    if (log->tally == 0)
        return;
    struct tally *t = tally_edit(ws, log);
    for (uint32_t i = 0; i < t->runs && t->run[i].first <= sec; i++)
        t->run[i].stale = (1U << WINDOW_COLUMNS_MAX) - 1;
}

void tally_scan(const struct windows *ws, const struct window_log *log, const struct layout *l,
                uint32_t from, uint32_t until, struct tally_run *ret)
{
    bool whole = from <= log_base(ws, log);
    run_clear(ret);
    for (handle_t h = whole ? log->head : log_seek(ws, log, from - 1, UINT16_MAX); h != 0;) {
        const struct chunk *c = chunk_get(ws, h);
        struct walk walk = walk_all(l, c);
        for (struct entry e; walk_next(&walk, &e);) {
            if (walk.sec > until)
                return;
            if (walk.sec >= from)
                run_take(ret, &e);
        }
        h = c->next;
    }
}

void tally_refresh(struct windows *ws, const struct window_log *log, const struct layout *l,
                   uint32_t run)
{
    const struct tally *t = tally_get(ws, log);
    if (t->run[run].stale == 0)
        return;
    uint32_t until = run + 1 < t->runs ? t->run[run + 1].first - 1 : UINT32_MAX;
    struct tally_run *r = &tally_edit(ws, log)->run[run];
    tally_scan(ws, log, l, r->first, until, r);
}

/* --- life --------------------------------------------------------------------------------- */

static bool is_busy(const struct windows *ws, const struct window_log *log, const struct layout *l)
{
    return l->columns > 0 && log->cursors != 0 && log->live >= ws->tally_from;
}

/* Counts one chunk of a new tally. *sets: whose cursors have left behind what comes. */
static void chunk_count(struct windows *ws, struct window_log *log, const struct layout *l,
                        handle_t h, uint32_t *sets)
{
    const struct chunk *c = chunk_get(ws, h);
    const void *block = pool_get(&ws->cursors, log->cursors);
    struct walk walk = walk_all(l, c);
    for (struct entry e; walk_next(&walk, &e);) {
        for (uint32_t w = 0; w < ws->windows; w++) {
            const struct cursor *cur = cursor_of(l, block, w);
            if (cur->chunk == h && cur->word <= walk.from)
                *sets &= ~tally_bit(w);
        }
        tally_entry(ws, log, *sets | TALLY_LOG, &e, 1);
        runs_take(ws, log, tally_edit(ws, log), walk.sec, &e);
    }
    for (uint32_t w = 0; w < ws->windows; w++)
        if (cursor_of(l, block, w)->chunk == h)
            *sets &= ~tally_bit(w);
}

/* Notes may yet mean other buckets than they do now: they are done with. Without room for that
 * the tally is of no use. */
static void span_settle(struct windows *ws, const struct window_log *log, const struct layout *l,
                        handle_t span)
{
    const struct span *s = pool_get(&ws->spans, span);
    if (s->notes == 0)
        return;
    if (!spans_fit(ws)) {
        tally_edit(ws, log)->broken = 1;
        return;
    }
    span_load(ws, l, s);
    span_store(ws, l, pool_edit(&ws->spans, span));
}

static void tally_fill(struct windows *ws, struct window_log *log, const struct layout *l)
{
    const void *block = pool_get(&ws->cursors, log->cursors);
    struct tally *t = tally_edit(ws, log);
    uint32_t sets = 0;
    run_open(ws, log, t, log_base(ws, log));
    t->top = log_base(ws, log);
    for (uint32_t i = 0; log->slots != 0 && i < list_get(ws, log)->n; i++) {
        handle_t span = list_get(ws, log)->at[i].span;
        sets = 0;
        for (uint32_t w = 0; w < ws->windows; w++) {
            const struct cursor *cur = cursor_of(l, block, w);
            sets |= cur->chunk != 0 || cur->word > i ? tally_bit(w) : 0;
        }
        span_settle(ws, log, l, span);
        tally_span(ws, log, l, sets | TALLY_LOG, pool_get(&ws->spans, span), 1);
    }
    sets = 0;
    for (uint32_t w = 0; w < ws->windows; w++)
        sets |= cursor_of(l, block, w)->chunk != 0 ? tally_bit(w) : 0;
    for (handle_t h = log->head; h != 0; h = chunk_get(ws, h)->next)
        chunk_count(ws, log, l, h, &sets);
}

void tally_free(struct windows *ws, struct window_log *log)
{
    if (log->tally == 0)
        return;
    const struct tally *t = tally_get(ws, log);
    for (uint32_t set = 0; set <= ws->windows; set++)
        for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++)
            for (uint32_t g = 0; g < SKETCH_GROUPS; g++)
                if (t->page[set][c][g] != 0)
                    pool_free(&ws->pages, t->page[set][c][g]);
    pool_free(&ws->tallies, log->tally);
    log->tally = 0;
}

void tally_tend(struct windows *ws, struct window_log *log, const struct layout *l)
{
    if (log->tally != 0) {
        bool idle = log->slots == 0 && log->live < ws->tally_from / 4;
        if (idle || tally_get(ws, log)->broken != 0) {
            tally_free(ws, log);
            return;
        }
        struct tally *t = tally_edit(ws, log);
        t->turn = t->turn + 1 < ws->windows ? t->turn + 1 : 0;
        cursor_advance(ws, log, l, t->turn);
        return;
    }
    uint32_t left = ws->pages.cap - ws->pages.live;
    if (!is_busy(ws, log, l) || left < tally_pages(ws->windows))
        return;
    if ((log->tally = pool_alloc(&ws->tallies)) != 0)
        tally_fill(ws, log, l);
}
