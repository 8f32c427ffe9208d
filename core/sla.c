/* Clocks of one ticket: levels that pass, instances that begin and end, other targets.
 *
 * A level stands at its instant and is passed by the first record or tick after it. What can
 * fail: the policy changes under a running clock (retarget), the ticket ends otherwise
 * (cancelled), a reopening wakes a clock that had ended (resume). */
#include "core/sla.h"

#include "core/account.h"
#include "core/move.h"
#include "core/slas.h"

STATIC_ASSERT(sizeof(struct sla_clock) == 64, "no padding");
STATIC_ASSERT(sizeof(struct sla) == 64 + SLA_SLOTS * 64, "no padding");

void sla_init(struct sla *s)
{
    memset(s, 0, sizeof *s);
    s->run_since = MS_NONE;
    s->generation = SLA_FRESH;
    for (int i = 0; i < SLA_SLOTS; i++) {
        struct sla_clock *c = &s->clock[i];
        c->start = c->since = c->breached = MS_NONE;
        c->next = MS_NEVER;
    }
}

/* --- the policy in force ------------------------------------------------------------------- */

const struct calendar *sla_calendar(const struct sla *s, const struct fold_terms *terms)
{
    const struct calendar *c = sla_any_calendar(s, terms);
    return c == NULL || c->always ? NULL : c;
}

enum clock_state sla_state(const struct sla_clock *c)
{
    if (!sla_active(c))
        return (enum clock_state)c->state;
    if (c->breached != MS_NONE)
        return CLOCK_BREACHED;
    if (c->since == MS_NONE)
        return CLOCK_PAUSED;
    return c->warned > 0 ? CLOCK_WARNED : CLOCK_RUNNING;
}

/* How the open time of the calendar stands against a clock that runs: B(t) of the instant at which
 * so much is counted is that more. Asked once for all that is wanted of a clock at a time. */
static ms_t ahead_of(const struct sla_clock *c, const struct calendar *cal)
{
    return c->since == MS_NONE || cal == NULL ? 0 : calendar_open(cal, c->since) - c->elapsed;
}

static ms_t elapsed_at(const struct sla_clock *c, const struct calendar *cal, ms_t ahead, ms_t at)
{
    if (c->since == MS_NONE || at <= c->since || cal == NULL)
        return c->elapsed;
    return calendar_open(cal, at) - ahead;
}

ms_t sla_elapsed(const struct sla *s, const struct sla_clock *c, const struct fold_terms *terms,
                 ms_t at)
{
    const struct calendar *cal = sla_any_calendar(s, terms);
    return elapsed_at(c, cal, ahead_of(c, cal), at);
}

static void limits(const struct sla_clock *c, const struct agreed_target *t,
                   const struct calendar *cal, ms_t ahead, ms_t *ret_due_at, ms_t *ret_breach_at)
{
    *ret_due_at = *ret_breach_at = MS_NEVER;
    if (t == NULL || !sla_active(c))
        return;
    *ret_breach_at = c->breached != MS_NONE ? c->breached : MS_NEVER;
    if (c->breached != MS_NONE && c->cause != CAUSE_RETARGET) { /* what was, stays */
        *ret_due_at = calendar_due(cal, calendar_open(cal, c->breached));
        return;
    }
    if (c->since == MS_NONE)
        return;
    *ret_due_at = calendar_due(cal, ahead + t->target);
    if (c->breached == MS_NONE)
        *ret_breach_at = calendar_breach(cal, ahead + t->target);
}

void sla_limits(const struct sla *s, const struct sla_clock *c, uint32_t priority,
                const struct fold_terms *terms, ms_t *ret_due_at, ms_t *ret_breach_at)
{
    const struct calendar *cal = sla_any_calendar(s, terms);
    limits(c, sla_target(s, c, priority, terms), cal, ahead_of(c, cal), ret_due_at, ret_breach_at);
}

/* --- levels --------------------------------------------------------------------------------- */

void sla_set_next(const struct sla *s, struct sla_clock *c, ms_t now,
                  const struct fold_terms *terms)
{
    c->next = MS_NEVER;
    if (!sla_active(c))
        return;
    const struct agreed_target *t = sla_target(s, c, s->priority, terms);
    const struct agreed_metric *m = sla_metric_of(s, (enum sla_metric)c->metric, terms);
    if (t == NULL)
        return;
    bool warning = c->breached == MS_NONE && c->warned < t->warns;
    if (!warning && c->breached != MS_NONE && c->overdue >= m->overdues)
        return;
    ms_t level = warning                  ? t->warn[c->warned]
                 : c->breached == MS_NONE ? t->target
                                          : t->target + m->overdue[c->overdue];
    if (c->since == MS_NONE) {
        c->next = c->elapsed > level || (warning && c->elapsed == level) ? now : MS_NEVER;
        return;
    }
    const struct calendar *cal = sla_any_calendar(s, terms);
    ms_t sum = ahead_of(c, cal) + level;
    c->next = ms_max(warning ? calendar_due(cal, sum) : calendar_breach(cal, sum), c->since);
}

