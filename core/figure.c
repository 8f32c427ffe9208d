#include "core/figure.h"

#include "core/event.h"
#include "core/part.h"
#include "core/ratio.h"

int figure_percent(enum indicator_field field)
{
    switch (field) {
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
    case IF_PENDING:
    case IF_VALUE_MATURE:
    case IF_END:
        break;
    }
    return -1;
}

bool figure_is_aspect(const struct settings *s, struct figure_source source)
{
    return source.aspect == 0 || (source.indicator == IND_CSAT && source.aspect <= s->aspects);
}

const char *figure_name(const struct settings *s, struct figure_source source)
{
    return source.aspect > 0 ? s->aspect[source.aspect - 1]
                             : custom_name(s, (enum indicator)source.indicator);
}

struct span figure_span(const struct settings *s, struct figure_source source)
{
    return custom_span(s, (enum indicator)source.indicator, (enum indicator_field)source.field);
}

uint32_t figure_scopes(const struct settings *s, struct figure_source source)
{
    return custom_scopes(s, (enum indicator)source.indicator);
}

/* Of how many cases there are behind a value nobody says whether more of them is good. */
enum direction figure_direction(const struct settings *s, struct figure_source source)
{
    enum indicator i = (enum indicator)source.indicator;
    switch ((enum indicator_field)source.field) {
    case IF_MET:
    case IF_ATTAINMENT:
        return DIRECTION_MORE;
    case IF_MISSED:
        return DIRECTION_LESS;
    case IF_N:
    case IF_DEN:
    case IF_PENDING:
    case IF_END:
        return DIRECTION_NEITHER;
    case IF_NUM:
    case IF_VALUE:
    case IF_MEAN:
    case IF_MIN:
    case IF_MAX:
    case IF_P50:
    case IF_P75:
    case IF_P90:
    case IF_P95:
    case IF_P99:
    case IF_VALUE_MATURE:
        break;
    }
    return custom_direction(s, i);
}

bool figure_is_count(struct figure_source source)
{
    enum indicator_field f = (enum indicator_field)source.field;
    return f == IF_N || f == IF_NUM || f == IF_DEN || f == IF_MET || f == IF_MISSED ||
           indicator_kind((enum indicator)source.indicator) == IND_GAUGE;
}

static uint32_t inputs_of_terms(const struct indicator_term *terms)
{
    uint32_t inputs = 0;
    for (int i = 0; i < INDICATOR_TERMS_MAX && terms[i].sign != 0; i++)
        inputs |= 1u << terms[i].family;
    return inputs;
}

uint32_t figure_inputs(const struct settings *s, struct figure_source source)
{
    const struct indicator_row *row = custom_row(s, (enum indicator)source.indicator);
    switch (indicator_kind((enum indicator)source.indicator)) {
    case IND_GAUGE:
        return 1u << TOUCH_GAUGES;
    case IND_DURATION:
        if (row->target != TARGET_NONE &&
            (source.field == IF_MISSED || source.field == IF_ATTAINMENT))
            return 1u << row->family | 1u << FAM_MARKS;
        return 1u << row->family;
    case IND_MEAN:
        return 1u << row->family;
    case IND_COUNT:
    case IND_RATIO:
    case IND_NUMBER:
    case IND_SHARE:
    case IND_CUSTOM:
        break;
    }
    uint32_t inputs = inputs_of_terms(row->num) | inputs_of_terms(row->den);
    if (row->rather != NULL)
        inputs |= inputs_of_terms(row->rather->num) | inputs_of_terms(row->rather->den);
    return inputs;
}

ms_t figure_order(struct board *b, enum scope scope, uint32_t index, uint32_t window,
                  struct figure_source source)
{
    static const uint8_t quantile[IF_END] = {
        [IF_P50] = 0, [IF_P75] = 1, [IF_P90] = 2, [IF_P95] = 3, [IF_P99] = 4};
    const struct indicator_row *row = &indicator_rows[source.indicator];
    struct window_order order;
    board_order(b, scope, index, row->family, row->column, window, &order);
    if (source.field == IF_MIN || source.field == IF_MAX)
        return source.field == IF_MIN ? order.min : order.max;
    return order.q[quantile[source.field]];
}

