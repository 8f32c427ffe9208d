/* The exact part of a log: a list of chunks, its cursors, and every way to change them. */
#include "core/window_pack.h"
#include "core/window_tally.h"

/* --- cursors ------------------------------------------------------------------------------ */

/* Leaves behind the entries of its chunk up to the edge, adding them to sum and count. true: it
 * stands at the chunk's end. */
static bool cursor_pass_to(const struct layout *l, const struct chunk *c, struct cursor *cur,
                           uint32_t edge, int64_t *sum, uint32_t *count)
{
    if (UNLIKELY(chunk_is_packed(c)))
        return rows_pass(l, c, cur, edge, sum, count);
    uint32_t used = chunk_used(c), force = cur->force;
    for (uint32_t i = cur->word; i < used;) {
        uint32_t head = c->word[i];
        if (cell_is_gap(l, head)) {
            force += gap_seconds(l, head);
            i++;
            continue;
        }
        uint32_t sec = force + (head & l->unit);
        if (sec > edge) {
            cur->next = sec;
            return false;
        }
        i += totals_cell(l, sum, count, &c->word[i]);
        cur->word = i;
        cur->force = force;
    }
    cur->next = 0;
    return true;
}

/* Likewise into the cursor's own prefix. */
static bool cursor_pass(struct windows *ws, const struct window_log *log, const struct layout *l,
                        struct cursor *cur, uint32_t window, uint32_t edge)
{
    const struct chunk *c = chunk_get(ws, cur->chunk);
    uint32_t from = cur->word;
    bool all = cursor_pass_to(l, c, cur, edge, cursor_sum(cur), cursor_count(l, cur));
    tally_cells(ws, log, l, tally_bit(window), c, from, cur->word, 1);
    return all;
}

/* From the end of its chunk into the next one, but only over an entry: one that is put between
 * both later on must not count as left behind. false: it stays. */
static bool cursor_cross(struct windows *ws, const struct window_log *log, const struct layout *l,
                         struct cursor *cur, uint32_t window)
{
    const struct cursor here = *cur;
    for (handle_t h = chunk_get(ws, cur->chunk)->next; h != 0;) {
        cursor_enter(ws, cur, h);
        bool all = cursor_pass(ws, log, l, cur, window, ws->edge[window]);
        if (cur->word > 0)
            return all;
        uint32_t next = cur->next;
        *cur = here;
        cur->next = next;
        h = all ? chunk_get(ws, h)->next : 0; /* an empty one */
    }
    return false;
}

const struct cursor *cursor_advance(struct windows *ws, const struct window_log *log,
                                    const struct layout *l, uint32_t window)
{
    uint32_t edge = ws->edge[window];
    struct cursor *cur = cursor_of(l, pool_get(&ws->cursors, log->cursors), window);
    if (cur->next > edge)
        return cur;
    pool_edit(&ws->cursors, log->cursors);
    if (cur->chunk == 0) {
        if (!spans_pass(ws, log, l, cur, window))
            return cur;
        cursor_enter(ws, cur, log->head);
    }
    while (cursor_pass(ws, log, l, cur, window, edge) && cursor_cross(ws, log, l, cur, window))
        ;
    return cur;
}

/* Cursors for a log that had none: one chunk, no spans. false: no room for them. */
bool cursors_make(struct windows *ws, struct window_log *log, const struct layout *l)
{
    handle_t h = pool_alloc(&ws->cursors);
    if (h == 0)
        return false;
    log->cursors = h;
    void *block = pool_edit(&ws->cursors, h);
    struct cursor *first = cursor_of(l, block, 0);
    /* What stands before the chunk: everything but its entries. */
    cursor_enter(ws, first, log->head);
    cursor_pass(ws, log, l, first, 0, UINT32_MAX);
    int64_t *sum = cursor_sum(first);
    uint32_t *count = cursor_count(l, first);
    for (uint32_t i = 0; i < l->columns; i++)
        sum[i] = (int64_t)((uint64_t)log->sum[i] - (uint64_t)sum[i]);
    for (uint32_t i = 0; i < l->counts; i++)
        count[i] = log->count[i] - count[i];
    cursor_enter(ws, first, log->head);
    for (uint32_t w = 1; w < ws->windows; w++)
        memcpy(cursor_of(l, block, w), first, l->cursor_bytes);
    return true;
}

/* Has the cursor left behind what stands at this word of this chunk? */
bool cursor_is_behind(const struct windows *ws, const struct cursor *cur, handle_t h,
                      const struct chunk *c, uint32_t word)
{
    if (cur->chunk == h)
        return cur->word > word;
    if (cur->chunk == 0 || c->base != cur->base)
        return cur->chunk != 0 && c->base < cur->base;
    for (handle_t n = c->next; n != 0; n = c->next) {
        c = chunk_get(ws, n);
        if (n == cur->chunk || c->base != cur->base)
            return n == cur->chunk;
    }
    return false;
}

/* An entry of `words` words came to (sign 1) or left (-1) this place. */
void cursors_entry(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
                   const struct chunk *c, const struct place *p, uint32_t sec, int sign)
{
    if (log->cursors == 0)
        return;
    void *block = pool_edit(&ws->cursors, log->cursors);
    uint32_t behind = 0;
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cursor_is_behind(ws, cur, h, c, p->word)) {
            behind |= tally_bit(w);
            totals_entry(l, cursor_sum(cur), cursor_count(l, cur), &p->entry, sign);
            if (cur->chunk != h)
                continue;
            if (sign < 0 && cur->word == p->word + p->words) {
                cur->word -= p->back;
                cur->force -= p->gap;
            }
            cur->word += sign > 0 ? p->words : -p->words;
        } else if (cur->next > sec) {
            cur->next = 0;
        }
    }
    tally_entry(ws, log, behind, &p->entry, sign);
}

