#include "daemon/curve.h"

#include "daemon/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

bool curve_key(struct str text, uint8_t ret[CURVE_BYTES])
{
    char copy[CURVE_TEXT];
    if (text.len != CURVE_TEXT - 1)
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = 0;
    return zmq_z85_decode(ret, copy) != NULL;
}

bool curve_make(struct curve_pair *ret)
{
    return zmq_curve_keypair(ret->public, ret->secret) == 0;
}

void curve_forget(struct curve_pair *pair)
{
    explicit_bzero(pair->secret, sizeof pair->secret);
}

/* --- reading -------------------------------------------------------------------------------- */

/* The value of "name: value" in the line. */
static bool line_value(const char *line, const char *name, char ret[CURVE_TEXT])
{
    size_t n = strlen(name);
    if (strncmp(line, name, n) != 0 || line[n] != ':')
        return false;
    line += n + 1;
    line += strspn(line, " \t");
    size_t len = strcspn(line, " \t\r\n");
    uint8_t key[CURVE_BYTES];
    bool fine = curve_key((struct str){line, (uint32_t)len}, key);
    explicit_bzero(key, sizeof key);
    if (fine) {
        memcpy(ret, line, len);
        ret[len] = 0;
    }
    return fine;
}

/* The lines of a key file; what is not there stays empty. */
static void parse(const char *text, struct curve_pair *ret)
{
    *ret = (struct curve_pair){.public = ""};
    for (const char *line = text; *line != 0; line += strcspn(line, "\n"), line += *line == '\n') {
        (void)line_value(line, "public", ret->public);
        (void)line_value(line, "secret", ret->secret);
    }
}

static const char *read_fd(int fd, bool secret, struct curve_pair *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return "is no file";
    if (secret && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "can be read by others; chmod 600 it";
    char text[CURVE_FILE_MAX + 1];
    ssize_t n = read(fd, text, CURVE_FILE_MAX);
    text[n < 0 ? 0 : n] = 0;
    parse(text, ret);
    explicit_bzero(text, sizeof text);
    return n < 0 ? "cannot be read" : NULL;
}

/* secret: it must be its owner's alone. */
static const char *read_file(const char *path, bool secret, struct curve_pair *ret)
{
    /* A FIFO in its place is refused, and not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? "does not exist" : "cannot be opened";
    const char *why = read_fd(fd, secret, ret);
    close(fd);
    return why;
}

static const char *check_pair(struct curve_pair *pair)
{
    char public[CURVE_TEXT];
    if (pair->secret[0] == 0)
        return "holds no secret key; make one with `ticketpulse keygen`";
    if (zmq_curve_public(public, pair->secret) != 0)
        return "holds what is no secret key; make one with `ticketpulse keygen`";
    if (pair->public[0] != 0 && strcmp(public, pair->public) != 0)
        return "has a public key that does not belong to its secret key";
    memcpy(pair->public, public, sizeof public);
    return NULL;
}

bool curve_read(const char *path, struct curve_pair *ret, const char **why)
{
    char real[PATH_MAX];
    bool credential = credential_is(path);
    *ret = (struct curve_pair){.public = ""};
    if (credential && !credential_path(path, real, sizeof real))
        *why = "is no credential that the service manager passed to us";
    else
        *why = read_file(credential ? real : path, !credential, ret);
    if (*why == NULL)
        *why = check_pair(ret);
    if (*why != NULL)
        curve_forget(ret);
    return *why == NULL;
}

bool curve_read_public(const char *path, char ret[CURVE_TEXT], const char **why)
{
    struct curve_pair pair = {.public = ""};
    uint8_t key[CURVE_BYTES];
    *why = NULL;
    if (curve_key(str_of(path), key))
        memcpy(pair.public, path, CURVE_TEXT);
    else
        *why = read_file(path, false, &pair);
    if (*why == NULL && pair.public[0] == 0)
        *why = "holds no public key";
    if (*why == NULL)
        memcpy(ret, pair.public, CURVE_TEXT);
    curve_forget(&pair);
    return *why == NULL;
}

/* --- writing -------------------------------------------------------------------------------- */

bool curve_write(const char *path, const struct curve_pair *pair)
{
    char text[512];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return false;
    int n = snprintf(text, sizeof text,
                     "# A CURVE key pair for TicketPulse. Whoever can read this file can pass for\n"
                     "# its owner; the public key alone may be given to anybody.\n"
                     "public: %s\nsecret: %s\n",
                     pair->public, pair->secret);
    bool fine = write(fd, text, (size_t)n) == n && fsync(fd) == 0;
    explicit_bzero(text, sizeof text);
    fine = close(fd) == 0 && fine;
    int err = errno;
    if (!fine)
        unlink(path); /* ours: O_EXCL */
    errno = err;
    return fine;
}
