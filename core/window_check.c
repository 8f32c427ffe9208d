/* Digest and recount of a log: what it holds, seen from outside and from inside. */
#include "core/window_pack.h"
#include "core/window_tally.h"

/* --- digest ------------------------------------------------------------------------------- */

uint64_t flag_hash(uint32_t sec, uint32_t flag)
{
    return mix64(mix64(sec) ^ (flag + 1));
}

/* Which of a second's samples wears a loose flag does not matter. */
uint64_t entry_hash(const struct layout *l, uint32_t sec, const struct entry *e)
{
    uint64_t h = mix64(sec ^ (uint64_t)e->present << 32);
    h = mix64(h ^ (e->flags & ~l->loose));
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1)
        h = mix64(h ^ (uint64_t)e->value[__builtin_ctz(rest)]);
    for (uint32_t rest = e->flags & l->loose; rest != 0; rest &= rest - 1)
        h += flag_hash(sec, (uint32_t)__builtin_ctz(rest));
    return h;
}

uint64_t window_digest(struct windows *ws, const struct window_log *log, uint32_t family)
{
    const struct layout *l = &ws->layout[family];
    uint64_t sum = 0;
    if (log->slots != 0) {
        const struct span_list *list = list_get(ws, log);
        for (uint32_t i = 0; i < list->n; i++)
            if (list->at[i].last > ws->oldest)
                sum += span_get(ws, list, i)->hash;
    }
    for (handle_t h = log->head; h != 0; h = chunk_get(ws, h)->next) {
        const struct chunk *c = chunk_get(ws, h);
        struct walk walk = walk_all(l, c);
        for (struct entry e; walk_next(&walk, &e);)
            if (walk.sec > ws->oldest)
                sum += entry_hash(l, walk.sec, &e);
    }
    return sum;
}

/* --- recount ------------------------------------------------------------------------------ */

/* The same of a packed one. */
static uint32_t rows_check(const struct layout *l, const struct chunk *c, uint32_t until,
                           uint32_t word, int64_t *sum, uint32_t *count)
{
    struct walk walk = walk_all(l, c);
    uint32_t entries = 0;
    bool met = word == 0;
    for (struct entry e; walk_next(&walk, &e); entries++) {
        CHECK(walk.at <= chunk_end(c) && walk.sec <= until && walk.sec >= c->base);
        if (walk.from >= word)
            totals_entry(l, sum, count, &e, 1);
        met = met || walk.at == word;
    }
    CHECK(met);
    CHECK(chunk_end(c) <= PACK_BITS);
    CHECK(entries == chunk_entries(c));
    CHECK(walk.rows.at == chunk_end(c));
    return walk.sec;
}

/* One chunk: cells well formed, seconds in order and inside [base, until]. Adds the totals of
 * its entries from `word` on; returns the second in force at its end. */
static uint32_t chunk_check(const struct layout *l, const struct chunk *c, uint32_t until,
                            uint32_t word, int64_t *sum, uint32_t *count)
{
    if (chunk_is_packed(c))
        return rows_check(l, c, until, word, sum, count);
    uint32_t used = chunk_used(c), force = c->base, last = c->base, entries = 0;
    bool gap = false, met = word == used;
    CHECK(used <= CHUNK_WORDS);
    for (uint32_t i = 0; i < used;) {
        met = met || i == word;
        if (cell_is_gap(l, c->word[i])) {
            CHECK(!gap && gap_seconds(l, c->word[i]) > 0);
            gap = true;
            force += gap_seconds(l, c->word[i++]);
            continue;
        }
        struct entry e;
        uint32_t sec = force + (c->word[i] & l->unit), n = entry_read(l, &c->word[i], &e);
        CHECK(n == entry_words(l, &c->word[i]) && n == chunk_step(l, c, i) && i + n <= used);
        CHECK(sec >= last && sec <= until);
        if (i >= word)
            totals_entry(l, sum, count, &e, 1);
        i += n;
        entries++;
        last = sec;
        gap = false;
    }
    CHECK(!gap && met && entries == chunk_entries(c));
    return force;
}

static void spans_check(struct windows *ws, const struct window_log *log, const struct layout *l)
{
    const struct span_list *list = list_get(ws, log);
    CHECK(list->n > 0 && list->n <= ws->spans_max);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct span_place *p = &list->at[i];
        const struct span *s = span_get(ws, list, i);
        CHECK(p->first <= p->last && (i == 0 || list->at[i - 1].last < p->first));
        span_load(ws, l, s);
        for (uint32_t c = 0; c < l->columns; c++) {
            uint32_t n = span_count(l, s)[l->n_at + c];
            CHECK(ws->column[c].n == n);
            __int128 most = (__int128)span_max(l, s)[c] * n; /* beyond 2^63 a sum wraps around */
            CHECK(n == 0 || most > INT64_MAX ||
                  (span_min(l, s)[c] * n <= span_sum(s)[c] && span_sum(s)[c] <= most));
            sketch_clear(&ws->column[c]);
        }
    }
}

