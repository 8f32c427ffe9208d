/* The exact part of a log: entries come in order or late, are found, marked and removed. */
#include "core/window_pack.h"
#include "core/window_tally.h"

handle_t log_seek(const struct windows *ws, const struct window_log *log, uint32_t sec, uint32_t ms)
{
    return btree_seek(&ws->chunks, log->tail, moment(sec, ms), chunk_moment);
}

bool log_append_slow(struct windows *ws, struct window_log *log, const struct layout *l,
                     uint32_t sec, uint32_t ms, const struct entry *e)
{
    if (log->head != 0) {
        tally_tend(ws, log, l);
        struct chunk *tail = pool_edit(&ws->chunks, log->tail);
        if (chunk_append(l, tail, &log->force, sec, e)) { /* behind a gap */
            log->newest = sec;
            log->live++;
            return true;
        }
        log_bound(ws, log, l);
    }
    handle_t h = log_chunk(ws, log, l);
    if (h == 0) {
        ws->shed++;
        return false;
    }
    if (log->head != 0 && log->cursors == 0 && !cursors_make(ws, log, l))
        log_drop_head(ws, log, l);
    struct chunk *c;
    if (log->head == 0) {
        c = pool_edit(&ws->chunks, h);
        log->head = log->tail = h;
        c->base = log->force = ws->oldest + 1; /* nothing earlier will be taken, ever */
        log_plan(ws, log);
    } else {
        c = log_link(ws, log, log->tail, h, sec, ms);
    }
    CHECK(chunk_append(l, c, &log->force, sec, e));
    log->newest = sec;
    log->live++;
    log_pack(ws, log, l);
    return true;
}

/* Cursors behind an entry that has moved to the end of another chunk. */
static void cursors_follow(struct windows *ws, struct window_log *log, const struct layout *l,
                           handle_t from, uint32_t word, handle_t to, uint32_t force)
{
    void *block = pool_edit(&ws->cursors, log->cursors);
    const struct chunk *c = chunk_get(ws, to);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (cur->chunk == from && cur->word == word) {
            cur->chunk = to;
            cur->base = c->base;
            cur->force = force;
            cur->word = chunk_used(c);
        }
    }
}

/* Moves what stands behind the cut to a new chunk. In the tail the cut is at the place of the
 * coming entry, so that a log that is nearly in order keeps its chunks full. */
static void chunk_split(struct windows *ws, struct window_log *log, const struct layout *l,
                        handle_t h, handle_t spare, uint32_t word, uint32_t sec, uint32_t ms)
{
    struct chunk *c = pool_edit(&ws->chunks, h);
    uint32_t used = chunk_used(c), force = c->base, keep = 0, i = 0, moved = 0;
    bool here = h == log->tail && word > used / 2;
    uint32_t want = here ? word : used / 2;
    while (i < used) {
        if (cell_is_gap(l, c->word[i])) {
            force += gap_seconds(l, c->word[i++]);
            continue;
        }
        if (i >= want)
            break;
        i += chunk_step(l, c, i);
        keep = i;
    }
    CHECK(here || i < used);
    uint32_t to = here ? sec : force + (c->word[i] & l->unit);
    struct chunk *d = log_link(ws, log, h, spare, to, here ? ms : 0);
    while (i < used) {
        if (cell_is_gap(l, c->word[i])) {
            force += gap_seconds(l, c->word[i++]);
            continue;
        }
        struct entry e;
        uint32_t n = entry_read(l, &c->word[i], &e);
        CHECK(chunk_append(l, d, &to, force + (c->word[i] & l->unit), &e));
        i += n;
        moved++;
        cursors_follow(ws, log, l, h, i, spare, to);
    }
    c->slot.mark = (uint16_t)((chunk_entries(c) - moved) << 8 | keep);
    if (log->tail == spare)
        log->force = to;
}

/* The first of the cells from word i on whose offset is not below that; a gap's is below none.
 * Where all are one word (of openings, marks), the next need not wait for the length of this. */
