#include "daemon/durable.h"

#include "daemon/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A damaged journal.db is replaced by what can be read of it. */
static bool mend(struct durable *s)
{
    struct store_mended mended;
    bool sound;
    bool fine = store_sound(&s->store, &sound);
    if (fine && !sound) {
        fine = store_mend(&s->store, &mended);
        s->mended = fine;
        if (fine)
            log_error(s->log, "journal mended",
                      "rows=%" PRIu64 " unreadable=%" PRIu64 " kept=\"%s/journal.db.damaged\"",
                      mended.rows, mended.holes, s->store.dir);
    }
    if (!fine)
        log_error(s->log, "state directory", "error=\"%s\"", s->store.why);
    return fine;
}

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
    if (!recorder_open(&s->record, dir)) {
        log_error(log, "state directory", "error=\"%s\"", s->record.archive.why);
        return false;
    }
    if (s->record.archive.renewed)
        log_error(log, "record begun anew", "damaged=%s.damaged", s->record.archive.path);
    return mend(s) && recover_open(&s->recover, &s->store, now, log);
}

/* "journal.db mended, 1 checkpoints not used (it is damaged)" */
static void note_damage(struct durable *s, const struct recover *r)
{
    size_t n = 0;
    s->damage[0] = 0;
    if (s->mended || r->lost > 0)
        n = (size_t)snprintf(s->damage, sizeof s->damage, "journal.db%s",
                             s->mended ? " was damaged, what could be read is kept" : "");
    if (r->unused > 0)
        n += (size_t)snprintf(s->damage + n, sizeof s->damage - n, "%s%u checkpoints not used: %s",
                              n > 0 ? "; " : "", r->unused, r->unused_why);
    bool gone = s->record.archive.missing && r->seq > 0; /* beside a journal that is not new */
    if (gone)
        log_error(s->log, "record begun anew", "missing=%s", s->record.archive.path);
    if ((gone || s->record.archive.renewed) && n < sizeof s->damage)
        snprintf(s->damage + n, sizeof s->damage - n, "%srecord.db %sbegun anew", n > 0 ? "; " : "",
                 gone ? "was missing, " : "");
}

bool durable_recover(struct durable *s, struct outbox *outbox)
{
    struct recover *r = &s->recover;
    uint64_t begun = uv_hrtime();
    if (!recover_run(r, outbox))
        return false;
    s->engine = r->engine;
    s->clients = r->clients;
    log_info(s->log, "recovered",
             "dir=%s checkpoint=%" PRIu64 " entries=%" PRIu64 " events=%" PRIu64 " lost=%" PRIu64
             " ms=%" PRIu64,
             s->store.dir, r->checkpoint, r->seq, r->events, r->lost,
             (uv_hrtime() - begun) / 1000000);
    note_damage(s, r);
    if (r->lost > 0)
        checkpoint_put_aside(s->store.dir, r->seq); /* their numbers come again */
    return true;
}

/* --- what is held ------------------------------------------------------------------------- */

/* "full: no room on the device" */
static void explain_health(char to[STORE_WHY_MAX], enum store_result health, const char *why)
{
    snprintf(to, STORE_WHY_MAX, "%.9s: %.480s",
             health == STORE_READONLY ? "readonly"
             : health == STORE_FULL   ? "full"
                                      : "broken",
             why);
}

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
    explain_health(s->why, health, why);
}

/* What is told counts as told when the record has it: then nobody need find out again. */
static void note_told(struct durable *s, uint64_t released)
{
    uint64_t recorded = recorder_told(&s->record);
    journal_told(&s->journal, released < recorded ? released : recorded);
}

static void log_record(struct durable *s)
{
    enum store_result health = recorder_health(&s->record);
    char why[STORE_WHY_MAX];
    if (s->record.lost != s->record_lost)
        log_error(s->log, "alerts not recorded", "rows=%" PRIu64, s->record.lost - s->record_lost);
    s->record_lost = s->record.lost;
    if ((int)health == s->record_health)
        return;
    s->record_health = (int)health;
    if (health == STORE_FINE) {
        log_info(s->log, "record written again", "lost=%" PRIu64 "%s", s->record.lost,
                 atomic_exchange(&s->record.renewed, false)
                     ? " damaged=record.db.damaged: begun anew"
                     : "");
        return;
    }
    recorder_why(&s->record, why);
    log_error(s->log, "record not written", "error=\"%s\"", why);
    explain_health(s->record_why, health, why);
}

static void on_recorded(struct recorder *r)
{
    struct durable *s = r->data;
    log_record(s);
    if (s->running)
        note_told(s, s->released);
}

/* Alerts do not wait for a disk that cannot be written: they are what it is all for. */
void durable_release(struct durable *s)
{
    outlet_release(s->outlet,
                   s->health == STORE_FINE ? journal_committed(&s->journal) : UINT64_MAX);
}

/* The writer goes on meanwhile: of what it commits from here on, no alert has left yet. Entries
 * count as told up to what was on disk when the first alert left, not when the last one had. */
