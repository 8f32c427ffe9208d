/* event.h: everything that enters the engine, decoded: kinds, fields, words, struct event.
 * tidy: long because the contract's tables of kinds and fields stand here.
 *
 * One table of kinds and one of fields feed decoding, checking, text and traces; their order is
 * the rank of SEMANTICS.md (ties of one ticket are ordered by it) and never changes.
 * An event borrows its texts from the message it came in; the engine copies what it keeps. */
#ifndef TP_CORE_EVENT_H
#define TP_CORE_EVENT_H

#include "core/base.h"

#define F1(name) (1ULL << F_##name) /* the bit of one field */
#define F_ATTRS_MASK                                                                               \
    (F1(PRIORITY) | F1(CHANNEL) | F1(CATEGORY) | F1(CUSTOMER) | F1(TIER) | F1(TEAM))
#define F_CALL_MASK                                                                                \
    (F1(TEAM) | F1(TICKET) | F1(CUSTOMER) | F1(DIRECTION) | F1(CATEGORY) | F1(PRIORITY) |          \
     F1(CHANNEL))
/* Fields of the envelope, allowed on every kind. */
#define F_ENVELOPE_MASK (F1(TYPE) | F1(ID) | F1(SRC) | F1(SEQ) | F1(TS))

/* X(NAME, wire, required fields, optional fields). */
#define EVENT_KINDS(X)                                                                             \
    X(OPENED, "opened", F1(TICKET), F1(BY) | F1(AGENT) | F_ATTRS_MASK)                             \
    X(ASSIGNED, "assigned", F1(TICKET), F1(AGENT) | F1(TEAM))                                      \
    X(MESSAGE, "message", F1(TICKET) | F1(BY),                                                     \
      F1(AGENT) | F1(PUBLIC) | F1(AUTO) | F1(NEEDS_REPLY))                                         \
    X(PAUSED, "paused", F1(TICKET), F1(REASON))                                                    \
    X(RESUMED, "resumed", F1(TICKET), F1(REASON))                                                  \
    X(UPDATED, "updated", F1(TICKET), F_ATTRS_MASK)                                                \
    X(ESCALATED, "escalated", F1(TICKET), F1(LEVEL) | F1(TEAM) | F1(AGENT))                        \
    X(RESOLVED, "resolved", F1(TICKET), F1(AGENT) | F1(BY) | F1(HOW))                              \
    X(CONFIRMED, "confirmed", F1(TICKET), 0)                                                       \
    X(REOPENED, "reopened", F1(TICKET), F1(BY))                                                    \
    X(CLOSED, "closed", F1(TICKET), F1(OUTCOME) | F1(AGENT) | F1(BY))                              \
    X(MERGED, "merged", F1(TICKET) | F1(INTO), 0)                                                  \
    X(RATED, "rated", F1(SCORE), F1(TICKET) | F1(AGENT) | F1(OUT_OF) | F1(ASPECT))                 \
    X(RECOMMENDED, "recommended", F1(SCORE), F1(TICKET) | F1(AGENT))                               \
    X(COMPLAINED, "complained", 0, F1(TICKET) | F1(AGENT) | F1(CATEGORY) | F1(KIND))               \
    X(INSPECTED, "inspected", F1(PASSED), F1(TICKET) | F1(AGENT) | F1(ITEM))                       \
    X(FOLLOWED_UP, "followed_up", F1(TICKET), F1(AGENT) | F1(HOW))                                 \
    X(VISIT_PLANNED, "visit_planned", F1(TICKET) | F1(DUE), F1(VISIT) | F1(AGENT))                 \
    X(VISIT_ARRIVED, "visit_arrived", F1(TICKET), F1(VISIT) | F1(AGENT))                           \
    X(VISIT_ENDED, "visit_ended", F1(TICKET), F1(VISIT) | F1(AGENT))                               \
    X(RETURN_REQUESTED, "return_requested", F1(TICKET), F1(HOW))                                   \
    X(RETURNED, "returned", F1(TICKET), F1(HOW))                                                   \
    X(CALL_OFFERED, "call_offered", F1(CALL), F_CALL_MASK)                                         \
    X(CALL_RUNG, "call_rung", F1(CALL) | F1(AGENT), F_CALL_MASK)                                   \
    X(CALL_ANSWERED, "call_answered", F1(CALL) | F1(AGENT), F_CALL_MASK)                           \
    X(CALL_HELD, "call_held", F1(CALL), F1(AGENT) | F_CALL_MASK)                                   \
    X(CALL_TRANSFERRED, "call_transferred", F1(CALL), F1(AGENT) | F_CALL_MASK)                     \
    X(CALL_ABANDONED, "call_abandoned", F1(CALL), F1(AGENT) | F_CALL_MASK)                         \
    X(CALL_ENDED, "call_ended", F1(CALL), F1(AGENT) | F_CALL_MASK)                                 \
    X(AGENT_STATE, "agent_state", F1(AGENT) | F1(STATE), F1(TEAM))                                 \
    X(SHIFT, "shift", F1(AGENT) | F1(FROM) | F1(TO), F1(TEAM))                                     \
    X(AGENT_INFO, "agent_info", F1(AGENT), F1(TEAM) | F1(NAME) | F1(ACTIVE) | F1(BOT))             \
    X(STATE, "state", F1(TICKET) | F1(STATUS),                                                     \
      F1(OPENED_AT) | F1(WAITING_SINCE) | F1(AGENT) | F1(PAUSED_REASON) | F_ATTRS_MASK)            \
    X(MEASURED, "measured", F1(NAME) | F1(VALUE), F1(AGENT) | F1(TEAM))                            \
    X(HEARTBEAT, "heartbeat", 0, 0)

