/* handover.h: what receivers had not been delivered by the primary when its standby takes over.
 *
 * The primary's heartbeat names the oldest alert that each of its receivers still waits for. The
 * standby counts what it heard up to that heartbeat as delivered, but from that alert on for those
 * that wait: after the takeover it begins there. So no alert is lost to a receiver that was down
 * when the primary died; some may come twice, with the same (alert_id, rev). */
#ifndef TP_DAEMON_HANDOVER_H
#define TP_DAEMON_HANDOVER_H

#include "daemon/delivery.h"
#include "daemon/standby.h"

enum {
    HANDOVER_SLACK_MS = 5000, /* alerts of two daemons are told in nearly the same order */
    HANDOVER_SCANNED = 256,   /* alerts looked at for one that a standby has too */
};

struct handover {
    struct delivery *delivery; /* borrowed, as the standby */
    struct standby *standby;
    struct undelivered_list own; /* for our heartbeat, as of that moment */
    bool stood_by;
};

void handover_init(struct handover *h, struct delivery *d, struct standby *s);

/* Once a turn: lets the receivers wait, or begins what is due. at: the loop's clock, now: uv_now.
 */
void handover_work(struct handover *h, ms_t at, uint64_t now);

#endif
