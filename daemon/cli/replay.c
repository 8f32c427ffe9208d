/* ticketpulse replay: events through the engine, offline, on event time; no sockets, no clock. */
#include "daemon/cli/cards.h"
#include "daemon/cli/command.h"
#include "daemon/cli/feed.h"
#include "daemon/cli/report_sum.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/view.h"
#include "daemon/cli/whatif.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/scoreboard.h"
#include "proto/card.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EFFECTS = 1024 };

static struct {
    const char *config_path, *against_path, *scope_text, *window_text;
    ms_t at;
    bool json, as_table, as_cards;
    struct config config, against;
    struct whatif *whatif;    /* NULL: one configuration only */
    uint32_t scopes, windows; /* masks of what is printed */
    struct engine *engine;
    uint64_t alerts, after_at;
    ms_t last; /* newest ts that was taken */
    struct outbox outbox;
    struct effect effects[EFFECTS];
    struct snapshot snapshot;
    struct node nodes[MESSAGE_NODES_MAX];
    char buf[SNAPSHOT_BYTES_MAX + 1]; /* a card is smaller */
} r;

static const struct option options[] = {
    {"config", OPTION_TEXT, &r.config_path, W_O_CONFIG, 0, 0},
    {"against", OPTION_TEXT, &r.against_path, W_O_AGAINST, 0, 0},
    {"at", OPTION_INSTANT, &r.at, W_O_AT, 0, 0},
    {"json", OPTION_FLAG, &r.json, W_O_JSON, 0, 0},
    {"table", OPTION_FLAG, &r.as_table, W_O_TABLE, 0, 0},
    {"cards", OPTION_FLAG, &r.as_cards, W_O_CARDS, 0, 0},
    {"scope", OPTION_TEXT, &r.scope_text, W_O_SCOPE, 0, 0},
    {"window", OPTION_TEXT, &r.window_text, W_O_WINDOW, 0, 0},
};

static const struct usage usage = {"replay", "FILE|DIRECTORY|- …", W_ABOUT_REPLAY, options,
                                   ARRAY_LEN(options)};

/* Ends the line that the emitter wrote into r.buf and prints it. */
static void print_line(struct emitter *em)
{
    int n = emit_finish(em);
    CHECK(n > 0);
    r.buf[n] = '\n';
    fwrite(r.buf, (size_t)n + 1, 1, stdout);
}

static void drain(void)
{
    for (uint32_t i = 0; i < r.outbox.n; i++) {
        const struct effect *effect = &r.effects[i];
        if (effect->kind == EFFECT_LIMIT) {
            fprintf(stderr,
                    "ticketpulse: the limit on %s is met: the summary counts what it cost, "
                    "`limits` in the configuration raises it\n",
                    limit_met_name((enum limit_met)effect->limit));
            continue;
        }
        const struct settings *settings = engine_settings(r.engine);
        r.alerts++;
        if (r.as_cards)
            continue;
        if (r.as_table) {
            char text[PHRASE_MAX];
            puts(phrase_alert(text, settings, &effect->alert, words_lang()));
            continue;
        }
        struct envelope env = {str_of("replay"), effect->alert.at, STREAM_ALERT, r.alerts};
        struct emitter em;
        emit_start(&em, SINK_JSON, r.buf, sizeof(r.buf) - 1);
        encode_alert(&em, NULL, &env, settings, &effect->alert, words_lang());
        print_line(&em);
    }
    r.outbox.n = 0;
}

static void step(const struct event *e)
{
    struct result result;
    if (r.whatif != NULL) {
        whatif_step(r.whatif, e);
        return;
    }
    while (engine_step(r.engine, e, 1, &result, &r.outbox) == 0)
        drain();
    drain();
}

static void run(struct feed *f)
{
    const struct event *e;
    r.last = MS_NONE;
    while ((e = feed_next(f)) != NULL && !stop_asked()) {
        if (r.at != MS_NONE && e->ts > r.at) {
            r.after_at++;
            continue;
        }
        r.last = ms_max(r.last, e->ts);
        step(e);
    }
    struct event tick = {.kind = EV_TICK, .rts = r.at != MS_NONE ? r.at : r.last};
    if (tick.rts != MS_NONE)
        step(&tick);
}

