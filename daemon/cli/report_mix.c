/* What shares categories, kinds of complaints and aspects have, and how aspects are rated. */
#include "core/event.h"
#include "daemon/cli/report_build.h"
#include "proto/phrase.h"

#include <stdlib.h>

enum { MIX_SHOWN = 15 };

struct share {
    uint32_t part, num;
    struct str name;
};

static int most_first(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    if (x->num != y->num)
        return x->num > y->num ? -1 : 1;
    return str_compare(x->name, y->name);
}

/* Those that have something in the period, the most first; the caller's to free. */
static struct share *shares_of(const struct report *r, enum part_kind mix, uint32_t *ret_n)
{
    const struct cube_parts *parts = &r->cube->mix[CUBE_NOW][mix];
    struct share *ret = malloc((parts->n + 1) * sizeof *ret);
    uint32_t n = 0;
    for (uint32_t i = 1; ret != NULL && i < parts->n; i++)
        if (parts->at[i] > 0)
            ret[n++] = (struct share){i, parts->at[i], engine_part(r->cube->engine, mix, i)};
    if (ret != NULL)
        qsort(ret, n, sizeof *ret, most_first);
    *ret_n = n;
    return ret;
}

/* "↑ 3.2 points" on the share of the period before. */
static void put_change(struct report *r, struct doc_table *t, uint32_t num, uint32_t den,
                       uint32_t was, uint32_t before)
{
    if (before == 0 || !r->compared) {
        doc_cell(t, "");
        return;
    }
    double by = (double)num / den - (double)was / before;
    doc_number(t, report_by_points(r, by), by, UNIT_SHARE)->tone =
        interval_apart(wilson(num, den), wilson(was, before)) ? TONE_NONE : TONE_QUIET;
}

static void put_share(struct report *r, struct doc_table *t, enum part_kind mix,
                      const struct share *s)
{
    uint32_t den = cube_whole(r->cube, CUBE_NOW, mix);
    uint32_t before = cube_whole(r->cube, CUBE_PRIOR, mix);
    double share = (double)s->num / den;
    bool category = strcmp(mixes[mix].by, "category") == 0;
    doc_cell(t, category ? report_name(r, SCOPE_CATEGORY, s->part)
                         : doc_text(r->doc, "%.*s", (int)s->name.len, s->name.p));
    struct doc_cell *cell = doc_number(t, report_share(r, share), share, UNIT_SHARE);
    if ((uint64_t)s->num * 100 > (uint64_t)den * r->settings->flag_over) {
        cell->tone = TONE_FLAG;
        cell->note =
            report_phrase(r, W_R_FLAGGED, report_count(r, r->settings->flag_over), NULL, NULL);
    }
    doc_number(t, report_count(r, s->num), s->num, UNIT_COUNT);
    doc_cell(t, report_interval(r, wilson(s->num, den)));
    put_change(r, t, s->num, den, cube_part(r->cube, CUBE_PRIOR, mix, s->part), before);
}

/* false: the mix has no parts. */
static bool put_mix(struct report *r, enum part_kind mix, bool headed)
{
    bool opened = mix == PART_OPENED_CATEGORY;
    uint32_t n;
    struct share *share = shares_of(r, mix, &n);
    if (n == 0) {
        free(share);
        return false;
    }
    if (!headed) {
        doc_head(r->doc, "categories", word(W_R_MIX));
        doc_say(
            r->doc, BLOCK_NOTE,
            report_phrase(r, W_R_MIX_FLAG, report_count(r, r->settings->flag_over), NULL, NULL));
    }
    const char *whole = phrase_whole(mix, words_lang()), *by = phrase_part(mix, words_lang());
    struct doc_table *t =
        doc_table(r->doc, BLOCK_TABLE,
                  opened ? "categories" : doc_text(r->doc, "%s.%s", mixes[mix].of, mixes[mix].by),
                  opened ? word(W_R_MIX_CHART) : doc_text(r->doc, "%s: %s", whole, by));
    t->chart = CHART_BARS;
    doc_column(t, mixes[mix].by, by, false, false);
    doc_column(t, "share", word(W_R_SHARE), true, true);
    doc_column(t, mixes[mix].of, whole, true, false);
    doc_column(t, "interval", word(W_R_INTERVAL), true, false);
    doc_column(t, "change", word(W_R_CHANGE), true, false);
    t->rows_shown = MIX_SHOWN;
    for (uint32_t i = 0; i < n; i++)
        put_share(r, t, mix, &share[i]);
    free(share);
    return true;
}

/* Mean and number of the ratings of every aspect, by name. */
static void put_aspects(struct report *r)
{
    static const struct figure_source mean = {IND_CSAT, IF_MEAN, 0};
    const struct sum *now = r->cube->sum[CUBE_NOW], *before = r->cube->sum[CUBE_PRIOR];
    struct share aspect[SUM_ASPECTS];
    uint32_t n = 0;
    for (uint32_t a = 1; a < SUM_ASPECTS && now != NULL; a++)
        if (now->rated[a].n > 0)
            aspect[n++] = (struct share){a, 0, engine_part(r->cube->engine, PART_RATED, a)};
    if (n == 0)
        return;
    qsort(aspect, n, sizeof aspect[0], most_first);
    const char *by = phrase_part(PART_LOW_ASPECT, words_lang());
    const char *csat = phrase_indicator(r->settings, IND_CSAT, words_lang());
    struct doc_table *t =
        doc_table(r->doc, BLOCK_TABLE, "aspects", doc_text(r->doc, "%s: %s", csat, by));
    doc_column(t, "aspect", by, false, false);
    doc_column(t, "mean", csat, true, false);
    doc_column(t, "n", word(W_R_CASES), true, false);
    doc_column(t, "before", word(W_R_BEFORE), true, false);
    doc_column(t, "change", word(W_R_CHANGE), true, false);
    for (uint32_t i = 0; i < n; i++) {
        struct figure f = sum_rated(now, aspect[i].part);
        struct figure was = sum_rated(before, aspect[i].part);
        struct figure_source of = {IND_CSAT, IF_MEAN, (uint8_t)aspect[i].part};
        struct number both = report_number(r, now, before, of);
        doc_cell(t, doc_text(r->doc, "%.*s", (int)aspect[i].name.len, aspect[i].name.p));
        doc_number(t, report_figure(r, mean, &f), (double)f.top / (double)f.bottom / NUMBER_ONE,
                   UNIT_COUNT);
        doc_number(t, report_count(r, f.n), f.n, UNIT_COUNT);
        if (was.bottom > 0 && r->compared)
            report_cell(r, t, mean, &was);
        else
            doc_cell(t, "");
        report_change(r, t, &both);
    }
}

void report_mix(struct report *r)
{
    bool headed = false;
    for (int mix = 0; mix < MIX_N; mix++)
        headed |= put_mix(r, (enum part_kind)mix, headed);
    put_aspects(r);
}
