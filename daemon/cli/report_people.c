/* Agents in their order, and teams. */
#include "daemon/cli/report_build.h"

#include "core/name.h"
#include "core/rank.h"

#include <stdlib.h>

enum { PEOPLE_SHOWN = 40, MEDALS = 3 };

/* Columns of both tables; only those with something in them are shown. */
static const struct figure_source shown[] = {
    {IND_HANDLED, IF_NUM, 0},
    {IND_REPLIES, IF_NUM, 0},
    {IND_RESOLVED_TICKETS, IF_NUM, 0},
    {IND_FIRST_RESPONSE, IF_P50, 0},
    {IND_RESOLUTION, IF_P50, 0},
    {IND_SLA_RATE, IF_VALUE, 0},
    {IND_FCR, IF_VALUE, 0},
    {IND_REOPEN_RATE, IF_VALUE, 0},
    {IND_CSAT, IF_MEAN, 0},
    {IND_TALK, IF_N, 0},
    {IND_ANSWER_RATE, IF_VALUE, 0},
};

struct person {
    uint32_t index;
    const struct sum *now;
    struct figure by;             /* what they are ranked by, without a scorecard */
    const struct scorecard *card; /* NULL: none */
    struct score score;
    uint32_t place; /* 0: none */
};

static int better_first(const void *a, const void *b)
{
    const struct person *x = a, *y = b;
    if (x->score.scored != y->score.scored)
        return x->score.scored ? -1 : 1;
    if (x->score.scored && x->score.total != y->score.total)
        return x->score.total < y->score.total ? 1 : -1;
    if (x->by.n != y->by.n)
        return x->by.n < y->by.n ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

/* People of the scope who did something; (auto) and its like are nobody to be ranked. */
static uint32_t gather(struct report *r, enum scope scope, struct figure_source by,
                       struct person *ret, bool *ret_scored)
{
    uint32_t n = 0;
    *ret_scored = false;
    for (uint32_t i = 1; i <= engine_names(r->cube->engine, scope); i++) {
        struct person p = {.index = i, .now = cube_name(r->cube, CUBE_NOW, scope, i)};
        struct str name = engine_name(r->cube->engine, scope, i);
        struct engine_agent agent = {0};
        if (p.now == NULL || name_reserved_find(name) != NAME_PLAIN)
            continue;
        if (scope == SCOPE_AGENT)
            engine_agent(r->cube->engine, i, &agent);
        struct kpi_value v;
        bool any = false;
        for (size_t k = 0; k < ARRAY_LEN(shown); k++)
            any = any || sum_value(p.now, r->settings, (enum indicator)shown[k].indicator, &v);
        p.by = sum_figure(p.now, r->settings, by);
        p.card = report_card(r, scope, name, agent.team);
        if (p.card != NULL)
            report_score(r, p.card, p.now, &p.score);
        if ((!any && !p.score.scored) || agent.bot)
            continue;
        *ret_scored = *ret_scored || p.score.scored;
        ret[n++] = p;
    }
    qsort(ret, n, sizeof *ret, better_first);
    return n;
}

/* Equal ones share a place; with scores, those without have none. */
static void give_places(struct person *p, uint32_t n, bool scored)
{
    for (uint32_t i = 0; i < n; i++) {
        if (scored ? !p[i].score.scored : p[i].by.n == 0)
            continue;
        bool tie = i > 0 &&
                   (scored ? p[i].score.total == p[i - 1].score.total : p[i].by.n == p[i - 1].by.n);
        p[i].place = tie ? p[i - 1].place : i + 1;
    }
}

static const char *head(struct report *r, struct figure_source of)
{
    const char *name = phrase_indicator(r->settings, (enum indicator)of.indicator, words_lang());
    if (of.field == define_field(r->settings, (enum indicator)of.indicator) &&
        indicator_kind((enum indicator)of.indicator) != IND_DURATION)
        return name;
    if (of.field == IF_ATTAINMENT)
        return doc_text(r->doc, "%s · %s", name, word(W_R_ATTAINMENT));
    if (of.field == IF_N)
        return doc_text(r->doc, "%s · %s", name, word(W_R_CASES));
    return doc_text(r->doc, "%s · %s", name, word(W_R_MEDIAN));
}

static const char *key(struct report *r, struct figure_source of)
{
    return doc_text(r->doc, "%s.%s", custom_name(r->settings, (enum indicator)of.indicator),
                    indicator_field_name((enum indicator_field)of.field));
}

/* And which part of the card's weights it stands on, if items were left out. */
static const char *grade(struct report *r, const struct score *s)
{
    const char *word_of = score_grade_word((enum score_grade)s->grade, r->doc->chinese);
    if (s->weight >= s->weight_all)
        return word_of;
    return doc_text(r->doc, "%s · %s %s", word_of, word(W_S_COUNTED),
                    report_share(r, (double)s->weight / (double)s->weight_all));
}

static void put_person(struct report *r, struct doc_table *t, enum scope scope,
                       const struct person *p, bool scored, uint32_t columns)
{
    struct str name = engine_name(r->cube->engine, scope, p->index);
    doc_cell(t, report_name(r, scope, p->index))->key =
        doc_text(r->doc, "%.*s", (int)name.len, name.p);
    if (p->place > 0)
        doc_number(t, doc_text(r->doc, "%s%u", p->place <= MEDALS ? "★ " : "", p->place), p->place,
                   UNIT_COUNT);
    else
        doc_cell(t, "·");
    if (scored && p->score.scored)
        doc_number(t, doc_text(r->doc, "%.2f", p->score.total / 100.0), p->score.total / 100.0,
                   UNIT_COUNT)
            ->note = grade(r, &p->score);
    else if (scored)
        doc_cell(t, "·");
    for (size_t k = 0; k < ARRAY_LEN(shown); k++) {
        if ((columns >> k & 1) == 0)
            continue;
        struct figure f = sum_figure(p->now, r->settings, shown[k]);
        report_cell(r, t, shown[k], &f);
    }
}

/* One item of somebody's card: its points, the value below them. */
static void put_item(struct report *r, struct doc_table *t, const struct sum *now,
                     const struct score_item *item, const struct score_line *line)
{
    if (line->state == LINE_FEW) {
        doc_cell(t, "·");
        return;
    }
    double points = line->points / 100.0;
    struct doc_cell *cell = doc_number(t, doc_text(r->doc, "%.2f", points), points, UNIT_COUNT);
    struct figure f = sum_figure(now, r->settings, item->of);
    const char *sure = report_sure(r, item->of, &f);
    if (line->has_value)
        cell->note = doc_text(r->doc, "%s%s%s", report_value(r, item->of, line->value),
                              sure == NULL ? "" : " · ", sure == NULL ? "" : sure);
    cell->tone = line->standing == LINE_STRONG ? TONE_GOOD
                 : line->standing == LINE_WEAK ? TONE_BAD
                                               : TONE_NONE;
}

static void card_table(struct report *r, const struct scorecard *card, enum scope scope,
                       const char *id, const struct person *p, uint32_t n)
{
    struct doc_table *t =
        doc_table(r->doc, BLOCK_TABLE, id,
                  report_phrase(r, W_R_CARD_ITEMS, card->title[0] != '\0' ? card->title : card->id,
                                NULL, NULL));
    t->cards = true;
    t->rows_shown = PEOPLE_SHOWN;
    doc_column(t, "name", word(W_R_NAME), false, false);
    doc_column(t, "score", word(W_R_SCORE), true, false);
    for (uint32_t k = 0; k < card->items; k++) {
        const struct score_item *item = &card->item[k];
        const char *title = item->title[0] != '\0' ? item->title : report_indicator(r, item->of);
        doc_column(t, item->id, doc_text(r->doc, "%s · %g", title, item->weight / 100.0), true,
                   false);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (p[i].card != card || !p[i].score.scored)
            continue;
        struct str name = engine_name(r->cube->engine, scope, p[i].index);
        doc_cell(t, report_name(r, scope, p[i].index))->key =
            doc_text(r->doc, "%.*s", (int)name.len, name.p);
        doc_number(t, doc_text(r->doc, "%.2f", p[i].score.total / 100.0), p[i].score.total / 100.0,
                   UNIT_COUNT)
            ->note = grade(r, &p[i].score);
        for (uint32_t k = 0; k < card->items; k++)
            put_item(r, t, p[i].now, &card->item[k], &p[i].score.line[k]);
    }
}

/* Why a score is what it is: a table for each card, or variant of it. */
static void cards(struct report *r, enum scope scope, const char *id, const struct person *p,
                  uint32_t n)
{
    uint32_t tables = 0;
    for (uint32_t c = 0; c < r->cards->cards; c++) {
        const struct scorecard *card = &r->cards->card[c];
        bool anybody = false;
        for (uint32_t i = 0; i < n; i++)
            anybody = anybody || (p[i].card == card && p[i].score.scored);
        if (!anybody)
            continue;
        if (tables == 0)
            doc_say(r->doc, BLOCK_NOTE, word(W_R_CARD_ITEMS_NOTE));
        const char *own = tables == 0 ? doc_text(r->doc, "%s-items", id)
                                      : doc_text(r->doc, "%s-items-%u", id, tables + 1);
        card_table(r, card, scope, own, p, n);
        tables++;
    }
}

static void table(struct report *r, enum scope scope, const char *id, enum word title)
{
    static const struct figure_source solved = {IND_RESOLVED_TICKETS, IF_NUM, 0};
    static const struct figure_source calls = {IND_TALK, IF_N, 0};
    struct kpi_value v;
    bool desk = sum_value(r->cube->sum[CUBE_NOW], r->settings, IND_RESOLVED_TICKETS, &v);
    struct figure_source by = desk ? solved : calls;
    uint32_t names = engine_names(r->cube->engine, scope), columns = 0;
    struct person *p = calloc(names + 1, sizeof *p);
    bool scored = false;
    uint32_t n = p == NULL ? 0 : gather(r, scope, by, p, &scored);
    if (n == 0) {
        free(p);
        return;
    }
    give_places(p, n, scored);
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LEN(shown); k++)
            columns |= (uint32_t)(sum_figure(p[i].now, r->settings, shown[k]).n > 0) << k;
    doc_head(r->doc, id, word(title));
    const char *what = phrase_indicator(r->settings, (enum indicator)by.indicator, words_lang());
    if (scored)
        what = word(W_R_RANKED_SCORE);
    doc_say(r->doc, BLOCK_NOTE, report_phrase(r, W_R_RANKED_BY, what, NULL, NULL));
    if (scope == SCOPE_AGENT)
        doc_say(r->doc, BLOCK_NOTE, word(W_R_AGENT_NOTE));
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, id, NULL);
    t->cards = true;
    t->rows_shown = PEOPLE_SHOWN;
    doc_column(t, "name", word(W_R_NAME), false, false);
    doc_column(t, "rank", word(W_R_RANK), true, false);
    if (scored)
        doc_column(t, "score", word(W_R_SCORE), true, false);
    for (size_t k = 0; k < ARRAY_LEN(shown); k++)
        if ((columns >> k & 1) != 0)
            doc_column(t, key(r, shown[k]), head(r, shown[k]), true, false);
    for (uint32_t i = 0; i < n; i++)
        put_person(r, t, scope, &p[i], scored, columns);
    if (scored)
        cards(r, scope, id, p, n);
    free(p);
}

void report_people(struct report *r)
{
    table(r, SCOPE_AGENT, "agents", W_R_AGENTS);
    if (r->cube->setup.team == NULL)
        table(r, SCOPE_TEAM, "teams", W_R_TEAMS);
}
