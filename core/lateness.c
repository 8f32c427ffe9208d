/* What happens when an event of a ticket comes.
 *
 * Happy path: it sorts last and takes nothing back: it is appended to the history and folded
 * straight into the board. Otherwise the history is folded twice, without and with it, and the
 * difference goes to the board. A merged ticket passes later events on to its target. */
#include "core/err.h"
#include "core/tickets.h"

/* --- order -------------------------------------------------------------------------------- */

/* Does r sort behind all that the ticket has? Reads the history only when ts do not tell. */
static bool sorts_last(struct tickets *t, const struct ticket *k, const struct record *r)
{
    const struct history *h = &k->history;
    if (h->records == 0 || r->ts != h->newest)
        return h->records == 0 || r->ts > h->newest;
    if (r->src == h->src && r->seq != h->seq)
        return r->seq > h->seq;
    history_read(&t->history, h, t->record, t->events_max);
    return record_position(t->record, h->records, r, t->links.sources) == h->records;
}

/* What its oldest events have folded into; NULL: nothing. */
static const struct base *base_of(const struct tickets *t, const struct ticket *k)
{
    handle_t h = ticket_base(t, k);
    return h == 0 ? NULL : pool_get(&t->bases, h);
}

/* Sorts r before something that is folded for good? */
static bool too_late(const struct tickets *t, const struct ticket *k, const struct record *r,
                     uint32_t at, uint32_t n)
{
    ms_t kept_from = k->history.newest - t->links.settings->lateness;
    const struct base *base = base_of(t, k);
    if (base != NULL && r->ts < base->newest)
        return true;
    return at < n && t->record[at].ts < kept_from;
}

/* --- folding again ------------------------------------------------------------------------ */

void ticket_fold(struct tickets *t, const struct ticket *k, uint32_t n, ms_t until, struct fold *f,
                 struct recall *recall, struct sla *sla, struct sink *out)
{
    const struct base *base = base_of(t, k);
    if (base != NULL) {
        *f = base->fold;
        *recall = base->recall;
    } else {
        fold_init(f);
        recall_init(recall);
    }
    if (sla != NULL && base != NULL)
        *sla = base->sla;
    else if (sla != NULL)
        sla_init(sla);
    for (uint32_t i = 0; i < n; i++)
        fold_record(f, recall, sla, &t->record[i], &t->terms, out);
    if ((t->terms.targets != 0 || sla != NULL) && (f->flags & FOLD_VOID) == 0)
        fold_until(f, sla, until, &t->terms, out);
    if ((f->flags & FOLD_VOID) != 0)
        out->n = 0;
}

/* What a ticket was folded into again. */
struct again {
    struct fold fold;
    struct recall recall;
    struct sla sla;
};

/* Folds the first n records in scratch; the ops go behind the n_before ones that are there. */
static struct sink fold_again(struct tickets *t, const struct ticket *k, uint32_t n, ms_t until,
                              uint32_t n_before, struct again *ret)
{
    struct sink out = {.op = t->op + n_before,
                       .cap = t->ops_max,
                       .fact = k->sla == 0 ? NULL : t->fact,
                       .facts_cap = t->facts_max};
    ticket_fold(t, k, n, until, &ret->fold, &ret->recall, k->sla == 0 ? NULL : &ret->sla, &out);
    return out;
}

/* The ticket is what the second of two folds has made of it. */
static void take_again(struct tickets *t, handle_t h, const struct again *is,
                       const struct sink *was, const struct sink *now)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    const struct base *base = base_of(t, k);
    ticket_store(t, k, &is->fold);
    if (k->sla != 0)
        ((struct sla_place *)pool_edit(&t->slas, k->sla))->sla = is->sla;
    op_difference(t->op, was->n, was->n + now->n, 2 * SCOPE_N * t->ops_max, t->links.board,
                  ticket_repeat(t, k));
    ticket_tell(t, h, now, true, base == NULL ? MS_NONE : base->newest);
}

