/* bench_journal: what durability costs, on simulated traffic of a help desk.
 *
 *     bench_journal DIRECTORY [events]     a directory on the disk to measure; 1,000,000 events
 *
 * Packs events in batches of 64 into a journal in DIRECTORY/bench and waits for the disk, then
 * replays it into an engine. Prints events a second, CPU of the loop's thread and of all threads
 * per event, bytes of journal.db per event, and replayed events a second, beside the targets.
 * Figures mean something in a Release build on a quiet machine. */
#include "daemon/cli/traffic.h"
#include "daemon/config.h"
#include "daemon/journal.h"
#include "daemon/recover.h"
#include "tests/lib/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { BATCH = 64, EFFECTS = 1024, AHEAD = 8 << 20, TICK_EVERY = 8 };

static const ms_t start_at = 1770000000000;

static struct store store;
static struct journal journal;
static struct recover recovery;
static struct config config;
static struct log quiet;
static uv_loop_t loop;
static struct effect effects[EFFECTS];
static struct engine *engine;

static double seconds(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_closed(struct journal *j)
{
    (void)j;
}

static struct engine *on_fresh(void *data, const struct terms *t)
{
    (void)data;
    void *memory = desk_map(engine_size(&t->limits, &t->settings));
    int err = engine_init(&engine, memory, &t->limits, &t->settings, t->started_at);
    CHECK(err == 0);
    return engine;
}

static void open_all(const char *dir)
{
    struct terms now;
    bool fine = terms_copy(&now, &config.limits, &config.settings, 0) && store_open(&store, dir) &&
                recover_open(&recovery, &store, &now, &quiet);
    if (!fine) {
        fprintf(stderr, "bench_journal: %s\n", store.why);
        exit(1);
    }
    terms_fini(&now);
}

/* The next batch as it comes live, received at once; returns how many. */
static uint32_t receive(struct traffic *t, struct event events[BATCH], ms_t *now)
{
    uint32_t got = traffic_next(t, start_at + 1000LL * MS_DAY, events, BATCH);
    for (uint32_t i = 0; i < got; i++) {
        *now = ms_max(*now, events[i].ts);
        events[i].rts = *now;
    }
    return got;
}

static struct traffic *traffic_begin(void)
{
    struct traffic_setup setup = traffic_default();
    setup.start = start_at;
    setup.agents = 1000;
    setup.teams = 40;
    setup.rate = 50000000;
    setup.flat = true;
    struct traffic *t = traffic_new(&setup);
    CHECK(t != NULL);
    return t;
}

/* The same events stepped with no journal at all: seconds of CPU for an event. */
static double step_all(uint64_t wanted)
{
    static struct event events[BATCH];
    static struct result results[BATCH];
    struct traffic *t = traffic_begin();
    struct outbox out = {.effects = effects, .cap = EFFECTS};
    struct terms now;
    uint64_t n = 0, batches = 0;
    ms_t at = start_at;
    double spent = 0;
    bool fine = terms_copy(&now, &config.limits, &config.settings, start_at);
    struct engine *e = fine ? on_fresh(NULL, &now) : NULL;
    CHECK(e != NULL);
    while (n < wanted) {
        uint32_t got = receive(t, events, &at);
        double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t done = 0; done < got; out.n = 0) {
            uint32_t some = got - done < RECOVER_BATCH ? got - done : RECOVER_BATCH;
            done += engine_step(e, events + done, some, results, &out);
        }
        struct event tick = {.kind = EV_TICK, .ts = at, .rts = at};
        while (++batches % TICK_EVERY == 0 && engine_step(e, &tick, 1, results, &out) == 0)
            out.n = 0;
        out.n = 0;
        spent += seconds(CLOCK_THREAD_CPUTIME_ID) - begun;
        n += got;
    }
    terms_fini(&now);
    traffic_free(t);
    return spent / (double)n;
}

/* Writes so many events; returns how many there were. */
static uint64_t write_all(uint64_t wanted)
{
    static struct event events[BATCH];
    struct traffic *t = traffic_begin();
    uint64_t n = 0, batches = 0;
    ms_t now = start_at;
    double spent = 0;
    CHECK(journal_open(&journal, &store, 0, &loop, NULL, NULL));
    double begun = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), made = 0;
    while (n < wanted) {
        double at = seconds(CLOCK_THREAD_CPUTIME_ID);
        uint32_t got = receive(t, events, &now);
        double packed = seconds(CLOCK_THREAD_CPUTIME_ID);
        made += packed - at;
        for (uint32_t i = 0; i < got; i++)
            journal_event(&journal, &events[i]);
        if (++batches % TICK_EVERY == 0)
            journal_tick(&journal, now, true);
        journal_push(&journal);
        spent += seconds(CLOCK_THREAD_CPUTIME_ID) - packed;
        n += got;
        while (journal_backlog(&journal) > AHEAD)
            uv_run(&loop, UV_RUN_ONCE);
    }
    bool fine = journal_settle(&journal);
    CHECK(fine);
    double took = seconds(CLOCK_MONOTONIC) - begun;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - made;
    printf("written    %9.0f events/s (target 400000), with making them up\n", (double)n / took);
    printf("CPU        %9.0f ns/event in the loop, %.0f in all threads\n", spent / (double)n * 1e9,
           cpu / (double)n * 1e9);
    printf("commits    %9llu of %.0f events\n", (unsigned long long)atomic_load(&journal.commits),
           (double)n / (double)atomic_load(&journal.commits));
    journal_close(&journal, on_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    traffic_free(t);
    return n;
}

int main(int argc, char **argv)
{
    char dir[512], path[600];
    struct stat st;
    if (argc < 2) {
        fputs("bench_journal DIRECTORY [events]\n", stderr);
        return 2;
    }
    snprintf(dir, sizeof dir, "%s/bench", argv[1]);
    snprintf(path, sizeof path, "%s/journal.db", dir);
    remove(path);
    config_default(&config);
    log_init(&quiet, 2, LOG_ERROR);
    uv_loop_init(&loop);
    open_all(dir);
    recover_close(&recovery);
    uint64_t n = write_all(argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000);
    store_close(&store);
    if (stat(path, &st) == 0)
        printf("journal.db %9.1f bytes/event (target 30)\n", (double)st.st_size / (double)n);
    open_all(dir);
    struct outbox out = {.effects = effects, .cap = EFFECTS};
    recovery.fresh = on_fresh;
    double begun = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    bool fine = recover_run(&recovery, &out);
    double took = seconds(CLOCK_MONOTONIC) - begun;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double step = step_all(n);
    printf("replayed   %9.0f events/s (target 500000), %.0f a second of CPU\n",
           (double)recovery.events / took, (double)recovery.events / cpu);
    printf("           %9.2f x the CPU of stepping alone (%.0f ns/event)\n",
           cpu / (double)recovery.events / step, step * 1e9);
    fine = fine && recovery.events == n && engine_counters(recovery.engine)->applied > n / 2;
    recover_close(&recovery);
    store_close(&store);
    return fine ? 0 : 1;
}
