#include "daemon/cli/sender.h"

#include "daemon/cli/keyring.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/words.h"
#include "proto/text.h"

#include <errno.h>
#include <zmq.h>

#define TOPIC "ticket"

enum {
    MESSAGES_AHEAD = 64, /* on the way at a time */
    EVENT_ROOM = 8192,   /* more than any event takes: texts are bounded by 64 bytes */
    LINGER_MS = 30 * 1000,
    STOP_LINGER_MS = 2000,
    SLICE_MS = 200, /* how soon a stop is seen */
};

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
        timeout = 0;
    }
}

static bool wait_for_connection(struct sender *s)
{
    for (ms_t waited = 0; !s->connected && waited < LINGER_MS && !stop_asked(); waited += SLICE_MS)
        look_at_connection(s, SLICE_MS);
    if (!s->connected && !stop_asked())
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

bool sender_open(struct sender *s, const char *endpoint, uint32_t batch, ms_t timeout)
{
    CHECK(batch >= 1 && batch <= BATCH_EVENTS_MAX);
    memset(s, 0, offsetof(struct sender, payload));
    s->endpoint = endpoint;
    s->batch = batch;
    s->context = zmq_ctx_new();
    s->socket = s->context != NULL ? zmq_socket(s->context, ZMQ_XPUB) : NULL;
    int ahead = MESSAGES_AHEAD, linger = LINGER_MS, patience = LINGER_MS, one = 1;
    if (s->socket == NULL || zmq_setsockopt(s->socket, ZMQ_SNDHWM, &ahead, sizeof(ahead)) != 0 ||
        zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof(linger)) != 0 ||
        zmq_setsockopt(s->socket, ZMQ_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
        zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &one, sizeof(one)) != 0 || !watch(s)) {
        complain(s, W_E_SOCKET);
        sender_close(s);
        return false;
    }
    if (!keyring_show(s->socket) ||
        (zmq_connect(s->socket, endpoint) != 0 && !complain(s, W_E_SOCKET))) {
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
    /* Without a connection the next messages would wait in the socket, and nobody would know. */
    look_at_connection(s, 0);
    if (!s->connected) {
        word_error(W_E_GONE, s->endpoint, NULL, NULL);
        if (!wait_for_connection(s))
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

bool sender_close(struct sender *s)
{
    bool good = true;
    if (s->monitor != NULL) {
        look_at_connection(s, 0);
        good = s->messages == 0 || wait_for_connection(s);
        zmq_close(s->monitor);
    }
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
