#include "daemon/rules.h"

#include "core/event.h"

#include <stdio.h>

bool millionths_parse(struct str text, int64_t *ret)
{
    bool negative = text.len > 0 && text.p[0] == '-';
    bool percent = text.len > 0 && text.p[text.len - 1] == '%';
    uint32_t i = negative, end = text.len - percent, digits = 0;
    int64_t value = 0, unit = percent ? NUMBER_ONE / 100 : NUMBER_ONE, scale = unit;
    bool fraction = false;
    for (; i < end; i++) {
        char c = text.p[i];
        if (c == '.' && !fraction && digits > 0) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 12)
            return false;
        if (!fraction) {
            value = value * 10 + (c - '0') * unit;
            continue;
        }
        scale /= 10;
        if (scale == 0)
            return false;
        value += (c - '0') * scale;
    }
    if (digits == 0 || value > INT64_MAX / 1000)
        return false;
    *ret = negative ? -value : value;
    return true;
}

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

static bool read_indicator(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    int i = indicator_find(r->node->text);
    if (i < 0)
        return refuse(r, "'%s' is no indicator; SEMANTICS.md lists them", r->node->text.p);
    rule->indicator = (uint16_t)i;
    static const uint8_t usual[] = {
        [IND_DURATION] = IF_END, [IND_COUNT] = IF_NUM, [IND_RATIO] = IF_VALUE,
        [IND_NUMBER] = IF_VALUE, [IND_MEAN] = IF_MEAN, [IND_GAUGE] = IF_VALUE,
    };
    rule->field = usual[indicator_kind((enum indicator)i)];
    return true;
}

static bool read_field(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    int f = indicator_field_find(r->node->text);
    if (f >= 0 && indicator_has_field((enum indicator)rule->indicator, (enum indicator_field)f)) {
        rule->field = (uint8_t)f;
        return true;
    }
    char all[160] = "";
    size_t n = 0;
    for (int i = 0; i < IF_END; i++)
        if (indicator_has_field((enum indicator)rule->indicator, (enum indicator_field)i))
            n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n > 0 ? ", " : "",
                                  indicator_field_name((enum indicator_field)i));
    return refuse(r, "%s has no field '%s'; it has %s",
                  indicator_name((enum indicator)rule->indicator), r->node->text.p, all);
}

static bool read_rule_scope(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    int scope = scope_find(r->node->text);
    if (scope < 0)
        return refuse(r,
                      "'%s' is no scope; there are all, agent, team, channel, priority, "
                      "category",
                      r->node->text.p);
    if ((r->config->settings.scopes >> scope & 1) == 0)
        return refuse(r, "scope %s is not kept; add it to `scopes`", r->node->text.p);
    rule->scope = (uint8_t)scope;
    return true;
}

static bool read_rule_window(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    const struct settings *s = &r->config->settings;
    for (uint32_t i = 0; i < s->windows; i++) {
        if (str_equal(str_of(s->window[i].name), r->node->text)) {
            rule->window = (uint8_t)i;
            return true;
        }
    }
    return refuse(r, "window '%s' is not kept; add it to `windows`", r->node->text.p);
}

/* A value as the rule's field is counted: a duration, or a number or percentage. Without a field
 * there is no telling which; that is complained about in the end. */
static bool read_value(const struct reading *r, const struct rule_setting *rule, struct str text,
                       int64_t *ret)
{
    if (rule->field == IF_END)
        return true;
    bool is_ms =
        indicator_field_is_ms((enum indicator)rule->indicator, (enum indicator_field)rule->field);
    if (is_ms ? duration_parse(text, ret) : millionths_parse(text, ret))
        return true;
    return refuse(r, "'%s' is no value; write %s", r->node->text.p,
                  is_ms ? "a duration like \">= 15m\"" : "a number like \">= 20\" or \"<= 85%\"");
}

static bool read_fire(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    struct str text = r->node->text;
    bool below = text.len >= 2 && memcmp(text.p, "<=", 2) == 0;
    bool above = text.len >= 2 && memcmp(text.p, ">=", 2) == 0;
    if (r->node->kind != TREE_SCALAR || (!below && !above))
        return refuse(r, "begins with neither >= nor <=; write \">= 15m\"");
    for (text.p += 2, text.len -= 2; text.len > 0 && text.p[0] == ' '; text.len--)
        text.p++;
    if (!read_value(r, rule, text, &rule->fire))
        return false;
    rule->below = below;
    rule->clear = rule->fire;
    return true;
}

static bool read_clear(struct reading *r, void *item)
{
    struct rule_setting *rule = item;
    if (!read_value(r, rule, r->node->text, &rule->clear))
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
