/* alerts: every transition, told once and in order; ends, corrections, room; and by chance against
 * what was told so far. */
#include "core/alerts.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { TICKET = 7, KEY = 99, HOUR = MS_HOUR };

static struct alerts *alerts_new(uint32_t cap)
{
    struct alerts *a = calloc(1, sizeof *a);
    void *mem = aligned_alloc(64, alerts_bytes(cap));
    memset(mem, 0, alerts_bytes(cap));
    alerts_init(a, mem, cap);
    return a;
}

static void alerts_free(struct alerts *a)
{
    free(a->pool.base);
    free(a);
}

static struct sla_fact running(ms_t start)
{
    return (struct sla_fact){.start = start,
                             .ended = MS_NONE,
                             .warned_at = MS_NONE,
                             .breached = MS_NONE,
                             .level_at = MS_NONE,
                             .target = HOUR,
                             .metric = SLA_RESOLUTION,
                             .instance = 1,
                             .state = CLOCK_RUNNING};
}

static struct sla_fact warned(ms_t start, uint8_t level)
{
    struct sla_fact f = running(start);
    f.warned = level;
    f.warned_at = f.level_at = start + level * 1000;
    f.state = CLOCK_WARNED;
    return f;
}

static struct sla_fact breached(ms_t start, uint8_t overdue)
{
    struct sla_fact f = running(start);
    f.breached = start + HOUR;
    f.overdue = overdue;
    f.level_at = start + HOUR + overdue * 1000;
    f.state = CLOCK_BREACHED;
    return f;
}

static struct sla_fact ended(struct sla_fact f, enum clock_state state, enum alert_cause cause)
{
    f.ended = f.start + 2 * HOUR;
    f.state = (uint8_t)state;
    f.cause = (uint8_t)cause;
    return f;
}

/* The next thing that is told must be this. */
static struct alert tells(struct alerts *a, enum alert_state state, uint32_t rev)
{
    struct alert told;
    handle_t h = alerts_next(a);
    cr_assert_neq(h, 0);
    cr_assert(alerts_tell(a, h, KEY, 3 * HOUR, &told));
    cr_assert(told.state == state && told.rev == rev, "state %d, rev %u", told.state, told.rev);
    cr_assert_eq(told.kind, ALERT_SLA);
    alerts_check(a);
    return told;
}

static void silent(struct alerts *a)
{
    cr_assert_eq(alerts_next(a), 0);
}

static void note(struct alerts *a, handle_t *chain, struct sla_fact f)
{
    alerts_note(a, TICKET, chain, &f, false);
    alerts_check(a);
}

Test(alerts, a_life)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, warned(10, 1));
    struct alert t = tells(a, ALERT_WARNING, 1);
    cr_assert_eq(t.alert_id, alert_id_of(KEY, SLA_RESOLUTION, 10));
    cr_assert(t.since == 1010 && t.ended_at == MS_NONE && t.sla.level == 1);
    note(a, &chain, warned(10, 1));
    silent(a);
    note(a, &chain, warned(10, 2));
    cr_assert_eq(tells(a, ALERT_WARNING, 2).sla.level, 2);
    note(a, &chain, breached(10, 0));
    t = tells(a, ALERT_BREACHED, 3);
    cr_assert(t.since == 1010 && t.sla.level == 0 && t.sla.breach_at == 10 + HOUR);
    note(a, &chain, breached(10, 1));
    cr_assert_eq(tells(a, ALERT_BREACHED, 4).sla.level, 1);
    note(a, &chain, ended(breached(10, 1), CLOCK_MET_LATE, CAUSE_MET_LATE));
    t = tells(a, ALERT_CLEARED, 5);
    cr_assert(t.ended_at == 10 + 2 * HOUR && t.sla.cause == CAUSE_MET_LATE);
    silent(a);
    cr_assert_not(alerts_pending(a, chain));
    const struct alerts_tally *n = &a->ends.tally;
    cr_assert(n->fired == 1 && n->breached == 1 && n->cleared == 1 && n->active == 0);
    alerts_free(a);
}

