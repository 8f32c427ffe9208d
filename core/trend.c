#include "core/trend.h"

#include "core/event.h"
#include "core/slice.h"

static int64_t floor_of(const struct figure *f)
{
    if (f->bottom == 0)
        return 0;
    __int128 down = f->top < 0 && f->top % f->bottom != 0;
    return (int64_t)(f->top / f->bottom - down);
}

static bool is_thin(const struct rule_setting *rule, const struct figure *now,
                    const struct figure *before)
{
    if (now->bottom == 0 || before->bottom == 0 || before->n < rule->min_n)
        return true;
    return !now->count && now->n < rule->min_n;
}

void trend_of(const struct rule_setting *rule, const struct figure *now,
              const struct figure *before, struct measure *ret)
{
    ret->n = now->n;
    ret->n_before = before->n;
    ret->value_now = floor_of(now);
    ret->value_before = floor_of(before);
    ret->empty = is_thin(rule, now, before) || (!rule->absolute && before->top == 0);
    if (ret->empty)
        return;
    __int128 change = now->top * before->bottom - before->top * now->bottom;
    __int128 old = (before->top < 0 ? -before->top : before->top) * now->bottom;
    ret->top = rule->absolute ? change : change * NUMBER_ONE;
    ret->bottom = rule->absolute ? (__int128)now->bottom * before->bottom : old;
}

void trend_read(struct board *b, const struct rule_setting *rule, uint32_t index,
                struct measure *ret)
{
    struct figure_source source = {rule->indicator, rule->field, rule->aspect};
    struct figure now, before;
    enum scope view = board_view(b, (enum scope)rule->scope, str_of(rule->when));
    figures_read(b, view, index, rule->window, &source, 1, &now);
    figures_read(b, view, index, rule->window | BOARD_BEFORE, &source, 1, &before);
    trend_of(rule, &now, &before, ret);
    ret->work = 1;
    if (figure_percent((enum indicator_field)rule->field) >= 0)
        ret->work += (now.n + before.n) / TREND_WORK;
}
