/* store: rows come back, a directory is one daemon's, and what is not ours is refused. */
#include "daemon/store.h"

#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64];
static struct store store;
static struct store_reader reader;

static void begin(void)
{
    scratch_make(dir, sizeof dir, "store");
    cr_assert(store_open(&store, dir), "%s", store.why);
}

static void end(void)
{
    store_close(&store);
    scratch_remove(dir);
}

static void sql(const char *text)
{
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/journal.db", dir);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, text, 0, 0, 0), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void put(uint64_t first, uint32_t entries, const char *pack)
{
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(
        store_batch(&store, first, entries, (ms_t)first * 10, pack, (uint32_t)strlen(pack)),
        STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
}

static void expect_batches(uint64_t from, const char *want)
{
    char got[512] = "";
    struct store_row row;
    int more;
    cr_assert(store_read_batches(&store, &reader, from));
    while ((more = store_next(&reader, &row)) == 1) {
        char one[128];
        cr_assert_eq(row.at, (ms_t)row.first * 10);
        snprintf(one, sizeof one, "%d+%u:%.*s ", (int)row.first, row.entries,
                 row.bytes == NULL ? 7 : (int)row.n,
                 row.bytes == NULL ? "damaged" : (const char *)row.bytes);
        strncat(got, one, sizeof got - strlen(got) - 1);
    }
    cr_assert_eq(more, 0);
    store_read_end(&reader);
    cr_assert_str_eq(got, want);
}

/* The oldest entry that is kept; 0 = none. */
static uint64_t first_kept(void)
{
    int64_t v;
    cr_assert(store_number(&store, "SELECT first FROM batches ORDER BY first LIMIT 1", &v));
    return (uint64_t)v;
}

static long wal_size(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/journal.db-wal", dir);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f);
    cr_assert_eq(fseek(f, 0, SEEK_END), 0);
    long n = ftell(f);
    fclose(f);
    return n;
}

/* What other is then is what a crash would leave of ours. */
static void copy_file(const char *other, const char *name)
{
    char from[128], to[128];
    int c;
    snprintf(from, sizeof from, "%s/%s", dir, name);
    snprintf(to, sizeof to, "%s/%s", other, name);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    cr_assert(in != NULL && out != NULL);
    while ((c = getc(in)) != EOF)
        putc(c, out);
    fclose(in);
    cr_assert_eq(fclose(out), 0);
}

Test(store, the_wal_is_longer_than_what_is_in_it_and_a_crash_finds_the_same_rows)
{
    char other[64];
    begin();
    put(1, 2, "ab");
    long before = wal_size();
    store_stretch_wal(&store);
    long after = wal_size();
    cr_assert_gt(after, before + 100000);
    for (uint64_t n = 3; n < 8; n++) {
        put(n, 1, "c"); /* within it */
        store_stretch_wal(&store);
    }
    cr_assert_eq(wal_size(), after);
    for (uint64_t n = 8; wal_size() == after; n++) { /* till there is little left of it */
        cr_assert_lt(n, 200);
        put(n, 1, "c");
        store_stretch_wal(&store);
    }
    cr_assert_lt(32L + store.wal_pages * (4096L + 24), after);
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_batch(&store, 900, 1, 9000, "z", 1), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    scratch_make(other, sizeof other, "store");
    copy_file(other, "journal.db");
    copy_file(other, "journal.db-wal");
    end();
    memcpy(dir, other, sizeof dir);
    cr_assert(store_open(&store, dir), "%s", store.why);
    expect_batches(900, "900+1:z ");
    cr_assert_eq(first_kept(), 1);
    put(901, 1, "y"); /* and it goes on behind them */
    store_stretch_wal(&store);
    store_close(&store);
    cr_assert(store_open(&store, dir), "%s", store.why);
    expect_batches(901, "901+1:y ");
    end();
}

static int waited;

static int on_busy(void *data, int times)
{
    (void)data;
    (void)times;
    waited++;
    return 0;
}

/* Somebody who reads keeps it as it is, but nobody waits for that. */
Test(store, a_long_wal_begins_anew_once_nobody_reads)
{
    enum { ROWS = 1100 };
    static uint8_t noise[PACK_BYTES_MAX];
    char path[128];
    sqlite3 *other;
    uint64_t n = 1, x = 88172645463325252U;
    begin();
    cr_assert_eq(sqlite3_busy_handler(store.db, on_busy, NULL), SQLITE_OK);
    put(n++, 1, "a");
    snprintf(path, sizeof path, "%s/journal.db", dir);
    cr_assert_eq(sqlite3_open(path, &other), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(other, "BEGIN; SELECT first FROM batches", 0, 0, 0), SQLITE_OK);
    cr_assert_eq(store_begin(&store), STORE_FINE);
    for (int i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < sizeof noise; k++) { /* what does not pack */
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            noise[k] = (uint8_t)x;
        }
        cr_assert_eq(store_batch(&store, n++, 1, 5, noise, sizeof noise), STORE_FINE);
    }
    cr_assert_eq(store_commit(&store), STORE_FINE);
    int before = store.wal_pages;
    cr_assert_gt(before, STORE_WAL_BYTES / 4096);
    store_restart_wal(&store);
    put(n++, 1, "b");
    cr_assert_gt(store.wal_pages, before); /* it is being read */
    cr_assert_eq(sqlite3_exec(other, "COMMIT", 0, 0, 0), SQLITE_OK);
    store_restart_wal(&store);
    put(n, 1, "c");
    cr_assert_lt(store.wal_pages, 100);
    cr_assert_eq(waited, 0);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    end();
    cr_assert_gt(n, ROWS);
}

Test(store, rows_come_back_in_order_and_the_last_one_grows)
{
    uint64_t n;
    begin();
    cr_assert(store_last(&store, &n) && n == 0);
    cr_assert_eq(first_kept(), 0);
    put(1, 2, "ab");
    put(3, 1, "c");
    put(3, 3, "cde");
    cr_assert(store_last(&store, &n) && n == 5);
    put(10, 1, "j"); /* a gap: what was between was lost */
    expect_batches(1, "1+2:ab 3+3:cde 10+1:j ");
    expect_batches(2, "1+2:ab 3+3:cde 10+1:j ");
    expect_batches(4, "3+3:cde 10+1:j ");
    expect_batches(11, "10+1:j ");
    store_close(&store);
    cr_assert(store_open(&store, dir));
    expect_batches(0, "1+2:ab 3+3:cde 10+1:j ");
    cr_assert_eq(first_kept(), 1);
    end();
}

Test(store, what_was_not_committed_was_not)
{
    uint64_t n;
    begin();
    put(1, 1, "a");
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_batch(&store, 2, 1, 20, "b", 1), STORE_FINE);
    store_rollback(&store);
    expect_batches(1, "1+1:a ");
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_fact(&store, "told", 7), STORE_FINE);
    store_rollback(&store);
    cr_assert(store_fact_get(&store, "told", &n) && n == 0);
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_fact(&store, "told", 7), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    cr_assert(store_fact_get(&store, "told", &n) && n == 7);
    end();
}

