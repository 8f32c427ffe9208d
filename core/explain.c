/* Answers about clocks: one ticket's account, the worklist, what other policies would do. */
#include "core/explain.h"

#include "core/engines.h"
#include "core/err.h"
#include "core/slas.h"
#include "core/tickets.h"

const char *clock_state_name(enum clock_state s)
{
    static const char *const names[CLOCK_N] = {
#define CLOCK_STATE_NAME(name, wire) [CLOCK_##name] = wire,
        CLOCK_STATES(CLOCK_STATE_NAME)
#undef CLOCK_STATE_NAME
    };
    CHECK(s < CLOCK_N);
    return names[s];
}

const char *alert_cause_name(enum alert_cause c)
{
    static const char *const names[CAUSE_N] = {
#define ALERT_CAUSE_NAME(name, wire) [CAUSE_##name] = wire,
        ALERT_CAUSES(ALERT_CAUSE_NAME)
#undef ALERT_CAUSE_NAME
    };
    CHECK(c < CAUSE_N);
    return names[c];
}

/* --- one ticket ----------------------------------------------------------------------------- */

static struct str name_of(const struct engine *e, enum scope s, uint32_t index)
{
    return index == 0 ? (struct str){"", 0} : name_text(board_names(e->board, s), index);
}

static void policy_of(const struct engine *e, uint32_t generation, uint32_t policy,
                      struct str *ret_policy, struct str *ret_calendar)
{
    const struct agreement *g = agreement_get(e->agreements, generation);
    *ret_policy = *ret_calendar = (struct str){"", 0};
    if (policy == 0 || policy > g->policies)
        return;
    const struct policy_setting *p = &g->said.policy[policy - 1];
    *ret_policy = str_of(p->id);
    *ret_calendar = str_of(g->said.calendar[p->calendar].id);
}

static void explain_ticket(struct engine *e, handle_t h, struct explanation *ret)
{
    struct tickets *t = e->tickets;
    const struct ticket *k = pool_get(&t->tickets, h);
    const struct fold_kept *f = &k->fold;
    handle_t into = ticket_into(t, k);
    *ret = (struct explanation){.open = f->ended == MS_NONE,
                                .merged = pool_valid(&t->tickets, into),
                                .agent = name_of(e, SCOPE_AGENT, f->tags.agent),
                                .team = name_of(e, SCOPE_TEAM, f->tags.team),
                                .priority = name_of(e, SCOPE_PRIORITY, f->tags.priority),
                                .channel = name_of(e, SCOPE_CHANNEL, f->tags.channel),
                                .category = name_of(e, SCOPE_CATEGORY, f->tags.category),
                                .opened = f->opened,
                                .ended = f->ended,
                                .now = e->core.at,
                                .folded = ticket_base(t, k) != 0};
    const handle_t texts[] = {h, ret->merged ? into : 0};
    struct str *const to[] = {&ret->ticket, &ret->into};
    for (int i = 0; i < 2 && texts[i] != 0; i++) {
        struct str key = ticket_key(t, texts[i]);
        memcpy(ret->text[i], key.p, key.len);
        *to[i] = (struct str){ret->text[i], key.len};
    }
}

/* Was anything told of it? A warning that was over before it could be told was not. */
static bool was_told(const struct alerts *a, handle_t chain, const struct sla_fact *f)
{
    for (handle_t at = chain; at != 0;) {
        const struct alert_entry *entry = pool_get(&a->pool, at);
        if (entry->is.metric == f->metric && entry->is.start == f->start)
            return entry->rev > 0;
        at = entry->next;
    }
    return false;
}

