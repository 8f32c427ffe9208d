/* share: rules on mixes against an oracle that judges every rule on every part of every name at
 * every second and every event, from all that happened. */
#include "core/share.h"

#include "core/event.h"
#include "core/part.h"
#include "core/watches.h"
#include "tests/lib/alarm.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { RULES = 4, TEAMS = 2, PARTS = 6, HAPPENED_MAX = 1000, SEEN_MAX = 2000, KIND = 5 };

static const ms_t start = 1770422280000; /* 2026-02-06 23:58: midnight comes in between */

/* An opening or a complaint, of a category or of none. */
struct happened {
    bool complaint;
    ms_t ts;
    uint32_t team, category, kind;
};

struct expected {
    uint8_t rule, name, part, state;
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
    struct effect effects[8];
    struct happened all[HAPPENED_MAX];
    uint32_t n;
    struct alarm alarm[RULES][TEAMS + 1][PARTS];
    struct expected want[SEEN_MAX], got[SEEN_MAX];
    uint32_t wants, gots;
};

static struct str category_of(uint32_t category)
{
    return (struct str){&"?vwxyz"[category], 1};
}

static void *zeroed(uint64_t size)
{
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(mem, MAP_FAILED);
    return mem;
}

static void draw_mixes(struct random *r, struct settings *s)
{
    static const char *const windows[] = {"1m", "5m", "today"};
    static const uint8_t kinds[] = {PART_OPENED_CATEGORY, PART_OPENED_CATEGORY,
                                    PART_COMPLAINTS_CATEGORY, PART_COMPLAINTS_KIND};
    settings_default(s);
    s->windows = ARRAY_LEN(windows);
    s->scopes = 1u << SCOPE_ALL | 1u << SCOPE_TEAM;
    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        CHECK(window_setting_parse(str_of(windows[i]), &s->window[i]));
    s->rules = RULES;
    for (uint32_t i = 0; i < RULES; i++) {
        struct rule_setting *rule = &s->rule[i];
        *rule = (struct rule_setting){.id = {'r', (char)('0' + i)}, .kind = RULE_MIX};
        rule->mix = kinds[random_below(r, ARRAY_LEN(kinds))];
        rule->scope = random_percent(r, 70) ? SCOPE_TEAM : SCOPE_ALL;
        rule->window = (uint8_t)random_below(r, s->windows);
        rule->fire = random_range(r, 1, 6) * (NUMBER_ONE / 10);
        rule->clear = random_percent(r, 50) ? rule->fire : rule->fire / 2;
        rule->beyond = random_percent(r, 40);
        rule->min_n = (uint32_t)random_below(r, 6);
        rule->on_empty = random_percent(r, 50) ? ON_EMPTY_HOLD : ON_EMPTY_CLEAR;
        rule->hold = random_percent(r, 60) ? 0 : random_range(r, 1, 5) * 4000;
        if (random_percent(r, 20))
            rule->part[0] = rule->mix == PART_COMPLAINTS_KIND ? '?' : 'x'; /* of kinds: none */
    }
}

static void world_new(struct world *w, uint32_t alerts)
{
    struct limits l = limits_default();
    l.tickets = l.calls = l.history = 100;
    l.agents = l.teams = l.channels = l.priorities = l.categories = 10;
    l.chunks = 5000;
    l.alerts = alerts;
    w->limits = l;
    w->memory[0] = zeroed(board_bytes(&l, &w->settings));
    w->memory[1] = zeroed(wheel_bytes(1000));
    w->memory[2] = zeroed(rules_bytes(&l));
    w->board = board_init(w->memory[0], &l, &w->settings, NULL, 0);
    wheel_init(&w->wheel, "test", w->memory[1], 1000);
    w->rules = rules_init(w->memory[2], &l, &w->settings, &w->wheel, KIND);
    w->out = (struct outbox){w->effects, 0, ARRAY_LEN(w->effects)};
    for (uint32_t i = 1; i <= TEAMS; i++)
        board_name(w->board, SCOPE_TEAM, category_of(i), NULL);
    for (uint32_t i = 1; i < PARTS; i++)
        board_name(w->board, SCOPE_CATEGORY, category_of(i), NULL);
    uint32_t inputs[SCOPE_N] = {0};
    for (uint32_t i = 0; i < w->settings.rules; i++)
        inputs[w->settings.rule[i].scope] |= measure_inputs(&w->settings, &w->settings.rule[i]);
    board_listen(w->board, inputs);
    board_advance(w->board, start);
    for (uint32_t i = 0; i < RULES * (TEAMS + 1) * PARTS; i++)
        (&w->alarm[0][0][0])[i] = alarm_new();
}

