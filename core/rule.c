#include "core/rule.h"

enum watch_state { WATCH_IDLE, WATCH_PENDING, WATCH_ACTIVE, WATCH_CLEARING, WATCH_STATES };

/* Where a verdict leads; pending leads on to active and clearing to idle when the hold ends. */
static const uint8_t moves[WATCH_STATES][RULE_VERDICTS] = {
    /*                   RULE_CLEAR      RULE_BETWEEN  RULE_FIRE */
    [WATCH_IDLE] = {WATCH_IDLE, WATCH_IDLE, WATCH_PENDING},
    [WATCH_PENDING] = {WATCH_IDLE, WATCH_IDLE, WATCH_PENDING},
    [WATCH_ACTIVE] = {WATCH_CLEARING, WATCH_ACTIVE, WATCH_ACTIVE},
    [WATCH_CLEARING] = {WATCH_CLEARING, WATCH_ACTIVE, WATCH_ACTIVE},
};

/* One rule on one name of its scope. */
struct watch {
    struct slot slot;
    uint8_t rule;      /* index into settings.rule */
    uint8_t scope;     /* enum scope */
    uint8_t state;     /* enum watch_state */
    bool has_value;    /* as last published, like n and value */
    uint32_t index;    /* of the name */
    handle_t next;     /* watch of the same name */
    handle_t timer;    /* in the wheel, 0 = none */
    uint32_t rev;      /* of the alert, 0 = never fired */
    ms_t due;          /* of the timer, MS_NEVER = none */
    ms_t since;        /* pending, clearing: when the condition began */
    ms_t fired_at;     /* MS_NONE = never */
    ms_t moved;        /* when it fired or cleared last: event times of a watch never go back */
    uint64_t alert_id; /* of the last firing */
    int64_t value;
    uint64_t n;
};

STATIC_ASSERT(sizeof(struct watch) == 80, "no padding in an image");

struct rules {
    struct pool pool;
    const struct settings *settings; /* the engine's */
    struct wheel *wheel;
    uint8_t kind;               /* of our deadlines in the wheel */
    uint32_t active;            /* watches that are active or clearing */
    struct rule_tally tally;    /* a blob of the image */
    uint32_t of_scope[SCOPE_N]; /* inputs of all rules of the scope */
    uint32_t in_scope[SCOPE_N]; /* how many rules */
    uint32_t inputs[RULES_MAX]; /* bits FAM_x, TOUCH_GAUGES */
    uint32_t only[RULES_MAX];   /* index of the rule's name filter, 0 = none or not met yet */
};

static uint64_t pool_offset(void)
{
    return (sizeof(struct rules) + 63) & ~63ULL;
}

uint64_t rules_bytes(const struct limits *limits)
{
    return pool_offset() + pool_bytes(sizeof(struct watch), limits->alerts);
}

static void prepare(struct rules *r, const struct settings *settings)
{
    memset(r->of_scope, 0, sizeof r->of_scope);
    memset(r->in_scope, 0, sizeof r->in_scope);
    memset(r->only, 0, sizeof r->only);
    for (uint32_t i = 0; i < settings->rules; i++) {
        const struct rule_setting *rule = &settings->rule[i];
        r->inputs[i] = measure_inputs(rule);
        r->of_scope[rule->scope] |= r->inputs[i];
        r->in_scope[rule->scope]++;
    }
}

struct rules *rules_init(void *mem, const struct limits *limits, const struct settings *settings,
                         struct wheel *wheel, uint8_t kind)
{
    struct rules *r = mem;
    pool_init(&r->pool, 0, (char *)mem + pool_offset(), sizeof(struct watch), limits->alerts);
    r->settings = settings;
    r->wheel = wheel;
    r->kind = kind;
    prepare(r, settings);
    return r;
}

uint32_t rules_effects_max(const struct rules *r, enum scope scope)
{
    return 2 * r->in_scope[scope];
}

/* --- alerts ------------------------------------------------------------------------------- */

static struct str name_of(const struct board *b, enum scope scope, uint32_t index)
{
    return scope == SCOPE_ALL ? str_of("-") : name_text(board_names(b, scope), index);
}

static void alert_of(const struct board *b, const struct watch *w, struct alert *ret)
{
    struct str name = name_of(b, (enum scope)w->scope, w->index), none = str_of("-");
    *ret = (struct alert){
        .alert_id = w->alert_id,
        .rev = w->rev,
        .state = ALERT_BREACHED,
        .rule = w->rule,
        .at = board_at(b),
        .since = w->fired_at,
        .ended_at = MS_NONE,
        .value = w->value,
        .has_value = w->has_value,
        .n = w->n,
        .name = name,
        .team = w->scope == SCOPE_TEAM ? name : none,
        .agent = w->scope == SCOPE_AGENT ? name : none,
    };
}

