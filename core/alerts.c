#include "core/alerts.h"

#include "core/block.h"

enum { LATE_AFTER = MS_SECOND };

uint64_t alerts_bytes(uint32_t cap)
{
    return block_round(pool_bytes(sizeof(struct alert_entry), cap));
}

void alerts_init(struct alerts *a, void *mem, uint32_t cap)
{
    pool_init(&a->pool, "clock alerts", mem, sizeof(struct alert_entry), cap);
}

static struct alert_entry *edit(struct alerts *a, handle_t h)
{
    return pool_edit(&a->pool, h);
}

static const struct alert_entry *entry_of(const struct alerts *a, handle_t h)
{
    return pool_get(&a->pool, h);
}

/* --- the two lists: to be told, and ended --------------------------------------------------- */

static void link_last(struct alerts *a, handle_t h, handle_t *first, handle_t *last)
{
    struct alert_entry *e = edit(a, h);
    e->older = *last;
    e->newer = 0;
    if (*last != 0)
        edit(a, *last)->newer = h;
    else
        *first = h;
    *last = h;
}

static void unlink_from(struct alerts *a, handle_t h, handle_t *first, handle_t *last)
{
    struct alert_entry *e = edit(a, h);
    if (e->older != 0)
        edit(a, e->older)->newer = e->newer;
    else
        *first = e->newer;
    if (e->newer != 0)
        edit(a, e->newer)->older = e->older;
    else
        *last = e->older;
    e->older = e->newer = 0;
}

/* Is it in the list of what ended? */
static bool rests(const struct alert_entry *e)
{
    return !e->queued && !e->active;
}

static void enqueue(struct alerts *a, handle_t h)
{
    struct alert_entry *e = edit(a, h);
    if (e->queued)
        return;
    if (!e->active)
        unlink_from(a, h, &a->ends.oldest, &a->ends.newest);
    e->queued = true;
    link_last(a, h, &a->ends.first, &a->ends.last);
}

static void dequeue(struct alerts *a, handle_t h)
{
    struct alert_entry *e = edit(a, h);
    unlink_from(a, h, &a->ends.first, &a->ends.last);
    e->queued = false;
    if (!e->active)
        link_last(a, h, &a->ends.oldest, &a->ends.newest);
}

/* --- entries -------------------------------------------------------------------------------- */

/* Takes an entry out of its ticket's chain. */
static void unchain(struct alerts *a, handle_t *chain, handle_t h)
{
    handle_t next = entry_of(a, h)->next;
    if (*chain == h) {
        *chain = next;
        return;
    }
    handle_t at = *chain;
    while (entry_of(a, at)->next != h)
        at = entry_of(a, at)->next;
    edit(a, at)->next = next;
}

static void drop(struct alerts *a, handle_t h)
{
    const struct alert_entry *e = entry_of(a, h);
    if (e->active) {
        a->ends.tally.active--;
        a->ends.tally.cancelled++;
    }
    if (e->queued)
        unlink_from(a, h, &a->ends.first, &a->ends.last);
    else if (!e->active)
        unlink_from(a, h, &a->ends.oldest, &a->ends.newest);
    pool_free(&a->pool, h);
}

static handle_t find(const struct alerts *a, handle_t chain, uint8_t metric, ms_t start)
{
    for (handle_t h = chain; h != 0; h = entry_of(a, h)->next)
        if (entry_of(a, h)->is.metric == metric && entry_of(a, h)->is.start == start)
            return h;
    return 0;
}

static handle_t make(struct alerts *a, handle_t ticket, handle_t *chain)
{
    handle_t h = pool_alloc(&a->pool);
    if (h == 0)
        return 0;
    struct alert_entry *e = edit(a, h);
    e->ticket = ticket;
    e->next = *chain;
    e->since = e->ended = MS_NONE;
    *chain = h;
    link_last(a, h, &a->ends.oldest, &a->ends.newest);
    return h;
}

/* A level was passed last: what is so is active. */
static bool next_active(const struct alert_entry *e, bool was_told, uint8_t *ret_state)
{
    const struct sla_fact *f = &e->is;
    *ret_state = f->breached != MS_NONE ? ALERT_BREACHED : ALERT_WARNING;
    if (!was_told || e->active)
        return f->breached != MS_NONE ? f->overdue > e->overdue : f->warned > e->warned;
    if (e->breached && f->breached > e->ended)
        *ret_state = ALERT_CORRECTED; /* it was over by then: this breach is another */
    return true; /* a late event took its end back, or has brought a level after it */
}

