/* recall.h: what only a fold over a ticket's whole history knows: outcomes, visits, ratings.
 *
 * Rare facts that a later event may take back or replace. They are not kept: a fold over the
 * history builds them up anew. */
#ifndef TP_CORE_RECALL_H
#define TP_CORE_RECALL_H

#include "core/op.h"

/* Where a scope's `handled` of this ticket stands: the latest touch by a human. */
struct touch {
    ms_t ts;
    struct tags tags;
    uint8_t family; /* FAM_REPLIES or FAM_RESOLVES */
    uint8_t flag;
    uint8_t scopes; /* bit enum scope: still the latest there; 0 = no touch */
    uint8_t known;  /* the customer was: it is one of his */
};

enum { RECALL_TOUCHES = 128, RECALL_VISITS = 8, RECALL_ASPECTS = 8, FOLD_REASON_PENDING = 1 };

/* How one aspect of the ticket is rated. */
struct rated_aspect {
    ms_t ts;
    struct tags tags;
    uint32_t aspect, csat; /* index of its name; as record.number */
    uint32_t unused;
};

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
    uint32_t aspects;
    uint32_t unused_too;
    struct rated_aspect aspect[RECALL_ASPECTS]; /* in order of their first rating */
    struct visit visit[RECALL_VISITS];          /* those behind `visits` are nobody's, and so on */
    struct touch touch[RECALL_TOUCHES];
};

void recall_init(struct recall *k);

#endif
