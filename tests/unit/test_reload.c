/* reload: events that arrive on the other side of other policies end in the same state. */
#include "core/engine.h"
#include "tests/lib/service.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>

enum { HOUR = MS_HOUR, STORMS = 100 };

/* Other policies, or none: the same for both. */
static void draw_alike(struct service *v, struct service *w, struct random *r, bool none)
{
    struct random same = *r;
    service_draw(v, r);
    service_draw(w, &same);
    if (none) {
        service_clear(v);
        service_clear(w);
    }
}

/* Of the first n events, those that have not arrived, some of them or all. */
static uint32_t arrive(struct service *v, const struct tale *t, uint32_t n, bool *arrived,
                       uint32_t percent, struct random *r)
{
    uint32_t late = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (arrived[i] || !random_percent(r, percent))
            continue;
        (void)service_take(v, &t->event[i]);
        arrived[i] = true;
        late++;
    }
    return late;
}

/* One desk hears all in order, the other a part of it behind one reload or several. */
static uint32_t storm(uint64_t seed)
{
    struct random r = {seed * 77 + 5};
    struct tale t;
    struct service *v = service_new(), *w = service_new();
    bool arrived[TALE_MAX] = {false};
    uint32_t reloads, heard = 0, late = 0;
    draw_alike(v, w, &r, false);
    tale_draw(&r, 3, (uint32_t)random_range(&r, 4, 30), v->start, 70 * MS_SECOND, &t);
    tale_sort(&t);
    service_open(v);
    service_open(w);
    reloads = (uint32_t)random_range(&r, 1, 4);
    for (uint32_t c = 0; c <= reloads; c++) {
        bool last = c == reloads;
        ms_t to = last ? 75 * MS_SECOND : (c + 1) * 70 * MS_SECOND / (reloads + 1);
        for (; heard < t.n && t.event[heard].ts <= v->start + to; heard++) {
            (void)service_take(v, &t.event[heard]);
            arrived[heard] = random_percent(&r, 60);
            if (arrived[heard])
                (void)service_take(w, &t.event[heard]);
        }
        late += arrive(w, &t, heard, arrived, last ? 100 : 30, &r);
        service_tick(v, to);
        service_tick(w, to);
        if (last)
            break;
        draw_alike(v, w, &r, seed % 3 == 0 && c % 2 == 0);
        service_apply(v);
        service_apply(w);
    }
    cr_assert_eq(engine_digest(v->d->e), engine_digest(w->d->e), "seed %llu",
                 (unsigned long long)seed);
    service_free(v);
    service_free(w);
    return late;
}

Test(reload, late_events_across_reloads_end_in_the_same_state)
{
    uint32_t late = 0;
    for (uint64_t seed = 1; seed <= STORMS; seed++)
        late += storm(seed);
    cr_assert(late > 3 * STORMS);
}

/* The desk that hears of the end late folds the ticket again, past the reload. */
Test(reload, an_ended_ticket_has_the_same_time_whenever_it_follows_a_reload)
{
    struct service *v[2] = {service_new(), service_new()};
    for (int i = 0; i < 2; i++) {
        uint32_t office = service_office(v[i]);
        service_metric(service_policy(v[i], "old", SERVICE_ALWAYS), SLA_RESOLUTION, "8h");
        service_open(v[i]);
        service_say(v[i], 0, "opened ticket=T");
        if (i == 0)
            service_say(v[i], 2 * HOUR, "resolved ticket=T");
        service_tick(v[i], 3 * HOUR);
        service_clear(v[i]);
        service_metric(service_policy(v[i], "new", office), SLA_RESOLUTION, "8h");
        service_apply(v[i]);
        service_tick(v[i], 3 * HOUR + 30 * MS_MINUTE);
        if (i == 1)
            service_say(v[i], 2 * HOUR, "resolved ticket=T");
        service_tick(v[i], 4 * HOUR);
    }
    cr_assert_eq(engine_digest(v[0]->d->e), engine_digest(v[1]->d->e));
    for (int i = 0; i < 2; i++) {
        service_say(v[i], 5 * HOUR, "reopened ticket=T");
        service_tick(v[i], 6 * HOUR);
    }
    cr_assert_eq(engine_digest(v[0]->d->e), engine_digest(v[1]->d->e));
    for (int i = 0; i < 2; i++)
        service_free(v[i]);
}
