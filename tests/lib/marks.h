/* marks.h: events among others whose way through a receiver is timed.
 *
 * By turns a customer of the team `marks` waits, which fires a rule on that team's waiting
 * tickets, and waits no more, which clears it. Each has a topic of its own, `ticket.mark`. */
#ifndef TP_TESTS_MARKS_H
#define TP_TESTS_MARKS_H

#include "tests/lib/peer.h"

enum { MARKS_EVERY_NS = 5000000 };

struct marks {
    void *socket;     /* the publisher's; borrowed, as this: */
    uint64_t *number; /* of all marks ever sent, so that tickets differ */
    uint64_t every, due, n;
    uint64_t sent_at[PEER_MARKS_MAX];
};

void marks_start(struct marks *m, void *socket, uint64_t *number, uint64_t every_ns);

/* Sends the next one if it is due. data: the marks; as stream_send wants it. */
void marks_send(void *data);

/* What was fired is cleared. */
void marks_end(struct marks *m);

/* Waits until the ear has heard all since `before`, for two silent seconds at most. The time of
 * each, in ms and in order of sending, into ret_took; how many were heard. */
uint64_t marks_took(const struct marks *m, const struct peer *ear, uint64_t before,
                    double *ret_took);

#endif
