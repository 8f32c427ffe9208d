/* part: mixes and ratings of aspects, as snapshots tell them, against a count of the events. */
#include "core/part.h"

#include "core/fold.h"
#include "tests/lib/shares.h"
#include "tests/lib/telling.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

/* --- random tickets ------------------------------------------------------------------------ */

/* Every category, kind and aspect that a tale can name. */
static const char *const parts[] = {"login", "bill",  "complaint", "dispute",
                                    "skill", "speed", "attitude"};

static bool same_mix(const struct kpi_mix *told, const struct shares *want, enum part_kind kind,
                     const struct scoped *of, uint32_t flag_over)
{
    int64_t sum, whole = shares_count(want, kind, NULL, of, &sum), listed = 0;
    if ((int64_t)told->den != whole)
        return false;
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        struct str part = str_of(parts[p]);
        int64_t n = shares_count(want, kind, &part, of, &sum);
        listed += n > 0;
        for (uint32_t i = 0; i < told->listed; i++)
            if (str_equal(told->part[i].name, part)) {
                n -= (int64_t)told->part[i].num;
                if (told->part[i].flagged != (told->part[i].num * 100 > flag_over * told->den))
                    return false;
            }
        if (n != 0)
            return false;
    }
    for (uint32_t i = 1; i < told->listed; i++)
        if (told->part[i - 1].num < told->part[i].num)
            return false;
    return told->listed == listed && told->parts == listed;
}

static bool same_aspects(const struct kpi_window *w, const struct shares *want,
                         const struct scoped *of)
{
    uint32_t rated = 0;
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        struct str part = str_of(parts[p]);
        int64_t sum, n = shares_count(want, PART_RATED, &part, of, &sum);
        rated += n > 0;
        for (uint32_t i = 0; i < w->aspects; i++)
            if (str_equal(w->aspect[i].name, part)) {
                n -= (int64_t)w->aspect[i].n;
                sum -= w->aspect[i].sum;
            }
        if (n != 0 || sum != 0)
            return false;
    }
    return w->aspects == rated;
}

/* What rules and scorecards read of every aspect that the settings name. */
static bool same_figures(struct desk *d, const struct shares *want, const struct scoped *of,
                         uint32_t index, uint32_t window)
{
    for (uint32_t a = 1; a <= d->settings.aspects; a++) {
        struct str aspect = settings_aspect(&d->settings, a);
        struct figure_source source[] = {{IND_CSAT, IF_MEAN, (uint8_t)a},
                                         {IND_CSAT, IF_N, (uint8_t)a}};
        struct figure f[2];
        int64_t sum, n = shares_count(want, PART_RATED, &aspect, of, &sum);
        engine_figures(d->e, of->scope, index, window, source, 2, f);
        if (f[0].n != n || f[0].bottom != n || f[0].top != (n == 0 ? 0 : sum) || f[0].count)
            return false;
        if (!f[1].count || f[1].n != n || f[1].top != (__int128)n * NUMBER_ONE)
            return false;
    }
    return true;
}

/* NULL, or what differs. */
static const char *compare(struct desk *d, const void *oracle, enum scope s, uint32_t index)
{
    const struct shares *want = oracle;
    static struct snapshot now;
    engine_snapshot(d->e, s, index, 1u << W_5M | 1u << W_24H, &now);
    for (uint32_t w = 0; w < now.windows; w++) {
        const struct kpi_window *told = &now.window[w];
        struct scoped of = {.scope = s, .name = now.name, .at = sec_floor(now.at)};
        of.after = of.at - d->settings.window[told->window].length;
        if (!same_aspects(told, want, &of))
            return "csat of aspects";
        if (!same_figures(d, want, &of, index, told->window))
            return "figures of aspects";
        for (uint32_t k = 0; k < MIX_N; k++) {
            bool kept = s == SCOPE_ALL || s == SCOPE_TEAM;
            if (!kept && told->mix[k].parts > 0)
                return "a mix nobody keeps";
            if (kept &&
                !same_mix(&told->mix[k], want, (enum part_kind)k, &of, d->settings.flag_over))
                return mixes[k].of;
        }
    }
    return NULL;
}

