/* ticketpulse simulate: publishes simulated traffic, or writes it to a file. */
#include "daemon/cli/command.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/sender.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/traffic.h"
#include "daemon/clock.h"
#include "proto/text.h"

#include <errno.h>
#include <inttypes.h>

enum { EVENTS = 1024, LINE_BYTES = 16384, SLICE_MS = 100, SUBSCRIBER_MS = 30 * 1000 };

struct simulation {
    struct traffic_setup setup;
    const char *to;
    uint32_t batch, speed;
    ms_t past, length;
    ms_t begun, end; /* wall clock at the start; last simulated instant, MS_NEVER = none */
    struct traffic *traffic;
    struct event event[EVENTS];
    struct sender sender;
};

static struct simulation sim;

static const struct option options[] = {
    {"to", OPTION_TEXT, &sim.to, W_O_TO_SIM, 0, 0},
    {"agents", OPTION_COUNT, &sim.setup.agents, W_O_AGENTS, 1, 100000},
    {"teams", OPTION_COUNT, &sim.setup.teams, W_O_TEAMS, 1, 1000},
    {"categories", OPTION_COUNT, &sim.setup.categories, W_O_CATEGORIES, 1, 5000},
    {"customers", OPTION_COUNT, &sim.setup.customers, W_O_CUSTOMERS, 1, 10000000},
    {"rate", OPTION_MILLI, &sim.setup.rate, W_O_RATE, 1, 1000000000},
    {"seed", OPTION_NUMBER, &sim.setup.seed, W_O_SEED, 0, INT64_MAX},
    {"for", OPTION_DURATION, &sim.length, W_O_FOR, 1, 3650 * MS_DAY},
    {"past", OPTION_DURATION, &sim.past, W_O_PAST, 0, 3650 * MS_DAY},
    {"speed", OPTION_SPEED, &sim.speed, W_O_SPEED_SIM, 0, 0},
    {"start", OPTION_INSTANT, &sim.setup.start, W_O_START, 0, 0},
    {"batch", OPTION_COUNT, &sim.batch, W_O_BATCH, 1, BATCH_EVENTS_MAX},
    {"live", OPTION_COUNT, &sim.setup.live, W_O_LIVE, 0, 2000000},
    {"loaded", OPTION_COUNT, &sim.setup.loaded, W_O_LOADED, 0, 2000000},
    {"flat", OPTION_FLAG, &sim.setup.flat, W_O_FLAT, 0, 0},
    {"shuffle", OPTION_DURATION, &sim.setup.shuffle, W_O_SHUFFLE, 0, MS_HOUR},
    {"doubled", OPTION_COUNT, &sim.setup.doubled, W_O_DOUBLED, 0, 1000},
    {"late", OPTION_COUNT, &sim.setup.late, W_O_LATE, 0, 1000},
    ACKING_OPTIONS,
    KEYRING_OPTIONS,
};

static const struct usage usage = {"simulate", "", W_ABOUT_SIMULATE, options, ARRAY_LEN(options)};

/* To a file there is no clock: everything at once. */
static int write_file(void)
{
    bool standard = strcmp(sim.to, "-") == 0;
    FILE *file = standard ? stdout : fopen(sim.to, "w");
    if (file == NULL) {
        word_error(W_E_OPEN, sim.to, strerror(errno), NULL);
        return EXIT_FAILED;
    }
    uint64_t written = 0;
    uint32_t n;
    bool good = true;
    do {
        n = traffic_next(sim.traffic, sim.end, sim.event, EVENTS);
        for (uint32_t i = 0; i < n && good; i++) {
            char line[LINE_BYTES];
            struct emitter em;
            emit_start(&em, SINK_JSON, line, sizeof(line) - 1);
            event_emit(&em, NULL, &sim.event[i]);
            int len = emit_finish(&em);
            CHECK(len > 0);
            line[len] = '\n';
            good = fwrite(line, (size_t)len + 1, 1, file) == 1;
            written += good;
        }
    } while (n == EVENTS && good && !stop_asked());
    bool closed = standard ? stdout_flushed() : fclose(file) == 0;
    if (standard && !closed)
        return EXIT_FAILED;
    if (!good || !closed) {
        word_error(W_E_WRITE, sim.to, strerror(errno), NULL);
        return EXIT_FAILED;
    }
    char count[24];
    snprintf(count, sizeof(count), "%" PRIu64, written);
    word_print(stderr, W_WROTE, count, NULL, NULL);
    fputc('\n', stderr);
    return EXIT_FINE;
}

