#include "tests/lib/stream.h"

#include "daemon/clock.h"
#include "proto/text.h"

#include <stdlib.h>
#include <time.h>
#include <zmq.h>

enum { EVENT_ROOM = 8192, EVENT_BYTES = 200, MADE_AT_A_TIME = 256, TEAM_SIZE = 25 };

uint64_t stream_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint32_t stream_events(double rate, double seconds)
{
    return (uint32_t)(rate * seconds);
}

void stream_open(struct stream *s, uint32_t agents, uint32_t live, uint64_t seed)
{
    struct traffic_setup setup = traffic_default();
    setup.seed = seed;
    setup.agents = agents;
    setup.teams = agents / TEAM_SIZE + 1;
    setup.categories = 60;
    setup.customers = 10 * live;
    setup.live = live;
    setup.rate = live * 9 / 10 + 1; /* then tickets live as long as they do by nature */
    setup.flat = true;
    *s = (struct stream){.traffic = traffic_new(&setup)};
    CHECK(s->traffic != NULL);
}

void stream_close(struct stream *s)
{
    traffic_free(s->traffic);
    free(s->bytes);
    free(s->stamp);
    free(s->message);
}

static void make_room(struct stream *s, uint32_t events)
{
    if (events <= s->cap)
        return;
    s->cap = events;
    s->room = (size_t)events * EVENT_BYTES + EVENT_ROOM;
    free(s->bytes);
    free(s->stamp);
    free(s->message);
    s->bytes = malloc(s->room);
    s->stamp = malloc(events * sizeof *s->stamp);
    s->message = malloc(events * sizeof *s->message);
    CHECK(s->bytes != NULL && s->stamp != NULL && s->message != NULL);
}

/* Where an encoded event keeps its ts: a 64-bit integer behind its key. */
static uint32_t find_ts(const char *p, size_t n)
{
    static const char key[] = "\xa2ts\xcf";
    const char *at = memmem(p, n, key, sizeof key - 1);
    CHECK(at != NULL);
    return (uint32_t)(at - p) + sizeof key - 1;
}

struct making {
    struct stream *s;
    struct emitter em;
    uint32_t batch;
};

static void end_message(struct making *m)
{
    struct stream *s = m->s;
    struct stream_message *to = &s->message[s->messages];
    if (m->batch > 1)
        emit_end(&m->em);
    int n = emit_finish(&m->em);
    CHECK(n > 0);
    to->n = (uint32_t)n;
    to->events = s->events - to->first;
    s->used += to->n;
    s->messages++;
}

static void put(struct making *m, const struct event *e)
{
    struct stream *s = m->s;
    struct stream_message *to = &s->message[s->messages];
    if (s->events % m->batch == 0) {
        CHECK(s->room - s->used >= EVENT_ROOM);
        *to = (struct stream_message){.p = s->bytes + s->used, .first = s->events};
        emit_start(&m->em, SINK_MSGPACK, to->p, s->room - s->used);
        if (m->batch > 1)
            emit_array(&m->em, NULL);
    }
    size_t before = m->em.n;
    event_emit(&m->em, NULL, e);
    s->stamp[s->events++] = (uint32_t)before + find_ts(to->p + before, m->em.n - before);
    if (s->events % m->batch == 0)
        end_message(m);
}

void stream_fill(struct stream *s, uint32_t events, uint32_t batch)
{
    static struct event made[MADE_AT_A_TIME];
    struct making m = {.s = s, .batch = batch};
    make_room(s, events);
    s->events = s->messages = 0;
    s->used = 0;
    while (s->events < events) {
        uint32_t left = events - s->events;
        uint32_t n = traffic_next(s->traffic, MS_MAX_TS, made,
                                  left < MADE_AT_A_TIME ? left : MADE_AT_A_TIME);
        CHECK(n > 0 && !traffic_failed(s->traffic));
        for (uint32_t i = 0; i < n; i++)
            put(&m, &made[i]);
    }
    if (events % batch != 0)
        end_message(&m);
}

static void stamp(const struct stream *s, const struct stream_message *m, ms_t ts)
{
    char big_endian[8];
    for (int i = 0; i < 8; i++)
        big_endian[i] = (char)((uint64_t)ts >> (56 - 8 * i));
    for (uint32_t i = 0; i < m->events; i++)
        memcpy(m->p + s->stamp[m->first + i], big_endian, sizeof big_endian);
}

/* The bytes stay where they are until the fill is made anew, so they need not be copied. */
static void send_message(const struct stream_message *m, void *socket)
{
    zmq_msg_t msg;
    zmq_msg_init_data(&msg, m->p, m->n, NULL, NULL);
    CHECK(zmq_send(socket, "ticket", 6, ZMQ_SNDMORE) == 6);
    CHECK(zmq_msg_send(&msg, socket, 0) >= 0);
}

uint64_t stream_send(struct stream *s, void *socket, double rate, bool paced,
                     void (*each)(void *data), void *data)
{
    uint64_t begun = stream_clock();
    double first = (double)(clock_system() - (paced ? 0 : STREAM_BEHIND_MS));
    uint32_t sent = 0;
    s->at = first > s->at ? first : s->at;
    for (uint32_t i = 0; i < s->messages; i++) {
        const struct stream_message *m = &s->message[i];
        while (paced && sent > (double)(stream_clock() - begun) * rate / 1e9)
            zmq_poll(NULL, 0, 1); /* a millisecond */
        if (each != NULL)
            each(data);
        stamp(s, m, (ms_t)s->at);
        send_message(m, socket);
        sent += m->events;
        s->at += m->events / rate * 1000;
    }
    return stream_clock() - begun;
}
