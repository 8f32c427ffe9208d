#include "tests/lib/presence_oracle.h"

#include <stdlib.h>

enum { REACH = 24 * MS_HOUR, AGENTS = 64 };

/* A shift that nobody refuses. */
static bool is_shift(const struct event *e)
{
    return e->kind == EV_SHIFT && e->to >= e->from && e->to - e->from <= 31 * MS_DAY &&
           e->from <= e->ts + 400 * MS_DAY;
}

/* The last agent_state of an agent up to an instant, if it is still believed then. */
static const struct event *state_at(const struct event *events, uint32_t n,
                                    const struct settings *s, struct str agent, ms_t at)
{
    const struct event *last = NULL;
    for (uint32_t i = 0; i < n; i++)
        if (events[i].kind == EV_AGENT_STATE && str_equal(events[i].agent, agent) &&
            events[i].ts <= at)
            last = &events[i];
    return last != NULL && at < last->ts + s->presence_timeout ? last : NULL;
}

int presence_state(const struct event *events, uint32_t n, const struct settings *s,
                   struct str agent, ms_t at)
{
    const struct event *e = state_at(events, n, s, agent, at);
    return e == NULL ? -1 : e->state;
}

/* Since when a shift counts: a day before it was first told at the most. Of several that say the
 * same beginning the last one holds. NULL: this one does not. */
static ms_t shift_counts(const struct event *events, uint32_t n, uint32_t which)
{
    const struct event *shift = &events[which];
    ms_t counts = MS_NEVER;
    for (uint32_t i = 0; i < n; i++) {
        const struct event *e = &events[i];
        if (!is_shift(e) || !str_equal(e->agent, shift->agent) || e->from != shift->from)
            continue;
        if (i > which)
            return MS_NEVER; /* said again later */
        counts = ms_min(counts, ms_max(e->from, e->ts - REACH));
    }
    return counts;
}

/* The shift that an agent is on at an instant: of several, the one that counted first. */
static const struct event *shift_at(const struct event *events, uint32_t n, struct str agent,
                                    ms_t at)
{
    const struct event *on = NULL;
    ms_t since = MS_NEVER;
    for (uint32_t i = 0; i < n; i++) {
        const struct event *e = &events[i];
        if (!is_shift(e) || !str_equal(e->agent, agent) || at >= e->to || at < e->from)
            continue;
        ms_t counts = shift_counts(events, n, i);
        if (at < counts || counts > since || (counts == since && on != NULL && e->from > on->from))
            continue;
        since = counts;
        on = e;
    }
    return on;
}

/* The last team that agent_info gave him, of the events before one of them or up to an instant. */
static struct str own_team(const struct event *events, uint32_t n, struct str agent,
                           const struct event *before, ms_t at)
{
    struct str team = {0};
    for (uint32_t i = 0; i < n && &events[i] != before; i++)
        if (events[i].kind == EV_AGENT_INFO && str_equal(events[i].agent, agent) &&
            event_names(&events[i], F_TEAM) && events[i].ts <= at)
            team = event_has(&events[i], F_TEAM) ? events[i].team : (struct str){0};
    return team;
}

/* A state without a team is for his own team of the moment, a shift for that of when it was
 * said. */
static bool counts_for(const struct event *events, uint32_t n, const struct event *e,
                       enum scope scope, const char *name, ms_t at)
{
    if (name == NULL)
        return true;
    if (scope == SCOPE_AGENT)
        return str_equal(e->agent, str_of(name));
    if (event_names(e, F_TEAM))
        return event_has(e, F_TEAM) && str_equal(e->team, str_of(name));
    bool shift = e->kind == EV_SHIFT;
    struct str own = own_team(events, n, e->agent, shift ? e : NULL, shift ? MS_NEVER : at);
    return own.len > 0 && str_equal(own, str_of(name));
}

/* Everybody who is named. */
static uint32_t agents_of(const struct event *events, uint32_t n, struct str ret[AGENTS])
{
    uint32_t agents = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        while (k < agents && !str_equal(ret[k], events[i].agent))
            k++;
        bool counts = events[i].kind == EV_AGENT_STATE || events[i].kind == EV_SHIFT;
        if (counts && k == agents) {
            CHECK(agents < AGENTS);
            ret[agents++] = events[i].agent;
        }
    }
    return agents;
}

struct presence_count presence_counts(const struct event *events, uint32_t n,
                                      const struct settings *s, enum scope scope, const char *name,
                                      ms_t at)
{
    struct str agent[AGENTS];
    struct presence_count ret = {0};
    for (uint32_t a = agents_of(events, n, agent); a-- > 0;) {
        const struct event *e = state_at(events, n, s, agent[a], at);
        if (e == NULL || !counts_for(events, n, e, scope, name, at))
            continue;
        ret.available += e->state == PRESENCE_AVAILABLE;
        ret.busy += e->state == PRESENCE_BUSY;
        ret.wrap_up += e->state == PRESENCE_WRAP_UP;
        ret.on_break += e->state == PRESENCE_BREAK;
    }
    return ret;
}

static int by_time(const void *a, const void *b)
{
    ms_t x = *(const ms_t *)a, y = *(const ms_t *)b;
    return (x > y) - (x < y);
}

/* Every instant at which anything can change, sorted, inside [from, at]. */
static uint32_t instants(const struct event *events, uint32_t n, const struct settings *s,
                         ms_t from, ms_t at, ms_t *ret)
{
    uint32_t k = 0;
    ret[k++] = from;
    for (uint32_t i = 0; i < n; i++) {
        const struct event *e = &events[i];
        const ms_t of_state[] = {e->ts, e->ts + s->presence_timeout};
        const ms_t of_shift[] = {e->from, e->to, e->ts - REACH};
        bool shift = e->kind == EV_SHIFT;
        const ms_t *all = shift ? of_shift : of_state;
        bool state = e->kind == EV_AGENT_STATE || e->kind == EV_AGENT_INFO;
        for (uint32_t j = 0; j < (shift ? 3 : 2) && (shift || state); j++)
            if (all[j] > from && all[j] < at)
                ret[k++] = all[j];
    }
    qsort(ret, k, sizeof *ret, by_time);
    ret[k] = at;
    return k;
}

struct presence_time presence_times(const struct event *events, uint32_t n,
                                    const struct settings *s, enum scope scope, const char *name,
                                    ms_t from, ms_t at)
{
    struct str agent[AGENTS];
    struct presence_time ret = {0};
    uint32_t agents = agents_of(events, n, agent);
    ms_t *t = malloc((3 * (uint64_t)n + 2) * sizeof *t);
    CHECK(t != NULL);
    uint32_t parts = at <= from ? 0 : instants(events, n, s, from, at, t);
    for (uint32_t i = 0; i < parts; i++) {
        for (uint32_t a = 0; a < agents; a++) {
            ms_t part = t[i + 1] - t[i];
            const struct event *e = state_at(events, n, s, agent[a], t[i]);
            const struct event *shift = shift_at(events, n, agent[a], t[i]);
            bool in = e != NULL && e->state != PRESENCE_OFFLINE;
            bool occupied = in && (e->state == PRESENCE_BUSY || e->state == PRESENCE_WRAP_UP);
            bool online = occupied || (in && e->state == PRESENCE_AVAILABLE);
            if (e != NULL && counts_for(events, n, e, scope, name, t[i])) {
                ret.occupied += occupied ? part : 0;
                ret.online += online ? part : 0;
            }
            if (shift != NULL && counts_for(events, n, shift, scope, name, t[i])) {
                ret.rostered += part;
                ret.attended += in ? part : 0;
            }
        }
    }
    free(t);
    return ret;
}
