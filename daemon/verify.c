#include "daemon/verify.h"

#include "daemon/clock.h"
#include "daemon/recover.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EFFECTS = 1024 };

struct verifying {
    struct store store;
    struct recover recover;
    struct log log;
    struct terms first; /* settings that the journal begins with */
    void *memory;
    uint64_t size;
    struct outbox out;
    struct effect effects[EFFECTS];
};

static bool say(FILE *err, const char *dir, const char *why)
{
    fprintf(err, "ticketpulsed: %s: %s\n", dir, why);
    return false;
}

static struct engine *on_fresh(void *data, const struct terms *t)
{
    struct verifying *v = data;
    struct engine *e;
    if (v->memory != NULL)
        munmap(v->memory, v->size);
    v->size = engine_size(&t->limits, &t->settings);
    v->memory = mmap(NULL, v->size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (v->memory == MAP_FAILED) {
        v->memory = NULL;
        return NULL;
    }
    bool fine = engine_init(&e, v->memory, &t->limits, &t->settings, t->started_at) == 0;
    return fine ? e : NULL;
}

/* The settings of the directory itself: no configuration is needed. */
static bool read_terms(struct verifying *v, const char *dir, FILE *err)
{
    struct store_reader *reader = malloc(sizeof *reader);
    struct store_row row;
    int got =
        reader != NULL && store_read_terms(&v->store, reader, 0) ? store_next(reader, &row) : -1;
    if (got == 1)
        got = terms_unpack(&v->first, row.bytes, row.n) ? 1 : -1;
    if (reader != NULL)
        store_read_end(reader);
    free(reader);
    return got == 1 || say(err, dir,
                           got == 0 ? "nothing was ever kept in it"
                                    : "its settings cannot be read; another version wrote it?");
}

static void move_clock(struct verifying *v, ms_t at)
{
    struct event tick = {.kind = EV_TICK, .ts = at, .rts = at};
    struct result result;
    uint32_t taken;
    do {
        v->out.n = 0;
        taken = engine_step(v->recover.engine, &tick, 1, &result, &v->out);
    } while (taken == 0);
}

static void gather(struct verifying *v, struct verified *ret)
{
    const struct recover *r = &v->recover;
    struct engine_use use[32];
    struct alert alert;
    uint32_t at = 0, n = engine_usage(r->engine, use, ARRAY_LEN(use));
    *ret = (struct verified){.checkpoint = r->checkpoint,
                             .entries = r->seq,
                             .events = r->events,
                             .lost = r->lost,
                             .unused = r->unused,
                             .at = engine_at(r->engine),
                             .digest = engine_digest(r->engine)};
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(use[i].name, "tickets") == 0)
            ret->tickets = use[i].used;
    while (engine_alert_next(r->engine, &at, &alert)) { /* in any order */
        ret->alerts++;
        ret->alerts_digest += mix64(alert.alert_id ^ alert.state);
    }
}

static bool run(struct verifying *v, const char *dir, ms_t at, FILE *err, struct verified *ret)
{
    bool sound;
    if (!store_open(&v->store, dir) || !store_sound(&v->store, &sound)) {
        fprintf(err, "ticketpulsed: %s\n", v->store.why);
        return false;
    }
    if (!sound)
        return say(err, dir, "journal.db is damaged; a start keeps what can be read of it");
    v->recover.fresh = on_fresh;
    if (!read_terms(v, dir, err) || !recover_open(&v->recover, &v->store, &v->first, &v->log))
        return false;
    v->recover.fresh = on_fresh;
    v->recover.data = v;
    if (!recover_run(&v->recover, &v->out))
        return false;
    if (at != MS_NONE)
        move_clock(v, at);
    engine_check(v->recover.engine);
    gather(v, ret);
    return true;
}

bool verify(const char *dir, ms_t at, FILE *err, struct verified *ret)
{
    struct stat st;
    char path[STORE_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/journal.db", dir);
    if (stat(path, &st) != 0) /* nothing is made here */
        return say(err, dir, "is no state directory: there is no journal.db in it");
    struct verifying *v = calloc(1, sizeof *v);
    if (v == NULL)
        return say(err, dir, "no memory");
    fflush(err);
    log_init(&v->log, fileno(err), LOG_WARNING);
    log_at(&v->log, clock_system());
    v->store.lock = -1;
    v->out = (struct outbox){.effects = v->effects, .cap = EFFECTS};
    bool fine = run(v, dir, at, err, ret);
    recover_close(&v->recover);
    terms_fini(&v->first);
    store_close(&v->store);
    if (v->memory != NULL)
        munmap(v->memory, v->size);
    free(v);
    return fine;
}

int verify_print(const char *dir, const struct verified *v, FILE *out)
{
    bool whole = v->lost == 0 && v->unused == 0;
    fprintf(out,
            "%s: %s, entries=%" PRIu64 " checkpoint=%" PRIu64 " replayed=%" PRIu64 " lost=%" PRIu64
            " unused_checkpoints=%u tickets=%" PRIu64 " alerts=%" PRIu64 " at=%" PRId64
            " digest=%016" PRIx64 " alerts_digest=%016" PRIx64 "\n",
            dir, whole ? "fine" : "not whole", v->entries, v->checkpoint, v->events, v->lost,
            v->unused, v->tickets, v->alerts, v->at == MS_NONE ? 0 : v->at, v->digest,
            v->alerts_digest);
    return whole ? 0 : 1;
}
