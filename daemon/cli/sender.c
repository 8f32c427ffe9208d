#include "daemon/cli/sender.h"

#include "daemon/cli/stop.h"
#include "daemon/cli/words.h"
#include "proto/text.h"

#include <errno.h>
#include <zmq.h>

enum {
    MESSAGES_AHEAD = 64, /* on the way at a time */
    EVENT_ROOM = 8192,   /* more than any event takes: texts are bounded by 64 bytes */
    LINGER_MS = 30 * 1000,
    SLICE_MS = 200, /* how soon a stop is seen */
};

static bool complain(const struct sender *s, enum word w)
{
    word_error(w, s->endpoint, zmq_strerror(errno), NULL);
    return false;
}

/* Takes in what the subscribers have said; timeout as of zmq_poll. */
static void listen_to_subscribers(struct sender *s, long timeout)
{
    zmq_pollitem_t item = {.socket = s->socket, .events = ZMQ_POLLIN};
    if (zmq_poll(&item, 1, timeout) <= 0)
        return;
    char said[256];
    int n;
    while ((n = zmq_recv(s->socket, said, sizeof(said), ZMQ_DONTWAIT)) > 0) {
        if (said[0] == 1)
            s->subscribers++;
        else if (said[0] == 0 && s->subscribers > 0)
            s->subscribers--;
    }
}

static bool wait_for_subscriber(struct sender *s, ms_t timeout)
{
    for (ms_t waited = 0; s->subscribers == 0 && waited < timeout && !stop_asked();
         waited += SLICE_MS)
        listen_to_subscribers(s, SLICE_MS);
    return s->subscribers > 0;
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
        zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &one, sizeof(one)) != 0 ||
        zmq_connect(s->socket, endpoint) != 0) {
        complain(s, W_E_SOCKET);
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
    /* Without a subscriber the socket would throw the message away and say nothing. */
    listen_to_subscribers(s, 0);
    if (s->subscribers == 0) {
        word_error(W_E_GONE, s->endpoint, NULL, NULL);
        if (!wait_for_subscriber(s, LINGER_MS)) {
            word_error(W_E_NO_SUBSCRIBER, s->endpoint, NULL, NULL);
            return false;
        }
    }
    if (zmq_send(s->socket, "ticket", 6, ZMQ_SNDMORE) < 0 ||
        zmq_send(s->socket, s->payload, (size_t)n, 0) < 0)
        return complain(s, W_E_SOCKET);
    s->messages++;
    return true;
}

void sender_close(struct sender *s)
{
    if (s->socket != NULL)
        zmq_close(s->socket);
    if (s->context != NULL)
        while (zmq_ctx_term(s->context) != 0 && errno == EINTR)
            continue;
    s->socket = s->context = NULL;
}
