/* sim: the seeded simulator: drawn events, settings, limits and disorder against what must hold.
 *
 *     sim                      a short fixed round
 *     sim --rounds N           N seeds; --seed S begins there
 *     sim --minutes M          as many seeds as fit
 *     sim --only clocks        one of the rounds below
 *
 * Every round says its seed before it begins; `sim --seed S` tells it again. What must hold:
 *   order     shuffled inside lateness, doubled, packed: state and numbers of sorted input
 *   split     batches and outboxes of any size, packed or not: also the same effects
 *   image     saved while events go on, loaded, continued: the same state, numbers and effects
 *   full      any limit met: nothing breaks, every event gets its verdict
 *   live      clocks, skew, lateness beyond measure, reloads: nothing breaks, splits do not show
 *   wire      events through MessagePack and back are the same; garbage is refused
 *   traffic   the help desk of `ticketpulse simulate`, shuffled and doubled
 *   cohorts   what follows resolves, what is pending of it, against cohorts.h, in any order
 *   clocks    every clock, its owners' shares and its alert against sla_oracle.h, in any order */
#include "tests/sim/sim.h"
#include "core/err.h"
#include "core/name.h"
#include "core/slice.h"
#include "daemon/cli/traffic.h"
#include "proto/decode.h"
#include "proto/text.h"
#include "tests/lib/cohorts.h"
#include "tests/lib/presence_oracle.h"
#include "tests/lib/random_event.h"
#include "tests/lib/tale.h"
#include "tests/sim/chaos.h"
#include "tests/sim/clocks.h"
#include "tests/sim/settled.h"
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS_MAX = 4000, FORGETTING = 50, ROUNDS = 40 };

/* Beyond so many samples a series is merged into slots when it is full, and what lies in the slot
 * at a window's edge depends on when that was: only exact series are told alike in any order. */
enum { EXACT = 100000 };

static const ms_t start = CHAOS_START;

static struct event events[EVENTS_MAX], shuffled[2 * EVENTS_MAX];
static struct chaos_texts texts[EVENTS_MAX];
static uint32_t order[2 * EVENTS_MAX];

static uint64_t seed_now;
static const char *what_now;

void expect(bool holds, const char *what, uint64_t a, uint64_t b)
{
    if (holds)
        return;
    fprintf(stderr, "sim: seed %llu: %s: %s (%llx, %llx); again: sim --seed %llu\n",
            (unsigned long long)seed_now, what_now, what, (unsigned long long)a,
            (unsigned long long)b, (unsigned long long)seed_now);
    exit(1);
}

static void same_state(const struct world *a, const struct world *b)
{
    uint64_t x = world_numbers(a), y = world_numbers(b);
    if (x != y)
        world_print_difference(a, b);
    expect(x == y, "other numbers", x, y);
    x = engine_digest(a->e);
    y = engine_digest(b->e);
    expect(x == y, "another digest", x, y);
}

static void same_words(const struct world *a, const struct world *b)
{
    expect(a->effects == b->effects, "more or fewer effects", a->effects, b->effects);
    expect(a->said == b->said, "other effects", a->said, b->said);
    uint64_t x = world_alerts(a), y = world_alerts(b);
    expect(x == y, "other active alerts", x, y);
    expect(world_conserves(a) && world_conserves(b), "alerts were lost", a->effects, a->muted);
    for (int v = 0; v <= VERDICT_REFUSED; v++)
        expect(a->verdicts[v] == b->verdicts[v], "other verdicts", a->verdicts[v], b->verdicts[v]);
}

static uint32_t draw_events(struct random *r, struct chaos *c)
{
    uint32_t n = (uint32_t)random_range(r, 10, random_percent(r, 10) ? EVENTS_MAX : 600);
    chaos_init(c, random_next(r), start);
    for (uint32_t i = 0; i < n; i++)
        chaos_event(c, &events[i], &texts[i]);
    return n;
}

static uint32_t shuffle(struct random *r, uint32_t n, ms_t lateness, uint32_t doubled)
{
    uint32_t m = chaos_order(r, events, n, lateness, doubled, order);
    for (uint32_t i = 0; i < m; i++)
        shuffled[i] = events[order[i]];
    return m;
}

