#include "core/agreement.h"

#include "core/block.h"
#include "core/err.h"
#include "core/fold.h"
#include "core/slice.h"

uint64_t agreements_bytes(void)
{
    return block_round(sizeof(struct agreements)) +
           (AGREEMENTS_MAX + 1ULL) * block_round(AGREEMENT_CALENDAR_BYTES);
}

struct agreements *agreements_init(void *mem)
{
    uint8_t *at = mem;
    struct agreements *a = block_take(&at, sizeof *a);
    for (uint32_t i = 0; i <= AGREEMENTS_MAX; i++)
        a->at[i].mem = block_take(&at, AGREEMENT_CALENDAR_BYTES);
    return a;
}

uint64_t attribute_hash(struct str text)
{
    return hash_str(3, text) | 1;
}

uint32_t reason_number(struct str reason)
{
    if (str_equal(reason, str_of("pending")))
        return FOLD_REASON_PENDING;
    return (uint32_t)hash_str(2, reason) | 2;
}

static uint64_t calendar_print(const struct calendar_setting *c)
{
    uint32_t hours = c->hours < CALENDAR_HOURS_MAX ? c->hours : CALENDAR_HOURS_MAX;
    uint32_t specials = c->specials < CALENDAR_SPECIALS_MAX ? c->specials : CALENDAR_SPECIALS_MAX;
    uint64_t h = hash_bytes(9, c, offsetof(struct calendar_setting, hour));
    h = mix64(h ^ hash_bytes(9, c->hour, hours * sizeof c->hour[0]));
    return mix64(h ^ hash_bytes(9, c->special, specials * sizeof c->special[0]));
}

uint64_t sla_print(const struct sla_setting *said)
{
    uint64_t h = mix64((uint64_t)said->calendars << 32 | said->policies);
    for (uint32_t i = 0; i < said->calendars && i < CALENDARS_MAX; i++) /* not yet checked */
        h = mix64(h ^ calendar_print(&said->calendar[i]));
    for (uint32_t i = 0; i < said->policies && i < POLICIES_MAX; i++)
        h = mix64(h ^ hash_bytes(9, &said->policy[i], sizeof said->policy[i]));
    return h;
}

/* --- compiling ---------------------------------------------------------------------------- */

static uint64_t value_of(struct board *b, enum policy_attribute a, const char *text)
{
    static const uint8_t scopes[] = {
        [POLICY_PRIORITY] = SCOPE_PRIORITY,
        [POLICY_TEAM] = SCOPE_TEAM,
        [POLICY_CHANNEL] = SCOPE_CHANNEL,
        [POLICY_CATEGORY] = SCOPE_CATEGORY,
    };
    if (a == POLICY_CUSTOMER)
        return attribute_hash(str_of(text));
    if (a == POLICY_TIER)
        return (uint32_t)attribute_hash(str_of(text));
    return board_name(b, (enum scope)scopes[a], str_of(text), NULL);
}

static void compile_warns(struct agreed_target *to, const struct policy_metric *m)
{
    for (uint32_t i = 0; i < m->warns; i++) {
        const struct policy_warn *w = &m->warn[i];
        ms_t point = w->percent > 0
                         ? to->target / 100 * w->percent + to->target % 100 * w->percent / 100
                         : ms_max(0, to->target - w->left);
        uint32_t at = to->warns++;
        for (; at > 0 && to->warn[at - 1] > point; at--)
            to->warn[at] = to->warn[at - 1];
        to->warn[at] = point;
    }
}

static void compile_metric(struct agreed_metric *to, const struct policy_metric *m, struct board *b)
{
    to->targets = m->targets;
    for (uint32_t i = 0; i < m->targets; i++) {
        const char *priority = m->target[i].priority;
        to->target[i].priority =
            priority[0] == 0 ? 0 : (uint32_t)value_of(b, POLICY_PRIORITY, priority);
        to->target[i].target = m->target[i].target;
        compile_warns(&to->target[i], m);
    }
    to->overdues = m->overdues;
    memcpy(to->overdue, m->overdue, sizeof to->overdue);
    to->pauses = m->pauses;
    for (uint32_t i = 0; i < m->pauses; i++)
        to->pause[i] = reason_number(str_of(m->pause[i]));
    to->reopen = m->reopen;
    to->retarget = m->retarget;
    to->forgive = m->forgive;
}

