#include "tests/lib/marks.h"

#include "daemon/clock.h"
#include "proto/text.h"
#include "tests/lib/stream.h"

#include <stdio.h>
#include <zmq.h>

enum { PATIENCE_NS = 2000000000 };

void marks_start(struct marks *m, void *socket, const struct peer *ear, uint64_t *number)
{
    m->socket = socket;
    m->ear = ear;
    m->number = number;
    m->first = *number;
    m->n = 0;
    m->due = stream_clock() + MARKS_EVERY_NS;
    m->marks = ear->page->marks;
    m->twice = ear->page->twice;
}

static void send_event(const struct marks *m, const char *topic, struct event *e, uint64_t number)
{
    char ticket[32], payload[512];
    struct emitter em;
    int n = snprintf(ticket, sizeof ticket, PEER_MARK "%llu", (unsigned long long)number);
    e->ticket = (struct str){ticket, (uint32_t)n};
    e->team = str_of(number % MARKS_WALL == 0 ? "wall" : "marks");
    e->has |= F1(TYPE) | F1(TS) | F1(TICKET) | F1(TEAM);
    emit_start(&em, SINK_MSGPACK, payload, sizeof payload);
    event_emit(&em, NULL, e);
    n = emit_finish(&em);
    CHECK(n > 0);
    CHECK(zmq_send(m->socket, topic, strlen(topic), ZMQ_SNDMORE) == (int)strlen(topic));
    CHECK(zmq_send(m->socket, payload, (size_t)n, 0) == n);
}

void marks_send(void *data)
{
    struct marks *m = data;
    uint64_t now = stream_clock(), number = *m->number;
    if (now < m->due || m->n == PEER_MARKS_MAX)
        return;
    struct event opened = {.kind = EV_OPENED,
                           .has = F1(PRIORITY) | F1(BY),
                           .ts = clock_system() - MARKS_AGE_MS,
                           .priority = str_of("mark"),
                           .by = BY_CUSTOMER};
    struct event closed = {.kind = EV_CLOSED, .ts = clock_system()};
    m->ear->page->heard_at[number % PEER_MARKS_MAX] = 0;
    m->due = now + MARKS_EVERY_NS;
    m->sent_at[m->n] = stream_clock();
    send_event(m, "ticket.mark", &opened, number);
    if (m->n++ > 0)
        send_event(m, "ticket", &closed, number - 1);
    ++*m->number;
}

uint64_t marks_took(const struct marks *m, double *ret_took, uint64_t *ret_twice)
{
    const struct peer_page *page = m->ear->page;
    uint64_t since = stream_clock(), n = 0;
    while (page->marks - m->marks < m->n && stream_clock() - since < PATIENCE_NS)
        zmq_poll(NULL, 0, 10);
    for (uint64_t i = 0; i < m->n; i++) {
        uint64_t at = page->heard_at[(m->first + i) % PEER_MARKS_MAX];
        if (at != 0)
            ret_took[n++] = (double)(at - m->sent_at[i]) / 1e6;
    }
    *ret_twice = page->twice - m->twice;
    return n;
}
