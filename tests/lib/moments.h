/* moments.h: whose a ticket is and how it stands behind each of its events: what oracles look up.
 *
 * A few lines from SEMANTICS.md, without anything of the fold. */
#ifndef TP_TESTS_MOMENTS_H
#define TP_TESTS_MOMENTS_H

#include "tests/lib/ledger.h"

/* What is known of one ticket behind one of its events. */
struct moment {
    struct owner owner;
    ms_t opened;
    bool resolved, closed, is_void;
    struct str resolver;
};

/* One ticket's events, and the moment behind each; moment[0] is before the first. */
struct ticket_tale {
    uint32_t n;
    const struct event *event[TALE_MAX];
    struct moment moment[TALE_MAX + 1];
};

/* The events of that ticket in a sorted tale without mergings. */
void moments_read(const struct tale *sorted, struct str ticket, struct ticket_tale *ret);

#endif
