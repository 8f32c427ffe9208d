/* numbering: against an array with an entry per number. */
#include "core/numbering.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { NUMBERS = 400000, WINDOW = NUMBERING_PAGE * NUMBERING_PAGES };

struct both {
    struct numberings ns;
    void *mem;
    handle_t h;
    uint64_t base; /* number of entry 0 */
    bool *seen;
    uint32_t *print;
    uint64_t first, last, count;
    ms_t newest;
};

static struct both *both_new(uint64_t base, uint64_t first)
{
    struct both *b = calloc(1, sizeof *b);
    b->mem = calloc(1, numberings_bytes(2));
    numberings_init(&b->ns, b->mem, 2);
    b->h = numbering_new(&b->ns, first);
    b->base = base;
    b->seen = calloc(NUMBERS, sizeof *b->seen);
    b->print = calloc(NUMBERS, sizeof *b->print);
    b->newest = MS_NONE;
    return b;
}

static void both_free(struct both *b)
{
    free(b->mem);
    free(b->seen);
    free(b->print);
    free(b);
}

/* What the array says; forgotten ranges are the caller's business. */
static enum numbering_answer expect(const struct both *b, uint64_t number, uint32_t print, ms_t ts)
{
    uint64_t i = number - b->base;
    if (!b->seen[i])
        return NUMBERING_UNSEEN;
    if (number / NUMBERING_PAGE < numbering_get(&b->ns, b->h)->low)
        return ts > b->newest ? NUMBERING_OTHER : NUMBERING_SAME;
    return b->print[i] == print ? NUMBERING_SAME : NUMBERING_OTHER;
}

static void look(const struct both *b, uint64_t number, uint32_t print, ms_t ts)
{
    cr_assert_eq(numbering_look(&b->ns, b->h, number, print, ts), expect(b, number, print, ts),
                 "%llu", (unsigned long long)number);
}

static uint32_t arrive(struct both *b, uint64_t number, uint32_t print, ms_t ts)
{
    uint64_t i = number - b->base;
    cr_assert_lt(i, NUMBERS);
    look(b, number, print, ts);
    if (b->seen[i])
        return 0;
    b->seen[i] = true;
    b->print[i] = print;
    b->first = b->count == 0 || number < b->first ? number : b->first;
    b->last = b->count == 0 || number > b->last ? number : b->last;
    b->count++;
    b->newest = ms_max(b->newest, ts);
    uint32_t forgotten = numbering_add(&b->ns, b->h, number, print, ts);
    cr_assert_eq(numbering_missing(numbering_get(&b->ns, b->h)), b->last - b->first + 1 - b->count);
    return forgotten;
}

/* Missing up to a number, counted one by one. */
static void count_until(const struct both *b, uint64_t upto)
{
    uint64_t missing = 0;
    for (uint64_t n = b->first; b->count > 0 && n <= upto && n <= b->last; n++)
        missing += !b->seen[n - b->base];
    cr_assert_eq(numbering_missing_until(&b->ns, b->h, upto), missing, "%llu",
                 (unsigned long long)upto);
}

/* A source that loses some, sends shuffled, late and again, and jumps; few enough gaps to keep
 * them all. */
static void random_run(uint64_t seed, uint64_t base)
{
    struct random r = {seed};
    uint64_t on_the_way[64], next = base + random_below(&r, 70000);
    uint32_t forgotten = 0;
    struct both *b = both_new(base, next);
    for (uint32_t i = 0; i < ARRAY_LEN(on_the_way); i++)
        on_the_way[i] = next++;
    for (int step = 0; next < base + NUMBERS - WINDOW - 5000; step++) {
        ms_t ts = 1000 + step;
        uint64_t *some = &on_the_way[random_below(&r, ARRAY_LEN(on_the_way))];
        if (random_below(&r, 4000) != 0)
            forgotten += arrive(b, *some, (uint32_t)random_next(&r), ts);
        *some = next++;
        uint64_t number = base + random_below(&r, next - base);
        look(b, number, b->print[number - base], random_range(&r, 0, ts));
        look(b, number, 5, ts + 1);
        if (random_below(&r, 5000) == 0)
            forgotten += arrive(b, number, 6, random_range(&r, 0, ts));
        if (step % 3000 == 0)
            count_until(b, base + random_below(&r, next - base + 3));
        if (random_below(&r, 20000) == 0)
            next += random_below(&r, 3000);
        if (random_below(&r, 100000) == 0)
            next += WINDOW + random_below(&r, 1000);
    }
    cr_assert_gt(b->count, 50000);
    cr_assert_eq(forgotten, 0);
    for (int i = 0; i < 100; i++)
        count_until(b, b->last - random_below(&r, i < 50 ? WINDOW : b->last - base));
    for (uint64_t n = base; n < base + NUMBERS; n++)
        look(b, n, b->print[n - base], 0);
    both_free(b);
}

Test(numbering, agrees_with_an_array)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        random_run(seed, seed % 2 == 0 ? 0 : 123456789012345ULL);
}

