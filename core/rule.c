#include "core/rule.h"

#include "core/part.h"
#include "core/share.h"
#include "core/watches.h"

/* Where a verdict leads; pending leads on to active and clearing to idle when the hold ends. */
static const uint8_t moves[WATCH_STATES][RULE_VERDICTS] = {
    /*                   RULE_CLEAR      RULE_BETWEEN  RULE_FIRE */
    [WATCH_IDLE] = {WATCH_IDLE, WATCH_IDLE, WATCH_PENDING},
    [WATCH_PENDING] = {WATCH_IDLE, WATCH_IDLE, WATCH_PENDING},
    [WATCH_ACTIVE] = {WATCH_CLEARING, WATCH_ACTIVE, WATCH_ACTIVE},
    [WATCH_CLEARING] = {WATCH_CLEARING, WATCH_ACTIVE, WATCH_ACTIVE},
};

static uint64_t pool_offset(void)
{
    return (sizeof(struct rules) + 63) & ~63ULL;
}

uint64_t rules_bytes(const struct limits *limits)
{
    return pool_offset() + pool_bytes(sizeof(struct watch), limits->alerts);
}

void rules_prepare(struct rules *r, const struct settings *settings)
{
    memset(r->of_scope, 0, sizeof r->of_scope);
    memset(r->in_scope, 0, sizeof r->in_scope);
    memset(r->only, 0, sizeof r->only);
    for (uint32_t i = 0; i < settings->rules; i++) {
        const struct rule_setting *rule = &settings->rule[i];
        r->inputs[i] = measure_inputs(settings, rule);
        r->step[i] = measure_step(settings, rule);
        r->of_scope[rule->scope] |= r->inputs[i];
        r->in_scope[rule->scope]++;
    }
}

