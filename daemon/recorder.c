#include "daemon/recorder.h"

#include "daemon/archive_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum chunk_kind { CHUNK_ALERT, CHUNK_RUN, CHUNK_SAMPLE, CHUNK_PLACE, CHUNK_THIN };

/* Its texts follow: a (topic, run, name, receiver), b (window), c (message, numbers). */
struct chunk {
    uint8_t kind, scope;
    uint16_t a, b;
    uint32_t c;
    uint64_t n; /* number, base */
    ms_t step, at;
};

/* --- the writer --------------------------------------------------------------------------- */

struct wrote {
    uint64_t alerts, rows;
};

static enum store_result put_chunk(struct recorder *r, const struct chunk *c, const char *texts,
                                   struct wrote *w)
{
    struct archive *archive = &r->archive;
    struct str a = {texts, c->a}, b = {texts + c->a, c->b};
    const char *rest = texts + c->a + c->b;
    switch ((enum chunk_kind)c->kind) {
    case CHUNK_ALERT:
        w->alerts++;
        return archive_alert(archive, c->n, a, rest, c->c);
    case CHUNK_RUN:
        return archive_run(archive, a, c->at, c->n);
    case CHUNK_SAMPLE: {
        const struct archive_sample sample = {c->step, c->at, c->scope, a, b, {rest, c->c}};
        w->rows++;
        return archive_sample(archive, &sample);
    }
    case CHUNK_PLACE:
        return archive_place(archive, a, c->n);
    case CHUNK_THIN:
        r->thinning = true;
        r->thin_now = c->at;
        break;
    }
    return STORE_FINE;
}

static enum store_result put_work(struct recorder *r, struct wrote *w)
{
    const uint8_t *p = r->work.p, *end = p + r->work.n;
    enum store_result result = STORE_FINE;
    while (result == STORE_FINE && p < end) {
        struct chunk c;
        memcpy(&c, p, sizeof c);
        result = put_chunk(r, &c, (const char *)p + sizeof c, w);
        p += sizeof c + c.a + c.b + c.c;
    }
    return result;
}

/* All of the work, and some of what is too old, in one transaction. */
static enum store_result write_once(struct recorder *r)
{
    struct archive *a = &r->archive;
    struct wrote w = {0};
    bool more = false;
    enum store_result result = archive_begin(a);
    if (result == STORE_FINE)
        result = put_work(r, &w);
    if (result == STORE_FINE && r->thinning)
        result = archive_thin(a, &r->keep, r->thin_now, &more);
    if (result == STORE_FINE)
        result = archive_commit(a);
    if (result != STORE_FINE) {
        archive_rollback(a);
        return result;
    }
    r->thinning = more;
    atomic_fetch_sub(&r->backlog, r->work.n);
    r->work.n = 0;
    atomic_fetch_add(&r->alerts, w.alerts);
    atomic_fetch_add(&r->rows, w.rows);
    atomic_fetch_add(&r->commits, 1);
    return STORE_FINE;
}

/* Sleeps so long, unless somebody waits for us. Under the mutex. */
static void rest(struct recorder *r, long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int rc = 0;
    while (!r->stopping && !r->hurry && rc == 0)
        rc = pthread_cond_timedwait(&r->wake, &r->mutex, &until);
}

static void take_queue(struct recorder *r)
{
    if (r->work.n > 0)
        return;
    struct recorder_queue empty = r->work;
    r->work = r->queue;
    r->queue = empty;
    r->mark_taken = r->mark_wanted;
    r->busy = r->work.n > 0;
}

/* The file failed: it may be well by now, or is put aside. A new one does not know of this run. */
static bool open_anew(struct recorder *r)
{
    struct archive *a = &r->archive;
    char dir[STORE_PATH_MAX];
    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(a->path, '/') - a->path), a->path);
    archive_close(a);
    bool opened = archive_open(a, dir);
    if (a->renewed)
        atomic_store(&r->renewed, true);
    if (!opened)
        return false;
    enum store_result result = archive_begin(a);
    if (result == STORE_FINE)
        result = archive_run(a, str_of(r->run), r->began, r->base);
    if (result == STORE_FINE)
        result = archive_commit(a);
    if (result != STORE_FINE)
        archive_rollback(a);
    return result == STORE_FINE;
}

/* One attempt. Under the mutex, which is let go meanwhile. */
static void attempt(struct recorder *r)
{
    take_queue(r);
    pthread_mutex_unlock(&r->mutex);
    bool opened = atomic_load(&r->health) != STORE_BROKEN || open_anew(r);
    enum store_result result = opened ? write_once(r) : STORE_BROKEN;
    pthread_mutex_lock(&r->mutex);
    if (result == STORE_FINE)
        atomic_store(&r->mark, r->queue.n > 0 ? r->mark_taken : r->mark_wanted);
    if (result != STORE_FINE) {
        memcpy(r->why, r->archive.why, sizeof r->why);
        r->thinning = r->thinning && result == STORE_FULL;
    }
    atomic_store(&r->health, (int)result);
    uv_async_send(&r->async);
}

