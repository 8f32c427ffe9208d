/* The rows of a packed chunk: read one by one, one of them changed, another put among them. */
#include "core/window_row.h"

STATIC_ASSERT(HEAD_FLAGS + COLUMNS_OWN_MAX + 2 <= 32, "a head is a word");
STATIC_ASSERT(PACK_BITS <= UINT16_MAX, "its end is in half a word");
STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "low bits first");

/* --- reading ------------------------------------------------------------------------------ */

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
    uint64_t all, mask = ((1ULL << width) - 1) << at % 8;
    uint8_t *to = (uint8_t *)c->word + at / 8;
    memcpy(&all, to, sizeof all);
    all = (all & ~mask) | v << at % 8;
    memcpy(to, &all, sizeof all);
    return at + width;
}

uint32_t row_write(const struct rows *r, struct chunk *c, uint32_t delta, const struct entry *e)
{
    const struct layout *l = r->l;
    uint32_t written, words, head = row_head(l, e, &written, &words);
    uint32_t at = bits_put(c, r->at, delta, r->time_bits);
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
static uint32_t row_bits(const struct rows *r, uint32_t rows, const struct entry *e)
{
    const struct layout *l = r->l;
    uint32_t written, words, head = row_head(l, e, &written, &words), most = words;
    uint32_t bits = r->time_bits + r->head_bits + r->loose_bits;
    if (rows >= PACK_ROWS || head_place(r->head, r->heads, head) == r->heads)
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
    struct place p = {.chunk = h, .words = row_bits(&r, chunk_entries(old), e), .entry = *e};
    if (p.words == 0)
        return false;
    uint32_t next = 0;
    for (struct entry unread; r.at < r.end; rows_read(&r, &unread)) {
        next = rows_second(&r);
        if (next > sec)
            break;
    }
    p.word = r.at;
    if (r.at == r.end && bits_of(sec - r.sec) > r.time_bits)
        return false;
    struct chunk *c = pool_edit(&ws->chunks, h);
    bits_shift(c, r.at, r.end, p.words);
    uint32_t at = row_write(&r, c, sec - r.sec, e);
    if (r.at < r.end)
        (void)bits_put(c, at, next - sec, r.time_bits);
    c->word[0] += p.words;
    c->slot.mark = (uint16_t)(c->slot.mark + (1 << 8));
    log->live++;
    cursors_entry(ws, log, l, h, c, &p, sec, 1);
    return true;
}
