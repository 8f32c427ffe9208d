#include "core/policy.h"

static const char *const metrics[SLA_METRICS] = {
    [SLA_FIRST_RESPONSE] = "first_response",       [SLA_NEXT_RESPONSE] = "next_response",
    [SLA_ASSIGNEE_RESPONSE] = "assignee_response", [SLA_RESOLUTION] = "resolution",
    [SLA_REQUESTER_WAIT] = "requester_wait",
};

static const char *const attributes[POLICY_ATTRIBUTES] = {
    [POLICY_PRIORITY] = "priority", [POLICY_TEAM] = "team",         [POLICY_CHANNEL] = "channel",
    [POLICY_CATEGORY] = "category", [POLICY_CUSTOMER] = "customer", [POLICY_TIER] = "tier",
};

const char *sla_metric_name(enum sla_metric m)
{
    CHECK(m < SLA_METRICS);
    return metrics[m];
}

int sla_metric_find(struct str name)
{
    for (int m = 0; m < SLA_METRICS; m++)
        if (str_equal(name, str_of(metrics[m])))
            return m;
    return -1;
}

enum target sla_metric_target(enum sla_metric m)
{
    static const uint8_t targets[SLA_METRICS] = {
        [SLA_FIRST_RESPONSE] = TARGET_FIRST_RESPONSE,
        [SLA_NEXT_RESPONSE] = TARGET_NEXT_RESPONSE,
        [SLA_ASSIGNEE_RESPONSE] = TARGET_ASSIGNEE_RESPONSE,
        [SLA_RESOLUTION] = TARGET_RESOLUTION,
        [SLA_REQUESTER_WAIT] = TARGET_REQUESTER_WAIT,
    };
    CHECK(m < SLA_METRICS);
    return (enum target)targets[m];
}

const char *policy_attribute_name(enum policy_attribute a)
{
    CHECK(a < POLICY_ATTRIBUTES);
    return attributes[a];
}
