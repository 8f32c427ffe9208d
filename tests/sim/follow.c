#include "tests/sim/follow.h"

struct followed *follow_find(struct follow *f, uint64_t alert_id)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->at[i].alert_id == alert_id)
            return &f->at[i];
    return NULL;
}

struct followed *follow_find_clock(struct follow *f, struct str ticket, uint8_t metric,
                                   uint32_t instance)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->at[i].metric == metric && f->at[i].instance == instance &&
            str_equal(str_of(f->at[i].ticket), ticket))
            return &f->at[i];
    return NULL;
}

/* A breach is told once, until a late event takes back its end: then the same breach is active
 * again. One that came after that end is another, and the first is corrected before it. */
static bool may_breach(const struct followed *last, const struct alert *a, bool in_order)
{
    bool over = last->state == ALERT_CLEARED || last->state == ALERT_CANCELLED;
    return !last->breached || (!in_order && over && a->sla.breach_at <= last->ended_at);
}

static const char *check_step(const struct followed *last, const struct alert *a, bool in_order)
{
    const struct alert_sla *s = &a->sla;
    bool first = last->rev == 0;
    if (a->said && (first || a->state != last->state))
        return "somebody spoke of what is not so";
    if (a->rev != last->rev + 1)
        return "rev does not follow";
    if (!first && (last->metric != s->metric || !str_equal(str_of(last->ticket), s->ticket)))
        return "an alert of another clock has this id";
    if (a->said)
        return NULL;
    switch ((enum alert_state)a->state) {
    case ALERT_WARNING:
        return s->level == 0 ? "a warning without level" : last->breached ? "warns too late" : NULL;
    case ALERT_BREACHED:
        if (s->level > 0)
            return !last->breached                  ? "repeats what is no breach"
                   : last->state == ALERT_CORRECTED ? "repeats what was corrected"
                                                    : NULL;
        return may_breach(last, a, in_order) ? NULL : "a second breach";
    case ALERT_CLEARED:
    case ALERT_CANCELLED:
        return first || last->state == ALERT_CORRECTED ? "ends what is not there" : NULL;
    case ALERT_CORRECTED:
        return first || last->state == ALERT_CORRECTED ? "takes back what is not there" : NULL;
    }
    return "no such state";
}

const char *follow_effect(struct follow *f, const struct effect *e)
{
    const struct alert *a = &e->alert;
    if (e->kind != EFFECT_ALERT || a->kind != ALERT_SLA)
        return NULL;
    struct followed *last = follow_find(f, a->alert_id);
    if (last == NULL) {
        CHECK(f->n < FOLLOW_MAX);
        last = &f->at[f->n++];
        *last = (struct followed){.alert_id = a->alert_id, .metric = a->sla.metric};
    } else {
        f->count[last->state]--;
    }
    const char *why = check_step(last, a, f->in_order);
    struct str ticket = a->sla.ticket;
    CHECK(ticket.len <= NAME_BYTES_MAX && a->state <= ALERT_CANCELLED);
    memcpy(last->ticket, ticket.p, ticket.len);
    last->rev = a->rev;
    last->state = a->state;
    last->cause = a->sla.cause;
    last->level = a->sla.level;
    last->ended_at = a->ended_at;
    last->instance = a->sla.instance;
    if (a->state == ALERT_BREACHED)
        last->breached = true;
    if (a->state == ALERT_CORRECTED)
        last->breached = false;
    f->count[a->state]++;
    return why;
}
