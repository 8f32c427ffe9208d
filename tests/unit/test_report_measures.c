/* Measures: read whole, or the line and key of what is wrong. */
#include "daemon/cli/report_measures.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct config config;
static struct measures measures;
static struct tree_error why;

static bool parse(const char *text)
{
    config_default(&config);
    return measures_parse("m.yaml", text, strlen(text), &config, &measures, &why);
}

Test(report_measures, read)
{
    cr_assert(parse("measures:\n"
                    "  - {measure: two more people, owner: ada, due: 2012-10-31,\n"
                    "     indicator: first_response, field: p90, expected: \"<= 4h\"}\n"
                    "  - {measure: x, owner: 王芳, indicator: csat, expected: '>= 4.2', team: a}\n"
                    "  - {measure: y, owner: bo, indicator: resolution, expected: <= 1d}\n"),
              "%s", why.text);
    cr_assert_eq(measures.n, 3);
    const struct measure_taken *m = measures.at;
    cr_assert(m->due == 1351728000000 && m->below && m->expected == 4 * MS_HOUR);
    cr_assert(m->of.indicator == IND_FIRST_RESPONSE && m->of.field == IF_P90);
    cr_assert(m->scope == SCOPE_ALL && strcmp(m->text, "two more people") == 0);
    m++;
    cr_assert(!m->below && m->expected == 4200000 && m->due == MS_NONE);
    cr_assert(m->of.field == IF_MEAN && m->scope == SCOPE_TEAM && strcmp(m->name, "a") == 0);
    cr_assert_eq(measures.at[2].of.field, IF_P50);
}

Test(report_measures, complaints)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"", "m.yaml:1: "},
        {"things: []\n", "measures"},
        {"measures: []\nmore: 1\n", "m.yaml:2: "},
        {"measures:\n  - 5\n", "m.yaml:2: "},
        {"measures:\n  - {owner: a, indicator: csat, expected: '>= 4'}\n", "without `measure`"},
        {"measures:\n  - {measure: '', owner: a, indicator: csat, expected: '>= 4'}\n", "empty"},
        {"measures:\n  - {measure: a, owner: a, indicator: open, expected: '>= 4'}\n",
         "not of a period"},
        {"measures:\n  - {measure: a, owner: a, indicator: csat, expected: '4'}\n", "expected"},
        {"measures:\n  - {measure: a, owner: a, indicator: csat, field: p90,\n"
         "     expected: '>= 4'}\n",
         "m.yaml:2: "},
        {"measures:\n  - {measure: a, owner: a, indicator: csat, expected: '>= 4',\n"
         "     team_name: a}\n",
         "m.yaml:3: measures.team_name: unknown key of a measure; it has measure, owner, start, "
         "due, indicator, field, expected, team, agent, category, channel, priority"},
        {"measures:\n  - {measure: a, owner: a, due: 2012-02-30, indicator: csat,\n"
         "     expected: '>= 4'}\n",
         "no date"},
        {"measures:\n  - {measure: a, owner: a, indicator: csat, expected: '>= 4', team: a,\n"
         "     agent: b}\n",
         "one of them"},
        {"measures:\n  - {measure: a, owner: a, indicator: answer_rate, expected: '>= 95'}\n",
         "m.yaml:2: measures.expected: 95 of answer_rate would be 9500 %: it is a part, 0 to 1; "
         "write 95%"},
        {"measures:\n  - {measure: a, owner: a, indicator: csat, expected: '<= 5'}\n",
         "holds of every csat"},
        {"measures:\n  - {measure: a, owner: a, indicator: service_level, expected: '>= 80%',\n"
         "     agent: ada}\n",
         "there is no service_level of scope agent"},
        {"measures:\n  - {measure: a, indicator: csat, expected: '>= 4'}\n", "without `owner`"},
        {"measures:\n  - {measure: a, owner: a, start: 2012-10-2, indicator: csat,\n"
         "     expected: '>= 4'}\n",
         "m.yaml:2: measures.start: '2012-10-2' is no date; write 2012-10-31"},
        {"measures:\n  - {measure: a, owner: a, start: 2012-10-02, due: 2012-10-01,\n"
         "     indicator: csat, expected: '>= 4'}\n",
         "m.yaml:2: measures: it begins on 2012-10-02, after it is due (2012-10-01); swap"},
        {"measures:\n  - {measure: a, owner: a, due: soon, indicator: csat, expected: '>= 4'}\n",
         "m.yaml:2: measures.due: 'soon' is no date; write 2012-10-31"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        cr_assert(!parse(wrong[i].text), "%s", wrong[i].text);
        cr_assert_not_null(strstr(why.text, wrong[i].says), "%s", why.text);
    }
    cr_assert(!measures_load("/nowhere/m.yaml", &config, &measures, &why));
    cr_assert_not_null(strstr(why.text, "/nowhere/m.yaml"));
}

static struct period days(const char *from, const char *to)
{
    struct period p;
    const struct zone *z = &config.settings.zone;
    cr_assert(period_instant(z, from, false, &p.from) && period_instant(z, to, true, &p.to));
    return p;
}

static bool same(struct period a, struct period b)
{
    return a.from == b.from && a.to == b.to;
}

