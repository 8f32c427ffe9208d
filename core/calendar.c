#include "core/calendar.h"

#include "core/err.h"

enum {
    DAY_SECONDS = 86400, /* of local time, which counts every day so */
    WEEKDAYS = 7,
    SLOTS_MAX = 1 << 18, /* of an index, 1 MB: with seven intervals a day it reaches its limit */
};

/* --- the setting ----------------------------------------------------------------------------- */

struct interval {
    int32_t from, to; /* seconds after local midnight */
};

/* The weekly hours by weekday, each in order. */
struct week {
    struct weekday {
        uint32_t n;
        struct interval at[CALENDAR_HOURS_MAX];
    } day[WEEKDAYS];
};

static void weekday_add(struct weekday *d, struct interval hours)
{
    uint32_t i = d->n++;
    for (; i > 0 && d->at[i - 1].from > hours.from; i--)
        d->at[i] = d->at[i - 1];
    d->at[i] = hours;
}

static void week_of(const struct calendar_setting *s, struct week *ret)
{
    for (uint32_t day = 0; day < WEEKDAYS; day++) {
        ret->day[day].n = 0;
        for (uint32_t i = 0; i < s->hours; i++)
            if (s->hour[i].days >> day & 1)
                weekday_add(&ret->day[day], (struct interval){s->hour[i].from, s->hour[i].to});
    }
}

static bool is_interval(int32_t from, int32_t to)
{
    return from >= 0 && from < DAY_SECONDS && to > from && to <= from + DAY_SECONDS;
}

static bool is_closed(const struct calendar_special *s)
{
    return s->from == 0 && s->to == 0;
}

static const char *not_intervals(const struct calendar_setting *s)
{
    for (uint32_t i = 0; i < s->hours; i++) {
        if (!is_interval(s->hour[i].from, s->hour[i].to))
            return "hours begin within their day and last from 1 second to 24 hours";
        if (s->hour[i].days == 0 || s->hour[i].days >= 1 << WEEKDAYS)
            return "hours are of one weekday at least";
    }
    for (uint32_t i = 0; i < s->specials; i++)
        if (!is_closed(&s->special[i]) && !is_interval(s->special[i].from, s->special[i].to))
            return "special hours begin within their day and last from 1 second to 24 hours";
    return NULL;
}

static const char *not_ascending(const struct calendar_setting *s)
{
    for (uint32_t i = 1; i < s->zone.n; i++)
        if (s->zone.shift[i].at <= s->zone.shift[i - 1].at)
            return "the shifts of the zone are not in order";
    for (uint32_t i = 1; i < s->specials; i++) {
        const struct calendar_special *a = &s->special[i - 1], *b = &s->special[i];
        if (b->date < a->date || (b->date == a->date && b->from < a->from))
            return "special hours are not in order";
    }
    return NULL;
}

/* Only what one date or week says by itself: special hours may well meet a neighbour's. */
static const char *overlaps(const struct calendar_setting *s, const struct week *w)
{
    for (uint32_t day = 0; day < WEEKDAYS; day++) {
        const struct weekday *d = &w->day[day], *next = &w->day[(day + 1) % WEEKDAYS];
        for (uint32_t i = 1; i < d->n; i++)
            if (d->at[i].from < d->at[i - 1].to)
                return "hours of one weekday overlap";
        /* Those before the last end before it begins, so it alone can pass midnight. */
        if (d->n > 0 && next->n > 0 && d->at[d->n - 1].to - DAY_SECONDS > next->at[0].from)
            return "hours that pass midnight overlap those of the next weekday";
    }
    int32_t end = 0; /* of the hours before, of the same date */
    for (uint32_t i = 0; i < s->specials; i++) {
        const struct calendar_special *p = &s->special[i];
        if (i == 0 || p->date != s->special[i - 1].date)
            end = 0;
        if (is_closed(p))
            continue;
        if (p->from < end)
            return "special hours of one date overlap";
        end = p->to;
    }
    return NULL;
}

static const char *what_is_wrong(const struct calendar_setting *s, const struct week *w)
{
    const char *why = not_intervals(s);
    if (why == NULL)
        why = not_ascending(s);
    return why == NULL ? overlaps(s, w) : why;
}

/* --- open intervals -------------------------------------------------------------------------- */

/* The list while it grows. Its last interval is open to what touches it. */
struct list {
    struct calendar_span *span; /* NULL: they are only counted */
    uint32_t n;
    sec_t from, to; /* the last one */
    sec_t before;   /* open seconds up to `from` */
};

/* Open seconds up to the last one's end. */
static sec_t list_total(const struct list *l)
{
    return l->before + l->to - l->from;
}

static void list_next(struct list *l, sec_t from, sec_t to)
{
    l->before = list_total(l);
    l->from = from;
    l->to = to;
    if (l->span != NULL)
        l->span[l->n] = (struct calendar_span){from * MS_SECOND, l->before * MS_SECOND};
    l->n++;
}

/* A stretch of constant offset within the calendar's century. */
struct stretch {
    sec_t from, to;
    int32_t offset;
};

