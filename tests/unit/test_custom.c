/* custom: indicators of the site's own: rows from settings, values below zero, every window. */
#include "core/custom.h"

#include "core/err.h"
#include "core/figure.h"
#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */
static const char *const measures[] = {"zeal", "orders", "cost", "hours", "b", "a", "d", "c"};

static struct custom_side side(struct customs *all, enum custom_side_kind kind, const char *name)
{
    struct custom_side s = {.kind = (uint8_t)kind};
    if (kind == SIDE_COUNT)
        s.indicator = (uint16_t)indicator_find(str_of(name));
    else
        s.measure = (uint8_t)custom_measure(all, str_of(name));
    return s;
}

static struct custom_setting *put(struct customs *all, const char *id, enum custom_kind kind)
{
    struct custom_setting *c = &all->at[all->n++];
    *c = (struct custom_setting){.kind = (uint8_t)kind};
    snprintf(c->id, sizeof c->id, "%s", id);
    return c;
}

/* A sum and a mean of every measure. */
static void sums_and_means(struct customs *all)
{
    for (uint32_t i = 0; i < MEASURED_NAMES_MAX; i++) {
        char id[8];
        snprintf(id, sizeof id, "s%u", i);
        put(all, id, CUSTOM_SUM)->num = side(all, SIDE_SUM, measures[i]);
        snprintf(id, sizeof id, "m%u", i);
        struct custom_setting *mean = put(all, id, CUSTOM_MEAN);
        mean->num = side(all, SIDE_SUM, measures[i]);
        mean->den = side(all, SIDE_NUMBER, measures[i]);
    }
    custom_settle(all);
}

Test(custom, measures_are_sorted_and_rows_follow)
{
    static struct customs all;
    sums_and_means(&all);
    cr_assert_null(custom_wrong(&all), "%s", custom_wrong(&all));
    cr_assert_eq(custom_measure(&all, str_of("one more")), -1);
    for (uint32_t i = 0; i < all.measures; i++) {
        const struct custom_side *of = &all.at[2 * i].num;
        cr_assert_str_eq(all.measure[of->measure], measures[i]);
        const struct indicator_term *t = all.at[2 * i].row.num;
        cr_assert(t[0].family == measured_family(of->measure) && t[0].of == TERM_SUM &&
                  t[0].flag == of->measure % MEASURES_COLUMNS && t[1].sign == 0);
        cr_assert_eq(measured_find(&all, str_of(measures[i])), of->measure);
    }
    cr_assert_eq(measured_find(&all, str_of("order")), -1);
}

