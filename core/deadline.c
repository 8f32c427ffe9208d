/* Deadlines of tickets: which wait, which pass, and what is told of them.
 *
 * A ticket has one timer, at its earliest deadline. Happy path: the timer comes, the fold passes
 * the deadline, the clock's fact becomes an alert. What can fail: the ticket's source is behind,
 * so that what would have been in time may still come; then the deadline is held. */
#include "core/tickets.h"

enum { RELEASE_AT_ONCE = 64, KEY_SEED = 7, ALERT_ACCOUNT_ITEMS = 256 };

struct sla *ticket_clocks(struct tickets *t, const struct ticket *k)
{
    return k->sla == 0 ? NULL : &((struct sla_place *)pool_edit(&t->slas, k->sla))->sla;
}

struct alerts *tickets_alerts(struct tickets *t)
{
    return &t->alerts;
}

void ticket_note_behind(struct tickets *t, struct ticket *k, const struct event *e)
{
    bool late = e->rts != MS_NONE && e->rts - e->ts > t->links.settings->hold_after;
    bool before = (ticket_behind(t, k) & BEHIND_NOW) != 0;
    if (!late && !before)
        return;
    struct ticket_rare *rare = ticket_rare_edit(t, k);
    rare->slot.mark = (uint16_t)((late ? BEHIND_NOW : 0) | (before ? BEHIND_BEFORE : 0));
    if (late)
        rare->arrived = (uint32_t)((e->rts - MS_MIN_TS) / MS_SECOND);
}

void ticket_forget_behind(struct tickets *t, struct ticket *k)
{
    if ((ticket_behind(t, k) & BEHIND_BEFORE) != 0)
        ticket_rare_edit(t, k)->slot.mark &= BEHIND_NOW;
}

/* When the hold of a deadline ends: hold_max after it, or after the event that came late when the
 * deadline was past by then. */
static ms_t hold_end(const struct tickets *t, const struct ticket *k, ms_t due)
{
    const struct ticket_rare *rare = ticket_rare(t, k);
    ms_t arrived = rare == NULL ? MS_MIN_TS : MS_MIN_TS + (ms_t)rare->arrived * MS_SECOND;
    return ms_max(due, arrived) + t->links.settings->hold_max;
}

ms_t ticket_until(struct tickets *t, const struct ticket *k, ms_t fired)
{
    if ((ticket_behind(t, k) & BEHIND_NOW) == 0 || fired == MS_NONE)
        return fired;
    ms_t until = holds_newest(&t->holds, k->history.src);
    until = until == MS_NONE ? until : until + 1; /* a deadline at that instant has been heard */
    if (fired > hold_end(t, k, MS_MIN_TS))
        until = ms_max(until, fired - t->links.settings->hold_max);
    const struct sla *clocks = ticket_clocks(t, k);
    ms_t terms = clocks == NULL ? MS_NEVER : sla_terms_end(clocks, &t->terms);
    struct fold f;
    ticket_load(t, k, &f);
    if (terms != MS_NEVER && terms == fold_deadline(&f, clocks, &t->terms))
        until = ms_max(until, terms + 1); /* a reload is the daemon's own: nobody is behind it */
    return ms_min(fired, until);
}

ms_t ticket_passed(struct tickets *t, const struct ticket *k, ms_t fired)
{
    struct fold f;
    ticket_load(t, k, &f);
    ms_t due = fold_deadline(&f, ticket_clocks(t, k), &t->terms);
    return ms_min(fired, due);
}

/* An alert more for this ticket; another ticket's that ended makes room. */
static bool alert_room(struct tickets *t)
{
    handle_t from;
    if (!alerts_room(&t->alerts, &from))
        return false;
    if (from != 0)
        alerts_evict(&t->alerts, &((struct ticket *)pool_edit(&t->tickets, from))->alerts);
    return true;
}

void ticket_tell(struct tickets *t, handle_t h, const struct sink *out, bool again, ms_t since)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    if (out->facts == 0 && (!again || k->alerts == 0))
        return;
    if (again) /* what is gone is told first */
        alerts_revise(&t->alerts, k->alerts, out->fact, out->facts, since);
    for (uint32_t i = 0; i < out->facts; i++) {
        (void)alert_room(t);
        alerts_note(&t->alerts, h, &k->alerts, &out->fact[i], ticket_behind(t, k) != 0);
    }
}

void ticket_catch_up(struct tickets *t, handle_t h, ms_t until)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    struct sla *clocks = ticket_clocks(t, k);
    if ((t->terms.targets == 0 && clocks == NULL) || (k->fold.flags & FOLD_VOID) != 0)
        return;
    if (t->terms.targets == 0 && sla_deadline(clocks, &t->terms) >= until)
        return; /* mostly */
    struct sink live = {.board = t->links.board, .fact = t->fact, .facts_cap = t->facts_max};
    struct fold f;
    ticket_load(t, k, &f);
    fold_until(&f, clocks, until, &t->terms, &live);
    ticket_store(t, k, &f);
    ticket_tell(t, h, &live, false, MS_NONE);
}

