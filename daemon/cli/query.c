/* ticketpulse query: one question to the daemon, its answer as a table or as NDJSON. */
#include "daemon/cli/ask.h"
#include "daemon/cli/cards.h"
#include "daemon/cli/clocks.h"
#include "daemon/cli/command.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/line.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/view.h"
#include "daemon/clock.h"
#include "daemon/unseen.h"
#include "proto/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { JSON_BYTES = 1 << 18 };

static struct {
    const char *endpoint, *scope, *name, *window, *prefix, *team, *agent, *by;
    ms_t length; /* of a mute; MS_NEVER: until the alert ends */
    uint64_t since;
    bool active, json;
    const char *run, *indicator, *field;
    ms_t timeout, from, to, step;
    struct request request;
    struct ask ask;
    struct table table[SCOPE_N]; /* snapshots, one table per scope */
    bool begun[SCOPE_N];
    FILE *own[SCOPE_N]; /* lines of the site's own below them, in memory */
    char *own_text[SCOPE_N];
    size_t own_n[SCOPE_N];
    struct clocks clocks; /* explain, worklist */
    struct cards cards;   /* scorecard */
    uint64_t answers;
    char buf[JSON_BYTES + 1];
} q;

static const struct option options[] = {
    {"query", OPTION_TEXT, &q.endpoint, W_O_QUERY, 0, 0},
    {"json", OPTION_FLAG, &q.json, W_O_JSON, 0, 0},
    {"scope", OPTION_TEXT, &q.scope, W_O_SCOPE, 0, 0},
    {"name", OPTION_TEXT, &q.name, W_O_NAME, 0, 0},
    {"window", OPTION_TEXT, &q.window, W_O_WINDOW, 0, 0},
    {"from", OPTION_INSTANT, &q.from, W_O_PERIOD, 0, 0},
    {"to", OPTION_INSTANT, &q.to, W_O_PERIOD_END, 0, 0},
    {"since", OPTION_NUMBER, &q.since, W_O_SINCE, 0, INT64_MAX},
    {"run", OPTION_TEXT, &q.run, W_O_RUN, 0, 0},
    {"indicator", OPTION_TEXT, &q.indicator, W_O_INDICATOR, 0, 0},
    {"field", OPTION_TEXT, &q.field, W_O_FIELD, 0, 0},
    {"step", OPTION_DURATION, &q.step, W_O_HISTORY_STEP, 1, MS_DAY},
    {"active", OPTION_FLAG, &q.active, W_O_ACTIVE, 0, 0},
    {"prefix", OPTION_TEXT, &q.prefix, W_O_PREFIX, 0, 0},
    {"team", OPTION_TEXT, &q.team, W_O_TEAM, 0, 0},
    {"agent", OPTION_TEXT, &q.agent, W_O_AGENT, 0, 0},
    {"by", OPTION_TEXT, &q.by, W_O_BY, 0, 0},
    {"for", OPTION_DURATION, &q.length, W_O_MUTE_FOR, 0, 3650 * MS_DAY},
    {"timeout", OPTION_DURATION, &q.timeout, W_O_TIMEOUT, 1, MS_HOUR},
    KEYRING_OPTIONS,
};

static const struct usage usage = {"query",
                                   "snapshot|alerts|hold|status|scorecard|worklist|history|"
                                   "explain TICKET|"
                                   "ack ALERT_ID|mute ALERT_ID|promote",
                                   W_ABOUT_QUERY, options, ARRAY_LEN(options)};

static bool about_clocks(void)
{
    return q.request.op == OP_EXPLAIN || q.request.op == OP_WORKLIST;
}

static void print_json(const struct node *node)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, q.buf, sizeof(q.buf) - 1);
    message_emit(&q.ask.answer, node, &em, NULL);
    int n = emit_finish(&em);
    CHECK(n > 0);
    q.buf[n] = '\n';
    fwrite(q.buf, (size_t)n + 1, 1, stdout);
}

/* A page's members each on a line of their own, everything else as it is. */
static void print_lines(const struct node *message)
{
    const struct node *key, *one, *list = NULL;
    if (about_clocks() && (list = message_find_in(&q.ask.answer, message, "items")) == NULL)
        list = message_find_in(&q.ask.answer, message, "works");
    if (q.request.op == OP_HISTORY)
        list = message_find_in(&q.ask.answer, message, "points");
    if (list == NULL)
        print_json(message);
    for (uint32_t at = 0; message_each(&q.ask.answer, list, &at, &key, &one);)
        print_json(one);
}

