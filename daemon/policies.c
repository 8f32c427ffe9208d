#include "daemon/policies.h"

#include "core/name.h"
#include "daemon/calendars.h"

#include <stdio.h>

enum { POLICY_TIME_MAX_DAYS = 400 };
static const ms_t time_max = POLICY_TIME_MAX_DAYS * MS_DAY;

/* A policy while it is read. */
struct draft {
    struct policy_setting *policy;
    struct policy_metric preset; /* what the policy says for all of its metrics */
};

/* One of its metrics. */
struct metric_draft {
    struct policy_metric *metric;
    enum sla_metric which;
};

/* --- whom ----------------------------------------------------------------------------------- */

static bool has_name(const struct policy_names *names, const char *name)
{
    for (uint32_t i = 0; i < names->n; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return false;
}

/* A name that an event can carry; of any other this would never be true. */
static bool read_event_name(struct reading *r, char ret[NAME_BYTES_MAX + 1])
{
    return read_full_name(r, ret) &&
           (name_reserved_find(str_of(ret)) == NAME_PLAIN ||
            refuse(r, "'%s' is a reserved name, no event can carry it; remove it", ret));
}

static bool read_match_name(struct reading *r, uint32_t i, void *item)
{
    struct policy_names *names = item;
    if (!read_event_name(r, names->at[i]))
        return false;
    if (has_name(names, names->at[i]))
        return refuse(r, "'%s' stands twice; remove one", names->at[i]);
    names->n++;
    return true;
}

static bool read_attribute(struct reading *r, void *item)
{
    struct draft *d = item;
    char all[96] = "";
    size_t used = 0;
    for (enum policy_attribute a = 0; a < POLICY_ATTRIBUTES; a++) {
        const char *name = policy_attribute_name(a);
        if (str_equal(r->node->key, str_of(name))) {
            struct policy_names *names = &d->policy->match[a];
            return entries_read(r, POLICY_NAMES_MAX, read_match_name, names) &&
                   (names->n > 0 || refuse(r, "an empty list; leave the key out to match all"));
        }
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", a > 0 ? ", " : "", name);
        CHECK(used < sizeof all);
    }
    return refuse(r, "'%s' is nothing to match; there are %s", r->node->key.p, all);
}

static bool read_match(struct reading *r, void *item)
{
    if (r->node->kind != TREE_MAP)
        return refuse(r, "a map is wanted here; write {tier: gold, priority: [high, urgent]}");
    return map_read(r, read_attribute, item);
}

/* Does a match every ticket that b does? */
static bool covers(const struct policy_setting *a, const struct policy_setting *b)
{
    for (int i = 0; i < POLICY_ATTRIBUTES; i++) {
        const struct policy_names *wide = &a->match[i], *narrow = &b->match[i];
        if (wide->n > 0 && narrow->n == 0)
            return false;
        for (uint32_t k = 0; wide->n > 0 && k < narrow->n; k++)
            if (!has_name(wide, narrow->at[k]))
                return false;
    }
    return true;
}

/* --- what a metric has ---------------------------------------------------------------------- */

static bool read_target_of(struct reading *r, void *item)
{
    struct metric_draft *d = item;
    struct policy_metric *m = d->metric;
    struct str priority = r->node->key;
    if (str_equal(priority, str_of("default")))
        priority.len = 0;
    else if (priority.len == 0 || priority.len > NAME_BYTES_MAX)
        return refuse(r, "a priority has 1 to %d bytes", NAME_BYTES_MAX);
    if (m->targets == POLICY_TARGETS_MAX)
        return refuse(r, "more than %d targets; use `default` for the others", POLICY_TARGETS_MAX);
    struct policy_target *t = &m->target[m->targets++];
    memcpy(t->priority, priority.p, priority.len);
    return read_duration(r, MS_SECOND, time_max, &t->target);
}

static bool read_target(struct reading *r, void *item)
{
    struct metric_draft *d = item;
    if (r->node->kind != TREE_MAP) {
        d->metric->targets = 1;
        return read_duration(r, MS_SECOND, time_max, &d->metric->target[0].target);
    }
    return map_read(r, read_target_of, d) &&
           (d->metric->targets > 0 || refuse(r, "no target; write {urgent: 1h, default: 8h}"));
}

static bool read_warn(struct reading *r, uint32_t i, void *item)
{
    struct policy_metric *m = item;
    struct str text = r->node->text;
    struct policy_warn w = {0, 0};
    static const char left[] = " left";
    if (r->node->kind != TREE_SCALAR || text.len == 0)
        return refuse(r, "a warning is wanted here; write 80%% or 15m left");
    if (text.p[text.len - 1] == '%') {
        for (uint32_t k = 0; k + 1 < text.len; k++) {
            if (text.p[k] < '0' || text.p[k] > '9' || text.len > 4)
                return refuse(r, "'%s' is no percentage; write 1%% to 99%%, whole", text.p);
            w.percent = w.percent * 10 + (uint32_t)(text.p[k] - '0');
        }
        if (w.percent < 1 || w.percent > 99)
            return refuse(r, "%s is outside of 1%% to 99%% of the target", text.p);
    } else {
        uint32_t n = text.len < sizeof left ? 0 : text.len - ((uint32_t)sizeof left - 1);
        if (n == 0 || memcmp(text.p + n, left, sizeof left - 1) != 0 ||
            !duration_parse((struct str){text.p, n}, &w.left))
            return refuse(r, "'%s' is no warning; write 80%% or 15m left", text.p);
        if (w.left == 0)
            return refuse(r, "nothing left is the breach itself; warn before it");
    }
    for (uint32_t k = 0; k < i; k++)
        if (m->warn[k].percent == w.percent && m->warn[k].left == w.left)
            return refuse(r, "'%s' stands twice; remove one", text.p);
    m->warn[m->warns++] = w;
    return true;
}

static bool read_warns(struct reading *r, struct policy_metric *m)
{
    m->warns = 0;
    return entries_read(r, POLICY_WARNS_MAX, read_warn, m);
}

static bool read_overdue(struct reading *r, uint32_t i, void *item)
{
    struct policy_metric *m = item;
    if (!read_duration(r, MS_SECOND, time_max, &m->overdue[i]))
        return false;
    if (i > 0 && m->overdue[i] <= m->overdue[i - 1])
        return refuse(r, "%s is not later than the one before it; write them in order",
                      r->node->text.p);
    m->overdues++;
    return true;
}

static bool read_overdues(struct reading *r, struct policy_metric *m)
{
    m->overdues = 0;
    return entries_read(r, POLICY_OVERDUES_MAX, read_overdue, m);
}

static bool read_pause(struct reading *r, uint32_t i, void *item)
{
    struct policy_metric *m = item;
    if (!read_event_name(r, m->pause[i]))
        return false;
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(m->pause[k], m->pause[i]) == 0)
            return refuse(r, "'%s' stands twice; remove one", m->pause[i]);
    m->pauses++;
    return true;
}

