/* progress.h: a progress bar on stderr, when that is a terminal; else nothing. */
#ifndef TP_DAEMON_CLI_PROGRESS_H
#define TP_DAEMON_CLI_PROGRESS_H

#include "core/base.h"

struct progress {
    bool on;
    bool shown; /* stands on the terminal now */
    ms_t next;  /* monotonic: not drawn again before */
    ms_t started;
};

void progress_start(struct progress *p);

/* Draws at most ten times a second. total > 0. */
void progress_show(struct progress *p, uint64_t done, uint64_t total);

/* Takes the bar away, so that other lines can be written. */
void progress_clear(struct progress *p);

#endif
