#include "tests/sim/draw_sla.h"

#include <stdio.h>

enum { HOUR = 3600, DAY = 24 * HOUR, ALL_WEEK = 0x7f };

/* --- calendars ------------------------------------------------------------------------------ */

static void open_on(struct calendar_setting *c, uint32_t days, int32_t from, int32_t to)
{
    c->hour[c->hours++] = (struct calendar_hours){(uint8_t)days, from, to};
}

static void draw_hours(struct random *r, struct calendar_setting *c)
{
    switch (random_below(r, 5)) {
    case 0:
        open_on(c, ALL_WEEK, 0, DAY);
        break;
    case 1:
        open_on(c, 0x1f, 9 * HOUR, 17 * HOUR);
        break;
    case 2:
        open_on(c, 0x1f, 8 * HOUR, 12 * HOUR);
        open_on(c, 0x1f, 13 * HOUR + HOUR / 2, 18 * HOUR);
        open_on(c, 0x20, 10 * HOUR, 10 * HOUR + 1);
        break;
    case 3: /* over midnight */
        open_on(c, ALL_WEEK, 21 * HOUR, 26 * HOUR);
        break;
    default:
        for (uint32_t day = 0; day < 7; day++) {
            int32_t at = (int32_t)random_below(r, 5 * HOUR);
            for (uint64_t n = random_below(r, 4); n > 0; n--) {
                int32_t to = at + 1 + (int32_t)random_below(r, 4 * HOUR);
                open_on(c, 1u << day, at, to);
                at = to + 1 + (int32_t)random_below(r, HOUR);
            }
        }
        open_on(c, 1, 23 * HOUR, DAY); /* so that there is something */
    }
}

static void draw_zone(struct random *r, struct zone *z, sec_t about)
{
    int32_t offset = (int32_t)random_range(r, -48, 56) * (HOUR / 4);
    z->shift[0].at = -(sec_t)DAY * 365 * 200;
    z->shift[0].offset = offset;
    z->n = 1;
    sec_t at = about - (sec_t)random_below(r, 100 * DAY);
    for (uint64_t n = random_below(r, 4); n > 0; n--) {
        at += random_range(r, DAY, 60 * DAY) / HOUR * HOUR;
        offset += (z->n & 1) != 0 ? HOUR : -HOUR;
        z->shift[z->n].at = at;
        z->shift[z->n++].offset = offset;
    }
}

static void draw_calendar(struct random *r, sec_t about, uint32_t i, struct calendar_setting *c)
{
    memset(c, 0, sizeof *c);
    snprintf(c->id, sizeof c->id, "c%u", i);
    snprintf(c->zone_name, sizeof c->zone_name, "Drawn/%u", i);
    draw_zone(r, &c->zone, about);
    draw_hours(r, c);
    int32_t date = (int32_t)(about / DAY) - 3;
    for (uint64_t n = random_below(r, 5); n > 0; n--) {
        date += (int32_t)random_range(r, 1, 5);
        int32_t from = (int32_t)random_below(r, 20 * HOUR);
        bool closed = random_percent(r, 60);
        c->special[c->specials++] = (struct calendar_special){
            date, closed ? 0 : from, closed ? 0 : from + (int32_t)random_range(r, 1, 4 * HOUR)};
    }
}

/* --- policies ------------------------------------------------------------------------------- */

static void draw_name(struct random *r, uint32_t names, char to[NAME_BYTES_MAX + 1])
{
    snprintf(to, NAME_BYTES_MAX + 1, "n%u", (uint32_t)random_below(r, names));
}

/* From a second to a day, short ones as likely as long ones. */
static ms_t draw_target(struct random *r)
{
    static const ms_t most[] = {10000, 100000, 1000000, MS_HOUR, 12 * MS_HOUR, MS_DAY};
    return random_range(r, 1000, most[random_below(r, ARRAY_LEN(most))]);
}

static void draw_metric(struct random *r, uint32_t names, struct policy_metric *m)
{
    static const char *const reasons[] = {"pending", "on_hold", "n0", "n1"};
    ms_t shortest = MS_DAY;
    if (random_percent(r, 80))
        m->target[m->targets++].target = shortest = draw_target(r);
    for (uint32_t i = 0; i < names && random_percent(r, 40); i++) {
        struct policy_target *t = &m->target[m->targets++];
        snprintf(t->priority, sizeof t->priority, "n%u", i);
        t->target = draw_target(r);
        shortest = ms_min(shortest, t->target);
    }
    for (uint64_t n = random_below(r, POLICY_WARNS_MAX + 1); n > 0; n--) {
        struct policy_warn *w = &m->warn[m->warns++];
        if (random_percent(r, 60))
            w->percent = (uint32_t)random_range(r, 1, 99);
        else
            w->left = random_range(r, 1, shortest - 1);
    }
    ms_t after = 0;
    for (uint64_t n = random_below(r, 3); n > 0; n--)
        m->overdue[m->overdues++] = after += random_range(r, 1, MS_HOUR);
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (random_percent(r, 40))
            memcpy(m->pause[m->pauses++], reasons[i], strlen(reasons[i]) + 1);
    m->reopen = (uint8_t)random_below(r, 3);
    m->retarget = random_percent(r, 70) ? RETARGET_KEEP_ELAPSED : RETARGET_RESTART;
    m->forgive = random_percent(r, 30);
}

static void draw_policy(struct random *r, uint32_t names, uint32_t i, struct sla_setting *s)
{
    struct policy_setting *p = &s->policy[i];
    memset(p, 0, sizeof *p);
    snprintf(p->id, sizeof p->id, "p%u", i);
    p->calendar = (uint32_t)random_below(r, s->calendars);
    for (int a = 0; a < POLICY_ATTRIBUTES; a++)
        for (uint32_t n = 0; n < names && random_percent(r, 15); n++)
            draw_name(r, names, p->match[a].at[p->match[a].n++]);
    for (int m = 0; m < SLA_METRICS; m++)
        if (random_percent(r, 75))
            draw_metric(r, names, &p->metric[m]);
}

void draw_sla(struct random *r, ms_t about, uint32_t names, struct sla_setting *ret)
{
    ret->calendars = (uint32_t)random_range(r, 1, 4);
    for (uint32_t i = 0; i < ret->calendars; i++)
        draw_calendar(r, sec_floor(about), i, &ret->calendar[i]);
    ret->policies = (uint32_t)random_range(r, 1, 6);
    for (uint32_t i = 0; i < ret->policies; i++)
        draw_policy(r, names, i, ret);
}
