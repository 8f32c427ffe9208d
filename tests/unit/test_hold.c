/* hold: lists of deadlines per source; and an engine whose sources are behind: no false breach,
 * nothing lost, everything told in the end. */
#include "core/hold.h"

#include "tests/lib/random.h"
#include "tests/lib/service.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR, SOURCES = 3, WAITS = 40 };

/* --- the lists ------------------------------------------------------------------------------ */

static struct holds *holds_new(uint32_t sources, uint32_t waits)
{
    struct holds *h = calloc(1, sizeof *h);
    holds_init(h, calloc(1, holds_bytes(sources, waits)), sources, waits);
    return h;
}

static void holds_free(struct holds *h)
{
    free(h->sources.base);
    free(h);
}

Test(hold, a_source_is_known_by_its_newest)
{
    struct holds *h = holds_new(SOURCES, WAITS);
    cr_assert_eq(holds_newest(h, 1), MS_NONE);
    cr_assert_not(holds_heard(h, 1, 5000, false)); /* nothing waits */
    cr_assert_eq(holds_newest(h, 1), 5000);
    cr_assert_eq(holds_newest(h, 0), MS_NONE);
    cr_assert_not(holds_heard(h, 1, 4000, false));
    cr_assert_eq(holds_newest(h, 1), 5000);
    cr_assert_not(holds_heard(h, SOURCES, 1, false)); /* no room for it: it is nobody */
    cr_assert_eq(holds_newest(h, SOURCES), MS_NONE);
    holds_free(h);
}

Test(hold, what_the_source_has_passed_is_released)
{
    struct holds *h = holds_new(SOURCES, WAITS);
    handle_t got[4];
    (void)holds_heard(h, 1, 1000, false);
    (void)holds_heard(h, 2, 1000, false);
    holds_add(h, 1, 5000, 51);
    holds_add(h, 1, 9000, 52);
    holds_add(h, 2, 5000, 53);
    cr_assert(holds_heard(h, 1, 4999, false));
    cr_assert_eq(holds_release(h, 1, got, 4), 0);
    cr_assert_not(holds_heard(h, 1, 5000, false), "walked within this second");
    cr_assert(holds_heard(h, 1, 5001, true), "but it speaks on time again");
    cr_assert_eq(holds_release(h, 1, got, 4), 1);
    cr_assert_eq(got[0], 51);
    cr_assert(holds_heard(h, 1, 20000, false));
    cr_assert_eq(holds_release(h, 1, got, 4), 1);
    cr_assert_eq(got[0], 52);
    cr_assert_not(holds_heard(h, 1, 30000, false));
    cr_assert_eq(h->waits.live, 1);
    holds_free(h);
}

/* Against a plain array: every deadline comes out once, when its source has passed it. */
Test(hold, nothing_is_lost_and_nothing_comes_twice)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random r = {seed};
        struct holds *h = holds_new(SOURCES, WAITS);
        ms_t waits[SOURCES][WAITS], newest[SOURCES] = {0};
        uint32_t n = 0;
        bool out[WAITS + 1] = {false};
        uint8_t source[WAITS + 1] = {0};
        for (uint32_t s = 0; s < SOURCES; s++)
            (void)holds_heard(h, s, 0, false);
        for (int step = 0; step < 60; step++) {
            uint32_t s = (uint32_t)random_below(&r, SOURCES);
            if (random_percent(&r, 60) && n < WAITS) {
                source[++n] = (uint8_t)s;
                waits[s][n - 1] = newest[s] + random_range(&r, 0, 9000);
                holds_add(h, s, waits[s][n - 1], n);
                continue;
            }
            handle_t got[WAITS];
            newest[s] += random_range(&r, 1000, 5000);
            uint32_t cap = (uint32_t)random_range(&r, 1, WAITS), k = cap;
            bool walk = holds_heard(h, s, newest[s], false);
            while (walk && k == cap) { /* more may be ready */
                k = holds_release(h, s, got, cap);
                for (uint32_t i = 0; i < k; i++) {
                    cr_assert(!out[got[i]] && source[got[i]] == s);
                    cr_assert_leq(waits[s][got[i] - 1], newest[s]);
                    out[got[i]] = true;
                }
            }
            for (uint32_t i = 1; i <= n; i++) /* whoever still waits is not passed */
                cr_assert(out[i] || source[i] != s || waits[s][i - 1] > newest[s]);
        }
        holds_free(h);
    }
}

