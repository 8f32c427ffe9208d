/* store.h: journal.db, the file: accepted events in order of arrival, and what belongs to them.
 *
 * SQLite in WAL mode, one connection, one user at a time: the loop's thread until the journal's
 * writer begins (journal.h), then the writer. Every entry of the journal has a number, from 1;
 * a row holds a run of entries, compressed (proto/pack.h). The last row may be replaced by a
 * longer one. A directory belongs to one daemon: store_open takes a lock that ends with us.
 *
 * Tables (schema_version in PRAGMA user_version; store.c migrates older ones):
 *   batches      first (number), entries, at (time of receipt), bytes (zstd)
 *   terms        seq, at, bytes: settings in force after entry seq (terms.h)
 *   checkpoints  seq, file, bytes, digest, at: images of the state after entry seq
 *   facts        name, value: "told": alerts that entries up to this led to have left */
#ifndef TP_DAEMON_STORE_H
#define TP_DAEMON_STORE_H

#include "proto/pack.h"

enum {
    STORE_SCHEMA = 1,
    STORE_WHY_MAX = 512,
    STORE_PATH_MAX = 4096,
    STORE_WAL_BYTES = 64 << 20, /* then the WAL begins anew */
};

/* What became of an attempt to write. */
enum store_result {
    STORE_FINE,
    STORE_FULL,     /* no room, or busy: try again later */
    STORE_READONLY, /* likewise */
    STORE_BROKEN,   /* the disk failed: what it holds is known only after a restart */
};

struct sqlite3;
struct sqlite3_stmt;

struct store {
    struct sqlite3 *db;
    struct sqlite3_stmt *put_batch, *put_terms, *put_fact;
    int lock;           /* descriptor of the locked file; -1 */
    int wal_pages;      /* in the WAL after the last commit */
    int wal;            /* its file, -1 before it was stretched … */
    int64_t wal_size;   /* … and how long that is, as far as known */
    bool writing;       /* between store_begin and store_commit */
    void *compressor;   /* ZSTD_CCtx */
    void *decompressor; /* ZSTD_DCtx */
    uint8_t *scratch;   /* of compressing */
    char dir[STORE_PATH_MAX];
    char why[STORE_WHY_MAX]; /* the last failure, for people */
};

/* Makes the directory (not its parents) and the file as needed, locks, migrates, checks. false:
 * s->why says why not, and nothing is open. */
MUST_CHECK bool store_open(struct store *s, const char *dir);
void store_close(struct store *s);

/* --- writing: begin, puts, commit; after a failure all since begin is as if it had not been - */

MUST_CHECK enum store_result store_begin(struct store *s);
MUST_CHECK enum store_result store_batch(struct store *s, uint64_t first, uint32_t entries, ms_t at,
                                         const void *pack, uint32_t n);
MUST_CHECK enum store_result store_terms(struct store *s, uint64_t seq, ms_t at, const void *bytes,
                                         uint32_t n);
MUST_CHECK enum store_result store_forget_terms(struct store *s); /* all of them */
MUST_CHECK enum store_result store_fact(struct store *s, const char *name, uint64_t value);
MUST_CHECK enum store_result store_commit(struct store *s);
void store_rollback(struct store *s);
/* After a commit. The WAL's file is longer than what is in it: what goes to blocks that a file has
 * is on disk sooner. A long WAL begins anew, once nobody reads it; no commit waits for that. */
void store_stretch_wal(struct store *s), store_restart_wal(struct store *s);

/* A second connection, for another thread, that moves the WAL into the file. NULL: it cannot be
 * had. store_close must come after its end. */
struct sqlite3 *store_second(const struct store *s);
void store_second_move(struct sqlite3 *second), store_second_close(struct sqlite3 *second);

/* --- damage (store_mend.c) ----------------------------------------------------------------- */

/* Can all be read that a start may need? Reads it. false: it cannot be told, s->why. */
MUST_CHECK bool store_sound(struct store *s, bool *ret_sound);

struct store_mended {
    uint64_t rows, holes; /* copied; how often some could not be read */
};

/* Replaces the file by what can be read of it; the damaged one is kept as journal.db.damaged.
 * false: s->why, and the store is closed. */
MUST_CHECK bool store_mend(struct store *s, struct store_mended *ret);

/* --- checkpoints and retention (store_keep.c) ---------------------------------------------- */

enum { STORE_CHECKPOINTS = 2 }; /* kept */
struct store_checkpoint {
    uint64_t seq, bytes, digest;
    ms_t at;
};

/* One more, and those before the last STORE_CHECKPOINTS go. */
MUST_CHECK enum store_result store_checkpoint(struct store *s, const struct store_checkpoint *c);
MUST_CHECK enum store_result store_forget_checkpoints(struct store *s); /* all of them */

/* Newest first; how many, -1: s->why. */
MUST_CHECK int store_checkpoints(struct store *s, struct store_checkpoint ret[STORE_CHECKPOINTS]);

/* Removes some of the oldest rows of batches that end before entry `upto`: those received before
 * that time, and others while the file holds more than so many bytes. *ret_more: not all yet. */
MUST_CHECK enum store_result store_forget(struct store *s, uint64_t upto, ms_t before,
                                          uint64_t bytes_max, bool *ret_more);

/* Shared with store_mend.c: parts of store_mend; a first page for a file that cannot be opened; is
 * this damage; the file is to be looked at before it is used. */
MUST_CHECK bool store_copy(struct store *s, const char *schema, struct store_mended *ret);
MUST_CHECK bool store_put_aside(struct store *s);
MUST_CHECK bool store_front(struct store *s, const char *schema);
bool store_is_damage(int rc);
void store_suspect(const struct store *s);

/* Shared with store_keep.c: a failure of SQLite as s->why, and as what it means for writing; one
 * number, 0 when there is no row. */
bool store_failed(struct store *s, const char *what);
enum store_result store_result_of(struct store *s, int rc), store_meaning(int rc);
MUST_CHECK bool store_number(struct store *s, const char *sql, int64_t *ret);

/* --- reading ------------------------------------------------------------------------------ */

/* The number of the newest entry; 0 = none. false: s->why. */
MUST_CHECK bool store_last(struct store *s, uint64_t *ret);
MUST_CHECK bool store_fact_get(struct store *s, const char *name, uint64_t *ret); /* 0 = none */

/* The next row of batches that ends at or behind entry `from`, or the next row of terms with seq
 * >= `from`. 1: found; bytes are lent until the next call. 0: none. -1: s->why. A pack that does
 * not decompress is damaged: *ret_pack is NULL then. */
struct store_row {
    uint64_t first; /* of terms: seq */
    uint32_t entries;
    ms_t at;
    const void *bytes;
    uint64_t n;
};
struct store_reader {
    struct store *store;
    struct sqlite3_stmt *rows;
    bool packed;
    uint8_t pack[PACK_BYTES_MAX];
};
MUST_CHECK bool store_read_batches(struct store *s, struct store_reader *r, uint64_t from);
MUST_CHECK bool store_read_terms(struct store *s, struct store_reader *r, uint64_t from);
MUST_CHECK int store_next(struct store_reader *r, struct store_row *ret);
void store_read_end(struct store_reader *r);

#endif
