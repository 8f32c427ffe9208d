#include "daemon/holidays.h"

#include "core/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <libical/ical.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Happy path: the file is cut into lines, folded ones made whole again; those of one event at a
 * time go to libical; when all are there each event's days are marked, repetitions written out.
 * What can fail: the file, the nesting of BEGIN and END, a line without a colon, any property of
 * an event that says when it is (libical leaves out what it cannot read, so what was written is
 * counted here), a repetition without an end in reach. */

enum {
    EVENTS_MAX = 4096,
    STEPS_MAX = 1 << 18, /* of all rules of a file: half a second or so */
    LENGTH_MAX = 366,    /* days of one event */
    NESTING_MAX = 8,
    WORD_MAX = 32,
};

/* What says when an event is. */
enum property { DTSTART, DTEND, DURATION, RRULE, RDATE, EXDATE, EXRULE, RECURRENCE, PROPERTIES };
static const struct {
    const char *name;
    icalproperty_kind kind;
    bool many; /* values with commas between them, which libical takes apart */
} properties[PROPERTIES] = {
    [DTSTART] = {"DTSTART", ICAL_DTSTART_PROPERTY, false},
    [DTEND] = {"DTEND", ICAL_DTEND_PROPERTY, false},
    [DURATION] = {"DURATION", ICAL_DURATION_PROPERTY, false},
    [RRULE] = {"RRULE", ICAL_RRULE_PROPERTY, false},
    [RDATE] = {"RDATE", ICAL_RDATE_PROPERTY, true},
    [EXDATE] = {"EXDATE", ICAL_EXDATE_PROPERTY, true},
    [EXRULE] = {"EXRULE", ICAL_EXRULE_PROPERTY, false},
    [RECURRENCE] = {"RECURRENCE-ID", ICAL_RECURRENCEID_PROPERTY, false},
};

struct event {
    icalcomponent *vevent; /* owned */
    uint32_t line;
    struct icaltimetype start;
    int64_t first;  /* day on which it begins */
    int64_t length; /* days */
    struct {
        uint32_t line; /* of the first one */
        int n;         /* values in the file */
    } written[PROPERTIES];
};

struct file {
    struct tree named; /* for complaints */
    struct tree_error *why;
    struct event *event; /* EVENTS_MAX of them */
    uint32_t events;
    int64_t steps;      /* of repetitions so far */
    icalparser *parser; /* of the event being read */
    uint32_t nesting;
    struct {
        char name[WORD_MAX];
        uint32_t line;
    } open[NESTING_MAX];
};

/* A line as it was before it was folded: NAME;PARAMETERS:VALUE. */
struct line {
    uint32_t number;
    char *text; /* zero-terminated */
    struct str name;
    const char *value;
};

#define complain(f, number, key, ...) tree_complain(&(f)->named, number, key, (f)->why, __VA_ARGS__)

void holidays_add(struct holidays *h, int64_t day)
{
    if (day < HOLIDAYS_FIRST || day >= HOLIDAYS_END)
        return;
    int64_t i = day - HOLIDAYS_FIRST;
    h->day[i / 8] = (uint8_t)(h->day[i / 8] | 1 << i % 8);
}

bool holidays_has(const struct holidays *h, int64_t day)
{
    if (day < HOLIDAYS_FIRST || day >= HOLIDAYS_END)
        return false;
    int64_t i = day - HOLIDAYS_FIRST;
    return (h->day[i / 8] >> i % 8 & 1) != 0;
}

/* --- lines ---------------------------------------------------------------------------------- */

static bool name_is(struct str name, const char *word)
{
    return name.len == strlen(word) && strncasecmp(name.p, word, name.len) == 0;
}

/* Finds name and value. false: there is no colon outside of quotes. */
static bool split(struct line *l)
{
    bool quoted = false;
    l->name = (struct str){l->text, (uint32_t)strcspn(l->text, ":;")};
    for (const char *p = l->text; *p != 0; p++) {
        quoted ^= *p == '"';
        if (*p == ':' && !quoted) {
            l->value = p + 1;
            return l->name.len > 0;
        }
    }
    return false;
}

