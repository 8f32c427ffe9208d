/* standby.h: the second of two daemons: it counts and keeps all that the first one does, and tells
 * nobody, until it is told to or the first one's heartbeat is gone.
 *
 * Each alert of its own waits until the primary was heard telling it; so what the primary had not
 * told when it ended is told at the takeover, none is lost, and one told twice has the same
 * (alert_id, rev). Acknowledgements and mutes are heard from the primary, too. Time without its
 * heartbeat counts only as far as our own loop turns: a standby that was stopped itself hears again
 * before it judges.
 *
 *     standby_init(s, config, outlet, log)   before the engine is recovered: s->on from then on
 *     standby_open(s, loop, zmq, …)          the primary is listened to
 *     standby_work(s, now)                   once a turn
 */
#ifndef TP_DAEMON_STANDBY_H
#define TP_DAEMON_STANDBY_H

#include "daemon/echoes.h"
#include "daemon/outlet.h"
#include "proto/message.h"

enum {
    STANDBY_LOOK_MS = 1000, /* at least so often, and as much silence a look can add */
    STANDBY_SETTLED_MS =
        300000,           /* what a primary that is there has not told by then, it will not */
    STANDBY_NODES = 1024, /* of one of its messages */
};

struct standby {
    bool configured; /* it began as one */
    bool on;         /* nothing is published */
    bool both;       /* it took over, and another daemon's heartbeat came since the last look */
    struct outlet *outlet; /* borrowed, as these */
    const struct config *config;
    struct log *log;
    struct zsock primary; /* SUB; socket NULL: there is none */
    struct echoes echoes;
    struct undelivered_list undelivered; /* by the primary, as its last heartbeat told */
    uint64_t upto;        /* the number of the first alert told behind that heartbeat; 0 = none */
    uint64_t looked;      /* uv_now() */
    uint64_t now;         /* of this turn, likewise */
    uint64_t silent;      /* ms without heartbeat */
    uint64_t told;        /* alerts at the takeover */
    uint64_t unconfirmed; /* alerts that the primary did not tell in time */
    uint64_t attended;    /* acknowledgements and mutes that were taken over */
    ms_t took_over_at;    /* 0 = not */
    void (*closed)(struct standby *s);
    void *data; /* the owner's */
    zmq_msg_t topic, payload;
    struct node nodes[STANDBY_NODES];
};

/* false: no memory. */
MUST_CHECK bool standby_init(struct standby *s, const struct config *config, struct outlet *outlet,
                             struct log *log, uint64_t now);

/* ready and data: of the socket; ready calls standby_receive. false: logged why. */
MUST_CHECK bool standby_open(struct standby *s, uv_loop_t *loop, void *zmq, zsock_cb *ready,
                             void *data);

/* What the primary tells; the loop's clock was read. */
void standby_receive(struct standby *s);

/* now: uv_now(). */
void standby_work(struct standby *s, uint64_t now);

/* uv_now() by which standby_work should be called again. */
uint64_t standby_deadline(const struct standby *s);

/* An alert of ours: it waits until the primary has told it. */
void standby_alert(struct standby *s, const struct alert *alert);

/* It publishes from now on. why: for the log. */
void standby_take_over(struct standby *s, const char *why);

void standby_status(const struct standby *s, struct status_standby *ret);

/* What waits goes on waiting, so that the journal's end says so. closed is called from the loop, at
 * once when nothing was open. */
void standby_close(struct standby *s, void (*closed)(struct standby *s));
void standby_fini(struct standby *s);

#endif
