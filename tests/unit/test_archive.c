/* archive: an alert is there once, what is too old goes and leaves its hour, and a file that is
 * not ours is refused or put aside. */
#include "daemon/archive_read.h"

#include "core/settings.h"
#include "proto/alert_words.h"
#include "tests/lib/random.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS_MAX = 60000 };

static char dir[64];
static struct archive sut;

static void begin(void)
{
    scratch_make(dir, sizeof dir, "archive");
    cr_assert(archive_open(&sut, dir), "%s", sut.why);
}

static void end(void)
{
    archive_close(&sut);
    scratch_remove(dir);
}

static int64_t ask(const char *text)
{
    int64_t v;
    cr_assert(archive_number(&sut, text, &v), "%s", sut.why);
    return v;
}

static void sql(const char *text)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(sut.path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, text, 0, 0, 0), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void alert(uint64_t n, uint64_t id, uint32_t rev, ms_t at)
{
    char buf[512], text[ALERT_ID_DIGITS + 1];
    struct emitter em;
    alert_id_text(id, text);
    emit_start(&em, SINK_MSGPACK, buf, sizeof buf);
    emit_map(&em, NULL);
    emit_text(&em, "run", "r1");
    emit_uint(&em, "seq", n);
    emit_int(&em, "at", at);
    if (id != 0) {
        emit_text(&em, "alert_id", text);
        emit_uint(&em, "rev", rev);
        emit_text(&em, "ticket", "T-1");
    }
    emit_end(&em);
    int bytes = emit_finish(&em);
    cr_assert_eq(archive_alert(&sut, n, str_of("alert.x."), buf, (size_t)bytes), STORE_FINE);
}

Test(archive, an_alert_is_there_once)
{
    struct random r = {5};
    uint64_t n = 0, base;
    static bool has[50][20];
    uint32_t different = 0;
    begin();
    for (int commit = 0; commit < 30; commit++) {
        cr_assert_eq(archive_begin(&sut), STORE_FINE);
        bool kept = random_percent(&r, 80);
        for (int i = 0; i < 40; i++) {
            uint64_t id = 1 + random_below(&r, 49);
            uint32_t rev = (uint32_t)random_below(&r, 20);
            alert(++n, id, rev, 1770000000000);
            different += kept && !has[id][rev];
            has[id][rev] |= kept;
        }
        if (kept)
            cr_assert_eq(archive_commit(&sut), STORE_FINE);
        else
            archive_rollback(&sut);
        if (random_percent(&r, 20)) {
            archive_close(&sut);
            cr_assert(archive_open(&sut, dir), "%s", sut.why);
        }
    }
    for (uint64_t id = 1; id < 50; id++)
        for (uint32_t rev = 0; rev < 20; rev++)
            cr_assert_eq(archive_has(&sut, id, rev), has[id][rev]);
    cr_assert_eq(ask("SELECT count(*) FROM alerts"), different);
    cr_assert_eq(ask("SELECT count(DISTINCT alert_id || rev) FROM alerts"), different);
    cr_assert_eq(ask("SELECT count(*) FROM alerts WHERE ticket='T-1' AND seq=n AND run='r1' "
                     "AND json_extract(message, '$.rev')=rev"),
                 different);
    /* Digests have no id: each is its own. */
    cr_assert_eq(archive_begin(&sut), STORE_FINE);
    alert(++n, 0, 0, 5);
    alert(++n, 0, 0, 5);
    cr_assert_eq(archive_commit(&sut), STORE_FINE);
    cr_assert_eq(ask("SELECT count(*) FROM alerts"), different + 2);
    cr_assert(archive_base(&sut, &base));
    cr_assert_eq(base, n);
    end();
}

/* The next run's numbers go on behind the last, also when all alerts are gone. */
Test(archive, numbers_never_come_again)
{
    uint64_t base;
    begin();
    cr_assert(archive_base(&sut, &base));
    cr_assert_eq(base, 0);
    cr_assert_eq(archive_begin(&sut), STORE_FINE);
    alert(7, 1, 1, 5);
    cr_assert_eq(archive_commit(&sut), STORE_FINE);
    sql("DELETE FROM alerts");
    cr_assert(archive_base(&sut, &base));
    cr_assert_eq(base, 7);
    cr_assert_eq(archive_begin(&sut), STORE_FINE);
    cr_assert_eq(archive_run(&sut, str_of("later"), 5, 9), STORE_FINE);
    cr_assert_eq(archive_commit(&sut), STORE_FINE);
    cr_assert(archive_base(&sut, &base));
    cr_assert_eq(base, 9);
    end();
}

