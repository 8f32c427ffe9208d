/* driver.h: the heart: one turn of the loop is receive, decode, step, tick, publish, answer.
 *
 * The wall clock is read once a turn, after the loop slept. Messages are gathered into batches,
 * because the engine looks ahead within one; every turn takes a bounded number of them, works one
 * slice of a snapshot round and of queries, and then arms one timer for what comes next. Memory
 * of a message is kept until its events were stepped. */
#ifndef TP_DAEMON_DRIVER_H
#define TP_DAEMON_DRIVER_H

#include "daemon/bus.h"
#include "daemon/clock.h"
#include "daemon/durable.h"
#include "daemon/handover.h"
#include "daemon/lookout.h"
#include "daemon/outlet.h"
#include "daemon/pages.h"
#include "daemon/query.h"
#include "daemon/sampler.h"
#include "daemon/scores.h"
#include "daemon/standby.h"
#include "daemon/swell.h"
#include "daemon/web/web.h"
#include "proto/decode.h"

enum {
    /* Messages and events of one engine step: as many as it looks ahead (ENGINE_STRIDE). More save
     * nothing, and the alert of the first would wait for the last. */
    DRIVER_GATHER = 32,
    DRIVER_PUT_OFF = 16,         /* turns without a slice of a round while events wait */
    DRIVER_MESSAGES = 512,       /* received in one turn at most … */
    DRIVER_RECEIVE_NS = 1000000, /* … and no more after this long */
    DRIVER_EFFECTS = 1024,       /* of one step, before it asks to be drained */
    DRIVER_DUE = 256,            /* of one turn by what is due: then events have their turn */
    DRIVER_WORK = 64,            /* likewise, of rules that cost: scores, trends of percentiles */
    DRIVER_SLEEP_MS = 60000,     /* at most */
};

STATIC_ASSERT((int)DRIVER_DUE == (int)RECOVER_TICK_EFFECTS, "a tick in parts is replayed in them");
STATIC_ASSERT((int)DRIVER_GATHER <= (int)DECODE_GATHER_MAX, "a full batch and one more payload");

struct driver {
    struct config config; /* in force */
    struct log *log;      /* borrowed */
    struct clock clock;
    bool clock_fresh; /* read in this turn */
    struct bus bus;
    struct engine *engine;
    void *memory; /* of the engine: mapped, memory_bytes of address space */
    uint64_t memory_bytes;
    struct status status; /* counters; outlet and query show them */
    uv_loop_t *loop;      /* borrowed */
    uv_prepare_t prepare;
    uv_timer_t timer;
    uv_idle_t idle;
    int handles; /* open ones of these three, web, delivery, standby */
    uint64_t turns;
    uint64_t turn_ns_max; /* longest turn since the last look */
    uint64_t turn_began;
    bool behind;      /* this turn's time ended before the messages did */
    uint32_t put_off; /* turns in a row whose slice of a round was left out for that */
    uint32_t held;    /* messages whose events wait for the step */
    zmq_msg_t message[DRIVER_GATHER + 1];
    zmq_msg_t topic; /* scratch */
    struct outbox outbox;
    struct effect effects[DRIVER_EFFECTS];
    struct result results[DECODE_GATHER_MAX + BATCH_EVENTS_MAX];
    ms_t newest_ts; /* of all events */
    struct outlet outlet;
    struct standby standby;
    struct scores scores;
    struct sampler sampler;
    struct delivery delivery;
    struct handover handover;
    struct lookout lookout;
    struct query query;
    struct pages pages;
    struct swell swell;
    struct config *wanted; /* at the start: another configuration than the journal ended with */
    bool broken;           /* the disk failed: the end is no good one */
    struct durable durable;
    struct held acks;                /* of batches, until they are on disk */
    char answer[SNAPSHOT_BYTES_MAX]; /* of a batch: 4096 rejections fit */
    struct web web;
    struct histogram steps, turns_took;
    struct decoder decoder;
    void (*closed)(struct driver *d);
    void *data; /* the owner's */
};

/* A driver on the heap, about 8 MiB of which little is touched, that takes over the configuration.
 * NULL: no memory, and the configuration is still the caller's. */
struct driver *driver_new(struct config *config, struct log *log);

/* Does a signal wait that asks for the end? It is heard during the start, too, if the caller holds
 * SIGTERM and SIGINT back meanwhile. */
MUST_CHECK bool driver_asked_to_end(void);

/* Maps the engine, opens the sockets and begins. false: logged why; driver_close must still be
 * called. zmq: the context. */
MUST_CHECK bool driver_open(struct driver *d, uv_loop_t *loop, void *zmq);

/* Parts of driver_open (driver_begin.c). The engine as the state directory has it, or a fresh one;
 * nothing is in the loop yet. false: logged why. */
MUST_CHECK bool driver_begin(struct driver *d);
/* When everything is open: the journal goes on, alerts that had not left leave, and a configuration
 * that is another one than before the stop comes into force, as by a reload. */
MUST_CHECK bool driver_resume(struct driver *d);

/* Parts of a turn that ingest.c shares: the loop's clock; what was gathered is stepped; a refusal,
 * and what the engine thought of n events, are noted. */
ms_t driver_now(struct driver *d);
void driver_flush(struct driver *d);
void driver_refused(struct driver *d, int err, struct str src, struct str id, uint32_t offset);
void driver_note(struct driver *d, const struct event *events, uint32_t n);

/* Acknowledged ingest (ingest.c): batches that have arrived; answers to those up to that entry. */
void driver_ingest(struct zsock *z);
void driver_acknowledge(struct driver *d, uint64_t upto);

/* Takes over another configuration (config_move). false with one sentence in *ret_why when it
 * cannot, and nothing changed. */
MUST_CHECK bool driver_reload(struct driver *d, struct config *next, const char **ret_why);

/* Takes what is still arriving, for half a second at most, and publishes what it leads to. */
void driver_drain(struct driver *d);

/* closed is called from the loop when nothing of the driver is left in it; then driver_free. */
void driver_close(struct driver *d, void (*closed)(struct driver *d));
void driver_free(struct driver *d);

#endif
