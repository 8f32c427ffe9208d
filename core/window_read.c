/* What the windows of a log say: numbers from prefixes, order statistics from one pass. */
#include "core/chunk.h"

/* --- numbers ------------------------------------------------------------------------------ */

/* Adds the entries from a place on whose second lies in (edge, until]; later ones end it. */
static void totals_from(const struct windows *ws, const struct layout *l, struct place p,
                        uint32_t edge, uint32_t until, int sign, struct totals *t)
{
    for (handle_t h = p.chunk; h != 0; p.word = 0) {
        const struct chunk *c = chunk_get(ws, h);
        uint32_t used = chunk_used(c), force = c->base;
        for (uint32_t i = 0; i < used;) {
            uint32_t head = c->word[i], sec = force + (head & l->unit);
            if (cell_is_gap(l, head)) {
                force += gap_seconds(l, head);
                i++;
            } else if (i < p.word || sec <= edge) {
                i += entry_words(l, &c->word[i]);
            } else if (sec > until) {
                return;
            } else {
                struct entry e;
                i += entry_read(l, &c->word[i], &e);
                totals_entry(l, t->sum, t->count, &e, sign);
            }
        }
        h = c->next;
    }
}

void window_read(struct windows *ws, struct window_log *log, uint32_t family, uint32_t window,
                 struct window_numbers *ret)
{
    const struct layout *l = &ws->layout[family];
    struct totals t = {0};
    CHECK(window < ws->windows);
    if (log->cursors != 0) {
        const struct cursor *cur = cursor_advance(ws, log, l, window);
        totals_add(l, t.sum, t.count, log->sum, log->count, 1);
        totals_add(l, t.sum, t.count, cursor_sum(cur), cursor_count(l, cur), -1);
        if (UNLIKELY(log->newest > ws->at))
            totals_from(ws, l, log_future(ws, log, l), 0, UINT32_MAX, -1, &t);
    } else if (log->head != 0) {
        struct place all = {.chunk = log->head};
        totals_from(ws, l, all, ws->edge[window], ws->at, 1, &t);
    }
    memset(ret, 0, sizeof *ret);
    ret->samples = t.count[0];
    memcpy(ret->flag, t.count + 1, l->flags * sizeof t.count[0]);
    memcpy(ret->n, t.count + l->n_at, l->columns * sizeof t.count[0]);
    memcpy(ret->sum, t.sum, l->columns * sizeof t.sum[0]);
    memcpy(ret->above, t.count + l->above_at, l->watches * sizeof t.count[0]);
}

/* --- places ------------------------------------------------------------------------------- */

/* The second of the first entry at or after a place; 0 when there is none. */
static uint32_t second_at(const struct windows *ws, const struct layout *l, struct place p)
{
    for (handle_t h = p.chunk; h != 0; p.word = 0) {
        const struct chunk *c = chunk_get(ws, h);
        uint32_t force = c->base;
        for (uint32_t i = 0, used = chunk_used(c); i < used;) {
            if (cell_is_gap(l, c->word[i])) {
                force += gap_seconds(l, c->word[i++]);
                continue;
            }
            if (i >= p.word)
                return force + (c->word[i] & l->unit);
            i += entry_words(l, &c->word[i]);
        }
        h = c->next;
    }
    return 0;
}

/* Where a window begins: after the last entry that is out of it. Never at the end of a chunk (or
 * of the spans) that has a next one, so that equal places look equal. */
static struct place window_place(struct windows *ws, const struct window_log *log,
                                 const struct layout *l, uint32_t window)
{
    struct place p = {.chunk = log->head};
    if (log->cursors == 0) {
        uint32_t force;
        p.word = chunk_spot(l, chunk_get(ws, p.chunk), ws->edge[window], &force);
        return p;
    }
    const struct cursor *cur = cursor_advance(ws, log, l, window);
    p.word = cur->word;
    if (cur->chunk == 0 && p.word < list_get(ws, log)->n) {
        p.chunk = 0;
        return p;
    }
    if (cur->chunk == 0)
        p.word = 0;
    else
        p.chunk = cur->chunk;
    const struct chunk *c = chunk_get(ws, p.chunk);
    for (; p.word == chunk_used(c) && c->next != 0; p.word = 0)
        c = chunk_get(ws, p.chunk = c->next);
    return p;
}

ms_t window_next_change(struct windows *ws, struct window_log *log, uint32_t family,
                        uint32_t window)
{
    const struct layout *l = &ws->layout[family];
    ms_t ret = MS_NEVER;
    CHECK(window < ws->windows);
    if (log->head == 0)
        return ret;
    if (log->newest > ws->at) {
        uint32_t sec = second_at(ws, l, log_future(ws, log, l));
        if (sec != 0)
            ret = (ms_t)sec * MS_SECOND;
    }
    if (ws->setup.calendar[window])
        return ret;
    struct place p = window_place(ws, log, l, window);
    uint32_t sec = p.chunk == 0 ? list_get(ws, log)->at[p.word].last : second_at(ws, l, p);
    if (sec == 0 || (p.chunk != 0 && sec > ws->at))
        return ret;
    return ms_min(ret, ((ms_t)sec + ws->setup.length[window]) * MS_SECOND);
}

