/* Scorecards of ten thousand agents: what it costs to score all of them anew.
 *
 *     bench_score [AGENTS TICKETS]
 *
 * Every agent has answered and resolved so many tickets in the month, some rated, inspected or
 * complained about, and taken calls; the card has six items of as many logs. Between rounds two
 * hours pass and events come, so cursors move and caches are cold. Told: CPU of a round that scores
 * everybody (target: 100 ms), and of one that also writes every card as a message; and the longest
 * piece between two looks at the time, beside the slice of a turn (target: 5 ms). */
#include "daemon/scores.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static const char cards[] =
    "windows: [1h, 24h, 30d]\n"
    "rules: []\n"
    "scorecards:\n"
    "  - id: month\n"
    "    window: 30d\n"
    "    items:\n"
    "      - {indicator: first_response, field: mean, weight: 25, bands: [10m, 20m, 40m, 1h]}\n"
    "      - {indicator: answer_rate, weight: 15, baseline: 90%, target: 95%}\n"
    "      - {indicator: first_contact_resolution, weight: 20, baseline: 60%, target: 70%}\n"
    "      - {indicator: csat, weight: 20, baseline: 4, target: 4.5}\n"
    "      - {indicator: conformance_rate, weight: 10, baseline: 90%, target: 95%}\n"
    "      - {indicator: complaints, weight: 10, deduct: 2}\n";

enum { ROUNDS = 5, EFFECTS = 1024, BATCH = 64 };

static struct bench {
    struct config config;
    struct engine *e;
    struct outbox out;
    struct effect effects[EFFECTS];
    struct event batch[BATCH];
    char text[BATCH][3][24];
    struct result result[BATCH];
    uint32_t n;
    uint64_t id;
} b;

static struct scores scores;
static struct bus bus;

static uint64_t clock_ns(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void open_engine(uint32_t agents, uint32_t tickets)
{
    struct tree_error why;
    if (!config_parse("cards", cards, sizeof cards - 1, &b.config, &why)) {
        fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
    b.config.limits.agents = agents + 100;
    b.config.limits.tickets = agents * tickets + 1000;
    uint64_t size = engine_size(&b.config.limits, &b.config.settings);
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem == MAP_FAILED ||
        engine_init(&b.e, mem, &b.config.limits, &b.config.settings, MS_NONE) != 0) {
        fprintf(stderr, "no engine\n");
        exit(1);
    }
    madvise(mem, size, MADV_HUGEPAGE);
    b.out = (struct outbox){.effects = b.effects, .cap = EFFECTS};
}

static void flush(void)
{
    for (uint32_t done = 0; done < b.n; b.out.n = 0)
        done += engine_step(b.e, b.batch + done, b.n - done, b.result, &b.out);
    b.n = 0;
}

/* The next event, about an agent and perhaps a ticket or call. */
static struct event *tell(enum event_kind kind, ms_t at, uint32_t agent, enum event_field about,
                          uint64_t number)
{
    if (b.n == BATCH)
        flush();
    char(*text)[24] = b.text[b.n];
    struct event *e = &b.batch[b.n++];
    *e = (struct event){.kind = (uint8_t)kind,
                        .ts = at,
                        .rts = at,
                        .by = BY_AGENT,
                        .is_public = true,
                        .has = F1(TS) | F1(ID) | F1(AGENT) | 1ULL << about};
    e->id = (struct str){
        text[0], (uint32_t)snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)++b.id)};
    e->agent =
        (struct str){text[1], (uint32_t)snprintf(text[1], sizeof text[1], "agent-%u", agent)};
    struct str of = {
        text[2], (uint32_t)snprintf(text[2], sizeof text[2], "%llu", (unsigned long long)number)};
    if (about == F_TICKET)
        e->ticket = of;
    else if (about == F_CALL)
        e->call = of;
    return e;
}

