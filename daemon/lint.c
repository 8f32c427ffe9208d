#include "daemon/lint.h"

#include "core/event.h"
#include "daemon/calendars.h"
#include "daemon/credential.h"
#include "daemon/receivers.h"
#include "daemon/web/guard.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { AHEAD_DAYS = 2 * 366, GAP_DAYS = 7, DATE_TEXT = 16 };

/* One calendar or policy under the eye. */
struct look {
    struct lint *lint;
    const struct tree *tree;
    const struct tree_node *node; /* its map in the file */
    int32_t today;                /* in UTC: a day more or less is no matter here */
};

static void complain(const struct look *k, uint32_t line, const char *key, const char *text)
{
    if (k->lint->n == LINT_MAX)
        k->lint->left_out++;
    else
        tree_complain(k->tree, line, key, &k->lint->at[k->lint->n++], "%s", text);
}

static void warn(const struct look *k, uint32_t line, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void warn(const struct look *k, uint32_t line, const char *key, const char *format, ...)
{
    char text[TREE_ERROR_BYTES] = "warning: ";
    size_t n = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - n, format, args);
    va_end(args);
    complain(k, line, key, text);
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

enum { REACH_STEPS = 100000 }; /* more is not looked at: then nothing is said */

/* What of a policy is left to others? */
struct reach {
    const struct sla_setting *sla;
    const struct policy_setting *policy;
    uint32_t steps;
};

/* Of these policies (bits) those that take the name, too. */
static uint32_t that_take(const struct reach *r, uint32_t which, enum policy_attribute a,
                          const char *name)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < r->sla->policies; i++)
        if ((which >> i & 1) != 0 && may_match(&r->sla->policy[i].match[a], name))
            taken |= 1U << i;
    return taken;
}

/* Do these, which take its tickets as far as the attributes before `a` go, take all of them? */
static bool is_taken(struct reach *r, uint32_t which, enum policy_attribute a)
{
    if (which == 0 || r->steps == REACH_STEPS)
        return false;
    r->steps++;
    if (a == POLICY_ATTRIBUTES)
        return true;
    const struct policy_names *names = &r->policy->match[a];
    if (names->n == 0) /* any ticket, also one with a name that stands nowhere */
        return is_taken(r, that_take(r, which, a, ""), a + 1);
    for (uint32_t i = 0; i < names->n; i++)
        if (!is_taken(r, that_take(r, which, a, names->at[i]), a + 1))
            return false;
    return true;
}

/* Policies above it that together take all of its tickets. One that does so alone is an error. */
static void look_reached(const struct look *k, const struct sla_setting *sla, uint32_t policy)
{
    struct reach r = {.sla = sla, .policy = &sla->policy[policy]};
    uint32_t which = (1U << policy) - 1;
    char ids[TREE_ERROR_BYTES] = "";
    size_t n = 0;
    if (!is_taken(&r, which, 0))
        return;
    for (uint32_t i = policy; i-- > 0;) { /* without those that are not needed for it */
        r.steps = 0;
        which = is_taken(&r, which & ~(1U << i), 0) ? which & ~(1U << i) : which;
    }
    for (uint32_t i = 0; i < policy && n < sizeof ids; i++)
        if ((which >> i & 1) != 0)
            n += (size_t)snprintf(ids + n, sizeof ids - n, "%s%s", n > 0 ? ", " : "",
                                  sla->policy[i].id);
    warn(k, line_of(k, "match"), "policies.match",
         "%s is never in force: %s, above it, together match all that it would", r.policy->id, ids);
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
    struct figure_source of = {rule->indicator, rule->field, rule->aspect};
    bool empties = rule->kind != RULE_KPI || !figure_is_count(of) || rule->when[0] != 0;
    if (rule->kind == RULE_TREND || (rule->on_empty == ON_EMPTY_CLEAR && empties))
        return;
    if (rule->below ? to_most : from_zero && rule->clear <= 0 && !rule->beyond)
        warn(k, line_of(k, tree_member(k->node, str_of("clear")) != NULL ? "clear" : "fire"),
             "rules.clear", "%s never clears: it would have to be %s this", rule->id,
             rule->below ? "above" : "below");
}

/* What is said and has no effect: a count is never empty; the sample of a time is a minute. */
static void look_few(const struct look *k, const struct config *c, const struct rule_setting *rule)
{
    struct figure_source of = {rule->indicator, rule->field, rule->aspect};
    const struct window_setting *w = &c->settings.window[rule->window];
    const char *named = tree_member(k->node, str_of("min_n")) != NULL      ? "min_n"
                        : tree_member(k->node, str_of("on_empty")) != NULL ? "on_empty"
                                                                           : NULL;
    if (rule->kind != RULE_KPI)
        return;
    if (named != NULL && figure_is_count(of) && rule->when[0] == 0) {
        char path[32];
        snprintf(path, sizeof path, "rules.%s", named);
        warn(k, line_of(k, named), path, "no effect on a count, which is never empty");
    }
    if (indicator_kind((enum indicator)rule->indicator) == IND_SHARE && rule->field == IF_VALUE &&
        rule->scope == SCOPE_AGENT && rule->min_n > w->length / (MS_MINUTE / MS_SECOND))
        warn(k, line_of(k, "min_n"), "rules.min_n",
             "%s never fires: it counts minutes, and %s has fewer", rule->id, w->name);
}

/* --- scorecards ----------------------------------------------------------------------------- */

static void look_way(const struct look *k, const struct config *c, const struct score_item *item)
{
    enum direction good = figure_direction(&c->settings, item->of);
    bool less = item->target < item->baseline;
    if (item->has_marks && good != DIRECTION_NEITHER && less != (good == DIRECTION_LESS))
        warn(k, line_of(k, "target"), "scorecards.items.target",
             "%s of %s is worth more points here; is that meant?", less ? "less" : "more",
             item->id);
}