static void compile_policy(struct agreed_policy *to, const struct policy_setting *p,
                           struct board *b)
{
    for (enum policy_attribute a = 0; a < POLICY_ATTRIBUTES; a++) {
        to->n[a] = p->match[a].n;
        for (uint32_t i = 0; i < p->match[a].n; i++)
            to->value[a][i] = value_of(b, a, p->match[a].at[i]);
    }
    to->calendar = p->calendar;
    for (int m = 0; m < SLA_METRICS; m++)
        compile_metric(&to->metric[m], &p->metric[m], b);
}

static void compile_policies(struct agreement *g, struct board *b)
{
    memset(g->policy, 0, sizeof g->policy);
    g->metrics = 0;
    for (uint32_t i = 0; i < g->policies; i++) {
        compile_policy(&g->policy[i], &g->said.policy[i], b);
        for (int m = 0; m < SLA_METRICS; m++)
            g->metrics |= (uint32_t)(g->policy[i].metric[m].targets > 0) << m;
    }
}

static const char *check_metric(const struct policy_metric *m)
{
    if (m->targets > POLICY_TARGETS_MAX || m->warns > POLICY_WARNS_MAX ||
        m->overdues > POLICY_OVERDUES_MAX || m->pauses > POLICY_PAUSES_MAX)
        return "a policy has too many targets, warning points, repeats or pause reasons";
    for (uint32_t i = 0; i < m->targets; i++)
        if (m->target[i].target <= 0)
            return "a target must be longer than 0";
    for (uint32_t i = 0; i < m->warns; i++)
        if (m->warn[i].percent > 99 || (m->warn[i].percent == 0 && m->warn[i].left <= 0))
            return "a warning point must be 1% to 99% of the target, or a time left";
    for (uint32_t i = 0; i < m->overdues; i++)
        if (m->overdue[i] <= (i == 0 ? 0 : m->overdue[i - 1]))
            return "repeats after a breach must be longer than 0 and ascending";
    return NULL;
}

static const char *check(const struct sla_setting *s)
{
    if (s->policies > POLICIES_MAX || s->calendars > CALENDARS_MAX)
        return "too many policies or calendars";
    for (uint32_t i = 0; i < s->policies; i++) {
        if (s->policy[i].calendar >= s->calendars)
            return "a policy names a calendar that there is not";
        for (int m = 0; m < SLA_METRICS; m++) {
            const char *why = check_metric(&s->policy[i].metric[m]);
            if (why != NULL)
                return why;
        }
        for (int a = 0; a < POLICY_ATTRIBUTES; a++)
            if (s->policy[i].match[a].n > POLICY_NAMES_MAX)
                return "a policy matches too many names";
    }
    return NULL;
}

static struct agreement *spare_of(struct agreements *a)
{
    for (uint32_t i = 0; i <= AGREEMENTS_MAX; i++) {
        bool used = false;
        for (uint32_t k = 0; k < a->n; k++)
            used = used || a->order[k] == i;
        if (!used)
            return &a->at[i];
    }
    CHECK(false);
}

const struct agreement *agreements_spare(const struct agreements *a)
{
    return spare_of((struct agreements *)a);
}

int agreements_prepare(struct agreements *a, const struct sla_setting *said, struct board *b,
                       const char **ret_why)
{
    struct agreement *g = spare_of(a);
    uint64_t used = 0;
    g->policies = g->metrics = 0;
    if (said == NULL) {
        memset(&g->said, 0, sizeof g->said);
        return 0;
    }
    const char *why = check(said);
    for (uint32_t i = 0; i < said->calendars && why == NULL; i++) {
        uint64_t need = block_round(calendar_bytes(&said->calendar[i]));
        if (used + need > AGREEMENT_CALENDAR_BYTES)
            why = "the calendars have too many intervals together";
        else if (calendar_compile(&g->calendar[i], (uint8_t *)g->mem + used, &said->calendar[i],
                                  &why) == 0)
            why = NULL;
        used += need;
    }
    if (why != NULL) {
        *ret_why = why;
        return ERR_BAD_SETTINGS;
    }
    memcpy(&g->said, said, sizeof g->said);
    g->print = sla_print(said);
    for (uint32_t i = 0; i < said->calendars; i++)
        g->calendar_print[i] = calendar_print(&said->calendar[i]);
    g->policies = said->policies;
    compile_policies(g, b);
    return 0;
}

