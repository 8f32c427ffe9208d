/* Rules on mixes: which parts of a whole are to be judged.
 *
 * A share rises only when its part grows or its whole shrinks, so an event need not look at every
 * category there is: it looks at the parts it touched and at those under watch. All are looked at
 * when the window moved past a sample (which may enter it, too: one of a moment to come), when the
 * whole became smaller (others were withdrawn) and when it reached min_n. A part gets a watch when
 * it says "fire"; what is to be judged is asked for here and answered one by one, so that many at
 * once need no room for all of them. */
#include "core/part.h"
#include "core/share.h"
#include "core/watches.h"

enum { SURVEY_WORK = 64 }; /* parts that count as one piece of work */

/* --- asking ------------------------------------------------------------------------------- */

static void ask(struct rules *r, handle_t h, enum watch_asked why)
{
    struct watch *w = pool_edit(&r->pool, h);
    if (w->asked == WATCH_RESTS) {
        if (r->ask_first == 0)
            r->ask_first = h;
        else
            ((struct watch *)pool_edit(&r->pool, r->ask_last))->ask = h;
        r->ask_last = h;
        w->ask = 0;
    }
    if (w->asked < why)
        w->asked = (uint8_t)why;
}

void watch_rest(struct rules *r, handle_t h, struct watch *w)
{
    if (w->asked == WATCH_RESTS)
        return;
    handle_t before = 0;
    for (handle_t at = r->ask_first; at != h; at = before)
        before = at;
    if (before == 0)
        r->ask_first = w->ask;
    else
        ((struct watch *)pool_edit(&r->pool, before))->ask = w->ask;
    if (r->ask_last == h)
        r->ask_last = before;
    w->ask = 0;
    w->asked = WATCH_RESTS;
}

bool rules_asked(const struct rules *r)
{
    return r->ask_first != 0;
}

void rules_ask_again(struct rules *r)
{
    r->ask_first = r->ask_last = 0;
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        const struct watch *w = pool_at(&r->pool, k);
        enum watch_asked why = (enum watch_asked)w->asked;
        if (!w->slot.live || why == WATCH_RESTS)
            continue;
        handle_t h = pool_handle(&r->pool, k);
        ((struct watch *)pool_edit(&r->pool, h))->asked = WATCH_RESTS;
        ask(r, h, why);
    }
}

/* --- whom --------------------------------------------------------------------------------- */

/* Those that are not idle. */
static void ask_watched(struct rules *r, const struct board *b, uint32_t rule, uint32_t index,
                        enum watch_asked why)
{
    enum scope scope = (enum scope)r->settings->rule[rule].scope;
    for (handle_t h = board_entity(b, scope, index)->watches; h != 0;) {
        const struct watch *w = pool_get(&r->pool, h);
        if (w->rule == rule && w->part != 0)
            ask(r, h, why);
        h = w->next;
    }
}

static bool is_about(const struct board *b, const struct rule_setting *rule, const struct part *p)
{
    return p->kind == rule->mix &&
           (rule->part[0] == 0 ||
            str_equal(str_of(rule->part), board_part_text(b, (enum part_kind)p->kind, p->part)));
}

/* Parts without a watch that fire: the touched ones, which come first, or all. */
static uint32_t ask_others(struct rules *r, struct board *b, uint32_t i, uint32_t index, bool all,
                           enum watch_asked why, bool *ret_room)
{
    const struct rule_setting *rule = &r->settings->rule[i];
    enum scope scope = (enum scope)rule->scope;
    uint32_t looked = 0;
    handle_t at = 0;
    const struct part *p;
    while ((p = board_part_next(b, scope, index, &at)) != NULL && (all || p->touched != 0)) {
        struct measure m;
        looked++;
        if (!is_about(b, rule, p))
            continue;
        share_read(b, rule, index, p->part, &m);
        if (measure_verdict(rule, &m) != RULE_FIRE ||
            watch_find(r, board_entity(b, scope, index), i, p->part) != 0)
            continue;
        handle_t h = watch_new(r, b, i, index, p->part);
        if (h == 0)
            *ret_room = false;
        else
            ask(r, h, why);
    }
    return looked;
}

uint32_t rules_survey(struct rules *r, struct board *b, uint32_t i, uint32_t index,
                      enum watch_asked why, bool *ret_room)
{
    const struct rule_setting *rule = &r->settings->rule[i];
    handle_t h = watch_find(r, board_entity(b, (enum scope)rule->scope, index), i, 0);
    if (h == 0)
        h = watch_new(r, b, i, index, 0);
    struct watch *w = h == 0 ? NULL : pool_edit(&r->pool, h);
    uint64_t was = w == NULL ? UINT64_MAX : w->n, whole = share_whole(b, rule, index);
    bool moved = why == WATCH_BY_TIME || (w != NULL && w->due <= board_at(b));
    bool all = moved || whole < was || (was < rule->min_n && whole >= rule->min_n);
    ask_watched(r, b, i, index, why);
    uint32_t work = 1 + ask_others(r, b, i, index, all, why, ret_room) / SURVEY_WORK;
    if (w == NULL) {
        *ret_room = false;
        return work;
    }
    w->n = whole;
    watch_arm(r, h, w, share_next_change(b, rule, index));
    if (w->due == MS_NEVER)
        watch_free(r, b, h, w);
    return work;
}
