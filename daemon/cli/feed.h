/* feed.h: events from one or several files, NDJSON or CSV (.gz too), or from the journal in a state
 * directory, merged by ts.
 *
 * Each file keeps its own order; of several files the one whose next event is the oldest goes on
 * (of equals, the first given). A refused line is told on stderr with file, line and reason, the
 * first few of each file by themselves. Shows a progress bar on a terminal. */
#ifndef TP_DAEMON_CLI_FEED_H
#define TP_DAEMON_CLI_FEED_H

#include "core/event.h"

struct feed;

/* Opens all files ("-": standard input). NULL: complained. The paths must live as long. quiet:
 * nothing is told of what cannot be read: who reads it again does. */
struct feed *feed_open(char *const *paths, uint32_t n, bool quiet);

/* The next event, its texts lent until the next call; rts is MS_NONE. NULL at the end. */
struct event *feed_next(struct feed *f);

uint64_t feed_refused(const struct feed *f); /* lines so far */

/* Could everything be read? A file that broke off was complained about. */
bool feed_whole(const struct feed *f);

/* Sums up what was refused, takes the progress bar away. */
void feed_close(struct feed *f);

#endif
