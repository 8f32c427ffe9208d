#include "daemon/bus.h"

#include "proto/request.h"

#include <errno.h>
#include <stdio.h>

enum {
    EVENT_BYTES_MAX =
        4 * BATCH_BYTES_MAX, /* ordinary oversize is refused with a reason by decode */
    SUBSCRIPTION_BYTES_MAX = 512,
    QUERY_BYTES_MAX = REQUEST_LARGE_MAX + 4096, /* likewise */
    QUERIES_WAITING = 64,
    SUBSCRIPTIONS_A_TURN = 256,
    SENDS_WAITING = 1000, /* to one peer; of events: subscriptions, which must not be dropped */
    OUT_WAITING_MIN = SENDS_WAITING,
    OUT_WAITING_MAX = 16384,
};

/* A reader tells (1) or takes back (0) a prefix. */
static void on_subscription(struct zsock *z)
{
    struct bus *b = z->data;
    zmq_msg_t msg;
    zmq_msg_init(&msg);
    for (int i = 0; i < SUBSCRIPTIONS_A_TURN && zsock_receive(z, &msg) == 1; i++) {
        const char *p = zmq_msg_data(&msg);
        size_t n = zmq_msg_size(&msg);
        if (n == 0 || (p[0] != 0 && p[0] != 1))
            continue; /* XPUB also hands over whatever else a reader sends */
        struct str prefix = {p + 1, (uint32_t)n - 1};
        if (p[0] == 1)
            prefixes_add(&b->prefixes, prefix);
        else
            prefixes_remove(&b->prefixes, prefix);
    }
    zmq_msg_close(&msg);
}

static bool failed(struct bus *b, const char *socket, const char *what, int err)
{
    log_error(b->log, "socket failed", "socket=%s at=%s error=\"%s\"", socket, what,
              zmq_strerror(-err));
    return false;
}

static bool bind_all(struct bus *b, struct zsock *z, const char *name,
                     const struct config_texts *endpoints)
{
    char real[ZSOCK_ENDPOINT_MAX];
    for (uint32_t i = 0; i < endpoints->n; i++) {
        int err = zsock_bind(z, endpoints->at[i], real);
        if (err != 0)
            return failed(b, name, endpoints->at[i], err);
        log_info(b->log, "listening", "socket=%s endpoint=%s", name, real);
    }
    return true;
}

/* A burst of two rounds of snapshots must fit: XPUB drops what a reader's pipe cannot take. */
static int out_waiting(const struct limits *l)
{
    uint64_t names = (uint64_t)l->agents + l->teams + l->channels + l->priorities + l->categories;
    return names * 2 < OUT_WAITING_MIN   ? OUT_WAITING_MIN
           : names * 2 > OUT_WAITING_MAX ? OUT_WAITING_MAX
                                         : (int)(names * 2);
}

static bool open_one(struct bus *b, uv_loop_t *loop, void *zmq, struct zsock *z, int type,
                     const char *name, const struct zsock_options *options, zsock_cb *ready)
{
    int err = zsock_open(z, loop, zmq, type, options, ready, b->data);
    if (err != 0)
        return failed(b, name, "open", err);
    b->open++;
    return true;
}

/* The next socket for events, subscribed to their topics. NULL: logged why. */
static struct zsock *open_events(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *c,
                                 zsock_cb *ready)
{
    const struct zsock_options options = {.message_max = EVENT_BYTES_MAX,
                                          .send_max = SENDS_WAITING};
    struct zsock *z = &b->events[b->events_n];
    if (!open_one(b, loop, zmq, z, ZMQ_SUB, "events", &options, ready))
        return NULL;
    b->events_n++;
    for (uint32_t i = 0; i < c->events_topics.n; i++) {
        int err = zsock_subscribe(z, c->events_topics.at[i]);
        if (err != 0) {
            failed(b, "events", c->events_topics.at[i], err);
            return NULL;
        }
    }
    return z;
}

static bool connect_all(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *c,
                        zsock_cb *ready)
{
    for (uint32_t i = 0; i < c->events_connect.n; i++) {
        struct zsock *z = open_events(b, loop, zmq, c, ready);
        if (z == NULL)
            return false;
        int err = zsock_connect(z, c->events_connect.at[i]);
        if (err != 0)
            return failed(b, "events", c->events_connect.at[i], err);
        log_info(b->log, "connecting", "socket=events endpoint=%s", c->events_connect.at[i]);
    }
    return true;
}