static struct kpi_value value_of(const struct kpi_window *w, enum indicator i)
{
    for (uint32_t k = 0; k < w->values; k++)
        if (w->value[k].indicator == i)
            return w->value[k];
    return (struct kpi_value){0};
}

/* Everybody's time, against a walk through it. */
static void same_times(const struct world *w, uint32_t n)
{
    enum { WALKED_MAX = 250 }; /* events: a walk looks at all of them at every change */
    static struct snapshot s;
    static struct event sorted[WALKED_MAX];
    if (n > WALKED_MAX)
        return;
    memcpy(sorted, events, n * sizeof *events);
    qsort(sorted, n, sizeof *sorted, tale_order);
    engine_snapshot(w->e, SCOPE_ALL, 1, (1u << w->settings.windows) - 1, &s);
    for (uint32_t i = 0; i < s.windows; i++) {
        struct presence_time t =
            presence_times(sorted, n, &w->settings, SCOPE_ALL, NULL, s.window[i].from, s.at);
        struct kpi_value o = value_of(&s.window[i], IND_OCCUPANCY);
        struct kpi_value a = value_of(&s.window[i], IND_ATTENDANCE);
        expect(o.num == t.occupied, "time occupied", (uint64_t)o.num, (uint64_t)t.occupied);
        expect(o.den == t.online, "time online", (uint64_t)o.den, (uint64_t)t.online);
        expect(a.num == t.attended, "time attended", (uint64_t)a.num, (uint64_t)t.attended);
        expect(a.den == t.rostered, "time rostered", (uint64_t)a.den, (uint64_t)t.rostered);
    }
}

/* One side of an indicator, by a walk over all events; millionths. */
static int64_t side_in(const struct settings *s, const struct custom_side *side, uint32_t n,
                       ms_t from, ms_t at)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct event *e = &events[i];
        if (e->kind == EV_MEASURED &&
            str_equal(e->name, str_of(s->customs.measure[side->measure])) && e->ts >= from &&
            sec_floor(e->ts) <= sec_floor(at))
            sum += side->kind == SIDE_SUM ? e->value : NUMBER_ONE;
    }
    return sum;
}

/* What was measured, of everybody. */
static void same_measures(const struct world *w, uint32_t n)
{
    static struct snapshot s;
    engine_snapshot(w->e, SCOPE_ALL, 1, (1u << w->settings.windows) - 1, &s);
    for (uint32_t i = 0; i < s.windows * w->settings.customs.n; i++) {
        const struct kpi_window *in = &s.window[i / w->settings.customs.n];
        uint32_t k = i % w->settings.customs.n;
        const struct custom_setting *c = &w->settings.customs.at[k];
        struct kpi_value v = value_of(in, (enum indicator)(IND_CUSTOM_FIRST + k));
        if (c->num.kind != SIDE_COUNT) {
            int64_t num = side_in(&w->settings, &c->num, n, in->from, s.at);
            expect(v.num == num, "another num measured", (uint64_t)num, (uint64_t)v.num);
        }
        if (c->den.kind == SIDE_SUM || c->den.kind == SIDE_NUMBER) {
            int64_t den = side_in(&w->settings, &c->den, n, in->from, s.at);
            int64_t got = c->kind == CUSTOM_MEAN ? (int64_t)v.n * NUMBER_ONE : v.den;
            expect(got == den, "another den measured", (uint64_t)den, (uint64_t)got);
        }
    }
}

/* --- rounds --------------------------------------------------------------- */

static void round_order(struct random *r)
{
    struct world a, b;
    struct chaos c;
    static struct settings s;
    chaos_settings(r, &s);
    s.exact_samples = EXACT;
    uint32_t n = draw_events(r, &c);
    struct limits l = world_limits(r, false);
    world_begin(&a, &l, &s, start);
    world_packing(*r, &s);
    world_begin(&b, &l, &s, start);
    world_feed(&a, events, n, 0, 0, r);
    uint32_t m = shuffle(r, n, s.lateness, 30);
    world_feed(&b, shuffled, m, 0, 0, r);
    ms_t end = c.now + (ms_t)random_below(r, (uint64_t)(2 * MS_DAY)) + s.lateness + 2 * MS_HOUR;
    for (int i = 0; i < FORGETTING; i++) { /* a tick forgets a few calls only */
        world_tick(&a, end);
        world_tick(&b, end);
    }
    engine_check(a.e);
    engine_check(b.e);
    expect(a.verdicts[VERDICT_LATE] == 0 && b.verdicts[VERDICT_LATE] == 0, "late inside lateness",
           a.verdicts[VERDICT_LATE], b.verdicts[VERDICT_LATE]);
    expect(b.verdicts[VERDICT_DUPLICATE] == m - n, "duplicates not seen",
           b.verdicts[VERDICT_DUPLICATE], m - n);
    same_state(&a, &b);
    same_times(&b, n);
    same_measures(&b, n);
    settled_expect(&a);
    settled_expect(&b);
    world_end(&a);
    world_end(&b);
}