/* X(NAME, wire key, type). Types: NAME text of 1..64 bytes; WORD one of a list; BOOL; TIME ms;
 * UINT; NUMBER fixed point in millionths. ID is a NAME or an unsigned integer. */
#define EVENT_FIELDS(X)                                                                            \
    X(TYPE, "type", WORD)                                                                          \
    X(ID, "id", ID)                                                                                \
    X(SRC, "src", NAME)                                                                            \
    X(SEQ, "seq", UINT)                                                                            \
    X(TS, "ts", TIME)                                                                              \
    X(TICKET, "ticket", NAME)                                                                      \
    X(AGENT, "agent", NAME)                                                                        \
    X(TEAM, "team", NAME)                                                                          \
    X(PRIORITY, "priority", NAME)                                                                  \
    X(CHANNEL, "channel", NAME)                                                                    \
    X(CATEGORY, "category", NAME)                                                                  \
    X(CUSTOMER, "customer", NAME)                                                                  \
    X(TIER, "tier", NAME)                                                                          \
    X(BY, "by", WORD)                                                                              \
    X(PUBLIC, "public", BOOL)                                                                      \
    X(AUTO, "auto", BOOL)                                                                          \
    X(NEEDS_REPLY, "needs_reply", BOOL)                                                            \
    X(REASON, "reason", NAME)                                                                      \
    X(LEVEL, "level", ID)                                                                          \
    X(HOW, "how", NAME)                                                                            \
    X(OUTCOME, "outcome", WORD)                                                                    \
    X(INTO, "into", NAME)                                                                          \
    X(SCORE, "score", NUMBER)                                                                      \
    X(OUT_OF, "out_of", NUMBER)                                                                    \
    X(ASPECT, "aspect", NAME)                                                                      \
    X(KIND, "kind", WORD)                                                                          \
    X(PASSED, "passed", BOOL)                                                                      \
    X(ITEM, "item", NAME)                                                                          \
    X(VISIT, "visit", NAME)                                                                        \
    X(DUE, "due", TIME)                                                                            \
    X(CALL, "call", NAME)                                                                          \
    X(DIRECTION, "direction", WORD)                                                                \
    X(STATE, "state", WORD)                                                                        \
    X(FROM, "from", TIME)                                                                          \
    X(TO, "to", TIME)                                                                              \
    X(NAME, "name", NAME)                                                                          \
    X(ACTIVE, "active", BOOL)                                                                      \
    X(BOT, "bot", BOOL)                                                                            \
    X(STATUS, "status", WORD)                                                                      \
    X(OPENED_AT, "opened_at", TIME)                                                                \
    X(WAITING_SINCE, "waiting_since", TIME)                                                        \
    X(PAUSED_REASON, "paused_reason", NAME)                                                        \
    X(VALUE, "value", NUMBER)

