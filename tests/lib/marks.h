/* marks.h: events among others whose way through a receiver is timed.
 *
 * Each mark is a ticket of its own, `mark-N`, of priority `mark`, that was opened MARKS_AGE_MS ago:
 * longer than the target of the policy that a daemon needs,
 *
 *     {id: marks, match: {priority: mark}, first_response: 1s}
 *
 * so that its breach leaves as soon as the event is taken in. It goes with the topic `ticket.mark`,
 * and the mark before it is closed. Each is paired with what came of it by N: one that is missing
 * or comes twice is told, and shifts no other. */
#ifndef TP_TESTS_MARKS_H
#define TP_TESTS_MARKS_H

#include "tests/lib/peer.h"

enum {
    MARKS_EVERY_NS = 5000000,
    MARKS_AGE_MS = 1500,
    MARKS_WALL = 100, /* one of so many is of the team `wall`, the others of `marks` */
};

struct marks {
    void *socket;           /* the publisher's; borrowed, as these: */
    const struct peer *ear; /* who hears what comes of them */
    uint64_t *number;       /* of all marks ever sent, so that tickets differ */
    uint64_t first, n;      /* of these marks */
    uint64_t due;           /* of the next one */
    uint64_t marks, twice;  /* heard before these */
    uint64_t sent_at[PEER_MARKS_MAX];
};

void marks_start(struct marks *m, void *socket, const struct peer *ear, uint64_t *number);

/* Sends the next one if it is due. data: the marks; as stream_send wants it. */
void marks_send(void *data);

/* Waits until all are heard, for two silent seconds at most. The time of each that was heard, in
 * ms, into ret_took; how many they are. ret_twice: how many came again. */
uint64_t marks_took(const struct marks *m, double *ret_took, uint64_t *ret_twice);

/* Events sent for n marks: each is opened, and closed when the next one comes. */
static inline uint64_t marks_events(const struct marks *m)
{
    return m->n + (m->n > 0 ? m->n - 1 : 0);
}

#endif
