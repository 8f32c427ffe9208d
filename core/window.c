#include "core/window.h"

#include "core/window_pack.h"
#include "core/window_tally.h"

/* --- setup -------------------------------------------------------------------------------- */

/* 18 h and 68 min between gaps: a gap is a word too, but not before every entry. */
enum { OFFSET_BITS = 16, OFFSET_BITS_MIN = 12 };

static void layout_init(struct layout *l, const struct windows_setup *setup, uint32_t family)
{
    const struct window_family *f = &setup->family[family];
    CHECK(f->columns <= WINDOW_COLUMNS_MAX && f->flags <= WINDOW_FLAGS_MAX);
    CHECK(f->loose >> f->flags == 0 && f->flags + f->twins <= WINDOW_FLAGS_MAX);
    CHECK(f->columns - f->twins <= COLUMNS_OWN_MAX && f->twins <= f->columns - f->twins);
    CHECK((f->loose & ((1U << f->twins) - 1)) == 0 && f->twins <= f->flags);
    l->columns = f->columns;
    l->own = (uint8_t)(f->columns - f->twins);
    l->flags = f->flags;
    l->own_mask = (1U << l->own) - 1;
    l->flag_mask = (1U << f->flags) - 1;
    l->again_mask = (1U << f->twins) - 1;
    l->loose = f->loose;
    for (uint32_t i = 0; i < setup->watches; i++) {
        if (setup->watch[i].family != family)
            continue;
        CHECK(l->watches < WATCHES_MAX && setup->watch[i].column < f->columns);
        l->watch[l->watches++] = setup->watch[i];
    }
    uint32_t rest = 32U - 2 - l->own; /* beside present, equal and twins */
    l->head_words = rest - f->flags >= OFFSET_BITS_MIN ? 1 : 2;
    uint32_t bits = l->head_words == 1 ? rest - f->flags : OFFSET_BITS;
    l->time_bits = (uint8_t)(bits < OFFSET_BITS ? bits : OFFSET_BITS);
    l->unit = (1U << l->time_bits) - 1;
    l->present_shift = (uint8_t)(l->time_bits + (l->head_words == 1 ? f->flags : 0));
    for (uint32_t i = 0; i < ARRAY_LEN(l->words) && i >> (l->own + 2) == 0; i++) {
        const uint32_t head[2 + 2 * COLUMNS_OWN_MAX] = {i << l->present_shift};
        l->words[i] = (uint8_t)entry_words(l, head);
    }
    l->n_at = (uint8_t)(1 + f->flags + f->twins);
    l->above_at = (uint8_t)(l->n_at + f->columns);
    l->counts = (uint8_t)(l->above_at + l->watches);
    l->cursor_bytes =
        (uint32_t)(sizeof(struct cursor) + 8U * l->columns + 4U * l->counts + 7) & ~7U;
}

static uint32_t span_size(const struct layout *l)
{
    return (uint32_t)(sizeof(struct span) + 24U * l->columns + 4U * l->counts + 7) & ~7U;
}

/* One band per window length, ascending: slots of at most 1/288 of the shortest window that still
 * needs them, lengths dividing each other. Returns how many slots a list can need at most. */
static uint32_t bands_init(struct windows *ws)
{
    uint32_t age = 0, length = 1, most = 0;
    for (;;) {
        uint32_t next = UINT32_MAX;
        for (uint32_t w = 0; w < ws->windows; w++)
            if (ws->setup.length[w] > age && ws->setup.length[w] < next)
                next = (uint32_t)ws->setup.length[w];
        if (next == UINT32_MAX)
            break;
        if (next / SPANS_PER_WINDOW > length)
            length = next / SPANS_PER_WINDOW / length * length;
        ws->band[ws->bands++] = (struct band){next, length};
        most += (next - age) / length + 3;
        age = next;
    }
    most += most / 4 + ws->windows + 64;
    return most < SPANS_MAX ? most : SPANS_MAX;
}

struct sizes {
    uint32_t cursors, lists, spans, tallies; /* bytes of a slot */
    uint32_t list_cap, span_cap, tally_cap, page_cap;
};

