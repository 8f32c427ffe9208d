/* lookup.h: questions to record.db: alerts that the ring no longer has, and the past of a name.
 *
 * The file is read in a thread of libuv's pool, some rows at a time; what was found waits as whole
 * answers until the peer has taken them, then the next rows are read.
 *
 *     l = lookup_alerts(…) or lookup_history(…)
 *     while ((end = lookup_work(l)) == LOOKUP_PAGE) { send lookup_page(l); lookup_turn(l); }
 *     LOOKUP_WAITS: call again after the loop has woken up
 *     lookup_free(l)
 */
#ifndef TP_DAEMON_LOOKUP_H
#define TP_DAEMON_LOOKUP_H

#include "daemon/archive_read.h"
#include "proto/request.h"

#include <uv.h>

enum {
    LOOKUP_ROWS = 200, /* read at once */
    LOOKUP_BYTES = 1 << 19,
    LOOKUP_POINTS = 100, /* of one answer */
};

struct lookup;

/* Published messages with numbers after that one and up to that, whose topics begin so. dir is
 * copied. NULL: no memory. */
struct lookup *lookup_alerts(uv_loop_t *loop, const char *dir, uint64_t after, uint64_t upto,
                             struct str prefix);

/* The same, all of them and as they were published, for who tells them on: lookup_alert. */
struct lookup *lookup_published(uv_loop_t *loop, const char *dir, uint64_t after, uint64_t upto);

/* What r asks for; its texts are copied. now: for what it leaves open. */
struct lookup *lookup_history(uv_loop_t *loop, const char *dir, const struct request *r, ms_t now);

enum lookup_end {
    LOOKUP_WAITS,  /* for the thread */
    LOOKUP_PAGE,   /* an answer is there */
    LOOKUP_DONE,   /* there is no further one */
    LOOKUP_FAILED, /* the file cannot be read: lookup_why */
};
enum lookup_end lookup_work(struct lookup *l);

/* The thread is at it. */
bool lookup_reads(const struct lookup *l);

/* A whole answer, lent until lookup_turn. */
struct str lookup_page(const struct lookup *l);

/* Of lookup_published, instead; lent likewise. */
struct lookup_alert {
    uint64_t number; /* runs.h */
    struct str topic, message;
};
struct lookup_alert lookup_alert(const struct lookup *l);
void lookup_turn(struct lookup *l);

uint64_t lookup_upto(const struct lookup *l); /* of alerts: as it was asked for */

/* Of alerts: the oldest number there was, if it was asked for older ones; else 0. */
uint64_t lookup_oldest(const struct lookup *l);
const char *lookup_why(const struct lookup *l);

/* At any time. */
void lookup_free(struct lookup *l);

/* The step of the answer: that of r, or one that suits its period and scope; 0: there is none
 * such. */
ms_t lookup_step(const struct request *r);

#endif
