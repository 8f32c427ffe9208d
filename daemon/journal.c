#include "daemon/journal.h"

#include "daemon/checkpoint.h"

#include <stdlib.h>
#include <time.h>

/* Happy path: the loop packs entries into j->pack and pushes new bytes of it as chunks into the
 * queue. The writer takes the whole queue, appends the chunks to its copy of the pack (tail), and
 * commits rows; a row that is not full yet is replaced by a longer one the next time.
 * What can fail: writing. Then the chunks stay in `work` and everything is tried again. */

enum chunk_kind { CHUNK_PACK, CHUNK_TERMS, CHUNK_CHECKPOINT };

struct chunk {
    uint64_t first; /* terms: seq */
    ms_t at;
    uint32_t entries; /* of the pack so far */
    uint32_t n;       /* bytes that follow */
    uint8_t kind;     /* enum chunk_kind */
    bool begins;      /* a new pack */
    uint8_t pad[6];
};

struct journal_tail {
    uint64_t first;
    ms_t at;
    uint32_t entries, n;
    uint8_t bytes[PACK_BYTES_MAX];
};

/* --- the writer --------------------------------------------------------------------------- */

static enum store_result put_tail(struct journal *j)
{
    struct journal_tail *t = j->tail;
    return t->entries == 0 ? STORE_FINE
                           : store_batch(j->store, t->first, t->entries, t->at, t->bytes, t->n);
}

static enum store_result put_checkpoint(struct journal *j, const uint8_t *bytes)
{
    struct store_checkpoint c, kept[STORE_CHECKPOINTS];
    memcpy(&c, bytes, sizeof c);
    enum store_result result = store_checkpoint(j->store, &c);
    int n = result == STORE_FINE ? store_checkpoints(j->store, kept) : 0;
    if (n == STORE_CHECKPOINTS) { /* with one, a damaged one leaves nothing but the journal */
        j->covered = kept[n - 1].seq;
        atomic_store(&j->covered_file, j->covered);
        j->forgetting = true;
    }
    j->noted |= n > 0;
    return result;
}

/* Some of what need not be kept goes with each commit. */
static enum store_result forget(struct journal *j)
{
    if (!j->forgetting || j->keep_age == 0)
        return STORE_FINE;
    return store_forget(j->store, j->covered, j->newest - j->keep_age, j->keep_bytes,
                        &j->forgetting);
}

static enum store_result put_chunk(struct journal *j, const struct chunk *c, const uint8_t *bytes)
{
    struct journal_tail *t = j->tail;
    enum store_result result = STORE_FINE;
    if (c->kind == CHUNK_TERMS)
        return store_terms(j->store, c->first, c->at, bytes, c->n);
    if (c->kind == CHUNK_CHECKPOINT)
        return put_checkpoint(j, bytes);
    j->newest = c->at;
    if (c->begins) {
        result = put_tail(j);
        t->first = c->first;
        t->at = c->at;
        t->n = 0;
    }
    CHECK(t->first == c->first && c->n <= sizeof t->bytes - t->n);
    memcpy(t->bytes + t->n, bytes, c->n);
    t->n += c->n;
    t->entries = c->entries;
    return result;
}

/* All of the work in one transaction. */
static enum store_result write_work(struct journal *j)
{
    enum store_result result = store_begin(j->store);
    const uint8_t *p = j->work.p, *end = p + j->work.n;
    while (result == STORE_FINE && p < end) {
        struct chunk c;
        memcpy(&c, p, sizeof c);
        result = put_chunk(j, &c, p + sizeof c);
        p += sizeof c + c.n;
    }
    if (result == STORE_FINE)
        result = put_tail(j);
    if (result == STORE_FINE)
        result = store_fact(j->store, "told", atomic_load(&j->told));
    if (result == STORE_FINE)
        result = forget(j);
    if (result == STORE_FINE)
        result = store_commit(j->store);
    if (result != STORE_FINE)
        store_rollback(j->store);
    return result;
}

static void copy_tail(struct journal_tail *to, const struct journal_tail *from)
{
    memcpy(to, from, offsetof(struct journal_tail, bytes) + from->n);
}

