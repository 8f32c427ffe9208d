#include "daemon/zsock.h"

#include "core/base.h"

#include <errno.h>
#include <unistd.h>

enum { REBIND_TRIES = 500, REBIND_WAIT_US = 1000 };

/* What libzmq's threads told the socket so far is taken in by this, and by each receiving; from
 * then on its descriptor tells. */
static bool readable(struct zsock *z)
{
    int events = 0, rc;
    size_t n = sizeof events;
    if (!z->stirred)
        return false;
    do /* a signal is no answer: what waits already is not told again */
        rc = zmq_getsockopt(z->socket, ZMQ_EVENTS, &events, &n);
    while (rc != 0 && zmq_errno() == EINTR);
    z->stirred = rc == 0 && (events & ZMQ_POLLIN) != 0;
    return z->stirred;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is all: the loop polls without sleeping */
}

/* Before the loop sleeps: may it? */
static void settle(struct zsock *z)
{
    if (readable(z) && !z->paused)
        uv_idle_start(&z->idle, on_idle);
    else
        uv_idle_stop(&z->idle);
}

void zsock_pause(struct zsock *z, bool paused)
{
    if (z->paused == paused)
        return;
    z->paused = paused;
    settle(z);
}

static void on_prepare(uv_prepare_t *prepare)
{
    settle(prepare->data);
}

static void on_check(uv_check_t *check)
{
    struct zsock *z = check->data;
    if (readable(z) && !z->paused)
        z->ready(z);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct zsock *z = poll->data;
    z->stirred = true; /* the check phase comes next and asks the socket itself */
    (void)status;
    (void)events;
}

/* A call of ours may have read what the loop would wake up by: it must not sleep before the socket
 * was asked. The prepare phase does that, and if it is over for this turn, then the next one. */
static void stir(struct zsock *z)
{
    z->stirred = true;
    if (z->handles > 0 && !z->paused && !uv_is_closing((uv_handle_t *)&z->idle))
        uv_idle_start(&z->idle, on_idle);
}

int zsock_set(struct zsock *z, int option, int value)
{
    return zmq_setsockopt(z->socket, option, &value, sizeof value) == 0 ? 0 : -zmq_errno();
}

static int set_bounds(struct zsock *z, const struct zsock_options *o)
{
    int err = zsock_set(z, ZMQ_LINGER, ZSOCK_LINGER_MS);
    if (err == 0)
        err = zsock_set(z, ZMQ_SNDHWM, o->send_max);
    if (err == 0)
        err = zsock_set(z, ZMQ_RCVHWM, o->receive_max == 0 ? 256 : o->receive_max);
    if (err == 0 &&
        zmq_setsockopt(z->socket, ZMQ_MAXMSGSIZE, &o->message_max, sizeof o->message_max) != 0)
        err = -zmq_errno();
    return err;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct zsock *z = handle->data;
    if (--z->handles > 0)
        return;
    /* The descriptor is the socket's: it goes only after libuv has let go of it. */
    zmq_close(z->socket);
    z->socket = NULL;
    if (z->closed != NULL)
        z->closed(z);
}

static int watch(struct zsock *z, uv_loop_t *loop)
{
    uv_os_sock_t fd;
    size_t n = sizeof fd;
    if (zmq_getsockopt(z->socket, ZMQ_FD, &fd, &n) != 0)
        return -zmq_errno();
    int err = uv_poll_init_socket(loop, &z->poll, fd);
    if (err != 0)
        return err;
    uv_prepare_init(loop, &z->prepare);
    uv_check_init(loop, &z->check);
    uv_idle_init(loop, &z->idle);
    z->handles = 4;
    z->poll.data = z->prepare.data = z->check.data = z->idle.data = z;
    uv_prepare_start(&z->prepare, on_prepare);
    uv_check_start(&z->check, on_check);
    return uv_poll_start(&z->poll, UV_READABLE, on_poll);
}

