#include "daemon/tz.h"

#include "core/err.h"
#include "core/zone.h"

#include <stdio.h>
#include <stdlib.h>

/* Happy path: read the file, skip the 32-bit block, walk the 64-bit transitions, then apply the
 * footer's rule year by year. What can fail: the name, the file, any length in it, the footer. */

enum {
    FILE_BYTES_MAX = 1 << 16, /* the largest of 2024 has 3.5 kB */
    HEADER_BYTES = 44,
    YEAR_FROM = 2000,
    YEAR_TO = 2100,
};
static const sec_t first_second = MS_MIN_TS / MS_SECOND;
static const sec_t end_second = MS_MAX_TS / MS_SECOND;

/* What is left of the file. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

/* The counts of one block of RFC 8536, in the order of the header. */
struct block {
    uint32_t isut, isstd, leap, time, type, text;
};

/* One date rule of a POSIX TZ string. */
struct date_rule {
    char kind; /* 'J': 1..365 without leap days; 'N': 0..365; 'M': month, week, weekday */
    int32_t month, week, day;
    int32_t time; /* local seconds after midnight of that day */
};

struct posix_rule {
    int32_t standard, summer; /* seconds east of UTC */
    bool has_summer;
    struct date_rule begin, end;
};

static bool name_is_safe(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > NAME_BYTES_MAX || name[0] == '/' || strstr(name, "..") != NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && strchr("/_-+.", c) == NULL)
            return false;
    }
    return true;
}

/* Bytes read, 0 when there is no such file. */
static size_t read_file(const char *name, uint8_t *buf, size_t cap)
{
    char path[512];
    const char *dir = getenv("TZDIR");
    if (dir == NULL || dir[0] == '\0')
        dir = "/usr/share/zoneinfo";
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t len = fread(buf, 1, cap, file);
    if (ferror(file) != 0)
        len = 0; /* a directory, say */
    fclose(file);
    return len;
}

