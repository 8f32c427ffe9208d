/* past: the journal's events in order, each once, also while it grows, and what is damaged is
 * counted. */
#include "daemon/past.h"

#include "daemon/store.h"
#include "tests/lib/random_event.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>

enum { EVENTS_MAX = 20000 };

static char dir[64];
static struct store store;
static struct pack pack;
static uint8_t bytes[PACK_BYTES_MAX];
static uint64_t first, seeds[EVENTS_MAX]; /* of the pack at hand; of each event */
static uint32_t n;                        /* events so far */

static void begin(void)
{
    scratch_make(dir, sizeof dir, "past");
    cr_assert(store_open(&store, dir), "%s", store.why);
    pack_begin(&pack, bytes, sizeof bytes);
    first = 1;
    n = 0;
}

static void end(void)
{
    store_close(&store);
    scratch_remove(dir);
}

static void event_of(uint64_t seed, struct event *ret, struct random_texts *texts)
{
    struct random r = {seed};
    random_event(&r, ret, texts);
}

/* Some entries more, the last row longer, others behind it. */
static void grow(struct random *r, uint32_t count)
{
    cr_assert_eq(store_begin(&store), STORE_FINE);
    for (uint32_t i = 0; i < count; i++) {
        if (!pack_room(&pack) || random_percent(r, 3)) {
            if (pack.entries > 0)
                cr_assert_eq(store_batch(&store, first, pack.entries, 5, bytes, pack.n),
                             STORE_FINE);
            first += pack.entries;
            pack_begin(&pack, bytes, sizeof bytes);
        }
        if (random_percent(r, 10)) {
            pack_tick(&pack, 1770000000000, true);
            continue;
        }
        struct event e;
        struct random_texts texts;
        cr_assert_lt(n, EVENTS_MAX);
        event_of(seeds[n++] = random_next(r), &e, &texts);
        pack_event(&pack, &e);
    }
    if (pack.entries > 0)
        cr_assert_eq(store_batch(&store, first, pack.entries, 5, bytes, pack.n), STORE_FINE);
    cr_assert_eq(store_commit(&store), STORE_FINE);
}

static void expect(struct past *p, uint32_t i)
{
    struct event got, want;
    struct random_texts texts;
    cr_assert_eq(past_next(p, &got), 1, "%s", past_why(p));
    event_of(seeds[i], &want, &texts);
    got.rts = want.rts;
    cr_assert(event_same(&got, &want), "event %d", (int)i);
}

Test(past, events_in_order_while_the_journal_grows)
{
    struct random r = {4};
    struct event e;
    const char *why;
    begin();
    cr_assert_null(past_open("/nowhere", &why));
    cr_assert_not_null(strstr(why, "no journal"), "%s", why);
    grow(&r, 500);
    for (int round = 0; round < 6; round++) {
        struct past *p = past_open(dir, &why);
        cr_assert_not_null(p, "%s", why);
        uint32_t i = 0;
        while (i < n) {
            expect(p, i++);
            cr_assert_leq(past_done(p), past_total(p) + 2000);
            if (random_percent(&r, 1) && n < 3000)
                grow(&r, 1 + (uint32_t)random_below(&r, 200));
        }
        cr_assert_eq(past_next(p, &e), 0);
        grow(&r, 3); /* and on from the end */
        while (i < n)
            expect(p, i++);
        cr_assert_eq(past_damaged(p), 0);
        past_close(p);
    }
    end();
}

Test(past, a_damaged_row_is_counted)
{
    struct random r = {6};
    struct event e;
    const char *why;
    char path[128];
    sqlite3 *db;
    uint32_t got = 0;
    begin();
    grow(&r, 3000);
    snprintf(path, sizeof path, "%s/journal.db", dir);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db,
                              "UPDATE batches SET bytes=x'28b52ffd00' WHERE first="
                              "(SELECT first FROM batches ORDER BY first LIMIT 1 OFFSET 2)",
                              0, 0, 0),
                 SQLITE_OK);
    sqlite3_close(db);
    struct past *p = past_open(dir, &why);
    cr_assert_not_null(p, "%s", why);
    while (past_next(p, &e) == 1)
        got++;
    cr_assert_gt(past_damaged(p), 0);
    cr_assert_geq(got + past_damaged(p), n);
    cr_assert_lt(got, n);
    past_close(p);
    end();
}