static void *writer(void *arg)
{
    struct recorder *r = arg;
    bool gave_up = false;
    pthread_mutex_lock(&r->mutex);
    while (!gave_up) {
        r->busy = r->queue.n > 0 || r->work.n > 0;
        if (!r->busy)
            pthread_cond_broadcast(&r->idle);
        if (!r->busy && !r->thinning) {
            if (r->stopping)
                break;
            r->hurry = false;
            pthread_cond_wait(&r->wake, &r->mutex);
            continue;
        }
        bool fine = atomic_load(&r->health) == STORE_FINE;
        rest(r, fine ? RECORDER_GATHER_MS : RECORDER_RETRY_MS);
        attempt(r);
        if (atomic_load(&r->health) != STORE_FINE) {
            r->hurry = false;
            pthread_cond_broadcast(&r->idle); /* it cannot be waited for */
            gave_up = r->stopping;
        }
        gave_up |= r->stopping && r->queue.n == 0 && r->work.n == 0;
    }
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

/* --- the loop's side ---------------------------------------------------------------------- */

static void add_run(void *data, struct str id, uint64_t base)
{
    runs_add(data, id, base);
}

bool recorder_open(struct recorder *r, const char *dir)
{
    struct archive_reader reader;
    if (dir[0] == 0)
        return true;
    if (!archive_open(&r->archive, dir))
        return false;
    bool fine = archive_base(&r->archive, &r->base);
    if (fine && (!archive_reader_open(&reader, dir) ||
                 !archive_runs(&reader, RUNS_MAX - 1, add_run, &r->runs))) {
        memcpy(r->archive.why, reader.why, sizeof r->archive.why);
        fine = false;
    }
    if (fine)
        archive_reader_close(&reader);
    else
        archive_close(&r->archive);
    r->on = fine;
    return fine;
}

static void on_async(uv_async_t *async)
{
    struct recorder *r = async->data;
    if (r->wrote != NULL)
        r->wrote(r);
}

/* Room for n more bytes; NULL: no memory. Under the mutex. */
static uint8_t *queue_room(struct recorder *r, size_t n)
{
    struct recorder_queue *q = &r->queue;
    if (q->cap - q->n < n) {
        size_t cap = q->cap * 2 > q->n + n ? q->cap * 2 : q->n + n + 16384;
        uint8_t *p = realloc(q->p, cap);
        if (p == NULL)
            return NULL;
        q->p = p;
        q->cap = cap;
    }
    return q->p + q->n;
}

static void send_chunk(struct recorder *r, const struct chunk *c, struct str a, struct str b,
                       struct str rest_of)
{
    size_t n = sizeof *c + c->a + c->b + c->c;
    if (!r->running)
        return;
    bool full = atomic_load(&r->backlog) + n > RECORDER_BACKLOG_MAX;
    pthread_mutex_lock(&r->mutex);
    uint8_t *to = full ? NULL : queue_room(r, n);
    if (to != NULL) {
        memcpy(to, c, sizeof *c);
        to += sizeof *c;
        memcpy(to, a.p, c->a);
        memcpy(to + c->a, b.p, c->b);
        memcpy(to + c->a + c->b, rest_of.p, c->c);
        r->queue.n += n;
        atomic_fetch_add(&r->backlog, n);
        pthread_cond_signal(&r->wake);
    }
    pthread_mutex_unlock(&r->mutex);
    r->lost += to == NULL && c->kind != CHUNK_THIN;
    r->overflowing |= to == NULL && c->kind == CHUNK_ALERT;
}

static const struct str nothing = {"", 0};

bool recorder_start(struct recorder *r, uv_loop_t *loop, const char *run, ms_t at, uint64_t mark)
{
    pthread_condattr_t attributes;
    if (!r->on)
        return true;
    if (uv_async_init(loop, &r->async, on_async) != 0)
        return false;
    r->async.data = r;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->wake, &attributes);
    pthread_cond_init(&r->idle, &attributes);
    pthread_condattr_destroy(&attributes);
    snprintf(r->run, sizeof r->run, "%s", run);
    r->began = at;
    r->mark_wanted = r->mark_taken = mark;
    atomic_store(&r->mark, mark);
    r->running = pthread_create(&r->writer, NULL, writer, r) == 0;
    if (!r->running) {
        uv_close((uv_handle_t *)&r->async, NULL);
        return false;
    }
    struct str id = str_of(run);
    struct chunk c = {.kind = CHUNK_RUN, .a = (uint16_t)id.len, .n = r->base, .at = at};
    runs_add(&r->runs, id, r->base);
    send_chunk(r, &c, id, nothing, nothing);
    return true;
}

