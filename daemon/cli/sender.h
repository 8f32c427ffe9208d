/* sender.h: publishes batches of events to the daemon without losing any on the way.
 *
 * Connects, waits until the daemon has subscribed (what is published before goes nowhere), then
 * sends as fast as it is taken: a full daemon makes sender_event wait, and closing waits until the
 * last message is out. PUB/SUB has no acknowledgement: a daemon that dies takes with it what was
 * on the way; that is said, and sending goes on when it is back within half a minute.
 *
 * Or acknowledged (sender_open_acked): to the ingest socket, until each batch is on the daemon's
 * disk, also when it dies meanwhile and comes back. Blocks. */
#ifndef TP_DAEMON_CLI_SENDER_H
#define TP_DAEMON_CLI_SENDER_H

#include "core/event.h"
#include "core/limits.h"
#include "daemon/cli/acked.h"
#include "daemon/cli/options.h"
#include "proto/emit.h"

struct sender {
    void *context, *socket;
    void *monitor; /* tells when the connection goes and comes */
    bool connected;
    uint64_t connections, joined; /* made; those after which all was sent again */
    const char *endpoint;         /* borrowed */
    uint32_t batch;               /* most events of one message */
    uint32_t held;                /* events in the message under way */
    uint64_t events, messages;
    ms_t patience, moved; /* acked: no ack for so long is the end; monotonic time of the last */
    bool acknowledged, failed, away, nacked; /* the mode; what has been said */
    char client[NAME_BYTES_MAX + 1];
    struct emitter emitter;
    char payload[BATCH_BYTES_MAX];
    struct acked acked;
};

/* What --acked, --client and --patience said. */
struct acking {
    bool on;
    const char *client;
    ms_t patience;
};
extern struct acking acking;

/* Rows for the options of a command that can send acknowledged. */
#define ACKING_OPTIONS                                                                             \
    {"acked", OPTION_FLAG, &acking.on, W_O_ACKED, 0, 0},                                           \
        {"client", OPTION_TEXT, &acking.client, W_O_CLIENT, 0, 0},                                 \
    {                                                                                              \
        "patience", OPTION_DURATION, &acking.patience, W_O_PATIENCE, 1, MS_DAY                     \
    }

/* Connects and waits for a subscriber until the timeout or a signal to stop. false: complained
 * (not when stopped). Sizable: heap or static storage. */
bool sender_open(struct sender *s, const char *endpoint, uint32_t batch, ms_t timeout);

/* The same to the ingest socket, as acking says. The daemon knows us by the client's name and run:
 * two runs of one number must send the same batches; 0 = a run like no other. */
bool sender_open_acked(struct sender *s, const char *endpoint, uint32_t batch, uint64_t run);

/* Adds one event to the message under way and sends it when it is full. false: complained. */
bool sender_event(struct sender *s, const struct event *e);

/* Sends what is held. false: complained. */
bool sender_flush(struct sender *s);

/* Waits so long or less while nothing is to be sent; answers are taken in. false: complained. */
bool sender_wait(struct sender *s, ms_t ms);

/* Waits (at most half a minute) until everything is out, or acknowledged. false: complained that
 * it is not. */
bool sender_close(struct sender *s);

/* One line on stderr: what was sent in that time, or what became of it. */
void sender_sum_up(const struct sender *s, ms_t took);

#endif