static void print_table(enum scope scope, const char *window)
{
    struct table t;
    struct message m;
    const struct settings *settings = engine_settings(r.engine);
    view_begin(&t);
    for (uint32_t i = 1; i <= engine_names(r.engine, scope); i++) {
        struct emitter em;
        engine_snapshot(r.engine, scope, i, r.windows, &r.snapshot);
        emit_start(&em, SINK_MSGPACK, r.buf, sizeof(r.buf));
        encode_snapshot(&em, NULL, NULL, settings, &r.snapshot, NULL);
        int n = emit_finish(&em);
        CHECK(n > 0 && message_parse(&m, r.nodes, MESSAGE_NODES_MAX, r.buf, (size_t)n) == 0);
        view_row(&t, &m, &m.node[0], window);
    }
    printf("\n%s · %s\n", phrase_scope(scope, words_lang()), window);
    table_print(&t, stdout);
    table_fini(&t);
}

static void put_custom(struct table *t, const struct kpi_window *w, enum indicator i,
                       enum indicator_field field)
{
    char text[PHRASE_MAX] = "·";
    for (uint32_t k = 0; k < w->values; k++) {
        const struct kpi_value *v = &w->value[k];
        struct custom_value own = {(uint32_t)v->n, v->num, v->den};
        if (v->indicator != i)
            continue;
        struct figure f = figure_custom(&own, field);
        if (f.bottom > 0)
            phrase_value(text, engine_settings(r.engine), i, field, figure_round(&f), words_lang());
    }
    table_cell(t, str_of(text));
}

/* Indicators of the site's own, in a table of their own. */
static void print_customs(enum scope scope, uint32_t window)
{
    struct table t;
    const struct settings *s = engine_settings(r.engine);
    if (s->customs.n == 0)
        return;
    table_init(&t, s->customs.n + 1);
    t.left[0] = true;
    table_cell(&t, str_of(word(W_C_NAME)));
    for (uint32_t c = 0; c < s->customs.n; c++)
        table_cell(
            &t, str_of(phrase_indicator(s, (enum indicator)(IND_CUSTOM_FIRST + c), words_lang())));
    for (uint32_t i = 1; i <= engine_names(r.engine, scope); i++) {
        engine_snapshot(r.engine, scope, i, 1u << window, &r.snapshot);
        table_cell(&t, engine_name(r.engine, scope, i));
        for (uint32_t c = 0; c < s->customs.n; c++)
            put_custom(&t, &r.snapshot.window[0], (enum indicator)(IND_CUSTOM_FIRST + c),
                       custom_field(&s->customs.at[c]));
    }
    putchar('\n');
    table_print(&t, stdout);
    table_fini(&t);
}

static void print_snapshots(enum scope scope)
{
    for (uint32_t i = 1; i <= engine_names(r.engine, scope); i++) {
        struct emitter em;
        engine_snapshot(r.engine, scope, i, r.windows, &r.snapshot);
        emit_start(&em, SINK_JSON, r.buf, sizeof(r.buf) - 1);
        encode_snapshot(&em, NULL, NULL, engine_settings(r.engine), &r.snapshot, NULL);
        print_line(&em);
    }
}

STATIC_ASSERT((int)CARD_BYTES_MAX <= (int)SNAPSHOT_BYTES_MAX, "a card fits where snapshots do");

/* One name's card as a line, or into the rankings. */
static void print_card(struct cards *tables, const struct card_result *result)
{
    const struct settings *s = engine_settings(r.engine);
    struct emitter em;
    struct message m;
    if (!r.as_table) {
        emit_start(&em, SINK_JSON, r.buf, sizeof r.buf - 1);
        encode_card(&em, NULL, NULL, s, result, words_lang());
        print_line(&em);
        return;
    }
    emit_start(&em, SINK_MSGPACK, r.buf, sizeof r.buf);
    encode_card(&em, NULL, NULL, s, result, words_lang());
    int n = emit_finish(&em);
    CHECK(n > 0 && message_parse(&m, r.nodes, MESSAGE_NODES_MAX, r.buf, (size_t)n) == 0);
    cards_take(tables, &m, &m.node[0]);
}

