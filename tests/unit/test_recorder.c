/* recorder: what it says is in the record is there, whatever the disk does. */
#include "daemon/recorder.h"

#include "core/settings.h"
#include "daemon/archive_read.h"
#include "proto/alert_words.h"
#include "tests/lib/disk.h"
#include "tests/lib/random.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], copy[80];
static struct recorder *sut;
static uv_loop_t loop;
static bool closed;
static int heard;

static void on_wrote(struct recorder *r)
{
    cr_assert_eq(r, sut);
    heard++;
}

static void on_closed(struct recorder *r)
{
    (void)r;
    closed = true;
}

static void start(const char *run)
{
    sut = calloc(1, sizeof *sut);
    cr_assert(recorder_open(sut, dir), "%s", sut->archive.why);
    sut->wrote = on_wrote;
    sut->keep = (struct archive_keep){INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, UINT64_MAX};
    cr_assert(recorder_start(sut, &loop, run, 1770000000000, 0));
}

static void stop(void)
{
    closed = false;
    recorder_close(sut, on_closed);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
    free(sut);
}

static void begin(void)
{
    scratch_make(dir, sizeof dir, "recorder");
    snprintf(copy, sizeof copy, "%s-crash", dir);
    uv_loop_init(&loop);
}

static void end(void)
{
    cr_assert_eq(uv_loop_close(&loop), 0);
    scratch_remove(dir);
}

static void alert(uint64_t n)
{
    char buf[256], id[ALERT_ID_DIGITS + 1];
    struct emitter em;
    alert_id_text(n, id);
    emit_start(&em, SINK_MSGPACK, buf, sizeof buf);
    emit_map(&em, NULL);
    emit_text(&em, "run", "r");
    emit_uint(&em, "seq", n);
    emit_int(&em, "at", 1770000000000);
    emit_text(&em, "alert_id", id);
    emit_uint(&em, "rev", 1);
    emit_end(&em);
    int bytes = emit_finish(&em);
    recorder_alert(sut, n, str_of("alert.x."), buf, (size_t)bytes);
}

static bool on_alert(void *data, const struct archive_alert *a)
{
    cr_assert_eq(a->n, ++*(uint64_t *)data, "a gap or a double");
    return true;
}

/* Alerts 1..n, each once, in the record of that directory. */
static uint64_t recorded(const char *where)
{
    struct archive_reader reader;
    uint64_t n = 0, first;
    cr_assert(archive_reader_open(&reader, where), "%s", reader.why);
    cr_assert_geq(archive_alerts(&reader, 0, 1000000, &first, on_alert, &n), 0);
    archive_reader_close(&reader);
    return n;
}

Test(recorder, everything_is_there_after_any_mix_of_news_and_restarts)
{
    struct random r = {1};
    uint64_t n = 0;
    begin();
    for (int round = 0; round < 5; round++) {
        char run[8];
        snprintf(run, sizeof run, "run%d", round);
        start(run);
        cr_assert_eq(sut->base, n);
        for (int i = 0; i < 200; i++) {
            for (uint64_t k = random_below(&r, 20); k > 0; k--)
                alert(++n);
            recorder_mark(sut, n);
            uv_run(&loop, UV_RUN_NOWAIT);
            cr_assert_leq(recorder_told(sut), n);
            if (random_percent(&r, 5)) {
                recorder_settle(sut);
                cr_assert_eq(recorder_told(sut), n);
                cr_assert_eq(recorded(dir), n);
            }
        }
        stop();
        cr_assert_eq(recorded(dir), n);
    }
    start("last");
    for (int round = 0; round < 5; round++) {
        uint64_t number;
        char run[8];
        snprintf(run, sizeof run, "run%d", round);
        cr_assert(runs_number(&sut->runs, str_of(run), 0, &number));
        cr_assert_leq(number, n);
    }
    cr_assert_gt(heard, 0);
    stop();
    end();
}

