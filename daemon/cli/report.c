/* ticketpulse report: the evaluation of a period, from event files, as HTML, Markdown or CSV. */
#include "daemon/cli/command.h"
#include "daemon/cli/report_build.h"
#include "daemon/cli/report_log.h"
#include "daemon/cli/stop.h"
#include "daemon/clock.h"
#include "daemon/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SCRIPT_BYTES_MAX = 4 << 20,
    NAMES_SHOWN = 200, /* side by side, where people read */
};

enum format { FORMAT_HTML, FORMAT_MD, FORMAT_CSV, FORMAT_N };
static const char *const formats[FORMAT_N] = {"html", "md", "csv"};

/* Where Debian's libjs-chart.js and its relatives put it; the first that is there. */
static const char *const scripts[] = {
    "/usr/share/javascript/chart.js/chart.umd.min.js",
    "/usr/share/javascript/chart.js/chart.min.js",
    "/usr/share/javascript/chart.js/chart.umd.js",
};

static struct {
    const char *config_path, *measures_path, *from, *to, *month, *as_of, *team, *step, *format,
        *against;
    const char *output;
    bool no_charts;
    struct config config;
    struct measures measures;
    struct measure_plan plan[MEASURES_MAX];
    struct cube_span span[CUBE_SPANS_MAX];
    struct report_log log;
    struct cube cube;
    struct doc doc;
    char *script; /* Chart.js */
    size_t script_n;
} g;

static const struct option options[] = {
    {"from", OPTION_TEXT, &g.from, W_O_FROM, 0, 0},
    {"to", OPTION_TEXT, &g.to, W_O_UNTIL, 0, 0},
    {"month", OPTION_TEXT, &g.month, W_O_MONTH, 0, 0},
    {"against", OPTION_TEXT, &g.against, W_O_EARLIER, 0, 0},
    {"team", OPTION_TEXT, &g.team, W_O_REPORT_TEAM, 0, 0},
    {"format", OPTION_TEXT, &g.format, W_O_FORMAT, 0, 0},
    {"output", OPTION_TEXT, &g.output, W_O_OUTPUT, 0, 0},
    {"config", OPTION_TEXT, &g.config_path, W_O_CONFIG, 0, 0},
    {"measures", OPTION_TEXT, &g.measures_path, W_O_MEASURES, 0, 0},
    {"as-of", OPTION_TEXT, &g.as_of, W_O_AS_OF, 0, 0},
    {"step", OPTION_TEXT, &g.step, W_O_STEP, 0, 0},
    {"no-charts", OPTION_FLAG, &g.no_charts, W_O_NO_CHARTS, 0, 0},
};

static const struct usage usage = {"report", "FILE|DIRECTORY|- …", W_ABOUT_REPORT, options,
                                   ARRAY_LEN(options)};

static int wrong(const char *what, enum word why)
{
    word_error(W_E_PERIOD, what, word(why), NULL);
    return EXIT_USAGE;
}

/* --- the period --------------------------------------------------------------------------- */

/* What is said of the period; MS_NONE: nothing, it is the log's. */
static int read_period(const struct zone *zone, struct period *ret)
{
    *ret = (struct period){MS_NONE, MS_NONE};
    if (g.month != NULL) {
        if (g.from != NULL || g.to != NULL)
            return wrong(g.month, W_E_PERIOD_BOTH);
        return period_month(zone, g.month, ret) ? EXIT_FINE : wrong(g.month, W_E_PERIOD_DATE);
    }
    if (g.from != NULL && !period_instant(zone, g.from, false, &ret->from))
        return wrong(g.from, W_E_PERIOD_DATE);
    if (g.to != NULL && !period_instant(zone, g.to, true, &ret->to))
        return wrong(g.to, W_E_PERIOD_DATE);
    return EXIT_FINE;
}

/* What a later event can still change of a period that is over. */
static ms_t longest_horizon(const struct settings *s)
{
    ms_t longest = ms_max(ms_max(s->fcr_horizon, s->reopen_horizon), s->resolved_within);
    longest = ms_max(longest, ms_max(s->complaint_horizon, s->return_horizon));
    longest = ms_max(longest, s->repeat_horizon);
    for (uint32_t i = 0; i < FOLLOW_UPS_MAX; i++)
        longest = ms_max(longest, s->follow_up[i]);
    return longest;
}

/* As of when: by default when nothing can change the period any more, or at the log's end if that
 * comes first, for what is not known yet has not happened. Then the period is the log's days where
 * nothing was said of it. */
