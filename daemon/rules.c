#include "daemon/rules.h"

#include "core/appraise.h"
#include "core/event.h"
#include "core/mix.h"
#include "core/slice.h"
#include "daemon/sources.h"

#include <stdio.h>

static bool read_id(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    if (!read_text(r, rule->id, sizeof rule->id))
        return false;
    if (rule->id[0] == 0)
        return refuse(r, "empty; give the rule a name, alerts carry it");
    const struct settings *s = &r->config->settings;
    for (const struct rule_setting *other = s->rule; other < rule; other++)
        if (strcmp(other->id, rule->id) == 0)
            return refuse(r, "two rules are called %s; rename one", rule->id);
    return true;
}

static struct figure_source source_of(const struct rule_setting *rule)
{
    return (struct figure_source){rule->indicator, rule->field, rule->aspect};
}

static bool read_card(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    if (!read_text(r, rule->card, sizeof rule->card))
        return false;
    const struct scorecard *card = appraise_find(r->config->cards, str_of(rule->card));
    if (card == NULL)
        return refuse(r, "no card is called '%s'; `scorecards` has them", rule->card);
    rule->kind = RULE_SCORE;
    rule->scope = card->scope;
    rule->window = card->window;
    return true;
}

/* Of a rule on a card the card says it. */
static bool card_says(const struct reading *r, const struct rule_setting *rule, const char *key)
{
    return rule->kind == RULE_SCORE &&
           !refuse(r, "the card of the rule says that; remove `%s` or `card`", key);
}

/* A rule on a mix has its shares and nothing else. */
static bool mix_says(const struct reading *r, const struct rule_setting *rule, const char *key)
{
    return rule->kind == RULE_MIX &&
           !refuse(r, "a rule on a mix is about shares; remove `%s` or `mix`", key);
}

static bool is_said(const struct reading *r, const struct rule_setting *rule, const char *key)
{
    return card_says(r, rule, key) || mix_says(r, rule, key);
}

/* It fires above `flag_over`, like the mark in snapshots, unless `fire` says another share. */
static bool read_mix(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    char text[NAME_BYTES_MAX + 1], all[160] = "";
    if (card_says(r, rule, "mix") || !read_text(r, text, sizeof text))
        return false;
    int mix = mix_parse(str_of(text));
    for (size_t i = 0, n = 0; i < MIX_N; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s.%s", i > 0 ? ", " : "", mixes[i].of,
                              mixes[i].by);
    if (mix < 0)
        return refuse(r, "'%s' is no mix; there are %s", text, all);
    rule->kind = RULE_MIX;
    rule->mix = (uint8_t)mix;
    rule->field = IF_VALUE;
    rule->beyond = true;
    rule->fire = rule->clear = (int64_t)r->config->settings.flag_over * (NUMBER_ONE / 100);
    return true;
}

static bool read_part(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    if (rule->kind != RULE_MIX)
        return refuse(r, "only rules on a `mix` have parts; remove `part`");
    if (!read_full_name(r, rule->part))
        return false;
    return rule->mix != PART_COMPLAINTS_KIND || strcmp(rule->part, "complaint") == 0 ||
           strcmp(rule->part, "dispute") == 0 ||
           refuse(r, "'%s' is no kind of complaint; write complaint or dispute", rule->part);
}

static bool read_indicator(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    struct figure_source source;
    if (is_said(r, rule, "indicator"))
        return false;
    if (!source_indicator(r, &source))
        return false;
    rule->indicator = source.indicator;
    rule->field = source.field;
    rule->aspect = source.aspect;
    return true;
}

static bool read_field(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    struct figure_source source = source_of(rule);
    if (is_said(r, rule, "field"))
        return false;
    if (!source_field(r, &source))
        return false;
    rule->field = source.field;
    return true;
}

static bool read_rule_scope(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    if (card_says(r, rule, "scope") || !source_scope(r, &rule->scope))
        return false;
    if (rule->kind == RULE_MIX)
        return rule->scope == SCOPE_ALL || rule->scope == SCOPE_TEAM ||
               refuse(r, "mixes are kept of all and of teams; write all or team");
    return source_exists(r, source_of(rule), (enum scope)rule->scope);
}

static bool read_rule_window(struct reading *r, void *item)
{
    return source_window(r, &((struct rule_setting *)item)->window);
}

