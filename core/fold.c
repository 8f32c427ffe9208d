/* The moves of a ticket, one function a kind of record; the table at the end names them.
 *
 * Happy path: opened (customer waits) -> assigned -> message (reply: sample) -> resolved (sample,
 * clocks end) -> closed. What can fail: a resolve is followed by a reopening, which takes back
 * what the resolve earned and lets a second resolve replace its outcome (recall needed). */
#include "core/fold.h"

#include "core/account.h"
#include "core/move.h"

const struct fold_rare fold_rare_none = {
    .late_msg = MS_NONE, .paused = MS_NONE, .handed = MS_NONE, .last_miss = MS_NONE};

void fold_init(struct fold *f)
{
    memset(f, 0, sizeof *f);
    f->opened = f->waiting = f->ended = f->assigned = f->touch.ts = MS_NONE;
    f->cycles = 1;
    f->rare = fold_rare_none;
}

/* The aspects behind `aspects` are nobody's, and so on. */
void recall_init(struct recall *k)
{
    memset(k, 0, offsetof(struct recall, aspect));
}

static bool is_reply(const struct record *r)
{
    return r->kind == EV_MESSAGE && r->by == BY_AGENT && r->is_public && !r->is_auto;
}

static ms_t not_negative(ms_t value, struct sink *out)
{
    if (value >= 0)
        return value;
    out->negative++;
    return 0;
}

void move_mark(struct move *m, uint32_t flag, const struct tags *tags, uint32_t scopes)
{
    struct window_sample s = {.ts = m->r->ts, .flags = BIT(flag)};
    sink_sample(m->out, FAM_MARKS, &s, tags, scopes, 1);
}

void move_column(struct move *m, struct window_sample *s, uint32_t col, ms_t value,
                 enum target target, uint32_t met_base)
{
    s->present |= BIT(col);
    s->value[col] = not_negative(value, m->out);
    if (target == TARGET_NONE)
        return;
    ms_t limit = m->terms->s->target[target];
    enum sla_judgement j = m->sla == NULL ? JUDGE_NONE : sla_judge(m->sla, m->f, target, m->terms);
    if (j == JUDGE_MET || (j == JUDGE_NONE && limit > 0 && s->value[col] <= limit))
        s->flags |= BIT(met_base + col);
}

void move_business(struct move *m, struct window_sample *s, const ms_t value[BUSINESS])
{
    for (uint32_t left = s->present; left != 0; left &= left - 1) {
        int c = __builtin_ctz(left);
        s->value[BUSINESS + c] = not_negative(value[c], m->out);
    }
    s->present |= s->present << BUSINESS;
}

void fold_wait_from(struct fold *f, ms_t since)
{
    f->waiting = since;
    f->assigned = since == MS_NONE ? MS_NONE : f->assigned;
    f->missed &= (uint16_t) ~(BIT(TARGET_FIRST_RESPONSE) | BIT(TARGET_NEXT_RESPONSE));
}

void fold_unpause(struct fold *f, ms_t ts)
{
    if (f->paused == MS_NONE)
        return;
    f->held += ts - f->paused;
    if (f->reason == FOLD_REASON_PENDING)
        f->pending += ts - f->paused;
    f->paused = MS_NONE;
    f->reason = 0;
}

bool fold_end_waiting(struct fold *f)
{
    bool no_reply = f->waiting != MS_NONE && (f->flags & FOLD_REPLIED) == 0;
    f->waiting = f->assigned = MS_NONE;
    return no_reply;
}

/* --- names -------------------------------------------------------------------------------- */

/* Its category's part of all openings, and of the team's. */
static void opened_part(struct move *m, uint32_t scopes, int sign)
{
    struct fold *f = m->f;
    struct window_sample s = {.ts = f->opened, .flags = BIT(OPENINGS_OPENED)};
    if (f->first.category != 0 && scopes != 0)
        sink_part(m->out, PART_OPENED_CATEGORY, f->first.category, &s, &f->first, scopes, sign);
}

