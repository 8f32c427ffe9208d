#include "tests/lib/sla_clock.h"

#include "tests/lib/hours.h"

/* --- policies ------------------------------------------------------------------------------- */

static bool matches(const struct policy_setting *p, const struct str *names)
{
    for (int a = 0; a < POLICY_ATTRIBUTES; a++) {
        bool found = p->match[a].n == 0;
        for (uint32_t i = 0; i < p->match[a].n; i++)
            found |= names[a].len > 0 && str_equal(names[a], str_of(p->match[a].at[i]));
        if (!found)
            return false;
    }
    return true;
}

/* The target of that priority, or the one for all others; 0: none. */
static ms_t target_of(const struct policy_metric *m, struct str priority)
{
    ms_t otherwise = 0;
    for (uint32_t i = 0; i < m->targets; i++) {
        if (m->target[i].priority[0] == 0)
            otherwise = m->target[i].target;
        else if (str_equal(priority, str_of(m->target[i].priority)))
            return m->target[i].target;
    }
    return otherwise;
}

/* The policy in force for the metric; none also when the first that matches has no target. */
static int32_t policy_for(const struct oracle_book *b, enum sla_metric m, const struct str *names,
                          ms_t *ret_target)
{
    for (uint32_t i = 0; i < b->s->policies; i++) {
        if (!matches(&b->s->policy[i], names))
            continue;
        *ret_target = target_of(&b->s->policy[i].metric[m], names[POLICY_PRIORITY]);
        return *ret_target > 0 ? (int32_t)i : ORACLE_NO_POLICY;
    }
    return ORACLE_NO_POLICY;
}

static const struct policy_metric *terms_of(const struct oracle_book *b,
                                            const struct oracle_clock *c)
{
    return &b->s->policy[c->policy].metric[c->metric];
}

static const struct calendar_setting *calendar_of(const struct oracle_book *b,
                                                  const struct oracle_clock *c)
{
    return &b->s->calendar[b->s->policy[c->policy].calendar];
}

static bool is_resolution(enum sla_metric m)
{
    return m == SLA_RESOLUTION || m == SLA_REQUESTER_WAIT;
}

/* --- spans ---------------------------------------------------------------------------------- */

static bool runs(const struct oracle_book *b, const struct oracle_clock *c,
                 const struct oracle_span *span)
{
    const struct policy_metric *m = terms_of(b, c);
    for (uint32_t i = 0; span->reason.len > 0 && i < m->pauses; i++)
        if (str_equal(span->reason, str_of(m->pause[i])))
            return false;
    return true;
}

static ms_t count(const struct oracle_book *b, const struct oracle_clock *c,
                  const struct oracle_span *span)
{
    bool counts = c->policy != ORACLE_NO_POLICY && runs(b, c, span);
    return counts ? hours_between(calendar_of(b, c), span->from, span->to) : 0;
}

static void add_span(struct oracle_clock *c, ms_t from, ms_t to, const struct oracle_moment *owner)
{
    static const struct oracle_moment nobody;
    owner = owner == NULL ? &nobody : owner;
    if (from >= to)
        return;
    CHECK(c->spans < ORACLE_SPANS);
    c->span[c->spans++] =
        (struct oracle_span){from, to, owner->agent, owner->team, owner->reason, 0};
}

static void cut(const struct oracle_book *b, struct oracle_clock *c, ms_t ts)
{
    struct oracle_span *span = &c->span[c->spans - 1];
    span->to = ts;
    if (span->from == ts) {
        c->spans--;
        return;
    }
    span->counted = count(b, c, span);
    c->elapsed += span->counted;
}

/* --- deadlines ------------------------------------------------------------------------------ */

static void breach(struct oracle_clock *c, ms_t at, const struct oracle_span *span)
{
    c->breached = true;
    c->alert = ALERT_BREACHED;
    c->breach_at = at;
    c->breach_agent = span->agent;
    c->breach_team = span->team;
}

/* The business time after which a warning comes. */
static ms_t point_of(const struct oracle_clock *c, const struct policy_warn *w)
{
    return w->percent > 0 ? c->target * w->percent / 100 : c->target - w->left;
}

