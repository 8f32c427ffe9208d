/* store_mend: whatever page of journal.db is rubbish, the start goes on with every row that lies on
 * the other pages, and the damaged file is kept. */
#include "daemon/store.h"

#include "tests/lib/random.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 4000, ENTRIES = 3, PAGE = 4096, TEXT = 90 };

static char dir[64], other[80];
static struct store store;
static struct store_reader reader;

/* The pack of a row: always the same, and hard to compress. */
static void text_of(uint64_t first, char ret[TEXT])
{
    struct random r = {first};
    for (int i = 0; i < TEXT; i++)
        ret[i] = (char)random_range(&r, 33, 126);
}

static void fill(void)
{
    scratch_make(dir, sizeof dir, "mend");
    snprintf(other, sizeof other, "%s-damaged", dir);
    cr_assert(store_open(&store, dir), "%s", store.why);
    cr_assert_eq(store_begin(&store), STORE_FINE);
    for (uint64_t i = 0; i < ROWS; i++) {
        char text[TEXT];
        uint64_t first = 1 + i * ENTRIES;
        text_of(first, text);
        cr_assert_eq(store_batch(&store, first, ENTRIES, (ms_t)first, text, TEXT), STORE_FINE);
    }
    struct store_checkpoint c = {.seq = 10, .bytes = 20, .digest = 30, .at = 40};
    cr_assert_eq(store_checkpoint(&store, &c), STORE_FINE);
    cr_assert_eq(store_terms(&store, 0, 5, "terms", 5), STORE_FINE);
    cr_assert_eq(store_fact(&store, "told", 77), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    store_close(&store);
}

static uint32_t pages(void)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/journal.db", dir);
    cr_assert_eq(stat(path, &st), 0);
    return (uint32_t)(st.st_size / PAGE);
}

/* A copy of the directory with rubbish over one page. */
static void damage(uint32_t page, bool zeroes)
{
    char path[128];
    uint8_t rubbish[PAGE];
    struct random r = {page};
    scratch_copy(dir, other);
    for (int i = 0; i < PAGE; i++)
        rubbish[i] = zeroes ? 0 : (uint8_t)random_next(&r);
    snprintf(path, sizeof path, "%s/journal.db", other);
    int fd = open(path, O_WRONLY);
    cr_assert_eq(pwrite(fd, rubbish, PAGE, (off_t)page * PAGE), PAGE);
    close(fd);
}

/* Rows that are there, each as it was put; -1: reading ended with an error. */
static int count(void)
{
    struct store_row row;
    uint64_t last = 0;
    int n = 0, more;
    cr_assert(store_read_batches(&store, &reader, 1));
    while ((more = store_next(&reader, &row)) == 1) {
        char text[TEXT];
        text_of(row.first, text);
        cr_assert(row.first > last && row.first % ENTRIES == 1);
        last = row.first;
        if (row.bytes == NULL)
            continue; /* damage inside a row is seen by its checksum */
        cr_assert(row.n == TEXT && memcmp(row.bytes, text, TEXT) == 0);
        n++;
    }
    store_read_end(&reader);
    return more == 0 ? n : -1;
}

static bool is_there(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", other, name);
    return access(path, F_OK) == 0;
}

/* The page is rubbish: is it noticed, and is all else kept? Returns rows lost; -1: refused. */
static int survive(uint32_t page, bool zeroes)
{
    struct store_mended mended = {0};
    bool sound;
    damage(page, zeroes);
    if (!store_open(&store, other)) {
        cr_assert_neq(store.why[0], 0);
        scratch_remove(other);
        return -1;
    }
    cr_assert(store_sound(&store, &sound), "%s", store.why);
    if (!sound) {
        cr_assert(store_mend(&store, &mended), "%s", store.why);
        cr_assert(mended.holes > 0 || page == 0); /* the first one has no rows */
        cr_assert(is_there("journal.db.damaged") && !is_there("journal.db.mended"));
        cr_assert(store_sound(&store, &sound) && sound);
    }
    int rows = count();
    cr_assert_geq(rows, 0, "page %u", page);
    store_close(&store);
    scratch_remove(other);
    return ROWS - rows;
}

Test(store_mend, any_page)
{
    int lost_one = 0;
    fill();
    uint32_t all = pages();
    cr_assert_gt(all, 100);
    for (uint32_t page = 0; page < all; page++) {
        int lost = survive(page, page % 2 == 0);
        cr_assert_geq(lost, 0, "refused without page %u", page);
        lost_one += lost > 0 && lost <= PAGE / TEXT;
    }
    /* Inner pages lead to many rows. */
    cr_assert_geq(lost_one, (int)all - 10);
    scratch_remove(dir);
}

