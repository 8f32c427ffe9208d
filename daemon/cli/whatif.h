/* whatif.h: the same events under two configurations, and what comes out differently.
 *
 * Two engines side by side, on event time. An instance of a clock has the same alert_id in both,
 * so breaches are compared one by one; alerts are counted per policy and metric, or rule. */
#ifndef TP_DAEMON_CLI_WHATIF_H
#define TP_DAEMON_CLI_WHATIF_H

#include "core/engine.h"
#include "daemon/config.h"

#include <stdio.h>

enum { WHATIF_EFFECTS = 1024, WHATIF_EXAMPLES = 10 };

/* The configuration that was (--against), and the other one. */
enum whatif_side { WHATIF_WAS, WHATIF_WOULD, WHATIF_SIDES };

/* What alerts are counted by: fired is any first message of one. */
enum whatif_count {
    WHATIF_FIRED,
    WHATIF_BREACHED,
    WHATIF_CLEARED,
    WHATIF_CORRECTED,
    WHATIF_CANCELLED,
    WHATIF_COUNTS
};

/* Alerts of one policy and metric, or of one rule. */
struct whatif_tally {
    uint8_t kind;                  /* enum alert_kind */
    uint8_t metric;                /* enum sla_metric; kind sla only */
    char name[NAME_BYTES_MAX + 1]; /* of the policy or rule; "" = of none any more */
    uint64_t n[WHATIF_SIDES][WHATIF_COUNTS];
};

/* A clock that breached on either side. */
struct whatif_breach {
    uint64_t alert_id; /* 0 = a free place */
    char ticket[NAME_BYTES_MAX + 1];
    char policy[WHATIF_SIDES][NAME_BYTES_MAX + 1];
    uint8_t metric; /* enum sla_metric */
    bool breached[WHATIF_SIDES];
    uint32_t instance;
    ms_t breach_at[WHATIF_SIDES];
};

struct whatif_engine {
    struct engine *engine;
    void *memory;
    uint64_t bytes;
    struct outbox outbox;
    struct effect effects[WHATIF_EFFECTS];
};

struct whatif {
    struct whatif_engine side[WHATIF_SIDES];
    struct whatif_tally *tally;
    uint32_t tallies, tallies_cap;
    struct whatif_breach *breach; /* a hash table by alert_id, until whatif_finish */
    uint64_t breaches, places;    /* places: a power of two, 0 before the first */
    uint64_t differing, tickets;  /* from then on: breaches of one side only; their tickets */
    struct snapshot snapshot[WHATIF_SIDES];
};

/* Engines for both; the configurations are copied. NULL: complained. */
struct whatif *whatif_new(const struct config *was, const struct config *would);

/* The next event, or the tick at the end. */
void whatif_step(struct whatif *w, const struct event *e);

/* After the last step: brings the tallies into order, policies first; w->breach[0..differing) are
 * the breaches of one side only, by ticket, metric and instance. */
void whatif_finish(struct whatif *w);

/* Prints all of it: NDJSON, or tables with the differences in numbers of this window (NULL: the
 * longest that both keep). */
void whatif_print_json(struct whatif *w, const char *window, FILE *out);
void whatif_print_tables(struct whatif *w, const char *window, FILE *out);

void whatif_free(struct whatif *w);

#endif
