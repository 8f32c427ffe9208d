/* The daemon's sockets against real peers: numbering, interest, slow readers. */
#include "daemon/bus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    uv_loop_t loop;
    void *zmq, *reader;
    struct log log;
    struct bus sut;
    struct config config;
    struct peers peers;
    char directory[64], out[128];
    uv_timer_t alarm;
    bool closed;
};

static void on_nothing(struct zsock *z)
{
    (void)z;
}

static void on_alarm(uv_timer_t *timer)
{
    (void)timer;
    cr_assert(false, "nothing happened for 10 s");
}

static void endpoint(struct config_texts *texts, const char *directory, const char *name)
{
    texts->n = 1;
    snprintf(texts->at[0], sizeof texts->at[0], "ipc://%.40s/%s", directory, name);
}

static struct fixture *opened(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    int linger = 0;
    snprintf(f->directory, sizeof f->directory, "/tmp/ticketpulse-bus-XXXXXX");
    cr_assert_not_null(mkdtemp(f->directory));
    config_default(&f->config);
    endpoint(&f->config.events_bind, f->directory, "events");
    endpoint(&f->config.out, f->directory, "out");
    endpoint(&f->config.query, f->directory, "query");
    f->config.limits.agents = f->config.limits.teams = f->config.limits.categories = 1;
    f->config.limits.channels = f->config.limits.priorities = 1; /* SNDHWM 1000 */
    log_init(&f->log, STDERR_FILENO, LOG_ERROR);
    uv_loop_init(&f->loop);
    f->zmq = zmq_ctx_new();
    cr_assert(bus_init(&f->sut, &f->config, &f->log, f, 0xABCDEF));
    cr_assert(bus_open(&f->sut, &f->loop, f->zmq, &f->config, &f->peers, on_nothing, on_nothing,
                       on_nothing));
    f->reader = zmq_socket(f->zmq, ZMQ_SUB);
    zmq_setsockopt(f->reader, ZMQ_LINGER, &linger, sizeof linger);
    cr_assert_eq(zmq_connect(f->reader, f->config.out.at[0]), 0);
    uv_timer_init(&f->loop, &f->alarm);
    uv_timer_start(&f->alarm, on_alarm, 10000, 0);
    return f;
}

static void on_closed(struct bus *b)
{
    ((struct fixture *)b->data)->closed = true;
}

static void end(struct fixture *f)
{
    zmq_close(f->reader);
    uv_close((uv_handle_t *)&f->alarm, NULL);
    bus_close(&f->sut, on_closed);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    cr_assert(f->closed);
    cr_assert_eq(uv_loop_close(&f->loop), 0);
    zmq_ctx_term(f->zmq);
    rmdir(f->directory);
    free(f);
}

static struct topic topic_of(const char *first, const char *second)
{
    struct topic t;
    topic_start(&t);
    topic_word(&t, first);
    topic_word(&t, second);
    return t;
}

/* Subscribes and runs the loop until the bus knows (or, for a removal, no longer knows). */
static void subscribe(struct fixture *f, const char *prefix, bool on)
{
    zmq_setsockopt(f->reader, on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, prefix, strlen(prefix));
    while (prefixes_want(&f->sut.prefixes, str_of(prefix)) != on) {
        /* a connecting SUB sends its subscriptions when it is touched */
        int events;
        size_t n = sizeof events;
        zmq_getsockopt(f->reader, ZMQ_EVENTS, &events, &n);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
}

Test(bus, sends_what_is_subscribed_and_numbers_each_stream)
{
    struct fixture *f = opened();
    struct topic ada = topic_of("kpi", "ada"), bob = topic_of("kpi", "bob");
    cr_assert_not(bus_wants(&f->sut, &ada));
    subscribe(f, "kpi.ada.", true);
    cr_assert(bus_wants(&f->sut, &ada));
    cr_assert_not(bus_wants(&f->sut, &bob));
    struct envelope env = bus_envelope(&f->sut, STREAM_KPI, 77);
    cr_assert_eq(env.seq, 1);
    cr_assert_eq(env.at, 77);
    cr_assert(str_equal(env.run, str_of("0000000000abcdef")));
    bus_publish(&f->sut, STREAM_KPI, &bob, "B", 1);
    bus_publish(&f->sut, STREAM_KPI, &ada, "A", 1);
    cr_assert_eq(bus_envelope(&f->sut, STREAM_KPI, 77).seq, 3);
    cr_assert_eq(bus_envelope(&f->sut, STREAM_ALERT, 77).seq, 1);
    char text[16] = {0};
    cr_assert_eq(zmq_recv(f->reader, text, sizeof text - 1, 0), 8);
    cr_assert_str_eq(text, "kpi.ada.");
    cr_assert_eq(zmq_recv(f->reader, text, sizeof text, 0), 1);
    cr_assert_eq(text[0], 'A');
    subscribe(f, "kpi.ada.", false);
    cr_assert_not(bus_wants(&f->sut, &ada));
    end(f);
}

Test(bus, keeps_alerts_whether_somebody_reads_or_not)
{
    struct fixture *f = opened();
    struct topic t = topic_of("alert", "kpi");
    struct str topic, message;
    bus_publish(&f->sut, STREAM_ALERT, &t, "one", 3);
    cr_assert(recent_get(&f->sut.recent, 1, &topic, &message));
    cr_assert(str_equal(topic, str_of("alert.kpi.")));
    cr_assert(str_equal(message, str_of("one")));
    end(f);
}

Test(bus, counts_what_a_slow_reader_loses_and_never_waits)
{
    struct fixture *f = opened();
    struct topic t = topic_of("kpi", "ada");
    static char message[4096];
    subscribe(f, "kpi.", true);
    for (int i = 0; i < 20000; i++) /* 80 MB to a reader that does not read */
        bus_publish(&f->sut, STREAM_KPI, &t, message, sizeof message);
    cr_assert_gt(f->sut.dropped, 1000);
    cr_assert_lt(f->sut.dropped, 20000);
    /* Having read, it gets again what is sent, and nothing more is counted. */
    int timeout = 1000;
    zmq_setsockopt(f->reader, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    while (zmq_recv(f->reader, message, sizeof message, 0) >= 0)
        ;
    uint64_t dropped = f->sut.dropped;
    bus_refresh(&f->sut);
    bus_publish(&f->sut, STREAM_KPI, &t, message, sizeof message);
    cr_assert_eq(f->sut.dropped, dropped);
    cr_assert_eq(zmq_recv(f->reader, message, sizeof message, 0), 8);
    end(f);
}

Test(bus, says_what_it_cannot_open)
{
    struct fixture *f = opened();
    struct bus other;
    snprintf(f->config.out.at[0], sizeof f->config.out.at[0], "ipc:///nonexistent/x");
    cr_assert(bus_init(&other, &f->config, &f->log, f, 1));
    cr_assert_not(bus_open(&other, &f->loop, f->zmq, &f->config, &f->peers, on_nothing, on_nothing,
                           on_nothing));
    bus_close(&other, on_closed);
    while (!f->closed)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    f->closed = false;
    end(f);
}
