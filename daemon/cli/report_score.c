/* The scores of the whole: which cards judge it, how, and why others do not. */
#include "daemon/cli/report_score.h"

#include "core/event.h"

enum { NOTES_MAX = 3 * SCORECARDS_MAX };

static struct str whole_name(const struct report *r)
{
    const char *team = r->cube->setup.team;
    return str_of(team == NULL ? "-" : team);
}

static uint32_t wholes(const struct report *r, const struct scorecard *ret[SCORECARDS_MAX])
{
    return cards_wholes(r->cards, cube_scope(r->cube), whole_name(r),
                        r->cube->setup.period[CUBE_NOW].from, ret);
}

const struct sum *report_judged(const struct report *r, const struct scorecard *card,
                                uint32_t period)
{
    return r->cube->sum[cube_view_of(r->cube, period, card->when)];
}

const struct sum *report_judged_name(const struct report *r, const struct scorecard *card,
                                     uint32_t index)
{
    uint32_t view = cube_view_of(r->cube, CUBE_NOW, card->when);
    return cube_name(r->cube, view, (enum scope)card->scope, index);
}

void report_score(const struct report *r, const struct scorecard *card, const struct sum *t,
                  struct score *ret)
{
    struct figure_source source[SCORE_SOURCES_MAX];
    struct figure figure[SCORE_SOURCES_MAX];
    uint32_t n = score_sources(card, source);
    for (uint32_t i = 0; i < n; i++)
        figure[i] = sum_figure(t, r->settings, source[i]);
    score_take(card, figure, ret);
}

/* One of an aspect is none of all ratings, and goals of some hours are none of all. */
static const struct score_item *find_item(const struct scorecard *card, enum indicator i,
                                          bool rates)
{
    if (card->when[0] != 0)
        return NULL;
    for (uint32_t k = 0; k < card->items; k++) {
        const struct score_item *item = &card->item[k];
        if (item->of.indicator == i && item->of.aspect == 0 && (!rates || cards_is_rate(item->of)))
            return item;
    }
    return NULL;
}

/* Without a card of the whole, goals of each agent or team that fit all of them. */
const struct score_item *report_item(const struct report *r, enum indicator i)
{
    const struct scorecard *card[SCORECARDS_MAX];
    const struct str none = {"", 0};
    const struct score_item *item = NULL;
    uint32_t n = wholes(r, card), all_day = 0;
    for (uint32_t k = 0; k < n && item == NULL; k++) {
        item = find_item(card[k], i, false);
        all_day += card[k]->when[0] == '\0';
    }
    if (item != NULL || all_day > 0)
        return item;
    n = cards_firsts(r->cards, card);
    for (uint32_t k = 0; k < n && item == NULL; k++) {
        const struct scorecard *each =
            cards_find(r->cards, card[k], none, none, r->cube->setup.period[CUBE_NOW].from);
        if (each != NULL)
            item = find_item(each, i, true);
    }
    return item;
}

/* --- words ---------------------------------------------------------------------------------- */

const char *report_item_title(const struct report *r, const struct score_item *item)
{
    if (item->title[0] != '\0')
        return item->title;
    const char *name = report_indicator(r, item->of);
    bool time = indicator_kind((enum indicator)item->of.indicator) == IND_DURATION;
    return time ? doc_text(r->doc, "%s · %s", name, report_field(item->of)) : name;
}

const char *report_standing(const struct score_line *line)
{
    if (line->state == LINE_VOID)
        return word(W_S_VOIDED);
    if (line->state == LINE_FEW)
        return word(W_S_LEFT_OUT);
    return line->standing == LINE_STRONG ? word(W_S_STRONG)
           : line->standing == LINE_WEAK ? word(W_S_WEAK_SPOT)
                                         : NULL;
}

