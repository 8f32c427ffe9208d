#include "tests/lib/service.h"

#include "daemon/tz.h"
#include "tests/lib/terse.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOUR_SECONDS = 3600, DAILY = 0x7F, MON_FRI = 0x1F };

/* --- making -------------------------------------------------------------------------------- */

struct service *service_new(void)
{
    struct service *v = calloc(1, sizeof *v);
    CHECK(v != NULL);
    v->said = calloc(1, sizeof *v->said);
    CHECK(v->said != NULL);
    v->d = desk_new();
    v->start = 1770368400000;
    uint32_t always = service_calendar(v, "always", "UTC");
    CHECK(always == SERVICE_ALWAYS);
    service_hours(v, always, DAILY, 0, 24);
    return v;
}

void service_open(struct service *v)
{
    v->d->settings.sla = v->said;
    desk_open(v->d);
    v->alerts = v->read = v->limits_told = 0;
}

void service_free(struct service *v)
{
    desk_free(v->d);
    free(v->said);
    free(v);
}

void service_clear(struct service *v)
{
    memset(v->said->policy, 0, sizeof v->said->policy);
    v->said->policies = 0;
}

uint32_t service_calendar(struct service *v, const char *id, const char *zone)
{
    const char *why;
    CHECK(v->said->calendars < CALENDARS_MAX);
    uint32_t i = v->said->calendars++;
    struct calendar_setting *c = &v->said->calendar[i];
    snprintf(c->id, sizeof c->id, "%s", id);
    snprintf(c->zone_name, sizeof c->zone_name, "%s", zone);
    CHECK(tz_compile(zone, &c->zone, &why) == 0);
    return i;
}

void service_hours(struct service *v, uint32_t calendar, uint8_t days, double from, double to)
{
    struct calendar_setting *c = &v->said->calendar[calendar];
    c->hour[c->hours++] =
        (struct calendar_hours){days, (int32_t)(from * HOUR_SECONDS), (int32_t)(to * HOUR_SECONDS)};
}

uint32_t service_office(struct service *v)
{
    uint32_t i = service_calendar(v, "office", "Europe/Berlin");
    service_hours(v, i, MON_FRI, 9, 17);
    return i;
}

struct policy_setting *service_policy(struct service *v, const char *id, uint32_t calendar)
{
    CHECK(v->said->policies < POLICIES_MAX);
    struct policy_setting *p = &v->said->policy[v->said->policies++];
    snprintf(p->id, sizeof p->id, "%s", id);
    p->calendar = calendar;
    return p;
}

void service_match(struct policy_setting *p, enum policy_attribute a, const char *name)
{
    struct policy_names *n = &p->match[a];
    CHECK(n->n < POLICY_NAMES_MAX);
    snprintf(n->at[n->n], sizeof n->at[n->n], "%s", name);
    n->n++;
}

static ms_t duration(const char *text)
{
    ms_t ret;
    CHECK(duration_parse(str_of(text), &ret));
    return ret;
}

struct policy_metric *service_metric(struct policy_setting *p, enum sla_metric m,
                                     const char *target)
{
    struct policy_metric *k = &p->metric[m];
    memset(k, 0, sizeof *k);
    service_priority(k, "", target);
    if (m == SLA_RESOLUTION || m == SLA_REQUESTER_WAIT)
        service_pause(k, "pending");
    if (m == SLA_RESOLUTION)
        service_pause(k, "on_hold");
    return k;
}

void service_priority(struct policy_metric *m, const char *priority, const char *target)
{
    CHECK(m->targets < POLICY_TARGETS_MAX);
    struct policy_target *t = &m->target[m->targets++];
    snprintf(t->priority, sizeof t->priority, "%s", priority);
    t->target = duration(target);
}

void service_warn(struct policy_metric *m, const char *point)
{
    CHECK(m->warns < POLICY_WARNS_MAX);
    struct policy_warn *w = &m->warn[m->warns++];
    if (strchr(point, '%') != NULL)
        w->percent = (uint32_t)strtoul(point, NULL, 10);
    else
        w->left = duration(point);
}

void service_overdue(struct policy_metric *m, const char *after)
{
    CHECK(m->overdues < POLICY_OVERDUES_MAX);
    m->overdue[m->overdues++] = duration(after);
}

void service_pause(struct policy_metric *m, const char *reason)
{
    CHECK(m->pauses < POLICY_PAUSES_MAX);
    snprintf(m->pause[m->pauses], sizeof m->pause[0], "%s", reason);
    m->pauses++;
}

/* --- by chance ----------------------------------------------------------------------------- */

/* Sundays; and on the day of `start` 7 s of every 10 s after 09:00 UTC. A date of its own, so that
 * the calendar has few intervals. */
static uint32_t flickering(struct service *v)
{
    uint32_t i = service_calendar(v, "flicker", "UTC");
    struct calendar_setting *c = &v->said->calendar[i];
    service_hours(v, i, 0x40, 9, 17);
    for (int32_t k = 0; k < 90; k++) {
        int32_t from = 9 * HOUR_SECONDS + 10 * k;
        c->special[c->specials++] =
            (struct calendar_special){(int32_t)(v->start / 86400000), from, from + 7};
    }
    return i;
}

static void draw_metric(struct random *r, struct policy_setting *p, enum sla_metric m)
{
    struct policy_metric *k = service_metric(p, m, "1s");
    k->target[0].target = random_range(r, 1, 90) * MS_SECOND;
    if (random_percent(r, 40)) {
        service_priority(k, "high", "1s");
        k->target[1].target = random_range(r, 1, 90) * MS_SECOND;
    }
    if (random_percent(r, 60))
        service_warn(k, "50%");
    if (random_percent(r, 30))
        service_warn(k, "5s");
    if (random_percent(r, 30))
        service_overdue(k, "10s");
    if (random_percent(r, 30))
        service_pause(k, "parts");
    k->reopen = (uint8_t)random_below(r, 3);
    k->retarget = random_percent(r, 30) ? RETARGET_RESTART : RETARGET_KEEP_ELAPSED;
    k->forgive = random_percent(r, 30);
}

