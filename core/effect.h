/* effect.h: everything that leaves the engine: alerts, refusals, and the snapshot of a name.
 * tidy: long because tables of words stand among what leaves.
 *
 * engine_step writes effects to an outbox that the caller owns; texts in them are lent until the
 * next step. Snapshots are read by the caller (engine_snapshot), in slices of its own. */
#ifndef TP_CORE_EFFECT_H
#define TP_CORE_EFFECT_H

#include "core/alert.h"
#include "core/kpi.h"

enum effect_kind {
    EFFECT_ALERT,
    EFFECT_LIMIT, /* a limit was met for the first time, or again after a minute */
};
enum limit_met {
    LIMIT_MET_TICKETS,
    LIMIT_MET_HISTORY,
    LIMIT_MET_CALLS,
    LIMIT_MET_NAMES,
    LIMIT_MET_CHUNKS,
    LIMIT_MET_ALERTS,
    LIMIT_MET_SOURCES,
    LIMIT_MET_IDS,
    LIMIT_MET_N
};

const char *limit_met_name(enum limit_met l);

struct effect {
    uint8_t kind;  /* enum effect_kind */
    uint8_t limit; /* EFFECT_LIMIT: enum limit_met */
    struct alert alert;
};

/* The caller's box for effects; engine_step never writes more than cap. */
struct outbox {
    struct effect *effects;
    uint32_t n;
    uint32_t cap;
};

#endif