/* --- chunks come and go ------------------------------------------------------------------- */

/* When the next add should look for memory to give back. */
void log_plan(const struct windows *ws, struct window_log *log)
{
    log->reclaim_at = UINT32_MAX;
    if (log->slots != 0)
        log->reclaim_at = spans_oldest(ws, log);
    else if (log->head != log->tail)
        log->reclaim_at = chunk_get(ws, chunk_get(ws, log->head)->next)->base;
}

static void shed_count(struct windows *ws, const struct layout *l, const struct chunk *c)
{
    for (struct walk walk = walk_all(l, c); walk_next(&walk, NULL);)
        ws->shed += walk.sec > ws->oldest;
}

/* All cursors in the head leave it behind. Those at its beginning are many when nobody reads:
 * the chunk is added up once for them. */
static void cursors_leave(struct windows *ws, struct window_log *log, const struct layout *l,
                          handle_t h, const struct chunk *c)
{
    void *block = pool_edit(&ws->cursors, log->cursors);
    struct totals all = {0};
    uint32_t whole = 0;
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk != h)
            continue;
        if (cur->word != 0) {
            cursor_pass(ws, log, l, cur, w, UINT32_MAX);
        } else {
            if (whole == 0)
                cursor_pass_to(l, c, cur, UINT32_MAX, all.sum, all.count);
            whole |= tally_bit(w);
            totals_add(l, cursor_sum(cur), cursor_count(l, cur), all.sum, all.count, 1);
        }
        cursor_enter(ws, cur, c->next);
    }
    tally_cells(ws, log, l, whole, c, 0, chunk_end(c), 1);
}

void log_drop_head(struct windows *ws, struct window_log *log, const struct layout *l)
{
    handle_t h = log->head;
    const struct chunk *c = chunk_get(ws, h);
    uint32_t last = c->next == 0 ? log->newest : chunk_get(ws, c->next)->base;
    if (c->next == 0 || last > ws->oldest) {
        shed_count(ws, l, c);
        tally_shed(ws, log, last);
    }
    log->live -= chunk_entries(c);
    log->head = c->next;
    log->plain = log->plain == h ? c->next : log->plain;
    btree_leave(&ws->chunks, h, chunk_moment);
    if (c->next == 0) {
        CHECK(log->slots == 0 && log->live == 0);
        log->tail = 0;
        log->newest = 0;
        tally_free(ws, log);
        if (log->cursors != 0)
            pool_free(&ws->cursors, log->cursors);
        log->cursors = 0;
    } else {
        struct chunk *next = pool_edit(&ws->chunks, c->next);
        next->prev = 0;
        cursors_leave(ws, log, l, h, c);
    }
    pool_free(&ws->chunks, h);
}

void log_reclaim(struct windows *ws, struct window_log *log, const struct layout *l)
{
    if (log->slots != 0)
        spans_expire(ws, log, l);
    for (uint32_t i = 0; i < RECLAIM_CHUNKS && log->head != log->tail; i++) {
        const struct chunk *c = chunk_get(ws, log->head);
        bool over =
            log->slots != 0 ? chunk_entries(c) == 0 : chunk_get(ws, c->next)->base <= ws->oldest;
        if (!over)
            break;
        log_drop_head(ws, log, l);
    }
    if (log->head == log->tail && log->slots == 0 && log->cursors != 0) {
        tally_free(ws, log);
        pool_free(&ws->cursors, log->cursors);
        log->cursors = 0;
    }
    log_plan(ws, log);
}

void log_bound(struct windows *ws, struct window_log *log, const struct layout *l)
{
    uint32_t most = ws->exact_samples, slack = most / 8 < SLACK_MAX ? most / 8 : SLACK_MAX;
    if (log->live <= most + slack)
        return;
    spans_absorb(ws, log, l, most);
    log_plan(ws, log);
}

handle_t log_chunk(struct windows *ws, struct window_log *log, const struct layout *l)
{
    while (ws->chunks.cap - ws->chunks.live < 1 + btree_room(&ws->chunks, log->tail)) {
        if (log->slots != 0)
            spans_drop_oldest(ws, log, l);
        else if (log->head != 0)
            log_drop_head(ws, log, l);
        else
            return pool_alloc(&ws->chunks);
    }
    return pool_alloc(&ws->chunks);
}

struct chunk *log_link(struct windows *ws, struct window_log *log, handle_t prev, handle_t h,
                       uint32_t base, uint32_t base_ms)
{
    struct chunk *p = pool_edit(&ws->chunks, prev), *c = pool_edit(&ws->chunks, h);
    c->prev = prev;
    c->next = p->next;
    c->base = base;
    c->base_ms = (uint16_t)(p->base == base && p->base_ms > base_ms ? p->base_ms : base_ms);
    p->next = h;
    if (c->next != 0) {
        struct chunk *next = pool_edit(&ws->chunks, c->next);
        next->prev = h;
    } else {
        log->tail = h;
        log->force = base;
    }
    btree_join(&ws->chunks, h, chunk_moment);
    log_plan(ws, log);
    return c;
}
