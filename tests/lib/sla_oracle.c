/* The ticket of an oracle, read event by event; sla_clock.c has its clocks. */
#include "tests/lib/sla_oracle.h"

#include "tests/lib/sla_clock.h"

#include <stdlib.h>

/* One ticket while its events are read. */
struct sheet {
    struct oracle_book book;
    ms_t ts; /* of the event at hand */
    struct str agent, name[POLICY_ATTRIBUTES];
    ms_t opened, waiting, remembered;
    ms_t ended, closed; /* over since; how long it was over before */
    struct str reason;  /* of the pause; empty = none */
    bool is_resolved, is_closed, replied, is_void, reopened;
};

static const struct str nobody;

static bool over(const struct sheet *p)
{
    return p->is_resolved || p->is_closed;
}

/* --- clocks begin and end ------------------------------------------------------------------- */

static void begin(struct sheet *p, enum sla_metric m, ms_t start)
{
    clock_begin(&p->book, m, start, p->ts);
}

static void cancel(struct sheet *p, enum sla_metric m, enum alert_cause cause)
{
    clock_cancel(&p->book, m, p->ts, cause);
}

static void finish(struct sheet *p, enum sla_metric m, struct str credit)
{
    clock_finish(&p->book, m, p->ts, credit, p->name[POLICY_TEAM]);
}

/* The customer waits from then on, or no more. */
static void wait_from(struct sheet *p, ms_t since)
{
    if (since == p->waiting)
        return;
    cancel(p, SLA_FIRST_RESPONSE, CAUSE_ENDED);
    cancel(p, SLA_NEXT_RESPONSE, CAUSE_ENDED);
    p->waiting = since;
    if (since == MS_NONE)
        cancel(p, SLA_ASSIGNEE_RESPONSE, CAUSE_ENDED);
    else
        begin(p, p->replied ? SLA_NEXT_RESPONSE : SLA_FIRST_RESPONSE, since);
}

static void set_agent(struct sheet *p, struct str agent)
{
    if (str_equal(agent, p->agent))
        return;
    p->agent = agent;
    cancel(p, SLA_ASSIGNEE_RESPONSE, CAUSE_REASSIGNED);
    if (agent.len > 0 && p->waiting != MS_NONE && !over(p))
        begin(p, SLA_ASSIGNEE_RESPONSE, p->ts);
}

/* Resolved or closed: nobody replies any more. */
static void stop_waiting(struct sheet *p, enum alert_cause cause)
{
    bool mute = cause == CAUSE_ENDED;
    p->reason = nobody;
    cancel(p, SLA_FIRST_RESPONSE, mute ? CAUSE_CLOSED_WITHOUT_REPLY : cause);
    cancel(p, SLA_NEXT_RESPONSE, cause);
    cancel(p, SLA_ASSIGNEE_RESPONSE, cause);
    p->waiting = MS_NONE;
}

static void know_opening(struct sheet *p, ms_t opened)
{
    p->opened = opened;
    if (over(p))
        return;
    begin(p, SLA_RESOLUTION, opened);
    begin(p, SLA_REQUESTER_WAIT, opened);
}

static struct oracle_moment moment_of(const struct sheet *p)
{
    return (struct oracle_moment){.ts = p->ts,
                                  .agent = p->agent,
                                  .team = p->name[POLICY_TEAM],
                                  .reason = p->reason,
                                  .over = over(p),
                                  .reopened = p->reopened,
                                  .opened = p->opened,
                                  .closed = p->closed};
}

static void open_again(struct sheet *p)
{
    p->is_resolved = p->is_closed = p->is_void = false;
    p->reopened = true;
    p->closed += p->ts - p->ended;
    p->ended = p->ts;
}

/* A resolve of a closed ticket opens it first. */
static void reopen_to_resolve(struct sheet *p)
{
    open_again(p);
    struct oracle_moment now = moment_of(p);
    clock_reopen(&p->book, SLA_RESOLUTION, &now, p->name);
    clock_reopen(&p->book, SLA_REQUESTER_WAIT, &now, p->name);
}

