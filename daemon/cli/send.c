/* ticketpulse send: publishes events from files, at their own pace or as fast as they are taken. */
#include "daemon/cli/command.h"
#include "daemon/cli/feed.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/sender.h"
#include "daemon/cli/stop.h"
#include "daemon/clock.h"
#include "proto/text.h"

#include <inttypes.h>

enum { SUBSCRIBER_MS = 30 * 1000, FLUSH_MS = 5 };

static struct {
    const char *to;
    uint32_t batch, speed; /* speed in thousandths, 0 = max */
    bool shift;
    ms_t by;           /* added to every time */
    ms_t first, begun; /* ts of the first event, and the clock when it was sent */
    struct sender sender;
} s;

static const struct option options[] = {
    {"to", OPTION_TEXT, &s.to, W_O_TO, 0, 0},
    {"speed", OPTION_SPEED, &s.speed, W_O_SPEED, 0, 0},
    {"shift-to-now", OPTION_FLAG, &s.shift, W_O_SHIFT, 0, 0},
    {"batch", OPTION_COUNT, &s.batch, W_O_BATCH, 1, BATCH_EVENTS_MAX},
    ACKING_OPTIONS,
    KEYRING_OPTIONS,
};

static const struct usage usage = {"send", "FILE|- …", W_ABOUT_SEND, options, ARRAY_LEN(options)};

/* The newest ts of all files, by reading them once; MS_NONE when there is no event. */
static bool newest_ts(char **paths, uint32_t n, ms_t *ret)
{
    struct feed *f = feed_open(paths, n, true);
    if (f == NULL)
        return false;
    *ret = MS_NONE;
    const struct event *e;
    while ((e = feed_next(f)) != NULL && !stop_asked())
        *ret = ms_max(*ret, e->ts);
    bool whole = feed_whole(f);
    feed_close(f);
    return whole;
}

/* What the batches of a run as fast as possible depend on: their size and every event. The same
 * files sent again are the same batches. false: they cannot be read. */
static bool run_number(char **paths, uint32_t n, uint64_t *ret)
{
    struct feed *f = feed_open(paths, n, true);
    if (f == NULL)
        return false;
    uint64_t run = hash_bytes(1, &s.batch, sizeof(s.batch));
    const struct event *e;
    while ((e = feed_next(f)) != NULL && !stop_asked()) {
        struct emitter em;
        emit_start(&em, SINK_MSGPACK, s.sender.payload, sizeof(s.sender.payload));
        event_emit(&em, NULL, e);
        int bytes = emit_finish(&em);
        CHECK(bytes > 0);
        run = hash_bytes(run, s.sender.payload, (size_t)bytes);
    }
    *ret = run | 1; /* 0 would be a run like no other */
    bool whole = feed_whole(f);
    feed_close(f);
    return whole;
}

/* Batches that follow the clock, or what cannot be read twice, are a run like no other. */
static bool open_sender(char **paths, uint32_t n, bool standard)
{
    uint64_t run = 0;
    if (!acking.on)
        return sender_open(&s.sender, s.to, s.batch, SUBSCRIBER_MS);
    if (!standard && !s.shift && s.speed == 0 && !run_number(paths, n, &run))
        return false;
    return sender_open_acked(&s.sender, s.to, s.batch, run);
}

static void shift(struct event *e)
{
    ms_t *times[] = {&e->ts, &e->due, &e->from, &e->to, &e->opened_at, &e->waiting_since};
    static const enum event_field fields[] = {F_TS, F_DUE,       F_FROM,
                                              F_TO, F_OPENED_AT, F_WAITING_SINCE};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if (event_has(e, fields[i]))
            *times[i] += s.by;
}

/* Waits until the event is due; what is held goes out before a longer wait. */
static bool pace(ms_t ts)
{
    if (s.speed == 0)
        return true;
    if (s.first == MS_NONE) {
        s.first = ts;
        s.begun = clock_system();
    }
    ms_t due = s.begun + (ts - s.first) * 1000 / s.speed;
    for (;;) {
        ms_t left = due - clock_system();
        if (left <= 0 || stop_asked())
            return true;
        if (left > FLUSH_MS && !sender_flush(&s.sender))
            return false;
        if (!sender_wait(&s.sender, ms_min(left, MS_SECOND)))
            return false;
    }
}

static bool send_all(struct feed *f)
{
    struct event *e;
    while ((e = feed_next(f)) != NULL && !stop_asked()) {
        if (s.shift)
            shift(e);
        if (!pace(e->ts) || !sender_event(&s.sender, e))
            return false;
    }
    return sender_flush(&s.sender);
}

static void sum_up(ms_t took, uint64_t refused)
{
    sender_sum_up(&s.sender, took);
    if (refused > 0) {
        char events[24];
        snprintf(events, sizeof(events), "%" PRIu64, refused);
        word_print(stderr, W_REFUSED_LINES, events, NULL, NULL);
        fputc('\n', stderr);
    }
}

int command_send(int argc, char **argv)
{
    s.batch = 64;
    s.first = MS_NONE;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (s.to == NULL)
        s.to = acking.on ? ENDPOINT_INGEST : ENDPOINT_EVENTS;
    bool standard = false;
    for (int i = 0; i < operands; i++)
        standard = standard || strcmp(argv[i], "-") == 0;
    if (operands == 0 || (standard && s.shift)) /* standard input cannot be read twice */
        return options_operands_wrong(&usage);
    stop_on_signals();
    ms_t newest = MS_NONE;
    if (s.shift && !newest_ts(argv, (uint32_t)operands, &newest))
        return EXIT_FAILED;
    struct feed *f = feed_open(argv, (uint32_t)operands, false);
    if (f == NULL)
        return EXIT_FAILED;
    bool good = open_sender(argv, (uint32_t)operands, standard);
    if (good) {
        ms_t begun = clock_system();
        s.by = newest == MS_NONE ? 0 : begun - newest;
        good = send_all(f);
        good = sender_close(&s.sender) && good;
        sum_up(clock_system() - begun, feed_refused(f));
    }
    good = good && feed_whole(f) && feed_refused(f) == 0;
    feed_close(f);
    return good ? EXIT_FINE : EXIT_FAILED;
}
