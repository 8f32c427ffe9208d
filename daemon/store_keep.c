/* What the store keeps besides entries, and for how long it keeps those. */
#include "daemon/store.h"

#include <sqlite3.h>
#include <stdio.h>

enum { ROWS_AT_ONCE = 256, SQL_MAX = 320 };

static enum store_result run(struct store *s, const char *sql)
{
    CHECK(s->writing);
    return store_result_of(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

enum store_result store_checkpoint(struct store *s, const struct store_checkpoint *c)
{
    char sql[SQL_MAX];
    snprintf(sql, sizeof sql,
             "INSERT OR REPLACE INTO checkpoints VALUES(%lld, 'checkpoint-%llu', %lld, %lld, %lld);"
             "DELETE FROM checkpoints WHERE seq NOT IN "
             "(SELECT seq FROM checkpoints ORDER BY seq DESC LIMIT %d)",
             (long long)c->seq, (unsigned long long)c->seq, (long long)c->bytes,
             (long long)c->digest, (long long)c->at, STORE_CHECKPOINTS);
    return run(s, sql);
}

enum store_result store_forget_checkpoints(struct store *s)
{
    return run(s, "DELETE FROM checkpoints");
}

int store_checkpoints(struct store *s, struct store_checkpoint ret[STORE_CHECKPOINTS])
{
    sqlite3_stmt *q = NULL;
    int n = 0, rc = SQLITE_ERROR;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT seq, bytes, digest, at FROM checkpoints ORDER BY seq DESC", -1,
                           &q, NULL) == SQLITE_OK)
        while ((rc = sqlite3_step(q)) == SQLITE_ROW && n < STORE_CHECKPOINTS) {
            ret[n++] = (struct store_checkpoint){.seq = (uint64_t)sqlite3_column_int64(q, 0),
                                                 .bytes = (uint64_t)sqlite3_column_int64(q, 1),
                                                 .digest = (uint64_t)sqlite3_column_int64(q, 2),
                                                 .at = sqlite3_column_int64(q, 3)};
        }
    bool fine = rc == SQLITE_DONE || rc == SQLITE_ROW;
    if (!fine)
        store_failed(s, "cannot be read");
    sqlite3_finalize(q);
    return fine ? n : -1;
}

enum store_result store_forget(struct store *s, uint64_t upto, ms_t before, uint64_t bytes_max,
                               bool *ret_more)
{
    char sql[SQL_MAX];
    int64_t page, pages, unused;
    CHECK(s->writing);
    *ret_more = false;
    if (!store_number(s, "PRAGMA page_size", &page) ||
        !store_number(s, "PRAGMA page_count", &pages) ||
        !store_number(s, "PRAGMA freelist_count", &unused))
        return STORE_FULL; /* tried again with the rest */
    bool large = (uint64_t)(page * (pages - unused)) > bytes_max;
    snprintf(sql, sizeof sql,
             "DELETE FROM batches WHERE first IN (SELECT first FROM batches WHERE "
             "first + entries <= %lld AND (at < %lld OR %d) ORDER BY first LIMIT %d)",
             (long long)upto, (long long)before, large, ROWS_AT_ONCE);
    enum store_result result = run(s, sql);
    *ret_more = result == STORE_FINE && sqlite3_changes(s->db) == ROWS_AT_ONCE;
    return result;
}
