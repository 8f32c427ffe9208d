/* Periods by local clocks: months, days of 23 and 25 hours, steps, what went before. */
#include "daemon/cli/report_period.h"

#include "daemon/tz.h"

#include <criterion/criterion.h>

static struct zone zone_of(const char *name)
{
    struct zone z;
    const char *why;
    cr_assert_eq(tz_compile(name, &z, &why), 0, "%s", why);
    return z;
}

static ms_t at(const struct zone *z, const char *text)
{
    ms_t ms;
    cr_assert(period_instant(z, text, false, &ms), "%s", text);
    return ms;
}

Test(report_period, months_and_years)
{
    struct zone utc = zone_of("UTC"), berlin = zone_of("Europe/Berlin");
    struct period p;
    cr_assert(period_month(&utc, "2012-10", &p));
    cr_assert(p.from == 1349049600000 && p.to == 1351728000000);
    cr_assert(period_month(&berlin, "2012-10", &p)); /* one hour more: summer time ends */
    cr_assert(p.from == 1349042400000 && p.to == 1351724400000);
    cr_assert_eq(p.to - p.from, 31 * MS_DAY + MS_HOUR);
    cr_assert(period_month(&utc, "2012-12", &p) && p.to == at(&utc, "2013-01-01"));
    cr_assert(period_month(&utc, "2012", &p));
    cr_assert(p.from == at(&utc, "2012-01-01") && p.to == at(&utc, "2013-01-01"));
    static const char *const none[] = {"",           "2012-13", "2012-00", "12-10", "2012-1",
                                       "2012-10-01", "1999",    "2012/10", "abcd"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        cr_assert(!period_month(&utc, none[i], &p), "%s", none[i]);
}

Test(report_period, instants)
{
    struct zone shanghai = zone_of("Asia/Shanghai");
    ms_t ms;
    cr_assert_eq(at(&shanghai, "2026-02-06"), 1770307200000);
    cr_assert(period_instant(&shanghai, "2026-02-06", true, &ms) && ms == 1770307200000 + MS_DAY);
    cr_assert_eq(at(&shanghai, "2026-02-06T08:00:00+08:00"), 1770336000000);
    cr_assert_eq(at(&shanghai, "1770336000000"), 1770336000000);
    static const char *const none[] = {"",      "2026-02-29", "2026-2-6",  "2026-04-31",
                                       "today", "1770336000", "2026-00-10"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        cr_assert(!period_instant(&shanghai, none[i], false, &ms), "%s", none[i]);
}

Test(report_period, what_went_before)
{
    struct zone z = zone_of("Europe/Berlin");
    struct period p, before;
    cr_assert(period_month(&z, "2026-03", &p));
    before = period_before(&z, p);
    cr_assert(before.from == at(&z, "2026-02-01") && before.to == p.from);
    cr_assert(period_month(&z, "2026-01", &p));
    cr_assert_eq(period_before(&z, p).from, at(&z, "2025-12-01"));
    cr_assert(period_month(&z, "2024", &p));
    cr_assert_eq(period_before(&z, p).from, at(&z, "2023-01-01"));
    p = (struct period){at(&z, "2026-01-01"), at(&z, "2026-04-01")}; /* a quarter */
    cr_assert_eq(period_before(&z, p).from, at(&z, "2025-10-01"));
    p = (struct period){at(&z, "2026-03-30"), at(&z, "2026-04-06")}; /* across a day of 23 h */
    cr_assert_eq(period_before(&z, p).from, at(&z, "2026-03-23"));
    p = (struct period){1000000000000, 1000000005000};
    cr_assert_eq(period_before(&z, p).from, 1000000000000 - 5000);
}

static void steps(const struct zone *z, const char *from, const char *to, enum period_step step,
                  uint32_t want, const char *second)
{
    ms_t edge[PERIOD_STEPS_MAX + 1];
    struct period p = {at(z, from), at(z, to)};
    uint32_t n = period_steps(z, 0, p, step, edge);
    cr_assert_eq(n, want, "%u", n);
    cr_assert(edge[0] == p.from && edge[n] == p.to);
    cr_assert_eq(edge[1], at(z, second));
    for (uint32_t i = 0; i < n; i++)
        cr_assert_lt(edge[i], edge[i + 1]);
}

Test(report_period, steps)
{
    struct zone z = zone_of("Europe/Berlin"), apia = zone_of("Pacific/Apia");
    ms_t edge[PERIOD_STEPS_MAX + 1];
    steps(&z, "2026-03-01", "2026-04-01", STEP_DAY, 31, "2026-03-02");
    steps(&z, "2026-10-01", "2026-11-01", STEP_DAY, 31, "2026-10-02");
    steps(&z, "2012-01-01", "2013-01-01", STEP_WEEK, 54, "2012-01-02"); /* a Sunday before */
    steps(&z, "2012-01-15", "2012-03-01", STEP_MONTH, 2, "2012-02-01");
    steps(&apia, "2011-12-28", "2012-01-02", STEP_DAY, 4, "2011-12-29"); /* the 30th was not */
    struct period longer = {at(&z, "2020-01-01"), at(&z, "2022-01-01")};
    cr_assert_eq(period_steps(&z, 0, longer, STEP_DAY, edge), 0);
    cr_assert_eq(period_step((struct period){0, 31 * MS_DAY}), STEP_DAY);
    cr_assert_eq(period_step((struct period){0, 366 * MS_DAY}), STEP_WEEK);
    cr_assert_eq(period_step((struct period){0, 1500 * MS_DAY}), STEP_MONTH);
}

Test(report_period, names)
{
    struct zone z = zone_of("Asia/Shanghai");
    char name[PERIOD_NAME], text[PERIOD_TEXT];
    struct period p;
    cr_assert_str_eq(period_name(name, &z, STEP_DAY, at(&z, "2026-02-06")), "2026-02-06");
    cr_assert_str_eq(period_name(name, &z, STEP_MONTH, at(&z, "2026-02-01")), "2026-02");
    cr_assert(period_month(&z, "2026-02", &p));
    cr_assert_str_eq(period_text(text, &z, p), "2026-02");
    cr_assert(period_month(&z, "2026", &p));
    cr_assert_str_eq(period_text(text, &z, p), "2026");
    p = period_days(&z, at(&z, "2026-02-06") + MS_HOUR, at(&z, "2026-02-08") + 5);
    cr_assert_str_eq(period_text(text, &z, p), "2026-02-06 … 2026-02-08");
    p = period_days(&z, p.from, p.from);
    cr_assert_str_eq(period_text(text, &z, p), "2026-02-06");
    p.to -= MS_HOUR;
    cr_assert_str_eq(period_text(text, &z, p), "2026-02-06 … 2026-02-06 23:00");
    cr_assert_eq(period_hour(&z, at(&z, "2026-02-06") + 13 * MS_HOUR + 59 * MS_MINUTE), 13);
}

/* March is longer than February and April: both as of alike, whichever is reported. */
Test(report_period, both_known_alike)
{
    static const struct zone utc = {.n = 1};
    struct period february, march, april;
    cr_assert(period_month(&utc, "2026-02", &february) && period_month(&utc, "2026-03", &march) &&
              period_month(&utc, "2026-04", &april));
    static const struct {
        const char *now, *then; /* as of, of March; February so */
    } cases[] = {
        {"2026-03-10", "2026-02-10"}, {"2026-03-28", "2026-02-28"}, {"2026-03-30", "2026-03-01"},
        {"2026-04-01", "2026-03-01"}, {"2026-04-05", "2026-03-05"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_assert_eq(period_alike(march, at(&utc, cases[i].now) + 5, february) -
                         at(&utc, cases[i].then),
                     i == 2 ? 0 : 5, "%s", cases[i].now);
    ms_t evening = april.to - (april.to - april.from) / 100; /* nothing much follows: its end */
    cr_assert(period_runs(april, evening - 1) && !period_runs(april, evening));
    cr_assert_eq(period_alike(april, evening - 1, march),
                 march.to - MS_DAY - (april.to - evening) - 1);
    cr_assert_eq(period_alike(april, evening, march), march.to - (april.to - evening));
    cr_assert_eq(period_alike(april, april.to, march), march.to);
    cr_assert_lt(period_alike(april, april.from - 1, march), march.from);
}

Test(report_period, reads_a_month_or_two_days)
{
    static const struct zone utc = {.n = 1};
    struct period p;
    cr_assert(period_read(&utc, "2026-02", &p));
    cr_assert_eq(p.from, 1769904000000);
    cr_assert_eq(p.to, 1772323200000);
    cr_assert(period_read(&utc, "2026-02-01/2026-02-28", &p));
    cr_assert(p.from == 1769904000000 && p.to == 1772323200000);
    cr_assert(period_read(&utc, "2026-02-01T10:00:00Z/1769947200000", &p));
    cr_assert(p.from == 1769940000000 && p.to == 1769947200000);
    static const char *const wrong[] = {"",
                                        "/",
                                        "2026-02-01",
                                        "2026-02-02/2026-02-01",
                                        "2026-02/x",
                                        "x/2026-02-01",
                                        "2026-02-30/2026-03-01"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        cr_assert_not(period_read(&utc, wrong[i], &p), "%s", wrong[i]);
}