void recorder_alert(struct recorder *r, uint64_t n, struct str topic, const void *message,
                    size_t bytes)
{
    struct chunk c = {.kind = CHUNK_ALERT, .a = (uint16_t)topic.len, .c = (uint32_t)bytes, .n = n};
    send_chunk(r, &c, topic, nothing, (struct str){message, (uint32_t)bytes});
}

/* Nothing to write is nothing to wait for: most entries lead to no alert. */
void recorder_mark(struct recorder *r, uint64_t entry)
{
    if (!r->running)
        return;
    pthread_mutex_lock(&r->mutex);
    r->mark_wanted = entry;
    if (r->queue.n == 0 && !r->busy)
        atomic_store(&r->mark, entry);
    pthread_mutex_unlock(&r->mutex);
}

void recorder_sample(struct recorder *r, const struct archive_sample *s)
{
    struct chunk c = {.kind = CHUNK_SAMPLE,
                      .scope = s->scope,
                      .a = (uint16_t)s->name.len,
                      .b = (uint16_t)s->window.len,
                      .c = s->numbers.len,
                      .step = s->step,
                      .at = s->at};
    send_chunk(r, &c, s->name, s->window, s->numbers);
}

void recorder_place(struct recorder *r, struct str receiver, uint64_t n)
{
    struct chunk c = {.kind = CHUNK_PLACE, .a = (uint16_t)receiver.len, .n = n};
    send_chunk(r, &c, receiver, nothing, nothing);
}

void recorder_thin(struct recorder *r, ms_t now)
{
    struct chunk c = {.kind = CHUNK_THIN, .at = now};
    if (!r->running || (now >= r->thinned && now - r->thinned < RECORDER_THIN_MS))
        return;
    r->thinned = now;
    send_chunk(r, &c, nothing, nothing, nothing);
}

uint64_t recorder_told(struct recorder *r)
{
    bool fine = recorder_health(r) == STORE_FINE;
    r->overflowing &= !fine;
    return r->running && !r->overflowing ? atomic_load(&r->mark) : UINT64_MAX;
}

uint64_t recorder_backlog(const struct recorder *r)
{
    return atomic_load(&r->backlog);
}

enum store_result recorder_health(const struct recorder *r)
{
    return (enum store_result)atomic_load(&r->health);
}

void recorder_why(struct recorder *r, char ret[STORE_WHY_MAX])
{
    pthread_mutex_lock(&r->mutex);
    memcpy(ret, r->why, sizeof r->why);
    pthread_mutex_unlock(&r->mutex);
}

void recorder_settle(struct recorder *r)
{
    if (!r->running)
        return;
    pthread_mutex_lock(&r->mutex);
    r->hurry = true;
    pthread_cond_signal(&r->wake);
    while (r->hurry && (r->queue.n > 0 || r->busy))
        pthread_cond_wait(&r->idle, &r->mutex);
    pthread_mutex_unlock(&r->mutex);
}

static void on_closed(uv_handle_t *handle)
{
    struct recorder *r = handle->data;
    r->closed(r);
}

void recorder_close(struct recorder *r, void (*closed)(struct recorder *r))
{
    r->closed = closed;
    bool was = r->running;
    if (was) {
        pthread_mutex_lock(&r->mutex);
        r->stopping = true;
        pthread_cond_signal(&r->wake);
        pthread_mutex_unlock(&r->mutex);
        pthread_join(r->writer, NULL);
        pthread_mutex_destroy(&r->mutex);
        pthread_cond_destroy(&r->wake);
        pthread_cond_destroy(&r->idle);
    }
    r->running = false;
    free(r->queue.p);
    free(r->work.p);
    r->queue = r->work = (struct recorder_queue){0};
    if (r->on)
        archive_close(&r->archive);
    r->on = false;
    if (was)
        uv_close((uv_handle_t *)&r->async, on_closed);
    else
        closed(r);
}

void recorder_status(const struct recorder *r, struct status_record *ret)
{
    *ret = (struct status_record){.on = r->running};
    if (!r->running)
        return;
    ret->written = recorder_health(r) == STORE_FINE;
    ret->alerts = atomic_load(&r->alerts);
    ret->rows = atomic_load(&r->rows);
    ret->commits = atomic_load(&r->commits);
    ret->waiting_bytes = atomic_load(&r->backlog);
    ret->lost = r->lost;
}
