/* move.h: one record being applied to one ticket: what the files of the fold share.
 *
 * fold.c has the table of moves; outcome.c ends and reopens tickets, rating.c judges them, miss.c
 * finds deadlines that passed, touch.c moves `handled`, visit.c is about visits and returns.
 * Private to the fold. */
#ifndef TP_CORE_MOVE_H
#define TP_CORE_MOVE_H

#include "core/fold.h"
#include "core/sla.h"

#define BIT(x) (1u << (x))
enum { ALL_SCOPES = (1 << SCOPE_N) - 1 };

/* One record being applied. */
struct move {
    struct fold *f;
    struct recall *k;
    struct sla *sla; /* NULL: no policies */
    const struct record *r;
    const struct fold_terms *terms;
    struct sink *out;
};

/* What clocks look at of a fold. */
struct sla_view {
    ms_t opened, waiting, assigned, ended, paused;
    struct tags tags;
    uint32_t flags, reason, cycles;
};
void sla_view(const struct fold *f, struct sla_view *ret);

static inline bool fold_ended(const struct fold *f)
{
    return (f->flags & (FOLD_RESOLVED | FOLD_CLOSED)) != 0;
}

/* Tags of this moment with another agent. */
static inline struct tags tags_with(const struct fold *f, uint32_t agent)
{
    struct tags t = f->tags;
    t.agent = agent;
    return t;
}

static inline bool says(const struct record *r, enum scope s)
{
    return (r->names >> s & 1) != 0;
}

/* Scopes in which these tags have a name. */
uint32_t tags_scopes(const struct tags *t);

/* Scopes in which both have the same name. */
uint32_t tags_shared(const struct tags *a, const struct tags *b);

/* Puts the durations of a sample once more in business time into it: value[column], of those that
 * are there. */
void move_business(struct move *m, struct window_sample *s, const ms_t value[BUSINESS]);

/* A mark at the record's ts. */
void move_mark(struct move *m, uint32_t flag, const struct tags *tags, uint32_t scopes);

/* Puts a value into a sample's column, and its met flag when it is inside the target. */
void move_column(struct move *m, struct window_sample *s, uint32_t col, ms_t value,
                 enum target target, uint32_t met_base);

/* The customer waits since then (MS_NONE: not at all): a new instance. */
void fold_wait_from(struct fold *f, ms_t since);

/* All clocks of the customer and the assignee end. true: nobody had ever replied. */
bool fold_end_waiting(struct fold *f);

void fold_unpause(struct fold *f, ms_t ts);

/* The loose flags that the sample of a touch by a human carries: `handled`, and `customers` where
 * it leads for all names. */
uint32_t move_worn(const struct move *m, uint32_t family, const struct tags *tags);

/* A touch by a human: `handled` of every scope of these tags moves here from where it stood. The
 * sample of the touch carries these flags already, what move_worn said of it among them. */
void move_touched(struct move *m, uint32_t family, uint32_t flag, const struct tags *tags,
                  uint32_t flags);

/* Would a touch credited to this agent leave the last one standing somewhere? */
bool fold_touch_stays(const struct fold *f, uint32_t agent);

/* cohort.c: the opening is known; the ticket was resolved here; its outcome is about to be
 * replaced; it was reopened. */
void cohort_opened(struct move *m);
void cohort_begin(struct move *m, const struct tags *tags);
void cohort_end(struct move *m);
void cohort_lost(struct move *m);

/* Something of that kind happened to the ticket, resolved or not. */
void cohort_recategorized(struct move *m);
void cohort_complained(struct move *m);
void cohort_inspected(struct move *m);
void cohort_surveyed(struct move *m);
void cohort_returned(struct move *m);

/* Would the record add something to a resolve that stands? */
bool cohort_needs_recall(const struct fold *f, const struct record *r);

void move_confirmed(struct move *m);
void move_followed_up(struct move *m);
void move_resolved(struct move *m);
void move_closed(struct move *m);
void move_reopened(struct move *m);
void move_rated(struct move *m);
void move_recommended(struct move *m);
void move_complained(struct move *m);
void move_inspected(struct move *m);
void move_planned(struct move *m);
void move_arrived(struct move *m);
void move_visited(struct move *m);
void move_return_requested(struct move *m);
void move_returned(struct move *m);

/* Might this record change a visit's promise that is still ahead, or take back what of visits
 * stands? Then visits_follow, called after every move, needs the recall. */
bool visits_look(const struct fold *f, const struct record *r);
void visits_follow(struct move *m);

#endif
