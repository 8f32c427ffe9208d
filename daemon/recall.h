/* recall.h: alerts of earlier runs, from the record into the bus: who was away goes on there. */
#ifndef TP_DAEMON_RECALL_H
#define TP_DAEMON_RECALL_H

#include "daemon/bus.h"
#include "daemon/recorder.h"

enum { RECALL_MAX = 10000 }; /* a tenth of a second; older ones are asked of the file */

/* Before anything is published. Nothing happens without a record. */
void recall(struct bus *bus, const struct recorder *record, const char *dir, struct log *log);

#endif
