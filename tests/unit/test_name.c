/* name: against a plain array of texts. */
#include "core/name.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void *names_new(struct names *n, uint32_t cap, uint64_t seed)
{
    void *mem = calloc(1, names_bytes(cap));
    names_init(n, "test", mem, cap, seed);
    return mem;
}

static struct str numbered(char buf[32], uint64_t i)
{
    return (struct str){buf, (uint32_t)snprintf(buf, 32, "name %llu", (unsigned long long)i)};
}

Test(name, indices_are_dense_and_stay)
{
    enum { CAP = 1000, DISTINCT = 900 };
    struct names n;
    void *mem = names_new(&n, CAP, 42);
    struct random r = {3};
    uint32_t index_of[DISTINCT] = {0};
    uint32_t count = 0;
    char buf[32];
    for (int step = 0; step < 20000; step++) {
        uint64_t i = random_below(&r, DISTINCT);
        struct str text = numbered(buf, i);
        cr_assert_eq(name_find(&n, text), index_of[i]);
        if (random_percent(&r, 50))
            continue;
        uint32_t index = name_intern(&n, text);
        if (index_of[i] == 0)
            index_of[i] = ++count;
        cr_assert_eq(index, index_of[i]);
        cr_assert(str_equal(name_text(&n, index), text));
        cr_assert_eq(name_count(&n), count);
    }
    cr_assert_eq(n.overflowed, 0);
    free(mem);
}

Test(name, a_full_table_counts_the_rest_as_other)
{
    struct names n;
    void *mem = names_new(&n, 2, 42);
    cr_assert_eq(name_intern_reserved(&n, NAME_AUTO), 1);
    cr_assert_eq(name_intern(&n, str_of("a")), 2);
    cr_assert_eq(name_intern(&n, str_of("b")), 3);
    uint32_t other = name_intern(&n, str_of("c"));
    cr_assert(str_equal(name_text(&n, other), str_of("(other)")));
    cr_assert_eq(name_intern(&n, str_of("d")), other);
    cr_assert_eq(n.overflowed, 2);
    cr_assert_eq(name_intern(&n, str_of("a")), 2);
    cr_assert_eq(name_find(&n, str_of("c")), 0);
    cr_assert_eq(name_find(&n, str_of("(other)")), other);
    cr_assert_eq(name_intern_reserved(&n, NAME_OTHER), other);
    cr_assert_eq(name_intern_reserved(&n, NAME_CUSTOMER), other + 1);
    cr_assert_eq(name_get(&n, other)->slot.mark, NAME_OTHER);
    free(mem);
}

Test(name, reserved_texts_are_the_reserved_names)
{
    struct names n;
    void *mem = names_new(&n, 1, 42);
    uint32_t customer = name_intern(&n, str_of("(customer)"));
    cr_assert_eq(name_intern_reserved(&n, NAME_CUSTOMER), customer);
    cr_assert_eq(name_intern(&n, str_of("plain")), customer + 1, "still room for one plain name");
    cr_assert_eq(name_reserved_find(str_of("(auto)")), NAME_AUTO);
    cr_assert_eq(name_reserved_find(str_of("(auto")), NAME_PLAIN);
    cr_assert_eq(name_reserved_find(str_of("auto")), NAME_PLAIN);
    cr_assert_eq(name_reserved_find(str_of("")), NAME_PLAIN);
    free(mem);
}

Test(name, texts_of_64_bytes_and_texts_that_begin_alike)
{
    struct names n;
    void *mem = names_new(&n, 100, 0);
    char text[NAME_BYTES_MAX];
    memset(text, 'x', sizeof text);
    for (uint32_t len = 1; len <= sizeof text; len++)
        cr_assert_eq(name_intern(&n, (struct str){text, len}), len);
    for (uint32_t len = 1; len <= sizeof text; len++)
        cr_assert_eq(name_find(&n, (struct str){text, len}), len);
    free(mem);
}

Test(name, a_text_of_65_bytes_stops_the_program, .signal = SIGABRT)
{
    struct names n;
    names_new(&n, 100, 0);
    char text[NAME_BYTES_MAX + 1];
    memset(text, 'x', sizeof text);
    name_intern(&n, (struct str){text, sizeof text});
}

Test(name, titles)
{
    struct names n;
    void *mem = names_new(&n, 4, 42);
    uint32_t a = name_intern(&n, str_of("u1001"));
    cr_assert_eq(name_title(&n, a).len, 0);
    cr_assert(name_set_title(&n, a, str_of("王小明")));
    cr_assert_not(name_set_title(&n, a, str_of("王小明")));
    cr_assert(str_equal(name_title(&n, a), str_of("王小明")));
    cr_assert(name_set_title(&n, a, str_of("")));
    cr_assert_eq(name_title(&n, a).len, 0);
    free(mem);
}

Test(name, rebuild_after_a_load_even_with_another_seed)
{
    struct names n, m;
    void *mem = names_new(&n, 500, 1), *other = names_new(&m, 500, 2);
    char buf[32];
    for (uint64_t i = 0; i < 600; i++)
        name_intern(&n, numbered(buf, i));
    memcpy(m.pool.base, n.pool.base, pool_bytes(sizeof(struct name), n.pool.cap));
    m.pool.high = n.pool.high;
    m.pool.live = n.pool.live;
    names_rebuild(&m);
    names_rebuild(&m);
    for (uint64_t i = 0; i < 500; i++)
        cr_assert_eq(name_find(&m, numbered(buf, i)), i + 1);
    cr_assert_eq(name_intern(&m, str_of("new")), name_find(&n, str_of("(other)")));
    free(mem);
    free(other);
}