static bool read_retarget_word(const struct reading *r, struct policy_metric *m)
{
    static const char *const words[] = {
        [RETARGET_KEEP_ELAPSED] = "keep_elapsed", [RETARGET_RESTART] = "restart"};
    return read_word(r, words, ARRAY_LEN(words), &m->retarget);
}

static bool read_forgive_word(const struct reading *r, struct policy_metric *m)
{
    static const char *const words[] = {"false", "true"};
    uint8_t forgive;
    if (!read_word(r, words, ARRAY_LEN(words), &forgive))
        return false;
    m->forgive = forgive != 0;
    return true;
}

/* --- members of a metric -------------------------------------------------------------------- */

static bool read_metric_warn_at(struct reading *r, void *item)
{
    return read_warns(r, ((struct metric_draft *)item)->metric);
}

static bool read_metric_overdue_at(struct reading *r, void *item)
{
    return read_overdues(r, ((struct metric_draft *)item)->metric);
}

static bool read_pause_on(struct reading *r, void *item)
{
    struct policy_metric *m = ((struct metric_draft *)item)->metric;
    m->pauses = 0;
    memset(m->pause, 0, sizeof m->pause);
    return entries_read(r, POLICY_PAUSES_MAX, read_pause, m);
}

static bool read_reopen(struct reading *r, void *item)
{
    static const char *const words[] = {
        [REOPEN_RESUME] = "resume", [REOPEN_NEW_CYCLE] = "new_cycle", [REOPEN_IGNORE] = "ignore"};
    struct metric_draft *d = item;
    if (d->which != SLA_RESOLUTION && d->which != SLA_REQUESTER_WAIT)
        return refuse(r,
                      "%s does not end by a resolve; only resolution and requester_wait have "
                      "this",
                      sla_metric_name(d->which));
    return read_word(r, words, ARRAY_LEN(words), &d->metric->reopen);
}

