/* recorder.h: writes record.db on a thread of its own, so that it never holds up the journal.
 *
 * The loop hands over what left (alerts), what was sampled (history) and how far receivers are;
 * the writer gathers for a moment and commits it all. An alert counts as told only when the
 * record has it: recorder_told. What led to alerts behind that is replayed after a crash, and what
 * the record has by then is not told anew: so each is there once, and none is missing.
 *
 *     recorder_open(&r, dir)                        recorder_has while the journal is replayed
 *     recorder_start(&r, loop, run, at)
 *     recorder_alert(…); recorder_mark(&r, entry)   alerts of entries up to this one have left
 *     recorder_close(&r, closed)
 *
 * A disk that takes nothing is tried again and again; RECORDER_BACKLOG_MAX bytes wait meanwhile and
 * do not count as told, what comes then is lost to the record (and counted), not to subscribers. A
 * file that failed is opened anew each time; one that is damaged is put aside for a new one. */
#ifndef TP_DAEMON_RECORDER_H
#define TP_DAEMON_RECORDER_H

#include "daemon/archive.h"
#include "daemon/runs.h"
#include "proto/status.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    RECORDER_BACKLOG_MAX = 32 << 20,
    RECORDER_GATHER_MS = 100, /* from the first news to the commit: syncs are dear */
    RECORDER_RETRY_MS = 500,  /* after a failure */
    RECORDER_THIN_MS = 600000 /* from one look at what is too old to the next */
};

struct recorder_queue {
    uint8_t *p;
    size_t n, cap;
};

struct recorder {
    struct archive archive;            /* the loop's until recorder_start, then the writer's */
    bool on;                           /* there is one */
    bool running;                      /* the thread is there */
    uint64_t base;                     /* number of the last alert before this run */
    struct runs runs;                  /* earlier ones, and this */
    struct archive_keep keep;          /* set before recorder_start */
    void (*wrote)(struct recorder *r); /* in the loop: more is on disk, or health is another */
    void (*closed)(struct recorder *r);
    void *data; /* the owner's */
    uv_async_t async;
    uint64_t lost;    /* alerts and rows that found no room */
    bool overflowing; /* some since the last time that all was well: what waits is not all */
    ms_t thinned;     /* when that was last asked for */

    pthread_t writer;
    pthread_mutex_t mutex;
    pthread_cond_t wake, idle;
    struct recorder_queue queue;      /* under the mutex, as these: */
    bool stopping, hurry;             /* hurry: somebody waits */
    bool busy;                        /* the writer has work that is not on disk */
    uint64_t mark_wanted, mark_taken; /* the last mark; the one behind the writer's work */
    char why[STORE_WHY_MAX];
    struct recorder_queue work; /* the writer's, as these: */
    char run[ARCHIVE_RUN_MAX];  /* this one's id */
    ms_t began;
    bool thinning;
    ms_t thin_now;
    _Atomic uint64_t mark;    /* entries whose alerts are in the record */
    _Atomic uint64_t backlog; /* bytes not on disk */
    _Atomic uint64_t alerts, rows, commits;
    _Atomic int health;   /* enum store_result of the last attempt */
    _Atomic bool renewed; /* a damaged file was put aside since the start */
};

/* dir "": nothing happens, here and below. false: r->archive.why; recorder_close is not needed. */
MUST_CHECK bool recorder_open(struct recorder *r, const char *dir);

/* false: no thread, no memory. run: this one's id. mark: the last one of before. */
MUST_CHECK bool recorder_start(struct recorder *r, uv_loop_t *loop, const char *run, ms_t at,
                               uint64_t mark);

/* n: base + seq. Copies. */
void recorder_alert(struct recorder *r, uint64_t n, struct str topic, const void *message,
                    size_t bytes);
void recorder_mark(struct recorder *r, uint64_t entry);
void recorder_sample(struct recorder *r, const struct archive_sample *s);
void recorder_place(struct recorder *r, struct str receiver, uint64_t n);

/* Looks for what is too old, now and then. */
void recorder_thin(struct recorder *r, ms_t now);

/* The last mark that is on disk: what came behind it is told again after a crash. UINT64_MAX when
 * there is no record, or it cannot be written and has no room for all that waits. */
uint64_t recorder_told(struct recorder *r);

uint64_t recorder_backlog(const struct recorder *r); /* bytes */
enum store_result recorder_health(const struct recorder *r);
void recorder_why(struct recorder *r, char ret[STORE_WHY_MAX]);

/* Waits until all that was handed over is on disk, or cannot be. */
void recorder_settle(struct recorder *r);

/* Writes what can be written and ends. closed is called from the loop, or at once when nothing
 * runs. */
void recorder_close(struct recorder *r, void (*closed)(struct recorder *r));

void recorder_status(const struct recorder *r, struct status_record *ret);

#endif