/* What it said before a crash is in the files of then. */
Test(recorder, what_it_says_is_on_disk_is_on_disk)
{
    struct random r = {7};
    uint64_t n = 0;
    begin();
    start("r");
    for (int i = 0; i < 15; i++) {
        for (uint64_t k = random_below(&r, 500); k > 0; k--)
            alert(++n);
        recorder_mark(sut, n);
        recorder_settle(sut);
        uint64_t told = recorder_told(sut);
        cr_assert_eq(told, n);
        scratch_copy(dir, copy);
        cr_assert_geq(recorded(copy), told);
        scratch_remove(copy);
    }
    stop();
    end();
}

/* Nor does it say so a moment too early. */
Test(recorder, what_it_says_is_there_at_that_moment)
{
    struct random r = {8};
    uint64_t n = 0, earlier = 0;
    begin();
    start("r");
    for (int i = 0; i < 300; i++) {
        for (uint64_t k = random_below(&r, 3); k > 0; k--)
            alert(++n);
        recorder_mark(sut, n);
        uint64_t told = recorder_told(sut);
        cr_assert_geq(recorded(dir), told);
        cr_assert_geq(told, earlier);
        earlier = told;
    }
    recorder_settle(sut);
    cr_assert_eq(recorder_told(sut), n);
    stop();
    end();
}

/* Nothing to write is nothing to wait for. */
Test(recorder, a_mark_without_alerts_stands_at_once)
{
    begin();
    start("r");
    recorder_settle(sut);
    uint64_t commits = atomic_load(&sut->commits);
    for (uint64_t n = 1; n < 1000; n++) {
        recorder_mark(sut, n);
        cr_assert_eq(recorder_told(sut), n);
    }
    cr_assert_eq(atomic_load(&sut->commits), commits);
    stop();
    end();
}

static void wait_health(enum store_result want)
{
    while (recorder_health(sut) != want)
        uv_run(&loop, UV_RUN_ONCE);
}

Test(recorder, a_full_disk_is_told_and_heals_without_loss)
{
    char why[STORE_WHY_MAX];
    uint64_t n = 0;
    disk_install();
    begin();
    start("r");
    for (int round = 0; round < 4; round++) {
        recorder_settle(sut);
        recorder_mark(sut, n);
        uint64_t before = n;
        disk_break(DISK_FULL, 1);
        for (int i = 0; i < 300; i++)
            alert(++n);
        recorder_mark(sut, n);
        wait_health(STORE_FULL);
        cr_assert_eq(recorder_told(sut), before); /* a crash now, and the rest is told again */
        recorder_why(sut, why);
        cr_assert_not_null(strstr(why, "record.db"), "%s", why);
        recorder_settle(sut); /* returns */
        disk_repair();
        wait_health(STORE_FINE);
        recorder_settle(sut);
        cr_assert_eq(recorder_told(sut), n);
        cr_assert_eq(recorded(dir), n);
    }
    cr_assert_eq(sut->lost, 0);
    stop();
    end();
}

/* A sync that fails: nothing of it counts as told, and the file that is opened anew has it all. */
Test(recorder, a_disk_that_fails_heals_without_loss)
{
    struct status_record status;
    uint64_t n = 0;
    disk_install();
    begin();
    start("r");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            alert(++n);
        recorder_mark(sut, n);
        recorder_settle(sut);
        uint64_t before = n;
        cr_assert_eq(recorder_told(sut), before);
        disk_break(DISK_SYNC, 1);
        alert(++n);
        wait_health(STORE_BROKEN);
        for (int i = 0; i < 48; i++)
            alert(++n);
        recorder_mark(sut, n);
        recorder_status(sut, &status);
        cr_assert(status.on && !status.written);
        cr_assert_eq(status.lost, 0);
        cr_assert_gt(status.waiting_bytes, 0);
        cr_assert_eq(recorder_told(sut), before);
        disk_repair();
        wait_health(STORE_FINE);
        recorder_settle(sut);
        cr_assert_eq(recorder_told(sut), n);
        cr_assert_eq(recorded(dir), n);
    }
    cr_assert_not(atomic_load(&sut->renewed));
    stop();
    end();
}

