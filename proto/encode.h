/* encode.h: alerts, snapshots, rounds, heartbeats and status into published messages.
 *
 * Every function writes one map through an emitter, so the daemon (MessagePack) and `replay`
 * (JSON) say the same. The caller starts and finishes the emitter; key as in emit.h. Texts are
 * only read. PROTOCOL.md describes every member. */
#ifndef TP_PROTO_ENCODE_H
#define TP_PROTO_ENCODE_H

#include "core/effect.h"
#include "core/engine.h"
#include "core/err.h"
#include "proto/alert_words.h"
#include "proto/emit.h"
#include "proto/phrase.h"
#include "proto/status.h"

enum {
    PROTOCOL_VERSION = 1,         /* `v` */
    DEF_VERSION = 1,              /* `def_version`: of the definitions in SEMANTICS.md */
    ALERT_BYTES_MAX = 4096,       /* one alert with all its labels, in either sink */
    SNAPSHOT_BYTES_MAX = 1 << 19, /* one snapshot: all windows, indicators, mixes, aspects */
};

#define PERCENTILE_ERROR 0.01 /* `error`: greatest relative error of percentiles */

/* What every published message begins with. */
struct envelope {
    struct str run; /* id of this run of the daemon */
    ms_t at;        /* when it was made */
    uint8_t stream; /* enum stream */
    uint64_t seq;   /* +1 per message of the stream, from 1 */
};

/* Opens a message's map and writes the envelope; env NULL: without. */
void encode_begin(struct emitter *em, const char *key, const struct envelope *env);

/* A number as its field is counted: ms and whole numbers as integers, fractions as floats. */
void encode_value(struct emitter *em, const char *key, uint32_t indicator, uint32_t field,
                  int64_t v);

/* Left out when there is none: a name, an instant that is unknown or never comes. */
void encode_name(struct emitter *em, const char *key, struct str name);
void encode_instant(struct emitter *em, const char *key, ms_t at);

/* text: one sentence in that language. */
void encode_alert(struct emitter *em, const char *key, const struct envelope *env,
                  const struct settings *settings, const struct alert *alert, enum lang lang);

/* quality: NULL = not told. env NULL: without the envelope (replay's final snapshots keep at). */
void encode_snapshot(struct emitter *em, const char *key, const struct envelope *env,
                     const struct settings *settings, const struct snapshot *snapshot,
                     const struct quality *quality);

/* Closes a round of snapshots; full: of all names, else of those that had changed. */
void encode_round(struct emitter *em, const char *key, const struct envelope *env, uint64_t round,
                  uint64_t count, bool full);

/* The oldest alert that a receiver by HTTP still waits for. */
enum { UNDELIVERED_MAX = 16 };
struct undelivered_list {
    uint32_t n;
    struct undelivered {
        char receiver[NAME_BYTES_MAX + 1];
        uint64_t alert_id, rev;
    } at[UNDELIVERED_MAX];
};

/* last[]: seq of the last message of each stream. undelivered: NULL = none. */
void encode_heartbeat(struct emitter *em, const char *key, const struct envelope *env,
                      const uint64_t last[STREAM_N], bool standby,
                      const struct undelivered_list *undelivered);

/* The member `quality`. */
void encode_quality(struct emitter *em, const struct quality *q);

void encode_status(struct emitter *em, const char *key, const struct envelope *env,
                   const struct status *status);

void encode_parts(struct emitter *em, const struct kpi_window *w); /* aspects, mixes */

#endif
