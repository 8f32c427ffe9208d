/* A journal.db that is damaged: what can be read of it becomes another one.
 *
 * Rows are copied into journal.db.mend; when that is whole and on disk it is named
 * journal.db.mended; then the damaged files are put aside as journal.db.damaged, and it takes
 * their place. After a crash in between store_open finds the mended one and goes on from there.
 *
 * Without its first page SQLite does not open a file at all. That page says where the tables begin,
 * which is the same in every journal.db of a schema, so it can be had from an empty one: what lay
 * there is kept as journal.db.damaged-front, and all rows are read from the other pages. */
#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_CAP = STORE_PATH_MAX + 32, STEPS_MAX = 48, PAGE = 4096 };

static const char mark[] = "journal.db.suspect";

static const char *path_of(char ret[PATH_CAP], const struct store *s, const char *name)
{
    snprintf(ret, PATH_CAP, "%s/%s", s->dir, name);
    return ret;
}

bool store_is_damage(int rc)
{
    return (rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB;
}

void store_suspect(const struct store *s)
{
    char path[PATH_CAP];
    int fd = open(path_of(path, s, mark), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (fd >= 0)
        close(fd);
}

/* --- is it sound? --------------------------------------------------------------------------- */

/* Reads all rows of the query. */
static int read_all(struct store *s, const char *sql, int64_t from)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(q, 1, from);
        while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
            const uint8_t *p = sqlite3_column_blob(q, 1); /* touches its pages */
            int n = sqlite3_column_bytes(q, 1);
            if (p == NULL && n > 0) {
                rc = sqlite3_errcode(s->db);
                break;
            }
        }
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

bool store_sound(struct store *s, bool *ret_sound)
{
    char path[PATH_CAP];
    int64_t from = 0;
    *ret_sound = access(path_of(path, s, mark), F_OK) != 0;
    if (!*ret_sound)
        return true;
    int rc = read_all(s, "SELECT value, name FROM facts WHERE value >= ?1", INT64_MIN);
    if (rc == SQLITE_OK)
        rc = read_all(s, "SELECT seq, bytes FROM terms WHERE seq >= ?1", 0);
    if (rc == SQLITE_OK)
        rc = read_all(s, "SELECT seq, file FROM checkpoints WHERE seq >= ?1", 0);
    if (rc == SQLITE_OK && !store_number(s, "SELECT min(seq) FROM checkpoints", &from))
        rc = sqlite3_errcode(s->db);
    if (rc == SQLITE_OK) /* what a start may have to read */
        rc = read_all(s,
                      "SELECT first, bytes FROM batches WHERE first >= "
                      "coalesce((SELECT max(first) FROM batches WHERE first <= ?1), ?1)",
                      from);
    *ret_sound = !store_is_damage(rc);
    return rc == SQLITE_OK || !*ret_sound || store_failed(s, "cannot be read");
}

/* --- copying -------------------------------------------------------------------------------- */

/* One table: rows behind a key, and the same row put into the other file. */
struct table {
    const char *read, *put;
    bool by_name; /* its key is a text: read once, as far as it goes */
};

static const struct table tables[] = {
    {"SELECT name, value FROM facts", "INSERT OR REPLACE INTO facts VALUES(?,?)", true},
    {"SELECT seq, at, bytes FROM terms WHERE seq > ?1 ORDER BY seq",
     "INSERT OR REPLACE INTO terms VALUES(?,?,?)", false},
    {"SELECT seq, file, bytes, digest, at FROM checkpoints WHERE seq > ?1 ORDER BY seq",
     "INSERT OR REPLACE INTO checkpoints VALUES(?,?,?,?,?)", false},
    {"SELECT first, entries, at, bytes FROM batches WHERE first > ?1 ORDER BY first",
     "INSERT OR REPLACE INTO batches VALUES(?,?,?,?)", false},
};

struct copying {
    sqlite3_stmt *read, *put;
    int64_t key;    /* of the last row read */
    uint64_t holes; /* how often rows could not be read */
    uint64_t rows;
};

/* Copies rows behind `from` until one cannot be read. 1: to the end; 0: not; -1: not written. */
static int copy_from(struct copying *c, int64_t from)
{
    int rc;
    sqlite3_reset(c->read);
    sqlite3_bind_int64(c->read, 1, from);
    while ((rc = sqlite3_step(c->read)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(c->read); i++)
            sqlite3_bind_value(c->put, i + 1, sqlite3_column_value(c->read, i));
        if (sqlite3_step(c->put) != SQLITE_DONE)
            return -1;
        sqlite3_reset(c->put);
        c->key = sqlite3_column_int64(c->read, 0);
        c->rows++;
    }
    return rc == SQLITE_DONE;
}

/* Can a row behind `from` be read? 1, 0; 2: there is none. */
static int readable(struct copying *c, int64_t from)
{
    sqlite3_reset(c->read);
    sqlite3_bind_int64(c->read, 1, from);
    int rc = sqlite3_step(c->read);
    return rc == SQLITE_DONE ? 2 : rc == SQLITE_ROW;
}

/* Where reading can go on behind a hole: in steps that double, then back by halves. false:
 * nowhere. */
static bool beyond(struct copying *c, int64_t *ret_from)
{
    int64_t bad = c->key, good = 0;
    int found = 0;
    for (int i = 0; i < STEPS_MAX && found == 0; i++) {
        good = c->key + (1LL << i);
        found = readable(c, good);
        bad = found == 0 ? good : bad;
    }
    if (found != 1)
        return false;
    while (good - bad > 1) {
        int64_t middle = bad + (good - bad) / 2;
        if (readable(c, middle) == 1)
            good = middle;
        else
            bad = middle;
    }
    *ret_from = good;
    return true;
}

static bool copy_table(struct store *s, struct sqlite3 *to, const struct table *t,
                       struct store_mended *ret)
{
    struct copying c = {.key = -1};
    int64_t from = -1;
    bool more = sqlite3_prepare_v2(s->db, t->read, -1, &c.read, NULL) == SQLITE_OK;
    bool fine = sqlite3_prepare_v2(to, t->put, -1, &c.put, NULL) == SQLITE_OK;
    c.holes += !more;
    while (more && fine) {
        int got = copy_from(&c, from);
        fine = got >= 0;
        c.holes += got == 0;
        more = got == 0 && !t->by_name && beyond(&c, &from);
    }
    sqlite3_finalize(c.read);
    sqlite3_finalize(c.put);
    ret->rows += c.rows;
    ret->holes += c.holes;
    return fine;
}

static void forget_file(const struct store *s, const char *name)
{
    char path[PATH_CAP];
    (void)unlink(path_of(path, s, name));
}

static bool moved(const struct store *s, const char *from, const char *to)
{
    char a[PATH_CAP], b[PATH_CAP];
    return rename(path_of(a, s, from), path_of(b, s, to)) == 0 || errno == ENOENT;
}

bool store_copy(struct store *s, const char *schema, struct store_mended *ret)
{
    char path[PATH_CAP];
    struct sqlite3 *to = NULL;
    *ret = (struct store_mended){0};
    forget_file(s, "journal.db.mend");
    forget_file(s, "journal.db.mend-journal");
    bool fine = sqlite3_open_v2(path_of(path, s, "journal.db.mend"), &to,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
                sqlite3_exec(to, "PRAGMA synchronous=FULL; BEGIN", 0, 0, 0) == SQLITE_OK &&
                sqlite3_exec(to, schema, 0, 0, 0) == SQLITE_OK;
    for (size_t i = 0; i < ARRAY_LEN(tables) && fine; i++)
        fine = copy_table(s, to, &tables[i], ret);
    fine = fine && sqlite3_exec(to, "COMMIT", 0, 0, 0) == SQLITE_OK;
    if (!fine)
        snprintf(s->why, sizeof s->why,
                 "%.200s: journal.db is damaged and cannot be mended: %.200s", s->dir,
                 sqlite3_errmsg(to));
    sqlite3_close(to);
    if (fine && !moved(s, "journal.db.mend", "journal.db.mended")) {
        snprintf(s->why, sizeof s->why, "%.400s: journal.db cannot be renamed: %.60s", s->dir,
                 strerror(errno));
        fine = false;
    }
    return fine;
}

bool store_put_aside(struct store *s)
{
    char path[PATH_CAP];
    if (access(path_of(path, s, "journal.db.mended"), F_OK) != 0)
        return true;
    forget_file(s, "journal.db-shm");
    bool fine = moved(s, "journal.db-wal", "journal.db.damaged-wal") &&
                moved(s, "journal.db", "journal.db.damaged") &&
                moved(s, "journal.db.mended", "journal.db");
    if (!fine)
        snprintf(s->why, sizeof s->why, "%.400s: journal.db cannot be renamed: %.60s", s->dir,
                 strerror(errno));
    if (fine)
        forget_file(s, mark);
    return fine;
}

/* --- the first page ------------------------------------------------------------------------- */

/* Do the pages where the tables of the empty one begin look like that? A table's has type 5 or 13,
 * that of one without rowid 2 or 10 (SQLite's file format, section 1.6); one of them may be ruined
 * as well. */
static bool looks_ours(struct sqlite3 *empty, int fd)
{
    sqlite3_stmt *q = NULL;
    int right = 0, wrong = 0;
    if (sqlite3_prepare_v2(empty, "SELECT rootpage, sql LIKE '%WITHOUT ROWID' FROM sqlite_master",
                           -1, &q, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(q) == SQLITE_ROW) {
        uint8_t type = 0, leaf = sqlite3_column_int(q, 1) != 0 ? 10 : 13;
        off_t at = (off_t)(sqlite3_column_int(q, 0) - 1) * PAGE;
        bool fine = pread(fd, &type, 1, at) == 1 && (type == leaf || type == leaf - 8);
        right += fine;
        wrong += !fine;
    }
    sqlite3_finalize(q);
    return right > 0 && wrong <= 1;
}

static void put_number(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The first page of an empty journal, for a file in WAL mode of so many pages, none of them free
 * (section 1.3): *ret. */
static bool front_of(const struct store *s, const char *schema, int fd, uint32_t n,
                     uint8_t ret[PAGE])
{
    static const uint8_t none[8];
    char path[PATH_CAP];
    struct sqlite3 *empty = NULL;
    forget_file(s, "journal.db.empty");
    bool fine = sqlite3_open(path_of(path, s, "journal.db.empty"), &empty) == SQLITE_OK &&
                sqlite3_exec(empty, schema, 0, 0, 0) == SQLITE_OK && looks_ours(empty, fd);
    sqlite3_close(empty);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    fine = fine && from >= 0 && pread(from, ret, PAGE, 0) == PAGE;
    if (from >= 0)
        close(from);
    forget_file(s, "journal.db.empty");
    ret[18] = ret[19] = 2;
    memcpy(ret + 92, ret + 24, 4); /* the number of pages is valid */
    put_number(ret + 28, n);
    memcpy(ret + 32, none, sizeof none);
    return fine;
}

/* The page as it is now, on disk beside the file. */
static bool keep_front(const struct store *s, const uint8_t page[PAGE])
{
    char path[PATH_CAP];
    int fd = open(path_of(path, s, "journal.db.damaged-front"),
                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool fine = fd >= 0 && write(fd, page, PAGE) == PAGE && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

bool store_front(struct store *s, const char *schema)
{
    char path[PATH_CAP];
    uint8_t old[PAGE], fresh[PAGE];
    struct stat st;
    int fd = open(path_of(path, s, "journal.db"), O_RDWR | O_CLOEXEC);
    bool fine = fd >= 0 && fstat(fd, &st) == 0 && pread(fd, old, PAGE, 0) == PAGE &&
                front_of(s, schema, fd, (uint32_t)(st.st_size / PAGE), fresh) && keep_front(s, old);
    if (fine) {
        store_suspect(s);
        fine = pwrite(fd, fresh, PAGE, 0) == PAGE && fsync(fd) == 0;
    }
    if (fd >= 0)
        close(fd);
    return fine;
}
