/* settled.h: once everything that is due was judged, rules on mixes say what snapshots show. */
#ifndef TP_TESTS_SETTLED_H
#define TP_TESTS_SETTLED_H

#include "tests/sim/world.h"

/* No part is too large without an alert, and the other way round. Of rules without a hold, where
 * the series are exact. */
void settled_expect(const struct world *w);

/* Parts that were looked at so far. */
uint64_t settled_seen(void);

#endif
