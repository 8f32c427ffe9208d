#include "daemon/checkpoint.h"

#include "core/err.h"
#include "daemon/prefault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICES = 2, PATH_CAP = STORE_PATH_MAX + CHECKPOINT_NAME_MAX + 8 };

STATIC_ASSERT((int)PREFAULT_RANGES_MAX >= (int)IMAGE_POOLS_MAX, "every pool has its range");

static const char magic[8] = {'T', 'P', 'C', 'H', 'E', 'C', 'K', '\n'};
static const char part[] = ".part", unknown[] = ".unknown";

void checkpoint_name(char ret[CHECKPOINT_NAME_MAX], uint64_t seq)
{
    snprintf(ret, CHECKPOINT_NAME_MAX, "checkpoint-%" PRIu64, seq);
}

static void path_of(char ret[PATH_CAP], const char *dir, uint64_t seq, const char *end)
{
    char name[CHECKPOINT_NAME_MAX];
    checkpoint_name(name, seq);
    snprintf(ret, PATH_CAP, "%s/%s%s", dir, name, end);
}

void checkpoint_init(struct checkpoint *c, const char *dir, struct image *image, uv_loop_t *loop)
{
    memset(c, 0, sizeof *c);
    c->dir = dir;
    c->image = image;
    c->loop = loop;
    c->fd = -1;
}

/* --- writing ------------------------------------------------------------------------------ */

static void let_go(struct checkpoint *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    free(c->front);
    free(c->slice);
    c->front = NULL;
    c->slice = NULL;
    c->under_way = false;
}

static void give_up(struct checkpoint *c)
{
    char path[PATH_CAP];
    path_of(path, c->dir, c->seq, part);
    image_cancel(c->image);
    let_go(c);
    unlink(path);
}

bool checkpoint_begin(struct checkpoint *c, uint64_t seq, ms_t at, const void *lineage,
                      uint64_t lineage_n, const void *clients, uint64_t clients_n)
{
    struct checkpoint_head head = {.version = CHECKPOINT_VERSION,
                                   .seq = seq,
                                   .at = at,
                                   .lineage = lineage_n,
                                   .clients = clients_n};
    char path[PATH_CAP];
    CHECK(!c->under_way);
    memcpy(head.magic, magic, sizeof magic);
    c->seq = seq;
    c->at = at;
    c->size = c->front_at = c->slice_ns_max = 0;
    c->turn = c->busy = 0;
    c->last = c->broken = false;
    c->error = 0;
    c->front_n = sizeof head + lineage_n + clients_n;
    c->front = malloc(c->front_n);
    c->slice = calloc(SLICES, sizeof *c->slice);
    path_of(path, c->dir, seq, part);
    if (c->front != NULL && c->slice != NULL)
        c->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (c->front == NULL || c->slice == NULL || c->fd < 0) {
        c->error = c->front == NULL || c->slice == NULL ? ENOMEM : errno;
        let_go(c);
        return false;
    }
    memcpy(c->front, &head, sizeof head);
    memcpy(c->front + sizeof head, lineage, lineage_n);
    if (clients_n > 0)
        memcpy(c->front + sizeof head + lineage_n, clients, clients_n);
    checksum_init(&c->sum);
    checksum_add(&c->sum, c->front, c->front_n);
    c->begun_ns = uv_hrtime();
    c->under_way = true;
    image_begin(c->image);
    return true;
}

