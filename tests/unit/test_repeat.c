/* repeat: openings and resolves come, go and move in any order; the samples are always those that a
 * look at all pairs gives. And a hot key stays fast enough to be worked through at all. */
#include "core/repeat.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>

enum { TICKETS = 60, KEYS = 4, HOT = 20000 };

static const ms_t start = 1770368400000;

static struct desk *d;
static struct repeats r;
static struct board *board;
static void *mem, *own;
static uint64_t size, own_size;
static uint32_t tickets;

static struct ticket {
    handle_t record;
    uint64_t key; /* 0: no opening */
    ms_t opened, resolved;
    struct tags tags;
    bool lost;
} all[HOT];

static void open_all(uint32_t n)
{
    d = desk_new();
    d->settings.repeat_horizon = 10 * MS_MINUTE;
    d->settings.return_horizon = 20 * MS_MINUTE;
    d->limits.chunks = 200000;
    size = board_bytes(&d->limits, &d->settings);
    mem = desk_map(size);
    board = board_init(mem, &d->limits, &d->settings, NULL, 0);
    board_advance(board, start + 12 * (ms_t)MS_HOUR);
    cr_assert_eq(board_name(board, SCOPE_AGENT, str_of("ada"), NULL), 1);
    cr_assert_eq(board_name(board, SCOPE_AGENT, str_of("bob"), NULL), 2);
    own_size = repeats_bytes(n);
    own = desk_map(own_size);
    memset(&r, 0, sizeof r);
    repeats_init(&r, own, n, board, 7);
    memset(all, 0, sizeof all);
    for (uint32_t i = 0; i < n; i++)
        all[i].opened = all[i].resolved = MS_NONE;
    tickets = n;
}

static void close_all(void)
{
    desk_unmap(own, own_size);
    desk_unmap(mem, size);
    desk_free(d);
}

static void opening(struct ticket *t, uint64_t key, ms_t ts)
{
    if (t->opened != MS_NONE && random_next(&(struct random){(uint64_t)ts + key}) % 2 == 0)
        repeat_opened(&r, &t->record, t->key, t->opened, -1);
    uint64_t was = t->key;
    ms_t old = t->opened;
    repeat_opened(&r, &t->record, key, ts, 1);
    if (old != MS_NONE) /* the old one goes last, as a difference says it; it is gone already */
        repeat_opened(&r, &t->record, was, old, was == key && old == ts ? 1 : -1);
    t->key = key;
    t->opened = ts;
}

static void resolve(struct ticket *t, ms_t ts, uint32_t agent, bool lost)
{
    if (t->key == 0)
        return;
    repeat_resolved(&r, &t->record, t->key, ts, &(struct tags){.agent = agent}, lost, 1);
    t->resolved = ts;
    t->tags = (struct tags){.agent = agent};
    t->lost = lost;
}

static void unresolve(struct ticket *t)
{
    if (t->resolved == MS_NONE)
        return;
    repeat_resolved(&r, &t->record, t->key, t->resolved, &t->tags, !t->lost, -1); /* not this one */
    repeat_resolved(&r, &t->record, 0, t->resolved, &t->tags, t->lost, -1);
    t->resolved = MS_NONE;
}

/* Repeated and lost of an agent (0: of all), looked up pair by pair. */
static void expected(uint32_t agent, uint32_t ret[2])
{
    ret[0] = ret[1] = 0;
    for (uint32_t i = 0; i < tickets; i++) {
        const struct ticket *t = &all[i];
        bool repeated = false, lost = false;
        for (uint32_t k = 0; k < tickets && t->resolved != MS_NONE; k++) {
            bool follows = all[k].opened != MS_NONE && all[k].opened > t->resolved;
            if (k == i || !follows || all[k].key != t->key)
                continue;
            ms_t after = all[k].opened - t->resolved;
            repeated |= after <= d->settings.repeat_horizon;
            lost |= after <= d->settings.return_horizon && !t->lost;
        }
        if (t->resolved == MS_NONE || (agent != 0 && t->tags.agent != agent))
            continue;
        ret[0] += repeated;
        ret[1] += lost;
    }
}

static void compare(uint64_t seed)
{
    for (uint32_t agent = 0; agent <= 2; agent++) {
        struct window_numbers n;
        uint32_t want[2];
        expected(agent, want);
        board_numbers(board, agent == 0 ? SCOPE_ALL : SCOPE_AGENT, agent == 0 ? 1 : agent,
                      FAM_COHORTS, W_24H, &n);
        cr_assert_eq(n.flag[COHORTS_REPEATED], want[0], "seed %lu: %u repeated, not %u", seed,
                     n.flag[COHORTS_REPEATED], want[0]);
        cr_assert_eq(n.flag[COHORTS_LOST], want[1], "seed %lu: %u lost, not %u", seed,
                     n.flag[COHORTS_LOST], want[1]);
    }
    repeats_check(&r);
}

