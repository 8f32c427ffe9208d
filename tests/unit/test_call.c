/* call: any order of a call's events gives what SEMANTICS.md says of them in order. */
#include "core/call.h"

#include "core/err.h"
#include "tests/lib/desk.h"
#include "tests/lib/tale.h"
#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { CALLS = 2, AGENTS = 2 };

#define START 1770368400000 /* 2026-02-06 09:00 */
static const ms_t start = START, finish = START + 30 * MS_MINUTE;
static const char *const keys[CALLS] = {"C1", "C2"};
static const char *const agents[AGENTS] = {"ada", "bob"};

static void draw(struct random *r, struct tale *t)
{
    static const uint8_t kinds[] = {EV_CALL_OFFERED,   EV_CALL_OFFERED, EV_CALL_RUNG,
                                    EV_CALL_RUNG,      EV_CALL_RUNG,    EV_CALL_ANSWERED,
                                    EV_CALL_ANSWERED,  EV_CALL_HELD,    EV_CALL_TRANSFERRED,
                                    EV_CALL_ABANDONED, EV_CALL_ENDED,   EV_CALL_ENDED};
    static const char *const teams[] = {"red", "blue"};
    memset(t, 0, sizeof *t);
    for (uint32_t n = (uint32_t)random_range(r, 2, 9); t->n < n; t->n++) {
        struct event *e = &t->event[t->n];
        enum event_field at_fault;
        e->kind = kinds[random_below(r, ARRAY_LEN(kinds))];
        e->has = F1(TYPE) | F1(TS) | F1(CALL) | F1(SRC) | F1(SEQ) |
                 event_required((enum event_kind)e->kind);
        e->has |= random_percent(r, 60) ? F1(TEAM) : 0;
        e->call = str_of(keys[random_below(r, CALLS)]);
        e->team = str_of(teams[random_below(r, 2)]);
        e->agent = str_of(agents[random_below(r, AGENTS)]);
        e->src = str_of(random_percent(r, 50) ? "pbx" : "acd");
        e->seq = t->n + 1;
        e->ts = start + random_range(r, 0, 9) * 2500;
        e->rts = MS_NONE;
        cr_assert_eq(event_check(e, &at_fault), 0);
    }
}

/* --- the oracle ---------------------------------------------------------------------------- */

struct sums {
    int64_t offered, answered, abandoned, brief, missed_wait, missed_talk, waiting;
    int64_t waits, wait, met_wait, talks, talk, met_talk;
    int64_t dropped, prompt, leveled; /* service_level: num and den */
    int64_t rung[AGENTS], taken[AGENTS];
};

/* A duration against its target; what still runs counts to the end of the test. */
static void against(ms_t from, ms_t to, ms_t target, int64_t *missed)
{
    *missed += target > 0 && (to == MS_NONE || to - from > target);
}