/* What is next to be told of it; false: nothing. */
static bool next_state(const struct alert_entry *e, uint8_t *ret_state)
{
    const struct sla_fact *f = &e->is;
    bool was_told = e->rev > 0 && e->state != ALERT_CORRECTED;
    bool forgiven = f->ended == MS_NONE && f->breached == MS_NONE && f->warned == 0;
    if (e->gone || forgiven || (e->breached && f->breached == MS_NONE)) {
        *ret_state = ALERT_CORRECTED;
        return was_told;
    }
    if (f->breached != MS_NONE && !e->breached) {
        *ret_state = ALERT_BREACHED;
        return true;
    }
    if (f->ended == MS_NONE)
        return next_active(e, was_told, ret_state);
    *ret_state = f->state == CLOCK_CANCELLED ? ALERT_CANCELLED : ALERT_CLEARED;
    return e->active || (was_told && e->state != *ret_state);
}

void alerts_note(struct alerts *a, handle_t ticket, handle_t *chain, const struct sla_fact *fact,
                 bool held)
{
    uint8_t state;
    handle_t h = find(a, *chain, fact->metric, fact->start);
    bool over = fact->ended != MS_NONE || fact->warned == 0;
    if (h == 0 && fact->breached == MS_NONE && over)
        return; /* warned of or forgiven, and over before anybody could be told */
    if (h == 0)
        h = make(a, ticket, chain);
    if (h == 0) {
        a->ends.tally.untracked++;
        return;
    }
    struct alert_entry *e = edit(a, h);
    bool same = e->is.breached == fact->breached; /* a breach is noted at its instant first */
    ms_t breach_elapsed = same ? e->is.breach_elapsed : fact->breach_elapsed;
    e->is = *fact;
    e->is.breach_elapsed = breach_elapsed;
    e->gone = false;
    e->held = held;
    e->forgiven = e->forgiven || fact->cause == CAUSE_FORGIVEN;
    if (next_state(e, &state))
        enqueue(a, h);
}

void alerts_revise(struct alerts *a, handle_t chain, const struct sla_fact *facts, uint32_t n,
                   ms_t since)
{
    for (handle_t h = chain; h != 0; h = entry_of(a, h)->next) {
        const struct alert_entry *e = entry_of(a, h);
        bool found = e->gone || (since != MS_NONE && e->is.start <= since);
        for (uint32_t i = 0; i < n && !found; i++)
            found = facts[i].metric == e->is.metric && facts[i].start == e->is.start;
        if (found)
            continue;
        edit(a, h)->gone = true;
        enqueue(a, h);
    }
}

bool alerts_pending(const struct alerts *a, handle_t chain)
{
    for (handle_t h = chain; h != 0; h = entry_of(a, h)->next)
        if (entry_of(a, h)->queued || entry_of(a, h)->active)
            return true;
    return false;
}

void alerts_forget(struct alerts *a, handle_t *chain)
{
    while (*chain != 0) {
        handle_t h = *chain;
        unchain(a, chain, h);
        drop(a, h);
    }
}

bool alerts_room(const struct alerts *a, handle_t *ret_ticket)
{
    *ret_ticket = 0;
    if (a->pool.live < a->pool.cap)
        return true;
    if (a->ends.oldest != 0)
        *ret_ticket = entry_of(a, a->ends.oldest)->ticket;
    return a->ends.oldest != 0;
}

void alerts_evict(struct alerts *a, handle_t *chain)
{
    handle_t h = a->ends.oldest;
    unchain(a, chain, h);
    drop(a, h);
}

/* --- telling -------------------------------------------------------------------------------- */

