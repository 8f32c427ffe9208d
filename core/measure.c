#include "core/measure.h"

#include "core/appraise.h"
#include "core/event.h"
#include "core/ratio.h"
#include "core/slice.h"
#include "core/trend.h"

/* Is the value >= fire or clear (above), <= fire or clear (below)? */
static bool reaches(const struct rule_setting *rule, const struct measure *m, bool fire)
{
    if (m->rank > 0) {
        uint32_t over = fire ? m->over_fire : m->over_clear;
        return rule->below ? m->n - over >= m->rank : over >= m->n - m->rank + 1;
    }
    __int128 wanted = (__int128)(fire ? rule->fire : rule->clear) * m->bottom;
    if (rule->beyond)
        return m->top > wanted;
    return rule->below ? m->top <= wanted : m->top >= wanted;
}

enum verdict_of_rule measure_verdict(const struct rule_setting *rule, const struct measure *m)
{
    if (m->empty)
        return rule->on_empty == ON_EMPTY_FIRE    ? RULE_FIRE
               : rule->on_empty == ON_EMPTY_CLEAR ? RULE_CLEAR
                                                  : RULE_BETWEEN;
    if (reaches(rule, m, true))
        return RULE_FIRE;
    return reaches(rule, m, false) ? RULE_BETWEEN : RULE_CLEAR;
}

/* Whose numbers: the scope's, or those of the rule's hours. A gauge is one of now: it has none. */
static enum scope view_of(const struct board *b, const struct rule_setting *rule)
{
    if (rule->indicator >= IND_GAUGE_FIRST)
        return (enum scope)rule->scope;
    return board_view(b, (enum scope)rule->scope, str_of(rule->when));
}

static struct figure_source source_of(const struct rule_setting *rule)
{
    return (struct figure_source){rule->indicator, rule->field, rule->aspect};
}

/* Of a rule that is judged by counting; -1: it is not. */
static int percent_of(const struct rule_setting *rule)
{
    return rule->kind == RULE_KPI ? figure_percent((enum indicator_field)rule->field) : -1;
}

/* Nearest rank, 1..n. */
static uint32_t rank_of(int percent, uint32_t n)
{
    uint64_t rank = ((uint64_t)percent * n + 99) / 100;
    return rank == 0 ? 1 : (uint32_t)rank;
}

/* The windows count values > above: ">= x" above, "> x" below (of which "<= x" is the rest). */
static ms_t above_of(const struct rule_setting *rule, bool fire)
{
    ms_t x = fire ? rule->fire : rule->clear;
    return rule->below ? x : x - 1;
}

uint32_t measure_watches(const struct settings *settings, struct window_watch *ret, uint32_t cap)
{
    uint32_t n = 0, of_family[FAM_N] = {0};
    for (uint32_t i = 0; i < 2 * settings->rules; i++) {
        const struct rule_setting *rule = &settings->rule[i / 2];
        const struct indicator_row *row = &indicator_rows[rule->indicator];
        ms_t above = above_of(rule, i % 2 == 0);
        bool known = percent_of(rule) < 0;
        for (uint32_t j = 0; j < n && !known; j++)
            known = ret[j].family == row->family && ret[j].column == row->column &&
                    ret[j].above == above;
        if (known || n == cap || of_family[row->family] == WATCHES_MAX)
            continue;
        of_family[row->family]++;
        ret[n++] = (struct window_watch){row->family, row->column, above};
    }
    return n;
}

/* --- reading the board -------------------------------------------------------------------- */

uint32_t measure_inputs(const struct settings *settings, const struct rule_setting *rule)
{
    if (rule->kind == RULE_SCORE) {
        const struct scorecards *cards = settings->cards;
        return appraise_inputs(settings, appraise_find(cards, str_of(rule->card)));
    }
    if (rule->kind == RULE_MIX)
        return 1u << mixes[rule->mix].family;
    return figure_inputs(settings, source_of(rule));
}

ms_t measure_step(const struct settings *settings, const struct rule_setting *rule)
{
    enum { PARTS = 288 };
    if (rule->kind == RULE_KPI || rule->kind == RULE_MIX)
        return 0;
    const struct window_setting *w = &settings->window[rule->window];
    ms_t step = w->length / PARTS * MS_SECOND;
    bool long_step = w->kind != WINDOW_SLIDING || step > MS_MINUTE;
    return long_step ? MS_MINUTE : ms_max(step, MS_SECOND);
}

/* --- scores ------------------------------------------------------------------------------- */

static void measure_score(struct board *b, const struct rule_setting *rule, uint32_t index,
                          struct measure *m)
{
    const struct scorecards *cards = board_settings(b)->cards;
    const struct scorecard *card = appraise_find(cards, str_of(rule->card));
    struct score score;
    m->empty = true;
    m->work = 1;
    if (!appraise(b, cards, card, rule->window, index, &card, &score))
        return;
    m->n = appraise_samples(card, &score);
    m->empty = !score.scored || (m->n < rule->min_n && !score.voided);
    m->top = (__int128)score.total * (NUMBER_ONE / 100);
    m->bottom = 1;
}

/* How many samples are > above, read the slow way: from the order statistic itself, which is all
 * that the comparison looks at. For thresholds that the windows do not count (WATCHES_MAX, or a
 * rule that came by reload). */
static uint32_t over_by_order(const struct measure *m, ms_t value, ms_t above)
{
    return value > above ? m->n - m->rank + 1 : 0;
}

static ms_t order_value(struct board *b, const struct rule_setting *rule, uint32_t index)
{
    return figure_order(b, view_of(b, rule), index, rule->window, source_of(rule));
}

