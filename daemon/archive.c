#include "daemon/archive.h"

#include "proto/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x54505243, /* "TPRC" */
    BUSY_MS = 1000,
    SUSPECT_MAX = STORE_PATH_MAX + 32,
};

/* From schema i to i + 1. */
static const char *const migrations[ARCHIVE_SCHEMA] = {
    "CREATE TABLE runs(run TEXT PRIMARY KEY, began INTEGER NOT NULL, base INTEGER NOT NULL);"
    "CREATE TABLE alerts(n INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT, rev INTEGER,"
    " run TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT, kind TEXT,"
    " severity TEXT, rule TEXT, policy TEXT, metric TEXT, scope TEXT, name TEXT, ticket TEXT,"
    " agent TEXT, team TEXT, since INTEGER, ended_at INTEGER, untold TEXT, text TEXT,"
    " topic TEXT NOT NULL, message TEXT NOT NULL);"
    "CREATE UNIQUE INDEX alerts_once ON alerts(alert_id, rev);" /* digests have neither */
    "CREATE INDEX alerts_at ON alerts(at);"
    "CREATE TABLE history(step INTEGER NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,"
    " at INTEGER NOT NULL, window TEXT NOT NULL, numbers TEXT NOT NULL,"
    " PRIMARY KEY(step, scope, name, at)) WITHOUT ROWID;"
    "CREATE INDEX history_at ON history(step, at);"
    "CREATE TABLE places(receiver TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;",
};

/* Columns of alerts that are members of the message, in the order of the table. */
static const struct {
    const char *member;
    bool number;
} columns[] = {
    {"alert_id", false}, {"rev", true},      {"run", false},    {"seq", true},
    {"at", true},        {"state", false},   {"kind", false},   {"severity", false},
    {"rule", false},     {"policy", false},  {"metric", false}, {"scope", false},
    {"name", false},     {"ticket", false},  {"agent", false},  {"team", false},
    {"since", true},     {"ended_at", true}, {"untold", false}, {"text", false},
};

