/* ticket: any order of a ticket's events, told twice, ends like the right order told once. */
#include "core/ticket.h"

#include "core/err.h"
#include "tests/lib/desk.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

/* --- order --------------------------------------------------------------------------------- */

/* Tells it all and lets an hour pass; live: with a clock of its own, that ticks in between. */
static void tell(struct desk *d, const struct tale *t, uint32_t duplicates, bool live)
{
    desk_open(d);
    for (uint32_t i = 0; i < t->n; i++) {
        struct event e = t->event[i];
        e.rts = live ? start + 80 * MS_SECOND + i * 3000 : MS_NONE;
        (void)desk_take(d, &e);
        if (live && i % 2 == 0)
            desk_tick(d, e.rts + 1000);
    }
    desk_tick(d, start + MS_HOUR);
    engine_check(d->e);
    const struct engine_counters *n = engine_counters(d->e);
    cr_assert(n->late_dropped == 0 && n->refused == 0);
    cr_assert_eq(n->duplicates, duplicates);
}

static void differ(uint64_t seed, const struct tale *sorted, const struct tale *shuffled,
                   const char *want, const char *got)
{
    fprintf(stderr, "seed %llu, in order:\n", (unsigned long long)seed);
    tale_print(sorted);
    fprintf(stderr, "told as:\n");
    tale_print(shuffled);
    while (*want != 0 && *want == *got) { /* to the line in which they part */
        want++;
        got++;
    }
    fprintf(stderr, "want: %.200s\ngot:  %.200s\n", want, got);
    cr_assert_fail("seed %llu: another order, other numbers", (unsigned long long)seed);
}

static void set_targets(struct random *r, struct settings *s)
{
    for (int k = 0; k < TARGET_N; k++)
        s->target[k] = random_percent(r, 50) ? 0 : random_range(r, 1, 200) * MS_SECOND;
}

static void tell_in_any_order(uint64_t seed, uint32_t tickets, uint32_t most, int orders)
{
    struct random r = {seed};
    struct desk *d = desk_new();
    struct tale sorted, shuffled;
    if (random_percent(&r, 60))
        set_targets(&r, &d->settings);
    tale_draw(&r, tickets, (uint32_t)random_range(&r, 2, most), start, 70 * MS_SECOND, &sorted);
    tale_sort(&sorted);
    tell(d, &sorted, 0, false);
    uint64_t digest = engine_digest(d->e);
    char *want = desk_numbers(d);
    desk_close(d);
    for (int i = 0; i < orders; i++) {
        shuffled = sorted;
        uint32_t doubled = (uint32_t)random_below(&r, 3);
        tale_shuffle(&r, &shuffled, doubled);
        tell(d, &shuffled, doubled, i % 2 == 1);
        char *got = desk_numbers(d);
        if (strcmp(want, got) != 0 || engine_digest(d->e) != digest)
            differ(seed, &sorted, &shuffled, want, got);
        free(got);
        desk_close(d);
    }
    free(want);
    desk_free(d);
}

/* From the environment: another first seed (TP_SEED), more of them (TP_ROUNDS). */
static uint64_t wanted(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text == NULL ? usual : strtoull(text, NULL, 10);
}

static void tell_many(uint64_t seed, uint64_t rounds, uint32_t tickets, uint32_t most)
{
    seed = wanted("TP_SEED", seed);
    rounds = wanted("TP_ROUNDS", rounds);
    for (uint64_t i = 0; i < rounds; i++)
        tell_in_any_order(seed + i, tickets, most, 10);
}

Test(ticket, one_ticket_in_any_order)
{
    tell_many(1, 600, 1, 8);
}

Test(ticket, two_tickets_in_any_order)
{
    tell_many(2000000, 600, 2, 5);
}

Test(ticket, three_tickets_in_any_order)
{
    tell_many(1000000, 500, 3, 14);
}
