/* calendar_oracle.h: business hours the naive way: look at the wall clock at one instant. */
#ifndef TP_TESTS_CALENDAR_ORACLE_H
#define TP_TESTS_CALENDAR_ORACLE_H

#include "core/calendar.h"
#include "tests/lib/random.h"

/* Whether the wall clock shows open hours then: those of its date, or of the date before when
 * they pass midnight. Nothing is open outside 2000 to 2100. */
bool calendar_oracle_is_open(const struct calendar_setting *s, sec_t at);

/* Random hours and specials; edges are multiples of `grid` seconds (of 60 or below) after
 * midnight. Overnight hours, 24 hours, days that meet, specials on the days of zone shifts and
 * around; never what does not compile. Zone and names stay. */
void calendar_oracle_random(struct random *r, int32_t grid, struct calendar_setting *s);

#endif
