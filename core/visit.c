/* Visits at the customer's, and returns.
 *
 * A promise is a sample at its due instant from when it is given: ahead of the clock it waits in
 * its window's log, so a miss needs no timer. An arrival in time takes it away and counts where it
 * happened; one that is late stays at the due instant, for whoever came. While the promise is
 * ahead it follows the ticket: another owner, and it is his; the ticket ends, and it is cancelled
 * unless somebody comes nonetheless. */
#include "core/move.h"

static struct window_sample promise_at(ms_t due)
{
    return (struct window_sample){.ts = due, .flags = BIT(VISITS_PROMISED)};
}

static void take_back(struct move *m, struct visit *v)
{
    if (!v->stands)
        return;
    struct window_sample s = promise_at(v->due);
    sink_sample(m->out, FAM_VISITS, &s, &v->tags, ALL_SCOPES, -1);
    v->stands = 0;
}

static void put(struct move *m, struct visit *v, const struct tags *tags)
{
    struct window_sample s = promise_at(v->due);
    sink_sample(m->out, FAM_VISITS, &s, tags, ALL_SCOPES, 1);
    v->tags = *tags;
    v->stands = 1;
}

static struct tags visit_tags(const struct fold *f, uint32_t agent)
{
    return tags_with(f, agent != 0 ? agent : f->tags.agent);
}

/* --- which visit it is -------------------------------------------------------------------- */

static struct visit *find(struct recall *k, uint32_t name)
{
    for (uint32_t i = 0; k != NULL && i < k->visits; i++)
        if (k->visit[i].name == name)
            return &k->visit[i];
    return NULL;
}

static void drop(struct recall *k, struct visit *v)
{
    struct visit *end = k->visit + k->visits--;
    memmove(v, v + 1, (size_t)(end - v - 1) * sizeof *v);
    memset(end - 1, 0, sizeof *v);
}

/* A new one goes behind the others; of too many the first is no longer followed, and counts as it
 * stands. */
static void keep(struct move *m, const struct visit *v)
{
    m->f->flags |= FOLD_VISITS;
    if (m->k == NULL)
        return;
    if (m->k->visits == RECALL_VISITS)
        drop(m->k, m->k->visit);
    m->k->visit[m->k->visits++] = *v;
}

/* --- the moves ---------------------------------------------------------------------------- */

void move_planned(struct move *m)
{
    const struct record *r = m->r;
    struct visit *known = find(m->k, r->number);
    if (known != NULL) /* the first promise counts, and who is said to come last */
        known->agent =
            known->arrived == MS_NONE && r->tags.agent != 0 ? r->tags.agent : known->agent;
    if (known != NULL)
        return;
    struct visit v = {
        .due = r->time, .arrived = MS_NONE, .name = r->number, .agent = r->tags.agent};
    struct tags tags = visit_tags(m->f, v.agent);
    if (v.due < r->ts || !fold_ended(m->f))
        put(m, &v, &tags);
    if (v.due >= r->ts)
        m->f->flags |= FOLD_PROMISED;
    keep(m, &v);
}

/* The promise is settled: kept at the arrival, or broken at the due instant. */
static void settle(struct move *m, struct visit *v, const struct tags *tags,
                   struct window_sample *arrival)
{
    if (v->due == MS_NONE)
        return;
    bool late = m->r->ts > v->due;
    if (late && v->stands && tags_equal(&v->tags, tags))
        return;
    take_back(m, v);
    if (late)
        put(m, v, tags);
    else
        arrival->flags |= BIT(VISITS_PROMISED) | BIT(VISITS_ON_TIME);
}

void move_arrived(struct move *m)
{
    struct fold *f = m->f;
    const struct record *r = m->r;
    struct visit *known = find(m->k, r->number), fresh;
    if (known != NULL && known->arrived != MS_NONE)
        return;
    fresh = (struct visit){.due = MS_NONE, .arrived = MS_NONE, .name = r->number};
    struct visit *v = known != NULL ? known : &fresh;
    v->agent = r->tags.agent != 0 ? r->tags.agent : v->agent;
    struct tags tags = visit_tags(f, v->agent);
    struct window_sample s = {.ts = r->ts};
    settle(m, v, &tags, &s);
    if ((f->flags & FOLD_ARRIVED) == 0 && f->opened != MS_NONE)
        move_column(m, &s, VISITS_ARRIVAL, r->ts - f->opened, TARGET_NONE, 0);
    f->flags |= FOLD_ARRIVED;
    if (s.flags != 0 || s.present != 0)
        sink_sample(m->out, FAM_VISITS, &s, &tags, ALL_SCOPES, 1);
    v->arrived = r->ts;
    if (known == NULL)
        keep(m, v);
}

