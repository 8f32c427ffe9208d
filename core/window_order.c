/* Order statistics: of a busy log from its tally, of others by one pass over what is there. */
#include "core/window_before.h"
#include "core/window_pack.h"
#include "core/window_tally.h"

static const uint32_t permille[WINDOW_QUANTILES] = {500, 750, 900, 950, 990};

static void extremes_take(struct extremes *x, uint32_t c, ms_t min, ms_t max)
{
    x->min[c] = ms_min(x->min[c], min);
    x->max[c] = ms_max(x->max[c], max);
}

/* The windows of a mask by their edges, latest first. Returns how many. */
static uint32_t windows_sort(const struct windows *ws, uint32_t mask, uint32_t ret[WINDOWS_MAX])
{
    uint32_t n = 0;
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(rest), i = n++;
        for (; i > 0 && ws->edge[ret[i - 1]] < ws->edge[w]; i--)
            ret[i] = ret[i - 1];
        ret[i] = w;
    }
    return n;
}

/* --- by a pass ---------------------------------------------------------------------------- */

/* One pass from the newest sample back: what it has seen lies in ws->column. */
struct pass {
    struct windows *ws;
    const struct window_log *log;
    const struct layout *l;
    uint32_t columns;
    handle_t chunk; /* what is seen begins in this chunk … */
    uint32_t word;  /* … here; chunk 0: in the spans, at this one */
    struct extremes seen;
};

static inline void pass_value(struct pass *p, uint32_t c, uint32_t index, ms_t v)
{
    sketch_count(&p->ws->column[c], index, 1);
    extremes_take(&p->seen, c, v, v);
}

static void pass_rows(struct pass *p, const struct chunk *c, uint32_t from, uint32_t to)
{
    struct walk walk = walk_from(p->l, c, from, 0);
    for (struct entry e; walk.at < to && walk_next(&walk, &e);)
        for (uint32_t rest = e.present & p->columns; rest != 0; rest &= rest - 1) {
            ms_t v = e.value[__builtin_ctz(rest)];
            pass_value(p, (uint32_t)__builtin_ctz(rest), sketch_index(v), v);
        }
}

static void pass_cells(struct pass *p, const struct chunk *c, uint32_t from, uint32_t to)
{
    const struct layout *l = p->l;
    if (chunk_is_packed(c)) {
        pass_rows(p, c, from, to);
        return;
    }
    while (from < to) {
        const uint32_t *w = &c->word[from];
        uint32_t n = l->head_words;
        if (cell_is_gap(l, w[0])) {
            from++;
            continue;
        }
        uint32_t present = entry_present(l, w), index = 0;
        uint32_t written = columns_written(l, present, entry_equal(l, w));
        ms_t v = 0;
        for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
            uint32_t one = rest & -rest;
            if ((written & one) != 0) {
                n += value_read(w + n, &v);
                index = sketch_index(v);
            }
            if ((p->columns & one) != 0)
                pass_value(p, (uint32_t)__builtin_ctz(one), index, v);
        }
        from += n;
    }
}

static void pass_span(struct pass *p, uint32_t i)
{
    const struct span *s = span_get(p->ws, list_get(p->ws, p->log), i);
    span_load(p->ws, p->l, s);
    for (uint32_t rest = p->columns; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        if (span_count(p->l, s)[p->l->n_at + c] == 0)
            continue;
        extremes_take(&p->seen, c, span_min(p->l, s)[c], span_max(p->l, s)[c]);
    }
}

