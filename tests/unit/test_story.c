/* The stories of the simulated desk hang together: what must come first comes first, promises are
 * kept most of the time, people come back. */
#include "daemon/cli/story.h"

#include "daemon/cli/traffic.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { CAP = 512, NUMBERS = 20000, DAYS = 100, CUSTOMERS = 500000 };

/* What has been told of a ticket or call. */
struct told {
    ms_t opened, resolved, due, arrived, requested;
    uint32_t customer;
    uint8_t last; /* of a call: 1 + the kind */
    uint8_t ratings, complaints, rounds, plans;
    bool here, returned, rung, closed;
    char category[16];
};

static struct event events[CAP];

struct book {
    struct told ticket[NUMBERS], call[NUMBERS];
    uint32_t opened, resolved, visits, in_time, put_off, returns, rounds[3], in_round[3];
    uint32_t complained, twice, rerated, aspects, about, outbound, calls, repeats;
    uint32_t last_of[CUSTOMERS]; /* the customer's last ticket that was resolved */
};

/* The number of "T-123". */
static uint32_t digits(struct str name, uint32_t end)
{
    char text[24] = "";
    memcpy(text, name.p + 2, name.len - 2 < 23 ? name.len - 2 : 23);
    uint32_t n = (uint32_t)strtoul(text, NULL, 10);
    cr_assert_lt(n, end, "%.*s", (int)name.len, name.p);
    return n;
}

static uint32_t number(struct str name)
{
    uint32_t n = digits(name, NUMBERS);
    cr_assert_gt(n, 0);
    return n;
}

static void visit(struct book *b, struct told *t, const struct event *e)
{
    cr_assert(t->here || t->opened != 0);
    cr_assert_eq(number(e->visit), number(e->ticket));
    if (e->kind == EV_VISIT_PLANNED) {
        cr_assert_gt(e->due, e->ts);
        cr_assert_eq(e->due % (30 * MS_MINUTE), 0);
        b->put_off += t->plans == 1;
        t->due = t->plans++ == 0 ? e->due : t->due;
    } else if (e->kind == EV_VISIT_ARRIVED) {
        cr_assert_gt(t->plans, 0);
        b->visits += t->arrived == 0;
        b->in_time += t->arrived == 0 && e->ts <= t->due;
        t->arrived = e->ts;
    } else {
        cr_assert_geq(t->arrived, t->opened);
        cr_assert_gt(e->ts, t->arrived);
    }
}

static void follow_up(struct book *b, struct told *t, const struct event *e)
{
    static const uint8_t days[] = {7, 30, 90};
    cr_assert_neq(t->resolved, 0);
    cr_assert_lt(t->rounds, 3);
    b->rounds[t->rounds]++;
    b->in_round[t->rounds] += e->ts <= t->resolved + days[t->rounds] * MS_DAY;
    cr_assert(t->rounds == 0 || e->ts > t->resolved + days[t->rounds - 1] * MS_DAY);
    t->rounds++;
}

/* What a ticket is told of after it was resolved. */
static void aftermath(struct book *b, struct told *t, const struct event *e)
{
    cr_assert_neq(t->resolved, 0, "%s of a ticket that nobody resolved", event_kind_name(e->kind));
    switch ((enum event_kind)e->kind) {
    case EV_RATED:
        b->aspects += event_has(e, F_ASPECT);
        if (!event_has(e, F_ASPECT))
            b->rerated += t->ratings++ > 0;
        break;
    case EV_COMPLAINED:
        b->complained++;
        b->twice += ++t->complaints == 2;
        break;
    case EV_FOLLOWED_UP:
        follow_up(b, t, e);
        break;
    case EV_RETURN_REQUESTED:
        cr_assert_eq(t->requested, 0);
        t->requested = e->ts;
        break;
    case EV_RETURNED:
        cr_assert(t->requested != 0 && e->ts > t->requested && !t->returned);
        t->returned = true;
        b->returns++;
        break;
    default:
        break;
    }
}

static void opened(struct book *b, struct told *t, const struct event *e)
{
    cr_assert_eq(t->opened, 0, "opened twice");
    t->opened = e->ts;
    t->customer = digits(e->customer, CUSTOMERS);
    memcpy(t->category, e->category.p, e->category.len);
    b->opened++;
    const struct told *before = &b->ticket[b->last_of[t->customer]];
    b->repeats += b->last_of[t->customer] != 0 && strcmp(before->category, t->category) == 0 &&
                  e->ts - before->resolved <= 7 * MS_DAY;
}

