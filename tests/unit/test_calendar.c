/* calendar: the vectors V1 to V11 by their numbers, what meets, edges, refusals. Against the wall
 * clock: test_calendar_walk.c. */
#include "core/calendar.h"

#include "core/err.h"
#include "daemon/tz.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MON_FRI = 0x1F, DAILY = 0x7F, DAY = 86400, HOUR = 3600 };

static struct calendar_setting s;
static struct calendar cal;

/* A setting without hours yet. */
static void begin(const char *zone)
{
    const char *why = NULL;
    s.hours = s.specials = 0;
    cr_assert_eq(tz_compile(zone, &s.zone, &why), 0, "%s: %s", zone, why);
}

static void hours(uint8_t days, double from, double to)
{
    s.hour[s.hours++] = (struct calendar_hours){days, (int32_t)(from * HOUR), (int32_t)(to * HOUR)};
}

static void special(int32_t year, uint32_t month, uint32_t day, double from, double to)
{
    s.special[s.specials++] =
        (struct calendar_special){(int32_t)days_from_civil((struct civil){year, month, day}),
                                  (int32_t)(from * HOUR), (int32_t)(to * HOUR)};
}

/* Into memory of exactly the size that was asked for, so that a sanitizer sees a byte too many. */
static void compile(void)
{
    static void *mem;
    const char *why = "";
    free(mem);
    mem = malloc(calendar_bytes(&s));
    cr_assert_eq(calendar_compile(&cal, mem, &s, &why), 0, "%s", why);
}

static void assert_refused(const char *expected)
{
    uint64_t mem[64];
    const char *why = "";
    cr_assert_leq(calendar_bytes(&s), sizeof mem);
    cr_assert_eq(calendar_compile(&cal, mem, &s, &why), ERR_BAD_SETTINGS, "%s", expected);
    cr_assert_str_eq(why, expected);
}

static ms_t utc(int32_t year, uint32_t month, uint32_t day, int hour, int minute)
{
    int64_t days = days_from_civil((struct civil){year, month, day});
    return (days * DAY + hour * HOUR + minute * 60) * MS_SECOND;
}

/* 2026 in Berlin, winter and summer. */
static ms_t cet(uint32_t month, uint32_t day, int hour, int minute)
{
    return utc(2026, month, day, hour, minute) - MS_HOUR;
}

static ms_t cest(uint32_t month, uint32_t day, int hour, int minute)
{
    return utc(2026, month, day, hour, minute) - 2 * MS_HOUR;
}

static ms_t due(ms_t start, ms_t length)
{
    return calendar_due(&cal, calendar_open(&cal, start) + length);
}

static ms_t breach(ms_t start, ms_t length)
{
    return calendar_breach(&cal, calendar_open(&cal, start) + length);
}

static ms_t elapsed(ms_t from, ms_t to)
{
    return calendar_open(&cal, to) - calendar_open(&cal, from);
}

static void office(void)
{
    begin("Europe/Berlin");
    hours(MON_FRI, 9, 17);
    compile();
}

/* --- vectors of SEMANTICS.md ----------------------------------------------------------------- */

Test(calendar, v1_over_a_weekend)
{
    office();
    cr_assert_eq(due(cet(2, 6, 16, 30), MS_HOUR), cet(2, 9, 9, 30));
    cr_assert_eq(breach(cet(2, 6, 16, 30), MS_HOUR), cet(2, 9, 9, 30));
}

Test(calendar, v2_used_up_at_closing_time)
{
    office();
    ms_t start = cet(2, 6, 16, 0);
    cr_assert_eq(due(start, MS_HOUR), cet(2, 6, 17, 0));
    cr_assert_eq(breach(start, MS_HOUR), cet(2, 9, 9, 0));
    cr_assert_eq(elapsed(start, cet(2, 6, 20, 0)), 3600 * MS_SECOND);
    cr_assert_eq(elapsed(start, cet(2, 9, 9, 0) + MS_SECOND), 3601 * MS_SECOND);
}

Test(calendar, v3_all_day_and_clock_changes)
{
    begin("Europe/Berlin");
    hours(DAILY, 0, 24);
    compile();
    cr_assert(cal.always);
    cr_assert_eq(due(cet(3, 28, 12, 0), 24 * MS_HOUR), cest(3, 29, 13, 0));
    cr_assert_eq(due(cest(10, 24, 12, 0), 24 * MS_HOUR), cet(10, 25, 11, 0));
}

