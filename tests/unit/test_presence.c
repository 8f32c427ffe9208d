/* presence: states and shifts in any order, against a walk through time. */
#include "core/presence.h"

#include "core/err.h"
#include "tests/lib/desk.h"
#include "tests/lib/presence_oracle.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */
static const char *const agents[] = {"ada", "bob"};
static const char *const teams[] = {"red", "blue"};

static struct desk *fresh(void)
{
    struct desk *d = desk_new();
    desk_open(d);
    return d;
}

static struct result say_shift(struct desk *d, ms_t ts, const char *whose, ms_t from, ms_t to)
{
    char line[160];
    snprintf(line, sizeof line, "shift %s from=%ld to=%ld", whose, from, to);
    return desk_say(d, ts, line);
}

static struct kpi_value share(struct desk *d, enum scope s, const char *name, enum indicator i)
{
    return desk_value(d, s, name, i, W_1H);
}

static void is_share(struct desk *d, enum scope s, const char *name, enum indicator i, ms_t num,
                     ms_t den)
{
    struct kpi_value v = share(d, s, name, i);
    cr_assert(v.num == num && v.den == den, "%s of %s: %ld / %ld, not %ld / %ld", indicator_name(i),
              name, v.num, v.den, num, den);
}

Test(presence, time_is_clipped_to_the_window)
{
    struct desk *d = fresh();
    desk_say(d, start, "agent_state agent=ada state=available team=red");
    desk_say(d, start + 10 * MS_MINUTE + 7, "agent_state agent=ada state=busy team=red");
    desk_say(d, start + 12 * MS_MINUTE, "agent_state agent=ada state=wrap_up team=red");
    desk_say(d, start + 13 * MS_MINUTE, "agent_state agent=ada state=break team=red");
    desk_tick(d, start + 20 * MS_MINUTE);
    const ms_t busy = 3 * MS_MINUTE - 7;
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, busy, 13 * MS_MINUTE);
    is_share(d, SCOPE_TEAM, "red", IND_OCCUPANCY, busy, 13 * MS_MINUTE);
    is_share(d, SCOPE_ALL, "-", IND_OCCUPANCY, busy, 13 * MS_MINUTE);
    /* The hour's first millisecond is 10:11:30 - 1 h + 1 s: the stint busy is cut there. */
    desk_tick(d, start + 71 * MS_MINUTE + 30 * MS_SECOND + 999);
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, 89 * MS_SECOND, 89 * MS_SECOND);
    desk_tick(d, start + 73 * MS_MINUTE);
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, 0, 0);
    desk_free(d);
}

Test(presence, a_state_that_runs_counts_up_to_now_and_ends_by_the_timeout)
{
    struct desk *d = desk_new();
    d->settings.presence_timeout = 30 * MS_MINUTE;
    desk_open(d);
    desk_say(d, start, "agent_state agent=ada state=busy");
    desk_tick(d, start + 61001);
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, 61001, 61001);
    cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_AGENTS_BUSY), 1);
    desk_tick(d, start + 30 * MS_MINUTE - 1);
    cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_AGENTS_BUSY), 1);
    desk_tick(d, start + 30 * MS_MINUTE);
    cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_AGENTS_BUSY), 0);
    desk_tick(d, start + 40 * MS_MINUTE);
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, 30 * MS_MINUTE, 30 * MS_MINUTE);
    /* A confirmation that was under way: he had not been gone. */
    desk_say(d, start + 29 * MS_MINUTE, "agent_state agent=ada state=busy");
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, 40 * MS_MINUTE, 40 * MS_MINUTE);
    cr_assert_eq(desk_gauge(d, SCOPE_AGENT, "ada", IND_AGENTS_BUSY), 1);
    desk_free(d);
}

static void change_timeout(struct desk *d, ms_t timeout)
{
    const char *why = NULL;
    d->settings.presence_timeout = timeout;
    d->out.n = 0;
    cr_assert_eq(engine_apply(d->e, &d->settings, &d->out, &why), 0, "%s", why);
}

