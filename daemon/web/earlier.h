/* earlier.h: the last day's minutes from the record into the day's lines, after a restart.
 *
 * Read in a thread of libuv's pool, so that nobody waits; what was measured meanwhile stays. */
#ifndef TP_DAEMON_WEB_EARLIER_H
#define TP_DAEMON_WEB_EARLIER_H

#include "daemon/web/dayline.h"

#include <uv.h>

struct earlier;

/* dir: of the record. t and engine are borrowed until earlier_forget. NULL: no memory, nothing is
 * read. */
struct earlier *earlier_begin(uv_loop_t *loop, const char *dir, struct dayline *t,
                              struct engine *engine, ms_t now);

/* They are about to go; at any time. NULL is fine. */
void earlier_forget(struct earlier *e);

#endif
