#include "tests/lib/ledger.h"

/* One ticket while its events are read. */
struct page {
    struct ledger *l;
    const struct settings *s;
    uint32_t begin; /* its first entry */
    struct owner now, first, last;
    ms_t opened, waiting, remembered, ended, paused, assigned, handed;
    struct str reason, resolver, customer;
    bool resolved, closed, is_void, replied, bot, handed_once, ever_resolved, within;
    bool missed[TARGET_N];
    ms_t gaps, pending, held;
    uint32_t replies, cycle;
    uint32_t outcome_begin, outcome_end;         /* entries that another outcome replaces */
    uint32_t fcr, latest, rated_begin, answered; /* entry + 1; 0: none */
};

static const struct str nobody;

/* --- facts --------------------------------------------------------------------------------- */

static uint32_t note(struct page *p, enum fact fact, ms_t ts, int64_t value, struct owner owner)
{
    CHECK(p->l->n < LEDGER_MAX);
    p->l->entry[p->l->n] = (struct entry){(uint8_t)fact, ts, value, owner, p->customer};
    return p->l->n++;
}

static void strike(struct page *p, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++)
        p->l->entry[i].fact = FACT_N;
}

static void note_duration(struct page *p, enum target t, ms_t ts, ms_t value, struct owner owner)
{
    value = ms_max(0, value);
    note(p, FACT_DURATION + t, ts, value, owner);
    if (p->s->target[t] > 0 && value <= p->s->target[t])
        note(p, FACT_MET + t, ts, 1, owner);
}

static struct owner with_agent(const struct page *p, struct str agent)
{
    struct owner o = p->now;
    o.name[SCOPE_AGENT] = agent;
    return o;
}

static struct str said_agent(const struct page *p, const struct event *e)
{
    return event_has(e, F_AGENT) ? e->agent : p->now.name[SCOPE_AGENT];
}

static bool over(const struct page *p)
{
    return p->resolved || p->closed;
}

static void wait_from(struct page *p, ms_t since)
{
    p->waiting = since;
    p->missed[TARGET_FIRST_RESPONSE] = p->missed[TARGET_NEXT_RESPONSE] = false;
}

/* true: nobody had ever replied. */
static bool stop_waiting(struct page *p)
{
    bool never = p->waiting != MS_NONE && !p->replied;
    p->waiting = p->assigned = MS_NONE;
    return never;
}

static void stop_pause(struct page *p, ms_t ts)
{
    if (p->paused != MS_NONE) {
        p->held += ts - p->paused;
        p->pending += str_equal(p->reason, str_of("pending")) ? ts - p->paused : 0;
    }
    p->paused = MS_NONE;
}

static void pause(struct page *p, ms_t ts, struct str reason)
{
    if (over(p) || (p->paused != MS_NONE && str_equal(p->reason, reason)))
        return;
    stop_pause(p, ts);
    p->paused = ts;
    p->reason = reason;
}

/* Since when the clock of a target runs, its own interruptions added. */
static ms_t runs_since(const struct page *p, enum target t)
{
    bool pending = p->paused != MS_NONE && str_equal(p->reason, str_of("pending"));
    if (over(p))
        return MS_NONE;
    switch (t) {
    case TARGET_FIRST_RESPONSE:
        return p->replied ? MS_NONE : p->waiting;
    case TARGET_NEXT_RESPONSE:
        return p->replied ? p->waiting : MS_NONE;
    case TARGET_ASSIGNEE_RESPONSE:
        return p->assigned;
    case TARGET_HANDOFF:
        return p->replied ? MS_NONE : p->handed;
    case TARGET_FIRST_RESOLUTION:
        return p->ever_resolved ? MS_NONE : p->opened;
    case TARGET_RESOLUTION:
        return p->opened == MS_NONE ? MS_NONE : p->opened + p->gaps;
    case TARGET_REQUESTER_WAIT:
        return p->opened == MS_NONE || pending ? MS_NONE : p->opened + p->gaps + p->pending;
    case TARGET_AGENT_WORK:
        return p->opened == MS_NONE || p->paused != MS_NONE ? MS_NONE
                                                            : p->opened + p->gaps + p->held;
    default:
        return MS_NONE;
    }
}

