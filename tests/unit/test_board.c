/* board: gauges recounted from what every ticket is; samples found where their names are. */
#include "core/board.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICKETS = 80, CALLS = 20, NAMES = 4, ALL_SCOPES = (1 << SCOPE_N) - 1 };

#define BIT(x) (1u << (x))

static const ms_t start = 1770368400000;

struct hall {
    struct settings settings;
    struct limits limits;
    struct board *board;
    void *mem;
    uint64_t size;
    struct standing ticket[TICKETS + 1];
    bool there[TICKETS + 1];
    struct tags call_tags[CALLS + 1];
    ms_t offered[CALLS + 1]; /* MS_NONE: does not wait */
    char key[16];
};

static bool ticket_of(void *ctx, uint32_t h, struct standing *ret)
{
    struct hall *l = ctx;
    *ret = l->ticket[h];
    return l->there[h];
}

static void ticket_near(void *ctx, uint32_t h)
{
    struct hall *l = ctx;
    __builtin_prefetch(&l->ticket[h]);
}

static bool call_of(void *ctx, uint32_t h, struct tags *ret_tags, ms_t *ret_offered)
{
    struct hall *l = ctx;
    *ret_tags = l->call_tags[h];
    *ret_offered = l->offered[h];
    return l->offered[h] != MS_NONE;
}

static struct str name_of(void *ctx, uint32_t h)
{
    struct hall *l = ctx;
    snprintf(l->key, sizeof l->key, "%02u", 99 - h); /* the last comes first by name */
    return str_of(l->key);
}

static struct hall *hall_new(uint32_t scopes)
{
    struct hall *l = calloc(1, sizeof *l);
    struct desk *d = desk_new();
    l->settings = d->settings;
    l->limits = d->limits;
    desk_free(d);
    l->settings.scopes = scopes;
    l->size = board_bytes(&l->limits, &l->settings);
    l->mem = desk_map(l->size);
    l->board = board_init(l->mem, &l->limits, &l->settings, NULL, 0);
    struct board_lookup lookup = {l, ticket_of, ticket_near, call_of, name_of, name_of};
    board_set_lookup(l->board, &lookup);
    board_advance(l->board, start);
    static const char *const names[NAMES] = {"a", "b", "c", "d"};
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        for (uint32_t i = 0; i < NAMES; i++)
            cr_assert_eq(board_name(l->board, s, str_of(names[i]), NULL), i + 1);
    for (uint32_t i = 0; i <= CALLS; i++)
        l->offered[i] = MS_NONE;
    return l;
}

static void hall_free(struct hall *l)
{
    desk_unmap(l->mem, l->size);
    free(l);
}

/* --- what tickets are ---------------------------------------------------------------------- */

static struct tags draw_tags(struct random *r)
{
    struct tags t = {0};
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        tags_set(&t, s, (uint32_t)random_below(r, NAMES + 1));
    return t;
}

/* Something else about a ticket; often just one thing. */
static void change(struct random *r, struct standing *s)
{
    uint64_t what = random_below(r, 7);
    if (what == 0)
        *s = (struct standing){.tags = draw_tags(r), .opened = MS_NONE, .waiting_since = MS_NONE};
    if (what <= 1)
        s->open = random_percent(r, 70);
    if (what <= 2 || what == 6)
        s->waiting_since = random_percent(r, 40) ? MS_NONE : start - random_range(r, 0, 9) * 700;
    if (what == 0 || what == 3)
        s->opened = random_percent(r, 20) ? MS_NONE : start - random_range(r, 0, 20) * 500;
    if (what == 4)
        s->tags.agent = (uint32_t)random_below(r, NAMES + 1);
    if (what == 5)
        s->paused = random_percent(r, 50);
    s->waiting = s->open && s->waiting_since != MS_NONE;
    s->paused &= s->open;
    if (!s->open)
        s->waiting_since = MS_NONE;
}

static void count_one(const struct standing *t, int64_t n[GAUGE_N])
{
    n[GAUGE_OPEN] += t->open;
    n[GAUGE_UNASSIGNED] += t->open && t->tags.agent == 0;
    n[GAUGE_WAITING] += t->waiting;
    n[GAUGE_PAUSED] += t->paused;
}

/* The oldest_ gauge of that name: since when, and which. */
static void is_oldest(struct hall *l, enum scope s, uint32_t index, enum indicator gauge,
                      ms_t since, handle_t which)
{
    struct str of;
    char want[16] = "";
    if (which != 0)
        snprintf(want, sizeof want, "%02u", 99 - which);
    cr_assert_eq(board_gauge(l->board, s, index, gauge, &of), since);
    cr_assert(str_equal(of, str_of(want)), "%s %u: %.*s is oldest, not %s", scope_name(s), index,
              (int)of.len, of.p, want);
}

