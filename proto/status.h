/* status.h: what a running daemon counts and tells of itself (`sys.status.`, `query status`).
 *
 * Plain numbers that their owners keep; encode_status (encode.h) writes them. */
#ifndef TP_PROTO_STATUS_H
#define TP_PROTO_STATUS_H

#include "core/engine.h"
#include "core/err.h"
#include "proto/ops.h"

/* The streams of published messages, each numbered by itself. */
enum stream { STREAM_ALERT, STREAM_KPI, STREAM_SCORE, STREAM_SYS, STREAM_N };

const char *stream_name(enum stream s);

/* How far the numbers can be trusted. */
struct quality {
    ms_t behind_ms; /* age of the newest event when it was received */
    uint64_t gaps;  /* sequence numbers of sources that are missing */
    uint64_t late_dropped;
    uint64_t skewed;
};

/* Of a daemon with a state directory. */
struct status_journal {
    bool on;      /* there is one */
    bool written; /* the last attempt was fine */
    uint64_t entries, committed;
    uint64_t commits;
    uint64_t waiting_bytes; /* not on disk yet */
    uint64_t held;          /* alerts that wait for it */
    uint64_t acks, nacks;   /* batches acknowledged, and refused for now */
    uint64_t checkpoint;    /* the entry of the last one; 0 = none */
    uint64_t checkpoints;   /* made since the start */
    uint64_t lost;          /* entries that found no room while it could not be written */
};

/* Of its record.db. */
struct status_record {
    bool on;
    bool written;          /* the last attempt was fine */
    uint64_t alerts, rows; /* written since the start; rows of history */
    uint64_t commits;
    uint64_t waiting_bytes; /* not on disk yet */
    uint64_t lost;          /* alerts and rows that found no room while it could not be written */
};

/* Alerts to receivers by HTTP. */
struct deliveries {
    uint64_t delivered;
    uint64_t failed;  /* attempts that are made again */
    uint64_t refused; /* alerts that a receiver will not have: 400, 413, 422 */
    uint64_t lost;    /* alerts that were gone before their receiver was back */
};

/* Who connects where keys are asked for. */
struct peers {
    uint64_t accepted;
    uint64_t previous;          /* of those, by the server's key that is given up */
    uint64_t refused;           /* a key that is unknown, or not for that socket */
    uint64_t handshakes_failed; /* no key, another mechanism, a key for another server */
    uint64_t subscriptions;     /* refused: to topics that are not the client's */
    uint64_t queries;           /* refused likewise */
};

/* Why an HTTP connection was cut: what it kept us waiting for too long. X(NAME, wire) */
#define HTTP_CUT_TABLE(X)                                                                          \
    X(HEAD, "head")     /* the head of a request */                                                \
    X(BODY, "body")     /* its body */                                                             \
    X(ANSWER, "answer") /* that the answer is read */                                              \
    X(IDLE, "idle")     /* the next request */                                                     \
    X(STREAM, "stream") /* that a live stream is read */

enum http_cut {
#define HTTP_CUT_ENUM(name, wire) HTTP_CUT_##name,
    HTTP_CUT_TABLE(HTTP_CUT_ENUM)
#undef HTTP_CUT_ENUM
        HTTP_CUTS
};

const char *http_cut_name(enum http_cut c); /* "head"; static storage */
enum { HTTP_CLASSES = 5 };                  /* of responses: 1xx to 5xx */

struct http_status {
    uint32_t connections, streams; /* now */
    uint64_t responses[HTTP_CLASSES];
    uint64_t cut[HTTP_CUTS];
    uint64_t over_requests, over_bytes; /* refused: their address had its share of these */
};

/* What is wrong with sources and with the daemon itself: alerts of kind ops. */
struct status_ops {
    uint32_t active[OPS_N];
    uint64_t raised[OPS_N]; /* since the start */
    uint64_t untracked;     /* not raised: too many at once */
};

enum { STATUS_SOURCES = 64 }; /* told one by one */
struct status_standby {
    bool configured;      /* it began as the second of two */
    bool on;              /* it publishes nothing */
    bool listens;         /* to a primary */
    bool both;            /* the primary publishes as well */
    uint64_t silent_ms;   /* since the primary's last heartbeat, as far as our loop turned */
    uint64_t waiting;     /* own alerts that the primary was not heard telling */
    uint64_t confirmed;   /* … that it was */
    uint64_t unconfirmed; /* … that it did not tell, though it was there */
    uint64_t unknown;     /* alerts of the primary that are none of ours */
    uint64_t lost;        /* own alerts for which there was no room */
    uint64_t told;        /* own alerts that left at the takeover */
    uint64_t attended;    /* acknowledgements and mutes taken over */
    ms_t took_over_at;    /* 0 = it has not */
};

/* What `sys.status.` and `query status` say. */
struct status {
    struct str version; /* of the program */
    ms_t started_at;
    ms_t engine_at;           /* MS_NONE before the first event */
    uint64_t messages;        /* payloads received */
    uint64_t events;          /* events decoded */
    uint64_t rejected[ERR_N]; /* by reason, [-ERR_x]: payloads and events refused */
    uint64_t published[STREAM_N];
    uint64_t dropped; /* messages that no reader could take */
    uint32_t active_alerts;
    uint64_t alerts_told, alerts_digested, alerts_muted, digests; /* messages of the stream */
    uint64_t turns;                                               /* of the daemon's loop */
    uint64_t longest_us;  /* the longest turn since the last full round of snapshots */
    uint64_t clock_steps; /* how often the system's clock was set back */
    uint64_t queries;     /* requests taken */
    uint64_t abandoned;   /* of those, whose peer went or did not read */
    uint64_t busy;        /* refused: their peer asks too often */
    uint32_t jobs;        /* requests under way */
    uint64_t heap;        /* bytes beside the engine's, when last counted */
    uint64_t swollen;     /* how often connections were cut for that */
    struct http_status http;
    const struct engine_counters *counters;
    const struct engine_use *use;
    uint32_t uses;
    struct quality quality;
    struct peers peers;
    struct deliveries deliveries;
    struct status_journal journal;
    struct status_record record;
    struct status_ops ops;
    const struct engine *engine; /* its sources are told; NULL: none */
    struct status_standby standby;
};

#endif