static bool read_trend(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const words[] = {"relative", "absolute"};
    uint8_t word;
    if (is_said(r, rule, "trend") || !read_word(r, words, ARRAY_LEN(words), &word))
        return false;
    if (rule->indicator >= IND_GAUGE_FIRST)
        return refuse(r, "%s is a number of now, nothing is known of it before",
                      custom_name(&r->config->settings, (enum indicator)rule->indicator));
    rule->kind = RULE_TREND;
    rule->absolute = word == 1;
    return true;
}

/* A grade as a threshold: one and worse is below the next better one by a hundredth. */
static bool grade_value(const struct reading *r, struct str text, bool or_worse, int64_t *ret)
{
    int g = score_grade_find(text);
    if (g < 0 || (g == GRADE_EXCELLENT && or_worse))
        return refuse(r,
                      g < 0 ? "'%s' is neither a number of points nor a grade (excellent, good, "
                              "qualified, needs_improvement, unqualified)"
                            : "'%s' or worse is everybody; write the grade below it",
                      text.p);
    int32_t least = score_grade_least((enum score_grade)(or_worse ? g - 1 : g));
    *ret = (int64_t)(or_worse ? least - 1 : least) * (NUMBER_ONE / 100);
    return true;
}

/* What it compares can be; a change likewise: nothing falls by more than all of it. */
static struct span span_of(const struct settings *s, const struct rule_setting *rule)
{
    struct span of = figure_span(s, source_of(rule));
    if (rule->kind == RULE_SCORE)
        return (struct span){0, (int64_t)SCORE_FULL / 100 * NUMBER_ONE};
    if (rule->kind == RULE_MIX)
        return (struct span){0, NUMBER_ONE};
    if (rule->kind == RULE_KPI)
        return of;
    if (!rule->absolute)
        return (struct span){of.least < 0 ? INT64_MIN : -NUMBER_ONE, INT64_MAX};
    if (of.least == INT64_MIN || of.most == INT64_MAX)
        return (struct span){INT64_MIN, INT64_MAX};
    return (struct span){of.least - of.most, of.most - of.least};
}

/* How complaints call what it compares. */
static const char *name_of(char ret[SOURCE_NAME], const struct settings *s,
                           const struct rule_setting *rule)
{
    if (rule->kind == RULE_SCORE)
        return "a score";
    if (rule->kind == RULE_MIX)
        return "a share";
    if (rule->kind == RULE_TREND)
        return rule->absolute ? "the change" : "the change (a part of what was before)";
    return source_name(ret, s, source_of(rule));
}

/* A threshold of the rule in whatever it compares. or_worse: of grades, which side is meant. */
static bool parse_value(const struct reading *r, const struct rule_setting *rule, struct str text,
                        const char *const likes[2], bool or_worse, int64_t *ret)
{
    bool negative = text.len > 1 && text.p[0] == '-';
    struct str size = {text.p + negative, text.len - negative};
    if (rule->kind == RULE_SCORE)
        return (text.len > 0 && text.p[text.len - 1] != '%' && millionths_parse(text, ret)) ||
               grade_value(r, text, or_worse, ret);
    if (rule->kind == RULE_MIX)
        return (millionths_parse(text, ret) && *ret >= 0 && *ret <= NUMBER_ONE) ||
               refuse(r, "'%s' is no share; write 30%%", text.p);
    if (rule->kind == RULE_KPI)
        return source_number(r, source_of(rule), text, likes, ret);
    if (!rule->absolute)
        return millionths_parse(text, ret) ||
               refuse(r, "'%s' is no part; write 30%% or -30%%", text.p);
    if (!source_number(r, source_of(rule), size, likes, ret))
        return false;
    *ret = negative ? -*ret : *ret;
    return true;
}

static bool read_value(const struct reading *r, const struct rule_setting *rule, struct str text,
                       const char *const likes[2], bool or_worse, int64_t *ret)
{
    const struct settings *s = &r->config->settings;
    char name[SOURCE_NAME];
    if (!parse_value(r, rule, text, likes, or_worse, ret))
        return false;
    bool grade = rule->kind == RULE_SCORE && score_grade_find(text) >= 0;
    return rule->field == IF_END || grade ||
           span_holds(r, name_of(name, s, rule), span_of(s, rule), text, *ret);
}

