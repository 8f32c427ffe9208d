/* wheel.h: deadlines to the millisecond, fired in order of (time, kind, sequence of adding).
 *
 * Three places, by distance from the cursor (the second up to which timers were looked at): `far`
 * has a list per 256 s, `near` a list per second of the cursor's span of 1024 s, `due` holds all
 * of the cursor's second and before, and alone is sorted. A timer moves at most twice. Adding,
 * cancelling and firing are O(1) but for sorting one second's timers; bitmaps skip what is empty,
 * so a jump of the clock costs what it fires. (Varghese & Lauck, SOSP 1987, schemes 4 and 7.)
 *
 * Timers live in a pool and are part of an image; their links and the lists are not
 * (wheel_rebuild), so links are written without pool_edit. Deadlines before 2000 count as long
 * past; those after 2068 share one list and keep their order all the same. */
#ifndef TP_CORE_WHEEL_H
#define TP_CORE_WHEEL_H

#include "core/pool.h"

enum {
    WHEEL_SPAN_BITS = 10,
    WHEEL_SPAN = 1 << WHEEL_SPAN_BITS, /* seconds with a list each */
    WHEEL_FAR_BITS = 8,                /* seconds of a far list: 256 */
    WHEEL_FARS = 1 << 23,              /* far lists from 2000 on: 68 years */
};

/* One timer: 32 bytes. */
struct timer {
    struct slot slot;
    uint32_t owner; /* the owner's handle or index */
    ms_t deadline;
    uint64_t order;      /* kind of owner << 56 | sequence of adding */
    uint32_t next, prev; /* neighbours in the list: indices, 0 = none */
};

/* What wheel_pop took out. */
struct wheel_fired {
    ms_t deadline;
    uint32_t owner;
    uint8_t kind;
};

/* Indices of timers, 0 = empty. */
struct wheel_list {
    uint32_t first, last;
};

/* All fields but `timers` (images, status) are wheel.c's own. */
struct wheel {
    struct pool timers;
    struct wheel_list *far;
    uint64_t *far_bits[4]; /* bit per far list that has timers, and summaries of 64 each */
    struct wheel_list near[WHEEL_SPAN]; /* per second of the cursor's span */
    uint64_t near_bits[WHEEL_SPAN / 64];
    struct wheel_list due;
    bool due_sorted;
    ms_t next;    /* no deadline is earlier */
    sec_t cursor; /* seconds since 2000 */
    uint64_t sequence;
};

/* Bytes for so many timers; 68 MB of it are address space that is hardly touched. */
uint64_t wheel_bytes(uint32_t timers);

/* mem: wheel_bytes of zeroes, 64-byte aligned, lent for life. */
void wheel_init(struct wheel *w, const char *name, void *mem, uint32_t timers);

/* The handle, or 0 when all timers are in use. kind and owner come back when it fires. A deadline
 * that is past fires at the next wheel_pop. */
handle_t wheel_add(struct wheel *w, ms_t deadline, uint8_t kind, uint32_t owner);

void wheel_cancel(struct wheel *w, handle_t timer);

static inline ms_t wheel_deadline(const struct wheel *w, handle_t timer)
{
    return ((const struct timer *)pool_get(&w->timers, timer))->deadline;
}

/* No timer is due before this instant; MS_NEVER when there is none. It may be too early, by less
 * than a list is long: looking through one that holds a million timers would cost more than coming
 * for nothing. A wheel_pop that finds nothing at this instant moves it on. */
static inline ms_t wheel_next(const struct wheel *w)
{
    return w->timers.live == 0 ? MS_NEVER : w->next;
}

/* Takes out the earliest timer with deadline <= at. false: none is due. Its handle is gone. `at`
 * may go back; that never brings anything back. */
bool wheel_pop(struct wheel *w, ms_t at, struct wheel_fired *ret);

/* Likewise, but of those at that very instant only kinds below `kinds`. */
bool wheel_pop_kinds(struct wheel *w, ms_t at, uint32_t kinds, struct wheel_fired *ret);

/* Brings a timer to be popped, or its lists, towards the cache: call some work ahead. */
static inline void wheel_prefetch(const struct wheel *w, handle_t timer)
{
    pool_prefetch(&w->timers, timer);
}

/* Links all timers again after an image was loaded. */
void wheel_rebuild(struct wheel *w);

/* Checks all lists by recount (CHECK); slow. */
void wheel_check(const struct wheel *w);

#endif
