/* What tickets and calls are now: counts per name, and which is the oldest. */
#include "core/boards.h"

/* An entry of an order holds only while the ticket still has this name. */
struct holder {
    struct board *b;
    enum scope scope;
    uint32_t index;
    bool waiting; /* else: open */
};

static bool in_open(const struct standing *st)
{
    return st->open && st->opened != MS_NONE;
}

static bool ticket_holds(void *ctx, uint32_t member, ms_t *ret_since)
{
    struct holder *h = ctx;
    struct standing st;
    if (!h->b->lookup.ticket(h->b->lookup.ctx, member, &st) ||
        tags_of(&st.tags, h->scope) != h->index)
        return false;
    *ret_since = h->waiting ? st.waiting_since : st.opened;
    return h->waiting ? st.waiting : in_open(&st);
}

static void ticket_near(void *ctx, uint32_t member)
{
    const struct board_lookup *l = &((struct holder *)ctx)->b->lookup;
    l->ticket_near(l->ctx, member);
}

static const struct order_asked ticket_asked = {ticket_holds, ticket_near};

static bool call_holds(void *ctx, uint32_t member, ms_t *ret_since)
{
    struct holder *h = ctx;
    struct tags tags;
    return h->b->lookup.call(h->b->lookup.ctx, member, &tags, ret_since) &&
           tags_of(&tags, h->scope) == h->index;
}

static const struct order_asked call_asked = {call_holds, NULL};

/* The gauges of its names that a ticket counts for, as bits. */
static uint32_t counts_of(const struct standing *st)
{
    return (uint32_t)st->open << GAUGE_OPEN |
           (uint32_t)(st->open && st->tags.agent == 0) << GAUGE_UNASSIGNED |
           (uint32_t)st->waiting << GAUGE_WAITING | (uint32_t)st->paused << GAUGE_PAUSED |
           (uint32_t)st->at_risk << GAUGE_AT_RISK | (uint32_t)st->breached << GAUGE_BREACHED;
}

static void count(struct entity *e, uint32_t gauges, uint32_t by)
{
    for (; gauges != 0; gauges &= gauges - 1)
        e->gauge[__builtin_ctz(gauges)] += by;
}

/* A ticket's way from what it was to what it is; nothing: not open, in no name. */
struct step {
    uint32_t ticket; /* its slot */
    const struct standing *was, *is;
    uint32_t before, after;    /* gauges it counts for, as bits */
    bool same_open, same_wait; /* as far as one and the same name sees it */
};

static void name_leave(struct board *b, enum scope s, uint32_t index, const struct step *st)
{
    struct entity *e = board_touch(b, s, index, TOUCH_GAUGES);
    count(e, st->before, UINT32_MAX);
    if (in_open(st->was))
        order_leave(&e->open);
    if (st->was->waiting)
        order_leave(&e->waiting);
}

static void orders_join(struct board *b, enum scope s, uint32_t index, struct entity *e,
                        const struct step *st, bool open, bool waiting)
{
    struct holder h = {.b = b, .scope = s, .index = index};
    if (open && in_open(st->is))
        (void)order_join(&b->orders, &e->open, st->is->opened, st->ticket, &ticket_asked, &h);
    h.waiting = true;
    if (waiting && st->is->waiting)
        (void)order_join(&b->orders, &e->waiting, st->is->waiting_since, st->ticket, &ticket_asked,
                         &h);
}

static void name_come(struct board *b, enum scope s, uint32_t index, const struct step *st)
{
    struct entity *e = board_touch(b, s, index, TOUCH_GAUGES);
    count(e, st->after, 1);
    orders_join(b, s, index, e, st, true, true);
}

/* The name is the ticket's before and after. */
static void name_stay(struct board *b, enum scope s, uint32_t index, const struct step *st)
{
    if (st->before == st->after && st->same_open && st->same_wait)
        return;
    struct entity *e = board_touch(b, s, index, TOUCH_GAUGES);
    count(e, st->before & ~st->after, UINT32_MAX);
    count(e, st->after & ~st->before, 1);
    if (in_open(st->was) && !st->same_open)
        order_leave(&e->open);
    if (st->was->waiting && !st->same_wait)
        order_leave(&e->waiting);
    orders_join(b, s, index, e, st, !st->same_open, !st->same_wait);
}

void board_stand(struct board *b, handle_t ticket, const struct standing *was,
                 const struct standing *is)
{
    static const struct standing nothing = {.opened = MS_NONE, .waiting_since = MS_NONE};
    struct step st = {.ticket = handle_index(ticket),
                      .was = was != NULL && was->open ? was : &nothing,
                      .is = is != NULL && is->open ? is : &nothing};
    was = st.was;
    is = st.is;
    st.before = counts_of(was);
    st.after = counts_of(is);
    st.same_open = was->opened == is->opened;
    st.same_wait = was->waiting == is->waiting && was->waiting_since == is->waiting_since;
    if (st.before == st.after && st.same_open && st.same_wait && tags_equal(&was->tags, &is->tags))
        return;
    for (uint32_t left = b->settings->scopes; left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t from = was->open ? tags_of(&was->tags, s) : 0;
        uint32_t to = is->open ? tags_of(&is->tags, s) : 0;
        if (from != 0 && from == to) {
            name_stay(b, s, from, &st);
            continue;
        }
        if (from != 0)
            name_leave(b, s, from, &st);
        if (to != 0)
            name_come(b, s, to, &st);
    }
}

