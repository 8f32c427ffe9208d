/* stop.h: SIGINT and SIGTERM as a question; waiting that they end. */
#ifndef TP_DAEMON_CLI_STOP_H
#define TP_DAEMON_CLI_STOP_H

#include "core/base.h"

/* From here on the two signals only set the flag; blocking calls return with EINTR. */
void stop_on_signals(void);

bool stop_asked(void);

/* Waits so long, or until a signal comes. */
void stop_wait(ms_t ms);

#endif
