/* clocks.h: what the daemon says about clocks, for people: why a ticket is red, what comes next,
 * what another configuration would do.
 *
 *     clocks_begin(&c, out); clocks_take(&c, &answer, message) for each answer; clocks_end(&c);
 */
#ifndef TP_DAEMON_CLI_CLOCKS_H
#define TP_DAEMON_CLI_CLOCKS_H

#include "core/explain.h"
#include "daemon/cli/table.h"
#include "daemon/cli/words.h"
#include "proto/message.h"

/* A clock, and what its intervals add up to. */
struct clocks_sum {
    uint8_t metric; /* enum sla_metric */
    int64_t instance;
    ms_t elapsed, counted;
};

struct clocks {
    FILE *out; /* borrowed */
    struct table table;
    bool refused; /* a reload would be */
    bool items;   /* the table is of intervals, else of open clocks */
    bool partial; /* older intervals are left out: sums cannot be checked */
    uint32_t sums;
    struct clocks_sum sum[EXPLAIN_CLOCKS_MAX];
};

void clocks_begin(struct clocks *c, FILE *out);

/* One message of the answer to explain, worklist or compare. */
void clocks_take(struct clocks *c, const struct message *m, const struct node *message);

/* Prints what was gathered. false, and the last lines tell why: the intervals of a clock do not add
 * up to what it says, or a reload would be refused. */
bool clocks_end(struct clocks *c);

#endif
