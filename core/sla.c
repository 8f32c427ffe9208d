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

static const struct agreement *agreement_of(const struct sla *s, const struct fold_terms *terms)
{
    return agreement_get(terms->agreements, s->generation);
}

const struct calendar *sla_any_calendar(const struct sla *s, const struct fold_terms *terms)
{
    const struct agreement *g = agreement_of(s, terms);
    return s->policy == 0 ? NULL : &g->calendar[g->policy[s->policy - 1].calendar];
}

const struct calendar *sla_calendar(const struct sla *s, const struct fold_terms *terms)
{
    const struct calendar *c = sla_any_calendar(s, terms);
    return c == NULL || c->always ? NULL : c;
}

const struct agreed_target *sla_target(const struct sla *s, const struct sla_clock *c,
                                       uint32_t priority, const struct fold_terms *terms)
{
    return agreement_target(agreement_of(s, terms), s->policy, (enum sla_metric)c->metric,
                            priority);
}

const struct agreed_metric *sla_metric_of(const struct sla *s, enum sla_metric m,
                                          const struct fold_terms *terms)
{
    return s->policy == 0 ? NULL : &agreement_of(s, terms)->policy[s->policy - 1].metric[m];
}

bool sla_active(const struct sla_clock *c)
{
    return c->state == CLOCK_RUNNING;
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

ms_t sla_elapsed(const struct sla *s, const struct sla_clock *c, const struct fold_terms *terms,
                 ms_t at)
{
    const struct calendar *cal = sla_any_calendar(s, terms);
    if (c->since == MS_NONE || at <= c->since || cal == NULL)
        return c->elapsed;
    return c->elapsed + calendar_open(cal, at) - calendar_open(cal, c->since);
}

void sla_limits(const struct sla *s, const struct sla_clock *c, uint32_t priority,
                const struct fold_terms *terms, ms_t *ret_due_at, ms_t *ret_breach_at)
{
    const struct agreed_target *t = sla_target(s, c, priority, terms);
    *ret_due_at = *ret_breach_at = MS_NEVER;
    if (t == NULL || c->since == MS_NONE || !sla_active(c))
        return;
    const struct calendar *cal = sla_any_calendar(s, terms);
    ms_t sum = calendar_open(cal, c->since) + t->target - c->elapsed;
    *ret_due_at = calendar_due(cal, sum);
    *ret_breach_at = c->breached != MS_NONE ? c->breached : calendar_breach(cal, sum);
}

/* --- levels --------------------------------------------------------------------------------- */

void sla_set_next(const struct sla *s, struct sla_clock *c, const struct fold *f, ms_t now,
                  const struct fold_terms *terms)
{
    c->next = MS_NEVER;
    if (!sla_active(c))
        return;
    const struct agreed_target *t = sla_target(s, c, f->tags.priority, terms);
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
    ms_t sum = calendar_open(cal, c->since) + level - c->elapsed;
    c->next = ms_max(warning ? calendar_due(cal, sum) : calendar_breach(cal, sum), c->since);
}

void sla_tell(const struct sla *s, const struct sla_clock *c, const struct fold *f, ms_t at,
              const struct fold_terms *terms, struct sink *out)
{
    bool any = c->warned > 0 || c->breached != MS_NONE || c->cause == CAUSE_FORGIVEN;
    if (out->fact == NULL || (!any && out->account == NULL))
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
    const struct agreed_target *t = sla_target(s, c, f->tags.priority, terms);
    bool warned = k->warned != c->warned, levels = warned || k->breached != c->breached;
    levels = levels || k->overdue != c->overdue || k->level_at == MS_NONE;
    k->start = c->start;
    k->metric = c->metric;
    k->instance = c->instance;
    k->ended = sla_active(c) ? MS_NONE : at;
    k->warned_at = warned ? at : k->warned_at;
    k->level_at = levels ? at : k->level_at;
    k->breached = c->breached;
    k->elapsed = sla_elapsed(s, c, terms, at);
    k->level_elapsed = levels ? k->elapsed : k->level_elapsed;
    if (t != NULL) {
        k->target = t->target;
        k->policy = s->policy;
        k->generation = s->generation;
    }
    if (sla_active(c))
        sla_limits(s, c, f->tags.priority, terms, &k->due_at, &k->breach_at);
    k->owner = c->breached != MS_NONE ? c->owner : f->tags;
    k->state = (uint8_t)sla_state(c);
    k->cause = c->cause;
    k->warned = c->warned;
    k->overdue = c->overdue;
}

void sla_tell_all(const struct sla *s, const struct fold *f, ms_t at,
                  const struct fold_terms *terms, struct sink *out)
{
    for (int i = 0; i < SLA_SLOTS; i++)
        if (sla_active(&s->clock[i]))
            sla_tell(s, &s->clock[i], f, at, terms, out);
}

static void breach(struct sla_clock *c, struct fold *f, ms_t due, struct sink *out)
{
    uint32_t target = sla_metric_target((enum sla_metric)c->metric);
    struct window_sample miss = {.ts = due, .flags = BIT(MARKS_MISSED + target)};
    c->breached = due;
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

/* When the policies after those of this ticket came into force. */
static ms_t next_generation(const struct sla *s, const struct fold_terms *terms)
{
    if (s->generation >= agreements_last(terms->agreements)) /* also SLA_FRESH */
        return MS_NEVER;
    return agreement_get(terms->agreements, s->generation + 1)->from;
}

ms_t sla_deadline(const struct sla *s, const struct fold_terms *terms)
{
    return ms_min(first_due(s)->next, next_generation(s, terms));
}

void sla_pass(struct sla *s, struct fold *f, ms_t due, const struct fold_terms *terms,
              struct sink *out)
{
    struct sla_clock *c = first_due(s);
    account_cut(out->account, s, &f->tags, due, terms);
    f->last_miss = f->last_miss == MS_NONE ? due : ms_max(f->last_miss, due);
    if (c->next > due) {
        sla_change_terms(s, f, due, true, terms, out);
        sla_settle(s, f, NULL, due, terms, out);
        return;
    }
    const struct agreed_target *t = sla_target(s, c, f->tags.priority, terms);
    CHECK(t != NULL);
    if (c->breached != MS_NONE)
        c->overdue++;
    else if (c->warned < t->warns)
        c->warned++;
    else
        breach(c, f, due, out);
    account_level(out->account, c, due);
    sla_tell(s, c, f, due, terms, out);
    sla_set_next(s, c, f, due, terms);
}

/* --- instances ------------------------------------------------------------------------------ */

static bool is_reply(const struct record *r)
{
    return r != NULL && r->kind == EV_MESSAGE && r->by == BY_AGENT && r->is_public && !r->is_auto;
}

/* What should run in a slot now. false: nothing. */
static bool wanted(const struct sla *s, const struct fold *f, enum sla_slot slot,
                   const struct fold_terms *terms, enum sla_metric *ret_metric, ms_t *ret_start)
{
    const struct sla_clock *c = &s->clock[slot];
    if (fold_ended(f))
        return false;
    switch (slot) {
    case SLOT_RESPONSE:
        *ret_metric = (f->flags & FOLD_REPLIED) != 0 ? SLA_NEXT_RESPONSE : SLA_FIRST_RESPONSE;
        *ret_start = f->waiting;
        return f->waiting != MS_NONE;
    case SLOT_ASSIGNEE:
        *ret_metric = SLA_ASSIGNEE_RESPONSE;
        *ret_start = f->assigned;
        return f->assigned != MS_NONE && f->waiting != MS_NONE;
    case SLOT_RESOLUTION:
    case SLOT_REQUESTER:
    case SLA_SLOTS:
        break;
    }
    *ret_metric = slot == SLOT_RESOLUTION ? SLA_RESOLUTION : SLA_REQUESTER_WAIT;
    *ret_start = c->start != MS_NONE ? c->start : f->opened;
    bool over = c->state == CLOCK_MET || c->state == CLOCK_MET_LATE ||
                (c->state == CLOCK_CANCELLED && c->cause != CAUSE_NO_POLICY);
    const struct agreed_metric *m = sla_metric_of(s, *ret_metric, terms);
    if (over && (m == NULL || m->reopen == REOPEN_IGNORE))
        return false;
    return f->opened != MS_NONE && f->opened <= *ret_start;
}

static void finish(struct sla *s, struct sla_clock *c, const struct fold *f, ms_t at,
                   enum clock_state state, enum alert_cause cause, const struct fold_terms *terms,
                   struct sink *out)
{
    c->elapsed = sla_elapsed(s, c, terms, at);
    c->since = MS_NONE;
    c->next = MS_NEVER;
    c->state = (uint8_t)state;
    c->cause = (uint8_t)cause;
    sla_tell(s, c, f, at, terms, out);
}

/* How an instance that no longer runs has ended. */
static void finish_by(struct sla *s, enum sla_slot slot, const struct fold *f,
                      const struct record *r, ms_t at, const struct fold_terms *terms,
                      struct sink *out)
{
    struct sla_clock *c = &s->clock[slot];
    bool resolves = slot == SLOT_RESOLUTION || slot == SLOT_REQUESTER;
    bool resolved = r != NULL && (r->kind == EV_RESOLVED || r->kind == EV_CLOSED) &&
                    (f->flags & FOLD_RESOLVED) != 0 && (f->flags & FOLD_VOID) == 0;
    uint32_t agent = r == NULL || r->tags.agent == 0 ? f->tags.agent : r->tags.agent;
    bool replied = is_reply(r) && (slot != SLOT_ASSIGNEE || agent == f->tags.agent);
    enum alert_cause cause = CAUSE_ENDED;
    if (resolves ? resolved : replied) {
        bool late = c->breached != MS_NONE;
        finish(s, c, f, at, late ? CLOCK_MET_LATE : CLOCK_MET, late ? CAUSE_MET_LATE : CAUSE_MET,
               terms, out);
        return;
    }
    if (r != NULL && r->kind == EV_MERGED)
        cause = CAUSE_MERGED;
    else if ((f->flags & FOLD_VOID) != 0)
        cause = CAUSE_VOID;
    else if (slot == SLOT_ASSIGNEE && !fold_ended(f))
        cause = CAUSE_REASSIGNED;
    else if (slot == SLOT_RESPONSE && fold_ended(f) && (f->flags & FOLD_REPLIED) == 0)
        cause = CAUSE_CLOSED_WITHOUT_REPLY;
    finish(s, c, f, at, CLOCK_CANCELLED, cause, terms, out);
}

static bool pauses_now(const struct sla *s, const struct fold *f, enum sla_metric m,
                       const struct fold_terms *terms)
{
    return f->paused != MS_NONE &&
           agreement_pauses(agreement_of(s, terms), s->policy, m, f->reason);
}

/* An instance begins. One that ran before a policy had a target for it counts from its start, but
 * passes no level before now. */
static void begin(struct sla *s, struct sla_clock *c, const struct fold *f, ms_t at, bool known,
                  const struct fold_terms *terms)
{
    bool stands = pauses_now(s, f, (enum sla_metric)c->metric, terms);
    if (s->instances[c->metric] < UINT16_MAX)
        s->instances[c->metric]++;
    c->instance = s->instances[c->metric];
    c->state = CLOCK_RUNNING;
    c->cause = CAUSE_NONE;
    c->warned = c->overdue = 0;
    c->breached = MS_NONE;
    memset(&c->owner, 0, sizeof c->owner);
    c->elapsed = 0;
    c->since = c->start;
    if (known || stands) {
        c->elapsed = sla_elapsed(s, c, terms, at);
        c->since = stands ? MS_NONE : at;
    }
    const struct agreed_target *t = sla_target(s, c, f->tags.priority, terms);
    if (known && t != NULL && c->elapsed > t->target)
        c->cause = CAUSE_RETARGET;
    sla_set_next(s, c, f, at, terms);
}

static void pause_or_resume(struct sla *s, struct sla_clock *c, const struct fold *f, ms_t at,
                            const struct fold_terms *terms)
{
    bool stands = pauses_now(s, f, (enum sla_metric)c->metric, terms);
    if (stands == (c->since == MS_NONE))
        return;
    c->elapsed = sla_elapsed(s, c, terms, at);
    c->since = stands ? MS_NONE : at;
    sla_set_next(s, c, f, at, terms);
}

/* An ended clock of the whole ticket runs again after a reopening. */
static void wake(struct sla *s, enum sla_slot slot, const struct fold *f, ms_t at,
                 const struct fold_terms *terms)
{
    struct sla_clock *c = &s->clock[slot];
    const struct agreed_metric *m = sla_metric_of(s, (enum sla_metric)c->metric, terms);
    if (c->cause != CAUSE_NO_POLICY && m->reopen == REOPEN_NEW_CYCLE) {
        c->start = at;
        begin(s, c, f, at, false, terms);
        return;
    }
    const struct agreed_target *t = sla_target(s, c, f->tags.priority, terms);
    bool exceeded = t != NULL && c->breached == MS_NONE && c->elapsed > t->target;
    c->state = CLOCK_RUNNING;
    c->cause = exceeded ? CAUSE_RETARGET : CAUSE_NONE;
    c->since = pauses_now(s, f, (enum sla_metric)c->metric, terms) ? MS_NONE : at;
    sla_set_next(s, c, f, at, terms);
}

static void settle_slot(struct sla *s, enum sla_slot slot, struct fold *f, const struct record *r,
                        ms_t at, const struct fold_terms *terms, struct sink *out)
{
    struct sla_clock *c = &s->clock[slot];
    enum sla_metric metric;
    ms_t start;
    bool want = wanted(s, f, slot, terms, &metric, &start);
    bool same = want && c->start == start && c->metric == metric;
    bool earlier = want && r != NULL && r->absorbs && c->metric == metric;
    if (sla_active(c) && !same && earlier && c->breached != MS_NONE)
        return; /* merged in: the same wait, breached already */
    if (sla_active(c) && !same)
        finish_by(s, slot, f, r, at, terms, out);
    if (!want)
        return;
    bool known = same && c->state == CLOCK_NONE; /* without a target until this record */
    bool of_ticket = slot == SLOT_RESOLUTION || slot == SLOT_REQUESTER;
    c->start = start;
    c->metric = (uint8_t)metric;
    bool target = sla_target(s, c, f->tags.priority, terms) != NULL;
    if (sla_active(c) && !target) {
        finish(s, c, f, at, CLOCK_CANCELLED, CAUSE_NO_POLICY, terms, out);
    } else if (sla_active(c)) {
        pause_or_resume(s, c, f, at, terms);
    } else if (!target) {
        c->state = same ? c->state : CLOCK_NONE;
    } else if (same && c->state != CLOCK_NONE && (of_ticket || c->cause == CAUSE_NO_POLICY)) {
        wake(s, slot, f, at, terms);
    } else {
        begin(s, c, f, at, known, terms);
    }
}

void sla_settle(struct sla *s, struct fold *f, const struct record *r, ms_t at,
                const struct fold_terms *terms, struct sink *out)
{
    for (enum sla_slot slot = 0; slot < SLA_SLOTS; slot++)
        settle_slot(s, slot, f, r, at, terms, out);
}

/* --- following the fold --------------------------------------------------------------------- */

static uint8_t run_of(const struct fold *f)
{
    if (f->opened == MS_NONE || fold_ended(f))
        return 0;
    bool pending = f->paused != MS_NONE && f->reason == FOLD_REASON_PENDING;
    return (uint8_t)(RUN_OPEN | (pending ? RUN_PENDING : 0) |
                     (f->paused != MS_NONE ? RUN_PAUSED : 0));
}

void sla_follow(struct sla *s, struct fold *f, const struct record *r,
                const struct fold_terms *terms, struct sink *out)
{
    if (r->says_customer)
        s->customer = r->customer;
    if (r->says_tier)
        s->tier = r->tier;
    sla_change_terms(s, f, r->ts, false, terms, out);
    uint8_t run = run_of(f);
    if (run != s->run) {
        if (s->run_since == MS_NONE && f->opened != MS_NONE)
            s->run_since = f->opened;
        else
            sla_book(s, terms, r->ts);
        s->run = run;
    }
    sla_settle(s, f, r, r->ts, terms, out);
}
