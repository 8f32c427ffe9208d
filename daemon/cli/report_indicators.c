/* The table of indicators, what was reached of targets, and the scorecard of the whole. */
#include "daemon/cli/report_build.h"

#include "core/event.h"

static struct str whole_name(const struct report *r)
{
    const char *team = r->cube->setup.team;
    return str_of(team == NULL ? "-" : team);
}

const struct scorecard *report_card(const struct report *r, enum scope scope, struct str name,
                                    struct str team)
{
    for (uint32_t i = 0; r->cards != NULL && i < r->cards->cards; i++) {
        const struct scorecard *card = &r->cards->card[i];
        bool valid =
            card->valid_from == MS_NONE || card->valid_from <= r->cube->setup.period[CUBE_NOW].from;
        /* Sums have no hours: a card of a calendar's hours cannot be told from them. */
        if (card->scope == scope && valid && card->when[0] == 0 && score_matches(card, name, team))
            return card;
    }
    return NULL;
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

/* An average or a rate: a goal of one agent's then fits all of them together, whose counts are
 * many times larger. */
static bool is_rate(const struct score_item *item)
{
    bool rate = item->of.field == IF_VALUE || item->of.field == IF_VALUE_MATURE ||
                item->of.field == IF_ATTAINMENT;
    bool each = item->of.field == IF_MEAN || item->of.field == IF_P50 || item->of.field == IF_P75 ||
                item->of.field == IF_P90 || item->of.field == IF_P95 || item->of.field == IF_P99;
    return indicator_kind((enum indicator)item->of.indicator) != IND_COUNT && (rate || each);
}

static bool is_sizeless(const struct scorecard *card)
{
    for (uint32_t i = 0; i < card->items; i++)
        if (!is_rate(&card->item[i]) || card->item[i].gate.on)
            return false;
    return true;
}

const struct scorecard *report_card_of_all(const struct report *r)
{
    const struct str none = str_of("");
    enum scope scope = cube_scope(r->cube);
    const struct scorecard *card = report_card(r, scope, whole_name(r), none);
    if (card != NULL)
        return card;
    if (scope == SCOPE_ALL)
        card = report_card(r, SCOPE_TEAM, none, none);
    if (card == NULL)
        card = report_card(r, SCOPE_AGENT, none, scope == SCOPE_TEAM ? whole_name(r) : none);
    return card != NULL && is_sizeless(card) ? card : NULL;
}

const struct score_item *report_item(const struct report *r, enum indicator i)
{
    const struct scorecard *card = report_card_of_all(r);
    bool of_each = card == NULL; /* agents' goals, in a report about all of them */
    if (of_each && r->cards != NULL && r->cards->cards > 0)
        card = &r->cards->card[0];
    for (uint32_t k = 0; card != NULL && k < card->items; k++)
        if (card->item[k].of.indicator == i && (!of_each || is_rate(&card->item[k])))
            return &card->item[k];
    return NULL;
}

ms_t report_target(const struct report *r, enum indicator i)
{
    uint8_t target = indicator_rows[i].target;
    bool judged = indicator_kind(i) == IND_DURATION && target < TARGET_N;
    return judged ? r->settings->target[target] : 0;
}

struct figure_source report_source(const struct report *r, enum indicator i)
{
    const struct score_item *item = report_item(r, i);
    if (item != NULL)
        return item->of;
    return (struct figure_source){(uint16_t)i, (uint8_t)define_field(r->settings, i), 0};
}

/* met / (met + missed), of a duration. */
static struct number attainment(const struct report *r, enum indicator i)
{
    struct figure_source of = {(uint16_t)i, IF_ATTAINMENT, 0};
    if (indicator_kind(i) != IND_DURATION)
        return (struct number){.of = of};
    return report_number(r, r->cube->sum[CUBE_NOW], r->cube->sum[CUBE_PRIOR], of);
}

static void put_goal(struct report *r, struct doc_table *t, enum indicator i, bool judged)
{
    const struct score_item *item = report_item(r, i);
    struct figure_source of = report_source(r, i);
    bool marks = item != NULL && item->has_marks;
    doc_cell(t, marks ? report_value(r, of, item->baseline) : "");
    if (marks) {
        doc_cell(t, report_value(r, of, item->target));
    } else if (indicator_kind(i) == IND_DURATION && judged) {
        ms_t target = report_target(r, i);
        doc_cell(t, target > 0 ? report_value(r, of, target) : word(W_R_POLICY));
    } else {
        doc_cell(t, "");
    }
}

/* The time that a part of time is a part of. */
static void put_time(struct report *r, struct doc_table *t, enum indicator i)
{
    struct figure_source of = {(uint16_t)i, IF_DEN, 0};
    struct figure f = sum_figure(r->cube->sum[CUBE_NOW], r->settings, of);
    int64_t ms = (int64_t)(f.top / NUMBER_ONE);
    doc_number(t, report_value(r, of, ms), (double)ms, UNIT_MS);
}

/* How much of a target that the card alone names was reached. */
static void put_reached(struct report *r, struct doc_table *t, const struct score_item *item,
                        const struct number *n)
{
    bool marks = item != NULL && item->has_marks && item->target > 0;
    int64_t value = n->has ? figure_round(&n->now) : 0;
    if (!marks || value <= 0) {
        doc_cell(t, "");
        return;
    }
    bool lower = item->target < item->baseline;
    double part =
        lower ? (double)item->target / (double)value : (double)value / (double)item->target;
    doc_number(t, report_share(r, part), part, UNIT_SHARE)->note =
        word(lower ? W_R_TARGET_BY_ACTUAL : W_R_ACTUAL_BY_TARGET);
}

static void put_indicator(struct report *r, struct doc_table *t, enum indicator i)
{
    struct number n =
        report_number(r, r->cube->sum[CUBE_NOW], r->cube->sum[CUBE_PRIOR], report_source(r, i));
    struct number reached = indicator_is_business(i) ? (struct number){0} : attainment(r, i);
    const struct number *ratio = reached.has ? &reached : &n;
    struct doc_cell *name = doc_cell(t, phrase_indicator(r->settings, i, words_lang()));
    char defined[DEFINED_MAX];
    name->note = doc_text(r->doc, "%s", define_indicator(defined, r->settings, i, words_lang()));
    name->key = custom_name(r->settings, i);
    uint64_t cases = reached.has && !n.has ? reached.now.n : n.now.n;
    if (indicator_kind(i) == IND_COUNT || (indicator_is_custom(i) && n.of.field == IF_NUM))
        doc_cell(t, "");
    else if (indicator_kind(i) == IND_SHARE) /* not cases but time */
        put_time(r, t, i);
    else
        doc_number(t, report_count(r, cases), (double)cases, UNIT_COUNT);
    struct doc_cell *actual = report_cell(r, t, n.of, &n.now);
    actual->note = NULL;
    if (indicator_kind(i) == IND_DURATION && n.has) {
        /* Which number it is, and two that tell how far others are from it. */
        struct figure_source high = {(uint16_t)i, n.of.field == IF_P90 ? IF_P50 : IF_P90, 0};
        struct figure_source other = {(uint16_t)i, n.of.field == IF_MEAN ? IF_P50 : IF_MEAN, 0};
        struct figure at = sum_figure(r->cube->sum[CUBE_NOW], r->settings, high);
        struct figure middle = sum_figure(r->cube->sum[CUBE_NOW], r->settings, other);
        actual->note = doc_text(r->doc, "%s · %s %s · %s %s", report_field(n.of),
                                report_field(high), report_figure(r, high, &at),
                                report_field(other), report_figure(r, other, &middle));
    }
    put_goal(r, t, i, reached.has);
    if (reached.has)
        report_cell(r, t, reached.of, &reached.now)->note = NULL; /* the next column has it */
    else
        put_reached(r, t, report_item(r, i), &n);
    doc_cell(t, ratio->ratio && ratio->has ? report_interval(r, ratio->at) : "");
    doc_cell(t, n.had ? report_figure(r, n.of, &n.before) : "")->note =
        n.had ? report_sure(r, n.of, &n.before) : NULL;
    report_change(r, t, &n);
}

static bool is_there(const struct report *r, enum indicator i)
{
    struct kpi_value v;
    return sum_value(r->cube->sum[CUBE_NOW], r->settings, i, &v) ||
           (r->compared && sum_value(r->cube->sum[CUBE_PRIOR], r->settings, i, &v));
}

static const char *medal(uint32_t band)
{
    static const char *const stars[] = {"", "★", "★★", "★★★", "★★★★", "★★★★★"};
    return stars[band];
}

/* Points, the grade they are worth and the band; "·": the item was left out. */
static void put_points(struct report *r, struct doc_table *t, const struct score_line *line)
{
    if (line->state == LINE_FEW) {
        doc_cell(t, "·");
        doc_cell(t, "");
        return;
    }
    doc_number(t, doc_text(r->doc, "%.2f", line->points / 100.0), line->points / 100.0, UNIT_COUNT);
    doc_cell(t, score_grade_word(score_grade(line->points), r->doc->chinese))->note =
        line->band > 0 ? medal(line->band) : NULL;
}

/* The card of the whole, item by item. */
static void scorecard(struct report *r)
{
    const struct scorecard *card = report_card_of_all(r);
    struct score s;
    if (card == NULL)
        return;
    report_score(r, card, r->cube->sum[CUBE_NOW], &s);
    doc_head(r->doc, "scorecard", word(W_R_SCORECARD));
    if (card->scope != cube_scope(r->cube))
        doc_say(r->doc, BLOCK_NOTE, word(W_R_CARD_OF_EACH));
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "scorecard", NULL);
    t->cards = true;
    doc_column(t, "item", word(W_R_ITEM), false, false);
    doc_column(t, "baseline", word(W_R_BASELINE), true, false);
    doc_column(t, "target", word(W_R_TARGET), true, false);
    doc_column(t, "actual", word(W_R_ACTUAL), true, false);
    doc_column(t, "weight", word(W_R_WEIGHT), true, false);
    doc_column(t, "points", word(W_R_POINTS), true, false);
    doc_column(t, "grade", word(W_S_GRADE), true, false);
    for (uint32_t i = 0; i < card->items; i++) {
        const struct score_item *item = &card->item[i];
        const struct score_line *line = &s.line[i];
        doc_cell(t, item->title[0] != '\0' ? item->title : report_indicator(r, item->of))->key =
            item->id;
        doc_cell(t, item->has_marks ? report_value(r, item->of, item->baseline) : "");
        doc_cell(t, item->has_marks ? report_value(r, item->of, item->target) : "");
        struct doc_cell *actual =
            doc_cell(t, line->has_value ? report_value(r, item->of, line->value) : "·");
        actual->tone = line->standing == LINE_STRONG ? TONE_GOOD
                       : line->standing == LINE_WEAK ? TONE_BAD
                                                     : TONE_NONE;
        struct figure f = sum_figure(r->cube->sum[CUBE_NOW], r->settings, item->of);
        actual->note = report_sure(r, item->of, &f);
        doc_number(t, doc_text(r->doc, "%.1f%%", line->share / 10000.0), line->share / 1e6,
                   UNIT_SHARE);
        put_points(r, t, line);
    }
    if (s.scored)
        doc_say(r->doc, BLOCK_TEXT,
                doc_text(r->doc, "%s: %.2f · %s", word(W_R_SCORE), s.total / 100.0,
                         score_grade_word((enum score_grade)s.grade, r->doc->chinese)));
}