/* What an instant finds missed before it. */
static void miss_before(struct page *p, ms_t ts)
{
    for (enum target t = 0; t < TARGET_N; t++) {
        ms_t since = runs_since(p, t);
        if (p->s->target[t] == 0 || p->missed[t] || since == MS_NONE ||
            since + p->s->target[t] >= ts)
            continue;
        note(p, FACT_MISSED + t, since + p->s->target[t], 1, p->now);
        p->missed[t] = true;
    }
}

static void take_names(struct page *p, const struct event *e, uint32_t scopes, bool only_absent)
{
    const struct {
        enum scope scope;
        enum event_field field;
        struct str text;
    } said[] = {{SCOPE_AGENT, F_AGENT, e->agent},
                {SCOPE_TEAM, F_TEAM, e->team},
                {SCOPE_CHANNEL, F_CHANNEL, e->channel},
                {SCOPE_PRIORITY, F_PRIORITY, e->priority},
                {SCOPE_CATEGORY, F_CATEGORY, e->category}};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        struct str *name = &p->now.name[said[i].scope];
        if ((scopes >> said[i].scope & 1) == 0 || !event_names(e, said[i].field) ||
            (only_absent && name->len > 0))
            continue;
        *name = event_has(e, said[i].field) ? said[i].text : nobody;
    }
    p->customer = p->customer.len == 0 && event_has(e, F_CUSTOMER) ? e->customer : p->customer;
}

/* After the names were taken: first and last ones, and who received the ticket. */
static void owned(struct page *p, ms_t ts, const struct owner *before)
{
    struct owner got = p->now;
    bool any = false, another = !str_equal(p->now.name[SCOPE_AGENT], before->name[SCOPE_AGENT]);
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++) {
        struct str name = p->now.name[s];
        if (name.len > 0)
            p->last.name[s] = name;
        if (p->first.name[s].len == 0)
            p->first.name[s] = name;
        if (s > SCOPE_TEAM)
            continue;
        if (name.len > 0 && !str_equal(name, before->name[s]))
            any = true;
        else
            got.name[s] = nobody;
    }
    if (any)
        note(p, FACT_RECEIVED, ts, 1, got);
    if (another) {
        bool runs = p->now.name[SCOPE_AGENT].len > 0 && p->waiting != MS_NONE && !over(p);
        p->assigned = runs ? ts : MS_NONE;
        p->missed[TARGET_ASSIGNEE_RESPONSE] = false;
    }
}

static void opened(struct page *p, const struct event *e)
{
    struct owner before = p->now;
    take_names(p, e, ~0u, true);
    if (p->opened == MS_NONE) {
        p->opened = e->ts;
        if (e->by == BY_CUSTOMER && p->waiting == MS_NONE && !p->replied && !over(p))
            wait_from(p, e->ts);
    }
    owned(p, e->ts, &before);
}

static void assigned(struct page *p, const struct event *e)
{
    struct owner before = p->now, left = p->now;
    bool elsewhere = false;
    if (e->kind == EV_ESCALATED)
        note(p, FACT_ESCALATED, e->ts, 1, p->now);
    for (enum scope s = SCOPE_AGENT; s <= SCOPE_TEAM; s++) {
        struct str to = s == SCOPE_AGENT ? e->agent : e->team;
        left.name[s] = p->last.name[s];
        elsewhere |= event_has(e, s == SCOPE_AGENT ? F_AGENT : F_TEAM) && p->last.name[s].len > 0 &&
                     !str_equal(to, p->last.name[s]);
    }
    if (elsewhere && !over(p))
        note(p, FACT_TRANSFERRED, e->ts, 1, left);
    take_names(p, e, 1u << SCOPE_AGENT | 1u << SCOPE_TEAM, false);
    owned(p, e->ts, &before);
    if (event_has(e, F_AGENT) && p->bot && !p->replied && !p->handed_once) {
        p->handed = e->ts;
        p->handed_once = true;
    }
}