/* The opening counts for the first name of every scope, at the opening's ts. */
static void join(struct move *m)
{
    struct fold *f = m->f;
    if (f->opened == MS_NONE || (f->flags & FOLD_MERGED) != 0)
        return;
    uint32_t scopes = tags_scopes(&f->first) & ~(f->flags / FOLD_JOINED);
    if (scopes == 0)
        return;
    uint32_t within = (f->flags & FOLD_WITHIN) != 0 ? BIT(OPENINGS_WITHIN) : 0;
    struct window_sample s = {.ts = f->opened, .flags = BIT(OPENINGS_OPENED) | within};
    sink_sample(m->out, FAM_OPENINGS, &s, &f->first, scopes, 1);
    f->flags |= scopes * FOLD_JOINED;
    bool category = (scopes & BIT(SCOPE_CATEGORY)) != 0; /* only now: of whom was joined before */
    opened_part(m, category ? f->flags / FOLD_JOINED & ALL_SCOPES : scopes, 1);
}

static void note_names(struct move *m)
{
    struct fold *f = m->f;
    struct tags *first = &f->first;
    const struct tags *now = &f->tags;
    if (f->customer == 0)
        f->customer = m->r->customer;
    if (first->agent == 0)
        first->agent = now->agent;
    if (first->team == 0)
        first->team = now->team;
    if (first->channel == 0)
        first->channel = now->channel;
    if (first->priority == 0)
        first->priority = now->priority;
    if (first->category == 0)
        first->category = now->category;
    if (now->agent != 0)
        f->last_agent = now->agent;
    if (now->team != 0)
        f->last_team = now->team;
    if (now->category != 0 && now->category != first->category)
        cohort_recategorized(m);
    join(m);
}

/* Names that the record says replace those of the ticket (`only_absent`: fill gaps only). */
static void take_names(struct move *m, uint32_t scopes, bool only_absent)
{
    struct tags *now = &m->f->tags;
    const struct record *r = m->r;
    scopes &= r->names;
    if ((scopes & BIT(SCOPE_AGENT)) != 0 && !(only_absent && now->agent != 0))
        now->agent = r->tags.agent;
    if ((scopes & BIT(SCOPE_TEAM)) != 0 && !(only_absent && now->team != 0))
        now->team = r->tags.team;
    if ((scopes & BIT(SCOPE_CHANNEL)) != 0 && !(only_absent && now->channel != 0))
        now->channel = r->tags.channel;
    if ((scopes & BIT(SCOPE_PRIORITY)) != 0 && !(only_absent && now->priority != 0))
        now->priority = r->tags.priority;
    if ((scopes & BIT(SCOPE_CATEGORY)) != 0 && !(only_absent && now->category != 0))
        now->category = r->tags.category;
}

uint32_t fold_owner(uint32_t owner, const struct record *r)
{
    bool says = (r->names & BIT(SCOPE_AGENT)) != 0;
    switch (r->kind) {
    case EV_OPENED: /* only what is absent */
        return says && owner == 0 ? r->tags.agent : owner;
    case EV_ASSIGNED:
    case EV_ESCALATED:
    case EV_STATE:
        return says ? r->tags.agent : owner;
    default:
        return owner;
    }
}

/* A new owner: `received`, and the assignee's clock. */
static void owner_changed(struct move *m, const struct tags *before)
{
    struct fold *f = m->f;
    const struct tags *now = &f->tags;
    bool agent = now->agent != 0 && now->agent != before->agent;
    bool team = now->team != 0 && now->team != before->team;
    if (now->agent != before->agent) {
        f->assigned = agent && f->waiting != MS_NONE && !fold_ended(f) ? m->r->ts : MS_NONE;
        f->missed &= (uint16_t)~BIT(TARGET_ASSIGNEE_RESPONSE);
    }
    if (!agent && !team)
        return;
    uint32_t scopes = ALL_SCOPES & ~(BIT(SCOPE_AGENT) | BIT(SCOPE_TEAM));
    scopes |= agent ? BIT(SCOPE_AGENT) : 0;
    scopes |= team ? BIT(SCOPE_TEAM) : 0;
    move_mark(m, MARKS_RECEIVED, now, scopes);
}

/* --- the moves ---------------------------------------------------------------------------- */

static void set_opened(struct move *m, ms_t opened)
{
    struct fold *f = m->f;
    f->opened = opened;
    struct window_sample s = {.ts = opened, .flags = BIT(OPENINGS_OPENED)};
    struct tags none = {0};
    sink_sample(m->out, FAM_OPENINGS, &s, &none, BIT(SCOPE_ALL), 1);
    f->flags |= FOLD_JOINED << SCOPE_ALL;
    cohort_opened(m);
}

