/* The table of indicators, and what was reached of targets. */
#include "daemon/cli/report_build.h"

#include "daemon/cli/report_score.h"

#include "core/event.h"

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
    if (marks) {
        report_mark(r, t, of, item->baseline);
        report_mark(r, t, of, item->target);
        return;
    }
    doc_cell(t, "");
    ms_t target = report_target(r, i);
    if (indicator_kind(i) != IND_DURATION || !judged)
        doc_cell(t, "");
    else if (target > 0)
        report_mark(r, t, of, target);
    else
        doc_cell(t, word(W_R_POLICY));
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
    struct number reached = {0};
    if (!indicator_is_business(i))
        reached = attainment(r, i);
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
    actual->note = report_pending(r, n.of, &n.now); /* the columns beside it have the rest */
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
    if (n.had)
        report_cell(r, t, n.of, &n.before);
    else
        doc_cell(t, "");
    report_change(r, t, &n);
}

/* What must have happened somewhere for a part of tickets to tell anything; 0: tickets alone. */
static uint64_t told_by(enum indicator i)
{
    const uint64_t one = 1;
    switch (i) {
    case IND_CONFIRMED_RATE:
        return one << EV_CONFIRMED;
    case IND_COMPLAINT_RATE:
    case IND_REPEAT_COMPLAINT_RATE:
        return one << EV_COMPLAINED;
    case IND_INSPECTION_COVER:
        return one << EV_INSPECTED;
    case IND_SURVEY_COVER:
        return one << EV_RATED;
    case IND_FOLLOW_UP_RATE:
    case IND_FOLLOW_UP_RATE_2:
    case IND_FOLLOW_UP_RATE_3:
        return one << EV_FOLLOWED_UP;
    case IND_RETURN_RATE:
    case IND_REWORK_RATE:
        return one << EV_RETURN_REQUESTED | one << EV_RETURNED;
    default:
        return 0;
    }
}

bool report_is_silent(const struct report *r, enum indicator i)
{
    STATIC_ASSERT(EV_N <= 64, "a bit for each kind");
    uint64_t kinds = told_by(i);
    return !r->everything && kinds != 0 && (r->cube->kinds & kinds) == 0 &&
           report_item(r, i) == NULL;
}

void report_say_silent(struct report *r)
{
    const char *all = "";
    uint64_t n = 0;
    for (uint32_t i = 0; i < IND_GAUGE_FIRST; i++)
        if (report_is_silent(r, (enum indicator)i))
            all = doc_text(r->doc, "%s%s%s", all,
                           n++ == 0          ? ""
                           : r->doc->chinese ? "、"
                                             : ", ",
                           phrase_indicator(r->settings, (enum indicator)i, words_lang()));
    if (n > 0)
        doc_say(r->doc, BLOCK_NOTE, report_phrase(r, W_R_SILENT, report_count(r, n), all, NULL));
}

static bool is_there(const struct report *r, enum indicator i)
{
    struct kpi_value v;
    return sum_value(r->cube->sum[CUBE_NOW], r->settings, i, &v) ||
           (r->compared && sum_value(r->cube->sum[CUBE_PRIOR], r->settings, i, &v));
}

void report_indicators(struct report *r)
{
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
        if (is_there(r, (enum indicator)i) && !report_is_silent(r, (enum indicator)i))
            put_indicator(r, t, (enum indicator)i);
    report_say_silent(r);
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
            name = doc_text(r->doc, "%s · %s", name, report_field(of));
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
