/* One engine step on a realistic mix: ns of CPU per event, by agents and by open tickets.
 *
 *     bench_engine [--policies] [LOG.ndjson | AGENTS OPEN]
 *     bench_engine --desk LOG.ndjson
 *
 * The mix is the simulator's (traffic.h), or a log replayed on event time. Scopes agent, team,
 * category, all; windows 5m 1h 24h 7d 30d today month. Each case is warmed until as many tickets
 * are open as it asks for, then measured in batches of 64 over events made beforehand, so that
 * making them is not measured. All of it runs twice in the same memory and the second run counts:
 * a daemon asks the kernel for a page once in its life, a benchmark's first run does so all the
 * time (a fifth of it). The engine's memory is in huge pages where the kernel has them, as the
 * daemon's is; SMALL_PAGES=1 shows what that is worth. The last column compares with the first
 * case.
 *
 * --policies (and the last case) puts two SLA policies in force, with business hours: every ticket
 * has clocks of four metrics with warning points. What they cost is the difference to the same
 * case without. Of the simulator's tickets nearly every one warns or breaches in some of them: it
 * is the worst case. --desk replays a log without and with what a service desk agrees on: first
 * response and resolution by priority, one warning point, business hours but for the most urgent;
 * the difference is what clocks cost in daily life. */
#define _DEFAULT_SOURCE /* mincore */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "core/engine.h"
#include "daemon/cli/traffic.h"
#include "daemon/config.h"
#include "proto/text.h"

enum { BATCH = 64, KEEP = 1 << 16, EFFECTS = 8192, TEXT_BYTES = 600 };

struct bench {
    struct engine *e;
    void *mem;
    uint64_t size;
    struct outbox out;
    struct result results[BATCH];
};

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long rss_kb(void)
{
    long total = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (f != NULL)
        fclose(f);
    return pages * 4;
}

/* Zeroes what was touched of a block, which stays in memory. */
static void clear(uint8_t *mem, uint64_t size)
{
    enum { PAGE = 4096 };
    unsigned char *resident = malloc(size / PAGE + 1);
    if (resident == NULL || mincore(mem, size, resident) != 0) {
        perror("mincore");
        exit(1);
    }
    for (uint64_t i = 0; i < size / PAGE; i++)
        if (resident[i] & 1)
            memset(mem + i * PAGE, 0, PAGE);
    free(resident);
}

static const char policies_text[] =
    "zone: Europe/Berlin\n"
    "calendars:\n"
    "  - {id: office, hours: {mon-fri: \"08:00-18:00\", sat: \"09:00-13:00\"}}\n"
    "policies:\n"
    "  - {id: urgent, match: {priority: [urgent, high]}, calendar: office, warn_at: [80%],\n"
    "     first_response: 1h, next_response: 2h, resolution: 8h, requester_wait: 16h}\n"
    "  - {id: other, calendar: office, warn_at: [50%, 30m left],\n"
    "     first_response: 4h, next_response: 8h, resolution: 24h, requester_wait: 48h}\n";

static const char desk_text[] =
    "zone: Europe/Berlin\n"
    "calendars:\n"
    "  - {id: office, hours: {mon-fri: \"08:00-18:00\"}}\n"
    "  - {id: round, hours: {mon-sun: \"00:00-24:00\"}}\n"
    "policies:\n"
    "  - {id: p1, match: {priority: [P1, S4, urgent]}, calendar: round, warn_at: [80%],\n"
    "     first_response: 30m, resolution: 8h}\n"
    "  - {id: p2, match: {priority: [P2, S3, high]}, calendar: office, warn_at: [80%],\n"
    "     first_response: 2h, resolution: 20h}\n"
    "  - {id: p3, match: {priority: [P3, S2, normal]}, calendar: office, warn_at: [80%],\n"
    "     first_response: 8h, resolution: 50h}\n"
    "  - {id: p4, calendar: office, warn_at: [80%], first_response: 20h, resolution: 100h}\n";

static struct config policies; /* none until policies_on */

