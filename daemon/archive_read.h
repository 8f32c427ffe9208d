/* archive_read.h: record.db as its readers see it: alerts by number, the past of one name.
 *
 * A connection of its own, which only reads; any thread, one at a time. Every call is a
 * transaction of its own and soon over, so the file's log does not grow because of it. */
#ifndef TP_DAEMON_ARCHIVE_READ_H
#define TP_DAEMON_ARCHIVE_READ_H

#include "daemon/archive.h"

struct archive_reader {
    struct sqlite3 *db;
    char path[STORE_PATH_MAX + 16];
    char why[STORE_WHY_MAX];
};

/* false: r->why says why not, e.g. there is none yet. */
MUST_CHECK bool archive_reader_open(struct archive_reader *r, const char *dir);
void archive_reader_close(struct archive_reader *r);

/* Each row is lent for the call; false ends the reading. */
struct archive_alert {
    uint64_t n;
    ms_t at;
    struct str topic, message; /* JSON */
};
typedef bool archive_alert_cb(void *data, const struct archive_alert *alert);
struct archive_row {
    ms_t step, at;
    struct str scope, name, window, numbers; /* JSON */
};
typedef bool archive_row_cb(void *data, const struct archive_row *row);
typedef void archive_run_cb(void *data, struct str run, uint64_t base);

/* Alerts after that number, `most` of them, in order. *ret_first: the oldest number there is, 0
 * without any. How many there were; -1: r->why. */
MUST_CHECK int archive_alerts(struct archive_reader *r, uint64_t after, uint32_t most,
                              uint64_t *ret_first, archive_alert_cb *each, void *data);

/* Rows of one step with from <= at < to, by time; scope "" and name "": of all. */
struct archive_wish {
    ms_t step, from, to;
    struct str scope, name;
    uint32_t most;
};
MUST_CHECK int archive_history(struct archive_reader *r, const struct archive_wish *wish,
                               archive_row_cb *each, void *data);

/* Runs, the newest `most`, oldest first. false: r->why. */
MUST_CHECK bool archive_runs(struct archive_reader *r, uint32_t most, archive_run_cb *each,
                             void *data);

/* How many numbers of alerts it spans, and when the newest was told (MS_NONE: none). */
MUST_CHECK bool archive_extent(struct archive_reader *r, uint64_t *ret_alerts, ms_t *ret_newest);

/* The oldest and the newest row of a step; newest < oldest: there is none. */
MUST_CHECK bool archive_span(struct archive_reader *r, ms_t step, ms_t *ret_oldest,
                             ms_t *ret_newest);

/* What the receiver has been delivered. 1; 0: nothing is known of it; -1: r->why. */
MUST_CHECK int archive_place_of(struct archive_reader *r, struct str receiver, uint64_t *ret_n);

#endif