static void publish(const struct board *b, const struct watch *w, enum alert_state state,
                    ms_t ended_at, struct outbox *out)
{
    CHECK(out->n < out->cap);
    struct effect *e = &out->effects[out->n++];
    *e = (struct effect){.kind = EFFECT_ALERT};
    alert_of(b, w, &e->alert);
    e->alert.state = (uint8_t)state;
    e->alert.ended_at = ended_at;
}

/* The same on every machine, whatever the seed of the hash tables is. */
static uint64_t watch_hash(const struct settings *settings, const struct board *b,
                           const struct watch *w)
{
    uint64_t h = hash_str(w->scope, str_of(settings->rule[w->rule].id));
    return hash_str(h, name_of(b, (enum scope)w->scope, w->index));
}

/* What the alert tells; for order statistics this costs a pass, so only when it is published. */
static void set_value(struct board *b, const struct rule_setting *rule, struct watch *w,
                      const struct measure *m)
{
    w->n = m->n;
    w->has_value = !m->empty;
    w->value = m->empty ? 0 : measure_value(b, rule, w->index, m);
}

static void fire(struct rules *r, struct board *b, struct watch *w, const struct measure *m,
                 ms_t when, struct outbox *out)
{
    uint64_t id = mix64(watch_hash(r->settings, b, w) ^ (uint64_t)when);
    w->rev = id == w->alert_id ? w->rev + 1 : 1;
    w->alert_id = id;
    w->fired_at = w->moved = when;
    w->state = WATCH_ACTIVE;
    r->active++;
    r->tally.fired++;
    set_value(b, &r->settings->rule[w->rule], w, m);
    publish(b, w, ALERT_BREACHED, MS_NONE, out);
}

/* m: NULL = the value stays as it was. */
static void finish(struct rules *r, struct board *b, struct watch *w, enum alert_state state,
                   const struct measure *m, ms_t when, struct outbox *out)
{
    w->rev++;
    w->moved = when;
    w->state = WATCH_IDLE;
    r->active--;
    if (state == ALERT_CLEARED)
        r->tally.cleared++;
    else if (state == ALERT_CORRECTED)
        r->tally.corrected++;
    else
        r->tally.cancelled++;
    if (m != NULL)
        set_value(b, &r->settings->rule[w->rule], w, m);
    publish(b, w, state, when, out);
}

/* --- one watch ---------------------------------------------------------------------------- */

/* When the verdict began to hold: t, unless an age reached its threshold by itself. */
static ms_t began_at(const struct rule_setting *rule, const struct watch *w,
                     const struct measure *m, enum verdict_of_rule verdict, ms_t t)
{
    if (m->grows_since != MS_NONE && verdict == RULE_FIRE && !rule->below)
        t = m->grows_since + rule->fire;
    else if (m->grows_since != MS_NONE && verdict == RULE_CLEAR && rule->below)
        t = m->grows_since + rule->clear + 1;
    return ms_max(t, w->moved);
}

/* Ends a hold that is over by t. */
static void end_hold(struct rules *r, struct board *b, struct watch *w, const struct measure *m,
                     ms_t t, struct outbox *out)
{
    ms_t until = w->since + r->settings->rule[w->rule].hold;
    if (w->state == WATCH_PENDING && until <= t)
        fire(r, b, w, m, until, out);
    else if (w->state == WATCH_CLEARING && until <= t)
        finish(r, b, w, ALERT_CLEARED, m, until, out);
}

static void arm(struct rules *r, handle_t h, struct watch *w, ms_t due)
{
    if (due == w->due)
        return;
    if (w->timer != 0)
        wheel_cancel(r->wheel, w->timer);
    w->timer = due == MS_NEVER ? 0 : wheel_add(r->wheel, due, r->kind, h);
    w->due = w->timer == 0 ? MS_NEVER : due;
}

/* A watch of a rule on a name that has none; 0 when limits.alerts is met. */
static handle_t watch_new(struct rules *r, struct board *b, uint32_t rule, enum scope scope,
                          uint32_t index)
{
    handle_t h = pool_alloc(&r->pool);
    if (h == 0)
        return 0;
    struct watch *w = pool_edit(&r->pool, h);
    struct entity *e = board_entity_edit(b, scope, index);
    w->rule = (uint8_t)rule;
    w->scope = (uint8_t)scope;
    w->index = index;
    w->next = e->watches;
    w->due = MS_NEVER;
    w->fired_at = w->moved = MS_NONE;
    e->watches = h;
    return h;
}

