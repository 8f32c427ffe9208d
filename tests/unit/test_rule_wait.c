/* rule_wait: rules whose sources are behind, against a model of one rule and two sources that is
 * looked at every five seconds; images are taken and loaded in between. */
#include "core/engine.h"
#include "core/event.h"
#include "core/image.h"
#include "tests/lib/desk.h"
#include "tests/lib/random.h"
#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP = 5 * MS_SECOND, STEPS = 400, SOURCES = 2, TICKETS = STEPS, MANY = 3, SLICE = 1 << 16 };

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

/* Fires when so many customers wait. */
static struct desk *opened(ms_t hold_max)
{
    struct desk *d = desk_new();
    d->settings.hold_max = hold_max;
    d->settings.rules = 1;
    d->settings.rule[0] = (struct rule_setting){.id = "many",
                                                .indicator = IND_WAITING,
                                                .field = IF_VALUE,
                                                .fire = MANY * (int64_t)NUMBER_ONE,
                                                .clear = MANY * (int64_t)NUMBER_ONE,
                                                .min_n = 1};
    desk_open(d);
    return d;
}

static void take(struct desk *d, ms_t at, ms_t ts, const char *line)
{
    struct event e;
    terse_event(&e, ts, line);
    e.rts = at;
    cr_assert_eq(desk_take(d, &e).verdict, VERDICT_APPLIED, "%s", line);
}

static void hear(struct desk *d, ms_t at, ms_t ts, const char *line)
{
    take(d, at, ts, line);
    desk_tick(d, at);
    engine_check(d->e);
}

static uint64_t fired(const struct desk *d)
{
    return engine_counters(d->e)->alerts_fired;
}

static void open_many(struct desk *d, ms_t at, ms_t ts)
{
    char line[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(line, sizeof line, "opened ticket=T%d src=s seq=%d", i, i + 1);
        hear(d, at, ts, line);
    }
}

/* --- one by one ------------------------------------------------------------------------------- */

Test(rule_wait, on_time_waits_for_nobody)
{
    struct desk *d = opened(5 * MS_MINUTE);
    open_many(d, start + MS_MINUTE, start);
    cr_assert_eq(fired(d), 1);
    desk_free(d);
}

Test(rule_wait, until_the_source_has_told_all_of_it)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_HOUR;
    open_many(d, at, start);
    cr_assert_eq(fired(d), 0);
    hear(d, at + 90 * MS_SECOND, at - 1, "heartbeat src=s seq=10");
    cr_assert_eq(fired(d), 0, "what happened at that instant may still come");
    hear(d, at + 91 * MS_SECOND, at + 91 * MS_SECOND, "heartbeat src=t seq=1");
    cr_assert_eq(fired(d), 0, "another source knows nothing of it");
    hear(d, at + 92 * MS_SECOND, at, "heartbeat src=s seq=11");
    cr_assert_eq(fired(d), 1, "told up to there, though not up to now");
    cr_assert_eq(d->out.effects[0].alert.since, start);
    cr_assert(d->out.effects[0].alert.sla.held);
    cr_assert_eq(d->out.effects[0].alert.at, at + 92 * MS_SECOND);
    desk_free(d);
}

/* Who need not wait any longer is told, though another source falls behind in the same batch. */
Test(rule_wait, what_was_told_in_full_stays_so)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_HOUR;
    open_many(d, at, start);
    take(d, at + MS_SECOND, at + MS_SECOND, "heartbeat src=s seq=10");
    take(d, at + MS_SECOND, start, "heartbeat src=t seq=1");
    cr_assert_eq(fired(d), 0);
    desk_tick(d, at + MS_SECOND);
    cr_assert_eq(fired(d), 1);
    desk_free(d);
}

Test(rule_wait, what_is_taken_back_is_never_told)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_HOUR;
    open_many(d, at, start);
    hear(d, at, start + MS_MINUTE, "resolved ticket=T0 src=s seq=10");
    desk_tick(d, at + MS_HOUR);
    cr_assert_eq(fired(d), 0);
    desk_free(d);
}

