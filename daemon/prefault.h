/* prefault.h: makes memory present that is about to be filled, on a thread of its own.
 *
 * Fresh pages cost more to get than to fill: the kernel (and below it perhaps a hypervisor) finds
 * and clears them one at a time, when they are first written. Here a second thread gets them from
 * the end backwards while their owner fills them from the beginning: both meet somewhere. What is
 * in them stays as it is. Where that cannot be had (before Linux 5.14, no thread) nothing happens,
 * and the owner gets all of them himself, as ever. */
#ifndef TP_DAEMON_PREFAULT_H
#define TP_DAEMON_PREFAULT_H

#include "core/base.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PREFAULT_RANGES_MAX = 64 };

struct prefault_range {
    uint8_t *p;
    uint64_t n;
};

/* Zeroed at first. */
struct prefault {
    struct prefault_range range[PREFAULT_RANGES_MAX]; /* in the order in which they are filled */
    uint32_t n;
    bool running; /* the thread is there */
    _Atomic bool stopping;
    pthread_t thread;
};

/* n bytes of a private mapping, before prefault_start; those beyond the table are left out. */
void prefault_add(struct prefault *f, void *p, uint64_t n);

void prefault_start(struct prefault *f);

/* The thread has ended when this returns, whether it was through or not. Harmless without one. */
void prefault_end(struct prefault *f);

#endif
