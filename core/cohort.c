/* What follows a resolve and is counted where that stands: confirmations, complaints, inspections,
 * ratings, follow-ups, returns; and whether the ticket's category was right.
 *
 * Each fact is a sample of its own in FAM_COHORTS, at the resolve's ts and with its tags. Facts of
 * the ticket leave with the outcome when another resolve replaces it; returns, rework and a keep
 * that was lost are facts of that one resolve and stay. */
#include "core/move.h"
#include "core/repeat.h"

enum {
    OF_TICKET = BIT(COHORTS_UNCATEGORIZED) | BIT(COHORTS_RECLASSIFIED) | BIT(COHORTS_COMPLAINED) |
                BIT(COHORTS_COMPLAINED_TWICE) | BIT(COHORTS_CONFIRMED) | BIT(COHORTS_INSPECTED) |
                BIT(COHORTS_SURVEYED) | ((1 << FOLLOW_UPS_MAX) - 1) << COHORTS_FOLLOWED,
};

/* Does the ticket stand as resolved somewhere? */
static bool stands(const struct move *m)
{
    if ((m->f->flags & FOLD_OUTCOME) == 0)
        return false;
    CHECK(m->k != NULL);
    return (m->k->outcome.flags & BIT(RESOLVES_TICKET)) != 0;
}

static void put(struct move *m, uint32_t flags, int sign)
{
    struct window_sample s = {.ts = m->k->outcome.ts, .flags = flags};
    if (flags != 0)
        sink_sample(m->out, FAM_COHORTS, &s, &m->k->outcome_tags, ALL_SCOPES, sign);
}

/* Each fact once for one resolve. */
static void note(struct move *m, uint32_t flag)
{
    if (((m->k->cohort_at | m->k->cohort_after) & BIT(flag)) != 0)
        return;
    put(m, BIT(flag), 1);
    m->k->cohort_after |= BIT(flag);
}

static bool within(const struct move *m, ms_t horizon)
{
    return m->r->ts - m->k->outcome.ts <= horizon;
}

/* The outcome, as repeats know it: by the key that was known when it came. */
static void solved(struct move *m, bool lost, int sign)
{
    const struct recall *k = m->k;
    if (k->solved != 0)
        sink_resolved(m->out, k->solved, k->outcome.ts, &k->outcome_tags, lost, sign);
}

void cohort_opened(struct move *m)
{
    uint32_t category = says(m->r, SCOPE_CATEGORY) ? m->r->tags.category : 0;
    uint64_t key = repeat_key(m->r->says_customer ? m->r->customer : 0, category);
    if (m->k != NULL)
        m->k->key = key;
    if (key != 0)
        sink_opened(m->out, key, m->f->opened, 1);
}

void cohort_begin(struct move *m, const struct tags *tags)
{
    static const struct {
        uint32_t fold, flag;
    } known[] = {
        {FOLD_COMPLAINED, COHORTS_COMPLAINED}, {FOLD_COMPLAINED_TWICE, COHORTS_COMPLAINED_TWICE},
        {FOLD_CONFIRMED, COHORTS_CONFIRMED},   {FOLD_INSPECTED, COHORTS_INSPECTED},
        {FOLD_SURVEYED, COHORTS_SURVEYED},
    };
    uint32_t of = m->f->flags;
    struct window_sample s = {.ts = m->r->ts};
    if (tags->category == 0)
        s.flags = BIT(COHORTS_UNCATEGORIZED);
    else if ((of & FOLD_RECATEGORIZED) != 0)
        s.flags = BIT(COHORTS_RECLASSIFIED);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        s.flags |= (of & known[i].fold) != 0 ? BIT(known[i].flag) : 0;
    if (s.flags != 0)
        sink_sample(m->out, FAM_COHORTS, &s, tags, ALL_SCOPES, 1);
    if (m->k == NULL) { /* live: the ticket's record has the key, if there is one */
        sink_resolved(m->out, 0, m->r->ts, tags, false, 1);
    } else {
        m->k->solved = m->k->key;
        solved(m, false, 1);
        m->k->cohort_at = s.flags;
        m->k->cohort_after = 0;
    }
}

