#include "daemon/cli/ask.h"

#include "daemon/cli/keyring.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/words.h"

#include <errno.h>
#include <zmq.h>

static bool complain(const struct ask *a)
{
    word_error(W_E_SOCKET, a->endpoint, zmq_strerror(errno), NULL);
    return false;
}

/* A new socket: what an old one still has in its queue belongs to nobody. */
static bool renew(struct ask *a)
{
    if (a->socket != NULL)
        zmq_close(a->socket);
    int zero = 0;
    a->socket = zmq_socket(a->context, ZMQ_DEALER);
    if (a->socket == NULL || zmq_setsockopt(a->socket, ZMQ_LINGER, &zero, sizeof(zero)) != 0 ||
        zmq_setsockopt(a->socket, ZMQ_RCVHWM, &zero, sizeof(zero)) != 0)
        return complain(a);
    return keyring_show(a->socket) && (zmq_connect(a->socket, a->endpoint) == 0 || complain(a));
}

bool ask_open(struct ask *a, void *context, const char *endpoint, ms_t timeout)
{
    a->context = context;
    a->endpoint = endpoint;
    a->timeout = timeout;
    zmq_msg_init(&a->frame);
    a->open = true;
    return renew(a);
}

bool ask_send(struct ask *a, const struct request *request)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, a->bytes, sizeof(a->bytes));
    request_emit(&em, request);
    int n = emit_finish(&em);
    if (n < 0) {
        word_error(W_E_REFUSED, err_name(n), err_text(n), NULL);
        return false;
    }
    return renew(a) && (zmq_send(a->socket, a->bytes, (size_t)n, 0) == n || complain(a));
}

enum ask_end ask_next(struct ask *a)
{
    zmq_pollitem_t item = {.socket = a->socket, .events = ZMQ_POLLIN};
    int got = zmq_poll(&item, 1, (long)a->timeout);
    if (got <= 0) {
        char duration[PHRASE_MAX];
        phrase_duration(duration, a->timeout, words_lang());
        if (!stop_asked() && !a->quiet)
            word_error(W_E_NO_ANSWER, a->endpoint, duration, NULL);
        return ASK_FAILED;
    }
    if (zmq_msg_recv(&a->frame, a->socket, 0) < 0) {
        complain(a);
        return ASK_FAILED;
    }
    int err = message_parse(&a->answer, a->nodes, MESSAGE_NODES_MAX, zmq_msg_data(&a->frame),
                            zmq_msg_size(&a->frame));
    struct str error = message_text(&a->answer, "error");
    if (err == 0 && error.len > 0 && a->forgives != NULL && str_equal(error, str_of(a->forgives)))
        return ASK_END;
    if (err != 0 || error.len > 0) {
        char key[REQUEST_PREFIX_MAX];
        struct str said = error.len > 0 ? error : str_of(err_name(err));
        struct str at = message_text(&a->answer, "key"),
                   reason = message_text(&a->answer, "reason");
        char code[64];
        snprintf(code, sizeof(code), "%.*s", (int)said.len, said.p);
        snprintf(key, sizeof(key), "%.*s %.*s", (int)at.len, at.p, (int)reason.len, reason.p);
        word_error(W_E_REFUSED, code, key, NULL);
        return ASK_FAILED;
    }
    bool end = false;
    node_bool(message_find(&a->answer, "end"), &end);
    return end ? ASK_END : ASK_ANSWER;
}

void ask_close(struct ask *a)
{
    if (!a->open)
        return;
    if (a->socket != NULL)
        zmq_close(a->socket);
    zmq_msg_close(&a->frame);
    a->open = false;
}
