/* people.h: the people of the simulated desk: rosters, presence through a day, what is measured of
 * them (contacts, orders, their value, trainings).
 *
 * Most work by day, some early, late and at night; around the clock (traffic_setup.flat) they take
 * turns. Shifts are in UTC, as the curve of arrivals is. Calls make people busy (story_call.c);
 * here they come, rest and go. Inside of traffic, as stage.h is. */
#ifndef TP_DAEMON_CLI_PEOPLE_H
#define TP_DAEMON_CLI_PEOPLE_H

#include "core/event.h"

struct traffic;

/* Somebody's day. */
enum person_phase {
    PERSON_MORNING, /* the day's roster is told */
    PERSON_COMES,
    PERSON_RESTS, /* a break begins */
    PERSON_RESUMES,
    PERSON_GOES,
};

struct person {
    ms_t until;      /* end of the shift */
    int64_t day;     /* the shift's first day, counted from 1970 */
    uint8_t phase;   /* enum person_phase */
    uint8_t state;   /* enum event_presence */
    uint8_t breaks;  /* of this shift */
    uint32_t orders; /* since they were measured last */
    uint32_t contacts;
};

/* A person's next step, as story_step; it never ends. */
ms_t person_step(struct traffic *t, uint32_t agent, ms_t now);

/* Somebody of the team, or else of any, who is free for a call; or NOBODY. */
uint32_t person_free(struct traffic *t, uint32_t team);

/* Tells that somebody's presence changed, if it did and they are at work. */
void person_state(struct traffic *t, uint32_t agent, enum event_presence state, ms_t now);

/* One more contact with a customer, and perhaps an order. */
void person_contact(struct traffic *t, uint32_t agent);

#endif
