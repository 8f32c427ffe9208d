/* ticketpulse export: what a state directory keeps, as NDJSON or CSV; the daemon may run. */
#include "daemon/archive_read.h"
#include "daemon/cli/command.h"
#include "daemon/cli/csv.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/stop.h"
#include "daemon/past.h"
#include "proto/text.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 500, SHOWN_EVERY = 256, HALF_DAY = 43200000 };

static struct {
    const char *state, *output, *format;
    ms_t from, to;
    bool csv;
    FILE *out;
    struct progress progress;
    uint64_t rows, after;
    ms_t begun, newest; /* for progress: times of what is there */
    char line[TEXT_LINE_MAX + 4096];
} x;

static const struct option options[] = {
    {"state", OPTION_TEXT, &x.state, W_O_STATE, 0, 0},
    {"from", OPTION_INSTANT, &x.from, W_O_EXPORT_FROM, 0, 0},
    {"to", OPTION_INSTANT, &x.to, W_O_EXPORT_TO, 0, 0},
    {"format", OPTION_TEXT, &x.format, W_O_EXPORT_FORMAT, 0, 0},
    {"output", OPTION_TEXT, &x.output, W_O_EXPORT_OUTPUT, 0, 0},
};

static const struct usage usage = {"export", "journal|alerts|history", W_ABOUT_EXPORT, options,
                                   ARRAY_LEN(options)};

static bool in_period(ms_t at)
{
    return at >= x.from && at < x.to;
}

static bool fine(void)
{
    return !ferror(x.out) && !stop_asked();
}

static void line_of(const char *text, size_t n)
{
    fwrite(text, n, 1, x.out);
    fputc('\n', x.out);
    x.rows++;
}

