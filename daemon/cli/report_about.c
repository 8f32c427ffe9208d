/* Measures and whether they worked; what the numbers are about and how far they can be trusted. */
#include "daemon/cli/report_build.h"

#include "proto/encode.h"

/* Is it about the one team that the report is about? */
static bool is_only(const struct report *r, const struct measure_taken *m)
{
    const char *only = r->cube->setup.team;
    return only != NULL && strcmp(only, m->name) == 0;
}

/* Both sides of a measure. A name that nothing is counted of has NULL. */
struct sides {
    const struct sum *before, *after;
    struct number n;
};

static struct sides sides_of(const struct report *r, const struct measure_taken *m,
                             const struct measure_plan *plan)
{
    enum scope scope = (enum scope)m->scope;
    const struct cube *c = r->cube;
    struct sides s = {.before = c->sum[CUBE_PRIOR], .after = c->sum[CUBE_NOW]};
    struct report known = *r;
    if (plan->phase != MEASURE_UNDATED) {
        s.before = cube_span_sum(c, plan->span);
        s.after = plan->phase == MEASURE_TO_COME ? NULL : cube_span_sum(c, plan->span + 1);
        known.compared = true; /* nothing is counted of what the log does not reach */
    } else if (scope != SCOPE_ALL && !(scope == SCOPE_TEAM && is_only(r, m))) {
        uint32_t index = engine_name_find(c->engine, scope, str_of(m->name));
        s.before = index == 0 ? NULL : cube_name(c, CUBE_PRIOR, scope, index);
        s.after = index == 0 ? NULL : cube_name(c, CUBE_NOW, scope, index);
    }
    s.n = report_number(&known, s.after, s.before, m->of);
    return s;
}

/* Is the number made of anything? A count of 0 is one where others were counted; the site's own are
 * not while nothing was measured, nor is an aspect that nobody rated. */
static bool is_measured_here(const struct report *r, const struct sum *t, struct figure_source of)
{
    const struct custom_setting *own = custom_of(r->settings, (enum indicator)of.indicator);
    struct kpi_value v = {0};
    if (t == NULL)
        return false;
    if (of.aspect != 0)
        return sum_rated(t, of.aspect).n > 0;
    if (own == NULL)
        return true;
    return sum_value(t, r->settings, (enum indicator)of.indicator, &v) &&
           (own->num.kind == SIDE_COUNT || v.n > 0 || v.den > 0);
}

/* What the report says of a measure. A ratio is verified when its whole interval is on the good
 * side; nothing is by numbers of nobody, nor before it is due. */
static const char *state_of(const struct report *r, const struct measure_taken *m,
                            const struct measure_plan *plan, const struct sides *s,
                            enum doc_tone *ret)
{
    const char *what = phrase_scope((enum scope)m->scope, words_lang());
    bool whole = m->scope == SCOPE_ALL || is_only(r, m), due = plan->phase <= MEASURE_SHOWS;
    *ret = TONE_QUIET;
    if (m->scope == SCOPE_TEAM && r->cube->setup.team != NULL && !is_only(r, m))
        return word(W_R_NOT_HERE);
    if (plan->phase == MEASURE_TO_COME)
        return word(W_R_NOT_DUE);
    if (s->after == NULL && !whole) {
        *ret = TONE_BAD;
        return report_phrase(r, W_R_NO_SUCH, what, NULL, NULL);
    }
    if (!s->n.has || !is_measured_here(r, s->after, m->of))
        return word(due ? W_R_NO_CASES : W_R_NOT_DUE);
    bool met = measure_met(m, &s->n.now);
    if (!due)
        return word(met ? W_R_MET_SO_FAR : W_R_NOT_DUE);
    if (met) {
        double want = (double)m->expected / 1e6;
        bool sure = !s->n.ratio || (m->below ? s->n.at.high <= want : s->n.at.low >= want);
        *ret = sure ? TONE_GOOD : TONE_QUIET;
        return word(sure ? W_R_VERIFIED : W_R_NOT_SURE);
    }
    *ret = TONE_BAD;
    return word(W_R_NOT_YET);
}