void cohort_end(struct move *m)
{
    if (!stands(m))
        return;
    put(m, m->k->cohort_at, -1);
    solved(m, (m->k->cohort_after & BIT(COHORTS_LOST)) != 0, -1);
    for (uint32_t left = m->k->cohort_after & OF_TICKET; left != 0; left &= left - 1)
        put(m, left & -left, -1);
    m->k->cohort_at = m->k->cohort_after = 0;
}

/* The resolve did not hold, whatever comes: nobody else has to say so. */
static void lost(struct move *m)
{
    if ((m->k->cohort_after & BIT(COHORTS_LOST)) != 0)
        return;
    note(m, COHORTS_LOST);
    solved(m, false, -1);
    solved(m, true, 1);
}

void cohort_lost(struct move *m)
{
    if (stands(m) && within(m, m->terms->s->return_horizon))
        lost(m);
}

void cohort_recategorized(struct move *m)
{
    struct fold *f = m->f;
    if ((f->flags & FOLD_RECATEGORIZED) != 0)
        return;
    f->flags |= FOLD_RECATEGORIZED;
    if (stands(m) && m->k->outcome_tags.category != 0)
        note(m, COHORTS_RECLASSIFIED);
}

void cohort_complained(struct move *m)
{
    struct fold *f = m->f;
    if ((f->flags & FOLD_COMPLAINED_TWICE) != 0)
        return;
    bool again = (f->flags & FOLD_COMPLAINED) != 0;
    f->flags |= again ? FOLD_COMPLAINED_TWICE : FOLD_COMPLAINED;
    if (stands(m) && within(m, m->terms->s->complaint_horizon))
        note(m, again ? COHORTS_COMPLAINED_TWICE : COHORTS_COMPLAINED);
}

/* The ticket's first of its kind. */
static void once(struct move *m, uint32_t fold, uint32_t flag)
{
    if ((m->f->flags & fold) != 0)
        return;
    m->f->flags |= fold;
    if (stands(m))
        note(m, flag);
}

void cohort_inspected(struct move *m)
{
    once(m, FOLD_INSPECTED, COHORTS_INSPECTED);
}

void cohort_surveyed(struct move *m)
{
    once(m, FOLD_SURVEYED, COHORTS_SURVEYED);
}

void move_confirmed(struct move *m)
{
    if ((m->f->flags & FOLD_RESOLVED) != 0 && m->f->cycles == 1)
        once(m, FOLD_CONFIRMED, COHORTS_CONFIRMED);
}

void move_followed_up(struct move *m)
{
    if (!stands(m))
        return;
    for (uint32_t i = 0; i < FOLLOW_UPS_MAX; i++)
        if (m->terms->s->follow_up[i] > 0 && within(m, m->terms->s->follow_up[i]))
            note(m, COHORTS_FOLLOWED + i);
}

/* A return that only comes in is the one that was asked for, if any was. */
void cohort_returned(struct move *m)
{
    const uint32_t any = BIT(COHORTS_RETURNED) | BIT(COHORTS_REWORKED);
    if (!stands(m) || !within(m, m->terms->s->return_horizon))
        return;
    bool arrives = m->r->kind == EV_RETURNED && m->r->number == RETURN_UNSAID;
    if (arrives && (m->k->cohort_after & any) != 0)
        return;
    if (m->r->number != RETURN_REWORK) {
        note(m, COHORTS_RETURNED);
        return;
    }
    note(m, COHORTS_REWORKED);
    lost(m);
}

bool cohort_needs_recall(const struct fold *f, const struct record *r)
{
    if ((f->flags & FOLD_OUTCOME) == 0)
        return false;
    switch (r->kind) {
    case EV_CONFIRMED:
        return (f->flags & FOLD_CONFIRMED) == 0 && f->cycles == 1;
    case EV_COMPLAINED:
        return (f->flags & FOLD_COMPLAINED_TWICE) == 0;
    case EV_INSPECTED:
        return (f->flags & FOLD_INSPECTED) == 0;
    case EV_RATED:
        return (f->flags & FOLD_SURVEYED) == 0;
    case EV_FOLLOWED_UP:
    case EV_RETURN_REQUESTED:
    case EV_RETURNED:
        return true;
    default:
        return (f->flags & FOLD_RECATEGORIZED) == 0 && says(r, SCOPE_CATEGORY) &&
               r->tags.category != 0 && f->first.category != 0 &&
               r->tags.category != f->first.category;
    }
}
