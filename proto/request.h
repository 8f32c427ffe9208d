/* request.h: requests to the query socket, and the frame of their answers.
 *
 * A request is one small map, an answer one or more maps; the last one has end: true. Used by the
 * daemon (decode, answers) and by the companion (encode). */
#ifndef TP_PROTO_REQUEST_H
#define TP_PROTO_REQUEST_H

#include "core/settings.h"
#include "proto/emit.h"

/* X(NAME, wire) */
#define REQUEST_OPS(X)                                                                             \
    X(HOLD, "hold")           /* {prefix?}: what holds now: active alerts, last snapshots */       \
    X(SNAPSHOT, "snapshot")   /* {scope?, name?, window?}: computed now */                         \
    X(ALERTS, "alerts")       /* {since_seq?, run? | active: true, prefix?} */                     \
    X(STATUS, "status")       /* {} */                                                             \
    X(EXPLAIN, "explain")     /* {ticket}: its clocks, and what they counted */                    \
    X(WORKLIST, "worklist")   /* {team?, agent?}: open clocks, least time left first */            \
    X(COMPARE, "compare")     /* {config}: what a reload would do to the open tickets */           \
    X(SCORECARD, "scorecard") /* {scope?, name?, window? | from, to}: computed now */              \
    X(HISTORY, "history")     /* {scope?, name?, indicator?, field?, from?, to?, step?} */         \
    X(ACK, "ack")             /* {alert_id, by}: somebody has taken the alert on */                \
    X(MUTE, "mute")           /* {alert_id, by, until?}: no repeats until then */                  \
    X(PROMOTE, "promote")     /* {}: a standby publishes from now on */

enum request_op {
#define REQUEST_OP_ENUM(name, wire) OP_##name,
    REQUEST_OPS(REQUEST_OP_ENUM)
#undef REQUEST_OP_ENUM
        OP_N
};

enum {
    REQUEST_BYTES_MAX = 2048,        /* more is refused before it is read … */
    REQUEST_CONFIG_MAX = 256 * 1024, /* … but a configuration, of compare only */
    REQUEST_LARGE_MAX = REQUEST_CONFIG_MAX + 256,
    REQUEST_PREFIX_MAX = 512, /* of a topic */
};

struct request {
    uint8_t op;                  /* enum request_op */
    bool has_since;              /* since_seq was given */
    bool active;                 /* only alerts that are active now */
    int8_t scope;                /* enum scope; -1 = every scope */
    uint64_t since_seq;          /* messages after this one */
    ms_t from, to;               /* of scorecards, history; 0 = not given, both or neither */
    ms_t step;                   /* of history; 0 = one that suits */
    struct str indicator, field; /* of history; empty = all; borrowed */
    struct str run;              /* since_seq is that run's; empty = this one; borrowed */
    struct str prefix;           /* of topics, empty = all; borrowed */
    struct str name;             /* of the scope, empty = all; borrowed */
    struct str window;           /* "1h", empty = all; borrowed */
    struct str ticket;           /* borrowed, as these: */
    struct str team;             /* empty = any */
    struct str agent;            /* empty = any */
    uint64_t alert_id;
    struct str by;     /* who says so */
    ms_t until;        /* MS_NEVER when it was not given */
    struct str config; /* a configuration file's text */
};

/* 0, or the ERR_x with the key at fault in *ret_key ("" when none; static storage). Texts are
 * borrowed from bytes. */
MUST_CHECK int request_decode(const void *bytes, size_t n, struct request *ret,
                              const char **ret_key);

void request_emit(struct emitter *em, const struct request *request);

/* {error, reason, key?, end: true}: err is an ERR_x, key what was at fault (NULL or "" = none).
 * reason: NULL = the sentence that belongs to err. */
void answer_error(struct emitter *em, int err, const char *key, const char *reason);

/* {topic, message}: one published message, as it was sent (MessagePack). */
void answer_message(struct emitter *em, struct str topic, const void *message, size_t n);

/* {end: true, run, upto_seq, count}: the last answer: count answers came before it, and it covers
 * alerts up to this seq of this run. oldest_seq: 0, or the oldest that is kept when older ones were
 * asked for; then {truncated: true, oldest_seq} besides. */
void answer_end(struct emitter *em, struct str run, uint64_t upto_seq, uint64_t count,
                uint64_t oldest_seq);

#endif