static void watch_free(struct rules *r, struct board *b, handle_t h, struct watch *w)
{
    arm(r, h, w, MS_NEVER);
    struct entity *e = board_entity_edit(b, (enum scope)w->scope, w->index);
    if (e->watches == h) {
        e->watches = w->next;
    } else {
        struct watch *before = pool_edit(&r->pool, e->watches);
        while (before->next != h)
            before = pool_edit(&r->pool, before->next);
        before->next = w->next;
    }
    pool_free(&r->pool, h);
}

/* Judges one watch at t. Events at t come before the end of a hold at t, so a hold that ended
 * earlier is settled first and one that ends now only if the verdict still stands. */
static void judge(struct rules *r, struct board *b, handle_t h, ms_t t, bool event,
                  struct outbox *out)
{
    struct watch *w = pool_edit(&r->pool, h);
    const struct rule_setting *rule = &r->settings->rule[w->rule];
    struct measure m;
    measure_read(b, rule, w->index, t, &m);
    end_hold(r, b, w, &m, t - 1, out);
    enum verdict_of_rule verdict = measure_verdict(rule, &m);
    uint8_t was = w->state;
    w->state = moves[was][verdict];
    if (w->state != was)
        w->since = began_at(rule, w, &m, verdict, t);
    if (event && w->state == WATCH_CLEARING && t < w->fired_at)
        finish(r, b, w, ALERT_CORRECTED, &m, w->fired_at, out);
    else
        end_hold(r, b, w, &m, ms_max(t, w->since), out);
    bool calendar = r->settings->window[rule->window].kind != WINDOW_SLIDING;
    ms_t due = measure_next_change(b, rule, w->index, &m, calendar);
    if (w->state == WATCH_PENDING || w->state == WATCH_CLEARING)
        due = ms_min(due, w->since + rule->hold);
    arm(r, h, w, due);
    /* One that moved at t stays: it may fire again at t, and that is the same alert. */
    if (w->state == WATCH_IDLE && w->due == MS_NEVER && w->moved < t)
        watch_free(r, b, h, w);
}

/* --- what the engine says ----------------------------------------------------------------- */

/* Is rule i about this name? */
static bool is_about(struct rules *r, const struct board *b, const struct rule_setting *rule,
                     uint32_t i, uint32_t index)
{
    if (rule->name[0] == 0 || rule->scope == SCOPE_ALL)
        return true;
    if (r->only[i] == 0 &&
        str_equal(str_of(rule->name), name_of(b, (enum scope)rule->scope, index)))
        r->only[i] = index;
    return r->only[i] == index;
}

static handle_t watch_find(const struct rules *r, const struct entity *e, uint32_t rule)
{
    handle_t h = e->watches;
    while (h != 0) {
        const struct watch *w = pool_get(&r->pool, h);
        if (w->rule == rule)
            return h;
        h = w->next;
    }
    return 0;
}

bool rules_touched(struct rules *r, struct board *b, enum scope scope, uint32_t index, ms_t t,
                   struct outbox *out)
{
    uint32_t touched = board_entity(b, scope, index)->touched;
    if (touched == 0)
        return true;
    board_entity_edit(b, scope, index)->touched = 0;
    if ((touched & r->of_scope[scope]) == 0)
        return true;
    bool room = true;
    for (uint32_t i = 0; i < r->settings->rules; i++) {
        const struct rule_setting *rule = &r->settings->rule[i];
        if (rule->scope != scope || (r->inputs[i] & touched) == 0 ||
            !is_about(r, b, rule, i, index))
            continue;
        handle_t h = watch_find(r, board_entity(b, scope, index), i);
        if (h == 0)
            h = watch_new(r, b, i, scope, index);
        if (h != 0)
            judge(r, b, h, t, true, out);
        else
            room = false;
    }
    return room;
}

void rules_due(struct rules *r, struct board *b, handle_t watch, ms_t due, struct outbox *out)
{
    struct watch *w = pool_edit(&r->pool, watch);
    w->timer = 0;
    w->due = MS_NEVER;
    judge(r, b, watch, due, false, out);
}

/* Do the two compare alike? What they are called for people (labels, severity) may differ. */
static bool same_rule(const struct rule_setting *a, const struct rule_setting *b)
{
    return str_equal(str_of(a->id), str_of(b->id)) && a->indicator == b->indicator &&
           a->field == b->field && a->scope == b->scope && a->window == b->window &&
           a->below == b->below && a->on_empty == b->on_empty && a->fire == b->fire &&
           a->clear == b->clear && a->hold == b->hold && a->min_n == b->min_n &&
           str_equal(str_of(a->name), str_of(b->name));
}

