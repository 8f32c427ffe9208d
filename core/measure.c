#include "core/measure.h"

#include "core/event.h"

/* Is the value >= fire or clear (above), <= fire or clear (below)? */
static bool reaches(const struct rule_setting *rule, const struct measure *m, bool fire)
{
    if (m->rank > 0) {
        uint32_t over = fire ? m->over_fire : m->over_clear;
        return rule->below ? m->n - over >= m->rank : over >= m->n - m->rank + 1;
    }
    __int128 wanted = (__int128)(fire ? rule->fire : rule->clear) * m->bottom;
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

/* Percent of a percentile field; min is "0 %", max "100 %"; -1 for other fields. */
static int percent_of(const struct rule_setting *rule)
{
    switch ((enum indicator_field)rule->field) {
    case IF_MIN:
        return 0;
    case IF_P50:
        return 50;
    case IF_P75:
        return 75;
    case IF_P90:
        return 90;
    case IF_P95:
        return 95;
    case IF_P99:
        return 99;
    case IF_MAX:
        return 100;
    case IF_N:
    case IF_NUM:
    case IF_DEN:
    case IF_VALUE:
    case IF_MEAN:
    case IF_MET:
    case IF_MISSED:
    case IF_ATTAINMENT:
    case IF_END:
        break;
    }
    return -1;
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

static uint16_t inputs_of_terms(const struct indicator_term *terms)
{
    uint16_t inputs = 0;
    for (int i = 0; i < INDICATOR_TERMS_MAX && terms[i].sign != 0; i++)
        inputs |= (uint16_t)(1u << terms[i].family);
    return inputs;
}

uint16_t measure_inputs(const struct rule_setting *rule)
{
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    switch (indicator_kind((enum indicator)rule->indicator)) {
    case IND_GAUGE:
        return 1u << TOUCH_GAUGES;
    case IND_DURATION:
        if (rule->field == IF_MISSED || rule->field == IF_ATTAINMENT)
            return (uint16_t)(1u << row->family | 1u << FAM_MARKS);
        return (uint16_t)(1u << row->family);
    case IND_MEAN:
        return (uint16_t)(1u << row->family);
    case IND_COUNT:
    case IND_RATIO:
    case IND_NUMBER:
        break;
    }
    return inputs_of_terms(row->num) | inputs_of_terms(row->den);
}

static bool is_age(const struct rule_setting *rule)
{
    return indicator_field_is_ms((enum indicator)rule->indicator,
                                 (enum indicator_field)rule->field) &&
           indicator_kind((enum indicator)rule->indicator) == IND_GAUGE;
}

/* How many samples are > above, read the slow way: from the order statistic itself, which is all
 * that the comparison looks at. For thresholds that the windows do not count (WATCHES_MAX, or a
 * rule that came by reload). */
static uint32_t over_by_order(const struct measure *m, ms_t value, ms_t above)
{
    return value > above ? m->n - m->rank + 1 : 0;
}

static int64_t order_value(struct board *b, const struct rule_setting *rule, uint32_t index)
{
    static const uint8_t quantile[IF_END] = {
        [IF_P50] = 0, [IF_P75] = 1, [IF_P90] = 2, [IF_P95] = 3, [IF_P99] = 4};
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    struct window_order order;
    board_order(b, (enum scope)rule->scope, index, row->family, row->column, rule->window, &order);
    if (rule->field == IF_MIN || rule->field == IF_MAX)
        return rule->field == IF_MIN ? order.min : order.max;
    return order.q[quantile[rule->field]];
}

static void measure_order(struct board *b, const struct rule_setting *rule, uint32_t index,
                          const struct window_numbers *numbers, struct measure *m)
{
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    m->n = numbers->n[row->column];
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
    m->over_fire = numbers->above[at_fire];
    m->over_clear = numbers->above[at_clear];
}

/* A whole number, in the millionths of thresholds. */
static void measure_count(int64_t count, struct measure *m)
{
    m->n = count > 0 ? (uint32_t)count : 0;
    m->top = (__int128)count * NUMBER_ONE;
    m->bottom = 1;
}

static void measure_fraction(const struct rule_setting *rule, __int128 top, int64_t bottom,
                             struct measure *m)
{
    m->n = bottom > 0 ? (uint32_t)bottom : 0;
    m->empty = bottom <= 0 || bottom < rule->min_n;
    m->top = top;
    m->bottom = bottom;
}

/* Durations and means: fields of one column of a family. */
static void measure_column(struct board *b, const struct rule_setting *rule, uint32_t index,
                           const struct window_numbers *by_family, struct measure *m)
{
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    const struct window_numbers *own = &by_family[row->family];
    enum indicator_field field = (enum indicator_field)rule->field;
    if (field == IF_N) {
        measure_count(own->n[row->column], m);
    } else if (field == IF_MEAN) {
        measure_fraction(rule, own->sum[row->column], own->n[row->column], m);
    } else if (percent_of(rule) >= 0) {
        measure_order(b, rule, index, own, m);
    } else if (field == IF_MET) {
        measure_count(own->flag[row->met], m);
    } else {
        int64_t missed = by_family[FAM_MARKS].flag[MARKS_MISSED + row->target];
        if (field == IF_MISSED) {
            measure_count(missed, m);
            return;
        }
        CHECK(field == IF_ATTAINMENT);
        int64_t met = own->flag[row->met];
        measure_fraction(rule, (__int128)met * NUMBER_ONE, met + missed, m);
    }
}

/* Counts, ratios and numbers: fields of sums over flags. */
static void measure_terms(const struct rule_setting *rule, const struct window_numbers *by_family,
                          struct measure *m)
{
    const struct indicator_row *row = &indicator_rows[rule->indicator];
    if (rule->field == IF_DEN) {
        measure_count(board_terms(row->den, by_family), m);
        return;
    }
    int64_t num = board_terms(row->num, by_family);
    if (rule->field == IF_NUM)
        measure_count(num, m);
    else
        measure_fraction(rule, (__int128)num * NUMBER_ONE, board_terms(row->den, by_family), m);
}

static void measure_gauge(struct board *b, const struct rule_setting *rule, uint32_t index,
                          struct measure *m)
{
    int64_t v =
        board_gauge(b, (enum scope)rule->scope, index, (enum indicator)rule->indicator, NULL);
    if (!is_age(rule)) {
        measure_count(v, m);
        return;
    }
    m->n = v != MS_NONE;
    m->grows_since = v;
    m->top = v == MS_NONE ? 0 : ms_max(0, m->now - v);
    m->bottom = 1;
}

void measure_read(struct board *b, const struct rule_setting *rule, uint32_t index, ms_t t,
                  struct measure *ret)
{
    *ret = (struct measure){.grows_since = MS_NONE, .now = ms_max(board_at(b), t)};
    uint32_t inputs = measure_inputs(rule);
    if (inputs == 1u << TOUCH_GAUGES) {
        measure_gauge(b, rule, index, ret);
        return;
    }
    struct window_numbers by_family[FAM_N];
    for (uint32_t f = 0; f < FAM_N; f++)
        if (inputs >> f & 1)
            board_numbers(b, (enum scope)rule->scope, index, f, rule->window, &by_family[f]);
    enum indicator_kind kind = indicator_kind((enum indicator)rule->indicator);
    if (kind == IND_DURATION || kind == IND_MEAN)
        measure_column(b, rule, index, by_family, ret);
    else
        measure_terms(rule, by_family, ret);
}

ms_t measure_next_change(struct board *b, const struct rule_setting *rule, uint32_t index,
                         const struct measure *m, bool calendar)
{
    uint32_t inputs = measure_inputs(rule);
    ms_t next = MS_NEVER;
    if (inputs == 1u << TOUCH_GAUGES) {
        for (int fire = 0; fire < 2 && m->grows_since != MS_NONE; fire++) {
            ms_t at = m->grows_since + above_of(rule, fire) + 1;
            if (at > m->now)
                next = ms_min(next, at);
        }
        return next;
    }
    for (uint32_t f = 0; f < FAM_N; f++)
        if (inputs >> f & 1)
            next =
                ms_min(next, board_next_change(b, (enum scope)rule->scope, index, f, rule->window));
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
