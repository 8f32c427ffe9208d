#include "tests/lib/numbers.h"

#include "core/event.h"

#include <stdlib.h>

void numbers_add(struct numbers *all, uint32_t family, uint32_t name,
                 const struct window_sample *sample)
{
    CHECK(all->n < NUMBERS_MAX);
    all->at[all->n].family = (uint8_t)family;
    all->at[all->n].name = name;
    all->at[all->n++].sample = *sample;
}

void numbers_remove(struct numbers *all, uint32_t i)
{
    all->at[i] = all->at[--all->n];
}

static bool in_window(const struct window_setting *w, ms_t ts, ms_t at)
{
    sec_t now = sec_floor(at), then = sec_floor(ts);
    sec_t after = w->kind == WINDOW_TODAY ? now / 86400 * 86400 - 1 : now - w->length;
    return then > after && then <= now;
}

static int by_value(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

/* A fraction top / bottom against thresholds, without a rounding. */
static enum verdict_of_rule fraction(const struct rule_setting *rule, __int128 top, __int128 bottom)
{
    __int128 fire = top - rule->fire * bottom, clear = top - rule->clear * bottom;
    if (rule->below)
        return fire <= 0 ? RULE_FIRE : clear > 0 ? RULE_CLEAR : RULE_BETWEEN;
    return fire >= 0 ? RULE_FIRE : clear < 0 ? RULE_CLEAR : RULE_BETWEEN;
}

static struct number count(const struct rule_setting *rule, int64_t num)
{
    __int128 top = (__int128)num * NUMBER_ONE;
    return (struct number){false, (uint64_t)num, (double)num, top, 1, fraction(rule, top, 1)};
}

static struct number share(const struct rule_setting *rule, int64_t num, int64_t den)
{
    struct number r = {.empty = den == 0 || den < rule->min_n, .n = (uint64_t)den};
    if (!r.empty) {
        r.value = (double)num / (double)den;
        r.top = (__int128)num * NUMBER_ONE;
        r.bottom = den;
        r.verdict = fraction(rule, (__int128)num * NUMBER_ONE, den);
    }
    return r;
}

/* Values sorted: mean, min, max or percentile. */
static struct number of_values(const struct rule_setting *rule, const ms_t *v, uint32_t n)
{
    static const int percents[IF_END] = {
        [IF_P50] = 50, [IF_P75] = 75, [IF_P90] = 90, [IF_P95] = 95, [IF_P99] = 99, [IF_MAX] = 100};
    struct number r = {.empty = n == 0 || n < rule->min_n, .n = n};
    if (r.empty)
        return r;
    if (rule->field == IF_MEAN) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum += v[i];
        r.value = (double)sum / n;
        r.top = sum;
        r.bottom = n;
        r.verdict = fraction(rule, sum, n);
        return r;
    }
    uint32_t rank = 0; /* smallest with rank >= percent * n / 100 */
    while (100 * rank < (uint32_t)percents[rule->field] * n)
        rank++;
    ms_t value = v[rank == 0 ? 0 : rank - 1];
    r.value = (double)value;
    r.top = value;
    r.bottom = 1;
    r.verdict = fraction(rule, value, 1);
    return r;
}

static enum verdict_of_rule of_nothing(const struct rule_setting *rule)
{
    return rule->on_empty == ON_EMPTY_FIRE    ? RULE_FIRE
           : rule->on_empty == ON_EMPTY_CLEAR ? RULE_CLEAR
                                              : RULE_BETWEEN;
}

/* The change: worked out with everything over one denominator. */
static struct number judge_trend(const struct numbers *all, const struct settings *settings,
                                 const struct rule_setting *rule, uint32_t name, ms_t at)
{
    struct rule_setting plain = *rule;
    plain.kind = RULE_KPI;
    ms_t earlier = at - settings->window[rule->window].length * MS_SECOND;
    struct number now = numbers_judge(all, settings, &plain, name, at);
    struct number before = numbers_judge(all, settings, &plain, name, earlier);
    bool is_count = rule->field == IF_N || rule->field == IF_NUM || rule->field == IF_DEN ||
                    rule->field == IF_MET || rule->field == IF_MISSED;
    struct number r = {.n = now.n, .empty = now.empty || before.empty};
    r.empty |= is_count && before.n < rule->min_n;
    r.empty |= !rule->absolute && before.top == 0;
    r.verdict = of_nothing(rule);
    if (r.empty)
        return r;
    r.top = now.top * before.bottom - before.top * now.bottom;
    r.bottom = now.bottom * before.bottom;
    if (!rule->absolute) {
        r.top *= NUMBER_ONE;
        r.bottom = before.top * now.bottom;
    }
    r.value = (double)r.top / (double)r.bottom;
    r.verdict = fraction(rule, r.top, r.bottom);
    return r;
}

struct number numbers_judge(const struct numbers *all, const struct settings *settings,
                            const struct rule_setting *rule, uint32_t name, ms_t at)
{
    if (rule->kind == RULE_TREND)
        return judge_trend(all, settings, rule, name, at);
    static ms_t values[NUMBERS_MAX];
    uint32_t n = 0, met = 0, missed = 0, replies = 0, rated = 0, satisfied = 0;
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    for (uint32_t i = 0; i < all->n; i++) {
        const struct window_sample *s = &all->at[i].sample;
        if (all->at[i].name != name || !in_window(&settings->window[rule->window], s->ts, at))
            continue;
        bool replied = all->at[i].family == FAM_REPLIES, rating = all->at[i].family == FAM_RATINGS;
        met += replied && s->flags >> REPLIES_MET_FIRST & 1;
        replies += replied && s->flags >> REPLIES_REPLY & 1;
        missed += all->at[i].family == FAM_MARKS &&
                  s->flags >> (MARKS_MISSED + TARGET_FIRST_RESPONSE) & 1;
        rated += rating && s->flags >> RATINGS_RATED & 1;
        satisfied += rating && s->flags >> RATINGS_SATISFIED & 1;
        if (all->at[i].family == row->family && s->present & 1)
            values[n++] = s->value[0];
    }
    qsort(values, n, sizeof values[0], by_value);
    struct number r;
    if (rule->indicator == IND_REPLIES)
        r = count(rule, replies);
    else if (rule->indicator == IND_CSAT_RATE)
        r = rule->field == IF_NUM   ? count(rule, satisfied)
            : rule->field == IF_DEN ? count(rule, rated)
                                    : share(rule, satisfied, rated);
    else if (rule->field == IF_MET || rule->field == IF_MISSED || rule->field == IF_N)
        r = count(rule, rule->field == IF_MET ? met : rule->field == IF_MISSED ? missed : n);
    else if (rule->field == IF_ATTAINMENT)
        r = share(rule, met, met + missed);
    else
        r = of_values(rule, values, n);
    if (r.empty)
        r.verdict = of_nothing(rule);
    return r;
}
