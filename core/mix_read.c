/* The parts of a snapshot: mixes, most first, and the ratings of every aspect. */
#include "core/snapshot.h"

#include "core/event.h"

/* One part of a mix; the least of too many is not told. */
static void tell(struct kpi_mix *mix, struct str name, uint32_t num)
{
    uint32_t at = mix->listed;
    mix->parts++;
    while (at > 0 &&
           (mix->part[at - 1].num < num ||
            (mix->part[at - 1].num == num && str_compare(name, mix->part[at - 1].name) < 0)))
        at--;
    if (at == MIX_TOP)
        return;
    if (mix->listed < MIX_TOP)
        mix->listed++;
    memmove(&mix->part[at + 1], &mix->part[at], (mix->listed - at - 1) * sizeof mix->part[0]);
    mix->part[at] = (struct kpi_part){.name = name, .num = num};
}

static void rate(struct kpi_window *w, struct str name, const struct window_numbers *n)
{
    uint32_t at = w->aspects++;
    CHECK(at < ARRAY_LEN(w->aspect));
    for (; at > 0 && str_compare(name, w->aspect[at - 1].name) < 0; at--)
        w->aspect[at] = w->aspect[at - 1];
    w->aspect[at] =
        (struct kpi_aspect){.name = name, .n = n->n[RATINGS_CSAT], .sum = n->sum[RATINGS_CSAT]};
}

void snapshot_wholes(const struct window_numbers numbers[FAM_N], struct kpi_window *ret)
{
    ret->aspects = 0;
    for (uint32_t k = 0; k < MIX_N; k++)
        ret->mix[k] = (struct kpi_mix){.den = numbers[mixes[k].family].flag[mixes[k].flag]};
}

ms_t snapshot_parts(struct board *b, const struct settings *s, enum scope scope, uint32_t index,
                    struct snapshot *ret)
{
    ms_t next = MS_NEVER;
    handle_t h = 0;
    const struct part *p;
    while ((p = board_part_next(b, scope, index, &h)) != NULL) {
        enum part_kind kind = (enum part_kind)p->kind;
        struct str name = board_part_text(b, kind, p->part);
        for (uint32_t i = 0; i < ret->windows; i++) {
            struct kpi_window *w = &ret->window[i];
            struct window_numbers n;
            board_part_numbers(b, h, w->window, &n);
            if (kind != PART_RATED && n.samples > 0)
                tell(&w->mix[kind], name, n.samples);
            else if (kind == PART_RATED && n.n[RATINGS_CSAT] > 0)
                rate(w, name, &n);
            if (kind == PART_RATED) /* parts of mixes change with their wholes */
                next = ms_min(next, board_part_next_change(b, h, w->window));
        }
    }
    for (uint32_t i = 0; i < ret->windows; i++)
        for (uint32_t k = 0; k < MIX_N; k++)
            for (uint32_t j = 0; j < ret->window[i].mix[k].listed; j++) {
                struct kpi_mix *mix = &ret->window[i].mix[k];
                mix->part[j].flagged = mix->part[j].num * 100 > s->flag_over * mix->den;
            }
    return next;
}
