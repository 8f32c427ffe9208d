/* What the windows of a log say: numbers from prefixes, and when they change by time alone. */
#include "core/window_before.h"
#include "core/window_pack.h"

/* --- numbers ------------------------------------------------------------------------------ */

/* Adds the entries from a place on whose second lies in (edge, until]; later ones end it. */
static void totals_from(const struct windows *ws, const struct layout *l, struct place p,
                        uint32_t edge, uint32_t until, int sign, struct totals *t)
{
    for (handle_t h = p.chunk; h != 0; p.word = 0) {
        const struct chunk *c = chunk_get(ws, h);
        struct walk walk = walk_all(l, c);
        for (struct entry e; walk_next(&walk, &e);) {
            if (walk.from < p.word || walk.sec <= edge)
                continue;
            if (walk.sec > until)
                return;
            totals_entry(l, t->sum, t->count, &e, sign);
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
    memcpy(ret->flag, t.count + 1, (l->n_at - 1U) * sizeof t.count[0]);
    memcpy(ret->n, t.count + l->n_at, l->columns * sizeof t.count[0]);
    memcpy(ret->sum, t.sum, l->columns * sizeof t.sum[0]);
    memcpy(ret->above, t.count + l->above_at, l->watches * sizeof t.count[0]);
}

void window_less(struct window_numbers *ret, const struct window_numbers *less)
{
    ret->samples -= less->samples;
    for (uint32_t i = 0; i < WINDOW_FLAGS_MAX; i++)
        ret->flag[i] -= less->flag[i];
    for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++) {
        ret->n[c] -= less->n[c];
        sum_move(&ret->sum[c], -1, less->sum[c]);
    }
    for (uint32_t i = 0; i < WATCHES_MAX; i++)
        ret->above[i] -= less->above[i];
}

/* --- places ------------------------------------------------------------------------------- */

/* The second of the first entry at or after a place; 0 when there is none. */
static uint32_t second_at(const struct windows *ws, const struct layout *l, struct place p)
{
    for (handle_t h = p.chunk; h != 0; p.word = 0) {
        const struct chunk *c = chunk_get(ws, h);
        for (struct walk walk = walk_all(l, c); walk_next(&walk, NULL);)
            if (walk.from >= p.word)
                return walk.sec;
        h = c->next;
    }
    return 0;
}

struct place window_place(struct windows *ws, const struct window_log *log, const struct layout *l,
                          uint32_t window)
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
    for (; p.word == chunk_end(c) && c->next != 0; p.word = 0)
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