static const char *const puts_sql[ARCHIVE_PUTS] = {
    [PUT_ALERT] = ("INSERT OR IGNORE INTO alerts VALUES"
                   "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
    [PUT_RUN] = "INSERT OR IGNORE INTO runs VALUES(?,?,?)",
    [PUT_HISTORY] = "INSERT OR IGNORE INTO history VALUES(?,?,?,?,?,?)",
    [PUT_PLACE] = "INSERT OR REPLACE INTO places VALUES(?,?)",
};

static bool explain(struct archive *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool explain(struct archive *a, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(a->why, sizeof a->why, format, list);
    va_end(list);
    return false;
}

bool archive_failed(struct archive *a, const char *what)
{
    return explain(a, "%s: %s: %s", a->path, what, sqlite3_errmsg(a->db));
}

bool archive_number(struct archive *a, const char *sql, int64_t *ret)
{
    sqlite3_stmt *q = NULL;
    bool fine = sqlite3_prepare_v2(a->db, sql, -1, &q, NULL) == SQLITE_OK;
    if (fine) {
        int rc = sqlite3_step(q);
        *ret = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
        fine = rc == SQLITE_ROW || rc == SQLITE_DONE;
    }
    if (!fine)
        archive_failed(a, "cannot be read");
    sqlite3_finalize(q);
    return fine;
}

static bool run(struct archive *a, const char *sql)
{
    return sqlite3_exec(a->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           archive_failed(a, "cannot be used");
}

/* --- opening ------------------------------------------------------------------------------ */

static bool migrate(struct archive *a)
{
    int64_t version, id;
    char sql[64];
    if (!archive_number(a, "PRAGMA user_version", &version) ||
        !archive_number(a, "PRAGMA application_id", &id))
        return false;
    if (version > ARCHIVE_SCHEMA)
        return explain(a,
                       "%s: written by a newer ticketpulsed (schema %lld, this one knows %d); "
                       "start that version, or use another directory",
                       a->path, (long long)version, ARCHIVE_SCHEMA);
    if (version < 0 || (version > 0 && id != APPLICATION_ID))
        return explain(a, "%s: is no record of ticketpulsed; move it elsewhere", a->path);
    if (version == ARCHIVE_SCHEMA)
        return true;
    if (!run(a, "BEGIN IMMEDIATE"))
        return false;
    for (int64_t v = version; v < ARCHIVE_SCHEMA; v++)
        if (!run(a, migrations[v]))
            return false;
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", ARCHIVE_SCHEMA);
    if (!run(a, sql))
        return false;
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", APPLICATION_ID);
    return run(a, sql) && run(a, "COMMIT");
}

static bool prepare(struct archive *a)
{
    bool fine = true;
    for (int i = 0; i < ARCHIVE_PUTS; i++)
        fine = fine && sqlite3_prepare_v3(a->db, puts_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                          &a->put[i], NULL) == SQLITE_OK;
    fine = fine && sqlite3_prepare_v3(a->db, "SELECT 1 FROM alerts WHERE alert_id=? AND rev=?", -1,
                                      SQLITE_PREPARE_PERSISTENT, &a->has, NULL) == SQLITE_OK;
    return fine || archive_failed(a, "cannot be used");
}

static void close_file(struct archive *a)
{
    for (int i = 0; i < ARCHIVE_PUTS; i++) {
        sqlite3_finalize(a->put[i]);
        a->put[i] = NULL;
    }
    sqlite3_finalize(a->has);
    a->has = NULL;
    sqlite3_close(a->db);
    a->db = NULL;
}

static bool is_damage(int rc)
{
    return (rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB;
}

/* This file says that a page in the middle was found to be damaged. */
static const char *suspect(const struct archive *a, char ret[SUSPECT_MAX])
{
    snprintf(ret, SUSPECT_MAX, "%s.suspect", a->path);
    return ret;
}

static bool open_file(struct archive *a)
{
    if (sqlite3_open_v2(a->path, &a->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK)
        return archive_failed(a, "cannot be opened");
    sqlite3_extended_result_codes(a->db, 1);
    sqlite3_busy_timeout(a->db, BUSY_MS);
    /* On disk with each commit: what the record has need not be told again after a power cut. It is
     * mostly appended to: a small cache is full, and as large as it gets, after a few minutes. */
    return run(a,
               "PRAGMA secure_delete=OFF; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
               "PRAGMA journal_size_limit=67108864; PRAGMA mmap_size=0; PRAGMA cache_size=-512") &&
           migrate(a) && prepare(a);
}

/* The journal is what counts; a record that cannot be read is kept beside, not worth standing
 * still for. */
static bool put_aside(struct archive *a)
{
    static const char *const parts[] = {"-wal", "-shm"};
    char from[SUSPECT_MAX], to[SUSPECT_MAX];
    snprintf(to, sizeof to, "%s.damaged", a->path);
    if (rename(a->path, to) != 0)
        return explain(a, "%s: is damaged and cannot be renamed: %s", a->path, strerror(errno));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(from, sizeof from, "%s%s", a->path, parts[i]);
        snprintf(to, sizeof to, "%s.damaged%s", a->path, parts[i]);
        (void)rename(from, to); /* may not be there */
    }
    (void)unlink(suspect(a, to));
    a->renewed = true;
    return true;
}

bool archive_open(struct archive *a, const char *dir)
{
    memset(a, 0, sizeof *a);
    snprintf(a->path, sizeof a->path, "%s/record.db", dir);
    a->nodes = malloc(ARCHIVE_NODES * sizeof *a->nodes);
    a->text = malloc(ARCHIVE_JSON_MAX);
    bool fine = a->nodes != NULL && a->text != NULL;
    if (!fine)
        explain(a, "%s: no memory", a->path);
    char path[SUSPECT_MAX];
    a->missing = access(a->path, F_OK) != 0;
    bool suspected = access(suspect(a, path), F_OK) == 0 && access(a->path, F_OK) == 0;
    if (fine && suspected)
        fine = put_aside(a);
    if (fine && !open_file(a)) {
        bool damaged = is_damage(sqlite3_errcode(a->db));
        close_file(a);
        fine = damaged && put_aside(a) && open_file(a);
    }
    if (!fine)
        archive_close(a);
    return fine;
}

void archive_close(struct archive *a)
{
    close_file(a);
    free(a->nodes);
    free(a->text);
    a->nodes = NULL;
    a->text = NULL;
}

bool archive_base(struct archive *a, uint64_t *ret)
{
    int64_t base = 0, last = 0;
    if (!archive_number(a, "SELECT max(base) FROM runs", &base) ||
        !archive_number(a, "SELECT seq FROM sqlite_sequence WHERE name='alerts'", &last))
        return false;
    *ret = (uint64_t)(base > last ? base : last);
    return true;
}

bool archive_has(struct archive *a, uint64_t alert_id, uint32_t rev)
{
    char text[ALERT_ID_DIGITS + 1];
    alert_id_text(alert_id, text);
    sqlite3_bind_text(a->has, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(a->has, 2, rev);
    bool has = sqlite3_step(a->has) == SQLITE_ROW;
    sqlite3_reset(a->has);
    return has;
}

/* --- writing ------------------------------------------------------------------------------ */

enum store_result archive_result(struct archive *a, int rc)
{
    char path[SUSPECT_MAX];
    enum store_result result = store_meaning(rc); /* first: it looks at errno */
    if (result != STORE_FINE)
        archive_failed(a, "cannot be written");
    if (is_damage(rc)) { /* the next start looks at it no more */
        int fd = open(suspect(a, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
        if (fd >= 0)
            close(fd);
    }
    return result;
}

enum store_result archive_begin(struct archive *a)
{
    CHECK(!a->writing);
    enum store_result result = archive_result(a, sqlite3_exec(a->db, "BEGIN IMMEDIATE", 0, 0, 0));
    a->writing = result == STORE_FINE;
    return result;
}

static enum store_result put(struct archive *a, enum archive_put which)
{
    sqlite3_stmt *q = a->put[which];
    CHECK(a->writing);
    int rc = sqlite3_step(q);
    enum store_result result = archive_result(a, rc);
    sqlite3_reset(q);
    return result;
}

static void bind_str(sqlite3_stmt *q, int at, struct str s)
{
    sqlite3_bind_text(q, at, s.p == NULL ? "" : s.p, (int)s.len, SQLITE_STATIC);
}

enum store_result archive_run(struct archive *a, struct str run_id, ms_t began, uint64_t base)
{
    sqlite3_stmt *q = a->put[PUT_RUN];
    bind_str(q, 1, run_id);
    sqlite3_bind_int64(q, 2, began);
    sqlite3_bind_int64(q, 3, (int64_t)base);
    return put(a, PUT_RUN);
}

/* The member as the column; absent: NULL. */
static void bind_member(sqlite3_stmt *q, int at, const struct node *member, bool number)
{
    struct str text;
    int64_t v;
    sqlite3_bind_null(q, at);
    if (number && node_int(member, &v))
        sqlite3_bind_int64(q, at, v);
    else if (!number && node_text(member, &text))
        bind_str(q, at, text);
}

enum store_result archive_alert(struct archive *a, uint64_t n, struct str topic,
                                const void *message, size_t bytes)
{
    sqlite3_stmt *q = a->put[PUT_ALERT];
    struct message m;
    int at = 1;
    int length =
        json_from_msgpack(a->text, ARCHIVE_JSON_MAX, a->nodes, ARCHIVE_NODES, message, bytes);
    if (length < 0 || message_parse(&m, a->nodes, ARCHIVE_NODES, message, bytes) != 0)
        return STORE_FINE;
    sqlite3_bind_int64(q, at++, (int64_t)n);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        bind_member(q, at++, message_find(&m, columns[i].member), columns[i].number);
    bind_str(q, at++, topic);
    bind_str(q, at, (struct str){a->text, (uint32_t)length});
    return put(a, PUT_ALERT);
}

enum store_result archive_sample(struct archive *a, const struct archive_sample *s)
{
    sqlite3_stmt *q = a->put[PUT_HISTORY];
    sqlite3_bind_int64(q, 1, s->step);
    sqlite3_bind_text(q, 2, scope_name((enum scope)s->scope), -1, SQLITE_STATIC);
    bind_str(q, 3, s->name);
    sqlite3_bind_int64(q, 4, s->at);
    bind_str(q, 5, s->window);
    bind_str(q, 6, s->numbers);
    return put(a, PUT_HISTORY);
}

enum store_result archive_place(struct archive *a, struct str receiver, uint64_t n)
{
    sqlite3_stmt *q = a->put[PUT_PLACE];
    bind_str(q, 1, receiver);
    sqlite3_bind_int64(q, 2, (int64_t)n);
    return put(a, PUT_PLACE);
}

enum store_result archive_commit(struct archive *a)
{
    CHECK(a->writing);
    enum store_result result = archive_result(a, sqlite3_exec(a->db, "COMMIT", 0, 0, 0));
    a->writing = result != STORE_FINE; /* then a rollback is to come */
    return result;
}

void archive_rollback(struct archive *a)
{
    if (a->writing && sqlite3_get_autocommit(a->db) == 0)
        (void)sqlite3_exec(a->db, "ROLLBACK", 0, 0, 0);
    a->writing = false;
}
