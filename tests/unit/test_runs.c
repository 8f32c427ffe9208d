/* runs: a reader's (run, seq) is a number in the stream of all runs, also when the run told more
 * than was recorded. */
#include "daemon/runs.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct runs sut;

static void add(uint64_t id, uint64_t base)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
    runs_add(&sut, str_of(text), base);
}

static bool number(uint64_t id, uint64_t seq, uint64_t *ret)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
    return runs_number(&sut, str_of(text), seq, ret);
}

Test(runs, a_seq_of_a_run_is_a_number)
{
    uint64_t n = 77;
    add(1, 0);
    add(2, 10);
    add(3, 10); /* told nothing */
    add(4, 12);
    cr_assert(number(1, 0, &n) && n == 0);
    cr_assert(number(1, 10, &n) && n == 10);
    cr_assert(number(1, 11, &n) && n == 10); /* told, not recorded: it came again in run 2 */
    cr_assert(number(1, UINT64_MAX, &n) && n == 10);
    cr_assert(number(2, 5, &n) && n == 10);
    cr_assert(number(3, 1, &n) && n == 11);
    cr_assert(number(4, 1000, &n) && n == 1012);
    cr_assert_not(number(5, 0, &n));
    runs_add(&sut, str_of("an id that is much too long"), 13);
    runs_add(&sut, str_of(""), 13);
    cr_assert_eq(sut.n, 4);
}

Test(runs, a_number_is_of_the_run_that_told_it)
{
    struct random r = {3};
    uint64_t base[RUNS_MAX + 50], at = 0;
    uint32_t n = RUNS_MAX + 50;
    for (uint32_t i = 0; i < n; i++) {
        base[i] = at;
        add(i + 1, at);
        at += random_below(&r, 4);
    }
    cr_assert_eq(sut.n, RUNS_MAX);
    for (uint64_t number = 0; number < at + 3; number++) {
        const struct runs_of *found = runs_find(&sut, number), *want = NULL;
        for (uint32_t i = n - RUNS_MAX; i < n; i++)
            if (base[i] < number)
                want = &sut.at[i - (n - RUNS_MAX)];
        cr_assert_eq(found, want, "%d", (int)number);
    }
}
