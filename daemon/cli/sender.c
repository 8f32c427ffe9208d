#include "daemon/cli/sender.h"

#include "daemon/cli/keyring.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/words.h"
#include "daemon/clock.h"
#include "proto/text.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>
#include <zmq.h>

#define TOPIC "ticket"

enum {
    MESSAGES_AHEAD = 64, /* on the way at a time */
    EVENT_ROOM = 8192,   /* more than any event takes: texts are bounded by 64 bytes */
    LINGER_MS = 30 * 1000,
    STOP_LINGER_MS = 2000,
    SLICE_MS = 200,                  /* how soon a stop is seen */
    TAKE_MS = 20,                    /* until a full socket is tried again */
    LABEL_MAX = NAME_BYTES_MAX - 17, /* of a client: the run follows */
};

struct acking acking = {.client = "ticketpulse", .patience = MS_MINUTE};

static bool complain(const struct sender *s, enum word w)
{
    word_error(w, s->endpoint, zmq_strerror(errno), NULL);
    return false;
}

/* Waits for a subscription that our topic matches. */
static bool wait_for_subscriber(struct sender *s, ms_t timeout)
{
    zmq_pollitem_t item = {.socket = s->socket, .events = ZMQ_POLLIN};
    for (ms_t waited = 0; waited < timeout && !stop_asked(); waited += SLICE_MS) {
        if (zmq_poll(&item, 1, SLICE_MS) <= 0)
            continue;
        char said[sizeof(TOPIC)]; /* 1 or 0, and the prefix; a longer one is none of ours */
        int n = zmq_recv(s->socket, said, sizeof(said), ZMQ_DONTWAIT);
        if (n > 0 && n <= (int)sizeof(said) && said[0] == 1 &&
            memcmp(said + 1, TOPIC, (size_t)n - 1) == 0)
            return true;
    }
    return false;
}

/* Takes in what became of the connection since the last look. */
static void look_at_connection(struct sender *s, long timeout)
{
    zmq_pollitem_t item = {.socket = s->monitor, .events = ZMQ_POLLIN};
    while (zmq_poll(&item, 1, timeout) > 0) {
        unsigned char frame[8] = {0}, address[256];
        uint16_t event; /* the frame's first two bytes, the machine's order */
        zmq_recv(s->monitor, frame, sizeof(frame), 0);
        zmq_recv(s->monitor, address, sizeof(address), 0);
        memcpy(&event, frame, sizeof(event));
        s->connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        s->connections += s->connected;
        timeout = 0;
    }
}

static bool wait_for_connection(struct sender *s, ms_t timeout)
{
    ms_t end = clock_monotonic() + timeout;
    for (ms_t left = timeout; !s->connected && left > 0 && !stop_asked();
         left = end - clock_monotonic())
        look_at_connection(s, (long)ms_min(left, SLICE_MS));
    return s->connected;
}

static bool wait_for_return(struct sender *s)
{
    if (!wait_for_connection(s, LINGER_MS) && !stop_asked())
        word_error(W_E_NO_SUBSCRIBER, s->endpoint, NULL, NULL);
    return s->connected;
}

static bool watch(struct sender *s)
{
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(s->socket, "inproc://sender-monitor", events) != 0)
        return false;
    s->monitor = zmq_socket(s->context, ZMQ_PAIR);
    return s->monitor != NULL && zmq_connect(s->monitor, "inproc://sender-monitor") == 0;
}

static void create(struct sender *s, const char *endpoint, uint32_t batch, int kind)
{
    CHECK(batch >= 1 && batch <= BATCH_EVENTS_MAX);
    memset(s, 0, offsetof(struct sender, payload));
    s->endpoint = endpoint;
    s->batch = batch;
    s->context = zmq_ctx_new();
    s->socket = s->context != NULL ? zmq_socket(s->context, kind) : NULL;
}

static bool connect_to_daemon(struct sender *s)
{
    return keyring_show(s->socket) &&
           (zmq_connect(s->socket, s->endpoint) == 0 || complain(s, W_E_SOCKET));
}

