#include "daemon/cli/report_log.h"

#include "daemon/cli/stop.h"
#include "daemon/cli/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* A file without a name, where temporary files belong. -1: complained. */
static int temporary(void)
{
    const char *dir = getenv("TMPDIR");
    char path[256];
    if (dir == NULL || dir[0] == '\0' || strlen(dir) > sizeof path / 2)
        dir = "/tmp";
    snprintf(path, sizeof path, "%s/ticketpulse-XXXXXX", dir);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        word_error(W_E_WRITE, dir, strerror(errno), NULL);
    else
        unlink(path);
    return fd;
}

static bool write_all(int to, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(to, bytes, n);
        if (wrote < 0 && errno == EINTR && !stop_asked())
            continue;
        if (wrote < 0)
            return false;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

/* All that comes. What breaks off is there as far as it came. */
static bool copy(const char *path, int from, int to)
{
    char bytes[1 << 16];
    for (;;) {
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n == 0 || (n < 0 && stop_asked()))
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            word_error(W_E_READ, path, strerror(errno), NULL);
            return false;
        }
        if (!write_all(to, bytes, (size_t)n)) {
            word_error(W_E_WRITE, "TMPDIR", strerror(errno), NULL);
            return false;
        }
    }
}

/* Of what is no file a copy; -1: complained. */
static int keep(const char *path, int from)
{
    int to = temporary();
    if (to >= 0 && copy(path, from, to) && lseek(to, 0, SEEK_SET) == 0)
        return to;
    if (to >= 0)
        close(to);
    return -1;
}

/* Standard input becomes its own copy: it keeps its name. */
static bool keep_stdin(void)
{
    struct stat is;
    if (fstat(STDIN_FILENO, &is) == 0 && S_ISREG(is.st_mode))
        return true;
    int fd = keep("-", STDIN_FILENO);
    bool fine = fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO;
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool keep_path(struct report_log *l, uint32_t i)
{
    struct log_copy *c = &l->copy[i];
    struct stat is;
    if (stat(l->path[i], &is) != 0 || S_ISREG(is.st_mode) || S_ISDIR(is.st_mode))
        return true; /* or nobody knows: who opens it says so */
    int from = open(l->path[i], O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        word_error(W_E_OPEN, l->path[i], strerror(errno), NULL);
        return false;
    }
    int fd = keep(l->path[i], from);
    close(from);
    if (fd < 0)
        return false;
    c->fd = fd;
    snprintf(c->path, sizeof c->path, "/dev/fd/%d", fd);
    l->path[i] = c->path;
    return true;
}

bool report_log_open(struct report_log *l, char *const *paths, uint32_t n, bool again)
{
    *l = (struct report_log){
        .path = calloc(n, sizeof *l->path), .copy = calloc(n, sizeof *l->copy), .n = n};
    if (l->path == NULL || l->copy == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        l->n = 0;
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        l->path[i] = paths[i];
        if (again && !(is_stdin(paths[i]) ? keep_stdin() : keep_path(l, i)))
            return false;
    }
    l->from = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return true;
}

struct feed *report_log_feed(const struct report_log *l, bool quiet)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (is_stdin(l->path[i]) && l->from >= 0) /* a pipe is read but once */
            lseek(STDIN_FILENO, l->from, SEEK_SET);
    return feed_open(l->path, l->n, quiet);
}

bool report_log_extent(const struct report_log *l, ms_t enough, ms_t *ret_first, ms_t *ret_last)
{
    struct feed *f = report_log_feed(l, true);
    *ret_first = *ret_last = MS_NONE;
    if (f == NULL)
        return false;
    const struct event *e;
    while (*ret_last < enough && (e = feed_next(f)) != NULL && !stop_asked()) {
        *ret_first = *ret_first == MS_NONE ? e->ts : ms_min(*ret_first, e->ts);
        *ret_last = ms_max(*ret_last, e->ts);
    }
    feed_close(f);
    return true;
}

void report_log_close(struct report_log *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (l->copy[i].fd > 0)
            close(l->copy[i].fd);
    free(l->path);
    free(l->copy);
    *l = (struct report_log){0};
}
