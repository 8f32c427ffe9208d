#include "daemon/recover.h"

#include "daemon/checkpoint.h"

#include <stdlib.h>
#include <time.h>

struct recover_scratch {
    struct store_reader batches, changes;
    struct unpack unpack;
    struct pack_entry entry;
    struct event event[RECOVER_BATCH];
    struct result result[RECOVER_BATCH];
    char digits[RECOVER_BATCH][24];
    uint32_t events;       /* gathered, to be stepped */
    struct store_row next; /* the settings that come next */
    bool more;             /* there are such */
    uint64_t said;         /* when progress was told */
    uint64_t known;        /* there were entries up to this number at least */
};

static bool failed(struct recover *r, const char *what, const char *why)
{
    log_error(r->log, what, "error=\"%s\"", why);
    return false;
}

/* --- settings ----------------------------------------------------------------------------- */

/* The journal begins with these, and checkpoints of others are none of it. */
static bool found(struct recover *r, const void *bytes, uint32_t n)
{
    struct store *s = r->store;
    bool fine = store_begin(s) == STORE_FINE && store_forget_terms(s) == STORE_FINE &&
                store_forget_checkpoints(s) == STORE_FINE &&
                store_terms(s, 0, r->terms.started_at, bytes, n) == STORE_FINE &&
                store_commit(s) == STORE_FINE;
    if (!fine)
        store_rollback(s);
    return fine || failed(r, "state directory", s->why);
}

/* The settings that the journal began with, if this daemon can go by them. 1, 0, -1: logged. */
static int first_terms(struct recover *r, struct terms *ret)
{
    struct store_reader *reader = &r->scratch->changes;
    struct store_row row;
    int found = -1;
    if (store_read_terms(r->store, reader, 0))
        found = store_next(reader, &row);
    if (found == 1)
        found = terms_unpack(ret, row.bytes, row.n);
    store_read_end(reader);
    if (found < 0)
        failed(r, "state directory", r->store->why);
    return found;
}

/* The journal, as it lies there, cannot be gone by: what is at hand is all there is. */
static bool begin_anew(struct recover *r)
{
    uint32_t n;
    void *bytes = terms_pack(&r->terms, &n);
    if (bytes == NULL)
        return failed(r, "state directory", "no memory");
    if (r->last > 0)
        log_warning(r->log, "state counted anew",
                    "entries=%llu reason=\"windows, scopes, zone, horizons, limits or the version "
                    "are others than when they came\"",
                    (unsigned long long)r->last);
    bool fine = found(r, bytes, n);
    free(bytes);
    return fine;
}

bool recover_open(struct recover *r, struct store *store, const struct terms *now, struct log *log)
{
    struct terms first;
    memset(r, 0, sizeof *r);
    r->store = store;
    r->log = log;
    r->scratch = calloc(1, sizeof *r->scratch);
    if (r->scratch == NULL || !terms_copy(&r->terms, &now->limits, &now->settings, now->started_at))
        return failed(r, "state directory", "no memory");
    checkpoint_tidy_halves(store->dir);
    if (!store_last(store, &r->last) || !store_fact_get(store, "told", &r->told))
        return failed(r, "state directory", store->why);
    /* A checkpoint is there: so were the entries that led to it. */
    r->scratch->known = checkpoint_newest(store->dir);
    if (r->told > r->scratch->known)
        r->scratch->known = r->told;
    if (r->told > r->last) /* entries that are gone: their numbers come again */
        r->told = r->last;
    int got = first_terms(r, &first);
    if (got < 0)
        return false;
    if (got == 1) {
        r->terms.started_at = first.started_at;
        r->recorded = terms_fit(&first, now);
        if (r->recorded) {
            terms_fini(&r->terms);
            r->terms = first;
            return true;
        }
        terms_fini(&first);
    }
    return begin_anew(r);
}

void recover_close(struct recover *r)
{
    if (r->scratch != NULL) {
        store_read_end(&r->scratch->batches);
        store_read_end(&r->scratch->changes);
    }
    free(r->scratch);
    r->scratch = NULL;
    terms_fini(&r->terms);
    lineage_fini(&r->lineage);
}

/* --- checkpoints -------------------------------------------------------------------------- */

/* The file's lineage, if an engine of it is one that the configuration can go on with. */
static bool fits(struct recover *r, const struct checkpoint_reader *file, struct lineage *ret)
{
    struct terms first;
    if (!lineage_unpack(ret, file->lineage, file->head.lineage) || !lineage_terms(ret, 0, &first)) {
        lineage_fini(ret);
        return false;
    }
    bool fine = terms_fit(&first, &r->terms);
    if (fine)
        r->engine = r->fresh(r->data, &first);
    terms_fini(&first);
    if (!fine || r->engine == NULL)
        lineage_fini(ret);
    return fine && r->engine != NULL;
}

