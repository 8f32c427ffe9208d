/* What a receiver was told, against a plain table. */
#include "daemon/told.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { IDS = 40 };

Test(told, agrees_with_a_plain_table)
{
    struct told_list sut = {0};
    struct random r = {7};
    uint32_t version[IDS] = {0}, n = 0; /* 0: not told */
    char labels[32], rest[32];
    for (uint32_t round = 1; round <= 20000; round++) {
        uint64_t id = random_below(&r, IDS);
        bool keep = random_below(&r, 2) == 1;
        n = 0;
        version[id] = keep ? round : 0;
        if (keep) {
            snprintf(labels, sizeof labels, "labels %u", round);
            snprintf(rest, sizeof rest, "rest %u", round);
            told_keep(&sut, id, labels, rest);
        } else {
            told_forget(&sut, id);
        }
        uint64_t from = random_below(&r, IDS);
        const struct told *next = told_from(&sut, from);
        while (from < IDS && version[from] == 0)
            from++;
        cr_assert_eq(next == NULL, from == IDS);
        cr_assert(next == NULL || next->id == from);
        const struct told *t = told_find(&sut, id);
        cr_assert_eq(t != NULL, keep);
        cr_assert(!keep || (strcmp(t->labels, labels) == 0 && strcmp(t->rest, rest) == 0));
        for (uint32_t i = 0; i < IDS; i++)
            n += version[i] != 0;
        cr_assert_eq(sut.n, n);
    }
    told_fini(&sut);
    cr_assert_null(told_from(&sut, 0));
}
