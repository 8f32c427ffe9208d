/* sla_clock.h: the clocks of sla_oracle.h: spans, deadlines, retargets. */
#ifndef TP_TESTS_SLA_CLOCK_H
#define TP_TESTS_SLA_CLOCK_H

#include "tests/lib/sla_oracle.h"

/* What holds from an event on. */
struct oracle_moment {
    ms_t ts;
    struct str agent, team, reason;
    bool over;     /* resolved or closed */
    bool reopened; /* by this event */
    ms_t opened;   /* MS_NONE: unknown */
    ms_t closed;   /* how long it was resolved or closed so far */
};

struct oracle_book {
    struct sla_oracle *o;
    const struct sla_setting *s;
    uint32_t moments;
    struct oracle_moment moment[ORACLE_SPANS];
};

void book_open(struct oracle_book *b, struct sla_oracle *o, const struct sla_setting *s);

/* Around every event: up to its ts, and from then on with these names (by policy_attribute). */
void book_pause(struct oracle_book *b, ms_t ts);
void book_go_on(struct oracle_book *b, const struct oracle_moment *now, const struct str *names);

/* Before the event at hand ends clocks: other terms hold already, but none begins or ends by it. */
void book_retarget(struct oracle_book *b, const struct oracle_moment *now, const struct str *names);

/* The end of the account. */
void book_close(struct oracle_book *b, ms_t at);

/* ts: of the event that began it; it may tell of an earlier start. */
void clock_begin(struct oracle_book *b, enum sla_metric m, ms_t start, ms_t ts);

/* The metric's open clock, when there is one, ends. */
void clock_finish(struct oracle_book *b, enum sla_metric m, ms_t ts, struct str credit,
                  struct str team);
void clock_cancel(struct oracle_book *b, enum sla_metric m, ms_t ts, enum alert_cause cause);

/* resolution, requester_wait: the ticket is open and the last clock is over, or there is none. At a
 * reopening the policy says what that means; else only a clock without policy may go on. */
void clock_reopen(struct oracle_book *b, enum sla_metric m, const struct oracle_moment *now,
                  const struct str *names);

#endif
