/* journal: what was appended is on disk when it says so, in order, whatever the disk does. */
#include "daemon/journal.h"

#include "tests/lib/disk.h"
#include "tests/lib/random_event.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static char dir[64];
static struct store store;
static struct journal journal;
static uv_loop_t loop;
static uint64_t commits; /* heard of in the loop */
static bool closed;

static void on_committed(struct journal *j)
{
    cr_assert_eq(j->data, &commits);
    commits++;
}

static void on_closed(struct journal *j)
{
    (void)j;
    closed = true;
}

static void open_journal(void)
{
    uint64_t last;
    cr_assert(store_open(&store, dir), "%s", store.why);
    cr_assert(store_last(&store, &last));
    cr_assert(journal_open(&journal, &store, last, &loop, on_committed, &commits));
}

static void close_journal(void)
{
    closed = false;
    journal_close(&journal, on_closed);
    store_close(&store);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
}

static void begin(void)
{
    scratch_make(dir, sizeof dir, "journal");
    uv_loop_init(&loop);
    open_journal();
}

static void end(void)
{
    close_journal();
    cr_assert_eq(uv_loop_close(&loop), 0);
    scratch_remove(dir);
}

/* The n-th entry of a stream, always the same. */
static void entry(uint64_t n, struct pack_entry *ret, struct random_texts *texts)
{
    struct random r = {n};
    *ret = (struct pack_entry){.kind = n % 7 == 0 ? PACK_TICK : PACK_EVENT};
    if (n % 11 == 0)
        *ret = (struct pack_entry){.kind = PACK_CLAIM, .by = str_of("c"), .number = n};
    else if (ret->kind == PACK_EVENT)
        random_event(&r, &ret->event, texts);
    ret->event.rts = (ms_t)(1770000000000 + n);
}

static void append(uint64_t n)
{
    struct pack_entry e;
    struct random_texts texts;
    entry(n, &e, &texts);
    uint64_t seq = e.kind == PACK_EVENT  ? journal_event(&journal, &e.event)
                   : e.kind == PACK_TICK ? journal_tick(&journal, e.event.rts, true)
                                         : journal_claim(&journal, e.by, e.number);
    cr_assert_eq(seq, n);
}

/* The store has entries 1..n, each as it was appended. */
static void expect(struct store *from, uint64_t n)
{
    static struct store_reader reader;
    static struct unpack unpack;
    struct store_row row;
    uint64_t at = 0;
    cr_assert(store_read_batches(from, &reader, 1));
    while (store_next(&reader, &row) == 1) {
        struct pack_entry got, want;
        struct random_texts texts;
        uint32_t entries = 0;
        cr_assert_eq(row.first, at + 1);
        unpack_begin(&unpack, row.bytes, row.n);
        while (unpack_next(&unpack, &got) == 1) {
            entry(++at, &want, &texts);
            cr_assert_eq(got.kind, want.kind);
            cr_assert(got.kind != PACK_EVENT || event_same(&got.event, &want.event));
            cr_assert(got.kind != PACK_CLAIM || got.number == want.number);
            cr_assert(got.kind == PACK_CLAIM || got.event.rts == want.event.rts);
            entries++;
        }
        cr_assert_eq(entries, row.entries);
        cr_assert_leq(row.entries, PACK_ENTRIES_MAX);
    }
    store_read_end(&reader);
    cr_assert_eq(at, n);
}

Test(journal, everything_is_there_after_any_mix_of_pushes_and_restarts)
{
    struct random r = {1};
    uint64_t n = 0, told;
    begin();
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 400; i++) {
            for (uint64_t k = random_below(&r, i % 50 == 0 ? 300 : 4); k > 0; k--)
                append(++n);
            journal_push(&journal);
            uv_run(&loop, UV_RUN_NOWAIT);
            uint64_t done = journal_committed(&journal);
            cr_assert_leq(done, n);
            if (random_percent(&r, 5)) {
                cr_assert(journal_settle(&journal));
                cr_assert_eq(journal_committed(&journal), n);
            }
        }
        journal_told(&journal, n - 1);
        close_journal();
        cr_assert(store_open(&store, dir));
        expect(&store, n);
        cr_assert(store_fact_get(&store, "told", &told) && told == n - 1);
        store_close(&store);
        open_journal();
    }
    cr_assert_gt(commits, 0);
    end();
}

/* What journal_committed said survives a copy of the files taken at that moment: a crash. */
Test(journal, what_it_says_is_on_disk_is_on_disk)
{
    struct random r = {2};
    static struct store copy;
    uint64_t n = 0;
    char other[80];
    begin();
    snprintf(other, sizeof other, "%s-crash", dir);
    for (int round = 0; round < 10; round++) {
        for (uint64_t k = random_below(&r, 3000); k > 0; k--) {
            append(++n);
            if (random_percent(&r, 30))
                journal_push(&journal);
        }
        cr_assert(journal_settle(&journal));
        uint64_t done = journal_committed(&journal);
        cr_assert_eq(done, n);
        /* The writer is idle now; the mover may be at work, but on what is in the WAL too. */
        scratch_copy(dir, other);
        cr_assert(store_open(&copy, other), "%s", copy.why);
        expect(&copy, n);
        store_close(&copy);
        scratch_remove(other);
    }
    end();
}

static void wait_health(bool fine)
{
    while ((journal_health(&journal) == STORE_FINE) != fine)
        uv_run(&loop, UV_RUN_ONCE);
}

