/* Subscribed prefixes against the obvious list. */
#include "daemon/prefixes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct prefixes sut;

Test(prefixes, want_what_they_begin)
{
    cr_assert_not(prefixes_want(&sut, str_of("kpi.all.-.")));
    prefixes_add(&sut, str_of("kpi.agent.ada."));
    prefixes_add(&sut, str_of("alert."));
    cr_assert(prefixes_want(&sut, str_of("kpi.agent.ada.")));
    cr_assert_not(prefixes_want(&sut, str_of("kpi.agent.adam.")));
    cr_assert_not(prefixes_want(&sut, str_of("kpi.agent.")));
    cr_assert(prefixes_want(&sut, str_of("alert.kpi.breached.-.-.")));
    prefixes_add(&sut, str_of(""));
    cr_assert(prefixes_want(&sut, str_of("kpi.agent.adam.")));
    prefixes_remove(&sut, str_of(""));
    cr_assert_not(prefixes_want(&sut, str_of("kpi.agent.adam.")));
    prefixes_add(&sut, str_of("alert."));
    cr_assert_eq(sut.n, 2);
    prefixes_fini(&sut);
}

Test(prefixes, stay_until_the_last_has_left)
{
    struct str alerts = str_of("alert.");
    prefixes_add(&sut, alerts);
    prefixes_add(&sut, alerts);
    cr_assert(prefixes_remove(&sut, alerts));
    cr_assert(prefixes_want(&sut, str_of("alert.kpi.")));
    cr_assert(prefixes_remove(&sut, alerts));
    cr_assert_not(prefixes_want(&sut, str_of("alert.kpi.")));
    cr_assert_not(prefixes_remove(&sut, alerts), "nobody wanted it any more");
    prefixes_fini(&sut);
}

Test(prefixes, agree_with_a_plain_list)
{
    static bool there[4096];
    uint64_t random = 7;
    for (int round = 0; round < 200000; round++) {
        random = mix64(random);
        char text[16];
        uint32_t key = random & 4095; /* up to six letters of four, so that many are nested */
        uint32_t len = (uint32_t)(random >> 12) % 7;
        for (uint32_t i = 0; i < len; i++)
            text[i] = (char)('a' + (key >> 2 * i & 3));
        uint32_t id = 0; /* the same text always has the same id: 1 and its letters in base 4 */
        for (uint32_t i = 0, base = 1; i < len; i++, base *= 4)
            id += base + (uint32_t)(text[i] - 'a') * base;
        struct str prefix = {text, len};
        if (id < ARRAY_LEN(there) && random >> 32 & 1) {
            there[id] ? prefixes_remove(&sut, prefix) : prefixes_add(&sut, prefix);
            there[id] = !there[id];
        }
        bool wanted = false;
        for (uint32_t n = 0; n <= len; n++) {
            uint32_t part = 0;
            for (uint32_t i = 0, base = 1; i < n; i++, base *= 4)
                part += base + (uint32_t)(text[i] - 'a') * base;
            wanted = wanted || (part < ARRAY_LEN(there) && there[part]);
        }
        cr_assert_eq(prefixes_want(&sut, prefix), wanted, "round %d", round);
    }
    cr_assert_eq(sut.beyond, 0);
    prefixes_fini(&sut);
}

Test(prefixes, may_begin_with_something)
{
    struct str stem = str_of("score.");
    cr_assert_not(prefixes_want_any(&sut, stem));
    static const char *const strangers[] = {"scora", "score-x.", "scorf", "kpi.", "t"};
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        prefixes_add(&sut, str_of(strangers[i]));
    cr_assert_not(prefixes_want_any(&sut, stem));
    static const char *const wide[] = {"score.agent.ada.", "score.", "sc", ""};
    for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
        prefixes_add(&sut, str_of(wide[i]));
        cr_assert(prefixes_want_any(&sut, stem), "%s", wide[i]);
        prefixes_remove(&sut, str_of(wide[i]));
        cr_assert_not(prefixes_want_any(&sut, stem), "%s", wide[i]);
    }
    prefixes_fini(&sut);
}

Test(prefixes, beyond_the_bound_want_everything)
{
    char text[16];
    for (int i = 0; i < PREFIXES_MAX + 2; i++) {
        snprintf(text, sizeof text, "p%05d.", i);
        cr_assert_not(i <= PREFIXES_MAX && prefixes_want(&sut, str_of("nobody.")));
        prefixes_add(&sut, str_of(text));
    }
    cr_assert_eq(sut.n, PREFIXES_MAX);
    cr_assert_eq(sut.beyond, 2);
    cr_assert(prefixes_want(&sut, str_of("nobody.")));
    for (int i = PREFIXES_MAX + 1; i >= 0; i--) {
        snprintf(text, sizeof text, "p%05d.", i);
        prefixes_remove(&sut, str_of(text));
    }
    cr_assert_eq(sut.n, 0);
    cr_assert_not(prefixes_want(&sut, str_of("nobody.")));
    char longer[PREFIX_BYTES_MAX + 1] = {0};
    prefixes_add(&sut, (struct str){longer, sizeof longer}); /* begins no topic */
    cr_assert_eq(sut.n, 0);
    prefixes_fini(&sut);
}
