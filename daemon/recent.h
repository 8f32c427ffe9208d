/* recent.h: the last published alerts, as they were sent, for those who missed some.
 *
 * A ring of copies, bounded by the number of alerts; numbered without gaps (runs.h). Owned by the
 * bus; heap, freed by recent_fini. */
#ifndef TP_DAEMON_RECENT_H
#define TP_DAEMON_RECENT_H

#include "core/base.h"

struct recent {
    struct recent_message *ring; /* cap places; seq s stands at s % cap */
    uint32_t cap;
    uint64_t first, next; /* seqs kept: first .. next - 1; numbers begin at 1 */
};

struct recent_message {
    char *bytes;    /* topic, then message */
    uint32_t topic; /* bytes of each */
    uint32_t message;
};

/* false: no memory. */
MUST_CHECK bool recent_init(struct recent *r, uint32_t cap);

/* Nothing is kept any more; the next message has that seq. */
void recent_restart(struct recent *r, uint64_t next);

/* Copies the message with the next seq; the oldest goes. false: no memory; then what was kept
 * up to now is gone, as the numbers must have no gap. */
bool recent_add(struct recent *r, struct str topic, const void *message, size_t n);

/* The message with that seq; false when it is not kept. Lent until the next recent_add. */
bool recent_get(const struct recent *r, uint64_t seq, struct str *ret_topic,
                struct str *ret_message);

void recent_fini(struct recent *r);

#endif
