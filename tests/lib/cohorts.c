#include "tests/lib/cohorts.h"

#include "core/effect.h"

#include <stdio.h>

static const struct str nobody;

/* One ticket while its events are read; facts are looked for later. */
struct life {
    struct cohorts *c;
    const struct event *all;
    uint32_t n, ticket;
    struct str name;
    struct owner now;
    struct str first_category, resolver, customer, category; /* the last two: of the opening */
    ms_t opened;
    bool resolved, closed, is_void, recategorized, opening_known;
    uint32_t cycle, open_solve; /* solve + 1 whose outcome stands */
    bool may_reopen;
    bool confirmed; /* in the first cycle */
};

static bool says(const struct event *e, enum event_field f)
{
    return event_has(e, f);
}

static void name_is(struct life *l, const struct event *e, enum scope s, enum event_field f,
                    struct str text, bool only_absent)
{
    if (event_names(e, f) && !(only_absent && l->now.name[s].len > 0))
        l->now.name[s] = says(e, f) ? text : nobody;
}

/* opened: fills gaps; assigned, escalated: the owner; updated: all but the agent; state: all. */
static void take_names(struct life *l, const struct event *e)
{
    bool gaps = e->kind == EV_OPENED, owner = e->kind == EV_ASSIGNED || e->kind == EV_ESCALATED;
    if (!gaps && !owner && e->kind != EV_UPDATED && e->kind != EV_STATE)
        return;
    if (e->kind != EV_UPDATED)
        name_is(l, e, SCOPE_AGENT, F_AGENT, e->agent, gaps);
    name_is(l, e, SCOPE_TEAM, F_TEAM, e->team, gaps);
    if (!owner) {
        name_is(l, e, SCOPE_CHANNEL, F_CHANNEL, e->channel, gaps);
        name_is(l, e, SCOPE_PRIORITY, F_PRIORITY, e->priority, gaps);
        name_is(l, e, SCOPE_CATEGORY, F_CATEGORY, e->category, gaps);
    }
    struct str category = l->now.name[SCOPE_CATEGORY];
    if (l->first_category.len == 0)
        l->first_category = category;
    else if (category.len > 0 && !str_equal(category, l->first_category))
        l->recategorized = true;
}

/* The outcome that stands, if any, is over with this event. */
static void replace(struct life *l, uint32_t at)
{
    if (l->open_solve > 0) {
        l->c->solve[l->open_solve - 1].end = at;
        l->c->solve[l->open_solve - 1].latest = false;
    }
    l->open_solve = 0;
}

static void solve(struct life *l, uint32_t at)
{
    const struct event *e = &l->all[at];
    l->resolver = e->by == BY_CUSTOMER                    ? str_of("(customer)")
                  : e->by == BY_BOT || e->by == BY_SYSTEM ? str_of("(auto)")
                  : says(e, F_AGENT)                      ? e->agent
                                                          : l->now.name[SCOPE_AGENT];
    replace(l, at);
    CHECK(l->c->n < COHORT_SOLVES);
    struct solve *s = &l->c->solve[l->c->n++];
    *s = (struct solve){.ts = e->ts,
                        .begin = at + 1,
                        .end = l->n,
                        .ticket = l->ticket,
                        .latest = true,
                        .keyed = l->customer.len > 0 && l->category.len > 0,
                        .reopened = MS_NONE,
                        .owner = l->now};
    s->owner.name[SCOPE_AGENT] = l->resolver;
    l->open_solve = l->c->n;
    l->resolved = l->may_reopen = true;
}

static void reopen(struct life *l, ms_t ts)
{
    if (l->may_reopen && l->open_solve > 0)
        l->c->solve[l->open_solve - 1].reopened = ts;
    l->resolved = l->closed = l->is_void = l->may_reopen = false;
    l->cycle++;
}

static void state(struct life *l, const struct event *e)
{
    bool ended = l->resolved || l->closed;
    if (e->status == STATUS_RESOLVED)
        l->resolved = true;
    else if (e->status == STATUS_CLOSED)
        l->closed = true;
    else if (ended)
        l->resolved = l->closed = l->is_void = l->may_reopen = false;
}

static void close(struct life *l, uint32_t at)
{
    const struct event *e = &l->all[at];
    bool spam = e->outcome == OUTCOME_SPAM || e->outcome == OUTCOME_DUPLICATE;
    l->is_void |= spam;
    if (!spam && !l->resolved && !l->closed) {
        if (e->outcome == OUTCOME_RESOLVED)
            solve(l, at);
        else
            replace(l, at);
    }
    l->closed = true;
}