/* One side: the number, and below it when that was. */
static void put_side(struct report *r, struct doc_table *t, const struct measure_taken *m,
                     const struct figure *f, const struct period *p)
{
    char when[PERIOD_TEXT];
    struct doc_cell *cell = report_cell(r, t, m->of, f);
    if (p == NULL)
        return;
    period_text(when, &r->settings->zone, *p);
    cell->note = cell->note == NULL ? doc_text(r->doc, "%s", when)
                                    : doc_text(r->doc, "%s · %s", cell->note, when);
    if (r->cube->first > p->from + MS_DAY && r->cube->first < p->to) {
        char first[PERIOD_NAME];
        period_name(first, &r->settings->zone, STEP_DAY, r->cube->first);
        cell->note = doc_text(r->doc, "%s · %s", cell->note,
                              report_phrase(r, W_R_LOG_SINCE, first, NULL, NULL));
    }
}

static void put_measure(struct report *r, struct doc_table *t, const struct measure_taken *m,
                        const struct measure_plan *plan)
{
    enum doc_tone tone;
    bool dated = plan->phase != MEASURE_UNDATED;
    struct sides s = sides_of(r, m, plan);
    const char *name = report_indicator(r, m->of);
    const char *field = report_field(m->of);
    doc_cell(t, m->text)->note =
        m->scope == SCOPE_ALL ? doc_text(r->doc, "%s · %s", name, field)
                              : doc_text(r->doc, "%s · %s · %s %s", name, field,
                                         phrase_scope((enum scope)m->scope, words_lang()), m->name);
    doc_cell(t, m->owner);
    doc_cell(t, m->start_text);
    doc_cell(t, m->due_text);
    doc_cell(t,
             doc_text(r->doc, "%s %s", m->below ? "≤" : "≥", report_value(r, m->of, m->expected)));
    if (s.n.had && s.before != NULL)
        put_side(r, t, m, &s.n.before, dated ? &plan->before : NULL);
    else
        doc_cell(t, "");
    if (s.after != NULL)
        put_side(r, t, m, &s.n.now, dated ? &plan->after : NULL);
    else
        doc_cell(t, "·");
    if (s.after != NULL && s.before != NULL)
        report_change(r, t, &s.n);
    else
        doc_cell(t, "");
    const char *state = state_of(r, m, plan, &s, &tone);
    struct doc_cell *cell = doc_cell(t, state);
    cell->tone = (uint8_t)tone;
    if (tone == TONE_GOOD && s.n.had && s.before != NULL && measure_met(m, &s.n.before))
        cell->note = word(W_R_MET_BEFORE);
}

void report_measures(struct report *r)
{
    doc_head(r->doc, "measures", word(W_R_MEASURES));
    if (r->measures == NULL || r->measures->n == 0) {
        doc_say(r->doc, BLOCK_NOTE, word(W_R_MEASURE_NONE));
        return;
    }
    doc_say(r->doc, BLOCK_NOTE, word(W_R_MEASURE_NOTE));
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "measures", NULL);
    t->cards = true;
    doc_column(t, "measure", word(W_R_MEASURE), false, false);
    doc_column(t, "owner", word(W_R_OWNER), false, false);
    doc_column(t, "start", word(W_R_START), false, false);
    doc_column(t, "due", word(W_R_DUE), false, false);
    doc_column(t, "expected", word(W_R_EXPECTED), true, false);
    doc_column(t, "before", word(W_R_EARLIER), true, false);
    doc_column(t, "actual", word(W_R_SINCE), true, false);
    doc_column(t, "change", word(W_R_CHANGE), true, false);
    doc_column(t, "state", word(W_R_STATE), false, false);
    for (uint32_t i = 0; i < r->measures->n; i++)
        put_measure(r, t, &r->measures->at[i], &r->plan[i]);
}

/* --- about -------------------------------------------------------------------------------- */

static void put_fact(struct doc_table *t, const char *key, enum word name, const char *value)
{
    doc_cell(t, word(name))->key = key;
    doc_cell(t, value);
}

static void put_count(struct report *r, struct doc_table *t, const char *key, enum word name,
                      uint64_t n, bool bad)
{
    doc_cell(t, word(name))->key = key;
    struct doc_cell *cell = doc_number(t, report_count(r, n), (double)n, UNIT_COUNT);
    if (bad && n > 0) {
        cell->tone = TONE_FLAG;
        cell->note = word(W_R_ATTENTION);
    }
}