static void move_opened(struct move *m)
{
    struct fold *f = m->f;
    struct tags before = f->tags;
    take_names(m, ALL_SCOPES, true);
    if (f->opened == MS_NONE) {
        set_opened(m, m->r->ts);
        bool fresh = f->waiting == MS_NONE && (f->flags & FOLD_REPLIED) == 0 && !fold_ended(f);
        if (m->r->by == BY_CUSTOMER && fresh)
            fold_wait_from(f, m->r->ts);
    }
    note_names(m);
    owner_changed(m, &before);
}

static void move_assigned(struct move *m)
{
    struct fold *f = m->f;
    const struct record *r = m->r;
    struct tags before = f->tags;
    if (r->kind == EV_ESCALATED)
        move_mark(m, MARKS_ESCALATED, &before, ALL_SCOPES);
    bool agent = says(r, SCOPE_AGENT) && r->tags.agent != 0;
    bool team = says(r, SCOPE_TEAM) && r->tags.team != 0;
    bool moved = (agent && f->last_agent != 0 && r->tags.agent != f->last_agent) ||
                 (team && f->last_team != 0 && r->tags.team != f->last_team);
    if (moved && !fold_ended(f)) {
        struct tags left = f->tags;
        left.agent = f->last_agent;
        left.team = f->last_team;
        move_mark(m, MARKS_TRANSFERRED, &left, ALL_SCOPES);
    }
    take_names(m, BIT(SCOPE_AGENT) | BIT(SCOPE_TEAM), false);
    note_names(m);
    owner_changed(m, &before);
    bool by_bot = (f->flags & FOLD_BOT) != 0 && (f->flags & (FOLD_HANDED | FOLD_REPLIED)) == 0;
    if (agent && by_bot && r->by == BY_AGENT) { /* by: bot when the new assignee is one */
        f->flags |= FOLD_HANDED;
        f->handed = r->ts;
    }
}

static void move_updated(struct move *m)
{
    struct tags before = m->f->tags;
    take_names(m, ALL_SCOPES & ~BIT(SCOPE_AGENT), false);
    note_names(m);
    owner_changed(m, &before);
}

static void reply_business(struct move *m, struct window_sample *s)
{
    const struct calendar *cal = m->sla == NULL ? NULL : sla_calendar(m->sla, m->terms);
    const struct fold *f = m->f;
    if (cal == NULL || s->present == 0)
        return;
    const ms_t from[BUSINESS] = {[REPLIES_FIRST] = f->waiting,
                                 [REPLIES_NEXT] = f->waiting,
                                 [REPLIES_ASSIGNEE] = f->assigned,
                                 [REPLIES_HANDOFF] = f->handed};
    ms_t value[BUSINESS] = {0};
    for (uint32_t left = s->present; left != 0; left &= left - 1) {
        int c = __builtin_ctz(left);
        value[c] = calendar_open(cal, m->r->ts) - calendar_open(cal, from[c]);
    }
    move_business(m, s, value);
}

static void reply(struct move *m)
{
    struct fold *f = m->f;
    const struct record *r = m->r;
    struct tags tags = tags_with(f, r->tags.agent != 0 ? r->tags.agent : f->tags.agent);
    uint32_t flags = BIT(REPLIES_REPLY) | move_worn(m, FAM_REPLIES, &tags);
    struct window_sample s = {.ts = r->ts, .flags = flags};
    bool first = (f->flags & FOLD_REPLIED) == 0;
    if (f->waiting != MS_NONE)
        move_column(m, &s, first ? REPLIES_FIRST : REPLIES_NEXT, r->ts - f->waiting,
                    first ? TARGET_FIRST_RESPONSE : TARGET_NEXT_RESPONSE, REPLIES_MET_FIRST);
    if (f->assigned != MS_NONE && f->waiting != MS_NONE && tags.agent == f->tags.agent)
        move_column(m, &s, REPLIES_ASSIGNEE, r->ts - f->assigned, TARGET_ASSIGNEE_RESPONSE,
                    REPLIES_MET_FIRST);
    if (first && f->handed != MS_NONE)
        move_column(m, &s, REPLIES_HANDOFF, r->ts - f->handed, TARGET_HANDOFF, REPLIES_MET_FIRST);
    reply_business(m, &s);
    sink_sample(m->out, FAM_REPLIES, &s, &tags, ALL_SCOPES, 1);
    move_touched(m, FAM_REPLIES, REPLIES_HANDLED, &tags, flags);
    f->flags |= FOLD_REPLIED;
    if (f->replies < UINT16_MAX)
        f->replies++;
    f->waiting = f->late_msg = f->assigned = f->handed = MS_NONE;
}

