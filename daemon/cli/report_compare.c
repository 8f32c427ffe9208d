/* Both periods side by side: every indicator that either has, of the whole and of every name. */
#include "daemon/cli/report_build.h"

#include "core/event.h"

#include <stdlib.h>

enum { ROWS_SHOWN = 24 /* of a table at least, before the rest is folded away */ };

/* One name of a scope, or the whole. */
struct side {
    const char *name, *key;
    const struct sum *now, *before;
};

static bool is_none(const struct number *n)
{
    bool now = n->has && (!n->now.count || n->now.top != 0);
    bool before = n->had && (!n->before.count || n->before.top != 0);
    return !now && !before;
}

/* "first response · p90": durations have several numbers. */
static const char *title_of(const struct report *r, struct figure_source of)
{
    const char *name = report_indicator(r, of);
    if (of.field == IF_ATTAINMENT)
        return doc_text(r->doc, "%s · %s", name, word(W_R_ATTAINMENT));
    bool many = indicator_kind((enum indicator)of.indicator) == IND_DURATION;
    return many ? doc_text(r->doc, "%s · %s", name, report_field(of)) : name;
}

static void put_row(struct report *r, struct doc_table *t, const struct side *s,
                    struct figure_source of, const char *wire, const char *title)
{
    struct number n = report_number(r, s->now, s->before, of);
    if (is_none(&n))
        return;
    doc_cell(t, s->name)->key = doc_text(r->doc, "%s/%s.%s", s->key, wire,
                                         indicator_field_name((enum indicator_field)of.field));
    doc_cell(t, title);
    report_cell(r, t, of, &n.before);
    report_cell(r, t, of, &n.now);
    report_change(r, t, &n);
}

static void put_of(struct report *r, struct doc_table *t, const struct side *s,
                   struct figure_source of)
{
    put_row(r, t, s, of, custom_name(r->settings, (enum indicator)of.indicator), title_of(r, of));
}

/* By the engine's names: the settings know only those that rules and cards are about. */
static void put_aspects(struct report *r, struct doc_table *t, const struct side *s)
{
    const char *csat = phrase_indicator(r->settings, IND_CSAT, words_lang());
    for (uint32_t a = 1; a < SUM_ASPECTS; a++) {
        if (sum_rated(s->now, a).n == 0 && sum_rated(s->before, a).n == 0)
            continue;
        struct str name = engine_part(r->cube->engine, PART_RATED, a);
        put_row(r, t, s, (struct figure_source){IND_CSAT, IF_MEAN, (uint8_t)a},
                doc_text(r->doc, "csat.%.*s", (int)name.len, name.p),
                doc_text(r->doc, "%s (%.*s)", csat, (int)name.len, name.p));
    }
}

static void put_side(struct report *r, struct doc_table *t, const struct side *s)
{
    for (uint32_t k = 0; k < IND_GAUGE_FIRST; k++) {
        enum indicator i = (enum indicator)k;
        struct figure_source of = report_source(r, i);
        if (report_is_silent(r, i))
            continue;
        put_of(r, t, s, of);
        bool judged = indicator_kind(i) == IND_DURATION && !indicator_is_business(i);
        if (judged && of.field != IF_ATTAINMENT)
            put_of(r, t, s, (struct figure_source){(uint16_t)i, IF_ATTAINMENT, 0});
        if (i == IND_CSAT)
            put_aspects(r, t, s);
    }
}

static struct doc_table *start(struct report *r, enum scope scope, const char *title)
{
    struct doc_table *t =
        doc_table(r->doc, BLOCK_TABLE, doc_text(r->doc, "compare_%s", scope_name(scope)), title);
    t->cards = true;
    doc_column(t, "name", word(W_R_NAME), false, false);
    doc_column(t, "indicator", word(W_R_INDICATOR), false, false);
    doc_column(t, "before", word(W_R_BEFORE), true, false);
    doc_column(t, "actual", word(W_R_ACTUAL), true, false);
    doc_column(t, "change", word(W_R_CHANGE), true, false);
    return t;
}

/* A name with how much there is of it: the busiest stand first, and where not all are shown. */
struct busy {
    uint32_t index;
    uint64_t n;
};

static int busiest_first(const void *a, const void *b)
{
    const struct busy *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

static uint64_t samples(const struct sum *t)
{
    uint64_t n = 0;
    for (uint32_t f = 0; t != NULL && f < FAM_N; f++)
        n += t->numbers[f].samples;
    return n;
}

/* Names that either period has; the caller's to free. */
static struct busy *names_of(const struct report *r, enum scope scope, uint32_t *ret_n)
{
    uint32_t names = engine_names(r->cube->engine, scope), n = 0;
    struct busy *ret = malloc((names + 1) * sizeof *ret);
    for (uint32_t i = 1; ret != NULL && i <= names; i++) {
        const struct sum *now = cube_name(r->cube, CUBE_NOW, scope, i);
        const struct sum *before = cube_name(r->cube, CUBE_PRIOR, scope, i);
        if (now != NULL || before != NULL)
            ret[n++] = (struct busy){i, samples(now) + samples(before)};
    }
    *ret_n = n;
    return ret;
}

static void put_scope(struct report *r, enum scope scope)
{
    uint32_t n, shown;
    struct busy *name = names_of(r, scope, &n);
    struct doc_table *t = start(r, scope, phrase_scope(scope, words_lang()));
    shown = n < r->names_max ? n : r->names_max;
    if (n > 0)
        qsort(name, n, sizeof *name, busiest_first);
    for (uint32_t k = 0; k < shown; k++) {
        struct str wire = engine_name(r->cube->engine, scope, name[k].index);
        struct side s = {.name = report_name(r, scope, name[k].index),
                         .key = doc_text(r->doc, "%.*s", (int)wire.len, wire.p),
                         .now = cube_name(r->cube, CUBE_NOW, scope, name[k].index),
                         .before = cube_name(r->cube, CUBE_PRIOR, scope, name[k].index)};
        put_side(r, t, &s);
        if (t->rows_shown == 0 && doc_rows(t) >= ROWS_SHOWN) /* whole names */
            t->rows_shown = doc_rows(t);
    }
    free(name);
    if (doc_rows(t) == 0)
        doc_drop(r->doc);
    else if (shown < n)
        doc_say(r->doc, BLOCK_NOTE,
                report_phrase(r, W_R_MORE_NAMES, report_count(r, n - shown), NULL, NULL));
}

void report_compare(struct report *r)
{
    static const enum scope scopes[] = {SCOPE_TEAM, SCOPE_AGENT, SCOPE_CATEGORY, SCOPE_CHANNEL,
                                        SCOPE_PRIORITY};
    const char *team = r->cube->setup.team;
    if (!r->compared)
        return;
    doc_head(r->doc, "compare", word(W_R_SIDE_BY_SIDE));
    doc_say(r->doc, BLOCK_NOTE, word(W_R_COMPARE_NOTE));
    report_say_silent(r);
    struct side whole = {.name = team == NULL ? word(W_R_EVERYTHING) : team,
                         .key = team == NULL ? "all" : team,
                         .now = r->cube->sum[CUBE_NOW],
                         .before = r->cube->sum[CUBE_PRIOR]};
    struct doc_table *all = start(r, SCOPE_ALL, whole.name);
    put_side(r, all, &whole);
    all->rows_shown = ROWS_SHOWN;
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
        put_scope(r, scopes[i]);
}