static void one_tale(uint64_t seed, bool shuffled)
{
    static struct shares want;
    struct random r = {seed};
    struct desk *d = desk_new();
    struct tale t;
    ms_t span = shuffled ? 70 * MS_SECOND : 5 * MS_HOUR;
    uint32_t tickets = (uint32_t)random_range(&r, 1, TALE_TICKETS);
    tale_draw_outside(&r, tickets, TALE_MAX / 2, 40, start, span, &t);
    d->settings.flag_over = (uint32_t)random_below(&r, 101);
    cr_assert_eq(settings_aspect_find(&d->settings, str_of("csat.speed")), 1);
    cr_assert_eq(settings_aspect_find(&d->settings, str_of("csat.skill")), 2);
    tell_tale(d, &r, &t, shuffled);
    desk_tick(d, start + span + 277777);
    shares_write(&want, &t);
    cr_assert(told_agrees(d, &want, compare, &t), "seed %llu", (unsigned long long)seed);
    engine_check(d->e);
    desk_free(d);
}

Test(part, shares_are_those_of_the_events)
{
    for (uint64_t seed = 1; seed <= 4000; seed++)
        one_tale(seed, false);
}

Test(part, in_any_order_and_twice)
{
    for (uint64_t seed = 100001; seed <= 104000; seed++)
        one_tale(seed, true);
}

/* --- by hand ------------------------------------------------------------------------------- */

static void says(struct desk *d, ms_t after, const char *line)
{
    cr_assert_eq(desk_say(d, start + after, line).verdict, VERDICT_APPLIED, "%s", line);
}

static const struct kpi_window *hour(struct desk *d, enum scope s, uint32_t index)
{
    static struct snapshot now;
    engine_snapshot(d->e, s, index, 1u << W_1H, &now);
    return &now.window[0];
}

/* More categories than are told: those with most are, and how many more there are. */
Test(part, those_with_most_are_told)
{
    struct desk *d = desk_new();
    char line[64];
    uint32_t ticket = 0;
    d->limits.categories = 40;
    desk_open(d);
    for (uint32_t c = 0; c < MIX_TOP + 4; c++)
        for (uint32_t i = 0; i < c * 7 % 20 + 1; i++) { /* 1 to 20 of each */
            snprintf(line, sizeof line, "opened ticket=T%u category=c%02u", ticket++, c);
            says(d, ticket, line);
            snprintf(line, sizeof line, "closed ticket=T%u outcome=unresolved", ticket - 1);
            says(d, ticket, line);
        }
    const struct kpi_mix *mix = &hour(d, SCOPE_ALL, 1)->mix[PART_OPENED_CATEGORY];
    cr_assert(mix->listed == MIX_TOP && mix->parts == MIX_TOP + 4 && mix->den == 210);
    for (uint32_t i = 0; i < MIX_TOP; i++)
        cr_assert_eq(mix->part[i].num, 20 - i);
    desk_free(d);
}

Test(part, empty_ones_make_room)
{
    struct desk *d = desk_new();
    char line[80];
    d->limits.agents = d->limits.teams = d->limits.channels = d->limits.priorities = 1;
    d->limits.categories = 60;
    desk_open(d);
    uint32_t cap = parts_cap(&d->limits);
    cr_assert_lt(cap, 2 * 60 * 5);
    for (int day = 0; day < 8; day++) {
        for (int c = 0; c < 60; c++) { /* four parts each for all and the team, and the kind's */
            snprintf(line, sizeof line, "complained category=c%d team=red id=%d.%d", c, day, c);
            says(d, day * 2 * MS_DAY + c, line);
        }
        const struct kpi_mix *mix = &hour(d, SCOPE_ALL, 1)->mix[PART_COMPLAINTS_CATEGORY];
        cr_assert(mix->den == 60 && mix->parts == 60, "day %d: %u", day, mix->parts);
        engine_check(d->e);
    }
    cr_assert_eq(engine_counters(d->e)->samples_shed, 0);
    desk_free(d);
}

/* What finds no room is counted as shed, and its whole is right. */
Test(part, no_room_is_told)
{
    struct desk *d = desk_new();
    char line[80];
    d->limits.agents = d->limits.teams = d->limits.channels = d->limits.priorities = 1;
    d->limits.categories = 1;
    desk_open(d);
    uint32_t cap = parts_cap(&d->limits);
    for (uint32_t i = 0; i < cap + 20; i++) {
        snprintf(line, sizeof line, "rated score=1 aspect=a%u agent=g%u id=%u", i % 40, i, i);
        says(d, i, line);
    }
    engine_check(d->e);
    const struct kpi_window *w = hour(d, SCOPE_ALL, 1);
    cr_assert_eq(w->aspects, ASPECTS_MAX + 1, "the others are (other)");
    cr_assert_eq(w->mix[PART_LOW_ASPECT].den, cap + 20);
    desk_free(d);
}
