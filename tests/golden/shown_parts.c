#include "tests/golden/shown_parts.h"

#include "core/event.h"
#include "core/trace.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 256 };

static uint32_t show_mix(const struct kpi_mix *mix, const char *name,
                         void (*print)(void *ctx, const char *line), void *ctx)
{
    char line[LINE_MAX_BYTES], value[64];
    for (uint32_t i = 0; i < mix->listed; i++) {
        const struct kpi_part *p = &mix->part[i];
        trace_number(value, sizeof value, (int64_t)(p->num * NUMBER_ONE / mix->den));
        snprintf(line, sizeof line, "%s %.*s num=%llu den=%llu value=%s%s", name, (int)p->name.len,
                 p->name.p, (unsigned long long)p->num, (unsigned long long)mix->den, value,
                 p->flagged ? " flagged" : "");
        print(ctx, line);
    }
    if (mix->parts > mix->listed) {
        snprintf(line, sizeof line, "%s and %u more", name, mix->parts - mix->listed);
        print(ctx, line);
    }
    return mix->listed;
}

uint32_t shown_parts(const struct kpi_window *w, struct str indicator,
                     void (*print)(void *ctx, const char *line), void *ctx)
{
    char name[LINE_MAX_BYTES], line[2 * LINE_MAX_BYTES], mean[64];
    uint32_t shown = 0;
    for (uint32_t k = 0; k < MIX_N; k++) {
        snprintf(name, sizeof name, "mix.%s.%s", mixes[k].of, mixes[k].by);
        if (str_equal(indicator, str_of(name)))
            shown += show_mix(&w->mix[k], name, print, ctx);
    }
    for (uint32_t i = 0; i < w->aspects; i++) {
        const struct kpi_aspect *a = &w->aspect[i];
        snprintf(name, sizeof name, "csat.%.*s", (int)a->name.len, a->name.p);
        if (!str_equal(indicator, str_of(name)))
            continue;
        trace_number(mean, sizeof mean, a->sum / (int64_t)a->n);
        snprintf(line, sizeof line, "%s n=%llu mean=%s", name, (unsigned long long)a->n, mean);
        print(ctx, line);
        shown++;
    }
    return shown;
}
