/* Looking ahead in a batch: what the events will touch is brought near before they are applied.
 *
 * An event touches some fifty cache lines that nobody touched lately: its ticket, the names it
 * counts for, the ends of their logs, the places in them where it takes something back. Fetched one
 * after the other they are most of its cost; fetched for many events at once they overlap. Each
 * pass uses what the one before brought: hashes, tickets, names, ends, places. Nothing is changed,
 * nothing depends on it: where a name or a ticket is guessed wrong, only time is lost. */
#include "core/engines.h"
#include "core/tickets.h"

#define BIT(x) (1u << (x))

/* Walks to places in logs, of a whole stride. */
struct walks {
    struct btree_walk walk[ENGINE_STRIDE * 4 * SCOPE_N];
    uint32_t n;
};

/* A stride of events that is looked at. */
struct stride {
    const struct engine *e;
    const struct event *event;
    struct ahead *ahead;
    uint32_t n;
    uint32_t scopes; /* whose names are worth it: of "-" all is near */
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

/* May the ticket get other names by it? */
static bool is_naming(enum event_kind kind)
{
    return kind == EV_OPENED || kind == EV_ASSIGNED || kind == EV_ESCALATED || kind == EV_UPDATED;
}

/* The logs that an event adds to. */
static uint32_t families_of(const struct event *ev)
{
    if (is_naming((enum event_kind)ev->kind))
        return BIT(FAM_MARKS) | BIT(FAM_OPENINGS);
    return is_end((enum event_kind)ev->kind) ? BIT(FAM_RESOLVES)
           : is_touch(ev)                    ? BIT(FAM_REPLIES)
                                             : 0;
}

/* What the ticket was when it was looked at; NULL: it was not there. */
static const struct ticket *ticket_of(const struct stride *s, uint32_t i)
{
    handle_t h = s->ahead[i].ticket;
    return h == 0 ? NULL : pool_at(&s->e->tickets->tickets, handle_index(h));
}

static struct str text_of(const struct event *ev, enum scope s)
{
    switch (s) {
    case SCOPE_AGENT:
        return event_has(ev, F_AGENT) ? ev->agent : (struct str){0};
    case SCOPE_TEAM:
        return event_has(ev, F_TEAM) ? ev->team : (struct str){0};
    case SCOPE_CHANNEL:
        return event_has(ev, F_CHANNEL) ? ev->channel : (struct str){0};
    case SCOPE_PRIORITY:
        return event_has(ev, F_PRIORITY) ? ev->priority : (struct str){0};
    case SCOPE_CATEGORY:
        return event_has(ev, F_CATEGORY) ? ev->category : (struct str){0};
    case SCOPE_ALL:
    case SCOPE_N:
        break;
    }
    return (struct str){0};
}

static void hash_ticket(const struct stride *s, uint32_t i)
{
    const struct event *ev = &s->event[i];
    s->ahead[i].hash = s->ahead[i].ticket = 0;
    if (ev->kind == EV_TICK)
        return;
    seen_prefetch(s->e->seen, ev);
    if (!event_has(ev, F_TICKET))
        return;
    s->ahead[i].hash = ticket_hash(s->e->tickets, ev->ticket);
    tickets_prefetch(s->e->tickets, s->ahead[i].hash);
}

/* The names that events say: where they are found, and then, `found`, which they must be. */
static void look_names(const struct stride *s, uint64_t hash[ENGINE_STRIDE][SCOPE_N], bool found)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->ahead[i].hash == 0)
            continue;
        for (uint32_t left = s->scopes; left != 0; left &= left - 1) {
            enum scope sc = (enum scope)__builtin_ctz(left);
            const struct names *names = board_names(s->e->board, sc);
            struct str text = text_of(&s->event[i], sc);
            if (text.len == 0)
                continue;
            if (found) {
                tags_set(&s->ahead[i].tags, sc, name_guess(names, hash[i][sc]));
            } else {
                hash[i][sc] = name_hash(names, text);
                name_prefetch(names, hash[i][sc]);
            }
        }
    }
}

static void find_tickets(const struct stride *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->ahead[i].hash != 0)
            map_prefetch_slot(&s->e->tickets->map, s->ahead[i].hash);
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->ahead[i].hash == 0)
            continue;
        s->ahead[i].ticket = ticket_find(s->e->tickets, s->ahead[i].hash, s->event[i].ticket);
        if (s->ahead[i].ticket != 0)
            ticket_prefetch(s->e->tickets, s->ahead[i].ticket);
    }
}

