/* Loading an image: a state machine over the stream; each stage names a place and how many bytes go
 * there, so slots come straight into their pool. What must hold of them is looked at as they come:
 * they are near then. */
#include "core/err.h"
#include "core/image_form.h"

enum load_stage { LOAD_HEAD, LOAD_TABLE, LOAD_BLOB, LOAD_RECORD, LOAD_SLOTS, LOAD_SUM, LOAD_DONE };

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* The bitmaps are clean whenever nothing is under way. */
static void load_stop(struct image *img)
{
    img->state = IMAGE_IDLE;
    for (uint32_t i = 0; i < img->pools; i++)
        image_bits_clear(img, i);
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
    memset(img->load_live, 0, sizeof img->load_live);
    checksum_init(&img->sum);
    load_want(img, LOAD_HEAD, img->load_head, IMAGE_HEAD);
}

static int load_head(struct image *img)
{
    const uint8_t *p = img->load_head;
    if (memcmp(p, image_magic, sizeof(image_magic)) != 0)
        return ERR_BAD_IMAGE;
    if (get32(p + 8) != IMAGE_VERSION || get32(p + 12) != img->pools ||
        get32(p + 16) != img->blobs || get32(p + 20) != 0 || get64(p + 24) != img->layout)
        return ERR_OTHER_IMAGE;
    load_want(img, LOAD_TABLE, img->prologue,
              (uint64_t)img->pools * IMAGE_POOL_ENTRY + (uint64_t)img->blobs * IMAGE_BLOB_ENTRY);
    return 0;
}

static void load_next_blob(struct image *img)
{
    if (img->load_blob < img->blobs)
        load_want(img, LOAD_BLOB, img->blob[img->load_blob].p, img->blob[img->load_blob].size);
    else
        load_want(img, LOAD_RECORD, img->load_head, IMAGE_RECORD_HEAD);
    img->load_blob++;
}

static int load_table(struct image *img)
{
    const uint8_t *p = img->prologue;
    for (uint32_t i = 0; i < img->pools; i++, p += IMAGE_POOL_ENTRY) {
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
    for (uint32_t i = 0; i < img->blobs; i++, p += IMAGE_BLOB_ENTRY)
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
    if (id == IMAGE_END) {
        if (first != 0 || count != 0 || img->load_slots != 0)
            return ERR_BAD_IMAGE;
        load_want(img, LOAD_SUM, img->load_head, IMAGE_SUM);
        return 0;
    }
    if (id >= img->pools || first == 0 || count == 0 || first > img->high[id] ||
        count > img->high[id] - first + 1)
        return ERR_BAD_IMAGE;
    uint64_t *seen = img->seen[id];
    if (image_bits_find(seen, first, first + count - 1, true) <= first + count - 1)
        return ERR_BAD_IMAGE;
    for (uint32_t i = 0; i < count; i++)
        image_bits_set(seen, first + i);
    img->load_slots -= count;
    load_want(img, LOAD_SLOTS, pool_at(img->pool[id], first),
              (uint64_t)count * img->pool[id]->slot_size);
    return 0;
}

/* The slots of the record at hand are there. */
static int load_slots(struct image *img)
{
    uint32_t id = get32(img->load_head), first = get32(img->load_head + 4);
    uint32_t count = get32(img->load_head + 8), live = 0;
    for (uint32_t i = first; i - first < count; i++) {
        const struct slot *s = pool_at(img->pool[id], i);
        if (s->live > 1 || s->gen == 0)
            return ERR_BAD_IMAGE;
        live += s->live;
    }
    img->load_live[id] += live;
    load_want(img, LOAD_RECORD, img->load_head, IMAGE_RECORD_HEAD);
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
        return load_slots(img);
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

void *image_load_place(struct image *img, uint64_t *ret_n)
{
    CHECK(img->state == IMAGE_LOADING);
    *ret_n = img->load_stage == LOAD_DONE ? 0 : img->load_want;
    return img->load_to;
}

int image_load_took(struct image *img, uint64_t n)
{
    CHECK(img->state == IMAGE_LOADING && n <= img->load_want);
    int err = img->load_stage == LOAD_DONE && n > 0 ? ERR_BAD_IMAGE : 0;
    if (err == 0 && img->load_stage != LOAD_SUM)
        checksum_add(&img->sum, img->load_to, n);
    img->load_to += n;
    img->load_want -= n;
    while (img->load_want == 0 && err == 0)
        err = load_step(img);
    if (err != 0)
        load_stop(img);
    return err;
}

uint64_t image_load_left(const struct image *img)
{
    return img->load_slots;
}

int image_load_feed(struct image *img, const void *bytes, uint64_t n)
{
    const uint8_t *p = bytes;
    int err = 0;
    while (n > 0 && err == 0) {
        uint64_t take;
        void *to = image_load_place(img, &take);
        take = take < n ? take : n;
        if (take > 0)
            memcpy(to, p, take);
        err = image_load_took(img, take > 0 ? take : n);
        p += take;
        n -= take;
    }
    return err;
}

/* The free list holds each free slot once. */
static bool free_list_sound(const struct pool *p)
{
    uint32_t links = 0;
    for (uint32_t i = p->free_head; i != 0; links++) {
        if (i > p->high || links >= p->high || ((const struct slot *)pool_at(p, i))->live)
            return false;
        memcpy(&i, (const uint8_t *)pool_at(p, i) + sizeof(struct slot), sizeof i);
    }
    return links == p->high - p->live;
}

int image_load_end(struct image *img)
{
    if (img->state != IMAGE_LOADING)
        return ERR_BAD_IMAGE;
    load_stop(img);
    bool sound = img->load_stage == LOAD_DONE;
    for (uint32_t i = 0; sound && i < img->pools; i++)
        sound = img->load_live[i] == img->pool[i]->live && free_list_sound(img->pool[i]);
    return sound ? 0 : ERR_BAD_IMAGE;
}