Test(presence, another_timeout_holds_for_what_was_said_before)
{
    static const ms_t timeouts[] = {5 * MS_MINUTE, 30 * MS_MINUTE, 3 * MS_MINUTE};
    static const char *const later[] = {"agent_state agent=ada state=break",
                                        "agent_info agent=ada team=red", "agent_info agent=bob"};
    for (size_t i = 0; i < ARRAY_LEN(timeouts) * ARRAY_LEN(later); i++) {
        ms_t timeout = timeouts[i % ARRAY_LEN(timeouts)];
        struct desk *d = desk_new();
        d->settings.presence_timeout = 10 * MS_MINUTE;
        desk_open(d);
        say_shift(d, start, "agent=ada", start, start + MS_HOUR);
        desk_say(d, start, "agent_state agent=ada state=busy");
        say_shift(d, start + 8 * MS_MINUTE, "agent=ada", start + MS_DAY, start + MS_DAY + 1);
        change_timeout(d, timeout);
        desk_say(d, start + 9 * MS_MINUTE, later[i / ARRAY_LEN(timeouts)]);
        desk_tick(d, start + 50 * MS_MINUTE);
        bool left = i < ARRAY_LEN(timeouts);
        ms_t busy = left ? ms_min(timeout, 9 * MS_MINUTE) : timeout;
        ms_t in = left ? busy + timeout : timeout;
        is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, busy, busy);
        is_share(d, SCOPE_AGENT, "ada", IND_ATTENDANCE, in, 50 * MS_MINUTE);
        cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_AGENTS_BUSY), 0);
        engine_check(d->e);
        desk_free(d);
    }
}

Test(presence, attendance_is_the_part_of_the_shift_signed_in)
{
    struct desk *d = fresh();
    say_shift(d, start, "agent=ada team=red", start + 10 * MS_MINUTE, start + 40 * MS_MINUTE);
    desk_say(d, start + MS_MINUTE, "agent_state agent=ada state=offline");
    desk_say(d, start + 15 * MS_MINUTE, "agent_state agent=ada state=available team=blue");
    desk_say(d, start + 30 * MS_MINUTE, "agent_state agent=ada state=break team=blue");
    desk_tick(d, start + 20 * MS_MINUTE + 1); /* no earlier than the last event */
    desk_tick(d, start + 35 * MS_MINUTE);
    is_share(d, SCOPE_TEAM, "red", IND_ATTENDANCE, 20 * MS_MINUTE, 25 * MS_MINUTE);
    is_share(d, SCOPE_TEAM, "blue", IND_ATTENDANCE, 0, 0);
    desk_tick(d, start + 50 * MS_MINUTE);
    is_share(d, SCOPE_AGENT, "ada", IND_ATTENDANCE, 25 * MS_MINUTE, 30 * MS_MINUTE);
    /* The same beginning with another end replaces it, the same instant takes it back. */
    say_shift(d, start + 50 * MS_MINUTE, "agent=ada team=red", start + 10 * MS_MINUTE,
              start + 25 * MS_MINUTE);
    is_share(d, SCOPE_AGENT, "ada", IND_ATTENDANCE, 10 * MS_MINUTE, 15 * MS_MINUTE);
    say_shift(d, start + 51 * MS_MINUTE, "agent=ada team=red", start + 10 * MS_MINUTE,
              start + 10 * MS_MINUTE);
    is_share(d, SCOPE_AGENT, "ada", IND_ATTENDANCE, 0, 0);
    desk_free(d);
}

Test(presence, the_team_is_the_events_else_the_agents)
{
    struct desk *d = fresh();
    desk_say(d, start, "agent_info agent=ada team=red");
    desk_say(d, start, "agent_state agent=ada state=busy");
    desk_say(d, start + MS_MINUTE, "agent_state agent=ada state=busy team=blue");
    desk_say(d, start + 3 * MS_MINUTE, "agent_state agent=ada state=busy team=-");
    desk_tick(d, start + 10 * MS_MINUTE);
    is_share(d, SCOPE_TEAM, "red", IND_OCCUPANCY, MS_MINUTE, MS_MINUTE);
    is_share(d, SCOPE_TEAM, "blue", IND_OCCUPANCY, 2 * MS_MINUTE, 2 * MS_MINUTE);
    is_share(d, SCOPE_AGENT, "ada", IND_OCCUPANCY, 10 * MS_MINUTE, 10 * MS_MINUTE);
    desk_free(d);
}

