#include "tests/lib/shares.h"

#include "tests/lib/moments.h"

static void note(struct shares *s, enum part_kind kind, struct str part, ms_t ts, int64_t value,
                 const struct owner *owner)
{
    CHECK(s->n < SHARES_MAX);
    s->share[s->n++] = (struct share){kind, part, ts, value, *owner};
}

/* The first name that the ticket ever had there. */
static struct str first(const struct ticket_tale *t, enum scope s)
{
    for (uint32_t i = 1; i <= t->n; i++)
        if (t->moment[i].owner.name[s].len > 0)
            return t->moment[i].owner.name[s];
    return (struct str){0};
}

static void opening(struct shares *s, const struct ticket_tale *t)
{
    struct owner owner = {.name[SCOPE_ALL] = str_of("-"), .name[SCOPE_TEAM] = first(t, SCOPE_TEAM)};
    if (t->moment[t->n].opened != MS_NONE)
        note(s, PART_OPENED_CATEGORY, first(t, SCOPE_CATEGORY), t->moment[t->n].opened, 1, &owner);
}

static void complaints(struct shares *s, const struct ticket_tale *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        const struct event *e = t->event[i];
        if (e->kind != EV_COMPLAINED)
            continue;
        const struct owner *owner = &t->moment[i + 1].owner;
        bool dispute = event_has(e, F_KIND) && e->complaint == COMPLAINT_DISPUTE;
        struct str category = event_has(e, F_CATEGORY) ? e->category : owner->name[SCOPE_CATEGORY];
        note(s, PART_COMPLAINTS_CATEGORY, category, e->ts, 1, owner);
        note(s, PART_COMPLAINTS_KIND, str_of(dispute ? "dispute" : "complaint"), e->ts, 1, owner);
    }
}

static struct str aspect_of(const struct event *e)
{
    return event_has(e, F_ASPECT) ? e->aspect : (struct str){0};
}

/* Does the ticket rate the same again later? */
static bool rated_again(const struct ticket_tale *t, uint32_t i)
{
    for (uint32_t k = i + 1; k < t->n; k++)
        if (t->event[k]->kind == EV_RATED &&
            str_equal(aspect_of(t->event[k]), aspect_of(t->event[i])))
            return true;
    return false;
}

static void ratings(struct shares *s, const struct ticket_tale *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        const struct event *e = t->event[i];
        if (e->kind != EV_RATED || rated_again(t, i))
            continue;
        const struct moment *m = &t->moment[i + 1];
        struct owner owner = m->owner;
        int64_t out_of = event_has(e, F_OUT_OF) ? e->out_of : 5 * NUMBER_ONE;
        double scale = 4.0 * (double)(e->score - NUMBER_ONE) / (double)(out_of - NUMBER_ONE);
        int64_t csat = NUMBER_ONE + (int64_t)(scale * NUMBER_ONE + 0.5);
        if (event_has(e, F_AGENT) || m->resolver.len > 0)
            owner.name[SCOPE_AGENT] = event_has(e, F_AGENT) ? e->agent : m->resolver;
        if (event_has(e, F_ASPECT))
            note(s, PART_RATED, e->aspect, e->ts, csat, &owner);
        if (csat <= 2 * NUMBER_ONE && event_has(e, F_ASPECT))
            note(s, PART_LOW_ASPECT, e->aspect, e->ts, 1, &owner);
        else if (csat <= 2 * NUMBER_ONE)
            note(s, PART_LOW_CATEGORY, owner.name[SCOPE_CATEGORY], e->ts, 1, &owner);
    }
}

void shares_write(struct shares *s, const struct tale *sorted)
{
    static const char *const tickets[TALE_TICKETS] = {"T1", "T2", "T3"};
    s->n = 0;
    for (size_t k = 0; k < ARRAY_LEN(tickets); k++) {
        struct ticket_tale t;
        moments_read(sorted, str_of(tickets[k]), &t);
        if (t.moment[t.n].is_void)
            continue;
        opening(s, &t);
        complaints(s, &t);
        ratings(s, &t);
    }
}

int64_t shares_count(const struct shares *s, enum part_kind kind, const struct str *part,
                     const struct scoped *of, int64_t *ret_sum)
{
    int64_t n = 0;
    *ret_sum = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct share *a = &s->share[i];
        sec_t ts = sec_floor(a->ts);
        if (a->kind != kind || !str_equal(a->owner.name[of->scope], of->name) || ts <= of->after ||
            ts > of->at || (part != NULL && !str_equal(*part, a->part)))
            continue;
        n++;
        *ret_sum += a->value;
    }
    return n;
}
