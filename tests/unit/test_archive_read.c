/* archive_read: pages of alerts against a list, a name's past, and reading while it is written. */
#include "daemon/archive_read.h"

#include "core/settings.h"
#include "proto/alert_words.h"
#include "tests/lib/random.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char dir[64];
static struct archive archive;
static struct archive_reader sut;

static void begin(void)
{
    scratch_make(dir, sizeof dir, "read");
    cr_assert_not(archive_reader_open(&sut, dir));
    cr_assert_not_null(strstr(sut.why, "record.db"), "%s", sut.why);
    cr_assert(archive_open(&archive, dir), "%s", archive.why);
    cr_assert(archive_reader_open(&sut, dir), "%s", sut.why);
}

static void end(void)
{
    archive_reader_close(&sut);
    archive_close(&archive);
    scratch_remove(dir);
}

static void put(uint64_t n)
{
    char buf[128], topic[32];
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, buf, sizeof buf);
    emit_map(&em, NULL);
    emit_text(&em, "run", "r");
    emit_uint(&em, "seq", n);
    emit_int(&em, "at", (ms_t)n * 10);
    emit_end(&em);
    int bytes = emit_finish(&em);
    snprintf(topic, sizeof topic, "alert.%d.", (int)n);
    cr_assert_eq(archive_begin(&archive), STORE_FINE);
    cr_assert_eq(archive_alert(&archive, n, str_of(topic), buf, (size_t)bytes), STORE_FINE);
    cr_assert_eq(archive_commit(&archive), STORE_FINE);
}

struct seen {
    uint64_t n[1000];
    uint32_t count, most;
};

static bool on_alert(void *data, const struct archive_alert *alert)
{
    struct seen *s = data;
    char topic[32], message[64];
    snprintf(topic, sizeof topic, "alert.%d.", (int)alert->n);
    snprintf(message, sizeof message, "{\"run\":\"r\",\"seq\":%d,\"at\":%d}", (int)alert->n,
             (int)alert->n * 10);
    cr_assert(str_equal(alert->topic, str_of(topic)));
    cr_assert(str_equal(alert->message, str_of(message)), "%.*s", (int)alert->message.len,
              alert->message.p);
    cr_assert_eq(alert->at, (ms_t)alert->n * 10);
    s->n[s->count++] = alert->n;
    return s->count < s->most;
}

Test(archive_read, alerts_after_a_number)
{
    struct random r = {2};
    uint64_t all[300], n = 0, first;
    static struct seen s;
    begin();
    cr_assert_eq(archive_alerts(&sut, 0, 10, &first, on_alert, &s), 0);
    cr_assert_eq(first, 0);
    for (int i = 0; i < 300; i++) { /* gaps: what was not recorded */
        n += 1 + (random_percent(&r, 10) ? random_below(&r, 5) : 0);
        put(all[i] = n);
    }
    for (int i = 0; i < 500; i++) {
        uint64_t after = random_below(&r, n + 3);
        uint32_t most = 1 + (uint32_t)random_below(&r, 40), k = 0, want = 0;
        s = (struct seen){.most = 1 + (uint32_t)random_below(&r, 60)};
        while (k < 300 && all[k] <= after)
            k++;
        int got = archive_alerts(&sut, after, most, &first, on_alert, &s);
        while (k + want < 300 && want < most && want < s.most)
            want++;
        cr_assert_eq(got, (int)want);
        cr_assert_eq(s.count, want);
        for (uint32_t j = 0; j < want; j++)
            cr_assert_eq(s.n[j], all[k + j]);
        cr_assert_eq(first, all[0]);
    }
    end();
}

static bool on_row(void *data, const struct archive_row *row)
{
    ms_t **at = data;
    cr_assert(str_equal(row->scope, str_of("team")) && str_equal(row->window, str_of("1h")));
    *(*at)++ = row->at;
    return true;
}

static void sample(ms_t step, ms_t at, const char *name)
{
    const struct archive_sample s = {step,         at,           SCOPE_TEAM,
                                     str_of(name), str_of("1h"), str_of("{}")};
    cr_assert_eq(archive_sample(&archive, &s), STORE_FINE);
}

Test(archive_read, the_past_of_a_name)
{
    ms_t got[100], *at = got;
    begin();
    cr_assert_eq(archive_begin(&archive), STORE_FINE);
    for (ms_t i = 0; i < 30; i++) {
        sample(ARCHIVE_MINUTE, i * ARCHIVE_MINUTE, "a");
        sample(ARCHIVE_MINUTE, i * ARCHIVE_MINUTE, "ab");
        sample(ARCHIVE_HOUR, i * ARCHIVE_HOUR, "a");
    }
    cr_assert_eq(archive_commit(&archive), STORE_FINE);
    struct archive_wish wish = {.step = ARCHIVE_MINUTE,
                                .from = 3 * ARCHIVE_MINUTE,
                                .to = 9 * ARCHIVE_MINUTE,
                                .scope = str_of("team"),
                                .name = str_of("a"),
                                .most = 100};
    cr_assert_eq(archive_history(&sut, &wish, on_row, &at), 6);
    for (int i = 0; i < 6; i++)
        cr_assert_eq(got[i], (3 + i) * ARCHIVE_MINUTE);
    wish.most = 2;
    at = got;
    cr_assert_eq(archive_history(&sut, &wish, on_row, &at), 2);
    wish.scope = str_of("");
    wish.most = 100;
    at = got;
    cr_assert_eq(archive_history(&sut, &wish, on_row, &at), 12); /* of both */
    cr_assert(got[0] == got[1] && got[1] < got[2]);
    wish.name = str_of("b");
    wish.scope = str_of("team");
    cr_assert_eq(archive_history(&sut, &wish, on_row, &at), 0);
    end();
}

static void on_run(void *data, struct str run, uint64_t base)
{
    char *text = data;
    snprintf(text + strlen(text), 16, "%.*s:%d ", (int)run.len, run.p, (int)base);
}

Test(archive_read, runs_and_places)
{
    char text[256] = "";
    uint64_t n = 77;
    begin();
    cr_assert_eq(archive_begin(&archive), STORE_FINE);
    for (int i = 0; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "%c", "zaybx"[i]);
        cr_assert_eq(archive_run(&archive, str_of(id), 100 - i, (uint64_t)i / 2), STORE_FINE);
    }
    cr_assert_eq(archive_place(&archive, str_of("ops http://a"), 5), STORE_FINE);
    cr_assert_eq(archive_place(&archive, str_of("ops http://a"), 6), STORE_FINE);
    cr_assert_eq(archive_commit(&archive), STORE_FINE);
    cr_assert(archive_runs(&sut, 4, on_run, text));
    cr_assert_str_eq(text, "a:0 y:1 b:1 x:2 "); /* in the order they came, whatever the clock */
    cr_assert_eq(archive_place_of(&sut, str_of("ops http://a"), &n), 1);
    cr_assert_eq(n, 6);
    cr_assert_eq(archive_place_of(&sut, str_of("ops http://b"), &n), 0);
    cr_assert_eq(n, 6);
    end();
}

/* A reader that is open does not keep the writer from going on, nor from seeing news later. */
Test(archive_read, while_it_is_written)
{
    struct seen s = {.most = 1000};
    uint64_t first, after = 0;
    begin();
    for (uint64_t n = 1; n <= 200; n++) {
        put(n);
        s.count = 0;
        cr_assert_eq(archive_alerts(&sut, after, 10, &first, on_alert, &s), 1);
        after = s.n[0];
        cr_assert_eq(after, n);
    }
    end();
}