static void reply(struct page *p, const struct event *e)
{
    struct str agent = said_agent(p, e);
    struct owner by = with_agent(p, agent);
    enum target t = p->replied ? TARGET_NEXT_RESPONSE : TARGET_FIRST_RESPONSE;
    note(p, FACT_REPLY, e->ts, 1, by);
    note(p, FACT_HANDLED, e->ts, 1, by);
    if (p->waiting != MS_NONE)
        note_duration(p, t, e->ts, e->ts - p->waiting, by);
    if (p->waiting != MS_NONE && p->assigned != MS_NONE &&
        str_equal(agent, p->now.name[SCOPE_AGENT]))
        note_duration(p, TARGET_ASSIGNEE_RESPONSE, e->ts, e->ts - p->assigned, by);
    if (!p->replied && p->handed != MS_NONE)
        note_duration(p, TARGET_HANDOFF, e->ts, e->ts - p->handed, by);
    p->replied = true;
    p->replies++;
    p->waiting = p->remembered = p->assigned = p->handed = MS_NONE;
}

static void message(struct page *p, const struct event *e)
{
    if (!e->is_public || e->is_auto)
        return;
    if (e->by == BY_AGENT)
        reply(p, e);
    p->bot |= e->by == BY_BOT;
    if (e->by != BY_CUSTOMER || !e->needs_reply)
        return;
    if (!over(p) && p->waiting == MS_NONE)
        wait_from(p, e->ts);
    if (over(p) && p->remembered == MS_NONE)
        p->remembered = e->ts;
}

static void again(struct page *p, ms_t ts)
{
    note(p, FACT_REOPENED, ts, 1, with_agent(p, p->resolver));
    if (p->latest > 0) {
        const struct entry *e = &p->l->entry[p->latest - 1];
        if (ts - e->ts <= p->s->reopen_horizon)
            note(p, FACT_REOPENED_SOON, e->ts, 1, e->owner);
    }
    if (p->fcr > 0 && ts - p->l->entry[p->fcr - 1].ts <= p->s->fcr_horizon)
        strike(p, p->fcr - 1, p->fcr);
    p->gaps += ts - p->ended;
    p->ended = MS_NONE;
    p->resolved = p->closed = p->is_void = false;
    p->fcr = p->latest = 0;
    p->cycle++;
}

static void durations_of_resolve(struct page *p, ms_t ts, struct owner by)
{
    ms_t total = ts - p->opened - p->gaps;
    note_duration(p, TARGET_RESOLUTION, ts, total, by);
    note_duration(p, TARGET_REQUESTER_WAIT, ts, total - p->pending, by);
    note_duration(p, TARGET_AGENT_WORK, ts, total - p->held, by);
    p->within |= ts - p->opened <= p->s->resolved_within;
}

static void resolve(struct page *p, const struct event *e)
{
    bool human = e->by == BY_AGENT;
    p->resolver = human                  ? said_agent(p, e)
                  : e->by == BY_CUSTOMER ? str_of("(customer)")
                                         : str_of("(auto)");
    struct owner by = with_agent(p, p->resolver);
    stop_pause(p, e->ts);
    strike(p, p->outcome_begin, p->outcome_end);
    p->outcome_begin = p->l->n;
    note(p, FACT_TICKET, e->ts, 1, by);
    if (p->opened != MS_NONE)
        durations_of_resolve(p, e->ts, by);
    p->outcome_end = p->l->n;
    if (p->opened != MS_NONE && !p->ever_resolved)
        note_duration(p, TARGET_FIRST_RESOLUTION, e->ts, e->ts - p->opened, by);
    p->latest = note(p, FACT_RESOLVED, e->ts, 1, by) + 1;
    p->fcr = 0;
    if (p->cycle == 1)
        note(p, FACT_FIRST_CYCLE, e->ts, 1, by);
    if (human && p->cycle == 1 && p->replies == 1)
        p->fcr = note(p, FACT_FCR, e->ts, 1, by) + 1;
    if (human)
        note(p, FACT_HANDLED, e->ts, 1, by);
    if (stop_waiting(p))
        note(p, FACT_NO_REPLY, e->ts, 1, by);
    p->resolved = p->ever_resolved = true;
    p->ended = e->ts;
}

static void resolved(struct page *p, const struct event *e)
{
    if (p->resolved)
        return;
    if (p->closed)
        again(p, e->ts);
    resolve(p, e);
}

