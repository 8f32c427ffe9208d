/* journal.h: what the engine is about to take in goes to disk, on a thread of its own.
 *
 * The loop appends entries and goes on; the writer commits what has come meanwhile in one go, and
 * tells the loop, by a callback in it, up to which entry everything is on disk. What entries lead
 * to (alerts, acknowledgements) waits for that (held.h). A second thread moves the write-ahead log
 * into the file, so that the writer does not have to.
 *
 *     seq = journal_event(j, &e); … journal_push(j);      then engine_step; what is pushed at once
 *                                                        is on disk at once, or not at all
 *     committed(j): journal_committed(j) >= seq            its effects may leave
 *
 * Disk full or not writable: the writer tries again and again, entries wait in memory up to
 * JOURNAL_BACKLOG_MAX; what comes then is not kept (journal_lost), and alerts no longer wait
 * (journal_health). A disk that failed (STORE_BROKEN) ends the daemon: only a restart knows what
 * is on it. */
#ifndef TP_DAEMON_JOURNAL_H
#define TP_DAEMON_JOURNAL_H

#include "daemon/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    JOURNAL_BUSY_BYTES = 4 << 20,   /* waiting for the disk: who can send again should */
    JOURNAL_BACKLOG_MAX = 64 << 20, /* more is not kept */
    JOURNAL_RETRY_MS = 500,         /* after a failure */
    JOURNAL_PASSIVE_PAGES = 1024,   /* new in the WAL: worth moving into the file */
};

struct journal;
typedef void journal_cb(struct journal *j);

/* A growing array of bytes: chunks for the writer. */
struct journal_queue {
    uint8_t *p;
    size_t n, cap;
};

struct journal {
    struct store *store;         /* the writer's while it runs; borrowed */
    uint64_t seq;                /* of the last entry */
    struct pack pack;            /* entries that are in no final row yet */
    uint64_t first;              /* number of its first entry */
    ms_t at;                     /* time of receipt of that */
    uint32_t pushed;             /* bytes of it that the writer has … */
    uint32_t pushed_entries;     /* … and entries */
    struct journal_queue staged; /* chunks that the next push sends */
    uint64_t staged_entries;     /* in them */
    bool staged_lost;            /* some found no memory */
    uint64_t lost;               /* entries not kept */
    bool behind;                 /* entries are being lost */
    uv_async_t async;
    journal_cb *committed, *closed;
    void *data; /* the owner's */

    pthread_t writer, mover;
    bool threads;
    pthread_mutex_t mutex;
    pthread_cond_t wake, wake_mover, wrote;
    struct journal_queue queue; /* under the mutex: for the writer */
    bool stopping;              /* likewise */
    bool moving;                /* likewise: there is something for the mover */
    struct journal_queue work;  /* the writer's */
    struct journal_tail *tail;  /* likewise: the row that may still grow, and as it was */
    int moved;                  /* likewise: pages of the WAL that the mover knows of */
    _Atomic uint64_t done;      /* entries up to this are on disk */
    _Atomic uint64_t told;      /* what they led to has left, up to this */
    _Atomic uint64_t backlog;   /* bytes not on disk */
    _Atomic int health;         /* enum store_result of the last attempt */
    _Atomic uint64_t commits;
    ms_t keep_age;       /* entries older than this, and more bytes than that, go when a … */
    uint64_t keep_bytes; /* … checkpoint covers them; set before journal_open's caller pushes */
    uint64_t covered;    /* the writer's: entries up to this are in every kept checkpoint */
    ms_t newest;         /* likewise: time of receipt of what was written last */
    bool forgetting;     /* likewise: there may be more to forget */
    bool noted;          /* likewise: a checkpoint since the mover was told */
    bool tidying;        /* under the mutex: files of checkpoints may go … */
    _Atomic uint64_t covered_file; /* … those before this one */
    char why[STORE_WHY_MAX];       /* of a health that is not fine; under the mutex */
    uint8_t bytes[PACK_BYTES_MAX];
};

/* seq: number of the last entry that the store has. false: no thread, no memory; closed will not
 * be called. committed: called in the loop when more is on disk, or health is another. */
MUST_CHECK bool journal_open(struct journal *j, struct store *store, uint64_t seq, uv_loop_t *loop,
                             journal_cb *committed, void *data);

/* Appends; returns the entry's number. Texts are copied. */
uint64_t journal_event(struct journal *j, const struct event *e);
uint64_t journal_tick(struct journal *j, ms_t at, bool done);
uint64_t journal_attend(struct journal *j, ms_t at, uint64_t alert_id, uint8_t attention,
                        struct str by, ms_t until);
uint64_t journal_claim(struct journal *j, struct str client, uint64_t batch);

/* Settings that are in force after the last entry (terms.h). */
void journal_terms(struct journal *j, ms_t at, const void *bytes, uint32_t n);

/* A file checkpoint-SEQ is there (checkpoint.h): the older ones but one go, and what the journal
 * need not keep behind them. */
void journal_checkpoint(struct journal *j, const struct store_checkpoint *c);

/* Hands the writer what was appended. */
void journal_push(struct journal *j);

/* What entries up to this one led to has left. */
void journal_told(struct journal *j, uint64_t seq);

uint64_t journal_committed(const struct journal *j);
enum store_result journal_health(const struct journal *j);
void journal_why(struct journal *j, char ret[STORE_WHY_MAX]);
uint64_t journal_backlog(const struct journal *j); /* bytes */

/* Waits until all that was appended is on disk. false: writing failed meanwhile. */
bool journal_settle(struct journal *j);

/* Writes what can be written and ends the threads; the store is the caller's again. closed is
 * called from the loop. */
void journal_close(struct journal *j, journal_cb *closed);

#endif