static bool load(struct recover *r, const struct store_checkpoint *c, const char **ret_why)
{
    struct checkpoint_reader file;
    struct lineage lineage = {0};
    struct terms last = {.started_at = 0};
    *ret_why = "its settings cannot be gone by";
    if (!checkpoint_open(&file, r->store->dir, c->seq, c->bytes)) {
        *ret_why = file.why;
        return false;
    }
    bool fine = fits(r, &file, &lineage) && lineage_recall(&lineage, r->engine, &last) &&
                clients_load(&r->clients, file.clients, file.head.clients);
    if (fine && !checkpoint_load(&file, engine_image(r->engine), c->digest)) {
        *ret_why = file.why;
        fine = false;
    }
    checkpoint_read_end(&file);
    if (!fine) {
        terms_fini(&last);
        lineage_fini(&lineage);
        return false;
    }
    engine_loaded(r->engine);
    terms_fini(&r->terms);
    r->terms = last;
    r->lineage = lineage;
    r->seq = r->checkpoint = c->seq;
    return true;
}

/* The engine as the newest whole checkpoint has it, or a fresh one. */
static bool begin(struct recover *r)
{
    struct store_checkpoint all[STORE_CHECKPOINTS];
    int n = store_checkpoints(r->store, all);
    const char *why;
    uint32_t bytes_n;
    if (n < 0)
        return failed(r, "state directory", r->store->why);
    for (int i = 0; i < n; i++) {
        if (load(r, &all[i], &why)) {
            if (r->changed != NULL)
                r->changed(r->data);
            return true;
        }
        r->unused_why = r->unused++ == 0 ? why : r->unused_why;
        log_error(r->log, "checkpoint not used", "file=checkpoint-%llu reason=\"%s\"",
                  (unsigned long long)all[i].seq, why);
    }
    void *bytes = terms_pack(&r->terms, &bytes_n);
    r->engine = r->fresh(r->data, &r->terms);
    bool fine = bytes != NULL && lineage_begin(&r->lineage, bytes, bytes_n);
    free(bytes);
    return r->engine != NULL && (fine || failed(r, "state directory", "no memory"));
}

/* --- replay ------------------------------------------------------------------------------- */

/* What the entries up to r->seq led to. */
static void drain(struct recover *r)
{
    if (r->outbox->n > 0 && r->seq > r->told && r->effects != NULL)
        r->effects(r->data, r->outbox);
    r->outbox->n = 0;
}

static void step(struct recover *r, const struct event *events, uint32_t n)
{
    while (n > 0) {
        uint32_t taken = engine_step(r->engine, events, n, r->scratch->result, r->outbox);
        CHECK(taken > 0 || r->outbox->n > 0);
        drain(r);
        events += taken;
        n -= taken;
    }
}

/* Steps what was gathered. */
static void flush(struct recover *r)
{
    uint32_t n = r->scratch->events;
    r->scratch->events = 0;
    r->events += n;
    step(r, r->scratch->event, n);
}

/* The clock, as it was told: all that was due, or as much as there was room for then. */
static void replay_tick(struct recover *r, const struct pack_entry *entry)
{
    uint32_t cap = r->outbox->cap, taken;
    r->outbox->cap = RECOVER_TICK_EFFECTS;
    do {
        taken = engine_step(r->engine, &entry->event, 1, r->scratch->result, r->outbox);
        drain(r);
    } while (taken == 0 && entry->kind == PACK_TICK);
    r->outbox->cap = cap;
}

/* Entries up to `told` and those behind are not in one step. */
static void gather(struct recover *r, const struct event *e)
{
    struct recover_scratch *s = r->scratch;
    struct event *to = &s->event[s->events];
    *to = *e;
    if (event_has(e, F_ID) && e->id.p >= s->unpack.digits &&
        e->id.p < s->unpack.digits + sizeof s->unpack.digits) {
        memcpy(s->digits[s->events], e->id.p, e->id.len);
        to->id.p = s->digits[s->events];
    }
    if (++s->events == RECOVER_BATCH || r->seq == r->told)
        flush(r);
}

static void replay_claim(struct recover *r, const struct pack_entry *entry)
{
    char text[17] = "";
    memcpy(text, entry->by.p, entry->by.len < 16 ? entry->by.len : 16);
    uint64_t key = strtoull(text, NULL, 16);
    if (key != 0) /* as every client_key is */
        clients_claim(&r->clients, key, entry->number, r->seq);
}

/* What it led to then it leads to now; an alert that is not there now was not there then. */
static void replay_attend(struct recover *r, const struct pack_entry *entry)
{
    struct alert alert;
    uint32_t at = 0;
    bool found = false;
    while (!found && engine_alert_next(r->engine, &at, &alert))
        found = alert.alert_id == entry->number;
    if (!found || entry->attention > ATTEND_MUTE || entry->by.len == 0)
        return;
    int err = engine_attend(r->engine, &alert, (enum attention)entry->attention, entry->by,
                            entry->until, entry->event.rts, r->outbox);
    if (err == 0)
        drain(r);
}