void move_visited(struct move *m)
{
    const struct record *r = m->r;
    struct visit *v = find(m->k, r->number);
    if (v == NULL)
        return;
    if (v->arrived != MS_NONE) {
        uint32_t agent = r->tags.agent != 0 ? r->tags.agent : v->agent;
        struct tags tags = visit_tags(m->f, agent);
        struct window_sample s = {.ts = r->ts};
        move_column(m, &s, VISITS_ON_SITE, r->ts - v->arrived, TARGET_NONE, 0);
        sink_sample(m->out, FAM_VISITS, &s, &tags, ALL_SCOPES, 1);
    } else if (v->due >= r->ts) {
        take_back(m, v); /* nobody came, and nobody will */
    }
    drop(m->k, v);
    if (m->k->visits == 0)
        m->f->flags &= ~(uint32_t)FOLD_VISITS;
}

void move_return_requested(struct move *m)
{
    cohort_returned(m);
    if ((m->f->flags & FOLD_RETURNING) != 0)
        return;
    m->f->flags |= FOLD_RETURNING;
    if (m->k != NULL) {
        m->k->requested = m->r->ts;
        m->k->how = m->r->number;
    }
}

/* Of what is exchanged or repaired again no money comes back. */
void move_returned(struct move *m)
{
    cohort_returned(m);
    if ((m->f->flags & FOLD_RETURNING) == 0)
        return;
    CHECK(m->k != NULL);
    m->f->flags &= ~(uint32_t)FOLD_RETURNING;
    uint32_t how = m->r->number != RETURN_UNSAID ? m->r->number : m->k->how;
    if (how == RETURN_UNSAID || how == RETURN_REFUND) {
        struct tags tags = visit_tags(m->f, m->f->resolver);
        struct window_sample s = {.ts = m->r->ts};
        move_column(m, &s, VISITS_REFUND, m->r->ts - m->k->requested, TARGET_NONE, 0);
        sink_sample(m->out, FAM_VISITS, &s, &tags, ALL_SCOPES, 1);
    }
    m->k->requested = 0;
    m->k->how = 0;
}

/* --- promises that are ahead -------------------------------------------------------------- */

static bool is_of_visits(const struct record *r)
{
    return r->kind == EV_VISIT_PLANNED || r->kind == EV_VISIT_ARRIVED || r->kind == EV_VISIT_ENDED;
}

/* Can such a record give the ticket another owner, or end it, or take it up again? */
static bool moves_promises(const struct record *r)
{
    switch (r->kind) {
    case EV_OPENED:
    case EV_ASSIGNED:
    case EV_UPDATED:
    case EV_ESCALATED:
    case EV_RESOLVED:
    case EV_REOPENED:
    case EV_CLOSED:
    case EV_MERGED:
    case EV_STATE:
        return true;
    default:
        return is_of_visits(r);
    }
}

bool visits_look(const struct fold *f, const struct record *r)
{
    return ((f->flags & FOLD_VISITS) != 0 && is_of_visits(r)) ||
           ((f->flags & FOLD_PROMISED) != 0 && moves_promises(r));
}

void visits_follow(struct move *m)
{
    struct fold *f = m->f;
    if ((f->flags & FOLD_PROMISED) == 0 || m->k == NULL || !moves_promises(m->r))
        return;
    bool ahead = false;
    for (uint32_t i = 0; i < m->k->visits; i++) {
        struct visit *v = &m->k->visit[i];
        if (v->due == MS_NONE || v->arrived != MS_NONE || v->due < m->r->ts)
            continue;
        struct tags tags = visit_tags(f, v->agent);
        bool goes = fold_ended(f) || !tags_equal(&v->tags, &tags);
        if (goes)
            take_back(m, v);
        if (!v->stands && !fold_ended(f))
            put(m, v, &tags);
        ahead = true;
    }
    if (!ahead)
        f->flags &= ~(uint32_t)FOLD_PROMISED;
}