static uint32_t chunk_below(const struct layout *l, const struct chunk *c, uint32_t i,
                            uint32_t offset)
{
    uint32_t used = chunk_used(c), unit = l->unit, below = offset < unit ? offset : unit;
    if (l->own == 0 && l->head_words == 1)
        while (i < used && (c->word[i] & unit) < below)
            i++;
    else if (LIKELY(c->form == 0))
        while (i < used && (c->word[i] & unit) < below)
            i += l->words[c->word[i] >> l->present_shift];
    else
        while (i < used && (c->word[i] & unit) < below)
            i += entry_words(l, &c->word[i]);
    return i;
}

/* The first cell that leads to the second or beyond, or the end. *force: the second in force there,
 * when it is not before the base. */
static uint32_t chunk_skip(const struct layout *l, const struct chunk *c, uint32_t sec,
                           uint32_t *force)
{
    uint32_t used = chunk_used(c), i = 0;
    for (*force = c->base; *force < sec; *force += gap_seconds(l, c->word[i++])) {
        i = chunk_below(l, c, i, sec - *force);
        if (i == used || !cell_is_gap(l, c->word[i]) || gap_seconds(l, c->word[i]) >= sec - *force)
            break;
    }
    return i;
}

uint32_t chunk_spot(const struct layout *l, const struct chunk *c, uint32_t sec,
                    uint32_t *ret_force)
{
    if (LIKELY(!chunk_is_packed(c)))
        return chunk_skip(l, c, sec + 1, ret_force);
    uint32_t i = 0;
    *ret_force = c->base;
    for (struct walk walk = walk_all(l, c); walk_next(&walk, NULL) && walk.sec <= sec;) {
        i = walk.at;
        *ret_force = walk.sec;
    }
    return i;
}

/* Puts an entry (with its gap of so many units) there. What is left of a gap stays behind it. */
static void chunk_put(struct windows *ws, struct window_log *log, const struct layout *l,
                      handle_t h, const struct place *p, const uint32_t *cells, uint32_t units,
                      uint32_t sec)
{
    struct chunk *c = pool_edit(&ws->chunks, h);
    uint32_t used = chunk_used(c);
    memmove(&c->word[p->word + p->words], &c->word[p->word], (used - p->word) * 4);
    memcpy(&c->word[p->word], cells, p->words * 4);
    chunk_note(l, c, p->word + (units > 0), p->words - (units > 0));
    c->slot.mark = (uint16_t)(c->slot.mark + (1 << 8) + p->words);
    if (p->word < used)
        c->word[p->word + p->words] -= units << l->time_bits;
    else if (h == log->tail)
        log->force += units * l->unit;
    if (sec > log->newest)
        log->newest = sec;
    log->live++;
    cursors_entry(ws, log, l, h, c, p, sec, 1);
}

bool log_insert(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                uint32_t ms, const struct entry *e)
{
    handle_t spare = 0;
    bool split = false;
    while (log->head != 0 && sec >= log_base(ws, log)) {
        uint32_t cells[1 + ENTRY_WORDS_MAX], force, units;
        handle_t h = log_seek(ws, log, sec, ms);
        if (UNLIKELY(chunk_is_packed(chunk_get(ws, h)))) {
            if (!log_put(ws, log, l, h, sec, e))
                continue;
            if (spare != 0)
                pool_free(&ws->chunks, spare);
            return true;
        }
        struct place p = {.chunk = h, .entry = *e};
        p.word = chunk_spot(l, chunk_get(ws, h), sec, &force);
        p.words = cells_write(l, cells, sec - force, e, &units);
        if (chunk_used(chunk_get(ws, h)) + p.words <= CHUNK_WORDS) {
            chunk_put(ws, log, l, h, &p, cells, units, sec);
            if (spare != 0)
                pool_free(&ws->chunks, spare);
            if (split) /* not before: the chunk would be packed again before it takes the entry */
                log_pack(ws, log, l);
            return true;
        }
        if (spare != 0) {
            chunk_split(ws, log, l, h, spare, p.word, sec, ms);
            spare = 0;
            split = true;
            continue;
        }
        log_bound(ws, log, l);
        if (log->cursors == 0 && !cursors_make(ws, log, l))
            log_drop_head(ws, log, l);
        else
            spare = log_chunk(ws, log, l); /* may shed: look again */
    }
    if (spare != 0)
        pool_free(&ws->chunks, spare);
    if (log->head == 0)
        return log_append_slow(ws, log, l, sec, ms, e);
    if (log->slots != 0)
        return spans_change(ws, log, l, sec, e, 1);
    ws->shed++;
    return false;
}