static void measure_order(struct board *b, const struct rule_setting *rule, uint32_t index,
                          struct measure *m)
{
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    struct window_numbers numbers;
    board_numbers(b, view_of(b, rule), index, row->family, rule->window, &numbers);
    m->n = numbers.n[row->column];
    m->bottom = 1;
    m->empty = m->n == 0 || m->n < rule->min_n;
    if (m->empty)
        return;
    m->rank = rank_of(percent_of(rule), m->n);
    ms_t fire = above_of(rule, true), clear = above_of(rule, false);
    int at_fire = board_watch(b, row->family, row->column, fire);
    int at_clear = board_watch(b, row->family, row->column, clear);
    if (at_fire < 0 || at_clear < 0) {
        ms_t value = order_value(b, rule, index);
        m->over_fire = over_by_order(m, value, fire);
        m->over_clear = over_by_order(m, value, clear);
        return;
    }
    m->over_fire = numbers.above[at_fire];
    m->over_clear = numbers.above[at_clear];
}

/* A rule on a gauge looks only while its calendar is open; samples have hours of their own. */
static bool has_closed(const struct board *b, const struct rule_setting *rule, ms_t now)
{
    const struct slice_hours *h = board_hours(b);
    return rule->indicator >= IND_GAUGE_FIRST && rule->when[0] != 0 &&
           (h->open == NULL || !h->open(h->ctx, str_of(rule->when), now));
}

/* When it does so next, or no longer. */
static ms_t hours_change(const struct board *b, const struct rule_setting *rule, ms_t now)
{
    const struct slice_hours *h = board_hours(b);
    bool has_hours = rule->when[0] != 0 && h->edge != NULL;
    return has_hours ? h->edge(h->ctx, str_of(rule->when), now) : MS_NEVER;
}

void measure_read(struct board *b, const struct rule_setting *rule, uint32_t index, ms_t t,
                  struct measure *ret)
{
    *ret = (struct measure){.grows_since = MS_NONE, .now = ms_max(board_at(b), t)};
    if (rule->kind == RULE_TREND) {
        trend_read(b, rule, index, ret);
        return;
    }
    if (rule->kind == RULE_SCORE) {
        measure_score(b, rule, index, ret);
        return;
    }
    if (percent_of(rule) >= 0) {
        measure_order(b, rule, index, ret);
        return;
    }
    struct figure_source source = source_of(rule);
    struct figure f;
    figures_read(b, view_of(b, rule), index, rule->window, &source, 1, &f);
    ret->n = f.n;
    ret->empty = !f.count && (f.bottom == 0 || f.n < rule->min_n);
    ret->top = f.since == MS_NONE ? f.top : ms_max(0, ret->now - f.since);
    ret->bottom = f.bottom;
    ret->grows_since = f.since;
    if (has_closed(b, rule, ret->now)) {
        ret->empty = true;
        ret->grows_since = MS_NONE;
    }
}

ms_t measure_next_change(struct board *b, const struct rule_setting *rule, uint32_t index,
                         const struct measure *m, bool calendar)
{
    const struct settings *settings = board_settings(b);
    uint32_t inputs = measure_inputs(settings, rule);
    ms_t next = MS_NEVER;
    if (rule->kind == RULE_MIX)
        return MS_NEVER; /* whoever watches the whole asks for its parts */
    if (rule->kind == RULE_SCORE) {
        const struct scorecard *card = appraise_find(settings->cards, str_of(rule->card));
        return appraise_next_change(b, settings->cards, card, rule->window, index);
    }
    if (inputs == 1u << TOUCH_GAUGES) {
        next = hours_change(b, rule, m->now);
        for (int fire = 0; fire < 2 && m->grows_since != MS_NONE; fire++) {
            ms_t at = m->grows_since + above_of(rule, fire) + 1;
            if (at > m->now)
                next = ms_min(next, at);
        }
        return next;
    }
    uint32_t window = rule->window | (rule->kind == RULE_TREND ? BOARD_BEFORE : 0u);
    for (uint32_t f = 0; f < FAM_N; f++)
        if (inputs >> f & 1)
            next = ms_min(next, board_next_change(b, view_of(b, rule), index, f, window));
    if (rule->aspect != 0)
        next = ms_min(
            next, figure_next_change(b, (enum scope)rule->scope, index, window, source_of(rule)));
    if (rule->field == IF_PENDING || rule->field == IF_VALUE_MATURE)
        next = ms_min(next, ratio_next_change(b, view_of(b, rule), index, window,
                                              &indicator_rows[rule->indicator]));
    return calendar ? ms_min(next, board_next_calendar(b)) : next;
}

/* The sketch may err by 1 %, the comparison does not: a value on the wrong side of a threshold
 * moves to its edge. */
static ms_t agreeing(ms_t value, ms_t threshold, bool below, bool reached)
{
    if (below)
        return reached ? ms_min(value, threshold) : ms_max(value, threshold + 1);
    return reached ? ms_max(value, threshold) : ms_min(value, threshold - 1);
}

int64_t measure_value(struct board *b, const struct rule_setting *rule, uint32_t index,
                      const struct measure *m)
{
    CHECK(!m->empty);
    if (m->rank > 0) {
        ms_t value = order_value(b, rule, index);
        value = agreeing(value, rule->fire, rule->below, reaches(rule, m, true));
        return agreeing(value, rule->clear, rule->below, reaches(rule, m, false));
    }
    __int128 down = m->top < 0 && m->top % m->bottom != 0;
    return (int64_t)(m->top / m->bottom - down);
}
