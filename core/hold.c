#include "core/hold.h"

#include "core/block.h"

enum { WALK_EVERY = MS_SECOND };

uint64_t holds_bytes(uint32_t sources, uint32_t waits)
{
    return block_round(pool_bytes(sizeof(struct hold_source), sources)) +
           block_round(pool_bytes(sizeof(struct hold_wait), waits));
}

void holds_init(struct holds *h, void *mem, uint32_t sources, uint32_t waits)
{
    uint8_t *at = mem;
    pool_init(&h->sources, "hold sources",
              block_take(&at, pool_bytes(sizeof(struct hold_source), sources)),
              sizeof(struct hold_source), sources);
    pool_init(&h->waits, "hold waits", block_take(&at, pool_bytes(sizeof(struct hold_wait), waits)),
              sizeof(struct hold_wait), waits);
}

/* Sources are numbered from 0 as they come; slots follow them. NULL: never heard of, or no room. */
static struct hold_source *source_of(const struct holds *h, uint32_t src)
{
    return src < h->sources.high ? pool_at(&h->sources, src + 1) : NULL;
}

ms_t holds_newest(const struct holds *h, uint32_t src)
{
    const struct hold_source *s = source_of(h, src);
    return s == NULL ? MS_NONE : s->newest;
}

const struct hold_source *holds_source(const struct holds *h, uint32_t src)
{
    return source_of(h, src);
}

/* NULL: there is no room for it. */
static const struct hold_source *known(struct holds *h, uint32_t src)
{
    while (h->sources.high <= src) {
        handle_t fresh = pool_alloc(&h->sources);
        if (fresh == 0)
            return NULL;
        struct hold_source *s = pool_edit(&h->sources, fresh);
        s->newest = s->walked = s->heard = MS_NONE;
    }
    return source_of(h, src);
}

void holds_spoke(struct holds *h, uint32_t src, ms_t rts, bool beat)
{
    const struct hold_source *s = known(h, src);
    bool news = s != NULL &&
                (s->heard == MS_NONE || rts - s->heard >= HOLD_HEARD_MS || (beat && s->beats == 0));
    if (LIKELY(!news))
        return;
    struct hold_source *e = pool_edit(&h->sources, pool_handle(&h->sources, src + 1));
    e->heard = rts;
    e->beats |= beat;
}

bool holds_heard(struct holds *h, uint32_t src, ms_t ts, bool on_time)
{
    const struct hold_source *s = known(h, src);
    if (s == NULL)
        return false;
    if (s->newest != MS_NONE && ts <= s->newest)
        return false;
    struct hold_source *e = pool_edit(&h->sources, pool_handle(&h->sources, src + 1));
    e->newest = ts;
    bool walk = on_time || e->walked == MS_NONE || ts - e->walked >= WALK_EVERY;
    return e->first != 0 && walk;
}

void holds_add(struct holds *h, uint32_t src, ms_t deadline, handle_t ticket)
{
    handle_t w = source_of(h, src) == NULL ? 0 : pool_alloc(&h->waits);
    if (w == 0)
        return;
    struct hold_source *s = pool_edit(&h->sources, pool_handle(&h->sources, src + 1));
    struct hold_wait *k = pool_edit(&h->waits, w);
    k->ticket = ticket;
    k->deadline = deadline;
    k->next = s->first;
    s->first = w;
}

uint32_t holds_release(struct holds *h, uint32_t src, handle_t *ret_ticket, uint32_t cap)
{
    struct hold_source *s = pool_edit(&h->sources, pool_handle(&h->sources, src + 1));
    uint32_t n = 0;
    handle_t before = 0;
    for (handle_t w = s->first; w != 0 && n < cap;) {
        const struct hold_wait *k = pool_get(&h->waits, w);
        handle_t next = k->next;
        if (k->deadline <= s->newest) {
            ret_ticket[n++] = k->ticket;
            if (before == 0)
                s->first = next;
            else
                ((struct hold_wait *)pool_edit(&h->waits, before))->next = next;
            pool_free(&h->waits, w);
        } else {
            before = w;
        }
        w = next;
    }
    if (n < cap)
        s->walked = s->newest;
    return n;
}
