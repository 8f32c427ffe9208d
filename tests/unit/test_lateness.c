/* lateness: what comes too late, long tickets, full limits, long keys, forgetting, merging. */
#include "core/err.h"
#include "tests/lib/desk.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

static struct desk *opened(void)
{
    struct desk *d = desk_new();
    desk_open(d);
    return d;
}

static void says(struct desk *d, ms_t after, const char *line)
{
    cr_assert_eq(desk_say(d, start + after, line).verdict, VERDICT_APPLIED, "%s", line);
}

/* Refused for that reason, and nothing at all has changed. */
static void refuses(struct desk *d, ms_t after, const char *line, int err)
{
    desk_tick(d, start + after); /* ages change with the clock */
    char *before = desk_numbers(d);
    uint64_t digest = engine_digest(d->e);
    struct engine_use was[20], is[20];
    uint32_t n = engine_usage(d->e, was, 20);
    struct result r = desk_say(d, start + after, line);
    cr_assert_eq(r.verdict, err == ERR_LATE ? VERDICT_LATE : VERDICT_REFUSED, "%s", line);
    cr_assert_eq(r.err, err, "%s: %s", line, err_name(r.err));
    char *after_it = desk_numbers(d);
    cr_assert_str_eq(after_it, before, "%s", line);
    cr_assert_eq(engine_digest(d->e), digest);
    engine_usage(d->e, is, 20);
    static const char *const kept[] = {"tickets", "history", "chunks"};
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LEN(kept); k++)
            cr_assert(strcmp(was[i].name, kept[k]) != 0 || was[i].used == is[i].used, "%s", line);
    engine_check(d->e);
    free(before);
    free(after_it);
}

static uint64_t used(struct desk *d, const char *limit)
{
    struct engine_use use[20];
    uint32_t n = engine_usage(d->e, use, 20);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(use[i].name, limit) == 0)
            return use[i].used;
    cr_assert_fail("no limit %s", limit);
    return 0;
}

/* --- too late ------------------------------------------------------------------------------ */

Test(lateness, too_late_changes_nothing)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=T agent=ada");
    says(d, 1000, "message ticket=T by=agent");
    says(d, 121001, "message ticket=T by=customer");
    refuses(d, 500, "message ticket=T by=agent id=a", ERR_LATE);
    refuses(d, 500, "closed ticket=T outcome=spam", ERR_LATE);
    refuses(d, 999, "updated ticket=T team=red", ERR_LATE);
    says(d, 1001, "updated ticket=T priority=high");
    says(d, -86400000, "opened ticket=U");
    desk_free(d);
}

/* What counts is what it sorts before, not its own age. */
Test(lateness, before_an_event_of_the_last_two_minutes)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=T");
    says(d, 600000, "message ticket=T by=agent");
    says(d, 500, "updated ticket=T team=red"); /* before the message only */
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "red", IND_REPLIES, W_1H), 1);
    refuses(d, -1, "updated ticket=T team=blue", ERR_LATE);
    desk_free(d);
}

Test(lateness, none_at_all)
{
    struct desk *d = desk_new();
    d->settings.lateness = 0;
    desk_open(d);
    says(d, 0, "opened ticket=T");
    says(d, 1000, "message ticket=T by=customer id=b");
    says(d, 1000, "message ticket=T by=customer id=a"); /* of the same instant */
    says(d, 999, "message ticket=T by=customer");       /* before the newest only */
    refuses(d, 998, "message ticket=T by=agent", ERR_LATE);
    desk_free(d);
}

/* --- long tickets -------------------------------------------------------------------------- */

static char *tell(struct desk *d, const struct tale *t)
{
    desk_open(d);
    for (uint32_t i = 0; i < t->n; i++)
        cr_assert_eq(desk_take(d, &t->event[i]).verdict, VERDICT_APPLIED);
    desk_tick(d, start + 4 * MS_HOUR);
    engine_check(d->e);
    char *numbers = desk_numbers(d);
    desk_close(d);
    return numbers;
}

