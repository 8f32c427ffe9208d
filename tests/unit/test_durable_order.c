/* durable: what is on disk together, and since when an alert counts as having left. */
#include "daemon/durable.h"

#include "tests/lib/desk.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { EFFECTS = 64 };

static const char text[] =
    "limits: {tickets: 1000, history: 3000, calls: 100, agents: 20, teams: 9, "
    "channels: 9, priorities: 9, categories: 9, sources: 16, chunks: 2000, "
    "ids: 500, alerts: 100}\n";

static char dir[64];
static struct log quiet;
static struct durable *sut;
static struct outlet *outlet;
static struct config config;
static struct terms terms;
static uv_loop_t loop;
static void *mem;
static uint64_t size;
static ms_t now = 1770000000000;

static struct engine *fresh(void *data, const struct terms *t)
{
    struct engine *e;
    (void)data;
    size = engine_size(&t->limits, &t->settings);
    mem = desk_map(size);
    cr_assert_eq(engine_init(&e, mem, &t->limits, &t->settings, t->started_at), 0);
    return e;
}

static void start(void)
{
    static struct effect effects[EFFECTS];
    struct outbox out = {.effects = effects, .cap = EFFECTS};
    sut = calloc(1, sizeof *sut);
    outlet = calloc(1, sizeof *outlet);
    cr_assert(durable_open(sut, dir, &terms, &quiet));
    sut->recover.fresh = fresh;
    cr_assert(durable_recover(sut, &out));
    cr_assert(durable_start(sut, outlet, &loop));
    outlet->held = NULL; /* nothing is published here */
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void stop(void)
{
    bool closed = false;
    sut->data = &closed;
    durable_close(sut, on_closed);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
    desk_unmap(mem, size);
    free(sut);
    free(outlet);
}

static void begin(void)
{
    struct tree_error why;
    scratch_make(dir, sizeof dir, "durable-order");
    log_init(&quiet, -1, LOG_ERROR);
    uv_loop_init(&loop);
    cr_assert(config_parse("test", text, strlen(text), &config, &why), "%s", why.text);
    cr_assert(terms_copy(&terms, &config.limits, &config.settings, now));
    start();
}

static void end(void)
{
    stop();
    cr_assert_eq(uv_loop_close(&loop), 0);
    terms_fini(&terms);
    config_fini(&config);
    scratch_remove(dir);
}

/* So many tickets are opened. */
static const struct event *events(uint32_t n)
{
    static struct event all[8];
    static char names[8][16];
    static unsigned number;
    cr_assert_leq(n, ARRAY_LEN(all));
    for (uint32_t i = 0; i < n; i++) {
        enum event_field field;
        now++;
        snprintf(names[i], sizeof names[i], "T%u", ++number);
        all[i] =
            (struct event){.kind = EV_OPENED,
                           .has = 1ULL << F_TYPE | 1ULL << F_TS | 1ULL << F_TICKET | 1ULL << F_SRC,
                           .ts = now,
                           .rts = now,
                           .ticket = str_of(names[i]),
                           .src = str_of("s")};
        cr_assert_eq(event_check(&all[i], &field), 0);
    }
    return all;
}

/* While alerts leave, the writer puts more on disk. */
static void commit_more(void *data, uint64_t upto)
{
    (void)data;
    sut->committed = NULL;
    durable_events(sut, events(1), 1);
    cr_assert(journal_settle(&sut->journal));
    cr_assert_gt(journal_committed(&sut->journal), upto);
}

/* Alerts of what was committed then have not left yet: a crash now must raise them again. */
Test(durable_order, what_is_committed_while_alerts_leave_does_not_count_as_told)
{
    begin();
    sut->committed = commit_more;
    durable_events(sut, events(3), 3);
    while (sut->committed != NULL)
        uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(sut->released, 3);
    cr_assert_leq(atomic_load(&sut->journal.told), 3);
    cr_assert_leq(recorder_told(&sut->record), 3);
    while (sut->released < 4) /* it hears of the rest, too */
        uv_run(&loop, UV_RUN_ONCE);
    end();
}

/* However the journal ends, it has all of a client's batch or nothing: what was taken of one that
 * is not known to have been taken would count again. */
Test(durable_order, a_batch_and_its_number_are_on_disk_together)
{
    begin();
    const struct journal *j = &sut->journal;
    const uint64_t key = client_key(str_of("shop"), str_of("till"));
    for (uint64_t batch = 1; batch <= 20; batch++) {
        uint32_t n = (uint32_t)batch % 4;
        uint64_t before = j->seq;
        durable_settle(sut);
        cr_assert_eq(sut->timed, 0); /* nothing is under way */
        durable_batch(sut, events(n), n, key, batch);
        cr_assert_eq(j->seq, before + n + 1);
        cr_assert_eq(sut->timed, j->seq, "the first push had all of it");
        cr_assert_eq(outlet->step_seq, before);
        cr_assert_eq(outlet->held_seq, j->seq); /* its alerts wait for all of it */
    }
    durable_settle(sut);
    uint64_t last = sut->journal.seq;
    stop();
    start();
    cr_assert_eq(sut->journal.seq, last);
    for (uint64_t batch = 1; batch <= 21; batch++)
        cr_assert_eq(clients_seen(&sut->clients, key, batch), batch <= 20);
    cr_assert_not(clients_seen(&sut->clients, key | 1, 1));
    end();
}