/* What of a date's interval lies in the stretch. They come with ascending `from`. */
static void list_add(struct list *l, const struct stretch *in, int64_t date, struct interval hours)
{
    sec_t midnight = date * DAY_SECONDS - in->offset;
    sec_t from = ms_max(midnight + hours.from, in->from);
    sec_t to = ms_min(midnight + hours.to, in->to);
    if (from >= to)
        return;
    if (from > l->to)
        list_next(l, from, to);
    else if (to > l->to)
        l->to = to;
}

static struct stretch stretch_at(const struct zone *z, uint32_t i)
{
    struct stretch s = {MS_MIN_TS / MS_SECOND, MS_MAX_TS / MS_SECOND, 0};
    if (z->n > 0)
        s.offset = z->shift[i].offset;
    if (i > 0)
        s.from = ms_max(s.from, z->shift[i].at);
    if (i + 1 < z->n)
        s.to = ms_min(s.to, z->shift[i + 1].at);
    return s;
}

/* The local date of an instant in the stretch. */
static int64_t date_at(const struct stretch *s, sec_t at)
{
    return (at + s->offset) / DAY_SECONDS; /* after 1970 in every zone */
}

/* Adds what is open in the stretch. *special: any special; moved to the first after it. */
static void list_stretch(struct list *l, const struct stretch *in, const struct week *w,
                         const struct calendar_setting *s, uint32_t *special)
{
    int64_t date = date_at(in, in->from) - 1; /* it may last past its midnight */
    int64_t last = date_at(in, in->to - 1);
    uint32_t next = *special;
    while (next > 0 && s->special[next - 1].date >= date) /* clocks went back to before it */
        next--;
    while (next < s->specials && s->special[next].date < date)
        next++;
    for (uint32_t day = weekday_of_days(date); date <= last; date++) {
        if (next < s->specials && s->special[next].date == date) {
            for (; next < s->specials && s->special[next].date == date; next++)
                list_add(l, in, date,
                         (struct interval){s->special[next].from, s->special[next].to});
        } else {
            for (uint32_t i = 0; i < w->day[day].n; i++)
                list_add(l, in, date, w->day[day].at[i]);
        }
        day = day + 1 == WEEKDAYS ? 0 : day + 1;
    }
    *special = next;
}

/* Open every hour of every week? Then no zone matters, and the century needs no walk. */
static bool never_closes(const struct week *w)
{
    for (uint32_t day = 0; day < WEEKDAYS; day++) {
        const struct weekday *d = &w->day[day];
        if (d->n != 1 || d->at[0].from != 0 || d->at[0].to != DAY_SECONDS)
            return false;
    }
    return true;
}

/* Each stretch has its own UTC time of a wall clock time: what the clock shows twice is open
 * twice, what it skips is in none. The list begins with an empty interval, so every instant of
 * the century has one that begins at it or before. */
static void list_all(struct list *l, const struct calendar_setting *s, const struct week *w)
{
    sec_t start = MS_MIN_TS / MS_SECOND;
    list_next(l, start, start);
    if (s->specials == 0 && never_closes(w)) {
        l->to = MS_MAX_TS / MS_SECOND;
        return;
    }
    uint32_t special = 0;
    for (uint32_t i = 0; i == 0 || i < s->zone.n; i++) {
        struct stretch in = stretch_at(&s->zone, i);
        if (in.from < in.to) /* not when it is all before 2000, or after 2100 */
            list_stretch(l, &in, w, s, &special);
    }
}

/* --- the compiled calendar ------------------------------------------------------------------- */

/* What the list is searched by, and where that begins. */
enum key { BY_TIME, BY_SUM };

static inline ms_t key_of(const struct calendar_span *s, enum key key)
{
    return key == BY_TIME ? s->from : s->before;
}

static inline ms_t key_first(enum key key)
{
    return key == BY_TIME ? MS_MIN_TS : 0;
}

/* Slots per index: two a span make nearly every slot hold one beginning or none. */
static uint64_t slots_for(uint32_t spans)
{
    uint64_t n = 2 * (uint64_t)spans;
    return n < SLOTS_MAX ? n : SLOTS_MAX;
}

/* An index has one entry more: the end of its last slot. */
static uint64_t bytes_for(uint32_t spans)
{
    return ((uint64_t)spans + 1) * sizeof(struct calendar_span) +
           2 * (slots_for(spans) + 1) * sizeof(uint32_t);
}

/* Keys run from the first up to `range` more. Returns what follows the index. */
static uint32_t *index_fill(struct calendar_index *ret, uint32_t *slot, const struct calendar *c,
                            enum key key, ms_t range)
{
    uint64_t n = slots_for(c->spans);
    ret->slot = slot;
    ret->shift = 0;
    while ((uint64_t)range >> ret->shift >= n)
        ret->shift++;
    uint32_t i = 0;
    for (uint64_t q = 0; q <= n; q++) {
        ms_t start = key_first(key) + (ms_t)(q << ret->shift);
        while (i + 1 < c->spans && key_of(&c->span[i + 1], key) <= start)
            i++;
        *slot++ = i;
    }
    return slot;
}

