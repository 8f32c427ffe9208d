/* alerts.h: what was told of every clock that passed a level, and what is to be told.
 *
 * The fold says what is so (facts); an entry holds what was published. The difference is what
 * goes out, one transition at a time and in order, when the outbox has room:
 *
 *     nothing -> warning -> breached (-> breached again: repeats) -> cleared | cancelled
 *     any of them -> corrected, when a late event shows that it was not so
 *
 * One breach per instance: after its end an entry stays, so that nothing is told twice and a
 * late event can still correct it; when room is wanted, those that ended first go. */
#ifndef TP_CORE_ALERTS_H
#define TP_CORE_ALERTS_H

#include "core/effect.h"
#include "core/sla.h"

struct alert_entry {
    struct slot slot;
    handle_t ticket;
    handle_t next;           /* of the same ticket */
    handle_t older, newer;   /* neighbours in the queue of what is to be told, or of what ended */
    struct sla_fact is;      /* what is so … */
    bool gone;               /* … or nothing of it */
    bool queued;             /* something is to be told */
    bool active;             /* told, and not over */
    bool breached;           /* the breach was told, and not corrected */
    uint8_t state;           /* enum alert_state told last, when rev > 0 */
    uint8_t warned, overdue; /* levels told */
    bool held;               /* its ticket's source was behind when the level was noticed */
    bool forgiven;           /* a longer target took the breach back: why it is corrected */
    uint8_t unused[3];
    uint32_t rev;
    ms_t since, ended; /* of what was told */
};

/* fired = active + cleared + corrected + cancelled. */
struct alerts_tally {
    uint64_t fired, breached, cleared, corrected, cancelled, active, untracked;
};

/* A blob of the image. */
struct alerts_ends {
    handle_t first, last;    /* queue of what is to be told */
    handle_t oldest, newest; /* of what ended, oldest first */
    struct alerts_tally tally;
};

struct alerts {
    struct pool pool;
    struct alerts_ends ends;
};

/* Of an instance: the same on every daemon. key_hash: ticket_alert_hash. */
static inline uint64_t alert_id_of(uint64_t key_hash, uint8_t metric, ms_t start)
{
    return mix64(mix64(key_hash ^ metric) ^ (uint64_t)start);
}

/* Brings the latest entry of a chain near. */
static inline void alerts_prefetch(const struct alerts *a, handle_t entry)
{
    const char *p = pool_at(&a->pool, handle_index(entry));
    for (size_t i = 0; i < sizeof(struct alert_entry); i += 64)
        __builtin_prefetch(p + i, 1);
}

uint64_t alerts_bytes(uint32_t cap);
void alerts_init(struct alerts *a, void *mem, uint32_t cap);

/* A fact about a ticket, whose chain of entries begins at *chain. */
void alerts_note(struct alerts *a, handle_t ticket, handle_t *chain, const struct sla_fact *fact,
                 bool held);

/* The ticket was folded again: these are all facts of what began after `since` (MS_NONE: of all);
 * entries of the chain that began there and are in none of them are gone. */
void alerts_revise(struct alerts *a, handle_t chain, const struct sla_fact *facts, uint32_t n,
                   ms_t since);

/* Is anything of the chain still to be told? */
bool alerts_pending(const struct alerts *a, handle_t chain);

/* Frees the chain of a ticket that is forgotten. */
void alerts_forget(struct alerts *a, handle_t *chain);

/* Room for one more: false when there is none and nothing that ended. Else, when the pool is full,
 * *ret_ticket is the ticket from whose chain alerts_evict must take the one that ended first. */
bool alerts_room(const struct alerts *a, handle_t *ret_ticket);
void alerts_evict(struct alerts *a, handle_t *chain);

/* The entry whose next transition is to be told; 0 = none. alerts_tell makes that transition:
 * ret gets alert_id, rev, state, since, ended_at and the sla part's numbers; names, texts and
 * shares are the caller's to fill from the entry. */
static inline handle_t alerts_next(const struct alerts *a)
{
    return a->ends.first;
}
/* false: there was nothing to tell after all. Either way the entry leaves the queue when it has
 * nothing more. */
bool alerts_tell(struct alerts *a, handle_t entry, uint64_t ticket_hash, ms_t at,
                 struct alert *ret);

/* As when it was told last, for readers. */
void alerts_show(const struct alert_entry *e, uint64_t ticket_hash, ms_t at, struct alert *ret);

void alerts_check(const struct alerts *a);

#endif
