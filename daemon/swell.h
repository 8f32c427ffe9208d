/* swell.h: when what libzmq keeps for its peers is too much.
 *
 * Marks and bounds of ZeroMQ count whole messages: frames that never end, and subscriptions without
 * number, are kept on our heap before anybody here hears of them. So the heap is looked at, and
 * who watches cuts connections until it is small again. The engine lies elsewhere (mmap). */
#ifndef TP_DAEMON_SWELL_H
#define TP_DAEMON_SWELL_H

#include "core/base.h"

enum {
    SWELL_EVERY_MS = 250, /* from one look to the next */
    SWELL_PAUSE_MS = 500, /* after a cut, until it has shown */
    SWELL_FRACTION = 16,  /* of the bound: less growth of the process is not looked into */
};

struct swell {
    uint64_t bound;    /* bytes of heap; 0: not watched */
    uint64_t heap;     /* when last counted */
    uint64_t resident; /* of the process, then */
    uint64_t cuts;
    uint64_t due; /* the owner's ms */
};

/* Bytes that are allocated, and bytes of memory that the process has; 0 when the system does not
 * say. The first takes milliseconds on a large heap. */
uint64_t swell_heap(void);
uint64_t swell_resident(void);

/* Is the heap worth counting, now that the process is so large? */
bool swell_grew(const struct swell *s, uint64_t resident);

/* The heap was counted: must something be cut? */
bool swell_judge(struct swell *s, uint64_t heap, uint64_t resident, uint64_t now);

/* All of it, when due. */
bool swell_look(struct swell *s, uint64_t now);

#endif
