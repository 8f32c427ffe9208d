/* What changes over time, over categories and over the hours of the day. */
#include "daemon/cli/report_build.h"

#include "core/event.h"

#include <stdlib.h>

/* --- steps -------------------------------------------------------------------------------- */

struct line {
    struct figure_source of;
    const char *key;
};

/* Steps that have begun as of the report: later ones are not known yet. */
static uint32_t steps_known(const struct report *r)
{
    uint32_t n = 0;
    while (n < r->cube->steps && r->cube->edge[n] <= r->cube->setup.as_of[CUBE_NOW])
        n++;
    return n;
}

static bool any(const struct report *r, enum indicator i)
{
    struct kpi_value v;
    return sum_value(r->cube->sum[CUBE_NOW], r->settings, i, &v);
}

/* "3 d": a first or last step that the period cuts, or one that runs; NULL: a whole one. */
static const char *cut_note(const struct report *r, uint32_t step)
{
    static const ms_t least[STEP_N] = {22 * MS_HOUR, 6 * MS_DAY, 27 * MS_DAY};
    char buf[PHRASE_MAX];
    ms_t to = ms_min(r->cube->edge[step + 1], r->cube->setup.as_of[CUBE_NOW]);
    ms_t length = to - r->cube->edge[step];
    if (length > least[r->cube->setup.step])
        return NULL;
    return doc_text(r->doc, "%s", phrase_duration(buf, length, words_lang()));
}

/* One chart of lines that share a unit, and its table: with the cases behind ratios and times. */
static void chart(struct report *r, const char *id, const struct line *line, uint32_t lines,
                  const char *title)
{
    static const enum word heads[STEP_N] = {W_R_STEP_DAY, W_R_STEP_WEEK, W_R_STEP_MONTH};
    struct cube *c = r->cube;
    uint32_t shown = 0;
    for (uint32_t l = 0; l < lines; l++)
        shown += any(r, (enum indicator)line[l].of.indicator);
    if (shown == 0)
        return;
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, id, title);
    t->chart = CHART_LINE;
    if (line[0].of.indicator == IND_CSAT) {
        t->low = 1;
        t->high = 5;
    }
    doc_column(t, "step", word(heads[c->setup.step]), false, false);
    for (uint32_t l = 0; l < lines; l++) {
        enum indicator i = (enum indicator)line[l].of.indicator;
        if (!any(r, i))
            continue;
        bool plain = line[l].of.field == define_field(r->settings, i);
        doc_column(t, line[l].key,
                   plain && indicator_kind(i) != IND_DURATION
                       ? phrase_indicator(r->settings, i, words_lang())
                       : doc_text(r->doc, "%s %s", phrase_indicator(r->settings, i, words_lang()),
                                  report_field(line[l].of)),
                   true, true);
    }
    for (uint32_t s = 0; s < steps_known(r); s++) {
        char name[PERIOD_NAME];
        period_name(name, &r->settings->zone, c->setup.step, c->edge[s]);
        doc_cell(t, doc_text(r->doc, "%s", name))->note = cut_note(r, s);
        for (uint32_t l = 0; l < lines; l++) {
            if (!any(r, (enum indicator)line[l].of.indicator))
                continue;
            struct figure f = sum_figure(c->at_step[s], r->settings, line[l].of);
            report_cell(r, t, line[l].of, &f);
        }
    }
}

static void backlog(struct report *r)
{
    struct cube *c = r->cube;
    static const enum word heads[STEP_N] = {W_R_STEP_DAY, W_R_STEP_WEEK, W_R_STEP_MONTH};
    if (!any(r, IND_OPENED))
        return;
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "backlog",
                                    phrase_indicator(r->settings, IND_OPEN, words_lang()));
    t->chart = CHART_LINE;
    doc_column(t, "step", word(heads[c->setup.step]), false, false);
    doc_column(t, "open", word(W_R_OPEN_END), true, true);
    for (uint32_t s = 0; s < c->steps && s < c->edges_passed; s++) {
        char name[PERIOD_NAME];
        period_name(name, &r->settings->zone, c->setup.step, c->edge[s]);
        doc_cell(t, doc_text(r->doc, "%s", name));
        doc_number(t, report_count(r, (uint64_t)c->open[s + 1]), (double)c->open[s + 1],
                   UNIT_COUNT);
    }
    if (doc_rows(t) == 0)
        doc_drop(r->doc);
}

void report_trend(struct report *r)
{
    static const struct line flow[] = {{{IND_OPENED, IF_NUM, 0}, "opened"},
                                       {{IND_RESOLVED, IF_NUM, 0}, "resolved"},
                                       {{IND_REPLIES, IF_NUM, 0}, "replies"}};
    static const struct line first[] = {{{IND_FIRST_RESPONSE, IF_P50, 0}, "first_response.p50"},
                                        {{IND_FIRST_RESPONSE, IF_P90, 0}, "first_response.p90"}};
    static const struct line solved[] = {{{IND_RESOLUTION, IF_P50, 0}, "resolution.p50"},
                                         {{IND_RESOLUTION, IF_P90, 0}, "resolution.p90"}};
    static const struct line rates[] = {{{IND_SLA_RATE, IF_VALUE, 0}, "sla_rate"},
                                        {{IND_FCR, IF_VALUE, 0}, "first_contact_resolution"},
                                        {{IND_REOPEN_RATE, IF_VALUE, 0}, "reopen_rate"},
                                        {{IND_CSAT_RATE, IF_VALUE, 0}, "csat_rate"}};
    static const struct line calls[] = {{{IND_CALLS_OFFERED, IF_NUM, 0}, "calls_offered"},
                                        {{IND_CALLS_ANSWERED, IF_NUM, 0}, "calls_answered"},
                                        {{IND_CALLS_ABANDONED, IF_NUM, 0}, "calls_abandoned"}};
    static const struct line csat[] = {{{IND_CSAT, IF_MEAN, 0}, "csat"}};
    const struct {
        const char *id;
        const struct line *line;
        uint32_t n;
        const char *title;
    } all[] = {
        {"flow", flow, ARRAY_LEN(flow), word(W_R_FLOW)},
        {"first-response", first, ARRAY_LEN(first),
         phrase_indicator(r->settings, IND_FIRST_RESPONSE, words_lang())},
        {"resolution", solved, ARRAY_LEN(solved),
         phrase_indicator(r->settings, IND_RESOLUTION, words_lang())},
        {"rates", rates, ARRAY_LEN(rates), word(W_R_RATES)},
        {"csat", csat, ARRAY_LEN(csat), phrase_indicator(r->settings, IND_CSAT, words_lang())},
        {"calls", calls, ARRAY_LEN(calls), word(W_R_CALLS)},
    };
    doc_head(r->doc, "trend", word(W_R_TREND));
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        chart(r, all[i].id, all[i].line, all[i].n, all[i].title);
        if (i == 0)
            backlog(r);
    }
}