ms_t window_slot_ms(struct windows *ws, const struct window_log *log, uint32_t window)
{
    CHECK(window < ws->windows);
    if (log->slots == 0)
        return 0;
    const struct span_list *list = list_get(ws, log);
    uint32_t edge = ws->edge[window], i = list_search(list, edge);
    if (i == list->n || list->at[i].first > edge || list->at[i].last == edge)
        return 0;
    return (ms_t)(list->at[i].last - list->at[i].first + 1) * MS_SECOND;
}

/* --- order statistics --------------------------------------------------------------------- */

/* One pass from the newest sample back: what it has seen lies in ws->column. */
struct pass {
    struct windows *ws;
    const struct window_log *log;
    const struct layout *l;
    uint32_t columns;
    handle_t chunk; /* what is seen begins in this chunk … */
    uint32_t word;  /* … here; chunk 0: in the spans, at this one */
    ms_t min[WINDOW_COLUMNS_MAX], max[WINDOW_COLUMNS_MAX];
};

static inline void pass_value(struct pass *p, uint32_t c, uint32_t index, ms_t v)
{
    sketch_count(&p->ws->column[c], index, 1);
    p->min[c] = v < p->min[c] ? v : p->min[c];
    p->max[c] = v > p->max[c] ? v : p->max[c];
}

static void pass_cells(struct pass *p, const struct chunk *c, uint32_t from, uint32_t to)
{
    const struct layout *l = p->l;
    while (from < to) {
        const uint32_t *w = &c->word[from];
        uint32_t n = l->head_words;
        if (cell_is_gap(l, w[0])) {
            from++;
            continue;
        }
        uint32_t present = entry_present(l, w), index;
        ms_t v;
        if (entry_equal(l, w)) {
            n += value_read(w + n, &v);
            index = sketch_index(v);
            for (uint32_t rest = present & p->columns; rest != 0; rest &= rest - 1)
                pass_value(p, (uint32_t)__builtin_ctz(rest), index, v);
        } else {
            for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
                uint32_t column = (uint32_t)__builtin_ctz(rest);
                n += value_read(w + n, &v);
                if ((p->columns >> column & 1) != 0)
                    pass_value(p, column, sketch_index(v), v);
            }
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
        p->min[c] = ms_min(p->min[c], span_min(p->l, s)[c]);
        p->max[c] = ms_max(p->max[c], span_max(p->l, s)[c]);
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
            p->word = chunk_used(chunk_get(p->ws, p->chunk));
        else
            p->word = p->log->slots != 0 ? list_get(p->ws, p->log)->n : 0;
    }
    while (p->word > to->word)
        pass_span(p, --p->word);
}

static void pass_report(const struct pass *p, struct window_order ret[WINDOW_COLUMNS_MAX])
{
    static const uint32_t permille[WINDOW_QUANTILES] = {500, 750, 900, 950, 990};
    for (uint32_t rest = p->columns; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        const struct sketch *s = &p->ws->column[c];
        ret[c] = (struct window_order){.n = s->n};
        if (s->n == 0)
            continue;
        ret[c].min = p->min[c];
        ret[c].max = p->max[c];
        for (uint32_t i = 0; i < WINDOW_QUANTILES; i++)
            ret[c].q[i] = ms_min(ms_max(sketch_quantile(s, permille[i]), p->min[c]), p->max[c]);
    }
}

void window_orders(struct windows *ws, struct window_log *log, uint32_t family, uint32_t mask,
                   uint32_t columns, struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX])
{
    const struct layout *l = &ws->layout[family];
    uint32_t order[WINDOWS_MAX], n = 0;
    columns &= (1U << l->columns) - 1;
    mask &= (1U << ws->windows) - 1;
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) { /* latest edge first */
        uint32_t w = (uint32_t)__builtin_ctz(rest), i = n++;
        for (; i > 0 && ws->edge[order[i - 1]] < ws->edge[w]; i--)
            order[i] = order[i - 1];
        order[i] = w;
        memset(ret[w], 0, sizeof ret[w]);
    }
    if (log->head == 0 || columns == 0)
        return;
    struct pass p = {.ws = ws, .log = log, .l = l, .columns = columns};
    for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++) {
        p.min[c] = INT64_MAX;
        p.max[c] = -1;
    }
    struct place end = log_future(ws, log, l);
    p.chunk = end.chunk != 0 ? end.chunk : log->tail;
    p.word = end.chunk != 0 ? end.word : chunk_used(chunk_get(ws, log->tail));
    for (uint32_t i = 0; i < n; i++) {
        struct place to = window_place(ws, log, l, order[i]);
        pass_to(&p, &to);
        pass_report(&p, ret[order[i]]);
    }
    for (uint32_t c = 0; c < l->columns; c++)
        sketch_clear(&ws->column[c]);
}
