/* A ZeroMQ socket in a libuv loop: no message is overlooked, whatever the budget per turn. */
#include "daemon/zsock.h"

#include "core/base.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    uv_loop_t loop;
    void *zmq, *peer;
    struct zsock sut;
    uv_timer_t alarm; /* a test that hangs fails */
    int budget;       /* messages taken a turn */
    int received, wanted;
    bool closed;
};

static void on_closed(struct zsock *z)
{
    ((struct fixture *)z->data)->closed = true;
}

static void on_ready(struct zsock *z)
{
    struct fixture *f = z->data;
    zmq_msg_t msg;
    zmq_msg_init(&msg);
    for (int i = 0; i < f->budget && zsock_receive(z, &msg) == 1; i++)
        f->received++;
    zmq_msg_close(&msg);
    if (f->received >= f->wanted)
        uv_stop(&f->loop);
}

static void on_alarm(uv_timer_t *timer)
{
    struct fixture *f = timer->data;
    cr_assert(false, "%d of %d messages came", f->received, f->wanted);
}

static struct fixture *opened(int type, int peer_type)
{
    static const struct zsock_options options = {.message_max = 1000, .send_max = 1000};
    struct fixture *f = calloc(1, sizeof *f);
    char endpoint[ZSOCK_ENDPOINT_MAX];
    int linger = 0;
    cr_assert_eq(uv_loop_init(&f->loop), 0);
    f->zmq = zmq_ctx_new();
    f->budget = 1;
    cr_assert_eq(zsock_open(&f->sut, &f->loop, f->zmq, type, &options, on_ready, f), 0);
    cr_assert_eq(zsock_bind(&f->sut, "tcp://127.0.0.1:*", endpoint), 0);
    cr_assert_null(strchr(endpoint, '*'), "%s", endpoint);
    f->peer = zmq_socket(f->zmq, peer_type);
    zmq_setsockopt(f->peer, ZMQ_LINGER, &linger, sizeof linger);
    cr_assert_eq(zmq_connect(f->peer, endpoint), 0);
    uv_timer_init(&f->loop, &f->alarm);
    f->alarm.data = f;
    uv_timer_start(&f->alarm, on_alarm, 10000, 0);
    return f;
}

static void run_until(struct fixture *f, int wanted)
{
    f->wanted = wanted;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    cr_assert_eq(f->received, wanted);
}

static void end(struct fixture *f)
{
    zmq_close(f->peer);
    zsock_close(&f->sut, on_closed);
    uv_close((uv_handle_t *)&f->alarm, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    cr_assert(f->closed);
    cr_assert_null(f->sut.socket);
    cr_assert_eq(uv_loop_close(&f->loop), 0);
    zmq_ctx_term(f->zmq);
    free(f);
}

Test(zsock, gets_five_of_five_with_a_budget_of_one)
{
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 5);
    end(f);
}

Test(zsock, gets_all_of_several_bursts)
{
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    for (int burst = 1; burst <= 20; burst++) {
        f->budget = burst % 4 + 1;
        for (int i = 0; i < 100; i++)
            cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
        run_until(f, 100 * burst);
    }
    end(f);
}

/* Answers each message: the send between two receives must not swallow the edge. */
static void on_ready_answer(struct zsock *z)
{
    struct fixture *f = z->data;
    zmq_msg_t identity, msg;
    zmq_msg_init(&identity);
    zmq_msg_init(&msg);
    if (zsock_receive(z, &identity) == 1 && zsock_receive(z, &msg) == 1) {
        f->received++;
        cr_assert_eq(zsock_send(z, zmq_msg_data(&identity), zmq_msg_size(&identity), true), 0);
        cr_assert_eq(zsock_send(z, "y", 1, false), 0);
    }
    zmq_msg_close(&identity);
    zmq_msg_close(&msg);
    if (f->received >= f->wanted)
        uv_stop(&f->loop);
}

Test(zsock, sends_and_receives_by_turns)
{
    struct fixture *f = opened(ZMQ_ROUTER, ZMQ_DEALER);
    f->sut.ready = on_ready_answer;
    cr_assert_eq(zsock_set(&f->sut, ZMQ_ROUTER_MANDATORY, 1), 0);
    for (int i = 0; i < 200; i++)
        cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 200);
    char byte;
    for (int i = 0; i < 200; i++)
        cr_assert_eq(zmq_recv(f->peer, &byte, 1, 0), 1);
    end(f);
}

/* Has libzmq told the socket something? The socket itself is not asked. */
static bool has_edge(const struct fixture *f, int patience_ms)
{
    struct pollfd at = {.events = POLLIN};
    size_t n = sizeof at.fd;
    cr_assert_eq(zmq_getsockopt(f->sut.socket, ZMQ_FD, &at.fd, &n), 0);
    return poll(&at, 1, patience_ms) == 1;
}

/* A message comes in, and a send reads the edge that told of it, as it does now and then: here the
 * socket is asked in its stead. */
static void swallow_edge(struct fixture *f)
{
    int events = 0;
    size_t n = sizeof events;
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    cr_assert(has_edge(f, 10000));
    cr_assert_eq(zmq_getsockopt(f->sut.socket, ZMQ_EVENTS, &events, &n), 0);
    cr_assert_eq(zsock_send(&f->sut, "y", 1, false), 0);
    cr_assert(!has_edge(f, 0));
}

