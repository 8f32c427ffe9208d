#include "daemon/calendars.h"

#include "daemon/holidays.h"
#include "daemon/tz.h"

#include <stdio.h>
#include <stdlib.h>

enum { WEEKDAYS = 7, DAY_SECONDS = 86400, PATH_BYTES = 1024 };

static const char *const weekdays[WEEKDAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* A calendar while it is read. */
struct draft {
    struct calendar_setting *calendar;
    uint32_t days;          /* of `hours`: to which weekdays the interval at hand belongs */
    uint32_t said;          /* weekdays that had their key already */
    int32_t date;           /* of `special`: likewise */
    struct holidays closed; /* all of `holidays` */
};

struct sla_setting *calendars_open(const struct reading *r)
{
    struct config *c = r->config;
    if (c->sla != NULL)
        return c->sla;
    c->sla = calloc(1, sizeof *c->sla);
    if (c->sla == NULL) {
        refuse(r, "no memory");
        return NULL;
    }
    struct calendar_setting *always = &c->sla->calendar[CALENDAR_ALWAYS];
    const char *why = NULL;
    memcpy(always->id, "always", sizeof "always");
    memcpy(always->zone_name, "UTC", sizeof "UTC");
    int err = tz_compile("UTC", &always->zone, &why);
    CHECK(err == 0);
    always->hours = 1;
    always->hour[0] = (struct calendar_hours){(1 << WEEKDAYS) - 1, 0, DAY_SECONDS};
    c->sla->calendars = 1;
    return c->sla;
}

/* --- texts ---------------------------------------------------------------------------------- */

/* So many digits; moves on. */
static bool digits(struct str *text, uint32_t n, int32_t *ret)
{
    int32_t v = 0;
    if (text->len < n)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (text->p[i] < '0' || text->p[i] > '9')
            return false;
        v = v * 10 + (text->p[i] - '0');
    }
    text->p += n;
    text->len -= n;
    *ret = v;
    return true;
}

static bool skip(struct str *text, char c)
{
    if (text->len == 0 || text->p[0] != c)
        return false;
    text->p++;
    text->len--;
    return true;
}

bool date_parse(struct str text, int32_t *ret)
{
    int32_t year, month, day;
    if (!digits(&text, 4, &year) || !skip(&text, '-') || !digits(&text, 2, &month) ||
        !skip(&text, '-') || !digits(&text, 2, &day) || text.len > 0 || month < 1 || month > 12)
        return false;
    struct civil c = {year, (uint32_t)month, (uint32_t)day};
    int64_t days = days_from_civil(c);
    struct civil back = civil_from_days(days);
    if (back.month != c.month || back.day != c.day) /* 2026-02-30 */
        return false;
    *ret = (int32_t)days;
    return true;
}

/* "9:30", "09:30", "24:00" in seconds. */
static bool time_parse(struct str *text, int32_t *ret)
{
    int32_t hour, minute;
    bool two = text->len > 1 && text->p[1] != ':';
    if (!digits(text, two ? 2 : 1, &hour) || !skip(text, ':') || !digits(text, 2, &minute))
        return false;
    *ret = hour * 3600 + minute * 60;
    return minute < 60 && *ret <= DAY_SECONDS;
}

const char *hours_parse(struct str text, int32_t *ret_from, int32_t *ret_to)
{
    int32_t from, to;
    if (!time_parse(&text, &from) || !skip(&text, '-') || !time_parse(&text, &to) || text.len > 0)
        return "is no interval; write \"09:00-17:00\", times from 00:00 to 24:00";
    if (from == to)
        return "is empty; \"00:00-24:00\" is a whole day, `closed` is none of it";
    if (from == DAY_SECONDS)
        return "begins when the day is over; write it for the next day, from 00:00 on";
    *ret_from = from;
    *ret_to = to > from ? to : to + DAY_SECONDS;
    return NULL;
}

/* --- weekly hours --------------------------------------------------------------------------- */