/* How far the simulated time may have come: never ahead of the clock. */
static ms_t frontier(ms_t now)
{
    ms_t at = now;
    if (sim.speed > 0) {
        ms_t since = now - sim.begun;
        ms_t whole = since * (sim.speed / 1000), rest = since * (sim.speed % 1000) / 1000;
        at = ms_min(now, sim.setup.start + whole + rest);
    }
    return ms_min(at, sim.end);
}

static bool publish(void)
{
    bool live = sim.past == 0;
    for (;;) {
        ms_t now = clock_system();
        ms_t until = frontier(now);
        uint32_t n = traffic_next(sim.traffic, until, sim.event, EVENTS);
        for (uint32_t i = 0; i < n; i++)
            if (!sender_event(&sim.sender, &sim.event[i]))
                return false;
        if (stop_asked())
            return true;
        if (n == EVENTS)
            continue;
        if (!sender_flush(&sim.sender))
            return false;
        if (traffic_failed(sim.traffic)) {
            word_error(W_E_MEMORY, NULL, NULL, NULL);
            return false;
        }
        if (until >= sim.end)
            return true;
        if (!live && until >= now) {
            live = true;
            word_print(stderr, W_SIM_LIVE, NULL, NULL, NULL);
            fputc('\n', stderr);
        }
        ms_t wait = live ? ms_min(SLICE_MS, ms_max(1, traffic_ahead(sim.traffic) - now)) : 10;
        if (!sender_wait(&sim.sender, wait))
            return false;
    }
}

static void say_plan(void)
{
    char agents[16], teams[16], rate[24], past[PHRASE_MAX];
    snprintf(agents, sizeof(agents), "%u", sim.setup.agents);
    snprintf(teams, sizeof(teams), "%u", sim.setup.teams);
    snprintf(rate, sizeof(rate), "%g", sim.setup.rate / 1000.0);
    fputs("ticketpulse simulate: ", stderr);
    word_print(stderr, W_SIM_PLAN, agents, teams, rate);
    fprintf(stderr, " %s\n", sim.to);
    if (sim.past > 0) {
        phrase_duration(past, sim.past, words_lang());
        word_print(stderr, W_SIM_PAST, past, NULL, NULL);
        fputc('\n', stderr);
    }
}

static int publish_all(void)
{
    say_plan();
    if (!acking.on) {
        word_print(stderr, W_WAITING_FOR, sim.to, NULL, NULL);
        fputc('\n', stderr);
    }
    if (!(acking.on ? sender_open_acked(&sim.sender, sim.to, sim.batch, 0)
                    : sender_open(&sim.sender, sim.to, sim.batch, SUBSCRIBER_MS)))
        return stop_asked() ? EXIT_FINE : EXIT_FAILED;
    /* The clock was read before we waited; the simulated time starts with the first message. */
    sim.begun = clock_system();
    bool good = publish();
    good = sender_close(&sim.sender) && good;
    sender_sum_up(&sim.sender, clock_system() - sim.begun);
    return good ? EXIT_FINE : EXIT_FAILED;
}

int command_simulate(int argc, char **argv)
{
    sim.setup = traffic_default();
    sim.setup.start = MS_NONE;
    sim.setup.teams = 0;
    sim.batch = 64;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (sim.to == NULL)
        sim.to = acking.on ? ENDPOINT_INGEST : ENDPOINT_EVENTS;
    if (operands != 0)
        return options_operands_wrong(&usage);
    stop_on_signals();
    ms_t now = clock_system();
    if (sim.setup.teams == 0) /* six in a team, as long as nobody says otherwise */
        sim.setup.teams = sim.setup.agents < 6     ? 1
                          : sim.setup.agents > 240 ? 40
                                                   : sim.setup.agents / 6;
    bool dated = sim.setup.start != MS_NONE;
    if (!dated)
        sim.setup.start = now - sim.past;
    sim.end = sim.length == 0 ? MS_NEVER : dated ? sim.setup.start + sim.length : now + sim.length;
    bool file = strstr(sim.to, "://") == NULL;
    if (file && sim.end == MS_NEVER)
        sim.end = now;
    if (file && acking.on) {
        word_error(W_E_SETUP, "simulate", "--acked --to FILE", NULL);
        return EXIT_USAGE;
    }
    if (sim.setup.teams > sim.setup.agents || sim.end < sim.setup.start) {
        word_error(W_E_SETUP, "simulate", "--teams --agents --start --for", NULL);
        return EXIT_USAGE;
    }
    sim.traffic = traffic_new(&sim.setup);
    if (sim.traffic == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        return EXIT_FAILED;
    }
    int code = file ? write_file() : publish_all();
    traffic_free(sim.traffic);
    return code;
}
