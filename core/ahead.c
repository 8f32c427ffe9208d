/* Looking ahead in a batch: what the events will touch is brought near before they are applied.
 *
 * An event touches some fifty cache lines that nobody touched lately: its ticket, the names it
 * counts for, the places in their logs where it takes something back. Fetched one after the other
 * they are most of its cost; fetched for many events at once they overlap. Each pass uses what
 * the one before brought: hashes, tickets, names, places. Nothing is changed, nothing depends on
 * it. */
#include "core/engines.h"
#include "core/tickets.h"

#define BIT(x) (1u << (x))

/* Walks to places in logs, of a whole stride. */
struct walks {
    struct btree_walk walk[ENGINE_STRIDE * 2 * SCOPE_N];
    uint32_t n;
};

static bool is_end(enum event_kind kind)
{
    return kind == EV_RESOLVED || kind == EV_CLOSED;
}

/* A reply or a resolve, most likely. */
static bool is_touch(const struct event *ev)
{
    return is_end((enum event_kind)ev->kind) || (ev->kind == EV_MESSAGE && ev->by == BY_AGENT);
}

/* A reply or resolve moves `handled` away from the last touch; a first resolve marks its opening
 * as resolved in time. */
static void plan_walks(const struct engine *e, const struct event *ev, const struct fold_kept *f,
                       struct walks *w)
{
    const struct touch *t = &f->touch;
    enum event_kind kind = (enum event_kind)ev->kind;
    if (!is_touch(ev) || f->ended != MS_NONE)
        return;
    if (t->scopes != 0)
        w->n += board_walks(e->board, t->family, &t->tags, t->scopes, t->ts, w->walk + w->n);
    if (is_end(kind) && f->opened != MS_NONE && (f->flags & FOLD_WITHIN) == 0)
        w->n += board_walks(e->board, FAM_OPENINGS, &f->first, f->flags / FOLD_JOINED, f->opened,
                            w->walk + w->n);
}

/* The logs that an event of this kind adds to, of the names that its ticket has now. */
static void fetch_names(const struct engine *e, enum event_kind kind, const struct tags *tags)
{
    uint32_t families = kind == EV_MESSAGE                            ? BIT(FAM_REPLIES)
                        : kind == EV_ASSIGNED || kind == EV_ESCALATED ? BIT(FAM_MARKS)
                        : is_end(kind)                                ? BIT(FAM_RESOLVES)
                                                                      : 0;
    for (uint32_t left = e->settings.scopes & ~BIT(SCOPE_ALL); left != 0 && families != 0;
         left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index != 0)
            board_prefetch(e->board, s, index, families);
    }
}

static void hash_all(const struct engine *e, const struct event *events, uint32_t n,
                     struct ahead *ahead)
{
    for (uint32_t i = 0; i < n; i++) {
        ahead[i] = (struct ahead){0};
        if (events[i].kind == EV_TICK)
            continue;
        seen_prefetch(e->seen, &events[i]);
        if (!event_has(&events[i], F_TICKET))
            continue;
        ahead[i].hash = ticket_hash(e->tickets, events[i].ticket);
        tickets_prefetch(e->tickets, ahead[i].hash);
    }
}

/* What is known of the customers of replies and resolves: where it is, and then, `found`, it. */
static void fetch_touches(const struct engine *e, const struct event *events, uint32_t n,
                          const struct ahead ahead[ENGINE_STRIDE], bool found)
{
    for (uint32_t i = 0; i < n; i++) {
        if (ahead[i].ticket == 0 || !is_touch(&events[i]))
            continue;
        const struct ticket *k = pool_get(&e->tickets->tickets, ahead[i].ticket);
        if (k->fold.customer != 0)
            customers_prefetch(&e->tickets->customers, k->fold.customer, &k->fold.tags, found);
    }
}

void engine_look_ahead(const struct engine *e, const struct event *events, uint32_t n,
                       struct ahead ahead[ENGINE_STRIDE])
{
    struct walks walks; /* 15 KB, not worth clearing */
    walks.n = 0;
    hash_all(e, events, n, ahead);
    if (n < 4) /* too few to overlap */
        return;
    for (uint32_t i = 0; i < n; i++)
        if (ahead[i].hash != 0)
            map_prefetch_slot(&e->tickets->map, ahead[i].hash);
    for (uint32_t i = 0; i < n; i++) {
        if (ahead[i].hash == 0)
            continue;
        ahead[i].ticket = ticket_find(e->tickets, ahead[i].hash, events[i].ticket);
        if (ahead[i].ticket != 0)
            ticket_prefetch(e->tickets, ahead[i].ticket);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (ahead[i].ticket == 0)
            continue;
        const struct fold_kept *f = ticket_foresee(e->tickets, ahead[i].ticket);
        fetch_names(e, (enum event_kind)events[i].kind, &f->tags);
        plan_walks(e, &events[i], f, &walks);
    }
    fetch_touches(e, events, n, ahead, false);
    btree_walk_all(walks.walk, walks.n);
    fetch_touches(e, events, n, ahead, true);
}