/* Without room nobody waits: the owner's own timer ends it. */
Test(hold, full)
{
    struct holds *h = holds_new(SOURCES, 1);
    handle_t got[4];
    (void)holds_heard(h, 1, 1000, false);
    holds_add(h, 1, 2000, 51);
    holds_add(h, 1, 2000, 52);
    holds_add(h, 2, 2000, 53); /* a source never heard of */
    (void)holds_heard(h, 1, 9000, false);
    cr_assert_eq(holds_release(h, 1, got, 4), 1);
    cr_assert_eq(got[0], 51);
    holds_free(h);
}

/* --- an engine whose sources are behind ------------------------------------------------------- */

static void told(struct service *v, const char *want)
{
    cr_assert_str_eq(service_told(v), want);
}

static uint64_t held(struct service *v)
{
    return engine_counters(v->d->e)->sla_held;
}

/* T of source s waits for its first response since 0, its target is 1 h; at 10 minutes it had an
 * event that came `late` after its ts. */
static struct service *behind(ms_t late)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_hear(v, 0, 0, "opened ticket=T src=s seq=1 agent=ada");
    service_hear(v, 10 * MIN + late, 10 * MIN, "message ticket=T by=customer src=s seq=2");
    return v;
}

Test(hold, a_minute_late_is_not_behind)
{
    struct service *v = behind(MS_MINUTE);
    service_tick(v, HOUR + 1);
    told(v, "breached T first_response#1 ada/-\n");
    cr_assert_eq(held(v), 0);
    service_free(v);
}

Test(hold, at_most_hold_max)
{
    struct service *v = behind(MS_MINUTE + 1);
    service_tick(v, HOUR + 1);
    told(v, "");
    cr_assert_eq(held(v), 1);
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 0);
    service_tick(v, HOUR + 5 * MIN);
    told(v, "");
    cr_assert_leq(engine_deadline(v->d->e), v->start + HOUR + 5 * MIN + 1);
    service_tick(v, HOUR + 5 * MIN + 1);
    told(v, "breached T first_response#1 ada/- held\n");
    cr_assert_eq(service_last(v)->since, v->start + HOUR);
    cr_assert_eq(service_last(v)->sla.elapsed, HOUR);
    cr_assert_eq(held(v), 1);
    cr_assert_eq(desk_gauge(v->d, SCOPE_ALL, "-", IND_BREACHED_OPEN), 1);
    service_free(v);
}

Test(hold, a_heartbeat_of_the_source_releases_it)
{
    struct service *v = behind(2 * MIN);
    service_tick(v, HOUR + 1);
    service_hear(v, HOUR + 10, HOUR - 1, "heartbeat src=s seq=3");
    told(v, "");
    service_hear(v, HOUR + 20, HOUR + 20, "heartbeat src=other seq=1");
    told(v, "");
    service_hear(v, HOUR + MIN, HOUR + MS_SECOND, "heartbeat src=s seq=4");
    told(v, "breached T first_response#1 ada/- held\n");
    service_tick(v, 9 * HOUR);
    told(v, "");
    service_free(v);
}

Test(hold, another_ticket_of_the_source_releases_it)
{
    struct service *v = behind(2 * MIN);
    service_tick(v, HOUR + 1);
    service_hear(v, HOUR + MIN, HOUR + MS_SECOND, "opened ticket=U by=agent src=s seq=3");
    told(v, "breached T first_response#1 ada/- held\n");
    service_free(v);
}

