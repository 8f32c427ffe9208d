/* archive.h: record.db, the file: what was told, and the numbers of the past, for who asks later.
 *
 * SQLite in WAL mode beside journal.db, so that readers of any length hold up nothing but this
 * file. One writer (recorder.h); whoever may read the directory may read it while we write. The
 * lock of the directory is the store's (store.h).
 *
 * Tables (schema_version in PRAGMA user_version; archive.c migrates older ones):
 *   runs     run, began, base: a run's alert `seq` is number base + seq here
 *   alerts   n (that number), alert_id, rev, run, seq, at, …, topic, message (JSON, as told)
 *   history  step, scope, name, at, window, numbers (JSON: a snapshot of that window)
 *   places   receiver, n: what it has been delivered, up to this number
 *
 * An alert is there once: (alert_id, rev) is its key, and a second one changes nothing. */
#ifndef TP_DAEMON_ARCHIVE_H
#define TP_DAEMON_ARCHIVE_H

#include "daemon/store.h"
#include "proto/message.h"

enum {
    ARCHIVE_SCHEMA = 1,
    ARCHIVE_RUN_MAX = 64,
    ARCHIVE_JSON_MAX = 1 << 18, /* one row's text */
    ARCHIVE_NODES = 8192,       /* of one alert */
    ARCHIVE_ROWS_AT_ONCE = 2000 /* removed in one go */
};

/* Statements that are used again and again. */
enum archive_put { PUT_ALERT, PUT_RUN, PUT_HISTORY, PUT_PLACE, ARCHIVE_PUTS };

struct archive {
    struct sqlite3 *db;
    struct sqlite3_stmt *put[ARCHIVE_PUTS], *has;
    bool writing;
    bool renewed; /* the file was no database, or damaged: it lies aside, this is a new one */
    bool missing; /* there was none */
    struct node *nodes;
    char *text;
    char path[STORE_PATH_MAX + 16];
    char why[STORE_WHY_MAX]; /* the last failure, for people */
};

/* The directory is there and ours. false: a->why says why not, and nothing is open. */
MUST_CHECK bool archive_open(struct archive *a, const char *dir);
void archive_close(struct archive *a);

/* Number of the last alert that any run so far may have told. false: a->why. */
MUST_CHECK bool archive_base(struct archive *a, uint64_t *ret);

/* Is this alert there? Not when that cannot be found out. */
bool archive_has(struct archive *a, uint64_t alert_id, uint32_t rev);

/* --- writing: begin, puts, commit; after a failure all since begin is as if it had not been - */

MUST_CHECK enum store_result archive_begin(struct archive *a);
MUST_CHECK enum store_result archive_run(struct archive *a, struct str run, ms_t began,
                                         uint64_t base);
/* A published message (MessagePack). What cannot be read is left out. */
MUST_CHECK enum store_result archive_alert(struct archive *a, uint64_t n, struct str topic,
                                           const void *message, size_t bytes);

struct archive_sample {
    ms_t step, at;
    uint8_t scope; /* enum scope */
    struct str name, window;
    struct str numbers; /* JSON */
};
MUST_CHECK enum store_result archive_sample(struct archive *a, const struct archive_sample *s);
MUST_CHECK enum store_result archive_place(struct archive *a, struct str receiver, uint64_t n);
MUST_CHECK enum store_result archive_commit(struct archive *a);
void archive_rollback(struct archive *a);

/* --- thinning (archive_keep.c) ------------------------------------------------------------- */

enum { ARCHIVE_MINUTE = 60000, ARCHIVE_HOUR = 3600000, ARCHIVE_DAY = 86400000 };

struct archive_keep {
    ms_t alerts;               /* how long; of history: */
    ms_t minutes, hours, days; /* steps of a minute, an hour, a day */
    uint64_t bytes;            /* more than this: the finest and oldest go first */
};

/* Removes some of what need not be kept; a minute that goes leaves the last of its hour. *ret_more:
 * not all yet. Between begin and commit. */
MUST_CHECK enum store_result archive_thin(struct archive *a, const struct archive_keep *keep,
                                          ms_t now, bool *ret_more);

/* Shared with archive_keep.c: a failure as a->why, and as what it means; one number, 0 without. */
bool archive_failed(struct archive *a, const char *what);
enum store_result archive_result(struct archive *a, int rc);
MUST_CHECK bool archive_number(struct archive *a, const char *sql, int64_t *ret);

#endif