/* The file itself is ruined: it lies aside, and the new one has what comes from then on, and knows
 * this run. */
Test(recorder, a_ruined_file_is_put_aside_while_we_run)
{
    static const char rubbish[20000];
    char path[128];
    uint64_t n = 0;
    disk_install();
    begin();
    start("r");
    for (int i = 0; i < 100; i++)
        alert(++n);
    recorder_mark(sut, n);
    recorder_settle(sut);
    disk_break(DISK_SYNC, 1);
    alert(++n);
    wait_health(STORE_BROKEN);
    for (int i = 0; i < 2; i++) { /* what is in the WAL would heal it */
        snprintf(path, sizeof path, "%s/record.db%s", dir, i == 0 ? "" : "-wal");
        FILE *f = fopen(path, "r+b");
        cr_assert_eq(fwrite(rubbish, 1, sizeof rubbish, f), sizeof rubbish);
        fclose(f);
    }
    while (!atomic_load(&sut->renewed))
        uv_run(&loop, UV_RUN_ONCE);
    recorder_mark(sut, n);
    cr_assert_lt(recorder_told(sut), n);
    disk_repair();
    wait_health(STORE_FINE);
    recorder_settle(sut);
    cr_assert_eq(recorder_told(sut), n);
    snprintf(path, sizeof path, "%s/record.db.damaged", dir);
    cr_assert_eq(access(path, F_OK), 0);
    stop();
    start("after");
    uint64_t number;
    cr_assert_eq(sut->base, n); /* its numbers go on */
    cr_assert(runs_number(&sut->runs, str_of("r"), 0, &number));
    cr_assert_eq(number, 0);
    stop();
    end();
}

Test(recorder, what_finds_no_room_is_counted)
{
    uint64_t n = 0;
    disk_install();
    begin();
    start("r");
    recorder_settle(sut);
    disk_break(DISK_FULL, 1);
    wait_health(STORE_FINE);
    recorder_mark(sut, 5);
    alert(++n);
    wait_health(STORE_FULL);
    while (sut->lost < 10)
        alert(++n);
    cr_assert_eq(recorder_told(sut), UINT64_MAX); /* what is lost need not be waited for */
    disk_repair();
    wait_health(STORE_FINE);
    recorder_settle(sut);
    cr_assert_eq(recorded(dir), n - sut->lost);
    recorder_mark(sut, n);
    cr_assert_eq(recorder_told(sut), n);
    stop();
    end();
}

Test(recorder, samples_and_places)
{
    struct archive_reader reader;
    const struct archive_sample s = {ARCHIVE_MINUTE, 60000,        SCOPE_TEAM,
                                     str_of("a"),    str_of("1h"), str_of("{\"x\":1}")};
    struct status_record status;
    uint64_t n;
    begin();
    start("r");
    recorder_sample(sut, &s);
    recorder_place(sut, str_of("ops"), 17);
    recorder_thin(sut, 60000 + (ms_t)INT32_MAX * 2);
    recorder_settle(sut);
    recorder_status(sut, &status);
    cr_assert_eq(status.rows, 1);
    cr_assert(archive_reader_open(&reader, dir));
    cr_assert_eq(archive_place_of(&reader, str_of("ops"), &n), 1);
    cr_assert_eq(n, 17);
    archive_reader_close(&reader);
    stop();
    end();
}

/* Without a directory nothing happens, and nobody waits. */
Test(recorder, none)
{
    struct status_record status;
    uv_loop_init(&loop);
    sut = calloc(1, sizeof *sut);
    cr_assert(recorder_open(sut, ""));
    cr_assert(recorder_start(sut, &loop, "r", 1, 0));
    alert(1);
    recorder_mark(sut, 1);
    recorder_settle(sut);
    cr_assert_eq(recorder_told(sut), UINT64_MAX);
    recorder_status(sut, &status);
    cr_assert_not(status.on);
    stop();
    cr_assert_eq(uv_loop_close(&loop), 0);
}
