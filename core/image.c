#include "core/image.h"

#include "core/err.h"

/* Happy path of taking: prologue (header, blobs), then for each pool the runs of slots that have
 * not gone out early, the early records in between, then the end record. What can fail: the
 * early buffer fills up between two slices; then every pool is let go and the image is void.
 *
 * Happy path of loading: a state machine over the stream; each stage names a place and how many
 * bytes go there, so slots are copied once, straight into their pool. */

enum { HEAD_SIZE = 32, POOL_ENTRY = 20, BLOB_ENTRY = 4, RECORD_HEAD = 12, SUM_SIZE = 8 };
enum image_state { IMAGE_IDLE, IMAGE_TAKING, IMAGE_VOID, IMAGE_LOADING };
enum load_stage { LOAD_HEAD, LOAD_TABLE, LOAD_BLOB, LOAD_RECORD, LOAD_SLOTS, LOAD_SUM, LOAD_DONE };

static const char magic[8] = {'T', 'P', 'I', 'M', 'A', 'G', 'E', '\n'};
static const uint32_t end_mark = 0xFFFFFFFF;

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
    return p + 4;
}

static uint8_t *put64(uint8_t *p, uint64_t v)
{
    return put32(put32(p, (uint32_t)v), (uint32_t)(v >> 32));
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* --- setup -------------------------------------------------------------------------------- */

static uint64_t round64(uint64_t n)
{
    return (n + 63) / 64 * 64;
}

static uint64_t bits_size(uint32_t cap)
{
    return round64((uint64_t)cap / 8 + 8);
}

static uint32_t prologue_bytes(const struct image_setup *s)
{
    uint64_t n = HEAD_SIZE + (uint64_t)s->pools * POOL_ENTRY + (uint64_t)s->blobs * BLOB_ENTRY;
    for (uint32_t i = 0; i < s->blobs; i++)
        n += s->blob[i].size;
    CHECK(n <= UINT32_MAX);
    return (uint32_t)n;
}

uint64_t image_bytes(const struct image_setup *s)
{
    uint64_t n = round64(prologue_bytes(s)) + round64(s->early_bytes);
    for (uint32_t i = 0; i < s->pools; i++)
        n += bits_size(s->pool[i]->cap);
    return n;
}

void image_setup(struct image *img, void *mem, const struct image_setup *s)
{
    CHECK(s->pools <= IMAGE_POOLS_MAX && s->blobs <= IMAGE_BLOBS_MAX);
    CHECK(s->early_bytes >= IMAGE_SLICE_MIN);
    uint8_t *at = mem;
    uint32_t one = 1;
    *img = (struct image){.pools = s->pools, .blobs = s->blobs, .early_size = s->early_bytes};
    /* The first byte of a 1 tells little-endian machines from others. */
    img->layout = mix64(s->layout ^ *(const uint8_t *)&one);
    for (uint32_t i = 0; i < s->pools; i++) {
        CHECK(s->pool[i]->slot_size + RECORD_HEAD <= IMAGE_SLICE_MIN);
        img->pool[i] = s->pool[i];
        img->pool[i]->id = i;
        img->seen[i] = (uint64_t *)(void *)at;
        at += bits_size(s->pool[i]->cap);
    }
    memcpy(img->blob, s->blob, s->blobs * sizeof s->blob[0]);
    img->early = at;
    img->prologue = at + round64(s->early_bytes);
    img->prologue_size = prologue_bytes(s);
}

/* --- bitmaps ------------------------------------------------------------------------------ */

static bool bits_test(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void bits_set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= 1ULL << (i % 64);
}

/* The first index in from..high whose bit is `set`, or high + 1. */
static uint32_t bits_find(const uint64_t *bits, uint32_t from, uint32_t high, bool set)
{
    uint64_t flip = set ? 0 : ~0ULL;
    uint64_t mask = ~0ULL << (from % 64);
    for (uint32_t word = from / 64; word <= high / 64; word++, mask = ~0ULL) {
        uint64_t hits = (bits[word] ^ flip) & mask;
        if (hits != 0) {
            uint32_t i = word * 64 + (uint32_t)__builtin_ctzll(hits);
            return i <= high ? i : high + 1;
        }
    }
    return high + 1;
}

static void bits_clear(struct image *img, uint32_t i)
{
    memset(img->seen[i], 0, bits_size(img->high[i]));
}

/* --- taking ------------------------------------------------------------------------------- */

static void put_prologue(struct image *img)
{
    uint8_t *p = img->prologue;
    memcpy(p, magic, sizeof magic);
    p = put32(p + sizeof magic, IMAGE_VERSION);
    p = put32(p, img->pools);
    p = put32(p, img->blobs);
    p = put32(p, 0);
    p = put64(p, img->layout);
    for (uint32_t i = 0; i < img->pools; i++) {
        const struct pool *pool = img->pool[i];
        p = put32(p, pool->slot_size);
        p = put32(p, pool->cap);
        p = put32(p, pool->high);
        p = put32(p, pool->live);
        p = put32(p, pool->free_head);
    }
    for (uint32_t i = 0; i < img->blobs; i++)
        p = put32(p, img->blob[i].size);
    for (uint32_t i = 0; i < img->blobs; i++) {
        memcpy(p, img->blob[i].p, img->blob[i].size);
        p += img->blob[i].size;
    }
    CHECK(p == img->prologue + img->prologue_size);
}

void image_begin(struct image *img)
{
    CHECK(img->state == IMAGE_IDLE);
    img->state = IMAGE_TAKING;
    img->prologue_at = 0;
    img->early_at = img->early_fill = 0;
    img->at = 0;
    checksum_init(&img->sum);
    put_prologue(img);
    for (uint32_t i = 0; i < img->pools; i++) {
        struct pool *p = img->pool[i];
        CHECK(p->id == i && p->image == NULL);
        img->high[i] = p->high;
        p->saved = 0;
        p->image = img;
    }
}

/* Lets go of the pools that the cursor has not left behind. */
static void let_go(struct image *img)
{
    for (uint32_t i = img->at; i < img->pools; i++) {
        img->pool[i]->image = NULL;
        bits_clear(img, i);
    }
}

void image_cancel(struct image *img)
{
    if (img->state == IMAGE_TAKING)
        let_go(img);
    img->state = IMAGE_IDLE;
}

bool image_under_way(const struct image *img)
{
    return img->state == IMAGE_TAKING;
}

static void early_put(struct image *img, const void *bytes, uint32_t n)
{
    uint32_t end = (uint32_t)(((uint64_t)img->early_at + img->early_fill) % img->early_size);
    uint32_t first = n < img->early_size - end ? n : img->early_size - end;
    memcpy(img->early + end, bytes, first);
    memcpy(img->early, (const uint8_t *)bytes + first, n - first);
    img->early_fill += n;
}

void pool_save(struct pool *p, uint32_t index)
{
    struct image *img = p->image;
    uint32_t id = p->id;
    if (index <= p->saved || index > img->high[id] || bits_test(img->seen[id], index))
        return;
    if (img->early_size - img->early_fill < RECORD_HEAD + p->slot_size) {
        let_go(img);
        img->state = IMAGE_VOID;
        return;
    }
    uint8_t head[RECORD_HEAD];
    put32(put32(put32(head, id), index), 1);
    early_put(img, head, RECORD_HEAD);
    early_put(img, pool_at(p, index), p->slot_size);
    bits_set(img->seen[id], index);
}

struct slice {
    uint8_t *p;
    uint32_t fill, cap;
};

static void slice_put(struct slice *s, const void *bytes, uint32_t n)
{
    memcpy(s->p + s->fill, bytes, n);
    s->fill += n;
}

static uint32_t slice_room(const struct slice *s, uint32_t wanted)
{
    return wanted < s->cap - s->fill ? wanted : s->cap - s->fill;
}

/* false: the slice is full and something is left. */
static bool drain_prologue(struct image *img, struct slice *s)
{
    uint32_t n = slice_room(s, img->prologue_size - img->prologue_at);
    slice_put(s, img->prologue + img->prologue_at, n);
    img->prologue_at += n;
    return img->prologue_at == img->prologue_size;
}

static bool drain_early(struct image *img, struct slice *s)
{
    while (img->early_fill > 0 && s->fill < s->cap) {
        uint32_t n = slice_room(s, img->early_fill);
        if (n > img->early_size - img->early_at)
            n = img->early_size - img->early_at;
        slice_put(s, img->early + img->early_at, n);
        img->early_at = (img->early_at + n) % img->early_size;
        img->early_fill -= n;
    }
    return img->early_fill == 0;
}

/* Hands out runs of slots that have not gone out early; false when the slice is full. */
static bool drain_pool(struct image *img, uint32_t id, struct slice *s)
{
    struct pool *p = img->pool[id];
    uint32_t high = img->high[id];
    for (;;) {
        uint32_t first = bits_find(img->seen[id], p->saved + 1, high, false);
        if (first > high)
            return true;
        uint32_t count = bits_find(img->seen[id], first, high, true) - first;
        uint32_t room = s->cap - s->fill;
        if (room < RECORD_HEAD + p->slot_size)
            return false;
        uint32_t fits = (room - RECORD_HEAD) / p->slot_size;
        if (count > fits)
            count = fits;
        uint8_t head[RECORD_HEAD];
        put32(put32(put32(head, id), first), count);
        slice_put(s, head, RECORD_HEAD);
        slice_put(s, pool_at(p, first), count * p->slot_size);
        p->saved = first + count - 1;
    }
}

static bool drain_slots(struct image *img, struct slice *s)
{
    for (; img->at < img->pools; img->at++) {
        if (!drain_pool(img, img->at, s))
            return false;
        img->pool[img->at]->image = NULL;
        bits_clear(img, img->at);
    }
    return s->cap - s->fill >= RECORD_HEAD + SUM_SIZE;
}

int image_next(struct image *img, void *buf, uint32_t cap, uint32_t *ret_len)
{
    CHECK(cap >= IMAGE_SLICE_MIN && (img->state == IMAGE_TAKING || img->state == IMAGE_VOID));
    if (img->state == IMAGE_VOID) {
        img->state = IMAGE_IDLE;
        return ERR_IMAGE_BUSY;
    }
    struct slice s = {.p = buf, .cap = cap};
    bool last = drain_prologue(img, &s) && drain_early(img, &s) && drain_slots(img, &s);
    if (last) {
        uint8_t head[RECORD_HEAD] = {0};
        put32(head, end_mark);
        slice_put(&s, head, RECORD_HEAD);
    }
    checksum_add(&img->sum, buf, s.fill);
    if (last) {
        put64(s.p + s.fill, checksum_value(&img->sum));
        s.fill += SUM_SIZE;
        img->state = IMAGE_IDLE;
    }
    *ret_len = s.fill;
    return last ? 0 : 1;
}

/* --- loading ------------------------------------------------------------------------------ */

/* The bitmaps are clean whenever nothing is under way. */
static void load_stop(struct image *img)
{
    img->state = IMAGE_IDLE;
    for (uint32_t i = 0; i < img->pools; i++)
        bits_clear(img, i);
}

static void load_want(struct image *img, enum load_stage stage, void *to, uint64_t n)
{
    img->load_stage = (uint8_t)stage;
    img->load_to = to;
    img->load_want = n;
}

void image_load_begin(struct image *img)
{
    CHECK(img->state == IMAGE_IDLE);
    for (uint32_t i = 0; i < img->pools; i++) {
        struct pool *p = img->pool[i];
        memset(pool_at(p, 1), 0, (uint64_t)p->high * p->slot_size);
        p->high = p->live = p->free_head = 0;
    }
    img->state = IMAGE_LOADING;
    img->load_slots = 0;
    checksum_init(&img->sum);
    load_want(img, LOAD_HEAD, img->load_head, HEAD_SIZE);
}

static int load_head(struct image *img)
{
    const uint8_t *p = img->load_head;
    if (memcmp(p, magic, sizeof magic) != 0)
        return ERR_BAD_IMAGE;
    if (get32(p + 8) != IMAGE_VERSION || get32(p + 12) != img->pools ||
        get32(p + 16) != img->blobs || get32(p + 20) != 0 || get64(p + 24) != img->layout)
        return ERR_OTHER_IMAGE;
    load_want(img, LOAD_TABLE, img->prologue,
              (uint64_t)img->pools * POOL_ENTRY + (uint64_t)img->blobs * BLOB_ENTRY);
    return 0;
}

static void load_next_blob(struct image *img)
{
    if (img->load_blob < img->blobs)
        load_want(img, LOAD_BLOB, img->blob[img->load_blob].p, img->blob[img->load_blob].size);
    else
        load_want(img, LOAD_RECORD, img->load_head, RECORD_HEAD);
    img->load_blob++;
}

static int load_table(struct image *img)
{
    const uint8_t *p = img->prologue;
    for (uint32_t i = 0; i < img->pools; i++, p += POOL_ENTRY) {
        struct pool *pool = img->pool[i];
        uint32_t high = get32(p + 8), live = get32(p + 12), free_head = get32(p + 16);
        if (get32(p) != pool->slot_size || high > pool->cap)
            return ERR_OTHER_IMAGE;
        if (high > get32(p + 4) || live > high || free_head > high)
            return ERR_BAD_IMAGE;
        img->high[i] = pool->high = high;
        pool->live = live;
        pool->free_head = free_head;
        img->load_slots += high;
    }
    for (uint32_t i = 0; i < img->blobs; i++, p += BLOB_ENTRY)
        if (get32(p) != img->blob[i].size)
            return ERR_OTHER_IMAGE;
    img->load_blob = 0;
    load_next_blob(img);
    return 0;
}

static int load_record(struct image *img)
{
    const uint8_t *p = img->load_head;
    uint32_t id = get32(p), first = get32(p + 4), count = get32(p + 8);
    if (id == end_mark) {
        if (first != 0 || count != 0 || img->load_slots != 0)
            return ERR_BAD_IMAGE;
        load_want(img, LOAD_SUM, img->load_head, SUM_SIZE);
        return 0;
    }
    if (id >= img->pools || first == 0 || count == 0 || first > img->high[id] ||
        count > img->high[id] - first + 1)
        return ERR_BAD_IMAGE;
    uint64_t *seen = img->seen[id];
    if (bits_find(seen, first, first + count - 1, true) <= first + count - 1)
        return ERR_BAD_IMAGE;
    for (uint32_t i = 0; i < count; i++)
        bits_set(seen, first + i);
    img->load_slots -= count;
    load_want(img, LOAD_SLOTS, pool_at(img->pool[id], first),
              (uint64_t)count * img->pool[id]->slot_size);
    return 0;
}

/* One stage has all its bytes. */
static int load_step(struct image *img)
{
    switch ((enum load_stage)img->load_stage) {
    case LOAD_HEAD:
        return load_head(img);
    case LOAD_TABLE:
        return load_table(img);
    case LOAD_BLOB:
        load_next_blob(img);
        return 0;
    case LOAD_RECORD:
        return load_record(img);
    case LOAD_SLOTS:
        load_want(img, LOAD_RECORD, img->load_head, RECORD_HEAD);
        return 0;
    case LOAD_SUM:
        if (get64(img->load_head) != checksum_value(&img->sum))
            return ERR_BAD_IMAGE;
        load_want(img, LOAD_DONE, NULL, UINT64_MAX);
        return 0;
    case LOAD_DONE:
        break;
    }
    return ERR_BAD_IMAGE; /* bytes after the end */
}

int image_load_feed(struct image *img, const void *bytes, uint64_t n)
{
    CHECK(img->state == IMAGE_LOADING);
    const uint8_t *p = bytes;
    int err = 0;
    while (n > 0 && err == 0) {
        if (img->load_stage == LOAD_DONE) {
            err = ERR_BAD_IMAGE;
            break;
        }
        uint64_t take = n < img->load_want ? n : img->load_want;
        memcpy(img->load_to, p, take);
        if (img->load_stage != LOAD_SUM)
            checksum_add(&img->sum, p, take);
        img->load_to += take;
        img->load_want -= take;
        p += take;
        n -= take;
        while (img->load_want == 0 && err == 0)
            err = load_step(img);
    }
    if (err != 0)
        load_stop(img);
    return err;
}

/* The free list holds each free slot once, and the rest is live. */
static bool pool_sound(const struct pool *p)
{
    uint32_t live = 0, links = 0;
    for (uint32_t i = 1; i <= p->high; i++) {
        const struct slot *s = pool_at(p, i);
        if (s->live > 1 || s->gen == 0)
            return false;
        live += s->live;
    }
    for (uint32_t i = p->free_head; i != 0; links++) {
        if (i > p->high || links >= p->high || ((const struct slot *)pool_at(p, i))->live)
            return false;
        memcpy(&i, (const uint8_t *)pool_at(p, i) + sizeof(struct slot), sizeof i);
    }
    return live == p->live && links == p->high - live;
}

int image_load_end(struct image *img)
{
    if (img->state != IMAGE_LOADING)
        return ERR_BAD_IMAGE;
    load_stop(img);
    bool sound = img->load_stage == LOAD_DONE;
    for (uint32_t i = 0; sound && i < img->pools; i++)
        sound = pool_sound(img->pool[i]);
    return sound ? 0 : ERR_BAD_IMAGE;
}