/* The source was past the deadline when its timer came: nothing is held. */
Test(hold, a_source_that_caught_up_holds_nothing)
{
    struct service *v = behind(2 * MIN);
    service_hear(v, HOUR, HOUR + MS_SECOND, "heartbeat src=s seq=3");
    service_tick(v, HOUR + 1);
    told(v, "breached T first_response#1 ada/-\n");
    cr_assert_eq(held(v), 0);
    service_free(v);
}

/* What was in time comes while the deadline is held: nobody ever hears of a breach. */
Test(hold, the_backlog_brings_the_reply)
{
    struct service *v = behind(2 * MIN);
    service_tick(v, HOUR + 1);
    service_hear(v, HOUR + 2 * MIN, HOUR, "message ticket=T by=agent src=s seq=3");
    service_tick(v, 9 * HOUR);
    told(v, "");
    struct kpi_value k = desk_value(v->d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_24H);
    cr_assert(k.met == 1 && k.missed == 0);
    service_free(v);
}

Test(hold, the_backlog_brings_a_reply_that_was_late)
{
    struct service *v = behind(2 * MIN);
    service_tick(v, HOUR + 1);
    service_hear(v, HOUR + 2 * MIN, HOUR + 1, "message ticket=T by=agent src=s seq=3");
    told(v, "breached T first_response#1 ada/- held\n"
            "cleared T first_response#1 ada/- met_late\n");
    service_free(v);
}

/* The ticket's next event is on time: its source is not behind any more. */
Test(hold, the_next_event_on_time_ends_it)
{
    struct service *v = behind(2 * MIN);
    service_tick(v, HOUR + 1);
    service_hear(v, HOUR + 2 * MIN, HOUR + 2 * MIN, "updated ticket=T priority=x src=s seq=3");
    told(v, "breached T first_response#1 ada/- held\n");
    service_free(v);
}

/* A whole backlog: whoever was held is told when the source has passed, all of them at once. */
Test(hold, a_hundred_tickets)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    char line[64];
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "opened ticket=T%d src=s seq=%d", i, i + 1);
        service_hear(v, 10 * MIN, i, line);
    }
    service_tick(v, HOUR + MIN);
    told(v, "");
    cr_assert_eq(held(v), 100);
    service_hear(v, HOUR + 2 * MIN, HOUR + MIN, "heartbeat src=s seq=101");
    cr_assert_eq(v->alerts, 100, "%u", v->alerts);
    for (uint32_t i = 0; i < v->alerts; i++)
        cr_assert(v->alert[i].sla.held && v->alert[i].state == ALERT_BREACHED);
    service_tick(v, 9 * HOUR);
    cr_assert_eq(v->alerts, 100);
    cr_assert_eq(engine_counters(v->d->e)->sla_breached, 100);
    service_free(v);
}

/* Replayed events were never late: nothing is held. */
Test(hold, a_replay_holds_nothing)
{
    struct service *v = service_new();
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T src=s");
    service_say(v, 2 * HOUR, "opened ticket=U src=t");
    told(v, "breached T first_response#1 -/-\n");
    cr_assert_eq(held(v), 0);
    service_free(v);
}

/* Warnings and repeats are held like breaches, each until its own instant is passed. */
Test(hold, every_level_waits_for_its_own_instant)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
    struct policy_metric *m = service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_warn(m, "50%");
    service_overdue(m, "1h");
    service_open(v);
    service_hear(v, 2 * MIN, 0, "opened ticket=T src=s seq=1");
    service_tick(v, 31 * MIN);
    told(v, "");
    service_hear(v, 32 * MIN, 31 * MIN, "heartbeat src=s seq=2");
    told(v, "warning T first_response#1 -/- level=1 held\n");
    service_tick(v, 61 * MIN);
    told(v, "");
    service_tick(v, 65 * MIN + 1);
    told(v, "breached T first_response#1 -/- held\n");
    service_tick(v, 125 * MIN + 1);
    told(v, "breached T first_response#1 -/- level=1 held\n");
    cr_assert_eq(held(v), 3);
    service_free(v);
}