static void sum_call(const struct tale *t, const char *key, const struct settings *set,
                     struct sums *s)
{
    const ms_t *target = set->target, within = set->service_level_within;
    ms_t offered = MS_NONE, answered = MS_NONE, abandoned = MS_NONE, ended = MS_NONE;
    struct str by = {0};
    for (uint32_t i = 0; i < t->n; i++) {
        const struct event *e = &t->event[i];
        bool open = answered == MS_NONE && abandoned == MS_NONE;
        if (!str_equal(e->call, str_of(key)))
            continue;
        if (e->kind == EV_CALL_OFFERED && offered == MS_NONE)
            offered = e->ts;
        if (e->kind == EV_CALL_ABANDONED && open)
            abandoned = e->ts;
        if (e->kind == EV_CALL_ENDED && ended == MS_NONE && abandoned == MS_NONE)
            ended = e->ts;
        if (e->kind == EV_CALL_ANSWERED && open) {
            answered = e->ts;
            by = e->agent;
        }
        if (e->kind == EV_CALL_ANSWERED && open && ended != MS_NONE)
            ended = MS_NONE; /* an end before the answer is not that of the talk */
    }
    bool taken = false;
    for (uint32_t i = t->n; i-- > 0;) { /* the last ring before the answer is the one taken */
        const struct event *e = &t->event[i];
        if (e->kind != EV_CALL_RUNG || !str_equal(e->call, str_of(key)))
            continue;
        uint32_t a = str_equal(e->agent, str_of(agents[0])) ? 0 : 1;
        s->rung[a]++;
        if (!taken && answered != MS_NONE && e->ts <= answered && str_equal(e->agent, by)) {
            s->taken[a]++;
            taken = true;
        }
    }
    ms_t stop = answered != MS_NONE ? answered : abandoned != MS_NONE ? abandoned : ended;
    if (offered != MS_NONE) {
        s->offered++;
        s->answered += answered != MS_NONE;
        s->brief += abandoned != MS_NONE && abandoned - offered < 5000;
        s->abandoned += abandoned != MS_NONE && abandoned - offered >= 5000;
        s->waiting += stop == MS_NONE;
        bool brief = answered == MS_NONE && abandoned != MS_NONE && abandoned - offered < 5000;
        bool patient = stop == MS_NONE && finish - offered <= within;
        s->dropped += answered == MS_NONE && abandoned == MS_NONE && ended != MS_NONE;
        s->prompt += answered != MS_NONE && answered - offered <= within;
        s->leveled += !brief && !patient;
        against(offered, stop, target[TARGET_WAIT], &s->missed_wait);
    }
    if (offered != MS_NONE && answered != MS_NONE) {
        s->waits++;
        s->wait += ms_max(0, answered - offered);
        s->met_wait += target[TARGET_WAIT] > 0 && answered - offered <= target[TARGET_WAIT];
    }
    if (answered != MS_NONE) {
        against(answered, ended, target[TARGET_TALK], &s->missed_talk);
        s->talks += ended != MS_NONE;
        s->talk += ended != MS_NONE ? ended - answered : 0;
        s->met_talk += ended != MS_NONE && ended - answered <= target[TARGET_TALK];
    }
}

static bool agrees(struct desk *d, const struct tale *sorted)
{
    struct sums s = {0};
    const ms_t *target = d->settings.target;
    for (uint32_t c = 0; c < CALLS; c++)
        sum_call(sorted, keys[c], &d->settings, &s);
#define NUM(i) desk_num(d, SCOPE_ALL, "-", IND_##i, W_1H)
    struct kpi_value wait = desk_value(d, SCOPE_ALL, "-", IND_WAIT, W_1H);
    struct kpi_value talk = desk_value(d, SCOPE_ALL, "-", IND_TALK, W_1H);
    bool ok = NUM(CALLS_OFFERED) == s.offered && NUM(CALLS_ANSWERED) == s.answered &&
              NUM(CALLS_ABANDONED) == s.abandoned && NUM(CALLS_SHORT) == s.brief &&
              NUM(CALLS_RUNG) == 0 && NUM(ANSWER_RATE) == s.answered;
    struct kpi_value level = desk_value(d, SCOPE_ALL, "-", IND_SERVICE_LEVEL, W_1H);
    struct kpi_value lost = desk_value(d, SCOPE_ALL, "-", IND_ABANDON_RATE, W_1H);
    ok &= level.num == s.prompt && level.den == s.leveled;
    ok &= lost.num == s.abandoned && lost.den == s.answered + s.abandoned + s.dropped;
    ok &= desk_gauge(d, SCOPE_ALL, "-", IND_CALLS_WAITING) == s.waiting;
    ok &= (int64_t)wait.n == s.waits && wait.sum == s.wait;
    ok &= (int64_t)talk.n == s.talks && talk.sum == s.talk;
    struct kpi_value handled = desk_value(d, SCOPE_ALL, "-", IND_AHT, W_1H);
    ok &= handled.n == talk.n && handled.sum == talk.sum; /* nobody says what he does after */
    if (target[TARGET_WAIT] > 0)
        ok &= (int64_t)wait.met == s.met_wait && (int64_t)wait.missed == s.missed_wait;
    if (target[TARGET_TALK] > 0)
        ok &= (int64_t)talk.met == s.met_talk && (int64_t)talk.missed == s.missed_talk;
    for (uint32_t a = 0; a < AGENTS; a++) {
        struct kpi_value rate = desk_value(d, SCOPE_AGENT, agents[a], IND_ANSWER_RATE, W_1H);
        ok &= desk_num(d, SCOPE_AGENT, agents[a], IND_CALLS_RUNG, W_1H) == s.rung[a];
        ok &= rate.num == s.taken[a] && rate.den == s.rung[a];
    }
    return ok;
}

