/* figure: every field of every indicator says what the snapshot of the same name says. */
#include "core/figure.h"

#include "tests/lib/desk.h"

#include <criterion/criterion.h>

static const ms_t start = 1770368400000;
static struct desk *d;

static void setup(void)
{
    d = desk_new();
    d->settings.target[TARGET_FIRST_RESPONSE] = 10 * MS_MINUTE;
    desk_open(d);
}

static void teardown(void)
{
    desk_free(d);
}

TestSuite(figure, .init = setup, .fini = teardown);

/* Two tickets of ada, one answered too late; ratings, a complaint, two calls. */
static void tell(void)
{
    static const struct {
        int minute;
        const char *line;
    } story[] = {
        {0, "agent_info agent=ada team=billing name=Ada"},
        {0, "opened ticket=T1 team=billing agent=ada"},
        {1, "opened ticket=T2 team=billing agent=ada"},
        {4, "message ticket=T1 by=agent agent=ada"},
        {5, "call_offered call=C1 team=billing"},
        {6, "call_answered call=C1 agent=ada"},
        {8, "call_ended call=C1"},
        {8, "call_offered call=C2 team=billing"},
        {9, "call_abandoned call=C2"},
        {20, "message ticket=T2 by=agent agent=ada"},
        {21, "resolved ticket=T1 agent=ada"},
        {22, "rated ticket=T1 score=5"},
        {23, "rated ticket=T2 agent=ada score=2"},
        {24, "recommended ticket=T1 score=3"},
        {25, "complained ticket=T2 agent=ada"},
        {26, "inspected ticket=T1 agent=ada passed=true"},
        {27, "opened ticket=T3 team=billing"},
    };
    for (size_t i = 0; i < ARRAY_LEN(story); i++)
        desk_say(d, start + story[i].minute * MS_MINUTE, story[i].line);
    desk_tick(d, start + 30 * MS_MINUTE);
}

static struct figure read(enum scope scope, const char *name, enum indicator i,
                          enum indicator_field field)
{
    struct figure_source source = {(uint16_t)i, (uint8_t)field, 0};
    struct figure f;
    uint32_t index = engine_name_find(d->e, scope, str_of(name));
    cr_assert_neq(index, 0);
    engine_figures(d->e, scope, index, W_1H, &source, 1, &f);
    return f;
}

static void is_count(struct figure f, int64_t n)
{
    cr_assert(f.count);
    cr_assert_eq(f.bottom, 1);
    cr_assert((int64_t)(f.top / NUMBER_ONE) == n && f.top % NUMBER_ONE == 0);
}

/* top / bottom = num / den, of n samples; nothing when den is 0. */
static void is_fraction(struct figure f, int64_t num, int64_t den, uint64_t n)
{
    cr_assert_not(f.count);
    cr_assert_eq(f.n, n);
    cr_assert_eq(f.bottom == 0, den == 0);
    if (den != 0)
        cr_assert(f.top * den == (__int128)num * f.bottom);
}

static void compare_duration(enum scope scope, const char *name, enum indicator i)
{
    struct kpi_value v = desk_value(d, scope, name, i, W_1H);
    static const uint8_t quantiles[] = {IF_P50, IF_P75, IF_P90, IF_P95, IF_P99};
    is_count(read(scope, name, i, IF_N), (int64_t)v.n);
    is_count(read(scope, name, i, IF_MET), (int64_t)v.met);
    is_count(read(scope, name, i, IF_MISSED), (int64_t)v.missed);
    int64_t judged = (int64_t)(v.met + v.missed);
    is_fraction(read(scope, name, i, IF_ATTAINMENT), (int64_t)v.met * NUMBER_ONE, judged,
                (uint64_t)judged);
    is_fraction(read(scope, name, i, IF_MEAN), v.sum, (int64_t)v.n, v.n);
    is_fraction(read(scope, name, i, IF_MIN), v.order.min, v.n > 0, v.n);
    is_fraction(read(scope, name, i, IF_MAX), v.order.max, v.n > 0, v.n);
    for (size_t q = 0; q < ARRAY_LEN(quantiles); q++)
        is_fraction(read(scope, name, i, quantiles[q]), v.order.q[q], v.n > 0, v.n);
}