static void explain_fact(const struct engine *e, const struct sla_fact *f,
                         struct explain_clock *ret)
{
    *ret = (struct explain_clock){.metric = f->metric,
                                  .state = f->state,
                                  .cause = f->cause,
                                  .instance = f->instance,
                                  .start = f->start,
                                  .ended = f->ended,
                                  .target = f->target,
                                  .elapsed = f->elapsed,
                                  .due_at = f->ended == MS_NONE ? f->due_at : MS_NEVER,
                                  .breach_at = f->breached != MS_NONE ? f->breached
                                               : f->ended == MS_NONE  ? f->breach_at
                                                                      : MS_NEVER};
    policy_of(e, f->generation, f->policy, &ret->policy, &ret->calendar);
}

static void explain_item(const struct engine *e, const struct account_item *i,
                         struct explain_item *ret)
{
    *ret = (struct explain_item){.kind = i->kind,
                                 .metric = i->metric,
                                 .level = i->level,
                                 .instance = i->instance,
                                 .from = i->from,
                                 .to = i->to,
                                 .counted = i->counted,
                                 .agent = name_of(e, SCOPE_AGENT, i->agent),
                                 .team = name_of(e, SCOPE_TEAM, i->team)};
    policy_of(e, i->generation, i->policy, &ret->policy, &ret->calendar);
}

/* Alerts that were taken back, from what was told. */
static void explain_corrected(struct engine *e, handle_t h, struct explanation *ret)
{
    const struct alerts *a = tickets_alerts(e->tickets);
    const struct ticket *k = pool_get(&e->tickets->tickets, h);
    for (handle_t at = k->alerts; at != 0;) {
        const struct alert_entry *entry = pool_get(&a->pool, at);
        at = entry->next;
        if (entry->rev == 0 || entry->state != ALERT_CORRECTED || ret->items == EXPLAIN_ITEMS_MAX)
            continue;
        ret->item[ret->items++] = (struct explain_item){.kind = EXPLAIN_CORRECTED,
                                                        .metric = entry->is.metric,
                                                        .instance = entry->is.instance,
                                                        .from = entry->ended,
                                                        .to = entry->ended};
    }
}

static bool item_before(const struct explain_item *a, const struct explain_item *b)
{
    return a->from != b->from ? a->from < b->from : a->metric < b->metric;
}

static void sort_items(struct explanation *x)
{
    for (uint32_t i = 1; i < x->items; i++) {
        struct explain_item item = x->item[i];
        uint32_t at = i;
        for (; at > 0 && item_before(&item, &x->item[at - 1]); at--)
            x->item[at] = x->item[at - 1];
        x->item[at] = item;
    }
}

bool engine_explain(struct engine *e, struct str ticket, struct explanation *ret)
{
    struct tickets *t = e->tickets;
    handle_t h = ticket_find(t, ticket_hash(t, ticket), ticket);
    if (h == 0)
        return false;
    explain_ticket(e, h, ret);
    const struct ticket *k = pool_get(&t->tickets, h);
    if (k->sla == 0)
        return true;
    struct account_item item[EXPLAIN_ITEMS_MAX];
    struct account account = {.item = item, .cap = EXPLAIN_ITEMS_MAX};
    struct sink out = {.fact = t->fact, .facts_cap = t->facts_max, .account = &account};
    struct fold fold;
    struct recall recall;
    struct sla sla;
    history_read(&t->history, &k->history, t->record, t->events_max);
    ticket_fold(t, k, k->history.records, ticket_passed(t, k, e->core.fired), &fold, &recall, &sla,
                &out);
    account_cut(&account, &sla, &fold.tags, e->core.at, &t->terms);
    sla_tell_all(&sla, &fold, e->core.at, &t->terms, &out);
    uint64_t key_hash = ticket_alert_hash(ticket);
    uint32_t skip = out.facts > EXPLAIN_CLOCKS_MAX ? out.facts - EXPLAIN_CLOCKS_MAX : 0;
    for (uint32_t i = skip; i < out.facts; i++) {
        struct explain_clock *clock = &ret->clock[ret->clocks++];
        explain_fact(e, &out.fact[i], clock);
        if (out.fact[i].alerted && was_told(tickets_alerts(t), k->alerts, &out.fact[i]))
            clock->alert_id = alert_id_of(key_hash, clock->metric, clock->start);
    }
    for (uint32_t i = 0; i < account.n; i++)
        explain_item(e, &item[i], &ret->item[ret->items++]);
    ret->items_left_out = account.lost;
    explain_corrected(e, h, ret);
    sort_items(ret);
    return true;
}

