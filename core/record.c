#include "core/record.h"

#include "core/agreement.h"
#include "core/fold.h"

static void take_names(struct record *r, const struct event *e, struct board *b)
{
    const struct {
        enum event_field field;
        enum scope scope;
        struct str text;
    } names[] = {{F_AGENT, SCOPE_AGENT, e->agent},
                 {F_TEAM, SCOPE_TEAM, e->team},
                 {F_CHANNEL, SCOPE_CHANNEL, e->channel},
                 {F_PRIORITY, SCOPE_PRIORITY, e->priority},
                 {F_CATEGORY, SCOPE_CATEGORY, e->category}};
    enum event_kind kind = (enum event_kind)e->kind;
    uint64_t said = e->has & (event_required(kind) | event_optional(kind));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if ((said >> names[i].field & 1) == 0)
            continue;
        r->names |= (uint8_t)(1u << names[i].scope);
        if (event_has(e, names[i].field))
            tags_set(&r->tags, names[i].scope, board_name(b, names[i].scope, names[i].text, NULL));
    }
}

/* Customer and tier are known by their hashes only. */
static void take_customer(struct record *r, const struct event *e)
{
    enum event_kind kind = (enum event_kind)e->kind;
    uint64_t said = e->has & (event_required(kind) | event_optional(kind));
    r->says_customer = (said >> F_CUSTOMER & 1) != 0;
    r->says_tier = (said >> F_TIER & 1) != 0;
    if (r->says_customer && event_has(e, F_CUSTOMER))
        r->customer = attribute_hash(e->customer);
    if (r->says_tier && event_has(e, F_TIER))
        r->tier = (uint32_t)attribute_hash(e->tier);
}

void record_take(struct record *r, const struct event *e, uint32_t src, struct board *b)
{
    memset(r, 0, offsetof(struct record, id));
    r->ts = e->ts;
    r->src = src;
    r->kind = e->kind;
    r->time = r->waiting_since = MS_NONE;
    take_names(r, e, b);
    take_customer(r, e);
    if (event_has(e, F_SEQ) && e->seq != 0) {
        r->seq = e->seq;
    } else if (event_has(e, F_ID)) {
        r->id_len = (uint8_t)e->id.len;
        memcpy(r->id, e->id.p, e->id.len);
    } else { /* neither: what it says decides, as it does about duplicates */
        uint64_t h = event_hash(e);
        r->id_len = sizeof h;
        for (uint32_t i = 0; i < sizeof h; i++)
            r->id[i] = (char)(h >> (56 - 8 * i));
    }
}

/* --- events of tickets ---------------------------------------------------------------------- */

static bool is_bot(const struct board *b, uint32_t agent)
{
    return agent != 0 && (name_get(board_names(b, SCOPE_AGENT), agent)->flags & AGENT_BOT) != 0;
}

/* csat in millionths of 1..5: 1 + 4 (score - 1) / (out_of - 1), half up. */
static uint32_t csat_of(const struct event *e)
{
    int64_t span = e->out_of - NUMBER_ONE;
    int64_t part = 4 * (e->score - NUMBER_ONE);
    return (uint32_t)(NUMBER_ONE + (part * NUMBER_ONE + span / 2) / span);
}

static uint32_t how_number(const struct event *e)
{
    static const char *const known[RETURN_OTHER] = {
        [RETURN_REFUND] = "refund", [RETURN_EXCHANGE] = "exchange", [RETURN_REWORK] = "rework"};
    if (!event_has(e, F_HOW))
        return RETURN_UNSAID;
    for (uint32_t i = RETURN_REFUND; i < RETURN_OTHER; i++)
        if (str_equal(e->how, str_of(known[i])))
            return i;
    return RETURN_OTHER;
}

static uint32_t inspection_of(const struct event *e)
{
    if (!event_has(e, F_ITEM) || str_equal(e->item, str_of("conformance")))
        return INSPECT_CONFORMANCE + e->passed;
    return str_equal(e->item, str_of("classification")) ? INSPECT_CLASSIFICATION + e->passed
                                                        : INSPECT_OTHER;
}

static uint32_t number_of(const struct event *e)
{
    switch (e->kind) {
    case EV_PAUSED:
        return event_has(e, F_REASON) ? reason_number(e->reason) : FOLD_REASON_PENDING;
    case EV_STATE:
        if (!event_names(e, F_PAUSED_REASON))
            return 0; /* it stays what it was */
        return event_has(e, F_PAUSED_REASON) ? reason_number(e->paused_reason)
                                             : FOLD_REASON_PENDING;
    case EV_RATED:
        return csat_of(e);
    case EV_COMPLAINED:
        return e->complaint;
    case EV_RECOMMENDED:
        return (uint32_t)(e->score / NUMBER_ONE);
    case EV_VISIT_PLANNED:
    case EV_VISIT_ARRIVED:
    case EV_VISIT_ENDED:
        return event_has(e, F_VISIT) ? reason_number(e->visit) : 0;
    case EV_RETURN_REQUESTED:
    case EV_RETURNED:
        return how_number(e);
    case EV_INSPECTED:
        return inspection_of(e);
    default:
        return 0;
    }
}

void record_take_ticket(struct board *b, const struct event *e, uint32_t src, struct record *r)
{
    record_take(r, e, src, b);
    r->by = e->by;
    r->outcome = e->kind == EV_CLOSED ? e->outcome : 0;
    r->status = e->kind == EV_STATE ? e->status : 0;
    r->is_public = e->is_public;
    r->is_auto = e->is_auto;
    r->needs_reply = e->needs_reply;
    r->number = number_of(e);
    if (e->kind == EV_RATED && event_has(e, F_ASPECT))
        r->number |= board_aspect(b, e->aspect) << 24;
    if (e->kind == EV_STATE) {
        r->says_waiting = event_names(e, F_WAITING_SINCE);
        r->time = event_has(e, F_OPENED_AT) ? e->opened_at : MS_NONE;
        r->waiting_since = event_has(e, F_WAITING_SINCE) ? e->waiting_since : MS_NONE;
    }
    if (e->kind == EV_VISIT_PLANNED)
        r->time = e->due;
    bool by_bot = e->kind == EV_MESSAGE || e->kind == EV_ASSIGNED || e->kind == EV_ESCALATED;
    if (by_bot && e->by == BY_AGENT && is_bot(b, r->tags.agent))
        r->by = BY_BOT;
}

/* --- order ---------------------------------------------------------------------------------- */

static struct str source_text(const struct names *sources, uint32_t src)
{
    return src == 0 ? (struct str){"", 0} : name_text(sources, src);
}

int record_compare(const struct record *a, const struct record *b, const struct names *sources)
{
    if (a->ts != b->ts)
        return a->ts < b->ts ? -1 : 1;
    int c = a->src == b->src
                ? 0
                : str_compare(source_text(sources, a->src), source_text(sources, b->src));
    if (c != 0)
        return c;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return str_compare((struct str){a->id, a->id_len}, (struct str){b->id, b->id_len});
}

uint32_t record_position(const struct record *sorted, uint32_t n, const struct record *r,
                         const struct names *sources)
{
    while (n > 0 && record_compare(&sorted[n - 1], r, sources) > 0)
        n--;
    return n;
}
