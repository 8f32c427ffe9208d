#include "tests/lib/desk.h"

#include "tests/lib/terse.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* --- making -------------------------------------------------------------------------------- */

void *desk_map(uint64_t size)
{
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(mem != MAP_FAILED);
    return mem;
}

void desk_unmap(void *mem, uint64_t size)
{
    CHECK(munmap(mem, size) == 0);
}

struct desk *desk_new(void)
{
    static const char *const windows[DESK_WINDOWS] = {"5m", "1h", "24h"};
    struct desk *d = calloc(1, sizeof *d);
    CHECK(d != NULL);
    d->limits = (struct limits){.tickets = 100,
                                .history = 4000,
                                .ticket_events = 64,
                                .calls = 50,
                                .agents = 20,
                                .teams = 20,
                                .channels = 20,
                                .priorities = 20,
                                .categories = 20,
                                .sources = 8,
                                .chunks = 8000,
                                .ids = 5000,
                                .alerts = 100};
    settings_default(&d->settings);
    memset(d->settings.window, 0, sizeof d->settings.window);
    d->settings.windows = DESK_WINDOWS;
    for (uint32_t w = 0; w < DESK_WINDOWS; w++)
        CHECK(window_setting_parse(str_of(windows[w]), &d->settings.window[w]));
    d->started_at = MS_NONE;
    d->out = (struct outbox){.effects = d->effects, .cap = DESK_EFFECTS};
    return d;
}

void desk_open(struct desk *d)
{
    d->size = engine_size(&d->limits, &d->settings);
    d->mem = desk_map(d->size);
    d->out.n = 0;
    CHECK(engine_init(&d->e, d->mem, &d->limits, &d->settings, d->started_at) == 0);
}

void desk_close(struct desk *d)
{
    desk_unmap(d->mem, d->size);
    d->e = NULL;
}

void desk_free(struct desk *d)
{
    if (d->e != NULL)
        desk_close(d);
    free(d);
}

/* --- events -------------------------------------------------------------------------------- */

struct result desk_take(struct desk *d, const struct event *e)
{
    struct result r;
    d->out.n = 0;
    CHECK(engine_step(d->e, e, 1, &r, &d->out) == 1);
    return r;
}

struct result desk_say(struct desk *d, ms_t ts, const char *line)
{
    struct event e;
    terse_event(&e, ts, line);
    return desk_take(d, &e);
}

void desk_tick(struct desk *d, ms_t at)
{
    struct event tick = {.kind = EV_TICK, .rts = at};
    CHECK(desk_take(d, &tick).verdict == VERDICT_APPLIED);
}

/* --- numbers ------------------------------------------------------------------------------- */

/* Of one name, all windows in the mask; NULL when nobody has this name. */
static const struct snapshot *look(struct desk *d, enum scope s, const char *name, uint32_t windows)
{
    static struct snapshot snapshot;
    uint32_t index = engine_name_find(d->e, s, str_of(name));
    if (index == 0)
        return NULL;
    engine_snapshot(d->e, s, index, windows, &snapshot);
    return &snapshot;
}

struct kpi_value desk_value(struct desk *d, enum scope s, const char *name, enum indicator i,
                            uint32_t window)
{
    const struct snapshot *now = look(d, s, name, 1u << window);
    for (uint32_t v = 0; now != NULL && v < now->window[0].values; v++)
        if (now->window[0].value[v].indicator == i)
            return now->window[0].value[v];
    return (struct kpi_value){.indicator = (uint16_t)i};
}

int64_t desk_num(struct desk *d, enum scope s, const char *name, enum indicator i, uint32_t window)
{
    return desk_value(d, s, name, i, window).num;
}

ms_t desk_mean(struct desk *d, enum scope s, const char *name, enum indicator i, uint32_t window)
{
    struct kpi_value v = desk_value(d, s, name, i, window);
    return v.n == 0 ? -1 : v.sum / (int64_t)v.n;
}

int64_t desk_gauge(struct desk *d, enum scope s, const char *name, enum indicator gauge)
{
    const struct snapshot *now = look(d, s, name, 0);
    return now == NULL ? 0 : now->gauge[gauge - IND_GAUGE_FIRST];
}

static void say_values(FILE *to, const struct kpi_window *w)
{
    for (uint32_t i = 0; i < w->values; i++) {
        const struct kpi_value *v = &w->value[i];
        fprintf(to, "  %s n=%lu sum=%ld num=%ld/%ld met=%lu/%lu", indicator_name(v->indicator),
                v->n, v->sum, v->num, v->den, v->met, v->missed);
        if (v->n > 0 && v->order.n > 0)
            fprintf(to, " min=%ld p50=%ld p99=%ld max=%ld", v->order.min, v->order.q[0],
                    v->order.q[WINDOW_QUANTILES - 1], v->order.max);
        fprintf(to, "\n");
    }
}

static char *say_name(struct desk *d, enum scope s, uint32_t index)
{
    static struct snapshot now;
    char *text = NULL;
    size_t size, heading;
    FILE *to = open_memstream(&text, &size);
    engine_snapshot(d->e, s, index, (1u << d->settings.windows) - 1, &now);
    fprintf(to, "%s %.*s\n", scope_name(s), (int)now.name.len, now.name.p);
    fflush(to);
    heading = size;
    for (uint32_t w = 0; w < now.windows; w++) {
        if (now.window[w].values > 0)
            fprintf(to, " %s\n", d->settings.window[now.window[w].window].name);
        say_values(to, &now.window[w]);
    }
    for (uint32_t g = 0; g < GAUGES; g++)
        if (now.gauge[g] != 0)
            fprintf(to, " now %s %ld %.*s\n", indicator_name(IND_GAUGE_FIRST + g), now.gauge[g],
                    (int)now.gauge_of[g].len, now.gauge_of[g].p);
    fclose(to);
    if (size == heading) /* a name nothing is counted for may be there or not */
        text[0] = 0;
    return text;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *desk_numbers(struct desk *d)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    for (enum scope s = 0; s < SCOPE_N; s++) {
        uint32_t n = engine_names(d->e, s);
        char **parts = calloc(n + 1, sizeof *parts);
        for (uint32_t i = 0; i < n; i++)
            parts[i] = say_name(d, s, i + 1);
        qsort(parts, n, sizeof *parts, by_text);
        for (uint32_t i = 0; i < n; i++) {
            fputs(parts[i], to);
            free(parts[i]);
        }
        free(parts);
    }
    fclose(to);
    return text;
}
