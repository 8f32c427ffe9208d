/* inside.h: a whole daemon in a test's own process: its loop is turned by hand.
 *
 *     inside_open(&in, "http: {bind: \"127.0.0.1:*\"}\n");
 *     inside_event(&in, "{\"type\": \"opened\", ...}");
 *     inside_turn(&in);                          what has arrived is taken, nothing waits
 *
 * What goes wrong in setting up ends the program with a word about it. */
#ifndef TP_TESTS_INSIDE_H
#define TP_TESTS_INSIDE_H

#include "daemon/driver.h"

struct inside {
    uv_loop_t loop;
    void *zmq;
    struct log log;
    struct driver *driver;
    uint16_t port; /* of HTTP on 127.0.0.1; 0: none */
};

/* config: the text of a configuration without sockets, which are bound where no other program is.
 * The log is thrown away. */
void inside_open(struct inside *in, const char *config);

/* One event as JSON, which must be accepted. */
void inside_event(struct inside *in, const char *json);

/* One turn of the loop, without waiting. */
void inside_turn(struct inside *in);

/* A new connection to HTTP, not blocking. */
int inside_connect(const struct inside *in);

#endif
