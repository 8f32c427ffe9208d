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

/* What is low counts in the mix of its category. */
static void low_part(struct move *m, const struct window_sample *s, const struct tags *tags,
                     int sign)
{
    struct window_sample low = {.ts = s->ts, .flags = BIT(RATINGS_LOW)};
    if ((s->flags & BIT(RATINGS_LOW)) != 0 && tags->category != 0)
        sink_part(m->out, PART_LOW_CATEGORY, tags->category, &low, tags, ALL_SCOPES, sign);
}

/* A rating or answer replaces the ticket's earlier one. */
static void replace(struct move *m, uint32_t flag, const struct window_sample *s,
                    struct window_sample *last, struct tags *last_tags)
{
    struct tags tags = credit(m);
    if ((m->f->flags & flag) != 0) {
        CHECK(last != NULL);
        sink_sample(m->out, FAM_RATINGS, last, last_tags, ALL_SCOPES, -1);
        low_part(m, last, last_tags, -1);
    }
    sink_sample(m->out, FAM_RATINGS, s, &tags, ALL_SCOPES, 1);
    low_part(m, s, &tags, 1);
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
    if (csat <= LOW_RATING * NUMBER_ONE)
        s.flags |= BIT(RATINGS_LOW);
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

/* --- aspects ------------------------------------------------------------------------------ */

static void put_aspect(struct move *m, const struct rated_aspect *a, int sign)
{
    struct window_sample s = fold_rating(a->ts, a->csat);
    struct window_sample low = {.ts = a->ts, .flags = BIT(RATINGS_LOW_ASPECT)};
    sink_part(m->out, PART_RATED, a->aspect, &s, &a->tags, ALL_SCOPES, sign);
    if ((s.flags & BIT(RATINGS_LOW)) == 0)
        return;
    sink_sample(m->out, FAM_RATINGS, &low, &a->tags, ALL_SCOPES, sign);
    sink_part(m->out, PART_LOW_ASPECT, a->aspect, &low, &a->tags, ALL_SCOPES, sign);
}

/* Its place among the ticket's; of too many the first can no longer be replaced. */
static struct rated_aspect *place_of(struct recall *k, uint32_t aspect)
{
    for (uint32_t i = 0; i < k->aspects; i++)
        if (k->aspect[i].aspect == aspect)
            return &k->aspect[i];
    if (k->aspects == RECALL_ASPECTS)
        memmove(k->aspect, k->aspect + 1, --k->aspects * sizeof k->aspect[0]);
    struct rated_aspect *fresh = &k->aspect[k->aspects++];
    memset(fresh, 0, sizeof *fresh);
    return fresh;
}

static void rate_aspect(struct move *m)
{
    struct rated_aspect a = {.ts = m->r->ts,
                             .tags = credit(m),
                             .aspect = rated_aspect(m->r),
                             .csat = m->r->number & 0xffffff};
    if (m->k != NULL) {
        struct rated_aspect *place = place_of(m->k, a.aspect);
        if (place->aspect != 0)
            put_aspect(m, place, -1);
        *place = a;
    }
    put_aspect(m, &a, 1);
    m->f->flags |= FOLD_ASPECTS;
}

void move_rated(struct move *m)
{
    cohort_surveyed(m);
    if (rated_aspect(m->r) != 0) { /* not part of the overall rating */
        rate_aspect(m);
        return;
    }
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
    struct window_sample s = {.ts = m->r->ts, .flags = BIT(MARKS_COMPLAINT)};
    struct window_sample part = s;
    s.flags |= m->r->number == COMPLAINT_DISPUTE ? BIT(MARKS_DISPUTE) : 0;
    sink_sample(m->out, FAM_MARKS, &s, &tags, ALL_SCOPES, 1);
    sink_part(m->out, PART_COMPLAINTS_KIND, 1 + m->r->number, &part, &tags, ALL_SCOPES, 1);
    if (tags.category != 0)
        sink_part(m->out, PART_COMPLAINTS_CATEGORY, tags.category, &part, &tags, ALL_SCOPES, 1);
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