enum { TIER_MARKS = 4 * SCORE_TIERS_MAX };

/* The edges of its ranges and what lies just beyond them, in order; `one` is the next value. */
static uint32_t tier_marks(const struct score_item *item, int64_t one, int64_t ret[TIER_MARKS])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < item->tiers; i++) {
        const struct score_tier *t = &item->tier[i];
        const int64_t at[] = {t->from - one, t->from, t->to, t->to + one};
        for (size_t k = 0; k < ARRAY_LEN(at); k++)
            if (k < 2 ? t->has_from : t->has_to)
                ret[n++] = at[k];
    }
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && ret[k] < ret[k - 1]; k--) {
            int64_t kept = ret[k];
            ret[k] = ret[k - 1];
            ret[k - 1] = kept;
        }
    return n;
}

/* -1: no range has it. */
static int32_t tier_points(const struct score_item *item, int64_t value)
{
    for (uint32_t i = 0; i < item->tiers; i++) {
        const struct score_tier *t = &item->tier[i];
        if ((!t->has_from || value >= t->from) && (!t->has_to || value <= t->to))
            return t->points;
    }
    return -1;
}

/* Ranges whose points go up and down, and values between them that have none. */
static void look_tiers(const struct look *k, const struct config *c, const struct score_item *item)
{
    bool rises = false, falls = false, open = false, gap = false;
    bool whole =
        figure_is_count(item->of) && !indicator_field_is_ms((enum indicator)item->of.indicator,
                                                            (enum indicator_field)item->of.field);
    int64_t mark[TIER_MARKS];
    uint32_t n = tier_marks(item, whole ? NUMBER_ONE : 1, mark);
    int32_t before = -1;
    for (uint32_t i = 0; i < n; i++) {
        int32_t points = tier_points(item, mark[i]);
        if (points < 0) {
            open = before >= 0;
            continue;
        }
        gap |= open;
        rises |= before >= 0 && points > before;
        falls |= before >= 0 && points < before;
        before = points;
        open = false;
    }
    if (gap)
        warn(k, line_of(k, "tiers"), "scorecards.items.tiers",
             "values of %s between two ranges are worth nothing; is that meant?", item->id);
    enum direction good = figure_direction(&c->settings, item->of);
    if (rises && falls && good != DIRECTION_NEITHER)
        warn(k, line_of(k, "tiers"), "scorecards.items.tiers",
             "points of %s go up and down with its values; is that meant?", item->id);
}

static void look_items(const struct look *k, const struct config *c, const struct scorecard *card)
{
    const struct tree_node *items = tree_member(k->node, str_of("items"));
    const struct tree_node *n = items == NULL ? NULL : items->first;
    for (uint32_t i = 0; i < card->items && n != NULL; i++, n = n->next) {
        const struct score_item *item = &card->item[i];
        struct look own = *k;
        own.node = n;
        look_way(&own, c, item);
        look_tiers(&own, c, item);
        if (figure_is_count(item->of) && tree_member(n, str_of("min_n")) != NULL)
            warn(&own, line_of(&own, "min_n"), "scorecards.items.min_n",
                 "no effect on a count, which is never left out");
    }
}

/* --- tokens --------------------------------------------------------------------------------- */

/* Read at the start only: who checks a configuration wants to know before. */
static void look_token(const struct look *k, const char *file, const char *key)
{
    struct token token;
    char why[GUARD_WHY_BYTES];
    struct stat is;
    uint32_t line = line_of(k, "token_file");
    bool fine = token_load(&token, file, why);
    explicit_bzero(&token, sizeof token);
    if (!fine) {
        k->lint->faults++;
        complain(k, line, key, why);
    } else if (file[0] != 0 && !credential_is(file) && stat(file, &is) == 0 &&
               (is.st_mode & S_IRWXO) != 0) {
        warn(k, line, key, "%s can be read by everybody; chmod o= it", file);
    }
}

static void look_tokens(struct lint *l, const struct tree *t, const struct config *c)
{
    struct look k = {l, t, tree_member(t->root, str_of("http")), 0};
    if (strcmp(t->name, CONFIG_NO_FILE) == 0) /* nothing here is meant */
        return;
    if (k.node != NULL && k.node->kind == TREE_MAP)
        look_token(&k, c->http.token_file, "http.token_file");
    for (uint32_t i = 0; c->receivers != NULL && i < c->receivers->n; i++) {
        k.node = entry(t, "receivers", i);
        CHECK(k.node != NULL);
        look_token(&k, c->receivers->at[i].token_file, "receivers.token_file");
    }
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
        look_reached(&k, sla, i);
    }
    for (uint32_t i = 0; i < c->settings.rules; i++) {
        struct look k = {l, t, entry(t, "rules", i), (int32_t)(l->now / MS_DAY)};
        if (k.node == NULL) /* it is built in */
            continue;
        look_clears(&k, &c->settings.rule[i]);
        look_few(&k, c, &c->settings.rule[i]);
    }
    for (uint32_t i = 0; c->cards != NULL && i < c->cards->cards; i++) {
        struct look k = {l, t, entry(t, "scorecards", i), (int32_t)(l->now / MS_DAY)};
        CHECK(k.node != NULL);
        look_items(&k, c, &c->cards->card[i]);
    }
    look_tokens(l, t, c);
}

void lint_print(const struct lint *l, FILE *file)
{
    for (uint32_t i = 0; i < l->n; i++)
        fprintf(file, "%s\n", l->at[i].text);
    if (l->left_out > 0)
        fprintf(file, "%u more warnings\n", l->left_out);
}