/* Disorder beyond lateness, with the clocks of receivers and of nobody, ticks in between. */
static uint32_t draw_live(struct random *r, struct settings *s, struct chaos *c)
{
    chaos_settings(r, s);
    world_packing(*r, s);
    uint32_t n = draw_events(r, c);
    uint32_t m = shuffle(r, n, random_percent(r, 50) ? s->lateness : 10 * s->lateness, 20);
    bool live = random_percent(r, 60);
    ms_t clock = start;
    for (uint32_t i = 0; live && i < m; i++) {
        clock = ms_max(clock, shuffled[i].ts + random_range(r, -20000, 20000));
        shuffled[i].rts = clock;
    }
    for (uint32_t i = 0; i < m; i++)
        if (random_percent(r, 5)) {
            ms_t at = live ? shuffled[i].rts : shuffled[i].ts;
            shuffled[i] = (struct event){.kind = EV_TICK, .rts = at, .ts = at};
        }
    return m;
}

static void round_split(struct random *r)
{
    struct world a, b;
    struct chaos c;
    static struct settings s;
    uint32_t m = draw_live(r, &s, &c);
    struct limits l = world_limits(r, false);
    world_begin(&a, &l, &s, start);
    world_packing(*r, &s);
    world_begin(&b, &l, &s, start);
    world_feed(&a, shuffled, m, 1, 0, r);
    world_feed(&b, shuffled, m, 0, random_percent(r, 50) ? 0 : 2 * RULES_MAX, r);
    world_tick(&a, c.now + MS_DAY);
    (void)world_numbers(&b); /* who reads, and when, changes nothing */
    world_tick(&b, c.now + MS_DAY);
    engine_check(a.e);
    engine_check(b.e);
    same_state(&a, &b);
    same_words(&a, &b);
    settled_expect(&a);
    world_end(&a);
    world_end(&b);
}

static void round_image(struct random *r)
{
    struct world a, b;
    struct chaos c;
    static struct settings s;
    uint32_t m = draw_live(r, &s, &c);
    struct limits l = world_limits(r, random_percent(r, 30));
    uint32_t k = (uint32_t)random_below(r, m);
    world_begin(&a, &l, &s, start);
    world_feed(&a, shuffled, k, 0, 0, r);
    world_attend(&a, r);
    uint64_t digest = k > 0 ? engine_digest(a.e) : 0;
    uint64_t shed = engine_counters(a.e)->samples_shed;
    if (world_copy(&a, shuffled + k, m - k, &b)) {
        engine_check(b.e);
        expect(k == 0 || engine_digest(b.e) == digest, "another digest after loading", digest,
               engine_digest(b.e));
        world_feed(&b, shuffled + k, m - k, 0, 0, r);
        world_tick(&a, c.now + MS_DAY);
        world_tick(&b, c.now + MS_DAY);
        engine_check(a.e);
        engine_check(b.e);
        same_state(&a, &b);
        same_words(&a, &b);
        expect(engine_counters(b.e)->samples_shed <= engine_counters(a.e)->samples_shed,
               "counted more", engine_counters(b.e)->samples_shed,
               engine_counters(a.e)->samples_shed);
        expect(engine_counters(b.e)->samples_shed >= shed, "a counter went back", shed,
               engine_counters(b.e)->samples_shed);
        world_end(&b);
    }
    world_end(&a);
}

