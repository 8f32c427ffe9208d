/* prefault: the memory of all ranges is there, nothing in it changes, and the end does not wait. */
#include "daemon/prefault.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 16384 };

static uint8_t *map(void)
{
    uint8_t *p = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert_neq(p, MAP_FAILED);
    return p;
}

static bool is_there(const uint8_t *p)
{
    unsigned char in = 0;
    cr_assert_eq(mincore((void *)((uintptr_t)p / PAGE * PAGE), PAGE, &in), 0);
    return in & 1;
}

static bool known_here(void)
{
    uint8_t *p = map();
    bool known = false;
#ifdef MADV_POPULATE_WRITE
    known = madvise(p, PAGE, MADV_POPULATE_WRITE) == 0;
#endif
    munmap(p, (size_t)PAGES * PAGE);
    return known;
}

Test(prefault, all_of_every_range_and_nothing_else)
{
    static struct prefault f;
    struct random r = {1};
    uint8_t *p = map();
    uint32_t known = known_here();
    p[10 * PAGE + 7] = 42; /* there already */
    prefault_add(&f, p + 10 * PAGE + 5, 3);
    prefault_add(&f, p + 20 * PAGE + 100, 0);
    prefault_add(&f, p + 30 * PAGE - 1, 2 + (uint64_t)5000 * PAGE); /* more than one step */
    prefault_add(&f, p + 6000 * PAGE, 2 * PAGE);
    cr_assert_eq(f.n, 3);
    prefault_start(&f);
    while (known && !is_there(p + 10 * PAGE))
        sched_yield();
    while (known && !is_there(p + 29 * PAGE)) /* the last of its range that it comes to */
        sched_yield();
    for (int i = 0; i < 2000; i++) /* while it is filled */
        p[30 * PAGE + random_below(&r, (uint64_t)5000 * PAGE)] = 7;
    prefault_end(&f);
    for (uint32_t i = 0; i < 6010 && known; i++) {
        bool want = i == 10 || (i >= 29 && i <= 5030) || i == 6000 || i == 6001;
        cr_assert_eq(is_there(p + (size_t)i * PAGE), want, "page %u", i);
    }
    cr_assert_eq(p[10 * PAGE + 7], 42);
    r = (struct random){1};
    for (int i = 0; i < 2000; i++)
        cr_assert_eq(p[30 * PAGE + random_below(&r, (uint64_t)5000 * PAGE)], 7);
    munmap(p, (size_t)PAGES * PAGE);
}

Test(prefault, it_can_be_ended_at_any_time_and_used_again)
{
    static struct prefault f;
    uint8_t *p = map();
    prefault_end(&f); /* nothing runs */
    prefault_start(&f);
    cr_assert_not(f.running, "there is nothing to do");
    prefault_add(&f, p, (uint64_t)PAGES * PAGE);
    for (int i = 0; i < 20; i++) {
        prefault_start(&f);
        prefault_end(&f);
        cr_assert_not(f.running);
    }
    for (uint32_t i = 0; i < 2 * PREFAULT_RANGES_MAX; i++)
        prefault_add(&f, p, 1);
    cr_assert_eq(f.n, PREFAULT_RANGES_MAX);
    munmap(p, (size_t)PAGES * PAGE);
}
