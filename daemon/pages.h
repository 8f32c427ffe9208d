/* pages.h: brings memory near before an event needs it.
 *
 * The engine lies in huge pages, and the first touch of one clears 2 MB: up to 6 ms on a virtual
 * machine, in the middle of a step. So the pages behind the end of every pool that has grown are
 * touched ahead of time, by a thread of libuv's (MADV_POPULATE_WRITE, Linux 5.14; without it
 * nothing happens here), and the next one of a pool that has begun and is about to reach it. Costs
 * up to 6 MB of memory for each pool that has grown, 2 MB for some of the others. */
#ifndef TP_DAEMON_PAGES_H
#define TP_DAEMON_PAGES_H

#include "core/engine.h"

#include <uv.h>

enum {
    PAGES_BYTES = 2 << 20,       /* of a huge page */
    PAGES_AHEAD = 4 << 20,       /* behind a pool's end */
    PAGES_GROWN = 1 << 20,       /* of a pool with less in use … */
    PAGES_BEGUN = 64 << 10,      /* … and no less than this … */
    PAGES_NEAR = 512 << 10,      /* … only so much behind its end */
    PAGES_EVERY_MS = 10,         /* from one look at the pools to the next */
    PAGES_POOLS = ENGINE_GROWTHS /* most that are looked at */
};

struct pages {
    const struct engine *engine; /* borrowed */
    uv_loop_t *loop;             /* borrowed */
    uv_work_t work;
    bool working; /* the thread has ranges[] */
    bool useless; /* the kernel cannot do it */
    uint64_t looked_at;
    uint32_t ranges;
    struct pages_range {
        char *at;
        size_t n;
    } range[PAGES_POOLS];
    uintptr_t ready[PAGES_POOLS]; /* of each pool: touched up to here */
    void (*closed)(struct pages *p);
    void *data; /* the owner's */
};

void pages_open(struct pages *p, const struct engine *engine, uv_loop_t *loop, void *data);

/* To be called in every turn. now: uv_now(). */
void pages_tend(struct pages *p, uint64_t now);

/* closed is called when the thread is done, at once if it does nothing: then the engine may go. */
void pages_close(struct pages *p, void (*closed)(struct pages *p));

#endif