/* --- the kinds of events -------------------------------------------------------------------- */

/* Attributes that the event names; gaps: only those that are absent. Not the agent. */
static void take_names(struct sheet *p, const struct event *e, bool gaps)
{
    const struct {
        enum policy_attribute attribute;
        enum event_field field;
        struct str text;
    } all[] = {
        {POLICY_PRIORITY, F_PRIORITY, e->priority}, {POLICY_TEAM, F_TEAM, e->team},
        {POLICY_CHANNEL, F_CHANNEL, e->channel},    {POLICY_CATEGORY, F_CATEGORY, e->category},
        {POLICY_CUSTOMER, F_CUSTOMER, e->customer}, {POLICY_TIER, F_TIER, e->tier},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct str *now = &p->name[all[i].attribute];
        if (event_names(e, all[i].field) && !(gaps && now->len > 0))
            *now = event_has(e, all[i].field) ? all[i].text : nobody;
    }
}

static struct str said_agent(const struct event *e)
{
    return event_has(e, F_AGENT) ? e->agent : nobody;
}

static void on_opened(struct sheet *p, const struct event *e)
{
    bool known = p->opened != MS_NONE;
    take_names(p, e, true);
    if (!known)
        know_opening(p, p->ts);
    if (!known && e->by == BY_CUSTOMER && p->waiting == MS_NONE && !p->replied && !over(p))
        wait_from(p, p->ts);
    if (event_names(e, F_AGENT) && p->agent.len == 0)
        set_agent(p, said_agent(e));
}

static void on_owner(struct sheet *p, const struct event *e)
{
    if (event_names(e, F_TEAM))
        p->name[POLICY_TEAM] = event_has(e, F_TEAM) ? e->team : nobody;
    if (event_names(e, F_AGENT))
        set_agent(p, said_agent(e));
}

static void on_updated(struct sheet *p, const struct event *e)
{
    take_names(p, e, false);
}

static void on_reply(struct sheet *p, const struct event *e)
{
    struct str agent = event_has(e, F_AGENT) ? e->agent : p->agent;
    finish(p, p->replied ? SLA_NEXT_RESPONSE : SLA_FIRST_RESPONSE, agent);
    if (str_equal(agent, p->agent))
        finish(p, SLA_ASSIGNEE_RESPONSE, agent);
    else
        cancel(p, SLA_ASSIGNEE_RESPONSE, CAUSE_ENDED);
    p->waiting = p->remembered = MS_NONE;
    p->replied = true;
}

static void on_message(struct sheet *p, const struct event *e)
{
    if (!e->is_public || e->is_auto)
        return;
    if (e->by == BY_AGENT)
        on_reply(p, e);
    if (e->by != BY_CUSTOMER || !e->needs_reply)
        return;
    if (over(p))
        p->remembered = p->remembered == MS_NONE ? p->ts : p->remembered;
    else if (p->waiting == MS_NONE)
        wait_from(p, p->ts);
}

static void pause(struct sheet *p, bool says, struct str reason)
{
    if (!over(p))
        p->reason = says ? reason : str_of("pending");
}

static void on_paused(struct sheet *p, const struct event *e)
{
    pause(p, event_has(e, F_REASON), e->reason);
}

static void on_resumed(struct sheet *p, const struct event *e)
{
    (void)e;
    p->reason = nobody;
}

static void on_resolved(struct sheet *p, const struct event *e)
{
    static const char *const by[] = {"(customer)", "", "(auto)", "(auto)"};
    if (p->is_resolved)
        return;
    if (p->is_closed)
        reopen_to_resolve(p);
    struct str agent = event_has(e, F_AGENT) ? e->agent : p->agent;
    agent = e->by == BY_AGENT ? agent : str_of(by[e->by]);
    p->is_resolved = true;
    finish(p, SLA_RESOLUTION, agent);
    finish(p, SLA_REQUESTER_WAIT, agent);
    stop_waiting(p, CAUSE_ENDED);
}

