/* terse.h: events as tests write them: "message ticket=T1 by=agent agent=ada". */
#ifndef TP_TESTS_TERSE_H
#define TP_TESTS_TERSE_H

#include "core/event.h"

/* Kind, then key=value with single blanks between; `nil` clears. *ret borrows from the line, has
 * its defaults, and no rts. A line that is no valid event ends the program. */
void terse_event(struct event *ret, ms_t ts, const char *line);

#endif
