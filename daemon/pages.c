#include "daemon/pages.h"

#include <errno.h>
#include <sys/mman.h>

void pages_open(struct pages *p, const struct engine *engine, uv_loop_t *loop, void *data)
{
    *p = (struct pages){.engine = engine, .loop = loop, .data = data};
    p->work.data = p;
}

/* In a thread. The contents of pages do not change, so the engine may work on them meanwhile. */
static void populate(uv_work_t *work)
{
    struct pages *p = work->data;
    for (uint32_t i = 0; i < p->ranges; i++) {
        const struct pages_range *r = &p->range[i];
        if (madvise(r->at, r->n, MADV_POPULATE_WRITE) != 0 && errno == EINVAL)
            p->useless = true;
    }
}

static void on_populated(uv_work_t *work, int status)
{
    struct pages *p = work->data;
    (void)status; /* cancelled or not, it is over */
    p->working = false;
    if (p->closed != NULL)
        p->closed(p);
}

/* Notes what is to be touched of pool i, if anything. */
static void look(struct pages *p, uint32_t i, const struct engine_growth *g)
{
    uintptr_t base = (uintptr_t)g->base, end = base + g->used, last = base + g->size;
    uintptr_t mask = PAGES_BYTES - 1;
    if (g->used < PAGES_BEGUN)
        return;
    uintptr_t ahead = g->used < PAGES_GROWN ? PAGES_NEAR : PAGES_AHEAD;
    uintptr_t from = (end + mask) & ~mask, to = (end + ahead + mask) & ~mask;
    from = from < p->ready[i] ? p->ready[i] : from;
    last &= ~mask; /* the page where two pools meet belongs to the next one */
    to = to < last ? to : last;
    if (from >= to)
        return;
    p->range[p->ranges++] = (struct pages_range){(char *)g->base + (from - base), to - from};
    p->ready[i] = to;
}

void pages_tend(struct pages *p, uint64_t now)
{
    struct engine_growth growth[PAGES_POOLS];
    if (p->working || p->useless || now - p->looked_at < PAGES_EVERY_MS)
        return;
    p->looked_at = now;
    p->ranges = 0;
    uint32_t n = engine_growth(p->engine, growth);
    for (uint32_t i = 0; i < n; i++)
        look(p, i, &growth[i]);
    if (p->ranges > 0)
        p->working = uv_queue_work(p->loop, &p->work, populate, on_populated) == 0;
}

void pages_close(struct pages *p, void (*closed)(struct pages *p))
{
    p->closed = closed;
    if (!p->working)
        closed(p);
    else
        (void)uv_cancel((uv_req_t *)&p->work); /* it may have begun */
}