/* One ticket and, of every third, one call; what is judged differs from agent to agent. */
static void work(uint32_t agent, uint64_t number, ms_t at)
{
    tell(EV_OPENED, at, agent, F_TICKET, number)->by = BY_CUSTOMER;
    tell(EV_MESSAGE, at + (agent % 50) * MS_MINUTE, agent, F_TICKET, number);
    if (number % 4 == 0)
        tell(EV_MESSAGE, at + 60 * MS_MINUTE, agent, F_TICKET, number);
    tell(EV_RESOLVED, at + 70 * MS_MINUTE, agent, F_TICKET, number);
    if (number % 3 == 0) {
        tell(EV_CALL_RUNG, at, agent, F_CALL, number);
        if (number % (2 + agent % 9) != 0)
            tell(EV_CALL_ANSWERED, at + MS_SECOND, agent, F_CALL, number);
        tell(EV_CALL_ENDED, at + 2 * MS_SECOND, agent, F_CALL, number);
        struct event *e = tell(EV_RATED, at + 80 * MS_MINUTE, agent, F_SCORE, number);
        e->score = (int64_t)(3 + (number + agent) % 3) * NUMBER_ONE;
        e->out_of = 5 * NUMBER_ONE;
    }
    if (number % 5 == 0)
        tell(EV_INSPECTED, at + 90 * MS_MINUTE, agent, F_PASSED, number)->passed = number % 25 != 0;
    if (number % (20 + agent % 13) == 0)
        tell(EV_COMPLAINED, at + 95 * MS_MINUTE, agent, F_AGENT, number);
}

static void tick(ms_t at)
{
    struct event e = {.kind = EV_TICK, .ts = at, .rts = at};
    flush();
    b.batch[b.n++] = e;
    flush();
}

/* Scores everybody; then, if wanted, every card as a message. Tells CPU and the longest piece. */
static void measure(bool messages, double *ret_ms, double *ret_longest_us)
{
    struct score_wish wish = {.scope_last = SCOPE_N - 1, .windows = UINT32_MAX};
    struct score_walk walk = {0, 0};
    struct topic topic;
    uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), longest = 0, told = 0;
    bool more = true;
    while (more) {
        uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        more = scores_count_next(&scores, &wish, &walk);
        uint64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;
        longest = took > longest ? took : longest;
    }
    walk = (struct score_walk){0, 0};
    for (bool end = !messages; !end;) {
        uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        told += scores_find(&scores, &wish, &walk, &topic, &end) > 0;
        uint64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;
        longest = took > longest ? took : longest;
    }
    CHECK(!messages || told == scores.board.family[0].ranks.n);
    *ret_ms = (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e6;
    *ret_longest_us = (double)longest / 1e3;
}

int main(int argc, char **argv)
{
    uint32_t agents = argc > 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
    uint32_t tickets = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 60;
    const ms_t start = 1770019200000; /* 2026-02-02 08:00 UTC */
    const ms_t step = 29 * MS_DAY / tickets;
    struct log log;
    log_init(&log, 2, LOG_ERROR);
    open_engine(agents, tickets);
    uint64_t number = 0;
    ms_t at = start;
    for (uint32_t t = 0; t < tickets; t++, at += step)
        for (uint32_t a = 0; a < agents; a++)
            work(a, ++number, at);
    scores_init(&scores, b.e, &bus, &b.config, &log, 0);
    printf("%u agents, %u tickets each, %llu events; slice of a turn %d us\n", agents, tickets,
           (unsigned long long)b.id, SCORES_SLICE_NS / 1000);
    double scored = 0, told = 0, longest = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double ms, us;
        tick(at += 2 * MS_HOUR);
        for (uint32_t a = 0; a < agents; a += 2)
            work(a, ++number, at);
        measure(false, &ms, &us);
        scored = ms > scored ? ms : scored;
        longest = us > longest ? us : longest;
        tick(at += 2 * MS_HOUR);
        measure(true, &ms, &us);
        told = ms > told ? ms : told;
        longest = us > longest ? us : longest;
    }
    printf("score everybody         %8.2f ms CPU, the slowest of %d rounds (target: 100)\n", scored,
           ROUNDS);
    printf("score and write all     %8.2f ms CPU (a full round)\n", told);
    printf("longest piece           %8.1f us, so a turn is held %.2f ms at most (target: 5)\n",
           longest, (longest + SCORES_SLICE_NS / 1e3) / 1e3);
    const struct score_family *f = &scores.board.family[0];
    int least = SCORE_FULL, most = 0;
    for (uint32_t i = 0; i < f->places; i++) {
        if (f->place[i].total < 0)
            continue;
        least = f->place[i].total < least ? f->place[i].total : least;
        most = f->place[i].total > most ? f->place[i].total : most;
    }
    printf("ranked                  %8u, from %.2f to %.2f\n", f->ranks.n, least / 100.0,
           most / 100.0);
    return scored <= 100 && longest + SCORES_SLICE_NS / 1e3 <= 5000 ? 0 : 1;
}