static void ticket(struct book *b, const struct event *e)
{
    uint32_t n = number(e->ticket);
    struct told *t = &b->ticket[n];
    switch ((enum event_kind)e->kind) {
    case EV_OPENED:
        opened(b, t, e);
        break;
    case EV_RESOLVED:
        b->resolved += t->resolved == 0;
        t->resolved = t->resolved == 0 ? e->ts : t->resolved;
        if (t->opened != 0)
            b->last_of[t->customer] = n;
        break;
    case EV_VISIT_PLANNED:
    case EV_VISIT_ARRIVED:
    case EV_VISIT_ENDED:
        visit(b, t, e);
        break;
    case EV_STATE:
        cr_assert(t->opened != 0 || !t->here);
        t->here = true;
        break;
    case EV_CONFIRMED:
    case EV_RATED:
    case EV_RECOMMENDED:
    case EV_COMPLAINED:
    case EV_INSPECTED:
    case EV_FOLLOWED_UP:
    case EV_RETURN_REQUESTED:
    case EV_RETURNED:
        aftermath(b, t, e);
        break;
    default:
        cr_assert(t->opened != 0 || t->here, "%s comes first", event_kind_name(e->kind));
        break;
    }
}

static void call(struct book *b, const struct event *e)
{
    struct told *c = &b->call[number(e->call)];
    cr_assert(!c->closed, "%s after the end", event_kind_name(e->kind));
    cr_assert_eq(c->opened == 0, e->kind == EV_CALL_OFFERED);
    switch ((enum event_kind)e->kind) {
    case EV_CALL_OFFERED:
        c->opened = e->ts;
        b->calls++;
        b->outbound += e->direction == DIRECTION_OUT;
        if (event_has(e, F_TICKET)) {
            b->about++;
            cr_assert(b->ticket[number(e->ticket)].opened != 0);
        }
        break;
    case EV_CALL_RUNG:
        cr_assert(c->arrived == 0);
        c->rung = true;
        break;
    case EV_CALL_ANSWERED:
        cr_assert(c->rung && c->arrived == 0);
        c->arrived = e->ts;
        break;
    case EV_CALL_ABANDONED:
        cr_assert(c->arrived == 0);
        c->closed = true;
        break;
    default: /* held, transferred, ended */
        cr_assert(c->arrived != 0);
        c->closed = e->kind == EV_CALL_ENDED;
        break;
    }
}

Test(story, hangs_together)
{
    struct book *b = calloc(1, sizeof *b);
    struct traffic_setup s = traffic_default();
    s.rate = 20;
    s.customers = CUSTOMERS;
    struct traffic *t = traffic_new(&s);
    cr_assert_not_null(t);
    for (uint32_t n = CAP; n == CAP;) {
        n = traffic_next(t, s.start + DAYS * MS_DAY, events, CAP);
        for (uint32_t i = 0; i < n; i++) {
            if (event_has(&events[i], F_CALL))
                call(b, &events[i]);
            else if (event_has(&events[i], F_TICKET))
                ticket(b, &events[i]);
        }
    }
    traffic_free(t);
    cr_assert(b->visits > b->opened / 20, "%u visits of %u", b->visits, b->opened);
    cr_assert(b->in_time > b->visits * 7 / 10 && b->in_time < b->visits * 95 / 100,
              "%u of %u visits in time", b->in_time, b->visits);
    cr_assert_gt(b->put_off, 0);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_gt(b->rounds[i], 10, "round %u", i);
        cr_assert(b->in_round[i] < b->rounds[i] && b->in_round[i] > b->rounds[i] * 7 / 10);
    }
    cr_assert(b->complained > b->resolved / 100 && b->complained < b->resolved / 20);
    cr_assert(b->twice > 0 && b->rerated > 0 && b->aspects > 0 && b->returns > 10);
    cr_assert(b->about > b->calls / 10 && b->about < b->calls / 2);
    cr_assert(b->outbound > 0 && b->outbound < b->about);
    cr_assert(b->repeats > b->resolved / 50 && b->repeats < b->resolved / 10, "%u of %u came back",
              b->repeats, b->resolved);
    free(b);
}