/* Everything full, all the time, with reloads. */
static void round_full(struct random *r)
{
    struct world w;
    struct chaos c;
    static struct settings s;
    uint32_t m = draw_live(r, &s, &c);
    struct limits l = world_limits(r, true);
    world_begin(&w, &l, &s, random_percent(r, 50) ? start : MS_NONE);
    uint64_t events_in = 0;
    for (uint32_t i = 0; i < m;) {
        uint32_t k = (uint32_t)random_range(r, 1, 200);
        k = k < m - i ? k : m - i;
        for (uint32_t j = i; j < i + k; j++)
            events_in += shuffled[j].kind != EV_TICK;
        world_feed(&w, shuffled + i, k, 0, 0, r);
        engine_check(w.e);
        (void)world_numbers(&w);
        world_attend(&w, r);
        expect(world_conserves(&w), "alerts were lost", w.effects, w.muted);
        if (random_percent(r, 30)) {
            struct time_slice slice[SLICES_MAX];
            if (slices_of(&s, slice) == 0) /* others need a restart */
                chaos_rules(r, &s, (uint32_t)random_below(r, 12));
            s.target[random_below(r, TARGET_N)] = random_range(r, 0, 3600000);
            chaos_sla(r, &s);
            world_apply(&w, &s);
            engine_check(w.e);
        }
        i += k;
    }
    world_tick(&w, c.now + 400 * MS_DAY);
    engine_check(w.e);
    expect(engine_counters(w.e)->events == events_in, "events not counted",
           engine_counters(w.e)->events, events_in);
    struct engine_use use[32];
    uint32_t uses = engine_usage(w.e, use, ARRAY_LEN(use));
    for (uint32_t i = 0; i < uses; i++)
        expect(use[i].used <= use[i].limit + NAME_RESERVED_N || strcmp(use[i].name, "chunks") == 0,
               use[i].name, use[i].used, use[i].limit);
    world_end(&w);
}

static void round_wire(struct random *r)
{
    static struct decoder d;
    static uint8_t bytes[1 << 16];
    struct random_texts names;
    struct event e;
    for (int i = 0; i < 300; i++) {
        struct emitter em;
        random_event(r, &e, &names);
        emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
        event_emit(&em, NULL, &e);
        int n = emit_finish(&em);
        expect(n > 0 && decode_batch(&d, bytes, (size_t)n, MS_NONE) == 0 && d.events == 1 &&
                   event_same(&e, &d.event[0]),
               "an event came back otherwise", (uint64_t)n, d.events);
        for (int k = 0; k < 20; k++) { /* what is left of it when bytes change or are missing */
            size_t at = (size_t)random_below(r, (uint64_t)n);
            bytes[at] = (uint8_t)random_next(r);
            int err = decode_batch(&d, bytes, random_percent(r, 50) ? at : (size_t)n, MS_NONE);
            expect(err <= 0 && (err == 0 || d.events + d.rejections == 0), "refused, yet there",
                   (uint64_t)-err, d.events);
        }
    }
}

/* Feeds what happened until `until`, whenever it is delivered, without the receiver's clock. */
static uint64_t feed_traffic(struct world *w, const struct traffic_setup *setup, ms_t until)
{
    enum { CAP = 256 };
    static struct event batch[CAP];
    struct traffic *t = traffic_new(setup);
    uint64_t fed = 0;
    CHECK(t != NULL);
    for (uint32_t n = CAP; n == CAP;) {
        uint32_t kept = 0;
        n = traffic_next(t, until + setup->shuffle, batch, CAP);
        for (uint32_t i = 0; i < n; i++) {
            batch[i].rts = MS_NONE;
            if (batch[i].ts <= until)
                batch[kept++] = batch[i];
        }
        world_feed(w, batch, kept, CAP, 0, NULL);
        fed += kept;
    }
    CHECK(!traffic_failed(t));
    traffic_free(t);
    return fed;
}

