/* Agents in their order, and teams. */
#include "daemon/cli/report_build.h"

#include "daemon/cli/report_score.h"

#include "core/name.h"
#include "core/rank.h"

#include <stdlib.h>

enum { PEOPLE_SHOWN = 40 };

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
    uint32_t cards;               /* bits: which of those at hand they have */
    const struct scorecard *card; /* of the one that is being ranked; NULL: none */
    const struct sum *judged;     /* what it looks at: in its hours, if it has any */
    struct score score;
    uint32_t place; /* 0: none */
};

/* The cards of a scope, by the first of their id, and of these the ones that somebody has a score
 * of. */
struct ranking {
    enum scope scope;
    const char *id; /* of tables */
    struct person *person;
    uint32_t n, columns;
    const struct scorecard *first[SCORECARDS_MAX];
    uint32_t firsts;
    uint32_t scored;  /* bits */
    const char *when; /* the hours of the card at hand that all its variants have; "" = all hours */
};

static bool has_place(const struct person *p)
{
    return p->score.scored && !p->score.voided;
}

static int better_first(const void *a, const void *b)
{
    const struct person *x = a, *y = b;
    if (has_place(x) != has_place(y))
        return has_place(x) ? -1 : 1;
    if (x->score.scored != y->score.scored)
        return x->score.scored ? -1 : 1;
    if (x->score.scored && x->score.total != y->score.total)
        return x->score.total < y->score.total ? 1 : -1;
    if (x->by.n != y->by.n)
        return x->by.n < y->by.n ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Scores a person on a card of this id; without it the person has none. */
static void judge(const struct report *r, enum scope scope, const struct scorecard *first,
                  struct person *p)
{
    struct engine_agent agent = {0};
    if (scope == SCOPE_AGENT)
        engine_agent(r->cube->engine, p->index, &agent);
    p->score = (struct score){0};
    p->card = cards_find(r->cards, first, engine_name(r->cube->engine, scope, p->index), agent.team,
                         r->cube->setup.period[CUBE_NOW].from);
    p->judged = p->card == NULL ? NULL : report_judged_name(r, p->card, p->index);
    if (p->card != NULL)
        report_score(r, p->card, p->judged, &p->score);
}

/* Did they do something that a table shows, or a card judges? */
static bool is_anybody(const struct report *r, struct ranking *k, struct person *p)
{
    struct kpi_value v;
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        any = any || sum_value(p->now, r->settings, (enum indicator)shown[i].indicator, &v);
    for (uint32_t f = 0; f < k->firsts; f++) {
        judge(r, k->scope, k->first[f], p);
        p->cards |= (uint32_t)(p->card != NULL) << f;
        k->scored |= (uint32_t)p->score.scored << f;
        any = any || p->score.scored;
    }
    p->card = NULL;
    p->score = (struct score){0};
    return any;
}

/* People of the scope who did something; (auto) and its like are nobody to be ranked. */
static void gather(struct report *r, struct ranking *k, struct figure_source by)
{
    for (uint32_t i = 1; i <= engine_names(r->cube->engine, k->scope); i++) {
        struct person p = {.index = i, .now = cube_name(r->cube, CUBE_NOW, k->scope, i)};
        struct str name = engine_name(r->cube->engine, k->scope, i);
        struct engine_agent agent = {0};
        if (p.now == NULL || name_reserved_find(name) != NAME_PLAIN)
            continue;
        if (k->scope == SCOPE_AGENT)
            engine_agent(r->cube->engine, i, &agent);
        p.by = sum_figure(p.now, r->settings, by);
        if (agent.bot || !is_anybody(r, k, &p))
            continue;
        for (size_t c = 0; c < ARRAY_LEN(shown); c++)
            k->columns |= (uint32_t)(sum_figure(p.now, r->settings, shown[c]).n > 0) << c;
        k->person[k->n++] = p;
    }
}

/* In order, with places, by this card or (NULL) by what they did. Equal ones share a place; with
 * scores, those without have none, nor have void ones, which come behind. */
static void rank(const struct report *r, struct ranking *k, const struct scorecard *first)
{
    struct person *p = k->person;
    for (uint32_t i = 0; first != NULL && i < k->n; i++)
        judge(r, k->scope, first, &p[i]);
    qsort(p, k->n, sizeof *p, better_first);
    for (uint32_t i = 0; i < k->n; i++) {
        p[i].place = 0;
        if (first != NULL ? !has_place(&p[i]) : p[i].by.n == 0)
            continue;
        bool tie = i > 0 && (first != NULL ? p[i].score.total == p[i - 1].score.total
                                           : p[i].by.n == p[i - 1].by.n);
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

static void put_score(struct report *r, struct doc_table *t, const struct person *p)
{
    if (!p->score.scored) {
        doc_cell(t, "·");
        return;
    }
    doc_number(t, doc_text(r->doc, "%.2f", p->score.total / 100.0), p->score.total / 100.0,
               UNIT_COUNT)
        ->note = report_grade(r, p->card, &p->score, p->judged);
}

static void put_name(struct report *r, struct doc_table *t, enum scope scope, uint32_t index)
{
    struct str name = engine_name(r->cube->engine, scope, index);
    doc_cell(t, report_name(r, scope, index))->key =
        doc_text(r->doc, "%.*s", (int)name.len, name.p);
}

/* What a table tells of somebody: in the hours of its card. */
static const struct sum *told_of(const struct report *r, const struct ranking *k,
                                 const struct person *p)
{
    return k->when[0] == 0
               ? p->now
               : cube_name(r->cube, cube_view_of(r->cube, CUBE_NOW, k->when), k->scope, p->index);
}

static void put_person(struct report *r, struct doc_table *t, const struct ranking *k,
                       const struct person *p, bool scored)
{
    put_name(r, t, k->scope, p->index);
    const char *star = rank_medal(p->place, scored ? p->score.total : 1) != NULL ? "★ " : "";
    if (p->place > 0)
        doc_number(t, doc_text(r->doc, "%s%u", star, p->place), p->place, UNIT_COUNT);
    else
        doc_cell(t, "·");
    if (scored)
        put_score(r, t, p);
    for (size_t c = 0; c < ARRAY_LEN(shown); c++) {
        if ((k->columns >> c & 1) == 0)
            continue;
        struct figure f = sum_figure(told_of(r, k, p), r->settings, shown[c]);
        report_cell(r, t, shown[c], &f);
    }
}

/* One item of somebody's card: its points, below them the value and what there is to say. */
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
    const char *sure = report_sure(r, item->of, &f), *said = report_standing(line), *note = "";
    if (line->has_value)
        note = doc_text(r->doc, "%s%s%s", report_value(r, item->of, line->value),
                        sure == NULL ? "" : " · ", sure == NULL ? "" : sure);
    if (said != NULL)
        note = doc_text(r->doc, "%s%s%s", note, note[0] == '\0' ? "" : " · ", said);
    cell->note = note[0] == '\0' ? NULL : note;
    cell->tone = line->state == LINE_VOID || line->standing == LINE_WEAK ? TONE_BAD
                 : line->standing == LINE_STRONG                         ? TONE_GOOD
                                                                         : TONE_NONE;
}

/* Why scores are what they are: a table for each variant, whose items may differ. */
static void items_of(struct report *r, const struct ranking *k, const struct scorecard *card,
                     const char *id)
{
    struct doc_table *t =
        doc_table(r->doc, BLOCK_TABLE, id,
                  report_phrase(r, W_R_CARD_ITEMS, report_card_head(r, card), NULL, NULL));
    t->cards = true;
    t->rows_shown = PEOPLE_SHOWN;
    doc_column(t, "name", word(W_R_NAME), false, false);
    doc_column(t, "score", word(W_R_SCORE), true, false);
    for (uint32_t i = 0; i < card->items; i++)
        doc_column(t, card->item[i].id,
                   doc_text(r->doc, "%s · %g", report_item_title(r, &card->item[i]),
                            card->item[i].weight / 100.0),
                   true, false);
    for (uint32_t i = 0; i < k->n; i++) {
        const struct person *p = &k->person[i];
        if (p->card != card || !p->score.scored)
            continue;
        put_name(r, t, k->scope, p->index);
        put_score(r, t, p);
        for (uint32_t n = 0; n < card->items; n++)
            put_item(r, t, p->judged, &card->item[n], &p->score.line[n]);
    }
}

static void items(struct report *r, const struct ranking *k, const struct scorecard *first,
                  bool headed)
{
    uint32_t tables = 0;
    for (uint32_t c = 0; c < r->cards->cards; c++) {
        const struct scorecard *card = &r->cards->card[c];
        bool anybody = false;
        for (uint32_t i = 0; i < k->n; i++)
            anybody = anybody || (k->person[i].card == card && k->person[i].score.scored);
        if (!anybody)
            continue;
        if (tables++ == 0 && !headed)
            doc_say(r->doc, BLOCK_NOTE, word(W_R_CARD_ITEMS_NOTE));
        const char *id = headed ? doc_text(r->doc, "%s-items.%s", k->id, first->id)
                                : doc_text(r->doc, "%s-items", k->id);
        items_of(r, k, card, tables == 1 ? id : doc_text(r->doc, "%s-%u", id, tables));
    }
}

/* One table of them: those who have the card `at` (bits), of more than one, or everybody. */
static void people(struct report *r, const struct ranking *k, const char *id, const char *title,
                   bool scored, uint32_t at)
{
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, id, title);
    t->cards = true;
    t->rows_shown = PEOPLE_SHOWN;
    doc_column(t, "name", word(W_R_NAME), false, false);
    doc_column(t, "rank", word(W_R_RANK), true, false);
    if (scored)
        doc_column(t, "score", word(W_R_SCORE), true, false);
    for (size_t c = 0; c < ARRAY_LEN(shown); c++)
        if ((k->columns >> c & 1) != 0)
            doc_column(t, key(r, shown[c]), head(r, shown[c]), true, false);
    for (uint32_t i = 0; i < k->n; i++)
        if ((at == 0 || (k->person[i].cards & at) != 0) && told_of(r, k, &k->person[i]) != NULL)
            put_person(r, t, k, &k->person[i], scored);
}

/* Scores of different cards are no ranking: each card has its own, and who has none comes last. */
static void by_card(struct report *r, struct ranking *k)
{
    bool many = (k->scored & (k->scored - 1)) != 0, headed = false;
    for (uint32_t f = 0; f < k->firsts; f++) {
        if ((k->scored >> f & 1) == 0)
            continue;
        rank(r, k, k->first[f]);
        k->when = report_family_when(r, k->first[f]);
        const char *title = report_hours(r, report_card_title(k->first[f]), k->when);
        bool told = many || k->when[0] != 0;
        people(r, k, headed ? doc_text(r->doc, "%s.%s", k->id, k->first[f]->id) : k->id,
               told ? title : NULL, true, many ? 1u << f : 0);
        items(r, k, k->first[f], headed);
        headed = true;
    }
    uint32_t rest = 0;
    k->when = "";
    for (uint32_t i = 0; many && i < k->n; i++)
        if ((k->person[i].cards & k->scored) == 0)
            k->person[rest++] = k->person[i];
    k->n = rest;
    for (uint32_t i = 0; i < rest; i++)
        k->person[i].place = 0;
    if (rest > 0)
        people(r, k, doc_text(r->doc, "%s-without", k->id), word(W_R_WITHOUT_CARD), false, 0);
}

/* The agents, teams, … of a report; of the other scopes only what has scores. */
static void table(struct report *r, enum scope scope, const char *id, const char *title)
{
    static const struct figure_source solved = {IND_RESOLVED_TICKETS, IF_NUM, 0};
    static const struct figure_source calls = {IND_TALK, IF_N, 0};
    const struct scorecard *first[SCORECARDS_MAX];
    struct kpi_value v;
    bool desk = sum_value(r->cube->sum[CUBE_NOW], r->settings, IND_RESOLVED_TICKETS, &v);
    struct figure_source by = desk ? solved : calls;
    struct ranking k = {.scope = scope, .id = id, .when = ""};
    uint32_t firsts = cards_firsts(r->cards, first);
    for (uint32_t i = 0; i < firsts; i++)
        if (first[i]->scope == scope)
            k.first[k.firsts++] = first[i];
    bool people_too = scope == SCOPE_AGENT || scope == SCOPE_TEAM;
    if (!people_too && k.firsts == 0)
        return;
    k.person = calloc(engine_names(r->cube->engine, scope) + 1, sizeof *k.person);
    if (k.person != NULL)
        gather(r, &k, by);
    if (k.n > 0 && (people_too || k.scored != 0)) {
        const char *what =
            phrase_indicator(r->settings, (enum indicator)by.indicator, words_lang());
        doc_head(r->doc, id, title);
        doc_say(r->doc, BLOCK_NOTE,
                report_phrase(r, W_R_RANKED_BY, k.scored != 0 ? word(W_R_RANKED_SCORE) : what, NULL,
                              NULL));
        if ((k.scored & (k.scored - 1)) != 0)
            doc_say(r->doc, BLOCK_NOTE, word(W_R_RANKED_EACH));
        if (scope == SCOPE_AGENT)
            doc_say(r->doc, BLOCK_NOTE, word(W_R_AGENT_NOTE));
        if (k.scored != 0) {
            by_card(r, &k);
        } else {
            rank(r, &k, NULL);
            people(r, &k, id, NULL, false, 0);
        }
    }
    free(k.person);
}

void report_people(struct report *r)
{
    static const enum scope others[] = {SCOPE_CHANNEL, SCOPE_CATEGORY, SCOPE_PRIORITY};
    table(r, SCOPE_AGENT, "agents", word(W_R_AGENTS));
    if (r->cube->setup.team == NULL)
        table(r, SCOPE_TEAM, "teams", word(W_R_TEAMS));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        table(r, others[i], doc_text(r->doc, "scores_%s", scope_name(others[i])),
              phrase_scope(others[i], words_lang()));
}
