/* ledger.h: what tickets yield, written down fact by fact from SEMANTICS.md: the fold's oracle.
 *
 * Takes the events of a tale in their right order, ticket by ticket; a fact that is taken back is
 * struck out. Knows nothing of core's fold. Not: merging, bots by agent_info, calls. */
#ifndef TP_TESTS_LEDGER_H
#define TP_TESTS_LEDGER_H

#include "core/settings.h"
#include "tests/lib/tale.h"

enum fact {
    FACT_DURATION, /* + enum target: its value; the next ones likewise */
    FACT_MET = FACT_DURATION + TARGET_N,
    FACT_MISSED = FACT_MET + TARGET_N,
    FACT_OPENED = FACT_MISSED + TARGET_N,
    FACT_WITHIN,
    FACT_RECEIVED,
    FACT_REPLY,
    FACT_HANDLED,
    FACT_RESOLVED,
    FACT_TICKET, /* resolved_tickets */
    FACT_FIRST_CYCLE,
    FACT_FCR,
    FACT_REOPENED_SOON,
    FACT_UNRESOLVED,
    FACT_NO_REPLY,
    FACT_REOPENED,
    FACT_ESCALATED,
    FACT_TRANSFERRED,
    FACT_COMPLAINT,
    FACT_RATED, /* its value: millionths of 1..5 */
    FACT_SATISFIED,
    FACT_ANSWER,
    FACT_PROMOTER,
    FACT_DETRACTOR,
    FACT_INSPECTED,
    FACT_PASSED,
    FACT_N
};

/* By enum scope; len 0 is nobody. Of SCOPE_ALL: "-". */
struct owner {
    struct str name[SCOPE_N];
};

enum { LEDGER_MAX = 2000 };

struct ledger {
    uint32_t n;
    struct entry {
        uint8_t fact; /* FACT_N: struck out */
        ms_t ts;
        int64_t value; /* 1 of facts that are only counted */
        struct owner owner;
        struct str customer; /* as known then */
    } entry[LEDGER_MAX];
};

/* All facts of the tale when the clock shows `at`. */
void ledger_write(struct ledger *l, const struct tale *sorted, const struct settings *s, ms_t at);

/* A name, within (after, at] in whole seconds. */
struct scoped {
    enum scope scope;
    struct str name;
    sec_t after, at;
};

/* The sum of a fact's values there, and how many there are. */
int64_t ledger_sum(const struct ledger *l, enum fact fact, const struct scoped *of, int64_t *ret_n);

#endif
