/* hold.h: deadlines that wait for a source that is behind (SEMANTICS.md, "Time").
 *
 * A source is known by its newest ts. A held deadline waits in its source's list until the source
 * has passed it; the owner's own timer is what ends the wait after hold_max. Lists are walked
 * when the source has moved on by a second, or speaks on time again, so a backlog costs little
 * for each of its events. */
#ifndef TP_CORE_HOLD_H
#define TP_CORE_HOLD_H

#include "core/pool.h"

struct hold_source {
    struct slot slot;
    handle_t first; /* its held deadlines */
    ms_t newest;    /* ts heard of it; MS_NONE */
    ms_t walked;    /* newest when its list was walked last */
    ms_t heard;     /* when it last spoke, by time of receipt, to HOLD_HEARD_MS; MS_NONE */
    uint64_t beats; /* 1: it has sent a heartbeat */
};

enum { HOLD_HEARD_MS = MS_SECOND };

struct hold_wait {
    struct slot slot;
    handle_t next;
    uint32_t ticket; /* a handle; it may be gone by then */
    uint32_t unused;
    ms_t deadline;
};

struct holds {
    struct pool sources; /* by index of the source + 1: events without src are one source */
    struct pool waits;
};

uint64_t holds_bytes(uint32_t sources, uint32_t waits);
void holds_init(struct holds *h, void *mem, uint32_t sources, uint32_t waits);

/* The newest ts of a source (0 = none named); MS_NONE before the first. */
ms_t holds_newest(const struct holds *h, uint32_t src);

/* An event of the source with this ts was heard; on_time: soon after it happened. true: its list
 * is to be walked. */
bool holds_heard(struct holds *h, uint32_t src, ms_t ts, bool on_time);

/* The source spoke, be it what was seen before; received at rts. */
void holds_spoke(struct holds *h, uint32_t src, ms_t rts, bool beat);

/* NULL: never heard of. */
const struct hold_source *holds_source(const struct holds *h, uint32_t src);

/* The deadline waits for the source. When there is no room its own timer ends the wait. */
void holds_add(struct holds *h, uint32_t src, ms_t deadline, handle_t ticket);

/* Takes out up to cap deadlines that the source has passed; fills their tickets. Returns how
 * many: when it is cap there may be more. */
uint32_t holds_release(struct holds *h, uint32_t src, handle_t *ret_ticket, uint32_t cap);

#endif
