/* scorecards.h: scorecards in the configuration: whom, which window, which items and weights. */
#ifndef TP_DAEMON_SCORECARDS_H
#define TP_DAEMON_SCORECARDS_H

#include "daemon/members.h"

extern const struct members scorecard_members;

/* Reads r->node as entry i of the list; windows and scopes are known by then. */
MUST_CHECK bool scorecard_read(struct reading *r, uint32_t i);

#endif