void report_indicators(struct report *r)
{
    scorecard(r);
    doc_head(r->doc, "indicators", word(W_R_INDICATORS));
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "indicators", NULL);
    t->cards = true;
    doc_column(t, "indicator", word(W_R_INDICATOR), false, false);
    doc_column(t, "n", "n", true, false);
    doc_column(t, "actual", word(W_R_ACTUAL), true, false);
    doc_column(t, "baseline", word(W_R_BASELINE), true, false);
    doc_column(t, "target", word(W_R_TARGET), true, false);
    doc_column(t, "attainment", word(W_R_ATTAINMENT), true, false);
    doc_column(t, "interval", word(W_R_INTERVAL), true, false);
    doc_column(t, "before", word(W_R_BEFORE), true, false);
    doc_column(t, "change", word(W_R_CHANGE), true, false);
    for (uint32_t i = 0; i < IND_GAUGE_FIRST; i++)
        if (is_there(r, (enum indicator)i))
            put_indicator(r, t, (enum indicator)i);
}

/* A value as part of its target, which is 1. */
static struct doc_cell *put_part(struct report *r, struct doc_table *t, struct figure_source of,
                                 int64_t value, int64_t target)
{
    return doc_number(t, report_value(r, of, value), (double)value / (double)target, UNIT_COUNT);
}

