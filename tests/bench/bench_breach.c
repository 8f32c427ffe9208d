/* bench_breach: how long after its breach_at an alert leaves the daemon: idle, and under half the
 * load that it can take.
 *
 *     bench_breach PROGRAM [seconds]
 *
 * Every ten milliseconds a ticket is opened whose target is a second. What is told is when a
 * subscriber has its alert, less breach_at: the millisecond after it is in that, in which an event
 * may still come that is in time. On a busy machine run it with a priority of its own. */
#include "daemon/clock.h"
#include "proto/text.h"
#include "tests/lib/peer.h"
#include "tests/lib/spread.h"
#include "tests/lib/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { AGENTS = 1000, LIVE = 100000, BATCH = 64, PEAK_EVENTS = 1000000, SEND_AHEAD = 64 };
enum { EVERY_NS = 10000000, TARGET_MS = 1000 };

/* Tickets that will breach. */
struct probes {
    void *socket;
    uint64_t due, n, number;
    uint64_t breach_ns[PEER_MARKS_MAX]; /* breach_at, on the monotonic clock */
};

struct bench {
    char dir[PEER_PATH_MAX / 2];
    void *context, *socket;
    struct peer daemon, ear;
    struct stream stream;
    struct probes probes;
};

static struct bench b;

static void set_up(const char *program)
{
    char endpoint[PEER_PATH_MAX], config[PEER_PATH_MAX], log[PEER_PATH_MAX], out[PEER_PATH_MAX];
    char said[64];
    size_t n = sizeof endpoint;
    int ahead = SEND_AHEAD, yes = 1, linger = 0;
    snprintf(b.dir, sizeof b.dir, "/tmp/bench_breach.XXXXXX");
    CHECK(mkdtemp(b.dir) != NULL);
    b.context = zmq_ctx_new();
    b.socket = zmq_socket(b.context, ZMQ_XPUB);
    CHECK(b.socket != NULL);
    zmq_setsockopt(b.socket, ZMQ_SNDHWM, &ahead, sizeof ahead);
    zmq_setsockopt(b.socket, ZMQ_XPUB_NODROP, &yes, sizeof yes);
    zmq_setsockopt(b.socket, ZMQ_LINGER, &linger, sizeof linger);
    CHECK(zmq_bind(b.socket, "tcp://127.0.0.1:*") == 0);
    CHECK(zmq_getsockopt(b.socket, ZMQ_LAST_ENDPOINT, endpoint, &n) == 0);
    snprintf(config, sizeof config, "%s/config.yaml", b.dir);
    snprintf(log, sizeof log, "%s/log", b.dir);
    snprintf(out, sizeof out, "ipc://%s/out", b.dir);
    FILE *f = fopen(config, "w");
    CHECK(f != NULL);
    fprintf(f,
            "http: {bind: none}\n"
            "sockets: {events: {bind: [], connect: [\"%s\"]}, out: [\"%s\"], "
            "query: [\"ipc://%s/query\"]}\n"
            "log_level: warning\n"
            "alerts_per_minute: 0\n"
            "rules: []\n"
            "policies:\n"
            "  - {id: probe, match: {priority: probe}, first_response: 1s}\n"
            "  - {id: other, first_response: 200d, resolution: 300d}\n",
            endpoint, out, b.dir);
    CHECK(fclose(f) == 0);
    b.daemon = peer_daemon(program, config, log);
    b.ear = peer_ear(out, "alert.sla.breached.");
    CHECK(zmq_recv(b.socket, said, sizeof said, 0) > 0 && said[0] == 1);
    stream_open(&b.stream, AGENTS, LIVE, 1);
    b.probes.socket = b.socket;
}

static void tear_down(void)
{
    static const char *const files[] = {"config.yaml", "log", "out", "query"};
    char path[PEER_PATH_MAX + 16];
    peer_stop(&b.daemon);
    peer_stop(&b.ear);
    zmq_close(b.socket);
    zmq_ctx_term(b.context);
    stream_close(&b.stream);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof path, "%s/%s", b.dir, files[i]);
        unlink(path);
    }
    rmdir(b.dir);
}

