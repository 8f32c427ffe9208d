/* Closed days out of .ics files: repetitions written out, and the line of what is wrong. */
#include "daemon/holidays.h"

#include "core/zone.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct holidays all;
static struct tree_error why;

/* One event whose lines are text; the first is line 3. */
static bool load(const char *text)
{
    char file[4096];
    int n = snprintf(file, sizeof file,
                     "BEGIN:VCALENDAR\nBEGIN:VEVENT\n%s\nEND:VEVENT\n"
                     "END:VCALENDAR\n",
                     text);
    memset(&all, 0, sizeof all);
    return holidays_parse(&all, "de.ics", file, (size_t)n, &why);
}

static bool has(int year, unsigned month, unsigned day)
{
    return holidays_has(&all, days_from_civil((struct civil){year, month, day}));
}

static uint32_t count(void)
{
    uint32_t n = 0;
    for (int64_t day = HOLIDAYS_FIRST; day < HOLIDAYS_END; day++)
        n += holidays_has(&all, day);
    return n;
}

static void days(const char *text, uint32_t n)
{
    cr_assert(load(text), "%s", why.text);
    cr_assert_eq(count(), n, "%u days of %s", count(), text);
}

static void refused(const char *text, const char *complaint)
{
    static const struct holidays none;
    cr_assert_not(load(text), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
    cr_assert_eq(memcmp(&all, &none, sizeof all), 0);
}

Test(holidays, begin_and_end_with_the_century)
{
    cr_assert_eq(days_from_civil((struct civil){2000, 1, 1}), HOLIDAYS_FIRST);
    cr_assert_eq(days_from_civil((struct civil){2100, 1, 1}), HOLIDAYS_END);
    memset(&all, 0, sizeof all);
    holidays_add(&all, HOLIDAYS_FIRST - 1);
    holidays_add(&all, HOLIDAYS_END);
    cr_assert_eq(count(), 0);
    holidays_add(&all, HOLIDAYS_FIRST);
    holidays_add(&all, HOLIDAYS_END - 1);
    cr_assert_eq(count(), 2);
    cr_assert_not(holidays_has(&all, HOLIDAYS_FIRST - 1));
    cr_assert_not(holidays_has(&all, HOLIDAYS_END));
    cr_assert_not(holidays_has(&all, INT64_MIN));
}

Test(holidays, last_from_the_first_to_before_the_last_day)
{
    days("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227", 2);
    cr_assert(has(2026, 12, 25) && has(2026, 12, 26));
    days("DTSTART;VALUE=DATE:20260501", 1);
    days("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260501", 1);
    days("DTSTART;VALUE=DATE:20260501\nDURATION:P1W", 7);
    days("DTSTART;VALUE=DATE:20260501\nDURATION:P2D", 2);
    days("DTSTART;VALUE=DATE:19991230\nDTEND;VALUE=DATE:20000103", 2);
    cr_assert(has(2000, 1, 1) && has(2000, 1, 2));
}

Test(holidays, with_times_go_from_midnight_to_midnight)
{
    days("DTSTART:20260501T000000\nDTEND:20260502T000000", 1);
    days("DTSTART;TZID=\"W. Europe: x\":20260501T000000\nDURATION:PT24H", 1);
    static const char no[] = "a holiday has dates (VALUE=DATE:20261225), or goes from midnight to "
                             "midnight; for part of a day write `special`";
    char text[256];
    snprintf(text, sizeof text, "de.ics:3: DTSTART: %s", no);
    refused("DTSTART:20260501T090000\nDTEND:20260501T170000", text);
    refused("DTSTART:20260501T000000Z\nDTEND:20260502T000000Z", text);
    snprintf(text, sizeof text, "de.ics:4: DTEND: %s", no);
    refused("DTSTART:20260501T000000\nDTEND:20260501T120000", text);
    refused("DTSTART:20260501T000000",
            "de.ics:2: DTEND: the event lasts no day; it ends on the day after its last one");
    refused("DTSTART;VALUE=DATE:20260501\nDURATION:PT12H",
            "de.ics:4: DURATION: a holiday lasts whole days; write P1D");
}

Test(holidays, repeat_by_rules)
{
    days("DTSTART;VALUE=DATE:20001225\nDTEND;VALUE=DATE:20001227\nRRULE:FREQ=YEARLY", 200);
    cr_assert(has(2000, 12, 25) && has(2055, 12, 26) && has(2099, 12, 26));
    cr_assert_not(has(2026, 12, 27));
    days("DTSTART;VALUE=DATE:16010101\nRRULE:FREQ=YEARLY", 100); /* as Outlook begins them */
    days("DTSTART;VALUE=DATE:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", 3);
    cr_assert(has(2026, 11, 26) && has(2027, 11, 25) && has(2028, 11, 23));
    days("DTSTART;VALUE=DATE:20260525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20280601", 3);
    cr_assert(has(2027, 5, 31) && has(2028, 5, 29));
    days("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;UNTIL=20400101", 4);
    cr_assert(has(2024, 2, 29) && has(2036, 2, 29) && !has(2025, 3, 1));
    days("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=MONTHLY;COUNT=12", 12);
}

Test(holidays, leave_out_and_add_dates)
{
    days("DTSTART;VALUE=DATE:20260406\nRDATE;VALUE=DATE:20270329,20280417\n"
         "RDATE;VALUE=DATE:20290402",
         4);
    cr_assert(has(2026, 4, 6) && has(2028, 4, 17) && has(2029, 4, 2));
    days("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;COUNT=4\n"
         "EXDATE;VALUE=DATE:20270101,20280101",
         2);
    cr_assert(has(2026, 1, 1) && has(2029, 1, 1));
    days("DTSTART;VALUE=DATE:20260101\nSTATUS:CANCELLED\nRRULE:FREQ=YEARLY", 0);
}

Test(holidays, that_were_moved_lie_where_they_are_now)
{
    static const char rest[] = "BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20270703\n"
                               "RECURRENCE-ID;VALUE=DATE:20270701\nEND:VEVENT\n"
                               "BEGIN:VEVENT\nUID:b\nDTSTART;VALUE=DATE:20280701\nEND:VEVENT\n"
                               "BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20290701\n"
                               "RECURRENCE-ID;VALUE=DATE:20290701\nSTATUS:CANCELLED\nEND:VEVENT";
    char text[1024];
    snprintf(text, sizeof text,
             "UID:a\nDTSTART;VALUE=DATE:20260701\nRRULE:FREQ=YEARLY;COUNT=4\n"
             "END:VEVENT\n%.*s",
             (int)(sizeof rest - sizeof "\nEND:VEVENT"), rest);
    days(text, 3);
    cr_assert(has(2026, 7, 1) && has(2027, 7, 3) && has(2028, 7, 1));
    refused("UID:a\nDTSTART;VALUE=DATE:20260701\n"
            "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20270701\nEND:VEVENT\n"
            "BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260701\nRRULE:FREQ=YEARLY",
            "de.ics:5: RECURRENCE-ID: RANGE is not supported; end the first series with UNTIL and "
            "write the second as an event");
}

Test(holidays, refuse_rules_that_are_none)
{
    refused("DTSTART;VALUE=DATE:20260406\nSUMMARY:x\nRRULE:FREQ=YEARLY;BYEASTER=1",
            "de.ics:5: RRULE: BYEASTER is not in RFC 5545 and not known here; write the dates, as "
            "in RDATE;VALUE=DATE:20260406,20270329");
    refused("DTSTART;VALUE=DATE:20260406\nRRULE:FREQ=NEVER",
            "de.ics:4: RRULE: cannot be read; write it as RFC 5545 says");
    refused("DTSTART;VALUE=DATE:20260406\nRRULE:FREQ=HOURLY",
            "de.ics:4: RRULE: a holiday repeats by days, weeks, months or years");
    refused("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "de.ics:4: RRULE: no days come out of this rule; correct it");
    refused("DTSTART;VALUE=DATE:20260406\nEXRULE:FREQ=YEARLY",
            "de.ics:4: EXRULE: not supported (RFC 5545 dropped it); write EXDATE");
    refused("DTSTART;VALUE=DATE:20260406\nRDATE;VALUE=PERIOD:20260406T000000Z/P1D",
            "de.ics:4: RDATE: periods are not supported; write dates");
    refused("DTSTART;VALUE=DATE:20260217\nRRULE:RSCALE=CHINESE;FREQ=YEARLY",
            "de.ics:4: RRULE: RSCALE is not in RFC 5545 and not known here; write the dates, as in "
            "RDATE;VALUE=DATE:20260406,20270329");
    refused("DTSTART;VALUE=DATE:16000101\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\n"
            "DTSTART;VALUE=DATE:16000101\nRRULE:FREQ=DAILY",
            "de.ics:8: RRULE: too many repetitions in this file; end them with UNTIL");
}

Test(holidays, refuse_dates_that_are_none)
{
    refused("SUMMARY:x", "de.ics:2: DTSTART: an event without it; add the day, "
                         "DTSTART;VALUE=DATE:20261225");
    refused("DTSTART;VALUE=DATE:20260231", "de.ics:3: DTSTART: no such date; correct it");
    refused("DTSTART;VALUE=DATE:tomorrow",
            "de.ics:3: DTSTART: cannot be read; write it as RFC 5545 says");
    refused("SUMMARY:x\nDTSTART:", "de.ics:4: DTSTART: cannot be read; write it as RFC 5545 says");
    refused("DTSTART;VALUE=DATE:20260501\nDTSTART;VALUE=DATE:20260502",
            "de.ics:3: DTSTART: stands twice in one event; remove one");
    refused("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260430",
            "de.ics:4: DTEND: the event lasts no day; it ends on the day after its last one");
    refused("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20280501",
            "de.ics:4: DTEND: longer than a year; that is no holiday");
    refused("DTSTART;VALUE=DATE:20260501\nRDATE;VALUE=DATE:20270501,x",
            "de.ics:4: RDATE: cannot be read; write it as RFC 5545 says");
}

static void broken(const char *bytes, const char *complaint)
{
    memset(&all, 0, sizeof all);
    cr_assert_not(holidays_parse(&all, "de.ics", bytes, strlen(bytes), &why), "%s", bytes);
    cr_assert_str_eq(why.text, complaint);
}

Test(holidays, refuse_broken_files_by_their_line)
{
    broken("", "de.ics:1: no event in it, so it closes nothing; remove it");
    broken("BEGIN:VCALENDAR\nEND:VCALENDAR\n",
           "de.ics:1: no event in it, so it closes nothing; remove it");
    broken("<html>\n", "de.ics:1: BEGIN:VCALENDAR is wanted here; is this an .ics file?");
    broken("\nVERSION:2.0\n", "de.ics:2: BEGIN:VCALENDAR is wanted here; is this an .ics file?");
    broken("BEGIN:VEVENT\n", "de.ics:1: BEGIN:VCALENDAR is wanted here; is this an .ics file?");
    broken("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\n",
           "de.ics:2: BEGIN: no END:VEVENT follows; the file is cut off");
    broken("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nEND:VCALENDAR\n",
           "de.ics:4: END: END:VEVENT is wanted here, for the BEGIN in line 2");
    broken("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDESCRIPTION:a\nb\nEND:VEVENT\nEND:VCALENDAR\n",
           "de.ics:4: no property; NAME:VALUE is wanted here");
    broken("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n",
           "de.ics:3: BEGIN:VCALENDAR is wanted here; is this an .ics file?");
    cr_assert_not(holidays_parse(&all, "de.ics", "BEGIN:VCAL\0ENDAR\n", 17, &why));
    cr_assert_str_eq(why.text, "de.ics:1: a zero byte; is this an .ics file?");
}

Test(holidays, come_in_files_as_programs_write_them)
{
    static const char file[] =
        "\xef\xbb\xbf"
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n"
        "BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        "begin:vevent\r\nSUMMARY:a rather long text that is fold\r\n ed in the middle\r\n"
        "DESCRIPTION:\r\nTRANSP:TRANSPARENT\r\nX-ODD;A=\"b:c\":d\r\n"
        "dtstart;value=date:2026\r\n\t1003\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\n"
        "DURATION:PT5M\r\nREPEAT:2\r\nACTION:DISPLAY\r\nEND:VALARM\r\nend:vevent\r\n"
        "BEGIN:VTODO\r\nDTSTART:20260101T090000\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261031\r\nEND:VEVENT\r\n"
        "END:VCALENDAR";
    memset(&all, 0, sizeof all);
    cr_assert(holidays_parse(&all, "x", file, sizeof file - 1, &why), "%s", why.text);
    cr_assert_eq(count(), 2);
    cr_assert(has(2026, 10, 3) && has(2026, 10, 31));
}

Test(holidays, are_read_from_files_of_a_bounded_size)
{
    char dir[] = "/tmp/ticketpulse-holidays-XXXXXX", path[64], complaint[128];
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.ics", dir);
    snprintf(complaint, sizeof complaint, "%s:1: cannot be opened: No such file or directory",
             path);
    cr_assert_not(holidays_read(&all, path, &why));
    cr_assert_str_eq(why.text, complaint);
    cr_assert_not(holidays_read(&all, dir, &why));
    cr_assert_not_null(strstr(why.text, ":1: cannot be read; is it a file?"));
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_not(holidays_read(&all, path, &why)); /* and it does not wait for a writer */
    unlink(path);
    FILE *file = fopen(path, "w");
    fputs("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nEND:VEVENT\n"
          "END:VCALENDAR\n",
          file);
    fflush(file);
    memset(&all, 0, sizeof all);
    cr_assert(holidays_read(&all, path, &why), "%s", why.text);
    cr_assert_eq(count(), 1);
    cr_assert_eq(ftruncate(fileno(file), HOLIDAYS_BYTES_MAX + 1), 0);
    cr_assert_not(holidays_read(&all, path, &why));
    cr_assert_not_null(strstr(why.text, ":1: more than 1 MiB; make it shorter"));
    fclose(file);
    unlink(path);
    rmdir(dir);
}

Test(holidays, of_one_file_are_bounded_in_number)
{
    static char file[512 * 1024];
    size_t n = (size_t)snprintf(file, sizeof file, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 4097; i++)
        n += (size_t)snprintf(file + n, sizeof file - n,
                              "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nEND:VEVENT\n");
    n += (size_t)snprintf(file + n, sizeof file - n, "END:VCALENDAR\n");
    cr_assert_not(holidays_parse(&all, "x", file, n, &why));
    cr_assert_str_eq(why.text, "x:12290: more than 4096 events; split the file");
}
