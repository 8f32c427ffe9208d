/* ticketpulse doctor: looks at configuration, daemon, clock, disk, limits and versions, and says
 * what to do about what is wrong. A line each: "ok", "warn" or "FAIL", what, and what about it. */
#include "daemon/archive_read.h"
#include "daemon/cli/ask.h"
#include "daemon/cli/command.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/paint.h"
#include "daemon/clock.h"
#include "daemon/lint.h"
#include "daemon/past.h"
#include "daemon/tz.h"
#include "daemon/web/listener.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <uv.h>
#include <zmq.h>

enum verdict_word { OK, WARN, FAIL };
enum {
    FILES_WANTED = 4096, /* descriptors: libzmq spins when they run out */
    APART_MS = 2000,     /* clocks of two machines */
    ANSWER_MS = 3000,    /* of a daemon that runs */
    FULL_PERCENT = 80,   /* of a limit: time to raise it */
    ROOM_MB = 1024,
    ROOM_LOW = 100,            /* of the state directory's disk */
    WAL_LARGE = 256 * 1048576, /* of record.db: four times what it is cut to */
};

static const char *config_path, *state, *endpoint, *color;
static bool colors;
static uint32_t failed;

static const struct option options[] = {
    {"config", OPTION_TEXT, &config_path, W_O_CONFIG, 0, 0},
    {"state", OPTION_TEXT, &state, W_O_STATE, 0, 0},
    {"query", OPTION_TEXT, &endpoint, W_O_QUERY, 0, 0},
    {"color", OPTION_TEXT, &color, W_O_COLOR, 0, 0},
    KEYRING_OPTIONS,
};
static const struct usage usage = {"doctor", "", W_ABOUT_DOCTOR, options, ARRAY_LEN(options)};

