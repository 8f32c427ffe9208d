#include "daemon/cli/report_sum.h"

#include "core/edge.h"
#include "core/event.h"
#include "core/op.h"
#include "daemon/cli/words.h"

#include <stdlib.h>

static void *must(void *p)
{
    if (p != NULL)
        return p;
    word_error(W_E_MEMORY, NULL, NULL, NULL);
    exit(1);
}

void values_add(struct values *s, ms_t value, int sign)
{
    CHECK(value >= 0);
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 8 : s->cap * 2;
        s->v = must(realloc(s->v, s->cap * sizeof s->v[0]));
    }
    s->v[s->n++] = sign > 0 ? value : -1 - value;
    s->gone += sign < 0;
}

static int by_size(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

/* Both sorted, side by side. A withdrawal without its value (what was added lies before a report
 * begins to listen) cancels nothing. */
void values_settle(struct values *s)
{
    if (s->gone == 0)
        return;
    qsort(s->v, s->n, sizeof s->v[0], by_size);
    uint32_t kept = 0, gone = s->gone; /* v[0..gone) are withdrawals, the greatest value first */
    for (uint32_t i = s->gone; i < s->n; i++) {
        while (gone > 0 && -1 - s->v[gone - 1] < s->v[i])
            gone--;
        if (gone > 0 && -1 - s->v[gone - 1] == s->v[i])
            gone--;
        else
            s->v[s->gone + kept++] = s->v[i];
    }
    memmove(s->v, s->v + s->gone, kept * sizeof s->v[0]);
    s->n = kept;
    s->gone = 0;
}

/* Counts them into a sketch of this program's own. */
static const struct sketch *sketch_of(const struct values *s)
{
    static struct sketch sketch;
    CHECK(s->gone == 0);
    sketch_clear(&sketch);
    for (uint32_t i = 0; i < s->n; i++)
        sketch_add(&sketch, s->v[i]);
    return &sketch;
}

/* Least and greatest of at least one. */
static void ends_of(const struct values *s, ms_t *ret_min, ms_t *ret_max)
{
    *ret_min = *ret_max = s->v[0];
    for (uint32_t i = 1; i < s->n; i++) {
        *ret_min = ms_min(*ret_min, s->v[i]);
        *ret_max = ms_max(*ret_max, s->v[i]);
    }
}

void values_order(const struct values *s, struct window_order *ret)
{
    static const uint32_t permille[WINDOW_QUANTILES] = {500, 750, 900, 950, 990};
    *ret = (struct window_order){0};
    const struct sketch *sketch = sketch_of(s);
    ret->n = sketch->n;
    if (ret->n == 0)
        return;
    ends_of(s, &ret->min, &ret->max);
    for (uint32_t q = 0; q < WINDOW_QUANTILES; q++) /* as in windows, never beyond the ends */
        ret->q[q] = ms_max(ret->min, ms_min(ret->max, sketch_quantile(sketch, permille[q])));
}

bool values_rank(const struct values *s, uint32_t permille, ms_t *ret)
{
    const struct sketch *sketch = sketch_of(s);
    ms_t min, max;
    if (sketch->n == 0)
        return false;
    ends_of(s, &min, &max);
    *ret = ms_max(min, ms_min(max, sketch_quantile(sketch, permille)));
    return true;
}

struct sum *sum_new(void)
{
    return must(calloc(1, sizeof(struct sum)));
}

void sum_free(struct sum *t)
{
    for (uint32_t f = 0; t != NULL && f < FAM_N; f++)
        for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++)
            free(t->values[f][c].v);
    if (t != NULL)
        free(t->recent);
    free(t);
}

void sum_add(struct sum *t, const struct op *op, uint32_t but)
{
    struct window_numbers *n = &t->numbers[op->family];
    uint32_t sign = (uint32_t)op->sign; /* counts are modulo 2^32 on the way */
    uint32_t said = indicator_flags((enum family)op->family, &op->sample);
    uint32_t flags = (op->mark ? 1u << op->flag : said) & ~but;
    for (; flags != 0; flags &= flags - 1)
        n->flag[__builtin_ctz(flags)] += sign;
    n->samples += op->mark ? 0 : sign;
    for (uint32_t left = op->sample.present; left != 0; left &= left - 1) {
        int c = __builtin_ctz(left);
        n->n[c] += sign;
        if (is_measured(op->family)) {
            n->sum[c] += op->sign * measured_value(&op->sample, (uint32_t)c);
            continue;
        }
        n->sum[c] += op->sign * op->sample.value[c];
        if (op->family != FAM_RATINGS)
            values_add(&t->values[op->family][c], op->sample.value[c], op->sign);
    }
}

