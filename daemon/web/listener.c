#include "daemon/web/listener.h"

#include "core/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* "host" and "port" of ADDRESS:PORT, brackets taken off. */
static bool split(const char *address, char host[LISTENER_TEXT], char port[8])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(colon + 1) >= 8)
        return false;
    size_t n = (size_t)(colon - address);
    if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    }
    if (n == 0 || n >= LISTENER_TEXT)
        return false;
    memcpy(host, address, n);
    host[n] = 0;
    snprintf(port, 8, "%s", strcmp(colon + 1, "*") == 0 ? "0" : colon + 1);
    return true;
}

static int real_text(int fd, char ret[LISTENER_TEXT])
{
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    char host[LISTENER_TEXT - 16], port[8];
    if (getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        return -errno;
    if (getnameinfo((struct sockaddr *)&at, n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return -EADDRNOTAVAIL;
    snprintf(ret, LISTENER_TEXT, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
    return 0;
}

static bool set_options(int fd)
{
    const int one = 1, bytes = LISTENER_SEND_BYTES;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0;
}

static int listen_on(const struct addrinfo *at, char ret_text[LISTENER_TEXT])
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int err = 0;
    if (!set_options(fd) || bind(fd, at->ai_addr, at->ai_addrlen) != 0 ||
        listen(fd, LISTENER_BACKLOG) != 0)
        err = -errno;
    if (err == 0)
        err = real_text(fd, ret_text);
    if (err == 0)
        return fd;
    close(fd);
    return err;
}

int listener_open(const char *address, char ret_text[LISTENER_TEXT])
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    char host[LISTENER_TEXT], port[8];
    struct addrinfo *at = NULL;
    if (!split(address, host, port) || getaddrinfo(host, port, &hints, &at) != 0)
        return -EADDRNOTAVAIL;
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *a = at; a != NULL && fd < 0; a = a->ai_next)
        fd = listen_on(a, ret_text);
    freeaddrinfo(at);
    return fd;
}
