/* sla.h: the clocks of one ticket: what runs against which target, and what it has come to.
 *
 * A pure function of the ticket's records and the policies of their time, like the fold beside
 * which it runs: fold.c calls sla_follow after a record, miss.c asks sla_deadline and lets sla_pass
 * pass it. Happy path: a wait begins (a clock runs), warning points
 * pass, the reply ends it: met. Else the target is used up: one breach, one miss; then met_late.
 * What alerts need of an instance leaves as a fact; alerts.h compares facts with what was told. */
#ifndef TP_CORE_SLA_H
#define TP_CORE_SLA_H

#include "core/agreement.h"
#include "core/explain.h"
#include "core/fold.h"

/* Clocks of a ticket. The first and next response never run at once. */
enum sla_slot { SLOT_RESPONSE, SLOT_ASSIGNEE, SLOT_RESOLUTION, SLOT_REQUESTER, SLA_SLOTS };

/* The latest instance of a slot. No padding: part of images and digests. */
struct sla_clock {
    ms_t start;        /* of the instance; MS_NONE: there was none */
    ms_t since;        /* counts since then; MS_NONE: stands still */
    ms_t elapsed;      /* business ms counted before `since` */
    ms_t next;         /* when the next level is reached; MS_NEVER */
    ms_t breached;     /* breach_at; MS_NONE */
    struct tags owner; /* at the breach; of an assignee's response from its beginning */
    uint16_t instance; /* 1, 2, … of its metric */
    uint8_t metric;    /* enum sla_metric */
    uint8_t state;     /* enum clock_state: NONE, RUNNING (active, whatever it looks like), or
                          how it ended */
    uint8_t cause;     /* enum alert_cause: of the end, or RETARGET of the breach */
    uint8_t warned;    /* warning points passed */
    uint8_t overdue;   /* repeats passed */
    uint8_t alerted;   /* some level was passed: its alert may have been told */
    uint8_t told;      /* warning points passed at most: each is told once */
    uint8_t inherited; /* began in a ticket that was merged into this one */
    uint8_t steady;    /* counted by the same terms all the time from its start to its breach */
    uint8_t up;        /* its alert is active when all is told in order */
};

/* How the ticket's own business time runs. */
enum sla_run { RUN_OPEN = 1, RUN_PENDING = 2, RUN_PAUSED = 4, RUN_REOPENED = 8 };

#define SLA_FRESH UINT32_MAX

struct sla {
    uint64_t customer;         /* hash, 0 = none */
    ms_t run_since;            /* business time of the ticket: counted up to then … */
    ms_t total, pending, held; /* … open, paused as pending, paused at all */
    uint32_t tier;             /* hash, 0 = none */
    uint32_t generation; /* of the policies (agreement.h); SLA_FRESH before the first record */
    uint16_t instances[SLA_METRICS];
    uint8_t policy;    /* agreement_match */
    uint8_t run;       /* bits enum sla_run, since run_since */
    uint16_t priority; /* whose targets hold */
    uint8_t matched;   /* its policy has been looked up */
    uint8_t cycle;     /* fold.cycles, its low bits, as of the last record */
    struct sla_clock clock[SLA_SLOTS];
};

/* What was last to be told of an instance that has passed a level: the level, or that its alert is
 * over. A reopening is silent, and so is what comes after it until a level passes that is new. */
struct sla_fact {
    ms_t start, ended;    /* ended: MS_NONE = goes on */
    ms_t warned_at;       /* of the latest warning point; MS_NONE */
    ms_t breached;        /* breach_at; MS_NONE */
    ms_t level_at;        /* of the latest level */
    ms_t target, elapsed; /* elapsed: as of this fact … */
    ms_t level_elapsed;   /* … at the latest level … */
    ms_t breach_elapsed;  /* … and at the breach */
    ms_t due_at, breach_at;
    struct tags owner; /* at the breach; before it, or at its end: of then */
    uint32_t generation;
    uint16_t instance;
    uint8_t metric, state, cause, warned, overdue, policy;
    uint8_t alerted; /* some level was passed, if only under other terms */
    uint8_t steady;  /* as in the clock */
};

void sla_init(struct sla *s);

/* Before its first record: the policies of that time. */
void sla_start(struct sla *s, ms_t ts, const struct fold_terms *terms);

/* Its policies are older than the oldest kept: those are in force instead, as if since ever. */
void sla_outlive(struct sla *s, const struct fold *f, const struct fold_terms *terms);

/* When the policies after those of this ticket came into force; MS_NEVER: they are the last. */
ms_t sla_terms_end(const struct sla *s, const struct fold_terms *terms);

/* The next instant at which a level is reached or other policies come into force; MS_NEVER. */
ms_t sla_deadline(const struct sla *s, const struct fold_terms *terms);

/* Passes what is due at that deadline. */
void sla_pass(struct sla *s, struct fold *f, ms_t due, const struct fold_terms *terms,
              struct sink *out);

/* After a record was applied to the fold that was so before (move.h): clocks begin, end, pause,
 * get other targets. Most records change nothing that they look at. */
struct sla_view;
void sla_follow(struct sla *s, struct fold *f, const struct sla_view *was, const struct record *r,
                const struct fold_terms *terms, struct sink *out);

/* For an account: facts of all clocks that run, as of now. */
void sla_tell_all(const struct sla *s, const struct fold *f, ms_t at,
                  const struct fold_terms *terms, struct sink *out);

/* Is a sample of this metric that ends now in time? NONE: no policy says so. */
enum sla_judgement { JUDGE_NONE, JUDGE_MET, JUDGE_LATE };
enum sla_judgement sla_judge(const struct sla *s, const struct fold *f, enum target target,
                             const struct fold_terms *terms);

/* Has the ticket a policy with this target now? Then the site-wide one is silent. */
bool sla_covers(const struct sla *s, const struct fold *f, enum target target,
                const struct fold_terms *terms);

/* The calendar of the policy in force; NULL: none, or always open. */
const struct calendar *sla_calendar(const struct sla *s, const struct fold_terms *terms);

/* The ticket's business time up to ts: open, without pending, without any pause. */
struct sla_times {
    ms_t total, requester, work;
};
struct sla_times sla_times(const struct sla *s, const struct fold_terms *terms, ms_t ts);

/* What a clock looks like now. */
enum clock_state sla_state(const struct sla_clock *c);
static inline bool sla_active(const struct sla_clock *c)
{
    return c->state == CLOCK_RUNNING;
}

/* Closed time does not count: the ticket, its opening known, has been open for as long as from its
 * opening to then. */
ms_t sla_open_until(const struct fold *f, ms_t at);

/* Of an active clock: business ms so far; when its target is used up, MS_NEVER: it stands still. */
ms_t sla_elapsed(const struct sla *s, const struct sla_clock *c, const struct fold_terms *terms,
                 ms_t at);
void sla_limits(const struct sla *s, const struct sla_clock *c, uint32_t priority,
                const struct fold_terms *terms, ms_t *ret_due_at, ms_t *ret_breach_at);

/* For the gauges: bits enum fold_risk of the clocks that run. */
uint32_t sla_risk(const struct sla *s);

/* Digest, blind to slots and indices of names, and to how far an ended ticket has followed other
 * policies. */
uint64_t sla_digest(const struct sla *s, const struct fold *f, const struct fold_terms *terms);

#endif
