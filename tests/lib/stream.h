/* stream.h: the simulated help desk as encoded messages, sent as fast as they are taken or paced.
 *
 * A fill holds so many events as messages of `batch` events each; it is encoded beforehand, so
 * that sending costs little, and can be sent to several receivers in turn. Every event's ts is
 * set when its message goes out: what arrives is live traffic, whose events happen one after the
 * other even when a receiver's queue takes many at once.
 *
 *     stream_open(&s, agents, live, seed);
 *     stream_fill(&s, 1000000, 64);
 *     stream_send(&s, socket, 200000, false, NULL, NULL);
 *     stream_close(&s);
 */
#ifndef TP_TESTS_STREAM_H
#define TP_TESTS_STREAM_H

#include "daemon/cli/traffic.h"

struct stream_message {
    char *p;
    uint32_t n;     /* bytes */
    uint32_t first; /* of its events, in stream.stamp */
    uint32_t events;
};

struct stream {
    struct traffic *traffic;
    char *bytes; /* of all messages */
    size_t room, used;
    uint32_t *stamp; /* per event: where in its message the eight bytes of ts stand */
    struct stream_message *message;
    uint32_t events, messages, cap; /* of this fill; of both arrays */
    double at;                      /* ts of the last event sent */
};

/* Teams of 25, 60 categories; `live` tickets are open all the time. Ends the program when there
 * is no memory. */
void stream_open(struct stream *s, uint32_t agents, uint32_t live, uint64_t seed);
void stream_close(struct stream *s);

/* The next events of the help desk. batch 1: a bare map each. */
void stream_fill(struct stream *s, uint32_t events, uint32_t batch);

/* Sends the fill with the topic `ticket` from a publisher's socket; nanoseconds that it took.
 * rate: events a second, in ts and, when paced, on the wire; else they go as fast as they are
 * taken, with ts behind the clock by about STREAM_BEHIND_MS. ts never go back. each: called before
 * every message. */
enum { STREAM_BEHIND_MS = 5000 };
uint64_t stream_send(struct stream *s, void *socket, double rate, bool paced,
                     void (*each)(void *data), void *data);

/* Events at this rate, for so long: how many of a fill are they? */
uint32_t stream_events(double rate, double seconds);

/* Monotonic nanoseconds. */
uint64_t stream_clock(void);

#endif