static void note(struct event *e, const struct line *l)
{
    for (int i = 0; i < PROPERTIES; i++) {
        if (!name_is(l->name, properties[i].name))
            continue;
        if (e->written[i].n++ == 0)
            e->written[i].line = l->number;
        for (const char *p = l->value; properties[i].many && *p != 0; p++)
            e->written[i].n += *p == ',';
    }
}

static bool no_calendar(const struct file *f, const struct line *l)
{
    return complain(f, l->number, "", "BEGIN:VCALENDAR is wanted here; is this an .ics file?");
}

/* Hands a line of the event to libical: its own lines only, alarms inside say nothing of days. */
static bool feed(struct file *f, const struct line *l)
{
    struct event *e = &f->event[f->events - 1];
    icalcomponent *made = icalparser_add_line(f->parser, l->text);
    if (made == NULL)
        return true;
    bool once = e->vevent == NULL;
    if (once)
        e->vevent = made;
    else
        icalcomponent_free(made);
    return once || complain(f, l->number, "", "this line ends the event once more; remove it");
}

static bool begin(struct file *f, const struct line *l)
{
    if (f->nesting == 0 && strcasecmp(l->value, "VCALENDAR") != 0)
        return no_calendar(f, l);
    if (f->nesting == NESTING_MAX || strlen(l->value) >= WORD_MAX)
        return complain(f, l->number, "BEGIN", "nested too deep, or too long a name");
    f->open[f->nesting].line = l->number;
    memcpy(f->open[f->nesting].name, l->value, strlen(l->value) + 1);
    if (++f->nesting != 2 || strcasecmp(l->value, "VEVENT") != 0)
        return true;
    if (f->events == EVENTS_MAX)
        return complain(f, l->number, "", "more than %d events; split the file", EVENTS_MAX);
    f->event[f->events++] = (struct event){.line = l->number};
    f->parser = icalparser_new();
    return f->parser != NULL ? feed(f, l) : complain(f, l->number, "", "no memory");
}

static bool end(struct file *f, const struct line *l)
{
    const char *name = f->open[f->nesting - 1].name;
    if (strcasecmp(l->value, name) != 0)
        return complain(f, l->number, "END", "END:%s is wanted here, for the BEGIN in line %u",
                        name, f->open[f->nesting - 1].line);
    if (--f->nesting != 1 || f->parser == NULL)
        return true;
    bool fine = feed(f, l);
    icalparser_free(f->parser);
    f->parser = NULL;
    return fine && (f->event[f->events - 1].vevent != NULL ||
                    complain(f, l->number, "", "this event cannot be read"));
}

static bool take(struct file *f, struct line *l)
{
    if (!split(l))
        return f->nesting == 0
                   ? no_calendar(f, l)
                   : complain(f, l->number, "", "no property; NAME:VALUE is wanted here");
    if (name_is(l->name, "BEGIN"))
        return begin(f, l);
    if (f->nesting == 0)
        return no_calendar(f, l);
    if (name_is(l->name, "END"))
        return end(f, l);
    if (f->parser == NULL || f->nesting != 2)
        return true;
    /* libical knows RSCALE, but its Chinese new years are a day off now and then. */
    static const char *const not_ours[] = {"BYEASTER", "RSCALE"};
    for (size_t i = 0; i < ARRAY_LEN(not_ours) && name_is(l->name, "RRULE"); i++)
        if (strcasestr(l->value, not_ours[i]) != NULL)
            return complain(f, l->number, "RRULE",
                            "%s is not in RFC 5545 and not known here; write the dates, as in "
                            "RDATE;VALUE=DATE:20260406,20270329",
                            not_ours[i]);
    note(&f->event[f->events - 1], l);
    return feed(f, l);
}

