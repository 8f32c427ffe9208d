/* live.h: GET /api/v1/stream: published messages as Server-Sent Events.
 *
 * A message is turned into text once, for all who want it (frames.h); a client is a place among
 * these texts, so one that does not read costs nothing more, and is cut off when what it has
 * not read yet is gone. A client that comes back with Last-Event-ID first gets the alerts that it
 * missed, as `query alerts` would tell them (resume.h). */
#ifndef TP_DAEMON_WEB_LIVE_H
#define TP_DAEMON_WEB_LIVE_H

#include "daemon/outlet.h"
#include "daemon/web/frames.h"
#include "daemon/web/resume.h"

enum {
    LIVE_WOKEN = 8,          /* clients a slice: the library walks over all that sleep for them */
    LIVE_SLICE_NS = 250000,  /* events wait no longer than this … */
    LIVE_EVERY_MS = 3,       /* … and others want the CPU, too: from one slice to the next */
    LIVE_COMMENT_MS = 10000, /* a client that hears nothing else hears this */
    LIVE_LOOK_MS = 500,      /* from one look at silent and stalled clients to the next */
    LIVE_PREFIXES_MAX = 8,   /* of one client */
    LIVE_LOOKUPS_MAX = 4,    /* clients that read the record; a further one waits … */
    LIVE_LENT_MS = 200,      /* … no longer for one that takes nothing */
};

struct web;

/* What clients want: a prefix of topics, and windows of snapshots. Counted, as many share one. */
struct live_interest {
    char prefix[PREFIX_BYTES_MAX];
    uint32_t len, windows; /* windows: a mask */
    uint32_t users;        /* 0: this place is free */
};

struct live {
    struct web *web; /* borrowed */
    struct frames frames;
    struct render render;
    struct live_interest *interest; /* FRAME_INTERESTS_MAX */
    uint32_t interests;             /* places used so far */
    struct client *ring;            /* all clients, in a circle; NULL = none. Due ones come up */
    uint32_t clients;
    uint32_t due;              /* clients that sleep and have something to read */
    struct frame_mask news;    /* whom the frames concern that nobody was called for yet … */
    bool is_news;              /* … if there are any */
    uint32_t lookups, waiting; /* clients that read the record, and those that wait for it */
    uint64_t looked;
    uint64_t slice_at;  /* uv_now() when the last slice began … */
    uint64_t slice_end; /* … and uv_hrtime() of its end */
};

MUST_CHECK bool live_init(struct live *s, struct web *web);

/* Wakes some clients up, and cuts those off that do not read. now: uv_now(). calm: no events
 * wait. Those who are awake are written to until the slice ends. */
void live_work(struct live *s, uint64_t now, bool calm);

/* uv_now() by which live_work should be called again. */
static inline uint64_t live_deadline(const struct live *s)
{
    return s->due > 0 || s->is_news ? s->slice_at + LIVE_EVERY_MS : UINT64_MAX;
}

void live_fini(struct live *s);

extern const struct route live_route;

#endif
