/* Measures: read whole, or the line and key of what is wrong. */
#include "daemon/cli/report_measures.h"

#include <criterion/criterion.h>

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
         "m.yaml:3: measures.team_name: unknown key of a measure; it has measure, owner, due, "
         "indicator, field, expected, team, agent, category, channel, priority"},
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
