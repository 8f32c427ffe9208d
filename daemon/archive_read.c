#include "daemon/archive_read.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { BUSY_MS = 1000 };

static bool explain(struct archive_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool explain(struct archive_reader *r, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(r->why, sizeof r->why, format, list);
    va_end(list);
    return false;
}

static bool failed(struct archive_reader *r, const char *what)
{
    return explain(r, "%s: %s: %s", r->path, what, sqlite3_errmsg(r->db));
}

static bool is_usable(struct archive_reader *r)
{
    sqlite3_stmt *q = NULL;
    int64_t version = -1;
    if (sqlite3_prepare_v2(r->db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        version = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    if (version < 0)
        return failed(r, "cannot be read");
    if (version == ARCHIVE_SCHEMA)
        return true;
    return explain(r, "%s: is of schema %lld, this program knows %d", r->path, (long long)version,
                   ARCHIVE_SCHEMA);
}

static bool open_as(struct archive_reader *r, const char *how)
{
    char uri[3 * sizeof r->path], *to = uri + snprintf(uri, sizeof uri, "file:");
    for (const char *p = r->path; *p != 0; p++)
        to += snprintf(to, 4, strchr("?#%", *p) != NULL ? "%%%02X" : "%c", *p);
    snprintf(to, (size_t)(uri + sizeof uri - to), "%s", how);
    bool fine =
        sqlite3_open_v2(uri, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                        NULL) == SQLITE_OK;
    if (!fine)
        return failed(r, "cannot be opened");
    sqlite3_busy_timeout(r->db, BUSY_MS);
    return is_usable(r);
}

bool archive_reader_open(struct archive_reader *r, const char *dir)
{
    char log[sizeof r->path + 8];
    memset(r, 0, sizeof *r);
    snprintf(r->path, sizeof r->path, "%s/record.db", dir);
    if (open_as(r, ""))
        return true;
    /* Who may not write the directory can read it nevertheless, while nobody else does. */
    bool alone = sqlite3_errcode(r->db) == SQLITE_CANTOPEN && access(r->path, R_OK) == 0;
    snprintf(log, sizeof log, "%s-wal", r->path);
    archive_reader_close(r);
    if (alone && access(log, F_OK) != 0 && open_as(r, "?immutable=1"))
        return true;
    archive_reader_close(r);
    return false;
}

void archive_reader_close(struct archive_reader *r)
{
    sqlite3_close(r->db);
    r->db = NULL;
}

static sqlite3_stmt *prepare(struct archive_reader *r, const char *sql)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(r->db, sql, -1, &q, NULL) != SQLITE_OK)
        failed(r, "cannot be read");
    return q;
}

static struct str text_of(sqlite3_stmt *q, int column)
{
    const char *p = (const char *)sqlite3_column_text(q, column);
    return (struct str){p == NULL ? "" : p, (uint32_t)sqlite3_column_bytes(q, column)};
}

/* The end of a reading: n rows, or -1. */
static int end(struct archive_reader *r, sqlite3_stmt *q, int rc, int n)
{
    bool fine = rc == SQLITE_ROW || rc == SQLITE_DONE;
    if (!fine)
        failed(r, "cannot be read");
    sqlite3_finalize(q);
    return fine ? n : -1;
}

static bool first_number(struct archive_reader *r, uint64_t *ret)
{
    sqlite3_stmt *q = prepare(r, "SELECT min(n) FROM alerts");
    int rc = q == NULL ? SQLITE_ERROR : sqlite3_step(q);
    *ret = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    return end(r, q, rc, 0) == 0;
}

int archive_alerts(struct archive_reader *r, uint64_t after, uint32_t most, uint64_t *ret_first,
                   archive_alert_cb *each, void *data)
{
    /* What is removed meanwhile is told as removed: first the rows, then what is the oldest. */
    sqlite3_stmt *q =
        prepare(r, "SELECT n, at, topic, message FROM alerts WHERE n>?1 ORDER BY n LIMIT ?2");
    int rc = SQLITE_ERROR, n = 0;
    if (q == NULL)
        return -1;
    sqlite3_bind_int64(q, 1, (int64_t)after);
    sqlite3_bind_int64(q, 2, most);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct archive_alert alert = {(uint64_t)sqlite3_column_int64(q, 0),
                                      sqlite3_column_int64(q, 1), text_of(q, 2), text_of(q, 3)};
        n++;
        if (!each(data, &alert))
            break;
    }
    n = end(r, q, rc, n);
    return n >= 0 && !first_number(r, ret_first) ? -1 : n;
}

