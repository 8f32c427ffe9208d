/* record.h: an event of a ticket or call as its history keeps it, and its place among others. */
#ifndef TP_CORE_RECORD_H
#define TP_CORE_RECORD_H

#include "core/board.h"
#include "core/event.h"

/* An event of a ticket as its history keeps it: names interned, defaults filled in. */
struct record {
    ms_t ts;
    uint64_t seq; /* 0 when absent */
    uint32_t src; /* index of the source's name, 0 = none */
    uint8_t kind; /* enum event_kind */
    uint8_t by, outcome, status;
    bool is_public, is_auto, needs_reply;
    bool absorbs;       /* EV_MERGED on the target: `time` is the source's waiting since */
    uint8_t names;      /* bit enum scope: this name was said (agent, team, attributes) … */
    struct tags tags;   /* … and is this; 0 = nil */
    ms_t time;          /* state: opened_at; merged: waiting since; MS_NONE */
    ms_t waiting_since; /* state; MS_NONE */
    bool says_waiting;  /* state: waiting_since was said (nil clears) */
    bool says_customer, says_tier;
    uint64_t customer;       /* hash (agreement.h); 0 = nil */
    uint32_t tier;           /* likewise */
    uint32_t number;         /* reason's hash (paused), into (merged: handle), value (rated; of an
                                aspect: index of its name << 24 besides), … */
    uint8_t id_len;          /* only of records without seq: the last word in order … */
    char id[NAME_BYTES_MAX]; /* … the id, or a hash of the whole event when there is none */
};

/* `number` of inspected: what was looked at; + 1 when it passed. */
enum { INSPECT_OTHER = 0, INSPECT_CONFORMANCE = 1, INSPECT_CLASSIFICATION = 3 };

/* Fills ts, kind, source, order and names from the event (interning names that its kind knows);
 * everything else is zero, times MS_NONE. */
void record_take(struct record *r, const struct event *e, uint32_t src, struct board *b);

/* All of an event of a ticket (or about nobody's ticket). */
void record_take_ticket(struct board *b, const struct event *e, uint32_t src, struct record *r);

/* Index of the aspect that a rating is of (part.h); 0: of all. */
static inline uint32_t rated_aspect(const struct record *r)
{
    return r->number >> 24;
}

/* <0, 0, >0 by (ts, src, seq, rank of kind, id); sources are compared by their text. */
int record_compare(const struct record *a, const struct record *b, const struct names *sources);

/* How many of the n sorted records sort before (or like) r. */
uint32_t record_position(const struct record *sorted, uint32_t n, const struct record *r,
                         const struct names *sources);

#endif
