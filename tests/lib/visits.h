/* visits.h: what visits and returns yield, told from the list of events: the oracle of visit.c.
 *
 * Every number is looked up in the whole list: who owned the ticket at the due instant, whether it
 * had ended then, who came. Nothing is kept up to date, nothing taken back. */
#ifndef TP_TESTS_VISITS_H
#define TP_TESTS_VISITS_H

#include "tests/lib/ledger.h"

enum visit_fact { VISIT_ARRIVAL, VISIT_ON_SITE, VISIT_REFUND, VISIT_PROMISED, VISIT_ON_TIME };

enum { VISITS_MAX = 200 };

struct visits {
    uint32_t n;
    struct visit_entry {
        enum visit_fact fact;
        ms_t ts;
        int64_t value;
        struct owner owner;
    } entry[VISITS_MAX];
};

/* Of all tickets of the tale, which has no mergings. */
void visits_write(struct visits *v, const struct tale *sorted);

/* The sum of a fact's values there, and how many there are. */
int64_t visits_sum(const struct visits *v, enum visit_fact fact, const struct scoped *of,
                   int64_t *ret_n);

#endif