static void move_message(struct move *m)
{
    struct fold *f = m->f;
    const struct record *r = m->r;
    if (!r->is_public || r->is_auto)
        return;
    if (r->by == BY_AGENT) {
        reply(m);
    } else if (r->by == BY_BOT) {
        f->flags |= FOLD_BOT;
    } else if (r->by == BY_CUSTOMER && r->needs_reply) {
        if (!fold_ended(f)) {
            if (f->waiting == MS_NONE)
                fold_wait_from(f, r->ts);
        } else if (f->late_msg == MS_NONE) {
            f->late_msg = r->ts;
        }
    }
}

static void move_paused(struct move *m)
{
    struct fold *f = m->f;
    uint32_t reason = m->r->number;
    if (reason == 0) /* a state that does not say why: as before */
        reason = f->paused != MS_NONE ? f->reason : FOLD_REASON_PENDING;
    if (fold_ended(f) || (f->paused != MS_NONE && f->reason == reason))
        return;
    fold_unpause(f, m->r->ts);
    f->paused = m->r->ts;
    f->reason = reason;
}

static void move_resumed(struct move *m)
{
    fold_unpause(m->f, m->r->ts);
}

/* The source ends here and its opening no longer counts; what the customer waited for goes over.
 * The target gets a record of its own with that time. */
static void move_merged(struct move *m)
{
    struct fold *f = m->f;
    if (m->r->absorbs) {
        if (!fold_ended(f) && m->r->time != MS_NONE &&
            (f->waiting == MS_NONE || m->r->time < f->waiting))
            fold_wait_from(f, m->r->time);
        return;
    }
    if (f->opened != MS_NONE) {
        uint32_t within = (f->flags & FOLD_WITHIN) != 0 ? BIT(OPENINGS_WITHIN) : 0;
        struct window_sample s = {.ts = f->opened, .flags = BIT(OPENINGS_OPENED) | within};
        uint32_t joined = f->flags / FOLD_JOINED & ALL_SCOPES;
        sink_sample(m->out, FAM_OPENINGS, &s, &f->first, joined, -1);
        sink_opened(m->out, m->k != NULL ? m->k->key : 0, f->opened, -1);
        opened_part(m, joined, -1);
    }
    f->late_msg = fold_ended(f) ? f->late_msg : f->waiting;
    fold_unpause(f, m->r->ts);
    if (!fold_ended(f))
        f->ended = m->r->ts;
    fold_end_waiting(f);
    f->handed = MS_NONE;
    f->flags |= FOLD_CLOSED | FOLD_MERGED;
}

/* Bulk load and reconciliation: what is said is so from now on; it earns nobody a sample but the
 * opening, when its time was unknown. */
static void move_state(struct move *m)
{
    struct fold *f = m->f;
    const struct record *r = m->r;
    struct tags before = f->tags;
    take_names(m, ALL_SCOPES, false);
    bool ends = r->status == STATUS_RESOLVED || r->status == STATUS_CLOSED;
    if (f->opened == MS_NONE && r->time != MS_NONE)
        set_opened(m, r->time);
    if (ends) {
        fold_unpause(f, r->ts);
        fold_end_waiting(f);
        if (!fold_ended(f))
            f->ended = r->ts;
        f->flags |= r->status == STATUS_RESOLVED ? FOLD_RESOLVED : FOLD_CLOSED;
    } else if (fold_ended(f)) {
        f->gap += r->ts - f->ended;
        f->ended = MS_NONE;
        f->flags &= ~(uint32_t)(FOLD_RESOLVED | FOLD_CLOSED | FOLD_VOID);
        CHECK(m->k != NULL);
        m->k->fcr = m->k->resolve = 0; /* nobody reopened it: a later reopening is not its own */
    }
    if (!ends && r->status == STATUS_PAUSED)
        move_paused(m);
    else
        fold_unpause(f, r->ts);
    if (!ends && r->says_waiting)
        fold_wait_from(f, r->waiting_since);
    note_names(m);
    owner_changed(m, &before);
}

