/* cohorts.h: what follows resolves, looked up in the whole list of events: the oracle of cohort.c
 * and repeat.c.
 *
 * First all resolves of all tickets are written down, with whose they are and what was between
 * them; then every fact of one is searched for among all events. Nothing is taken back. Knows no
 * mergings and no bots by agent_info. */
#ifndef TP_TESTS_COHORTS_H
#define TP_TESTS_COHORTS_H

#include "tests/lib/ledger.h"

enum { COHORT_SOLVES = 4096, COHORT_TICKETS = 512 };

struct cohorts {
    const struct settings *s;
    uint32_t n, inspections;
    struct solve {
        ms_t ts;
        uint32_t begin, end; /* what came after it and before the next outcome: [begin, end) */
        uint32_t ticket;
        bool latest;   /* the ticket's own */
        bool keyed;    /* its opening was known, with customer and category */
        ms_t reopened; /* MS_NONE */
        struct owner owner;
        uint32_t facts; /* bits COHORTS_x */
    } solve[COHORT_SOLVES];
    struct {
        ms_t ts;
        bool passed;
        struct owner owner;
    } inspection[COHORT_SOLVES]; /* of item classification */
};

/* Of all tickets in the sorted events; s is borrowed. */
void cohorts_write(struct cohorts *c, const struct event *sorted, uint32_t n,
                   const struct settings *s);

struct cohort_figure {
    int64_t num, den, pending, pending_num;
};

/* What an indicator of cohorts (confirmed_rate … keep_rate) is there. */
struct cohort_figure cohorts_figure(const struct cohorts *c, enum indicator i,
                                    const struct scoped *of);

/* NULL, or how a name's snapshot says it otherwise (static storage). */
struct snapshot;
const char *cohorts_differ(const struct cohorts *c, const struct snapshot *snapshot);

#endif
