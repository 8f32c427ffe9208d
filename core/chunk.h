/* chunk.h: the inside of window logs, for the window*.c files only; tidy: long because inlined.
 *
 * A log is a list of chunks of 256 bytes, oldest first, in order of seconds. A chunk is a base
 * second and cells of 32-bit words. A cell is an entry (one sample) or a gap:
 *
 *     entry   offset | flags | present | equal | twins
 *                                                1 word, or 2 (flags apart) for wide families
 *             values                             1 word each, 3 when >= 2^32 - 1 ms; one for
 *                                                all when they are equal …
 *             twins                              … and one for all their twins
 *     gap     offset = unit, k                   later offsets count from k * unit seconds on
 *
 * offset counts from the second in force: the base, moved by the gaps before. Bases never change,
 * and all entries of a chunk stand between its base and the next chunk's (both included), so a
 * second is found by bases alone: a long log has a tree over them.
 * Within a second, entries have no order. A busy log has thousands of them, so each chunk also
 * has the millisecond at which it began: a sample that goes is looked for there first.
 *
 * A cursor is the end of the last entry that its window has left behind, with the totals of all
 * up to there. A log of one chunk has no cursors, it is counted when read.
 *
 * Chunks that have aged are packed (window_pack.h) when many are in use.
 *
 * Slots (here: spans) hold merged samples older than the head, in a sorted list; cursors may
 * stand between spans. Everything is addressed by handles: no pointers, no padding. */
#ifndef TP_CORE_CHUNK_H
#define TP_CORE_CHUNK_H

#include "core/btree.h"
#include "core/sketch.h"
#include "core/window.h"

enum {
    CHUNK_WORDS = 58,
    COLUMNS_OWN_MAX = 4, /* values of one sample that are not twins of others */
    ENTRY_WORDS_MAX = 2 + 3 * WINDOW_COLUMNS_MAX,
    SPANS_MAX = 4900,       /* a list of them fits into one slice of an image */
    SPANS_PER_WINDOW = 288, /* a slot is at most so small a part of its window */
    RECLAIM_CHUNKS = 4,     /* most chunks given back by one add */
    ROWS_MAX = 512,         /* on their way into other chunks (window_pack.c) */
    SLACK_MAX = 2048,       /* most samples beyond exact_samples, then they are merged in one go */
};

/* Some value may take three words; not cells but rows (window_pack.h). */
enum { CHUNK_WIDE = 1, CHUNK_PACKED = 2 };

/* As struct btree_chunk begins. */
struct chunk {
    struct slot slot; /* mark: words used, entries << 8 */
    handle_t up;
    handle_t prev, next;
    uint32_t base;
    uint16_t base_ms; /* where in the base second; a hint, see log_seek */
    uint16_t form;    /* bits CHUNK_x */
    uint32_t word[CHUNK_WORDS];
};
STATIC_ASSERT(sizeof(struct chunk) == BTREE_NODE_BYTES, "four cache lines");
STATIC_ASSERT(offsetof(struct chunk, next) == offsetof(struct btree_chunk, next), "one beginning");

/* Bytes of a span's sketches, in chunks of the same pool. */
struct span_bytes {
    struct slot slot; /* mark: bytes used */
    handle_t next;
    uint8_t byte[248];
};

/* Changes of a span's sketches that are not packed yet. */
struct span_notes {
    struct slot slot; /* mark: notes used */
    uint32_t zero;
    uint32_t note[62]; /* bucket << 4 | column << 1 | taken away */
};
STATIC_ASSERT(sizeof(struct span_notes) == 256, "a chunk of notes");
STATIC_ASSERT(sizeof(struct span_bytes) == 256, "a chunk of bytes");

/* Followed by int64_t sum[columns], uint32_t count[counts]. */
struct cursor {
    handle_t chunk; /* 0: in the spans */
    uint32_t base;  /* of the chunk */
    uint32_t force; /* second in force at `word` */
    uint32_t next;  /* second of the first entry (last second of the span) ahead; 0: look */
    uint32_t word;  /* end of the last entry left behind; in the spans: index of the next one */
    uint32_t zero;
};

/* Followed by int64_t sum[columns], min[columns], max[columns], uint32_t count[counts]. */
struct span {
    struct slot slot;
    handle_t bytes; /* sketches of all columns, packed */
    handle_t notes; /* late changes of them */
    uint32_t zero;
    uint64_t hash; /* sum of its samples' digests */
};

