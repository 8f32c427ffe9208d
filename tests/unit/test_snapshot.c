/* snapshot: every number recounted from the samples, by the formulas of SEMANTICS.md. */
#include "core/snapshot.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { SAMPLES = 400 };

#define BIT(x) (1u << (x))

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

struct view {
    struct settings settings;
    struct limits limits;
    struct board *board;
    void *mem;
    uint64_t size;
    uint32_t n;
    struct {
        uint8_t family;
        struct window_sample s;
    } at[SAMPLES];
    struct snapshot snapshot;
};

static struct view *view_new(ms_t now)
{
    struct view *v = calloc(1, sizeof *v);
    struct desk *d = desk_new();
    v->settings = d->settings;
    v->limits = d->limits;
    desk_free(d);
    cr_assert(window_setting_parse(str_of("today"), &v->settings.window[W_24H]));
    v->settings.target[TARGET_FIRST_RESPONSE] = v->settings.target[TARGET_TALK] = 5000;
    v->size = board_bytes(&v->limits, &v->settings);
    v->mem = desk_map(v->size);
    v->board = board_init(v->mem, &v->limits, &v->settings, NULL, 0);
    board_advance(v->board, now);
    return v;
}

static void view_free(struct view *v)
{
    desk_unmap(v->mem, v->size);
    free(v);
}

static ms_t look(struct view *v, uint32_t windows, ms_t started_at)
{
    return snapshot_take(v->board, &v->settings, SCOPE_ALL, 1, windows, started_at, &v->snapshot);
}

static void add(struct view *v, uint32_t family, const struct window_sample *s)
{
    const struct tags nobody = {0};
    board_sample(v->board, family, s, &nobody, BIT(SCOPE_ALL), 1);
    v->at[v->n].family = (uint8_t)family;
    v->at[v->n++].s = *s;
}

static void add_some(struct view *v, struct random *r, uint32_t n, ms_t oldest, ms_t newest)
{
    while (n-- > 0) {
        uint32_t family = (uint32_t)random_below(r, FAM_N);
        const struct window_family *f = &indicator_families[family];
        struct window_sample s = {.ts = random_range(r, oldest, newest)};
        s.flags = (uint32_t)random_next(r) & (BIT(f->flags) - 1);
        uint32_t own = (uint32_t)(f->columns - f->twins);
        s.present = (uint32_t)random_next(r) & (BIT(own) - 1);
        if (f->twins > 0 && random_percent(r, 50))
            s.present |= s.present << own;
        for (uint32_t c = 0; c < f->columns; c++)
            s.value[c] = (s.present >> c & 1) != 0 ? random_range(r, 0, 5) * NUMBER_ONE : 0;
        add(v, family, &s);
    }
}

/* --- recounting ------------------------------------------------------------------------------- */

static sec_t edge_of(const struct view *v, uint32_t w)
{
    sec_t now = sec_floor(board_at(v->board));
    return w == W_5M ? now - 300 : w == W_1H ? now - 3600 : now / 86400 * 86400 - 1;
}

static bool within(const struct view *v, uint32_t w, uint32_t i)
{
    sec_t ts = sec_floor(v->at[i].s.ts);
    return ts > edge_of(v, w) && ts <= sec_floor(board_at(v->board));
}

static int64_t count(const struct view *v, uint32_t w, uint32_t family, uint32_t flag)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < v->n; i++)
        n += v->at[i].family == family && within(v, w, i) &&
             (indicator_flags((enum family)family, &v->at[i].s) >> flag & 1) != 0;
    return n;
}

/* The value of an indicator in that window; its n is 0 and its den too when it is not told. */
static struct kpi_value told(const struct view *v, uint32_t w, enum indicator i)
{
    const struct kpi_window *window = NULL;
    for (uint32_t k = 0; k < v->snapshot.windows; k++)
        if (v->snapshot.window[k].window == w)
            window = &v->snapshot.window[k];
    cr_assert_not_null(window);
    for (uint32_t k = 0; k < window->values; k++)
        if (window->value[k].indicator == i)
            return window->value[k];
    return (struct kpi_value){.indicator = IND_N};
}

static void is_duration(const struct view *v, uint32_t w, enum indicator i, uint32_t family,
                        uint32_t column, uint32_t met, enum target target)
{
    struct kpi_value got = told(v, w, i);
    uint64_t n = 0;
    int64_t sum = 0, min = MS_NEVER, max = 0, met_n = 0, missed = 0;
    for (uint32_t k = 0; k < v->n; k++) {
        if (v->at[k].family != family || !within(v, w, k) ||
            (v->at[k].s.present >> column & 1) == 0)
            continue;
        ms_t value = v->at[k].s.value[column];
        n++;
        sum += value;
        min = ms_min(min, value);
        max = ms_max(max, value);
    }
    met_n = count(v, w, family, met); /* against a site-wide target or a policy's */
    missed = count(v, w, FAM_MARKS, MARKS_MISSED + target);
    int64_t strict = 0; /* closed without a reply counts where the first response has a target */
    if (target == TARGET_FIRST_RESPONSE && v->settings.target[target] > 0)
        strict = count(v, w, FAM_RESOLVES, RESOLVES_UNANSWERED);
    bool any = n > 0 || met_n + missed + strict > 0;
    cr_assert_eq(got.indicator == i, any);
    cr_assert_eq(got.strict_missed, (uint64_t)(any ? strict : 0));
    cr_assert(got.n == n && got.sum == sum);
    cr_assert(got.met == (uint64_t)met_n && got.missed == (uint64_t)missed);
    if (n > 0)
        cr_assert(got.order.n == n && got.order.min == min && got.order.max == max);
    cr_assert_eq(got.target, got.indicator == i ? v->settings.target[target] : 0);
}