static void inspected(struct life *l, const struct event *e)
{
    struct cohorts *c = l->c;
    if (!says(e, F_ITEM) || !str_equal(e->item, str_of("classification")))
        return;
    CHECK(c->inspections < COHORT_SOLVES);
    c->inspection[c->inspections].ts = e->ts;
    c->inspection[c->inspections].passed = e->passed;
    c->inspection[c->inspections].owner = l->now;
    c->inspection[c->inspections++].owner.name[SCOPE_AGENT] = says(e, F_AGENT) ? e->agent
                                                              : l->resolver.len > 0
                                                                  ? l->resolver
                                                                  : l->now.name[SCOPE_AGENT];
}

static void read(struct life *l, uint32_t at)
{
    const struct event *e = &l->all[at];
    take_names(l, e);
    bool opens = e->kind == EV_OPENED || (e->kind == EV_STATE && says(e, F_OPENED_AT));
    if (opens && !l->opening_known) {
        l->opening_known = true;
        l->opened = e->kind == EV_OPENED ? e->ts : e->opened_at;
        l->customer = says(e, F_CUSTOMER) ? e->customer : nobody;
        l->category = says(e, F_CATEGORY) ? e->category : nobody;
    }
    if (e->kind == EV_RESOLVED && !l->resolved) {
        if (l->closed)
            reopen(l, e->ts);
        solve(l, at);
    } else if (e->kind == EV_CLOSED) {
        close(l, at);
    } else if (e->kind == EV_REOPENED && (l->resolved || l->closed)) {
        reopen(l, e->ts);
    } else if (e->kind == EV_STATE) {
        state(l, e);
    } else if (e->kind == EV_CONFIRMED && l->resolved && l->cycle == 1) {
        l->confirmed = true;
    } else if (e->kind == EV_INSPECTED) {
        inspected(l, e);
    }
}

/* --- facts of one resolve, looked up ------------------------------------------------------- */

/* How many events of that kind the ticket has at places [begin, end), not later than until. */
static uint32_t count(const struct life *l, enum event_kind kind, uint32_t begin, uint32_t end,
                      ms_t until)
{
    uint32_t n = 0;
    for (uint32_t i = begin; i < end; i++)
        n +=
            l->all[i].kind == kind && str_equal(l->all[i].ticket, l->name) && l->all[i].ts <= until;
    return n;
}

static uint32_t bit(bool yes, uint32_t flag)
{
    return (uint32_t)yes << flag;
}

static uint32_t of_ticket(const struct life *l, const struct solve *s)
{
    const struct settings *set = l->c->s;
    bool category = s->owner.name[SCOPE_CATEGORY].len > 0;
    uint32_t complaints = count(l, EV_COMPLAINED, 0, l->n, s->ts + set->complaint_horizon);
    uint32_t facts = bit(!category, COHORTS_UNCATEGORIZED) |
                     bit(category && l->recategorized, COHORTS_RECLASSIFIED) |
                     bit(complaints >= 1, COHORTS_COMPLAINED) |
                     bit(complaints >= 2, COHORTS_COMPLAINED_TWICE) |
                     bit(l->confirmed, COHORTS_CONFIRMED) |
                     bit(count(l, EV_INSPECTED, 0, l->n, MS_NEVER) > 0, COHORTS_INSPECTED) |
                     bit(count(l, EV_RATED, 0, l->n, MS_NEVER) > 0, COHORTS_SURVEYED);
    for (uint32_t r = 0; r < FOLLOW_UPS_MAX; r++)
        facts |= bit(set->follow_up[r] > 0 &&
                         count(l, EV_FOLLOWED_UP, s->begin, s->end, s->ts + set->follow_up[r]) > 0,
                     COHORTS_FOLLOWED + r);
    return facts;
}