static void insert_record(struct tickets *t, const struct record *r, uint32_t at, uint32_t n)
{
    memmove(&t->record[at + 1], &t->record[at], (n - at) * sizeof *r);
    t->record[at] = *r;
}

static void remove_record(struct tickets *t, uint32_t at, uint32_t n)
{
    memmove(&t->record[at], &t->record[at + 1], (n - at - 1) * sizeof *t->record);
}

/* Folds the n records in scratch as they were, without the one at `skip`, and then all, and brings
 * the difference to the board. */
static void refold(struct tickets *t, handle_t h, uint32_t skip, uint32_t n, ms_t fired)
{
    const struct ticket *k = pool_get(&t->tickets, h);
    struct again again;
    struct record r = t->record[skip];
    remove_record(t, skip, n);
    struct sink was = fold_again(t, k, n - 1, ticket_passed(t, k, fired), 0, &again);
    insert_record(t, &r, skip, n - 1);
    struct sink is = fold_again(t, k, n, ticket_until(t, k, fired), was.n, &again);
    take_again(t, h, &again, &was, &is);
    t->links.counters->refolds++;
}

/* Folds a record straight into the board; f is the ticket's state, and used up. */
static void fold_live(struct tickets *t, handle_t h, struct fold *f, struct recall *recall,
                      const struct record *r)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    struct sink live = {.board = t->links.board,
                        .repeat = ticket_repeat(t, k),
                        .fact = t->fact,
                        .facts_cap = t->facts_max};
    fold_record(f, recall, ticket_clocks(t, k), r, &t->terms, &live);
    ticket_store(t, k, f);
    t->links.counters->negative += live.negative;
    ticket_tell(t, h, &live, false, MS_NONE);
}

/* The last record only replaces something: what the others left to recall is built up again,
 * then the record is folded straight into the board. Clocks judge nothing of that but an outcome,
 * and what passes between two records is in no recall. */
static void fold_on(struct tickets *t, handle_t h, struct fold *f, uint32_t n,
                    const struct record *r)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    struct again again;
    struct sink nobody = {0};
    bool judged = k->sla != 0 && (k->fold.flags & FOLD_OUTCOME) != 0;
    ticket_fold(t, k, n - 1, MS_MIN_TS, &again.fold, &again.recall, judged ? &again.sla : NULL,
                &nobody);
    fold_live(t, h, f, &again.recall, r);
}

/* A very long ticket: its older half folds into the base for good. */
static int compact(struct tickets *t, struct ticket *k)
{
    uint32_t n = k->history.records, gone = n / 2;
    if (gone == 0) /* limits.ticket_events is 1 */
        return ERR_TICKET_LONG;
    if (ticket_base(t, k) == 0) {
        handle_t h = pool_alloc(&t->bases);
        if (h == 0)
            return ERR_TICKET_LONG;
        struct base *fresh = pool_edit(&t->bases, h);
        fold_init(&fresh->fold);
        recall_init(&fresh->recall);
        sla_init(&fresh->sla);
        ticket_rare_edit(t, k)->base = h;
    }
    history_read(&t->history, &k->history, t->record, t->events_max);
    struct base *base = pool_edit(&t->bases, ticket_base(t, k));
    for (uint32_t i = 0; i < gone; i++) {
        struct sink out = {0};
        fold_record(&base->fold, &base->recall, k->sla == 0 ? NULL : &base->sla, &t->record[i],
                    &t->terms, &out);
    }
    base->newest = t->record[gone - 1].ts;
    CHECK(history_write(&t->history, &k->history, t->record + gone, n - gone));
    return 0;
}

/* --- applying ----------------------------------------------------------------------------- */

static bool write_history(struct tickets *t, handle_t h, const struct record *append, uint32_t n)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    for (;;) {
        bool ok = append != NULL ? history_append(&t->history, &k->history, append)
                                 : history_write(&t->history, &k->history, t->record, n);
        if (ok || !ticket_forget_one(t, h))
            return ok;
    }
}

