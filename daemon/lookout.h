/* lookout.h: looks once a second whether something is wrong with a source of events, and each turn
 * whether with the daemon itself, and raises and clears what concerns.h keeps.
 *
 * A source: numbers that did not come within gap_after (`gap`; after an hour without further ones
 * they are taken as lost); neither event nor heartbeat for silent_after (`silent`; a source that
 * never sent a heartbeat: quiet_after); events that come late (`lag`). What was missing already
 * when we started is not told again. */
#ifndef TP_DAEMON_LOOKOUT_H
#define TP_DAEMON_LOOKOUT_H

#include "daemon/clock.h"
#include "daemon/concerns.h"
#include "daemon/config.h"
#include "daemon/delivery.h"
#include "daemon/durable.h"

enum {
    LOOKOUT_EVERY_MS = 1000,
    LOOKOUT_AT_ONCE = 1024,                /* sources of one turn */
    LOOKOUT_GAP_KEPT_MS = MS_HOUR,         /* then missing numbers are lost */
    LOOKOUT_GONE_MS = 7 * MS_DAY,          /* silent for longer: it was taken out of service */
    LOOKOUT_LAG_FOR_MS = 10 * MS_SECOND,   /* it lags for so long before that is told … */
    LOOKOUT_SPEAKS_MS = MS_MINUTE,         /* … and has spoken within this time */
    LOOKOUT_LIMIT_MS = 3 * MS_MINUTE,      /* the engine tells once a minute while one is met */
    LOOKOUT_CHECKPOINT_MS = 60 * MS_SECOND /* none could be written for so long */
};

/* What is remembered of a source from look to look. */
struct lookout_source {
    ms_t mark_at;    /* when its greatest number was `mark`; MS_NONE = not yet */
    uint64_t mark;   /* numbers up to this are old enough to be missed */
    uint64_t lost;   /* missing numbers that will not come: no alert about them (any more) */
    uint64_t missed; /* missing ones at the last look */
    ms_t grew;       /* when they became more */
    uint32_t restarts;
    ms_t lags; /* since when; MS_NONE */
};

struct lookout {
    struct concerns concerns;
    const struct engine *engine; /* borrowed, as these */
    const struct durable *durable;
    const struct clock *clock;
    const struct config *config;
    const struct delivery *delivery;
    struct log *log;
    ms_t began;                    /* we could not hear anybody before */
    uint64_t due;                  /* uv_now() of the next look at the sources */
    uint32_t next;                 /* source that comes next; 0: none is due */
    struct lookout_source *source; /* heap: room + 1 of them, by index */
    uint32_t room;
    uint32_t known;          /* sources that were there at the start: their gaps are old */
    ms_t limit[LIMIT_MET_N]; /* when each was told last; MS_NONE */
};

/* tell: as of concerns_init. */
void lookout_init(struct lookout *k, const struct engine *engine, const struct durable *durable,
                  const struct clock *clock, const struct config *config,
                  const struct delivery *delivery, struct log *log, ms_t at,
                  void (*tell)(void *data, struct effect *e), void *data);
void lookout_fini(struct lookout *k);

/* Once a turn. now: uv_now(). */
void lookout_work(struct lookout *k, ms_t at, uint64_t now);

/* The engine told that this limit is met. */
void lookout_limit(struct lookout *k, enum limit_met limit, ms_t at);

#endif