Test(zsock, a_send_outside_of_its_turn_swallows_nothing)
{
    struct fixture *f = opened(ZMQ_DEALER, ZMQ_DEALER);
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 1);
    for (int i = 2; i <= 5; i++) {
        uv_run(&f->loop, UV_RUN_NOWAIT); /* it finds the socket empty */
        cr_assert(!f->sut.stirred);
        swallow_edge(f);
        run_until(f, i);
    }
    end(f);
}

static void on_prepare_send(uv_prepare_t *prepare)
{
    struct fixture *f = prepare->data;
    uv_prepare_stop(prepare);
    swallow_edge(f);
    cr_assert(uv_is_active((uv_handle_t *)&f->sut.idle), "the loop must not sleep");
}

/* The socket was asked for the last time in this turn; then one comes, and another is sent. */
Test(zsock, a_send_before_the_loop_sleeps_swallows_nothing)
{
    struct fixture *f = opened(ZMQ_DEALER, ZMQ_DEALER);
    uv_prepare_t last;
    uv_prepare_cb of_socket = f->sut.prepare.prepare_cb;
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 1);
    uv_prepare_init(&f->loop, &last);
    last.data = f;
    uv_prepare_stop(&f->sut.prepare); /* libuv calls first what was started last */
    uv_prepare_start(&last, on_prepare_send);
    uv_prepare_start(&f->sut.prepare, of_socket);
    run_until(f, 2);
    uv_close((uv_handle_t *)&last, NULL);
    end(f);
}

Test(zsock, is_not_asked_again_when_it_was_empty)
{
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    f->budget = 100;
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 1);
    cr_assert(!f->sut.stirred, "its last receive found nothing");
    uv_run(&f->loop, UV_RUN_NOWAIT);
    cr_assert(!f->sut.stirred);
    cr_assert(!uv_is_active((uv_handle_t *)&f->sut.idle), "the loop may sleep");
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    cr_assert(has_edge(f, 10000));
    run_until(f, 2);
    end(f);
}

Test(zsock, what_came_while_it_was_paused_is_there_afterwards)
{
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    f->budget = 100;
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 1);
    zsock_pause(&f->sut, true);
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    cr_assert(has_edge(f, 10000));
    for (int i = 0; i < 5; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    cr_assert_eq(f->received, 1);
    cr_assert(!uv_is_active((uv_handle_t *)&f->sut.idle), "the loop may sleep");
    zsock_pause(&f->sut, false);
    run_until(f, 2);
    end(f);
}

static void on_signal(int number)
{
    (void)number;
}

/* Signals to the thread of the loop, as fast as they go, until it is told to end. */
struct pesterer {
    pthread_t loop, own;
    atomic_bool ends;
};

static void *pester(void *arg)
{
    struct pesterer *p = arg;
    while (!atomic_load(&p->ends))
        pthread_kill(p->loop, SIGUSR1);
    return NULL;
}

/* A question that a signal cuts short says nothing of what lies there. */
Test(zsock, overlooks_nothing_while_signals_come)
{
    enum { MESSAGES = 5000, BURST = 100 };
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct pesterer p = {.loop = pthread_self()};
    cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
    cr_assert_eq(pthread_create(&p.own, NULL, pester, &p), 0);
    for (int sent = 0; sent < MESSAGES;) {
        for (int i = 0; i < BURST; sent++, i++)
            while (zmq_send(f->peer, "x", 1, 0) < 0)
                cr_assert_eq(zmq_errno(), EINTR);
        run_until(f, sent);
    }
    atomic_store(&p.ends, true);
    pthread_join(p.own, NULL);
    end(f);
}

Test(zsock, tells_an_unknown_peer)
{
    struct fixture *f = opened(ZMQ_ROUTER, ZMQ_DEALER);
    cr_assert_eq(zsock_set(&f->sut, ZMQ_ROUTER_MANDATORY, 1), 0);
    cr_assert_eq(zsock_send(&f->sut, "nobody", 6, true), -EHOSTUNREACH);
    end(f);
}

Test(zsock, drops_the_connection_of_an_oversize_frame_and_goes_on)
{
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    char large[1001] = {0};
    cr_assert_eq(zmq_send(f->peer, "x", 1, 0), 1);
    run_until(f, 1);
    cr_assert_eq(zmq_send(f->peer, large, sizeof large, 0), (int)sizeof large);
    /* The peer connects anew; what it sends then comes through. One message may be lost with
     * the old connection, so it sends until one has come. */
    f->wanted = 2;
    int timeout = 1000;
    zmq_setsockopt(f->peer, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    while (f->received < 2) {
        if (zmq_send(f->peer, "x", 1, ZMQ_DONTWAIT) < 0)
            cr_assert_eq(zmq_errno(), EAGAIN);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    end(f);
}

Test(zsock, says_why_it_cannot_bind)
{
    struct fixture *f = opened(ZMQ_PULL, ZMQ_PUSH);
    char endpoint[ZSOCK_ENDPOINT_MAX];
    cr_assert_eq(zsock_bind(&f->sut, "ipc:///nonexistent/directory/x", endpoint), -ENOENT);
    cr_assert_eq(zsock_bind(&f->sut, "tcp://nonsense", endpoint), -EINVAL);
    end(f);
}
