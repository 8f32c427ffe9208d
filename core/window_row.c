/* The rows of a packed chunk: read one by one, one of them changed, another put among them. */
#include "core/window_row.h"

STATIC_ASSERT(HEAD_FLAGS + COLUMNS_OWN_MAX + 2 <= 32, "a head is a word");
STATIC_ASSERT(PACK_BITS <= END_MASK && PACK_HEADS <= 16, "word 0 has room");
STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "low bits first");

/* --- reading ------------------------------------------------------------------------------ */

struct rows rows_from(const struct layout *l, const struct chunk *c, uint32_t at, uint32_t sec)
{
    uint32_t form = c->word[0], heads = (form >> 11 & 15) + 1, widths = (l->columns + 3U) / 4;
    uint32_t short_one = form >> 21 & 31;
    struct rows r = {.l = l,
                     .c = c,
                     .width = (const uint8_t *)&c->word[1],
                     .head = &c->word[1 + widths],
                     .at = at != 0 ? at : (1 + widths + heads) * 32,
                     .end = form & END_MASK,
                     .sec = at != 0 ? sec : c->base,
                     .time_bits = form >> 15 & 63,
                     .short_bits = short_one > 0 ? short_one - 1 : 0,
                     .both = short_one > 0,
                     .heads = heads,
                     .head_bits = bits_of(heads - 1),
                     .loose_bits = loose_of(l)};
    return r;
}

void rows_read(struct rows *r, struct entry *ret)
{
    const struct layout *l = r->l;
    uint32_t at, head = rows_head(r, &at), shape = head >> HEAD_FLAGS;
    uint32_t own = shape & l->own_mask, loose = (uint32_t)bits_get(r->c, at, r->loose_bits);
    r->sec = rows_second(r);
    ret->flags = head & ((1U << HEAD_FLAGS) - 1);
    for (uint32_t rest = l->loose; loose != 0; rest &= rest - 1, loose >>= 1)
        ret->flags |= (loose & 1) != 0 ? rest & -rest : 0;
    at += r->loose_bits;
    ret->present = (shape >> (l->own + 1) & 1) != 0 ? own | own << l->own : own;
    uint32_t written = columns_written(l, ret->present, shape >> l->own & 1);
    ms_t v = 0;
    for (uint32_t rest = ret->present; rest != 0; rest &= rest - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(rest);
        if ((written >> c & 1) != 0) {
            v = (ms_t)bits_get(r->c, at, r->width[c]);
            at += r->width[c];
        }
        ret->value[c] = v;
    }
    r->at = at;
}

bool rows_pass(const struct layout *l, const struct chunk *c, struct cursor *cur, uint32_t edge,
               int64_t *sum, uint32_t *count)
{
    struct rows r = rows_from(l, c, cur->word, cur->force);
    while (r.at < r.end) {
        uint32_t sec = rows_second(&r);
        if (sec > edge) {
            cur->next = sec;
            return false;
        }
        struct entry e;
        rows_read(&r, &e);
        totals_entry(l, sum, count, &e, 1);
        cur->word = r.at;
        cur->force = sec;
    }
    cur->next = 0;
    return true;
}

void row_flip(const struct layout *l, struct chunk *c, uint32_t at, uint32_t flags)
{
    struct rows r = rows_from(l, c, at, 0);
    uint32_t bit;
    (void)rows_head(&r, &bit);
    for (uint32_t rest = l->loose; rest != 0; rest &= rest - 1, bit++)
        if ((flags & rest & -rest) != 0)
            c->word[bit / 32] ^= 1U << bit % 32;
}

/* --- writing ------------------------------------------------------------------------------ */

uint32_t row_head(const struct layout *l, const struct entry *e, uint32_t *ret_written,
                  uint32_t *ret_words)
{
    uint32_t w[ENTRY_WORDS_MAX];
    *ret_words = entry_write(l, w, e);
    *ret_written = columns_written(l, e->present, entry_equal(l, w));
    return (e->flags & ~l->loose) | w[0] >> l->present_shift << HEAD_FLAGS;
}