void service_draw(struct service *v, struct random *r)
{
    static const char *const ids[] = {"one", "two", "three"};
    uint32_t flicker = v->said->calendars > 1 ? 1 : flickering(v);
    uint32_t n = (uint32_t)random_range(r, 1, ARRAY_LEN(ids));
    service_clear(v);
    for (uint32_t i = 0; i < n; i++) {
        struct policy_setting *p =
            service_policy(v, ids[i], random_percent(r, 50) ? flicker : SERVICE_ALWAYS);
        if (random_percent(r, 40))
            service_match(p, POLICY_PRIORITY, random_percent(r, 50) ? "high" : "low");
        if (random_percent(r, 30))
            service_match(p, POLICY_TEAM, random_percent(r, 50) ? "red" : "blue");
        for (enum sla_metric m = 0; m < SLA_METRICS; m++)
            if (random_percent(r, 60))
                draw_metric(r, p, m);
    }
}

/* --- what is told -------------------------------------------------------------------------- */

static void keep(struct service *v, const struct alert *a)
{
    CHECK(v->alerts < SERVICE_ALERTS_MAX);
    struct alert *to = &v->alert[v->alerts++];
    *to = *a;
    to->sla.ticket.p = to->sla.ticket_text; /* the effect's own goes with the next step */
}

static void collect(struct service *v)
{
    const struct outbox *out = &v->d->out;
    for (uint32_t i = 0; i < out->n; i++) {
        const struct effect *f = &out->effects[i];
        if (f->kind == EFFECT_ALERT && f->alert.kind == ALERT_SLA)
            keep(v, &f->alert);
        v->limits_told += f->kind == EFFECT_LIMIT;
    }
}

static int line_of(const struct alert *a, char *to, size_t cap)
{
    static const char *const states[] = {"warning", "breached", "cleared", "corrected",
                                         "cancelled"};
    const struct alert_sla *s = &a->sla;
    char level[16] = "";
    if (s->level > 0 && (a->state == ALERT_WARNING || a->state == ALERT_BREACHED))
        snprintf(level, sizeof level, " level=%u", s->level);
    const char *cause = alert_cause_name((enum alert_cause)s->cause);
    return snprintf(to, cap, "%s %.*s %s#%u %.*s/%.*s%s%s%s%s%s\n", states[a->state],
                    (int)s->ticket.len, s->ticket.p, sla_metric_name((enum sla_metric)s->metric),
                    s->instance, (int)a->agent.len, a->agent.p, (int)a->team.len, a->team.p, level,
                    cause[0] == 0 ? "" : " ", cause, s->late ? " late" : "",
                    s->held ? " held" : "");
}

const char *service_told(struct service *v)
{
    size_t n = 0;
    v->text[0] = 0;
    for (; v->read < v->alerts && n + 512 < sizeof v->text; v->read++)
        n += (size_t)line_of(&v->alert[v->read], v->text + n, sizeof v->text - n);
    return v->text;
}

const struct alert *service_last(const struct service *v)
{
    CHECK(v->alerts > 0);
    return &v->alert[v->alerts - 1];
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *service_active(struct service *v)
{
    static char line[SERVICE_ALERTS_MAX][256];
    uint32_t n = 0, at = 0;
    struct alert a;
    while (engine_alert_next(v->d->e, &at, &a)) {
        CHECK(n < SERVICE_ALERTS_MAX);
        a.sla.late = a.sla.held = false; /* of when it was told */
        if (a.kind == ALERT_SLA)
            line_of(&a, line[n++], sizeof line[0]);
    }
    qsort(line, n, sizeof line[0], by_text);
    size_t len = 0;
    v->text[0] = 0;
    for (uint32_t i = 0; i < n && len + 256 < sizeof v->text; i++)
        len += (size_t)snprintf(v->text + len, sizeof v->text - len, "%s", line[i]);
    return v->text;
}

/* --- steps --------------------------------------------------------------------------------- */

struct result service_take(struct service *v, const struct event *e)
{
    struct result r = {0};
    uint32_t taken;
    do {
        v->d->out.n = 0;
        taken = engine_step(v->d->e, e, 1, &r, &v->d->out);
        CHECK(taken == 1 || v->d->out.n > 0);
        collect(v);
    } while (taken == 0);
    engine_check(v->d->e);
    return r;
}

void service_apply(struct service *v)
{
    const char *why;
    v->d->settings.sla = v->said;
    v->d->out.n = 0;
    CHECK(engine_apply(v->d->e, &v->d->settings, &v->d->out, &why) == 0);
    collect(v);
    engine_check(v->d->e);
}

void service_say(struct service *v, ms_t after, const char *line)
{
    struct event e;
    terse_event(&e, v->start + after, line);
    struct result r = service_take(v, &e);
    if (r.verdict != VERDICT_APPLIED)
        fprintf(stderr, "not applied: %s\n", line);
    CHECK(r.verdict == VERDICT_APPLIED);
}

struct result service_hear(struct service *v, ms_t rts, ms_t after, const char *line)
{
    struct event e;
    terse_event(&e, v->start + after, line);
    e.rts = v->start + rts;
    struct result r = service_take(v, &e);
    service_tick(v, rts);
    return r;
}

void service_tick(struct service *v, ms_t after)
{
    struct event tick = {.kind = EV_TICK, .rts = v->start + after};
    CHECK(service_take(v, &tick).verdict == VERDICT_APPLIED);
}