/* In a thread. */
static void write_slice(uv_work_t *work)
{
    struct checkpoint_slice *s = work->data;
    struct checkpoint *c = s->owner;
    uint32_t done = 0;
    while (done < s->n) {
        ssize_t n = pwrite(c->fd, s->bytes + done, s->n - done, (off_t)(s->at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            s->n = 0; /* told by on_written */
            s->at = (uint64_t)(n < 0 ? errno : ENOSPC);
            return;
        }
        done += (uint32_t)n;
    }
    /* Without this the disk would get it in floods, and the journal's next commit waits for each.
     * Whether it fails is known from fdatasync. */
    (void)sync_file_range(c->fd, (off_t)s->at, s->n,
                          SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

/* In a thread: the whole file is written. */
static void name_file(uv_work_t *work)
{
    struct checkpoint_slice *s = work->data;
    struct checkpoint *c = s->owner;
    char from[PATH_CAP], to[PATH_CAP];
    path_of(from, c->dir, c->seq, part);
    path_of(to, c->dir, c->seq, "");
    int dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = dir >= 0 && fdatasync(c->fd) == 0 && rename(from, to) == 0 && fsync(dir) == 0;
    s->at = fine ? 0 : (uint64_t)errno;
    s->n = fine;
    if (dir >= 0)
        close(dir);
}

static void note(struct checkpoint *c, struct checkpoint_slice *s)
{
    s->busy = false;
    c->busy--;
    if (s->n == 0 && !c->broken) {
        c->broken = true;
        c->error = (int)s->at;
    }
}

static void end(struct checkpoint *c)
{
    if (c->broken)
        give_up(c);
    else
        let_go(c);
    if (c->closed != NULL)
        c->closed(c->data);
    else
        c->done(c);
}

static void on_named(uv_work_t *work, int status)
{
    struct checkpoint_slice *s = work->data;
    struct checkpoint *c = s->owner;
    (void)status;
    note(c, s);
    end(c);
}

static void on_written(uv_work_t *work, int status)
{
    struct checkpoint_slice *s = work->data;
    struct checkpoint *c = s->owner;
    (void)status; /* nothing cancels it */
    note(c, s);
    if (c->busy > 0)
        return;
    if (c->broken || c->closed != NULL) {
        c->broken = true;
        end(c);
    } else if (c->last) {
        s->busy = true;
        c->busy++;
        int err = uv_queue_work(c->loop, &s->work, name_file, on_named);
        CHECK(err == 0);
    }
}

/* The next bytes of the file into s. false: the image is void. */
static bool fill(struct checkpoint *c, struct checkpoint_slice *s)
{
    uint64_t left = c->front_n - c->front_at;
    s->n = left < CHECKPOINT_SLICE ? (uint32_t)left : CHECKPOINT_SLICE;
    if (s->n > 0) {
        memcpy(s->bytes, c->front + c->front_at, s->n);
        c->front_at += s->n;
    } else {
        int more = image_next(c->image, s->bytes, CHECKPOINT_SLICE, &s->n);
        if (more < 0)
            return false;
        c->last = more == 0;
    }
    s->at = c->size;
    c->size += s->n;
    if (c->last) {
        uint64_t sum = image_sum(c->image);
        checksum_add(&c->sum, &sum, sizeof sum);
        c->digest = checksum_value(&c->sum);
    }
    return true;
}

void checkpoint_work(struct checkpoint *c)
{
    if (!c->under_way || c->last || c->broken)
        return;
    struct checkpoint_slice *s = &c->slice[c->turn % SLICES];
    if (s->busy)
        return;
    uint64_t begun = uv_hrtime();
    if (!fill(c, s)) {
        c->broken = true; /* what is on its way ends it */
        c->error = EBUSY;
        if (c->busy == 0)
            end(c);
        return;
    }
    c->turn++;
    s->owner = c;
    s->work.data = s;
    s->busy = true;
    c->busy++;
    int err = uv_queue_work(c->loop, &s->work, write_slice, on_written);
    CHECK(err == 0);
    uint64_t took = uv_hrtime() - begun;
    c->slice_ns_max = took > c->slice_ns_max ? took : c->slice_ns_max;
}

void checkpoint_close(struct checkpoint *c, void (*closed)(void *data), void *data)
{
    if (c->busy > 0) {
        c->closed = closed;
        c->data = data;
        return;
    }
    if (c->under_way)
        give_up(c);
    closed(data);
}

/* --- reading ------------------------------------------------------------------------------ */

static bool fail(struct checkpoint_reader *r, const char *why)
{
    checkpoint_read_end(r);
    r->why = why;
    return false;
}

static uint64_t unread(const struct checkpoint_reader *r)
{
    return r->left + r->buffered;
}

/* What read() gives, at most n bytes; 0: nothing more, or it failed. */
static uint64_t read_some(struct checkpoint_reader *r, void *to, uint64_t n)
{
    ssize_t got;
    do
        got = read(r->fd, to, n < r->left ? n : r->left);
    while (got < 0 && errno == EINTR);
    r->left -= got > 0 ? (uint64_t)got : 0;
    return got > 0 ? (uint64_t)got : 0;
}

/* Some of the next n bytes, by way of the buffer if they are few. 0: they are not there. */
static uint64_t take_some(struct checkpoint_reader *r, void *to, uint64_t n)
{
    if (r->buffered == 0 && n >= CHECKPOINT_BUFFER)
        return read_some(r, to, n < CHECKPOINT_READ ? n : CHECKPOINT_READ);
    if (r->buffered == 0) {
        r->buffered = (uint32_t)read_some(r, r->buffer, CHECKPOINT_BUFFER);
        r->at = 0;
    }
    n = n < r->buffered ? n : r->buffered;
    memcpy(to, r->buffer + r->at, n);
    r->at += (uint32_t)n;
    r->buffered -= (uint32_t)n;
    return n;
}

/* Part of what is before the image; false: it is not there. */
static bool take(struct checkpoint_reader *r, void *to, uint64_t n)
{
    for (uint64_t done = 0, got; done < n; done += got) {
        got = take_some(r, (uint8_t *)to + done, n - done);
        if (got == 0)
            return false;
    }
    checksum_add(&r->sum, to, n);
    return true;
}

bool checkpoint_open(struct checkpoint_reader *r, const char *dir, uint64_t seq, uint64_t size)
{
    char path[PATH_CAP];
    struct stat st;
    memset(r, 0, sizeof *r);
    checksum_init(&r->sum);
    path_of(path, dir, seq, "");
    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* no file: no waiting for it */
    if (r->fd < 0)
        return fail(r, "it cannot be opened");
    if (fstat(r->fd, &st) != 0 || (uint64_t)st.st_size != size)
        return fail(r, "it has another size than was noted");
    (void)posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    r->left = size;
    r->buffer = malloc(CHECKPOINT_BUFFER);
    if (r->buffer == NULL)
        return fail(r, "there is no memory");
    if (!take(r, &r->head, sizeof r->head) || memcmp(r->head.magic, magic, sizeof magic) != 0 ||
        r->head.seq != seq || r->head.lineage > unread(r) || r->head.clients > unread(r))
        return fail(r, "it is damaged");
    if (r->head.version != CHECKPOINT_VERSION)
        return fail(r, "another version wrote it");
    r->lineage = malloc(r->head.lineage + 1);
    r->clients = malloc(r->head.clients + 1);
    if (r->lineage == NULL || r->clients == NULL)
        return fail(r, "there is no memory");
    if (!take(r, r->lineage, r->head.lineage) || !take(r, r->clients, r->head.clients))
        return fail(r, "it is damaged");
    return true;
}

/* How much comes into each pool is known now: their pages are got while they are filled. */
static void begin_prefault(struct prefault *f, const struct image *image)
{
    for (uint32_t i = 0; i < image->pools; i++)
        prefault_add(f, pool_at(image->pool[i], 1),
                     (uint64_t)image->pool[i]->high * image->pool[i]->slot_size);
    prefault_start(f);
}

bool checkpoint_load(struct checkpoint_reader *r, struct image *image, uint64_t digest)
{
    struct prefault ahead = {.n = 0};
    uint64_t slots = 0, n = 0, got = 0;
    int err = 0;
    image_load_begin(image);
    do {
        void *to = image_load_place(image, &n);
        got = n > 0 ? take_some(r, to, n) : 0;
        if (got > 0)
            err = image_load_took(image, got);
        if (err == 0 && slots == 0 && (slots = image_load_left(image)) > 0)
            begin_prefault(&ahead, image);
    } while (got > 0 && err == 0);
    prefault_end(&ahead);
    int ended = image_load_end(image);
    if (err == 0)
        err = unread(r) > 0 ? ERR_BAD_IMAGE : ended;
    if (err != 0)
        return fail(r, err == ERR_OTHER_IMAGE
                           ? "it was made by another version, or with other limits"
                           : "it is damaged, or cannot be read");
    uint64_t sum = image_sum(image);
    checksum_add(&r->sum, &sum, sizeof sum);
    return checksum_value(&r->sum) == digest || fail(r, "it is damaged");
}

void checkpoint_read_end(struct checkpoint_reader *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    free(r->lineage);
    free(r->clients);
    free(r->buffer);
    r->lineage = r->clients = r->buffer = NULL;
}

/* What a checkpoint's name has behind its number; NULL: it is none. */
static const char *number_of(const char *name, uint64_t *ret_seq)
{
    static const char first[] = "checkpoint-";
    char *end = NULL;
    if (strncmp(name, first, sizeof first - 1) != 0)
        return NULL;
    *ret_seq = strtoull(name + sizeof first - 1, &end, 10);
    return end;
}

uint64_t checkpoint_newest(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    uint64_t seq, newest = 0;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        const char *end = number_of(entry->d_name, &seq);
        if (end != NULL && *end == 0 && seq > newest)
            newest = seq;
    }
    if (d != NULL)
        closedir(d);
    return newest;
}

void checkpoint_put_aside(const char *dir, uint64_t after)
{
    char from[PATH_CAP], to[PATH_CAP];
    uint64_t seq, last = 0;
    while ((seq = checkpoint_newest(dir)) > after && seq != last) {
        path_of(from, dir, seq, "");
        path_of(to, dir, seq, unknown);
        (void)rename(from, to);
        last = seq; /* there still: it cannot be renamed */
    }
}

static void remove_files(const char *dir, uint64_t before, bool halves)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    uint64_t seq;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        const char *end = number_of(entry->d_name, &seq);
        if (end == NULL)
            continue;
        bool half = strcmp(end, part) == 0;
        if ((half && halves) || ((half || *end == 0) && seq < before))
            (void)unlinkat(dirfd(d), entry->d_name, 0);
    }
    if (d != NULL)
        closedir(d);
}

void checkpoint_tidy(const char *dir, uint64_t before)
{
    remove_files(dir, before, false);
}

void checkpoint_tidy_halves(const char *dir)
{
    remove_files(dir, 0, true);
}
