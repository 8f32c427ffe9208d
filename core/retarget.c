/* Other policies, other targets: what was measured stays, what is to come is new. */
#include "core/account.h"
#include "core/move.h"
#include "core/slas.h"

/* What the ticket's own business time was up to `at` is booked; it runs on by the run bits. */
void sla_book(struct sla *s, const struct fold_terms *terms, ms_t at)
{
    struct sla_times was = {s->total, s->total - s->pending, s->total - s->held};
    struct sla_times is = sla_times(s, terms, at);
    s->total = is.total;
    s->pending += is.total - was.total - (is.requester - was.requester);
    s->held += is.total - was.total - (is.work - was.work);
    s->run_since = at;
}

void sla_book_opening(struct sla *s, const struct fold *f, const struct fold_terms *terms, ms_t at)
{
    const struct calendar *cal = sla_calendar(s, terms);
    if (cal != NULL)
        s->total = calendar_open(cal, sla_open_until(f, at)) - calendar_open(cal, f->opened);
    s->run_since = at;
}

/* A breach that a longer target takes back: the miss goes, the alert is corrected. */
void sla_forgive(struct sla *s, struct sla_clock *c, struct fold *f, ms_t at,
                 const struct fold_terms *terms, struct sink *out)
{
    const struct agreed_target *t = sla_target(s, c, s->priority, terms);
    const struct agreed_metric *m = sla_metric_of(s, (enum sla_metric)c->metric, terms);
    if (c->breached == MS_NONE || !m->forgive || c->elapsed > t->target)
        return;
    uint32_t target = sla_metric_target((enum sla_metric)c->metric);
    struct window_sample miss = {.ts = c->breached, .flags = BIT(MARKS_MISSED + target)};
    sink_sample(out, FAM_MARKS, &miss, &c->owner, ALL_SCOPES, -1);
    f->missed &= (uint16_t)~BIT(target);
    c->breached = MS_NONE;
    c->warned = c->overdue = c->told = c->up = 0;
    c->cause = CAUSE_FORGIVEN;
    sla_tell(s, c, f, at, terms, out);
    c->cause = CAUSE_NONE;
}

void sla_fit_warned(struct sla_clock *c, const struct agreed_target *t)
{
    c->warned = (uint8_t)(c->warned < t->warns ? c->warned : t->warns);
    while (c->breached == MS_NONE && c->warned > 0 && t->warn[c->warned - 1] > c->elapsed)
        c->warned--; /* a longer target: its warning point is yet to come */
}

/* The terms of an active clock are others from `at` on; s->policy is the new one already, and
 * elapsed is what the old calendar had measured. */
static void retarget(struct sla *s, struct sla_clock *c, struct fold *f, ms_t at, ms_t before,
                     const struct fold_terms *terms, struct sink *out)
{
    const struct agreed_target *t = sla_target(s, c, f->tags.priority, terms);
    CHECK(t != NULL); /* else it was cancelled */
    const struct agreed_metric *m = sla_metric_of(s, (enum sla_metric)c->metric, terms);
    if (before != t->target && m->retarget == RETARGET_RESTART) {
        account_restart(out->account, c);
        c->elapsed = 0;
        c->warned = 0;
    }
    if (before != t->target)
        sla_forgive(s, c, f, at, terms, out);
    sla_fit_warned(c, t);
    if (c->breached == MS_NONE && c->elapsed > t->target)
        c->cause = CAUSE_RETARGET;
    if (before != t->target)
        account_retarget(out->account, s, c, at, t->target);
}

void sla_outlive(struct sla *s, const struct fold *f, const struct fold_terms *terms)
{
    if (s->generation >= terms->agreements->first) /* also SLA_FRESH */
        return;
    struct attributes of = {.tags = &f->tags, .customer = s->customer, .tier = s->tier};
    sla_note(s, f, terms);
    s->generation = terms->agreements->first;
    s->policy = (uint8_t)agreement_match(agreement_get(terms->agreements, s->generation), &of);
    s->priority = f->tags.priority;
    s->matched = false; /* the next record lets its clocks follow */
    for (int i = 0; i < SLA_SLOTS; i++) {
        struct sla_clock *c = &s->clock[i];
        c->steady = false;
        sla_set_next(s, c, f->paused != MS_NONE ? f->paused : c->start, terms);
    }
}

void sla_change_terms(struct sla *s, struct fold *f, ms_t at, bool other_generation,
                      const struct fold_terms *terms, struct sink *out)
{
    struct attributes of = {.tags = &f->tags, .customer = s->customer, .tier = s->tier};
    const struct agreement *g =
        agreement_get(terms->agreements, s->generation + (other_generation ? 1 : 0));
    uint8_t policy = (uint8_t)agreement_match(g, &of);
    if (!other_generation && policy == s->policy && s->priority == f->tags.priority)
        return;
    bool counted = sla_calendar(s, terms) != NULL;
    ms_t before[SLA_SLOTS];
    for (int i = 0; i < SLA_SLOTS; i++) {
        struct sla_clock *c = &s->clock[i];
        if (!sla_active(c))
            continue;
        const struct agreed_target *t = sla_target(s, c, s->priority, terms);
        before[i] = t == NULL ? 0 : t->target;
        enum sla_metric m = (enum sla_metric)c->metric;
        if (agreement_target(g, policy, m, f->tags.priority) == NULL) {
            sla_finish(s, c, f, at, CLOCK_CANCELLED, CAUSE_NO_POLICY, terms, out);
            continue;
        }
        c->elapsed = sla_elapsed(s, c, terms, at);
        c->since = c->since == MS_NONE ? MS_NONE : at;
        c->steady = false;
    }
    if (s->run_since != MS_NONE)
        sla_book(s, terms, at);
    s->generation += other_generation;
    s->policy = policy;
    s->priority = f->tags.priority;
    if (!counted && f->opened != MS_NONE)
        sla_book_opening(s, f, terms, at);
    for (int i = 0; i < SLA_SLOTS; i++) {
        if (!sla_active(&s->clock[i]))
            continue;
        retarget(s, &s->clock[i], f, at, before[i], terms, out);
        sla_set_next(s, &s->clock[i], at, terms);
    }
}