static const struct {
    const char *dates;
    enum measure_phase phase;
    const char *before[2], *after[2];
} dated[] = {
    {"", MEASURE_UNDATED, {0}, {0}},
    {"due: 2012-09-30,", MEASURE_SHOWS, {"2012-09-01", "2012-09-30"}, {"2012-10-01", "2012-10-31"}},
    {"due: 2012-06-30,", MEASURE_SHOWS, {"2012-06-01", "2012-06-30"}, {"2012-10-01", "2012-10-31"}},
    {"start: 2012-03-01, due: 2012-06-30,",
     MEASURE_SHOWS,
     {"2012-02-01", "2012-02-29"},
     {"2012-10-01", "2012-10-31"}},
    {"start: 2012-03-05, due: 2012-06-30,",
     MEASURE_SHOWS,
     {"2012-02-03", "2012-03-04"},
     {"2012-10-01", "2012-10-31"}},
    {"due: 2012-10-10,", MEASURE_SHOWS, {"2012-09-20", "2012-10-10"}, {"2012-10-11", "2012-10-31"}},
    {"start: 2012-10-11,",
     MEASURE_SHOWS,
     {"2012-09-20", "2012-10-10"},
     {"2012-10-11", "2012-10-31"}},
    {"start: 2012-10-05, due: 2012-10-21,",
     MEASURE_SHOWS,
     {"2012-09-25", "2012-10-04"},
     {"2012-10-22", "2012-10-31"}},
    {"start: 2012-10-05, due: 2012-10-31,",
     MEASURE_RUNS,
     {"2012-09-08", "2012-10-04"},
     {"2012-10-05", "2012-10-31"}},
    {"start: 2012-08-05, due: 2012-11-30,",
     MEASURE_RUNS,
     {"2012-07-05", "2012-08-04"},
     {"2012-10-01", "2012-10-31"}},
    {"due: 2012-10-31,", MEASURE_TO_COME, {"2012-10-01", "2012-10-31"}, {0}},
    {"start: 2012-11-01, due: 2012-11-30,", MEASURE_TO_COME, {"2012-10-01", "2012-10-31"}, {0}},
};

/* Measures of these dates in a report of October 2012, one at a time. */
Test(report_measures, before_and_after)
{
    static struct measure_plan plan[MEASURES_MAX];
    static struct cube_span span[CUBE_SPANS_MAX];
    for (size_t i = 0; i < ARRAY_LEN(dated); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "measures:\n  - {measure: a, owner: a, %s indicator: csat, expected: '>= 4'}\n",
                 dated[i].dates);
        cr_assert(parse(text), "%s", why.text);
        struct period now = days("2012-10-01", "2012-10-31");
        ms_t as_of = now.to + 5 * MS_DAY;
        uint32_t n = measures_plan(&measures, &config.settings.zone, now, as_of, NULL, plan, span);
        cr_assert_eq(plan[0].phase, dated[i].phase, "%zu", i);
        if (dated[i].before[0] == NULL) {
            cr_assert_eq(n, 0);
            continue;
        }
        struct period before = days(dated[i].before[0], dated[i].before[1]);
        cr_assert(same(plan[0].before, before) && same(span[0].period, before), "%zu", i);
        if (dated[i].after[0] == NULL) {
            cr_assert_eq(n, 1, "%zu", i);
            continue;
        }
        struct period after = days(dated[i].after[0], dated[i].after[1]);
        cr_assert_eq(n, 2);
        cr_assert(same(plan[0].after, after) && same(span[1].period, after), "%zu", i);
        cr_assert(span[1].as_of == as_of && span[0].as_of == before.to + 5 * MS_DAY, "%zu", i);
    }
}

/* Of a period that runs only what is known counts; the team of the report is all of it. */
Test(report_measures, plan_as_of)
{
    static struct measure_plan plan[MEASURES_MAX];
    static struct cube_span span[CUBE_SPANS_MAX];
    cr_assert(parse("measures:\n"
                    "  - {measure: a, owner: a, due: 2012-10-10, indicator: csat, team: x,\n"
                    "     expected: '>= 4'}\n"
                    "  - {measure: b, owner: a, start: 2012-09-30, indicator: csat, team: y,\n"
                    "     expected: '>= 4'}\n"));
    struct period now = days("2012-10-01", "2012-10-31"), tenth = days("2012-10-10", "2012-10-10");
    const struct zone *z = &config.settings.zone;
    cr_assert_eq(measures_plan(&measures, z, now, tenth.to, "x", plan, span), 3);
    cr_assert(plan[0].phase == MEASURE_TO_COME && plan[1].phase == MEASURE_SHOWS);
    cr_assert(plan[0].span == 0 && plan[1].span == 1);
    cr_assert(span[0].scope == SCOPE_ALL && span[1].scope == SCOPE_TEAM);
    cr_assert_eq(span[1].as_of, span[1].period.from + 10 * MS_DAY); /* as much of it */
    cr_assert_eq(measures_plan(&measures, z, now, tenth.to + MS_DAY, "x", plan, span), 4);
    cr_assert_eq(plan[0].phase, MEASURE_SHOWS);
}

Test(report_measures, met_at_the_edge)
{
    struct measure_taken m = {.below = true, .expected = 2};
    struct figure f = {.top = 4, .bottom = 2}, more = {.top = 5, .bottom = 2};
    cr_assert(measure_met(&m, &f) && !measure_met(&m, &more));
    m.below = false;
    cr_assert(measure_met(&m, &f) && measure_met(&m, &more));
    m.expected = 3;
    cr_assert(!measure_met(&m, &more));
}
