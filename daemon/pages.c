#include "daemon/pages.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

static const uintptr_t mask = PAGES_BYTES - 1;

/* What pages hold does not change, so the engine may work on them meanwhile. */
static void populate(struct pages *p, const struct pages_range *r)
{
    for (size_t done = 0; done < r->n && !atomic_load(&p->stopping); done += PAGES_BYTES) {
        size_t n = r->n - done < PAGES_BYTES ? r->n - done : PAGES_BYTES;
        if (madvise(r->at + done, n, MADV_POPULATE_WRITE) != 0 && errno == EINVAL)
            atomic_store(&p->useless, true);
    }
}

static void *work(void *arg)
{
    struct pages *p = arg;
    const struct sched_param none = {0};
    (void)sched_setscheduler(0, SCHED_BATCH, &none); /* of this thread; else it is as the others */
    for (;;) {
        while (sem_wait(&p->stir) != 0)
            ; /* a signal */
        for (uint32_t i = 0; i < p->ranges && !atomic_load(&p->useless); i++)
            populate(p, &p->range[i]);
        atomic_store(&p->working, false);
        if (atomic_load(&p->stopping))
            return NULL;
    }
}

/* Hands the ranges over. */
static void begin(struct pages *p)
{
    atomic_store(&p->working, true);
    (void)sem_post(&p->stir);
}

void pages_open(struct pages *p, const struct engine *engine)
{
    struct engine_finder finder[ENGINE_FINDERS];
    *p = (struct pages){.engine = engine};
    uint32_t n = engine_finders(engine, finder);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (uint32_t i = 0; i < n; i++) {
        uintptr_t base = (uintptr_t)finder[i].base, skip = -base % page;
        if (finder[i].size >= skip + page) /* whole pages only; a part brings a huge one */
            p->range[p->ranges++] = (struct pages_range){(char *)finder[i].base + skip,
                                                         (finder[i].size - skip) / page * page};
    }
    CHECK(sem_init(&p->stir, 0, 0) == 0);
    p->running = pthread_create(&p->thread, NULL, work, p) == 0;
    if (p->running)
        begin(p);
}

/* Notes what is to be touched of pool i, if anything. */
static void look(struct pages *p, uint32_t i, const struct engine_growth *g)
{
    uintptr_t base = (uintptr_t)g->base, end = base + g->used, last = base + g->size;
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
    if (!p->running || atomic_load(&p->working) || atomic_load(&p->useless) ||
        now - p->looked_at < PAGES_EVERY_MS)
        return;
    p->looked_at = now;
    p->ranges = 0;
    uint32_t n = engine_growth(p->engine, growth);
    for (uint32_t i = 0; i < n; i++)
        look(p, i, &growth[i]);
    if (p->ranges > 0)
        begin(p);
}

void pages_close(struct pages *p)
{
    if (!p->running)
        return;
    atomic_store(&p->stopping, true);
    (void)sem_post(&p->stir);
    pthread_join(p->thread, NULL);
    sem_destroy(&p->stir);
    p->running = false;
}