static void compare_terms(enum scope scope, const char *name, enum indicator i)
{
    struct kpi_value v = desk_value(d, scope, name, i, W_1H);
    is_count(read(scope, name, i, IF_NUM), v.num);
    if (indicator_kind(i) == IND_COUNT)
        return;
    is_count(read(scope, name, i, IF_DEN), v.den);
    is_fraction(read(scope, name, i, IF_VALUE), v.num * NUMBER_ONE, v.den, (uint64_t)v.den);
}

static void compare(enum scope scope, const char *name)
{
    for (enum indicator i = 0; i < IND_N; i++) {
        struct kpi_value v;
        if (i >= IND_FIRST_RESPONSE_B && i <= IND_AGENT_WORK_B)
            continue; /* without a calendar the snapshot has none of them */
        switch (indicator_kind(i)) {
        case IND_DURATION:
            compare_duration(scope, name, i);
            break;
        case IND_MEAN:
            v = desk_value(d, scope, name, i, W_1H);
            is_count(read(scope, name, i, IF_N), (int64_t)v.n);
            is_fraction(read(scope, name, i, IF_MEAN), v.sum, (int64_t)v.n, v.n);
            break;
        case IND_COUNT:
        case IND_RATIO:
        case IND_NUMBER:
            compare_terms(scope, name, i);
            break;
        case IND_SHARE: /* times in ms, behind which stand minutes */
            v = desk_value(d, scope, name, i, W_1H);
            cr_assert_eq(read(scope, name, i, IF_NUM).top, v.num);
            cr_assert_eq(read(scope, name, i, IF_DEN).top, v.den);
            is_fraction(read(scope, name, i, IF_VALUE), v.num * NUMBER_ONE, v.den,
                        (uint64_t)(v.den / MS_MINUTE));
            break;
        case IND_CUSTOM: /* none is configured: test_custom */
            break;
        case IND_GAUGE:
            if (!indicator_field_is_ms(i, IF_VALUE))
                is_count(read(scope, name, i, IF_VALUE), desk_gauge(d, scope, name, i));
            break;
        }
    }
}

Test(figure, says_what_the_snapshot_says)
{
    tell();
    compare(SCOPE_AGENT, "ada");
    compare(SCOPE_TEAM, "billing");
    compare(SCOPE_ALL, "-");
    /* Worked by hand, so that the two cannot err alike. */
    is_fraction(read(SCOPE_AGENT, "ada", IND_FIRST_RESPONSE, IF_MEAN), 23 * MS_MINUTE, 2, 2);
    is_fraction(read(SCOPE_AGENT, "ada", IND_FIRST_RESPONSE, IF_ATTAINMENT), NUMBER_ONE, 2, 2);
    is_fraction(read(SCOPE_AGENT, "ada", IND_CSAT, IF_MEAN), 7 * NUMBER_ONE, 2, 2);
    is_fraction(read(SCOPE_TEAM, "billing", IND_ANSWER_RATE, IF_VALUE), NUMBER_ONE, 2, 2);
    is_fraction(read(SCOPE_AGENT, "ada", IND_NPS, IF_VALUE), -NUMBER_ONE, 1, 1);
    is_count(read(SCOPE_AGENT, "ada", IND_COMPLAINTS, IF_NUM), 1);
}

/* The catalogue says for whom there are numbers: whatever was counted is for one of these. */
Test(figure, what_is_counted_is_for_somebody_of_the_catalogue)
{
    uint32_t told = 0;
    tell();
    for (enum scope scope = 0; scope < SCOPE_N; scope++)
        for (uint32_t index = 1; index <= engine_names(d->e, scope); index++)
            for (enum indicator i = 0; i < IND_N; i++) {
                enum indicator_kind kind = indicator_kind(i);
                uint8_t field = kind == IND_DURATION || kind == IND_MEAN ? IF_N
                                : kind == IND_GAUGE                      ? IF_VALUE
                                                                         : IF_NUM;
                struct figure_source source = {(uint16_t)i, field, 0};
                struct figure f;
                if (kind == IND_CUSTOM)
                    continue;
                engine_figures(d->e, scope, index, W_1H, &source, 1, &f);
                bool any = indicator_field_is_ms(i, field) ? f.since != MS_NONE : f.top != 0;
                told += any;
                cr_assert(!any || (indicator_scopes(i) >> scope & 1) != 0, "%s of a %s",
                          indicator_name(i), scope_name(scope));
            }
    cr_assert_gt(told, 60);
}