Test(rule_wait, at_most_hold_max)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_HOUR;
    open_many(d, at, start);
    hear(d, at + 4 * MS_MINUTE, start + MS_MINUTE, "heartbeat src=s seq=10");
    desk_tick(d, at + 5 * MS_MINUTE - 1);
    cr_assert_eq(fired(d), 0);
    cr_assert_eq(engine_deadline(d->e), at + 5 * MS_MINUTE, "the clock, not a poll, ends it");
    desk_tick(d, at + 5 * MS_MINUTE);
    cr_assert_eq(fired(d), 1);
    desk_free(d);
}

Test(rule_wait, with_no_hold_max_not_at_all)
{
    struct desk *d = opened(0);
    open_many(d, start + MS_HOUR, start);
    cr_assert_eq(fired(d), 1);
    cr_assert_not(d->out.effects[0].alert.sla.held);
    desk_free(d);
}

/* A source that told old things and went silent is not waited for all day. */
Test(rule_wait, a_source_that_went_silent_is_forgotten)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_HOUR;
    char line[64];
    hear(d, at, start, "heartbeat src=old seq=1");
    at += 5 * MS_MINUTE + 1;
    for (int i = 0; i < MANY; i++) {
        snprintf(line, sizeof line, "opened ticket=T%d src=s seq=%d", i, i + 1);
        hear(d, at, at, line);
    }
    cr_assert_eq(fired(d), 1);
    desk_free(d);
}

Test(rule_wait, clearing_does_not_wait)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_MINUTE;
    open_many(d, at, start + MS_MINUTE);
    cr_assert_eq(engine_active(d->e), 1);
    at += MS_HOUR;
    hear(d, at, start + 2 * MS_MINUTE, "resolved ticket=T0 src=s seq=10");
    cr_assert_eq(engine_active(d->e), 0);
    cr_assert_eq(engine_counters(d->e)->alerts_cleared, 1);
    desk_free(d);
}

/* Nothing is left of a rule that is taken away while it waits. */
Test(rule_wait, a_reload_takes_the_rule_away)
{
    struct desk *d = opened(5 * MS_MINUTE);
    ms_t at = start + MS_HOUR;
    const char *why;
    open_many(d, at, start);
    struct settings none = d->settings;
    none.rules = 0;
    d->out.n = 0;
    cr_assert_eq(engine_apply(d->e, &none, &d->out, &why), 0);
    engine_check(d->e);
    hear(d, at + MS_SECOND, at + MS_SECOND, "heartbeat src=s seq=10");
    desk_tick(d, at + MS_HOUR);
    cr_assert_eq(fired(d), 0);
    desk_free(d);
}

/* --- against a model -------------------------------------------------------------------------- */

struct model {
    ms_t max;
    ms_t newest[SOURCES], late[SOURCES]; /* MS_NONE */
    ms_t wanted;                         /* MS_NONE: the rule does not want to fire */
    bool active;
    uint64_t fired;
    uint32_t waiting;
};

static void model_hear(struct model *m, uint32_t src, ms_t at, ms_t ts)
{
    if (m->newest[src] != MS_NONE && ts <= m->newest[src])
        return;
    m->newest[src] = ts;
    m->late[src] = at - ts > MS_MINUTE ? at : MS_NONE;
}

static void model_judge(struct model *m, ms_t at)
{
    ms_t told = MS_NEVER;
    for (uint32_t s = 0; s < SOURCES; s++)
        if (m->late[s] != MS_NONE && at - m->late[s] <= m->max)
            told = ms_min(told, m->newest[s]);
    if (m->waiting < MANY) {
        m->active = false;
        m->wanted = MS_NONE;
        return;
    }
    if (m->active)
        return;
    if (m->wanted == MS_NONE)
        m->wanted = at;
    m->active = told >= m->wanted || at >= m->wanted + m->max;
    m->fired += m->active;
}

