/* pack.h: events as few bytes: the form in which a journal keeps them, in order of arrival.
 *
 * A pack is a run of entries: events with their time of receipt, ticks of the clock, and claims
 * (a client's batch is complete). It only grows at its end, so a beginning of it, cut between two
 * entries, is a pack too. Times and numbers are differences to the entry before, texts stand once
 * and are numbers after that. About 20 bytes an event; a general compressor halves that.
 *
 * The form never changes: kinds and fields have numbers of their own (pack.c) that outlive any
 * order of the enums. What a pack says is what event_check accepted, so reading judges it again.
 *
 *     pack_begin(&p, buf, sizeof buf); pack_event(&p, &e); … write p.n bytes
 *     unpack_begin(&u, bytes, n); while ((got = unpack_next(&u, &entry)) == 1) …
 */
#ifndef TP_PROTO_PACK_H
#define TP_PROTO_PACK_H

#include "core/event.h"
#include "core/limits.h"

enum {
    PACK_ENTRIES_MAX = 64,  /* then another pack begins: what a compressor looks at */
    PACK_ENTRY_MAX = 2048,  /* bytes of one entry: 21 texts and 22 numbers at their largest */
    PACK_BYTES_MAX = 65536, /* of a pack */
    PACK_TEXTS_MAX = 512,   /* texts that have a number; further ones are written out */
    PACK_SHAPES_MAX = 64,   /* combinations of kind and fields, likewise */
    PACK_SLOTS = 1024,      /* of the hash table */
};

enum pack_kind {
    PACK_EVENT,
    PACK_TICK,      /* the clock was told `at` */
    PACK_TICK_PART, /* likewise, but only so much was done as there was room for */
    PACK_CLAIM,     /* the events of a client's batch came before */
    PACK_ATTEND,    /* somebody took on or muted an alert */
};

struct pack_entry {
    uint8_t kind;       /* enum pack_kind */
    struct event event; /* event: complete; ticks, attend: rts */
    struct str by;      /* claim: the client; attend: who */
    uint64_t number;    /* claim: of the batch; attend: the alert's id */
    uint8_t attention;  /* attend: the engine's enum */
    ms_t until;         /* attend */
};

/* What both sides remember of the entries before. */
struct pack_past {
    ms_t ts, rts;
    uint64_t id; /* the last number that was an id */
    uint32_t texts, shapes;
    struct str text[PACK_TEXTS_MAX]; /* in the bytes of the pack */
    uint64_t seq[PACK_TEXTS_MAX];    /* the last one of the source with that name */
    struct pack_shape {
        uint8_t kind; /* of an event, or what else there is */
        uint64_t has, nil;
    } shape[PACK_SHAPES_MAX];
};

struct pack {
    uint8_t *p; /* lent by the caller */
    uint32_t n, cap;
    uint32_t entries;
    struct pack_past past;
    uint16_t slot[PACK_SLOTS]; /* index of a text + 1 */
};

/* cap: at least PACK_ENTRY_MAX. */
void pack_begin(struct pack *p, void *buf, uint32_t cap);

/* Is there room for one more entry? */
static inline bool pack_room(const struct pack *p)
{
    return p->entries < PACK_ENTRIES_MAX && p->cap - p->n >= PACK_ENTRY_MAX;
}

/* There must be room. The event's texts are copied. */
void pack_event(struct pack *p, const struct event *e);
void pack_tick(struct pack *p, ms_t at, bool done);
void pack_claim(struct pack *p, struct str client, uint64_t batch);
void pack_attend(struct pack *p, ms_t at, uint64_t alert_id, uint8_t attention, struct str by,
                 ms_t until);

struct unpack {
    const uint8_t *p, *end;
    struct pack_past past;
    char digits[24]; /* of an id that is a number; until the next unpack_next */
};

void unpack_begin(struct unpack *u, const void *bytes, uint64_t n);

/* 1: *ret is the next entry; its texts lie in the pack, or in u. 0: the end. ERR_BAD_PACK: these
 * bytes are none of pack_event's making, or of a later version. */
MUST_CHECK int unpack_next(struct unpack *u, struct pack_entry *ret);

#endif
