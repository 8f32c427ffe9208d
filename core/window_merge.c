/* Samples on their way into slots: a head chunk at a time, or late ones one by one. */
#include "core/window_pack.h"
#include "core/window_tally.h"

/* --- samples come from the head chunk ----------------------------------------------------- */

/* The span that takes samples now: its sketches are in the scratch columns. */
struct taker {
    struct span *span;
    uint32_t last;
};

static void taker_close(struct windows *ws, const struct layout *l, struct taker *t)
{
    if (t->span != NULL)
        span_store(ws, l, t->span);
    t->span = NULL;
}

/* Cursors inside the head chunk h go back before it, and before the last span if that is going
 * to take samples of it. */
static void cursors_retreat(struct windows *ws, struct window_log *log, const struct layout *l,
                            handle_t h, uint32_t first, struct taker *t)
{
    const struct span_list *list = list_get(ws, log);
    const struct chunk *c = pool_get(&ws->chunks, h);
    bool grows = list->n > 0 && first <= list->at[list->n - 1].last;
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        int64_t *sum = cursor_sum(cur);
        uint32_t *count = cursor_count(l, cur);
        if (cur->chunk == h) {
            struct entry e;
            struct walk walk = walk_all(l, c);
            while (walk.at < cur->word && walk_next(&walk, &e))
                totals_entry(l, sum, count, &e, -1);
            tally_cells(ws, log, l, tally_bit(w), c, 0, cur->word, -1);
            *cur = (struct cursor){.word = list->n};
        }
        if (grows && cur->chunk == 0 && cur->word == list->n) {
            const struct span *s = span_get(ws, list, --cur->word);
            totals_add(l, sum, count, span_sum(s), span_count(l, s), -1);
            if (log->tally != 0)
                taker_close(ws, l, t); /* the span may be the one that takes: its sketches */
            tally_span(ws, log, l, tally_bit(w), s, -1);
        }
        if (cur->chunk == 0)
            cur->next = 0;
    }
}

/* No room for this one: windows that have it ahead leave it behind. */
static void entry_shed(struct windows *ws, struct window_log *log, const struct layout *l,
                       uint32_t sec, const struct entry *e)
{
    void *block = pool_edit(&ws->cursors, log->cursors);
    uint32_t ahead = 0;
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk != 0)
            continue;
        totals_entry(l, cursor_sum(cur), cursor_count(l, cur), e, 1);
        ahead |= tally_bit(w);
    }
    tally_entry(ws, log, ahead, e, 1);
    tally_shed(ws, log, sec);
    ws->shed++;
}

/* false: no span can be had for that second. */
static bool taker_open(struct windows *ws, struct window_log *log, const struct layout *l,
                       struct taker *t, uint32_t sec)
{
    taker_close(ws, l, t);
    int64_t place = list_place(ws, log, l, sec);
    if (place < 0)
        return false;
    const struct span_place *at = &list_get(ws, log)->at[place];
    t->last = at->last;
    t->span = pool_edit(&ws->spans, at->span);
    span_load(ws, l, t->span);
    return true;
}

static void entry_scratch(struct windows *ws, const struct entry *e)
{
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        sketch_add(&ws->column[c], e->value[c]);
    }
}

static void entries_merge(struct windows *ws, struct window_log *log, const struct layout *l,
                          const struct chunk *c, struct taker *t)
{
    struct walk walk = walk_all(l, c);
    for (struct entry e; walk_next(&walk, &e);) {
        if ((t->span == NULL || walk.sec > t->last) && !taker_open(ws, log, l, t, walk.sec))
            entry_shed(ws, log, l, walk.sec, &e);
        else {
            span_entry(l, t->span, walk.sec, &e, 1);
            entry_scratch(ws, &e);
        }
    }
}

static void head_absorb(struct windows *ws, struct window_log *log, const struct layout *l,
                        struct taker *t)
{
    handle_t h = log->head;
    const struct chunk *c = chunk_get(ws, h);
    struct walk walk = walk_all(l, c);
    cursors_retreat(ws, log, l, h, walk_next(&walk, NULL) ? walk.sec : UINT32_MAX, t);
    entries_merge(ws, log, l, c, t);
    log->live -= chunk_entries(c);
    log->head = c->next;
    log->plain = log->plain == h ? c->next : log->plain;
    struct chunk *next = pool_edit(&ws->chunks, c->next);
    btree_leave(&ws->chunks, h, chunk_moment);
    next->prev = 0;
    pool_free(&ws->chunks, h);
}

void spans_absorb(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t live)
{
    struct taker t = {NULL, 0};
    while (log->live > live && log->head != log->tail) {
        if (!spans_fit(ws))
            taker_close(ws, l, &t); /* its span may be dropped to make room */
        if (!spans_room(ws, log, l) || !list_make(ws, log))
            break;
        head_absorb(ws, log, l, &t);
    }
    taker_close(ws, l, &t);
    if (log->slots != 0)
        list_close(ws, log, l);
}