/* One name being read. */
struct reading {
    struct board *b;
    enum scope scope;
    uint32_t index, window;
    uint32_t known; /* bits FAM_x: those in `numbers` */
    struct window_numbers numbers[FAM_N];
};

/* A whole number, in the millionths of thresholds. */
static struct figure count_of(int64_t count)
{
    return (struct figure){.count = true,
                           .n = count > 0 ? (uint32_t)count : 0,
                           .top = (__int128)count * NUMBER_ONE,
                           .bottom = 1,
                           .since = MS_NONE};
}

static struct figure fraction_of(__int128 top, int64_t bottom)
{
    bool empty = bottom <= 0;
    return (struct figure){.n = empty ? 0 : (uint32_t)bottom,
                           .top = empty ? 0 : top,
                           .bottom = empty ? 0 : bottom,
                           .since = MS_NONE};
}

static struct figure order_of(const struct reading *r, struct figure_source source, uint32_t n)
{
    struct figure f = {.n = n, .since = MS_NONE};
    if (n == 0)
        return f;
    f.top = figure_order(r->b, r->scope, r->index, r->window, source);
    f.bottom = 1;
    return f;
}

/* Durations and means: fields of one column of a family. */
static struct figure column_of(const struct reading *r, struct figure_source source)
{
    const struct indicator_row *row = &indicator_rows[source.indicator];
    const struct window_numbers *own = &r->numbers[row->family];
    enum indicator_field field = (enum indicator_field)source.field;
    if (field == IF_N)
        return count_of(own->n[row->column]);
    if (field == IF_MEAN)
        return fraction_of(own->sum[row->column], own->n[row->column]);
    if (figure_percent(field) >= 0)
        return order_of(r, source, own->n[row->column]);
    bool judged = row->target != TARGET_NONE;
    int64_t met = judged ? own->flag[row->met] : 0;
    if (field == IF_MET)
        return count_of(met);
    int64_t missed = judged ? r->numbers[FAM_MARKS].flag[MARKS_MISSED + row->target] : 0;
    if (field == IF_MISSED)
        return count_of(missed);
    CHECK(field == IF_ATTAINMENT);
    return fraction_of((__int128)met * NUMBER_ONE, met + missed);
}

/* Counts, ratios and numbers: fields of sums over flags. */
static struct figure terms_of(const struct reading *r, struct figure_source source)
{
    const struct indicator_row *row = &indicator_rows[source.indicator];
    struct ratio ratio = ratio_of(row, r->numbers);
    if (source.field == IF_DEN)
        return count_of(ratio.den);
    if (source.field == IF_NUM)
        return count_of(ratio.num);
    if (source.field == IF_VALUE)
        return fraction_of((__int128)ratio.num * NUMBER_ONE, ratio.den);
    struct ratio pending = ratio_pending(r->b, r->scope, r->index, r->window, row, &ratio);
    if (source.field == IF_PENDING)
        return count_of(pending.den);
    ratio = ratio_mature(&ratio, &pending);
    return fraction_of((__int128)ratio.num * NUMBER_ONE, ratio.den);
}

/* Shares of time: times in ms; behind a value stand its whole minutes. */
static struct figure share_of(const struct reading *r, struct figure_source source)
{
    const struct indicator_row *row = &indicator_rows[source.indicator];
    int64_t num = indicator_terms(row->num, r->numbers),
            den = indicator_terms(row->den, r->numbers);
    if (source.field == IF_VALUE) {
        struct figure f = fraction_of((__int128)num * NUMBER_ONE, den);
        f.n = (uint32_t)ms_min(den / MS_MINUTE, UINT32_MAX);
        return f;
    }
    struct figure f = count_of(0);
    f.top = source.field == IF_NUM ? num : den;
    f.n = (uint32_t)ms_min((int64_t)f.top / MS_MINUTE, UINT32_MAX);
    return f;
}