static void end(struct sheet *p, enum alert_cause cause)
{
    stop_waiting(p, cause);
    cancel(p, SLA_RESOLUTION, cause);
    cancel(p, SLA_REQUESTER_WAIT, cause);
}

static void on_closed(struct sheet *p, const struct event *e)
{
    bool is_void = e->outcome == OUTCOME_SPAM || e->outcome == OUTCOME_DUPLICATE;
    p->is_void |= is_void;
    if (is_void)
        end(p, CAUSE_VOID);
    else if (!over(p) && e->outcome == OUTCOME_RESOLVED)
        on_resolved(p, e);
    else if (!over(p))
        end(p, CAUSE_ENDED);
    p->is_closed = true;
}

static void on_reopened(struct sheet *p, const struct event *e)
{
    if (!over(p))
        return;
    open_again(p);
    wait_from(p, p->remembered == MS_NONE && e->by == BY_CUSTOMER ? p->ts : p->remembered);
    p->remembered = MS_NONE;
}

static void on_state(struct sheet *p, const struct event *e)
{
    bool ends = e->status == STATUS_RESOLVED || e->status == STATUS_CLOSED;
    take_names(p, e, false);
    if (ends)
        end(p, CAUSE_ENDED);
    else if (over(p))
        open_again(p);
    p->is_resolved |= e->status == STATUS_RESOLVED;
    p->is_closed |= e->status == STATUS_CLOSED;
    if (p->opened == MS_NONE && event_has(e, F_OPENED_AT))
        know_opening(p, e->opened_at);
    bool goes_on = p->reason.len > 0 && !event_names(e, F_PAUSED_REASON);
    if (e->status != STATUS_PAUSED)
        p->reason = nobody;
    else if (!goes_on)
        pause(p, event_has(e, F_PAUSED_REASON), e->paused_reason);
    if (!ends && event_names(e, F_WAITING_SINCE))
        wait_from(p, event_has(e, F_WAITING_SINCE) ? e->waiting_since : MS_NONE);
    if (event_names(e, F_AGENT))
        set_agent(p, said_agent(e));
}

static void (*const kinds[EV_N])(struct sheet *p, const struct event *e) = {
    [EV_OPENED] = on_opened,     [EV_ASSIGNED] = on_owner,    [EV_ESCALATED] = on_owner,
    [EV_UPDATED] = on_updated,   [EV_MESSAGE] = on_message,   [EV_PAUSED] = on_paused,
    [EV_RESUMED] = on_resumed,   [EV_RESOLVED] = on_resolved, [EV_CLOSED] = on_closed,
    [EV_REOPENED] = on_reopened, [EV_STATE] = on_state,
};

void sla_oracle_run(struct sla_oracle *ret, const struct event *events, uint32_t n,
                    const struct sla_setting *s, ms_t at)
{
    struct sheet p = {.opened = MS_NONE, .waiting = MS_NONE, .remembered = MS_NONE};
    ret->clocks = 0;
    book_open(&p.book, ret, s);
    for (uint32_t i = 0; i < n; i++) {
        const struct event *e = &events[i];
        bool was_over = over(&p);
        p.ts = e->ts;
        p.reopened = false;
        book_pause(&p.book, e->ts);
        if (kinds[e->kind] != NULL)
            kinds[e->kind](&p, e);
        if (!was_over && over(&p))
            p.ended = e->ts;
        struct oracle_moment now = moment_of(&p);
        book_go_on(&p.book, &now, p.name);
    }
    ret->is_void = p.is_void;
    book_close(&p.book, at);
}

/* --- readers -------------------------------------------------------------------------------- */

ms_t sla_oracle_share(const struct oracle_clock *c, struct str agent)
{
    ms_t sum = 0;
    for (uint32_t i = 0; i < c->spans; i++)
        sum += str_equal(c->span[i].agent, agent) ? c->span[i].counted : 0;
    return sum;
}
