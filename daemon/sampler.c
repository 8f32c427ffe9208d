#include "daemon/sampler.h"

#include "core/zone.h"

#include <uv.h>

/* The shortest window that is at least so long, else the longest. */
static uint32_t window_of(const struct settings *settings, sec_t length)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < settings->windows; i++) {
        sec_t has = settings->window[best].length, other = settings->window[i].length;
        bool suits = other >= length && (has < length || other < has);
        best = suits || (has < length && other > has) ? i : best;
    }
    return best;
}

static void put(struct sampler *s, struct outlet *o, ms_t step, ms_t at, uint32_t window, int n)
{
    const struct settings *settings = &o->config->settings;
    struct str name = engine_name(o->engine, (enum scope)s->scope, s->index);
    const struct archive_sample sample = {.step = step,
                                          .at = at,
                                          .scope = s->scope,
                                          .name = name.len > 0 ? name : str_of("-"),
                                          .window = str_of(settings->window[window].name),
                                          .numbers = {o->buf, (uint32_t)n}};
    recorder_sample(o->record, &sample);
}

/* The name at hand. Returns whether it cost a snapshot. */
static bool sample(struct sampler *s, struct outlet *o)
{
    const struct settings *settings = &o->config->settings;
    enum scope scope = (enum scope)s->scope;
    uint32_t hour = window_of(settings, 3600), day = window_of(settings, 86400);
    bool minutely = scope == SCOPE_ALL || scope == SCOPE_TEAM;
    bool hourly = s->hourly && scope != SCOPE_AGENT;
    int n = minutely || hourly ? outlet_sample(o, scope, s->index, hour) : 0;
    if (n > 0 && minutely)
        put(s, o, ARCHIVE_MINUTE, s->minute, hour, n);
    if (n > 0 && hourly)
        put(s, o, ARCHIVE_HOUR, s->hour, hour, n);
    n = s->daily ? outlet_sample(o, scope, s->index, day) : 0;
    if (n > 0)
        put(s, o, ARCHIVE_DAY, s->day, day, n);
    return minutely || hourly || s->daily;
}

static void begin(struct sampler *s, const struct outlet *o, ms_t at)
{
    const struct settings *settings = &o->config->settings;
    ms_t hour = at / ARCHIVE_HOUR * ARCHIVE_HOUR;
    ms_t day = zone_day_start(&settings->zone, sec_floor(at)) * MS_SECOND;
    s->minute = at / ARCHIVE_MINUTE * ARCHIVE_MINUTE;
    s->hourly = hour != s->hour && at - hour <= SAMPLER_LATE_HOUR;
    s->daily = day != s->day && at - day <= SAMPLER_LATE_DAY;
    s->hour = hour;
    s->day = day;
    s->running = true;
    s->scope = SCOPE_ALL;
    s->index = 1;
}

static bool is_kept(const struct outlet *o, uint8_t scope)
{
    return scope == SCOPE_ALL || (o->config->settings.scopes >> scope & 1) != 0;
}

void sampler_work(struct sampler *s, struct outlet *o, ms_t at)
{
    if (o->record == NULL)
        return;
    /* A clock that was set back is an ordinary one; rows that are there stay. */
    if (!s->running && at / ARCHIVE_MINUTE * ARCHIVE_MINUTE != s->minute)
        begin(s, o, at);
    s->waits = recorder_backlog(o->record) > SAMPLER_WAITING_BYTES;
    if (s->waits)
        return; /* its next commit wakes the loop up */
    uint64_t end = uv_hrtime() + SAMPLER_SLICE_NS;
    while (s->running) {
        bool over =
            !is_kept(o, s->scope) || s->index > engine_names(o->engine, (enum scope)s->scope);
        if (over) {
            s->index = 1;
            s->running = ++s->scope < SCOPE_N;
            continue;
        }
        bool cost = sample(s, o);
        s->index++;
        if (cost && uv_hrtime() >= end)
            return;
        if (!cost) { /* nobody of this scope is due */
            s->index = 1;
            s->running = ++s->scope < SCOPE_N;
        }
    }
}