/* --- categories --------------------------------------------------------------------------- */

struct ranked {
    uint32_t index;
    int64_t n;
};

static int most_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Names of a scope by a count, the most first; the caller's to free. */
static struct ranked *rank_names(const struct report *r, enum scope scope, struct figure_source of,
                                 uint32_t *ret_n)
{
    uint32_t names = engine_names(r->cube->engine, scope), n = 0;
    struct ranked *ret = malloc((names + 1) * sizeof *ret);
    for (uint32_t i = 1; ret != NULL && i <= names; i++) {
        struct figure f = sum_figure(cube_name(r->cube, CUBE_NOW, scope, i), r->settings, of);
        if (f.n > 0)
            ret[n++] = (struct ranked){i, f.n};
    }
    if (ret != NULL)
        qsort(ret, n, sizeof *ret, most_first);
    *ret_n = n;
    return ret;
}

enum { BAND_SHOWN = 15, BAND_CASES = 5 };

/* --- response times ----------------------------------------------------------------------- */

static void put_band(struct report *r, struct doc_table *t, const char *name,
                     const struct values *v)
{
    static const struct figure_source of = {IND_FIRST_RESPONSE, IF_P50, 0};
    static const uint32_t permille[] = {250, 500, 750, 900};
    struct window_order order;
    values_order(v, &order);
    doc_cell(t, name);
    for (size_t i = 0; i < ARRAY_LEN(permille); i++) {
        ms_t ms;
        if (values_rank(v, permille[i], &ms))
            doc_number(t, report_value(r, of, ms), (double)ms, UNIT_MS);
        else
            doc_cell(t, "·");
    }
    doc_number(t, report_count(r, order.n), order.n, UNIT_COUNT);
}

static struct doc_table *band(struct report *r, const char *id, const char *title,
                              const char *where)
{
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, id, title);
    t->chart = CHART_BAND;
    t->logarithmic = true;
    doc_column(t, "where", where, false, false);
    doc_column(t, "p25", word(W_R_P25), true, true);
    doc_column(t, "p50", word(W_R_MEDIAN), true, true);
    doc_column(t, "p75", word(W_R_P75), true, true);
    doc_column(t, "p90", word(W_R_P90), true, false);
    doc_column(t, "n", word(W_R_CASES), true, false);
    return t;
}

static void by_category(struct report *r, const char *name)
{
    static const struct figure_source n_of = {IND_FIRST_RESPONSE, IF_N, 0};
    uint32_t n;
    struct ranked *rank = rank_names(r, SCOPE_CATEGORY, n_of, &n);
    struct doc_table *t =
        band(r, "times-category", report_phrase(r, W_R_BAND_CATEGORY, name, NULL, NULL),
             word(W_R_CATEGORY));
    t->rows_shown = BAND_SHOWN;
    for (uint32_t i = 0; i < n && rank[i].n >= BAND_CASES; i++)
        put_band(r, t, report_name(r, SCOPE_CATEGORY, rank[i].index),
                 &cube_name(r->cube, CUBE_NOW, SCOPE_CATEGORY, rank[i].index)
                      ->values[FAM_REPLIES][REPLIES_FIRST]);
    if (doc_rows(t) == 0)
        doc_drop(r->doc);
    free(rank);
}

static void by_hour(struct report *r, const char *id, const char *name, uint32_t family)
{
    struct doc_table *t =
        band(r, id, report_phrase(r, W_R_BAND_HOUR, name, NULL, NULL), word(W_R_HOUR));
    uint32_t cases = 0;
    for (uint32_t h = 0; h < 24; h++) {
        struct window_order order;
        values_order(&r->cube->wait_from[family][h], &order);
        cases += order.n;
        put_band(r, t, doc_text(r->doc, "%02u", h), &r->cube->wait_from[family][h]);
    }
    if (cases == 0)
        doc_drop(r->doc);
}

void report_times(struct report *r)
{
    const char *first = phrase_indicator(r->settings, IND_FIRST_RESPONSE, words_lang());
    if (!any(r, IND_FIRST_RESPONSE) && !any(r, IND_WAIT))
        return;
    doc_head(r->doc, "times", word(W_R_TIMES));
    by_category(r, first);
    by_hour(r, "times-hour", first, FAM_REPLIES);
    by_hour(r, "calls-hour", phrase_indicator(r->settings, IND_WAIT, words_lang()), FAM_CALLS);
}
