/* durable and recover: after a crash at any moment the engine is what it was, and says again only
 * what may not have left. */
#include "daemon/durable.h"

#include "daemon/cli/traffic.h"
#include "tests/lib/desk.h"
#include "tests/lib/random.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 64, EFFECTS = 1024, TOLD_MAX = 1 << 18 };

static const char small[] = "limits: {tickets: 20000, history: 60000, calls: 2000, agents: 200, "
                            "teams: 20, channels: 20, priorities: 20, categories: 50, sources: 16, "
                            "chunks: 20000, ids: 5000, alerts: 20000}\n";
static const char *const policies[] = {
    "",
    "policies: [{id: a, first_response: {target: 90s, warn_at: [50%], overdue_at: [60s]}, "
    "resolution: 20m}]\n",
    "policies: [{id: b, match: {priority: high}, next_response: 45s, first_response: 30s}]\n"
    "rules: [{id: r, indicator: first_response, field: p90, scope: team, window: 5m, "
    "fire: \">= 60s\", for: 10s, min_n: 3}]\n",
};

/* The hours of two shifts, told apart from the beginning; rules that count by them and percentiles
 * that they watch change: what memory is laid out by stays what the first settings said. */
#define SHIFTS                                                                                     \
    "calendars: [{id: n, hours: {mon-sun: '20:00-06:00'}}, {id: d, hours: {mon-sun: "              \
    "'06:00-20:00'}}]\nrules:\n"
#define BY(id, when, field, fire)                                                                  \
    "  - {id: " id ", indicator: first_response, field: " field                                    \
    ", scope: team, window: 1h, fire: "                                                            \
    "'>= " fire "', min_n: 2" when "}\n"
static const char *const shifts[] = {
    SHIFTS BY("a", ", when: n", "p90", "60s") BY("b", ", when: d", "p50", "40s")
        BY("c", "", "p95", "90s"),
    SHIFTS BY("b", ", when: d", "p75", "20s") BY("a", ", when: n", "p90", "61s"),
    SHIFTS BY("d", "", "p99", "30s") BY("b", ", when: d", "p50", "41s") BY("c", "", "p95", "80s")
        BY("e", ", when: n", "mean", "10s"),
    SHIFTS BY("a", ", when: n", "p90", "60s")
        BY("b", ", when: d", "p50", "40s") "policies: [{id: "
                                           "x, resolution: 5m}]\n",
};

/* An engine with its memory. */
struct side {
    struct config config;
    struct engine *e;
    void *mem;
    uint64_t size;
    struct outbox out;
    struct effect effects[EFFECTS];
};

struct life {
    struct side side;
    struct durable durable;
    struct outlet outlet;
    uv_loop_t loop;
    struct traffic *traffic;
    ms_t now;
    struct result results[BATCH];
    uint64_t told[TOLD_MAX]; /* what we said: hashes of id, rev, state; open addressing */
    uint32_t n;
};

static struct life *life;
static char dir[128], copy[160];
static struct log quiet;
static uint32_t heard, from_checkpoints;
static const char *at_start, *at_restart = ""; /* configurations */
static uint32_t rate = 3000000;                /* thousandths of events a second */
static bool trimmed; /* a crash leaves no more of the journal than retention must keep */
static bool newest_damaged;

static void config_of(struct side *s, const char *text)
{
    struct tree_error why;
    char all[2048];
    snprintf(all, sizeof all, "%s%s", small, text);
    cr_assert(config_parse("test", all, strlen(all), &s->config, &why), "%s", why.text);
}

static struct engine *engine_of(void *data, const struct terms *t)
{
    struct side *s = data;
    if (s->mem != NULL)
        desk_unmap(s->mem, s->size);
    s->size = engine_size(&t->limits, &t->settings);
    s->mem = desk_map(s->size);
    s->out = (struct outbox){.effects = s->effects, .cap = EFFECTS};
    cr_assert_eq(engine_init(&s->e, s->mem, &t->limits, &t->settings, t->started_at), 0);
    return s->e;
}

static void unmap(struct side *s)
{
    desk_unmap(s->mem, s->size);
    s->mem = NULL;
}

static void recover(struct durable *d, struct side *s, void (*effects)(void *, struct outbox *))
{
    d->recover.fresh = engine_of;
    d->recover.effects = effects;
    d->recover.data = s;
    cr_assert(durable_recover(d, &s->out));
}

static uint64_t hash_of(const struct alert *a)
{
    return mix64(a->alert_id ^ mix64(a->rev * 16ULL + a->state));
}

