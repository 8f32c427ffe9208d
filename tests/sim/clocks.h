/* clocks.h: the simulator's round of clocks: the engine against sla_oracle.h. */
#ifndef TP_TESTS_CLOCKS_H
#define TP_TESTS_CLOCKS_H

#include "tests/lib/random.h"

/* Tickets, policies and calendars drawn by chance. Told in order, looked at every now and then:
 * every clock, the shares of its owners, its alert. Told again in another order: the same clocks;
 * what was told besides is corrected. */
void clocks_round(struct random *r);

#endif
