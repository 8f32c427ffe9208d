/* bench_memory: what the engine keeps in memory.
 *
 *     bench_memory [agents [PHASE]]     all of them, or one: tickets, agents, both
 *
 * agents: of `both`, default 200; 10000 is the full load and takes its time.
 *
 * tickets   1,000,000 open tickets, each opened, assigned and written to once by its customer:
 *           bytes a ticket
 * agents    each with 3,000 replies and 3,000 resolves spread over 30 days, durations drawn at
 *           random: bytes an agent, without the tickets (their number is kept small). It is what
 *           an agent more costs once the numbers of the whole site are as large as they get
 * both      in one engine with the shipped limits and scopes agent, team, category, all
 *
 * Bytes are resident pages (/proc/self/statm) with the engine there, less those without. The full
 * account of `both` says in which pool each of them lies (mincore), and how many slots are used. */
#define _DEFAULT_SOURCE /* mincore */
#include "core/engine.h"
#include "core/err.h"
#include "tests/lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define START 1770000000000LL

enum {
    OPEN_TICKETS = 1000000,
    REPLIES = 3000, /* an agent, and as many resolves */
    AGENTS = 800,   /* half of them fill what is kept of the whole site: 100,000 samples a series */
    BATCH = 64,
    EFFECTS = OUTBOX_EFFECTS_MAX,
};

struct site {
    struct limits limits;
    struct settings settings;
    struct engine *e;
    void *mem;
    uint64_t size;
    struct outbox out;
    struct effect effects[EFFECTS];
    struct event event[BATCH];
    char text[BATCH][3][24];
    uint32_t held;
    uint64_t refused;
};

static struct site site;

static double rss(void)
{
    long total = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fscanf(f, "%ld %ld", &total, &pages) == 2);
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void site_default(void)
{
    memset(&site, 0, sizeof site);
    site.limits = limits_default();
    settings_default(&site.settings);
    site.settings.scopes =
        1u << SCOPE_ALL | 1u << SCOPE_AGENT | 1u << SCOPE_TEAM | 1u << SCOPE_CATEGORY;
    site.out = (struct outbox){.effects = site.effects, .cap = EFFECTS};
}

