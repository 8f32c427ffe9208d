/* lineage: what an engine needs to load an image stays, what says nothing any more goes. */
#include "daemon/lineage.h"

#include "daemon/config.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Steps as text: "policies since bytes, …". */
static const char *said(const struct lineage *l)
{
    static char text[2048];
    size_t n = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < l->n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s@%d ",
                              l->step[i].policies ? "+" : "", (int)l->step[i].n,
                              (const char *)l->step[i].bytes,
                              l->step[i].since == MS_NONE ? -1 : (int)l->step[i].since);
    return text;
}

static void add(struct lineage *l, ms_t since, bool policies)
{
    char text[16];
    int n = snprintf(text, sizeof text, "t%d", (int)since);
    cr_assert(lineage_add(l, since, policies, text, (uint32_t)n));
}

Test(lineage, rules_that_others_followed_say_nothing)
{
    struct lineage l = {0};
    cr_assert(lineage_begin(&l, "first", 5));
    add(&l, 1, false);
    cr_assert_str_eq(said(&l), "+first@-1 t1@1 ");
    add(&l, 2, true);
    cr_assert_str_eq(said(&l), "+first@-1 +t2@2 ");
    add(&l, 3, false);
    add(&l, 4, false);
    cr_assert_str_eq(said(&l), "+first@-1 +t2@2 t4@4 ");
    cr_assert(lineage_begin(&l, "anew", 4));
    cr_assert_str_eq(said(&l), "+anew@-1 ");
    lineage_fini(&l);
}

Test(lineage, policies_that_the_engine_forgot_say_nothing)
{
    struct lineage l = {0};
    char want[2048] = "+first@-1 ";
    cr_assert(lineage_begin(&l, "first", 5));
    for (int i = 1; i <= 100; i++) {
        add(&l, 2 * i, true);
        add(&l, 2 * i + 1, false);
        cr_assert_leq(l.n, LINEAGE_MAX);
    }
    for (int i = 100 - AGREEMENTS_MAX + 1; i <= 100; i++)
        snprintf(want + strlen(want), sizeof want - strlen(want), "+t%d@%d ", 2 * i, 2 * i);
    snprintf(want + strlen(want), sizeof want - strlen(want), "t201@201 ");
    cr_assert_str_eq(said(&l), want);
    lineage_fini(&l);
}

Test(lineage, comes_back_from_its_bytes_or_not_at_all)
{
    struct lineage l = {0}, got = {0};
    struct random r = {1};
    uint64_t n;
    cr_assert(lineage_begin(&l, "first", 5));
    for (int i = 1; i <= 5; i++)
        add(&l, i, i % 2 == 0);
    uint8_t *bytes = lineage_pack(&l, &n);
    cr_assert(lineage_unpack(&got, bytes, n));
    char *want = strdup(said(&l));
    cr_assert_str_eq(said(&got), want);
    lineage_fini(&got);
    for (uint64_t cut = 0; cut < n; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        cr_assert_not(lineage_unpack(&got, copy, cut));
        free(copy);
    }
    for (int i = 0; i < 2000; i++) {
        uint8_t *copy = malloc(n);
        memcpy(copy, bytes, n);
        copy[random_below(&r, n)] ^= (uint8_t)(1u << random_below(&r, 8));
        if (lineage_unpack(&got, copy, n))
            lineage_fini(&got);
        free(copy);
    }
    struct terms terms;
    cr_assert_not(lineage_terms(&l, 0, &terms)); /* no terms are in these */
    free(want);
    free(bytes);
    lineage_fini(&l);
}
