/* Rules that wait for a source that is behind.
 *
 * They stand in a list, in the order of the instants since which they wait, which is that of the
 * clock: whoever need not wait any longer is in front. A deadline of its own ends each wait. */
#include "core/watches.h"

void rules_wait_for(struct rules *r, const struct holds *holds)
{
    r->holds = holds;
}

ms_t watch_wait_end(const struct rules *r, const struct watch *w)
{
    return w->held == 0 || w->freed ? MS_NONE : w->held + r->settings->hold_max;
}

static ms_t told(const struct rules *r, const struct board *b)
{
    return r->holds == NULL ? MS_NEVER : holds_told(r->holds, board_at(b), r->settings->hold_max);
}

static void link_last(struct rules *r, handle_t h, struct watch *w)
{
    w->held_before = r->held_last;
    w->held_next = 0;
    if (r->held_last != 0)
        ((struct watch *)pool_edit(&r->pool, r->held_last))->held_next = h;
    else
        r->held_first = h;
    r->held_last = h;
}

static void unlink_held(struct rules *r, struct watch *w)
{
    if (w->held_before != 0)
        ((struct watch *)pool_edit(&r->pool, w->held_before))->held_next = w->held_next;
    else
        r->held_first = w->held_next;
    if (w->held_next != 0)
        ((struct watch *)pool_edit(&r->pool, w->held_next))->held_before = w->held_before;
    else
        r->held_last = w->held_before;
    w->held_before = w->held_next = 0;
}

void watch_go(struct rules *r, handle_t h, struct watch *w)
{
    CHECK(pool_valid(&r->pool, h));
    if (w->held != 0 && !w->freed)
        unlink_held(r, w);
    w->held = 0;
    w->freed = false;
}

bool watch_waits(struct rules *r, const struct board *b, handle_t h, struct watch *w)
{
    ms_t at = board_at(b);
    w->waited = w->held != 0;
    if (w->held == 0) {
        if (told(r, b) >= at || r->settings->hold_max == 0)
            return false;
        w->held = at;
        link_last(r, h, w);
        return true;
    }
    if (at < watch_wait_end(r, w) && told(r, b) < w->held)
        return true;
    watch_go(r, h, w);
    return false;
}

void rules_heard(struct rules *r, const struct board *b)
{
    ms_t upto = r->held_first == 0 ? MS_NONE : told(r, b);
    while (r->held_first != 0) {
        handle_t h = r->held_first;
        struct watch *w = pool_edit(&r->pool, h);
        if (w->held > upto)
            break;
        unlink_held(r, w);
        w->freed = true;
        if (w->due > board_at(b))
            watch_arm(r, h, w, board_at(b));
    }
}

void rules_wait_again(struct rules *r)
{
    r->held_first = r->held_last = 0;
    for (uint32_t k = 1; k <= r->pool.high; k++) {
        const struct watch *w = pool_at(&r->pool, k);
        if (!w->slot.live || w->held == 0 || w->freed)
            continue;
        if (w->held_before == 0)
            r->held_first = pool_handle(&r->pool, k);
        if (w->held_next == 0)
            r->held_last = pool_handle(&r->pool, k);
    }
}
