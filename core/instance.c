/* Instances of clocks: when one begins, stands still, and how it ends.
 *
 * After each record the fold says what should run; what no longer should ends first, by the terms
 * that were in force, then other terms come, then what is new begins. */
#include "core/account.h"
#include "core/move.h"
#include "core/slas.h"

static bool is_reply(const struct record *r)
{
    return r != NULL && r->kind == EV_MESSAGE && r->by == BY_AGENT && r->is_public && !r->is_auto;
}

/* Has what it measured come to an end? Not so if it only lost its target, or never had one. */
static bool is_over(const struct sla_clock *c)
{
    return c->state == CLOCK_MET || c->state == CLOCK_MET_LATE ||
           (c->state == CLOCK_CANCELLED && c->cause != CAUSE_NO_POLICY);
}

static enum sla_metric metric_of_ticket(enum sla_slot slot)
{
    return slot == SLOT_RESOLUTION ? SLA_RESOLUTION : SLA_REQUESTER_WAIT;
}

static bool is_of_ticket(enum sla_metric m)
{
    return m == SLA_RESOLUTION || m == SLA_REQUESTER_WAIT;
}

bool sla_wakes(const struct sla *s, enum sla_slot slot, const struct fold_terms *terms)
{
    const struct sla_clock *c = &s->clock[slot];
    enum sla_metric m = metric_of_ticket(slot);
    if (agreement_target(sla_agreement(s, terms), s->policy, m, s->priority) == NULL)
        return false;
    return !is_over(c) || sla_metric_of(s, m, terms)->reopen != REOPEN_IGNORE;
}

ms_t sla_open_until(const struct fold *f, ms_t at)
{
    return ms_max(f->opened, (fold_ended(f) ? f->ended : at) - f->gap);
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
    *ret_metric = metric_of_ticket(slot);
    *ret_start = c->start != MS_NONE ? c->start : f->opened;
    bool reopened = (s->run & RUN_REOPENED) != 0; /* now: no other terms wake what has ended */
    if (is_over(c) && (!reopened || !sla_wakes(s, slot, terms)))
        return false;
    return f->opened != MS_NONE && f->opened <= *ret_start;
}

void sla_finish(struct sla *s, struct sla_clock *c, const struct fold *f, ms_t at,
                enum clock_state state, enum alert_cause cause, const struct fold_terms *terms,
                struct sink *out)
{
    c->elapsed = sla_elapsed(s, c, terms, at);
    c->since = MS_NONE;
    c->next = MS_NEVER;
    c->state = (uint8_t)state;
    c->cause = (uint8_t)cause;
    if (c->up != 0 || out->account != NULL)
        sla_tell(s, c, f, at, terms, out);
    c->up = 0;
}

/* How an instance that no longer runs has ended. */
static void finish_by(struct sla *s, enum sla_slot slot, struct fold *f, const struct record *r,
                      ms_t at, const struct fold_terms *terms, struct sink *out)
{
    struct sla_clock *c = &s->clock[slot];
    bool resolves = slot == SLOT_RESOLUTION || slot == SLOT_REQUESTER;
    bool resolved = r != NULL && (r->kind == EV_RESOLVED || r->kind == EV_CLOSED) &&
                    (f->flags & FOLD_RESOLVED) != 0 && (f->flags & FOLD_VOID) == 0;
    uint32_t agent = r == NULL || r->tags.agent == 0 ? f->tags.agent : r->tags.agent;
    bool replied = is_reply(r) && (slot != SLOT_ASSIGNEE || agent == f->tags.agent);
    enum alert_cause cause = CAUSE_ENDED;
    if (resolves ? resolved : replied) {
        if (sla_exceeded(s, c, terms)) { /* other terms came at the same instant */
            sla_breach(c, f, at, out);
            c->alerted = c->up = true;
            account_level(out->account, c, at);
            sla_tell(s, c, f, at, terms, out);
        }
        bool late = c->breached != MS_NONE;
        sla_finish(s, c, f, at, late ? CLOCK_MET_LATE : CLOCK_MET,
                   late ? CAUSE_MET_LATE : CAUSE_MET, terms, out);
        return;
    }
    if (r != NULL && r->kind == EV_MERGED)
        cause = CAUSE_MERGED;
    else if ((f->flags & FOLD_VOID) != 0)
        cause = CAUSE_VOID;
    else if (slot == SLOT_ASSIGNEE && f->waiting != MS_NONE)
        cause = CAUSE_REASSIGNED;
    else if (slot == SLOT_RESPONSE && fold_ended(f) && (f->flags & FOLD_REPLIED) == 0)
        cause = CAUSE_CLOSED_WITHOUT_REPLY;
    sla_finish(s, c, f, at, CLOCK_CANCELLED, cause, terms, out);
}

