#include "daemon/lint.h"

#include "core/event.h"
#include "daemon/calendars.h"

#include <stdarg.h>
#include <stdlib.h>

enum { AHEAD_DAYS = 2 * 366, GAP_DAYS = 7, DATE_TEXT = 16 };

/* One calendar or policy under the eye. */
struct look {
    struct lint *lint;
    const struct tree *tree;
    const struct tree_node *node; /* its map in the file */
    int32_t today;                /* in UTC: a day more or less is no matter here */
};

static void warn(const struct look *k, uint32_t line, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void warn(const struct look *k, uint32_t line, const char *key, const char *format, ...)
{
    char text[TREE_ERROR_BYTES];
    va_list args;
    if (k->lint->n == LINT_MAX) {
        k->lint->left_out++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tree_complain(k->tree, line, key, &k->lint->at[k->lint->n++], "warning: %s", text);
}

static const char *date_text(char ret[DATE_TEXT], int64_t day)
{
    struct civil c = civil_from_days(day);
    snprintf(ret, DATE_TEXT, "%04d-%02u-%02u", (int)(c.year % 10000), c.month % 100, c.day % 100);
    return ret;
}

/* The member's line, else that of the map. */
static uint32_t line_of(const struct look *k, const char *member)
{
    const struct tree_node *n = tree_member(k->node, str_of(member));
    return n != NULL ? n->line : k->node->line;
}

static const struct tree_node *entry(const struct tree *t, const char *list, uint32_t i)
{
    const struct tree_node *n = tree_member(t->root, str_of(list));
    for (n = n == NULL ? NULL : n->first; n != NULL && i > 0; i--)
        n = n->next;
    return n;
}

/* --- calendars ------------------------------------------------------------------------------ */

static void look_used(const struct look *k, const struct config *c, uint32_t calendar)
{
    const struct sla_setting *sla = c->sla;
    const char *id = sla->calendar[calendar].id;
    bool used = false;
    for (uint32_t i = 0; i < sla->policies; i++)
        used |= sla->policy[i].calendar == calendar;
    for (uint32_t i = 0; i < c->settings.rules; i++)
        used |= strcmp(c->settings.rule[i].when, id) == 0;
    for (uint32_t i = 0; c->cards != NULL && i < c->cards->cards; i++)
        used |= strcmp(c->cards->card[i].when, id) == 0;
    if (!used)
        warn(k, line_of(k, "id"), "calendars.id", "no policy, rule or scorecard uses %s", id);
}

/* Lists of dates go out of date without anybody noticing. */
static void look_past(const struct look *k, const struct calendar_setting *c)
{
    char date[DATE_TEXT];
    int32_t last = c->specials == 0 ? k->today : c->special[c->specials - 1].date;
    if (last >= k->today)
        return;
    const char *key = tree_member(k->node, str_of("holidays")) != NULL ? "holidays" : "special";
    char path[32];
    snprintf(path, sizeof path, "calendars.%s", key);
    warn(k, line_of(k, key), path, "%s has no date after %s; are the new ones missing?", c->id,
         date_text(date, last));
}

static bool has_hours(const struct calendar_setting *c, int32_t date)
{
    uint32_t weekday = weekday_of_days(date);
    for (uint32_t i = 0; i < c->hours; i++)
        if (c->hour[i].days >> weekday & 1)
            return true;
    return false;
}

/* Holidays written as dates; those of files fall on weekends in some years, which is no news. */
static void look_closed(const struct look *k, const struct calendar_setting *c)
{
    const struct tree_node *list = tree_member(k->node, str_of("holidays")), *first = NULL;
    const struct tree_node *special = tree_member(k->node, str_of("special"));
    uint32_t closed = 0;
    for (const struct tree_node *n = list == NULL ? NULL : list->first; n != NULL; n = n->next) {
        int32_t date;
        if (!date_parse(n->text, &date) || date < k->today)
            continue;
        if (tree_member(special, n->text) != NULL)
            warn(k, n->line, "calendars.holidays", "%s has special hours too, and these count",
                 n->text.p);
        else if (!has_hours(c, date) && closed++ == 0)
            first = n;
    }
    if (closed == 1)
        warn(k, first->line, "calendars.holidays", "%s is closed on %s anyway", c->id,
             first->text.p);
    else if (closed > 1)
        warn(k, first->line, "calendars.holidays", "%s is closed on %s and %u more of these anyway",
             c->id, first->text.p, closed - 1);
}

/* A week or more without any open time in the next two years. */
static void look_gaps(const struct look *k, const struct calendar_setting *c)
{
    struct calendar open;
    const char *why;
    char from[DATE_TEXT], to[DATE_TEXT];
    void *memory = malloc(calendar_bytes(c));
    if (memory == NULL || calendar_compile(&open, memory, c, &why) != 0) {
        free(memory); /* it was compiled when it was read: this is for want of memory */
        return;
    }
    ms_t now = k->lint->now, end = now + AHEAD_DAYS * MS_DAY, closes = now;
    for (uint32_t i = 0; i < open.spans && open.span[i].from < end; i++) {
        const struct calendar_span *s = &open.span[i];
        ms_t until = s->from + s[1].before - s->before;
        if (until <= now)
            continue;
        if (s->from - closes >= GAP_DAYS * MS_DAY) {
            sec_t last = sec_floor(closes), next = sec_floor(s->from);
            last += zone_offset(&c->zone, last);
            next += zone_offset(&c->zone, next);
            warn(k, k->node->line, "calendars", "%s has nothing open for %lld days, from %s to %s",
                 c->id, (long long)((s->from - closes) / MS_DAY), date_text(from, last / 86400),
                 date_text(to, next / 86400));
        }
        closes = until;
    }
    free(memory);
}

/* --- policies ------------------------------------------------------------------------------- */

static bool may_match(const struct policy_names *names, const char *name)
{
    for (uint32_t i = 0; i < names->n; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return names->n == 0;
}

/* Targets of priorities that the policy's own match keeps out. */
static void look_targets(const struct look *k, const struct policy_setting *p)
{
    for (enum sla_metric m = 0; m < SLA_METRICS; m++) {
        const char *name = sla_metric_name(m);
        const struct tree_node *metric = tree_member(k->node, str_of(name));
        const struct tree_node *targets = tree_member(metric, str_of("target"));
        for (uint32_t i = 0; i < p->metric[m].targets; i++) {
            const char *priority = p->metric[m].target[i].priority;
            const struct tree_node *target = tree_member(targets, str_of(priority));
            char path[64];
            if (target == NULL || may_match(&p->match[POLICY_PRIORITY], priority))
                continue;
            snprintf(path, sizeof path, "policies.%s.target", name);
            warn(k, target->line, path, "%s does not match tickets of priority %s", p->id,
                 priority);
        }
    }
}

/* --- rules ---------------------------------------------------------------------------------- */

/* An alert that nothing can end: its value would have to be below the least one there is, or above
 * the most. */
static void look_clears(const struct look *k, const struct rule_setting *rule)
{
    enum indicator_kind kind = indicator_kind((enum indicator)rule->indicator);
    bool score = rule->kind == RULE_SCORE;
    bool from_zero = score || kind != IND_NUMBER || rule->indicator == IND_CLEARANCE;
    bool fraction = !score && (kind == IND_RATIO || kind == IND_SHARE) &&
                    (rule->field == IF_VALUE || rule->field == IF_VALUE_MATURE);
    bool to_most = (fraction && rule->clear >= NUMBER_ONE) ||
                   (score && rule->clear >= (int64_t)SCORE_FULL / 100 * NUMBER_ONE);
    if (rule->kind == RULE_TREND || rule->on_empty == ON_EMPTY_CLEAR)
        return;
    if (rule->below ? to_most : from_zero && rule->clear <= 0 && !rule->beyond)
        warn(k, line_of(k, tree_member(k->node, str_of("clear")) != NULL ? "clear" : "fire"),
             "rules.clear", "%s never clears: it would have to be %s this", rule->id,
             rule->below ? "above" : "below");
}

void lint_config(struct lint *l, const struct tree *t, const struct config *c)
{
    const struct sla_setting *sla = c->sla;
    for (uint32_t i = CALENDAR_ALWAYS + 1; sla != NULL && i < sla->calendars; i++) {
        struct look k = {l, t, entry(t, "calendars", i - 1), (int32_t)(l->now / MS_DAY)};
        CHECK(k.node != NULL);
        look_used(&k, c, i);
        look_past(&k, &sla->calendar[i]);
        look_closed(&k, &sla->calendar[i]);
        look_gaps(&k, &sla->calendar[i]);
    }
    for (uint32_t i = 0; sla != NULL && i < sla->policies; i++) {
        struct look k = {l, t, entry(t, "policies", i), (int32_t)(l->now / MS_DAY)};
        CHECK(k.node != NULL);
        look_targets(&k, &sla->policy[i]);
    }
    for (uint32_t i = 0; i < c->settings.rules; i++) {
        struct look k = {l, t, entry(t, "rules", i), (int32_t)(l->now / MS_DAY)};
        if (k.node != NULL) /* else it is built in */
            look_clears(&k, &c->settings.rule[i]);
    }
}

void lint_print(const struct lint *l, FILE *file)
{
    for (uint32_t i = 0; i < l->n; i++)
        fprintf(file, "%s\n", l->at[i].text);
    if (l->left_out > 0)
        fprintf(file, "%u more warnings\n", l->left_out);
}