static bool read_metric_retarget(struct reading *r, void *item)
{
    return read_retarget_word(r, ((struct metric_draft *)item)->metric);
}

static bool read_metric_forgive(struct reading *r, void *item)
{
    return read_forgive_word(r, ((struct metric_draft *)item)->metric);
}

static const struct member metric_table[] = {
    {"target", NULL,
     "How long it may take: 1h, or by priority {urgent: 1h, default: 8h}. Without default, other "
     "priorities have no clock.",
     read_target},
    {"warn_at", "as the policy", "Warnings before the target: 80% of it, or 15m left; at most 4.",
     read_metric_warn_at},
    {"overdue_at", "as the policy",
     "Repeats so long after the target, ascending: [1h, 4h]; at most 8.", read_metric_overdue_at},
    {"pause_on", "[pending, on_hold] for resolution, [pending] for requester_wait, [] for others",
     "Reasons of a pause that stop the clock; at most 8.", read_pause_on},
    {"reopen", "resume",
     "resume (the clock goes on), new_cycle (a new one) or ignore. resolution, requester_wait.",
     read_reopen},
    {"retarget", "as the policy", "When the target changes: keep_elapsed, or restart the clock.",
     read_metric_retarget},
    {"forgive", "as the policy", "Does a longer target take a breach back?", read_metric_forgive},
};
const struct members policy_metric_members = {"metric of a policy", "2h, or {target: 2h}", NULL,
                                              ARRAY_LEN(metric_table), metric_table};

/* --- members of a policy -------------------------------------------------------------------- */

static bool read_id(struct reading *r, void *item)
{
    struct draft *d = item;
    if (!read_full_name(r, d->policy->id))
        return false;
    for (const struct policy_setting *p = r->config->sla->policy; p < d->policy; p++)
        if (strcmp(p->id, d->policy->id) == 0)
            return refuse(r, "two policies are called %s; rename one", p->id);
    return true;
}

static bool read_calendar(struct reading *r, void *item)
{
    struct draft *d = item;
    const struct sla_setting *sla = r->config->sla;
    for (uint32_t i = 0; i < sla->calendars; i++) {
        if (str_equal(str_of(sla->calendar[i].id), r->node->text)) {
            d->policy->calendar = i;
            return true;
        }
    }
    return refuse(r, "'%s' is no calendar; add it to `calendars`, or write always",
                  r->node->text.p);
}

static bool read_warn_at(struct reading *r, void *item)
{
    return read_warns(r, &((struct draft *)item)->preset);
}

static bool read_overdue_at(struct reading *r, void *item)
{
    return read_overdues(r, &((struct draft *)item)->preset);
}

static bool read_retarget(struct reading *r, void *item)
{
    return read_retarget_word(r, &((struct draft *)item)->preset);
}

static bool read_forgive(struct reading *r, void *item)
{
    return read_forgive_word(r, &((struct draft *)item)->preset);
}

/* What stops a clock when nothing is said about it. */
static void preset_pauses(struct policy_metric *m, enum sla_metric which)
{
    static const char *const reasons[] = {"pending", "on_hold"};
    uint32_t n = which == SLA_RESOLUTION ? 2 : which == SLA_REQUESTER_WAIT ? 1 : 0;
    for (; m->pauses < n; m->pauses++)
        memcpy(m->pause[m->pauses], reasons[m->pauses], strlen(reasons[m->pauses]) + 1);
}

