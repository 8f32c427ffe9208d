/* test_text: NDJSON and CSV lines to events and back, ISO 8601. */
#include "proto/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/random_event.h"

static struct text_reader reader; /* 64 KiB of line */
static struct event event;
static enum event_field field;

/* A copy of exactly its size, so that a read past it is seen. */
static int read_bytes(const char *line, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, line, len);
    int result = text_read(&reader, copy, len, 42, &event, &field);
    free(copy); /* texts of the event are the reader's, not the line's */
    return result;
}

static int read_line(const char *line)
{
    return read_bytes(line, strlen(line));
}

static void json(void)
{
    text_reader_init(&reader, false);
}

static void csv(const char *header)
{
    text_reader_init(&reader, true);
    cr_assert_eq(read_line(header), 0);
}

static void end(void)
{
    text_reader_fini(&reader);
}

Test(text, one_line_of_json, .init = json, .fini = end)
{
    cr_assert_eq(read_line("{\"id\":7,\"src\":\"s\",\"seq\":1,\"ts\":1456708560000,"
                           "\"type\":\"opened\",\"ticket\":\"T\\u00e9\\\"\",\"team\":null,"
                           "\"by\":\"agent\",\"other\":{\"type\":[1]}}\r"),
                 1);
    cr_assert_eq(event.kind, EV_OPENED);
    cr_assert_eq(event.ts, 1456708560000);
    cr_assert_eq(event.rts, 42);
    cr_assert_eq(event.by, BY_AGENT);
    cr_assert(str_equal(event.id, str_of("7")));
    cr_assert(str_equal(event.ticket, str_of("Té\"")));
    cr_assert(event_names(&event, F_TEAM) && !event_has(&event, F_TEAM));
}

Test(text, lines_that_are_nothing, .init = json, .fini = end)
{
    cr_assert_eq(read_line(""), 0);
    cr_assert_eq(read_line("\r"), 0);
    cr_assert_eq(read_line(" \t"), 0);
}