/* Fills in what follows from ws->setup. */
static struct sizes windows_derive(struct windows *ws)
{
    const struct windows_setup *setup = &ws->setup;
    CHECK(setup->windows >= 1 && setup->windows <= EDGES_MAX);
    CHECK(setup->families >= 1 && setup->families <= WINDOW_FAMILIES_MAX);
    CHECK(setup->watches <= ARRAY_LEN(setup->watch));
    CHECK(setup->exact_samples >= 1 && setup->chunks >= 1 && setup->logs >= 1);
    ws->windows = setup->windows;
    ws->families = setup->families;
    ws->exact_samples = setup->exact_samples;
    ws->pack_from = setup->pack_from;
    struct sizes s = {0};
    for (uint32_t f = 0; f < ws->families; f++) {
        struct layout *l = &ws->layout[f];
        layout_init(l, setup, f);
        uint32_t block = 8 + ws->windows * l->cursor_bytes;
        s.cursors = block > s.cursors ? block : s.cursors;
        s.spans = span_size(l) > s.spans ? span_size(l) : s.spans;
    }
    for (uint32_t w = 0; w < ws->windows; w++)
        CHECK(setup->length[w] > 0 && setup->length[w] < UINT32_MAX / 2);
    ws->spans_max = bands_init(ws);
    s.lists =
        (uint32_t)(sizeof(struct span_list) + ws->spans_max * sizeof(struct span_place) + 7) & ~7U;
    /* A log gets a list when it has more than exact_samples, of a word or more each. */
    uint64_t busy = (uint64_t)setup->chunks * CHUNK_WORDS / setup->exact_samples + 1;
    s.list_cap = busy < setup->logs ? (uint32_t)busy : setup->logs;
    s.span_cap = setup->chunks / 4 > ws->spans_max ? setup->chunks / 4 : ws->spans_max;
    s.tallies = tally_bytes(ws->windows);
    ws->tally_from = setup->exact_samples / 2 < TALLY_FROM ? setup->exact_samples / 2 : TALLY_FROM;
    busy = (uint64_t)setup->chunks * CHUNK_WORDS / (ws->tally_from + 1) + 1;
    s.tally_cap = busy < setup->logs ? (uint32_t)busy : setup->logs;
    s.page_cap = setup->chunks / 8 + tally_pages(ws->windows); /* there is room for one */
    return s;
}

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + 63) & ~63ULL;
}

uint64_t windows_bytes(const struct windows_setup *setup)
{
    struct windows ws = {.setup = *setup};
    struct sizes s = windows_derive(&ws);
    return aligned(sizeof ws) + aligned(pool_bytes(sizeof(struct chunk), setup->chunks)) +
           aligned(pool_bytes(s.cursors, setup->logs)) + aligned(pool_bytes(s.lists, s.list_cap)) +
           aligned(pool_bytes(s.spans, s.span_cap)) + aligned(pool_bytes(s.tallies, s.tally_cap)) +
           aligned(pool_bytes(sizeof(struct tally_page), s.page_cap));
}

struct windows *windows_init(void *mem, const struct windows_setup *setup)
{
    struct windows *ws = mem;
    ws->setup = *setup;
    struct sizes s = windows_derive(ws);
    uint8_t *at = (uint8_t *)mem + aligned(sizeof *ws);
    pool_init(&ws->chunks, "chunks", at, sizeof(struct chunk), setup->chunks);
    at += aligned(pool_bytes(sizeof(struct chunk), setup->chunks));
    pool_init(&ws->cursors, "cursors", at, s.cursors, setup->logs);
    at += aligned(pool_bytes(s.cursors, setup->logs));
    pool_init(&ws->lists, "slot lists", at, s.lists, s.list_cap);
    at += aligned(pool_bytes(s.lists, s.list_cap));
    pool_init(&ws->spans, "slots", at, s.spans, s.span_cap);
    at += aligned(pool_bytes(s.spans, s.span_cap));
    pool_init(&ws->tallies, "tallies", at, s.tallies, s.tally_cap);
    at += aligned(pool_bytes(s.tallies, s.tally_cap));
    pool_init(&ws->pages, "tally pages", at, sizeof(struct tally_page), s.page_cap);
    return ws;
}

uint32_t windows_pools(struct windows *ws, struct pool *ret[WINDOWS_POOLS])
{
    ret[0] = &ws->chunks;
    ret[1] = &ws->cursors;
    ret[2] = &ws->lists;
    ret[3] = &ws->spans;
    ret[4] = &ws->tallies;
    ret[5] = &ws->pages;
    return WINDOWS_POOLS;
}

uint64_t windows_shed(const struct windows *ws)
{
    return ws->shed;
}

static uint32_t second(sec_t s)
{
    return s < 0 ? 0 : s > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)s;
}

/* Milliseconds of a second. */
static uint32_t part(ms_t ts)
{
    return (uint32_t)(ts - sec_floor(ts) * MS_SECOND);
}

void windows_advance(struct windows *ws, sec_t at, const sec_t start[WINDOWS_MAX])
{
    ws->at = second(at);
    ws->oldest = UINT32_MAX;
    for (uint32_t w = 0; w < ws->windows; w++) {
        if (ws->setup.calendar[w])
            ws->start[w] = second(start[w]);
        ws->edge[w] = second(ws->setup.calendar[w] ? start[w] - 1 : at - ws->setup.length[w]);
        if (ws->edge[w] < ws->oldest)
            ws->oldest = ws->edge[w];
    }
}