struct span_list {
    struct slot slot; /* mark: spans that were left when they were joined last */
    uint32_t n;
    struct span_place {
        uint32_t first, last; /* seconds, both included */
        handle_t span;
    } at[];
};

/* What follows from a family: how its cells and totals look. count[]: samples, flags, flags of
 * those with twins, n of the columns, watches. */
struct layout {
    uint32_t unit; /* offsets are below it */
    uint32_t loose;
    uint32_t own_mask;              /* of columns that are not twins */
    uint32_t flag_mask, again_mask; /* of flags; of those that count again with twins */
    uint8_t time_bits, head_words, present_shift;
    uint8_t columns, own, flags, watches; /* own: columns that are not twins */
    uint8_t counts, n_at, above_at;
    uint8_t words[4 << COLUMNS_OWN_MAX]; /* of an entry without wide values, by its head */
    uint32_t cursor_bytes;
    struct window_watch watch[WATCHES_MAX];
};

struct entry {
    uint32_t flags, present;
    ms_t value[WINDOW_COLUMNS_MAX];
};

/* Ages below `age` seconds merge into slots of `length`; a later band's is a multiple. */
struct band {
    uint32_t age, length;
};

struct windows {
    uint32_t at;     /* the clock */
    uint32_t oldest; /* least edge: what is not later is in no window */
    uint32_t edge[EDGES_MAX];
    uint32_t start[EDGES_MAX]; /* first seconds of calendar windows, 0 for others */
    uint32_t windows, families, bands, spans_max, exact_samples;
    uint32_t tally_from; /* samples in chunks that make a log busy */
    uint32_t pack_from;  /* chunks in use from which aged ones are packed */
    uint32_t unused;
    uint64_t shed;
    struct windows_setup setup;
    struct layout layout[WINDOW_FAMILIES_MAX];
    struct band band[EDGES_MAX];
    struct pool chunks, cursors, lists, spans, tallies, pages;
    struct sketch column[WINDOW_COLUMNS_MAX]; /* scratch, empty between calls */
    struct row {                              /* scratch: entries on their way */
        uint32_t sec, place;
        uint32_t ms, zero; /* as a chunk's base_ms, were it to begin here */
        struct entry entry;
    } row[ROWS_MAX];
    uint8_t bytes[WINDOW_COLUMNS_MAX * SKETCH_BYTES_MAX];
};

/* --- cells -------------------------------------------------------------------------------- */

enum { WORD_ESCAPE = 0xFFFFFFFF };

static inline uint32_t chunk_used(const struct chunk *c)
{
    return c->slot.mark & 255;
}

static inline uint32_t chunk_entries(const struct chunk *c)
{
    return c->slot.mark >> 8;
}

static inline bool cell_is_gap(const struct layout *l, uint32_t head)
{
    return (head & l->unit) == l->unit;
}

static inline uint32_t gap_seconds(const struct layout *l, uint32_t head)
{
    return (head >> l->time_bits) * l->unit;
}

static inline uint32_t gap_cell(const struct layout *l, uint32_t units)
{
    return units << l->time_bits | l->unit;
}

static inline uint32_t entry_flags(const struct layout *l, const uint32_t *w)
{
    return l->head_words == 1 ? w[0] >> l->time_bits & l->flag_mask : w[1];
}

static inline uint32_t entry_present(const struct layout *l, const uint32_t *w)
{
    uint32_t own = w[0] >> l->present_shift & l->own_mask;
    return (w[0] >> (l->present_shift + l->own + 1) & 1) != 0 ? own | own << l->own : own;
}

static inline bool entry_equal(const struct layout *l, const uint32_t *w)
{
    return w[0] >> (l->present_shift + l->own) & 1;
}

static inline uint32_t value_read(const uint32_t *w, ms_t *ret)
{
    if (LIKELY(w[0] != WORD_ESCAPE)) {
        *ret = w[0];
        return 1;
    }
    *ret = (ms_t)(w[1] | (uint64_t)w[2] << 32);
    return 3;
}

/* Bits of a set of own columns; no call, as __builtin_popcount is without the instruction. */
static inline uint32_t columns_in(uint32_t own)
{
    STATIC_ASSERT(COLUMNS_OWN_MAX == 4, "a digit for each of 16 sets");
    return (uint32_t)(0x4332322132212110ULL >> (own * 4)) & 15;
}

/* Of the columns present those whose values are written: each but the first of equal ones is like
 * the one before. */
