/* customs.h: `indicators` of the configuration: the site's own, made of `measured` values and of
 * built-in counts. */
#ifndef TP_DAEMON_CUSTOMS_H
#define TP_DAEMON_CUSTOMS_H

#include "daemon/members.h"

extern const struct members custom_members;
extern const struct members custom_name_members;

/* Reads r->node as indicator number i. */
MUST_CHECK bool custom_read_entry(struct reading *r, uint32_t i);

#endif