/* Nobody could be told before it was over: the breach is told all the same, and its end. */
Test(alerts, a_breach_is_always_told_a_warning_that_is_over_never)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, ended(warned(10, 1), CLOCK_MET, CAUSE_MET));
    silent(a);
    cr_assert_eq(chain, 0);
    note(a, &chain, ended(breached(10, 0), CLOCK_MET_LATE, CAUSE_MET_LATE));
    cr_assert_eq(tells(a, ALERT_BREACHED, 1).sla.cause, CAUSE_NONE);
    cr_assert_eq(tells(a, ALERT_CLEARED, 2).sla.cause, CAUSE_MET_LATE);
    silent(a);
    note(a, &chain, warned(20, 1)); /* waits for room; then it is over */
    note(a, &chain, ended(warned(20, 1), CLOCK_MET, CAUSE_MET));
    struct alert told;
    cr_assert_not(alerts_tell(a, alerts_next(a), KEY, 3 * HOUR, &told));
    silent(a);
    alerts_free(a);
}

/* The breach comes first, as of its own instant, then a repeat that is past already. Whatever is
 * noted before it can be told, the end included. */
Test(alerts, a_repeat_comes_behind_its_breach)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    struct alert told;
    struct sla_fact f = breached(10, 0);
    f.breach_elapsed = f.level_elapsed = HOUR;
    note(a, &chain, f);
    f = breached(10, 2);
    f.level_at = 10 + HOUR + 5000;
    f.breach_elapsed = f.level_elapsed = HOUR + 5000;
    note(a, &chain, f);
    f = ended(f, CLOCK_MET_LATE, CAUSE_MET_LATE);
    f.elapsed = HOUR + 5500;
    note(a, &chain, f);
    ms_t at = 10 + HOUR + 6000;
    cr_assert(alerts_tell(a, alerts_next(a), KEY, at, &told));
    cr_assert(told.state == ALERT_BREACHED && told.sla.level == 0 && told.sla.late);
    cr_assert_eq(told.sla.elapsed, HOUR);
    cr_assert(alerts_tell(a, alerts_next(a), KEY, at, &told));
    cr_assert(told.state == ALERT_CLEARED && told.sla.elapsed == HOUR + 5500);
    silent(a);
    note(a, &chain, breached(20, 2)); /* still open: the repeat comes, too */
    cr_assert_eq(tells(a, ALERT_BREACHED, 1).sla.level, 0);
    cr_assert_eq(tells(a, ALERT_BREACHED, 2).sla.level, 2);
    silent(a);
    cr_assert_eq(a->ends.tally.breached, 2);
    alerts_free(a);
}

Test(alerts, corrected_when_it_was_not_so)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, breached(10, 0));
    (void)tells(a, ALERT_BREACHED, 1);
    note(a, &chain, ended(running(10), CLOCK_MET, CAUSE_MET)); /* in time after all */
    struct alert t = tells(a, ALERT_CORRECTED, 2);
    cr_assert(t.sla.cause == CAUSE_LATE_EVENT && t.ended_at == 3 * HOUR);
    silent(a);
    note(a, &chain, breached(10, 0)); /* and now it is so again */
    (void)tells(a, ALERT_BREACHED, 3);
    cr_assert(a->ends.tally.fired == 2 && a->ends.tally.corrected == 1);
    alerts_free(a);
}

/* One that was cleared is corrected too: it never had been a breach. */
Test(alerts, cleared_and_then_corrected)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, ended(breached(10, 0), CLOCK_MET_LATE, CAUSE_MET_LATE));
    (void)tells(a, ALERT_BREACHED, 1);
    (void)tells(a, ALERT_CLEARED, 2);
    note(a, &chain, ended(running(10), CLOCK_MET, CAUSE_MET));
    (void)tells(a, ALERT_CORRECTED, 3);
    const struct alerts_tally *n = &a->ends.tally;
    cr_assert(n->fired == 1 && n->cleared == 0 && n->corrected == 1);
    alerts_free(a);
}