static bool read_fire(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const likes[] = {"a duration like \">= 15m\"",
                                        "a number like \">= 20\" or \"<= 85%\""};
    struct str text;
    if (!source_operator(r, &rule->below, &text))
        return false;
    if (rule->kind == RULE_MIX && rule->below)
        return refuse(r, "a rule on a mix is about shares that are too large; write \">= 30%%\"");
    if (!read_value(r, rule, text, likes, rule->below, &rule->fire))
        return false;
    const struct settings *s = &r->config->settings;
    char name[SOURCE_NAME];
    if (rule->field != IF_END &&
        !span_splits(r, name_of(name, s, rule), span_of(s, rule), rule->below, rule->fire))
        return false;
    if (rule->kind == RULE_MIX && rule->fire < MIX_LEAST)
        return refuse(r, "shares of less than 1%% are not watched; write 1%% or more");
    rule->beyond = false;
    rule->clear = rule->fire;
    return true;
}

/* Of grades: back at this one or better, and the other way round for rules on good ones. */
static bool read_clear(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const likes[] = {"a duration like 10m", "a number like 15 or 80%"};
    struct str text = r->node->text;
    if (!read_value(r, rule, text, likes, !rule->below, &rule->clear))
        return false;
    if (rule->kind == RULE_SCORE && score_grade_find(text) >= 0) /* beyond, not at it */
        rule->clear += rule->below ? -NUMBER_ONE / 100 : NUMBER_ONE / 100;
    if (rule->below ? rule->clear < rule->fire : rule->clear > rule->fire)
        return refuse(r, "it would clear where it fires; clear must lie on the good side of fire");
    return true;
}

static bool read_hold(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    return read_duration(r, 0, 30 * MS_DAY, &rule->hold);
}

static bool read_min_n(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    return read_count(r, 1, MIN_N_MAX, &rule->min_n);
}

static bool read_on_empty(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const words[] = {"hold", "clear", "fire"};
    if (!read_word(r, words, ARRAY_LEN(words), &rule->on_empty))
        return false;
    return rule->kind != RULE_MIX || rule->on_empty != ON_EMPTY_FIRE ||
           refuse(r, "of a mix of nothing no part can fire; write hold or clear");
}

static bool read_severity(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const words[] = {"info", "warning", "critical"};
    return read_word(r, words, ARRAY_LEN(words), &rule->severity);
}

static bool read_name(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    const char *of = rule->kind == RULE_SCORE ? "the card" : "the rule";
    if (rule->scope == SCOPE_ALL)
        return refuse(r,
                      "%s is about all, which has no names; say whose it is with `scope`, or "
                      "remove `name`",
                      of);
    return read_full_name(r, rule->name);
}

/* The last that its slice follows from. */
static bool read_when(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    struct settings *s = &r->config->settings;
    struct time_slice slice[SLICES_MAX];
    if (is_said(r, rule, "when") || !source_when(r, rule->when))
        return false;
    if ((figure_inputs(s, source_of(rule)) >> FAM_STINTS & 1) != 0 || rule->aspect != 0)
        return refuse(r, "no hours can be told of %s; leave `when` out",
                      figure_name(s, source_of(rule)));
    uint32_t rules = s->rules;
    s->rules = (uint32_t)(rule - s->rule) + 1;
    uint32_t slices = slices_of(s, slice);
    s->rules = rules;
    return slices <= SLICES_MAX ||
           refuse(r,
                  "cards and rules ask for the hours of more than %d calendars and scopes; use "
                  "fewer",
                  SLICES_MAX);
}

static bool read_labels(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    const struct tree_node *map = r->node;
    if (map->kind != TREE_MAP)
        return refuse(r, "a map is wanted here; write {runbook: text}");
    for (const struct tree_node *m = map->first; m != NULL; m = m->next) {
        r->node = m;
        if (rule->labels == RULE_LABELS_MAX)
            return refuse(r, "more than %d labels; remove some", RULE_LABELS_MAX);
        char *key = rule->label[rule->labels].key;
        if (m->key.len == 0 || m->key.len >= sizeof rule->label[0].key)
            return refuse(r, "label names have 1 to 31 bytes");
        memcpy(key, m->key.p, m->key.len + 1);
        if (!read_text(r, rule->label[rule->labels].value, sizeof rule->label[0].value))
            return false;
        rule->labels++;
    }
    return true;
}