/* Takes in everything back to this place. */
static void pass_to(struct pass *p, const struct place *to)
{
    while (p->chunk != 0) {
        const struct chunk *c = chunk_get(p->ws, p->chunk);
        if (p->chunk == to->chunk) {
            pass_cells(p, c, to->word, p->word);
            p->word = to->word;
            return;
        }
        if (c->prev != 0)
            for (uint32_t i = 0; i < sizeof *c; i += 64)
                __builtin_prefetch((const uint8_t *)chunk_get(p->ws, c->prev) + i);
        pass_cells(p, c, 0, p->word);
        p->chunk = c->prev;
        if (p->chunk != 0)
            p->word = chunk_end(chunk_get(p->ws, p->chunk));
        else
            p->word = p->log->slots != 0 ? list_get(p->ws, p->log)->n : 0;
    }
    while (p->word > to->word)
        pass_span(p, --p->word);
}

static void pass_report(const struct pass *p, struct window_order ret[WINDOW_COLUMNS_MAX])
{
    for (uint32_t rest = p->columns; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        const struct sketch *s = &p->ws->column[c];
        ret[c] = (struct window_order){.n = s->n};
        if (s->n == 0)
            continue;
        ret[c].min = p->seen.min[c];
        ret[c].max = p->seen.max[c];
        for (uint32_t i = 0; i < WINDOW_QUANTILES; i++)
            ret[c].q[i] = ms_min(ms_max(sketch_quantile(s, permille[i]), ret[c].min), ret[c].max);
    }
}

void orders_by_pass(struct windows *ws, const struct window_log *log, const struct layout *l,
                    uint32_t mask, uint32_t columns,
                    struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX])
{
    uint32_t order[WINDOWS_MAX], n = windows_sort(ws, mask, order);
    struct pass p = {.ws = ws, .log = log, .l = l, .columns = columns};
    struct place to[WINDOWS_MAX];
    for (uint32_t i = 0; i < n; i++)
        to[i] = window_place(ws, log, l, order[i]); /* cursors may need the scratch columns */
    extremes_clear(&p.seen);
    struct place end = log_future(ws, log, l);
    p.chunk = end.chunk != 0 ? end.chunk : log->tail;
    p.word = end.chunk != 0 ? end.word : chunk_end(chunk_get(ws, log->tail));
    for (uint32_t i = 0; i < n; i++) {
        pass_to(&p, &to[i]);
        pass_report(&p, ret[order[i]]);
    }
    for (uint32_t c = 0; c < l->columns; c++)
        sketch_clear(&ws->column[c]);
}

void window_orders_before(struct windows *ws, struct window_log *log, uint32_t family,
                          uint32_t window, uint32_t longer, uint32_t columns,
                          struct window_order ret[WINDOW_COLUMNS_MAX])
{
    const struct layout *l = &ws->layout[family];
    struct pass p = {.ws = ws, .log = log, .l = l, .columns = columns & ((1U << l->columns) - 1)};
    memset(ret, 0, WINDOW_COLUMNS_MAX * sizeof *ret);
    if (log->head == 0 || p.columns == 0)
        return;
    struct place from = window_place(ws, log, l, window), to = window_place(ws, log, l, longer);
    extremes_clear(&p.seen);
    p.chunk = from.chunk;
    p.word = from.word;
    pass_to(&p, &to);
    pass_report(&p, ret);
    for (uint32_t c = 0; c < l->columns; c++)
        sketch_clear(&ws->column[c]);
}

/* --- from the tally: percentiles ---------------------------------------------------------- */

/* One column of one window: what its sketch holds is the log's, less what the cursor has left
 * behind, less what is ahead of the clock (in the scratch column). */
struct difference {
    const struct windows *ws;
    const handle_t *all, *past;
    const struct sketch *ahead;
};

static const struct tally_page *page_get(const struct windows *ws, handle_t h)
{
    static const struct tally_page none;
    return h == 0 ? &none : pool_get(&ws->pages, h);
}

static uint32_t group_count(const struct difference *d, uint32_t g)
{
    return page_get(d->ws, d->all[g])->n - page_get(d->ws, d->past[g])->n - d->ahead->group[g];
}

/* Fills in the quantiles whose ranks lie in group g, which `before` values precede. Returns the
 * first one beyond. */
