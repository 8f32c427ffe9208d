#include "core/window_pack.h"

enum {
    LOOKS = 16, /* packed chunks passed over at a time */
    RUNS = 2,   /* packed with each new chunk: what was plain before catches up */
};

STATIC_ASSERT(PACK_ROWS + PACK_PLAIN * CHUNK_WORDS <= ROWS_MAX, "a run fits into the scratch");

/* --- reading ------------------------------------------------------------------------------ */

bool walk_next(struct walk *w, struct entry *ret)
{
    const struct layout *l = w->rows.l;
    const struct chunk *c = w->rows.c;
    if (chunk_is_packed(c)) {
        struct entry unread;
        if (w->rows.at >= w->rows.end)
            return false;
        w->from = w->at;
        rows_read(&w->rows, ret != NULL ? ret : &unread);
        w->at = w->rows.at;
        w->sec = w->force = w->rows.sec;
        return true;
    }
    uint32_t used = chunk_used(c);
    for (; w->at < used && cell_is_gap(l, c->word[w->at]); w->at++)
        w->force += gap_seconds(l, c->word[w->at]);
    if (w->at >= used)
        return false;
    w->from = w->at;
    w->sec = w->force + (c->word[w->at] & l->unit);
    w->at += ret != NULL ? entry_read(l, &c->word[w->at], ret) : chunk_step(l, c, w->at);
    return true;
}

/* --- chunks to be -------------------------------------------------------------------------- */

/* A chunk to be: what its first rows have in common. */
struct packing {
    uint32_t rows, heads;
    uint32_t time_bits, short_one, times_bits; /* of a long time; as in word 0; of all times */
    uint8_t times[33];                         /* how many take so many bits */
    uint32_t fixed;                            /* bits of words before the rows but the heads */
    uint32_t words;                            /* of the rows in plain chunks */
    uint32_t head[PACK_HEADS];
    uint32_t values[WINDOW_COLUMNS_MAX]; /* how many are written of a column … */
    uint8_t width[WINDOW_COLUMNS_MAX];   /* … in how many bits */
};

/* How the times are written in the fewest bits. */
static void packing_times(struct packing *p)
{
    uint32_t beyond = p->rows;
    p->times_bits = p->rows * p->time_bits;
    p->short_one = 0;
    for (uint32_t bits = 0; bits + 1 < p->time_bits && bits < 31; bits++) {
        beyond -= p->times[bits];
        uint32_t all = p->rows * (1 + bits) + beyond * (p->time_bits - bits);
        if (all >= p->times_bits)
            continue;
        p->times_bits = all;
        p->short_one = bits + 1;
    }
}

static uint32_t packing_bits(const struct layout *l, const struct packing *p)
{
    uint32_t bits = p->fixed + 32 * p->heads + p->times_bits;
    bits += (bits_of(p->heads - 1) + loose_of(l)) * p->rows;
    for (uint32_t c = 0; c < l->columns; c++)
        bits += p->values[c] * p->width[c];
    return bits;
}

/* One row more, `delta` seconds behind the one before. false: it finds no room. */
static bool packing_take(const struct layout *l, struct packing *p, uint32_t delta,
                         const struct entry *e)
{
    struct packing more = *p;
    uint32_t written, words, head = row_head(l, e, &written, &words);
    uint32_t place = head_place(p->head, p->heads, head);
    more.rows++;
    more.words += words + (delta >= l->unit);
    if (more.rows > PACK_ROWS || more.words > PACK_WORDS || place == PACK_HEADS)
        return false;
    more.head[place] = head;
    more.heads += place == p->heads;
    more.time_bits = bits_of(delta) > p->time_bits ? bits_of(delta) : p->time_bits;
    more.times[bits_of(delta)]++;
    packing_times(&more);
    for (uint32_t rest = written; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest), bits = bits_of((uint64_t)e->value[c]);
        if (bits > PACK_WIDTH_MAX)
            return false;
        more.values[c]++;
        more.width[c] = (uint8_t)(bits > p->width[c] ? bits : p->width[c]);
    }
    if (packing_bits(l, &more) > PACK_BITS)
        return false;
    *p = more;
    return true;
}

