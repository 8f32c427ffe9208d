#include "core/snapshot.h"

#include "core/policy.h"
#include "core/ratio.h"

/* One name being read. */
struct reading {
    struct board *b;
    const struct settings *s;
    enum scope scope;
    uint32_t index;
    uint32_t windows;
    struct window_numbers numbers[FAM_N]; /* of the window at hand */
    struct window_order orders[FAM_N][WINDOWS_MAX][WINDOW_COLUMNS_MAX];
};

static void read_orders(struct reading *r)
{
    static const uint8_t families[] = {FAM_REPLIES, FAM_RESOLVES, FAM_CALLS, FAM_VISITS};
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        uint32_t f = families[i];
        board_orders(r->b, r->scope, r->index, f, r->windows,
                     (1u << indicator_families[f].columns) - 1, r->orders[f]);
    }
}

static bool duration(const struct settings *s, const struct window_numbers numbers[FAM_N],
                     const struct window_order *order, const struct indicator_row *row,
                     struct kpi_value *v)
{
    const struct window_numbers *n = &numbers[row->family];
    v->n = n->n[row->column];
    v->sum = n->sum[row->column];
    v->order = *order;
    if (row->target == TARGET_NONE)
        return v->n > 0;
    v->target = s->target[row->target];
    v->met = n->flag[row->met]; /* against a site-wide target or a policy's */
    v->missed = numbers[FAM_MARKS].flag[MARKS_MISSED + row->target];
    bool agreed = v->target > 0 || (s->sla != NULL && s->sla->policies > 0);
    if (row->target == TARGET_FIRST_RESPONSE && agreed) /* strict against what, otherwise? */
        v->strict_missed = numbers[FAM_RESOLVES].flag[RESOLVES_UNANSWERED];
    bool business = indicator_is_business((enum indicator)v->indicator);
    return v->n > 0 || (!business && v->met + v->missed + v->strict_missed > 0);
}

static bool ratio_value(const struct settings *s, const struct window_numbers numbers[FAM_N],
                        const struct indicator_row *row, struct kpi_value *v)
{
    struct ratio ratio = ratio_of(row, numbers);
    v->num = ratio.num;
    v->den = ratio.den;
    if (row->horizon >= HORIZON_FOLLOW_UP && settings_horizon(s, row->horizon) == 0)
        return false; /* a round that nobody asks for */
    return v->den > 0;
}

static bool custom_value(const struct custom_setting *c, const struct window_numbers *numbers,
                         struct kpi_value *v)
{
    struct custom_value got = custom_read(c, numbers);
    v->n = got.n;
    v->num = got.num;
    v->den = got.den;
    return v->n > 0 || v->num != 0 || v->den != 0;
}

bool snapshot_value(const struct settings *s, const struct window_numbers numbers[FAM_N],
                    const struct window_order *order, enum indicator i, struct kpi_value *v)
{
    const struct custom_setting *c = custom_of(s, i);
    const struct indicator_row *row = &indicator_rows[i];
    *v = (struct kpi_value){.indicator = (uint16_t)i};
    switch (indicator_kind(i)) {
    case IND_DURATION:
        return duration(s, numbers, order, row, v);
    case IND_MEAN:
        v->n = numbers[row->family].n[row->column];
        v->sum = numbers[row->family].sum[row->column];
        return v->n > 0;
    case IND_COUNT:
        v->num = indicator_terms(row->num, numbers);
        return v->num > 0;
    case IND_RATIO:
    case IND_NUMBER:
    case IND_SHARE:
        return ratio_value(s, numbers, row, v);
    case IND_CUSTOM:
        return c != NULL && custom_value(c, numbers, v);
    case IND_GAUGE:
        break;
    }
    return false;
}

static bool value_of(const struct reading *r, uint32_t w, enum indicator i, struct kpi_value *v)
{
    const struct indicator_row *row = &indicator_rows[i];
    if (!snapshot_value(r->s, r->numbers, &r->orders[row->family][w][row->column], i, v))
        return false;
    if (row->horizon != HORIZON_NONE) {
        struct ratio whole = {v->num, v->den};
        struct ratio pending = ratio_pending(r->b, r->scope, r->index, w, row, &whole);
        v->pending = pending.den;
        v->pending_num = pending.num;
    }
    return true;
}

static ms_t fill_window(struct reading *r, uint32_t w, ms_t started_at, struct kpi_window *ret)
{
    ms_t next = MS_NEVER;
    const struct entity *e = board_entity(r->b, r->scope, r->index);
    for (uint32_t f = 0; f < FAM_N; f++) {
        board_numbers(r->b, r->scope, r->index, f, w, &r->numbers[f]);
        bool ahead = (sec_t)e->log[f].newest > sec_floor(board_at(r->b)); /* of the clock */
        if (r->numbers[f].samples > 0 || ahead)
            next = ms_min(next, board_next_change(r->b, r->scope, r->index, f, w));
    }
    ret->window = (uint8_t)w;
    ret->from = board_window_from(r->b, w);
    ret->covered_from = started_at == MS_NONE ? ret->from : ms_max(ret->from, started_at);
    ret->slot_ms = board_slot_ms(r->b, r->scope, r->index, w);
    snapshot_wholes(r->numbers, ret);
    ret->values = 0;
    for (uint32_t i = 0; i < KPI_VALUES_MAX; i++)
        if (value_of(r, w, (enum indicator)i, &ret->value[ret->values])) {
            if (ret->value[ret->values++].pending > 0)
                next = ms_min(next,
                              ratio_next_change(r->b, r->scope, r->index, w, &indicator_rows[i]));
        }
    if (r->s->window[w].kind != WINDOW_SLIDING && ret->values > 0)
        next = ms_min(next, board_next_calendar(r->b));
    return next;
}

static void fill_gauges(const struct reading *r, struct snapshot *ret)
{
    for (uint32_t g = 0; g < GAUGES; g++) {
        enum indicator i = (enum indicator)(g + KPI_VALUES_MAX);
        struct str of;
        int64_t v = board_gauge(r->b, r->scope, r->index, i, &of);
        bool age = i == IND_OLDEST_OPEN || i == IND_OLDEST_WAITING || i == IND_LONGEST_CALL;
        if (age)
            v = v == MS_NONE ? 0 : ms_max(0, ret->at - v);
        ret->gauge[g] = v;
        if (of.len > 0)
            memcpy(ret->gauge_text[g], of.p, of.len);
        ret->gauge_of[g] = (struct str){ret->gauge_text[g], of.len};
    }
}

ms_t snapshot_take(struct board *b, const struct settings *s, enum scope scope, uint32_t index,
                   uint32_t windows, ms_t started_at, struct snapshot *ret)
{
    struct reading r = {.b = b, .s = s, .scope = scope, .index = index, .windows = windows};
    const struct names *names = board_names(b, scope);
    ms_t next = MS_NEVER;
    ret->scope = (uint8_t)scope;
    ret->name = name_text(names, index);
    ret->title = name_title(names, index);
    ret->at = board_at(b);
    ret->windows = 0;
    if (windows != 0)
        read_orders(&r);
    for (uint32_t w = 0; w < s->windows; w++)
        if ((windows >> w & 1) != 0)
            next = ms_min(next, fill_window(&r, w, started_at, &ret->window[ret->windows++]));
    next = ms_min(next, snapshot_parts(b, s, scope, index, ret));
    fill_gauges(&r, ret);
    return next;
}