/* Where it stands in the table of what was told, or would. */
static uint64_t *place_of(uint64_t hash)
{
    uint32_t i = (uint32_t)hash % TOLD_MAX;
    while (life->told[i] != 0 && life->told[i] != hash)
        i = (i + 1) % TOLD_MAX;
    return &life->told[i];
}

static void hear(struct outbox *out)
{
    for (uint32_t i = 0; i < out->n; i++)
        if (out->effects[i].kind == EFFECT_ALERT) {
            cr_assert_lt(++life->n, TOLD_MAX / 2);
            *place_of(hash_of(&out->effects[i].alert)) = hash_of(&out->effects[i].alert);
        }
    out->n = 0;
}

static void open_durable(struct terms *now)
{
    struct life *l = life;
    struct durable *s = &l->durable;
    memset(s, 0, sizeof *s);
    memset(&l->outlet, 0, sizeof l->outlet);
    cr_assert(durable_open(s, dir, now, &quiet));
    l->side.out = (struct outbox){.effects = l->side.effects, .cap = EFFECTS};
    recover(s, &l->side, NULL);
    cr_assert(durable_start(s, &l->outlet, &l->loop));
    l->outlet.held = NULL; /* nothing is published here */
}

static void begin(uint64_t seed)
{
    struct traffic_setup setup = traffic_default();
    struct terms now;
    life = calloc(1, sizeof *life);
    scratch_make(dir, sizeof dir, "durable");
    snprintf(copy, sizeof copy, "%s-crash", dir);
    log_init(&quiet, 2, LOG_ERROR);
    uv_loop_init(&life->loop);
    setup.seed = seed;
    setup.start = life->now = 1770000000000;
    setup.agents = 20;
    setup.rate = rate;
    setup.shuffle = 5000;
    setup.doubled = 20;
    setup.late = 20;
    setup.flat = true;
    life->traffic = traffic_new(&setup);
    config_of(&life->side, at_start != NULL ? at_start : policies[1]);
    cr_assert(terms_copy(&now, &life->side.config.limits, &life->side.config.settings, life->now));
    open_durable(&now);
    terms_fini(&now);
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void close_durable(void)
{
    bool closed = false;
    life->durable.data = &closed;
    durable_close(&life->durable, on_closed);
    while (!closed)
        uv_run(&life->loop, UV_RUN_ONCE);
    unmap(&life->side);
}

static void end(void)
{
    close_durable();
    cr_assert_eq(uv_loop_close(&life->loop), 0);
    config_fini(&life->side.config);
    traffic_free(life->traffic);
    free(life);
    scratch_remove(dir);
}

/* A turn as the driver makes it; a tick has room for `room` effects. */
static bool tick(uint32_t room)
{
    struct side *s = &life->side;
    struct event e = {.kind = EV_TICK, .ts = life->now, .rts = life->now};
    s->out.cap = room;
    durable_tick_begins(&life->durable, life->now);
    bool done = engine_step(s->e, &e, 1, life->results, &s->out) == 1;
    bool effects = s->out.n > 0;
    s->out.cap = EFFECTS;
    hear(&s->out);
    durable_tick_ends(&life->durable, life->now, done, effects);
    return done;
}

/* Somebody takes on or mutes one of the active alerts. */
static void attend(struct random *r)
{
    struct side *s = &life->side;
    struct alert alert;
    uint32_t at = 0;
    uint64_t which = random_below(r, 20);
    bool found = engine_alert_next(s->e, &at, &alert);
    while (found && which-- > 0)
        found = engine_alert_next(s->e, &at, &alert);
    if (!found)
        return;
    enum attention what = random_percent(r, 50) ? ATTEND_ACK : ATTEND_MUTE;
    ms_t until = random_percent(r, 30) ? MS_NEVER : life->now + random_range(r, -1000, 60000);
    if (engine_attend(s->e, &alert, what, str_of("ada"), until, life->now, &s->out) == 0)
        durable_attend(&life->durable, life->now, alert.alert_id, what, str_of("ada"), until);
    hear(&s->out);
}

static void turn(struct random *r)
{
    struct side *s = &life->side;
    static struct event events[BATCH];
    life->now += random_range(r, 1, 400);
    uint32_t n = traffic_next(life->traffic, life->now, events, BATCH);
    for (uint32_t i = 0; i < n; i++) { /* as decoding leaves them */
        enum event_field field;
        cr_assert_eq(event_check(&events[i], &field), 0);
        events[i].rts = life->now;
    }
    durable_events(&life->durable, events, n);
    for (uint32_t at = 0; at < n;) {
        at += engine_step(s->e, events + at, n - at, life->results, &s->out);
        hear(&s->out);
    }
    tick(RECOVER_TICK_EFFECTS);
    if (random_percent(r, 20))
        attend(r);
    durable_work(&life->durable, life->now, uv_now(&life->loop));
    uv_run(&life->loop, UV_RUN_NOWAIT);
}

static void reload(const char *text)
{
    struct side *s = &life->side;
    const char *why;
    while (!tick(RECOVER_TICK_EFFECTS))
        continue;
    config_fini(&s->config);
    config_of(s, text);
    s->config.checkpoint_every = (ms_t)life->durable.checkpoint_every;
    struct outbox out = {.cap = engine_active(s->e) + EFFECTS};
    out.effects = malloc(out.cap * sizeof *out.effects);
    cr_assert_eq(engine_apply(s->e, &s->config.settings, &out, &why), 0);
    durable_terms(&life->durable, &s->config);
    hear(&out);
    free(out.effects);
    tick(RECOVER_TICK_EFFECTS);
}

static void on_effects(void *data, struct outbox *out)
{
    (void)data;
    for (uint32_t i = 0; i < out->n; i++) {
        if (out->effects[i].kind == EFFECT_ALERT)
            cr_assert_neq(*place_of(hash_of(&out->effects[i].alert)), 0, "never raised");
        heard++;
    }
}

/* What the oldest checkpoint covers is gone, and perhaps the newest cannot be read. */
static void spoil_copy(void)
{
    char path[256];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/journal.db", copy);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db,
                              "DELETE FROM batches WHERE first + entries <= "
                              "(SELECT min(seq) FROM checkpoints)",
                              0, 0, 0),
                 SQLITE_OK);
    cr_assert(!trimmed || sqlite3_changes(db) > 0);
    sqlite3_close(db);
    snprintf(path, sizeof path, "%s/checkpoint-%llu", copy,
             (unsigned long long)life->durable.checkpoint_seq);
    if (newest_damaged)
        cr_assert_eq(truncate(path, 100000), 0);
}

