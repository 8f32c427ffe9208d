/* remark.h: what people said about alerts: who has taken one on, until when one is muted.
 *
 * A remark is about a thread: of a clock one alert, of a rule all its alerts on one name. An
 * acknowledgement is about one alert and goes when that ends. A mute lasts until its instant, over
 * ends and new firings; one without an instant, until the alert ends. Muted repeats are marked
 * `untold`: whoever publishes keeps them to himself. Bounded by REMARKS_MAX. Only the engine calls
 * this. */
#ifndef TP_CORE_REMARK_H
#define TP_CORE_REMARK_H

#include "core/effect.h"
#include "core/map.h"

enum { REMARKS_MAX = 4096, REMARK_NAME = 72 };

struct remark {
    struct slot slot;
    uint64_t thread;    /* of the alerts (effect.h) */
    uint64_t alert_id;  /* the last one that was told */
    uint64_t acked_id;  /* the one that was acknowledged; 0 = none */
    uint64_t hidden_id; /* one that fired while muted; 0 = none */
    ms_t muted;         /* until then; MS_NONE = not, MS_NEVER = until it ends */
    handle_t of;        /* of the alert, as there */
    handle_t timer;     /* in the wheel, 0 = none */
    uint64_t clock;     /* 1: the alert is a clock's, not a rule's */
    char acked_by[REMARK_NAME];
    char muted_by[REMARK_NAME];
};

struct remarks {
    struct pool pool;
    struct map map;
};

uint64_t remarks_bytes(void);
void remarks_init(struct remarks *r, void *mem); /* zeroes, 64-byte aligned, lent for life */
void remarks_rebuild(struct remarks *r);         /* after the pool was loaded */

/* 0: there is none. */
handle_t remark_find(const struct remarks *r, uint64_t thread);
/* The one there is, or a new one; 0: REMARKS_MAX is met. */
handle_t remark_make(struct remarks *r, uint64_t thread);
void remark_free(struct remarks *r, handle_t h);

static inline bool remark_is_empty(const struct remark *m)
{
    return m->acked_id == 0 && m->muted == MS_NONE;
}

/* Fills in what the alert's members say of it. */
void remark_show(const struct remark *m, struct alert *a);

/* A transition was told at `now`: the alert gets the same, and is untold if it is a muted repeat;
 * the remark forgets what ends with it. true: nothing is left of the remark. */
bool remark_hear(struct remark *m, struct alert *a, ms_t now);

void remarks_check(const struct remarks *r);

#endif