static bool pauses_now(const struct sla *s, const struct fold *f, enum sla_metric m,
                       const struct fold_terms *terms)
{
    return f->paused != MS_NONE &&
           agreement_pauses(sla_agreement(s, terms), s->policy, m, f->reason);
}

/* An instance begins. One that ran before a policy had a target for it, or before the ticket was
 * closed, counts from its start, closed time left out, but passes no level before now. */
static void begin(struct sla *s, struct sla_clock *c, struct fold *f, ms_t at, bool known,
                  const struct fold_terms *terms, struct sink *out)
{
    bool stands = pauses_now(s, f, (enum sla_metric)c->metric, terms);
    bool closed = known && is_of_ticket((enum sla_metric)c->metric);
    if (s->instances[c->metric] < UINT16_MAX)
        s->instances[c->metric]++;
    c->instance = s->instances[c->metric];
    c->state = CLOCK_RUNNING;
    c->cause = CAUSE_NONE;
    c->warned = c->overdue = c->alerted = c->told = c->up = 0;
    c->steady = c->start == at && !known;
    c->breached = MS_NONE;
    c->owner = f->tags; /* of an assignee's response; others: at the breach */
    c->elapsed = 0;
    c->since = c->start;
    if (stands && !known) { /* it ran until now */
        sla_set_next(s, c, at, terms);
        while (c->next < at)
            sla_level(s, c, f, terms, out);
        account_cut_slot(out->account, s, (uint32_t)(c - s->clock), &f->tags, at, terms);
    }
    if (known || stands) {
        c->elapsed = sla_elapsed(s, c, terms, closed ? sla_open_until(f, at) : at);
        c->since = stands ? MS_NONE : at;
    }
    const struct agreed_target *t = sla_target(s, c, s->priority, terms);
    if (known && t != NULL && c->elapsed > t->target)
        c->cause = CAUSE_RETARGET;
    sla_set_next(s, c, at, terms);
}

static void pause_or_resume(struct sla *s, struct sla_clock *c, const struct fold *f, ms_t at,
                            const struct fold_terms *terms)
{
    bool stands = pauses_now(s, f, (enum sla_metric)c->metric, terms);
    if (stands == (c->since == MS_NONE))
        return;
    c->elapsed = sla_elapsed(s, c, terms, at);
    c->since = stands ? MS_NONE : at;
    sla_set_next(s, c, at, terms);
}

/* An ended clock of the whole ticket runs again after a reopening. */
static void wake(struct sla *s, enum sla_slot slot, struct fold *f, ms_t at,
                 const struct fold_terms *terms, struct sink *out)
{
    struct sla_clock *c = &s->clock[slot];
    const struct agreed_metric *m = sla_metric_of(s, (enum sla_metric)c->metric, terms);
    if (c->cause != CAUSE_NO_POLICY && m->reopen == REOPEN_NEW_CYCLE) {
        c->start = at;
        begin(s, c, f, at, false, terms, out);
        return;
    }
    sla_fit_warned(c, sla_target(s, c, s->priority, terms));
    bool lost = c->cause == CAUSE_NO_POLICY;
    c->state = CLOCK_RUNNING;
    c->steady = false;
    c->cause = sla_exceeded(s, c, terms) ? CAUSE_RETARGET : CAUSE_NONE;
    c->since = pauses_now(s, f, (enum sla_metric)c->metric, terms) ? MS_NONE : at;
    if (lost)
        sla_forgive(s, c, f, at, terms, out);
    sla_set_next(s, c, at, terms);
}

/* What should run in a slot after the record, and is it what runs there, or ran? A wait that was
 * merged in stays the same one when it had breached. */
struct want {
    bool any, same;
    enum sla_metric metric;
    ms_t start;
};

