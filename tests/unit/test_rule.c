/* rule: against an oracle that judges every rule on every name at every second and every event,
 * from all samples kept; only the board's windows, the wheel and the watches are under test. */
#include "core/event.h"
#include "core/watches.h"
#include "tests/lib/alarm.h"
#include "tests/lib/draw.h"
#include "tests/lib/numbers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { RULES = 7, SEEN_MAX = 4000, TIMERS = 1000, KIND = 5 };

static const ms_t start = 1770422280000; /* 2026-02-06 23:58: midnight comes in between */

struct expected {
    uint8_t rule, name, state;
    ms_t since, ended;
};

struct world {
    struct settings settings;
    struct limits limits;
    struct wheel wheel;
    struct board *board;
    struct rules *rules;
    void *memory[3];
    struct outbox out;
    struct effect effects[64];
    struct numbers all;
    /* the oracle */
    struct {
        bool met; /* its input was touched once */
        struct alarm is;
        ms_t look; /* sampled: when an event wants it to look, MS_NEVER */
    } watch[RULES][DRAW_NAMES + 1];
    struct expected want[SEEN_MAX], got[SEEN_MAX];
    uint32_t wants, gots;
};

/* Pages come when touched: most of a wheel's memory never is. */
static void *zeroed(uint64_t size)
{
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(mem, MAP_FAILED);
    return mem;
}

static void world_new(struct world *w, uint32_t alerts)
{
    struct limits l = limits_default();
    l.tickets = l.calls = l.history = 100;
    l.agents = l.teams = l.channels = l.priorities = l.categories = 10;
    l.chunks = 5000;
    l.alerts = alerts;
    w->limits = l;
    struct window_watch watch[WATCHES_MAX * FAM_N];
    uint32_t n = measure_watches(&w->settings, watch, ARRAY_LEN(watch));
    w->memory[0] = zeroed(board_bytes(&l, &w->settings));
    w->memory[1] = zeroed(wheel_bytes(TIMERS));
    w->memory[2] = zeroed(rules_bytes(&l));
    w->board = board_init(w->memory[0], &l, &w->settings, watch, n);
    wheel_init(&w->wheel, "test", w->memory[1], TIMERS);
    w->rules = rules_init(w->memory[2], &l, &w->settings, &w->wheel, KIND);
    w->out = (struct outbox){w->effects, 0, ARRAY_LEN(w->effects)};
    for (int i = 0; i < DRAW_NAMES; i++)
        board_name(w->board, SCOPE_TEAM, (struct str){&"abc"[i], 1}, NULL);
    board_advance(w->board, start);
}

static void world_free(struct world *w)
{
    munmap(w->memory[0], board_bytes(&w->limits, &w->settings));
    munmap(w->memory[1], wheel_bytes(TIMERS));
    munmap(w->memory[2], rules_bytes(&w->limits));
}

static void drain(struct world *w)
{
    for (uint32_t i = 0; i < w->out.n; i++) {
        const struct alert *a = &w->effects[i].alert;
        cr_assert_lt(w->gots, SEEN_MAX);
        w->got[w->gots++] = (struct expected){a->rule, (uint8_t)(a->name.p[0] - 'a' + 1), a->state,
                                              a->since, a->ended_at};
        cr_assert(str_equal(a->team, a->name) && str_equal(a->agent, str_of("-")));
    }
    w->out.n = 0;
}

static void due_before(struct world *w, ms_t t)
{
    struct wheel_fired f;
    while (wheel_next(&w->wheel) < t && wheel_pop(&w->wheel, t - 1, &f)) {
        cr_assert_eq(f.kind, KIND);
        board_advance(w->board, ms_max(board_at(w->board), f.deadline));
        rules_due(w->rules, w->board, f.owner, f.deadline, &w->out);
        drain(w);
    }
}

static void touched(struct world *w, ms_t t)
{
    struct entity_ref refs[16];
    uint32_t n = board_touched(w->board, refs, ARRAY_LEN(refs));
    for (uint32_t i = 0; i < n; i++) {
        cr_assert(rules_touched(w->rules, w->board, refs[i].scope, refs[i].index, t, &w->out));
        cr_assert_leq(w->out.n, n * rules_effects_max(w->rules, SCOPE_TEAM));
    }
    drain(w);
}