static int apply_in_order(struct tickets *t, handle_t h, const struct record *r, ms_t fired)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    struct fold f;
    if (!write_history(t, h, r, 0))
        return ERR_HISTORY_FULL;
    ticket_load(t, k, &f);
    if (!fold_needs_recall(&f, r)) {
        fold_live(t, h, &f, NULL, r);
        return 0;
    }
    uint32_t n = k->history.records;
    history_read(&t->history, &k->history, t->record, t->events_max);
    bool undoes = (f.flags & FOLD_VOID) != 0 || f.last_miss >= r->ts ||
                  (r->kind == EV_CLOSED && r->outcome >= OUTCOME_SPAM);
    if (undoes)
        refold(t, h, n - 1, n, fired);
    else
        fold_on(t, h, &f, n, r);
    return 0;
}

static int apply_late(struct tickets *t, handle_t h, const struct record *r, ms_t fired)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    uint32_t n = k->history.records;
    history_read(&t->history, &k->history, t->record, t->events_max);
    uint32_t at = record_position(t->record, n, r, t->links.sources);
    if (too_late(t, k, r, at, n))
        return ERR_LATE;
    insert_record(t, r, at, n);
    if (!write_history(t, h, NULL, n + 1))
        return ERR_HISTORY_FULL;
    refold(t, h, at, n + 1, fired);
    return 0;
}

void ticket_wind_up(struct tickets *t, handle_t h, ms_t fired)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    k->sla = pool_alloc(&t->slas);
    if (k->sla == 0) {
        t->alerts.ends.tally.untracked++;
        return;
    }
    if (k->history.records == 0) {
        sla_init(&((struct sla_place *)pool_edit(&t->slas, k->sla))->sla);
        return;
    }
    struct again again;
    handle_t clocks = k->sla;
    uint32_t n = k->history.records;
    history_read(&t->history, &k->history, t->record, t->events_max);
    k->sla = 0;
    struct sink was = fold_again(t, k, n, ticket_passed(t, k, fired), 0, &again);
    k->sla = clocks;
    struct sink is = fold_again(t, k, n, ticket_until(t, k, fired), was.n, &again);
    take_again(t, h, &again, &was, &is);
}

static int apply(struct tickets *t, handle_t h, bool fresh, const struct record *r, ms_t fired)
{
    struct ticket *k = pool_edit(&t->tickets, h);
    if (t->policies && k->sla == 0)
        ticket_wind_up(t, h, fired);
    struct standing was;
    ticket_standing(t, k, &was);
    int err = k->history.records >= t->events_max ? compact(t, k) : 0;
    if (err == 0)
        err = sorts_last(t, k, r) ? apply_in_order(t, h, r, fired) : apply_late(t, h, r, fired);
    if (err == 0) {
        ticket_catch_up(t, h, ticket_until(t, k, fired));
        ticket_settle(t, h, fresh ? NULL : &was, fired);
    }
    return err;
}

/* --- merging ------------------------------------------------------------------------------ */

/* Since when the customer of a merged ticket waited then. */
static ms_t went_over(const struct tickets *t, const struct ticket *k)
{
    const struct ticket_rare *rare = ticket_rare(t, k);
    return rare == NULL ? MS_NONE : rare->fold.late_msg;
}

/* The ticket that r of h goes to: along the chain of mergings that sort before it. */
static handle_t follow(struct tickets *t, handle_t h, const struct record *r)
{
    for (int i = 0; i < MERGE_CHAIN_MAX; i++) {
        const struct ticket *k = pool_get(&t->tickets, h);
        if ((k->fold.flags & FOLD_MERGED) == 0 || !sorts_last(t, k, r) ||
            !pool_valid(&t->tickets, ticket_into(t, k)))
            break;
        h = ticket_into(t, k);
    }
    return h;
}