/* "a.b: 12", one line per number of the status. */
static void print_tree(const struct node *map, const char *before)
{
    const struct node *key, *value;
    for (uint32_t at = 0; message_each(&q.ask.answer, map, &at, &key, &value);) {
        char path[256], text[128];
        struct str name = {"", 0}, said = {"", 0};
        int64_t number;
        node_text(key, &name);
        snprintf(path, sizeof(path), "%s%s%.*s", before, before[0] != '\0' ? "." : "",
                 (int)name.len, name.p);
        if (value->v.kind == VALUE_MAP) {
            print_tree(value, path);
            continue;
        }
        snprintf(text, sizeof(text), "·");
        if (node_text(value, &said))
            snprintf(text, sizeof(text), "%.*s", (int)said.len, said.p);
        else if (node_int(value, &number) && number > MS_MIN_TS && number < MS_MAX_TS)
            line_time(text, sizeof(text), number, true);
        else if (node_int(value, &number))
            snprintf(text, sizeof(text), "%" PRId64, number);
        path[unseen_hide(path, (uint32_t)strlen(path))] = '\0';
        text[unseen_hide(text, (uint32_t)strlen(text))] = '\0';
        printf("%-32s %s\n", path, text);
    }
}

/* One line a point: when, and what it was. */
static void print_points(const struct node *message)
{
    const struct node *key, *point, *points = message_find_in(&q.ask.answer, message, "points");
    for (uint32_t at = 0; message_each(&q.ask.answer, points, &at, &key, &point);) {
        struct emitter em;
        char when[64];
        int64_t ms = 0;
        node_int(message_find_in(&q.ask.answer, point, "at"), &ms);
        emit_start(&em, SINK_JSON, q.buf, sizeof(q.buf) - 1);
        message_emit(&q.ask.answer, message_find_in(&q.ask.answer, point, "value"), &em, NULL);
        int n = emit_finish(&em);
        CHECK(n > 0);
        printf("%s  %.*s\n", line_time(when, sizeof(when), ms, true), n, q.buf);
    }
}

/* "ada  orders 12  conversion 6.67%", where there is anything of the site's own. */
static void add_own(int scope, const struct node *message, const char *window)
{
    char name[PHRASE_MAX], text[PHRASE_MAX];
    struct view_own own;
    bool any = false;
    if (q.own[scope] == NULL)
        q.own[scope] = open_memstream(&q.own_text[scope], &q.own_n[scope]);
    CHECK(q.own[scope] != NULL);
    for (uint32_t at = 0; view_own(&q.ask.answer, message, window, &at, &own); any = true) {
        fprintf(q.own[scope], "%s  ", any ? "" : view_name(name, &q.ask.answer, message));
        line_text(q.own[scope], own.name);
        fprintf(q.own[scope], " %s", view_own_text(text, &own));
    }
    if (any)
        fputc('\n', q.own[scope]);
}

static void print_own(int scope)
{
    fclose(q.own[scope]);
    if (q.own_n[scope] > 0)
        printf("\n%s", q.own_text[scope]);
    free(q.own_text[scope]);
}

/* A snapshot's row goes into the table of its scope, printed at the end. */
static void add_row(const struct node *message)
{
    struct str name = {"", 0};
    node_text(message_find_in(&q.ask.answer, message, "scope"), &name);
    int scope = scope_find(name);
    if (scope < 0)
        return;
    if (!q.begun[scope])
        view_begin(&q.table[scope]);
    q.begun[scope] = true;
    const char *window = q.window != NULL ? q.window : "24h";
    view_row(&q.table[scope], &q.ask.answer, message, window);
    add_own(scope, message, window);
}

static void print_answer(void)
{
    const struct message *m = &q.ask.answer;
    const struct node *message = message_find(m, "message");
    struct str topic = message_text(m, "topic");
    if (message == NULL)
        return;
    q.answers++;
    if (q.json)
        print_lines(message);
    else if (about_clocks())
        clocks_take(&q.clocks, m, message);
    else if (q.request.op == OP_SCORECARD)
        cards_take(&q.cards, m, message);
    else if (q.request.op == OP_HISTORY)
        print_points(message);
    else if (q.request.op == OP_STATUS || q.request.op == OP_PROMOTE)
        print_tree(message, "");
    else if (topic.len >= 6 && memcmp(topic.p, "score.", 6) == 0)
        cards_line(stdout, m, message); /* of hold */
    else if (topic.len >= 6 && memcmp(topic.p, "alert.", 6) == 0)
        line_alert(stdout, m, message, paint_wanted(NULL, STDOUT_FILENO));
    else
        add_row(message);
}

/* false: what came contradicts itself. */
static bool print_end(void)
{
    if (about_clocks())
        return q.json || clocks_end(&q.clocks);
    if (q.request.op == OP_SCORECARD) {
        if (!q.json)
            cards_end(&q.cards);
        return true;
    }
    for (int scope = 0; scope < SCOPE_N && !q.json; scope++) {
        if (!q.begun[scope])
            continue;
        printf("%s · %s\n", phrase_scope((enum scope)scope, words_lang()),
               q.window != NULL ? q.window : "24h");
        table_print(&q.table[scope], stdout);
        table_fini(&q.table[scope]);
        print_own(scope);
        puts("");
    }
    if (q.answers == 0 && !q.json)
        puts(word(q.request.op == OP_ALERTS ? W_NO_ALERTS : W_NO_DATA));
    return true;
}

