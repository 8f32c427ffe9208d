#include "daemon/auth.h"

#include "proto/topic.h"

#include <stdio.h>

enum {
    REQUESTS_A_TURN = 64,
    FRAME_MAX = 256,          /* of a request: names of sockets, addresses, keys */
    REQUEST_FRAMES = 7,       /* version, id, domain, address, identity, mechanism, key */
    ZAP_BYTES_MAX = 64 << 10, /* what libzmq sends us lies far below */
};

/* Takes an ending off. false: the text does not end so. */
static bool take_end(struct str *text, const char *end)
{
    struct str s = str_of(end);
    if (text->len < s.len || memcmp(text->p + text->len - s.len, s.p, s.len) != 0)
        return false;
    text->len -= s.len;
    return true;
}

const char *auth_refusal(const struct security *s, struct str socket,
                         const uint8_t key[CURVE_BYTES], const struct security_client **ret)
{
    const struct security_client *c = security_by_key(s, key);
    (void)take_end(&socket, AUTH_PREVIOUS);
    bool sends = str_equal(socket, str_of("events")) || str_equal(socket, str_of("ingest"));
    uint8_t wanted = sends ? ROLE_EMIT : ROLE_SUBSCRIBE | ROLE_OPERATE;
    if (c == NULL)
        return "unknown key";
    if ((c->roles & wanted) == 0)
        return "wrong role";
    *ret = c;
    return NULL;
}

/* What peers of ipc:// endpoints claim to be takes rights away at most. */
int auth_sender(const struct auth *a, zmq_msg_t *frame, uint8_t roles,
                const struct security_client **ret)
{
    const char *name = a->guards ? zmq_msg_gets(frame, "User-Id") : NULL;
    *ret = name == NULL ? NULL : security_by_name(a->security, name);
    if (name == NULL)
        return 0;
    return *ret != NULL && ((*ret)->roles & roles) != 0 ? 0 : ERR_FORBIDDEN;
}

/* Is all that these numbers could tell of topics that it may read? */
static bool may_read_numbers(const struct security_client *c, const struct request *r,
                             const char *stream)
{
    struct topic topic;
    bool past = r->op == OP_HISTORY; /* it has no prefix, and without a scope it is of all */
    if (c->prefixes == 0 || (!past && r->name.len == 0 && security_may_read(c, r->prefix)))
        return true;
    if (r->scope < 0 && !past)
        return false;
    enum scope scope = r->scope < 0 ? SCOPE_ALL : (enum scope)r->scope;
    topic_scope(&topic, stream, scope, r->name);
    if (scope != SCOPE_ALL && r->name.len == 0) { /* every name of it */
        topic_start(&topic);
        topic_word(&topic, stream);
        topic_word(&topic, scope_name(scope));
    }
    return security_may_read(c, topic_str(&topic));
}

bool auth_may_ask(const struct security_client *c, const struct request *r)
{
    if (c == NULL || (c->roles & ROLE_OPERATE) != 0)
        return true;
    switch ((enum request_op)r->op) {
    case OP_HOLD:
    case OP_ALERTS:
        return security_may_read(c, r->prefix);
    case OP_STATUS:
        return true;
    case OP_SNAPSHOT:
    case OP_HISTORY:
        return may_read_numbers(c, r, "kpi");
    case OP_SCORECARD:
        return may_read_numbers(c, r, "score");
    case OP_EXPLAIN:
    case OP_WORKLIST:
        return c->prefixes == 0; /* these answer across prefixes */
    case OP_COMPARE:             /* costs much */
    case OP_ACK:
    case OP_MUTE:
    case OP_PROMOTE:
    case OP_N:
        break;
    }
    return false;
}

/* --- ZAP ------------------------------------------------------------------------------------ */

struct zap_request {
    uint8_t bytes[REQUEST_FRAMES][FRAME_MAX];
    size_t n[REQUEST_FRAMES];
    int frames; /* more than there is room for: too many, or too long */
};

enum { ZAP_VERSION, ZAP_ID, ZAP_DOMAIN, ZAP_ADDRESS, ZAP_IDENTITY, ZAP_MECHANISM, ZAP_KEY };

static struct str zap_str(const struct zap_request *r, int frame)
{
    return (struct str){(const char *)r->bytes[frame], (uint32_t)r->n[frame]};
}

/* One whole request. false: there is none now. */
static bool take(struct auth *a, zmq_msg_t *msg, struct zap_request *ret)
{
    *ret = (struct zap_request){.frames = 0};
    do {
        if (zsock_receive(&a->zap, msg) != 1)
            return false;
        size_t n = zmq_msg_size(msg);
        if (ret->frames < REQUEST_FRAMES && n <= FRAME_MAX) {
            memcpy(ret->bytes[ret->frames], zmq_msg_data(msg), n);
            ret->n[ret->frames++] = n;
        } else {
            ret->frames = REQUEST_FRAMES + 1;
        }
    } while (zmq_msg_more(msg));
    return true;
}

static int reply(struct auth *a, const struct zap_request *r, const char *status, const char *text,
                 const char *user)
{
    struct str frames[] = {str_of("1.0"), zap_str(r, ZAP_ID), str_of(status),
                           str_of(text),  str_of(user),       str_of("")};
    int err = 0;
    for (size_t i = 0; i < ARRAY_LEN(frames) && err == 0; i++)
        err = zsock_send(&a->zap, frames[i].p, frames[i].len, i + 1 < ARRAY_LEN(frames));
    return err;
}

