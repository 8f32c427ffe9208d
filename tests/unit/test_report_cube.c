/* What a report counts where: periods, names within a team, corrections, the backlog. */
#include "daemon/cli/report_cube.h"

#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t day1 = 1767225600000; /* 2026-01-01 */

static struct settings settings;
static struct limits limits;
static struct cube *cube;

/* January 3rd and 4th, the two days before them; both as of `lag` after their end. */
static void begin(const char *team, ms_t lag)
{
    settings_default(&settings);
    settings.target[TARGET_FIRST_RESPONSE] = MS_HOUR;
    limits = limits_default();
    limits.tickets = limits.history = limits.chunks = limits.ids = 10000;
    struct cube_setup setup = {
        .settings = &settings,
        .limits = &limits,
        .team = team,
        .period = {{day1 + 2 * MS_DAY, day1 + 4 * MS_DAY}, {day1, day1 + 2 * MS_DAY}},
        .as_of = {day1 + 4 * MS_DAY + lag, day1 + 2 * MS_DAY + lag},
        .step = STEP_DAY};
    cube = calloc(1, sizeof *cube);
    cr_assert(cube_open(cube, &setup));
}

static void end(void)
{
    cube_close(cube);
    free(cube);
}

static void say(ms_t at, const char *line)
{
    struct event e;
    terse_event(&e, day1 + at, line);
    cube_event(cube, &e);
}

static void tell(ms_t at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(ms_t at, const char *format, ...)
{
    char line[128];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    say(at, line);
}

static int64_t num(const struct sum *t, enum indicator i)
{
    struct kpi_value v;
    if (!sum_value(t, &settings, i, &v))
        return 0;
    return indicator_kind(i) == IND_DURATION ? (int64_t)v.n : v.num;
}

static int64_t name_num(uint32_t period, enum scope scope, const char *name, enum indicator i)
{
    uint32_t index = engine_name_find(cube->engine, scope, str_of(name));
    return index == 0 ? 0 : num(cube_name(cube, period, scope, index), i);
}

Test(report_cube, counts_stand_where_it_happened)
{
    begin(NULL, 7 * MS_DAY);
    say(MS_HOUR, "opened ticket=A team=x category=c");
    say(2 * MS_DAY + MS_HOUR, "opened ticket=B team=y category=c");
    say(2 * MS_DAY + 90 * MS_MINUTE, "message ticket=B by=agent agent=ada");
    say(3 * MS_DAY + MS_HOUR, "message ticket=A by=agent agent=bo");
    say(3 * MS_DAY + 2 * MS_HOUR, "resolved ticket=B agent=ada");
    say(5 * MS_DAY, "opened ticket=C team=x");
    cube_end(cube);
    cr_assert(num(cube->sum[CUBE_PRIOR], IND_OPENED) == 1 &&
              num(cube->sum[CUBE_NOW], IND_OPENED) == 1);
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_FIRST_RESPONSE), 2);
    cr_assert_eq(num(cube->at_step[0], IND_REPLIES), 1);
    cr_assert_eq(num(cube->at_step[1], IND_REPLIES), 1);
    cr_assert_eq(num(cube->at_hour[1], IND_REPLIES), 2);
    cr_assert_eq(cube->wait_from[FAM_REPLIES][1].n, 2); /* both began to wait after one */
    cr_assert_eq(name_num(CUBE_NOW, SCOPE_AGENT, "ada", IND_RESOLVED), 1);
    cr_assert_eq(name_num(CUBE_NOW, SCOPE_CATEGORY, "c", IND_OPENED), 1);
    cr_assert(cube->edges_passed == 3 && cube->open[0] == 1 && cube->open[1] == 2 &&
              cube->open[2] == 1);
    struct kpi_value v; /* A's target was missed on the first day */
    cr_assert(sum_value(cube->sum[CUBE_PRIOR], &settings, IND_FIRST_RESPONSE, &v) && v.missed == 1);
    end();
}

/* The log ends inside the period: what is open is that of its end. */
Test(report_cube, a_step_that_runs)
{
    begin(NULL, -12 * MS_HOUR);
    say(2 * MS_DAY + MS_HOUR, "opened ticket=A team=x");
    say(3 * MS_DAY + MS_HOUR, "opened ticket=B team=x");
    cube_end(cube);
    cr_assert(cube->edges_passed == 2 && cube->open[1] == 1 && cube->open[2] == 2);
    end();
}

static void is_time(const struct sum *t, enum indicator i, ms_t part, ms_t whole)
{
    struct kpi_value v = {0};
    cr_assert_eq(sum_value(t, &settings, i, &v), whole > 0);
    cr_assert(v.num == part && v.den == whole, "%s: %ld / %ld", indicator_name(i), v.num, v.den);
}

