/* The beginning of a driver: its engine, fresh or as it was before the stop. */
#include "daemon/driver.h"
#include "daemon/notify.h"
#include "daemon/recall.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

struct driver *driver_new(struct config *config, struct log *log)
{
    struct driver *d = calloc(1, sizeof *d); /* fresh pages, touched when used */
    if (d == NULL)
        return NULL;
    config_move(&d->config, config);
    d->log = log;
    d->newest_ts = MS_NONE;
    d->outbox = (struct outbox){.effects = d->effects, .cap = DRIVER_EFFECTS};
    for (size_t i = 0; i < ARRAY_LEN(d->message); i++)
        zmq_msg_init(&d->message[i]);
    zmq_msg_init(&d->topic);
    return d;
}

static bool failed(struct driver *d, const char *what, const char *why)
{
    log_error(d->log, what, "error=\"%s\"", why);
    return false;
}

/* Instead of any that there was. */
static bool map_engine(struct driver *d, const struct limits *limits,
                       const struct settings *settings, ms_t started_at)
{
    if (d->memory != NULL)
        munmap(d->memory, d->memory_bytes);
    d->memory = NULL;
    d->memory_bytes = engine_size(limits, settings);
    if (d->memory_bytes == 0)
        return failed(d, "engine", "these limits are impossible; see --print-config");
    void *memory = mmap(NULL, d->memory_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return failed(d, "engine memory", strerror(errno));
    d->memory = memory;
    /* Tickets and logs lie all over the block: with small pages a fifth of the CPU goes to finding
     * them. A kernel that has no huge pages says so, which changes nothing. */
    (void)madvise(d->memory, d->memory_bytes, MADV_HUGEPAGE);
    int err = engine_init(&d->engine, d->memory, limits, settings, started_at);
    if (err != 0)
        return failed(d, "engine", err_text(err));
    engine_set_work(d->engine, DRIVER_WORK);
    d->outlet.engine = d->engine;
    return true;
}

/* --- the configuration of then ------------------------------------------------------------ */

/* The driver goes by these settings; its configuration owns a copy. */
static bool go_by(struct driver *d, const struct terms *terms)
{
    struct config *c = &d->config;
    struct terms copy;
    if (!terms_copy(&copy, &terms->limits, &terms->settings, terms->started_at))
        return failed(d, "state directory", "no memory");
    free(c->sla);
    free(c->cards);
    memcpy(&c->settings, &copy.settings, sizeof c->settings);
    c->sla = copy.sla;
    c->cards = copy.cards;
    return true;
}

static struct engine *on_fresh(void *data, const struct terms *terms)
{
    struct driver *d = data;
    bool fine =
        go_by(d, terms) && map_engine(d, &terms->limits, &terms->settings, terms->started_at);
    return fine ? d->engine : NULL;
}

static void on_changed(void *data)
{
    struct driver *d = data;
    d->broken |= !go_by(d, &d->durable.recover.terms);
}

/* An alert has the text of its ticket in itself. */
static void move(struct effect *to, const struct effect *from)
{
    const struct alert_sla *sla = &from->alert.sla;
    bool own = sla->ticket.p == sla->ticket_text;
    *to = *from;
    if (own)
        to->alert.sla.ticket.p = to->alert.sla.ticket_text;
}

/* Alerts that may not have left before the stop; with their old ids, so who has them knows. What
 * the record has, had left. */
static void on_effects(void *data, struct outbox *out)
{
    struct driver *d = data;
    struct archive *record = &d->durable.record.archive;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < out->n; i++) {
        const struct effect *e = &out->effects[i];
        if (e->kind != EFFECT_ALERT || !archive_has(record, e->alert.alert_id, e->alert.rev))
            move(&out->effects[kept++], e);
    }
    out->n = kept;
    outlet_effects(&d->outlet, out);
}

static void on_progress(void *data)
{
    const struct driver *d = data;
    notify_progress(d->durable.recover.seq, d->durable.recover.last);
}

/* Signals wait while we start (app.c): the loop, which would hear them, does not run yet. */
static bool on_ended(void *data)
{
    (void)data;
    return driver_asked_to_end();
}

static void on_committed(void *data, uint64_t upto)
{
    driver_acknowledge(data, upto);
}

bool driver_asked_to_end(void)
{
    sigset_t waiting;
    return sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1);
}

static void on_broken(void *data)
{
    struct driver *d = data;
    d->broken = true;
    raise(SIGTERM); /* the ordinary end, with another exit code */
}

/* What the configuration says of the engine waits until the journal is through; all else is in
 * force at once. */
static bool set_aside(struct driver *d)
{
    struct config *wanted = malloc(sizeof *wanted);
    struct config *c = &d->config;
    if (wanted == NULL)
        return failed(d, "state directory", "no memory");
    d->wanted = wanted;
    memcpy(wanted, c, sizeof *wanted);
    wanted->security = NULL; /* c keeps these */
    wanted->receivers = NULL;
    c->sla = NULL;
    c->cards = NULL;
    c->settings.sla = NULL;
    c->settings.cards = NULL;
    return true;
}

