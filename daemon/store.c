#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
    LEVEL = 1, /* a pack is small: higher levels cost twice the time for a tenth of its bytes */
    PAGE = 4096,
    APPLICATION_ID = 0x54504A4C, /* "TPJL" */
    BUSY_MS = 1000,
    STRETCH = 256 << 10,
    SCHEMA_MAX = 2048,
};

/* From schema i to i + 1. */
static const char *const migrations[STORE_SCHEMA] = {
    "CREATE TABLE batches(first INTEGER PRIMARY KEY, entries INTEGER NOT NULL,"
    " at INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE terms(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE checkpoints(seq INTEGER PRIMARY KEY, file TEXT NOT NULL, bytes INTEGER NOT NULL,"
    " digest INTEGER NOT NULL, at INTEGER NOT NULL);"
    "CREATE TABLE facts(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
};

static bool explain(struct store *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool explain(struct store *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(s->why, sizeof s->why, format, list);
    va_end(list);
    return false;
}

bool store_failed(struct store *s, const char *what)
{
    return explain(s, "%s/journal.db: %s: %s", s->dir, what, sqlite3_errmsg(s->db));
}

/* --- opening ------------------------------------------------------------------------------ */

static bool lock(struct store *s)
{
    char path[STORE_PATH_MAX + 16], who[32] = "";
    snprintf(path, sizeof path, "%s/lock", s->dir);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (s->lock < 0)
        return explain(s, "%s: %s", path, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return explain(s, "%s: cannot be locked: %s", path, strerror(errno));
        ssize_t n = read(s->lock, who, sizeof who - 1);
        who[n > 0 ? strcspn(who, "\n") : 0] = 0;
        return explain(s,
                       "%s: the directory is used by another daemon, process %s; stop it, or "
                       "use another directory",
                       s->dir, who[0] == 0 ? "unknown" : who);
    }
    int n = snprintf(who, sizeof who, "%ld\n", (long)getpid());
    if (ftruncate(s->lock, 0) != 0 || pwrite(s->lock, who, (size_t)n, 0) != n)
        return explain(s, "%s: cannot be written: %s", path, strerror(errno));
    return true;
}

static int on_commit(void *data, sqlite3 *db, const char *name, int pages)
{
    struct store *s = data;
    (void)db;
    (void)name;
    s->wal_pages = pages;
    return SQLITE_OK;
}

static bool run(struct store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           store_failed(s, "cannot be used");
}

bool store_number(struct store *s, const char *sql, int64_t *ret)
{
    sqlite3_stmt *q = NULL;
    bool fine = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK;
    if (fine) {
        int rc = sqlite3_step(q);
        *ret = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
        fine = rc == SQLITE_ROW || rc == SQLITE_DONE;
    }
    if (!fine)
        store_failed(s, "cannot be read");
    sqlite3_finalize(q);
    return fine;
}

static bool migrate(struct store *s)
{
    int64_t version, id;
    char sql[64];
    if (!store_number(s, "PRAGMA user_version", &version) ||
        !store_number(s, "PRAGMA application_id", &id))
        return false;
    if (version > STORE_SCHEMA)
        return explain(s,
                       "%s: written by a newer ticketpulsed (schema %lld, this one knows %d); "
                       "start that version, or use another directory",
                       s->dir, (long long)version, STORE_SCHEMA);
    if (version < 0 || (version > 0 && id != APPLICATION_ID))
        return explain(s, "%s/journal.db: is no journal of ticketpulsed", s->dir);
    if (version == STORE_SCHEMA)
        return true;
    if (!run(s, "BEGIN IMMEDIATE"))
        return false;
    for (int64_t v = version; v < STORE_SCHEMA; v++)
        if (!run(s, migrations[v]))
            return false;
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", STORE_SCHEMA);
    if (!run(s, sql))
        return false;
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", APPLICATION_ID);
    return run(s, sql) && run(s, "COMMIT");
}

static bool prepare(struct store *s)
{
    struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&s->put_batch, "INSERT OR REPLACE INTO batches VALUES(?,?,?,?)"},
        {&s->put_terms, "INSERT OR REPLACE INTO terms VALUES(?,?,?)"},
        {&s->put_fact, "INSERT OR REPLACE INTO facts VALUES(?,?)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (sqlite3_prepare_v3(s->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].statement,
                               NULL) != SQLITE_OK)
            return store_failed(s, "cannot be used");
    return true;
}