static void is_count(const struct view *v, uint32_t w, enum indicator i, int64_t num)
{
    struct kpi_value got = told(v, w, i);
    cr_assert_eq(got.indicator == i, num > 0, "0 is not told");
    cr_assert_eq(got.num, num, "%s", indicator_name(i));
}

static void is_fraction(const struct view *v, uint32_t w, enum indicator i, int64_t num,
                        int64_t den)
{
    struct kpi_value got = told(v, w, i);
    cr_assert_eq(got.indicator == i, den > 0, "of nothing there is no fraction");
    if (den > 0)
        cr_assert(got.num == num && got.den == den, "%s", indicator_name(i));
}

#define N(family, flag) count(v, w, FAM_##family, family##_##flag)

static void recount_tickets(const struct view *v, uint32_t w)
{
    is_duration(v, w, IND_FIRST_RESPONSE, FAM_REPLIES, REPLIES_FIRST, REPLIES_MET_FIRST,
                TARGET_FIRST_RESPONSE);
    is_duration(v, w, IND_HANDOFF_RESPONSE, FAM_REPLIES, REPLIES_HANDOFF, REPLIES_MET_HANDOFF,
                TARGET_HANDOFF);
    is_duration(v, w, IND_RESOLUTION, FAM_RESOLVES, RESOLVES_TOTAL, RESOLVES_MET_TOTAL,
                TARGET_RESOLUTION);
    is_duration(v, w, IND_AGENT_WORK, FAM_RESOLVES, RESOLVES_WORK, RESOLVES_MET_WORK,
                TARGET_AGENT_WORK);
    is_count(v, w, IND_OPENED, N(OPENINGS, OPENED));
    is_count(v, w, IND_HANDLED, N(REPLIES, HANDLED) + N(RESOLVES, HANDLED));
    is_count(v, w, IND_CLOSED_WITHOUT_REPLY, N(RESOLVES, NO_REPLY));
    is_count(v, w, IND_TRANSFERRED, N(MARKS, TRANSFERRED));
    is_count(v, w, IND_RECEIVED, N(MARKS, RECEIVED));
    is_fraction(v, w, IND_RESOLUTION_RATE, N(RESOLVES, TICKET),
                N(RESOLVES, TICKET) + N(RESOLVES, UNRESOLVED));
    is_fraction(v, w, IND_RESOLVED_WITHIN, N(OPENINGS, WITHIN), N(OPENINGS, OPENED));
    is_fraction(v, w, IND_CLEARANCE, N(RESOLVES, RESOLVED), N(OPENINGS, OPENED));
    is_fraction(v, w, IND_FCR, N(RESOLVES, FCR), N(RESOLVES, FIRST_CYCLE));
    is_fraction(v, w, IND_REOPEN_RATE, N(RESOLVES, REOPENED), N(RESOLVES, RESOLVED));
}

static void recount_others(const struct view *v, uint32_t w)
{
    is_duration(v, w, IND_TALK, FAM_CALLS, CALLS_TALK, CALLS_MET_TALK, TARGET_TALK);
    is_count(v, w, IND_CALLS_RUNG, N(CALLS, RUNG));
    is_count(v, w, IND_CALLS_SHORT, N(CALLS, SHORT));
    is_fraction(v, w, IND_ANSWER_RATE, N(CALLS, ANSWERED) + N(CALLS, RUNG_ANSWERED),
                N(CALLS, ANSWERED) + N(CALLS, ABANDONED) + N(CALLS, DROPPED) + N(CALLS, RUNG));
    is_fraction(v, w, IND_ABANDON_RATE, N(CALLS, ABANDONED),
                N(CALLS, ABANDONED) + N(CALLS, ANSWERED) + N(CALLS, DROPPED));
    is_fraction(v, w, IND_SERVICE_LEVEL, N(CALLS, PROMPT),
                N(CALLS, ABANDONED) + N(CALLS, ANSWERED) + N(CALLS, DROPPED) + N(CALLS, TARDY));
    is_fraction(v, w, IND_CSAT_RATE, N(RATINGS, SATISFIED), N(RATINGS, RATED));
    is_fraction(v, w, IND_NPS, N(RATINGS, PROMOTER) - N(RATINGS, DETRACTOR), N(RATINGS, ANSWER));
    is_fraction(v, w, IND_CONFORMANCE_RATE, N(RATINGS, PASSED), N(RATINGS, INSPECTED));
    uint64_t n = 0;
    int64_t sum = 0;
    for (uint32_t i = 0; i < v->n; i++)
        if (v->at[i].family == FAM_RATINGS && within(v, w, i) && (v->at[i].s.present & 1) != 0) {
            n++;
            sum += v->at[i].s.value[RATINGS_CSAT];
        }
    struct kpi_value csat = told(v, w, IND_CSAT);
    cr_assert(csat.n == n && csat.sum == sum && (csat.indicator == IND_CSAT) == (n > 0));
}

