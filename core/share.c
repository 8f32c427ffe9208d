#include "core/share.h"

#include "core/event.h"
#include "core/part.h"

uint32_t share_whole(struct board *b, const struct rule_setting *rule, uint32_t index)
{
    const struct mix_kind *mix = &mixes[rule->mix];
    struct window_numbers n;
    board_numbers(b, (enum scope)rule->scope, index, mix->family, rule->window, &n);
    return n.flag[mix->flag];
}

void share_read(struct board *b, const struct rule_setting *rule, uint32_t index, uint32_t part,
                struct measure *ret)
{
    enum part_kind kind = (enum part_kind)rule->mix;
    handle_t h = board_part_find(b, kind, (enum scope)rule->scope, index, part);
    struct window_numbers n = {0};
    if (h != 0)
        board_part_numbers(b, h, rule->window, &n);
    *ret = (struct measure){.grows_since = MS_NONE, .now = board_at(b)};
    ret->n = share_whole(b, rule, index);
    ret->empty = ret->n == 0 || ret->n < rule->min_n;
    ret->top = (__int128)n.samples * NUMBER_ONE;
    ret->bottom = ret->n;
    ret->value_now = n.samples;
}

ms_t share_next_change(struct board *b, const struct rule_setting *rule, uint32_t index)
{
    enum scope scope = (enum scope)rule->scope;
    ms_t next = board_next_change(b, scope, index, mixes[rule->mix].family, rule->window);
    bool sliding = board_settings(b)->window[rule->window].kind == WINDOW_SLIDING;
    return sliding ? next : ms_min(next, board_next_calendar(b));
}
