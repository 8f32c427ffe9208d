/* checksum.h: 64-bit checksum of a stream of bytes, blind to how the stream is cut into pieces.
 *
 * Finds damage (torn writes, bit rot, mixed files), not malice. About 20 GB/s. Values are equal
 * on machines with the same byte order. */
#ifndef TP_CORE_CHECKSUM_H
#define TP_CORE_CHECKSUM_H

#include "core/base.h"

enum { CHECKSUM_LANES = 8 };

struct checksum {
    uint64_t lane[CHECKSUM_LANES];
    uint64_t length;
    uint8_t tail[8 * CHECKSUM_LANES]; /* bytes that do not fill a stripe yet */
};

void checksum_init(struct checksum *c);
void checksum_add(struct checksum *c, const void *bytes, uint64_t n);

/* Of all bytes so far; more may be added afterwards. */
uint64_t checksum_value(const struct checksum *c);

#endif
