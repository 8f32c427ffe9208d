/* Definitions: every indicator of a period has one in both languages, and a number of its own. */
#include "daemon/cli/report_define.h"

#include <criterion/criterion.h>

static struct settings settings;

Test(report_define, every_indicator)
{
    char b[2][DEFINED_MAX];
    for (uint32_t k = 0; k < IND_GAUGE_FIRST; k++) {
        enum indicator i = (enum indicator)k;
        if (indicator_is_custom(i))
            continue;
        const char *en = define_indicator(b[0], &settings, i, LANG_EN),
                   *zh = define_indicator(b[1], &settings, i, LANG_ZH);
        cr_assert(en != NULL && zh != NULL, "%s", indicator_name(i));
        cr_assert(en[0] != '\0' && strcmp(en, zh) != 0, "%s", indicator_name(i));
        cr_assert(indicator_has_field(i, define_field(&settings, i)), "%s", indicator_name(i));
    }
}

static void defined(enum indicator i, const char *en, const char *zh)
{
    char b[DEFINED_MAX];
    cr_assert_str_eq(define_indicator(b, &settings, i, LANG_EN), en);
    cr_assert_str_eq(define_indicator(b, &settings, i, LANG_ZH), zh);
}

/* What the site made of it, in words. */
Test(report_define, the_sites_own)
{
    static const struct custom_side orders = {SIDE_SUM, 1, 0}, calls = {SIDE_NUMBER, 0, 0},
                                    solved = {SIDE_COUNT, 0, IND_RESOLVED};
    struct customs *all = &settings.customs;
    all->n = 4;
    all->measures = 2;
    memcpy(all->measure[0], "calls", 6);
    memcpy(all->measure[1], "orders", 7);
    all->at[0] = (struct custom_setting){.kind = CUSTOM_MEAN, .num = orders, .unit = "CNY"};
    all->at[1] =
        (struct custom_setting){.kind = CUSTOM_RATIO, .num = orders, .den = solved, .lower = true};
    all->at[2] = (struct custom_setting){.kind = CUSTOM_SUM, .num = orders};
    all->at[3] = (struct custom_setting){.kind = CUSTOM_COUNT, .num = calls, .lower = true};
    defined(IND_CUSTOM_0, "mean of orders", "orders 平均值");
    defined(IND_CUSTOM_1, "sum of orders / resolved, less is better",
            "orders 合计 / 解决次数，越低越好");
    defined(IND_CUSTOM_0 + 2, "sum of orders", "orders 合计");
    defined(IND_CUSTOM_0 + 3, "number of calls, less is better", "calls 次数，越低越好");
    defined(IND_CUSTOM_0 + 4, "", "");
    cr_assert_eq(define_field(&settings, IND_CUSTOM_0), IF_MEAN);
    cr_assert_eq(define_field(&settings, IND_CUSTOM_1), IF_VALUE);
}
