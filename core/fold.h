/* fold.h: what one ticket yields: a pure function (state, record) -> (state, samples).
 *
 * SEMANTICS.md chapter 3 is the specification. Samples go to a sink: straight to the board for a
 * record that comes in order, or into a list when a ticket is folded again and the difference
 * counts. The state is small; what a rare move needs besides (the last outcome, earlier touches)
 * is in `struct recall`, which a fold over the whole history builds up anew. */
#ifndef TP_CORE_FOLD_H
#define TP_CORE_FOLD_H

#include "core/recall.h"
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
    FOLD_ASPECTS = 1 << 30,   /* some aspect is rated: see recall */
    FOLD_JOINED = 1 << 16,    /* << enum scope: its opening is counted for that scope */
};

/* What every ticket has of its state: the ticket keeps it. Written as a list, for it is a struct
 * of its own and a part of struct fold. */
#define FOLD_KEPT                                                                                  \
    ms_t opened;       /* MS_NONE: unknown. Up to flags: in the ticket's first cache line */       \
    ms_t waiting;      /* since when the customer waits; MS_NONE */                                \
    ms_t ended;        /* resolved or closed since; MS_NONE */                                     \
    struct tags tags;  /* now; agent = assignee */                                                 \
    uint32_t flags;    /* enum fold_flag */                                                        \
    uint64_t customer; /* hash of the first that is named; 0 = nil */                              \
    ms_t assigned;     /* the assignee has it, while the customer waits, since; MS_NONE */         \
    struct touch touch;                                                                            \
    struct tags first;   /* first name in every scope */                                           \
    uint32_t last_agent; /* last that were not nil */                                              \
    uint32_t resolver;   /* credited with the latest resolve */                                    \
    uint32_t reason;     /* hash of the pause's reason */                                          \
    uint16_t last_team;                                                                            \
    uint16_t replies, cycles; /* saturating */                                                     \
    uint16_t missed;          /* bit enum target: counted as missed */

/* What few tickets have: the others do without (tickets.h). */
#define FOLD_RARE                                                                                  \
    ms_t late_msg;  /* first customer message after the end: counts if a reopening follows */      \
    ms_t paused;    /* since; MS_NONE */                                                           \
    ms_t handed;    /* hand-off from a bot to the first human; MS_NONE */                          \
    ms_t last_miss; /* newest deadline passed: missed target, level of a clock; MS_NONE */         \
    ms_t gap;       /* time spent resolved or closed */                                            \
    ms_t pending;   /* time paused with reason pending */                                          \
    ms_t held;      /* time paused, any reason */

struct fold_kept {
    FOLD_KEPT
};

struct fold_rare {
    FOLD_RARE
};

/* The state of one ticket. Zeroed by fold_init, no padding: part of images and digests. */
struct fold {
    union {
        struct {
            FOLD_KEPT
        };
        struct fold_kept kept;
    };
    union {
        struct {
            FOLD_RARE
        };
        struct fold_rare rare;
    };
};

/* Of a ticket that has nothing of it. */
extern const struct fold_rare fold_rare_none;

/* What the fold needs to know of the site. */
struct fold_terms {
    const struct settings *s;
    uint32_t targets;                    /* bit enum target: which have one */
    const struct agreements *agreements; /* NULL: no policies at all */
    uint32_t automatic;                  /* agent index of "(auto)" */
    uint32_t customer;                   /* agent index of "(customer)" */
};

void fold_init(struct fold *f);

/* Would this record need the recall, because it takes back or replaces something? */
bool fold_needs_recall(const struct fold *f, const struct record *r);

/* Who has the ticket after a record, when `owner` had it before: all that some ask of a fold. */
uint32_t fold_owner(uint32_t owner, const struct record *r);

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
void fold_standing(const struct fold_kept *f, const struct fold_rare *rare, uint32_t risk,
                   struct standing *ret);
/* As much of it as orders ask of many tickets: names, is it open, does it wait, since when. */
void fold_claim(const struct fold_kept *f, struct standing *ret);

#endif