/* Days two and three are reported, days nought and one stand before them. */
Test(report_cube, time_counts_in_every_cell_that_it_reaches)
{
    begin(NULL, 7 * MS_DAY);
    say(MS_DAY + 20 * MS_HOUR, "agent_state agent=ada state=available team=x");
    say(MS_DAY + 22 * MS_HOUR, "agent_state agent=ada state=busy team=x");
    say(2 * MS_DAY + 3 * MS_HOUR, "agent_state agent=ada state=offline team=x");
    say(3 * MS_DAY + 20 * MS_HOUR, "agent_state agent=bo state=wrap_up team=y");
    say(3 * MS_DAY + 20 * MS_HOUR + 1, "agent_state agent=bo state=available team=y");
    cube_end(cube); /* bo is not heard of again: out after twelve hours, the period ends first */
    is_time(cube->sum[CUBE_PRIOR], IND_OCCUPANCY, 2 * MS_HOUR, 4 * MS_HOUR);
    is_time(cube->sum[CUBE_NOW], IND_OCCUPANCY, 3 * MS_HOUR + 1, 7 * MS_HOUR);
    is_time(cube->at_step[0], IND_OCCUPANCY, 3 * MS_HOUR, 3 * MS_HOUR);
    is_time(cube->at_step[1], IND_OCCUPANCY, 1, 4 * MS_HOUR);
    uint32_t ada = engine_name_find(cube->engine, SCOPE_AGENT, str_of("ada"));
    is_time(cube_name(cube, CUBE_NOW, SCOPE_AGENT, ada), IND_OCCUPANCY, 3 * MS_HOUR, 3 * MS_HOUR);
    end();
}

/* A running period: shifts and states beyond as of are not there yet, in neither period. */
Test(report_cube, time_ends_as_of)
{
    begin(NULL, -12 * MS_HOUR);
    for (int day = 0; day <= 2; day += 2) {
        ms_t noon = (day + 1) * MS_DAY + 12 * MS_HOUR; /* as of, of this period */
        tell(day * MS_DAY, "shift agent=ada team=x from=%lld to=%lld",
             (long long)(day1 + noon - 3 * MS_HOUR), (long long)(day1 + noon + 3 * MS_HOUR));
        say(noon - 2 * MS_HOUR, "agent_state agent=ada state=available team=x");
        say(noon - MS_HOUR, "agent_state agent=ada state=busy team=x");
        say(noon + MS_HOUR, "agent_state agent=ada state=offline team=x");
    }
    cube_end(cube);
    for (uint32_t p = 0; p < CUBE_PERIODS; p++) {
        is_time(cube->sum[p], IND_OCCUPANCY, MS_HOUR, 2 * MS_HOUR);
        is_time(cube->sum[p], IND_ATTENDANCE, 2 * MS_HOUR, 3 * MS_HOUR);
    }
    is_time(cube->at_step[1], IND_ATTENDANCE, 2 * MS_HOUR, 3 * MS_HOUR);
    end();
}

/* A promise counts when it is due: not as of earlier, in neither period. */
Test(report_cube, what_is_not_due_yet)
{
    for (int lag = -1; lag <= 1; lag++) { /* as of before, at and after the second promise */
        begin(NULL, lag * MS_HOUR - 12 * MS_HOUR);
        for (int day = 0; day <= 2; day += 2) {
            ms_t noon = day1 + (day + 1) * MS_DAY + 12 * MS_HOUR;
            tell(day * MS_DAY, "opened ticket=T%d team=x", day);
            tell(day * MS_DAY + 1, "visit_planned ticket=T%d agent=ada due=%lld", day,
                 (long long)(noon - 2 * MS_HOUR));
            tell(day * MS_DAY + 1, "visit_planned ticket=T%d agent=ada visit=2 due=%lld", day,
                 (long long)noon);
        }
        cube_end(cube);
        for (uint32_t p = 0; p < CUBE_PERIODS; p++) {
            uint32_t ada = engine_name_find(cube->engine, SCOPE_AGENT, str_of("ada"));
            const struct sum *of[] = {cube->sum[p], cube_name(cube, p, SCOPE_AGENT, ada)};
            for (size_t i = 0; i < ARRAY_LEN(of); i++) {
                struct kpi_value v = {0};
                cr_assert(sum_value(of[i], &settings, IND_ARRIVAL_RATE, &v));
                cr_assert(v.den == (lag < 0 ? 1 : 2) && v.num == 0, "%d %u: %ld", lag, p, v.den);
            }
        }
        end();
    }
}