/* The files as a crash leaves them now: another engine becomes what ours is. */
static void crash_and_compare(void)
{
    static struct side other;
    static struct durable s;
    struct terms now;
    bool closed = false;
    durable_settle(&life->durable);
    scratch_copy(dir, copy);
    memset(&s, 0, sizeof s);
    if (trimmed)
        spoil_copy();
    config_of(&other, at_restart);
    cr_assert(terms_copy(&now, &other.config.limits, &other.config.settings, 1));
    cr_assert(durable_open(&s, copy, &now, &quiet));
    terms_fini(&now);
    other.out = (struct outbox){.effects = other.effects, .cap = EFFECTS};
    recover(&s, &other, on_effects);
    from_checkpoints += s.recover.checkpoint > 0;
    cr_assert_eq(s.recover.lost, 0);
    engine_check(other.e);
    cr_assert_eq(engine_at(other.e), engine_at(life->side.e));
    cr_assert_eq(engine_digest(other.e), engine_digest(life->side.e));
    const struct engine_counters *a = engine_counters(life->side.e);
    const struct engine_counters *b = engine_counters(other.e);
#define SAME(name, text) cr_expect_eq(a->name, b->name, #name " %d %d", (int)a->name, (int)b->name);
    ENGINE_COUNTERS(SAME)
#undef SAME
    cr_assert_eq(engine_active(other.e), engine_active(life->side.e));
    if (s.recover.checkpoint == 0) /* an image knows the timers, not how near they were looked at */
        cr_assert_eq(engine_deadline(other.e), engine_deadline(life->side.e));
    s.data = &closed;
    durable_close(&s, on_closed);
    cr_assert(closed);
    unmap(&other);
    config_fini(&other.config);
    scratch_remove(copy);
}

/* every: ms from one checkpoint to the next; 0: none. */
static void crash_again_and_again(uint64_t seeds, uint64_t every)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct random r = {seed};
        begin(seed);
        life->durable.checkpoint_every = every;
        for (int part = 0; part < 4; part++) {
            for (int i = 0; i < 100; i++)
                turn(&r);
            if (random_percent(&r, 70))
                reload(policies[random_below(&r, ARRAY_LEN(policies))]);
            if (random_percent(&r, 50)) { /* many deadlines at once, in parts, events between */
                life->now += 20 * MS_MINUTE;
                tick(RECOVER_TICK_EFFECTS);
                turn(&r);
            }
            crash_and_compare();
        }
        cr_assert_gt(engine_counters(life->side.e)->sla_fired, 10);
        cr_assert_gt(life->durable.journal.seq, 1000);
        cr_assert_eq(life->durable.checkpoints > 0, every > 0);
        end();
    }
}