Test(numbering, without_loss_nothing_is_missing_and_nothing_is_kept)
{
    struct both *b = both_new(1, 1);
    for (uint64_t n = 1; n < NUMBERS; n++)
        cr_assert_eq(arrive(b, n, (uint32_t)n, (ms_t)n), 0);
    const struct numbering *n = numbering_get(&b->ns, b->h);
    cr_assert_eq(numbering_missing(n), 0);
    cr_assert_leq(b->ns.pages.live, NUMBERING_PAGES);
    cr_assert(n->gaps == 1 && n->gap[0].from == 0 && n->gap[0].to == 0);
    cr_assert_eq(numbering_look(&b->ns, b->h, 0, 1, 1), NUMBERING_UNSEEN);
    both_free(b);
}

Test(numbering, a_lost_number_is_new_however_late_and_then_seen_for_good)
{
    struct both *b = both_new(0, 0);
    for (uint64_t n = 0; n < 300000; n++)
        if (n != 777 && (n < 5000 || n > 5999))
            arrive(b, n, 1, (ms_t)n);
    cr_assert_eq(numbering_missing(numbering_get(&b->ns, b->h)), 1001);
    arrive(b, 777, 1, 777);
    arrive(b, 5500, 1, 5500); /* splits */
    arrive(b, 5000, 1, 5000);
    arrive(b, 5999, 1, 5999);
    for (uint64_t n = 0; n < 7000; n++)
        look(b, n, 1, (ms_t)n);
    cr_assert_eq(numbering_missing(numbering_get(&b->ns, b->h)), 997);
    both_free(b);
}

Test(numbering, too_many_ranges_forget_the_oldest)
{
    struct both *b = both_new(0, 0);
    uint32_t forgotten = 0;
    for (uint64_t n = 0; n < 200000; n++)
        if (n % 100 != 50)
            forgotten += arrive(b, n, 1, (ms_t)n);
    const struct numbering *n = numbering_get(&b->ns, b->h);
    cr_assert_eq(n->gaps, NUMBERING_GAPS);
    cr_assert_eq(forgotten + NUMBERING_GAPS, (n->low * NUMBERING_PAGE + 49) / 100);
    cr_assert_eq(numbering_look(&b->ns, b->h, 50, 1, 50), NUMBERING_SAME, "forgotten");
    cr_assert_eq(numbering_look(&b->ns, b->h, n->gap[0].from, 1, 0), NUMBERING_UNSEEN);
    cr_assert_eq(n->gap[0].from, 100ULL * forgotten + 50);
    cr_assert_eq(numbering_missing(n), 2000);
    both_free(b);
}

Test(numbering, a_split_of_the_oldest_range_when_full_keeps_its_upper_half)
{
    struct both *b = both_new(0, 0);
    for (uint64_t n = 0; n < 2000; n++)
        if (n < 10 || n >= 20)
            arrive(b, n, 1, 1);
    for (uint64_t n = 2000; n < 2000 + 255 * 100; n++)
        if (n % 100 != 50)
            arrive(b, n, 1, 1);
    for (uint64_t n = 2000 + 255 * 100; n < 150000; n++)
        arrive(b, n, 1, 1);
    cr_assert_eq(numbering_get(&b->ns, b->h)->gaps, NUMBERING_GAPS);
    cr_assert_eq(arrive(b, 15, 1, 1), 1);
    cr_assert_eq(numbering_look(&b->ns, b->h, 14, 1, 1), NUMBERING_SAME, "forgotten");
    cr_assert_eq(numbering_look(&b->ns, b->h, 16, 1, 1), NUMBERING_UNSEEN);
    cr_assert_eq(arrive(b, 2050, 1, 1), 0, "a range of one number just goes");
    both_free(b);
}

Test(numbering, the_greatest_numbers)
{
    struct numberings ns;
    void *mem = calloc(1, numberings_bytes(2));
    numberings_init(&ns, mem, 2);
    handle_t h = numbering_new(&ns, 7);
    cr_assert_eq(numbering_add(&ns, h, 7, 1, 1), 0);
    cr_assert_eq(numbering_look(&ns, h, UINT64_MAX, 1, 1), NUMBERING_UNSEEN);
    numbering_add(&ns, h, UINT64_MAX, 1, 1);
    cr_assert_eq(numbering_look(&ns, h, UINT64_MAX, 1, 1), NUMBERING_SAME);
    cr_assert_eq(numbering_look(&ns, h, UINT64_MAX - 1, 1, 1), NUMBERING_UNSEEN);
    cr_assert_eq(numbering_look(&ns, h, 7, 1, 1), NUMBERING_SAME);
    cr_assert_eq(numbering_look(&ns, h, 8, 1, 1), NUMBERING_UNSEEN);
    free(mem);
}

Test(numbering, freed_ones_give_everything_back)
{
    struct numberings ns;
    void *mem = calloc(1, numberings_bytes(2));
    numberings_init(&ns, mem, 2);
    for (int round = 0; round < 10; round++) {
        handle_t a = numbering_new(&ns, 1), c = numbering_new(&ns, 1);
        cr_assert(a != 0 && c != 0 && numbering_new(&ns, 1) == 0);
        for (uint64_t n = 0; n < 2 * WINDOW; n += 100) {
            numbering_add(&ns, a, n, 1, 1);
            numbering_add(&ns, c, n, 1, 1);
        }
        cr_assert_eq(ns.pages.live, 2 * NUMBERING_PAGES);
        numbering_free(&ns, a);
        numbering_free(&ns, c);
        cr_assert(ns.pages.live == 0 && ns.pool.live == 0);
    }
    free(mem);
}