/* A late event shows that it never ended: the same breach is active again, with its repeats. */
Test(alerts, an_end_that_is_taken_back)
{
    for (uint8_t repeats = 0; repeats < 3; repeats++) {
        struct alerts *a = alerts_new(4);
        handle_t chain = 0;
        note(a, &chain, breached(10, 0));
        (void)tells(a, ALERT_BREACHED, 1);
        note(a, &chain, ended(breached(10, 0), CLOCK_CANCELLED, CAUSE_NO_POLICY));
        (void)tells(a, ALERT_CANCELLED, 2);
        note(a, &chain, breached(10, repeats));
        struct alert t = tells(a, ALERT_BREACHED, 3);
        cr_assert(t.sla.level == repeats && t.since == 10 + HOUR && t.ended_at == MS_NONE);
        silent(a);
        const struct alerts_tally *n = &a->ends.tally;
        cr_assert(n->breached == 1 && n->fired == 2 && n->cancelled == 1 && n->active == 1);
        alerts_free(a);
    }
}

/* The breach that is so came after what had ended: what was told is corrected first. */
Test(alerts, another_breach_than_the_one_that_ended)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, breached(10, 0));
    (void)tells(a, ALERT_BREACHED, 1);
    note(a, &chain, ended(breached(10, 0), CLOCK_MET_LATE, CAUSE_MET_LATE));
    (void)tells(a, ALERT_CLEARED, 2);
    struct sla_fact f = breached(10, 0);
    f.breached = f.level_at = 10 + 2 * HOUR + 1;
    note(a, &chain, f);
    cr_assert_eq(tells(a, ALERT_CORRECTED, 3).sla.cause, CAUSE_LATE_EVENT);
    cr_assert_eq(tells(a, ALERT_BREACHED, 4).since, f.breached);
    silent(a);
    const struct alerts_tally *n = &a->ends.tally;
    cr_assert(n->breached == 2 && n->corrected == 1 && n->cleared == 0 && n->active == 1);
    note(a, &chain, f);
    silent(a);
    alerts_free(a);
}

/* Warned of as often as before, but after its end: active again. And an end told otherwise. */
Test(alerts, a_warning_after_its_end)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, warned(10, 2));
    (void)tells(a, ALERT_WARNING, 1);
    note(a, &chain, ended(warned(10, 2), CLOCK_MET, CAUSE_MET));
    (void)tells(a, ALERT_CLEARED, 2);
    note(a, &chain, warned(10, 1));
    cr_assert_eq(tells(a, ALERT_WARNING, 3).sla.level, 1);
    struct sla_fact f = ended(warned(10, 1), CLOCK_MET, CAUSE_MET);
    note(a, &chain, f);
    (void)tells(a, ALERT_CLEARED, 4);
    f = ended(f, CLOCK_CANCELLED, CAUSE_ENDED);
    f.ended++;
    note(a, &chain, f);
    (void)tells(a, ALERT_CANCELLED, 5);
    silent(a);
    alerts_free(a);
}

/* The whole fold says nothing of it: it is gone. What began before the fold's base stays. */
Test(alerts, a_fold_that_does_not_know_it)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    struct sla_fact old = breached(10, 0), young = breached(5000, 0);
    note(a, &chain, old);
    note(a, &chain, young);
    (void)tells(a, ALERT_BREACHED, 1);
    (void)tells(a, ALERT_BREACHED, 1);
    alerts_revise(a, chain, &young, 1, 10);
    silent(a);
    alerts_revise(a, chain, NULL, 0, 10);
    cr_assert_eq(tells(a, ALERT_CORRECTED, 2).alert_id, alert_id_of(KEY, SLA_RESOLUTION, 5000));
    silent(a);
    alerts_revise(a, chain, NULL, 0, MS_NONE);
    cr_assert_eq(tells(a, ALERT_CORRECTED, 2).alert_id, alert_id_of(KEY, SLA_RESOLUTION, 10));
    alerts_revise(a, chain, NULL, 0, MS_NONE);
    silent(a);
    alerts_free(a);
}