void ticket_settle(struct tickets *t, handle_t h, const struct standing *was, ms_t fired)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    struct sla *clocks = ticket_clocks(t, k);
    struct fold f;
    ticket_load(t, k, &f);
    uint32_t risk = clocks == NULL ? 0 : sla_risk(clocks);
    if (clocks != NULL)
        ((struct sla_place *)pool_edit(&t->slas, k->sla))->risk = risk;
    struct standing is;
    fold_standing(&f.kept, &f.rare, risk, &is);
    if (was == NULL ? !is.open : was->open && !is.open)
        ticket_ends_link(t, h);
    else if (was != NULL && !was->open && is.open)
        ticket_ends_unlink(t, h);
    board_stand(t->links.board, h, was, &is);
    if (t->terms.targets == 0 && k->sla == 0 && k->timer == 0)
        return;
    /* A millisecond after the deadline, as what happens at it is in time; later when it is held. */
    ms_t due = fold_deadline(&f, clocks, &t->terms);
    bool held = fired != MS_NONE && due < fired;
    ms_t at = due == MS_NEVER ? MS_NEVER : (held ? hold_end(t, k, due) : due) + 1;
    if (held) { /* also when its timer is that of another deadline that was held */
        holds_add(&t->holds, k->history.src, due, h);
        t->links.counters->sla_held++;
    }
    if (k->timer != 0) {
        if (wheel_deadline(t->links.wheel, k->timer) == at)
            return;
        wheel_cancel(t->links.wheel, k->timer);
        k->timer = 0;
    }
    if (at == MS_NEVER)
        return;
    k->timer = wheel_add(t->links.wheel, at, t->links.timer_kind, h);
}

/* Passes what is due, now that it may. */
static void judge(struct tickets *t, handle_t h, ms_t fired)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    struct standing was;
    ticket_standing(t, k, &was);
    ticket_catch_up(t, h, ticket_until(t, k, fired));
    ticket_settle(t, h, &was, fired);
}

void ticket_due(struct tickets *t, handle_t h, ms_t now)
{
    ((struct ticket *)pool_edit(&t->tickets, h))->timer = 0;
    judge(t, h, now);
}

void tickets_heard(struct tickets *t, uint32_t src, const struct event *e, ms_t fired)
{
    handle_t ready[RELEASE_AT_ONCE];
    bool on_time = e->rts == MS_NONE || e->rts - e->ts <= t->links.settings->hold_after;
    if (!holds_heard(&t->holds, src, e->ts, on_time))
        return;
    uint32_t n;
    do {
        n = holds_release(&t->holds, src, ready, RELEASE_AT_ONCE);
        for (uint32_t i = 0; i < n; i++)
            if (pool_valid(&t->tickets, ready[i]))
                judge(t, ready[i], fired);
    } while (n == RELEASE_AT_ONCE);
}

void tickets_spoke(struct tickets *t, uint32_t src, const struct event *e)
{
    if (e->rts != MS_NONE)
        holds_spoke(&t->holds, src, e->rts, e->kind == EV_HEARTBEAT);
}

const struct hold_source *tickets_source(const struct tickets *t, uint32_t src)
{
    return holds_source(&t->holds, src);
}

/* --- other policies ------------------------------------------------------------------------- */

bool tickets_swept(const struct tickets *t)
{
    return t->ends.swept == 0;
}

bool tickets_sweep(struct tickets *t, uint32_t budget, ms_t fired)
{
    for (; budget > 0 && t->ends.swept != 0; budget--) {
        uint32_t i = t->ends.swept++;
        if (i > t->tickets.high) {
            t->ends.swept = 0;
            break;
        }
        handle_t h = pool_handle(&t->tickets, i);
        const struct ticket *k = h == 0 ? NULL : pool_get(&t->tickets, h);
        if (k == NULL || k->fold.ended != MS_NONE)
            continue;
        if (k->sla == 0)
            ticket_wind_up(t, h, fired);
        judge(t, h, fired);
    }
    return t->ends.swept == 0;
}

/* --- alerts --------------------------------------------------------------------------------- */

static struct str name_in(const struct tickets *t, enum scope s, uint32_t index)
{
    return index == 0 ? (struct str){"", 0} : name_text(board_names(t->links.board, s), index);
}

static struct str name_or_dash(const struct tickets *t, enum scope s, uint32_t index)
{
    return index == 0 ? str_of("-") : name_in(t, s, index);
}

