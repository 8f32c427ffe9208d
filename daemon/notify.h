/* notify.h: what the service manager is told, as sd_notify(3) has it; it is never waited for longer
 * than a second. Nothing happens without one. */
#ifndef TP_DAEMON_NOTIFY_H
#define TP_DAEMON_NOTIFY_H

#include "core/base.h"

void notify_ready(void);
void notify_reloading(void); /* then notify_ready */
void notify_stopping(void);

/* The start takes a while: the manager is asked for patience. */
void notify_progress(uint64_t done, uint64_t of);

/* One line for `systemctl status`. */
void notify_status(const char *role, uint64_t events, uint32_t active_alerts, uint64_t refused);

/* Time between two notify_alive that the manager wants, half of its limit; 0 = none. */
uint64_t notify_watchdog_ms(void);
void notify_alive(void);

#endif
