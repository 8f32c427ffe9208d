#include "tests/lib/peer.h"

#include "tests/lib/stream.h"

#include <fcntl.h>
#include <msgpack.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { ZONE_BYTES = 1 << 16 };

static void end(const char *what)
{
    perror(what);
    exit(1);
}

struct peer_page *peer_page_new(void)
{
    struct peer_page *page =
        mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        end("shared memory");
    return page;
}

pid_t peer_split(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        end("fork");
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static void *socket_new(void *context, int type, const char *endpoint, bool bind)
{
    void *s = zmq_socket(context, type);
    if (s == NULL || (bind ? zmq_bind(s, endpoint) : zmq_connect(s, endpoint)) != 0)
        end(endpoint);
    return s;
}

static void *subscriber_new(const char *endpoint, const char *prefix)
{
    void *s = socket_new(zmq_ctx_new(), ZMQ_SUB, endpoint, false);
    int ahead = 256; /* as the daemon's */
    zmq_setsockopt(s, ZMQ_RCVHWM, &ahead, sizeof ahead);
    zmq_setsockopt(s, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    return s;
}

/* --- the bare receiver ------------------------------------------------------------------------ */

static void receive(const char *events, const char *out, struct peer_page *page)
{
    void *in = subscriber_new(events, "ticket");
    void *echo = socket_new(zmq_ctx_new(), ZMQ_PUB, out, true);
    msgpack_zone zone;
    msgpack_object object;
    zmq_msg_t topic, payload;
    zmq_msg_init(&topic);
    zmq_msg_init(&payload);
    CHECK(msgpack_zone_init(&zone, ZONE_BYTES));
    for (;;) {
        size_t end = 0;
        if (zmq_msg_recv(&topic, in, 0) < 0 || zmq_msg_recv(&payload, in, 0) < 0)
            continue;
        CHECK(msgpack_unpack(zmq_msg_data(&payload), zmq_msg_size(&payload), &end, &zone,
                             &object) == MSGPACK_UNPACK_SUCCESS);
        page->events += object.type == MSGPACK_OBJECT_ARRAY ? object.via.array.size : 1;
        msgpack_zone_clear(&zone);
        if (zmq_msg_size(&topic) != 6)
            zmq_send(echo, zmq_msg_data(&payload), zmq_msg_size(&payload), 0);
    }
}

struct peer peer_bare(const char *events, const char *out)
{
    struct peer p = {.page = peer_page_new()};
    if ((p.pid = peer_split()) == 0)
        receive(events, out, p.page);
    return p;
}

/* --- the ear ---------------------------------------------------------------------------------- */

static void note(zmq_msg_t *msg, uint64_t now, struct peer_page *page)
{
    const char *at = zmq_msg_data(msg), *end = at + zmq_msg_size(msg);
    at = memmem(at, zmq_msg_size(msg), PEER_MARK, strlen(PEER_MARK));
    if (at == NULL)
        return;
    uint64_t number = 0;
    for (at += strlen(PEER_MARK); at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    uint64_t *heard_at = &page->heard_at[number % PEER_MARKS_MAX];
    page->twice += *heard_at != 0;
    page->marks += *heard_at == 0;
    *heard_at = *heard_at == 0 ? now : *heard_at;
}

static void hear(const char *out, const char *prefix, struct peer_page *page)
{
    void *in = subscriber_new(out, prefix);
    zmq_msg_t msg;
    zmq_msg_init(&msg);
    for (;;) {
        bool more = zmq_msg_recv(&msg, in, 0) >= 0 && zmq_msg_more(&msg);
        uint64_t now = stream_clock();
        while (more)
            more = zmq_msg_recv(&msg, in, 0) >= 0 && zmq_msg_more(&msg);
        note(&msg, now, page);
        page->heard++;
    }
}

struct peer peer_ear(const char *out, const char *prefix)
{
    struct peer p = {.page = peer_page_new()};
    if ((p.pid = peer_split()) == 0)
        hear(out, prefix, p.page);
    return p;
}

/* --- the daemon ------------------------------------------------------------------------------- */

struct peer peer_daemon(const char *program, const char *config, const char *log)
{
    struct peer p = {.pid = peer_split()};
    if (p.pid != 0)
        return p;
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
        end(log);
    execl(program, program, "--config", config, (char *)NULL);
    end(program);
    return p;
}

/* --- what they cost --------------------------------------------------------------------------- */

double peer_cpu_ns(const struct peer *p)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(p->pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        end("a child's CPU clock");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

long peer_rss_kb(const struct peer *p)
{
    char path[64];
    long total = 0, pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)p->pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%ld %ld", &total, &pages) != 2)
        end(path);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void peer_stop(struct peer *p)
{
    kill(p->pid, SIGTERM);
    waitpid(p->pid, NULL, 0);
    p->pid = 0;
}