const char *report_instant(const struct report *r, ms_t at)
{
    char buf[PHRASE_MAX];
    return doc_text(r->doc, "%s", phrase_instant(buf, &r->settings->zone, at));
}

static const char *period(const struct report *r, struct period p)
{
    char buf[PERIOD_TEXT];
    return doc_text(r->doc, "%s", period_text(buf, &r->settings->zone, p));
}

static const char *files(const struct report *r)
{
    const char *all = "";
    for (uint32_t i = 0; i < r->files_n; i++) {
        const char *slash = strrchr(r->files[i], '/');
        all = doc_text(r->doc, "%s%s%s", all, i > 0 ? ", " : "",
                       slash == NULL ? r->files[i] : slash + 1);
    }
    return all;
}

static void facts(struct report *r)
{
    const struct cube *c = r->cube;
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "about", NULL);
    doc_column(t, "what", word(W_H_WHAT), false, false);
    doc_column(t, "value", word(W_R_FIGURE), false, false);
    put_fact(t, "period", W_R_PERIOD, period(r, c->setup.period[CUBE_NOW]));
    put_fact(t, "period_before", W_R_PERIOD_BEFORE, period(r, c->setup.period[CUBE_PRIOR]));
    put_fact(t, "as_of", W_R_AS_OF, report_instant(r, c->setup.as_of[CUBE_NOW]));
    if (cube_is_beyond(c))
        put_fact(t, "known_until", W_R_BEYOND,
                 report_phrase(r, W_R_BEYOND_IS, report_instant(r, c->last), NULL, NULL));
    put_fact(t, "as_of_before", W_R_AS_OF_BEFORE, report_instant(r, c->setup.as_of[CUBE_PRIOR]));
    put_fact(t, "zone", W_R_ZONE, r->zone);
    put_fact(
        t, "filter", W_R_FILTER,
        c->setup.team == NULL
            ? word(W_R_EVERYTHING)
            : doc_text(r->doc, "%s %s", phrase_scope(SCOPE_TEAM, words_lang()), c->setup.team));
    put_fact(t, "files", W_R_FILES, files(r));
    if (c->first != MS_NONE)
        put_fact(
            t, "log", W_R_LOG,
            doc_text(r->doc, "%s … %s", report_instant(r, c->first), report_instant(r, c->last)));
    put_fact(t, "def_version", W_R_DEFINITIONS,
             report_phrase(r, W_R_DEFINITIONS_ARE, report_count(r, DEF_VERSION), NULL, NULL));
}

static void quality(struct report *r)
{
    const struct engine_counters *n = engine_counters(r->cube->engine);
    struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, "quality", word(W_R_QUALITY));
    doc_column(t, "what", word(W_H_WHAT), false, false);
    doc_column(t, "count", word(W_R_FIGURE), true, false);
    put_count(r, t, "events", W_R_EVENTS, r->cube->events_taken, false);
    put_count(r, t, "after_as_of", W_R_AFTER, r->cube->after_as_of, false);
    put_count(r, t, "duplicates", W_R_DUPLICATES, n->duplicates, false);
    put_count(r, t, "lines_refused", W_R_LINES_REFUSED, r->refused, true);
    put_count(r, t, "refused", W_R_EVENTS_REFUSED, n->refused, true);
    put_count(r, t, "late_dropped", W_R_LATE, n->late_dropped, true);
    put_count(r, t, "seq_gaps", W_R_GAPS, n->seq_gaps, true);
    put_count(r, t, "skewed", W_R_SKEWED, n->skewed, true);
    put_count(r, t, "negative", W_R_NEGATIVE, n->negative, true);
    put_count(r, t, "reopened_unknown", W_R_UNKNOWN_REOPEN, n->reopened_unknown, true);
    put_count(r, t, "measured_unnamed", W_R_UNNAMED, n->measured_unnamed, true);
    put_count(r, t, "lost_to_limits", W_R_LIMITS, n->names_other + n->calls_shed + n->sla_untracked,
              true);
}

void report_about(struct report *r)
{
    static const enum word methods[] = {W_R_METHOD_PERIOD, W_R_METHOD_RATIO, W_R_METHOD_TIMES};
    doc_head(r->doc, "about", word(W_R_ABOUT));
    facts(r);
    quality(r);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        doc_say(r->doc, BLOCK_NOTE, word(methods[i]));
}