/* The bytes line by line; buf has room for all of them. */
static bool read_lines(struct file *f, const char *p, size_t n, char *buf)
{
    const char *stop = p + n;
    struct line l = {.number = 1, .text = buf};
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    while (p < stop) {
        size_t used = 0;
        uint32_t lines = 0;
        do { /* a line that begins with a blank goes on with the one before */
            const char *newline = memchr(p, '\n', (size_t)(stop - p));
            const char *upto = newline == NULL ? stop : newline;
            size_t len = (size_t)(upto - p);
            len -= len > 0 && p[len - 1] == '\r';
            const char *from = p + (lines > 0);
            len -= lines > 0 && len > 0;
            memcpy(buf + used, from, len);
            used += len;
            lines++;
            p = newline == NULL ? stop : newline + 1;
        } while (p < stop && (*p == ' ' || *p == '\t'));
        buf[used] = 0;
        if (memchr(buf, 0, used) != NULL)
            return complain(f, l.number, "", "a zero byte; is this an .ics file?");
        if (used > 0 && !take(f, &l))
            return false;
        l.number += lines;
    }
    if (f->nesting > 0)
        return complain(f, f->open[f->nesting - 1].line, "BEGIN",
                        "no END:%s follows; the file is cut off", f->open[f->nesting - 1].name);
    return f->events > 0 || complain(f, 1, "", "no event in it, so it closes nothing; remove it");
}

/* --- days ----------------------------------------------------------------------------------- */

static bool wrong(const struct file *f, const struct event *e, enum property p, const char *what)
{
    uint32_t line = e->written[p].line;
    return complain(f, line == 0 ? e->line : line, properties[p].name, "%s", what);
}

/* The day of a value. false: it has a time of the day, or is no date. */
static bool day_of(const struct file *f, const struct event *e, enum property p, icaltimetype t,
                   int64_t *ret)
{
    struct civil c = {t.year, (uint32_t)t.month, (uint32_t)t.day};
    if (!t.is_date && (icaltime_is_utc(t) || t.hour != 0 || t.minute != 0 || t.second != 0))
        return wrong(f, e, p,
                     "a holiday has dates (VALUE=DATE:20261225), or goes from midnight to "
                     "midnight; for part of a day write `special`");
    if (t.year < 1 || t.year > 9999 || t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31)
        return wrong(f, e, p, "no such date; correct it");
    *ret = days_from_civil(c);
    struct civil back = civil_from_days(*ret);
    return (back.month == c.month && back.day == c.day) ||
           wrong(f, e, p, "no such date; correct it");
}

/* Did libical understand all that was written? */
static bool check(const struct file *f, const struct event *e)
{
    for (enum property p = 0; p < PROPERTIES; p++) {
        int n = icalcomponent_count_properties(e->vevent, properties[p].kind);
        if (n < e->written[p].n)
            return wrong(f, e, p, "cannot be read; write it as RFC 5545 says");
        if (n > 1 && p <= DURATION)
            return wrong(f, e, p, "stands twice in one event; remove one");
    }
    if (e->written[DTSTART].n == 0)
        return wrong(f, e, DTSTART,
                     "an event without it; add the day, DTSTART;VALUE=DATE:20261225");
    if (e->written[EXRULE].n > 0)
        return wrong(f, e, EXRULE, "not supported (RFC 5545 dropped it); write EXDATE");
    return true;
}

