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

/* Who may not read it gets nothing for it. With keys, XPUB leaves the answer to us (MANUAL). */
static void subscribe(struct bus *b, zmq_msg_t *msg, struct str prefix)
{
    const struct security_client *client;
    char text[LOG_TEXT_MAX];
    int err = auth_sender(&b->auth, msg, ROLE_SUBSCRIBE | ROLE_OPERATE, &client);
    /* Heartbeats tell a reader whether it missed something; every one may have them. */
    bool may = err == 0 && (client == NULL || str_equal(prefix, str_of(TOPIC_HEARTBEAT)) ||
                            security_may_read(client, prefix));
    if (!may) {
        b->auth.peers->subscriptions++;
        log_warning(b->log, "subscription refused", "client=%s prefix=%s",
                    client == NULL ? "-" : client->name, log_text(text, prefix));
        prefixes_add(&b->denied, prefix);
        return;
    }
    prefixes_add(&b->prefixes, prefix);
    if (b->auth.guards)
        (void)zmq_setsockopt(b->out.socket, ZMQ_SUBSCRIBE, prefix.p, prefix.len);
}

/* Whose it was is not told when a reader leaves. One that was refused goes first: so what somebody
 * reads is never taken for unread, at worst the other way round until both have left. */
static void unsubscribe(struct bus *b, struct str prefix)
{
    if (!prefixes_remove(&b->denied, prefix))
        (void)prefixes_remove(&b->prefixes, prefix);
    if (b->auth.guards)
        (void)zmq_setsockopt(b->out.socket, ZMQ_UNSUBSCRIBE, prefix.p, prefix.len);
}

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
            subscribe(b, &msg, prefix);
        else
            unsubscribe(b, prefix);
    }
    zmq_msg_close(&msg);
}

static bool failed(struct bus *b, const char *socket, const char *what, int err)
{
    log_error(b->log, "socket failed", "socket=%s at=%s error=\"%s\"", socket, what,
              zmq_strerror(-err));
    return false;
}

static struct bus_line *add_line(struct bus *b, struct zsock *z, const char *name,
                                 const char *endpoint)
{
    CHECK(b->lines < BUS_LINES_MAX);
    struct bus_line *line = &b->line[b->lines++];
    *line = (struct bus_line){.socket = z, .name = name};
    memcpy(line->endpoint, endpoint, strlen(endpoint) + 1);
    return line;
}

/* What is bound from now on asks for this key. */
static int guard(struct bus *b, const struct bus_line *line)
{
    char domain[32];
    if (line->pair == PAIR_NONE)
        return 0;
    snprintf(domain, sizeof domain, "%s%s", line->name,
             line->pair == PAIR_OLD ? AUTH_PREVIOUS : "");
    return zsock_guard(line->socket, &b->pair[line->pair], domain);
}

static bool bind_one(struct bus *b, struct zsock *z, const char *name, const char *endpoint,
                     enum bus_pair pair)
{
    static const char *const curve[PAIRS] = {"", " curve=previous", " curve=yes"};
    char real[ZSOCK_ENDPOINT_MAX];
    struct bus_line *line = add_line(b, z, name, endpoint);
    line->pair = (uint8_t)pair;
    int err = guard(b, line);
    if (err == 0)
        err = zsock_bind(z, endpoint, real);
    if (err != 0)
        return failed(b, name, endpoint, err);
    memcpy(line->endpoint, real, sizeof real);
    log_info(b->log, "listening", "socket=%s endpoint=%s%s", name, real, curve[pair]);
    return true;
}

/* Which of our keys an endpoint asks for. */
static enum bus_pair pair_of(const struct config *c, const char *endpoint)
{
    if (c->server_key[0] == 0 || strncmp(endpoint, "tcp:", 4) != 0)
        return PAIR_NONE;
    return config_has_text(&c->previous_endpoints, endpoint) ? PAIR_OLD : PAIR_NOW;
}

/* Each endpoint keeps the key that was set when it was bound; open ones first, there is no way
 * back to none. */
