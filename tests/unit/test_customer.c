/* customer: touches come and go in any order; every window counts the customers that a look at all
 * touches finds in it. What no window sees makes room, and what finds none is said. */
#include "core/customer.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>

enum { TICKETS = 40, CUSTOMERS = 6, AGENTS = 3, BOTH = 1 << SCOPE_ALL | 1 << SCOPE_AGENT };

static const ms_t start = 1770368400000;

static struct desk *d;
static struct customers c;
static struct board *board;
static void *mem, *own;
static uint64_t size, own_size;
static uint32_t turn;

/* Where a ticket's touches stand: one for each agent; of all, the one that is the latest. */
static struct standing_touch {
    uint64_t customer; /* 0: none */
    uint32_t agent, family, scopes;
    ms_t ts;
} all[TICKETS];

static void open_all(uint32_t tickets)
{
    d = desk_new();
    size = board_bytes(&d->limits, &d->settings);
    mem = desk_map(size);
    board = board_init(mem, &d->limits, &d->settings, NULL, 0);
    board_advance(board, start + 2 * (ms_t)MS_HOUR);
    cr_assert_eq(board_name(board, SCOPE_AGENT, str_of("ada"), NULL), 1);
    cr_assert_eq(board_name(board, SCOPE_AGENT, str_of("bob"), NULL), 2);
    cr_assert_eq(board_name(board, SCOPE_AGENT, str_of("cid"), NULL), 3);
    own_size = customers_bytes(tickets);
    own = desk_map(own_size);
    turn = 0;
    customers_init(&c, own, tickets, board, 7, &turn);
    memset(all, 0, sizeof all);
}

static void close_all(void)
{
    desk_unmap(own, own_size);
    desk_unmap(mem, size);
    desk_free(d);
}

static struct window_sample sample_of(const struct standing_touch *t)
{
    uint32_t flag = t->family == FAM_REPLIES ? REPLIES_REPLY : RESOLVES_RESOLVED;
    return (struct window_sample){.ts = t->ts, .flags = 1u << flag};
}

static void come(struct standing_touch *t)
{
    struct window_sample s = sample_of(t);
    struct tags tags = {.agent = t->agent};
    board_sample(board, t->family, &s, &tags, BOTH, 1);
    customer_touched(&c, t->customer, t->family, t->ts, &tags, t->scopes, 1);
}

static void go(struct standing_touch *t)
{
    struct window_sample s = sample_of(t);
    struct tags tags = {.agent = t->agent};
    customer_touched(&c, t->customer, t->family, t->ts, &tags, t->scopes, -1);
    board_sample(board, t->family, &s, &tags, BOTH, -1);
    t->customer = 0;
}

static struct touch touch_of(const struct standing_touch *t)
{
    return (struct touch){.ts = t->ts,
                          .tags = {.agent = t->agent},
                          .family = (uint8_t)t->family,
                          .scopes = (uint8_t)t->scopes,
                          .known = 1};
}

/* The touch goes on to another place, as the fold says it: where it leads its sample comes with the
 * flag, and where it was his latest the flag is left to be cleared. Returns what became of it. */
enum { LED = 1, FOLLOWED = 2 };
static uint32_t go_on(struct standing_touch *t, const struct standing_touch *next)
{
    struct touch was = touch_of(t), is = touch_of(next);
    struct window_sample old = sample_of(t), s = sample_of(next);
    uint32_t scopes = was.scopes & is.scopes;
    if (t->agent != next->agent)
        scopes &= ~(1u << SCOPE_AGENT);
    bool leads = customer_leads(&c, t->customer, next->family, next->ts, &is.tags, next->scopes);
    /* Kept in every scope, so it may be worn only where the touch itself is. */
    bool worn = leads && next->scopes == BOTH;
    s.flags |= (uint32_t)worn << customer_flag(next->family);
    board_sample(board, next->family, &s, &is.tags, BOTH, 1);
    uint32_t left = customer_followed(&c, t->customer, &was, scopes, &is, worn);
    cr_assert_eq(left & ~scopes, 0);
    board_unmark(board, was.family, 1u << customer_flag(was.family), was.ts, &was.tags, left);
    customer_touched(&c, t->customer, was.family, was.ts, &was.tags, was.scopes & ~scopes, -1);
    board_sample(board, was.family, &old, &was.tags, BOTH, -1);
    uint64_t customer = t->customer;
    *t = *next;
    t->customer = customer;
    return (worn ? LED : 0) | (left != 0 ? FOLLOWED : 0);
}

