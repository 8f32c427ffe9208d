/* ops.h: alerts of kind ops: what is wrong with a source of events, or with the daemon itself.
 *
 * In struct alert: `rule` is the enum ops_kind, `name` the source, receiver or limit ("-": the
 * daemon), `value` in the unit of the row, `detail` why. */
#ifndef TP_PROTO_OPS_H
#define TP_PROTO_OPS_H

#include "proto/phrase.h"

/* X(NAME, wire, severity, scope, value is ms) */
#define OPS_TABLE(X)                                                                               \
    X(GAP, "gap", WARNING, "source", false)              /* numbers (seq) did not come */          \
    X(SILENT, "silent", CRITICAL, "source", true)        /* neither event nor heartbeat */         \
    X(LAG, "lag", WARNING, "source", true)               /* its events come late */                \
    X(DISK, "disk", CRITICAL, "daemon", false)           /* the journal cannot be written */       \
    X(LOST, "lost", CRITICAL, "daemon", false)           /* entries found no room meanwhile */     \
    X(DAMAGE, "damage", CRITICAL, "daemon", false)       /* the start missed some of the state */  \
    X(CHECKPOINT, "checkpoint", WARNING, "daemon", true) /* none could be written for long */      \
    X(RECORD, "record", CRITICAL, "daemon", false)       /* record.db cannot be written */         \
    X(RECEIVER, "receiver", CRITICAL, "receiver", true)  /* nothing can be delivered to it */      \
    X(CLOCK, "clock", WARNING, "daemon", true)           /* set back; ours waits */                \
    X(LIMIT, "limit", WARNING, "limit", false)           /* a limit of the configuration is met */

enum ops_kind {
#define OPS_ENUM(name, wire, severity, scope, is_ms) OPS_##name,
    OPS_TABLE(OPS_ENUM)
#undef OPS_ENUM
        OPS_N
};

const char *ops_name(enum ops_kind what);  /* "gap"; static storage, as these */
const char *ops_scope(enum ops_kind what); /* "source", "daemon", … */
enum severity ops_severity(enum ops_kind what);
bool ops_is_ms(enum ops_kind what); /* of its value; else a count */

/* One sentence. Returns buf. */
char *ops_phrase(char buf[PHRASE_MAX], const struct alert *alert, enum lang lang);

#endif