static void older(ms_t since, handle_t h, ms_t *best, handle_t *which)
{
    if (since != MS_NONE && (*which == 0 || since <= *best)) { /* the name decides */
        *best = since;
        *which = h;
    }
}

static void recount_name(struct hall *l, enum scope s, uint32_t index)
{
    int64_t n[GAUGE_N] = {0};
    ms_t open = MS_NONE, waiting = MS_NONE, call = MS_NONE;
    handle_t open_h = 0, waiting_h = 0, call_h = 0;
    for (handle_t h = 1; h <= TICKETS; h++) {
        const struct standing *t = &l->ticket[h];
        if (!l->there[h] || tags_of(&t->tags, s) != index)
            continue;
        count_one(t, n);
        older(t->open ? t->opened : MS_NONE, h, &open, &open_h);
        older(t->waiting ? t->waiting_since : MS_NONE, h, &waiting, &waiting_h);
    }
    for (handle_t h = 1; h <= CALLS; h++) {
        if (tags_of(&l->call_tags[h], s) != index)
            continue;
        n[GAUGE_CALLS] += l->offered[h] != MS_NONE;
        older(l->offered[h], h, &call, &call_h);
    }
    cr_assert_eq(board_gauge(l->board, s, index, IND_OPEN, NULL), n[GAUGE_OPEN]);
    cr_assert_eq(board_gauge(l->board, s, index, IND_UNASSIGNED, NULL), n[GAUGE_UNASSIGNED]);
    cr_assert_eq(board_gauge(l->board, s, index, IND_WAITING, NULL), n[GAUGE_WAITING]);
    cr_assert_eq(board_gauge(l->board, s, index, IND_PAUSED, NULL), n[GAUGE_PAUSED]);
    cr_assert_eq(board_gauge(l->board, s, index, IND_CALLS_WAITING, NULL), n[GAUGE_CALLS]);
    is_oldest(l, s, index, IND_OLDEST_OPEN, open, open_h);
    is_oldest(l, s, index, IND_OLDEST_WAITING, waiting, waiting_h);
    is_oldest(l, s, index, IND_LONGEST_CALL, call, call_h);
}

static void recount(struct hall *l)
{
    recount_name(l, SCOPE_ALL, 1);
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= NAMES && (l->settings.scopes >> s & 1) != 0; i++)
            recount_name(l, s, i);
    board_check(l->board);
}

static void move_ticket(struct hall *l, struct random *r)
{
    handle_t h = (handle_t)random_range(r, 1, TICKETS);
    struct standing was = l->ticket[h];
    bool gone = l->there[h] && !was.open && random_percent(r, 30);
    change(r, &l->ticket[h]);
    if (gone) {
        l->there[h] = false;
        board_stand(l->board, h, &was, NULL);
        return;
    }
    board_stand(l->board, h, l->there[h] ? &was : NULL, &l->ticket[h]);
    l->there[h] = true;
}

static void move_call(struct hall *l, struct random *r)
{
    handle_t h = (handle_t)random_range(r, 1, CALLS);
    if (l->offered[h] != MS_NONE) {
        board_call_waits(l->board, h, &l->call_tags[h], l->offered[h], -1);
        l->offered[h] = MS_NONE;
    }
    if (random_percent(r, 50)) {
        l->call_tags[h] = draw_tags(r);
        l->call_tags[h].agent = 0;
        l->offered[h] = start - random_range(r, 0, 20) * 300;
        board_call_waits(l->board, h, &l->call_tags[h], l->offered[h], 1);
    }
}

Test(board, gauges_are_those_of_the_tickets)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct random r = {seed};
        struct hall *l = hall_new(seed % 4 == 0 ? BIT(SCOPE_ALL) | BIT(SCOPE_TEAM) : ALL_SCOPES);
        for (int step = 0; step < 3000; step++) {
            if (random_percent(&r, 80))
                move_ticket(l, &r);
            else
                move_call(l, &r);
            if (random_percent(&r, 3))
                recount(l);
        }
        recount(l);
        hall_free(l);
    }
}

/* --- samples ------------------------------------------------------------------------------- */

static uint32_t numbers(struct hall *l, enum scope s, uint32_t index, uint32_t flag)
{
    struct window_numbers n;
    board_numbers(l->board, s, index, FAM_REPLIES, W_1H, &n);
    return n.flag[flag];
}

