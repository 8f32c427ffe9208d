/* outlet.h: what the daemon publishes: alerts at once, snapshots in rounds, heartbeats, status.
 *
 * Rounds are handed out in slices, so that an event never waits long behind a snapshot: of what
 * changed and is subscribed every snapshot_every, of everything subscribed every full_every.
 * Time for schedules and slices is monotonic; `at` in messages is the loop's wall clock. */
#ifndef TP_DAEMON_OUTLET_H
#define TP_DAEMON_OUTLET_H

#include "core/engine.h"
#include "daemon/bus.h"
#include "daemon/concerns.h"
#include "daemon/held.h"
#include "proto/digest.h"

enum { OUTLET_SLICE_NS = 250000, OUTLET_HEARTBEAT_MS = 1000, OUTLET_USES_MAX = 32 };

struct durable;  /* durable.h */
struct recorder; /* recorder.h */
struct standby;  /* standby.h */

struct outlet {
    struct engine *engine; /* borrowed, as the rest of these */
    struct bus *bus;
    struct log *log;
    const struct config *config;
    struct status *status;                               /* its counters are kept by their owners */
    struct durable *durable;                             /* borrowed; NULL: no state directory */
    struct recorder *record;                             /* borrowed; NULL: nothing is recorded */
    struct concerns *concerns;                           /* borrowed; NULL: not yet */
    void (*limit_met)(void *data, enum limit_met limit); /* may be NULL */
    void *data;                                          /* for that */
    struct held *held;       /* alerts wait here for the journal; NULL: they leave at once */
    struct standby *standby; /* borrowed; NULL: this daemon is none */
    const struct undelivered_list *undelivered; /* borrowed; NULL: not yet */
    void (*beats)(void *data); /* before each heartbeat, with beats_data; NULL: nobody asks */
    void *beats_data;
    uint64_t held_seq;      /* the entry that alerts of now wait for */
    uint64_t step_seq;      /* the last one before those they come from */
    ms_t at;                /* the loop's clock */
    uint64_t heartbeat_due; /* uv_now() of what comes next */
    uint64_t round_due, full_due;
    uint64_t rounds; /* begun */
    bool running;    /* a round is under way: */
    bool full;
    uint8_t scope; /* enum scope and name that come next */
    uint32_t index;
    uint64_t count; /* snapshots of this round so far */
    struct storm storm;
    struct snapshot snapshot; /* scratch */
    char buf[SNAPSHOT_BYTES_MAX];
};

void outlet_init(struct outlet *o, struct engine *engine, struct bus *bus,
                 const struct config *config, struct status *status, struct log *log, uint64_t now);

/* Publishes what engine_step put into the outbox, and empties it. */
void outlet_effects(struct outlet *o, struct outbox *out);

/* Publishes the alerts that wait for nothing beyond entry `seq`. */
void outlet_release(struct outlet *o, uint64_t seq);

/* n bytes of o->buf are an alert whose seq is outlet_alert_seq: it leaves as any other; quiet: it
 * is only kept, for the record and for who asks. */
void outlet_tell(struct outlet *o, const struct topic *topic, size_t n, bool quiet);

/* A daemon that stood by publishes from now on: heartbeat, status and all snapshots first. */
void outlet_begin(struct outlet *o, uint64_t now);

/* Alerts up to entry `seq` have left, or wait for the primary to tell them: up to which entry is
 * nothing of them to be told again after a restart? */
uint64_t outlet_told(const struct outlet *o, uint64_t seq);

/* Somebody attends to an active alert: journaled, and told. 0, or an ERR_x. ret: the alert as it is
 * told; may be NULL. */
MUST_CHECK int outlet_attend(struct outlet *o, const struct alert *alert, enum attention what,
                             struct str by, ms_t until, struct alert *ret);

/* The seq that the next alert will have. */
uint64_t outlet_alert_seq(const struct outlet *o);

/* What storm control holds back is told now: the daemon ends. */
void outlet_flush(struct outlet *o);

/* Alerts that are active now: start with *at = 0; false at the end. Texts are lent until the next
 * step. */
uint32_t outlet_active(const struct outlet *o);
bool outlet_alert_next(const struct outlet *o, uint64_t *at, struct alert *ret);

/* Heartbeat, status and the next slice of a round, as far as they are due. */
void outlet_work(struct outlet *o, ms_t at, uint64_t now);

/* Is a round under way? Then the loop should not sleep. */
static inline bool outlet_busy(const struct outlet *o)
{
    return o->running;
}

/* uv_now() by which outlet_work should be called again. */
uint64_t outlet_deadline(const struct outlet *o);

/* The snapshot of a name as a message into o->buf; its length, 0 when it is one of the engine's
 * own names, (auto) and the like, with nothing in it, or ERR_NO_ROOM. seq: of the envelope. */
int outlet_snapshot(struct outlet *o, enum scope scope, uint32_t index, uint32_t windows,
                    uint64_t seq);

/* As JSON, of one window, without an envelope: for the record. 0: there is nothing in it, or no
 * room. */
int outlet_sample(struct outlet *o, enum scope scope, uint32_t index, uint32_t window);

/* Likewise an alert and the status. */
int outlet_alert(struct outlet *o, const struct alert *alert, uint64_t seq);
int outlet_status(struct outlet *o, uint64_t seq);

/* What the status says; use: scratch of the caller, which it refers to. */
void outlet_fill_status(const struct outlet *o, struct status *ret, struct engine_use *use,
                        uint32_t cap);

#endif
