/* resume.h: a live stream's beginning: its first message, and the alerts that its reader missed.
 *
 * A reader that comes back with Last-Event-ID gets what was told since, from the ring or from the
 * record behind it (backlog.h), over restarts too; whether nothing is missing is known before it
 * is told. Alerts up to `upto` come from here, later ones live, so each comes once. */
#ifndef TP_DAEMON_WEB_RESUME_H
#define TP_DAEMON_WEB_RESUME_H

#include "daemon/backlog.h"
#include "daemon/web/render.h"

struct resume {
    uint64_t next, upto; /* numbers (runs.h): the alert that comes next, and the last of these */
    bool known;          /* it goes on where it was */
    bool greeted;
    bool waits; /* for the record */
    struct backlog backlog;
};

/* What is needed to tell them on; borrowed. */
struct resume_parts {
    struct outlet *outlet;
    uv_loop_t *loop;
    struct render *render;
    bool (*wants)(const void *data, struct str topic);
    const void *data;
    bool full; /* no further one may read the record now */
};

/* last_id: "RUN-SEQ", or NULL. */
void resume_begin(struct resume *r, const struct bus *bus, const char *last_id);

/* The next piece into buf: its bytes; 0: r->waits, or there is no more; -1: the rest is lost. */
int resume_read(struct resume *r, const struct resume_parts *parts, char *buf, size_t cap);

#endif