/* A breach is repeated, each time once, whatever the target is by then. */
static void repeat(const struct oracle_book *b, struct oracle_clock *c,
                   const struct oracle_span *span, ms_t until)
{
    const struct policy_metric *m = terms_of(b, c);
    while (c->breached && c->repeats < m->overdues) {
        ms_t at = MS_NEVER, level = c->target + m->overdue[c->repeats];
        if (c->elapsed > level)
            at = span->from;
        else if (runs(b, c, span))
            at = hours_breach(calendar_of(b, c), span->from, level - c->elapsed);
        if (at >= until)
            return;
        c->repeats++;
        c->alert = ALERT_BREACHED;
    }
}

/* What a span brings before `until`, the span's time not yet counted. */
static void fire(const struct oracle_book *b, struct oracle_clock *c,
                 const struct oracle_span *span, ms_t until)
{
    const struct calendar_setting *hours;
    if (c->policy == ORACLE_NO_POLICY)
        return;
    const struct policy_metric *m = terms_of(b, c);
    hours = calendar_of(b, c);
    bool going = runs(b, c, span), over = c->elapsed > c->target;
    if (!c->breached && over && span->from < until) {
        breach(c, span->from, span);
        c->retargeted = true;
    } else if (!c->breached && !over && going) {
        ms_t at = hours_breach(hours, span->from, c->target - c->elapsed);
        if (at < until)
            breach(c, at, span);
    }
    for (uint32_t i = 0; i < m->warns; i++) {
        ms_t at = MS_NEVER, point = point_of(c, &m->warn[i]);
        if (c->elapsed >= point)
            at = span->from;
        else if (going)
            at = hours_due(hours, span->from, point - c->elapsed);
        if (at >= until || (c->passed >> i & 1) != 0)
            continue;
        if (!c->breached && (c->told >> i & 1) == 0)
            c->alert = ALERT_WARNING;
        c->passed |= 1u << i;
        c->told |= 1u << i;
    }
    repeat(b, c, span, until);
}

/* There was no policy so far. What lies before counts as one span of the owner of now, as if it
 * had never been paused; when the clock began just now, that span's levels pass when they did.
 * Closed time does not count: the span is as long as the ticket was open, from its opening on. */
static void measure(const struct oracle_book *b, struct oracle_clock *c,
                    const struct oracle_moment *now)
{
    struct oracle_moment owner = *now;
    owner.reason = (struct str){0};
    bool gaps = is_resolution((enum sla_metric)c->metric) && now->closed > 0;
    ms_t until = gaps ? now->ts - now->closed : now->ts;
    c->spans = 0;
    c->elapsed = 0;
    if (c->start >= until)
        return;
    add_span(c, c->start, until, &owner);
    if (c->begun == now->ts && !gaps)
        fire(b, c, &c->span[0], now->ts);
    c->span[0].counted = count(b, c, &c->span[0]);
    c->elapsed = c->span[0].counted;
}

static void stop(struct oracle_clock *c, ms_t ts, enum clock_state state, enum alert_cause cause)
{
    c->open = false;
    c->ended = ts;
    c->lost = false;
    c->state = (uint8_t)(c->policy == ORACLE_NO_POLICY ? CLOCK_NONE : state);
    c->cause = (uint8_t)cause;
    if (c->alert == ALERT_WARNING || c->alert == ALERT_BREACHED)
        c->alert = state == CLOCK_CANCELLED ? ALERT_CANCELLED : ALERT_CLEARED;
}

/* No policy any more: over, unless one comes before what it waits for. */
static void lose(struct oracle_clock *c, ms_t ts)
{
    stop(c, ts, CLOCK_CANCELLED, CAUSE_NO_POLICY);
    c->lost = true;
}

static void go_on_again(struct oracle_clock *c)
{
    c->open = c->resumed = true;
    c->regained = c->lost;
    c->lost = false;
    c->ended = MS_NONE;
    c->state = CLOCK_NONE;
    c->cause = CAUSE_NONE;
}