Test(archive, files_that_are_not_ours)
{
    char path[128];
    begin();
    archive_close(&sut);
    sql("PRAGMA user_version=1000");
    cr_assert_not(archive_open(&sut, dir));
    cr_assert_not_null(strstr(sut.why, "newer ticketpulsed (schema 1000"), "%s", sut.why);
    sql("PRAGMA user_version=1; PRAGMA application_id=5");
    cr_assert_not(archive_open(&sut, dir));
    cr_assert_not_null(strstr(sut.why, "no record of ticketpulsed"), "%s", sut.why);
    FILE *f = fopen(sut.path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("something else altogether, and long ", f);
    fclose(f);
    cr_assert(archive_open(&sut, dir), "%s", sut.why);
    cr_assert(sut.renewed);
    snprintf(path, sizeof path, "%s/record.db.damaged", dir);
    cr_assert_eq(access(path, F_OK), 0);
    cr_assert_eq(ask("SELECT count(*) FROM alerts"), 0);
    end();
}

/* A page in the middle: found when it is written to, put aside by the next start. */
Test(archive, a_damaged_page)
{
    enum store_result result = STORE_FINE;
    begin();
    cr_assert_eq(archive_begin(&sut), STORE_FINE);
    for (uint64_t n = 1; n <= 2000; n++)
        alert(n, n, 1, 5);
    cr_assert_eq(archive_commit(&sut), STORE_FINE);
    archive_close(&sut);
    FILE *f = fopen(sut.path, "r+");
    fseek(f, 20 * 4096, SEEK_SET); /* the schema is whole */
    for (int i = 0; i < 40 * 4096; i++)
        fputc(0xEE, f);
    fclose(f);
    cr_assert(archive_open(&sut, dir), "%s", sut.why);
    cr_assert_not(sut.renewed);
    for (uint64_t n = 2001; n < 2100 && result == STORE_FINE; n++) {
        const struct archive_keep none = {.bytes = UINT64_MAX};
        bool more;
        cr_assert_eq(archive_begin(&sut), STORE_FINE);
        result = archive_thin(&sut, &none, 1000000, &more);
        archive_rollback(&sut);
    }
    cr_assert_eq(result, STORE_BROKEN);
    archive_close(&sut);
    cr_assert(archive_open(&sut, dir), "%s", sut.why);
    cr_assert(sut.renewed);
    archive_close(&sut);
    cr_assert(archive_open(&sut, dir), "%s", sut.why);
    cr_assert_not(sut.renewed); /* once */
    end();
}

/* --- thinning ------------------------------------------------------------------------------- */

struct kept_row {
    ms_t step, at, of; /* of: when it was sampled */
    int name;
};
static struct kept_row model[ROWS_MAX];
static uint32_t model_n;

static bool model_has(ms_t step, ms_t at, int name)
{
    for (uint32_t i = 0; i < model_n; i++)
        if (model[i].step == step && model[i].at == at && model[i].name == name)
            return true;
    return false;
}

static void sample(ms_t step, ms_t at, int name)
{
    char numbers[64], text[16];
    snprintf(numbers, sizeof numbers, "{\"of\":%lld}", (long long)at);
    snprintf(text, sizeof text, "n%d", name);
    const struct archive_sample s = {step,         at,           SCOPE_TEAM,
                                     str_of(text), str_of("1h"), str_of(numbers)};
    cr_assert_eq(archive_sample(&sut, &s), STORE_FINE);
    if (!model_has(step, at, name))
        model[model_n++] = (struct kept_row){step, at, at, name};
}

/* As SEMANTICS says it, the slow way. */
static void thin_model(const struct archive_keep *keep, ms_t now)
{
    ms_t edge = (now - keep->minutes) / ARCHIVE_HOUR * ARCHIVE_HOUR;
    ms_t full = now / ARCHIVE_HOUR * ARCHIVE_HOUR;
    uint32_t n = model_n, left = 0;
    for (uint32_t i = 0; i < n; i++) {
        ms_t at = model[i].at, hour = (at + ARCHIVE_HOUR - 1) / ARCHIVE_HOUR * ARCHIVE_HOUR;
        ms_t last = at;
        if (model[i].step != ARCHIVE_MINUTE || at > full)
            continue;
        for (uint32_t k = 0; k < n; k++)
            if (model[k].step == ARCHIVE_MINUTE && model[k].at > last && model[k].at <= hour)
                last = model[k].at;
        if (at == last && !model_has(ARCHIVE_HOUR, hour, model[i].name))
            model[model_n++] = (struct kept_row){ARCHIVE_HOUR, hour, at, model[i].name};
    }
    for (uint32_t i = 0; i < model_n; i++) {
        bool old = model[i].step == ARCHIVE_MINUTE ? model[i].at <= edge
                   : model[i].step == ARCHIVE_HOUR ? model[i].at <= now - keep->hours
                                                   : model[i].at <= now - keep->days;
        if (!old)
            model[left++] = model[i];
    }
    model_n = left;
}

static void thin(const struct archive_keep *keep, ms_t now)
{
    bool more = true;
    while (more) {
        cr_assert_eq(archive_begin(&sut), STORE_FINE);
        cr_assert_eq(archive_thin(&sut, keep, now, &more), STORE_FINE, "%s", sut.why);
        cr_assert_eq(archive_commit(&sut), STORE_FINE);
    }
}

static bool on_row(void *data, const struct archive_row *row)
{
    char numbers[64];
    bool found = false;
    for (uint32_t i = 0; i < model_n && !found; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%d", model[i].name);
        snprintf(numbers, sizeof numbers, "{\"of\":%lld}", (long long)model[i].of);
        found = model[i].step == row->step && model[i].at == row->at &&
                str_equal(str_of(text), row->name) && str_equal(str_of(numbers), row->numbers);
    }
    cr_assert(found, "step %d at %lld", (int)row->step, (long long)row->at);
    ++*(uint32_t *)data;
    return true;
}

static void compare(void)
{
    static const ms_t steps[] = {ARCHIVE_MINUTE, ARCHIVE_HOUR, ARCHIVE_DAY};
    struct archive_reader reader;
    uint32_t n = 0;
    cr_assert(archive_reader_open(&reader, dir), "%s", reader.why);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const struct archive_wish wish = {.step = steps[i], .to = INT64_MAX, .most = 1000000};
        cr_assert_geq(archive_history(&reader, &wish, on_row, &n), 0, "%s", reader.why);
    }
    archive_reader_close(&reader);
    cr_assert_eq(n, model_n);
}