bool sender_open(struct sender *s, const char *endpoint, uint32_t batch, ms_t timeout)
{
    create(s, endpoint, batch, ZMQ_XPUB);
    int ahead = MESSAGES_AHEAD, linger = LINGER_MS, patience = LINGER_MS, one = 1;
    if (s->socket == NULL || zmq_setsockopt(s->socket, ZMQ_SNDHWM, &ahead, sizeof(ahead)) != 0 ||
        zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof(linger)) != 0 ||
        zmq_setsockopt(s->socket, ZMQ_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
        zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &one, sizeof(one)) != 0 || !watch(s)) {
        complain(s, W_E_SOCKET);
        sender_close(s);
        return false;
    }
    if (!connect_to_daemon(s)) {
        sender_close(s);
        return false;
    }
    if (!wait_for_subscriber(s, timeout)) {
        if (!stop_asked())
            word_error(W_E_NO_SUBSCRIBER, endpoint, NULL, NULL);
        sender_close(s);
        return false;
    }
    return true;
}

/* --- acknowledged ------------------------------------------------------------------------- */

/* The name of this run: the run's number is a part of it, because a name with other batches under
 * the same numbers would have them taken for repetitions. */
static bool name_client(struct sender *s, uint64_t run)
{
    if (strlen(acking.client) > LABEL_MAX || acking.client[0] == '\0') {
        word_error(W_E_CLIENT, NULL, NULL, NULL);
        return false;
    }
    if (run == 0 && getrandom(&run, sizeof(run), 0) != sizeof(run))
        return complain(s, W_E_SOCKET);
    snprintf(s->client, sizeof(s->client), "%s-%016" PRIx64, acking.client, run);
    return true;
}

bool sender_open_acked(struct sender *s, const char *endpoint, uint32_t batch, uint64_t run)
{
    create(s, endpoint, batch, ZMQ_DEALER);
    acked_begin(&s->acked);
    s->acknowledged = true;
    s->patience = acking.patience;
    /* Nothing waits in the socket for a connection: what is not acknowledged is with us. */
    int ahead = 2 * ACKED_WINDOW, one = 1, zero = 0;
    bool good = s->socket != NULL &&
                zmq_setsockopt(s->socket, ZMQ_SNDHWM, &ahead, sizeof(ahead)) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_RCVHWM, &zero, sizeof(zero)) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_LINGER, &zero, sizeof(zero)) == 0 &&
                zmq_setsockopt(s->socket, ZMQ_IMMEDIATE, &one, sizeof(one)) == 0 && watch(s);
    if (!good)
        complain(s, W_E_SOCKET);
    good = good && name_client(s, run) && connect_to_daemon(s);
    if (good && !wait_for_connection(s, s->patience)) {
        char patience[PHRASE_MAX];
        phrase_duration(patience, s->patience, words_lang());
        if (!stop_asked())
            word_error(W_E_NO_INGEST, endpoint, patience, NULL);
        good = false;
    }
    if (!good)
        sender_close(s);
    return good;
}

/* Ends the run: nothing more is waited for. */
static bool fail(struct sender *s, enum word w, const char *a, const char *b)
{
    s->failed = true;
    word_error(w, a, b, NULL);
    return false;
}

