/* visit.h: one HTTP request under way: its route, and how it waits for its answer.
 *
 * A route begins when the request is there, body and all. It replies at once, or waits
 * (visit_wait) until visit_wake has its `answer` called, which replies. Work that takes longer
 * than a moment is done in pieces by `work`, once visit_works said so. */
#ifndef TP_DAEMON_WEB_VISIT_H
#define TP_DAEMON_WEB_VISIT_H

#include "daemon/web/web.h"

#include <microhttpd.h>

struct visit;

enum visit_work {
    VISIT_GOES_ON,
    VISIT_WAITS, /* for the disk: nothing to do until the loop has turned */
    VISIT_DONE
};

struct route {
    const char *path;
    bool post; /* else GET and HEAD */
    bool open; /* without a token, from anywhere */
    void (*begin)(struct visit *v);
    void (*answer)(struct visit *v);
    enum visit_work (*work)(struct visit *v); /* a piece of work */
    void (*end)(struct visit *v);             /* frees v->own */
    const void *of;                           /* the route's own */
};

struct visit {
    struct web *web;
    struct peer *peer;
    struct MHD_Connection *connection;
    const struct route *route;
    bool admitted, begun, woken, replied;
    bool too_large;   /* the body was, and is not kept */
    uint32_t retry_s; /* told to who is refused for now; 0: as is usual */
    char *body;
    size_t body_n, body_cap;
    struct visit *next, *prev; /* in web->busy; NULL = not there */
    void *own;                 /* of the route */
};

/* What is at this path; NULL: nothing. */
const struct route *visit_route(const char *path);

/* The peer waits for us until visit_wake. Called from begin or from a reader. */
void visit_wait(struct visit *v);
void visit_wake(struct visit *v);

/* work is called in the turns of the loop from now on, until it is done; then answer is. */
void visit_works(struct visit *v);

/* A header of the request, NULL when it has none. */
const char *visit_header(const struct visit *v, const char *name);

/* The connection's end: whatever it is doing. */
void visit_cut(struct visit *v, enum http_cut why);

#endif