/* --- the worklist --------------------------------------------------------------------------- */

static void sift_down(struct worklist *w, uint32_t n, uint32_t at)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= n)
            return;
        if (child + 1 < n && w->work[child + 1].key > w->work[child].key)
            child++;
        if (w->work[child].key <= w->work[at].key)
            return;
        struct work swap = w->work[at];
        w->work[at] = w->work[child];
        w->work[child] = swap;
        at = child;
    }
}

/* Keeps the WORKLIST_MAX with the least key: a heap with the greatest on top. */
static void keep(struct worklist *w, const struct work *k)
{
    if (w->works == WORKLIST_MAX) {
        if (k->key >= w->work[0].key)
            return;
        w->work[0] = *k;
        sift_down(w, w->works, 0);
        return;
    }
    uint32_t at = w->works++;
    for (; at > 0 && w->work[(at - 1) / 2].key < k->key; at = (at - 1) / 2)
        w->work[at] = w->work[(at - 1) / 2];
    w->work[at] = *k;
}

static void count_work(struct worklist *w, const struct work *k, ms_t now)
{
    w->paused += k->state == CLOCK_PAUSED;
    w->breached += k->state == CLOCK_BREACHED;
    w->running += k->state == CLOCK_RUNNING || k->state == CLOCK_WARNED;
    if (k->state == CLOCK_BREACHED || k->breach_at == MS_NEVER)
        return;
    w->due_15m += k->breach_at - now <= 15 * (ms_t)MS_MINUTE;
    w->due_30m += k->breach_at - now <= 30 * (ms_t)MS_MINUTE;
    w->due_60m += k->breach_at - now <= 60 * (ms_t)MS_MINUTE;
}

static void look_at(struct engine *e, struct worklist *w, handle_t h)
{
    enum { PAUSED_LAST = 1 }; /* behind all that run */
    const struct ticket *k = pool_get(&e->tickets->tickets, h);
    const struct sla *s = ticket_clocks(e->tickets, k);
    const struct tags *tags = &k->fold.tags;
    if (s == NULL || k->fold.ended != MS_NONE || (w->agent != 0 && w->agent != tags->agent) ||
        (w->team != 0 && w->team != tags->team))
        return;
    for (uint32_t slot = 0; slot < SLA_SLOTS; slot++) {
        const struct sla_clock *c = &s->clock[slot];
        const struct agreed_target *t =
            sla_active(c) ? sla_target(s, c, tags->priority, &e->tickets->terms) : NULL;
        if (t == NULL)
            continue;
        struct work work = {
            .metric = c->metric, .state = (uint8_t)sla_state(c), .handle = h, .place = slot};
        work.remaining = t->target - sla_elapsed(s, c, &e->tickets->terms, e->core.at);
        sla_limits(s, c, tags->priority, &e->tickets->terms, &work.due_at, &work.breach_at);
        work.key = work.remaining;
        if (c->since == MS_NONE)
            work.key += (ms_t)PAUSED_LAST << 50;
        count_work(w, &work, e->core.at);
        keep(w, &work);
    }
}

static void fill_work(struct engine *e, struct work *k)
{
    const struct ticket *ticket = pool_get(&e->tickets->tickets, k->handle);
    const struct sla *s = ticket_clocks(e->tickets, ticket);
    struct str calendar, key = ticket_key(e->tickets, k->handle);
    memcpy(k->ticket_text, key.p, key.len);
    k->ticket = (struct str){k->ticket_text, key.len};
    k->agent = name_of(e, SCOPE_AGENT, ticket->fold.tags.agent);
    k->team = name_of(e, SCOPE_TEAM, ticket->fold.tags.team);
    k->priority = name_of(e, SCOPE_PRIORITY, ticket->fold.tags.priority);
    policy_of(e, s->generation, s->policy, &k->policy, &calendar);
}