Test(board, samples_go_to_the_names_of_their_tags)
{
    struct hall *l = hall_new(ALL_SCOPES & ~BIT(SCOPE_CHANNEL));
    const struct tags tags = {.agent = 2, .channel = 1, .category = 4};
    struct window_sample s = {.ts = start, .flags = BIT(REPLIES_REPLY)};
    board_sample(l->board, FAM_REPLIES, &s, &tags, ALL_SCOPES, 1);
    for (enum scope sc = 0; sc < SCOPE_N; sc++)
        for (uint32_t i = 1; i <= (sc == SCOPE_ALL ? 1 : NAMES); i++) {
            bool kept = sc != SCOPE_CHANNEL && tags_of(&tags, sc) == i;
            if (sc != SCOPE_CHANNEL)
                cr_assert_eq(numbers(l, sc, i, REPLIES_REPLY), kept);
            cr_assert_eq(board_entity(l->board, sc, i)->changed, kept);
        }
    board_sample(l->board, FAM_REPLIES, &s, &tags, BIT(SCOPE_AGENT), 1);
    cr_assert_eq(numbers(l, SCOPE_AGENT, 2, REPLIES_REPLY), 2);
    cr_assert_eq(numbers(l, SCOPE_ALL, 1, REPLIES_REPLY), 1);
    board_mark(l->board, FAM_REPLIES, REPLIES_HANDLED, start, &tags, ALL_SCOPES, true);
    cr_assert_eq(numbers(l, SCOPE_AGENT, 2, REPLIES_HANDLED), 1);
    cr_assert_eq(numbers(l, SCOPE_CATEGORY, 4, REPLIES_HANDLED), 1);
    board_mark(l->board, FAM_REPLIES, REPLIES_HANDLED, start, &tags, BIT(SCOPE_AGENT), false);
    cr_assert_eq(numbers(l, SCOPE_AGENT, 2, REPLIES_HANDLED), 0);
    cr_assert_eq(numbers(l, SCOPE_CATEGORY, 4, REPLIES_HANDLED), 1);
    board_sample(l->board, FAM_REPLIES, &s, &tags, BIT(SCOPE_AGENT), -1);
    board_sample(l->board, FAM_REPLIES, &s, &tags, BIT(SCOPE_AGENT), -1);
    cr_assert_eq(numbers(l, SCOPE_AGENT, 2, REPLIES_REPLY), 0);
    hall_free(l);
}

/* The order in which names are met does not matter, nor do names nothing is counted for. */
Test(board, digest_is_of_what_is_counted)
{
    struct random r = {1};
    struct hall *a = hall_new(ALL_SCOPES), *b = hall_new(ALL_SCOPES);
    uint64_t empty = board_digest(a->board);
    cr_assert_gt(board_name(b->board, SCOPE_TEAM, str_of("y"), NULL), 0);
    cr_assert_eq(board_digest(b->board), empty);
    uint32_t ax = board_name(a->board, SCOPE_TEAM, str_of("x"), NULL);
    uint32_t ay = board_name(a->board, SCOPE_TEAM, str_of("y"), NULL);
    uint32_t by = board_name(b->board, SCOPE_TEAM, str_of("y"), NULL);
    uint32_t bx = board_name(b->board, SCOPE_TEAM, str_of("x"), NULL);
    cr_assert(ax == by && ay == bx);
    for (int i = 0; i < 50; i++) {
        bool x = random_percent(&r, 50);
        struct tags in_a = {.team = (uint16_t)(x ? ax : ay)};
        struct tags in_b = {.team = (uint16_t)(x ? bx : by)};
        struct window_sample s = {.ts = start - random_range(&r, 0, 5000),
                                  .flags = BIT(REPLIES_REPLY)};
        board_sample(a->board, FAM_REPLIES, &s, &in_a, ALL_SCOPES, 1);
        cr_assert_neq(board_digest(a->board), board_digest(b->board));
        board_sample(b->board, FAM_REPLIES, &s, &in_b, ALL_SCOPES, 1);
        cr_assert_eq(board_digest(a->board), board_digest(b->board));
    }
    hall_free(a);
    hall_free(b);
}

Test(board, a_full_scope_counts_under_other)
{
    struct hall *l = hall_new(ALL_SCOPES);
    char name[16];
    bool full = false;
    for (uint32_t i = NAMES + 1; i <= l->limits.teams; i++) {
        snprintf(name, sizeof name, "t%u", i);
        cr_assert_eq(board_name(l->board, SCOPE_TEAM, str_of(name), &full), i);
        cr_assert_not(full);
    }
    uint32_t other = board_name(l->board, SCOPE_TEAM, str_of("one more"), &full);
    cr_assert(full);
    cr_assert(str_equal(name_text(board_names(l->board, SCOPE_TEAM), other), str_of("(other)")));
    cr_assert_eq(board_name(l->board, SCOPE_TEAM, str_of("another"), &full), other);
    cr_assert_eq(board_name(l->board, SCOPE_TEAM, str_of("a"), &full), 1);
    cr_assert_not(full);
    hall_free(l);
}