static bool wish_met(const struct layout *l, const struct wish *wish, const struct entry *e,
                     bool *ret_best)
{
    const struct entry *like = wish->like;
    if (e->present != like->present || ((e->flags ^ like->flags) & ~l->loose) != 0)
        return false;
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1)
        if (e->value[__builtin_ctz(rest)] != like->value[__builtin_ctz(rest)])
            return false;
    *ret_best = e->flags == like->flags;
    return true;
}

/* As chunk_find, in rows. */
static void rows_find(const struct layout *l, const struct chunk *c, handle_t h,
                      const struct wish *wish, struct place *ret)
{
    struct place p = {.chunk = h};
    for (struct walk walk = walk_all(l, c); walk_next(&walk, &p.entry) && walk.sec <= wish->sec;) {
        bool best = (p.entry.flags & wish->flags) == (wish->on ? 0 : wish->flags);
        p.word = walk.from;
        if (walk.sec < wish->sec ||
            (wish->like == NULL ? !best : !wish_met(l, wish, &p.entry, &best)))
            continue;
        if (best || ret->chunk == 0)
            *ret = p;
        if (best)
            return;
    }
}

/* The entry that fits best, if any does, into ret. */
static void chunk_find(const struct windows *ws, const struct layout *l, handle_t h,
                       const struct wish *wish, struct place *ret)
{
    const struct chunk *c = chunk_get(ws, h);
    if (UNLIKELY(chunk_is_packed(c))) {
        rows_find(l, c, h, wish, ret);
        return;
    }
    uint32_t used = chunk_used(c), force;
    for (uint32_t i = chunk_skip(l, c, wish->sec, &force); i < used;) {
        uint32_t head = c->word[i];
        if (cell_is_gap(l, head)) {
            force += gap_seconds(l, head);
            i++;
            continue;
        }
        if (force + (head & l->unit) > wish->sec)
            break;
        if (wish->like == NULL) {
            if ((entry_flags(l, &c->word[i]) & wish->flags) == (wish->on ? 0 : wish->flags)) {
                ret->chunk = h;
                ret->word = i;
                return;
            }
            i += chunk_step(l, c, i);
            continue;
        }
        struct place p = {.chunk = h, .word = i};
        bool best;
        p.words = entry_read(l, &c->word[i], &p.entry);
        i += p.words;
        if (wish_met(l, wish, &p.entry, &best) && (best || ret->chunk == 0)) {
            *ret = p;
            if (best)
                return;
        }
    }
}

/* From where it should be outward, first to the chunk before: the millisecond in which a chunk
 * begins may begin there. Entries of one second may wear each other's loose flags, and a busy
 * second has thousands: what is alike near its place is taken as it is, and several flags of one
 * entry are looked for there only. Else each exchange would make the searches after it longer. */
bool log_find(const struct windows *ws, const struct window_log *log, const struct layout *l,
              const struct wish *wish, struct place *ret)
{
    bool several = wish->like == NULL && (wish->flags & (wish->flags - 1)) != 0;
    ret->chunk = 0;
    if (log->head == 0 || wish->sec > log->newest)
        return false;
    handle_t on = log_seek(ws, log, wish->sec, wish->ms);
    const struct chunk *c = chunk_get(ws, on);
    handle_t back = c->base < wish->sec ? 0 : c->prev;
    for (bool forth = true; ret->chunk == 0 && (back != 0 || on != 0); forth = !forth) {
        handle_t h = forth ? on : back;
        if (h == 0)
            continue;
        c = chunk_get(ws, h);
        if (c->base <= wish->sec)
            chunk_find(ws, l, h, wish, ret);
        if (several)
            break;
        if (forth)
            on = c->base > wish->sec ? 0 : c->next;
        else
            back = c->base < wish->sec ? 0 : c->prev;
    }
    return ret->chunk != 0;
}

