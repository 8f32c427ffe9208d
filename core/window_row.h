/* window_row.h: the inside of a packed chunk; for the window*.c files only.
 *
 *     word 0     end (bits) | heads - 1 << 11 | bits of a row's time << 15 | short ones << 21
 *     widths     bits of each column's values, a byte each
 *     heads      what rows of a kind have in common: flags that are not loose | shape << 24
 *     rows       seconds since the row before | which head | loose flags | values
 *
 * Where it saves bits, times are of two lengths: 0 and a short one, or 1 and a long one. "Short
 * ones" is 0 where they are not, else their bits + 1.
 * A sample of 8 to 12 bytes takes 2 to 6. Places are counted in bits (0: before the first
 * row), the second in force is that of the row before. */
#ifndef TP_CORE_WINDOW_ROW_H
#define TP_CORE_WINDOW_ROW_H

#include "core/chunk.h"

enum {
    HEAD_FLAGS = WINDOW_FLAGS_MAX,
    END_MASK = 2047,
    PACK_PLAIN = 4,  /* so many plain chunks are packed at a time */
    PACK_ROWS = 255, /* of one chunk: they are counted in a byte */
    PACK_HEADS = 16,
    PACK_WIDTH_MAX = 57, /* bits of a value that one load of 8 bytes finds at any bit */
    PACK_BITS = CHUNK_WORDS * 32,
    PACK_LAST = CHUNK_WORDS * 4 - 8, /* byte of the last such load inside of the chunk */
    PACK_WORDS = 6 * CHUNK_WORDS,    /* most that its rows take when they are plain again */
};

/* The rows of a chunk from a place on. */
struct rows {
    const struct layout *l;
    const struct chunk *c;
    const uint8_t *width;
    const uint32_t *head;
    uint32_t at, end;
    uint32_t sec; /* of the row before */
    uint32_t time_bits, short_bits, heads, head_bits, loose_bits;
    bool both; /* lengths of time */
};

static inline bool chunk_is_packed(const struct chunk *c)
{
    return (c->form & CHUNK_PACKED) != 0;
}

/* The place behind all entries. */
static inline uint32_t chunk_end(const struct chunk *c)
{
    return chunk_is_packed(c) ? c->word[0] & END_MASK : chunk_used(c);
}

/* The byte from which 8 are loaded for up to PACK_WIDTH_MAX bits at this one. */
static inline uint32_t bits_byte(uint32_t at)
{
    return at / 8 < PACK_LAST ? at / 8 : PACK_LAST;
}

static inline uint64_t bits_get(const struct chunk *c, uint32_t at, uint32_t width)
{
    uint64_t v;
    uint32_t byte = bits_byte(at);
    memcpy(&v, (const uint8_t *)c->word + byte, sizeof v);
    return v >> ((at - 8 * byte) & 63) & ((1ULL << width) - 1);
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
struct rows rows_from(const struct layout *l, const struct chunk *c, uint32_t at, uint32_t sec);

/* Seconds from the row before to the next one, which there is; and where these end. */
static inline uint32_t rows_delta(const struct rows *r, uint32_t *ret_at)
{
    uint32_t at = r->at, bits = r->time_bits;
    if (r->both)
        bits = bits_get(r->c, at++, 1) != 0 ? r->time_bits : r->short_bits;
    *ret_at = at + bits;
    return (uint32_t)bits_get(r->c, at, bits);
}

/* The second of the next row. */
static inline uint32_t rows_second(const struct rows *r)
{
    uint32_t at;
    return r->sec + rows_delta(r, &at);
}

/* What the next row's head has, and where its loose flags are. */
static inline uint32_t rows_head(const struct rows *r, uint32_t *ret_loose_at)
{
    uint32_t at;
    (void)rows_delta(r, &at);
    *ret_loose_at = at + r->head_bits;
    return r->head[bits_get(r->c, at, r->head_bits)];
}

/* The next row. */
void rows_read(struct rows *r, struct entry *ret);

/* Leaves behind what the cursor's window has left. true: it stands at the chunk's end. */
bool rows_pass(const struct layout *l, const struct chunk *c, struct cursor *cur, uint32_t edge,
               int64_t *sum, uint32_t *count);

/* Sets or clears these loose flags of the row at a place. */
void row_flip(const struct layout *l, struct chunk *c, uint32_t at, uint32_t flags);

/* Where one of the heads is among them; as many as they are: nowhere. */
static inline uint32_t head_place(const uint32_t *head, uint32_t heads, uint32_t one)
{
    uint32_t i = 0;
    while (i < heads && head[i] != one)
        i++;
    return i;
}

/* A row's head, which values follow, and how many words it takes when it is plain. */
uint32_t row_head(const struct layout *l, const struct entry *e, uint32_t *ret_written,
                  uint32_t *ret_words);

/* Writes a row at r->at, where heads and widths have what it needs; returns its end. */
uint32_t row_write(const struct rows *r, struct chunk *c, uint32_t delta, const struct entry *e);

/* Puts an entry among the rows of a chunk that is not the last. false: nothing changed, it is not
 * like one of them or there is no room. */
bool row_put(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
             uint32_t sec, const struct entry *e);

#endif
