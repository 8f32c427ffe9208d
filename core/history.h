/* history.h: the events of one ticket as compact bytes in a chain of small chunks.
 *
 * Records stand in the order of record_compare, each as the difference to the one before:
 * about 12 bytes with seq, 25 with ids. A ticket is folded again from here when an event comes
 * late, and explained from here. */
#ifndef TP_CORE_HISTORY_H
#define TP_CORE_HISTORY_H

#include "core/fold.h"

struct history {
    ms_t newest; /* ts of the last record; valid when records > 0 */
    handle_t head, tail;
    uint16_t records;
    uint16_t used; /* bytes used of the tail */
    uint32_t src;  /* of the last record … */
    uint64_t seq;  /* … and its seq */
};

enum { HISTORY_CHUNK_BYTES = 64, HISTORY_TEXT_BYTES = 56 };

/* A chunk as stored; also used for what else a ticket keeps in pieces. */
struct history_chunk {
    struct slot slot;
    handle_t next;
    uint8_t bytes[HISTORY_TEXT_BYTES];
};

/* Appends a record that sorts last. false: no chunk left, nothing changed. */
MUST_CHECK bool history_append(struct pool *chunks, struct history *h, const struct record *r);

/* Reads all records; cap must be at least h->records. */
void history_read(const struct pool *chunks, const struct history *h, struct record *ret,
                  uint32_t cap);

/* Replaces everything by these records, in order. Uses the chunks it has first; false: there are
 * not enough, and the history is as it was. */
MUST_CHECK bool history_write(struct pool *chunks, struct history *h, const struct record *r,
                              uint32_t n);

void history_clear(struct pool *chunks, struct history *h);

#endif
