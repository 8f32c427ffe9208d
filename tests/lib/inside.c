#include "tests/lib/inside.h"

#include "proto/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SOCKETS                                                                                    \
    "sockets: {events: {bind: [\"tcp://127.0.0.1:*\"]}, out: [\"tcp://127.0.0.1:*\"],\n"           \
    "          query: [\"tcp://127.0.0.1:*\"]}\n"

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

static uint16_t port_of(const struct web *w)
{
    struct sockaddr_in at;
    socklen_t n = sizeof at;
    if (w->mhd == NULL)
        return 0;
    int fd = MHD_get_daemon_info(w->mhd, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd;
    if (getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        die("http", strerror(errno));
    return ntohs(at.sin_port);
}

void inside_open(struct inside *in, const char *config)
{
    static struct config parsed;
    static char text[1 << 16];
    struct tree_error why;
    int n = snprintf(text, sizeof text, "%s%s", SOCKETS, config);
    CHECK(n > 0 && n < (int)sizeof text);
    if (!config_parse("inside", text, (size_t)n, &parsed, &why))
        die("configuration", why.text);
    log_init(&in->log, open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_DEBUG);
    in->zmq = zmq_ctx_new();
    CHECK(in->zmq != NULL && uv_loop_init(&in->loop) == 0);
    in->driver = driver_new(&parsed, &in->log);
    if (in->driver == NULL || !driver_open(in->driver, &in->loop, in->zmq))
        die("driver", "does not start");
    in->port = port_of(&in->driver->web);
}

void inside_event(struct inside *in, const char *json)
{
    static struct text_reader reader;
    struct event e;
    struct result r = {.verdict = VERDICT_REFUSED};
    enum event_field field;
    const struct web_parts *parts = &in->driver->web.parts;
    text_reader_init(&reader, false);
    if (text_read(&reader, json, strlen(json), parts->begin(parts->data), &e, &field) != 1)
        die("no event", json);
    parts->take(parts->data, &e, &r);
    if (r.verdict == VERDICT_REFUSED)
        die("event refused", json);
    text_reader_fini(&reader);
}

void inside_turn(struct inside *in)
{
    uv_run(&in->loop, UV_RUN_NOWAIT);
}

int inside_connect(const struct inside *in)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(in->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        if (errno != EINTR) /* libFuzzer's clock */
            die("connect", strerror(errno));
        close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    if (fd < 0)
        die("socket", strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}