/* Sorts the heap, least first, and fills the texts of what is still there. */
static void finish_worklist(struct engine *e, struct worklist *w)
{
    for (uint32_t n = w->works; n > 1; n--) {
        struct work swap = w->work[0];
        w->work[0] = w->work[n - 1];
        w->work[n - 1] = swap;
        sift_down(w, n - 1, 0);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->works; i++) {
        const struct pool *tickets = &e->tickets->tickets;
        if (!pool_valid(tickets, w->work[i].handle) ||
            ((const struct ticket *)pool_get(tickets, w->work[i].handle))->sla == 0)
            continue; /* forgotten between two slices */
        w->work[kept] = w->work[i];
        fill_work(e, &w->work[kept++]);
    }
    w->works = kept;
}

bool engine_worklist(struct engine *e, struct worklist *w, uint32_t budget)
{
    const struct pool *tickets = &e->tickets->tickets;
    for (; budget > 0 && w->at < tickets->high; budget--) {
        handle_t h = pool_handle(tickets, ++w->at);
        if (h != 0)
            look_at(e, w, h);
    }
    if (w->at < tickets->high)
        return false;
    finish_worklist(e, w);
    return true;
}

/* --- what other policies would do ----------------------------------------------------------- */

/* The attributes of a ticket; without clocks they are in its history only. */
static struct attributes attributes_of(struct engine *e, const struct ticket *k)
{
    struct tickets *t = e->tickets;
    const struct sla *s = ticket_clocks(t, k);
    struct attributes of = {.tags = &k->fold.tags};
    if (s != NULL) {
        of.customer = s->customer;
        of.tier = s->tier;
        return of;
    }
    history_read(&t->history, &k->history, t->record, t->events_max);
    for (uint32_t i = 0; i < k->history.records; i++) {
        const struct record *r = &t->record[i];
        of.customer = r->says_customer ? r->customer : of.customer;
        of.tier = r->says_tier ? r->tier : of.tier;
    }
    return of;
}

/* One clock under other policies: policy as agreement_match gives it. true: it changes. */
static bool compare_clock(struct engine *e, const struct agreement *next, uint32_t policy,
                          const struct sla *s, const struct sla_clock *c, uint32_t priority,
                          struct sla_change *ret)
{
    const struct fold_terms *terms = &e->tickets->terms;
    const struct agreed_target *is = sla_target(s, c, priority, terms);
    enum sla_metric m = (enum sla_metric)c->metric;
    const struct agreed_target *will = agreement_target(next, policy, m, priority);
    if (will == NULL) {
        ret->cancelled++;
        return true;
    }
    const struct agreement *now = agreement_get(e->agreements, s->generation);
    uint64_t a = now->calendar_print[now->policy[s->policy - 1].calendar];
    uint64_t b = next->calendar_print[next->policy[policy - 1].calendar];
    const struct agreed_metric *metric = &next->policy[policy - 1].metric[m];
    bool restart = is->target != will->target && metric->retarget == RETARGET_RESTART;
    ms_t elapsed = restart ? 0 : sla_elapsed(s, c, terms, e->core.at);
    ret->breaches += c->breached == MS_NONE && elapsed > will->target;
    ret->forgiven += c->breached != MS_NONE && metric->forgive && is->target != will->target &&
                     elapsed <= will->target;
    return is->target != will->target || a != b ||
           !str_equal(str_of(now->said.policy[s->policy - 1].id),
                      str_of(next->said.policy[policy - 1].id));
}