static void tell(struct desk *d, const struct tale *t)
{
    desk_open(d);
    for (uint32_t i = 0; i < t->n; i++)
        (void)desk_take(d, &t->event[i]);
    desk_tick(d, finish);
    engine_check(d->e);
    cr_assert_eq(engine_counters(d->e)->refused + engine_counters(d->e)->late_dropped, 0);
}

static void failed(uint64_t seed, struct desk *d, const struct tale *t, const char *what)
{
    tale_print(t);
    fprintf(stderr, "%s", desk_numbers(d));
    cr_assert_fail("seed %llu: %s", (unsigned long long)seed, what);
}

Test(call, numbers_are_those_of_the_right_order)
{
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = {seed};
        struct desk *d = desk_new();
        struct tale sorted, shuffled;
        if (random_percent(&r, 50))
            d->settings.target[TARGET_WAIT] = random_range(&r, 1, 4) * 2500;
        if (random_percent(&r, 50))
            d->settings.target[TARGET_TALK] = random_range(&r, 1, 4) * 2500;
        if (random_percent(&r, 70)) /* some are past for all, some for none at the end */
            d->settings.service_level_within = random_percent(&r, 30)
                                                   ? 30 * MS_MINUTE - random_range(&r, 0, 9) * 2500
                                                   : random_range(&r, 1, 4) * 2500;
        draw(&r, &sorted);
        tale_sort(&sorted);
        tell(d, &sorted);
        if (!agrees(d, &sorted))
            failed(seed, d, &sorted, "other numbers than by hand");
        uint64_t digest = engine_digest(d->e);
        desk_close(d);
        for (int i = 0; i < 6; i++) {
            shuffled = sorted;
            tale_shuffle(&r, &shuffled, (uint32_t)random_below(&r, 3));
            tell(d, &shuffled);
            if (!agrees(d, &sorted) || engine_digest(d->e) != digest)
                failed(seed, d, &shuffled, "another order, other numbers");
            desk_close(d);
        }
        desk_free(d);
    }
}

/* --- single cases -------------------------------------------------------------------------- */

static struct desk *opened(void)
{
    struct desk *d = desk_new();
    desk_open(d);
    return d;
}

Test(call, names_of_offer_and_agent)
{
    struct desk *d = opened();
    desk_say(d, start, "call_offered call=C team=red category=bill channel=phone agent=bob");
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_CALLS_WAITING), 1);
    desk_say(d, start + 7000, "call_answered call=C agent=ada team=blue");
    desk_say(d, start + 27000, "call_ended call=C agent=bob");
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_CALLS_WAITING), 0);
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "red", IND_CALLS_ANSWERED, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "blue", IND_CALLS_ANSWERED, W_1H), 0);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "bob", IND_CALLS_OFFERED, W_1H), 0);
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "ada", IND_WAIT, W_1H), 7000);
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "ada", IND_TALK, W_1H), 20000);
    cr_assert_eq(desk_mean(d, SCOPE_CATEGORY, "bill", IND_TALK, W_1H), 20000);
    cr_assert_eq(desk_mean(d, SCOPE_CHANNEL, "phone", IND_WAIT, W_1H), 7000);
    desk_free(d);
}

/* Given up at the very second that is no longer short. */
Test(call, short_is_less_than_the_limit)
{
    struct desk *d = opened();
    desk_say(d, start, "call_offered call=C1");
    desk_say(d, start + 4999, "call_abandoned call=C1");
    desk_say(d, start, "call_offered call=C2");
    desk_say(d, start + 5000, "call_abandoned call=C2");
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_CALLS_SHORT, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_CALLS_ABANDONED, W_1H), 1);
    struct kpi_value rate = desk_value(d, SCOPE_ALL, "-", IND_ABANDON_RATE, W_1H);
    cr_assert(rate.num == 1 && rate.den == 1);
    desk_free(d);
}

Test(call, a_miss_counts_at_its_deadline_and_is_taken_back)
{
    struct desk *d = desk_new();
    d->settings.target[TARGET_WAIT] = 20000;
    desk_open(d);
    desk_say(d, start, "call_offered call=C team=red");
    desk_tick(d, start + 20000);
    cr_assert_eq(desk_value(d, SCOPE_TEAM, "red", IND_WAIT, W_1H).missed, 0);
    desk_tick(d, start + 20001);
    cr_assert_eq(desk_value(d, SCOPE_TEAM, "red", IND_WAIT, W_1H).missed, 1);
    desk_say(d, start + 20000, "call_answered call=C agent=ada");
    struct kpi_value wait = desk_value(d, SCOPE_TEAM, "red", IND_WAIT, W_1H);
    cr_assert(wait.missed == 0 && wait.met == 1);
    desk_free(d);
}

