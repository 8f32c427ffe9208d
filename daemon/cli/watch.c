/* ticketpulse watch: prints what the daemon publishes, whole and in order. */
#include "daemon/cli/cards.h"
#include "daemon/cli/command.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/line.h"
#include "daemon/cli/reader.h"
#include "daemon/cli/stop.h"
#include "daemon/clock.h"
#include "proto/topic.h"

#include <errno.h>
#include <inttypes.h>

enum { JSON_BYTES = 1 << 18, SLICE_MS = 250 };

static struct {
    const char *out, *query, *color, *window;
    bool json, colors;
    ms_t length, timeout;
    uint32_t count;
    struct reader reader;
    char buf[JSON_BYTES + 1];
} w;

static const struct option options[] = {
    {"out", OPTION_TEXT, &w.out, W_O_OUT, 0, 0},
    {"query", OPTION_TEXT, &w.query, W_O_QUERY, 0, 0},
    {"json", OPTION_FLAG, &w.json, W_O_JSON, 0, 0},
    {"window", OPTION_TEXT, &w.window, W_O_WINDOW, 0, 0},
    {"color", OPTION_TEXT, &w.color, W_O_COLOR, 0, 0},
    {"for", OPTION_DURATION, &w.length, W_O_WATCH_FOR, 1, 3650 * MS_DAY},
    {"count", OPTION_COUNT, &w.count, W_O_WATCH_COUNT, 1, UINT32_MAX},
    {"timeout", OPTION_DURATION, &w.timeout, W_O_TIMEOUT, 1, MS_HOUR},
    KEYRING_OPTIONS,
};

static const struct usage usage = {"watch", "[PREFIX …]", W_ABOUT_WATCH, options,
                                   ARRAY_LEN(options)};

/* {"topic": …, the message's own members …} */
static void print_json(const struct reader *r)
{
    struct emitter em;
    const struct node *key, *value;
    emit_start(&em, SINK_JSON, w.buf, sizeof(w.buf) - 1);
    emit_map(&em, NULL);
    emit_str(&em, "topic", r->topic);
    for (uint32_t at = 0; message_each(r->in, r->root, &at, &key, &value);) {
        struct str name;
        if (!node_text(key, &name))
            continue;
        emit_key(&em, name);
        message_emit(r->in, value, &em, NULL);
    }
    emit_end(&em);
    int n = emit_finish(&em);
    CHECK(n > 0);
    w.buf[n] = '\n';
    fwrite(w.buf, (size_t)n + 1, 1, stdout);
}

/* false: this message is none that was asked for. */
static bool print_message(const struct reader *r, bool asked)
{
    bool sys = topic_matches(str_of("sys."), r->topic);
    if (sys && !asked)
        return false;
    if (!w.json && message_find_in(r->in, r->root, "untold") != NULL)
        return false; /* muted, or part of a digest */
    if (w.json)
        print_json(r);
    else if (topic_matches(str_of("alert."), r->topic))
        line_alert(stdout, r->in, r->root, w.colors);
    else if (topic_matches(str_of("kpi."), r->topic) && !str_equal(r->topic, str_of(TOPIC_ROUND)))
        line_snapshot(stdout, r->in, r->root, w.window, w.colors);
    else if (topic_matches(str_of("score."), r->topic))
        cards_line(stdout, r->in, r->root);
    else if (sys)
        line_other(stdout, r->topic, r->in, r->root, w.colors);
    else
        return false;
    return true;
}

static void say_healed(const struct reader *r)
{
    char n[24];
    if (w.json)
        return;
    snprintf(n, sizeof(n), "%" PRIu64, r->missed);
    word_print(stderr, W_HEALED, n, NULL, NULL);
    fputc('\n', stderr);
}

static int watch(bool asked)
{
    struct reader *r = &w.reader;
    ms_t end = w.length > 0 ? clock_system() + w.length : MS_NEVER;
    uint32_t printed = 0;
    while (clock_system() < end && (w.count == 0 || printed < w.count)) {
        switch (reader_next(r, SLICE_MS)) {
        case READER_MESSAGE:
            printed += print_message(r, asked);
            if (!stdout_flushed())
                return EXIT_FAILED;
            break;
        case READER_HEALED:
            say_healed(r);
            break;
        case READER_LOST:
            word_error(W_LOST, NULL, NULL, NULL);
            break;
        case READER_FAILED:
            return stop_asked() ? EXIT_FINE : EXIT_FAILED;
        case READER_JOINED:
        case READER_NOTHING:
            break;
        }
    }
    return EXIT_FINE;
}

int command_watch(int argc, char **argv)
{
    w.out = ENDPOINT_OUT;
    w.query = ENDPOINT_QUERY;
    w.window = "1h";
    w.timeout = 5 * MS_SECOND;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands > READER_PREFIXES_MAX)
        return options_operands_wrong(&usage);
    stop_on_signals();
    w.reader.recalls = true;
    w.colors = paint_wanted(w.color, STDOUT_FILENO);
    int code = EXIT_FAILED;
    if (reader_open(&w.reader, w.out, w.query, argv, (uint32_t)operands, w.timeout))
        code = watch(operands > 0);
    else if (stop_asked())
        code = EXIT_FINE;
    reader_close(&w.reader);
    return code;
}
