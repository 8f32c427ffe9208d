/* delivery.h: alerts to receivers by HTTP, each in its own time, none left out.
 *
 * A receiver has a place in the stream of published alerts: what it answered 2xx for is behind it.
 * With a state directory the place outlives the daemon (record.db), and so do the alerts.
 * While it is down the place stays, and is tried again after 1 s, 2 s, … 60 s; alerts wait in the
 * bus's ring (alerts_kept), older ones in the record, so a receiver costs no memory by being down.
 * What it refuses (receipt.h) is tried one by one, counted and told; an answer that is about the
 * receiver itself (its token, its URL) is as if it were down, and a reload tries it at once.
 *
 * A webhook gets what is published: not what a mute or storm control held back. An Alertmanager,
 * which groups and silences by itself, gets all that begins or ends, ends also beyond its
 * prefixes, and is told again of what is active every `resend`, for one that was restarted knows
 * nothing. */
#ifndef TP_DAEMON_DELIVERY_H
#define TP_DAEMON_DELIVERY_H

#include "daemon/backlog.h"
#include "daemon/concerns.h"
#include "daemon/notice.h"
#include "daemon/outlet.h"
#include "daemon/post.h"
#include "daemon/receivers.h"
#include "daemon/told.h"
#include "daemon/web/guard.h"

enum {
    DELIVERY_BATCH = 64,          /* alerts of one POST */
    DELIVERY_BODY_MAX = 1 << 20,  /* bytes of one */
    DELIVERY_BACKOFF_MIN = 1000,  /* ms */
    DELIVERY_BACKOFF_MAX = 60000, /* ms */
    DELIVERY_LIVES = 4,           /* times `resend`: until an alert without news is over */
};

struct delivery_to {
    struct delivery *delivery;
    struct receiver receiver;
    struct token token;
    struct post_request request;
    uint64_t next,
        upto; /* numbers (runs.h): the first alert not delivered; the last of this POST */
    struct backlog backlog; /* what is read from there on */
    bool waits;             /* for that */
    uint64_t noted;         /* `next` as the record has it */
    uint32_t count;         /* alerts in this POST */
    uint64_t last_id;       /* the last one of them, an Alertmanager's (told.h) */
    uint64_t single;        /* up to this seq they go one by one */
    uint64_t retry_due, backoff;
    uint64_t failing;             /* uv_now of the first failure since a success; 0: none … */
    char why[CONCERN_DETAIL_MAX]; /* … and what the last one was */
    struct told_list told;        /* an Alertmanager's */
    bool telling_again;           /* a round over `told`, whose next id is `again` … */
    bool is_again;                /* … and this POST is part of it, up to id `again_upto` */
    bool again_single;            /* one by one, as it refused some */
    uint64_t again, again_upto;
    uint64_t again_due; /* the next round */
    bool seeded;        /* what was active before it came is in `told` */
    uint64_t seed_at;
    ms_t body_at; /* when the body was made */
    char *body;
    size_t body_n; /* 0: none waits */
};

struct delivery {
    struct outlet *outlet; /* borrowed, as these: */
    struct bus *bus;
    struct log *log;
    struct deliveries *counts;
    struct post post;
    uint32_t n;
    struct delivery_to *to[RECEIVERS_MAX];
    struct node *nodes; /* scratch */
    bool opened;        /* receivers that come now are new ones */
    void (*closed)(struct delivery *d);
    void *data; /* the owner's */
};

/* false: logged why; delivery_close must still be called. */
MUST_CHECK bool delivery_open(struct delivery *d, uv_loop_t *loop, struct outlet *outlet,
                              const struct receivers *receivers, struct log *log);

/* Other receivers are in force. Who is the same keeps its place, also with another URL, and its
 * token when the new one cannot be read. false: logged why; those that could not be opened are
 * left out. */
bool delivery_reload(struct delivery *d, const struct receivers *receivers);

/* What comes before that number was told to the receivers by another daemon. */
static inline void delivery_skip(struct delivery *d, uint64_t number)
{
    for (uint32_t i = 0; i < d->n; i++)
        d->to[i]->next = number > d->to[i]->next ? number : d->to[i]->next;
}

/* For how long every delivery to it has failed, in ms. */
static inline ms_t delivery_failing(const struct delivery_to *to, uint64_t now)
{
    return to->failing == 0 || now < to->failing ? 0 : (ms_t)(now - to->failing);
}

/* Begins what is due. at: the loop's clock, now: uv_now. */
void delivery_work(struct delivery *d, ms_t at, uint64_t now);

/* uv_now by which delivery_work should be called again. */
uint64_t delivery_deadline(const struct delivery *d);

/* Gives up what is under way. closed is called from the loop. */
void delivery_close(struct delivery *d, void (*closed)(struct delivery *d));

#endif
