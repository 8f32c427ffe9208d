/* Weak spots: what is missed, and which slices have more of the misses than of the cases.
 *
 * A slice's excess is its misses less what it would have at the overall rate; for times without a
 * target its time beyond the average. Slices overlap (a team, an hour): each is seen by itself. */
#include "daemon/cli/report_build.h"

#include "core/event.h"

#include <math.h>
#include <stdlib.h>

enum { WEAK_INDICATORS = 6, WEAK_SLICES = 6, WEAK_CASES = 5 };

/* What is bad of an indicator in a sum. */
struct bad {
    double bad, all; /* misses and cases; of times, ms and cases */
};

/* How an indicator goes wrong. */
enum wrong { WRONG_MISSED, WRONG_NUM, WRONG_REST, WRONG_TIME };

struct problem {
    enum indicator i;
    enum wrong wrong;
    struct bad whole;
};

static struct bad bad_of(const struct report *r, const struct sum *t, const struct problem *p)
{
    struct kpi_value v;
    if (!sum_value(t, r->settings, p->i, &v))
        return (struct bad){0, 0};
    switch (p->wrong) {
    case WRONG_MISSED:
        return (struct bad){(double)v.missed, (double)(v.met + v.missed)};
    case WRONG_NUM:
        return (struct bad){(double)v.num, (double)v.den};
    case WRONG_REST:
        return (struct bad){(double)(v.den - v.num), (double)v.den};
    case WRONG_TIME:
        break;
    }
    return (struct bad){(double)v.sum, (double)v.n};
}

static int worst_first(const void *a, const void *b)
{
    const struct problem *x = a, *y = b;
    double p = x->whole.bad / x->whole.all, q = y->whole.bad / y->whole.all;
    bool tx = x->wrong == WRONG_TIME, ty = y->wrong == WRONG_TIME;
    if (tx != ty)
        return tx ? 1 : -1;
    if (!tx && p != q)
        return p < q ? 1 : -1;
    return (x->i > y->i) - (x->i < y->i);
}

/* Times stand for themselves only where no target tells a miss. */
static uint32_t problems(const struct report *r, struct problem ret[IND_N])
{
    static const struct {
        enum indicator i;
        enum wrong wrong;
    } rates[] = {
        {IND_REOPEN_RATE, WRONG_NUM},       {IND_RESOLUTION_RATE, WRONG_REST},
        {IND_CSAT_RATE, WRONG_REST},        {IND_ABANDON_RATE, WRONG_NUM},
        {IND_CONFORMANCE_RATE, WRONG_REST}, {IND_RESOLVED_WITHIN, WRONG_REST},
    };
    uint32_t n = 0;
    const struct sum *all = r->cube->sum[CUBE_NOW];
    for (uint32_t i = 0; i < IND_FIRST_RESPONSE_B; i++) {
        struct problem p = {.i = (enum indicator)i, .wrong = WRONG_MISSED};
        p.whole = bad_of(r, all, &p);
        bool time = i == IND_FIRST_RESPONSE || i == IND_RESOLUTION || i == IND_WAIT;
        if (p.whole.all == 0 && time) {
            p.wrong = WRONG_TIME;
            p.whole = bad_of(r, all, &p);
        }
        if (p.whole.bad > 0)
            ret[n++] = p;
    }
    for (size_t k = 0; k < ARRAY_LEN(rates); k++) {
        struct problem p = {.i = rates[k].i, .wrong = rates[k].wrong};
        p.whole = bad_of(r, all, &p);
        if (p.whole.bad > 0)
            ret[n++] = p;
    }
    qsort(ret, n, sizeof *ret, worst_first);
    return n < WEAK_INDICATORS ? n : WEAK_INDICATORS;
}

/* --- slices ------------------------------------------------------------------------------- */

struct slice {
    const char *name;
    struct bad is;
    double excess;
};

struct slices {
    uint32_t n;
    struct slice at[WEAK_SLICES];
};

