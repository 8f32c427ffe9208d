#include "tests/lib/visitors.h"

#include "tests/lib/stream.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

enum {
    EVENTS = 64,
    READ_BYTES = 1 << 16,
    DISCARDED_BYTES = 1 << 20,
    SCRAPE_MS = 1000,
    STALLED_BUFFER = 4096
};

static void end(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in local(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

uint16_t visitors_port(void)
{
    struct sockaddr_in at = local(0);
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        end("a free port");
    close(fd);
    return ntohs(at.sin_port);
}

/* A connection that has asked for the path. buffer: bytes of the kernel for us, 0: its choice. */
static int ask(uint16_t port, const char *path, int buffer, const char *more)
{
    char request[512];
    struct sockaddr_in at = local(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (buffer > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path,
                     more);
    CHECK(n > 0 && n < (int)sizeof request);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        write(fd, request, (size_t)n) != n)
        end(path);
    return fd;
}

/* Read and thrown away without a copy (MSG_TRUNC): what clients do with it is not measured. */
static void read_all(int epoll, struct peer_page *page, bool *begun)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
        ssize_t got = recv(events[i].data.fd, NULL, DISCARDED_BYTES, MSG_TRUNC);
        if (got <= 0)
            close(events[i].data.fd); /* cut off; the daemon's counters tell */
        page->events += got > 0 ? (uint64_t)got : 0;
        page->heard += got > 0 && !begun[events[i].data.fd];
        begun[events[i].data.fd] |= got > 0;
    }
}

static void stream(uint16_t port, const char *path, uint32_t n, bool stalled,
                   struct peer_page *page)
{
    int epoll = epoll_create1(0);
    int most = 0, *fds = calloc(n, sizeof *fds);
    CHECK(fds != NULL && epoll >= 0);
    for (uint32_t i = 0; i < n; i++) {
        fds[i] = ask(port, path, stalled ? STALLED_BUFFER : 0, "");
        most = fds[i] > most ? fds[i] : most;
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fds[i]};
        if (!stalled && epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &e) != 0)
            end("epoll");
    }
    bool *begun = calloc((size_t)most + 1, sizeof *begun);
    CHECK(begun != NULL);
    page->heard += stalled ? n : 0;
    for (;;) {
        if (stalled)
            pause();
        else
            read_all(epoll, page, begun);
    }
}

static struct peer streams(uint16_t port, const char *path, uint32_t n, bool stalled)
{
    struct peer p = {.page = peer_page_new()};
    if ((p.pid = peer_split()) == 0)
        stream(port, path, n, stalled, p.page);
    while (p.page->heard < n && kill(p.pid, 0) == 0)
        zmq_poll(NULL, 0, 10);
    return p;
}

struct peer visitors_streams(uint16_t port, const char *path, uint32_t n)
{
    return streams(port, path, n, false);
}

struct peer visitors_stalled(uint16_t port, const char *path, uint32_t n)
{
    return streams(port, path, n, true);
}

static void scrape(uint16_t port, struct peer_page *page)
{
    static char buf[READ_BYTES];
    for (;; zmq_poll(NULL, 0, SCRAPE_MS)) {
        int fd = ask(port, "/metrics", 0, "Connection: close\r\n");
        ssize_t got;
        while ((got = read(fd, buf, sizeof buf)) > 0)
            page->events += (uint64_t)got;
        page->heard++;
        close(fd);
    }
}

struct peer visitors_scraper(uint16_t port)
{
    struct peer p = {.page = peer_page_new()};
    if ((p.pid = peer_split()) == 0)
        scrape(port, p.page);
    return p;
}