static struct desk *through_an_image(struct desk *from, ms_t hold_max)
{
    struct desk *to = opened(hold_max);
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    uint32_t len = 0;
    int more = 1;
    image_begin(engine_image(from->e));
    while (more == 1) {
        bytes = realloc(bytes, size + SLICE);
        more = image_next(engine_image(from->e), bytes + size, SLICE, &len);
        cr_assert_geq(more, 0);
        size += len;
    }
    image_load_begin(engine_image(to->e));
    cr_assert_eq(image_load_feed(engine_image(to->e), bytes, size), 0);
    cr_assert_eq(image_load_end(engine_image(to->e)), 0);
    engine_loaded(to->e);
    engine_check(to->e);
    free(bytes);
    desk_free(from);
    return to;
}

/* Lags shrink as a backlog comes in, jump, and stay; tickets come and go at the ts of then. */
static void run(uint64_t seed, uint64_t ret[2])
{
    struct random r = {seed};
    struct model m = {.max = random_range(&r, 1, 60) * STEP, .wanted = MS_NONE};
    struct desk *d = opened(m.max);
    ms_t lag[SOURCES] = {20 * MS_MINUTE, 0}, ts[SOURCES];
    uint32_t seq[SOURCES] = {0}, owner[TICKETS];
    bool open[TICKETS] = {false};
    uint32_t tickets = 0;
    for (uint32_t s = 0; s < SOURCES; s++)
        m.newest[s] = m.late[s] = MS_NONE, ts[s] = 0;
    for (uint32_t i = 0; i < STEPS; i++) {
        ms_t at = start + i * STEP;
        uint32_t s = (uint32_t)random_below(&r, SOURCES), t = 0;
        char line[64];
        lag[s] = random_percent(&r, 4)    ? random_range(&r, 0, 30 * MS_MINUTE)
                 : random_percent(&r, 60) ? ms_max(0, lag[s] - random_range(&r, 0, MS_MINUTE))
                                          : lag[s];
        ts[s] = ms_max(ts[s] + 1, at - lag[s]);
        const char *what = "heartbeat";
        while (t < tickets && !(open[t] && owner[t] == s))
            t++;
        if (random_percent(&r, 50) && t < tickets)
            what = "resolved";
        else if (random_percent(&r, 60) && m.waiting < MANY + 1)
            what = "opened", t = tickets++;
        if (strcmp(what, "heartbeat") == 0)
            snprintf(line, sizeof line, "heartbeat src=%c seq=%u", "st"[s], ++seq[s]);
        else
            snprintf(line, sizeof line, "%s ticket=T%u src=%c seq=%u", what, t, "st"[s], ++seq[s]);
        if (what[0] == 'o') {
            open[t] = true;
            owner[t] = s;
            m.waiting++;
        } else if (what[0] == 'r') {
            open[t] = false;
            m.waiting--;
        }
        model_hear(&m, s, at, ms_min(ts[s], at));
        model_judge(&m, at);
        hear(d, at, ms_min(ts[s], at), line);
        cr_assert_eq(fired(d), m.fired, "seed %llu step %u", (unsigned long long)seed, i);
        cr_assert_eq(engine_active(d->e), m.active, "seed %llu step %u", (unsigned long long)seed,
                     i);
        ret[0] += m.wanted != MS_NONE && !m.active;
        if (random_percent(&r, 1))
            d = through_an_image(d, m.max);
    }
    ret[1] += m.fired;
    desk_free(d);
}

Test(rule_wait, says_what_the_model_says)
{
    uint64_t waited[2] = {0, 0};
    for (uint64_t seed = 1; seed <= 60; seed++)
        run(seed, waited);
    cr_assert_gt(waited[0], 100);
    cr_assert_gt(waited[1], 60);
}
