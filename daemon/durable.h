/* durable.h: what a daemon with a state directory does besides: nothing that counts is lost.
 *
 * Before the engine takes events in, they are in the journal's queue; what they lead to is held
 * until they are on disk. Ticks of the clock are entries too, where they matter: those that did
 * nothing are told as one. Without a state directory every call returns at once.
 *
 *     durable_open(s, dir, &terms, log)
 *     durable_recover(s, &outbox)                      s->engine is what it was
 *     durable_start(s, loop, …)                        from here on entries are written
 *     durable_events(s, events, n); engine_step; …     the order of every batch
 *     durable_settle(s); durable_close(s, closed)
 */
#ifndef TP_DAEMON_DURABLE_H
#define TP_DAEMON_DURABLE_H

#include "daemon/checkpoint.h"
#include "daemon/clients.h"
#include "daemon/histogram.h"
#include "daemon/journal.h"
#include "daemon/outlet.h"
#include "daemon/recorder.h"
#include "daemon/recover.h"

enum {
    DURABLE_BEHIND_BYTES = 16 << 20, /* waiting for the disk: nothing more is received */
    DURABLE_ENTRIES = 5000000, /* since a checkpoint: another one, so that replay stays short */
    DURABLE_MEND_MS = 60000,   /* from a start that found damage to a checkpoint */
    DURABLE_AGAIN_MS = 10000,  /* after a checkpoint that was given up */
};

struct durable {
    bool on;
    struct log *log;       /* borrowed, as these: */
    struct outlet *outlet; /* holds and releases alerts */
    struct engine *engine;
    struct store store;
    struct recover recover;
    struct held held;         /* alerts */
    struct recorder record;   /* what was told; its `keep` is the caller's to set */
    struct histogram commits; /* from an entry to its commit, one at a time */
    uint64_t timed, timed_ns; /* the entry that is timed, 0 = none; uv_hrtime() when it came */
    uint64_t released;        /* alerts of entries up to this one have left */
    int record_health;        /* enum store_result, as last logged */
    uint64_t record_lost;     /* likewise */
    bool running;             /* the journal's threads are there */
    ms_t started_at;          /* since when this state is watched */
    ms_t tick;                /* the last one, if it is not an entry yet; MS_NONE */
    bool due;                 /* of the tick at hand: was something due? */
    uint64_t forgotten;       /* tickets, before the tick at hand */
    int health;               /* enum store_result, as last logged */
    uint64_t lost;            /* entries, as last logged */
    struct clients clients;   /* of acknowledged ingest */
    /* Entries up to this are on disk. May be NULL. */
    void (*committed)(void *data, uint64_t upto);
    /* The disk failed: the daemon must end. */
    void (*broken)(void *data);
    void (*closed)(void *data);
    void *data; /* the owner's */
    uint64_t whole_next;
    uint64_t whole;         /* value of lost when the last checkpoint was made: it covers those */
    uint32_t generation;    /* of the engine's policies */
    struct lineage lineage; /* of the engine */
    struct checkpoint checkpoint;
    struct store_checkpoint row; /* of a whole file: noted when nothing before it can be asked … */
    bool row_waits;              /* … for again: all that it led to is in the record */
    uint64_t checkpoint_every;   /* ms; 0: none are made */
    uint64_t checkpoint_due, checkpoint_again; /* uv_now(): of the next one; not before */
    uint64_t checkpoint_seq;                   /* entry of the last one */
    uint64_t checkpoints;                      /* made */
    uint64_t failing;                          /* uv_now() since when none can be; 0: they can */
    char why[STORE_WHY_MAX];                   /* the disk takes nothing */
    char record_why[STORE_WHY_MAX];            /* likewise, of the record */
    bool mended;                               /* journal.db was damaged */
    char damage[128];                          /* what the start missed; "" = nothing */
    struct journal journal;
};

/* Opens the directory; nothing happens when dir is "". false: logged why. */
MUST_CHECK bool durable_open(struct durable *s, const char *dir, const struct terms *now,
                             struct log *log);

/* s->recover's callbacks are the caller's to set before; s->engine is the engine then. */
MUST_CHECK bool durable_recover(struct durable *s, struct outbox *outbox);

/* broken and data of s are the caller's to set before. false: logged why. */
MUST_CHECK bool durable_start(struct durable *s, struct outlet *outlet, uv_loop_t *loop);

/* These are about to be stepped. */
void durable_events(struct durable *s, const struct event *events, uint32_t n);

/* Likewise the events of a client's batch, and that it was taken: on disk together, so that it is
 * never known by its events alone. */
void durable_batch(struct durable *s, const struct event *events, uint32_t n, uint64_t key,
                   uint64_t batch);

/* Around the step of a tick. done: all that was due was done. */
void durable_tick_begins(struct durable *s, ms_t at);
void durable_tick_ends(struct durable *s, ms_t at, bool done, bool effects);

/* Somebody attended to an alert (engine_attend); what it led to is not published yet. */
void durable_attend(struct durable *s, ms_t at, uint64_t alert_id, enum attention what,
                    struct str by, ms_t until);

/* Is the disk behind, so that who can send again should? */
bool durable_busy(const struct durable *s);

/* Other settings have come into force; a tick must follow. */
void durable_terms(struct durable *s, const struct config *config);

/* Once a turn: a checkpoint when one is due, or its next slice. now: uv_now(). */
void durable_work(struct durable *s, ms_t at, uint64_t now);

/* Is so much waiting for the disk that nothing more should be received? */
bool durable_behind(const struct durable *s);

/* What was held just now leaves, as far as the disk has it already: no commit may follow. */
void durable_release(struct durable *s);

/* Waits for the disk and releases what it held. */
void durable_settle(struct durable *s);

/* closed is called from the loop, or at once when nothing runs. */
void durable_close(struct durable *s, void (*closed)(void *data));

/* All alerts that were replayed have left. */
void durable_caught_up(struct durable *s);

void durable_status(const struct durable *s, struct status_journal *ret);
/* Journal and record as they are now, not as the turn before left them; s: may be NULL. */
void durable_fill(const struct durable *s, struct status *ret);

/* What is wrong with it now; texts are lent until the next call of any. now: uv_now(). */
struct durable_trouble {
    bool unwritten; /* the disk takes nothing */
    const char *why;
    uint64_t waiting_bytes;
    uint64_t lost; /* entries neither in the journal nor in a checkpoint */
    bool damaged;  /* the start did not find all; no checkpoint since */
    const char *damage;
    uint64_t damage_lost; /* entries */
    uint64_t failing_ms;  /* since when no checkpoint can be written */
    const char *failing_why;
    bool unrecorded; /* record.db cannot be written */
    const char *unrecorded_why;
    uint64_t unrecorded_bytes; /* that wait for it */
};
void durable_trouble(const struct durable *s, uint64_t now, struct durable_trouble *ret);

#endif
