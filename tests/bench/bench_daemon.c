/* bench_daemon: the whole daemon beside the barest receiver, fed alike, in the same run.
 *
 *     bench_daemon PROGRAM [seconds [phase...]]   the ticketpulsed to measure; seconds of each
 *                                                 phase (10); only these, after speed: loss
 *                                                 latency streams snapshots
 *
 * The bare receiver does nothing but zmq_msg_recv and msgpack_unpack. The daemon keeps scopes
 * agent, team, category, all in windows 5m 1h 24h 7d 30d today month, for 1,000 agents and
 * 100,000 live tickets, with subscribers to kpi.all. and alert. Five phases:
 *
 *     speed     CPU per event (both threads, user and kernel) in pairs of runs, as ratios, for
 *               single events and batches of 64, each as fast as it is taken
 *     loss      90 % of the peak rate just seen, from a publisher that drops what is not taken
 *     latency   marks at half the peak rate: from sending to the alert at a subscriber, less what
 *               the bare receiver needs to pass a message on, while rounds of all snapshots run
 *     streams   latency without and with 500 wallboards and a scrape every second, by turns; then
 *               what clients cost that never read
 *     snapshots CPU of the daemon without events while somebody reads every snapshot
 *
 * Prints figures beside the targets; fails only when events were lost. */
#include "daemon/cli/ask.h"
#include "tests/lib/marks.h"
#include "tests/lib/spread.h"
#include "tests/lib/stream.h"
#include "tests/lib/visitors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    AGENTS = 1000,
    LIVE = 100000,
    WARM = 1500000, /* events after which tickets of every age are there */
    PAIRS = 5,
    TURNS = 7, /* of rounds whose latencies are compared */
    FIRST_RATE = 200000,
    SEND_AHEAD = 10000, /* messages that the publisher may be ahead */
    STREAMS = 500,      /* of HTTP, read by wallboards … */
    STALLED = 100,      /* … and by nobody */
    ROUND_SECONDS = 5,  /* from one round of snapshots to the next */
    PATIENCE_NS = 2000000000,
};

struct side {
    const char *name;
    struct peer peer, ear;
    void *socket;  /* a publisher that only this side hears */
    uint64_t sent; /* events, marks too */
    double rate;   /* at which it took the last run, events a second */
};

struct bench {
    char dir[64];
    double seconds;
    void *context;
    struct side bare, daemon;
    struct peer reader; /* of kpi.all. */
    uint16_t port;      /* of HTTP */
    struct ask ask;
    struct stream stream;
    uint64_t marks; /* of all sides and phases */
    bool lost;
};

static struct bench b;

/* --- setting up ------------------------------------------------------------------------------- */

static void publisher_new(struct side *s, char endpoint[PEER_PATH_MAX])
{
    size_t n = PEER_PATH_MAX;
    int ahead = SEND_AHEAD, yes = 1, linger = 0;
    s->socket = zmq_socket(b.context, ZMQ_XPUB);
    CHECK(s->socket != NULL);
    zmq_setsockopt(s->socket, ZMQ_SNDHWM, &ahead, sizeof ahead);
    zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &yes, sizeof yes);
    zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger);
    CHECK(zmq_bind(s->socket, "tcp://127.0.0.1:*") == 0);
    CHECK(zmq_getsockopt(s->socket, ZMQ_LAST_ENDPOINT, endpoint, &n) == 0);
}

static void wait_for_subscriber(struct side *s)
{
    char said[64];
    CHECK(zmq_recv(s->socket, said, sizeof said, 0) > 0 && said[0] == 1);
}

static void write_config(const char *path, const char *events)
{
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    fprintf(f,
            "http: {bind: \"127.0.0.1:%u\", streams: %u, connections: %u, body_deadline: 5s}\n"
            "sockets:\n"
            "  events: {bind: [], connect: [\"%s\"]}\n"
            "  out: [\"ipc://%s/out\"]\n"
            "  query: [\"ipc://%s/query\"]\n"
            "scopes: [agent, team, category, all]\n"
            "windows: [5m, 1h, 24h, 7d, 30d, today, month]\n"
            "log_level: warning\n"
            "alerts_per_minute: 0\n"
            "rules: []\n"
            "policies: [{id: marks, match: {priority: mark}, first_response: 1s}]\n",
            b.port, STREAMS + STALLED, STREAMS + STALLED + 20, events, b.dir, b.dir);
    CHECK(fclose(f) == 0);
}