/* In their right order events count the same, however few of them a ticket keeps. */
Test(lateness, older_half_folds_for_good)
{
    for (uint64_t seed = 1; seed <= 800; seed++) {
        struct random r = {seed};
        struct desk *d = desk_new();
        struct tale t;
        for (int k = 0; k < TARGET_N; k++)
            d->settings.target[k] = random_percent(&r, 60) ? 0 : random_range(&r, 1, 40) * 60000;
        tale_draw(&r, 2, TALE_MAX, start, 2 * MS_HOUR, &t);
        for (uint32_t i = 0; i < t.n; i++) /* spam: what has folded for good stays */
            t.event[i].outcome &= 1;
        tale_sort(&t);
        char *want = tell(d, &t);
        d->limits.ticket_events = (uint32_t)random_range(&r, 2, 9);
        char *got = tell(d, &t);
        if (strcmp(want, got) != 0)
            tale_print(&t);
        cr_assert_str_eq(got, want, "seed %llu", (unsigned long long)seed);
        free(want);
        free(got);
        desk_free(d);
    }
}

Test(lateness, nothing_goes_before_what_folded_for_good)
{
    struct desk *d = desk_new();
    d->limits.ticket_events = 4;
    desk_open(d);
    char line[64];
    says(d, 0, "opened ticket=T");
    for (int i = 1; i <= 40; i++) {
        snprintf(line, sizeof line, "message ticket=T by=agent agent=ada id=m%d", i);
        says(d, i * 1000, line);
    }
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_REPLIES, W_1H), 40);
    refuses(d, 20500, "message ticket=T by=agent agent=ada id=late", ERR_LATE);
    says(d, 39500, "message ticket=T by=agent agent=ada id=too");
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_REPLIES, W_1H), 41);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_HANDLED, W_1H), 1);
    desk_free(d);
}

/* --- limits -------------------------------------------------------------------------------- */

Test(lateness, the_ticket_that_ended_first_makes_room)
{
    struct desk *d = desk_new();
    d->limits.tickets = 3;
    desk_open(d);
    says(d, 0, "opened ticket=A");
    says(d, 1, "opened ticket=B");
    says(d, 2, "opened ticket=C");
    says(d, 3, "resolved ticket=B");
    says(d, 4, "resolved ticket=A");
    says(d, 5, "opened ticket=D"); /* B is forgotten */
    cr_assert_eq(engine_counters(d->e)->tickets_forgotten, 1);
    says(d, 6, "reopened ticket=A");
    refuses(d, 7, "opened ticket=E", ERR_TICKETS_FULL);
    says(d, 8, "closed ticket=C");
    says(d, 9, "reopened ticket=B"); /* C is forgotten, B comes anew */
    cr_assert_eq(engine_counters(d->e)->reopened_unknown, 1);
    cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_OPEN), 3);
    engine_check(d->e);
    desk_free(d);
}

/* Everything full all the time: each event is applied or refused with its reason, none breaks. */
Test(lateness, full_limits_never_break)
{
    uint64_t refused = 0, forgotten = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct random r = {seed};
        struct desk *d = desk_new();
        struct tale t;
        d->limits.tickets = (uint32_t)random_range(&r, 1, 4);
        d->limits.history = (uint32_t)random_range(&r, 1, 12);
        d->limits.ticket_events = (uint32_t)random_range(&r, 1, 8);
        d->limits.chunks = (uint32_t)random_range(&r, 400, 500);
        d->limits.agents = d->limits.teams = 2;
        d->settings.target[TARGET_RESOLUTION] = MS_MINUTE;
        desk_open(d);
        for (int part = 0; part < 12; part++) {
            tale_draw(&r, 3, TALE_MAX, start + part * 300000, 250000, &t);
            for (uint32_t i = 0; i < t.n; i++) {
                t.event[i].src = str_of(part % 2 == 0 ? "even" : "odd");
                t.event[i].seq += 100 * (uint64_t)part;
                t.event[i].has |= F1(SRC) | F1(SEQ);
                desk_take(d, &t.event[i]);
                engine_check(d->e);
            }
            desk_tick(d, start + part * 300000 + 299999);
        }
        refused += engine_counters(d->e)->refused;
        forgotten += engine_counters(d->e)->tickets_forgotten;
        desk_free(d);
    }
    cr_assert(refused > 1000 && forgotten > 1000);
}

