/* Business calendars in the configuration: what they become, and what is refused where. */
#include "daemon/calendars.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct config config;
static struct tree_error why;

static bool load(const char *text)
{
    config_fini(&config);
    return config_parse("f", text, strlen(text), &config, &why);
}

/* One calendar whose members are the lines of text. */
static bool load_one(const char *text)
{
    char all[2048] = "zone: Europe/Berlin\ncalendars:\n  - id: office\n";
    for (size_t n; *text != 0; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "    %.*s\n", (int)n, text);
    }
    return load(all);
}

static const struct calendar_setting *calendar(const char *text)
{
    cr_assert(load_one(text), "%s", why.text);
    cr_assert_eq(config.sla->calendars, 2);
    return &config.sla->calendar[1];
}

static void refused(const char *text, const char *complaint)
{
    cr_assert_not(load_one(text), "accepted: %s", text);
    cr_assert_str_eq(why.text, complaint);
    cr_assert_null(config.sla);
}

static void hours_are(const struct calendar_setting *c, uint32_t i, int days, int from, int to)
{
    cr_assert_eq(c->hour[i].days, days, "hours %u", i);
    cr_assert_eq(c->hour[i].from, from, "hours %u", i);
    cr_assert_eq(c->hour[i].to, to, "hours %u", i);
}

Test(calendars, have_weekly_hours)
{
    const struct calendar_setting *c =
        calendar("hours:\n  mon-fri: 09:00-17:30\n  sat: ['09:00-12:00', '13:00-15:00']\n"
                 "  sun: closed\n");
    cr_assert_str_eq(c->id, "office");
    cr_assert_str_eq(c->zone_name, "Europe/Berlin");
    cr_assert_eq(c->hours, 3);
    hours_are(c, 0, 0x1f, 9 * 3600, 17 * 3600 + 1800);
    hours_are(c, 1, 0x20, 9 * 3600, 12 * 3600);
    hours_are(c, 2, 0x20, 13 * 3600, 15 * 3600);
    c = calendar("zone: Asia/Kolkata\nhours: {fri-mon: '21:00-02:00', wed: '0:00-24:00'}");
    cr_assert_str_eq(c->zone_name, "Asia/Kolkata");
    cr_assert_eq(c->zone.shift[c->zone.n - 1].offset, 19800);
    hours_are(c, 0, 0x71, 21 * 3600, 26 * 3600);
    hours_are(c, 1, 0x04, 0, 86400);
    c = calendar("hours: {daily: ['18:00-00:00', '00:00-06:00']}");
    hours_are(c, 0, 0x7f, 18 * 3600, 86400);
    c = calendar("hours: always");
    cr_assert_eq(c->hours, 1);
    hours_are(c, 0, 0x7f, 0, 86400);
}

Test(calendars, stand_behind_one_that_is_built_in)
{
    calendar("hours: always");
    cr_assert_str_eq(config.sla->calendar[CALENDAR_ALWAYS].id, "always");
    hours_are(&config.sla->calendar[CALENDAR_ALWAYS], 0, 0x7f, 0, 86400);
    cr_assert_null(config.settings.sla); /* no policies, nothing for the engine */
    cr_assert(load("policies: [{id: p, resolution: 1h}]"));
    cr_assert_eq(config.sla->calendars, 1);
    cr_assert_eq(config.settings.sla, config.sla);
    cr_assert(load("calendars: []\npolicies: []\n"));
    cr_assert_null(config.sla);
}

static void special_is(const struct calendar_setting *c, uint32_t i, const char *date, int from,
                       int to)
{
    int32_t day;
    cr_assert(date_parse(str_of(date), &day));
    cr_assert_eq(c->special[i].date, day, "special %u", i);
    cr_assert_eq(c->special[i].from, from, "special %u", i);
    cr_assert_eq(c->special[i].to, to, "special %u", i);
}

Test(calendars, have_dates_in_order_and_special_hours_before_holidays)
{
    const struct calendar_setting *c =
        calendar("hours: {mon-fri: '09:00-17:00'}\n"
                 "holidays: ['2026-12-25', '2026-04-03', '2026-12-24', '2026-12-25']\n"
                 "special:\n  '2026-12-24': ['15:00-16:00', '09:00-12:00']\n"
                 "  '2026-12-31': '22:00-04:00'\n  '2026-01-02': closed\n");
    cr_assert_eq(c->specials, 6);
    special_is(c, 0, "2026-01-02", 0, 0);
    special_is(c, 1, "2026-04-03", 0, 0);
    special_is(c, 2, "2026-12-24", 9 * 3600, 12 * 3600);
    special_is(c, 3, "2026-12-24", 15 * 3600, 16 * 3600);
    special_is(c, 4, "2026-12-25", 0, 0);
    special_is(c, 5, "2026-12-31", 22 * 3600, 28 * 3600);
}