Test(call, an_event_older_than_the_lateness_is_refused)
{
    struct desk *d = opened();
    desk_say(d, start, "call_offered call=C");
    desk_say(d, start + 130000, "call_answered call=C agent=ada");
    desk_say(d, start + 260000, "call_held call=C");
    uint64_t digest = engine_digest(d->e);
    struct result r = desk_say(d, start + 1000, "call_abandoned call=C");
    cr_assert(r.verdict == VERDICT_LATE && r.err == ERR_LATE);
    cr_assert_eq(engine_digest(d->e), digest);
    desk_free(d);
}

/* More calls than there is room for: the one made first is forgotten, whether it ended or not. */
Test(call, the_oldest_makes_room)
{
    struct desk *d = desk_new();
    d->limits.calls = 3;
    desk_open(d);
    char line[64];
    for (int i = 0; i < 10; i++) {
        snprintf(line, sizeof line, "call_offered call=call-%d team=red", i);
        cr_assert_eq(desk_say(d, start + i * 1000, line).verdict, VERDICT_APPLIED);
        engine_check(d->e);
        cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_CALLS_WAITING), i < 3 ? i + 1 : 3);
    }
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "red", IND_CALLS_OFFERED, W_1H), 10);
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_LONGEST_CALL), 2000);
    desk_free(d);
}

Test(call, too_many_events_of_one_call_are_refused)
{
    struct desk *d = opened();
    struct result r = {0};
    for (int i = 0; i <= CALL_EVENTS_MAX; i++)
        r = desk_say(d, start + i * 1000, "call_rung call=C agent=ada");
    cr_assert(r.verdict == VERDICT_REFUSED && r.err == ERR_TICKET_LONG);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_CALLS_RUNG, W_1H), CALL_EVENTS_MAX);
    engine_check(d->e);
    desk_free(d);
}

/* Calls with long histories use up what all share: refused, counted, and nothing is lost. */
Test(call, full_history_refuses)
{
    struct desk *d = desk_new();
    d->limits.calls = 8;
    desk_open(d);
    struct random r = {1};
    uint64_t refused = 0;
    char line[200];
    for (int i = 0; i < 600; i++) {
        int n = snprintf(line, sizeof line,
                         "call_rung call=C%d agent=ada src=s id=", (int)random_below(&r, 8));
        for (int k = 0; k < 60; k++)
            n += snprintf(line + n, sizeof line - (size_t)n, "%c", 'a' + (int)random_below(&r, 26));
        struct result result = desk_say(d, start + i * 1000, line);
        refused += result.verdict == VERDICT_REFUSED;
        cr_assert(result.verdict == VERDICT_APPLIED || result.err == ERR_HISTORY_FULL);
        engine_check(d->e);
    }
    cr_assert_gt(refused, 100);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_CALLS_RUNG, W_1H), 600 - (int64_t)refused);
    desk_free(d);
}

Test(call, forgotten_after_a_day)
{
    struct desk *d = opened();
    struct engine_use use[12];
    ms_t over = start + CALL_REMEMBER_MS + d->settings.lateness;
    desk_say(d, start, "call_offered call=C team=red");
    desk_tick(d, over);
    cr_assert_geq(engine_usage(d->e, use, 12), 3);
    cr_assert(use[2].used == 1 && strcmp(use[2].name, "calls") == 0);
    desk_tick(d, over + 1);
    engine_usage(d->e, use, 12);
    cr_assert_eq(use[2].used, 0);
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_CALLS_WAITING), 0);
    engine_check(d->e);
    desk_free(d);
}