/* Does the clock that is active surely run on as it is? false: want_of tells. */
static bool runs_on(const struct sla_clock *c, enum sla_slot slot, const struct fold *f)
{
    if (fold_ended(f))
        return false;
    if (slot == SLOT_RESOLUTION || slot == SLOT_REQUESTER)
        return f->opened != MS_NONE && f->opened <= c->start;
    if (slot == SLOT_ASSIGNEE)
        return f->waiting != MS_NONE && f->assigned == c->start;
    return f->waiting == c->start; /* the reply that makes it another metric ends the wait */
}

static struct want want_of(const struct sla *s, enum sla_slot slot, const struct fold *f,
                           const struct record *r, const struct fold_terms *terms)
{
    const struct sla_clock *c = &s->clock[slot];
    struct want w = {.any = false};
    w.any = wanted(s, f, slot, terms, &w.metric, &w.start);
    bool merged = w.any && r != NULL && r->absorbs && c->metric == w.metric && sla_active(c);
    if (merged && c->breached != MS_NONE)
        w.start = c->start;
    w.same = w.any && c->start == w.start && c->metric == w.metric;
    return w;
}

static void settle_slot(struct sla *s, enum sla_slot slot, struct fold *f, const struct record *r,
                        ms_t at, const struct fold_terms *terms, struct sink *out)
{
    struct sla_clock *c = &s->clock[slot];
    if (r != NULL && sla_active(c)) { /* what is not wanted any more has just ended */
        pause_or_resume(s, c, f, at, terms);
        return;
    }
    struct want w = want_of(s, slot, f, r, terms);
    bool same = w.same;
    if (!w.any)
        return;
    bool of_ticket = is_of_ticket(w.metric);
    bool known = same && c->state == CLOCK_NONE; /* without a target until this record */
    known = known || (of_ticket && f->gap > 0);
    c->start = w.start;
    c->metric = (uint8_t)w.metric;
    if (sla_active(c)) {
        pause_or_resume(s, c, f, at, terms);
    } else if (sla_target(s, c, s->priority, terms) == NULL) {
        c->state = same ? c->state : CLOCK_NONE;
    } else if (same && c->state != CLOCK_NONE && (of_ticket || c->cause == CAUSE_NO_POLICY)) {
        bool again = c->cause == CAUSE_NO_POLICY;
        wake(s, slot, f, at, terms, out);
        if (again)
            account_retarget(out->account, s, c, at, sla_target(s, c, s->priority, terms)->target);
    } else {
        c->inherited = r != NULL && r->absorbs && w.start < at;
        begin(s, c, f, at, known || c->inherited, terms, out);
    }
}

void sla_settle(struct sla *s, struct fold *f, const struct record *r, ms_t at,
                const struct fold_terms *terms, struct sink *out)
{
    uint32_t slots = sla_slots(s, terms);
    if (fold_ended(f)) /* nothing is wanted, nothing active */
        return;
    for (enum sla_slot slot = 0; slot < SLA_SLOTS; slot++)
        if ((slots >> slot & 1) != 0 || sla_active(&s->clock[slot]))
            settle_slot(s, slot, f, r, at, terms, out);
}

void sla_note(struct sla *s, const struct fold *f, const struct fold_terms *terms)
{
    for (enum sla_slot slot = 0; slot < SLA_SLOTS; slot++) {
        struct sla_clock *c = &s->clock[slot];
        struct want w = want_of(s, slot, f, NULL, terms);
        if (sla_active(c) || !w.any || w.same)
            continue;
        c->start = w.start;
        c->metric = (uint8_t)w.metric;
        c->state = CLOCK_NONE;
    }
}

/* --- following the fold --------------------------------------------------------------------- */

/* What no longer runs ends by the terms that were in force. */
static void end_clocks(struct sla *s, struct fold *f, const struct record *r,
                       const struct fold_terms *terms, struct sink *out)
{
    for (enum sla_slot slot = 0; slot < SLA_SLOTS; slot++)
        if (sla_active(&s->clock[slot]) && !runs_on(&s->clock[slot], slot, f) &&
            !want_of(s, slot, f, r, terms).same)
            finish_by(s, slot, f, r, r->ts, terms, out);
}

