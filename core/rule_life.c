/* Rules as a whole: reload, readers, digest, invariants, images. */
#include "core/appraise.h"
#include "core/watches.h"

/* Of a score: all of them, whatever its card judges. */
static bool same_customs(const struct customs *a, const struct customs *b,
                         const struct rule_setting *rule)
{
    if (rule->kind != RULE_SCORE)
        return custom_alike(a, b, (enum indicator)rule->indicator);
    bool same = true;
    for (uint32_t i = 0; i < a->n && i < b->n && same; i++)
        same = custom_alike(a, b, (enum indicator)(IND_CUSTOM_FIRST + i));
    return same;
}

static bool same_aspects(const struct settings *a, const struct settings *b,
                         const struct rule_setting *one, const struct rule_setting *other)
{
    if (one->kind != RULE_SCORE)
        return one->aspect == 0 || other->aspect == 0
                   ? one->aspect == other->aspect
                   : str_equal(settings_aspect(a, one->aspect), settings_aspect(b, other->aspect));
    bool same = true;
    for (uint32_t i = 1; i <= a->aspects && i <= b->aspects && same; i++)
        same = str_equal(settings_aspect(a, i), settings_aspect(b, i));
    return same;
}

/* Do the two compare alike? What they are called for people (labels, severity) may differ. */
static bool same_rule(const struct rules *r, const struct rule_setting *a,
                      const struct settings *next, const struct rule_setting *b)
{
    struct str card = str_of(a->card);
    if (a->kind != b->kind || a->absolute != b->absolute || !str_equal(card, str_of(b->card)))
        return false;
    if (!same_customs(&r->settings->customs, &next->customs, a) ||
        !same_aspects(r->settings, next, a, b))
        return false;
    if (a->mix != b->mix || a->beyond != b->beyond || !str_equal(str_of(a->part), str_of(b->part)))
        return false;
    if (a->kind == RULE_SCORE &&
        appraise_print(r->settings->cards, card) != appraise_print(next->cards, card))
        return false;
    return str_equal(str_of(a->id), str_of(b->id)) && a->indicator == b->indicator &&
           a->field == b->field && a->scope == b->scope && a->window == b->window &&
           a->below == b->below && a->on_empty == b->on_empty && a->fire == b->fire &&
           a->clear == b->clear && a->hold == b->hold && a->min_n == b->min_n &&
           str_equal(str_of(a->name), str_of(b->name)) &&
           str_equal(str_of(a->when), str_of(b->when));
}

/* Why a rule of before is no more. */
static enum alert_cause why_gone(const struct rule_setting *rule, const struct settings *next)
{
    for (uint32_t i = 0; i < next->rules; i++)
        if (str_equal(str_of(rule->id), str_of(next->rule[i].id)))
            return CAUSE_RULE_CHANGED;
    return CAUSE_RULE_GONE;
}

/* Watches a new rule on every name from t on. */
static bool begin_rule(struct rules *r, struct board *b, const struct rule_setting *rule,
                       uint32_t i, ms_t t)
{
    enum scope scope = (enum scope)rule->scope;
    uint32_t names = scope == SCOPE_ALL ? 1 : name_count(board_names(b, scope));
    for (uint32_t index = 1; index <= names; index++) {
        if (!rules_about(r, b, rule, i, index))
            continue;
        handle_t h = watch_new(r, b, i, index, 0);
        if (h == 0)
            return false;
        watch_look(r, h, pool_edit(&r->pool, h), t);
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
            if (same_rule(r, &old->rule[i], settings, &settings->rule[j]))
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
            if (settings->rule[w->rule].when[0] != 0) /* which may be another from then on */
                watch_look(r, h, w, t + 1);
            continue;
        }
        if (watch_is_active(w)) {
            watch_finish(r, b, w, ALERT_CANCELLED, NULL, t, out);
            out->effects[out->n - 1].alert.sla.cause =
                (uint8_t)why_gone(&old->rule[w->rule], settings);
        }
        watch_free(r, b, h, w);
    }
    rules_prepare(r, settings);
    r->settings = settings; /* until the caller has copied them */
    for (uint32_t j = 0; j < settings->rules && room; j++)
        if (!known[j])
            room = begin_rule(r, b, &settings->rule[j], j, t);
    r->settings = old;
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

bool rules_alert_next(const struct rules *r, const struct board *b, uint32_t *at, struct alert *ret)
{
    while (*at < r->pool.high) {
        const struct watch *w = pool_at(&r->pool, ++*at);
        if (w->slot.live && watch_is_active(w)) {
            watch_alert(r, b, w, ret);
            return true;
        }
    }
    return false;
}

bool rules_announce(struct rules *r, const struct board *b, handle_t watch, uint64_t alert_id,
                    struct alert *ret)
{
    if (!pool_valid(&r->pool, watch))
        return false;
    struct watch *w = pool_edit(&r->pool, watch);
    if (!watch_is_active(w) || w->alert_id != alert_id)
        return false;
    w->rev++;
    watch_alert(r, b, w, ret);
    return true;
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
        if (watch_is_active(w))
            h = mix64(h ^ w->alert_id ^ w->rev);
        sum += h;
    }
    return sum;
}

void rules_check(const struct rules *r, const struct board *b)
{
    uint32_t active = 0, asked = 0;
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        handle_t h = pool_handle(&r->pool, k);
        if (h == 0)
            continue;
        const struct watch *w = pool_get(&r->pool, h);
        CHECK(w->rule < r->settings->rules && w->state < WATCH_STATES);
        CHECK(r->settings->rule[w->rule].scope == w->scope);
        CHECK(watch_find(r, board_entity(b, (enum scope)w->scope, w->index), w->rule, w->part) ==
              h);
        CHECK(w->part == 0 || r->settings->rule[w->rule].kind == RULE_MIX);
        asked += w->asked != WATCH_RESTS;
        CHECK((w->timer == 0) == (w->due == MS_NEVER));
        CHECK(w->timer == 0 || wheel_deadline(r->wheel, w->timer) == w->due);
        CHECK(!watch_is_active(w) || w->fired_at != MS_NONE);
        active += watch_is_active(w);
    }
    CHECK(active == r->active);
    for (handle_t h = r->ask_first; h != 0; asked--)
        h = ((const struct watch *)pool_get(&r->pool, h))->ask;
    CHECK(asked == 0);
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
        r->active += w->slot.live && watch_is_active(w);
    }
    rules_ask_again(r);
    rules_prepare(r, r->settings);
}
