/* What others ask of a ticket's clocks. */
#include "core/move.h"
#include "core/slas.h"

/* The slot and metric of a target that policies can have. false: they cannot. */
static bool slot_of(enum target target, enum sla_slot *ret_slot, enum sla_metric *ret_metric)
{
    static const struct {
        uint8_t can, slot, metric;
    } of[TARGET_N] = {
        [TARGET_FIRST_RESPONSE] = {1, SLOT_RESPONSE, SLA_FIRST_RESPONSE},
        [TARGET_NEXT_RESPONSE] = {1, SLOT_RESPONSE, SLA_NEXT_RESPONSE},
        [TARGET_ASSIGNEE_RESPONSE] = {1, SLOT_ASSIGNEE, SLA_ASSIGNEE_RESPONSE},
        [TARGET_RESOLUTION] = {1, SLOT_RESOLUTION, SLA_RESOLUTION},
        [TARGET_REQUESTER_WAIT] = {1, SLOT_REQUESTER, SLA_REQUESTER_WAIT},
    };
    *ret_slot = (enum sla_slot)of[target].slot;
    *ret_metric = (enum sla_metric)of[target].metric;
    return of[target].can != 0;
}

bool sla_covers(const struct sla *s, const struct fold *f, enum target target,
                const struct fold_terms *terms)
{
    enum sla_slot slot;
    enum sla_metric metric;
    if (s->generation == SLA_FRESH || !slot_of(target, &slot, &metric))
        return false;
    return agreement_target(agreement_get(terms->agreements, s->generation), s->policy, metric,
                            f->tags.priority) != NULL;
}

/* The ticket is resolved and that clock does not run. */
static enum sla_judgement judge_ended(const struct sla *s, const struct fold *f, enum sla_slot slot,
                                      enum sla_metric metric, const struct fold_terms *terms)
{
    const struct sla_clock *c = &s->clock[slot];
    bool reopens = s->cycle != (uint8_t)f->cycles; /* a resolve of a closed ticket */
    if (!reopens || !sla_wakes(s, slot, terms))
        return c->state == CLOCK_MET ? JUDGE_MET : JUDGE_LATE;
    const struct agreed_metric *m = sla_metric_of(s, metric, terms);
    bool late = c->breached != MS_NONE || sla_exceeded(s, c, terms);
    if (c->state == CLOCK_NONE) {
        const struct calendar *cal = sla_any_calendar(s, terms);
        ms_t open = calendar_open(cal, sla_open_until(f, f->ended)) - calendar_open(cal, f->opened);
        late = open >
               agreement_target(sla_agreement(s, terms), s->policy, metric, s->priority)->target;
    } else if (c->cause != CAUSE_NO_POLICY && m->reopen == REOPEN_NEW_CYCLE) {
        late = false;
    }
    return late ? JUDGE_LATE : JUDGE_MET;
}

enum sla_judgement sla_judge(const struct sla *s, const struct fold *f, enum target target,
                             const struct fold_terms *terms)
{
    enum sla_slot slot;
    enum sla_metric metric;
    if (!sla_covers(s, f, target, terms) || !slot_of(target, &slot, &metric))
        return JUDGE_NONE;
    const struct sla_clock *c = &s->clock[slot];
    if (slot == SLOT_RESOLUTION || slot == SLOT_REQUESTER) {
        if (!sla_active(c))
            return judge_ended(s, f, slot, metric, terms);
    } else if (c->metric != metric || !sla_active(c)) {
        return JUDGE_LATE; /* no clock runs: in time of nothing */
    }
    return c->breached == MS_NONE && !sla_exceeded(s, c, terms) ? JUDGE_MET : JUDGE_LATE;
}

bool sla_exceeded(const struct sla *s, const struct sla_clock *c, const struct fold_terms *terms)
{
    const struct agreed_target *t = sla_target(s, c, s->priority, terms);
    return t != NULL && c->breached == MS_NONE && c->elapsed > t->target;
}

struct sla_times sla_times(const struct sla *s, const struct fold_terms *terms, ms_t ts)
{
    const struct calendar *cal = sla_calendar(s, terms);
    struct sla_times t = {s->total, s->total - s->pending, s->total - s->held};
    if (cal == NULL || s->run_since == MS_NONE || (s->run & RUN_OPEN) == 0 || ts <= s->run_since)
        return t;
    ms_t more = calendar_open(cal, ts) - calendar_open(cal, s->run_since);
    t.total += more;
    t.requester += (s->run & RUN_PENDING) != 0 ? 0 : more;
    t.work += (s->run & RUN_PAUSED) != 0 ? 0 : more;
    return t;
}

uint32_t sla_risk(const struct sla *s)
{
    uint32_t risk = 0;
    for (int i = 0; i < SLA_SLOTS; i++) {
        const struct sla_clock *c = &s->clock[i];
        if (!sla_active(c))
            continue;
        risk |= c->warned > 0 ? RISK_WARNED : 0;
        risk |= c->breached != MS_NONE ? RISK_BREACHED : 0;
    }
    return risk;
}

/* An ended ticket follows other policies when it is next heard of, or at once when a late event
 * has it folded again: the business time that its next event will find is the same. */
static void follow_ended(struct sla *s, const struct fold *f, const struct fold_terms *terms)
{
    struct sink none = {.board = NULL};
    struct fold fold = *f;
    sla_outlive(s, f, terms);
    for (ms_t at = sla_terms_end(s, terms); at != MS_NEVER; at = sla_terms_end(s, terms))
        sla_change_terms(s, &fold, at, true, terms, &none);
}

uint64_t sla_digest(const struct sla *is, const struct fold *f, const struct fold_terms *terms)
{
    struct sla followed, *s = &followed;
    followed = *is;
    if (fold_ended(f))
        follow_ended(s, f, terms);
    uint64_t h = 5;
    for (int i = 0; i < SLA_SLOTS; i++) {
        const struct sla_clock *c = &s->clock[i];
        const int64_t numbers[] = {c->start,   c->since, c->elapsed, c->next,     c->breached,
                                   c->state,   c->cause, c->metric,  c->instance, c->warned,
                                   c->overdue, c->told,  c->up};
        h = mix64(h ^ hash_bytes(1, numbers, sizeof numbers));
    }
    const int64_t ticket[] = {s->total, s->pending, s->held, s->run};
    return mix64(h ^ hash_bytes(1, ticket, sizeof ticket));
}