static inline uint32_t columns_written(const struct layout *l, uint32_t present, bool equal)
{
    if (!equal)
        return present;
    uint32_t first = present & -present;
    return present >> l->own != 0 ? first | first << l->own : first;
}

/* Flags that count for an entry. */
static inline uint32_t flags_counted(const struct layout *l, uint32_t flags, uint32_t present)
{
    return present >> l->own == 0 ? flags : flags | (flags & l->again_mask) << l->flags;
}

/* Words of the entry at w. */
static inline uint32_t entry_words(const struct layout *l, const uint32_t *w)
{
    uint32_t n = l->head_words, bits = w[0] >> l->present_shift, own = bits & l->own_mask;
    if (own == 0)
        return n;
    bits >>= l->own;
    uint32_t values = ((bits & 1) != 0 ? 1 : columns_in(own)) << (bits >> 1 & 1);
    for (; values > 0; values--)
        n += w[n] == WORD_ESCAPE ? 3 : 1;
    return n;
}

/* The same in a chunk, where nearly always no value is wide: nothing but the head is looked at. */
static inline uint32_t chunk_step(const struct layout *l, const struct chunk *c, uint32_t at)
{
    if (UNLIKELY(c->form != 0))
        return entry_words(l, &c->word[at]);
    return l->words[c->word[at] >> l->present_shift];
}

/* Decodes the entry at w, returns its words. */
static inline uint32_t entry_read(const struct layout *l, const uint32_t *w, struct entry *ret)
{
    uint32_t n = l->head_words;
    ret->flags = entry_flags(l, w);
    ret->present = entry_present(l, w);
    uint32_t written = columns_written(l, ret->present, entry_equal(l, w));
    ms_t v = 0;
    for (uint32_t rest = ret->present; rest != 0; rest &= rest - 1) {
        if ((written & rest & -rest) != 0)
            n += value_read(w + n, &v);
        ret->value[__builtin_ctz(rest)] = v;
    }
    return n;
}

static inline uint32_t value_write(uint32_t *w, ms_t v)
{
    if (LIKELY(v < (ms_t)WORD_ESCAPE)) {
        w[0] = (uint32_t)v;
        return 1;
    }
    w[0] = WORD_ESCAPE;
    w[1] = (uint32_t)v;
    w[2] = (uint32_t)(v >> 32);
    return 3;
}

/* Encodes, at offset 0; w has room for ENTRY_WORDS_MAX. Returns the words used. */
static inline uint32_t entry_write(const struct layout *l, uint32_t *w, const struct entry *e)
{
    uint32_t n = l->head_words, own = e->present & l->own_mask;
    uint32_t twins = own != e->present;
    bool equal = (own & (own - 1)) != 0;
    for (uint32_t rest = own & (own - 1); equal && rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest), first = (uint32_t)__builtin_ctz(own);
        equal = e->value[c] == e->value[first] &&
                (twins == 0 || e->value[c + l->own] == e->value[first + l->own]);
    }
    w[0] = (own | (uint32_t)equal << l->own | twins << (l->own + 1)) << l->present_shift;
    if (l->head_words == 1)
        w[0] |= e->flags << l->time_bits;
    else
        w[1] = e->flags;
    for (uint32_t rest = columns_written(l, e->present, equal); rest != 0; rest &= rest - 1)
        n += value_write(w + n, e->value[__builtin_ctz(rest)]);
    return n;
}

/* Encodes the entry behind a gap if it needs one. Returns the words, and the gap's units. */
static inline uint32_t cells_write(const struct layout *l, uint32_t *w, uint32_t offset,
                                   const struct entry *e, uint32_t *ret_units)
{
    uint32_t n = 0, units = 0;
    if (UNLIKELY(offset >= l->unit)) {
        units = offset / l->unit;
        w[n++] = gap_cell(l, units);
        offset -= units * l->unit;
    }
    *ret_units = units;
    uint32_t words = entry_write(l, w + n, e);
    w[n] |= offset;
    return n + words;
}

/* An entry of so many words has been put there. */
static inline void chunk_note(const struct layout *l, struct chunk *c, uint32_t at, uint32_t words)
{
    c->form |= words != l->words[c->word[at] >> l->present_shift];
}