struct rules *rules_init(void *mem, const struct limits *limits, const struct settings *settings,
                         struct wheel *wheel, uint8_t kind)
{
    struct rules *r = mem;
    pool_init(&r->pool, "watches", (char *)mem + pool_offset(), sizeof(struct watch),
              limits->alerts);
    r->settings = settings;
    r->wheel = wheel;
    r->kind = kind;
    rules_prepare(r, settings);
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

/* The same on every machine, whatever the seed of the hash tables is. */
uint64_t watch_hash(const struct settings *settings, const struct board *b, const struct watch *w)
{
    const struct rule_setting *rule = &settings->rule[w->rule];
    uint64_t h = hash_str(w->scope, str_of(rule->id));
    h = hash_str(h, name_of(b, (enum scope)w->scope, w->index));
    return w->part == 0 ? h : hash_str(h, board_part_text(b, (enum part_kind)rule->mix, w->part));
}

static uint32_t watch_index(const struct rules *r, const struct watch *w)
{
    return (uint32_t)(((const uint8_t *)w - r->pool.base) / r->pool.slot_size);
}

void watch_alert(const struct rules *r, const struct board *b, const struct watch *w,
                 struct alert *ret)
{
    static const uint8_t kinds[] = {[RULE_KPI] = ALERT_KPI,
                                    [RULE_TREND] = ALERT_KPI,
                                    [RULE_SCORE] = ALERT_SCORE,
                                    [RULE_MIX] = ALERT_MIX};
    const struct rule_setting *rule = &r->settings->rule[w->rule];
    struct str name = name_of(b, (enum scope)w->scope, w->index), none = str_of("-");
    *ret = (struct alert){
        .alert_id = w->alert_id,
        .rev = w->rev,
        .kind = kinds[rule->kind],
        .state = ALERT_BREACHED,
        .rule = w->rule,
        .at = board_at(b),
        .since = w->fired_at,
        .ended_at = MS_NONE,
        .value = w->value,
        .has_value = w->has_value,
        .n = w->n,
        .now = w->now,
        .before = w->before,
        .n_before = w->n_before,
        .name = name,
        .team = w->scope == SCOPE_TEAM ? name : none,
        .agent = w->scope == SCOPE_AGENT ? name : none,
        .thread = watch_hash(r->settings, b, w),
        .of = pool_handle(&r->pool, watch_index(r, w)),
    };
    if (w->part != 0)
        ret->part = board_part_text(b, (enum part_kind)rule->mix, w->part);
}

static void publish(const struct rules *r, const struct board *b, const struct watch *w,
                    enum alert_state state, ms_t ended_at, struct outbox *out)
{
    CHECK(out->n < out->cap);
    struct effect *e = &out->effects[out->n++];
    *e = (struct effect){.kind = EFFECT_ALERT};
    watch_alert(r, b, w, &e->alert);
    e->alert.state = (uint8_t)state;
    e->alert.ended_at = ended_at;
}

/* What the alert tells; for order statistics this costs a pass, so only when it is published. */
static void set_value(struct board *b, const struct rule_setting *rule, struct watch *w,
                      const struct measure *m)
{
    w->n = m->n;
    w->now = m->value_now;
    w->before = m->value_before;
    w->n_before = m->n_before;
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
    publish(r, b, w, ALERT_BREACHED, MS_NONE, out);
}

/* m: NULL = the value stays as it was. */
void watch_finish(struct rules *r, struct board *b, struct watch *w, enum alert_state state,
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
    publish(r, b, w, state, when, out);
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
        watch_finish(r, b, w, ALERT_CLEARED, m, until, out);
}

void watch_arm(struct rules *r, handle_t h, struct watch *w, ms_t due)
{
    if (due == w->due)
        return;
    if (w->timer != 0)
        wheel_cancel(r->wheel, w->timer);
    w->timer = due == MS_NEVER ? 0 : wheel_add(r->wheel, due, r->kind, h);
    w->due = w->timer == 0 ? MS_NEVER : due;
}

handle_t watch_new(struct rules *r, struct board *b, uint32_t rule, uint32_t index, uint32_t part)
{
    enum scope scope = (enum scope)r->settings->rule[rule].scope;
    handle_t h = pool_alloc(&r->pool);
    if (h == 0)
        return 0;
    struct watch *w = pool_edit(&r->pool, h);
    struct entity *e = board_entity_edit(b, scope, index);
    w->rule = (uint8_t)rule;
    w->scope = (uint8_t)scope;
    w->index = index;
    w->part = part;
    w->n = UINT64_MAX; /* of a whole: it was never looked at */
    w->next = e->watches;
    w->due = MS_NEVER;
    w->fired_at = w->moved = MS_NONE;
    e->watches = h;
    if (r->step[rule] > 0) /* by whole seconds: names take turns, the same ones everywhere */
        w->phase = (ms_t)(watch_hash(r->settings, b, w) % (uint64_t)(r->step[rule] / MS_SECOND)) *
                   MS_SECOND;
    return h;
}

void watch_free(struct rules *r, struct board *b, handle_t h, struct watch *w)
{
    watch_arm(r, h, w, MS_NEVER);
    watch_rest(r, h, w);
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

/* The first instant from t on at which a sampled rule looks at the name. */
static ms_t look_at(const struct rules *r, const struct watch *w, ms_t t)
{
    ms_t step = r->step[w->rule], into = (t - w->phase) % step;
    return into == 0 ? t : t - into + step;
}

void watch_look(struct rules *r, handle_t h, struct watch *w, ms_t t)
{
    ms_t at = r->step[w->rule] > 0 ? look_at(r, w, t) : t;
    if (at < w->due)
        watch_arm(r, h, w, at);
}

/* A late event took the alert back: it came before the alert fired, or a sampled rule looks once
 * more at an instant by which it had fired. */
static bool is_corrected(const struct rules *r, const struct watch *w, ms_t t, bool event)
{
    if (w->state != WATCH_CLEARING)
        return false;
    return r->step[w->rule] > 0 ? t <= w->fired_at : event && t < w->fired_at;
}

/* Who rests goes, unless it moved since: one that moved at t may fire again at t, and that is the
 * same alert. A part of a mix rests as soon as its share is small; for as long as late events may
 * change its window it is remembered when it moved. */
static ms_t rests_since(const struct rules *r, const struct watch *w, ms_t t)
{
    const struct settings *s = r->settings;
    return w->part == 0 ? t : t - s->window[s->rule[w->rule].window].length * MS_SECOND;
}

/* Judges one watch at t. Events at t come before the end of a hold at t, so a hold that ended
 * earlier is settled first and one that ends now only if the verdict still stands. */
static uint32_t judge(struct rules *r, struct board *b, handle_t h, ms_t t, bool event,
                      struct outbox *out)
{
    struct watch *w = pool_edit(&r->pool, h);
    const struct rule_setting *rule = &r->settings->rule[w->rule];
    struct measure m;
    if (rule->kind == RULE_MIX)
        share_read(b, rule, w->index, w->part, &m);
    else
        measure_read(b, rule, w->index, t, &m);
    end_hold(r, b, w, &m, t - 1, out);
    enum verdict_of_rule verdict = measure_verdict(rule, &m);
    uint8_t was = w->state;
    w->state = moves[was][verdict];
    if (w->state != was)
        w->since = began_at(rule, w, &m, verdict, t);
    if (is_corrected(r, w, t, event))
        watch_finish(r, b, w, ALERT_CORRECTED, &m, w->fired_at, out);
    else
        end_hold(r, b, w, &m, ms_max(t, w->since), out);
    bool calendar = r->settings->window[rule->window].kind != WINDOW_SLIDING;
    ms_t due = measure_next_change(b, rule, w->index, &m, calendar);
    if (r->step[w->rule] > 0 && due != MS_NEVER)
        due = look_at(r, w, ms_max(due, t + 1));
    if (w->state == WATCH_PENDING || w->state == WATCH_CLEARING)
        due = ms_min(due, w->since + rule->hold);
    watch_arm(r, h, w, due);
    if (w->state == WATCH_IDLE && w->due == MS_NEVER && w->moved < rests_since(r, w, t))
        watch_free(r, b, h, w);
    return m.work;
}

/* --- what the engine says ----------------------------------------------------------------- */

/* Is rule i about this name? */
bool rules_about(struct rules *r, const struct board *b, const struct rule_setting *rule,
                 uint32_t i, uint32_t index)
{
    if (rule->name[0] == 0 || rule->scope == SCOPE_ALL)
        return true;
    if (r->only[i] == 0 &&
        str_equal(str_of(rule->name), name_of(b, (enum scope)rule->scope, index)))
        r->only[i] = index;
    return r->only[i] == index;
}

handle_t watch_find(const struct rules *r, const struct entity *e, uint32_t rule, uint32_t part)
{
    handle_t h = e->watches;
    while (h != 0) {
        const struct watch *w = pool_get(&r->pool, h);
        if (w->rule == rule && w->part == part)
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
            !rules_about(r, b, rule, i, index))
            continue;
        if (rule->kind == RULE_MIX) {
            (void)rules_survey(r, b, i, index, WATCH_BY_EVENT, &room);
            continue;
        }
        handle_t h = watch_find(r, board_entity(b, scope, index), i, 0);
        if (h == 0)
            h = watch_new(r, b, i, index, 0);
        if (h == 0)
            room = false;
        else if (r->step[i] > 0)
            watch_look(r, h, pool_edit(&r->pool, h), t);
        else
            judge(r, b, h, t, true, out);
    }
    board_parts_seen(b, scope, index);
    return room;
}

void rules_answer(struct rules *r, struct board *b, ms_t t, struct outbox *out)
{
    handle_t h = r->ask_first;
    struct watch *w = pool_edit(&r->pool, h);
    bool event = w->asked == WATCH_BY_EVENT;
    watch_rest(r, h, w);
    (void)judge(r, b, h, t, event, out);
}

uint32_t rules_due(struct rules *r, struct board *b, handle_t watch, ms_t due, struct outbox *out)
{
    struct watch *w = pool_edit(&r->pool, watch);
    w->timer = 0;
    w->due = MS_NEVER;
    bool room;
    if (r->settings->rule[w->rule].kind == RULE_MIX && w->part == 0)
        return rules_survey(r, b, w->rule, w->index, WATCH_BY_TIME, &room);
    return judge(r, b, watch, due, false, out);
}
