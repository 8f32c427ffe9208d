/* What the record keeps, and for how long: the finer, the shorter. */
#include "daemon/archive.h"

#include <sqlite3.h>
#include <stdio.h>

enum { SQL_MAX = 768, LOOK_BACK = 2 * ARCHIVE_DAY };

static enum store_result run(struct archive *a, const char *sql, bool *ret_more)
{
    CHECK(a->writing);
    int64_t before = sqlite3_total_changes64(a->db);
    enum store_result result = archive_result(a, sqlite3_exec(a->db, sql, NULL, NULL, NULL));
    *ret_more |=
        result == STORE_FINE && sqlite3_total_changes64(a->db) - before >= ARCHIVE_ROWS_AT_ONCE;
    return result;
}

/* The oldest rows of a step: those up to that instant. */
static enum store_result forget_step(struct archive *a, ms_t step, ms_t upto, bool *ret_more)
{
    char sql[SQL_MAX];
    snprintf(sql, sizeof sql,
             "DELETE FROM history WHERE (step, scope, name, at) IN (SELECT step, scope, name, at "
             "FROM history WHERE step=%lld AND at<=%lld ORDER BY at LIMIT %d)",
             (long long)step, (long long)upto, ARCHIVE_ROWS_AT_ONCE);
    return run(a, sql, ret_more);
}

/* An hour whose end nobody saw (the daemon was away) is told by its last minute: the window goes
 * back from there. */
static enum store_result keep_hours(struct archive *a, ms_t from, ms_t upto)
{
    char sql[SQL_MAX];
    bool more = false;
    snprintf(sql, sizeof sql,
             "INSERT OR IGNORE INTO history SELECT %d, scope, name, (at+%d)/%d*%d AS hour, window, "
             "numbers FROM history WHERE step=%d AND at IN (SELECT max(at) FROM history WHERE "
             "step=%d AND at>%lld AND at<=%lld GROUP BY (at+%d)/%d)",
             ARCHIVE_HOUR, ARCHIVE_HOUR - 1, ARCHIVE_HOUR, ARCHIVE_HOUR, ARCHIVE_MINUTE,
             ARCHIVE_MINUTE, (long long)from, (long long)upto, ARCHIVE_HOUR - 1, ARCHIVE_HOUR);
    return run(a, sql, &more);
}

static bool is_large(struct archive *a, uint64_t bytes_max, bool *ret)
{
    int64_t page = 0, pages = 0, unused = 0;
    bool fine = archive_number(a, "PRAGMA page_size", &page) &&
                archive_number(a, "PRAGMA page_count", &pages) &&
                archive_number(a, "PRAGMA freelist_count", &unused);
    *ret = fine && (uint64_t)(page * (pages - unused)) > bytes_max;
    return fine;
}

static enum store_result forget_alerts(struct archive *a, ms_t before, bool *ret_more)
{
    char sql[SQL_MAX];
    snprintf(sql, sizeof sql,
             "DELETE FROM alerts WHERE n IN (SELECT n FROM alerts WHERE at<%lld ORDER BY n "
             "LIMIT %d)",
             (long long)before, ARCHIVE_ROWS_AT_ONCE);
    return run(a, sql, ret_more);
}

/* The file is too large: the oldest of what is there goes, minutes first, alerts last. Whether that
 * was enough is seen the next time. */
static enum store_result shrink(struct archive *a, bool *ret_more)
{
    static const ms_t steps[] = {ARCHIVE_MINUTE, ARCHIVE_HOUR, ARCHIVE_DAY};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        char sql[SQL_MAX];
        int64_t rows;
        snprintf(sql, sizeof sql, "SELECT 1 FROM history WHERE step=%lld LIMIT 1",
                 (long long)steps[i]);
        if (!archive_number(a, sql, &rows))
            return STORE_FULL;
        *ret_more |= rows > 0;
        if (rows > 0)
            return forget_step(a, steps[i], INT64_MAX, ret_more);
    }
    int64_t before = sqlite3_total_changes64(a->db);
    enum store_result result = forget_alerts(a, INT64_MAX, ret_more);
    *ret_more |= sqlite3_total_changes64(a->db) != before;
    return result;
}

enum store_result archive_thin(struct archive *a, const struct archive_keep *keep, ms_t now,
                               bool *ret_more)
{
    bool large = false;
    *ret_more = false;
    /* Whole hours of minutes, so that none is left with half of them. */
    ms_t minutes = (now - keep->minutes) / ARCHIVE_HOUR * ARCHIVE_HOUR;
    ms_t full = now / ARCHIVE_HOUR * ARCHIVE_HOUR;
    enum store_result result = keep_hours(a, full - LOOK_BACK, full);
    if (result == STORE_FINE)
        result = keep_hours(a, INT64_MIN, minutes);
    if (result == STORE_FINE)
        result = forget_step(a, ARCHIVE_MINUTE, minutes, ret_more);
    if (result == STORE_FINE)
        result = forget_step(a, ARCHIVE_HOUR, now - keep->hours, ret_more);
    if (result == STORE_FINE)
        result = forget_step(a, ARCHIVE_DAY, now - keep->days, ret_more);
    if (result == STORE_FINE)
        result = forget_alerts(a, now - keep->alerts, ret_more);
    if (result == STORE_FINE && !is_large(a, keep->bytes, &large))
        result = STORE_FULL;
    if (result == STORE_FINE && large)
        result = shrink(a, ret_more);
    return result;
}
