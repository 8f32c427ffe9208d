#include "tests/lib/alarm.h"

struct alarm alarm_new(void)
{
    return (struct alarm){0, MS_NONE, MS_NONE, MS_NONE};
}

static void say(struct alarm *a, enum alert_state state, ms_t when, struct alarm_said *said)
{
    CHECK(said->n < ARRAY_LEN(said->at));
    said->at[said->n].state = (uint8_t)state;
    said->at[said->n].since = a->fired;
    said->at[said->n++].ended = state == ALERT_BREACHED ? MS_NONE : when;
    a->moved = when;
}

void alarm_held(struct alarm *a, ms_t hold, ms_t t, struct alarm_said *said)
{
    ms_t until = a->since + hold;
    if (a->state == 1 && until <= t) {
        a->state = 2;
        a->fired = until;
        say(a, ALERT_BREACHED, until, said);
    } else if (a->state == 3 && until <= t) {
        a->state = 0;
        say(a, ALERT_CLEARED, until, said);
    }
}

void alarm_judge(struct alarm *a, ms_t hold, enum verdict_of_rule v, ms_t t, bool late,
                 struct alarm_said *said)
{
    alarm_held(a, hold, t - 1, said);
    ms_t began = ms_max(t, a->moved);
    if (a->state == 0 && v == RULE_FIRE) {
        a->state = 1;
        a->since = began;
    } else if (a->state == 1 && v != RULE_FIRE) {
        a->state = 0;
    } else if (a->state == 2 && v == RULE_CLEAR) {
        a->state = 3;
        a->since = began;
    } else if (a->state == 3 && v != RULE_CLEAR) {
        a->state = 2;
    }
    if (a->state == 3 && late) {
        a->state = 0;
        say(a, ALERT_CORRECTED, a->fired, said);
    }
    alarm_held(a, hold, ms_max(t, a->since), said);
}