/* Watches a new rule on every name from t on. */
static bool begin_rule(struct rules *r, struct board *b, const struct rule_setting *rule,
                       uint32_t i, ms_t t)
{
    enum scope scope = (enum scope)rule->scope;
    uint32_t names = scope == SCOPE_ALL ? 1 : name_count(board_names(b, scope));
    for (uint32_t index = 1; index <= names; index++) {
        if (!is_about(r, b, rule, i, index))
            continue;
        handle_t h = watch_new(r, b, i, scope, index);
        if (h == 0)
            return false;
        arm(r, h, pool_edit(&r->pool, h), t);
    }
    return true;
}

bool rules_apply(struct rules *r, struct board *b, const struct settings *settings, ms_t t,
                 struct outbox *out)
{
    const struct settings *old = r->settings;
    uint8_t now[RULES_MAX]; /* the new index of a rule, RULES_MAX: none */
    bool known[RULES_MAX] = {false}, room = true;
    for (uint32_t i = 0; i < old->rules; i++) {
        now[i] = RULES_MAX;
        for (uint32_t j = 0; j < settings->rules; j++)
            if (same_rule(&old->rule[i], &settings->rule[j]))
                now[i] = (uint8_t)j;
        if (now[i] < RULES_MAX)
            known[now[i]] = true;
    }
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        handle_t h = pool_handle(&r->pool, k);
        if (h == 0)
            continue;
        struct watch *w = pool_edit(&r->pool, h);
        if (now[w->rule] < RULES_MAX) {
            w->rule = now[w->rule];
            continue;
        }
        if (w->state == WATCH_ACTIVE || w->state == WATCH_CLEARING)
            finish(r, b, w, ALERT_CANCELLED, NULL, t, out);
        watch_free(r, b, h, w);
    }
    prepare(r, settings);
    for (uint32_t j = 0; j < settings->rules && room; j++)
        if (!known[j])
            room = begin_rule(r, b, &settings->rule[j], j, t);
    return room;
}

/* --- readers ------------------------------------------------------------------------------ */

uint32_t rules_active(const struct rules *r)
{
    return r->active;
}

struct rule_tally *rules_tally(struct rules *r)
{
    return &r->tally;
}

static bool is_active(const struct watch *w)
{
    return w->state == WATCH_ACTIVE || w->state == WATCH_CLEARING;
}

bool rules_alert_next(const struct rules *r, const struct board *b, uint32_t *at, struct alert *ret)
{
    while (*at < r->pool.high) {
        const struct watch *w = pool_at(&r->pool, ++*at);
        if (w->slot.live && is_active(w)) {
            alert_of(b, w, ret);
            return true;
        }
    }
    return false;
}

uint64_t rules_digest(const struct rules *r, const struct board *b)
{
    uint64_t sum = 0;
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        const struct watch *w = pool_at(&r->pool, k);
        if (!w->slot.live || w->state == WATCH_IDLE)
            continue;
        uint64_t h = watch_hash(r->settings, b, w);
        h = mix64(h ^ w->state);
        if (w->state != WATCH_ACTIVE)
            h = mix64(h ^ (uint64_t)w->since);
        if (is_active(w))
            h = mix64(h ^ w->alert_id ^ w->rev);
        sum += h;
    }
    return sum;
}

void rules_check(const struct rules *r, const struct board *b)
{
    uint32_t active = 0;
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        handle_t h = pool_handle(&r->pool, k);
        if (h == 0)
            continue;
        const struct watch *w = pool_get(&r->pool, h);
        CHECK(w->rule < r->settings->rules && w->state < WATCH_STATES);
        CHECK(r->settings->rule[w->rule].scope == w->scope);
        CHECK(watch_find(r, board_entity(b, (enum scope)w->scope, w->index), w->rule) == h);
        CHECK((w->timer == 0) == (w->due == MS_NEVER));
        CHECK(w->timer == 0 || wheel_deadline(r->wheel, w->timer) == w->due);
        CHECK(!is_active(w) || w->fired_at != MS_NONE);
        active += is_active(w);
    }
    CHECK(active == r->active);
    const struct rule_tally *y = &r->tally;
    CHECK(y->fired == active + y->cleared + y->corrected + y->cancelled);
}

struct pool *rules_pool(struct rules *r)
{
    return &r->pool;
}

void rules_rebuild(struct rules *r)
{
    r->active = 0;
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        const struct watch *w = pool_at(&r->pool, k);
        r->active += w->slot.live && is_active(w);
    }
    prepare(r, r->settings);
}