static void say(enum verdict_word v, enum word what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(enum verdict_word v, enum word what, const char *format, ...)
{
    static const char *const words[] = {"ok  ", "warn", "FAIL"};
    static const char *const paints[] = {PAINT_GREEN, PAINT_YELLOW, PAINT_RED};
    va_list list;
    failed += v == FAIL;
    if (colors)
        printf("\033[%sm%s\033[0m  %s: ", paints[v], words[v], word(what));
    else
        printf("%s  %s: ", words[v], word(what));
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

/* What is wrong, and what to do: the advice in words of its own. */
static void advise(enum verdict_word v, enum word what, enum word advice, const char *detail)
{
    char text[512];
    FILE *file = fmemopen(text, sizeof text, "w");
    CHECK(file != NULL);
    word_print(file, advice, detail, NULL, NULL);
    fclose(file);
    say(v, what, "%s", text);
}

/* --- the configuration ----------------------------------------------------------------------- */

static bool look_at_config(struct config *c)
{
    static struct lint lint;
    struct tree_error why;
    lint.now = clock_system();
    if (!config_lint(config_path, c, &why, &lint)) {
        say(FAIL, W_V_CONFIG, "%s", why.text);
        return false;
    }
    for (uint32_t i = 0; i < lint.n; i++)
        say(WARN, W_V_CONFIG, "%s", lint.at[i].text);
    say(OK, W_V_CONFIG, "%s", config_path == NULL ? word(W_V_BUILT_IN) : config_path);
    return true;
}

/* --- the daemon ------------------------------------------------------------------------------ */

static void look_at_limits(const struct message *m, const struct node *status)
{
    const struct node *limits = message_find_in(m, status, "limits"), *key, *value;
    uint32_t at = 0, near = 0;
    struct str name;
    while (limits != NULL && message_each(m, limits, &at, &key, &value)) {
        int64_t used = 0, limit = 0;
        if (!node_text(key, &name) || !node_int(message_find_in(m, value, "used"), &used) ||
            !node_int(message_find_in(m, value, "limit"), &limit) ||
            used * 100 < limit * FULL_PERCENT)
            continue;
        near++;
        char text[160];
        snprintf(text, sizeof text, "limits.%.*s %" PRId64 "/%" PRId64, (int)name.len, name.p, used,
                 limit);
        advise(WARN, W_V_LIMITS, W_V_RAISE, text);
    }
    if (near == 0)
        say(OK, W_V_LIMITS, "< %d %%", FULL_PERCENT);
}

static int64_t number_at(const struct message *m, const struct node *map, const char *path)
{
    int64_t n = 0;
    (void)node_int(message_find_in(m, map, path), &n);
    return n;
}

/* What was not taken by receivers. What waits is tried again; the rest does not come any more. */
static void look_at_deliveries(const struct message *m, const struct node *status)
{
    const struct node *all = message_find_in(m, status, "deliveries");
    char text[128];
    int64_t delivered = 0, failed_n = 0, refused = 0, lost = 0;
    if (all == NULL)
        return;
    (void)node_int(message_find_in(m, all, "delivered"), &delivered);
    (void)node_int(message_find_in(m, all, "failed"), &failed_n);
    (void)node_int(message_find_in(m, all, "refused"), &refused);
    (void)node_int(message_find_in(m, all, "lost"), &lost);
    snprintf(text, sizeof text,
             "delivered %" PRId64 ", failed %" PRId64 ", refused %" PRId64 ", lost %" PRId64,
             delivered, failed_n, refused, lost);
    if (lost > 0 || refused > 0 || failed_n > 0)
        advise(lost > 0 ? FAIL : WARN, W_V_RECEIVERS, W_V_NOT_DELIVERED, text);
    else if (delivered > 0)
        say(OK, W_V_RECEIVERS, "%s", text);
}

/* What the daemon itself says is wrong, in its own words. */
static void look_at_troubles(struct ask *ask)
{
    const struct request request = {
        .op = OP_ALERTS, .scope = -1, .active = true, .prefix = str_of("alert.ops.")};
    if (!ask_send(ask, &request))
        return;
    while (ask_next(ask) == ASK_ANSWER) {
        struct str text = message_text(&ask->answer, "message.text");
        say(WARN, W_V_TROUBLE, "%.*s", (int)text.len, text.p);
    }
}

static void look_at_status(const struct message *m)
{
    const struct node *status = message_find(m, "message");
    struct str version = {"", 0};
    char text[128];
    (void)node_text(message_find_in(m, status, "version"), &version);
    bool same = str_equal(version, str_of(TP_VERSION));
    say(same ? OK : WARN, W_V_DAEMON, "%.*s%s%s", (int)version.len, version.p,
        same ? "" : ", ticketpulse " TP_VERSION, same ? "" : word(W_V_OTHER_VERSION));
    int64_t apart = number_at(m, status, "at") - clock_system();
    snprintf(text, sizeof text, "%+" PRId64 " ms", apart);
    if (apart < -APART_MS || apart > APART_MS)
        advise(WARN, W_V_CLOCK, W_V_APART, text);
    bool written = true;
    if (node_bool(message_find_in(m, status, "record.written"), &written) && !written)
        advise(FAIL, W_V_RECORD, W_V_RECORD_OFF, "");
    int64_t dropped = number_at(m, status, "dropped");
    snprintf(text, sizeof text, "%" PRId64, dropped);
    if (dropped > 0)
        advise(WARN, W_V_READERS, W_V_SLOW_READERS, text);
    const struct node *rejected = message_find_in(m, status, "rejected"), *key, *value;
    uint32_t at = 0;
    struct str reason;
    while (rejected != NULL && message_each(m, rejected, &at, &key, &value)) {
        int64_t n = 0;
        if (node_text(key, &reason) && node_int(value, &n) && n > 0)
            say(WARN, W_V_REFUSED, "%" PRId64 " %.*s", n, (int)reason.len, reason.p);
    }
    look_at_deliveries(m, status);
    look_at_limits(m, status);
}

/* An endpoint that cannot be had, and what to do. */
static void tell_taken(const char *name, const char *key, const char *text, int err)
{
    char what[256], advice[512];
    snprintf(what, sizeof what, "%s %s", name, text);
    if (err != EADDRINUSE) {
        say(FAIL, W_V_SOCKET, "%s: %s", what, zmq_strerror(err));
        return;
    }
    FILE *file = fmemopen(advice, sizeof advice, "w");
    CHECK(file != NULL);
    word_print(file, W_V_TAKEN, what, key, NULL);
    fclose(file);
    say(FAIL, W_V_SOCKET, "%s", advice);
}

/* Is the port of a tcp endpoint there for us? Only when no daemon answers. */
static void look_at_port(const char *name, const char *key, const char *text)
{
    void *context = zmq_ctx_new(), *socket = context == NULL ? NULL : zmq_socket(context, ZMQ_PUB);
    int zero = 0;
    if (socket != NULL) {
        zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
        if (zmq_bind(socket, text) != 0)
            tell_taken(name, key, text, errno);
        zmq_close(socket);
    }
    if (context != NULL)
        zmq_ctx_term(context);
}

static void look_at_ports(const struct config *c)
{
    const struct {
        const char *name, *key;
        const struct config_texts *texts;
    } all[] = {{"events", "sockets.events.bind", &c->events_bind},
               {"ingest", "sockets.ingest", &c->ingest},
               {"out", "sockets.out", &c->out},
               {"query", "sockets.query", &c->query}};
    char at[LISTENER_TEXT];
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (uint32_t k = 0; k < all[i].texts->n; k++)
            if (strncmp(all[i].texts->at[k], "tcp://", 6) == 0)
                look_at_port(all[i].name, all[i].key, all[i].texts->at[k]);
    int fd = c->http.bind[0] == 0 ? -1 : listener_open(c->http.bind, at);
    if (fd >= 0)
        close(fd);
    else if (c->http.bind[0] != 0)
        tell_taken("http", "http.bind", c->http.bind, -fd);
}

static void look_at_daemon(const struct config *c)
{
    static struct ask ask;
    struct request request = {.op = OP_STATUS, .scope = -1};
    void *context = zmq_ctx_new();
    CHECK(context != NULL);
    const char *where = endpoint != NULL ? endpoint : query_of(c);
    fflush(stdout);
    ask.quiet = true; /* the advice says it */
    bool answers = ask_open(&ask, context, where, ANSWER_MS) && ask_send(&ask, &request) &&
                   ask_next(&ask) == ASK_ANSWER;
    if (answers) {
        look_at_status(&ask.answer);
        look_at_troubles(&ask);
    } else {
        advise(WARN, W_V_DAEMON, W_V_NO_DAEMON, where);
        if (endpoint == NULL)
            look_at_ports(c);
    }
    ask_close(&ask);
    zmq_ctx_term(context);
}

/* --- the machine ------------------------------------------------------------------------------ */

static void look_at_machine(void)
{
    struct timex clock = {.modes = 0};
    struct rlimit files;
    char text[64];
    int state_of = adjtimex(&clock);
    if (state_of < 0 || (clock.status & STA_UNSYNC) != 0)
        advise(WARN, W_V_CLOCK, W_V_UNSYNC, "");
    else
        say(OK, W_V_CLOCK, "± %ld ms", clock.maxerror / 1000);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)files.rlim_cur);
        if (files.rlim_cur < FILES_WANTED)
            advise(WARN, W_V_FILES, W_V_FEW_FILES, text);
        else
            say(OK, W_V_FILES, "%s", text);
    }
}

