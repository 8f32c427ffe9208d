/* decode.h: one MessagePack payload into an array of events, without allocating.
 *
 * A payload is a map (one event) or an array of maps (a batch). A bad event is refused by itself,
 * with a reason; a payload that is no MessagePack, ends early or goes on after its end is refused
 * whole. Bounds are checked before anything is believed, nothing is read beyond the payload.
 * Texts of events and rejections are borrowed from the payload (integer ids: from the decoder)
 * and valid until its bytes go or the next decode_batch.
 *
 *     err = decode_batch(d, bytes, n, rts);
 *     engine_step(e, d->event, d->events, …);    event[i] was the index[i]-th of the payload
 *     for (i = 0; i < d->rejections; i++) … d->rejection[i]
 */
#ifndef TP_PROTO_DECODE_H
#define TP_PROTO_DECODE_H

#include "proto/schema.h"

/* One event that was refused. */
struct rejection {
    uint16_t index;          /* place in the payload */
    int16_t err;             /* ERR_x */
    uint8_t field;           /* enum event_field at fault, F_N when none */
    uint32_t offset;         /* of the event's first key in the payload, 0 when it has none */
    struct str id, src;      /* where known, else empty */
    char digits[DIGITS_MAX]; /* of an integer id */
};

/* Sources that a sender may speak for. n 0 = any. */
enum { OWN_SOURCES_MAX = 16 };
struct own_sources {
    uint32_t n;
    char at[OWN_SOURCES_MAX][NAME_BYTES_MAX + 1];
};

enum { DECODE_GATHER_MAX = 256 }; /* events that a further payload may be appended to */

/* About 2.5 MiB, of which only what a batch fills is touched. Owned by the caller; zeroed once. */
struct decoder {
    uint32_t events;     /* accepted */
    uint32_t rejections; /* of the last payload */
    struct event event[DECODE_GATHER_MAX + BATCH_EVENTS_MAX];
    uint16_t index[DECODE_GATHER_MAX + BATCH_EVENTS_MAX];
    struct rejection rejection[BATCH_EVENTS_MAX];
    struct digits digits[DECODE_GATHER_MAX + BATCH_EVENTS_MAX];
    struct draft draft;
    const struct own_sources *own; /* of the next payloads' sender; NULL = any; borrowed */
};

/* rts goes into every event (MS_NONE in replay). 0, or why the whole payload is refused:
 * ERR_TOO_LARGE, ERR_TOO_MANY, ERR_NOT_MSGPACK, ERR_NOT_A_MAP, ERR_TRUNCATED, ERR_TRAILING,
 * ERR_TOO_DEEP; then there are neither events nor rejections. */
MUST_CHECK int decode_batch(struct decoder *d, const void *bytes, size_t n, ms_t rts);

/* The same, after the events of earlier payloads (at most DECODE_GATHER_MAX), whose bytes must
 * still be there. A payload refused whole leaves those as they were. */
MUST_CHECK int decode_append(struct decoder *d, const void *bytes, size_t n, ms_t rts);

#endif