int archive_history(struct archive_reader *r, const struct archive_wish *wish, archive_row_cb *each,
                    void *data)
{
    sqlite3_stmt *q = prepare(
        r, wish->scope.len > 0
               ? "SELECT step, at, scope, name, window, numbers FROM history WHERE step=?1 AND "
                 "scope=?2 AND name=?3 AND at>=?4 AND at<?5 ORDER BY at LIMIT ?6"
               : "SELECT step, at, scope, name, window, numbers FROM history WHERE step=?1 AND "
                 "at>=?4 AND at<?5 ORDER BY at, scope, name LIMIT ?6");
    int rc = SQLITE_ERROR, n = 0;
    if (q == NULL)
        return -1;
    sqlite3_bind_int64(q, 1, wish->step);
    if (wish->scope.len > 0) {
        sqlite3_bind_text(q, 2, wish->scope.p, (int)wish->scope.len, SQLITE_STATIC);
        sqlite3_bind_text(q, 3, wish->name.p, (int)wish->name.len, SQLITE_STATIC);
    }
    sqlite3_bind_int64(q, 4, wish->from);
    sqlite3_bind_int64(q, 5, wish->to);
    sqlite3_bind_int64(q, 6, wish->most);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct archive_row row = {.step = sqlite3_column_int64(q, 0),
                                  .at = sqlite3_column_int64(q, 1),
                                  .scope = text_of(q, 2),
                                  .name = text_of(q, 3),
                                  .window = text_of(q, 4),
                                  .numbers = text_of(q, 5)};
        n++;
        if (!each(data, &row))
            break;
    }
    return end(r, q, rc, n);
}

bool archive_runs(struct archive_reader *r, uint32_t most, archive_run_cb *each, void *data)
{
    sqlite3_stmt *q = prepare(r, "SELECT run, base FROM (SELECT run, base, began, rowid AS id FROM "
                                 "runs ORDER BY id DESC LIMIT ?1) ORDER BY id");
    int rc = SQLITE_ERROR;
    if (q == NULL)
        return false;
    sqlite3_bind_int64(q, 1, most);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        each(data, text_of(q, 0), (uint64_t)sqlite3_column_int64(q, 1));
    return end(r, q, rc, 0) == 0;
}

bool archive_extent(struct archive_reader *r, uint64_t *ret_alerts, ms_t *ret_newest)
{
    sqlite3_stmt *q = prepare(r, "SELECT max(n) - min(n) + 1, max(at) FROM alerts");
    int rc = q == NULL ? SQLITE_ERROR : sqlite3_step(q);
    *ret_alerts = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    *ret_newest = *ret_alerts > 0 ? sqlite3_column_int64(q, 1) : MS_NONE;
    return end(r, q, rc, 0) == 0;
}

bool archive_span(struct archive_reader *r, ms_t step, ms_t *ret_oldest, ms_t *ret_newest)
{
    sqlite3_stmt *q = prepare(r, "SELECT (SELECT min(at) FROM history WHERE step=?1), "
                                 "(SELECT max(at) FROM history WHERE step=?1)");
    if (q == NULL)
        return false;
    sqlite3_bind_int64(q, 1, step);
    int rc = sqlite3_step(q);
    bool any = rc == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL;
    *ret_oldest = any ? sqlite3_column_int64(q, 0) : 0;
    *ret_newest = any ? sqlite3_column_int64(q, 1) : -1;
    return end(r, q, rc, 0) == 0;
}

int archive_place_of(struct archive_reader *r, struct str receiver, uint64_t *ret_n)
{
    sqlite3_stmt *q = prepare(r, "SELECT n FROM places WHERE receiver=?1");
    if (q == NULL)
        return -1;
    sqlite3_bind_text(q, 1, receiver.p, (int)receiver.len, SQLITE_STATIC);
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *ret_n = (uint64_t)sqlite3_column_int64(q, 0);
    return end(r, q, rc, rc == SQLITE_ROW);
}
