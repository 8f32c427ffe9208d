/* backlog.h: alerts by number (runs.h), for who is behind: from the ring, else from the record.
 *
 * The record is read in a thread (lookup.h): BACKLOG_WAITS until it has come; ask again after the
 * loop has woken up. Whoever goes on with the number behind the last one has it at once; whoever
 * goes elsewhere begins another reading. Zeroed before the first use. */
#ifndef TP_DAEMON_BACKLOG_H
#define TP_DAEMON_BACKLOG_H

#include "daemon/lookup.h"
#include "daemon/outlet.h"

struct backlog {
    struct lookup *lookup; /* NULL: the record is not being read */
    uint64_t at;           /* the number that was read, or is waited for */
    bool behind;           /* the record lacked alerts that were still to be written to it */
};

enum backlog_end {
    BACKLOG_ALERT, /* *ret, lent until the next call */
    BACKLOG_WAITS,
    BACKLOG_END, /* there is no such alert yet */
    BACKLOG_GAP, /* it is not kept any more; ret->number: the first one behind that may be */
};

enum backlog_end backlog_read(struct backlog *b, struct outlet *o, uv_loop_t *loop, uint64_t number,
                              struct lookup_alert *ret);

/* A further call may tell more than BACKLOG_WAITS. */
bool backlog_is_ready(const struct backlog *b);

/* At any time; what was read may be read again. */
void backlog_stop(struct backlog *b);

#endif
