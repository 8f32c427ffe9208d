#include "tests/lib/moments.h"

static const struct str nobody;

static void name(struct moment *m, const struct event *e, enum scope s, enum event_field f,
                 struct str text, bool only_absent)
{
    if (event_names(e, f) && !(only_absent && m->owner.name[s].len > 0))
        m->owner.name[s] = event_has(e, f) ? text : nobody;
}

static void names(struct moment *m, const struct event *e, bool agent, bool attributes)
{
    bool only_absent = e->kind == EV_OPENED;
    if (agent)
        name(m, e, SCOPE_AGENT, F_AGENT, e->agent, only_absent);
    name(m, e, SCOPE_TEAM, F_TEAM, e->team, only_absent);
    if (!attributes)
        return;
    name(m, e, SCOPE_PRIORITY, F_PRIORITY, e->priority, only_absent);
    name(m, e, SCOPE_CHANNEL, F_CHANNEL, e->channel, only_absent);
    name(m, e, SCOPE_CATEGORY, F_CATEGORY, e->category, only_absent);
}

static void resolve(struct moment *m, const struct event *e)
{
    m->resolver = event_has(e, F_AGENT) ? e->agent : m->owner.name[SCOPE_AGENT];
    if (e->by != BY_AGENT)
        m->resolver = str_of(e->by == BY_CUSTOMER ? "(customer)" : "(auto)");
    m->resolved = true;
}

static void close(struct moment *m, const struct event *e)
{
    bool ended = m->resolved || m->closed;
    if (e->outcome == OUTCOME_SPAM || e->outcome == OUTCOME_DUPLICATE)
        m->is_void = true;
    else if (!ended && e->outcome == OUTCOME_RESOLVED)
        resolve(m, e);
    m->closed = true;
}

static void take_up(struct moment *m)
{
    if (m->resolved || m->closed)
        m->is_void = false;
    m->resolved = m->closed = false;
}

static void state(struct moment *m, const struct event *e)
{
    names(m, e, true, true);
    if (m->opened == MS_NONE && event_has(e, F_OPENED_AT))
        m->opened = e->opened_at;
    if (e->status != STATUS_RESOLVED && e->status != STATUS_CLOSED)
        take_up(m);
    m->resolved |= e->status == STATUS_RESOLVED;
    m->closed |= e->status == STATUS_CLOSED;
}

static void step(struct moment *m, const struct event *e)
{
    switch (e->kind) {
    case EV_OPENED:
        names(m, e, true, true);
        m->opened = m->opened == MS_NONE ? e->ts : m->opened;
        break;
    case EV_ASSIGNED:
    case EV_ESCALATED:
        names(m, e, true, false);
        break;
    case EV_UPDATED:
        names(m, e, false, true);
        break;
    case EV_RESOLVED:
        if (m->resolved)
            break;
        take_up(m);
        resolve(m, e);
        break;
    case EV_CLOSED:
        close(m, e);
        break;
    case EV_REOPENED:
        take_up(m);
        break;
    case EV_STATE:
        state(m, e);
        break;
    default:
        break;
    }
}

void moments_read(const struct tale *sorted, struct str ticket, struct ticket_tale *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->moment[0].opened = MS_NONE;
    ret->moment[0].owner.name[SCOPE_ALL] = str_of("-");
    for (uint32_t i = 0; i < sorted->n; i++) {
        const struct event *e = &sorted->event[i];
        if (!event_has(e, F_TICKET) || !str_equal(e->ticket, ticket))
            continue;
        ret->event[ret->n] = e;
        ret->moment[ret->n + 1] = ret->moment[ret->n];
        step(&ret->moment[++ret->n], e);
    }
}
