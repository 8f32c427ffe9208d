/* service.h: a desk with SLA policies made by hand, and everything that it was told of clocks.
 *
 *     struct service *v = service_new();          calendar 0 is "always"
 *     struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
 *     service_metric(p, SLA_FIRST_RESPONSE, "1h");
 *     service_open(v);
 *     service_say(v, 0, "opened ticket=T");       replayed: the clock is its ts
 *     service_tick(v, MS_HOUR + 1);
 *     service_told(v)                             "breached T first_response#1 -/-\n"
 *     service_free(v);
 *
 * Times are ms after `start`. Every step checks the engine's invariants. */
#ifndef TP_TESTS_SERVICE_H
#define TP_TESTS_SERVICE_H

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

enum { SERVICE_ALERTS_MAX = 512, SERVICE_ALWAYS = 0, SERVICE_TOLD_MAX = 1 << 16 };

struct service {
    struct desk *d;
    struct sla_setting *said;
    ms_t start;
    uint32_t alerts; /* told since service_open … */
    struct alert alert[SERVICE_ALERTS_MAX];
    uint32_t read;        /* … of which service_told has shown so many */
    uint32_t limits_told; /* EFFECT_LIMIT */
    char text[SERVICE_TOLD_MAX];
};

/* Starts on Friday 2026-02-06 09:00 UTC. */
struct service *service_new(void);
void service_open(struct service *v);
void service_free(struct service *v);

/* Forgets all policies, the calendars stay. */
void service_clear(struct service *v);

/* A calendar of an IANA zone without hours yet; its index. */
uint32_t service_calendar(struct service *v, const char *id, const char *zone);
/* days: bit 0 = Monday; hours of the day. */
void service_hours(struct service *v, uint32_t calendar, uint8_t days, double from, double to);
/* Berlin, Monday to Friday 09-17. */
uint32_t service_office(struct service *v);

struct policy_setting *service_policy(struct service *v, const char *id, uint32_t calendar);
void service_match(struct policy_setting *p, enum policy_attribute a, const char *name);

/* A metric with a target for every priority and the default pauses; then its details. */
struct policy_metric *service_metric(struct policy_setting *p, enum sla_metric m,
                                     const char *target);
void service_priority(struct policy_metric *m, const char *priority, const char *target);
void service_warn(struct policy_metric *m, const char *point); /* "80%", or "15m" left */
void service_overdue(struct policy_metric *m, const char *after);
void service_pause(struct policy_metric *m, const char *reason);

/* One to three policies with targets of seconds, for the tickets of tale.h; half of them in a
 * calendar that opens and closes all the time. Calendars are made with the first call. */
void service_draw(struct service *v, struct random *r);

/* The policies as they are now are in force from now on. */
void service_apply(struct service *v);

/* One event, replayed, that must be applied. */
void service_say(struct service *v, ms_t after, const char *line);

/* One event received at `rts`, and the tick behind it; the verdict. */
struct result service_hear(struct service *v, ms_t rts, ms_t after, const char *line);

void service_tick(struct service *v, ms_t after);

/* One step, again and again until it is taken; what it tells is kept. */
struct result service_take(struct service *v, const struct event *e);

/* What was told of clocks since the last call, a line each: state, ticket, metric#instance, owner
 * agent/team, then level=, the cause, "late", "held" where there are any. */
const char *service_told(struct service *v);

/* The alert told last; CHECKs that there was one. Its texts are lent until the engine goes. */
const struct alert *service_last(const struct service *v);

/* The open ones now, in an order of its own, lines as above. */
const char *service_active(struct service *v);

#endif
