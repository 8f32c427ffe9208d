#include "core/zone.h"

enum { DAY_SECONDS = 86400 }; /* of a civil day without shifts; local time counts so */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t days_from_civil(struct civil c)
{
    int64_t year = c.month <= 2 ? c.year - 1 : c.year;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((int64_t)c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil civil_from_days(int64_t days)
{
    days += 719468; /* years begin on March 1st here, so the leap day is the last */
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 = March */
    struct civil c = {
        .day = (uint32_t)(day_of_year - (153 * month + 2) / 5 + 1),
        .month = (uint32_t)(month < 10 ? month + 3 : month - 9),
    };
    c.year = (int32_t)(year_of_era + era * 400 + (c.month <= 2));
    return c;
}

uint32_t weekday_of_days(int64_t days)
{
    return (uint32_t)(days + 3 - floor_div(days + 3, 7) * 7); /* 1970-01-01 was a Thursday */
}

/* The stretch of constant offset that holds `at`: index of its shift, 0 for before the first. */
static uint32_t stretch_of(const struct zone *z, sec_t at)
{
    uint32_t low = 0, high = z->n; /* shift[low].at <= at < shift[high].at, but for low = 0 */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (z->shift[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset(const struct zone *z, sec_t at)
{
    return z->n == 0 ? 0 : z->shift[stretch_of(z, at)].offset;
}

static int64_t local_date(const struct zone *z, sec_t at)
{
    return floor_div(at + zone_offset(z, at), DAY_SECONDS);
}

/* The first instant whose local date is `days` or later. */
static sec_t date_start(const struct zone *z, int64_t days)
{
    sec_t local = days * DAY_SECONDS; /* local midnight, as if it were UTC */
    if (z->n == 0)
        return local;
    /* Local time is never two days from UTC: begin before anything that could be it. */
    for (uint32_t i = stretch_of(z, local - 2 * DAY_SECONDS);; i++) {
        sec_t from = i == 0 ? INT64_MIN : z->shift[i].at;
        sec_t midnight = local - z->shift[i].offset;
        sec_t first = midnight > from ? midnight : from;
        if (i + 1 == z->n || first < z->shift[i + 1].at)
            return first;
    }
}

/* The local day that runs at `at`: the latest one that has begun. */
static int64_t running_day(const struct zone *z, sec_t at)
{
    int64_t day = local_date(z, at);
    return date_start(z, day + 1) <= at ? day + 1 : day;
}

sec_t zone_day_start(const struct zone *z, sec_t at)
{
    return date_start(z, running_day(z, at));
}

sec_t zone_week_start(const struct zone *z, sec_t at, uint32_t week_start)
{
    CHECK(week_start < 7);
    int64_t day = running_day(z, at);
    return date_start(z, day - (weekday_of_days(day) + 7 - week_start) % 7);
}

sec_t zone_month_start(const struct zone *z, sec_t at)
{
    struct civil c = civil_from_days(running_day(z, at));
    c.day = 1;
    return date_start(z, days_from_civil(c));
}

sec_t zone_next_day_start(const struct zone *z, sec_t at)
{
    return date_start(z, running_day(z, at) + 1);
}
