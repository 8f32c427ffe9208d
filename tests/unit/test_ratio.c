/* ratio: what is pending, and the value without it, against a list of resolves. */
#include "core/ratio.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { TICKETS = 400 };

static const ms_t start = 1770368400000;

struct solved {
    ms_t ts;
    ms_t reopened; /* MS_NONE */
};

static struct desk *d;
static struct solved solved[TICKETS];

static void teardown(void)
{
    desk_free(d);
}

TestSuite(ratio, .fini = teardown);

/* Of the window: num and den, and of them those whose horizon is not over. */
static void count(sec_t length, ms_t horizon, ms_t at, int64_t whole[2], int64_t pending[2])
{
    sec_t now = sec_floor(at);
    whole[0] = whole[1] = pending[0] = pending[1] = 0;
    for (uint32_t i = 0; i < TICKETS; i++) {
        const struct solved *s = &solved[i];
        sec_t then = sec_floor(s->ts);
        if (s->ts == 0 || s->ts > at || then <= now - length)
            continue;
        bool num = s->reopened != MS_NONE && s->reopened <= at && s->reopened - s->ts <= horizon;
        bool open = (now - then) * MS_SECOND < horizon;
        whole[0] += num;
        whole[1]++;
        pending[0] += num && open;
        pending[1] += open;
    }
}

static void compare(uint32_t window, ms_t horizon, ms_t at)
{
    static const sec_t lengths[] = {300, 3600, 86400};
    int64_t whole[2], pending[2];
    uint32_t index = engine_name_find(d->e, SCOPE_TEAM, str_of("repair"));
    count(lengths[window], horizon, at, whole, pending);
    struct kpi_value v = desk_value(d, SCOPE_TEAM, "repair", IND_REOPEN_RATE, window);
    cr_assert_eq(v.num, whole[0], "num %lld", (long long)v.num);
    cr_assert_eq(v.den, whole[1]);
    cr_assert_eq(v.pending, pending[1], "pending %lld, %lld wanted, window %u",
                 (long long)v.pending, (long long)pending[1], window);
    cr_assert_eq(v.pending_num, pending[0]);
    const struct figure_source source[] = {{IND_REOPEN_RATE, IF_PENDING, 0},
                                           {IND_REOPEN_RATE, IF_VALUE_MATURE, 0}};
    struct figure f[2];
    engine_figures(d->e, SCOPE_TEAM, index, window, source, 2, f);
    cr_assert(f[0].count && f[0].n == pending[1]);
    cr_assert_eq(f[1].n, whole[1] - pending[1]);
    if (f[1].n > 0)
        cr_assert(f[1].top * (whole[1] - pending[1]) ==
                  (__int128)(whole[0] - pending[0]) * NUMBER_ONE * f[1].bottom);
    else
        cr_assert_eq(f[1].bottom, 0, "nothing is mature: no value");
}

static void live(uint64_t seed, ms_t horizon)
{
    struct random r = {seed};
    char line[80];
    d = desk_new();
    d->settings.reopen_horizon = horizon;
    d->limits.tickets = 2 * TICKETS;
    d->limits.history = 100 * TICKETS;
    d->limits.chunks = 10000;
    desk_open(d);
    memset(solved, 0, sizeof solved);
    ms_t at = start;
    for (uint32_t i = 0; i < TICKETS; i++) {
        at += random_range(&r, 1, random_percent(&r, 5) ? 7200000 : 60000);
        snprintf(line, sizeof line, "opened ticket=T%u team=repair", i);
        desk_say(d, at, line);
        snprintf(line, sizeof line, "resolved ticket=T%u", i);
        desk_say(d, at, line);
        solved[i] = (struct solved){at, MS_NONE};
        uint32_t back = (uint32_t)random_below(&r, i + 1);
        if (random_percent(&r, 40) && solved[back].reopened == MS_NONE && solved[back].ts < at) {
            snprintf(line, sizeof line, "reopened ticket=T%u", back);
            desk_say(d, at, line);
            solved[back].reopened = at;
        }
        if (random_percent(&r, 20)) {
            at += random_range(&r, 0, 400000);
            desk_tick(d, at);
        }
        for (uint32_t w = 0; w < DESK_WINDOWS && random_percent(&r, 30); w++)
            compare(w, horizon, at);
    }
}

Test(ratio, a_horizon_that_no_window_has)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        live(seed, 25 * MS_MINUTE + 1);
        if (seed < 5)
            desk_free(d);
    }
}

Test(ratio, a_horizon_as_long_as_a_window)
{
    live(11, MS_HOUR);
}

Test(ratio, a_horizon_longer_than_every_window)
{
    live(12, 9 * MS_DAY);
}

Test(ratio, no_horizon_at_all)
{
    live(13, 0);
}

/* Time alone ends a horizon: the snapshot says when it changes next, a rule fires then. */
Test(ratio, a_horizon_ends_by_the_clock)
{
    static struct snapshot s;
    d = desk_new();
    d->settings.reopen_horizon = 10 * MS_MINUTE;
    d->settings.rules = 1;
    d->settings.rule[0] = (struct rule_setting){.id = "mature",
                                                .indicator = IND_REOPEN_RATE,
                                                .field = IF_VALUE_MATURE,
                                                .scope = SCOPE_TEAM,
                                                .window = W_1H,
                                                .fire = NUMBER_ONE / 2,
                                                .clear = NUMBER_ONE / 2};
    desk_open(d);
    desk_say(d, start, "opened ticket=T1 team=repair");
    desk_say(d, start, "resolved ticket=T1");
    desk_say(d, start + MS_MINUTE, "reopened ticket=T1");
    cr_assert_eq(d->out.n, 0, "nothing of it is mature");
    uint32_t index = engine_name_find(d->e, SCOPE_TEAM, str_of("repair"));
    engine_snapshot(d->e, SCOPE_TEAM, index, 1u << W_1H, &s);
    engine_snapshot_done(d->e, SCOPE_TEAM, index);
    desk_tick(d, start + 10 * MS_MINUTE - 1);
    cr_assert_eq(d->out.n, 0);
    cr_assert_not(engine_changed(d->e, SCOPE_TEAM, index));
    desk_tick(d, start + 10 * MS_MINUTE);
    cr_assert(engine_changed(d->e, SCOPE_TEAM, index));
    cr_assert_eq(d->out.n, 1);
    cr_assert_eq(d->effects[0].kind, EFFECT_ALERT);
    struct kpi_value v = desk_value(d, SCOPE_TEAM, "repair", IND_REOPEN_RATE, W_1H);
    cr_assert(v.pending == 0 && v.num == 1 && v.den == 1);
}
