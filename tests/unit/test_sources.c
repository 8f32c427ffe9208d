/* Which number is meant: numbers as the configuration writes them. Names, fields and windows are
 * tested where rules and scorecards read them. */
#include "daemon/sources.h"

#include <criterion/criterion.h>

Test(sources, count_in_millionths)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},        {"20", 20000000},  {"2.5", 2500000},   {"0.000001", 1},
        {"90%", 900000}, {"12.5%", 125000}, {"-0.25", -250000}, {"100%", 1000000},
    };
    static const char *const bad[] = {"",    "-",  ".5", "5.x",       "1.2.3",         "%",
                                      "1e3", " 1", "1 ", "0.0000001", "1234567890123", "--1"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t v = -7;
        cr_assert(millionths_parse(str_of(good[i].text), &v), "%s", good[i].text);
        cr_assert_eq(v, good[i].value, "%s", good[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t v = -7;
        cr_assert_not(millionths_parse(str_of(bad[i]), &v), "%s", bad[i]);
        cr_assert_eq(v, -7);
    }
}