static const struct member table[] = {
    {"id", NULL, "Its name; alerts carry it.", read_id},
    {"card", "",
     "A scorecard, by its id: the rule is about the score of each of its names, and the card says "
     "scope and window.",
     read_card},
    {"mix", "",
     "The share of each part of a mix by itself: opened.category, complaints.category, "
     "complaints.kind, low_ratings.category or low_ratings.aspect. Scope all or team.",
     read_mix},
    {"part", "every part", "Of a mix: only this category, kind or aspect.", read_part},
    {"indicator", "",
     "What is watched; SEMANTICS.md lists the indicators; csat.politeness is the mean of the "
     "ratings of that aspect alone. Required without `card` or `mix`.",
     read_indicator},
    {"field", "value, num or mean", "Which number of it: p90, missed, ... Required for durations.",
     read_field},
    {"scope", "all", "For each name of this scope by itself.", read_rule_scope},
    {"window", "", "One of `windows`. Required, except for numbers of now such as waiting.",
     read_rule_window},
    {"trend", "",
     "relative or absolute: not the value is watched but its change against the window before this "
     "one, of the same length: by what part (30%, -30%), or by how much. Sliding windows only; the "
     "samples of such a window are kept for twice as long.",
     read_trend},
    {"fire", "",
     "\">= VALUE\" or \"<= VALUE\": a duration, a number, a percentage; of a card points or a "
     "grade: \"<= needs_improvement\" is that grade or worse. Required, except for a mix: a share "
     "above `flag_over`.",
     read_fire},
    {"clear", "as fire",
     "The alert ends when the value is back beyond this one (a grade: at it or better).",
     read_clear},
    {"for", "0s", "How long the condition must hold, to fire and to clear.", read_hold},
    {"min_n", "1",
     "With fewer samples there is nothing to judge: see on_empty. Of trends in both windows, of a "
     "mix in the whole.",
     read_min_n},
    {"on_empty", "hold", "Then: hold (as it is), clear or fire.", read_on_empty},
    {"severity", "warning", "info, warning or critical.", read_severity},
    {"name", "every name", "Only this agent, team, ...", read_name},
    {"when", "all the time",
     "A calendar: only what happened in its open hours counts (night shift). Numbers of now, such "
     "as waiting, are judged only while it is open; when it is closed: see on_empty.",
     read_when},
    {"labels", "{}", "Texts that alerts carry, {key: text}, at most 8.", read_labels},
};
const struct members rule_members = {
    "rule", "- {id: ..., indicator: ... or card: ... or mix: ..., fire: ...}", NULL,
    ARRAY_LEN(table), table};

bool rule_read(struct reading *r, uint32_t i)
{
    struct rule_setting *rule = &r->config->settings.rule[i];
    *rule = (struct rule_setting){.severity = SEVERITY_WARNING, .min_n = 1, .field = IF_END};
    if (!members_read(r, &rule_members, rule))
        return false;
    struct settings *s = &r->config->settings;
    if (rule->beyond && (rule->fire < MIX_LEAST || rule->fire == NUMBER_ONE))
        return refuse(r, "no share can be told by a `flag_over` of %u%%; add `fire`", s->flag_over);
    if (!rule->beyond && tree_member(r->node, str_of("fire")) == NULL)
        return refuse(r, "a rule without `fire`; add it");
    if (rule->kind == RULE_SCORE)
        return true;
    if (rule->kind != RULE_MIX && tree_member(r->node, str_of("indicator")) == NULL)
        return refuse(r, "a rule without `indicator`, `card` or `mix`; add one");
    if (rule->field == IF_END)
        return refuse(r, "a rule on a duration without `field`; add one, such as p90");
    if (rule->indicator < IND_GAUGE_FIRST && tree_member(r->node, str_of("window")) == NULL)
        return refuse(r, "a rule without `window`; add one of `windows`");
    if (rule->kind != RULE_MIX && !source_exists(r, source_of(rule), (enum scope)rule->scope))
        return false;
    if (rule->kind != RULE_TREND)
        return true;
    if (s->window[rule->window].kind != WINDOW_SLIDING)
        return refuse(r,
                      "a trend needs a sliding window such as 24h or 7d: what is before %s is of "
                      "another length",
                      s->window[rule->window].name);
    s->compared |= 1u << rule->window;
    return true;
}

void rules_read_preset(struct reading *r)
{
    struct settings *s = &r->config->settings;
    const char *path = r->path;
    s->rules = 0;
    memset(s->rule, 0, sizeof s->rule);
    for (const struct tree_node *m = r->node->first; m != NULL; m = m->next) {
        r->node = m;
        r->path = path;
        if (rule_read(r, s->rules))
            s->rules++;
        else
            memset(&s->rule[s->rules], 0, sizeof s->rule[0]);
    }
}