static void judge(struct auth *a, const struct zap_request *r)
{
    const struct security_client *client = NULL;
    char address[LOG_TEXT_MAX], name[LOG_TEXT_MAX];
    const char *why = "no CURVE";
    if (r->frames == REQUEST_FRAMES && r->n[ZAP_KEY] == CURVE_BYTES &&
        str_equal(zap_str(r, ZAP_MECHANISM), str_of("CURVE")))
        why = auth_refusal(a->security, zap_str(r, ZAP_DOMAIN), r->bytes[ZAP_KEY], &client);
    if (why == NULL) {
        struct str socket = zap_str(r, ZAP_DOMAIN);
        a->peers->accepted++;
        a->peers->previous += take_end(&socket, AUTH_PREVIOUS);
        log_info(a->log, "peer accepted", "socket=%.*s client=%s address=%s", (int)r->n[ZAP_DOMAIN],
                 r->bytes[ZAP_DOMAIN], client->name, log_text(address, zap_str(r, ZAP_ADDRESS)));
    } else {
        a->peers->refused++;
        log_warning(a->log, "peer refused", "socket=%s reason=\"%s\" address=%s",
                    log_text(name, zap_str(r, ZAP_DOMAIN)), why,
                    log_text(address, zap_str(r, ZAP_ADDRESS)));
    }
    int err = reply(a, r, why == NULL ? "200" : "400", why == NULL ? "OK" : why,
                    why == NULL ? client->name : "");
    if (err != 0)
        log_error(a->log, "no answer to a handshake", "error=\"%s\"", zmq_strerror(-err));
}

static void on_request(struct zsock *z)
{
    struct auth *a = z->data;
    struct zap_request request;
    zmq_msg_t msg;
    zmq_msg_init(&msg);
    for (int i = 0; i < REQUESTS_A_TURN && take(a, &msg, &request); i++)
        judge(a, &request); /* whatever it was: a REP socket must answer before it hears more */
    zmq_msg_close(&msg);
}

int auth_open(struct auth *a, uv_loop_t *loop, void *zmq, const struct security *security,
              struct peers *peers, struct log *log)
{
    *a = (struct auth){
        .guards = true, .security = security, .log = log, .peers = peers, .loop = loop, .zmq = zmq};
    const struct zsock_options options = {.message_max = ZAP_BYTES_MAX, .send_max = 1000};
    char endpoint[ZSOCK_ENDPOINT_MAX];
    int err = zsock_open(&a->zap, loop, zmq, ZMQ_REP, &options, on_request, a);
    return err == 0 ? zsock_bind(&a->zap, "inproc://zeromq.zap.01", endpoint) : err;
}

/* --- monitors ------------------------------------------------------------------------------- */

/* An event has two frames: number (uint16) and value, and the endpoint of ours. */
static void on_event(struct zsock *z)
{
    struct auth *a = z->data;
    char text[LOG_TEXT_MAX];
    zmq_msg_t number, endpoint;
    zmq_msg_init(&number);
    zmq_msg_init(&endpoint);
    for (int i = 0; i < REQUESTS_A_TURN && zsock_receive(z, &number) == 1; i++) {
        if (!zmq_msg_more(&number) || zsock_receive(z, &endpoint) != 1)
            break;
        struct str at = {zmq_msg_data(&endpoint), (uint32_t)zmq_msg_size(&endpoint)};
        a->peers->handshakes_failed++;
        log_warning(a->log, "handshake failed", "endpoint=%s reason=\"no key, or one for another\"",
                    log_text(text, at));
    }
    zmq_msg_close(&number);
    zmq_msg_close(&endpoint);
}

int auth_watch(struct auth *a, struct zsock *socket, const char *name)
{
    char address[64];
    struct zsock *z = &a->monitor[a->monitors];
    CHECK(a->monitors < AUTH_WATCHED_MAX);
    const struct zsock_options options = {.message_max = ZAP_BYTES_MAX, .send_max = 1000};
    snprintf(address, sizeof address, "inproc://monitor-%s", name);
    /* Refusals of ours (HANDSHAKE_FAILED_AUTH) are counted where they are made. */
    int events = ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    if (zmq_socket_monitor(socket->socket, address, events) != 0)
        return -zmq_errno();
    int err = zsock_open(z, a->loop, a->zmq, ZMQ_PAIR, &options, on_event, a);
    if (err != 0)
        return err;
    a->watched[a->monitors++] = socket;
    /* Without a bound: an I/O thread that finds it full would wait, with all its connections. */
    err = zsock_set(z, ZMQ_RCVHWM, 0);
    return err == 0 ? zsock_connect(z, address) : err;
}

uint32_t auth_close(struct auth *a, zsock_cb *closed, void *data)
{
    uint32_t n = 0;
    struct zsock *all[1 + AUTH_WATCHED_MAX] = {&a->zap};
    for (uint32_t i = 0; i < a->monitors; i++)
        all[1 + i] = &a->monitor[i];
    for (uint32_t i = 0; i < a->monitors; i++) /* else libzmq would wait for a reader of them */
        if (a->watched[i]->socket != NULL)
            zmq_socket_monitor(a->watched[i]->socket, NULL, 0);
    for (uint32_t i = 0; i <= a->monitors; i++) {
        if (all[i] == NULL || all[i]->socket == NULL)
            continue;
        all[i]->data = data;
        zsock_close(all[i], closed);
        n++;
    }
    return n;
}