static void look_at_disk(const char *directory)
{
    struct statvfs fs;
    char text[512];
    if (access(directory, W_OK | X_OK) != 0) {
        snprintf(text, sizeof text, "%s (%s)", directory, strerror(errno));
        advise(errno == ENOENT ? WARN : FAIL, W_V_STATE,
               errno == ENOENT ? W_V_NO_STATE : W_V_NO_WRITE, text);
        return;
    }
    if (statvfs(directory, &fs) != 0) {
        say(FAIL, W_V_STATE, "%s: %s", directory, strerror(errno));
        return;
    }
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
    snprintf(text, sizeof text, "%s: %" PRIu64 " MB", directory, room);
    if (room < ROOM_MB)
        advise(room < ROOM_LOW ? FAIL : WARN, W_V_STATE, W_V_LITTLE_ROOM, text);
    else
        say(OK, W_V_STATE, "%s", text);
}

/* Is it one of ours, of a version that we know? What is inside is for ticketpulsed --verify. */
static void look_at_journal(const char *directory)
{
    char path[4096], text[STORE_WHY_MAX];
    const char *why;
    snprintf(path, sizeof path, "%s/journal.db", directory);
    if (access(path, F_OK) != 0)
        return; /* nothing has run here yet */
    struct past *past = past_open(directory, &why);
    if (past == NULL) {
        snprintf(text, sizeof text, "%.200s %s", path, why);
        advise(FAIL, W_V_JOURNAL, W_V_JOURNAL_BAD, text);
        return;
    }
    say(OK, W_V_JOURNAL, "%s: %s %" PRIu64, path, word(W_V_ENTRIES), past_total(past));
    past_close(past);
}