static void world_free(struct world *w)
{
    munmap(w->memory[0], board_bytes(&w->limits, &w->settings));
    munmap(w->memory[1], wheel_bytes(1000));
    munmap(w->memory[2], rules_bytes(&w->limits));
}

/* --- under test --------------------------------------------------------------------------- */

static uint8_t part_of(const struct settings *s, const struct alert *a)
{
    if (s->rule[a->rule].mix == PART_COMPLAINTS_KIND)
        return str_equal(a->part, str_of("dispute")) ? 2 : 1;
    for (uint8_t i = 1; i < PARTS; i++)
        if (str_equal(a->part, category_of(i)))
            return i;
    cr_assert_fail("no part of ours");
    return 0;
}

static void drain(struct world *w)
{
    for (uint32_t i = 0; i < w->out.n; i++) {
        const struct alert *a = &w->effects[i].alert;
        bool all = w->settings.rule[a->rule].scope == SCOPE_ALL;
        cr_assert(w->gots < SEEN_MAX && a->kind == ALERT_MIX);
        cr_assert(str_equal(a->team, all ? str_of("-") : a->name));
        uint8_t name = all ? 0 : a->name.p[0] == 'v' ? 1 : 2;
        w->got[w->gots++] = (struct expected){a->rule,  name,     part_of(&w->settings, a),
                                              a->state, a->since, a->ended_at};
    }
    w->out.n = 0;
}

/* Two effects each are all the room there ever is. */
static void answer(struct world *w, ms_t t)
{
    while (rules_asked(w->rules)) {
        rules_answer(w->rules, w->board, t, &w->out);
        cr_assert_leq(w->out.n, 2);
        drain(w);
    }
}

static void due_before(struct world *w, ms_t t)
{
    struct wheel_fired f;
    while (wheel_next(&w->wheel) < t && wheel_pop(&w->wheel, t - 1, &f)) {
        cr_assert_eq(f.kind, KIND);
        board_advance(w->board, ms_max(board_at(w->board), f.deadline));
        rules_due(w->rules, w->board, f.owner, f.deadline, &w->out);
        drain(w);
        answer(w, f.deadline);
    }
}

static bool touched(struct world *w, ms_t t)
{
    struct entity_ref ref;
    bool room = true;
    while (board_touched(w->board, &ref, 1) == 1) {
        room &= rules_touched(w->rules, w->board, (enum scope)ref.scope, ref.index, t, &w->out);
        cr_assert_eq(w->out.n, 0);
        answer(w, t);
    }
    return room;
}

static void put(struct world *w, const struct happened *h, int sign)
{
    static const uint32_t kept = 1u << SCOPE_ALL | 1u << SCOPE_TEAM;
    struct tags tags = {.team = (uint16_t)h->team};
    struct window_sample s = {.ts = h->ts, .flags = 1u << OPENINGS_OPENED};
    enum part_kind by = h->complaint ? PART_COMPLAINTS_CATEGORY : PART_OPENED_CATEGORY;
    if (h->complaint)
        s.flags = 1u << MARKS_COMPLAINT;
    board_sample(w->board, h->complaint ? FAM_MARKS : FAM_OPENINGS, &s, &tags, kept, sign);
    if (h->category != 0)
        board_part(w->board, by, h->category, &s, &tags, kept, sign);
    if (h->complaint)
        board_part(w->board, PART_COMPLAINTS_KIND, h->kind, &s, &tags, kept, sign);
}

/* --- the oracle --------------------------------------------------------------------------- */

