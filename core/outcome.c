/* How a ticket ends and begins again: resolve, close, reopen, and which outcome counts. */
#include "core/move.h"

static void outcome_put(struct move *m, const struct window_sample *s, const struct tags *tags,
                        uint32_t loose)
{
    struct window_sample with = *s;
    with.flags |= loose;
    sink_sample(m->out, FAM_RESOLVES, &with, tags, ALL_SCOPES, 1);
    if (m->k != NULL) {
        m->k->outcome = *s;
        m->k->outcome_tags = *tags;
    }
    m->f->flags |= FOLD_OUTCOME;
}

/* The earlier outcome stays a resolve (and first resolution) but is no longer the ticket's. The
 * stripped sample goes in before the whole one comes out, so that loose flags keep a place. */
static void outcome_strip(struct move *m)
{
    if ((m->f->flags & FOLD_OUTCOME) == 0)
        return;
    struct recall *k = m->k;
    CHECK(k != NULL);
    cohort_end(m);
    struct window_sample stripped = k->outcome;
    stripped.flags &= ~(BIT(RESOLVES_TICKET) | BIT(RESOLVES_UNRESOLVED) | BIT(RESOLVES_MET_TOTAL) |
                        BIT(RESOLVES_MET_REQUESTER) | BIT(RESOLVES_MET_WORK));
    stripped.present &= BIT(RESOLVES_FIRST) | BIT(BUSINESS + RESOLVES_FIRST);
    for (uint32_t c = 0; c < WINDOW_COLUMNS_MAX; c++)
        if ((stripped.present >> c & 1) == 0)
            stripped.value[c] = 0;
    if (stripped.flags != 0)
        sink_sample(m->out, FAM_RESOLVES, &stripped, &k->outcome_tags, ALL_SCOPES, 1);
    sink_sample(m->out, FAM_RESOLVES, &k->outcome, &k->outcome_tags, ALL_SCOPES, -1);
    m->f->flags &= ~(uint32_t)FOLD_OUTCOME;
}

static void reopen(struct move *m)
{
    struct fold *f = m->f;
    struct recall *k = m->k;
    const struct settings *s = m->terms->s;
    ms_t ts = m->r->ts;
    f->gap += ts - f->ended;
    f->ended = MS_NONE;
    f->flags &= ~(uint32_t)(FOLD_RESOLVED | FOLD_CLOSED | FOLD_VOID);
    if (f->cycles < UINT16_MAX)
        f->cycles++;
    struct tags tags = tags_with(f, f->resolver);
    move_mark(m, MARKS_REOPENED, &tags, ALL_SCOPES);
    CHECK(k != NULL);
    if (k->resolve && ts - k->outcome.ts <= s->reopen_horizon)
        sink_mark(m->out, FAM_RESOLVES, RESOLVES_REOPENED, k->outcome.ts, &k->outcome_tags,
                  ALL_SCOPES, true);
    if (k->fcr && ts - k->outcome.ts <= s->fcr_horizon)
        sink_mark(m->out, FAM_RESOLVES, RESOLVES_FCR, k->outcome.ts, &k->outcome_tags, ALL_SCOPES,
                  false);
    if (k->resolve)
        cohort_lost(m);
    k->fcr = k->resolve = 0;
}

/* Columns of a resolve; the opening is known. */
static void resolve_durations(struct move *m, struct window_sample *s)
{
    struct fold *f = m->f;
    ms_t total = m->r->ts - f->opened - f->gap;
    move_column(m, s, RESOLVES_TOTAL, total, TARGET_RESOLUTION, RESOLVES_MET_FIRST);
    move_column(m, s, RESOLVES_REQUESTER, total - f->pending, TARGET_REQUESTER_WAIT,
                RESOLVES_MET_FIRST);
    move_column(m, s, RESOLVES_WORK, total - f->held, TARGET_AGENT_WORK, RESOLVES_MET_FIRST);
    if ((f->flags & FOLD_FIRST_RESOLVED) == 0)
        move_column(m, s, RESOLVES_FIRST, m->r->ts - f->opened, TARGET_FIRST_RESOLUTION,
                    RESOLVES_MET_FIRST);
    bool counts = (f->flags & (FOLD_WITHIN | FOLD_MERGED)) == 0; /* merged: it has no opening */
    if (m->r->ts - f->opened <= m->terms->s->resolved_within && counts) {
        f->flags |= FOLD_WITHIN;
        uint32_t joined = f->flags / FOLD_JOINED & ALL_SCOPES;
        sink_mark(m->out, FAM_OPENINGS, OPENINGS_WITHIN, f->opened, &f->first, joined, true);
    }
}