Test(store, settings_come_back)
{
    struct store_row row;
    begin();
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_terms(&store, 0, 1, "zero", 4), STORE_FINE);
    cr_assert_eq(store_terms(&store, 9, 2, "nine", 4), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    cr_assert(store_read_terms(&store, &reader, 1));
    cr_assert_eq(store_next(&reader, &row), 1);
    cr_assert(row.first == 9 && row.n == 4 && memcmp(row.bytes, "nine", 4) == 0);
    cr_assert_eq(store_next(&reader, &row), 0);
    store_read_end(&reader);
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_forget_terms(&store), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    cr_assert(store_read_terms(&store, &reader, 0));
    cr_assert_eq(store_next(&reader, &row), 0);
    store_read_end(&reader);
    end();
}

Test(store, damage_in_a_row_is_seen)
{
    begin();
    put(1, 2, "some text that lies there as it is, or almost");
    put(3, 1, "c");
    sql("UPDATE batches SET bytes = substr(bytes, 1, length(bytes) - 2) || x'0000' "
        "WHERE first = 1");
    expect_batches(1, "1+2:damaged 3+1:c ");
    end();
}

/* The lock is the process's open file: another open of the same directory fails. */
Test(store, a_directory_is_one_daemons)
{
    begin();
    static struct store other;
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld;", (long)getpid());
    cr_assert_not(store_open(&other, dir));
    cr_assert_not_null(strstr(other.why, pid), "%s", other.why);
    put(1, 1, "a"); /* and did no harm */
    store_close(&store);
    cr_assert(store_open(&other, dir));
    store_close(&other);
    cr_assert(store_open(&store, dir));
    end();
}

