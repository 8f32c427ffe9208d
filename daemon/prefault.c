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
static bool populate(uintptr_t from, uintptr_t to)
{
#ifdef MADV_POPULATE_WRITE
    return madvise((void *)from, to - from, MADV_POPULATE_WRITE) == 0;
#else
    (void)from;
    (void)to;
    return false;
#endif
}

static void *work(void *arg)
{
    struct prefault *f = arg;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (uint32_t i = f->n; i > 0; i--) {
        const struct prefault_range *r = &f->range[i - 1];
        uintptr_t begin = (uintptr_t)r->p / page * page;
        uintptr_t end = ((uintptr_t)r->p + r->n + page - 1) / page * page;
        while (end > begin) {
            uintptr_t from = end - begin > STEP ? end - STEP : begin;
            if (atomic_load(&f->stopping) || !populate(from, end))
                return NULL;
            end = from;
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