/* Without the first page SQLite takes it for no database: all rows are on the others. */
Test(store_mend, the_first_page)
{
    uint64_t told;
    char path[128], page[PAGE];
    fill();
    for (int zeroes = 0; zeroes <= 1; zeroes++) {
        struct store_mended mended;
        bool sound;
        damage(0, zeroes);
        cr_assert(store_open(&store, other), "%s", store.why);
        cr_assert(is_there("journal.db.damaged-front") && !is_there("journal.db.empty"));
        snprintf(path, sizeof path, "%s/journal.db.damaged-front", other);
        FILE *f = fopen(path, "rb");
        cr_assert_eq(fread(page, 1, PAGE, f), PAGE);
        fclose(f);
        cr_assert_eq(page[0] == 0 && page[PAGE - 1] == 0, zeroes == 1, "what lay there is kept");
        cr_assert(store_sound(&store, &sound) && !sound);
        cr_assert(store_mend(&store, &mended));
        cr_assert_eq(mended.rows, ROWS + 3);
        cr_assert_eq(mended.holes, 0);
        cr_assert_eq(count(), ROWS);
        cr_assert(store_fact_get(&store, "told", &told) && told == 77);
        store_close(&store);
        scratch_remove(other);
    }
    /* A crash before that is found again: the page is whole by then, and the mark is there. */
    damage(0, true);
    cr_assert(store_open(&store, other));
    store_close(&store);
    bool sound;
    cr_assert(store_open(&store, other) && store_sound(&store, &sound) && !sound);
    store_close(&store);
    scratch_remove(other);
    scratch_remove(dir);
}

/* What is no journal at all is not touched. */
Test(store_mend, something_else_of_that_name)
{
    char path[128];
    static uint8_t before[40 * PAGE], after[40 * PAGE];
    struct random r = {4};
    scratch_make(dir, sizeof dir, "mend");
    snprintf(path, sizeof path, "%s/journal.db", dir);
    for (size_t i = 0; i < sizeof before; i++)
        before[i] = (uint8_t)random_next(&r);
    for (size_t n = 600; n <= sizeof before; n *= 3) {
        FILE *f = fopen(path, "wb");
        cr_assert_eq(fwrite(before, 1, n, f), n);
        fclose(f);
        cr_assert_not(store_open(&store, dir));
        cr_assert_not_null(strstr(store.why, "move it away"), "%s", store.why);
        f = fopen(path, "rb");
        cr_assert_eq(fread(after, 1, sizeof after, f), n);
        fclose(f);
        cr_assert_eq(memcmp(before, after, n), 0);
    }
    scratch_remove(dir);
}

Test(store_mend, what_was_called_suspect_is_copied_whole)
{
    struct store_checkpoint c[STORE_CHECKPOINTS];
    struct store_mended mended;
    struct store_row row;
    uint64_t told;
    bool sound;
    fill();
    scratch_copy(dir, other);
    cr_assert(store_open(&store, other));
    cr_assert(store_sound(&store, &sound) && sound);
    store_suspect(&store);
    cr_assert(store_sound(&store, &sound) && !sound);
    cr_assert(store_mend(&store, &mended));
    cr_assert(mended.holes == 0 && mended.rows == ROWS + 3);
    cr_assert_eq(count(), ROWS);
    cr_assert(store_fact_get(&store, "told", &told) && told == 77);
    cr_assert_eq(store_checkpoints(&store, c), 1);
    cr_assert(c[0].seq == 10 && c[0].bytes == 20 && c[0].digest == 30 && c[0].at == 40);
    cr_assert(store_read_terms(&store, &reader, 0));
    cr_assert_eq(store_next(&reader, &row), 1);
    cr_assert(row.n == 5 && memcmp(row.bytes, "terms", 5) == 0);
    store_read_end(&reader);
    cr_assert(store_sound(&store, &sound) && sound, "no longer suspect");
    cr_assert_eq(store_begin(&store), STORE_FINE); /* and it can be written */
    cr_assert_eq(store_batch(&store, 1 + ROWS * ENTRIES, 1, 5, "x", 1), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
    store_close(&store);
    scratch_remove(other);
    scratch_remove(dir);
}

/* A crash between the renames: the next start goes on from there. */
Test(store_mend, a_crash_in_between)
{
    struct store_mended mended;
    char from[128], to[128];
    fill();
    for (int moved = 0; moved <= 1; moved++) {
        scratch_copy(dir, other);
        cr_assert(store_open(&store, other));
        store_suspect(&store);
        cr_assert(
            store_copy(&store,
                       "CREATE TABLE batches(first INTEGER PRIMARY KEY, entries, at, bytes);"
                       "CREATE TABLE terms(seq INTEGER PRIMARY KEY, at, bytes);"
                       "CREATE TABLE checkpoints(seq INTEGER PRIMARY KEY, file, bytes, digest,"
                       " at); CREATE TABLE facts(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
                       "PRAGMA user_version=1;PRAGMA application_id=1414548044",
                       &mended),
            "%s", store.why);
        store_close(&store);
        snprintf(from, sizeof from, "%s/journal.db", other);
        snprintf(to, sizeof to, "%s/journal.db.damaged", other);
        if (moved)
            cr_assert_eq(rename(from, to), 0);
        cr_assert(store_open(&store, other), "%s", store.why);
        cr_assert_eq(count(), ROWS);
        store_close(&store);
        scratch_remove(other);
    }
    scratch_remove(dir);
}
