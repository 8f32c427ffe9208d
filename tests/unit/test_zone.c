/* zone: against libc's localtime_r, for every half hour of 2009 to 2032 and around every shift. */
#include "core/zone.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SCAN_FROM 1230768000LL /* 2009-01-01 */
#define SCAN_TO 1988150400LL   /* 2033-01-01 */
enum { STEP = 1800, DAYS_MAX = 9000, TZ_NAME_MAX = 32 };

static const char zones[][TZ_NAME_MAX] = {
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin", /* winter is the exception */
    "America/New_York",
    "America/Sao_Paulo", /* midnight did not exist */
    "America/St_Johns",  /* clocks went back at 00:01 */
    "America/Havana",    /* at midnight, both ways */
    "America/Caracas",   /* half an hour, once and back */
    "America/Santiago",
    "America/Nuuk",      /* the evening before */
    "Africa/Cairo",      /* the last second of a Thursday */
    "Africa/Casablanca", /* off in Ramadan */
    "Asia/Beirut",       /* midnight does not exist */
    "Asia/Amman",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Antarctica/Troll",    /* two hours */
    "Australia/Lord_Howe", /* half an hour */
    "Pacific/Apia",        /* without 2011-12-30 */
    "Pacific/Fakaofo",     /* likewise */
    "Pacific/Chatham",
    "Pacific/Kiritimati",
};

static int32_t libc_offset(sec_t at)
{
    time_t t = (time_t)at;
    struct tm tm;
    localtime_r(&t, &tm);
    return (int32_t)tm.tm_gmtoff;
}

/* Days since 1970 of the local date. */
static int64_t libc_date(sec_t at)
{
    time_t t = (time_t)at;
    struct tm tm;
    localtime_r(&t, &tm);
    struct tm date = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
    return (int64_t)timegm(&date) / 86400;
}

static void put_shift(struct zone *z, sec_t at, int32_t offset)
{
    cr_assert_lt(z->n, ZONE_SHIFTS_MAX);
    z->shift[z->n].at = at;
    z->shift[z->n++].offset = offset;
}

/* The zone's shifts, found by asking localtime_r and halving. */
static void libc_zone(const char *name, struct zone *ret)
{
    setenv("TZ", name, 1);
    tzset();
    ret->n = 0;
    sec_t from = SCAN_FROM - 400 * 86400LL;
    put_shift(ret, from, libc_offset(from));
    for (sec_t t = from; t < SCAN_TO + 400 * 86400LL; t += STEP) {
        if (libc_offset(t) == libc_offset(t + STEP))
            continue;
        sec_t low = t, high = t + STEP;
        while (high - low > 1) {
            sec_t middle = (low + high) / 2;
            if (libc_offset(middle) == libc_offset(low))
                low = middle;
            else
                high = middle;
        }
        put_shift(ret, high, libc_offset(high));
    }
}

/* The days that ran, in order: libc's dates, each from its first second. */
struct days {
    uint32_t n;
    struct {
        int64_t date;
        sec_t start;
    } day[DAYS_MAX];
};

/* One sample; no shift lies between it and the one before. */
static void days_sample(struct days *d, sec_t before, sec_t at)
{
    int64_t date = libc_date(at);
    if (date <= d->day[d->n - 1].date)
        return;
    sec_t low = before, high = at;
    while (high - low > 1) {
        sec_t middle = (low + high) / 2;
        if (libc_date(middle) < date)
            low = middle;
        else
            high = middle;
    }
    cr_assert_lt(d->n, DAYS_MAX);
    d->day[d->n].date = date;
    d->day[d->n++].start = high;
}

static void days_scan(struct days *d, const struct zone *z)
{
    sec_t before = SCAN_FROM;
    uint32_t next = 0;
    while (next < z->n && z->shift[next].at <= before)
        next++;
    d->n = 1;
    d->day[0].date = libc_date(before);
    d->day[0].start = INT64_MIN; /* began before the scan */
    while (before < SCAN_TO) {
        sec_t at = before + STEP;
        if (next < z->n && z->shift[next].at <= at) {
            days_sample(d, before, z->shift[next].at - 1);
            at = z->shift[next++].at;
            before = at - 1;
        }
        days_sample(d, before, at);
        before = at;
    }
}

/* The start of the first day from `date` on, among days 0..i. */
static sec_t start_from(const struct days *d, uint32_t i, int64_t date)
{
    while (i > 0 && d->day[i - 1].date >= date)
        i--;
    return d->day[i].start;
}

static void check_at(const struct zone *z, const struct days *d, uint32_t i, sec_t at)
{
    time_t noon = (time_t)(d->day[i].date * 86400);
    struct tm tm;
    gmtime_r(&noon, &tm);
    cr_assert_eq(zone_day_start(z, at), d->day[i].start, "%lld", (long long)at);
    cr_assert_eq(zone_next_day_start(z, at), d->day[i + 1].start, "%lld", (long long)at);
    int64_t month_first = d->day[i].date - tm.tm_mday + 1;
    cr_assert_eq(zone_month_start(z, at), start_from(d, i, month_first));
    for (int week_start = 0; week_start < 7; week_start++) {
        int since = (tm.tm_wday + 6 - week_start) % 7;
        cr_assert_eq(zone_week_start(z, at, (uint32_t)week_start),
                     start_from(d, i, d->day[i].date - since));
    }
}

