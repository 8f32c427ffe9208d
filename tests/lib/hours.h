/* hours.h: business time by walking from day to day: what calendars must say. Slow.
 *
 * Written from SEMANTICS.md; knows nothing of core/calendar.c. An instant is open when its local
 * time lies in an interval that begins on an open local day. */
#ifndef TP_TESTS_HOURS_H
#define TP_TESTS_HOURS_H

#include "core/calendar.h"

/* How long it is open in [from, to). */
ms_t hours_between(const struct calendar_setting *c, ms_t from, ms_t to);

/* The first instant at which `left` of open time is used up, counted from `from` on (left < 0:
 * so much of it lies before), and the last at which no more than that is. MS_NEVER: beyond 2100. */
ms_t hours_due(const struct calendar_setting *c, ms_t from, ms_t left);
ms_t hours_breach(const struct calendar_setting *c, ms_t from, ms_t left);

#endif
