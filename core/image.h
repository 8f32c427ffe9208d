/* image.h: the engine's state as bytes, taken in slices while events go on, and loaded again.
 *
 * An image is the state at image_begin, byte for byte, however much changes before its last
 * slice. State is an array of pools and an array of blobs (singletons: counters, clocks; plain
 * bytes without pointers or padding). Blobs are copied at image_begin. A slot that is changed
 * before the cursor has passed it hands over its old bytes first (pool_edit, pool_alloc,
 * pool_free): they wait in the early buffer and leave with the next slice. When that buffer is
 * full the image is void. Slots that were never used before image_begin are not part of it.
 *
 *     image_begin(img);
 *     do { more = image_next(img, buf, cap, &len); write(buf, len); …
 *     } while (more == 1);
 *
 *     image_load_begin(img); image_load_feed(img, bytes, n) …; image_load_end(img);
 *
 * Bytes: "TPIMAGE\n", version, pools, blobs, 0 (u32), layout (u64); per pool slot_size, cap, high,
 * live, free_head (u32); per blob its size (u32); the blobs; records {pool, first, count (u32),
 * count slots} in any order, each slot of 1..high once; {~0, 0, 0}; checksum (u64) of all before.
 * Numbers are little-endian. Slots and blobs are in the machine's order, which is mixed into the
 * layout hash: another kind of machine refuses the image. The checksum finds damage, no malice. */
#ifndef TP_CORE_IMAGE_H
#define TP_CORE_IMAGE_H

#include "core/checksum.h"
#include "core/pool.h"

enum {
    IMAGE_VERSION = 11,
    IMAGE_POOLS_MAX = 64,
    IMAGE_BLOBS_MAX = 64,
    IMAGE_SLICE_MIN = 1 << 16, /* least buffer of image_next: any slot fits */
};

struct image_blob {
    void *p;
    uint32_t size;
};

/* What an image is made of; the arrays are copied, what they point to is borrowed for life. */
struct image_setup {
    struct pool *const *pool;
    uint32_t pools;
    const struct image_blob *blob;
    uint32_t blobs;
    uint64_t layout;      /* hash of all that gives the bytes their meaning */
    uint32_t early_bytes; /* how much may change ahead of the cursor; 8 MB for big engines */
};

/* All fields are image.c's own. */
struct image {
    struct pool *pool[IMAGE_POOLS_MAX];
    uint64_t *seen[IMAGE_POOLS_MAX]; /* bit per slot: handed out early, or loaded */
    uint32_t high[IMAGE_POOLS_MAX];  /* pool's high at image_begin */
    struct image_blob blob[IMAGE_BLOBS_MAX];
    uint32_t pools, blobs;
    uint64_t layout;
    uint8_t *prologue; /* everything up to the records, made at image_begin */
    uint32_t prologue_size, prologue_at;
    uint8_t *early; /* ring of records that go out with the next slice */
    uint32_t early_size, early_at, early_fill;
    uint32_t at;   /* the pool whose slots are being handed out */
    uint8_t state; /* enum image_state */
    struct checksum sum;
    uint8_t *load_to; /* where the next load_want bytes of the stream go */
    uint64_t load_want;
    uint64_t load_slots;                 /* slots still to come */
    uint32_t load_live[IMAGE_POOLS_MAX]; /* live ones that came */
    uint32_t load_blob;                  /* the blob being read */
    uint8_t load_stage;                  /* enum load_stage */
    uint8_t load_head[32];
};

/* Bytes of memory for image_setup: bitmaps, the early buffer, a copy of the blobs. */
uint64_t image_bytes(const struct image_setup *setup);

/* mem: image_bytes of zeroes, 64-byte aligned, lent for life. The pools are numbered (pool.id)
 * by their place in the array. */
void image_setup(struct image *img, void *mem, const struct image_setup *setup);

/* Freezes the state. No image may be under way. */
void image_begin(struct image *img);

/* The next bytes of the image, at most cap (>= IMAGE_SLICE_MIN); 1 MB takes about 0.2 ms. 1: more
 * to come. 0: these were the last. ERR_IMAGE_BUSY: too much changed, the image is void, begin
 * again (*ret_len untouched). */
MUST_CHECK int image_next(struct image *img, void *buf, uint32_t cap, uint32_t *ret_len);

/* Gives up the image being taken, if any. */
void image_cancel(struct image *img);

bool image_under_way(const struct image *img);

/* The checksum that ends the image that was taken or loaded last: it is of all bytes before it. */
uint64_t image_sum(const struct image *img);

/* Loads into pools that are as pool_init left them; the few slots that an owner's init has filled
 * since are dropped. Sizes, ranges, counts and free lists are
 * checked before they are believed, the checksum at the end. After any error pools and blobs hold
 * rubbish: the caller starts again with fresh memory. Maps, heads and the like are not part of
 * an image: their owners rebuild them afterwards.
 * ERR_BAD_IMAGE: damaged, cut short or too long. ERR_OTHER_IMAGE: another version, layout or
 * machine, or more slots than the limits allow now.
 *
 * Who has the bytes in a file reads them straight to where they belong, instead of feeding them:
 *     p = image_load_place(img, &n); k = read(fd, p, n); image_load_took(img, k) … */
void image_load_begin(struct image *img);
MUST_CHECK int image_load_feed(struct image *img, const void *bytes, uint64_t n);
MUST_CHECK int image_load_end(struct image *img);

/* Where the next bytes go, and how many at most; 0: more would be too many. */
MUST_CHECK void *image_load_place(struct image *img, uint64_t *ret_n);

/* So many of them are there. */
MUST_CHECK int image_load_took(struct image *img, uint64_t n);

/* Slots that are still to come: 0 before it is known, too. */
uint64_t image_load_left(const struct image *img);

#endif