/* Names that the event does not say are the ticket's; the logs of all of them. */
static void fetch_names(const struct stride *s, uint32_t i)
{
    struct ahead *a = &s->ahead[i];
    const struct fold_kept *f = a->ticket == 0 ? NULL : ticket_foresee(s->e->tickets, a->ticket);
    a->families = families_of(&s->event[i]);
    a->customer = f == NULL ? 0 : f->customer;
    if (a->customer == 0 && event_has(&s->event[i], F_CUSTOMER))
        a->customer = attribute_hash(s->event[i].customer);
    for (uint32_t left = s->scopes; left != 0; left &= left - 1) {
        enum scope sc = (enum scope)__builtin_ctz(left);
        uint32_t was = f == NULL ? 0 : tags_of(&f->tags, sc), is = tags_of(&a->tags, sc);
        if (is == 0)
            tags_set(&a->tags, sc, is = was);
        if (is != 0)
            board_prefetch(s->e->board, sc, is, a->families);
        if (was != 0 && was != is)
            board_prefetch(s->e->board, sc, was, a->families & BIT(FAM_MARKS));
    }
}

static void fetch_ends(const struct stride *s, uint32_t i)
{
    const struct ahead *a = &s->ahead[i];
    for (uint32_t left = s->scopes; left != 0 && a->families != 0; left &= left - 1) {
        enum scope sc = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(&a->tags, sc);
        if (index != 0)
            board_prefetch_ends(s->e->board, sc, index, a->families,
                                is_naming((enum event_kind)s->event[i].kind));
    }
}

/* A reply or resolve moves `handled` away from the last touch; a first resolve marks its opening
 * as resolved in time. Another name gets the opening, and the ticket's place among its own. */
static void plan_walks(const struct stride *s, uint32_t i, struct walks *w)
{
    const struct board *b = s->e->board;
    enum event_kind kind = (enum event_kind)s->event[i].kind;
    const struct ticket *k = ticket_of(s, i);
    if (k == NULL || k->fold.ended != MS_NONE)
        return;
    const struct fold_kept *f = &k->fold;
    const struct touch *t = &f->touch;
    if (is_touch(&s->event[i]) && t->scopes != 0)
        w->n += board_walks(b, t->family, &t->tags, t->scopes, t->ts, w->walk + w->n);
    if (is_end(kind) && f->opened != MS_NONE && (f->flags & FOLD_WITHIN) == 0)
        w->n += board_walks(b, FAM_OPENINGS, &f->first, f->flags / FOLD_JOINED, f->opened,
                            w->walk + w->n);
    if (is_naming(kind) && f->opened != MS_NONE) {
        uint32_t fresh = s->scopes & ~(f->flags / FOLD_JOINED);
        w->n += board_walks(b, FAM_OPENINGS, &s->ahead[i].tags, fresh, f->opened, w->walk + w->n);
    }
}

/* What is known of the customers of openings, replies and resolves: where it is found, and then,
 * `found`, it. */
static void fetch_customers(const struct stride *s, bool found)
{
    struct tickets *t = s->e->tickets;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct ahead *a = &s->ahead[i];
        const struct ticket *k = a->hash == 0 ? NULL : ticket_of(s, i);
        if (a->hash == 0)
            continue;
        if (is_touch(&s->event[i]) && a->customer != 0)
            customers_prefetch(&t->customers, a->customer, &a->tags, found);
        if (s->event[i].kind == EV_OPENED)
            repeats_prefetch(&t->repeats, repeat_key(a->customer, a->tags.category), true, found);
        else if (is_end((enum event_kind)s->event[i].kind) && k != NULL && k->repeat != 0)
            repeats_prefetch(&t->repeats, repeat_key_of(&t->repeats, k->repeat), false, found);
    }
}

void engine_look_ahead(const struct engine *e, const struct event *events, uint32_t n,
                       struct ahead ahead[ENGINE_STRIDE])
{
    struct walks walks;                    /* 30 KB, not worth clearing */
    uint64_t hash[ENGINE_STRIDE][SCOPE_N]; /* nor are those */
    struct stride s = {e, events, ahead, n, e->settings.scopes & ~BIT(SCOPE_ALL)};
    walks.n = 0;
    for (uint32_t i = 0; i < n; i++)
        hash_ticket(&s, i);
    if (n < 4) /* too few to overlap */
        return;
    for (uint32_t i = 0; i < n; i++)
        ahead[i].tags = (struct tags){0};
    look_names(&s, hash, false);
    find_tickets(&s);
    look_names(&s, hash, true);
    for (uint32_t i = 0; i < n; i++)
        if (ahead[i].hash != 0)
            fetch_names(&s, i);
    fetch_customers(&s, false);
    for (uint32_t i = 0; i < n; i++)
        if (ahead[i].hash != 0)
            fetch_ends(&s, i);
    fetch_customers(&s, true);
    for (uint32_t i = 0; i < n; i++)
        plan_walks(&s, i, &walks);
    btree_walk_all(walks.walk, walks.n);
}
