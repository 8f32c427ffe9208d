/* ticket.h: all tickets: where their state and history lie, late events, merging, forgetting.
 *
 * An event that comes in order is folded straight into the board. One that comes late, or takes
 * back what was counted, makes the ticket be folded again from its history; the difference of
 * the two lists of ops is what the board gets (SEMANTICS.md, "Order, duplicates, lateness"). */
#ifndef TP_CORE_TICKET_H
#define TP_CORE_TICKET_H

#include "core/history.h"
#include "core/hold.h"
#include "core/links.h"

/* So that a ticket is three cache lines. Of a longer key the first twelve are here. */
enum { TICKET_KEY_INLINE = 16, TICKET_KEY_HEAD = 12 };

/* Its last event came late; the one before did: what was held until this one says so. */
enum { BEHIND_NOW = 1, BEHIND_BEFORE = 2 };

struct ticket {
    struct slot slot; /* mark: bytes of the key */
    union {
        char key[TICKET_KEY_INLINE];
        struct {
            char head[TICKET_KEY_HEAD];
            handle_t more; /* a history chunk */
        } long_key;
    };
    handle_t rare; /* what few tickets have, of the fold too (tickets.h); 0 = nothing */
    struct fold_kept fold;
    struct history history;
    handle_t timer;        /* next deadline of a target */
    handle_t older, newer; /* neighbours among the ended tickets */
    handle_t sla;          /* its clocks; 0 = no policies yet, or no room */
    handle_t alerts;       /* what was told of its clocks */
    handle_t repeat;       /* its record there, if it can be one or have one */
};

struct tickets;
struct alerts; /* alerts.h */

uint64_t tickets_bytes(const struct limits *limits);
struct tickets *tickets_init(void *mem, const struct limits *limits, const struct links *links,
                             uint64_t seed);

/* Targets, horizons or policies have changed: open tickets follow with tickets_sweep. */
void tickets_retarget(struct tickets *t);

/* Brings up to so many tickets to the policies in force; what is due up to and including `fired`
 * has fired. true: all are. */
bool tickets_sweep(struct tickets *t, uint32_t budget, ms_t fired);
bool tickets_swept(const struct tickets *t);

/* An event of this source was heard: deadlines that waited for it are judged. */
void tickets_heard(struct tickets *t, uint32_t src, const struct event *e, ms_t fired);

/* It came from this source, whether it counts or was seen before. */
void tickets_spoke(struct tickets *t, uint32_t src, const struct event *e);
const struct hold_source *tickets_source(const struct tickets *t, uint32_t src); /* NULL: none */

/* Tells the next thing of an entry (alerts_next): everything an alert says. false: nothing. */
bool ticket_alert(struct tickets *t, handle_t entry, ms_t at, struct alert *ret);
struct alerts *tickets_alerts(struct tickets *t);
uint64_t ticket_alert_hash(struct str key); /* for alert_id_of: no seed in it */

/* Active alerts of clocks: start with *at = 0; false at the end. */
bool ticket_alert_next(struct tickets *t, uint32_t *at, ms_t now, struct alert *ret);

/* Counts one more revision of an active alert for which nothing changed; ret as readers get it.
 * false: this entry has no such alert any more. */
bool ticket_announce(struct tickets *t, handle_t entry, uint64_t alert_id, ms_t now,
                     struct alert *ret);

uint64_t ticket_hash(const struct tickets *t, struct str key);
void tickets_prefetch(const struct tickets *t, uint64_t hash);
handle_t ticket_find(const struct tickets *t, uint64_t hash, struct str key);
void ticket_prefetch(const struct tickets *t, handle_t h);

/* Its state, for looking ahead only: it may be merged or forgotten by the time of the event. Its
 * history's end comes near. */
const struct fold_kept *ticket_foresee(const struct tickets *t, handle_t h);

/* Applies an event of a ticket (it has one) whose ts is settled; src is the source's index, near
 * the ticket's handle when it was looked for lately and found (it may be gone since), else 0.
 * `fired`: what was due up to and including this instant has fired. 0, or ERR_LATE,
 * ERR_MERGE_CYCLE, ERR_TICKETS_FULL, ERR_HISTORY_FULL: nothing changed. */
MUST_CHECK int ticket_apply(struct tickets *t, uint64_t hash, handle_t near, const struct event *e,
                            uint32_t src, ms_t fired);

/* A ticket's timer has fired at `now` (what is due up to then counts). */
void ticket_due(struct tickets *t, handle_t h, ms_t now);

/* Forgets tickets that ended longer than remember_closed ago, a few per call. */
void tickets_forget(struct tickets *t, ms_t now);

/* For board_lookup, by the slot: fold_claim. */
bool ticket_claim(const struct tickets *t, uint32_t at, struct standing *ret);
void ticket_claim_prefetch(const struct tickets *t, uint32_t at);
struct str ticket_key(struct tickets *t, handle_t h); /* lent until the next call */

uint64_t tickets_digest(struct tickets *t, ms_t now);
void tickets_check(struct tickets *t);
const struct pool *tickets_pool(const struct tickets *t);
const struct pool *tickets_history(const struct tickets *t);

/* For images: fills ret[], returns how many. */
struct tickets_ends {
    handle_t oldest, newest; /* of the ended tickets */
    uint32_t swept;          /* index of the next ticket to be brought to the policies in force */
    uint32_t turn;           /* of the customers: where the search for room goes on */
};
uint32_t tickets_pools(struct tickets *t, struct pool *ret[11]);
struct tickets_ends *tickets_blob(struct tickets *t);
void tickets_rebuild(struct tickets *t);

#endif
