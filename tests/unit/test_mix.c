/* mix: the table of mixes is whole. */
#include "core/mix.h"

#include <criterion/criterion.h>

Test(mix, names_and_wholes)
{
    cr_assert_eq(mix_find(str_of("opened"), str_of("category")), PART_OPENED_CATEGORY);
    cr_assert_eq(mix_find(str_of("low_ratings"), str_of("aspect")), PART_LOW_ASPECT);
    cr_assert_eq(mix_find(str_of("opened"), str_of("kind")), -1);
    cr_assert_eq(mix_parse(str_of("complaints.kind")), PART_COMPLAINTS_KIND);
    cr_assert_eq(mix_parse(str_of("complaints")), -1);
    cr_assert_eq(mix_parse(str_of("complaints.kind.x")), -1);
    cr_assert_eq(mix_parse(str_of(".")), -1);
    for (int k = 0; k < MIX_N; k++) {
        cr_assert_eq(mix_find(str_of(mixes[k].of), str_of(mixes[k].by)), k);
        cr_assert_lt(mixes[k].flag, indicator_families[mixes[k].family].flags);
    }
}
