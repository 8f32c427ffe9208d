#include "core/account.h"

#include "core/explain.h"

static bool is_asked(const struct account *a, const struct sla_clock *c)
{
    return !a->one || (c->metric == a->metric && c->start == a->start);
}

static struct account_item *add(struct account *a, const struct sla_clock *c, uint8_t kind,
                                ms_t from, ms_t to)
{
    if (!is_asked(a, c))
        return NULL;
    if (a->n == a->cap) {
        a->lost++;
        return NULL;
    }
    struct account_item *i = &a->item[a->n++];
    *i = (struct account_item){.kind = kind,
                               .metric = c->metric,
                               .instance = c->instance,
                               .start = c->start,
                               .from = from,
                               .to = to};
    return i;
}

/* Is it the same stretch that goes on? */
static bool goes_on(const struct account_item *i, const struct account_item *more)
{
    return i->kind == more->kind && i->to == more->from && i->agent == more->agent &&
           i->team == more->team && i->policy == more->policy && i->generation == more->generation;
}

static void stretch(struct account *a, uint32_t slot, const struct sla_clock *c,
                    const struct account_item *more)
{
    uint32_t last = a->cut[slot].last;
    if (last != 0 && goes_on(&a->item[last - 1], more)) {
        a->item[last - 1].to = more->to;
        a->item[last - 1].counted += more->counted;
        return;
    }
    struct account_item *i = add(a, c, more->kind, more->from, more->to);
    if (i == NULL)
        return;
    *i = *more;
    a->cut[slot].last = a->n;
}

/* Is the slot's time accounted for this instance? */
static bool is_of(const struct account *a, uint32_t slot, const struct sla_clock *c)
{
    return a->cut[slot].instance == c->instance && a->cut[slot].start == c->start &&
           a->cut[slot].metric == c->metric;
}

void account_cut_slot(struct account *a, const struct sla *s, uint32_t slot,
                      const struct tags *tags, ms_t at, const struct fold_terms *terms)
{
    if (a == NULL || !is_asked(a, &s->clock[slot]))
        return;
    const struct sla_clock *c = &s->clock[slot];
    if (!sla_active(c)) {
        a->cut[slot].at = at;
        return;
    }
    struct account_item more = {.metric = c->metric,
                                .policy = s->policy,
                                .slot = (uint8_t)slot,
                                .instance = c->instance,
                                .team = tags->team,
                                .generation = s->generation,
                                .agent = tags->agent,
                                .start = c->start};
    if (!is_of(a, slot, c)) {
        a->cut[slot].instance = c->instance;
        a->cut[slot].metric = c->metric;
        a->cut[slot].start = c->start;
        a->cut[slot].at = c->since != MS_NONE ? c->since : at;
        a->cut[slot].last = 0;
        more.kind = EXPLAIN_INTERVAL;
        more.from = c->start;
        more.to = a->cut[slot].at;
        more.counted = c->elapsed;
        if (c->inherited) /* its owner is of another ticket */
            more.agent = more.team = 0;
        if (c->elapsed > 0) /* ran before it was accounted */
            stretch(a, slot, c, &more);
        more.agent = tags->agent;
        more.team = tags->team;
    }
    more.kind = c->since == MS_NONE ? EXPLAIN_PAUSE : EXPLAIN_INTERVAL;
    more.from = c->since == MS_NONE ? a->cut[slot].at : ms_max(a->cut[slot].at, c->since);
    more.to = at;
    more.counted = sla_elapsed(s, c, terms, at) - sla_elapsed(s, c, terms, more.from);
    if (more.from < at)
        stretch(a, slot, c, &more);
    a->cut[slot].at = ms_max(a->cut[slot].at, at);
}

void account_cut(struct account *a, const struct sla *s, const struct tags *tags, ms_t at,
                 const struct fold_terms *terms)
{
    for (uint32_t slot = 0; a != NULL && slot < SLA_SLOTS; slot++)
        account_cut_slot(a, s, slot, tags, at, terms);
}

void account_level(struct account *a, const struct sla_clock *c, ms_t at)
{
    if (a == NULL)
        return;
    bool breach = c->breached != MS_NONE && c->overdue == 0;
    uint8_t kind = breach || c->overdue > 0 ? EXPLAIN_BREACH : EXPLAIN_WARNING;
    struct account_item *i = add(a, c, kind, at, at);
    if (i != NULL)
        i->level = kind == EXPLAIN_BREACH ? c->overdue : c->warned;
    for (uint32_t slot = 0; slot < SLA_SLOTS && breach; slot++)
        if (is_of(a, slot, c))
            a->cut[slot].last = 0; /* shares end here */
}

void account_retarget(struct account *a, const struct sla *s, const struct sla_clock *c, ms_t at,
                      ms_t target)
{
    if (a == NULL)
        return;
    struct account_item *i = add(a, c, EXPLAIN_RETARGET, at, at);
    if (i == NULL)
        return;
    i->policy = s->policy;
    i->generation = s->generation;
    i->counted = target;
}

void account_restart(struct account *a, const struct sla_clock *c)
{
    for (uint32_t i = 0; a != NULL && i < a->n; i++)
        if (a->item[i].metric == c->metric && a->item[i].start == c->start &&
            a->item[i].kind == EXPLAIN_INTERVAL)
            a->item[i].counted = 0;
    for (uint32_t slot = 0; a != NULL && slot < SLA_SLOTS; slot++)
        if (is_of(a, slot, c))
            a->cut[slot].last = 0;
}

static void owned(struct account *a, const struct calendar *cal, uint32_t agent, ms_t from, ms_t to)
{
    if (to <= from)
        return;
    if (a->n == a->cap) {
        a->lost++;
        return;
    }
    a->item[a->n++] = (struct account_item){
        .kind = EXPLAIN_INTERVAL,
        .metric = a->metric,
        .agent = agent,
        .start = a->start,
        .from = from,
        .to = to,
        .counted = calendar_open(cal, to) - calendar_open(cal, from),
    };
}

void account_owners(struct account *a, const struct record *r, uint32_t n,
                    const struct calendar *cal, ms_t until)
{
    uint32_t agent = 0;
    ms_t from = a->start;
    for (uint32_t i = 0; i < n && r[i].ts < until; i++) {
        uint32_t next = fold_owner(agent, &r[i]);
        if (next == agent)
            continue;
        owned(a, cal, agent, from, r[i].ts);
        from = ms_max(from, r[i].ts);
        agent = next;
    }
    owned(a, cal, agent, from, until);
}

uint32_t account_shares(const struct account *a, enum sla_metric metric, ms_t start, ms_t until,
                        struct account_share *ret, uint32_t cap)
{
    uint32_t n = 0, last = 0;
    for (uint32_t i = 0; i < a->n; i++) /* a wait may be said to go on after its end: told anew */
        if (a->item[i].metric == metric && a->item[i].start == start && a->item[i].instance > last)
            last = a->item[i].instance;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct account_item *k = &a->item[i];
        if (k->kind != EXPLAIN_INTERVAL || k->metric != metric || k->start != start ||
            k->instance != last || k->to > until || k->counted == 0)
            continue;
        uint32_t at = 0;
        while (at < n && ret[at].agent != k->agent)
            at++;
        if (at == cap) {
            at = cap - 1;
            ret[at].agent = UINT32_MAX;
        } else if (at == n) {
            ret[n++] = (struct account_share){.agent = k->agent};
        }
        ret[at].ms += k->counted;
    }
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && ret[k].ms > ret[k - 1].ms; k--) {
            struct account_share t = ret[k];
            ret[k] = ret[k - 1];
            ret[k - 1] = t;
        }
    return n;
}
