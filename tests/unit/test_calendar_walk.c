/* calendar: against a walk along the wall clock, step by step, in ten zones and some that no
 * country has. TP_SEED and TP_ROUNDS make it another or a longer one. */
#include "core/calendar.h"

#include "daemon/tz.h"
#include "tests/lib/calendar_oracle.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#define SEC_FIRST (MS_MIN_TS / MS_SECOND)
#define SEC_END (MS_MAX_TS / MS_SECOND)
enum {
    TZ_NAME_MAX = 32,
    DAY = 86400,
    FROM_YEAR = 2009,
    TO_YEAR = 2033,
    WALK = 4 * DAY / 60, /* minutes: two days around */
    WALK_MAX = 1 << 20,
};

static const char zones[][TZ_NAME_MAX] = {
    "Europe/Berlin",       "America/New_York", "America/Sao_Paulo", "Asia/Shanghai", "Asia/Kolkata",
    "Australia/Lord_Howe", "Pacific/Apia",     "Africa/Casablanca", "Asia/Tehran",   "UTC",
};

static struct calendar_setting s;
static struct calendar cal;

static void zone(const char *name)
{
    const char *why = NULL;
    cr_assert_eq(tz_compile(name, &s.zone, &why), 0, "%s: %s", name, why);
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

static sec_t new_year(int32_t year)
{
    return days_from_civil((struct civil){year, 1, 1}) * DAY;
}

static uint64_t wanted(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text == NULL ? usual : strtoull(text, NULL, 10);
}

/* As cr_assert_eq, which is slow for millions. */
static void same(const char *what, sec_t at, ms_t got, ms_t expected)
{
    if (got != expected)
        cr_assert_fail("%s: %lld, expected %lld, at %lld", what, (long long)got,
                       (long long)expected, (long long)at);
}

/* sum: open ms of each of n steps from `from` on. Every x that a step reaches, by definition. */
static void check_inverses(sec_t from, uint32_t n, sec_t step, const ms_t *sum)
{
    ms_t base = calendar_open(&cal, from * MS_SECOND);
    uint32_t first = 0, last = 0; /* step at which x is reached; last at which it is not passed */
    for (ms_t x = 0; x <= sum[n]; x += step * MS_SECOND) {
        while (sum[first] < x)
            first++;
        while (last < n && sum[last + 1] <= x)
            last++;
        ms_t due_at = (from + first * step) * MS_SECOND;
        ms_t breach_at = (from + last * step) * MS_SECOND;
        if (x > 0) {
            same("due", from, calendar_due(&cal, base + x), due_at);
            same("breach before", from, calendar_breach(&cal, base + x - 1), due_at - 1);
        }
        if (x < sum[n]) {
            same("breach", from, calendar_breach(&cal, base + x), breach_at);
            same("due after", from, calendar_due(&cal, base + x + 1), breach_at + 1);
        }
    }
}

/* Nothing but the wall clock, looked at in every step. */
static void walk(struct random *r, sec_t from, uint32_t n, sec_t step)
{
    static ms_t sum[WALK_MAX + 1];
    ms_t base = calendar_open(&cal, from * MS_SECOND);
    cr_assert_leq(n, WALK_MAX);
    for (uint32_t i = 0; i < n; i++) {
        sec_t at = from + i * step;
        bool open = calendar_oracle_is_open(&s, at);
        ms_t inside = random_range(r, 0, step * MS_SECOND);
        ms_t within = at * MS_SECOND + ms_min(inside, step * MS_SECOND - 1);
        same("is open", at, calendar_is_open(&cal, within), open);
        same("open", at, calendar_open(&cal, at * MS_SECOND + inside) - base,
             sum[i] + (open ? inside : 0));
        sum[i + 1] = sum[i] + (open ? step * MS_SECOND : 0);
    }
    check_inverses(from, n, step, sum);
}

/* Any x and t of the century: what holds by definition. */
static void check_anywhere(struct random *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        ms_t x = random_range(r, 1, cal.total - 1);
        ms_t d = calendar_due(&cal, x), b = calendar_breach(&cal, x);
        cr_assert_leq(d, b);
        same("B(due)", 0, calendar_open(&cal, d), x);
        same("B(due - 1)", 0, calendar_open(&cal, d - 1), x - 1);
        same("B(breach)", 0, calendar_open(&cal, b), x);
        same("B(breach + 1)", 0, calendar_open(&cal, b + 1), x + 1);
        ms_t t = random_range(r, MS_MIN_TS, MS_MAX_TS), later = random_range(r, t, MS_MAX_TS);
        ms_t between = calendar_open(&cal, later) - calendar_open(&cal, t);
        cr_assert(between >= 0 && between <= later - t);
        ms_t edge = calendar_edge(&cal, t);
        bool open = calendar_is_open(&cal, t);
        cr_assert_eq(open, calendar_open(&cal, t + 1) > calendar_open(&cal, t));
        cr_assert_gt(edge, t);
        same("B at the edge", 0, calendar_open(&cal, edge) - calendar_open(&cal, t),
             open ? ms_min(edge, MS_MAX_TS) - t : 0);
        cr_assert(edge >= MS_MAX_TS || calendar_is_open(&cal, edge) != open);
    }
}