static int read_as_of(struct period *now, ms_t *ret)
{
    const struct zone *zone = &g.config.settings.zone;
    bool said = now->from != MS_NONE && now->to != MS_NONE;
    ms_t horizon = longest_horizon(&g.config.settings), first = MS_NONE, last = MS_NONE;
    ms_t enough = said ? now->to + horizon : MS_NEVER; /* of the log */
    if ((!said || g.as_of == NULL) && !report_log_extent(&g.log, enough, &first, &last))
        return EXIT_FAILED;
    ms_t any = clock_system(); /* of a log without anything: whatever period says so */
    struct period days =
        first == MS_NONE ? period_days(zone, any, any) : period_days(zone, first, last);
    now->from = now->from == MS_NONE ? days.from : now->from;
    now->to = now->to == MS_NONE ? days.to : now->to;
    if (now->from >= now->to)
        return wrong(g.from != NULL ? g.from : g.to, said ? W_E_PERIOD_ENDS : W_E_PERIOD_BEYOND);
    *ret = now->to + horizon;
    if (last != MS_NONE)
        *ret = ms_min(*ret, last);
    if (g.as_of != NULL && !period_instant(zone, g.as_of, true, ret))
        return wrong(g.as_of, W_E_PERIOD_DATE);
    return g.as_of != NULL && *ret <= now->from ? wrong(g.as_of, W_E_PERIOD_AS_OF) : EXIT_FINE;
}

static int read_step(struct cube_setup *setup)
{
    static const char *const steps[STEP_N] = {"day", "week", "month"};
    const struct settings *s = setup->settings;
    ms_t edges[PERIOD_STEPS_MAX + 1];
    setup->step = period_step(setup->period[CUBE_NOW]);
    for (uint32_t i = 0; g.step != NULL && i <= STEP_N; i++) {
        if (i == STEP_N) {
            word_error(W_E_VALUE, "report", "step", "day, week, month");
            return EXIT_USAGE;
        }
        if (strcmp(g.step, steps[i]) == 0) {
            setup->step = (enum period_step)i;
            break;
        }
    }
    bool fit =
        period_steps(&s->zone, s->week_start, setup->period[CUBE_NOW], setup->step, edges) > 0;
    return fit ? EXIT_FINE : wrong(g.from == NULL ? "report" : g.from, W_E_PERIOD_STEPS);
}

static int read_setup(char **paths, uint32_t n, struct cube_setup *setup)
{
    const struct settings *s = &g.config.settings;
    struct period now, before;
    int code = read_period(&s->zone, &now);
    if (code != EXIT_FINE)
        return code;
    bool once = now.from != MS_NONE && now.to != MS_NONE && g.as_of != NULL;
    if (!report_log_open(&g.log, paths, n, !once))
        return EXIT_FAILED;
    ms_t as_of;
    code = read_as_of(&now, &as_of);
    if (code != EXIT_FINE)
        return code;
    before = period_before(&s->zone, now);
    if (g.against != NULL && (!period_read(&s->zone, g.against, &before) || before.to > now.from))
        return wrong(g.against, W_E_AGAINST);
    *setup = (struct cube_setup){.settings = s,
                                 .limits = &g.config.limits,
                                 .team = g.team,
                                 .period = {now, before},
                                 .as_of = {as_of, period_alike(now, as_of, before)},
                                 .span = g.span};
    setup->spans = measures_plan(&g.measures, &s->zone, now, as_of, g.team, g.plan, g.span);
    return read_step(setup);
}

/* --- reading ------------------------------------------------------------------------------ */

static int read_format(enum format *ret)
{
    const char *dot = g.output == NULL ? NULL : strrchr(g.output, '.');
    const char *text = g.format != NULL ? g.format : dot != NULL ? dot + 1 : "";
    *ret = FORMAT_HTML;
    for (uint32_t i = 0; i < FORMAT_N; i++) {
        if (strcmp(text, formats[i]) == 0) {
            *ret = (enum format)i;
            return EXIT_FINE;
        }
    }
    if (g.format == NULL)
        return EXIT_FINE;
    word_error(W_E_VALUE, "report", "format", "html, md, csv");
    return EXIT_USAGE;
}

static bool read_script(void)
{
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        FILE *file = fopen(scripts[i], "re");
        if (file == NULL)
            continue;
        g.script = malloc(SCRIPT_BYTES_MAX);
        g.script_n = g.script == NULL ? 0 : fread(g.script, 1, SCRIPT_BYTES_MAX, file);
        bool fine = g.script_n > 0 && g.script_n < SCRIPT_BYTES_MAX && ferror(file) == 0;
        fclose(file);
        if (fine)
            return true;
        free(g.script);
    }
    g.script = NULL;
    word_error(W_E_NO_CHARTS, scripts[1], NULL, NULL);
    return false;
}

