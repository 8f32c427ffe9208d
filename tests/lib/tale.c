#include "tests/lib/tale.h"

#include "core/trace.h"

#include <stdio.h>
#include <stdlib.h>

enum { INSTANTS = 8 }; /* few, so that many events share one */

/* Kinds as often as they stand here. */
static const uint8_t kinds[] = {
    EV_OPENED,    EV_OPENED,    EV_OPENED,   EV_ASSIGNED,   EV_ASSIGNED, EV_ASSIGNED,
    EV_MESSAGE,   EV_MESSAGE,   EV_MESSAGE,  EV_MESSAGE,    EV_MESSAGE,  EV_MESSAGE,
    EV_MESSAGE,   EV_PAUSED,    EV_PAUSED,   EV_RESUMED,    EV_UPDATED,  EV_ESCALATED,
    EV_RESOLVED,  EV_RESOLVED,  EV_RESOLVED, EV_RESOLVED,   EV_REOPENED, EV_REOPENED,
    EV_REOPENED,  EV_CLOSED,    EV_CLOSED,   EV_CLOSED,     EV_RATED,    EV_RECOMMENDED,
    EV_INSPECTED, EV_CONFIRMED, EV_MERGED,   EV_COMPLAINED, EV_STATE,    EV_STATE,
};

/* What happens outside the help desk. */
static const uint8_t outside[] = {
    EV_VISIT_PLANNED, EV_VISIT_PLANNED, EV_VISIT_ARRIVED, EV_VISIT_ENDED, EV_RETURN_REQUESTED,
    EV_RETURNED,      EV_RATED,         EV_RATED,         EV_COMPLAINED};

/* What ends a ticket, and what comes after it. */
static const uint8_t after[] = {
    EV_OPENED,    EV_OPENED,  EV_RESOLVED,    EV_RESOLVED,         EV_RESOLVED,
    EV_REOPENED,  EV_UPDATED, EV_CONFIRMED,   EV_COMPLAINED,       EV_COMPLAINED,
    EV_INSPECTED, EV_RATED,   EV_FOLLOWED_UP, EV_RETURN_REQUESTED, EV_RETURNED,
};

static const char *const agents[] = {"ada", "bob", "cem"};
static const char *const teams[] = {"red", "blue"};
static const char *const priorities[] = {"high", "low"};
static const char *const channels[] = {"mail", "chat"};
static const char *const categories[] = {"login", "bill"};
static const char *const reasons[] = {"pending", "parts"};
static const char *const visits[] = {"first", "again"};
static const char *const aspects[] = {"skill", "speed", "attitude"};
static const char *const hows[] = {"refund", "rework", "exchange"};
static const char *const tickets_of[TALE_TICKETS] = {"T1", "T2", "T3"};
static const char *const ids[TALE_MAX] = {"e00", "e01", "e02", "e03", "e04", "e05", "e06", "e07",
                                          "e08", "e09", "e10", "e11", "e12", "e13", "e14", "e15",
                                          "e16", "e17", "e18", "e19", "e20", "e21", "e22", "e23",
                                          "e24", "e25", "e26", "e27", "e28", "e29", "e30", "e31"};

#define PICK(r, list) str_of((list)[random_below(r, ARRAY_LEN(list))])

/* The field is there, and sometimes nil. */
static void maybe(struct random *r, struct event *e, enum event_field f, uint32_t percent)
{
    if ((event_optional((enum event_kind)e->kind) >> f & 1) == 0 || !random_percent(r, percent))
        return;
    e->has |= 1ULL << f;
    if (random_percent(r, 15))
        e->nil |= 1ULL << f;
}

static void draw_names(struct random *r, struct event *e)
{
    uint32_t often = e->kind == EV_ASSIGNED ? 70 : e->kind == EV_OPENED ? 30 : 25;
    maybe(r, e, F_AGENT, often);
    maybe(r, e, F_TEAM, often);
    maybe(r, e, F_PRIORITY, 25);
    maybe(r, e, F_CHANNEL, 25);
    maybe(r, e, F_CATEGORY, 25);
    bool needs_one = e->kind == EV_ASSIGNED || e->kind == EV_UPDATED;
    if (needs_one && (e->has & (F_ATTRS_MASK | F1(AGENT))) == 0)
        e->has |= F1(TEAM);
    e->agent = PICK(r, agents);
    e->team = PICK(r, teams);
    e->priority = PICK(r, priorities);
    e->channel = PICK(r, channels);
    e->category = PICK(r, categories);
}

