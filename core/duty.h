/* duty.h: what an agent's states and shifts come to: stints, and what he counts for at an instant.
 *
 * A pure fold, as of tickets: a base (what was folded for good) and the records after it, in
 * order, give turns of state, spells signed in and intervals rostered; their beginnings and ends
 * in a range of time are samples of FAM_STINTS. Shifts are told apart by their `from`. */
#ifndef TP_CORE_DUTY_H
#define TP_CORE_DUTY_H

#include "core/handling.h"

enum {
    DUTY_NONE = 255,          /* no state, or one that nobody confirmed for too long */
    DUTY_RECORDS_MAX = 64,    /* after a base */
    DUTY_SHIFTS_MAX = 64,     /* to come, or of the last day */
    DUTY_SPELLS_MAX = 32,     /* signed in, of the last day; beyond, the shortest absence goes */
    DUTY_REACH = 24 * MS_HOUR /* how far before its own ts a shift counts */
};

/* A time for which he is on the roster. */
struct shift {
    ms_t from;   /* as said: its name */
    ms_t counts; /* from when it counts: it may have been told late */
    ms_t to;
    uint32_t team;
    uint32_t unused;
};

/* A time signed in. */
struct spell {
    ms_t from, to;
};

/* What he counts for at an instant. No padding: compared as bytes. */
struct duty {
    uint8_t state; /* enum event_presence or DUTY_NONE */
    bool rostered, attended;
    uint8_t unused;
    uint32_t team, roster_team;
};

struct duty_base {
    ms_t folded;   /* ts of its last record; MS_NONE: it is empty */
    ms_t said;     /* the last agent_state; MS_NONE */
    ms_t since;    /* since when the state is what it is; MS_NONE: none was ever said … */
    ms_t came;     /* … and since when he is signed in; MS_NONE: he is not */
    uint32_t team; /* of the state, when it was said with it; else it is … */
    uint32_t own;  /* … his own: agent_info */
    uint8_t state; /* enum event_presence or DUTY_NONE */
    bool named;    /* the state came with a team */
    uint8_t shifts, spells;
    uint32_t unused;
    struct handling handling;            /* of the last call that ended */
    struct shift shift[DUTY_SHIFTS_MAX]; /* by `counts`, then `from` */
    struct spell spell[DUTY_SPELLS_MAX]; /* over; oldest first */
};

void duty_init(struct duty_base *b);

/* One more record for good (EV_AGENT_STATE, EV_SHIFT, EV_AGENT_INFO: his own team,
 * calls: handling.h); in order.
 * timeout: how long a state holds unconfirmed. */
void duty_take(struct duty_base *b, const struct record *r, ms_t timeout);

/* Forgets what ended before `cut` and cannot matter any more. */
void duty_forget(struct duty_base *b, ms_t cut);

/* Which beginnings and ends are wanted: those after `known` and those from `touched` on, all of
 * them not after `until`. */
struct duty_range {
    ms_t known, touched, until;
};

/* What the fold finds at `until`. */
struct duty_found {
    struct duty duty;
    ms_t since; /* of the state; MS_NONE: none was ever said */
    ms_t next;  /* the next change by time alone, MS_NEVER */
};

/* samples: room for DUTY_OPS_MAX ops. */
enum {
    DUTY_OPS_MAX = 3 * (2 * DUTY_RECORDS_MAX + 4) + 4 * (DUTY_SHIFTS_MAX + DUTY_RECORDS_MAX) +
                   4 * (DUTY_SPELLS_MAX + DUTY_RECORDS_MAX + 2) + DUTY_RECORDS_MAX + 1
};
void duty_fold(const struct duty_base *b, uint32_t agent, const struct record *r, uint32_t n,
               ms_t timeout, const struct duty_range *range, struct sink *samples,
               struct duty_found *ret);

#endif