static int64_t big_endian(const uint8_t *p, int n)
{
    uint64_t v = p[0] & 0x80 ? ~0ULL : 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

static bool skip(struct bytes *b, size_t n)
{
    if (n > b->n)
        return false;
    b->p += n;
    b->n -= n;
    return true;
}

static bool read_header(struct bytes *b, struct block *ret)
{
    const uint8_t *p = b->p;
    if (b->n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    uint32_t count[6];
    for (int i = 0; i < 6; i++) {
        count[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
        if (count[i] > FILE_BYTES_MAX)
            return false;
    }
    *ret = (struct block){count[0], count[1], count[2], count[3], count[4], count[5]};
    return skip(b, HEADER_BYTES) && ret->type > 0;
}

static size_t block_bytes(const struct block *h, size_t time_size)
{
    return h->time * (time_size + 1) + h->type * (size_t)6 + h->text + h->leap * (time_size + 4) +
           h->isstd + h->isut;
}

/* --- shifts --------------------------------------------------------------------------------- */

/* Appends a shift; one that changes nothing is none. false: too many. */
static bool put(struct zone *z, sec_t at, int32_t offset)
{
    if (at <= first_second)
        z->n = 0;
    at = at <= first_second ? first_second : at;
    if (z->n > 0 && z->shift[z->n - 1].at == at)
        z->n--;
    if (z->n > 0 && z->shift[z->n - 1].offset == offset)
        return true;
    if (z->n == ZONE_SHIFTS_MAX)
        return false;
    z->shift[z->n].at = at;
    z->shift[z->n].offset = offset;
    z->n++;
    return true;
}

static bool put_block(struct zone *z, const struct bytes *b, const struct block *h, sec_t *ret_last)
{
    const uint8_t *times = b->p, *types = times + 8 * (size_t)h->time;
    const uint8_t *infos = types + h->time;
    *ret_last = INT64_MIN;
    bool fits = put(z, first_second, (int32_t)big_endian(infos, 4));
    for (uint32_t i = 0; i < h->time && fits; i++) {
        sec_t at = big_endian(times + 8 * (size_t)i, 8);
        if (types[i] >= h->type || (i > 0 && at <= *ret_last))
            return false;
        *ret_last = at;
        if (at < end_second)
            fits = put(z, at, (int32_t)big_endian(infos + 6 * (size_t)types[i], 4));
    }
    return fits;
}

/* --- the footer's rule ---------------------------------------------------------------------- */

static bool next_is(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static bool read_number(const char **s, int32_t low, int32_t high, int32_t *ret)
{
    int32_t v = 0;
    const char *from = *s;
    while (**s >= '0' && **s <= '9' && v <= 1000)
        v = v * 10 + (*(*s)++ - '0');
    *ret = v;
    return *s != from && v >= low && v <= high;
}

/* An abbreviation: letters, or anything in angle brackets. */
static bool read_abbreviation(const char **s)
{
    const char *from = *s;
    if (next_is(s, '<')) {
        while (**s != '>' && **s != '\0')
            (*s)++;
        return next_is(s, '>');
    }
    while ((**s >= 'a' && **s <= 'z') || (**s >= 'A' && **s <= 'Z'))
        (*s)++;
    return *s - from >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds; up to 167 hours (RFC 8536, 3.3.1). */
static bool read_time(const char **s, int32_t *ret)
{
    int32_t hours = 0, minutes = 0, seconds = 0;
    bool minus = next_is(s, '-');
    if (!minus)
        next_is(s, '+');
    if (!read_number(s, 0, 167, &hours))
        return false;
    if (next_is(s, ':')) {
        if (!read_number(s, 0, 59, &minutes))
            return false;
        if (next_is(s, ':') && !read_number(s, 0, 59, &seconds))
            return false;
    }
    *ret = (hours * 3600 + minutes * 60 + seconds) * (minus ? -1 : 1);
    return true;
}

static bool read_date(const char **s, struct date_rule *ret)
{
    *ret = (struct date_rule){.kind = 'N', .time = 2 * 3600};
    if (!next_is(s, ','))
        return false;
    bool good;
    if (next_is(s, 'J')) {
        ret->kind = 'J';
        good = read_number(s, 1, 365, &ret->day);
    } else if (next_is(s, 'M')) {
        ret->kind = 'M';
        good = read_number(s, 1, 12, &ret->month) && next_is(s, '.') &&
               read_number(s, 1, 5, &ret->week) && next_is(s, '.') &&
               read_number(s, 0, 6, &ret->day);
    } else {
        good = read_number(s, 0, 365, &ret->day);
    }
    return good && (!next_is(s, '/') || read_time(s, &ret->time));
}

/* "CET-1CEST,M3.5.0,M10.5.0/3": west is positive there. */
static bool read_rule(const char *s, struct posix_rule *ret)
{
    int32_t west = 0;
    if (!read_abbreviation(&s) || !read_time(&s, &west))
        return false;
    *ret = (struct posix_rule){.standard = -west};
    if (*s == '\0')
        return true;
    if (!read_abbreviation(&s))
        return false;
    west -= 3600;
    if (*s != ',' && !read_time(&s, &west))
        return false;
    ret->summer = -west;
    ret->has_summer = true;
    return read_date(&s, &ret->begin) && read_date(&s, &ret->end) && *s == '\0';
}

/* Local time, as if it were UTC, of a rule in a year. */
static sec_t rule_time(const struct date_rule *r, int32_t year)
{
    int64_t day = days_from_civil((struct civil){year, 1, 1});
    if (r->kind == 'N') {
        day += r->day;
    } else if (r->kind == 'J') {
        bool leap = days_from_civil((struct civil){year, 3, 1}) - day == 60;
        day += r->day - 1 + (leap && r->day >= 60);
    } else {
        uint32_t month = (uint32_t)r->month;
        day = days_from_civil((struct civil){year, month, 1});
        int64_t end = days_from_civil(
            (struct civil){month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1});
        uint32_t sunday_based = (weekday_of_days(day) + 1) % 7;
        day += ((uint32_t)r->day + 7 - sunday_based) % 7 + 7 * ((int64_t)r->week - 1);
        while (day >= end)
            day -= 7;
    }
    return day * 86400 + r->time;
}

static bool put_rule(struct zone *z, const struct posix_rule *rule, sec_t after)
{
    if (!rule->has_summer) /* as the last transition left it */
        return true;
    for (int32_t year = YEAR_FROM - 1; year < YEAR_TO; year++) {
        sec_t begin = rule_time(&rule->begin, year) - rule->standard;
        sec_t end = rule_time(&rule->end, year) - rule->summer;
        bool north = begin < end; /* summer lies within the year */
        for (int half = 0; half < 2; half++) {
            bool is_begin = north == (half == 0);
            sec_t at = is_begin ? begin : end;
            if (at > after && at < end_second &&
                !put(z, at, is_begin ? rule->summer : rule->standard))
                return false;
        }
    }
    return true;
}

static bool compile(struct bytes b, struct zone *z)
{
    struct block h;
    if (!read_header(&b, &h) || !skip(&b, block_bytes(&h, 4)) || !read_header(&b, &h))
        return false;
    if (h.leap > 0 || b.n < block_bytes(&h, 8)) /* "right/" zones count leap seconds: not ours */
        return false;
    sec_t last;
    if (!put_block(z, &b, &h, &last) || !skip(&b, block_bytes(&h, 8)))
        return false;
    if (b.n < 2 || b.p[0] != '\n')
        return false;
    const uint8_t *newline = memchr(b.p + 1, '\n', b.n - 1);
    char text[128];
    size_t len = newline == NULL ? sizeof text : (size_t)(newline - b.p - 1);
    if (len >= sizeof text)
        return false;
    if (len == 0) /* no rule: the last transition holds for good */
        return true;
    memcpy(text, b.p + 1, len);
    text[len] = '\0';
    struct posix_rule rule;
    return read_rule(text, &rule) && put_rule(z, &rule, last);
}

int tz_compile(const char *iana_name, struct zone *ret, const char **ret_why)
{
    uint8_t buf[FILE_BYTES_MAX];
    struct zone zone = {0};
    if (strcmp(iana_name, "UTC") == 0) { /* the default works without a tz database */
        put(&zone, first_second, 0);
        *ret = zone;
        return 0;
    }
    if (!name_is_safe(iana_name)) {
        *ret_why = "this is no name of a time zone (Europe/Berlin is one)";
        return ERR_BAD_SETTINGS;
    }
    size_t n = read_file(iana_name, buf, sizeof buf);
    if (n == 0) {
        *ret_why = "the system's tz database has no such zone (is the package tzdata there?)";
        return ERR_BAD_SETTINGS;
    }
    if (!compile((struct bytes){buf, n}, &zone)) {
        *ret_why = "the tz file of this zone is damaged or of a kind that is not supported";
        return ERR_BAD_SETTINGS;
    }
    *ret = zone;
    return 0;
}

void tz_version(char *ret, size_t cap)
{
    static const char head[] = "# version ";
    uint8_t buf[64];
    size_t n = read_file("tzdata.zi", buf, sizeof buf), from = sizeof head - 1;
    if (n < from || memcmp(buf, head, from) != 0) {
        n = read_file("+VERSION", buf, sizeof buf);
        from = 0;
    }
    size_t len = 0;
    while (from + len < n && len + 1 < cap && buf[from + len] > ' ' && buf[from + len] < 127)
        len++;
    memcpy(ret, buf + from, len);
    ret[len] = 0;
}