static uint32_t of_resolve(const struct life *l, const struct solve *s)
{
    ms_t horizon = l->c->s->return_horizon;
    bool reworked = false, returned = false;
    for (uint32_t i = s->begin; i < s->end; i++) {
        const struct event *e = &l->all[i];
        bool asks = e->kind == EV_RETURN_REQUESTED;
        if ((!asks && e->kind != EV_RETURNED) || !str_equal(e->ticket, l->name) ||
            e->ts - s->ts > horizon)
            continue;
        if (says(e, F_HOW) && str_equal(e->how, str_of("rework")))
            reworked = true;
        else if (asks || says(e, F_HOW) || (!reworked && !returned))
            returned = true;
    }
    bool reopened = s->reopened != MS_NONE && s->reopened - s->ts <= horizon;
    return bit(returned, COHORTS_RETURNED) | bit(reworked, COHORTS_REWORKED) |
           bit(reworked || reopened, COHORTS_LOST);
}

/* The first opening of another ticket of the same customer and category after the resolve. */
static uint32_t repeats(const struct life *lives, uint32_t tickets, const struct solve *s,
                        const struct settings *set)
{
    const struct life *own = &lives[s->ticket];
    uint32_t facts = 0;
    if (!s->keyed)
        return 0;
    for (uint32_t t = 0; t < tickets; t++) {
        const struct life *l = &lives[t];
        if (t == s->ticket || l->is_void || !l->opening_known || l->opened <= s->ts ||
            !str_equal(l->customer, own->customer) || !str_equal(l->category, own->category))
            continue;
        facts |= bit(l->opened - s->ts <= set->repeat_horizon, COHORTS_REPEATED) |
                 bit(l->opened - s->ts <= set->return_horizon, COHORTS_LOST);
    }
    return facts;
}

/* --- the whole ----------------------------------------------------------------------------- */

static uint32_t find_ticket(struct life *lives, uint32_t *tickets, struct str name)
{
    for (uint32_t t = 0; t < *tickets; t++)
        if (str_equal(lives[t].name, name))
            return t;
    CHECK(*tickets < COHORT_TICKETS);
    lives[*tickets] = (struct life){.name = name, .cycle = 1, .ticket = *tickets};
    lives[*tickets].now.name[SCOPE_ALL] = str_of("-");
    return (*tickets)++;
}

void cohorts_write(struct cohorts *c, const struct event *sorted, uint32_t n,
                   const struct settings *s)
{
    static struct life lives[COHORT_TICKETS];
    uint32_t tickets = 0;
    c->s = s;
    c->n = c->inspections = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct life none = {.c = c, .now.name[SCOPE_ALL] = str_of("-")};
        if (event_has(&sorted[i], F_TICKET))
            (void)find_ticket(lives, &tickets, sorted[i].ticket);
        else if (sorted[i].kind == EV_INSPECTED)
            inspected(&none, &sorted[i]);
    }
    for (uint32_t t = 0; t < tickets; t++) {
        struct life *l = &lives[t];
        uint32_t solves = c->n, inspections = c->inspections;
        l->c = c;
        l->all = sorted;
        l->n = n;
        for (uint32_t i = 0; i < n; i++)
            if (event_has(&sorted[i], F_TICKET) && str_equal(sorted[i].ticket, l->name))
                read(l, i);
        if (l->is_void) {
            c->n = solves;
            c->inspections = inspections;
        }
    }
    for (uint32_t i = 0; i < c->n; i++) {
        struct solve *at = &c->solve[i];
        const struct life *l = &lives[at->ticket];
        at->facts = of_resolve(l, at);
        if (at->latest)
            at->facts |= of_ticket(l, at) | repeats(lives, tickets, at, s);
    }
}

static bool lies(const struct scoped *of, ms_t ts, const struct owner *owner)
{
    sec_t sec = sec_floor(ts);
    return sec > of->after && sec <= of->at && str_equal(owner->name[of->scope], of->name);
}

/* Which flag makes a ratio of tickets or of resolves, and its horizon. */
static const struct {
    enum indicator indicator;
    uint8_t flag;
    bool tickets, without; /* without: those that have not got the flag */
} rows[] = {
    {IND_REPEAT_RATE, COHORTS_REPEATED, true, false},
    {IND_CONFIRMED_RATE, COHORTS_CONFIRMED, true, false},
    {IND_CLASSIFICATION, COHORTS_RECLASSIFIED, true, true},
    {IND_COMPLAINT_RATE, COHORTS_COMPLAINED, true, false},
    {IND_REPEAT_COMPLAINT_RATE, COHORTS_COMPLAINED_TWICE, true, false},
    {IND_INSPECTION_COVER, COHORTS_INSPECTED, true, false},
    {IND_SURVEY_COVER, COHORTS_SURVEYED, true, false},
    {IND_FOLLOW_UP_RATE, COHORTS_FOLLOWED, true, false},
    {IND_FOLLOW_UP_RATE_2, COHORTS_FOLLOWED + 1, true, false},
    {IND_FOLLOW_UP_RATE_3, COHORTS_FOLLOWED + 2, true, false},
    {IND_RETURN_RATE, COHORTS_RETURNED, false, false},
    {IND_REWORK_RATE, COHORTS_REWORKED, false, false},
    {IND_KEEP_RATE, COHORTS_LOST, false, true},
};