/* One member of an object as a cell: texts as they are, numbers as JSON writes them. */
static void cell(const json_t *value)
{
    if (value == NULL || json_is_null(value))
        return;
    if (json_is_string(value)) {
        csv_text(x.out,
                 (struct str){json_string_value(value), (uint32_t)json_string_length(value)});
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (text != NULL)
        csv_text(x.out, (struct str){text, (uint32_t)strlen(text)});
    free(text);
}

/* Numbers below zero begin like a formula, but are none. */
static void number_cell(const json_t *value)
{
    if (json_is_integer(value))
        fprintf(x.out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        fprintf(x.out, "%.15g", json_real_value(value));
    else
        cell(value);
}

/* --- the journal ---------------------------------------------------------------------------- */

static void journal_head(void)
{
    for (enum event_field f = 0; f < F_N; f++)
        fprintf(x.out, "%s%s", f > 0 ? "," : "", schema_key(f));
    fputs("\r\n", x.out);
}

/* Numbers of events go up to 2^64 - 1, those of the JSON library do not: it never sees them. */
static void journal_row(const struct event *e)
{
    struct emitter em;
    struct event rest = *e;
    if (event_has(e, F_SEQ))
        rest.has &= ~(1ULL << F_SEQ);
    emit_start(&em, SINK_JSON, x.line, sizeof x.line);
    event_emit(&em, NULL, &rest);
    int n = emit_finish(&em);
    CHECK(n > 0);
    json_t *json = json_loadb(x.line, (size_t)n, JSON_ALLOW_NUL, NULL);
    CHECK(json != NULL);
    for (enum event_field f = 0; f < F_N; f++) {
        if (f > 0)
            fputc(',', x.out);
        if (f == F_SEQ && event_has(e, F_SEQ))
            fprintf(x.out, "%" PRIu64, e->seq);
        const json_t *value = json_object_get(json, schema_key(f));
        if (json_is_null(value))
            fputs("\\N", x.out);
        else
            number_cell(value);
    }
    fputs("\r\n", x.out);
    json_decref(json);
    x.rows++;
}

static int export_journal(void)
{
    const char *why;
    struct event e;
    int got = 0;
    struct past *p = past_open(x.state, &why);
    if (p == NULL) {
        word_error(W_E_OPEN, x.state, why, NULL);
        return EXIT_FAILED;
    }
    if (x.csv)
        journal_head();
    for (uint64_t i = 0; fine() && (got = past_next(p, &e)) == 1; i++) {
        struct emitter em;
        if (i % SHOWN_EVERY == 0 && past_total(p) > 0) {
            uint64_t done = past_done(p), total = past_total(p);
            progress_show(&x.progress, done < total ? done : total, total);
        }
        if (!in_period(e.ts))
            continue;
        if (x.csv) {
            journal_row(&e);
            continue;
        }
        emit_start(&em, SINK_JSON, x.line, sizeof x.line);
        event_emit(&em, NULL, &e);
        int n = emit_finish(&em);
        CHECK(n > 0);
        line_of(x.line, (size_t)n);
    }
    progress_clear(&x.progress);
    uint64_t damaged = past_damaged(p);
    if (got < 0)
        word_error(W_E_READ, x.state, past_why(p), NULL);
    if (damaged > 0) {
        char text[24];
        snprintf(text, sizeof text, "%" PRIu64, damaged);
        word_error(W_E_DAMAGED, x.state, text, NULL);
    }
    past_close(p);
    return got < 0 || damaged > 0 ? EXIT_FAILED : EXIT_FINE;
}

/* --- alerts --------------------------------------------------------------------------------- */

static const char *const columns[] = {
    "at",        "alert_id", "rev",       "state",     "kind",       "severity",
    "rule",      "policy",   "metric",    "scope",     "name",       "ticket",
    "agent",     "team",     "priority",  "channel",   "category",   "since",
    "ended_at",  "value",    "threshold", "target_ms", "elapsed_ms", "due_at",
    "breach_at", "acked_by", "untold",    "text",      "run",        "seq"};

static void alert_row(struct str message)
{
    json_t *json = json_loadb(message.p, message.len, 0, NULL);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if (i > 0)
            fputc(',', x.out);
        number_cell(json_object_get(json, columns[i]));
    }
    fputs("\r\n", x.out);
    json_decref(json);
    x.rows++;
}

static bool on_alert(void *data, const struct archive_alert *alert)
{
    (void)data;
    x.after = alert->n;
    if (!in_period(alert->at))
        return true;
    if (x.csv)
        alert_row(alert->message);
    else
        line_of(alert->message.p, alert->message.len);
    return fine();
}

static int export_alerts(struct archive_reader *r)
{
    uint64_t first = 0, span = 0;
    ms_t newest;
    int got = archive_extent(r, &span, &newest) ? 0 : -1;
    for (size_t i = 0; x.csv && got == 0 && i < ARRAY_LEN(columns); i++)
        fprintf(x.out, "%s%s", columns[i], i + 1 < ARRAY_LEN(columns) ? "," : "\r\n");
    while (got >= 0 && fine()) {
        uint64_t before = x.after;
        got = archive_alerts(r, x.after, ROWS, &first, on_alert, NULL);
        if (got <= 0 || x.after == before)
            break;
        uint64_t done = x.after - first + 1;
        progress_show(&x.progress, done < span ? done : span, span > 0 ? span : 1);
    }
    return got < 0 ? EXIT_FAILED : EXIT_FINE;
}

/* --- history -------------------------------------------------------------------------------- */

/* A line for each number: one that stands below others is named with dots between. */
static void history_numbers(const struct archive_row *row, const char *path, const json_t *map)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        char name[256];
        int n = snprintf(name, sizeof name, "%s%s%s", path, path[0] != 0 ? "." : "", key);
        if (n >= (int)sizeof name)
            continue;
        if (json_is_object(value)) {
            history_numbers(row, name, value);
            continue;
        }
        if (!json_is_number(value))
            continue;
        fprintf(x.out, "%" PRId64 ",%" PRId64 ",", row->at, row->step);
        csv_text(x.out, row->scope);
        fputc(',', x.out);
        csv_text(x.out, row->name);
        fputc(',', x.out);
        csv_text(x.out, row->window);
        fputc(',', x.out);
        csv_text(x.out, str_of(name));
        fputc(',', x.out);
        number_cell(value);
        fputs("\r\n", x.out);
        x.rows++;
    }
}

static void history_row(const struct archive_row *row)
{
    char window[64];
    json_t *json = json_loadb(row->numbers.p, row->numbers.len, 0, NULL);
    snprintf(window, sizeof window, "%.*s", (int)row->window.len, row->window.p);
    history_numbers(row, "now", json_object_get(json, "now"));
    history_numbers(row, "", json_object_get(json_object_get(json, "windows"), window));
    json_decref(json);
}