/* Keeps it when it is among the worst: its excess clearly no chance. */
static void offer(const struct report *r, struct slices *s, const struct problem *p,
                  const struct sum *t, enum scope scope, uint32_t index)
{
    struct slice x = {.is = bad_of(r, t, p)};
    double rate = p->whole.bad / p->whole.all;
    x.excess = x.is.bad - rate * x.is.all;
    if (x.is.all < WEAK_CASES || x.excess <= 0 || x.is.all >= p->whole.all)
        return;
    if (p->wrong != WRONG_TIME) {
        struct interval here = wilson((uint64_t)x.is.bad, (uint64_t)x.is.all);
        if (here.low <= rate)
            return;
    }
    uint32_t at = s->n;
    while (at > 0 && s->at[at - 1].excess < x.excess)
        at--;
    if (at == WEAK_SLICES)
        return;
    if (scope == SCOPE_ALL)
        x.name = doc_text(r->doc, "%s %02u", word(W_R_HOUR), index);
    else
        x.name = doc_text(r->doc, "%s %s", phrase_scope(scope, words_lang()),
                          report_name(r, scope, index));
    s->n += s->n < WEAK_SLICES;
    memmove(&s->at[at + 1], &s->at[at], (s->n - at - 1) * sizeof x);
    s->at[at] = x;
}

static void find_slices(const struct report *r, const struct problem *p, struct slices *s)
{
    static const enum scope scopes[] = {SCOPE_TEAM, SCOPE_CATEGORY, SCOPE_CHANNEL, SCOPE_PRIORITY};
    s->n = 0;
    for (size_t k = 0; k < ARRAY_LEN(scopes); k++)
        for (uint32_t i = 1; i <= engine_names(r->cube->engine, scopes[k]); i++)
            offer(r, s, p, cube_name(r->cube, CUBE_NOW, scopes[k], i), scopes[k], i);
    for (uint32_t h = 0; h < 24; h++)
        offer(r, s, p, r->cube->at_hour[h], SCOPE_ALL, h);
}

static void put_level(const struct report *r, struct doc_table *t, const struct problem *p,
                      struct bad b)
{
    struct figure_source mean = {(uint16_t)p->i, IF_MEAN, 0};
    if (p->wrong == WRONG_TIME)
        doc_number(t, report_value(r, mean, (int64_t)(b.bad / b.all)), b.bad / b.all, UNIT_MS);
    else
        doc_number(t, report_share(r, b.bad / b.all), b.bad / b.all, UNIT_SHARE)->note =
            report_interval(r, wilson((uint64_t)b.bad, (uint64_t)b.all));
}

static void put_slices(struct report *r, const struct problem *p, const struct slices *s)
{
    const char *name = phrase_indicator(r->settings, p->i, words_lang()), *title;
    if (p->wrong == WRONG_TIME)
        title = report_phrase(r, W_R_WEAK_TIME, name, NULL, NULL);
    else
        title = report_phrase(r, W_R_WEAK_OF, name, report_count(r, (uint64_t)p->whole.bad),
                              report_count(r, (uint64_t)p->whole.all));
    struct doc_table *t = doc_table(
        r->doc, BLOCK_TABLE, doc_text(r->doc, "weak-%s", custom_name(r->settings, p->i)), title);
    t->cards = true;
    doc_column(t, "slice", word(W_R_WHERE), false, false);
    doc_column(t, "there", word(p->wrong == WRONG_TIME ? W_R_MEAN_THERE : W_R_MISSED_THERE), true,
               false);
    doc_column(t, "overall", word(W_R_OVERALL), true, false);
    doc_column(t, "share_of_misses", word(W_R_WORSE_SHARE), true, false);
    doc_column(t, "share_of_cases", word(W_R_CASE_SHARE), true, false);
    doc_column(t, "n", word(W_R_CASES), true, false);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct slice *x = &s->at[i];
        double misses = x->is.bad / p->whole.bad, cases = x->is.all / p->whole.all;
        doc_cell(t, x->name);
        put_level(r, t, p, x->is);
        put_level(r, t, p, p->whole);
        doc_number(t, report_share(r, misses), misses, UNIT_SHARE)->tone = TONE_BAD;
        doc_number(t, report_share(r, cases), cases, UNIT_SHARE);
        doc_number(t, report_count(r, (uint64_t)x->is.all), x->is.all, UNIT_COUNT);
    }
}

void report_weak(struct report *r)
{
    struct problem p[IND_N];
    uint32_t n = problems(r, p), told = 0;
    doc_head(r->doc, "weak", word(W_R_WEAK));
    doc_say(r->doc, BLOCK_NOTE, word(W_R_WEAK_NOTE));
    for (uint32_t i = 0; i < n; i++) {
        struct slices s;
        find_slices(r, &p[i], &s);
        if (s.n == 0)
            continue;
        put_slices(r, &p[i], &s);
        told++;
    }
    if (told == 0)
        doc_say(r->doc, BLOCK_TEXT, word(W_R_WEAK_NONE));
}