/* Its file stays ahead of the commits; once enough is new in it, the mover has work to do. */
static void tend_wal(struct journal *j)
{
    store_stretch_wal(j->store);
    int pages = j->store->wal_pages;
    j->moved = pages < j->moved ? 0 : j->moved;
    bool moving = pages - j->moved >= JOURNAL_PASSIVE_PAGES;
    if (!moving && !j->noted)
        return;
    if (moving) {
        j->moved = pages;
        store_restart_wal(j->store);
    }
    pthread_mutex_lock(&j->mutex);
    j->moving |= moving;
    j->tidying |= j->noted;
    j->noted = false;
    pthread_cond_signal(&j->wake_mover);
    pthread_mutex_unlock(&j->mutex);
}

/* Tries to put the work on disk. */
static void write_once(struct journal *j)
{
    struct journal_tail *tail = &j->tail[0], *before = &j->tail[1];
    copy_tail(before, tail);
    enum store_result result = write_work(j);
    if (result == STORE_FINE) {
        atomic_fetch_sub(&j->backlog, j->work.n);
        j->work.n = 0;
        if (tail->entries > 0)
            atomic_store(&j->done, tail->first + tail->entries - 1);
        atomic_fetch_add(&j->commits, 1);
    } else {
        copy_tail(tail, before);
        pthread_mutex_lock(&j->mutex);
        memcpy(j->why, j->store->why, sizeof j->why);
        pthread_mutex_unlock(&j->mutex);
    }
    atomic_store(&j->health, (int)result);
    uv_async_send(&j->async);
    if (result == STORE_FINE) /* nobody waits for this */
        tend_wal(j);
}

/* The queue becomes the work, unless that is still to be done. Under the mutex. */
static void take_queue(struct journal *j)
{
    if (j->work.n > 0)
        return;
    struct journal_queue empty = j->work;
    j->work = j->queue;
    j->queue = empty;
}

/* Sleeps a while after a failure; who stops us is heard. Under the mutex. */
static void wait_after_failure(struct journal *j)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += JOURNAL_RETRY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int rc = 0;
    while (!j->stopping && rc == 0)
        rc = pthread_cond_timedwait(&j->wake, &j->mutex, &until);
}

/* The end was asked for and all is written: what has left is noted, once more. */
static void *writer(void *arg)
{
    struct journal *j = arg;
    bool last = false;
    pthread_mutex_lock(&j->mutex);
    while (!last) {
        while (j->queue.n == 0 && j->work.n == 0 && !j->stopping)
            pthread_cond_wait(&j->wake, &j->mutex);
        if (atomic_load(&j->health) != STORE_FINE)
            wait_after_failure(j);
        if (atomic_load(&j->health) == STORE_BROKEN) {
            last = j->stopping;
            continue;
        }
        take_queue(j);
        last = j->stopping && j->work.n == 0;
        pthread_mutex_unlock(&j->mutex);
        write_once(j);
        pthread_mutex_lock(&j->mutex);
        last |= j->stopping && atomic_load(&j->health) != STORE_FINE;
        pthread_cond_broadcast(&j->wrote);
    }
    pthread_mutex_unlock(&j->mutex);
    return NULL;
}

/* --- the mover ---------------------------------------------------------------------------- */

/* Also removes the files of checkpoints that no row names any more: that may take a while. */
static void *mover(void *arg)
{
    struct journal *j = arg;
    struct sqlite3 *other = store_second(j->store);
    pthread_mutex_lock(&j->mutex);
    while (!j->stopping && other != NULL) {
        bool moving = j->moving, tidying = j->tidying;
        if (!moving && !tidying) {
            pthread_cond_wait(&j->wake_mover, &j->mutex);
            continue;
        }
        j->moving = j->tidying = false;
        pthread_mutex_unlock(&j->mutex);
        if (moving)
            store_second_move(other);
        if (tidying)
            checkpoint_tidy(j->store->dir, atomic_load(&j->covered_file));
        pthread_mutex_lock(&j->mutex);
    }
    pthread_mutex_unlock(&j->mutex);
    store_second_close(other);
    return NULL;
}

/* --- the loop's side ---------------------------------------------------------------------- */