static void site_open(void)
{
    site.size = engine_size(&site.limits, &site.settings);
    CHECK(site.size > 0);
    site.mem = mmap(NULL, site.size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(site.mem != MAP_FAILED);
    CHECK(engine_init(&site.e, site.mem, &site.limits, &site.settings, MS_NONE) == 0);
}

static void site_close(void)
{
    munmap(site.mem, site.size);
}

static void step(const struct event *events, uint32_t n)
{
    struct result results[BATCH];
    while (n > 0) {
        uint32_t taken = engine_step(site.e, events, n, results, &site.out);
        for (uint32_t i = 0; i < taken; i++)
            site.refused += results[i].verdict == VERDICT_REFUSED;
        site.out.n = 0;
        events += taken;
        n -= taken;
    }
}

static void flush(void)
{
    step(site.event, site.held);
    site.held = 0;
}

static struct str number(char text[24], char letter, uint64_t n)
{
    return (struct str){text,
                        (uint32_t)snprintf(text, 24, "%c-%llu", letter, (unsigned long long)n)};
}

/* The next event of the batch, about a ticket. */
static struct event *tell(enum event_kind kind, ms_t ts, uint64_t ticket)
{
    static uint64_t seq;
    if (site.held == BATCH)
        flush();
    struct event *e = &site.event[site.held];
    *e = (struct event){.kind = (uint8_t)kind,
                        .has = F1(TYPE) | F1(SRC) | F1(SEQ) | F1(TS) | F1(TICKET),
                        .ts = ts,
                        .rts = MS_NONE,
                        .src = str_of("desk"),
                        .seq = ++seq,
                        .is_public = true,
                        .needs_reply = true,
                        .by = kind == EV_OPENED ? BY_CUSTOMER : BY_AGENT};
    e->ticket = number(site.text[site.held++][0], 'T', ticket);
    return e;
}

static void put_agent(struct event *e, uint32_t agent)
{
    e->agent = number(site.text[site.held - 1][1], 'a', agent);
    e->has |= F1(AGENT);
}

static void put_team(struct event *e, uint32_t agent)
{
    e->team = number(site.text[site.held - 1][2], 'g', agent / 25);
    e->has |= F1(TEAM);
}

static void open_ticket(ms_t ts, uint64_t ticket, uint32_t agent)
{
    static const char *const words[] = {"low", "normal", "high", "urgent"};
    static const char *const kinds[] = {"login", "billing", "delivery", "return", "other"};
    struct event *e = tell(EV_OPENED, ts, ticket);
    e->customer = number(site.text[site.held - 1][1], 'K', ticket % 400000);
    put_team(e, agent);
    e->priority = str_of(words[ticket % ARRAY_LEN(words)]);
    e->category = str_of(kinds[ticket % ARRAY_LEN(kinds)]);
    e->has |= F1(BY) | F1(CUSTOMER) | F1(PRIORITY) | F1(CATEGORY);
}

static void write_to(ms_t ts, uint64_t ticket, enum event_by by)
{
    struct event *e = tell(EV_MESSAGE, ts, ticket);
    e->by = (uint8_t)by;
    e->has |= F1(BY);
}

/* A million tickets, a few an instant; the clock ends at what is returned. */
static ms_t open_tickets(ms_t from, uint32_t agents)
{
    for (uint32_t i = 0; i < OPEN_TICKETS; i++) {
        ms_t ts = from + i;
        uint64_t ticket = 1000000000ull + i;
        open_ticket(ts, ticket, i % agents);
        put_agent(tell(EV_ASSIGNED, ts + 2000, ticket), i % agents);
        write_to(ts + 5000, ticket, BY_CUSTOMER);
    }
    flush();
    return from + OPEN_TICKETS + 5000;
}

/* One ticket of every agent: opened, assigned, answered, resolved, closed. */
static void work_round(ms_t from, uint64_t first, uint32_t agents, struct random *r)
{
    for (uint32_t a = 0; a < agents; a++)
        open_ticket(from + a % 60000, first + a, a);
    for (uint32_t a = 0; a < agents; a++)
        put_agent(tell(EV_ASSIGNED, from + 60000 + a % 60000, first + a), a);
    for (uint32_t a = 0; a < agents; a++)
        write_to(from + 150000 + random_range(r, 0, 120000), first + a, BY_AGENT);
    for (uint32_t a = 0; a < agents; a++)
        put_agent(tell(EV_RESOLVED, from + 400000 + random_range(r, 0, 200000), first + a), a);
    for (uint32_t a = 0; a < agents; a++)
        tell(EV_CLOSED, from + 700000 + a % 60000, first + a);
}

static void work(ms_t from, uint32_t agents)
{
    struct random r = {1};
    for (uint32_t i = 0; i < REPLIES; i++)
        work_round(from + i * (30 * MS_DAY / REPLIES), (uint64_t)i * agents, agents, &r);
    flush();
}

/* --- the account ------------------------------------------------------------------------------ */

enum { PAGE = 4096, PARTS = 2 * ENGINE_GROWTHS + 1 };

/* A part of the engine's block, from its base to that of the next one. */
struct part_account {
    char name[32];
    uint64_t from;
    double resident;
    uint32_t live, slots, slot_size; /* slot_size 0: no pool */
};

static int by_place(const void *a, const void *b)
{
    uint64_t x = ((const struct part_account *)a)->from, y = ((const struct part_account *)b)->from;
    return x < y ? -1 : x > y;
}

static int by_size(const void *a, const void *b)
{
    double x = ((const struct part_account *)a)->resident;
    double y = ((const struct part_account *)b)->resident;
    return x > y ? -1 : x < y;
}

/* Pools, and what lies behind each: maps that find its slots, and scratch. */
static uint32_t parts_of(struct part_account part[PARTS])
{
    struct engine_growth growth[ENGINE_GROWTHS];
    uint32_t n = 0, pools = engine_growth(site.e, growth);
    snprintf(part[n++].name, sizeof part[0].name, "(engine)");
    for (uint32_t i = 0; i < pools; i++) {
        const struct engine_growth *g = &growth[i];
        uint64_t from = (uint64_t)((const uint8_t *)g->base - (const uint8_t *)site.mem);
        part[n] = (struct part_account){
            .from = from, .live = g->live, .slots = g->slots, .slot_size = g->slot_size};
        snprintf(part[n++].name, sizeof part[0].name, "%s", g->name);
        part[n].from = from + g->size;
        snprintf(part[n++].name, sizeof part[0].name, "(behind %s)", g->name);
    }
    qsort(part, n, sizeof part[0], by_place);
    return n;
}

/* Every resident page goes to the part in which it begins. */
static void count_pages(struct part_account *part, uint32_t n)
{
    uint64_t pages = (site.size + PAGE - 1) / PAGE;
    unsigned char *resident = malloc(pages);
    CHECK(resident != NULL && mincore(site.mem, site.size, resident) == 0);
    uint32_t in = 0;
    for (uint64_t i = 0; i < pages; i++) {
        while (in + 1 < n && part[in + 1].from <= i * PAGE)
            in++;
        part[in].resident += (resident[i] & 1) != 0 ? PAGE : 0;
    }
    free(resident);
}

static void account(double outside)
{
    static struct part_account part[PARTS];
    memset(part, 0, sizeof part);
    uint32_t n = parts_of(part);
    count_pages(part, n);
    qsort(part, n, sizeof part[0], by_size);
    double sum = outside, small = 0, total = rss();
    puts("      MB  share  slots in use   bytes each  pool");
    for (uint32_t i = 0; i < n; i++) {
        sum += part[i].resident;
        if (part[i].resident < 1e6)
            small += part[i].resident;
        else if (part[i].slot_size == 0)
            printf("%8.1f %5.1f%% %27s %s\n", part[i].resident / 1e6,
                   100 * part[i].resident / total, "", part[i].name);
        else
            printf("%8.1f %5.1f%% %13u %12u  %s (most %u)\n", part[i].resident / 1e6,
                   100 * part[i].resident / total, part[i].live, part[i].slot_size, part[i].name,
                   part[i].slots);
    }
    printf("%8.1f %5.1f%% %27s less than 1 MB each\n", small / 1e6, 100 * small / total, "");
    printf("%8.1f %5.1f%% %27s the program itself\n", outside / 1e6, 100 * outside / total, "");
    printf("%8.1f of %.1f MB resident\n", sum / 1e6, total / 1e6);
}

/* --- the phases ------------------------------------------------------------------------------- */

static void verdict(const char *what, double bytes, double target)
{
    printf("%s: %.0f bytes, target %.0f%s\n", what, bytes, target,
           bytes <= target ? "" : " MISSED");
    fflush(stdout);
}

/* Bytes of window chunks in use. */
static double samples(void)
{
    struct engine_use use[16];
    uint32_t n = engine_usage(site.e, use, ARRAY_LEN(use));
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(use[i].name, "chunks") == 0)
            return (double)use[i].used * 256;
    return 0;
}