enum event_kind {
#define EVENT_KIND_ENUM(name, wire, required, optional) EV_##name,
    EVENT_KINDS(EVENT_KIND_ENUM)
#undef EVENT_KIND_ENUM
        EV_N,
    EV_TICK = EV_N, /* the clock: `at` only; made by the daemon, never decoded */
    EV_NONE,        /* no kind yet */
};

enum event_field {
#define EVENT_FIELD_ENUM(name, wire, type) F_##name,
    EVENT_FIELDS(EVENT_FIELD_ENUM)
#undef EVENT_FIELD_ENUM
        F_N,
};

enum event_by { BY_CUSTOMER, BY_AGENT, BY_BOT, BY_SYSTEM };
enum event_outcome { OUTCOME_RESOLVED, OUTCOME_UNRESOLVED, OUTCOME_SPAM, OUTCOME_DUPLICATE };
enum event_direction { DIRECTION_IN, DIRECTION_OUT };
enum event_presence {
    PRESENCE_AVAILABLE,
    PRESENCE_BUSY,
    PRESENCE_WRAP_UP,
    PRESENCE_BREAK,
    PRESENCE_OFFLINE
};
enum event_status { STATUS_OPEN, STATUS_PAUSED, STATUS_RESOLVED, STATUS_CLOSED };
enum event_complaint { COMPLAINT_COMPLAINT, COMPLAINT_DISPUTE };

/* What a score or value is counted in: millionths, so that no float reaches the engine. */
enum { NUMBER_ONE = 1000000 };

struct event {
    uint64_t has;    /* FIELD bits of keys that were there, nil ones too */
    uint64_t nil;    /* of those, the ones that were nil: "clears", where absent changes nothing */
    ms_t ts;         /* when it happened at the source */
    ms_t rts;        /* when it was received (EV_TICK: the clock) */
    uint64_t seq;    /* per-source counter; valid when has F_SEQ */
    uint8_t kind;    /* enum event_kind */
    uint8_t by;      /* enum event_by; the kind's default when absent */
    uint8_t outcome; /* enum event_outcome */
    uint8_t direction; /* enum event_direction */
    uint8_t state;     /* enum event_presence */
    uint8_t status;    /* enum event_status */
    uint8_t complaint; /* enum event_complaint */
    bool is_public;    /* defaults already applied */
    bool is_auto;
    bool needs_reply;
    bool passed;
    bool active;
    bool bot;
    struct str id, src, ticket, agent, team, priority, channel, category, customer, tier;
    struct str reason, how, level, into, aspect, item, visit, call, name, paused_reason;
    ms_t due, from, to, opened_at, waiting_since;
    int64_t score, out_of, value; /* in millionths */
};

/* Is the field there with a value (not nil)? */
static inline bool event_has(const struct event *e, enum event_field f)
{
    return (e->has & ~e->nil) >> f & 1;
}

/* Is the key there at all, be it nil? */
static inline bool event_names(const struct event *e, enum event_field f)
{
    return e->has >> f & 1;
}

/* Wire name of a kind, e.g. "call_offered"; "tick" for EV_TICK. */
const char *event_kind_name(enum event_kind kind);

/* Fields that a kind requires, and those it knows besides the envelope. */
uint64_t event_required(enum event_kind kind);
uint64_t event_optional(enum event_kind kind);

/* Checks an event against the tables: required fields there and not nil, `updated` and `assigned`
 * with at least one of theirs, scores in range, ts plausible. 0 or the ERR_x; *ret_field names
 * the field at fault (F_N when none). Fills defaults (by, out_of) of absent fields. */
MUST_CHECK int event_check(struct event *e, enum event_field *ret_field);

/* Hash of all that the event says except rts: the dedup key of events without id and seq. */
uint64_t event_hash(const struct event *e);

#endif
