#include "core/edge.h"

STATIC_ASSERT(HORIZON_N - 1 <= HORIZONS_MAX, "room for each");

sec_t edge_seconds(const struct settings *s, enum horizon h)
{
    return (settings_horizon(s, h) + MS_SECOND - 1) / MS_SECOND;
}

static uint8_t pending_of(struct windows_setup *setup, sec_t length, sec_t longest)
{
    if (length == 0)
        return EDGE_NONE;
    for (uint32_t w = 0; w < setup->windows; w++)
        if (!setup->calendar[w] && setup->length[w] == length)
            return (uint8_t)w;
    if (length >= longest)
        return EDGE_ALL;
    CHECK(setup->windows < EDGES_MAX);
    setup->length[setup->windows] = length;
    return (uint8_t)setup->windows++;
}

void edges_plan(const struct settings *s, struct windows_setup *setup, struct edges *ret)
{
    sec_t longest = 0;
    *ret = (struct edges){0};
    setup->windows = s->windows;
    for (uint32_t w = 0; w < s->windows; w++) {
        setup->length[w] = s->window[w].length;
        setup->calendar[w] = s->window[w].kind != WINDOW_SLIDING;
    }
    for (uint32_t left = s->compared; left != 0; left &= left - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(left);
        ret->twice[w] = (uint8_t)setup->windows;
        setup->length[setup->windows++] = 2 * s->window[w].length;
    }
    for (uint32_t w = 0; w < setup->windows; w++)
        longest = setup->length[w] > longest ? setup->length[w] : longest;
    for (enum horizon h = 0; h < HORIZON_N; h++)
        ret->pending[h] = pending_of(setup, edge_seconds(s, h), longest);
}
