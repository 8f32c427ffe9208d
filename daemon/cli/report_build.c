#include "daemon/cli/report_build.h"

#include "daemon/cli/report_score.h"

/* Key figures that a summary shows, in this order, where there is something in them. */
static const uint8_t key_figures[] = {
    IND_OPENED,        IND_RESOLVED_TICKETS, IND_FIRST_RESPONSE, IND_RESOLUTION, IND_SLA_RATE,
    IND_FCR,           IND_REOPEN_RATE,      IND_CSAT,           IND_NPS,        IND_COMPLAINTS,
    IND_CALLS_OFFERED, IND_ANSWER_RATE,
};

enum { NAMED_MAX = 4 /* changes told in the sentence of the summary */ };

static struct number number_of(const struct report *r, enum indicator i)
{
    return report_number(r, r->cube->sum[CUBE_NOW], r->cube->sum[CUBE_PRIOR], report_source(r, i));
}

static void put_tile(struct report *r, struct doc_table *t, enum indicator i)
{
    struct number n = number_of(r, i);
    if (!n.has || (n.now.count && n.now.n == 0))
        return;
    const char *name = phrase_indicator(r->settings, i, words_lang());
    const char *which = report_field(n.of);
    bool one_of_many = indicator_kind(i) == IND_DURATION;
    doc_cell(t, one_of_many ? doc_text(r->doc, "%s · %s", name, which) : name)->key =
        custom_name(r->settings, i);
    report_cell(r, t, n.of, &n.now);
    report_change(r, t, &n);
}

static void put_open(struct report *r, struct doc_table *t)
{
    const struct cube *c = r->cube;
    if (c->edges_passed == 0)
        return; /* the period has not begun as of the report */
    uint32_t last = c->edges_passed <= c->steps ? c->edges_passed : c->steps;
    int64_t at_end = c->open[last];
    doc_cell(t, word(W_R_OPEN_END))->key = "open_at_end";
    doc_number(t, report_count(r, (uint64_t)at_end), (double)at_end, UNIT_COUNT);
    if (!c->before_passed || c->open_before < 0) {
        doc_cell(t, "");
        return;
    }
    int64_t by = at_end - c->open_before;
    doc_number(
        t,
        by == 0 ? word(W_R_SAME)
                : doc_text(r->doc, "%s %lld", by > 0 ? "↑" : "↓", (long long)(by > 0 ? by : -by)),
        (double)by, UNIT_COUNT)
        ->tone = TONE_QUIET;
}

/* "resolution ↓ 12.0%, …": clear changes for the better (1) or worse (-1); "" without any. */
static const char *changes(struct report *r, int verdict)
{
    const char *all = "";
    uint32_t named = 0;
    for (uint32_t i = 0; i < IND_GAUGE_FIRST && named < NAMED_MAX; i++) {
        struct number n = number_of(r, (enum indicator)i);
        if (report_verdict(&n) != verdict)
            continue;
        all = doc_text(r->doc, "%s%s%s %s", all,
                       named++ == 0      ? ""
                       : r->doc->chinese ? "、"
                                         : ", ",
                       phrase_indicator(r->settings, (enum indicator)i, words_lang()),
                       report_change_text(r, &n));
    }
    return all;
}

/* The duration whose target is missed most often. */
static void say_missed(struct report *r)
{
    struct kpi_value v, most = {0};
    for (uint32_t i = 0; i < IND_FIRST_RESPONSE_B; i++)
        if (sum_value(r->cube->sum[CUBE_NOW], r->settings, (enum indicator)i, &v) &&
            v.missed > most.missed)
            most = v;
    if (most.missed == 0)
        return;
    const char *what = report_phrase(
        r, W_R_WEAK_OF, phrase_indicator(r->settings, (enum indicator)most.indicator, words_lang()),
        report_count(r, most.missed), report_count(r, most.met + most.missed));
    doc_say(r->doc, BLOCK_ITEM, report_phrase(r, W_R_MISSED_MOST, what, NULL, NULL));
}

static bool runs(const struct cube *c)
{
    return period_runs(c->setup.period[CUBE_NOW], c->setup.as_of[CUBE_NOW]);
}