Test(calendars, take_holidays_from_files_beside_the_configuration)
{
    char dir[] = "/tmp/ticketpulse-calendars-XXXXXX", yaml[64], ics[64];
    cr_assert_not_null(mkdtemp(dir));
    snprintf(yaml, sizeof yaml, "%s/c.yaml", dir);
    snprintf(ics, sizeof ics, "%s/de.ics", dir);
    FILE *file = fopen(yaml, "w");
    fputs("calendars:\n- id: a\n  hours: always\n  holidays: ['2026-05-01',\n    de.ics]\n", file);
    fclose(file);
    char complaint[256];
    cr_assert_not(config_load(yaml, &config, &why));
    snprintf(complaint, sizeof complaint,
             "%s:5: calendars.holidays: %s:1: cannot be opened: No such file or directory", yaml,
             ics);
    cr_assert_str_eq(why.text, complaint);
    file = fopen(ics, "w");
    fputs("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;COUNT=2\n"
          "END:VEVENT\nEND:VCALENDAR\n",
          file);
    fclose(file);
    cr_assert(config_load(yaml, &config, &why), "%s", why.text);
    const struct calendar_setting *c = &config.sla->calendar[1];
    cr_assert_eq(c->specials, 3);
    special_is(c, 0, "2026-01-01", 0, 0);
    special_is(c, 1, "2026-05-01", 0, 0);
    special_is(c, 2, "2027-01-01", 0, 0);
    file = fopen(ics, "w");
    fputs("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20000101\nRRULE:FREQ=WEEKLY\n"
          "END:VEVENT\nEND:VCALENDAR\n",
          file);
    fclose(file);
    config_fini(&config);
    cr_assert_not(config_load(yaml, &config, &why));
    cr_assert_not_null(strstr(why.text, ":2: calendars: more than 2048 special days and holidays"),
                       "%s", why.text);
    unlink(ics);
    unlink(yaml);
    rmdir(dir);
}

Test(calendars, must_be_open_at_some_time)
{
    refused("zone: UTC", "f:3: calendars: a calendar without `hours`; add it");
    refused("hours: {}",
            "f:4: calendars.hours: office: nothing is ever open: a calendar needs hours");
    refused("zone: UTC\nhours:\n  mon: closed\n",
            "f:6: calendars.hours: office: nothing is ever open: a calendar needs hours");
    refused("hours: 09:00-17:00", "f:4: calendars.hours: weekdays are wanted here; write {mon-fri: "
                                  "\"09:00-17:00\"} or always");
}

Test(calendars, refuse_bad_times)
{
    static const char *const no[] = {"25:00-26:00", "9-17",         "09:00", "09:00-17:60",
                                     "09:00-24:01", "09:00 17:00",  "a-b",   "09:00-17:00x",
                                     "-1:00-02:00", "009:00-10:00", "09:0-1"};
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        char text[64], complaint[160];
        snprintf(text, sizeof text, "hours:\n  mon: '%s'\n", no[i]);
        snprintf(complaint, sizeof complaint,
                 "f:5: calendars.hours.mon: '%s' is no interval; write \"09:00-17:00\", times from "
                 "00:00 to 24:00",
                 no[i]);
        refused(text, complaint);
    }
    refused("hours: {mon: '09:00-09:00'}",
            "f:4: calendars.hours.mon: '09:00-09:00' is empty; \"00:00-24:00\" is a whole day, "
            "`closed` is none of it");
    refused("hours: {mon: '24:00-02:00'}",
            "f:4: calendars.hours.mon: '24:00-02:00' begins when the day is over; write it for the "
            "next day, from 00:00 on");
    refused("hours: {monday: '09:00-17:00'}",
            "f:4: calendars.hours.monday: 'monday' is no weekday; write mon to sun, mon-fri or "
            "daily");
    refused("hours: {mon: {a: b}}", "f:4: calendars.hours.mon: an interval such as \"09:00-17:00\" "
                                    "is wanted here, or a list of them");
}