/* false: not now. */
static bool transmit(struct sender *s, const struct acked_batch *b)
{
    struct emitter em;
    char head[NAME_BYTES_MAX + 64];
    emit_start(&em, SINK_MSGPACK, head, sizeof(head));
    emit_map(&em, NULL);
    emit_text(&em, "client", s->client);
    emit_uint(&em, "batch", b->number);
    emit_end(&em);
    int n = emit_finish(&em);
    CHECK(n > 0);
    if (zmq_send(s->socket, "batch", 5, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return false;
    /* A connection that goes here takes the rest; the batch is sent again after it. */
    (void)zmq_send(s->socket, head, (size_t)n, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    (void)zmq_send(s->socket, b->payload, b->n, ZMQ_DONTWAIT);
    s->messages++;
    return true;
}

static void transmit_due(struct sender *s)
{
    if (s->joined != s->connections)
        acked_again(&s->acked);
    s->joined = s->connections;
    ms_t now = clock_monotonic();
    struct acked_batch *b;
    while (s->connected && (b = acked_due(&s->acked, now)) != NULL && transmit(s, b))
        acked_sent(b, now);
}

/* One answer: [word][head]. false: complained. */
static bool hear(struct sender *s, zmq_msg_t *frame)
{
    char word_frame[8];
    struct str said = {word_frame, 0};
    int n = zmq_recv(s->socket, word_frame, sizeof(word_frame), ZMQ_DONTWAIT);
    bool more = false;
    if (n < 0)
        return true;
    said.len = (uint32_t)ms_min(n, (ms_t)sizeof(word_frame));
    int rcvmore;
    size_t size = sizeof(rcvmore);
    do {
        if (zmq_getsockopt(s->socket, ZMQ_RCVMORE, &rcvmore, &size) != 0 || rcvmore == 0)
            break;
        more = zmq_msg_recv(frame, s->socket, ZMQ_DONTWAIT) >= 0;
    } while (more);
    ms_t now = clock_monotonic();
    switch (acked_hear(&s->acked, said, zmq_msg_data(frame), zmq_msg_size(frame), now)) {
    case ACKED_ACK:
        s->moved = now;
        s->nacked = false;
        break;
    case ACKED_NACK:
        if (!s->nacked && strcmp(s->acked.reason, "busy") != 0) { /* busy lasts milliseconds */
            s->nacked = true;
            word_error(W_NACKED, s->acked.reason, NULL, NULL);
        }
        break;
    case ACKED_ERROR:
        return fail(s, W_E_REFUSED, s->acked.code, s->acked.reason);
    case ACKED_NOISE:
        break;
    }
    return true;
}

/* Sends what is due and takes in answers; waits at most so long for one. false: complained. */
static bool turn(struct sender *s, ms_t wait)
{
    look_at_connection(s, 0);
    if (s->connected == s->away) {
        s->away = !s->connected;
        if (s->away)
            word_error(W_AWAY, s->endpoint, NULL, NULL);
    }
    transmit_due(s);
    zmq_pollitem_t items[] = {{.socket = s->socket, .events = ZMQ_POLLIN},
                              {.socket = s->monitor, .events = ZMQ_POLLIN}};
    ms_t now = clock_monotonic();
    /* What is due and was not taken is tried again a moment later. */
    wait = ms_min(wait, ms_max(acked_next(&s->acked) - now, TAKE_MS));
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool good = true;
    if (zmq_poll(items, 2, (long)wait) > 0)
        do {
            good = hear(s, &frame);
        } while (good && zmq_poll(items, 1, 0) > 0);
    zmq_msg_close(&frame);
    if (good && s->acked.waiting > 0 && clock_monotonic() - s->moved > s->patience) {
        char patience[PHRASE_MAX];
        phrase_duration(patience, s->patience, words_lang());
        return fail(s, W_E_NO_ACK, s->endpoint, patience);
    }
    return good;
}

static bool flush_acked(struct sender *s, size_t n)
{
    while (acked_full(&s->acked))
        if (stop_asked() || !turn(s, SLICE_MS))
            return false;
    if (s->acked.waiting == 0)
        s->moved = clock_monotonic();
    if (!acked_add(&s->acked, s->payload, n))
        return fail(s, W_E_MEMORY, NULL, NULL);
    return turn(s, 0);
}

static uint64_t unacknowledged(const struct sender *s)
{
    const struct acked *a = &s->acked;
    return s->events - (a->accepted + a->duplicates + a->late + a->rejected);
}

/* Waits until every batch is acknowledged; who stops us does not want to wait for long. */
static bool settle(struct sender *s)
{
    ms_t stopped = MS_NEVER;
    while (s->acked.waiting > 0 && !s->failed) {
        if (stop_asked() && stopped == MS_NEVER)
            stopped = clock_monotonic();
        if (stopped != MS_NEVER && clock_monotonic() - stopped > STOP_LINGER_MS)
            break;
        turn(s, SLICE_MS);
    }
    return s->acked.waiting == 0 && unacknowledged(s) == 0;
}

/* --- both --------------------------------------------------------------------------------- */

static void begin(struct sender *s)
{
    emit_start(&s->emitter, SINK_MSGPACK, s->payload, sizeof(s->payload));
    if (s->batch > 1)
        emit_array(&s->emitter, NULL);
}

bool sender_event(struct sender *s, const struct event *e)
{
    if (s->held == 0)
        begin(s);
    event_emit(&s->emitter, NULL, e);
    s->events++;
    s->held++;
    if (s->held < s->batch && s->emitter.n < sizeof(s->payload) - EVENT_ROOM)
        return true;
    return sender_flush(s);
}

bool sender_flush(struct sender *s)
{
    if (s->held == 0)
        return true;
    if (s->batch > 1)
        emit_end(&s->emitter);
    int n = emit_finish(&s->emitter);
    CHECK(n > 0);
    s->held = 0;
    if (s->acknowledged)
        return flush_acked(s, (size_t)n);
    /* Without a connection the next messages would wait in the socket, and nobody would know. */
    look_at_connection(s, 0);
    if (!s->connected) {
        word_error(W_E_GONE, s->endpoint, NULL, NULL);
        if (!wait_for_return(s))
            return false;
    }
    if (zmq_send(s->socket, TOPIC, sizeof(TOPIC) - 1, ZMQ_SNDMORE) < 0 ||
        zmq_send(s->socket, s->payload, (size_t)n, 0) < 0) {
        char patience[PHRASE_MAX]; /* full for so long: it does not read */
        phrase_duration(patience, LINGER_MS, words_lang());
        if (errno != EAGAIN)
            return complain(s, W_E_SOCKET);
        word_error(W_E_NO_ANSWER, s->endpoint, patience, NULL);
        return false;
    }
    s->messages++;
    return true;
}

bool sender_wait(struct sender *s, ms_t ms)
{
    if (s->acknowledged && s->acked.waiting > 0)
        return turn(s, ms);
    stop_wait(ms);
    return true;
}

bool sender_close(struct sender *s)
{
    bool good = true;
    if (s->acknowledged) {
        good = settle(s);
        acked_end(&s->acked);
    } else if (s->monitor != NULL) {
        look_at_connection(s, 0);
        good = s->messages == 0 || wait_for_return(s);
    }
    if (s->monitor != NULL)
        zmq_close(s->monitor);
    if (s->socket != NULL) {
        int linger = STOP_LINGER_MS; /* whoever stops us does not want to wait for long */
        if (stop_asked())
            zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof(linger));
        zmq_close(s->socket);
    }
    if (s->context != NULL)
        while (zmq_ctx_term(s->context) != 0 && errno == EINTR)
            continue;
    s->socket = s->context = s->monitor = NULL;
    return good;
}

static void sum_up_acked(const struct sender *s)
{
    const struct acked *a = &s->acked;
    char accepted[24], duplicates[24], late[24], count[24];
    snprintf(accepted, sizeof(accepted), "%" PRIu64, a->accepted);
    snprintf(duplicates, sizeof(duplicates), "%" PRIu64, a->duplicates);
    snprintf(late, sizeof(late), "%" PRIu64, a->late);
    word_print(stderr, W_ACKED, accepted, duplicates, late);
    snprintf(count, sizeof(count), "%" PRIu64, a->rejected);
    word_print(stderr, W_ACKED_REJECTED, count, NULL, NULL);
    for (uint32_t i = 0; i < a->rejections; i++)
        fprintf(stderr, "%s%s %" PRIu64, i == 0 ? " (" : ", ", a->rejection[i].reason,
                a->rejection[i].n);
    fputs(a->rejections > 0 ? ")\n" : "\n", stderr);
    if (unacknowledged(s) > 0) {
        snprintf(count, sizeof(count), "%" PRIu64, unacknowledged(s));
        word_error(W_E_NOT_ACKED, count, NULL, NULL);
    }
}

void sender_sum_up(const struct sender *s, ms_t took)
{
    char events[24], messages[24], rate[24];
    snprintf(events, sizeof(events), "%" PRIu64, s->events);
    snprintf(messages, sizeof(messages), "%" PRIu64, s->messages);
    snprintf(rate, sizeof(rate), "%.0f", (double)s->events * 1000 / (double)ms_max(1, took));
    word_print(stderr, W_SENT, events, messages, rate);
    fputc('\n', stderr);
    if (s->acknowledged)
        sum_up_acked(s);
}
