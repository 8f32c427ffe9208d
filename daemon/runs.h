/* runs.h: runs of the daemon and where their alerts stand: number = base + seq.
 *
 * Numbers count the alerts of all runs on one state directory, so that a reader who was away
 * during a restart goes on where it was. No memory of its own. */
#ifndef TP_DAEMON_RUNS_H
#define TP_DAEMON_RUNS_H

#include "core/base.h"

enum { RUNS_MAX = 256, RUNS_ID_MAX = 16 };

struct runs {
    uint32_t n;
    struct runs_of {
        char id[RUNS_ID_MAX + 1];
        uint64_t base;
    } at[RUNS_MAX]; /* oldest first; bases never fall */
};

/* One more, the newest; the oldest may go. Ids that are too long are left out. */
void runs_add(struct runs *r, struct str id, uint64_t base);

/* The number of the alert after which a reader of that run goes on who had seen `seq`. What the
 * run may have told beyond what was recorded came again in the next. false: no such run. */
MUST_CHECK bool runs_number(const struct runs *r, struct str id, uint64_t seq, uint64_t *ret);

/* Of a number: the run and its seq. NULL: older than all runs that are known. */
const struct runs_of *runs_find(const struct runs *r, uint64_t number);

#endif