void sla_tell(const struct sla *s, const struct sla_clock *c, const struct fold *f, ms_t at,
              const struct fold_terms *terms, struct sink *out)
{
    if (out->fact == NULL || (!c->alerted && out->account == NULL))
        return;
    struct sla_fact *k = NULL;
    for (uint32_t i = out->facts; i > 0 && k == NULL; i--)
        if (out->fact[i - 1].start == c->start && out->fact[i - 1].metric == c->metric)
            k = &out->fact[i - 1];
    if (k == NULL) {
        CHECK(out->facts < out->facts_cap);
        k = &out->fact[out->facts++];
        *k = (struct sla_fact){
            .warned_at = MS_NONE, .level_at = MS_NONE, .due_at = MS_NEVER, .breach_at = MS_NEVER};
    }
    const struct agreed_target *t = sla_target(s, c, s->priority, terms);
    const struct calendar *cal = sla_any_calendar(s, terms);
    ms_t ahead = ahead_of(c, cal);
    bool warned = k->warned != c->warned, levels = warned || k->breached != c->breached;
    levels = levels || k->overdue != c->overdue || k->level_at == MS_NONE;
    k->start = c->start;
    k->metric = c->metric;
    k->instance = c->instance;
    k->ended = sla_active(c) ? MS_NONE : at;
    k->warned_at = warned ? at : k->warned_at;
    k->level_at = levels ? at : k->level_at;
    k->elapsed = elapsed_at(c, cal, ahead, at);
    k->breach_elapsed = k->breached != c->breached ? k->elapsed : k->breach_elapsed;
    k->breached = c->breached;
    k->level_elapsed = levels ? k->elapsed : k->level_elapsed;
    if (t != NULL) {
        k->target = t->target;
        k->policy = s->policy;
        k->generation = s->generation;
    }
    if (sla_active(c))
        limits(c, t, cal, ahead, &k->due_at, &k->breach_at);
    bool own = c->breached != MS_NONE || c->metric == SLA_ASSIGNEE_RESPONSE;
    k->owner = own ? c->owner : f->tags;
    k->state = (uint8_t)sla_state(c);
    k->cause = c->cause;
    k->warned = c->warned;
    k->overdue = c->overdue;
    k->alerted = c->alerted;
    k->steady = c->steady;
}

void sla_tell_all(const struct sla *s, const struct fold *f, ms_t at,
                  const struct fold_terms *terms, struct sink *out)
{
    for (int i = 0; i < SLA_SLOTS; i++)
        if (sla_active(&s->clock[i]))
            sla_tell(s, &s->clock[i], f, at, terms, out);
}

void sla_breach(struct sla_clock *c, struct fold *f, ms_t due, struct sink *out)
{
    uint32_t target = sla_metric_target((enum sla_metric)c->metric);
    struct window_sample miss = {.ts = due, .flags = BIT(MARKS_MISSED + target)};
    c->breached = due;
    c->steady = c->steady && c->since == c->start && c->elapsed == 0;
    c->owner = f->tags;
    sink_sample(out, FAM_MARKS, &miss, &f->tags, ALL_SCOPES, 1);
    f->missed |= (uint16_t)BIT(target);
}

static struct sla_clock *first_due(const struct sla *s)
{
    const struct sla_clock *first = &s->clock[0];
    for (int i = 1; i < SLA_SLOTS; i++)
        if (s->clock[i].next < first->next)
            first = &s->clock[i];
    return (struct sla_clock *)first;
}

void sla_start(struct sla *s, ms_t ts, const struct fold_terms *terms)
{
    uint32_t g = agreements_last(terms->agreements);
    while (g > 0 && agreement_get(terms->agreements, g)->from >= ts)
        g--;
    s->generation = g;
}

ms_t sla_terms_end(const struct sla *s, const struct fold_terms *terms)
{
    if (s->generation >= agreements_last(terms->agreements)) /* also SLA_FRESH */
        return MS_NEVER;
    return agreement_get(terms->agreements, s->generation + 1)->from;
}

ms_t sla_deadline(const struct sla *s, const struct fold_terms *terms)
{
    return ms_min(first_due(s)->next, sla_terms_end(s, terms));
}

void sla_pass(struct sla *s, struct fold *f, ms_t due, const struct fold_terms *terms,
              struct sink *out)
{
    struct sla_clock *c = first_due(s);
    if (c->next <= due) {
        sla_level(s, c, f, terms, out);
        return;
    }
    account_cut(out->account, s, &f->tags, due, terms);
    f->last_miss = f->last_miss == MS_NONE ? due : ms_max(f->last_miss, due);
    sla_note(s, f, terms);
    sla_change_terms(s, f, due, true, terms, out);
    sla_settle(s, f, NULL, due, terms, out);
}

void sla_level(struct sla *s, struct sla_clock *c, struct fold *f, const struct fold_terms *terms,
               struct sink *out)
{
    ms_t due = c->next;
    account_cut_slot(out->account, s, (uint32_t)(c - s->clock), &f->tags, due, terms);
    f->last_miss = f->last_miss == MS_NONE ? due : ms_max(f->last_miss, due);
    const struct agreed_target *t = sla_target(s, c, s->priority, terms);
    CHECK(t != NULL);
    if (c->breached != MS_NONE)
        c->overdue++;
    else if (c->warned < t->warns)
        c->warned++;
    else
        sla_breach(c, f, due, out);
    bool fresh = c->breached != MS_NONE || c->warned > c->told;
    c->told = c->warned > c->told ? c->warned : c->told;
    c->alerted = true;
    account_level(out->account, c, due);
    c->up = c->up != 0 || fresh;
    if (fresh || out->account != NULL)
        sla_tell(s, c, f, due, terms, out);
    sla_set_next(s, c, due, terms);
}