/* As many of the n rows as fit into one chunk. */
static struct packing packing_of(const struct layout *l, uint32_t base, const struct row *row,
                                 uint32_t n)
{
    struct packing p = {.fixed = (1 + (l->columns + 3U) / 4) * 32,
                        .time_bits = 1}; /* no row is without a bit */
    while (p.rows < n && packing_take(l, &p, row[p.rows].sec - base, &row[p.rows].entry))
        base = row[p.rows - 1].sec;
    return p;
}

/* Fills the chunk, which has its base, with the rows of p; they learn their places. */
static void packing_write(const struct layout *l, const struct packing *p, struct chunk *c,
                          struct row *row)
{
    uint32_t widths = (l->columns + 3U) / 4, sec = c->base;
    memset(c->word, 0, sizeof c->word);
    c->word[0] = (p->heads - 1) << 11 | p->time_bits << 15 | p->short_one << 21;
    memcpy(&c->word[1], p->width, l->columns);
    memcpy(&c->word[1 + widths], p->head, p->heads * sizeof p->head[0]);
    struct rows r = rows_from(l, c, 0, 0);
    for (uint32_t i = 0; i < p->rows; i++) {
        r.at = row[i].place = row_write(&r, c, row[i].sec - sec, &row[i].entry);
        sec = row[i].sec;
    }
    c->word[0] |= r.at;
    c->form = CHUNK_PACKED;
    c->slot.mark = (uint16_t)(p->rows << 8);
}

/* --- chunks into rows, and back ------------------------------------------------------------ */

/* So many of the rows in scratch each cursor has left behind that stands there. */
struct behind {
    uint32_t there; /* bits */
    uint16_t rows[EDGES_MAX];
};
STATIC_ASSERT(EDGES_MAX <= 32, "a bit for each");

/* Adds the entries of a chunk to the n rows in scratch; notes the cursors that stand in it. */
static uint32_t rows_load(struct windows *ws, const struct window_log *log, const struct layout *l,
                          handle_t h, uint32_t n, struct behind *behind)
{
    const void *block = pool_get(&ws->cursors, log->cursors);
    const struct chunk *c = chunk_get(ws, h);
    struct walk walk = walk_all(l, c);
    uint32_t first = n;
    for (; walk_next(&walk, &ws->row[n].entry); n++) {
        ws->row[n].sec = walk.sec;
        ws->row[n].ms = walk.sec == c->base ? c->base_ms : 0;
        ws->row[n].place = walk.at;
    }
    for (uint32_t w = 0; w < ws->windows; w++) {
        const struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk != h)
            continue;
        uint32_t k = first;
        while (cur->word != 0 && k < n && ws->row[k++].place != cur->word)
            ;
        CHECK(cur->word == 0 || (k > first && ws->row[k - 1].place == cur->word));
        behind->rows[w] = (uint16_t)k;
        behind->there |= 1U << w;
    }
    return n;
}

/* The cursors that have left behind this many rows stand at the end of the last of them. */
static void cursors_stand(struct windows *ws, struct window_log *log, const struct layout *l,
                          const struct behind *behind, uint32_t rows, const struct cursor *place)
{
    for (uint32_t there = behind->there; there != 0; there &= there - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(there);
        if (behind->rows[w] != rows)
            continue;
        struct cursor *cur = cursor_of(l, pool_edit(&ws->cursors, log->cursors), w);
        uint32_t next = cur->next;
        *cur = *place;
        cur->next = next;
    }
}

/* --- packing ------------------------------------------------------------------------------ */

/* Is it packed and worth to be written again with what follows? */
static bool has_room(const struct chunk *c)
{
    return chunk_is_packed(c) && chunk_entries(c) < PACK_ROWS * 7 / 8 &&
           chunk_end(c) < PACK_BITS * 7 / 8;
}

/* The chunks that are to be packed now: a packed one with room, and a few plain ones behind it.
 * *ret_after: the chunk behind them. Returns how many, 0: none yet. */