static void resolve_business(struct move *m, struct window_sample *s)
{
    const struct calendar *cal = m->sla == NULL ? NULL : sla_calendar(m->sla, m->terms);
    if (cal == NULL || s->present == 0)
        return;
    struct sla_times t = sla_times(m->sla, m->terms, m->r->ts);
    const ms_t value[BUSINESS] = {
        [RESOLVES_FIRST] = calendar_open(cal, m->r->ts) - calendar_open(cal, m->f->opened),
        [RESOLVES_TOTAL] = t.total,
        [RESOLVES_REQUESTER] = t.requester,
        [RESOLVES_WORK] = t.work,
    };
    move_business(m, s, value);
}

static uint32_t resolver_of(const struct move *m)
{
    const struct record *r = m->r;
    if (r->by == BY_BOT || r->by == BY_SYSTEM)
        return m->terms->automatic;
    if (r->by == BY_CUSTOMER)
        return m->terms->customer;
    return r->tags.agent != 0 ? r->tags.agent : m->f->tags.agent;
}

/* The waiting ends; flags when nobody had ever replied. */
static uint32_t unanswered(struct fold *f)
{
    if (!fold_end_waiting(f))
        return 0;
    bool missed = (f->missed & BIT(TARGET_FIRST_RESPONSE)) != 0;
    return BIT(RESOLVES_NO_REPLY) | (missed ? 0 : BIT(RESOLVES_UNANSWERED));
}

static void resolve(struct move *m)
{
    struct fold *f = m->f;
    ms_t ts = m->r->ts;
    bool human = m->r->by == BY_AGENT;
    fold_unpause(f, ts);
    f->flags |= FOLD_RESOLVED;
    f->ended = ts;
    f->resolver = resolver_of(m);
    struct tags tags = tags_with(f, f->resolver);
    outcome_strip(m);
    struct window_sample s = {.ts = ts, .flags = BIT(RESOLVES_RESOLVED) | BIT(RESOLVES_TICKET)};
    if (f->cycles == 1)
        s.flags |= BIT(RESOLVES_FIRST_CYCLE);
    if (f->opened != MS_NONE)
        resolve_durations(m, &s);
    resolve_business(m, &s);
    f->flags |= FOLD_FIRST_RESOLVED;
    s.flags |= unanswered(f);
    bool fcr = human && f->cycles == 1 && f->replies == 1;
    uint32_t worn = human ? move_worn(m, FAM_RESOLVES, &tags) : 0;
    outcome_put(m, &s, &tags, (fcr ? BIT(RESOLVES_FCR) : 0) | worn);
    cohort_begin(m, &tags);
    if (m->k != NULL) {
        m->k->fcr = fcr;
        m->k->resolve = 1;
    }
    if (human)
        move_touched(m, FAM_RESOLVES, RESOLVES_HANDLED, &tags, worn);
}

static void close_unresolved(struct move *m)
{
    struct fold *f = m->f;
    uint32_t agent = m->r->tags.agent != 0 ? m->r->tags.agent : f->tags.agent;
    struct tags tags = tags_with(f, agent);
    fold_unpause(f, m->r->ts);
    f->ended = m->r->ts;
    outcome_strip(m);
    struct window_sample s = {.ts = m->r->ts, .flags = BIT(RESOLVES_UNRESOLVED)};
    s.flags |= unanswered(f);
    outcome_put(m, &s, &tags, 0);
}

void move_resolved(struct move *m)
{
    if ((m->f->flags & FOLD_RESOLVED) != 0)
        return;
    if ((m->f->flags & FOLD_CLOSED) != 0)
        reopen(m);
    resolve(m);
}

void move_closed(struct move *m)
{
    struct fold *f = m->f;
    uint8_t outcome = m->r->outcome;
    if (outcome == OUTCOME_SPAM || outcome == OUTCOME_DUPLICATE) {
        if (!fold_ended(f)) {
            fold_unpause(f, m->r->ts);
            f->ended = m->r->ts;
            fold_end_waiting(f);
        }
        f->flags |= FOLD_VOID;
    } else if (!fold_ended(f)) {
        if (outcome == OUTCOME_RESOLVED)
            resolve(m);
        else
            close_unresolved(m);
    }
    f->flags |= FOLD_CLOSED;
}

void move_reopened(struct move *m)
{
    struct fold *f = m->f;
    if (!fold_ended(f) || (f->flags & FOLD_MERGED) != 0)
        return;
    reopen(m);
    ms_t since = f->late_msg;
    if (since == MS_NONE && m->r->by == BY_CUSTOMER)
        since = m->r->ts;
    f->late_msg = MS_NONE;
    fold_wait_from(f, since);
}
