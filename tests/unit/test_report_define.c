/* Definitions: every indicator of a period has one in both languages, and a number of its own. */
#include "daemon/cli/report_define.h"

#include <criterion/criterion.h>

static struct settings settings;

Test(report_define, every_indicator)
{
    uint32_t judged = 0;
    for (uint32_t k = 0; k < IND_GAUGE_FIRST; k++) {
        enum indicator i = (enum indicator)k;
        if (indicator_is_custom(i))
            continue;
        const char *en = define_indicator(&settings, i, LANG_EN),
                   *zh = define_indicator(&settings, i, LANG_ZH);
        cr_assert(en != NULL && zh != NULL, "%s", indicator_name(i));
        cr_assert(en[0] != '\0' && strcmp(en, zh) != 0, "%s", indicator_name(i));
        cr_assert(indicator_has_field(i, define_field(&settings, i)), "%s", indicator_name(i));
        judged += define_direction(&settings, i) != DIRECTION_NONE;
    }
    settings.customs.n = 2;
    settings.customs.at[0] = (struct custom_setting){.kind = CUSTOM_MEAN, .unit = "CNY"};
    settings.customs.at[1] = (struct custom_setting){.kind = CUSTOM_RATIO, .lower = true};
    cr_assert_str_eq(define_indicator(&settings, IND_CUSTOM_0, LANG_ZH), "CNY");
    cr_assert_eq(define_field(&settings, IND_CUSTOM_0), IF_MEAN);
    cr_assert_eq(define_field(&settings, IND_CUSTOM_1), IF_VALUE);
    cr_assert_eq(define_direction(&settings, IND_CUSTOM_0), HIGHER_IS_BETTER);
    cr_assert_eq(define_direction(&settings, IND_CUSTOM_1), LOWER_IS_BETTER);
    cr_assert_gt(judged, IND_GAUGE_FIRST / 2);
    cr_assert_eq(define_direction(&settings, IND_FIRST_RESPONSE), LOWER_IS_BETTER);
    cr_assert_eq(define_direction(&settings, IND_CSAT), HIGHER_IS_BETTER);
    cr_assert_eq(define_direction(&settings, IND_OPENED), DIRECTION_NONE);
}
