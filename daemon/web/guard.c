#include "daemon/web/guard.h"

#include "daemon/credential.h"
#include "daemon/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 1024, HOST_BYTES_MAX = 256, NO_FILE = -2 };

static bool refuse_token(const char *path, const char *what, char why[GUARD_WHY_BYTES])
{
    snprintf(why, GUARD_WHY_BYTES, "%.150s: %s", path, what);
    return false;
}

/* What the file begins with, at most n bytes; below 0: errno says why, or NO_FILE. A FIFO in its
 * place is refused, and not waited for. */
static ssize_t read_start(const char *path, char *buf, size_t n)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -1;
    bool file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ssize_t got = file ? read(fd, buf, n) : NO_FILE;
    int kept = errno;
    close(fd);
    errno = kept;
    return got;
}

bool token_load(struct token *t, const char *file, char why[GUARD_WHY_BYTES])
{
    char path[PATH_BYTES_MAX], line[TOKEN_BYTES_MAX + 2]; /* one more, and the line's end */
    *t = (struct token){.n = 0};
    if (file[0] == 0)
        return true;
    if (!credential_is(file))
        snprintf(path, sizeof path, "%s", file);
    else if (!credential_path(file, path, sizeof path))
        return refuse_token(file,
                            "systemd gave us no such credential; write LoadCredential= in the "
                            "unit, or a path",
                            why);
    ssize_t read = read_start(path, line, sizeof line);
    if (read < 0)
        return refuse_token(
            path, read == NO_FILE ? "is no file; put the token into one" : strerror(errno), why);
    size_t n = 0; /* a zero byte is no end: what is behind it would be lost */
    while (n < (size_t)read && line[n] != '\r' && line[n] != '\n')
        n++;
    if (n < TOKEN_BYTES_MIN || n > TOKEN_BYTES_MAX)
        return refuse_token(path, "a token has 16 to 256 characters on one line", why);
    for (size_t i = 0; i < n; i++)
        if (line[i] <= ' ' || line[i] > '~')
            return refuse_token(path, "a token has visible ASCII characters only", why);
    memcpy(t->text, line, n);
    t->n = (uint32_t)n;
    return true;
}

bool token_shown(const struct token *t, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (t->n == 0)
        return true;
    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *shown = authorization + sizeof scheme - 1;
    size_t n = strlen(shown);
    volatile unsigned char differs = n != t->n;
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(shown[i] ^ t->text[i % t->n]);
    return differs == 0;
}

bool host_is_local(const char *host)
{
    char endpoint[HOST_BYTES_MAX];
    if (host == NULL)
        return false;
    const char *end = strrchr(host, ']');
    bool port = strchr(end == NULL ? host : end, ':') != NULL;
    int n = snprintf(endpoint, sizeof endpoint, "tcp://%s%s", host, port ? "" : ":80");
    return n < (int)sizeof endpoint && endpoint_is_local(endpoint);
}

bool origin_is_ours(const char *origin, const char *host)
{
    if (origin == NULL)
        return true;
    const char *name = strstr(origin, "://");
    return name != NULL && host != NULL && strcasecmp(name + 3, host) == 0;
}
