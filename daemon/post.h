/* post.h: HTTP POSTs inside the loop, by libcurl: nothing blocks, no thread of ours.
 *
 * A request is one slot that its owner keeps: a POST at a time, then `done` from the loop. */
#ifndef TP_DAEMON_POST_H
#define TP_DAEMON_POST_H

#include "core/base.h"

#include <uv.h>

enum { POST_ANSWER_MAX = 256, POST_HEADER_MAX = 512 };

struct post;
struct post_request {
    void *easy;    /* a CURL handle; NULL: never used */
    void *headers; /* of the POST under way */
    bool busy;
    char answer[POST_ANSWER_MAX + 1]; /* the beginning of what was answered */
    size_t answer_n;
    /* status: of HTTP, or 0 with why (static storage until the next POST). */
    void (*done)(struct post_request *r, long status, const char *why);
    void *data; /* the owner's */
};

struct post {
    uv_loop_t *loop;
    void *multi; /* a CURLM handle */
    uv_timer_t timer;
    uint32_t handles; /* open ones: the timer, and one a connection */
    void (*closed)(struct post *p);
    void *data; /* the owner's */
};

/* false: no memory; nothing is open then. */
MUST_CHECK bool post_open(struct post *p, uv_loop_t *loop);

/* Sends body as application/json; it must stay until `done`. token: for Authorization, NULL =
 * none. false: no memory. r is not busy. */
MUST_CHECK bool post_send(struct post *p, struct post_request *r, const char *url,
                          const char *token, const char *body, size_t n, ms_t timeout);

/* Gives a POST up, if one is under way (done is not called), and frees what r holds. */
void post_cancel(struct post *p, struct post_request *r);

/* All requests were cancelled. closed is called from the loop. */
void post_close(struct post *p, void (*closed)(struct post *p));

#endif