/* Totals of all that a window has not left behind: what its prefix says it holds. */
static void cursor_check(struct windows *ws, const struct window_log *log, const struct layout *l,
                         uint32_t window)
{
    int64_t sum[WINDOW_COLUMNS_MAX] = {0};
    uint32_t count[WINDOW_COUNTS_MAX] = {0}, word = 0;
    struct cursor *cur = cursor_of(l, pool_get(&ws->cursors, log->cursors), window);
    handle_t from = cur->chunk;
    if (from == 0) {
        const struct span_list *list = list_get(ws, log);
        CHECK(cur->word <= list->n);
        for (uint32_t i = cur->word; i < list->n; i++) {
            const struct span *s = span_get(ws, list, i);
            totals_add(l, sum, count, span_sum(s), span_count(l, s), 1);
        }
        from = log->head;
    } else {
        const struct chunk *c = chunk_get(ws, from);
        struct walk walk = walk_all(l, c);
        for (word = cur->word; walk.at < word && walk_next(&walk, NULL);)
            ;
        CHECK(cur->base == c->base && walk.at == word && cur->force == walk.force);
    }
    for (handle_t h = from; h != 0; word = 0) {
        const struct chunk *c = chunk_get(ws, h);
        chunk_check(l, c, UINT32_MAX, word, sum, count);
        h = c->next;
    }
    totals_add(l, sum, count, cursor_sum(cur), cursor_count(l, cur), 1);
    CHECK(memcmp(sum, log->sum, l->columns * sizeof sum[0]) == 0);
    CHECK(memcmp(count, log->count, l->counts * sizeof count[0]) == 0);
}

/* The tally says what a pass does. */
static void tally_check(struct windows *ws, const struct window_log *log, const struct layout *l)
{
    struct window_order kept[WINDOWS_MAX][WINDOW_COLUMNS_MAX] = {0};
    struct window_order passed[WINDOWS_MAX][WINDOW_COLUMNS_MAX] = {0};
    uint32_t asked = ws->windows < WINDOWS_MAX ? ws->windows : WINDOWS_MAX;
    uint32_t mask = (1U << asked) - 1, columns = (1U << l->columns) - 1;
    if (!orders_by_tally(ws, log, l, mask, columns, kept))
        return;
    orders_by_pass(ws, log, l, mask, columns, passed);
    for (uint32_t w = 0; w < asked; w++)
        for (uint32_t c = 0; c < l->columns; c++) {
            const struct window_order *a = &kept[w][c], *b = &passed[w][c];
            CHECK(a->n == b->n && a->min == b->min && a->max == b->max);
            CHECK(memcmp(a->q, b->q, sizeof a->q) == 0);
        }
}

void window_check(struct windows *ws, const struct window_log *log, uint32_t family)
{
    const struct layout *l = &ws->layout[family];
    int64_t sum[WINDOW_COLUMNS_MAX];
    uint32_t count[WINDOW_COUNTS_MAX], live = 0;
    handle_t prev = 0;
    for (handle_t h = log->head; h != 0;) {
        const struct chunk *c = chunk_get(ws, h);
        uint32_t until = c->next != 0 ? chunk_get(ws, c->next)->base : log->newest;
        memset(sum, 0, sizeof sum);
        memset(count, 0, sizeof count);
        CHECK(c->prev == prev && (c->next != 0 || h == log->tail));
        uint32_t force = chunk_check(l, c, until, 0, sum, count);
        CHECK(c->next != 0 || force == log->force);
        btree_check(&ws->chunks, h, chunk_moment);
        live += chunk_entries(c);
        prev = h;
        h = c->next;
    }
    CHECK(prev == log->tail && live == log->live);
    CHECK(log->cursors != 0 || (log->head == log->tail && log->slots == 0));
    if (log->slots != 0)
        spans_check(ws, log, l);
    for (uint32_t w = 0; w < ws->windows && log->cursors != 0; w++)
        cursor_check(ws, log, l, w);
    CHECK(log->tally == 0 || log->cursors != 0);
    if (tally_is_whole(ws, log))
        tally_check(ws, log, l);
}
