/* How tickets are judged: ratings, NPS answers, complaints, inspections. */
#include "core/move.h"

/* Who a rating, an NPS answer, a complaint or an inspection is about. */
static struct tags credit(const struct move *m)
{
    const struct fold *f = m->f;
    uint32_t agent = m->r->tags.agent;
    if (agent == 0)
        agent = f->resolver != 0 ? f->resolver : f->tags.agent;
    return tags_with(f, agent);
}

/* A rating or answer replaces the ticket's earlier one. */
static void replace(struct move *m, uint32_t flag, const struct window_sample *s,
                    struct window_sample *last, struct tags *last_tags)
{
    struct tags tags = credit(m);
    if ((m->f->flags & flag) != 0) {
        CHECK(last != NULL);
        sink_sample(m->out, FAM_RATINGS, last, last_tags, ALL_SCOPES, -1);
    }
    sink_sample(m->out, FAM_RATINGS, s, &tags, ALL_SCOPES, 1);
    m->f->flags |= flag;
    if (last != NULL) {
        *last = *s;
        *last_tags = tags;
    }
}

struct window_sample fold_rating(ms_t ts, uint32_t csat)
{
    struct window_sample s = {.ts = ts,
                              .flags = BIT(RATINGS_RATED),
                              .present = BIT(RATINGS_CSAT),
                              .value[RATINGS_CSAT] = csat};
    if (csat >= 4 * NUMBER_ONE)
        s.flags |= BIT(RATINGS_SATISFIED);
    return s;
}

struct window_sample fold_answer(ms_t ts, uint32_t score)
{
    struct window_sample s = {.ts = ts, .flags = BIT(RATINGS_ANSWER)};
    s.flags |= score >= 9 ? BIT(RATINGS_PROMOTER) : score <= 6 ? BIT(RATINGS_DETRACTOR) : 0;
    return s;
}

struct window_sample fold_inspection(ms_t ts, uint32_t number)
{
    bool classes = number >= INSPECT_CLASSIFICATION;
    bool passed = number != (classes ? INSPECT_CLASSIFICATION : INSPECT_CONFORMANCE);
    struct window_sample s = {.ts = ts};
    s.flags = BIT(classes ? RATINGS_CLASS_INSPECTED : RATINGS_INSPECTED);
    if (passed)
        s.flags |= BIT(classes ? RATINGS_CLASS_PASSED : RATINGS_PASSED);
    return s;
}

void move_rated(struct move *m)
{
    cohort_surveyed(m);
    if (m->r->number == 0) /* an aspect: not part of the overall rating */
        return;
    struct window_sample s = fold_rating(m->r->ts, m->r->number);
    struct recall *k = m->k;
    replace(m, FOLD_RATED, &s, k ? &k->rating : NULL, k ? &k->rating_tags : NULL);
}

void move_recommended(struct move *m)
{
    struct window_sample s = fold_answer(m->r->ts, m->r->number);
    struct recall *k = m->k;
    replace(m, FOLD_ANSWERED, &s, k ? &k->answer : NULL, k ? &k->answer_tags : NULL);
}

void move_complained(struct move *m)
{
    struct tags tags = credit(m);
    if (says(m->r, SCOPE_CATEGORY) && m->r->tags.category != 0)
        tags.category = m->r->tags.category;
    move_mark(m, MARKS_COMPLAINT, &tags, ALL_SCOPES);
    cohort_complained(m);
}

void move_inspected(struct move *m)
{
    cohort_inspected(m);
    if (m->r->number == INSPECT_OTHER)
        return;
    struct tags tags = credit(m);
    struct window_sample s = fold_inspection(m->r->ts, m->r->number);
    sink_sample(m->out, FAM_RATINGS, &s, &tags, ALL_SCOPES, 1);
}
