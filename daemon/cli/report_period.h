/* report_period.h: the days, weeks and months of a report, by the clocks of the site's zone.
 *
 * A period is [from, to). Dates are local days; nothing adds 86,400 s. */
#ifndef TP_DAEMON_CLI_REPORT_PERIOD_H
#define TP_DAEMON_CLI_REPORT_PERIOD_H

#include "core/settings.h"

struct period {
    ms_t from, to; /* [from, to) */
};

enum period_step { STEP_DAY, STEP_WEEK, STEP_MONTH, STEP_N };

enum { PERIOD_STEPS_MAX = 400, PERIOD_NAME = 32 };

/* "2012-10", "2012". false: neither. */
bool period_month(const struct zone *z, const char *text, struct period *ret);

/* "2012-10-01" is that local day's start, or with `end` its end; else ms or ISO 8601. */
bool period_instant(const struct zone *z, const char *text, bool end, ms_t *ret);

/* From the start of the first instant's day to the end of the last one's. */
struct period period_days(const struct zone *z, ms_t first, ms_t last);

/* What went before and is as long: as many months when it is whole months, else as many days when
 * it is whole days, else as many milliseconds. */
struct period period_before(const struct zone *z, struct period p);

/* Likewise, but ends at any instant. */
struct period period_ending(const struct zone *z, ms_t end, struct period like);

/* Is clearly more of it to come: more than a hundredth? Last events are seldom at the very end. */
bool period_runs(struct period p, ms_t as_of);

/* As of when another period is known as well as this one: as long before or after its end; while
 * this one runs, as long after its beginning, at most its whole. */
ms_t period_alike(struct period p, ms_t as_of, struct period other);

/* "2012-10", or "2012-10-01/2012-10-14" of instants, both included. false: neither. */
bool period_read(const struct zone *z, const char *text, struct period *ret);

/* Days up to 62 of them, then weeks, then months. */
enum period_step period_step(struct period p);

/* Edges of the steps, the first and last cut to the period: ret[0] = from, ret[n] = to. Returns n;
 * 0 when there would be more than PERIOD_STEPS_MAX. */
uint32_t period_steps(const struct zone *z, uint32_t week_start, struct period p,
                      enum period_step step, ms_t ret[PERIOD_STEPS_MAX + 1]);

/* "2012-10-03", "2012-10" of the local day or month that begins there. Returns buf. */
char *period_name(char buf[PERIOD_NAME], const struct zone *z, enum period_step step, ms_t at);

/* "2012-10", "2012-10-01 … 2012-10-14", with times when they are no midnights. Returns buf. */
enum { PERIOD_TEXT = 96 };
char *period_text(char buf[PERIOD_TEXT], const struct zone *z, struct period p);

/* Local hour of the day, 0..23. */
uint32_t period_hour(const struct zone *z, ms_t at);

#endif