static void on_committed(struct journal *j)
{
    struct durable *s = j->data;
    log_health(s);
    if (s->health == STORE_BROKEN) {
        s->broken(s->data);
        return;
    }
    uint64_t done = journal_committed(j);
    bool fine = s->health == STORE_FINE;
    if (s->timed != 0 && done >= s->timed) {
        histogram_add(&s->commits, uv_hrtime() - s->timed_ns);
        s->timed = 0;
    }
    outlet_release(s->outlet, fine ? done : UINT64_MAX);
    if (s->committed != NULL)
        s->committed(s->data, done);
    s->released = outlet_told(s->outlet, fine ? done : j->seq);
    recorder_mark(&s->record, s->released);
    note_told(s, s->released);
}

void durable_caught_up(struct durable *s)
{
    if (!s->running)
        return;
    s->released = outlet_told(s->outlet, s->journal.seq);
    recorder_mark(&s->record, s->released);
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
    if (s->timed == 0) {
        s->timed = s->journal.seq;
        s->timed_ns = uv_hrtime();
    }
    if (s->journal.lost != s->lost) {
        log_error(s->log, "events not journaled", "entries=%" PRIu64, s->journal.lost - s->lost);
        s->lost = s->journal.lost;
    }
}

/* --- checkpoints -------------------------------------------------------------------------- */

static void put_off_checkpoint(struct durable *s, uint64_t now)
{
    s->checkpoint_again = now + DURABLE_AGAIN_MS;
    s->failing = s->failing == 0 ? now : s->failing;
}

/* A start from this file replays nothing before it: so no alert of then may be missing. */
static void note_checkpoint(struct durable *s)
{
    if (!s->row_waits || atomic_load(&s->journal.told) < s->row.seq)
        return;
    s->row_waits = false;
    journal_checkpoint(&s->journal, &s->row);
    s->checkpoints++;
    s->checkpoint_seq = s->row.seq;
}

static void on_checkpoint(struct checkpoint *c)
{
    struct durable *s = c->data;
    if (c->broken) {
        log_warning(s->log, "checkpoint given up", "entry=%" PRIu64 " error=\"%s\"", c->seq,
                    strerror(c->error));
        put_off_checkpoint(s, uv_now(c->loop));
        return;
    }
    s->failing = 0;
    s->row = (struct store_checkpoint){c->seq, c->size, c->digest, c->at};
    s->row_waits = true;
    note_checkpoint(s);
    s->whole = s->whole_next;
    s->checkpoint_due = uv_now(c->loop) + s->checkpoint_every;
    log_info(s->log, "checkpoint",
             "entry=%" PRIu64 " bytes=%" PRIu64 " ms=%" PRIu64 " longest_us=%" PRIu64, c->seq,
             c->size, (uv_hrtime() - c->begun_ns) / 1000000, c->slice_ns_max / 1000);
}

static void begin_checkpoint(struct durable *s, ms_t at, uint64_t now)
{
    uint64_t n = 0;
    tick_entry(s);
    push(s);
    void *lineage = lineage_pack(&s->lineage, &n);
    bool fine = lineage != NULL && checkpoint_begin(&s->checkpoint, s->journal.seq, at, lineage, n,
                                                    &s->clients, clients_bytes(&s->clients));
    free(lineage);
    s->whole_next = s->lost;
    if (!fine) {
        log_warning(s->log, "checkpoint given up", "entry=%" PRIu64 " error=\"%s\"", s->journal.seq,
                    strerror(s->checkpoint.error));
        put_off_checkpoint(s, now);
    }
}

/* One is due so many ms from now, if not sooner. */
static void checkpoint_by(struct durable *s, uint64_t ms)
{
    uint64_t due = uv_now(s->checkpoint.loop) + ms;
    s->checkpoint_due = due < s->checkpoint_due ? due : s->checkpoint_due;
}

/* Another one is due by time, by what would be replayed, or because the journal has a gap now. */
static bool checkpoint_wanted(const struct durable *s, uint64_t now)
{
    uint64_t since = s->journal.seq - s->checkpoint_seq;
    bool possible =
        s->checkpoint_every > 0 && since > 0 && s->health == STORE_FINE && !s->row_waits;
    if (!possible || now < s->checkpoint_again)
        return false;
    return now >= s->checkpoint_due || since >= DURABLE_ENTRIES || s->whole != s->lost;
}

void durable_work(struct durable *s, ms_t at, uint64_t now)
{
    if (!s->running)
        return;
    note_checkpoint(s);
    /* Alerts about ourselves wait for nothing that would be committed; and none waits for a disk
     * that takes nothing, not even till it is tried again. */
    durable_release(s);
    if (!s->checkpoint.under_way && checkpoint_wanted(s, now))
        begin_checkpoint(s, at, now);
    checkpoint_work(&s->checkpoint);
}

static bool start_record(struct durable *s, uv_loop_t *loop)
{
    const struct bus *bus = s->outlet->bus;
    s->record.wrote = on_recorded;
    s->record.data = s;
    bool fine =
        recorder_start(&s->record, loop, bus != NULL ? bus->run : "", clock_system(), s->released);
    if (!fine)
        log_error(s->log, "record", "error=\"no thread or no memory\"");
    return fine;
}