static bool bind_all(struct bus *b, struct zsock *z, const char *name,
                     const struct config_texts *endpoints, const struct config *c)
{
    for (enum bus_pair pair = PAIR_NONE; pair < PAIRS; pair++)
        for (uint32_t i = 0; i < endpoints->n; i++)
            if (pair_of(c, endpoints->at[i]) == pair &&
                !bind_one(b, z, name, endpoints->at[i], pair))
                return false;
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
        const char *endpoint = c->events_connect.at[i];
        const struct security_publisher *p = security_publisher(c->security, endpoint);
        int err = p == NULL ? 0 : zsock_show(z, &b->pair[PAIR_NOW], p->key);
        if (err == 0)
            err = zsock_connect(z, endpoint);
        if (err != 0)
            return failed(b, "events", endpoint, err);
        add_line(b, z, "events", endpoint)->connected = true;
        log_info(b->log, "connecting", "socket=events endpoint=%s%s", endpoint,
                 p == NULL ? "" : " curve=yes");
    }
    return true;
}

/* Sockets that ask for keys need somebody to tell them whose are good, before they bind. */
static bool open_auth(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *c,
                      struct peers *peers)
{
    int err = auth_open(&b->auth, loop, zmq, c->security, peers, b->log);
    if (err == 0)
        err = auth_watch(&b->auth, &b->events[0], "events");
    if (err == 0)
        err = auth_watch(&b->auth, &b->out, "out");
    if (err == 0)
        err = auth_watch(&b->auth, &b->query, "query");
    if (err == 0 && b->ingest.socket != NULL)
        err = auth_watch(&b->auth, &b->ingest, "ingest");
    if (err == 0)
        err = zsock_set(&b->out, ZMQ_XPUB_MANUAL, 1);
    return err == 0 || failed(b, "zap", "open", err);
}

bool bus_init(struct bus *b, const struct config *config, struct log *log, void *data, uint64_t run)
{
    *b = (struct bus){.log = log, .data = data};
    snprintf(b->run, sizeof b->run, "%016llx", (unsigned long long)run);
    return recent_init(&b->recent, config->alerts_kept) || failed(b, "out", "alerts_kept", -ENOMEM);
}

static bool open_all(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *config,
                     zsock_cb *on_events, zsock_cb *on_query)
{
    const struct zsock_options out = {.message_max = SUBSCRIPTION_BYTES_MAX,
                                      .send_max = out_waiting(&config->limits)};
    const struct zsock_options query = {
        .message_max = QUERY_BYTES_MAX, .send_max = SENDS_WAITING, .receive_max = QUERIES_WAITING};
    if (open_events(b, loop, zmq, config, on_events) == NULL ||
        !open_one(b, loop, zmq, &b->out, ZMQ_XPUB, "out", &out, on_subscription) ||
        !open_one(b, loop, zmq, &b->query, ZMQ_ROUTER, "query", &query, on_query))
        return false;
    b->out.data = b;
    int err = zsock_set(&b->query, ZMQ_ROUTER_MANDATORY, 1);
    return err == 0 || failed(b, "query", "open", err);
}

/* Without a state directory nothing could be promised: there is no such socket then. */
static bool open_ingest(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *config,
                        zsock_cb *on_ingest)
{
    const struct zsock_options ingest = {.message_max = EVENT_BYTES_MAX, .send_max = SENDS_WAITING};
    return config->state_dir[0] == 0 || config->ingest.n == 0 ||
           open_one(b, loop, zmq, &b->ingest, ZMQ_ROUTER, "ingest", &ingest, on_ingest);
}

static bool read_pair(struct bus *b, const char *file, struct curve_pair *ret)
{
    const char *why;
    *ret = (struct curve_pair){.public = ""};
    if (file[0] == 0 || curve_read(file, ret, &why))
        return true;
    log_error(b->log, "no server key", "file=%s error=\"%s\"", file, why);
    return false;
}

static bool bind_sockets(struct bus *b, const struct config *c)
{
    return bind_all(b, &b->out, "out", &c->out, c) &&
           bind_all(b, &b->query, "query", &c->query, c) &&
           (b->ingest.socket == NULL || bind_all(b, &b->ingest, "ingest", &c->ingest, c)) &&
           bind_all(b, &b->events[0], "events", &c->events_bind, c);
}

bool bus_open(struct bus *b, uv_loop_t *loop, void *zmq, const struct config *config,
              struct peers *peers, zsock_cb *on_events, zsock_cb *on_query, zsock_cb *on_ingest)
{
    b->auth.peers = peers;
    if (!open_all(b, loop, zmq, config, on_events, on_query) ||
        !open_ingest(b, loop, zmq, config, on_ingest))
        return false;
    bus_refresh(b);
    return read_pair(b, config->server_key, &b->pair[PAIR_NOW]) &&
           read_pair(b, config->previous_key, &b->pair[PAIR_OLD]) &&
           (config->server_key[0] == 0 || open_auth(b, loop, zmq, config, peers)) &&
           bind_sockets(b, config) && connect_all(b, loop, zmq, config, on_events);
}

