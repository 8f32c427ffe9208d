#include "tests/lib/marks.h"

#include "daemon/clock.h"
#include "proto/text.h"
#include "tests/lib/stream.h"

#include <stdio.h>
#include <zmq.h>

enum { PATIENCE_NS = 2000000000 };

void marks_start(struct marks *m, void *socket, uint64_t *number, uint64_t every_ns)
{
    m->socket = socket;
    m->number = number;
    m->every = every_ns;
    m->due = stream_clock() + every_ns;
    m->n = 0;
}

void marks_send(void *data)
{
    struct marks *m = data;
    uint64_t now = stream_clock();
    if (now < m->due || m->n == PEER_MARKS_MAX)
        return;
    char ticket[32], payload[512];
    struct emitter em;
    bool opens = m->n % 2 == 0;
    struct event e = {.kind = opens ? EV_OPENED : EV_CLOSED,
                      .has = F1(TYPE) | F1(TS) | F1(TICKET) | (opens ? F1(TEAM) | F1(BY) : 0),
                      .ts = clock_system(),
                      .team = str_of("marks"),
                      .by = BY_CUSTOMER};
    int n = snprintf(ticket, sizeof ticket, "M-%llu", (unsigned long long)((*m->number)++ / 2));
    e.ticket = (struct str){ticket, (uint32_t)n};
    emit_start(&em, SINK_MSGPACK, payload, sizeof payload);
    event_emit(&em, NULL, &e);
    n = emit_finish(&em);
    CHECK(n > 0);
    m->due = now + m->every;
    m->sent_at[m->n++] = stream_clock();
    CHECK(zmq_send(m->socket, "ticket.mark", 11, ZMQ_SNDMORE) == 11);
    CHECK(zmq_send(m->socket, payload, (size_t)n, 0) == n);
}

void marks_end(struct marks *m)
{
    if (m->n % 2 == 0)
        return;
    m->due = 0;
    marks_send(m);
}

uint64_t marks_took(const struct marks *m, const struct peer *ear, uint64_t before,
                    double *ret_took)
{
    const struct peer_page *page = ear->page;
    uint64_t since = stream_clock();
    while (page->heard - before < m->n && stream_clock() - since < PATIENCE_NS)
        zmq_poll(NULL, 0, 10);
    uint64_t heard = page->heard - before;
    for (uint64_t i = 0; i < heard && i < m->n; i++)
        ret_took[i] = (double)(page->heard_at[(before + i) % PEER_MARKS_MAX] - m->sent_at[i]) / 1e6;
    return heard;
}