/* The calendar that a steady clock has run by; NULL: the whole fold has to tell. */
static const struct calendar *steady_calendar(const struct tickets *t, const struct ticket *k,
                                              const struct sla_fact *f)
{
    const struct agreements *all = t->links.agreements;
    if (!f->steady || ticket_base(t, k) != 0 || f->policy == 0 || f->generation < all->first)
        return NULL;
    const struct agreement *g = agreement_get(all, f->generation);
    return &g->calendar[g->policy[f->policy - 1].calendar];
}

/* Whose time it was up to the breach: if its records do not say so by themselves, the history is
 * folded once more, with an account. */
static void shares(struct tickets *t, const struct ticket *k, const struct sla_fact *f,
                   struct alert_sla *ret)
{
    struct account_item item[ALERT_ACCOUNT_ITEMS];
    struct account account = {
        .item = item, .cap = ARRAY_LEN(item), .one = true, .metric = f->metric, .start = f->start};
    struct account_share share[ALERT_SHARES] = {{0}};
    const struct calendar *cal = steady_calendar(t, k, f);
    uint32_t n = k->history.records;
    history_read(&t->history, &k->history, t->record, t->events_max);
    if (cal != NULL) {
        account_owners(&account, t->record, n, cal, f->breached);
    } else {
        struct fold fold;
        struct recall recall;
        struct sla sla;
        struct sink out = {.account = &account};
        ticket_fold(t, k, n, f->breached + 1, &fold, &recall, &sla, &out);
    }
    ret->shares = account_shares(&account, (enum sla_metric)f->metric, f->start, f->breached, share,
                                 ALERT_SHARES);
    for (uint32_t i = 0; i < ret->shares; i++) {
        bool rest = share[i].agent == UINT32_MAX;
        ret->share[i].agent = rest ? str_of("(other)") : name_in(t, SCOPE_AGENT, share[i].agent);
        ret->share[i].ms = share[i].ms;
    }
}

static void fill_names(struct tickets *t, const struct alert_entry *e, struct alert *ret)
{
    const struct sla_fact *f = &e->is;
    const struct agreement *g = agreement_get(t->links.agreements, f->generation);
    struct str key = ticket_key(t, e->ticket);
    memcpy(ret->sla.ticket_text, key.p, key.len);
    ret->sla.ticket = (struct str){ret->sla.ticket_text, key.len};
    ret->name = str_of("-");
    ret->team = name_or_dash(t, SCOPE_TEAM, f->owner.team);
    ret->agent = name_or_dash(t, SCOPE_AGENT, f->owner.agent);
    ret->sla.priority = name_in(t, SCOPE_PRIORITY, f->owner.priority);
    ret->sla.channel = name_in(t, SCOPE_CHANNEL, f->owner.channel);
    ret->sla.category = name_in(t, SCOPE_CATEGORY, f->owner.category);
    if (f->policy == 0 || f->policy > g->policies)
        return;
    const struct policy_setting *p = &g->said.policy[f->policy - 1];
    ret->sla.policy = str_of(p->id);
    ret->sla.calendar = str_of(g->said.calendar[p->calendar].id);
}

uint64_t ticket_alert_hash(struct str key)
{
    return hash_str(KEY_SEED, key);
}

bool ticket_alert(struct tickets *t, handle_t entry, ms_t at, struct alert *ret)
{
    const struct alert_entry *e = pool_get(&t->alerts.pool, entry);
    if (!alerts_tell(&t->alerts, entry, ticket_alert_hash(ticket_key(t, e->ticket)), at, ret))
        return false;
    fill_names(t, e, ret);
    ret->of = entry;
    const struct ticket *k = pool_get(&t->tickets, e->ticket);
    if (ret->state == ALERT_BREACHED && ret->sla.level == 0 && k->sla != 0)
        shares(t, k, &e->is, &ret->sla);
    return true;
}

/* As when it was told last. */
static void show(struct tickets *t, handle_t entry, ms_t now, struct alert *ret)
{
    const struct alert_entry *e = pool_get(&t->alerts.pool, entry);
    alerts_show(e, ticket_alert_hash(ticket_key(t, e->ticket)), now, ret);
    fill_names(t, e, ret);
    ret->of = entry;
}

bool ticket_alert_next(struct tickets *t, uint32_t *at, ms_t now, struct alert *ret)
{
    while (++*at <= t->alerts.pool.high) {
        handle_t h = pool_handle(&t->alerts.pool, *at);
        if (h == 0 || !((const struct alert_entry *)pool_get(&t->alerts.pool, h))->active)
            continue;
        show(t, h, now, ret);
        return true;
    }
    return false;
}

bool ticket_announce(struct tickets *t, handle_t entry, uint64_t alert_id, ms_t now,
                     struct alert *ret)
{
    if (!pool_valid(&t->alerts.pool, entry))
        return false;
    struct alert_entry *e = pool_edit(&t->alerts.pool, entry);
    show(t, entry, now, ret);
    if (!e->active || ret->alert_id != alert_id)
        return false;
    ret->rev = ++e->rev;
    return true;
}
