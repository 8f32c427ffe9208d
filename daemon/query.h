/* query.h: answers to requests, a few at a time, so that a long answer holds up nobody.
 *
 * Requests come through the socket, or from another part of the daemon (query_submit).
 *
 * Each request becomes a job; each turn works on one job after the other until the time for it is
 * used up. A peer that does not read (ROUTER_MANDATORY tells) has its job kept for
 * QUERY_PATIENCE_MS, then dropped. With all jobs taken, further requests wait in the socket. */
#ifndef TP_DAEMON_QUERY_H
#define TP_DAEMON_QUERY_H

#include "daemon/budget.h"
#include "daemon/lookup.h"
#include "daemon/outlet.h"
#include "daemon/scores.h"
#include "daemon/study.h"
#include "proto/request.h"

enum {
    QUERY_JOBS_MAX = 32,
    QUERY_GUESTS_MAX = 16, /* of those, from elsewhere than the socket */
    QUERY_LOOKUPS_MAX = 4, /* of those, that read the record; a further one waits */
    QUERY_STUDIES_MAX = 4, /* of those, with a study; a further one is answered "busy" */
    QUERY_SLICE_NS = 250000,
    QUERY_PATIENCE_MS = 5000,
    QUERY_RETRY_MS = 20,
    QUERY_IDENTITY_MAX = 255, /* a ROUTER's, by ZMTP */
};

enum job_phase {
    JOB_FREE,
    JOB_ALERTS,
    JOB_RECORD, /* what the file has, before … */
    JOB_RECENT, /* … what the ring has */
    JOB_SNAPSHOTS,
    JOB_COUNT, /* scorecards: every name is scored, for the places … */
    JOB_CARDS, /* … and told */
    JOB_STATUS,
    JOB_ATTEND, /* ack, mute: the alert is looked for */
    JOB_STUDY,  /* explain, worklist, compare: being found out … */
    JOB_PAGES,  /* … and sent */
    JOB_END
};

/* Takes an answer: 0, -EAGAIN when there is no room for it now, or another negative errno, which
 * ends the job. bytes NULL: the job was given up, no further answer comes. */
typedef int query_taker(void *data, const void *bytes, size_t n);

struct job {
    uint8_t phase;  /* enum job_phase */
    bool delimiter; /* a REQ socket asked: an empty frame before the answer */
    bool waits;     /* for a thread, which wakes the loop up */
    uint8_t identity_n;
    uint8_t identity[QUERY_IDENTITY_MAX];
    query_taker *taker; /* instead of the socket; NULL = the socket */
    void *taker_data;
    struct request request; /* its texts lie in bytes */
    uint32_t windows;       /* mask of those asked for */
    uint64_t at;            /* active alerts: where to go on */
    uint32_t index;         /* snapshots: the name that comes next … */
    uint8_t scope;          /* … of this scope; the first and last one wanted */
    uint8_t scope_first, scope_last;
    struct score_walk walk; /* scorecards: the name that was last */
    uint64_t number;        /* recent alerts: which comes next (runs.h) */
    uint64_t oldest;        /* … the first that was kept, when older ones were asked for; or 0 */
    uint64_t upto_seq;      /* alerts of this run up to this one are covered */
    uint64_t count;         /* answers so far */
    uint64_t peer;          /* whose budget it spends; 0: nobody's */
    bool paced;             /* its peer has had more than its share just now */
    uint64_t stalled;       /* uv_now() since when the peer takes nothing; 0 = it does */
    struct study *study;    /* NULL: none */
    struct lookup *lookup;  /* likewise */
    uint64_t looked;        /* the number from which the file was asked last */
    char bytes[REQUEST_BYTES_MAX];
};

struct query {
    struct outlet *outlet; /* borrowed: engine, bus, the scratch for messages */
    struct scores *scores; /* borrowed */
    struct log *log;
    uv_loop_t *loop;      /* borrowed */
    uint32_t jobs;        /* not free */
    uint32_t studies;     /* jobs with one */
    uint32_t lookups;     /* likewise */
    uint32_t guests;      /* jobs with a taker */
    bool closed;          /* takes no further requests */
    uint32_t turn;        /* the job that comes next */
    uint64_t requests;    /* taken */
    uint64_t abandoned;   /* jobs whose peer went or did not read */
    struct budget budget; /* of each peer of the socket */
    struct job job[QUERY_JOBS_MAX];
    char answer[SNAPSHOT_BYTES_MAX + 1024];
};

void query_init(struct query *q, struct outlet *outlet, struct scores *scores, uv_loop_t *loop,
                struct log *log);

/* Other settings have come into force. */
void query_reload(struct query *q);

/* Ends all jobs and takes no further ones. Something of theirs may stay in the loop for some
 * milliseconds. */
void query_close(struct query *q);

/* Takes requests from the socket while there is room. */
void query_receive(struct query *q, struct zsock *z);

/* A request from within: the same bytes as a message to the socket. Its answers go to the taker,
 * from query_work or at once; a refusal is an answer. false: busy, and nothing is answered. */
MUST_CHECK bool query_submit(struct query *q, const void *bytes, size_t n, query_taker *taker,
                             void *data);

/* The taker with this data wants no more; nothing happens when it has no job. */
void query_cancel(struct query *q, const void *data);

/* Works on jobs for about QUERY_SLICE_NS. now: uv_now(). */
void query_work(struct query *q, uint64_t now);

/* uv_now() by which query_work should be called again: now while there is work, a little later
 * when all peers stall, UINT64_MAX without jobs. */
uint64_t query_deadline(const struct query *q, uint64_t now);

/* --- shared by query.c and query_take.c ---------------------------------------------------- */

/* One answer to who asked: 0, or the negative errno of the socket or taker. */
int query_answer(struct query *q, const struct job *j, const void *bytes, int n);

/* Likewise {error, reason, …}. reason: NULL = the sentence of the error. */
int query_refuse(struct query *q, const struct job *j, int err, const char *key,
                 const char *reason);

void query_start_cards(struct job *j);

/* Which cards it asks for; lent by the request. */
struct score_wish query_wish(const struct job *j);

/* The job lets go of what it holds; its place is free. q->jobs is the caller's to count. */
void query_end(struct query *q, struct job *j);

#endif