Test(figure, spans_and_directions_of_fields)
{
    const struct settings *s = engine_settings(d->e);
    struct figure_source attained = {IND_FIRST_RESPONSE, IF_ATTAINMENT, 0},
                         missed = {IND_FIRST_RESPONSE, IF_MISSED, 0}, n = {IND_CSAT, IF_N, 0},
                         mean = {IND_CSAT, IF_MEAN, 0};
    cr_assert_eq(figure_direction(s, attained), DIRECTION_MORE);
    cr_assert_eq(figure_direction(s, missed), DIRECTION_LESS);
    cr_assert_eq(figure_direction(s, n), DIRECTION_NEITHER);
    cr_assert_eq(figure_direction(s, mean), DIRECTION_MORE);
    cr_assert_eq(figure_span(s, attained).most, NUMBER_ONE);
    cr_assert_eq(figure_span(s, missed).most, INT64_MAX);
    cr_assert_eq(figure_span(s, mean).least, NUMBER_ONE);
    cr_assert_eq(figure_span(s, n).least, 0);
}

Test(figure, ages_grow_from_an_instant)
{
    tell();
    struct figure f = read(SCOPE_TEAM, "billing", IND_OLDEST_WAITING, IF_VALUE);
    cr_assert(f.count);
    cr_assert_eq(f.since, start + 27 * MS_MINUTE);
    cr_assert(f.top == 3 * MS_MINUTE && f.bottom == 1);
    f = read(SCOPE_TEAM, "billing", IND_LONGEST_CALL, IF_VALUE);
    cr_assert(f.since == MS_NONE && f.top == 0 && f.n == 0 && f.bottom == 1);
}

Test(figure, several_at_once_are_the_same_as_one_by_one)
{
    static const struct figure_source sources[] = {
        {IND_FIRST_RESPONSE, IF_MEAN, 0},   {IND_WAITING, IF_VALUE, 0},
        {IND_FIRST_RESPONSE, IF_MISSED, 0}, {IND_CSAT, IF_MEAN, 0},
        {IND_COMPLAINTS, IF_NUM, 0},        {IND_FIRST_RESPONSE, IF_P90, 0},
        {IND_CSAT_RATE, IF_VALUE, 0},       {IND_CLEARANCE, IF_VALUE, 0},
    };
    struct figure f[ARRAY_LEN(sources)];
    tell();
    uint32_t ada = engine_name_find(d->e, SCOPE_AGENT, str_of("ada"));
    engine_figures(d->e, SCOPE_AGENT, ada, W_1H, sources, ARRAY_LEN(sources), f);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        struct figure one = read(SCOPE_AGENT, "ada", sources[i].indicator, sources[i].field);
        cr_assert(one.top == f[i].top && one.bottom == f[i].bottom && one.n == f[i].n &&
                      one.count == f[i].count && one.since == f[i].since,
                  "%zu", i);
    }
}

Test(figure, agents_have_the_team_that_they_told)
{
    struct engine_agent agent;
    tell();
    uint32_t ada = engine_name_find(d->e, SCOPE_AGENT, str_of("ada"));
    engine_agent(d->e, ada, &agent);
    cr_assert(str_equal(agent.team, str_of("billing")));
    cr_assert(str_equal(agent.title, str_of("Ada")));
    cr_assert_not(agent.bot);
    desk_say(d, start + 31 * MS_MINUTE, "agent_info agent=ada bot=true");
    engine_agent(d->e, ada, &agent);
    cr_assert(agent.bot && str_equal(agent.team, str_of("billing")));
    desk_say(d, start + 32 * MS_MINUTE, "agent_info agent=ada team=nil");
    engine_agent(d->e, ada, &agent);
    cr_assert_eq(agent.team.len, 0);
}

Test(figure, windows_say_since_when)
{
    ms_t from, covered;
    tell();
    engine_window(d->e, W_1H, &from, &covered);
    cr_assert_eq(from, start - 30 * MS_MINUTE + MS_SECOND);
    cr_assert_eq(covered, start);
    engine_window(d->e, W_5M, &from, &covered);
    cr_assert_eq(covered, from);
}