static void close_unresolved(struct page *p, const struct event *e)
{
    struct owner by = with_agent(p, said_agent(p, e));
    strike(p, p->outcome_begin, p->outcome_end);
    p->outcome_begin = note(p, FACT_UNRESOLVED, e->ts, 1, by);
    p->outcome_end = p->outcome_begin + 1;
    if (stop_waiting(p))
        note(p, FACT_NO_REPLY, e->ts, 1, by);
}

static void closed(struct page *p, const struct event *e)
{
    bool spam = e->outcome == OUTCOME_SPAM || e->outcome == OUTCOME_DUPLICATE;
    p->is_void |= spam;
    if (!over(p) && e->outcome == OUTCOME_RESOLVED) {
        resolve(p, e);
    } else if (!over(p)) {
        stop_pause(p, e->ts);
        if (!spam)
            close_unresolved(p, e);
        stop_waiting(p);
        p->ended = e->ts;
    }
    p->closed = true;
}

static void reopened(struct page *p, const struct event *e)
{
    if (!over(p))
        return;
    again(p, e->ts);
    bool asks = p->remembered == MS_NONE && e->by == BY_CUSTOMER;
    wait_from(p, asks ? e->ts : p->remembered);
    p->remembered = MS_NONE;
}

static void state(struct page *p, const struct event *e)
{
    struct owner before = p->now;
    struct str reason = event_has(e, F_PAUSED_REASON) ? e->paused_reason : str_of("pending");
    take_names(p, e, ~0u, false);
    if (p->opened == MS_NONE && event_has(e, F_OPENED_AT))
        p->opened = e->opened_at;
    if (e->status == STATUS_RESOLVED || e->status == STATUS_CLOSED) {
        stop_pause(p, e->ts);
        stop_waiting(p);
        p->ended = over(p) ? p->ended : e->ts;
        p->resolved |= e->status == STATUS_RESOLVED;
        p->closed |= e->status == STATUS_CLOSED;
    } else {
        if (over(p)) {
            p->gaps += e->ts - p->ended;
            p->latest = p->fcr = 0; /* nobody reopened it */
        }
        p->resolved = p->closed = p->is_void = false;
        p->ended = MS_NONE;
        if (e->status != STATUS_PAUSED)
            stop_pause(p, e->ts);
        else if (p->paused == MS_NONE || event_names(e, F_PAUSED_REASON))
            pause(p, e->ts, reason);
        if (event_names(e, F_WAITING_SINCE))
            wait_from(p, event_has(e, F_WAITING_SINCE) ? e->waiting_since : MS_NONE);
    }
    owned(p, e->ts, &before);
}

static void judged(struct page *p, const struct event *e)
{
    struct str agent = p->resolver.len > 0 ? p->resolver : p->now.name[SCOPE_AGENT];
    struct owner about = with_agent(p, event_has(e, F_AGENT) ? e->agent : agent);
    if (e->kind == EV_RATED && !event_has(e, F_ASPECT)) {
        int64_t steps = e->out_of / NUMBER_ONE - 1;
        int64_t value = NUMBER_ONE + (4 * (e->score - NUMBER_ONE) + steps / 2) / steps;
        if (p->rated_begin > 0)
            strike(p, p->rated_begin - 1, p->rated_begin + 1);
        p->rated_begin = note(p, FACT_RATED, e->ts, value, about) + 1;
        note(p, value >= 4 * NUMBER_ONE ? FACT_SATISFIED : FACT_N, e->ts, 1, about);
    } else if (e->kind == EV_RECOMMENDED) {
        if (p->answered > 0)
            strike(p, p->answered - 1, p->answered + 1);
        p->answered = note(p, FACT_ANSWER, e->ts, 1, about) + 1;
        int64_t score = e->score / NUMBER_ONE;
        note(p, score >= 9 ? FACT_PROMOTER : score <= 6 ? FACT_DETRACTOR : FACT_N, e->ts, 1, about);
    } else if (e->kind == EV_COMPLAINED) {
        if (event_has(e, F_CATEGORY))
            about.name[SCOPE_CATEGORY] = e->category;
        note(p, FACT_COMPLAINT, e->ts, 1, about);
    } else if (e->kind == EV_INSPECTED && !event_has(e, F_ITEM)) {
        note(p, FACT_INSPECTED, e->ts, 1, about);
        if (e->passed)
            note(p, FACT_PASSED, e->ts, 1, about);
    }
}

