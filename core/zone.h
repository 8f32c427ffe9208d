/* zone.h: local days, weeks and months of the site's zone, as UTC seconds.
 *
 * The zone is data (struct zone); nothing here knows rules. A local day begins at the first
 * instant whose local date is that day or later: where midnight does not exist (clocks go
 * forward at 00:00) at the first second that does, and a day that a site skips (Apia 2011-12-30)
 * has no length. Once a day has begun it does not end by clocks going back over midnight, so the
 * starts never go back in time. Days are 23 to 25 h long, or others; nothing adds 86,400 s.
 * Civil dates after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#ifndef TP_CORE_ZONE_H
#define TP_CORE_ZONE_H

#include "core/settings.h"

/* Seconds east of UTC at that instant. Before the first shift: its offset; without any: 0. */
int32_t zone_offset(const struct zone *z, sec_t at);

/* The first second of the local day, week (week_start: 0 = Monday … 6 = Sunday), month that
 * contains `at`. */
sec_t zone_day_start(const struct zone *z, sec_t at);
sec_t zone_week_start(const struct zone *z, sec_t at, uint32_t week_start);
sec_t zone_month_start(const struct zone *z, sec_t at);

/* The first second of the next local day: the next instant at which any of the above changes. */
sec_t zone_next_day_start(const struct zone *z, sec_t at);

/* A civil date of the proleptic Gregorian calendar. */
struct civil {
    int32_t year;
    uint32_t month; /* 1..12 */
    uint32_t day;   /* 1..31 */
};

/* Days since 1970-01-01, and back. */
int64_t days_from_civil(struct civil c);
struct civil civil_from_days(int64_t days);

/* 0 = Monday … 6 = Sunday. */
uint32_t weekday_of_days(int64_t days);

#endif
