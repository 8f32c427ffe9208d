#include "tests/lib/hours.h"

#include <stdlib.h>

enum { DAY = 86400, STRIDE = 30 * DAY, PIECES = 20000 };

struct piece {
    sec_t from, to;
};

struct pieces {
    uint32_t n;
    struct piece at[PIECES];
};

static int by_from(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static void add(struct pieces *p, sec_t from, sec_t to)
{
    if (from >= to)
        return;
    CHECK(p->n < PIECES);
    p->at[p->n++] = (struct piece){from, to};
}

/* Local hours [from, to) as UTC, in every stretch of the zone where such a local time occurs. */
static void add_local(struct pieces *p, const struct zone *z, struct piece local, struct piece in)
{
    if (z->n == 0)
        add(p, local.from > in.from ? local.from : in.from, local.to < in.to ? local.to : in.to);
    for (uint32_t i = 0; i < z->n; i++) {
        sec_t from = i == 0 ? INT64_MIN : z->shift[i].at;
        sec_t to = i + 1 == z->n ? INT64_MAX : z->shift[i + 1].at;
        from = in.from > from ? in.from : from;
        to = in.to < to ? in.to : to;
        sec_t begin = local.from - z->shift[i].offset, end = local.to - z->shift[i].offset;
        add(p, begin > from ? begin : from, end < to ? end : to);
    }
}

static void add_day(struct pieces *p, const struct calendar_setting *c, int64_t date,
                    struct piece in)
{
    bool special = false;
    for (uint32_t i = 0; i < c->specials; i++) {
        const struct calendar_special *s = &c->special[i];
        if (s->date != date)
            continue;
        special = true;
        add_local(p, &c->zone, (struct piece){date * DAY + s->from, date * DAY + s->to}, in);
    }
    for (uint32_t i = 0; !special && i < c->hours; i++) {
        const struct calendar_hours *h = &c->hour[i];
        if ((h->days >> weekday_of_days(date) & 1) != 0)
            add_local(p, &c->zone, (struct piece){date * DAY + h->from, date * DAY + h->to}, in);
    }
}

/* What is open in [from, to), ascending, without overlap. */
static const struct pieces *open_pieces(const struct calendar_setting *c, sec_t from, sec_t to)
{
    static struct pieces all;
    struct piece in = {from, to};
    all.n = 0;
    if (in.from < MS_MIN_TS / MS_SECOND)
        in.from = MS_MIN_TS / MS_SECOND;
    if (in.to > MS_MAX_TS / MS_SECOND)
        in.to = MS_MAX_TS / MS_SECOND;
    for (int64_t date = in.from / DAY - 3; in.from < in.to && date <= in.to / DAY + 3; date++)
        add_day(&all, c, date, in);
    qsort(all.at, all.n, sizeof all.at[0], by_from);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all.n; i++) {
        if (kept > 0 && all.at[i].from <= all.at[kept - 1].to) {
            if (all.at[i].to > all.at[kept - 1].to)
                all.at[kept - 1].to = all.at[i].to;
            continue;
        }
        all.at[kept++] = all.at[i];
    }
    all.n = kept;
    return &all;
}

ms_t hours_between(const struct calendar_setting *c, ms_t from, ms_t to)
{
    ms_t sum = 0;
    for (sec_t lo = sec_floor(from), hi; lo * MS_SECOND < to; lo = hi) {
        hi = lo + STRIDE;
        const struct pieces *p = open_pieces(c, lo, hi);
        for (uint32_t i = 0; i < p->n; i++) {
            ms_t begin = ms_max(from, p->at[i].from * MS_SECOND);
            ms_t end = ms_min(to, p->at[i].to * MS_SECOND);
            sum += ms_max(0, end - begin);
        }
    }
    return sum;
}

/* From `from` on; full: also the piece that ends exactly where `left` is used up will do. */
static ms_t ahead(const struct calendar_setting *c, ms_t from, ms_t left, bool full)
{
    for (sec_t lo = sec_floor(from), hi; lo * MS_SECOND < MS_MAX_TS; lo = hi) {
        hi = lo + STRIDE;
        const struct pieces *p = open_pieces(c, lo, hi);
        for (uint32_t i = 0; i < p->n; i++) {
            ms_t begin = ms_max(from, p->at[i].from * MS_SECOND);
            ms_t length = p->at[i].to * MS_SECOND - begin;
            if (length <= 0)
                continue;
            if (length > left || (full && length == left))
                return begin + left;
            left -= length;
        }
    }
    return MS_NEVER;
}

/* Before `from`; full: likewise for the piece that begins there. */
static ms_t back(const struct calendar_setting *c, ms_t from, ms_t used, bool full)
{
    for (sec_t hi = sec_floor(from) + 1, lo; hi * MS_SECOND > MS_MIN_TS; hi = lo) {
        lo = hi - STRIDE;
        const struct pieces *p = open_pieces(c, lo, hi);
        for (uint32_t i = p->n; i-- > 0;) {
            ms_t end = ms_min(from, p->at[i].to * MS_SECOND);
            ms_t length = end - p->at[i].from * MS_SECOND;
            if (length <= 0)
                continue;
            if (length > used || (full && length == used))
                return end - used;
            used -= length;
        }
    }
    return MS_MIN_TS;
}

ms_t hours_due(const struct calendar_setting *c, ms_t from, ms_t left)
{
    return left > 0 ? ahead(c, from, left, true) : back(c, from, -left, false);
}

ms_t hours_breach(const struct calendar_setting *c, ms_t from, ms_t left)
{
    return left >= 0 ? ahead(c, from, left, false) : back(c, from, -left, true);
}