static void say_comparison(struct report *r)
{
    char buf[PERIOD_TEXT];
    const struct cube *c = r->cube;
    const char *upto = report_instant(r, c->setup.as_of[CUBE_PRIOR]);
    bool some = runs(c);
    period_text(buf, &r->settings->zone, c->setup.period[CUBE_PRIOR]);
    if (!r->compared) {
        bool there = c->first != MS_NONE && c->first < c->setup.period[CUBE_PRIOR].to;
        doc_say(r->doc, BLOCK_NOTE,
                there ? report_phrase(r, some ? W_R_NOTHING_SO_FAR : W_R_NOTHING_BEFORE, buf, upto,
                                      NULL)
                      : word(W_R_NOT_COMPARED));
        return;
    }
    doc_say(r->doc, BLOCK_NOTE,
            report_phrase(r, some ? W_R_COMPARED_SO_FAR : W_R_COMPARED, buf, upto, NULL));
    if (c->first > c->setup.period[CUBE_PRIOR].from + MS_DAY) {
        char name[PERIOD_NAME];
        period_name(name, &r->settings->zone, STEP_DAY, c->first);
        doc_say(r->doc, BLOCK_NOTE, report_phrase(r, W_R_PARTLY_COMPARED, name, NULL, NULL));
    }
    say_missed(r);
    const char *better = changes(r, 1), *worse = changes(r, -1);
    if (better[0] != '\0')
        doc_say(r->doc, BLOCK_ITEM, report_phrase(r, W_R_BETTER, better, NULL, NULL));
    if (worse[0] != '\0')
        doc_say(r->doc, BLOCK_ITEM, report_phrase(r, W_R_WORSE, worse, NULL, NULL));
    if (better[0] == '\0' && worse[0] == '\0')
        doc_say(r->doc, BLOCK_ITEM, word(W_R_NOTHING_CLEAR));
}

/* What the log says nothing of is not the same as a time in which nothing happened. */
static const char *nothing(const struct report *r)
{
    const struct cube *c = r->cube;
    const struct period *p = &c->setup.period[CUBE_NOW];
    if (c->first == MS_NONE || (c->first < p->to && c->last >= p->from))
        return word(W_R_NO_EVENTS);
    return report_phrase(r, W_R_NOT_COVERED, report_instant(r, c->first),
                         report_instant(r, c->last), NULL);
}

void report_summary(struct report *r)
{
    doc_head(r->doc, "summary", word(W_R_SUMMARY));
    if (r->cube->sum[CUBE_NOW] == NULL) {
        doc_say(r->doc, BLOCK_TEXT, nothing(r));
        return;
    }
    struct doc_table *t = doc_table(r->doc, BLOCK_TILES, "summary", NULL);
    doc_column(t, "figure", word(W_R_FIGURE), false, false);
    doc_column(t, "value", word(W_R_ACTUAL), true, false);
    doc_column(t, "change", word(W_R_CHANGE), true, false);
    report_totals(r, t);
    for (size_t i = 0; i < ARRAY_LEN(key_figures); i++)
        put_tile(r, t, (enum indicator)key_figures[i]);
    put_open(r, t);
    if (runs(r->cube))
        doc_say(r->doc, BLOCK_NOTE,
                report_phrase(r, W_R_RUNNING, report_instant(r, r->cube->setup.as_of[CUBE_NOW]),
                              NULL, NULL));
    say_comparison(r);
}

void report_build(struct report *r)
{
    char buf[PERIOD_TEXT];
    const char *team = r->cube->setup.team;
    r->doc->chinese = words_lang() == LANG_ZH;
    r->doc->title =
        team == NULL ? word(W_R_TITLE) : report_phrase(r, W_R_TITLE_TEAM, team, NULL, NULL);
    r->doc->subtitle = doc_text(
        r->doc, "%s", period_text(buf, &r->settings->zone, r->cube->setup.period[CUBE_NOW]));
    r->compared = r->cube->first != MS_NONE &&
                  r->cube->first < r->cube->setup.period[CUBE_PRIOR].to &&
                  r->cube->sum[CUBE_PRIOR] != NULL;
    report_summary(r);
    if (r->cube->sum[CUBE_NOW] != NULL) {
        report_scorecards(r);
        report_indicators(r);
        report_goals(r);
        report_compare(r);
        report_trend(r);
        report_mix(r);
        report_times(r);
        report_people(r);
        report_weak(r);
    }
    report_measures(r);
    report_about(r);
}