/* A clock that would begin: elapsed counts from the start of what it measures. */
static void compare_gained(struct engine *e, const struct agreement *next, uint32_t policy,
                           const struct ticket *k, const struct sla_clock *c, enum sla_metric m,
                           ms_t start, struct sla_change *ret)
{
    bool of_ticket = m == SLA_RESOLUTION || m == SLA_REQUESTER_WAIT;
    const struct agreed_target *will = agreement_target(next, policy, m, k->fold.tags.priority);
    if (will == NULL || start == MS_NONE)
        return;
    const struct calendar *cal = &next->calendar[next->policy[policy - 1].calendar];
    struct fold f;
    ticket_load(e->tickets, k, &f);
    ms_t until = of_ticket ? sla_open_until(&f, e->core.at) : e->core.at;
    ms_t elapsed = calendar_open(cal, until) - calendar_open(cal, start);
    if (c != NULL && c->state == CLOCK_CANCELLED && (of_ticket || c->start == start))
        elapsed = c->elapsed; /* it had no policy for a while: it runs on */
    ret->gained++;
    ret->breaches += elapsed > will->target;
}

static void compare_ticket(struct engine *e, const struct agreement *next, handle_t h,
                           struct sla_change *ret)
{
    const struct ticket *k = pool_get(&e->tickets->tickets, h);
    const struct fold_kept *f = &k->fold;
    if (f->ended != MS_NONE)
        return;
    struct attributes of = attributes_of(e, k);
    uint32_t policy = agreement_match(next, &of);
    const struct sla *s = ticket_clocks(e->tickets, k);
    const ms_t starts[SLA_SLOTS] = {[SLOT_RESPONSE] = f->waiting,
                                    [SLOT_ASSIGNEE] = f->assigned,
                                    [SLOT_RESOLUTION] = f->opened,
                                    [SLOT_REQUESTER] = f->opened};
    const uint8_t metrics[SLA_SLOTS] = {
        [SLOT_RESPONSE] = (f->flags & FOLD_REPLIED) != 0 ? SLA_NEXT_RESPONSE : SLA_FIRST_RESPONSE,
        [SLOT_ASSIGNEE] = SLA_ASSIGNEE_RESPONSE,
        [SLOT_RESOLUTION] = SLA_RESOLUTION,
        [SLOT_REQUESTER] = SLA_REQUESTER_WAIT};
    bool changed = false;
    struct sla noted;
    if (s != NULL) { /* clocks that no policy has now have not followed */
        struct fold whole;
        ticket_load(e->tickets, k, &whole);
        noted = *s;
        sla_note(&noted, &whole, &e->tickets->terms);
        s = &noted;
    }
    ret->tickets++;
    for (uint32_t slot = 0; slot < SLA_SLOTS; slot++) {
        const struct sla_clock *c = s == NULL ? NULL : &s->clock[slot];
        if (c != NULL && sla_active(c))
            changed |= compare_clock(e, next, policy, s, c, f->tags.priority, ret);
        else if (c == NULL || c->state == CLOCK_NONE || c->cause == CAUSE_NO_POLICY)
            compare_gained(e, next, policy, k, c, (enum sla_metric)metrics[slot], starts[slot],
                           ret);
    }
    ret->changed += changed;
}

int engine_compare(struct engine *e, const struct sla_setting *next, struct sla_change *change,
                   uint32_t budget, bool *ret_done, const char **ret_why)
{
    const struct pool *tickets = &e->tickets->tickets;
    if (change->at == 0) {
        *change = (struct sla_change){0};
        int err = agreements_prepare(e->agreements, next, e->board, ret_why);
        if (err != 0)
            return err;
    }
    const struct agreement *spare = agreements_spare(e->agreements);
    for (; budget > 0 && change->at < tickets->high; budget--) {
        handle_t h = pool_handle(tickets, ++change->at);
        if (h != 0)
            compare_ticket(e, spare, h, change);
    }
    *ret_done = change->at >= tickets->high;
    return 0;
}