Test(lateness, keys_of_all_lengths)
{
    struct desk *d = opened();
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:";
    char line[128];
    for (int round = 0; round < 2; round++)
        for (int len = 1; len <= NAME_BYTES_MAX; len++) {
            snprintf(line, sizeof line, "%s ticket=%.*s team=red",
                     round == 0 ? "opened" : "updated", len, letters);
            says(d, len * 1000 + round, line);
        }
    cr_assert_eq(used(d, "tickets"), NAME_BYTES_MAX);
    cr_assert_eq(desk_gauge(d, SCOPE_TEAM, "red", IND_OPEN), NAME_BYTES_MAX);
    static struct snapshot s;
    for (int len = 1; len <= NAME_BYTES_MAX; len++) {
        engine_snapshot(d->e, SCOPE_ALL, 1, 0, &s);
        struct str oldest = s.gauge_of[IND_OLDEST_OPEN - IND_GAUGE_FIRST];
        cr_assert(str_equal(oldest, (struct str){letters, (uint32_t)len}));
        snprintf(line, sizeof line, "resolved ticket=%.*s", len, letters);
        says(d, 100000 + len, line);
    }
    desk_free(d);
}

Test(lateness, forgotten_when_long_ended)
{
    struct desk *d = desk_new();
    d->settings.remember_closed = MS_HOUR;
    desk_open(d);
    says(d, 0, "opened ticket=T");
    says(d, 0, "opened ticket=U");
    says(d, 1000, "resolved ticket=T");
    desk_tick(d, start + 1000 + MS_HOUR);
    cr_assert_eq(used(d, "tickets"), 2);
    desk_tick(d, start + 1001 + MS_HOUR);
    cr_assert_eq(used(d, "tickets"), 1);
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_RESOLVED, W_24H), 1, "what it earned stays");
    says(d, 1001 + MS_HOUR, "reopened ticket=T");
    cr_assert_eq(engine_counters(d->e)->reopened_unknown, 1);
    cr_assert_eq(desk_gauge(d, SCOPE_ALL, "-", IND_OPEN), 2);
    desk_free(d);
}

/* --- spam ---------------------------------------------------------------------------------- */

Test(lateness, spam_takes_everything_back_until_it_is_reopened)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=S team=red");
    says(d, 1000, "message ticket=S by=agent agent=ada");
    says(d, 2000, "resolved ticket=S agent=ada");
    says(d, 3000, "rated ticket=S score=5");
    desk_tick(d, start + 10000);
    char *before = desk_numbers(d);
    says(d, 4000, "closed ticket=S outcome=spam");
    char *void_numbers = desk_numbers(d);
    cr_assert_eq(strlen(void_numbers), 0, "%s", void_numbers);
    says(d, 3500, "rated ticket=S score=1");
    cr_assert_eq(desk_value(d, SCOPE_ALL, "-", IND_CSAT, W_1H).n, 0);
    says(d, 5000, "reopened ticket=S by=agent");
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_RESOLVED, W_1H), 1);
    cr_assert_eq(desk_mean(d, SCOPE_ALL, "-", IND_CSAT, W_1H), NUMBER_ONE);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_REOPENED, W_1H), 1);
    cr_assert_gt(strlen(before), 0);
    free(before);
    free(void_numbers);
    desk_free(d);
}

/* --- merging ------------------------------------------------------------------------------- */

static ms_t waits(struct desk *d)
{
    return desk_gauge(d, SCOPE_ALL, "-", IND_OLDEST_WAITING);
}

Test(lateness, the_earlier_customer_waits)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=A");
    says(d, 60000, "opened ticket=B");
    says(d, 90000, "merged ticket=A into=B");
    cr_assert(waits(d) == 90000 && desk_gauge(d, SCOPE_ALL, "-", IND_WAITING) == 1);
    says(d, 1000, "message ticket=A by=agent agent=ada"); /* it had been answered */
    desk_tick(d, start + 100000);
    cr_assert_eq(waits(d), 40000);
    says(d, 2000, "message ticket=A by=customer"); /* and asked again */
    cr_assert_eq(waits(d), 98000);
    says(d, 100000, "message ticket=A by=agent agent=ada");
    cr_assert_eq(waits(d), 0);
    cr_assert_eq(desk_mean(d, SCOPE_ALL, "-", IND_NEXT_RESPONSE, W_1H), -1);
    cr_assert_eq(desk_mean(d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_1H), (1000 + 98000) / 2);
    desk_free(d);
}