static void set_up(const char *program)
{
    char bare[PEER_PATH_MAX], daemon[PEER_PATH_MAX];
    char config[PEER_PATH_MAX], log[PEER_PATH_MAX], echo[PEER_PATH_MAX], out[PEER_PATH_MAX];
    static char query[PEER_PATH_MAX];
    snprintf(b.dir, sizeof b.dir, "/tmp/bench_daemon.XXXXXX");
    CHECK(mkdtemp(b.dir) != NULL);
    b.port = visitors_port();
    snprintf(config, sizeof config, "%s/config.yaml", b.dir);
    snprintf(log, sizeof log, "%s/log", b.dir);
    snprintf(echo, sizeof echo, "ipc://%s/echo", b.dir);
    snprintf(out, sizeof out, "ipc://%s/out", b.dir);
    snprintf(query, sizeof query, "ipc://%s/query", b.dir);
    b.context = zmq_ctx_new();
    b.bare.name = "bare";
    b.daemon.name = "daemon";
    publisher_new(&b.bare, bare);
    publisher_new(&b.daemon, daemon);
    write_config(config, daemon);
    b.bare.peer = peer_bare(bare, echo);
    b.bare.ear = peer_ear(echo, "");
    b.daemon.peer = peer_daemon(program, config, log);
    b.daemon.ear = peer_ear(out, "alert.sla.breached.");
    b.reader = peer_ear(out, "kpi.all.");
    wait_for_subscriber(&b.bare);
    wait_for_subscriber(&b.daemon);
    CHECK(ask_open(&b.ask, b.context, query, 10 * MS_SECOND));
    stream_open(&b.stream, AGENTS, LIVE, 1);
}

static void tear_down(void)
{
    static const char *const files[] = {"config.yaml", "log", "echo", "out", "query"};
    char path[PEER_PATH_MAX];
    struct peer *peers[] = {&b.bare.peer, &b.bare.ear, &b.daemon.peer, &b.daemon.ear, &b.reader};
    for (size_t i = 0; i < ARRAY_LEN(peers); i++)
        peer_stop(peers[i]);
    ask_close(&b.ask);
    zmq_close(b.bare.socket);
    zmq_close(b.daemon.socket);
    zmq_ctx_term(b.context);
    stream_close(&b.stream);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof path, "%s/%s", b.dir, files[i]);
        unlink(path);
    }
    rmdir(b.dir);
}

/* --- what has arrived ------------------------------------------------------------------------- */

/* A number of the daemon's status. */
static uint64_t status(const char *path)
{
    const struct request request = {.op = OP_STATUS, .scope = -1};
    char whole[64];
    int64_t value = -1;
    snprintf(whole, sizeof whole, "message.%s", path);
    CHECK(ask_send(&b.ask, &request) && ask_next(&b.ask) == ASK_ANSWER);
    CHECK(message_int(&b.ask.answer, whole, &value));
    while (ask_next(&b.ask) == ASK_ANSWER)
        ;
    return (uint64_t)value;
}

static uint64_t arrived(const struct side *s)
{
    return s == &b.bare ? s->peer.page->events : status("engine.events");
}

/* Waits until all that was sent has arrived, or nothing comes any more. How many are missing. */
static uint64_t wait_for_all(const struct side *s)
{
    uint64_t last = arrived(s), since = stream_clock();
    while (last < s->sent && stream_clock() - since < PATIENCE_NS) {
        zmq_poll(NULL, 0, 10);
        uint64_t now = arrived(s);
        if (now != last)
            since = stream_clock();
        last = now;
    }
    return s->sent - last;
}

static void tell_lost(const struct side *s, uint64_t lost)
{
    if (lost == 0)
        return;
    printf("  %s LOST %llu of %llu events\n", s->name, (unsigned long long)lost,
           (unsigned long long)s->sent);
    b.lost = true;
}

/* --- speed ------------------------------------------------------------------------------------ */

struct run {
    double cpu_ns; /* per event */
    double rate;   /* events a second */
};

static struct run run(struct side *s)
{
    double cpu = peer_cpu_ns(&s->peer);
    uint64_t begun = stream_clock();
    stream_send(&b.stream, s->socket, 2 * s->rate, false, NULL, NULL);
    s->sent += b.stream.events;
    tell_lost(s, wait_for_all(s));
    s->rate = b.stream.events / ((double)(stream_clock() - begun) / 1e9);
    return (struct run){(peer_cpu_ns(&s->peer) - cpu) / b.stream.events, s->rate};
}

