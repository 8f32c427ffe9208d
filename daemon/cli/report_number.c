/* Numbers of a report in words: values, shares, intervals, changes, names. */
#include "daemon/cli/report_build.h"

#include "core/event.h"

#include <math.h>
#include <stdlib.h>

enum {
    CLEAR_PERCENT = 20, /* a time or count changed clearly when by so much … */
    CLEAR_CASES = 20,   /* … and both periods have so many */
};

/* People read a minus, not a hyphen; and a spreadsheet takes neither for a formula then. */
static const char *with_minus(const struct report *r, const char *text)
{
    return doc_text(r->doc, "%s%s", text[0] == '-' ? "−" : "", text[0] == '-' ? text + 1 : text);
}

const char *report_phrase(const struct report *r, enum word w, const char *a, const char *b,
                          const char *c)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (f == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        exit(1);
    }
    word_print(f, w, a, b, c);
    fclose(f);
    const char *ret = doc_text(r->doc, "%s", text);
    free(text);
    return ret;
}

const char *report_count(const struct report *r, uint64_t n)
{
    return doc_text(r->doc, "%llu", (unsigned long long)n);
}

const char *report_share(const struct report *r, double fraction)
{
    return doc_text(r->doc, "%.1f%%", fraction * 100);
}

const char *report_interval(const struct report *r, struct interval i)
{
    return doc_text(r->doc, "%.1f – %.1f%%", i.low * 100, i.high * 100);
}

static bool is_part(const struct report *r, struct figure_source of)
{
    return custom_is_part(r->settings, (enum indicator)of.indicator,
                          (enum indicator_field)of.field);
}

/* A part of time is none of cases, each of which could have gone the other way. */
static bool is_of_time(struct figure_source of)
{
    return indicator_kind((enum indicator)of.indicator) == IND_SHARE;
}

/* Nor is one of money; and two numbers set against each other may be no part of each other. */
static bool is_of_cases(const struct report *r, struct figure_source of, const struct figure *f)
{
    const struct custom_setting *own = custom_of(r->settings, (enum indicator)of.indicator);
    return is_part(r, of) && !is_of_time(of) && (own == NULL || custom_is_of_cases(own)) &&
           f->top >= 0 && f->top <= (__int128)f->bottom * NUMBER_ONE;
}

const char *report_value(const struct report *r, struct figure_source of, int64_t value)
{
    char buf[PHRASE_MAX];
    enum indicator i = (enum indicator)of.indicator;
    enum indicator_field f = (enum indicator_field)of.field;
    if (indicator_field_is_ms(i, f)) { /* read at a glance: no milliseconds beside seconds */
        ms_t size = llabs(value);
        ms_t unit = size >= MS_HOUR ? MS_MINUTE : size >= 10 * MS_SECOND ? MS_SECOND : 1;
        value = (value + unit / 2) / unit * unit;
    }
    if (is_part(r, of))
        return with_minus(r, report_share(r, (double)value / NUMBER_ONE));
    return with_minus(r, phrase_value(buf, r->settings, i, f, value, words_lang()));
}

const char *report_figure(const struct report *r, struct figure_source of, const struct figure *f)
{
    return f->bottom > 0 ? report_value(r, of, figure_round(f)) : "·";
}

const char *report_indicator(const struct report *r, struct figure_source of)
{
    char name[PHRASE_MAX];
    return doc_text(r->doc, "%s", phrase_source(name, r->settings, of, words_lang()));
}

const char *report_field(struct figure_source of)
{
    return of.field == IF_P50    ? word(W_R_MEDIAN)
           : of.field == IF_MEAN ? word(W_R_MEAN)
                                 : phrase_field((enum indicator_field)of.field, words_lang());
}

static double plain(const struct figure *f)
{
    return (double)f->top / (double)f->bottom;
}

/* Both sides of the site's own are in millionths. */
static struct interval interval_of(struct figure_source of, const struct figure *f)
{
    int64_t one = indicator_is_custom((enum indicator)of.indicator) ? NUMBER_ONE : 1;
    return wilson((uint64_t)(f->top / NUMBER_ONE / one), (uint64_t)(f->bottom / one));
}

/* A cohort without those that may still turn out otherwise. */
static struct figure mature_of(const struct figure *f)
{
    struct figure ret = *f;
    ret.top -= (__int128)f->pending_num * NUMBER_ONE;
    ret.bottom -= f->pending;
    ret.n -= f->pending;
    return ret;
}

const char *report_pending(const struct report *r, struct figure_source of, const struct figure *f)
{
    if (f->pending == 0)
        return NULL;
    struct figure mature = mature_of(f);
    return mature.bottom <= 0 ? word(W_R_PENDING_ALL)
                              : report_phrase(r, W_R_PENDING, report_count(r, f->pending),
                                              report_figure(r, of, &mature), NULL);
}

const char *report_sure(const struct report *r, struct figure_source of, const struct figure *f)
{
    if (f->count || f->bottom <= 0 || is_of_time(of))
        return NULL;
    if (!is_of_cases(r, of, f))
        return doc_text(r->doc, "n = %u", f->n);
    const char *pending = report_pending(r, of, f);
    return doc_text(r->doc, "n = %u · %s%s%s", f->n, report_interval(r, interval_of(of, f)),
                    pending == NULL ? "" : " · ", pending == NULL ? "" : pending);
}

/* value: ms or millionths, as figures are. */
static struct doc_cell *put_number(const struct report *r, struct doc_table *t,
                                   struct figure_source of, const char *text, double value)
{
    if (indicator_field_is_ms((enum indicator)of.indicator, (enum indicator_field)of.field))
        return doc_number(t, text, value, UNIT_MS);
    return doc_number(t, text, value / NUMBER_ONE, is_part(r, of) ? UNIT_SHARE : UNIT_COUNT);
}