int zsock_open(struct zsock *z, uv_loop_t *loop, void *zmq, int type,
               const struct zsock_options *options, zsock_cb *ready, void *data)
{
    *z = (struct zsock){.ready = ready, .data = data, .stirred = true};
    z->socket = zmq_socket(zmq, type);
    if (z->socket == NULL)
        return -zmq_errno();
    int err = set_bounds(z, options);
    if (err == 0)
        err = watch(z, loop);
    if (err == 0)
        return 0;
    CHECK(z->handles == 0); /* uv_poll_start does not fail on a descriptor that init took */
    zmq_close(z->socket);
    z->socket = NULL;
    return err;
}

int zsock_bind(struct zsock *z, const char *endpoint, char ret_endpoint[ZSOCK_ENDPOINT_MAX])
{
    size_t n = ZSOCK_ENDPOINT_MAX;
    stir(z);
    if (zmq_bind(z->socket, endpoint) != 0 ||
        zmq_getsockopt(z->socket, ZMQ_LAST_ENDPOINT, ret_endpoint, &n) != 0)
        return -zmq_errno();
    return 0;
}

int zsock_connect(struct zsock *z, const char *endpoint)
{
    stir(z);
    return zmq_connect(z->socket, endpoint) == 0 ? 0 : -zmq_errno();
}

int zsock_subscribe(struct zsock *z, const char *prefix)
{
    int rc = zmq_setsockopt(z->socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    return rc == 0 ? 0 : -zmq_errno();
}

int zsock_guard(struct zsock *z, const struct curve_pair *pair, const char *domain)
{
    int err = zsock_set(z, ZMQ_CURVE_SERVER, 1);
    if (err == 0 &&
        (zmq_setsockopt(z->socket, ZMQ_CURVE_SECRETKEY, pair->secret, CURVE_TEXT) != 0 ||
         zmq_setsockopt(z->socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) != 0))
        err = -zmq_errno();
    return err;
}

int zsock_show(struct zsock *z, const struct curve_pair *pair, const char *server)
{
    if (zmq_setsockopt(z->socket, ZMQ_CURVE_SERVERKEY, server, CURVE_TEXT) != 0 ||
        zmq_setsockopt(z->socket, ZMQ_CURVE_PUBLICKEY, pair->public, CURVE_TEXT) != 0 ||
        zmq_setsockopt(z->socket, ZMQ_CURVE_SECRETKEY, pair->secret, CURVE_TEXT) != 0)
        return -zmq_errno();
    return 0;
}

int zsock_rebind(struct zsock *z, const char *endpoint)
{
    stir(z);
    if (zmq_unbind(z->socket, endpoint) != 0)
        return -zmq_errno();
    for (int i = 0; zmq_bind(z->socket, endpoint) != 0; i++) {
        if (zmq_errno() != EADDRINUSE || i == REBIND_TRIES)
            return -zmq_errno();
        usleep(REBIND_WAIT_US); /* libzmq's thread closes the old one within a few of these */
    }
    return 0;
}

int zsock_reconnect(struct zsock *z, const char *endpoint)
{
    stir(z);
    if (zmq_disconnect(z->socket, endpoint) != 0 || zmq_connect(z->socket, endpoint) != 0)
        return -zmq_errno();
    return 0;
}

int zsock_receive(struct zsock *z, zmq_msg_t *msg)
{
    z->stirred = true;
    if (zmq_msg_recv(msg, z->socket, ZMQ_DONTWAIT) >= 0)
        return 1;
    int err = zmq_errno();
    z->stirred = err != EAGAIN; /* it has looked twice: there is nothing */
    return err == EAGAIN || err == EINTR ? 0 : -err;
}

int zsock_send(struct zsock *z, const void *bytes, size_t n, bool more)
{
    int rc = zmq_send(z->socket, bytes, n, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
    int err = rc < 0 ? -zmq_errno() : 0;
    stir(z);
    return err;
}

void zsock_close(struct zsock *z, zsock_cb *closed)
{
    z->closed = closed;
    uv_close((uv_handle_t *)&z->poll, on_handle_closed);
    uv_close((uv_handle_t *)&z->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&z->check, on_handle_closed);
    uv_close((uv_handle_t *)&z->idle, on_handle_closed);
}
