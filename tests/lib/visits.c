#include "tests/lib/visits.h"

#include "tests/lib/moments.h"

static const struct str nobody;

/* --- facts -------------------------------------------------------------------------------- */

static void note(struct visits *v, enum visit_fact fact, ms_t ts, int64_t value,
                 const struct moment *m, struct str agent)
{
    CHECK(v->n < VISITS_MAX);
    struct visit_entry *e = &v->entry[v->n++];
    *e = (struct visit_entry){fact, ts, value < 0 ? 0 : value, m->owner};
    if (agent.len > 0)
        e->owner.name[SCOPE_AGENT] = agent;
}

static bool same_visit(const struct event *a, const struct event *b)
{
    struct str x = event_has(a, F_VISIT) ? a->visit : nobody;
    return str_equal(x, event_has(b, F_VISIT) ? b->visit : nobody);
}

static bool is_of_visits(const struct event *e)
{
    return e->kind == EV_VISIT_PLANNED || e->kind == EV_VISIT_ARRIVED || e->kind == EV_VISIT_ENDED;
}

/* Moment behind the last event at or before `at`, but not before event i. */
static const struct moment *moment_at(const struct ticket_tale *t, uint32_t i, ms_t at)
{
    while (i + 1 < t->n && t->event[i + 1]->ts <= at)
        i++;
    return &t->moment[i + 1];
}

/* The events of one visit, from the first that is about it to the one that ends it. */
struct visit_story {
    ms_t due;
    struct str planned[2];        /* said to come: by the due instant, and when somebody came */
    uint32_t first, arrival, end; /* event + 1; 0: none */
};

static struct visit_story story_of(const struct ticket_tale *t, uint32_t first)
{
    struct visit_story s = {.due = MS_NONE, .first = first + 1};
    for (uint32_t i = first; i < t->n && s.end == 0; i++) {
        const struct event *e = t->event[i];
        if (!is_of_visits(e) || !same_visit(e, t->event[first]))
            continue;
        if (e->kind == EV_VISIT_PLANNED && i == first)
            s.due = e->due;
        if (e->kind == EV_VISIT_PLANNED && s.arrival == 0 && event_has(e, F_AGENT)) {
            s.planned[1] = e->agent;
            if (e->ts <= s.due || i == first)
                s.planned[0] = e->agent;
        }
        if (e->kind == EV_VISIT_ARRIVED && s.arrival == 0)
            s.arrival = i + 1;
        if (e->kind == EV_VISIT_ENDED)
            s.end = i + 1;
    }
    return s;
}

static struct str said(const struct event *e, struct str otherwise)
{
    return event_has(e, F_AGENT) ? e->agent : otherwise;
}

static void promise(struct visits *v, const struct ticket_tale *t, const struct visit_story *s)
{
    if (s->due == MS_NONE)
        return;
    if (s->arrival != 0) {
        const struct event *e = t->event[s->arrival - 1];
        const struct moment *m = &t->moment[s->arrival];
        struct str agent = said(e, s->planned[1]);
        note(v, VISIT_PROMISED, ms_min(e->ts, s->due), 1, m, agent);
        if (e->ts <= s->due)
            note(v, VISIT_ON_TIME, e->ts, 1, m, agent);
        return;
    }
    bool called_off = s->end != 0 && t->event[s->end - 1]->ts <= s->due;
    const struct moment *m = moment_at(t, s->first - 1, s->due);
    bool past = s->due < t->event[s->first - 1]->ts;
    if (past || (!called_off && !m->resolved && !m->closed))
        note(v, VISIT_PROMISED, s->due, 1, m, s->planned[0]);
}

static void one_visit(struct visits *v, const struct ticket_tale *t, uint32_t first)
{
    struct visit_story s = story_of(t, first);
    promise(v, t, &s);
    if (s.arrival == 0 || s.end == 0)
        return;
    const struct event *came = t->event[s.arrival - 1], *went = t->event[s.end - 1];
    note(v, VISIT_ON_SITE, went->ts, went->ts - came->ts, &t->moment[s.end],
         said(went, said(came, s.planned[1])));
}

/* Does a visit begin with event i: is none of its name going on? */
static bool begins(const struct ticket_tale *t, uint32_t i)
{
    if (t->event[i]->kind != EV_VISIT_PLANNED && t->event[i]->kind != EV_VISIT_ARRIVED)
        return false;
    for (uint32_t k = i; k-- > 0;)
        if (is_of_visits(t->event[k]) && same_visit(t->event[k], t->event[i]))
            return t->event[k]->kind == EV_VISIT_ENDED;
    return true;
}

/* The first of all arrivals that begins a visit's work, if the opening was known by then. */
static void arrival(struct visits *v, const struct ticket_tale *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        const struct event *e = t->event[i];
        if (e->kind != EV_VISIT_ARRIVED)
            continue;
        struct str planned = nobody;
        for (uint32_t k = 0; k < i; k++) {
            bool mine = is_of_visits(t->event[k]) && same_visit(t->event[k], e);
            if (mine && t->event[k]->kind == EV_VISIT_ENDED)
                planned = nobody;
            else if (mine && event_has(t->event[k], F_AGENT))
                planned = t->event[k]->agent;
        }
        if (t->moment[i + 1].opened != MS_NONE)
            note(v, VISIT_ARRIVAL, e->ts, e->ts - t->moment[i + 1].opened, &t->moment[i + 1],
                 said(e, planned));
        return;
    }
}

static void returns(struct visits *v, const struct ticket_tale *t)
{
    const struct event *asked = NULL;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct event *e = t->event[i];
        if (e->kind == EV_RETURN_REQUESTED && asked == NULL)
            asked = e;
        if (e->kind != EV_RETURNED || asked == NULL)
            continue;
        const struct event *says = event_has(e, F_HOW) ? e : asked;
        if (!event_has(says, F_HOW) || str_equal(says->how, str_of("refund")))
            note(v, VISIT_REFUND, e->ts, e->ts - asked->ts, &t->moment[i + 1],
                 t->moment[i + 1].resolver);
        asked = NULL;
    }
}

void visits_write(struct visits *v, const struct tale *sorted)
{
    static const char *const tickets[TALE_TICKETS] = {"T1", "T2", "T3"};
    v->n = 0;
    for (size_t k = 0; k < ARRAY_LEN(tickets); k++) {
        struct ticket_tale t;
        moments_read(sorted, str_of(tickets[k]), &t);
        if (t.moment[t.n].is_void)
            continue;
        for (uint32_t i = 0; i < t.n; i++)
            if (begins(&t, i))
                one_visit(v, &t, i);
        arrival(v, &t);
        returns(v, &t);
    }
}

int64_t visits_sum(const struct visits *v, enum visit_fact fact, const struct scoped *of,
                   int64_t *ret_n)
{
    int64_t sum = 0;
    *ret_n = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct visit_entry *e = &v->entry[i];
        sec_t ts = sec_floor(e->ts);
        if (e->fact != fact || !str_equal(e->owner.name[of->scope], of->name) || ts <= of->after ||
            ts > of->at)
            continue;
        sum += e->value;
        ++*ret_n;
    }
    return sum;
}