/* An entry goes that may have a gap before it. Two gaps that meet become one, a gap at the end
 * goes too: gaps stand before entries only, cursors before gaps. */
static void chunk_close_gap(struct window_log *log, const struct layout *l, struct chunk *c,
                            struct place *p, bool tail)
{
    uint32_t gap = CHUNK_WORDS;
    for (uint32_t i = 0; i < p->word;) {
        gap = cell_is_gap(l, c->word[i]) ? i : CHUNK_WORDS;
        i += gap == i ? 1 : chunk_step(l, c, i);
    }
    if (gap == CHUNK_WORDS)
        return;
    uint32_t end = p->word + p->words;
    p->gap = gap_seconds(l, c->word[gap]);
    if (end < chunk_used(c)) {
        if (!cell_is_gap(l, c->word[end])) {
            p->back = 1;
            return;
        }
        c->word[end] += c->word[gap] & ~l->unit;
    } else if (tail) {
        log->force -= p->gap;
    }
    p->word--;
    p->words++;
}

void log_remove(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                const struct place *place)
{
    struct place p = *place;
    struct chunk *c = pool_edit(&ws->chunks, p.chunk);
    chunk_close_gap(log, l, c, &p, p.chunk == log->tail);
    uint32_t end = p.word + p.words;
    memmove(&c->word[p.word], &c->word[end], (chunk_used(c) - end) * 4);
    c->slot.mark = (uint16_t)(c->slot.mark - (1 << 8) - p.words);
    log->live--;
    totals_entry(l, log->sum, log->count, &p.entry, -1);
    tally_go(ws, log, sec, &p.entry, NULL);
    cursors_entry(ws, log, l, p.chunk, c, &p, UINT32_MAX, -1);
    if (log->live == 0 && log->slots == 0)
        window_release(ws, log);
    else if (chunk_entries(c) == 0 && p.chunk == log->head)
        log_reclaim(ws, log, l);
}

/* A cursor is never behind what is later than its window's edge: nearly all need no look. */
void log_flags(struct windows *ws, struct window_log *log, const struct layout *l,
               const struct place *p, uint32_t sec, uint32_t flags, bool on)
{
    struct chunk *c = pool_edit(&ws->chunks, p->chunk);
    uint32_t one = on ? 1 : (uint32_t)-1;
    if (UNLIKELY(chunk_is_packed(c)))
        row_flip(l, c, p->word, flags);
    else if (l->head_words == 1)
        c->word[p->word] ^= flags << l->time_bits;
    else
        c->word[p->word + 1] ^= flags;
    for (uint32_t left = flags; left != 0; left &= left - 1)
        log->count[1 + __builtin_ctz(left)] += one;
    if (log->cursors == 0)
        return;
    void *block = pool_edit(&ws->cursors, log->cursors);
    for (uint32_t w = 0; w < ws->windows; w++) {
        struct cursor *cur = cursor_of(l, block, w);
        if (sec > ws->edge[w] || !cursor_is_behind(ws, cur, p->chunk, c, p->word))
            continue;
        for (uint32_t left = flags; left != 0; left &= left - 1)
            cursor_count(l, cur)[1 + __builtin_ctz(left)] += one;
    }
}

struct place log_future(const struct windows *ws, const struct window_log *log,
                        const struct layout *l)
{
    struct place ret = {0};
    if (log->newest <= ws->at || log->head == 0)
        return ret;
    const struct chunk *c = chunk_get(ws, ret.chunk = log->tail);
    while (c->base > ws->at && c->prev != 0)
        c = chunk_get(ws, ret.chunk = c->prev);
    uint32_t force;
    ret.word = chunk_spot(l, c, ws->at, &force);
    for (; ret.word == chunk_end(c) && c->next != 0; ret.word = 0)
        c = chunk_get(ws, ret.chunk = c->next);
    return ret;
}