struct doc_cell *report_mark(const struct report *r, struct doc_table *t, struct figure_source of,
                             int64_t value)
{
    return put_number(r, t, of, report_value(r, of, value), (double)value);
}

struct doc_cell *report_cell(const struct report *r, struct doc_table *t, struct figure_source of,
                             const struct figure *f)
{
    if (f->bottom <= 0)
        return doc_cell(t, "·");
    struct doc_cell *cell = put_number(r, t, of, report_figure(r, of, f), plain(f));
    cell->note = report_sure(r, of, f); /* never shown without what it is made of */
    cell->pending = f->pending;
    struct figure mature = mature_of(f);
    cell->has_mature = f->pending > 0 && mature.bottom > 0;
    cell->mature = cell->has_mature ? plain(&mature) / NUMBER_ONE : 0;
    return cell;
}

struct number report_number(const struct report *r, const struct sum *now, const struct sum *before,
                            struct figure_source of)
{
    struct number n = {.of = of,
                       .good = custom_direction(r->settings, (enum indicator)of.indicator)};
    n.now = sum_figure(now, r->settings, of);
    n.has = n.now.bottom > 0;
    if (r->compared)
        n.before = sum_figure(before, r->settings, of);
    n.had = r->compared && n.before.bottom > 0;
    n.ratio = (!n.has || is_of_cases(r, of, &n.now)) && (!n.had || is_of_cases(r, of, &n.before)) &&
              is_part(r, of) && !is_of_time(of);
    if (n.ratio && n.has)
        n.at = interval_of(of, &n.now);
    if (n.ratio && n.had)
        n.was = interval_of(of, &n.before);
    return n;
}

static bool is_relative(const struct number *n)
{
    enum indicator_kind kind = indicator_kind((enum indicator)n->of.indicator);
    return !n->ratio && (kind == IND_DURATION || kind == IND_COUNT || kind == IND_CUSTOM);
}

static bool is_clear(const struct number *n, double was, double is)
{
    if (n->ratio)
        return interval_apart(n->at, n->was);
    if (!is_relative(n)) /* a mean of ratings: a tenth of a point of five; of time: of all */
        return fabs(is - was) >= 0.1 * NUMBER_ONE && n->now.n >= CLEAR_CASES &&
               n->before.n >= CLEAR_CASES;
    return fabs(is - was) * 100 >= CLEAR_PERCENT * fabs(was) && n->now.n >= CLEAR_CASES &&
           n->before.n >= CLEAR_CASES;
}

int report_verdict(const struct number *n)
{
    if (!n->has || !n->had)
        return 0;
    double is = plain(&n->now), was = plain(&n->before);
    enum direction good = n->good;
    if (good == DIRECTION_NEITHER || is == was || !is_clear(n, was, is))
        return 0;
    return (is > was) == (n->of.field == IF_ATTAINMENT || good == DIRECTION_MORE) ? 1 : -1;
}

const char *report_by(const struct report *r, double by, const char *amount)
{
    bool nothing = by == 0 || strpbrk(amount, "123456789") == NULL;
    return nothing ? word(W_R_SAME) : doc_text(r->doc, "%s %s", by > 0 ? "↑" : "↓", amount);
}

const char *report_by_points(const struct report *r, double by)
{
    const char *points = doc_text(r->doc, "%.1f", fabs(by) * 100);
    return report_by(r, by, report_phrase(r, W_R_POINTS_OF, points, NULL, NULL));
}

const char *report_change_text(const struct report *r, const struct number *n)
{
    if (!n->has || !n->had)
        return "";
    double is = plain(&n->now), was = plain(&n->before), by = is - was;
    if (is_part(r, n->of))
        return report_by_points(r, by / NUMBER_ONE);
    if (!is_relative(n))
        return report_by(r, by, doc_text(r->doc, "%.2f", fabs(by) / NUMBER_ONE));
    if (was > 0)
        return report_by(r, by, doc_text(r->doc, "%.1f%%", fabs(by) * 100 / was));
    return report_by(
        r, by, report_value(r, n->of, llabs(figure_round(&n->now) - figure_round(&n->before))));
}

struct doc_cell *report_change(const struct report *r, struct doc_table *t, const struct number *n)
{
    const char *text = report_change_text(r, n);
    int verdict = report_verdict(n);
    struct doc_cell *c = doc_cell(t, text);
    if (n->has && n->had) {
        bool ms = indicator_field_is_ms((enum indicator)n->of.indicator,
                                        (enum indicator_field)n->of.field);
        c->value = (plain(&n->now) - plain(&n->before)) / (ms ? 1 : NUMBER_ONE);
        c->has_value = true;
        c->unit = is_part(r, n->of) ? UNIT_SHARE : ms ? UNIT_MS : UNIT_COUNT;
    }
    c->tone = verdict > 0 ? TONE_GOOD : verdict < 0 ? TONE_BAD : TONE_QUIET;
    c->note = verdict > 0   ? word(W_R_IS_BETTER)
              : verdict < 0 ? word(W_R_IS_WORSE)
                            : NULL; /* a colour is seen neither in print nor by everybody */
    return c;
}

const char *report_name(const struct report *r, enum scope scope, uint32_t index)
{
    struct str name = engine_name(r->cube->engine, scope, index);
    if (scope == SCOPE_AGENT) {
        struct engine_agent agent;
        engine_agent(r->cube->engine, index, &agent);
        if (agent.title.len > 0)
            return doc_text(r->doc, "%.*s (%.*s)", (int)agent.title.len, agent.title.p,
                            (int)name.len, name.p);
    }
    return doc_text(r->doc, "%.*s", (int)name.len, name.p);
}
