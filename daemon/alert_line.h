/* alert_line.h: an alert as fields of a line of the log, and so as fields of the journal: TICKET,
 * AGENT, TEAM, RULE, POLICY, … */
#ifndef TP_DAEMON_ALERT_LINE_H
#define TP_DAEMON_ALERT_LINE_H

#include "core/alert.h"
#include "core/settings.h"
#include "daemon/log.h"

enum { ALERT_LINE_MAX = LOG_LINE_MAX - 64 }; /* the log's own words have room, too */

/* Who has it, where one of team and agent does, stands there, whatever kind it is. Returns buf. */
const char *alert_line(char buf[ALERT_LINE_MAX], const struct settings *settings,
                       const struct alert *alert);

#endif