static void replay_entry(struct recover *r)
{
    const struct pack_entry *entry = &r->scratch->entry;
    if (entry->kind != PACK_EVENT) /* before r->seq moves on: they belong to what came before */
        flush(r);
    r->seq++;
    switch ((enum pack_kind)entry->kind) {
    case PACK_EVENT:
        gather(r, &entry->event);
        break;
    case PACK_TICK:
    case PACK_TICK_PART:
        replay_tick(r, entry);
        break;
    case PACK_ATTEND:
        replay_attend(r, entry);
        break;
    case PACK_CLAIM:
        replay_claim(r, entry);
        break;
    }
}

/* Remembers how the engine came to them. */
static bool follow(struct recover *r, ms_t since, uint32_t before)
{
    const struct store_row *row = &r->scratch->next;
    bool policies = engine_generation(r->engine) != before;
    return lineage_add(&r->lineage, since, policies, row->bytes, (uint32_t)row->n) ||
           failed(r, "state directory", "no memory");
}

/* Live, an entry follows by which it is known whether what this led to has left. */
static bool apply(struct recover *r, const struct terms *next)
{
    const char *why = "no memory";
    struct outbox out = {.cap = engine_active(r->engine) + r->outbox->cap};
    out.effects = malloc(out.cap * sizeof *out.effects);
    bool fine = out.effects != NULL && engine_apply(r->engine, &next->settings, &out, &why) == 0;
    if (fine && out.n > 0 && r->seq + 1 > r->told && r->effects != NULL)
        r->effects(r->data, &out);
    free(out.effects);
    return fine || failed(r, "state directory", why);
}

/* The settings that are in force after entry r->seq, if there are such. */
static bool change_terms(struct recover *r)
{
    struct recover_scratch *s = r->scratch;
    while (r->recorded && s->more && s->next.first <= r->seq) {
        struct terms next;
        flush(r);
        if (!terms_unpack(&next, s->next.bytes, s->next.n))
            return failed(r, "state directory", "settings in journal.db are damaged");
        ms_t since = engine_at(r->engine);
        uint32_t before = engine_generation(r->engine);
        if (!apply(r, &next) || !follow(r, since, before)) {
            terms_fini(&next);
            return false;
        }
        terms_fini(&r->terms);
        r->terms = next;
        if (r->changed != NULL)
            r->changed(r->data);
        int got = store_next(&s->changes, &s->next);
        if (got < 0)
            return failed(r, "state directory", r->store->why);
        s->more = got == 1;
    }
    return true;
}

static void lose(struct recover *r, uint64_t first, uint64_t entries, const char *why)
{
    r->lost += entries;
    log_error(r->log, "journal entries lost", "first=%llu entries=%llu reason=\"%s\"",
              (unsigned long long)first, (unsigned long long)entries, why);
}

static bool replay_row(struct recover *r, const struct store_row *row)
{
    struct recover_scratch *s = r->scratch;
    if (row->first > r->seq + 1) {
        flush(r);
        lose(r, r->seq + 1, row->first - r->seq - 1, "they were never written, or removed");
        r->seq = row->first - 1;
    }
    uint64_t end = row->first + row->entries - 1, at = row->first - 1;
    unpack_begin(&s->unpack, row->bytes, row->bytes == NULL ? 0 : row->n);
    while (at < end && unpack_next(&s->unpack, &s->entry) == 1) {
        if (++at <= r->seq)
            continue; /* the image had it */
        if (!change_terms(r))
            return false;
        replay_entry(r);
    }
    flush(r); /* its texts lie in the row */
    if (at < end) {
        lose(r, at + 1, end - at, "the row is damaged");
        r->seq = end;
    }
    return true;
}

static void say(struct recover *r)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    uint64_t now = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
    if (now - r->scratch->said < RECOVER_SAY_MS)
        return;
    r->scratch->said = now;
    if (r->progress != NULL)
        r->progress(r->data);
}

bool recover_run(struct recover *r, struct outbox *outbox)
{
    struct recover_scratch *s = r->scratch;
    struct store_row row;
    r->outbox = outbox;
    if (!begin(r))
        return false;
    /* Settings after the checkpoint's last entry are not in it: an entry would have followed. */
    uint64_t from = r->seq;
    if (!store_read_terms(r->store, &s->changes, from == 0 ? 1 : from) ||
        !store_read_batches(r->store, &s->batches, from + 1))
        return failed(r, "state directory", r->store->why);
    int got = store_next(&s->changes, &s->next);
    s->more = got == 1;
    if (got >= 0)
        got = store_next(&s->batches, &row);
    for (; got == 1; got = store_next(&s->batches, &row)) {
        if (!replay_row(r, &row))
            return false;
        say(r);
        if (r->ended != NULL && r->ended(r->data)) {
            log_info(r->log, "start given up", "entries=%llu reason=\"the end was asked for\"",
                     (unsigned long long)r->seq);
            return false;
        }
    }
    if (got < 0)
        return failed(r, "state directory", r->store->why);
    if (s->known > r->seq) /* alerts of theirs had left, or a checkpoint has them */
        lose(r, r->seq + 1, s->known - r->seq, "the end of the journal is gone");
    return change_terms(r);
}