static void cut(struct bus *b, const struct bus_line *line)
{
    int err = line->connected ? 0 : guard(b, line);
    if (err == 0)
        err = line->connected ? zsock_reconnect(line->socket, line->endpoint)
                              : zsock_rebind(line->socket, line->endpoint);
    if (err != 0)
        failed(b, "all", line->endpoint, err);
}

void bus_secure(struct bus *b, const struct security *security, bool revoked)
{
    uint32_t endpoints = 0;
    b->auth.security = security;
    if (!b->auth.guards || !revoked)
        return;
    for (uint32_t i = 0; i < b->lines; i++) {
        if (b->line[i].pair == PAIR_NONE)
            continue;
        cut(b, &b->line[i]);
        endpoints++;
    }
    log_info(b->log, "connections cut", "endpoints=%u", endpoints);
}

const char *bus_shed(struct bus *b)
{
    static const char *const names[] = {"query", "ingest", "out", "events"};
    struct zsock *sockets[] = {&b->query, &b->ingest, &b->out};
    uint32_t at = b->shed++ % ARRAY_LEN(names);
    if (at == 1 && b->ingest.socket == NULL)
        at = b->shed++ % ARRAY_LEN(names);
    for (uint32_t i = 0; i < b->lines; i++) {
        const struct bus_line *line = &b->line[i];
        bool of_events = line->socket >= b->events && line->socket < b->events + b->events_n;
        bool its = at < ARRAY_LEN(sockets) ? line->socket == sockets[at] : of_events;
        /* What is open on a socket with keys could not be bound open again; it is local. */
        if (its && (line->pair != PAIR_NONE || line->connected || !b->auth.guards))
            cut(b, line);
    }
    return names[at];
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

void bus_keep(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
              size_t n)
{
    b->seq[stream]++;
    if (stream == STREAM_ALERT && !recent_add(&b->recent, topic_str(topic), message, n))
        log_error(b->log, "alerts not kept", "error=\"no memory\"");
}

void bus_follow(struct bus *b, const struct runs *runs, uint64_t base)
{
    b->runs = runs;
    b->base = base;
    recent_restart(&b->recent, base + 1);
}

void bus_recall(struct bus *b, uint64_t number, struct str topic, const void *message, size_t n)
{
    CHECK(number <= b->base && b->seq[STREAM_ALERT] == 0);
    if (number != b->recent.next) /* a gap: what is kept begins behind it */
        recent_restart(&b->recent, number);
    (void)recent_add(&b->recent, topic, message, n);
}

void bus_publish(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
                 size_t n)
{
    bus_keep(b, stream, topic, message, n);
    if (!bus_wants(b, topic))
        return;
    transmit(b, topic, message, n);
    if (b->tap != NULL)
        b->tap(b->tap_data, stream, topic, message, n);
}

void bus_show(struct bus *b, enum stream stream, const struct topic *topic, const void *message,
              size_t n)
{
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

void bus_deafen(struct bus *b)
{
    struct zsock *sockets[] = {&b->query, &b->ingest};
    for (size_t i = 0; i < ARRAY_LEN(sockets); i++)
        if (sockets[i]->socket != NULL)
            zsock_pause(sockets[i], true);
    for (uint32_t i = 0; i < b->events_n; i++)
        if (b->events[i].socket != NULL)
            zsock_pause(&b->events[i], true);
}

void bus_close(struct bus *b, void (*closed)(struct bus *b))
{
    struct zsock *sockets[BUS_EVENTS_MAX + 3] = {&b->out, &b->query, &b->ingest};
    for (uint32_t i = 0; i < BUS_EVENTS_MAX; i++)
        sockets[3 + i] = &b->events[i];
    b->closed = closed;
    explicit_bzero(b->pair, sizeof b->pair);
    prefixes_fini(&b->prefixes);
    prefixes_fini(&b->denied);
    recent_fini(&b->recent);
    if (b->auth.guards)
        b->open += (int)auth_close(&b->auth, on_closed, b);
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