static uint32_t counted(uint32_t agent, uint32_t window)
{
    struct window_numbers replies, resolves;
    enum scope s = agent == 0 ? SCOPE_ALL : SCOPE_AGENT;
    board_numbers(board, s, agent == 0 ? 1 : agent, FAM_REPLIES, window, &replies);
    board_numbers(board, s, agent == 0 ? 1 : agent, FAM_RESOLVES, window, &resolves);
    return replies.flag[REPLIES_CUSTOMER] + resolves.flag[RESOLVES_CUSTOMER];
}

static uint32_t expected(uint32_t agent, uint32_t window)
{
    sec_t at = sec_floor(board_at(board)), after = at - d->settings.window[window].length;
    uint32_t n = 0;
    for (uint64_t who = 1; who <= CUSTOMERS; who++) {
        bool found = false;
        for (uint32_t i = 0; i < TICKETS; i++) {
            sec_t ts = sec_floor(all[i].ts);
            uint32_t scope = agent == 0 ? SCOPE_ALL : SCOPE_AGENT;
            found |= all[i].customer == who && ts > after && ts <= at &&
                     (agent == 0 || all[i].agent == agent) && (all[i].scopes >> scope & 1) != 0;
        }
        n += found;
    }
    return n;
}

static void compare(uint64_t seed)
{
    for (uint32_t agent = 0; agent <= AGENTS; agent++)
        for (uint32_t w = 0; w < DESK_WINDOWS; w++)
            cr_assert_eq(counted(agent, w), expected(agent, w), "seed %lu: %u, not %u", seed,
                         counted(agent, w), expected(agent, w));
    customers_check(&c);
}

static uint32_t change(struct random *x)
{
    struct standing_touch *t = &all[random_below(x, TICKETS)];
    struct standing_touch next = {.customer = 1 + random_below(x, CUSTOMERS),
                                  .agent = (uint32_t)random_range(x, 1, AGENTS),
                                  .family = random_percent(x, 50) ? FAM_REPLIES : FAM_RESOLVES,
                                  .scopes = random_percent(x, 80) ? BOTH : 1 << SCOPE_AGENT,
                                  .ts = start + random_range(x, 0, 23) * 5 * (ms_t)MS_MINUTE +
                                        random_range(x, 0, 3) * 400};
    if (t->customer != 0 && random_percent(x, 50))
        return go_on(t, &next);
    if (t->customer != 0)
        go(t);
    if (random_percent(x, 30))
        return 0;
    *t = next;
    come(t);
    return 0;
}

Test(customer, windows_count_whom_a_look_at_all_finds)
{
    uint32_t seen = 0, became[4] = {0};
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct random x = {seed};
        open_all(TICKETS);
        for (int i = 0; i < 300; i++) {
            became[change(&x)]++;
            compare(seed);
            seen += counted(0, W_1H);
        }
        uint64_t digest = customers_digest(&c);
        customers_rebuild(&c);
        cr_assert_eq(customers_digest(&c), digest);
        for (int i = 0; i < 30; i++) {
            became[change(&x)]++;
            compare(seed);
        }
        for (uint32_t i = 0; i < TICKETS; i++)
            if (all[i].customer != 0)
                go(&all[i]);
        compare(seed);
        cr_assert_eq(c.pool.live + c.touches.root.live, 0);
        cr_assert_eq(customers_digest(&c), 0);
        close_all();
    }
    cr_assert_gt(seen, 50000);
    for (uint32_t i = 1; i < ARRAY_LEN(became); i++)
        cr_assert_gt(became[i], 100, "%u: %u", i, became[i]);
}