/* A file is there after a power cut only when its directory says so. */
static bool sync_directory(struct store *s)
{
    int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (!fine)
        explain(s, "%s: cannot be put on disk: %s", s->dir, strerror(errno));
    if (fd >= 0)
        close(fd);
    return fine;
}

static void close_file(struct store *s)
{
    sqlite3_stmt *all[] = {s->put_batch, s->put_terms, s->put_fact};
    if (s->wal >= 0)
        close(s->wal);
    s->wal = -1;
    s->wal_size = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        sqlite3_finalize(all[i]);
    s->put_batch = s->put_terms = s->put_fact = NULL;
    if (s->db != NULL)
        sqlite3_close(s->db); /* the last connection puts the WAL into the file */
    s->db = NULL;
}

static bool open_file(struct store *s)
{
    char path[STORE_PATH_MAX + 16], sql[256];
    snprintf(path, sizeof path, "%s/journal.db", s->dir);
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK)
        return store_failed(s, "cannot be opened");
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    /* Every commit is on disk before it counts; checkpoints of the WAL are ours to time. It stays
     * as long as it was when it begins anew (store_stretch_wal says why). */
    snprintf(sql, sizeof sql,
             "PRAGMA secure_delete=OFF; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=%d; PRAGMA mmap_size=0",
             STORE_WAL_BYTES);
    if (!run(s, sql))
        return false;
    sqlite3_wal_hook(s->db, on_commit, s);
    return migrate(s) && prepare(s) && sync_directory(s);
}

/* All statements that make an empty file ours. */
static void write_schema(char ret[SCHEMA_MAX])
{
    size_t n = 0;
    for (int v = 0; v < STORE_SCHEMA; v++)
        n += (size_t)snprintf(ret + n, SCHEMA_MAX - n, "%s", migrations[v]);
    snprintf(ret + n, SCHEMA_MAX - n, "PRAGMA user_version=%d;PRAGMA application_id=%d",
             STORE_SCHEMA, APPLICATION_ID);
}

/* A file without its first page gets another: what is in the others is copied then (store_mend). */
static bool open_or_mend(struct store *s)
{
    char schema[SCHEMA_MAX];
    if (open_file(s))
        return true;
    if (!store_is_damage(sqlite3_errcode(s->db)))
        return false;
    close_file(s);
    write_schema(schema);
    if (store_front(s, schema) && open_file(s))
        return true;
    return explain(s,
                   "%s/journal.db: cannot be read at all; put a backup there, or move it away to "
                   "begin anew",
                   s->dir);
}

