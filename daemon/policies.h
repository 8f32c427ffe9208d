/* policies.h: SLA policies in the configuration: whom, in which calendar, which targets. */
#ifndef TP_DAEMON_POLICIES_H
#define TP_DAEMON_POLICIES_H

#include "daemon/members.h"

extern const struct members policy_members;
extern const struct members policy_metric_members;

/* Reads r->node as policy i; the calendars are known by then. */
MUST_CHECK bool policy_read(struct reading *r, uint32_t i);

#endif