static void on_async(uv_async_t *async)
{
    struct journal *j = async->data;
    if (j->committed != NULL)
        j->committed(j);
}

static void begin_pack(struct journal *j)
{
    pack_begin(&j->pack, j->bytes, sizeof j->bytes);
    j->first = j->seq + 1;
    j->pushed = j->pushed_entries = 0;
}

static bool start_threads(struct journal *j)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->mutex, NULL);
    pthread_cond_init(&j->wake, &attributes);
    pthread_cond_init(&j->wake_mover, &attributes);
    pthread_cond_init(&j->wrote, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&j->writer, NULL, writer, j) != 0)
        return false;
    if (pthread_create(&j->mover, NULL, mover, j) == 0)
        return true;
    pthread_mutex_lock(&j->mutex);
    j->stopping = true;
    pthread_cond_signal(&j->wake);
    pthread_mutex_unlock(&j->mutex);
    pthread_join(j->writer, NULL);
    return false;
}

bool journal_open(struct journal *j, struct store *store, uint64_t seq, uv_loop_t *loop,
                  journal_cb *committed, void *data)
{
    ms_t age = j->keep_age;
    uint64_t size = j->keep_bytes;
    memset(j, 0, offsetof(struct journal, bytes));
    j->keep_age = age;
    j->keep_bytes = size;
    j->store = store;
    j->seq = seq;
    j->data = data;
    j->committed = committed;
    atomic_store(&j->done, seq);
    j->tail = calloc(2, sizeof *j->tail);
    if (j->tail == NULL || uv_async_init(loop, &j->async, on_async) != 0) {
        free(j->tail);
        return false;
    }
    j->async.data = j;
    begin_pack(j);
    j->threads = start_threads(j);
    return j->threads;
}

/* Room for n more bytes; NULL: no memory. */
static uint8_t *queue_room(struct journal_queue *q, size_t n)
{
    if (q->cap - q->n < n) {
        size_t cap = q->cap * 2 > q->n + n ? q->cap * 2 : q->n + n + 65536;
        uint8_t *p = realloc(q->p, cap);
        if (p == NULL)
            return NULL;
        q->p = p;
        q->cap = cap;
    }
    return q->p + q->n;
}

/* Whole chunks, for the writer. */
static bool hand_over(struct journal *j, const void *chunks, size_t n)
{
    if (atomic_load(&j->backlog) + n > JOURNAL_BACKLOG_MAX)
        return false;
    pthread_mutex_lock(&j->mutex);
    uint8_t *to = queue_room(&j->queue, n);
    if (to != NULL) {
        memcpy(to, chunks, n);
        j->queue.n += n;
        atomic_fetch_add(&j->backlog, n);
        pthread_cond_signal(&j->wake);
    }
    pthread_mutex_unlock(&j->mutex);
    return to != NULL;
}

static bool send_chunk(struct journal *j, const struct chunk *c, const void *bytes)
{
    uint8_t *to = queue_room(&j->staged, sizeof *c + c->n);
    if (to == NULL)
        return false;
    CHECK(j->staged.n == 0);
    memcpy(to, c, sizeof *c);
    memcpy(to + sizeof *c, bytes, c->n);
    return hand_over(j, j->staged.p, sizeof *c + c->n);
}

/* What is new in the pack is put behind what waits to be pushed. */
static void stage(struct journal *j)
{
    struct chunk c = {.first = j->first,
                      .at = j->at,
                      .entries = j->pack.entries,
                      .n = j->pack.n - j->pushed,
                      .kind = CHUNK_PACK,
                      .begins = j->pushed == 0};
    if (c.n == 0)
        return;
    uint8_t *to = queue_room(&j->staged, sizeof c + c.n);
    const uint8_t *from = j->bytes + j->pushed;
    j->staged_entries += j->pack.entries - j->pushed_entries;
    j->pushed = j->pack.n;
    j->pushed_entries = j->pack.entries;
    if (to == NULL) {
        j->staged_lost = true;
        return;
    }
    memcpy(to, &c, sizeof c);
    memcpy(to + sizeof c, from, c.n);
    j->staged.n += sizeof c + c.n;
}