/* --- samples ------------------------------------------------------------------------------ */

static inline struct entry entry_of(const struct layout *l, const struct window_sample *s)
{
    struct entry e;
    uint32_t twins = s->present >> l->own;
    CHECK((s->flags & ~l->flag_mask) == 0 && s->present >> l->columns == 0);
    CHECK(twins == 0 || (s->present == (twins | twins << l->own)));
    e.flags = s->flags;
    e.present = s->present;
    for (uint32_t rest = s->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        e.value[c] = s->value[c];
        CHECK(e.value[c] >= 0);
    }
    return e;
}

/* A sample on its way into logs: encoded once for all of them. */
struct coming {
    struct entry entry;
    uint32_t sec, ms;
    uint32_t words;
    uint32_t word[ENTRY_WORDS_MAX];
    uint32_t counts; /* so many counts of a log's totals grow by one: these */
    uint8_t count[WINDOW_COUNTS_MAX];
};

static inline void coming_init(struct coming *c, const struct layout *l,
                               const struct window_sample *sample)
{
    c->entry = entry_of(l, sample);
    c->sec = second(sec_floor(sample->ts));
    c->ms = part(sample->ts);
    c->words = entry_write(l, c->word, &c->entry);
    uint32_t n = 0;
    c->count[n++] = 0;
    uint32_t flags = flags_counted(l, c->entry.flags, c->entry.present);
    for (uint32_t rest = flags; rest != 0; rest &= rest - 1)
        c->count[n++] = (uint8_t)(1 + __builtin_ctz(rest));
    for (uint32_t rest = c->entry.present; rest != 0; rest &= rest - 1)
        c->count[n++] = (uint8_t)(l->n_at + __builtin_ctz(rest));
    for (uint32_t i = 0; i < l->watches; i++)
        if (entry_is_above(&c->entry, &l->watch[i]))
            c->count[n++] = (uint8_t)(l->above_at + i);
    c->counts = n;
}

/* Behind all of the log in the chunk that is there, behind a gap in a quiet one: nearly always. */
static inline bool append(struct windows *ws, struct window_log *log, const struct layout *l,
                          const struct coming *s)
{
    if (log->tail == 0 || s->sec < log->newest)
        return false;
    struct chunk *c = pool_edit(&ws->chunks, log->tail);
    uint32_t used = chunk_used(c), offset = s->sec - log->force, gap = offset >= l->unit;
    if (used + gap + s->words > CHUNK_WORDS)
        return false;
    if (gap != 0) {
        uint32_t units = offset / l->unit;
        c->word[used++] = gap_cell(l, units);
        offset -= units * l->unit;
        log->force += units * l->unit;
    }
    c->word[used] = s->word[0] | offset;
    for (uint32_t i = 1; i < s->words; i++)
        c->word[used + i] = s->word[i];
    chunk_note(l, c, used, s->words);
    c->slot.mark = (uint16_t)(c->slot.mark + (1 << 8) + gap + s->words);
    log->newest = s->sec;
    log->live++;
    return true;
}

static inline bool add(struct windows *ws, struct window_log *log, const struct layout *l,
                       const struct coming *s)
{
    if (UNLIKELY(log->reclaim_at <= ws->oldest))
        log_reclaim(ws, log, l);
    if (UNLIKELY(!append(ws, log, l, s))) {
        bool in_order = log->tail == 0 || s->sec >= log->newest;
        if (!(in_order ? log_append_slow(ws, log, l, s->sec, s->ms, &s->entry)
                       : log_insert(ws, log, l, s->sec, s->ms, &s->entry)))
            return false;
    }
    for (uint32_t i = 0; i < s->counts; i++)
        log->count[s->count[i]]++;
    for (uint32_t rest = s->entry.present; rest != 0; rest &= rest - 1)
        sum_move(&log->sum[__builtin_ctz(rest)], 1, s->entry.value[__builtin_ctz(rest)]);
    if (UNLIKELY(log->tally != 0))
        tally_come(ws, log, s->sec, &s->entry);
    return true;
}

bool window_add(struct windows *ws, struct window_log *log, uint32_t family,
                const struct window_sample *sample)
{
    struct coming s;
    coming_init(&s, &ws->layout[family], sample);
    return s.sec > ws->oldest && add(ws, log, &ws->layout[family], &s);
}

