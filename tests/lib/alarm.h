/* alarm.h: the alert of one rule on one name, step by step as SEMANTICS.md has it: an oracle. */
#ifndef TP_TESTS_LIB_ALARM_H
#define TP_TESTS_LIB_ALARM_H

#include "core/measure.h"

struct alarm {
    int state; /* 0 idle, 1 pending, 2 active, 3 clearing */
    ms_t since, fired, moved;
};

struct alarm_said {
    uint32_t n;
    struct {
        uint8_t state; /* enum alert_state */
        ms_t since, ended;
    } at[4];
};

struct alarm alarm_new(void);

/* A hold that is over by t ends. */
void alarm_held(struct alarm *a, ms_t hold, ms_t t, struct alarm_said *said);

/* What holds at t. late: what is clear now takes the alert back. */
void alarm_judge(struct alarm *a, ms_t hold, enum verdict_of_rule v, ms_t t, bool late,
                 struct alarm_said *said);

#endif