void report_goals(struct report *r)
{
    doc_head(r->doc, "goals", word(W_R_GOALS));
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "goals", word(W_R_GOALS));
    t->chart = CHART_GOALS;
    doc_column(t, "indicator", word(W_R_INDICATOR), false, false);
    doc_column(t, "baseline", word(W_R_BASELINE), true, true);
    doc_column(t, "target", word(W_R_TARGET), true, true);
    doc_column(t, "actual", word(W_R_ACTUAL), true, true);
    for (uint32_t k = 0; k < IND_GAUGE_FIRST; k++) {
        enum indicator i = (enum indicator)k;
        const struct score_item *item = report_item(r, i);
        bool marks = item != NULL && item->has_marks && item->target > 0;
        struct figure_source of = report_source(r, i);
        ms_t site = 0;
        if (!marks && !indicator_is_business(i))
            site = report_target(r, i);
        int64_t target = marks ? item->target : site;
        struct figure f = sum_figure(r->cube->sum[CUBE_NOW], r->settings, of);
        if (target <= 0 || f.bottom <= 0)
            continue;
        const char *name = phrase_indicator(r->settings, i, words_lang());
        if (indicator_kind(i) == IND_DURATION)
            name = doc_text(r->doc, "%s · %s", name,
                            indicator_field_name((enum indicator_field)of.field));
        doc_cell(t, name)->key = custom_name(r->settings, i);
        if (marks)
            put_part(r, t, of, item->baseline, target);
        else
            doc_cell(t, "");
        put_part(r, t, of, target, target);
        put_part(r, t, of, figure_round(&f), target)->note = report_sure(r, of, &f);
    }
    bool none = doc_rows(t) == 0;
    if (none)
        doc_drop(r->doc);
    doc_say(r->doc, BLOCK_NOTE, word(none ? W_R_NO_TARGETS : W_R_GOALS_SCALE));
}