static bool open_all(struct store *s)
{
    s->compressor = ZSTD_createCCtx();
    s->decompressor = ZSTD_createDCtx();
    s->scratch = malloc(ZSTD_compressBound(PACK_BYTES_MAX));
    bool fine = s->compressor != NULL && s->decompressor != NULL && s->scratch != NULL;
    if (!fine)
        explain(s, "no memory");
    if (fine) {
        ZSTD_CCtx_setParameter(s->compressor, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(s->compressor, ZSTD_c_checksumFlag, 1);
    }
    fine = fine && lock(s) && store_put_aside(s) && open_or_mend(s);
    if (!fine)
        store_close(s);
    return fine;
}

bool store_open(struct store *s, const char *dir)
{
    memset(s, 0, sizeof *s);
    s->lock = s->wal = -1;
    if (snprintf(s->dir, sizeof s->dir, "%s", dir) >= (int)sizeof s->dir)
        return explain(s, "the state directory's path is too long");
    if (mkdir(dir, 0750) != 0 && errno != EEXIST)
        return explain(s, "%s: cannot be made: %s", dir, strerror(errno));
    return open_all(s);
}

bool store_mend(struct store *s, struct store_mended *ret)
{
    char dir[STORE_PATH_MAX], why[STORE_WHY_MAX], schema[SCHEMA_MAX];
    write_schema(schema);
    bool fine = store_copy(s, schema, ret);
    memcpy(dir, s->dir, sizeof dir);
    memcpy(why, s->why, sizeof why);
    store_close(s);
    if (fine)
        return store_open(s, dir);
    memcpy(s->why, why, sizeof s->why);
    return false;
}

void store_close(struct store *s)
{
    close_file(s);
    ZSTD_freeCCtx(s->compressor);
    ZSTD_freeDCtx(s->decompressor);
    free(s->scratch);
    s->compressor = s->decompressor = s->scratch = NULL;
    if (s->lock >= 0)
        close(s->lock);
    s->lock = -1;
}

/* --- writing ------------------------------------------------------------------------------ */

static enum store_result step(struct store *s, sqlite3_stmt *put)
{
    int rc = sqlite3_step(put);
    enum store_result result = store_result_of(s, rc);
    sqlite3_reset(put);
    return result;
}

enum store_result store_begin(struct store *s)
{
    CHECK(!s->writing);
    enum store_result result = store_result_of(s, sqlite3_exec(s->db, "BEGIN IMMEDIATE", 0, 0, 0));
    s->writing = result == STORE_FINE;
    return result;
}

enum store_result store_batch(struct store *s, uint64_t first, uint32_t entries, ms_t at,
                              const void *pack, uint32_t n)
{
    CHECK(s->writing && n <= PACK_BYTES_MAX);
    size_t most = ZSTD_compressBound(PACK_BYTES_MAX);
    size_t size = ZSTD_compress2(s->compressor, s->scratch, most, pack, n);
    CHECK(!ZSTD_isError(size)); /* there is room, and no parameter is wrong */
    sqlite3_bind_int64(s->put_batch, 1, (int64_t)first);
    sqlite3_bind_int64(s->put_batch, 2, entries);
    sqlite3_bind_int64(s->put_batch, 3, at);
    sqlite3_bind_blob(s->put_batch, 4, s->scratch, (int)size, SQLITE_STATIC);
    return step(s, s->put_batch);
}

enum store_result store_terms(struct store *s, uint64_t seq, ms_t at, const void *bytes, uint32_t n)
{
    CHECK(s->writing);
    sqlite3_bind_int64(s->put_terms, 1, (int64_t)seq);
    sqlite3_bind_int64(s->put_terms, 2, at);
    sqlite3_bind_blob(s->put_terms, 3, bytes, (int)n, SQLITE_STATIC);
    return step(s, s->put_terms);
}

enum store_result store_forget_terms(struct store *s)
{
    CHECK(s->writing);
    return store_result_of(s, sqlite3_exec(s->db, "DELETE FROM terms", 0, 0, 0));
}

enum store_result store_fact(struct store *s, const char *name, uint64_t value)
{
    CHECK(s->writing);
    sqlite3_bind_text(s->put_fact, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s->put_fact, 2, (int64_t)value);
    return step(s, s->put_fact);
}

enum store_result store_commit(struct store *s)
{
    CHECK(s->writing);
    enum store_result result = store_result_of(s, sqlite3_exec(s->db, "COMMIT", 0, 0, 0));
    s->writing = result != STORE_FINE; /* then a rollback is to come */
    return result;
}

void store_rollback(struct store *s)
{
    if (s->writing && sqlite3_get_autocommit(s->db) == 0)
        (void)sqlite3_exec(s->db, "ROLLBACK", 0, 0, 0);
    s->writing = false;
}

/* Then the file system has nothing of its own to commit with the next commit, nor waits for what
 * others wrote. Only beyond the end: what is in the file is SQLite's. */
void store_stretch_wal(struct store *s)
{
    static const uint8_t zeroes[STRETCH];
    char path[STORE_PATH_MAX + 16];
    struct stat st;
    off_t used = 32 + (off_t)s->wal_pages * (PAGE + 24); /* its header, and one of each page */
    if (used + STRETCH / 2 <= s->wal_size)
        return;
    snprintf(path, sizeof path, "%s/journal.db-wal", s->dir);
    if (s->wal < 0)
        s->wal = open(path, O_WRONLY | O_CLOEXEC);
    if (s->wal < 0 || fstat(s->wal, &st) != 0)
        return;
    s->wal_size = st.st_size;
    if (st.st_size < used + STRETCH / 2 && st.st_size + STRETCH <= STORE_WAL_BYTES) {
        ssize_t n = pwrite(s->wal, zeroes, STRETCH, st.st_size); /* no room: the next commit says */
        s->wal_size += n > 0 ? n : 0;
    }
}

/* Passive: RESTART would wait for the mover's sync and for everybody who reads, up to BUSY_MS, and
 * commits with it. Once all is in the file and nobody reads, the next commit begins anew. */
void store_restart_wal(struct store *s)
{
    if (s->wal_pages >= STORE_WAL_BYTES / PAGE)
        (void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

struct sqlite3 *store_second(const struct store *s)
{
    char path[STORE_PATH_MAX + 16];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/journal.db", s->dir);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0", 0, 0, 0) ==
            SQLITE_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

void store_second_move(struct sqlite3 *second)
{
    (void)sqlite3_wal_checkpoint_v2(second, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void store_second_close(struct sqlite3 *second)
{
    sqlite3_close(second);
}

/* --- reading ------------------------------------------------------------------------------ */

bool store_last(struct store *s, uint64_t *ret)
{
    int64_t v;
    bool fine =
        store_number(s, "SELECT first + entries - 1 FROM batches ORDER BY first DESC LIMIT 1", &v);
    *ret = fine ? (uint64_t)v : 0;
    return fine;
}

bool store_fact_get(struct store *s, const char *name, uint64_t *ret)
{
    char sql[96];
    int64_t v;
    snprintf(sql, sizeof sql, "SELECT value FROM facts WHERE name='%s'", name);
    bool fine = store_number(s, sql, &v);
    *ret = fine ? (uint64_t)v : 0;
    return fine;
}

static bool read_rows(struct store *s, struct store_reader *r, const char *sql, uint64_t from)
{
    r->store = s;
    if (sqlite3_prepare_v2(s->db, sql, -1, &r->rows, NULL) != SQLITE_OK)
        return store_failed(s, "cannot be read");
    sqlite3_bind_int64(r->rows, 1, (int64_t)from);
    return true;
}

bool store_read_batches(struct store *s, struct store_reader *r, uint64_t from)
{
    r->packed = true;
    /* A row that begins before `from` may reach it. */
    return read_rows(s, r,
                     "SELECT first, entries, at, bytes FROM batches WHERE first >= "
                     "coalesce((SELECT max(first) FROM batches WHERE first <= ?1), ?1) "
                     "ORDER BY first",
                     from);
}

bool store_read_terms(struct store *s, struct store_reader *r, uint64_t from)
{
    r->packed = false;
    return read_rows(s, r, "SELECT seq, 0, at, bytes FROM terms WHERE seq >= ?1 ORDER BY seq",
                     from);
}

int store_next(struct store_reader *r, struct store_row *ret)
{
    int rc = sqlite3_step(r->rows);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc != SQLITE_ROW) {
        store_failed(r->store, "cannot be read");
        return -1;
    }
    ret->first = (uint64_t)sqlite3_column_int64(r->rows, 0);
    ret->entries = (uint32_t)sqlite3_column_int64(r->rows, 1);
    ret->at = sqlite3_column_int64(r->rows, 2);
    ret->bytes = sqlite3_column_blob(r->rows, 3);
    ret->n = (uint64_t)sqlite3_column_bytes(r->rows, 3);
    if (r->packed) {
        size_t n = ZSTD_decompressDCtx(r->store->decompressor, r->pack, sizeof r->pack, ret->bytes,
                                       ret->n);
        bool fine = !ZSTD_isError(n);
        ret->bytes = fine ? r->pack : NULL;
        ret->n = fine ? n : 0;
    }
    return 1;
}

void store_read_end(struct store_reader *r)
{
    sqlite3_finalize(r->rows);
    r->rows = NULL;
}