static uint32_t run_find(const struct windows *ws, struct window_log *log,
                         handle_t run[1 + PACK_PLAIN], handle_t *ret_after)
{
    handle_t h = log->plain != 0 ? log->plain : log->head;
    for (uint32_t i = 0; i < LOOKS && chunk_is_packed(chunk_get(ws, h)); i++)
        h = chunk_get(ws, h)->next;
    log->plain = h;
    uint32_t n = 0, plain = 0;
    handle_t before = chunk_get(ws, h)->prev;
    if (before != 0 && has_room(chunk_get(ws, before)))
        run[n++] = before;
    const struct chunk *c = chunk_get(ws, h);
    for (; plain < PACK_PLAIN && c->next != 0 && !chunk_is_packed(c); plain++) {
        const struct chunk *next = chunk_get(ws, c->next);
        if (next->base > ws->at || ws->at - next->base < ws->setup.pack_age)
            break;
        run[n++] = h;
        h = c->next;
        c = next;
    }
    *ret_after = h;
    return plain == PACK_PLAIN || (plain > 0 && chunk_is_packed(c)) ? n : 0;
}

static void chunk_unlink(struct windows *ws, handle_t h)
{
    btree_leave(&ws->chunks, h, chunk_moment);
    const struct chunk *c = chunk_get(ws, h);
    ((struct chunk *)pool_edit(&ws->chunks, c->prev))->next = c->next;
    ((struct chunk *)pool_edit(&ws->chunks, c->next))->prev = c->prev;
    pool_free(&ws->chunks, h);
}

/* Writes the rows in scratch into the chunk h and new ones behind it, each as planned. */
static void run_write(struct windows *ws, struct window_log *log, const struct layout *l,
                      handle_t h, const struct packing *p, uint32_t n, const struct behind *behind)
{
    struct row *row = ws->row;
    uint32_t before = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) {
            handle_t more = pool_alloc(&ws->chunks);
            CHECK(more != 0);
            (void)log_link(ws, log, h, more, row->sec, row->ms);
            h = more;
        }
        struct chunk *c = pool_edit(&ws->chunks, h);
        packing_write(l, &p[i], c, row);
        struct cursor place = {.chunk = h, .base = c->base, .force = c->base};
        if (i == 0)
            cursors_stand(ws, log, l, behind, 0, &place);
        for (uint32_t k = 0; k < p[i].rows; k++) {
            place.force = row[k].sec;
            place.word = row[k].place;
            cursors_stand(ws, log, l, behind, before + k + 1, &place);
        }
        before += p[i].rows;
        row += p[i].rows;
    }
    log_plan(ws, log);
}

/* false: there is nothing to be packed yet, or no room to do it. */
static bool run_pack(struct windows *ws, struct window_log *log, const struct layout *l)
{
    handle_t run[1 + PACK_PLAIN], after;
    uint32_t room = ws->chunks.cap - ws->chunks.live;
    uint32_t n = run_find(ws, log, run, &after), rows = 0, packed = 0, to = 0;
    if (n == 0 || room < PACK_PLAIN * btree_room(&ws->chunks, log->tail))
        return false;
    struct behind behind = {0};
    for (uint32_t i = 0; i < n; i++)
        rows = rows_load(ws, log, l, run[i], rows, &behind);
    log->plain = after;
    struct packing p[PACK_PLAIN];
    for (uint32_t base = chunk_get(ws, run[0])->base; to < rows && packed + 1 < n; packed++) {
        p[packed] = packing_of(l, base, &ws->row[to], rows - to);
        to += p[packed].rows;
        if (p[packed].rows == 0)
            return true;
        base = to < rows ? ws->row[to].sec : 0;
    }
    if (to < rows || rows == 0)
        return true; /* no chunk less */
    while (n > 1)
        chunk_unlink(ws, run[--n]);
    run_write(ws, log, l, run[0], p, packed, &behind);
    return true;
}

void log_pack(struct windows *ws, struct window_log *log, const struct layout *l)
{
    if (LIKELY(ws->chunks.live < ws->pack_from) || log->head == log->tail)
        return;
    for (uint32_t i = 0; i < RUNS && run_pack(ws, log, l); i++)
        ;
}

/* --- plain again -------------------------------------------------------------------------- */

/* Most chunks that the n rows in scratch take when they are plain. */
static uint32_t plain_chunks(const struct layout *l, const struct row *row, uint32_t n)
{
    uint32_t words = 0, most = 0, w[ENTRY_WORDS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t one = 1 + entry_write(l, w, &row[i].entry);
        words += one;
        most = one > most ? one : most;
    }
    return words / (CHUNK_WORDS - most) + 1;
}