Test(presence, what_cannot_be_is_refused)
{
    struct desk *d = fresh();
    const struct {
        ms_t from, to;
        int err;
    } shifts[] = {{0, -1, ERR_BAD_SHIFT},
                  {0, 31 * MS_DAY, 0},
                  {0, 31 * MS_DAY + 1, ERR_BAD_SHIFT},
                  {400 * MS_DAY, 400 * MS_DAY + 1, 0},
                  {400 * MS_DAY + 1, 400 * MS_DAY + 2, ERR_BAD_SHIFT}};
    for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
        cr_assert_eq(
            say_shift(d, start, "agent=ada", start + shifts[i].from, start + shifts[i].to).err,
            shifts[i].err, "%zu", i);
    }
    for (int i = 2; i <= DUTY_SHIFTS_MAX; i++) {
        cr_assert_eq(
            say_shift(d, start + i, "agent=ada", start + i * MS_DAY, start + i * MS_DAY + 1).err,
            i < DUTY_SHIFTS_MAX ? 0 : ERR_ROSTER_FULL);
    }
    cr_assert_eq(desk_say(d, start + MS_HOUR, "agent_state agent=ada state=busy").err, 0);
    cr_assert_eq(desk_say(d, start + 2 * MS_HOUR, "agent_state agent=ada state=busy").err, 0);
    cr_assert_eq(desk_say(d, start + MS_HOUR, "agent_state agent=ada state=break").err, ERR_LATE);
    engine_check(d->e);
    desk_free(d);
}

/* --- chance -------------------------------------------------------------------------------- */

static void draw(struct random *r, struct tale *t, ms_t span)
{
    memset(t, 0, sizeof *t);
    for (uint32_t n = (uint32_t)random_range(r, 2, TALE_MAX); t->n < n; t->n++) {
        struct event *e = &t->event[t->n];
        enum event_field at_fault;
        bool shift = random_percent(r, 25), info = !shift && random_percent(r, 20);
        e->kind = shift ? EV_SHIFT : info ? EV_AGENT_INFO : EV_AGENT_STATE;
        e->has = F1(TYPE) | F1(TS) | F1(SRC) | F1(SEQ) | event_required((enum event_kind)e->kind);
        e->has |= random_percent(r, 70) ? F1(TEAM) : 0;
        e->agent = str_of(agents[random_below(r, 2)]);
        e->nil = random_percent(r, 10) ? e->has & F1(TEAM) : 0;
        e->team = str_of(teams[random_below(r, 2)]);
        e->state = (uint8_t)random_below(r, 5);
        e->src = str_of(random_percent(r, 50) ? "pbx" : "acd");
        e->seq = t->n + 1;
        e->ts = start + random_range(r, 0, 20) * span / 20 + random_range(r, 0, 2);
        e->rts = MS_NONE;
        if (shift) { /* few beginnings, so that some are said again */
            e->from = start + random_range(r, -30, 30) * span / 20;
            e->to = e->from + random_range(r, 0, 8) * span / 10;
        }
        cr_assert_eq(event_check(e, &at_fault), 0);
    }
}

static bool agrees(struct desk *d, const struct tale *t, enum scope scope, const char *name)
{
    static const uint32_t windows[] = {W_5M, W_1H, W_24H};
    const char *of = scope == SCOPE_ALL ? NULL : name;
    ms_t at = engine_at(d->e);
    bool ok = true;
    for (size_t w = 0; w < ARRAY_LEN(windows); w++) {
        ms_t from, covered;
        engine_window(d->e, windows[w], &from, &covered);
        struct presence_time want =
            presence_times(t->event, t->n, &d->settings, scope, of, from, at);
        struct kpi_value o = desk_value(d, scope, name, IND_OCCUPANCY, windows[w]);
        struct kpi_value a = desk_value(d, scope, name, IND_ATTENDANCE, windows[w]);
        ok &= o.num == want.occupied && o.den == want.online;
        ok &= a.num == want.attended && a.den == want.rostered;
        ok &= o.num <= o.den && a.num <= a.den;
        if (!ok) {
            fprintf(stderr, "%s in window %zu: %ld/%ld %ld/%ld, not %ld/%ld %ld/%ld\n", name, w,
                    o.num, o.den, a.num, a.den, want.occupied, want.online, want.attended,
                    want.rostered);
            return false;
        }
    }
    struct presence_count n = presence_counts(t->event, t->n, &d->settings, scope, of, at);
    ok &= desk_gauge(d, scope, name, IND_AGENTS_AVAILABLE) == n.available;
    ok &= desk_gauge(d, scope, name, IND_AGENTS_BUSY) == n.busy;
    ok &= desk_gauge(d, scope, name, IND_AGENTS_WRAP_UP) == n.wrap_up;
    ok &= desk_gauge(d, scope, name, IND_AGENTS_BREAK) == n.on_break;
    return ok;
}

