/* sla_oracle.h: what the clocks of one ticket must say, from all of its events at once. Slow.
 *
 * Written from SEMANTICS.md; knows nothing of core's clocks. Every stretch between two events is
 * one span with its owner; elapsed time is the sum of those that count. Not: merging, bots by
 * agent_info, holding back, reloads. */
#ifndef TP_TESTS_SLA_ORACLE_H
#define TP_TESTS_SLA_ORACLE_H

#include "core/effect.h"
#include "core/event.h"
#include "core/explain.h"
#include "core/policy.h"

enum { ORACLE_CLOCKS = 256, ORACLE_SPANS = 512, ORACLE_NO_POLICY = -1, ORACLE_NO_ALERT = -1 };

/* Between two events, or up to now. */
struct oracle_span {
    ms_t from, to;
    struct str agent, team; /* the owner; empty = nobody */
    struct str reason;      /* of the pause; empty = none */
    ms_t counted;           /* business time; 0 when it stood still or does not count any more */
};

struct oracle_clock {
    uint8_t metric; /* enum sla_metric */
    uint8_t state;  /* enum clock_state */
    uint8_t cause;  /* enum alert_cause: why it was cancelled */
    ms_t start, ended;
    ms_t begun;     /* the event that began it: later than start when that was told late */
    int32_t policy; /* index, or ORACLE_NO_POLICY: there never was one */
    ms_t target, elapsed, due_at;
    ms_t breach_at; /* when running, or of the breach; else MS_NEVER */
    bool open;
    bool breached;
    bool retargeted;  /* the breach came by another target */
    bool resumed;     /* it goes on after its end, at this event */
    bool regained;    /* likewise, for it has a policy again */
    bool lost;        /* ended for want of a policy; another one lets it go on */
    uint32_t repeats; /* of the breach, that have passed */
    int alert;        /* enum alert_state, or ORACLE_NO_ALERT */
    uint32_t passed;  /* bit per warning point of the target in force */
    uint32_t told;    /* likewise, of any target: each is told once */
    struct str breach_agent, breach_team;
    struct str credit; /* met, met_late: of the reply or resolve */
    struct str team;   /* likewise */
    uint32_t spans;
    struct oracle_span span[ORACLE_SPANS];
};

struct sla_oracle {
    bool is_void; /* spam or duplicate: nothing of it counts */
    uint32_t clocks;
    struct oracle_clock clock[ORACLE_CLOCKS]; /* in the order of their beginning */
};

/* The events of one ticket in the order of SEMANTICS.md, each once, all with ts <= at. */
void sla_oracle_run(struct sla_oracle *ret, const struct event *events, uint32_t n,
                    const struct sla_setting *s, ms_t at);

/* Of the spans, the business time of an owner up to the clock's end or now. */
ms_t sla_oracle_share(const struct oracle_clock *c, struct str agent);

#endif
