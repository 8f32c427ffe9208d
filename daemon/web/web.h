/* web.h: HTTP inside the daemon's loop: metrics, the API, live streams, the wallboard.
 *
 * libmicrohttpd without a thread: its epoll descriptor is one of the loop's. Answers come from the
 * same jobs as those of the query socket, streams from the same messages as the XPUB's, so no
 * number is made twice. Every wait for a peer has an end (peers.h), every answer a bound. */
#ifndef TP_DAEMON_WEB_WEB_H
#define TP_DAEMON_WEB_WEB_H

#include "daemon/budget.h"
#include "daemon/query.h"
#include "daemon/web/dayline.h"
#include "daemon/web/earlier.h"
#include "daemon/web/guard.h"
#include "daemon/web/live.h"
#include "daemon/web/metrics.h"
#include "daemon/web/peers.h"

enum {
    WEB_SLICE_NS = 250000, /* of scrapes and of events that were sent to us, in one turn */
    WEB_IDLE_MS =
        120000,         /* a connection without a request; Prometheus scrapes every 15 s to 60 s */
    WEB_SWEEP_MS = 250, /* from one look at late peers to the next */
};

/* What is asked of the rest of the daemon; borrowed. */
struct web_parts {
    uv_loop_t *loop;
    const struct config *config;
    struct log *log;
    struct query *query;
    struct outlet *outlet;
    struct status *status;
    const struct histogram *steps, *turns;
    ms_t (*begin)(void *data); /* work begins in this turn: the loop's wall clock */
    /* An event: what became of it in *ret, its alerts published. */
    void (*take)(void *data, const struct event *e, struct result *ret);
    /* How far the journal is; on is false when there is none. */
    void (*journal)(void *data, struct status_journal *ret);
    void *data;
};

struct web {
    struct web_parts parts;
    struct metrics_source metrics;
    struct MHD_Daemon *mhd; /* NULL: no HTTP */
    uv_poll_t poll;
    bool polling;
    bool kicked;    /* libmicrohttpd has something to do … */
    uint64_t again; /* … or will have then, in uv_now() */
    uint64_t moved; /* counts its calls: steps forward */
    uint32_t idle;  /* its runs without one, in a row */
    bool closing;   /* no longer ready */
    struct token token;
    struct peer_ring peers;
    struct budget budget; /* of each address (ration.h) */
    uint64_t swept;       /* uv_now() of the last look at late peers */
    uint32_t busy_n;      /* visits with work for our turns */
    bool waiting;         /* all of them wait for the disk */
    struct visit *busy;   /* visits with work for our turns, in a circle; NULL = none */
    struct live live;     /* live streams */
    struct dayline dayline;
    struct earlier *earlier; /* NULL: nothing is read from the record */
    void (*closed)(struct web *w);
    void *data; /* the owner's */
};

/* Listens as the configuration says; nothing happens when it says none. false: logged why, and
 * web_close must still be called. */
MUST_CHECK bool web_open(struct web *w, const struct web_parts *parts);

/* The configuration has changed: another token, other limits. */
void web_reload(struct web *w);

/* In every turn. now: uv_now(); calm: no events wait, so that live streams may have their slice. */
void web_work(struct web *w, uint64_t now, bool calm);

/* Is there something to do at once? Then the loop should not sleep. */
bool web_busy(const struct web *w);

/* uv_now() by which web_work should be called again. */
uint64_t web_deadline(const struct web *w);

/* Cuts everybody off. closed is called from the loop, at once when nothing was open. */
void web_close(struct web *w, void (*closed)(struct web *w));

#endif