Test(alerts, forgiven_says_so)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, breached(10, 0));
    (void)tells(a, ALERT_BREACHED, 1);
    struct sla_fact f = running(10);
    f.cause = CAUSE_FORGIVEN;
    note(a, &chain, f);
    cr_assert_eq(tells(a, ALERT_CORRECTED, 2).sla.cause, CAUSE_FORGIVEN);
    alerts_free(a);
}

/* Breached and forgiven before anybody could be told: no more than its warning was said. */
Test(alerts, forgiven_before_it_was_told)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    struct sla_fact f = running(10);
    f.cause = CAUSE_FORGIVEN;
    note(a, &chain, f);
    silent(a);
    cr_assert_eq(chain, 0);
    note(a, &chain, warned(10, 1));
    (void)tells(a, ALERT_WARNING, 1);
    note(a, &chain, f);
    cr_assert_eq(tells(a, ALERT_CORRECTED, 2).sla.cause, CAUSE_FORGIVEN);
    silent(a);
    alerts_free(a);
}

/* Told within a second it is not late; later it is, or held when the source was behind. */
Test(alerts, late_or_held)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    struct sla_fact f = breached(HOUR, 0);
    struct alert told;
    alerts_note(a, TICKET, &chain, &f, true);
    cr_assert(alerts_tell(a, alerts_next(a), KEY, f.level_at + 1000, &told));
    cr_assert(!told.sla.late && !told.sla.held);
    f = breached(HOUR, 1);
    alerts_note(a, TICKET, &chain, &f, true);
    cr_assert(alerts_tell(a, alerts_next(a), KEY, f.level_at + 1001, &told));
    cr_assert(!told.sla.late && told.sla.held);
    f = breached(HOUR, 2);
    alerts_note(a, TICKET, &chain, &f, false);
    cr_assert(alerts_tell(a, alerts_next(a), KEY, f.level_at + 1001, &told));
    cr_assert(told.sla.late && !told.sla.held);
    alerts_free(a);
}

/* --- room ----------------------------------------------------------------------------------- */

Test(alerts, what_ended_first_gives_way)
{
    struct alerts *a = alerts_new(2);
    handle_t one = 0, two = 0, three = 0, from;
    struct sla_fact f = breached(10, 0), g = breached(20, 0);
    alerts_note(a, 1, &one, &f, false);
    alerts_note(a, 2, &two, &g, false);
    (void)tells(a, ALERT_BREACHED, 1);
    cr_assert_not(alerts_room(a, &from)); /* one active, one to be told */
    alerts_note(a, 3, &three, &f, false);
    cr_assert(three == 0 && a->ends.tally.untracked == 1);
    (void)tells(a, ALERT_BREACHED, 1);
    g = ended(g, CLOCK_MET_LATE, CAUSE_MET_LATE);
    alerts_note(a, 2, &two, &g, false);
    cr_assert_not(alerts_room(a, &from)); /* its end is still to be told */
    (void)tells(a, ALERT_CLEARED, 2);
    cr_assert(alerts_room(a, &from) && from == 2);
    alerts_evict(a, &two);
    cr_assert_eq(two, 0);
    alerts_note(a, 3, &three, &f, false);
    (void)tells(a, ALERT_BREACHED, 1);
    cr_assert_eq(a->ends.tally.active, 2);
    alerts_free(a);
}

