#include "core/image.h"

#include "core/err.h"
#include "core/image_form.h"

/* Happy path of taking: prologue (header, blobs), then for each pool the runs of slots that have
 * not gone out early, the early records in between, then the end record. What can fail: the
 * early buffer fills up between two slices; then every pool is let go and the image is void. */

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

/* --- setup -------------------------------------------------------------------------------- */

static uint64_t round64(uint64_t n)
{
    return (n + 63) / 64 * 64;
}

static uint32_t prologue_bytes(const struct image_setup *s)
{
    uint64_t n =
        IMAGE_HEAD + (uint64_t)s->pools * IMAGE_POOL_ENTRY + (uint64_t)s->blobs * IMAGE_BLOB_ENTRY;
    for (uint32_t i = 0; i < s->blobs; i++)
        n += s->blob[i].size;
    CHECK(n <= UINT32_MAX);
    return (uint32_t)n;
}

uint64_t image_bytes(const struct image_setup *s)
{
    uint64_t n = round64(prologue_bytes(s)) + round64(s->early_bytes);
    for (uint32_t i = 0; i < s->pools; i++)
        n += image_bits_size(s->pool[i]->cap);
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
        CHECK(s->pool[i]->slot_size + IMAGE_RECORD_HEAD <= IMAGE_SLICE_MIN);
        img->pool[i] = s->pool[i];
        img->pool[i]->id = i;
        img->seen[i] = (uint64_t *)(void *)at;
        at += image_bits_size(s->pool[i]->cap);
    }
    memcpy(img->blob, s->blob, s->blobs * sizeof s->blob[0]);
    img->early = at;
    img->prologue = at + round64(s->early_bytes);
    img->prologue_size = prologue_bytes(s);
}

/* --- taking ------------------------------------------------------------------------------- */

static void put_prologue(struct image *img)
{
    uint8_t *p = img->prologue;
    memcpy(p, image_magic, sizeof(image_magic));
    p = put32(p + sizeof(image_magic), IMAGE_VERSION);
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
        image_bits_clear(img, i);
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

uint64_t image_sum(const struct image *img)
{
    return checksum_value(&img->sum);
}

static bool bits_test(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
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
    if (img->early_size - img->early_fill < IMAGE_RECORD_HEAD + p->slot_size) {
        let_go(img);
        img->state = IMAGE_VOID;
        return;
    }
    uint8_t head[IMAGE_RECORD_HEAD];
    put32(put32(put32(head, id), index), 1);
    early_put(img, head, IMAGE_RECORD_HEAD);
    early_put(img, pool_at(p, index), p->slot_size);
    image_bits_set(img->seen[id], index);
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
        uint32_t first = image_bits_find(img->seen[id], p->saved + 1, high, false);
        if (first > high)
            return true;
        uint32_t count = image_bits_find(img->seen[id], first, high, true) - first;
        uint32_t room = s->cap - s->fill;
        if (room < IMAGE_RECORD_HEAD + p->slot_size)
            return false;
        uint32_t fits = (room - IMAGE_RECORD_HEAD) / p->slot_size;
        if (count > fits)
            count = fits;
        uint8_t head[IMAGE_RECORD_HEAD];
        put32(put32(put32(head, id), first), count);
        slice_put(s, head, IMAGE_RECORD_HEAD);
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
        image_bits_clear(img, img->at);
    }
    return s->cap - s->fill >= IMAGE_RECORD_HEAD + IMAGE_SUM;
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
        uint8_t head[IMAGE_RECORD_HEAD] = {0};
        put32(head, IMAGE_END);
        slice_put(&s, head, IMAGE_RECORD_HEAD);
    }
    checksum_add(&img->sum, buf, s.fill);
    if (last) {
        put64(s.p + s.fill, checksum_value(&img->sum));
        s.fill += IMAGE_SUM;
        img->state = IMAGE_IDLE;
    }
    *ret_len = s.fill;
    return last ? 0 : 1;
}