static bool in_window(const struct window_setting *w, ms_t ts, ms_t at)
{
    sec_t now = sec_floor(at), then = sec_floor(ts);
    sec_t after = w->kind == WINDOW_TODAY ? now / 86400 * 86400 - 1 : now - w->length;
    return then > after && then <= now;
}

static enum verdict_of_rule verdict(const struct world *w, uint32_t i, uint32_t name, uint32_t part,
                                    ms_t at)
{
    const struct rule_setting *rule = &w->settings.rule[i];
    int64_t num = 0, den = 0;
    for (uint32_t k = 0; k < w->n; k++) {
        const struct happened *h = &w->all[k];
        if (h->complaint != (rule->mix != PART_OPENED_CATEGORY) || (name != 0 && h->team != name) ||
            !in_window(&w->settings.window[rule->window], h->ts, at))
            continue;
        den++;
        num += (rule->mix == PART_COMPLAINTS_KIND ? h->kind : h->category) == part;
    }
    if (den == 0 || den < rule->min_n)
        return rule->on_empty == ON_EMPTY_CLEAR ? RULE_CLEAR : RULE_BETWEEN;
    int64_t fire = num * NUMBER_ONE - rule->fire * den,
            clear = num * NUMBER_ONE - rule->clear * den;
    if (rule->beyond)
        return fire > 0 ? RULE_FIRE : clear <= 0 ? RULE_CLEAR : RULE_BETWEEN;
    return fire >= 0 ? RULE_FIRE : clear < 0 ? RULE_CLEAR : RULE_BETWEEN;
}

static void say(struct world *w, uint32_t i, uint32_t name, uint32_t part,
                const struct alarm_said *said)
{
    for (uint32_t k = 0; k < said->n; k++) {
        cr_assert_lt(w->wants, SEEN_MAX);
        w->want[w->wants++] =
            (struct expected){(uint8_t)i,        (uint8_t)name,     (uint8_t)part,
                              said->at[k].state, said->at[k].since, said->at[k].ended};
    }
}

/* Calls judge for every alarm that there can be of this rule. */
static void each(struct world *w, uint32_t i, uint32_t team, ms_t t, ms_t clock,
                 void (*judge)(struct world *w, uint32_t i, uint32_t name, uint32_t part, ms_t t,
                               ms_t clock))
{
    const struct rule_setting *rule = &w->settings.rule[i];
    bool kinds = rule->mix == PART_COMPLAINTS_KIND, all = rule->scope == SCOPE_ALL;
    for (uint32_t name = all ? 0 : 1; name <= (all ? 0 : TEAMS); name++)
        for (uint32_t part = 1; part < (kinds ? 3 : PARTS); part++)
            if ((all || team == 0 || name == team) &&
                (rule->part[0] == 0 || (!kinds && rule->part[0] == category_of(part).p[0])))
                judge(w, i, name, part, t, clock);
}

static void by_event(struct world *w, uint32_t i, uint32_t name, uint32_t part, ms_t t, ms_t clock)
{
    struct alarm_said said = {0};
    struct alarm *a = &w->alarm[i][name][part];
    alarm_judge(a, w->settings.rule[i].hold, verdict(w, i, name, part, clock), t, t < a->fired,
                &said);
    say(w, i, name, part, &said);
}

static void by_time(struct world *w, uint32_t i, uint32_t name, uint32_t part, ms_t t, ms_t clock)
{
    struct alarm_said said = {0};
    alarm_judge(&w->alarm[i][name][part], w->settings.rule[i].hold,
                verdict(w, i, name, part, clock), t, false, &said);
    say(w, i, name, part, &said);
}

static void held(struct world *w, uint32_t i, uint32_t name, uint32_t part, ms_t t, ms_t clock)
{
    struct alarm_said said = {0};
    (void)clock;
    alarm_held(&w->alarm[i][name][part], w->settings.rule[i].hold, t, &said);
    say(w, i, name, part, &said);
}