void agreements_rebuild(struct agreements *a, struct board *b, uint32_t last)
{
    CHECK(last + 1 >= a->n);
    a->first = last + 1 - a->n;
    for (uint32_t k = 0; k < a->n; k++) {
        compile_policies(&a->at[a->order[k]], b);
    }
}

void agreements_adopt(struct agreements *a, ms_t from)
{
    struct agreement *g = spare_of(a);
    g->from = from;
    if (a->n == AGREEMENTS_MAX) {
        memmove(a->order, a->order + 1, (AGREEMENTS_MAX - 1) * sizeof a->order[0]);
        a->first++;
        a->n--;
        a->at[a->order[0]].from = MS_NONE;
    }
    a->order[a->n++] = (uint32_t)(g - a->at);
}

/* --- reading ------------------------------------------------------------------------------ */

bool agreements_any(const struct agreements *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->at[a->order[i]].policies > 0)
            return true;
    return false;
}

/* The calendar of this id in the generation that is in force at ts; NULL: it has none. */
static const struct calendar *calendar_at(const struct agreements *a, struct str id, ms_t ts)
{
    uint32_t i = a->n;
    const struct agreement *g = NULL;
    while (i > 0 && g == NULL) {
        const struct agreement *at = &a->at[a->order[--i]];
        g = at->from == MS_NONE || ts > at->from ? at : NULL;
    }
    for (uint32_t c = 0; g != NULL && c < g->said.calendars; c++)
        if (str_equal(str_of(g->said.calendar[c].id), id))
            return &g->calendar[c];
    return NULL;
}

static bool hours_open(void *ctx, struct str calendar, ms_t ts)
{
    const struct calendar *c = calendar_at(ctx, calendar, ts);
    return c != NULL && calendar_is_open(c, ts);
}

static ms_t hours_edge(void *ctx, struct str calendar, ms_t ts)
{
    const struct calendar *c = calendar_at(ctx, calendar, ts);
    return c == NULL ? MS_NEVER : calendar_edge(c, ts);
}

void agreements_tell_hours(struct agreements *a, struct board *b)
{
    board_set_hours(b, &(struct slice_hours){a, hours_open, hours_edge});
}

static bool matches(const struct agreed_policy *p, enum policy_attribute a, uint64_t value)
{
    bool found = p->n[a] == 0;
    for (uint32_t i = 0; i < p->n[a] && !found; i++)
        found = p->value[a][i] == value;
    return found;
}

uint32_t agreement_match(const struct agreement *g, const struct attributes *of)
{
    const struct tags *t = of->tags;
    for (uint32_t i = 0; i < g->policies; i++) {
        const struct agreed_policy *p = &g->policy[i];
        if (matches(p, POLICY_PRIORITY, t->priority) && matches(p, POLICY_TEAM, t->team) &&
            matches(p, POLICY_CHANNEL, t->channel) && matches(p, POLICY_CATEGORY, t->category) &&
            matches(p, POLICY_CUSTOMER, of->customer) && matches(p, POLICY_TIER, of->tier))
            return i + 1;
    }
    return 0;
}

bool agreement_pauses(const struct agreement *g, uint32_t policy, enum sla_metric m,
                      uint32_t reason)
{
    if (policy == 0)
        return false;
    const struct agreed_metric *metric = &g->policy[policy - 1].metric[m];
    for (uint32_t i = 0; i < metric->pauses; i++)
        if (metric->pause[i] == reason)
            return true;
    return false;
}