/* --- the oracle --------------------------------------------------------------- */

static void say(struct world *w, uint32_t i, uint32_t name, const struct alarm_said *said)
{
    for (uint32_t k = 0; k < said->n; k++) {
        cr_assert_lt(w->wants, SEEN_MAX);
        w->want[w->wants++] = (struct expected){(uint8_t)i, (uint8_t)name, said->at[k].state,
                                                said->at[k].since, said->at[k].ended};
    }
}

static void oracle_held(struct world *w, uint32_t i, uint32_t name, ms_t t)
{
    struct alarm_said said = {0};
    alarm_held(&w->watch[i][name].is, w->settings.rule[i].hold, t, &said);
    say(w, i, name, &said);
}

static void oracle_judge(struct world *w, uint32_t i, uint32_t name, ms_t t, ms_t clock, bool event)
{
    enum verdict_of_rule v =
        numbers_judge(&w->all, &w->settings, &w->settings.rule[i], name, clock).verdict;
    struct alarm *is = &w->watch[i][name].is;
    struct alarm_said said = {0};
    bool sampled = w->settings.rule[i].kind == RULE_TREND;
    bool late = sampled ? t <= is->fired : event && t < is->fired;
    alarm_judge(is, w->settings.rule[i].hold, v, t, late, &said);
    say(w, i, name, &said);
}

/* The instants at which a sampled rule looks: every step, counted from an instant of its own. */
static ms_t next_look(const struct world *w, uint32_t i, uint32_t name, ms_t t)
{
    struct watch one = {.rule = (uint8_t)i, .scope = SCOPE_TEAM, .index = name};
    ms_t step = measure_step(&w->settings, &w->settings.rule[i]);
    ms_t phase = (ms_t)(watch_hash(&w->settings, w->board, &one) % (uint64_t)(step / 1000)) * 1000;
    while ((t - phase) % step != 0)
        t += t % 1000 == 0 ? 1000 : 1000 - t % 1000;
    return t;
}

/* A sampled rule from `from` to before `to`: when it was told to, at all its turns, when a hold
 * ends. */
static void oracle_sampled(struct world *w, uint32_t i, uint32_t name, ms_t from, ms_t to)
{
    ms_t told = w->watch[i][name].look, turn = next_look(w, i, name, from);
    const struct rule_setting *rule = &w->settings.rule[i];
    w->watch[i][name].look = MS_NEVER;
    for (;;) {
        bool holds = w->watch[i][name].is.state % 2 == 1;
        ms_t ends = holds ? w->watch[i][name].is.since + rule->hold : MS_NEVER;
        ms_t t = ms_min(ms_min(told, turn), ends);
        if (t >= to)
            break;
        oracle_judge(w, i, name, t, ms_max(t, from), false);
        told = t == told ? MS_NEVER : told;
        turn = t == turn ? next_look(w, i, name, t + 1) : turn;
    }
    if (told != MS_NEVER)
        w->watch[i][name].look = told;
}

/* Everybody at every second from `from` to before `to`; holds end in between. */
static void oracle_time(struct world *w, ms_t from, ms_t to)
{
    for (uint32_t i = 0; i < RULES; i++) {
        for (uint32_t name = 1; name <= DRAW_NAMES; name++) {
            if (!w->watch[i][name].met)
                continue;
            if (w->settings.rule[i].kind == RULE_TREND) {
                oracle_sampled(w, i, name, from, to);
                continue;
            }
            for (ms_t s = (from + 999) / 1000 * 1000; s < to; s += 1000)
                oracle_judge(w, i, name, s, s, false);
            oracle_held(w, i, name, to - 1);
        }
    }
}

static int by_place(const void *a, const void *b)
{
    const struct expected *x = a, *y = b;
    const ms_t differ[] = {x->rule - y->rule, x->name - y->name, x->state - y->state,
                           x->since - y->since, x->ended < y->ended ? -1 : x->ended > y->ended};
    for (size_t i = 0; i < ARRAY_LEN(differ); i++)
        if (differ[i] != 0)
            return differ[i] < 0 ? -1 : 1;
    return 0;
}

