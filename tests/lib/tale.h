/* tale.h: a few events of a few tickets, drawn wildly, and told in any order. */
#ifndef TP_TESTS_TALE_H
#define TP_TESTS_TALE_H

#include "core/event.h"
#include "tests/lib/random.h"

enum { TALE_MAX = 32, TALE_TICKETS = 3 };

/* Tickets T1.., merged only into higher ones and once; sources a (with seq), b (with ids), none
 * (with ids or without). No two events are equal in order. */
struct tale {
    uint32_t n;
    struct event event[TALE_MAX];
};

/* n events between start and start + span, many at the same instants. */
void tale_draw(struct random *r, uint32_t tickets, uint32_t n, ms_t start, ms_t span,
               struct tale *ret);

/* The same; so many percent of the events are about visits, returns, ratings and complaints. */
void tale_draw_outside(struct random *r, uint32_t tickets, uint32_t n, uint32_t percent, ms_t start,
                       ms_t span, struct tale *ret);

/* The same; half of the events are about resolves and what follows them. */
void tale_draw_after(struct random *r, uint32_t tickets, uint32_t n, ms_t start, ms_t span,
                     struct tale *ret);

/* The order of SEMANTICS.md, for qsort of events of one ticket. */
int tale_order(const void *a, const void *b);

/* Puts them in it. */
void tale_sort(struct tale *t);

/* Any order; `doubled` events are told again at some later place. */
void tale_shuffle(struct random *r, struct tale *t, uint32_t doubled);

/* To stderr, a line per event. */
void tale_print(const struct tale *t);

#endif