/* Writes that many bits over what was there. */
static uint32_t bits_put(struct chunk *c, uint32_t at, uint64_t v, uint32_t width)
{
    uint32_t byte = bits_byte(at), shift = (at - 8 * byte) & 63;
    uint64_t all, mask = ((1ULL << width) - 1) << shift;
    uint8_t *to = (uint8_t *)c->word + byte;
    memcpy(&all, to, sizeof all);
    all = (all & ~mask) | v << shift;
    memcpy(to, &all, sizeof all);
    return at + width;
}

/* In how many bits a time is written; a long one where both are as long. */
static uint32_t time_bits(const struct rows *r, uint32_t delta)
{
    return r->both && bits_of(delta) <= r->short_bits ? r->short_bits : r->time_bits;
}

uint32_t row_write(const struct rows *r, struct chunk *c, uint32_t delta, const struct entry *e)
{
    const struct layout *l = r->l;
    uint32_t written, words, head = row_head(l, e, &written, &words);
    uint32_t at = r->at, bits = time_bits(r, delta);
    if (r->both)
        at = bits_put(c, at, bits != r->short_bits, 1);
    at = bits_put(c, at, delta, bits);
    at = bits_put(c, at, head_place(r->head, r->heads, head), r->head_bits);
    for (uint32_t rest = l->loose; rest != 0; rest &= rest - 1)
        at = bits_put(c, at, (e->flags & rest & -rest) != 0, 1);
    for (uint32_t rest = written; rest != 0; rest &= rest - 1) {
        uint32_t column = (uint32_t)__builtin_ctz(rest);
        at = bits_put(c, at, (uint64_t)e->value[column], r->width[column]);
    }
    return at;
}

/* Bits of a row like those that are there; 0: it would be another kind of row, or too many. */
static uint32_t row_bits(const struct rows *r, uint32_t rows, uint32_t delta, const struct entry *e)
{
    const struct layout *l = r->l;
    uint32_t written, words, head = row_head(l, e, &written, &words), most = words;
    uint32_t bits = r->both + time_bits(r, delta) + r->head_bits + r->loose_bits;
    if (bits_of(delta) > r->time_bits || rows >= PACK_ROWS ||
        head_place(r->head, r->heads, head) == r->heads)
        return 0;
    for (uint32_t i = 0; i < r->heads; i++)
        if (l->words[r->head[i] >> HEAD_FLAGS] > most)
            most = l->words[r->head[i] >> HEAD_FLAGS];
    for (uint32_t c = 0; c < l->columns; c++) {
        if (r->width[c] >= 32)
            return 0; /* three words when they are plain */
        if ((written >> c & 1) == 0)
            continue;
        if (bits_of((uint64_t)e->value[c]) > r->width[c])
            return 0;
        bits += r->width[c];
    }
    most += r->time_bits >= l->time_bits; /* gaps */
    return r->end + bits > PACK_BITS || (rows + 1) * most > PACK_WORDS ? 0 : bits;
}

/* What stands from a place on goes so many bits further. */
static void bits_shift(struct chunk *c, uint32_t from, uint32_t end, uint32_t by)
{
    while (end > from) {
        uint32_t n = end - from < 32 ? end - from : 32;
        end -= n;
        (void)bits_put(c, end + by, bits_get(c, end, n), n);
    }
}

bool row_put(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
             uint32_t sec, const struct entry *e)
{
    const struct chunk *old = chunk_get(ws, h);
    struct rows r = rows_from(l, old, 0, 0);
    uint32_t next = 0, old_bits = 0, at;
    for (struct entry unread; r.at < r.end; rows_read(&r, &unread)) {
        next = r.sec + rows_delta(&r, &at);
        old_bits = at - r.at - r.both;
        if (next > sec)
            break;
    }
    struct place p = {.chunk = h, .word = r.at, .entry = *e};
    p.words = row_bits(&r, chunk_entries(old), sec - r.sec, e);
    if (p.words == 0)
        return false;
    struct chunk *c = pool_edit(&ws->chunks, h);
    bits_shift(c, r.at, r.end, p.words);
    at = row_write(&r, c, sec - r.sec, e);
    if (r.at < r.end) /* as long as it was: so the rest can stay */
        (void)bits_put(c, at + r.both, next - sec, old_bits);
    c->word[0] += p.words;
    c->slot.mark = (uint16_t)(c->slot.mark + (1 << 8));
    log->live++;
    cursors_entry(ws, log, l, h, c, &p, sec, 1);
    return true;
}