static void recount(const struct view *v)
{
    for (uint32_t w = 0; w < v->settings.windows; w++) {
        recount_tickets(v, w);
        recount_others(v, w);
    }
}

Test(snapshot, numbers_are_those_of_the_samples)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random r = {seed};
        struct view *v = view_new(start);
        look(v, 7, MS_NONE);
        recount(v); /* nothing yet */
        for (ms_t now = start; now < start + 4000000; now += random_range(&r, 1, 900000)) {
            board_advance(v->board, now);
            add_some(v, &r, (uint32_t)random_below(&r, 30), now - 400000, now);
            look(v, 7, MS_NONE);
            recount(v);
        }
        view_free(v);
    }
}

/* A window empties by itself: 5 minutes, 6 minutes of silence. */
Test(snapshot, silence_empties_a_window)
{
    struct random r = {1};
    struct view *v = view_new(start);
    add_some(v, &r, 100, start - 1000, start);
    look(v, 7, MS_NONE);
    cr_assert_gt(v->snapshot.window[W_5M].values, 20);
    board_advance(v->board, start + 6 * MS_MINUTE);
    look(v, 7, MS_NONE);
    cr_assert_eq(v->snapshot.window[W_5M].values, 0);
    cr_assert_gt(v->snapshot.window[W_1H].values, 20);
    recount(v);
    view_free(v);
}

/* Until the instant that it names nothing changes by time alone, and then something does. */
Test(snapshot, says_when_time_alone_changes_it)
{
    struct random r = {2};
    for (int round = 0; round < 40; round++) {
        struct view *v = view_new(start);
        struct snapshot *before = malloc(sizeof *before);
        add_some(v, &r, 15, start - 200000, start + 3000); /* some are ahead of the clock */
        for (int change = 0; change < 12; change++) {
            ms_t next = look(v, 7, MS_NONE);
            if (next == MS_NEVER)
                break;
            *before = v->snapshot;
            cr_assert_gt(next, board_at(v->board));
            board_advance(v->board, next - 1);
            look(v, 7, MS_NONE);
            for (uint32_t w = 0; w < 3; w++) {
                cr_assert_eq(v->snapshot.window[w].values, before->window[w].values);
                cr_assert_eq(memcmp(v->snapshot.window[w].value, before->window[w].value,
                                    before->window[w].values * sizeof before->window[w].value[0]),
                             0);
            }
            board_advance(v->board, next);
        }
        free(before);
        view_free(v);
    }
}

Test(snapshot, windows_of_the_mask_and_where_they_begin)
{
    struct view *v = view_new(start);
    look(v, BIT(W_1H) | BIT(W_24H), MS_NONE);
    cr_assert_eq(v->snapshot.windows, 2);
    cr_assert(v->snapshot.window[0].window == W_1H && v->snapshot.window[1].window == W_24H);
    cr_assert_eq(v->snapshot.window[0].from, start - MS_HOUR + MS_SECOND);
    cr_assert_eq(v->snapshot.window[0].covered_from, v->snapshot.window[0].from);
    cr_assert_eq(v->snapshot.window[1].from, start / MS_DAY * MS_DAY, "today, from midnight");
    cr_assert_eq(v->snapshot.at, start);
    look(v, 0, MS_NONE);
    cr_assert_eq(v->snapshot.windows, 0);
    look(v, BIT(W_5M) | BIT(W_1H), start - 10 * MS_MINUTE);
    cr_assert_eq(v->snapshot.window[0].covered_from, v->snapshot.window[0].from);
    cr_assert_eq(v->snapshot.window[1].covered_from, start - 10 * MS_MINUTE);
    view_free(v);
}

Test(snapshot, name_and_title)
{
    struct view *v = view_new(start);
    uint32_t ada = board_name(v->board, SCOPE_AGENT, str_of("ada"), NULL);
    snapshot_take(v->board, &v->settings, SCOPE_AGENT, ada, 1, MS_NONE, &v->snapshot);
    cr_assert(str_equal(v->snapshot.name, str_of("ada")) && v->snapshot.title.len == 0);
    cr_assert(name_set_title(board_names(v->board, SCOPE_AGENT), ada, str_of("Ada 工程师")));
    snapshot_take(v->board, &v->settings, SCOPE_AGENT, ada, 1, MS_NONE, &v->snapshot);
    cr_assert(str_equal(v->snapshot.title, str_of("Ada 工程师")));
    cr_assert_eq(v->snapshot.scope, SCOPE_AGENT);
    for (uint32_t g = 0; g < GAUGES; g++)
        cr_assert(v->snapshot.gauge[g] == 0 && v->snapshot.gauge_of[g].len == 0);
    view_free(v);
}