static void draw_words(struct random *r, struct event *e)
{
    maybe(r, e, F_BY, e->kind == EV_MESSAGE ? 0 : 30);
    if (e->kind == EV_MESSAGE)
        e->has |= F1(BY);
    e->by = random_percent(r, 80) ? (uint8_t)random_below(r, 2) : (uint8_t)random_below(r, 4);
    maybe(r, e, F_PUBLIC, 10);
    maybe(r, e, F_AUTO, 10);
    maybe(r, e, F_NEEDS_REPLY, 15);
    maybe(r, e, F_REASON, 60);
    maybe(r, e, F_OUTCOME, 60);
    e->is_public = e->is_auto = e->needs_reply = random_percent(r, 40);
    e->reason = PICK(r, reasons);
    e->outcome = (uint8_t)random_below(r, 4);
}

static void draw_judgement(struct random *r, struct event *e)
{
    maybe(r, e, F_OUT_OF, 20);
    maybe(r, e, F_ASPECT, 20);
    maybe(r, e, F_ITEM, 20);
    e->score = random_range(r, 1, 5) * NUMBER_ONE;
    e->out_of = 10 * NUMBER_ONE;
    e->aspect = e->item = str_of("speed");
    e->passed = random_percent(r, 50);
}

static void draw_state(struct random *r, struct event *e, ms_t start, ms_t span)
{
    maybe(r, e, F_OPENED_AT, 50);
    maybe(r, e, F_WAITING_SINCE, 50);
    maybe(r, e, F_PAUSED_REASON, 50);
    e->status = (uint8_t)random_below(r, 4);
    e->opened_at = start - random_range(r, 0, 5) * span;
    e->waiting_since = start - random_range(r, 0, 5) * MS_SECOND;
    e->paused_reason = PICK(r, reasons);
}

static void draw_outside(struct random *r, struct event *e, ms_t start, ms_t span)
{
    maybe(r, e, F_VISIT, 50);
    maybe(r, e, F_HOW, 50);
    e->visit = PICK(r, visits);
    e->how = PICK(r, hows);
    maybe(r, e, F_ASPECT, 60);
    maybe(r, e, F_KIND, 50);
    e->aspect = PICK(r, aspects);
    e->complaint = random_percent(r, 40) ? COMPLAINT_DISPUTE : COMPLAINT_COMPLAINT;
    e->due = start + random_range(r, -1, INSTANTS + 1) * (span / (INSTANTS - 1));
}

static const char *const customers[] = {"acme", "bolt"};
static const char *const items[] = {"classification", "conformance", "record"};

static void draw_after(struct random *r, struct event *e)
{
    enum event_field at_fault;
    maybe(r, e, F_CUSTOMER, 90);
    maybe(r, e, F_ITEM, 70);
    maybe(r, e, F_HOW, 60);
    if (e->kind == EV_OPENED || e->kind == EV_UPDATED)
        e->has |= F1(CATEGORY);
    e->customer = PICK(r, customers);
    e->item = PICK(r, items);
    e->how = PICK(r, hows);
    CHECK(event_check(e, &at_fault) == 0);
}

static void draw_event(struct random *r, struct event *e, uint32_t ticket, bool is_outside,
                       ms_t start, ms_t span)
{
    enum event_field at_fault;
    e->has = F1(TYPE) | F1(TS) | F1(TICKET) | event_required((enum event_kind)e->kind);
    e->ts = start + (ms_t)random_below(r, INSTANTS) * (span / (INSTANTS - 1));
    e->rts = MS_NONE;
    e->ticket = str_of(tickets_of[ticket]);
    draw_names(r, e);
    draw_words(r, e);
    draw_judgement(r, e);
    draw_state(r, e, start, span);
    if (is_outside)
        draw_outside(r, e, start, span);
    CHECK(event_check(e, &at_fault) == 0);
}

/* Whose the newest event is: of a (with seq), b (with ids), nobody (with ids), or with nothing. */
static void name_source(struct random *r, struct tale *t)
{
    struct event *e = &t->event[t->n];
    uint64_t source = random_below(r, 4);
    for (uint32_t i = 0; source == 3 && i < t->n; i++)
        if (event_hash(&t->event[i]) == event_hash(e))
            source = 2; /* else it would be a duplicate */
    e->src = str_of(source == 0 ? "a" : "b");
    e->has |= source <= 1 ? F1(SRC) : 0;
    e->has |= source == 0 ? F1(SEQ) : source <= 2 ? F1(ID) : 0;
    e->seq = t->n + 1;
    e->id = str_of(ids[t->n]);
}

