/* bench_decode: decode_batch against plain msgpack_unpack into a reused zone, in the same run.
 *
 * The mix is that of a real incident log: two thirds messages and updates, ids, sources and names
 * of its lengths, about 97 bytes an event. Best of several rounds, so that a busy machine does
 * not decide. Prints one line per shape. */
#include "proto/decode.h"
#include "proto/text.h"

#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS = 1 << 15, ROUNDS = 15, EVENT_BYTES = 512 };

struct payload {
    const char *p;
    size_t n;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t drawn = 1;

static uint32_t draw(uint32_t below)
{
    drawn++;
    return (uint32_t)(mix64(drawn) % below);
}

/* "INC0012345": a name that lives as long as the event is written. */
static struct str name(char buf[32], const char *prefix, uint32_t below)
{
    int len = snprintf(buf, 32, "%s%u", prefix, draw(below));
    return (struct str){buf, (uint32_t)len};
}

static void one_event(struct emitter *em, uint32_t i)
{
    char id[32], ticket[32], agent[32], team[32], category[32];
    struct event e = {
        .has = F1(ID) | F1(SRC) | F1(SEQ) | F1(TS) | F1(TICKET),
        .src = str_of("uci"),
        .seq = i,
        .ts = 1456708560000 + 4000LL * i,
        .agent = name(agent, "a", 220),
        .team = name(team, "g", 78),
        .category = name(category, "cat-", 60),
        .priority = str_of("P3"),
        .channel = str_of("Phone"),
        .by = BY_AGENT,
    };
    snprintf(id, sizeof id, "uci-%u", i);
    e.id = str_of(id);
    snprintf(ticket, sizeof ticket, "INC%07u", draw(25000));
    e.ticket = str_of(ticket);
    uint32_t dice = draw(100);
    e.kind = dice < 14   ? EV_OPENED
             : dice < 35 ? EV_ASSIGNED
             : dice < 70 ? EV_MESSAGE
             : dice < 80 ? EV_UPDATED
             : dice < 90 ? EV_RESOLVED
                         : EV_CLOSED;
    e.has |= e.kind == EV_OPENED     ? F1(BY) | F1(PRIORITY) | F1(CHANNEL) | F1(CATEGORY)
             : e.kind == EV_ASSIGNED ? F1(TEAM)
             : e.kind == EV_UPDATED  ? F1(PRIORITY) | F1(CATEGORY)
             : e.kind == EV_CLOSED   ? F1(OUTCOME)
                                     : F1(BY) | F1(AGENT);
    event_emit(em, NULL, &e);
}

/* All events as payloads of `batch` events each; batch 1: a bare map. */
static uint32_t make(struct payload *to, char *arena, uint32_t batch)
{
    uint32_t payloads = 0;
    size_t used = 0;
    for (uint32_t i = 0; i < EVENTS; i += batch) {
        struct emitter em;
        emit_start(&em, SINK_MSGPACK, arena + used, (size_t)EVENTS * EVENT_BYTES - used);
        if (batch > 1)
            emit_array(&em, NULL);
        for (uint32_t k = 0; k < batch; k++)
            one_event(&em, i + k);
        if (batch > 1)
            emit_end(&em);
        int n = emit_finish(&em);
        CHECK(n > 0);
        to[payloads++] = (struct payload){arena + used, (size_t)n};
        used += (size_t)n;
    }
    return payloads;
}

static double best_decode(struct decoder *d, const struct payload *list, uint32_t n)
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t events = 0, start = now_ns();
        for (uint32_t i = 0; i < n; i++) {
            CHECK(decode_batch(d, list[i].p, list[i].n, 0) == 0);
            events += d->events;
        }
        uint64_t took = now_ns() - start;
        CHECK(events == EVENTS);
        best = took < best ? took : best;
    }
    return (double)best / EVENTS;
}

static double best_plain(const struct payload *list, uint32_t n)
{
    uint64_t best = UINT64_MAX;
    msgpack_zone zone;
    CHECK(msgpack_zone_init(&zone, 1 << 16));
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();
        for (uint32_t i = 0; i < n; i++) {
            msgpack_object object;
            size_t end = 0;
            CHECK(msgpack_unpack(list[i].p, list[i].n, &end, &zone, &object) ==
                  MSGPACK_UNPACK_SUCCESS);
            msgpack_zone_clear(&zone);
        }
        uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    msgpack_zone_destroy(&zone);
    return (double)best / EVENTS;
}

int main(void)
{
    struct decoder *d = calloc(1, sizeof *d);
    struct payload *list = calloc(EVENTS, sizeof *list);
    char *arena = malloc((size_t)EVENTS * EVENT_BYTES);
    CHECK(d != NULL && list != NULL && arena != NULL);
    static const uint32_t batches[] = {1, 64, 1024};
    for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
        uint32_t n = make(list, arena, batches[i]);
        size_t bytes = (size_t)(list[n - 1].p - arena) + list[n - 1].n;
        double ours = best_decode(d, list, n);
        double plain = best_plain(list, n);
        printf("batch %4u, %3zu bytes an event: decode %6.1f ns, msgpack_unpack %6.1f ns, "
               "ratio %.2f\n",
               batches[i], bytes / EVENTS, ours, plain, ours / plain);
    }
    free(arena);
    free(list);
    free(d);
    return EXIT_SUCCESS;
}