/* A weekday of both on which they overlap, also over midnight; -1 when there is none. */
static int overlap(const struct calendar_hours *a, const struct calendar_hours *b)
{
    for (int i = 0; i < WEEKDAYS * WEEKDAYS; i++) {
        int day = i / WEEKDAYS, other = i % WEEKDAYS;
        int apart = (other - day + WEEKDAYS) % WEEKDAYS;
        if ((a->days >> day & 1) == 0 || (b->days >> other & 1) == 0)
            continue;
        if (apart == 0 && a->from < b->to && b->from < a->to)
            return day;
        if (apart == 1 && a->to - DAY_SECONDS > b->from)
            return other;
        if (apart == WEEKDAYS - 1 && b->to - DAY_SECONDS > a->from)
            return day;
    }
    return -1;
}

/* "09:00-17:00", or "closed", which adds nothing. */
static bool read_interval(struct reading *r, int32_t *ret_from, int32_t *ret_to)
{
    struct str text = r->node->text;
    if (r->node->kind != TREE_SCALAR)
        return refuse(r, "an interval such as \"09:00-17:00\" is wanted here, or a list of them");
    *ret_from = *ret_to = 0;
    if (str_equal(text, str_of("closed")))
        return true;
    const char *wrong = hours_parse(text, ret_from, ret_to);
    return wrong == NULL || refuse(r, "'%s' %s", text.p, wrong);
}

static bool read_weekly(struct reading *r, uint32_t i, void *item)
{
    struct draft *d = item;
    struct calendar_setting *c = d->calendar;
    struct calendar_hours h = {(uint8_t)d->days, 0, 0};
    (void)i;
    if (!read_interval(r, &h.from, &h.to))
        return false;
    if (h.to == 0)
        return true;
    for (uint32_t k = 0; k < c->hours; k++) {
        int day = overlap(&c->hour[k], &h);
        if (day >= 0)
            return refuse(r, "'%s' overlaps other hours on %s; change one of them", r->node->text.p,
                          weekdays[day]);
    }
    if (c->hours == CALENDAR_HOURS_MAX)
        return refuse(r, "more than %d intervals in a week; remove some", CALENDAR_HOURS_MAX);
    c->hour[c->hours++] = h;
    return true;
}

static int weekday_find(struct str name)
{
    for (int i = 0; i < WEEKDAYS; i++)
        if (str_equal(name, str_of(weekdays[i])))
            return i;
    return -1;
}

/* "mon", "mon-fri", "fri-mon", "daily" as bits; 0 when it is none of them. */
static uint32_t days_parse(struct str text)
{
    uint32_t days = 0;
    if (str_equal(text, str_of("daily")))
        return (1 << WEEKDAYS) - 1;
    int from = weekday_find((struct str){text.p, text.len < 3 ? text.len : 3}), to = from;
    if (text.len == 7 && text.p[3] == '-')
        to = weekday_find((struct str){text.p + 4, 3});
    else if (text.len != 3)
        return 0;
    if (from < 0 || to < 0)
        return 0;
    for (int day = from; day != to; day = (day + 1) % WEEKDAYS)
        days |= 1u << day;
    return days | 1u << to;
}

static bool read_weekdays(struct reading *r, void *item)
{
    struct draft *d = item;
    d->days = days_parse(r->node->key);
    if (d->days == 0)
        return refuse(r, "'%s' is no weekday; write mon to sun, mon-fri or daily", r->node->key.p);
    for (int day = 0; day < WEEKDAYS; day++)
        if ((d->said & d->days) >> day & 1)
            return refuse(r, "%s has its hours above already; write each day's once, as a list",
                          weekdays[day]);
    d->said |= d->days;
    return entries_read(r, CALENDAR_HOURS_MAX, read_weekly, d);
}

/* --- members -------------------------------------------------------------------------------- */

static bool read_id(struct reading *r, void *item)
{
    struct draft *d = item;
    const struct sla_setting *sla = r->config->sla;
    char *id = d->calendar->id;
    if (!read_text(r, id, sizeof d->calendar->id))
        return false;
    if (id[0] == 0)
        return refuse(r, "empty; give the calendar a name, policies refer to it");
    if (strcmp(id, sla->calendar[CALENDAR_ALWAYS].id) == 0)
        return refuse(r, "`%s` is built in, open all the time; choose another name", id);
    for (const struct calendar_setting *c = sla->calendar; c < d->calendar; c++)
        if (strcmp(c->id, id) == 0)
            return refuse(r, "two calendars are called %s; rename one", id);
    return true;
}