/* Scorecards of the windows that end now, as the daemon would answer then. */
static void print_cards(void)
{
    struct scoreboard board;
    struct cards tables;
    CHECK(scoreboard_init(&board, r.engine, r.config.cards));
    cards_begin(&tables, stdout, false);
    for (uint32_t i = 0; i < 2 * board.families; i++) { /* each: scores first, then places */
        uint32_t f = i / 2;
        const struct scorecard *card = board.family[f].card;
        enum scope scope = (enum scope)card->scope;
        bool wanted = (r.scopes >> scope & 1) != 0 && (r.windows >> card->window & 1) != 0;
        for (uint32_t name = 1; wanted && name <= engine_names(r.engine, scope); name++) {
            struct score score;
            struct engine_agent agent = {{"", 0}, {"", 0}, false};
            bool has = scoreboard_update(&board, f, name, &card, &score);
            if (i % 2 == 0 || !has || !score.scored)
                continue;
            if (scope == SCOPE_AGENT)
                engine_agent(r.engine, name, &agent);
            struct card_result result = {.card = card,
                                         .score = &score,
                                         .name = engine_name(r.engine, scope, name),
                                         .title = agent.title,
                                         .place = scoreboard_place(&board, f, name),
                                         .of = board.family[f].ranks.n};
            engine_window(r.engine, card->window, &result.from, &result.covered_from);
            print_card(&tables, &result);
        }
    }
    if (r.as_table)
        cards_end(&tables);
    scoreboard_fini(&board);
}

static void print_summary(ms_t took, uint64_t refused)
{
    const struct engine_counters *c = engine_counters(r.engine);
    struct emitter em;
    char digest[ALERT_ID_DIGITS + 1];
    alert_id_text(engine_digest(r.engine), digest);
    emit_start(&em, SINK_JSON, r.buf, sizeof(r.buf) - 1);
    emit_map(&em, NULL);
    emit_map(&em, "summary");
    if (engine_at(r.engine) != MS_NONE)
        emit_int(&em, "at", engine_at(r.engine));
#define REPLAY_COUNTER(name, text) emit_uint(&em, #name, c->name);
    ENGINE_COUNTERS(REPLAY_COUNTER)
#undef REPLAY_COUNTER
    emit_uint(&em, "lines_refused", refused);
    emit_uint(&em, "after_at", r.after_at);
    emit_uint(&em, "alerts", r.alerts);
    emit_text(&em, "digest", digest);
    emit_int(&em, "took_ms", took);
    emit_end(&em);
    emit_end(&em);
    print_line(&em);
}

static void say_end(ms_t took, uint64_t refused)
{
    const struct engine_counters *c = engine_counters(r.engine);
    char events[24], applied[24], duration[PHRASE_MAX];
    snprintf(events, sizeof(events), "%" PRIu64, c->events);
    snprintf(applied, sizeof(applied), "%" PRIu64, c->applied);
    phrase_duration(duration, took, words_lang());
    word_print(stderr, W_REPLAYED, events, duration, applied);
    fputc('\n', stderr);
    const struct {
        uint64_t n;
        enum word w;
    } rest[] = {{r.after_at, W_AFTER_AT}, {refused, W_REFUSED_LINES}};
    for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
        if (rest[i].n == 0)
            continue;
        snprintf(events, sizeof(events), "%" PRIu64, rest[i].n);
        word_print(stderr, rest[i].w, events, NULL, NULL);
        fputc('\n', stderr);
    }
}

static bool load(const char *path, struct config *ret)
{
    struct tree_error why;
    if (config_load(path, ret, &why))
        return true;
    word_error(W_E_CONFIG, why.text, NULL, NULL);
    return false;
}

