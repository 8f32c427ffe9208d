/* settled.h: once everything that is due was judged, rules on mixes say what snapshots show. */
#ifndef TP_TESTS_SETTLED_H
#define TP_TESTS_SETTLED_H

#include "tests/sim/world.h"

/* NULL, or a part that is too large without an alert, or the other way round. Of rules without a
 * hold, where the series are exact. *ret_seen counts the parts that were looked at. */
const char *settled_wrong(const struct world *w, uint64_t *ret_seen);

#endif
