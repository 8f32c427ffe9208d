/* security.h: who may do what: clients by their CURVE keys, as the configuration lists them.
 *
 * Roles: `emit` sends events, `subscribe` reads what is published and asks for it, `operate` does
 * all that queries can do. A client may be bound to the `src` names it speaks for and to the
 * topic prefixes it may read. Part of struct config; about 1 MiB, on the heap. */
#ifndef TP_DAEMON_SECURITY_H
#define TP_DAEMON_SECURITY_H

#include "daemon/curve.h"
#include "daemon/members.h"
#include "proto/decode.h"

enum {
    SECURITY_CLIENTS_MAX = 256,
    SECURITY_PUBLISHERS_MAX = CONFIG_TEXTS_MAX,
    SECURITY_NAME_MAX = 64,
    SECURITY_PREFIXES_MAX = 16,
};

enum role { ROLE_EMIT = 1, ROLE_SUBSCRIBE = 2, ROLE_OPERATE = 4 };

struct security_client {
    char name[SECURITY_NAME_MAX + 1]; /* for logs, and its User-Id */
    uint8_t key[CURVE_BYTES];         /* public */
    uint8_t roles;                    /* enum role, or-ed */
    struct own_sources own;           /* n 0: may speak for any source */
    uint32_t prefixes;                /* 0: may read any topic */
    char prefix[SECURITY_PREFIXES_MAX][CONFIG_TEXT_BYTES_MAX + 1];
};

/* A publisher that we connect to: it is the server there. */
struct security_publisher {
    char endpoint[CONFIG_TEXT_BYTES_MAX + 1];
    char key[CURVE_TEXT]; /* public */
    struct own_sources own;
};

struct security {
    uint32_t clients, publishers;
    struct security_client client[SECURITY_CLIENTS_MAX]; /* sorted by name */
    struct security_publisher publisher[SECURITY_PUBLISHERS_MAX];
};

extern const struct members client_members, publisher_members;

/* Read r->node as one entry of its list; the server's key and the endpoints are known by then. */
MUST_CHECK bool security_client_read(struct reading *r, uint32_t i);
MUST_CHECK bool security_publisher_read(struct reading *r, uint32_t i);

/* NULL where there is none; s may be NULL. */
const struct security_client *security_by_name(const struct security *s, const char *name);
const struct security_client *security_by_key(const struct security *s,
                                              const uint8_t key[CURVE_BYTES]);
const struct security_publisher *security_publisher(const struct security *s, const char *endpoint);

/* An endpoint of a publisher that is none of sockets.events.connect and primary.out; NULL: there
 * is none. */
const char *security_unused_publisher(const struct config *c);
bool security_same_publishers(const struct security *a, const struct security *b);

/* May the client read every topic that begins with this? */
bool security_may_read(const struct security_client *c, struct str prefix);

/* Does `next` take anything from anybody who has it now? */
bool security_revokes(const struct security *now, const struct security *next);

#endif