/* From which day on, for how many. */
static bool measure(const struct file *f, struct event *e)
{
    icalproperty *start = icalcomponent_get_first_property(e->vevent, ICAL_DTSTART_PROPERTY);
    icalproperty *stop = icalcomponent_get_first_property(e->vevent, ICAL_DTEND_PROPERTY);
    icalproperty *lasts = icalcomponent_get_first_property(e->vevent, ICAL_DURATION_PROPERTY);
    e->start = icalproperty_get_dtstart(start);
    if (!day_of(f, e, DTSTART, e->start, &e->first))
        return false;
    int64_t after = e->first + e->start.is_date; /* an instant is no day */
    if (stop != NULL && !day_of(f, e, DTEND, icalproperty_get_dtend(stop), &after))
        return false;
    if (lasts != NULL) {
        struct icaldurationtype d = icalproperty_get_duration(lasts);
        if (d.is_neg || d.hours % 24 != 0 || d.minutes != 0 || d.seconds != 0)
            return wrong(f, e, DURATION, "a holiday lasts whole days; write P1D");
        after = e->first + (int64_t)d.weeks * 7 + d.days + d.hours / 24;
    }
    e->length = after - e->first;
    if (e->length == 0 && e->start.is_date)
        e->length = 1; /* DTEND is the day after, but many write the day itself */
    if (e->length < 1)
        return wrong(f, e, lasts != NULL ? DURATION : DTEND,
                     "the event lasts no day; it ends on the day after its last one");
    return e->length <= LENGTH_MAX ||
           wrong(f, e, lasts != NULL ? DURATION : DTEND, "longer than a year; that is no holiday");
}

static void mark(const struct event *e, const struct holidays *without, int64_t day,
                 struct holidays *ret)
{
    for (int64_t i = 0; i < e->length && !holidays_has(without, day); i++)
        holidays_add(ret, day + i);
}

/* So many days, weeks, ... libical walks through, whether or not the rule holds on them. */
static int64_t steps_of(const struct event *e, const struct icalrecurrencetype *rule)
{
    int64_t until = HOLIDAYS_END;
    int unit = rule->freq == ICAL_DAILY_RECURRENCE     ? 1
               : rule->freq == ICAL_WEEKLY_RECURRENCE  ? 7
               : rule->freq == ICAL_MONTHLY_RECURRENCE ? 28
                                                       : 365;
    if (!icaltime_is_null_time(rule->until) && rule->until.year < 2100)
        until = days_from_civil((struct civil){rule->until.year, 12, 31});
    return until < e->first ? 1 : 1 + (until - e->first) / unit;
}

static bool mark_rule(struct file *f, const struct event *e, struct icalrecurrencetype rule,
                      const struct holidays *without, struct holidays *ret)
{
    if (rule.freq < ICAL_DAILY_RECURRENCE)
        return wrong(f, e, RRULE, "a holiday repeats by days, weeks, months or years");
    f->steps += steps_of(e, &rule);
    if (f->steps > STEPS_MAX)
        return wrong(f, e, RRULE, "too many repetitions in this file; end them with UNTIL");
    icalrecur_iterator *all = icalrecur_iterator_new(rule, e->start);
    if (all == NULL)
        return wrong(f, e, RRULE, "no days come out of this rule; correct it");
    for (struct icaltimetype t = icalrecur_iterator_next(all); !icaltime_is_null_time(t);
         t = icalrecur_iterator_next(all)) {
        int64_t day = days_from_civil((struct civil){t.year, (uint32_t)t.month, (uint32_t)t.day});
        if (day >= HOLIDAYS_END)
            break;
        mark(e, without, day, ret);
    }
    icalrecur_iterator_free(all);
    return true;
}

