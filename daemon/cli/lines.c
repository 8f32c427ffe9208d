#include "daemon/cli/lines.h"

#include "proto/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { LINES_BUFFER = 4 * TEXT_LINE_MAX };

struct lines {
    gzFile file; /* reads plain files as they are */
    uint64_t number, total;
    size_t at, end; /* what is in the buffer and not given yet */
    bool over;
    const char *why;
    char buffer[LINES_BUFFER];
};

struct lines *lines_open(const char *path, const char **ret_why)
{
    struct lines *l = calloc(1, sizeof(*l));
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = {0};
    bool good = fd >= 0 && fstat(fd, &st) == 0;
    if (good && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        good = false;
    }
    if (l != NULL && good)
        l->file = gzdopen(fd, "rb");
    if (l == NULL || l->file == NULL) {
        *ret_why = strerror(good ? ENOMEM : errno);
        if (fd >= 0)
            close(fd);
        free(l);
        return NULL;
    }
    gzbuffer(l->file, 1 << 17);
    l->total = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return l;
}

/* Moves what is left to the front and reads more behind it. */
static bool fill(struct lines *l)
{
    memmove(l->buffer, l->buffer + l->at, l->end - l->at);
    l->end -= l->at;
    l->at = 0;
    int n = gzread(l->file, l->buffer + l->end, (unsigned)(sizeof(l->buffer) - l->end));
    int code = Z_OK;
    if (n <= 0) {
        const char *why = gzerror(l->file, &code);
        if (code != Z_OK && code != Z_STREAM_END)
            l->why = code == Z_ERRNO ? strerror(errno) : why;
        l->over = true;
        return false;
    }
    l->end += (size_t)n;
    return true;
}

enum lines_end lines_next(struct lines *l, struct str *ret_line)
{
    bool skipped = false;
    for (size_t looked = 0;;) {
        const char *from = l->buffer + l->at;
        const char *nl = memchr(from + looked, '\n', l->end - l->at - looked);
        size_t len = nl != NULL ? (size_t)(nl - from) : l->end - l->at;
        bool last = nl == NULL && l->over;
        if (last && l->why != NULL)
            return LINES_BROKEN; /* half a line of a damaged file is none */
        if (last && len == 0 && !skipped)
            return LINES_END;
        if (nl != NULL || last) {
            l->number++;
            l->at += len + (nl != NULL);
            *ret_line = (struct str){from, (uint32_t)len};
            return skipped || len > TEXT_LINE_MAX ? LINES_LONG : LINES_ONE;
        }
        if (len > TEXT_LINE_MAX) {
            skipped = true;
            l->at = l->end;
            len = 0;
        }
        looked = len;
        fill(l);
    }
}

const char *lines_why(const struct lines *l)
{
    return l->why;
}

uint64_t lines_number(const struct lines *l)
{
    return l->number;
}

uint64_t lines_done(const struct lines *l)
{
    z_off_t at = gzoffset(l->file);
    return at > 0 ? (uint64_t)at : 0;
}

uint64_t lines_total(const struct lines *l)
{
    return l->total;
}

void lines_close(struct lines *l)
{
    gzclose_r(l->file);
    free(l);
}