/* What was said since the last time, in any order (rules of one instant have none). */
static void compare(struct world *w)
{
    qsort(w->want, w->wants, sizeof w->want[0], by_place);
    qsort(w->got, w->gots, sizeof w->got[0], by_place);
    cr_assert_eq(w->wants, w->gots, "%u wanted, %u came", w->wants, w->gots);
    for (uint32_t i = 0; i < w->wants; i++)
        cr_assert_eq(by_place(&w->want[i], &w->got[i]), 0,
                     "rule %u name %u: %u since +%ld ended +%ld, came %u %u %u +%ld +%ld",
                     w->want[i].rule, w->want[i].name, w->want[i].state, w->want[i].since - start,
                     w->want[i].ended / 1000, w->got[i].rule, w->got[i].name, w->got[i].state,
                     w->got[i].since - start, w->got[i].ended / 1000);
    uint32_t active = 0, at = 0, listed = 0;
    for (uint32_t i = 0; i < RULES; i++)
        for (uint32_t name = 1; name <= DRAW_NAMES; name++)
            active += w->watch[i][name].is.state >= 2;
    struct alert a;
    while (rules_alert_next(w->rules, w->board, &at, &a)) {
        uint32_t name = (uint32_t)(a.name.p[0] - 'a' + 1);
        const struct alarm *is = &w->watch[a.rule][name].is;
        cr_assert(is->state >= 2 && is->fired == a.since);
        listed++;
    }
    cr_assert(listed == active && rules_active(w->rules) == active);
    w->wants = w->gots = 0;
}

/* One event at t: a sample at its ts or a withdrawal; the oracle's clock stands at `clock`. */
static void event(struct world *w, struct random *r, ms_t t, ms_t clock)
{
    struct tags tags = {0};
    uint32_t family;
    if (random_percent(r, 15) && w->all.n > 0) {
        uint32_t i = (uint32_t)random_below(r, w->all.n);
        tags.team = (uint16_t)w->all.at[i].name;
        family = w->all.at[i].family;
        board_sample(w->board, family, &w->all.at[i].sample, &tags, 1u << SCOPE_TEAM, -1);
        numbers_remove(&w->all, i);
    } else {
        tags.team = (uint16_t)random_range(r, 1, DRAW_NAMES);
        struct window_sample sample = draw_sample(r, t, &family);
        board_sample(w->board, family, &sample, &tags, 1u << SCOPE_TEAM, 1);
        numbers_add(&w->all, family, tags.team, &sample);
    }
    touched(w, t);
    for (uint32_t i = 0; i < RULES; i++) {
        if ((measure_inputs(&w->settings, &w->settings.rule[i]) >> family & 1) == 0)
            continue;
        w->watch[i][tags.team].met = true;
        if (w->settings.rule[i].kind == RULE_TREND) {
            ms_t *look = &w->watch[i][tags.team].look;
            *look = ms_min(*look, next_look(w, i, tags.team, t));
            continue;
        }
        oracle_judge(w, i, tags.team, t, clock, true);
    }
}