/* "void (card): complaints 12 ≥ 10": every gate that was hit, with the number that hit it. */
static const char *void_text(const struct report *r, const struct scorecard *card,
                             const struct score *s, const struct sum *t)
{
    static const enum word what[] = {
        [VOID_ITEM] = W_R_VOID_ITEM, [VOID_GROUP] = W_R_VOID_GROUP, [VOID_CARD] = W_R_VOID_CARD};
    const char *all = "";
    for (uint32_t i = 0; i < card->items; i++) {
        const struct score_item *item = &card->item[i];
        if (!s->line[i].hit)
            continue;
        bool own = item->gate.of.indicator == item->of.indicator;
        struct figure f = sum_figure(t, r->settings, item->gate.of);
        const char *number =
            doc_text(r->doc, "%s %s %s %s",
                     own ? report_item_title(r, item) : report_indicator(r, item->gate.of),
                     report_figure(r, item->gate.of, &f), item->gate.below ? "≤" : "≥",
                     report_value(r, item->gate.of, item->gate.at));
        const char *which = item->gate.what == VOID_GROUP && card->groups > 0
                                ? card->group[item->group].name
                                : report_item_title(r, item);
        all = doc_text(r->doc, "%s%s%s", all, all[0] != '\0' ? " · " : "",
                       report_phrase(r, what[item->gate.what], number, which, NULL));
    }
    return all;
}

const char *report_grade(const struct report *r, const struct scorecard *card,
                         const struct score *s, const struct sum *t)
{
    const char *text = score_grade_word((enum score_grade)s->grade, r->doc->chinese);
    const char *gone = void_text(r, card, s, t);
    if (s->counted < SCORE_SHARE_ONE)
        text = doc_text(r->doc, "%s · %s %s", text, word(W_S_COUNTED),
                        report_share(r, (double)s->counted / SCORE_SHARE_ONE));
    return gone[0] == '\0' ? text : doc_text(r->doc, "%s · %s", text, gone);
}

/* --- totals --------------------------------------------------------------------------------- */

/* Why a card says nothing of the whole; of everybody at all: *ret_out. "": it does. */
static const char *why_not(const struct report *r, const struct scorecard *first, bool *ret_out)
{
    const struct scorecard *card;
    const char *title = report_card_title(first);
    const char *each = phrase_scope((enum scope)first->scope, words_lang());
    enum card_fit fit = cards_whole(r->cards, first, cube_scope(r->cube), whole_name(r),
                                    r->cube->setup.period[CUBE_NOW].from, &card);
    *ret_out = fit == CARD_FUTURE;
    switch (fit) {
    case CARD_FUTURE:
        return report_phrase(r, W_R_CARD_FUTURE, title, NULL, NULL);
    case CARD_OF_SOME:
        return report_phrase(r, W_R_CARD_OF_SOME, title, each, NULL);
    case CARD_OF_EACH:
        return report_phrase(r, W_R_CARD_SIZED, title, each, report_sized_items(r, card));
    case CARD_FITS:
        break;
    }
    return "";
}

/* In one line, of all cards. */
static const char *no_total(const struct report *r)
{
    const struct scorecard *first[SCORECARDS_MAX];
    const char *all = "";
    uint32_t n = cards_firsts(r->cards, first);
    for (uint32_t i = 0; i < n; i++) {
        bool out;
        const char *why = why_not(r, first[i], &out);
        all = doc_text(r->doc, "%s%s%s", all, all[0] != '\0' && why[0] != '\0' ? " " : "", why);
    }
    return all;
}

/* Against the period before: by the card that was in force then. Scores of other terms are none
 * that could be set against each other. */
static const char *score_change(const struct report *r, const struct scorecard *card, int32_t now)
{
    const struct period *prior = &r->cube->setup.period[CUBE_PRIOR];
    const struct scorecard *first[SCORECARDS_MAX], *then = NULL;
    struct score before;
    if (!r->compared)
        return "";
    uint32_t n = cards_firsts(r->cards, first);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(first[i]->id, card->id) == 0)
            cards_whole(r->cards, first[i], cube_scope(r->cube), whole_name(r), prior->from, &then);
    if (then == NULL)
        return word(W_R_CARD_NEW);
    report_score(r, then, report_judged(r, then, CUBE_PRIOR), &before);
    if (then != card && !before.scored)
        return word(W_R_CARD_OTHER);
    const char *was = doc_text(r->doc, "%.2f", before.total / 100.0);
    if (then != card)
        return report_phrase(r, W_R_CARD_CHANGED, was, NULL, NULL);
    if (!before.scored)
        return "";
    int32_t by = now - before.total;
    return by == 0 ? word(W_R_SAME)
                   : doc_text(r->doc, "%s %.2f", by > 0 ? "↑" : "↓", (by > 0 ? by : -by) / 100.0);
}

