/* bus.h: the daemon's sockets: events in (SUB), published messages out (XPUB), queries (ROUTER).
 *
 * Events come through one socket that binds and one per publisher that we connect to: each has a
 * queue of its own, and who speaks there is known by the endpoint.
 *
 * Publishing numbers the messages of each stream, keeps the last alerts, and knows which topics
 * anybody wants, so that snapshots nobody reads need not be computed. Sending never waits: a
 * reader who is too slow loses messages, and `dropped` counts those sent meanwhile. */
#ifndef TP_DAEMON_BUS_H
#define TP_DAEMON_BUS_H

#include "daemon/auth.h"
#include "daemon/config.h"
#include "daemon/prefixes.h"
#include "daemon/recent.h"
#include "daemon/runs.h"
#include "daemon/zsock.h"
#include "proto/encode.h"
#include "proto/topic.h"

enum { BUS_RUN_BYTES = 16, BUS_EVENTS_MAX = 1 + CONFIG_TEXTS_MAX, BUS_LINES_MAX = 96 };

/* Keys of ours, in the order in which endpoints are bound: none, the one that is given up. */
enum bus_pair { PAIR_NONE, PAIR_OLD, PAIR_NOW, PAIRS };

/* An endpoint of a socket. */
struct bus_line {
    struct zsock *socket;
    const char *name; /* of the socket */
    uint8_t pair;     /* enum bus_pair: which key it asks for */
    bool connected;   /* we went there; else it is bound */
    char endpoint[ZSOCK_ENDPOINT_MAX];
};

struct bus {
    struct zsock events[BUS_EVENTS_MAX]; /* the first binds, the others connect */
    uint32_t events_n;
    struct zsock out, query, ingest;
    struct auth auth;
    struct curve_pair pair[PAIRS]; /* what is bound anew is given its key anew */
    struct bus_line line[BUS_LINES_MAX];
    uint32_t lines;
    uint32_t shed;            /* how often bus_shed was called */
    struct prefixes prefixes; /* that readers get, */
    struct prefixes denied;   /* and that they asked for in vain */
    struct recent recent;     /* by number: base + seq */
    uint64_t base;            /* number of the last alert before this run (runs.h) */
    const struct runs *runs;  /* borrowed; NULL: nothing is known of others */
    struct log *log;          /* borrowed */
    uint64_t seq[STREAM_N];   /* of the last message of each stream */
    uint64_t dropped;         /* messages sent while some reader could take no more */
    bool lossless;            /* XPUB tells us when a reader is full */
    int open;                 /* sockets not yet closed */
    void (*closed)(struct bus *b);
    void *data; /* the owner's */
    /* Hears every message that anybody wants (prefixes); NULL: nobody listens here. */
    void (*tap)(void *data, enum stream stream, const struct topic *topic, const void *message,
                size_t n);
    void *tap_data;
    char run[BUS_RUN_BYTES + 1];
};

/* Before all else: alerts of before the sockets are there are numbered and kept too. data: of all
 * sockets and the bus. run: a number no other run has. false: logged why;
 * bus_close must still be called. */
MUST_CHECK bool bus_init(struct bus *b, const struct config *config, struct log *log, void *data,
                         uint64_t run);

/* Alerts of earlier runs come first: up to `base`, which runs knows, kept ones by bus_recall in
 * order. */
void bus_follow(struct bus *b, const struct runs *runs, uint64_t base);
void bus_recall(struct bus *b, uint64_t number, struct str topic, const void *message, size_t n);

/* Opens all sockets of the configuration; every endpoint is logged as it really is. false:
 * logged what failed; bus_close must still be called. peers: counted there. */
MUST_CHECK bool bus_open(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *config,
                         struct peers *peers, zsock_cb *on_events, zsock_cb *on_query,
                         zsock_cb *on_ingest);

/* Other clients are in force; revoked: some lost rights, so everybody has to show a key anew. */
void bus_secure(struct bus *b, const struct security *security, bool revoked);

/* Cuts every connection of one socket, and what libzmq keeps for them is free: of `query` first,
 * then `ingest`, `out`, and the sockets of events, call by call; then from the beginning. Returns
 * its name. */
const char *bus_shed(struct bus *b);

/* Would anybody get a message with this topic? */
bool bus_wants(const struct bus *b, const struct topic *topic);

/* Might anybody get a message whose topic begins so? */
bool bus_wants_any(const struct bus *b, struct str beginning);

/* What the next message of the stream begins with. */
struct envelope bus_envelope(const struct bus *b, enum stream stream, ms_t at);

/* Sends the message made with bus_envelope; it counts from now on. */
void bus_publish(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
                 size_t n);

/* Likewise, but it is only kept for those who ask for it, and sent to nobody. */
void bus_keep(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
              size_t n);

/* Shown to live streams only; it has no number and nobody else gets it. */
void bus_show(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
              size_t n);

/* Once a second: asks anew to be told about full readers. */
void bus_refresh(struct bus *b);

/* Nothing more is received: what was taken in is the last of it. */
void bus_deafen(struct bus *b);

/* Frees everything; closed is called from the loop when the last socket is gone. */
void bus_close(struct bus *b, void (*closed)(struct bus *b));

#endif
