/* zsock.h: a ZeroMQ socket as a libuv handle: bounded, never blocking, no message overlooked.
 *
 * ZMQ_FD is edge-triggered and says only that something may have changed, so readiness is asked
 * for (ZMQ_EVENTS) before the loop sleeps and after it woke; not of a socket that was empty when
 * last asked, and of which neither the descriptor nor a call of ours has told anything since: each
 * question is two system calls. While there is something to receive the loop does not sleep, and
 * `ready` is called once a turn: it may take as little as it likes.
 *
 *     zsock_open(&z, loop, zmq, ZMQ_SUB, &options, ready, data);
 *     zsock_bind(&z, "tcp://127.0.0.1:*", endpoint);
 *     ready: while (budget-- > 0 && zsock_receive(&z, &msg) == 1) …
 *     zsock_close(&z, closed);                         z is free to go when closed is called
 */
#ifndef TP_DAEMON_ZSOCK_H
#define TP_DAEMON_ZSOCK_H

#include "daemon/curve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include <zmq.h>

enum { ZSOCK_ENDPOINT_MAX = 256, ZSOCK_LINGER_MS = 500 };

struct zsock;
typedef void zsock_cb(struct zsock *z);

struct zsock_options {
    int64_t message_max; /* bytes of one received frame; a larger one ends the connection */
    int send_max;        /* messages waiting for one peer (SNDHWM) */
    int receive_max;     /* messages waiting for us (RCVHWM), 0 = 256 */
};

struct zsock {
    void *socket;
    void *data;      /* the owner's */
    zsock_cb *ready; /* something can be received; in the loop's check phase */
    zsock_cb *closed;
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    int handles; /* open ones of the four */
    bool paused;
    bool stirred; /* there may be something to receive, for all that we know */
};

/* 0, or a negative errno; then nothing is open. The address of z must not change. */
int zsock_open(struct zsock *z, uv_loop_t *loop, void *zmq, int type,
               const struct zsock_options *options, zsock_cb *ready, void *data);

/* 0 or a negative errno. ret_endpoint: where it really listens, wildcards resolved. */
int zsock_bind(struct zsock *z, const char *endpoint, char ret_endpoint[ZSOCK_ENDPOINT_MAX]);
int zsock_connect(struct zsock *z, const char *endpoint);
int zsock_subscribe(struct zsock *z, const char *prefix);
int zsock_set(struct zsock *z, int option, int value);

/* What binds from now on asks for CURVE with this pair of ours, and the ZAP handler about domain;
 * libzmq has no way back. 0 or a negative errno. */
int zsock_guard(struct zsock *z, const struct curve_pair *pair, const char *domain);

/* What connects from now on shows this pair to a server of that key. */
int zsock_show(struct zsock *z, const struct curve_pair *pair, const char *server);

/* Cuts every connection that came in through a bound endpoint, and binds it again. */
int zsock_rebind(struct zsock *z, const char *endpoint);

/* Likewise what was connected. */
int zsock_reconnect(struct zsock *z, const char *endpoint);

/* While paused `ready` is not called, and what arrives lets the loop sleep. */
void zsock_pause(struct zsock *z, bool paused);

/* One frame into an initialized msg. 1, 0 when there is none now, or a negative errno. */
int zsock_receive(struct zsock *z, zmq_msg_t *msg);

/* One frame, copied. more: further frames follow. 0, or a negative errno: -EAGAIN when the peer
 * (or all of them) cannot take it now, -EHOSTUNREACH when a ROUTER does not know it. */
int zsock_send(struct zsock *z, const void *bytes, size_t n, bool more);

/* Messages already sent have ZSOCK_LINGER_MS to leave. closed may be NULL. */
void zsock_close(struct zsock *z, zsock_cb *closed);

#endif