bool durable_start(struct durable *s, struct outlet *outlet, uv_loop_t *loop)
{
    if (!s->on)
        return true;
    uint64_t seq = s->recover.seq;
    s->outlet = outlet;
    s->started_at = s->recover.terms.started_at;
    s->lineage = s->recover.lineage;
    memset(&s->recover.lineage, 0, sizeof s->recover.lineage);
    recover_close(&s->recover);
    checkpoint_init(&s->checkpoint, s->store.dir, engine_image(s->engine), loop);
    s->checkpoint.done = on_checkpoint;
    s->checkpoint.data = s;
    /* What was replayed at length need not be a second time. */
    s->checkpoint_seq = s->recover.checkpoint;
    s->checkpoint_due = uv_now(loop) + s->checkpoint_every;
    if (s->damage[0] != 0) /* the next start need not find it again */
        checkpoint_by(s, DURABLE_MEND_MS);
    s->running = journal_open(&s->journal, &s->store, seq, loop, on_committed, s);
    if (!s->running) {
        log_error(s->log, "journal", "error=\"no thread or no memory\"");
        return false;
    }
    s->generation = engine_generation(s->engine);
    s->released = s->recover.told;
    atomic_store(&s->journal.told, s->released);
    if (!start_record(s, loop))
        return false;
    outlet->durable = s;
    outlet->record = &s->record;
    outlet->held = &s->held;
    outlet->held_seq = seq;
    return true;
}

static void append(struct durable *s, const struct event *events, uint32_t n)
{
    s->outlet->step_seq = s->journal.seq;
    tick_entry(s);
    for (uint32_t i = 0; i < n; i++)
        journal_event(&s->journal, &events[i]);
}

void durable_events(struct durable *s, const struct event *events, uint32_t n)
{
    if (!s->running || n == 0)
        return;
    append(s, events, n);
    push(s);
}

void durable_batch(struct durable *s, const struct event *events, uint32_t n, uint64_t key,
                   uint64_t batch)
{
    char text[17];
    append(s, events, n);
    snprintf(text, sizeof text, "%016" PRIx64, key);
    uint64_t seq = journal_claim(&s->journal, (struct str){text, 16}, batch);
    clients_claim(&s->clients, key, batch, seq);
    push(s);
}

void durable_tick_begins(struct durable *s, ms_t at)
{
    if (!s->running)
        return;
    s->outlet->step_seq = s->journal.seq;
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

bool durable_busy(const struct durable *s)
{
    return journal_backlog(&s->journal) > JOURNAL_BUSY_BYTES;
}

void durable_attend(struct durable *s, ms_t at, uint64_t alert_id, enum attention what,
                    struct str by, ms_t until)
{
    if (!s->running)
        return;
    s->outlet->step_seq = s->journal.seq;
    tick_entry(s);
    journal_attend(&s->journal, at, alert_id, (uint8_t)what, by, until);
    push(s);
}

void durable_terms(struct durable *s, const struct config *config)
{
    struct terms terms;
    uint32_t n = 0;
    if (!s->running)
        return;
    void *bytes = NULL;
    s->checkpoint_every = (uint64_t)config->checkpoint_every;
    checkpoint_by(s, s->checkpoint_every);
    tick_entry(s); /* they came into force at this instant */
    if (terms_copy(&terms, &config->limits, &config->settings, s->started_at))
        bytes = terms_pack(&terms, &n);
    bool policies = engine_generation(s->engine) != s->generation;
    s->generation = engine_generation(s->engine);
    if (bytes != NULL)
        journal_terms(&s->journal, engine_at(s->engine), bytes, n);
    if (bytes == NULL || !lineage_add(&s->lineage, engine_at(s->engine), policies, bytes, n))
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
    recorder_settle(&s->record);
    on_recorded(&s->record);
}

static void on_closed(struct journal *j)
{
    struct durable *s = j->data;
    s->closed(s->data);
}

static void on_record_closed(struct recorder *r)
{
    struct durable *s = r->data;
    journal_close(&s->journal, on_closed);
    store_close(&s->store);
}

/* The record first: what it has by then, the journal's last commit notes. */
static void close_files(void *data)
{
    struct durable *s = data;
    recorder_settle(&s->record);
    note_told(s, s->released);
    recorder_close(&s->record, on_record_closed);
}

static void on_nothing_closed(struct recorder *r)
{
    (void)r; /* it never ran */
}

void durable_close(struct durable *s, void (*closed)(void *data))
{
    s->closed = closed;
    recover_close(&s->recover);
    lineage_fini(&s->lineage);
    held_fini(&s->held);
    if (s->running) {
        s->running = false;
        checkpoint_close(&s->checkpoint, close_files, s);
        return;
    }
    recorder_close(&s->record, on_nothing_closed);
    if (s->on)
        store_close(&s->store);
    closed(s->data);
}