/* near: it, if that is known and still holds. */
static int find_or_make(struct tickets *t, uint64_t hash, handle_t near, struct str key,
                        handle_t *ret_h, bool *ret_fresh)
{
    *ret_h = pool_valid(&t->tickets, near) ? near : ticket_find(t, hash, key);
    *ret_fresh = *ret_h == 0;
    return *ret_fresh ? ticket_make(t, hash, key, ret_h) : 0;
}

/* A ticket that was made for an event which then could not be kept. */
static void drop_empty(struct tickets *t, handle_t h)
{
    if (pool_valid(&t->tickets, h) &&
        ((const struct ticket *)pool_get(&t->tickets, h))->history.records == 0)
        ticket_unmake(t, h);
}

/* The ticket behind h whose history has the record of this merging, and which one it is; 0: it is
 * folded for good. A record that went on along a chain is found there. */
static handle_t find_absorbed(struct tickets *t, handle_t h, const struct record *merged,
                              uint32_t *ret_at)
{
    for (int i = 0; i < MERGE_CHAIN_MAX && pool_valid(&t->tickets, h); i++) {
        const struct ticket *k = pool_get(&t->tickets, h);
        history_read(&t->history, &k->history, t->record, t->events_max);
        for (uint32_t at = 0; at < k->history.records; at++) {
            *ret_at = at;
            if (t->record[at].absorbs &&
                record_compare(&t->record[at], merged, t->links.sources) == 0)
                return h;
        }
        h = ticket_into(t, k);
    }
    return 0;
}

/* A late event has changed since when the customer of a merged ticket waited then: the target's
 * record of it follows, and so on along the chain. */
static void absorb_again(struct tickets *t, handle_t source, ms_t fired)
{
    for (int i = 0; i < MERGE_CHAIN_MAX; i++) {
        const struct ticket *from = pool_get(&t->tickets, source);
        history_read(&t->history, &from->history, t->record, t->events_max);
        struct record merged = t->record[from->history.records - 1u];
        ms_t time = went_over(t, from);
        uint32_t at;
        handle_t h = find_absorbed(t, ticket_into(t, from), &merged, &at);
        if (h == 0)
            return;
        struct ticket *k = pool_edit(&t->tickets, h);
        uint32_t n = k->history.records;
        struct standing was;
        ticket_standing(t, k, &was);
        ms_t before_it = went_over(t, k);
        struct again again;
        struct sink before = fold_again(t, k, n, ticket_passed(t, k, fired), 0, &again);
        t->record[at].time = time;
        struct sink after = fold_again(t, k, n, ticket_until(t, k, fired), before.n, &again);
        if (!write_history(t, h, NULL, n))
            return; /* no chunk left: the target keeps what it had */
        take_again(t, h, &again, &before, &after);
        ticket_settle(t, h, &was, fired);
        if ((again.fold.flags & FOLD_MERGED) == 0 || again.fold.late_msg == before_it)
            return;
        source = h;
    }
}

/* Applies a record; if the ticket was merged after it, its target hears of what that changes. */
static int apply_on(struct tickets *t, handle_t h, bool fresh, const struct record *r, ms_t fired)
{
    const struct ticket *k = pool_get(&t->tickets, h);
    bool merged = (k->fold.flags & FOLD_MERGED) != 0;
    ms_t before = went_over(t, k);
    int err = apply(t, h, fresh, r, fired);
    if (err == 0 && merged && went_over(t, k) != before)
        absorb_again(t, h, fired);
    return err;
}

/* What the source had after the merging belongs to the target, or to whom that was merged into
 * before. */