/* Only what a rule listens to is noted, once until it is looked at. */
Test(board, touched_names_are_told_once)
{
    struct hall *l = hall_new(ALL_SCOPES);
    const uint32_t inputs[SCOPE_N] = {
        [SCOPE_AGENT] = BIT(FAM_REPLIES), [SCOPE_TEAM] = BIT(FAM_REPLIES) | BIT(TOUCH_GAUGES)};
    const struct tags tags = {.agent = 2, .team = 3, .category = 1};
    struct window_sample s = {.ts = start, .flags = BIT(REPLIES_REPLY)};
    struct standing open = {.tags = tags, .open = true, .opened = MS_NONE};
    struct entity_ref ref[8];
    board_listen(l->board, inputs);
    for (int i = 0; i < 3; i++)
        board_sample(l->board, FAM_REPLIES, &s, &tags, ALL_SCOPES, 1);
    s.flags = BIT(OPENINGS_OPENED);
    board_sample(l->board, FAM_OPENINGS, &s, &tags, ALL_SCOPES, 1);
    cr_assert_eq(board_entity(l->board, SCOPE_AGENT, 2)->touched, BIT(FAM_REPLIES));
    cr_assert_eq(board_entity(l->board, SCOPE_AGENT, 1)->touched, 0);
    board_stand(l->board, 1, NULL, &open);
    cr_assert_eq(board_entity(l->board, SCOPE_TEAM, 3)->touched,
                 BIT(FAM_REPLIES) | BIT(TOUCH_GAUGES));
    cr_assert(board_entity(l->board, SCOPE_CATEGORY, 1)->changed);
    cr_assert_eq(board_touched(l->board, ref, 1), 1);
    cr_assert_eq(board_touched(l->board, ref + 1, 7), 1);
    cr_assert_eq(board_touched(l->board, ref + 2, 6), 0);
    cr_assert_neq(ref[0].scope, ref[1].scope);
    for (int i = 0; i < 2; i++)
        cr_assert(ref[i].index == (ref[i].scope == SCOPE_AGENT ? 2 : 3));
    hall_free(l);
}

/* --- calendar ------------------------------------------------------------------------------ */

/* A site at UTC+8: today begins at 16:00 UTC, by the clock and without an event. */
Test(board, calendar_windows_begin_at_local_midnight)
{
    struct hall *l = calloc(1, sizeof *l);
    static const char *const windows[] = {"today", "week", "month"};
    struct desk *d = desk_new();
    l->settings = d->settings;
    l->limits = d->limits;
    desk_free(d);
    for (size_t w = 0; w < ARRAY_LEN(windows); w++) {
        memset(&l->settings.window[w], 0, sizeof l->settings.window[w]);
        cr_assert(window_setting_parse(str_of(windows[w]), &l->settings.window[w]));
    }
    l->settings.zone.shift[0].offset = 8 * 3600;
    l->size = board_bytes(&l->limits, &l->settings);
    l->mem = desk_map(l->size);
    l->board = board_init(l->mem, &l->limits, &l->settings, NULL, 0);
    const ms_t sunday = 1772294400000; /* 2026-02-28 16:00 UTC: in the zone, Sunday 1 March */
    const struct tags nobody = {0};
    struct window_sample s = {.ts = sunday - 1, .flags = BIT(REPLIES_REPLY)};
    board_advance(l->board, sunday - 1);
    cr_assert_eq(board_next_calendar(l->board), sunday);
    board_sample(l->board, FAM_REPLIES, &s, &nobody, ALL_SCOPES, 1);
    for (uint32_t w = 0; w < 3; w++) {
        struct window_numbers n;
        board_numbers(l->board, SCOPE_ALL, 1, FAM_REPLIES, w, &n);
        cr_assert_eq(n.samples, 1);
    }
    board_advance(l->board, sunday);
    cr_assert_eq(board_next_calendar(l->board), sunday + MS_DAY);
    s.ts = sunday;
    board_sample(l->board, FAM_REPLIES, &s, &nobody, ALL_SCOPES, 1);
    const uint32_t want[] = {1, 2, 1}; /* the week goes on until Monday, the month is new */
    const ms_t from[] = {sunday, sunday - 6 * MS_DAY, sunday};
    for (uint32_t w = 0; w < 3; w++) {
        struct window_numbers n;
        board_numbers(l->board, SCOPE_ALL, 1, FAM_REPLIES, w, &n);
        cr_assert_eq(n.samples, want[w], "%s", windows[w]);
        cr_assert_eq(board_window_from(l->board, w), from[w], "%s", windows[w]);
    }
    board_advance(l->board, sunday + MS_DAY);
    cr_assert_eq(board_window_from(l->board, 1), sunday + MS_DAY, "Monday");
    hall_free(l);
}