/* So much time can only be left of a target that is longer. */
static bool check_left(const struct reading *r, const struct policy_metric *m)
{
    const struct tree_node *own = tree_member(r->node, str_of("warn_at"));
    char path[96], left[PHRASE_MAX], target[PHRASE_MAX];
    snprintf(path, sizeof path, "%s%s", r->path, own != NULL ? ".warn_at" : "");
    for (uint32_t i = 0; i < m->warns; i++) {
        for (uint32_t k = 0; k < m->targets; k++) {
            const struct policy_target *t = &m->target[k];
            if (m->warn[i].left < t->target)
                continue;
            phrase_duration(left, m->warn[i].left, LANG_EN);
            phrase_duration(target, t->target, LANG_EN);
            return tree_complain(r->tree, own != NULL ? own->line : r->node->line, path, r->why,
                                 "%s left%s, but the target%s%s is %s; warn later%s", left,
                                 own != NULL ? "" : " is the warn_at of the policy",
                                 t->priority[0] != 0 ? " of " : "", t->priority, target,
                                 own != NULL ? "" : ", or give the metric a warn_at of its own");
        }
    }
    return true;
}

static bool read_metric(struct reading *r, void *item)
{
    struct draft *d = item;
    int which = sla_metric_find(r->node->key);
    CHECK(which >= 0); /* the table names them */
    struct policy_metric *m = &d->policy->metric[which];
    struct metric_draft inner = {m, (enum sla_metric)which};
    *m = d->preset;
    preset_pauses(m, inner.which);
    if (r->node->kind == TREE_MAP ? !members_read(r, &policy_metric_members, &inner)
                                  : !read_target(r, &inner))
        return false;
    return check_left(r, m);
}

static const struct member table[] = {
    {"id", NULL, "Its name; alerts and explanations carry it.", read_id},
    {"match", "{}, all tickets",
     "Whom it is for: priority, team, channel, category, customer, tier; for each a name or a "
     "list. All that are said must hold.",
     read_match},
    {"calendar", "always", "In whose open time the clocks run; `always` is built in.",
     read_calendar},
    {"warn_at", "[]", "Of all its metrics that do not say it: see below.", read_warn_at},
    {"overdue_at", "[]", "Likewise.", read_overdue_at},
    {"retarget", "keep_elapsed", "Likewise.", read_retarget},
    {"forgive", "false", "Likewise.", read_forgive},
    {"first_response", "",
     "A metric: its target (1h), or a map as below. From waiting to the first reply.", read_metric},
    {"next_response", "", "From waiting to each further reply.", read_metric},
    {"assignee_response", "", "From assignment, while the customer waits, to the assignee's reply.",
     read_metric},
    {"resolution", "", "From opening to the resolve.", read_metric},
    {"requester_wait", "", "The same without pauses for the customer.", read_metric},
};
static const char example[] =
    "- id: gold\n"
    "  match: {tier: gold, priority: [high, urgent]}\n"
    "  warn_at: [80%, 15m left]\n"
    "  first_response: 1h\n"
    "  resolution: {target: {urgent: 4h, default: 8h}, overdue_at: [1h, 4h], reopen: new_cycle}\n"
    "- {id: everybody, first_response: 4h, next_response: 8h}\n";
const struct members policy_members = {"policy", "- {id: gold, first_response: 1h}", example,
                                       ARRAY_LEN(table), table};

/* --- the whole ------------------------------------------------------------------------------ */

bool policy_read(struct reading *r, uint32_t i)
{
    struct sla_setting *sla = calendars_open(r);
    if (sla == NULL)
        return false;
    struct draft d = {.policy = &sla->policy[i]};
    uint32_t metrics = 0;
    if (!members_read(r, &policy_members, &d))
        return false;
    for (int m = 0; m < SLA_METRICS; m++)
        metrics += d.policy->metric[m].targets > 0;
    if (metrics == 0)
        return refuse(r, "a policy without any target; add first_response: 1h or another metric");
    for (const struct policy_setting *p = sla->policy; p < d.policy; p++)
        if (covers(p, d.policy))
            return refuse(r,
                          "never in force: %s, above it, matches all that %s would; put %s first, "
                          "or let %s match less",
                          p->id, d.policy->id, d.policy->id, p->id);
    sla->policies = i + 1;
    return true;
}
