#include "daemon/past.h"

#include "daemon/store.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

enum { ROWS = 64, BUSY_MS = 2000 };

/* A row as it lies in the file. */
struct row {
    uint64_t first;
    uint32_t entries, n;
    uint8_t *bytes; /* owned */
};

struct past {
    sqlite3 *db;
    ZSTD_DCtx *decompressor;
    struct row row[ROWS];
    uint32_t rows, at;   /* read; the next one */
    uint64_t last;       /* entry behind which rows are to be read */
    uint64_t first, end; /* entries at the beginning: these, and before that */
    uint64_t left;       /* of the row at hand */
    uint64_t damaged;
    struct unpack unpack;
    struct pack_entry entry;
    char path[STORE_PATH_MAX + 16];
    char why[STORE_WHY_MAX];
    uint8_t pack[PACK_BYTES_MAX];
};

static char why_not[STORE_WHY_MAX];

static bool explain(struct past *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool explain(struct past *p, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(p->why, sizeof p->why, format, list);
    va_end(list);
    return false;
}

static bool number(struct past *p, const char *sql, int64_t *ret)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(p->db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    *ret = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    bool fine = rc == SQLITE_ROW || rc == SQLITE_DONE;
    if (!fine)
        explain(p, "%s", sqlite3_errmsg(p->db));
    sqlite3_finalize(q);
    return fine;
}

/* immutable: nobody else has it, and we may not write beside it. */
static bool open_file(struct past *p, bool immutable)
{
    char uri[3 * sizeof p->path], *to = uri + snprintf(uri, sizeof uri, "file:");
    int64_t version, first, last;
    for (const char *c = p->path; *c != 0; c++)
        to += snprintf(to, 4, strchr("?#%", *c) != NULL ? "%%%02X" : "%c", *c);
    snprintf(to, (size_t)(uri + sizeof uri - to), "%s", immutable ? "?immutable=1" : "");
    if (sqlite3_open_v2(uri, &p->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
        return explain(p, "%s", sqlite3_errmsg(p->db));
    sqlite3_busy_timeout(p->db, BUSY_MS);
    if (!number(p, "PRAGMA user_version", &version))
        return false;
    if (version != STORE_SCHEMA)
        return explain(p, "is of schema %lld, this program knows %d", (long long)version,
                       STORE_SCHEMA);
    if (!number(p, "SELECT min(first) FROM batches", &first) ||
        !number(p, "SELECT first + entries FROM batches ORDER BY first DESC LIMIT 1", &last))
        return false;
    p->first = (uint64_t)first;
    p->end = (uint64_t)last;
    return true;
}

static bool open_either(struct past *p)
{
    char log[sizeof p->path + 8];
    if (access(p->path, R_OK) != 0)
        return explain(p, "no journal of ticketpulsed is there, or it may not be read");
    if (open_file(p, false))
        return true;
    bool alone = sqlite3_errcode(p->db) == SQLITE_CANTOPEN;
    snprintf(log, sizeof log, "%s-wal", p->path);
    sqlite3_close(p->db);
    p->db = NULL;
    return alone && access(log, F_OK) != 0 && open_file(p, true);
}

struct past *past_open(const char *dir, const char **ret_why)
{
    struct past *p = malloc(sizeof *p);
    *ret_why = "no memory";
    if (p == NULL)
        return NULL;
    memset(p, 0, offsetof(struct past, pack));
    snprintf(p->path, sizeof p->path, "%s/journal.db", dir);
    p->decompressor = ZSTD_createDCtx();
    if (p->decompressor != NULL && open_either(p))
        return p;
    if (p->decompressor != NULL) {
        memcpy(why_not, p->why, sizeof why_not);
        *ret_why = why_not;
    }
    past_close(p);
    return NULL;
}

static void let_go(struct past *p)
{
    for (uint32_t i = 0; i < p->rows; i++)
        free(p->row[i].bytes);
    p->rows = p->at = 0;
}

static bool take_row(struct past *p, sqlite3_stmt *q)
{
    struct row *row = &p->row[p->rows];
    row->first = (uint64_t)sqlite3_column_int64(q, 0);
    row->entries = (uint32_t)sqlite3_column_int64(q, 1);
    row->n = (uint32_t)sqlite3_column_bytes(q, 2);
    row->bytes = malloc(row->n + 1);
    if (row->bytes == NULL)
        return explain(p, "no memory");
    if (row->n > 0)
        memcpy(row->bytes, sqlite3_column_blob(q, 2), row->n);
    p->rows++;
    return true;
}

/* Some rows more, in one short transaction. false: there are none, or p->why. */
static bool read_rows(struct past *p)
{
    sqlite3_stmt *q = NULL;
    bool fine = sqlite3_prepare_v2(p->db,
                                   "SELECT first, entries, bytes FROM batches WHERE "
                                   "first + entries - 1 > ?1 AND first >= coalesce((SELECT "
                                   "max(first) FROM batches WHERE first <= ?1), 0) "
                                   "ORDER BY first LIMIT ?2",
                                   -1, &q, NULL) == SQLITE_OK;
    int rc = SQLITE_ERROR;
    let_go(p);
    if (fine) {
        sqlite3_bind_int64(q, 1, (int64_t)p->last);
        sqlite3_bind_int(q, 2, ROWS);
        while (fine && (rc = sqlite3_step(q)) == SQLITE_ROW)
            fine = take_row(p, q);
    }
    if (fine && rc != SQLITE_DONE)
        fine = false;
    if (!fine && p->why[0] == 0)
        explain(p, "%s", sqlite3_errmsg(p->db));
    sqlite3_finalize(q);
    return fine && p->rows > 0;
}

/* The next row is at hand. A row that grew since it was read last goes on where it ended. */
static bool begin_row(struct past *p)
{
    if (p->at == p->rows && !read_rows(p))
        return false;
    struct row *row = &p->row[p->at++];
    size_t n = ZSTD_decompressDCtx(p->decompressor, p->pack, sizeof p->pack, row->bytes, row->n);
    bool whole = !ZSTD_isError(n);
    unpack_begin(&p->unpack, p->pack, whole ? n : 0);
    uint64_t seen = p->last >= row->first ? p->last - row->first + 1 : 0;
    p->left = row->entries;
    p->last = row->first + row->entries - 1;
    for (; seen > 0 && p->left > 0 && unpack_next(&p->unpack, &p->entry) == 1; seen--)
        p->left--;
    return true;
}

int past_next(struct past *p, struct event *ret)
{
    for (;;) {
        while (p->left > 0 && unpack_next(&p->unpack, &p->entry) == 1) {
            p->left--;
            if (p->entry.kind != PACK_EVENT)
                continue;
            *ret = p->entry.event;
            return 1;
        }
        p->damaged += p->left;
        p->left = 0;
        if (!begin_row(p))
            return p->why[0] != 0 ? -1 : 0;
    }
}

const char *past_why(const struct past *p)
{
    return p->why;
}

uint64_t past_damaged(const struct past *p)
{
    return p->damaged;
}

uint64_t past_done(const struct past *p)
{
    return p->last < p->first ? 0 : p->last - p->left - p->first + 1;
}

uint64_t past_total(const struct past *p)
{
    return p->end - p->first;
}

void past_close(struct past *p)
{
    let_go(p);
    sqlite3_close(p->db);
    ZSTD_freeDCtx(p->decompressor);
    free(p);
}
