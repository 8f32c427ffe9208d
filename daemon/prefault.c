#include "daemon/prefault.h"

#include <sys/mman.h>
#include <unistd.h>

enum { STEP = 4 << 20 }; /* between two looks whether to stop */

void prefault_add(struct prefault *f, void *p, uint64_t n)
{
    CHECK(!f->running);
    if (n > 0 && f->n < PREFAULT_RANGES_MAX)
        f->range[f->n++] = (struct prefault_range){p, n};
}

/* false: this kernel does not know how. */
static bool populate(char *from, size_t n)
{
#ifdef MADV_POPULATE_WRITE
    return madvise(from, n, MADV_POPULATE_WRITE) == 0;
#else
    (void)from;
    (void)n;
    return false;
#endif
}

static void *work(void *arg)
{
    struct prefault *f = arg;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (uint32_t i = f->n; i > 0; i--) {
        const struct prefault_range *r = &f->range[i - 1];
        uintptr_t before = (uintptr_t)r->p % page; /* whole pages only */
        char *begin = (char *)r->p - before;
        size_t left = (before + r->n + page - 1) / page * page;
        while (left > 0) {
            size_t n = left > STEP ? STEP : left;
            if (atomic_load(&f->stopping) || !populate(begin + left - n, n))
                return NULL;
            left -= n;
        }
    }
    return NULL;
}

void prefault_start(struct prefault *f)
{
    CHECK(!f->running);
    atomic_store(&f->stopping, false);
    f->running = f->n > 0 && pthread_create(&f->thread, NULL, work, f) == 0;
}

void prefault_end(struct prefault *f)
{
    if (!f->running)
        return;
    atomic_store(&f->stopping, true);
    pthread_join(f->thread, NULL);
    f->running = false;
}
