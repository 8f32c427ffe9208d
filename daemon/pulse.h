/* pulse.h: does the daemon make progress? Asked at every beat; the watchdog hears of us only then.
 *
 * Turns of the loop are made, each of which ticks the engine; and where entries wait for a disk
 * that takes them, some were committed since the last beat. A disk that refuses is told elsewhere,
 * and no reason to end: the numbers go on. */
#ifndef TP_DAEMON_PULSE_H
#define TP_DAEMON_PULSE_H

#include "proto/status.h"

struct pulse {
    uint64_t turns, committed; /* at the last beat */
    bool waited;               /* something was not on disk then */
};

bool pulse_beats(struct pulse *p, uint64_t turns, const struct status_journal *journal);

#endif