static uint32_t group_ranks(const struct difference *d, uint32_t g, uint32_t before, uint32_t k,
                            const uint32_t rank[WINDOW_QUANTILES], struct window_order *ret)
{
    const struct tally_page *all = page_get(d->ws, d->all[g]);
    const struct tally_page *past = page_get(d->ws, d->past[g]);
    const uint32_t *ahead = &d->ahead->count[g << SKETCH_BITS];
    for (uint32_t i = 0; i < ARRAY_LEN(all->count) && k < WINDOW_QUANTILES; i++) {
        before += all->count[i] - past->count[i] - ahead[i];
        for (; k < WINDOW_QUANTILES && rank[k] <= before; k++)
            ret->q[k] = sketch_value((g << SKETCH_BITS) + i);
    }
    return k;
}

static void difference_ranks(const struct difference *d, struct window_order *ret)
{
    uint32_t n[SKETCH_GROUPS], rank[WINDOW_QUANTILES], before = 0, k = 0;
    ret->n = 0;
    for (uint32_t g = 0; g < SKETCH_GROUPS; g++)
        ret->n += n[g] = group_count(d, g);
    if (ret->n == 0)
        return;
    for (uint32_t i = 0; i < WINDOW_QUANTILES; i++)
        rank[i] = (uint32_t)(((uint64_t)ret->n * permille[i] + 999) / 1000);
    for (uint32_t g = 0; g < SKETCH_GROUPS && k < WINDOW_QUANTILES; g++) {
        if (rank[k] <= before + n[g])
            k = group_ranks(d, g, before, k, rank, ret);
        before += n[g];
    }
}

/* What is ahead of the clock, into the scratch columns. */
static void future_load(struct windows *ws, const struct window_log *log, const struct layout *l)
{
    struct place p = log_future(ws, log, l);
    struct pass ahead = {.ws = ws, .log = log, .l = l, .columns = (1U << l->columns) - 1};
    for (handle_t h = p.chunk; h != 0; p.word = 0) {
        const struct chunk *c = chunk_get(ws, h);
        pass_cells(&ahead, c, p.word, chunk_end(c));
        h = c->next;
    }
}

/* --- from the tally: extremes ------------------------------------------------------------- */

static void extremes_join(struct extremes *into, const struct extremes *x)
{
    for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++)
        extremes_take(into, c, x->min[c], x->max[c]);
}

/* The extremes of windows, asked for in the order of windows_sort: a span that lies inside of one
 * lies inside of all later ones. */
struct search {
    struct windows *ws;
    const struct window_log *log;
    const struct layout *l;
    uint32_t span; /* this one and later ones are seen */
    struct extremes seen;
};

/* A run wholly behind the edge tells its extremes, whether its samples are in chunks or in slots
 * by now. One that reaches beyond the edge or the clock is looked through; when the edge lies in a
 * span that the window keeps, it keeps all that is in chunks. */
static void search_runs(const struct search *s, const struct cursor *cur, uint32_t edge,
                        struct extremes *ret)
{
    struct windows *ws = s->ws;
    const struct tally *t = pool_get(&ws->tallies, s->log->tally);
    uint32_t base = log_base(ws, s->log);
    bool in_span = cur->chunk == 0 && cur->word < list_get(ws, s->log)->n;
    bool ahead = s->log->newest > ws->at;
    for (uint32_t i = 0; i < t->runs; i++) {
        const struct tally_run *r = &t->run[i];
        uint32_t end = i + 1 < t->runs ? r[1].first - 1 : UINT32_MAX;
        if (end < base || (!in_span && end <= edge) || r->first > ws->at)
            continue;
        if (r->first > edge && !(ahead && end > ws->at)) {
            tally_refresh(ws, s->log, s->l, i);
            extremes_join(ret, &r->ends);
            continue;
        }
        struct tally_run x;
        uint32_t from = in_span || r->first > edge ? r->first : edge + 1;
        tally_scan(ws, s->log, s->l, from, end > ws->at ? ws->at : end, &x);
        extremes_join(ret, &x.ends);
    }
}