/* It is whole again. */
static void take_back(struct driver *d)
{
    struct config *c = &d->config;
    d->wanted->security = c->security;
    c->security = NULL;
    d->wanted->receivers = c->receivers;
    c->receivers = NULL;
}

static void forget_wanted(struct driver *d)
{
    if (d->wanted != NULL)
        config_fini(d->wanted);
    free(d->wanted);
    d->wanted = NULL;
}

static bool recover(struct driver *d)
{
    struct durable *s = &d->durable;
    struct recover *r = &s->recover;
    recall(&d->bus, &s->record, d->config.state_dir, d->log);
    r->fresh = on_fresh;
    r->effects = on_effects;
    r->changed = on_changed;
    r->progress = on_progress;
    r->ended = on_ended;
    r->data = d;
    d->outlet.held = &s->held;
    d->outlet.step_seq = r->told;
    if (!set_aside(d) || !durable_recover(s, &d->outbox) || d->broken)
        return false;
    struct terms now;
    bool fine = terms_copy(&now, &d->wanted->limits, &d->wanted->settings, 0);
    if (fine && terms_same(&now, &r->terms)) {
        take_back(d);
        config_fini(&d->config);
        config_move(&d->config, d->wanted);
        forget_wanted(d);
    }
    terms_fini(&now);
    return fine || failed(d, "state directory", "no memory");
}

bool driver_begin(struct driver *d)
{
    struct durable *s = &d->durable;
    uint64_t run = 0, now = uv_now(d->loop);
    ms_t at = d->status.started_at;
    if (getrandom(&run, sizeof run, GRND_NONBLOCK) != sizeof run)
        run = (uint64_t)at; /* early at boot: the time is as good as any number */
    struct terms terms;
    if (!terms_copy(&terms, &d->config.limits, &d->config.settings, at))
        return failed(d, "engine", "no memory");
    s->data = d;
    s->broken = on_broken;
    s->committed = on_committed;
    s->checkpoint_every = (uint64_t)d->config.checkpoint_every;
    s->journal.keep_age = d->config.journal_age;
    s->journal.keep_bytes = (uint64_t)d->config.journal_size << 20;
    s->record.keep = (struct archive_keep){.alerts = d->config.alerts_age,
                                           .minutes = d->config.history_minutes,
                                           .hours = d->config.history_hours,
                                           .days = d->config.history_days,
                                           .bytes = (uint64_t)d->config.record_size << 20};
    bool fine = durable_open(s, d->config.state_dir, &terms, d->log);
    terms_fini(&terms);
    outlet_init(&d->outlet, NULL, &d->bus, &d->config, &d->status, d->log, now);
    fine = fine && (standby_init(&d->standby, &d->config, &d->outlet, d->log, now) ||
                    failed(d, "standby", "no memory"));
    fine = fine && bus_init(&d->bus, &d->config, d->log, d, run);
    if (fine)
        fine = s->on ? recover(d) : map_engine(d, &d->config.limits, &d->config.settings, at);
    if (!fine)
        return false;
    scores_init(&d->scores, d->engine, &d->bus, &d->config, d->log, now);
    query_init(&d->query, &d->outlet, &d->scores, d->loop, d->log);
    return true;
}

/* An alert about a source, or about ourselves. */
static void on_ops(void *data, struct effect *e)
{
    struct driver *d = data;
    struct outbox out = {.effects = e, .n = 1, .cap = 1};
    outlet_effects(&d->outlet, &out);
}

static void on_limit(void *data, enum limit_met limit)
{
    struct driver *d = data;
    lookout_limit(&d->lookout, limit, d->clock.now);
}

bool driver_resume(struct driver *d)
{
    const char *why = NULL;
    if (!durable_start(&d->durable, &d->outlet, d->loop))
        return false;
    /* Set back while we were away: ours goes on from where it stood, as when we are there. */
    if (engine_at(d->engine) != MS_NONE && engine_at(d->engine) > d->clock.now)
        clock_take(&d->clock, engine_at(d->engine));
    outlet_release(&d->outlet, UINT64_MAX); /* all of that is on disk */
    durable_caught_up(&d->durable);
    lookout_init(&d->lookout, d->engine, &d->durable, &d->clock, &d->config, &d->delivery, d->log,
                 d->clock.now, on_ops, d);
    d->outlet.concerns = &d->lookout.concerns;
    d->outlet.limit_met = on_limit;
    d->outlet.data = d;
    if (d->wanted == NULL)
        return true;
    take_back(d);
    bool fine = driver_reload(d, d->wanted, &why);
    if (fine)
        log_info(d->log, "reloaded", "reason=\"the configuration changed while stopped\"");
    forget_wanted(d);
    return fine || failed(d, "configuration", why);
}
