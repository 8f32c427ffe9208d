/* Names of the simulated help desk: distinct, valid on the wire, teams of nearly equal size. */
#include "daemon/cli/cast.h"

#include "proto/schema.h"

#include <criterion/criterion.h>

static void check_names(const struct cast_name *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct str s = cast_str(&names[i]);
        cr_assert_eq(name_check(s.p, s.len), 0, "%.*s", (int)s.len, s.p);
        for (uint32_t j = 0; j < i; j++)
            cr_assert_not(str_equal(s, cast_str(&names[j])), "%.*s twice", (int)s.len, s.p);
    }
}

Test(cast, names_are_distinct_and_valid)
{
    struct cast c;
    cr_assert(cast_init(&c, 1000, 40, 300));
    check_names(c.agent, 1000);
    check_names(c.title, 1000);
    check_names(c.team, 40);
    check_names(c.category, 300);
    cast_fini(&c);
}

Test(cast, every_agent_is_in_one_team)
{
    struct cast c;
    cr_assert(cast_init(&c, 103, 7, 1));
    uint32_t sum = 0;
    for (uint32_t team = 0; team < 7; team++) {
        uint32_t size = cast_team_size(&c, team);
        cr_assert(size == 14 || size == 15);
        cr_assert_lt(team + 7 * (size - 1), 103);
        cr_assert_geq(team + 7 * size, 103);
        sum += size;
    }
    cr_assert_eq(sum, 103);
    cast_fini(&c);
}