Test(rule, says_what_the_oracle_says)
{
    static struct world w;
    uint64_t ends[ALERT_CANCELLED + 1] = {0}, trends = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct random r = {seed};
        memset(&w, 0, sizeof w);
        draw_settings(&r, RULES, &w.settings);
        if (seed % 2 == 0)
            draw_trends(&r, &w.settings);
        world_new(&w, 100);
        for (uint32_t i = 0; i < RULES; i++)
            for (uint32_t n = 0; n <= DRAW_NAMES; n++) {
                w.watch[i][n].is = alarm_new();
                w.watch[i][n].look = MS_NEVER;
            }
        ms_t clock = start;
        for (int step = 0; step < 120; step++) {
            ms_t next = clock + (random_percent(&r, 90) ? random_range(&r, 0, 8000)
                                                        : random_range(&r, 0, 120000));
            if (random_percent(&r, 50))
                next = ms_max(clock, next / 2000 * 2000);
            oracle_time(&w, clock, next);
            due_before(&w, next);
            board_advance(w.board, next);
            clock = next;
            event(&w, &r, random_percent(&r, 85) ? clock : clock - random_range(&r, 0, 9000),
                  clock);
            rules_check(w.rules, w.board);
            for (uint32_t i = 0; i < w.gots; i++) {
                ends[w.got[i].state]++;
                trends += w.settings.rule[w.got[i].rule].kind == RULE_TREND;
            }
            compare(&w);
        }
        world_free(&w);
    }
    cr_assert(ends[ALERT_BREACHED] > 5000 && ends[ALERT_CLEARED] > 4000 &&
                  ends[ALERT_CORRECTED] > 5 && trends > 1000,
              "%lu %lu %lu: the rules must have something to say", ends[0], ends[1], ends[2]);
}

static void one_rule(struct world *w, const char *id, struct rule_setting rule)
{
    struct rule_setting *to = &w->settings.rule[w->settings.rules++];
    *to = rule;
    memcpy(to->id, id, strlen(id) + 1);
}

static void reply(struct world *w, uint32_t team, ms_t t, ms_t value)
{
    struct tags tags = {.team = (uint16_t)team};
    struct window_sample s = {
        .ts = t, .flags = 1u << REPLIES_REPLY, .present = 1u << REPLIES_FIRST, .value = {value}};
    board_advance(w->board, ms_max(t, board_at(w->board)));
    board_sample(w->board, FAM_REPLIES, &s, &tags, 1u << SCOPE_TEAM, 1);
}

static bool touch_all(struct world *w, ms_t t)
{
    struct entity_ref refs[16];
    uint32_t n = board_touched(w->board, refs, ARRAY_LEN(refs));
    bool room = true;
    for (uint32_t i = 0; i < n; i++)
        room &= rules_touched(w->rules, w->board, refs[i].scope, refs[i].index, t, &w->out);
    return room;
}

static const struct rule_setting slow = {.indicator = IND_FIRST_RESPONSE,
                                         .field = IF_MEAN,
                                         .scope = SCOPE_TEAM,
                                         .fire = 1000,
                                         .clear = 1000};

Test(rule, alert_ids_are_of_rule_scope_name_and_time)
{
    static struct world w, v;
    draw_settings(&(struct random){1}, 0, &w.settings);
    one_rule(&w, "slow", slow);
    v.settings = w.settings;
    v.settings.seed++; /* other hash tables, the same ids */
    world_new(&w, 100);
    world_new(&v, 100);
    reply(&w, 1, start + 5, 2000);
    reply(&v, 1, start + 5, 2000);
    board_advance(v.board, start + 900); /* a clock that is a little later */
    touch_all(&w, start + 5);
    touch_all(&v, start + 5);
    cr_assert(w.out.n == 1 && v.out.n == 1);
    cr_assert_eq(w.effects[0].alert.alert_id, v.effects[0].alert.alert_id);
    cr_assert_eq(rules_digest(w.rules, w.board), rules_digest(v.rules, v.board));
    reply(&w, 2, start + 5, 2000);
    touch_all(&w, start + 5);
    reply(&v, 2, start + 6, 2000);
    touch_all(&v, start + 6);
    cr_assert(w.out.n == 2 && v.out.n == 2);
    cr_assert_neq(w.effects[0].alert.alert_id, w.effects[1].alert.alert_id);
    cr_assert_neq(w.effects[1].alert.alert_id, v.effects[1].alert.alert_id);
    cr_assert_neq(rules_digest(w.rules, w.board), rules_digest(v.rules, v.board));
    world_free(&w);
    world_free(&v);
}

