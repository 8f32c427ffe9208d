#include "daemon/cli/report_period.h"

#include "core/event.h"
#include "core/zone.h"
#include "proto/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY_SECONDS = 86400, DAYS_STEP_MAX = 62, WEEKS_STEP_MAX = 110 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970 of the local day at an instant. */
static int64_t day_of(const struct zone *z, ms_t at)
{
    sec_t start = zone_day_start(z, sec_floor(at));
    /* Noon of that day is in it whatever the clocks do around midnight. */
    return floor_div(start + zone_offset(z, start) + DAY_SECONDS / 2, DAY_SECONDS);
}

/* The first instant of a local day: noon is in it, with any offset. */
static ms_t day_start(const struct zone *z, int64_t day)
{
    sec_t noon = day * DAY_SECONDS + DAY_SECONDS / 2;
    return zone_day_start(z, noon - zone_offset(z, noon)) * MS_SECOND;
}

static ms_t month_start(const struct zone *z, int32_t year, int32_t month)
{
    year += (int32_t)floor_div(month - 1, 12);
    month -= 1 + (int32_t)floor_div(month - 1, 12) * 12;
    struct civil c = {.year = year, .month = (uint32_t)month + 1, .day = 1};
    return day_start(z, days_from_civil(c));
}

/* Exactly n digits at p. */
static bool digits(const char *p, int n, int32_t *ret)
{
    int32_t v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (p[i] - '0');
    }
    *ret = v;
    return true;
}

bool period_month(const struct zone *z, const char *text, struct period *ret)
{
    int32_t year, month;
    size_t n = strlen(text);
    if ((n != 4 && n != 7) || !digits(text, 4, &year) || year < 2000 || year > 2099)
        return false;
    if (n == 4) {
        *ret = (struct period){month_start(z, year, 1), month_start(z, year + 1, 1)};
        return true;
    }
    if (text[4] != '-' || !digits(text + 5, 2, &month) || month < 1 || month > 12)
        return false;
    *ret = (struct period){month_start(z, year, month), month_start(z, year, month + 1)};
    return true;
}

bool period_instant(const struct zone *z, const char *text, bool end, ms_t *ret)
{
    int32_t year, month, day;
    if (strlen(text) == 10 && digits(text, 4, &year) && text[4] == '-' &&
        digits(text + 5, 2, &month) && text[7] == '-' && digits(text + 8, 2, &day)) {
        struct civil c = {.year = year, .month = (uint32_t)month, .day = (uint32_t)day};
        if (year < 2000 || year > 2099 || month < 1 || month > 12 || day < 1)
            return false;
        int64_t days = days_from_civil(c);
        struct civil back = civil_from_days(days);
        if (back.month != c.month || back.day != c.day)
            return false; /* the 31st of a shorter month */
        *ret = day_start(z, days + end);
        return true;
    }
    if (iso8601_parse(str_of(text), ret))
        return true;
    char *rest;
    errno = 0;
    long long v = strtoll(text, &rest, 10);
    if (errno != 0 || rest == text || *rest != '\0' || v < MS_MIN_TS || v > MS_MAX_TS)
        return false;
    *ret = v;
    return true;
}

bool period_read(const struct zone *z, const char *text, struct period *ret)
{
    const char *slash = strchr(text, '/');
    char from[PERIOD_NAME * 2];
    if (slash == NULL)
        return period_month(z, text, ret);
    int n = snprintf(from, sizeof from, "%.*s", (int)(slash - text), text);
    return n < (int)sizeof from && period_instant(z, from, false, &ret->from) &&
           period_instant(z, slash + 1, true, &ret->to) && ret->from < ret->to;
}

struct period period_days(const struct zone *z, ms_t first, ms_t last)
{
    return (struct period){day_start(z, day_of(z, first)), day_start(z, day_of(z, last) + 1)};
}

static bool starts_day(const struct zone *z, ms_t at)
{
    return zone_day_start(z, sec_floor(at)) * MS_SECOND == at;
}

static bool starts_month(const struct zone *z, ms_t at, struct civil *ret)
{
    *ret = civil_from_days(day_of(z, at));
    return starts_day(z, at) && ret->day == 1;
}

struct period period_ending(const struct zone *z, ms_t end, struct period like)
{
    struct civil from, to, at;
    bool months = starts_month(z, like.from, &from) && starts_month(z, like.to, &to);
    if (months && starts_month(z, end, &at)) {
        int32_t n = (to.year - from.year) * 12 + (int32_t)to.month - (int32_t)from.month;
        return (struct period){month_start(z, at.year, (int32_t)at.month - n), end};
    }
    if (starts_day(z, like.from) && starts_day(z, like.to) && starts_day(z, end)) {
        int64_t days = day_of(z, like.to) - day_of(z, like.from);
        return (struct period){day_start(z, day_of(z, end) - days), end};
    }
    return (struct period){end - (like.to - like.from), end};
}