static void policies_on(const char *text)
{
    struct tree_error why;
    if (!config_parse("policies", text, (uint32_t)strlen(text), &policies, &why)) {
        fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
}

/* A fresh engine; in the memory of the one before, if there is one. */
static void bench_open(struct bench *b)
{
    struct limits l = limits_default();
    struct settings s;
    settings_default(&s);
    s.scopes = 1u << SCOPE_ALL | 1u << SCOPE_AGENT | 1u << SCOPE_TEAM | 1u << SCOPE_CATEGORY;
    s.sla = policies.settings.sla;
    if (b->mem != NULL)
        clear(b->mem, b->size);
    else {
        b->size = (engine_size(&l, &s) + 4095) / 4096 * 4096;
        b->mem = mmap(NULL, b->size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (getenv("SMALL_PAGES") == NULL) /* as the daemon asks for them */
            madvise(b->mem, b->size, MADV_HUGEPAGE);
        b->out = (struct outbox){.effects = calloc(EFFECTS, sizeof(struct effect)), .cap = EFFECTS};
    }
    if (b->mem == MAP_FAILED || engine_init(&b->e, b->mem, &l, &s, MS_NONE) != 0) {
        perror("engine");
        exit(1);
    }
}

static void bench_close(struct bench *b)
{
    munmap(b->mem, b->size);
    free(b->out.effects);
}

static void step(struct bench *b, const struct event *events, uint32_t n)
{
    for (uint32_t done = 0; done < n;) {
        uint32_t part = n - done < BATCH ? n - done : BATCH;
        done += engine_step(b->e, events + done, part, b->results, &b->out);
        b->out.n = 0;
    }
}

/* Events with texts of their own, so that many can be made before any is applied. */
struct store {
    struct event *event;
    char *text;
    size_t used;
    uint32_t n;
};

static void keep(struct store *s, const struct event *e)
{
    struct event *to = &s->event[s->n++];
    struct str *texts[] = {&to->id,       &to->src,      &to->ticket,  &to->agent,
                           &to->team,     &to->priority, &to->channel, &to->category,
                           &to->customer, &to->tier,     &to->reason,  &to->how,
                           &to->level,    &to->into,     &to->aspect,  &to->item,
                           &to->visit,    &to->call,     &to->name,    &to->paused_reason};
    static const enum event_field fields[] = {
        F_ID,       F_SRC,      F_TICKET, F_AGENT,  F_TEAM, F_PRIORITY,     F_CHANNEL,
        F_CATEGORY, F_CUSTOMER, F_TIER,   F_REASON, F_HOW,  F_LEVEL,        F_INTO,
        F_ASPECT,   F_ITEM,     F_VISIT,  F_CALL,   F_NAME, F_PAUSED_REASON};
    *to = *e;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (!event_has(e, fields[i]))
            continue;
        char *at = s->text + s->used;
        memcpy(at, texts[i]->p, texts[i]->len);
        s->used += texts[i]->len;
        texts[i]->p = at;
    }
}

static void store_open(struct store *s)
{
    s->event = calloc(KEEP, sizeof *s->event);
    s->text = malloc((size_t)KEEP * TEXT_BYTES);
    if (s->event == NULL || s->text == NULL)
        exit(1);
}

static void store_close(struct store *s)
{
    free(s->event);
    free(s->text);
}

struct mix {
    uint32_t agents, live, measured;
};

/* One run of a mix: ns of an event. */
static double mix_run(struct bench *b, struct store *s, const struct mix *m, uint32_t *ret_open)
{
    static struct event batch[BATCH];
    struct traffic_setup setup = traffic_default();
    setup.agents = m->agents;
    setup.teams = m->agents / 25 + 1;
    setup.live = m->live;
    setup.flat = true;
    setup.start = 1770000000000;
    setup.rate = 2000000;
    struct traffic *t = traffic_new(&setup);
    if (t == NULL)
        exit(1);
    bench_open(b);
    uint32_t n = 0, done = 0;
    for (uint32_t warm = 0; warm < 3 * m->live + 200000; warm += n) {
        n = traffic_next(t, MS_NEVER, batch, BATCH);
        step(b, batch, n);
    }
    double spent = 0;
    *ret_open = traffic_open(t);
    while (done < m->measured) {
        s->n = 0;
        s->used = 0;
        while (s->n + BATCH <= KEEP && (n = traffic_next(t, MS_NEVER, batch, BATCH)) > 0)
            for (uint32_t i = 0; i < n; i++)
                keep(s, &batch[i]);
        double from = cpu_ns();
        step(b, s->event, s->n);
        spent += cpu_ns() - from;
        done += s->n;
    }
    traffic_free(t);
    return spent / done;
}

static double measure(uint32_t agents, uint32_t live, uint32_t measured, double first)
{
    struct mix m = {agents, live, measured};
    struct bench b = {0};
    struct store s;
    uint32_t open;
    store_open(&s);
    (void)mix_run(&b, &s, &m, &open);
    double each = mix_run(&b, &s, &m, &open);
    const struct engine_counters *c = engine_counters(b.e);
    printf("%7u agents %8u open: %6.0f ns/event  %5.2f x first   refolds %.2f %%  rss %ld MB\n",
           agents, open, each, first > 0 ? each / first : 1.0,
           100.0 * (double)c->refolds / (double)c->events, rss_kb() / 1024);
    store_close(&s);
    bench_close(&b);
    return each;
}

/* The log again and again, each time later and with other tickets, so that what is measured is
 * not an engine that fills up: the first pass is not counted. */
static void shift(struct event *e, uint32_t pass, ms_t span, char digit[1])
{
    e->ts += pass * span;
    e->seq += (uint64_t)pass << 32;
    digit[0] = (char)('0' + pass);
}

struct replay {
    const char *path;
    ms_t first, last; /* of the log */
    double spent;
    uint64_t done;
};

static void replay_pass(struct bench *b, struct store *s, struct replay *r, uint32_t pass)
{
    static struct text_reader reader;
    static char line[TEXT_LINE_MAX];
    FILE *f = fopen(r->path, "r");
    bool more = true;
    if (f == NULL) {
        perror(r->path);
        exit(1);
    }
    text_reader_init(&reader, false);
    while (more) {
        s->n = 0;
        s->used = 0;
        while (s->n < KEEP && (more = fgets(line, sizeof line, f) != NULL)) {
            struct event e;
            enum event_field field;
            if (text_read(&reader, line, strcspn(line, "\n"), MS_NONE, &e, &field) != 1)
                continue;
            r->first = ms_min(r->first, e.ts);
            r->last = pass == 0 ? ms_max(r->last, e.ts) : r->last;
            keep(s, &e);
            /* The ticket's text is followed by room for the digit of the pass. */
            struct event *k = &s->event[s->n - 1];
            if (event_has(k, F_TICKET)) {
                memcpy(s->text + s->used, k->ticket.p, k->ticket.len);
                k->ticket.p = s->text + s->used;
                shift(k, pass, r->last - r->first + 100 * MS_DAY,
                      s->text + s->used + k->ticket.len);
                s->used += ++k->ticket.len;
            }
        }
        double from = cpu_ns();
        step(b, s->event, s->n);
        r->spent += pass > 0 ? cpu_ns() - from : 0;
        r->done += pass > 0 ? s->n : 0;
    }
    text_reader_fini(&reader);
    fclose(f);
}

static double replay(const char *path)
{
    struct bench b = {0};
    struct store s;
    struct replay r;
    store_open(&s);
    for (int run = 0; run < 2; run++) {
        r = (struct replay){.path = path, .first = MS_NEVER, .last = MS_NONE};
        bench_open(&b);
        for (uint32_t pass = 0; pass < 4; pass++)
            replay_pass(&b, &s, &r, pass);
    }
    if (r.done == 0) {
        fprintf(stderr, "%s: no events in it; a packed log is unpacked first\n", path);
        exit(1);
    }
    const struct engine_counters *c = engine_counters(b.e);
    printf("%s: %.0f ns/event, %lu events, %.2f %% folded again, %.2f SLA alerts an event\n", path,
           r.spent / (double)r.done, (unsigned long)r.done,
           100.0 * (double)c->refolds / (double)c->events,
           (double)c->sla_fired / (double)c->events);
    store_close(&s);
    bench_close(&b);
    return r.spent / (double)r.done;
}

/* What a desk's clocks cost: in turn without and with them, the least of each. */
static void desk(const char *path)
{
    double without = 1e9, with = 1e9;
    for (int i = 0; i < 3; i++) {
        double each;
        config_fini(&policies);
        policies = (struct config){0};
        each = replay(path);
        without = each < without ? each : without;
        policies_on(desk_text);
        each = replay(path);
        with = each < with ? each : with;
    }
    printf("%s: clocks of a desk: %.0f ns/event more\n", path, with - without);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--desk") == 0) {
        desk(argv[2]);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--policies") == 0) {
        policies_on(policies_text);
        argc--;
        argv++;
    }
    if (argc == 3) {
        measure((uint32_t)strtoul(argv[1], NULL, 10), (uint32_t)strtoul(argv[2], NULL, 10), 1000000,
                0);
        return 0;
    }
    if (argc == 2) {
        replay(argv[1]);
        return 0;
    }
    double first = measure(1000, 100000, 1000000, 0);
    measure(100, 100000, 1000000, first);
    measure(10000, 100000, 1000000, first);
    measure(1000, 1000, 1000000, first);
    measure(1000, 1000000, 1000000, first);
    if (policies.settings.sla == NULL) {
        policies_on(policies_text);
        double with = measure(1000, 100000, 1000000, first);
        printf("clocks of policies: %.0f ns/event more\n", with - first);
    }
    return 0;
}