static void fill(const struct alert_entry *e, uint64_t ticket_hash, ms_t at, struct alert *ret)
{
    const struct sla_fact *f = &e->is;
    memset(ret, 0, offsetof(struct alert, sla)); /* the text at its end is filled by who asks */
    ret->alert_id = ret->thread = alert_id_of(ticket_hash, f->metric, f->start);
    ret->rev = e->rev;
    ret->kind = ALERT_SLA;
    ret->state = e->state;
    ret->at = at;
    ret->since = e->since;
    ret->ended_at = e->ended;
    bool breached = ret->state == ALERT_BREACHED, level = ret->state == ALERT_WARNING || breached;
    bool breach = breached && e->overdue == 0; /* a repeat may be past, too */
    bool late = level && at - (breach ? f->breached : f->level_at) > LATE_AFTER;
    ret->sla = (struct alert_sla){
        .metric = f->metric,
        .cause = f->cause,
        .level = ret->state == ALERT_WARNING ? e->warned : e->overdue,
        .late = late && !e->held,
        .held = late && e->held,
        .instance = f->instance,
        .target = f->target,
        .elapsed = breach  ? f->breach_elapsed
                   : level ? f->level_elapsed
                           : f->elapsed,
        .due_at = f->due_at,
        .breach_at = f->breached != MS_NONE ? f->breached : f->breach_at,
    };
    if (e->state == ALERT_CORRECTED)
        ret->sla.cause = e->forgiven ? CAUSE_FORGIVEN : CAUSE_LATE_EVENT;
    else if (e->state == ALERT_BREACHED && f->cause != CAUSE_RETARGET)
        ret->sla.cause = CAUSE_NONE; /* the end's cause comes with the end */
}

void alerts_show(const struct alert_entry *e, uint64_t ticket_hash, ms_t at, struct alert *ret)
{
    fill(e, ticket_hash, at, ret);
    ret->sla.late = ret->sla.held = false; /* how late it was told is not kept */
}

static void count(struct alerts_tally *t, struct alert_entry *e, uint8_t state)
{
    bool active = state == ALERT_WARNING || state == ALERT_BREACHED;
    if (active && !e->active) {
        t->fired++;
        t->active++;
    } else if (!active && e->active) {
        t->active--;
        t->cleared += state == ALERT_CLEARED;
        t->corrected += state == ALERT_CORRECTED;
        t->cancelled += state == ALERT_CANCELLED;
    } else if (!active) { /* it had ended otherwise */
        t->cleared -= e->state == ALERT_CLEARED;
        t->cancelled -= e->state == ALERT_CANCELLED;
        t->cleared += state == ALERT_CLEARED;
        t->corrected += state == ALERT_CORRECTED;
        t->cancelled += state == ALERT_CANCELLED;
    }
    t->breached += state == ALERT_BREACHED && !e->breached;
    e->active = active;
}

bool alerts_tell(struct alerts *a, handle_t h, uint64_t ticket_hash, ms_t at, struct alert *ret)
{
    struct alert_entry *e = edit(a, h);
    const struct sla_fact *f = &e->is;
    uint8_t state;
    bool any = next_state(e, &state);
    if (any) {
        count(&a->ends.tally, e, state);
        e->state = state;
        e->rev++;
        bool level = state == ALERT_WARNING || state == ALERT_BREACHED;
        if (level) {
            if (e->since == MS_NONE || e->ended != MS_NONE)
                e->since = state == ALERT_BREACHED ? f->breached : f->warned_at;
            e->ended = MS_NONE;
            e->warned = f->warned;
            e->overdue = e->breached ? f->overdue : 0; /* the breach first, then its repeats */
            e->breached = state == ALERT_BREACHED;
        } else {
            e->ended = state == ALERT_CORRECTED ? at : f->ended;
            if (state == ALERT_CORRECTED) /* what still holds is told anew */
                e->warned = e->overdue = 0;
            e->breached = state != ALERT_CORRECTED && e->breached;
        }
        fill(e, ticket_hash, at, ret);
        e->forgiven = e->forgiven && state != ALERT_CORRECTED;
    }
    if (!next_state(e, &state))
        dequeue(a, h);
    return any;
}

/* --- invariants ----------------------------------------------------------------------------- */

void alerts_check(const struct alerts *a)
{
    uint32_t queued = 0, ended = 0, active = 0, live = 0;
    for (handle_t h = a->ends.first; h != 0; h = entry_of(a, h)->newer, queued++)
        CHECK(entry_of(a, h)->queued);
    for (handle_t h = a->ends.oldest; h != 0; h = entry_of(a, h)->newer, ended++)
        CHECK(rests(entry_of(a, h)));
    for (uint32_t i = 1; i <= a->pool.high; i++) {
        handle_t h = pool_handle(&a->pool, i);
        if (h == 0)
            continue;
        const struct alert_entry *e = entry_of(a, h);
        live++;
        active += e->active;
        queued -= e->queued;
        ended -= rests(e);
    }
    const struct alerts_tally *t = &a->ends.tally;
    CHECK(live == a->pool.live && queued == 0 && ended == 0 && active == t->active);
    CHECK(t->fired == t->active + t->cleared + t->corrected + t->cancelled);
}