Test(calendars, refuse_overlaps)
{
    refused("hours:\n  mon: ['09:00-12:00',\n        '11:59-13:00']\n",
            "f:6: calendars.hours.mon: '11:59-13:00' overlaps other hours on mon; change one of "
            "them");
    refused("hours:\n  mon: 21:00-02:00\n  tue: 01:00-05:00\n",
            "f:6: calendars.hours.tue: '01:00-05:00' overlaps other hours on tue; change one of "
            "them");
    refused("hours:\n  mon: 01:00-05:00\n  sun: 21:00-02:00\n",
            "f:6: calendars.hours.sun: '21:00-02:00' overlaps other hours on mon; change one of "
            "them");
    refused("hours:\n  mon-fri: 09:00-17:00\n  fri: 18:00-19:00\n",
            "f:6: calendars.hours.fri: fri has its hours above already; write each day's once, as "
            "a list");
    refused("hours: always\nspecial:\n  '2026-12-24': ['09:00-12:00', '11:00-13:00']\n",
            "f:6: calendars.special.2026-12-24: '11:00-13:00' overlaps other hours of this date; "
            "change one of them");
    refused("hours: always\nspecial: {'2026-12-24': ['09:00-12:00', closed]}",
            "f:5: calendars.special.2026-12-24: closed and open on the same date; write one of "
            "them");
    calendar("hours: {mon: ['09:00-12:00', '12:00-13:00'], tue: '21:00-02:00', wed: 02:00-03:00}");
    /* A night's end and a date's own hours may meet: both say open. */
    calendar("hours: {daily: '21:00-02:00'}\nspecial: {'2026-12-24': '00:00-12:00'}");
}

Test(calendars, refuse_what_is_no_date)
{
    static const char *const no[] = {"2026-02-30", "2026-13-01",  "26-01-01",
                                     "2026-1-1",   "2026-01-01x", "1.1.2026"};
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        char text[64], complaint[128];
        snprintf(text, sizeof text, "hours: always\nholidays: '%s'\n", no[i]);
        snprintf(complaint, sizeof complaint,
                 "f:5: calendars.holidays: '%s' is no date; write \"2026-12-24\"", no[i]);
        refused(text, complaint);
    }
    refused("hours: always\nholidays: ['2100-01-01']",
            "f:5: calendars.holidays: 2100-01-01 is outside of 2000-01-01 to 2099-12-31; correct "
            "it");
    refused("hours: always\nspecial: {'1999-12-31': '09:00-12:00'}",
            "f:5: calendars.special.1999-12-31: 1999-12-31 is outside of 2000-01-01 to 2099-12-31; "
            "correct it");
    refused("hours: always\nspecial: [x]", "f:5: calendars.special: dates are wanted here; write "
                                           "{\"2026-12-24\": \"09:00-12:00\"}");
    refused("hours: always\nspecial: {'2026-12-24': []}",
            "f:5: calendars.special.2026-12-24: an empty list; write `closed` or an interval");
    refused("hours: always\nholidays: [[x]]",
            "f:5: calendars.holidays: a date or an .ics file is wanted here; write "
            "[\"2026-12-25\", de.ics]");
}

Test(calendars, refuse_names_and_numbers)
{
    char text[2048] = "calendars:\n";
    refused("zone: Mars/Olympus\nhours: always",
            "f:4: calendars.zone: 'Mars/Olympus': the system's tz database has no such zone (is "
            "the package tzdata there?)");
    cr_assert_not(load("calendars:\n- {id: a, hours: always}\n- {id: a, hours: always}\n"));
    cr_assert_str_eq(why.text, "f:3: calendars.id: two calendars are called a; rename one");
    cr_assert_not(load("calendars:\n- {id: always, hours: always}\n"));
    cr_assert_str_eq(why.text, "f:2: calendars.id: `always` is built in, open all the time; choose "
                               "another name");
    cr_assert_not(load("calendars:\n- {id: '', hours: always}\n"));
    cr_assert_str_eq(why.text,
                     "f:2: calendars.id: empty; give the calendar a name, policies refer to it");
    for (int i = 0; i <= CALENDARS_GIVEN_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "- {id: c%d, hours: always}\n",
                 i);
    cr_assert_not(load(text));
    cr_assert_str_eq(why.text, "f:17: calendars: more than 15 entries; remove some");
    snprintf(text, sizeof text, "hours: {mon: [");
    for (int i = 0; i <= CALENDAR_HOURS_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "'%02d:%02d-%02d:%02d',", i / 4,
                 i % 4 * 15, i / 4, i % 4 * 15 + 5);
    snprintf(text + strlen(text), sizeof text - strlen(text), "]}");
    refused(text, "f:4: calendars.hours.mon: more than 64 entries; remove some");
}

Test(calendars, show_an_example_that_holds)
{
    char text[1024];
    snprintf(text, sizeof text, "calendars:\n%s", calendar_members.example);
    cr_assert(load(text), "%s", why.text);
    cr_assert_eq(config.sla->calendars, 2);
}