static bool read_all(enum format format)
{
    struct tree_error why;
    if (!config_load(g.config_path, &g.config, &why)) {
        word_error(W_E_CONFIG, why.text, NULL, NULL);
        return false;
    }
    if (g.measures_path != NULL && !measures_load(g.measures_path, &g.config, &g.measures, &why)) {
        word_error(W_E_MEASURES, why.text, NULL, NULL);
        return false;
    }
    return format != FORMAT_HTML || g.no_charts || read_script();
}

static bool run(uint64_t *ret_refused)
{
    struct feed *f = report_log_feed(&g.log, false);
    if (f == NULL)
        return false;
    const struct event *e;
    while ((e = feed_next(f)) != NULL && !stop_asked())
        cube_event(&g.cube, e);
    cube_end(&g.cube);
    *ret_refused = feed_refused(f);
    bool whole = feed_whole(f);
    feed_close(f);
    return whole;
}

static bool write_doc(enum format format)
{
    bool standard = g.output == NULL || strcmp(g.output, "-") == 0;
    FILE *out = standard ? stdout : fopen(g.output, "we");
    if (out == NULL) {
        word_error(W_E_OPEN, g.output, strerror(errno), NULL);
        return false;
    }
    if (format == FORMAT_HTML)
        doc_html(out, &g.doc, (struct str){g.script, (uint32_t)g.script_n});
    else if (format == FORMAT_MD)
        doc_markdown(out, &g.doc);
    else
        doc_csv(out, &g.doc);
    if (standard)
        return stdout_flushed();
    bool fine = ferror(out) == 0;
    fine = fclose(out) == 0 && fine;
    if (!fine)
        word_error(W_E_WRITE, g.output, strerror(errno), NULL);
    return fine;
}

static void say_end(ms_t took)
{
    char events[24], duration[PHRASE_MAX];
    snprintf(events, sizeof(events), "%" PRIu64, g.cube.events_taken);
    phrase_duration(duration, took, words_lang());
    word_print(stderr, W_REPORTED, g.output, events, duration);
    fputc('\n', stderr);
}

/* -o stands for --output: no other option of the companion is short. */
static void lengthen(int argc, char **argv)
{
    static char output[] = "--output";
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-o") == 0)
            argv[i] = output;
}

static int work(char **paths, uint32_t n, enum format format)
{
    struct cube_setup setup = {0};
    uint64_t refused = 0;
    ms_t begun = clock_system();
    if (!read_all(format))
        return EXIT_FAILED;
    int code = read_setup(paths, n, &setup);
    if (code != EXIT_FINE)
        return code;
    if (!cube_open(&g.cube, &setup))
        return EXIT_FAILED;
    bool whole = run(&refused);
    if (whole && cube_is_beyond(&g.cube)) {
        char last[PHRASE_MAX];
        phrase_instant(last, &g.config.settings.zone, g.cube.last);
        word_error(W_E_AS_OF_BEYOND, last, NULL, NULL);
    }
    if (whole && g.team != NULL && g.cube.team == 0) {
        word_error(W_E_NO_TEAM, g.team, NULL, NULL);
        return EXIT_FAILED;
    }
    struct report report = {.doc = &g.doc,
                            .cube = &g.cube,
                            .settings = &g.config.settings,
                            .zone = g.config.zone,
                            .cards = g.config.cards,
                            .measures = g.measures_path == NULL ? NULL : &g.measures,
                            .plan = g.plan,
                            .files = paths,
                            .files_n = n,
                            .names_max = format == FORMAT_CSV ? UINT32_MAX : NAMES_SHOWN,
                            .everything = format == FORMAT_CSV,
                            .refused = refused};
    report_build(&report);
    bool written = write_doc(format);
    if (written && g.output != NULL && isatty(STDERR_FILENO) == 1)
        say_end(clock_system() - begun);
    return whole && written && refused == 0 ? EXIT_FINE : EXIT_FAILED;
}

int command_report(int argc, char **argv)
{
    int operands;
    enum format format;
    lengthen(argc, argv);
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands == 0)
        return options_operands_wrong(&usage);
    int code = read_format(&format);
    if (code != EXIT_FINE)
        return code;
    stop_on_signals();
    code = work(argv, (uint32_t)operands, format);
    cube_close(&g.cube);
    report_log_close(&g.log);
    doc_free(&g.doc);
    free(g.script);
    config_fini(&g.config);
    return code;
}
