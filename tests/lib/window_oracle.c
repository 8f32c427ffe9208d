#include "tests/lib/window_oracle.h"

#include <stdlib.h>

void oracle_init(struct oracle *o, const struct window_family *family)
{
    o->family = family;
    o->n = o->marks = 0;
}

void oracle_add(struct oracle *o, const struct window_sample *s)
{
    CHECK(o->n < ORACLE_SAMPLES);
    o->sample[o->n++] = *s;
    for (uint32_t f = 0; f < o->family->flags; f++)
        if ((s->flags & o->family->loose) >> f & 1) {
            CHECK(o->marks < ORACLE_MARKS);
            o->mark[o->marks++] = (struct oracle_mark){sec_floor(s->ts), f};
        }
}

static uint32_t samples_at(const struct oracle *o, sec_t sec)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->n; i++)
        n += sec_floor(o->sample[i].ts) == sec;
    return n;
}

static uint32_t marks_at(const struct oracle *o, sec_t sec, uint32_t flag)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->marks; i++)
        n += o->mark[i].sec == sec && o->mark[i].flag == flag;
    return n;
}

static void unmark(struct oracle *o, sec_t sec, uint32_t flag)
{
    for (uint32_t i = 0; i < o->marks; i++)
        if (o->mark[i].sec == sec && o->mark[i].flag == flag) {
            o->mark[i] = o->mark[--o->marks];
            return;
        }
}

void oracle_withdraw(struct oracle *o, uint32_t i)
{
    struct window_sample s = o->sample[i];
    sec_t sec = sec_floor(s.ts);
    o->sample[i] = o->sample[--o->n];
    for (uint32_t f = 0; f < o->family->flags; f++) {
        if ((s.flags & o->family->loose) >> f & 1)
            unmark(o, sec, f);
        if ((o->family->loose >> f & 1) && marks_at(o, sec, f) > samples_at(o, sec))
            unmark(o, sec, f); /* nobody is left to wear it */
    }
}

bool oracle_mark(struct oracle *o, sec_t sec, uint32_t flag, bool on)
{
    uint32_t n = marks_at(o, sec, flag);
    if (on ? n == samples_at(o, sec) : n == 0)
        return false;
    if (!on) {
        unmark(o, sec, flag);
        return true;
    }
    CHECK(o->marks < ORACLE_MARKS);
    o->mark[o->marks++] = (struct oracle_mark){sec, flag};
    return true;
}

void oracle_forget(struct oracle *o, sec_t edge)
{
    for (uint32_t i = o->n; i-- > 0;)
        if (sec_floor(o->sample[i].ts) <= edge)
            o->sample[i] = o->sample[--o->n];
    for (uint32_t i = o->marks; i-- > 0;)
        if (o->mark[i].sec <= edge)
            o->mark[i] = o->mark[--o->marks];
}

static bool has_twins(const struct oracle *o, const struct window_sample *s)
{
    for (uint32_t c = (uint32_t)(o->family->columns - o->family->twins); c < o->family->columns;
         c++)
        if ((s->present >> c & 1) != 0)
            return true;
    return false;
}

void oracle_read(const struct oracle *o, sec_t edge, sec_t at, uint32_t watches,
                 const struct window_watch *watch, struct window_numbers *ret)
{
    memset(ret, 0, sizeof *ret);
    for (uint32_t i = 0; i < o->n; i++) {
        const struct window_sample *s = &o->sample[i];
        if (sec_floor(s->ts) <= edge || sec_floor(s->ts) > at)
            continue;
        ret->samples++;
        for (uint32_t f = 0; f < o->family->flags; f++)
            ret->flag[f] += (s->flags & ~o->family->loose) >> f & 1;
        for (uint32_t t = 0; t < o->family->twins; t++) /* what its twins say of the same */
            ret->flag[o->family->flags + t] += has_twins(o, s) && (s->flags >> t & 1);
        for (uint32_t c = 0; c < o->family->columns; c++)
            if (s->present >> c & 1) {
                ret->n[c]++;
                ret->sum[c] += s->value[c];
                for (uint32_t k = 0; k < watches; k++)
                    ret->above[k] += watch[k].column == c && s->value[c] > watch[k].above;
            }
    }
    for (uint32_t i = 0; i < o->marks; i++)
        if (o->mark[i].sec > edge && o->mark[i].sec <= at)
            ret->flag[o->mark[i].flag]++;
}

static int compare(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

void oracle_order(const struct oracle *o, sec_t edge, sec_t at, uint32_t column,
                  struct window_order *ret)
{
    static const uint32_t percent[WINDOW_QUANTILES] = {50, 75, 90, 95, 99};
    static ms_t value[ORACLE_SAMPLES];
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->n; i++) {
        const struct window_sample *s = &o->sample[i];
        if (sec_floor(s->ts) > edge && sec_floor(s->ts) <= at && (s->present >> column & 1))
            value[n++] = s->value[column];
    }
    *ret = (struct window_order){.n = n};
    if (n == 0)
        return;
    qsort(value, n, sizeof value[0], compare);
    ret->min = value[0];
    ret->max = value[n - 1];
    for (uint32_t i = 0; i < WINDOW_QUANTILES; i++)
        ret->q[i] = value[(n * percent[i] + 99) / 100 - 1];
}

static ms_t magnitude(struct random *r)
{
    uint64_t shift = 28 + random_below(r, 36);
    return (ms_t)(random_next(r) >> shift);
}

struct window_sample oracle_random(struct random *r, const struct window_family *family, ms_t ts)
{
    struct window_sample s = {.ts = ts};
    s.flags = (uint32_t)random_next(r) & ((1U << family->flags) - 1);
    if (random_percent(r, 50))
        s.flags &= (uint32_t)random_next(r);
    uint32_t own = (uint32_t)(family->columns - family->twins);
    bool twins = family->twins > 0 && random_percent(r, 50);
    s.present = (uint32_t)random_next(r) & ((1U << (twins ? family->twins : own)) - 1);
    if (twins)
        s.present |= s.present << own;
    ms_t all = random_percent(r, 20) ? 1000 : magnitude(r), other = magnitude(r);
    bool equal = random_percent(r, 70), equal_twins = random_percent(r, 80) == equal;
    for (uint32_t c = 0; c < family->columns; c++)
        if (s.present >> c & 1)
            s.value[c] = c < own && equal ? all : c >= own && equal_twins ? other : magnitude(r);
    return s;
}
