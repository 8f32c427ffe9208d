/* fold.h: what one ticket yields: a pure function (state, record) -> (state, samples).
 *
 * SEMANTICS.md chapter 3 is the specification. Samples go to a sink: straight to the board for a
 * record that comes in order, or into a list when a ticket is folded again and the difference
 * counts. The state is small; what a rare move needs besides (the last outcome, earlier touches)
 * is in `struct recall`, which a fold over the whole history builds up anew. */
#ifndef TP_CORE_FOLD_H
#define TP_CORE_FOLD_H

#include "core/op.h"
#include "core/record.h"

struct sla;        /* sla.h: clocks against policies */
struct agreements; /* agreement.h */

enum fold_flag {
    FOLD_REPLIED = 1 << 0, /* a human has replied */
    FOLD_RESOLVED = 1 << 1,
    FOLD_CLOSED = 1 << 2,
    FOLD_FIRST_RESOLVED = 1 << 3, /* its first resolution is counted */
    FOLD_OUTCOME = 1 << 4,        /* has an outcome sample: another replaces it */
    FOLD_VOID = 1 << 5,           /* spam or duplicate: nothing of it counts */
    FOLD_MERGED = 1 << 6,         /* `late_msg` holds the waiting since that went over */
    FOLD_BOT = 1 << 7,            /* a bot has replied */
    FOLD_HANDED = 1 << 8,         /* the hand-off to a human has been seen */
    FOLD_RATED = 1 << 9,
    FOLD_ANSWERED = 1 << 10,      /* an NPS answer is counted */
    FOLD_WITHIN = 1 << 11,        /* resolved within settings.resolved_within of its opening */
    FOLD_TOUCHES = 1 << 12,       /* more touches than `touch` holds: see recall */
    FOLD_RECATEGORIZED = 1 << 13, /* its first category was changed to another */
    FOLD_COMPLAINED = 1 << 14,
    FOLD_COMPLAINED_TWICE = 1 << 15,
    FOLD_CONFIRMED = 1 << 22, /* in its first cycle */
    FOLD_INSPECTED = 1 << 23,
    FOLD_SURVEYED = 1 << 24,  /* rated, in whatever aspect */
    FOLD_VISITS = 1 << 26,    /* some visit is planned or goes on: see recall */
    FOLD_PROMISED = 1 << 27,  /* … and a promise may still be ahead */
    FOLD_ARRIVED = 1 << 28,   /* its first arrival is counted */
    FOLD_RETURNING = 1 << 29, /* a return was requested */
    FOLD_JOINED = 1 << 16,    /* << enum scope: its opening is counted for that scope */
};

/* Where a scope's `handled` of this ticket stands: the latest touch by a human. */
struct touch {
    ms_t ts;
    struct tags tags;
    uint8_t family; /* FAM_REPLIES or FAM_RESOLVES */
    uint8_t flag;
    uint8_t scopes; /* bit enum scope: still the latest there; 0 = no touch */
    uint8_t unused;
};

/* The state of one ticket. Zeroed by fold_init, no padding: part of images and digests. */
struct fold {
    ms_t opened;    /* MS_NONE: unknown */
    ms_t waiting;   /* since when the customer waits; MS_NONE */
    ms_t late_msg;  /* first customer message after the end: counts if a reopening follows */
    ms_t ended;     /* resolved or closed since; MS_NONE */
    ms_t paused;    /* since; MS_NONE */
    ms_t assigned;  /* the assignee has it, while the customer waits, since; MS_NONE */
    ms_t handed;    /* hand-off from a bot to the first human; MS_NONE */
    ms_t last_miss; /* newest deadline passed: missed target, level of a clock; MS_NONE */
    ms_t gap;       /* time spent resolved or closed */
    ms_t pending;   /* time paused with reason pending */
    ms_t held;      /* time paused, any reason */
    struct touch touch;
    struct tags tags;    /* now; agent = assignee */
    struct tags first;   /* first name in every scope */
    uint32_t last_agent; /* last that were not nil */
    uint32_t resolver;   /* credited with the latest resolve */
    uint32_t reason;     /* hash of the pause's reason */
    uint32_t flags;      /* enum fold_flag */
    uint16_t last_team;
    uint16_t replies, cycles; /* saturating */
    uint16_t missed;          /* bit enum target: counted as missed */
};