Test(durable, after_a_crash_the_engine_is_what_it_was)
{
    crash_again_and_again(2, 0);
    cr_assert_eq(from_checkpoints, 0);
}

Test(durable, after_a_crash_the_newest_checkpoint_and_the_rest_of_the_journal_are_it_too)
{
    crash_again_and_again(2, 1);
    cr_assert_geq(from_checkpoints, 6);
}

/* Settings that change what percentiles are watched, and the order of slices, between checkpoints
 * and behind them, when nothing but these and the journal's rest is left. */
Test(durable, checkpoints_before_and_after_reloads_are_enough)
{
    at_start = shifts[0];
    trimmed = true;
    rate = 20000;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct random r = {seed};
        begin(seed);
        quiet.fd = -1; /* what is damaged is told */
        life->durable.checkpoint_every = 1;
        newest_damaged = false;
        for (int part = 0; part < 5; part++) {
            for (int i = 0; i < 60 || life->durable.checkpoints < 3 * ((uint64_t)part + 1); i++) {
                life->now += 2 * MS_SECOND;
                turn(&r);
            }
            if (part > 0) /* the reload is behind both checkpoints, or between them, or before */
                life->durable.checkpoint_every = part % 2;
            reload(shifts[random_below(&r, ARRAY_LEN(shifts))]);
            for (uint64_t n = random_below(&r, 60); n > 0; n--)
                turn(&r);
            at_restart = shifts[random_below(&r, ARRAY_LEN(shifts))];
            newest_damaged = random_percent(&r, 50);
            crash_and_compare();
            life->durable.checkpoint_every = 1;
        }
        cr_assert_gt(engine_counters(life->side.e)->alerts_fired, 3);
        end();
    }
    cr_assert_eq(from_checkpoints, 20);
}

/* A clean stop and a start with the same settings: everything has left, nothing is said again. */
Test(durable, a_clean_restart_says_nothing_twice)
{
    struct random r = {9};
    struct terms now;
    begin(9);
    for (int i = 0; i < 500; i++)
        turn(&r);
    life->now += MS_HOUR;
    tick(RECOVER_TICK_EFFECTS);
    cr_assert_gt(life->n, 0);
    durable_settle(&life->durable);
    uint64_t digest = engine_digest(life->side.e), seq = life->durable.journal.seq;
    close_durable();
    heard = 0;
    memset(&life->durable, 0, sizeof life->durable);
    cr_assert(terms_copy(&now, &life->side.config.limits, &life->side.config.settings, 1));
    cr_assert(durable_open(&life->durable, dir, &now, &quiet));
    terms_fini(&now);
    recover(&life->durable, &life->side, on_effects);
    cr_assert_eq(heard, 0);
    cr_assert_eq(life->durable.recover.seq, seq);
    cr_assert_eq(engine_digest(life->side.e), digest);
    cr_assert(durable_start(&life->durable, &life->outlet, &life->loop));
    life->outlet.held = NULL;
    for (int i = 0; i < 100; i++)
        turn(&r);
    crash_and_compare();
    end();
}

/* Another layout: no recorded settings fit, all is counted by those at hand, and stays so. */
Test(durable, other_limits_count_everything_anew)
{
    struct random r = {5};
    struct terms now;
    begin(5);
    for (int i = 0; i < 300; i++)
        turn(&r);
    durable_settle(&life->durable);
    uint64_t applied = engine_counters(life->side.e)->applied;
    close_durable();
    for (int round = 0; round < 2; round++) {
        quiet.fd = -1;
        life->side.config.limits.agents = 300;
        cr_assert(terms_copy(&now, &life->side.config.limits, &life->side.config.settings, 1));
        open_durable(&now);
        terms_fini(&now);
        cr_assert_eq(life->durable.recover.recorded, round == 1);
        cr_assert_eq(life->durable.started_at, 1770000000000);
        cr_assert_eq(engine_counters(life->side.e)->applied, applied);
        if (round == 0)
            close_durable();
    }
    end();
}

/* Without a directory nothing happens. */
Test(durable, without_a_directory_it_is_not_there)
{
    static struct durable s;
    struct terms now = {0};
    bool closed = false;
    cr_assert(durable_open(&s, "", &now, &quiet));
    cr_assert_not(s.on);
    durable_events(&s, NULL, 3);
    durable_tick_begins(&s, 5);
    durable_tick_ends(&s, 5, true, true);
    durable_settle(&s);
    cr_assert_not(durable_behind(&s));
    s.data = &closed;
    durable_close(&s, on_closed);
    cr_assert(closed);
}