static void touch(uint64_t customer, ms_t ts)
{
    struct standing_touch t = {
        .customer = customer, .agent = 1, .family = FAM_REPLIES, .scopes = BOTH, .ts = ts};
    come(&t);
}

/* A day later no window sees the touches of the day before: they make room, and say nothing. */
Test(customer, what_no_window_sees_makes_room)
{
    open_all(10);
    uint32_t cap = customers_cap(10);
    ms_t later = start + 26 * (ms_t)MS_HOUR;
    for (uint64_t i = 1; i <= cap / 2; i++)
        touch(i, start);
    cr_assert_eq(c.pool.live, cap);
    uint64_t digest = customers_digest(&c);
    cr_assert_neq(digest, 0);
    board_advance(board, later);
    cr_assert_eq(customers_digest(&c), 0);
    for (uint64_t i = 1; i <= cap / 2; i++)
        touch(1000 + i, later);
    cr_assert_eq(board_shed(board), 0);
    cr_assert_eq(counted(0, W_24H), cap / 2);
    customers_check(&c);
    close_all();
}

/* Full but for few old touches, which lie in front; the search goes on from there: how many are
 * shed? */
static uint64_t shed_from(uint32_t from)
{
    enum { OLD = 20, MORE = 4 };
    ms_t later = start + 26 * (ms_t)MS_HOUR;
    open_all(10);
    uint32_t cap = customers_cap(10);
    for (uint64_t k = 1; k <= cap / 2; k++)
        touch(k, k <= OLD ? start : later);
    cr_assert(turn > 0 && turn <= cap, "%u", turn);
    turn = from;
    board_advance(board, later + 1000);
    for (uint64_t k = 1; k <= MORE; k++)
        touch(1000 + k, later);
    customers_check(&c);
    uint64_t shed = board_shed(board);
    close_all();
    return shed;
}

/* Where the search for room is, is the caller's to keep: from elsewhere, other touches are shed. */
Test(customer, the_search_for_room_goes_on_where_it_was)
{
    cr_assert_eq(shed_from(0), 0);
    cr_assert_gt(shed_from(2 * 20), 0); /* just behind them */
}

Test(customer, what_finds_no_room_is_said)
{
    open_all(10);
    uint32_t cap = customers_cap(10);
    for (uint64_t i = 1; i <= cap / 2 + 3; i++)
        touch(i, start + 2 * (ms_t)MS_HOUR);
    cr_assert_eq(board_shed(board), 2 * 3); /* of all and of ada */
    cr_assert_eq(counted(0, W_1H), cap / 2);
    customer_touched(&c, cap / 2 + 1, FAM_REPLIES, start + 2 * (ms_t)MS_HOUR,
                     &(struct tags){.agent = 1}, BOTH, -1); /* what is not there is not missed */
    cr_assert_eq(counted(0, W_1H), cap / 2);
    close_all();
}

/* Where there is no room for it, a touch does not lead: what its sample wore could not be moved. */
Test(customer, what_finds_no_room_is_not_worn)
{
    open_all(10);
    uint32_t cap = customers_cap(10), left = 0;
    struct tags tags = {.agent = 1};
    for (uint64_t i = 1; left == 0; i++) {
        if (customer_leads(&c, i, FAM_REPLIES, start, &tags, BOTH))
            touch(i, start);
        else
            left = cap - c.pool.live;
        cr_assert_leq(c.pool.live, cap);
    }
    cr_assert(left < SCOPE_N && left >= 2, "%u", left);
    cr_assert_eq(board_shed(board), 0);
    close_all();
}

Test(customer, room_is_for_every_touch_of_few_tickets)
{
    cr_assert_eq(customers_cap(10), 2 * SCOPE_N * 10);
    for (uint32_t n = 1, before = 0; n < 1u << 23; n += n / 2 + 1) {
        cr_assert_geq(customers_cap(n), before, "%u", n);
        before = customers_cap(n);
    }
    cr_assert_eq(customers_cap(2000000), 4000000);
    cr_assert_eq(customers_cap(LIMIT_TICKETS_MAX), POOL_INDEX_MASK);
}