static sec_t minute(sec_t at)
{
    return at - at % 60;
}

ParameterizedTestParameters(calendar, is_the_wall_clock_minute_by_minute)
{
    return cr_make_param_array(char[TZ_NAME_MAX], (void *)zones, ARRAY_LEN(zones));
}

ParameterizedTest(char name[TZ_NAME_MAX], calendar, is_the_wall_clock_minute_by_minute)
{
    sec_t from = new_year(FROM_YEAR), to = new_year(TO_YEAR);
    zone(name);
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 3); i++) {
        struct random r = {wanted("TP_SEED", 1) + i};
        bool all = i % 3 == 0; /* the years in one go, with all edges on quarters of an hour */
        calendar_oracle_random(&r, all ? 900 : 60, &s);
        compile();
        check_anywhere(&r, 1000);
        if (all)
            walk(&r, from, (uint32_t)((to - from) / 900), 900);
        for (uint32_t z = 0; z < s.zone.n; z++)
            if (s.zone.shift[z].at >= from && s.zone.shift[z].at < to)
                walk(&r, minute(s.zone.shift[z].at) - 2 * DAY, WALK, 60);
        for (uint32_t days = 0; days < 20; days++)
            walk(&r, minute(random_range(&r, from, to)), WALK, 60);
        walk(&r, SEC_FIRST - DAY, WALK, 60);
        walk(&r, SEC_END - 3 * DAY, WALK, 60);
    }
}

Test(calendar, is_the_wall_clock_second_by_second)
{
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 4); i++) {
        struct random r = {wanted("TP_SEED", 1000) + i};
        zone(i % 2 == 0 ? "Europe/Berlin" : "Australia/Lord_Howe");
        calendar_oracle_random(&r, 1, &s);
        compile();
        sec_t shift = s.zone.shift[random_range(&r, 1, s.zone.n - 1)].at;
        walk(&r, shift - DAY, 2 * DAY, 1);
    }
}

/* Shifts minutes or days apart, forth and back by up to a day: nothing depends on good manners. */
Test(calendar, is_the_wall_clock_in_wild_zones)
{
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 60); i++) {
        struct random r = {wanted("TP_SEED", 2000) + i};
        sec_t at = new_year(2020) + 50 * DAY;
        s.zone.n = (uint32_t)random_range(&r, 1, 12);
        for (uint32_t z = 0; z < s.zone.n; z++) {
            s.zone.shift[z].at = at += random_range(&r, 1, random_percent(&r, 30) ? 90 : 2880) * 60;
            s.zone.shift[z].offset = (int32_t)random_range(&r, -14 * 60, 14 * 60) * 60;
        }
        calendar_oracle_random(&r, 60, &s);
        compile();
        walk(&r, s.zone.shift[0].at - 2 * DAY, (uint32_t)(at - s.zone.shift[0].at) / 60 + WALK, 60);
        check_anywhere(&r, 200);
    }
}

Test(calendar, as_many_hours_as_there_can_be)
{
    zone("America/New_York");
    s.hours = s.specials = 0;
    for (int32_t i = 0; i < CALENDAR_HOURS_MAX; i++)
        s.hour[s.hours++] = (struct calendar_hours){0x7F, i * 1320, i * 1320 + 60 + i};
    for (int32_t i = 0; i < CALENDAR_SPECIALS_MAX; i++)
        s.special[s.specials++] =
            (struct calendar_special){16000 + i / 32, i % 32 * 1800, i % 32 * 1800 + 900 + i % 900};
    compile();
    struct random r = {7};
    check_anywhere(&r, 20000);
    walk(&r, 16000 * DAY - DAY, 4 * DAY, 1);
}