Test(lateness, circles_are_refused)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=A");
    refuses(d, 1, "merged ticket=A into=A", ERR_MERGE_CYCLE);
    refuses(d, 1, "merged ticket=new into=new", ERR_MERGE_CYCLE);
    says(d, 2, "merged ticket=A into=B");
    says(d, 3, "merged ticket=B into=C");
    refuses(d, 4, "merged ticket=C into=A", ERR_MERGE_CYCLE);
    refuses(d, 4, "merged ticket=C into=B", ERR_MERGE_CYCLE);
    refuses(d, 4, "merged ticket=C into=C", ERR_MERGE_CYCLE);
    cr_assert_eq(used(d, "tickets"), 3);
    says(d, 5, "message ticket=A by=agent agent=ada"); /* goes to C, where A's customer waits */
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "ada", IND_FIRST_RESPONSE, W_1H), 5);
    desk_free(d);
}

Test(lateness, a_merging_that_is_late_for_its_target_changes_nothing)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=A");
    says(d, 0, "opened ticket=B");
    says(d, 5000, "updated ticket=B team=red");
    says(d, 300000, "message ticket=B by=agent");
    refuses(d, 1000, "merged ticket=A into=B", ERR_LATE);
    says(d, 299000, "merged ticket=A into=B");
    desk_free(d);
}

Test(lateness, a_merging_without_room_for_its_target_changes_nothing)
{
    struct desk *d = desk_new();
    d->limits.tickets = 2;
    desk_open(d);
    says(d, 0, "opened ticket=A");
    says(d, 0, "opened ticket=B");
    refuses(d, 1, "merged ticket=A into=C", ERR_TICKETS_FULL);
    says(d, 2, "resolved ticket=A");
    refuses(d, 3, "merged ticket=A into=C", ERR_TICKETS_FULL); /* A itself may not make it */
    says(d, 4, "merged ticket=A into=B");
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_OPENED, W_1H), 1);
    desk_free(d);
}

/* The source had ended; its customer wrote once more, and nobody answered. */
Test(lateness, a_question_after_the_end_goes_over)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=A");
    says(d, 1000, "resolved ticket=A");
    says(d, 2000, "message ticket=A by=customer");
    says(d, 3000, "opened ticket=B by=agent");
    says(d, 5000, "merged ticket=A into=B");
    cr_assert_eq(waits(d), 3000);
    desk_free(d);
}

/* A chain that is told backwards: what A has goes to whom B was merged into at that moment. */
Test(lateness, a_chain_told_backwards)
{
    struct desk *d = opened();
    says(d, 60000, "message ticket=A by=agent agent=ada");
    says(d, 15000, "message ticket=A by=agent agent=bob");
    says(d, 0, "opened ticket=C by=agent team=red");
    says(d, 0, "opened ticket=B by=agent team=blue");
    says(d, 20000, "merged ticket=B into=C");
    says(d, 10000, "merged ticket=A into=B");
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "red", IND_REPLIES, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_TEAM, "blue", IND_REPLIES, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_REPLIES, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_ALL, "-", IND_HANDLED, W_1H), 2);
    desk_free(d);
}

/* Between its resolve and the merging that came late B's opening must not wear A's mark. */
Test(lateness, a_merging_before_a_resolve_leaves_other_tickets_alone)
{
    struct desk *d = opened();
    says(d, 0, "opened ticket=A");
    says(d, 30000, "resolved ticket=A");
    says(d, 0, "opened ticket=B");
    says(d, 5000, "opened ticket=C");
    says(d, 60000, "resolved ticket=B");
    says(d, 10000, "merged ticket=B into=C");
    struct kpi_value within = desk_value(d, SCOPE_ALL, "-", IND_RESOLVED_WITHIN, W_1H);
    cr_assert(within.num == 2 && within.den == 2);
    desk_free(d);
}