void board_count(struct board *b, uint32_t gauges, const struct tags *tags, int sign)
{
    for (uint32_t scopes = gauges == 0 ? 0 : b->settings->scopes; scopes != 0;
         scopes &= scopes - 1) {
        enum scope s = (enum scope)__builtin_ctz(scopes);
        uint32_t index = tags_of(tags, s);
        if (index == 0)
            continue;
        struct entity *e = board_touch(b, s, index, TOUCH_GAUGES);
        count(e, gauges, (uint32_t)sign);
    }
}

void board_call_waits(struct board *b, handle_t call, const struct tags *tags, ms_t offered,
                      int sign)
{
    for (uint32_t left = b->settings->scopes; left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index == 0)
            continue;
        struct entity *e = board_touch(b, s, index, TOUCH_GAUGES);
        struct holder h = {.b = b, .scope = s, .index = index};
        e->gauge[GAUGE_CALLS] += (uint32_t)sign;
        if (sign > 0)
            (void)order_join(&b->orders, &e->calls, offered, handle_index(call), &call_asked, &h);
        else
            order_leave(&e->calls);
    }
}

/* By name: slots depend on the order in which events came. */
static bool by_name(struct str (*name)(void *ctx, uint32_t at), void *ctx, uint32_t a, uint32_t b)
{
    char copy[NAME_BYTES_MAX]; /* a name is lent until the next */
    struct str first = name(ctx, a);
    memcpy(copy, first.p, first.len);
    first.p = copy;
    return str_compare(first, name(ctx, b)) < 0;
}

static bool ticket_before(void *ctx, uint32_t a, uint32_t b)
{
    const struct board_lookup *l = &((struct holder *)ctx)->b->lookup;
    return by_name(l->ticket_name, l->ctx, a, b);
}

static bool call_before(void *ctx, uint32_t a, uint32_t b)
{
    const struct board_lookup *l = &((struct holder *)ctx)->b->lookup;
    return by_name(l->call_name, l->ctx, a, b);
}

static int64_t age_gauge(struct board *b, enum scope s, uint32_t index, enum indicator gauge,
                         struct str *ret_of)
{
    struct entity *e = board_entity_edit(b, s, index);
    struct holder h = {.b = b, .scope = s, .index = index};
    bool call = gauge == IND_LONGEST_CALL;
    h.waiting = gauge == IND_OLDEST_WAITING;
    struct order *o = call ? &e->calls : gauge == IND_OLDEST_OPEN ? &e->open : &e->waiting;
    ms_t since = MS_NONE;
    uint32_t oldest = order_oldest(&b->orders, o, call ? call_holds : ticket_holds,
                                   call ? call_before : ticket_before, &h, &since);
    if (ret_of != NULL && oldest != 0)
        *ret_of = call ? b->lookup.call_name(b->lookup.ctx, oldest)
                       : b->lookup.ticket_name(b->lookup.ctx, oldest);
    return since;
}

int64_t board_gauge(struct board *b, enum scope s, uint32_t index, enum indicator gauge,
                    struct str *ret_of)
{
    const struct entity *e = board_entity(b, s, index);
    if (ret_of != NULL)
        *ret_of = (struct str){0};
    switch (gauge) {
    case IND_OPEN:
        return e->gauge[GAUGE_OPEN];
    case IND_UNASSIGNED:
        return e->gauge[GAUGE_UNASSIGNED];
    case IND_WAITING:
        return e->gauge[GAUGE_WAITING];
    case IND_PAUSED:
        return e->gauge[GAUGE_PAUSED];
    case IND_AT_RISK:
        return e->gauge[GAUGE_AT_RISK];
    case IND_BREACHED_OPEN:
        return e->gauge[GAUGE_BREACHED];
    case IND_AGENTS_AVAILABLE:
        return e->gauge[GAUGE_AVAILABLE];
    case IND_AGENTS_BUSY:
        return e->gauge[GAUGE_BUSY];
    case IND_AGENTS_WRAP_UP:
        return e->gauge[GAUGE_WRAP_UP];
    case IND_AGENTS_BREAK:
        return e->gauge[GAUGE_BREAK];
    case IND_CALLS_WAITING:
        return e->gauge[GAUGE_CALLS];
    default:
        CHECK(gauge == IND_OLDEST_OPEN || gauge == IND_OLDEST_WAITING || gauge == IND_LONGEST_CALL);
        return age_gauge(b, s, index, gauge, ret_of);
    }
}