static bool same_uid(const struct event *a, const struct event *b)
{
    const char *x = icalcomponent_get_uid(a->vevent), *y = icalcomponent_get_uid(b->vevent);
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* Days on which a repeating event is left out: cancelled, or an instance that other events of
 * the file replace. */
static bool exceptions(struct file *f, const struct event *e, struct holidays *ret)
{
    int64_t day = 0;
    for (icalproperty *p = icalcomponent_get_first_property(e->vevent, ICAL_EXDATE_PROPERTY);
         p != NULL; p = icalcomponent_get_next_property(e->vevent, ICAL_EXDATE_PROPERTY)) {
        if (!day_of(f, e, EXDATE, icalproperty_get_exdate(p), &day))
            return false;
        holidays_add(ret, day);
    }
    for (uint32_t i = 0; i < f->events; i++) {
        const struct event *other = &f->event[i];
        icalproperty *p =
            icalcomponent_get_first_property(other->vevent, ICAL_RECURRENCEID_PROPERTY);
        if (p == NULL || !same_uid(e, other))
            continue;
        if (icalproperty_get_first_parameter(p, ICAL_RANGE_PARAMETER) != NULL)
            return wrong(f, other, RECURRENCE,
                         "RANGE is not supported; end the first series with "
                         "UNTIL and write the second as an event");
        if (!day_of(f, other, RECURRENCE, icalproperty_get_recurrenceid(p), &day))
            return false;
        holidays_add(ret, day);
    }
    return true;
}

static bool mark_event(struct file *f, const struct event *e, struct holidays *ret)
{
    struct holidays without = {{0}};
    int64_t day = 0;
    if (icalcomponent_get_status(e->vevent) == ICAL_STATUS_CANCELLED)
        return true;
    if (e->written[RECURRENCE].n == 0 && !exceptions(f, e, &without))
        return false;
    mark(e, &without, e->first, ret);
    for (icalproperty *p = icalcomponent_get_first_property(e->vevent, ICAL_RRULE_PROPERTY);
         p != NULL; p = icalcomponent_get_next_property(e->vevent, ICAL_RRULE_PROPERTY))
        if (!mark_rule(f, e, icalproperty_get_rrule(p), &without, ret))
            return false;
    for (icalproperty *p = icalcomponent_get_first_property(e->vevent, ICAL_RDATE_PROPERTY);
         p != NULL; p = icalcomponent_get_next_property(e->vevent, ICAL_RDATE_PROPERTY)) {
        struct icaldatetimeperiodtype d = icalproperty_get_rdate(p);
        if (!icalperiodtype_is_null_period(d.period))
            return wrong(f, e, RDATE, "periods are not supported; write dates");
        if (!day_of(f, e, RDATE, d.time, &day))
            return false;
        mark(e, &without, day, ret);
    }
    return true;
}

/* --- the file ------------------------------------------------------------------------------- */

bool holidays_parse(struct holidays *h, const char *name, const char *bytes, size_t n,
                    struct tree_error *why)
{
    struct file f = {.named = {.name = name}, .why = why};
    struct holidays all = *h;
    char *buf = malloc(n + 1);
    f.event = calloc(EVENTS_MAX, sizeof *f.event);
    bool fine = buf != NULL && f.event != NULL;
    if (!fine)
        complain(&f, 1, "", "no memory");
    icalerror_set_errors_are_fatal(0);
    fine = fine && read_lines(&f, bytes, n, buf);
    for (uint32_t i = 0; fine && i < f.events; i++)
        fine = check(&f, &f.event[i]) && measure(&f, &f.event[i]);
    for (uint32_t i = 0; fine && i < f.events; i++)
        fine = mark_event(&f, &f.event[i], &all);
    for (uint32_t i = 0; i < f.events; i++)
        if (f.event[i].vevent != NULL)
            icalcomponent_free(f.event[i].vevent);
    if (f.parser != NULL)
        icalparser_free(f.parser);
    free(f.event);
    free(buf);
    if (fine)
        *h = all;
    return fine;
}

bool holidays_read(struct holidays *h, const char *path, struct tree_error *why)
{
    struct tree named = {.name = path};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait for its writer */
    if (fd < 0)
        return tree_complain(&named, 1, "", why, "cannot be opened: %s", strerror(errno));
    char *bytes = malloc(HOLIDAYS_BYTES_MAX + 1);
    bool fine = bytes != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    size_t used = 0;
    for (ssize_t n = 1; fine && n != 0 && used <= HOLIDAYS_BYTES_MAX;) {
        n = read(fd, bytes + used, HOLIDAYS_BYTES_MAX + 1 - used);
        fine = n >= 0 || errno == EINTR;
        used += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (!fine)
        tree_complain(&named, 1, "", why, "cannot be read; is it a file?");
    else if (used > HOLIDAYS_BYTES_MAX)
        fine = tree_complain(&named, 1, "", why, "more than 1 MiB; make it shorter");
    fine = fine && holidays_parse(h, path, bytes, used, why);
    free(bytes);
    return fine;
}