/* Puts an entry at the end; *force: the second in force there. false: no room for it. */
static inline bool chunk_append(const struct layout *l, struct chunk *c, uint32_t *force,
                                uint32_t sec, const struct entry *e)
{
    uint32_t cells[1 + ENTRY_WORDS_MAX], units, used = chunk_used(c);
    bool fits = used + ARRAY_LEN(cells) <= CHUNK_WORDS;
    uint32_t *to = fits ? &c->word[used] : cells;
    uint32_t n = cells_write(l, to, sec - *force, e, &units);
    if (!fits) {
        if (used + n > CHUNK_WORDS)
            return false;
        memcpy(&c->word[used], cells, n * sizeof cells[0]);
    }
    chunk_note(l, c, used + (units > 0), n - (units > 0));
    c->slot.mark = (uint16_t)(c->slot.mark + (1 << 8) + n);
    *force += units * l->unit;
    return true;
}

/* --- totals ------------------------------------------------------------------------------- */

struct totals {
    int64_t sum[WINDOW_COLUMNS_MAX];
    uint32_t count[WINDOW_COUNTS_MAX];
};

static inline bool entry_is_above(const struct entry *e, const struct window_watch *watch)
{
    return (e->present >> watch->column & 1) != 0 && e->value[watch->column] > watch->above;
}

/* Sums are modulo 2^64: of instants (stint.h) only their difference counts. */
static inline void sum_move(int64_t *sum, int sign, int64_t by)
{
    *sum = (int64_t)((uint64_t)*sum + (uint64_t)(int64_t)sign * (uint64_t)by);
}

/* Adds (sign 1) or takes away (-1) one entry. */
static inline void totals_entry(const struct layout *l, int64_t *sum, uint32_t *count,
                                const struct entry *e, int sign)
{
    uint32_t one = (uint32_t)sign;
    count[0] += one;
    for (uint32_t rest = flags_counted(l, e->flags, e->present); rest != 0; rest &= rest - 1)
        count[1 + __builtin_ctz(rest)] += one;
    for (uint32_t rest = e->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        sum_move(&sum[c], sign, e->value[c]);
        count[l->n_at + c] += one;
    }
    for (uint32_t i = 0; i < l->watches; i++)
        if (entry_is_above(e, &l->watch[i]))
            count[l->above_at + i] += one;
}

/* Counts one value of column c. */
static inline void totals_value(const struct layout *l, int64_t *sum, uint32_t *count, uint32_t c,
                                ms_t v)
{
    sum_move(&sum[c], 1, v);
    count[l->n_at + c]++;
    for (uint32_t i = 0; i < l->watches; i++)
        count[l->above_at + i] += l->watch[i].column == c && v > l->watch[i].above;
}

/* Adds the entry at w, returns its words: as entry_read and totals_entry, in one go. */
static inline uint32_t totals_cell(const struct layout *l, int64_t *sum, uint32_t *count,
                                   const uint32_t *w)
{
    uint32_t n = l->head_words, present = entry_present(l, w);
    count[0]++;
    for (uint32_t rest = flags_counted(l, entry_flags(l, w), present); rest != 0; rest &= rest - 1)
        count[1 + __builtin_ctz(rest)]++;
    if (present == 0)
        return n;
    uint32_t written = columns_written(l, present, entry_equal(l, w));
    ms_t v = 0;
    for (uint32_t rest = present; rest != 0; rest &= rest - 1) {
        if ((written & rest & -rest) != 0)
            n += value_read(w + n, &v);
        totals_value(l, sum, count, (uint32_t)__builtin_ctz(rest), v);
    }
    return n;
}

static inline void totals_add(const struct layout *l, int64_t *sum, uint32_t *count,
                              const int64_t *sum2, const uint32_t *count2, int sign)
{
    for (uint32_t i = 0; i < l->columns; i++)
        sum_move(&sum[i], sign, sum2[i]);
    for (uint32_t i = 0; i < l->counts; i++)
        count[i] += (uint32_t)sign * count2[i];
}

/* --- cursors ------------------------------------------------------------------------------ */

/* Cursors lie behind the 8 first bytes of their block. */
static inline struct cursor *cursor_of(const struct layout *l, const void *block, uint32_t window)
{
    return (struct cursor *)((const uint8_t *)block + 8 + window * l->cursor_bytes);
}

static inline int64_t *cursor_sum(const struct cursor *c)
{
    return (int64_t *)(c + 1);
}

static inline uint32_t *cursor_count(const struct layout *l, const struct cursor *c)
{
    return (uint32_t *)(cursor_sum(c) + l->columns);
}

/* --- spans -------------------------------------------------------------------------------- */

static inline int64_t *span_sum(const struct span *s)
{
    return (int64_t *)(s + 1);
}

