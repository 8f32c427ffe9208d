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

static bool ticket_holds(void *ctx, handle_t member, ms_t *ret_since)
{
    struct holder *h = ctx;
    struct standing st;
    if (!h->b->lookup.ticket(h->b->lookup.ctx, member, &st) ||
        tags_of(&st.tags, h->scope) != h->index)
        return false;
    *ret_since = h->waiting ? st.waiting_since : st.opened;
    return h->waiting ? st.waiting : in_open(&st);
}

static bool call_holds(void *ctx, handle_t member, ms_t *ret_since)
{
    struct holder *h = ctx;
    struct tags tags;
    return h->b->lookup.call(h->b->lookup.ctx, member, &tags, ret_since) &&
           tags_of(&tags, h->scope) == h->index;
}

static void count(struct entity *e, const struct standing *st, uint32_t by)
{
    e->gauge[GAUGE_OPEN] += st->open ? by : 0;
    e->gauge[GAUGE_UNASSIGNED] += st->open && st->tags.agent == 0 ? by : 0;
    e->gauge[GAUGE_WAITING] += st->waiting ? by : 0;
    e->gauge[GAUGE_PAUSED] += st->paused ? by : 0;
    e->gauge[GAUGE_AT_RISK] += st->at_risk ? by : 0;
    e->gauge[GAUGE_BREACHED] += st->breached ? by : 0;
}

/* One scope of board_stand: the ticket leaves `from` and comes to `to` (indices, 0 = none). */
static void stand_in(struct board *b, handle_t ticket, enum scope s, const struct standing *was,
                     const struct standing *is)
{
    uint32_t from = was == NULL || !was->open ? 0 : tags_of(&was->tags, s);
    uint32_t to = is == NULL || !is->open ? 0 : tags_of(&is->tags, s);
    bool stays = from != 0 && from == to;
    bool open_stays = stays && was->opened == is->opened;
    bool wait_stays =
        stays && was->waiting && is->waiting && was->waiting_since == is->waiting_since;
    if (open_stays && was->waiting == is->waiting && (wait_stays || !was->waiting) &&
        was->paused == is->paused && was->at_risk == is->at_risk && was->breached == is->breached &&
        (was->tags.agent == 0) == (is->tags.agent == 0))
        return;
    if (from != 0) {
        struct entity *e = board_touch(b, s, from, TOUCH_GAUGES);
        count(e, was, (uint32_t)-1);
        if (in_open(was) && !open_stays)
            order_leave(&e->open);
        if (was->waiting && !wait_stays)
            order_leave(&e->waiting);
    }
    if (to != 0) {
        struct entity *e = board_touch(b, s, to, TOUCH_GAUGES);
        struct holder h = {.b = b, .scope = s, .index = to};
        count(e, is, 1);
        if (in_open(is) && !open_stays)
            (void)order_join(&b->orders, &e->open, is->opened, ticket, ticket_holds, &h);
        h.waiting = true;
        if (is->waiting && !wait_stays)
            (void)order_join(&b->orders, &e->waiting, is->waiting_since, ticket, ticket_holds, &h);
    }
}

void board_stand(struct board *b, handle_t ticket, const struct standing *was,
                 const struct standing *is)
{
    if (was != NULL && is != NULL && tags_equal(&was->tags, &is->tags) && was->open == is->open &&
        was->waiting == is->waiting && was->paused == is->paused && was->opened == is->opened &&
        was->at_risk == is->at_risk && was->breached == is->breached &&
        was->waiting_since == is->waiting_since)
        return;
    for (uint32_t left = b->settings->scopes; left != 0; left &= left - 1)
        stand_in(b, ticket, (enum scope)__builtin_ctz(left), was, is);
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
            (void)order_join(&b->orders, &e->calls, offered, call, call_holds, &h);
        else
            order_leave(&e->calls);
    }
}

/* By name: handles depend on the order in which events came. */
static bool by_name(struct str (*name)(void *ctx, handle_t h), void *ctx, handle_t a, handle_t b)
{
    char copy[NAME_BYTES_MAX]; /* a name is lent until the next */
    struct str first = name(ctx, a);
    memcpy(copy, first.p, first.len);
    first.p = copy;
    return str_compare(first, name(ctx, b)) < 0;
}

static bool ticket_before(void *ctx, handle_t a, handle_t b)
{
    const struct board_lookup *l = &((struct holder *)ctx)->b->lookup;
    return by_name(l->ticket_name, l->ctx, a, b);
}

static bool call_before(void *ctx, handle_t a, handle_t b)
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
    handle_t oldest = order_oldest(&b->orders, o, call ? call_holds : ticket_holds,
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
    case IND_CALLS_WAITING:
        return e->gauge[GAUGE_CALLS];
    default:
        CHECK(gauge == IND_OLDEST_OPEN || gauge == IND_OLDEST_WAITING || gauge == IND_LONGEST_CALL);
        return age_gauge(b, s, index, gauge, ret_of);
    }
}