ParameterizedTestParameters(zone, days_weeks_and_months_agree_with_libc)
{
    return cr_make_param_array(char[TZ_NAME_MAX], (void *)zones, ARRAY_LEN(zones));
}

ParameterizedTest(char name[TZ_NAME_MAX], zone, days_weeks_and_months_agree_with_libc)
{
    struct zone *z = malloc(sizeof *z);
    struct days *d = malloc(sizeof *d);
    struct random r = {1};
    libc_zone(name, z);
    days_scan(d, z);
    cr_assert_gt(d->n, 8760);
    /* The first 40 days only lead in: their weeks and months began before the scan. */
    for (uint32_t i = 40; i + 1 < d->n; i++) {
        sec_t from = d->day[i].start, end = d->day[i + 1].start;
        cr_assert_lt(from, end);
        check_at(z, d, i, from);
        check_at(z, d, i, end - 1);
        check_at(z, d, i, random_range(&r, from, end - 1));
        for (sec_t t = from; t < end; t += STEP)
            cr_assert_eq(zone_day_start(z, t), from, "%s: %lld", name, (long long)t);
    }
    for (sec_t t = SCAN_FROM; t < SCAN_TO; t += 4 * STEP + 1)
        cr_assert_eq(zone_offset(z, t), libc_offset(t));
    free(z);
    free(d);
}

static sec_t utc(int32_t year, uint32_t month, uint32_t day, sec_t hour, sec_t minute)
{
    return days_from_civil((struct civil){year, month, day}) * 86400 + hour * 3600 + minute * 60;
}

Test(zone, known_days)
{
    struct zone z;
    libc_zone("Pacific/Apia", &z); /* from UTC-10 to UTC+14 over 2011-12-30 */
    cr_assert_eq(zone_day_start(&z, utc(2011, 12, 30, 9, 59)), utc(2011, 12, 29, 10, 0));
    cr_assert_eq(zone_next_day_start(&z, utc(2011, 12, 30, 9, 59)), utc(2011, 12, 30, 10, 0));
    cr_assert_eq(zone_day_start(&z, utc(2011, 12, 30, 10, 0)), utc(2011, 12, 30, 10, 0));
    libc_zone("America/Sao_Paulo", &z); /* 2018-11-04 began at 01:00 local, UTC-2 */
    cr_assert_eq(zone_day_start(&z, utc(2018, 11, 4, 12, 0)), utc(2018, 11, 4, 3, 0));
    cr_assert_eq(zone_next_day_start(&z, utc(2018, 11, 4, 12, 0)), utc(2018, 11, 5, 2, 0));
    libc_zone("Europe/Berlin", &z); /* days of 23 and 25 hours */
    cr_assert_eq(zone_day_start(&z, utc(2026, 3, 29, 12, 0)), utc(2026, 3, 28, 23, 0));
    cr_assert_eq(zone_next_day_start(&z, utc(2026, 3, 29, 12, 0)), utc(2026, 3, 29, 22, 0));
    cr_assert_eq(zone_next_day_start(&z, utc(2026, 10, 25, 12, 0)), utc(2026, 10, 25, 23, 0));
    cr_assert_eq(zone_week_start(&z, utc(2026, 4, 1, 12, 0), 0), utc(2026, 3, 29, 22, 0));
    cr_assert_eq(zone_week_start(&z, utc(2026, 4, 1, 12, 0), 6), utc(2026, 3, 28, 23, 0));
    cr_assert_eq(zone_month_start(&z, utc(2026, 4, 1, 12, 0)), utc(2026, 3, 31, 22, 0));
}

Test(zone, without_shifts_it_is_utc_and_one_shift_holds_for_ever)
{
    struct zone z = {0};
    cr_assert_eq(zone_offset(&z, 5), 0);
    cr_assert_eq(zone_day_start(&z, utc(2026, 5, 5, 5, 5)), utc(2026, 5, 5, 0, 0));
    cr_assert_eq(zone_month_start(&z, utc(2024, 2, 29, 5, 5)), utc(2024, 2, 1, 0, 0));
    put_shift(&z, utc(2000, 1, 1, 0, 0), 8 * 3600);
    cr_assert_eq(zone_offset(&z, 0), 8 * 3600, "before the first shift: its offset");
    cr_assert_eq(zone_day_start(&z, utc(2026, 5, 5, 17, 0)), utc(2026, 5, 5, 16, 0));
    cr_assert_eq(zone_day_start(&z, utc(2026, 5, 5, 15, 0)), utc(2026, 5, 4, 16, 0));
    cr_assert_eq(zone_day_start(&z, utc(1990, 5, 5, 15, 0)), utc(1990, 5, 4, 16, 0));
}

Test(zone, civil_dates_agree_with_libc)
{
    for (int64_t days = -200000; days < 200000; days++) {
        time_t t = (time_t)(days * 86400);
        struct tm tm;
        gmtime_r(&t, &tm);
        struct civil c = civil_from_days(days);
        cr_assert_eq(c.year, tm.tm_year + 1900);
        cr_assert_eq(c.month, (uint32_t)tm.tm_mon + 1);
        cr_assert_eq(c.day, (uint32_t)tm.tm_mday);
        cr_assert_eq(days_from_civil(c), days);
        cr_assert_eq(weekday_of_days(days), (uint32_t)(tm.tm_wday + 6) % 7);
    }
}