struct period period_before(const struct zone *z, struct period p)
{
    return period_ending(z, p.from, p);
}

bool period_runs(struct period p, ms_t as_of)
{
    return p.to - as_of > (p.to - p.from) / 100;
}

ms_t period_alike(struct period p, ms_t as_of, struct period other)
{
    return period_runs(p, as_of) ? ms_min(other.to, other.from + (as_of - p.from))
                                 : other.to + (as_of - p.to);
}

enum period_step period_step(struct period p)
{
    ms_t days = (p.to - p.from + MS_DAY - 1) / MS_DAY;
    return days <= DAYS_STEP_MAX            ? STEP_DAY
           : days <= WEEKS_STEP_MAX * 7 + 1 ? STEP_WEEK
                                            : STEP_MONTH;
}

static ms_t next_edge(const struct zone *z, uint32_t week_start, enum period_step step, ms_t at)
{
    int64_t day = day_of(z, at);
    struct civil c = civil_from_days(day);
    switch (step) {
    case STEP_DAY: /* a day that a zone skips is no step */
        return zone_next_day_start(z, sec_floor(at)) * MS_SECOND;
    case STEP_WEEK:
        return day_start(z, day + 7 - (weekday_of_days(day) + 7 - week_start) % 7);
    case STEP_MONTH:
    case STEP_N:
        break;
    }
    return month_start(z, c.year, (int32_t)c.month + 1);
}

uint32_t period_steps(const struct zone *z, uint32_t week_start, struct period p,
                      enum period_step step, ms_t ret[PERIOD_STEPS_MAX + 1])
{
    uint32_t n = 0;
    ret[0] = p.from;
    while (ret[n] < p.to) {
        if (n == PERIOD_STEPS_MAX)
            return 0;
        ms_t next = next_edge(z, week_start, step, ret[n]);
        CHECK(next > ret[n]);
        ret[++n] = ms_min(next, p.to);
    }
    return n;
}

char *period_name(char buf[PERIOD_NAME], const struct zone *z, enum period_step step, ms_t at)
{
    struct civil c = civil_from_days(day_of(z, at));
    int n = snprintf(buf, PERIOD_NAME, "%04d-%02u", c.year, c.month);
    if (step != STEP_MONTH)
        snprintf(buf + n, PERIOD_NAME - (size_t)n, "-%02u", c.day);
    return buf;
}

/* The instant, as a date when it is a midnight; an end is the day that it ends. */
static void instant(char buf[PERIOD_NAME], const struct zone *z, ms_t at, bool end)
{
    bool midnight = starts_day(z, at);
    period_name(buf, z, STEP_DAY, midnight && end ? at - 1 : at);
    sec_t local = sec_floor(at) + zone_offset(z, sec_floor(at));
    uint32_t minute = (uint32_t)(local - floor_div(local, DAY_SECONDS) * DAY_SECONDS) / 60;
    size_t n = strlen(buf);
    if (!midnight)
        snprintf(buf + n, PERIOD_NAME - n, " %02u:%02u", minute / 60, minute % 60);
}

char *period_text(char buf[PERIOD_TEXT], const struct zone *z, struct period p)
{
    char from[PERIOD_NAME], to[PERIOD_NAME];
    struct civil a, b;
    bool months = starts_month(z, p.from, &a) && starts_month(z, p.to, &b);
    if (months && a.month == 1 && b.month == 1 && b.year == a.year + 1) {
        snprintf(buf, PERIOD_TEXT, "%04d", a.year);
        return buf;
    }
    if (months && (b.year - a.year) * 12 + (int32_t)b.month - (int32_t)a.month == 1) {
        snprintf(buf, PERIOD_TEXT, "%04d-%02u", a.year, a.month);
        return buf;
    }
    instant(from, z, p.from, false);
    instant(to, z, p.to, true);
    if (strcmp(from, to) == 0)
        snprintf(buf, PERIOD_TEXT, "%s", from);
    else
        snprintf(buf, PERIOD_TEXT, "%s … %s", from, to);
    return buf;
}

uint32_t period_hour(const struct zone *z, ms_t at)
{
    sec_t local = sec_floor(at) + zone_offset(z, sec_floor(at));
    return (uint32_t)((local - floor_div(local, DAY_SECONDS) * DAY_SECONDS) / 3600);
}
