/* place.h: how far a receiver is in the stream of alerts, over restarts (record.db). */
#ifndef TP_DAEMON_PLACE_H
#define TP_DAEMON_PLACE_H

#include "daemon/outlet.h"
#include "daemon/receivers.h"

/* It has been delivered all it wants up to that number. Nothing happens without a record. */
void place_note(struct outlet *o, const struct receiver *r, uint64_t number);

/* The first number that it has not got. starting: the daemon has just begun; one that nobody knows
 * begins with this run, later with what comes next: what was before was for others. Reads the
 * record: for start and reload only. */
uint64_t place_find(const struct outlet *o, const struct receiver *r, bool starting);

#endif
