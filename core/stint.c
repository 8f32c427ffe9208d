#include "core/stint.h"

void stint_edge(struct window_sample *s, uint32_t column, bool begins)
{
    CHECK(column < STINTS_COLUMNS && s->ts >= 0 && s->ts < STINT_SPAN);
    CHECK((s->present >> column & 1) == 0);
    s->present |= 1u << column;
    s->value[column] = begins ? s->ts : STINT_SPAN - s->ts;
    if (!begins)
        s->flags |= 1u << (STINTS_END + column);
}

int64_t stint_rise(const struct window_numbers *n, uint32_t column)
{
    return (int64_t)n->n[column] - 2 * (int64_t)n->flag[STINTS_END + column];
}

ms_t stint_time(const struct window_numbers *n, uint32_t column, int64_t level, ms_t from, ms_t at)
{
    uint64_t ends = n->flag[STINTS_END + column];
    uint64_t rise = (uint64_t)stint_rise(n, column); /* modulo 2^64, like all of this */
    uint64_t instants = (uint64_t)n->sum[column] - ends * (uint64_t)STINT_SPAN;
    uint64_t time = (uint64_t)(at - from) * ((uint64_t)level - rise);
    time += (uint64_t)at * rise - instants;
    return (int64_t)time < 0 ? 0 : (ms_t)time;
}