/* Cohorts tell what is pending, each period as of its own time. */
Test(report_cube, what_is_pending)
{
    for (int lag = 0; lag < 2; lag++) {
        begin(NULL, lag * 3 * MS_DAY); /* fcr: three days; a resolve a day before the end */
        for (int day = 0; day <= 2; day += 2) {
            tell(day * MS_DAY + MS_HOUR, "opened ticket=T%d team=x", day);
            tell(day * MS_DAY + 2 * MS_HOUR, "message ticket=T%d by=agent agent=ada", day);
            tell(day * MS_DAY + MS_DAY, "resolved ticket=T%d agent=ada", day);
        }
        cube_end(cube);
        for (uint32_t p = 0; p < CUBE_PERIODS; p++) {
            struct kpi_value v = {0};
            cr_assert(sum_value(cube->sum[p], &settings, IND_FCR, &v));
            cr_assert(v.den == 1 && v.pending == !lag && v.pending_num == !lag);
            cr_assert(sum_value(cube->sum[p], &settings, IND_KEEP_RATE, &v) && v.pending == 1);
            uint32_t ada = engine_name_find(cube->engine, SCOPE_AGENT, str_of("ada"));
            const struct sum *hers = cube_name(cube, p, SCOPE_AGENT, ada);
            cr_assert(sum_value(hers, &settings, IND_FCR, &v) && v.pending == !lag);
        }
        cr_assert(cube->at_step[1]->recent != NULL && cube->at_hour[0]->recent != NULL);
        end();
    }
}

/* A reopening later than a period's horizon changes the period before no more. */
Test(report_cube, each_period_as_of_its_own_end)
{
    for (int late = 0; late < 2; late++) {
        begin(NULL, 36 * MS_HOUR);
        say(MS_HOUR, "opened ticket=A team=x");
        say(2 * MS_HOUR, "message ticket=A by=agent agent=ada");
        say(3 * MS_HOUR, "resolved ticket=A agent=ada");
        say(late ? 4 * MS_DAY : 2 * MS_DAY + MS_HOUR, "reopened ticket=A");
        cube_end(cube);
        cr_assert_eq(num(cube->sum[CUBE_PRIOR], IND_FCR), late);
        cr_assert_eq(num(cube->sum[CUBE_PRIOR], IND_REOPEN_RATE), !late);
        cr_assert_eq(num(cube->sum[CUBE_NOW], IND_REOPENED), !late);
        end();
    }
}

/* A ticket handled in a period stays so when it is touched again after it, but not as spam. */
Test(report_cube, handled_is_as_of_the_end)
{
    begin(NULL, 7 * MS_DAY);
    say(2 * MS_DAY + MS_HOUR, "opened ticket=A team=x");
    say(2 * MS_DAY + 2 * MS_HOUR, "message ticket=A by=agent agent=ada");
    say(3 * MS_DAY, "message ticket=A by=agent agent=ada");
    say(2 * MS_DAY + 3 * MS_HOUR, "opened ticket=S team=x");
    say(2 * MS_DAY + 4 * MS_HOUR, "message ticket=S by=agent agent=ada");
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_HANDLED), 2);
    say(5 * MS_DAY, "message ticket=A by=agent agent=ada");
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_HANDLED), 2);
    cr_assert_eq(name_num(CUBE_NOW, SCOPE_AGENT, "ada", IND_HANDLED), 2);
    say(5 * MS_DAY + 1, "closed ticket=S outcome=spam");
    cube_end(cube);
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_HANDLED), 1);
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_OPENED), 1);
    end();
}

/* Within a team: its own numbers, and those of others while the ticket was the team's. */
Test(report_cube, only_one_team)
{
    begin("x", 7 * MS_DAY);
    say(2 * MS_DAY, "opened ticket=A category=c");
    say(2 * MS_DAY + 1, "assigned ticket=A team=x agent=ada"); /* the team comes later */
    say(2 * MS_DAY + MS_HOUR, "message ticket=A by=agent agent=ada");
    say(2 * MS_DAY + 2 * MS_HOUR, "assigned ticket=A team=y agent=ada");
    say(2 * MS_DAY + 3 * MS_HOUR, "message ticket=A by=agent agent=ada");
    say(3 * MS_DAY, "opened ticket=B category=c team=y");
    cube_end(cube);
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_OPENED), 1);
    cr_assert_eq(num(cube->sum[CUBE_NOW], IND_REPLIES), 1);
    cr_assert_eq(name_num(CUBE_NOW, SCOPE_AGENT, "ada", IND_REPLIES), 1);
    cr_assert_eq(name_num(CUBE_NOW, SCOPE_CATEGORY, "c", IND_OPENED), 1);
    cr_assert_eq(name_num(CUBE_NOW, SCOPE_TEAM, "y", IND_OPENED), 0);
    cr_assert_eq(cube->open[2], 0);
    end();
}

Test(report_cube, nothing_and_too_late)
{
    begin("nobody", 0);
    cube_end(cube);
    cr_assert(cube->sum[CUBE_NOW] == NULL && cube->team == 0 && cube->first == MS_NONE);
    end();
    begin(NULL, 0);
    say(9 * MS_DAY, "opened ticket=A");
    cube_end(cube);
    cr_assert(cube->after_as_of == 1 && cube->events_taken == 0);
    cr_assert(cube->sum[CUBE_NOW] == NULL && cube->last == day1 + 9 * MS_DAY);
    end();
}
