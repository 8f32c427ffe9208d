/* pages.h: brings memory near before an event needs it.
 *
 * The engine lies in huge pages, and the first touch of one clears 2 MB: up to 6 ms on a virtual
 * machine, in the middle of a step. So a thread touches them ahead of time (MADV_POPULATE_WRITE,
 * Linux 5.14; without it nothing happens here): at the start all of what finds the slots of the
 * great pools, which the first events would touch all over; then the pages behind the end of every
 * pool that has grown, and the next one of a pool that has begun and is about to reach it. The
 * thread is of the batch class: it never takes the loop's place on a processor by waking up.
 * Costs some 90 MB at the start with the default limits, which the first thousands of tickets would
 * take anyway, up to 6 MB for each pool that has grown, 2 MB for some of the others. */
#ifndef TP_DAEMON_PAGES_H
#define TP_DAEMON_PAGES_H

#include "core/engine.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum {
    PAGES_BYTES = 2 << 20,        /* of a huge page */
    PAGES_AHEAD = 4 << 20,        /* behind a pool's end */
    PAGES_GROWN = 1 << 20,        /* of a pool with less in use … */
    PAGES_BEGUN = 64 << 10,       /* … and no less than this … */
    PAGES_NEAR = 512 << 10,       /* … only so much behind its end */
    PAGES_EVERY_MS = 10,          /* from one look at the pools to the next */
    PAGES_POOLS = ENGINE_GROWTHS, /* most that are looked at */
};
STATIC_ASSERT((int)ENGINE_FINDERS <= (int)PAGES_POOLS, "a range each");

struct pages {
    const struct engine *engine; /* borrowed */
    pthread_t thread;
    sem_t stir;            /* there are ranges, or it is the end */
    bool running;          /* the thread is there */
    _Atomic bool working;  /* it has range[] */
    _Atomic bool useless;  /* the kernel cannot do it */
    _Atomic bool stopping; /* no page more */
    uint64_t looked_at;
    uint32_t ranges;
    struct pages_range {
        char *at;
        size_t n;
    } range[PAGES_POOLS];
    uintptr_t ready[PAGES_POOLS]; /* of each pool: touched up to here */
};

/* Begins with what finds the slots. The engine stays until pages_close. Zeroed before. */
void pages_open(struct pages *p, const struct engine *engine);

/* To be called in every turn. now: uv_now(). */
void pages_tend(struct pages *p, uint64_t now);

/* The thread has ended when this returns, at the latest after the page at hand: then the engine may
 * go. Harmless without pages_open. */
void pages_close(struct pages *p);

#endif