static void look_at_record(const char *directory)
{
    struct archive_reader reader;
    struct stat log;
    char path[4096], text[STORE_WHY_MAX];
    uint64_t n;
    ms_t newest;
    snprintf(path, sizeof path, "%s/record.db", directory);
    if (access(path, F_OK) != 0)
        return; /* nothing has run here yet */
    if (!archive_reader_open(&reader, directory)) {
        advise(FAIL, W_V_RECORD, W_V_RECORD_BAD, reader.why);
        return;
    }
    if (!archive_extent(&reader, &n, &newest))
        advise(FAIL, W_V_RECORD, W_V_RECORD_BAD, reader.why);
    else
        say(OK, W_V_RECORD, "%s: %s %" PRIu64, path, word(W_V_ALERTS), n);
    archive_reader_close(&reader);
    snprintf(path, sizeof path, "%s/record.db-wal", directory);
    if (stat(path, &log) == 0 && log.st_size > WAL_LARGE) {
        snprintf(text, sizeof text, "record.db-wal %lld MB", (long long)log.st_size >> 20);
        advise(WARN, W_V_RECORD, W_V_PINNED, text);
    }
}

static void look_at_versions(void)
{
    int major, minor, patch;
    char tz[32];
    zmq_version(&major, &minor, &patch);
    tz_version(tz, sizeof tz);
    say(major < 4 || (major == 4 && minor < 3) ? WARN : OK, W_V_VERSIONS,
        "ticketpulse %s, libzmq %d.%d.%d, libuv %s, SQLite %s, libcurl %s, tz %s", TP_VERSION,
        major, minor, patch, uv_version_string(), sqlite3_libversion(),
        curl_version_info(CURLVERSION_NOW)->version, tz[0] == 0 ? "?" : tz);
    if (zmq_has("curve") == 0)
        advise(WARN, W_V_VERSIONS, W_V_NO_CURVE, "");
}

int command_doctor(int argc, char **argv)
{
    static struct config config;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands > 0)
        return options_operands_wrong(&usage);
    colors = paint_wanted(color, STDOUT_FILENO);
    look_at_versions();
    look_at_machine();
    if (look_at_config(&config)) {
        if (state == NULL && config.state_dir[0] != 0)
            state = config.state_dir;
        if (state != NULL)
            look_at_disk(state);
        if (state != NULL)
            look_at_journal(state);
        if (state != NULL)
            look_at_record(state);
        look_at_daemon(&config);
        config_fini(&config);
    }
    return failed > 0 ? EXIT_FAILED : EXIT_FINE;
}