void window_spread(struct windows *ws, struct window_log *const *log, uint32_t n, uint32_t family,
                   const struct window_sample *sample)
{
    struct coming s;
    coming_init(&s, &ws->layout[family], sample);
    for (uint32_t i = 0; i < n && s.sec > ws->oldest; i++)
        (void)add(ws, log[i], &ws->layout[family], &s);
}

/* As log_find, of what is to be taken out: it stands in a plain chunk. */
static bool find_plain(struct windows *ws, struct window_log *log, const struct layout *l,
                       const struct wish *wish, struct place *ret)
{
    bool found = log_find(ws, log, l, wish, ret);
    if (!found || LIKELY(!chunk_is_packed(chunk_get(ws, ret->chunk))))
        return found;
    log_unpack(ws, log, l, ret->chunk);
    return log_find(ws, log, l, wish, ret);
}

/* Of a busy second the first part may be in a slot, the rest in chunks: where to look first. */
static bool is_merged(const struct windows *ws, const struct window_log *log, uint32_t sec,
                      uint32_t ms)
{
    return log->slots != 0 && moment(sec, ms) < chunk_moment(chunk_get(ws, log->head));
}

static bool mark(struct windows *ws, struct window_log *log, const struct layout *l, ms_t ts,
                 uint32_t flag, bool on)
{
    uint32_t sec = second(sec_floor(ts));
    struct wish wish = {.sec = sec, .ms = part(ts), .flags = 1U << flag, .on = on};
    struct place p;
    bool merged = is_merged(ws, log, sec, wish.ms);
    if (merged && spans_flag(ws, log, l, sec, flag, on))
        return true;
    if (!log_find(ws, log, l, &wish, &p))
        return !merged && log->slots != 0 && spans_flag(ws, log, l, sec, flag, on);
    log_flags(ws, log, l, &p, sec, wish.flags, on);
    return true;
}

bool window_mark(struct windows *ws, struct window_log *log, uint32_t family, ms_t ts,
                 uint32_t flag, bool on)
{
    const struct layout *l = &ws->layout[family];
    uint32_t sec = second(sec_floor(ts));
    CHECK(flag < l->flags && (l->loose >> flag & 1) != 0);
    return sec > ws->oldest && mark(ws, log, l, ts, flag, on);
}

void window_unmark(struct windows *ws, struct window_log *log, uint32_t family, ms_t ts,
                   uint32_t flags)
{
    const struct layout *l = &ws->layout[family];
    uint32_t sec = second(sec_floor(ts));
    struct wish wish = {.sec = sec, .ms = part(ts), .flags = flags};
    struct place p;
    CHECK((flags & ~l->loose) == 0);
    if (sec <= ws->oldest)
        return;
    if (!is_merged(ws, log, sec, wish.ms) && log_find(ws, log, l, &wish, &p))
        log_flags(ws, log, l, &p, sec, flags, false);
    else
        for (uint32_t left = flags; left != 0; left &= left - 1)
            (void)mark(ws, log, l, ts, (uint32_t)__builtin_ctz(left), false);
}

bool window_withdraw(struct windows *ws, struct window_log *log, uint32_t family,
                     const struct window_sample *sample)
{
    const struct layout *l = &ws->layout[family];
    uint32_t sec = second(sec_floor(sample->ts));
    if (sec <= ws->oldest)
        return false;
    struct entry e = entry_of(l, sample);
    struct wish wish = {.sec = sec, .ms = part(sample->ts), .like = &e};
    struct place p;
    uint32_t on = 0, off = 0;
    bool merged = is_merged(ws, log, sec, wish.ms);
    bool gone = merged && spans_withdraw(ws, log, l, sec, &e, &off);
    if (!gone && find_plain(ws, log, l, &wish, &p)) {
        log_remove(ws, log, l, sec, &p);
        on = p.entry.flags & ~e.flags; /* it wore another's loose flags, or another wears its */
        off = e.flags & ~p.entry.flags;
    } else if (!gone && (merged || log->slots == 0 || !spans_withdraw(ws, log, l, sec, &e, &off))) {
        return false;
    }
    for (uint32_t rest = on | off; rest != 0; rest &= rest - 1) {
        uint32_t flag = (uint32_t)__builtin_ctz(rest);
        mark(ws, log, l, sample->ts, flag, on >> flag & 1);
    }
    return true;
}

void window_release(struct windows *ws, struct window_log *log)
{
    for (handle_t h = log->head; h != 0;) {
        handle_t next = chunk_get(ws, h)->next;
        btree_leave(&ws->chunks, h, chunk_moment);
        pool_free(&ws->chunks, h);
        h = next;
    }
    if (log->slots != 0)
        spans_release(ws, log);
    tally_free(ws, log);
    if (log->cursors != 0)
        pool_free(&ws->cursors, log->cursors);
    memset(log, 0, sizeof *log);
}