static void search_spans(struct search *s, uint32_t until)
{
    enum { AHEAD = 4 };
    const struct span_list *list = list_get(s->ws, s->log);
    for (; s->span > until; s->span--) {
        if (s->span > AHEAD) {
            const char *next =
                pool_at(&s->ws->spans, handle_index(list->at[s->span - 1 - AHEAD].span));
            __builtin_prefetch(next);
            __builtin_prefetch(next + 64);
            __builtin_prefetch(next + 128);
        }
        const struct span *p = span_get(s->ws, list, s->span - 1);
        for (uint32_t c = 0; c < s->l->columns; c++)
            if (span_count(s->l, p)[s->l->n_at + c] > 0)
                extremes_take(&s->seen, c, span_min(s->l, p)[c], span_max(s->l, p)[c]);
    }
}

static void search_window(struct search *s, uint32_t window, struct extremes *ret)
{
    const struct cursor *cur = cursor_advance(s->ws, s->log, s->l, window);
    extremes_clear(ret);
    search_runs(s, cur, s->ws->edge[window], ret);
    if (cur->chunk == 0)
        search_spans(s, cur->word);
    extremes_join(ret, &s->seen);
}

/* --- from the tally: both ----------------------------------------------------------------- */

static void window_report(const struct windows *ws, const struct window_log *log, uint32_t window,
                          uint32_t columns, const struct extremes *x,
                          struct window_order ret[WINDOW_COLUMNS_MAX])
{
    const struct tally *t = pool_get(&ws->tallies, log->tally);
    for (uint32_t rest = columns; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        struct difference d = {ws, t->page[0][c], t->page[1 + window][c], &ws->column[c]};
        difference_ranks(&d, &ret[c]);
        if (ret[c].n == 0)
            continue;
        ret[c].min = x->min[c];
        ret[c].max = x->max[c];
        for (uint32_t i = 0; i < WINDOW_QUANTILES; i++)
            ret[c].q[i] = ms_min(ms_max(ret[c].q[i], ret[c].min), ret[c].max);
    }
}

bool orders_by_tally(struct windows *ws, const struct window_log *log, const struct layout *l,
                     uint32_t mask, uint32_t columns,
                     struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX])
{
    uint32_t order[WINDOWS_MAX], n = windows_sort(ws, mask, order);
    struct extremes x[WINDOWS_MAX];
    struct search s = {.ws = ws, .log = log, .l = l};
    s.span = log->slots != 0 ? list_get(ws, log)->n : 0;
    extremes_clear(&s.seen);
    for (uint32_t i = 0; i < n; i++)
        search_window(&s, order[i], &x[i]);
    if (!tally_is_whole(ws, log))
        return false; /* a cursor moved, and there was no page for what it passed */
    future_load(ws, log, l);
    for (uint32_t i = 0; i < n; i++)
        window_report(ws, log, order[i], columns, &x[i], ret[order[i]]);
    for (uint32_t c = 0; c < l->columns; c++)
        sketch_clear(&ws->column[c]);
    return true;
}

void window_orders(struct windows *ws, struct window_log *log, uint32_t family, uint32_t mask,
                   uint32_t columns, struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX])
{
    const struct layout *l = &ws->layout[family];
    columns &= (1U << l->columns) - 1;
    mask &= (1U << (ws->windows < WINDOWS_MAX ? ws->windows : WINDOWS_MAX)) - 1;
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1)
        memset(ret[__builtin_ctz(rest)], 0, sizeof ret[0]);
    if (log->head == 0 || columns == 0)
        return;
    if (!tally_is_whole(ws, log) || !orders_by_tally(ws, log, l, mask, columns, ret))
        orders_by_pass(ws, log, l, mask, columns, ret);
}
