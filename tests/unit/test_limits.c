/* limits: each at its least in turn, under the traffic of a help desk: what has no room is refused,
 * counted or let go with a reason told, and everything that is kept stays sound. */
#include "core/limits.h"

#include "daemon/cli/traffic.h"
#include "tests/lib/desk.h"

#include <criterion/criterion.h>

enum { BATCH = 64, EVENTS = 12000 };

static uint64_t told[LIMIT_MET_N];

static void rule_on_every_agent(struct settings *s)
{
    struct rule_setting *r = &s->rule[s->rules++];
    *r = (struct rule_setting){.indicator = IND_WAITING,
                               .field = IF_VALUE,
                               .scope = SCOPE_AGENT,
                               .fire = NUMBER_ONE,
                               .clear = NUMBER_ONE};
    memcpy(r->id, "waiting", 8);
}

static void step(struct desk *d, struct event *events, uint32_t n)
{
    struct result results[BATCH];
    for (uint32_t done = 0; done < n;) {
        done += engine_step(d->e, events + done, n - done, results, &d->out);
        for (uint32_t i = 0; i < d->out.n; i++)
            if (d->effects[i].kind == EFFECT_LIMIT)
                told[d->effects[i].limit]++;
        d->out.n = 0;
    }
}

/* numbered: else events are known by what they say. */
static void work(struct desk *d, bool numbered)
{
    static struct event event[BATCH];
    struct traffic_setup setup = traffic_default();
    setup.agents = 40;
    setup.teams = 6;
    setup.live = 500;
    setup.flat = true;
    setup.shuffle = 60 * MS_SECOND;
    setup.rate = 5000;
    struct traffic *t = traffic_new(&setup);
    cr_assert_not_null(t);
    memset(told, 0, sizeof told);
    for (uint32_t done = 0, n; done < EVENTS; done += n) {
        n = traffic_next(t, MS_MAX_TS, event, BATCH);
        for (uint32_t i = 0; i < n && !numbered; i++)
            event[i].has &= ~(1ull << F_SEQ | 1ull << F_SRC);
        ms_t at = event[n - 1].rts;
        step(d, event, n);
        event[0] = (struct event){.kind = EV_TICK, .ts = at, .rts = at};
        step(d, event, 1);
        if (done % (20 * BATCH) == 0)
            engine_check(d->e);
    }
    traffic_free(t);
    engine_check(d->e);
}

/* What is told when that limit is met, and that it is counted. */
static void meet(size_t limit, enum limit_met reason, size_t counter)
{
    struct desk *d = desk_new();
    d->limits = limits_default();
    d->limits.tickets = d->limits.history = d->limits.chunks = 50000;
    uint32_t least = 1;
    memcpy((char *)&d->limits + limit, &least, sizeof least);
    rule_on_every_agent(&d->settings);
    desk_open(d);
    work(d, limit != offsetof(struct limits, ids));
    for (enum limit_met l = 0; l < LIMIT_MET_N; l++)
        cr_assert_eq(told[l] > 0, l == reason, "%zu: %s told %lu times", limit / 4,
                     limit_met_name(l), told[l]);
    uint64_t counted;
    memcpy(&counted, (const char *)engine_counters(d->e) + counter, sizeof counted);
    cr_assert_gt(counted, 0, "%zu: nothing counted", limit / 4);
    desk_free(d);
}

#define MEETS(limit, reason, counter)                                                              \
    Test(limits, limit)                                                                            \
    {                                                                                              \
        meet(offsetof(struct limits, limit), reason, offsetof(struct engine_counters, counter));   \
    }
MEETS(tickets, LIMIT_MET_TICKETS, refused)
MEETS(history, LIMIT_MET_HISTORY, refused)
MEETS(ticket_events, LIMIT_MET_HISTORY, refused) /* one ticket in 64 may have more */
MEETS(calls, LIMIT_MET_CALLS, calls_shed)
MEETS(agents, LIMIT_MET_NAMES, names_other)
MEETS(teams, LIMIT_MET_NAMES, names_other)
MEETS(channels, LIMIT_MET_NAMES, names_other)
MEETS(priorities, LIMIT_MET_NAMES, names_other)
MEETS(categories, LIMIT_MET_NAMES, names_other)
MEETS(sources, LIMIT_MET_SOURCES, applied)
MEETS(chunks, LIMIT_MET_CHUNKS, samples_shed)
MEETS(ids, LIMIT_MET_IDS, ids_forgotten)
MEETS(alerts, LIMIT_MET_ALERTS, applied)
