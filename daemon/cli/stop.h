/* stop.h: SIGINT and SIGTERM as a question; waiting that they end; what comes of it when stdout
 * takes nothing. */
#ifndef TP_DAEMON_CLI_STOP_H
#define TP_DAEMON_CLI_STOP_H

#include "core/base.h"

/* From here on the two signals only set the flag; blocking calls return with EINTR. */
void stop_on_signals(void);

bool stop_asked(void);

/* Waits so long, or until a signal comes. */
void stop_wait(ms_t ms);

/* Has all arrived that was written to stdout? Else says why, once. A reader that went away
 * (`… | head`) ends this program as it ends others: by SIGPIPE, without a word. */
bool stdout_flushed(void);

#endif
