/* A million running clocks, ten thousand of which are used up within one second.
 *
 *     bench_sla [CLOCKS DUE]
 *
 * Every ticket has a clock of first_response and one of resolution, in business hours. When the
 * second comes, ticks are taken as the daemon takes them, so many effects at a time, with a batch
 * of events between: what is told is the longest that a batch had to wait for a slice of
 * deadlines (target: 50 ms), and what one breach costs, its shares and effects included. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "core/engine.h"
#include "daemon/config.h"
#include "daemon/driver.h"

static const char policies[] = "calendars:\n"
                               "  - {id: office, hours: {daily: \"06:00-22:00\"}}\n"
                               "policies:\n"
                               "  - {id: all, calendar: office, first_response: 4h, "
                               "resolution: {target: 24h, warn_at: [50%]}}\n";

struct bench {
    struct engine *e;
    struct outbox out;
    struct result result;
    uint64_t told;
};

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void open_engine(struct bench *b, uint32_t tickets)
{
    static struct config c;
    struct tree_error why;
    if (!config_parse("policies", policies, sizeof policies - 1, &c, &why)) {
        fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
    c.limits.tickets = tickets + 1000;
    c.settings.rules = 0;
    uint64_t size = engine_size(&c.limits, &c.settings);
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    b->out.effects = calloc(DRIVER_EFFECTS, sizeof(struct effect));
    if (mem == MAP_FAILED || b->out.effects == NULL ||
        engine_init(&b->e, mem, &c.limits, &c.settings, MS_NONE) != 0) {
        fprintf(stderr, "no engine\n");
        exit(1);
    }
    madvise(mem, size, MADV_HUGEPAGE);
    b->out.cap = DRIVER_EFFECTS;
}

static bool take(struct bench *b, const struct event *e, uint32_t room)
{
    b->out.cap = room;
    uint32_t taken = engine_step(b->e, e, 1, &b->result, &b->out);
    b->told += b->out.n;
    b->out.n = 0;
    return taken == 1;
}

/* A ticket that is opened and assigned. */
static void open_ticket(struct bench *b, uint32_t i, ms_t at)
{
    char key[16], agent[16];
    struct event e = {.kind = EV_OPENED, .ts = at, .rts = at, .by = BY_CUSTOMER};
    e.ticket = (struct str){key, (uint32_t)snprintf(key, sizeof key, "T%u", i)};
    e.id = e.ticket;
    e.has = 1ULL << F_TICKET | 1ULL << F_ID | 1ULL << F_AGENT | 1ULL << F_TS;
    e.agent = (struct str){agent, (uint32_t)snprintf(agent, sizeof agent, "agent-%u", i % 1000)};
    if (!take(b, &e, DRIVER_EFFECTS))
        exit(1);
}

int main(int argc, char **argv)
{
    uint32_t clocks = argc > 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    uint32_t due = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 10000;
    const ms_t start = 1770019200000; /* 2026-02-02 08:00 UTC, while open */
    struct bench b = {0};
    uint32_t tickets = clocks / 2;
    open_engine(&b, tickets + 100000);
    /* Most open over the next three hours; `due` of them within one second. */
    for (uint32_t i = 0; i < tickets; i++)
        open_ticket(&b, i,
                    i < due ? start + i * MS_SECOND / due
                            : start + MS_SECOND + (ms_t)i * 10000 * MS_SECOND / tickets);
    const ms_t second = start + 4 * (ms_t)MS_HOUR;
    struct event tick = {.kind = EV_TICK, .ts = second, .rts = second};
    while (!take(&b, &tick, DRIVER_DUE))
        ;
    uint64_t told = b.told, longest = 0, spent = 0, slices = 0;
    tick.ts = tick.rts = second + MS_SECOND;
    for (bool done = false; !done; slices++) {
        uint64_t from = clock_ns();
        done = take(&b, &tick, DRIVER_DUE);
        uint64_t took = clock_ns() - from;
        longest = took > longest ? took : longest;
        spent += took;
        for (uint32_t i = 0; i < 64; i++) /* events have their turn */
            open_ticket(&b, tickets + 64 * (uint32_t)slices + i, second + MS_SECOND);
    }
    printf("%u clocks, %llu alerts of one second in %llu slices: %.2f ms the longest (target 50), "
           "%.0f ns an alert\n",
           clocks, (unsigned long long)(b.told - told), (unsigned long long)slices,
           (double)longest / 1e6, (double)spent / (double)(b.told - told));
    return b.told - told >= due && longest < 50000000 ? 0 : 1;
}