static bool measure_tickets(void)
{
    site_default();
    site_open();
    double empty = rss();
    open_tickets(START, 1000);
    double each = (rss() - empty) / OPEN_TICKETS, window = samples() / OPEN_TICKETS;
    printf("%u open tickets, %.0f bytes each, of these %.0f in samples of windows; ", OPEN_TICKETS,
           each, window);
    verdict("an open ticket by itself", each - window, 400);
    CHECK(site.refused == 0);
    site_close();
    return true;
}

static double worked_agents(uint32_t agents)
{
    site_default();
    site.settings.scopes = 1u << SCOPE_ALL | 1u << SCOPE_AGENT;
    site.limits.tickets = 1000; /* remembered for a moment, as they are closed */
    site.limits.history = 10000;
    site_open();
    double before = rss();
    work(START, agents);
    double grown = rss() - before;
    printf("%u agents: %.1f MB, of these %.1f MB in samples\n", agents, grown / 1e6,
           samples() / 1e6);
    CHECK(site.refused == 0);
    site_close();
    return grown;
}

static bool measure_agents(uint32_t agents)
{
    double few = worked_agents(agents / 2), many = worked_agents(agents);
    verdict("an agent", (many - few) / (agents - agents / 2), 120000);
    return true;
}

static bool measure_both(uint32_t agents)
{
    site_default();
    double outside = rss();
    site_open();
    work(START, agents);
    double worked = rss();
    account(outside);
    open_tickets(START + 30 * MS_DAY, agents);
    printf("%u agents and %u open tickets, shipped limits: %.0f MB (%.0f MB before those "
           "tickets)",
           agents, OPEN_TICKETS, rss() / 1e6, worked / 1e6);
    if (agents >= 10000)
        printf(", target 2000%s", rss() <= 2e9 ? "" : " MISSED");
    printf("; refused %llu\n", (unsigned long long)site.refused);
    account(outside);
    fflush(stdout);
    site_close();
    return true;
}

int main(int argc, char **argv)
{
    long agents = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    const char *phase = argc > 2 ? argv[2] : "all";
    bool all = strcmp(phase, "all") == 0, known = all;
    if (argc > 3 || agents < 1 || agents > 20000)
        known = false;
    else {
        if (all || strcmp(phase, "tickets") == 0)
            known = measure_tickets();
        if (all || strcmp(phase, "agents") == 0)
            known = measure_agents(AGENTS);
        if (all || strcmp(phase, "both") == 0)
            known = measure_both((uint32_t)agents);
    }
    if (!known)
        fprintf(stderr, "bench_memory [agents [tickets|agents|both]]\n");
    return known ? 0 : 2;
}