static void cannot_be_written(enum disk_fault fault, enum store_result health, const char *word)
{
    char why[STORE_WHY_MAX];
    uint64_t n = 0;
    disk_install();
    begin();
    for (int i = 0; i < 500; i++)
        append(++n);
    cr_assert(journal_settle(&journal));
    for (uint64_t at = 1; at < 8; at++) {
        uint64_t before = n;
        disk_break(fault, at);
        for (int i = 0; i < 2000; i++)
            append(++n);
        journal_push(&journal);
        while (disk_failures() == 0 && journal_committed(&journal) < n)
            uv_run(&loop, UV_RUN_ONCE);
        if (disk_failures() > 0) {
            wait_health(false);
            cr_assert_eq(journal_health(&journal), health);
            cr_assert_leq(before, journal_committed(&journal));
            cr_assert_lt(journal_committed(&journal), n);
            cr_assert_gt(journal_backlog(&journal), 0);
            journal_why(&journal, why);
            cr_assert_not_null(strstr(why, word), "%s", why);
        }
        disk_repair();
        wait_health(true);
        cr_assert(journal_settle(&journal));
        cr_assert_eq(journal_committed(&journal), n);
    }
    cr_assert_eq(journal.lost, 0);
    close_journal();
    cr_assert(store_open(&store, dir));
    expect(&store, n);
    store_close(&store);
    open_journal();
    end();
}

Test(journal, a_full_disk_is_told_and_heals_without_loss)
{
    cannot_be_written(DISK_FULL, STORE_FULL, "full");
}

Test(journal, a_readonly_disk_is_told_and_heals_without_loss)
{
    cannot_be_written(DISK_READONLY, STORE_READONLY, "readonly");
}

/* Too long full: what found no room is a gap in the numbers, told; what comes later is kept. */
Test(journal, what_finds_no_room_is_counted)
{
    uint64_t n = 0, last, kept = 0;
    static struct store_reader reader;
    struct store_row row;
    disk_install();
    begin();
    append(++n);
    cr_assert(journal_settle(&journal));
    disk_break(DISK_FULL, 1);
    while (journal.lost < 1000) {
        append(++n);
        if (n % 50 == 0)
            journal_push(&journal);
    }
    disk_repair();
    wait_health(true);
    cr_assert(journal_settle(&journal));
    append(++n);
    cr_assert(journal_settle(&journal));
    close_journal();
    cr_assert(store_open(&store, dir));
    cr_assert(store_last(&store, &last));
    cr_assert_eq(last, n);
    cr_assert(store_read_batches(&store, &reader, 1));
    while (store_next(&reader, &row) == 1)
        kept += row.entries;
    store_read_end(&reader);
    cr_assert_eq(kept + journal.lost, n);
    store_close(&store);
    open_journal();
    end();
}

/* The disk fails at change 1, 2, 3, ... of a run, until a run passes: each time what was said to
 * be on disk is there after a restart, whole and in order. */
static void fail_at_every(enum disk_fault fault)
{
    bool passed = false;
    disk_install();
    for (uint64_t at = 1; !passed; at++) {
        uint64_t n = 0, last, done;
        begin();
        cr_assert(journal_settle(&journal));
        disk_break(fault, at);
        for (int i = 0; i < 6 && journal_health(&journal) == STORE_FINE; i++) {
            for (int k = 0; k < 40; k++)
                append(++n);
            (void)journal_settle(&journal);
        }
        passed = disk_failures() == 0;
        done = journal_committed(&journal);
        cr_assert(passed || done < n);
        cr_assert(passed || journal_health(&journal) == STORE_BROKEN);
        disk_repair();
        close_journal();
        cr_assert(store_open(&store, dir), "%s", store.why);
        cr_assert(store_last(&store, &last));
        cr_assert(last >= done && last <= n);
        expect(&store, last);
        store_close(&store);
        open_journal();
        end();
    }
}

Test(journal, a_write_that_fails_loses_nothing_that_was_promised)
{
    fail_at_every(DISK_WRITE);
}

Test(journal, a_sync_that_fails_loses_nothing_that_was_promised)
{
    fail_at_every(DISK_SYNC);
}

/* The entries of one step: an alert of the first waits for the last; no commit may lie between. */
Test(journal, what_is_pushed_at_once_is_on_disk_at_once)
{
    struct random r = {3};
    uint64_t n = 0;
    begin();
    for (int round = 0; round < 30; round++) {
        uint64_t before = n;
        uint64_t heard = commits;
        for (uint64_t k = random_below(&r, 500) + 100; k > 0; k--)
            append(++n);
        for (int i = 0; i < 300; i++) { /* the writer has time, if it had anything to do */
            uv_run(&loop, UV_RUN_NOWAIT);
            cr_assert_eq(journal_committed(&journal), before);
        }
        journal_push(&journal);
        while (commits == heard)
            uv_run(&loop, UV_RUN_ONCE);
        cr_assert_eq(journal_committed(&journal), n);
    }
    end();
}

Test(journal, settings_lie_between_entries)
{
    static struct store_reader reader;
    struct store_row row;
    begin();
    for (uint64_t n = 1; n <= 100; n++) {
        append(n);
        if (n == 37)
            journal_terms(&journal, 5, "terms", 5);
    }
    close_journal();
    cr_assert(store_open(&store, dir));
    cr_assert(store_read_terms(&store, &reader, 1));
    cr_assert_eq(store_next(&reader, &row), 1);
    cr_assert(row.first == 37 && row.n == 5 && memcmp(row.bytes, "terms", 5) == 0);
    store_read_end(&reader);
    expect(&store, 100);
    store_close(&store);
    open_journal();
    end();
}