static inline int64_t *span_min(const struct layout *l, const struct span *s)
{
    return span_sum(s) + l->columns;
}

static inline int64_t *span_max(const struct layout *l, const struct span *s)
{
    return span_sum(s) + 2 * l->columns;
}

static inline uint32_t *span_count(const struct layout *l, const struct span *s)
{
    return (uint32_t *)(span_sum(s) + 3 * l->columns);
}

/* --- window_log.c: chunks and cursors ----------------------------------------------------- */

/* A place in the log's chunks; chunk 0: in the spans, word is the index of one. */
struct place {
    handle_t chunk;
    uint32_t word; /* first word of the entry */
    uint32_t words;
    uint32_t gap;  /* removed: seconds of the gap before it … */
    uint32_t back; /* … and its word, when it stays */
    struct entry entry;
};

static inline const struct chunk *chunk_get(const struct windows *ws, handle_t h)
{
    return pool_get(&ws->chunks, h);
}

/* First second that the chunks are for; the log has one. */
static inline uint32_t log_base(const struct windows *ws, const struct window_log *log)
{
    return chunk_get(ws, log->head)->base;
}

static inline void cursor_enter(const struct windows *ws, struct cursor *cur, handle_t chunk)
{
    cur->chunk = chunk;
    cur->base = cur->force = chunk_get(ws, chunk)->base;
    cur->next = cur->word = 0;
}

/* Places in the list of chunks, in its order. */
static inline int64_t moment(uint32_t sec, uint32_t ms)
{
    return (int64_t)((uint64_t)sec << 16 | ms);
}

/* A btree_key. */
static inline int64_t chunk_moment(const void *chunk)
{
    const struct chunk *c = chunk;
    return moment(c->base, c->base_ms);
}

/* Brings a window's cursor to its edge; the log has cursors. Needs the scratch columns. */
const struct cursor *cursor_advance(struct windows *ws, const struct window_log *log,
                                    const struct layout *l, uint32_t window);
bool cursors_make(struct windows *ws, struct window_log *log, const struct layout *l);
bool cursor_is_behind(const struct windows *ws, const struct cursor *cur, handle_t h,
                      const struct chunk *c, uint32_t word);
void cursors_entry(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
                   const struct chunk *c, const struct place *p, uint32_t sec, int sign);

/* A chunk for this log, room being made by shedding its own oldest; 0 when it has nothing left. */
handle_t log_chunk(struct windows *ws, struct window_log *log, const struct layout *l);
struct chunk *log_link(struct windows *ws, struct window_log *log, handle_t prev, handle_t h,
                       uint32_t base, uint32_t base_ms);
void log_plan(const struct windows *ws, struct window_log *log);
/* Makes a busy log's oldest chunks into slots. */
void log_bound(struct windows *ws, struct window_log *log, const struct layout *l);
void log_drop_head(struct windows *ws, struct window_log *log, const struct layout *l);
void log_reclaim(struct windows *ws, struct window_log *log, const struct layout *l);

/* --- window_entry.c: entries -------------------------------------------------------------- */

/* What to look for in a second, first about this ms of it: an entry equal to `like` but for loose
 * flags (one that equals in those too goes first), or, without like, one whose flags are all the
 * opposite of `on`. */
struct wish {
    uint32_t sec, ms;
    const struct entry *like;
    uint32_t flags; /* as bits */
    bool on;
};

/* The first cell that leads beyond sec (or the end), and the second in force there. */
uint32_t chunk_spot(const struct layout *l, const struct chunk *c, uint32_t sec,
                    uint32_t *ret_force);
bool log_append_slow(struct windows *ws, struct window_log *log, const struct layout *l,
                     uint32_t sec, uint32_t ms, const struct entry *e);
bool log_insert(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                uint32_t ms, const struct entry *e);
bool log_find(const struct windows *ws, const struct window_log *log, const struct layout *l,
              const struct wish *wish, struct place *ret);
void log_remove(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                const struct place *p);
void log_flags(struct windows *ws, struct window_log *log, const struct layout *l,
               const struct place *p, uint32_t sec, uint32_t flags, bool on);

/* The last chunk that begins no later; sec is not below the head's base. Entries of that second
 * that came in order stand there, others may stand in any chunk that the second reaches into. */
handle_t log_seek(const struct windows *ws, const struct window_log *log, uint32_t sec,
                  uint32_t ms);

/* Where the samples ahead of the clock begin; chunk 0 when there is none. */
struct place log_future(const struct windows *ws, const struct window_log *log,
                        const struct layout *l);