static void round_traffic(struct random *r)
{
    struct world a, b;
    static struct settings s;
    chaos_settings(r, &s);
    s.exact_samples = EXACT;
    struct limits l = world_limits(r, false);
    l.tickets = l.calls = 20000;
    world_begin(&a, &l, &s, start);
    world_packing(*r, &s);
    world_begin(&b, &l, &s, start);
    struct traffic_setup setup = traffic_default();
    setup.seed = random_next(r);
    setup.start = start;
    setup.rate = (uint32_t)random_range(r, 100, 3000);
    setup.flat = random_percent(r, 50);
    setup.loaded = (uint32_t)random_below(r, 50);
    ms_t until = start + random_range(r, 600000, 2 * MS_HOUR);
    uint64_t sorted = feed_traffic(&a, &setup, until);
    setup.shuffle = s.lateness - 1;
    setup.doubled = 100;
    feed_traffic(&b, &setup, until);
    uint64_t twice = b.verdicts[VERDICT_DUPLICATE];
    expect(b.verdicts[VERDICT_APPLIED] == a.verdicts[VERDICT_APPLIED], "other events applied",
           a.verdicts[VERDICT_APPLIED], b.verdicts[VERDICT_APPLIED]);
    expect(sorted < 200 || twice > 0, "nothing came twice", sorted, twice);
    world_tick(&a, until + s.lateness);
    world_tick(&b, until + s.lateness);
    engine_check(a.e);
    engine_check(b.e);
    same_state(&a, &b);
    settled_expect(&a);
    settled_expect(&b);
    world_end(&a);
    world_end(&b);
}

/* Nothing is forgotten nor merged: the oracle does not know how. */
static void round_cohorts(struct random *r)
{
    static struct settings s;
    static struct cohorts want;
    static struct snapshot now;
    struct world w;
    struct chaos c;
    chaos_settings(r, &s);
    s.exact_samples = EXACT;
    s.remember_closed = 40000 * MS_DAY;
    chaos_init(&c, random_next(r), start);
    c.merges = 0;
    uint32_t n = (uint32_t)random_range(r, 10, 600);
    for (uint32_t i = 0; i < n; i++)
        chaos_event(&c, &events[i], &texts[i]);
    struct limits l = world_limits(r, false);
    world_begin(&w, &l, &s, start);
    world_feed(&w, shuffled, shuffle(r, n, s.lateness, 20), 0, 0, r);
    world_tick(&w, c.now + random_range(r, 0, 10 * MS_DAY));
    qsort(events, n, sizeof events[0], tale_order);
    cohorts_write(&want, events, n, &s);
    for (enum scope scope = 0; scope < SCOPE_N; scope++)
        for (uint32_t i = 1; i <= engine_names(w.e, scope); i++) {
            if ((s.scopes >> scope & 1) == 0)
                continue;
            engine_snapshot(w.e, scope, i, (1u << s.windows) - 1, &now);
            const char *wrong = cohorts_differ(&want, &now);
            expect(wrong == NULL, wrong == NULL ? "" : wrong, scope, i);
        }
    engine_check(w.e);
    world_end(&w);
}

/* --- all of them --------------------------------------------------------------- */

/* only: NULL, or the one round that is wanted. */
static void run_seed(uint64_t seed, const char *only)
{
    static const struct {
        const char *name;
        void (*run)(struct random *r);
    } rounds[] = {{"order", round_order},     {"split", round_split},  {"image", round_image},
                  {"full", round_full},       {"wire", round_wire},    {"traffic", round_traffic},
                  {"cohorts", round_cohorts}, {"clocks", clocks_round}};
    seed_now = seed;
    printf("sim: seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    for (size_t i = 0; i < ARRAY_LEN(rounds); i++) {
        struct random r = {mix64(seed) + i};
        if (only != NULL && strcmp(only, rounds[i].name) != 0)
            continue;
        what_now = rounds[i].name;
        rounds[i].run(&r);
    }
}

static const char *word_after(int argc, char **argv, const char *option)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return argv[i + 1];
    return NULL;
}

static uint64_t number_after(int argc, char **argv, const char *option, uint64_t otherwise)
{
    const char *word = word_after(argc, argv, option);
    return word != NULL ? strtoull(word, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const char *only = word_after(argc, argv, "--only");
    uint64_t seed = number_after(argc, argv, "--seed", 1);
    uint64_t minutes = number_after(argc, argv, "--minutes", 0);
    uint64_t usual = argc == 1 ? ROUNDS : minutes > 0 ? UINT64_MAX : 1;
    uint64_t rounds = number_after(argc, argv, "--rounds", usual);
    time_t until = time(NULL) + (time_t)minutes * 60;
    for (uint64_t i = 0; i < rounds && (minutes == 0 || time(NULL) < until); i++)
        run_seed(seed + i, only);
    if (only == NULL && rounds >= ROUNDS && minutes == 0)
        expect(settled_seen() > 100 && world_packed() > 1000, "too little met", settled_seen(), 0);
    printf("sim: all held\n");
    return 0;
}
