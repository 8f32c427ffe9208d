/* past.h: the events of a journal, read from outside, also while the daemon writes it.
 *
 * Rows are read some at a time, each time in a transaction that is soon over: a reader who stays
 * in one would keep the daemon's log from beginning anew. In order of arrival; what an event
 * became of (a duplicate, too late) is found out by who replays it. Blocks. */
#ifndef TP_DAEMON_PAST_H
#define TP_DAEMON_PAST_H

#include "proto/pack.h"

struct past;

/* dir: the state directory. NULL: *ret_why says why not, until the next call. */
struct past *past_open(const char *dir, const char **ret_why);

/* The next event; its texts are lent until the next call. 1, 0 at the end, -1: past_why, and there
 * is no more. */
MUST_CHECK int past_next(struct past *p, struct event *ret);

const char *past_why(const struct past *p);
uint64_t past_damaged(const struct past *p); /* entries of rows that could not be read */

/* Entries read so far, and all that there were at the beginning. */
uint64_t past_done(const struct past *p);
uint64_t past_total(const struct past *p);

void past_close(struct past *p);

#endif