/* Returns the rate, in events a second, that the daemon reached in every run: its peak. */
static double measure_speed(uint32_t batch, uint32_t events, double target)
{
    double bare[PAIRS], daemon[PAIRS], ratio[PAIRS], rate[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        stream_fill(&b.stream, events, batch);
        struct run x = i % 2 == 0 ? run(&b.bare) : (struct run){0, 0};
        struct run y = run(&b.daemon);
        if (i % 2 != 0)
            x = run(&b.bare);
        bare[i] = x.cpu_ns;
        daemon[i] = y.cpu_ns;
        ratio[i] = y.cpu_ns / x.cpu_ns;
        rate[i] = y.rate;
        printf("  batch %2u: bare %5.0f ns, daemon %5.0f ns, ratio %.2f; %4.0f thousand/s, "
               "bare %4.0f\n",
               batch, x.cpu_ns, y.cpu_ns, ratio[i], y.rate / 1e3, x.rate / 1e3);
        fflush(stdout);
    }
    double middle = spread_median(rate, PAIRS), ratios = spread_median(ratio, PAIRS);
    printf("speed, batch %2u: bare %.0f ns, daemon %.0f ns of CPU an event; ratio %.2f "
           "(%.2f to %.2f), target %.1f%s; %.0f thousand/s, never less than %.0f\n",
           batch, spread_median(bare, PAIRS), spread_median(daemon, PAIRS), ratios, ratio[0],
           ratio[PAIRS - 1], target, ratios <= target ? "" : " MISSED", middle / 1e3,
           rate[0] / 1e3);
    return rate[0];
}

/* --- loss ------------------------------------------------------------------------------------- */

static void measure_loss(uint32_t batch, double rate)
{
    struct side *s = &b.daemon;
    int drops = 0, waits = 1;
    stream_fill(&b.stream, stream_events(rate, b.seconds), batch);
    zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &drops, sizeof drops);
    double cpu = peer_cpu_ns(&s->peer);
    uint64_t took = stream_send(&b.stream, s->socket, rate, true, NULL, NULL);
    s->sent += b.stream.events;
    uint64_t lost = wait_for_all(s);
    zmq_setsockopt(s->socket, ZMQ_XPUB_NODROP, &waits, sizeof waits);
    printf("loss, batch %2u: %u events at 90 %% of the peak, %.0f thousand/s: %llu lost, "
           "target 0%s; %.0f ns of CPU an event\n",
           batch, b.stream.events, b.stream.events / ((double)took / 1e6), (unsigned long long)lost,
           lost == 0 ? "" : " MISSED", (peer_cpu_ns(&s->peer) - cpu) / b.stream.events);
    s->sent -= lost;
    b.lost |= lost > 0;
}

/* --- latency ---------------------------------------------------------------------------------- */

struct latency {
    double p50, p99, worst; /* ms */
    double cpu_ns;          /* per event, meanwhile */
};

static struct latency measure_marks(struct side *s, double rate)
{
    static struct marks m;
    static double took[PEER_MARKS_MAX];
    uint64_t twice;
    marks_start(&m, s->socket, &s->ear, &b.marks);
    double cpu = peer_cpu_ns(&s->peer);
    stream_send(&b.stream, s->socket, rate, true, marks_send, &m);
    s->sent += b.stream.events + marks_events(&m);
    tell_lost(s, wait_for_all(s));
    cpu = (peer_cpu_ns(&s->peer) - cpu) / b.stream.events;
    uint64_t heard = marks_took(&m, took, &twice);
    if (heard != m.n || twice > 0) {
        printf("  %s: %llu marks, %llu came, %llu of them twice\n", s->name,
               (unsigned long long)m.n, (unsigned long long)heard, (unsigned long long)twice);
        b.lost = true;
    }
    spread_sort(took, heard);
    return (struct latency){spread_quantile(took, heard, 500), spread_quantile(took, heard, 990),
                            spread_quantile(took, heard, 1000), cpu};
}

