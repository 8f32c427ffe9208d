/* calendars.h: business calendars in the configuration: hours, holidays, dated hours. */
#ifndef TP_DAEMON_CALENDARS_H
#define TP_DAEMON_CALENDARS_H

#include "daemon/members.h"

/* Calendar 0 is built in: open all the time, named "always". */
enum { CALENDAR_ALWAYS, CALENDARS_GIVEN_MAX = CALENDARS_MAX - 1 };

extern const struct members calendar_members;

/* Calendars and policies of the configuration being read, made when first asked for, with the
 * built-in calendar. NULL: no memory, complained. */
struct sla_setting *calendars_open(const struct reading *r);

/* Reads r->node as entry i of the list: calendar i + 1. */
MUST_CHECK bool calendar_read(struct reading *r, uint32_t i);

/* "2026-12-24" -> days since 1970-01-01. false: no such date. */
bool date_parse(struct str text, int32_t *ret);

/* "09:00-17:00" -> seconds after midnight, *ret_to beyond 86400 when it passes midnight. NULL, or
 * what is wrong with it (static storage). */
const char *hours_parse(struct str text, int32_t *ret_from, int32_t *ret_to);

#endif