void sum_horizons(const struct settings *s, ms_t as_of, ms_t ret_from[HORIZON_N])
{
    for (enum horizon h = HORIZON_NONE; h < HORIZON_N; h++) {
        sec_t length = edge_seconds(s, h);
        ret_from[h] = length == 0 ? MS_NEVER : (sec_floor(as_of) - length + 1) * MS_SECOND;
    }
}

enum horizon sum_horizon(const ms_t from[HORIZON_N], ms_t ts)
{
    enum horizon ret = HORIZON_NONE;
    for (enum horizon h = HORIZON_NONE; h < HORIZON_N; h++)
        if (from[h] <= ts && (ret == HORIZON_NONE || from[h] > from[ret]))
            ret = h;
    return ret;
}

/* -1: no cohort counts this family. */
static int recent_of(uint32_t family)
{
    return family == FAM_OPENINGS   ? RECENT_OPENINGS
           : family == FAM_RESOLVES ? RECENT_RESOLVES
           : family == FAM_COHORTS  ? RECENT_COHORTS
                                    : -1;
}

void sum_add_recent(struct sum *t, const struct op *op, enum horizon h)
{
    int of = recent_of(op->family);
    uint32_t flags = op->mark ? 1u << op->flag : op->sample.flags;
    CHECK(h != HORIZON_NONE);
    if (of < 0 || flags == 0)
        return;
    if (t->recent == NULL)
        t->recent = must(calloc(1, sizeof *t->recent));
    for (; flags != 0; flags &= flags - 1) /* counts are modulo 2^32 on the way */
        t->recent->flag[h][of][__builtin_ctz(flags)] += (uint32_t)op->sign;
}

/* What of a cohort is pending: all that stands inside its horizon or a shorter one. */
static void put_pending(const struct sum *t, const struct settings *s,
                        const struct indicator_row *row, struct kpi_value *v)
{
    static const uint8_t family[RECENT_N] = {FAM_OPENINGS, FAM_RESOLVES, FAM_COHORTS};
    struct window_numbers numbers[FAM_N] = {0};
    ms_t length = settings_horizon(s, (enum horizon)row->horizon);
    for (enum horizon h = HORIZON_NONE + 1; h < HORIZON_N; h++)
        for (uint32_t r = 0; settings_horizon(s, h) <= length && r < RECENT_N; r++)
            for (uint32_t f = 0; f < WINDOW_FLAGS_MAX; f++)
                numbers[family[r]].flag[f] += t->recent->flag[h][r][f];
    v->pending = indicator_terms(row->den, numbers);
    v->pending_num = indicator_terms(row->num, numbers);
}

void sum_add_time(struct sum *t, const struct op *op, ms_t from, ms_t to)
{
    struct window_numbers *n = &t->numbers[FAM_STINTS];
    for (uint32_t left = op->sample.present; left != 0; left &= left - 1) {
        int c = __builtin_ctz(left);
        bool ends = (op->sample.flags >> (STINTS_END + c) & 1) != 0;
        ms_t rest = to - ms_max(op->sample.ts, from);
        n->sum[c] += rest <= 0 ? 0 : ends ? -op->sign * rest : op->sign * rest;
    }
}

void sum_settle(struct sum *t)
{
    for (uint32_t f = 0; t != NULL && f < FAM_N; f++)
        for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++)
            values_settle(&t->values[f][c]);
}

bool sum_value(const struct sum *t, const struct settings *s, enum indicator i,
               struct kpi_value *ret)
{
    const struct indicator_row *row = &indicator_rows[i];
    struct window_order order = {0};
    if (t == NULL)
        return false;
    if (indicator_kind(i) == IND_DURATION)
        values_order(&t->values[row->family][row->column], &order);
    if (!snapshot_value(s, t->numbers, &order, i, ret))
        return false;
    if (row->horizon != HORIZON_NONE && t->recent != NULL)
        put_pending(t, s, row, ret);
    return true;
}