/* Another target: of the warning points so many have passed as before, if that much has elapsed. */
static void recount_warnings(const struct oracle_book *b, struct oracle_clock *c)
{
    const struct policy_metric *m = terms_of(b, c);
    int passed = __builtin_popcount(c->passed);
    c->passed = 0;
    for (; passed > 0; passed--) {
        uint32_t first = m->warns;
        for (uint32_t i = 0; i < m->warns; i++) {
            bool open = (c->passed >> i & 1) == 0 && point_of(c, &m->warn[i]) <= c->elapsed;
            if (open &&
                (first == m->warns || point_of(c, &m->warn[i]) < point_of(c, &m->warn[first])))
                first = i;
        }
        c->passed |= first < m->warns ? 1u << first : 0;
    }
}

static void retarget(struct oracle_book *b, struct oracle_clock *c, const struct oracle_moment *now,
                     const struct str *names)
{
    ms_t target = 0;
    int32_t policy = policy_for(b, (enum sla_metric)c->metric, names, &target);
    if (policy == ORACLE_NO_POLICY) {
        if (c->policy != ORACLE_NO_POLICY)
            lose(c, now->ts);
        return;
    }
    bool gained = c->policy == ORACLE_NO_POLICY, other = target != c->target;
    bool resumed = c->resumed;
    c->resumed = false;
    c->policy = policy;
    c->target = target;
    if (gained)
        measure(b, c, now);
    if (gained || !other)
        return;
    const struct policy_metric *m = terms_of(b, c);
    bool restarts = m->retarget == RETARGET_RESTART && !resumed;
    for (uint32_t i = 0; restarts && i < c->spans; i++)
        c->span[i].counted = 0;
    if (restarts)
        c->elapsed = 0;
    recount_warnings(b, c); /* the state is that of the new target; what was told stays so */
    if (resumed && !c->regained)
        return;
    if (!c->breached || !m->forgive || c->elapsed > target)
        return;
    c->breached = c->retargeted = false;
    c->passed = c->told = c->repeats = 0;
    c->alert = ALERT_CORRECTED;
    c->breach_at = MS_NEVER;
}

static struct oracle_clock *last_of(const struct oracle_book *b, enum sla_metric m)
{
    for (uint32_t i = b->o->clocks; i-- > 0;)
        if (b->o->clock[i].metric == m)
            return &b->o->clock[i];
    return NULL;
}

static struct oracle_clock *open_one(const struct oracle_book *b, enum sla_metric m)
{
    struct oracle_clock *c = last_of(b, m);
    return c != NULL && c->open ? c : NULL;
}

/* --- the book ------------------------------------------------------------------------------- */

void book_open(struct oracle_book *b, struct sla_oracle *o, const struct sla_setting *s)
{
    b->o = o;
    b->s = s;
    b->moments = 0;
}

void book_pause(struct oracle_book *b, ms_t ts)
{
    for (uint32_t i = 0; i < b->o->clocks; i++) {
        struct oracle_clock *c = &b->o->clock[i];
        if (!c->open)
            continue;
        fire(b, c, &c->span[c->spans - 1], ts);
        cut(b, c, ts);
    }
}

void clock_reopen(struct oracle_book *b, enum sla_metric m, const struct oracle_moment *now,
                  const struct str *names)
{
    ms_t target = 0;
    struct oracle_clock *c = last_of(b, m);
    int32_t policy = policy_for(b, m, names, &target);
    if (c == NULL && now->opened != MS_NONE)
        clock_begin(b, m, now->opened, now->ts);
    c = last_of(b, m);
    if (c == NULL || policy == ORACLE_NO_POLICY)
        return;
    uint8_t mode = b->s->policy[policy].metric[m].reopen;
    bool none = c->policy == ORACLE_NO_POLICY || c->lost;
    if (!c->open && (none || (now->reopened && mode == REOPEN_RESUME)))
        go_on_again(c);
    else if (!c->open && now->reopened && mode == REOPEN_NEW_CYCLE)
        clock_begin(b, m, now->ts, now->ts);
    c = open_one(b, m);
    if (c != NULL)
        retarget(b, c, now, names);
}

