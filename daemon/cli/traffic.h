/* traffic.h: the simulator's help desk: a seeded stream of events; no clock, no I/O.
 *
 * Tickets arrive along the curve of a day, are assigned, answered, passed on, paused, escalated,
 * visited, resolved, reopened; customers confirm, rate, complain, send things back, come back with
 * the same matter; samples are inspected, customers called 7, 30 and 90 days later. Calls ring,
 * wait, are held, transferred, given up. People have shifts, breaks and days when they are missing.
 * Every kind of event appears within a month. All times are simulated: the caller asks for what has
 * happened until an instant of its choice.
 *
 *     t = traffic_new(&setup);
 *     n = traffic_next(t, until, events, cap);    again while n == cap
 *     traffic_free(t);
 *
 * The same setup gives the same events on every machine. */
#ifndef TP_DAEMON_CLI_TRAFFIC_H
#define TP_DAEMON_CLI_TRAFFIC_H

#include "core/event.h"

struct traffic;

struct traffic_setup {
    uint64_t seed;
    ms_t start;          /* ts of the first event */
    uint32_t agents;     /* 1..100,000 */
    uint32_t teams;      /* 1..1,000; at most one per agent */
    uint32_t categories; /* 1..5,000; some are much more frequent than others */
    uint32_t customers;  /* 1..10,000,000 */
    uint32_t rate;       /* events of tickets and calls per 1000 s of simulated time, averaged over
                            a working day; some 25 a shift of each agent come on top */
    uint32_t live;       /* 0: as many tickets are open as arrive and are not yet resolved.
                            Else so many are opened at once, then one for each that ends, and
                            lives are as long as the rate asks for. */
    uint32_t loaded;     /* tickets that were open before and come as `state` events */
    bool flat;           /* no curve of the day: arrivals as evenly as chance allows */
    ms_t shuffle;        /* each event is delivered up to so long after its ts */
    uint32_t doubled;    /* of 1000 events, so many are delivered twice */
    uint32_t late;       /* of 1000 events, so many come 3 to 60 minutes late */
};

/* 24 agents, 4 teams, 12 categories, 500,000 customers, 2 events a second, no disorder. */
struct traffic_setup traffic_default(void);

/* NULL: no memory, or a number outside the ranges above. */
struct traffic *traffic_new(const struct traffic_setup *setup);
void traffic_free(struct traffic *t);

/* What is delivered until that instant, in order of delivery (without disorder: of ts), at most
 * cap (>= 1) events; fewer mean that there is no more. Texts are lent until the next call. rts is
 * the instant of delivery. */
uint32_t traffic_next(struct traffic *t, ms_t until, struct event *events, uint32_t cap);

/* Memory ran out: traffic_next gives nothing any more. */
bool traffic_failed(const struct traffic *t);

/* No event is delivered before this instant. */
ms_t traffic_ahead(const struct traffic *t);

/* Tickets open (not resolved, not closed) after what happened so far. */
uint32_t traffic_open(const struct traffic *t);

#endif