/* Fired, cleared and fired again at one instant: one alert, told by its revisions. */
Test(rule, firing_again_at_the_same_instant_is_the_same_alert)
{
    static struct world w;
    draw_settings(&(struct random){1}, 0, &w.settings);
    one_rule(&w, "slow", slow);
    world_new(&w, 100);
    const ms_t values[] = {2000, 0, 0, 4000}; /* means 2000, 1000, 667, 1500 */
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        reply(&w, 1, start, values[i]);
        touch_all(&w, start);
    }
    cr_assert_eq(w.out.n, 3);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(w.effects[i].alert.rev, i + 1);
        cr_assert_eq(w.effects[i].alert.alert_id, w.effects[0].alert.alert_id);
    }
    cr_assert(rules_tally(w.rules)->fired == 2 && rules_tally(w.rules)->cleared == 1);
    rules_check(w.rules, w.board);
    world_free(&w);
}

Test(rule, name_filter_and_other_scopes)
{
    static struct world w;
    struct rule_setting only = slow, all = slow;
    draw_settings(&(struct random){1}, 0, &w.settings);
    memcpy(only.name, "b", 2);
    all.scope = SCOPE_ALL;
    one_rule(&w, "only", only);
    one_rule(&w, "all", all);
    world_new(&w, 100);
    for (uint32_t team = 1; team <= DRAW_NAMES; team++) {
        reply(&w, team, start, 5000);
        touch_all(&w, start);
    }
    cr_assert_eq(w.out.n, 1);
    cr_assert(str_equal(w.effects[0].alert.name, str_of("b")));
    world_free(&w);
}

Test(rule, a_full_pool_is_told_and_harmless)
{
    static struct world w;
    draw_settings(&(struct random){1}, 0, &w.settings);
    one_rule(&w, "slow", slow);
    world_new(&w, 2);
    for (uint32_t team = 1; team <= 2; team++)
        reply(&w, team, start, 5000);
    cr_assert(touch_all(&w, start));
    reply(&w, 3, start, 5000);
    cr_assert_not(touch_all(&w, start));
    cr_assert_eq(w.out.n, 2);
    rules_check(w.rules, w.board);
    world_free(&w);
}

/* An effect per active alert of a rule that goes; a rule that stays keeps its alert. */
Test(rule, apply_cancels_keeps_and_begins)
{
    static struct world w;
    static struct settings other;
    draw_settings(&(struct random){1}, 0, &w.settings);
    one_rule(&w, "stays", slow);
    one_rule(&w, "goes", slow);
    one_rule(&w, "changes", slow);
    world_new(&w, 100);
    reply(&w, 1, start, 5000);
    touch_all(&w, start);
    cr_assert_eq(w.out.n, 3);
    uint64_t kept = w.effects[0].alert.alert_id;
    w.out.n = 0;

    other = w.settings;
    other.rules = 3;
    other.rule[0] = w.settings.rule[2]; /* "changes" */
    other.rule[0].fire = 4000;
    other.rule[1] = w.settings.rule[0]; /* "stays", with another severity */
    other.rule[1].severity = SEVERITY_CRITICAL;
    other.rule[2] = slow;
    memcpy(other.rule[2].id, "new", 4);
    cr_assert(rules_apply(w.rules, w.board, &other, start + 10, &w.out));
    cr_assert_eq(w.out.n, 2);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(w.effects[i].alert.state, ALERT_CANCELLED);
        cr_assert_neq(w.effects[i].alert.rule, 0, "by its index in the old settings");
        cr_assert_eq(w.effects[i].alert.rev, 2);
    }
    w.settings = other;
    w.out.n = 0;
    rules_check(w.rules, w.board);
    cr_assert_eq(rules_active(w.rules), 1);
    cr_assert_eq(wheel_next(&w.wheel), start + 10);
    due_before(&w, start + 11);
    cr_assert_eq(w.gots, 2); /* "changes" and "new" on team a; b and c have nothing */
    cr_assert_eq(rules_active(w.rules), 3);
    struct alert a;
    uint32_t at = 0;
    bool found = false;
    while (rules_alert_next(w.rules, w.board, &at, &a))
        found |= a.alert_id == kept && a.rule == 1;
    cr_assert(found);
    cr_assert_eq(rules_tally(w.rules)->cancelled, 2);
    rules_check(w.rules, w.board);
    world_free(&w);
}