/* By the times of its events: it does not matter whether its end or another call's comes first. */
Test(call, after_a_day_of_silence_an_event_is_anothers)
{
    for (ms_t silence = CALL_REMEMBER_MS - 1; silence <= CALL_REMEMBER_MS + 1; silence++)
        for (int behind = 0; behind < 2; behind++) {
            struct desk *d = desk_new();
            ms_t answered = start + silence, end = answered + 100;
            d->settings.target[TARGET_WAIT] = CALL_REMEMBER_MS - MS_SECOND;
            desk_open(d);
            desk_say(d, start, "call_offered call=C");
            if (behind)
                desk_say(d, answered + d->settings.lateness, "call_offered call=other");
            desk_say(d, answered, "call_answered call=C agent=ada");
            desk_say(d, end, "call_ended call=C");
            desk_tick(d, end + d->settings.lateness);
            bool same = silence <= CALL_REMEMBER_MS;
            struct kpi_value wait = desk_value(d, SCOPE_ALL, "-", IND_WAIT, W_24H);
            cr_assert_eq(wait.n, same);
            cr_assert_eq(wait.missed, 1);
            cr_assert_eq(desk_value(d, SCOPE_ALL, "-", IND_TALK, W_24H).n, 1);
            engine_check(d->e);
            desk_free(d);
        }
}

/* Silent for a day: nothing of it happens any more. Another event brings the deadline back. */
Test(call, a_deadline_beyond_the_silence_does_not_pass)
{
    for (int rings = 0; rings < 2; rings++) {
        struct desk *d = desk_new();
        ms_t due = start + CALL_REMEMBER_MS + MS_MINUTE;
        d->settings.target[TARGET_WAIT] = due - start;
        desk_open(d);
        desk_say(d, start, "call_offered call=C");
        if (rings)
            desk_say(d, start + MS_HOUR, "call_rung call=C agent=ada");
        desk_tick(d, due + 1);
        cr_assert_eq(desk_value(d, SCOPE_ALL, "-", IND_WAIT, W_24H).missed, (uint64_t)rings);
        engine_check(d->e);
        desk_free(d);
    }
}

/* An offer told to have come after the end: whether the wrap-up was folded for good by then or not,
 * the handle time is the same, and has no name of that offer. */
Test(call, an_offer_after_the_end_names_no_handle_time)
{
    char *numbers[2];
    for (int behind = 0; behind < 2; behind++) {
        struct desk *d = desk_new();
        ms_t offered = start + d->settings.lateness + MS_MINUTE, last = offered + MS_MINUTE;
        desk_open(d);
        desk_say(d, start, "call_answered call=C agent=ada");
        desk_say(d, start + 20000, "call_ended call=C");
        desk_say(d, start + 21000, "agent_state agent=ada state=wrap_up");
        desk_say(d, start + 30000, "agent_state agent=ada state=busy");
        if (behind)
            desk_say(d, last, "agent_state agent=ada state=busy");
        desk_say(d, offered, "call_offered call=C team=red");
        if (!behind)
            desk_say(d, last, "agent_state agent=ada state=busy");
        desk_tick(d, last + MS_MINUTE);
        cr_assert_eq(desk_mean(d, SCOPE_AGENT, "ada", IND_AHT, W_1H), 20000 + 9000);
        cr_assert_eq(desk_value(d, SCOPE_TEAM, "red", IND_AHT, W_1H).n, 0);
        cr_assert_eq(desk_value(d, SCOPE_TEAM, "red", IND_CALLS_OFFERED, W_1H).num, 1);
        engine_check(d->e);
        numbers[behind] = desk_numbers(d);
        desk_free(d);
    }
    cr_assert_str_eq(numbers[0], numbers[1]);
    free(numbers[0]);
    free(numbers[1]);
}

/* Who said nothing for a day waits no longer from that instant on, whenever his events came. */
Test(call, waits_until_it_was_silent_for_a_day)
{
    for (int late = 0; late < 2; late++) {
        struct desk *d = desk_new();
        ms_t rung = start + MS_MINUTE, silent = rung + CALL_REMEMBER_MS + 1;
        desk_open(d);
        desk_say(d, start, "call_offered call=C");
        if (!late)
            desk_say(d, rung, "call_rung call=C agent=ada");
        desk_say(d, rung + MS_MINUTE, "call_offered call=other");
        if (late)
            desk_say(d, rung, "call_rung call=C agent=ada");
        desk_tick(d, silent - 1);
        cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_CALLS_WAITING), 2);
        desk_tick(d, silent);
        cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_CALLS_WAITING), 1);
        desk_tick(d, silent + MS_MINUTE);
        cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_CALLS_WAITING), 0);
        engine_check(d->e);
        desk_free(d);
    }
}