Test(calendar, v4_seven_and_nine_hours)
{
    begin("Europe/Berlin");
    hours(DAILY, 0, 8);
    compile();
    cr_assert_eq(elapsed(cet(3, 29, 0, 0), cest(3, 30, 0, 0)), 7 * MS_HOUR);
    cr_assert_eq(elapsed(cest(10, 25, 0, 0), cet(10, 26, 0, 0)), 9 * MS_HOUR);
}

Test(calendar, v5_past_midnight)
{
    begin("Europe/Berlin");
    hours(DAILY, 21, 26);
    compile();
    cr_assert_eq(due(cet(2, 6, 23, 30), 4 * MS_HOUR), cet(2, 7, 22, 30));
}

Test(calendar, v6_break_at_noon)
{
    begin("Europe/Berlin");
    hours(MON_FRI, 8, 12);
    hours(MON_FRI, 13.5, 18);
    compile();
    cr_assert_eq(due(cet(2, 6, 11, 30), MS_HOUR), cet(2, 6, 14, 0));
}

Test(calendar, v7_holidays)
{
    begin("Europe/Berlin");
    hours(MON_FRI, 9, 17);
    special(2026, 4, 3, 0, 0);
    special(2026, 4, 6, 0, 0);
    compile();
    cr_assert_eq(due(cest(4, 2, 16, 0), 2 * MS_HOUR), cest(4, 7, 10, 0));
}

Test(calendar, v8_paused_for_two_days)
{
    office();
    ms_t used = elapsed(cet(2, 2, 10, 0), cet(2, 2, 11, 0)), on = cet(2, 4, 15, 0);
    cr_assert_eq(due(on, 4 * MS_HOUR - used), cet(2, 5, 10, 0));
    cr_assert_eq(used + elapsed(on, cet(2, 4, 15, 30)), 90 * MS_MINUTE);
    cr_assert_eq(due(on, 2 * MS_HOUR - used), cet(2, 4, 16, 0));
}

Test(calendar, v9_resumed_while_closed)
{
    office();
    ms_t used = elapsed(cet(2, 6, 16, 0), cet(2, 6, 16, 30));
    cr_assert_eq(due(cet(2, 8, 12, 0), 2 * MS_HOUR - used), cet(2, 9, 10, 30));
}

Test(calendar, v10_half_a_minute_on_each_side)
{
    office();
    ms_t half = 30 * MS_SECOND;
    cr_assert_eq(due(cet(2, 6, 16, 59) + half, MS_MINUTE), cet(2, 9, 9, 0) + half);
}

Test(calendar, v11_short_friday)
{
    begin("Europe/Berlin");
    hours(0x10, 9, 16);
    hours(0x0F, 9, 18);
    compile();
    cr_assert_eq(due(cet(2, 6, 16, 30), 8 * MS_HOUR), cet(2, 9, 17, 0));
}

/* --- what begins where, and what meets ------------------------------------------------------- */

Test(calendar, closed_date_ends_nothing_that_began_the_day_before)
{
    begin("Europe/Berlin");
    hours(DAILY, 21, 26);
    special(2026, 2, 7, 0, 0);
    compile();
    cr_assert_eq(elapsed(cet(2, 6, 12, 0), cet(2, 7, 12, 0)), 5 * MS_HOUR);
    cr_assert_eq(elapsed(cet(2, 7, 12, 0), cet(2, 8, 12, 0)), 0);
    cr_assert_eq(elapsed(cet(2, 8, 12, 0), cet(2, 9, 12, 0)), 5 * MS_HOUR);
}

Test(calendar, special_hours_win_over_a_closed_date_and_pass_midnight)
{
    begin("Europe/Berlin");
    hours(MON_FRI, 9, 17);
    special(2026, 2, 5, 0, 0);
    special(2026, 2, 5, 10, 12);
    special(2026, 2, 5, 20, 34); /* until 10:00 on Friday, an hour into its own hours */
    compile();
    cr_assert_eq(elapsed(cet(2, 5, 0, 0), cet(2, 5, 19, 0)), 2 * MS_HOUR);
    cr_assert_eq(elapsed(cet(2, 5, 19, 0), cet(2, 7, 0, 0)), 21 * MS_HOUR);
    cr_assert_eq(breach(cet(2, 5, 19, 0), 21 * MS_HOUR), cet(2, 9, 9, 0));
}