#define WRONG(change)                                                                              \
    do {                                                                                           \
        static struct customs c;                                                                   \
        memset(&c, 0, sizeof c);                                                                   \
        sums_and_means(&c);                                                                        \
        change;                                                                                    \
        cr_assert_not_null(custom_wrong(&c), #change);                                             \
    } while (0)

Test(custom, settings_from_elsewhere_are_not_believed)
{
    WRONG(c.n = CUSTOMS_MAX + 1);
    WRONG(c.at[0].row.target = TARGET_NONE - 1);
    WRONG(c.measures = MEASURED_NAMES_MAX + 1);
    WRONG(c.measures = 7);
    WRONG(c.measure[3][0] = 'z');
    WRONG(memset(c.measure[1], 'x', sizeof c.measure[1]));
    WRONG(c.at[4].id[0] = 0);
    WRONG(memcpy(c.at[4].id, c.at[3].id, sizeof c.at[3].id));
    WRONG(memcpy(c.at[4].id, "csat", 5));
    WRONG(memset(c.at[4].unit, 'x', sizeof c.at[4].unit));
    WRONG(c.at[0].kind = CUSTOM_KINDS);
    WRONG(c.at[0].kind = CUSTOM_RATIO);
    WRONG(c.at[0].kind = CUSTOM_COUNT);
    WRONG(c.at[1].den.kind = SIDE_NONE);
    WRONG(c.at[1].den.measure ^= 1);
    WRONG(c.at[0].num.kind = SIDE_COUNT);
    WRONG(c.at[0].row.num[0].family = FAM_N);
    WRONG(c.at[0].row.num[1].sign = 1);
    WRONG(c.at[0].row.rather = &indicator_rows[0]);
    WRONG(c.at[0].row.horizon = HORIZON_FCR);
}

Test(custom, the_catalogue_knows_them_by_their_settings)
{
    static struct settings s;
    sums_and_means(&s.customs);
    put(&s.customs, "x", CUSTOM_RATIO); /* beyond what fits is nobody's */
    s.customs.n = 2;
    cr_assert_eq(custom_find(&s, str_of("m0")), IND_CUSTOM_1);
    cr_assert_eq(custom_find(&s, str_of("m1")), -1);
    cr_assert_eq(custom_find(&s, str_of("csat")), IND_CSAT);
    cr_assert_str_eq(custom_name(&s, IND_CUSTOM_0), "s0");
    cr_assert_str_eq(custom_name(&s, IND_NPS), "nps");
    cr_assert_null(custom_of(&s, IND_CUSTOM_2));
    cr_assert(custom_has_field(&s, IND_CUSTOM_0, IF_NUM) &&
              custom_has_field(&s, IND_CUSTOM_1, IF_MEAN));
    cr_assert(!custom_has_field(&s, IND_CUSTOM_0, IF_MEAN) &&
              !custom_has_field(&s, IND_CUSTOM_1, IF_VALUE) &&
              !custom_has_field(&s, IND_CUSTOM_2, IF_NUM));
    cr_assert(custom_has_field(&s, IND_WAIT, IF_P90) && !custom_has_field(&s, IND_WAIT, IF_NUM));
    cr_assert_eq(custom_row(&s, IND_CUSTOM_0), &s.customs.at[0].row);
    cr_assert_eq(custom_row(&s, IND_NPS), &indicator_rows[IND_NPS]);
}

Test(custom, alike_is_what_is_made_of_the_same)
{
    static struct customs a, b;
    sums_and_means(&a);
    memcpy(&b, &a, sizeof b);
    memcpy(b.at[3].unit, "CNY", 4);
    b.at[3].lower = true;
    cr_assert(custom_same_measures(&a, &b) && custom_alike(&a, &b, IND_CUSTOM_3));
    cr_assert(custom_alike(&a, &b, IND_WAIT));
    b.at[3].id[0] = 'q';
    cr_assert_not(custom_alike(&a, &b, IND_CUSTOM_3));
    b.at[1].den.kind ^= 1;
    cr_assert_not(custom_alike(&a, &b, IND_CUSTOM_1));
    b.at[1].den.kind ^= 1;
    b.at[2].num.measure ^= 1;
    cr_assert_not(custom_alike(&a, &b, IND_CUSTOM_2));
    cr_assert(custom_alike(&a, &b, IND_CUSTOM_1));
    b.measure[0][0] = '0';
    cr_assert(!custom_same_measures(&a, &b) && !custom_alike(&a, &b, IND_CUSTOM_1));
}

/* --- against a walk over all that was measured -------------------------------------------- */

enum { EVENTS = 3000 };
static struct told {
    ms_t ts;
    uint32_t measure;
    int64_t value;
    const char *agent, *team; /* NULL: not said */
} told[EVENTS];

static void tell(struct desk *d, const struct told *t)
{
    struct event e = {.kind = EV_MEASURED, .ts = t->ts, .rts = start + 2 * MS_HOUR};
    e.has = 1ULL << F_NAME | 1ULL << F_VALUE | (t->agent != NULL ? 1ULL << F_AGENT : 0) |
            (t->team != NULL ? 1ULL << F_TEAM : 0);
    e.name = str_of(measures[t->measure]);
    e.value = t->value;
    e.agent = t->agent == NULL ? (struct str){0} : str_of(t->agent);
    e.team = t->team == NULL ? (struct str){0} : str_of(t->team);
    struct result r = desk_take(d, &e);
    cr_assert(r.verdict == VERDICT_APPLIED || r.verdict == VERDICT_DUPLICATE);
}

static void check(struct desk *d, enum scope scope, const char *name, uint32_t w, ms_t length)
{
    ms_t at = start + 2 * MS_HOUR;
    for (uint32_t m = 0; m < MEASURED_NAMES_MAX; m++) {
        int64_t sum = 0;
        uint64_t n = 0;
        for (uint32_t i = 0; i < EVENTS; i++) {
            const struct told *t = &told[i];
            const char *of = scope == SCOPE_AGENT ? t->agent : scope == SCOPE_TEAM ? t->team : "-";
            if (t->measure != m || of == NULL || strcmp(of, name) != 0 ||
                sec_floor(t->ts) <= sec_floor(at) - length / MS_SECOND)
                continue;
            sum += t->value;
            n++;
        }
        struct kpi_value s = desk_value(d, scope, name, (enum indicator)(IND_CUSTOM_0 + 2 * m), w);
        struct kpi_value a = desk_value(d, scope, name, (enum indicator)(IND_CUSTOM_1 + 2 * m), w);
        cr_assert(s.num == sum && s.n == n, "%s %s: %ld of %lu, not %ld of %lu", name, measures[m],
                  s.num, s.n, sum, n);
        cr_assert(a.num == sum && a.n == n);
    }
}

Test(custom, sums_are_exact_in_any_order)
{
    static const char *const agents[] = {"ada", "bob", NULL}, *const teams[] = {"red", "blue",
                                                                                NULL};
    struct random r = {.state = 7};
    uint64_t digest = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        int64_t most = random_percent(&r, 10) ? MEASURED_MAX : 500 * (int64_t)NUMBER_ONE;
        told[i] = (struct told){.ts = start + random_range(&r, 0, 7200) * 1000 + (ms_t)i % 1000,
                                .measure = (uint32_t)random_below(&r, MEASURED_NAMES_MAX),
                                .value = random_range(&r, -most, most),
                                .agent = agents[random_below(&r, 3)],
                                .team = teams[random_below(&r, 3)]};
    }
    for (int round = 0; round < 3; round++) {
        struct desk *d = desk_new();
        sums_and_means(&d->settings.customs);
        desk_open(d);
        for (uint32_t i = 0; i < EVENTS; i++)
            tell(d, &told[i]);
        for (uint32_t i = 0; round > 0 && i < 100; i++) /* said twice: once */
            tell(d, &told[random_below(&r, EVENTS)]);
        desk_tick(d, start + 2 * MS_HOUR);
        engine_check(d->e);
        for (int k = 0; k < 2; k++) {
            check(d, SCOPE_AGENT, agents[k], W_5M, 5 * MS_MINUTE);
            check(d, SCOPE_TEAM, teams[k], W_1H, MS_HOUR);
        }
        check(d, SCOPE_ALL, "-", W_24H, MS_DAY);
        cr_assert(round == 0 || engine_digest(d->e) == digest);
        digest = engine_digest(d->e);
        desk_free(d);
        for (uint32_t i = EVENTS - 1; i > 0; i--) {
            uint32_t k = (uint32_t)random_below(&r, i + 1);
            struct told swap = told[i];
            told[i] = told[k];
            told[k] = swap;
        }
    }
}

