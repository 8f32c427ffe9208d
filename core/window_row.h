/* window_row.h: the inside of a packed chunk; for the window*.c files only.
 *
 *     word 0     end (bits) | heads - 1 << 16 | bits of a row's time << 20
 *     widths     bits of each column's values, a byte each
 *     heads      what rows of a kind have in common: flags that are not loose | shape << 24
 *     rows       seconds since the row before | which head | loose flags | values
 *
 * so a sample of 8 to 12 bytes takes 2 to 6. Places are counted in bits (0: before the first
 * row), the second in force is that of the row before. */
#ifndef TP_CORE_WINDOW_ROW_H
#define TP_CORE_WINDOW_ROW_H

#include "core/chunk.h"

enum {
    HEAD_FLAGS = WINDOW_FLAGS_MAX,
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
    uint32_t time_bits, heads, head_bits, loose_bits;
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
                     .heads = heads,
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