enum { RECALL_TOUCHES = 128, RECALL_VISITS = 8, FOLD_REASON_PENDING = 1 };

/* A visit that is planned or goes on. */
struct visit {
    ms_t due;         /* as first promised; MS_NONE: never */
    ms_t arrived;     /* MS_NONE */
    struct tags tags; /* of the sample that stands at `due` */
    uint32_t stands;  /* it does */
    uint32_t name;    /* hash, 0 = none */
    uint32_t agent;   /* who was said to come, or has; 0 = the assignee */
};

/* How something is returned: record.number of these kinds. */
enum return_how { RETURN_UNSAID, RETURN_REFUND, RETURN_EXCHANGE, RETURN_REWORK, RETURN_OTHER };

/* What only a fold over the whole history knows. */
struct recall {
    struct window_sample outcome; /* the outcome sample, without loose flags */
    struct tags outcome_tags;
    uint32_t fcr;                     /* outcome counts as first contact resolution */
    uint32_t resolve;                 /* outcome is a resolve not reopened yet */
    uint64_t key, solved;             /* of repeat.h: as of its opening; of its outcome; 0 = none */
    uint32_t cohort_at, cohort_after; /* bits COHORTS_x counted with it, and since */
    struct window_sample rating, answer; /* latest, to be replaced */
    struct tags rating_tags, answer_tags;
    ms_t requested;  /* a return; with FOLD_RETURNING */
    uint32_t how;    /* enum return_how, of the request */
    uint32_t visits; /* in order of their first event */
    uint32_t touches;
    uint32_t unused;
    struct visit visit[RECALL_VISITS]; /* those behind `visits` are nobody's, and of touches */
    struct touch touch[RECALL_TOUCHES];
};

/* What the fold needs to know of the site. */
struct fold_terms {
    const struct settings *s;
    uint32_t targets;                    /* bit enum target: which have one */
    const struct agreements *agreements; /* NULL: no policies at all */
    uint32_t automatic;                  /* agent index of "(auto)" */
    uint32_t customer;                   /* agent index of "(customer)" */
};

void fold_init(struct fold *f);
void recall_init(struct recall *k);

/* Would this record need the recall, because it takes back or replaces something? */
bool fold_needs_recall(const struct fold *f, const struct record *r);

/* Applies one record, after what fell due before it. k may be NULL if fold_needs_recall is
 * false, sla when no policy is or was in force. */
void fold_record(struct fold *f, struct recall *k, struct sla *sla, const struct record *r,
                 const struct fold_terms *terms, struct sink *out);

/* Passes deadlines before `until`: targets missed count at theirs, clocks reach their levels. */
void fold_until(struct fold *f, struct sla *sla, ms_t until, const struct fold_terms *terms,
                struct sink *out);

/* The next deadline of a running target or clock, or MS_NEVER. */
ms_t fold_deadline(const struct fold *f, const struct sla *sla, const struct fold_terms *terms);

/* Samples of judgements that may come without a ticket too. csat in millionths of 1..5. */
struct window_sample fold_rating(ms_t ts, uint32_t csat);
struct window_sample fold_answer(ms_t ts, uint32_t score);
struct window_sample fold_inspection(ms_t ts, uint32_t number);

/* What the ticket is now, for the gauges; risk: bits of its clocks. */
enum fold_risk { RISK_WARNED = 1, RISK_BREACHED = 2 };
struct standing fold_standing(const struct fold *f, uint32_t risk);

#endif
