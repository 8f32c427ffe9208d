/* policy: names of metrics and attributes, there and back. */
#include "core/policy.h"

#include <criterion/criterion.h>

Test(policy, metrics_by_name)
{
    for (int m = 0; m < SLA_METRICS; m++)
        cr_assert_eq(sla_metric_find(str_of(sla_metric_name((enum sla_metric)m))), m);
    cr_assert_eq(sla_metric_find(str_of("first")), -1);
    cr_assert_eq(sla_metric_target(SLA_RESOLUTION), TARGET_RESOLUTION);
    cr_assert_eq(sla_metric_target(SLA_REQUESTER_WAIT), TARGET_REQUESTER_WAIT);
}

Test(policy, attributes_have_the_names_of_event_fields)
{
    cr_assert_str_eq(policy_attribute_name(POLICY_PRIORITY), "priority");
    cr_assert_str_eq(policy_attribute_name(POLICY_TIER), "tier");
}