/* Kinds without a row only make their ticket known. */
static void (*const moves[EV_N])(struct move *) = {
    [EV_OPENED] = move_opened,           [EV_ASSIGNED] = move_assigned,
    [EV_MESSAGE] = move_message,         [EV_PAUSED] = move_paused,
    [EV_RESUMED] = move_resumed,         [EV_UPDATED] = move_updated,
    [EV_ESCALATED] = move_assigned,      [EV_RESOLVED] = move_resolved,
    [EV_REOPENED] = move_reopened,       [EV_CLOSED] = move_closed,
    [EV_MERGED] = move_merged,           [EV_RATED] = move_rated,
    [EV_RECOMMENDED] = move_recommended, [EV_COMPLAINED] = move_complained,
    [EV_INSPECTED] = move_inspected,     [EV_STATE] = move_state,
    [EV_VISIT_PLANNED] = move_planned,   [EV_VISIT_ARRIVED] = move_arrived,
    [EV_VISIT_ENDED] = move_visited,     [EV_RETURN_REQUESTED] = move_return_requested,
    [EV_CONFIRMED] = move_confirmed,     [EV_FOLLOWED_UP] = move_followed_up,
    [EV_RETURNED] = move_returned,
};

bool fold_needs_recall(const struct fold *f, const struct record *r)
{
    uint32_t agent = r->tags.agent != 0 ? r->tags.agent : f->tags.agent;
    if ((f->flags & FOLD_VOID) != 0 || (f->last_miss != MS_NONE && r->ts <= f->last_miss))
        return true;
    if (visits_look(f, r) || cohort_needs_recall(f, r))
        return true;
    switch (r->kind) {
    case EV_MESSAGE:
        return is_reply(r) && fold_touch_stays(f, agent);
    case EV_RESOLVED:
    case EV_CLOSED:
        if (r->kind == EV_CLOSED && r->outcome >= OUTCOME_SPAM)
            return true;
        if ((f->flags & FOLD_RESOLVED) != 0)
            return false;
        if ((f->flags & (FOLD_CLOSED | FOLD_OUTCOME)) != 0)
            return r->kind == EV_RESOLVED || (f->flags & FOLD_CLOSED) == 0;
        return r->by == BY_AGENT && fold_touch_stays(f, agent);
    case EV_REOPENED:
        return fold_ended(f);
    case EV_STATE:
        return fold_ended(f);
    case EV_RATED:
        return (f->flags & (rated_aspect(r) != 0 ? FOLD_ASPECTS : FOLD_RATED)) != 0;
    case EV_RECOMMENDED:
        return (f->flags & FOLD_ANSWERED) != 0;
    case EV_RETURNED:
        return (f->flags & FOLD_RETURNING) != 0;
    default:
        return false;
    }
}

void fold_record(struct fold *f, struct recall *k, struct sla *sla, const struct record *r,
                 const struct fold_terms *terms, struct sink *out)
{
    CHECK(r->kind < EV_N);
    if (sla != NULL && sla->generation == SLA_FRESH)
        sla_start(sla, r->ts, terms);
    if (sla != NULL || terms->targets != 0)
        fold_until(f, sla, r->ts, terms, out);
    if (moves[r->kind] == NULL)
        return;
    struct move m = {.f = f, .k = k, .sla = sla, .r = r, .terms = terms, .out = out};
    if (sla == NULL) {
        moves[r->kind](&m);
        visits_follow(&m);
        return;
    }
    struct sla_view was;
    sla_view(f, &was);
    account_cut(out->account, sla, &f->tags, r->ts, terms);
    moves[r->kind](&m);
    visits_follow(&m);
    sla_follow(sla, f, &was, r, terms, out);
}

/* In place: a struct copied right after its bytes were written waits for them. */
void fold_claim(const struct fold_kept *f, struct standing *ret)
{
    bool open = (f->flags & (FOLD_RESOLVED | FOLD_CLOSED)) == 0;
    ret->tags = f->tags;
    ret->open = open;
    ret->waiting = open && f->waiting != MS_NONE;
    ret->paused = ret->at_risk = ret->breached = false;
    ret->opened = f->opened;
    ret->waiting_since = open ? f->waiting : MS_NONE;
}

void fold_standing(const struct fold_kept *f, const struct fold_rare *rare, uint32_t risk,
                   struct standing *ret)
{
    fold_claim(f, ret);
    ret->paused = ret->open && rare->paused != MS_NONE;
    ret->at_risk = ret->open && risk == RISK_WARNED;
    ret->breached = ret->open && (risk & RISK_BREACHED) != 0;
}