Test(archive, the_finer_the_shorter)
{
    const struct archive_keep keep = {.alerts = 3 * ARCHIVE_DAY,
                                      .minutes = 2 * ARCHIVE_HOUR,
                                      .hours = ARCHIVE_DAY,
                                      .days = 3 * ARCHIVE_DAY,
                                      .bytes = UINT64_MAX};
    struct random r = {9};
    ms_t now = 1770000000000 / ARCHIVE_DAY * ARCHIVE_DAY;
    begin();
    for (int i = 0; i < 600; i++) {
        /* Sometimes nobody is there for an hour and more. */
        now += random_percent(&r, 3) ? random_range(&r, 1, 130) * ARCHIVE_MINUTE : ARCHIVE_MINUTE;
        cr_assert_eq(archive_begin(&sut), STORE_FINE);
        for (int name = 0; name < 2; name++)
            sample(ARCHIVE_MINUTE, now, name);
        if (now % ARCHIVE_HOUR == 0 && random_percent(&r, 50))
            sample(ARCHIVE_HOUR, now, 0);
        if (i % 100 == 0)
            sample(ARCHIVE_DAY, now, 1);
        cr_assert_eq(archive_commit(&sut), STORE_FINE);
        if (random_percent(&r, 10)) {
            thin(&keep, now);
            thin_model(&keep, now);
            compare();
        }
    }
    end();
}

Test(archive, alerts_go_by_age)
{
    const struct archive_keep keep = {
        .alerts = 1000, .minutes = 1, .hours = 1, .days = 1, .bytes = UINT64_MAX};
    begin();
    cr_assert_eq(archive_begin(&sut), STORE_FINE);
    for (uint64_t n = 1; n <= 5000; n++)
        alert(n, n, 1, (ms_t)n);
    cr_assert_eq(archive_commit(&sut), STORE_FINE);
    thin(&keep, 5500);
    cr_assert_eq(ask("SELECT min(n) FROM alerts"), 4500);
    cr_assert_eq(ask("SELECT count(*) FROM alerts"), 501);
    end();
}

Test(archive, a_file_that_is_too_large_loses_the_finest_first)
{
    struct archive_keep keep = {.alerts = 1000000,
                                .minutes = 4000 * (ms_t)ARCHIVE_DAY,
                                .hours = 4000 * (ms_t)ARCHIVE_DAY,
                                .days = 4000 * (ms_t)ARCHIVE_DAY};
    begin();
    cr_assert_eq(archive_begin(&sut), STORE_FINE);
    for (int i = 1; i <= 9000; i++)
        sample(ARCHIVE_MINUTE, (ms_t)i * ARCHIVE_MINUTE, 1);
    for (uint64_t n = 1; n <= 100; n++)
        alert(n, n, 1, (ms_t)9000 * ARCHIVE_MINUTE);
    cr_assert_eq(archive_commit(&sut), STORE_FINE);
    keep.bytes = 600000;
    thin(&keep, (ms_t)9000 * ARCHIVE_MINUTE);
    int64_t left = ask("SELECT count(*) FROM history WHERE step=60000");
    cr_assert(left > 0 && left < 9000, "%d", (int)left);
    cr_assert_eq(ask("SELECT min(at)/60000 FROM history WHERE step=60000"), 9001 - left);
    cr_assert_eq(ask("SELECT count(*) FROM alerts"), 100);
    keep.bytes = 1;
    thin(&keep, (ms_t)9000 * ARCHIVE_MINUTE);
    cr_assert_eq(ask("SELECT count(*) FROM history"), 0);
    cr_assert_eq(ask("SELECT count(*) FROM alerts"), 0);
    end();
}
