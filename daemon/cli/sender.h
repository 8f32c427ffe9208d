/* sender.h: publishes batches of events to the daemon without losing any on the way.
 *
 * Connects, waits until the daemon has subscribed (what is published before goes nowhere), then
 * sends as fast as it is taken: a full daemon makes sender_event wait, and closing waits until the
 * last message is out. PUB/SUB has no acknowledgement: a daemon that dies takes with it what was
 * on the way; that is said, and sending goes on when it is back within half a minute. Blocks. */
#ifndef TP_DAEMON_CLI_SENDER_H
#define TP_DAEMON_CLI_SENDER_H

#include "core/event.h"
#include "core/limits.h"
#include "proto/emit.h"

struct sender {
    void *context, *socket;
    void *monitor; /* tells when the connection goes and comes */
    bool connected;
    const char *endpoint; /* borrowed */
    uint32_t batch;       /* most events of one message */
    uint32_t held;        /* events in the message under way */
    uint64_t events, messages;
    struct emitter emitter;
    char payload[BATCH_BYTES_MAX];
};

/* Connects and waits for a subscriber until the timeout or a signal to stop. false: complained
 * (not when stopped). Sizable: heap or static storage. */
bool sender_open(struct sender *s, const char *endpoint, uint32_t batch, ms_t timeout);

/* Adds one event to the message under way and sends it when it is full. false: complained. */
bool sender_event(struct sender *s, const struct event *e);

/* Sends what is held. false: complained. */
bool sender_flush(struct sender *s);

/* Waits (at most half a minute) until everything is out. false: complained that it is not. */
bool sender_close(struct sender *s);

#endif