/* A tile for each card; the first is the score, the others have their id behind it. */
static void put_total(struct report *r, struct doc_table *t, const struct scorecard *card,
                      uint32_t at, uint32_t n)
{
    struct score s;
    const struct sum *sum = report_judged(r, card, CUBE_NOW);
    report_score(r, card, sum, &s);
    const char *name = word(W_R_SCORE);
    if (n > 1 || card->when[0] != 0)
        name =
            doc_text(r->doc, "%s · %s", name, report_hours(r, report_card_title(card), card->when));
    doc_cell(t, name)->key = at == 0 ? "score" : doc_text(r->doc, "score.%s", card->id);
    if (!s.scored) {
        doc_cell(t, "·")->note =
            report_phrase(r, W_R_CARD_EMPTY, report_card_title(card), NULL, NULL);
        doc_cell(t, "");
        return;
    }
    const char *grade = report_grade(r, card, &s, sum);
    doc_number(t, doc_text(r->doc, "%.2f", s.total / 100.0), s.total / 100.0, UNIT_COUNT)->note =
        report_misfit(r, card) == NULL ? grade
                                       : doc_text(r->doc, "%s · %s", grade, report_misfit(r, card));
    doc_cell(t, score_change(r, card, s.total));
}

void report_totals(struct report *r, struct doc_table *t)
{
    const struct scorecard *card[SCORECARDS_MAX];
    uint32_t n = wholes(r, card);
    for (uint32_t i = 0; i < n; i++)
        put_total(r, t, card[i], i, n);
    if (n > 0 || r->cards == NULL || r->cards->cards == 0)
        return;
    doc_cell(t, word(W_R_SCORE))->key = "score";
    doc_cell(t, "·")->note = no_total(r);
    doc_cell(t, "");
}

/* --- item by item --------------------------------------------------------------------------- */

static const char *stars(uint32_t band)
{
    static const char *const text[] = {"", "★", "★★", "★★★", "★★★★", "★★★★★"};
    return text[band];
}

/* Points, the grade they are worth and the band, and what there is to say; "·": left out. */
static void put_points(struct report *r, struct doc_table *t, const struct score_line *line)
{
    const char *said = report_standing(line);
    if (line->state == LINE_FEW) {
        doc_cell(t, "·");
        doc_cell(t, "");
    } else {
        doc_number(t, doc_text(r->doc, "%.2f", line->points / 100.0), line->points / 100.0,
                   UNIT_COUNT);
        doc_cell(t, score_grade_word(score_grade(line->points), r->doc->chinese))->note =
            line->band > 0 ? stars(line->band) : NULL;
    }
    doc_cell(t, said == NULL ? "" : said);
}

static void put_item(struct report *r, struct doc_table *t, const struct sum *sum,
                     const struct score_item *item, const struct score_line *line)
{
    doc_cell(t, report_item_title(r, item))->key = item->id;
    for (int goal = 0; goal < 2; goal++)
        if (item->has_marks)
            report_mark(r, t, item->of, goal == 0 ? item->baseline : item->target);
        else
            doc_cell(t, "");
    struct doc_cell *actual =
        line->has_value ? report_mark(r, t, item->of, line->value) : doc_cell(t, "·");
    actual->tone = line->standing == LINE_STRONG ? TONE_GOOD
                   : line->standing == LINE_WEAK ? TONE_BAD
                                                 : TONE_NONE;
    struct figure f = sum_figure(sum, r->settings, item->of);
    actual->note = report_sure(r, item->of, &f);
    doc_number(t, doc_text(r->doc, "%.1f%%", line->share / 10000.0), line->share / 1e6, UNIT_SHARE);
    put_points(r, t, line);
}