/* --scope, --window and --config into masks and settings. The exit code, EXIT_FINE to go on. */
static int prepare(void)
{
    if (!load(r.config_path, &r.config) ||
        (r.against_path != NULL && !load(r.against_path, &r.against)))
        return EXIT_FAILED;
    const struct settings *s = &r.config.settings;
    r.scopes = s->scopes | 1u << SCOPE_ALL;
    r.windows = (1u << s->windows) - 1;
    if (r.scope_text != NULL) {
        int scope = scope_find(str_of(r.scope_text));
        r.scopes &= scope >= 0 ? 1u << scope : 0;
    }
    if (r.window_text != NULL)
        r.windows = 0;
    for (uint32_t i = 0; r.window_text != NULL && i < s->windows; i++)
        if (strcmp(r.window_text, s->window[i].name) == 0)
            r.windows = 1u << i;
    if (r.scopes != 0 && r.windows != 0)
        return EXIT_FINE;
    word_error(W_E_VALUE, "replay", r.scopes == 0 ? "scope" : "window", word(W_KEPT));
    return EXIT_USAGE;
}

static bool make_engine(void)
{
    if (r.against_path != NULL) {
        r.whatif = whatif_new(&r.against, &r.config);
        return r.whatif != NULL;
    }
    uint64_t bytes = engine_size(&r.config.limits, &r.config.settings);
    void *memory = MAP_FAILED;
    if (bytes > 0)
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED &&
        engine_init(&r.engine, memory, &r.config.limits, &r.config.settings, MS_NONE) == 0)
        return true;
    word_error(W_E_MEMORY, NULL, NULL, NULL);
    return false;
}

static int print_whatif(void)
{
    whatif_finish(r.whatif);
    if (r.as_table)
        whatif_print_tables(r.whatif, r.window_text, stdout);
    else
        whatif_print_json(r.whatif, r.window_text, stdout);
    whatif_free(r.whatif);
    return stdout_flushed() ? EXIT_FINE : EXIT_FAILED;
}

static int print_all(ms_t begun, uint64_t refused)
{
    const struct settings *s = engine_settings(r.engine);
    uint32_t window = 0; /* of tables: the only one asked for, else the longest up to a day */
    for (uint32_t i = 0; i < s->windows; i++)
        if ((r.windows >> i & 1) != 0 &&
            ((r.windows >> window & 1) == 0 || s->window[i].length <= 86400))
            window = i;
    if (r.as_cards)
        print_cards();
    for (enum scope scope = 0; scope < SCOPE_N && !r.as_cards; scope++) {
        if ((r.scopes >> scope & 1) == 0 || engine_at(r.engine) == MS_NONE)
            continue; /* without any event there is no instant to show */
        if (r.as_table) {
            print_table(scope, s->window[window].name);
            print_customs(scope, window);
        } else {
            print_snapshots(scope);
        }
    }
    ms_t took = clock_system() - begun;
    if (!r.as_table)
        print_summary(took, refused);
    if (r.as_table || isatty(STDERR_FILENO) == 1)
        say_end(took, refused);
    return stdout_flushed() ? EXIT_FINE : EXIT_FAILED;
}

int command_replay(int argc, char **argv)
{
    r.at = MS_NONE;
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands == 0 || (r.json && r.as_table) || (r.as_cards && r.against_path != NULL))
        return options_operands_wrong(&usage);
    r.as_table = r.as_table || (!r.json && isatty(STDOUT_FILENO) == 1);
    int code = prepare();
    if (code != EXIT_FINE)
        return code;
    stop_on_signals();
    r.outbox = (struct outbox){r.effects, 0, EFFECTS};
    ms_t begun = clock_system();
    struct feed *f = make_engine() ? feed_open(argv, (uint32_t)operands, false) : NULL;
    if (f == NULL)
        return EXIT_FAILED;
    run(f);
    uint64_t refused = feed_refused(f);
    bool whole = feed_whole(f);
    feed_close(f);
    code = r.whatif != NULL ? print_whatif() : print_all(begun, refused);
    return whole && refused == 0 ? code : EXIT_FAILED;
}
