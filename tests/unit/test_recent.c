/* The ring of published alerts. */
#include "daemon/recent.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct recent sut;

static void add(int i)
{
    char topic[16], message[16];
    snprintf(topic, sizeof topic, "t%d.", i);
    snprintf(message, sizeof message, "m%d", i);
    cr_assert(recent_add(&sut, str_of(topic), message, strlen(message)));
}

static void has(uint64_t seq, const char *topic, const char *message)
{
    struct str t, m;
    cr_assert(recent_get(&sut, seq, &t, &m));
    cr_assert(str_equal(t, str_of(topic)));
    cr_assert(str_equal(m, str_of(message)));
}

Test(recent, keeps_the_last_ones)
{
    struct str t, m;
    cr_assert(recent_init(&sut, 3));
    cr_assert_not(recent_get(&sut, 0, &t, &m));
    cr_assert_not(recent_get(&sut, 1, &t, &m));
    for (int i = 1; i <= 5; i++)
        add(i);
    cr_assert_eq(sut.first, 3);
    cr_assert_eq(sut.next, 6);
    cr_assert_not(recent_get(&sut, 2, &t, &m));
    has(3, "t3.", "m3");
    has(5, "t5.", "m5");
    cr_assert_not(recent_get(&sut, 6, &t, &m));
    recent_fini(&sut);
}

Test(recent, may_hold_one)
{
    cr_assert(recent_init(&sut, 1));
    for (int i = 1; i <= 10; i++) {
        add(i);
        cr_assert_eq(sut.first, (uint64_t)i);
    }
    has(10, "t10.", "m10");
    recent_fini(&sut);
    recent_fini(&sut); /* once is enough, twice does no harm */
}