Test(calendar, hours_that_meet_are_one_interval)
{
    office();
    uint32_t of_office = cal.spans;
    begin("Europe/Berlin");
    hours(MON_FRI, 13, 17);
    hours(MON_FRI, 9, 13);
    compile();
    cr_assert_eq(cal.spans, of_office);
    begin("Asia/Kolkata");
    hours(DAILY, 9, 33); /* 24 hours from 09:00 */
    compile();
    cr_assert(cal.always);
    special(2026, 2, 5, 0, 0);
    compile();
    cr_assert_not(cal.always);
    cr_assert_eq(cal.spans, 2);
    cr_assert_eq(cal.total, MS_MAX_TS - MS_MIN_TS - MS_DAY);
}

Test(calendar, skipped_date_of_apia)
{
    begin("Pacific/Apia");
    hours(MON_FRI, 9, 17);
    special(2011, 12, 30, 1, 23); /* there is no such Friday */
    compile();
    ms_t thursday = utc(2011, 12, 29, 9, 0) + 10 * MS_HOUR; /* UTC-10 until it ends */
    cr_assert_eq(due(thursday, 8 * MS_HOUR), thursday + 8 * MS_HOUR);
    cr_assert_eq(breach(thursday, 8 * MS_HOUR), utc(2012, 1, 2, 9, 0) - 14 * MS_HOUR);
    s.hours = s.specials = 0;
    hours(DAILY, 0, 24);
    compile();
    cr_assert(cal.always);
}

Test(calendar, hour_that_the_clock_shows_twice_can_be_two_intervals)
{
    begin("Europe/Berlin");
    hours(0x40, 2, 2.5); /* Sundays */
    compile();
    ms_t midnight = cest(10, 25, 0, 0);
    cr_assert_eq(elapsed(midnight, cet(10, 26, 0, 0)), MS_HOUR);
    cr_assert_eq(due(midnight, 30 * MS_MINUTE), cest(10, 25, 2, 30));
    cr_assert_eq(breach(midnight, 30 * MS_MINUTE), cet(10, 25, 2, 0));
    cr_assert_eq(elapsed(cet(3, 29, 0, 0), cest(3, 30, 0, 0)), 0);
}

/* --- where it begins and ends ---------------------------------------------------------------- */

Test(calendar, reaches_from_2000_to_2100)
{
    begin("UTC");
    hours(DAILY, 0, 24);
    compile();
    cr_assert_eq(cal.total, MS_MAX_TS - MS_MIN_TS);
    const ms_t at[] = {MS_NONE, -1, 0, MS_MIN_TS - 1, MS_MIN_TS};
    for (uint32_t i = 0; i < ARRAY_LEN(at); i++)
        cr_assert_eq(calendar_open(&cal, at[i]), 0);
    cr_assert_eq(calendar_open(&cal, MS_MIN_TS + 1), 1);
    cr_assert_eq(calendar_open(&cal, MS_MAX_TS - 1), cal.total - 1);
    cr_assert_eq(calendar_open(&cal, MS_MAX_TS), cal.total);
    cr_assert_eq(calendar_open(&cal, MS_NEVER), cal.total);
    cr_assert_eq(calendar_due(&cal, MS_NONE), MS_MIN_TS);
    cr_assert_eq(calendar_due(&cal, 0), MS_MIN_TS);
    cr_assert_eq(calendar_due(&cal, 1), MS_MIN_TS + 1);
    cr_assert_eq(calendar_due(&cal, cal.total), MS_MAX_TS);
    cr_assert_eq(calendar_due(&cal, cal.total + 1), MS_NEVER);
    cr_assert_eq(calendar_due(&cal, MS_NEVER), MS_NEVER);
    cr_assert_eq(calendar_breach(&cal, MS_NONE), MS_MIN_TS);
    cr_assert_eq(calendar_breach(&cal, 0), MS_MIN_TS);
    cr_assert_eq(calendar_breach(&cal, cal.total - 1), MS_MAX_TS - 1);
    cr_assert_eq(calendar_breach(&cal, cal.total), MS_NEVER);
    cr_assert_eq(calendar_breach(&cal, MS_NEVER), MS_NEVER);
    for (uint32_t i = 0; i < ARRAY_LEN(at) - 1; i++) {
        cr_assert_not(calendar_is_open(&cal, at[i]));
        cr_assert_eq(calendar_edge(&cal, at[i]), MS_MIN_TS);
    }
    cr_assert(calendar_is_open(&cal, MS_MIN_TS) && calendar_is_open(&cal, MS_MAX_TS - 1));
    cr_assert_not(calendar_is_open(&cal, MS_MAX_TS));
    cr_assert_eq(calendar_edge(&cal, MS_MIN_TS), MS_MAX_TS);
    cr_assert_eq(calendar_edge(&cal, MS_MAX_TS), MS_NEVER);
}

