/* The simulator's traffic: order, repeatability, every kind, and the rates it promises. */
#include "daemon/cli/traffic.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/lib/desk.h"

enum { CAP = 512 };

static struct event events[CAP];

struct tally {
    uint64_t n, hash, kind[EV_N], backwards, bad, agents_unknown;
    ms_t last;
};

static void tally(struct tally *y, struct event *told, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        enum event_field field;
        struct event *e = &told[i];
        cr_assert_leq(e->ts, e->rts);
        y->backwards += e->ts < y->last;
        y->last = e->ts;
        y->kind[e->kind]++;
        y->bad += event_check(e, &field) != 0;
        y->hash = mix64(y->hash ^ event_hash(e));
    }
    y->n += n;
}

/* Everything until `until`, tallied. */
static void run(struct traffic *t, ms_t until, struct tally *y)
{
    uint32_t n;
    do {
        n = traffic_next(t, until, events, CAP);
        tally(y, events, n);
        cr_assert(n == 0 || events[n - 1].rts <= until);
    } while (n == CAP);
    cr_assert_not(traffic_failed(t));
}

static struct tally run_setup(const struct traffic_setup *s, ms_t length)
{
    struct traffic *t = traffic_new(s);
    struct tally y = {0};
    cr_assert_not_null(t);
    run(t, s->start + length, &y);
    cr_assert_gt(traffic_ahead(t), s->start + length);
    traffic_free(t);
    return y;
}

/* A month of a small desk holds every kind of event, and the engine takes each of them. */
Test(traffic, a_month_has_every_kind_and_none_is_refused)
{
    static struct result results[CAP];
    static struct effect effects[CAP];
    struct outbox out = {.effects = effects, .cap = CAP};
    struct tally y = {0};
    struct traffic_setup s = traffic_default();
    s.rate = 50;
    s.loaded = 20;
    struct traffic *t = traffic_new(&s);
    struct limits limits = limits_default();
    static struct settings settings;
    struct engine *engine;
    settings_default(&settings);
    uint64_t size = engine_size(&limits, &settings);
    void *mem = desk_map(size);
    cr_assert_eq(engine_init(&engine, mem, &limits, &settings, MS_NONE), 0);
    for (uint32_t n = CAP; n == CAP;) {
        n = traffic_next(t, s.start + 30 * MS_DAY, events, CAP);
        tally(&y, events, n);
        for (uint32_t done = 0; done < n; out.n = 0) {
            uint32_t took = engine_step(engine, events + done, n - done, results, &out);
            for (uint32_t i = 0; i < took; i++)
                cr_assert_eq(results[i].verdict, VERDICT_APPLIED, "%s: %d",
                             event_kind_name(events[done + i].kind), results[i].err);
            done += took;
        }
    }
    cr_assert_eq(y.backwards, 0);
    cr_assert_eq(y.bad, 0);
    for (int k = 0; k < EV_N; k++)
        cr_assert_gt(y.kind[k], 0, "no %s", event_kind_name(k));
    cr_assert_gt(y.kind[EV_STATE], 20);
    cr_assert_eq(y.kind[EV_AGENT_INFO], s.agents);
    const struct engine_counters *c = engine_counters(engine);
    cr_assert_eq(c->refused + c->negative + c->skewed + c->seq_gaps + c->late_dropped, 0);
    engine_check(engine);
    desk_unmap(mem, size);
    traffic_free(t);
}

Test(traffic, same_seed_same_events)
{
    struct traffic_setup s = traffic_default();
    s.shuffle = 100 * MS_SECOND;
    s.doubled = 100;
    s.late = 10;
    struct tally a = run_setup(&s, MS_DAY);
    struct tally b = run_setup(&s, MS_DAY);
    s.seed++;
    struct tally other = run_setup(&s, MS_DAY);
    cr_assert_eq(a.hash, b.hash);
    cr_assert_eq(a.n, b.n);
    cr_assert_neq(a.hash, other.hash);
}

Test(traffic, asking_in_small_steps_changes_nothing)
{
    struct traffic_setup s = traffic_default();
    s.flat = true;
    struct tally whole = run_setup(&s, MS_HOUR), steps = {0};
    struct traffic *t = traffic_new(&s);
    for (ms_t at = 0; at <= MS_HOUR; at += 250)
        run(t, s.start + at, &steps);
    traffic_free(t);
    cr_assert_eq(whole.hash, steps.hash);
    cr_assert_eq(whole.n, steps.n);
}