static bool states_agree(struct desk *d, const struct tale *t)
{
    for (size_t a = 0; a < ARRAY_LEN(agents); a++) {
        struct snapshot s;
        uint32_t index = engine_name_find(d->e, SCOPE_AGENT, str_of(agents[a]));
        if (index == 0)
            continue;
        engine_snapshot(d->e, SCOPE_AGENT, index, 0, &s);
        int want = presence_state(t->event, t->n, &d->settings, str_of(agents[a]), engine_at(d->e));
        if (s.present ? s.presence != (want < 0 ? PRESENCE_OFFLINE : want) : want >= 0)
            return false;
        if (s.present && want >= 0 &&
            (s.present_since > engine_at(d->e) ||
             presence_state(t->event, t->n, &d->settings, str_of(agents[a]), s.present_since) !=
                 want))
            return false;
    }
    return true;
}

static void failed(uint64_t seed, const struct tale *t, const char *what)
{
    tale_print(t);
    cr_assert_fail("seed %llu: %s", (unsigned long long)seed, what);
}

static void all_agree(struct desk *d, const struct tale *t, uint64_t seed)
{
    bool ok = agrees(d, t, SCOPE_ALL, "-") && states_agree(d, t);
    for (size_t i = 0; ok && i < 2; i++)
        ok = agrees(d, t, SCOPE_AGENT, agents[i]) && agrees(d, t, SCOPE_TEAM, teams[i]);
    if (!ok)
        failed(seed, t, "other times than by walking");
}

Test(presence, times_are_those_of_the_right_order)
{
    for (uint64_t seed = 1; seed <= 800; seed++) {
        struct random r = {seed};
        struct desk *d = desk_new();
        struct tale sorted, shuffled;
        ms_t span = random_percent(&r, 50) ? 100 * MS_SECOND : 30 * MS_HOUR;
        d->settings.lateness = span + MS_MINUTE;
        d->settings.presence_timeout = random_range(&r, 1, 12) * span / 20;
        if (d->settings.lateness > MS_DAY)
            d->settings.lateness = MS_DAY;
        draw(&r, &sorted, span);
        tale_sort(&sorted);
        desk_open(d);
        for (uint32_t i = 0; i < sorted.n; i++) {
            if (desk_take(d, &sorted.event[i]).verdict != VERDICT_APPLIED)
                failed(seed, &sorted, "not applied");
            if (random_percent(&r, 20)) { /* as things stand in between */
                struct tale so_far = sorted;
                desk_tick(d, engine_at(d->e)); /* what is due at this instant, too */
                while (so_far.n > i + 1)
                    so_far.n--;
                all_agree(d, &so_far, seed);
            }
        }
        ms_t end = ms_max(engine_at(d->e), start + span) + random_range(&r, 0, span);
        desk_tick(d, end);
        engine_check(d->e);
        all_agree(d, &sorted, seed);
        uint64_t digest = engine_digest(d->e);
        desk_close(d);
        if (span < MS_HOUR) {
            shuffled = sorted;
            tale_shuffle(&r, &shuffled, 4);
            desk_open(d);
            for (uint32_t i = 0; i < shuffled.n; i++)
                (void)desk_take(d, &shuffled.event[i]);
            desk_tick(d, end);
            engine_check(d->e);
            if (engine_counters(d->e)->late_dropped + engine_counters(d->e)->refused > 0)
                failed(seed, &shuffled, "late inside lateness");
            all_agree(d, &sorted, seed);
            if (engine_digest(d->e) != digest)
                failed(seed, &shuffled, "another digest");
        }
        desk_free(d);
    }
}