static void measure_latency(uint32_t batch, double rate, double target)
{
    char out[PEER_PATH_MAX];
    double added[TURNS], ratio[TURNS];
    snprintf(out, sizeof out, "ipc://%s/out", b.dir);
    struct peer all = peer_ear(out, "kpi.");
    for (int i = 0; i < TURNS; i++) {
        stream_fill(&b.stream, stream_events(rate, ROUND_SECONDS), batch);
        struct latency x = measure_marks(&b.bare, rate);
        struct latency y = measure_marks(&b.daemon, rate);
        added[i] = y.p99 - x.p99;
        ratio[i] = y.cpu_ns / x.cpu_ns;
        printf("  batch %2u at %.0f thousand/s: bare p50 %.2f p99 %.2f ms, %.0f ns; alert p50 "
               "%.2f p99 %.2f worst %.2f ms, %.0f ns\n",
               batch, rate / 1e3, x.p50, x.p99, x.cpu_ns, y.p50, y.p99, y.worst, y.cpu_ns);
        fflush(stdout);
    }
    double a = spread_median(added, TURNS), c = spread_median(ratio, TURNS);
    printf("latency, batch %2u: at half the peak an alert comes %.2f ms (%.2f to %.2f) after the "
           "same message passed on by bare, p99; target 1%s; CPU ratio at this pace %.2f (%.2f to "
           "%.2f), target %.1f%s; %llu snapshots read meanwhile\n",
           batch, a, added[0], added[TURNS - 1], a <= 1 ? "" : " MISSED", c, ratio[0],
           ratio[TURNS - 1], target, c <= target ? "" : " MISSED",
           (unsigned long long)all.page->heard);
    peer_stop(&all);
}

/* --- live streams ----------------------------------------------------------------------------- */

/* What the wallboard follows; of the marks two a second, twice what leaves at most by default. */
static const char wallboard[] =
    "/api/v1/"
    "stream?prefix=alert.sla.breached.wall.&prefix=kpi.all.&prefix=kpi.team.&prefix=kpi.agent."
    "&prefix=kpi.category.&prefix=score.&prefix=sys.heartbeat.&window=today&window=1h";

static struct latency measure_round(double rate)
{
    stream_fill(&b.stream, stream_events(rate, ROUND_SECONDS), 64);
    return measure_marks(&b.daemon, rate);
}

/* By turns, so that what else the machine does meets both alike. */
static void measure_streams(double rate)
{
    double quiet[TURNS], busy[TURNS], ratio[TURNS];
    for (int i = 0; i < TURNS; i++) {
        struct latency x = measure_round(rate);
        struct peer streams = visitors_streams(b.port, wallboard, STREAMS);
        struct peer scraper = visitors_scraper(b.port);
        uint64_t bytes = streams.page->events;
        struct latency y = measure_round(rate);
        bytes = streams.page->events - bytes;
        quiet[i] = x.p99;
        busy[i] = y.p99;
        ratio[i] = y.p99 / x.p99;
        printf("  at %.0f thousand/s: alert p50 %.2f p99 %.2f worst %.2f ms, %.0f ns an event; "
               "with %u streams p50 %.2f p99 %.2f worst %.2f ms, %.0f ns, %.1f MB read, %llu "
               "scrapes, %llu cut; ratio %.2f\n",
               rate / 1e3, x.p50, x.p99, x.worst, x.cpu_ns, STREAMS, y.p50, y.p99, y.worst,
               y.cpu_ns, (double)bytes / 1e6, (unsigned long long)scraper.page->heard,
               (unsigned long long)status("http.cut.stream"), ratio[i]);
        fflush(stdout);
        peer_stop(&streams);
        peer_stop(&scraper);
    }
    double a = spread_median(busy, TURNS), c = spread_median(quiet, TURNS);
    spread_sort(ratio, TURNS);
    printf("streams: %u wallboards and a scrape a second: p99 %.2f (%.2f to %.2f) instead of %.2f "
           "(%.2f to %.2f) ms, ratio of the medians %.2f, target 1.2%s (turn by turn %.2f to "
           "%.2f)\n",
           STREAMS, a, busy[0], busy[TURNS - 1], c, quiet[0], quiet[TURNS - 1], a / c,
           a <= 1.2 * c ? "" : " MISSED", ratio[0], ratio[TURNS - 1]);
}

/* Clients that never read: cut off, and no dearer than what they were allowed. */
static void measure_stalled(double rate)
{
    stream_fill(&b.stream, stream_events(rate, 2 * ROUND_SECONDS), 64);
    struct peer streams = visitors_streams(b.port, wallboard, 1);
    measure_marks(&b.daemon, rate);
    stream_fill(&b.stream, b.stream.events, 64);
    uint64_t cut = status("http.cut.stream");
    long before = peer_rss_kb(&b.daemon.peer);
    struct peer stalled = visitors_stalled(b.port, wallboard, STALLED);
    long with = peer_rss_kb(&b.daemon.peer);
    measure_marks(&b.daemon, rate);
    long after = peer_rss_kb(&b.daemon.peer);
    printf("stalled: of %u streams that nobody reads %llu were cut off; the daemon grew by %ld kB "
           "when they came and by %ld kB until the end\n",
           STALLED, (unsigned long long)(status("http.cut.stream") - cut), with - before,
           after - before);
    peer_stop(&stalled);
    peer_stop(&streams);
}