Test(calendar, opens_and_closes)
{
    begin("Europe/Berlin");
    hours(DAILY, 22, 30);
    compile();
    ms_t midnight = utc(2026, 2, 6, 23, 0);
    cr_assert(calendar_is_open(&cal, midnight));
    cr_assert_eq(calendar_edge(&cal, midnight), midnight + 6 * MS_HOUR);
    cr_assert_not(calendar_is_open(&cal, midnight + 6 * MS_HOUR));
    cr_assert(calendar_is_open(&cal, midnight + 6 * MS_HOUR - 1));
    cr_assert_eq(calendar_edge(&cal, midnight + 6 * MS_HOUR), midnight + 22 * MS_HOUR);
    cr_assert_not(calendar_is_open(&cal, midnight + 22 * MS_HOUR - 1));
    cr_assert_eq(calendar_edge(&cal, midnight - 3 * MS_HOUR), midnight - 2 * MS_HOUR);
}

Test(calendar, dates_beyond_the_century)
{
    begin("UTC");
    special(1950, 1, 1, 1, 2);
    special(1999, 12, 31, 22, 27); /* five hours, three of them in 2000 */
    special(2099, 12, 31, 22, 27);
    special(2100, 1, 1, 9, 17);
    special(INT16_MAX, 1, 1, 9, 17);
    compile();
    cr_assert_eq(cal.total, 5 * MS_HOUR);
    cr_assert_eq(calendar_open(&cal, utc(2000, 1, 1, 3, 0)), 3 * MS_HOUR);
    cr_assert_eq(calendar_breach(&cal, 3 * MS_HOUR), utc(2099, 12, 31, 22, 0));
    cr_assert_eq(calendar_due(&cal, 5 * MS_HOUR), MS_MAX_TS);
    s.special[0] = s.special[1];
    s.specials = 1; /* a single interval, and the first there can be */
    compile();
    cr_assert_eq(cal.spans, 1);
    cr_assert_not(cal.always);
    cr_assert_eq(cal.total, 3 * MS_HOUR);
    begin("Pacific/Kiritimati"); /* UTC+14: 2100 begins there before it does here */
    special(2100, 1, 1, 9, 17);
    compile();
    cr_assert_eq(cal.total, 5 * MS_HOUR);
    cr_assert_eq(calendar_breach(&cal, 0), MS_MAX_TS - 5 * MS_HOUR);
    s.special[0].date = INT32_MIN;
    assert_refused("nothing is ever open: a calendar needs hours");
    s.special[0].date = INT32_MAX;
    assert_refused("nothing is ever open: a calendar needs hours");
}

Test(calendar, zone_before_its_first_shift_and_without_any)
{
    begin("UTC");
    s.zone.n = 0;
    hours(DAILY, 0, 1);
    compile();
    cr_assert_eq(calendar_breach(&cal, MS_HOUR), MS_MIN_TS + MS_DAY);
    s.zone.n = 2;
    s.zone.shift[0].at = utc(2010, 1, 1, 0, 0) / MS_SECOND;
    s.zone.shift[0].offset = 2 * HOUR; /* counts before as well */
    s.zone.shift[1].at = s.zone.shift[0].at + 365 * DAY;
    s.zone.shift[1].offset = 3 * HOUR;
    compile();
    cr_assert_eq(calendar_breach(&cal, 0), MS_MIN_TS + 22 * MS_HOUR);
    cr_assert_eq(breach(utc(2020, 1, 1, 12, 0), 0), utc(2020, 1, 1, 21, 0));
}

