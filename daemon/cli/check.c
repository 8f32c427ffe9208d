/* ticketpulse check: reads a configuration as the daemon would, and says what it would do; with
 * --diff also what a reload of it would change in the daemon that runs. */
#include "core/engine.h"
#include "daemon/calendars.h"
#include "daemon/cli/ask.h"
#include "daemon/cli/clocks.h"
#include "daemon/cli/command.h"
#include "daemon/cli/inline.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/report_define.h"
#include "daemon/cli/table.h"
#include "daemon/clock.h"
#include "daemon/lint.h"
#include "daemon/tz.h"

#include <stdarg.h>

static bool diff;
static ms_t timeout = 5 * MS_SECOND;
static const struct option options[] = {
    {"diff", OPTION_FLAG, &diff, W_O_DIFF, 0, 0},
    {"timeout", OPTION_DURATION, &timeout, W_O_TIMEOUT, 1, MS_HOUR},
    KEYRING_OPTIONS,
};
static const struct usage usage = {"check", "FILE [--diff [ENDPOINT]]", W_ABOUT_CHECK, options,
                                   ARRAY_LEN(options)};

static struct table facts; /* what, and what about it */

static void fact(enum word what, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fact(enum word what, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    table_cell(&facts, str_of(word(what)));
    table_cell(&facts, str_of(text));
}

static void print_texts(enum word what, const char *how, const struct config_texts *texts)
{
    for (uint32_t i = 0; i < texts->n; i++)
        fact(what, "%s%s", how, texts->at[i]);
}

static void print_windows(const struct config *c)
{
    const struct settings *s = &c->settings;
    char windows[WINDOWS_MAX * 17] = "", scopes[128] = "";
    for (uint32_t i = 0; i < s->windows; i++)
        snprintf(windows + strlen(windows), sizeof(windows) - strlen(windows), "%s%s",
                 i > 0 ? " " : "", s->window[i].name);
    for (enum scope scope = 0; scope < SCOPE_N; scope++)
        if (scope == SCOPE_ALL || (s->scopes >> scope & 1) != 0)
            snprintf(scopes + strlen(scopes), sizeof(scopes) - strlen(scopes), "%s%s",
                     scope > 0 ? " " : "", scope_name(scope));
    fact(W_K_WINDOWS, "%s", windows);
    fact(W_K_SCOPES, "%s", scopes);
    fact(W_K_ZONE, "%s", c->zone);
}

static void print_targets(const struct settings *s)
{
    char duration[PHRASE_MAX];
    for (int i = 0; i < IND_N; i++) {
        if (indicator_kind((enum indicator)i) != IND_DURATION)
            continue;
        uint8_t of = indicator_rows[i].target;
        ms_t target = of == TARGET_NONE ? 0 : s->target[of];
        if (target > 0)
            fact(W_K_TARGET, "%s ≤ %s", phrase_indicator(s, (enum indicator)i, words_lang()),
                 phrase_duration(duration, target, words_lang()));
    }
}

/* "complaints: kind dispute 24h" */
static void mix_text(char *buf, size_t cap, const struct settings *s,
                     const struct rule_setting *rule)
{
    enum part_kind mix = (enum part_kind)rule->mix;
    snprintf(buf, cap, "%s: %s%s%.64s %s", phrase_whole(mix, words_lang()),
             phrase_part(mix, words_lang()), rule->part[0] != '\0' ? " " : "", rule->part,
             s->window[rule->window].name);
}

/* "conversion: sum of orders / sum of contacts [%]" */
static void print_customs(const struct settings *s)
{
    char defined[DEFINED_MAX];
    for (uint32_t i = 0; i < s->customs.n; i++) {
        const struct custom_setting *c = &s->customs.at[i];
        enum indicator at = (enum indicator)(IND_CUSTOM_FIRST + i);
        const char *unit = c->unit, *name = phrase_indicator(s, at, words_lang());
        bool named = strcmp(name, c->id) != 0;
        fact(W_K_INDICATOR, "%s%s%s: %s%s%s%s", c->id, named ? " " : "", named ? name : "",
             define_indicator(defined, s, at, words_lang()), unit[0] != 0 ? " [" : "", unit,
             unit[0] != 0 ? "]" : "");
    }
}

static void print_rules(const struct settings *s)
{
    for (uint32_t i = 0; i < s->rules; i++) {
        const struct rule_setting *rule = &s->rule[i];
        enum indicator indicator = (enum indicator)rule->indicator;
        char fire[PHRASE_MAX], clear[PHRASE_MAX], hold[PHRASE_MAX], what[160];
        char name[PHRASE_MAX];
        struct figure_source of = {rule->indicator, rule->field, rule->aspect};
        phrase_threshold(fire, s, rule, false, words_lang());
        phrase_threshold(clear, s, rule, true, words_lang());
        if (rule->kind == RULE_SCORE)
            snprintf(what, sizeof what, "%s %s", rule->card, s->window[rule->window].name);
        else if (rule->kind == RULE_MIX)
            mix_text(what, sizeof what, s, rule);
        else if (indicator_kind(indicator) == IND_GAUGE)
            snprintf(what, sizeof what, "%s", phrase_indicator(s, indicator, words_lang()));
        else
            snprintf(what, sizeof what, "%s%.100s %s %s", rule->kind == RULE_TREND ? "Δ " : "",
                     phrase_source(name, s, of, words_lang()),
                     indicator_field_name((enum indicator_field)rule->field),
                     s->window[rule->window].name);
        const char *held = "";
        if (rule->hold > 0)
            held = phrase_duration(hold, rule->hold, words_lang());
        fact(W_K_RULE, "%s: %s, %s%s%s: %s %s, %s %s%s%s%s%s", rule->id, what,
             phrase_scope((enum scope)rule->scope, words_lang()), rule->name[0] != '\0' ? " " : "",
             rule->name,
             rule->below    ? "≤"
             : rule->beyond ? ">"
                            : "≥",
             fire, word(W_K_CLEAR), clear, held[0] != '\0' ? ", " : "",
             held[0] != '\0' ? word(W_K_FOR) : "", held[0] != '\0' ? " " : "", held);
    }
}

/* --- calendars and policies ------------------------------------------------------------------ */

/* Appends to a line of the table; what does not fit is cut. */
struct cut {
    char text[1000];
    size_t n;
};

static void append(struct cut *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(struct cut *c, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(c->text + c->n, sizeof(c->text) - c->n, format, list);
    va_end(list);
    c->n = n < 0 ? c->n : c->n + (size_t)n;
    c->n = c->n < sizeof(c->text) ? c->n : sizeof(c->text) - 1;
}

/* "mon-fri 09:00-17:00" */
static void append_hours(struct cut *c, const struct calendar_hours *h)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    const char *before = ", ";
    for (size_t day = 0; day < ARRAY_LEN(days); day++) {
        size_t last = day;
        if ((h->days >> day & 1) == 0)
            continue;
        while (last + 1 < ARRAY_LEN(days) && (h->days >> (last + 1) & 1) != 0)
            last++;
        append(c, "%s%s%s%s", before, days[day], last > day ? "-" : "",
               last > day ? days[last] : "");
        before = " ";
        day = last;
    }
    append(c, " %02d:%02d-%02d:%02d", h->from / 3600, h->from / 60 % 60,
           h->to > 86400 ? h->to / 3600 - 24 : h->to / 3600, h->to / 60 % 60);
}

static void print_calendars(const struct sla_setting *sla)
{
    for (uint32_t i = CALENDAR_ALWAYS + 1; i < sla->calendars; i++) {
        const struct calendar_setting *s = &sla->calendar[i];
        struct cut c = {.n = 0};
        append(&c, "%s: %s", s->id, s->zone_name);
        for (uint32_t k = 0; k < s->hours; k++)
            append_hours(&c, &s->hour[k]);
        if (s->specials > 0)
            append(&c, "; %s: %u", word(W_K_DATES), s->specials);
        fact(W_K_CALENDAR, "%s", c.text);
    }
}

static void append_match(struct cut *c, const struct policy_setting *p)
{
    const char *before = " [";
    for (enum policy_attribute a = 0; a < POLICY_ATTRIBUTES; a++) {
        const struct policy_names *names = &p->match[a];
        for (uint32_t i = 0; i < names->n; i++)
            append(c, "%s%s%s%s", i == 0 ? before : "|", i == 0 ? policy_attribute_name(a) : "",
                   i == 0 ? " " : "", names->at[i]);
        before = names->n > 0 ? ", " : before;
    }
    append(c, "%s", before[0] == ',' ? "]" : "");
}

static void print_policies(const struct sla_setting *sla)
{
    for (uint32_t i = 0; i < sla->policies; i++) {
        const struct policy_setting *p = &sla->policy[i];
        struct cut c = {.n = 0};
        char duration[PHRASE_MAX];
        append(&c, "%s", p->id);
        append_match(&c, p);
        append(&c, ", %s", sla->calendar[p->calendar].id);
        for (enum sla_metric m = 0; m < SLA_METRICS; m++) {
            const struct policy_metric *metric = &p->metric[m];
            for (uint32_t k = 0; k < metric->targets; k++) {
                const struct policy_target *t = &metric->target[k];
                append(&c, "%s%s", k == 0 ? "; " : ",",
                       k == 0 ? phrase_metric(m, words_lang()) : "");
                append(&c, "%s%s ≤ %s", t->priority[0] != 0 ? " " : "", t->priority,
                       phrase_duration(duration, t->target, words_lang()));
            }
        }
        fact(W_K_POLICY, "%s", c.text);
    }
}

static void print_sla(const struct sla_setting *sla)
{
    char version[32];
    print_calendars(sla);
    print_policies(sla);
    tz_version(version, sizeof(version));
    fact(W_K_TZ, "%s", version[0] != 0 ? version : "?");
    fact(W_K_HORIZON, "2000 – 2100");
}

static void print_cards(const struct scorecards *cards, const struct settings *s)
{
    for (uint32_t i = 0; i < cards->cards; i++) {
        const struct scorecard *card = &cards->card[i];
        struct cut c = {.n = 0};
        append(&c, "%s%s%s · %s · %s:", card->id, card->title[0] != '\0' ? " " : "", card->title,
               phrase_scope((enum scope)card->scope, words_lang()), s->window[card->window].name);
        for (uint32_t k = 0; k < card->items; k++)
            append(&c, "%s %s %u.%02u", k == 0 ? "" : ",", card->item[k].id,
                   card->item[k].weight / 100, card->item[k].weight % 100);
        fact(W_K_CARD, "%s", c.text);
    }
}

/* --- the daemon that runs -------------------------------------------------------------------- */

/* The answer to the request, printed. false: complained. */
static bool print_answers(struct ask *ask, const struct request *request)
{
    static struct clocks clocks;
    enum ask_end end;
    if (!ask_send(ask, request))
        return false;
    clocks_begin(&clocks, stdout);
    while ((end = ask_next(ask)) == ASK_ANSWER)
        clocks_take(&clocks, &ask->answer, message_find(&ask->answer, "message"));
    return clocks_end(&clocks) && end == ASK_END;
}

static bool print_diff(const char *path, const char *endpoint)
{
    static char text[REQUEST_CONFIG_MAX];
    static struct ask ask;
    struct tree_error why;
    size_t n = 0;
    if (!inline_config(path, text, sizeof(text), &n, &why)) {
        word_error(W_E_CONFIG, why.text, NULL, NULL);
        return false;
    }
    /* An empty file asks for all defaults. */
    struct request request = {.op = OP_COMPARE, .scope = -1, .config = {text, (uint32_t)n}};
    if (n == 0)
        request.config = str_of("\n");
    void *context = zmq_ctx_new();
    CHECK(context != NULL);
    puts("");
    bool fine = ask_open(&ask, context, endpoint, timeout) && print_answers(&ask, &request);
    ask_close(&ask);
    zmq_ctx_term(context);
    return fine;
}

/* Where the daemon of this configuration is asked; a socket bound to all addresses says no host. */
const char *query_of(const struct config *c)
{
    bool named = c->query.n > 0 && strpbrk(c->query.at[0], "*") == NULL &&
                 strstr(c->query.at[0], "//0.0.0.0:") == NULL;
    return named ? c->query.at[0] : ENDPOINT_QUERY;
}

int command_check(int argc, char **argv)
{
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands < 1 || operands > (diff ? 2 : 1))
        return options_operands_wrong(&usage);
    static struct config config;
    static struct lint lint;
    struct tree_error why;
    lint.now = clock_system();
    if (!config_lint(argv[0], &config, &why, &lint)) {
        word_error(W_E_CONFIG, why.text, NULL, NULL);
        return EXIT_FAILED;
    }
    lint_print(&lint, stderr);
    if (lint.faults > 0) {
        config_fini(&config);
        return EXIT_FAILED;
    }
    word_print(stdout, W_CHECK_FINE, argv[0], NULL, NULL);
    puts("");
    table_init(&facts, 2);
    facts.left[0] = facts.left[1] = true;
    print_texts(W_K_EVENTS, "bind ", &config.events_bind);
    print_texts(W_K_EVENTS, "connect ", &config.events_connect);
    print_texts(W_K_OUT, "", &config.out);
    print_texts(W_K_QUERY, "", &config.query);
    print_windows(&config);
    print_targets(&config.settings);
    print_customs(&config.settings);
    print_rules(&config.settings);
    if (config.sla != NULL)
        print_sla(config.sla);
    if (config.cards != NULL)
        print_cards(config.cards, &config.settings);
    fact(W_K_MEMORY, "%.1f GiB", (double)engine_size(&config.limits, &config.settings) / (1 << 30));
    table_print(&facts, stdout);
    table_fini(&facts);
    char asked[CONFIG_TEXT_BYTES_MAX + 1];
    memcpy(asked, query_of(&config), strlen(query_of(&config)) + 1);
    config_fini(&config);
    bool fine = !diff || print_diff(argv[0], operands == 2 ? argv[1] : asked);
    return fine ? EXIT_FINE : EXIT_FAILED;
}
