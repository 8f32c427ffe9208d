/* calendar.h: business hours, compiled to open intervals in UTC with prefix sums.
 *
 * B(t) is the open time from the beginning of 2000 up to t; elapsed business time between two
 * instants is B(e) - B(s). Two inverses: the first instant at which a sum is reached (due_at, for
 * people) and the last at which it is not exceeded (breach_at, for alerts); between closing and
 * the next opening the two differ. A calendar reaches from 2000 to 2100; nothing is open after.
 *
 * An interval belongs to the local date on which it begins, also when it passes midnight: a
 * dated exception replaces all that begins on its date. An instant is open when its local time
 * is, so a clock set back makes hours twice and one set forward leaves some out. Neighbours that
 * meet (a night shift and the next day's hours) are one interval. */
#ifndef TP_CORE_CALENDAR_H
#define TP_CORE_CALENDAR_H

#include "core/zone.h"

enum {
    CALENDARS_MAX = 16,
    CALENDAR_HOURS_MAX = 64,      /* intervals of a week */
    CALENDAR_SPECIALS_MAX = 2048, /* dated exceptions: 20 holidays a year for a century */
    CALENDAR_ZONE_MAX = 64,
};

/* Open every week on these days, seconds after local midnight; to > from. */
struct calendar_hours {
    uint8_t days; /* bit 0 = Monday … bit 6 = Sunday */
    int32_t from; /* 0 .. 86399 */
    int32_t to;   /* <= from + 86400: beyond 86400 it ends on the next day */
};

/* What is open on one date instead of its weekday's hours. Several of one date add up; from = to
 * = 0: closed, which adds nothing. Any date is allowed, also outside of the century. */
struct calendar_special {
    int32_t date; /* days since 1970-01-01 */
    int32_t from, to;
};

struct calendar_setting {
    char id[NAME_BYTES_MAX + 1];
    char zone_name[CALENDAR_ZONE_MAX];
    struct zone zone;
    uint32_t hours, specials;
    struct calendar_hours hour[CALENDAR_HOURS_MAX];
    struct calendar_special special[CALENDAR_SPECIALS_MAX]; /* ascending by date, then from */
};

/* An open interval; it ends at from + (the next one's before - before). */
struct calendar_span {
    ms_t from;
    ms_t before; /* B(from) */
};

/* Where to look: per slot of 2^shift ms the last span that begins at its start or before. */
struct calendar_index {
    uint32_t shift;
    const uint32_t *slot;
};

/* Compiled. Borrows its memory. */
struct calendar {
    bool always;                      /* open all the time */
    uint32_t spans;                   /* at least 1 */
    ms_t total;                       /* B of the end */
    const struct calendar_span *span; /* ascending, not touching; the first begins with 2000,
                                       * empty unless it is open then; span[spans] ends the list:
                                       * from = MS_NEVER, before = total */
    struct calendar_index by_time;    /* slots of the time since 2000, found by `from` */
    struct calendar_index by_sum;     /* slots of open time, found by `before` */
};

/* Bytes that calendar_compile needs for this setting. It walks the whole calendar, as that does. */
uint64_t calendar_bytes(const struct calendar_setting *s);

/* mem: calendar_bytes, 8-byte aligned, lent for the calendar's life. 0, or ERR_BAD_SETTINGS with
 * one sentence in *ret_why (static storage): nothing is ever open, hours overlap or are none. */
MUST_CHECK int calendar_compile(struct calendar *ret, void *mem, const struct calendar_setting *s,
                                const char **ret_why);

/* B(t), in ms. Instants before 2000 count as its beginning. */
ms_t calendar_open(const struct calendar *c, ms_t t);

/* min {t : B(t) >= x}, 2000 for x <= 0; MS_NEVER when the calendar ends before. */
ms_t calendar_due(const struct calendar *c, ms_t x);

/* max {t : B(t) <= x}, 2000 for x < 0; MS_NEVER when nothing opens after. */
ms_t calendar_breach(const struct calendar *c, ms_t x);

/* Is t open? An interval's end is not. */
bool calendar_is_open(const struct calendar *c, ms_t t);

/* The first instant after t that is open and t is not, or the other way round; MS_NEVER: none. */
ms_t calendar_edge(const struct calendar *c, ms_t t);

#endif
