#include "core/history.h"

enum {
    RECORD_BYTES_MAX = 3 + 10 + 5 + 10 + 5 * 5 + 1 + 5 + 10 + 10 + 10 + 5 + 1 + NAME_BYTES_MAX,
    HAS_SEQ = 1 << 6,
    HAS_EXTRA = 1 << 7,
    EXTRA_NUMBER = 1,
    EXTRA_TIME = 2,
    EXTRA_WAITING = 4,
    EXTRA_CUSTOMER = 8,
    EXTRA_TIER = 16,
};

STATIC_ASSERT(EV_N <= 64, "a kind takes six bits");
STATIC_ASSERT(sizeof(struct history_chunk) == HISTORY_CHUNK_BYTES, "a cache line");

/* Variable-length integers, seven bits a byte, low ones first (LEB128). */
static uint32_t put_varint(uint8_t *to, uint64_t v)
{
    uint32_t n = 0;
    while (v >= 0x80) {
        to[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    to[n++] = (uint8_t)v;
    return n;
}

/* Walks the bytes of a chain. */
struct reader {
    const struct pool *chunks;
    const struct history_chunk *chunk;
    uint32_t at;
};

static uint8_t get_byte(struct reader *r)
{
    if (r->at == HISTORY_TEXT_BYTES) {
        r->chunk = pool_get(r->chunks, r->chunk->next);
        r->at = 0;
    }
    return r->chunk->bytes[r->at++];
}

static uint64_t get_varint(struct reader *r)
{
    uint64_t v = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        uint8_t b = get_byte(r);
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            break;
    }
    return v;
}

static uint8_t flags_byte(const struct record *r)
{
    return (uint8_t)(r->by | r->outcome << 2 | r->status << 4 | r->is_public << 6 |
                     r->is_auto << 7);
}

static uint8_t names_byte(const struct record *r)
{
    return (uint8_t)((r->names & 0x3e) | r->needs_reply | r->absorbs << 6 | r->says_waiting << 7);
}

static uint32_t put_extra(uint8_t *to, const struct record *r)
{
    uint32_t n = 1;
    to[0] = 0;
    if (r->number != 0) {
        to[0] |= EXTRA_NUMBER;
        n += put_varint(to + n, r->number);
    }
    if (r->time != MS_NONE) {
        to[0] |= EXTRA_TIME;
        n += put_varint(to + n, (uint64_t)r->time);
    }
    if (r->waiting_since != MS_NONE) {
        to[0] |= EXTRA_WAITING;
        n += put_varint(to + n, (uint64_t)r->waiting_since);
    }
    if (r->says_customer) {
        to[0] |= EXTRA_CUSTOMER;
        n += put_varint(to + n, r->customer);
    }
    if (r->says_tier) {
        to[0] |= EXTRA_TIER;
        n += put_varint(to + n, r->tier);
    }
    return n;
}

static uint32_t encode(uint8_t *to, const struct record *r, ms_t before)
{
    bool extra = r->number != 0 || r->time != MS_NONE || r->waiting_since != MS_NONE ||
                 r->says_customer || r->says_tier;
    uint32_t n = 3;
    to[0] = (uint8_t)(r->kind | (r->seq != 0 ? HAS_SEQ : 0) | (extra ? HAS_EXTRA : 0));
    to[1] = flags_byte(r);
    to[2] = names_byte(r);
    n += put_varint(to + n, (uint64_t)(r->ts - before));
    n += put_varint(to + n, r->src);
    if (r->seq != 0)
        n += put_varint(to + n, r->seq);
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        if ((r->names >> s & 1) != 0)
            n += put_varint(to + n, tags_of(&r->tags, s));
    if (extra)
        n += put_extra(to + n, r);
    if (r->seq == 0) {
        to[n++] = r->id_len;
        memcpy(to + n, r->id, r->id_len);
        n += r->id_len;
    }
    return n;
}

static void decode_extra(struct reader *in, struct record *r)
{
    uint8_t has = get_byte(in);
    if (has & EXTRA_NUMBER)
        r->number = (uint32_t)get_varint(in);
    if (has & EXTRA_TIME)
        r->time = (ms_t)get_varint(in);
    if (has & EXTRA_WAITING)
        r->waiting_since = (ms_t)get_varint(in);
    r->says_customer = (has & EXTRA_CUSTOMER) != 0;
    if (r->says_customer)
        r->customer = get_varint(in);
    r->says_tier = (has & EXTRA_TIER) != 0;
    if (r->says_tier)
        r->tier = (uint32_t)get_varint(in);
}

static void decode(struct reader *in, ms_t before, struct record *r)
{
    memset(r, 0, offsetof(struct record, id));
    uint8_t kind = get_byte(in), flags = get_byte(in), names = get_byte(in);
    r->kind = kind & 0x3f;
    r->by = flags & 3;
    r->outcome = flags >> 2 & 3;
    r->status = flags >> 4 & 3;
    r->is_public = flags >> 6 & 1;
    r->is_auto = flags >> 7;
    r->needs_reply = names & 1;
    r->absorbs = names >> 6 & 1;
    r->says_waiting = names >> 7;
    r->names = names & 0x3e;
    r->time = r->waiting_since = MS_NONE;
    r->ts = before + (ms_t)get_varint(in);
    r->src = (uint32_t)get_varint(in);
    if (kind & HAS_SEQ)
        r->seq = get_varint(in);
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        if ((r->names >> s & 1) != 0)
            tags_set(&r->tags, s, (uint32_t)get_varint(in));
    if (kind & HAS_EXTRA)
        decode_extra(in, r);
    if ((kind & HAS_SEQ) == 0) {
        r->id_len = get_byte(in);
        for (uint32_t i = 0; i < r->id_len; i++)
            r->id[i] = (char)get_byte(in);
    }
}

/* Makes sure that `bytes` more fit behind the tail; chunks are linked, not yet used. */
static bool make_room(struct pool *chunks, struct history *h, uint32_t bytes)
{
    uint32_t room = h->tail == 0 ? 0 : HISTORY_TEXT_BYTES - (uint32_t)h->used;
    handle_t at = h->tail;
    while (room < bytes) {
        handle_t next = at == 0 ? 0 : ((const struct history_chunk *)pool_get(chunks, at))->next;
        if (next == 0) {
            next = pool_alloc(chunks);
            if (next == 0)
                return false; /* what was linked stays for the next time */
            if (at == 0)
                h->head = h->tail = next;
            else
                ((struct history_chunk *)pool_edit(chunks, at))->next = next;
        }
        at = next;
        room += HISTORY_TEXT_BYTES;
    }
    return true;
}

static void put_bytes(struct pool *chunks, struct history *h, const uint8_t *bytes, uint32_t n)
{
    while (n > 0) {
        if (h->used == HISTORY_TEXT_BYTES) {
            h->tail = ((const struct history_chunk *)pool_get(chunks, h->tail))->next;
            h->used = 0;
        }
        struct history_chunk *c = pool_edit(chunks, h->tail);
        uint32_t part = HISTORY_TEXT_BYTES - (uint32_t)h->used;
        if (part > n)
            part = n;
        memcpy(c->bytes + h->used, bytes, part);
        h->used = (uint16_t)(h->used + part);
        bytes += part;
        n -= part;
    }
}

bool history_append(struct pool *chunks, struct history *h, const struct record *r)
{
    uint8_t bytes[RECORD_BYTES_MAX];
    uint32_t n = encode(bytes, r, h->records == 0 ? 0 : h->newest);
    if (!make_room(chunks, h, n))
        return false;
    put_bytes(chunks, h, bytes, n);
    h->newest = r->ts;
    h->src = r->src;
    h->seq = r->seq;
    h->records++;
    return true;
}

void history_read(const struct pool *chunks, const struct history *h, struct record *ret,
                  uint32_t cap)
{
    CHECK(cap >= h->records);
    if (h->records == 0)
        return;
    struct reader in = {.chunks = chunks, .chunk = pool_get(chunks, h->head)};
    ms_t before = 0;
    for (uint32_t i = 0; i < h->records; i++) {
        decode(&in, before, &ret[i]);
        before = ret[i].ts;
    }
}

bool history_write(struct pool *chunks, struct history *h, const struct record *r, uint32_t n)
{
    uint8_t bytes[RECORD_BYTES_MAX];
    struct history fresh = {.head = h->head, .tail = h->head};
    ms_t before = 0;
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        total += encode(bytes, &r[i], before);
        before = r[i].ts;
    }
    if (!make_room(chunks, &fresh, total)) {
        h->head = fresh.head; /* what was linked to an empty one is not lost either */
        h->tail = h->tail == 0 ? fresh.head : h->tail;
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        CHECK(history_append(chunks, &fresh, &r[i]));
    *h = fresh;
    return true;
}

void history_clear(struct pool *chunks, struct history *h)
{
    for (handle_t at = h->head; at != 0;) {
        handle_t next = ((const struct history_chunk *)pool_get(chunks, at))->next;
        pool_free(chunks, at);
        at = next;
    }
    *h = (struct history){0};
}
