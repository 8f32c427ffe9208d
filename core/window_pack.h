/* window_pack.h: aged chunks, packed bit by bit; for the window*.c files only.
 *
 * Once many chunks are in use (windows_setup.pack_from), those of a log that are older than
 * pack_age are written anew, a few at a time, each as a string of rows:
 *
 *     word 0     end (bits) | heads - 1 << 16 | bits of a row's time << 20
 *     widths     bits of each column's values, a byte each
 *     heads      what rows of a kind have in common: flags that are not loose | shape << 24
 *     rows       seconds since the row before | which head | loose flags | values
 *
 * so a sample of 8 to 12 bytes takes 2 to 6. Numbers do not change. Places in a packed chunk are
 * counted in bits (0: before the first row), the second in force is that of the row before.
 * Loose flags are set in place; whatever else changes makes the chunk plain again first. */
#ifndef TP_CORE_WINDOW_PACK_H
#define TP_CORE_WINDOW_PACK_H

#include "core/chunk.h"

enum {
    PACK_PLAIN = 4,  /* so many plain chunks are packed at a time */
    PACK_ROWS = 255, /* of one chunk: they are counted in a byte */
    PACK_HEADS = 16,
    PACK_WIDTH_MAX = 57, /* bits of a value that one load of 8 bytes finds at any bit */
    PACK_BITS = CHUNK_WORDS * 32 - 64, /* such a load stays inside of the chunk */
    PACK_WORDS = 6 * CHUNK_WORDS,      /* most that its rows take when they are plain again */
};

/* The rows of a chunk from a place on. */
struct rows {
    const struct layout *l;
    const struct chunk *c;
    const uint8_t *width;
    const uint32_t *head;
    uint32_t at, end;
    uint32_t sec; /* of the row before */
    uint32_t time_bits, head_bits, loose_bits;
};

static inline bool chunk_is_packed(const struct chunk *c)
{
    return (c->form & CHUNK_PACKED) != 0;
}

/* The place behind all entries. */
static inline uint32_t chunk_end(const struct chunk *c)
{
    return chunk_is_packed(c) ? c->word[0] & 0xffff : chunk_used(c);
}

static inline uint64_t bits_get(const struct chunk *c, uint32_t at, uint32_t width)
{
    uint64_t v;
    memcpy(&v, (const uint8_t *)c->word + at / 8, sizeof v);
    return v >> at % 8 & ((1ULL << width) - 1);
}

static inline uint32_t bits_of(uint64_t v)
{
    return v == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(v);
}

static inline uint32_t loose_of(const struct layout *l)
{
    return (uint32_t)__builtin_popcount(l->loose);
}

/* at, sec: a place and the second in force there; at 0: the first row. */
static inline struct rows rows_from(const struct layout *l, const struct chunk *c, uint32_t at,
                                    uint32_t sec)
{
    uint32_t heads = (c->word[0] >> 16 & 15) + 1, widths = (l->columns + 3U) / 4;
    struct rows r = {.l = l,
                     .c = c,
                     .width = (const uint8_t *)&c->word[1],
                     .head = &c->word[1 + widths],
                     .at = at != 0 ? at : (1 + widths + heads) * 32,
                     .end = c->word[0] & 0xffff,
                     .sec = at != 0 ? sec : c->base,
                     .time_bits = c->word[0] >> 20 & 63,
                     .head_bits = bits_of(heads - 1),
                     .loose_bits = loose_of(l)};
    return r;
}

/* The second of the next row; there is one. */
static inline uint32_t rows_second(const struct rows *r)
{
    return r->sec + (uint32_t)bits_get(r->c, r->at, r->time_bits);
}

/* What the next row's head has, and where its loose flags are. */
static inline uint32_t rows_head(const struct rows *r, uint32_t *ret_loose_at)
{
    uint32_t at = r->at + r->time_bits;
    *ret_loose_at = at + r->head_bits;
    return r->head[bits_get(r->c, at, r->head_bits)];
}

/* The next row. */
void rows_read(struct rows *r, struct entry *ret);

/* The entries of a chunk, whichever form it has. */
struct walk {
    struct rows rows;
    uint32_t from, at; /* where the entry begins and ends */
    uint32_t sec, force;
};

/* From a place on, where this second is in force. */
static inline struct walk walk_from(const struct layout *l, const struct chunk *c, uint32_t at,
                                    uint32_t force)
{
    if (chunk_is_packed(c))
        return (struct walk){.rows = rows_from(l, c, at, force), .at = at, .force = force};
    return (struct walk){.rows = {.l = l, .c = c}, .at = at, .force = force};
}

static inline struct walk walk_all(const struct layout *l, const struct chunk *c)
{
    return walk_from(l, c, 0, c->base);
}

/* false: there is no other. ret may be NULL. */
bool walk_next(struct walk *w, struct entry *ret);

/* Leaves behind what the cursor's window has left. true: it stands at the chunk's end. */
bool rows_pass(const struct layout *l, const struct chunk *c, struct cursor *cur, uint32_t edge,
               int64_t *sum, uint32_t *count);

/* Sets or clears these loose flags of the row at a place. */
void row_flip(const struct layout *l, struct chunk *c, uint32_t at, uint32_t flags);

/* Packs some of what is old enough, when many chunks are in use. */
void log_pack(struct windows *ws, struct window_log *log, const struct layout *l);

/* Makes a chunk plain again; the log's oldest samples make room, its own at the last. */
void log_unpack(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h);

#endif