/* --- the rest --------------------------------------------------------------------------------- */

/* What a daemon without events costs while somebody reads all snapshots. */
static void measure_rest(void)
{
    char out[PEER_PATH_MAX];
    snprintf(out, sizeof out, "ipc://%s/out", b.dir);
    double quiet = peer_cpu_ns(&b.daemon.peer);
    zmq_poll(NULL, 0, (long)(b.seconds * 1000));
    quiet = peer_cpu_ns(&b.daemon.peer) - quiet;
    struct peer all = peer_ear(out, "kpi.");
    double read = peer_cpu_ns(&b.daemon.peer);
    zmq_poll(NULL, 0, (long)(b.seconds * 1000));
    read = peer_cpu_ns(&b.daemon.peer) - read;
    uint64_t heard = all.page->heard;
    printf("snapshots: %.1f ms of CPU a second at rest; with %llu snapshots read in %.0f s %.1f "
           "ms, that is %.0f us each\n",
           quiet / b.seconds / 1e6, (unsigned long long)heard, b.seconds, read / b.seconds / 1e6,
           heard == 0 ? 0 : (read - quiet) / (double)heard / 1e3);
    peer_stop(&all);
}

/* What one snapshot costs, by scope: computed, encoded and sent when asked for. */
static void measure_snapshots(void)
{
    printf("a snapshot costs");
    for (enum scope scope = 0; scope < SCOPE_N; scope++) {
        const struct request request = {.op = OP_SNAPSHOT, .scope = (int8_t)scope};
        double cpu = peer_cpu_ns(&b.daemon.peer);
        uint32_t n = 0;
        CHECK(ask_send(&b.ask, &request));
        while (ask_next(&b.ask) == ASK_ANSWER)
            n++;
        if (n > 0)
            printf(" %s %.2f ms,", scope_name(scope),
                   (peer_cpu_ns(&b.daemon.peer) - cpu) / n / 1e6);
    }
    printf(" target 0.25 ms a slice\n");
}

static void warm_up(void)
{
    stream_fill(&b.stream, AGENTS + LIVE + WARM, 64);
    long empty = peer_rss_kb(&b.daemon.peer);
    b.bare.rate = b.daemon.rate = FIRST_RATE;
    run(&b.daemon);
    printf("%u agents, %u live tickets; the daemon has %ld MB (empty %ld MB)\n", AGENTS, LIVE,
           peer_rss_kb(&b.daemon.peer) / 1024, empty / 1024);
}

static void tell_counters(void)
{
    printf("the daemon took %llu events: %llu applied, %llu duplicates, %llu too late, "
           "%llu refused; sent were %llu; %ld MB\n",
           (unsigned long long)status("engine.events"),
           (unsigned long long)status("engine.applied"),
           (unsigned long long)status("engine.duplicates"),
           (unsigned long long)status("engine.late_dropped"),
           (unsigned long long)status("engine.refused"), (unsigned long long)b.daemon.sent,
           peer_rss_kb(&b.daemon.peer) / 1024);
    b.lost |= status("engine.applied") != b.daemon.sent;
}

/* Was this phase asked for? Without any named, all are. */
static bool wanted(int argc, char **argv, const char *phase)
{
    bool found = argc <= 3;
    for (int i = 3; i < argc; i++)
        found |= strcmp(argv[i], phase) == 0;
    return found;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "bench_daemon PROGRAM [seconds [phase...]]\n");
        return 2;
    }
    b.seconds = argc > 2 ? strtod(argv[2], NULL) : 10;
    CHECK(b.seconds > 0 && b.seconds <= 60);
    set_up(argv[1]);
    warm_up();
    double single = 0;
    if (wanted(argc, argv, "loss") || wanted(argc, argv, "latency"))
        single = measure_speed(1, stream_events(200000, b.seconds / 2), 1.4);
    double batched = measure_speed(64, stream_events(400000, b.seconds / 2), 2.0);
    if (wanted(argc, argv, "loss")) {
        measure_loss(1, 0.9 * single);
        measure_loss(64, 0.9 * batched);
    }
    if (wanted(argc, argv, "latency")) {
        measure_latency(1, 0.5 * single, 1.4);
        measure_latency(64, 0.5 * batched, 2.0);
    }
    if (wanted(argc, argv, "streams")) {
        measure_streams(0.5 * batched);
        measure_stalled(0.5 * batched);
    }
    if (wanted(argc, argv, "snapshots")) {
        measure_rest();
        measure_snapshots();
    }
    tell_counters();
    tear_down();
    return b.lost ? EXIT_FAILURE : EXIT_SUCCESS;
}