/* Each event comes within `shuffle` of its ts, about a tenth of them twice, none is lost. */
Test(traffic, disorder_is_what_was_asked_for)
{
    struct traffic_setup s = traffic_default();
    struct tally plain = run_setup(&s, MS_DAY);
    s.shuffle = 100 * MS_SECOND;
    s.doubled = 100;
    struct traffic *t = traffic_new(&s);
    uint64_t *seen = calloc(200000, sizeof(*seen)), n = 0, twice = 0, backwards = 0;
    ms_t last = 0;
    uint32_t got;
    do {
        got = traffic_next(t, s.start + MS_DAY, events, CAP);
        for (uint32_t i = 0; i < got; i++) {
            ms_t late = events[i].rts - events[i].ts;
            cr_assert(late >= 0 && late <= s.shuffle);
            backwards += events[i].ts < last;
            last = events[i].ts;
            if (str_equal(events[i].src, str_of("desk"))) {
                cr_assert_lt(events[i].seq, 200000);
                twice += seen[events[i].seq]++ == 1;
                n++;
            }
        }
    } while (got == CAP);
    cr_assert_gt(backwards, 1000);
    cr_assert_gt(n, plain.n / 2);
    cr_assert(twice > n * 7 / 100 && twice < n * 13 / 100, "%lu of %lu twice", twice, n);
    uint64_t missing = 0; /* those of the last 100 s may still be on their way */
    for (uint64_t i = 1; i < n - twice - 2000; i++)
        missing += seen[i] == 0;
    cr_assert_eq(missing, 0);
    free(seen);
    traffic_free(t);
}

Test(traffic, rate_is_kept)
{
    struct traffic_setup s = traffic_default();
    s.flat = true;
    s.agents = 200;
    s.rate = 5000;
    struct traffic *t = traffic_new(&s);
    struct tally warm = {0}, y = {0};
    run(t, s.start + MS_DAY, &warm);
    run(t, s.start + 2 * MS_DAY, &y);
    double rate = (double)y.n / (double)(MS_DAY / MS_SECOND);
    cr_assert_float_eq(rate, 5.0, 0.5, "%g events/s", rate);
    traffic_free(t);
}

Test(traffic, day_has_a_curve)
{
    struct traffic_setup s = traffic_default();
    struct traffic *t = traffic_new(&s);
    struct tally night = {0}, morning = {0}, rest = {0};
    run(t, s.start + 2 * MS_HOUR, &rest);
    run(t, s.start + 4 * MS_HOUR, &night);
    run(t, s.start + 9 * MS_HOUR, &rest);
    run(t, s.start + 11 * MS_HOUR, &morning);
    cr_assert_gt(morning.kind[EV_OPENED], 10 * night.kind[EV_OPENED]);
    traffic_free(t);
}

Test(traffic, live_tickets_stay_as_many)
{
    struct traffic_setup s = traffic_default();
    s.agents = 1000;
    s.live = 20000;
    s.rate = 2000 * 1000;
    struct traffic *t = traffic_new(&s);
    struct tally y = {0};
    run(t, s.start + 10 * MS_SECOND, &y);
    cr_assert_geq(traffic_open(t), s.live);
    struct tally steady = {0};
    run(t, s.start + 120 * MS_SECOND, &y);
    run(t, s.start + 180 * MS_SECOND, &steady);
    cr_assert_geq(traffic_open(t), s.live);
    cr_assert_lt(traffic_open(t), s.live + s.live / 100);
    double rate = (double)steady.n / 60;
    cr_assert_float_eq(rate, 2000, 400, "%g events/s", rate);
    double balance = (double)steady.kind[EV_OPENED] /
                     (double)(steady.kind[EV_RESOLVED] + steady.kind[EV_MERGED] + 1);
    cr_assert(balance > 0.85 && balance < 1.15, "opened : resolved = %g", balance);
    traffic_free(t);
}

Test(traffic, impossible_setups_are_refused)
{
    struct traffic_setup s = traffic_default();
    s.teams = s.agents + 1;
    cr_assert_null(traffic_new(&s));
    s = traffic_default();
    s.rate = 0;
    cr_assert_null(traffic_new(&s));
    s = traffic_default();
    s.start = 1767571200; /* seconds */
    cr_assert_null(traffic_new(&s));
}
