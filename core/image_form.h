/* image_form.h: the form of an image's bytes, and what its taking and its loading share. */
#ifndef TP_CORE_IMAGE_FORM_H
#define TP_CORE_IMAGE_FORM_H

#include "core/image.h"

enum {
    IMAGE_HEAD = 32,
    IMAGE_POOL_ENTRY = 20,
    IMAGE_BLOB_ENTRY = 4,
    IMAGE_RECORD_HEAD = 12,
    IMAGE_SUM = 8,
};

enum image_state { IMAGE_IDLE, IMAGE_TAKING, IMAGE_VOID, IMAGE_LOADING };

static const char image_magic[8] = {'T', 'P', 'I', 'M', 'A', 'G', 'E', '\n'};
#define IMAGE_END 0xFFFFFFFFU /* instead of a record's pool */

static inline uint64_t image_bits_size(uint32_t cap)
{
    return ((uint64_t)cap / 8 + 8 + 63) / 64 * 64;
}

static inline void image_bits_set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= 1ULL << (i % 64);
}

/* The first index in from..high whose bit is `set`, or high + 1. */
static inline uint32_t image_bits_find(const uint64_t *bits, uint32_t from, uint32_t high, bool set)
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

static inline void image_bits_clear(struct image *img, uint32_t pool)
{
    memset(img->seen[pool], 0, image_bits_size(img->high[pool]));
}

#endif