static struct figure count_of(uint64_t n)
{
    return (struct figure){.count = true,
                           .n = (uint32_t)n,
                           .top = (__int128)n * NUMBER_ONE,
                           .bottom = 1,
                           .since = MS_NONE};
}

static struct figure value_of(__int128 top, int64_t bottom, uint64_t n)
{
    return (struct figure){.n = (uint32_t)n, .top = top, .bottom = bottom, .since = MS_NONE};
}

static struct figure field_of(const struct kpi_value *v, enum indicator_field f)
{
    static const uint8_t quantile[IF_END] = {
        [IF_P50] = 0, [IF_P75] = 1, [IF_P90] = 2, [IF_P95] = 3, [IF_P99] = 4};
    switch (f) {
    case IF_N:
        return count_of(v->n);
    case IF_NUM: /* may be negative (nps) */
        return (struct figure){.count = true,
                               .n = v->num > 0 ? (uint32_t)v->num : 0,
                               .top = (__int128)v->num * NUMBER_ONE,
                               .bottom = 1,
                               .since = MS_NONE};
    case IF_DEN:
        return count_of((uint64_t)v->den);
    case IF_MET:
        return count_of(v->met);
    case IF_MISSED:
        return count_of(v->missed);
    case IF_PENDING:
        return count_of((uint64_t)v->pending);
    case IF_VALUE_MATURE:
        return value_of((__int128)(v->num - v->pending_num) * NUMBER_ONE, v->den - v->pending,
                        (uint64_t)(v->den - v->pending));
    case IF_VALUE: {
        struct figure whole = value_of((__int128)v->num * NUMBER_ONE, v->den, (uint64_t)v->den);
        whole.pending = (uint32_t)v->pending;
        whole.pending_num = (uint32_t)v->pending_num;
        return whole;
    }
    case IF_MEAN:
        return value_of(v->sum, (int64_t)v->n, v->n);
    case IF_ATTAINMENT:
        return value_of((__int128)v->met * NUMBER_ONE, (int64_t)(v->met + v->missed),
                        v->met + v->missed);
    case IF_MIN:
        return value_of(v->order.min, v->n > 0, v->n);
    case IF_MAX:
        return value_of(v->order.max, v->n > 0, v->n);
    case IF_P50:
    case IF_P75:
    case IF_P90:
    case IF_P95:
    case IF_P99:
        return value_of(v->order.q[quantile[f]], v->n > 0, v->n);
    case IF_END:
        break;
    }
    CHECK(false); /* no field */
    return (struct figure){0};
}

void sum_rate(struct sum *t, uint32_t aspect, int64_t csat, int sign)
{
    CHECK(aspect < SUM_ASPECTS);
    t->rated[aspect].n += (uint32_t)sign;
    t->rated[aspect].sum += sign * csat;
}

struct figure sum_rated(const struct sum *t, uint32_t aspect)
{
    CHECK(aspect < SUM_ASPECTS);
    return t == NULL ? value_of(0, 0, 0)
                     : value_of(t->rated[aspect].sum, t->rated[aspect].n, t->rated[aspect].n);
}

struct figure sum_figure(const struct sum *t, const struct settings *s, struct figure_source source)
{
    struct kpi_value v = {0};
    enum indicator i = (enum indicator)source.indicator;
    if (indicator_kind(i) == IND_GAUGE) /* of now: no number of a past period */
        return (struct figure){.since = MS_NONE};
    if (source.aspect != 0) {
        struct figure rated = sum_rated(t, source.aspect);
        return source.field == IF_N ? count_of(rated.n) : rated;
    }
    (void)sum_value(t, s, i, &v);
    if (indicator_is_custom(i)) {
        struct custom_value own = {(uint32_t)v.n, v.num, v.den};
        return figure_custom(&own, (enum indicator_field)source.field);
    }
    struct figure f = field_of(&v, (enum indicator_field)source.field);
    if (indicator_kind(i) == IND_SHARE && source.field == IF_VALUE) /* as rules count them */
        f.n = (uint32_t)(v.den / MS_MINUTE);
    return f;
}

int64_t figure_round(const struct figure *f)
{
    CHECK(f->bottom > 0);
    __int128 twice = 2 * f->top + f->bottom, by = 2 * (__int128)f->bottom;
    return (int64_t)(twice / by - (twice % by < 0));
}
