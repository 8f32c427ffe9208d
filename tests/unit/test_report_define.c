/* Definitions: every indicator of a period has one in both languages, and a number of its own. */
#include "daemon/cli/report_define.h"

#include <criterion/criterion.h>

Test(report_define, every_indicator)
{
    uint32_t judged = 0;
    for (uint32_t k = 0; k < IND_GAUGE_FIRST; k++) {
        enum indicator i = (enum indicator)k;
        const char *en = define_indicator(i, LANG_EN), *zh = define_indicator(i, LANG_ZH);
        cr_assert(en != NULL && zh != NULL, "%s", indicator_name(i));
        cr_assert(en[0] != '\0' && strcmp(en, zh) != 0, "%s", indicator_name(i));
        cr_assert(indicator_has_field(i, define_field(i)), "%s", indicator_name(i));
        judged += define_direction(i) != DIRECTION_NONE;
    }
    cr_assert_gt(judged, IND_GAUGE_FIRST / 2);
    cr_assert_eq(define_direction(IND_FIRST_RESPONSE), LOWER_IS_BETTER);
    cr_assert_eq(define_direction(IND_CSAT), HIGHER_IS_BETTER);
    cr_assert_eq(define_direction(IND_OPENED), DIRECTION_NONE);
}