static void oracle_time(struct world *w, ms_t from, ms_t to)
{
    for (uint32_t i = 0; i < RULES; i++) {
        for (ms_t s = (from + 999) / 1000 * 1000; s < to; s += 1000)
            each(w, i, 0, s, s, by_time);
        each(w, i, 0, to - 1, to - 1, held);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct expected *x = a, *y = b;
    const ms_t differ[] = {x->rule - y->rule,   x->name - y->name,
                           x->part - y->part,   x->state - y->state,
                           x->since - y->since, x->ended < y->ended ? -1 : x->ended > y->ended};
    for (size_t i = 0; i < ARRAY_LEN(differ); i++)
        if (differ[i] != 0)
            return differ[i] < 0 ? -1 : 1;
    return 0;
}

static void compare(struct world *w, uint64_t seed)
{
    qsort(w->want, w->wants, sizeof w->want[0], by_place);
    qsort(w->got, w->gots, sizeof w->got[0], by_place);
    cr_assert_eq(w->wants, w->gots, "seed %lu: %u wanted, %u came", seed, w->wants, w->gots);
    for (uint32_t i = 0; i < w->wants; i++)
        cr_assert_eq(by_place(&w->want[i], &w->got[i]), 0,
                     "seed %lu: rule %u name %u part %u: %u since +%ld ended +%ld, came %u %u %u: "
                     "%u +%ld +%ld",
                     seed, w->want[i].rule, w->want[i].name, w->want[i].part, w->want[i].state,
                     w->want[i].since - start, w->want[i].ended - start, w->got[i].rule,
                     w->got[i].name, w->got[i].part, w->got[i].state, w->got[i].since - start,
                     w->got[i].ended - start);
    uint32_t active = 0;
    for (uint32_t i = 0; i < RULES * (TEAMS + 1) * PARTS; i++)
        active += (&w->alarm[0][0][0])[i].state >= 2;
    cr_assert_eq(rules_active(w->rules), active);
    w->wants = w->gots = 0;
}

/* Something happens at t, or something that had happened is taken back at t. */
static void event(struct world *w, struct random *r, ms_t t, ms_t clock)
{
    struct happened h;
    if (random_percent(r, 20) && w->n > 0) {
        uint32_t i = (uint32_t)random_below(r, w->n);
        h = w->all[i];
        put(w, &h, -1);
        w->all[i] = w->all[--w->n];
    } else {
        h = (struct happened){.complaint = random_percent(r, 40),
                              .ts = t,
                              .team = (uint32_t)random_range(r, 1, TEAMS),
                              .category = (uint32_t)random_below(r, PARTS),
                              .kind = (uint32_t)random_range(r, 1, 2)};
        cr_assert_lt(w->n, HAPPENED_MAX);
        w->all[w->n++] = h;
        put(w, &h, 1);
    }
    cr_assert(touched(w, t));
    for (uint32_t i = 0; i < RULES; i++)
        if (h.complaint == (w->settings.rule[i].mix != PART_OPENED_CATEGORY))
            each(w, i, h.team, t, clock, by_event);
}

Test(share, rules_say_what_the_oracle_says)
{
    static struct world w;
    uint64_t ends[ALERT_CANCELLED + 1] = {0};
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random r = {seed};
        memset(&w, 0, sizeof w);
        draw_mixes(&r, &w.settings);
        world_new(&w, 100);
        ms_t clock = start;
        for (int step = 0; step < 120; step++) {
            ms_t next = clock + (random_percent(&r, 90) ? random_range(&r, 0, 8000)
                                                        : random_range(&r, 0, 90000));
            if (random_percent(&r, 50))
                next = ms_max(clock, next / 2000 * 2000);
            oracle_time(&w, clock, next);
            due_before(&w, next);
            board_advance(w.board, next);
            clock = next;
            event(&w, &r, random_percent(&r, 85) ? clock : clock - random_range(&r, 0, 9000),
                  clock);
            rules_check(w.rules, w.board);
            for (uint32_t i = 0; i < w.gots; i++)
                ends[w.got[i].state]++;
            compare(&w, seed);
        }
        world_free(&w);
    }
    cr_assert(ends[ALERT_BREACHED] > 5000 && ends[ALERT_CLEARED] > 4000 &&
                  ends[ALERT_CORRECTED] > 20,
              "%lu %lu %lu: the rules must have something to say", ends[ALERT_BREACHED],
              ends[ALERT_CLEARED], ends[ALERT_CORRECTED]);
}