/* The part of ratings of one aspect; 0: nobody was ever rated by it there. */
static handle_t part_of(const struct board *b, enum scope scope, uint32_t index,
                        struct figure_source source)
{
    CHECK(scope < SCOPE_N); /* hours are not told of parts */
    uint32_t aspect =
        name_find(board_aspects(b), settings_aspect(board_settings(b), source.aspect));
    return aspect == 0 ? 0 : board_part_find(b, PART_RATED, scope, index, aspect);
}

static struct figure aspect_of(const struct reading *r, struct figure_source source)
{
    handle_t h = part_of(r->b, r->scope, r->index, source);
    struct window_numbers n = {0};
    if (h != 0)
        board_part_numbers(r->b, h, r->window, &n);
    return source.field == IF_N ? count_of(n.n[RATINGS_CSAT])
                                : fraction_of(n.sum[RATINGS_CSAT], n.n[RATINGS_CSAT]);
}

ms_t figure_next_change(struct board *b, enum scope scope, uint32_t index, uint32_t window,
                        struct figure_source source)
{
    handle_t h = source.aspect == 0 ? 0 : part_of(b, scope, index, source);
    return h == 0 ? MS_NEVER : board_part_next_change(b, h, window);
}

static uint32_t whole_of(int64_t millionths)
{
    return millionths < 0 ? 0 : (uint32_t)ms_min(millionths / NUMBER_ONE, UINT32_MAX);
}

struct figure figure_custom(const struct custom_value *v, enum indicator_field field)
{
    if (field == IF_N)
        return count_of(v->n);
    if (field == IF_MEAN)
        return fraction_of(v->num, v->n);
    if (field == IF_VALUE) {
        struct figure f = fraction_of((__int128)v->num * NUMBER_ONE, v->den);
        f.n = whole_of(v->den); /* contacts behind a conversion */
        return f;
    }
    CHECK(field == IF_NUM || field == IF_DEN);
    struct figure f = count_of(0);
    f.top = field == IF_NUM ? v->num : v->den;
    f.n = whole_of((int64_t)f.top);
    return f;
}

static struct figure custom_figure(const struct reading *r, struct figure_source source)
{
    const struct custom_setting *c =
        custom_of(board_settings(r->b), (enum indicator)source.indicator);
    struct custom_value v = {0};
    if (c != NULL)
        v = custom_read(c, r->numbers);
    return figure_custom(&v, (enum indicator_field)source.field);
}

static struct figure gauge_of(const struct reading *r, struct figure_source source)
{
    enum indicator i = (enum indicator)source.indicator;
    int64_t v = board_gauge(r->b, r->scope, r->index, i, NULL);
    if (!indicator_field_is_ms(i, (enum indicator_field)source.field))
        return count_of(v);
    ms_t age = v == MS_NONE ? 0 : ms_max(0, board_at(r->b) - v);
    return (struct figure){.count = true, .n = v != MS_NONE, .top = age, .bottom = 1, .since = v};
}

static struct figure figure_of(struct reading *r, struct figure_source source)
{
    const struct settings *s = board_settings(r->b);
    uint32_t inputs = figure_inputs(s, source);
    if (inputs == 1u << TOUCH_GAUGES)
        return gauge_of(r, source);
    if (source.aspect != 0)
        return aspect_of(r, source);
    for (uint32_t missing = inputs & ~r->known; missing != 0; missing &= missing - 1) {
        uint32_t f = (uint32_t)__builtin_ctz(missing);
        board_numbers(r->b, r->scope, r->index, f, r->window, &r->numbers[f]);
    }
    r->known |= inputs;
    enum indicator_kind kind = indicator_kind((enum indicator)source.indicator);
    if (kind == IND_SHARE)
        return share_of(r, source);
    if (kind == IND_CUSTOM)
        return custom_figure(r, source);
    return kind == IND_DURATION || kind == IND_MEAN ? column_of(r, source) : terms_of(r, source);
}

void figures_read(struct board *b, enum scope scope, uint32_t index, uint32_t window,
                  const struct figure_source *source, uint32_t n, struct figure *ret)
{
    struct reading r;
    r.b = b; /* not the numbers: they are large, and written before they are read */
    r.scope = scope;
    r.index = index;
    r.window = window;
    r.known = 0;
    for (uint32_t i = 0; i < n; i++)
        ret[i] = figure_of(&r, source[i]);
}