Test(text, lines_that_are_refused, .init = json, .fini = end)
{
    cr_assert_eq(read_line("{\"type\":\"heartbeat\""), ERR_BAD_TEXT);
    cr_assert_eq(read_line("{\"type\":\"heartbeat\"}{}"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("{'type':1}"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("{\"type\":\"\xff\"}"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("{\"ts\":123456789012345678901}"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("[]"), ERR_NOT_A_MAP);
    cr_assert_eq(read_line("17"), ERR_NOT_A_MAP);
    cr_assert_eq(read_line("{}"), ERR_NO_TYPE);
    cr_assert_eq(read_line("{\"type\":\"heartbeat\"}"), ERR_MISSING);
    cr_assert_eq(field, F_TS);
    cr_assert_eq(read_line("{\"type\":\"heartbeat\",\"ts\":\"yesterday\"}"), ERR_WRONG_TYPE);
    cr_assert_eq(field, F_TS);
    cr_assert_eq(read_line("{\"type\":\"heartbeat\",\"ts\":1456708560}"), ERR_TS_UNIT);
    cr_assert_eq(read_line("{\"type\":\"heartbeat\",\"ts\":1456708560000,\"src\":\"a\\u0007\"}"),
                 ERR_NOT_UTF8);
    cr_assert_eq(field, F_SRC);
    cr_assert_eq(read_line("{\"type\":\"heartbeat\",\"ts\":1.456708560e12}"), 1);
}

Test(text, nesting, .init = json, .fini = end)
{
    char line[4096];
    for (int depth = 1; depth <= 600; depth = depth < 12 ? depth + 1 : depth * 2) {
        int n = snprintf(line, sizeof line, "{\"type\":\"heartbeat\",\"ts\":1456708560000,\"x\":");
        for (int i = 1; i < depth; i++)
            line[n++] = '[';
        line[n++] = '1';
        for (int i = 1; i < depth; i++)
            line[n++] = ']';
        line[n++] = '}';
        cr_assert_eq(read_bytes(line, (size_t)n), depth <= DEPTH_MAX ? 1 : ERR_TOO_DEEP, "%d",
                     depth);
    }
}

Test(text, long_lines, .init = json, .fini = end)
{
    static char line[TEXT_LINE_MAX + 2];
    const char *start = "{\"type\":\"heartbeat\",\"ts\":1456708560000}";
    memset(line, ' ', sizeof line);
    memcpy(line, start, strlen(start));
    cr_assert_eq(read_bytes(line, TEXT_LINE_MAX), 1);
    cr_assert_eq(read_bytes(line, TEXT_LINE_MAX + 1), ERR_TOO_LARGE);
}

Test(text, iso_8601)
{
    static const struct {
        const char *text;
        ms_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-02-06T16:30:00+01:00", 1770391800000},
        {"2026-02-06T15:30:00Z", 1770391800000},
        {"2026-02-06 15:30:00.25z", 1770391800250},
        {"2026-02-06T15:30:00,9999Z", 1770391800999},
        {"2026-02-06T07:00-0830", 1770391800000},
        {"2026-02-06T23:30:00+08", 1770391800000},
        {"2024-02-29T23:59:60Z", 1709251200000},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2000-02-29T00:00:00Z", 951782400000},
    };
    static const char *const bad[] = {
        "",
        "2026-02-06",
        "2026-02-06T15:30:00",
        "2026-02-06T15:30:00 Z",
        "2026-02-06T15:30:00ZZ",
        "2026-02-06T15:30:00.Z",
        "2026-02-06T24:30:00Z",
        "2026-02-06T15:60:00Z",
        "2026-02-06T15:30:61Z",
        "2025-02-29T15:30:00Z",
        "2100-02-29T15:30:00Z",
        "2026-13-06T15:30:00Z",
        "2026-00-06T15:30:00Z",
        "2026-04-31T15:30:00Z",
        "2026-2-6T15:30:00Z",
        "2026-02-06T15:30:00+1",
        "2026-02-06T15:30:00+01:",
        "2026-02-06T15:30:00+24:00",
        "2026-02-06T15:30:00+01:60",
        "+026-02-06T15:30:00Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ms_t ms = 0;
        cr_assert(iso8601_parse(str_of(rows[i].text), &ms), "%s", rows[i].text);
        cr_assert_eq(ms, rows[i].ms, "%s: %lld", rows[i].text, (long long)ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ms_t ms;
        cr_assert(!iso8601_parse(str_of(bad[i]), &ms), "%s", bad[i]);
    }
}

/* Every day of 400 years against counting. */
Test(text, iso_8601_days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    ms_t want = 0;
    for (int year = 1970; year < 2370; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++) {
                char text[40];
                ms_t ms = -1;
                snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                cr_assert(iso8601_parse(str_of(text), &ms));
                cr_assert_eq(ms, want, "%s", text);
                want += MS_DAY;
            }
        }
}

Test(text, csv, .fini = end)
{
    csv("\xef\xbb\xbfts,type,colour,ticket,agent,public,score,by,id\r");
    cr_assert_eq(read_line("2026-02-06T15:30:00Z,message,red,\"T,\"\"1\"\"\",,TRUE,,agent,007\r"),
                 1);
    cr_assert_eq(event.kind, EV_MESSAGE);
    cr_assert_eq(event.ts, 1770391800000);
    cr_assert(event.is_public);
    cr_assert(str_equal(event.ticket, str_of("T,\"1\"")));
    cr_assert(str_equal(event.id, str_of("007")));
    cr_assert_eq(event.has, F1(TYPE) | F1(TS) | F1(TICKET) | F1(PUBLIC) | F1(BY) | F1(ID));
    cr_assert_eq(read_line("1770391800000,rated,,T,\\N,,4.5,,"), 1);
    cr_assert_eq(event.score, 4500000);
    cr_assert(event_names(&event, F_AGENT) && !event_has(&event, F_AGENT));
    cr_assert_eq(read_line("1770391800000,rated,,T,\"\\N\",,4.5,,"), 1);
    cr_assert(str_equal(event.agent, str_of("\\N")));
    cr_assert_eq(read_line(""), 0);
}

Test(text, csv_that_is_refused, .fini = end)
{
    csv("ts,type,ticket,score,public");
    cr_assert_eq(read_line("1770391800000,confirmed,T,"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("1770391800000,confirmed,T,,,"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("1770391800000,confirmed,\"T,,"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("1770391800000,confirmed,\"T\"x,,"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("1770391800000,confirmed,T\"x\",,"), ERR_BAD_TEXT);
    cr_assert_eq(read_line("1770391800000,confirmed,\"\",,"), ERR_NAME_EMPTY);
    cr_assert_eq(read_line("1770391800000,rated,T,five,"), ERR_WRONG_TYPE);
    cr_assert_eq(field, F_SCORE);
    cr_assert_eq(read_line("1770391800000,confirmed,T,,maybe"), 1); /* not its field */
    cr_assert_eq(read_line("soon,confirmed,T,,"), ERR_WRONG_TYPE);
    cr_assert_eq(field, F_TS);
    cr_assert_eq(read_line("1770391800000,confirmed,\xff,,"), ERR_NOT_UTF8);
}

Test(text, csv_headers_are_bounded, .fini = end)
{
    static char header[CSV_COLUMNS_MAX + 1];
    memset(header, ',', sizeof header);
    text_reader_init(&reader, true);
    cr_assert_eq(read_bytes(header, CSV_COLUMNS_MAX), ERR_TOO_MANY);
    cr_assert_eq(read_bytes(header, CSV_COLUMNS_MAX - 1), 0);
}

/* Every event that we can write comes back as it was. */
Test(text, round_trip, .init = json, .fini = end)
{
    static struct event want;
    static struct random_texts texts;
    static char line[TEXT_LINE_MAX];
    struct random r = {21};
    for (int round = 0; round < 20000; round++) {
        struct emitter em;
        random_event(&r, &want, &texts);
        emit_start(&em, SINK_JSON, line, sizeof line);
        event_emit(&em, NULL, &want);
        int n = emit_finish(&em);
        cr_assert_gt(n, 0);
        cr_assert_eq(read_bytes(line, (size_t)n), 1, "%.*s", n, line);
        cr_assert(event_same(&event, &want), "%.*s", n, line);
    }
}