void tale_draw(struct random *r, uint32_t tickets, uint32_t n, ms_t start, ms_t span,
               struct tale *ret)
{
    tale_draw_outside(r, tickets, n, 0, start, span, ret);
}

/* Kinds that come so often beside the usual ones. */
struct theme {
    const uint8_t *kinds;
    uint32_t n, percent;
};

static void draw(struct random *r, uint32_t tickets, uint32_t n, struct theme theme, ms_t start,
                 ms_t span, struct tale *ret)
{
    uint32_t merged = 0;
    CHECK(tickets <= TALE_TICKETS && n <= TALE_MAX);
    memset(ret, 0, sizeof *ret);
    for (ret->n = 0; ret->n < n; ret->n++) {
        struct event *e = &ret->event[ret->n];
        uint32_t ticket = (uint32_t)random_below(r, tickets);
        e->kind = kinds[random_below(r, ARRAY_LEN(kinds))];
        bool themed = theme.percent > 0 && random_percent(r, theme.percent);
        if (themed)
            e->kind = theme.kinds[random_below(r, theme.n)];
        if (e->kind == EV_MERGED && (ticket + 1 == tickets || (merged >> ticket & 1) != 0))
            e->kind = EV_MESSAGE;
        if (e->kind == EV_MERGED) {
            merged |= 1u << ticket;
            e->into = str_of(tickets_of[random_range(r, ticket + 1, tickets - 1)]);
        }
        draw_event(r, e, ticket, themed && theme.kinds == outside, start, span);
        if (theme.kinds == after)
            draw_after(r, e);
        name_source(r, ret);
    }
}

void tale_draw_outside(struct random *r, uint32_t tickets, uint32_t n, uint32_t percent, ms_t start,
                       ms_t span, struct tale *ret)
{
    draw(r, tickets, n, (struct theme){outside, ARRAY_LEN(outside), percent}, start, span, ret);
}

void tale_draw_after(struct random *r, uint32_t tickets, uint32_t n, ms_t start, ms_t span,
                     struct tale *ret)
{
    draw(r, tickets, n, (struct theme){after, ARRAY_LEN(after), 60}, start, span, ret);
}

/* The last word of the order: the id, or what the event says. */
static struct str last_word(const struct event *e, char buf[8])
{
    if (event_has(e, F_ID))
        return e->id;
    if (event_has(e, F_SEQ))
        return (struct str){0};
    uint64_t h = event_hash(e);
    for (uint32_t i = 0; i < 8; i++)
        buf[i] = (char)(h >> (56 - 8 * i));
    return (struct str){buf, 8};
}

int tale_order(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    struct str none = {0};
    int c = str_compare(event_has(x, F_SRC) ? x->src : none, event_has(y, F_SRC) ? y->src : none);
    if (c != 0)
        return c;
    uint64_t s = event_has(x, F_SEQ) ? x->seq : 0, t = event_has(y, F_SEQ) ? y->seq : 0;
    if (s != t)
        return s < t ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    char a_word[8], b_word[8];
    return str_compare(last_word(x, a_word), last_word(y, b_word));
}

void tale_sort(struct tale *t)
{
    qsort(t->event, t->n, sizeof t->event[0], tale_order);
}

void tale_shuffle(struct random *r, struct tale *t, uint32_t doubled)
{
    for (uint32_t i = t->n; i > 1; i--) {
        uint32_t j = (uint32_t)random_below(r, i);
        struct event e = t->event[j];
        t->event[j] = t->event[i - 1];
        t->event[i - 1] = e;
    }
    for (; doubled > 0 && t->n < TALE_MAX; doubled--) {
        uint32_t first = (uint32_t)random_below(r, t->n);
        uint32_t again = (uint32_t)random_range(r, first + 1, t->n);
        struct event e = t->event[first];
        memmove(&t->event[again + 1], &t->event[again], (t->n - again) * sizeof e);
        t->event[again] = e;
        t->n++;
    }
}

void tale_print(const struct tale *t)
{
    char line[TRACE_BYTES_MAX];
    for (uint32_t i = 0; i < t->n; i++) {
        trace_event(line, sizeof line, &t->event[i]);
        fprintf(stderr, "%s\n", line);
    }
}
