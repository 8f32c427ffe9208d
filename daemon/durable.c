#include "daemon/durable.h"

#include <inttypes.h>
#include <stdlib.h>

bool durable_open(struct durable *s, const char *dir, const struct terms *now, struct log *log)
{
    s->log = log;
    s->tick = MS_NONE;
    s->store.lock = -1;
    if (dir[0] == 0)
        return true;
    s->on = true;
    if (!store_open(&s->store, dir)) {
        log_error(log, "state directory", "error=\"%s\"", s->store.why);
        return false;
    }
    return recover_open(&s->recover, &s->store, now, log);
}

bool durable_recover(struct durable *s, struct engine *engine, struct outbox *outbox)
{
    struct recover *r = &s->recover;
    uint64_t begun = uv_hrtime();
    s->engine = engine;
    if (!recover_run(r, engine, outbox))
        return false;
    log_info(s->log, "recovered",
             "dir=%s entries=%" PRIu64 " events=%" PRIu64 " lost=%" PRIu64 " ms=%" PRIu64,
             s->store.dir, r->seq, r->events, r->lost, (uv_hrtime() - begun) / 1000000);
    return true;
}

/* --- what is held ------------------------------------------------------------------------- */

static void log_health(struct durable *s)
{
    enum store_result health = journal_health(&s->journal);
    char why[STORE_WHY_MAX];
    if ((int)health == s->health)
        return;
    s->health = (int)health;
    if (health == STORE_FINE) {
        log_info(s->log, "journal written again", "entries=%" PRIu64 " lost=%" PRIu64,
                 journal_committed(&s->journal), s->journal.lost);
        return;
    }
    journal_why(&s->journal, why);
    log_error(s->log, "journal not written", "error=\"%s\"", why);
}

static void on_committed(struct journal *j)
{
    struct durable *s = j->data;
    log_health(s);
    if (s->health == STORE_BROKEN) {
        s->broken(s->data);
        return;
    }
    /* Alerts do not wait for a disk that cannot be written: they are what it is all for. */
    uint64_t upto = s->health == STORE_FINE ? journal_committed(j) : UINT64_MAX;
    outlet_release(s->outlet, upto);
    journal_told(j, s->health == STORE_FINE ? upto : j->seq);
}

bool durable_start(struct durable *s, struct outlet *outlet, uv_loop_t *loop)
{
    if (!s->on)
        return true;
    uint64_t seq = s->recover.seq;
    s->outlet = outlet;
    s->started_at = s->recover.terms.started_at;
    recover_close(&s->recover);
    s->running = journal_open(&s->journal, &s->store, seq, loop, on_committed, s);
    if (!s->running) {
        log_error(s->log, "journal", "error=\"no thread or no memory\"");
        return false;
    }
    atomic_store(&s->journal.told, s->recover.told);
    outlet->held = &s->held;
    outlet->held_seq = seq;
    return true;
}

/* --- entries ------------------------------------------------------------------------------ */

static void tick_entry(struct durable *s)
{
    if (s->tick != MS_NONE)
        journal_tick(&s->journal, s->tick, true);
    s->tick = MS_NONE;
}

static void push(struct durable *s)
{
    journal_push(&s->journal);
    s->outlet->held_seq = s->journal.seq;
    if (s->journal.lost != s->lost) {
        log_error(s->log, "events not journaled", "entries=%" PRIu64, s->journal.lost - s->lost);
        s->lost = s->journal.lost;
    }
}

void durable_events(struct durable *s, const struct event *events, uint32_t n)
{
    if (!s->running || n == 0)
        return;
    tick_entry(s);
    for (uint32_t i = 0; i < n; i++)
        journal_event(&s->journal, &events[i]);
    push(s);
}

void durable_tick_begins(struct durable *s, ms_t at)
{
    if (!s->running)
        return;
    s->due = engine_deadline(s->engine) <= at;
    s->forgotten = engine_counters(s->engine)->tickets_forgotten;
    /* What this tick leads to leaves with its own entry: the number is known. */
    s->outlet->held_seq = s->journal.seq + 1 + (s->tick != MS_NONE);
}

void durable_tick_ends(struct durable *s, ms_t at, bool done, bool effects)
{
    if (!s->running)
        return;
    bool forgot = engine_counters(s->engine)->tickets_forgotten != s->forgotten;
    if (s->due || forgot || effects || !done) {
        tick_entry(s);
        journal_tick(&s->journal, at, done);
        push(s);
    } else {
        s->tick = at;
        s->outlet->held_seq = s->journal.seq;
    }
}

void durable_terms(struct durable *s, const struct config *config)
{
    struct terms terms;
    uint32_t n;
    if (!s->running)
        return;
    void *bytes = NULL;
    tick_entry(s); /* they came into force at this instant */
    if (terms_copy(&terms, &config->limits, &config->settings, s->started_at))
        bytes = terms_pack(&terms, &n);
    if (bytes != NULL)
        journal_terms(&s->journal, engine_at(s->engine), bytes, n);
    else
        log_error(s->log, "settings not journaled", "error=\"no memory\"");
    free(bytes);
    terms_fini(&terms);
    s->outlet->held_seq = s->journal.seq + 1; /* of the tick that follows */
}

bool durable_behind(const struct durable *s)
{
    return s->running && s->health == STORE_FINE &&
           journal_backlog(&s->journal) > DURABLE_BEHIND_BYTES;
}

void durable_settle(struct durable *s)
{
    if (!s->running)
        return;
    tick_entry(s);
    (void)journal_settle(&s->journal); /* what failed is logged below */
    on_committed(&s->journal);
}

static void on_closed(struct journal *j)
{
    struct durable *s = j->data;
    s->closed(s->data);
}

void durable_close(struct durable *s, void (*closed)(void *data))
{
    s->closed = closed;
    recover_close(&s->recover);
    held_fini(&s->held);
    if (s->running) {
        s->running = false;
        journal_close(&s->journal, on_closed);
        store_close(&s->store);
        return;
    }
    if (s->on)
        store_close(&s->store);
    closed(s->data);
}

void durable_status(const struct durable *s, struct status_journal *ret)
{
    *ret = (struct status_journal){.on = s->running};
    if (!s->running)
        return;
    ret->written = s->health == STORE_FINE;
    ret->entries = s->journal.seq;
    ret->committed = journal_committed(&s->journal);
    ret->commits = atomic_load(&s->journal.commits);
    ret->waiting_bytes = journal_backlog(&s->journal);
    ret->held = s->held.n;
    ret->lost = s->journal.lost;
}