Test(calendar, zone_with_shifts_beyond_the_century)
{
    const struct {
        sec_t at;
        int32_t offset;
    } shifts[] = {
        {INT64_MIN, 5 * HOUR},
        {INT64_MIN + 1, 6 * HOUR},
        {utc(1999, 6, 1, 0, 0) / MS_SECOND, -HOUR},
        {utc(2050, 1, 1, 0, 0) / MS_SECOND, 0},
        {utc(2100, 1, 2, 0, 0) / MS_SECOND, 7 * HOUR},
        {INT64_MAX, 8 * HOUR},
    };
    begin("UTC");
    for (s.zone.n = 0; s.zone.n < ARRAY_LEN(shifts); s.zone.n++) {
        s.zone.shift[s.zone.n].at = shifts[s.zone.n].at;
        s.zone.shift[s.zone.n].offset = shifts[s.zone.n].offset;
    }
    hours(DAILY, 0, 1);
    compile();
    /* 36525 midnights at 01:00 UTC, then at 00:00: that of 2050-01-01 came an hour early. */
    cr_assert_eq(calendar_open(&cal, MS_MAX_TS), cal.total);
    cr_assert_eq(cal.total, 36525LL * MS_HOUR);
    cr_assert_eq(calendar_breach(&cal, 0), MS_MIN_TS + MS_HOUR);
    cr_assert_eq(calendar_due(&cal, cal.total), MS_MAX_TS - 23 * MS_HOUR);
    hours(DAILY, 1, 24);
    compile();
    cr_assert(cal.always);
}

/* --- refusals -------------------------------------------------------------------------------- */

Test(calendar, refuses_hours_that_are_none)
{
    const char *range = "hours begin within their day and last from 1 second to 24 hours";
    const double bad[][2] = {{9, 9}, {9, 8}, {0, 0}, {-1, 3}, {24, 25}, {9, 33.5}, {0, 24.5}};
    begin("Europe/Berlin");
    assert_refused("nothing is ever open: a calendar needs hours");
    special(2026, 2, 5, 0, 0);
    assert_refused("nothing is ever open: a calendar needs hours");
    for (uint32_t i = 0; i < ARRAY_LEN(bad); i++) {
        s.hours = s.specials = 0;
        hours(DAILY, bad[i][0], bad[i][1]);
        assert_refused(range);
        s.hours = 0;
        special(2026, 2, 5, bad[i][0], bad[i][1]);
        if (bad[i][1] != 0)
            assert_refused("special hours begin within their day and last from 1 second to 24 "
                           "hours");
    }
    s.specials = 0;
    hours(0, 9, 17);
    assert_refused("hours are of one weekday at least");
    s.hour[0].days = 0x80;
    assert_refused("hours are of one weekday at least");
}

Test(calendar, refuses_hours_that_overlap)
{
    const char *within = "hours of one weekday overlap";
    begin("Europe/Berlin");
    hours(MON_FRI, 9, 17);
    hours(0x60, 9, 17);
    hours(0x08, 16.75, 18);
    assert_refused(within);
    s.hour[2] = s.hour[0];
    assert_refused(within);
    s.hour[2] = (struct calendar_hours){0x40, 20 * HOUR, 33 * HOUR + 1}; /* Sunday on Monday */
    assert_refused("hours that pass midnight overlap those of the next weekday");
    s.hour[2].to--;
    compile();
    special(2026, 2, 5, 0, 0);
    special(2026, 2, 5, 0, 9);
    special(2026, 2, 5, 9, 10);
    special(2026, 2, 5, 20, 30);
    special(2026, 2, 6, 5, 7); /* a neighbour: they meet, and add up */
    compile();
    s.special[2].from--;
    assert_refused("special hours of one date overlap");
}

Test(calendar, refuses_what_is_not_in_order)
{
    begin("Europe/Berlin");
    hours(MON_FRI, 9, 17);
    special(2026, 2, 5, 0, 0);
    special(2026, 2, 4, 0, 0);
    assert_refused("special hours are not in order");
    s.special[1] = (struct calendar_special){s.special[0].date, 9, 10};
    s.special[0] = (struct calendar_special){s.special[0].date, 11, 12};
    assert_refused("special hours are not in order");
    s.specials = 0;
    s.zone.shift[3].at = s.zone.shift[2].at;
    assert_refused("the shifts of the zone are not in order");
}