void book_retarget(struct oracle_book *b, const struct oracle_moment *now, const struct str *names)
{
    for (uint32_t i = 0; i < b->o->clocks; i++) {
        struct oracle_clock *c = &b->o->clock[i];
        ms_t target;
        if (c->open && c->policy != ORACLE_NO_POLICY &&
            policy_for(b, (enum sla_metric)c->metric, names, &target) != ORACLE_NO_POLICY)
            retarget(b, c, now, names);
    }
}

void book_go_on(struct oracle_book *b, const struct oracle_moment *now, const struct str *names)
{
    CHECK(b->moments < ORACLE_SPANS);
    b->moment[b->moments++] = *now;
    for (enum sla_metric m = 0; m < SLA_METRICS; m++)
        if (is_resolution(m) && !now->over)
            clock_reopen(b, m, now, names);
    for (uint32_t i = 0; i < b->o->clocks; i++) {
        struct oracle_clock *c = &b->o->clock[i];
        ms_t target;
        if (c->lost && !now->over && policy_for(b, (enum sla_metric)c->metric, names, &target) >= 0)
            go_on_again(c);
        if (!c->open)
            continue;
        retarget(b, c, now, names);
        if (c->open)
            add_span(c, now->ts, MS_NEVER, now);
    }
}

void book_close(struct oracle_book *b, ms_t at)
{
    for (uint32_t i = 0; i < b->o->clocks; i++) {
        struct oracle_clock *c = &b->o->clock[i];
        if (!c->open || c->policy == ORACLE_NO_POLICY)
            continue;
        struct oracle_span span = c->span[c->spans - 1];
        fire(b, c, &span, at);
        bool going = runs(b, c, &span);
        if (going)
            c->due_at = hours_due(calendar_of(b, c), span.from, c->target - c->elapsed);
        if (going && !c->breached)
            c->breach_at = hours_breach(calendar_of(b, c), span.from, c->target - c->elapsed);
        cut(b, c, at);
        c->state = c->breached      ? CLOCK_BREACHED
                   : !going         ? CLOCK_PAUSED
                   : c->passed != 0 ? CLOCK_WARNED
                                    : CLOCK_RUNNING;
    }
}

/* --- clocks --------------------------------------------------------------------------------- */

/* What a clock without policy waited for has come. A resolution may come again. */
static void end_lost(const struct oracle_book *b, enum sla_metric m)
{
    struct oracle_clock *c = last_of(b, m);
    if (c != NULL && !is_resolution(m))
        c->lost = false;
}

void clock_begin(struct oracle_book *b, enum sla_metric m, ms_t start, ms_t ts)
{
    struct oracle_clock *before = last_of(b, m);
    if (before != NULL && !before->open && before->start == start && before->ended == start)
        before->policy = ORACLE_NO_POLICY; /* (ticket, metric, start) is one instance */
    CHECK(b->o->clocks < ORACLE_CLOCKS);
    struct oracle_clock *c = &b->o->clock[b->o->clocks++];
    memset(c, 0, offsetof(struct oracle_clock, span));
    c->metric = (uint8_t)m;
    c->policy = ORACLE_NO_POLICY;
    c->start = start;
    c->begun = ts;
    c->ended = MS_NONE;
    c->due_at = c->breach_at = MS_NEVER;
    c->alert = ORACLE_NO_ALERT;
    c->open = true;
}

void clock_finish(struct oracle_book *b, enum sla_metric m, ms_t ts, struct str credit,
                  struct str team)
{
    struct oracle_clock *c = open_one(b, m);
    end_lost(b, m);
    if (c == NULL)
        return;
    struct oracle_span span = {.agent = credit, .team = team};
    if (c->policy != ORACLE_NO_POLICY && !c->breached && c->elapsed > c->target)
        breach(c, ts, &span);
    stop(c, ts, c->breached ? CLOCK_MET_LATE : CLOCK_MET, CAUSE_NONE);
    c->credit = credit;
    c->team = team;
}

void clock_cancel(struct oracle_book *b, enum sla_metric m, ms_t ts, enum alert_cause cause)
{
    struct oracle_clock *c = open_one(b, m);
    end_lost(b, m);
    if (c != NULL)
        stop(c, ts, CLOCK_CANCELLED, cause);
}
