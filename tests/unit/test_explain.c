/* explain: words for states and causes. */
#include "core/explain.h"

#include <criterion/criterion.h>

Test(explain, every_state_and_cause_has_its_own_word)
{
    for (int a = 0; a < CLOCK_N; a++)
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(clock_state_name((enum clock_state)a),
                              clock_state_name((enum clock_state)b));
    for (int a = 0; a < CAUSE_N; a++)
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(alert_cause_name((enum alert_cause)a),
                              alert_cause_name((enum alert_cause)b));
}