static bool on_row(void *data, const struct archive_row *row)
{
    (void)data;
    if (x.csv) {
        history_row(row);
        return fine();
    }
    struct emitter em;
    emit_start(&em, SINK_JSON, x.line, sizeof x.line);
    emit_map(&em, NULL);
    emit_int(&em, "at", row->at);
    emit_int(&em, "step_ms", row->step);
    emit_str(&em, "scope", row->scope);
    emit_str(&em, "name", row->name);
    emit_str(&em, "window", row->window);
    emit_raw(&em, "snapshot", row->numbers.p, row->numbers.len);
    emit_end(&em);
    int n = emit_finish(&em);
    if (n > 0)
        line_of(x.line, (size_t)n);
    else
        fprintf(x.out, "{\"at\":%" PRId64 ",\"step_ms\":%" PRId64 ",\"snapshot\":%.*s}\n", row->at,
                row->step, (int)row->numbers.len, row->numbers.p);
    return fine();
}

/* By time, the coarsest first; half a day at once, so that no transaction is long. */
static int export_history(struct archive_reader *r)
{
    static const ms_t steps[] = {ARCHIVE_DAY, ARCHIVE_HOUR, ARCHIVE_MINUTE};
    ms_t oldest, newest;
    if (x.csv)
        fputs("at,step_ms,scope,name,window,number,value\r\n", x.out);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (!archive_span(r, steps[i], &oldest, &newest))
            return EXIT_FAILED;
        ms_t from = oldest > x.from ? oldest : x.from;
        ms_t to = newest < x.to ? newest + 1 : x.to;
        for (; from < to && fine(); from += HALF_DAY) {
            ms_t end = from + HALF_DAY < to ? from + HALF_DAY : to;
            const struct archive_wish wish = {
                .step = steps[i], .from = from, .to = end, .most = UINT32_MAX >> 1};
            if (archive_history(r, &wish, on_row, NULL) < 0)
                return EXIT_FAILED;
            progress_show(&x.progress, (uint64_t)(end - oldest), (uint64_t)(newest - oldest) + 1);
        }
    }
    return EXIT_FINE;
}

static int export_record(bool alerts)
{
    struct archive_reader reader;
    if (!archive_reader_open(&reader, x.state)) {
        word_error(W_E_OPEN, x.state, reader.why, NULL);
        return EXIT_FAILED;
    }
    int code = alerts ? export_alerts(&reader) : export_history(&reader);
    progress_clear(&x.progress);
    if (code != EXIT_FINE)
        word_error(W_E_READ, x.state, reader.why, NULL);
    archive_reader_close(&reader);
    return code;
}

/* --- the command ---------------------------------------------------------------------------- */

static bool open_output(void)
{
    x.out = x.output == NULL || strcmp(x.output, "-") == 0 ? stdout : fopen(x.output, "we");
    if (x.out != NULL)
        return true;
    word_error(W_E_OPEN, x.output, strerror(errno), NULL);
    return false;
}

static int close_output(int code)
{
    bool written = x.out == stdout ? stdout_flushed() : !ferror(x.out);
    if (x.out != stdout && (fclose(x.out) != 0 || !written)) {
        word_error(W_E_WRITE, x.output, strerror(errno), NULL);
        written = false;
    }
    return written && !stop_asked() ? code : EXIT_FAILED;
}

static bool read_format(void)
{
    size_t n = x.output == NULL ? 0 : strlen(x.output);
    x.csv = x.format != NULL ? strcmp(x.format, "csv") == 0
                             : n > 4 && strcmp(x.output + n - 4, ".csv") == 0;
    bool known = x.format == NULL || x.csv || strcmp(x.format, "ndjson") == 0;
    if (!known)
        word_error(W_E_VALUE, usage.command, "format", word(W_WANT_EXPORT_FORMAT));
    return known;
}

int command_export(int argc, char **argv)
{
    static const char *const what[] = {"journal", "alerts", "history"};
    x.state = "/var/lib/ticketpulse";
    x.from = MS_MIN_TS;
    x.to = MS_MAX_TS;
    int operands;
    size_t i = 0;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    while (operands == 1 && i < ARRAY_LEN(what) && strcmp(argv[0], what[i]) != 0)
        i++;
    if (operands != 1 || i == ARRAY_LEN(what))
        return options_operands_wrong(&usage);
    if (!read_format())
        return EXIT_USAGE;
    stop_on_signals();
    if (!open_output())
        return EXIT_FAILED;
    progress_start(&x.progress);
    int code = i == 0 ? export_journal() : export_record(i == 1);
    return close_output(code);
}
