#include "tests/lib/calendar_oracle.h"

enum { DAY = 86400, MINUTES = 1440, WEEK_MINUTES = 7 * MINUTES };

/* Whether hours that began on that date last at that second after its midnight. */
static bool date_is_open(const struct calendar_setting *s, int64_t date, int64_t second)
{
    bool special = false;
    for (uint32_t i = 0; i < s->specials; i++) {
        if (s->special[i].date != date)
            continue;
        special = true;
        if (second >= s->special[i].from && second < s->special[i].to)
            return true;
    }
    if (special)
        return false;
    int64_t weekday = ((date + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    for (uint32_t i = 0; i < s->hours; i++)
        if ((s->hour[i].days & 1 << weekday) && second >= s->hour[i].from && second < s->hour[i].to)
            return true;
    return false;
}

bool calendar_oracle_is_open(const struct calendar_setting *s, sec_t at)
{
    if (at < MS_MIN_TS / MS_SECOND || at >= MS_MAX_TS / MS_SECOND)
        return false;
    int64_t local = at + zone_offset(&s->zone, at); /* after 1970 in every zone */
    int64_t date = local / DAY, second = local % DAY;
    return date_is_open(s, date, second) || date_is_open(s, date - 1, second + DAY);
}

/* --- random calendars ------------------------------------------------------------------------ */

/* What is taken, in minutes: of a week, or of one date and the day after it. */
struct taken {
    int64_t n;
    bool minute[WEEK_MINUTES];
};

/* Takes from..to, round the end; false when some of it is taken. */
static bool take(struct taken *t, int64_t from, int64_t to)
{
    int64_t first = from / 60, end = (to + 59) / 60;
    for (int64_t m = first; m < end; m++)
        if (t->minute[m % t->n])
            return false;
    for (int64_t m = first; m < end; m++)
        t->minute[m % t->n] = true;
    return true;
}

static void random_interval(struct random *r, int32_t grid, int32_t *from, int32_t *to)
{
    int32_t length = 0;
    switch (random_below(r, 6)) {
    case 0: /* the whole day, or up to its end */
        *from = random_percent(r, 50) ? 0 : (int32_t)random_range(r, 1, DAY / grid - 1) * grid;
        length = DAY - *from;
        break;
    case 1: /* anything */
        *from = (int32_t)random_range(r, 0, DAY / grid - 1) * grid;
        length = (int32_t)random_range(r, 1, DAY / grid) * grid;
        break;
    case 2: /* the small hours, where clocks change */
        *from = (int32_t)random_range(r, 0, 3 * 3600 / grid) * grid;
        length = (int32_t)random_range(r, 1, 2 * 3600 / grid) * grid;
        break;
    default:
        *from = (int32_t)random_range(r, 5 * 3600 / grid, 22 * 3600 / grid) * grid;
        length = (int32_t)random_range(r, 1, 9 * 3600 / grid) * grid;
    }
    *to = *from + length;
}

static void random_hours(struct random *r, int32_t grid, struct calendar_setting *s)
{
    static const uint8_t usual[] = {0x1F, 0x7F, 0x60, 0x20, 0x40, 0x01};
    static struct taken taken;
    taken = (struct taken){.n = WEEK_MINUTES};
    s->hours = 0;
    for (int64_t tries = random_range(r, 1, 8); tries > 0; tries--) {
        struct calendar_hours *h = &s->hour[s->hours];
        uint8_t days = usual[random_below(r, ARRAY_LEN(usual))];
        if (random_percent(r, 40))
            days = (uint8_t)random_range(r, 1, 127);
        random_interval(r, grid, &h->from, &h->to);
        h->days = 0;
        for (int32_t day = 0; day < 7; day++)
            if ((days & 1 << day) && take(&taken, day * DAY + h->from, day * DAY + h->to))
                h->days |= (uint8_t)(1 << day);
        s->hours += h->days != 0;
    }
}

static int32_t random_date(struct random *r, const struct zone *z)
{
    if (z->n > 0 && random_percent(r, 60)) {
        sec_t shift = z->shift[random_below(r, z->n)].at;
        return (int32_t)(shift / DAY + random_range(r, -2, 2));
    }
    return (int32_t)random_range(r, 10957 - 5, 47482 + 5); /* 1999-12-27 to 2100-01-06 */
}

static void add_special(struct calendar_setting *s, struct calendar_special p)
{
    uint32_t i = s->specials++;
    for (; i > 0 && (s->special[i - 1].date > p.date ||
                     (s->special[i - 1].date == p.date && s->special[i - 1].from > p.from));
         i--)
        s->special[i] = s->special[i - 1];
    s->special[i] = p;
}

static bool has_special(const struct calendar_setting *s, int32_t date)
{
    for (uint32_t i = 0; i < s->specials; i++)
        if (s->special[i].date == date)
            return true;
    return false;
}

static void random_specials(struct random *r, int32_t grid, struct calendar_setting *s)
{
    static struct taken taken;
    uint64_t dates = random_below(r, 30);
    s->specials = 0;
    for (int32_t date = random_date(r, &s->zone); dates > 0; dates--) {
        if (!has_special(s, date)) {
            taken = (struct taken){.n = 2 * MINUTES};
            if (random_percent(r, 50))
                add_special(s, (struct calendar_special){date, 0, 0});
            for (uint64_t n = random_below(r, 4); n > 0; n--) {
                struct calendar_special p = {.date = date};
                random_interval(r, grid, &p.from, &p.to);
                if (take(&taken, p.from, p.to))
                    add_special(s, p);
            }
        }
        date = random_percent(r, 50) ? date + 1 : random_date(r, &s->zone);
    }
}

void calendar_oracle_random(struct random *r, int32_t grid, struct calendar_setting *s)
{
    random_hours(r, grid, s);
    random_specials(r, grid, s);
}