/* A resolve of a closed ticket has reopened it for no time: its clocks ran again and are met. */
static void end_reopened(struct sla *s, struct fold *f, const struct record *r,
                         const struct fold_terms *terms, struct sink *out)
{
    static const uint8_t slots[] = {SLOT_RESOLUTION, SLOT_REQUESTER};
    bool resolves = r->kind == EV_RESOLVED && f->ended == r->ts && f->opened != MS_NONE;
    if (!resolves || s->cycle == (uint8_t)f->cycles)
        return;
    for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
        enum sla_slot slot = slots[i];
        struct sla_clock *c = &s->clock[slot];
        if (!sla_wakes(s, slot, terms))
            continue;
        if (c->state == CLOCK_NONE) {
            c->metric = (uint8_t)metric_of_ticket(slot);
            c->start = f->opened;
            begin(s, c, f, r->ts, true, terms, out);
            account_cut(out->account, s, &f->tags, r->ts, terms);
        } else {
            wake(s, slot, f, r->ts, terms, out);
        }
        finish_by(s, slot, f, r, r->ts, terms, out);
    }
}

static uint8_t run_of(const struct fold *f)
{
    if (f->opened == MS_NONE || fold_ended(f))
        return 0;
    bool pending = f->paused != MS_NONE && f->reason == FOLD_REASON_PENDING;
    return (uint8_t)(RUN_OPEN | (pending ? RUN_PENDING : 0) |
                     (f->paused != MS_NONE ? RUN_PAUSED : 0));
}

void sla_view(const struct fold *f, struct sla_view *ret)
{
    enum { LOOKED_AT = FOLD_REPLIED | FOLD_RESOLVED | FOLD_CLOSED | FOLD_VOID };
    ret->opened = f->opened;
    ret->waiting = f->waiting;
    ret->assigned = f->assigned;
    ret->ended = f->ended;
    ret->paused = f->paused;
    ret->tags = f->tags;
    ret->flags = f->flags & LOOKED_AT;
    ret->reason = f->reason;
    ret->cycles = f->cycles;
}

/* Policies look at these names; at whose ticket it is they do not. */
static bool other_names(const struct tags *was, const struct tags *is)
{
    return was->team != is->team || was->channel != is->channel || was->priority != is->priority ||
           was->category != is->category;
}

/* Does any clock look at what the record has changed? */
static bool looks(const struct sla *s, const struct sla_view *was, const struct fold *f,
                  const struct record *r, const struct fold_terms *terms)
{
    struct sla_view is;
    sla_view(f, &is);
    bool assigned = was->assigned != is.assigned && (sla_slots(s, terms) >> SLOT_ASSIGNEE & 1) != 0;
    return was->waiting != is.waiting || assigned || was->ended != is.ended ||
           was->paused != is.paused || was->opened != is.opened || was->reason != is.reason ||
           was->flags != is.flags || was->cycles != is.cycles || r->absorbs;
}

void sla_follow(struct sla *s, struct fold *f, const struct sla_view *was, const struct record *r,
                const struct fold_terms *terms, struct sink *out)
{
    bool other =
        !s->matched || r->says_customer || r->says_tier || other_names(&was->tags, &f->tags);
    if (!other && !looks(s, was, f, r, terms))
        return;
    bool fills = r->kind == EV_OPENED; /* what is absent only */
    if (r->says_customer && (!fills || s->customer == 0))
        s->customer = r->customer;
    if (r->says_tier && (!fills || s->tier == 0))
        s->tier = r->tier;
    end_clocks(s, f, r, terms, out);
    if (other)
        sla_change_terms(s, f, r->ts, false, terms, out);
    s->matched = true;
    uint8_t run = run_of(f);
    if (s->run_since == MS_NONE && f->opened != MS_NONE)
        sla_book_opening(s, f, terms, r->ts);
    else if (run != s->run)
        sla_book(s, terms, r->ts);
    bool reopened = (run & RUN_OPEN) != 0 && (s->run & RUN_OPEN) == 0;
    s->run = (uint8_t)(run | (reopened ? RUN_REOPENED : 0));
    sla_settle(s, f, r, r->ts, terms, out);
    s->run = run;
    end_reopened(s, f, r, terms, out);
    s->cycle = (uint8_t)f->cycles;
}