/* All at once: the entries of one step are on disk together or not at all, so `told` (which is up
 * to what is on disk) never says of half a step that its alerts have left. */
void journal_push(struct journal *j)
{
    stage(j);
    if (j->staged_entries == 0)
        return;
    bool sent = !j->staged_lost && hand_over(j, j->staged.p, j->staged.n);
    if (!sent) {
        /* What the writer has of its pack is whole; the next one begins behind what is lost. */
        j->lost += j->staged_entries;
        begin_pack(j);
    }
    j->behind = !sent;
    j->staged.n = j->staged_entries = 0;
    j->staged_lost = false;
}

/* A place for one more entry. */
static struct pack *place(struct journal *j, ms_t at)
{
    if (!pack_room(&j->pack)) {
        stage(j);
        begin_pack(j);
    }
    if (j->pack.entries == 0)
        j->at = at;
    return &j->pack;
}

uint64_t journal_event(struct journal *j, const struct event *e)
{
    pack_event(place(j, e->rts), e);
    return ++j->seq;
}

uint64_t journal_tick(struct journal *j, ms_t at, bool done)
{
    pack_tick(place(j, at), at, done);
    return ++j->seq;
}

uint64_t journal_attend(struct journal *j, ms_t at, uint64_t alert_id, uint8_t attention,
                        struct str by, ms_t until)
{
    pack_attend(place(j, at), at, alert_id, attention, by, until);
    return ++j->seq;
}

uint64_t journal_claim(struct journal *j, struct str client, uint64_t batch)
{
    pack_claim(place(j, j->at), client, batch);
    return ++j->seq;
}

void journal_terms(struct journal *j, ms_t at, const void *bytes, uint32_t n)
{
    struct chunk c = {.first = j->seq, .at = at, .n = n, .kind = CHUNK_TERMS};
    journal_push(j);
    if (!send_chunk(j, &c, bytes))
        j->lost++;
}

void journal_checkpoint(struct journal *j, const struct store_checkpoint *checkpoint)
{
    struct chunk c = {.first = checkpoint->seq, .n = sizeof *checkpoint, .kind = CHUNK_CHECKPOINT};
    journal_push(j);
    (void)send_chunk(j, &c, checkpoint); /* a file that no row names goes with the next start */
}

void journal_told(struct journal *j, uint64_t seq)
{
    atomic_store(&j->told, seq);
}

uint64_t journal_committed(const struct journal *j)
{
    return atomic_load(&j->done);
}

enum store_result journal_health(const struct journal *j)
{
    return (enum store_result)atomic_load(&j->health);
}

void journal_why(struct journal *j, char ret[STORE_WHY_MAX])
{
    pthread_mutex_lock(&j->mutex);
    memcpy(ret, j->why, sizeof j->why);
    pthread_mutex_unlock(&j->mutex);
}

uint64_t journal_backlog(const struct journal *j)
{
    return atomic_load(&j->backlog);
}

bool journal_settle(struct journal *j)
{
    journal_push(j);
    pthread_mutex_lock(&j->mutex);
    while (atomic_load(&j->backlog) > 0 && atomic_load(&j->health) == STORE_FINE)
        pthread_cond_wait(&j->wrote, &j->mutex);
    pthread_mutex_unlock(&j->mutex);
    return atomic_load(&j->backlog) == 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct journal *j = handle->data;
    j->closed(j);
}

void journal_close(struct journal *j, journal_cb *closed)
{
    journal_push(j);
    j->closed = closed;
    pthread_mutex_lock(&j->mutex);
    j->stopping = true;
    pthread_cond_signal(&j->wake);
    pthread_cond_signal(&j->wake_mover);
    pthread_mutex_unlock(&j->mutex);
    pthread_join(j->writer, NULL);
    pthread_join(j->mover, NULL);
    pthread_mutex_destroy(&j->mutex);
    pthread_cond_destroy(&j->wake);
    pthread_cond_destroy(&j->wake_mover);
    pthread_cond_destroy(&j->wrote);
    free(j->queue.p);
    free(j->staged.p);
    free(j->work.p);
    free(j->tail);
    uv_close((uv_handle_t *)&j->async, on_closed);
}
