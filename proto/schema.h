/* schema.h: the rules by which wire values become fields of an event.
 *
 * The one place behind MessagePack, NDJSON and CSV: which key is which field, what its value may
 * be, how it lies in struct event. Readers turn their input into struct value, a draft collects
 * the values of one event and judges them when the event has ended: duplicate keys (the last one
 * wins), faults in fields that its kind does not have (no fault), and what event_check wants. */
#ifndef TP_PROTO_SCHEMA_H
#define TP_PROTO_SCHEMA_H

#include "core/event.h"
#include "proto/value.h"

enum field_type { TYPE_WORD, TYPE_ID, TYPE_NAME, TYPE_UINT, TYPE_TIME, TYPE_BOOL, TYPE_NUMBER };

enum { DIGITS_MAX = 20 }; /* of UINT64_MAX */

/* Decimal texts of integer ids and levels; must live as long as the event's other texts. */
struct digits {
    char id[DIGITS_MAX];
    char level[DIGITS_MAX];
};

/* One event under way. Nothing of it counts before draft_end said 0. */
struct draft {
    struct event *event;   /* the caller's; only what its `has` names is set */
    struct digits *digits; /* the caller's */
    uint64_t bad;          /* fields whose last value was refused … */
    int16_t why[F_N];      /* … and why; valid where bad */
    int err;               /* a fault of the event as such */
};

/* event is left as it is but for has and nil. */
void draft_begin(struct draft *d, struct event *event, struct digits *digits);

/* One member of the event; unknown keys are ignored. */
void draft_set(struct draft *d, const char *key, uint32_t len, const struct value *v);

/* The same when the field is known. */
void draft_set_field(struct draft *d, enum event_field f, const struct value *v);

/* 0: the event is complete, checked, and has its defaults. Else the ERR_x, *ret_field the field at
 * fault (F_N when none). */
MUST_CHECK int draft_end(struct draft *d, enum event_field *ret_field);

/* The field of a wire key; F_N when there is none. */
enum event_field schema_field(const char *key, uint32_t len);
const char *schema_key(enum event_field f);
enum field_type schema_type(enum event_field f);

/* The kind of a wire name; EV_NONE when there is none. */
enum event_kind schema_kind(const char *name, uint32_t len);

/* Words of a WORD field in the order of its enum in event.h; NULL past the last. Not for F_TYPE. */
const char *schema_word(enum event_field f, uint32_t index);

/* Where a field lies in the event: struct str, ms_t, int64_t, uint64_t, bool or uint8_t. */
const void *schema_member(const struct event *e, enum event_field f);

#endif
