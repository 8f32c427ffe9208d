#include "core/explain.h"

const char *clock_state_name(enum clock_state s)
{
    static const char *const names[CLOCK_N] = {
#define CLOCK_STATE_NAME(name, wire) [CLOCK_##name] = wire,
        CLOCK_STATES(CLOCK_STATE_NAME)
#undef CLOCK_STATE_NAME
    };
    CHECK(s < CLOCK_N);
    return names[s];
}

const char *alert_cause_name(enum alert_cause c)
{
    static const char *const names[CAUSE_N] = {
#define ALERT_CAUSE_NAME(name, wire) [CAUSE_##name] = wire,
        ALERT_CAUSES(ALERT_CAUSE_NAME)
#undef ALERT_CAUSE_NAME
    };
    CHECK(c < CAUSE_N);
    return names[c];
}