static void put_card(struct report *r, const struct scorecard *card, uint32_t at, uint32_t n)
{
    struct score s;
    const struct sum *sum = report_judged(r, card, CUBE_NOW);
    report_score(r, card, sum, &s);
    const char *head = report_card_head(r, card);
    if (card->scope != cube_scope(r->cube))
        doc_say(r->doc, BLOCK_NOTE, word(W_R_CARD_OF_EACH));
    struct doc_table *t = doc_table(
        r->doc, BLOCK_TABLE, at == 0 ? "scorecard" : doc_text(r->doc, "scorecard.%s", card->id),
        n > 1 || head != report_card_title(card) ? head : NULL);
    t->cards = true;
    doc_column(t, "item", word(W_R_ITEM), false, false);
    doc_column(t, "baseline", word(W_R_BASELINE), true, false);
    doc_column(t, "target", word(W_R_TARGET), true, false);
    doc_column(t, "actual", word(W_R_ACTUAL), true, false);
    doc_column(t, "weight", word(W_R_WEIGHT), true, false);
    doc_column(t, "points", word(W_R_POINTS), true, false);
    doc_column(t, "grade", word(W_S_GRADE), true, false);
    doc_column(t, "verdict", word(W_S_MARK), false, false);
    for (uint32_t i = 0; i < card->items; i++)
        put_item(r, t, sum, &card->item[i], &s.line[i]);
    if (s.scored)
        doc_say(r->doc, BLOCK_TEXT,
                doc_text(r->doc, "%s: %.2f · %s", word(W_R_SCORE), s.total / 100.0,
                         report_grade(r, card, &s, sum)));
    else
        doc_say(r->doc, BLOCK_TEXT,
                report_phrase(r, W_R_CARD_EMPTY, report_card_title(card), NULL, NULL));
}

/* Cards that judge nobody here (where the totals are of some hours only: all that have none), those
 * whose terms change within the period, and those that are for a longer or shorter one: a list. */
static uint32_t terms(struct report *r, bool totals, bool all_hours, const char *ret[NOTES_MAX])
{
    const struct scorecard *first[SCORECARDS_MAX];
    const struct period *now = &r->cube->setup.period[CUBE_NOW];
    uint32_t n = cards_firsts(r->cards, first), told = 0;
    for (uint32_t i = 0; i < n; i++) {
        char day[PERIOD_NAME];
        bool out;
        const char *why = why_not(r, first[i], &out), *length = report_card_length(r, first[i]);
        ms_t change = cards_change_in(r->cards, first[i], now->from, now->to);
        if (totals && (out || !all_hours) && why[0] != '\0') /* without any its figure says why */
            ret[told++] = why;
        if (!out && change != MS_NONE)
            ret[told++] =
                report_phrase(r, W_R_CARD_CHANGES, report_card_title(first[i]),
                              period_name(day, &r->settings->zone, STEP_DAY, change), NULL);
        if (length != NULL)
            ret[told++] = length;
    }
    return told;
}

void report_scorecards(struct report *r)
{
    const struct scorecard *card[SCORECARDS_MAX];
    const char *told[NOTES_MAX];
    uint32_t n = r->cards == NULL ? 0 : wholes(r, card);
    bool all_hours = n == 0; /* do not only some hours have a score? */
    for (uint32_t i = 0; i < n; i++)
        all_hours = all_hours || card[i]->when[0] == '\0';
    uint32_t notes = r->cards == NULL ? 0 : terms(r, n > 0, all_hours, told);
    if (n + notes == 0)
        return;
    doc_head(r->doc, "scorecard", word(W_R_SCORECARD));
    for (uint32_t i = 0; i < n; i++)
        put_card(r, card[i], i, n);
    for (uint32_t i = 0; i < notes; i++)
        doc_say(r->doc, BLOCK_NOTE, told[i]);
}
