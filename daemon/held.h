/* held.h: messages that wait until the journal has what they tell of on disk.
 *
 * First in, first out; each waits for a number of the journal, and the numbers never go back.
 * Copies on the heap, HELD_MAX of them: then the oldest leave early (told apart by the caller). */
#ifndef TP_DAEMON_HELD_H
#define TP_DAEMON_HELD_H

#include "core/base.h"

enum { HELD_MAX = 100000 };

struct held_message {
    uint64_t seq;         /* of the journal */
    uint32_t topic, rest; /* bytes of each */
    char *bytes;          /* topic, then the rest */
    bool quiet;           /* held_keep */
};

struct held {
    struct held_message *ring; /* cap places */
    uint32_t cap, first, n;
};

/* Begins as zeroes. */
void held_fini(struct held *h);

/* Copies. false: no memory, or HELD_MAX wait already. */
MUST_CHECK bool held_add(struct held *h, uint64_t seq, struct str topic, const void *rest,
                         size_t n);

/* The newest is not to be sent, only to be kept. */
void held_keep(struct held *h);

/* The oldest, if it waits for nothing beyond `seq`; NULL. Lent until held_drop. */
const struct held_message *held_next(const struct held *h, uint64_t seq);
void held_drop(struct held *h);

#endif