static ms_t horizon_of(const struct settings *s, enum indicator i)
{
    switch (i) {
    case IND_REPEAT_RATE:
        return s->repeat_horizon;
    case IND_COMPLAINT_RATE:
    case IND_REPEAT_COMPLAINT_RATE:
        return s->complaint_horizon;
    case IND_FOLLOW_UP_RATE:
    case IND_FOLLOW_UP_RATE_2:
    case IND_FOLLOW_UP_RATE_3:
        return s->follow_up[i - IND_FOLLOW_UP_RATE];
    case IND_RETURN_RATE:
    case IND_REWORK_RATE:
    case IND_KEEP_RATE:
        return s->return_horizon;
    default:
        return 0;
    }
}

static struct cohort_figure inspections(const struct cohorts *c, const struct scoped *of)
{
    struct cohort_figure f = {0};
    for (uint32_t i = 0; i < c->inspections; i++) {
        if (!lies(of, c->inspection[i].ts, &c->inspection[i].owner))
            continue;
        f.den++;
        f.num += c->inspection[i].passed;
    }
    return f;
}

struct cohort_figure cohorts_figure(const struct cohorts *c, enum indicator i,
                                    const struct scoped *of)
{
    struct cohort_figure f =
        i == IND_CLASSIFICATION ? inspections(c, of) : (struct cohort_figure){0};
    uint32_t r = 0;
    if (f.den > 0)
        return f;
    while (rows[r].indicator != i)
        CHECK(++r < ARRAY_LEN(rows));
    ms_t horizon = horizon_of(c->s, i);
    for (uint32_t k = 0; k < c->n; k++) {
        const struct solve *s = &c->solve[k];
        bool no_category = (s->facts >> COHORTS_UNCATEGORIZED & 1) != 0;
        if (!lies(of, s->ts, &s->owner) || (rows[r].tickets && !s->latest) ||
            (i == IND_CLASSIFICATION && no_category))
            continue;
        bool yes = (s->facts >> rows[r].flag & 1) != rows[r].without;
        bool pending = (of->at - sec_floor(s->ts)) * MS_SECOND < horizon;
        f.den++;
        f.num += yes;
        f.pending += pending;
        f.pending_num += pending && yes;
    }
    if (i >= IND_FOLLOW_UP_RATE && i <= IND_FOLLOW_UP_RATE_3 && horizon == 0)
        return (struct cohort_figure){0};
    return f;
}

const char *cohorts_differ(const struct cohorts *c, const struct snapshot *snapshot)
{
    static char why[256];
    for (uint32_t w = 0; w < snapshot->windows; w++) {
        const struct kpi_window *in = &snapshot->window[w];
        struct scoped of = {.scope = (enum scope)snapshot->scope, .name = snapshot->name};
        of.at = sec_floor(snapshot->at);
        of.after = sec_floor(in->from) - 1;
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
            struct kpi_value got = {0};
            for (uint32_t v = 0; v < in->values; v++)
                if (in->value[v].indicator == rows[r].indicator)
                    got = in->value[v];
            struct cohort_figure f = cohorts_figure(c, rows[r].indicator, &of);
            if (got.num == f.num && got.den == f.den && got.pending == f.pending &&
                got.pending_num == f.pending_num)
                continue;
            snprintf(why, sizeof why,
                     "%s of %s %.*s, window %u: %lld/%lld pending %lld/%lld, not %lld/%lld "
                     "pending %lld/%lld",
                     indicator_name(rows[r].indicator), scope_name(of.scope), (int)of.name.len,
                     of.name.p, in->window, (long long)got.num, (long long)got.den,
                     (long long)got.pending_num, (long long)got.pending, (long long)f.num,
                     (long long)f.den, (long long)f.pending_num, (long long)f.pending);
            return why;
        }
    }
    return NULL;
}