static ms_t instant(struct random *x)
{
    return start + random_range(x, 0, 90) * MS_MINUTE;
}

Test(repeat, says_what_all_pairs_say)
{
    uint64_t seen = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct random x = {seed};
        open_all(TICKETS);
        for (int i = 0; i < 300; i++) {
            struct ticket *t = &all[random_below(&x, TICKETS)];
            uint32_t what = (uint32_t)random_below(&x, 10);
            if (what < 4)
                opening(t, 1 + random_below(&x, KEYS), instant(&x));
            else if (what < 8)
                resolve(t, instant(&x), (uint32_t)random_range(&x, 1, 2), random_percent(&x, 20));
            else if (what == 8)
                unresolve(t);
            else if (t->opened != MS_NONE) {
                repeat_opened(&r, &t->record, 0, t->opened, -1);
                t->opened = MS_NONE;
                t->key = t->resolved == MS_NONE ? 0 : t->key;
            }
            if (i % 10 == 0)
                compare(seed);
        }
        repeats_rebuild(&r);
        compare(seed);
        struct window_numbers n;
        board_numbers(board, SCOPE_ALL, 1, FAM_COHORTS, W_24H, &n);
        seen += n.flag[COHORTS_REPEATED] + n.flag[COHORTS_LOST];
        for (uint32_t i = 0; i < TICKETS; i++) {
            unresolve(&all[i]);
            repeat_forget(&r, &all[i].record);
            repeat_forget(&r, &all[i].record); /* there is none any more */
        }
        cr_assert_eq(r.pool.live + r.solved.live, 0);
        cr_assert_eq(r.openings.root.live + r.resolves.root.live, 0);
        close_all();
    }
    cr_assert_gt(seen, 1000);
}

/* A shop whose customers are all called "guest": each step looks at few of them. */
Test(repeat, one_key_of_very_many)
{
    struct random x = {3};
    open_all(HOT);
    for (uint32_t i = 0; i < HOT; i++) {
        opening(&all[i], 1, start + random_range(&x, 0, 10 * (ms_t)MS_HOUR));
        resolve(&all[i], start + random_range(&x, 0, 10 * (ms_t)MS_HOUR), 1, false);
    }
    struct window_numbers n;
    board_numbers(board, SCOPE_ALL, 1, FAM_COHORTS, W_24H, &n);
    cr_assert_gt(n.flag[COHORTS_REPEATED], HOT * 9 / 10);
    repeats_check(&r);
    for (uint32_t i = 0; i < HOT; i++) {
        unresolve(&all[i]);
        repeat_opened(&r, &all[i].record, 1, all[i].opened, -1);
    }
    board_numbers(board, SCOPE_ALL, 1, FAM_COHORTS, W_24H, &n);
    cr_assert_eq(n.flag[COHORTS_REPEATED] + n.flag[COHORTS_LOST], 0);
    cr_assert_eq(r.pool.live + r.solved.live, 0);
    close_all();
}

Test(repeat, nil_has_no_key)
{
    cr_assert_eq(repeat_key(0, 5), 0);
    cr_assert_eq(repeat_key(5, 0), 0);
    cr_assert_neq(repeat_key(5, 1), 0);
    cr_assert_neq(repeat_key(5, 1), repeat_key(5, 2));
    cr_assert_neq(repeat_key(5, 1), repeat_key(6, 1));
    open_all(1);
    repeat_opened(&r, &all[0].record, 0, start, 1);
    repeat_resolved(&r, &all[0].record, 0, start, &(struct tags){0}, false, 1);
    cr_assert_eq(all[0].record, 0);
    close_all();
}

/* What a resolve said of itself goes with it: a ticket that had one is as one that never had. */
Test(repeat, a_resolve_that_is_gone_leaves_nothing_in_the_digest)
{
    open_all(2);
    opening(&all[0], 9, start);
    opening(&all[1], 9, start);
    cr_assert_eq(repeat_digest(&r, all[0].record), repeat_digest(&r, all[1].record));
    resolve(&all[0], start + 1000, 1, true);
    cr_assert_neq(repeat_digest(&r, all[0].record), repeat_digest(&r, all[1].record));
    repeat_resolved(&r, &all[0].record, 9, start + 1000, &all[0].tags, true, -1);
    cr_assert_eq(repeat_digest(&r, all[0].record), repeat_digest(&r, all[1].record));
    close_all();
}