bool bus_open(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *config,
              struct log *log, zsock_cb *on_events, zsock_cb *on_query, void *data, uint64_t run)
{
    *b = (struct bus){.log = log, .data = data};
    snprintf(b->run, sizeof b->run, "%016llx", (unsigned long long)run);
    const struct zsock_options out = {.message_max = SUBSCRIPTION_BYTES_MAX,
                                      .send_max = out_waiting(&config->limits)};
    const struct zsock_options query = {
        .message_max = QUERY_BYTES_MAX, .send_max = SENDS_WAITING, .receive_max = QUERIES_WAITING};
    if (!recent_init(&b->recent, config->alerts_kept))
        return failed(b, "out", "alerts_kept", -ENOMEM);
    if (open_events(b, loop, zmq, config, on_events) == NULL ||
        !open_one(b, loop, zmq, &b->out, ZMQ_XPUB, "out", &out, on_subscription) ||
        !open_one(b, loop, zmq, &b->query, ZMQ_ROUTER, "query", &query, on_query))
        return false;
    b->out.data = b;
    int err = zsock_set(&b->query, ZMQ_ROUTER_MANDATORY, 1);
    if (err != 0)
        return failed(b, "query", "open", err);
    bus_refresh(b);
    return bind_all(b, &b->out, "out", &config->out) &&
           bind_all(b, &b->query, "query", &config->query) &&
           bind_all(b, &b->events[0], "events", &config->events_bind) &&
           connect_all(b, loop, zmq, config, on_events);
}

bool bus_wants(const struct bus *b, const struct topic *topic)
{
    return prefixes_want(&b->prefixes, topic_str(topic));
}

bool bus_wants_any(const struct bus *b, struct str beginning)
{
    return prefixes_want_any(&b->prefixes, beginning);
}

struct envelope bus_envelope(const struct bus *b, enum stream stream, ms_t at)
{
    return (struct envelope){
        .run = str_of(b->run), .at = at, .stream = (uint8_t)stream, .seq = b->seq[stream] + 1};
}

/* XPUB refuses a message when one reader is full and NODROP is set; then it is sent to the others
 * without, until the next refresh: one stalled reader must not cost a second call each time. */
static void transmit(struct bus *b, const struct topic *topic, const void *message, size_t n)
{
    int err = zsock_send(&b->out, topic->text, topic->len, true);
    if (err == -EAGAIN && b->lossless) {
        b->lossless = false;
        if (zsock_set(&b->out, ZMQ_XPUB_NODROP, 0) == 0)
            err = zsock_send(&b->out, topic->text, topic->len, true);
        log_warning(b->log, "slow reader", "socket=out dropped=%llu",
                    (unsigned long long)b->dropped + 1);
    }
    if (err == 0)
        err = zsock_send(&b->out, message, n, false);
    if (!b->lossless || err != 0)
        b->dropped++;
}

void bus_publish(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
                 size_t n)
{
    b->seq[stream]++;
    if (stream == STREAM_ALERT && !recent_add(&b->recent, topic_str(topic), message, n))
        log_error(b->log, "alerts not kept", "error=\"no memory\"");
    if (!bus_wants(b, topic))
        return;
    transmit(b, topic, message, n);
    if (b->tap != NULL)
        b->tap(b->tap_data, stream, topic, message, n);
}

void bus_refresh(struct bus *b)
{
    if (!b->lossless)
        b->lossless = zsock_set(&b->out, ZMQ_XPUB_NODROP, 1) == 0;
}

static void on_closed(struct zsock *z)
{
    struct bus *b = z->data;
    if (--b->open == 0 && b->closed != NULL)
        b->closed(b);
}

void bus_close(struct bus *b, void (*closed)(struct bus *b))
{
    struct zsock *sockets[BUS_EVENTS_MAX + 2] = {&b->out, &b->query};
    for (uint32_t i = 0; i < BUS_EVENTS_MAX; i++)
        sockets[2 + i] = &b->events[i];
    b->closed = closed;
    prefixes_fini(&b->prefixes);
    recent_fini(&b->recent);
    if (b->open == 0) {
        closed(b);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
        if (sockets[i]->socket == NULL)
            continue;
        sockets[i]->data = b;
        zsock_close(sockets[i], on_closed);
    }
}