static int answer(void)
{
    if (!ask_send(&q.ask, &q.request))
        return EXIT_FAILED;
    enum ask_end end;
    clocks_begin(&q.clocks, stdout);
    cards_begin(&q.cards, stdout, q.name != NULL);
    q.cards.period = q.to - q.from;
    while ((end = ask_next(&q.ask)) == ASK_ANSWER)
        print_answer();
    if (end == ASK_FAILED)
        return EXIT_FAILED;
    bool fine = print_end();
    return stdout_flushed() && fine ? EXIT_FINE : EXIT_FAILED;
}

/* All three say in a line why the program then ends. */

static bool no_good(const char *option, enum word wanted)
{
    word_error(W_E_VALUE, usage.command, option, word(wanted));
    return false;
}

/* Who says it: --by, else whoever is logged in. */
static bool read_attention(struct request *r, const char *alert_id)
{
    const char *by = q.by != NULL ? q.by : getenv("USER");
    r->by = str_of(by != NULL ? by : "");
    if (r->op == OP_MUTE && q.length != MS_NEVER)
        r->until = clock_system() + q.length;
    if (!alert_id_parse(str_of(alert_id), &r->alert_id)) {
        word_error(W_E_ALERT_ID, usage.command, alert_id, NULL);
        return false;
    }
    return r->by.len > 0 || no_good("by", W_WANT_WHO);
}

static bool read_request(int operands, char **argv)
{
    static const struct {
        const char *name;
        uint8_t op;
    } ops[] = {{"snapshot", OP_SNAPSHOT},   {"alerts", OP_ALERTS},     {"hold", OP_HOLD},
               {"status", OP_STATUS},       {"worklist", OP_WORKLIST}, {"explain", OP_EXPLAIN},
               {"scorecard", OP_SCORECARD}, {"ack", OP_ACK},           {"mute", OP_MUTE},
               {"history", OP_HISTORY},     {"promote", OP_PROMOTE}};
    size_t i = 0;
    while (operands > 0 && i < ARRAY_LEN(ops) && strcmp(argv[0], ops[i].name) != 0)
        i++;
    bool attends = i < ARRAY_LEN(ops) && (ops[i].op == OP_ACK || ops[i].op == OP_MUTE);
    bool two = attends || (i < ARRAY_LEN(ops) && ops[i].op == OP_EXPLAIN);
    if (operands != (two ? 2 : 1) || i == ARRAY_LEN(ops)) {
        options_operands_wrong(&usage);
        return false;
    }
    q.request = (struct request){.op = ops[i].op, .scope = -1, .until = MS_NEVER};
    struct request *r = &q.request;
    if (attends && !read_attention(r, argv[1]))
        return false;
    if (q.scope != NULL)
        r->scope = (int8_t)scope_find(str_of(q.scope));
    if ((q.scope != NULL || q.name != NULL) && r->scope < 0)
        return no_good("scope", q.scope != NULL ? W_WANT_SCOPE : W_WANT_SCOPE_OF);
    r->name = str_of(q.name != NULL ? q.name : "");
    bool windowed = r->op == OP_SNAPSHOT || r->op == OP_SCORECARD;
    r->from = q.from;
    r->to = q.to;
    bool past = r->op == OP_SCORECARD || r->op == OP_HISTORY;
    if ((r->from == 0) != (r->to == 0) || (r->from != 0 && !past))
        return no_good(r->from != 0 ? "from" : "to", W_WANT_PERIOD);
    r->window = str_of(q.window != NULL && windowed ? q.window : "");
    r->ticket = str_of(r->op == OP_EXPLAIN ? argv[1] : "");
    r->team = str_of(q.team != NULL && r->op == OP_WORKLIST ? q.team : "");
    r->agent = str_of(q.agent != NULL && r->op == OP_WORKLIST ? q.agent : "");
    r->run = str_of(q.run != NULL ? q.run : "");
    r->indicator = str_of(q.indicator != NULL ? q.indicator : "");
    r->field = str_of(q.field != NULL ? q.field : "");
    r->step = q.step;
    r->prefix = str_of(q.prefix != NULL ? q.prefix : "");
    /* Without --since: what is active now, which is what people ask for. */
    r->has_since = q.since != UINT64_MAX;
    r->since_seq = r->has_since ? q.since : 0;
    r->active = q.active || !r->has_since;
    return true;
}

int command_query(int argc, char **argv)
{
    q.endpoint = ENDPOINT_QUERY;
    q.timeout = 5 * MS_SECOND;
    q.since = UINT64_MAX;
    q.length = MS_NEVER;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (!read_request(operands, argv))
        return EXIT_USAGE;
    void *context = zmq_ctx_new();
    CHECK(context != NULL);
    int code = ask_open(&q.ask, context, q.endpoint, q.timeout) ? answer() : EXIT_FAILED;
    ask_close(&q.ask);
    zmq_ctx_term(context);
    return code;
}