Test(store, what_is_newer_or_not_ours_is_refused)
{
    begin();
    store_close(&store);
    sql("PRAGMA user_version = 99");
    cr_assert_not(store_open(&store, dir));
    cr_assert_not_null(strstr(store.why, "newer"), "%s", store.why);
    sql("PRAGMA user_version = 1; PRAGMA application_id = 5");
    cr_assert_not(store_open(&store, dir));
    cr_assert_not_null(strstr(store.why, "no journal"), "%s", store.why);
    char path[128];
    snprintf(path, sizeof path, "%s/journal.db", dir);
    FILE *f = fopen(path, "w");
    fputs("this is no database, and long enough to be sure of that, is it not? it is, it is, it "
          "is, it is, it is, it is, it is, it is",
          f);
    fclose(f);
    cr_assert_not(store_open(&store, dir));
    cr_assert_not(store_open(&store, "/nonexistent/x"));
    cr_assert_not_null(strstr(store.why, "/nonexistent/x"), "%s", store.why);
    end();
}

static void put_checkpoint(uint64_t seq)
{
    struct store_checkpoint c = {seq, seq * 100, ~seq, (ms_t)seq};
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_checkpoint(&store, &c), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
}

Test(store, the_last_checkpoints_are_kept)
{
    struct store_checkpoint got[STORE_CHECKPOINTS];
    begin();
    cr_assert_eq(store_checkpoints(&store, got), 0);
    for (uint64_t seq = 5; seq <= 50; seq += 5)
        put_checkpoint(seq);
    cr_assert_eq(store_checkpoints(&store, got), STORE_CHECKPOINTS);
    for (uint32_t i = 0; i < STORE_CHECKPOINTS; i++) {
        cr_assert_eq(got[i].seq, 50 - 5 * i);
        cr_assert(got[i].bytes == got[i].seq * 100 && got[i].digest == ~got[i].seq);
        cr_assert_eq(got[i].at, (ms_t)got[i].seq);
    }
    cr_assert_eq(store_begin(&store), STORE_FINE);
    cr_assert_eq(store_forget_checkpoints(&store), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    cr_assert_eq(store_checkpoints(&store, got), 0);
    end();
}

/* Forgets until there is no more to forget; the first entry that is left. */
static uint64_t forget(uint64_t upto, ms_t before, uint64_t bytes_max)
{
    bool more = true;
    while (more) {
        cr_assert_eq(store_begin(&store), STORE_FINE);
        cr_assert_eq(store_forget(&store, upto, before, bytes_max, &more), STORE_FINE);
        cr_assert_eq(store_commit(&store), STORE_FINE);
    }
    return first_kept();
}

/* Rows of 10 entries, received at ten times their number. */
Test(store, what_is_covered_and_old_or_too_much_goes)
{
    static const uint64_t large = 1ULL << 40;
    begin();
    cr_assert_eq(store_begin(&store), STORE_FINE);
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(store_batch(&store, 1 + 10 * i, 10, (ms_t)(1 + 10 * i) * 10, "pack", 4),
                     STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    cr_assert_eq(forget(0, 1000000, large), 1);     /* nothing is covered */
    cr_assert_eq(forget(100000, 0, large), 1);      /* nothing is old */
    cr_assert_eq(forget(45, 1000000, large), 41);   /* the row of 41..50 is not covered whole */
    cr_assert_eq(forget(100000, 2005, large), 201); /* by age */
    cr_assert_eq(forget(9000, 0, 4096), 8991);      /* by size */
    cr_assert_eq(forget(0, 0, 4096), 8991);
    end();
}