Test(alerts, a_ticket_that_is_forgotten_takes_its_alerts_along)
{
    struct alerts *a = alerts_new(4);
    handle_t chain = 0;
    note(a, &chain, breached(10, 0));
    (void)tells(a, ALERT_BREACHED, 1);
    note(a, &chain, warned(20, 1));
    note(a, &chain, ended(breached(30, 0), CLOCK_MET_LATE, CAUSE_MET_LATE));
    cr_assert(alerts_pending(a, chain));
    alerts_forget(a, &chain);
    alerts_check(a);
    cr_assert(chain == 0 && a->pool.live == 0);
    cr_assert(a->ends.tally.active == 0 && a->ends.tally.cancelled == 1);
    silent(a);
    alerts_free(a);
}

/* --- by chance ------------------------------------------------------------------------------ */

enum { CHAINS = 4, STARTS = 3 };

/* What the chance has said of an instance, and what was told of it. */
struct model {
    struct sla_fact is;
    bool known, open, breached;
    uint8_t state; /* told last */
    uint32_t rev;
};

static struct sla_fact draw(struct random *r, ms_t start)
{
    struct sla_fact f = random_percent(r, 50) ? warned(start, (uint8_t)random_range(r, 1, 2))
                                              : breached(start, (uint8_t)random_below(r, 3));
    if (random_percent(r, 30))
        f = ended(f, random_percent(r, 50) ? CLOCK_MET : CLOCK_CANCELLED, CAUSE_ENDED);
    return f;
}

/* An alert begins, goes on and ends as its states say; revs count up without a gap. */
static void follow(struct model *m, const struct alert *t)
{
    cr_assert_eq(t->rev, ++m->rev);
    bool level = t->state == ALERT_WARNING || t->state == ALERT_BREACHED;
    cr_assert(level || m->open || t->state != m->state); /* or it had ended otherwise */
    cr_assert_eq(level, t->ended_at == MS_NONE);
    if (t->state == ALERT_BREACHED && t->sla.level == 0)
        cr_assert(!m->breached || !m->open); /* once, until corrected or its end is taken back */
    cr_assert(t->state != ALERT_WARNING || !m->breached);
    m->open = level;
    m->state = t->state;
    m->breached = t->state == ALERT_BREACHED || (m->breached && t->state != ALERT_CORRECTED);
}

Test(alerts, by_chance)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct random r = {seed};
        struct alerts *a = alerts_new(CHAINS * STARTS);
        handle_t chain[CHAINS] = {0};
        struct model model[CHAINS][STARTS] = {0};
        for (int step = 0; step < 60; step++) {
            uint32_t c = (uint32_t)random_below(&r, CHAINS), k = (uint32_t)random_below(&r, STARTS);
            handle_t h = alerts_next(a);
            if (random_percent(&r, 50) && h != 0) {
                struct alert t;
                const struct alert_entry *e = pool_get(&a->pool, h);
                struct model *m = &model[e->ticket - 1][e->is.start / 1000];
                if (alerts_tell(a, h, KEY, 9 * HOUR, &t))
                    follow(m, &t);
            } else {
                struct sla_fact f = draw(&r, k * 1000);
                alerts_note(a, c + 1, &chain[c], &f, false);
                model[c][k].is = f;
                model[c][k].known = true;
            }
            alerts_check(a);
        }
        while (alerts_next(a) != 0) {
            struct alert t;
            const struct alert_entry *e = pool_get(&a->pool, alerts_next(a));
            struct model *m = &model[e->ticket - 1][e->is.start / 1000];
            if (alerts_tell(a, alerts_next(a), KEY, 9 * HOUR, &t))
                follow(m, &t);
        }
        for (int c = 0; c < CHAINS; c++)
            for (int k = 0; k < STARTS; k++) {
                const struct model *m = &model[c][k];
                bool level = m->is.ended == MS_NONE;
                if (!m->known)
                    continue;
                cr_assert_eq(m->breached, m->is.breached != MS_NONE);
                cr_assert_eq(m->open, level, "what is told last is what is so");
                cr_assert(level || m->rev == 0 || m->state == ALERT_CORRECTED ||
                          (m->state == ALERT_CANCELLED) == (m->is.state == CLOCK_CANCELLED));
            }
        alerts_check(a);
        alerts_free(a);
    }
}