/* --- window_read.c, window_order.c -------------------------------------------------------- */

/* Where a window begins: after the last entry that is out of it. Never at the end of a chunk (or
 * of the spans) that has a next one, so that equal places look equal. */
struct place window_place(struct windows *ws, const struct window_log *log, const struct layout *l,
                          uint32_t window);

/* Least and greatest value of each column. */
struct extremes {
    ms_t min[WINDOW_COLUMNS_MAX], max[WINDOW_COLUMNS_MAX];
};

/* Of no values. */
static inline void extremes_clear(struct extremes *x)
{
    for (uint32_t i = 0; i < WINDOW_COLUMNS_MAX; i++) {
        x->min[i] = INT64_MAX;
        x->max[i] = -1;
    }
}

/* window_orders, either way: the columns are the family's, ret is zeroed where it is asked for,
 * the log is not empty. By a tally that is whole: false when it proved not to be. */
void orders_by_pass(struct windows *ws, const struct window_log *log, const struct layout *l,
                    uint32_t mask, uint32_t columns,
                    struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX]);
bool orders_by_tally(struct windows *ws, const struct window_log *log, const struct layout *l,
                     uint32_t mask, uint32_t columns,
                     struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX]);

/* --- window_slot.c: the list of spans ----------------------------------------------------- */

static inline const struct span_list *list_get(const struct windows *ws,
                                               const struct window_log *log)
{
    return pool_get(&ws->lists, log->slots);
}

static inline const struct span *span_get(const struct windows *ws, const struct span_list *list,
                                          uint32_t i)
{
    return pool_get(&ws->spans, list->at[i].span);
}

/* Adds a span's sketches to the scratch columns; packs those into it and empties them. */
void span_load(struct windows *ws, const struct layout *l, const struct span *s);
void span_store(struct windows *ws, const struct layout *l, struct span *s);
/* Counts an entry in all but the sketches; those either in the scratch columns or by a note
 * (false: no room for notes, nothing noted). */
void span_entry(const struct layout *l, struct span *s, uint32_t sec, const struct entry *e,
                int sign);
void span_scratch(struct windows *ws, uint32_t present, uint32_t index[WINDOW_COLUMNS_MAX],
                  int sign);
bool span_note(struct windows *ws, struct span *s, const struct entry *e, int sign);

uint32_t list_search(const struct span_list *list, uint32_t sec);
bool list_make(struct windows *ws, struct window_log *log);
int64_t list_place(struct windows *ws, struct window_log *log, const struct layout *l,
                   uint32_t sec);
void list_close(struct windows *ws, struct window_log *log, const struct layout *l);
/* Are there chunks enough to pack sketches into? The second makes room, at the cost of the
 * oldest spans; false: there is none to be had. */
bool spans_fit(const struct windows *ws);
bool spans_room(struct windows *ws, struct window_log *log, const struct layout *l);
uint32_t spans_oldest(const struct windows *ws, const struct window_log *log);
void spans_expire(struct windows *ws, struct window_log *log, const struct layout *l);
void spans_drop_oldest(struct windows *ws, struct window_log *log, const struct layout *l);
void spans_release(struct windows *ws, struct window_log *log);
bool spans_pass(struct windows *ws, const struct window_log *log, const struct layout *l,
                struct cursor *cur, uint32_t window);

/* --- window_merge.c: samples into spans --------------------------------------------------- */

/* Merges head chunks into spans until so many samples are left in chunks. */
void spans_absorb(struct windows *ws, struct window_log *log, const struct layout *l,
                  uint32_t live);

/* A sample below the head's base, sign 1 or -1. false: none of this kind is there. */
bool spans_change(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                  const struct entry *e, int sign);
bool spans_flag(struct windows *ws, struct window_log *log, const struct layout *l, uint32_t sec,
                uint32_t flag, bool on);

/* Takes a sample away, but for loose flags that its span has not: others of that second, still
 * in chunks, wear them. */
bool spans_withdraw(struct windows *ws, struct window_log *log, const struct layout *l,
                    uint32_t sec, const struct entry *e, uint32_t *ret_elsewhere);

/* --- window_check.c ----------------------------------------------------------------------- */

/* The digest of one sample; that of a loose flag is a part of it. */
uint64_t entry_hash(const struct layout *l, uint32_t sec, const struct entry *e);
uint64_t flag_hash(uint32_t sec, uint32_t flag);

#endif
