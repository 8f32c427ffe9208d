#include "tests/lib/draw.h"

#include "core/event.h"
#include "core/figure.h"

static void draw_rule(struct random *r, uint32_t i, struct rule_setting *ret)
{
    static const uint16_t indicators[] = {IND_FIRST_RESPONSE, IND_FIRST_RESPONSE, IND_REPLIES,
                                          IND_CSAT, IND_CSAT_RATE};
    *ret = (struct rule_setting){.scope = SCOPE_TEAM};
    ret->id[0] = 'r';
    ret->id[1] = (char)('0' + i);
    ret->indicator = indicators[random_below(r, ARRAY_LEN(indicators))];
    do
        ret->field = (uint8_t)random_below(r, IF_END);
    while (!indicator_has_field((enum indicator)ret->indicator, (enum indicator_field)ret->field));
    ret->window = (uint8_t)random_below(r, 3);
    ret->below = random_percent(r, 40);
    ret->on_empty = (uint8_t)random_below(r, 3);
    ret->min_n = (uint32_t)random_below(r, 4);
    ret->hold = random_percent(r, 50) ? 0 : random_range(r, 1, 30000);
    if (random_percent(r, 50))
        ret->hold = ret->hold / 4000 * 4000; /* often ends at the very instant of an event */
    bool whole =
        ret->field != IF_VALUE && ret->field != IF_VALUE_MATURE && ret->field != IF_ATTAINMENT;
    ret->fire = whole ? random_range(r, 0, 8) : random_range(r, 0, 10) * (NUMBER_ONE / 10);
    ret->fire *= whole && ret->indicator != IND_FIRST_RESPONSE ? NUMBER_ONE : 1;
    ret->fire *=
        whole && ret->indicator == IND_FIRST_RESPONSE &&
                !indicator_field_is_ms(IND_FIRST_RESPONSE, (enum indicator_field)ret->field)
            ? NUMBER_ONE
            : 1;
    ms_t gap = random_range(r, 0, 2) * (ret->fire >= 10 ? NUMBER_ONE : 1);
    ret->clear = ret->below ? ret->fire + gap : ret->fire - gap;
}

void draw_settings(struct random *r, uint32_t rules, struct settings *ret)
{
    static const char *const windows[] = {"1m", "5m", "today"};
    settings_default(ret);
    ret->scopes = 1u << SCOPE_ALL | 1u << SCOPE_TEAM;
    ret->windows = ARRAY_LEN(windows);
    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        CHECK(window_setting_parse(str_of(windows[i]), &ret->window[i]));
    ret->target[TARGET_FIRST_RESPONSE] = 4;
    ret->rules = rules;
    for (uint32_t i = 0; i < rules; i++)
        draw_rule(r, i, &ret->rule[i]);
}

void draw_trends(struct random *r, struct settings *s)
{
    for (uint32_t i = 0; i < s->rules; i++) {
        struct rule_setting *rule = &s->rule[i];
        bool order = figure_percent((enum indicator_field)rule->field) >= 0;
        if (s->window[rule->window].kind != WINDOW_SLIDING || order || random_percent(r, 40))
            continue;
        bool ms = indicator_field_is_ms((enum indicator)rule->indicator,
                                        (enum indicator_field)rule->field);
        bool part = rule->field == IF_VALUE || rule->field == IF_ATTAINMENT;
        rule->kind = RULE_TREND;
        rule->absolute = random_percent(r, 50);
        rule->fire = random_range(r, -5, 5) * (rule->absolute && ms ? 1 : NUMBER_ONE);
        if (!rule->absolute || part)
            rule->fire /= 5;
        ms_t gap = random_range(r, 0, 2) * (rule->absolute && ms ? 1 : NUMBER_ONE / 5);
        rule->clear = rule->below ? rule->fire + gap : rule->fire - gap;
        s->compared |= 1u << rule->window;
    }
}

struct window_sample draw_sample(struct random *r, ms_t ts, uint32_t *ret_family)
{
    struct window_sample s = {.ts = ts};
    ms_t value = random_range(r, 0, 8);
    switch (random_below(r, 4)) {
    case 0:
        *ret_family = FAM_MARKS;
        s.flags = 1u << (MARKS_MISSED + TARGET_FIRST_RESPONSE);
        break;
    case 1:
        *ret_family = FAM_RATINGS;
        s.present = 1u << RATINGS_CSAT;
        s.value[RATINGS_CSAT] = value * NUMBER_ONE;
        s.flags = 1u << RATINGS_RATED | (value >= 4 ? 1u << RATINGS_SATISFIED : 0);
        break;
    default:
        *ret_family = FAM_REPLIES;
        s.flags = 1u << REPLIES_REPLY;
        if (random_percent(r, 80)) {
            s.present = 1u << REPLIES_FIRST;
            s.value[REPLIES_FIRST] = value;
            s.flags |= value <= 4 ? 1u << REPLIES_MET_FIRST : 0;
        }
    }
    return s;
}
