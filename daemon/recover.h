/* recover.h: the start of a daemon with a state directory: the state as it was, from the newest
 * checkpoint that is whole, and the journal behind it.
 *
 * Entries are replayed in their order by the settings that were in force when they came, with the
 * clock they were given, so the engine is what it was, to the last bit that its digest covers. When
 * the configuration now asks for another layout (windows, scopes, zone, limits), no recorded
 * settings fit: then all is counted by the configuration at hand.
 *
 *     recover_open(&r, &store, &now, log)
 *     r.fresh = …; recover_run(&r, &outbox)    r.engine, and in r.terms what is in force
 *     recover_close(&r)
 */
#ifndef TP_DAEMON_RECOVER_H
#define TP_DAEMON_RECOVER_H

#include "core/engine.h"
#include "daemon/clients.h"
#include "daemon/lineage.h"
#include "daemon/log.h"
#include "daemon/store.h"
#include "daemon/terms.h"

enum {
    RECOVER_BATCH = 32,         /* events of one step */
    RECOVER_TICK_EFFECTS = 256, /* of one tick, as live: before it gives way to events */
    RECOVER_SAY_MS = 1000,      /* from one word of progress to the next */
};

struct recover {
    struct store *store;    /* borrowed */
    struct log *log;        /* borrowed */
    struct terms terms;     /* in force */
    struct lineage lineage; /* how the engine came to them */
    struct clients clients; /* whose batches were applied */
    uint64_t checkpoint;    /* entry of the checkpoint that was loaded; 0 = none */
    bool recorded;          /* terms are the journal's; else those of the configuration */
    uint64_t seq;           /* of the last entry taken in */
    uint64_t last;          /* of the last entry there is */
    uint64_t told;          /* what entries up to this led to had left */
    uint64_t events;        /* replayed */
    uint64_t lost;          /* entries that are damaged or missing */
    uint32_t unused;        /* checkpoints that could not be used … */
    const char *unused_why; /* … and why the newest could not */
    struct engine *engine;
    struct outbox *outbox;
    struct result *results; /* RECOVER_BATCH */
    /* An engine fresh from engine_init with these terms, instead of any that there was before. */
    struct engine *(*fresh)(void *data, const struct terms *terms);
    /* Hears what replayed entries led to and had not left. May be NULL. */
    void (*effects)(void *data, struct outbox *out);
    /* Hears that other settings are in force: r->terms. May be NULL. */
    void (*changed)(void *data);
    /* Is called now and then, for who is waiting. May be NULL. */
    void (*progress)(void *data);
    /* Is the end asked for? Then recover_run gives up; nothing is written yet. May be NULL. */
    bool (*ended)(void *data);
    void *data;
    struct recover_scratch *scratch;
};

/* now: what the configuration says; copied. A fresh store gets it as its first settings. false:
 * logged why. */
MUST_CHECK bool recover_open(struct recover *r, struct store *store, const struct terms *now,
                             struct log *log);

/* The outbox is emptied when this returns. false: logged why. */
MUST_CHECK bool recover_run(struct recover *r, struct outbox *outbox);

void recover_close(struct recover *r);

#endif
