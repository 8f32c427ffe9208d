/* tickets.h: how tickets are kept: shared by ticket.c (storage) and lateness.c (events). */
#ifndef TP_CORE_TICKETS_H
#define TP_CORE_TICKETS_H

#include "core/account.h"
#include "core/alerts.h"
#include "core/customer.h"
#include "core/hold.h"
#include "core/map.h"
#include "core/repeat.h"
#include "core/ticket.h"

enum {
    BASE_SHARE = 64, /* one ticket in so many may be longer than ticket_events */
    FACTS_PER_RECORD = 6,
    OPS_PER_RECORD = 40, /* ops of one record on average: columns, marks, a few touches, misses,
                            and every promise of a visit moved */
    FORGET_PER_CALL = 4,
    MERGE_CHAIN_MAX = 16,
};

/* What the oldest events of a very long ticket have folded into. */
struct base {
    struct slot slot;
    uint32_t unused;
    ms_t newest; /* ts of the last event in it */
    struct fold fold;
    struct recall recall;
    struct sla sla;
};

/* What few tickets have; a ticket that has nothing of it any more gives it back. */
struct ticket_rare {
    struct slot slot; /* mark: bits BEHIND_x, its source may be behind */
    handle_t base;    /* struct base: what older events folded into; 0 = nothing */
    handle_t into;    /* merged into this ticket */
    uint32_t arrived; /* when an event came late, in seconds since 2000 */
    struct fold_rare fold;
};

/* The clocks of a ticket. */
struct sla_place {
    struct slot slot;
    uint32_t risk; /* bits enum fold_risk, as last settled */
    struct sla sla;
};

struct tickets {
    struct pool tickets, rares, history, bases, slas;
    struct alerts alerts;
    struct holds holds;
    struct repeats repeats;
    struct customers customers;
    struct map map;
    struct links links;
    struct fold_terms terms;
    struct tickets_ends ends;
    uint64_t seed;
    uint32_t events_max;
    struct record *record; /* scratch: events_max + 1 records … */
    struct op *op;         /* … and the ops of two folds */
    uint32_t ops_max;      /* of one */
    struct sla_fact *fact; /* and what its clocks say */
    uint32_t facts_max;
    bool policies;       /* there are, or were, some */
    handle_t merging[2]; /* while one is merged into the other: not to be forgotten for room */
    char key[NAME_BYTES_MAX];
};

/* Its state, and another one in its place. */
void ticket_load(const struct tickets *t, const struct ticket *k, struct fold *ret_f);
void ticket_store(struct tickets *t, struct ticket *k, const struct fold *f);

/* What it is now, for the gauges. */
void ticket_standing(const struct tickets *t, const struct ticket *k, struct standing *ret);

/* What few tickets have: for reading, NULL when it has nothing of it; for writing. */
const struct ticket_rare *ticket_rare(const struct tickets *t, const struct ticket *k);
struct ticket_rare *ticket_rare_edit(struct tickets *t, struct ticket *k);

static inline handle_t ticket_base(const struct tickets *t, const struct ticket *k)
{
    return k->rare == 0 ? 0 : ticket_rare(t, k)->base;
}

static inline handle_t ticket_into(const struct tickets *t, const struct ticket *k)
{
    return k->rare == 0 ? 0 : ticket_rare(t, k)->into;
}

static inline uint32_t ticket_behind(const struct tickets *t, const struct ticket *k)
{
    return k->rare == 0 ? 0 : ticket_rare(t, k)->slot.mark;
}

/* Where its openings and resolves go. */
struct repeat_of ticket_repeat(struct tickets *t, struct ticket *k);

/* Its clocks, for reading and folding; NULL: none. */
struct sla *ticket_clocks(struct tickets *t, const struct ticket *k);

/* Clocks for a ticket that has none: it is new, or policies came while it was there. */
void ticket_wind_up(struct tickets *t, handle_t h, ms_t fired);

/* Is the ticket's source behind, now that this event of it comes? */
void ticket_note_behind(struct tickets *t, struct ticket *k, const struct event *e);

/* It has been applied: what was behind before no longer matters. */
void ticket_forget_behind(struct tickets *t, struct ticket *k);

/* Up to when the ticket's deadlines are passed: `fired`, but for a source that is behind. */
ms_t ticket_until(struct tickets *t, const struct ticket *k, ms_t fired);

/* Where its fold stands now: what it has passed when that held back some deadline. */
ms_t ticket_passed(struct tickets *t, const struct ticket *k, ms_t fired);

/* What the clocks said goes to the alerts. `again`: of a whole fold that began after `since`. */
void ticket_tell(struct tickets *t, handle_t h, const struct sink *out, bool again, ms_t since);

/* The ticket's place among the ended ones, its gauges and its timer follow its fold. */
void ticket_settle(struct tickets *t, handle_t h, const struct standing *was, ms_t fired);

/* Passes what is due before `until`, straight into the board. */
void ticket_catch_up(struct tickets *t, handle_t h, ms_t until);

/* Folds the ticket's whole history on top of its base, deadlines before `until` included. Nothing
 * of a void ticket counts. sla may be NULL when the ticket has no clocks. */
void ticket_fold(struct tickets *t, const struct ticket *k, uint32_t n, ms_t until, struct fold *f,
                 struct recall *recall, struct sla *sla, struct sink *out);

/* A new ticket; forgets the one that ended first when there is no room. */
MUST_CHECK int ticket_make(struct tickets *t, uint64_t hash, struct str key, handle_t *ret_h);

/* Takes a ticket out: it is not among the ended ones, its gauges are settled. */
void ticket_unmake(struct tickets *t, handle_t h);

/* Makes room by forgetting the ticket that ended first, but not `keep`. false: none ended. */
bool ticket_forget_one(struct tickets *t, handle_t keep);

/* A ticket joins the ended ones, or leaves them. */
void ticket_ends_link(struct tickets *t, handle_t h);
void ticket_ends_unlink(struct tickets *t, handle_t h);

#endif
