/* study.h: questions that take longer: explain, worklist, compare; a piece of work at a time.
 *
 * What is found is written out as pages on the heap at once, because texts of the engine are lent
 * until its next step and a peer may be slow. A configuration to compare with is read in a thread
 * of libuv's pool, as that takes milliseconds; nothing of the engine is touched there.
 *
 *     s = study_new(…);
 *     while (study_work(s) == STUDY_GOES_ON) …    between turns of the loop
 *     while (study_page(s, &page)) { send; study_turn(s); }
 *     study_free(s);
 */
#ifndef TP_DAEMON_STUDY_H
#define TP_DAEMON_STUDY_H

#include "core/engine.h"
#include "daemon/config.h"
#include "proto/request.h"

#include <uv.h>

struct study;

/* config: the one in force, borrowed as the others; texts of r are copied. NULL: no memory. */
struct study *study_new(uv_loop_t *loop, struct engine *engine, const struct config *config,
                        const struct request *r);

enum study_end {
    STUDY_GOES_ON, /* call again */
    STUDY_WAITS,   /* for the thread: call again after the loop has woken up */
    STUDY_DONE,    /* the pages are there */
    STUDY_REFUSED, /* study_refusal says why */
};

/* Some ten microseconds of work, as far as the engine's readers can be divided. */
enum study_end study_work(struct study *s);

/* Other settings have come into force: a comparison under way begins anew. */
void study_restart(struct study *s);

/* An ERR_x; the key at fault ("" = none) and a sentence (NULL = that of the error), both lent. */
int study_refusal(const struct study *s, const char **ret_key, const char **ret_reason);

/* The page at hand, a whole answer, lent; false when there is no further one. */
bool study_page(const struct study *s, struct str *ret);
void study_turn(struct study *s); /* to the next page */

/* At any time. */
void study_free(struct study *s);

#endif