/* --- single samples ----------------------------------------------------------------------- */

/* As far as a span can tell: it does not know its samples one by one. */
static bool span_has(const struct layout *l, const struct span *s, const struct entry *e)
{
    const uint32_t *count = span_count(l, s);
    bool has = count[0] > 0;
    for (uint32_t rest = flags_counted(l, e->flags, e->present); rest != 0; rest &= rest - 1)
        has = has && count[1 + __builtin_ctz(rest)] > 0;
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        has = has && count[l->n_at + c] > 0 && e->value[c] >= span_min(l, s)[c] &&
              e->value[c] <= span_max(l, s)[c];
    }
    return has;
}

/* Cursors behind span i. */
static bool cursor_is_past(const struct cursor *cur, uint32_t i)
{
    return cur->chunk != 0 || cur->word > i;
}

/* Are all these buckets in the span's sketches? */
static bool span_counts(struct windows *ws, const struct layout *l, const struct span *s,
                        uint32_t present, const uint32_t index[WINDOW_COLUMNS_MAX])
{
    bool all = true;
    span_load(ws, l, s);
    for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        all = all && ws->column[c].count[index[c]] > 0;
    }
    for (uint32_t c = 0; c < l->columns; c++)
        sketch_clear(&ws->column[c]);
    return all;
}

/* One sample more or less in the span's sketches; *ret: the buckets, of those that go the ones
 * that really went. Notes take from whatever bucket is near when they are loaded: a tally must
 * know which, so then they are for buckets that are there. */
static void span_sketch(struct windows *ws, const struct window_log *log, const struct layout *l,
                        struct span *s, const struct entry *e, int sign,
                        uint32_t ret[WINDOW_COLUMNS_MAX])
{
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        ret[c] = sketch_index(e->value[c]);
    }
    bool sure = sign > 0 || log->tally == 0 || span_counts(ws, l, s, e->present, ret);
    if (sure && span_note(ws, s, e, sign))
        return;
    span_load(ws, l, s);
    span_scratch(ws, e->present, ret, sign);
    span_store(ws, l, s);
}

bool spans_change(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                  const struct entry *e, int sign)
{
    int64_t i;
    if (sign > 0) {
        if (!spans_room(ws, log, l) || log->slots == 0 || (i = list_place(ws, log, l, sec)) < 0) {
            ws->shed++;
            return false;
        }
    } else {
        const struct span_list *list = list_get(ws, log); /* packing fewer needs no room */
        i = list_search(list, sec);
        if (i == list->n || list->at[i].first > sec)
            return false;
    }
    struct span *s = pool_edit(&ws->spans, list_get(ws, log)->at[i].span);
    if (sign < 0 && !span_has(l, s, e))
        return false;
    uint32_t index[WINDOW_COLUMNS_MAX] = {0}, past = 0;
    span_entry(l, s, sec, e, sign);
    span_sketch(ws, log, l, s, e, sign, index);
    if (sign < 0) {
        totals_entry(l, log->sum, log->count, e, -1);
        tally_go(ws, log, sec, e, index);
    }
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (!cursor_is_past(cur, (uint32_t)i))
            continue;
        totals_entry(l, cursor_sum(cur), cursor_count(l, cur), e, sign);
        past |= tally_bit(w);
    }
    tally_buckets(ws, log, past, e->present, index, sign);
    return true;
}

bool spans_withdraw(struct windows *ws, struct window_log *log, const struct layout *l,
                    uint32_t sec, const struct entry *e, uint32_t *ret_elsewhere)
{
    const struct span_list *list = list_get(ws, log);
    uint32_t i = list_search(list, sec);
    if (i == list->n || list->at[i].first > sec)
        return false;
    const uint32_t *count = span_count(l, span_get(ws, list, i));
    struct entry kept = *e;
    for (uint32_t rest = e->flags & l->loose; rest != 0; rest &= rest - 1)
        if (count[1 + __builtin_ctz(rest)] == 0)
            kept.flags &= ~(rest & -rest);
    *ret_elsewhere = e->flags & ~kept.flags;
    return spans_change(ws, log, l, sec, &kept, -1);
}

bool spans_flag(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                uint32_t flag, bool on)
{
    const struct span_list *list = list_get(ws, log);
    uint32_t i = list_search(list, sec), one = on ? 1 : (uint32_t)-1;
    if (i == list->n || list->at[i].first > sec)
        return false;
    struct span *s = pool_edit(&ws->spans, list->at[i].span);
    uint32_t *count = span_count(l, s);
    if (on ? count[1 + flag] >= count[0] : count[1 + flag] == 0)
        return false;
    count[1 + flag] += one;
    log->count[1 + flag] += one;
    s->hash += on ? flag_hash(sec, flag) : -flag_hash(sec, flag);
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cursor_is_past(cur, i))
            cursor_count(l, cur)[1 + flag] += one;
    }
    return true;
}