static bool read_zone(struct reading *r, void *item)
{
    struct draft *d = item;
    struct calendar_setting *c = d->calendar;
    const char *why = NULL;
    return read_text(r, c->zone_name, sizeof c->zone_name) &&
           (tz_compile(c->zone_name, &c->zone, &why) == 0 ||
            refuse(r, "'%s': %s", c->zone_name, why));
}

static bool read_hours(struct reading *r, void *item)
{
    struct draft *d = item;
    if (r->node->kind == TREE_SCALAR && str_equal(r->node->text, str_of("always"))) {
        d->calendar->hours = 1;
        d->calendar->hour[0] = (struct calendar_hours){(1 << WEEKDAYS) - 1, 0, DAY_SECONDS};
        return true;
    }
    if (r->node->kind != TREE_MAP)
        return refuse(r, "weekdays are wanted here; write {mon-fri: \"09:00-17:00\"} or always");
    return map_read(r, read_weekdays, d);
}

/* A date that a calendar reaches. */
static bool read_date(const struct reading *r, struct str text, int32_t *ret)
{
    if (!date_parse(text, ret))
        return refuse(r, "'%s' is no date; write \"2026-12-24\"", text.p);
    if (*ret < HOLIDAYS_FIRST || *ret >= HOLIDAYS_END)
        return refuse(r, "%s is outside of 2000-01-01 to 2099-12-31; correct it", text.p);
    return true;
}

static bool is_file(struct str name)
{
    return name.len > 4 && memcmp(name.p + name.len - 4, ".ics", 4) == 0;
}

/* A relative name lies beside the configuration file. */
static bool read_ics(struct reading *r, struct draft *d)
{
    char path[PATH_BYTES];
    struct tree_error why;
    if (strcmp(r->tree->name, CONFIG_NO_FILE) == 0)
        return refuse(r, "no file can be named here; write its dates out");
    return read_path(r, path, sizeof path) &&
           (holidays_read(&d->closed, path, &why) || refuse(r, "%s", why.text));
}

static bool read_holiday(struct reading *r, uint32_t i, void *item)
{
    struct draft *d = item;
    int32_t date = 0;
    (void)i;
    if (r->node->kind != TREE_SCALAR)
        return refuse(r, "a date or an .ics file is wanted here; write [\"2026-12-25\", de.ics]");
    if (is_file(r->node->text))
        return read_ics(r, d);
    if (!read_date(r, r->node->text, &date))
        return false;
    holidays_add(&d->closed, date);
    return true;
}

static bool read_holidays(struct reading *r, void *item)
{
    return entries_read(r, CALENDAR_SPECIALS_MAX, read_holiday, item);
}

static bool too_many(const struct reading *r)
{
    return refuse(r,
                  "more than %d special days and holidays from 2000 to 2099; end repetitions "
                  "with UNTIL or remove some",
                  CALENDAR_SPECIALS_MAX);
}

static bool read_dated(struct reading *r, uint32_t i, void *item)
{
    struct draft *d = item;
    struct calendar_setting *c = d->calendar;
    struct calendar_special s = {.date = d->date};
    (void)i;
    if (!read_interval(r, &s.from, &s.to))
        return false;
    for (uint32_t k = c->specials; k > 0 && c->special[k - 1].date == s.date; k--) {
        const struct calendar_special *other = &c->special[k - 1];
        if (other->to == 0 || s.to == 0)
            return refuse(r, "closed and open on the same date; write one of them");
        if (s.from < other->to && other->from < s.to)
            return refuse(r, "'%s' overlaps other hours of this date; change one of them",
                          r->node->text.p);
    }
    if (c->specials == CALENDAR_SPECIALS_MAX)
        return too_many(r);
    c->special[c->specials++] = s;
    return true;
}