Test(custom, figures_of_each_kind)
{
    struct custom_value v = {.n = 4, .num = -3 * NUMBER_ONE, .den = 8 * NUMBER_ONE};
    struct figure f = figure_custom(&v, IF_VALUE);
    cr_assert(f.n == 8 && f.top * 8 == -3 * (__int128)f.bottom * NUMBER_ONE / 1);
    f = figure_custom(&v, IF_MEAN);
    cr_assert(f.n == 4 && f.top == -3 * NUMBER_ONE && f.bottom == 4);
    f = figure_custom(&v, IF_NUM);
    cr_assert(f.count && f.n == 0 && f.top == -3 * NUMBER_ONE && f.bottom == 1);
    f = figure_custom(&v, IF_DEN);
    cr_assert(f.count && f.n == 8);
    f = figure_custom(&v, IF_N);
    cr_assert(f.count && f.n == 4 && f.top == 4 * NUMBER_ONE);
    v.den = 0;
    cr_assert_eq(figure_custom(&v, IF_VALUE).bottom, 0);
    v.den = -NUMBER_ONE;
    cr_assert_eq(figure_custom(&v, IF_VALUE).bottom, 0);
    v.n = 0;
    cr_assert_eq(figure_custom(&v, IF_MEAN).bottom, 0);
}

Test(custom, what_counts_nowhere_is_told)
{
    struct desk *d = desk_new();
    put(&d->settings.customs, "o", CUSTOM_SUM)->num =
        side(&d->settings.customs, SIDE_SUM, "orders");
    custom_settle(&d->settings.customs);
    desk_open(d);
    struct result r = desk_say(d, start, "measured name=order value=1 agent=ada");
    cr_assert_eq(r.verdict, VERDICT_APPLIED);
    cr_assert_eq(engine_counters(d->e)->measured_unnamed, 1);
    r = desk_say(d, start, "measured name=orders value=1000000001 agent=ada");
    cr_assert(r.verdict == VERDICT_REFUSED && r.err == ERR_OUT_OF_RANGE);
    r = desk_say(d, start, "measured name=orders value=-1000000001 agent=bob");
    cr_assert(r.verdict == VERDICT_REFUSED && r.err == ERR_OUT_OF_RANGE);
    r = desk_say(d, start, "measured name=orders value=1000000000 agent=ada");
    cr_assert_eq(r.verdict, VERDICT_APPLIED);
    cr_assert_eq(engine_counters(d->e)->refused, 2);
    cr_assert_eq(engine_counters(d->e)->measured_unnamed, 1);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_CUSTOM_0, W_1H), MEASURED_MAX);
    desk_free(d);
}