static void updated(struct page *p, const struct event *e)
{
    struct owner before = p->now;
    take_names(p, e, ~(1u << SCOPE_AGENT), false);
    owned(p, e->ts, &before);
}

static void paused(struct page *p, const struct event *e)
{
    pause(p, e->ts, event_has(e, F_REASON) ? e->reason : str_of("pending"));
}

static void resumed(struct page *p, const struct event *e)
{
    stop_pause(p, e->ts);
}

static void (*const readers[EV_N])(struct page *, const struct event *) = {
    [EV_OPENED] = opened,      [EV_ASSIGNED] = assigned, [EV_ESCALATED] = assigned,
    [EV_MESSAGE] = message,    [EV_PAUSED] = paused,     [EV_RESUMED] = resumed,
    [EV_UPDATED] = updated,    [EV_RESOLVED] = resolved, [EV_CLOSED] = closed,
    [EV_REOPENED] = reopened,  [EV_STATE] = state,       [EV_RATED] = judged,
    [EV_RECOMMENDED] = judged, [EV_COMPLAINED] = judged, [EV_INSPECTED] = judged,
};

/* --- the whole ----------------------------------------------------------------------------- */

/* A ticket is handled once in a scope, at its last touch there. */
static void keep_last_touches(struct page *p)
{
    struct ledger *l = p->l;
    for (uint32_t i = p->begin; i < l->n; i++) {
        for (uint32_t j = i + 1; l->entry[i].fact == FACT_HANDLED && j < l->n; j++) {
            if (l->entry[j].fact != FACT_HANDLED)
                continue;
            for (enum scope s = 0; s < SCOPE_N; s++)
                if (str_equal(l->entry[i].owner.name[s], l->entry[j].owner.name[s]))
                    l->entry[i].owner.name[s] = nobody;
        }
    }
}

static void write_page(struct page *p, const struct tale *sorted, struct str ticket, ms_t at)
{
    p->opened = p->waiting = p->remembered = p->ended = MS_NONE;
    p->paused = p->assigned = p->handed = MS_NONE;
    p->cycle = 1;
    p->begin = p->l->n;
    p->now.name[SCOPE_ALL] = p->first.name[SCOPE_ALL] = str_of("-");
    for (uint32_t i = 0; i < sorted->n; i++) {
        if (!str_equal(sorted->event[i].ticket, ticket))
            continue;
        miss_before(p, sorted->event[i].ts);
        if (readers[sorted->event[i].kind] != NULL)
            readers[sorted->event[i].kind](p, &sorted->event[i]);
    }
    miss_before(p, at);
    keep_last_touches(p);
    if (p->opened != MS_NONE)
        note(p, FACT_OPENED, p->opened, 1, p->first);
    if (p->opened != MS_NONE && p->within)
        note(p, FACT_WITHIN, p->opened, 1, p->first);
    if (p->is_void)
        p->l->n = p->begin;
}

void ledger_write(struct ledger *l, const struct tale *sorted, const struct settings *s, ms_t at)
{
    static const char *const tickets[TALE_TICKETS] = {"T1", "T2", "T3"};
    l->n = 0;
    for (size_t i = 0; i < ARRAY_LEN(tickets); i++) {
        struct page p = {.l = l, .s = s};
        write_page(&p, sorted, str_of(tickets[i]), at);
    }
}

int64_t ledger_sum(const struct ledger *l, enum fact fact, const struct scoped *of, int64_t *ret_n)
{
    int64_t sum = 0;
    *ret_n = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        const struct entry *e = &l->entry[i];
        sec_t ts = sec_floor(e->ts);
        if (e->fact != fact || !str_equal(e->owner.name[of->scope], of->name) || ts <= of->after ||
            ts > of->at)
            continue;
        sum += e->value;
        ++*ret_n;
    }
    return sum;
}
