/* trace.h: any event, effect or verdict as one stable line of text, for logs and tests.
 *
 *     2026-02-06T09:00:00.000Z opened ticket=T1 by=customer team=billing src=crm seq=7
 *     2026-02-06T09:15:00.000Z alert breached rule=slow scope=team name=billing value=15m00s …
 *     2026-02-06T10:00:00.001Z alert breached sla ticket=T1 metric=first_response instance=1 …
 *
 * Times are UTC, durations readable, fields in the order of event.h with id, src and seq last; nil
 * is written as nil. Texts with blanks, quotes, backslashes or control bytes stand in quotes, with
 * \", \\ and \xNN. Lines go into the caller's buffer without a line end, zero-terminated; what
 * does not fit is cut. All functions return the length. */
#ifndef TP_CORE_TRACE_H
#define TP_CORE_TRACE_H

#include "core/effect.h"
#include "core/event.h"

enum { TRACE_BYTES_MAX = 8192 }; /* every line fits, however much of it is escaped */

size_t trace_event(char *buf, size_t cap, const struct event *e);

/* settings: those that the alert's rule index is of. */
size_t trace_effect(char *buf, size_t cap, const struct settings *settings, const struct effect *e);

/* "2026-02-06T09:00:00.000Z"; "none" and "never" for MS_NONE and MS_NEVER. */
size_t trace_time(char *buf, size_t cap, ms_t t);

/* "1d02h00m00s", "15m00s", "42.250s", "0s", "-5s". */
size_t trace_duration(char *buf, size_t cap, ms_t d);

/* Millionths as a decimal number without needless zeros: "4.5", "17", "-0.25". */
size_t trace_number(char *buf, size_t cap, int64_t millionths);

#endif