static int pass_on(struct tickets *t, handle_t source, handle_t target, bool *fresh,
                   const struct record *merge, ms_t fired)
{
    for (;;) {
        struct ticket *k = pool_edit(&t->tickets, source);
        uint32_t n = k->history.records;
        history_read(&t->history, &k->history, t->record, t->events_max);
        struct record last = t->record[n - 1];
        if (record_compare(&last, merge, t->links.sources) <= 0)
            return 0;
        struct standing was;
        ticket_standing(t, k, &was);
        struct again again;
        struct sink before = fold_again(t, k, n, ticket_passed(t, k, fired), 0, &again);
        struct sink after = fold_again(t, k, n - 1, ticket_until(t, k, fired), before.n, &again);
        take_again(t, source, &again, &before, &after);
        CHECK(history_write(&t->history, &k->history, t->record, n - 1));
        ticket_settle(t, source, &was, fired);
        int err = apply_on(t, follow(t, target, &last), *fresh, &last, fired);
        if (err != 0)
            return err;
        *fresh = false;
    }
}

/* Would the merging make a circle? Along the whole chain, whenever its parts were merged. */
static bool in_circle(const struct tickets *t, handle_t source, handle_t target)
{
    for (int i = 0; i < MERGE_CHAIN_MAX && pool_valid(&t->tickets, target); i++) {
        if (target == source)
            return true;
        target = ticket_into(t, pool_get(&t->tickets, target));
    }
    return pool_valid(&t->tickets, target);
}

static int merge_into(struct tickets *t, handle_t source, bool fresh, handle_t target,
                      bool target_fresh, const struct record *r, ms_t fired)
{
    if (in_circle(t, source, target))
        return ERR_MERGE_CYCLE;
    target = t->merging[1] = follow(t, target, r);
    const struct ticket *k = pool_get(&t->tickets, target);
    uint32_t n = k->history.records;
    history_read(&t->history, &k->history, t->record, t->events_max);
    if (n > 0 && too_late(t, k, r, record_position(t->record, n, r, t->links.sources), n))
        return ERR_LATE;
    int err = apply(t, source, fresh, r, fired);
    if (err != 0)
        return err;
    struct ticket *from = pool_edit(&t->tickets, source);
    ticket_rare_edit(t, from)->into = target;
    err = pass_on(t, source, target, &target_fresh, r, fired);
    struct record absorb = *r;
    absorb.absorbs = true;
    absorb.time = went_over(t, from);
    int absorbed = apply_on(t, target, target_fresh, &absorb, fired);
    return err != 0 ? err : absorbed;
}

static int merge(struct tickets *t, handle_t source, bool fresh, const struct record *r,
                 const struct event *e, ms_t fired)
{
    handle_t target;
    bool target_fresh;
    t->merging[0] = source;
    int err = find_or_make(t, ticket_hash(t, e->into), 0, e->into, &target, &target_fresh);
    if (err == 0) {
        err = merge_into(t, source, fresh, target, target_fresh, r, fired);
        if (target_fresh && target != source)
            drop_empty(t, target);
    }
    t->merging[0] = t->merging[1] = 0;
    return err;
}

int ticket_apply(struct tickets *t, uint64_t hash, handle_t near, const struct event *e,
                 uint32_t src, ms_t fired)
{
    handle_t h;
    bool fresh;
    int err = find_or_make(t, hash, near, e->ticket, &h, &fresh);
    if (err != 0)
        return err;
    struct record r;
    record_take_ticket(t->links.board, e, src, &r);
    if (fresh && e->kind == EV_REOPENED)
        t->links.counters->reopened_unknown++;
    if (!fresh)
        h = follow(t, h, &r);
    struct ticket *k = pool_edit(&t->tickets, h);
    ticket_note_behind(t, k, e);
    if (e->kind != EV_MERGED)
        err = apply_on(t, h, fresh, &r, fired);
    else
        err =
            (k->fold.flags & FOLD_MERGED) != 0 ? ERR_MERGE_CYCLE : merge(t, h, fresh, &r, e, fired);
    if (err != 0 && fresh)
        drop_empty(t, h);
    else
        ticket_forget_behind(t, pool_edit(&t->tickets, h));
    return err;
}