/* Room for so many more chunks of this log, if need be at the cost of its oldest samples. false:
 * the chunk h was among them. */
static bool room_for(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
                     uint32_t chunks)
{
    while (ws->chunks.cap - ws->chunks.live < 2 * chunks + btree_room(&ws->chunks, log->tail)) {
        bool own = log->slots == 0 && log->head == h;
        if (log->slots != 0)
            spans_drop_oldest(ws, log, l);
        else
            log_drop_head(ws, log, l);
        if (own)
            return false;
    }
    return true;
}

void log_unpack(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h)
{
    struct behind behind = {0};
    uint32_t n = rows_load(ws, log, l, h, 0, &behind);
    if (!room_for(ws, log, l, h, plain_chunks(l, ws->row, n)))
        return;
    (void)rows_load(ws, log, l, h, 0, &behind); /* when others went, cursors may have come */
    struct chunk *c = pool_edit(&ws->chunks, h);
    if (log->plain == 0 || chunk_get(ws, log->plain)->base >= c->base)
        log->plain = h;
    c->form = 0;
    c->slot.mark = 0;
    struct cursor place = {.chunk = h, .base = c->base, .force = c->base};
    cursors_stand(ws, log, l, &behind, 0, &place);
    for (uint32_t i = 0; i < n; i++) {
        const struct row *row = &ws->row[i];
        if (!chunk_append(l, c, &place.force, row->sec, &row->entry)) {
            handle_t more = pool_alloc(&ws->chunks);
            CHECK(more != 0);
            c = log_link(ws, log, place.chunk, more, row->sec, row->ms);
            place = (struct cursor){.chunk = more, .base = row->sec, .force = row->sec};
            CHECK(chunk_append(l, c, &place.force, row->sec, &row->entry));
        }
        place.word = chunk_used(c);
        cursors_stand(ws, log, l, &behind, i + 1, &place);
    }
}

/* --- one more ----------------------------------------------------------------------------- */

/* Writes the packed chunk h again with one entry more, as two when one is too small. false:
 * nothing changed, two are too small as well or there is no room. */
static bool rows_put(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
                     uint32_t sec, const struct entry *e)
{
    struct behind behind = {0};
    struct place place = {.chunk = h, .entry = *e};
    struct row *row = ws->row;
    uint32_t n = rows_load(ws, log, l, h, 0, &behind) + 1, k = 0, parts = 1;
    const struct chunk *c = chunk_get(ws, h);
    for (; k < n - 1 && row[k].sec <= sec; k++)
        place.word = row[k].place;
    memmove(&row[k + 1], &row[k], (n - 1 - k) * sizeof row[0]);
    row[k] = (struct row){.sec = sec, .ms = sec == c->base ? c->base_ms : 0, .entry = *e};
    struct packing p[2] = {packing_of(l, c->base, row, n)};
    if (p[0].rows < n) {
        p[0] = packing_of(l, c->base, row, n / 2);
        const struct row *rest = &row[p[0].rows];
        p[1] = packing_of(l, rest->sec, rest, n - p[0].rows);
        parts = 2;
    }
    bool fits = p[0].rows > 0 && p[0].rows + (parts - 1) * p[1].rows == n;
    if (!fits || ws->chunks.cap - ws->chunks.live < 1 + btree_room(&ws->chunks, log->tail))
        return false;
    cursors_entry(ws, log, l, h, c, &place, sec, 1);
    for (uint32_t there = behind.there; there != 0; there &= there - 1) {
        uint16_t *rows = &behind.rows[__builtin_ctz(there)];
        *rows = (uint16_t)(*rows + (*rows > k));
    }
    log->live++;
    run_write(ws, log, l, h, p, parts, &behind);
    return true;
}

bool log_put(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
             uint32_t sec, const struct entry *e)
{
    if (row_put(ws, log, l, h, sec, e))
        return true;
    log_bound(ws, log, l); /* may take the chunk away */
    if (!pool_valid(&ws->chunks, h))
        return false;
    if (rows_put(ws, log, l, h, sec, e))
        return true;
    log_unpack(ws, log, l, h);
    return false;
}