/* Opens the next ticket if it is time. */
static void probe(void *data)
{
    struct probes *p = data;
    uint64_t now = stream_clock();
    if (now < p->due || p->n == PEER_MARKS_MAX)
        return;
    char ticket[32], payload[512];
    struct emitter em;
    struct event e = {.kind = EV_OPENED,
                      .has = F1(TYPE) | F1(TS) | F1(TICKET) | F1(PRIORITY) | F1(BY),
                      .ts = clock_system(),
                      .priority = str_of("probe"),
                      .by = BY_CUSTOMER};
    int n = snprintf(ticket, sizeof ticket, PEER_MARK "%llu", (unsigned long long)p->number);
    e.ticket = (struct str){ticket, (uint32_t)n};
    emit_start(&em, SINK_MSGPACK, payload, sizeof payload);
    event_emit(&em, NULL, &e);
    n = emit_finish(&em);
    CHECK(n > 0);
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t past = (uint64_t)wall.tv_sec * 1000000000 + (uint64_t)wall.tv_nsec -
                    (uint64_t)e.ts * 1000000; /* since ts */
    b.ear.page->heard_at[p->number++ % PEER_MARKS_MAX] = 0;
    p->breach_ns[p->n++] = stream_clock() - past + TARGET_MS * 1000000ULL;
    p->due = now + EVERY_NS;
    CHECK(zmq_send(p->socket, "ticket", 6, ZMQ_SNDMORE) == 6);
    CHECK(zmq_send(p->socket, payload, (size_t)n, 0) == n);
}

/* Waits for the alerts of all probes; do they come within the target? */
static bool tell(const char *what, double rate, double target)
{
    static double took[PEER_MARKS_MAX];
    const struct probes *p = &b.probes;
    const struct peer_page *page = b.ear.page;
    uint64_t until = stream_clock() + 5 * (uint64_t)TARGET_MS * 1000000, n = 0;
    while (page->marks < p->number && stream_clock() < until)
        zmq_poll(NULL, 0, 10);
    for (uint64_t i = 0; i < p->n; i++) {
        uint64_t at = page->heard_at[(p->number - p->n + i) % PEER_MARKS_MAX];
        if (at != 0)
            took[n++] = ((double)at - (double)p->breach_ns[i]) / 1e6;
    }
    spread_sort(took, n);
    double p99 = spread_quantile(took, n, 990);
    printf("%-14s %4.0f thousand/s: %llu of %llu alerts, p50 %.2f, p99 %.2f (target %.0f%s), "
           "worst %.2f ms\n",
           what, rate / 1e3, (unsigned long long)n, (unsigned long long)p->n,
           spread_quantile(took, n, 500), p99, target, p99 <= target ? "" : " MISSED",
           spread_quantile(took, n, 1000));
    fflush(stdout);
    return n == p->n && page->twice == 0;
}

static void begin(void)
{
    b.probes.n = 0;
    b.probes.due = 0;
}

int main(int argc, char **argv)
{
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 10;
    if (argc < 2 || !(seconds > 0 && seconds <= 60)) {
        fprintf(stderr, "bench_breach PROGRAM [seconds]\n");
        return 2;
    }
    set_up(argv[1]);
    begin();
    uint64_t until = stream_clock() + (uint64_t)(seconds * 1e9);
    while (stream_clock() < until) {
        probe(&b.probes);
        zmq_poll(NULL, 0, 1);
    }
    bool all = tell("idle", 0, 5);
    double peak = 0;
    for (int i = 0; i < 2; i++) { /* the first one opens the tickets */
        stream_fill(&b.stream, PEAK_EVENTS, BATCH);
        uint64_t took = stream_send(&b.stream, b.socket, 400000, false, NULL, NULL);
        peak = (double)PEAK_EVENTS / ((double)took / 1e9);
    }
    printf("%-14s %4.0f thousand/s\n", "peak", peak / 1e3);
    stream_fill(&b.stream, stream_events(peak / 2, seconds), BATCH);
    begin();
    stream_send(&b.stream, b.socket, peak / 2, true, probe, &b.probes);
    all = tell("half the peak", peak / 2, 20) && all;
    tear_down();
    return all ? 0 : 1;
}
