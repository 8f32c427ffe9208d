#include "daemon/rules.h"

#include "daemon/sources.h"

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
    return (struct figure_source){rule->indicator, rule->field};
}

static bool read_indicator(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    struct figure_source source;
    if (!source_indicator(r, &source))
        return false;
    rule->indicator = source.indicator;
    rule->field = source.field;
    return true;
}

static bool read_field(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    struct figure_source source = source_of(rule);
    if (!source_field(r, &source))
        return false;
    rule->field = source.field;
    return true;
}

static bool read_rule_scope(struct reading *r, void *item)
{
    return source_scope(r, &((struct rule_setting *)item)->scope);
}

static bool read_rule_window(struct reading *r, void *item)
{
    return source_window(r, &((struct rule_setting *)item)->window);
}

static bool read_fire(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    if (!source_threshold(r, source_of(rule), &rule->below, &rule->fire))
        return false;
    rule->clear = rule->fire;
    return true;
}

static bool read_clear(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const likes[] = {"a duration like 10m", "a number like 15 or 80%"};
    if (!source_value(r, source_of(rule), r->node->text, likes, &rule->clear))
        return false;
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
    return read_count(r, 1, 1000000000, &rule->min_n);
}

static bool read_on_empty(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    static const char *const words[] = {"hold", "clear", "fire"};
    return read_word(r, words, ARRAY_LEN(words), &rule->on_empty);
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
    return read_text(r, rule->name, sizeof rule->name);
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
    {"indicator", NULL, "What is watched; SEMANTICS.md lists the indicators.", read_indicator},
    {"field", "value, num or mean", "Which number of it: p90, missed, ... Required for durations.",
     read_field},
    {"scope", "all", "For each name of this scope by itself.", read_rule_scope},
    {"window", "", "One of `windows`. Required, except for numbers of now such as waiting.",
     read_rule_window},
    {"fire", NULL, "\">= VALUE\" or \"<= VALUE\": a duration, a number, a percentage.", read_fire},
    {"clear", "as fire", "The alert ends when the value is back beyond this one.", read_clear},
    {"for", "0s", "How long the condition must hold, to fire and to clear.", read_hold},
    {"min_n", "1", "With fewer samples there is nothing to judge: see on_empty.", read_min_n},
    {"on_empty", "hold", "Then: hold (as it is), clear or fire.", read_on_empty},
    {"severity", "warning", "info, warning or critical.", read_severity},
    {"name", "every name", "Only this agent, team, ...", read_name},
    {"labels", "{}", "Texts that alerts carry, {key: text}, at most 8.", read_labels},
};
const struct members rule_members = {"rule", "- {id: ..., indicator: ..., fire: ...}", NULL,
                                     ARRAY_LEN(table), table};

bool rule_read(struct reading *r, uint32_t i)
{
    struct rule_setting *rule = &r->config->settings.rule[i];
    *rule = (struct rule_setting){.severity = SEVERITY_WARNING, .min_n = 1, .field = IF_END};
    if (!members_read(r, &rule_members, rule))
        return false;
    if (rule->field == IF_END)
        return refuse(r, "a rule on a duration without `field`; add one, such as p90");
    if (rule->indicator < IND_GAUGE_FIRST && tree_member(r->node, str_of("window")) == NULL)
        return refuse(r, "a rule without `window`; add one of `windows`");
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