static bool read_special_date(struct reading *r, void *item)
{
    struct draft *d = item;
    if (!read_date(r, r->node->key, &d->date))
        return false;
    if (r->node->kind == TREE_LIST && r->node->first == NULL)
        return refuse(r, "an empty list; write `closed` or an interval");
    return entries_read(r, CALENDAR_HOURS_MAX, read_dated, d);
}

static bool read_special(struct reading *r, void *item)
{
    if (r->node->kind != TREE_MAP)
        return refuse(r, "dates are wanted here; write {\"2026-12-24\": \"09:00-12:00\"}");
    return map_read(r, read_special_date, item);
}

static const struct member table[] = {
    {"id", NULL, "Its name; policies refer to it.", read_id},
    {"zone", "as `zone`", "The time zone that its times are in.", read_zone},
    {"hours", NULL,
     "When it is open: mon to sun, ranges such as mon-fri, daily; for each \"09:00-17:00\", a list "
     "of such, or closed. Days not named are closed. \"21:00-02:00\" passes midnight and belongs "
     "to the day it begins on. `always` is all the time.",
     read_hours},
    {"special", "{}",
     "Hours of single dates instead of the weekday's: {\"2026-12-24\": \"09:00-12:00\"}. They also "
     "count on a holiday.",
     read_special},
    {"holidays", "[]",
     "Closed all day: dates, and .ics files (beside this file; repeating events too) whose events "
     "are whole days.",
     read_holidays},
};
static const char example[] =
    "- id: office\n"
    "  zone: Europe/Berlin\n"
    "  hours: {mon-thu: \"09:00-18:00\", fri: [\"09:00-12:30\", \"13:30-16:00\"]}\n"
    "  holidays: [\"2026-12-25\", \"2027-01-01\"]\n"
    "  special: {\"2026-12-24\": \"09:00-12:00\"}\n";
const struct members calendar_members = {"calendar",
                                         "- {id: office, hours: {mon-fri: \"09:00-17:00\"}}",
                                         example, ARRAY_LEN(table), table};

/* --- the whole ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const struct calendar_special *x = a, *y = b;
    int c = (x->date > y->date) - (x->date < y->date);
    return c != 0 ? c : (x->from > y->from) - (x->from < y->from);
}

/* Adds the holidays that have no hours of their own, and brings all into order. */
static bool join(const struct reading *r, struct draft *d)
{
    struct calendar_setting *c = d->calendar;
    uint32_t given = c->specials, next = 0;
    qsort(c->special, given, sizeof c->special[0], compare);
    for (int32_t date = HOLIDAYS_FIRST; date < HOLIDAYS_END; date++) {
        while (next < given && c->special[next].date < date)
            next++;
        if (!holidays_has(&d->closed, date) || (next < given && c->special[next].date == date))
            continue;
        if (c->specials == CALENDAR_SPECIALS_MAX)
            return too_many(r);
        c->special[c->specials++] = (struct calendar_special){date, 0, 0};
    }
    qsort(c->special, c->specials, sizeof c->special[0], compare);
    return true;
}

/* The engine will ask the same; here there is a line to name. */
static bool check(const struct reading *r, const struct calendar_setting *c)
{
    struct calendar compiled;
    const char *why = NULL;
    void *memory = malloc(calendar_bytes(c));
    if (memory == NULL)
        return refuse(r, "no memory");
    bool fine = calendar_compile(&compiled, memory, c, &why) == 0;
    free(memory);
    return fine || tree_complain(r->tree, tree_member(r->node, str_of("hours"))->line,
                                 "calendars.hours", r->why, "%s: %s", c->id, why);
}

bool calendar_read(struct reading *r, uint32_t i)
{
    struct sla_setting *sla = calendars_open(r);
    if (sla == NULL)
        return false;
    struct draft d = {.calendar = &sla->calendar[i + 1]};
    struct calendar_setting *c = d.calendar;
    memcpy(c->zone_name, r->config->zone, sizeof c->zone_name);
    c->zone = r->config->settings.zone;
    if (!members_read(r, &calendar_members, &d) || !join(r, &d) || !check(r, c))
        return false;
    sla->calendars = i + 2;
    return true;
}