uint64_t calendar_bytes(const struct calendar_setting *s)
{
    CHECK(s->hours <= CALENDAR_HOURS_MAX && s->specials <= CALENDAR_SPECIALS_MAX);
    CHECK(s->zone.n <= ZONE_SHIFTS_MAX);
    struct week w;
    struct list l = {0};
    week_of(s, &w);
    if (what_is_wrong(s, &w) != NULL)
        return bytes_for(1); /* it will not compile */
    list_all(&l, s, &w);
    return bytes_for(l.n);
}

int calendar_compile(struct calendar *ret, void *mem, const struct calendar_setting *s,
                     const char **ret_why)
{
    CHECK(s->hours <= CALENDAR_HOURS_MAX && s->specials <= CALENDAR_SPECIALS_MAX);
    CHECK(s->zone.n <= ZONE_SHIFTS_MAX);
    CHECK((uintptr_t)mem % _Alignof(struct calendar_span) == 0);
    struct week w;
    week_of(s, &w);
    const char *why = what_is_wrong(s, &w);
    struct list l = {.span = mem};
    if (why == NULL) {
        list_all(&l, s, &w);
        if (list_total(&l) == 0)
            why = "nothing is ever open: a calendar needs hours";
    }
    if (why != NULL) {
        *ret_why = why;
        return ERR_BAD_SETTINGS;
    }
    ms_t range = MS_MAX_TS - MS_MIN_TS, total = list_total(&l) * MS_SECOND;
    l.span[l.n] = (struct calendar_span){MS_NEVER, total};
    *ret = (struct calendar){total == range, l.n, total, l.span, {0}, {0}};
    uint32_t *slot = (uint32_t *)(l.span + l.n + 1);
    slot = index_fill(&ret->by_time, slot, ret, BY_TIME, range);
    slot = index_fill(&ret->by_sum, slot, ret, BY_SUM, total);
    CHECK((const char *)slot == (const char *)mem + bytes_for(l.n));
    return 0;
}

/* The last span whose key is <= x; x is one that a slot was made for. */
static inline const struct calendar_span *span_at(const struct calendar *c,
                                                  const struct calendar_index *index, enum key key,
                                                  ms_t x)
{
    uint64_t q = (uint64_t)(x - key_first(key)) >> index->shift;
    uint32_t low = index->slot[q], high = index->slot[q + 1]; /* one of these it is */
    if (UNLIKELY(high - low > 1)) {
        while (low < high) {
            uint32_t middle = low + (high - low + 1) / 2;
            if (key_of(&c->span[middle], key) <= x)
                low = middle;
            else
                high = middle - 1;
        }
        return &c->span[low];
    }
    /* A sum instead of a branch, which would be guessed wrong half of the time. Where low = high,
     * the next one begins after the slot. */
    low += key_of(&c->span[low + 1], key) <= x;
    return &c->span[low];
}

ms_t calendar_open(const struct calendar *c, ms_t t)
{
    if (UNLIKELY(t < MS_MIN_TS))
        return 0;
    if (UNLIKELY(t >= MS_MAX_TS))
        return c->total;
    const struct calendar_span *s = span_at(c, &c->by_time, BY_TIME, t);
    return ms_min(s[0].before + t - s[0].from, s[1].before);
}

ms_t calendar_due(const struct calendar *c, ms_t x)
{
    if (UNLIKELY(x <= 0))
        return MS_MIN_TS;
    if (UNLIKELY(x > c->total))
        return MS_NEVER;
    /* Where x is reached something is open just before: the span of the millisecond before. */
    const struct calendar_span *s = span_at(c, &c->by_sum, BY_SUM, x - 1);
    return s->from + x - s->before;
}

ms_t calendar_breach(const struct calendar *c, ms_t x)
{
    if (UNLIKELY(x < 0))
        return MS_MIN_TS;
    if (UNLIKELY(x >= c->total))
        return MS_NEVER;
    const struct calendar_span *s = span_at(c, &c->by_sum, BY_SUM, x);
    return s->from + x - s->before;
}

/* The span that t lies in or after, and its end. MS_MIN_TS <= t < MS_MAX_TS. */
static const struct calendar_span *span_before(const struct calendar *c, ms_t t, ms_t *ret_end)
{
    const struct calendar_span *s = span_at(c, &c->by_time, BY_TIME, t);
    *ret_end = s[0].from + s[1].before - s[0].before;
    return s;
}

bool calendar_is_open(const struct calendar *c, ms_t t)
{
    ms_t end = MS_NONE;
    if (t >= MS_MIN_TS && t < MS_MAX_TS)
        (void)span_before(c, t, &end);
    return t < end;
}

ms_t calendar_edge(const struct calendar *c, ms_t t)
{
    ms_t end;
    if (UNLIKELY(t >= MS_MAX_TS))
        return MS_NEVER;
    if (UNLIKELY(t < MS_MIN_TS))
        return calendar_is_open(c, MS_MIN_TS) ? MS_MIN_TS : calendar_edge(c, MS_MIN_TS);
    const struct calendar_span *s = span_before(c, t, &end);
    return t < end ? end : s[1].from;
}
