/* auth.h: who may connect: the ZAP handler (ZeroMQ RFC 27), and what a peer may do then.
 *
 * libzmq asks for every CURVE connection, through an inproc socket in our loop: the domain is the
 * name of the socket, the credential the peer's public key. Who is let in has its client's name
 * as User-Id on every message; on other sockets a peer can claim any User-Id, so it is asked for
 * with a socket that CURVE guards only. Handshakes that fail before libzmq asks (no key, another
 * key for the server, no CURVE at all) are heard of through the sockets' monitors. */
#ifndef TP_DAEMON_AUTH_H
#define TP_DAEMON_AUTH_H

#include "daemon/security.h"
#include "daemon/zsock.h"
#include "proto/encode.h"
#include "proto/request.h"

enum { AUTH_WATCHED_MAX = 4 };

/* Behind the name of a socket: its endpoints where the server's key of before is still good. */
#define AUTH_PREVIOUS ".previous"

struct auth {
    struct zsock zap;
    struct zsock *watched[AUTH_WATCHED_MAX]; /* borrowed */
    struct zsock monitor[AUTH_WATCHED_MAX];  /* of each */
    uint32_t monitors;
    bool guards;                     /* false: nobody has a key, everybody may do everything */
    const struct security *security; /* borrowed; in force */
    struct log *log;                 /* borrowed */
    struct peers *peers;             /* borrowed: what is counted */
    uv_loop_t *loop;
    void *zmq;
};

/* Begins to answer; before any socket binds with CURVE. 0 or a negative errno; either way
 * auth_close follows. */
int auth_open(struct auth *a, uv_loop_t *loop, void *zmq, const struct security *security,
              struct peers *peers, struct log *log);

/* Hears of failed handshakes of a socket; name: static storage. 0 or a negative errno. */
int auth_watch(struct auth *a, struct zsock *socket, const char *name);

/* May who shows this key connect to the socket of that name? NULL: yes, *ret is the client.
 * Else the reason in two words, static storage. */
const char *auth_refusal(const struct security *s, struct str socket,
                         const uint8_t key[CURVE_BYTES], const struct security_client **ret);

/* Who sent a frame, and may this role. *ret NULL: a peer without a key where none is asked for,
 * who may do everything. ERR_FORBIDDEN: not (or no longer) a client with that role. */
MUST_CHECK int auth_sender(const struct auth *a, zmq_msg_t *frame, uint8_t roles,
                           const struct security_client **ret);

/* May the client have this request answered? c NULL: any. */
bool auth_may_ask(const struct security_client *c, const struct request *r);

/* closed is called for each of its sockets when that is gone; returns how many there are. data:
 * theirs from now on. */
uint32_t auth_close(struct auth *a, zsock_cb *closed, void *data);

#endif
