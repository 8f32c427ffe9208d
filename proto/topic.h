/* topic.h: the topics of published messages: built with their names escaped, and taken apart.
 *
 * Parts end with a dot, so that a subscription to "kpi.agent.ada." does not get "adam" as well.
 * In names '.', '%', space and control bytes are %XX; an absent name is "-", and a name that is
 * just "-" is "%2D". Buffers are the caller's; topics are not zero-terminated. */
#ifndef TP_PROTO_TOPIC_H
#define TP_PROTO_TOPIC_H

#include "core/effect.h"

#define TOPIC_ROUND "kpi.round."
#define TOPIC_HEARTBEAT "sys.heartbeat."
#define TOPIC_STATUS "sys.status."

enum {
    TOPIC_PART_MAX = NAME_BYTES_MAX * 3 + 1, /* a name, every byte escaped, and the dot */
    TOPIC_BYTES_MAX = 512,
};

STATIC_ASSERT(2 * TOPIC_PART_MAX + 32 <= TOPIC_BYTES_MAX, "alert, kind, state, team, agent");

struct topic {
    uint32_t len;
    char text[TOPIC_BYTES_MAX];
};

/* "warning", "breached", "cleared", "corrected", "cancelled"; static storage. */
const char *alert_state_name(enum alert_state state);

/* "kpi", "sla"; static storage. */
const char *alert_kind_name(enum alert_kind kind);

/* The team or agent of an SLA alert: empty where the alert has "-", which is nobody. */
struct str alert_owner(struct str name);

/* alert.<kind>.<state>.<team>.<agent>. */
void topic_alert(struct topic *ret, const struct settings *settings, const struct alert *alert);

/* kpi.<scope>.<name>. */
void topic_snapshot(struct topic *ret, enum scope scope, struct str name);

/* <stream>.<scope>.<name>. */
void topic_scope(struct topic *ret, const char *stream, enum scope scope, struct str name);

/* The same from text, for subscriptions: parts (not escaped) to a prefix; absent parts are "-". */
void topic_start(struct topic *t);
void topic_word(struct topic *t, const char *word); /* as it is, and a dot */
void topic_name(struct topic *t, struct str name);  /* escaped; empty = absent */

static inline struct str topic_str(const struct topic *t)
{
    return (struct str){t->text, t->len};
}

/* Does a subscription to this prefix get that topic? */
bool topic_matches(struct str prefix, struct str topic);

#endif
